//! The switchboard: an event of one module becomes an input of another. It holds no rule of its own.
//!
//! One way in ([`Engine::handle_input`]), one way out ([`Engine::poll_output`]), one alarm clock ([`Engine::poll_timeout`]).
//! The files follow a call: [`arrival`](self) lets it in, `ivr` lets its flow speak, `ringing` rings seats, `talk` joins the two,
//! `sound` lets people hear each other, `calling` calls a number outside, `direct` rings seats that no queue gave, `dialling` makes
//! the calls that operators dial and `clicking` those that are asked for by command, `talking` does what operators want done with a
//! talk, `third` leads whom they ask or give it to, `lines` the second lines of their phones, `lost` finds phones that are gone and serves their citizens again, `monitoring`
//! supervisors who watch over it, `waiting` those who see to the queues, `sending_on` takes callers where they are served sooner, `skills` says who knows what, `tasks` holds back what is no call until seats have time for it, `ending` closes it; `asking` carries
//! a flow's questions to the world outside; `takes` records what
//! the citizen says to the exchange itself, `surveying` says whom surveys ask, `promising` what they are told of call-backs, `in_vain` who called for nothing; `gate` keeps the promises of durability, `service` serves the operators' feature
//! codes, `command` people's commands, `coding` what they write into contacts and cases, `switching` bulletins and emergencies, `speaking` those that are texts, `reload` other
//! files, `restart` what a crash left behind; `recalling` keeps the promises to call citizens back, `recalled` calls them, `paced` where the citizen is called first, `recall_line` has their places, `recall_orders` answers what people ask about them; `call_log` tells the log of calls, `census` says what is held, `audit` mends what cannot be.

mod announcing;
mod arrival;
mod asking;
mod audit;
mod call_log;
mod calling;
mod census;
mod clicking;
mod coding;
mod command;
mod dialling;
mod direct;
mod ending;
mod floor;
mod gate;
mod in_vain;
mod ivr;
mod lines;
mod lost;
mod monitoring;
mod paced;
mod placing;
mod presence;
mod promising;
mod recall_line;
mod recall_orders;
mod recalled;
mod recalling;
mod reload;
mod restart;
mod ringing;
mod sending_on;
mod service;
mod skills;
mod sound;
mod speaking;
mod surveying;
mod switching;
mod takes;
mod talk;
mod talking;
mod tasks;
mod third;
mod unheard;
mod waiting;

pub use asking::{AskId, HttpRequest, Question, Told};
pub use census::{Census, Orphan};
pub use clicking::DialOrder;
pub use coding::{ByHand, CaseAct, Coding, CodingOrder, KnownCase, KnownContact};
pub use command::{CallState, Command, HELP_WITHIN, Metrics, QueueState, Reply, RequestId, SeatState, State};
pub use floor::{OperatorState, SeatAct, SeatOrder};
pub use gate::PATIENCE;
pub use in_vain::{InVainState, RecallOrder};
pub use monitoring::{MonitorAct, MonitorOrder};
pub use recall_orders::{
    BookOrder, CallbackOrder, CallbackReply, CallbackReport, CallbackState, FreeSlot, MOST_LISTED,
    MOST_SLOTS, MoveOrder, Page,
};
pub use recalling::Counts as CallbackCounts;
pub use reload::Files;
pub use skills::{SkillsOrder, SkillsPage};
pub use speaking::{SpeakId, Spoken};
pub use switching::{BulletinState, ClosingState, SlotState, SwitchState};
pub use talking::{TalkAct, TalkOrder};
pub use tasks::TaskState;
pub use waiting::{QueuePage, WaitState, WaitingAct, WaitingOrder};

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;

use crate::acd::{self, Distribution};
use crate::call::{Arrivals, Call, Leg, Presence, Pulses, Purpose};
use crate::config::Config;
use crate::crm::{CaseNumbers, Citizens};
use crate::flow::hours::Calendars;
use crate::flow::published::Version;
use crate::flow::{Bulletin, Flow, FlowRun, QueueFacts};
use crate::ids::{CallId, ContactId, EntityId, FlowId, Language, QueueId, SeatId, Stamps};
use crate::journal::Lsn;
use crate::journal::entry::{Entry, Fact};
use crate::journal::recovery::{OpenTake, Recovered};
use crate::journal::seal::Keys;
use crate::media::library::SoundLibrary;
use crate::media::{self, LegId, PlayId, Sound};
use crate::sip::{self, DialogId, Endpoint, Link, Signalling, Tell, Told as ToldPhones, Transmit};
use crate::survey::Asked;
use crate::switches::Switches;
use crate::time::{Mono, Now, earliest};
use crate::words::SeatView;

