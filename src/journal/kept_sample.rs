//! Old journals open in new versions: `tests/data/journal/v1` holds a journal as version 1 wrote it, with every kind of fact
//! there was. It must open for ever, and say the same. A new kind of fact is added to a new sample, never to this one.

use rand::{SeedableRng, rngs::ChaCha20Rng};

use super::Journal;
use super::disk::{Disk, DiskFile};
use super::entry::{Destination, Elsewhere, Entry, Fact, Handing, Personal, WaitChange, Whom};
use super::file_journal::FileJournal;
use super::sim_disk::SimDisk;
use crate::acd::Knower;
use crate::callback::{Change, End, Kind, Promise, Slot, Unreached};
use crate::ids::{CallbackId, CaseId, CitizenId, ContactId, Stamp};
use crate::switches::{Scope, Switch};
use crate::words::{
    AskedAgain, Channel, Direction, EndedBy, FlowChange, NotTaken, Outcome, Plea, QueueExit, SeatView,
    Status, Watching, WorkView,
};

const FILES: [(&str, &[u8]); 3] = [
    (
        "journal-00000000000000000001.log",
        include_bytes!("../../tests/data/journal/v1/journal-00000000000000000001.log"),
    ),
    ("keys", include_bytes!("../../tests/data/journal/v1/keys")),
    ("secret", include_bytes!("../../tests/data/journal/v1/secret")),
];

