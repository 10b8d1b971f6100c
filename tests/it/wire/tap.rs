//! Listening on loopback: what arrived at a phone's media port, and how that phone played it.
//!
//! A raw socket sees the packets that any client gets, with their true times of arrival, whatever that client records of
//! them. They are played out as a phone does: at a fixed delay after the first packet, each at the place of its
//! timestamp; what comes too late for its place is silence, and after a pause or a new source the phone starts anew.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};

use super::tones::Sound;
use super::voice::from_a_law;

/// A phone's jitter buffer, in samples: 60 ms, as softphones have it.
const PLAY_OUT_DELAY: i64 = 480;
/// A packet whose place is this far from its arrival, in samples (200 ms), begins a new stretch.
const RESYNC: i64 = 1_600;
/// `ETH_P_IP`, which sees each packet of loopback once, as it arrives.
const ONLY_ARRIVING_IPV4: u16 = 0x0800;
/// Loopback carries what all tests of the run send: room for bursts.
const RECEIVE_BUFFER: usize = 4 << 20;

/// A raw socket for all IPv4 packets that arrive.
pub(super) fn open() -> std::io::Result<Socket> {
    Socket::new(Domain::PACKET, Type::DGRAM, Some(Protocol::from(i32::from(ONLY_ARRIVING_IPV4.to_be()))))
}

/// A sound packet as it arrived.
struct Arrived {
    /// Samples since the tap was opened.
    at: i64,
    ssrc: u32,
    timestamp: u32,
    samples: Vec<i16>,
}

type ByPort = BTreeMap<u16, Vec<Arrived>>;

/// An open tap; closed on drop.
pub(super) struct Tap {
    heard: Arc<Mutex<ByPort>>,
    closed: Arc<AtomicBool>,
}

impl Tap {
    /// Starts to listen for sound sent to any of these ports.
    pub(super) fn on(ports: &[u16]) -> Tap {
        let socket = open().expect("checked by the test's needs");
        socket.set_read_timeout(Some(Duration::from_millis(100))).expect("a timeout that is not zero");
        // The system may give less.
        let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
        let heard: ByPort = ports.iter().map(|&port| (port, Vec::new())).collect();
        let tap = Tap { heard: Arc::new(Mutex::new(heard)), closed: Arc::default() };
        let (heard, closed) = (tap.heard.clone(), tap.closed.clone());
        std::thread::spawn(move || listen(&socket, &heard, &closed));
        tap
    }

    /// What the phone at this port has played so far.
    pub(super) fn played_at(&self, port: u16) -> Sound {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        Sound::new(play_out(heard.get(&port).map(Vec::as_slice).unwrap_or_default()))
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
    }
}

fn listen(mut socket: &Socket, heard: &Mutex<ByPort>, closed: &AtomicBool) {
    let start = Instant::now();
    let mut buffer = [0; 2048];
    while !closed.load(Ordering::Relaxed) {
        // A timeout only gives the chance to see that the tap was closed.
        let Ok(length) = socket.read(&mut buffer) else { continue };
        let at = i64::try_from(start.elapsed().as_micros() / 125).unwrap_or(i64::MAX);
        let Some((port, rtp)) = udp_payload(&buffer[..length]) else { continue };
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(packets), Some(packet)) = (heard.get_mut(&port), sound(at, rtp)) {
            packets.push(packet);
        }
    }
}

/// Destination port and payload of a UDP datagram in an IPv4 packet.
fn udp_payload(packet: &[u8]) -> Option<(u16, &[u8])> {
    let (&first, &protocol) = (packet.first()?, packet.get(9)?);
    let udp = packet.get(usize::from(first & 0x0f) * 4..)?;
    let port = u16::from_be_bytes(udp.get(2..4)?.try_into().ok()?);
    (first >> 4 == 4 && protocol == 17).then_some((port, udp.get(8..)?))
}

/// An RTP packet of PCMA.
fn sound(at: i64, rtp: &[u8]) -> Option<Arrived> {
    let word = |from: usize| Some(u32::from_be_bytes(rtp.get(from..from + 4)?.try_into().ok()?));
    let is_pcma = *rtp.first()? == 0x80 && *rtp.get(1)? & 0x7f == 8;
    let samples = rtp.get(12..)?.iter().map(|&byte| from_a_law(byte)).collect();
    is_pcma.then_some(Arrived { at, timestamp: word(4)?, ssrc: word(8)?, samples })
}

/// The sound that a phone makes of what arrived.
fn play_out(packets: &[Arrived]) -> Vec<i16> {
    let mut played: Vec<i16> = Vec::new();
    let Some(first) = packets.first() else { return played };
    let mut base = (first.ssrc, first.timestamp, first.at);
    for packet in packets {
        let (ssrc, timestamp, at) = base;
        let since = i64::from(packet.timestamp.wrapping_sub(timestamp).cast_signed());
        let early = at + since - packet.at;
        if packet.ssrc != ssrc || early.abs() > RESYNC {
            base = (packet.ssrc, packet.timestamp, packet.at);
        } else if early < -PLAY_OUT_DELAY {
            continue;
        }
        let place = base.2 + i64::from(packet.timestamp.wrapping_sub(base.1).cast_signed()) - first.at;
        put(&mut played, usize::try_from(place).unwrap_or(0), &packet.samples);
    }
    played
}

fn put(played: &mut Vec<i16>, place: usize, samples: &[i16]) {
    let end = place + samples.len();
    if played.len() < end {
        played.resize(end, 0);
    }
    played[place..end].copy_from_slice(samples);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(lateness: impl Fn(usize) -> Option<i64>) -> Vec<Arrived> {
        let tone = Sound::tone(1000, 2000);
        let packets = tone.samples().chunks(160).enumerate();
        let arrive = packets.filter_map(|(n, samples)| {
            let timestamp = u32::try_from(n * 160).ok()?;
            let at = i64::from(timestamp) + lateness(n)?;
            Some(Arrived { at, ssrc: 7, timestamp, samples: samples.to_vec() })
        });
        arrive.collect()
    }

    #[test]
    fn jitter_within_the_phones_buffer_is_not_heard() {
        let jittered = stream(|n| Some(if n % 3 == 1 { 300 } else { 0 }));
        let heard = Sound::new(play_out(&jittered)).heard(1000).expect("a tone");
        assert_eq!(heard.longest_gap_ms, 0);
    }

    #[test]
    fn lost_and_late_packets_are_gaps() {
        let lost = stream(|n| (!(40..43).contains(&n)).then_some(0));
        let late = stream(|n| Some(if (40..43).contains(&n) { 700 } else { 0 }));
        for packets in [lost, late] {
            let heard = Sound::new(play_out(&packets)).heard(1000).expect("a tone");
            assert!(heard.longest_gap_ms.abs_diff(60) <= 5, "{heard:?}");
        }
    }
}
