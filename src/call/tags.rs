//! What a call is about, as its flow learns it.

use super::Call;
use crate::config::DialledNumber;
use crate::ids::{EntityId, Language, TopicId};

/// What is learnt; `None` leaves what is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// The body answered for.
    pub entity: Option<EntityId>,
    /// The topic.
    pub topic: Option<TopicId>,
    /// Spoken from now on.
    pub language: Option<Language>,
    /// False: the citizen does not want to be recorded.
    pub record: Option<bool>,
}

impl Call {
    /// The flow has learnt this.
    pub fn tag(&mut self, tags: &Tags) {
        self.tagged |= tags.entity.is_some() || tags.topic.is_some();
        self.take(tags);
    }

    /// A queue knows what most of its callers want: the defaults that this call takes from it, unless its flow has learnt better.
    pub fn take_defaults(&mut self, entity: Option<&EntityId>, topic: Option<&TopicId>) -> Option<Tags> {
        if self.tagged || (entity.is_none() && topic.is_none()) {
            return None;
        }
        let tags = Tags { entity: entity.cloned(), topic: topic.cloned(), ..Tags::default() };
        self.take(&tags);
        Some(tags)
    }

    /// The flow of another number leads it from now on: what that number says of its callers.
    pub fn take_number(&mut self, number: &DialledNumber) -> Tags {
        let spoken = number.language.clone().or_else(|| self.flow.languages().first().cloned());
        let language = spoken.filter(|_| !self.flow.languages().contains(&self.language));
        let (entity, topic) = (Some(number.entity.clone()), number.topic.clone());
        let tags = Tags { entity, topic, language, record: None };
        self.take(&tags);
        self.tagged = false;
        tags
    }

    fn take(&mut self, tags: &Tags) {
        let Tags { entity, topic, language, record } = tags;
        self.entity = entity.clone().unwrap_or_else(|| self.entity.clone());
        self.topic = topic.clone().or_else(|| self.topic.take());
        self.language = language.clone().unwrap_or_else(|| self.language.clone());
        self.may_record = record.unwrap_or(self.may_record);
    }
}
