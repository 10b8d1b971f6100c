//! The IVR: a flow file compiled to a [`Flow`], and a [`FlowRun`] that leads one caller through it.
//!
//! A flow is written by a supervisor as YAML (`ivr-flows/`). [`Flow::parse`] is its compiler: it gives a runnable flow or
//! every fault with place and remedy ([`FlowError`]), so that whatever runs has no dangling name and no expression that
//! cannot be read. A run is a pure machine: it is told what happened ([`Input`]) and answers with [`Action`]s; it knows
//! nothing of SIP, RTP or seats. Whatever is spoken is already a list of [`Say`]s, in the caller's language.
//!
//! What may be written is in one table, the grammar: the compiler holds files to it, the JSON Schema ([`schema`]) is made from
//! it, `docs/flow-language.md` explains it with an example for each type of node. What only the world can do (book, send,
//! look up, record) is a [`Request`] that somebody else answers (`request`).
//!
//! A file carries its own tests ([`Flow::test`]): they run on the same `FlowRun`, with a clock, a caller and a world of their own;
//! [`Flow::mutate`] tests the tests. People look at flows drawn, told as sentences, or rehearsed ([`Rehearsal`]).
//!
//! Every node may have `info: true` (it answers a request for information) and the exit `error` (something could not be done).
//! A node's own keys and `exits` come before those of `defaults.<type>`, name by name. `${...}` holds a CEL expression wherever a
//! value may be computed; all else is literal.

mod compile;
pub mod destinations;
mod drawing;
mod expression;
mod fault;
mod fields;
mod grammar;
pub mod hours;
mod input_kind;
mod layout;
mod menus;
mod model;
mod prompt;
pub mod published;
mod rehearsal;
pub mod replay;
pub mod request;
mod run;
mod said;
mod schema;
mod sounding;
mod spoken;
mod template;
mod trial;
mod unrecorded;
mod value;
mod variable;
mod yaml;

pub use self::compile::Checked;
pub use self::drawing::{Passage, Traffic};
pub use self::fault::{Fault, FlowError, Hint, Part, Place, Said, Tongue, Words};
pub use self::layout::laid_out;
pub use self::model::{Environment, Flow};
pub use self::rehearsal::{Cue, Heard, Line, Rehearsal};
pub use self::request::{Answer, Marked, Request, RequestId};
pub use self::run::{Bulletin, CallFacts, FlowRun, QueueFacts, RunError, World};
pub use self::schema::schema;
pub use self::sounding::{Sounding, sounded};
pub use self::trial::{Coverage, Mutants, Survivor, TestFailure, TestReport};
pub use self::value::{Value, ValueError};

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::ids::{EntityId, Language, NodeId, QueueId, SkillId, TopicId};
use crate::speech::Piece;
use crate::words::QueueExit;

/// One thing to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    /// A whole prompt: `sounds/<language>/<name>.wav`.
    Prompt(Language, String),
    /// A piece of a spoken value.
    Piece(Language, Piece),
    /// What this request has recorded.
    Recording(RequestId),
}

/// What happened to the caller.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// What was asked to be played has been heard, or was stopped by a key.
    Played,
    /// A key.
    Digit(char),
    /// The queue let the caller go.
    QueueExit(QueueExit),
    /// The world answered this request.
    Answer(RequestId, Answer),
    /// Nothing but time has passed.
    Timeout,
}

/// What the run wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// The caller is now at this node (for the journal and the contact's path).
    Entered {
        /// The node.
        node: NodeId,
        /// The node answers a request for information.
        info: bool,
    },
    /// Say these, replacing what plays; `Input::Played` follows.
    Play {
        /// In order; never empty.
        say: Vec<Say>,
        /// A key stops it at once.
        barge_in: bool,
    },
    /// Stop what plays.
    StopPlay,
    /// The contact is about this from now on; `None` leaves what is.
    Tag {
        /// The body answered for.
        entity: Option<EntityId>,
        /// The topic.
        topic: Option<TopicId>,
        /// The language spoken from now on.
        language: Option<Language>,
        /// False: the citizen does not want to be recorded.
        record: Option<bool>,
    },
    /// Ask for a place in this queue; `Input::QueueExit` follows. While waiting, music plays.
    Enqueue(Enqueue),
    /// Give up the place: a key of the queue node was pressed, and the run has taken this exit; no `QueueExit` follows.
    Dequeue(QueueExit),
    /// Ask the world; `Input::Answer` follows. Always the last of its actions.
    Ask(RequestId, Request),
    /// The caller has said all: the recording of this request ends, and its answer follows.
    StopRecording(RequestId),
    /// What this request has recorded is kept with the contact's case.
    KeepRecording {
        /// Which.
        request: RequestId,
        /// A message to be heard by the operators of this queue; `None`: it belongs to the case and nobody is asked to listen.
        queue: Option<QueueId>,
    },
    /// What this request has recorded is thrown away.
    DropRecording(RequestId),
    /// The service is closed; who hangs up now has called in vain.
    FoundClosed {
        /// Whose operators could call.
        queue: QueueId,
    },
    /// The caller answered a question of a survey.
    Surveyed {
        /// Its name in the flow.
        question: String,
        /// The key.
        answer: u8,
        /// The keys that could answer, from and to.
        of: (u8, u8),
    },
    /// The node could not do its work and was left by its `error` exit, or the call ends for want of one (for the journal).
    Failed {
        /// The node.
        node: NodeId,
        /// Why, in words, without anything personal.
        why: String,
    },
    /// The flow is over: hang up.
    Hangup,
}

/// The caller stays where they are and is spoken to: the question is put again.
pub fn asks_again(actions: &[Action]) -> bool {
    let goes_on = actions.iter().any(|action| matches!(action, Action::Entered { .. }));
    !goes_on && actions.iter().any(|action| matches!(action, Action::Play { .. }))
}

/// A place in a queue, as a flow asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enqueue {
    /// Which.
    pub queue: QueueId,
    /// Minutes of advantage over others.
    pub priority: i32,
    /// Shortens the queue's own.
    pub max_wait: Option<Duration>,
    /// Name of the music: `sounds/music/<name>.wav`; `None`: the flow leaves it to the queue or the Ente.
    pub music: Option<String>,
    /// Needed of the operator beside what the queue needs, with levels.
    pub skills: BTreeMap<SkillId, u8>,
    /// What is done without, and after how much waiting.
    pub widen: Vec<(Duration, SkillId)>,
    /// Announce the place on entry and as the queue's rules say.
    pub announce: bool,
    /// False: this node's calls are not recorded, whatever the queue says.
    pub record: bool,
}

/// What those who wait hear where nothing else is said: `sounds/music/attesa.wav`.
pub const USUAL_MUSIC: &str = "attesa";

impl Enqueue {
    /// A place in this queue, and nothing else.
    pub fn plain(queue: QueueId) -> Enqueue {
        Enqueue {
            queue,
            priority: 0,
            max_wait: None,
            music: None,
            skills: BTreeMap::new(),
            widen: Vec::new(),
            announce: true,
            record: true,
        }
    }
}
