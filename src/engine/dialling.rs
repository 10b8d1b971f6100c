//! Operators call: citizens, offices, each other, and help.
//!
//! What a seat dials is judged ([`Config::dialled`](crate::config::Config::dialled)) before anything else. What may not be called is
//! on record as refused, and said to the operator. Otherwise the contact is opened, the seat is held by the call, its phone is
//! answered and hears our ring-back, and whoever is wanted is called: a number outside as a flow's transfer calls one
//! ([`calling`](super)), a colleague or a queue through the distribution. At the answer the operator gets the seat's side of the call
//! ([`Made`]), and all goes on as in a talk with a citizen who called. Where nobody answers, the operator hears why.
//!
//! An emergency call is let in whatever is the matter: no limit, status, list or shutdown stops it, and it is tried by every trunk. Only
//! how many one seat may have at once is bounded.

use std::time::Duration;

use crate::acd::{self, Direct, DirectRules};
use crate::call::{Call, Leg, Made, Phase, Purpose, SeatLeg, Story, Wants, Way, Whom};
use crate::config::{Callable, Dialled, NotDialled};
use crate::ids::{CallId, CaseId, CitizenId, ContactId, EntityId, QueueId, SeatId, TopicId};
use crate::journal::entry::{Destination, Fact, Personal};
use crate::media::library::ring_back;
use crate::media::{self, PlayId};
use crate::phone_number::PhoneNumber;
use crate::sip::{DialogId, Incoming};
use crate::speech::notice::Notice;
use crate::time::Now;
use crate::words::{Direction, EndedBy, NotTaken, Outcome, Status, WorkView};

use super::{Engine, Owner};

/// Language of what operators hear, and of those whom they call until somebody says otherwise.
const LANGUAGE: &str = "it";

/// How long an emergency number is rung by one trunk: those who answer there let nobody wait longer.
const HELP_RINGS_FOR: Duration = Duration::from_secs(120);

/// Calls for help of one seat at once: nobody holds as many, and a phone gone wrong would open them without end, past every other limit.
const MOST_CALLS_FOR_HELP: usize = 4;

/// Longest text dialled that is kept when it is no number.
const LONGEST_DIALLED: usize = 64;

/// Whose rules a call follows where there is no queue at all.
const NO_QUEUE: &str = "none";

/// What an operator wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    /// About this case of before.
    case: Option<CaseId>,
    /// What is dialled.
    pub(super) digits: String,
}

impl Wish {
    /// This is wanted.
    pub(super) fn new(case: Option<CaseId>, digits: String) -> Wish {
        Wish { case, digits }
    }
}

/// A wish that was judged.
pub(super) struct Plan {
    whom: Whom,
    direction: Direction,
    to: Destination,
    pub(super) emergency: bool,
}

/// Who is called, and what about, as far as that is known.
pub(super) struct About {
    citizen: Option<CitizenId>,
    case: Option<CaseId>,
    topic: Option<TopicId>,
}

impl About {
    /// A call that is about it.
    pub(super) fn told_to(self, call: Call) -> Call {
        let About { citizen, case, topic } = self;
        Call { citizen_id: citizen, case, topic, ..call }
    }
}

impl Engine {
    /// A seat has dialled.
    pub(super) fn on_seat_dials(&mut self, now: Now, dialog: DialogId, seat: SeatId, invite: Incoming) {
        let wish = self.wish(&invite.to);
        if wish.as_ref().is_some_and(|wish| self.config.emergency(&wish.digits).is_some()) {
            let wish = wish.expect("it was just looked at");
            return self.call_for_help(now, dialog, seat, invite, wish);
        }
        let Some(wish) = wish.filter(|_| self.stopping.is_none()) else {
            return match self.stopping {
                None => self.on_feature_code(now, dialog, &seat, &invite),
                Some(_) => self.on_call(now, dialog, invite), // which turns it away
            };
        };
        if !self.has_room(now) {
            return self.shed(now, dialog);
        }
        match self.plan(&seat, &wish.digits) {
            Ok(None) => self.on_call_in(now, dialog, invite),
            Ok(Some(plan)) => match self.talk_led_by(&seat) {
                Some(id) if wish.case.is_none() => {
                    self.open_line(dialog, id, invite, Wants::Consult(wish.digits))
                }
                _ => self.dial(now, dialog, seat, invite, (wish, plan)),
            },
            Err(why) => self.refuse_dialled(now, dialog, &seat, &invite, &wish, &why),
        }
    }

