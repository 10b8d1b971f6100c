//! Operators' phones with two lines: the second call of a talk, the phone's own attended transfer, and a phone that takes the place of
//! another of its seat.

use std::time::Duration;

use centralino::call::Move;
use centralino::engine::{Command, TalkAct, TalkOrder};
use centralino::ids::CallId;
use centralino::journal::entry::{Fact, Handing};
use centralino::words::{Outcome, WorkView};

use crate::sim::phone::{GATEWAY, Line, Manner, PhoneId, Seen};
use crate::sim::{Setting, Sim};

const SECOND: Duration = Duration::from_secs(1);

/// A citizen who talks with seat01; seat02 is free, and there is an office outside.
struct Talk {
    sim: Sim,
    office: PhoneId,
    citizen: PhoneId,
    operator: PhoneId,
    colleague: PhoneId,
}

fn talk() -> Talk {
    let setting = Setting::demo().with_gateway().with_config(|config| {
        config.queues.values_mut().for_each(|queue| queue.rules.wrap_up = 20 * SECOND);
    });
    let mut sim = Sim::with(setting, 1);
    let office = sim.gateway(&[]);
    let operator = sim.seat("seat01");
    let citizen = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    sim.press(citizen, "1");
    sim.until("they talk", |sim| sim.talk_together(citizen, operator));
    let colleague = sim.seat("seat02");
    sim.with_phone(colleague, |phone, _| phone.manner = Manner::Answers(3 * SECOND));
    sim.advance(10 * SECOND);
    Talk { sim, office, citizen, operator, colleague }
}

impl Talk {
    fn opens_line(&mut self, number: &str) {
        self.sim.with_phone(self.operator, |phone, now| phone.open_line(now, number));
    }

    /// The operator has a second line on which the colleague has answered.
    fn asked() -> Talk {
        let mut talk = talk();
        talk.opens_line("202");
        talk.together(talk.operator, talk.colleague);
        talk
    }

    #[track_caller]
    fn together(&mut self, a: PhoneId, b: PhoneId) {
        self.sim.until("the two hear each other", |sim| sim.talk_together(a, b));
    }

    fn work(&self, seat: &str) -> WorkView {
        self.sim.work(seat)
    }

    /// The phone's transfer key.
    fn transfers(&mut self) {
        self.sim.with_phone(self.operator, |phone, now| phone.joins_lines(now));
    }

    /// The citizen hangs up, and nothing of the call is left anywhere.
    #[track_caller]
    fn over(&mut self) -> centralino::crm::ContactLine {
        let citizen = self.citizen;
        self.sim.hang_up(citizen);
        self.sim.advance(64 * SECOND);
        for phone in [self.operator, self.colleague, self.office] {
            assert_eq!(self.sim.line(phone), Line::Free, "{}", self.sim.tale());
            assert!(self.sim.phones[&phone].aside.is_none());
        }
        let census = self.sim.engine().census();
        assert_eq!((census.calls, census.legs, census.dialogs, census.sip.dialogs), (0, 0, 0, 0));
        self.sim.verdict().unwrap_or_else(|broken| panic!("{broken}\n{}", self.sim.tale()));
        self.sim.contact(citizen)
    }
}

#[test]
fn second_line_to_a_colleague_is_a_consultation_and_the_phones_transfer_joins_citizen_and_colleague() {
    for from_first in [false, true] {
        let mut talk = talk();
        talk.opens_line("202");
        let (citizen, operator, colleague) = (talk.citizen, talk.operator, talk.colleague);
        talk.sim.until("the operator hears that it rings", |sim| !sim.plays(operator).is_empty());
        assert!(talk.sim.hears(citizen, "music/attesa"));
        talk.together(operator, colleague);
        assert!(talk.sim.hears(citizen, "music/attesa"));
        assert_eq!((talk.work("seat01"), talk.work("seat02")), (WorkView::Consulting, WorkView::Talking));
        talk.sim.advance(10 * SECOND);
        if from_first {
            talk.sim.with_phone(operator, |phone, now| {
                phone.hold(now, true);
                phone.swap_lines();
            });
        }
        talk.transfers();
        talk.together(citizen, colleague);
        talk.sim.until("both lines are over", |sim| {
            sim.line(operator) == Line::Free && sim.phones[&operator].aside.is_none()
        });
        assert_eq!(talk.work("seat01"), WorkView::WrapUp);
        talk.sim.advance(30 * SECOND);
        let contact = talk.over();
        let talks: Vec<_> = contact.talks.iter().map(|talk| talk.seat.as_str()).collect();
        assert_eq!(talks, ["seat01", "seat02"]);
        assert!((29.0..32.0).contains(&contact.talks[1].talk_s), "{}", contact.talks[1].talk_s);
        assert_eq!((contact.outcome, talk.sim.contacts().len()), (Some(Outcome::Answered), 1));
        assert!(contact.recording.is_some());
    }
}

