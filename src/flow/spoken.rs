//! From the value of an expression to spoken pieces, by the grammar of `speech`.

use std::time::Duration;

use jiff::civil::{Date, DateTime, Time};

use super::expression::EvaluationError;
use super::prompt::Spoken;
use super::value::Value;
use crate::ids::Language;
use crate::phone_number::PhoneNumber;
use crate::speech::{Piece, Speech};

/// Most digits read out in one go. It bounds how long a caller's own input can keep the exchange talking.
const MAX_DIGITS: usize = 64;

/// The pieces that speak `value`.
pub(super) fn pieces(language: &Language, how: Spoken, value: Value) -> Result<Vec<Piece>, EvaluationError> {
    let speech = Speech::for_language(language.as_str())
        .ok_or_else(|| EvaluationError(format!("values are not spoken in `{language}`")))?;
    Ok(match how {
        Spoken::Digits => speech.digits(&digits(value)?),
        Spoken::Number => speech.number(number(value)?),
        Spoken::Ordinal => speech.ordinal(ordinal(value)?),
        Spoken::Date => speech.date(parsed::<Date>(value, "date")?),
        Spoken::Time => speech.time(parsed::<Time>(value, "time")?),
        Spoken::Duration => speech.duration(Duration::from_secs(seconds(value)?)),
        Spoken::Phone => speech.digits(&phone(value)?),
        Spoken::Slot => {
            let slot = parsed::<DateTime>(value, "date and time")?;
            [speech.date(slot.date()), speech.time(slot.time())].concat()
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

/// As it is dialled in Italy.
fn phone(value: Value) -> Result<String, EvaluationError> {
    let number: Result<PhoneNumber, _> = value.into_text().parse();
    let number = number.map_err(|_| EvaluationError("the value is not a telephone number".to_owned()))?;
    Ok(number.dialled_in_italy())
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
