//! For whoever tells a person of a mistake: "did you mean", the known name nearest to one that is not known; and words that came
//! from a file, made fit for a terminal.

use std::fmt;

/// What is invisible in a text or would steer a terminal is written out, so that a message cannot hide or forge anything.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        let is_hidden = c.is_control()
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '\u{e0000}'..='\u{e0fff}');
        if is_hidden {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// The nearest known name, ready to be appended to a message: `; did you mean ...?`, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hint(Option<String>);

impl Hint {
    /// The nearest of `known`, if it is near enough to be a slip: a third of the letters at most.
    pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Hint {
        let limit = (typed.chars().count() / 3).max(1);
        let near = known.into_iter().map(|name| (edits(typed, name), name));
        let best = near.filter(|(count, _)| *count <= limit).min();
        Hint(best.map(|(_, name)| name.to_owned()))
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(name) => write!(f, "; did you mean `{name}`?"),
            None => Ok(()),
        }
    }
}

/// Insertions, removals, replacements and swaps of neighbours that lead from one word to the other (the distance of Damerau
/// and Levenshtein, each letter touched once).
fn edits(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut above: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.iter().enumerate() {
        let mut next = vec![line + 1];
        for (column, other) in to.iter().enumerate() {
            let replace = row[column] + usize::from(letter != other);
            let mut best = replace.min(row[column + 1] + 1).min(next[column] + 1);
            if line > 0 && column > 0 && from[line - 1] == *other && to[column - 1] == *letter {
                best = best.min(above[column - 1] + 1);
            }
            next.push(best);
        }
        above = std::mem::replace(&mut row, next);
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["anagrafe", "tributi", "polizia-locale"];
        let rows = [
            ("tributti", "; did you mean `tributi`?"),
            ("anagarfe", "; did you mean `anagrafe`?"),
            ("tirbuit", "; did you mean `tributi`?"),
            ("polizia_locale", "; did you mean `polizia-locale`?"),
            ("scuola", ""),
            ("", ""),
        ];
        for (typed, expected) in rows {
            assert_eq!(Hint::nearest(typed, known).to_string(), expected, "{typed}");
        }
    }
}
