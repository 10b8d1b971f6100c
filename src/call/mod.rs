//! A call: all legs of one conversation, and the rules that need no neighbour to be stated.
//!
//! A call *arrives* (its port is being bound and its first fact written), is *answered*, is led by its flow, *waits* in a
//! queue or for a number to answer, *talks* with an operator or with whoever was called, perhaps goes back to its flow, and ends. [`Plan`] says who hears whom in a talk; [`Story`] keeps what decides the outcome; [`Hearing`]
//! what the citizen hears now and what must happen when it has been heard; [`Pulses`] whether the phones are still there. The engine carries messages between the call and
//! SIP, media, flow and distribution.

mod announcements;
mod arrivals;
mod conversation;
mod hearing;
mod keyed;
mod line;
mod made;
mod presence;
mod pulse;
mod story;
mod surveyed;
mod tags;
mod third;
mod watch;

pub use announcements::{Announcements, Said, WaitTold};
pub use arrivals::Arrivals;
pub use conversation::{Part, Party, Plan};
pub use hearing::{Hearing, Purpose};
pub use keyed::{Keyed, KeyedAct};
pub use line::{Line, Wants, stage_by_holds};
pub use made::{Made, Way, Whom};
pub use presence::Presence;
pub use pulse::{PulseDue, Pulses};
pub use story::Story;
pub use surveyed::{Served, Surveyed};
pub use tags::Tags;
pub use third::{Giver, Move, Next, Stage, Third};
pub use watch::{MAX_WATCHES, Watch};

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;

use crate::acd::Entering;
use crate::config::Gateway;
use crate::flow::{Enqueue, Flow};
use crate::ids::{CallId, CaseId, CitizenId, EntityId, Language, QueueId, SeatId, TopicId};
use crate::media::library::SoundLibrary;
use crate::media::{self, LegId, Recording, Sound};
use crate::sdp;
use crate::sip::DialogId;
use crate::time::Mono;
use crate::words::{Direction, NotTaken};

/// One side of a call: a dialog plus its media.
#[derive(Clone, Debug)]
pub struct Leg {
    /// The SIP side; `None` until our INVITE is on its way.
    pub dialog: Option<DialogId>,
    /// The media side.
    pub media: LegId,
    /// Our SDP; `None` until the port is bound.
    pub local: Option<sdp::Local>,
    /// Our address as the peer is told.
    pub address: IpAddr,
    /// Where the peer's signalling came from last.
    pub signalling: IpAddr,
    /// Where its media servers may be, beside `signalling`: sound goes there on the word of its SDP alone.
    pub media_networks: Arc<[IpNet]>,
    /// The peer has put us on hold.
    pub held: bool,
}

/// How far a call is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// INVITE received; port or journal not ready.
    Arriving,
    /// 200 sent, ACK awaited.
    Answered,
    /// In the hands of its flow.
    Flow,
    /// Has a place in this queue.
    Waiting(QueueId),
    /// Joined with the operator at this seat.
    Talking(SeatId),
    /// Waits for a number outside to answer, or for a seat to which it was given.
    Calling,
    /// Joined with whoever answered there.
    Transferred,
    /// Hears a last word.
    Leaving,
}

/// The seat's side of a call, from the moment it is rung.
#[derive(Clone, Debug)]
pub struct SeatLeg {
    /// Which seat.
    pub seat: SeatId,
    /// For which queue.
    pub queue: QueueId,
    /// SIP and media.
    pub leg: Leg,
}

/// The side of somebody outside who is called for the citizen, from the moment the number is known.
#[derive(Clone, Debug)]
pub struct Callee {
    /// As the trunk wants it dialled.
    pub dialled: String,
    /// The number tells something about a person.
    pub personal: bool,
    /// By which trunk.
    pub trunk: Arc<str>,
    /// The way out by it, as it was when the number was judged.
    pub gateway: Arc<Gateway>,
    /// When the ringing ends.
    pub rings_until: Mono,
    /// When to look how far it is; `None`: it was answered.
    pub look_at: Option<Mono>,
    /// SIP and media.
    pub leg: Leg,
}

