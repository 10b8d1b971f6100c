//! What a `collect` node asks for: how many keys make it, what they mean and what is wrong with them.
//!
//! A telephone has digits only. Dates are keyed as day, month, year (`24112026`), telephone numbers as they are dialled. A
//! fiscal code has letters, and each letter is keyed as *two* keys: the key that bears it and its place there (`A` is 2 1, `B` 2 2,
//! `S` 7 4, `Z` 9 4). Which of the sixteen characters are letters is known, so nothing marks them: six letters, two digits, a
//! letter, two digits, a letter, three digits, a letter, 25 keys in all. People who share their data with somebody else have letters
//! in place of digits (omocodia); such a letter is keyed as `*` and its two keys. The check character finds a slip at once. It
//! is long, and still the only way that is not a guess: one key a letter (`2` for A, B or C) leaves some hundred
//! thousand codes, one in twenty-six of which passes the check.

use crate::phone_number::PhoneNumber;

/// Keys of the longest fiscal code: every digit in it replaced by a letter.
const MAX_CODE_KEYS: usize = 9 * 2 + 7 * 3;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum InputKind {
    /// So many digits, of this form.
    Digits { min: usize, max: usize, end: Option<char>, pattern: Option<Pattern> },
    /// A date: eight digits, day first.
    Date,
    /// A number as it is dialled; `#` or a pause ends it.
    Phone,
    /// Sixteen characters, letters as two keys.
    FiscalCode,
}

/// What the keys so far amount to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// More may come.
    More,
    /// This value.
    Done(String),
    /// Nothing.
    Wrong,
}

impl InputKind {
    /// One more key has come; `so_far` has it already, unless it ended the input.
    pub(super) fn after(&self, so_far: &str) -> Reading {
        let full = match self {
            InputKind::Digits { max, end, .. } => {
                so_far.len() > *max || (end.is_none() && so_far.len() == *max)
            }
            InputKind::Date => so_far.len() >= 8,
            InputKind::Phone => so_far.len() >= 16,
            InputKind::FiscalCode => match decoded(so_far) {
                Decoded::Whole(_) => true,
                Decoded::Part => so_far.len() > MAX_CODE_KEYS,
                Decoded::Nonsense => return Reading::Wrong,
            },
        };
        if full { self.read(so_far) } else { Reading::More }
    }

    /// The caller is done: the end key or a pause.
    pub(super) fn read(&self, keys: &str) -> Reading {
        let value = match self {
            InputKind::Digits { min, max, pattern, .. } => {
                let fits = (*min..=*max).contains(&keys.len())
                    && pattern.as_ref().is_none_or(|pattern| pattern.matches(keys));
                fits.then(|| keys.to_owned())
            }
            InputKind::Date => date(keys),
            InputKind::Phone => {
                let number = keys.parse::<PhoneNumber>().ok().filter(|number| !number.is_short());
                number.map(|number| number.reveal().to_owned())
            }
            InputKind::FiscalCode => match decoded(keys) {
                Decoded::Whole(code) if check_character(&code) == code.chars().last() => Some(code),
                _ => None,
            },
        };
        value.map_or(Reading::Wrong, Reading::Done)
    }

    /// The key ends the input.
    pub(super) fn ends_with(&self, key: char) -> bool {
        match self {
            InputKind::Digits { end, .. } => *end == Some(key),
            InputKind::Date | InputKind::Phone | InputKind::FiscalCode => key == '#',
        }
    }

    /// The key is a part of the input, and does not begin it anew.
    pub(super) fn takes(&self, key: char) -> bool {
        key.is_ascii_digit() || (key == '*' && *self == InputKind::FiscalCode)
    }
}

/// `24112026` as `2026-11-24`.
fn date(keys: &str) -> Option<String> {
    let (day, rest) = keys.split_at_checked(2)?;
    let (month, year) = rest.split_at_checked(2)?;
    let text = format!("{year}-{month}-{day}");
    text.parse::<jiff::civil::Date>().ok().filter(|date| date.year() >= 1900)?;
    Some(text)
}

