//! Opening hours: weekly times, Italian holidays by rule, exceptions by date; `open`, `closed`, `holiday` or `emergency`.

use std::collections::BTreeMap;

use crate::ids::ScheduleId;

/// All schedules of `calendars.toml`, by name.
#[derive(Clone, Debug, Default)]
pub struct Calendars {
    /// By name.
    pub schedules: BTreeMap<ScheduleId, Schedule>,
    /// Every schedule counts as open (`serve --always-open`).
    pub always_open: bool,
}

/// Weekly hours, holidays and exceptions in one time zone.
#[derive(Clone, Debug, Default)]
pub struct Schedule {}

/// What a schedule says of a moment: the exits of the `hours` node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hours {
    /// Open.
    Open,
    /// Outside the weekly hours.
    Closed,
    /// Closed by a holiday.
    Holiday,
    /// Closed by a supervisor.
    Emergency,
}
