//! `operators.toml`: the people at the seats, and why they may pause. The file may be missing: then operators are known by their seats
//! alone, any reason of a pause will do, and none has an end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::directory::is_digits;
use super::floor::{profile, served, skills};
use super::names::Names;
use super::reader::{Table, Word};
use super::{Config, Operator, Operators, Pause, Secret};
use crate::acd::{PauseRule, Pauses, People, Person};
use crate::ids::OperatorId;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
/// Fewer digits are guessed in an afternoon, however slow guessing is.
const SHORTEST_CODE: usize = 4;

/// Read `[[operator]]` and `[[pause]]`.
pub(super) fn read(table: Table<'_>, names: &mut Names, queues: &Names, skill_names: &Names) -> Operators {
    let mut operators = Operators { people: BTreeMap::new(), pauses: pauses(&table) };
    let mut codes = Names::new("operator's code", "operators.toml");
    for operator in table.tables("operator", "[[operator]]") {
        let (id, name) = (names.take(&operator, "id"), operator.need("name"));
        let code = operator.text("code").filter(|code| is_log_in_code(&operator, code, &mut codes));
        let mut own = operator.has("queues").then(|| served(&operator, queues));
        let profile = profile(&operator, queues);
        if !profile.is_empty() {
            own.get_or_insert_default().extend(profile);
        }
        let known = skills(&operator, skill_names);
        let person = Person { queues: own, skills: operator.has("skills").then_some(known) };
        let supervisor = operator.flag("supervisor", false);
        if let (Some(id), Some(name)) = (id, name) {
            let (name, code) = (name.text.to_owned(), code.map(|code| Secret::new(code.text.to_owned())));
            operators.people.insert(id.text.into(), Operator { name, code, person, supervisor });
        }
        operator.finish();
    }
    table.finish();
    operators
}

fn pauses(table: &Table<'_>) -> BTreeMap<String, Pause> {
    let mut pauses = BTreeMap::new();
    let mut names = Names::new("pause", "operators.toml");
    let mut codes = Names::new("code of a pause", "operators.toml");
    for pause in table.tables("pause", "[[pause]]") {
        let (id, name) = (names.take(&pause, "id"), pause.need("name"));
        let code = pause.text("code").filter(|code| is_new_code(&pause, code, &mut codes));
        let rule = PauseRule {
            max: pause.span("max", HOUR, MINUTE..=24 * HOUR),
            then_ready: pause.flag("then_ready", false),
        };
        if let (Some(id), Some(name)) = (id, name) {
            let (name, code) = (name.text.to_owned(), code.map(|code| code.text.to_owned()));
            let rule = pause.has("max").then_some(rule);
            pauses.insert(id.text.to_owned(), Pause { name, code, rule });
        }
        pause.finish();
    }
    pauses
}

fn is_new_code(table: &Table<'_>, code: &Word<'_>, codes: &mut Names) -> bool {
    if !is_digits(code.text) {
        table.not(code, "a code of digits", "1");
        return false;
    }
    codes.add(&table.file, code)
}

fn is_log_in_code(table: &Table<'_>, code: &Word<'_>, codes: &mut Names) -> bool {
    if !is_digits(code.text) || code.text.len() < SHORTEST_CODE {
        table.not(code, "a code of four digits or more", "4711");
        return false;
    }
    codes.add(&table.file, code)
}

/// What the distribution needs of both.
pub(super) fn rules(operators: &Operators) -> (Arc<Pauses>, Arc<People>) {
    let pauses = operators.pauses.iter().filter_map(|(id, pause)| Some((id.clone(), pause.rule?)));
    let people = operators.people.iter().map(|(id, operator)| (id.clone(), operator.person.clone()));
    (Arc::new(pauses.collect()), Arc::new(people.collect()))
}

impl Config {
    /// The reason that these digits mean.
    pub fn pause_of_code(&self, digits: &str) -> Option<&str> {
        let found = self.operators.pauses.iter().find(|(_, pause)| pause.code.as_deref() == Some(digits));
        found.map(|(id, _)| id.as_str())
    }

    /// Whose code this is.
    pub fn operator_of_code(&self, digits: &str) -> Option<&OperatorId> {
        let is = |operator: &Operator| operator.code.as_ref().is_some_and(|code| code.reveal() == digits);
        self.operators.people.iter().find(|(_, operator)| is(operator)).map(|(id, _)| id)
    }
}
