//! Two days that the very same callers called: what is different, and how certain that is.
//!
//! Each replication of one is compared with the same replication of the other, so that what chance has done to both cancels out.

use serde::Serialize;

use super::figures::waited;
use super::scenario::{HALF_HOUR_S, Scenario, clock};
use super::tally::{Count, Tally};
use super::{DayFigures, Estimate};

/// Two days, and what is different.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The one.
    pub a: DayFigures,
    /// The other.
    pub b: DayFigures,
    /// From when to when seats differ; none: they do not, and the day is compared.
    pub changes: Vec<Change>,
    /// Over the day.
    pub day: Difference,
}

/// So many seats more, or fewer, for a stretch of the day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// From.
    pub from: String,
    /// To.
    pub to: String,
    /// How many more in the second day.
    pub seats: f64,
    /// What it does meanwhile.
    pub effect: Difference,
}

/// A figure before, after, and the difference.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Moved {
    /// In the first day.
    pub a: f64,
    /// In the second.
    pub b: f64,
    /// By how much it is more.
    pub difference: Estimate,
}

/// What is different.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Mean wait of those who were answered, in seconds.
    pub mean_wait_s: Moved,
    /// Calls that were answered.
    pub answered: Moved,
    /// Calls that were given up.
    pub abandoned: Moved,
    /// Calls that the flow has served.
    pub contained: Moved,
    /// Share answered soon.
    pub service_level: Moved,
    /// Of the operators.
    pub occupancy: Moved,
}

impl Comparison {
    /// Of two scenarios, with as many replications each, in the same order.
    pub fn of(a: (&Scenario, &[Tally]), b: (&Scenario, &[Tally])) -> Comparison {
        let (before, after) = (a.0.staffing(), b.0.staffing());
        let mut changes: Vec<(usize, usize, f64)> = Vec::new();
        for (half_hour, (before, after)) in before.iter().zip(&after).enumerate() {
            let more = after - before;
            match changes.last_mut().filter(|last| last.1 == half_hour && (last.2 - more).abs() < 1e-9) {
                Some(last) => last.1 += 1,
                None if more.abs() > 1e-9 => changes.push((half_hour, half_hour + 1, more)),
                None => {}
            }
        }
        let at = |half_hour: usize| clock(u32::try_from(half_hour).unwrap_or(0) * HALF_HOUR_S);
        let change = |(from, to, seats)| Change {
            from: at(from),
            to: at(to),
            seats,
            effect: Difference::of(a.1, b.1, |half_hour| (from..to).contains(&half_hour)),
        };
        Comparison {
            a: DayFigures::of(a.0, a.1),
            b: DayFigures::of(b.0, b.1),
            changes: changes.into_iter().map(change).collect(),
            day: Difference::of(a.1, b.1, |_| true),
        }
    }

    /// What is different, as people say it in Italian.
    pub fn in_words(&self) -> Vec<String> {
        let change = |change: &Change| {
            let who = format!(
                "Con {} tra le {} e le {}",
                seats(change.seats),
                hour(&change.from),
                hour(&change.to)
            );
            sentence(&who, &change.effect)
        };
        let mut told: Vec<String> = self.changes.iter().map(change).collect();
        let who = format!("Nell'intera giornata, con {} al posto di {},", self.b.scenario, self.a.scenario);
        told.push(sentence(&who, &self.day));
        told.extend(also(&self.day));
        told
    }
}

impl Difference {
    fn of(a: &[Tally], b: &[Tally], half_hours: impl Fn(usize) -> bool + Copy) -> Difference {
        let counts = |runs: &[Tally]| runs.iter().map(|run| run.sum(None, half_hours)).collect::<Vec<_>>();
        let (a, b) = (counts(a), counts(b));
        let total = |of: fn(&Count) -> f64| Moved::of(&a, &b, of, |_| 1.0);
        Difference {
            mean_wait_s: Moved::of(&a, &b, waited, |count| count.answered),
            answered: total(|count| count.answered),
            abandoned: total(|count| count.abandoned),
            contained: total(|count| count.contained),
            service_level: Moved::of(
                &a,
                &b,
                |count| count.within,
                |count| count.offered - count.abandoned_within,
            ),
            occupancy: Moved::of(&a, &b, |count| count.handled_s, |count| count.handled_s + count.ready_s),
        }
    }
}

impl Moved {
    /// Of a ratio of two counts. The interval of the difference is that of both ratios' deviations, replication by replication.
    fn of(a: &[Count], b: &[Count], part: fn(&Count) -> f64, whole: fn(&Count) -> f64) -> Moved {
        let each = |counts: &[Count], of: fn(&Count) -> f64| counts.iter().map(of).collect::<Vec<_>>();
        let (part_a, whole_a) = (each(a, part), each(a, whole));
        let (part_b, whole_b) = (each(b, part), each(b, whole));
        let (value_a, value_b) =
            (Estimate::of_ratio(&part_a, &whole_a).value, Estimate::of_ratio(&part_b, &whole_b).value);
        let (mean_a, mean_b) = (Estimate::of_mean(&whole_a).value, Estimate::of_mean(&whole_b).value);
        let deviation = |part: f64, whole: f64, value: f64, mean: f64| {
            if mean == 0.0 { 0.0 } else { (part - value * whole) / mean }
        };
        let differences: Vec<f64> = (part_a.iter().zip(&whole_a).zip(part_b.iter().zip(&whole_b)))
            .map(|((pa, wa), (pb, wb))| {
                value_b - value_a + deviation(*pb, *wb, value_b, mean_b)
                    - deviation(*pa, *wa, value_a, mean_a)
            })
            .collect();
        Moved { a: value_a, b: value_b, difference: Estimate::of_mean(&differences) }
    }
}