/// Whom a queue has sent on to a number outside.
#[derive(Clone, Debug, PartialEq)]
pub struct SentOn {
    /// The queue.
    pub queue: QueueId,
    /// By which of its rules.
    pub rule: usize,
    /// The place that is had back when nobody answers.
    pub place: Entering,
    /// When it was left.
    pub left: Mono,
    /// Somebody has answered.
    pub answered: bool,
}

/// One call.
#[derive(Debug)]
pub struct Call {
    /// Its id, also the contact's.
    pub id: CallId,
    /// Number as received, `anonymous` when withheld.
    pub from: String,
    /// Number dialled.
    pub to: String,
    /// The body answered for.
    pub entity: EntityId,
    /// What it is about, as far as known.
    pub topic: Option<TopicId>,
    /// The flow has said which Ente and topic it is; a queue's defaults no longer apply.
    pub tagged: bool,
    /// Spoken now.
    pub language: Language,
    /// What the latest talk is recorded to, if it is.
    pub recording: Option<Recording>,
    /// The citizen is on hold by our doing, while the operator consults somebody.
    pub is_apart: bool,
    /// Who hears whom, as the media plane was told last.
    pub joined: Plan,
    /// Talks that have begun: each is recorded to a file of its own.
    pub talks: u32,
    /// The citizen has not refused to be recorded.
    pub may_record: bool,
    /// The SDP offer of the INVITE, until it is answered.
    pub offer: Option<Vec<u8>>,
    /// The flow that leads it, as it was when the call arrived; none leads a call that an operator makes.
    pub flow: Option<Arc<Flow>>,
    /// Every sound, as they were then: the flow was checked against these.
    pub sounds: Arc<SoundLibrary>,
    /// The place that the flow asked for last.
    pub enqueue: Option<Enqueue>,
    /// The citizen's side.
    pub citizen: Leg,
    /// The seats that ring for it: one, or several where the queue rings all.
    pub ringing: BTreeMap<SeatId, SeatLeg>,
    /// The operator's side, while they talk.
    pub seat: Option<SeatLeg>,
    /// The side of a number outside, while it rings or talks. Beside a seat's it is the third side.
    pub callee: Option<Callee>,
    /// Whom the operator asks, or gives the citizen to.
    pub third: Option<Third>,
    /// The operator's second line: where the third side is heard, or what is to take the place of the first.
    pub line: Option<Line>,
    /// Who gave the citizen away, whom nobody has taken yet.
    pub giver: Option<Giver>,
    /// The operator has put the citizen on hold by a command.
    pub is_parked: bool,
    /// The hold as it was written down last.
    pub is_told_held: bool,
    /// What a supervisor has to say to this citizen, heard before whatever is played next.
    pub word: Vec<Arc<Sound>>,
    /// Waiting goes on as it was counted before, in whatever queue.
    pub keeps_wait: bool,
    /// Was being served when the operator's phone died, and comes before everybody who waits.
    pub comes_first: bool,
    /// Sent on to a number outside, which rings, or talks with the citizen.
    pub sent_on: Option<SentOn>,
    /// Supervisors.
    pub watches: Vec<Watch>,
    /// What the operator keys.
    pub keyed: Keyed,
    /// How far it is.
    pub phase: Phase,
    /// What the citizen hears.
    pub hearing: Hearing,
    /// What the citizen has been told in the queue.
    pub announcements: Announcements,
    /// What decides the outcome.
    pub story: Story,
    /// Messages queued by its flow.
    pub letters: u32,
    /// What a survey after it must know.
    pub surveyed: Surveyed,
    /// The flow has found the service closed; the operators of this queue could call.
    pub found_closed: Option<QueueId>,
    /// Its case, if it has one.
    pub case: Option<CaseId>,
    /// Who calls, when the number is known.
    pub citizen_id: Option<CitizenId>,
    /// When it came in.
    pub arrived: Mono,
    /// When the citizen pressed a key last.
    pub last_key: Option<Mono>,
    /// Since when its waiting counts, in milliseconds of the Unix epoch.
    pub waits_since_ms: i64,
    /// Recordings of the citizen alone that its flow has asked for.
    pub takes: u32,
    /// The operator who makes it, if one does.
    pub made: Option<Made>,
    /// It was made to the citizen before an operator was there.
    pub recalled: bool,
}

/// Most messages that one call may queue: who may key in a number must not be able to fill somebody's phone.
const MAX_LETTERS: u32 = 3;
/// Most recordings of the citizen alone in one call: who records again and again must not fill the disk.
const MAX_TAKES: u32 = 20;

