//! Operators who call: what they and those whom they call live through, and what is on record.

use std::time::Duration;

use centralino::config::{Callable, Config};
use centralino::crm::ContactLine;
use centralino::engine::{Command, DialOrder, Reply, TalkAct, TalkOrder};
use centralino::ids::{CaseId, SeatId};
use centralino::journal::entry::{Destination, Fact, Handing};
use centralino::journal::sim_disk::Crash;
use centralino::words::{Direction, EndedBy, Outcome, StatusChange, WorkView};

use crate::scenarios_transfer;
use crate::sim::phone::{Line, Manner, PhoneId, Seen};
use crate::sim::{Setting, Sim};

const SECOND: Duration = Duration::from_secs(1);
const CITIZEN: &str = "3331234567";

/// The demo with a way out, changed a little, with somebody to be called, who does this.
fn world_with(change: impl FnOnce(&mut Config), manner: Manner) -> (Sim, PhoneId) {
    let mut sim = Sim::with(Setting::demo().with_gateway().with_config(change), 1);
    let other = sim.gateway(&[]);
    sim.with_phone(other, |phone, _| phone.manner = manner);
    (sim, other)
}

fn world(manner: Manner) -> (Sim, PhoneId) {
    world_with(|_| {}, manner)
}

fn dials(sim: &mut Sim, seat: PhoneId, number: &str) {
    sim.with_phone(seat, |phone, now| phone.dial(now, number));
}

#[track_caller]
fn hears(sim: &mut Sim, phone: PhoneId, sound: &str) {
    sim.until(sound, |sim| sim.hears(phone, sound));
}

/// The line is free again and nothing is left of any call; the contact that this seat began.
#[track_caller]
fn over(sim: &mut Sim, seat: PhoneId) -> ContactLine {
    sim.until("the line is free", |sim| sim.line(seat) == Line::Free);
    sim.advance(64 * SECOND);
    let contact = sim.contact(seat);
    let census = sim.engine().census();
    let left = (census.calls, census.legs, census.dialogs, census.alarms, census.sip.dialogs);
    assert_eq!(left, (0, 0, 0, 0, 0), "{}", sim.tale());
    sim.verdict().unwrap_or_else(|why| panic!("{why}\n{}", sim.tale()));
    contact
}

#[test]
fn operator_calls_a_citizen_and_the_contact_is_like_any_other() {
    let (mut sim, citizen) = world(Manner::Answers(10 * SECOND));
    let seat = sim.seat("seat01");
    dials(&mut sim, seat, CITIZEN);
    hears(&mut sim, seat, "ring-back");
    assert_eq!(sim.work("seat01"), WorkView::Talking, "nobody else rings there");
    sim.talking(seat, citizen);
    assert_eq!(sim.phones[&citizen].dialled, CITIZEN);
    let shown = Seen::Rang { from: "+390552768224".into(), display: "Linea Comune".into() };
    assert!(sim.phones[&citizen].seen.contains(&shown), "{:?}", sim.phones[&citizen].seen);
    sim.advance(60 * SECOND);
    sim.hang_up(seat);
    sim.until("the citizen's line is free", |sim| sim.line(citizen) == Line::Free);
    assert_eq!(sim.work("seat01"), WorkView::WrapUp);
    let contact = over(&mut sim, seat);
    assert_eq!((contact.direction, contact.from.as_deref()), (Direction::Out, Some("seat01")));
    assert_eq!((contact.to.as_deref(), contact.flow), (Some(CITIZEN), None));
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Answered), Some(EndedBy::Operator)));
    assert!(contact.case.is_some() && contact.citizen.is_some() && contact.recording.is_some());
    assert_eq!(contact.operator.as_ref().map(|operator| operator.as_str()), Some("seat01"));
    assert!((9.0..11.0).contains(&contact.ring_s), "{}", contact.ring_s);
    assert!((59.0..61.0).contains(&contact.talk_s), "{}", contact.talk_s);
    assert!((9.0..11.0).contains(&contact.wrap_up_s), "{}", contact.wrap_up_s);
    let metrics = sim.engine().metrics();
    assert_eq!((metrics.closed.len(), metrics.made.get(&Outcome::Answered)), (0, Some(&1)));
}

