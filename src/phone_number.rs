//! Telephone numbers as citizens have them, and who calls.
//!
//! A trunk gives the caller as the user part of a SIP URI, in whatever form its operator likes: `0552768224`,
//! `+390552768224`, `00390552768224`, `anonymous`. All forms of one number become the same [`PhoneNumber`]: E.164, where
//! an Italian geographic number keeps its leading zero (+39 055 ...). Short numbers (`112`, `055055`) have no E.164 form
//! and stay as dialled. Whatever is neither a number nor a wish to be anonymous is kept, bounded, as it came.
//!
//! A number is personal data: `Display` and `Debug` hide its last digits, so that a log line cannot give it away;
//! [`PhoneNumber::reveal`] is for the wire, the journal and the operator's screen.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Digits of an E.164 number, country code included (ITU-T E.164 section 6).
const MAX_DIGITS: usize = 15;
/// Fewest digits of a foreign number, country code included.
const MIN_DIGITS: usize = 7;
/// National numbers up to this long are short numbers (emergency, service, city lines) and are kept as dialled.
const MAX_SHORT: usize = 6;
/// Longest Italian national number: `0` and 10 digits, with room for the direct-dial digits of a switchboard.
const MAX_NATIONAL: usize = 13;
/// Shortest text of digits that may be an Italian number with its country code but without `+`: a mobile number may
/// itself begin with 39, and has ten digits at most.
const MIN_WITH_BARE_COUNTRY_CODE: usize = 11;
/// Characters kept of a caller who gives no number: a peer chooses the text.
const MAX_OTHER: usize = 64;
/// Last digits that are hidden in logs.
const HIDDEN: usize = 4;

/// Emergencies (112 and its sisters) and short services of public use; 116xyz are beside them (AGCOM, delibera 8/15/CIR).
const SERVICES: [&str; 11] =
    ["112", "113", "114", "115", "117", "118", "1500", "1515", "1518", "1522", "1530"];
/// How Italian numbers begin that cost what a call costs, or nothing: fixed, mobile and nomadic lines, and those that are free of
/// charge. Not among them are 144, 166, 178, 199, 4x, 84x and 89x.
/// With each, how many digits a number of it has at most: one that is longer could be read by the network as another number, whose
/// beginning has been put before it.
const BEGINNINGS: [(&str, usize); 5] =
    [("0", MAX_NATIONAL), ("3", 10), ("55", 10), ("800", 10), ("803", MAX_SHORT)];

/// A number in one form only: `+390552768224`, or a short number such as `055055`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PhoneNumber(Box<str>);

/// The text is not a telephone number. The text itself is left out: it may be somebody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a telephone number; write it like 0552768224, +390552768224 or 055055")]
pub struct NotANumber;

impl PhoneNumber {
    /// The whole number; for the wire, the journal and the operator, never for a log.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The whole number as it is dialled in Italy: without `+39`, with `00` for another country.
    pub fn dialled_in_italy(&self) -> String {
        match (self.0.strip_prefix("+39"), self.0.strip_prefix('+')) {
            (Some(national), _) => national.to_owned(),
            (None, Some(foreign)) => format!("00{foreign}"),
            (None, None) => self.0.clone().into(),
        }
    }

    /// An Italian number that costs what a call costs, or nothing: a line, or a short service of public use.
    pub fn is_public(&self) -> bool {
        let begins = |italian: &str| {
            BEGINNINGS
                .iter()
                .any(|(beginning, most)| italian.starts_with(beginning) && italian.len() <= *most)
        };
        match self.0.strip_prefix("+39") {
            Some(italian) => begins(italian),
            // What is short is a service or a city's line as a whole. Mobile numbers are never short (`301` is an extension that somebody
            // has mistyped), and `0144` could be 144 to a switchboard that takes 0 for an outside line.
            None => {
                let is_line = self.0.len() == MAX_SHORT && begins(&self.0) && !self.0.starts_with('3');
                self.is_short() && (is_service(&self.0) || is_line)
            }
        }
    }

