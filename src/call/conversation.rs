//! Who hears whom in a call: from the parties of a talk to what the media plane must do.
//!
//! Everybody in the talk hears everybody, but for two kinds: who is *apart* (put on hold by the exchange, while the operator
//! consults somebody else) hears nobody and is heard by nobody, and a *supervisor* hears all and is heard as far as the
//! mode says. Two who hear each other are a pair, whose packets pass as they come: the cheap way, and the usual one. All
//! else is a mix. The citizen carries the recording through every change: it has the citizen left and whomever the citizen
//! hears right, so that a citizen who is apart is recorded alone, and what is said meanwhile is not in the file.

use crate::media::mix::Member;
use crate::media::tape::Side;
use crate::media::{Command, LegId, Recording};
use crate::words::Watching;

/// What somebody is in a talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Who called us, or whom we called: the recording is the citizen's.
    Citizen,
    /// Whose talk it is.
    Operator,
    /// Somebody who was called into it: an office, another operator.
    Guest,
    /// Somebody who watches over it.
    Supervisor(Watching),
}

/// Somebody in a talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Party {
    /// Their leg.
    pub leg: LegId,
    /// What they are.
    pub part: Part,
    /// On hold: hears nobody and is heard by nobody.
    pub apart: bool,
}

impl Party {
    /// Somebody who is in the talk.
    pub fn new(leg: LegId, part: Part) -> Party {
        Party { leg, part, apart: false }
    }

    fn hears(&self, other: &Party) -> bool {
        if self.leg == other.leg || self.apart || other.apart {
            return false;
        }
        match other.part {
            Part::Supervisor(Watching::Listens) => false,
            Part::Supervisor(Watching::Whispers) => self.part == Part::Operator,
            Part::Supervisor(Watching::JoinsIn) | Part::Citizen | Part::Operator | Part::Guest => true,
        }
    }
}

/// Who is joined with whom. Two that are equal sound the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Everybody with the legs that they hear, in the order of the parties.
    ears: Vec<(Party, Vec<LegId>)>,
    record: Option<Recording>,
}

impl Plan {
    /// The plan of these parties; `record`: the citizen's file.
    pub fn of(parties: &[Party], record: Option<Recording>) -> Plan {
        let heard_by = |party: &Party| {
            let heard = parties.iter().filter(|other| party.hears(other));
            heard.map(|other| other.leg).collect()
        };
        Plan { ears: parties.iter().map(|party| (*party, heard_by(party))).collect(), record }
    }

    /// This leg is on hold.
    pub fn is_apart(&self, leg: LegId) -> bool {
        self.ears.iter().any(|(party, _)| party.leg == leg && party.apart)
    }

    /// What the media plane must do so that it sounds like this, when it sounds like `before`; nothing, when it does already.
    pub fn commands(&self, before: &Plan) -> Vec<Command> {
        if self == before {
            return Vec::new();
        }
        let (talk, alone): (Vec<_>, Vec<_>) = self.ears.iter().partition(|(party, _)| self.is_joined(party));
        // Those who leave the talk first: the citizen takes the recording along.
        let parted = alone.iter().map(|(party, _)| self.alone(party));
        parted.chain(self.together(&talk)).collect()
    }

    /// Hears somebody, or is heard.
    fn is_joined(&self, party: &Party) -> bool {
        self.ears.iter().any(|(other, hears)| match other.leg == party.leg {
            true => !hears.is_empty(),
            false => hears.contains(&party.leg),
        })
    }

    fn alone(&self, party: &Party) -> Command {
        let leg = party.leg;
        match &self.record {
            Some(record) if party.part == Part::Citizen && party.apart => {
                let members = vec![Member { leg, hears: Vec::new(), side: Some(Side::Left) }];
                Command::Mix { members, record: Some(record.clone()) }
            }
            _ => Command::Unbridge { leg },
        }
    }

