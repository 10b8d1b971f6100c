//! Calls on record, led through flows again: the flow that they came to, and drafts whose effect is known.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use centralino::flow::Flow;
use centralino::flow::replay::{Replayed, Why, replay};
use centralino::io::records::ContactStory;
use centralino::replay::{Effect, NotReplayed, effect, outcome_of, recorded};
use centralino::words::Outcome;
use rand::RngExt;

use crate::sim::phone::{Line, Manner, PhoneId};
use crate::sim::{Setting, Sim};

/// What people press, and where it makes no sense.
const KEYS: [&str; 14] = ["1", "1", "0", "2", "11", "21", "3", "41", "42", "443", "9", "*", "7", "#"];

fn text() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("ivr-flows/055055.yaml");
    std::fs::read_to_string(file).expect("it is shipped")
}

/// This text as a flow of the demo.
fn flow(text: &str) -> Arc<Flow> {
    let demo = Setting::demo();
    let mut environment = centralino::io::setup::environment(&demo.config, &demo.sounds);
    let flows = Path::new(env!("CARGO_MANIFEST_DIR")).join("ivr-flows");
    environment.subflows = centralino::io::setup::subflows(&flows).expect("they are shipped");
    let flow = Flow::parse(text, "bozza.yaml", &environment);
    Arc::new(flow.unwrap_or_else(|faults| panic!("{faults:?}")))
}

/// What became of some forty calls: people who press, wait, talk and hang up at random.
fn some_calls(seed: u64, from: &str) -> Vec<ContactStory> {
    let mut sim = Sim::with(Setting::demo().with_config(|_| {}), seed).starting_at(from);
    let seats = [sim.seat("seat01"), sim.seat("seat02")];
    for seat in seats {
        sim.with_phone(seat, |phone, _| phone.manner = Manner::Answers(Duration::from_secs(3)));
    }
    let mut citizens: Vec<PhoneId> = Vec::new();
    for _ in 0..400 {
        let pause = sim.chance.random_range(300..6_000);
        sim.advance(Duration::from_millis(pause));
        let up: Vec<PhoneId> = citizens.iter().copied().filter(|phone| sim.is_up_on(*phone)).collect();
        let some = (!up.is_empty()).then(|| up[sim.chance.random_range(0..up.len())]);
        match (sim.chance.random_range(0..100), some) {
            (0..12, _) => citizens.push(sim.dial("055055")),
            (12..65, Some(citizen)) => {
                let keys = KEYS[sim.chance.random_range(0..KEYS.len())];
                sim.press(citizen, keys);
            }
            (65..75, Some(citizen)) => sim.hang_up(citizen),
            (75..88, _) => {
                let seat = seats[sim.chance.random_range(0..seats.len())];
                if sim.line(seat) != Line::Free {
                    sim.hang_up(seat);
                }
            }
            _ => {}
        }
    }
    citizens.iter().for_each(|citizen| sim.hang_up(*citizen));
    sim.advance(Duration::from_secs(20)); // wrap-ups too
    sim.verdict().expect("nothing is broken");
    sim.stories()
}

/// Three who hear when the offices are open, and hang up.
fn who_only_ask_the_hours() -> Vec<ContactStory> {
    let mut sim = Sim::new();
    for _ in 0..3 {
        let citizen = sim.call("055055");
        sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
        sim.press(citizen, "42");
        sim.until("the hours were told", |sim| sim.hears(citizen, "it/dopo_orari"));
        sim.hang_up(citizen);
    }
    sim.advance(Duration::from_secs(1));
    sim.stories()
}

/// Each call on the draft: what became of it, and the effect.
fn on_draft<'s>(
    stories: &'s [ContactStory],
    draft: &Arc<Flow>,
) -> impl Iterator<Item = (&'s ContactStory, Replayed, Effect)> {
    let then = flow(&text());
    stories.iter().filter_map(move |story| {
        let (call, outcome) = match recorded(story.facts(), story.line.outcome) {
            Ok(read) => read,
            Err(NotReplayed::NoFlow) => return None, // hung up before the flow began
            Err(why) => panic!("{why:?}: {:?}", story.line),
        };
        let now = replay(&call, &then, draft, &Setting::demo().config.calendars);
        let effect = effect(&call, outcome, &now);
        Some((story, now, effect))
    })
}

fn goes_from(story: &ContactStory, from: &str, to: &str) -> bool {
    story.line.path.windows(2).any(|nodes| nodes[0].as_str() == from && nodes[1].as_str() == to)
}

fn comes_to(story: &ContactStory, node: &str) -> bool {
    story.line.path.iter().any(|known| known.as_str() == node)
}

#[test]
fn draft_that_is_the_flow_in_force_changes_nothing_for_any_call() {
    for (seed, from) in [
        (1, "2026-11-24T10:00:00+01:00[Europe/Rome]"),
        (2, "2026-11-24T10:00:00+01:00[Europe/Rome]"),
        (3, "2026-11-24T19:52:00+01:00[Europe/Rome]"),
        (4, "2026-11-22T10:00:00+01:00[Europe/Rome]"),
    ] {
        let stories = some_calls(seed, from);
        let mut replayed = 0;
        for (story, now, effect) in on_draft(&stories, &flow(&text())) {
            let told = || format!("seed {seed}: {:?}\n{:#?}\n{now:?}", story.line, story.story);
            assert_eq!(effect, Effect::Same, "{}", told());
            assert_eq!(outcome_of(&now), story.line.outcome, "{}", told());
            replayed += 1;
        }
        assert!(replayed > 20, "seed {seed}: {replayed}");
    }
}