/// What the sample says.
fn told() -> Vec<Entry> {
    let stamp = Stamp { node: 1, epoch: 7, count: 42 };
    let contact = ContactId(stamp);
    let clear = |text: &str| Personal::Clear(text.to_owned());
    let file = || "2026/11/1.7.42.wav".to_owned();
    let call = Some(crate::ids::CallId(stamp));
    let view = SeatView {
        reachable: true,
        status: Status::Paused("pranzo".to_owned()),
        work: WorkView::WrapUp,
        call,
        ..SeatView::default()
    };
    let facts = [
        Fact::Started { node: 1, epoch: 7, version: "0.1.0".to_owned() },
        Fact::CaseBlock { first: 1001, len: 1000 },
        Fact::CitizenFound { citizen: CitizenId(stamp), number: clear("+390552768224"), contact },
        Fact::ContactOpened {
            contact,
            case: Some(CaseId(1001)),
            citizen: Some(CitizenId(stamp)),
            from: clear("0552768224"),
            to: "055055".to_owned(),
            entity: "firenze".into(),
            topic: Some("tributi".into()),
            language: "it".into(),
            flow: "055055".into(),
            degraded: true,
        },
        Fact::ContactAnswered { contact },
        Fact::DialogOpened { contact, dialog: 9, record: clear(r#"{"call_id":"è"}"#) },
        Fact::NodeEntered { contact, node: "neve".into(), info: true },
        Fact::KeyPressed { contact, key: '*' },
        Fact::ContactTagged {
            contact,
            entity: Some("empoli".into()),
            topic: Some("tributi/tari/rimborsi".into()),
            language: Some("en".into()),
            record: Some(false),
        },
        Fact::Queued {
            contact,
            queue: "tributi".into(),
            position: 3,
            since_ms: None,
            ahead_min: 0,
            expected_s: None,
        },
        Fact::SeatRung { contact, seat: "seat01".into(), queue: "tributi".into(), direct: false },
        Fact::SeatNotTaken { contact, seat: "seat01".into(), why: NotTaken::CallerLeft },
        Fact::QueueLeft { contact, queue: "tributi".into(), exit: QueueExit::NoSeats },
        Fact::Joined {
            contact,
            seat: "seat02".into(),
            operator: "anna".into(),
            queue: "tributi".into(),
            recording: Some(file()),
        },
        Fact::Held { contact, on: true },
        Fact::Parted { contact, seat: "seat02".into() },
        Fact::ContactClosed {
            contact,
            outcome: Outcome::Interrupted,
            ended_by: EndedBy::Crash,
            short: true,
            why: Some("perché".to_owned()),
        },
        Fact::DialogClosed { dialog: 9 },
        Fact::WrappedUp { contact, seat: "seat02".into() },
        Fact::Coded {
            contact,
            operator: "anna".into(),
            topic: Some("anagrafe".into()),
            disposition: Some("risolto".to_owned()),
        },
        Fact::Recorded { file: file(), ms: 61_234 },
        Fact::RecordingFailed { file: file(), error: "disk full".to_owned() },
        Fact::RecordingDeleted { file: file() },
        Fact::SeatChanged { seat: "seat02".into(), now: view, by: Some("phone".to_owned()), why: None },
        Fact::Degraded { on: false, answered: 4 },
        Fact::Erased { contact: ContactId(Stamp { node: 1, epoch: 6, count: 1 }) },
        Fact::Lost,
        Fact::Stopped,
    ];
    (1_795_300_000_000..).zip(facts).map(|(at_ms, fact)| Entry { at_ms, fact }).collect()
}

#[test]
fn journal_of_version_1_opens_and_says_the_same() {
    let disk = SimDisk::new();
    for (name, bytes) in FILES {
        disk.open(name).unwrap().append(bytes).unwrap();
    }
    let (journal, cuts) = FileJournal::open(disk, ChaCha20Rng::seed_from_u64(2), 1 << 20).unwrap();
    assert_eq!(cuts, []);
    let read = journal.read_from(super::Lsn(1), 1000).unwrap();
    let clear: Vec<Entry> = read.into_iter().map(|(_, entry)| journal.keys().unseal_entry(entry)).collect();
    assert_eq!(clear, told());
    let hash = String::from(journal.keys().hash("+39 055 2768224"));
    assert_eq!(hash, "3UcbyKzL/lUzzY7qDVH3fw", "numbers are found by the hash of old");
}

#[test]
#[ignore = "wrote the kept sample, once"]
fn write_the_sample() {
    let disk = SimDisk::new();
    let (mut journal, _) = FileJournal::open(disk.clone(), ChaCha20Rng::seed_from_u64(1), 1 << 20).unwrap();
    for group in told().chunks(5) {
        journal.append_group(group).unwrap();
        journal.sync().unwrap();
    }
    std::fs::create_dir_all("tests/data/journal/v1").unwrap();
    for name in disk.list().unwrap() {
        std::fs::write(format!("tests/data/journal/v1/{name}"), disk.read(&name).unwrap()).unwrap();
    }
}

/// An operator calls a citizen, about a case.
fn dialled(contact: ContactId) -> Fact {
    Fact::Dialled {
        contact,
        seat: Some("seat01".into()),
        operator: Some("anna".into()),
        direction: Direction::Out,
        case: Some(CaseId(1001)),
        continues: true,
        citizen: Some(CitizenId(contact.0)),
        to: Destination::Personal(Personal::Sealed("c2lnaWxsbw".to_owned())),
        entity: "firenze".into(),
        topic: None,
        language: "it".into(),
        queue: Some("tributi".into()),
        emergency: false,
        location: None,
        by: Some("command".to_owned()),
        degraded: false,
        callback: None,
    }
}

/// An operator calls for help.
fn emergency(contact: ContactId) -> Fact {
    Fact::Dialled {
        contact,
        seat: Some("seat01".into()),
        operator: Some("anna".into()),
        direction: Direction::Out,
        case: None,
        continues: false,
        citizen: None,
        to: Destination::Public("112".to_owned()),
        entity: "firenze".into(),
        topic: None,
        language: "it".into(),
        queue: None,
        emergency: true,
        location: Some("Via Pergolesi 8".to_owned()),
        by: None,
        degraded: true,
        callback: None,
    }
}

fn flow_changed(change: FlowChange, sha256: Option<&str>) -> Fact {
    Fact::FlowChanged {
        flow: "055055".into(),
        version: 3,
        change,
        sha256: sha256.map(str::to_owned),
        comment: "orari".to_owned(),
        by: Some("anna".to_owned()),
        found: false,
    }
}

fn promise(contact: ContactId) -> Promise {
    let start = jiff::civil::date(2026, 11, 24).at(15, 15, 0, 0);
    Promise {
        citizen: CitizenId(contact.0),
        source: None,
        queue: "tributi".into(),
        entity: "firenze".into(),
        topic: Some("tari".into()),
        language: "it".into(),
        kind: Kind::Booked(Slot { start, minutes: 15, zone: "Europe/Rome".to_owned() }),
        until_ms: 9,
        contact,
        case: None,
    }
}

/// Facts that came after the sample: their words stay too.
#[test]
fn facts_added_since_are_written_in_words_that_stay() {
    let contact = ContactId(Stamp { node: 1, epoch: 7, count: 42 });
    let handling = |step| Fact::Handling { contact, seat: "seat01".into(), step };
    let waits = |how| {
        let (by, why) = ("ada".to_owned(), Some("sovraccarico".to_owned()));
        Fact::WaitChanged { contact, how, by, why }
    };
    let sent_on = |to| Fact::SentOn { contact, from: "tributi".into(), to, entity: "firenze".into() };
    let callback = CallbackId(Stamp { node: 1, epoch: 7, count: 9 });
    let changed = |what| Fact::Callback { callback, contact, number: None, what, by: None };
    for (fact, json) in [
        (
            Fact::Callback {
                callback,
                contact,
                number: Some(Personal::Sealed("c2lnaWxsbw".to_owned())),
                what: Change::Promised { promise: Box::new(promise(contact)) },
                by: Some("command".to_owned()),
            },
            r#"{"at_ms":7,"fact":"callback","callback":"1.7.9","contact":"1.7.42","number":{"sealed":"c2lnaWxsbw"},"what":{"change":"promised","promise":{"citizen":"1.7.42","queue":"tributi","entity":"firenze","topic":"tari","language":"it","kind":{"booked":{"start":"2026-11-24T15:15:00","minutes":15,"zone":"Europe/Rome"}},"until_ms":9,"contact":"1.7.42"}},"by":"command"}"#,
        ),
        (
            changed(Change::Attempted { contact }),
            r#"{"at_ms":7,"fact":"callback","callback":"1.7.9","contact":"1.7.42","what":{"change":"attempted","contact":"1.7.42"}}"#,
        ),
        (
            changed(Change::Declined { seat: "seat01".into(), why: NotTaken::Missed }),
            r#"{"at_ms":7,"fact":"callback","callback":"1.7.9","contact":"1.7.42","what":{"change":"declined","seat":"seat01","why":"missed"}}"#,
        ),
        (
            changed(Change::NotReached { why: Unreached::TrunkFailure, next_ms: Some(8) }),
            r#"{"at_ms":7,"fact":"callback","callback":"1.7.9","contact":"1.7.42","what":{"change":"not_reached","why":"trunk_failure","next_ms":8}}"#,
        ),
        (
            changed(Change::Ended { how: End::Missed }),
            r#"{"at_ms":7,"fact":"callback","callback":"1.7.9","contact":"1.7.42","what":{"change":"ended","how":"missed"}}"#,
        ),
        (
            Fact::Watched {
                contact,
                seat: "seat02".into(),
                by: "seat17".into(),
                operator: None,
                how: Watching::Whispers,
                why: Some("affiancamento".to_owned()),
            },
            r#"{"at_ms":7,"fact":"watched","contact":"1.7.42","seat":"seat02","by":"seat17","how":"whispers","why":"affiancamento"}"#,
        ),
        (
            waits(WaitChange::Moved { from: "tributi".into(), to: "anagrafe".into() }),
            r#"{"at_ms":7,"fact":"wait_changed","contact":"1.7.42","how":{"moved":{"from":"tributi","to":"anagrafe"}},"by":"ada","why":"sovraccarico"}"#,
        ),
        (
            waits(WaitChange::Advanced { minutes: -5 }),
            r#"{"at_ms":7,"fact":"wait_changed","contact":"1.7.42","how":{"advanced":{"minutes":-5}},"by":"ada","why":"sovraccarico"}"#,
        ),
        (
            waits(WaitChange::Taken { seat: "seat17".into() }),
            r#"{"at_ms":7,"fact":"wait_changed","contact":"1.7.42","how":{"taken":{"seat":"seat17"}},"by":"ada","why":"sovraccarico"}"#,
        ),
        (
            Fact::WrapUpExtended {
                contact,
                seat: "seat01".into(),
                left_ms: 38_000,
                times: 1,
                by: "phone".to_owned(),
                why: None,
            },
            r#"{"at_ms":7,"fact":"wrap_up_extended","contact":"1.7.42","seat":"seat01","left_ms":38000,"times":1,"by":"phone"}"#,
        ),
        (
            Fact::SkillsChanged {
                whose: Knower::Operator("anna".into()),
                skills: Some([("inglese".into(), 3)].into()),
                by: "ada".to_owned(),
                why: Some("corso".to_owned()),
            },
            r#"{"at_ms":7,"fact":"skills_changed","whose":{"operator":"anna"},"skills":{"inglese":3},"by":"ada","why":"corso"}"#,
        ),
        (
            Fact::SkillsChanged {
                whose: Knower::Seat("seat01".into()),
                skills: None,
                by: "command".to_owned(),
                why: None,
            },
            r#"{"at_ms":7,"fact":"skills_changed","whose":{"seat":"seat01"},"by":"command"}"#,
        ),
        (
            sent_on(Elsewhere::Queue("milano-tributi".into())),
            r#"{"at_ms":7,"fact":"sent_on","contact":"1.7.42","from":"tributi","to":{"queue":"milano-tributi"},"entity":"firenze"}"#,
        ),
        (
            sent_on(Elsewhere::Line("020202".to_owned())),
            r#"{"at_ms":7,"fact":"sent_on","contact":"1.7.42","from":"tributi","to":{"line":"020202"},"entity":"firenze"}"#,
        ),
        (
            sent_on(Elsewhere::Outside),
            r#"{"at_ms":7,"fact":"sent_on","contact":"1.7.42","from":"tributi","to":"outside","entity":"firenze"}"#,
        ),
        (
            Fact::WatchEnded { contact, by: "seat17".into(), took_over: true },
            r#"{"at_ms":7,"fact":"watch_ended","contact":"1.7.42","by":"seat17","took_over":true}"#,
        ),
        (
            Fact::FoundClosed { contact, queue: "tributi".into() },
            r#"{"at_ms":7,"fact":"found_closed","contact":"1.7.42","queue":"tributi"}"#,
        ),
        (
            Fact::TakenCareOf { citizen: CitizenId(contact.0), by: "ada".to_owned() },
            r#"{"at_ms":7,"fact":"taken_care_of","citizen":"1.7.42","by":"ada"}"#,
        ),
        (
            Fact::SurveyAsked {
                contact,
                citizen: Some(CitizenId(contact.0)),
                case: Some(CaseId(1001)),
                seat: Some("seat01".into()),
                operator: Some("anna".into()),
                queue: Some("tributi".into()),
                entity: "firenze".into(),
                topic: Some("tributi/tari".into()),
            },
            r#"{"at_ms":7,"fact":"survey_asked","contact":"1.7.42","citizen":"1.7.42","case":1001,"seat":"seat01","operator":"anna","queue":"tributi","entity":"firenze","topic":"tributi/tari"}"#,
        ),
        (
            Fact::Surveyed { contact, question: "utilita".to_owned(), answer: 1, of: Some((1, 5)) },
            r#"{"at_ms":7,"fact":"surveyed","contact":"1.7.42","question":"utilita","answer":1,"of":[1,5]}"#,
        ),
        (
            Fact::AskedAgain { contact, why: AskedAgain::WrongKey },
            r#"{"at_ms":7,"fact":"asked_again","contact":"1.7.42","why":"wrong_key"}"#,
        ),
        (
            Fact::AskedAgain { contact, why: AskedAgain::Silence },
            r#"{"at_ms":7,"fact":"asked_again","contact":"1.7.42","why":"silence"}"#,
        ),
        (
            Fact::CaseReminded { contact, case: CaseId(1001), plea: Plea::Complaint },
            r#"{"at_ms":7,"fact":"case_reminded","contact":"1.7.42","case":1001,"plea":"complaint"}"#,
        ),
        (
            Fact::Noted {
                contact,
                case: Some(CaseId(1001)),
                note: Personal::Sealed("c2lnaWxsbw".to_owned()),
                by: "ada".to_owned(),
            },
            r#"{"at_ms":7,"fact":"noted","contact":"1.7.42","case":1001,"note":{"sealed":"c2lnaWxsbw"},"by":"ada"}"#,
        ),
        (
            Fact::CaseClosed {
                contact,
                case: CaseId(1001),
                outcome: Some("risolto".to_owned()),
                by: "ada".to_owned(),
            },
            r#"{"at_ms":7,"fact":"case_closed","contact":"1.7.42","case":1001,"outcome":"risolto","by":"ada"}"#,
        ),
        (
            Fact::CaseReopened { contact, case: CaseId(1001), by: "ada".to_owned() },
            r#"{"at_ms":7,"fact":"case_reopened","contact":"1.7.42","case":1001,"by":"ada"}"#,
        ),
        (
            Fact::MessageQueued {
                contact,
                channel: Channel::Sms,
                language: "it".into(),
                letter: Personal::Sealed("c2lnaWxsbw".to_owned()),
            },
            r#"{"at_ms":7,"fact":"message_queued","contact":"1.7.42","channel":"sms","language":"it","letter":{"sealed":"c2lnaWxsbw"}}"#,
        ),
        (
            Fact::TakeBegun { contact, file: "1.wav".to_owned(), queue: Some("tributi".into()) },
            r#"{"at_ms":7,"fact":"take_begun","contact":"1.7.42","file":"1.wav","queue":"tributi"}"#,
        ),
        (
            Fact::TakeKept { contact, file: "1.wav".to_owned(), ms: 9_000, queue: None },
            r#"{"at_ms":7,"fact":"take_kept","contact":"1.7.42","file":"1.wav","ms":9000}"#,
        ),
        (
            Fact::TakeDropped { contact, file: "1.wav".to_owned() },
            r#"{"at_ms":7,"fact":"take_dropped","contact":"1.7.42","file":"1.wav"}"#,
        ),
        (
            Fact::Announced { contact, position: 3, told_s: None },
            r#"{"at_ms":7,"fact":"announced","contact":"1.7.42","position":3}"#,
        ),
        (
            Fact::NumberCalled {
                contact,
                number: Destination::Public("0552768224".to_owned()),
                trunk: "demo".to_owned(),
            },
            r#"{"at_ms":7,"fact":"number_called","contact":"1.7.42","number":{"public":"0552768224"},"trunk":"demo"}"#,
        ),
        (
            Fact::NumberCalled {
                contact,
                number: Destination::Personal(Personal::Sealed("c2lnaWxsbw".to_owned())),
                trunk: "demo".to_owned(),
            },
            r#"{"at_ms":7,"fact":"number_called","contact":"1.7.42","number":{"personal":{"sealed":"c2lnaWxsbw"}},"trunk":"demo"}"#,
        ),
        (
            Fact::NumberNotTaken { contact, why: NotTaken::Rejected, status: Some(486) },
            r#"{"at_ms":7,"fact":"number_not_taken","contact":"1.7.42","why":"rejected","status":486}"#,
        ),
        (
            Fact::Transferred {
                contact,
                number: Destination::Public("0552768224".to_owned()),
                recording: Some("2026/11/1.7.42.wav".to_owned()),
            },
            r#"{"at_ms":7,"fact":"transferred","contact":"1.7.42","number":{"public":"0552768224"},"recording":"2026/11/1.7.42.wav"}"#,
        ),
        (
            Fact::SeatRung { contact, seat: "seat02".into(), queue: "tributi".into(), direct: true },
            r#"{"at_ms":7,"fact":"seat_rung","contact":"1.7.42","seat":"seat02","queue":"tributi","direct":true}"#,
        ),
        (
            handling(Handing::Consults { whom: Whom::Seat("seat02".into()), by: "keys".to_owned() }),
            r#"{"at_ms":7,"fact":"handling","contact":"1.7.42","seat":"seat01","step":{"consults":{"whom":{"seat":"seat02"},"by":"keys"}}}"#,
        ),
        (
            handling(Handing::Speaks { seat: Some("seat02".into()) }),
            r#"{"at_ms":7,"fact":"handling","contact":"1.7.42","seat":"seat01","step":{"speaks":{"seat":"seat02"}}}"#,
        ),
        (
            handling(Handing::Ended { seat: None }),
            r#"{"at_ms":7,"fact":"handling","contact":"1.7.42","seat":"seat01","step":{"ended":{}}}"#,
        ),
        (
            handling(Handing::Gives { whom: Whom::Queue("tributi".into()), by: "ada".to_owned() }),
            r#"{"at_ms":7,"fact":"handling","contact":"1.7.42","seat":"seat01","step":{"gives":{"whom":{"queue":"tributi"},"by":"ada"}}}"#,
        ),
        (
            handling(Handing::Gives { whom: Whom::Outside, by: "phone".to_owned() }),
            r#"{"at_ms":7,"fact":"handling","contact":"1.7.42","seat":"seat01","step":{"gives":{"whom":"outside","by":"phone"}}}"#,
        ),
        (
            handling(Handing::ComesBack),
            r#"{"at_ms":7,"fact":"handling","contact":"1.7.42","seat":"seat01","step":"comes_back"}"#,
        ),
        (
            handling(Handing::Lost),
            r#"{"at_ms":7,"fact":"handling","contact":"1.7.42","seat":"seat01","step":"lost"}"#,
        ),
        (Fact::TransferEnded { contact }, r#"{"at_ms":7,"fact":"transfer_ended","contact":"1.7.42"}"#),
        (
            Fact::ContactClosed {
                contact,
                outcome: Outcome::Transferred,
                ended_by: EndedBy::Callee,
                short: false,
                why: None,
            },
            r#"{"at_ms":7,"fact":"contact_closed","contact":"1.7.42","outcome":"transferred","ended_by":"callee"}"#,
        ),
        (
            dialled(contact),
            r#"{"at_ms":7,"fact":"dialled","contact":"1.7.42","seat":"seat01","operator":"anna","direction":"out","case":1001,"continues":true,"citizen":"1.7.42","to":{"personal":{"sealed":"c2lnaWxsbw"}},"entity":"firenze","language":"it","queue":"tributi","by":"command"}"#,
        ),
        (
            emergency(contact),
            r#"{"at_ms":7,"fact":"dialled","contact":"1.7.42","seat":"seat01","operator":"anna","direction":"out","to":{"public":"112"},"entity":"firenze","language":"it","emergency":true,"location":"Via Pergolesi 8","degraded":true}"#,
        ),
        (
            Fact::ContactClosed {
                contact,
                outcome: Outcome::Unreached,
                ended_by: EndedBy::Operator,
                short: false,
                why: None,
            },
            r#"{"at_ms":7,"fact":"contact_closed","contact":"1.7.42","outcome":"unreached","ended_by":"operator"}"#,
        ),
        (
            Fact::Switched {
                switch: Switch::Open { scope: Scope::Everything, by: None, reason: None },
                by: "command".to_owned(),
            },
            r#"{"at_ms":7,"fact":"switched","switch":{"open":{"scope":"everything"}},"by":"command"}"#,
        ),
        (
            flow_changed(FlowChange::Published, Some("9f86")),
            r#"{"at_ms":7,"fact":"flow_changed","flow":"055055","version":3,"change":"published","sha256":"9f86","comment":"orari","by":"anna"}"#,
        ),
        (
            flow_changed(FlowChange::RolledBack { to: 1 }, Some("9f86")),
            r#"{"at_ms":7,"fact":"flow_changed","flow":"055055","version":3,"change":{"rolled_back":{"to":1}},"sha256":"9f86","comment":"orari","by":"anna"}"#,
        ),
        (
            flow_changed(FlowChange::Retired, None),
            r#"{"at_ms":7,"fact":"flow_changed","flow":"055055","version":3,"change":"retired","comment":"orari","by":"anna"}"#,
        ),
    ] {
        let entry = Entry { at_ms: 7, fact };
        assert_eq!(serde_json::to_string(&entry).unwrap(), json);
        assert_eq!(serde_json::from_str::<Entry>(json).unwrap(), entry);
    }
}
