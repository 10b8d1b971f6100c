//! What every [`Views`] must do, as a function that each implementation's tests call.

use rand::{Rng, SeedableRng, rngs::ChaCha20Rng};

use super::{ContactFilter, Page, Views, catch_up, rebuild};
use crate::crm::{CaseStatus, Contact};
use crate::ids::{CaseId, CitizenId, ContactId, Stamp};
use crate::journal::entry::{Destination, Entry, Fact, Personal};
use crate::journal::file_journal::FileJournal;
use crate::journal::sim_disk::SimDisk;
use crate::journal::{Journal, Lsn};
use crate::words::{Channel, Direction, EndedBy, NotTaken, Outcome};

pub(crate) fn contact(count: u32) -> ContactId {
    ContactId(Stamp { node: 1, epoch: 1, count })
}

/// An answered call of citizen `number`, opened `at` ms: rings 2 s at a first seat, then 1 s at a second; waits 10 s, talks
/// 60 s, of which 5 s on hold; 8 s of wrap-up.
pub(crate) fn answered(count: u32, at: i64, number: &str) -> Vec<Entry> {
    let contact = contact(count);
    let (seat01, seat02) = (crate::ids::SeatId::from("seat01"), crate::ids::SeatId::from("seat02"));
    let queue = crate::ids::QueueId::from("tributi");
    let facts = [
        (0, opened(count, number)),
        (100, Fact::ContactAnswered { contact }),
        (100, Fact::NodeEntered { contact, node: "saluto".into(), info: false }),
        (2000, Fact::KeyPressed { contact, key: '1' }),
        (2000, Fact::NodeEntered { contact, node: "coda".into(), info: false }),
        (
            3000,
            Fact::Queued {
                contact,
                queue: queue.clone(),
                position: 1,
                since_ms: None,
                ahead_min: 0,
                expected_s: None,
            },
        ),
        (4000, Fact::SeatRung { contact, seat: seat01.clone(), queue: queue.clone(), direct: false }),
        (6000, Fact::SeatNotTaken { contact, seat: seat01, why: NotTaken::Rejected }),
        (12_000, Fact::SeatRung { contact, seat: seat02.clone(), queue: queue.clone(), direct: false }),
        (13_000, joined(contact, &seat02, queue, Some(format!("{count}.wav")))),
        (20_000, Fact::Held { contact, on: true }),
        (25_000, Fact::Held { contact, on: false }),
        (73_000, Fact::Parted { contact, seat: seat02.clone() }),
        (73_000, closed(contact, Outcome::Answered, EndedBy::Citizen)),
        (74_000, Fact::Recorded { file: format!("{count}.wav"), ms: 60_000 }),
        (81_000, Fact::WrappedUp { contact, seat: seat02 }),
    ];
    facts.into_iter().map(|(after, fact)| Entry { at_ms: at + after, fact }).collect()
}

fn joined(
    contact: ContactId,
    seat: &crate::ids::SeatId,
    queue: crate::ids::QueueId,
    recording: Option<String>,
) -> Fact {
    Fact::Joined { contact, seat: seat.clone(), operator: "anna".into(), queue, recording }
}

fn closed(contact: ContactId, outcome: Outcome, ended_by: EndedBy) -> Fact {
    Fact::ContactClosed { contact, outcome, ended_by, short: false, why: None }
}

fn opened(count: u32, number: &str) -> Fact {
    Fact::ContactOpened {
        contact: contact(count),
        case: Some(CaseId(u64::from(count))),
        citizen: (number != "anonymous").then(|| CitizenId(contact(1).0)),
        from: Personal::Clear(number.to_owned()),
        to: "055055".to_owned(),
        entity: "firenze".into(),
        topic: None,
        language: "it".into(),
        flow: "055055".into(),
        degraded: false,
    }
}

/// A call that was abandoned in the queue after 7 s.
fn abandoned(count: u32, at: i64, number: &str) -> Vec<Entry> {
    let contact = contact(count);
    let facts = [
        (0, opened(count, number)),
        (
            1000,
            Fact::Queued {
                contact,
                queue: "anagrafe".into(),
                position: 3,
                since_ms: None,
                ahead_min: 0,
                expected_s: None,
            },
        ),
        (8000, closed(contact, Outcome::Abandoned, EndedBy::Citizen)),
    ];
    facts.into_iter().map(|(after, fact)| Entry { at_ms: at + after, fact }).collect()
}

