//! `cargo xtask load`: what the exchange costs under load, with sipp as the citizens.
//!
//! First 200 callers wait in a queue for a minute, while one seat talks to the first of them; then 400 callers a second make
//! calls of 100 ms for 20 seconds; then more than are let in; then seats take callers from the queue as fast as they can, and
//! what is timed is how soon the next INVITE is there. Not part of CI: figures from a busy machine mean nothing.

mod seat;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::ears::Ears;
use crate::packages;
use crate::proc::{Thread, Used, threads};

const PROGRAM: &str = "target/release/centralino";
/// Callers who wait.
const WAITING: u32 = 200;
/// Time for the seat's phone to register.
const REGISTERED_WITHIN: Duration = Duration::from_secs(1);
/// From the first call until all are past the menus and in the queue.
const INTO_QUEUE: Duration = Duration::from_secs(50);
/// How long they are measured.
const MINUTE: Duration = Duration::from_secs(60);
/// Limits of the demo center that are not what is measured here, and what replaces them.
const LIMITS: [(&str, &str, &str); 3] = [
    ("queues.toml", "max_waiting = 50", "max_waiting = 1000"),
    ("engine.toml", "max_calls_per_second = 400", "max_calls_per_second = 450"),
    ("queues.toml", "wrap_up = \"10s\"", "wrap_up = \"100ms\""),
];
/// As set there.
const WRAP_UP: Duration = Duration::from_millis(100);
/// New calls a second that the exchange lets in; room beside [`RATE`], because sipp's seconds are not the exchange's.
const LET_IN: u32 = 450;
/// Short calls a second.
const RATE: u32 = 400;
/// The views and the journal's syncs come after the calls; what they take is counted too.
const VIEWS_LAG: Duration = Duration::from_secs(2);
/// For how many seconds.
const SECONDS: u32 = 20;

/// A child process; killed on drop.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The exchange under load.
struct Exchange {
    process: Process,
    /// Kept open: nobody reads it after `ready`, but it must not be a broken pipe.
    _stdout: BufReader<ChildStdout>,
    sip: String,
    directory: PathBuf,
}

/// Builds, starts, loads, measures: the loads of these names, or all of them.
pub(crate) fn load(loads: &[&str]) -> Result<(), String> {
    const KNOWN: [&str; 4] = ["queue", "calls", "storm", "seat"];
    if let Some(other) = loads.iter().find(|load| !KNOWN.contains(load)) {
        return Err(format!("there is no load `{other}`; there are {}", KNOWN.join(", ")));
    }
    let wanted = |load| loads.is_empty() || loads.contains(&load);
    if !packages::installed("sipp") {
        return Err("sipp is not installed (Debian: apt-get install sip-tester)".to_owned());
    }
    println!("==> building the release");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo).args(["build", "--release", "--package", "centralino"]).status();
    if !built.is_ok_and(|status| status.success()) {
        return Err("the build failed; the compiler says why above".to_owned());
    }
    let exchange = Exchange::start()?;
    if wanted("queue") {
        exchange.queue()?;
    }
    if wanted("calls") {
        exchange.short_calls(RATE)?;
    }
    if wanted("storm") {
        exchange.short_calls(2 * LET_IN)?;
    }
    if wanted("seat") {
        exchange.seat()?;
    }
    println!("\nlogs are in {}", exchange.directory.display());
    Ok(())
}

