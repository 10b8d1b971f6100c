//! Italian.
//!
//! Numbers are written as one word and said almost so: 0 to 99 and the hundreds are recorded whole, `mila` is joined. A
//! place in a queue takes the article, which elides before a vowel ("l'ottavo"): those places, and the first twenty that
//! nearly everybody hears, are recorded with it in one breath; the others follow a recorded "il".

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;

use super::{Grammar, MAX_ORDINAL, Unit};

pub(super) struct Italian;

const UNITS: [&str; 20] = [
    "zero",
    "uno",
    "due",
    "tre",
    "quattro",
    "cinque",
    "sei",
    "sette",
    "otto",
    "nove",
    "dieci",
    "undici",
    "dodici",
    "tredici",
    "quattordici",
    "quindici",
    "sedici",
    "diciassette",
    "diciotto",
    "diciannove",
];
const TENS: [&str; 8] =
    ["venti", "trenta", "quaranta", "cinquanta", "sessanta", "settanta", "ottanta", "novanta"];
const FIRST_ORDINALS: [&str; 10] =
    ["primo", "secondo", "terzo", "quarto", "quinto", "sesto", "settimo", "ottavo", "nono", "decimo"];
const MONTHS: [&str; 12] = [
    "gennaio",
    "febbraio",
    "marzo",
    "aprile",
    "maggio",
    "giugno",
    "luglio",
    "agosto",
    "settembre",
    "ottobre",
    "novembre",
    "dicembre",
];
/// Pieces whose text is not computed.
const OTHERS: [(&str, &str); 25] = [
    ("mille", "mille"),
    ("mila", "mila"),
    ("un_milione", "un milione"),
    ("milioni", "milioni"),
    ("meno", "meno"),
    ("piu", "più"),
    ("asterisco", "asterisco"),
    ("cancelletto", "cancelletto"),
    ("il", "il"),
    ("piu_di_cento", "più di cento"),
    ("mezzanotte", "mezzanotte"),
    ("mezzogiorno", "mezzogiorno"),
    ("ore_1", "l'una"),
    ("e", "e"),
    ("un_giorno", "un giorno"),
    ("giorni", "giorni"),
    ("un_ora", "un'ora"),
    ("ore", "ore"),
    ("un_minuto", "un minuto"),
    ("minuti", "minuti"),
    ("un_secondo", "un secondo"),
    ("secondi", "secondi"),
    ("lei_e", "Lei è"),
    ("in_attesa", "in attesa"),
    ("molti_in_attesa", "Ci sono più di cento persone in attesa"),
];

static TEXTS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let mut texts: BTreeMap<String, String> =
        OTHERS.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect();
    texts.extend((0..100).map(|n| (n.to_string(), below_hundred(n))));
    texts.extend((1..10).map(|n| ((n * 100).to_string(), hundreds(n))));
    texts.extend((1..=MAX_ORDINAL).map(|n| (format!("ord_{n}"), ordinal(n))));
    texts.extend((1..=MAX_ORDINAL).filter(|&n| has_article(n)).map(|n| (format!("il_{n}"), with_article(n))));
    texts.extend((2..24).map(|hour| (format!("ore_{hour}"), format!("le {}", below_hundred(hour)))));
    texts.extend(MONTHS.map(|month| (month.to_owned(), month.to_owned())));
    texts
});

/// "ventuno", "ventotto", "ventitré": the ten loses its vowel before a vowel, and a final "tre" is stressed.
fn below_hundred(n: usize) -> String {
    if let Some(word) = UNITS.get(n) {
        return (*word).to_owned();
    }
    let ten = TENS[(n / 10 - 2).min(TENS.len() - 1)];
    match n % 10 {
        0 => ten.to_owned(),
        unit @ (1 | 8) => format!("{}{}", &ten[..ten.len() - 1], UNITS[unit]),
        3 => format!("{ten}tré"),
        unit => format!("{ten}{}", UNITS[unit]),
    }
}

fn hundreds(n: usize) -> String {
    if n == 1 { "cento".to_owned() } else { format!("{}cento", UNITS[n]) }
}

/// From eleven on, the cardinal without its last vowel and "esimo"; "tre" and "sei" keep theirs ("ventitreesimo").
fn ordinal(n: u32) -> String {
    let n = n as usize;
    if let Some(word) = n.checked_sub(1).and_then(|at| FIRST_ORDINALS.get(at)) {
        return (*word).to_owned();
    }
    let cardinal = if n == 100 { hundreds(1) } else { below_hundred(n) };
    match (n > 20, n % 10) {
        (true, 3) => format!("{}eesimo", cardinal.trim_end_matches('é')),
        (true, 6) => format!("{cardinal}esimo"),
        _ => format!("{}esimo", &cardinal[..cardinal.len() - 1]),
    }
}

fn has_article(n: u32) -> bool {
    n <= 20 || begins_with_vowel(n)
}

fn begins_with_vowel(n: u32) -> bool {
    matches!(n, 8 | 11 | 80..=89)
}

