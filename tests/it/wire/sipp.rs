//! sipp as a citizen, or as the server of a trunk: the scenarios of `tests/data/sipp/`, over UDP or TCP.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::patience::wait_for;
use super::ports;
use super::site::Site;
use super::voice::Voice;

/// A call that lasts longer has gone wrong; sipp gives up by itself.
const LONGEST_CALL: Duration = Duration::from_secs(120);

/// What carries its SIP.
#[derive(Clone, Copy, Debug)]
pub(super) enum Transport {
    /// One socket.
    Udp,
    /// One connection.
    Tcp,
}

/// A citizen about to dial.
pub(super) struct Citizen<'a> {
    /// Number in From; also the name of its directory.
    pub(super) number: &'a str,
    /// File of `tests/data/sipp/` without `.xml`.
    pub(super) scenario: &'a str,
    /// What carries its SIP.
    pub(super) transport: Transport,
    /// What it says.
    pub(super) voice: &'a Voice,
    /// How long it waits before it hangs up, in scenarios where it does.
    pub(super) patience: Duration,
}

/// A citizen on the phone; killed on drop.
pub(super) struct Sipp {
    child: Child,
    directory: PathBuf,
    /// Where it speaks SIP.
    pub(super) sip_port: u16,
    /// Where it receives sound.
    pub(super) media_port: u16,
}

impl Citizen<'_> {
    /// Dials a number.
    pub(super) fn dial(&self, site: &Site, exchange: SocketAddr, number: &str) -> Sipp {
        let mut command = Command::new("sipp");
        command.arg(exchange.to_string()).args(["-s", number, "-key", "from", self.number]);
        command.arg("-d").arg(self.patience.as_millis().to_string());
        let side =
            Side { name: self.number, scenario: self.scenario, transport: self.transport, voice: self.voice };
        side.start(site, command)
    }
}

/// So many citizens who dial one after another, four a second, say nothing and stay; their numbers are `prefix` and a count from 1.
pub(super) fn many(site: &Site, exchange: SocketAddr, prefix: &str, count: usize, number: &str) -> Sipp {
    let mut command = Command::new("sipp");
    command.arg(exchange.to_string()).args(["-s", number, "-key", "from", prefix, "-r", "4"]);
    let silence = Voice::tone(1000, 20);
    let side = Side { name: prefix, scenario: "many", transport: Transport::Udp, voice: &silence };
    side.start_many(site, command, count)
}

/// The server of a trunk: takes one call, speaks, and stays until the other side hangs up.
pub(super) fn gateway(site: &Site, transport: Transport, voice: &Voice) -> Sipp {
    Side { name: "gateway", scenario: "gateway", transport, voice }.start(site, Command::new("sipp"))
}

/// Another phone of seat01, which takes this talk over (RFC 3891), speaks, and stays until the other side hangs up.
pub(super) fn takes_over(site: &Site, exchange: SocketAddr, talk: &str, voice: &Voice) -> Sipp {
    let mut command = Command::new("sipp");
    command.arg(exchange.to_string()).args(["-s", "201", "-key", "talk", talk]);
    let side = Side { name: "takes-over", scenario: "takes-over", transport: Transport::Udp, voice };
    side.start(site, command)
}

/// A line outside at this port of SIP, which takes so many calls as the scenario has it.
pub(super) fn line(site: &Site, scenario: &str, port: u16, calls: usize, voice: &Voice) -> Sipp {
    let side = Side { name: scenario, scenario, transport: Transport::Udp, voice };
    side.start_at(site, Command::new("sipp"), calls, port)
}

/// What both sides of a call need.
struct Side<'a> {
    name: &'a str,
    scenario: &'a str,
    transport: Transport,
    voice: &'a Voice,
}

impl Side<'_> {
    fn start(&self, site: &Site, command: Command) -> Sipp {
        self.start_many(site, command, 1)
    }

    fn start_many(&self, site: &Site, command: Command, calls: usize) -> Sipp {
        self.start_at(site, command, calls, ports::free())
    }

    fn start_at(&self, site: &Site, mut command: Command, calls: usize, sip_port: u16) -> Sipp {
        let directory = site.directory(self.name);
        self.voice.write_pcap(&directory.join("mouth.pcap"));
        let media_port = ports::free_run(4);
        command.arg("-sf").arg(scenario(self.scenario));
        command.arg("-m").arg(calls.to_string());
        command.args(["-nostdin", "-timeout_error", "-timeout"]).arg(seconds(LONGEST_CALL));
        command.args([
            "-t",
            match self.transport {
                Transport::Udp => "u1",
                Transport::Tcp => "t1",
            },
        ]);
        command.args(["-i", "127.0.0.1", "-p"]).arg(sip_port.to_string());
        command.args(["-mi", "127.0.0.1", "-mp"]).arg(media_port.to_string());
        command.args(["-trace_err", "-error_file", "errors", "-trace_msg", "-message_file", "messages"]);
        Sipp { child: spawn(command, &directory), directory, sip_port, media_port }
    }
}

impl Sipp {
    /// Waits until the call has ended; whether it went as the scenario says.
    #[track_caller]
    pub(super) fn ended(&mut self) -> ExitStatus {
        wait_for("sipp to end", LONGEST_CALL, || self.child.try_wait().expect("it is our child"))
    }

    /// Waits until the call has ended as the scenario says.
    #[track_caller]
    pub(super) fn ended_well(&mut self) {
        let status = self.ended();
        let errors = std::fs::read_to_string(self.directory.join("errors")).unwrap_or_default();
        assert!(status.success(), "sipp: {status}\n{errors}");
    }
}

impl Drop for Sipp {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn scenario(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sipp").join(name).with_extension("xml")
}

fn seconds(duration: Duration) -> String {
    format!("{}s", duration.as_secs())
}

fn spawn(mut command: Command, directory: &Path) -> Child {
    let log = std::fs::File::create(directory.join("log")).expect("a log file");
    let errors = log.try_clone().expect("a second handle");
    command.current_dir(directory).env("TERM", "dumb").stdin(Stdio::null()).stdout(log).stderr(errors);
    command.spawn().expect("checked by the test's needs")
}
