//! G.711: telephone sound as one octet a sample, in the European (A) and American (mu) law.
//!
//! Both laws keep a sign, a segment (how loud, as a power of two) and four bits within the segment. Decoding and changing law
//! are tables, computed at compile time from the formulas; encoding, of sounds when they are loaded and of mixes on every
//! beat, has a table too, made when it is first needed.

use std::sync::LazyLock;

use super::Codec;

/// What a silent line sounds like in A-law.
const PCMA_SILENCE: u8 = 0xd5;
/// What a silent line sounds like in mu-law.
const PCMU_SILENCE: u8 = 0xff;
/// Added to a mu-law magnitude so that every segment begins at a power of two.
const MU_BIAS: i16 = 0x84;
/// The loudest mu-law magnitude: the bias must not overflow 15 bits.
const MU_CLIP: i16 = 32_635;

static A_DECODE: [i16; 256] = decode_table(Codec::Pcma);
static MU_DECODE: [i16; 256] = decode_table(Codec::Pcmu);
static A_TO_MU: [u8; 256] = law_table(Codec::Pcma, Codec::Pcmu);
static MU_TO_A: [u8; 256] = law_table(Codec::Pcmu, Codec::Pcma);
/// The octet of every sample, from -32768 on, in A-law and in mu-law.
static ENCODE: LazyLock<[Box<[u8; 65_536]>; 2]> = LazyLock::new(|| {
    [Codec::Pcma, Codec::Pcmu].map(|codec| {
        let octets: Box<[u8]> = (i16::MIN..=i16::MAX).map(|sample| codec.encode(sample)).collect();
        octets.try_into().expect("there are so many samples of 16 bits")
    })
});

impl Codec {
    /// The static payload type (RFC 3551 section 6).
    pub const fn payload_type(self) -> u8 {
        match self {
            Codec::Pcmu => 0,
            Codec::Pcma => 8,
        }
    }

    /// The codec of a static payload type.
    pub const fn from_payload_type(payload_type: u8) -> Option<Codec> {
        match payload_type {
            0 => Some(Codec::Pcmu),
            8 => Some(Codec::Pcma),
            _ => None,
        }
    }

    /// The octet of a silent sample.
    pub const fn silence(self) -> u8 {
        match self {
            Codec::Pcma => PCMA_SILENCE,
            Codec::Pcmu => PCMU_SILENCE,
        }
    }

    /// A 16-bit sample as an octet.
    pub const fn encode(self, sample: i16) -> u8 {
        match self {
            Codec::Pcma => encode_a(sample),
            Codec::Pcmu => encode_mu(sample),
        }
    }

    /// Many 16-bit samples as octets.
    pub fn encode_all(self, samples: &[i16]) -> Box<[u8]> {
        let table = self.table();
        samples.iter().map(|sample| table[usize::from(sample.cast_unsigned() ^ 0x8000)]).collect()
    }

    /// As many 16-bit samples as octets as both slices hold.
    pub fn encode_into(self, samples: &[i16], octets: &mut [u8]) {
        let table = self.table();
        let encoded = samples.iter().map(|sample| table[usize::from(sample.cast_unsigned() ^ 0x8000)]);
        octets.iter_mut().zip(encoded).for_each(|(octet, encoded)| *octet = encoded);
    }

    fn table(self) -> &'static [u8; 65_536] {
        let [a_law, mu_law] = &*ENCODE;
        match self {
            Codec::Pcma => a_law,
            Codec::Pcmu => mu_law,
        }
    }

    /// An octet as a 16-bit sample.
    pub fn decode(self, octet: u8) -> i16 {
        match self {
            Codec::Pcma => A_DECODE[usize::from(octet)],
            Codec::Pcmu => MU_DECODE[usize::from(octet)],
        }
    }
}

/// Copies octets of law `from` as octets of law `to`, as many as both slices hold.
pub fn change_law(from: Codec, to: Codec, input: &[u8], output: &mut [u8]) {
    let table = match (from, to) {
        (Codec::Pcma, Codec::Pcmu) => &A_TO_MU,
        (Codec::Pcmu, Codec::Pcma) => &MU_TO_A,
        (Codec::Pcma, Codec::Pcma) | (Codec::Pcmu, Codec::Pcmu) => {
            let count = input.len().min(output.len());
            return output[..count].copy_from_slice(&input[..count]);
        }
    };
    for (out, octet) in output.iter_mut().zip(input) {
        *out = table[usize::from(*octet)];
    }
}

/// Inverts alternate bits on the line, so that silence keeps its clock (G.711 section 3).
const A_TOGGLE: u8 = 0x55;

/// Below 32 the 12-bit magnitude is in segment 0, then each doubling has a segment of its own.
const fn encode_a(sample: i16) -> u8 {
    let (sign, magnitude) = if sample >= 0 { (0x80, sample) } else { (0x00, !sample) };
    let level = magnitude >> 3;
    let segment = if level < 32 { 0 } else { level.ilog2() - 4 };
    let shift = if segment == 0 { 1 } else { segment };
    (sign | pack(segment, level >> shift)) ^ A_TOGGLE
}

