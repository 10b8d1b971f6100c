//! What must be true of every history, worked out from the journal's facts alone and by other means than the engine's own.

use std::collections::{BTreeMap, BTreeSet};

use centralino::acd::{LiveSkills, Strategy};
use centralino::callback::Change;
use centralino::config::Config;
use centralino::ids::{ContactId, QueueId, SeatId};
use centralino::journal::entry::{Destination, Entry, Fact, Handing, Personal, WaitChange};
use centralino::words::{Direction, NotTaken, Outcome, WorkView};

use super::promises::Promises;

/// A seat, as the facts tell.
#[derive(Debug, Default)]
struct SeatTale {
    /// Rings for or talks with.
    with: Option<ContactId>,
    /// Wrap-up after this talk (milliseconds): what held when the seat was rung, whatever a reload says since.
    wrap_up_ms: i64,
    /// Wrap-up holds until this moment (milliseconds), unless ended by the operator.
    wrap_up_until: i64,
}

/// Where a contact stands in its queue.
#[derive(Clone, Copy, Debug)]
struct Stand {
    /// Since when it waits, less the minutes that it is ahead.
    at_ms: i64,
    order: u64,
}

impl Stand {
    /// Entries know milliseconds; the distribution counts finer, so neighbours may stand either way.
    fn is_before(self, other: Stand) -> bool {
        self.at_ms + 1 < other.at_ms || (self.at_ms == other.at_ms && self.order < other.order)
    }
}

/// Whoever is called outside for a contact, as the facts tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum CalleeTale {
    #[default]
    Nobody,
    Called,
    Talks,
}

/// A contact, as the facts tell.
#[derive(Debug, Default)]
struct ContactTale {
    queue: Option<(QueueId, Stand)>,
    rung: BTreeSet<SeatId>,
    /// A supervisor has given it to this seat, which is rung next.
    taken_by: Option<SeatId>,
    /// An operator has answered, once.
    is_joined: bool,
    callee: CalleeTale,
    closed: Option<Outcome>,
    /// The seat that began it.
    maker: Option<SeatId>,
    /// An emergency: it is made whatever its seat does.
    for_help: bool,
    internal: bool,
    /// It is made to keep a promise, before an operator is there.
    called_first: bool,
    /// Of these, an operator has answered.
    is_taken: bool,
}

/// Follows the facts in order and says what is wrong with them.
#[derive(Debug, Default)]
pub(crate) struct Oracle {
    seats: BTreeMap<SeatId, SeatTale>,
    contacts: BTreeMap<ContactId, ContactTale>,
    /// What citizens said, by file, and nothing has been decided of.
    takes: BTreeMap<String, ContactId>,
    order: u64,
    /// What supervisors have said of who knows what.
    skills: LiveSkills,
    pub(crate) promises: Promises,
    pub(crate) joined: usize,
    pub(crate) kept: usize,
    pub(crate) transferred: usize,
}

/// Why a number may not be called, if so. Whether a trunk leads there may have changed meanwhile.
fn refused(config: &Config, number: &Destination) -> Option<String> {
    let (Destination::Public(number) | Destination::Personal(Personal::Clear(number))) = number else {
        return None;
    };
    let number = number.parse().ok()?;
    let reach = config.reach();
    let number: &centralino::phone_number::PhoneNumber = &number;
    let may = number.is_public() || number.begins_with(&reach.also);
    (!may || reach.own.contains(number)).then(|| format!("{number}"))
}

impl ContactTale {
    /// Whoever is called goes from one state to the next.
    fn moves(&mut self, contact: ContactId, from: CalleeTale, to: CalleeTale) -> Result<(), String> {
        match std::mem::replace(&mut self.callee, to) {
            before if before == from => Ok(()),
            before => Err(format!("whoever is called for {contact} is {before:?} and becomes {to:?}")),
        }
    }
}