/// The form of a number: for each digit those that may stand there. Nothing repeats, so that a look at each digit is all it costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Vec<[bool; 10]>);

impl Pattern {
    /// `3xxxxxxxxx`, `[1-5]x`, `0[25]`.
    pub(super) fn parse(text: &str) -> Option<Pattern> {
        let mut places = Vec::new();
        let mut signs = text.chars();
        while let Some(sign) = signs.next() {
            let mut allowed = [false; 10];
            match sign {
                'x' => allowed = [true; 10],
                '[' => loop {
                    let from = match signs.next()? {
                        ']' => break,
                        sign => sign.to_digit(10)?,
                    };
                    let mut ahead = signs.clone();
                    let to = if ahead.next() == Some('-') {
                        let to = ahead.next()?.to_digit(10)?;
                        signs = ahead;
                        to
                    } else {
                        from
                    };
                    (from..=to).for_each(|digit| allow(&mut allowed, digit));
                },
                sign => allow(&mut allowed, sign.to_digit(10)?),
            }
            if !allowed.contains(&true) || places.len() == 32 {
                return None;
            }
            places.push(allowed);
        }
        (!places.is_empty()).then_some(Pattern(places))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn matches(&self, digits: &str) -> bool {
        let fits = |(place, digit): (&[bool; 10], char)| {
            digit.to_digit(10).and_then(|digit| place.get(usize::try_from(digit).ok()?)) == Some(&true)
        };
        digits.len() == self.0.len() && self.0.iter().zip(digits.chars()).all(fits)
    }
}

fn allow(allowed: &mut [bool; 10], digit: u32) {
    if let Some(place) = usize::try_from(digit).ok().and_then(|digit| allowed.get_mut(digit)) {
        *place = true;
    }
}

/// Where letters stand in a fiscal code.
const LETTERS: [bool; 16] = {
    let mut letters = [true; 16];
    let mut digits = [6, 7, 9, 10, 12, 13, 14].as_slice();
    while let [at, rest @ ..] = digits {
        letters[*at] = false;
        digits = rest;
    }
    letters
};

/// The letters of each key, from 2.
const KEYS: [&str; 8] = ["ABC", "DEF", "GHI", "JKL", "MNO", "PQRS", "TUV", "WXYZ"];

/// What keys say of a fiscal code.
#[derive(Debug, PartialEq, Eq)]
enum Decoded {
    Part,
    Whole(String),
    Nonsense,
}

fn decoded(keys: &str) -> Decoded {
    let mut code = String::new();
    let mut keys = keys.chars();
    for is_letter in LETTERS {
        let Some(first) = keys.next() else { return Decoded::Part };
        let sign = match (is_letter, first) {
            (false, '0'..='9') => first,
            (false, _) => match keys.next().zip(keys.next()) {
                None => return Decoded::Part,
                Some((key, place)) => match letter(key, place) {
                    Some(letter) => letter,
                    None => return Decoded::Nonsense,
                },
            },
            (true, _) => match keys.next() {
                None => return Decoded::Part,
                Some(place) => match letter(first, place) {
                    Some(letter) => letter,
                    None => return Decoded::Nonsense,
                },
            },
        };
        code.push(sign);
    }
    if keys.next().is_some() { Decoded::Nonsense } else { Decoded::Whole(code) }
}

fn letter(key: char, place: char) -> Option<char> {
    let key = usize::try_from(key.to_digit(10)?.checked_sub(2)?).ok()?;
    let place = usize::try_from(place.to_digit(10)?.checked_sub(1)?).ok()?;
    KEYS.get(key)?.chars().nth(place)
}

/// Values of digits and letters at odd places, as the decree of 23 December 1976 has them; a digit counts as the letter of its order.
const ODD: [u32; 26] =
    [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

/// The last character that the first fifteen ask for.
fn check_character(code: &str) -> Option<char> {
    let mut sum = 0;
    for (at, sign) in code.chars().take(15).enumerate() {
        let order = if sign.is_ascii_digit() {
            sign.to_digit(10)?
        } else {
            u32::from(sign).checked_sub(u32::from('A'))?
        };
        // The first character stands at an odd place.
        sum += if at % 2 == 0 { *ODD.get(usize::try_from(order).ok()?)? } else { order };
    }
    char::from_u32(u32::from('A') + sum % 26)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys of a code, letters as two, letters in place of digits after `*`.
    fn keyed(code: &str) -> String {
        let two = |letter: char| {
            let (key, letters) =
                KEYS.iter().enumerate().find(|(_, letters)| letters.contains(letter)).unwrap();
            format!("{}{}", key + 2, letters.find(letter).unwrap() + 1)
        };
        let sign = |(at, sign): (usize, char)| match (LETTERS[at], sign.is_ascii_digit()) {
            (true, _) => two(sign),
            (false, true) => sign.to_string(),
            (false, false) => format!("*{}", two(sign)),
        };
        code.chars().enumerate().map(sign).collect()
    }

    #[test]
    fn fiscal_code_is_keyed_letter_by_letter_and_its_check_character_is_held_to() {
        // Mario Rossi, the example of everybody; and the same with its last digit replaced, as for a second Mario Rossi.
        for code in ["RSSMRA80A01H501U", "RSSMRA80A01H50MW"] {
            let keys = keyed(code);
            let kind = InputKind::FiscalCode;
            for end in 1..keys.len() {
                assert_eq!(kind.after(&keys[..end]), Reading::More, "{code} {end}");
            }
            let expected = check_character(code).unwrap();
            let right = format!("{}{expected}", &code[..15]);
            assert_eq!(kind.after(&keyed(&right)), Reading::Done(right), "{code}");
        }
        assert_eq!(check_character("RSSMRA80A01H501U"), Some('U'));
        assert_eq!(InputKind::FiscalCode.after(&keyed("RSSMRA80A01H501X")), Reading::Wrong);
        assert_eq!(InputKind::FiscalCode.after("25"), Reading::Wrong, "key 2 has three letters");
        assert_eq!(InputKind::FiscalCode.after("11"), Reading::Wrong, "key 1 has none");
    }

    #[test]
    fn dates_and_telephone_numbers_are_read_as_people_key_them() {
        for (keys, read) in [
            ("24112026", Reading::Done("2026-11-24".to_owned())),
            ("29022028", Reading::Done("2028-02-29".to_owned())),
            ("29022026", Reading::Wrong),
            ("00112026", Reading::Wrong),
            ("24111799", Reading::Wrong),
            ("2411", Reading::More),
        ] {
            assert_eq!(InputKind::Date.after(keys), read, "{keys}");
        }
        assert_eq!(InputKind::Phone.read("0552768224"), Reading::Done("+390552768224".to_owned()));
        assert_eq!(InputKind::Phone.read("12"), Reading::Wrong);
    }

    #[test]
    fn patterns_are_digits_any_and_some_and_nothing_that_repeats() {
        for (pattern, good, bad) in [
            ("3xxxxxxxxx", "3331234567", "0331234567"),
            ("[1-5]x", "49", "69"),
            ("0[25]", "05", "01"),
            ("[13-4]", "3", "2"),
        ] {
            let pattern = Pattern::parse(pattern).unwrap();
            assert!(pattern.matches(good) && !pattern.matches(bad), "{pattern:?}");
        }
        for bomb in ["(a+)+$", "x*", "[]", "[5-1]", "[1", "", ".", "^3", &"x".repeat(33)] {
            assert_eq!(Pattern::parse(bomb), None, "{bomb}");
        }
    }
}
