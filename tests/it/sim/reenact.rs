//! A day on record, lived again: the citizens of its contacts call, press and hang up when they did, and its operators answer as they did.
//!
//! What people did is read from the stories alone. Whatever the exchange made of it (who waited, who was rung, what was said, how
//! each contact ended) is not: that is what comes out again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use centralino::crm::ContactLine;
use centralino::ids::SeatId;
use centralino::io::records::ContactStory;
use centralino::journal::entry::Fact;
use centralino::words::{EndedBy, NotTaken};

use super::phone::{Line, Manner, PhoneId};
use super::{Setting, Sim};

/// A seat's phone is told what to do with a ring so long before it comes.
const BEFORE: i64 = 20;

/// So long after the end on record a citizen hangs up who may not have: the flow is then through with its last words.
const AFTER: i64 = 100;

/// What somebody does.
enum Deed {
    Dials(usize),
    Presses(usize, char),
    HangsUp(usize),
    SeatDoes(SeatId, Manner),
    SeatHangsUp(SeatId),
}

/// Lives the day again, from the first call on; what the contacts are like this time, the oldest first.
pub(crate) fn reenact(setting: Setting, stories: &[ContactStory]) -> Vec<ContactLine> {
    let deeds = deeds(stories);
    let first_ms = deeds.first().map_or(0, |(at_ms, _)| *at_ms);
    let mut sim = Sim::with(setting, 1).starting_at(&morning(first_ms));
    let rung = stories.iter().flat_map(ContactStory::facts).filter_map(|(_, fact)| match fact {
        Fact::SeatRung { seat, .. } => Some(seat.clone()),
        _ => None,
    });
    let rung: BTreeSet<SeatId> = rung.collect();
    let seats: BTreeMap<SeatId, PhoneId> =
        rung.into_iter().map(|seat| (seat.clone(), sim.seat(seat.as_str()))).collect();
    let (begin, mut citizens) = (sim.now + Duration::from_secs(1), BTreeMap::new());
    for (at_ms, deed) in deeds {
        let at = begin + Duration::from_millis(u64::try_from(at_ms - first_ms).expect("in order"));
        sim.advance(at.since(sim.now));
        match deed {
            Deed::Dials(call) => {
                let line = &stories[call].line;
                let (from, to) = (line.from.as_deref().unwrap_or("anonymous"), line.to.as_deref());
                citizens.insert(call, sim.dial_from(from, to.expect("a number of ours")));
            }
            Deed::Presses(call, key) => sim.press(citizens[&call], &key.to_string()),
            Deed::HangsUp(call) => sim.hang_up(citizens[&call]),
            Deed::SeatDoes(seat, manner) => sim.with_phone(seats[&seat], |phone, _| phone.manner = manner),
            Deed::SeatHangsUp(seat) if sim.line(seats[&seat]) != Line::Free => sim.hang_up(seats[&seat]),
            Deed::SeatHangsUp(_) => {}
        }
    }
    sim.advance(Duration::from_secs(120)); // whatever the flow still says, and wrap-ups
    sim.verdict().expect("nothing is broken");
    sim.contacts()
}

/// The moment as worlds are told it.
fn morning(ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(ms).expect("a moment of this century");
    at.in_tz("Europe/Rome").expect("it is in the list").to_string()
}

/// What people did, in order.
fn deeds(stories: &[ContactStory]) -> Vec<(i64, Deed)> {
    let mut deeds = Vec::new();
    for (call, story) in stories.iter().enumerate() {
        let mut rings: BTreeMap<SeatId, i64> = BTreeMap::new();
        let citizen_left = story.facts().find_map(|(at_ms, fact)| {
            let left = matches!(fact, Fact::ContactClosed { ended_by: EndedBy::Citizen, .. });
            left.then_some(at_ms)
        });
        for (at_ms, fact) in story.facts() {
            match fact {
                Fact::ContactOpened { .. } => deeds.push((at_ms, Deed::Dials(call))),
                Fact::KeyPressed { key, .. } => deeds.push((at_ms, Deed::Presses(call, *key))),
                Fact::ContactClosed { ended_by: EndedBy::Citizen, .. } => {
                    deeds.push((at_ms, Deed::HangsUp(call)))
                }
                // Who was left by the operator may have hung up later, or the flow has.
                Fact::ContactClosed { ended_by: EndedBy::Operator, .. } => {
                    deeds.push((at_ms + AFTER, Deed::HangsUp(call)));
                }
                Fact::SeatRung { seat, .. } => drop(rings.insert(seat.clone(), at_ms)),
                Fact::Joined { seat, .. } => {
                    deeds.extend(ring(&rings, seat, at_ms, Manner::Answers));
                }
                Fact::SeatNotTaken { seat, why: NotTaken::Rejected, .. } => {
                    deeds.extend(ring(&rings, seat, at_ms, Manner::Rejects));
                }
                Fact::SeatNotTaken { seat, .. } => {
                    deeds.extend(ring(&rings, seat, at_ms, |_| Manner::Ignores))
                }
                Fact::Parted { seat, .. } if citizen_left != Some(at_ms) => {
                    deeds.push((at_ms, Deed::SeatHangsUp(seat.clone())));
                }
                _ => {}
            }
        }
    }
    deeds.sort_by_key(|(at_ms, _)| *at_ms);
    deeds
}

fn ring(
    rings: &BTreeMap<SeatId, i64>,
    seat: &SeatId,
    at_ms: i64,
    manner: impl Fn(Duration) -> Manner,
) -> Option<(i64, Deed)> {
    let rung_ms = *rings.get(seat)?;
    let lasted = Duration::from_millis(u64::try_from(at_ms - rung_ms).ok()?);
    Some((rung_ms - BEFORE, Deed::SeatDoes(seat.clone(), manner(lasted))))
}

/// Both days have the same contacts: who, by which way, to whom and how, and how long it took to within so many seconds.
#[track_caller]
pub(crate) fn assert_same_contacts(then: &[ContactLine], now: &[ContactLine], within_s: f64) {
    let told = |lines: &[ContactLine]| lines.iter().map(what).collect::<Vec<_>>();
    assert_eq!(told(then), told(now));
    for (then, now) in then.iter().zip(now) {
        let spans = |line: &ContactLine| [line.wait_s, line.ring_s, line.talk_s, line.hold_s, line.wrap_up_s];
        let close = spans(then).into_iter().zip(spans(now)).all(|(a, b)| (a - b).abs() < within_s);
        assert!(close, "{:?}: {:?} and {:?}", then.contact, spans(then), spans(now));
    }
}

/// All of a contact that people would notice, but its times and numbers.
fn what(line: &ContactLine) -> impl std::fmt::Debug + PartialEq + use<> {
    let path: Vec<String> = line.path.iter().map(ToString::to_string).collect();
    let who = (line.from.clone(), line.to.clone(), line.seat.clone(), line.operator.clone());
    let about = (line.entity.clone(), line.topic.clone(), line.language.clone(), line.queue.clone());
    let how = (line.outcome, line.ended_by, line.short, line.keys.clone());
    (who, about, how, path, line.survey.clone())
}
