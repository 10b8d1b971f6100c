//! A media thread: sockets in, the pure [`Plane`] between, sockets and rings out.
//!
//! One round waits for packets, commands or the beat, whichever is first, and gives each its turn. A bridged leg's packet
//! wakes the thread and goes on at once. What comes from other phones is only looked at for keys, or mixed, so it waits for the beat,
//! where one poll finds all that came: half the system calls, and no wake for each packet. A ready socket gives one packet
//! a poll (polls are level-triggered, the rest is seen in the next), which keeps a flood on one port from holding up the
//! others. Beats keep one absolute schedule.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rtrb::Producer;
use rustix::event::{Timespec, epoll};

use super::Settings;
use super::ports::Ports;
use super::recorder::{Block, TapeItem};
use super::ring::{Commands, Events};
use crate::media::plane::{Pace, Plane, Sink};
use crate::media::player::BEAT;
use crate::media::rtp::MAX_PACKET;
use crate::media::tape::Taped;
use crate::media::{Command, Event, LegId};
use crate::time::{Mono, earliest};

/// The bell among the polled; a leg cannot have this number.
const BELL: u64 = u64::MAX;

/// Ready sockets taken from one poll.
const ROUND: usize = 1024;

/// Polls of the waiting legs on one beat: phones with 5 ms packets keep up, a flood does not hold the beat up.
const MAX_SWEEPS: usize = 4;

/// Beats made up for after the thread was held up; what is older is given up, and plays are that much late.
const MAX_CATCH_UP: u32 = 3;

/// The socket of a leg.
struct Line {
    socket: UdpSocket,
    /// Polled with the bell, because its packets go on at once; otherwise on the beat.
    bridged: bool,
}

/// The outer side of the plane: sockets and the recorder's ring.
struct Lines {
    sockets: BTreeMap<LegId, Line>,
    tapes: Producer<TapeItem>,
    counts: Counts,
}

/// What could not be done, counted instead of logged; told when the shard ends.
#[derive(Debug, Default)]
struct Counts {
    unsent: u64,
    untaped: u64,
}

impl Sink for Lines {
    fn send(&mut self, leg: LegId, to: SocketAddr, datagram: &[u8]) {
        // A full socket buffer or an unreachable peer loses a packet, as the network would.
        if let Some(line) = self.sockets.get(&leg)
            && line.socket.send_to(datagram, to).is_err()
        {
            self.counts.unsent += 1;
        }
    }

    fn record(&mut self, frame: Taped<'_>) {
        for block in Block::split(frame) {
            if self.tapes.push(TapeItem::Frame(block)).is_err() {
                self.counts.untaped += 1;
            }
        }
    }
}

/// See the module.
pub(super) struct Shard {
    start: Instant,
    plane: Plane,
    lines: Lines,
    ports: Ports,
    /// The bell and bridged legs.
    urgent: OwnedFd,
    /// The other legs.
    patient: OwnedFd,
    commands: Commands,
    events: Events,
    next_beat: Mono,
}

impl Shard {
    /// A shard without legs. Its clock starts here.
    #[expect(clippy::disallowed_methods, reason = "io is where clocks are read")]
    pub(super) fn new(
        settings: &Settings,
        index: usize,
        commands: Commands,
        events: Events,
        tapes: Producer<TapeItem>,
    ) -> io::Result<Shard> {
        let urgent = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(&urgent, commands.bell(), epoll::EventData::new_u64(BELL), epoll::EventFlags::IN)?;
        let seed = settings.seed.wrapping_add(index as u64);
        Ok(Shard {
            start: Instant::now(),
            plane: Plane::new(Pace::Beats, settings.limits, seed),
            lines: Lines { sockets: BTreeMap::new(), tapes, counts: Counts::default() },
            ports: Ports::new(settings.bind, settings.ports, seed.rotate_left(32)),
            urgent,
            patient: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            commands,
            events,
            next_beat: Mono::ZERO,
        })
    }

    /// Carries packets until control is gone.
    pub(super) fn run(&mut self) {
        let mut ready = Vec::with_capacity(ROUND);
        while !self.commands.is_closed() {
            if let Err(error) = self.round(&mut ready) {
                tracing::error!(%error, "media thread cannot poll");
                break;
            }
        }
        self.close_all();
    }

    fn round(&mut self, ready: &mut Vec<epoll::Event>) -> io::Result<()> {
        poll(&self.urgent, ready, self.patience())?;
        let now = self.now();
        // Commands first: a packet sent after a command finds it done.
        let rung = ready.iter().any(|event| event.data.u64() == BELL);
        if rung {
            self.commands.heard();
        }
        if rung || self.next_beat <= now {
            self.take_commands(now);
        }
        self.take_packets(now, ready);
        if self.next_beat <= now {
            self.sweep(now, ready)?;
            self.beat(now);
        }
        self.plane.handle_timeout(now);
        self.tell();
        Ok(())
    }

    fn now(&self) -> Mono {
        Mono::from_start(self.start.elapsed())
    }

    /// How long nothing can be due: until the beat while there are legs, or events that control's ring had no room for.
    fn patience(&self) -> Option<Duration> {
        let idle = self.lines.sockets.is_empty() && !self.plane.has_events();
        let beat = (!idle).then_some(self.next_beat);
        let now = self.now();
        earliest([beat, self.plane.poll_timeout()]).map(|at| at.since(now))
    }

    /// One packet of each ready socket.
    fn take_packets(&mut self, now: Mono, ready: &[epoll::Event]) {
        let mut buffer = [0; MAX_PACKET];
        for event in ready {
            let leg = LegId(event.data.u64());
            let Some(line) = self.lines.sockets.get(&leg) else { continue };
            // An error is the peer's ICMP answer to an earlier packet of ours; reading it clears it.
            if let Ok((length, from)) = line.socket.recv_from(&mut buffer)
                && let Some(datagram) = buffer.get(..length)
            {
                self.plane.handle_packet(now, leg, from, datagram, &mut self.lines);
            }
        }
    }

