//! The built-in phones: a citizen's that dials, and a seat's that registers and takes calls.
//!
//! They speak with the exchange's own SIP endpoint and media plane, so that they prove them in every test. The
//! `handset` is the phone without sockets and clock; [`run`] gives it both, tells the person each [`Notice`], and ends when the
//! handset is over. SIGTERM and Ctrl-C make the phone hang up and leave; a second one ends it at once.

mod handset;
mod keys;
mod notice;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use self::handset::Handset;
use super::chance;
use super::control::{Clock, sleep_until};
use super::media::{self, MediaPlane};
use super::signals::Signals;
use super::sip::{SipSockets, StreamEvent, route_to};
use crate::media::Sound;
use crate::media::leg::Limits;
use crate::sip::{Link, Transport};

pub use self::keys::{Keys, KeysError, Step};
pub use self::notice::{Notice, PhoneError, Refusal, Side, Way};

/// Ports for sound: beside those of an exchange on the same machine.
const RTP_PORTS: (u16, u16) = (12_000, 19_999);
/// The largest datagram there is.
const MAX_DATAGRAM: usize = 65_535;
/// How long a stream may take for its last words.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// A second of silence, repeated: a phone that is silent still sends.
const SILENCE: [i16; 8_000] = [0; 8_000];

/// What both kinds of phone need.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Where the exchange is.
    pub exchange: SocketAddr,
    /// How it is spoken to.
    pub transport: Transport,
    /// Sent over and over while the call lasts.
    pub play: Arc<Sound>,
    /// Where to write what is heard from the answer on, with silence where nothing came.
    pub record: Option<PathBuf>,
    /// How long after the answer this phone hangs up; `None`: the other side does.
    pub hang_up_after: Option<Duration>,
}

/// What a phone is for.
#[derive(Clone, Debug)]
pub enum Duty {
    /// To make one call.
    Dial(Dial),
    /// To take calls.
    Seat(Seat),
}

/// A call to make.
#[derive(Clone, Debug)]
pub struct Dial {
    /// The number.
    pub number: String,
    /// Our own.
    pub from: String,
    /// Should the exchange ask for one.
    pub password: Option<String>,
    /// Pressed after the answer.
    pub keys: Keys,
}

/// A seat to be.
#[derive(Clone, Debug)]
pub struct Seat {
    /// Its name.
    pub user: String,
    /// Its password.
    pub password: String,
    /// What it does with a call.
    pub manner: Manner,
    /// Leaves after so many calls; `None`: when told.
    pub calls: Option<u32>,
}

/// What a seat does with a call that comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Answers it.
    Answer {
        /// After so much ringing.
        after: Duration,
    },
    /// Refuses it as busy.
    Reject,
    /// Lets it ring.
    Ring,
}

impl Setup {
    /// What is sent when there is nothing to play.
    pub fn silence() -> Arc<Sound> {
        Arc::new(Sound::encode("silence", &SILENCE))
    }

    /// File name for what is heard in the call of this number, from 1: `op.wav`, then `op-2.wav`.
    fn recording_name(&self, call: u64) -> Option<String> {
        let path = self.record.as_deref()?;
        let stem = path.file_stem()?.to_string_lossy();
        let extension =
            path.extension().map_or_else(|| "wav".into(), |extension| extension.to_string_lossy());
        Some(if call < 2 { format!("{stem}.{extension}") } else { format!("{stem}-{call}.{extension}") })
    }

    fn recordings(&self) -> PathBuf {
        let beside = self.record.as_deref().and_then(Path::parent);
        beside.filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
    }
}

/// Runs a phone until its work is done or a signal ends it.
///
/// # Errors
/// It could not do what it is for.
pub async fn run(setup: Setup, duty: Duty, tell: impl FnMut(&Notice)) -> Result<(), PhoneError> {
    let here = route_to(setup.exchange).unwrap_or(IpAddr::from([127, 0, 0, 1]));
    let sip = SipSockets::bind(SocketAddr::new(here, 0)).await?;
    let settings = media::Settings {
        bind: here,
        ports: RTP_PORTS,
        shards: 1,
        recordings: setup.recordings(),
        limits: Limits::default(),
        seed: u64::from_le_bytes(chance::draw()?),
    };
    let media = MediaPlane::start(&settings)?;
    let link = Link { transport: setup.transport, local: sip.address(), remote: setup.exchange };
    let clock = Clock::start();
    let handset = Handset::new(clock.now().mono, setup, duty, link, chance::draw()?);
    Phone { handset, clock, sip, media, tell }.run(Signals::new()?).await
}

/// A handset with sockets and clock.
struct Phone<T> {
    handset: Handset,
    clock: Clock,
    sip: SipSockets,
    media: MediaPlane,
    tell: T,
}

impl<T: FnMut(&Notice)> Phone<T> {
    async fn run(mut self, mut signals: Signals) -> Result<(), PhoneError> {
        let mut buffer = vec![0; MAX_DATAGRAM];
        self.carry_out();
        while !self.handset.is_over(self.clock.now().mono) {
            tokio::select! {
                event = self.sip.ready() => match event {
                    None => self.read_datagrams(&mut buffer),
                    Some(event) => self.on_stream(event),
                },
                event = self.media.recv() => self.handset.handle_media(self.clock.now().mono, event),
                () = signals.next() => {
                    if !self.handset.interrupt(self.clock.now().mono) {
                        break; // asked twice
                    }
                }
                () = sleep_until(self.clock, self.handset.poll_timeout()) => {
                    self.handset.handle_timeout(self.clock.now().mono);
                }
            }
            self.carry_out();
        }
        self.sip.finish(LAST_WORDS).await;
        self.handset.into_result()
    }

    fn read_datagrams(&mut self, buffer: &mut [u8]) {
        while let Some((link, bytes)) = self.sip.try_recv(buffer) {
            self.handset.handle_datagram(self.clock.now().mono, link, bytes);
        }
    }

    fn on_stream(&mut self, event: StreamEvent) {
        let now = self.clock.now().mono;
        match event {
            StreamEvent::Bytes(link, bytes) => self.handset.handle_stream(now, link, &bytes),
            StreamEvent::Closed(link) => self.handset.handle_stream_closed(now, link),
        }
    }

    fn carry_out(&mut self) {
        while let Some(transmit) = self.handset.poll_transmit() {
            self.sip.send(transmit);
        }
        while let Some(link) = self.handset.poll_close() {
            self.sip.close(link);
        }
        while let Some(order) = self.handset.poll_order() {
            self.media.send(order);
        }
        while let Some(notice) = self.handset.poll_notice() {
            (self.tell)(&notice);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup(record: Option<&str>) -> Setup {
        Setup {
            exchange: ([127, 0, 0, 1], 5060).into(),
            transport: Transport::Udp,
            play: Setup::silence(),
            record: record.map(PathBuf::from),
            hang_up_after: None,
        }
    }

    #[test]
    fn each_call_of_a_seat_has_a_recording_of_its_own() {
        let seat = setup(Some("calls/op.wav"));
        assert_eq!(seat.recording_name(1).as_deref(), Some("op.wav"));
        assert_eq!(seat.recording_name(3).as_deref(), Some("op-3.wav"));
        assert_eq!(seat.recordings(), Path::new("calls"));
        assert_eq!(setup(Some("op.wav")).recordings(), Path::new("."));
        assert_eq!(setup(None).recording_name(1), None);
    }
}