/// What happens to the wait.
fn sentence(who: &str, effect: &Difference) -> String {
    let wait = &effect.mean_wait_s;
    let [low, high] = wait.difference.ci95;
    if !wait.difference.is_clear() {
        return format!(
            "{who} l'attesa media resta circa {}: la differenza ({}) può essere un caso",
            minutes(wait.b),
            span(low, high)
        );
    }
    let goes = if wait.difference.value < 0.0 { "scende" } else { "sale" };
    let (from, to) = (minutes(wait.a), minutes(wait.b));
    let by = minutes(wait.difference.value.abs());
    let sign = if wait.difference.value < 0.0 { "in meno" } else { "in più" };
    format!("{who} l'attesa media {goes} da {from} a {to} ({by} {sign}; al 95 % {})", span(low, high))
}

/// What else is certain.
fn also(effect: &Difference) -> Vec<String> {
    let mut told = Vec::new();
    let mut count =
        |what: &str, moved: &Moved| {
            if moved.difference.is_clear() {
                let sign = if moved.difference.value < 0.0 { "in meno" } else { "in più" };
                let [low, high] = moved.difference.ci95;
                told.push(format!(
                "{what}: {:.0} al giorno invece di {:.0} ({:.0} {sign}; al 95 % da {low:+.0} a {high:+.0})",
                moved.b, moved.a, moved.difference.value.abs()
            ));
            }
        };
    count("Chiamate gestite", &effect.answered);
    count("Chiamate abbandonate", &effect.abandoned);
    count("Chiamate servite dal risponditore", &effect.contained);
    let mut share = |what: &str, moved: &Moved| {
        if moved.difference.is_clear() {
            let [low, high] = moved.difference.ci95.map(|end| end * 100.0);
            told.push(format!(
                "{what}: {:.1} % invece di {:.1} % (al 95 % da {low:+.1} a {high:+.1} punti)",
                moved.b * 100.0,
                moved.a * 100.0
            ));
        }
    };
    share("Livello di servizio", &effect.service_level);
    share("Occupazione degli operatori", &effect.occupancy);
    told
}

/// `due postazioni in più`.
fn seats(more: f64) -> String {
    const WORDS: [&str; 9] = ["una", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove"];
    let way = if more < 0.0 { "in meno" } else { "in più" };
    let many = more.abs();
    let word = (1_u32..).zip(WORDS).find(|(number, _)| (f64::from(*number) - many).abs() < 1e-9);
    let noun = if (many - 1.0).abs() < 1e-9 { "postazione" } else { "postazioni" };
    let number = word.map_or_else(
        || if many.fract() < 1e-9 { format!("{many:.0}") } else { format!("{many:.1}").replace('.', ",") },
        |(_, word)| word.to_owned(),
    );
    format!("{number} {noun} {way}")
}

/// `10` for 10:00.
fn hour(clock: &str) -> &str {
    clock.strip_suffix(":00").map_or(clock, |hour| hour.strip_prefix('0').unwrap_or(hour))
}

/// `3:40`.
pub fn minutes(seconds: f64) -> String {
    let tenths = seconds.abs().round();
    format!("{:.0}:{:02.0}", (tenths / 60.0).floor(), tenths % 60.0)
}

/// `da −2:50 a −2:20`.
fn span(low: f64, high: f64) -> String {
    let sign = |seconds: f64| if seconds < 0.0 { "−" } else { "+" };
    format!("da {}{} a {}{}", sign(low), minutes(low), sign(high), minutes(high))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(a: f64, b: f64, half: f64) -> Moved {
        let difference = Estimate { value: b - a, ci95: [b - a - half, b - a + half] };
        Moved { a, b, difference }
    }

    fn effect(wait: Moved) -> Difference {
        let same = moved(1.0, 1.0, 0.5);
        Difference {
            mean_wait_s: wait,
            answered: same,
            abandoned: moved(90.0, 40.0, 5.0),
            contained: same,
            service_level: same,
            occupancy: same,
        }
    }

    #[test]
    fn difference_is_told_in_words_that_a_supervisor_would_use() {
        let told =
            sentence(&format!("Con {} tra le 10 e le 12", seats(2.0)), &effect(moved(220.0, 65.0, 10.0)));
        assert_eq!(
            told,
            "Con due postazioni in più tra le 10 e le 12 l'attesa media scende da 3:40 a 1:05 (2:35 in meno; al 95 % da −2:45 a −2:25)"
        );
        assert_eq!(
            also(&effect(moved(1.0, 1.0, 2.0))),
            ["Chiamate abbandonate: 40 al giorno invece di 90 (50 in meno; al 95 % da -55 a -45)"]
        );
    }

    #[test]
    fn difference_that_may_be_chance_is_told_as_such() {
        let told = sentence("Così", &effect(moved(60.0, 58.0, 5.0)));
        assert!(told.contains("può essere un caso"), "{told}");
        assert_eq!(seats(-1.0), "una postazione in meno");
        assert_eq!(seats(1.5), "1,5 postazioni in più");
        assert_eq!((hour("08:00"), hour("10:30"), hour("00:00")), ("8", "10:30", "0"));
    }
}
