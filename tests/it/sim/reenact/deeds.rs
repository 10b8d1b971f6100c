//! What people did in a day, read from its journal.
//!
//! A fact is either somebody's doing (a key, a hang-up, a ring that is answered) or what the exchange made of it. Only the first become
//! deeds. Where one doing leaves several facts they are of one moment and one contact, and tell each other: an operator who parts at the
//! moment in which the citizen hangs up has done nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use centralino::call::Move;
use centralino::callback::{Change, End, Kind, Promise};
use centralino::engine::{BookOrder, CallbackOrder, SeatAct, SeatOrder, TalkAct};
use centralino::ids::{ContactId, SeatId};
use centralino::journal::entry::{Destination, Entry, Fact, Handing, Personal, Whom};
use centralino::words::{Direction, EndedBy, NotTaken, SeatView, Status, StatusChange, WorkView};

use crate::sim::phone::Manner;

/// A phone is told what to do with a ring so long before it comes, in ms.
const BEFORE: i64 = 20;
/// So long after the end on record a citizen hangs up who has not, in ms.
const AFTER: i64 = 100;
/// A refusal that comes sooner than this, in ms, is the phone's own and not a person's.
const AT_ONCE: i64 = 300;

/// At which phone.
#[derive(Debug)]
pub(super) enum Who {
    Citizen(ContactId),
    Seat(SeatId),
    Outside,
}

/// What somebody does.
#[derive(Debug)]
pub(super) enum Deed {
    /// The phone of a seat can be reached from now on, or no longer.
    Registers(SeatId, bool),
    Dials {
        contact: ContactId,
        from: String,
        to: String,
    },
    Presses(Who, char),
    HangsUp(ContactId),
    /// Whoever sits there meets the next ring so.
    SeatMeets(SeatId, Manner),
    SeatDials(SeatId, String),
    SeatHangsUp(SeatId),
    Orders(SeatId, SeatOrder),
    Talks(ContactId, TalkAct, String),
    Promises(CallbackOrder),
    /// Whoever is called outside meets the next ring so.
    OutsideMeets(Manner),
    OutsideHangsUp,
}

/// What people did, in order, with the moments.
pub(super) fn deeds(journal: &[Entry]) -> Vec<(i64, Deed)> {
    let mut reading = Reading::default();
    let mut seats: BTreeMap<&SeatId, &SeatView> = BTreeMap::new();
    for Entry { at_ms, fact } in journal {
        if let Some(contact) = fact.contact() {
            reading.at_once.entry((contact, *at_ms)).or_default().push(fact);
        }
        if let Fact::SeatChanged { seat, now, .. } = fact {
            let before = seats.insert(seat, now);
            reading.turns.extend(before.and_then(|before| turned(before, now)).map(|talk| (talk, *at_ms)));
        }
    }
    for (place, entry) in journal.iter().enumerate() {
        reading.read(entry, &journal[place..]);
    }
    let mut deeds = reading.deeds;
    deeds.sort_by_key(|(at_ms, _)| *at_ms);
    deeds
}

/// What has been read so far.
#[derive(Default)]
struct Reading<'j> {
    /// Facts of one contact and one moment.
    at_once: BTreeMap<(ContactId, i64), Vec<&'j Fact>>,
    deeds: Vec<(i64, Deed)>,
    seats: BTreeMap<SeatId, SeatView>,
    reachable_since: BTreeMap<SeatId, i64>,
    /// Where an operator turned from one to the other.
    turns: BTreeSet<(ContactId, i64)>,
    talks: BTreeMap<ContactId, Talk>,
}

/// How far a contact is.
#[derive(Default)]
struct Talk {
    /// Whoever is not ours was called: an operator dialled, or a promise is kept.
    is_made: bool,
    /// From there, if an operator is there already.
    maker: Option<SeatId>,
    /// And another seat was called.
    calls_seat: bool,
    /// Somebody is asked, and is not with the citizen yet.
    asks: bool,
    joined: BTreeSet<SeatId>,
}

impl<'j> Reading<'j> {
    fn does(&mut self, at_ms: i64, deed: Deed) {
        self.deeds.push((at_ms, deed));
    }

    /// Another fact of the same contact and moment is like this.
    fn together(&self, contact: ContactId, at_ms: i64, like: impl Fn(&Fact) -> bool) -> bool {
        self.at_once.get(&(contact, at_ms)).is_some_and(|facts| facts.iter().any(|fact| like(fact)))
    }

    fn is_closed(&self, contact: ContactId, at_ms: i64) -> bool {
        self.together(contact, at_ms, |fact| matches!(fact, Fact::ContactClosed { .. }))
    }

