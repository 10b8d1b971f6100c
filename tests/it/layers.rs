//! The layer rule: a module uses only what lies below it, and modules of one layer do not know each other.
//!
//! `src/` is read as text: each `crate::` path outside comments and tests is a use of the module that it names. What one layer
//! must share within itself is listed with the reason; an entry that nobody needs any more is a failure too, so that the
//! list stays short.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// From the bottom to the top. `main.rs` and `lib.rs` belong to no layer.
const LAYERS: [&[&str]; 6] = [
    &["flood", "hint", "ids", "letters", "phone_number", "planted", "time", "words"],
    &["media", "sdp", "sip"],
    &[
        "acd", "call", "callback", "config", "crm", "flow", "journal", "replay", "speech", "survey",
        "switches", "views",
    ],
    &["engine"],
    &["simulate"],
    &["cli", "io"],
];

const PROTOCOLS: &[&str] = LAYERS[1];
/// Where sockets, files, clocks and threads may be used.
const OUTER: &[&str] = LAYERS[5];

/// Who knows a neighbour in the own layer, and why.
const NEIGHBOURS: [(&str, &str, &str); 24] = [
    ("flood", "time", "counts are told by the minute"),
    ("hint", "letters", "what steers a terminal is written out in a message"),
    ("words", "ids", "a seat's view names its call"),
    ("sdp", "media", "a round of offer and answer ends in a codec and an address for a leg"),
    ("flow", "speech", "computed values become spoken pieces"),
    ("config", "callback", "queues.toml says which queues call back, and by which rules"),
    ("config", "survey", "entities.toml says how often citizens are asked"),
    ("config", "acd", "queues.toml is written in the rules of the distribution"),
    (
        "config",
        "flow",
        "calendars.toml is written in the schedules that flows ask, and numbers are judged as in flows",
    ),
    (
        "call",
        "flow",
        "a waiting call keeps what its flow asked of the queue: music, announcements, recording",
    ),
    ("callback", "flow", "slots lie within opening hours, and nobody is called outside them"),
    ("call", "acd", "who is sent on to a number keeps the place that was left for it"),
    ("call", "config", "a number that is called keeps the way out that was found for it"),
    ("journal", "acd", "who was cut off while waiting gets the place back, after a restart too"),
    ("journal", "callback", "what was promised outlives a restart, and so does who called in vain"),
    ("journal", "survey", "who was asked is not asked again, after a restart neither"),
    ("journal", "switches", "what supervisors switch is written down, and in force after a restart"),
    ("crm", "journal", "contacts, cases and citizens are folds over its facts"),
    ("views", "journal", "views apply its entries and remember how far"),
    ("views", "crm", "views keep contacts, cases and citizens as rows"),
    ("replay", "journal", "a call is made again from its facts"),
    ("replay", "flow", "it is led by the interpreter that leads citizens"),
    ("replay", "call", "what becomes of it is judged by the rules of outcomes"),
    ("cli", "io", "a command reads files, asks the exchange, or starts it"),
];

/// Words of the contact centre, which no RFC of telephony knows.
const CENTRE_WORDS: [&str; 8] =
    ["seat", "queue", "operator", "entity", "citizen", "topic", "wrapup", "supervisor"];

/// What touches the machine.
const MACHINE: [&str; 10] = [
    "std::fs",
    "std::thread",
    "std::process::Command",
    "UdpSocket",
    "TcpStream",
    "TcpListener",
    "std::time::Instant",
    "SystemTime",
    "getrandom",
    "tokio",
];

/// A line of code: no comment, no test.
struct Line {
    file: String,
    number: usize,
    module: String,
    code: String,
}

/// A module that uses another.
struct Use<'a> {
    line: &'a Line,
    used: String,
}

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

pub(super) fn files_below(dir: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(dir).expect("the source tree can be read");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        let is_test = path.file_stem().is_some_and(|stem| stem == "tests");
        if path.is_dir() && !is_test {
            files_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_test {
            found.push(path);
        }
    }
}

/// Every line of code of the library, without its tests.
fn source() -> Vec<Line> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    files_below(&root.join("src"), &mut files);
    let texts: Vec<_> = files
        .iter()
        .map(|path| (path, fs::read_to_string(path).expect("a source file can be read")))
        .collect();
    let tests: BTreeSet<PathBuf> = texts.iter().flat_map(|(path, text)| test_files(path, text)).collect();
    let code = texts.iter().filter(|(path, _)| !tests.contains(*path));
    code.flat_map(|(path, text)| lines_of(path.strip_prefix(root).expect("below the root"), text)).collect()
}

/// The files that this one, the `mod.rs` of its directory, declares as tests.
fn test_files(path: &Path, text: &str) -> Vec<PathBuf> {
    let marked = text.split("#[cfg(test)]\nmod ").skip(1);
    let names = marked.filter_map(|rest| rest.lines().next()?.strip_suffix(';'));
    names.map(|name| path.with_file_name(format!("{name}.rs"))).collect()
}

fn lines_of(path: &Path, text: &str) -> Vec<Line> {
    let file = path.display().to_string();
    let module = file.trim_start_matches("src/").split('/').next().unwrap_or_default();
    let module = module.trim_end_matches(".rs").to_owned();
    let line = |(number, code)| Line { file: file.clone(), number, module: module.clone(), code };
    code_of(text).into_iter().map(line).collect()
}

