//! Supervisors: they listen to a talk at a seat, whisper to its operator, join in, or take it over.
//!
//! Asked by command, a phone of the supervisor's is rung; by feature code, the phone is there already. While it rings and while it is
//! there, its seat is engaged by the watched call and gets no other. The leg belongs to that call and nobody depends on it: it may come,
//! go or die, and the talk does not change; when the watched seat leaves the talk, the watching ends. Citizens are not told that
//! somebody listens, and everything is on record with who, why, from when and until when. Who takes over becomes the operator of the
//! call: the other one is parted and wraps up, the recording goes on in the same file.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::acd::{self, Direct, DirectRules};
use crate::call::{MAX_WATCHES, Phase, SeatLeg, Watch};
use crate::ids::{CallId, OperatorId, SeatId};
use crate::journal::entry::Fact;
use crate::letters::{LONGEST_REASON, is_line};
use crate::media::LegId;
use crate::sip::{DialogId, Incoming, Link, Outgoing, Target};
use crate::time::Now;
use crate::words::{Status, Watching, WorkView};

use super::{Engine, Owner, Reply};

/// How long a supervisor's phone rings.
const RINGS_FOR: Duration = Duration::from_secs(30);

/// What a supervisor wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MonitorAct {
    /// To hear, or to be heard, like this.
    Watch(Watching),
    /// To have the talk.
    TakeOver,
    /// No more of it.
    End,
}

/// A wish of a supervisor's, who is at a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonitorOrder {
    /// The seat to be watched, by name or extension.
    pub seat: String,
    /// The supervisor's own, likewise.
    pub from: String,
    /// What.
    pub act: MonitorAct,
    /// What for.
    #[serde(default)]
    pub why: Option<String>,
}

/// Why it was not done.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum MonitorError {
    #[error("there is no seat `{0}`; seats.toml has the list, with the extensions")]
    NoSeat(String),
    #[error("nobody is logged in at {0}; `seat login` comes first")]
    NobodyThere(SeatId),
    #[error("{0} is no supervisor; `supervisor = true` in operators.toml or seats.toml makes one")]
    NoSupervisor(OperatorId),
    #[error("a supervisor cannot watch the own seat")]
    OwnSeat,
    #[error("{0} has no talk now; `seat list` shows who has")]
    NoTalk(SeatId),
    #[error("{0} has a call, or wraps one up; end that first")]
    Engaged(SeatId),
    #[error("the phone of {0} is out of reach; wait until it is registered again")]
    OutOfReach(SeatId),
    #[error("{MAX_WATCHES} supervisors are in this talk; that is the most")]
    TooMany,
    #[error("{0} does not watch this seat")]
    NotWatching(SeatId),
    #[error("somebody else is asked about this talk at the moment; wait until that is over")]
    Asking,
    #[error("the reason is at most {LONGEST_REASON} letters on one line")]
    BadReason,
}

impl Engine {
    pub(super) fn order_monitor(&mut self, now: Now, order: &MonitorOrder) -> Reply {
        match self.monitor(now, order) {
            Ok(()) => Reply::Done,
            Err(why) => Reply::Refused(why.to_string()),
        }
    }

    fn monitor(&mut self, now: Now, order: &MonitorOrder) -> Result<(), MonitorError> {
        let why = order.why.clone();
        if why.as_ref().is_some_and(|why| !is_line(why, LONGEST_REASON)) {
            return Err(MonitorError::BadReason);
        }
        let (seat, by) = (self.seat_named(&order.seat)?, self.seat_named(&order.from)?);
        if order.act != MonitorAct::End {
            self.check_supervisor(&by)?;
        }
        let id = self.watchable(&seat, &by)?;
        let known = self.watch_of(id, &by).map(|watch| watch.leg.media);
        match (order.act, known) {
            (MonitorAct::End, Some(leg)) => self.end_watch(now, id, leg),
            (MonitorAct::End, None) => return Err(MonitorError::NotWatching(by)),
            (MonitorAct::Watch(how), Some(leg)) => self.watch_as(now, id, leg, how, why),
            (MonitorAct::TakeOver, Some(leg)) => return self.take_over(now, id, leg),
            (act, None) => {
                let link = self.sip.reach(by.as_str()).ok_or(MonitorError::OutOfReach(by.clone()))?;
                self.may_begin(id, &by, act)?;
                let leg = self.begin_watch(now, id, (seat, by), (None, link), act, why);
                self.watch_rings.insert((now.mono + RINGS_FOR, leg), id);
            }
        }
        Ok(())
    }

