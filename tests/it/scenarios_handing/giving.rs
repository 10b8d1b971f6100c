//! The citizen is given away at once.

use centralino::config::Callable;
use centralino::journal::entry::Handing;
use centralino::words::{Outcome, StatusChange};

use super::*;

#[test]
fn citizen_given_to_a_colleague_waits_to_music_and_talks_with_the_colleague() {
    let mut talk = talk();
    talk.manner(talk.colleague, Manner::Answers(5 * SECOND));
    talk.sim.press(talk.operator, "*2202#");
    let (citizen, operator) = (talk.citizen, talk.operator);
    talk.sim.until("the operator is free", |sim| sim.line(operator) == Line::Free);
    assert!(talk.sim.hears(citizen, "music/attesa"));
    assert_eq!((talk.work("seat01"), talk.work("seat02")), (WorkView::WrapUp, WorkView::Ringing));
    talk.together(citizen, talk.colleague);
    talk.sim.advance(7 * SECOND);
    let contact = talk.over();
    assert_eq!((talk.talk_s(&contact, "seat01"), talk.talk_s(&contact, "seat02")), (vec![10], vec![7]));
    assert_eq!(contact.outcome, Some(Outcome::Answered));
}

#[test]
fn citizen_whom_nobody_takes_comes_back_to_the_operator_who_gave_it_also_in_the_wrap_up() {
    for manner in [Manner::Rejects(SECOND), Manner::Ignores, Manner::Refused(503)] {
        let mut talk = talk();
        talk.manner(talk.colleague, manner);
        talk.give("202");
        talk.together(talk.citizen, talk.operator);
        talk.over();
    }
}

#[test]
fn citizen_whom_the_operator_does_not_take_back_either_is_the_next_in_the_queue() {
    let mut talk = talk();
    talk.manner(talk.colleague, Manner::Rejects(SECOND));
    talk.manner(talk.operator, Manner::Rejects(SECOND));
    let later = talk.sim.call("055055");
    talk.sim.until("the menu is read out", |sim| sim.hears(later, "it/menu"));
    talk.give("202");
    talk.sim.press(later, "1");
    talk.sim.until("nobody has taken the citizen", |sim| {
        let queues = |fact: &Fact| matches!(fact, Fact::Handling { step: Handing::Queues, .. });
        sim.facts.iter().any(|entry| queues(&entry.fact))
    });
    talk.sim.seat("seat03");
    let citizen = talk.citizen;
    talk.sim.until("somebody takes the citizen", |sim| sim.partner(citizen).is_some());
    assert_eq!(talk.sim.partner(later), None, "who was served before comes first");
    talk.sim.hang_up(later);
    talk.over();
}

#[test]
fn office_that_takes_nothing_sends_the_citizen_back_to_the_operator() {
    for manner in [Manner::Refused(486), Manner::Ignores] {
        let mut talk = talk();
        talk.manner(talk.office, manner);
        talk.give("0557954");
        assert!(talk.sim.hears(talk.citizen, "music/attesa"));
        talk.together(talk.citizen, talk.operator);
        talk.over();
    }
}

#[test]
fn office_that_answers_has_the_citizen_and_the_flow_goes_on_afterwards() {
    let mut talk = talk();
    talk.manner(talk.office, Manner::Answers(5 * SECOND));
    talk.give("0557954");
    talk.together(talk.citizen, talk.office);
    talk.sim.advance(9 * SECOND);
    talk.sim.hang_up(talk.office);
    let contact = talk.gone();
    assert_eq!(
        (contact.outcome, contact.transferred_to.as_deref()),
        (Some(Outcome::Answered), Some("0557954"))
    );
}

#[test]
fn citizen_given_to_a_queue_keeps_the_waiting_counted_so_far() {
    let mut talk = talk();
    let queue = "tributi";
    let later = talk.sim.call("055055");
    talk.sim.until("the menu is read out", |sim| sim.hears(later, "it/menu"));
    talk.sim.status("seat02", centralino::words::StatusChange::Pause("pranzo".to_owned()));
    talk.sim.press(later, "2");
    talk.sim.until("the other waits", |sim| sim.engine().distribution().waiting_in(&queue.into()) == 1);
    talk.give("302");
    talk.sim.until("both wait", |sim| sim.engine().distribution().waiting_in(&queue.into()) == 2);
    talk.sim.status("seat02", centralino::words::StatusChange::Ready);
    talk.together(talk.citizen, talk.colleague);
    talk.sim.hang_up(later);
    let contact = talk.over();
    assert_eq!(contact.queue.as_ref().map(|queue| queue.as_str()), Some("tributi"));
}

