//! `callers.toml`: numbers that are served otherwise than others. The file may be missing: then there are none.

use std::collections::BTreeMap;
use std::time::Duration;

use super::ListedCaller;
use super::fault::Fault;
use super::names::Names;
use super::reader::Table;

const SECOND: Duration = Duration::from_secs(1);
/// Each call looks its number up; more belongs into a system of its own.
const MAX_NUMBERS: usize = 10_000;

/// Read `[[caller]]`.
pub(super) fn read(table: Table<'_>, seats: &Names) -> BTreeMap<String, ListedCaller> {
    let mut callers = BTreeMap::new();
    let mut given = Names::new("number", "callers.toml");
    for caller in table.tables("caller", "[[caller]]") {
        let prefer_for = caller.span("prefer_for", 30 * SECOND, SECOND..=600 * SECOND);
        let seat = seats.used(&caller, "seat");
        let listed = ListedCaller {
            priority: caller.number("priority", 0, -60..=60),
            prefers: seat.map(|seat| (seat.text.into(), prefer_for)),
        };
        for number in caller.need_texts("numbers") {
            if given.add(&caller.file, &number) {
                callers.insert(number.text.to_owned(), listed.clone());
            }
            if callers.len() > MAX_NUMBERS {
                caller.file.fault(&number.span, Fault::Many { what: "numbers", most: MAX_NUMBERS });
                return callers;
            }
        }
        caller.finish();
    }
    table.finish();
    callers
}
