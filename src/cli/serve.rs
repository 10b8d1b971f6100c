//! `centralino serve`: the exchange itself.
//!
//! A start reads and checks everything before it touches anything: the configuration with its flows and sounds, then the addresses.
//! Then it takes the data directory, mends what a crash left behind, binds its ports, and says `ready`. It runs until SIGTERM or
//! SIGINT: calls in course may end within `--drain`, citizens who wait hear a last word, everything is written down. A second
//! signal, or an end that takes too long, ends the process at once; what was acknowledged is on the disk by then.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::address::parse_address;
use super::failure::Failure;
use super::span::parse_span;
use crate::config::Config;
use crate::engine::{Command, Engine, HELP_WITHIN, Setup};
use crate::io::connectors::Connectors;
use crate::io::control::{Clock, Control, ControlHandle, STOP_WITHIN};
use crate::io::health::Health;
use crate::io::http::{self, Pages};
use crate::io::media::{self, MediaPlane};
use crate::io::prompts::{Encoding, Voice};
use crate::io::reload::Reloader;
use crate::io::setup::{self, Loaded};
use crate::io::signals::{Hangups, Signals};
use crate::io::sip::SipSockets;
use crate::io::speaking::Speaker;
use crate::io::store::{OpenError, Store};
use crate::io::versions::Versions;
use crate::io::{chance, limits, retention, supervisor, trunks, watching};
use crate::media::leg::Limits;

/// Run the exchange.
///
/// It is ready when it prints a line that begins with `ready`, with the addresses it listens on. Logs go to standard error, as much
/// as RUST_LOG asks for (default `info`). SIGTERM or Ctrl-C ends it in order; a second one at once.
///
/// Examples:
///   centralino serve --always-open
///   centralino serve --config config --data /var/lib/centralino --sip 192.0.2.10:5060
///   centralino serve --sip 127.0.0.1:0 --http 127.0.0.1:0 --drain 30s
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct ServeArgs {
    /// The configuration; flows and sounds lie beside it, in `ivr-flows` and `sounds`.
    #[arg(long, value_name = "DIR", default_value = "config")]
    config: PathBuf,
    /// Journal, recordings and views; made when it is not there.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// Where phones and trunks find it, by UDP and TCP; port 0 takes a free one.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:5060", value_parser = parse_address)]
    sip: SocketAddr,
    /// Where this command and monitoring find it, on this machine only; port 0 takes a free one.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080", value_parser = parse_address)]
    http: SocketAddr,
    /// Treat every schedule as open, for trials at night and on Sundays.
    #[arg(long)]
    always_open: bool,
    /// For trials: take files as soon as they change; a bad one is refused, in the log, and what was in use goes on.
    #[arg(long)]
    watch: bool,
    /// How long calls in course may go on after SIGTERM, such as `30s` or `5m`.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = parse_span)]
    drain: Duration,
}

/// Runs it until a signal asks for its end.
pub(super) fn run(args: &ServeArgs) -> Result<(), Failure> {
    check_http(args.http)?;
    let loaded =
        setup::load_for(&args.config, &args.data, args.sip, args.always_open).map_err(Failure::faults)?;
    limits::raise_open_files();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::other)?;
    let result = runtime.block_on(serve(args, loaded));
    runtime.shutdown_background(); // not to wait for a directory of recordings being read
    result
}

/// Until there are users and roles, HTTP is for this machine.
fn check_http(http: SocketAddr) -> Result<(), Failure> {
    if http.ip().is_loopback() {
        return Ok(());
    }
    Err(Failure::misuse(format_args!(
        "--http {http} can be reached from other machines, and there are no users yet; use 127.0.0.1 or [::1]"
    )))
}