#[test]
fn number_of_a_citizen_is_sealed_and_that_of_an_office_is_not_and_opens_no_case() {
    let offices = |config: &mut Config| config.destinations.offices = vec!["+390557954".to_owned()];
    for (number, is_citizen) in [(CITIZEN, true), ("0557954111", false)] {
        let (mut sim, other) = world_with(offices, Manner::Answers(SECOND));
        let seat = sim.seat("seat01");
        dials(&mut sim, seat, number);
        sim.talking(seat, other);
        let is_sealed = |fact: &Fact| match fact {
            Fact::Dialled { to: number, .. } | Fact::NumberCalled { number, .. } => {
                Some(matches!(number, Destination::Personal(_)))
            }
            _ => None,
        };
        let sealed: Vec<_> = sim.facts.iter().filter_map(|entry| is_sealed(&entry.fact)).collect();
        assert_eq!(sealed, [is_citizen; 2]);
        sim.hang_up(other);
        let contact = over(&mut sim, seat);
        assert_eq!((contact.case.is_some(), contact.citizen.is_some()), (is_citizen, is_citizen));
        assert_eq!(contact.to.as_deref(), Some(number));
        assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Answered), Some(EndedBy::Citizen)));
    }
}

#[test]
fn citizen_who_called_is_known_when_called_back_about_the_same_case() {
    let (mut sim, other) = world(Manner::Answers(SECOND));
    let caller = sim.dial_from(CITIZEN, "055055");
    sim.until("answered", |sim| sim.is_up_on(caller));
    sim.hang_up(caller);
    let before = sim.contact(caller);
    let case = before.case.expect("a call opens a case");
    let seat = sim.seat("seat01");
    dials(&mut sim, seat, &format!("*17{case}*{CITIZEN}"));
    sim.talking(seat, other);
    sim.hang_up(seat);
    let contact = over(&mut sim, seat);
    assert_eq!((contact.case, contact.citizen), (Some(case), before.citizen));
    assert_eq!(sim.phones[&other].dialled, CITIZEN);
}

#[test]
fn case_that_there_is_not_is_said_and_nobody_is_called() {
    let (mut sim, other) = world(Manner::Answers(SECOND));
    let seat = sim.seat("seat01");
    for (code, notice) in [
        ("*17999999*3331234567", "it/sistema/pratica_inesistente"),
        ("*17x*3331234567", "it/sistema/codice_errato"),
        ("*17", "it/sistema/codice_errato"),
    ] {
        dials(&mut sim, seat, code);
        hears(&mut sim, seat, notice);
        sim.until("the line is free", |sim| sim.line(seat) == Line::Free);
    }
    assert_eq!((sim.rings(other), sim.contacts().len()), (0, 0));
}

#[test]
fn operator_hears_why_nobody_is_reached() {
    for (manner, notice, by) in [
        (Manner::Refused(486), "numero_occupato", EndedBy::Callee),
        (Manner::Refused(480), "numero_non_risponde", EndedBy::Exchange),
        (Manner::Ignores, "numero_non_risponde", EndedBy::Exchange),
        (Manner::Refused(404), "numero_non_raggiungibile", EndedBy::Network),
        (Manner::Refused(503), "numero_non_raggiungibile", EndedBy::Network),
    ] {
        let (mut sim, _) = world(manner);
        let seat = sim.seat("seat01");
        dials(&mut sim, seat, CITIZEN);
        hears(&mut sim, seat, &format!("it/sistema/{notice}"));
        let contact = over(&mut sim, seat);
        assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Unreached), Some(by)), "{manner:?}");
        assert_eq!((contact.talk_s, contact.recording), (0.0, None));
        assert!(contact.why.is_some() && contact.case.is_some());
    }
}

#[test]
fn trunk_that_says_nothing_or_has_no_address_is_not_waited_for() {
    for silent in [true, false] {
        let (mut sim, other) = world(Manner::Ignores);
        if silent {
            sim.unplug(other, true);
        } else {
            sim.reload(Setting::demo().with_gateway().with_way_out(|gateway| gateway.link = None));
        }
        let seat = sim.seat("seat01");
        let before = sim.now;
        dials(&mut sim, seat, CITIZEN);
        hears(&mut sim, seat, "it/sistema/numero_non_raggiungibile");
        assert!(sim.now < before + 10 * SECOND);
        assert_eq!(over(&mut sim, seat).outcome, Some(Outcome::Unreached));
    }
}

fn only_offices(config: &mut Config) {
    config.seats.values_mut().for_each(|seat| seat.may_call = [Callable::Offices].into());
}

