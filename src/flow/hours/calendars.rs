//! All schedules of an exchange, each over the one that it extends.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;

use super::{Hours, Schedule, ScheduleFault, ScheduleText};
use crate::hint::Hint;
use crate::ids::{EntityId, ScheduleId};

/// Most schedules that one may stand on; more is a circle, or nothing that a person can follow.
const MAX_ANCESTORS: usize = 8;

/// All schedules of `calendars.toml`, by name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "CalendarsText")]
pub struct Calendars {
    /// By name.
    pub schedules: BTreeMap<ScheduleId, Schedule>,
    /// What supervisors have closed; it comes before every schedule.
    pub emergencies: Emergencies,
    /// Every schedule counts as open (`serve --always-open`).
    pub always_open: bool,
}

/// What supervisors have closed for an emergency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Emergencies {
    /// The whole exchange.
    pub everything: bool,
    /// These bodies.
    pub entities: BTreeSet<EntityId>,
}

impl Emergencies {
    /// Nobody answers for this body now.
    pub fn close(&self, entity: &EntityId) -> bool {
        self.everything || self.entities.contains(entity)
    }
}

/// `calendars.toml` as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarsText {
    #[serde(default)]
    schedule: BTreeMap<ScheduleId, ScheduleText>,
}

impl TryFrom<CalendarsText> for Calendars {
    type Error = String;
    fn try_from(text: CalendarsText) -> Result<Calendars, String> {
        let told = |(name, fault): (ScheduleId, ScheduleFault)| format!("schedule `{name}`: {fault}");
        let lines = |faults: Vec<_>| faults.into_iter().map(told).collect::<Vec<_>>().join("; ");
        Calendars::compile(&text.schedule).map_err(lines)
    }
}

impl Calendars {
    /// What the schedule `name` says of the moment `wall`; `None` when there is none of that name.
    pub fn at(&self, name: &ScheduleId, wall: Timestamp) -> Option<Hours> {
        let schedule = self.schedules.get(name)?;
        Some(if self.always_open { Hours::Open } else { schedule.at(wall) })
    }

    /// The schedule `name` as it counts now: open day and night while everything is treated as open.
    pub fn schedule(&self, name: &ScheduleId) -> Option<Schedule> {
        let schedule = self.schedules.get(name)?;
        Some(if self.always_open { schedule.always_open() } else { schedule.clone() })
    }

    /// Compiles all schedules, each over what it extends, or tells every fault and whose it is.
    pub fn compile(
        texts: &BTreeMap<ScheduleId, ScheduleText>,
    ) -> Result<Calendars, Vec<(ScheduleId, ScheduleFault)>> {
        let (mut schedules, mut faults) = (BTreeMap::new(), Vec::new());
        for (name, text) in texts {
            let parent = ancestors(name, text, texts).map(|ancestors| over(&ancestors));
            match parent.map_err(|fault| vec![fault]).and_then(|parent| text.compile_over(parent)) {
                Ok(schedule) => drop(schedules.insert(name.clone(), schedule)),
                Err(found) => faults.extend(found.into_iter().map(|fault| (name.clone(), fault))),
            }
        }
        if faults.is_empty() { Ok(Calendars { schedules, ..Calendars::default() }) } else { Err(faults) }
    }
}

/// What `text` extends, the nearest first.
fn ancestors<'t>(
    name: &ScheduleId,
    text: &'t ScheduleText,
    texts: &'t BTreeMap<ScheduleId, ScheduleText>,
) -> Result<Vec<&'t ScheduleText>, ScheduleFault> {
    let mut ancestors = Vec::new();
    let mut last = text;
    while let Some(parent) = &last.extends {
        if parent == name.as_str() || ancestors.len() == MAX_ANCESTORS {
            return Err(ScheduleFault::Circle(text.extends.clone().unwrap_or_default()));
        }
        let Some(found) = texts.get(parent.as_str()) else {
            let hint = Hint::nearest(parent, texts.keys().map(ScheduleId::as_str));
            return Err(ScheduleFault::Parent { name: parent.clone(), hint });
        };
        ancestors.push(found);
        last = found;
    }
    Ok(ancestors)
}

