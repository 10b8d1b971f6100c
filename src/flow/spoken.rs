//! From the value of an expression to spoken pieces, by the grammar of `speech`.

use std::time::Duration;

use jiff::civil::{Date, DateTime, Time};

use super::expression::EvaluationError;
use super::prompt::{Gender, Spoken};
use super::value::Value;
use crate::ids::Language;
use crate::phone_number::PhoneNumber;
use crate::speech::{Piece, Speech};

/// Most digits read out in one go. It bounds how long a caller's own input can keep the exchange talking.
const MAX_DIGITS: usize = 64;

/// The pieces that speak `value`.
pub(super) fn pieces(
    language: &Language,
    how: Spoken,
    gender: Option<Gender>,
    value: Value,
) -> Result<Vec<Piece>, EvaluationError> {
    let form = gender.map(|gender| gender.0);
    let speech = Speech::for_language(language.as_str())
        .ok_or_else(|| EvaluationError(format!("values are not spoken in `{language}`")))?;
    Ok(match how {
        Spoken::Digits => speech.digits(&digits(value)?),
        Spoken::Number => speech.number_in_form(number(value)?, form),
        Spoken::Ordinal => speech.ordinal_in_form(ordinal(value)?, form),
        Spoken::Date => speech.date(parsed::<Date>(value, "date")?),
        Spoken::Time => speech.time(parsed::<Time>(value, "time")?),
        Spoken::Duration => speech.duration(Duration::from_secs(seconds(value)?)),
        Spoken::Money => speech.money(cents(value)?),
        Spoken::Phone => speech.phone_number(phone(value)?.reveal()),
        Spoken::Slot => {
            let (from, to) = slot(value)?;
            speech.slot(from.date(), from.time(), to)
        }
    })
}

fn digits(value: Value) -> Result<String, EvaluationError> {
    let text = value.into_text();
    if text.len() > MAX_DIGITS {
        return Err(EvaluationError(format!("more than {MAX_DIGITS} digits are not read out")));
    }
    Ok(text)
}

fn phone(value: Value) -> Result<PhoneNumber, EvaluationError> {
    parsed(value, "telephone number")
}

/// An amount, `12.50`, in cents; a whole number is in euros, as in `12`.
fn cents(value: Value) -> Result<i64, EvaluationError> {
    let none = || EvaluationError("the value is not an amount of money".to_owned());
    let text = value.into_text();
    let (negative, amount) = text.strip_prefix('-').map_or((false, text.as_str()), |amount| (true, amount));
    let (euros, cents) = amount.split_once('.').unwrap_or((amount, "00"));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if euros.is_empty() || !matches!(cents.len(), 1 | 2) || !digits(euros) || !digits(cents) {
        return Err(none());
    }
    let cents: i64 = format!("{euros}{cents:0<2}").parse().map_err(|_| none())?;
    Ok(if negative { -cents } else { cents })
}

/// An appointment as in ISO 8601: `2026-11-24T10:30`, or with its end `2026-11-24T10:30/11:00`.
fn slot(value: Value) -> Result<(DateTime, Option<Time>), EvaluationError> {
    let none = || EvaluationError("the value is not an appointment of one day".to_owned());
    let text = value.into_text();
    let (from, to) = text.split_once('/').map_or((text.as_str(), None), |(from, to)| (from, Some(to)));
    // A day alone would be its midnight, which nobody meant.
    let from: DateTime = from.parse().ok().filter(|_| from.contains('T')).ok_or_else(none)?;
    let on_that_day = |to: &str| match to.parse::<DateTime>() {
        Ok(to) => (to.date() == from.date()).then(|| to.time()),
        Err(_) => to.parse().ok(),
    };
    let to = to.map(|to| on_that_day(to).ok_or_else(none)).transpose()?;
    Ok((from, to))
}

fn number(value: Value) -> Result<i64, EvaluationError> {
    match value {
        Value::Number(number) => Ok(number),
        other => {
            let number = other.into_text().parse();
            number.map_err(|_| EvaluationError("the value is not a whole number".to_owned()))
        }
    }
}