    /// Numbers may begin so in their one form: `+33`, `+39055`, `112`. Without `+` only short numbers can be meant: how services
    /// begin, or a city's line as a whole (`060606`). `055` is none: it looks like all of Florence, and lines there are `+39055`.
    pub fn may_begin(prefix: &str) -> bool {
        let digits = prefix.strip_prefix('+').unwrap_or(prefix);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return false;
        }
        if digits.len() < prefix.len() {
            return digits.len() <= MAX_DIGITS && !digits.starts_with('0');
        }
        let whole = digits.len() == MAX_SHORT && !digits.starts_with("00");
        whole || (digits.len() <= MAX_SHORT && digits.starts_with(['1', '4']))
    }

    /// It begins like one of these: `+33`, `+39055`, `112`.
    pub fn begins_with(&self, prefixes: &[String]) -> bool {
        prefixes.iter().any(|prefix| self.0.starts_with(prefix.as_str()))
    }

    /// A number without E.164 form: `112`, `055055`.
    pub fn is_short(&self) -> bool {
        !self.0.starts_with('+')
    }
}

impl FromStr for PhoneNumber {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<PhoneNumber, NotANumber> {
        let (plus, digits) = digits_of(text).ok_or(NotANumber)?;
        if plus {
            international(&digits)
        } else if let Some(abroad) = digits.strip_prefix("00") {
            international(abroad)
        } else if digits.starts_with("39") && digits.len() >= MIN_WITH_BARE_COUNTRY_CODE {
            international(&digits)
        } else {
            national(&digits)
        }
    }
}

/// Whether it began with `+`, and its digits, without the signs people put between them. `None`: something else is in it.
fn digits_of(text: &str) -> Option<(bool, String)> {
    let text = text.trim();
    // No spelling of 15 digits needs more; the bound comes before the work.
    if text.len() > 4 * MAX_DIGITS {
        return None;
    }
    let (plus, rest) = text.strip_prefix('+').map_or((false, text), |rest| (true, rest));
    let mut digits = String::new();
    for c in rest.chars() {
        match c {
            '0'..='9' => digits.push(c),
            ' ' | '-' | '.' | '(' | ')' | '/' => {}
            _ => return None,
        }
    }
    Some((plus, digits))
}

fn international(digits: &str) -> Result<PhoneNumber, NotANumber> {
    match digits.strip_prefix("39") {
        // `00` leads abroad: a number of ours that begins so would be dialled as one of another country.
        Some(italian) if italian.starts_with("00") => Err(NotANumber),
        Some(italian) => national(italian),
        None if digits.starts_with('0') || !(MIN_DIGITS..=MAX_DIGITS).contains(&digits.len()) => {
            Err(NotANumber)
        }
        None => Ok(PhoneNumber(format!("+{digits}").into())),
    }
}

fn national(digits: &str) -> Result<PhoneNumber, NotANumber> {
    match digits.len() {
        0 | 1 => Err(NotANumber),
        2..=MAX_SHORT => Ok(PhoneNumber(digits.into())),
        7..=MAX_NATIONAL => Ok(PhoneNumber(format!("+39{digits}").into())),
        _ => Err(NotANumber),
    }
}

fn is_service(short: &str) -> bool {
    SERVICES.contains(&short) || (short.len() == 6 && short.starts_with("116"))
}

/// `+39055276****`; short numbers belong to services, not persons, and are shown.
impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_short() {
            return f.write_str(&self.0);
        }
        write!(f, "{:*<width$}", visible(&self.0, self.0.len() - HIDDEN), width = self.0.len())
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber({self})")
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> String {
        number.0.into()
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = NotANumber;
    fn try_from(text: String) -> Result<PhoneNumber, NotANumber> {
        text.parse()
    }
}

/// Who calls, as far as the network says. Prints masked; as text (`anonymous`, the number, the name) it is whole.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum Caller {
    /// Does not want to be known. Served like anybody, recognised as nobody.
    Anonymous,
    /// Somebody with a number.
    Number(PhoneNumber),
    /// A SIP name that is no number, such as `seat01`: its first 64 characters.
    Other(String),
}

