//! What people and scripts ask of a running exchange: a seat's status, the state of everything, an end in order.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::acd;
use crate::call::{Call, Phase, Purpose};
use crate::flood::Flood;
use crate::ids::{CallId, EntityId, QueueId, SeatId};
use crate::journal::entry::Fact;
use crate::sip;
use crate::speech::notice::Notice;
use crate::switches::Switch;
use crate::time::{Mono, Now};
use crate::words::{Direction, EndedBy, Outcome, SeatView, StatusChange};

use super::{
    ClosingState, DialOrder, Engine, Files, MonitorOrder, OperatorState, Output, QueuePage, SeatOrder,
    SwitchState, WaitingOrder,
};

/// The most that citizens' last words may take before the exchange stops all the same.
const LAST_WORDS: Duration = Duration::from_secs(6);

/// How long calls for help hold up the end of the exchange: whoever speaks there longer has been heard.
pub const HELP_WITHIN: Duration = Duration::from_secs(1_800);

/// How long the phones' answers to our last BYEs are waited for; a lost BYE is sent again meanwhile.
const CONFIRM_WITHIN: Duration = Duration::from_secs(2);

/// Why a call is ended that the end of the exchange cuts off.
pub(super) const STOPS: &str = "the exchange stops";

/// Names a command, so that its reply finds the asker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// What may be asked.
#[derive(Clone, Debug)]
pub enum Command {
    /// Everything that `/api/state` shows.
    State,
    /// What `/metrics` shows.
    Metrics,
    /// Change a seat's status.
    SeatStatus(SeatId, StatusChange),
    /// Change a talk.
    Talk(super::TalkOrder),
    /// Ask something of a seat.
    Seat(SeatId, SeatOrder),
    /// What whoever sits there knows.
    Skills(SeatId, super::SkillsOrder),
    /// A seat is to call somebody.
    Dial(DialOrder),
    /// What a supervisor wants of a talk.
    Monitor(MonitorOrder),
    /// What a supervisor wants of those who wait.
    Waiting(WaitingOrder),
    /// Which bulletins and emergencies there are.
    Switches,
    /// Turn one.
    Switch(Switch),
    /// Something about call-backs.
    Callback(super::CallbackOrder),
    /// Something to be written into a contact or a case.
    Coding(super::CodingOrder),
    /// About those who called in vain.
    Recall(super::RecallOrder),
    /// Recordings older than their time were deleted.
    RecordingDeleted(String),
    /// Go on with these files.
    Reload(Box<Files>),
    /// Let in no more calls, wait for those in course, then stop.
    Stop {
        /// The longest wait.
        drain: Duration,
    },
}

/// Answer to a command.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Done, and if it is on record, written down.
    Done,
    /// Done and in force, but not written down: the store does not keep up, and a crash now would undo it.
    Unwritten,
    /// Not done; why, and what to do.
    Refused(String),
    /// The seat rings for this call.
    Calling(CallId),
    /// Call-backs.
    Callbacks(super::CallbackReply),
    /// Who called in vain.
    InVain(Vec<super::InVainState>),
    /// The state.
    State(Box<State>),
    /// What whoever sits at a seat knows.
    Skills(Box<super::SkillsPage>),
    /// A queue and who waits in it.
    Queue(Box<QueuePage>),
    /// Bulletins and emergencies.
    Switches(SwitchState),
    /// The figures.
    Metrics(Metrics),
    /// Other files are in use.
    Reloaded {
        /// `engine.toml` has changed too, which is taken at the next start.
        later: bool,
    },
}

/// The exchange at a moment.
#[derive(Clone, Debug, Serialize)]
pub struct State {
    /// The store does not keep up.
    pub degraded: bool,
    /// Letting in no more calls.
    pub stopping: bool,
    /// By queue.
    pub queues: Vec<QueueState>,
    /// By seat.
    pub seats: Vec<SeatState>,
    /// Who may sit there.
    pub operators: Vec<OperatorState>,
    /// By call.
    pub calls: Vec<CallState>,
}

/// A queue at a moment.
#[derive(Clone, Debug, Serialize)]
pub struct QueueState {
    /// Its id.
    pub id: QueueId,
    /// Its name.
    pub name: String,
    /// Calls that wait, the next first.
    pub waiting: Vec<CallId>,
    /// How long the first has been waiting, in seconds.
    pub longest_wait_s: f64,
    /// Its hours let callers in now.
    pub open: bool,
    /// What closes it now beside its hours.
    pub closings: Vec<ClosingState>,
}

