//! What README, ARCHITECTURE, the pages of `docs/` and the modules' own docs name must be there: a page that sends people to a file
//! that has moved has lost them.

use std::fs;
use std::path::{Path, PathBuf};

use super::layers::files_below;

/// Kinds of files that people are sent to, and that are in the tree rather than made by running it.
const KINDS: [&str; 4] = [".md", ".rs", ".toml", ".yaml"];

/// Where a name may begin: at the root, or where the reader is by the heading (`sip/message/parse.rs`, `sim/streams.rs`).
const ROOTS: [&str; 3] = ["", "src", "tests/it"];

/// The prose of a page, or the docs that a module opens with.
fn prose(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a page can be read");
    if path.extension().is_some_and(|extension| extension == "rs") {
        text.lines().filter(|line| line.starts_with("//!")).collect::<Vec<_>>().join("\n")
    } else {
        text
    }
}

/// Names of files: in backticks or as the target of a link, with a folder; patterns and addresses are none.
fn names(text: &str) -> Vec<&str> {
    let is_name = |word: &&str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
        word.contains('/') && word.chars().all(plain) && KINDS.iter().any(|kind| word.ends_with(kind))
    };
    text.split(['`', '(', ')']).filter(is_name).collect()
}

#[test]
fn every_file_that_is_named_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages: Vec<PathBuf> = ["README.md", "ARCHITECTURE.md"].map(|page| root.join(page)).into();
    let docs = fs::read_dir(root.join("docs")).expect("the docs can be read");
    pages.extend(docs.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file()));
    files_below(&root.join("src"), &mut pages);
    let mut lost = Vec::new();
    for page in &pages {
        let beside = page.parent().expect("a file is in a folder");
        let exists = |name: &str| {
            ROOTS.iter().any(|base| root.join(base).join(name).exists()) || beside.join(name).exists()
        };
        let text = prose(page);
        let missing = names(&text).into_iter().filter(|name| !exists(name));
        lost.extend(missing.map(|name| format!("{} names {name}", page.display())));
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

#[test]
fn names_are_found_in_backticks_and_links_and_patterns_are_passed_over() {
    let text = "see `flow/run.rs`, [prices](docs/prices.md), `sounds/<language>/grammar.toml`, `run.rs`, `/health/live`, `a/*.rs`";
    assert_eq!(names(text), ["flow/run.rs", "docs/prices.md"]);
}
