//! Citizens who were promised a call: they are called, once, when it was agreed, and nobody is forgotten.

use std::time::Duration;

use centralino::acd::TaskRules;
use centralino::callback::{CallbackRules, Capacity, Change, End, Retry, Unreached};
use centralino::config::Config;
use centralino::engine::{
    BookOrder, CallbackOrder, CallbackReply, CallbackState, Command, Page, Reply, WaitingOrder,
};
use centralino::ids::CallbackId;
use centralino::journal::entry::Fact;
use centralino::journal::sim_disk::Crash;
use centralino::switches::{Closing, Scope, Switch};
use centralino::words::{Direction, NotTaken, Outcome, WorkView};
use jiff::civil::DateTime;

use crate::sim::phone::{Line, Manner, PhoneId, Seen};
use crate::sim::{Setting, Sim};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const CITIZEN: &str = "3331234567";

fn rules() -> CallbackRules {
    CallbackRules { capacity: Capacity::Fixed(3), lead: Duration::ZERO, ..CallbackRules::default() }
}

fn setting(change: impl FnOnce(&mut Config)) -> Setting {
    Setting::demo().with_gateway().with_config(|config| {
        for queue in config.queues.values_mut() {
            queue.callback = Some(rules());
        }
        change(config);
    })
}

/// The demo with a way out, a citizen behind it who does this, and one operator.
fn world_with(change: impl FnOnce(&mut Config), manner: Manner) -> (Sim, PhoneId, PhoneId) {
    let mut sim = Sim::with(setting(change), 1);
    let citizen = sim.gateway(&[]);
    sim.with_phone(citizen, |phone, _| phone.manner = manner);
    let seat = sim.seat("seat01");
    (sim, citizen, seat)
}

fn world(manner: Manner) -> (Sim, PhoneId, PhoneId) {
    world_with(|_| {}, manner)
}

fn order(number: &str, slot: Option<&str>) -> BookOrder {
    let slot = slot.map(|slot| slot.parse::<DateTime>().expect("a date and time"));
    let (topic, by) = (Some("tributi".into()), Some("ada".to_owned()));
    BookOrder { slot, topic, by, ..BookOrder::new(number, "tributi") }
}

#[track_caller]
fn book(sim: &mut Sim, slot: Option<&str>) -> CallbackId {
    sim.book(order(CITIZEN, slot))
}