    fn dial(&mut self, now: Now, dialog: DialogId, seat: SeatId, invite: Incoming, what: (Wish, Plan)) {
        match self.obstacle(&seat, &what.0) {
            None => self.make_call(now, dialog, seat, invite, what),
            Some(notice) => self.say_only(dialog, &invite, notice),
        }
    }

    /// What the digits ask for; `None`: a feature code.
    fn wish(&self, dialled: &str) -> Option<Wish> {
        let about = dialled.strip_prefix(&self.config.engine.feature_codes.case);
        if let Some((case, digits)) = about.and_then(|rest| rest.split_once('*')) {
            let case = case.parse().ok()?;
            return Some(Wish { case: Some(case), digits: digits.to_owned() });
        }
        (!dialled.starts_with('*')).then(|| Wish { case: None, digits: dialled.to_owned() })
    }

    /// Whom to call and how; nobody: a flow of ours takes the call.
    pub(super) fn plan(&self, seat: &SeatId, digits: &str) -> Result<Option<Plan>, NotDialled> {
        let open = |text: &str| Destination::Public(text.to_owned());
        let (whom, direction, to) = match self.config.dialled(seat, digits)? {
            Dialled::Flow => return Ok(None),
            Dialled::Emergency(number) => return Ok(Some(self.plan_for_help(&number, digits))),
            Dialled::Seat(other) => (Whom::Seat(other), Direction::Internal, open(digits)),
            Dialled::Queue(queue) => (Whom::Queue(queue), Direction::Internal, open(digits)),
            Dialled::Outside(route, whom) => {
                let personal = whom == Callable::Citizens;
                let to = if personal { sealed(digits) } else { open(digits) };
                let (ways, ring_for) = ([Way::from(&route)].into(), self.config.dialling.ring_for);
                (Whom::Outside { ways, personal, ring_for }, Direction::Out, to)
            }
        };
        Ok(Some(Plan { whom, direction, to, emergency: false }))
    }

    fn plan_for_help(&self, number: &PhoneNumber, digits: &str) -> Plan {
        let ways = self.config.emergency_ways(number).iter().map(Way::from).collect();
        let whom = Whom::Outside { ways, personal: false, ring_for: HELP_RINGS_FOR };
        Plan { whom, direction: Direction::Out, to: Destination::Public(digits.to_owned()), emergency: true }
    }

    /// Why the seat cannot call just now.
    pub(super) fn obstacle(&self, seat: &SeatId, wish: &Wish) -> Option<Notice> {
        let view = self.acd.seat(seat)?;
        match wish.case {
            _ if view.status == Status::LoggedOut => Some(Notice::NobodyLoggedIn),
            _ if view.work.is_engaged() => Some(Notice::SeatBusy),
            Some(case) if !self.cases.has_given(case) => Some(Notice::NoSuchCase),
            _ => None,
        }
    }

    /// Nothing stops this call but others like it from the same seat: neither limits nor statuses, lists, an end in order or a store that does not answer.
    fn call_for_help(&mut self, now: Now, dialog: DialogId, seat: SeatId, invite: Incoming, wish: Wish) {
        let Some(number) = self.config.emergency(&wish.digits) else { return };
        let asks = |made: &Made| made.emergency && made.seat == seat;
        let asking = self.calls.values().filter(|call| call.made.as_ref().is_some_and(asks)).count();
        if asking >= MOST_CALLS_FOR_HELP {
            return self.shed(now, dialog);
        }
        let location = self.config.seats.get(&seat).and_then(|seat| seat.location.as_deref());
        tracing::warn!(%seat, %number, location = location.unwrap_or("not in seats.toml"), "emergency call");
        let plan = self.plan_for_help(&number, &wish.digits);
        self.make_call(now, dialog, seat, invite, (Wish { case: None, ..wish }, plan));
    }

    /// The call begins: from here on the operator's phone is its caller.
    fn make_call(
        &mut self,
        now: Now,
        dialog: DialogId,
        seat: SeatId,
        invite: Incoming,
        (wish, plan): (Wish, Plan),
    ) {
        let id = CallId(self.stamps.next_stamp());
        let leg = self.open_leg(Some(dialog), invite.link, Owner::Citizen(id));
        let (made, about) = self.open_made(now, id, &seat, &wish, plan, None);
        let queue = made.queue.clone();
        let wrap_up = self.wrap_up_after(&made);
        let rules = DirectRules { wrap_up, ..DirectRules::default() };
        let begun = about.told_to(self.begun(now, id, leg, &seat));
        let call = Call { to: wish.digits, offer: invite.offer, made: Some(made), ..begun };
        self.calls.insert(id, call);
        // Only a call for help is dialled past what rings: that goes to the next seat.
        let ringing = self.acd.seat(&seat).filter(|view| view.work == WorkView::Ringing);
        if let Some(ringing) = ringing.and_then(|view| view.call) {
            self.acd.handle_input(now.mono, acd::Input::Blocked(seat.clone(), ringing));
        }
        self.acd.handle_input(now.mono, acd::Input::Direct(seat.clone(), id, Direct::Dialled(rules)));
        self.settle_distribution(now); // a wrap-up that this ends is told of the contact before
        self.last_contact.insert(seat, (id.into(), queue));
    }

