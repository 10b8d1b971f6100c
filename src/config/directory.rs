//! `entities.toml`, `topics.toml` and `numbers.toml`: who answers, what about, and at which number.

use std::collections::BTreeMap;
use std::time::Duration;

use super::fault::{Fault, Place};
use super::names::{Names, is_plain_name};
use super::reader::{Table, Word};
use super::{DialledNumber, Entity, Topic};
use crate::ids::{EntityId, FlowId, TopicId};
use crate::survey::{LONGEST, SurveyRules};

/// Read `[[entity]]`.
pub(super) fn entities(table: Table<'_>, names: &mut Names) -> BTreeMap<EntityId, Entity> {
    let mut entities = BTreeMap::new();
    for entity in table.tables("entity", "[[entity]]") {
        let (id, name, survey) = (names.take(&entity, "id"), entity.need("name"), survey(&entity));
        let music = super::floor::music(&entity);
        if let (Some(id), Some(name)) = (id, name) {
            let name = name.text.to_owned();
            let short = entity.text("short").map_or_else(|| name.clone(), |short| short.text.to_owned());
            entities.insert(id.text.into(), Entity { name, short, music, survey });
        }
        entity.finish();
    }
    table.finish();
    entities
}

/// How often citizens are asked after the call.
fn survey(entity: &Table<'_>) -> SurveyRules {
    let usual = SurveyRules::default();
    SurveyRules {
        percent: entity.number("survey_percent", usual.percent, 0..=100),
        every: entity.span("survey_every", usual.every, Duration::ZERO..=LONGEST),
    }
}

/// Read `[[topic]]`. A path's parent must be a topic too, before or after it.
pub(super) fn topics(table: Table<'_>, names: &mut Names) -> BTreeMap<TopicId, Topic> {
    let mut topics = BTreeMap::new();
    let mut codes = Names::new("topic code", "topics.toml");
    let mut paths = Vec::new();
    for topic in table.tables("topic", "[[topic]]") {
        let (id, title) = (names.take(&topic, "id"), topic.need("title"));
        let code = topic.text("code").filter(|code| is_new_code(&topic, code, &mut codes));
        if let (Some(id), Some(title)) = (id, title) {
            let code = code.map(|code| code.text.to_owned());
            topics.insert(TopicId::from(id.text), Topic { title: title.text.to_owned(), code });
            paths.push(id);
        }
        topic.finish();
    }
    for path in paths {
        if let Some((parent, _)) = path.text.rsplit_once('/')
            && !topics.contains_key(parent)
        {
            let (name, parent) = (path.text.to_owned(), parent.to_owned());
            table.file.fault(&path.span, Fault::NoParent { name, parent });
        }
    }
    table.finish();
    topics
}

fn is_new_code(topic: &Table<'_>, code: &Word<'_>, codes: &mut Names) -> bool {
    if !is_digits(code.text) {
        topic.not(code, "a code of digits", "12");
        return false;
    }
    codes.add(&topic.file, code)
}

/// Dialled digits: some, and nothing else.
pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Read `[[number]]`, with the place where each flow is named first.
pub(super) fn numbers(
    table: Table<'_>,
    entities: &Names,
    topics: &Names,
) -> (BTreeMap<String, DialledNumber>, BTreeMap<FlowId, Place>) {
    let mut numbers = BTreeMap::new();
    let mut flows = BTreeMap::new();
    let mut taken = Names::new("number", "numbers.toml");
    for number in table.some_tables("number", "[[number]]") {
        let dialled = number.need("number").filter(|word| is_new_number(&number, word, &mut taken));
        let entity = number.need("entity").filter(|word| entities.check(&number.file, word));
        let topic = topics.used(&number, "topic").map(|word| word.text.into());
        let language = number.text("language").filter(|word| is_language(&number, word));
        let flow = number.need("flow").filter(|word| is_flow(&number, word));
        if let Some(flow) = &flow {
            flows.entry(flow.text.into()).or_insert_with(|| number.file.place(&flow.span));
        }
        if let (Some(dialled), Some(entity), Some(flow)) = (dialled, entity, flow) {
            let (entity, flow, language) =
                (entity.text.into(), flow.text.into(), language.map(|word| word.text.into()));
            numbers.insert(dialled.text.to_owned(), DialledNumber { entity, flow, language, topic });
        }
        number.finish();
    }
    table.finish();
    (numbers, flows)
}

/// Digits, perhaps with a `+` before them: at most the 15 that a number has (E.164 section 6); short numbers have fewer.
pub(super) fn is_dialled(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    is_digits(digits) && digits.len() <= 15
}

fn is_new_number(table: &Table<'_>, word: &Word<'_>, taken: &mut Names) -> bool {
    if !is_dialled(word.text) {
        table.not(word, "a number as it is dialled", "055055");
        return false;
    }
    taken.add(&table.file, word)
}

/// The name of a file in `ivr-flows/`, and of nothing elsewhere.
fn is_flow(table: &Table<'_>, word: &Word<'_>) -> bool {
    let right = is_plain_name(word.text);
    if !right {
        table.file.fault(&word.span, Fault::Name { text: word.text.to_owned() });
    }
    right
}

/// Two letters (ISO 639-1).
pub(super) fn is_language_code(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

fn is_language(table: &Table<'_>, word: &Word<'_>) -> bool {
    let right = is_language_code(word.text);
    if !right {
        table.not(word, "a language", "it");
    }
    right
}
