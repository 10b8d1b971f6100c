//! How a flow file is usually laid out: two blanks for each step to the right, one between words, and nothing that it says changes.
//!
//! The file keeps its lines, their order and its comments. The YAML parser says where scalars and brackets are (`marks`), and from
//! that each line is one of five: the beginning of an entry, whose new place follows from the places above it ([`Levels`]);
//! the rest of a text in quotes or without; the rest of brackets; a line of a block text (`|`, `>`), moved as a whole; a comment or an
//! empty line, which goes with what follows. Of several empty lines one stays, none at the start, one line end at the end; the
//! parts of the file stand one empty line apart. Between scalars there is one blank where there has to be one, a comment stands one blank
//! from the value. Keys keep the order of their author, who has put them so for readers. Laying out twice is the same as once.
//!
//! What is laid out is read again: if it did not say the same, with the same comments, it would not be given away.

mod levels;
mod marks;

use self::levels::Levels;
use self::marks::{Line, Marks, Piece};
use super::fault::{Fault, Faults, FlowError};
use super::yaml::{Yaml, events};

/// Blanks of one step to the right.
const STEP: usize = 2;

/// The text of this file, laid out; or what is no YAML in it.
pub fn laid_out(text: &str, file: &str) -> Result<String, Vec<FlowError>> {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    let faults = Faults::of(file);
    let Some(yaml) = Yaml::parse(&text, &faults) else { return Err(faults.into_list()) };
    let mut layout = Layout::default();
    layout.lay_all(&Marks::of(&text));
    let laid = layout.text();
    if events(&laid) != events(&text) {
        let why = "it cannot be laid out without changing what it says; nothing was changed";
        faults.add(yaml.at, Fault::Yaml(why.to_owned()));
        return Err(faults.into_list());
    }
    Ok(laid)
}

/// Lines that have been laid out, and what the next one has to know of them.
#[derive(Default)]
struct Layout {
    lines: Vec<String>,
    levels: Levels,
    /// Comments and empty lines that go with the next entry: the column of a comment, and its text.
    pending: Vec<(usize, String)>,
    /// Where brackets and texts that go on from the last entry are counted from.
    bracket_base: usize,
    text_base: usize,
    /// So many lines end with a text whose last empty lines are part of it.
    kept: usize,
}

impl Layout {
    fn lay_all(&mut self, marks: &Marks) {
        let mut at = 0;
        while let Some(line) = marks.line(at) {
            at += 1;
            if line.in_text {
                self.rest_of_text(&line);
            } else if line.chars.iter().all(|c| c.is_whitespace()) {
                self.empty(line.depth);
            } else if line.depth > 0 {
                self.rest_of_brackets(&line);
            } else if line.is_comment() {
                self.pending.push((line.column(), line.text()));
                continue;
            } else {
                self.entry(&line);
            }
            if let Some(block) = marks.block_after(at - 1) {
                let width = block.indicator.unwrap_or(STEP);
                let to = self.text_base + width;
                self.lines.extend(block.lines(marks).map(|line| moved(line, block.indent, to)));
                at = block.end;
                if block.keeps {
                    self.kept = self.lines.len();
                }
            }
        }
        self.lay_pending(None);
    }

    /// A line that begins a key, an item or a value.
    fn entry(&mut self, line: &Line<'_>) {
        let column = line.column();
        if column == 0 && line.is_marker() {
            self.lay_pending(None);
            self.levels = Levels::default();
            return self.lines.push(line.text());
        }
        let before = self.levels.clone();
        let mut place = self.levels.place(column, line.leader(column));
        self.lay_pending(Some((&before, column, place)));
        let mut laid = " ".repeat(place);
        let (mut at, mut leaders) = (column, 0);
        while let Some(leader) = line.leader(at) {
            laid.extend([leader, ' ']);
            leaders += 1;
            at = line.skip_blanks(at + 1);
            if at >= line.chars.len() || line.chars[at] == '#' {
                break;
            }
            if line.leader(at).is_some() || line.begins_key(at) {
                self.levels.open(at, place + STEP, line.leader(at));
            }
            place += STEP;
        }
        self.bracket_base = place;
        self.text_base = if line.begins_key(at) { place } else { place.saturating_sub(STEP) };
        laid.push_str(&between(line, at));
        if place == 0 && leaders == 0 {
            self.stand_apart(&laid);
        }
        self.lines.push(laid.trim_end_matches(' ').to_owned());
    }

