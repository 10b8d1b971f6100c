//! The programs that tests need, from Debian's packages where we may install them.

use std::path::Path;
use std::process::Command;

use crate::steps::Steps;

/// Program, its Debian package, what is missed without it.
const NEEDED: [(&str, &str, &str); 3] = [
    ("sipp", "sip-tester", "calls of real citizens, and `cargo xtask load`"),
    ("baresip", "baresip-core", "calls with real operators' phones"),
    ("espeak-ng", "espeak-ng", "the synthesis of prompts (the demo's are in sounds/)"),
];

/// Installs what is missing, or says what is missing and how to get it.
pub(crate) fn install(steps: &mut Steps) {
    let missing = missing();
    if missing.is_empty() {
        return;
    }
    if may_install() {
        let packages: Vec<&str> = missing.iter().map(|(_, package, _)| *package).collect();
        steps.command("update the list of packages", apt_get().arg("update"));
        let mut install = apt_get();
        install.args(["install", "--yes", "--no-install-recommends"]).args(packages);
        steps.command("install what the tests need", &mut install);
    }
    for (program, package, use_) in self::missing() {
        steps.skip(format!("{use_}: {program} is not installed (Debian: apt-get install {package})"));
    }
}

/// Whether a program is on the path.
pub(crate) fn installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

fn missing() -> Vec<(&'static str, &'static str, &'static str)> {
    NEEDED.into_iter().filter(|(program, ..)| !installed(program)).collect()
}

fn may_install() -> bool {
    Path::new("/etc/debian_version").exists() && installed("apt-get") && is_root()
}

fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    ids.is_some_and(|ids| ids.split_whitespace().nth(1) == Some("0"))
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet");
    command
}
