//! What operators know by the word of a supervisor, in place of what the configuration says: until it is taken back, over reloads and
//! restarts. A fold over what is written down.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::rules::SeatRules;
use super::skills::Skills;
use crate::ids::{OperatorId, SeatId, SkillId};

/// Levels by skill.
pub type Levels = BTreeMap<SkillId, u8>;

/// Whose skills: a person's, wherever that person sits, or a seat's, whoever without skills of the own sits there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Knower {
    /// The seat's.
    Seat(SeatId),
    /// The person's.
    Operator(OperatorId),
}

/// See the module. As many entries as there are seats and people at most.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveSkills {
    seats: BTreeMap<SeatId, Levels>,
    people: BTreeMap<OperatorId, Levels>,
}

impl LiveSkills {
    /// Takes in what was written down; without levels the configuration's hold again.
    pub fn apply(&mut self, whose: &Knower, levels: Option<&Levels>) {
        match (whose, levels.cloned()) {
            (Knower::Seat(seat), Some(levels)) => _ = self.seats.insert(seat.clone(), levels),
            (Knower::Seat(seat), None) => _ = self.seats.remove(seat),
            (Knower::Operator(person), Some(levels)) => _ = self.people.insert(person.clone(), levels),
            (Knower::Operator(person), None) => _ = self.people.remove(person),
        }
    }

    /// What is said of this one, if anything.
    pub fn of(&self, whose: &Knower) -> Option<&Levels> {
        match whose {
            Knower::Seat(seat) => self.seats.get(seat),
            Knower::Operator(person) => self.people.get(person),
        }
    }

    /// The configuration's seats, with this in place of what it says. Its people are the same for all seats.
    pub fn over<'r>(&self, rules: impl Iterator<Item = &'r SeatRules>) -> Vec<SeatRules> {
        let mut seats: Vec<_> = rules.cloned().collect();
        let Some(mut people) = seats.first().map(|seat| (*seat.people).clone()) else { return seats };
        for (person, levels) in &self.people {
            if let Some(person) = people.get_mut(person) {
                person.skills = Some(known(levels));
            }
        }
        let people = Arc::new(people);
        for seat in &mut seats {
            if !self.people.is_empty() {
                seat.people = people.clone();
            }
            if let Some(levels) = self.seats.get(&seat.id) {
                seat.skills = known(levels);
            }
        }
        seats
    }
}

fn known(levels: &Levels) -> Skills {
    levels.iter().map(|(skill, level)| (skill.clone(), *level)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acd::Person;

    #[test]
    fn what_a_supervisor_says_holds_in_place_of_the_configuration_until_it_is_taken_back() {
        let levels = |level: u8| Levels::from([("inglese".into(), level)]);
        let people =
            BTreeMap::from([("anna".into(), Person { skills: Some(known(&levels(1))), queues: None })]);
        let mut seat = SeatRules::plain("seat01".into());
        (seat.people, seat.skills) = (Arc::new(people), known(&levels(2)));
        let seats = [seat, SeatRules::plain("seat02".into())];
        let mut live = LiveSkills::default();
        assert_eq!(live.over(seats.iter()), seats);

        let (anna, first) = (Knower::Operator("anna".into()), Knower::Seat("seat01".into()));
        live.apply(&anna, Some(&levels(5)));
        live.apply(&first, Some(&Levels::new()));
        let over = live.over(seats.iter());
        let anna_knows = over[0].people["anna"].skills.clone();
        assert_eq!((over[0].skills.clone(), anna_knows), (Skills::default(), Some(known(&levels(5)))));

        live.apply(&anna, None);
        live.apply(&first, None);
        assert_eq!(live, LiveSkills::default());
    }
}
