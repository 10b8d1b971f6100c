//! Talks that operators hand over: asking a colleague or an office, all three together, giving the citizen away; and who is with the
//! citizen when somebody leaves, dies or does not answer.

mod asking;
mod giving;

use std::time::Duration;

use centralino::call::Move;
use centralino::config::Config;
use centralino::crm::ContactLine;
use centralino::engine::{Command, Reply, TalkAct, TalkOrder};
use centralino::ids::{CallId, SeatId};
use centralino::journal::entry::Fact;
use centralino::words::WorkView;

use crate::sim::phone::{Line, Manner, PhoneId};
use crate::sim::{Setting, Sim};

const SECOND: Duration = Duration::from_secs(1);

/// A citizen who talks with the operator at seat01; the colleague at seat02 is free, and there is an office to be called.
struct Talk {
    sim: Sim,
    office: PhoneId,
    citizen: PhoneId,
    operator: PhoneId,
    colleague: PhoneId,
}

/// The demo with a way out, and a wrap-up that can be told from a rest.
fn setting() -> Setting {
    Setting::demo().with_gateway().with_config(|config: &mut Config| {
        config.queues.values_mut().for_each(|queue| queue.rules.wrap_up = 20 * SECOND);
    })
}

fn talk() -> Talk {
    talk_in(setting())
}

fn talk_in(setting: Setting) -> Talk {
    talk_after(setting, |sim, citizen| {
        sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
        sim.press(citizen, "1");
    })
}

/// The citizen does this, and the flow leads to the queue.
fn talk_after(setting: Setting, does: impl FnOnce(&mut Sim, PhoneId)) -> Talk {
    let mut sim = Sim::with(setting, 1);
    let office = sim.gateway(&[]);
    let operator = sim.seat("seat01");
    let citizen = sim.call("055055");
    does(&mut sim, citizen);
    sim.until("they talk", |sim| sim.talk_together(citizen, operator));
    let colleague = sim.seat("seat02");
    sim.advance(10 * SECOND);
    Talk { sim, office, citizen, operator, colleague }
}

impl Talk {
    /// What the exchange says to an order.
    fn order(&mut self, act: TalkAct) -> Result<(), String> {
        let opened = self.sim.facts.iter().find_map(|entry| match entry.fact {
            Fact::ContactOpened { contact, .. } => Some(CallId(contact.0)),
            _ => None,
        });
        let call = opened.expect("somebody has called");
        self.sim.command(Command::Talk(TalkOrder { call, act, by: "ada".to_owned() }));
        match self.sim.replies.last() {
            Some(Reply::Done) => Ok(()),
            Some(Reply::Refused(why)) => Err(why.clone()),
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn consult(&mut self, to: &str) {
        self.order(TalkAct::Consult(to.to_owned())).expect("it can be asked");
    }

    #[track_caller]
    fn give(&mut self, to: &str) {
        self.order(TalkAct::Give(to.to_owned())).expect("it can be given the call");
    }

    #[track_caller]
    fn moves(&mut self, wanted: Move) {
        self.order(TalkAct::Move(wanted)).expect("the move makes sense");
    }

    fn manner(&mut self, phone: PhoneId, manner: Manner) {
        self.sim.with_phone(phone, |phone, _| phone.manner = manner);
    }

    /// The colleague is asked, has answered, and speaks with the operator while the citizen hears music.
    fn asked() -> Talk {
        let mut talk = talk();
        talk.consult("202");
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

    fn talk_s(&self, contact: &ContactLine, seat: &str) -> Vec<u64> {
        let of_seat = contact.talks.iter().filter(|talk| talk.seat.as_str() == seat);
        of_seat.map(|talk| std::time::Duration::from_secs_f64(talk.talk_s).as_secs()).collect()
    }

    /// The citizen hangs up, and nothing of the call is left anywhere; its contact.
    #[track_caller]
    fn over(&mut self) -> ContactLine {
        self.sim.hang_up(self.citizen);
        self.gone()
    }

    #[track_caller]
    fn gone(&mut self) -> ContactLine {
        let citizen = self.citizen;
        self.sim.until("the citizen's line is free", |sim| sim.line(citizen) == Line::Free);
        self.sim.advance(64 * SECOND);
        for phone in [self.operator, self.colleague, self.office] {
            if !self.sim.phones[&phone].unplugged {
                assert_eq!(self.sim.line(phone), Line::Free, "{}", self.sim.tale());
            }
        }
        let census = self.sim.engine().census();
        let left = (census.calls, census.legs, census.dialogs, census.runs, census.alarms);
        assert_eq!((left, census.sip.dialogs), ((0, 0, 0, 0, 0), 0));
        self.sim.verdict().unwrap_or_else(|broken| panic!("{broken}\n{}", self.sim.tale()));
        self.sim.contact(citizen)
    }
}