#[test]
fn queue_that_is_closed_or_full_is_refused_and_the_operator_keeps_the_citizen() {
    let full = setting().with_config(|config| {
        let queue = config.queues.get_mut("tributi").expect("the demo has it");
        (queue.rules.max_waiting, queue.schedule) = (1, None);
    });
    let mut talk = talk_in(full);
    talk.sim.status("seat02", centralino::words::StatusChange::Pause("pranzo".to_owned()));
    let other = talk.sim.call("055055");
    talk.sim.until("the menu is read out", |sim| sim.hears(other, "it/menu"));
    talk.sim.press(other, "2");
    talk.sim.until("it waits", |sim| sim.engine().distribution().waiting_in(&"tributi".into()) == 1);
    let why = talk.order(TalkAct::Give("302".to_owned())).unwrap_err();
    assert!(why.contains("full"), "{why}");
    talk.sim.press(talk.operator, "*2302#");
    assert!(talk.sim.hears(talk.operator, "it/sistema/coda_chiusa"));
    talk.together(talk.citizen, talk.operator);
    talk.sim.hang_up(other);
    talk.over();
}

#[test]
fn citizen_who_waits_too_long_in_the_queue_it_was_given_to_comes_back_to_the_operator() {
    let short = setting().with_config(|config| {
        let queue = config.queues.get_mut("tributi").expect("the demo has it");
        queue.rules.max_wait = 30 * SECOND;
    });
    let mut talk = talk_in(short);
    talk.manner(talk.operator, Manner::Rejects(SECOND));
    talk.manner(talk.colleague, Manner::Ignores);
    talk.give("302");
    talk.sim.advance(25 * SECOND);
    talk.manner(talk.operator, Manner::Answers(SECOND));
    talk.together(talk.citizen, talk.operator);
    talk.over();
}

#[test]
fn citizen_given_to_a_number_of_ours_is_led_by_its_flow() {
    let mut talk = talk();
    talk.give("020202");
    let citizen = talk.citizen;
    talk.sim.until("the other flow greets", |sim| {
        sim.plays(citizen).iter().any(|name| name.contains("benvenuto"))
    });
    assert_eq!(talk.work("seat01"), WorkView::WrapUp);
    let contact = talk.over();
    assert_eq!(contact.entity.as_str(), "milano");
}

#[test]
fn seat_that_may_not_call_citizens_reaches_none_by_a_talk_either() {
    let offices_alone = |config: &mut Config| {
        config.destinations.offices = vec!["+390557954".to_owned()];
        config.seats.values_mut().for_each(|seat| seat.may_call = [Callable::Offices].into());
    };
    let mut talk = talk_in(setting().with_config(offices_alone));
    let citizen = "3337654321".to_owned();
    for act in [TalkAct::Consult(citizen.clone()), TalkAct::Give(citizen)] {
        let why = talk.order(act).expect_err("it may not");
        assert!(why.contains("may_call"), "{why}");
    }
    talk.sim.press(talk.operator, "*23337654321#");
    talk.sim.advance(5 * SECOND);
    assert!(talk.sim.talk_together(talk.citizen, talk.operator), "the talk goes on");
    assert_eq!(talk.sim.phones[&talk.office].dialled, "", "nobody was called");
    talk.give("0557954");
    talk.together(talk.citizen, talk.office);
    talk.over();
}

#[test]
fn help_is_not_called_through_a_talk() {
    let mut talk = talk();
    for act in [TalkAct::Consult("112".to_owned()), TalkAct::Give("112".to_owned())] {
        let why = talk.order(act).expect_err("not through somebody's talk");
        assert!(why.contains("from the phone itself"), "{why}");
    }
    assert_eq!(talk.sim.phones[&talk.office].dialled, "");
    talk.over();
}

/// Whoever leaves the first queue waits in a second one.
const TWO_QUEUES: &str = r##"
schema: 1
id: "055055"
languages: [it]
start: prima
prompts:
  fine: {it: "Arrivederci."}
defaults:
  queue: {exits: {answered: fine, closed: fine, full: fine, no_seats: fine, timeout: fine}}
nodes:
  prima: {type: queue, queue: anagrafe, exits: {answered: seconda}}
  seconda: {type: queue, queue: tributi}
  fine: {type: hangup, prompt: fine}
"##;

#[test]
fn citizen_who_was_not_given_to_a_full_queue_waits_from_now_on_in_the_next_one() {
    let full = |config: &mut Config| {
        config.queues.get_mut("polizia-locale").expect("in the demo").rules.max_waiting = 0;
    };
    let mut talk = talk_after(setting().with_config(full).with_flow(TWO_QUEUES), |_, _| {});
    talk.sim.status("seat02", StatusChange::Pause("pranzo".into()));
    talk.order(TalkAct::Give("polizia-locale".to_owned())).expect_err("it is full");
    talk.sim.hang_up(talk.operator);
    let waits = |fact: &Fact| match fact {
        Fact::Queued { queue, since_ms, .. } if queue.as_str() == "tributi" => Some(*since_ms),
        _ => None,
    };
    talk.sim.until("the second queue", |sim| sim.facts.iter().any(|entry| waits(&entry.fact).is_some()));
    let since: Vec<_> = talk.sim.facts.iter().filter_map(|entry| waits(&entry.fact)).collect();
    assert_eq!(since, [None], "since it entered");
    talk.over();
}