    /// A supervisor's phone has dialled the code with a seat's extension; false: what was dialled makes no sense, or may not be.
    pub(super) fn dial_watch(&mut self, now: Now, dialog: DialogId, by: &SeatId, invite: &Incoming) -> bool {
        let Some(target) = invite.to.strip_prefix(&self.config.engine.feature_codes.monitor) else {
            return false;
        };
        let act = MonitorAct::Watch(Watching::Listens);
        let Ok(seat) = self.seat_named(target) else { return false };
        let may = self.check_supervisor(by).and_then(|()| self.watchable(&seat, by));
        let Ok(id) = may.and_then(|id| self.may_begin(id, by, act).map(|()| id)) else { return false };
        let leg = self.begin_watch(now, id, (seat, by.clone()), (Some(dialog), invite.link), act, None);
        self.watch_rings.insert((now.mono + RINGS_FOR, leg), id);
        if let Some(watch) = self.watch_at(id, leg) {
            watch.offer.clone_from(&invite.offer);
        }
        true
    }

    fn seat_named(&self, name: &str) -> Result<SeatId, MonitorError> {
        self.config.seat_named(name).cloned().ok_or_else(|| MonitorError::NoSeat(name.to_owned()))
    }

    /// Whoever is logged in there is a supervisor; where the seat works in its own name, it is a supervisor's.
    fn check_supervisor(&self, by: &SeatId) -> Result<(), MonitorError> {
        if self.acd.seat(by).is_none_or(|view| view.status == Status::LoggedOut) {
            return Err(MonitorError::NobodyThere(by.clone()));
        }
        let operator = self.acd.operator_at(by);
        let is_one = match self.config.operators.people.get(&operator) {
            Some(person) => person.supervisor,
            None => self.config.seats.get(by).is_some_and(|seat| seat.supervisor),
        };
        if is_one { Ok(()) } else { Err(MonitorError::NoSupervisor(operator)) }
    }

    /// The call in which the seat talks.
    fn watchable(&self, seat: &SeatId, by: &SeatId) -> Result<CallId, MonitorError> {
        if seat == by {
            return Err(MonitorError::OwnSeat);
        }
        let call = self.acd.seat(seat).and_then(|view| view.call);
        let id = call.filter(|id| self.calls.get(id).is_some_and(|call| call.has_talk_of(seat)));
        id.ok_or_else(|| MonitorError::NoTalk(seat.clone()))
    }

    fn may_begin(&self, id: CallId, by: &SeatId, act: MonitorAct) -> Result<(), MonitorError> {
        let Some(call) = self.calls.get(&id) else { return Ok(()) };
        if call.watches.len() >= MAX_WATCHES {
            return Err(MonitorError::TooMany);
        }
        if act == MonitorAct::TakeOver && call.third.is_some() {
            return Err(MonitorError::Asking);
        }
        // A wrap-up is not broken into: it would be on record as over.
        let is_at_work = |work: &WorkView| work.is_engaged() || *work == WorkView::WrapUp;
        let is_at_work = self.acd.seat(by).is_none_or(|view| is_at_work(&view.work));
        if is_at_work { Err(MonitorError::Engaged(by.clone())) } else { Ok(()) }
    }

    /// The seat is engaged, and a port is being bound.
    fn begin_watch(
        &mut self,
        now: Now,
        id: CallId,
        (seat, by): (SeatId, SeatId),
        (dialog, link): (Option<DialogId>, Link),
        act: MonitorAct,
        why: Option<String>,
    ) -> LegId {
        let engages = Direct::Dialled(DirectRules::default());
        self.acd.handle_input(now.mono, acd::Input::Direct(by.clone(), id, engages));
        let leg = self.open_leg(dialog, link, Owner::Watch(id));
        let (media, takes_over) = (leg.media, act == MonitorAct::TakeOver);
        let how = if let MonitorAct::Watch(how) = act { how } else { Watching::Listens };
        let rings_until = Some(now.mono + RINGS_FOR);
        let watch = Watch { seat, by, how, takes_over, why, rings_until, offer: None, leg };
        if let Some(call) = self.calls.get_mut(&id) {
            call.watches.push(watch);
        }
        media
    }

