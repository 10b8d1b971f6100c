//! RTP packets (RFC 3550 section 5.1): the twelve octets before each frame of sound.
//!
//! Reading checks every length the packet claims; what does not hold together is no packet. Writing knows only the plain
//! header: no contributing sources, extension or padding.

/// Octets of a plain header.
pub const HEADER_LEN: usize = 12;

/// Largest datagram sent or received: an Ethernet frame. Longer ones are cut by the socket and fail the checks or play short.
pub const MAX_PACKET: usize = 1500;

/// A sequence number: one more for each packet, starts anywhere, wraps at 2^16.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seq(pub u16);

impl Seq {
    /// The number `by` packets later.
    pub const fn plus(self, by: u16) -> Seq {
        Seq(self.0.wrapping_add(by))
    }

    /// How far this number lies after `other`, the short way round.
    pub const fn after(self, other: Seq) -> i16 {
        self.0.wrapping_sub(other.0).cast_signed()
    }
}

/// A timestamp: counts samples, starts anywhere, wraps at 2^32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RtpTime(pub u32);

impl RtpTime {
    /// The time `samples` later.
    pub const fn plus(self, samples: u32) -> RtpTime {
        RtpTime(self.0.wrapping_add(samples))
    }

    /// Samples from `other` to this time, the short way round.
    pub const fn after(self, other: RtpTime) -> i32 {
        self.0.wrapping_sub(other.0).cast_signed()
    }
}

/// The fields that matter to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// First packet after a pause, or of a key press.
    pub marker: bool,
    /// Which format the payload has.
    pub payload_type: u8,
    /// Order of sending.
    pub seq: Seq,
    /// When the first sample was taken.
    pub time: RtpTime,
    /// Who sends.
    pub ssrc: u32,
}

impl Header {
    /// The plain header as octets.
    pub fn to_bytes(self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[0] = 0x80;
        bytes[1] = u8::from(self.marker) << 7 | (self.payload_type & 0x7f);
        bytes[2..4].copy_from_slice(&self.seq.0.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.time.0.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        bytes
    }
}

/// A datagram read as RTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Its header.
    pub header: Header,
    /// Its sound or event, without padding.
    pub payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Reads a datagram; `None` when it is not RTP version 2 or its lengths do not fit.
    pub fn parse(datagram: &'a [u8]) -> Option<Packet<'a>> {
        let (fixed, rest) = datagram.split_first_chunk::<HEADER_LEN>()?;
        let [flags, kind, s0, s1, t0, t1, t2, t3, r0, r1, r2, r3] = *fixed;
        if flags >> 6 != 2 {
            return None;
        }
        let rest = rest.get(usize::from(flags & 0x0f) * 4..)?;
        let rest = if flags & 0x10 != 0 { skip_extension(rest)? } else { rest };
        let payload = if flags & 0x20 != 0 { cut_padding(rest)? } else { rest };
        let header = Header {
            marker: kind & 0x80 != 0,
            payload_type: kind & 0x7f,
            seq: Seq(u16::from_be_bytes([s0, s1])),
            time: RtpTime(u32::from_be_bytes([t0, t1, t2, t3])),
            ssrc: u32::from_be_bytes([r0, r1, r2, r3]),
        };
        Some(Packet { header, payload })
    }
}

/// The extension says its length in words of 32 bits, itself not counted (section 5.3.1).
fn skip_extension(rest: &[u8]) -> Option<&[u8]> {
    let (&[_, _, high, low], rest) = rest.split_first_chunk::<4>()?;
    rest.get(usize::from(u16::from_be_bytes([high, low])) * 4..)
}

/// The last octet says how many to ignore, itself counted.
fn cut_padding(rest: &[u8]) -> Option<&[u8]> {
    let padding = usize::from(*rest.last()?);
    if padding == 0 { None } else { rest.get(..rest.len().checked_sub(padding)?) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header =
        Header { marker: true, payload_type: 8, seq: Seq(0xfffe), time: RtpTime(7), ssrc: 0xdead_beef };

    #[test]
    fn a_header_is_read_as_it_was_written() {
        let mut bytes = HEADER.to_bytes().to_vec();
        bytes.extend([1, 2, 3]);
        assert_eq!(Packet::parse(&bytes), Some(Packet { header: HEADER, payload: &[1, 2, 3] }));
    }

    #[test]
    fn sources_extension_and_padding_are_not_sound() {
        let mut bytes = HEADER.to_bytes().to_vec();
        bytes[0] = 0x80 | 0x20 | 0x10 | 2;
        bytes.extend([0; 8]); // two contributing sources
        bytes.extend([0xbe, 0xde, 0, 1, 9, 9, 9, 9]); // one word of extension
        bytes.extend([42, 43, 0, 0, 3]); // three octets of padding
        assert_eq!(Packet::parse(&bytes).map(|packet| packet.payload), Some(&[42, 43][..]));
    }

    #[test]
    fn lengths_that_do_not_fit_are_no_packet() {
        let plain = HEADER.to_bytes();
        let with = |flags: u8, tail: &[u8]| [&[flags], &plain[1..], tail].concat();
        for (why, bytes) in [
            ("short", plain[..11].to_vec()),
            ("version 1", with(0x40, &[0; 160])),
            ("fifteen sources", with(0x8f, &[0; 59])),
            ("extension too long", with(0x90, &[0, 0, 255, 255, 0])),
            ("extension cut", with(0x90, &[0, 0, 0])),
            ("padding too long", with(0xa0, &[0, 9])),
            ("padding of none", with(0xa0, &[1, 0])),
            ("padding without octets", with(0xa0, &[])),
        ] {
            assert_eq!(Packet::parse(&bytes), None, "{why}");
        }
    }

    #[test]
    fn numbers_wrap() {
        assert_eq!(Seq(1).after(Seq(0xffff)), 2);
        assert_eq!(Seq(0xffff).after(Seq(1)), -2);
        assert_eq!(RtpTime(80).after(RtpTime(u32::MAX - 79)), 160);
    }
}