    pub(super) fn begun(&self, now: Now, id: CallId, leg: Leg, seat: &SeatId) -> Call {
        let entity = self.entity_of_calls(seat);
        let call = Call::begun(id, leg, self.sounds.clone(), (entity, LANGUAGE.into()), now.mono);
        let waits_since_ms = now.wall_ms();
        Call { from: seat.to_string(), story: Story::made(), waits_since_ms, ..call }
    }

    /// Write down who calls whom.
    pub(super) fn open_made(
        &mut self,
        now: Now,
        id: CallId,
        seat: &SeatId,
        wish: &Wish,
        plan: Plan,
        by: Option<String>,
    ) -> (Made, About) {
        let contact = ContactId::from(id);
        let Plan { whom, direction, to, emergency } = plan;
        let is_citizen = matches!(whom, Whom::Outside { personal: true, .. });
        let citizen = if is_citizen { self.citizen_of(now, contact, &wish.digits) } else { None };
        let continues = wish.case.is_some();
        let case = wish.case.or_else(|| is_citizen.then(|| self.next_case(now)));
        let queue = self.config.queue_of_calls(seat).cloned();
        let topic = queue.as_ref().and_then(|queue| self.config.queues.get(queue)?.topic.clone());
        let about = About { citizen, case, topic: topic.filter(|_| is_citizen) };
        let location = self.config.seats.get(seat).and_then(|seat| seat.location.clone());
        let fact = Fact::Dialled {
            contact,
            seat: Some(seat.clone()),
            operator: Some(self.acd.operator_at(seat)),
            direction,
            case,
            continues,
            citizen,
            to,
            entity: self.entity_of_calls(seat),
            topic: about.topic.clone(),
            language: LANGUAGE.into(),
            queue: queue.clone(),
            emergency,
            location: location.filter(|_| emergency),
            by,
            degraded: self.gate.is_degraded(),
            callback: None,
        };
        self.append(now, fact);
        let queue = queue.unwrap_or_else(|| QueueId::from(NO_QUEUE));
        let made = Made {
            seat: seat.clone(),
            queue,
            whom,
            clicked: false,
            emergency,
            records: false,
            turned: false,
            telling: None,
            failed: None,
        };
        (made, about)
    }

    /// In whose name an operator calls.
    fn entity_of_calls(&self, seat: &SeatId) -> EntityId {
        self.config.entity_of_calls(seat).cloned().unwrap_or_else(|| "none".into())
    }

    /// Colleagues have nothing to write up.
    pub(super) fn wrap_up_after(&self, made: &Made) -> Duration {
        match made.whom {
            Whom::Outside { .. } => {
                self.config.queues.get(&made.queue).map_or(Duration::ZERO, |queue| queue.rules.wrap_up)
            }
            Whom::Seat(_) | Whom::Queue(_) => Duration::ZERO,
        }
    }

    /// Nobody is called: on record, and said.
    fn refuse_dialled(
        &mut self,
        now: Now,
        dialog: DialogId,
        seat: &SeatId,
        invite: &Incoming,
        wish: &Wish,
        why: &NotDialled,
    ) {
        let id = CallId(self.stamps.next_stamp());
        let to = match wish.digits.parse::<PhoneNumber>() {
            Ok(number) if !number.is_short() => sealed(&wish.digits),
            _ => Destination::Public(wish.digits.chars().take(LONGEST_DIALLED).collect()),
        };
        let whom = Whom::Queue(NO_QUEUE.into());
        let plan = Plan { whom, direction: Direction::Out, to, emergency: false };
        let nothing = Wish { case: None, ..wish.clone() };
        self.open_made(now, id, seat, &nothing, plan, None);
        let why = Some(why.to_string());
        self.close_contact(now, id.into(), (Direction::Out, Outcome::Refused), EndedBy::Exchange, false, why);
        self.say_only(dialog, invite, Notice::MayNotCall);
    }

    // -- whoever is wanted is called