impl Caller {
    /// Reads the user part of a From, P-Asserted-Identity or `tel:` URI; its parameters (`;phone-context=...`) are passed
    /// over. Never fails: what cannot be understood is kept as it came.
    pub fn parse(user: &str) -> Caller {
        let name = user.split(';').next().unwrap_or_default().trim();
        if is_withheld(name) {
            return Caller::Anonymous;
        }
        name.parse().map_or_else(|_| Caller::Other(name.chars().take(MAX_OTHER).collect()), Caller::Number)
    }

    /// The number, if there is one.
    pub fn number(&self) -> Option<&PhoneNumber> {
        match self {
            Caller::Number(number) => Some(number),
            Caller::Anonymous | Caller::Other(_) => None,
        }
    }

    /// The whole identity: `anonymous`, the number, the name; never for a log.
    pub fn reveal(&self) -> &str {
        match self {
            Caller::Anonymous => "anonymous",
            Caller::Number(number) => number.reveal(),
            Caller::Other(name) => name,
        }
    }
}

/// The words with which networks say that a caller is withheld (RFC 3323 section 4.1, and what trunks write instead).
fn is_withheld(name: &str) -> bool {
    const WORDS: [&str; 7] = ["", "anonymous", "restricted", "unavailable", "unknown", "private", "withheld"];
    WORDS.iter().any(|word| name.eq_ignore_ascii_case(word))
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Caller::Anonymous => f.write_str("anonymous"),
            Caller::Number(number) => number.fmt(f),
            Caller::Other(name) => write!(f, "{}****", visible(name, 2)),
        }
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Caller({self})")
    }
}

impl From<Caller> for String {
    fn from(caller: Caller) -> String {
        caller.reveal().to_owned()
    }
}

impl From<String> for Caller {
    fn from(text: String) -> Caller {
        Caller::parse(&text)
    }
}

