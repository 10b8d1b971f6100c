//! `cargo xtask soak`: calls by the million through the distribution alone, on floors of all sizes, each step watched.
//!
//! The floors are those of the distribution's own random histories (`acd/tests/history.rs`): random queues, seats, skills, strategies,
//! overflow and reloads. A failure names the seed that repeats it.

use std::process::Command;

use crate::fuzz::number;
use crate::steps::Steps;

/// How many calls, and from which floor on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Soak {
    calls: u64,
    first: u64,
}

impl Soak {
    /// So many calls, from the first floor on.
    pub(crate) fn of(calls: u64) -> Soak {
        Soak { calls, first: 0 }
    }

    /// Reads the options of the command line.
    pub(crate) fn parse(options: &[&str]) -> Result<Soak, String> {
        let mut soak = Soak::of(1_000_000);
        for pair in options.chunks(2) {
            match *pair {
                ["--calls", calls] => soak.calls = number(calls)?,
                ["--first", first] => soak.first = number(first)?,
                _ => return Err(format!("`{}` is not an option of soak, or needs a value", pair[0])),
            }
        }
        Ok(soak)
    }

    /// The test that makes them.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(["test", "--profile", "fuzz", "--features", "planted-faults", "--lib"]);
        command.args(["acd::tests::history::soak", "--", "--exact", "--ignored", "--nocapture"]);
        command.env("CENTRALINO_CALLS", self.calls.to_string());
        command.env("CENTRALINO_FIRST_SEED", self.first.to_string());
        command
    }
}

/// Makes them.
pub(crate) fn soak(soak: &Soak) -> Result<(), String> {
    let mut steps = Steps::default();
    steps.one_test("calls through the distribution", &mut soak.command());
    steps.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_say_how_many_calls_and_where_to_begin() {
        assert_eq!(Soak::parse(&[]), Ok(Soak::of(1_000_000)));
        let told = ["--calls", "20_000", "--first", "7"];
        assert_eq!(Soak::parse(&told), Ok(Soak { calls: 20_000, first: 7 }));
        assert!(Soak::parse(&["--calls"]).is_err() && Soak::parse(&["--seeds", "1"]).is_err());
    }
}