fn with_article(n: u32) -> String {
    if begins_with_vowel(n) { format!("l'{}", ordinal(n)) } else { format!("il {}", ordinal(n)) }
}

/// Three digits, without a zero.
fn below_thousand(n: u64) -> Vec<String> {
    let parts = [n / 100 * 100, n % 100];
    parts.into_iter().filter(|&part| part > 0).map(|part| part.to_string()).collect()
}

fn is_number(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_digit())
}

/// Whether the two are written as one word: "cento|uno", "due|mila", "mille|cento", "duemila|ventisei".
fn one_word(left: &str, right: &str) -> bool {
    let open = matches!(left, "mille" | "mila") || (is_number(left) && left.len() == 3);
    (open && is_number(right)) || (is_number(left) && right == "mila")
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

impl Grammar for Italian {
    fn language(&self) -> &'static str {
        "it"
    }

    fn count(&self, n: u64) -> Vec<String> {
        if n == 0 {
            return owned(&["0"]);
        }
        let mut names = match n / 1_000_000 {
            0 => Vec::new(),
            1 => owned(&["un_milione"]),
            millions => [below_thousand(millions), owned(&["milioni"])].concat(),
        };
        match n / 1000 % 1000 {
            0 => {}
            1 => names.push("mille".to_owned()),
            thousands => names.extend([below_thousand(thousands), owned(&["mila"])].concat()),
        }
        names.extend(below_thousand(n % 1000));
        names
    }

    fn minus(&self) -> &'static str {
        "meno"
    }

    fn symbol(&self, key: char) -> Option<&'static str> {
        match key {
            '+' => Some("piu"),
            '*' => Some("asterisco"),
            '#' => Some("cancelletto"),
            _ => None,
        }
    }

    fn ordinal(&self, n: Option<u32>) -> Vec<String> {
        vec![n.map_or_else(|| "piu_di_cento".to_owned(), |n| format!("ord_{n}"))]
    }

    /// Days are counted, but for the first: "primo maggio", "due giugno".
    fn date(&self, date: Date) -> Vec<String> {
        let day = if date.day() == 1 { "ord_1".to_owned() } else { date.day().to_string() };
        let year = self.count(u64::from(date.year().unsigned_abs()));
        [vec![day], owned(&[month(date)]), year].concat()
    }

    /// Twenty-four hours: "mezzanotte e dieci", "l'una", "mezzogiorno", "le dodici e trenta", "le venti e un minuto".
    fn time(&self, hour: i8, minute: i8) -> Vec<String> {
        let hour = match (hour, minute) {
            (0, _) => "mezzanotte".to_owned(),
            (12, 0) => "mezzogiorno".to_owned(),
            _ => format!("ore_{hour}"),
        };
        match minute {
            0 => vec![hour],
            1 => vec![hour, "e".to_owned(), "un_minuto".to_owned()],
            _ => vec![hour, "e".to_owned(), minute.to_string()],
        }
    }

    fn unit(&self, unit: Unit, n: u64) -> Vec<String> {
        let (one, many) = match unit {
            Unit::Day => ("un_giorno", "giorni"),
            Unit::Hour => ("un_ora", "ore"),
            Unit::Minute => ("un_minuto", "minuti"),
            Unit::Second => ("un_secondo", "secondi"),
        };
        if n == 1 { owned(&[one]) } else { [self.count(n), owned(&[many])].concat() }
    }

    fn and(&self) -> &'static str {
        "e"
    }

    fn position(&self, place: Option<u32>) -> Vec<String> {
        let Some(n) = place else { return owned(&["molti_in_attesa"]) };
        let place =
            if has_article(n) { vec![format!("il_{n}")] } else { vec!["il".to_owned(), format!("ord_{n}")] };
        [owned(&["lei_e"]), place, owned(&["in_attesa"])].concat()
    }

    fn texts(&self) -> &BTreeMap<String, String> {
        &TEXTS
    }

    fn join(&self, names: &[&str]) -> String {
        let mut text = String::new();
        for (at, &name) in names.iter().enumerate() {
            let left = at.checked_sub(1).and_then(|left| names.get(left));
            let glued = left.is_some_and(|left| one_word(left, name));
            let ends_word = names.get(at + 1).is_none_or(|right| !one_word(name, right));
            if at > 0 && !glued {
                text.push(' ');
            }
            let word = match name {
                "3" if glued && ends_word => "tré", // stressed at the end of a longer word: "centotré"
                _ => TEXTS.get(name).map_or(name, String::as_str),
            };
            if glued && text.ends_with("cento") && word.starts_with("ott") {
                text.pop(); // "centotto", "duecentottanta"
            }
            text.push_str(word);
        }
        text
    }
}

fn month(date: Date) -> &'static str {
    let at = usize::try_from(date.month()).unwrap_or(1).saturating_sub(1);
    MONTHS.get(at).copied().unwrap_or(MONTHS[0])
}
