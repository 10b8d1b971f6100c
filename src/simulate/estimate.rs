//! From independent replications to a figure and its interval.

use serde::Serialize;

/// The quantile of the normal distribution that leaves out 2.5 % on each side.
const Z: f64 = 1.959_963_984_540_054;

/// A figure, and where it lies with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// From, to.
    pub ci95: [f64; 2],
}

impl Estimate {
    /// The sum of what each replication counted.
    pub fn of_total(counts: &[f64]) -> Estimate {
        let mean = mean(counts);
        let total: f64 = counts.iter().sum();
        let deviations = counts.iter().map(|count| count - mean);
        around(total, size(counts) * half_width(deviations, counts.len()))
    }

    /// The mean of what each replication gave.
    pub fn of_mean(values: &[f64]) -> Estimate {
        let mean = mean(values);
        around(mean, half_width(values.iter().map(|value| value - mean), values.len()))
    }

    /// It is certain on which side of nothing it lies.
    pub fn is_clear(&self) -> bool {
        self.ci95[0] > 0.0 || self.ci95[1] < 0.0
    }

    /// The ratio of two sums, such as waiting over callers. The interval is that of the ratio: replications with more callers weigh more.
    /// It is not known where fewer than two replications have any.
    pub fn of_ratio(parts: &[f64], wholes: &[f64]) -> Estimate {
        let whole = mean(wholes);
        if whole <= 0.0 {
            return around(0.0, f64::INFINITY);
        }
        let ratio = mean(parts) / whole;
        let deviations = parts.iter().zip(wholes).map(|(part, whole)| part - ratio * whole);
        let has_any = wholes.iter().filter(|whole| **whole > 0.0).count();
        let half = if has_any < 2 { f64::INFINITY } else { half_width(deviations, parts.len()) / whole };
        around(ratio, half)
    }

    /// Whether a truth is compatible with it when its interval is `widths` times as wide.
    pub fn covers(&self, truth: f64, widths: f64) -> bool {
        let half = (self.ci95[1] - self.ci95[0]) / 2.0 * widths;
        (self.value - truth).abs() <= half
    }
}

fn around(value: f64, half: f64) -> Estimate {
    Estimate { value, ci95: [value - half, value + half] }
}

/// Half of the 95 % interval of a mean whose items deviate so from it.
fn half_width(deviations: impl Iterator<Item = f64>, items: usize) -> f64 {
    if items < 2 {
        return f64::INFINITY;
    }
    let squares: f64 = deviations.map(|deviation| deviation * deviation).sum();
    let items = u32::try_from(items).map_or(f64::MAX, f64::from);
    student(items - 1.0) * (squares / (items - 1.0) / items).sqrt()
}

/// The quantile of Student's distribution that leaves out 2.5 % on each side (Abramowitz and Stegun, 26.7.5).
fn student(degrees: f64) -> f64 {
    let (z3, z5, z7) = (Z.powi(3), Z.powi(5), Z.powi(7));
    let first = (z3 + Z) / 4.0;
    let second = (5.0 * z5 + 16.0 * z3 + 3.0 * Z) / 96.0;
    let third = (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * Z) / 384.0;
    Z + first / degrees + second / degrees.powi(2) + third / degrees.powi(3)
}

fn size(items: &[f64]) -> f64 {
    u32::try_from(items.len()).map_or(f64::MAX, f64::from)
}

fn mean(items: &[f64]) -> f64 {
    items.iter().sum::<f64>() / size(items).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (degrees, expected) in [(5.0, 2.571), (9.0, 2.262), (19.0, 2.093), (39.0, 2.023), (1000.0, 1.962)]
        {
            assert!((student(degrees) - expected).abs() < 0.004, "{degrees}: {}", student(degrees));
        }
    }

    #[test]
    fn total_and_ratio_are_estimated_with_their_intervals() {
        let total = Estimate::of_total(&[9.0, 10.0, 11.0, 10.0]);
        assert_eq!(total.value, 40.0);
        assert!((total.ci95[1] - 45.196).abs() < 0.05, "{total:?}"); // 40 + 4 * 3.182 * 0.408
        let ratio = Estimate::of_ratio(&[1.0, 3.0], &[10.0, 30.0]);
        assert!(
            (ratio.value - 0.1).abs() < 1e-12 && (ratio.ci95[1] - ratio.ci95[0]).abs() < 1e-9,
            "{ratio:?}"
        );
        for (parts, wholes, value) in [([0.0, 0.0], [0.0, 0.0], 0.0), ([0.0, 10.0], [0.0, 1.0], 10.0)] {
            let ratio = Estimate::of_ratio(&parts, &wholes);
            assert_eq!((ratio.value, ratio.ci95), (value, [f64::NEG_INFINITY, f64::INFINITY]));
        }
    }
}
