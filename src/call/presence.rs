//! Whether the phones of the seats are still there while nobody talks.
//!
//! A registration says that a phone was there once; one that loses its power says nothing. So each is asked every few seconds (OPTIONS,
//! RFC 3261 section 11), and any answer is one. [`MISSES`] questions in a row without an answer, and the phone is gone until it answers or
//! registers again. A phone that has never answered does not know the question, and is believed. Phones register at different
//! moments, so that their questions are spread by themselves: a thousand of them cost a hundred requests a second.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::ids::SeatId;
use crate::time::Mono;

/// Questions without an answer: one may be lost on the way with all its repeats, as when a switch restarts.
const MISSES: u32 = 2;

/// The registered phones, and when each is asked next.
#[derive(Debug)]
pub struct Presence {
    /// Zero: nobody is asked.
    every: Duration,
    phones: BTreeMap<SeatId, Phone>,
    due: BTreeSet<(Mono, SeatId)>,
}

#[derive(Clone, Copy, Debug)]
struct Phone {
    asks_at: Mono,
    /// A question is in course.
    asked: bool,
    /// It has answered before.
    answers: bool,
    /// In a row.
    misses: u32,
}

impl Presence {
    /// Ask each phone so often.
    pub fn new(every: Duration) -> Presence {
        Presence { every, phones: BTreeMap::new(), due: BTreeSet::new() }
    }

    /// It registers, or does so again.
    pub fn on_registered(&mut self, now: Mono, seat: &SeatId) {
        if let Some(phone) = self.phones.get_mut(seat) {
            (phone.asked, phone.misses) = (false, 0);
        } else if !self.every.is_zero() {
            let asks_at = now + self.every;
            let phone = Phone { asks_at, asked: false, answers: false, misses: 0 };
            self.phones.insert(seat.clone(), phone);
            self.due.insert((asks_at, seat.clone()));
        }
    }

    /// Its registration is over.
    pub fn forget(&mut self, seat: &SeatId) {
        if let Some(phone) = self.phones.remove(seat) {
            self.due.remove(&(phone.asks_at, seat.clone()));
        }
    }

    /// It has answered: true when it had been gone.
    pub fn on_answer(&mut self, seat: &SeatId) -> bool {
        let Some(phone) = self.phones.get_mut(seat) else { return false };
        let was_gone = phone.misses >= MISSES;
        *phone = Phone { asked: false, answers: true, misses: 0, ..*phone };
        was_gone
    }

    /// It is gone, as was found out otherwise: until it answers or registers again.
    pub fn on_gone(&mut self, seat: &SeatId) {
        if let Some(phone) = self.phones.get_mut(seat) {
            phone.misses = MISSES;
        }
    }

    /// The next that is to be asked now, and whether it is gone since this moment.
    pub fn poll_due(&mut self, now: Mono) -> Option<(SeatId, bool)> {
        let (at, seat) = self.due.first().filter(|(at, _)| *at <= now).cloned()?;
        self.due.remove(&(at, seat.clone()));
        let asks_at = now + self.every;
        let phone = self.phones.get_mut(&seat)?;
        if phone.asked && phone.answers {
            phone.misses = phone.misses.saturating_add(1);
        }
        let gone_now = phone.misses == MISSES && phone.asked;
        (phone.asks_at, phone.asked) = (asks_at, true);
        self.due.insert((asks_at, seat.clone()));
        Some((seat, gone_now))
    }

    /// When the next is to be asked.
    pub fn poll_timeout(&self) -> Option<Mono> {
        self.due.first().map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: u64) -> Mono {
        Mono::from_start(Duration::from_secs(s))
    }

    fn asked(presence: &mut Presence, s: u64) -> Option<bool> {
        presence.poll_due(at(s)).map(|(_, gone)| gone)
    }

    #[test]
    fn phone_that_answers_no_more_is_gone_after_two_questions_and_back_with_its_next_answer() {
        let (mut presence, seat) = (Presence::new(Duration::from_secs(10)), SeatId::from("seat01"));
        presence.on_registered(at(0), &seat);
        assert_eq!((asked(&mut presence, 9), asked(&mut presence, 10)), (None, Some(false)));
        assert!(!presence.on_answer(&seat));
        assert_eq!(asked(&mut presence, 20), Some(false));
        assert_eq!(asked(&mut presence, 30), Some(false), "one is missed");
        assert_eq!(asked(&mut presence, 40), Some(true), "two are");
        assert_eq!(asked(&mut presence, 50), Some(false), "told once");
        assert!(presence.on_answer(&seat));
        presence.forget(&seat);
        assert_eq!(presence.poll_timeout(), None);
    }

    #[test]
    fn phone_that_has_never_answered_is_believed() {
        let (mut presence, seat) = (Presence::new(Duration::from_secs(10)), SeatId::from("seat01"));
        presence.on_registered(at(0), &seat);
        assert!((1..20).all(|n| asked(&mut presence, 10 * n) == Some(false)));
    }
}
