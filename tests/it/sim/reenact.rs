//! A day on record, lived again: its citizens call, press and hang up when they did, its operators answer, pause, ask each other and
//! give citizens away as they did, and whoever was called outside does the same.
//!
//! What people did is read from the journal alone ([`deeds`]). Whatever the exchange made of it (who waited, who was rung, what was
//! said, how each contact ended) is not: that is what comes out again, and both journals are [compared](same) fact by fact.
//!
//! Outside there is one line, at which one call can be had at a time. What is not on record cannot be done again: keys that are somebody's
//! own (a number typed in), what is said, phones that vanish, supervisors who change waits or watch.

mod deeds;
mod same;

use std::collections::BTreeMap;
use std::time::Duration;

use centralino::engine::{Command, TalkOrder};
use centralino::ids::{CallId, ContactId, SeatId};
use centralino::journal::entry::{Entry, Fact};

use super::net::Weather;
use super::phone::{Line, Manner, PhoneId};
use super::{Setting, Sim};
use deeds::{Deed, Who, deeds};
pub(crate) use same::assert_same_history;

/// The exchange is up for so long before the first deed.
const UP: Duration = Duration::from_secs(1);
/// Whatever the flow still says when all is done, and wrap-ups.
const REST: Duration = Duration::from_secs(120);

/// The journal tells when the exchange has heard something: nothing is on its way for any longer.
pub(crate) const NO_WAY: Weather =
    Weather { least: Duration::ZERO, most: Duration::ZERO, lost: 0, doubled: 0 };

/// Lives the day again; the journal of this time. A setting with numbers outside has its gateway (`Setting::with_gateway`).
pub(crate) fn reenact(setting: Setting, journal: &[Entry]) -> Vec<Entry> {
    let deeds = deeds(journal);
    let first_ms = deeds.first().map_or(0, |(at_ms, _)| *at_ms);
    let mut again = Again::at(setting, first_ms);
    again.then = opened_in(journal).collect();
    let begin = again.sim.now;
    for (at_ms, deed) in deeds {
        let at = begin + Duration::from_millis(u64::try_from(at_ms - first_ms).expect("in order"));
        if at > again.sim.now {
            again.sim.advance(at.since(again.sim.now)); // what is done at one moment is done before anything comes of it
        }
        again.does(deed);
    }
    again.sim.advance(REST);
    again.sim.verdict().expect("nothing is broken");
    again.sim.facts
}

/// The contacts, in the order in which they began: that is the same both times, while numbers are also used up by what is refused.
fn opened_in(journal: &[Entry]) -> impl Iterator<Item = ContactId> {
    journal.iter().filter_map(|entry| match entry.fact {
        Fact::ContactOpened { contact, .. } | Fact::Dialled { contact, .. } => Some(contact),
        _ => None,
    })
}

/// The day under way.
struct Again {
    sim: Sim,
    then: Vec<ContactId>,
    outside: PhoneId,
    seats: BTreeMap<SeatId, PhoneId>,
    citizens: BTreeMap<ContactId, PhoneId>,
}

impl Again {
    /// With the clock of that day, right before its first deed.
    fn at(setting: Setting, first_ms: i64) -> Again {
        let mut sim = Sim::with(setting, 1);
        sim.weather = NO_WAY;
        let outside = sim.gateway(&[]);
        sim.advance(UP);
        let first = jiff::Timestamp::from_millisecond(first_ms).expect("a moment of this century");
        let begin = (first - sim.now.since_start()).in_tz("Europe/Rome").expect("it is in the list");
        let sim = sim.starting_at(&begin.to_string());
        Again { sim, then: Vec::new(), outside, seats: BTreeMap::new(), citizens: BTreeMap::new() }
    }

    fn does(&mut self, deed: Deed) {
        match deed {
            Deed::Registers(seat, on) => self.registers(seat, on),
            Deed::Dials { contact, from, to } => {
                let phone = self.sim.dial_from(&from, &to);
                self.citizens.insert(contact, phone);
            }
            Deed::Presses(who, key) => {
                if let Some(phone) = self.phone(&who) {
                    self.sim.press(phone, &key.to_string());
                }
            }
            Deed::HangsUp(contact) => {
                if let Some(phone) = self.citizens.get(&contact) {
                    self.sim.hang_up(*phone);
                }
            }
            Deed::SeatMeets(seat, manner) => self.meets(self.seats[&seat], manner),
            Deed::SeatDials(seat, number) => {
                self.sim.with_phone(self.seats[&seat], |phone, now| phone.dial(now, &number));
            }
            Deed::SeatHangsUp(seat) => self.ends(self.seats[&seat]),
            Deed::Orders(seat, order) => self.sim.command(Command::Seat(seat, order)),
            Deed::Talks(contact, act, by) => {
                let opened = self.then.iter().position(|known| *known == contact);
                if let Some(call) = opened.and_then(|place| opened_in(&self.sim.facts).nth(place)) {
                    self.sim.command(Command::Talk(TalkOrder { call: CallId(call.0), act, by }));
                }
            }
            Deed::Promises(order) => self.sim.command(Command::Callback(order)),
            // One line: who calls while it is taken finds it engaged by itself.
            Deed::OutsideMeets(Manner::Refused(_)) if self.sim.line(self.outside) != Line::Free => {}
            Deed::OutsideMeets(manner) => self.meets(self.outside, manner),
            Deed::OutsideHangsUp => self.ends(self.outside),
        }
    }

    fn phone(&self, who: &Who) -> Option<PhoneId> {
        match who {
            Who::Citizen(contact) => self.citizens.get(contact).copied(),
            Who::Seat(seat) => self.seats.get(seat).copied(),
            Who::Outside => Some(self.outside),
        }
    }

    fn registers(&mut self, seat: SeatId, on: bool) {
        match self.seats.get(&seat) {
            Some(phone) if !on => self.sim.with_phone(*phone, super::phone::Phone::unregister),
            Some(phone) => {
                let password = self.sim.config().seats[&seat].password.reveal().to_owned();
                self.sim.with_phone(*phone, |phone, now| phone.register(now, &password));
            }
            None => {
                let phone = self.sim.seat_phone(seat.as_str());
                self.seats.insert(seat, phone);
            }
        }
    }

    fn meets(&mut self, phone: PhoneId, manner: Manner) {
        self.sim.with_phone(phone, |phone, _| phone.manner = manner);
    }

    fn ends(&mut self, phone: PhoneId) {
        if self.sim.line(phone) != Line::Free {
            self.sim.hang_up(phone);
        }
    }
}