#[test]
fn transfer_to_a_colleague_who_still_rings_gives_the_citizen_away() {
    let mut talk = talk();
    talk.opens_line("202");
    let (citizen, operator, colleague) = (talk.citizen, talk.operator, talk.colleague);
    talk.sim
        .until("it rings", |sim| matches!(sim.line(colleague), Line::Ringing(_)) && sim.is_up_on(operator));
    talk.transfers();
    talk.sim.until("the operator is out", |sim| sim.line(operator) == Line::Free);
    talk.together(citizen, colleague);
    talk.over();
}

#[test]
fn operator_goes_back_and_forth_by_holding_one_line_and_brings_all_together_by_holding_none() {
    let mut talk = Talk::asked();
    let (citizen, operator, colleague) = (talk.citizen, talk.operator, talk.colleague);
    let holds = |talk: &mut Talk, on| talk.sim.with_phone(operator, |phone, now| phone.hold(now, on));
    let other = |talk: &mut Talk| talk.sim.with_phone(operator, |phone, _| phone.swap_lines());
    holds(&mut talk, true);
    talk.sim.advance(SECOND);
    other(&mut talk);
    holds(&mut talk, false);
    talk.together(citizen, operator);
    assert!(talk.sim.hears(colleague, "music/attesa"));
    assert_eq!((talk.work("seat01"), talk.work("seat02")), (WorkView::Talking, WorkView::Holding));
    holds(&mut talk, true);
    talk.sim.advance(SECOND);
    other(&mut talk);
    holds(&mut talk, false);
    talk.together(operator, colleague);
    assert!(talk.sim.hears(citizen, "music/attesa"));
    other(&mut talk);
    holds(&mut talk, false);
    talk.together(citizen, operator);
    assert!(talk.sim.hears_phone(citizen, colleague) && talk.sim.hears_phone(colleague, citizen));
    other(&mut talk);
    talk.sim.hang_up(operator);
    talk.sim.until("the colleague is out", |sim| sim.line(colleague) == Line::Free);
    talk.together(citizen, operator);
    let contact = talk.over();
    assert_eq!(contact.talks.len(), 2);
}

#[test]
fn second_line_that_leads_to_nobody_says_why_and_the_talk_goes_on() {
    for (number, sound) in [("202", "it/sistema/nessuna_risposta"), ("203", "it/sistema/collega_occupato")] {
        let mut talk = talk();
        talk.sim.with_phone(talk.colleague, |phone, _| phone.manner = Manner::Rejects(SECOND));
        talk.opens_line(number);
        let (citizen, operator) = (talk.citizen, talk.operator);
        talk.sim.until("the operator hears why", |sim| sim.hears(operator, sound));
        talk.sim.until("the second line is over", |sim| sim.phones[&operator].aside.is_none());
        talk.sim.with_phone(operator, |phone, now| phone.hold(now, false));
        talk.together(citizen, operator);
        assert_eq!(talk.work("seat01"), WorkView::Talking);
        talk.over();
    }
}

#[test]
fn citizen_and_office_go_on_when_the_phone_joins_its_lines_or_dies() {
    for dies in [false, true] {
        let mut talk = talk();
        talk.opens_line("0557954");
        let (citizen, operator, office) = (talk.citizen, talk.operator, talk.office);
        assert_eq!(&*talk.sim.phones[&office].name, GATEWAY);
        talk.together(operator, office);
        talk.sim.advance(5 * SECOND);
        if dies {
            talk.sim.unplug(operator, true);
        } else {
            talk.transfers();
        }
        talk.together(citizen, office);
        talk.sim.advance(20 * SECOND);
        if dies {
            talk.sim.with_phone(operator, |phone, now| {
                phone.hang_up(now);
                phone.hang_up(now);
                phone.unplugged = false;
            });
        }
        let contact = talk.over();
        assert_eq!(contact.transferred_to.as_deref(), Some("0557954"));
    }
}

