//! What operators know, changed while calls go on; and what a restart must not forget of a seat: skills, a longer wrap-up, its counts.

use std::time::Duration;

use centralino::acd::{Levels, Strategy};
use centralino::engine::{Command, Reply, SeatAct, SeatOrder, SkillsOrder, SkillsPage};
use centralino::journal::entry::Fact;
use centralino::journal::sim_disk::Crash;

use crate::sim::phone::{Line, PhoneId, Seen};
use crate::sim::{Setting, Sim};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Queue `anagrafe` needs English, which nobody knows.
fn english() -> Setting {
    Setting::demo().with_config(|config| {
        config.skills.insert("inglese".into());
        let queue = config.queues.get_mut("anagrafe").expect("the demo has it");
        queue.rules.needs.skills = [("inglese".into(), 2)].into_iter().collect();
    })
}

fn waits(sim: &mut Sim) -> PhoneId {
    let citizen = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    sim.press(citizen, "1");
    citizen
}

fn asks(sim: &mut Sim, seat: &str, order: SkillsOrder) -> Result<SkillsPage, String> {
    sim.replies.clear();
    sim.command(Command::Skills(seat.into(), order));
    match sim.replies.pop() {
        Some(Reply::Skills(page)) => Ok(*page),
        Some(Reply::Refused(why)) => Err(why),
        other => panic!("{other:?}"),
    }
}

fn knows(level: u8) -> SkillsOrder {
    let (by, why) = (Some("ada".to_owned()), Some("corso finito".to_owned()));
    SkillsOrder { set: [("inglese".into(), level)].into(), by, why, reset: false }
}

fn rang(sim: &Sim, seat: PhoneId) -> usize {
    sim.phones[&seat].seen.iter().filter(|seen| matches!(seen, Seen::Rang { .. })).count()
}

#[test]
fn who_waits_for_somebody_who_knows_is_rung_for_as_soon_as_a_supervisor_says_who_does() {
    let mut sim = Sim::with(english(), 1);
    let seat = sim.seat("seat01");
    let citizen = waits(&mut sim);
    sim.advance(10 * SECOND);
    assert_eq!(rang(&sim, seat), 0);
    let page = asks(&mut sim, "seat01", knows(3)).expect("it is done");
    assert_eq!(
        (page.skills.clone(), page.configured, page.changed),
        (Levels::from([("inglese".into(), 3)]), Levels::new(), true)
    );
    sim.talking(citizen, seat);
    let next = waits(&mut sim);
    asks(&mut sim, "seat01", SkillsOrder { reset: true, ..SkillsOrder::default() }).expect("it is done");
    assert!(sim.talk_together(citizen, seat), "the talk goes on");
    sim.hang_up(citizen);
    sim.advance(30 * SECOND);
    assert_eq!(sim.partner(next), None, "who knows no English again is not rung for the next");
    let told = |fact: &Fact| match fact {
        Fact::SkillsChanged { skills, by, why, .. } => Some((skills.is_some(), by.clone(), why.clone())),
        _ => None,
    };
    let told: Vec<_> = sim.facts.iter().filter_map(|entry| told(&entry.fact)).collect();
    let expected =
        [(true, "ada".to_owned(), Some("corso finito".to_owned())), (false, "command".to_owned(), None)];
    assert_eq!(told, expected);
    sim.verdict().expect("every promise is kept");
}

#[test]
fn skills_that_a_supervisor_has_set_outlive_a_restart_and_a_reload() {
    for how in [Crash::Kill, Crash::PowerCut] {
        let mut sim = Sim::with(english(), 1);
        let seat = sim.seat("seat01");
        asks(&mut sim, "seat01", knows(2)).expect("it is done");
        sim.advance(5 * SECOND);
        sim.crash(how);
        sim.start_exchange();
        sim.reload(english());
        sim.advance(2 * MINUTE);
        let page = asks(&mut sim, "seat01", SkillsOrder::default()).expect("it is told");
        assert_eq!((page.skills, page.changed), (Levels::from([("inglese".into(), 2)]), true), "{how:?}");
        let citizen = waits(&mut sim);
        sim.talking(citizen, seat);
        sim.verdict().expect("every promise is kept");
    }
}