#[test]
fn two_choices_that_change_places_send_those_who_pressed_them_to_the_other_queue() {
    let (one, two) = (r#""1": anagrafe"#, r#""3": polizia"#);
    let draft = text().replace(one, r#""1": polizia"#).replace(two, r#""3": anagrafe"#);
    let stories = some_calls(5, "2026-11-24T10:00:00+01:00[Europe/Rome]");
    let mut sent = 0;
    for (story, now, effect) in on_draft(&stories, &flow(&draft)) {
        let pressed = goes_from(story, "menu", "anagrafe") || goes_from(story, "menu", "polizia");
        assert_eq!(pressed, effect != Effect::Same, "{effect:?} {:?} {now:?}", story.line);
        sent += usize::from(matches!(effect, Effect::OtherQueue(Some(_), Some(_))));
    }
    assert!(sent > 3, "{sent}");
}

#[test]
fn menu_that_is_put_before_another_is_where_everybody_falls_off() {
    let draft = text().replacen(
        "nodes:\n",
        "nodes:\n  prima:\n    type: menu\n    prompt: menu_altro\n    keys: {\"5\": menu}\n    exits: {timeout: scuse, invalid: scuse}\n",
        1,
    );
    let draft = draft.replace("not_found: menu, error: menu", "not_found: prima, error: prima");
    let stories = some_calls(6, "2026-11-24T10:00:00+01:00[Europe/Rome]");
    let mut fallen = 0;
    for (story, now, effect) in on_draft(&stories, &flow(&draft)) {
        if !comes_to(story, "menu") {
            assert_eq!(effect, Effect::Same, "{:?} {now:?}", story.line);
        } else if let Effect::FallsOff(node, why) = effect {
            // Who pressed ahead has a key for it, which means nothing there.
            assert!(
                node.as_str() == "prima" && matches!(why, Why::NeverAsked | Why::WrongKey(_)),
                "{node} {why:?}"
            );
            fallen += 1;
        }
    }
    assert!(fallen > 10, "{fallen}");
}

#[test]
fn key_that_means_nothing_any_more_is_told_with_those_who_pressed_it() {
    let draft = text().replace(r#""3": polizia"#, r#""8": polizia"#);
    let stories = some_calls(7, "2026-11-24T10:00:00+01:00[Europe/Rome]");
    let mut told = 0;
    for (story, now, effect) in on_draft(&stories, &flow(&draft)) {
        let pressed = goes_from(story, "menu", "polizia");
        // Who pressed ahead has no other key for the menu.
        let why = [Why::WrongKey('3'), Why::KeysRanOut];
        let is_told =
            matches!(&effect, Effect::FallsOff(node, told) if node.as_str() == "menu" && why.contains(told));
        assert_eq!(pressed, is_told, "{effect:?} {:?} {now:?}", story.line);
        assert!(pressed || effect == Effect::Same, "{effect:?}");
        told += usize::from(is_told);
    }
    assert!(told > 1, "{told}");
}

#[test]
fn information_that_no_longer_counts_as_such_contains_nobody() {
    let draft = text().replace("prompt: orari_uffici, info: true", "prompt: orari_uffici");
    let mut stories = some_calls(8, "2026-11-24T10:00:00+01:00[Europe/Rome]");
    stories.extend(who_only_ask_the_hours());
    let mut told = 0;
    for (story, now, effect) in on_draft(&stories, &flow(&draft)) {
        let contained = story.line.outcome == Some(Outcome::Contained);
        let expected = if contained { Effect::NoLongerContained(None) } else { Effect::Same };
        assert_eq!(effect, expected, "{:?} {now:?}", story.line);
        told += usize::from(contained);
    }
    assert!(told > 1, "{told}");
}

#[test]
fn answer_that_the_flow_gives_in_the_place_of_a_queue_contains_those_who_went_there() {
    let answer = "nodes:\n  risposta: {type: play, prompt: orari_uffici, info: true, to: fine}\n";
    let draft = text().replacen("nodes:\n", answer, 1);
    let draft = draft.replace(r#""1": anagrafe"#, r#""1": risposta, "5": anagrafe"#);
    let stories = some_calls(9, "2026-11-24T10:00:00+01:00[Europe/Rome]");
    let mut told = 0;
    for (story, now, effect) in on_draft(&stories, &flow(&draft)) {
        let went = goes_from(story, "menu", "anagrafe");
        let served = Effect::Contained(Some("anagrafe".into()));
        // Who went on to another queue from there is served before.
        let is_told = matches!(effect, Effect::Contained(Some(_)));
        assert_eq!(went, is_told, "{effect:?} {:?} {now:?}", story.line);
        assert!(went || effect == Effect::Same, "{effect:?}");
        told += usize::from(effect == served);
    }
    assert!(told > 3, "{told}");
}

#[test]
fn words_that_are_put_in_between_are_another_way_to_the_same_end() {
    let welcome = "nodes:\n  prima: {type: play, prompt: non_sento, to: menu}\n";
    let draft = text().replacen("nodes:\n", welcome, 1);
    let draft = draft.replace("not_found: menu, error: menu", "not_found: prima, error: prima");
    let stories = some_calls(10, "2026-11-24T10:00:00+01:00[Europe/Rome]");
    let mut told = 0;
    for (story, now, effect) in on_draft(&stories, &flow(&draft)) {
        let expected = if comes_to(story, "menu") { Effect::OtherWay } else { Effect::Same };
        assert_eq!(effect, expected, "{:?} {now:?}", story.line);
        told += usize::from(effect == Effect::OtherWay);
    }
    assert!(told > 10, "{told}");
}
