//! Somebody is asked while the citizen waits.

use centralino::words::{EndedBy, Outcome};

use super::*;
use crate::sim::phone::Seen;

#[test]
fn citizen_hears_music_while_the_operator_asks_a_colleague_and_talks_with_the_colleague_afterwards() {
    let mut talk = talk();
    talk.manner(talk.colleague, Manner::Answers(5 * SECOND));
    talk.consult("202");
    let (citizen, operator, colleague) = (talk.citizen, talk.operator, talk.colleague);
    talk.sim.until("music", |sim| sim.hears(citizen, "music/attesa"));
    assert!(talk.sim.hears(operator, "ring-back"));
    assert_eq!((talk.work("seat01"), talk.work("seat02")), (WorkView::Consulting, WorkView::Ringing));
    talk.together(operator, colleague);
    assert!(talk.sim.hears(citizen, "music/attesa"));
    assert!(!talk.sim.talk_together(citizen, colleague));
    talk.sim.advance(20 * SECOND);
    talk.moves(Move::Complete);
    talk.together(citizen, colleague);
    assert!(!talk.sim.hears(citizen, "music/attesa"));
    talk.sim.until("the operator's phone is free", |sim| sim.line(operator) == Line::Free);
    assert_eq!((talk.work("seat01"), talk.work("seat02")), (WorkView::WrapUp, WorkView::Talking));
    talk.sim.advance(30 * SECOND);
    let contact = talk.over();
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Answered), Some(EndedBy::Citizen)));
    assert_eq!((talk.talk_s(&contact, "seat01"), talk.talk_s(&contact, "seat02")), (vec![10], vec![30]));
    assert!((25.0..27.0).contains(&contact.hold_s), "{}", contact.hold_s);
    assert_eq!(contact.operator.as_ref().map(|operator| operator.as_str()), Some("seat02"));
    assert!(contact.talks.iter().all(|talk| (19.0..21.0).contains(&talk.wrap_up_s)), "{:?}", contact.talks);
}

#[test]
fn operator_goes_back_to_the_citizen_and_the_colleague_has_nothing_to_wrap_up() {
    let mut talk = Talk::asked();
    talk.moves(Move::Back);
    talk.together(talk.citizen, talk.operator);
    assert_eq!((talk.work("seat01"), talk.work("seat02")), (WorkView::Talking, WorkView::Idle));
    let contact = talk.over();
    assert_eq!(talk.talk_s(&contact, "seat02"), Vec::<u64>::new(), "never with the citizen");
}

#[test]
fn operator_goes_to_and_fro_between_the_two_and_whoever_waits_hears_music() {
    let mut talk = Talk::asked();
    talk.moves(Move::Swap);
    talk.together(talk.citizen, talk.operator);
    assert!(talk.sim.hears(talk.colleague, "music/attesa"));
    assert_eq!((talk.work("seat01"), talk.work("seat02")), (WorkView::Talking, WorkView::Holding));
    talk.moves(Move::Swap);
    talk.together(talk.operator, talk.colleague);
    assert!(talk.sim.hears(talk.citizen, "music/attesa") && !talk.sim.hears(talk.colleague, "music/attesa"));
    talk.over();
}

#[test]
fn all_three_hear_each_other_and_each_may_leave() {
    for leaves in 0..3 {
        let mut talk = Talk::asked();
        talk.moves(Move::Merge);
        let all = [talk.citizen, talk.operator, talk.colleague];
        for (one, other) in [(0, 1), (0, 2), (1, 2)] {
            talk.together(all[one], all[other]);
        }
        talk.sim.advance(10 * SECOND);
        talk.sim.hang_up(all[leaves]);
        match leaves {
            0 => {}
            1 => talk.together(talk.citizen, talk.colleague),
            _ => talk.together(talk.citizen, talk.operator),
        }
        talk.sim.advance(10 * SECOND);
        let contact = if leaves == 0 { talk.gone() } else { talk.over() };
        let with = |seat| talk.talk_s(&contact, seat);
        let expected = [(vec![20], vec![10]), (vec![20], vec![20]), (vec![30], vec![10])];
        assert_eq!((with("seat01"), with("seat02")), expected[leaves], "who leaves: {leaves}");
        assert_eq!(contact.outcome, Some(Outcome::Answered));
    }
}

