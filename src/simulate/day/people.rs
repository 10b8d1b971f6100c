//! What people do: callers choose, wait, give up, talk; operators answer, hang up, write down, go on break and home.
//!
//! Everything that a caller does is drawn from the caller's own chance, by what it is for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Event, World};
use crate::engine::{Command, SeatAct, SeatOrder};
use crate::ids::{NodeId, QueueId, SeatId};
use crate::journal::entry::{Destination, Fact, Personal};
use crate::media::LegId;
use crate::simulate::chance::Chance;
use crate::simulate::service::LATEST_ANSWER;
use crate::sip::{DialogId, Incoming};
use crate::words::{Status, StatusChange};

/// The reason of breaks.
const BREAK: &str = "pausa";
/// The key that asks to be called back instead of waiting.
const RECALL_KEY: char = '#';
/// Rings of a phone at home before it is taken.
const AT_HOME: Duration = Duration::from_secs(6);

/// A citizen.
#[derive(Debug)]
pub(super) struct Caller {
    chance: Chance,
    number: Arc<str>,
    dialog: Option<DialogId>,
    pub(super) leg: Option<LegId>,
    /// Where in the flow, and how often there.
    node: Option<NodeId>,
    visits: BTreeMap<NodeId, u64>,
    /// Counts what the flow has led to: a key thought of before goes nowhere.
    step: u32,
    waits: bool,
    has_waited: bool,
    talks: u64,
    /// With whom.
    seat: Option<SeatId>,
    /// The queue that the last talk came by.
    queue: Option<QueueId>,
}

impl Caller {
    pub(super) fn new(chance: Chance, number: Arc<str>) -> Caller {
        Caller {
            chance,
            number,
            dialog: None,
            leg: None,
            node: None,
            visits: BTreeMap::new(),
            step: 0,
            waits: false,
            has_waited: false,
            talks: 0,
            seat: None,
            queue: None,
        }
    }

    /// The line is free.
    pub(super) fn gone(&mut self) {
        (self.dialog, self.leg, self.waits) = (None, None, false);
        self.step += 1;
    }
}

