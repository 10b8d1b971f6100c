//! What two days have shown, as people say it in Italian.
//!
//! First what was changed and what came of it: of the figures that a supervisor answers for, the one that has moved most; then what else is
//! certain, for the service and for each queue. A difference that may be chance is told as one, and so is none at all.

use std::fmt;

use super::{Comparison, Difference, InQueue, Moved, Subject};

/// A figure of a [`Difference`], and how it is told.
struct Figure {
    of: fn(&Difference) -> &Moved,
    /// With its article.
    noun: &'static str,
    plural: bool,
    unit: Unit,
    /// Less of a change does not matter to anybody.
    matters: f64,
}

#[derive(Clone, Copy, PartialEq)]
enum Unit {
    /// Seconds.
    Time,
    /// Calls a day.
    Calls,
    Share,
}

const WAIT: Figure = Figure {
    of: |of| &of.mean_wait_s,
    noun: "l'attesa media",
    plural: false,
    unit: Unit::Time,
    matters: 2.0,
};
const ABANDONED: Figure = Figure {
    of: |of| &of.abandoned,
    noun: "le chiamate abbandonate",
    plural: true,
    unit: Unit::Calls,
    matters: 0.5,
};
const CONTAINED: Figure = Figure {
    of: |of| &of.contained,
    noun: "le chiamate servite dal risponditore",
    plural: true,
    unit: Unit::Calls,
    matters: 0.5,
};
const LEVEL: Figure = Figure {
    of: |of| &of.service_level,
    noun: "il livello di servizio",
    plural: false,
    unit: Unit::Share,
    matters: 0.005,
};
const ANSWERED: Figure = Figure {
    of: |of| &of.answered,
    noun: "le chiamate gestite dagli operatori",
    plural: true,
    unit: Unit::Calls,
    matters: 0.5,
};
const OCCUPANCY: Figure = Figure {
    of: |of| &of.occupancy,
    noun: "l'occupazione degli operatori",
    plural: false,
    unit: Unit::Share,
    matters: 0.005,
};

/// What a supervisor answers for; of two that moved as much, the first.
const ANSWERED_FOR: [&Figure; 4] = [&WAIT, &ABANDONED, &CONTAINED, &LEVEL];
/// What else is told.
const ALL: [&Figure; 6] = [&WAIT, &ANSWERED, &ABANDONED, &CONTAINED, &LEVEL, &OCCUPANCY];
/// What is told of a queue.
const OF_QUEUES: [&Figure; 2] = [&WAIT, &ABANDONED];
/// There are many queues, and one of them always seems to have changed: what is told of one is as far from nothing as so many times
/// its interval.
const SURE_OF_ONE: f64 = 1.5;

/// What is told first.
struct Headline<'c> {
    figure: &'static Figure,
    /// None: of the service.
    queue: Option<&'c InQueue>,
}

impl Comparison {
    /// What is different.
    pub fn in_words(&self) -> Vec<String> {
        if self.is_nothing() {
            return vec![format!("{} non cambia nulla: ogni chiamata va come prima.", self.whole_day())];
        }
        let with = self.subject.with();
        let in_stretch = |change: &super::Change| {
            let with = std::iter::once(seats(change.seats)).chain(with.iter().cloned()).collect::<Vec<_>>();
            let who =
                format!("Con {} tra le {} e le {}", listed(&with), hour(&change.from), hour(&change.to));
            WAIT.told(&who, &change.effect)
        };
        let mut told: Vec<String> = self.changes.iter().map(in_stretch).collect();
        let first = self.headline();
        let is_first = |queue: Option<&InQueue>, figure: &Figure| {
            first.queue.map(|of| &of.queue) == queue.map(|of| &of.queue) && first.figure.noun == figure.noun
        };
        told.push(self.told_first(&first));
        let others = ALL.iter().filter(|figure| figure.is_certain(&self.day, 1.0) && !is_first(None, figure));
        told.extend(others.map(|figure| capital(&figure.moves(&self.day))));
        for queue in &self.queues {
            let is_told = |figure: &&&Figure| {
                figure.is_certain(&queue.effect, SURE_OF_ONE) && !is_first(Some(queue), figure)
            };
            let moved = OF_QUEUES.iter().filter(is_told);
            told.extend(
                moved.map(|figure| format!("Nella coda {} {}", queue.queue, figure.moves(&queue.effect))),
            );
        }
        told
    }