#[test]
fn operator_who_hangs_up_while_asking_leaves_the_citizen_with_whoever_is_asked() {
    for answers_first in [true, false] {
        let mut talk = talk();
        talk.manner(talk.colleague, Manner::Answers(3 * SECOND));
        talk.consult("202");
        if answers_first {
            talk.together(talk.operator, talk.colleague);
        } else {
            let colleague = talk.colleague;
            talk.sim.until("it rings", |sim| matches!(sim.line(colleague), Line::Ringing(_)));
        }
        talk.sim.hang_up(talk.operator);
        talk.together(talk.citizen, talk.colleague);
        assert_eq!(talk.work("seat01"), WorkView::WrapUp);
        talk.over();
    }
}

#[test]
fn colleague_who_hangs_up_gives_the_operator_back_to_the_citizen() {
    let mut talk = Talk::asked();
    talk.sim.hang_up(talk.colleague);
    talk.together(talk.citizen, talk.operator);
    talk.over();
}

#[test]
fn operators_phone_that_dies_with_all_three_together_leaves_citizen_and_colleague_in_their_talk() {
    let mut talk = Talk::asked();
    talk.moves(Move::Merge);
    talk.together(talk.citizen, talk.colleague);
    talk.sim.unplug(talk.operator, true);
    let operator = SeatId::from("seat01");
    talk.sim.until("it is noticed", |sim| {
        sim.facts.iter().any(|entry| matches!(&entry.fact, Fact::Parted { seat, .. } if *seat == operator))
    });
    talk.together(talk.citizen, talk.colleague);
    talk.over();
}

#[test]
fn citizen_who_hangs_up_ends_it_for_all() {
    let mut talk = Talk::asked();
    let contact = talk.over();
    assert_eq!(contact.ended_by, Some(EndedBy::Citizen));
}

#[test]
fn colleague_who_does_not_take_it_leaves_the_operator_with_the_citizen_and_a_word() {
    for manner in [Manner::Rejects(SECOND), Manner::Refused(480), Manner::Ignores] {
        let mut talk = talk();
        talk.manner(talk.colleague, manner);
        talk.consult("202");
        let (citizen, operator) = (talk.citizen, talk.operator);
        talk.sim.until("a word", |sim| sim.hears(operator, "it/sistema/nessuna_risposta"));
        assert!(talk.sim.line(operator) != Line::Free, "{manner:?}");
        talk.together(citizen, operator);
        talk.over();
    }
}

#[test]
fn who_is_engaged_is_not_rung_and_the_operator_hears_why() {
    let mut talk = talk();
    talk.sim.status("seat02", centralino::words::StatusChange::Pause("pranzo".to_owned()));
    talk.sim.press(talk.operator, "*3202#");
    assert!(talk.sim.hears(talk.operator, "it/sistema/collega_occupato"));
    let why = talk.order(TalkAct::Consult("202".to_owned())).unwrap_err();
    assert!(why.contains("seat02"), "{why}");
    assert_eq!(
        talk.order(TalkAct::Move(Move::Complete)).unwrap_err(),
        "nobody is asked; `call consult` comes first"
    );
    assert!(talk.order(TalkAct::Consult("201".to_owned())).is_err(), "the own seat");
    assert!(talk.order(TalkAct::Consult("899123456".to_owned())).is_err(), "costs more than a call");
    talk.together(talk.citizen, talk.operator);
    talk.over();
}

#[test]
fn office_is_asked_by_keys_and_given_the_citizen_by_keys() {
    let mut talk = talk();
    talk.manner(talk.office, Manner::Answers(5 * SECOND));
    talk.sim.press(talk.operator, "*30557954#");
    talk.together(talk.operator, talk.office);
    assert!(talk.sim.hears(talk.citizen, "music/attesa"));
    assert_eq!(talk.sim.phones[&talk.office].dialled, "0557954");
    talk.sim.press(talk.operator, "*5");
    talk.together(talk.citizen, talk.office);
    talk.together(talk.citizen, talk.operator);
    talk.sim.press(talk.operator, "*4");
    talk.together(talk.citizen, talk.office);
    assert_eq!(talk.work("seat01"), WorkView::WrapUp);
    talk.sim.hang_up(talk.office);
    let contact = talk.gone();
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Answered), Some(EndedBy::Callee)));
    assert_eq!(contact.transferred_to.as_deref(), Some("0557954"));
}

#[test]
fn office_that_is_busy_or_hangs_up_leaves_the_operator_with_the_citizen() {
    for manner in [Manner::Refused(486), Manner::Answers(SECOND), Manner::Ignores] {
        let mut talk = talk();
        talk.manner(talk.office, manner);
        talk.consult("0557954");
        if manner == Manner::Answers(SECOND) {
            talk.together(talk.operator, talk.office);
            talk.sim.hang_up(talk.office);
        }
        talk.together(talk.citizen, talk.operator);
        let contact = talk.over();
        assert_eq!(contact.transferred_to, None, "{manner:?}: never with the citizen");
    }
}

