//! `cargo xtask run`: the demo center on this machine.

use std::os::unix::process::CommandExt;
use std::process::Command;

/// The profile of the tests: some optimisation, and a fresh machine builds it in half the time of a release.
const PROFILE: [&str; 2] = ["--profile", "test"];
const PROGRAM: &str = "target/debug/centralino";

/// The exchange itself says what to try.
const STARTING: &str = "
Starting the demo center of Florence. Opening hours are ignored (--always-open), so that it also answers tonight.
";

/// What it is started with, unless told otherwise.
const DEFAULTS: [[&str; 2]; 4] =
    [["--config", "config"], ["--data", "data"], ["--sip", "127.0.0.1:5060"], ["--http", "127.0.0.1:8080"]];

/// Builds and becomes the exchange. The options are those of `centralino serve`.
pub(crate) fn run(options: &[&str]) -> Result<(), String> {
    println!("Building (a few minutes the first time) ...");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--package", "centralino", "--bin", "centralino"])
        .args(PROFILE)
        .status()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !built.success() {
        return Err("the build failed; the compiler says why above".to_owned());
    }
    println!("{STARTING}");
    // Becoming it, and not starting it, lets Ctrl-C reach it alone: it hangs up on its callers before it goes.
    let error = Command::new(PROGRAM)
        .args(["serve", "--always-open"])
        .args(DEFAULTS.iter().filter(|[name, _]| !is_named(options, name)).flatten())
        .args(options)
        .exec();
    Err(format!("{PROGRAM} cannot be started: {error}; run this in the project's directory"))
}

/// As `--sip ADDRESS` or `--sip=ADDRESS`.
fn is_named(options: &[&str], name: &str) -> bool {
    options.iter().any(|option| option.split('=').next() == Some(name))
}
