//! For whoever tells a person of a mistake: "did you mean", the known name nearest to one that is not known; and words that came
//! from a file, made fit for a terminal.

use std::fmt;

use crate::letters::is_steering;

/// What is invisible in a text or would steer a terminal is written out, so that a message cannot hide or forge anything.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_steering(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Longest name that hints are looked for: names are shorter, and a comparison costs the product of two lengths.
const MAX_NAME: usize = 64;
/// Most slips that a hint sees through; of a short name a third of its letters, of any name one.
const MAX_SLIPS: usize = 3;
/// How much is compared for one hint, in names begun, letters read and pairs of letters weighed: all names of any file that people
/// wrote. It bounds what a file of thousands of misspelt names costs; past it, the nearest found so far is the hint.
const MAX_COMPARED: usize = 20_000;
/// To begin with a name costs as much as so many letters.
const BEGUN: usize = 8;

/// The nearest known name, ready to be appended to a message: `; did you mean ...?`, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hint(Option<String>);

impl Hint {
    /// The nearest of `known`, if it is near enough to be a slip.
    pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Hint {
        Hint(nearest(typed, known).map(str::to_owned))
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

/// The name among `known` that a person may have meant by `typed`; of several as near, the first of the alphabet.
pub fn nearest<'n>(typed: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let mut room = MAX_COMPARED;
    search(typed, known, &mut room)
}

/// The same, as long as there is room for another comparison.
fn search<'n>(typed: &str, known: impl IntoIterator<Item = &'n str>, room: &mut usize) -> Option<&'n str> {
    if typed.len() > MAX_NAME {
        return None;
    }
    let letters: Vec<char> = typed.chars().collect();
    let mut most = (letters.len() / 3).clamp(1, MAX_SLIPS);
    let mut best: Option<(usize, &str)> = None;
    let mut other: Vec<char> = Vec::with_capacity(MAX_NAME);
    for name in known.into_iter().filter(|name| name.len() <= MAX_NAME) {
        other.clear();
        other.extend(name.chars());
        let Some(left) = room.checked_sub(other.len() + BEGUN) else { break };
        *room = left;
        if let Some(edits) = edits(&letters, &other, most, room)
            && best.is_none_or(|best| (edits, name) < best)
        {
            (best, most) = (Some((edits, name)), edits);
        }
    }
    best.map(|(_, name)| name)
}

/// Insertions, removals, replacements and swaps of neighbours that lead from one word to the other (the distance of Damerau and
/// Levenshtein, each letter touched once); `None`: more than `most`. Only the cells that so few edits can reach are filled.
fn edits(from: &[char], to: &[char], most: usize, room: &mut usize) -> Option<usize> {
    let same = from.iter().zip(to).take_while(|(a, b)| a == b).count();
    let (from, to) = (&from[same..], &to[same..]);
    let same = from.iter().rev().zip(to.iter().rev()).take_while(|(a, b)| a == b).count();
    let (from, to) = (&from[..from.len() - same], &to[..to.len() - same]);
    if from.len().abs_diff(to.len()) > most {
        return None;
    }
    let far = u8::try_from(most + 1).unwrap_or(u8::MAX);
    let (mut above, mut row) = ([far; MAX_NAME + 1], [far; MAX_NAME + 1]);
    row.iter_mut().zip(0..far).take(to.len() + 1).for_each(|(cell, removed)| *cell = removed);
    let mut least_above = 0;
    for (line, letter) in from.iter().enumerate() {
        let mut next = [far; MAX_NAME + 1];
        next[0] = u8::try_from(line + 1).map_or(far, |added| added.min(far));
        let reached = line.saturating_sub(most)..to.len().min(line + most + 1);
        *room = room.saturating_sub(reached.len());
        let mut least = next[0];
        for column in reached {
            let other = to[column];
            let replace = row[column] + u8::from(*letter != other);
            let mut best = replace.min(row[column + 1] + 1).min(next[column] + 1);
            if line > 0 && column > 0 && from[line - 1] == other && to[column - 1] == *letter {
                best = best.min(above[column - 1] + 1);
            }
            next[column + 1] = best.min(far);
            least = least.min(best);
        }
        // A swap goes on from the line before.
        if least.min(least_above) >= far {
            return None;
        }
        (above, row, least_above) = (row, next, least);
    }
    Some(usize::from(row[to.len()])).filter(|edits| *edits <= most)
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

    #[test]
    fn edits_are_counted_in_characters() {
        for (a, b, n) in [
            ("", "", 0),
            ("", "abc", 3),
            ("però", "pero", 1),
            ("coda", "cade", 2),
            ("paly", "play", 1),
            ("tirbuit", "tributi", 2),
            ("abcxyz", "xyzabc", 6),
        ] {
            let letters = |word: &str| word.chars().collect::<Vec<_>>();
            let counted = |most| edits(&letters(a), &letters(b), most, &mut 1_000);
            assert_eq!(counted(n), Some(n), "{a} {b}");
            assert_eq!(counted(n + 3), Some(n), "{a} {b}");
            assert!(n == 0 || counted(n - 1).is_none(), "{a} {b}");
        }
    }

    #[test]
    fn what_one_hint_costs_is_bounded_however_many_names_there_are() {
        let known: Vec<String> =
            (0..100_000).map(|at| format!("x{at:05}nodo-che-somiglia-{:05}", at % 7)).collect();
        let mut room = MAX_COMPARED;
        let found = search("y0nodo-che-somiglia-0", known.iter().map(String::as_str), &mut room);
        assert!(found.is_none() && room < 64, "{found:?}, room for {room}");
        let (mut room, few) = (MAX_COMPARED, &known[..200]);
        let found = search("x0010nodo-che-somiglia-00003", few.iter().map(String::as_str), &mut room);
        assert_eq!(found, Some("x00010nodo-che-somiglia-00003"));
        assert!(room > MAX_COMPARED / 4, "room for {room}");
    }
}
