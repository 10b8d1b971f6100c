//! A compiled flow: every name resolved, every expression parsed, nothing left that could be missing at run time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::destinations::Reach;
use super::expression::Expression;
use super::fault::Place;
use super::grammar::{Kind, Way};
use super::hours::Schedule;
use super::input_kind::InputKind;
use super::prompt::Prompt;
use super::request::{CallbackAct, CaseAct, Channel, Method, Store};
use super::template::{Form, Template};
use super::trial::Trial;
use super::variable::Var;
use crate::ids::{EntityId, FlowId, Language, NodeId, QueueId, ScheduleId, SkillId, TopicId};

/// What a flow may refer to outside itself; a name that is not in here is a fault.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `config/queues.toml`.
    pub queues: BTreeSet<QueueId>,
    /// What operators may know: `skills` in `config/queues.toml`.
    pub skills: BTreeSet<SkillId>,
    /// `config/entities.toml`.
    pub entities: BTreeSet<EntityId>,
    /// `config/topics.toml`.
    pub topics: BTreeSet<TopicId>,
    /// `config/calendars.toml`: a flow's own schedules may extend these.
    pub schedules: BTreeMap<ScheduleId, Schedule>,
    /// Connectors that `http` nodes may ask.
    pub connectors: BTreeSet<String>,
    /// Keys of `config/knowledge.toml`.
    pub articles: BTreeSet<String>,
    /// Which numbers may be called: `config/trunks.toml` and `config/numbers.toml`.
    pub reach: Reach,
    /// Queues that promise call-backs: `[queue.callback]`.
    pub call_back: BTreeSet<QueueId>,
    /// Recordings by language, `sounds/<language>/<name>.wav`.
    pub sounds: BTreeMap<Language, BTreeSet<String>>,
    /// How long they are.
    pub lengths: BTreeMap<Language, BTreeMap<String, Duration>>,
    /// `sounds/music/<name>.wav`.
    pub music: BTreeSet<String>,
    /// Texts of sub-flows by `name@version`, from `ivr-flows/sub/`.
    pub subflows: BTreeMap<String, String>,
}

/// A runnable flow. A call finishes on the one that it began with.
#[derive(Clone, Debug)]
pub struct Flow {
    pub(super) id: FlowId,
    pub(super) name: String,
    /// Never empty; the first is spoken unless the caller's is another of them.
    pub(super) languages: Vec<Language>,
    pub(super) start: NodeRef,
    pub(super) vars: BTreeMap<String, Var>,
    pub(super) schedules: BTreeMap<ScheduleId, Schedule>,
    pub(super) prompts: Vec<Prompt>,
    pub(super) nodes: Vec<Node>,
    /// Where failures lead; `None`: the call ends.
    pub(super) error: Option<NodeRef>,
    /// For names that are computed during a call.
    pub(super) known: Known,
    /// `None`: this is no sub-flow.
    pub(super) interface: Option<Interface>,
    pub(super) tests: Vec<Trial>,
    /// Of the tests' clock.
    pub(super) zone: jiff::tz::TimeZone,
    /// Where each node's name is in the file.
    pub(super) places: Vec<Place>,
}

/// What a sub-flow shows to whoever uses it.
#[derive(Clone, Debug, Default)]
pub(super) struct Interface {
    pub(super) version: u32,
    pub(super) inputs: BTreeSet<String>,
    /// Inputs that need not be given.
    pub(super) optional: BTreeSet<String>,
    pub(super) outputs: BTreeSet<String>,
    pub(super) returns: BTreeSet<String>,
    /// Outputs that are set on every way to a return of this name.
    pub(super) set_at: BTreeMap<String, BTreeSet<String>>,
}

/// The names that a computed queue, entity or topic must be among.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) queues: BTreeSet<QueueId>,
    pub(super) entities: BTreeSet<EntityId>,
    pub(super) topics: BTreeSet<TopicId>,
}

/// A node of the same flow: an index that the compiler has checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NodeRef(pub(super) usize);

/// A prompt of the same flow: an index that the compiler has checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PromptRef(pub(super) usize);

/// A step on a caller's way.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) id: NodeId,
    pub(super) kind: Kind,
    /// Answers a request for information.
    pub(super) info: bool,
    pub(super) step: Step,
    /// Where each way leads, in the order of the grammar.
    pub(super) ways: Vec<(Way, NodeRef)>,
}

/// What happens at a node.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Play { prompt: PromptRef, barge_in: bool, notice: bool },
    Menu { ask: Ask },
    Collect { ask: Ask, collect: Collect },
    Hours { schedule: ScheduleId, queue: Option<Template> },
    Bulletin { slot: String, prompt: Option<PromptRef> },
    Language { set: Language },
    Branch { when: Vec<Expression> },
    Set { values: Vec<(String, Form)> },
    Tag { entity: Option<Template>, topic: Option<Template>, record: Option<bool> },
    Queue(Box<QueueStep>),
    Survey { ask: Ask, questions: Vec<Question> },
    Record(Box<RecordStep>),
    Request(Box<RequestStep>),
    Subflow(Box<SubflowStep>),
    Return { name: String },
    Hangup { prompt: Option<PromptRef> },
}