/// The number of no leg: they count from one.
const NO_LEG: LegId = LegId(0);

impl Leg {
    /// In the place of a citizen's side that is called like this one, until it has answered.
    pub fn of_nobody(&self) -> Leg {
        Leg { dialog: None, media: NO_LEG, local: None, ..self.clone() }
    }

    /// The port is bound: from now on there is SDP.
    pub fn on_port(&mut self, port: u16) -> &mut sdp::Local {
        self.local.insert(sdp::Local::new(self.address, port, self.media.0))
    }

    /// The answer to our offer: what media must know, if it can be used.
    pub fn on_answer(&mut self, answer: Option<&[u8]>) -> Option<media::Command> {
        let agreed = self.local.as_mut()?.read_answer(answer?).ok()?;
        Some(self.set_remote(&agreed))
    }

    /// The peer's SDP agrees to this: what media must know.
    pub fn set_remote(&mut self, agreed: &sdp::Negotiated) -> media::Command {
        self.held = !agreed.send;
        let is_trusted =
            |addr: SocketAddr| self.media_networks.iter().any(|network| network.contains(&addr.ip()));
        let trusted = agreed.addr.is_some_and(is_trusted);
        media::Command::SetRemote { leg: self.media, remote: agreed.remote(self.signalling, trusted) }
    }
}

impl SeatLeg {
    /// Why a phone did not take the call, by its final status: busy here, busy everywhere and decline (RFC 3261 sections 21.4.24,
    /// 21.6.1, 21.6.2) are the operator's doing, all else is the phone's.
    pub fn not_taken(status: u16) -> NotTaken {
        match status {
            486 | 600 | 603 => NotTaken::Rejected,
            _ => NotTaken::Unreachable,
        }
    }
}

impl Call {
    /// The queue that it waits in.
    pub fn waits_in(&self) -> Option<&QueueId> {
        match &self.phase {
            Phase::Waiting(queue) => Some(queue),
            _ => None,
        }
    }

    /// A call of which nothing is known but the phone that begins it, and in whose name and language it is spoken.
    pub fn begun(
        id: CallId,
        caller: Leg,
        sounds: Arc<SoundLibrary>,
        (entity, language): (EntityId, Language),
        now: Mono,
    ) -> Call {
        Call {
            id,
            from: String::new(),
            to: String::new(),
            entity,
            topic: None,
            tagged: false,
            language,
            recording: None,
            is_apart: false,
            joined: Plan::default(),
            talks: 0,
            may_record: true,
            offer: None,
            flow: None,
            sounds,
            enqueue: None,
            citizen: caller,
            ringing: BTreeMap::new(),
            seat: None,
            callee: None,
            third: None,
            line: None,
            giver: None,
            is_parked: false,
            is_told_held: false,
            word: Vec::new(),
            keeps_wait: false,
            comes_first: false,
            sent_on: None,
            watches: Vec::new(),
            keyed: Keyed::default(),
            phase: Phase::Arriving,
            hearing: Hearing::default(),
            announcements: Announcements::default(),
            story: Story::default(),
            letters: 0,
            surveyed: Surveyed::default(),
            found_closed: None,
            case: None,
            citizen_id: None,
            arrived: now,
            last_key: None,
            waits_since_ms: 0,
            takes: 0,
            made: None,
            recalled: false,
        }
    }

    /// What this call allows to be recorded of a talk with an operator: what the flow says, or the trunk that an operator's call goes
    /// by.
    pub fn lets_record(&self) -> bool {
        match &self.made {
            Some(made) => made.records,
            None => self.enqueue.as_ref().is_some_and(|enqueue| enqueue.record),
        }
    }

    /// Who began it.
    pub fn direction(&self) -> Direction {
        match self.made.as_ref().map(|made| &made.whom) {
            None if self.recalled => Direction::Out,
            None => Direction::In,
            Some(Whom::Outside { .. }) => Direction::Out,
            Some(Whom::Seat(_) | Whom::Queue(_)) => Direction::Internal,
        }
    }

    /// It goes to an emergency number.
    pub fn is_for_help(&self) -> bool {
        self.made.as_ref().is_some_and(|made| made.emergency)
    }