async fn serve(args: &ServeArgs, mut loaded: Loaded) -> Result<(), Failure> {
    let connectors = Connectors::open(&loaded.config).map_err(Failure::faults)?;
    let (store, recovered) = Store::open(&args.data).map_err(|error| match error {
        OpenError::InUse { dir } => Failure::other(format_args!(
            "the data directory {dir} is in use by another process; stop that one first, or give --data another directory"
        )),
        error => Failure::of_data(&args.data, error),
    })?;
    let recordings = args.data.join("recordings");
    let last_ms = recovered.state.last_ms;
    let mended = media::repair_recordings(&recordings, recovered.state.recordings.keys().map(String::as_str));
    let sip = SipSockets::bind(args.sip).await.map_err(|error| taken("--sip", args.sip, &error))?;
    let http = TcpListener::bind(args.http).map_err(|error| taken("--http", args.http, &error))?;
    let (sip_address, http_address) = (sip.address(), http.local_addr().map_err(Failure::other)?);
    trunks::find(&mut loaded.config.trunks, sip_address, &[]);
    let config = Arc::new(loaded.config);
    let media = start_media(&config, sip_address, recordings)?;
    let speaker = start_speaker(&config, args.data.join("bulletins"))?;
    let (signals, hangups) =
        (Signals::new().map_err(Failure::other)?, Hangups::new().map_err(Failure::other)?);

    let clock = Clock::start();
    let seed = chance::draw().map_err(Failure::other)?;
    let (flows, sounds) = (loaded.flows, Arc::new(loaded.sounds));
    let versions = Versions::of(&args.data).all().map_err(|fault| Failure::faults(vec![fault]))?;
    let setup = Setup { config: config.clone(), flows, sounds, versions, recovered, seed, watched: false };
    let engine = Engine::new(clock.now(), setup);
    let (views, health) = (store.views(), store.health());
    let (mut control, handle) = Control::new(engine, clock, sip, media, store, connectors, speaker);
    for told in mended {
        control.on_media(told);
    }

    let token = chance::token().map_err(Failure::other)?;
    let door = http::token::write(&args.data, &token, http_address);
    door.map_err(|error| unwritable(&args.data, &error))?;
    let reloader = Arc::new(Reloader {
        config: args.config.clone(),
        data: args.data.clone(),
        always_open: args.always_open,
        sip: sip_address,
        control: handle.clone(),
        trunks: tokio::sync::Mutex::new(config.trunks.clone()),
    });
    let helping = health.clone();
    let pages = Pages {
        control: handle.clone(),
        views,
        reloader: reloader.clone(),
        health,
        token,
        address: http_address,
    };
    http::server::start(http, http::router(pages)).map_err(Failure::other)?;
    let days = config.engine.retention_days;
    tokio::spawn(retention::keep_deleting(args.data.clone(), days, last_ms, handle.clone()));
    if args.watch {
        tokio::spawn(watching::reload_at_changes(reloader.clone()));
    }
    tokio::spawn(reload_at(hangups, reloader));
    tokio::spawn(supervisor::keep_alive());
    tokio::spawn(stop(signals, handle, args.drain, helping));

    let ready = || tell_ready(args, &config, sip_address, http_address);
    control.run(ready, || http::token::forget_address(&args.data)).await;
    tracing::info!("stopped in order");
    Ok(())
}

fn start_media(config: &Config, sip: SocketAddr, recordings: PathBuf) -> Result<MediaPlane, Failure> {
    let seed = u64::from_le_bytes(chance::draw().map_err(Failure::other)?);
    let settings = media::Settings {
        bind: sip.ip(),
        ports: config.engine.rtp_ports,
        shards: 1, // the engine numbers its legs for one
        recordings,
        limits: Limits {
            silent_after: config.engine.dead_media,
            silent_on_hold: config.engine.dead_media_on_hold,
            third_party_grace: config.engine.third_party_grace,
        },
        seed,
    };
    MediaPlane::start(&settings)
        .map_err(|error| Failure::other(format_args!("the threads for sound cannot start: {error}")))
}

/// Who speaks the texts of bulletins.
fn start_speaker(config: &Config, folder: PathBuf) -> Result<Speaker, Failure> {
    let configured = &config.engine.voice;
    let encoding = if configured.latin1 { Encoding::Latin1 } else { Encoding::Utf8 };
    let voice = Voice { command: configured.command.clone(), encoding, ..Voice::espeak() };
    Speaker::start(folder, voice)
        .map_err(|error| Failure::other(format_args!("the thread that speaks cannot start: {error}")))
}

