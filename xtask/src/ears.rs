//! The ears of many callers: one socket that all of them name in their SDP, and one thread that listens.
//!
//! The exchange sends each call's sound from a port of its own, which tells the calls apart. Each caller presses key 1
//! once, two seconds after the first sound, from this same socket, as a telephone would. Beside them a bare sender, which does
//! nothing but sleep and send, says what this machine's timers and loopback are worth at that moment.

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
    /// When the bare sender's last packet came, and its deviations.
    bare: Option<Instant>,
    bare_deviations: Vec<Duration>,
    bare_longest: Duration,
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
    /// The bare sender's packets, longest gap and deviation.
    pub(crate) bare: Bare,
}

/// How a bare sender was heard.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bare {
    /// Packets since the reset.
    pub(crate) packets: usize,
    /// Longest time between two of them.
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
        let bare = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
        bare.connect((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
        let bare_addr = bare.local_addr().map_err(failed)?;
        let (heard, closed) = (ears.heard.clone(), ears.closed.clone());
        std::thread::spawn(move || listen(&socket, bare_addr, &heard, &closed));
        let closed = ears.closed.clone();
        std::thread::spawn(move || send_bare(&bare, &closed));
        Ok(ears)
    }

    /// Forgets the figures so far, not the callers.
    pub(crate) fn reset(&self) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.deviations.clear();
        heard.bare_deviations.clear();
        heard.bare_longest = Duration::ZERO;
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
        let bare = Bare {
            packets: heard.bare_deviations.len(),
            longest: heard.bare_longest,
            deviation_p999: p999(&mut heard.bare_deviations),
        };
        Figures {
            callers: heard.callers.len(),
            packets: heard.deviations.len(),
            silent: silent.len(),
            longest: heard_all.into_iter().max().unwrap_or_default(),
            deviation_p999: p999(&mut heard.deviations),
            bare,
        }
    }
}

/// What one value in a thousand exceeds.
fn p999(values: &mut [Duration]) -> Duration {
    values.sort_unstable();
    values.get(values.len().saturating_sub(values.len() / 1000 + 1)).copied().unwrap_or_default()
}

impl Drop for Ears {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
    }
}

/// A packet on each beat, by the simplest program there is.
fn send_bare(socket: &UdpSocket, closed: &AtomicBool) {
    let mut next = Instant::now();
    while !closed.load(Ordering::Relaxed) {
        // What is not heard is not counted.
        let _ = socket.send(&[0x80; 172]);
        next += BEAT;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

fn listen(socket: &UdpSocket, bare: SocketAddr, heard: &Mutex<Heard>, closed: &AtomicBool) {
    let mut buffer = [0; 2048];
    while !closed.load(Ordering::Relaxed) {
        let Ok((_, from)) = socket.recv_from(&mut buffer) else { continue };
        let now = Instant::now();
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        if from == bare {
            heard.note_bare(now);
        } else if heard.note(from, now) {
            drop(heard);
            press_one(socket, from);
        }
    }
}

impl Heard {
    fn note_bare(&mut self, now: Instant) {
        if let Some(last) = self.bare.replace(now) {
            self.bare_longest = self.bare_longest.max(now - last);
            self.bare_deviations.push((now - last).abs_diff(BEAT));
        }
    }

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