#[test]
fn skill_that_there_is_not_and_level_that_is_none_are_refused() {
    let mut sim = Sim::with(english(), 1);
    sim.seat("seat01");
    let unknown = SkillsOrder { set: [("inglesi".into(), 3)].into(), ..SkillsOrder::default() };
    for (seat, order, why) in
        [("seat01", unknown, "inglesi"), ("seat01", knows(10), "1 to 9"), ("seat99", knows(1), "seat99")]
    {
        let refused = asks(&mut sim, seat, order).expect_err("it cannot be done");
        assert!(refused.contains(why), "{refused}");
    }
}

#[test]
fn wrap_up_that_was_made_longer_is_so_after_a_restart_and_on_record() {
    let mut sim = Sim::with(
        Setting::demo().with_config(|config| {
            for queue in config.queues.values_mut() {
                queue.rules.wrap_up = MINUTE;
                queue.rules.after_talk.extend_by = 2 * MINUTE;
                queue.rules.after_talk.max_extensions = 1;
            }
        }),
        1,
    );
    let seat = sim.seat("seat01");
    let citizen = waits(&mut sim);
    sim.talking(citizen, seat);
    sim.hang_up(citizen);
    sim.until("the talk is over", |sim| sim.line(seat) == Line::Free);
    let over = sim.now;
    sim.advance(20 * SECOND);
    let extend = || {
        let order =
            SeatOrder { act: SeatAct::Extend, by: Some("ada".to_owned()), why: Some("pratica".to_owned()) };
        Command::Seat("seat01".into(), order)
    };
    sim.command(extend());
    sim.advance(10 * SECOND);
    sim.crash(Crash::Kill);
    sim.start_exchange();
    let before = rang(&sim, seat);
    sim.replies.clear();
    sim.command(extend());
    assert!(matches!(sim.replies.pop(), Some(Reply::Refused(_))), "once is what the queue grants");
    let next = waits(&mut sim);
    sim.until("the wrap-up ends", |sim| rang(sim, seat) > before);
    let lasted = sim.now.since(over).as_secs();
    assert!((179..=190).contains(&lasted), "{lasted} s");
    sim.talking(next, seat);
    let told = sim.facts.iter().find_map(|entry| match &entry.fact {
        Fact::WrapUpExtended { left_ms, times, by, why, .. } => {
            Some((*left_ms / 1_000, *times, by.clone(), why.clone()))
        }
        _ => None,
    });
    let (left, times, by, why) = told.expect("it is on record");
    assert!((155..=165).contains(&left), "{left} s");
    assert_eq!((times, by.as_str(), why.as_deref()), (1, "ada", Some("pratica")));
    sim.verdict().expect("every promise is kept");
}

#[test]
fn who_has_had_fewest_calls_or_talked_least_is_so_after_a_restart() {
    for strategy in [Strategy::FewestCalls, Strategy::LeastTalkTime] {
        let setting = Setting::demo().with_config(|config| {
            let queue = config.queues.get_mut("anagrafe").expect("the demo has it");
            (queue.rules.strategy, queue.rules.wrap_up) = (strategy, SECOND);
        });
        let mut sim = Sim::with(setting, 1);
        let busy = sim.seat("seat01");
        let citizen = waits(&mut sim);
        sim.talking(citizen, busy);
        sim.advance(MINUTE);
        sim.hang_up(citizen);
        let idle = sim.seat("seat02");
        sim.advance(10 * SECOND);
        sim.crash(Crash::Kill);
        sim.start_exchange();
        sim.advance(3 * MINUTE); // both phones are back
        // Free for longer than the other, which is what counts among equals.
        let first = waits(&mut sim);
        sim.talking(first, idle);
        sim.advance(2 * MINUTE);
        sim.hang_up(first);
        sim.advance(10 * SECOND);
        let second = waits(&mut sim);
        // One call each, or a minute against two: the first is longest idle, or has talked least.
        sim.talking(second, busy);
        sim.verdict().expect("every promise is kept");
    }
}