const fn encode_mu(sample: i16) -> u8 {
    let (sign, magnitude) = if sample >= 0 { (0x00, sample) } else { (0x80, sample.saturating_neg()) };
    let level = (if magnitude > MU_CLIP { MU_CLIP } else { magnitude }) + MU_BIAS;
    let segment = level.ilog2() - 7;
    !(sign | pack(segment, level >> (segment + 3)))
}

/// Three bits of segment, four of place within it.
const fn pack(segment: u32, place: i16) -> u8 {
    segment.to_le_bytes()[0] << 4 | (place & 0x0f).to_le_bytes()[0]
}

/// The middle of the interval that the octet stands for.
const fn decode_a(octet: u8) -> i16 {
    let (sign, segment, place) = unpack(octet ^ A_TOGGLE);
    let magnitude = if segment == 0 { (place << 4) + 8 } else { ((place << 4) + 0x108) << (segment - 1) };
    if sign { magnitude } else { -magnitude }
}

const fn decode_mu(octet: u8) -> i16 {
    let (sign, segment, place) = unpack(!octet);
    let magnitude = (((place << 3) + MU_BIAS) << segment) - MU_BIAS;
    if sign { -magnitude } else { magnitude }
}

const fn unpack(octet: u8) -> (bool, u8, i16) {
    (octet & 0x80 != 0, (octet >> 4) & 0x07, (octet & 0x0f) as i16)
}

const fn decode_table(codec: Codec) -> [i16; 256] {
    let mut table = [0; 256];
    let mut octet: u8 = 0;
    loop {
        table[octet as usize] = match codec {
            Codec::Pcma => decode_a(octet),
            Codec::Pcmu => decode_mu(octet),
        };
        if octet == u8::MAX {
            return table;
        }
        octet += 1;
    }
}

const fn law_table(from: Codec, to: Codec) -> [u8; 256] {
    let samples = decode_table(from);
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = to.encode(samples[octet]);
        octet += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_samples_have_the_octets_of_the_recommendation() {
        for (codec, sample, octet) in [
            (Codec::Pcma, 0, 0xd5),
            (Codec::Pcma, -1, 0x55),
            (Codec::Pcma, 32_767, 0xaa),
            (Codec::Pcma, -32_768, 0x2a),
            (Codec::Pcma, 1000, 0xfa),
            (Codec::Pcmu, 0, 0xff),
            (Codec::Pcmu, 32_767, 0x80),
            (Codec::Pcmu, -32_768, 0x00),
            (Codec::Pcmu, 1000, 0xce),
        ] {
            assert_eq!(codec.encode(sample), octet, "{codec:?} {sample}");
        }
    }

    #[test]
    fn known_octets_have_the_samples_of_the_recommendation() {
        for (codec, octet, sample) in [
            (Codec::Pcma, 0xd5, 8),
            (Codec::Pcma, 0x55, -8),
            (Codec::Pcma, 0xaa, 32_256),
            (Codec::Pcma, 0x2a, -32_256),
            (Codec::Pcmu, 0xff, 0),
            (Codec::Pcmu, 0x7f, 0),
            (Codec::Pcmu, 0x80, 32_124),
            (Codec::Pcmu, 0x00, -32_124),
        ] {
            assert_eq!(codec.decode(octet), sample, "{codec:?} {octet:#x}");
        }
    }

    #[test]
    fn many_samples_become_the_octets_that_each_becomes() {
        let samples: Vec<i16> = (i16::MIN..=i16::MAX).collect();
        for codec in [Codec::Pcma, Codec::Pcmu] {
            let octets = codec.encode_all(&samples);
            assert!(samples.iter().zip(&octets).all(|(sample, octet)| codec.encode(*sample) == *octet));
        }
    }

    #[test]
    fn every_octet_survives_decoding_and_encoding() {
        for octet in 0..=255u8 {
            assert_eq!(Codec::Pcma.encode(Codec::Pcma.decode(octet)), octet);
            let again = Codec::Pcmu.encode(Codec::Pcmu.decode(octet));
            assert!(again == octet || octet == 0x7f, "negative zero alone becomes zero: {octet:#x}");
        }
    }

    #[test]
    fn changing_law_keeps_the_sound() {
        for (from, to) in [(Codec::Pcma, Codec::Pcmu), (Codec::Pcmu, Codec::Pcma)] {
            for octet in 0..=255u8 {
                let mut out = [0];
                change_law(from, to, &[octet], &mut out);
                let (before, after) = (i32::from(from.decode(octet)), i32::from(to.decode(out[0])));
                assert!((before - after).abs() <= before.abs() / 16 + 16, "{octet:#x}: {before} {after}");
            }
        }
    }
}