#[test]
fn citizen_who_hangs_up_ends_both_lines() {
    let mut talk = Talk::asked();
    let contact = talk.over();
    assert_eq!(contact.talks.len(), 1, "who was only asked has no talk");
}

#[test]
fn other_phone_of_the_seat_takes_the_talk_over_and_those_of_others_may_not() {
    let mut talk = talk();
    let (citizen, operator, colleague) = (talk.citizen, talk.operator, talk.colleague);
    let own = talk.sim.phones[&operator].replaces(talk.sim.line(operator)).expect("it is up");
    let own = format!("Replaces: {own}");
    let takes = |talk: &mut Talk, phone, header: &str| {
        let adds = Some(header.to_owned());
        talk.sim.with_phone(phone, |phone, now| {
            phone.adds = adds;
            phone.dial(now, "201");
        });
    };
    for (header, status) in [
        (own.clone(), 403),
        (format!("{own};early-only"), 486),
        ("Replaces: x;to-tag=1;from-tag=2".into(), 481),
    ] {
        takes(&mut talk, colleague, &header);
        talk.sim.until(&header, |sim| sim.phones[&colleague].seen.contains(&Seen::Refused(status)));
    }
    let second = talk.sim.seat_phone("seat01");
    talk.sim.advance(SECOND);
    takes(&mut talk, second, &own);
    talk.together(citizen, second);
    talk.sim.until("the first phone is out", |sim| sim.line(operator) == Line::Free);
    assert_eq!(talk.work("seat01"), WorkView::Talking);
    talk.sim.advance(10 * SECOND);
    let contact = talk.over();
    assert_eq!((contact.talks.len(), contact.recording.is_some()), (1, true));
    assert!(contact.talks[0].talk_s > 20.0);
}

#[test]
fn phone_that_takes_over_and_is_never_heard_of_again_leaves_a_consultation_as_it_is() {
    let mut talk = talk();
    let (citizen, operator, colleague) = (talk.citizen, talk.operator, talk.colleague);
    talk.sim.press(operator, "*3202#");
    talk.together(operator, colleague);
    let own = talk.sim.phones[&operator].replaces(talk.sim.line(operator)).expect("it is up");
    let second = talk.sim.seat_phone("seat01");
    talk.sim.advance(SECOND);
    let before = talk.sim.engine().census().dialogs;
    talk.sim.with_phone(second, |phone, now| {
        phone.adds = Some(format!("Replaces: {own}"));
        phone.dial(now, "201");
    });
    talk.sim.until("its INVITE has come", |sim| sim.engine().census().dialogs > before);
    talk.sim.unplug(second, true); // our 200 reaches nobody
    for held in [true, false] {
        talk.sim.with_phone(operator, |phone, now| phone.hold(now, held));
        talk.sim.advance(SECOND);
        assert_eq!(talk.work("seat01"), WorkView::Consulting);
    }
    talk.sim.until("nobody waits for its ACK any more", |sim| sim.engine().census().dialogs == before);
    talk.sim.advance(SECOND);
    talk.together(operator, colleague);
    assert!(talk.sim.hears(citizen, "music/attesa"));
    assert_eq!((talk.work("seat01"), talk.work("seat02")), (WorkView::Consulting, WorkView::Talking));
    talk.sim.hang_up(colleague);
    talk.together(citizen, operator);
    talk.sim.with_phone(second, |phone, now| phone.hang_up(now));
    talk.over();
}

#[test]
fn keys_and_commands_do_what_the_phones_own_transfer_does() {
    let mut talk = Talk::asked();
    let opened = talk.sim.facts.iter().find_map(|entry| match entry.fact {
        Fact::ContactOpened { contact, .. } => Some(CallId(contact.0)),
        _ => None,
    });
    let (call, act) = (opened.expect("somebody has called"), TalkAct::Move(Move::Complete));
    talk.sim.command(Command::Talk(TalkOrder { call, act, by: "ada".to_owned() }));
    talk.together(talk.citizen, talk.colleague);
    let is_asked = |fact: &Fact| matches!(fact, Fact::Handling { step: Handing::Consults { by, .. }, .. } if by == "phone");
    assert!(talk.sim.facts.iter().any(|entry| is_asked(&entry.fact)));
    talk.over();
}
