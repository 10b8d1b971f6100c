//! How long a seat that becomes free waits for its next call, on the wire, beside a bare UDP echo in the same process.
//!
//! Callers fill a queue, while one seat talks to the first of them. Then the phones of a few more take them, hang up soon, wrap up, and are rung again. Each phone speaks to the
//! exchange through a tap of ours, which notes when its BYE goes out and when the next INVITE comes in; what lies between, less
//! the wrap-up, is the figure. An echo is timed right after each, so that both have seen the same load of the machine.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::Stdio;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::{Exchange, INTO_QUEUE, Process, REGISTERED_WITHIN, WRAP_UP, logged, ms, program, row};
use crate::ears::Ears;

/// Seats that take calls.
const SEATS: u8 = 4;
/// Callers in the queue at the beginning.
const CALLERS: u32 = 400;
/// Calls of all seats that are timed: the queue must not become empty, or what is timed is the next caller's coming.
const SAMPLES: usize = 300;
/// How long that may take at most.
const PATIENCE: Duration = Duration::from_secs(120);
/// An echo that has not come back within this is lost.
const LOST: Duration = Duration::from_secs(1);
/// The largest datagram.
const LARGEST: usize = 65_535;

/// What was timed so far.
#[derive(Default)]
struct Times {
    invites: Vec<Duration>,
    echoes: Vec<Duration>,
}

/// One phone's two sides: towards it and towards the exchange.
struct Tap {
    inner: UdpSocket,
    outer: UdpSocket,
    phone: OnceLock<SocketAddr>,
    hung_up: Mutex<Option<Instant>>,
    times: Arc<Mutex<Times>>,
    /// Connected to the echo.
    echo: UdpSocket,
}

impl Exchange {
    /// See the module.
    pub(super) fn seat(&self) -> Result<(), String> {
        println!("\n==> {SEATS} seats take {SAMPLES} of {CALLERS} callers from a queue");
        let _busy = self.busy_seat()?; // without anybody logged in nobody would wait
        let ears = Ears::open()?;
        let times = Arc::new(Mutex::new(Times::default()));
        let (callers, port) = (CALLERS.to_string(), ears.port.to_string());
        let stay = (INTO_QUEUE + PATIENCE).as_millis().to_string();
        let options = ["-m", &callers, "-l", &callers, "-r", "40", "-d", &stay, "-key", "ears", &port];
        let _callers = self.sipp("wait", &options)?;
        std::thread::sleep(INTO_QUEUE);
        let echo = echo().map_err(|error| format!("no socket for the echo: {error}"))?;
        let phones = (2..2 + SEATS).map(|number| self.tapped_seat(number, &times, echo));
        let _phones = phones.collect::<Result<Vec<Process>, String>>()?;
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE && lock(&times).invites.len() < SAMPLES {
            std::thread::sleep(REGISTERED_WITHIN);
        }
        let mut times = std::mem::take(&mut *lock(&times));
        let (invite, echo) = (Spread::of(&mut times.invites)?, Spread::of(&mut times.echoes)?);
        row("seat free to INVITE", &invite.to_string());
        row("bare UDP echo beside it", &echo.to_string());
        row(
            "difference",
            &format!(
                "p50 {:.2} ms, p99 {:.2} ms",
                ms(invite.p50) - ms(echo.p50),
                ms(invite.p99) - ms(echo.p99)
            ),
        );
        Ok(())
    }

    /// The phone of a seat behind a tap.
    fn tapped_seat(
        &self,
        number: u8,
        times: &Arc<Mutex<Times>>,
        echo: SocketAddr,
    ) -> Result<Process, String> {
        let tap = Tap::new(&self.sip, times.clone(), echo)
            .map_err(|error| format!("no socket for a seat: {error}"))?;
        let to = tap.inner.local_addr().map_err(|error| error.to_string())?.to_string();
        Arc::new(tap).run();
        let seat = format!("seat{number:02}");
        let mut command = logged(program(&self.directory)?, &self.directory.join(format!("{seat}.log")))?;
        command.args([
            "phone",
            "seat",
            &seat,
            "--answer-after",
            "0s",
            "--hangup-after",
            "100ms",
            "--to",
            &to,
        ]);
        let phone = command.stdout(Stdio::null()).spawn();
        phone.map(Process).map_err(|error| format!("the phone of {seat}: {error}"))
    }
}

impl Tap {
    fn new(exchange: &str, times: Arc<Mutex<Times>>, echo: SocketAddr) -> std::io::Result<Tap> {
        let bind = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0));
        let (inner, outer, pinging) = (bind()?, bind()?, bind()?);
        outer.connect(exchange)?;
        pinging.connect(echo)?;
        pinging.set_read_timeout(Some(LOST))?;
        let (phone, hung_up) = (OnceLock::new(), Mutex::new(None));
        Ok(Tap { inner, outer, phone, hung_up, times, echo: pinging })
    }

    /// Both ways, until the process ends.
    fn run(self: Arc<Tap>) {
        let out = self.clone();
        std::thread::spawn(move || out.carry_out());
        std::thread::spawn(move || self.carry_in());
    }

    /// From the phone to the exchange. A BYE sent again is not another one.
    fn carry_out(&self) {
        let mut buffer = vec![0; LARGEST];
        while let Ok((length, phone)) = self.inner.recv_from(&mut buffer) {
            self.phone.get_or_init(|| phone);
            if buffer.starts_with(b"BYE ") {
                lock(&self.hung_up).get_or_insert_with(Instant::now);
            }
            let _ = self.outer.send(&buffer[..length]); // what is lost is sent again
        }
    }

    /// From the exchange to the phone. Errors are those of earlier packets.
    fn carry_in(&self) {
        let mut buffer = vec![0; LARGEST];
        loop {
            let Ok(length) = self.outer.recv(&mut buffer) else { continue };
            let now = Instant::now();
            if let Some(phone) = self.phone.get() {
                let _ = self.inner.send_to(&buffer[..length], phone);
            }
            if buffer.starts_with(b"INVITE ")
                && let Some(hung_up) = lock(&self.hung_up).take()
            {
                let echo = self.ping();
                let mut times = lock(&self.times);
                times.invites.push((now - hung_up).saturating_sub(WRAP_UP));
                times.echoes.extend(echo);
            }
        }
    }

    /// There and back, with as many bytes as a short INVITE.
    fn ping(&self) -> Option<Duration> {
        let mut buffer = [0; 512];
        let sent = Instant::now();
        self.echo.send(&buffer).ok()?;
        self.echo.recv(&mut buffer).ok()?;
        Some(sent.elapsed())
    }
}

/// A thread that sends back what it gets.
fn echo() -> std::io::Result<SocketAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = socket.local_addr()?;
    std::thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let _ = socket.send_to(&buffer[..length], from);
        }
    });
    Ok(address)
}

/// The middle and the edge of many times.
struct Spread {
    count: usize,
    p50: Duration,
    p99: Duration,
}

impl Spread {
    fn of(times: &mut [Duration]) -> Result<Spread, String> {
        times.sort_unstable();
        let at = |percent: usize| times.get(times.len() * percent / 100).copied();
        let (p50, p99) = at(50).zip(at(99)).ok_or("no seat was rung; the logs of the seats say why")?;
        Ok(Spread { count: times.len(), p50, p99 })
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "p50 {:.2} ms, p99 {:.2} ms, of {}", ms(self.p50), ms(self.p99), self.count)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