    /// What matters most, of the service; and where nothing certain has come of it there, in the queue where it shows most.
    fn headline(&self) -> Headline<'_> {
        if let Some(figure) = most_moved(&ANSWERED_FOR, &self.day, 1.0) {
            return Headline { figure, queue: None };
        }
        let in_queues = self.queues.iter().filter_map(|queue| {
            let figure = most_moved(&OF_QUEUES, &queue.effect, SURE_OF_ONE)?;
            Some((figure.share_moved(&queue.effect), Headline { figure, queue: Some(queue) }))
        });
        let most = in_queues.max_by(|a, b| a.0.total_cmp(&b.0));
        most.map_or(Headline { figure: &WAIT, queue: None }, |(_, headline)| headline)
    }

    fn told_first(&self, first: &Headline<'_>) -> String {
        let who = self.whole_day();
        match first.queue {
            Some(queue) => first.figure.told(&format!("{who} nella coda {}", queue.queue), &queue.effect),
            None => first.figure.told(&who, &self.day),
        }
    }

    /// `Con il flusso bozza.yaml`, or how the days are called.
    fn whole_day(&self) -> String {
        let with = self.subject.with();
        if with.is_empty() || self.subject.day || !self.changes.is_empty() {
            return format!("Nell'intera giornata, con {} al posto di {},", self.b.scenario, self.a.scenario);
        }
        format!("Con {}", listed(&with))
    }

    /// Not a single call went otherwise.
    fn is_nothing(&self) -> bool {
        let is_same = |moved: &Moved| moved.difference.ci95 == [0.0, 0.0] && moved.difference.value == 0.0;
        let same = |effect: &Difference| ALL.iter().all(|figure| is_same((figure.of)(effect)));
        same(&self.day) && self.queues.iter().all(|queue| same(&queue.effect))
    }
}

impl Subject {
    /// What is another in the second day, each with its article.
    fn with(&self) -> Vec<String> {
        let named = |noun: &str, usual: &str, [a, b]: &[Option<String>; 2]| match (a, b) {
            (Some(a), Some(b)) => format!("{noun} {b} al posto di {a}"),
            (None, Some(b)) => format!("{noun} {b}"),
            (_, None) => usual.to_owned(),
        };
        let flow = self.flow.as_ref().map(|both| named("il flusso", "il flusso in uso", both));
        let config = self.config.as_ref().map(|both| named("le regole di", "le regole in uso", both));
        flow.into_iter().chain(config).collect()
    }
}

