//! `centralino phone`: the built-in phones, in a terminal.

use std::io::{self, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::failure::Failure;
use super::span::parse_span;
use crate::io::media::load_sound;
use crate::io::phone::{self, Dial, Duty, Keys, Manner, Notice, PhoneError, Seat, Setup};
use crate::media::Sound;
use crate::sip::Transport;

/// A citizen of Florence.
const CITIZEN: &str = "0552768224";

/// Arguments of `phone`.
#[derive(Debug, clap::Args)]
pub(super) struct PhoneArgs {
    #[command(subcommand)]
    command: PhoneCommand,
}

#[derive(Debug, clap::Subcommand)]
enum PhoneCommand {
    /// Dial a number, as a citizen does; exits with 0 only if answered.
    ///
    /// Stays on the line until the other side hangs up, the time is over, or Ctrl-C, which hangs up.
    ///
    /// Examples:
    ///   centralino phone dial 055055 --keys 1 --record heard.wav
    ///   centralino phone dial 055055 --from anonymous --keys "1,wait:2s,2" --hangup-after 1m
    ///   centralino phone dial "*13" --from seat01 --password demo-seat01
    #[command(verbatim_doc_comment)]
    Dial(DialArgs),
    /// Be the phone of a seat, and take the calls that it is given.
    ///
    /// Stays registered until it has had --calls calls, or Ctrl-C, which hangs up and unregisters.
    ///
    /// Examples:
    ///   centralino phone seat seat01 --answer-after 1s
    ///   centralino phone seat seat02 --play sounds/music/attesa.wav --record heard.wav --hangup-after 20s
    ///   centralino phone seat seat03 --no-answer
    #[command(verbatim_doc_comment)]
    Seat(SeatArgs),
}

#[derive(Debug, clap::Args)]
struct DialArgs {
    /// The number.
    #[arg(value_parser = parse_user)]
    number: String,
    /// Who calls: a number, `anonymous`, or a seat.
    #[arg(long, value_name = "NUMBER", default_value = CITIZEN, value_parser = parse_user)]
    from: String,
    /// The password, when a seat calls.
    #[arg(long)]
    password: Option<String>,
    /// Keys pressed one after another, a second apart, from a second after the answer on; `wait:2s` waits longer.
    #[arg(long, value_name = "KEYS", value_parser = parse_keys)]
    keys: Option<Keys>,
    #[command(flatten)]
    line: LineArgs,
}

#[derive(Debug, clap::Args)]
struct SeatArgs {
    /// The seat's name.
    #[arg(value_parser = parse_user)]
    seat: String,
    /// Its password; otherwise read from `seats.toml`.
    #[arg(long)]
    password: Option<String>,
    /// The exchange's configuration, for the password.
    #[arg(long, value_name = "DIR", default_value = "config")]
    config: PathBuf,
    /// Let each call ring so long, then answer it.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = parse_span)]
    answer_after: Duration,
    /// Refuse each call as busy.
    #[arg(long, conflicts_with_all = ["answer_after", "no_answer"])]
    reject: bool,
    /// Let each call ring.
    #[arg(long, conflicts_with = "answer_after")]
    no_answer: bool,
    /// Leave after so many calls.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    calls: Option<u32>,
    #[command(flatten)]
    line: LineArgs,
}

/// What both phones have.
#[derive(Debug, clap::Args)]
struct LineArgs {
    /// Where the exchange is.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5060", value_parser = parse_address)]
    to: SocketAddr,
    /// How to speak to it.
    #[arg(long, value_enum, default_value_t = Way::Udp)]
    transport: Way,
    /// What the other side hears, over and over: mono, 8 kHz, 16 bit. Otherwise silence.
    #[arg(long, value_name = "F.wav")]
    play: Option<PathBuf>,
    /// Where to write what this phone hears, from the answer on; a seat's second call goes to F-2.wav, and so on.
    #[arg(long, value_name = "F.wav")]
    record: Option<PathBuf>,
    /// Hang up so long after the answer.
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    hangup_after: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Way {
    Udp,
    Tcp,
}

/// Runs it.
pub(super) fn run(args: PhoneArgs) -> Result<(), Failure> {
    let (setup, duty) = match args.command {
        PhoneCommand::Dial(args) => prepare_dial(args)?,
        PhoneCommand::Seat(args) => prepare_seat(args)?,
    };
    use_phone(setup, duty)
}

fn prepare_dial(args: DialArgs) -> Result<(Setup, Duty), Failure> {
    let DialArgs { number, from, password, keys, line } = args;
    let dial = Dial { number, from, password, keys: keys.unwrap_or_default() };
    Ok((prepare(line)?, Duty::Dial(dial)))
}

fn prepare_seat(args: SeatArgs) -> Result<(Setup, Duty), Failure> {
    let password = match args.password {
        Some(password) => password,
        None => password_of(&args.seat, &args.config)?,
    };
    let manner = match (args.reject, args.no_answer) {
        (true, _) => Manner::Reject,
        (_, true) => Manner::Ring,
        _ => Manner::Answer { after: args.answer_after },
    };
    let seat = Seat { user: args.seat, password, manner, calls: args.calls };
    Ok((prepare(args.line)?, Duty::Seat(seat)))
}

fn prepare(line: LineArgs) -> Result<Setup, Failure> {
    let play = match &line.play {
        Some(path) => sound(path)?,
        None => Setup::silence(),
    };
    if let Some(path) = line.record.as_deref().filter(|path| path.file_name().is_none()) {
        return Err(Failure::misuse(format_args!("--record {} names no file", path.display())));
    }
    Ok(Setup {
        exchange: line.to,
        transport: match line.transport {
            Way::Udp => Transport::Udp,
            Way::Tcp => Transport::Tcp,
        },
        play,
        record: line.record,
        hang_up_after: line.hangup_after,
    })
}

fn sound(path: &Path) -> Result<Arc<Sound>, Failure> {
    let sound =
        load_sound(path, "played").map_err(|error| Failure::misuse(format_args!("--play {error}")))?;
    Ok(Arc::new(sound))
}

fn password_of(seat: &str, dir: &Path) -> Result<String, Failure> {
    let config = crate::io::config::load(dir).map_err(|faults| {
        let first = faults.first().map_or_else(String::new, ToString::to_string);
        let at = dir.display();
        Failure::misuse(format_args!(
            "no password for {seat}: give --password, or mend the configuration in {at} ({first})"
        ))
    })?;
    let known = config.seats.get(seat).map(|seat| seat.password.reveal().to_owned());
    known.ok_or_else(|| {
        let file = dir.join("seats.toml");
        Failure::misuse(format_args!(
            "there is no seat `{seat}` in {}; give --password if it is elsewhere",
            file.display()
        ))
    })
}

fn use_phone(setup: Setup, duty: Duty) -> Result<(), Failure> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::other)?;
    let result: Result<(), PhoneError> = runtime.block_on(phone::run(setup, duty, say));
    runtime.shutdown_background(); // not to wait for what nobody will answer
    result.map_err(Failure::other)
}

