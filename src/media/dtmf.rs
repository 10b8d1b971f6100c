//! Keys as telephone-events (RFC 4733): one press is one digit, whatever becomes of its packets.
//!
//! A phone repeats the event while the key is down, with growing duration and the timestamp of the press, and sends the last
//! packet three times with the end bit. Any of these may be lost, doubled or late, and some phones move the timestamp with
//! every packet. [`KeyReader`] reports a press at the first packet it sees of it; [`KeySender`] is our own thumb, for the
//! built-in phones.

use std::collections::VecDeque;
use std::time::Duration;

use super::rtp::{Header, RtpTime, Seq};
use crate::time::Mono;

/// Packets of one press come every 20 to 50 ms: after this long without one, another timestamp is another press, also when
/// neither the end nor the mark of the new beginning was seen.
const PRESS_GAP: Duration = Duration::from_millis(200);

/// The three last packets of a press follow each other at once; a finger needs longer to press again.
const END_GAP: Duration = Duration::from_millis(60);

/// A timestamp further back than this (5 s) is a phone that began to count anew, not a late packet.
const LATE_SAMPLES: i32 = 40_000;

/// The character of an event code; `None` for events that are no keys (flash, tones).
pub const fn digit_of(event: u8) -> Option<char> {
    match event {
        0..=9 => Some((b'0' + event) as char),
        10 => Some('*'),
        11 => Some('#'),
        12..=15 => Some((b'A' + event - 12) as char),
        _ => None,
    }
}

/// The event code of a key; `None` if there is no such key.
pub fn event_of(digit: char) -> Option<u8> {
    (0..16).find(|event| digit_of(*event) == Some(digit.to_ascii_uppercase()))
}

/// The four octets of an event payload (section 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyEvent {
    /// Which key.
    pub event: u8,
    /// The key is up again.
    pub end: bool,
    /// How long it has been down, in samples.
    pub duration: u16,
}

impl KeyEvent {
    /// Reads a payload; further events in it are redundancy and not needed.
    pub fn parse(payload: &[u8]) -> Option<KeyEvent> {
        let [event, flags, high, low] = *payload.first_chunk()?;
        Some(KeyEvent { event, end: flags & 0x80 != 0, duration: u16::from_be_bytes([high, low]) })
    }

    /// As payload, at -10 dBm0.
    pub fn to_bytes(self) -> [u8; 4] {
        let [high, low] = self.duration.to_be_bytes();
        [self.event, u8::from(self.end) << 7 | 10, high, low]
    }
}

/// The press that packets were last seen of.
#[derive(Clone, Copy, Debug)]
struct Press {
    event: u8,
    /// Of its latest packet: it moves in long presses and in phones that count on.
    time: RtpTime,
    duration: u16,
    ended: bool,
    seq: Seq,
    seen: Mono,
}

/// Turns event packets into presses.
#[derive(Clone, Debug, Default)]
pub struct KeyReader {
    last: Option<Press>,
}

impl KeyReader {
    /// The key, if this packet is the first one seen of its press.
    pub fn handle_packet(&mut self, now: Mono, header: Header, payload: &[u8]) -> Option<char> {
        let key = KeyEvent::parse(payload)?;
        let digit = digit_of(key.event)?;
        let ended = match &self.last {
            Some(last) if last.is_past(header) => return None,
            Some(last) if last.goes_on(now, header, key) => Some(last.ended),
            _ => None,
        };
        self.last = Some(Press {
            event: key.event,
            time: header.time,
            duration: key.duration,
            ended: key.end || ended == Some(true),
            seq: header.seq,
            seen: now,
        });
        ended.is_none().then_some(digit)
    }
}

impl Press {
    /// A packet from before the latest one, come late.
    fn is_past(&self, header: Header) -> bool {
        let back = self.time.after(header.time);
        header.seq.after(self.seq) < 0 && (0..LATE_SAMPLES).contains(&back)
    }

    /// Whether a packet is of this same press.
    fn goes_on(&self, now: Mono, header: Header, key: KeyEvent) -> bool {
        if key.event != self.event {
            return false;
        }
        if header.time == self.time {
            return true;
        }
        let gap = now.since(self.seen);
        match self.ended {
            // The end repeated under another timestamp.
            true => key.end && key.duration >= self.duration && gap <= END_GAP,
            // A new press, though its predecessor's end was lost; a phone that marks every packet counts on instead.
            false if header.marker => key.duration > self.duration && gap <= END_GAP,
            // A segment of a long press (section 2.5.1.3), or a phone whose timestamp moves.
            false => gap <= PRESS_GAP,
        }
    }
}

/// Keys waiting to be sent: a built-in phone's script is not longer.
const MAX_KEYS: usize = 64;
/// Beats a key is down: 100 ms.
const DOWN_BEATS: u16 = 5;
/// The end is sent three times (section 2.5.1.4).
const END_BEATS: u16 = 3;
/// Beats of nothing between keys: 100 ms.
const UP_BEATS: u16 = 5;

/// Sends key presses, one packet a beat.
#[derive(Clone, Debug, Default)]
pub struct KeySender {
    waiting: VecDeque<u8>,
    /// Event, timestamp of the press, beats since it began.
    down: Option<(u8, RtpTime, u16)>,
}

/// What a beat owes to the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyBeat {
    /// No key: sound may be sent.
    Free,
    /// Between two keys: nothing is sent.
    Pause,
    /// This event, with its timestamp; marked on the first packet.
    Send {
        /// First packet of the press.
        marker: bool,
        /// When the key went down.
        time: RtpTime,
        /// What to send.
        key: KeyEvent,
    },
}