impl World<'_> {
    pub(super) fn on_event(&mut self, event: Event) {
        match event {
            Event::Arrives(caller) => self.arrive(caller),
            Event::Presses { caller, step, keys } => self.press(caller, step, &keys),
            Event::GivesUp(caller) if self.callers[caller].waits => self.hang_up(caller),
            Event::WantsRecall(caller) if self.callers[caller].waits => {
                let step = self.callers[caller].step;
                self.press(caller, step, &RECALL_KEY.to_string());
            }
            Event::GivesUp(_) | Event::WantsRecall(_) => {}
            Event::TalkOver(caller) => self.end_talk(caller),
            Event::PicksUp(dialog) => {
                if let Some(offer) = self.ringing.remove(&dialog) {
                    self.phones.answer(self.now, dialog, offer.as_deref());
                }
            }
            Event::WrapUpOver(seat) => {
                self.command(Command::Seat(seat, SeatOrder { act: SeatAct::Release, by: None, why: None }));
            }
            Event::SeatOn(duty) => self.switch_on(duty),
            Event::SeatOff(duty) => self.change(duty, StatusChange::Next(Status::LoggedOut)),
            Event::Break(duty) => self.change(duty, StatusChange::Next(Status::Paused(BREAK.to_owned()))),
            Event::Back(duty) => self.change(duty, StatusChange::Ready),
        }
    }

    // -- citizens

    fn arrive(&mut self, caller: usize) {
        let number = self.callers[caller].number.clone();
        let dialog = self.phones.call(self.now, &self.day.scenario.number, &number);
        self.callers[caller].dialog = dialog;
        if let Some(dialog) = dialog {
            self.by_dialog.insert(dialog, caller);
        }
    }

    fn press(&mut self, caller: usize, step: u32, keys: &str) {
        let Some(leg) = self.callers[caller].leg.filter(|_| self.callers[caller].step == step) else {
            return;
        };
        keys.chars().for_each(|key| self.plane.handle_digit(leg, key));
    }

    fn hang_up(&mut self, caller: usize) {
        let Some(dialog) = self.callers[caller].dialog else { return };
        self.phones.hang_up(self.now, dialog);
        self.on_over(dialog);
    }

    /// One of the two hangs up.
    fn end_talk(&mut self, caller: usize) {
        let Caller { chance, talks, .. } = self.callers[caller];
        let by_operator = chance.named("ends").of(talks).share() < self.day.scenario.operator_ends;
        let seat = self.callers[caller].seat.take();
        match seat.and_then(|seat| self.at_seat.remove(&seat)).filter(|_| by_operator) {
            Some(dialog) => self.phones.hang_up(self.now, dialog),
            None => self.hang_up(caller),
        }
    }

    /// Where the flow, and the queue, have led a caller.
    pub(super) fn on_fact(&mut self, fact: &Fact) {
        match fact {
            Fact::ContactOpened { contact, from: Personal::Clear(number), .. }
            | Fact::Dialled { contact, to: Destination::Personal(Personal::Clear(number)), .. } => {
                if let Some(caller) = self.by_number.get(number.as_str()) {
                    self.by_contact.insert(*contact, *caller);
                }
            }
            Fact::Parted { contact, seat } => {
                let caller = self.by_contact.get(contact).copied();
                self.wrap_up(caller, seat);
            }
            Fact::ContactClosed { contact, .. } => drop(self.by_contact.remove(contact)),
            _ => {
                if let Some(caller) = self.caller_of(fact) {
                    self.follow(caller, fact);
                }
            }
        }
    }

    fn follow(&mut self, caller: usize, fact: &Fact) {
        match fact {
            Fact::NodeEntered { node, .. } => {
                self.callers[caller].step += 1;
                self.callers[caller].node = Some(node.clone());
                self.choose(caller);
            }
            Fact::AskedAgain { .. } => self.choose(caller),
            Fact::Queued { queue, .. } => self.wait(caller, queue),
            Fact::QueueLeft { .. } => self.callers[caller].waits = false,
            Fact::Joined { seat, queue, .. } => self.talk(caller, seat, queue),
            _ => {}
        }
    }

    /// A key for the menu that is heard, if this caller has one.
    fn choose(&mut self, caller: usize) {
        let Some(node) = self.callers[caller].node.clone() else { return };
        let Some(choices) = self.day.scenario.choices.get(node.as_str()) else { return };
        let of = &mut self.callers[caller];
        let visit = of.visits.entry(node.clone()).or_insert(0);
        *visit += 1;
        let chance = of.chance.named(node.as_str()).of(*visit);
        let mut share = chance.share();
        let chosen = choices.keys.iter().find(|(_, of)| {
            share -= of;
            share < 0.0
        });
        let Some((keys, _)) = chosen else { return };
        let (step, keys) = (of.step, keys.clone());
        let think = self.day.scenario.think.quantile(chance.named("think").share());
        self.after(think, Event::Presses { caller, step, keys });
    }

    fn wait(&mut self, caller: usize, queue: &QueueId) {
        let of = &mut self.callers[caller];
        of.waits = true;
        if std::mem::replace(&mut of.has_waited, true) {
            return; // patience counts from the first queue on
        }
        let (chance, scenario) = (of.chance, &self.day.scenario);
        if let Some(patience) = scenario.manner_in(queue).patience {
            self.after(patience.quantile(chance.named("patience").share()), Event::GivesUp(caller));
        }
        if chance.named("recall").share() < scenario.recall.accept {
            let after = scenario.recall.after.quantile(chance.named("recall after").share());
            self.after(after, Event::WantsRecall(caller));
        }
    }

    fn talk(&mut self, caller: usize, seat: &SeatId, queue: &QueueId) {
        let of = &mut self.callers[caller];
        (of.waits, of.seat, of.queue) = (false, Some(seat.clone()), Some(queue.clone()));
        of.talks += 1;
        let share = of.chance.named("talk").of(of.talks).share();
        let talk = self.day.scenario.manner_in(queue).talk.quantile(share);
        self.after(talk, Event::TalkOver(caller));
    }

    // -- seats

    fn wrap_up(&mut self, caller: Option<usize>, seat: &SeatId) {
        let Some(of) = caller.map(|caller| &self.callers[caller]) else { return };
        let scenario = &self.day.scenario;
        let manner = of.queue.as_ref().map_or(&scenario.manner, |queue| scenario.manner_in(queue));
        let Some(wrap_up) = manner.wrap_up else { return };
        let share = of.chance.named("wrap-up").of(of.talks).share();
        self.after(wrap_up.quantile(share), Event::WrapUpOver(seat.clone()));
    }

    fn switch_on(&mut self, duty: usize) {
        let day = self.day;
        let Some(duty) = day.scenario.duties.get(duty) else { return };
        let Some(seat) = day.service.config.seats.get(&duty.seat) else { return };
        self.phones.switch_on(self.now, &duty.seat, seat.password.reveal());
        self.drain();
        self.command(Command::SeatStatus(duty.seat.clone(), StatusChange::LogIn));
    }

    fn change(&mut self, duty: usize, change: StatusChange) {
        if let Some(duty) = self.day.scenario.duties.get(duty) {
            self.command(Command::SeatStatus(duty.seat.clone(), change));
        }
    }

    /// A phone rings: a seat's, or that of a citizen who is called back.
    pub(super) fn on_ringing(&mut self, dialog: DialogId, invite: Incoming) {
        self.phones.ring(self.now, dialog);
        let seat = SeatId::from(invite.to.as_str());
        if self.day.service.config.seats.contains_key(&seat) {
            let caller = self.by_number.get(invite.from.as_str()).map(|caller| &self.callers[*caller]);
            let share = caller.map_or(0.5, |of| of.chance.named("picks up").of(of.talks).share());
            self.ringing.insert(dialog, invite.offer);
            self.at_seat.insert(seat, dialog);
            return self.after(
                self.day.scenario.picks_up.quantile(share).min(LATEST_ANSWER),
                Event::PicksUp(dialog),
            );
        }
        let Some(caller) = self.by_number.get(invite.to.as_str()).copied() else { return };
        self.callers[caller].dialog = Some(dialog);
        self.by_dialog.insert(dialog, caller);
        let answers = self.callers[caller].chance.named("at home").share() < self.day.scenario.recall.answer;
        if answers {
            self.ringing.insert(dialog, invite.offer);
            self.after(AT_HOME, Event::PicksUp(dialog));
        }
    }
}