/// A seat at a moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeatState {
    /// Its id.
    pub id: SeatId,
    /// What it does.
    #[serde(flatten)]
    pub view: SeatView,
    /// How long it has had this status, in seconds.
    pub status_s: f64,
    /// How long its work has been what it is, in seconds.
    pub work_s: f64,
    /// How long its phone has been there, or gone, in seconds.
    pub phone_s: f64,
}

/// A call at a moment.
#[derive(Clone, Debug, Serialize)]
pub struct CallState {
    /// Its id, also the contact's.
    pub id: CallId,
    /// Number as received.
    pub from: String,
    /// Number dialled.
    pub to: String,
    /// The body answered for.
    pub entity: EntityId,
    /// `arriving`, `answered`, `flow`, `waiting`, `talking`, `calling`, `transferred`, `leaving`.
    pub phase: &'static str,
    /// The queue it waits in, or came to its seat by.
    pub queue: Option<QueueId>,
    /// The seat that rings or talks.
    pub seat: Option<SeatId>,
}

/// Figures since the start.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    /// Calls in course.
    pub calls: usize,
    /// Calls not let in for want of room.
    pub shed: u64,
    /// Legs whose sound to a third address was stopped.
    pub unconfirmed: u64,
    /// What SIP has refused.
    pub refused: sip::Tally,
    /// Closed contacts of those who called, by outcome.
    pub closed: BTreeMap<Outcome, u64>,
    /// The same of those that operators began.
    pub made: BTreeMap<Outcome, u64>,
    /// Waiting by queue.
    pub waiting: BTreeMap<QueueId, usize>,
    /// Seats logged in and reachable.
    pub seats_ready: usize,
    /// Entries that wait for the store.
    pub spooled: usize,
    /// The store does not keep up.
    pub degraded: bool,
    /// Calls answered while degraded.
    pub answered_degraded: u64,
    /// Contradictions of the distribution that were mended.
    pub mended: u64,
    /// Call-backs.
    pub callbacks: super::CallbackCounts,
}

/// Counted since the start.
#[derive(Debug, Default)]
pub(super) struct Counters {
    shed: Flood,
    unconfirmed: Flood,
    degraded: Flood,
    closed: BTreeMap<Outcome, u64>,
    made: BTreeMap<Outcome, u64>,
}

impl Counters {
    pub(super) fn on_shed(&mut self, now: Mono) {
        if let Some(count) = self.shed.add(now) {
            tracing::warn!(
                count,
                "calls not let in for want of room; see max_calls and max_calls_per_second in engine.toml"
            );
        }
    }

    /// A store at its limit comes and goes many times a second: the journal keeps every turn, the log one a minute.
    pub(super) fn on_degraded(&mut self, now: Mono, on: bool, answered: u64) {
        if let Some(turns) = self.degraded.add(now) {
            tell_degraded(on, turns, answered);
        }
    }

    pub(super) fn on_unconfirmed(&mut self, now: Mono, to: SocketAddr) {
        if let Some(count) = self.unconfirmed.add(now) {
            tracing::warn!(
                count,
                %to,
                "sound to an address that sends nothing was stopped; if it is a trunk's media server, name it in `media` of that trunk"
            );
        }
    }

    /// Tells what is left of floods that have ended; of the store, how it is `now_degraded`: the last turn is the one that matters.
    pub(super) fn on_timeout(&mut self, now: Mono, now_degraded: bool, answered: u64) {
        for (flood, what) in [
            (&mut self.shed, "calls not let in for want of room"),
            (&mut self.unconfirmed, "sound to addresses that send nothing was stopped"),
        ] {
            if let Some(count) = flood.poll(now) {
                tracing::warn!(count, "{what}, in the minute before");
            }
        }
        if let Some(turns) = self.degraded.poll(now) {
            tell_degraded(now_degraded, turns, answered);
        }
    }

    pub(super) fn on_closed(&mut self, direction: Direction, outcome: Outcome) {
        let closed = if direction == Direction::In { &mut self.closed } else { &mut self.made };
        *closed.entry(outcome).or_default() += 1;
    }
}

/// `turns`: how often it has changed since it was told last.
fn tell_degraded(on: bool, turns: u64, answered: u64) {
    if on {
        tracing::warn!(turns, answered, "degraded: the store does not keep up");
    } else {
        tracing::warn!(turns, answered, "no longer degraded: the store keeps up");
    }
}

