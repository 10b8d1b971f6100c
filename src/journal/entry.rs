//! The facts that are written down. Names of variants and fields are the format: they are added to, never changed.

use serde::{Deserialize, Serialize};

use crate::acd::{Knower, Levels};
use crate::callback::Change;
use crate::ids::{
    CallbackId, CaseId, CitizenId, ContactId, EntityId, FlowId, Language, NodeId, OperatorId, QueueId,
    SeatId, TopicId,
};
use crate::switches::Switch;
use crate::words::{
    AskedAgain, Channel, Direction, EndedBy, FlowChange, NotTaken, Outcome, Plea, QueueExit, SeatView,
    Watching,
};

/// A fact and its moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// The exchange started. Contacts open at this moment were interrupted by a crash.
    Started {
        /// The engine node.
        node: u16,
        /// This node's start number, from 1.
        epoch: u32,
        /// Program version.
        version: String,
    },
    /// The exchange stopped in order.
    Stopped,
    /// This node may give out case numbers `first` to `first + len - 1`.
    CaseBlock {
        /// First number.
        first: u64,
        /// How many.
        len: u32,
    },
    /// A citizen's number was seen for the first time.
    CitizenFound {
        /// The new citizen.
        citizen: CitizenId,
        /// In E.164, personal.
        number: Personal,
        /// The contact whose key seals the number.
        contact: ContactId,
    },
    /// A call arrived.
    ContactOpened {
        /// The contact.
        contact: ContactId,
        /// Its case; none: it was refused, or a seat made it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        case: Option<CaseId>,
        /// Who, when the number is known.
        citizen: Option<CitizenId>,
        /// Number as received, or `anonymous`; personal.
        from: Personal,
        /// Number dialled, as received.
        to: String,
        /// The body answered for at first.
        entity: EntityId,
        /// The topic at first, if the number has one.
        topic: Option<TopicId>,
        /// Spoken at first.
        language: Language,
        /// The flow that leads it.
        flow: FlowId,
        /// Arrived while the store did not answer.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        degraded: bool,
    },
    /// An operator calls somebody: a contact that nobody outside began.
    Dialled {
        /// The contact.
        contact: ContactId,
        /// From which seat; none: the exchange calls back before an operator is there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seat: Option<SeatId>,
        /// Who sits there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        operator: Option<OperatorId>,
        /// `out` or `internal`.
        direction: Direction,
        /// Its case, new or continued; none: an office, a seat, an emergency, or it was refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        case: Option<CaseId>,
        /// The case is one of before.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        continues: bool,
        /// Whose number it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        citizen: Option<CitizenId>,
        /// As it was dialled; a person's is sealed.
        to: Destination,
        /// The body that the operator speaks for.
        entity: EntityId,
        /// The topic at first, if the queue has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<TopicId>,
        /// Spoken at first.
        language: Language,
        /// Whose rules it follows: wrap-up, codes, recording.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        queue: Option<QueueId>,
        /// It goes to an emergency number.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        emergency: bool,
        /// Where the seat stands, for those who come to help.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        location: Option<String>,
        /// Who asked for it, when the seat's phone did not: `command`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// Made while the store did not answer.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        degraded: bool,
        /// The promise that it keeps.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        callback: Option<CallbackId>,
    },
    /// The exchange answered the call (200).
    ContactAnswered {
        /// The contact.
        contact: ContactId,
    },
    /// The flow came to a node.
    NodeEntered {
        /// The contact.
        contact: ContactId,
        /// The node.
        node: NodeId,
        /// The node answers a request for information.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        info: bool,
    },
    /// The flow could not do what a node asks, and took the node's `error` exit.
    NodeFailed {
        /// The contact.
        contact: ContactId,
        /// The node.
        node: NodeId,
        /// Why, in words; nothing personal.
        why: String,
    },
    /// The citizen answered a question of a survey.
    Surveyed {
        /// The contact.
        contact: ContactId,
        /// The question's name in the flow.
        question: String,
        /// The answer, 0 to 9.
        answer: u8,
        /// The keys that could answer, from and to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<(u8, u8)>,
    },
    /// The flow has found the service closed, and names the queue whose operators could call.
    FoundClosed {
        /// The contact.
        contact: ContactId,
        /// The queue.
        queue: QueueId,
    },
    /// Somebody has taken care of a citizen who had called in vain.
    TakenCareOf {
        /// Whom.
        citizen: CitizenId,
        /// Who, as far as said: `command`.
        by: String,
    },
    /// The draw fell on the citizen, who hears the first question of a survey now; the answers that follow are about this.
    SurveyAsked {
        /// The contact.
        contact: ContactId,
        /// Who is not asked again for a while, when the number is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        citizen: Option<CitizenId>,
        /// The case.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        case: Option<CaseId>,
        /// The seat that the citizen talked with last; none: the flow alone served.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seat: Option<SeatId>,
        /// Who sat there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        operator: Option<OperatorId>,
        /// The queue that the talk came by.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        queue: Option<QueueId>,
        /// The body answered for.
        entity: EntityId,
        /// What it was about, as far as known by now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<TopicId>,
    },
    /// The citizen reminded us of a case, or complained about it; mostly one that an earlier contact opened.
    CaseReminded {
        /// The contact.
        contact: ContactId,
        /// The case.
        case: CaseId,
        /// What is wanted.
        plea: Plea,
    },
    /// A message to a citizen was put into the outbox.
    MessageQueued {
        /// The contact whose key seals the letter.
        contact: ContactId,
        /// Which way it goes.
        channel: Channel,
        /// Written in.
        language: Language,
        /// `crm::Letter` as JSON, to whom and what: personal.
        letter: Personal,
    },
    /// A key was pressed. Not written for nodes whose digits are personal.
    KeyPressed {
        /// The contact.
        contact: ContactId,
        /// `0-9 * # A-D`.
        key: char,
    },
    /// The flow asked again.
    AskedAgain {
        /// The contact.
        contact: ContactId,
        /// Why.
        why: AskedAgain,
    },
    /// What the contact is about.
    ContactTagged {
        /// The contact.
        contact: ContactId,
        /// The body answered for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        entity: Option<EntityId>,
        /// The topic.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<TopicId>,
        /// Spoken from now on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<Language>,
        /// False: the citizen refused to be recorded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        record: Option<bool>,
    },
    /// The caller entered a queue.
    Queued {
        /// The contact.
        contact: ContactId,
        /// The queue.
        queue: QueueId,
        /// Place at entry.
        position: usize,
        /// Since when the waiting counts, in milliseconds of the Unix epoch, when that is not the entry.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since_ms: Option<i64>,
        /// Minutes of priority and of the queue.
        #[serde(default, skip_serializing_if = "is_zero")]
        ahead_min: i64,
        /// The wait that was expected at this moment, in seconds from and to; left out when it was not known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expected_s: Option<(u64, u64)>,
    },
    /// The caller was told the place in the queue.
    Announced {
        /// The contact.
        contact: ContactId,
        /// 1 is the next to be served.
        position: usize,
        /// The wait that was told with it, in seconds from and to; left out when none was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        told_s: Option<(u64, u64)>,
    },
    /// The caller left a queue otherwise than by talking to an operator or hanging up.
    QueueLeft {
        /// The contact.
        contact: ContactId,
        /// The queue.
        queue: QueueId,
        /// By which exit.
        exit: QueueExit,
    },
    /// A supervisor has changed the wait of the caller.
    WaitChanged {
        /// The contact.
        contact: ContactId,
        /// How.
        how: WaitChange,
        /// Who asked: the name that was given, or `command`.
        by: String,
        /// What for, as far as said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// The queue could not serve the caller soon enough, who is taken elsewhere. If nobody is there, `Queued` tells of the old place.
    SentOn {
        /// The contact.
        contact: ContactId,
        /// Out of this queue.
        from: QueueId,
        /// Where.
        to: Elsewhere,
        /// The body answered for until then.
        entity: EntityId,
    },
    /// A seat was rung for the caller.
    SeatRung {
        /// The contact.
        contact: ContactId,
        /// The seat.
        seat: SeatId,
        /// For this queue.
        queue: QueueId,
        /// An operator wanted this very seat; the queue is the one that the call came by.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        direct: bool,
    },
    /// The ring led to nothing.
    SeatNotTaken {
        /// The contact.
        contact: ContactId,
        /// The seat.
        seat: SeatId,
        /// Why.
        why: NotTaken,
    },
    /// Citizen and operator hear each other.
    Joined {
        /// The contact.
        contact: ContactId,
        /// The seat.
        seat: SeatId,
        /// Who sits there.
        operator: OperatorId,
        /// The queue that the caller waited in.
        queue: QueueId,
        /// Recording, below the recordings directory.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recording: Option<String>,
    },
    /// An operator asks somebody else about the call, or hands it over.
    Handling {
        /// The contact.
        contact: ContactId,
        /// The operator's seat.
        seat: SeatId,
        /// What.
        step: Handing,
    },
    /// A number outside was called for the citizen.
    NumberCalled {
        /// The contact.
        contact: ContactId,
        /// The number.
        number: Destination,
        /// By which trunk.
        trunk: String,
    },
    /// The call to the number led to nothing.
    NumberNotTaken {
        /// The contact.
        contact: ContactId,
        /// Why: `rejected` is busy.
        why: NotTaken,
        /// What the trunk answered (a status of SIP), if it did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
    },
    /// Citizen and whoever answered at the number hear each other.
    Transferred {
        /// The contact.
        contact: ContactId,
        /// The number.
        number: Destination,
        /// Recording, below the recordings directory.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recording: Option<String>,
    },
    /// They no longer hear each other.
    TransferEnded {
        /// The contact.
        contact: ContactId,
    },
    /// One side put the other on hold, or took it back.
    Held {
        /// The contact.
        contact: ContactId,
        /// On hold from now on, or no longer.
        on: bool,
    },
    /// A supervisor is in the talk at a seat, or takes part otherwise than before.
    Watched {
        /// The contact.
        contact: ContactId,
        /// The seat that is watched.
        seat: SeatId,
        /// The supervisor's.
        by: SeatId,
        /// Who is logged in there, if it is a person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        operator: Option<OperatorId>,
        /// How.
        how: Watching,
        /// What for, as far as said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// The supervisor no longer watches.
    WatchEnded {
        /// The contact.
        contact: ContactId,
        /// The supervisor's seat.
        by: SeatId,
        /// The supervisor is the operator from now on.
        #[serde(default)]
        took_over: bool,
    },
    /// Citizen and operator no longer hear each other.
    Parted {
        /// The contact.
        contact: ContactId,
        /// The seat.
        seat: SeatId,
    },
    /// The operator's work after the talk is over.
    WrappedUp {
        /// The contact.
        contact: ContactId,
        /// The seat.
        seat: SeatId,
    },
    /// The operator's work after the talk was made longer.
    WrapUpExtended {
        /// The contact.
        contact: ContactId,
        /// The seat.
        seat: SeatId,
        /// What is left of it now, in milliseconds.
        left_ms: i64,
        /// How often it has been made longer.
        times: u32,
        /// Who asked: `phone`, `command`, or the name that was given.
        by: String,
        /// What for, as far as said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// The operator coded what it was about and how it ended.
    Coded {
        /// The contact.
        contact: ContactId,
        /// By whom.
        operator: OperatorId,
        /// The topic.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<TopicId>,
        /// The disposition.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        disposition: Option<String>,
    },
    /// Somebody wrote something down about a contact, or about its case.
    Noted {
        /// The contact; its key seals the note.
        contact: ContactId,
        /// It is about this case, which the contact began.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        case: Option<CaseId>,
        /// The words; personal.
        note: Personal,
        /// Who, as they said.
        by: String,
    },
    /// A person closed a case: the need is met, whatever its contacts say.
    CaseClosed {
        /// Its first contact.
        contact: ContactId,
        /// Which.
        case: CaseId,
        /// How it ended.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outcome: Option<String>,
        /// Who, as they said.
        by: String,
    },
    /// A person opened a case again: it stays open until a person closes it.
    CaseReopened {
        /// Its first contact.
        contact: ContactId,
        /// Which.
        case: CaseId,
        /// Who, as they said.
        by: String,
    },
    /// The citizen speaks to the exchange itself and is recorded alone, because a node of the flow asks for it.
    TakeBegun {
        /// The contact.
        contact: ContactId,
        /// Recording, below the recordings directory.
        file: String,
        /// It becomes a message for the operators of this queue.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        queue: Option<QueueId>,
    },
    /// What the citizen said is kept with the contact's case.
    TakeKept {
        /// The contact.
        contact: ContactId,
        /// Below the recordings directory.
        file: String,
        /// Length.
        ms: u64,
        /// The operators of this queue have to listen to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        queue: Option<QueueId>,
    },
    /// What the citizen said, if anything, is not kept, and its file is removed.
    TakeDropped {
        /// The contact.
        contact: ContactId,
        /// Below the recordings directory.
        file: String,
    },
    /// A recording is closed: its length is known.
    Recorded {
        /// Below the recordings directory.
        file: String,
        /// Length.
        ms: u64,
    },
    /// A recording could not be written.
    RecordingFailed {
        /// Below the recordings directory.
        file: String,
        /// Why.
        error: String,
    },
    /// Recordings older than their time were deleted.
    RecordingDeleted {
        /// Below the recordings directory.
        file: String,
    },
    /// A sound was to be played that is not there; the caller heard a neutral phrase instead.
    SoundMissing {
        /// The contact.
        contact: ContactId,
        /// `language/name`.
        sound: String,
    },
    /// The contact is over.
    ContactClosed {
        /// The contact.
        contact: ContactId,
        /// How, for the service.
        outcome: Outcome,
        /// By whom.
        ended_by: EndedBy,
        /// Hung up within the threshold of a short abandon.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        short: bool,
        /// What went wrong, in words (a refusal, a failure).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// A confirmed dialog, so that it can be ended after a crash. The record has the peer's URIs: personal.
    DialogOpened {
        /// The contact whose key seals the record.
        contact: ContactId,
        /// The endpoint's number, unique within one epoch.
        dialog: u64,
        /// `sip::DialogRecord` as JSON.
        record: Personal,
    },
    /// The dialog is over.
    DialogClosed {
        /// The endpoint's number.
        dialog: u64,
    },
    /// A seat's status or work changed.
    SeatChanged {
        /// The seat.
        seat: SeatId,
        /// As it is now.
        now: SeatView,
        /// Who asked, when a person did: `phone`, `command`, or the name that was given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// What a supervisor gave as the reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// A supervisor has said what somebody knows.
    SkillsChanged {
        /// Whose skills.
        whose: Knower,
        /// All of them from now on; none: what the configuration says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        skills: Option<Levels>,
        /// Who asked: the name that was given, or `command`.
        by: String,
        /// What for, as far as said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// A bulletin or an emergency was switched on or off.
    Switched {
        /// Which, and how.
        switch: Switch,
        /// Who asked: `command`.
        by: String,
    },
    /// Another version of a flow came into force. The text lies beside the journal, `flows/<flow>/<version>.yaml`.
    FlowChanged {
        /// The flow; a sub-flow as `name@version`.
        flow: FlowId,
        /// Which version.
        version: u32,
        /// How it came about.
        change: FlowChange,
        /// SHA-256 of its text; `None`: it was retired.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sha256: Option<String>,
        /// Why.
        comment: String,
        /// Who, as they said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// A start has found it kept, and not on record: the exchange ended between the two.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        found: bool,
    },
    /// The store stopped or resumed answering; calls answered in between are the exception to the promise.
    Degraded {
        /// Degraded from now on, or no longer.
        on: bool,
        /// Contacts answered while degraded, told when it ends.
        answered: u64,
    },
    /// Something happened to a call-back.
    Callback {
        /// Which.
        callback: CallbackId,
        /// The contact in which it was asked for; its key seals the number.
        contact: ContactId,
        /// The number to be called, when it is promised.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<Personal>,
        /// What.
        what: Change,
        /// Who asked, when a person did: `command`, a seat.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// The contact's personal fields were erased: its key is dropped, in a restored backup too.
    Erased {
        /// The contact.
        contact: ContactId,
    },
    /// Stands where an entry could not be kept: put there by a repair.
    Lost,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(minutes: &i64) -> bool {
    *minutes == 0
}

/// A personal field. In memory it is clear; on its way to the disk the store replaces it by `Sealed`, and it prints masked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Personal {
    /// Readable. Never on disk.
    Clear(String),
    /// Base64 of nonce and ciphertext under the contact's key.
    Sealed(String),
    /// The key is gone.
    Erased,
}

/// What a supervisor does with a caller who waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitChange {
    /// Into another queue, with the waiting time.
    Moved {
        /// Out of this one.
        from: QueueId,
        /// Into this one: `Queued` tells the place.
        to: QueueId,
    },
    /// So many minutes further on, or back.
    Advanced {
        /// How many.
        minutes: i32,
    },
    /// Given to this seat, which is rung.
    Taken {
        /// Which.
        seat: SeatId,
    },
}

/// Where a caller is sent on to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Elsewhere {
    /// Into the line of this queue: `Queued` tells the place, `ContactTagged` whose it is.
    Queue(QueueId),
    /// To the flow of this number of ours.
    Line(String),
    /// To a number outside: `NumberCalled` tells which.
    Outside,
}

/// How an operator hands a call over, or asks somebody about it first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handing {
    /// Asks them; the citizen hears music.
    Consults {
        /// Whom.
        whom: Whom,
        /// By which way: `keys`, `phone`, or the name given with a command.
        by: String,
    },
    /// They have answered, and speak with the operator alone.
    Speaks {
        /// At which seat; none: at a number outside.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seat: Option<SeatId>,
    },
    /// They have gone without having spoken with the citizen.
    Ended {
        /// As for `Speaks`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seat: Option<SeatId>,
    },
    /// Gives the citizen to them and leaves.
    Gives {
        /// Whom.
        whom: Whom,
        /// As for `Consults`.
        by: String,
    },
    /// They did not take the citizen: the operator is rung again.
    ComesBack,
    /// The operator did not take the citizen either, who is the next in the queue again.
    Queues,
    /// The operator's phone is gone in the middle of the talk; the citizen is the first in the queue that gave the call.
    Lost,
}

/// Whom an operator asks, or gives a call to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whom {
    /// A colleague.
    Seat(SeatId),
    /// Whoever serves this queue.
    Queue(QueueId),
    /// The flow of this number of ours.
    Number(String),
    /// A number outside: `NumberCalled` tells which.
    Outside,
}

/// A number that was called: an office's may be read by everybody, a person's is sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// It stands in the flow.
    Public(String),
    /// It tells something about a person.
    Personal(Personal),
}

impl std::fmt::Debug for Personal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Personal::Clear(_) => "Personal(clear)",
            Personal::Sealed(_) => "Personal(sealed)",
            Personal::Erased => "Personal(erased)",
        })
    }
}