#[test]
fn what_may_not_be_called_is_said_and_on_record_and_nobody_is_called() {
    let free: fn() -> (Sim, PhoneId) = || world(Manner::Answers(SECOND));
    let bound: fn() -> (Sim, PhoneId) = || world_with(only_offices, Manner::Answers(SECOND));
    for (world, number) in [
        (free, "899123456"),
        (free, "0033142685300"),
        (free, "seat01"),
        (free, "nobody"),
        (bound, CITIZEN),
        (bound, "202"),
    ] {
        let (mut sim, other) = world();
        let seat = sim.seat("seat01");
        dials(&mut sim, seat, number);
        hears(&mut sim, seat, "it/sistema/numero_non_consentito");
        let contact = over(&mut sim, seat);
        assert_eq!((contact.outcome, contact.to.as_deref()), (Some(Outcome::Refused), Some(number)));
        assert_eq!((contact.case, contact.citizen, sim.rings(other)), (None, None, 0));
        assert!(contact.why.is_some(), "{number}");
    }
}

#[test]
fn operator_who_hangs_up_stops_the_ringing() {
    let (mut sim, other) = world(Manner::Ignores);
    let seat = sim.seat("seat01");
    dials(&mut sim, seat, CITIZEN);
    sim.until("it rings", |sim| sim.rings(other) == 1);
    sim.hang_up(seat);
    sim.until("the ringing stops", |sim| sim.line(other) == Line::Free);
    let contact = over(&mut sim, seat);
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Unreached), Some(EndedBy::Operator)));
}

#[test]
fn answer_that_crosses_the_operator_s_goodbye_leaves_nobody_on_the_line() {
    for early_ms in 0..8 {
        let (mut sim, other) = world(Manner::Answers(5 * SECOND));
        let seat = sim.seat("seat01");
        dials(&mut sim, seat, CITIZEN);
        sim.until("it rings", |sim| sim.rings(other) == 1);
        sim.advance(5 * SECOND - Duration::from_millis(early_ms));
        sim.hang_up(seat);
        sim.until("the other line is free", |sim| sim.line(other) == Line::Free);
        over(&mut sim, seat);
    }
}

#[test]
fn paused_operator_may_call_and_one_who_is_not_logged_in_may_not() {
    let (mut sim, other) = world(Manner::Answers(SECOND));
    let seat = sim.seat("seat01");
    sim.status("seat01", StatusChange::Pause("richiamate".into()));
    dials(&mut sim, seat, CITIZEN);
    sim.talking(seat, other);
    sim.hang_up(seat);
    over(&mut sim, seat);
    sim.status("seat01", StatusChange::LogOut);
    dials(&mut sim, seat, CITIZEN);
    hears(&mut sim, seat, "it/sistema/nessun_accesso");
    assert_eq!(sim.rings(other), 1);
}

#[test]
fn seat_that_calls_gets_no_caller_until_its_wrap_up_is_over() {
    let (mut sim, other) = world(Manner::Answers(SECOND));
    let seat = sim.seat("seat01");
    dials(&mut sim, seat, CITIZEN);
    sim.talking(seat, other);
    let citizen = sim.call("055055");
    sim.until("the menu is heard", |sim| sim.hears(citizen, "it/menu"));
    sim.press(citizen, "1");
    sim.advance(30 * SECOND);
    assert_eq!(sim.rings(seat), 0);
    sim.hang_up(other);
    sim.advance(5 * SECOND);
    assert_eq!((sim.rings(seat), sim.work("seat01")), (0, WorkView::WrapUp));
    sim.advance(6 * SECOND);
    assert_eq!(sim.rings(seat), 1);
    sim.verdict().unwrap();
}

#[test]
fn citizen_on_hold_hears_music_as_in_a_call_that_came_in() {
    let (mut sim, other) = world(Manner::Answers(SECOND));
    let seat = sim.seat("seat01");
    dials(&mut sim, seat, CITIZEN);
    sim.talking(seat, other);
    sim.with_phone(seat, |phone, now| phone.hold(now, true));
    hears(&mut sim, other, "music/attesa");
    sim.advance(10 * SECOND);
    sim.with_phone(seat, |phone, now| phone.hold(now, false));
    sim.talking(seat, other);
    sim.hang_up(other);
    let contact = over(&mut sim, seat);
    assert!((9.0..11.0).contains(&contact.hold_s), "{}", contact.hold_s);
}

#[test]
fn phone_that_dies_in_the_talk_is_noticed_whoever_called() {
    for dies in [true, false] {
        let (mut sim, other) = world(Manner::Answers(SECOND));
        let seat = sim.seat("seat01");
        dials(&mut sim, seat, CITIZEN);
        sim.talking(seat, other);
        let (dead, left) = if dies { (seat, other) } else { (other, seat) };
        sim.unplug(dead, true);
        sim.until("the other is told", |sim| sim.line(left) == Line::Free);
        let contact = sim.contact(seat);
        assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Answered), Some(EndedBy::Network)));
        sim.verdict().unwrap();
    }
}

