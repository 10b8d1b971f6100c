//! The stream of packets that we send on one leg.
//!
//! Whatever its contents come from, prompts or the other leg's packets, the peer hears one stream: one SSRC of ours, sequence
//! numbers without a break, timestamps that move with time, and the marker where the contents change. Relayed packets keep
//! their own order and gaps, so that the peer's jitter buffer sees what the network did to them.

use super::rtp::{Header, RtpTime, Seq};
use crate::time::Mono;

/// Samples of a 20 ms packet.
const STEP: u32 = 160;

/// Where the last packet's contents came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Feed {
    Nothing,
    Generated,
    /// Another leg's stream: its SSRC, and what to add to its numbers.
    Relayed {
        ssrc: u32,
        seq: u16,
        time: u32,
    },
}

/// Numbers the packets of one leg.
#[derive(Clone, Debug)]
pub struct Stream {
    ssrc: u32,
    /// The latest sent.
    seq: Seq,
    time: RtpTime,
    sent: Option<Mono>,
    feed: Feed,
}

impl Stream {
    /// A stream that begins at chance numbers (RFC 3550 section 5.1).
    pub fn new(ssrc: u32, chance: u64) -> Stream {
        let [a, b, c, d, e, f, ..] = chance.to_be_bytes();
        let (seq, time) = (Seq(u16::from_be_bytes([a, b])), RtpTime(u32::from_be_bytes([c, d, e, f])));
        Stream { ssrc, seq, time, sent: None, feed: Feed::Nothing }
    }

    /// The timestamp that a packet generated now would have.
    pub fn time_at(&self, now: Mono) -> RtpTime {
        match self.feed {
            Feed::Generated => self.time.plus(STEP),
            Feed::Nothing | Feed::Relayed { .. } => self.resumed(now),
        }
    }

    /// The header of a frame generated on this beat.
    pub fn generate(&mut self, now: Mono, payload_type: u8) -> Header {
        let (marker, time) = (self.feed != Feed::Generated, self.time_at(now));
        self.feed = Feed::Generated;
        self.send(now, marker, payload_type, self.seq.plus(1), time)
    }

    /// The header of a key packet, whose timestamp is that of the press (RFC 4733 section 2.2).
    pub fn generate_key(&mut self, now: Mono, payload_type: u8, marker: bool, time: RtpTime) -> Header {
        let clock = self.time_at(now);
        self.feed = Feed::Generated;
        let header = self.send(now, marker, payload_type, self.seq.plus(1), time);
        self.time = clock;
        header
    }

    /// A beat on which nothing is sent; the clock of the sound goes on.
    pub fn skip(&mut self, now: Mono) {
        self.time = self.time_at(now);
        self.sent = Some(now);
    }

    /// What was generated has ended: the next packet is marked and has the time that went by.
    pub fn pause(&mut self) {
        self.feed = Feed::Nothing;
    }

    /// The header under which another leg's packet goes on.
    pub fn relay(&mut self, now: Mono, packet: Header, payload_type: u8) -> Header {
        if let Feed::Relayed { ssrc, seq, time } = self.feed
            && ssrc == packet.ssrc
        {
            return self.send(now, packet.marker, payload_type, packet.seq.plus(seq), packet.time.plus(time));
        }
        let (seq, time) = (self.seq.plus(1), self.resumed(now));
        self.feed = Feed::Relayed {
            ssrc: packet.ssrc,
            seq: seq.0.wrapping_sub(packet.seq.0),
            time: time.0.wrapping_sub(packet.time.0),
        };
        self.send(now, true, payload_type, seq, time)
    }

    /// The latest timestamp, moved by the time since, at least by one packet.
    fn resumed(&self, now: Mono) -> RtpTime {
        let pause = self.sent.map_or(0, |sent| now.since(sent).as_micros() / 125);
        let samples = u32::try_from(pause % (1 << 32)).unwrap_or(STEP);
        self.time.plus(samples.max(STEP))
    }

    fn send(&mut self, now: Mono, marker: bool, payload_type: u8, seq: Seq, time: RtpTime) -> Header {
        if seq.after(self.seq) > 0 {
            self.seq = seq;
        }
        if time.after(self.time) > 0 {
            self.time = time;
        }
        self.sent = Some(now);
        Header { marker, payload_type, seq, time, ssrc: self.ssrc }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(ms: u64) -> Mono {
        Mono::from_start(Duration::from_millis(ms))
    }

    fn packet(ssrc: u32, seq: u16, time: u32) -> Header {
        Header { marker: false, payload_type: 8, seq: Seq(seq), time: RtpTime(time), ssrc }
    }

    #[test]
    fn the_peer_hears_one_stream_whatever_feeds_it() {
        let mut stream = Stream::new(9, 0);
        let mut sent = vec![stream.generate(at(0), 8), stream.generate(at(20), 8)];
        sent.push(stream.relay(at(100), packet(1, 5000, 77), 8));
        sent.push(stream.relay(at(120), packet(1, 5001, 237), 8));
        sent.push(stream.relay(at(160), packet(2, 60, 4_000_000_000), 8));
        sent.push(stream.generate(at(180), 8));
        let seen: Vec<_> = sent.iter().map(|sent| (sent.seq.0, sent.time.0, sent.marker)).collect();
        assert_eq!(
            seen,
            [
                (1, 160, true),
                (2, 320, false),
                (3, 960, true),
                (4, 1120, false),
                (5, 1440, true),
                (6, 1600, true)
            ]
        );
        assert!(sent.iter().all(|sent| sent.ssrc == 9));
    }

    #[test]
    fn a_lost_or_late_packet_stays_lost_or_late() {
        let mut stream = Stream::new(9, u64::MAX);
        let seqs: Vec<_> = [10, 12, 11, 14]
            .iter()
            .map(|seq| stream.relay(at(0), packet(1, *seq, u32::from(*seq) * 160), 8).seq.0)
            .collect();
        assert_eq!(seqs, [0, 2, 1, 4]);
        assert_eq!(stream.generate(at(20), 8).seq.0, 5);
    }
}
