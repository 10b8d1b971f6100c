//! A compiled flow: every name resolved, every expression parsed, nothing left that could be missing at run time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::expression::Expression;
use super::hours::Schedule;
use super::prompt::Prompt;
use super::template::Template;
use super::value::Value;
use crate::ids::{EntityId, FlowId, Language, NodeId, QueueId, ScheduleId, TopicId};

/// What a flow may refer to outside itself; a name that is not in here is a fault.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `config/queues.toml`.
    pub queues: BTreeSet<QueueId>,
    /// `config/entities.toml`.
    pub entities: BTreeSet<EntityId>,
    /// `config/topics.toml`.
    pub topics: BTreeSet<TopicId>,
    /// `config/calendars.toml`.
    pub schedules: BTreeSet<ScheduleId>,
    /// Recordings by language, `sounds/<language>/<name>.wav`.
    pub sounds: BTreeMap<Language, BTreeSet<String>>,
    /// `sounds/music/<name>.wav`.
    pub music: BTreeSet<String>,
}

/// A runnable flow. A call finishes on the one that it began with.
#[derive(Debug)]
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
    /// For names that are computed during a call.
    pub(super) known: Known,
}

/// The names that a computed queue, entity or topic must be among.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) queues: BTreeSet<QueueId>,
    pub(super) entities: BTreeSet<EntityId>,
    pub(super) topics: BTreeSet<TopicId>,
}

/// A variable as declared.
#[derive(Clone, Debug)]
pub(super) struct Var {
    pub(super) default: Value,
    /// What is in it is about a person: its keys are not written down.
    pub(super) personal: bool,
}

/// A node of the same flow: an index that the compiler has checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NodeRef(pub(super) usize);

/// A prompt of the same flow: an index that the compiler has checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PromptRef(pub(super) usize);

/// A step on a caller's way.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) id: NodeId,
    /// Answers a request for information.
    pub(super) info: bool,
    /// Where a failure leads; `None`: the call ends.
    pub(super) error: Option<NodeRef>,
    pub(super) step: Step,
}

/// What happens at a node.
#[derive(Debug)]
pub(super) enum Step {
    Play { prompt: PromptRef, barge_in: bool, keys: BTreeMap<char, NodeRef>, to: NodeRef },
    Menu { ask: Ask, keys: BTreeMap<char, NodeRef> },
    Collect { ask: Ask, digits: Digits, save: String, ok: NodeRef },
    Hours { schedule: ScheduleId, open: NodeRef, closed: NodeRef, holiday: NodeRef, emergency: NodeRef },
    Bulletin { slot: String, prompt: Option<PromptRef>, none: NodeRef, played: NodeRef, closing: NodeRef },
    Language { set: Language, to: NodeRef },
    Branch { when: Vec<(Expression, NodeRef)>, otherwise: NodeRef },
    Set { values: Vec<(String, Template)>, to: NodeRef },
    Tag { entity: Option<Template>, topic: Option<Template>, record: Option<bool>, to: NodeRef },
    Queue(Box<QueueStep>),
    Hangup { prompt: Option<PromptRef> },
}

/// How a caller is asked for keys, and what follows when none or the wrong ones come.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) prompt: PromptRef,
    /// Said before the prompt is repeated after a wrong key.
    pub(super) invalid: Option<PromptRef>,
    /// Said before the prompt is repeated after a silence.
    pub(super) silence: Option<PromptRef>,
    pub(super) barge_in: bool,
    /// From the end of the prompt to the first key.
    pub(super) timeout: Duration,
    /// How often the prompt is repeated.
    pub(super) retries: u32,
    pub(super) on_timeout: NodeRef,
    pub(super) on_invalid: NodeRef,
}

/// What digits are collected.
#[derive(Clone, Copy, Debug)]
pub(super) struct Digits {
    pub(super) min: usize,
    pub(super) max: usize,
    pub(super) end: Option<char>,
    /// From one key to the next.
    pub(super) inter_digit: Duration,
}

/// A place in a queue.
#[derive(Debug)]
pub(super) struct QueueStep {
    pub(super) queue: Template,
    /// Variable that keeps the queue's name.
    pub(super) save: Option<String>,
    pub(super) priority: i32,
    pub(super) max_wait: Option<Duration>,
    pub(super) music: String,
    pub(super) announce: bool,
    pub(super) record: bool,
    /// Keys that lead out by the `key` exit.
    pub(super) keys: BTreeSet<char>,
    pub(super) callback: Option<CallbackOffer>,
    pub(super) exits: BTreeMap<crate::words::QueueExit, NodeRef>,
}

/// A key that asks for a call-back instead of waiting.
#[derive(Debug)]
pub(super) struct CallbackOffer {
    pub(super) key: char,
    /// Not before so much waiting.
    pub(super) after: Duration,
    pub(super) when: Option<Expression>,
}

impl Flow {
    /// Its name in configuration: `055055`.
    pub fn id(&self) -> &FlowId {
        &self.id
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
        sounds.map(|(language, sound, _)| (language, sound)).collect()
    }

    /// The slots in which it says what supervisors have switched on.
    pub fn bulletin_slots(&self) -> BTreeSet<&str> {
        let slots = self.nodes.iter().filter_map(|node| match &node.step {
            Step::Bulletin { slot, .. } => Some(slot.as_str()),
            _ => None,
        });
        slots.collect()
    }

    /// Every music that its queues play, `sounds/music/<name>.wav`.
    pub fn music_needed(&self) -> BTreeSet<&str> {
        self.nodes
            .iter()
            .filter_map(|node| match &node.step {
                Step::Queue(queue) => Some(queue.music.as_str()),
                _ => None,
            })
            .collect()
    }

    pub(super) fn node(&self, node: NodeRef) -> &Node {
        &self.nodes[node.0]
    }

    pub(super) fn prompt(&self, prompt: PromptRef) -> &Prompt {
        &self.prompts[prompt.0]
    }
}