/// One line, at once; that nobody reads it does not end a call.
fn say(notice: &Notice) {
    let mut out = io::stdout().lock();
    let _nobody_reads = writeln!(out, "{notice}").and_then(|()| out.flush());
}

/// The user part of a SIP address, before it is escaped: nothing that would end it.
fn parse_user(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "+*#-._".contains(c));
    let unfit =
        || format!("`{text}` cannot be dialled; write digits, letters and + * # - . _, such as 055055");
    fits.then(|| text.to_owned()).ok_or_else(unfit)
}

fn parse_keys(text: &str) -> Result<Keys, String> {
    Keys::parse(text, parse_span).map_err(|error| error.to_string())
}

/// `HOST:PORT` or `HOST` alone, which means port 5060.
fn parse_address(text: &str) -> Result<SocketAddr, String> {
    const SIP_PORT: u16 = 5060;
    let found = text.to_socket_addrs().or_else(|error| {
        let host = text.trim_start_matches('[').trim_end_matches(']');
        if text.contains(' ') { Err(error) } else { (host, SIP_PORT).to_socket_addrs() }
    });
    let mut addresses = found.map_err(|error| format!("{error}; write it like 192.0.2.1:5060"))?;
    addresses.next().ok_or_else(|| "this name has no address".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: PhoneArgs,
    }

    fn parse(words: &str) -> Result<PhoneCommand, String> {
        let line = Line::try_parse_from(std::iter::once("phone").chain(words.split(' ')));
        line.map(|line| line.args.command).map_err(|error| error.to_string())
    }

    #[test]
    fn dialling_needs_a_number_only() {
        let PhoneCommand::Dial(args) = parse("dial 055055").expect("enough") else {
            panic!("a dialling phone")
        };
        assert_eq!((args.from.as_str(), args.line.to), (CITIZEN, ([127, 0, 0, 1], 5060).into()));
        assert_eq!(args.line.hangup_after, None);
    }

    #[test]
    fn wrong_words_are_refused_with_what_to_write() {
        for (words, hint) in [
            ("dial 055@x", "cannot be dialled"),
            ("dial 055055 --keys 1,x", "neither keys"),
            ("dial 055055 --keys 1,wait:2", "write a whole number and ms, s, m, h or d"),
            ("dial 055055 --hangup-after 20", "not a length of time"),
            ("seat seat01 --reject --no-answer", "cannot be used with"),
            ("seat seat01 --reject --answer-after 1s", "cannot be used with"),
            ("seat seat01 --calls 0", "0 is not in"),
        ] {
            let error = parse(words).expect_err(words);
            assert!(error.contains(hint), "{words}: {error}");
        }
    }

    #[test]
    fn address_may_leave_out_the_port() {
        assert_eq!(parse_address("127.0.0.1:5070"), Ok(([127, 0, 0, 1], 5070).into()));
        assert_eq!(parse_address("127.0.0.1"), Ok(([127, 0, 0, 1], 5060).into()));
        assert_eq!(parse_address("[::1]").map(|address| address.port()), Ok(5060));
        assert!(parse_address("not an address").is_err());
    }

    #[test]
    fn password_is_the_configurations_unless_given() {
        let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        assert_eq!(password_of("seat01", &config).expect("a demo seat"), "demo-seat01");
        assert!(password_of("seat99", &config).is_err());
        assert!(password_of("seat01", Path::new("/nowhere")).is_err());
    }
}
