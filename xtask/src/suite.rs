//! `cargo xtask test`: everything that CI checks, the quick answers first.

use std::process::Command;

use crate::fuzz::{self, Seeds};
use crate::packages;
use crate::soak::Soak;
use crate::steps::Steps;

/// Histories that every change must survive.
const SEEDS: u64 = 10_000;
/// Calls that the distribution alone must survive with every change.
const CALLS: u64 = 100_000;

/// Takes all steps.
pub(crate) fn test() -> Result<(), String> {
    let mut steps = Steps::default();
    packages::install(&mut steps);
    steps.command("format", &mut cargo(&["fmt", "--all", "--check"]));
    let clippy = ["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"];
    steps.command("lints", &mut cargo(&clippy));
    steps.command(
        "unit tests, scenarios and real clients",
        &mut cargo(&["test", "--workspace", "--no-fail-fast"]),
    );
    steps.one_test("random histories", &mut Seeds::up_to(SEEDS).command());
    steps.one_test("calls through the distribution", &mut Soak::of(CALLS).command());
    steps.one_test("planted faults are found", &mut fuzz::planted_faults());
    let mut doc = cargo(&["doc", "--workspace", "--no-deps"]);
    steps.command("documentation", doc.env("RUSTDOCFLAGS", "-D warnings"));
    steps.finish()
}

fn cargo(words: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(words);
    command
}
