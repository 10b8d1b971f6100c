//! English, as said in Britain: "one hundred and five", "the second of June twenty twenty-six".

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;

use super::{Grammar, Unit};

pub(super) struct English;

const UNITS: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const FIRST_ORDINALS: [&str; 12] = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// Pieces whose text is not computed.
const OTHERS: [(&str, &str); 25] = [
    ("hundred", "hundred"),
    ("thousand", "thousand"),
    ("million", "million"),
    ("and", "and"),
    ("oh", "oh"),
    ("minus", "minus"),
    ("plus", "plus"),
    ("star", "star"),
    ("hash", "hash"),
    ("more_than_hundred", "more than one hundred"),
    ("midnight", "midnight"),
    ("noon", "noon"),
    ("am", "a.m."),
    ("pm", "p.m."),
    ("one_day", "one day"),
    ("days", "days"),
    ("one_hour", "one hour"),
    ("hours", "hours"),
    ("one_minute", "one minute"),
    ("minutes", "minutes"),
    ("one_second", "one second"),
    ("seconds", "seconds"),
    ("you_are_number", "You are number"),
    ("in_the_queue", "in the queue"),
    ("many_waiting", "More than one hundred people are waiting"),
];

static TEXTS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let mut texts: BTreeMap<String, String> =
        OTHERS.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect();
    texts.extend((0..100).map(|n| (n.to_string(), below_hundred(n))));
    texts.extend((1..10).map(|n| ((n * 100).to_string(), format!("{} hundred", UNITS[n]))));
    texts.extend((1..=100).filter(|&n| is_one_word(n)).map(|n| (format!("ord_{n}"), ordinal(n))));
    texts.extend((1..=31).map(|day| (format!("day_{day}"), format!("the {} of", ordinal(day)))));
    texts.extend(MONTHS.map(|month| (month.to_lowercase(), month.to_owned())));
    texts
});

fn below_hundred(n: usize) -> String {
    if let Some(word) = UNITS.get(n) {
        return (*word).to_owned();
    }
    let ten = TENS[(n / 10 - 2).min(TENS.len() - 1)];
    if n.is_multiple_of(10) { ten.to_owned() } else { format!("{ten}-{}", UNITS[n % 10]) }
}

/// The irregular twelve; "-tieth" for the tens; otherwise the last word of the cardinal becomes an ordinal.
fn ordinal(n: usize) -> String {
    if let Some(word) = n.checked_sub(1).and_then(|at| FIRST_ORDINALS.get(at)) {
        return (*word).to_owned();
    }
    match n {
        100 => "one hundredth".to_owned(),
        0..20 => format!("{}th", below_hundred(n)),
        _ if n.is_multiple_of(10) => format!("{}ieth", below_hundred(n).trim_end_matches('y')),
        _ => format!("{}-{}", below_hundred(n / 10 * 10), ordinal(n % 10)),
    }
}

/// The other ordinals are said as a ten and a unit: "twenty", "first".
fn is_one_word(n: usize) -> bool {
    n <= 20 || n.is_multiple_of(10)
}

/// Three digits, without a zero: "three hundred and seven".
fn below_thousand(n: u64) -> Vec<String> {
    match (n / 100 * 100, n % 100) {
        (0, 0) => Vec::new(),
        (0, rest) => vec![rest.to_string()],
        (hundreds, 0) => vec![hundreds.to_string()],
        (hundreds, rest) => vec![hundreds.to_string(), "and".to_owned(), rest.to_string()],
    }
}

