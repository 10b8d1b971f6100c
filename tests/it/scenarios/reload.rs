//! Other configuration and other flows while calls are in course.

use centralino::config::Config;
use centralino::engine::Reply;
use centralino::flow::published::{Version, hash};
use centralino::ids::{QueueId, SeatId};
use centralino::journal::entry::Fact;
use centralino::journal::sim_disk::Crash;
use centralino::words::{FlowChange, Outcome, Status, WorkView};

use super::{MINUTE, SECOND, rang, waiting};
use crate::sim::phone::{Line, Seen};
use crate::sim::{Setting, Sim};

/// A flow that says that we are closed, and hangs up.
const CLOSED: &str = r#"
schema: 1
id: "055055"
languages: [it]
start: detto
prompts:
  chiuso: {it: "Siamo chiusi."}
nodes:
  detto: {type: play, prompt: chiuso, to: via}
  via: {type: hangup}
"#;

#[track_caller]
fn reload(sim: &mut Sim, setting: Setting) {
    sim.reload(setting);
    assert!(matches!(sim.replies.pop(), Some(Reply::Reloaded { later: false })));
}

fn work(sim: &Sim, seat: &str) -> WorkView {
    sim.engine().distribution().seat(&SeatId::from(seat)).expect("a seat").work
}

#[test]
fn who_waits_talks_or_wraps_up_goes_on_and_the_next_ones_meet_the_new_rules() {
    let mut sim = Sim::new();
    let (first, second) = (sim.seat("seat01"), sim.seat("seat02"));
    let talks = waiting(&mut sim);
    sim.talking(talks, first);
    let ends = waiting(&mut sim);
    sim.talking(ends, second);
    let waits = waiting(&mut sim);
    sim.until("the third has a place", |sim| sim.hears(waits, "music/attesa"));
    sim.hang_up(ends);
    sim.advance(4 * SECOND);
    assert_eq!(work(&sim, "seat02"), WorkView::WrapUp);
    let longer = Setting::demo().with_config(|config: &mut Config| {
        config.queues.values_mut().for_each(|queue| queue.rules.wrap_up = MINUTE);
    });
    reload(&mut sim, longer);
    assert!(sim.talk_together(talks, first));
    assert_eq!(work(&sim, "seat02"), WorkView::WrapUp);
    sim.advance(5 * SECOND);
    assert_eq!(rang(&sim, second), 1, "its wrap-up is as long as it was when it began");
    sim.talking(waits, second);
    sim.hang_up(talks);
    sim.hang_up(waits);
    sim.advance(30 * SECOND);
    assert_eq!(work(&sim, "seat01"), WorkView::Idle, "it was rung under the old rules");
    assert_eq!(work(&sim, "seat02"), WorkView::WrapUp, "and this one under the new");
    sim.advance(3 * MINUTE);
    assert_eq!((work(&sim, "seat01"), work(&sim, "seat02")), (WorkView::Idle, WorkView::Idle));
    sim.verdict().unwrap();
}

#[test]
fn call_finishes_on_the_flow_that_it_began_with_and_the_next_one_meets_the_new_one() {
    let mut sim = Sim::new();
    let before = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(before, "it/menu"));
    reload(&mut sim, Setting::demo().with_flow(CLOSED));
    let after = sim.call("055055");
    sim.until("the new flow is heard", |sim| sim.hears(after, "it/chiuso"));
    sim.press(before, "42");
    sim.until("the old one goes on", |sim| sim.hears(before, "it/orari_uffici"));
    sim.until("the new one ends", |sim| sim.line(after) == Line::Free);
    sim.verdict().unwrap();
}

fn version(number: u32) -> Version {
    Version {
        flow: "055055".into(),
        version: number,
        change: FlowChange::Published,
        at: "2026-11-24T09:00:00.000+01:00".to_owned(),
        by: Some("anna".to_owned()),
        comment: "chiusura".to_owned(),
        after: number - 1,
        sha256: Some(hash(CLOSED.as_bytes())),
    }
}

