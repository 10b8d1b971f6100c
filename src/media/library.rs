//! The sounds that can be played, by name: `it/benvenuto`, `it/pezzi/21`, `music/attesa`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Sound;

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