/// An end in order.
#[derive(Debug)]
pub(super) enum Stopping {
    /// Calls in course may end by themselves until this moment.
    Draining { until: Mono },
    /// Citizens hear a last word until this moment.
    Closing { until: Mono },
    /// Only calls for help are left, until this moment.
    Helping { until: Mono },
    /// Every call is over; their phones may confirm it until this moment.
    Parting { until: Mono },
    /// Everything is said.
    Stopped,
}

impl Stopping {
    pub(super) fn poll_timeout(&self) -> Option<Mono> {
        match self {
            Stopping::Draining { until }
            | Stopping::Closing { until }
            | Stopping::Helping { until }
            | Stopping::Parting { until } => Some(*until),
            Stopping::Stopped => None,
        }
    }
}

impl Engine {
    pub(super) fn on_command(&mut self, now: Now, request: super::RequestId, command: Command) {
        let reply = match command {
            Command::State => Reply::State(Box::new(self.state(now))),
            Command::Metrics => Reply::Metrics(self.metrics()),
            Command::SeatStatus(seat, change) => self.order_seat(now, &seat, change.into()),
            Command::Seat(seat, order) => self.order_seat(now, &seat, order),
            Command::Skills(seat, order) => self.order_skills(now, seat, order),
            Command::Dial(order) => self.order_call(now, order),
            Command::Monitor(order) => self.order_monitor(now, &order),
            Command::Waiting(order) => self.order_waiting(now, order),
            Command::Talk(order) => self.command_talk(now, &order),
            Command::Recall(order) => self.order_recall(now, order),
            Command::Callback(order) => return self.order_callback(now, request, order),
            Command::Coding(order) => return self.order_coding(now, request, order),
            Command::Switches => Reply::Switches(self.switch_state(now)),
            Command::Switch(switch) => return self.command_switch(now, request, switch),
            Command::RecordingDeleted(file) => {
                self.append(now, Fact::RecordingDeleted { file });
                Reply::Done
            }
            Command::Reload(files) => return self.command_reload(now, request, *files),
            Command::Stop { drain } => {
                self.stopping.get_or_insert(Stopping::Draining { until: now.mono + drain });
                self.clear_line(now);
                self.on_stopping_timeout(now);
                Reply::Done
            }
        };
        self.outputs.push_back(Output::Reply(request, reply));
    }

    /// Tell the distribution what a person wants; what changes by it is put down to `by`.
    pub(super) fn ask_distribution(&mut self, now: Now, input: acd::Input, by: &str) {
        self.settle_distribution(now);
        self.acting = Some(by.to_owned());
        self.acd.handle_input(now.mono, input);
        self.settle_distribution(now);
        self.acting = None;
    }

    // -- the end

    pub(super) fn on_stopping_timeout(&mut self, now: Now) {
        match self.stopping {
            Some(Stopping::Draining { until }) if until <= now.mono => self.say_farewell(now),
            Some(Stopping::Closing { until }) if until <= now.mono => {
                self.stopping = Some(Stopping::Helping { until: now.mono + HELP_WITHIN });
                self.close_all(now, |call| !call.is_for_help());
            }
            Some(Stopping::Helping { until }) if until <= now.mono => self.close_all(now, |_| true),
            _ => {}
        }
    }

    /// Talks are ended; whoever is in the flow or waits hears why.
    fn say_farewell(&mut self, now: Now) {
        self.stopping = Some(Stopping::Closing { until: now.mono + LAST_WORDS });
        let calls: Vec<CallId> = self.calls.keys().copied().collect();
        for id in calls {
            let Some(call) = self.calls.get(&id).filter(|call| !call.is_for_help()) else { continue };
            let hears = matches!(call.phase, Phase::Flow | Phase::Waiting(_) | Phase::Calling);
            let sound =
                self.sound_for(id, call.language.as_str(), Notice::ServiceEnds.sound()).filter(|_| hears);
            self.runs.remove(&id);
            self.acd.handle_input(now.mono, acd::Input::Leave(id));
            if hears {
                self.drop_third(now, id);
                self.part_callee(now, id);
            }
            match sound {
                Some(sound) => self.play(id, vec![sound], Purpose::Farewell, false),
                None => self.close_call(now, id, EndedBy::Exchange, Some(STOPS.to_owned())),
            }
        }
    }

    fn close_all(&mut self, now: Now, of: impl Fn(&Call) -> bool) {
        let calls: Vec<CallId> = self.calls.values().filter(|call| of(call)).map(|call| call.id).collect();
        for id in calls {
            self.close_call(now, id, EndedBy::Exchange, Some(STOPS.to_owned()));
        }
        let services: Vec<_> = self.services.keys().copied().collect();
        for dialog in services {
            self.end_service(now, dialog);
        }
    }

