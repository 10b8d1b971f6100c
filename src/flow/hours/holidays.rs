//! Days on which a schedule rests: the Italian national holidays by rule, days of every year, single dates.

use std::collections::BTreeMap;

use jiff::civil::Date;

/// Fixed Italian national holidays: month and day, the first year in which each counts, its name.
const NATIONAL: [(i8, i8, i16, &str); 11] = [
    (1, 1, 0, "Capodanno"),
    (1, 6, 0, "Epifania"),
    (4, 25, 0, "Festa della Liberazione"),
    (5, 1, 0, "Festa dei lavoratori"),
    (6, 2, 0, "Festa della Repubblica"),
    (8, 15, 0, "Ferragosto"),
    (10, 4, 2026, "San Francesco"), // by a law of 2025
    (11, 1, 0, "Ognissanti"),
    (12, 8, 0, "Immacolata Concezione"),
    (12, 25, 0, "Natale"),
    (12, 26, 0, "Santo Stefano"),
];
/// A holiday whose schedule gives it no name.
pub(super) const UNNAMED: &str = "giorno festivo";

/// The days on which a schedule rests, by their names.
#[derive(Clone, Debug, Default)]
pub(super) struct Holidays {
    pub(super) national: bool,
    /// Month and day of every year.
    pub(super) yearly: BTreeMap<(i8, i8), String>,
    pub(super) dates: BTreeMap<Date, String>,
}

impl Holidays {
    /// The name of the holiday on `date`; `None`: it is none. The schedule's own names come before the national ones.
    pub(super) fn name(&self, date: Date) -> Option<&str> {
        let own = self.dates.get(&date).or_else(|| self.yearly.get(&(date.month(), date.day())));
        own.map(String::as_str).or_else(|| national(date).filter(|_| self.national))
    }
}

fn national(date: Date) -> Option<&'static str> {
    let fixed = |&&(month, day, since, _): &&(i8, i8, i16, &str)| {
        (date.month(), date.day()) == (month, day) && date.year() >= since
    };
    if let Some((.., name)) = NATIONAL.iter().find(fixed) {
        return Some(name);
    }
    let after_easter = date.yesterday().is_ok_and(is_easter);
    if is_easter(date) { Some("Pasqua") } else { after_easter.then_some("Lunedì dell'Angelo") }
}

/// Easter Sunday of the Gregorian calendar: the Sunday after the full moon of the church's table that falls on or after
/// 21 March. Golden number and epact give that moon; its last two corrections keep two moons of one cycle apart.
fn is_easter(date: Date) -> bool {
    let year = i32::from(date.year());
    let golden = year % 19;
    let century = year / 100;
    let moon = (19 * golden + century - century / 4 - (8 * century + 13) / 25 + 15) % 30;
    let moon = moon - (moon / 28) * (1 - (29 / (moon + 1)) * ((21 - golden) / 11));
    let weekday = (year + year / 4 + moon + 2 - century + century / 4) % 7;
    let since_28_march = moon - weekday;
    let month = 3 + (since_28_march + 40) / 44;
    let day = since_28_march + 28 - 31 * (month / 4);
    (i32::from(date.month()), i32::from(date.day())) == (month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn easter_is_computed_for_early_late_and_corrected_years() {
        for (year, month, day) in [
            (1954, 4, 18), // one of the two corrections of the table
            (1981, 4, 19), // the other
            (2008, 3, 23),
            (2024, 3, 31),
            (2025, 4, 20),
            (2026, 4, 5),
            (2027, 3, 28),
            (2038, 4, 25),
            (2285, 3, 22),
        ] {
            let easters: Vec<Date> = date(year, 3, 1)
                .series(jiff::Span::new().days(1))
                .take(70)
                .filter(|&day| is_easter(day))
                .collect();
            assert_eq!(easters, [date(year, month, day)]);
        }
    }

    #[test]
    fn italian_holidays_of_2026_are_these_thirteen() {
        let all: Vec<String> = date(2026, 1, 1)
            .series(jiff::Span::new().days(1))
            .take(365)
            .filter(|&day| national(day).is_some())
            .map(|day| day.strftime("%m-%d").to_string())
            .collect();
        assert_eq!(
            all.join(" "),
            "01-01 01-06 04-05 04-06 04-25 05-01 06-02 08-15 10-04 11-01 12-08 12-25 12-26"
        );
    }
}