    /// The caller's side is an operator's: nobody outside has answered yet, or a colleague is called.
    pub fn is_operators(&self) -> bool {
        self.made.as_ref().is_some_and(|made| !made.turned)
    }

    /// The leg beside the citizen's.
    pub fn other(&self) -> Option<&Leg> {
        let seat = self.seat.as_ref().map(|seat| &seat.leg);
        seat.or(self.callee.as_ref().map(|callee| &callee.leg))
    }

    /// Citizen and operator, or whoever was called, hear each other.
    pub fn talks(&self) -> bool {
        matches!(self.phase, Phase::Talking(_) | Phase::Transferred)
    }

    /// The operator at this seat takes part in the talk.
    pub fn has_talk_of(&self, seat: &SeatId) -> bool {
        let third = self.third.as_ref().filter(|third| third.stage.is_there());
        let seats = self.seat.iter().chain(third.and_then(|third| third.seat.as_ref()));
        self.talks() && seats.into_iter().any(|leg| leg.seat == *seat)
    }

    /// Who should hear whom by now: everybody who talks, or the citizen alone.
    pub fn plan(&self) -> Plan {
        let citizen =
            Party { apart: self.is_apart && self.talks(), ..Party::new(self.citizen.media, Part::Citizen) };
        if !self.talks() {
            return Plan::of(&[citizen], None);
        }
        let operator = self.seat.as_ref().map(|seat| seat.leg.media);
        // With two lines the operator speaks by the second with whoever is asked, and by the first with everybody else.
        let line = self.second_line().map(|line| line.leg.media);
        let beside = line.is_some() && self.is_stage(Stage::Asked);
        let operators = [operator.map(|leg| (leg, beside)), line.map(|leg| (leg, !beside))];
        let operators = operators.into_iter().flatten();
        let operators = operators.map(|(leg, apart)| Party { apart, ..Party::new(leg, Part::Operator) });
        let waits = self.third.as_ref().is_some_and(|third| third.stage == Stage::Waits);
        let guest = self.guest().map(|leg| Party { apart: waits, ..Party::new(leg.media, Part::Guest) });
        let watches = self.watches.iter().filter_map(Watch::party);
        let parties: Vec<_> = std::iter::once(citizen).chain(operators).chain(guest).chain(watches).collect();
        Plan::of(&parties, self.recording.clone())
    }

    /// When to look how far the call to somebody outside is.
    pub fn looks_at(&self) -> Option<Mono> {
        self.callee.as_ref()?.look_at
    }

    /// The third side, or whoever was called for the citizen, once it has answered.
    pub fn guest(&self) -> Option<&Leg> {
        match &self.third {
            Some(third) if third.stage.rings() => None,
            Some(third) => self.third_leg(third),
            None => self.callee.as_ref().map(|callee| &callee.leg),
        }
    }

    fn third_leg<'c>(&'c self, third: &'c Third) -> Option<&'c Leg> {
        match &third.at {
            Some(_) => third.seat.as_ref().map(|seat| &seat.leg),
            None => self.callee.as_ref().map(|callee| &callee.leg),
        }
    }

    /// The other side has put the citizen on hold, who hears music meanwhile, unless somebody else is there. The other side hears
    /// nothing.
    pub fn has_hold_music(&self) -> bool {
        !self.is_stage(Stage::Joined) && self.other().is_some_and(|leg| leg.held)
    }

    /// The third side is there, and at this stage.
    pub fn is_stage(&self, stage: Stage) -> bool {
        self.third.as_ref().is_some_and(|third| third.stage == stage)
    }

    /// The operator lets the citizen wait on hold: to ask somebody else, or by a command.
    pub fn keeps_waiting(&self) -> bool {
        self.is_parked || self.third.as_ref().is_some_and(|third| third.stage.keeps_citizen_waiting())
    }

    /// The operator's second line, once its phone has acknowledged it: before, it has no part in the talk.
    pub fn second_line(&self) -> Option<&Line> {
        self.line.as_ref().filter(|line| line.wants.is_none())
    }

    /// The operator, or the colleague who is asked, whose dialog this is.
    pub fn operator_with(&self, dialog: DialogId) -> Option<&SeatLeg> {
        let third = self.third.as_ref().and_then(|third| third.seat.as_ref());
        self.seat.iter().chain(third).find(|operator| operator.leg.dialog == Some(dialog))
    }

