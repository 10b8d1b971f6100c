//! `seat skills`: what whoever sits at a seat knows, told and changed while calls go on. A change is on record with who and why, holds over
//! reloads and restarts until it is taken back, and touches nobody who waits, rings or talks: only who is rung next.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::acd::{self, Knower, Levels, Skills};
use crate::ids::{OperatorId, SeatId, SkillId};
use crate::journal::entry::Fact;
use crate::time::Now;

use super::{Engine, Reply};

/// The highest level.
const MOST: u8 = 9;
/// Letters of a reason and of a name.
const MAX_WORDS: usize = 100;

/// What is asked about a seat's skills; without any act they are told. Answered by [`Reply::Skills`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SkillsOrder {
    /// These levels from now on, beside what is known already; 0: not known.
    pub set: Levels,
    /// As the configuration says again, before anything is set.
    pub reset: bool,
    /// Who asks: a name that people know.
    pub by: Option<String>,
    /// What for.
    pub why: Option<String>,
}

/// What whoever sits at a seat knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkillsPage {
    /// The seat.
    pub seat: SeatId,
    /// Whose skills they are, where they are a person's.
    pub operator: Option<OperatorId>,
    /// As they count now.
    pub skills: Levels,
    /// As the configuration says.
    pub configured: Levels,
    /// A supervisor has changed them: what the configuration says does not count.
    pub changed: bool,
}

/// Why it was not done.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
enum SkillsError {
    #[error("there is no seat `{0}`; seats.toml has the list")]
    NoSeat(SeatId),
    #[error("there is no skill `{0}`; `skills` in queues.toml has the list")]
    NoSkill(SkillId),
    #[error("a level is from 1 to {MOST}, or 0 for what is not known")]
    BadLevel,
    #[error("a reason or a name is at most {MAX_WORDS} letters on one line")]
    LongWords,
}

impl Engine {
    pub(super) fn order_skills(&mut self, now: Now, seat: SeatId, order: SkillsOrder) -> Reply {
        let done = self.change_skills(now, &seat, order);
        let page = done.and_then(|()| self.skills_page(seat));
        page.map_or_else(|error| Reply::Refused(error.to_string()), |page| Reply::Skills(Box::new(page)))
    }

    fn change_skills(&mut self, now: Now, seat: &SeatId, order: SkillsOrder) -> Result<(), SkillsError> {
        let SkillsOrder { set, reset, by, why } = order;
        let (whose, configured) = self.knower(seat)?;
        if set.is_empty() && !reset {
            return Ok(());
        }
        let is_long = |text: &String| text.chars().count() > MAX_WORDS || text.contains(char::is_control);
        if by.iter().chain(&why).any(is_long) {
            return Err(SkillsError::LongWords);
        }
        if let Some(skill) = set.keys().find(|skill| !self.config.skills.contains(*skill)) {
            return Err(SkillsError::NoSkill(skill.clone()));
        }
        if set.values().any(|level| *level > MOST) {
            return Err(SkillsError::BadLevel);
        }
        let before = self.skills.of(&whose).filter(|_| !reset);
        let skills = (!set.is_empty()).then(|| {
            let mut skills = before.cloned().unwrap_or(configured);
            skills.extend(set);
            skills.retain(|_, level| *level > 0);
            skills
        });
        self.skills.apply(&whose, skills.as_ref());
        let by = by.unwrap_or_else(|| "command".to_owned());
        self.append(now, Fact::SkillsChanged { whose, skills, by: by.clone(), why });
        self.tell_rules(now, &by);
        Ok(())
    }

    /// The distribution goes on by the configuration as it is, and by what supervisors have changed.
    pub(super) fn tell_rules(&mut self, now: Now, by: &str) {
        let queues = self.config.queues.values().map(|queue| queue.rules.clone()).collect();
        let seats = self.skills.over(self.config.seats.values().map(|seat| &seat.rules));
        self.ask_distribution(now, acd::Input::Rules(queues, seats), by);
    }

    /// Whose skills count at a seat, and what the configuration says of them.
    fn knower(&self, seat: &SeatId) -> Result<(Knower, Levels), SkillsError> {
        let rules = self.config.seats.get(seat).map(|seat| &seat.rules);
        let rules = rules.ok_or_else(|| SkillsError::NoSeat(seat.clone()))?;
        let sits = self.acd.seat(seat).and_then(|view| view.operator);
        let person = sits.and_then(|operator| Some((rules.people.get(&operator)?.skills.clone(), operator)));
        let levels = |skills: &Skills| skills.iter().map(|(skill, level)| (skill.clone(), level)).collect();
        Ok(match person {
            Some((skills, operator)) => {
                (Knower::Operator(operator), levels(&skills.unwrap_or(rules.skills.clone())))
            }
            None => (Knower::Seat(seat.clone()), levels(&rules.skills)),
        })
    }

    fn skills_page(&self, seat: SeatId) -> Result<SkillsPage, SkillsError> {
        let (whose, configured) = self.knower(&seat)?;
        let live = self.skills.of(&whose).cloned();
        // A person who brings none of the own has what a supervisor has said of the seat.
        let of_seat = || self.skills.of(&Knower::Seat(seat.clone())).cloned();
        let live = live.or_else(|| of_seat().filter(|_| !self.brings_skills(&whose)));
        let operator = match whose {
            Knower::Operator(operator) => Some(operator),
            Knower::Seat(_) => None,
        };
        let changed = live.is_some();
        let skills = live.unwrap_or_else(|| configured.clone());
        Ok(SkillsPage { seat, operator, skills, configured, changed })
    }

    fn brings_skills(&self, whose: &Knower) -> bool {
        let Knower::Operator(operator) = whose else { return false };
        let mut people = self.config.seats.values().map(|seat| &seat.rules.people);
        people.next().and_then(|people| people.get(operator)).is_some_and(|person| person.skills.is_some())
    }
}