    /// While stopping: when the last call is over and its phones know it, so are we.
    pub(super) fn stop_when_empty(&mut self, now: Now) {
        let over = self.calls.is_empty() && self.services.is_empty();
        let until = match self.stopping {
            None | Some(Stopping::Stopped) => return,
            _ if !over => return,
            Some(Stopping::Parting { until }) => until,
            Some(Stopping::Draining { .. } | Stopping::Closing { .. } | Stopping::Helping { .. }) => {
                now.mono + CONFIRM_WITHIN
            }
        };
        if self.sip.is_waiting() && now.mono < until {
            self.stopping = Some(Stopping::Parting { until });
            return;
        }
        self.stopping = Some(Stopping::Stopped);
        self.append_as(now, Fact::Stopped, true);
        while let Some(transmit) = self.sip.poll_transmit() {
            self.outputs.push_back(Output::Transmit(transmit));
        }
        self.outputs.push_back(Output::Stopped);
    }

    // -- what there is to see

    fn state(&self, now: Now) -> State {
        let queues = self.acd.queues().map(|queue| QueueState {
            name: self.config.queues.get(&queue.id).map_or_else(String::new, |config| config.name.clone()),
            longest_wait_s: queue
                .waiting
                .first()
                .map_or(0.0, |first| now.mono.since(first.entered).as_secs_f64()),
            waiting: queue.waiting.iter().map(|waiting| waiting.call).collect(),
            open: self.config.queues.get(&queue.id).is_some_and(|of| of.is_open(&self.calendars, now.wall)),
            closings: self
                .closings_of(&queue.id)
                .filter(|closing| closing.is_in_force(now.wall_ms()))
                .map(ClosingState::from)
                .collect(),
            id: queue.id,
        });
        let seats = self.acd.seats().map(|seat| seat_state(now, seat));
        State {
            degraded: self.gate.is_degraded(),
            stopping: self.stopping.is_some(),
            queues: queues.collect(),
            seats: seats.collect(),
            operators: self.operator_states(),
            calls: self.calls.values().map(call_state).collect(),
        }
    }

    /// The figures.
    pub fn metrics(&self) -> Metrics {
        let waiting = self.config.queues.keys().map(|id| (id.clone(), self.acd.waiting_in(id)));
        let ready = |view: &SeatView| view.reachable && view.status.takes_calls();
        Metrics {
            calls: self.calls.len(),
            shed: self.counters.shed.total(),
            unconfirmed: self.counters.unconfirmed.total(),
            refused: self.sip.tally(),
            closed: self.counters.closed.clone(),
            made: self.counters.made.clone(),
            waiting: waiting.collect(),
            seats_ready: self.acd.seats().filter(|seat| ready(&seat.view)).count(),
            spooled: self.gate.spooled(),
            degraded: self.gate.is_degraded(),
            answered_degraded: self.gate.answered_degraded(),
            mended: self.mended().0,
            callbacks: self.recalling.counts(),
        }
    }
}

pub(super) fn seat_state(now: Now, seat: acd::SeatState) -> SeatState {
    let since = |at| now.mono.since(at).as_secs_f64();
    SeatState {
        id: seat.id,
        status_s: since(seat.status_since),
        work_s: since(seat.work_since),
        phone_s: since(seat.phone_since),
        view: seat.view,
    }
}

fn call_state(call: &Call) -> CallState {
    let (phase, queue) = match &call.phase {
        Phase::Arriving => ("arriving", None),
        Phase::Answered => ("answered", None),
        Phase::Flow => ("flow", None),
        Phase::Waiting(queue) => ("waiting", Some(queue.clone())),
        Phase::Talking(_) => ("talking", call.seat.as_ref().map(|leg| leg.queue.clone())),
        Phase::Calling => ("calling", None),
        Phase::Transferred => ("transferred", None),
        Phase::Leaving => ("leaving", None),
    };
    let made = call.made.as_ref().map(|made| &made.seat);
    let rings = call.seat.as_ref().or(call.ringing.values().next());
    let seat = rings.map(|leg| &leg.seat).or(made);
    CallState {
        id: call.id,
        from: call.from.clone(),
        to: call.to.clone(),
        entity: call.entity.clone(),
        phase,
        queue,
        seat: seat.cloned(),
    }
}