    /// The same, to be changed.
    pub fn operator_with_mut(&mut self, dialog: DialogId) -> Option<&mut SeatLeg> {
        let third = self.third.as_mut().and_then(|third| third.seat.as_mut());
        self.seat.iter_mut().chain(third).find(|operator| operator.leg.dialog == Some(dialog))
    }

    /// This is the dialog of a third side.
    pub fn is_third(&self, dialog: DialogId) -> bool {
        let leg = self.third.as_ref().and_then(|third| self.third_leg(third));
        leg.is_some_and(|leg| leg.dialog == Some(dialog))
    }

    /// What the flow wants the citizen to hear on hold, if it says so: name of a sound below `sounds/music/`.
    pub fn music(&self) -> Option<&str> {
        self.enqueue.as_ref()?.music.as_deref()
    }

    /// A talk begins. The file that it is recorded to, below the recordings directory: by day, named like the contact, and from the
    /// second on with its number. The citizen must agree to it too.
    pub fn begin_talk(&mut self, recorded: bool, wall: jiff::Timestamp) -> Option<String> {
        self.talks = self.talks.saturating_add(1);
        (self.is_apart, self.is_parked, self.is_told_held) = (false, false, false);
        let recorded = recorded && self.may_record;
        let file = recorded.then(|| self.file("", self.talks, wall));
        self.recording = file.as_deref().map(|file| Recording { file: file.into() });
        file
    }

    /// The citizen is to speak to the exchange itself. The file that it is recorded to, beside those of the talks; or why not, for
    /// the journal.
    pub fn begin_take(&mut self, wall: jiff::Timestamp) -> Result<String, &'static str> {
        if !self.may_record {
            return Err("the citizen does not want to be recorded");
        }
        if self.takes >= MAX_TAKES {
            return Err("this call has been recorded often enough");
        }
        self.takes += 1;
        Ok(self.file("-caller", self.takes, wall))
    }

    fn file(&self, kind: &str, count: u32, wall: jiff::Timestamp) -> String {
        let number = if count > 1 { format!("-{count}") } else { String::new() };
        format!("{}/{}{kind}{number}.wav", wall.strftime("%Y/%m/%d"), self.id)
    }

    /// One more message; false: there have been enough.
    pub fn take_letter(&mut self) -> bool {
        let may = self.letters < MAX_LETTERS;
        self.letters += u32::from(may);
        may
    }

    /// Either side has put the other on hold.
    pub fn is_held(&self) -> bool {
        self.citizen.held || self.is_apart || self.has_hold_music()
    }

    /// The leg with this media id.
    pub fn leg_mut(&mut self, media: LegId) -> Option<&mut Leg> {
        self.legs_mut().find(|leg| leg.media == media)
    }

    /// The leg with this dialog.
    pub fn leg_with(&mut self, dialog: DialogId) -> Option<&mut Leg> {
        self.legs_mut().find(|leg| leg.dialog == Some(dialog))
    }

    /// Every leg of the talk: the citizen's, the operators', a number's and the supervisors'.
    pub fn legs(&self) -> impl Iterator<Item = &Leg> {
        let third = self.third.iter().filter_map(|third| third.seat.as_ref());
        let seats = self.seat.iter().chain(third).map(|seat| &seat.leg);
        let callee = self.callee.iter().map(|callee| &callee.leg);
        let watches = self.watches.iter().map(|watch| &watch.leg);
        let line = self.line.iter().map(|line| &line.leg);
        std::iter::once(&self.citizen).chain(seats).chain(line).chain(callee).chain(watches)
    }

    fn legs_mut(&mut self) -> impl Iterator<Item = &mut Leg> {
        let third = self.third.iter_mut().filter_map(|third| third.seat.as_mut());
        let seats = self.seat.iter_mut().chain(third).map(|seat| &mut seat.leg);
        let callee = self.callee.iter_mut().map(|callee| &mut callee.leg);
        let watches = self.watches.iter_mut().map(|watch| &mut watch.leg);
        let line = self.line.iter_mut().map(|line| &mut line.leg);
        std::iter::once(&mut self.citizen).chain(seats).chain(line).chain(callee).chain(watches)
    }
}