    fn together(&self, talk: &[&(Party, Vec<LegId>)]) -> Option<Command> {
        let citizen = talk.iter().find(|(party, _)| party.part == Part::Citizen);
        let record = self.record.clone().filter(|_| citizen.is_some());
        if let [(a, a_hears), (b, b_hears)] = talk
            && a_hears.contains(&b.leg)
            && b_hears.contains(&a.leg)
        {
            let (a, b) = if b.part == Part::Citizen { (b.leg, a.leg) } else { (a.leg, b.leg) };
            return Some(Command::Bridge { a, b, record });
        }
        let side = |leg: LegId| match citizen {
            Some((citizen, _)) if citizen.leg == leg => Some(Side::Left),
            Some((_, hears)) if hears.contains(&leg) => Some(Side::Right),
            _ => None,
        };
        let member = |(party, hears): &&(Party, Vec<LegId>)| {
            let (leg, hears) = (party.leg, hears.clone());
            Member { leg, hears, side: record.as_ref().and_then(|_| side(leg)) }
        };
        let members: Vec<_> = talk.iter().map(member).collect();
        (!members.is_empty()).then_some(Command::Mix { members, record })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CITIZEN: Party = party(1, Part::Citizen);
    const OPERATOR: Party = party(2, Part::Operator);
    const GUEST: Party = party(3, Part::Guest);

    const fn party(leg: u64, part: Part) -> Party {
        Party { leg: LegId(leg), part, apart: false }
    }

    const fn apart(party: Party) -> Party {
        Party { apart: true, ..party }
    }

    fn watching(how: Watching) -> Party {
        party(4, Part::Supervisor(how))
    }

    fn recording() -> Option<Recording> {
        Some(Recording { file: "x.wav".into() })
    }

    /// The commands in short: `1-2 rec` a pair, `1(2) 2(1) 4(12)` a mix with whom each hears, `!3` alone; the side before the number.
    fn told(commands: &[Command]) -> String {
        let rec = |record: &Option<Recording>| if record.is_some() { " rec" } else { "" };
        let member = |member: &Member| {
            let side = member.side.map_or("", |side| if side == Side::Left { "l" } else { "r" });
            let hears: String = member.hears.iter().map(|leg| leg.0.to_string()).collect();
            format!("{side}{}({hears})", member.leg.0)
        };
        let told = |command: &Command| match command {
            Command::Bridge { a, b, record } => format!("{}-{}{}", a.0, b.0, rec(record)),
            Command::Mix { members, record } => {
                let members: Vec<_> = members.iter().map(member).collect();
                format!("{}{}", members.join(" "), rec(record))
            }
            Command::Unbridge { leg } => format!("!{}", leg.0),
            other => format!("{other:?}"),
        };
        commands.iter().map(told).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn each_talk_is_joined_in_the_cheapest_way() {
        use Watching::{JoinsIn, Listens, Whispers};
        for (parties, commands) in [
            (&[CITIZEN, OPERATOR][..], "1-2 rec"),
            (&[OPERATOR, CITIZEN], "1-2 rec"),
            (&[CITIZEN, GUEST], "1-3 rec"),
            (&[OPERATOR, GUEST], "2-3"),
            (&[CITIZEN], "!1"),
            (&[CITIZEN, OPERATOR, GUEST], "l1(23) r2(13) r3(12) rec"),
            (&[apart(CITIZEN), OPERATOR, GUEST], "l1() rec, 2-3"),
            (&[CITIZEN, OPERATOR, apart(GUEST)], "!3, 1-2 rec"),
            (&[apart(CITIZEN), OPERATOR], "l1() rec, !2"),
            (&[CITIZEN, OPERATOR, watching(Listens)], "l1(2) r2(1) 4(12) rec"),
            (&[CITIZEN, OPERATOR, watching(Whispers)], "l1(2) r2(14) 4(12) rec"),
            (&[CITIZEN, OPERATOR, watching(JoinsIn)], "l1(24) r2(14) r4(12) rec"),
            (&[apart(CITIZEN), OPERATOR, watching(Listens)], "l1() rec, 2() 4(2)"),
            (&[apart(CITIZEN), OPERATOR, GUEST, watching(Whispers)], "l1() rec, 2(34) 3(2) 4(23)"),
            (&[CITIZEN, GUEST, watching(Listens)], "l1(3) r3(1) 4(13) rec"),
        ] {
            let plan = Plan::of(parties, recording());
            assert_eq!(told(&plan.commands(&Plan::default())), commands, "{parties:?}");
        }
    }

    #[test]
    fn supervisors_hear_each_other_only_when_one_joins_in() {
        let other = party(5, Part::Supervisor(Watching::Listens));
        let plan = |how| Plan::of(&[CITIZEN, OPERATOR, watching(how), other], None);
        let none = Plan::default();
        assert_eq!(told(&plan(Watching::Whispers).commands(&none)), "1(2) 2(14) 4(12) 5(12)");
        assert_eq!(told(&plan(Watching::JoinsIn).commands(&none)), "1(24) 2(14) 4(12) 5(124)");
    }

    #[test]
    fn what_sounds_the_same_already_is_not_ordered_again() {
        let plan = Plan::of(&[CITIZEN, OPERATOR], recording());
        assert_eq!(told(&plan.commands(&plan.clone())), "");
        assert_eq!(told(&Plan::of(&[CITIZEN, OPERATOR], None).commands(&plan)), "1-2");
    }
}
