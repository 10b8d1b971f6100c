//! Crashes, and disks that are slow or full.

use std::time::Duration;

use centralino::engine::{Command, Reply};
use centralino::ids::SeatId;
use centralino::journal::disk::{DiskFault, DiskOp};
use centralino::journal::entry::Fact;
use centralino::journal::sim_disk::Crash;
use centralino::words::{EndedBy, Outcome, Status, StatusChange};

use super::{MINUTE, SECOND, waiting};
use crate::sim::Sim;
use crate::sim::phone::{Line, Seen};

#[test]
fn crash_ends_both_phones_with_a_bye_and_the_contact_is_on_record() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let talks = waiting(&mut sim);
    sim.talking(talks, seat);
    let waits = waiting(&mut sim);
    sim.advance(SECOND);
    sim.crash(Crash::Kill);
    sim.advance(3 * SECOND);
    sim.start_exchange();
    sim.until("all are free", |sim| [seat, talks, waits].iter().all(|phone| sim.line(*phone) == Line::Free));
    let contact = sim.contact(talks);
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Answered), Some(EndedBy::Crash)));
    let contact = sim.contact(waits);
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Interrupted), Some(EndedBy::Crash)));
    sim.verdict().unwrap();
}

#[test]
fn calls_are_answered_while_the_disk_stands_still_and_the_exception_is_counted() {
    let mut sim = Sim::new();
    let until = sim.now + 10 * SECOND;
    sim.store().stall(until);
    let citizen = sim.call("055055");
    assert!(sim.degraded_ever);
    sim.advance(15 * SECOND);
    sim.hang_up(citizen);
    assert!(
        sim.contact(citizen).degraded
            || sim
                .facts
                .iter()
                .any(|entry| { matches!(entry.fact, Fact::Degraded { on: false, answered: 1 }) })
    );
    sim.command(Command::Metrics);
    let Some(Reply::Metrics(metrics)) = sim.replies.last() else { panic!("{:?}", sim.replies) };
    assert_eq!((metrics.degraded, metrics.answered_degraded), (false, 1));
}

#[test]
fn caller_who_gives_up_while_the_answer_waits_for_the_disk_is_let_go() {
    let mut sim = Sim::new();
    let until = sim.now + 10 * SECOND;
    sim.store().stall(until);
    let citizen = sim.dial("055055");
    sim.advance(100 * Duration::from_millis(1));
    sim.hang_up(citizen);
    sim.advance(20 * SECOND);
    assert!(!sim.phones[&citizen].seen.contains(&Seen::Answered));
    assert_eq!(sim.contact(citizen).outcome, Some(Outcome::Left));
}

#[test]
fn full_disk_degrades_and_recovers_without_losing_a_contact() {
    let mut sim = Sim::new();
    for _ in 0..3 {
        sim.store().disk().fail_next(DiskOp::Write, DiskFault::Full);
    }
    let citizen = sim.call("055055");
    sim.advance(5 * SECOND);
    assert!(sim.degraded_ever);
    sim.hang_up(citizen);
    sim.advance(5 * SECOND);
    assert!(!sim.degraded());
    assert_eq!(sim.contact(citizen).outcome, Some(Outcome::Left));
}

/// Were it let in, a crash could lose the start, and the next would give out the same ids again.
#[test]
fn nobody_is_let_in_before_the_start_itself_is_on_the_disk() {
    let mut sim = Sim::new();
    sim.crash(Crash::Kill);
    sim.begin_exchange();
    let until = sim.now + 10 * SECOND;
    sim.store().stall(until);
    sim.advance(SECOND);
    assert!(sim.degraded() && !sim.engine().is_ready());
    let early = sim.dial("055055");
    sim.until("the call is refused", |sim| sim.phones[&early].seen.contains(&Seen::Refused(503)));
    sim.until("the disk is back", |sim| sim.engine().is_ready());
    let citizen = sim.call("055055");
    sim.hang_up(citizen);
    assert_eq!(sim.contact(citizen).outcome, Some(Outcome::Left));
    sim.verdict().unwrap();
}

#[test]
fn pause_outlives_a_restart() {
    for how in [Crash::Kill, Crash::PowerCut] {
        assert_eq!(
            status_after_a_restart(how, StatusChange::Pause("mensa".into())),
            Status::Paused("mensa".into())
        );
    }
}

#[test]
fn operator_who_has_logged_out_is_still_so_after_a_restart() {
    for how in [Crash::Kill, Crash::PowerCut] {
        assert_eq!(status_after_a_restart(how, StatusChange::LogOut), Status::LoggedOut);
    }
}

/// What a seat that logs in by itself is, once its phone has registered with the exchange that was started again.
fn status_after_a_restart(how: Crash, change: StatusChange) -> Status {
    let mut sim = Sim::new();
    let _seat = sim.seat("seat01");
    sim.status("seat01", change);
    sim.advance(SECOND);
    sim.crash(how);
    sim.start_exchange();
    sim.advance(3 * MINUTE);
    let view = sim.engine().distribution().seat(&SeatId::from("seat01")).expect("a seat of the demo");
    assert!(view.reachable);
    view.status
}
