//! How a command that could not be done ends.

use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;

use super::out;

/// What could not be done, and whose fault it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    code: u8,
    lines: Vec<String>,
}

impl Failure {
    /// The arguments or the configuration are wrong.
    pub(super) fn misuse(what: impl Display) -> Failure {
        Failure { code: 2, lines: vec![format!("error: {what}")] }
    }

    /// The configuration has faults: one a line, each beginning with its file, as editors understand it.
    pub(super) fn faults(lines: Vec<String>) -> Failure {
        Failure { code: 2, lines }
    }

    /// Everything else.
    pub(super) fn other(what: impl Display) -> Failure {
        Failure { code: 1, lines: vec![format!("error: {what}")] }
    }

    /// It was done, and may not last.
    pub(super) fn unwritten(what: impl Display) -> Failure {
        Failure { code: 3, lines: vec![format!("warning: {what}")] }
    }

    /// Something is wrong with the data directory. The journal does not know where it lies; we do, so that the remedy can be typed as
    /// it is told.
    pub(super) fn of_data(data: &Path, what: impl Display) -> Failure {
        Failure::other(what.to_string().replace("--data DIR", &format!("--data {}", data.display())))
    }

    /// It was done, and what was looked at is not well; that has been printed already.
    pub(super) fn found() -> Failure {
        Failure { code: 1, lines: Vec::new() }
    }

    /// The same, with what is not well.
    pub(super) fn found_lines(lines: Vec<String>) -> Failure {
        Failure { code: 1, lines }
    }

    /// Nobody reads what is printed any more: an end like any other.
    pub(super) fn enough() -> Failure {
        Failure { code: 0, lines: Vec::new() }
    }

    /// What the process ends with.
    #[cfg(test)]
    pub(super) fn code(&self) -> u8 {
        self.code
    }

    /// Says it on standard error. Much of it comes from files and names that somebody else has written.
    pub(super) fn tell(self) -> ExitCode {
        for line in self.lines.iter().flat_map(|line| line.lines()) {
            eprintln!("{}", out::printable(line));
        }
        ExitCode::from(self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_use_and_failure_have_codes_of_their_own() {
        assert_eq!(Failure::misuse("x").code, 2);
        assert_eq!(Failure::faults(vec!["a.toml: x".to_owned()]).code, 2);
        assert_eq!(Failure::other("x").code, 1);
        assert_eq!(Failure::unwritten("x").code, 3);
        let repair = Failure::of_data(Path::new("/srv/x"), "run `journal repair --data DIR`");
        assert_eq!(repair.lines, ["error: run `journal repair --data /srv/x`"]);
        assert_eq!(Failure::found().code, 1);
        assert_eq!(Failure::enough().code, 0);
    }
}
