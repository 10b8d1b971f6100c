//! Whether a frame is speech, by energy alone: what stands out from the noise around whoever speaks, which is learnt from the pauses.

use super::Codec;

/// Power of -45 dBov, an RMS of 184: what is softer is no speech, however quiet the room. Telephone networks carry speech at about
/// -26 dBov; P.56 draws the line 15.9 dB below a talker's own level, so this leaves 3 dB more to the softest. Rooms and comfort
/// noise stay below -50.
const SOFTEST: f64 = 184.0 * 184.0;
/// Power of -33 dBov, an RMS of 734: what is louder is speech, however loud the street. It is 7 dB below a usual voice.
const LOUDEST_NOISE: f64 = 734.0 * 734.0;
/// Between the two, speech stands out from the noise by so much: 9 dB.
const STANDS_OUT: f64 = 8.0;
/// The noise is the softest that was heard of late: the guess rises by so much a frame, 2 dB a second, until the next pause.
const FORGETS: f64 = 1.01;

/// Listens to one side, frame by frame.
#[derive(Clone, Copy, Debug, Default)]
pub struct Voice {
    /// The noise around the caller, as power; nothing was heard yet.
    noise: Option<f64>,
}

impl Voice {
    /// A frame of this power is speech, or else teaches what the noise is.
    pub fn is_speech(&mut self, power: f64) -> bool {
        let noise = self.noise.map_or(power, |noise| power.min(noise * FORGETS));
        self.noise = Some(noise.max(SOFTEST / STANDS_OUT)); // below, it makes no difference
        power >= (noise * STANDS_OUT).clamp(SOFTEST, LOUDEST_NOISE)
    }
}

/// Of a frame, 32 768 squared being the most.
pub fn power(codec: Codec, payload: &[u8]) -> f64 {
    let energy: f64 = payload.iter().map(|octet| f64::from(codec.decode(*octet)).powi(2)).sum();
    energy / payload.len().max(1) as f64
}
