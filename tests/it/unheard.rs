//! A caller never meets silence where a sound is missing, and the fault is told.

use centralino::journal::entry::Fact;

use crate::sim::{Setting, Sim};

/// The demo without the sounds whose names begin like one of these.
fn without(missing: &[&str]) -> Sim {
    Sim::with(Setting::demo().without_sounds(missing), 1)
}

/// The story of a contact tells that this sound was missing.
fn is_told(sim: &Sim, name: &str) -> bool {
    sim.facts.iter().any(|entry| matches!(&entry.fact, Fact::SoundMissing { sound, .. } if sound == name))
}

#[test]
fn caller_whose_menu_has_no_sound_hears_a_neutral_phrase_and_may_still_choose() {
    let mut sim = without(&["it/menu"]);
    let citizen = sim.call("055055");
    sim.until("the phrase is heard", |sim| sim.hears(citizen, "it/sistema/messaggio_mancante"));
    sim.press(citizen, "1");
    sim.until("the queue says that nobody is there", |sim| sim.hears(citizen, "it/nessun_operatore"));
    assert!(is_told(&sim, "it/menu"));
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
    assert!(is_told(&sim, "it/pezzi/il_1"));
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
    assert!(is_told(&sim, "music/attesa"));
}

#[test]
fn citizen_on_hold_is_not_left_in_silence_where_the_music_is_gone() {
    let mut sim = without(&["music/"]);
    let seat = sim.seat("seat01");
    let citizen = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    sim.press(citizen, "1");
    sim.until("both talk", |sim| sim.talk_together(citizen, seat));
    let before = sim.facts.len();
    sim.with_phone(seat, |phone, now| phone.hold(now, true));
    sim.until("a tone is heard", |sim| sim.hears(citizen, "attention"));
    sim.facts.drain(..before);
    assert!(is_told(&sim, "music/attesa"));
    sim.with_phone(seat, |phone, now| phone.hold(now, false));
    sim.until("both talk", |sim| sim.talk_together(citizen, seat));
}
