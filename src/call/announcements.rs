//! What those who wait are told beside the music: the place, how long it may take, and messages in turn.
//!
//! The place is told at entry and then only when it has improved: who hears the same number again thinks that nothing moves. Places
//! far behind are told as "more than". With the place comes the expected wait as a range in minutes. It is estimated once, at entry, and
//! what is told later is what is left of it: so it never grows. It is not told when it is unknown, is used up, or is too wide to be
//! honest. Whenever there is no place to tell, a message may be: the next one in turn, when its time has come.
//!
//! None of it keeps anybody waiting: seats ring meanwhile, and a talk begins in the middle of a word.

use std::time::Duration;

use crate::config::AnnounceRules;
use crate::time::Mono;

/// A range that reaches further is no help: nobody is told to wait for more than an hour.
const LONGEST_TOLD_MIN: u64 = 60;
/// From here on minutes are told in fives.
const COARSE_FROM_MIN: u64 = 10;
const COARSE_MIN: u64 = 5;
/// A range may always be as wide as this; beyond it no wider than its middle.
const WIDTH_MIN: u64 = 3;

/// One thing to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// "Lei è il terzo in attesa."
    Place(usize),
    /// "Ci sono più di dieci persone in attesa."
    MoreThan(usize),
    /// "Il tempo di attesa previsto è tra tre e cinque minuti."
    Wait(WaitTold),
    /// The sound of this name.
    Message(String),
}

/// A wait as it is told, in whole minutes: from `low`, or up to `high` where that is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTold {
    /// Hardly less.
    pub low_min: u64,
    /// Hardly more, and more than `low_min`.
    pub high_min: u64,
}

impl WaitTold {
    /// As it can be said of a wait from `low` to `high`; nothing, when that would mislead.
    pub fn of(low: Duration, high: Duration) -> Option<WaitTold> {
        // Measured over simulated days (`tests/it/expected_wait.rs`): with both ends rounded outwards it holds nearly everybody and says less, with both to the
        // nearest too few.
        let low_min = minutes(low, 0);
        let high_min = minutes(high, 30).max(low_min + 1);
        let widest = WIDTH_MIN.max(u64::midpoint(low_min, high_min));
        (high_min <= LONGEST_TOLD_MIN && high_min - low_min <= widest)
            .then_some(WaitTold { low_min, high_min })
    }
}

/// Said in whole minutes, far away in fives, with so many seconds more that count as one.
fn minutes(wait: Duration, more_s: u64) -> u64 {
    let minutes = (wait.as_secs() + more_s) / 60;
    let coarse = (minutes + COARSE_MIN * more_s / 60) / COARSE_MIN * COARSE_MIN;
    if minutes > COARSE_FROM_MIN { coarse } else { minutes }
}

/// What one caller has been told in this queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Announcements {
    /// The place told last.
    place: Option<usize>,
    /// When the wait was estimated, and from and to.
    expected: Option<(Mono, Duration, Duration)>,
    next_message: usize,
    message_at: Option<Mono>,
}

impl Announcements {
    /// A caller has come into a queue where the wait is as `expected`.
    pub fn begin(now: Mono, expected: Option<(Duration, Duration)>, rules: &AnnounceRules) -> Announcements {
        Announcements {
            place: None,
            expected: expected.map(|(low, high)| (now, low, high)),
            next_message: 0,
            message_at: Some(now + rules.message_every),
        }
    }

    /// What to tell now to the caller at this place, if anything; `tells_place`: the flow has it told.
    pub fn due(&mut self, now: Mono, place: usize, tells_place: bool, rules: &AnnounceRules) -> Vec<Said> {
        let told = if tells_place { self.place_due(now, place, rules) } else { Vec::new() };
        if told.is_empty() { self.message_due(now, rules).into_iter().collect() } else { told }
    }

    fn place_due(&mut self, now: Mono, place: usize, rules: &AnnounceRules) -> Vec<Said> {
        let far = place > rules.places_up_to;
        let has_improved = self.place.is_none_or(|told| place < told && !far);
        if !has_improved {
            return Vec::new();
        }
        self.place = Some(place);
        let said = if far { Said::MoreThan(rules.places_up_to) } else { Said::Place(place) };
        let wait = self.wait_left(now).filter(|_| rules.tells_wait);
        [Some(said), wait.map(Said::Wait)].into_iter().flatten().collect()
    }