/// The ancestors as one schedule. One with faults is left out: they are told as its own.
fn over(ancestors: &[&ScheduleText]) -> Schedule {
    let nothing = ScheduleText::default().compile().unwrap_or_default();
    ancestors.iter().rev().fold(nothing, |parent, text| text.compile_over(parent.clone()).unwrap_or(parent))
}

#[cfg(test)]
mod tests {
    use super::super::Why;
    use super::*;

    /// The shared hours, a municipality with its own patron, and an office that is also closed on Saturdays.
    const COMUNI: &str = r#"
        [schedule.comuni]
        open = { mon-sat = ["08:00-20:00"] }
        closed = ["it-national"]
        [[schedule.comuni.exception]]
        date = "2026-12-24"
        open = ["08:00-13:00"]
        [schedule.firenze]
        extends = "comuni"
        closed = ["06-24 San Giovanni"]
        [schedule.anagrafe]
        extends = "firenze"
        open = { sat = [], thu = ["08:00-18:00"] }
        exception = [{ date = "2026-12-24", closed = true, title = "Ponte" }]
    "#;

    #[test]
    fn extended_schedule_says_what_its_child_does_not() {
        let calendars: Calendars = toml::from_str(COMUNI).unwrap();
        let table = [
            ("comuni", "2026-06-24", "08:00-20:00", Why::Week),
            ("firenze", "2026-06-24", "", Why::Holiday("San Giovanni")),
            ("anagrafe", "2026-06-24", "", Why::Holiday("San Giovanni")),
            ("anagrafe", "2026-06-02", "", Why::Holiday("Festa della Repubblica")),
            ("anagrafe", "2026-06-25", "08:00-18:00", Why::Week),
            ("anagrafe", "2026-06-26", "08:00-20:00", Why::Week),
            ("anagrafe", "2026-06-27", "", Why::Week),
            ("firenze", "2026-06-27", "08:00-20:00", Why::Week),
            ("firenze", "2026-12-24", "08:00-13:00", Why::Exception(None)),
            ("anagrafe", "2026-12-24", "", Why::Exception(Some("Ponte"))),
        ];
        for (name, date, hours, why) in table {
            let schedule = &calendars.schedules[&ScheduleId::from(name)];
            let day = schedule.day(date.parse().unwrap());
            let openings: Vec<String> = day.openings.iter().map(ToString::to_string).collect();
            assert_eq!((openings.join(" ").as_str(), day.why), (hours, why), "{name} {date}");
            assert_eq!(schedule.zone().iana_name(), Some("Europe/Rome"));
        }
    }

    #[test]
    fn unknown_parent_and_circle_are_told() {
        let texts = |text: &str| toml::from_str::<CalendarsText>(text).unwrap().schedule;
        let faults = |text: &str| -> Vec<String> {
            let faults = Calendars::compile(&texts(text)).unwrap_err();
            faults.iter().map(|(name, fault)| format!("{name}: {fault}")).collect()
        };
        assert_eq!(
            faults("schedule.firenze = {}\nschedule.fiesole.extends = 'firense'"),
            ["fiesole: there is no schedule `firense` to extend; did you mean `firenze`?"]
        );
        assert_eq!(
            faults("schedule.a.extends = 'b'\nschedule.b.extends = 'a'\nschedule.c = {}"),
            [
                "a: it extends `b`, which leads back to it or over more than 8 others; let `b` stand alone",
                "b: it extends `a`, which leads back to it or over more than 8 others; let `a` stand alone"
            ]
        );
        // What stands on a faulty one is not blamed for it.
        assert_eq!(faults("schedule.a.closed = ['natale']\nschedule.b.extends = 'a'").len(), 1);
    }
}