    /// A line within a text in quotes or without: where it begins says nothing, but empty lines do.
    fn rest_of_text(&mut self, line: &Line<'_>) {
        let at = line.column();
        if at >= line.chars.len() {
            return self.lines.push(String::new());
        }
        let base = match line.depth {
            0 => self.text_base + STEP,
            depth => self.bracket_base + STEP * depth,
        };
        self.lines.push(format!("{}{}", " ".repeat(base), between(line, at)));
    }

    /// A line within brackets: a step to the right for each that is open.
    fn rest_of_brackets(&mut self, line: &Line<'_>) {
        let at = line.column();
        let closed = line.chars[at..].iter().take_while(|c| "]}".contains(**c)).count();
        let base = self.bracket_base + STEP * line.depth.saturating_sub(closed);
        self.lines.push(format!("{}{}", " ".repeat(base), between(line, at)));
    }

    fn empty(&mut self, depth: usize) {
        match depth {
            0 => self.pending.push((0, String::new())),
            _ if self.lines.last().is_some_and(|last| !last.is_empty()) => self.lines.push(String::new()),
            _ => {}
        }
    }

    /// Comments and empty lines take their places before the entry that was read in this column and is laid at that one.
    fn lay_pending(&mut self, entry: Option<(&Levels, usize, usize)>) {
        for (column, text) in std::mem::take(&mut self.pending) {
            if text.is_empty() {
                if self.lines.last().is_some_and(|last| !last.is_empty()) {
                    self.lines.push(text);
                }
                continue;
            }
            let place = match entry {
                // It is about what comes next, or it is the last of what came before.
                Some((before, of_entry, place)) => match column > of_entry {
                    true => before.below(column, of_entry).unwrap_or(place),
                    false => place,
                },
                None => self.levels.below(column, 0).unwrap_or(0),
            };
            self.lines.push(" ".repeat(place) + &text);
        }
    }

    /// An empty line comes before a part of the file and the comments on it.
    fn stand_apart(&mut self, laid: &str) {
        const PARTS: [&str; 6] = ["vars:", "schedules:", "defaults:", "prompts:", "nodes:", "tests:"];
        let is_part = PARTS.iter().any(|part| laid.starts_with(part));
        let about = self.lines.iter().rposition(|line| !line.starts_with('#')).map_or(0, |at| at + 1);
        if is_part && about > self.kept && !self.lines[about - 1].is_empty() {
            self.lines.insert(about, String::new());
        }
    }

    fn text(mut self) -> String {
        while self.lines.len() > self.kept && self.lines.last().is_some_and(String::is_empty) {
            self.lines.pop();
        }
        self.lines.join("\n") + "\n"
    }
}

/// A line of a block text, whose texts began in the column `from` and are to begin at `to`. Blanks beyond that are part of the text.
fn moved(line: &[char], from: usize, to: usize) -> String {
    match line.get(from..) {
        Some(text) if !text.is_empty() => " ".repeat(to) + &text.iter().collect::<String>(),
        _ => String::new(),
    }
}

/// The line from this column on: scalars as they are, what is between them as it is usual.
fn between(line: &Line<'_>, from: usize) -> String {
    let mut laid = String::new();
    let mut at = from;
    for piece in line.pieces.iter().filter(|piece| piece.end > from) {
        laid.push_str(&usual(&line.chars[at..piece.start.max(at)], &laid));
        laid.extend(&line.chars[piece.start.max(at)..piece.end]);
        at = piece.end;
    }
    let rest = usual(&line.chars[at..], &laid);
    let goes_on = line.pieces.last().is_some_and(Piece::keeps_its_end) && rest.trim().is_empty();
    laid.push_str(&rest);
    if goes_on { laid } else { laid.trim_end().to_owned() }
}

/// What stands between two scalars, after `before`: signs with one blank behind those that need one, and a comment.
fn usual(gap: &[char], before: &str) -> String {
    let mut laid = String::new();
    for (at, c) in gap.iter().enumerate() {
        match c {
            '#' => {
                let comment: String = gap[at..].iter().collect();
                let apart = if before.is_empty() && laid.is_empty() { "" } else { " " };
                return format!("{}{apart}{}", laid.trim_end(), comment.trim_end());
            }
            c if c.is_whitespace() => {}
            // Behind a colon without a value the blank has to stay.
            ',' | ']' | '}' if !laid.ends_with(": ") => {
                laid.truncate(laid.trim_end().len());
                laid.push(*c);
            }
            c => laid.push(*c),
        }
        if matches!(c, ':' | ',' | '?') {
            laid.push(' ');
        }
    }
    laid
}

#[cfg(test)]
mod tests;
