//! The sounds that can be played, by name: `it/benvenuto`, `it/pezzi/21`, `music/attesa`.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::Sound;

/// Hertz, seconds and loudness of the tone that says "somebody is here": A above the middle, short, as loud as speech.
const ATTENTION: (f32, f32, f32) = (440.0, 0.3, 0.07);

/// The same of the tone that says "speak now": what answering machines have taught people to wait for.
const SPEAK_NOW: (f32, f32, f32) = (1000.0, 0.4, 0.07);

/// A tone and as long a pause, for where no recording is to be had.
pub fn attention() -> &'static Arc<Sound> {
    static TONE: LazyLock<Arc<Sound>> = LazyLock::new(|| tone("attention", ATTENTION, ATTENTION.1));
    &TONE
}

/// The tone before a take. Nothing follows it: who waited for it speaks at once.
pub fn speak_now() -> &'static Arc<Sound> {
    static TONE: LazyLock<Arc<Sound>> = LazyLock::new(|| tone("speak-now", SPEAK_NOW, 0.0));
    &TONE
}

/// The ring-back of the Italian network: a second of 425 Hz, then four of silence (ITU-T E.180).
const RING_BACK: (f32, f32, f32) = (425.0, 1.0, 0.07);

/// What an operator hears while a phone rings for the call. To be repeated.
pub fn ring_back() -> &'static Arc<Sound> {
    static TONE: LazyLock<Arc<Sound>> = LazyLock::new(|| tone("ring-back", RING_BACK, 4.0));
    &TONE
}

fn tone(name: &str, (hertz, seconds, loudness): (f32, f32, f32), pause: f32) -> Arc<Sound> {
    let wave = (0u16..).map(|at| f32::from(at) / 8000.0).take_while(|at| *at < seconds + pause);
    let sample = |at: f32| if at < seconds { (at * hertz * std::f32::consts::TAU).sin() } else { 0.0 };
    let samples: Vec<i16> = wave.map(|at| whole(sample(at) * loudness)).collect();
    Arc::new(Sound::encode(name, &samples))
}

#[expect(clippy::cast_possible_truncation, reason = "-1 to 1 is brought to 16 bits")]
fn whole(sample: f32) -> i16 {
    (sample.clamp(-1.0, 1.0) * 32_767.0) as i16
}

/// All sounds, loaded once at start.
#[derive(Clone, Debug, Default)]
pub struct SoundLibrary {
    sounds: BTreeMap<Box<str>, Arc<Sound>>,
}

impl SoundLibrary {
    /// The sound of this name.
    pub fn find(&self, name: &str) -> Option<&Arc<Sound>> {
        self.sounds.get(name)
    }

    /// Adds a sound, in place of one of the same name.
    pub fn insert(&mut self, sound: Sound) {
        self.sounds.insert(sound.name.clone(), Arc::new(sound));
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sounds.keys().map(AsRef::as_ref)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.sounds.len()
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.sounds.is_empty()
    }
}