#[test]
fn who_mistypes_hears_so_and_goes_on_talking() {
    let mut talk = talk();
    talk.sim.press(talk.operator, "*9");
    assert!(talk.sim.hears(talk.operator, "it/sistema/codice_errato"));
    talk.sim.press(talk.operator, "*4");
    assert!(talk.sim.hears(talk.operator, "it/sistema/codice_errato"));
    talk.together(talk.citizen, talk.operator);
    talk.over();
}

#[test]
fn hold_by_command_plays_music_until_it_is_taken_back() {
    let mut talk = talk();
    talk.order(TalkAct::Hold(true)).expect("a talk can be held");
    assert!(talk.sim.hears(talk.citizen, "music/attesa"));
    assert_eq!(talk.work("seat01"), WorkView::Holding);
    talk.sim.advance(10 * SECOND);
    talk.order(TalkAct::Hold(false)).expect("and taken back");
    talk.together(talk.citizen, talk.operator);
    let contact = talk.over();
    assert!((9.0..11.0).contains(&contact.hold_s), "{}", contact.hold_s);
}

#[test]
fn recording_goes_on_in_one_file_while_people_come_and_go() {
    let mut talk = Talk::asked();
    talk.moves(Move::Merge);
    talk.sim.advance(5 * SECOND);
    talk.moves(Move::Complete);
    talk.sim.advance(5 * SECOND);
    talk.over();
    let closed = talk.sim.facts.iter().filter(|entry| matches!(entry.fact, Fact::Recorded { .. })).count();
    assert_eq!(closed, 1, "{}", talk.sim.tale());
}

#[test]
fn crash_while_somebody_is_asked_ends_the_call_on_every_phone_and_on_record() {
    let mut talk = Talk::asked();
    talk.sim.advance(SECOND);
    talk.sim.crash(centralino::journal::sim_disk::Crash::Kill);
    talk.sim.start_exchange();
    let contact = talk.gone();
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Answered), Some(EndedBy::Crash)));
    assert!(talk.sim.phones[&talk.colleague].seen.contains(&Seen::Ended));
}

#[test]
fn recording_ends_when_the_operator_leaves_a_citizen_who_is_on_hold_by_command() {
    let mut talk = talk();
    assert_eq!(talk.sim.plane().tapes().count(), 1);
    talk.order(TalkAct::Hold(true)).expect("there is a talk");
    talk.sim.until("music is heard", |sim| sim.hears(talk.citizen, "music/attesa"));
    talk.sim.hang_up(talk.operator);
    talk.sim.until("the flow goes on", |sim| sim.hears(talk.citizen, "it/grazie"));
    assert_eq!(talk.sim.plane().tapes().count(), 0, "nobody talks any more");
    talk.gone();
}

#[test]
fn queue_that_is_asked_is_whoever_of_it_is_free_one_after_another() {
    for takes in [true, false] {
        let mut talk = talk();
        talk.manner(talk.colleague, Manner::Rejects(2 * SECOND));
        let third = talk.sim.seat("seat03");
        talk.manner(third, if takes { Manner::Answers(3 * SECOND) } else { Manner::Rejects(3 * SECOND) });
        talk.sim.advance(10 * SECOND);
        talk.consult("302");
        let (citizen, operator) = (talk.citizen, talk.operator);
        assert!(talk.sim.hears(citizen, "music/attesa") && talk.sim.hears(operator, "ring-back"));
        if takes {
            talk.together(operator, third);
            talk.moves(Move::Complete);
            talk.together(citizen, third);
            talk.sim.advance(5 * SECOND);
        } else {
            talk.sim.until("that is said", |sim| sim.hears(operator, "it/sistema/nessuna_risposta"));
            talk.together(citizen, operator);
        }
        let contact = talk.over();
        assert_eq!(talk.talk_s(&contact, "seat03").len(), usize::from(takes));
        assert_eq!(
            contact.queue.as_ref().map(|queue| queue.as_str()),
            Some("anagrafe"),
            "it waits in no other"
        );
    }
}

#[test]
fn queue_of_which_nobody_is_free_is_not_asked() {
    let mut talk = talk();
    talk.sim.status("seat02", centralino::words::StatusChange::Pause("pranzo".to_owned()));
    let why = talk.order(TalkAct::Consult("302".to_owned())).unwrap_err();
    assert!(why.contains("free"), "{why}");
    talk.together(talk.citizen, talk.operator);
    talk.over();
}