#[test]
fn published_version_is_met_by_the_next_call_and_is_on_record_before_the_answer() {
    let mut sim = Sim::new();
    let before = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(before, "it/menu"));
    sim.replies.clear();
    sim.publish(Setting::demo().with_flow(CLOSED), Some(version(1)));
    let after = sim.call("055055");
    sim.until("the new version is heard", |sim| sim.hears(after, "it/chiuso"));
    assert!(matches!(sim.replies[..], [Reply::Done]), "{:?}", sim.replies);
    let on_record = sim.facts.iter().any(|entry| {
        matches!(&entry.fact, Fact::FlowChanged { flow, version: 1, change: FlowChange::Published, sha256, comment, by, found: false }
            if flow.as_str() == "055055" && *sha256 == version(1).sha256 && comment == "chiusura" && by.as_deref() == Some("anna"))
    });
    assert!(on_record, "who, when, what and why");
    sim.press(before, "42");
    sim.until("the old version goes on", |sim| sim.hears(before, "it/orari_uffici"));
    sim.verdict().unwrap();
}

#[test]
fn version_published_while_the_store_stalls_is_in_force_and_said_to_be_unwritten() {
    let mut sim = Sim::new();
    sim.replies.clear();
    let until = sim.now + MINUTE;
    sim.store().stall(until);
    sim.publish(Setting::demo().with_flow(CLOSED), Some(version(1)));
    sim.until("the answer does not wait for ever", |sim| !sim.replies.is_empty());
    assert!(matches!(sim.replies[..], [Reply::Unwritten]), "{:?}", sim.replies);
    let after = sim.call("055055");
    sim.until("the new version is heard", |sim| sim.hears(after, "it/chiuso"));
    sim.advance(2 * MINUTE);
    sim.verdict().unwrap();
}

/// A measurement: `cargo test --test it -- --ignored --nocapture five_hundred`.
#[test]
#[ignore = "a measurement, for a quiet machine"]
#[expect(clippy::disallowed_methods, reason = "it measures real time")]
fn five_hundred_calls_in_course_are_not_disturbed_by_a_version_that_comes_into_force() {
    let mut sim = Sim::new();
    let mut calls = Vec::new();
    for _second in 0..2 {
        calls.extend((0..250).map(|_| sim.dial("055055"))); // 400 a second are let in
        sim.advance(SECOND);
    }
    sim.until("all are in the menu", |sim| calls.iter().all(|call| sim.hears(*call, "it/menu")));
    let began = std::time::Instant::now();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    centralino::io::setup::load(&root.join("config")).expect("the demo has no fault");
    let read = began.elapsed();
    let new = Setting::demo().with_flow(CLOSED);
    let began = std::time::Instant::now();
    sim.publish(new, Some(version(1)));
    println!("read and compiled in {read:?}, taken by the engine in {:?}, 500 calls", began.elapsed());
    let after = sim.call("055055");
    sim.until("the new version is heard", |sim| sim.hears(after, "it/chiuso"));
    calls.iter().for_each(|call| sim.press(*call, "42"));
    sim.until("all go on in theirs", |sim| calls.iter().all(|call| sim.hears(*call, "it/orari_uffici")));
    sim.verdict().unwrap();
}

#[test]
fn call_in_course_hears_the_recordings_that_its_flow_was_checked_against() {
    let mut sim = Sim::new();
    let before = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(before, "it/menu"));
    reload(&mut sim, Setting::demo().with_flow(CLOSED).without_sounds(&["it/orari_uffici", "music/"]));
    sim.press(before, "42");
    sim.until("the old flow has its words", |sim| sim.hears(before, "it/orari_uffici"));
    assert!(!sim.facts.iter().any(|entry| matches!(entry.fact, Fact::SoundMissing { .. })));
    sim.verdict().unwrap();
}

#[test]
fn caller_of_a_queue_that_is_gone_hears_that_it_is_closed() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let talks = waiting(&mut sim);
    sim.talking(talks, seat);
    let waits = waiting(&mut sim);
    sim.until("the second has a place", |sim| sim.hears(waits, "music/attesa"));
    let without = Setting::demo().with_config(|config: &mut Config| {
        let anagrafe = QueueId::from("anagrafe");
        config.queues.remove(&anagrafe);
        config.seats.values_mut().for_each(|seat| seat.rules.queues.retain(|queue, _| *queue != anagrafe));
    });
    reload(&mut sim, without);
    sim.until("the flow hangs up", |sim| sim.line(waits) == Line::Free);
    assert_eq!(sim.contact(waits).outcome, Some(Outcome::Unserved));
    assert!(sim.talk_together(talks, seat));
    sim.hang_up(talks);
    sim.advance(MINUTE);
    sim.verdict().unwrap();
}