use call_log::CallLog;
use gate::{Freed, Gate, Held};
use service::Service;

/// What comes to the exchange from outside.
#[derive(Debug)]
pub enum Input<'a> {
    /// A datagram on a SIP socket.
    Datagram(Link, &'a [u8]),
    /// Bytes of a SIP stream.
    Stream(Link, &'a [u8]),
    /// A SIP stream is gone, or could not be opened.
    StreamClosed(Link),
    /// What the phones of a rehearsal do, where there is no wire.
    Tell(Tell),
    /// The media plane reports.
    Media(media::Event),
    /// Everything up to here survives a killed process.
    Written(Lsn),
    /// Everything up to here survives a power cut.
    Durable(Lsn),
    /// The store cannot write, and has logged why.
    StoreFailed,
    /// A person or a script asks; answered by `Output::Reply`.
    Command(RequestId, Command),
    /// The world outside answers a question of `Output::Ask`.
    Told(AskId, Told),
    /// A text of `Output::Speak` was spoken, or could not be.
    Spoken(SpeakId, Spoken),
    /// Nothing but time has passed.
    Timeout,
}

/// What the exchange wants done outside.
#[derive(Debug)]
pub enum Output {
    /// Send this.
    Transmit(Transmit),
    /// Close this stream.
    CloseStream(Link),
    /// Tell the phones of a rehearsal.
    Tell(Tell),
    /// Tell the media plane.
    Media(media::Command),
    /// Write this down.
    Append {
        /// Its place; places come without gaps.
        lsn: Lsn,
        /// The fact.
        entry: Box<Entry>,
        /// Somebody waits for it to be durable.
        promised: bool,
    },
    /// Answer to a command.
    Reply(RequestId, Reply),
    /// Ask the world outside; answered by `Input::Told`, once.
    Ask(AskId, Question),
    /// Have this text spoken, by language; answered by `Input::Spoken`, once.
    Speak(SpeakId, BTreeMap<Language, String>),
    /// Everything is said and done: the process may end.
    Stopped,
}

/// What an engine is made of.
pub struct Setup {
    /// Checked configuration.
    pub config: Arc<Config>,
    /// Compiled flows.
    pub flows: BTreeMap<FlowId, Arc<Flow>>,
    /// Every sound.
    pub sounds: Arc<SoundLibrary>,
    /// Every version of every published flow that is kept.
    pub versions: Vec<Version>,
    /// What the journal says of the time before.
    pub recovered: Recovered,
    /// Seed of every random choice.
    pub seed: [u8; 32],
    /// A second observer checks the distribution's every decision: slow, for the simulator.
    pub watched: bool,
}

/// Whose leg or dialog it is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Owner {
    Citizen(CallId),
    /// A seat that rings.
    Ringing(CallId, SeatId),
    /// The one that has answered.
    Seat(CallId),
    /// That operator's second line.
    Line(CallId),
    Callee(CallId),
    Service(DialogId),
    Watch(CallId),
}

impl Owner {
    /// The call that the leg takes part in, once it has been answered.
    fn call_of_leg(&self) -> Option<CallId> {
        match self {
            Owner::Citizen(id) | Owner::Seat(id) | Owner::Line(id) | Owner::Callee(id) | Owner::Watch(id) => {
                Some(*id)
            }
            Owner::Ringing(..) | Owner::Service(_) => None,
        }
    }
}

