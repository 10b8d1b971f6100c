//! The values of variables and expressions: texts, whole numbers, truths, lists and objects; nothing else.
//!
//! There are no fractions: an amount of money is a text (`"12.50"`), as the systems that know it write it. What comes from
//! outside is bounded before it is kept, so that an expression is a short walk whatever a peer sends.

use std::collections::BTreeMap;

/// Deepest nesting kept of what comes from outside.
const MAX_DEPTH: usize = 6;
/// Most texts, numbers, truths, lists, objects and names of fields kept in one value.
const MAX_VALUES: usize = 256;
/// Most bytes of all the texts and names in one value.
const MAX_BYTES: usize = 16 * 1024;
/// Longest text in a value. It bounds what a variable that feeds itself can grow to.
pub(super) const MAX_TEXT_BYTES: usize = 1024;

/// The value of a variable or an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text, digits, dates and times (`2026-11-24`, `10:30`, `2026-11-24T10:30`).
    Text(String),
    /// A whole number.
    Number(i64),
    /// True or false.
    Flag(bool),
    /// Values in order.
    List(Vec<Value>),
    /// Values by name.
    Object(BTreeMap<String, Value>),
}

/// What a value may still take.
struct Room {
    values: usize,
    bytes: usize,
}

impl Room {
    /// One more value or name, with this text in it.
    fn takes(&mut self, text: &str) -> bool {
        let (Some(values), Some(bytes)) = (self.values.checked_sub(1), self.bytes.checked_sub(text.len()))
        else {
            return false;
        };
        *self = Room { values, bytes };
        text.len() <= MAX_TEXT_BYTES
    }
}

/// What came from outside cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Not JSON.
    #[error("the answer is not JSON: {0}")]
    NotJson(String),
    /// More than is kept.
    #[error(
        "the answer is larger than a flow keeps: {MAX_VALUES} values and names, {MAX_DEPTH} levels, {MAX_TEXT_BYTES} bytes a \
         text, {MAX_BYTES} in all"
    )]
    TooLarge,
}

impl Value {
    /// Longest text in a value.
    pub const MAX_TEXT_BYTES: usize = MAX_TEXT_BYTES;

    /// Reads JSON. Nulls are left out, fractions become texts as written.
    ///
    /// # Errors
    /// What is no JSON or exceeds the bounds.
    pub fn from_json(text: &str) -> Result<Value, ValueError> {
        let json: serde_json::Value =
            serde_json::from_str(text).map_err(|error| ValueError::NotJson(error.to_string()))?;
        let value = Value::of_json(json).ok_or_else(|| ValueError::NotJson("null".to_owned()))?;
        if value.is_bounded() { Ok(value) } else { Err(ValueError::TooLarge) }
    }

    /// The parser bounds the depth.
    fn of_json(json: serde_json::Value) -> Option<Value> {
        Some(match json {
            serde_json::Value::Null => return None,
            serde_json::Value::Bool(flag) => Value::Flag(flag),
            serde_json::Value::Number(number) => {
                number.as_i64().map_or_else(|| Value::Text(number.to_string()), Value::Number)
            }
            serde_json::Value::String(text) => Value::Text(text),
            serde_json::Value::Array(items) => {
                Value::List(items.into_iter().filter_map(Value::of_json).collect())
            }
            serde_json::Value::Object(fields) => {
                let fields =
                    fields.into_iter().filter_map(|(name, field)| Some((name, Value::of_json(field)?)));
                Value::Object(fields.collect())
            }
        })
    }

    /// It is small enough to be kept, wherever it comes from: a flow that puts lists into lists makes large ones too.
    pub(super) fn is_bounded(&self) -> bool {
        self.fits_into(MAX_DEPTH, &mut Room { values: MAX_VALUES, bytes: MAX_BYTES })
    }

    fn fits_into(&self, depth_left: usize, room: &mut Room) -> bool {
        let Some(depth_left) = depth_left.checked_sub(1) else { return false };
        match self {
            Value::Text(text) => room.takes(text),
            Value::Number(_) | Value::Flag(_) => room.takes(""),
            Value::List(items) => room.takes("") && items.iter().all(|item| item.fits_into(depth_left, room)),
            Value::Object(fields) => {
                room.takes("")
                    && fields
                        .iter()
                        .all(|(name, value)| room.takes(name) && value.fits_into(depth_left, room))
            }
        }
    }

    /// As JSON: what a connector is sent, and what people are shown.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Value::Text(text) => text.as_str().into(),
            Value::Number(number) => (*number).into(),
            Value::Flag(flag) => (*flag).into(),
            Value::List(items) => items.iter().map(Value::to_json).collect(),
            Value::Object(fields) => serde_json::Value::Object(
                fields.iter().map(|(name, value)| (name.clone(), value.to_json())).collect(),
            ),
        }
    }

    /// As it is put into a longer text.
    pub fn into_text(self) -> String {
        match self {
            Value::Text(text) => text,
            other => other.to_json().to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_becomes_a_value_within_bounds() {
        let ticket = Value::from_json(
            r#"{"stato": "aperta", "giorni": 3, "costo": 12.5, "note": null, "passi": [true]}"#,
        );
        let Ok(Value::Object(ticket)) = ticket else { panic!("{ticket:?}") };
        assert_eq!(ticket["costo"], Value::Text("12.5".to_owned()));
        assert_eq!(ticket["passi"], Value::List(vec![Value::Flag(true)]));
        assert!(!ticket.contains_key("note"));
    }

    #[test]
    fn what_is_too_large_or_no_json_is_refused_with_words() {
        let long = format!("\"{}\"", "x".repeat(MAX_TEXT_BYTES + 1));
        let long_name = format!("{{{long}: 1}}");
        let texts = format!("[{}1]", format!("\"{}\",", "x".repeat(1000)).repeat(17));
        for text in ["[[[[[[[1]]]]]]]", &format!("[{}1]", "1,".repeat(300)), &long, &long_name, &texts] {
            assert_eq!(Value::from_json(text), Err(ValueError::TooLarge), "{}", &text[..9]);
        }
        for text in ["<html>", "null", ""] {
            assert!(matches!(Value::from_json(text), Err(ValueError::NotJson(_))), "{text}");
        }
    }
}