#[test]
fn crash_is_told_to_both_phones_and_on_record() {
    for (manner, outcome) in
        [(Manner::Answers(SECOND), Outcome::Answered), (Manner::Ignores, Outcome::Interrupted)]
    {
        let (mut sim, other) = world(manner);
        let seat = sim.seat("seat01");
        dials(&mut sim, seat, CITIZEN);
        sim.until("it rings", |sim| sim.rings(other) == 1);
        sim.advance(5 * SECOND);
        sim.crash(Crash::PowerCut);
        sim.start_exchange();
        sim.until("the seat is told", |sim| sim.line(seat) == Line::Free);
        if outcome == Outcome::Answered {
            sim.until("the other is told", |sim| sim.line(other) == Line::Free);
        }
        let contact = sim.contact(seat);
        assert_eq!((contact.outcome, contact.ended_by), (Some(outcome), Some(EndedBy::Crash)));
        sim.verdict().unwrap();
    }
}

#[test]
fn nobody_is_called_before_it_is_written_down() {
    let (mut sim, other) = world(Manner::Answers(SECOND));
    let seat = sim.seat("seat01");
    dials(&mut sim, seat, CITIZEN);
    hears(&mut sim, seat, "ring-back");
    let until = sim.now + Duration::from_millis(150);
    sim.store().stall(until);
    sim.advance(Duration::from_millis(140));
    assert_eq!(sim.rings(other), 0);
    sim.talking(seat, other);
    assert!(sim.now >= until);
    sim.verdict().unwrap();
}

#[test]
fn citizen_is_told_of_the_recording_first_where_the_city_wants_it() {
    let (mut sim, other) =
        world_with(|config| config.dialling.tells_recording = true, Manner::Answers(SECOND));
    let seat = sim.seat("seat01");
    dials(&mut sim, seat, CITIZEN);
    hears(&mut sim, other, "it/sistema/chiamata_registrata");
    assert!(sim.hears(seat, "ring-back"), "the operator waits meanwhile");
    sim.talking(seat, other);
    sim.hang_up(other);
    assert!(over(&mut sim, seat).recording.is_some());
    dials(&mut sim, seat, CITIZEN);
    hears(&mut sim, other, "it/sistema/chiamata_registrata");
    sim.hang_up(other);
    hears(&mut sim, seat, "it/sistema/numero_non_raggiungibile");
    sim.until("the line is free", |sim| sim.line(seat) == Line::Free);
    sim.verdict().unwrap();
}

#[test]
fn colleagues_talk_and_no_case_or_wrap_up_comes_of_it() {
    let (mut sim, _) = world(Manner::Ignores);
    let (one, two) = (sim.seat("seat01"), sim.seat("seat02"));
    sim.with_phone(two, |phone, _| phone.manner = Manner::Answers(3 * SECOND));
    for dialled in ["202", "seat02"] {
        dials(&mut sim, one, dialled);
        hears(&mut sim, one, "ring-back");
        sim.talking(one, two);
        assert_eq!((sim.work("seat01"), sim.work("seat02")), (WorkView::Talking, WorkView::Talking));
        sim.hang_up(if dialled == "202" { one } else { two });
        sim.until("both are free", |sim| sim.line(one) == Line::Free && sim.line(two) == Line::Free);
        assert_eq!((sim.work("seat01"), sim.work("seat02")), (WorkView::Idle, WorkView::Idle));
        sim.advance(SECOND);
        let contact = sim.contacts().pop().expect("it is on record");
        assert_eq!((contact.direction, contact.case), (Direction::Internal, None));
        assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Answered), Some(EndedBy::Operator)));
        assert_eq!((contact.from.as_deref(), contact.to.as_deref()), (Some("seat01"), Some(dialled)));
        assert_eq!(contact.recording, None);
    }
    sim.verdict().unwrap_or_else(|why| panic!("{why}\n{}", sim.tale()));
}

#[test]
fn colleague_who_is_busy_refuses_or_does_not_answer_is_told_as_such() {
    for (manner, paused, notice) in [
        (Manner::Rejects(SECOND), false, "numero_occupato"),
        (Manner::Ignores, false, "numero_non_risponde"),
        (Manner::Answers(SECOND), true, "numero_occupato"),
    ] {
        let (mut sim, _) = world(Manner::Ignores);
        let (one, two) = (sim.seat("seat01"), sim.seat("seat02"));
        sim.with_phone(two, |phone, _| phone.manner = manner);
        if paused {
            sim.status("seat02", StatusChange::Pause("pranzo".into()));
        }
        dials(&mut sim, one, "202");
        hears(&mut sim, one, &format!("it/sistema/{notice}"));
        let contact = over(&mut sim, one);
        assert_eq!((contact.outcome, sim.rings(two)), (Some(Outcome::Unreached), usize::from(!paused)));
        assert_eq!((sim.work("seat01"), sim.line(two)), (WorkView::Idle, Line::Free));
    }
}

