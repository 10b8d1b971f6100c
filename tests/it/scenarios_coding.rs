//! What people write into the record: how contacts are coded by command, notes, cases that are closed and opened again, and what
//! becomes of the calls that were promised for them.

use std::time::Duration;

use centralino::callback::{CallbackRules, Capacity, Change, End};
use centralino::config::Config;
use centralino::crm::{CaseLine, CaseStatus};
use centralino::engine::{
    BookOrder, ByHand, CaseAct, Coding, CodingOrder, Command, InVainState, KnownCase, KnownContact, Page,
    RecallOrder, Reply,
};
use centralino::ids::{CaseId, ContactId};
use centralino::journal::entry::Fact;
use centralino::journal::sim_disk::Crash;
use centralino::views::Views;
use centralino::words::WorkView;

use crate::sim::phone::{Manner, PhoneId};
use crate::sim::{Setting, Sim};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const CITIZEN: &str = "3331234567";

/// The demo with a way out, where every queue calls back and wants the outcome of its calls.
fn setting() -> Setting {
    Setting::demo().with_gateway().with_config(|config: &mut Config| {
        for queue in config.queues.values_mut() {
            let capacity = Capacity::Fixed(3);
            queue.callback =
                Some(CallbackRules { capacity, lead: Duration::ZERO, ..CallbackRules::default() });
            queue.rules.after_talk.outcome_needed = true;
        }
    })
}

fn world() -> (Sim, PhoneId, PhoneId) {
    let mut sim = Sim::with(setting(), 1);
    let outside = sim.gateway(&[]);
    sim.with_phone(outside, |phone, _| phone.manner = Manner::Answers(SECOND));
    let seat = sim.seat("seat01");
    (sim, outside, seat)
}

/// The citizen talks with the operator, and hangs up after a while.
fn talks(sim: &mut Sim, seat: PhoneId) -> PhoneId {
    let citizen = sim.dial_from(CITIZEN, "055055");
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    sim.press(citizen, "1");
    sim.until("they talk", |sim| sim.talk_together(citizen, seat));
    sim.advance(20 * SECOND);
    citizen
}

/// The answer to an order.
fn write(sim: &mut Sim, order: CodingOrder) -> Result<(), String> {
    match sim.ask(Command::Coding(order)) {
        Reply::Done => Ok(()),
        Reply::Refused(why) => Err(why),
        other => panic!("{other:?}"),
    }
}

/// A contact that the views have, in this queue.
fn known(contact: ContactId, queue: &str) -> KnownContact {
    KnownContact { contact, on_record: true, queue: Some(queue.into()) }
}

fn coding(topic: Option<&str>, outcome: Option<&str>, note: Option<&str>) -> Coding {
    Coding {
        topic: topic.map(Into::into),
        outcome: outcome.map(str::to_owned),
        note: note.map(str::to_owned),
        by: Some("ada".to_owned()),
    }
}

fn said(outcome: Option<&str>, note: Option<&str>) -> ByHand {
    ByHand { outcome: outcome.map(str::to_owned), note: note.map(str::to_owned), by: Some("ada".to_owned()) }
}

/// Whoever asks has looked the case up.
fn on_case(sim: &mut Sim, case: CaseId, act: CaseAct, said: ByHand) -> Result<(), String> {
    let contacts = case_row(sim, case).contacts;
    write(sim, CodingOrder::Case(KnownCase { case, contacts }, act, said))
}

fn case_row(sim: &mut Sim, case: CaseId) -> CaseLine {
    sim.advance(SECOND / 2); // everything is written
    let keys = sim.store().journal().keys();
    let row = sim.views().case(case).expect("memory does not fail").expect("there is this case");
    row.line(&keys)
}

/// A call is promised for this case, about something else than it, and long after.
fn promise(sim: &mut Sim, case: Option<CaseId>, topic: &str) {
    let slot = Some("2026-11-24T11:30".parse().expect("a date and time"));
    let (topic, by) = (Some(topic.into()), Some("ada".to_owned()));
    sim.book(BookOrder { slot, topic, case, by, ..BookOrder::new(CITIZEN, "tributi") });
}

/// How promises ended, and at whose word.
fn ends(sim: &Sim) -> Vec<(End, Option<&str>)> {
    let end = |fact| match fact {
        &Fact::Callback { what: Change::Ended { how }, ref by, .. } => Some((how, by.as_deref())),
        _ => None,
    };
    sim.facts.iter().filter_map(|entry| end(&entry.fact)).collect()
}

fn in_vain(sim: &mut Sim) -> Vec<InVainState> {
    match sim.ask(Command::Recall(RecallOrder::List(Page::default()))) {
        Reply::InVain(all) => all,
        other => panic!("{other:?}"),
    }
}

