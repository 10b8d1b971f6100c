//! `flow run`: a rehearsal in the terminal, to be read or to be heard.

use std::io::BufRead;
use std::sync::mpsc::{Receiver, sync_channel};

use super::hear::Ear;
use super::{Files, World};
use crate::cli::failure::Failure;
use crate::cli::out;
use crate::flow::{Cue, Line, Rehearsal};
use crate::io::control::Clock;
use crate::time::{Mono, Now};

/// Longest line typed.
const MAX_LINE: usize = 4096;
/// Lines that may be typed ahead.
const MAX_AHEAD: usize = 64;

/// The call that is rehearsed.
#[derive(Debug, clap::Args)]
pub(super) struct Call {
    /// When the call comes, on the clock of the flow's time zone; now, when left out.
    #[arg(long, value_name = "MOMENT")]
    at: Option<jiff::civil::DateTime>,
    /// The caller's number.
    #[arg(long, default_value = "+390552768224")]
    from: String,
    /// Hear it too: by a player of this machine, by one that you name, or in a file (`FILE.wav`; `-` for standard output).
    #[arg(long, value_name = "PLAYER|FILE.wav|-", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    hear: Option<String>,
}

/// Leads the person at the terminal through the first of the files.
pub(super) fn run(files: &Files, call: &Call) -> Result<(), Failure> {
    let [file] = files.files.as_slice() else {
        return Err(Failure::misuse("one flow at a time is rehearsed; name one file"));
    };
    let mut ear = Ear::of(call.hear.as_deref())?;
    let world = World::load(&files.config)?;
    let flow = world.flow(file, files.lang)?;
    let wall = match call.at {
        Some(at) => Rehearsal::zone(&flow)
            .to_timestamp(at)
            .map_err(|error| Failure::misuse(format_args!("{at} is no moment there ({error})")))?,
        None => Clock::start().now().wall,
    };
    let now = Now { mono: Mono::ZERO, wall };
    let mut rehearsal = Rehearsal::new(flow, world.calendars, now, &call.from);
    let screen = Screen { for_errors: ear.has_stdout() };
    let typed = typed();
    let mut lines = rehearsal.start();
    loop {
        screen.show(&lines)?;
        let (passages, missing) = ear.passages(&world.sounds, &lines);
        for name in missing {
            screen
                .line(&format!("  (sounds/{name}.wav is missing: a neutral phrase is heard in its place)"))?;
        }
        let cue = rehearsal.cue();
        match &cue {
            Cue::Over => {}
            Cue::Keys => screen.line("    [keys, Enter for silence, q to hang up]")?,
            Cue::Exit(exits) => screen.line(&format!("    [how does it end? {}]", exits.join(" ")))?,
        }
        let early = ear.hear(&passages, &typed);
        if cue == Cue::Over {
            break;
        }
        let Some(line) = early.or_else(|| typed.recv().ok()) else { break };
        let line = line.trim();
        if line == "q" || line.len() > MAX_LINE {
            break;
        }
        lines = match is_known(&cue, line) {
            true => {
                if cue == Cue::Keys && !line.is_empty() {
                    ear.on_key();
                }
                rehearsal.answer(line)
            }
            false => {
                screen.line(&format!("    `{}` is nothing that can be done here", out::printable(line)))?;
                Vec::new()
            }
        };
    }
    for (name, value) in rehearsal.vars() {
        screen.line(&format!("vars.{name} = {value}"))?;
    }
    ear.finish()?.map_or(Ok(()), |told| screen.line(&told))
}

/// What is typed, line by line: while sound plays, somebody else has to listen.
fn typed() -> Receiver<String> {
    let (send, typed) = sync_channel(MAX_AHEAD);
    std::thread::spawn(move || {
        let lines = std::io::stdin().lock().lines().map_while(Result::ok);
        let _until_nobody_listens = lines.map(|line| send.send(line)).take_while(Result::is_ok).count();
    });
    typed
}

fn is_known(cue: &Cue, line: &str) -> bool {
    match cue {
        Cue::Keys => line.bytes().all(|b| b.is_ascii_digit() || b"*#ABCD".contains(&b)),
        Cue::Exit(exits) => line.is_empty() || line.starts_with('{') || exits.contains(&line),
        Cue::Over => true,
    }
}

/// Where it is shown.
struct Screen {
    /// Standard output is for the sound.
    for_errors: bool,
}

impl Screen {
    fn line(&self, line: &str) -> Result<(), Failure> {
        let line = out::printable(line);
        if self.for_errors {
            eprintln!("{line}");
            return Ok(());
        }
        out::line(&line)
    }

    fn show(&self, lines: &[Line]) -> Result<(), Failure> {
        lines.iter().try_for_each(|line| match line {
            Line::Node(node) => self.line(&format!("@ {node}")),
            Line::Said(text) => self.line(&format!("  «{text}»")),
            Line::Note(note) => self.line(&format!("  ({note})")),
            Line::Heard(_) => Ok(()),
        })
    }
}