fn ordinal(value: Value) -> Result<u32, EvaluationError> {
    let number = number(value)?;
    u32::try_from(number).map_err(|_| EvaluationError("the number has no ordinal".to_owned()))
}

fn seconds(value: Value) -> Result<u64, EvaluationError> {
    let number = number(value)?;
    u64::try_from(number).map_err(|_| EvaluationError("the number is not a duration".to_owned()))
}

fn parsed<T: std::str::FromStr>(value: Value, kind: &str) -> Result<T, EvaluationError> {
    value.into_text().parse().map_err(|_| EvaluationError(format!("the value is not a {kind}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(language: &str, how: Spoken, value: &str) -> Result<String, String> {
        let pieces = pieces(&language.into(), how, None, Value::Text(value.to_owned()));
        let speech = Speech::for_language(language).expect("a language of ours");
        pieces.map(|pieces| speech.text(&pieces)).map_err(|error| error.to_string())
    }

    #[test]
    fn every_kind_of_value_is_spoken_as_its_language_does() {
        for (how, value, italian, english) in [
            (Spoken::Digits, "1001", "uno zero zero uno", "one zero zero one"),
            (Spoken::Number, "1001", "milleuno", "one thousand and one"),
            (Spoken::Ordinal, "3", "terzo", "third"),
            (
                Spoken::Date,
                "2026-12-07",
                "sette dicembre duemilaventisei",
                "the seventh of December twenty twenty-six",
            ),
            (Spoken::Time, "08:30", "le otto e trenta", "eight thirty a.m."),
            (Spoken::Duration, "150", "due minuti e trenta secondi", "two minutes and thirty seconds"),
            (Spoken::Money, "12.50", "dodici euro e cinquanta centesimi", "twelve euros and fifty cents"),
            (Spoken::Money, "12.5", "dodici euro e cinquanta centesimi", "twelve euros and fifty cents"),
            (Spoken::Money, "0.07", "sette centesimi", "seven cents"),
            (Spoken::Money, "-3", "meno tre euro", "minus three euros"),
            (
                Spoken::Phone,
                "+390552768224",
                "zero cinque cinque, due sette sei, otto due due quattro",
                "zero five five, two seven six, eight two two four",
            ),
            (Spoken::Phone, "020202", "zero due zero, due zero due", "zero two zero, two zero two"),
            (
                Spoken::Slot,
                "2026-11-24T10:30",
                "ventiquattro novembre alle ore dieci e trenta",
                "the twenty-fourth of November at ten thirty a.m.",
            ),
            (
                Spoken::Slot,
                "2026-11-24T10:30/11:00",
                "ventiquattro novembre dalle ore dieci e trenta alle ore undici",
                "the twenty-fourth of November from ten thirty a.m. to eleven a.m.",
            ),
            (
                Spoken::Slot,
                "2026-11-24T10:30/2026-11-24T11:00",
                "ventiquattro novembre dalle ore dieci e trenta alle ore undici",
                "the twenty-fourth of November from ten thirty a.m. to eleven a.m.",
            ),
        ] {
            assert_eq!(said("it", how, value), Ok(italian.to_owned()), "{value}");
            assert_eq!(said("en", how, value), Ok(english.to_owned()), "{value}");
        }
    }

    #[test]
    fn value_that_is_not_of_its_kind_is_an_error_and_never_half_a_sentence() {
        for (how, value) in [
            (Spoken::Money, "12,50"),
            (Spoken::Money, "12.505"),
            (Spoken::Money, ".50"),
            (Spoken::Money, "12."),
            (Spoken::Money, "--3"),
            (Spoken::Money, "99999999999999999999"),
            (Spoken::Phone, "domani"),
            (Spoken::Slot, "2026-11-24"),
            (Spoken::Slot, "2026-11-24T10:30/2026-11-25T09:00"),
            (Spoken::Slot, "2026-11-24T10:30/"),
            (Spoken::Number, "dodici"),
            (Spoken::Ordinal, "-1"),
            (Spoken::Duration, "-1"),
            (Spoken::Date, "24/11/2026"),
        ] {
            assert!(said("it", how, value).is_err(), "{value}");
        }
    }
}
