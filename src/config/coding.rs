//! What the digits mean that an operator dials to code a contact: `topic*outcome`, either of them empty.

use super::Config;
use crate::ids::{QueueId, TopicId};

/// What is wrong with the digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodingMistake {
    /// There are none.
    Nothing,
    /// No topic has this code.
    Topic,
    /// The queue has no outcome of this code.
    Outcome,
}

impl Config {
    /// The topic and the disposition that `digits` name for a contact of `queue`.
    pub fn coding(
        &self,
        queue: &QueueId,
        digits: &str,
    ) -> Result<(Option<TopicId>, Option<String>), CodingMistake> {
        let (topic, outcome) = digits.split_once('*').unwrap_or((digits, ""));
        if topic.is_empty() && outcome.is_empty() {
            return Err(CodingMistake::Nothing);
        }
        let named = |code: &str| {
            let found = self.topics.iter().find(|(_, topic)| topic.code.as_deref() == Some(code));
            found.map(|(id, _)| id.clone()).ok_or(CodingMistake::Topic)
        };
        let ended = |code: &str| {
            let found = self.queues.get(queue).and_then(|queue| queue.dispositions.get(code));
            found.cloned().ok_or(CodingMistake::Outcome)
        };
        let topic = Some(topic).filter(|code| !code.is_empty()).map(named).transpose()?;
        let outcome = Some(outcome).filter(|code| !code.is_empty()).map(ended).transpose()?;
        Ok((topic, outcome))
    }
}