/// How a caller is asked for keys.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) prompt: PromptRef,
    /// Said before the prompt is repeated after a wrong key: the first time the first, and the last ever after.
    pub(super) invalid: Vec<PromptRef>,
    /// The same after a silence.
    pub(super) silence: Vec<PromptRef>,
    pub(super) barge_in: bool,
    /// Keys pressed before the prompt count.
    pub(super) type_ahead: bool,
    /// From the end of the prompt to the first key.
    pub(super) timeout: Duration,
    /// How often the prompt is repeated.
    pub(super) retries: u32,
}

/// What is collected.
#[derive(Clone, Debug)]
pub(super) struct Collect {
    pub(super) kind: InputKind,
    /// From one key to the next.
    pub(super) inter_digit: Duration,
    /// Reads it back.
    pub(super) confirm: Option<PromptRef>,
    pub(super) save: String,
}

/// A question that one key answers.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) id: String,
    pub(super) prompt: PromptRef,
    pub(super) from: u8,
    pub(super) to: u8,
}

/// A place in a queue.
#[derive(Clone, Debug)]
pub(super) struct QueueStep {
    pub(super) queue: Template,
    /// Variable that keeps the queue's name.
    pub(super) save: Option<String>,
    pub(super) priority: i32,
    pub(super) max_wait: Option<Duration>,
    /// None: the queue's, or the Ente's.
    pub(super) music: Option<String>,
    /// Needed beside what the queue needs, with levels.
    pub(super) skills: BTreeMap<SkillId, u8>,
    /// What is done without, and after how much waiting.
    pub(super) widen: Vec<(Duration, SkillId)>,
    pub(super) announce: bool,
    pub(super) record: bool,
    /// Keys that lead out by the `key` exit.
    pub(super) keys: BTreeSet<char>,
    pub(super) callback: Option<CallbackOffer>,
}

/// A key that asks for a call-back instead of waiting.
#[derive(Clone, Debug)]
pub(super) struct CallbackOffer {
    pub(super) key: char,
    /// Not before so much waiting.
    pub(super) after: Duration,
    /// Told once, when it can be had.
    pub(super) prompt: Option<PromptRef>,
    pub(super) when: Option<Expression>,
}

/// Recording the caller.
#[derive(Clone, Debug)]
pub(super) struct RecordStep {
    pub(super) prompt: Option<PromptRef>,
    pub(super) max: Duration,
    pub(super) silence: Duration,
    pub(super) end: char,
    pub(super) review: Option<PromptRef>,
    /// A message for the operators of this queue.
    pub(super) queue: Option<Template>,
    pub(super) save: Option<String>,
}

/// Asking the world.
#[derive(Clone, Debug)]
pub(super) struct RequestStep {
    pub(super) asked: Asked,
    /// Said meanwhile.
    pub(super) filler: Option<PromptRef>,
    /// Variable that keeps what was answered.
    pub(super) save: Option<String>,
}

/// What is asked, with what is still to be computed.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    AnswersWithin {
        queue: Template,
        within: Duration,
    },
    Callback {
        act: CallbackAct,
        number: Template,
        queue: Template,
        slot: Option<Template>,
    },
    Transfer {
        number: Option<Template>,
        queue: Option<Template>,
        ring_for: Duration,
    },
    Message {
        channel: Channel,
        to: Template,
        text: BTreeMap<Language, Template>,
    },
    Http {
        connector: String,
        method: Method,
        path: Template,
        body: Option<Form>,
        timeout: Duration,
        retries: u32,
    },
    Lookup {
        store: Store,
        key: Template,
    },
    Case {
        act: CaseAct,
        number: Template,
    },
}

/// A way through another flow.
#[derive(Clone, Debug)]
pub(super) struct SubflowStep {
    pub(super) flow: Arc<Flow>,
    pub(super) with: Vec<(String, Form)>,
    /// Variables of this flow, and the outputs that they keep.
    pub(super) save: Vec<(String, String)>,
}

impl Node {
    /// Where this way leads.
    pub(super) fn way(&self, way: &Way) -> Option<NodeRef> {
        self.ways.iter().find(|(known, _)| known == way).map(|(_, to)| *to)
    }

    pub(super) fn has_key(&self, key: char) -> bool {
        self.way(&Way::Key(key)).is_some()
    }
}

impl Flow {
    /// Its name in configuration: `055055`.
    pub fn id(&self) -> &FlowId {
        &self.id
    }