#[test]
fn operator_who_leaves_a_colleague_s_ringing_phone_stops_it() {
    let (mut sim, _) = world(Manner::Ignores);
    let (one, two) = (sim.seat("seat01"), sim.seat("seat02"));
    sim.with_phone(two, |phone, _| phone.manner = Manner::Ignores);
    dials(&mut sim, one, "202");
    sim.until("it rings", |sim| sim.rings(two) == 1);
    sim.hang_up(one);
    sim.until("the ringing stops", |sim| sim.line(two) == Line::Free);
    over(&mut sim, one);
    assert_eq!(sim.work("seat02"), WorkView::Idle);
}

#[test]
fn operator_reaches_whoever_serves_a_queue() {
    let (mut sim, _) = world(Manner::Ignores);
    let (one, two) = (sim.seat("seat01"), sim.seat("seat02"));
    sim.with_phone(two, |phone, _| phone.manner = Manner::Answers(3 * SECOND));
    dials(&mut sim, one, "301");
    sim.talking(one, two);
    sim.hang_up(two);
    let contact = over(&mut sim, one);
    assert_eq!((contact.direction, contact.outcome), (Direction::Internal, Some(Outcome::Answered)));
    assert_eq!(contact.queue.as_ref().map(|queue| queue.as_str()), Some("anagrafe"));
}

#[test]
fn operator_may_still_call_our_own_numbers_as_citizens_do() {
    let (mut sim, _) = world(Manner::Ignores);
    let seat = sim.seat("seat01");
    dials(&mut sim, seat, "055055");
    hears(&mut sim, seat, "it/benvenuto");
    sim.hang_up(seat);
    let contact = over(&mut sim, seat);
    assert_eq!((contact.direction, contact.case), (Direction::In, None));
}

#[test]
fn colleague_who_was_called_and_gave_the_caller_to_an_office_that_is_busy_has_the_caller_back() {
    let (mut sim, _) = world(Manner::Refused(486));
    let (one, two) = (sim.seat("seat01"), sim.seat("seat02"));
    sim.with_phone(two, |phone, _| phone.manner = Manner::Answers(SECOND));
    dials(&mut sim, one, "202");
    sim.talking(one, two);
    sim.press(two, "*20557954#");
    let comes_back = |fact: &Fact| matches!(fact, Fact::Handling { step: Handing::ComesBack, .. });
    sim.until("the office is busy", |sim| sim.facts.iter().any(|entry| comes_back(&entry.fact)));
    sim.talking(one, two);
    let direct = |fact: &Fact| match fact {
        Fact::SeatRung { direct, .. } => Some(*direct),
        _ => None,
    };
    let direct: Vec<_> = sim.facts.iter().filter_map(|entry| direct(&entry.fact)).collect();
    assert_eq!(direct, [false, true], "the second time by the operator's own wish");
    sim.hang_up(two);
    over(&mut sim, one);
}

// -- asked for by command

fn asks(sim: &mut Sim, number: &str, case: Option<CaseId>) -> Reply {
    let order = DialOrder { seat: "seat01".into(), number: number.to_owned(), case, by: None };
    sim.ask(Command::Dial(order))
}

#[test]
fn seat_that_is_to_call_by_command_rings_first_also_in_a_pause_and_then_the_number() {
    for paused in [false, true] {
        let (mut sim, other) = world(Manner::Answers(3 * SECOND));
        let seat = sim.seat("seat01");
        if paused {
            sim.status("seat01", StatusChange::Pause("richiamate".into()));
        }
        assert!(matches!(asks(&mut sim, CITIZEN, None), Reply::Calling(_)));
        sim.until("the seat rings", |sim| sim.rings(seat) == 1);
        assert_eq!((sim.rings(other), sim.work("seat01")), (0, WorkView::Ringing));
        hears(&mut sim, seat, "ring-back");
        sim.talking(seat, other);
        sim.advance(10 * SECOND);
        sim.hang_up(other);
        let contact = over(&mut sim, seat);
        assert_eq!((contact.direction, contact.outcome), (Direction::Out, Some(Outcome::Answered)));
        assert!((9.0..11.0).contains(&contact.talk_s) && contact.wrap_up_s > 9.0, "{contact:?}");
    }
}