/// At most the first `count` characters.
fn visible(text: &str, count: usize) -> &str {
    text.char_indices().nth(count).map_or(text, |(end, _)| text.split_at(end).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_that_may_be_called_is_dialled_as_itself_and_as_no_other() {
        for keyed in ["390033142685300", "+390033142685300", "39004412345678", "00390088161234567"] {
            assert_eq!(keyed.parse::<PhoneNumber>(), Err(NotANumber), "{keyed} leads abroad");
        }
        for keyed in ["3939899123456", "+3939899123456", "39391234567890", "899123456", "1991234567", "144"] {
            assert!(keyed.parse::<PhoneNumber>().is_ok_and(|number| !number.is_public()), "{keyed}");
        }
        for keyed in
            ["0552768224", "3331234567", "393331234567", "3931234567", "800123456", "803116", "055055", "112"]
        {
            let number: PhoneNumber = keyed.parse().expect(keyed);
            assert!(number.is_public(), "{keyed}");
            assert_eq!(number.dialled_in_italy().parse(), Ok(number));
        }
    }

    #[test]
    fn every_spelling_of_a_number_becomes_one() {
        let table = [
            ("0552768224", "+390552768224"),
            ("+390552768224", "+390552768224"),
            ("00390552768224", "+390552768224"),
            ("390552768224", "+390552768224"),
            ("+39 055 276-8224", "+390552768224"),
            ("(055) 276.82/24", "+390552768224"),
            ("3331234567", "+393331234567"),
            ("+393331234567", "+393331234567"),
            ("393331234567", "+393331234567"),
            ("3921234567", "+393921234567"), // a mobile prefix, not the country code
            ("800123456", "+39800123456"),
            ("06698", "06698"),
            ("+33142685300", "+33142685300"),
            ("0033142685300", "+33142685300"),
            ("055055", "055055"),
            ("+39055055", "055055"),
            ("112", "112"),
            ("+39112", "112"),
        ];
        for (received, expected) in table {
            let number: PhoneNumber = received.parse().expect(received);
            assert_eq!(number.reveal(), expected, "{received}");
            assert_eq!(number.reveal().parse(), Ok(number.clone()), "{received}: the normal form is stable");
        }
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        let long = "5".repeat(100_000);
        for text in
            ["", "+", "0", "+0552768224", "+331", "seat01", "055a27", "12345678901234567", "٠٥٥٢٧٦", &long]
        {
            assert_eq!(text.parse::<PhoneNumber>(), Err(NotANumber), "{text:.20}");
        }
    }

    #[test]
    fn log_line_hides_the_number_but_not_a_service() {
        let table = [
            ("0552768224", "+39055276****"),
            ("+33142685300", "+3314268****"),
            ("055055", "055055"),
            ("anonymous", "anonymous"),
            ("mario.rossi", "ma****"),
            ("è", "è****"),
        ];
        for (received, logged) in table {
            let caller = Caller::parse(received);
            assert_eq!(caller.to_string(), logged);
            assert_eq!(format!("{caller:?}"), format!("Caller({logged})"));
        }
    }

    #[test]
    fn caller_who_withholds_the_number_is_anonymous() {
        for user in ["anonymous", "Anonymous", "", "  ", "unavailable", "restricted"] {
            assert_eq!(Caller::parse(user), Caller::Anonymous, "{user}");
        }
    }

    #[test]
    fn caller_without_a_number_is_kept_and_bounded() {
        assert_eq!(Caller::parse("seat01"), Caller::Other("seat01".to_owned()));
        let Caller::Other(name) = Caller::parse(&"ü".repeat(9999)) else { panic!("not a number") };
        assert_eq!(name.chars().count(), MAX_OTHER);
    }

    #[test]
    fn parameters_of_the_user_part_are_no_part_of_the_number() {
        let caller = Caller::parse("2768224;phone-context=+39055");
        assert_eq!(caller.number().map(PhoneNumber::reveal), Some("+392768224"));
    }

    #[test]
    fn caller_survives_the_journal() {
        for user in ["0552768224", "anonymous", "seat01", "112"] {
            let caller = Caller::parse(user);
            let written = serde_json::to_string(&caller).expect("a string");
            assert_eq!(serde_json::from_str::<Caller>(&written).expect("as written"), caller);
        }
        assert!(serde_json::from_str::<PhoneNumber>("\"seat01\"").is_err());
    }

    #[test]
    fn numbers_that_cost_more_than_a_call_are_told_from_those_of_everybody() {
        let costly = [
            "899123456",
            "892424",
            "144123456",
            "144123",
            "166123456",
            "1781234567",
            "199123456",
            "48586",
            "848800444",
            "1144",
            "1240",
            "301",
            "0144",
            "08941",
            "551",
            "803",
            "+33142685300",
            "+41911234567",
        ];
        let public = [
            "0552768224",
            "055055",
            "3331234567",
            "5512345678",
            "800123456",
            "803116",
            "112",
            "118",
            "1522",
            "116117",
        ];
        for (numbers, is_public) in [(&costly[..], false), (&public[..], true)] {
            for text in numbers {
                let number: PhoneNumber = text.parse().expect(text);
                assert_eq!(number.is_public(), is_public, "{text}");
            }
        }
    }

    #[test]
    fn number_is_dialled_back_as_italians_do() {
        for (received, dialled) in
            [("+390552768224", "0552768224"), ("+33142685300", "0033142685300"), ("112", "112")]
        {
            assert_eq!(received.parse::<PhoneNumber>().expect(received).dialled_in_italy(), dialled);
        }
    }

    #[test]
    fn prefix_that_no_number_begins_with_is_none() {
        for prefix in ["+39055", "+33", "+3", "112", "116", "1", "4", "060606"] {
            assert!(PhoneNumber::may_begin(prefix), "{prefix}");
        }
        for prefix in
            ["0033", "0039055", "+0039", "00", "055", "0", "333", "39055", "1234567", "+", "", "+39 055", "x"]
        {
            assert!(!PhoneNumber::may_begin(prefix), "{prefix}");
        }
    }
}
