//! `flow run`: a rehearsal in the terminal.

use std::io::BufRead;

use super::{Files, World};
use crate::cli::failure::Failure;
use crate::cli::out;
use crate::flow::{Cue, Line, Rehearsal};
use crate::io::control::Clock;
use crate::time::{Mono, Now};

/// Longest line typed.
const MAX_LINE: usize = 4096;

/// Leads the person at the terminal through the first of the files.
pub(super) fn run(files: &Files, at: Option<jiff::civil::DateTime>, from: &str) -> Result<(), Failure> {
    let [file] = files.files.as_slice() else {
        return Err(Failure::misuse("one flow at a time is rehearsed; name one file"));
    };
    let world = World::load(&files.config)?;
    let flow = world.flow(file, files.lang)?;
    let wall = match at {
        Some(at) => Rehearsal::zone(&flow)
            .to_timestamp(at)
            .map_err(|error| Failure::misuse(format_args!("{at} is no moment there ({error})")))?,
        None => Clock::start().now().wall,
    };
    let now = Now { mono: Mono::ZERO, wall };
    let mut rehearsal = Rehearsal::new(flow, world.calendars, now, from);
    show(&rehearsal.start())?;
    let mut typed = std::io::stdin().lock().lines();
    loop {
        let prompt = match rehearsal.cue() {
            Cue::Over => break,
            Cue::Keys => "keys, Enter for silence, q to hang up".to_owned(),
            Cue::Exit(exits) => format!("how does it end? {}", exits.join(" ")),
        };
        out::line(&format!("    [{prompt}]"))?;
        let Some(Ok(line)) = typed.next() else { break };
        let line = line.trim();
        if line == "q" || line.len() > MAX_LINE {
            break;
        }
        let known = match rehearsal.cue() {
            Cue::Keys => line.bytes().all(|b| b.is_ascii_digit() || b"*#ABCD".contains(&b)),
            Cue::Exit(exits) => line.is_empty() || line.starts_with('{') || exits.contains(&line),
            Cue::Over => true,
        };
        if known {
            show(&rehearsal.answer(line))?;
        } else {
            out::line(&format!("    `{}` is nothing that can be done here", out::printable(line)))?;
        }
    }
    let vars = rehearsal.vars();
    vars.iter().try_for_each(|(name, value)| out::line(&format!("vars.{name} = {value}")))
}

fn show(lines: &[Line]) -> Result<(), Failure> {
    lines.iter().try_for_each(|line| match line {
        Line::Node(node) => out::line(&format!("@ {node}")),
        Line::Said(text) => out::line(&format!("  «{text}»")),
        Line::Note(note) => out::line(&format!("  ({note})")),
    })
}