fn open(sim: &mut Sim) -> Vec<CallbackState> {
    match sim.order_callback(CallbackOrder::List(Page::default())) {
        Reply::Callbacks(CallbackReply::Open(open)) => open,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn nothing_left(sim: &mut Sim) {
    sim.advance(64 * SECOND);
    let census = sim.engine().census();
    let left = (census.calls, census.legs, census.dialogs, census.alarms, census.sip.dialogs);
    assert_eq!(left, (0, 0, 0, 0, 0), "{}", sim.tale());
    sim.verdict().unwrap_or_else(|why| panic!("{why}\n{}", sim.tale()));
}

/// They talk, the operator hangs up, and the promise is kept.
#[track_caller]
fn is_served(sim: &mut Sim, id: CallbackId, seat: PhoneId, citizen: PhoneId) {
    sim.talking(seat, citizen);
    sim.hang_up(seat);
    nothing_left(sim);
    assert_eq!(sim.end_of(id), Some(End::Served));
}

#[test]
fn operator_is_rung_first_and_the_citizen_hears_who_calls_before_they_talk() {
    let (mut sim, citizen, seat) = world(Manner::Answers(5 * SECOND));
    sim.with_phone(seat, |phone, _| phone.manner = Manner::Answers(3 * SECOND));
    let id = book(&mut sim, None);
    sim.until("the seat rings", |sim| sim.rings(seat) == 1);
    assert_eq!(sim.rings(citizen), 0, "nobody is disturbed before an operator is there");
    let shown = sim.phones[&seat].seen.iter().find_map(|seen| match seen {
        Seen::Rang { from, display } => Some((from.clone(), display.clone())),
        _ => None,
    });
    assert_eq!(shown, Some(("+393331234567".to_owned(), "Richiamata Tributi +393331234567".to_owned())));
    assert_eq!(open(&mut sim)[0].stage, "ringing");
    sim.until("the operator hears the ring-back", |sim| sim.hears(seat, "ring-back"));
    assert_eq!(open(&mut sim)[0].stage, "calling");
    sim.until("who calls is said", |sim| sim.hears(citizen, "it/sistema/richiamata"));
    assert!(!sim.talk_together(seat, citizen));
    let shown = Seen::Rang { from: "+390552768224".into(), display: "Linea Comune".into() };
    assert!(sim.phones[&citizen].seen.contains(&shown), "{:?}", sim.phones[&citizen].seen);
    sim.talking(seat, citizen);
    assert_eq!(open(&mut sim)[0].stage, "talking");
    sim.advance(30 * SECOND);
    sim.hang_up(seat);
    sim.until("the citizen's line is free", |sim| sim.line(citizen) == Line::Free);
    assert_eq!((sim.work("seat01"), sim.end_of(id)), (WorkView::WrapUp, Some(End::Served)));
    nothing_left(&mut sim);
    let contact = sim.contact(seat);
    assert_eq!((contact.direction, contact.outcome), (Direction::Out, Some(Outcome::Answered)));
    assert_eq!(contact.topic.as_ref().map(|topic| topic.as_str()), Some("tributi"));
    assert!(contact.case.is_some() && contact.recording.is_some(), "{contact:?}");
    assert!(open(&mut sim).is_empty());
}

#[test]
fn slot_begins_and_not_before() {
    let (mut sim, citizen, seat) = world(Manner::Answers(SECOND));
    let id = book(&mut sim, Some("2026-11-24T10:15"));
    sim.advance(14 * MINUTE + 50 * SECOND);
    assert_eq!((sim.rings(seat), sim.rings(citizen)), (0, 0));
    sim.advance(20 * SECOND);
    sim.talking(seat, citizen);
    sim.hang_up(citizen);
    nothing_left(&mut sim);
    assert_eq!(sim.end_of(id), Some(End::Served));
}

#[test]
fn citizen_who_is_busy_twice_is_reached_at_the_third_attempt() {
    let (mut sim, citizen, seat) = world(Manner::Refused(486));
    let id = book(&mut sim, None);
    for attempt in 1..=2 {
        sim.until("it is busy", |sim| {
            let busy = Change::NotReached { why: Unreached::Busy, next_ms: None };
            let is_busy = |change: &&Change| std::mem::discriminant(*change) == std::mem::discriminant(&busy);
            sim.changes_of(id).iter().filter(is_busy).count() == attempt
        });
        sim.until("the operator hears why", |sim| sim.hears(seat, "it/sistema/numero_occupato"));
    }
    assert_eq!(open(&mut sim)[0].failures, [Unreached::Busy, Unreached::Busy]);
    sim.with_phone(citizen, |phone, _| phone.manner = Manner::Answers(SECOND));
    let before = sim.now;
    sim.talking(seat, citizen);
    assert!(sim.now.since(before) > 4 * MINUTE, "busy is not called again at once");
    sim.hang_up(seat);
    nothing_left(&mut sim);
    assert_eq!(sim.end_of(id), Some(End::Served));
    let contacts = sim.contacts();
    assert_eq!(contacts.len(), 3, "each attempt is a contact");
    assert_eq!(contacts[0].outcome, Some(Outcome::Unreached));
}

#[test]
fn operator_who_does_not_take_it_is_no_attempt_and_the_next_is_rung() {
    for manner in [Manner::Rejects(SECOND), Manner::Ignores] {
        let (mut sim, citizen, seat) = world(Manner::Answers(SECOND));
        sim.with_phone(seat, |phone, _| phone.manner = manner);
        let id = book(&mut sim, None);
        sim.until("the seat rings", |sim| sim.rings(seat) == 1);
        let other = sim.seat("seat02");
        sim.talking(other, citizen);
        let told = sim.changes_of(id);
        let declined = |change: &Change| {
            matches!(change, Change::Declined { why: NotTaken::Rejected | NotTaken::Missed, .. })
        };
        assert!(told.iter().any(declined), "{told:?}");
        assert_eq!(told.iter().filter(|change| matches!(change, Change::Attempted { .. })).count(), 1);
        assert_eq!(sim.rings(citizen), 1);
        sim.hang_up(other);
        nothing_left(&mut sim);
    }
}

#[test]
fn call_back_for_which_nobody_is_free_is_escalated_and_goes_before_those_who_came_since() {
    let (mut sim, citizen, seat) = world(Manner::Answers(SECOND));
    let first = sim.call("055055");
    sim.until("the menu is heard", |sim| sim.hears(first, "it/menu"));
    sim.press(first, "1");
    sim.talking(first, seat);
    let id = book(&mut sim, None);
    sim.advance(3 * MINUTE);
    assert!(sim.changes_of(id).contains(&Change::Escalated));
    assert_eq!(sim.engine().metrics().callbacks.escalated, 1);
    sim.hang_up(first);
    is_served(&mut sim, id, seat, citizen);
}

/// Every queue gives its seats a call-back while no more than these wait, and at least so many seats are free.
fn permits_tasks(config: &mut Config, at_most_waiting: usize, free_seats: usize) {
    let tasks = Some(TaskRules { at_most_waiting, free_seats });
    config.queues.values_mut().for_each(|queue| queue.rules.tasks = tasks);
}

/// A citizen in queue `tributi`.
fn in_queue(sim: &mut Sim) -> PhoneId {
    let citizen = sim.call("055055");
    sim.until("the menu is heard", |sim| sim.hears(citizen, "it/menu"));
    sim.press(citizen, "22");
    citizen
}

/// Ten in the morning, and so long after.
fn until(sim: &mut Sim, after_ten: Duration) {
    sim.advance(after_ten.saturating_sub(sim.now.since_start()));
}

#[test]
fn call_back_waits_while_callers_wait_and_goes_at_once_when_the_queue_permits_it() {
    let (mut sim, citizen, seat) = world_with(|config| permits_tasks(config, 0, 1), Manner::Answers(SECOND));
    let busy = in_queue(&mut sim);
    sim.talking(busy, seat);
    let id = book(&mut sim, Some("2026-11-24T10:15"));
    until(&mut sim, 16 * MINUTE);
    let next = in_queue(&mut sim);
    let page = |sim: &mut Sim| {
        sim.replies.clear();
        sim.command(Command::Waiting(WaitingOrder::Show("tributi".into())));
        match sim.replies.pop() {
            Some(Reply::Queue(page)) => page,
            other => panic!("{other:?}"),
        }
    };
    let shown = page(&mut sim);
    assert_eq!((shown.waiting.len(), shown.tasks.len()), (1, 1));
    assert_eq!((shown.tasks[0].callback, shown.tasks[0].stage.as_str()), (id, "waiting"));
    sim.hang_up(busy);
    sim.talking(next, seat);
    sim.advance(MINUTE);
    assert_eq!(sim.rings(citizen), 0, "the seat was given to who called");
    let before = sim.rings(seat);
    sim.hang_up(next);
    let over = sim.now;
    sim.until("the seat is rung for the call-back", |sim| sim.rings(seat) > before);
    assert!(
        sim.now.since(over) < 15 * SECOND,
        "after its wrap-up, and not at the next minute: {:?}",
        sim.now.since(over)
    );
    sim.talking(seat, citizen);
    assert!(page(&mut sim).tasks.is_empty());
}

#[test]
fn slot_that_is_about_to_end_overrules_what_the_queue_permits() {
    let (mut sim, citizen, seat) = world_with(|config| permits_tasks(config, 0, 2), Manner::Answers(SECOND));
    book(&mut sim, Some("2026-11-24T10:15"));
    until(&mut sim, 16 * MINUTE);
    until(&mut sim, 27 * MINUTE);
    assert_eq!(sim.rings(seat), 0);
    sim.talking(seat, citizen);
    assert!((28 * MINUTE..30 * MINUTE).contains(&sim.now.since_start()), "within the slot: {:?}", sim.now);
}

#[test]
fn seats_that_are_to_be_spared_are_left_to_those_who_call_while_the_call_back_can_wait() {
    let spare = |config: &mut Config| permits_tasks(config, 0, 2);
    let (mut sim, citizen, seat) = world_with(spare, Manner::Answers(SECOND));
    book(&mut sim, None);
    sim.advance(110 * SECOND);
    assert_eq!(sim.rings(seat), 0);
    sim.talking(seat, citizen);
    assert!(sim.now.since_start() > 2 * MINUTE);
}

#[test]
fn each_way_of_not_being_reached_is_told_apart() {
    for (manner, expected) in [
        (Manner::Refused(600), Unreached::Busy),
        (Manner::Refused(480), Unreached::NoAnswer),
        (Manner::Ignores, Unreached::NoAnswer),
        (Manner::Refused(603), Unreached::Refused),
        (Manner::Refused(404), Unreached::Unreachable),
        (Manner::Refused(503), Unreached::TrunkFailure),
    ] {
        let (mut sim, _, _) = world(manner);
        let id = book(&mut sim, None);
        sim.until("it has failed", |sim| {
            sim.changes_of(id).iter().any(|change| matches!(change, Change::NotReached { .. }))
        });
        let told = sim.changes_of(id);
        let why = told.iter().find_map(|change| match change {
            Change::NotReached { why, .. } => Some(*why),
            _ => None,
        });
        assert_eq!(why, Some(expected), "{manner:?}");
    }
}

#[test]
fn call_back_outlives_a_crash_between_the_promise_and_its_slot() {
    for how in [Crash::Kill, Crash::PowerCut] {
        let (mut sim, citizen, seat) = world(Manner::Answers(SECOND));
        let id = book(&mut sim, Some("2026-11-24T10:30"));
        sim.advance(5 * SECOND);
        sim.crash(how);
        sim.advance(5 * MINUTE);
        sim.start_exchange();
        assert_eq!(open(&mut sim).len(), 1);
        assert_eq!(open(&mut sim)[0].number.as_deref(), Some("+393331234567"));
        sim.advance(24 * MINUTE + 40 * SECOND);
        assert_eq!(sim.rings(citizen), 0);
        is_served(&mut sim, id, seat, citizen);
    }
}

#[test]
fn attempt_that_a_crash_cuts_off_counts_and_is_made_again() {
    let (mut sim, citizen, seat) = world(Manner::Ignores);
    let id = book(&mut sim, None);
    sim.until("the citizen's phone rings", |sim| sim.rings(citizen) == 1);
    sim.crash(Crash::Kill);
    sim.advance(10 * SECOND);
    sim.hang_up(citizen);
    sim.hang_up(seat);
    sim.start_exchange();
    assert_eq!(open(&mut sim)[0].failures, [Unreached::Interrupted]);
    sim.with_phone(citizen, |phone, _| phone.manner = Manner::Answers(SECOND));
    is_served(&mut sim, id, seat, citizen);
}

#[test]
fn talk_that_a_crash_cuts_off_is_not_had_again() {
    let (mut sim, citizen, seat) = world(Manner::Answers(SECOND));
    let id = book(&mut sim, None);
    sim.talking(seat, citizen);
    sim.crash(Crash::Kill);
    sim.advance(10 * SECOND);
    sim.start_exchange();
    sim.advance(30 * MINUTE);
    assert_eq!((sim.end_of(id), sim.rings(citizen)), (Some(End::Served), 1));
}

#[test]
fn call_back_whose_time_goes_by_while_the_exchange_is_down_is_missed_and_told() {
    let (mut sim, citizen, _) = world(Manner::Answers(SECOND));
    let id = book(&mut sim, Some("2026-11-24T10:15"));
    sim.advance(5 * SECOND);
    sim.crash(Crash::Kill);
    sim.advance(180 * MINUTE);
    sim.start_exchange();
    sim.advance(10 * MINUTE);
    assert_eq!((sim.end_of(id), sim.rings(citizen)), (Some(End::Missed), 0));
    assert_eq!(sim.engine().metrics().callbacks.ended.get("missed"), Some(&1));
}

#[test]
fn citizen_who_calls_before_and_talks_is_not_called_any_more() {
    let (mut sim, citizen, seat) = world(Manner::Answers(SECOND));
    let id = book(&mut sim, Some("2026-11-24T10:30"));
    let caller = sim.dial_from("+393331234567", "055055");
    sim.until("the menu is heard", |sim| sim.hears(caller, "it/menu"));
    sim.press(caller, "2");
    sim.until("the second menu is heard", |sim| sim.hears(caller, "it/menu_tributi"));
    sim.press(caller, "1");
    sim.talking(caller, seat);
    let told = sim.changes_of(id);
    assert_eq!(sim.end_of(id), Some(End::Helped), "{told:?}\n{}", sim.tale());
    sim.hang_up(caller);
    sim.advance(60 * MINUTE);
    assert_eq!(sim.rings(citizen), 0);
}

#[test]
fn one_that_is_cancelled_while_the_operator_is_rung_falls_silent() {
    let (mut sim, citizen, seat) = world(Manner::Answers(SECOND));
    sim.with_phone(seat, |phone, _| phone.manner = Manner::Ignores);
    let id = book(&mut sim, None);
    sim.until("the seat rings", |sim| sim.rings(seat) == 1);
    let cancelled = sim.order_callback(CallbackOrder::Cancel { id, by: None });
    assert!(matches!(cancelled, Reply::Callbacks(_)), "{cancelled:?}");
    sim.until("the seat is silent", |sim| sim.line(seat) == Line::Free);
    nothing_left(&mut sim);
    assert_eq!((sim.end_of(id), sim.rings(citizen)), (Some(End::Cancelled), 0));
}

#[test]
fn operator_who_hangs_up_while_the_citizen_s_phone_rings_leaves_another_attempt() {
    let (mut sim, citizen, seat) = world(Manner::Ignores);
    let id = book(&mut sim, None);
    sim.until("the citizen's phone rings", |sim| sim.rings(citizen) == 1);
    sim.hang_up(seat);
    sim.until("the citizen's phone is silent", |sim| sim.line(citizen) == Line::Free);
    sim.with_phone(citizen, |phone, _| phone.manner = Manner::Answers(SECOND));
    sim.talking(seat, citizen);
    sim.hang_up(citizen);
    nothing_left(&mut sim);
    assert_eq!(sim.end_of(id), Some(End::Served));
}

#[test]
fn citizen_who_hangs_up_while_hearing_who_calls_has_refused() {
    let (mut sim, citizen, _) = world(Manner::Answers(SECOND));
    let id = book(&mut sim, None);
    sim.until("who calls is said", |sim| sim.hears(citizen, "it/sistema/richiamata"));
    sim.hang_up(citizen);
    nothing_left(&mut sim);
    assert_eq!(sim.end_of(id), Some(End::NotReached));
    assert!(sim.changes_of(id).contains(&Change::NotReached { why: Unreached::Refused, next_ms: None }));
}

#[test]
fn trunk_that_fails_is_no_attempt_and_is_tried_again_soon() {
    let (mut sim, citizen, seat) = world_with(
        |config| {
            let retry = Retry { after: MINUTE, most: 30 };
            let rules = config.queues.values_mut().filter_map(|queue| queue.callback.as_mut());
            rules.for_each(|rules| _ = rules.retries.insert(Unreached::TrunkFailure, retry));
        },
        Manner::Refused(503),
    );
    let id = book(&mut sim, None);
    sim.advance(10 * MINUTE);
    let failures = open(&mut sim)[0].failures.clone();
    assert!(failures.len() > 4 && failures.iter().all(|why| *why == Unreached::TrunkFailure), "{failures:?}");
    sim.with_phone(citizen, |phone, _| phone.manner = Manner::Answers(SECOND));
    is_served(&mut sim, id, seat, citizen);
}

#[test]
fn numbers_that_may_not_be_called_are_not_promised_a_call() {
    let (mut sim, _, _) = world(Manner::Answers(SECOND));
    for (number, why) in [
        ("899123456", "may not be called"),
        ("112", "emergency"),
        ("055055", "one of ours"),
        ("+33142685300", "may not be called"),
        ("nobody", "not a telephone number"),
    ] {
        match sim.try_to_book(order(number, None)) {
            Reply::Refused(told) => assert!(told.contains(why), "{number}: {told}"),
            other => panic!("{number}: {other:?}"),
        }
    }
    book(&mut sim, None);
    match sim.try_to_book(order(CITIZEN, None)) {
        Reply::Refused(told) => assert!(told.contains("already"), "{told}"),
        other => panic!("one need, one call: {other:?}"),
    }
}

#[test]
fn exchange_that_ends_rings_nobody_any_more_and_forgets_nobody() {
    let (mut sim, citizen, seat) = world(Manner::Answers(SECOND));
    sim.with_phone(seat, |phone, _| phone.manner = Manner::Ignores);
    book(&mut sim, None);
    sim.until("the seat rings", |sim| sim.rings(seat) == 1);
    sim.command(Command::Stop { drain: Duration::ZERO });
    sim.until("stopped", |sim| sim.stopped);
    sim.crash(Crash::Kill);
    sim.stopped = false;
    sim.with_phone(seat, |phone, _| phone.manner = Manner::Answers(SECOND));
    sim.start_exchange();
    sim.talking(seat, citizen);
}

#[test]
fn store_that_does_not_answer_lets_nobody_be_called_twice() {
    let (mut sim, citizen, seat) = world(Manner::Answers(SECOND));
    let id = book(&mut sim, None);
    sim.until("the seat rings", |sim| sim.rings(seat) == 1);
    let until = sim.now + 20 * SECOND;
    sim.store().stall(until);
    sim.advance(19 * SECOND);
    assert_eq!(sim.rings(citizen), 0, "what is not on the disk is not done");
    sim.talking(seat, citizen);
    sim.hang_up(seat);
    nothing_left(&mut sim);
    assert_eq!((sim.end_of(id), sim.rings(citizen)), (Some(End::Served), 1));
}

fn has_refused(change: &Change) -> bool {
    matches!(change, Change::NotReached { why: Unreached::Refused, .. })
}

fn was_interrupted(change: &Change) -> bool {
    matches!(change, Change::NotReached { why: Unreached::Interrupted, .. })
}

#[test]
fn operator_who_hangs_up_while_the_citizen_hears_who_calls_leaves_another_attempt() {
    let (mut sim, citizen, seat) = world(Manner::Answers(SECOND));
    let id = book(&mut sim, None);
    sim.until("who calls is said", |sim| sim.hears(citizen, "it/sistema/richiamata"));
    sim.hang_up(seat);
    sim.until("the citizen's line is free", |sim| sim.line(citizen) == Line::Free);
    assert!(sim.changes_of(id).iter().any(was_interrupted), "the citizen has refused nothing");
    is_served(&mut sim, id, seat, citizen);
}

/// It is being written that the two talk, which takes its time.
fn about_to_talk() -> (Sim, [PhoneId; 2], CallbackId) {
    let (mut sim, citizen, seat) = world(Manner::Answers(SECOND));
    let id = book(&mut sim, None);
    sim.until("who calls is said", |sim| sim.hears(citizen, "it/sistema/richiamata"));
    sim.advance(SECOND); // the answer is written
    let until = sim.now + 20 * SECOND;
    sim.store().stall(until);
    sim.until("it is to be written that they talk", |sim| {
        sim.changes_of(id).iter().any(|change| matches!(change, Change::Joined { .. }))
    });
    assert!(!sim.talk_together(seat, citizen));
    (sim, [citizen, seat], id)
}

#[test]
fn citizen_who_hangs_up_while_the_talk_is_written_down_has_refused() {
    let (mut sim, [citizen, _], id) = about_to_talk();
    sim.hang_up(citizen);
    nothing_left(&mut sim);
    assert!(sim.changes_of(id).iter().any(has_refused), "{:?}", sim.changes_of(id));
    assert_eq!(sim.end_of(id), Some(End::NotReached));
    assert!(open(&mut sim).is_empty());
}

#[test]
fn operator_who_hangs_up_while_the_talk_is_written_down_leaves_another_attempt() {
    let (mut sim, [citizen, seat], id) = about_to_talk();
    sim.hang_up(seat);
    sim.until("the citizen's line is free", |sim| sim.line(citizen) == Line::Free);
    assert!(sim.changes_of(id).iter().any(was_interrupted), "{:?}", sim.changes_of(id));
    is_served(&mut sim, id, seat, citizen);
}

#[test]
fn queue_that_a_supervisor_closes_calls_nobody_back_until_it_is_opened() {
    let (mut sim, citizen, seat) = world(Manner::Answers(SECOND));
    sim.with_phone(seat, |phone, _| phone.manner = Manner::Answers(10 * SECOND));
    let id = book(&mut sim, None);
    sim.until("the seat rings", |sim| sim.rings(seat) == 1);
    let scope = Scope::Queue("tributi".into());
    sim.command(Command::Switch(Switch::Close(Closing { scope: scope.clone(), ..Closing::default() })));
    sim.until("the seat is silent", |sim| sim.line(seat) == Line::Free);
    sim.advance(10 * MINUTE);
    assert_eq!((sim.rings(seat), sim.rings(citizen)), (1, 0));
    sim.command(Command::Switch(Switch::Open { scope, by: None, reason: None }));
    is_served(&mut sim, id, seat, citizen);
}

#[test]
fn number_that_the_operator_asks_during_the_talk_is_called_also_while_the_store_does_not_answer() {
    let (mut sim, citizen, seat) = world(Manner::Answers(SECOND));
    book(&mut sim, None);
    sim.talking(seat, citizen);
    let until = sim.now + 20 * SECOND;
    sim.store().stall(until);
    sim.with_phone(seat, |phone, now| phone.open_line(now, "3337654321"));
    // The line behind the trunk is the citizen's own, who talks.
    let is_busy = |fact: &Fact| matches!(fact, Fact::NumberNotTaken { status: Some(486), .. });
    sim.until("it is busy", |sim| sim.facts.iter().any(|entry| is_busy(&entry.fact)));
    sim.hang_up(citizen);
    nothing_left(&mut sim);
}

#[test]
fn what_nobody_knows_is_not_put_on_record() {
    let (mut sim, _, _) = world(Manner::Answers(SECOND));
    let plain = || order(CITIZEN, None);
    for (order, why) in [
        (BookOrder { entity: Some("fireze".into()), ..plain() }, "did you mean `firenze`?"),
        (BookOrder { topic: Some("tribut".into()), ..plain() }, "did you mean `tributi`?"),
        (BookOrder { language: Some("tlh".into()), ..plain() }, "they speak en, it"),
    ] {
        match sim.try_to_book(order) {
            Reply::Refused(told) => assert!(told.contains(why), "{told}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn talk_about_something_else_leaves_the_promise_as_it_is_also_with_the_same_operators() {
    let (mut sim, citizen, seat) = world(Manner::Answers(SECOND));
    let wanted = order(CITIZEN, Some("2026-11-24T10:30"));
    sim.book(BookOrder { topic: Some("anagrafe".into()), ..wanted });
    let caller = sim.dial_from("+393331234567", "055055");
    sim.until("the menu is heard", |sim| sim.hears(caller, "it/menu"));
    sim.press(caller, "2");
    sim.until("the second menu is heard", |sim| sim.hears(caller, "it/menu_tributi"));
    sim.press(caller, "1");
    sim.talking(caller, seat);
    assert_eq!(open(&mut sim).len(), 1);
    sim.hang_up(caller);
    sim.advance(30 * MINUTE);
    sim.until("the slot comes", |sim| sim.rings(citizen) == 1);
}

#[test]
fn place_that_is_kept_shortly_before_closing_is_called_in_the_morning() {
    let mut sim = Sim::with(setting(|_| {}), 1).starting_at("2026-11-24T19:50:00+01:00[Europe/Rome]");
    let citizen = sim.gateway(&[]);
    sim.with_phone(citizen, |phone, _| phone.manner = Manner::Answers(SECOND));
    let id = book(&mut sim, None);
    assert_eq!(open(&mut sim)[0].until, "2026-11-25T12:00:00.000+01:00");
    sim.advance(12 * 60 * MINUTE + 15 * MINUTE);
    assert_eq!((sim.end_of(id), sim.rings(citizen)), (None, 0));
    let seat = sim.seat("seat01");
    sim.talking(seat, citizen);
    sim.hang_up(seat);
    sim.until("the citizen's line is free", |sim| sim.line(citizen) == Line::Free);
    assert_eq!(sim.end_of(id), Some(End::Served));
}