impl Exchange {
    fn start() -> Result<Exchange, String> {
        let directory = std::env::temp_dir().join(format!("centralino-load-{}", std::process::id()));
        std::fs::create_dir_all(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        lay_out(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        println!("==> starting the exchange in {}; changed limits: {}", directory.display(), limits());
        let mut child = logged(program(&directory)?, &directory.join("exchange.log"))?
            .args([
                "serve",
                "--config",
                "config",
                "--always-open",
                "--sip",
                "127.0.0.1:0",
                "--http",
                "127.0.0.1:0",
            ])
            .args(["--data", "data"])
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{PROGRAM}: {error}"))?;
        let stdout = child.stdout.take();
        let process = Process(child);
        let mut stdout = BufReader::new(stdout.ok_or("its standard output was not piped")?);
        let sip = ready_sip(&mut stdout);
        let sip =
            sip.ok_or_else(|| format!("it did not get ready; see {}/exchange.log", directory.display()))?;
        Ok(Exchange { process, _stdout: stdout, sip, directory })
    }

    /// The callers who wait.
    fn queue(&self) -> Result<(), String> {
        println!("\n==> {WAITING} callers in queue for {} s", MINUTE.as_secs());
        let _seat = self.busy_seat()?;
        let ears = Ears::open()?;
        let empty = self.used();
        let stay = (INTO_QUEUE + MINUTE + Duration::from_secs(5)).as_millis().to_string();
        let (calls, rate, port) = (WAITING.to_string(), "20", ears.port.to_string());
        let _sipp =
            self.sipp("wait", &["-m", &calls, "-l", &calls, "-r", rate, "-d", &stay, "-key", "ears", &port])?;
        std::thread::sleep(INTO_QUEUE);
        ears.reset();
        let (before, threads_before, start) = (self.used(), self.threads(), Instant::now());
        std::thread::sleep(MINUTE);
        let (after, took) = (self.used(), start.elapsed());
        let figures = ears.figures();
        row(
            "callers who heard sound",
            &format!("{}, of whom {} also a silence", figures.callers, figures.silent),
        );
        row(
            "packets heard",
            &format!("{} ({:.0} a second)", figures.packets, f64_of(figures.packets) / took.as_secs_f64()),
        );
        row("largest packet gap", &format!("{:.1} ms", ms(figures.longest)));
        row("deviation from 20 ms, p99.9", &format!("{:.2} ms", ms(figures.deviation_p999)));
        let bare = figures.bare;
        row(
            "the same of a bare sender beside",
            &format!(
                "gap {:.1} ms, p99.9 {:.2} ms, of {}",
                ms(bare.longest),
                ms(bare.deviation_p999),
                bare.packets
            ),
        );
        let cpu = 100.0 * (after.cpu - before.cpu).as_secs_f64() / took.as_secs_f64();
        let per_hundred = cpu * 100.0 / f64::from(WAITING);
        row(
            "CPU, all threads and children",
            &format!("{cpu:.1} % of a core ({per_hundred:.1} % per 100 callers)"),
        );
        let grown = after.resident_kib.saturating_sub(empty.resident_kib);
        row("memory", &format!("{} KiB, {} KiB per caller", after.resident_kib, grown / u64::from(WAITING)));
        self.print_threads(&threads_before);
        Ok(())
    }

    /// The callers in a hurry, `rate` of them a second.
    fn short_calls(&self, rate: u32) -> Result<(), String> {
        println!("\n==> {rate} short calls a second for {SECONDS} s");
        let (before, threads_before) = (self.used(), self.threads());
        let calls = rate * SECONDS;
        let stat = self.directory.join("short.csv");
        let (m, r, path) = (calls.to_string(), rate.to_string(), stat.display().to_string());
        let options = ["-m", &m, "-r", &r, "-l", "4000", "-trace_stat", "-fd", "1", "-stf", &path];
        let start = Instant::now();
        let mut sipp = self.sipp("short", &options)?;
        sipp.0.wait().map_err(|error| format!("sipp was lost: {error}"))?;
        let took = start.elapsed();
        std::thread::sleep(VIEWS_LAG);
        let after = self.used();
        let cpu = (after.cpu - before.cpu).as_secs_f64();
        let count = |column| last_of(&stat, column).unwrap_or(0);
        let good = count("SuccessfulCall(C)");
        row(
            "calls",
            &format!("{good} good, {} failed, in {:.1} s", count("FailedCall(C)"), took.as_secs_f64()),
        );
        row("messages sent again by callers", &count("Retransmissions(C)").to_string());
        row(
            "CPU, all threads and children",
            &format!("{cpu:.2} s, {:.3} s per 1 000 calls", cpu * 1000.0 / f64::from(calls)),
        );
        let kernel = (after.kernel - before.kernel).as_secs_f64();
        row(
            "  of it in the kernel",
            &format!("{kernel:.2} s, {:.3} s per 1 000 calls", kernel * 1000.0 / f64::from(calls)),
        );
        row("memory", &format!("{} KiB, at most {} KiB", after.resident_kib, after.peak_kib));
        self.print_threads(&threads_before);
        Ok(())
    }

    /// A seat that takes the first caller and stays with it, so that all others wait.
    fn busy_seat(&self) -> Result<Process, String> {
        let log = self.directory.join("seat.log");
        let mut command = logged(program(&self.directory)?, &log)?;
        command.args(["phone", "seat", "seat01", "--answer-after", "1s", "--to", &self.sip]);
        let phone = command.stdout(Stdio::null()).spawn();
        let mut phone = phone.map(Process).map_err(|error| format!("{PROGRAM} phone: {error}"))?;
        std::thread::sleep(REGISTERED_WITHIN);
        match phone.0.try_wait() {
            Ok(None) => Ok(phone),
            _ => Err(format!("the seat's phone ended, and nobody would wait for it; see {}", log.display())),
        }
    }

    fn sipp(&self, scenario: &str, options: &[&str]) -> Result<Process, String> {
        let mut command = logged(Command::new("sipp"), &self.directory.join(format!("{scenario}.log")))?;
        command.arg(&self.sip).arg("-sf").arg(format!("tests/data/sipp/{scenario}.xml"));
        command.args([
            "-s",
            "055055",
            "-key",
            "from",
            "0552768224",
            "-i",
            "127.0.0.1",
            "-mi",
            "127.0.0.1",
            "-nostdin",
        ]);
        command.args(options).env("TERM", "dumb").stdout(Stdio::null());
        command.spawn().map(Process).map_err(|error| format!("sipp: {error}"))
    }

    fn used(&self) -> Used {
        Used::by(self.process.0.id())
    }

    fn threads(&self) -> Vec<Thread> {
        threads(self.process.0.id())
    }

    fn print_threads(&self, before: &[Thread]) {
        for (n, thread) in self.threads().into_iter().enumerate() {
            let earlier = before.get(n).filter(|earlier| earlier.name == thread.name);
            let cpu = thread.cpu.saturating_sub(earlier.map_or(Duration::ZERO, |earlier| earlier.cpu));
            let sleeps = thread.sleeps.saturating_sub(earlier.map_or(0, |earlier| earlier.sleeps));
            if sleeps > 0 {
                row(
                    &format!("  thread {}", thread.name),
                    &format!("{:.2} s, went to sleep {sleeps} times", cpu.as_secs_f64()),
                );
            }
        }
    }
}

/// The SIP address in the `ready` line; `None`: the output ended before.
fn ready_sip(stdout: &mut impl BufRead) -> Option<String> {
    let line = stdout.lines().map_while(Result::ok).find(|line| line.starts_with("ready "))?;
    line.split_whitespace().find_map(|word| word.strip_prefix("sip=")).map(str::to_owned)
}

/// The demo center, with room for the load: its own configuration, the flows and prompts of the repository.
fn lay_out(directory: &Path) -> std::io::Result<()> {
    let config = directory.join("config");
    std::fs::create_dir_all(&config)?;
    for file in std::fs::read_dir("config")?.flatten().filter(|file| file.path().is_file()) {
        let mut text = std::fs::read_to_string(file.path())?;
        for (_, from, to) in LIMITS.iter().filter(|(name, ..)| file.file_name() == *name) {
            text = text.replace(from, to);
        }
        std::fs::write(config.join(file.file_name()), text)?;
    }
    for shared in ["ivr-flows", "sounds"] {
        std::os::unix::fs::symlink(Path::new(shared).canonicalize()?, directory.join(shared))?;
    }
    Ok(())
}

fn limits() -> String {
    LIMITS.map(|(file, _, to)| format!("{to} ({file})")).join(", ")
}

/// The exchange's program, to be run in a directory.
fn program(directory: &Path) -> Result<Command, String> {
    let path = Path::new(PROGRAM).canonicalize().map_err(|error| format!("{PROGRAM}: {error}"))?;
    let mut command = Command::new(path);
    command.current_dir(directory);
    Ok(command)
}

/// A command whose complaints go to a file.
fn logged(mut command: Command, log: &Path) -> Result<Command, String> {
    let file = std::fs::File::create(log).map_err(|error| format!("{}: {error}", log.display()))?;
    command.stdin(Stdio::null()).stderr(file);
    Ok(command)
}

/// The last value of a column of sipp's statistics.
fn last_of(file: &Path, column: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    let mut lines = text.lines();
    let place = lines.next()?.split(';').position(|name| name == column)?;
    lines.next_back()?.split(';').nth(place)?.parse().ok()
}

fn row(name: &str, value: &str) {
    println!("  {name:<34} {value}");
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn f64_of(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}