/// The numbered lines of a file, without comments and without items marked `#[cfg(test)]`.
fn code_of(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut test_at: Option<usize> = None;
    for (index, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        let indent = code.len() - code.trim_start().len();
        match test_at {
            Some(at) => {
                let ends = code.trim_end().ends_with(';') || code.trim() == "}";
                test_at = test_at.filter(|_| indent != at || !ends);
            }
            None if code.trim() == "#[cfg(test)]" => test_at = Some(indent),
            None => lines.push((index + 1, code.to_owned())),
        }
    }
    lines
}

/// The modules named by `crate::` paths in a line; a group `crate::{...}` comes out as its brace, and is refused.
fn modules_in(code: &str) -> Vec<String> {
    let is_name = |c: &char| c.is_ascii_lowercase() || "_{".contains(*c);
    let names =
        code.split("crate::").skip(1).map(|path| path.chars().take_while(is_name).collect::<String>());
    names.filter(|name| !name.is_empty()).collect()
}

fn uses(lines: &[Line]) -> Vec<Use<'_>> {
    lines
        .iter()
        .flat_map(|line| modules_in(&line.code).into_iter().map(move |used| Use { line, used }))
        .filter(|found| found.used != found.line.module && layer_of(&found.line.module).is_some())
        .collect()
}

/// What is wrong with this use, if anything.
fn fault(found: &Use<'_>) -> Option<String> {
    let Use { line, used } = found;
    let (user, place) = (&line.module, format!("{}:{}", line.file, line.number));
    if used.starts_with('{') {
        return Some(format!(
            "{place}: `crate::{{...}}` hides what is used; write one `use` for each module"
        ));
    }
    let (Some(above), Some(below)) = (layer_of(user), layer_of(used)) else {
        return Some(format!(
            "{place}: `{used}` is in no layer; give it a place in LAYERS (tests/it/layers.rs)"
        ));
    };
    let is_listed = NEIGHBOURS.iter().any(|(a, b, _)| a == user && b == used);
    match above.cmp(&below) {
        std::cmp::Ordering::Less => Some(format!(
            "{place}: `{user}` uses `{used}`, which lies above it; let the engine carry the message"
        )),
        std::cmp::Ordering::Equal if !is_listed => Some(format!(
            "{place}: `{user}` uses its neighbour `{used}`; share a word below both, or list it with the reason"
        )),
        _ => None,
    }
}

fn centre_word_in(code: &str) -> Option<&'static str> {
    let words = code.to_ascii_lowercase();
    let words: BTreeSet<&str> = words.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    CENTRE_WORDS.into_iter().find(|word| words.contains(word) || words.contains(format!("{word}s").as_str()))
}

fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn every_module_uses_only_what_lies_below_it() {
    let lines = source();
    none(&uses(&lines).iter().filter_map(fault).collect::<Vec<_>>());
}

#[test]
fn every_module_has_a_layer_and_every_layer_its_modules() {
    let there: BTreeSet<String> = source().into_iter().map(|line| line.module).collect();
    let placed: BTreeSet<String> = LAYERS.concat().into_iter().map(str::to_owned).collect();
    let rooms = ["lib", "main"].map(str::to_owned);
    let missing: Vec<_> =
        there.iter().filter(|name| !placed.contains(*name) && !rooms.contains(name)).collect();
    let gone: Vec<_> = placed.difference(&there).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "without a layer: {missing:?}; not there any more: {gone:?}"
    );
}

#[test]
fn neighbours_that_are_listed_still_need_each_other() {
    let lines = source();
    let known: BTreeSet<(&str, String)> =
        uses(&lines).into_iter().map(|found| (found.line.module.as_str(), found.used)).collect();
    let idle = NEIGHBOURS.iter().filter(|(user, used, _)| !known.contains(&(*user, (*used).to_owned())));
    none(
        &idle
            .map(|(user, used, _)| format!("`{user}` needs `{used}` no more: take it off the list"))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn protocols_know_no_word_of_the_contact_centre() {
    let lines = source();
    let protocol = lines.iter().filter(|line| PROTOCOLS.contains(&line.module.as_str()));
    let told = protocol.filter_map(|line| {
        let word = centre_word_in(&line.code)?;
        Some(format!("{}:{}: `{word}` is no word of SIP, SDP or RTP", line.file, line.number))
    });
    none(&told.collect::<Vec<_>>());
}

#[test]
fn only_the_outermost_layer_touches_the_machine() {
    let lines = source();
    let inner = lines
        .iter()
        .filter(|line| layer_of(&line.module).is_some() && !OUTER.contains(&line.module.as_str()));
    let told = inner.filter_map(|line| {
        let what = MACHINE.into_iter().find(|what| line.code.contains(what))?;
        Some(format!(
            "{}:{}: `{what}` belongs to `io`; take the value as an argument",
            line.file, line.number
        ))
    });
    none(&told.collect::<Vec<_>>());
}

#[test]
fn comments_and_tests_are_not_read() {
    let text = "use crate::ids; // crate::engine\n#[cfg(test)]\nmod tests;\nfn a() {}\n#[cfg(test)]\nmod more {\n    use crate::io;\n}\nfn b() { crate::sip::x(); }\n";
    let found: Vec<_> =
        code_of(text).iter().flat_map(|(n, code)| modules_in(code).into_iter().map(|m| (*n, m))).collect();
    assert_eq!(found, [(1, "ids".to_owned()), (9, "sip".to_owned())]);
}