impl Oracle {
    /// The next fact. An error is a broken promise.
    pub(crate) fn follow(&mut self, config: &Config, entry: &Entry) -> Result<(), String> {
        self.order += 1;
        match &entry.fact {
            Fact::Started { .. } => self.on_started(),
            Fact::ContactOpened { contact, .. } => {
                let before = self.contacts.insert(*contact, ContactTale::default());
                if before.is_some() {
                    return Err(format!("contact {contact} is opened twice"));
                }
            }
            Fact::Callback { callback, what, .. } => {
                self.promises.follow(entry.at_ms, *callback, what)?;
                // Of several seats that ring one has answered: that is written before the two hear each other.
                if let Change::Joined { contact } = what
                    && self.is_called_first(*contact)
                {
                    let tale = self.contact(*contact)?;
                    (tale.queue, tale.is_taken) = (None, true);
                }
            }
            Fact::Dialled { contact, seat, direction, emergency, callback, .. } => {
                let internal = *direction == Direction::Internal;
                let (maker, for_help) = (seat.clone(), *emergency);
                if let Some(seat) = seat {
                    let own = self.seats.entry(seat.clone()).or_default();
                    if callback.is_some() && entry.at_ms < own.wrap_up_until {
                        return Err(format!("{seat} calls somebody back before its wrap-up ends"));
                    }
                    own.wrap_up_until = 0; // the operator breaks it off
                }
                let called_first = seat.is_none();
                let tale = ContactTale { maker, internal, for_help, called_first, ..ContactTale::default() };
                if self.contacts.insert(*contact, tale).is_some() {
                    return Err(format!("contact {contact} is opened twice"));
                }
            }
            Fact::Queued { contact, queue, since_ms, ahead_min, .. } => {
                self.on_calls(config, *contact)?;
                let at_ms = since_ms.unwrap_or(entry.at_ms) - ahead_min * 60_000;
                let place = (queue.clone(), Stand { at_ms, order: self.order });
                let old = self.contact(*contact)?.queue.replace(place);
                if let Some((old, _)) = old {
                    return Err(format!("{contact} enters {queue} while it is in {old}"));
                }
            }
            Fact::ContactAnswered { contact } if self.is_called_first(*contact) => {
                self.contact(*contact)?.moves(*contact, CalleeTale::Called, CalleeTale::Nobody)?;
            }
            Fact::NumberCalled { contact, number, .. } => {
                self.on_calls(config, *contact)?;
                let tale = self.contact(*contact)?;
                let is_made = tale.maker.is_some() && !tale.for_help;
                if let (true, Some(why)) = (is_made, refused(config, number)) {
                    return Err(format!("{contact} goes to a number that may not be called: {why}"));
                }
                let tale = self.contact(*contact)?;
                if tale.queue.is_some() || !tale.rung.is_empty() || tale.closed.is_some() {
                    return Err(format!("{contact} is given to a number while it waits, or is closed"));
                }
                tale.moves(*contact, CalleeTale::Nobody, CalleeTale::Called)?;
            }
            Fact::NumberNotTaken { contact, .. } => {
                self.contact(*contact)?.moves(*contact, CalleeTale::Called, CalleeTale::Nobody)?;
            }
            Fact::Transferred { contact, .. } => {
                self.transferred += 1;
                self.contact(*contact)?.moves(*contact, CalleeTale::Called, CalleeTale::Talks)?;
            }
            Fact::TransferEnded { contact } => {
                self.contact(*contact)?.moves(*contact, CalleeTale::Talks, CalleeTale::Nobody)?;
            }
            Fact::WaitChanged { contact, how, .. } => self.on_wait_changed(*contact, how)?,
            Fact::QueueLeft { contact, .. } => self.contact(*contact)?.queue = None,
            Fact::SkillsChanged { whose, skills, .. } => self.skills.apply(whose, skills.as_ref()),
            Fact::SentOn { contact, from, .. } => self.on_sent_on(*contact, from)?,
            Fact::SeatRung { contact, seat, queue, direct } => {
                match direct {
                    true => self.on_rung_directly(*contact, seat)?,
                    false => self.on_rung(config, entry.at_ms, *contact, seat, queue)?,
                }
                let tale = self.contact(*contact)?;
                let is_colleague = tale.internal && tale.queue.is_none();
                let wrap_up_ms = if is_colleague { 0 } else { shortest_wrap_up(config) };
                self.seats.entry(seat.clone()).or_default().wrap_up_ms = wrap_up_ms;
            }
            Fact::SeatNotTaken { contact, seat, why } => {
                let tale = self.contact(*contact)?;
                tale.rung.remove(seat);
                if *why == NotTaken::Elsewhere && (tale.queue.is_some() || !(tale.is_joined || tale.is_taken))
                {
                    return Err(format!("{seat} is told that {contact} was answered, which was not"));
                }
                tale.queue.take_if(|_| *why == NotTaken::CallerLeft);
                self.seats.entry(seat.clone()).or_default().with = None;
            }
            Fact::Joined { contact, seat, .. } => {
                self.joined += 1;
                self.promises.on_joined(*contact)?;
                // What was rung directly owes what holds when the citizen is there.
                let own = &mut self.seats.entry(seat.clone()).or_default().wrap_up_ms;
                *own = shortest_wrap_up(config).min(*own);
                let tale = self.contact(*contact)?;
                (tale.queue, tale.is_joined) = (None, true);
                let begun_by_it = tale.maker.as_ref() == Some(seat) || tale.callee == CalleeTale::Called;
                if begun_by_it && !tale.rung.contains(seat) {
                    return tale.moves(*contact, CalleeTale::Called, CalleeTale::Nobody);
                }
                if !tale.rung.remove(seat) {
                    return Err(format!("{contact} is joined with {seat}, which was not rung for it"));
                }
            }
            Fact::WatchEnded { contact, by, took_over: true } => {
                let own = self.seats.entry(by.clone()).or_default();
                if let Some(other) = own.with.replace(*contact) {
                    return Err(format!("{by} takes {contact} over while it is with {other}"));
                }
                own.wrap_up_ms = 0; // who listened may be logged out, and then has nothing to wrap up
                self.contact(*contact)?.rung.insert(by.clone());
            }
            Fact::Handling { contact, step: Handing::Ended { seat: Some(seat) }, .. } => {
                let tale = self.contact(*contact)?;
                if !tale.rung.remove(seat) {
                    return Err(format!("{seat} no longer speaks about {contact}, and was not rung for it"));
                }
                self.seats.entry(seat.clone()).or_default().with = None;
            }
            Fact::Handling { contact, step: Handing::Ended { seat: None }, .. } => {
                self.contact(*contact)?.moves(*contact, CalleeTale::Called, CalleeTale::Nobody)?;
            }
            Fact::Parted { contact, seat } => self.on_parted(entry.at_ms, *contact, seat)?,
            Fact::WrappedUp { seat, .. } => {
                let tale = self.seats.entry(seat.clone()).or_default();
                // A citizen who comes back to the operator breaks into it, and it goes on afterwards.
                if entry.at_ms < tale.wrap_up_until && tale.with.is_none() {
                    return Err(format!(
                        "wrap-up of {seat} was cut {} ms short",
                        tale.wrap_up_until - entry.at_ms
                    ));
                }
            }
            Fact::TakeBegun { contact, file, .. } => self.on_take_begun(*contact, file)?,
            Fact::TakeKept { contact, file, .. } => {
                self.kept += 1;
                self.on_take_decided(*contact, file)?;
            }
            Fact::TakeDropped { contact, file } => self.on_take_decided(*contact, file)?,
            Fact::RecordingFailed { file, .. } => drop(self.takes.remove(file)),
            Fact::ContactClosed { contact, outcome, .. } => {
                let tale = self.contact(*contact)?;
                if let Some(before) = tale.closed.replace(*outcome) {
                    return Err(format!("{contact} is closed as {before:?} and again as {outcome:?}"));
                }
                tale.queue = None;
                if tale.callee != CalleeTale::Nobody {
                    return Err(format!("{contact} is closed while a number rings for it or talks with it"));
                }
                if let Some(maker) = tale.maker.clone() {
                    let seat = self.seats.entry(maker).or_default();
                    seat.with.take_if(|with| with == contact);
                }
            }
            Fact::SeatChanged { seat, now, by, .. } if now.work == WorkView::Idle => {
                let tale = self.seats.entry(seat.clone()).or_default();
                if by.is_some() {
                    tale.wrap_up_until = 0; // the operator said so
                }
                if entry.at_ms < tale.wrap_up_until {
                    return Err(format!(
                        "{seat} is free {} ms before its wrap-up ends",
                        tale.wrap_up_until - entry.at_ms
                    ));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The call of an operator begins to do something: its seat has no other.
    fn on_calls(&mut self, config: &Config, contact: ContactId) -> Result<(), String> {
        let tale = self.contact(contact)?;
        let Some(maker) = tale.maker.clone() else { return Ok(()) };
        let (for_help, internal) = (tale.for_help, tale.internal);
        let wrap_up = if internal { 0 } else { shortest_wrap_up(config) };
        let seat = self.seats.entry(maker.clone()).or_default();
        if for_help && seat.with.is_some() {
            return Ok(());
        }
        match seat.with.replace(contact) {
            Some(other) if other != contact => {
                return Err(format!("{maker} calls in {contact} while it is with {other}"));
            }
            Some(_) => {}
            None => seat.wrap_up_ms = wrap_up,
        }
        Ok(())
    }

    fn on_take_begun(&mut self, contact: ContactId, file: &str) -> Result<(), String> {
        match self.takes.insert(file.to_owned(), contact) {
            Some(other) => Err(format!("{file} of {other} is recorded to by {contact}")),
            None => Ok(()),
        }
    }

    fn on_take_decided(&mut self, contact: ContactId, file: &str) -> Result<(), String> {
        match self.takes.remove(file) {
            Some(of) if of == contact => Ok(()),
            _ => Err(format!("{file} of {contact} is decided, and nothing was to be")),
        }
    }

    /// A restart forgets who waits and who talks.
    fn on_started(&mut self) {
        self.seats.clear();
        for tale in self.contacts.values_mut() {
            tale.queue = None;
            tale.rung.clear();
            tale.callee = CalleeTale::Nobody;
        }
    }

    fn on_rung(
        &mut self,
        config: &Config,
        at_ms: i64,
        contact: ContactId,
        seat: &SeatId,
        queue: &QueueId,
    ) -> Result<(), String> {
        let is_wished = self.contact(contact)?.taken_by.take().as_ref() == Some(seat);
        let tale = self.seats.entry(seat.clone()).or_default();
        if at_ms < tale.wrap_up_until && !is_wished {
            return Err(format!("{seat} is rung {} ms before its wrap-up ends", tale.wrap_up_until - at_ms));
        }
        if let Some(other) = tale.with.replace(contact) {
            return Err(format!("{seat} is rung for {contact} while it is with {other}"));
        }
        let called = self.contact(contact)?;
        if called.internal && called.queue.is_none() {
            called.rung.insert(seat.clone());
            return self.on_calls(config, contact);
        }
        let place = self.contact(contact)?.queue.clone();
        let Some((waits_in, since)) = place else {
            return Err(format!("{seat} is rung for {contact}, which does not wait"));
        };
        if waits_in != *queue {
            return Err(format!("{seat} is rung for {contact} in {queue}, which waits in {waits_in}"));
        }
        // Of a queue that a reload has taken away it is not known any more.
        let most = config.queues.get(queue).map_or(usize::MAX, |queue| match queue.rules.strategy {
            Strategy::RingAll => queue.rules.ring_at_most,
            _ => 1,
        });
        let rung = &mut self.contact(contact)?.rung;
        if !rung.insert(seat.clone()) || rung.len() > most {
            return Err(format!("{contact} has {} seats ringing, {most} at most may", rung.len()));
        }
        // A listed number may wait for its own operator.
        if !config.callers.is_empty() || is_wished {
            return Ok(());
        }
        // Who does not know what the queue needs takes those who can do without it, wherever they stand.
        let needed = config.queues.get(queue).map(|queue| &queue.rules.needs.skills);
        let seats = self.skills.over(config.seats.values().map(|seat| &seat.rules));
        let known = seats.iter().find(|rules| rules.id == *seat).map(|rules| &rules.skills);
        let knows = known.zip(needed).is_some_and(|(known, needed)| known.meet(needed));
        if !knows {
            return Ok(());
        }
        let earlier = self.contacts.iter().find(|(other, tale)| {
            **other != contact
                && tale.rung.is_empty()
                && tale.queue.as_ref().is_some_and(|(name, stand)| name == queue && stand.is_before(since))
        });
        match earlier {
            Some((other, _)) => {
                Err(format!("{seat} is rung for {contact} although {other} came first to {queue}"))
            }
            None => Ok(()),
        }
    }

    /// What a supervisor does makes sense only of one who waits.
    fn on_wait_changed(&mut self, contact: ContactId, how: &WaitChange) -> Result<(), String> {
        let tale = self.contact(contact)?;
        let Some((queue, stand)) = &mut tale.queue else {
            return Err(format!("{how:?} of {contact}, which does not wait"));
        };
        match how {
            WaitChange::Moved { from, .. } if *from == *queue => tale.queue = None,
            WaitChange::Moved { from, .. } => {
                return Err(format!("{contact} is moved from {from}, and waits in {queue}"));
            }
            WaitChange::Advanced { minutes } => stand.at_ms -= i64::from(*minutes) * 60_000,
            WaitChange::Taken { seat } => tale.taken_by = Some(seat.clone()),
        }
        Ok(())
    }

    /// Only who waits there is sent on, and whom a seat rings for is not.
    fn on_sent_on(&mut self, contact: ContactId, from: &QueueId) -> Result<(), String> {
        let tale = self.contact(contact)?;
        let waits = tale.queue.take().filter(|(queue, _)| queue == from && tale.rung.is_empty());
        waits.map(drop).ok_or_else(|| format!("{contact} is sent on out of {from}, where it does not wait"))
    }

    /// An operator wants this seat: one call at a time, here too. (A citizen who comes back may break into a wrap-up.)
    fn on_rung_directly(&mut self, contact: ContactId, seat: &SeatId) -> Result<(), String> {
        let tale = self.seats.entry(seat.clone()).or_default();
        if let Some(other) = tale.with.replace(contact) {
            return Err(format!("{seat} is rung for {contact} while it is with {other}"));
        }
        let tale = self.contact(contact)?;
        if tale.queue.is_some() || tale.closed.is_some() || !tale.rung.insert(seat.clone()) {
            return Err(format!(
                "{seat} is rung for {contact}, which waits, is closed, or is rung there already"
            ));
        }
        Ok(())
    }

    fn on_parted(&mut self, at_ms: i64, contact: ContactId, seat: &SeatId) -> Result<(), String> {
        let for_help = self.contacts.get(&contact).is_some_and(|tale| tale.for_help);
        let tale = self.seats.entry(seat.clone()).or_default();
        if for_help && tale.with != Some(contact) {
            return Ok(());
        }
        if tale.with.take() != Some(contact) {
            return Err(format!("{seat} parts from {contact}, with which it was not"));
        }
        tale.wrap_up_until = at_ms.saturating_add(tale.wrap_up_ms);
        // Whoever began the call and has handed it over has no part in it any more.
        self.contact(contact)?.maker.take_if(|maker| maker == seat);
        Ok(())
    }

    fn is_called_first(&self, contact: ContactId) -> bool {
        self.contacts.get(&contact).is_some_and(|tale| tale.called_first)
    }

    fn contact(&mut self, contact: ContactId) -> Result<&mut ContactTale, String> {
        self.contacts.get_mut(&contact).ok_or_else(|| format!("{contact} is spoken of before it is opened"))
    }

    /// At the end: every contact has its one outcome, and what citizens said is kept or dropped.
    pub(crate) fn all_closed(&self) -> Result<(), String> {
        match self.contacts.iter().find(|(_, tale)| tale.closed.is_none()) {
            Some((contact, _)) => Err(format!("{contact} was never closed")),
            None => match self.takes.keys().next() {
                Some(file) => Err(format!("nothing became of {file}")),
                None => Ok(()),
            },
        }
    }
}

/// In milliseconds. Every queue of the demo has the same wrap-up; the shortest is what must hold in any case.
fn shortest_wrap_up(config: &Config) -> i64 {
    let wrap_up = config.queues.values().map(|queue| queue.rules.wrap_up).min();
    i64::try_from(wrap_up.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}
