//! Surveys after the call: whom they ask.
//!
//! A survey is a node of a flow; the citizen comes to it when the operator has hung up. Not everybody is asked: each Ente says how
//! many of a hundred, and nobody is asked again before some days have passed, whatever they called about and whichever Ente: who
//! calls often is asked no more often than others. Who withholds the number cannot be told from others, and is only drawn.
//!
//! The draw is one of the exchange's own generator and comes in as a number, so that a seed repeats it. Whom it fell on is written
//! down before the first question ([`Asked`] is a fold over that), so that a restart asks nobody twice.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::CitizenId;

/// The longest that [`SurveyRules::every`] may be: what is older than this counts for nothing any more.
pub const LONGEST: Duration = Duration::from_secs(366 * 24 * 3_600);
/// Most citizens that are remembered as asked: those of a large city within a year. Beyond, those asked longest ago are forgotten.
const MOST: usize = 200_000;
/// So many at once, so that not everybody who is asked then costs a look at all others.
const FORGOTTEN: usize = MOST / 10;

/// How often citizens of an Ente are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SurveyRules {
    /// So many of a hundred.
    pub percent: u8,
    /// Nobody twice within this; zero: at every call.
    pub every: Duration,
}

impl Default for SurveyRules {
    fn default() -> SurveyRules {
        SurveyRules { percent: 100, every: Duration::from_secs(30 * 24 * 3_600) }
    }
}

/// Who was asked, and when last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Asked(BTreeMap<CitizenId, i64>);

impl Asked {
    /// This citizen is asked at `at_ms`, milliseconds of the Unix epoch.
    pub fn on_asked(&mut self, citizen: CitizenId, at_ms: i64) {
        self.0.insert(citizen, at_ms);
        if self.0.len() > MOST {
            self.forget();
        }
    }

    fn forget(&mut self) {
        let mut by_age: Vec<_> = self.0.iter().map(|(citizen, asked)| (*asked, *citizen)).collect();
        by_age.sort_unstable();
        for (_, citizen) in by_age.into_iter().take(FORGOTTEN) {
            self.0.remove(&citizen);
        }
    }

    /// Whether this citizen, if it is known who that is, may be asked now; `draw`: 0 to 99, by chance.
    pub fn may_ask(&self, rules: &SurveyRules, citizen: Option<CitizenId>, now_ms: i64, draw: u8) -> bool {
        let last = citizen.and_then(|citizen| self.0.get(&citizen));
        // A clock that was set back makes nobody wait longer than that.
        let rests = last.is_some_and(|last| now_ms.saturating_sub(*last).abs() < millis(rules.every));
        draw < rules.percent && !rests
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Stamp;

    const DAY_MS: i64 = 24 * 3_600_000;

    fn citizen(count: u32) -> CitizenId {
        CitizenId(Stamp { node: 1, epoch: 1, count })
    }

    #[test]
    fn those_asked_longest_ago_are_forgotten_many_at_once() {
        let mut asked = Asked::default();
        let most = u32::try_from(MOST).expect("a small number");
        (0..=most).for_each(|count| asked.on_asked(citizen(count), i64::from(count)));
        assert_eq!(asked.0.len(), MOST + 1 - FORGOTTEN);
        let rules = SurveyRules::default();
        let may = |count| asked.may_ask(&rules, Some(citizen(count)), i64::from(most), 0);
        assert!(may(0) && !may(most), "the last asked rest, the first are forgotten");
    }

    #[test]
    fn so_many_of_a_hundred_are_asked_and_nobody_again_before_their_time() {
        let rules = SurveyRules { percent: 25, every: Duration::from_secs(30 * 24 * 3_600) };
        let mut asked = Asked::default();
        asked.on_asked(citizen(1), 0);
        for (who, day, draw, may) in [
            (Some(citizen(2)), 0, 24, true),
            (Some(citizen(2)), 0, 25, false),
            (Some(citizen(1)), 29, 0, false),
            (Some(citizen(1)), 30, 0, true),
            (Some(citizen(1)), -40, 0, true), // a clock that was wrong by months
            (None, 0, 0, true),
            (None, 0, 99, false),
        ] {
            assert_eq!(asked.may_ask(&rules, who, day * DAY_MS, draw), may, "{who:?} on day {day}");
        }
        let nobody = SurveyRules { percent: 0, ..rules };
        assert!(!asked.may_ask(&nobody, None, 0, 0));
    }
}