    fn watch_of(&self, id: CallId, by: &SeatId) -> Option<&Watch> {
        self.calls.get(&id)?.watches.iter().find(|watch| watch.by == *by)
    }

    fn watch_at(&mut self, id: CallId, leg: LegId) -> Option<&mut Watch> {
        self.calls.get_mut(&id)?.watches.iter_mut().find(|watch| watch.leg.media == leg)
    }

    fn watch_with(&mut self, id: CallId, dialog: DialogId) -> Option<LegId> {
        let mut watches = self.calls.get(&id)?.watches.iter();
        watches.find(|watch| watch.leg.dialog == Some(dialog)).map(|watch| watch.leg.media)
    }

    // -- the phone

    /// The port is bound: ring the phone, or answer it.
    pub(super) fn on_watch_port(&mut self, now: Now, id: CallId, leg: LegId, port: u16) {
        let Some(watch) = self.watch_at(id, leg) else { return };
        let (by, seat, dialled, offered) =
            (watch.by.clone(), watch.seat.clone(), watch.leg.dialog, watch.offer.take());
        let local = watch.leg.on_port(port);
        let Some(dialog) = dialled else {
            let offer = local.offer();
            return self.invite_watch(now, id, leg, (by, seat), offer);
        };
        let Some(offer) = offered else {
            let offer = local.offer();
            return self.sip.answer(now.mono, dialog, offer);
        };
        match local.answer(&offer) {
            Ok((answer, agreed)) => {
                let command = watch.leg.set_remote(&agreed);
                self.media(command);
                self.sip.answer(now.mono, dialog, answer);
            }
            Err(error) => {
                self.sip.reject(now.mono, dialog, error.status(), None);
                self.end_watch(now, id, leg);
            }
        }
    }

    fn invite_watch(
        &mut self,
        now: Now,
        id: CallId,
        leg: LegId,
        (by, seat): (SeatId, SeatId),
        offer: Vec<u8>,
    ) {
        let from_user = self.config.seats.get(&seat).and_then(|seat| seat.extension.clone());
        let outgoing = Outgoing {
            to: Target::User(by.as_str().into()),
            from_display: Some(format!("Ascolto {seat}")),
            from_user: from_user.unwrap_or_else(|| seat.to_string()),
            offer,
            credentials: None,
        };
        let Ok(dialog) = self.sip.invite(now.mono, outgoing) else { return self.end_watch(now, id, leg) };
        self.dialogs.insert(dialog, Owner::Watch(id));
        if let Some(watch) = self.watch_at(id, leg) {
            watch.leg.dialog = Some(dialog);
        }
    }

    /// The phone that we rang was answered, or the phone that dialled has acknowledged.
    pub(super) fn on_watch_there(
        &mut self,
        now: Now,
        id: CallId,
        dialog: DialogId,
        answer: Option<&[u8]>,
        rung: bool,
    ) {
        let Some(leg) = self.watch_with(id, dialog) else { return };
        let Some(watch) = self.watch_at(id, leg).filter(|watch| !watch.is_there()) else { return };
        let command = watch.leg.on_answer(answer);
        if rung && command.is_none() {
            return self.end_watch(now, id, leg);
        }
        watch.rings_until = None;
        let (how, why, takes_over) = (watch.how, watch.why.clone(), watch.takes_over);
        command.into_iter().for_each(|command| self.media(command));
        self.journal_dialog(now, id.into(), Some(dialog));
        self.pulses.on_alive(now.mono, dialog);
        self.watch_as(now, id, leg, how, why);
        if takes_over && self.take_over(now, id, leg).is_err() {
            self.end_watch(now, id, leg);
        }
    }

    /// The phone has refused, hung up, or died.
    pub(super) fn on_watch_over(&mut self, now: Now, id: CallId, dialog: DialogId) {
        if let Some(leg) = self.watch_with(id, dialog) {
            self.end_watch(now, id, leg);
        }
    }

    /// Phones that have rung for long enough.
    pub(super) fn on_watch_timeout(&mut self, now: Now) {
        while let Some((&(at, leg), &id)) = self.watch_rings.first_key_value()
            && at <= now.mono
        {
            self.watch_rings.remove(&(at, leg));
            if self.watch_at(id, leg).is_some_and(|watch| !watch.is_there()) {
                self.end_watch(now, id, leg);
            }
        }
    }

    // -- in the talk

