//! A caller never meets silence where a sound is missing, and the fault is told.

use std::sync::Arc;

use centralino::journal::entry::Fact;
use centralino::media::library::SoundLibrary;

use crate::sim::{Setting, Sim};

/// The demo without the sounds whose names begin like one of these.
fn without(missing: &[&str]) -> Sim {
    let demo = Setting::demo();
    let mut sounds = SoundLibrary::default();
    for name in demo.sounds.names().filter(|name| !missing.iter().any(|gone| name.starts_with(gone))) {
        let sound = demo.sounds.find(name).expect("it has this name");
        let samples: Vec<i16> =
            sound.pcma.iter().map(|octet| centralino::media::Codec::Pcma.decode(*octet)).collect();
        sounds.insert(centralino::media::Sound::encode(name, &samples));
    }
    Sim::with(Setting { config: demo.config.clone(), flows: demo.flows.clone(), sounds: Arc::new(sounds) }, 1)
}

#[test]
fn caller_whose_menu_has_no_sound_hears_a_neutral_phrase_and_may_still_choose() {
    let mut sim = without(&["it/menu"]);
    let citizen = sim.call("055055");
    sim.until("the phrase is heard", |sim| sim.hears(citizen, "it/sistema/messaggio_mancante"));
    sim.press(citizen, "1");
    sim.until("the queue says that nobody is there", |sim| sim.hears(citizen, "it/nessun_operatore"));
    let told = |fact: &Fact| matches!(fact, Fact::SoundMissing { sound, .. } if sound == "it/menu");
    assert!(sim.facts.iter().any(|entry| told(&entry.fact)), "the story of the contact tells it");
    sim.verdict().unwrap();
}

#[test]
fn phrase_of_another_language_is_better_than_none() {
    let mut sim = without(&["it/menu", "it/sistema"]);
    let citizen = sim.call("055055");
    sim.until("the phrase is heard", |sim| sim.hears(citizen, "en/sistema/messaggio_mancante"));
    sim.verdict().unwrap();
}

#[test]
fn tone_is_better_than_silence() {
    let mut sim = without(&["it/", "en/"]);
    let citizen = sim.call("055055");
    sim.until("a tone is heard", |sim| sim.hears(citizen, "attention"));
    sim.verdict().unwrap();
}

#[test]
fn place_in_line_with_a_missing_piece_is_not_half_spoken() {
    let mut sim = without(&["it/pezzi/il_1"]);
    let _seat = sim.seat("seat01");
    let busy = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(busy, "it/menu"));
    sim.press(busy, "1");
    sim.until("both talk", |sim| sim.partner(busy).is_some());
    let citizen = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    sim.press(citizen, "1");
    sim.until("only the music plays", |sim| sim.hears(citizen, "music/attesa"));
    assert!(!sim.hears(citizen, "it/pezzi/lei_e"));
}

#[test]
fn queue_whose_music_is_gone_is_not_silent() {
    let mut sim = without(&["music/attesa", "it/pezzi"]);
    let _seat = sim.seat("seat01");
    let busy = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(busy, "it/menu"));
    sim.press(busy, "1");
    sim.until("both talk", |sim| sim.partner(busy).is_some());
    let citizen = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    sim.press(citizen, "1");
    sim.until("a tone is heard", |sim| sim.hears(citizen, "attention"));
}