    /// `rest` begins with the entry itself.
    fn read(&mut self, Entry { at_ms, fact }: &'j Entry, rest: &'j [Entry]) {
        let at_ms = *at_ms;
        match fact {
            Fact::SeatChanged { seat, now, by, why } => {
                let by = (by.clone(), why.clone());
                self.read_seat(at_ms, seat, now, by, rest);
            }
            Fact::Callback { number, what, by: Some(by), callback, .. } => match what {
                Change::Promised { promise } => self.does(at_ms, booked(promise, number.as_ref(), by)),
                Change::Ended { how: End::Cancelled } => {
                    let cancel = CallbackOrder::Cancel { id: *callback, by: Some(by.clone()) };
                    self.does(at_ms, Deed::Promises(cancel));
                }
                _ => {}
            },
            fact => {
                if let Some(contact) = fact.contact() {
                    self.read_contact(at_ms, contact, fact, rest);
                }
            }
        }
    }

    fn read_contact(&mut self, at_ms: i64, contact: ContactId, fact: &Fact, rest: &[Entry]) {
        match fact {
            Fact::ContactOpened { from, to, .. } => {
                let (from, to) = (clear(from), to.clone());
                self.does(at_ms, Deed::Dials { contact, from, to });
            }
            Fact::Dialled { seat, to, by, callback, direction, .. } => {
                let calls_seat = *direction == Direction::Internal;
                let talk = Talk { is_made: true, maker: seat.clone(), calls_seat, ..Talk::default() };
                self.talks.insert(contact, talk);
                if let (Some(seat), None, None) = (seat, by, callback) {
                    self.does(at_ms, Deed::SeatDials(seat.clone(), number_of(to)));
                }
            }
            Fact::KeyPressed { key, .. } => {
                let by = match self.talk(contact) {
                    Talk { calls_seat: true, maker: Some(seat), .. } => Who::Seat(seat.clone()),
                    Talk { is_made: true, .. } => Who::Outside,
                    _ => Who::Citizen(contact),
                };
                self.does(at_ms, Deed::Presses(by, *key));
            }
            Fact::ContactClosed { ended_by, .. } => self.read_end(at_ms, contact, *ended_by),
            Fact::NumberCalled { .. } => {
                let meets = outside_meets(contact, at_ms, rest);
                self.does(at_ms - BEFORE, Deed::OutsideMeets(meets));
            }
            Fact::TransferEnded { .. } if !self.is_closed(contact, at_ms) => {
                self.does(at_ms, Deed::OutsideHangsUp);
            }
            // Answered, and over before the two sides heard each other.
            Fact::NumberNotTaken { why: NotTaken::Unreachable, status: None, .. } => {
                self.does(at_ms, Deed::OutsideHangsUp);
            }
            _ => self.read_talk(at_ms, contact, fact, rest),
        }
    }

    fn talk(&mut self, contact: ContactId) -> &mut Talk {
        self.talks.entry(contact).or_default()
    }

    fn read_end(&mut self, at_ms: i64, contact: ContactId, ended_by: EndedBy) {
        let Talk { is_made, maker, .. } = self.talk(contact);
        let (is_made, maker) = (*is_made, maker.clone());
        let parted = self.together(contact, at_ms, |fact| matches!(fact, Fact::Parted { .. }));
        match ended_by {
            EndedBy::Operator if is_made && !parted => {
                if let Some(seat) = maker {
                    self.does(at_ms, Deed::SeatHangsUp(seat));
                }
            }
            EndedBy::Citizen if is_made => self.does(at_ms, Deed::OutsideHangsUp),
            EndedBy::Citizen => self.does(at_ms, Deed::HangsUp(contact)),
            // Who was left by the others has hung up then, unless the flow was through with its last words.
            EndedBy::Operator | EndedBy::Callee if !is_made => {
                let is_flow = self.together(contact, at_ms, |fact| matches!(fact, Fact::NodeEntered { .. }));
                let late = if is_flow && !parted { AFTER } else { 0 };
                self.does(at_ms + late, Deed::HangsUp(contact));
            }
            _ => {}
        }
    }

    // -- in a talk

