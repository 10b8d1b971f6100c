//! `operators.toml`: the reasons of pauses. The file may be missing: then any reason will do, and none has an end.

use std::collections::BTreeMap;
use std::time::Duration;

use super::directory::is_digits;
use super::names::Names;
use super::reader::{Table, Word};
use super::{Config, Pause};
use crate::acd::{PauseRule, Pauses};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// Read `[[pause]]`.
pub(super) fn read(table: Table<'_>, names: &mut Names) -> BTreeMap<String, Pause> {
    let mut pauses = BTreeMap::new();
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
    table.finish();
    pauses
}

fn is_new_code(table: &Table<'_>, code: &Word<'_>, codes: &mut Names) -> bool {
    if !is_digits(code.text) {
        table.not(code, "a code of digits", "1");
        return false;
    }
    codes.add(&table.file, code)
}

/// What the distribution needs of the reasons.
pub(super) fn rules(pauses: &BTreeMap<String, Pause>) -> Pauses {
    pauses.iter().filter_map(|(id, pause)| Some((id.clone(), pause.rule?))).collect()
}

impl Config {
    /// The reason that these digits mean.
    pub fn pause_of_code(&self, digits: &str) -> Option<&str> {
        let found = self.pauses.iter().find(|(_, pause)| pause.code.as_deref() == Some(digits));
        found.map(|(id, _)| id.as_str())
    }
}
