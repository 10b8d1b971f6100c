//! What operators know, and what callers need of them: less and less, the longer they wait.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::ids::SkillId;

/// Levels by skill, from 1 (a little) to 9: what somebody knows, or what is needed at least.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skills(BTreeMap<SkillId, u8>);

impl FromIterator<(SkillId, u8)> for Skills {
    fn from_iter<I: IntoIterator<Item = (SkillId, u8)>>(levels: I) -> Skills {
        Skills(levels.into_iter().collect())
    }
}

impl Skills {
    /// Knows enough of everything that is needed.
    pub fn meet(&self, needed: &Skills) -> bool {
        needed.0.iter().all(|(skill, level)| self.0.get(skill).is_some_and(|known| known >= level))
    }

    /// Each with its level.
    pub fn iter(&self) -> impl Iterator<Item = (&SkillId, u8)> {
        self.0.iter().map(|(skill, level)| (skill, *level))
    }

    /// How much is known, in all, of what is needed.
    pub(super) fn levels_of(&self, needed: &Skills) -> u64 {
        needed.0.keys().filter_map(|skill| self.0.get(skill)).map(|level| u64::from(*level)).sum()
    }

    /// Both are needed; the higher level counts.
    fn and(mut self, other: &Skills) -> Skills {
        for (skill, level) in &other.0 {
            let own = self.0.entry(skill.clone()).or_default();
            *own = (*own).max(*level);
        }
        self
    }
}

/// What a caller needs at first, and what is done without later.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// At first.
    pub skills: Skills,
    /// What is done without, and after how much waiting.
    pub waivers: Vec<(Duration, SkillId)>,
}

impl Needs {
    /// What is still needed after so much waiting.
    pub(super) fn after(&self, waited: Duration) -> Skills {
        let waived =
            |skill: &SkillId| self.waivers.iter().any(|(after, name)| name == skill && *after <= waited);
        let needed = self.skills.0.iter().filter(|(skill, _)| !waived(skill));
        needed.map(|(skill, level)| (skill.clone(), *level)).collect()
    }

    /// What a queue needs and a flow asks for beside it. What the one does without is done without for both.
    pub(super) fn and(&self, other: &Needs) -> Needs {
        let waivers = self.waivers.iter().chain(&other.waivers).cloned().collect();
        Needs { skills: self.skills.clone().and(&other.skills), waivers }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn skills(levels: &[(&str, u8)]) -> Skills {
        levels.iter().map(|(skill, level)| (SkillId::from(*skill), *level)).collect()
    }

    #[test]
    fn somebody_who_knows_more_than_is_needed_will_do() {
        for (known, needed, enough) in [
            (&[][..], &[][..], true),
            (&[("inglese", 3)], &[], true),
            (&[("inglese", 3)], &[("inglese", 3)], true),
            (&[("inglese", 2)], &[("inglese", 3)], false),
            (&[("inglese", 9)], &[("tributi", 1)], false),
            (&[("inglese", 9), ("tributi", 1)], &[("inglese", 1), ("tributi", 1)], true),
        ] {
            assert_eq!(skills(known).meet(&skills(needed)), enough, "{known:?} for {needed:?}");
        }
    }

    #[test]
    fn needs_grow_less_with_time() {
        let s = Duration::from_secs;
        let needs = Needs {
            skills: skills(&[("inglese", 2)]),
            waivers: vec![(s(30), "inglese".into()), (s(60), "tributi".into())],
        };
        let of_flow = Needs {
            skills: skills(&[("inglese", 3), ("tributi", 1), ("lis", 1)]),
            waivers: vec![(s(90), "lis".into())],
        };
        let needs = needs.and(&of_flow);
        assert_eq!(needs.after(s(29)), skills(&[("inglese", 3), ("tributi", 1), ("lis", 1)]));
        assert_eq!(needs.after(s(30)), skills(&[("tributi", 1), ("lis", 1)]));
        assert_eq!(needs.after(s(60)), skills(&[("lis", 1)]));
        assert_eq!(needs.after(s(90)), skills(&[]));
    }
}