    /// The operator's phone is there: call.
    pub(super) fn call_out(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if let Some(dialog) = call.citizen.dialog {
            self.pulses.on_alive(now.mono, dialog);
        }
        call.phase = Phase::Calling;
        let Some(made) = call.made.clone() else { return };
        match made.whom {
            Whom::Outside { .. } => {
                self.play(id, vec![ring_back().clone()], Purpose::Music, false);
                self.try_next_way(now, id);
            }
            Whom::Seat(other) => {
                self.play(id, vec![ring_back().clone()], Purpose::Music, false);
                let rules = DirectRules { ring_for: self.config.dialling.ring_for, ..DirectRules::default() };
                self.acd.handle_input(now.mono, acd::Input::Direct(other, id, Direct::Ring(rules)));
            }
            Whom::Queue(queue) => self.enqueue(now, id, crate::flow::Enqueue::plain(queue)),
        }
    }

    /// Call by the next trunk; where there is none left, that is said.
    fn try_next_way(&mut self, now: Now, id: CallId) {
        let Some(made) = self.calls.get_mut(&id).and_then(|call| call.made.as_mut()) else { return };
        let Whom::Outside { personal, ring_for, .. } = made.whom else { return };
        let mut way = made.next_way();
        while let Some(next) = way {
            match self.callee_by(now, id, next, personal, ring_for) {
                Ok(callee) => {
                    if let Some(call) = self.calls.get_mut(&id) {
                        call.callee = Some(callee);
                    }
                    return self.set_alarm(id);
                }
                Err(why) => {
                    tracing::error!(call = %id, %why, "a number cannot be called");
                    let made = self.calls.get_mut(&id).and_then(|call| call.made.as_mut());
                    way = made.and_then(Made::next_way);
                }
            }
        }
        self.tell_unreached(now, id, NotTaken::Unreachable);
    }

    /// The number did not take the call; a call for help goes by the next trunk, whatever this one said.
    pub(super) fn on_number_not_taken(&mut self, now: Now, id: CallId, why: NotTaken) {
        let made = self.calls.get(&id).and_then(|call| call.made.as_ref());
        let more =
            made.is_some_and(|made| matches!(&made.whom, Whom::Outside { ways, .. } if !ways.is_empty()));
        if more { self.try_next_way(now, id) } else { self.tell_unreached(now, id, why) }
    }

    /// The operator hears why nobody comes; then the call is over.
    pub(super) fn tell_unreached(&mut self, now: Now, id: CallId, why: NotTaken) {
        let (notice, by, words) = Engine::why_unreached(why);
        let sound = self.sound_for(id, LANGUAGE, notice.sound());
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.phase = Phase::Leaving;
        if let Some(made) = &mut call.made {
            made.failed = Some((by, words.to_owned()));
        }
        match sound {
            Some(sound) => self.play(id, vec![sound], Purpose::LastWord, false),
            None => self.on_last_word(now, id),
        }
    }

    /// What is said of a number that was not reached, whose doing that is, and in a word.
    pub(super) fn why_unreached(why: NotTaken) -> (Notice, EndedBy, &'static str) {
        match why {
            NotTaken::Rejected => (Notice::NumberBusy, EndedBy::Callee, "it is busy"),
            NotTaken::Missed => (Notice::NoAnswer, EndedBy::Exchange, "nobody answers"),
            NotTaken::Unreachable | NotTaken::CallerLeft | NotTaken::Elsewhere => {
                (Notice::NotReached, EndedBy::Network, "it cannot be reached")
            }
        }
    }

    /// It was heard.
    pub(super) fn on_last_word(&mut self, now: Now, id: CallId) {
        let failed = self.calls.get(&id).and_then(|call| call.made.as_ref()?.failed.clone());
        let (by, why) = failed.unwrap_or((EndedBy::Exchange, "nobody was reached".to_owned()));
        self.close_call(now, id, by, Some(why));
    }

    // -- somebody answers

    /// Whoever was called outside has answered: told first that the talk is recorded where the city wants that.
    pub(super) fn on_number_answered(&mut self, now: Now, id: CallId) {
        if self.recalling.line.is_called(id) {
            return self.introduce(now, id);
        }
        let tells = self.config.dialling.tells_recording;
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (Some(made), Some(callee)) = (&mut call.made, &mut call.callee) else { return };
        callee.look_at = None;
        let (leg, records) = (callee.leg.media, callee.gateway.record);
        let records = records && self.config.queues.get(&made.queue).is_some_and(|queue| queue.record);
        let tells = tells && !made.emergency; // who helps is not kept waiting by words
        let sound = self.sound_for(id, LANGUAGE, Notice::IsRecorded.sound());
        self.set_alarm(id);
        let Some(sound) = sound.filter(|_| tells && records) else { return self.change_places(now, id) };
        self.last_play += 1;
        let play = PlayId(self.last_play);
        if let Some(made) = self.calls.get_mut(&id).and_then(|call| call.made.as_mut()) {
            made.telling = Some(play);
        }
        self.media(media::Command::Play { leg, play, sounds: vec![sound], repeat: false, barge_in: false });
    }