    fn read_talk(&mut self, at_ms: i64, contact: ContactId, fact: &Fact, rest: &[Entry]) {
        let parts = |fact: &Fact| matches!(fact, Fact::Parted { .. });
        let is_over = self.is_closed(contact, at_ms);
        match fact {
            Fact::Handling { step, .. } => self.read_handing(at_ms, contact, step, rest),
            Fact::Joined { seat, .. } => {
                let leaves = self.together(contact, at_ms, parts);
                let talk = self.talk(contact);
                let merges = !talk.joined.is_empty() && talk.asks && !leaves;
                talk.asks = false;
                talk.joined.insert(seat.clone());
                if merges {
                    self.moves(at_ms, contact, Move::Merge);
                }
            }
            Fact::Transferred { .. } => {
                let leaves = self.together(contact, at_ms, parts);
                let talk = self.talk(contact);
                if std::mem::take(&mut talk.asks) && !talk.joined.is_empty() && !leaves {
                    self.moves(at_ms, contact, Move::Merge);
                }
            }
            Fact::Parted { seat, .. } => {
                let gives = |fact: &Fact| matches!(fact, Fact::Handling { step: Handing::Gives { .. }, .. });
                let by_citizen =
                    |fact: &Fact| matches!(fact, Fact::ContactClosed { ended_by: EndedBy::Citizen, .. });
                self.talk(contact).joined.remove(seat);
                let is_doing =
                    !self.together(contact, at_ms, gives) && !self.together(contact, at_ms, by_citizen);
                if is_doing {
                    self.does(at_ms, Deed::SeatHangsUp(seat.clone()));
                }
            }
            Fact::SeatNotTaken { why: NotTaken::CallerLeft, .. }
            | Fact::NumberNotTaken { why: NotTaken::CallerLeft, .. }
                if !is_over && self.talk(contact).asks && !self.together(contact, at_ms, parts) =>
            {
                self.talk(contact).asks = false;
                self.moves(at_ms, contact, Move::Back);
            }
            Fact::Held { on, .. } if !is_over => self.read_hold(at_ms, contact, *on),
            _ => {}
        }
    }

    fn read_handing(&mut self, at_ms: i64, contact: ContactId, step: &Handing, rest: &[Entry]) {
        match step {
            Handing::Consults { whom, by } => {
                self.talk(contact).asks = true;
                let act = TalkAct::Consult(target(contact, whom, rest));
                self.does(at_ms, Deed::Talks(contact, act, by.clone()));
            }
            Handing::Gives { whom, by } => {
                let act = TalkAct::Give(target(contact, whom, rest));
                self.does(at_ms, Deed::Talks(contact, act, by.clone()));
            }
            Handing::Ended { .. } if !self.is_closed(contact, at_ms) => {
                self.talk(contact).asks = false;
                self.moves(at_ms, contact, Move::Back);
            }
            _ => {}
        }
    }

    /// The citizen hears music, or no longer: by itself it is the operator's hold.
    fn read_hold(&mut self, at_ms: i64, contact: ContactId, on: bool) {
        if !self.is_step(contact, at_ms) && !self.turns.contains(&(contact, at_ms)) {
            self.does(at_ms, Deed::Talks(contact, TalkAct::Hold(on), String::new()));
        }
    }

    /// Somebody came to the talk at that moment, or has gone.
    fn is_step(&self, contact: ContactId, at_ms: i64) -> bool {
        self.together(contact, at_ms, |fact| {
            let is_step = matches!(fact, Fact::Handling { .. } | Fact::Joined { .. } | Fact::Parted { .. });
            let ends = matches!(fact, Fact::SeatNotTaken { .. } | Fact::NumberNotTaken { .. });
            is_step || ends || matches!(fact, Fact::Transferred { .. } | Fact::TransferEnded { .. })
        })
    }

    fn moves(&mut self, at_ms: i64, contact: ContactId, wanted: Move) {
        self.does(at_ms, Deed::Talks(contact, TalkAct::Move(wanted), String::new()));
    }

    // -- seats

    fn read_seat(
        &mut self,
        at_ms: i64,
        seat: &SeatId,
        now: &SeatView,
        (by, why): (Option<String>, Option<String>),
        rest: &[Entry],
    ) {
        let before = self.seats.insert(seat.clone(), now.clone()).unwrap_or_default();
        if before.reachable != now.reachable {
            self.reachable_since.insert(seat.clone(), at_ms);
            self.does(at_ms, Deed::Registers(seat.clone(), now.reachable));
        }
        if let Some(act) = by.is_some().then(|| act(&before, now)).flatten() {
            self.does(at_ms, Deed::Orders(seat.clone(), SeatOrder { act, by, why }));
        }
        if let Some(contact) = turned(&before, now).filter(|contact| !self.is_step(*contact, at_ms)) {
            self.moves(at_ms, contact, Move::Swap);
        }
        if before.work != WorkView::Ringing && now.work == WorkView::Ringing {
            let meets = seat_meets(seat, at_ms, rest);
            let since = self.reachable_since.get(seat).copied().unwrap_or(at_ms);
            self.does(since.max(at_ms - BEFORE), Deed::SeatMeets(seat.clone(), meets));
        }
    }
}

/// The talk in which the operator turns from the citizen to whoever is asked, or back.
fn turned(before: &SeatView, now: &SeatView) -> Option<ContactId> {
    let is_one_talk = before.call == now.call && before.work.is_talk() && now.work.is_talk();
    let turns = (before.work == WorkView::Consulting) != (now.work == WorkView::Consulting);
    now.call.filter(|_| is_one_talk && turns).map(ContactId::from)
}