fn taken(option: &str, address: SocketAddr, error: &io::Error) -> Failure {
    let hint = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program has this port; stop it, or take another port (0 takes a free one)"
        }
        io::ErrorKind::AddrNotAvailable => {
            "this machine has no such address; `ip address` lists those it has"
        }
        io::ErrorKind::PermissionDenied => "ports below 1024 are for root; take a higher one",
        _ => "take another address",
    };
    Failure::misuse(format_args!("{option} {address} cannot be listened on ({error}): {hint}"))
}

fn unwritable(data: &Path, error: &io::Error) -> Failure {
    let path = http::token::path(data);
    Failure::other(format_args!(
        "{} cannot be written ({error}); make room, or make the directory writable",
        path.display()
    ))
}

/// Reads the files again at each SIGHUP, for ever.
async fn reload_at(mut hangups: Hangups, reloader: Arc<Reloader>) {
    loop {
        hangups.next().await;
        let _told_to_the_log = reloader.reload().await;
    }
}

/// Ends the exchange in order at the first signal, at once at the second.
async fn stop(mut signals: Signals, control: ControlHandle, drain: Duration, health: Arc<Health>) {
    signals.next().await;
    supervisor::tell(supervisor::STOPPING);
    tracing::info!(drain_s = drain.as_secs(), "asked to stop: no more calls are let in");
    end_by_force_after(drain + STOP_WITHIN, health);
    let _stopped_already = control.ask(Command::Stop { drain }).await;
    signals.next().await;
    tracing::warn!("asked twice: ending at once, calls are cut off");
    std::process::exit(1);
}

/// On a thread of its own: a disk that does not answer may hold up the control loop at its very end.
/// Whoever calls for help is waited for, as long as the exchange itself waits and not longer.
fn end_by_force_after(limit: Duration, health: Arc<Health>) {
    std::thread::spawn(move || {
        std::thread::sleep(limit);
        let mut helped = false;
        for _second in 0..(HELP_WITHIN + STOP_WITHIN).as_secs() {
            if !health.is_helping() {
                break;
            }
            helped = true;
            std::thread::sleep(Duration::from_secs(1));
        }
        if helped {
            std::thread::sleep(STOP_WITHIN);
        }
        tracing::error!("the end took too long and was forced; the next start reads what was not tidied up");
        std::process::exit(1);
    });
}

/// The banner, and the one line that scripts wait for.
fn tell_ready(args: &ServeArgs, config: &Config, sip: SocketAddr, http: SocketAddr) {
    let numbers: Vec<&str> = config.numbers.keys().map(String::as_str).collect();
    let (number, numbers) = (numbers.first().copied().unwrap_or_default(), numbers.join(", "));
    let seat = config.seats.keys().next().map_or_else(String::new, ToString::to_string);
    let hours = if args.always_open { " Every schedule counts as open (--always-open)." } else { "" };
    let demo = format!("demo-{seat}");
    let is_demo = config.seats.values().next().is_some_and(|first| first.password.reveal() == demo);
    let password = if is_demo { format!(" (password {demo})") } else { String::new() };
    let banner = format!(
        "centralino {version}: {seats} seats, {queues} queues.{hours}\n\
         Phones register at {sip} (UDP, TCP) as {seat}{password} and so on; citizens dial there {numbers}.\n\
         Try, in other terminals:\n\
         \x20     {program} phone seat {seat} --to {sip} --config {config} --answer-after 8s\n\
         \x20     {program} phone dial {number} --to {sip} --keys 1\n\
         \x20     {program} contact list --data {data}\n\
         Ctrl-C stops it in order.\n\
         ready sip={sip} http={http}\n",
        version = env!("CARGO_PKG_VERSION"),
        seats = config.seats.len(),
        queues = config.queues.len(),
        program = program().display(),
        config = args.config.display(),
        data = args.data.display(),
    );
    let mut out = io::stdout().lock();
    let _nobody_reads = out.write_all(banner.as_bytes()).and_then(|()| out.flush());
    supervisor::tell(supervisor::READY);
}

/// This program as it can be typed where it was started.
fn program() -> PathBuf {
    let own = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("centralino"));
    let below = std::env::current_dir().ok().and_then(|here| Some(own.strip_prefix(here).ok()?.to_owned()));
    match below {
        Some(below) if below.components().count() > 1 => below,
        Some(below) => Path::new(".").join(below),
        None => own.file_name().map(PathBuf::from).unwrap_or(own),
    }
}
