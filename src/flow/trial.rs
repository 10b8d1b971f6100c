//! Tests in a flow file: callers who have not called yet, and what must happen to them.
//!
//! A test says when the call comes, what the caller presses, and how those nodes end whose end the world decides (`mock`). It
//! runs on the same [`FlowRun`](super::FlowRun) that leads citizens, with a clock of its own, and is held to the path, to what
//! variables hold at the end, and to what the caller hears. A key is pressed where the flow asks for one, which is what people
//! do; `{node: keys}` presses at that node, during a notice or in a queue. After the last key the caller is silent for ever.

mod caller;
mod coverage;
mod mutants;
mod read;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::DateTime;

pub use self::coverage::Coverage;
pub use self::mutants::{Mutants, Survivor};
pub(super) use self::read::read;
use super::fault::Place;
use super::run::QueueFacts;
use super::value::Value;
use crate::ids::{EntityId, NodeId, QueueId};

/// A test as written.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    pub(super) at: Place,
    pub(super) name: String,
    moment: DateTime,
    from: String,
    to: String,
    entity: EntityId,
    inputs: BTreeMap<String, Value>,
    acts: Vec<Act>,
    mocks: BTreeMap<NodeId, Vec<Mock>>,
    queues: BTreeMap<QueueId, QueueFacts>,
    path: Vec<NodeId>,
    vars: BTreeMap<String, Value>,
    says: Vec<String>,
}

/// What a caller does.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Act {
    /// Presses these where keys are asked for.
    Keys(String),
    /// Says and presses nothing to one question.
    Silence,
    /// Presses these at that node.
    At { node: NodeId, keys: String, after: Duration },
}

/// How a node ends.
#[derive(Clone, Debug, PartialEq)]
struct Mock {
    exit: String,
    save: Option<Value>,
}

/// What came of the tests of a flow.
#[derive(Debug)]
pub struct TestReport {
    /// Each test that failed, in the order of the file.
    pub failures: Vec<TestFailure>,
    /// How many there are.
    pub tests: usize,
    /// What they passed.
    pub coverage: Coverage,
}

/// A test that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestFailure {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub at: Place,
    /// What was not as expected, line by line.
    pub why: Vec<String>,
}