/// What was asked of a seat that it is like this now.
fn act(before: &SeatView, now: &SeatView) -> Option<SeatAct> {
    let is_over = before.work == WorkView::WrapUp && now.work != WorkView::WrapUp;
    if is_over && (before.status == now.status || before.next.as_ref() == Some(&now.status)) {
        return Some(SeatAct::Release); // and what was to follow has followed
    }
    // Said once more, a status takes back what was to follow.
    let taken_back = before.next.is_some() && now.next.is_none();
    let change = match &now.status {
        status if *status == before.status && !taken_back => None,
        Status::Ready if before.status == Status::LoggedOut => Some(StatusChange::LogIn),
        Status::Ready => Some(StatusChange::Ready),
        Status::LoggedOut => Some(StatusChange::LogOut),
        Status::Paused(reason) => Some(StatusChange::Pause(reason.clone())),
        Status::OneCall => Some(StatusChange::OneCall),
    };
    let next = now.next.clone().filter(|_| before.next != now.next).map(StatusChange::Next);
    change.or(next).map(SeatAct::Status)
}

/// What was done with the ring that begins here.
fn seat_meets(seat: &SeatId, rung_ms: i64, rest: &[Entry]) -> Manner {
    let after = rest.iter().find(|entry| {
        matches!(&entry.fact, Fact::SeatChanged { seat: of, now, .. } if of == seat && now.work != WorkView::Ringing)
    });
    let Some(Entry { at_ms, fact: Fact::SeatChanged { now, .. } }) = after else { return Manner::Ignores };
    let lasted = span(rung_ms, *at_ms);
    if now.work.is_talk() {
        return Manner::Answers(lasted);
    }
    let rejected = |fact: &Fact| match fact {
        Fact::SeatNotTaken { seat: of, why, .. }
        | Fact::Callback { what: Change::Declined { seat: of, why }, .. } => {
            of == seat && *why == NotTaken::Rejected
        }
        _ => false,
    };
    let is_rejected = rest.iter().any(|entry| entry.at_ms == *at_ms && rejected(&entry.fact));
    if is_rejected { Manner::Rejects(lasted) } else { Manner::Ignores }
}

/// What was done with the call to a number that begins here. Who has answered is told by the dialog that this opens.
fn outside_meets(contact: ContactId, called_ms: i64, rest: &[Entry]) -> Manner {
    let of_it = rest.iter().filter(|entry| entry.fact.contact() == Some(contact));
    let mut meets = of_it.filter_map(|Entry { at_ms, fact }| match fact {
        Fact::DialogOpened { .. } => Some(Manner::Answers(span(called_ms, *at_ms))),
        Fact::NumberNotTaken { status: Some(status), .. } if at_ms - called_ms < AT_ONCE => {
            Some(Manner::Refused(*status))
        }
        Fact::NumberNotTaken { why: NotTaken::Rejected, .. } => {
            Some(Manner::Rejects(span(called_ms, *at_ms)))
        }
        Fact::NumberNotTaken { .. } | Fact::ContactClosed { .. } => Some(Manner::Ignores),
        _ => None,
    });
    meets.next().unwrap_or(Manner::Ignores)
}

fn span(from_ms: i64, to_ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(to_ms - from_ms).unwrap_or(0))
}

/// As somebody would dial it.
fn target(contact: ContactId, whom: &Whom, rest: &[Entry]) -> String {
    match whom {
        Whom::Seat(seat) => seat.to_string(),
        Whom::Queue(queue) => queue.to_string(),
        Whom::Number(number) => number.clone(),
        Whom::Outside => {
            let called = rest.iter().find_map(|entry| match &entry.fact {
                Fact::NumberCalled { contact: of, number, .. } if *of == contact => Some(number_of(number)),
                _ => None,
            });
            called.expect("a number that is asked is called")
        }
    }
}

fn number_of(to: &Destination) -> String {
    match to {
        Destination::Public(number) => number.clone(),
        Destination::Personal(number) => clear(number),
    }
}

fn clear(personal: &Personal) -> String {
    match personal {
        Personal::Clear(text) => text.clone(),
        Personal::Sealed(_) | Personal::Erased => panic!("a journal is read with its keys"),
    }
}

/// The promise, asked for by whoever did.
fn booked(promise: &Promise, number: Option<&Personal>, by: &str) -> Deed {
    let slot = match &promise.kind {
        Kind::Booked(slot) => Some(slot.start),
        Kind::Place(_) | Kind::Recall => None,
    };
    let order = BookOrder {
        number: number.map(clear).unwrap_or_default(),
        queue: promise.queue.clone(),
        slot,
        entity: Some(promise.entity.clone()),
        topic: promise.topic.clone(),
        language: Some(promise.language.clone()),
        case: promise.case,
        by: Some(by.to_owned()),
    };
    Deed::Promises(CallbackOrder::Book(Box::new(order)))
}
