//! What one phone says, evened out for a mix: packets come when they come, a frame is taken on every beat.
//!
//! Samples lie where their timestamps put them, so that order and length of packets do not matter; what did not come is
//! silence. Reading begins one frame before the first packet, which leaves 20 ms for the next ones to be late. A packet
//! that finds the buffer dry has come too late for its place: it begins anew, a frame ahead, and the buffer is from then
//! on as much deeper as the network needs. What lies deeper than 100 ms is given up a frame a beat: phones with a fast
//! clock, and bursts, cost a frame and not a growing delay. Nothing that is sent can make the buffer grow.

use super::Codec;
use super::player::FRAME;
use super::rtp::{Packet, RtpTime};

/// Samples kept: 256 ms. It divides 2^32, so that places follow timestamps through their wrap.
const ROOM: usize = 2048;

/// The same as a difference of timestamps.
const ROOM_TIME: i32 = 2048;

/// Samples of a frame, as a difference of timestamps.
const STEP: u32 = 160;

/// Deeper than this (100 ms), a frame is given up.
const DEEP: i32 = 800;

/// Longest packet taken whole (80 ms); of a longer one the rest is left out.
const MAX_PAYLOAD: usize = 640;

/// See the module.
#[derive(Clone, Debug)]
pub struct Jitter {
    ssrc: u32,
    /// The sample that is taken next; `None` until something comes.
    next: Option<RtpTime>,
    /// Just after the last sample that came.
    end: RtpTime,
    samples: [i16; ROOM],
}

impl Default for Jitter {
    fn default() -> Jitter {
        Jitter { ssrc: 0, next: None, end: RtpTime(0), samples: [0; ROOM] }
    }
}

impl Jitter {
    /// Lays a packet; what of it comes too late is left out.
    pub fn put(&mut self, packet: Packet<'_>, codec: Codec) {
        let payload = packet.payload.get(..MAX_PAYLOAD).unwrap_or(packet.payload);
        let (ssrc, time) = (packet.header.ssrc, packet.header.time);
        let end = time.plus(u32::try_from(payload.len()).unwrap_or(0));
        let next = match self.next {
            Some(next) if ssrc == self.ssrc && self.fits(next, end) => next,
            _ => self.restart(ssrc, time),
        };
        for (place, octet) in (0..).zip(payload) {
            let at = time.plus(place);
            if at.after(next) >= 0 {
                self.samples[index(at)] = codec.decode(*octet);
            }
        }
        if end.after(self.end) > 0 {
            self.end = end;
        }
    }

    /// Its place is within the room; or behind what was taken while there is more, as a straggler's is.
    fn fits(&self, next: RtpTime, end: RtpTime) -> bool {
        let (ahead, is_dry) = (end.after(next), self.end.after(next) <= 0);
        let earliest = if is_dry { 1 } else { -ROOM_TIME };
        (earliest..=ROOM_TIME).contains(&ahead)
    }

    fn restart(&mut self, ssrc: u32, time: RtpTime) -> RtpTime {
        let next = time.plus(STEP.wrapping_neg());
        (self.ssrc, self.next, self.end) = (ssrc, Some(next), time);
        self.samples = [0; ROOM];
        next
    }

    /// Takes the frame of this beat; false, and the frame is as it was, when nothing has come for a while.
    pub fn take(&mut self, frame: &mut [i16; FRAME]) -> bool {
        let Some(mut next) = self.next else { return false };
        let waiting = self.end.after(next);
        if waiting <= 0 {
            // Dry. Once nobody can come late for it any more, whatever comes begins anew.
            self.next = (waiting > -ROOM_TIME).then(|| next.plus(STEP));
            return false;
        }
        if waiting > DEEP {
            next = self.pass(next, |_| {});
        }
        let mut samples = frame.iter_mut();
        let next = self.pass(next, |sample| {
            if let Some(place) = samples.next() {
                *place = sample;
            }
        });
        self.next = Some(next);
        true
    }

    /// Hands over a frame and leaves silence behind.
    fn pass(&mut self, from: RtpTime, mut give: impl FnMut(i16)) -> RtpTime {
        for place in 0..STEP {
            give(std::mem::take(&mut self.samples[index(from.plus(place))]));
        }
        from.plus(STEP)
    }
}