#[test]
fn seat_that_does_not_take_its_own_call_calls_nobody() {
    for manner in [Manner::Rejects(SECOND), Manner::Ignores] {
        let (mut sim, other) = world(Manner::Answers(SECOND));
        let seat = sim.seat("seat01");
        sim.with_phone(seat, |phone, _| phone.manner = manner);
        assert!(matches!(asks(&mut sim, CITIZEN, None), Reply::Calling(_)));
        sim.until("the seat rings", |sim| sim.rings(seat) == 1);
        let contact = over(&mut sim, seat);
        assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Unreached), Some(EndedBy::Operator)));
        assert_eq!((sim.rings(other), sim.work("seat01")), (0, WorkView::Idle));
    }
}

#[test]
fn seat_whose_phone_answers_no_question_is_not_rung_for_a_command() {
    let (mut sim, _) = world(Manner::Answers(SECOND));
    let seat = sim.seat("seat01");
    sim.unplug(seat, true);
    sim.until("it is out of reach", |sim| {
        !sim.engine().distribution().seat(&SeatId::from("seat01")).expect("a seat").reachable
    });
    assert!(matches!(asks(&mut sim, CITIZEN, None), Reply::Refused(why) if why.contains("in reach")));
    assert_eq!(sim.contacts().len(), 0);
}

#[test]
fn what_cannot_be_called_by_command_is_refused_in_words() {
    let (mut sim, _) = world(Manner::Answers(SECOND));
    let before = asks(&mut sim, CITIZEN, None);
    assert!(matches!(before, Reply::Refused(_)), "no phone is there");
    let seat = sim.seat("seat01");
    for (number, case) in
        [("899123456", None), ("112", None), ("055055", None), ("nobody", None), (CITIZEN, Some(CaseId(7)))]
    {
        assert!(matches!(asks(&mut sim, number, case), Reply::Refused(_)), "{number}");
    }
    assert_eq!((sim.rings(seat), sim.contacts().len()), (0, 0));
}

#[test]
fn citizen_whom_a_colleague_does_not_take_comes_back_to_the_seat_that_was_to_call_by_command() {
    let (mut sim, citizen) = world(Manner::Answers(SECOND));
    let (seat, colleague) = (sim.seat("seat01"), sim.seat("seat02"));
    sim.with_phone(colleague, |phone, _| phone.manner = Manner::Ignores);
    let Reply::Calling(call) = asks(&mut sim, CITIZEN, None) else { panic!("the seat is free") };
    sim.talking(seat, citizen);
    let act = TalkAct::Give("202".to_owned());
    sim.command(Command::Talk(TalkOrder { call, act, by: "ada".to_owned() }));
    sim.until("the operator has given the citizen away", |sim| sim.line(seat) == Line::Free);
    sim.until("it rings there", |sim| sim.rings(colleague) == 1);
    sim.talking(seat, citizen);
    sim.hang_up(citizen);
    let contact = over(&mut sim, seat);
    assert_eq!(contact.outcome, Some(Outcome::Answered));
    assert_eq!((sim.work("seat02"), contact.talks.len()), (WorkView::Idle, 2));
}

#[test]
fn citizen_who_hangs_up_while_the_one_who_called_is_rung_again_has_ended_the_call() {
    let (mut sim, citizen) = world(Manner::Answers(SECOND));
    let seat = sim.seat("seat01");
    let colleague = sim.seat("seat02");
    sim.with_phone(colleague, |phone, _| phone.manner = Manner::Rejects(SECOND));
    dials(&mut sim, seat, CITIZEN);
    sim.talking(seat, citizen);
    sim.with_phone(seat, |phone, _| phone.manner = Manner::Ignores);
    sim.press(seat, "*2202#");
    let comes_back = |fact: &Fact| matches!(fact, Fact::Handling { step: Handing::ComesBack, .. });
    sim.until("the seat is rung again", |sim| sim.facts.iter().any(|entry| comes_back(&entry.fact)));
    sim.advance(SECOND);
    sim.hang_up(citizen);
    let contact = over(&mut sim, seat);
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Answered), Some(EndedBy::Citizen)));
}