    /// What whoever was called had to hear was heard.
    pub(super) fn on_told_before(&mut self, now: Now, id: CallId, play: PlayId) {
        let Some(made) = self.calls.get_mut(&id).and_then(|call| call.made.as_mut()) else { return };
        if made.telling.take_if(|telling| *telling == play).is_some() {
            match self.recalling.line.is_called(id) {
                true => self.bridge_recall(now, id),
                false => self.change_places(now, id),
            }
        }
    }

    /// Operator and whoever was called change places: from here on the call is like one that came in.
    pub(super) fn change_places(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (Some(made), Some(callee)) = (&mut call.made, call.callee.take()) else { return };
        (made.records, made.turned) = (callee.gateway.record, true);
        let (seat, queue) = (made.seat.clone(), made.queue.clone());
        let leg = std::mem::replace(&mut call.citizen, callee.leg);
        let own = |leg: &Leg, owner: Owner| (leg.dialog, leg.media, owner);
        let owners = [own(&leg, Owner::Seat(id)), own(&call.citizen, Owner::Citizen(id))];
        let operators = leg.media;
        call.seat = Some(SeatLeg { seat: seat.clone(), queue, leg });
        self.heed(operators);
        for (dialog, media, owner) in owners {
            self.legs.insert(media, owner.clone());
            if let Some(dialog) = dialog {
                self.dialogs.insert(dialog, owner);
            }
        }
        self.join(now, id, seat);
    }

    // -- colleagues

    /// The distribution rings a seat that an operator's call wants; false: it is for another call.
    pub(super) fn ring_colleague(&mut self, now: Now, seat: &SeatId, id: CallId) -> bool {
        let Some(call) = self.calls.get(&id) else { return false };
        let Some(made) = &call.made else { return false };
        if made.clicked && made.seat == *seat && call.phase == Phase::Arriving {
            return true; // its port is being bound
        }
        let queue = made.queue.clone();
        let wanted = wants_colleague(call, seat);
        if wanted {
            self.ring_seat(now, seat.clone(), id, queue);
        }
        wanted
    }

    /// The colleague does not take the call, or cannot be had.
    pub(super) fn on_colleague_not_taken(&mut self, now: Now, seat: &SeatId, id: CallId, why: NotTaken) {
        let Some(call) = self.calls.get(&id).filter(|call| call.phase == Phase::Calling) else { return };
        if wants_colleague(call, seat) {
            self.tell_unreached(now, id, why);
        }
    }

    // -- the end

    /// Nobody is rung any more for a call that ends.
    pub(super) fn call_off(&mut self, now: Now, id: CallId) {
        let Some(made) = self.calls.get(&id).and_then(|call| call.made.as_ref()) else { return };
        let other = match &made.whom {
            Whom::Seat(other) => Some(other.clone()),
            Whom::Outside { .. } | Whom::Queue(_) => None,
        };
        for seat in [Some(made.seat.clone()), other].into_iter().flatten() {
            self.acd.handle_input(now.mono, acd::Input::Direct(seat, id, Direct::CallOff));
        }
        self.settle_distribution(now);
    }

    /// Whom the end of the caller's side is put down to: the operator, while that is the operator's.
    pub(super) fn blamed(&self, id: CallId, how: EndedBy) -> EndedBy {
        let call = self.calls.get(&id);
        let operators = call.is_some_and(|call| call.is_operators());
        if operators && how == EndedBy::Citizen { EndedBy::Operator } else { how }
    }

    /// The operator who called has hung up: the seat is free again.
    pub(super) fn release_maker(&mut self, now: Now, id: CallId, made: &Made) {
        self.acd.handle_input(now.mono, acd::Input::TalkEnded(made.seat.clone(), id));
    }
}

/// The call is for this seat, and nobody is asked or comes back meanwhile.
fn wants_colleague(call: &Call, seat: &SeatId) -> bool {
    let wanted = |made: &Made| matches!(&made.whom, Whom::Seat(other) if other == seat);
    call.third.is_none() && call.made.as_ref().is_some_and(wanted)
}

fn sealed(digits: &str) -> Destination {
    Destination::Personal(Personal::Clear(digits.to_owned()))
}
