//! What a test needs of the machine it runs on, and the visible line when that is missing.

use std::io::Write;
use std::path::Path;

/// A thing that a scenario cannot do without.
#[derive(Clone, Copy, Debug)]
pub(super) enum Need {
    /// `sipp`, Debian package `sip-tester`.
    Sipp,
    /// `baresip`, Debian package `baresip-core`.
    Baresip,
    /// `espeak-ng`, the synthesiser of the demo.
    Espeak,
    /// Raw sockets: sipp plays captures through one, and [`super::tap`] listens on one.
    RawSockets,
    /// File systems of its own, small or read-only.
    Mounts,
}

impl Need {
    /// Why it is missing; `None`: it is there.
    fn missing(self) -> Option<&'static str> {
        match self {
            Need::Sipp if !installed("sipp") => {
                Some("sipp is not installed (Debian: apt-get install sip-tester)")
            }
            Need::Baresip if !installed("baresip") => {
                Some("baresip is not installed (Debian: apt-get install baresip-core)")
            }
            Need::Espeak if !installed("espeak-ng") => {
                Some("espeak-ng is not installed (Debian: apt-get install espeak-ng)")
            }
            Need::RawSockets if super::tap::open().is_err() => {
                Some("raw sockets are not permitted (run as root)")
            }
            Need::Mounts if !super::storing::SmallDisk::is_permitted() => {
                Some("file systems may not be mounted (run as root)")
            }
            _ => None,
        }
    }
}

/// Whether everything is there. If not, says so past the test runner's capture, so that a skip is seen in every run.
#[must_use]
pub(super) fn ready(test: &str, needs: &[Need]) -> bool {
    let missing: Vec<&str> = needs.iter().filter_map(|need| need.missing()).collect();
    if missing.is_empty() {
        return true;
    }
    let line = format!("skipped: {test}: {}\n", missing.join("; "));
    // `eprintln!` would be captured; one write keeps the line whole. A closed stderr is not worth failing for.
    let _ = std::io::stderr().write_all(line.as_bytes());
    false
}

fn installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| Path::new(&directory).join(program).is_file())
}
