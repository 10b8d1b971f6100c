//! Published flows: a supervisor's text becomes a version, for ever, and one version of a flow is in force.
//!
//! Each version is a [`Version`]: who, when, why, and the hash of its text; never changed, numbered from 1. The last of a flow's
//! [`History`] counts: its text is what callers meet, in the place of the file beside the configuration, unless it is a retirement,
//! after which that file counts again. To roll back is to publish an old text as a new version.
//!
//! Two people may edit at once. So a text that is printed to be edited says in its first line which version it is (a comment, see
//! [`marked`]); whoever publishes an edit of another version than the last one is told what the other has changed.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ids::FlowId;
use crate::words::FlowChange;

/// One version of a flow, without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The flow; a sub-flow as `name@version`.
    pub flow: FlowId,
    /// Counts from 1.
    pub version: u32,
    /// How it came about.
    pub change: FlowChange,
    /// When: RFC 3339, with Rome's offset.
    pub at: String,
    /// Who, as they said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why.
    pub comment: String,
    /// The version that was in force before; 0: the file beside the configuration.
    pub after: u32,
    /// SHA-256 of the text, in hexadecimal; `None`: a retirement has no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

impl Version {
    /// The text is the one that was published.
    pub fn fits(&self, text: &[u8]) -> bool {
        self.sha256.as_deref() == Some(hash(text).as_str())
    }
}

/// SHA-256 in hexadecimal.
pub fn hash(text: &[u8]) -> String {
    Sha256::digest(text).iter().map(|octet| format!("{octet:02x}")).collect()
}

/// All versions of a flow, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History(Vec<Version>);

impl History {
    /// Of versions in their order.
    ///
    /// # Errors
    /// Versions are numbered without a gap: this one is missing.
    pub fn of(versions: Vec<Version>) -> Result<History, u32> {
        let gap = (1..).zip(&versions).find(|(number, version)| version.version != *number);
        match gap {
            Some((number, _)) => Err(number),
            None => Ok(History(versions)),
        }
    }

    /// All of them.
    pub fn versions(&self) -> &[Version] {
        &self.0
    }

    /// This one.
    pub fn version(&self, number: u32) -> Option<&Version> {
        self.0.iter().find(|version| version.version == number)
    }

    /// The last change.
    pub fn last(&self) -> Option<&Version> {
        self.0.last()
    }

    /// What callers meet; `None`: the file beside the configuration.
    pub fn in_force(&self) -> Option<&Version> {
        self.last().filter(|version| version.sha256.is_some())
    }

    /// The number of the last change; 0 before the first.
    pub fn now(&self) -> u32 {
        self.last().map_or(0, |version| version.version)
    }

    /// A text that was written from `base` may follow. Without a base it may where nothing that is published is in force.
    pub fn admits(&self, base: Option<u32>) -> bool {
        base.map_or_else(|| self.in_force().is_none(), |base| base == self.now())
    }
}

/// What the first line of a text begins with that was printed to be edited.
const MARK: &str = "# centralino flow ";

/// The text with a first line that says which version it is.
pub fn marked(version: &Version, text: &str) -> String {
    let Version { flow, version, .. } = version;
    format!(
        "{MARK}{flow} version {version} (this line says what an edit began from; publishing takes it away)\n{text}"
    )
}

/// A text as it was given to be published: which version of which flow it was written from, as its first line says, and what comes
/// after that line. A text that was printed twice has two such lines; the first counts.
pub fn unmarked(text: &str) -> (Option<(FlowId, u32)>, &str) {
    let (mut first, mut left) = (None, text);
    while let Some((base, rest)) = mark(left) {
        first = first.or(Some(base));
        left = rest;
    }
    (first, left)
}

fn mark(text: &str) -> Option<((FlowId, u32), &str)> {
    let (line, rest) = text.split_once('\n')?;
    let mut words = line.strip_prefix(MARK)?.split_whitespace();
    let (flow, "version", number) = (words.next()?, words.next()?, words.next()?) else { return None };
    Some(((FlowId::from(flow), number.parse().ok()?), rest))
}

/// A name that can be that of a directory: letters, digits, `-`, `_`, `.` and `@`, not beginning with a point.
pub fn is_plain_name(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
    (1..=64).contains(&id.len()) && !id.starts_with('.') && id.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(number: u32, change: FlowChange) -> Version {
        let sha256 = (change != FlowChange::Retired).then(|| hash(b"text"));
        let (flow, at, comment) =
            ("055055".into(), "2026-11-24T09:00:00.000+01:00".to_owned(), String::new());
        Version { flow, version: number, change, at, by: None, comment, after: number - 1, sha256 }
    }

    #[test]
    fn edit_follows_what_it_was_written_from_and_nothing_else() {
        use FlowChange::{Published, Retired};
        for (changes, base, admitted) in [
            (vec![], None, true),
            (vec![], Some(0), true),
            (vec![], Some(1), false),
            (vec![Published], None, false),
            (vec![Published], Some(0), false),
            (vec![Published], Some(1), true),
            (vec![Published, Published], Some(1), false),
            (vec![Published, Retired], None, true),
            (vec![Published, Retired], Some(1), false),
            (vec![Published, Retired], Some(2), true),
        ] {
            let versions = (1..).zip(&changes).map(|(number, change)| version(number, *change)).collect();
            let history = History::of(versions).expect("no gap");
            assert_eq!(history.admits(base), admitted, "{changes:?} {base:?}");
        }
    }

    #[test]
    fn missing_version_is_a_gap() {
        let versions = vec![version(1, FlowChange::Published), version(3, FlowChange::Published)];
        assert_eq!(History::of(versions), Err(2));
    }

    #[test]
    fn text_that_is_printed_to_be_edited_knows_its_version_and_comes_back_byte_for_byte() {
        for text in ["schema: 1\n", "# mine\r\nschema: 1", ""] {
            let printed = marked(&version(7, FlowChange::Published), text);
            assert_eq!(unmarked(&printed), (Some(("055055".into(), 7)), text));
            assert_eq!(
                unmarked(&marked(&version(8, FlowChange::Published), &printed)),
                (Some(("055055".into(), 8)), text)
            );
            assert_eq!(unmarked(text), (None, text));
        }
        let text = "# centralino flow 055055 version due\nschema: 1";
        assert_eq!(unmarked(text), (None, text), "what is no mark of ours stays");
    }

    #[test]
    fn hash_is_the_one_that_sha256sum_prints() {
        assert_eq!(hash(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(version(1, FlowChange::Published).fits(b"text"));
        assert!(!version(1, FlowChange::Published).fits(b"Text"));
        assert!(!version(1, FlowChange::Retired).fits(b""));
    }

    #[test]
    fn names_lead_nowhere_else() {
        for (name, plain) in
            [("055055", true), ("segnalazione@1", true), ("../x", false), (".", false), ("", false)]
        {
            assert_eq!(is_plain_name(name), plain, "{name}");
        }
    }
}
