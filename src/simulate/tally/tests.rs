use super::*;
use crate::ids::Stamp;
use crate::words::{EndedBy, Status};

const LEVEL: Duration = Duration::from_secs(20);
/// Ten in the morning.
const TEN: f64 = 36_000.0;

fn contact(count: u32) -> ContactId {
    ContactId(Stamp { node: 1, epoch: 1, count })
}

fn opened(contact: ContactId) -> Fact {
    Fact::ContactOpened {
        contact,
        case: None,
        citizen: None,
        from: crate::journal::entry::Personal::Erased,
        to: "055055".to_owned(),
        entity: "firenze".into(),
        topic: None,
        language: "it".into(),
        flow: "055055".into(),
        degraded: false,
    }
}

fn queued(contact: ContactId, queue: &str) -> Fact {
    Fact::Queued { contact, queue: queue.into(), position: 1, since_ms: None, ahead_min: 0, expected_s: None }
}

fn joined(contact: ContactId, queue: &str) -> Fact {
    let (seat, operator) = ("seat01".into(), "seat01".into());
    Fact::Joined { contact, seat, operator, queue: queue.into(), recording: None }
}

fn closed(contact: ContactId, outcome: Outcome, short: bool) -> Fact {
    Fact::ContactClosed { contact, outcome, ended_by: EndedBy::Citizen, short, why: None }
}

fn tally(facts: &[(f64, Fact)]) -> Tally {
    let mut tally = Tally::new(LEVEL);
    facts.iter().for_each(|(at, fact)| tally.note(TEN + at, fact));
    tally
}

#[test]
fn call_counts_where_and_when_it_entered_the_queue() {
    let id = contact(1);
    let tally = tally(&[
        (-10.0, opened(id)),
        (5.0, queued(id, "tributi")),
        (20.0, joined(id, "tributi")),
        (90.0, closed(id, Outcome::Answered, false)),
    ]);
    let queue = QueueId::from("tributi");
    let at_ten = tally.sum(Some(&queue), |half_hour| half_hour == 20);
    assert_eq!((at_ten.offered, at_ten.answered, at_ten.within), (1.0, 1.0, 1.0));
    assert_eq!(at_ten.waits, [15.0]);
    assert_eq!(tally.sum(None, |half_hour| half_hour == 19).arrived, 1.0, "it came before ten");
    assert_eq!(tally.sum(None, |_| true).offered, 1.0);
}

#[test]
fn who_goes_on_to_another_queue_is_answered_there_and_counts_once_for_the_service() {
    let id = contact(1);
    let exit = Fact::QueueLeft { contact: id, queue: "polizia".into(), exit: QueueExit::Timeout };
    let tally = tally(&[
        (0.0, opened(id)),
        (1.0, queued(id, "polizia")),
        (300.0, exit),
        (300.0, queued(id, "generale")),
        (310.0, joined(id, "generale")),
        (400.0, closed(id, Outcome::Answered, false)),
    ]);
    let first = tally.sum(Some(&"polizia".into()), |_| true);
    assert_eq!(
        (first.offered, first.answered, first.unserved),
        (1.0, 0.0, 0.0),
        "not unserved: answered later"
    );
    let service = tally.sum(None, |_| true);
    assert_eq!((service.offered, service.answered), (1.0, 1.0));
    let second = tally.sum(Some(&"generale".into()), |_| true);
    assert_eq!((&second.waits[..], second.within), (&[10.0][..], 1.0));
    assert_eq!((&service.waits[..], service.within), (&[309.0][..], 0.0), "in both queues together");
}

#[test]
fn short_abandons_stand_apart_and_leave_the_service_level_alone() {
    let (soon, late, served) = (contact(1), contact(2), contact(3));
    let tally = tally(&[
        (0.0, opened(soon)),
        (0.0, queued(soon, "q")),
        (3.0, closed(soon, Outcome::Abandoned, true)),
        (3.0, opened(late)),
        (3.0, queued(late, "q")),
        (60.0, closed(late, Outcome::Abandoned, false)),
        (60.0, opened(served)),
        (99.0, closed(served, Outcome::Contained, false)),
    ]);
    let all = tally.sum(None, |_| true);
    assert_eq!((all.offered, all.short, all.abandoned, all.abandoned_within), (2.0, 1.0, 1.0, 1.0));
    assert_eq!((all.arrived, all.contained), (3.0, 1.0));
}

#[test]
fn time_of_a_seat_is_put_down_to_the_half_hours_it_lies_in() {
    let seat = |status: Status, work: WorkView| Fact::SeatChanged {
        seat: "seat01".into(),
        now: SeatView { reachable: true, status, work, ..SeatView::default() },
        by: None,
        why: None,
    };
    let mut tally = tally(&[
        (-60.0, seat(Status::Ready, WorkView::Idle)),
        (60.0, seat(Status::Ready, WorkView::Talking)),
        (90.0, seat(Status::Ready, WorkView::WrapUp)),
        (100.0, seat(Status::Paused("pausa".to_owned()), WorkView::Idle)),
    ]);
    tally.finish(TEN + 200.0);
    let (before, after) = (tally.sum(None, |at| at == 19), tally.sum(None, |at| at == 20));
    assert_eq!((before.ready_s, before.handled_s), (60.0, 0.0));
    assert_eq!((after.ready_s, after.handled_s), (60.0, 40.0), "a break is neither");
}
