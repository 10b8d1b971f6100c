//! What a sipp citizen sends: a tone, with keys pressed in between, as a capture file that sipp plays.
//!
//! One stream with one SSRC, as a real telephone sends it: while a key is pressed its telephone-event packets (RFC 4733)
//! take the place of sound, all with the timestamp of the press, growing durations and the end packet three times.

use std::io::Write;
use std::path::Path;

use super::tones::Sound;

/// RTP payload types that the scenarios offer.
const PCMA: u8 = 8;
const TELEPHONE_EVENT: u8 = 101;
/// Samples in a packet of 20 ms.
const PACKET: u16 = 160;
/// Packets that a press lasts: 100 ms.
const PRESS_PACKETS: u16 = 5;
/// The end of a press is sent this often (RFC 4733 section 2.5.1.4).
const END_PACKETS: u16 = 3;

/// A tone with key presses.
pub(super) struct Voice {
    sound: Sound,
    presses: Vec<(u16, u8)>,
}

impl Voice {
    /// A pure tone for so long.
    pub(super) fn tone(hertz: u32, ms: usize) -> Voice {
        Voice { sound: Sound::tone(hertz, ms), presses: Vec::new() }
    }

    /// Silent for so long before.
    pub(super) fn after_silence(self, ms: usize) -> Voice {
        let mut samples = vec![0; ms * 8];
        samples.extend(self.sound.samples());
        Voice { sound: Sound::new(samples), ..self }
    }

    /// Presses a key after so many milliseconds.
    pub(super) fn pressing(mut self, key: char, at_ms: u16) -> Voice {
        let event = "0123456789*#".find(key).expect("a key of a telephone");
        self.presses.push((at_ms / 20, u8::try_from(event).expect("twelve keys")));
        self
    }

    /// Writes the capture.
    pub(super) fn write_pcap(&self, path: &Path) {
        let mut file = pcap_header();
        for (n, payload) in (0_u32..).zip(self.packets()) {
            file.extend(record(n, &payload));
        }
        std::fs::File::create(path)
            .and_then(|mut out| out.write_all(&file))
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// RTP packets, one each 20 ms.
    fn packets(&self) -> Vec<Vec<u8>> {
        let chunks = self.sound.samples().chunks_exact(PACKET.into());
        (0_u16..).zip(chunks).map(|(n, chunk)| self.event(n).unwrap_or_else(|| sound(n, chunk))).collect()
    }

    /// The telephone-event packet due at this beat, if a key is pressed.
    fn event(&self, beat: u16) -> Option<Vec<u8>> {
        let lasting = PRESS_PACKETS + END_PACKETS;
        let &(start, event) = self.presses.iter().find(|(at, _)| (*at..at + lasting).contains(&beat))?;
        let age = beat - start;
        let duration = (age + 1).min(PRESS_PACKETS) * PACKET;
        let end = if age >= PRESS_PACKETS { 0x80 } else { 0 };
        let mut packet = rtp_header(TELEPHONE_EVENT, age == 0, beat, start);
        packet.extend([event, end | 10]); // volume -10 dBm0
        packet.extend(duration.to_be_bytes());
        Some(packet)
    }
}

fn sound(beat: u16, samples: &[i16]) -> Vec<u8> {
    let mut packet = rtp_header(PCMA, beat == 0, beat, beat);
    packet.extend(samples.iter().map(|&sample| a_law(sample)));
    packet
}

/// The twelve bytes of RFC 3550 section 5.1, for a packet sent at a beat about what began at a beat.
fn rtp_header(payload_type: u8, marker: bool, beat: u16, began: u16) -> Vec<u8> {
    let mut header = vec![0x80, payload_type | if marker { 0x80 } else { 0 }];
    header.extend(beat.to_be_bytes());
    header.extend((u32::from(began) * u32::from(PACKET)).to_be_bytes());
    header.extend(0x0c17_1253_u32.to_be_bytes());
    header
}

/// Linear to A-law (G.711): sign, exponent, mantissa; even bits inverted.
fn a_law(sample: i16) -> u8 {
    let sign = if sample >= 0 { 0x80 } else { 0 };
    let magnitude = sample.unsigned_abs().min(0x7fff) >> 4; // 11 bits
    let exponent = magnitude.checked_ilog2().map_or(0, |bit| bit.saturating_sub(3));
    let mantissa = (magnitude >> exponent.saturating_sub(1)) & 0x0f;
    let byte = u32::from(mantissa) | exponent << 4 | sign;
    u8::try_from(byte).expect("4 + 3 + 1 bits") ^ 0x55
}

/// A-law to linear (G.711), the middle of each step.
pub(super) fn from_a_law(byte: u8) -> i16 {
    let byte = byte ^ 0x55;
    let (exponent, mantissa) = (i16::from(byte >> 4 & 0x07), i16::from(byte & 0x0f));
    let step = if exponent == 0 { mantissa * 2 + 1 } else { (mantissa * 2 + 33) << (exponent - 1) };
    if byte & 0x80 == 0 { -(step << 3) } else { step << 3 }
}

/// Header of a capture: microseconds, Ethernet.
fn pcap_header() -> Vec<u8> {
    let mut header = 0xa1b2_c3d4_u32.to_le_bytes().to_vec();
    header.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    header.extend(65_535_u32.to_le_bytes());
    header.extend(1_u32.to_le_bytes());
    header
}

/// A packet of the capture, 20 ms after the one before. sipp puts in its own addresses and checksums.
fn record(beat: u32, rtp: &[u8]) -> Vec<u8> {
    let udp_length = u16::try_from(8 + rtp.len()).expect("a small packet");
    let length = u32::from(udp_length) + 34;
    let mut record = (beat / 50).to_le_bytes().to_vec();
    record.extend((beat % 50 * 20_000).to_le_bytes());
    record.extend(length.to_le_bytes());
    record.extend(length.to_le_bytes());
    record.extend([0; 12]); // Ethernet addresses
    record.extend([0x08, 0x00, 0x45, 0x00]);
    record.extend((udp_length + 20).to_be_bytes());
    record.extend([0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1]);
    record.extend([0x17, 0x70, 0x17, 0x70]);
    record.extend(udp_length.to_be_bytes());
    record.extend([0, 0]);
    record.extend(rtp);
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_law_gives_back_what_it_was_given_within_its_steps() {
        for sample in (-32_000_i16..=32_000).step_by(37) {
            let back = from_a_law(a_law(sample));
            let tolerance = 16 + sample.unsigned_abs() / 30;
            assert!(back.abs_diff(sample) <= tolerance, "{sample} came back as {back}");
        }
    }

    #[test]
    fn a_press_takes_the_place_of_sound_and_ends_three_times_with_the_same_timestamp() {
        let voice = Voice::tone(1000, 1000).pressing('#', 200);
        let packets = voice.packets();
        let events: Vec<_> = packets.iter().filter(|packet| packet[1] & 0x7f == TELEPHONE_EVENT).collect();
        assert_eq!(packets.len(), 50);
        assert_eq!(events.len(), 8);
        assert!(events.iter().all(|packet| packet[4..8] == 1600_u32.to_be_bytes() && packet[12] == 11));
        assert_eq!(events.iter().filter(|packet| packet[13] & 0x80 != 0).count(), 3);
        assert_eq!(events[7][14..16], 800_u16.to_be_bytes());
    }
}