/// The figure that has moved most for what it was, among those that have for certain.
fn most_moved(among: &[&'static Figure], effect: &Difference, widths: f64) -> Option<&'static Figure> {
    let certain = among.iter().filter(|figure| figure.is_certain(effect, widths));
    // Of equals, `max_by` takes the last.
    certain.rev().max_by(|a, b| a.share_moved(effect).total_cmp(&b.share_moved(effect))).copied()
}

/// Two figures of which one is not smaller than the other by this share are about the same to people.
const ABOUT_THE_SAME: f64 = 0.1;

impl Figure {
    /// It has moved, and so far that it matters: so many times its interval does not reach nothing. Replications so few that all
    /// happen to agree tell nothing.
    fn is_certain(&self, effect: &Difference, widths: f64) -> bool {
        let moved = &(self.of)(effect).difference;
        let agree = moved.ci95[0] >= moved.ci95[1];
        moved.value.abs() >= self.matters && !agree && !moved.covers(0.0, widths)
    }

    /// By how much of the larger of both.
    fn share_moved(&self, effect: &Difference) -> f64 {
        let moved = (self.of)(effect);
        moved.difference.value.abs() / moved.a.abs().max(moved.b.abs()).max(f64::MIN_POSITIVE)
    }

    /// What was done, and what came of it.
    fn told(&self, who: &str, effect: &Difference) -> String {
        let moved = (self.of)(effect);
        if moved.difference.is_clear() {
            return format!("{who} {}", self.moves(effect));
        }
        let (noun, span) = (self.noun, self.unit.span(moved));
        let [a, b] = [moved.a, moved.b].map(|value| self.unit.of(value));
        let is_about_the_same = a == b || self.share_moved(effect) < ABOUT_THE_SAME;
        match (is_about_the_same, self.plural) {
            (true, false) => {
                format!("{who} {noun} resta circa {b}: la differenza ({span}) può essere un caso")
            }
            (true, true) => {
                format!("{who} {noun} restano circa {b}: la differenza ({span}) può essere un caso")
            }
            (false, false) => {
                format!("{who} {noun} passa da {a} a {b}, ma la differenza ({span}) può essere un caso")
            }
            (false, true) => {
                format!("{who} {noun} passano da {a} a {b}, ma la differenza ({span}) può essere un caso")
            }
        }
    }

    /// `l'attesa media scende da 3:40 a 1:05 (2:35 in meno; al 95 % da −2:45 a −2:25)`
    fn moves(&self, effect: &Difference) -> String {
        let moved = (self.of)(effect);
        let falls = moved.difference.value < 0.0;
        let goes = match (falls, self.plural) {
            (true, false) => "scende",
            (true, true) => "scendono",
            (false, false) => "sale",
            (false, true) => "salgono",
        };
        let way = if falls { "in meno" } else { "in più" };
        let (noun, unit) = (self.noun, self.unit);
        let (a, b, by) = (unit.of(moved.a), unit.of(moved.b), unit.by(moved.difference.value.abs()));
        let daily = if unit == Unit::Calls { " al giorno" } else { "" };
        format!("{noun} {goes} da {a} a {b}{daily} ({by} {way}; al 95 % {})", unit.span(moved))
    }
}

impl Unit {
    fn of(self, value: f64) -> String {
        match self {
            Unit::Time => minutes(value),
            Unit::Calls if value.abs() < 10.0 => decimal(format_args!("{value:.1}")),
            Unit::Calls => format!("{value:.0}"),
            Unit::Share => format!("{} %", decimal(format_args!("{:.1}", value * 100.0))),
        }
    }

    /// A difference is in points, and not in hundredths of what it was.
    fn by(self, value: f64) -> String {
        match self {
            Unit::Share => format!("{} punti", decimal(format_args!("{:.1}", value * 100.0))),
            Unit::Time | Unit::Calls => self.of(value),
        }
    }

    /// `da −2:50 a −2:20`
    fn span(self, moved: &Moved) -> String {
        let [low, high] = moved.difference.ci95.map(|end| {
            let sign = if end < 0.0 { "−" } else { "+" };
            let by = self.by(end.abs());
            format!("{sign}{}", by.strip_suffix(" punti").unwrap_or(&by))
        });
        format!("da {low} a {high}")
    }
}

/// With the comma of Italian numbers.
fn decimal(number: fmt::Arguments<'_>) -> String {
    number.to_string().replace('.', ",")
}

/// `a, b e c`
fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} e {last}", first.join(", ")),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `due postazioni in più`.
fn seats(more: f64) -> String {
    const WORDS: [&str; 9] = ["una", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove"];
    let way = if more < 0.0 { "in meno" } else { "in più" };
    let many = more.abs();
    let word = (1_u32..).zip(WORDS).find(|(number, _)| (f64::from(*number) - many).abs() < 1e-9);
    let noun = if (many - 1.0).abs() < 1e-9 { "postazione" } else { "postazioni" };
    let number = word.map_or_else(
        || if many.fract() < 1e-9 { format!("{many:.0}") } else { decimal(format_args!("{many:.1}")) },
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
    let seconds = seconds.abs().round();
    format!("{:.0}:{:02.0}", (seconds / 60.0).floor(), seconds % 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::Estimate;

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
            service_level: moved(0.61, 0.835, 0.04),
            occupancy: same,
        }
    }

    #[test]
    fn difference_is_told_in_words_that_a_supervisor_would_use() {
        let effect = effect(moved(220.0, 65.0, 10.0));
        let rows = [
            (
                WAIT.told(&format!("Con {} tra le 10 e le 12", seats(2.0)), &effect),
                "Con due postazioni in più tra le 10 e le 12 l'attesa media scende da 3:40 a 1:05 (2:35 in meno; al 95 % da −2:45 a −2:25)",
            ),
            (
                ABANDONED.told("Così", &effect),
                "Così le chiamate abbandonate scendono da 90 a 40 al giorno (50 in meno; al 95 % da −55 a −45)",
            ),
            (
                capital(&LEVEL.moves(&effect)),
                "Il livello di servizio sale da 61,0 % a 83,5 % (22,5 punti in più; al 95 % da +18,5 a +26,5)",
            ),
        ];
        for (told, expected) in rows {
            assert_eq!(told, expected);
        }
    }

    #[test]
    fn figure_that_has_moved_most_comes_first_and_one_that_may_be_chance_never() {
        let wait = |a, b| effect(moved(a, b, 3.0));
        let noun = |effect: &Difference| most_moved(&ANSWERED_FOR, effect, 1.0).map(|figure| figure.noun);
        assert_eq!(noun(&wait(220.0, 65.0)), Some(WAIT.noun));
        assert_eq!(noun(&wait(220.0, 200.0)), Some(ABANDONED.noun));
        assert_eq!(noun(&wait(2.0, 0.0)), Some(ABANDONED.noun), "chance");
    }

    #[test]
    fn difference_that_may_be_chance_is_told_as_such() {
        let told = WAIT.told("Così", &effect(moved(60.0, 58.0, 5.0)));
        assert_eq!(
            told,
            "Così l'attesa media resta circa 0:58: la differenza (da −0:07 a +0:03) può essere un caso"
        );
        // Who sees 0:36 and 0:04 in the table does not believe that it stays about the same.
        assert_eq!(
            WAIT.told("Così", &effect(moved(36.0, 4.0, 40.0))),
            "Così l'attesa media passa da 0:36 a 0:04, ma la differenza (da −1:12 a +0:08) può essere un caso"
        );
        assert_eq!(seats(-1.0), "una postazione in meno");
        assert_eq!(seats(1.5), "1,5 postazioni in più");
        assert_eq!((hour("08:00"), hour("10:30"), hour("00:00")), ("8", "10:30", "0"));
    }

    #[test]
    fn what_is_another_is_named() {
        let both = |a: Option<&str>, b: Option<&str>| Some([a.map(str::to_owned), b.map(str::to_owned)]);
        let rows = [
            (both(None, Some("bozza.yaml")), None, "il flusso bozza.yaml"),
            (both(Some("bozza.yaml"), None), None, "il flusso in uso"),
            (None, both(None, Some("config-bozza")), "le regole di config-bozza"),
            (
                both(Some("a.yaml"), Some("b.yaml")),
                both(None, Some("config-bozza")),
                "il flusso b.yaml al posto di a.yaml e le regole di config-bozza",
            ),
        ];
        for (flow, config, expected) in rows {
            assert_eq!(listed(&Subject { flow, config, day: false }.with()), expected);
        }
    }
}