fn journal() -> FileJournal<SimDisk> {
    FileJournal::open(SimDisk::new(), ChaCha20Rng::seed_from_u64(1), 1 << 20).unwrap().0
}

fn write_calls(journal: &mut FileJournal<SimDisk>) {
    let number = Personal::Clear("+390552768224".to_owned());
    let citizen = CitizenId(contact(1).0);
    let found = Entry { at_ms: 0, fact: Fact::CitizenFound { citizen, number, contact: contact(1) } };
    journal.append_group(&[found]).unwrap();
    for count in 1..=9 {
        let at = i64::from(count) * 1_000_000;
        let entries = match count % 3 {
            0 => abandoned(count, at, "anonymous"),
            1 => answered(count, at, "+39 055 2768224"),
            _ => abandoned(count, at, "0552768224"),
        };
        journal.append_group(&entries).unwrap();
    }
}

/// Runs the suite on views that `make` gives, empty each time.
pub(crate) fn suite<V: Views>(mut make: impl FnMut() -> V) {
    let mut journal = journal();
    write_calls(&mut journal);
    let mut views = make();
    catch_up(&mut views, &journal).unwrap();
    assert_eq!(views.applied(), journal.last());
    rows_tell_the_call(&views, &journal);
    lists_are_filtered_and_paged(&views, &journal);
    repeated_and_rebuilt_is_the_same(&mut views, &journal);
    drop(views);
    erased_is_found_no_more(make(), &mut journal);
    messages_are_listed_newest_first_and_go_with_their_contact(make());
    number_of_a_person_who_was_called_goes_with_the_contact(make());
    calls_of_operators_are_found_by_the_number_that_was_called(make());
    any_order_of_entries_is_borne(make(), &journal);
}

fn rows_tell_the_call(views: &impl Views, journal: &impl Journal) {
    let row = views.contact(contact(1)).unwrap().expect("the first call");
    let line = row.line(&journal.keys());
    let times = (line.ring_s, line.wait_s, line.talk_s, line.hold_s, line.wrap_up_s);
    assert_eq!(times, (3.0, 10.0, 55.0, 5.0, 8.0));
    assert_eq!((line.outcome, line.ended_by), (Some(Outcome::Answered), Some(EndedBy::Citizen)));
    assert_eq!(
        (line.from.as_deref(), line.recording.as_deref()),
        (Some("+39 055 2768224"), Some("recordings/1.wav"))
    );
    assert_eq!(line.opened, "1970-01-01T01:16:40.000+01:00");
    assert_eq!((line.keys.as_str(), line.path.len()), ("1", 2));
    assert!(row.story.iter().any(|entry| matches!(entry.fact, Fact::Recorded { .. })));
    assert_eq!(views.contact(contact(99)).unwrap(), None);

    let case = views.case(CaseId(1)).unwrap().expect("its case");
    assert_eq!((case.status, case.contacts), (CaseStatus::Closed, vec![contact(1)]));
    assert_eq!(views.case(CaseId(2)).unwrap().map(|case| case.status), Some(CaseStatus::New));

    let citizen = views.citizen_by_number(journal.keys().hash("0552768224")).unwrap().expect("a citizen");
    let citizen = views.citizen(citizen).unwrap().expect("the row").unsealed(&journal.keys());
    assert_eq!((citizen.contacts, citizen.number), (6, Personal::Clear("+390552768224".to_owned())));
}

fn lists_are_filtered_and_paged(views: &impl Views, journal: &impl Journal) {
    let list = |filter: ContactFilter, limit| {
        let (mut counts, mut after) = (Vec::new(), None);
        loop {
            let listing = views.contacts(&filter, &Page { limit, after }).unwrap();
            assert!(listing.contacts.len() <= limit);
            counts.extend(listing.contacts.iter().map(|contact| contact.contact.0.count));
            after = listing.next;
            if after.is_none() {
                return counts;
            }
        }
    };
    let all = ContactFilter::default();
    assert_eq!(list(all.clone(), 4), [9, 8, 7, 6, 5, 4, 3, 2, 1], "newest first");
    let some = ContactFilter { from_ms: Some(3_000_000), to_ms: Some(6_000_000), ..all.clone() };
    assert_eq!(list(some, 2), [5, 4, 3]);
    assert_eq!(list(ContactFilter { queue: Some("tributi".into()), ..all.clone() }, 2), [7, 4, 1]);
    let abandoned = ContactFilter { outcome: Some(Outcome::Abandoned), ..all.clone() };
    assert_eq!(list(abandoned, 100), [9, 8, 6, 5, 3, 2]);
    let number = Some(journal.keys().hash("+390552768224"));
    assert_eq!(list(ContactFilter { number, ..all.clone() }, 2), [8, 7, 5, 4, 2, 1]);
    let both = ContactFilter { number, queue: Some("tributi".into()), to_ms: Some(7_000_000), ..all };
    assert_eq!(list(both, 1), [4, 1]);
}