    fn wait_left(&self, now: Mono) -> Option<WaitTold> {
        let (at, low, high) = self.expected?;
        let passed = now.since(at);
        WaitTold::of(low.saturating_sub(passed), high.checked_sub(passed).filter(|left| !left.is_zero())?)
    }

    fn message_due(&mut self, now: Mono, rules: &AnnounceRules) -> Option<Said> {
        let name = rules.messages.get(self.next_message.checked_rem(rules.messages.len())?)?;
        self.message_at.take_if(|at| *at <= now)?;
        self.message_at = Some(now + rules.message_every);
        self.next_message += 1;
        Some(Said::Message(name.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn rules() -> AnnounceRules {
        let messages = vec!["sito".to_owned(), "orari".to_owned()];
        AnnounceRules { places_up_to: 10, tells_wait: true, messages, message_every: 60 * S }
    }

    fn at(seconds: u32) -> Mono {
        Mono::ZERO + seconds * S
    }

    #[test]
    fn wait_is_told_in_whole_minutes_and_not_when_it_would_mislead() {
        for (low, high, told) in [
            (0, 50, Some((0, 1))),
            (20, 100, Some((0, 2))),
            (30, 100, Some((0, 2))),
            (180, 290, Some((3, 5))),
            (180, 180, Some((3, 4))),
            (120, 660, None),
            (420, 660, Some((7, 10))),
            (600, 900, Some((10, 15))),
            (1_300, 1_900, Some((20, 30))),
            (20, 290, None),
            (3_000, 3_800, None),
        ] {
            let said = WaitTold::of(low * S, high * S).map(|told| (told.low_min, told.high_min));
            assert_eq!(said, told, "{low} to {high} s");
        }
    }

    #[test]
    fn place_is_told_first_and_when_it_has_improved_and_far_behind_as_more_than() {
        let mut told =
            Announcements::begin(Mono::ZERO, None, &AnnounceRules { messages: Vec::new(), ..rules() });
        for (place, said) in [
            (14, vec![Said::MoreThan(10)]),
            (12, vec![]),
            (10, vec![Said::Place(10)]),
            (10, vec![]),
            (11, vec![]),
            (9, vec![Said::Place(9)]),
        ] {
            assert_eq!(told.due(Mono::ZERO, place, true, &rules_without_messages()), said, "place {place}");
        }
    }

    fn rules_without_messages() -> AnnounceRules {
        AnnounceRules { messages: Vec::new(), ..rules() }
    }

    #[test]
    fn wait_that_is_told_later_is_what_is_left_of_the_first_and_never_grows() {
        let mut told = Announcements::begin(Mono::ZERO, Some((180 * S, 300 * S)), &rules());
        let wait = |low_min, high_min| Said::Wait(WaitTold { low_min, high_min });
        assert_eq!(told.due(at(0), 3, true, &rules_without_messages()), [Said::Place(3), wait(3, 5)]);
        assert_eq!(told.due(at(100), 2, true, &rules_without_messages()), [Said::Place(2), wait(1, 3)]);
        assert_eq!(told.due(at(400), 1, true, &rules_without_messages()), [Said::Place(1)], "it is used up");
    }

    #[test]
    fn messages_come_in_turn_when_no_place_is_told_and_their_time_has_come() {
        let mut told = Announcements::begin(Mono::ZERO, None, &rules());
        let message = |name: &str| vec![Said::Message(name.to_owned())];
        for (seconds, place, said) in [
            (0, 2, vec![Said::Place(2)]),
            (45, 2, vec![]),
            (90, 2, message("sito")),
            (135, 1, vec![Said::Place(1)]),
            (180, 1, message("orari")),
            (225, 1, vec![]),
            (270, 1, message("sito")),
        ] {
            assert_eq!(told.due(at(seconds), place, true, &rules()), said, "after {seconds} s");
        }
    }
}