#[test]
fn operator_whom_a_flow_leads_to_an_office_talks_with_it() {
    for (manner, outcome) in
        [(Manner::Answers(SECOND), Outcome::Transferred), (Manner::Rejects(SECOND), Outcome::Unserved)]
    {
        let setting = Setting::demo().with_gateway().with_flow(scenarios_transfer::FLOW);
        let mut sim = Sim::with(setting, 1);
        let office = sim.gateway(&[]);
        sim.with_phone(office, |phone, _| phone.manner = manner);
        let seat = sim.seat("seat01");
        dials(&mut sim, seat, "055055");
        if outcome == Outcome::Transferred {
            sim.talking(seat, office);
            sim.hang_up(office);
        }
        let contact = over(&mut sim, seat);
        assert_eq!((contact.outcome, contact.case), (Some(outcome), None));
    }
}

#[test]
fn operator_whom_a_colleague_gives_to_a_flow_is_led_to_an_office_like_a_citizen() {
    let setting = Setting::demo().with_gateway().with_flow(scenarios_transfer::FLOW);
    let mut sim = Sim::with(setting, 1);
    let office = sim.gateway(&[]);
    let (seat, colleague) = (sim.seat("seat01"), sim.seat("seat02"));
    sim.with_phone(colleague, |phone, _| phone.manner = Manner::Answers(SECOND));
    dials(&mut sim, seat, "202");
    sim.talking(seat, colleague);
    sim.press(colleague, "*2055055#");
    sim.talking(seat, office);
    sim.hang_up(office);
    hears(&mut sim, seat, "it/grazie");
    over(&mut sim, seat);
}

// -- emergencies

/// Help comes to this place.
fn place(config: &mut Config) {
    config.seats.values_mut().for_each(|seat| seat.location = Some("Via Pergolesi 8".to_owned()));
}

fn places(sim: &Sim) -> Vec<(bool, Option<String>)> {
    let place = |fact: &Fact| match fact {
        Fact::Dialled { emergency, location, .. } => Some((*emergency, location.clone())),
        _ => None,
    };
    sim.facts.iter().filter_map(|entry| place(&entry.fact)).collect()
}

#[test]
fn help_is_called_from_any_seat_whatever_its_status_and_permissions_with_its_place() {
    type Before = fn(&mut Sim);
    let befores: [Before; 4] = [
        |_| {},
        |sim| sim.status("seat01", StatusChange::Pause("pranzo".into())),
        |sim| sim.status("seat01", StatusChange::LogOut),
        |sim| sim.command(Command::Stop { drain: 300 * SECOND }),
    ];
    for before in befores {
        let nobody = |config: &mut Config| {
            place(config);
            config.engine.max_calls = 1;
            config.engine.max_calls_per_second = 1;
            config.seats.values_mut().for_each(|seat| seat.may_call.clear());
        };
        let (mut sim, help) = world_with(nobody, Manner::Answers(SECOND));
        let seat = sim.seat("seat01");
        let other = sim.seat("seat02");
        let citizen = sim.call("055055"); // takes the one place that there is
        before(&mut sim);
        dials(&mut sim, seat, "112");
        sim.talking(seat, help);
        assert_eq!(sim.phones[&help].dialled, "112");
        assert_eq!(places(&sim), [(true, Some("Via Pergolesi 8".to_owned()))]);
        dials(&mut sim, other, "118");
        sim.until("the second is let in too", |sim| sim.is_up_on(other));
        sim.hang_up(other);
        sim.hang_up(citizen);
        sim.hang_up(seat);
        let contact = over_or_stopped(&mut sim, seat);
        assert_eq!((contact.outcome, contact.case), (Some(Outcome::Answered), None));
        assert_eq!((contact.to.as_deref(), contact.citizen), (Some("112"), None));
    }
}

#[track_caller]
fn over_or_stopped(sim: &mut Sim, seat: PhoneId) -> ContactLine {
    sim.until("the line is free", |sim| sim.line(seat) == Line::Free);
    sim.verdict().unwrap_or_else(|why| panic!("{why}\n{}", sim.tale()));
    sim.contact(seat)
}

#[test]
fn caller_who_rings_a_seat_that_calls_for_help_goes_to_the_next_and_the_seat_is_left_alone() {
    let (mut sim, help) = world(Manner::Answers(SECOND));
    let seat = sim.seat("seat01");
    sim.with_phone(seat, |phone, _| phone.manner = Manner::Ignores);
    let citizen = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    sim.press(citizen, "1");
    sim.until("the seat is rung", |sim| sim.work("seat01") == WorkView::Ringing);
    // Its phone begins the call before the INVITE is there.
    dials(&mut sim, seat, "112");
    sim.talking(seat, help);
    assert_eq!(sim.work("seat01"), WorkView::Talking);
    sim.advance(60 * SECOND);
    assert_eq!((sim.rings(seat), sim.partner(citizen)), (0, None));
    let other = sim.seat("seat02");
    sim.until("somebody takes the citizen", |sim| sim.talk_together(citizen, other));
    sim.hang_up(citizen);
    sim.hang_up(seat);
    over(&mut sim, seat);
}

