//! Lengths of time as people write them: `30s`, `5m`, `2h`, `7d`.

use std::time::Duration;

/// A whole number and its unit; `90` alone says too little.
pub(super) fn parse_span(text: &str) -> Result<Duration, String> {
    let bad = || format!("`{text}` is not a length of time; write a whole number and ms, s, m, h or d: 30s");
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
    let (number, unit) = text.split_at(unit_at);
    let number: u64 = number.parse().map_err(|_| bad())?;
    let milliseconds: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(bad()),
    };
    let span = number.checked_mul(milliseconds).map(Duration::from_millis);
    span.filter(|span| *span <= LONGEST).ok_or_else(|| {
        format!("`{text}` is longer than {LONGEST_YEARS} years; for what has no end leave the option out")
    })
}

/// A hundred years: beyond any use, and within every clock's reach.
const LONGEST: Duration = Duration::from_secs(LONGEST_YEARS * 365 * 86_400);
const LONGEST_YEARS: u64 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_a_number_and_a_unit() {
        let rows = [
            ("0s", 0),
            ("250ms", 250),
            ("30s", 30_000),
            ("5m", 300_000),
            ("2h", 7_200_000),
            ("1d", 86_400_000),
        ];
        for (text, ms) in rows {
            assert_eq!(parse_span(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "30", "s", "-5s", "1.5s", "5 s", "5w", "99999999999999999999s", "9999999999999999d"]
        {
            assert!(parse_span(text).is_err(), "{text}");
        }
        let long = parse_span("100000d").expect_err("273 years");
        assert!(long.contains("longer than 100 years"), "{long}");
    }
}
