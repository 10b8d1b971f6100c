//! `centralino serve` as a child process, found by its `ready` line, stopped or killed.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use super::patience::wait_for;
use super::site::Site;

/// Longest time to the `ready` line: the budget is 300 ms, but the test machine is busy.
const READY_WITHIN: Duration = Duration::from_secs(20);
/// SIGTERM to exit, promised.
const EXIT_WITHIN: Duration = Duration::from_secs(10);
/// Lines of log shown when a test fails.
const LOG_LINES: usize = 60;

/// A running exchange; killed on drop.
pub(super) struct Exchange {
    child: Child,
    /// Where phones find it, by UDP and TCP.
    pub(super) sip: SocketAddr,
    /// Where scripts find it.
    pub(super) http: SocketAddr,
    log: PathBuf,
}

impl Exchange {
    /// Starts it on free ports and waits until it accepts calls.
    pub(super) fn start(site: &Site) -> Exchange {
        Exchange::start_at(site, "127.0.0.1:0")
    }

    /// Starts it on a SIP address.
    pub(super) fn start_at(site: &Site, sip: &str) -> Exchange {
        Exchange::begin(site, serve(site, sip).arg("--always-open"))
    }

    /// Starts it with the opening hours that are configured.
    pub(super) fn start_by_the_clock(site: &Site) -> Exchange {
        Exchange::begin(site, &mut serve(site, "127.0.0.1:0"))
    }

    fn begin(site: &Site, command: &mut Command) -> Exchange {
        let log = site.path("exchange.log");
        let stderr = std::fs::OpenOptions::new().create(true).append(true).open(&log).expect("a log file");
        let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn().expect("the program was built");
        let (sip, http) = match ready_line(child.stdout.take().expect("it is piped")) {
            Some(addresses) => addresses,
            None => panic!("the exchange did not get ready; its log:\n{}", tail(&log)),
        };
        Exchange { child, sip, http, log }
    }

    /// Starts it where it must fail, and waits for that.
    pub(super) fn fail_to_start(site: &Site, sip: &str) -> Output {
        let mut child = serve(site, sip)
            .arg("--always-open")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program was built");
        wait_for("the exchange to give up", READY_WITHIN, || child.try_wait().expect("it is our child"));
        child.wait_with_output().expect("it is our child")
    }

    /// SIGTERM; how it exited.
    pub(super) fn terminate(self) -> ExitStatus {
        self.ask_to_stop();
        self.ended()
    }

    /// SIGTERM.
    pub(super) fn ask_to_stop(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().expect("kill is everywhere");
        assert!(sent.success());
    }

    /// It ends; how it exited.
    pub(super) fn ended(mut self) -> ExitStatus {
        wait_for("the exchange to stop", EXIT_WITHIN, || self.child.try_wait().expect("it is our child"))
    }

    /// SIGKILL: it gets no chance to write anything more.
    pub(super) fn kill(mut self) {
        self.child.kill().expect("it is our child");
        self.child.wait().expect("it is our child");
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("last lines of the exchange's log:\n{}", tail(&self.log));
        }
    }
}

fn serve(site: &Site, sip: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_centralino"));
    command.args(["serve", "--sip", sip, "--http", "127.0.0.1:0", "--config"]);
    command.arg(site.path("config")).arg("--data").arg(site.path("data"));
    command.current_dir(site.path("")).stdin(Stdio::null());
    command
}

/// Reads standard output until `ready`, which a thread does so that a silent exchange cannot hold up the test.
fn ready_line(stdout: ChildStdout) -> Option<(SocketAddr, SocketAddr)> {
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        // Read to the end, so that later lines never meet a closed pipe.
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            // After `ready` nobody listens any more.
            let _ = send.send(line);
        }
    });
    loop {
        let line = receive.recv_timeout(READY_WITHIN).ok()?;
        if line.starts_with("ready") {
            return Some((address(&line, "sip=")?, address(&line, "http=")?));
        }
    }
}

fn address(line: &str, name: &str) -> Option<SocketAddr> {
    line.split_whitespace().find_map(|word| word.strip_prefix(name))?.parse().ok()
}

fn tail(log: &PathBuf) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ready_line_has_the_addresses_bound_in_any_order() {
        let line = "ready http=127.0.0.1:40002 sip=[::1]:40001";
        assert_eq!(address(line, "sip="), "[::1]:40001".parse().ok());
        assert_eq!(address(line, "http="), "127.0.0.1:40002".parse().ok());
        assert_eq!(address("ready", "sip="), None);
    }
}