/// The exchange.
pub struct Engine {
    config: Arc<Config>,
    flows: BTreeMap<FlowId, Arc<Flow>>,
    sounds: Arc<SoundLibrary>,
    sip: Signalling,
    acd: Distribution,
    calls: BTreeMap<CallId, Call>,
    runs: BTreeMap<CallId, FlowRun>,
    services: BTreeMap<DialogId, Service>,
    dialogs: BTreeMap<DialogId, Owner>,
    legs: BTreeMap<LegId, Owner>,
    /// When a flow wants to be woken, and whose it is.
    alarms: BTreeSet<(Mono, CallId)>,
    alarm_of: BTreeMap<CallId, Mono>,
    /// What flows wait for, one question a call.
    asked: BTreeMap<CallId, asking::Pending>,
    /// What citizens are asked to say: two a call at most, the one that the flow has given up and the next.
    takes: BTreeMap<AskId, takes::Take>,
    /// When supervisors' phones have rung for long enough; an old one finds nothing to do.
    watch_rings: BTreeMap<(Mono, LegId), CallId>,
    /// What they said before a crash, by file, until whoever mends recordings has told its length.
    cut_off: BTreeMap<String, OpenTake>,
    pulses: Pulses,
    presence: Presence,
    gate: Gate,
    outputs: VecDeque<Output>,
    stamps: Stamps,
    cases: CaseNumbers,
    citizens: Citizens,
    keys: Keys,
    /// The contact whose wrap-up a seat is in, or was in last, and the queue it came by.
    last_contact: BTreeMap<SeatId, (ContactId, QueueId)>,
    seats_seen: BTreeMap<SeatId, SeatView>,
    /// The entry that says that we have started; calls are let in once it is safe, so that no start number is used twice.
    started: Lsn,
    /// The journal numbers dialogs on from the last one ever; the endpoint starts at 1.
    first_dialog: u64,
    /// Dialogs that the journal would end after a crash.
    journalled: BTreeSet<DialogId>,
    /// Who asked for the status change being made, for the journal.
    acting: Option<String>,
    /// And what for.
    acting_why: Option<String>,
    /// Who dials log-in codes that are nobody's.
    guesses: floor::Guesses,
    arrivals: Arrivals,
    /// Who was cut off while waiting.
    returning: acd::Returning,
    /// Queues of which something is asked while flows run.
    asked_queues: Arc<placing::AskedQueues>,
    in_vain: in_vain::CalledInVain,
    /// What flows were promised and is not safe yet.
    agreed: BTreeMap<AskId, promising::Agreed>,
    /// Who was asked in a survey, and when.
    asked_in_survey: Asked,
    /// Draws by chance, repeatable.
    chance: ChaCha12Rng,
    /// What supervisors have switched on; the three that follow are how flows see it.
    switches: Switches,
    bulletins: BTreeMap<String, Bulletin>,
    /// For the callers of Enti that have some of their own: these, and everybody's where there is none.
    own_bulletins: BTreeMap<EntityId, BTreeMap<String, Bulletin>>,
    calendars: Calendars,
    /// When the next switch begins, on the wall and on our own clock.
    next_switch: Option<(i64, Mono)>,
    speaking: speaking::Speaking,
    /// What supervisors have said of who knows what.
    skills: acd::LiveSkills,
    /// Who was promised a call.
    recalling: recalling::Recalling,
    /// What flows may ask about queues; brought up to date before each step.
    queue_facts: BTreeMap<QueueId, QueueFacts>,
    counters: command::Counters,
    call_log: CallLog,
    audit: audit::Audit,
    stopping: Option<command::Stopping>,
    last_leg: u64,
    last_play: u64,
}

impl Engine {
    /// An exchange that starts at `now`: what a crash cut off is closed first.
    pub fn new(now: Now, setup: Setup) -> Engine {
        let sip = Endpoint::new(sip_settings(&setup.config), setup.seed);
        Engine::with(now, setup, Signalling::Wire(Box::new(sip)))
    }

    /// The same for a rehearsal: its phones tell what they do by [`Input::Tell`], and are told by [`Output::Tell`].
    pub fn rehearsing(now: Now, setup: Setup) -> Engine {
        let mut engine = Engine::with(now, setup, Signalling::Told(ToldPhones::exchange()));
        (engine.audit, engine.call_log) = (audit::Audit::off(), CallLog::off());
        engine
    }