/// Where the sample of a moment lies.
fn index(time: RtpTime) -> usize {
    time.0 as usize % ROOM
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::rtp::{Header, Seq};

    /// Frame `n` of a stream says `n` in each sample, or nearly so in A-law: told by its first octet.
    fn put(jitter: &mut Jitter, ssrc: u32, n: u32) {
        let header = Header { marker: false, payload_type: 8, seq: Seq(0), time: time(n), ssrc };
        let payload = [u8::try_from(n % 100).expect("below") + 1; FRAME];
        jitter.put(Packet { header, payload: &payload }, Codec::Pcma);
    }

    /// A stream that wraps soon.
    fn time(n: u32) -> RtpTime {
        RtpTime(u32::MAX - 300).plus(n * 160)
    }

    /// The number of the frame of this beat; 0 is silence, `None` is dry.
    fn take(jitter: &mut Jitter) -> Option<u32> {
        let mut frame = [0; FRAME];
        if !jitter.take(&mut frame) {
            return None;
        }
        let said = |sample: i16| (0u8..100).find(|n| Codec::Pcma.decode(n + 1) == sample).map(u32::from);
        assert!(frame.iter().all(|sample| *sample == frame[0]), "a frame is whole");
        Some(said(frame[0]).map_or(0, |n| n))
    }

    #[test]
    fn frames_are_heard_one_beat_after_they_came_whatever_their_order() {
        let mut jitter = Jitter::default();
        assert_eq!(take(&mut jitter), None);
        put(&mut jitter, 1, 1);
        assert_eq!(take(&mut jitter), Some(0), "a frame ahead");
        put(&mut jitter, 1, 3);
        assert_eq!(take(&mut jitter), Some(1));
        put(&mut jitter, 1, 2);
        assert_eq!((take(&mut jitter), take(&mut jitter)), (Some(2), Some(3)));
        assert_eq!(take(&mut jitter), None);
    }

    #[test]
    fn what_is_lost_is_silence_and_what_comes_too_late_is_left_out() {
        let mut jitter = Jitter::default();
        let mut heard = Vec::new();
        for n in [1, 2, 4, 5] {
            put(&mut jitter, 1, n);
            heard.push(take(&mut jitter));
        }
        assert_eq!(heard, [Some(0), Some(1), Some(2), Some(0)]);
        put(&mut jitter, 1, 3);
        assert_eq!(take(&mut jitter), Some(4));
        assert_eq!(take(&mut jitter), Some(5), "a straggler is behind the reading");
    }

    #[test]
    fn network_that_is_always_late_is_heard_whole_after_one_pause() {
        let mut jitter = Jitter::default();
        put(&mut jitter, 1, 1);
        let mut heard: Vec<_> = (0..5).map(|_| take(&mut jitter)).collect();
        for n in 2..20 {
            put(&mut jitter, 1, n);
            heard.push(take(&mut jitter));
        }
        let said: Vec<_> = heard.into_iter().flatten().filter(|n| *n > 0).collect();
        assert_eq!(said, (1..19).collect::<Vec<_>>());
    }

    #[test]
    fn burst_or_fast_clock_costs_frames_and_not_a_growing_delay() {
        let mut jitter = Jitter::default();
        for n in 1..7 {
            put(&mut jitter, 1, n);
        }
        let mut last = 0;
        for n in 7..60 {
            put(&mut jitter, 1, n);
            last = take(&mut jitter).expect("sound");
            assert!(n.saturating_sub(last) <= 6, "{n} {last}");
        }
        assert!(last > 50);
    }

    #[test]
    fn new_source_and_times_that_jump_begin_anew() {
        for (ssrc, n) in [(2, 5), (1, 5_000), (1, u32::MAX / 320)] {
            let mut jitter = Jitter::default();
            put(&mut jitter, 1, 1);
            put(&mut jitter, 1, 2);
            take(&mut jitter);
            put(&mut jitter, ssrc, n);
            assert_eq!((take(&mut jitter), take(&mut jitter)), (Some(0), Some(n % 100)));
        }
    }

    #[test]
    fn longest_datagram_is_taken_in_part() {
        let mut jitter = Jitter::default();
        let header = Header { marker: false, payload_type: 8, seq: Seq(0), time: RtpTime(7), ssrc: 1 };
        jitter.put(Packet { header, payload: &[1; 1488] }, Codec::Pcma);
        assert_eq!((0..20).filter_map(|_| take(&mut jitter)).count(), 5, "a frame ahead and 80 ms");
    }
}