fn all_rows(views: &impl Views) -> Vec<Contact> {
    views.contacts(&ContactFilter::default(), &Page { limit: 1000, after: None }).unwrap().contacts
}

fn repeated_and_rebuilt_is_the_same(views: &mut impl Views, journal: &impl Journal) {
    let before = all_rows(views);
    let again = journal.read_from(Lsn(1), 50).unwrap();
    views.apply(&again, &journal.keys()).unwrap();
    assert_eq!(all_rows(views), before, "what was applied is passed over");
    rebuild(views, journal).unwrap();
    assert_eq!(all_rows(views), before, "views are a function of the journal");
}

fn erased_is_found_no_more(mut views: impl Views, journal: &mut FileJournal<SimDisk>) {
    catch_up(&mut views, journal).unwrap();
    let erase = |count| Entry { at_ms: 0, fact: Fact::Erased { contact: contact(count) } };
    journal.append_group(&[erase(1), erase(4)]).unwrap();
    catch_up(&mut views, journal).unwrap();
    let number = journal.keys().hash("0552768224");
    assert_eq!(views.citizen_by_number(number).unwrap(), None);
    let filter = ContactFilter { number: Some(number), ..ContactFilter::default() };
    let left = views.contacts(&filter, &Page { limit: 10, after: None }).unwrap().contacts;
    assert_eq!(left.iter().map(|contact| contact.contact.0.count).collect::<Vec<_>>(), [8, 7, 5, 2]);
    let row = views.contact(contact(1)).unwrap().expect("the row stays, without the number");
    assert_eq!(row.line(&journal.keys()).from, None);
}