    /// 1 listens, 2 whispers, 3 joins in, 4 takes over.
    pub(super) fn on_supervisor_key(&mut self, now: Now, id: CallId, leg: LegId, key: char) {
        let how = match key {
            '1' => Watching::Listens,
            '2' => Watching::Whispers,
            '3' => Watching::JoinsIn,
            '4' => return drop(self.take_over(now, id, leg)), // refused: all is as it was
            _ => return,
        };
        if self.watch_at(id, leg).is_some_and(|watch| watch.is_there() && watch.how != how) {
            self.watch_as(now, id, leg, how, None);
        }
    }

    /// Heard by others than before, from now on.
    fn watch_as(&mut self, now: Now, id: CallId, leg: LegId, how: Watching, why: Option<String>) {
        let Some(watch) = self.watch_at(id, leg) else { return };
        watch.how = how;
        if !watch.is_there() {
            return;
        }
        let (seat, by) = (watch.seat.clone(), watch.by.clone());
        let operator = Some(self.acd.operator_at(&by)).filter(|operator| operator.as_str() != by.as_str());
        self.append(now, Fact::Watched { contact: id.into(), seat, by, operator, how, why });
        self.rejoin(now, id);
    }

    /// The supervisor becomes the operator of this call, and the operator is parted.
    fn take_over(&mut self, now: Now, id: CallId, leg: LegId) -> Result<(), MonitorError> {
        let Some(watch) = self.watch_at(id, leg) else { return Ok(()) };
        if !watch.is_there() {
            watch.takes_over = true;
            return Ok(());
        }
        let watched = watch.seat.clone();
        let Some(call) = self.calls.get_mut(&id) else { return Ok(()) };
        if call.third.is_some() {
            return Err(MonitorError::Asking);
        }
        let Some(place) = call.watches.iter().position(|watch| watch.leg.media == leg) else { return Ok(()) };
        let Some(operator) = call.seat.take_if(|operator| operator.seat == watched) else {
            return Err(MonitorError::NoTalk(watched));
        };
        let Watch { by, leg, .. } = call.watches.remove(place);
        let (media, dialog, queue) = (leg.media, leg.dialog, operator.queue.clone());
        call.seat = Some(SeatLeg { seat: by.clone(), queue: queue.clone(), leg });
        call.phase = Phase::Talking(by.clone());
        call.is_parked = false;
        self.heed(media);
        self.legs.insert(media, Owner::Seat(id));
        dialog.map(|dialog| self.dialogs.insert(dialog, Owner::Seat(id)));
        let (contact, new) = (id.into(), by.clone());
        self.append(now, Fact::WatchEnded { contact, by: by.clone(), took_over: true });
        self.arrange(now, id); // before the operator's leg is closed: the recording goes on
        self.end_operator(now, id, operator);
        let operator = self.acd.operator_at(&by);
        self.append(now, Fact::Joined { contact, seat: by, operator, queue: queue.clone(), recording: None });
        self.owes_wrap_up(now, id, &new, &queue);
        Ok(())
    }

    // -- the end

    /// Supervisors leave whose seat is no longer in the talk.
    pub(super) fn end_watches(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        let over = call.watches.iter().filter(|watch| !call.has_talk_of(&watch.seat));
        let over: Vec<_> = over.map(|watch| watch.leg.media).collect();
        for leg in over {
            self.end_watch(now, id, leg);
        }
    }

    /// Every supervisor leaves: the call ends.
    pub(super) fn end_all_watches(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        let all: Vec<_> = call.watches.iter().map(|watch| watch.leg.media).collect();
        for leg in all {
            self.end_watch(now, id, leg);
        }
    }

    pub(super) fn end_watch(&mut self, now: Now, id: CallId, leg: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(place) = call.watches.iter().position(|watch| watch.leg.media == leg) else { return };
        let watch = call.watches.remove(place);
        let (by, was_there) = (watch.by.clone(), watch.is_there());
        self.rejoin(now, id);
        if let Some(dialog) = watch.leg.dialog {
            self.sip.bye(now.mono, dialog); // nothing, when the supervisor has hung up
            self.journal_dialog_over(now, dialog);
        }
        self.close_leg(&watch.leg);
        if was_there {
            self.append(now, Fact::WatchEnded { contact: id.into(), by: by.clone(), took_over: false });
        }
        self.acd.handle_input(now.mono, acd::Input::TalkEnded(by, id));
    }
}
