//! `cargo xtask fuzz-sim`: random histories in the simulator.
//!
//! The simulator lives in `tests/it`; this runs its `fuzz_sim` test in the profile `fuzz` and tells it by environment
//! variables what to do.

use std::process::Command;

use crate::steps::Steps;

/// Which histories, and with which planted fault.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Seeds {
    first: u64,
    count: u64,
    fault: Option<String>,
}

impl Seeds {
    /// The first so many seeds, without a fault.
    pub(crate) fn up_to(count: u64) -> Seeds {
        Seeds { count, ..Seeds::default() }
    }

    /// Reads the options of the command line.
    pub(crate) fn parse(options: &[&str]) -> Result<Seeds, String> {
        let mut seeds = Seeds::up_to(0);
        for pair in options.chunks(2) {
            match *pair {
                ["--seeds", count] => seeds.count = number(count)?,
                ["--first", first] => seeds.first = number(first)?,
                ["--fault", name] => seeds.fault = Some(name.to_owned()),
                [name] => return Err(format!("`{name}` needs a value")),
                _ => return Err(format!("`{}` is not an option of fuzz-sim", pair[0])),
            }
        }
        if seeds.count == 0 {
            return Err("say how many histories, such as: cargo xtask fuzz-sim --seeds 1000".to_owned());
        }
        Ok(seeds)
    }

    /// The test that runs them.
    pub(crate) fn command(&self) -> Command {
        let mut command = test("fuzz_sim::fuzz_sim");
        command.env("CENTRALINO_SEEDS", self.count.to_string());
        command.env("CENTRALINO_FIRST_SEED", self.first.to_string());
        if let Some(fault) = &self.fault {
            command.env("CENTRALINO_FAULT", fault);
        }
        command
    }
}

/// Runs them.
pub(crate) fn fuzz(seeds: &Seeds) -> Result<(), String> {
    let mut steps = Steps::default();
    steps.one_test("random histories", &mut seeds.command());
    steps.finish()
}

/// The test of the test: each planted fault is found.
pub(crate) fn planted_faults() -> Command {
    test("fuzz_sim::planted_faults_are_found")
}

/// An ignored test of the simulator. The planted faults are always compiled in, so that one build serves both; only
/// `CENTRALINO_FAULT` and the test of the faults switch one on.
fn test(name: &str) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["test", "--profile", "fuzz", "--features", "planted-faults", "--test", "it", name]);
    command.args(["--", "--exact", "--ignored", "--nocapture"]);
    command
}

pub(crate) fn number(text: &str) -> Result<u64, String> {
    text.replace('_', "").parse().map_err(|_| format!("`{text}` is not a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_come_in_any_order() {
        let seeds = Seeds::parse(&["--fault", "lost-wrap-up", "--seeds", "2_000", "--first", "7"]);
        assert_eq!(seeds, Ok(Seeds { first: 7, count: 2000, fault: Some("lost-wrap-up".to_owned()) }));
    }

    #[test]
    fn mistakes_are_told() {
        for options in [&["--seeds"][..], &["--seeds", "many"], &["--sedes", "4"], &[]] {
            assert!(Seeds::parse(options).is_err(), "{options:?}");
        }
    }
}