impl Fact {
    /// The contact that this is about, if it is about one.
    pub fn contact(&self) -> Option<ContactId> {
        match self {
            Fact::CitizenFound { contact, .. }
            | Fact::ContactOpened { contact, .. }
            | Fact::Dialled { contact, .. }
            | Fact::ContactAnswered { contact }
            | Fact::NodeEntered { contact, .. }
            | Fact::NodeFailed { contact, .. }
            | Fact::Surveyed { contact, .. }
            | Fact::SurveyAsked { contact, .. }
            | Fact::FoundClosed { contact, .. }
            | Fact::CaseReminded { contact, .. }
            | Fact::MessageQueued { contact, .. }
            | Fact::Callback { contact, .. }
            | Fact::KeyPressed { contact, .. }
            | Fact::AskedAgain { contact, .. }
            | Fact::ContactTagged { contact, .. }
            | Fact::Queued { contact, .. }
            | Fact::Announced { contact, .. }
            | Fact::QueueLeft { contact, .. }
            | Fact::WaitChanged { contact, .. }
            | Fact::SentOn { contact, .. }
            | Fact::SeatRung { contact, .. }
            | Fact::SeatNotTaken { contact, .. }
            | Fact::Joined { contact, .. }
            | Fact::Handling { contact, .. }
            | Fact::NumberCalled { contact, .. }
            | Fact::NumberNotTaken { contact, .. }
            | Fact::Transferred { contact, .. }
            | Fact::TransferEnded { contact }
            | Fact::Held { contact, .. }
            | Fact::Watched { contact, .. }
            | Fact::WatchEnded { contact, .. }
            | Fact::Parted { contact, .. }
            | Fact::WrappedUp { contact, .. }
            | Fact::WrapUpExtended { contact, .. }
            | Fact::Coded { contact, .. }
            | Fact::Noted { contact, .. }
            | Fact::CaseClosed { contact, .. }
            | Fact::CaseReopened { contact, .. }
            | Fact::TakeBegun { contact, .. }
            | Fact::TakeKept { contact, .. }
            | Fact::TakeDropped { contact, .. }
            | Fact::SoundMissing { contact, .. }
            | Fact::ContactClosed { contact, .. }
            | Fact::DialogOpened { contact, .. }
            | Fact::Erased { contact } => Some(*contact),
            _ => None,
        }
    }

    /// The recording that this is about, when it names no contact.
    pub fn recording(&self) -> Option<&str> {
        match self {
            Fact::Recorded { file, .. }
            | Fact::RecordingFailed { file, .. }
            | Fact::RecordingDeleted { file } => Some(file),
            _ => None,
        }
    }
}
