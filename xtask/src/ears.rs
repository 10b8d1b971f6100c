//! The ears of many callers: one socket that all of them name in their SDP, and one thread that listens.
//!
//! The exchange sends each call's sound from a port of its own, which tells the calls apart. Each caller presses key 1
//! once, two seconds after the first sound, from this same socket, as a telephone would.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// When the key is pressed, after the first sound.
const PRESS_AFTER: Duration = Duration::from_secs(2);
/// From one packet to the next.
const BEAT: Duration = Duration::from_millis(20);
/// A longer gap is not a late packet, but silence.
const SILENCE: Duration = Duration::from_secs(1);

/// What one caller heard.
#[derive(Clone, Copy, Debug)]
struct Caller {
    first: Instant,
    last: Instant,
    pressed: bool,
    /// Since the last [`Ears::reset`].
    longest: Duration,
}

#[derive(Default)]
struct Heard {
    callers: BTreeMap<SocketAddr, Caller>,
    /// Deviations from the beat since the last [`Ears::reset`].
    deviations: Vec<Duration>,
}

/// Figures of a stretch of listening.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    /// Callers who ever heard sound.
    pub(crate) callers: usize,
    /// Those of them who heard nothing for a second or more, such as one who talks to a seat that says nothing.
    pub(crate) silent: usize,
    /// Packets since the reset.
    pub(crate) packets: usize,
    /// Longest time between two packets of a call, among the others.
    pub(crate) longest: Duration,
    /// Deviation from 20 ms that one packet in a thousand exceeds.
    pub(crate) deviation_p999: Duration,
}

/// The open ears; closed on drop.
pub(crate) struct Ears {
    /// What callers put into their SDP.
    pub(crate) port: u16,
    heard: Arc<Mutex<Heard>>,
    closed: Arc<AtomicBool>,
}

impl Ears {
    /// Starts to listen.
    pub(crate) fn open() -> Result<Ears, String> {
        let failed = |error| format!("no socket to listen on: {error}");
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
        socket.set_read_timeout(Some(Duration::from_millis(200))).map_err(failed)?;
        let port = socket.local_addr().map_err(failed)?.port();
        let ears = Ears { port, heard: Arc::default(), closed: Arc::default() };
        let (heard, closed) = (ears.heard.clone(), ears.closed.clone());
        std::thread::spawn(move || listen(&socket, &heard, &closed));
        Ok(ears)
    }

    /// Forgets the figures so far, not the callers.
    pub(crate) fn reset(&self) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.deviations.clear();
        let now = Instant::now();
        for caller in heard.callers.values_mut() {
            (caller.last, caller.longest) = (now, Duration::ZERO);
        }
    }

    /// The figures since then.
    pub(crate) fn figures(&self) -> Figures {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let longest = heard.callers.values().map(|caller| caller.longest.max(now - caller.last));
        let (silent, heard_all): (Vec<Duration>, Vec<Duration>) = longest.partition(|&gap| gap >= SILENCE);
        heard.deviations.sort_unstable();
        let rank = heard.deviations.len().saturating_sub(heard.deviations.len() / 1000 + 1);
        Figures {
            callers: heard.callers.len(),
            packets: heard.deviations.len(),
            silent: silent.len(),
            longest: heard_all.into_iter().max().unwrap_or_default(),
            deviation_p999: heard.deviations.get(rank).copied().unwrap_or_default(),
        }
    }
}

impl Drop for Ears {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
    }
}

fn listen(socket: &UdpSocket, heard: &Mutex<Heard>, closed: &AtomicBool) {
    let mut buffer = [0; 2048];
    while !closed.load(Ordering::Relaxed) {
        let Ok((_, from)) = socket.recv_from(&mut buffer) else { continue };
        let now = Instant::now();
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        if heard.note(from, now) {
            drop(heard);
            press_one(socket, from);
        }
    }
}

impl Heard {
    /// Notes a packet; whether it is time to press the key.
    fn note(&mut self, from: SocketAddr, now: Instant) -> bool {
        let new = Caller { first: now, last: now, pressed: false, longest: Duration::ZERO };
        let caller = self.callers.entry(from).or_insert(new);
        let gap = now - caller.last;
        caller.last = now;
        let press = !caller.pressed && now - caller.first >= PRESS_AFTER;
        caller.pressed |= press;
        if !gap.is_zero() {
            caller.longest = caller.longest.max(gap);
            self.deviations.push(gap.abs_diff(BEAT));
        }
        press
    }
}

/// Key 1 as telephone-event packets of payload type 101 (RFC 4733): five of growing duration, the end three times.
fn press_one(socket: &UdpSocket, to: SocketAddr) {
    for n in 0_u8..8 {
        let end = if n >= 5 { 0x80 } else { 0 };
        let duration = (u16::from(n.min(4)) + 1) * 160;
        let [high, low] = duration.to_be_bytes();
        let marker = if n == 0 { 0x80 } else { 0 };
        let packet = [0x80, 101 | marker, 0, n, 0, 0, 0, 0, 0x0c, 0x17, 0x12, 0x53, 1, end | 10, high, low];
        // A call that has just ended takes no keys.
        let _ = socket.send_to(&packet, to);
    }
}