fn messages_are_listed_newest_first_and_go_with_their_contact(mut views: impl Views) {
    let mut journal = journal();
    for count in 1..=3 {
        let letter = Personal::Clear(format!(r#"{{"to":"55520{count}","text":"ciao"}}"#));
        let (contact, language) = (contact(count), "it".into());
        let fact = Fact::MessageQueued { contact, channel: Channel::Sms, language, letter };
        journal.append_group(&[Entry { at_ms: 0, fact }]).unwrap();
    }
    catch_up(&mut views, &journal).unwrap();
    journal.erase([contact(2)]).unwrap();
    let listed = |limit, before| -> Vec<_> {
        let messages = views.messages(limit, before).unwrap();
        messages.iter().map(|message| message.line(&journal.keys()).to).collect()
    };
    let number = |text: &str| Some(text.to_owned());
    assert_eq!(listed(10, None), [number("555203"), None, number("555201")]);
    assert_eq!(listed(1, Some(Lsn(3))), [None]);
    assert_eq!(listed(10, Some(Lsn(2))), [number("555201")]);
}

fn number_of_a_person_who_was_called_goes_with_the_contact(mut views: impl Views) {
    let mut journal = journal();
    for (count, number) in [
        (1, Destination::Personal(Personal::Clear("3331234567".to_owned()))),
        (2, Destination::Public("0557954".to_owned())),
    ] {
        let (contact, file) = (contact(count), format!("{count}.wav"));
        let trunk = "demo".to_owned();
        let facts = [
            (0, opened(count, "anonymous")),
            (1000, Fact::NumberCalled { contact, number: number.clone(), trunk }),
            (9000, Fact::Transferred { contact, number, recording: Some(file.clone()) }),
            (39_000, Fact::TransferEnded { contact }),
            (41_000, closed(contact, Outcome::Transferred, EndedBy::Callee)),
            (42_000, Fact::Recorded { file, ms: 30_000 }),
        ];
        journal.append_group(&facts.map(|(at_ms, fact)| Entry { at_ms, fact })).unwrap();
    }
    catch_up(&mut views, &journal).unwrap();
    let line = |count| views.contact(contact(count)).unwrap().expect("a contact").line(&journal.keys());
    let (person, office) = (line(1), line(2));
    assert_eq!((person.ring_s, person.talk_s, person.wrap_up_s), (8.0, 30.0, 0.0));
    assert_eq!(person.transferred_to.as_deref(), Some("3331234567"));
    assert_eq!(office.transferred_to.as_deref(), Some("0557954"));
    let recorded = views.contact(contact(2)).unwrap().expect("a contact").story;
    assert!(recorded.iter().any(|entry| matches!(entry.fact, Fact::Recorded { .. })));
    journal.erase([contact(1), contact(2)]).unwrap();
    let told =
        [1, 2].map(|count| views.contact(contact(count)).unwrap().expect("a contact").line(&journal.keys()));
    assert_eq!(told.map(|line| line.transferred_to), [None, Some("0557954".to_owned())]);
}

/// An operator's call to this number, about a case, that nobody answers.
fn dialled(count: u32, number: Destination, case: u64, continues: bool) -> [Entry; 3] {
    let contact = contact(count);
    let fact = Fact::Dialled {
        contact,
        seat: Some("seat01".into()),
        operator: Some("anna".into()),
        direction: Direction::Out,
        case: Some(CaseId(case)),
        continues,
        citizen: None,
        to: number.clone(),
        entity: "firenze".into(),
        topic: None,
        language: "it".into(),
        queue: Some("tributi".into()),
        emergency: false,
        location: None,
        by: None,
        degraded: false,
        callback: None,
    };
    let called = Fact::NumberCalled { contact, number, trunk: "demo".to_owned() };
    let over = closed(contact, Outcome::Unreached, EndedBy::Operator);
    let at = i64::from(count) * 1_000;
    [(at, fact), (at + 100, called), (at + 900, over)].map(|(at_ms, fact)| Entry { at_ms, fact })
}

fn calls_of_operators_are_found_by_the_number_that_was_called(mut views: impl Views) {
    let mut journal = journal();
    journal.append_group(&abandoned(1, 0, "3331234567")).unwrap();
    let person = || Destination::Personal(Personal::Clear("3331234567".to_owned()));
    let office = Destination::Public("0557954".to_owned());
    journal.append_group(&dialled(2, person(), 1, true)).unwrap();
    journal.append_group(&dialled(3, person(), 77, true)).unwrap();
    journal.append_group(&dialled(4, office, 4, false)).unwrap();
    catch_up(&mut views, &journal).unwrap();
    let list = |direction, number: Option<&str>| -> Vec<_> {
        let number = number.map(|number| journal.keys().hash(number));
        let filter = ContactFilter { direction, number, ..ContactFilter::default() };
        let rows = views.contacts(&filter, &Page { limit: 10, after: None }).unwrap().contacts;
        rows.iter().map(|row| row.contact.0.count).collect()
    };
    assert_eq!(list(Some(Direction::Out), None), [4, 3, 2]);
    assert_eq!(list(Some(Direction::In), None), [1]);
    assert_eq!(list(None, Some("+393331234567")), [3, 2, 1]);
    assert_eq!(list(Some(Direction::Out), Some("0557954")), [4]);
    let line = |count| views.contact(contact(count)).unwrap().expect("a contact").line(&journal.keys());
    let (told, slip) = (line(2), line(3));
    assert_eq!((told.from.as_deref(), told.to.as_deref()), (Some("seat01"), Some("3331234567")));
    assert_eq!((told.direction, told.outcome), (Direction::Out, Some(Outcome::Unreached)));
    assert_eq!((told.flow, told.ring_s), (None, 0.8));
    assert_eq!((told.case, slip.case), (Some(CaseId(1)), None), "a slip makes no case");
    assert_eq!(views.case(CaseId(77)).unwrap(), None);
    assert_eq!(views.case(CaseId(1)).unwrap().map(|case| case.contacts), Some(vec![contact(1), contact(2)]));
    journal.erase([contact(2)]).unwrap();
    let erased = views.contact(contact(2)).unwrap().expect("the row stays").line(&journal.keys());
    assert_eq!((erased.from.as_deref(), erased.to), (Some("seat01"), None));
}

fn any_order_of_entries_is_borne(mut views: impl Views, journal: &impl Journal) {
    let mut entries = journal.read_from(Lsn(1), 1000).unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(9);
    for at in (1..entries.len()).rev() {
        let other = usize::try_from(rng.next_u64() % (at as u64 + 1)).unwrap();
        entries.swap(at, other);
    }
    let renumbered: Vec<(Lsn, Entry)> =
        (1..).map(Lsn).zip(entries.into_iter().map(|(_, entry)| entry)).collect();
    for batch in renumbered.chunks(5) {
        views.apply(batch, &journal.keys()).unwrap();
    }
    assert_eq!(views.applied(), journal.last());
    assert!(all_rows(&views).len() == 9);
}
