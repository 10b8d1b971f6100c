//! The media plane on real sockets: control's handle, the shard threads, the recorder threads, sounds and files.
//!
//! Control sends [`Command`]s and receives [`Event`]s through [`MediaPlane`] and is never made to wait. Each shard is a
//! thread with its own sockets and [`Plane`](crate::media::plane::Plane); beside it a recorder thread writes files, so that a slow disk delays no
//! packet. Bounded rings join the threads.

mod ports;
mod recorder;
mod repair;
mod ring;
mod shard;
mod sounds;

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::Notify;

use crate::media::leg::Limits;
use crate::media::{Command, Event, LegId};

pub use repair::repair_recordings;
pub use sounds::{SoundError, load_sound, load_sounds};

/// What a media plane needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Address that the ports are bound on.
    pub bind: IpAddr,
    /// First and last port that may be used; legs take even ones.
    pub ports: (u16, u16),
    /// How many threads carry packets. With more than one, the legs of a call must have the same `LegId >> 8`:
    /// bridges do not span shards.
    pub shards: usize,
    /// Where recordings lie.
    pub recordings: PathBuf,
    /// When a silent leg is reported.
    pub limits: Limits,
    /// For SSRCs, first numbers and ports.
    pub seed: u64,
}

/// A shard thread and its recorder, as control sees them.
#[derive(Debug)]
struct Shard {
    commands: ring::Sender<Command>,
    events: ring::Receiver<Event>,
    recorded: ring::Receiver<Event>,
    threads: Vec<JoinHandle<()>>,
}

/// Control's handle. Dropping it closes all legs and recordings and ends the threads.
#[derive(Debug)]
pub struct MediaPlane {
    shards: Vec<Shard>,
    ready: Arc<Notify>,
}

impl MediaPlane {
    /// Starts the threads.
    pub fn start(settings: &Settings) -> io::Result<MediaPlane> {
        let ready = Arc::new(Notify::new());
        let count = settings.shards.max(1);
        let shards =
            (0..count).map(|index| start_shard(settings, index, &ready)).collect::<io::Result<_>>()?;
        Ok(MediaPlane { shards, ready })
    }

    /// Gives a command to the leg's shard; never blocks. What a full ring cannot take waits here and goes first next time.
    pub fn send(&mut self, command: Command) {
        let leg = leg_of(&command);
        let count = self.shards.len() as u64;
        let home = (leg.0 >> 8).checked_rem(count).and_then(|home| usize::try_from(home).ok()).unwrap_or(0);
        let Some(shard) = self.shards.get_mut(home) else { return };
        if can_wait(&command) { shard.commands.leave(command) } else { shard.commands.send(command) }
    }

    /// The next event, if there is one.
    pub fn try_recv(&mut self) -> Option<Event> {
        self.shards.iter_mut().find_map(|shard| {
            shard.commands.flush();
            shard.events.try_recv().or_else(|| shard.recorded.try_recv())
        })
    }

    /// The next event. Dropping the future loses none.
    pub async fn recv(&mut self) -> Event {
        loop {
            if let Some(event) = self.try_recv() {
                return event;
            }
            self.ready.notified().await;
        }
    }

    /// Closes all legs and recordings, ends the threads, and gives what they still had to tell: which recordings are closed.
    /// It takes as long as the disk does; commands that come later are for nobody.
    pub fn finish(&mut self) -> Vec<Event> {
        let mut last = Vec::new();
        for shard in self.shards.drain(..) {
            let Shard { commands, mut events, mut recorded, threads } = shard;
            drop(commands); // which is the sign to end
            for thread in threads {
                drop(thread.join()); // a thread that panicked has told so itself
            }
            last.extend(std::iter::from_fn(|| events.try_recv().or_else(|| recorded.try_recv())));
        }
        last
    }
}

impl Drop for MediaPlane {
    fn drop(&mut self) {
        self.finish();
    }
}

fn start_shard(settings: &Settings, index: usize, ready: &Arc<Notify>) -> io::Result<Shard> {
    let (commands, orders) = ring::commands()?;
    let (events_in, events) = ring::events(ready.clone());
    let (recorded_in, recorded) = ring::events(ready.clone());
    let (tapes_in, tapes) = rtrb::RingBuffer::new(recorder::MAX_WAITING);
    let mut recorder = recorder::Recorder::new(settings.recordings.clone(), tapes, recorded_in);
    let mut shard = shard::Shard::new(settings, index, orders, events_in, tapes_in)?;
    let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
        std::thread::Builder::new().name(format!("{name}-{index}")).spawn(run)
    };
    let threads = vec![
        spawn("media", Box::new(move || shard.run()))?,
        spawn("recorder", Box::new(move || recorder.run()))?,
    ];
    Ok(Shard { commands, events, recorded, threads })
}

/// Whether a command may wait for the beat: what it changes is heard on the beat anyway, or not at all. A leg that it is for has a
/// port, so the beat runs; and a wake costs as much as a packet.
fn can_wait(command: &Command) -> bool {
    use Command as C;
    match command {
        C::SetRemote { .. } | C::Play { .. } | C::Stop { .. } | C::SendDigit { .. } => true,
        C::Key { .. } | C::Listen { .. } | C::Heed { .. } | C::Close { .. } => true,
        C::EndTake { .. } | C::Identify { .. } => true,
        C::Open { .. } | C::Bridge { .. } | C::Mix { .. } | C::Unbridge { .. } => false,
        C::Record { .. } | C::Take { .. } => false,
        C::Discard { .. } => false, // its leg may be gone, and with it the beat
    }
}

/// The leg whose shard a command concerns.
fn leg_of(command: &Command) -> LegId {
    match command {
        Command::Mix { members, .. } => members.first().map_or(LegId(0), |member| member.leg),
        Command::Open { leg }
        | Command::SetRemote { leg, .. }
        | Command::Play { leg, .. }
        | Command::Stop { leg }
        | Command::Bridge { a: leg, .. }
        | Command::Unbridge { leg }
        | Command::SendDigit { leg, .. }
        | Command::Record { leg, .. }
        | Command::Take { leg, .. }
        | Command::EndTake { leg }
        | Command::Identify { leg }
        | Command::Discard { leg, .. }
        | Command::Key { leg, .. }
        | Command::Listen { leg, .. }
        | Command::Heed { leg, .. }
        | Command::Close { leg } => *leg,
    }
}

#[cfg(test)]
mod tests;