impl KeySender {
    /// Adds a key; beyond the bound, or if there is no such key, it is not pressed.
    pub fn press(&mut self, digit: char) {
        if let Some(event) = event_of(digit)
            && self.waiting.len() < MAX_KEYS
        {
            self.waiting.push_back(event);
        }
    }

    /// Nothing is being or waits to be pressed.
    pub fn is_idle(&self) -> bool {
        self.down.is_none() && self.waiting.is_empty()
    }

    /// What to send on this beat; `time` is the stream's own, for a press that begins now.
    pub fn beat(&mut self, time: RtpTime) -> KeyBeat {
        if self.down.is_none() {
            self.down = self.waiting.pop_front().map(|event| (event, time, 0));
        }
        let Some((event, time, beats)) = &mut self.down else { return KeyBeat::Free };
        *beats += 1;
        let (event, time, beats) = (*event, *time, *beats);
        if beats > DOWN_BEATS + END_BEATS {
            if beats == DOWN_BEATS + END_BEATS + UP_BEATS {
                self.down = None;
            }
            return KeyBeat::Pause;
        }
        let key = KeyEvent { event, end: beats > DOWN_BEATS, duration: beats.min(DOWN_BEATS) * 160 };
        KeyBeat::Send { marker: beats == 1, time, key }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (ms, seq, timestamp, marker, end, duration) of packets of key 5.
    type Sent = (u64, u16, u32, bool, bool, u16);

    fn presses(packets: &[Sent]) -> usize {
        let mut reader = KeyReader::default();
        let read = |&(ms, seq, time, marker, end, duration): &Sent| {
            let header = Header { marker, payload_type: 101, seq: Seq(seq), time: RtpTime(time), ssrc: 1 };
            let payload = KeyEvent { event: 5, end, duration }.to_bytes();
            reader.handle_packet(Mono::from_start(Duration::from_millis(ms)), header, &payload)
        };
        packets.iter().filter_map(read).count()
    }

    #[test]
    fn one_press_is_one_digit() {
        let whole = [
            (0, 1, 800, true, false, 160),
            (20, 2, 800, false, false, 320),
            (40, 3, 800, false, true, 480),
            (40, 4, 800, false, true, 480),
            (40, 5, 800, false, true, 480),
        ];
        assert_eq!(presses(&whole), 1, "all packets");
        assert_eq!(presses(&whole[1..]), 1, "lost start");
        assert_eq!(presses(&whole[..2]), 1, "lost ends");
        assert_eq!(presses(&whole[4..]), 1, "only the last end");
        assert_eq!(presses(&[whole[0], whole[2], whole[1], whole[3]]), 1, "out of order");
        assert_eq!(presses(&[whole[1], whole[0], whole[2]]), 1, "start late");
    }

    #[test]
    fn two_presses_are_two_digits_also_when_ends_or_marks_are_lost() {
        let first = (0, 1, 800, true, false, 160);
        let end = (60, 4, 800, false, true, 480);
        let second = (200, 5, 2400, true, false, 160);
        let unmarked = (260, 6, 2400, false, false, 640);
        assert_eq!(presses(&[first, end, second, unmarked]), 2);
        assert_eq!(presses(&[first, second]), 2, "ends lost");
        assert_eq!(presses(&[first, end, unmarked]), 2, "mark lost");
        assert_eq!(presses(&[first, unmarked]), 2, "ends and mark lost");
        assert_eq!(
            presses(&[first, end, second, (201, 4, 800, false, true, 480)]),
            2,
            "late end of the first"
        );
        assert_eq!(presses(&[first, end, (200, 7, 2400, false, true, 480)]), 2, "only an end of the second");
    }

    #[test]
    fn a_key_held_for_twenty_seconds_is_one_digit() {
        // A segment ends at 0xffff samples and the next begins there, unmarked.
        let packets: Vec<Sent> = (0..1000u32)
            .map(|n| {
                let (segment, within) = ((n + 1) * 160 / 65_535, (n + 1) * 160 % 65_535);
                let seq = u16::try_from(n).expect("a thousand");
                (
                    u64::from(n) * 20,
                    seq,
                    segment * 65_535,
                    n == 0,
                    n == 999,
                    u16::try_from(within).expect("below"),
                )
            })
            .collect();
        assert_eq!(presses(&packets), 1);
    }

    #[test]
    fn a_phone_whose_timestamp_moves_mid_press_gives_one_digit() {
        let moving = |marker: bool| -> Vec<Sent> {
            (0..10u16)
                .map(|n| {
                    let (step, end) = (n.min(7), n >= 7);
                    let time = 800 + u32::from(n) * 160;
                    (u64::from(step) * 20, n, time, marker || n == 0, end, (step + 1) * 160)
                })
                .collect()
        };
        assert_eq!(presses(&moving(false)), 1);
        assert_eq!(presses(&moving(true)), 1, "marked throughout");
    }

    #[test]
    fn what_our_phones_send_is_read_as_sent() {
        let mut sender = KeySender::default();
        let mut reader = KeyReader::default();
        "1#1D?".chars().for_each(|digit| sender.press(digit));
        let mut heard = String::new();
        for beat in 0..100u16 {
            let now = Mono::from_start(Duration::from_millis(u64::from(beat) * 20));
            if let KeyBeat::Send { marker, time, key } = sender.beat(RtpTime(u32::from(beat) * 160)) {
                let header = Header { marker, payload_type: 101, seq: Seq(beat), time, ssrc: 1 };
                heard.extend(reader.handle_packet(now, header, &key.to_bytes()));
            }
        }
        assert_eq!(heard, "1#1D");
        assert!(sender.is_idle());
    }
}