    /// As its file is named, without the ending: a sub-flow has its version in it.
    pub fn stem(&self) -> FlowId {
        let version = self.interface.as_ref().map(|interface| interface.version);
        version.map_or_else(|| self.id.clone(), |version| FlowId::from(format!("{}@{version}", self.id)))
    }

    /// As people call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its languages; the first is the one spoken at first.
    pub fn languages(&self) -> &[Language] {
        &self.languages
    }

    /// Every text of every prompt with the recording made from it: language, name of the sound, text.
    pub fn prompt_texts(&self) -> impl Iterator<Item = (&Language, &str, &str)> {
        let sounds = self.prompts.iter().flat_map(Prompt::sounds);
        sounds.filter_map(|(language, sound, text)| Some((language, sound, text?)))
    }

    /// Every recording that a run may ask for: language, name of the sound. Pieces of values are not among them.
    pub fn sounds_needed(&self) -> BTreeSet<(&Language, &str)> {
        let sounds = self.prompts.iter().flat_map(Prompt::sounds);
        let own = sounds.map(|(language, sound, _)| (language, sound));
        own.chain(self.subflows().flat_map(Flow::sounds_needed)).collect()
    }

    /// The flows that this one goes through.
    pub fn subflows(&self) -> impl Iterator<Item = &Flow> {
        self.nodes.iter().filter_map(|node| match &node.step {
            Step::Subflow(step) => Some(&*step.flow),
            _ => None,
        })
    }

    /// It goes through this sub-flow, itself or within another: they lie in each other no deeper than the compiler lets them.
    pub fn goes_through(&self, subflow: &FlowId) -> bool {
        self.subflows().any(|used| used.stem() == *subflow || used.goes_through(subflow))
    }

    /// It is gone through by other flows and leads no call by itself.
    pub fn is_subflow(&self) -> bool {
        self.interface.is_some()
    }

    /// The slots in which it says what supervisors have switched on.
    pub fn bulletin_slots(&self) -> BTreeSet<&str> {
        let slots = self.nodes.iter().filter_map(|node| match &node.step {
            Step::Bulletin { slot, .. } => Some(slot.as_str()),
            _ => None,
        });
        slots.collect()
    }

    /// Its callers may come to wait in this queue, as far as the file says so by name.
    pub fn leads_to(&self, queue: &QueueId) -> bool {
        let named = |node: &Node| match &node.step {
            Step::Queue(asked) => asked.queue.fixed_text() == Some(queue.as_str()),
            _ => false,
        };
        self.nodes.iter().any(named) || self.subflows().any(|flow| flow.leads_to(queue))
    }

    /// Queues whose expected wait its conditions ask for. A name that is computed may be any.
    pub fn waits_asked(&self) -> BTreeSet<&QueueId> {
        self.queues_asked(|when| when.asks.wait)
    }

    /// Queues that its conditions ask how many wait in, likewise.
    pub fn lengths_asked(&self) -> BTreeSet<&QueueId> {
        self.queues_asked(|when| when.asks.waiting)
    }

    fn queues_asked(&self, asks: impl Fn(&Expression) -> bool + Copy) -> BTreeSet<&QueueId> {
        let conditions = |step: &QueueStep| step.callback.iter().any(|offer| offer.when.iter().any(asks));
        let own = self.nodes.iter().flat_map(|node| {
            let step = match &node.step {
                Step::Queue(step) if conditions(step) => Some(step),
                _ => None,
            };
            let named = step.map(|step| step.queue.fixed_text());
            let is_meant =
                move |id: &&QueueId| named.is_some_and(|name| name.is_none_or(|name| id.as_str() == name));
            self.known.queues.iter().filter(is_meant)
        });
        own.chain(self.subflows().flat_map(|flow| flow.queues_asked(asks))).collect()
    }

    /// Every music that its queues play, `sounds/music/<name>.wav`.
    pub fn music_needed(&self) -> BTreeSet<&str> {
        let own = self.nodes.iter().filter_map(|node| match &node.step {
            Step::Queue(queue) => queue.music.as_deref(),
            _ => None,
        });
        own.chain(self.subflows().flat_map(Flow::music_needed)).collect()
    }

    /// The sub-flow has set this output whenever it comes back by this return.
    pub(super) fn gives(&self, name: &str, output: &str) -> bool {
        let set_at = self.interface.as_ref().and_then(|interface| interface.set_at.get(name));
        set_at.is_some_and(|outputs| outputs.contains(output))
    }

    /// Where the node is in the file.
    pub(super) fn place(&self, node: &str) -> Place {
        let at = self.nodes.iter().position(|known| known.id.as_str() == node);
        at.and_then(|at| self.places.get(at)).copied().unwrap_or_default()
    }

    pub(super) fn node(&self, node: NodeRef) -> &Node {
        &self.nodes[node.0]
    }

    pub(super) fn prompt(&self, prompt: PromptRef) -> &Prompt {
        &self.prompts[prompt.0]
    }
}