    fn with(now: Now, setup: Setup, sip: Signalling) -> Engine {
        let Setup { config, flows, sounds, versions, recovered, seed, watched } = setup;
        let queues = config.queues.values().map(|queue| queue.rules.clone()).collect();
        let seats = recovered.state.skills.over(config.seats.values().map(|seat| &seat.rules));
        let distribution = Distribution::new(queues, seats);
        let distribution = if watched { distribution.watched() } else { distribution };
        let mut engine = Engine {
            sip,
            acd: distribution,
            calls: BTreeMap::new(),
            runs: BTreeMap::new(),
            services: BTreeMap::new(),
            dialogs: BTreeMap::new(),
            legs: BTreeMap::new(),
            alarms: BTreeSet::new(),
            alarm_of: BTreeMap::new(),
            asked: BTreeMap::new(),
            takes: BTreeMap::new(),
            watch_rings: BTreeMap::new(),
            cut_off: BTreeMap::new(),
            pulses: Pulses::default(),
            presence: Presence::new(config.engine.presence_every),
            gate: Gate::new(recovered.last, config.engine.max_spooled),
            outputs: VecDeque::new(),
            stamps: Stamps::new(config.engine.node, recovered.next_epoch(config.engine.node)),
            cases: CaseNumbers::after(recovered.state.case_block),
            citizens: Citizens::known(recovered.state.citizens.clone()),
            keys: recovered.keys.clone(),
            first_dialog: recovered.state.last_dialog,
            last_contact: BTreeMap::new(),
            seats_seen: BTreeMap::new(),
            started: Lsn(0),
            journalled: BTreeSet::new(),
            acting: None,
            acting_why: None,
            guesses: floor::Guesses::default(),
            arrivals: Arrivals::default(),
            asked_queues: placing::AskedQueues::of(&config, &flows),
            returning: recovered.state.returning.clone(),
            in_vain: in_vain::CalledInVain::restored(&recovered),
            agreed: BTreeMap::new(),
            asked_in_survey: recovered.state.surveyed.clone(),
            chance: draws(seed),
            switches: recovered.state.switches.clone(),
            bulletins: BTreeMap::new(),
            own_bulletins: BTreeMap::new(),
            calendars: config.calendars.clone(),
            next_switch: None,
            speaking: speaking::Speaking::default(),
            skills: recovered.state.skills.clone(),
            recalling: recalling::Recalling::restored(now, &config, &recovered),
            queue_facts: config.queues.keys().map(|id| (id.clone(), QueueFacts::default())).collect(),
            counters: command::Counters::default(),
            call_log: CallLog::default(),
            audit: audit::Audit::default(),
            stopping: None,
            last_leg: 0,
            last_play: 0,
            config,
            flows,
            sounds,
        };
        engine.recover(now, &recovered);
        engine.tell_versions(now, &recovered.state.flows, versions);
        engine.settle_callbacks(now, None);
        engine.publish_switches(now);
        engine.speak_again();
        engine.settle(now);
        engine
    }

    /// Something has happened. Drain [`Engine::poll_output`] afterwards.
    pub fn handle_input(&mut self, now: Now, input: Input<'_>) {
        self.tell_callbacks_time(now);
        match input {
            Input::Datagram(link, bytes) => self.sip.handle_datagram(now.mono, link, bytes),
            Input::Stream(link, bytes) => self.sip.handle_stream(now.mono, link, bytes),
            Input::StreamClosed(link) => self.sip.handle_stream_closed(now.mono, link),
            Input::Tell(tell) => self.sip.hear(tell),
            Input::Media(event) => self.on_media(now, event),
            Input::Written(lsn) => {
                if self.gate.on_written(now.mono, lsn) {
                    self.on_degraded(now, false);
                }
            }
            Input::Durable(lsn) => self.gate.on_durable(lsn),
            Input::StoreFailed => {
                if self.gate.degrade() {
                    self.on_degraded(now, true);
                }
            }
            Input::Command(request, command) => self.on_command(now, request, command),
            Input::Told(asked, told) => self.on_told(now, asked, told),
            Input::Spoken(text, spoken) => self.on_spoken(now, text, spoken),
            Input::Timeout => self.on_timeout(now),
        }
        self.settle(now);
    }