    /// What came from legs that are not bridged.
    fn sweep(&mut self, now: Mono, ready: &mut Vec<epoll::Event>) -> io::Result<()> {
        for _ in 0..MAX_SWEEPS {
            poll(&self.patient, ready, Some(Duration::ZERO))?;
            if ready.is_empty() {
                break;
            }
            self.take_packets(now, ready);
        }
        Ok(())
    }

    fn take_commands(&mut self, now: Mono) {
        while let Some(command) = self.commands.next() {
            match command {
                Command::Open { leg } => self.open(now, leg),
                Command::Close { leg } => {
                    let partner = self.plane.partner(leg);
                    self.plane.handle_command(now, command);
                    self.forget(leg);
                    self.place(partner);
                }
                Command::Bridge { a, b, .. } => self.rejoin(now, &[a, b], command),
                Command::Mix { ref members, .. } => {
                    let legs: Vec<_> = members.iter().map(|member| member.leg).collect();
                    self.rejoin(now, &legs, command);
                }
                Command::Unbridge { leg } => self.rejoin(now, &[leg], command),
                command => self.plane.handle_command(now, command),
            }
        }
    }

    /// Legs are joined otherwise; so may those be that were bridged with them.
    fn rejoin(&mut self, now: Mono, legs: &[LegId], command: Command) {
        let partners = legs.iter().filter_map(|leg| self.plane.partner(*leg));
        let legs: Vec<_> = partners.chain(legs.iter().copied()).collect();
        self.plane.handle_command(now, command);
        self.place(legs);
    }

    /// Polls legs as their bridges ask for, after these may have changed.
    fn place(&mut self, legs: impl IntoIterator<Item = LegId>) {
        for leg in legs {
            let bridged = self.plane.partner(leg).is_some();
            let Some(line) = self.lines.sockets.get_mut(&leg) else { continue };
            if line.bridged == bridged {
                continue;
            }
            line.bridged = bridged;
            let (from, to) =
                if bridged { (&self.patient, &self.urgent) } else { (&self.urgent, &self.patient) };
            let moved = epoll::delete(from, &line.socket).and_then(|()| watch(to, leg, &line.socket));
            if let Err(error) = moved {
                tracing::error!(?leg, %error, "a leg's port is not polled any more");
            }
        }
    }

    fn open(&mut self, now: Mono, leg: LegId) {
        self.forget(leg);
        if self.lines.sockets.is_empty() {
            self.next_beat = now + BEAT; // nothing was owed while there were no legs
        }
        match self.bind(leg) {
            Ok(port) => self.plane.open(now, leg, port),
            Err(error) => {
                self.plane.tell(Event::OpenFailed { leg, error: error.to_string() });
            }
        }
    }

    fn bind(&mut self, leg: LegId) -> io::Result<u16> {
        if leg.0 == BELL {
            return Err(io::Error::other("this leg number is reserved"));
        }
        let (socket, port) = self.ports.open()?;
        watch(&self.patient, leg, &socket)?;
        self.lines.sockets.insert(leg, Line { socket, bridged: false });
        Ok(port)
    }

    /// Closing the socket also takes it out of its poll.
    fn forget(&mut self, leg: LegId) {
        self.lines.sockets.remove(&leg);
    }

    fn beat(&mut self, now: Mono) {
        let missed = now.since(self.next_beat).as_nanos() / BEAT.as_nanos();
        let due = u32::try_from(missed).unwrap_or(u32::MAX).saturating_add(1);
        if self.plane.has_beat() {
            for _ in 0..due.min(MAX_CATCH_UP) {
                self.plane.handle_beat(now, &mut self.lines);
            }
        }
        self.next_beat = self.next_beat + BEAT.saturating_mul(due);
    }

    /// Hands events to control and orders to the recorder; what finds no room waits in the plane.
    fn tell(&mut self) {
        while self.lines.tapes.slots() > 0
            && let Some(order) = self.plane.poll_tape()
        {
            drop(self.lines.tapes.push(TapeItem::Order(order)));
        }
        let mut told = false;
        while self.events.has_room()
            && let Some(event) = self.plane.poll_event()
        {
            told |= self.events.push(event);
        }
        if told {
            self.events.wake();
        }
    }

    /// The end: recordings are closed, unless the recorder is stuck; it closes what is left when the ring is abandoned.
    fn close_all(&mut self) {
        let now = self.now();
        let legs: Vec<_> = self.plane.legs().collect();
        for leg in legs {
            self.plane.handle_command(now, Command::Close { leg });
        }
        self.tell();
        let Counts { unsent, untaped } = self.lines.counts;
        if unsent + untaped > 0 {
            tracing::info!(unsent, untaped, "packets that a media thread lost");
        }
    }
}

/// Fills `ready` with the sockets that have a packet, after waiting for one at most so long.
fn poll(epoll: &OwnedFd, ready: &mut Vec<epoll::Event>, wait: Option<Duration>) -> io::Result<()> {
    ready.clear();
    match epoll::wait(epoll, rustix::buffer::spare_capacity(ready), wait.map(timespec).as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn watch(epoll: &OwnedFd, leg: LegId, socket: &UdpSocket) -> rustix::io::Result<()> {
    epoll::add(epoll, socket, epoll::EventData::new_u64(leg.0), epoll::EventFlags::IN)
}

fn timespec(wait: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(wait.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(wait.subsec_nanos()),
    }
}