#[test]
fn who_helps_hears_the_caller_at_once_and_no_notice_before() {
    for (number, is_told) in [(CITIZEN, true), ("112", false)] {
        let tells = |config: &mut Config| config.dialling.tells_recording = true;
        let (mut sim, other) = world_with(tells, Manner::Answers(SECOND));
        let seat = sim.seat("seat01");
        dials(&mut sim, seat, number);
        sim.until("it is answered", |sim| sim.is_up_on(other));
        sim.advance(Duration::from_millis(100));
        assert_eq!(sim.hears(other, "it/sistema/chiamata_registrata"), is_told, "{}", sim.tale());
        sim.talking(seat, other);
        sim.hang_up(seat);
        over(&mut sim, seat);
    }
}

#[test]
fn phone_gone_wrong_opens_no_more_calls_for_help_than_somebody_could_hold() {
    let (mut sim, _help) = world_with(|config| config.engine.max_calls = 1, Manner::Ignores);
    let seat = sim.seat("seat01");
    let other = sim.seat("seat02");
    // Sooner than the first of them is told that it cannot be.
    for _ in 0..6 {
        dials(&mut sim, seat, "112");
        sim.advance(SECOND / 10);
    }
    assert_eq!(places(&sim).len(), 4, "{}", sim.tale());
    dials(&mut sim, other, "112");
    sim.advance(SECOND / 10);
    assert_eq!(places(&sim).len(), 5, "another seat is let in all the same");
}

#[test]
fn exchange_that_ends_leaves_a_call_for_help_alone() {
    let (mut sim, help) = world(Manner::Answers(SECOND));
    let seat = sim.seat("seat01");
    dials(&mut sim, seat, "112");
    sim.talking(seat, help);
    sim.command(Command::Stop { drain: Duration::ZERO });
    sim.advance(60 * SECOND);
    assert!(sim.talk_together(seat, help) && !sim.stopped);
    sim.hang_up(seat);
    sim.until("stopped", |sim| sim.stopped);
    assert_eq!(sim.contact(seat).ended_by, Some(EndedBy::Operator));
}

#[test]
fn exchange_whose_disk_is_full_calls_help_all_the_same() {
    let (mut sim, help) = world(Manner::Answers(SECOND));
    let seat = sim.seat("seat01");
    let until = sim.now + 600 * SECOND;
    sim.store().stall(until);
    let before = sim.now;
    dials(&mut sim, seat, "112");
    sim.talking(seat, help);
    assert!(sim.now < before + 3 * SECOND);
    sim.hang_up(seat);
    sim.until("the line is free", |sim| sim.line(help) == Line::Free);
}

#[test]
fn help_is_called_by_the_next_trunk_when_the_first_fails() {
    for manner in [Manner::Refused(503), Manner::Refused(486), Manner::Ignores] {
        let two_ways = |config: &mut Config| {
            let mut first = config.trunks[0].clone();
            first.name = "help".into();
            let gateway = first.outgoing.as_mut().expect("a way out");
            (gateway.emergency, gateway.number) = (true, "+39055112".to_owned());
            config.trunks.push(first);
        };
        let (mut sim, help) = world_with(two_ways, manner);
        if manner == Manner::Ignores {
            sim.unplug(help, true);
        }
        let seat = sim.seat("seat01");
        dials(&mut sim, seat, "112");
        if manner == Manner::Ignores {
            sim.advance(2 * SECOND);
            sim.with_phone(help, |phone, _| phone.manner = Manner::Answers(SECOND));
            sim.unplug(help, false);
            sim.talking(seat, help);
        } else {
            let busy = manner == Manner::Refused(486);
            let notice = if busy { "numero_occupato" } else { "numero_non_raggiungibile" };
            hears(&mut sim, seat, &format!("it/sistema/{notice}"));
        }
        let trunk = |fact: &Fact| match fact {
            Fact::NumberCalled { trunk, .. } => Some(trunk.clone()),
            _ => None,
        };
        let trunks: Vec<_> = sim.facts.iter().filter_map(|entry| trunk(&entry.fact)).collect();
        assert_eq!(trunks.first().map(String::as_str), Some("help"), "{trunks:?}");
        assert!(manner == Manner::Ignores || trunks == ["help", "demo"], "{trunks:?}");
    }
}