    /// What is to be done outside, in order.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs
            .pop_front()
            .or_else(|| self.sip.poll_transmit().map(Output::Transmit))
            .or_else(|| self.sip.poll_close().map(Output::CloseStream))
            .or_else(|| self.sip.poll_tell().map(Output::Tell))
    }

    /// When `Input::Timeout` is due; `None`: nothing is.
    pub fn poll_timeout(&self) -> Option<Mono> {
        earliest([
            self.sip.poll_timeout(),
            self.acd.poll_timeout(),
            self.gate.poll_timeout(),
            self.alarms.first().map(|(at, _)| *at),
            self.watch_rings.keys().next().map(|(at, _)| *at),
            self.pulses.poll_timeout(),
            self.presence.poll_timeout(),
            self.switches_timeout(),
            self.recalling.poll_timeout(),
            self.audit_timeout(),
            self.stopping.as_ref().and_then(command::Stopping::poll_timeout),
        ])
    }

    /// Calls are let in: also while degraded, but never before the start itself is durable, or its ids could be given out again.
    pub fn is_ready(&self) -> bool {
        self.gate.is_durable(self.started)
    }

    /// The store does not keep up: calls are served without the promise to be on record.
    pub fn is_degraded(&self) -> bool {
        self.gate.is_degraded()
    }

    /// It would end, were it not for somebody who calls for help.
    pub fn is_helping(&self) -> bool {
        matches!(self.stopping, Some(command::Stopping::Helping { .. }))
    }

    /// No more calls are let in.
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_some()
    }

    fn on_timeout(&mut self, now: Now) {
        if self.gate.on_timeout(now.mono) {
            self.on_degraded(now, true);
        }
        self.sip.handle_timeout(now.mono);
        let (degraded, answered) = (self.gate.is_degraded(), self.gate.answered_degraded());
        self.counters.on_timeout(now.mono, degraded, answered);
        self.call_log.on_timeout(now.mono);
        self.acd.handle_input(now.mono, acd::Input::Timeout);
        self.on_audit_timeout(now);
        while let Some((at, call)) = self.alarms.first().copied() {
            if at > now.mono {
                break;
            }
            self.alarms.pop_first();
            self.alarm_of.remove(&call);
            match self.calls.get(&call).and_then(Call::looks_at) {
                Some(_) => self.look_at_callee(now, call),
                None => self.step_flow(now, call, crate::flow::Input::Timeout),
            }
        }
        self.on_pulses_timeout(now);
        self.ask_phones(now);
        self.on_switches_timeout(now);
        self.on_watch_timeout(now);
        self.on_stopping_timeout(now);
    }

    /// Carry messages between the modules until all are quiet.
    fn settle(&mut self, now: Now) {
        loop {
            // The distribution first: what it has taken back must be so before a phone's next word is heard.
            if let Some(action) = self.acd.poll_action() {
                self.on_acd(now, action);
            } else if let Some(event) = self.sip.poll_event() {
                self.on_sip(now, event);
            } else if let Some(freed) = self.gate.poll_freed() {
                self.on_freed(now, freed);
            } else if let Some(action) = self.recalling.callbacks.poll_action() {
                self.on_callback(now, action, None);
            } else if self.give_task() {
                // a call-back that was held back asks again
            } else if self.pace(now) {
                // a citizen is called first
            } else {
                break;
            }
        }
        self.recalling.set_alarm(now);
        self.stop_when_empty(now);
    }

    fn settle_distribution(&mut self, now: Now) {
        while let Some(action) = self.acd.poll_action() {
            self.on_acd(now, action);
        }
    }

    fn on_sip(&mut self, now: Now, event: sip::Event) {
        use sip::Event as E;
        match event {
            E::Incoming { dialog, invite } => self.on_incoming(now, dialog, *invite),
            E::Cancelled { dialog } => self.on_dialog_over(now, dialog, crate::words::EndedBy::Citizen),
            E::Established { dialog, answer } => self.on_established(now, dialog, answer),
            E::Ringing { .. } => {}
            E::Answered { dialog, answer } => self.on_answered(now, dialog, answer.as_deref()),
            E::Rejected { dialog, status } => self.on_refused(now, dialog, status),
            E::Reoffer { dialog, offer } => self.on_reoffer(now, dialog, offer),
            E::Referred { dialog, referral } => self.on_referred(now, dialog, &referral),
            E::Ended { dialog, how } => self.on_dialog_over(now, dialog, ending::ended_by(how)),
            E::Registered { user, .. } => self.on_registered(now, &user, true),
            E::Unregistered { user, .. } => self.on_registered(now, &user, false),
            E::Present { user } => self.on_present(now, &user),
            E::Key { dialog, key } => self.on_key_told(dialog, key),
            E::Unlinked { dialog } => self.on_unlinked(now, dialog),
            E::Probed { dialog, found } => self.on_probed(now, dialog, found),
            E::RegistrationChanged { .. } => {} // only phones register elsewhere
        }
    }

    fn on_acd(&mut self, now: Now, action: acd::Action) {
        use acd::Action as A;
        match action {
            A::Placed { call, .. } if self.recalling.line.has(call) => {} // nobody is on the line
            A::Placed { call, queue, position } => self.on_placed(now, call, &queue, position),
            A::SendOn { call, queue, rule } => self.on_send_on(now, call, &queue, rule),
            A::Announce { call, position } => self.announce(now, call, position),
            A::Ring { seat, call, queue } => self.ring_seat(now, seat, call, queue),
            A::RingDirect { seat, call } => self.ring_direct(now, seat, call),
            A::Engaged { seat, call } => self.on_engaged(now, &seat, call),
            A::StopRinging { seat, call, why } => {
                if !self.stop_ringing_maker(now, &seat, call) {
                    self.stop_ringing(now, &seat, call, why);
                }
            }
            A::NotTaken { seat, call, why } if self.recalling.line.has(call) => {
                self.on_recall_not_taken(now, &seat, call, why);
            }
            A::NotTaken { seat, call, why } => self.on_not_taken(now, &seat, call, why),
            A::Left { call, exit, .. } if self.recalling.line.has(call) => {
                self.on_recall_left(now, call, exit);
            }
            A::Left { call, queue, exit, .. } => self.on_left_queue(now, call, queue, exit),
            A::SeatChanged { seat, now: view } => self.on_seat_changed(now, seat, view),
        }
    }

    fn on_media(&mut self, now: Now, event: media::Event) {
        use media::Event as E;
        match event {
            E::Opened { leg, port } => match self.legs.get(&leg).cloned() {
                Some(Owner::Citizen(call)) => self.on_citizen_port(now, call, port),
                Some(Owner::Ringing(call, seat)) => self.on_seat_port(now, call, &seat, port),
                Some(Owner::Seat(_)) => {} // has had its port since it rang
                Some(Owner::Line(call)) => self.on_line_port(now, call, port),
                Some(Owner::Callee(call)) => self.on_callee_port(now, call, port),
                Some(Owner::Service(dialog)) => self.on_service_port(now, dialog, port),
                Some(Owner::Watch(call)) => self.on_watch_port(now, call, leg, port),
                None => {} // closed meanwhile; its Close is on the way
            },
            E::OpenFailed { leg, error } => self.on_no_port(now, leg, &error),
            E::Digit { leg, digit } => self.on_digit(now, leg, digit),
            E::Played { leg, play } => self.on_played(now, leg, play),
            E::Silent { leg } => self.on_silent(now, leg),
            E::AnsweredBy { leg, by } => self.on_answered_by(now, leg, by),
            E::Listened { leg, heard } => self.on_listened(now, leg, heard),
            E::Unconfirmed { addr, .. } => self.counters.on_unconfirmed(now.mono, addr),
            E::Recorded { file, length, said } => {
                let ms = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
                self.append(now, Fact::Recorded { file: file.as_ref().into(), ms });
                self.on_take_closed(now, &file, length, said);
            }
            E::RecordingFailed { file, error } => {
                tracing::error!(%file, %error, "a recording could not be written; the call goes on");
                self.append(now, Fact::RecordingFailed { file: file.as_ref().into(), error: error.clone() });
                self.on_take_failed(now, &file, &error);
            }
        }
    }

    fn on_freed(&mut self, now: Now, freed: Freed) {
        match freed.held {
            Held::Answer(call) => self.answer_citizen(now, call),
            Held::Call(leg) if !freed.kept && self.on_recall_unwritten(now, leg) => {}
            Held::Call(leg) => self.invite_callee(now, leg),
            Held::Callback(request) => self.on_callback_kept(request, freed.kept),
            Held::Bridge(call) => self.on_recall_written(now, call),
            Held::Message(id) => self.on_message_kept(now, id, freed.kept),
            Held::Promise(id) => self.on_agreed(now, id, freed.kept),
            Held::Confirm(dialog) => self.on_coding_kept(now, dialog, freed.kept),
            Held::Reply(request) => {
                let reply = if freed.kept { Reply::Done } else { Reply::Unwritten };
                self.outputs.push_back(Output::Reply(request, reply));
            }
        }
    }

    fn on_degraded(&mut self, now: Now, on: bool) {
        let answered = self.gate.answered_degraded();
        self.counters.on_degraded(now.mono, on, answered);
        self.append(now, Fact::Degraded { on, answered });
    }

    // -- what the files of this module share

    fn append(&mut self, now: Now, fact: Fact) -> Lsn {
        self.append_as(now, fact, false)
    }

    fn append_as(&mut self, now: Now, fact: Fact, promised: bool) -> Lsn {
        let seats = &self.config.seats;
        self.call_log.follow(now.mono, &fact, |name| seats.contains_key(name));
        let lsn = self.gate.append(now.mono);
        let entry = Box::new(Entry { at_ms: now.wall_ms(), fact });
        self.outputs.push_back(Output::Append { lsn, entry, promised });
        lsn
    }

    fn media(&mut self, command: media::Command) {
        self.outputs.push_back(Output::Media(command));
    }

    /// A leg towards a peer whose signalling comes over `link`; its port is being bound.
    fn open_leg(&mut self, dialog: Option<DialogId>, link: Link, owner: Owner) -> Leg {
        self.last_leg += 1;
        let media = LegId(self.last_leg);
        if let Some(dialog) = dialog {
            self.dialogs.insert(dialog, owner.clone());
        }
        self.legs.insert(media, owner);
        self.media(media::Command::Open { leg: media });
        let address: IpAddr = self.config.engine.advertise.unwrap_or_else(|| link.local.ip());
        let signalling = link.remote.ip();
        Leg { dialog, media, local: None, address, signalling, media_networks: Arc::default(), held: false }
    }

    /// Forget a leg and close its port.
    fn close_leg(&mut self, leg: &Leg) {
        if let Some(dialog) = leg.dialog {
            self.dialogs.remove(&dialog);
            self.pulses.forget(dialog);
        }
        self.legs.remove(&leg.media);
        self.media(media::Command::Close { leg: leg.media });
    }

    /// Play sounds to the citizen of a call.
    fn play(&mut self, call: CallId, sounds: Vec<Arc<Sound>>, purpose: Purpose, barge_in: bool) {
        self.last_play += 1;
        let play = PlayId(self.last_play);
        let Some(state) = self.calls.get_mut(&call) else { return };
        state.hearing.start(play, purpose);
        let leg = state.citizen.media;
        let repeat = purpose == Purpose::Music;
        self.media(media::Command::Play { leg, play, sounds, repeat, barge_in });
    }

    /// The sound `language/name` of today; a missing one is told, and left out.
    fn sound(&self, language: &str, name: &str) -> Option<Arc<Sound>> {
        let path = format!("{language}/{name}");
        let sound = self.sounds.find(&path).or_else(|| self.speaking.sounds().find(&path)).cloned();
        if sound.is_none() {
            tracing::error!(
                language,
                name,
                "no such sound; add it below sounds/ or run `centralino prompts build`"
            );
        }
        sound
    }
}

/// A generator of its own beside the endpoint's, whose draws nobody outside may learn anything from.
fn draws(seed: [u8; 32]) -> ChaCha12Rng {
    let mut draws = ChaCha12Rng::from_seed(seed);
    draws.set_stream(1);
    draws
}

fn sip_settings(config: &Config) -> sip::Settings {
    let users = config.seats.iter().map(|(id, seat)| (id.as_str().into(), seat.password.reveal().to_owned()));
    let trunks =
        config.trunks.iter().flat_map(|trunk| trunk.from.iter().map(|net| (trunk.name.clone(), *net)));
    sip::Settings {
        realm: config.engine.realm.clone(),
        server: concat!("centralino/", env!("CARGO_PKG_VERSION")).to_owned(),
        users: users.collect(),
        trunks: trunks.collect(),
        advertise: config.engine.advertise,
        ..sip::Settings::default()
    }
}