/// "nineteen ninety-nine", "nineteen oh five", "two thousand and nine", "twenty twenty-six".
fn year(year: u64) -> Vec<String> {
    let (century, rest) = (year / 100, year % 100);
    match (century, rest) {
        (10 | 20, 0..10) | (0..10 | 100.., _) => English.count(year),
        (_, 0) => vec![century.to_string(), "hundred".to_owned()],
        (_, 1..10) => vec![century.to_string(), "oh".to_owned(), rest.to_string()],
        _ => vec![century.to_string(), rest.to_string()],
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

impl Grammar for English {
    fn language(&self) -> &'static str {
        "en"
    }

    fn count(&self, n: u64) -> Vec<String> {
        if n == 0 {
            return owned(&["0"]);
        }
        let mut names = Vec::new();
        for (group, word) in [(n / 1_000_000, "million"), (n / 1000 % 1000, "thousand")] {
            if group > 0 {
                names.extend([below_thousand(group), owned(&[word])].concat());
            }
        }
        let rest = n % 1000;
        if !names.is_empty() && (1..100).contains(&rest) {
            names.push("and".to_owned());
        }
        names.extend(below_thousand(rest));
        names
    }

    fn minus(&self) -> &'static str {
        "minus"
    }

    fn symbol(&self, key: char) -> Option<&'static str> {
        match key {
            '+' => Some("plus"),
            '*' => Some("star"),
            '#' => Some("hash"),
            _ => None,
        }
    }

    fn ordinal(&self, n: Option<u32>) -> Vec<String> {
        match n {
            None => owned(&["more_than_hundred"]),
            Some(n) if is_one_word(n as usize) => vec![format!("ord_{n}")],
            Some(n) => vec![(n / 10 * 10).to_string(), format!("ord_{}", n % 10)],
        }
    }

    fn date(&self, date: Date) -> Vec<String> {
        let at = usize::try_from(date.month()).unwrap_or(1).saturating_sub(1);
        let month = MONTHS.get(at).copied().unwrap_or(MONTHS[0]).to_lowercase();
        [vec![format!("day_{}", date.day()), month], year(u64::from(date.year().unsigned_abs()))].concat()
    }

    /// Twelve hours: "midnight", "eight oh five a.m.", "noon", "twelve thirty p.m.".
    fn time(&self, hour: i8, minute: i8) -> Vec<String> {
        match (hour, minute) {
            (0, 0) => return owned(&["midnight"]),
            (12, 0) => return owned(&["noon"]),
            _ => {}
        }
        let half = if hour < 12 { "am" } else { "pm" };
        let mut names = vec![if hour % 12 == 0 { 12 } else { hour % 12 }.to_string()];
        match minute {
            0 => {}
            1..10 => names.extend(["oh".to_owned(), minute.to_string()]),
            _ => names.push(minute.to_string()),
        }
        names.push(half.to_owned());
        names
    }

    fn unit(&self, unit: Unit, n: u64) -> Vec<String> {
        let (one, many) = match unit {
            Unit::Day => ("one_day", "days"),
            Unit::Hour => ("one_hour", "hours"),
            Unit::Minute => ("one_minute", "minutes"),
            Unit::Second => ("one_second", "seconds"),
        };
        if n == 1 { owned(&[one]) } else { [self.count(n), owned(&[many])].concat() }
    }

    fn and(&self) -> &'static str {
        "and"
    }

    fn position(&self, place: Option<u32>) -> Vec<String> {
        match place {
            None => owned(&["many_waiting"]),
            Some(n) => [owned(&["you_are_number"]), self.count(n.into()), owned(&["in_the_queue"])].concat(),
        }
    }

    fn texts(&self) -> &BTreeMap<String, String> {
        &TEXTS
    }

    fn join(&self, names: &[&str]) -> String {
        let mut text = String::new();
        for (at, &name) in names.iter().enumerate() {
            let after_number =
                at.checked_sub(1).and_then(|left| names.get(left)).is_some_and(|left| is_number(left));
            let of_a_ten = name.starts_with("ord_") && after_number;
            text.push_str(if at == 0 {
                ""
            } else if of_a_ten {
                "-"
            } else {
                " "
            });
            text.push_str(TEXTS.get(name).map_or(name, String::as_str));
        }
        text
    }
}

fn is_number(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_digit())
}
