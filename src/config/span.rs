//! Durations as people write them: `20s`, `5m`, `1h30m`, `500ms`, `2d`.

use std::time::Duration;

/// Units from the longest, so that each may appear once and in this order.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// The duration of a text; `None` when it is none, or would not fit.
pub(super) fn parse_span(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut total_ms: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (count, after) = rest.split_at(digits);
        let letters = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let (_, unit_ms) = units.find(|(name, _)| *name == unit)?;
        total_ms = total_ms.checked_add(count.parse::<u64>().ok()?.checked_mul(*unit_ms)?)?;
        rest = after;
    }
    (!text.is_empty()).then(|| Duration::from_millis(total_ms))
}

/// The text of a duration, for messages.
pub(super) fn show_span(duration: Duration) -> String {
    let mut rest = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let mut text = String::new();
    for (unit, unit_ms) in UNITS {
        if rest >= unit_ms {
            text.push_str(&format!("{}{unit}", rest / unit_ms));
            rest %= unit_ms;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_units_from_long_to_short() {
        let rows = [
            ("20s", Some(20_000)),
            ("5m", Some(300_000)),
            ("1h30m", Some(5_400_000)),
            ("500ms", Some(500)),
            ("2d", Some(172_800_000)),
            ("0s", Some(0)),
            ("", None),
            ("20", None),
            ("s", None),
            ("30m1h", None),
            ("1m1m", None),
            ("1.5s", None),
            ("-1s", None),
            ("20 s", None),
            ("5min", None),
            ("99999999999999999999s", None),
            ("999999999999999999h", None),
        ];
        for (text, ms) in rows {
            assert_eq!(parse_span(text), ms.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn durations_are_shown_as_they_are_written() {
        for text in ["20s", "5m", "1h30m", "500ms", "1m500ms", "2d", "0s"] {
            assert_eq!(show_span(parse_span(text).expect("a duration")), text);
        }
    }
}