#[test]
fn wrap_up_that_owes_the_outcome_ends_when_the_contact_is_coded_by_command_and_all_is_on_record() {
    let (mut sim, _, seat) = world();
    let citizen = talks(&mut sim, seat);
    sim.hang_up(citizen);
    sim.advance(MINUTE);
    let contact = sim.contact(citizen).contact;
    assert_eq!(sim.work("seat01"), WorkView::WrapUp, "it waits for the outcome");
    write(
        &mut sim,
        CodingOrder::Contact(known(contact, "anagrafe"), coding(Some("tributi/tari"), None, None)),
    )
    .expect("a topic");
    assert_eq!(sim.work("seat01"), WorkView::WrapUp, "a topic is no outcome");
    let order = coding(None, Some("risolto"), Some("richiede la ricevuta"));
    write(&mut sim, CodingOrder::Contact(known(contact, "anagrafe"), order)).expect("an outcome");
    assert_eq!(sim.work("seat01"), WorkView::Idle);
    let line = sim.contact(citizen);
    let topic = line.topic.as_ref().map(|topic| topic.as_str());
    assert_eq!((topic, line.disposition.as_deref()), (Some("tributi/tari"), Some("risolto")));
    let notes: Vec<_> = line.notes.iter().map(|note| (note.by.as_str(), note.text.as_deref())).collect();
    assert_eq!(notes, [("ada", Some("richiede la ricevuta"))]);
    let coded_by: Vec<_> = sim
        .facts
        .iter()
        .filter_map(|entry| match &entry.fact {
            Fact::Coded { operator, .. } => Some(operator.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(coded_by, ["ada", "ada"]);
}

#[test]
fn operator_codes_the_contact_of_the_seat_in_the_talk_already_and_owes_nothing_after_it() {
    let (mut sim, _, seat) = world();
    let citizen = talks(&mut sim, seat);
    write(&mut sim, CodingOrder::Seat("seat01".into(), coding(None, Some("risolto"), None))).expect("a talk");
    sim.hang_up(citizen);
    sim.advance(MINUTE);
    assert_eq!(sim.work("seat01"), WorkView::Idle);
    assert_eq!(sim.contact(citizen).disposition.as_deref(), Some("risolto"));
}

#[test]
fn what_cannot_be_written_down_is_refused_with_what_was_meant() {
    let (mut sim, _, seat) = world();
    let citizen = talks(&mut sim, seat);
    sim.hang_up(citizen);
    let contact = sim.contact(citizen).contact;
    let long = "a".repeat(2_001);
    for (order, why) in [
        (coding(Some("tributi/tary"), None, None), "did you mean `tributi/tari`?"),
        (coding(None, Some("risolta"), None), "queue `anagrafe` has no outcome `risolta`"),
        (coding(None, Some("risolta"), None), "did you mean `risolto`?"),
        (coding(None, None, None), "nothing to write down"),
        (coding(None, None, Some("  ")), "nothing to write down"),
        (coding(None, None, Some("a\u{1b}[2J")), "control characters"),
        (coding(None, None, Some(&long)), "at most 2000 letters"),
        (
            Coding { by: Some(String::new()), ..coding(None, Some("risolto"), None) },
            "a name has 1 to 100 letters",
        ),
    ] {
        let refused = write(&mut sim, CodingOrder::Contact(known(contact, "anagrafe"), order));
        assert!(refused.as_ref().is_err_and(|said| said.contains(why)), "{refused:?} is not: {why}");
    }
    let nobodys = ContactId(centralino::ids::Stamp { count: 999, ..contact.0 });
    let unknown = KnownContact { contact: nobodys, on_record: false, queue: None };
    let code = coding(None, Some("risolto"), None);
    for (order, why) in [
        (CodingOrder::Contact(unknown, code.clone()), "there is no contact"),
        (CodingOrder::Seat("seat99".into(), code.clone()), "there is no seat `seat99`"),
        (CodingOrder::Seat("seat02".into(), code), "has had no contact yet"),
        (
            CodingOrder::Case(
                KnownCase { case: CaseId(9), contacts: vec![contact] },
                CaseAct::Close,
                said(None, None),
            ),
            "there is no case 9",
        ),
    ] {
        let refused = write(&mut sim, order);
        assert!(refused.as_ref().is_err_and(|said| said.contains(why)), "{refused:?} is not: {why}");
    }
    assert!(!sim.facts.iter().any(|entry| matches!(entry.fact, Fact::Coded { .. } | Fact::Noted { .. })));
}

#[test]
fn closed_case_ends_the_calls_that_were_promised_for_it_and_no_others_also_after_a_crash() {
    let (mut sim, outside, seat) = world();
    let citizen = talks(&mut sim, seat);
    sim.hang_up(citizen);
    let case = sim.contact(citizen).case.expect("a call opens a case");
    promise(&mut sim, Some(case), "scuola");
    promise(&mut sim, None, "segnalazioni");
    on_case(&mut sim, case, CaseAct::Close, said(Some("risolto"), Some("fatto allo sportello")))
        .expect("there is");
    assert_eq!(ends(&sim), [(End::Helped, Some("ada"))]);
    sim.crash(Crash::PowerCut);
    sim.start_exchange();
    let row = case_row(&mut sim, case);
    let closing = row.closing.expect("a person closed it");
    assert_eq!((row.status, closing.by.as_str()), (CaseStatus::Closed, "ada"));
    assert_eq!(closing.outcome.as_deref(), Some("risolto"));
    assert_eq!(row.notes[0].text.as_deref(), Some("fatto allo sportello"));
    write(&mut sim, CodingOrder::Seat("seat01".into(), coding(None, Some("risolto"), None)))
        .expect("its last");
    sim.advance(89 * MINUTE);
    sim.until("the other one is kept", |sim| sim.talk_together(outside, seat));
    assert_eq!(sim.rings(outside), 1);
}

#[test]
fn who_called_in_vain_is_off_the_recall_list_when_the_case_is_closed() {
    let mut sim = Sim::with(setting(), 1).starting_at("2026-11-24T21:00:00+01:00[Europe/Rome]");
    sim.gateway(&[]);
    let citizen = sim.dial_from(CITIZEN, "055055");
    sim.until("a message is offered", |sim| sim.hears(citizen, "it/offri_messaggio"));
    sim.hang_up(citizen);
    sim.advance(SECOND);
    assert_eq!(in_vain(&mut sim).len(), 1);
    let case = sim.contact(citizen).case.expect("a call opens a case");
    on_case(&mut sim, case, CaseAct::Close, said(None, None)).expect("there is");
    assert!(in_vain(&mut sim).is_empty());
    sim.crash(Crash::PowerCut);
    sim.start_exchange();
    assert!(in_vain(&mut sim).is_empty());
}

#[test]
fn case_that_was_opened_again_stays_open_until_a_person_closes_it() {
    let (mut sim, outside, seat) = world();
    let citizen = talks(&mut sim, seat);
    sim.hang_up(citizen);
    let case = sim.contact(citizen).case.expect("a call opens a case");
    assert_eq!(case_row(&mut sim, case).status, CaseStatus::Closed, "an operator answered");
    let refused = on_case(&mut sim, case, CaseAct::Reopen, said(Some("risolto"), None));
    assert!(refused.is_err_and(|why| why.contains("`case close` takes one")));
    on_case(&mut sim, case, CaseAct::Reopen, said(None, Some("manca il modulo"))).expect("there is");
    write(&mut sim, CodingOrder::Seat("seat01".into(), coding(None, Some("altro"), None))).expect("its last");
    sim.with_phone(seat, |phone, now| phone.dial(now, &format!("*17{case}*{CITIZEN}")));
    sim.until("they talk", |sim| sim.talk_together(outside, seat));
    sim.hang_up(seat);
    let row = case_row(&mut sim, case);
    assert_eq!((row.status, row.contacts.len()), (CaseStatus::New, 2));
    on_case(&mut sim, case, CaseAct::Note, said(None, Some("arrivato"))).expect("there is");
    on_case(&mut sim, case, CaseAct::Close, said(None, None)).expect("there is");
    let row = case_row(&mut sim, case);
    let notes: Vec<_> = row.notes.iter().filter_map(|note| note.text.as_deref()).collect();
    assert_eq!((row.status, notes), (CaseStatus::Closed, vec!["manca il modulo", "arrivato"]));
}

#[test]
fn citizen_whom_an_operator_reaches_about_the_case_is_not_called_for_it_any_more() {
    let (mut sim, outside, seat) = world();
    let citizen = talks(&mut sim, seat);
    sim.hang_up(citizen);
    let case = sim.contact(citizen).case.expect("a call opens a case");
    write(&mut sim, CodingOrder::Seat("seat01".into(), coding(None, Some("altro"), None))).expect("its last");
    promise(&mut sim, Some(case), "scuola");
    sim.with_phone(seat, |phone, now| phone.dial(now, &format!("*17{case}*{CITIZEN}")));
    sim.until("they talk", |sim| sim.talk_together(outside, seat));
    assert_eq!(ends(&sim), [(End::Helped, None)]);
    sim.hang_up(seat);
    sim.advance(120 * MINUTE);
    assert_eq!(sim.rings(outside), 1);
}
