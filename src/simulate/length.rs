//! How long something lasts, as people plan it.

use std::time::Duration;

/// How long something lasts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Length {
    /// Exponential, with this mean in seconds.
    Exponential(f64),
    /// Always so many seconds.
    Fixed(f64),
}

impl Length {
    /// `exp:116.75s` on average, or `fixed:2m` always; from 0.1 s to 24 h. `None`: it is not written so.
    pub fn parse(text: &str) -> Option<Length> {
        let (kind, length) = text.split_once(':')?;
        let seconds = seconds(length).filter(|seconds| (0.1..=86_400.0).contains(seconds))?;
        match kind {
            "exp" => Some(Length::Exponential(seconds)),
            "fixed" => Some(Length::Fixed(seconds)),
            _ => None,
        }
    }

    /// Its mean in seconds.
    pub fn mean(self) -> f64 {
        match self {
            Length::Exponential(mean) | Length::Fixed(mean) => mean,
        }
    }

    /// The length below which this share of all lies, from 0 to less than 1.
    pub(super) fn quantile(self, share: f64) -> Duration {
        let seconds = match self {
            Length::Exponential(mean) => mean * -(1.0 - share).ln(),
            Length::Fixed(seconds) => seconds,
        };
        Duration::from_secs_f64(seconds)
    }
}

fn seconds(text: &str) -> Option<f64> {
    let unit = text.chars().last()?;
    let factor = match unit {
        's' => 1.0,
        'm' => 60.0,
        'h' => 3_600.0,
        _ => return None,
    };
    text.strip_suffix(unit)?.parse::<f64>().ok().map(|number| number * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_they_are_written() {
        assert_eq!(Length::parse("exp:116.75s"), Some(Length::Exponential(116.75)));
        assert_eq!(Length::parse("fixed:2m"), Some(Length::Fixed(120.0)));
        for text in ["2m", "exp:", "exp:0s", "exp:-3s", "exp:nans", "gauss:3s", "exp:3", "exp:1e9s", "exp:3è"]
        {
            assert_eq!(Length::parse(text), None, "{text}");
        }
    }

    #[test]
    fn half_of_all_lie_below_the_median() {
        assert_eq!(Length::Fixed(5.0).quantile(0.5), Duration::from_secs(5));
        let median = Length::Exponential(100.0).quantile(0.5).as_secs_f64();
        assert!((median - 69.315).abs() < 0.01, "{median}");
    }
}