#[test]
fn operator_whose_seat_is_gone_talks_on_and_gets_no_further_call() {
    let mut sim = Sim::new();
    let gone = sim.seat("seat01");
    let citizen = waiting(&mut sim);
    sim.talking(citizen, gone);
    let without = Setting::demo().with_config(|config: &mut Config| {
        config.seats.remove("seat01");
    });
    reload(&mut sim, without);
    sim.advance(MINUTE);
    assert!(sim.talk_together(citizen, gone));
    sim.hang_up(citizen);
    let other = sim.seat("seat02");
    let next = waiting(&mut sim);
    sim.talking(next, other);
    assert_eq!(rang(&sim, gone), 1);
    sim.verdict().unwrap();
}

#[test]
fn seat_that_is_new_registers_and_pauses_and_registrations_of_the_others_stay() {
    let few = Setting::demo().with_config(|config: &mut Config| {
        config.seats.retain(|id, _| id.as_str() == "seat01");
    });
    let mut sim = Sim::with(few, 1);
    sim.seat("seat01");
    sim.status("seat01", centralino::words::StatusChange::Pause("mensa".to_owned()));
    sim.replies.clear();
    reload(&mut sim, Setting::demo().with_config(|_| {}));
    let new = sim.seat("seat02");
    let citizen = waiting(&mut sim);
    sim.talking(citizen, new);
    let paused = sim.engine().distribution().seat(&SeatId::from("seat01")).expect("a seat");
    assert_eq!((paused.status, paused.reachable), (Status::Paused("mensa".to_owned()), true));
    sim.verdict().unwrap();
}

#[test]
fn number_that_was_changed_is_refused_from_now_on_and_what_is_about_the_machine_waits() {
    let mut sim = Sim::new();
    let other = Setting::demo().with_config(|config: &mut Config| {
        let number = config.numbers.remove("055055").expect("the demo's number");
        config.numbers.insert("055056".to_owned(), number);
        config.engine.max_calls = 1;
    });
    sim.reload(other);
    assert!(matches!(sim.replies.pop(), Some(Reply::Reloaded { later: true })));
    let refused = sim.dial("055055");
    sim.until("refused", |sim| sim.phones[&refused].seen.contains(&Seen::Refused(404)));
    let citizens = [sim.call("055056"), sim.call("055056")];
    assert!(citizens.iter().all(|citizen| sim.is_up_on(*citizen)));
}

#[test]
fn emergency_stays_in_force_over_a_reload() {
    use centralino::engine::Command;
    use centralino::switches::{Closing, Switch};
    let mut sim = Sim::new();
    let closing = Closing::default(); // of everything
    sim.command(Command::Switch(Switch::Close(closing)));
    sim.advance(SECOND);
    sim.replies.clear();
    reload(&mut sim, Setting::demo().with_config(|_| {}));
    let citizen = sim.call("055055");
    sim.until("the emergency is told", |sim| sim.hears(citizen, "it/sospeso"));
}

#[test]
fn version_that_a_crash_kept_from_the_record_is_told_by_the_next_start() {
    for how in [Crash::Kill, Crash::PowerCut] {
        let mut sim = Sim::new();
        sim.publish(Setting::demo().with_flow(CLOSED), Some(version(1)));
        sim.advance(MINUTE);
        let until = sim.now + MINUTE;
        sim.store().stall(until);
        sim.publish(Setting::demo().with_flow(CLOSED), Some(version(2)));
        sim.crash(how);
        for _ in 0..2 {
            sim.start_exchange();
            sim.advance(MINUTE);
            assert_eq!(sim.versions_on_record(), [(1, false), (2, true)], "once, by the first start");
            sim.crash(how);
        }
        sim.verdict().unwrap();
    }
}
