//! Citizens whom a flow gives to a telephone number: what they and whoever is called live through, and what is on record.

use std::time::Duration;

use centralino::config::Secret;
use centralino::crm::ContactLine;
use centralino::engine::Command;
use centralino::journal::entry::{Destination, Fact};
use centralino::journal::sim_disk::Crash;
use centralino::words::{EndedBy, NotTaken, Outcome};

use crate::sim::phone::{Line, Manner, PhoneId, Seen};
use crate::sim::{Setting, Sim};

const SECOND: Duration = Duration::from_secs(1);

/// A flow that gives every caller to a number.
pub(crate) const FLOW: &str = r##"
schema: 1
id: "055055"
languages: [it]
start: benvenuto
vars:
  numero: {type: phone, pii: true, default: "3331234567"}
prompts:
  benvenuto: {it: "Benvenuti."}
  grazie: {it: "Grazie."}
  non_valido: {it: "È occupato."}
  nessun_operatore: {it: "Non risponde nessuno."}
  scuse: {it: "Non riusciamo."}
nodes:
  benvenuto: {type: play, prompt: benvenuto, to: passa}
  passa: {type: transfer, to: "0557954", ring_for: 20s, exits: {done: saluta, busy: occupato, no_answer: nessuno, error: guasto}}
  saluta: {type: play, prompt: grazie, to: via}
  occupato: {type: play, prompt: non_valido, to: via}
  nessuno: {type: play, prompt: nessun_operatore, to: via}
  guasto: {type: play, prompt: scuse, to: via}
  via: {type: hangup}
"##;

fn setting() -> Setting {
    Setting::demo().with_gateway().with_flow(FLOW)
}

/// A world with somebody to be called, who does this.
fn world(setting: Setting, manner: Manner) -> (Sim, PhoneId) {
    let mut sim = Sim::with(setting, 1);
    let office = sim.gateway(&[]);
    sim.with_phone(office, |phone, _| phone.manner = manner);
    (sim, office)
}

#[track_caller]
fn hears(sim: &mut Sim, citizen: PhoneId, sound: &str) {
    sim.until(sound, |sim| sim.hears(citizen, sound));
}

/// What came of each call to the number.
fn not_taken(sim: &Sim) -> Vec<(NotTaken, Option<u16>)> {
    let why = |fact: &Fact| match fact {
        Fact::NumberNotTaken { why, status, .. } => Some((*why, *status)),
        _ => None,
    };
    sim.facts.iter().filter_map(|entry| why(&entry.fact)).collect()
}

fn failures(sim: &Sim) -> Vec<String> {
    let why = |fact: &Fact| match fact {
        Fact::NodeFailed { why, .. } => Some(why.clone()),
        _ => None,
    };
    sim.facts.iter().filter_map(|entry| why(&entry.fact)).collect()
}

/// The call is over, everywhere: the contact, once nothing of it is left.
#[track_caller]
fn over(sim: &mut Sim, citizen: PhoneId, office: PhoneId) -> ContactLine {
    sim.until("the citizen's line is free", |sim| sim.line(citizen) == Line::Free);
    let contact = sim.contact(citizen);
    sim.advance(64 * SECOND);
    assert_eq!(sim.line(office), Line::Free);
    let census = sim.engine().census();
    let left = (census.calls, census.legs, census.dialogs, census.runs, census.asked, census.alarms);
    assert_eq!((left, census.sip.dialogs), ((0, 0, 0, 0, 0, 0), 0));
    sim.verdict().expect("every promise is kept");
    contact
}

#[test]
fn citizen_waits_to_music_talks_with_the_number_and_comes_back_to_the_flow() {
    let (mut sim, office) = world(setting(), Manner::Answers(10 * SECOND));
    let citizen = sim.call("055055");
    hears(&mut sim, citizen, "music/attesa");
    sim.talking(citizen, office);
    assert_eq!(sim.phones[&office].dialled, "0557954");
    let shown = Seen::Rang { from: "+390552768224".into(), display: "Linea Comune".into() };
    assert!(sim.phones[&office].seen.contains(&shown), "{:?}", sim.phones[&office].seen);
    sim.advance(5 * 3600 * SECOND);
    assert!(sim.talk_together(citizen, office), "longer than a flow waits for anything else");
    sim.hang_up(office);
    hears(&mut sim, citizen, "it/grazie");
    let contact = over(&mut sim, citizen, office);
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Transferred), Some(EndedBy::Callee)));
    assert_eq!(contact.transferred_to.as_deref(), Some("0557954"));
    assert_eq!((contact.operator, contact.queue), (None, None));
    assert!((18_000.0..18_001.0).contains(&contact.talk_s), "{}", contact.talk_s);
    assert!((9.0..11.0).contains(&contact.ring_s), "{}", contact.ring_s);
    assert!(contact.recording.is_some());
    assert!(failures(&sim).is_empty() && contact.wrap_up_s == 0.0);
}

#[test]
fn citizen_who_hangs_up_in_the_talk_ends_it_for_the_office_too() {
    let (mut sim, office) = world(setting(), Manner::Answers(SECOND));
    let citizen = sim.call("055055");
    sim.talking(citizen, office);
    sim.hang_up(citizen);
    sim.until("the office's line is free", |sim| sim.line(office) == Line::Free);
    let contact = over(&mut sim, citizen, office);
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Transferred), Some(EndedBy::Citizen)));
}

#[test]
fn flow_goes_on_by_what_came_of_the_call() {
    use NotTaken as N;
    use Outcome as O;
    for (manner, sound, why, status, outcome) in [
        (Manner::Refused(486), "it/non_valido", N::Rejected, Some(486), O::Unserved),
        (Manner::Refused(600), "it/non_valido", N::Rejected, Some(600), O::Unserved),
        (Manner::Refused(480), "it/nessun_operatore", N::Missed, Some(480), O::Unserved),
        (Manner::Refused(408), "it/nessun_operatore", N::Missed, Some(408), O::Unserved),
        (Manner::Ignores, "it/nessun_operatore", N::Missed, None, O::Unserved),
        (Manner::Refused(404), "it/scuse", N::Unreachable, Some(404), O::Left),
        (Manner::Refused(503), "it/scuse", N::Unreachable, Some(503), O::Left),
        // Whom we call is not for others to say.
        (Manner::Refused(302), "it/scuse", N::Unreachable, Some(302), O::Left),
    ] {
        let (mut sim, office) = world(setting(), manner);
        let citizen = sim.call("055055");
        hears(&mut sim, citizen, sound);
        assert_eq!(not_taken(&sim), [(why, status)], "{manner:?}");
        let told = status.filter(|_| why == N::Unreachable);
        let told: Vec<_> =
            told.map(|status| format!("the trunk refuses the call: SIP {status}")).into_iter().collect();
        assert_eq!(failures(&sim), told);
        let contact = over(&mut sim, citizen, office);
        assert_eq!((contact.outcome, contact.transferred_to), (Some(outcome), None), "{manner:?}");
    }
}

#[test]
fn number_rings_for_the_node_s_time_and_no_longer() {
    let (mut sim, office) = world(setting(), Manner::Ignores);
    let citizen = sim.call("055055");
    sim.until("it rings", |sim| sim.rings(office) == 1);
    sim.advance(19 * SECOND);
    assert!(matches!(sim.line(office), Line::Ringing(_)) && sim.hears(citizen, "music/attesa"));
    sim.advance(2 * SECOND);
    assert_eq!(sim.line(office), Line::Free);
    over(&mut sim, citizen, office);
}

#[test]
fn citizen_who_hangs_up_while_it_rings_stops_the_ringing() {
    let (mut sim, office) = world(setting(), Manner::Ignores);
    let citizen = sim.call("055055");
    sim.until("it rings", |sim| sim.rings(office) == 1);
    sim.advance(8 * SECOND);
    sim.hang_up(citizen);
    sim.until("the ringing stops", |sim| sim.line(office) == Line::Free);
    assert_eq!(not_taken(&sim), [(NotTaken::CallerLeft, None)]);
    let contact = over(&mut sim, citizen, office);
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Abandoned), Some(EndedBy::Citizen)));
}

#[test]
fn answer_that_crosses_the_citizen_s_goodbye_leaves_nobody_on_the_line() {
    for early_ms in 0..8 {
        let (mut sim, office) = world(setting(), Manner::Answers(5 * SECOND));
        let citizen = sim.call("055055");
        sim.until("it rings", |sim| sim.rings(office) == 1);
        sim.advance(5 * SECOND - Duration::from_millis(early_ms));
        sim.hang_up(citizen);
        sim.until("the office's line is free", |sim| sim.line(office) == Line::Free);
        over(&mut sim, citizen, office);
    }
}

#[test]
fn trunk_that_says_nothing_is_an_error_and_not_somebody_who_does_not_answer() {
    let (mut sim, office) = world(setting(), Manner::Ignores);
    sim.unplug(office, true);
    let citizen = sim.call("055055");
    hears(&mut sim, citizen, "music/attesa");
    let before = sim.now;
    hears(&mut sim, citizen, "it/scuse");
    assert_eq!(failures(&sim), ["the trunk does not answer"]);
    assert!(sim.now < before + 10 * SECOND, "no citizen waits for a trunk that is gone");
    let contact = over(&mut sim, citizen, office);
    assert_eq!(contact.outcome, Some(Outcome::Left));
}

#[test]
fn office_that_dies_in_the_talk_is_noticed_and_put_down_to_the_network() {
    let (mut sim, office) = world(setting(), Manner::Answers(SECOND));
    let citizen = sim.call("055055");
    sim.talking(citizen, office);
    sim.unplug(office, true);
    hears(&mut sim, citizen, "it/grazie");
    sim.until("the flow hangs up", |sim| sim.line(citizen) == Line::Free);
    let contact = sim.contact(citizen);
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Transferred), Some(EndedBy::Network)));
    sim.verdict().unwrap();
}

#[test]
fn crash_in_the_talk_is_told_to_both_phones_and_on_record() {
    let (mut sim, office) = world(setting(), Manner::Answers(SECOND));
    let citizen = sim.call("055055");
    sim.talking(citizen, office);
    sim.advance(SECOND);
    sim.crash(Crash::PowerCut);
    sim.start_exchange();
    sim.until("both are told", |sim| sim.line(office) == Line::Free && sim.line(citizen) == Line::Free);
    let contact = sim.contact(citizen);
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Transferred), Some(EndedBy::Crash)));
    sim.verdict().unwrap();
}

#[test]
fn trunk_that_asks_who_calls_is_given_the_password() {
    for (password, sound) in [("segreto", "it/grazie"), ("sbagliata", "it/scuse")] {
        let setting = setting().with_way_out(|gateway| {
            gateway.credentials = Some(("+390552768224".to_owned(), Secret::new(password.to_owned())));
        });
        let mut sim = Sim::with(setting, 1);
        let office = sim.gateway(&[("+390552768224", "segreto")]);
        let citizen = sim.call("055055");
        if password == "segreto" {
            sim.talking(citizen, office);
            sim.hang_up(office);
        }
        hears(&mut sim, citizen, sound);
        over(&mut sim, citizen, office);
    }
}

#[test]
fn office_that_holds_lets_the_citizen_hear_music() {
    let (mut sim, office) = world(setting(), Manner::Answers(SECOND));
    let citizen = sim.call("055055");
    sim.talking(citizen, office);
    sim.with_phone(office, |phone, now| phone.hold(now, true));
    hears(&mut sim, citizen, "music/attesa");
    sim.advance(10 * SECOND);
    sim.with_phone(office, |phone, now| phone.hold(now, false));
    sim.talking(citizen, office);
    sim.hang_up(citizen);
    let contact = over(&mut sim, citizen, office);
    assert!((9.0..11.0).contains(&contact.hold_s), "{}", contact.hold_s);
}

#[test]
fn number_that_may_not_be_called_or_has_no_way_is_told_and_nobody_is_called() {
    // What stands in a flow is judged by `flow check`; these are computed.
    let instead = |number: &str| {
        let flow = FLOW.replace("to: \"0557954\"", "to: \"${vars.numero}\"").replace("3331234567", number);
        setting().with_flow(&flow)
    };
    let nowhere =
        || setting().with_config(|config| config.trunks.iter_mut().for_each(|trunk| trunk.outgoing = None));
    for (setting, why) in [
        (instead("899123456"), "may not be called"),
        (instead("0033142685300"), "may not be called"),
        (instead("055055"), "one of ours"),
        (nowhere(), "no trunk leads to this number"),
        (
            setting().with_way_out(|gateway| gateway.link = None),
            "was not found at the start or the last reload",
        ),
    ] {
        let (mut sim, office) = world(setting, Manner::Answers(SECOND));
        let citizen = sim.call("055055");
        hears(&mut sim, citizen, "it/scuse");
        assert!(failures(&sim)[0].contains(why), "{:?}", failures(&sim));
        assert_eq!(sim.rings(office), 0);
        over(&mut sim, citizen, office);
    }
}

#[test]
fn nobody_is_called_before_it_is_written_down() {
    let (mut sim, office) = world(setting(), Manner::Answers(SECOND));
    let citizen = sim.call("055055");
    sim.until("the greeting is heard", |sim| sim.hears(citizen, "it/benvenuto"));
    sim.until("the greeting is over", |sim| !sim.hears(citizen, "it/benvenuto"));
    let until = sim.now + Duration::from_millis(150);
    sim.store().stall(until);
    sim.advance(Duration::from_millis(140));
    assert_eq!(sim.rings(office), 0);
    sim.talking(citizen, office);
    assert!(sim.now >= until);
    sim.verdict().unwrap();
}

#[test]
fn number_is_called_by_the_way_out_that_it_was_judged_by_whatever_is_reloaded_meanwhile() {
    let nowhere =
        || setting().with_config(|config| config.trunks.iter_mut().for_each(|trunk| trunk.outgoing = None));
    let other = || {
        setting().with_way_out(|gateway| {
            (gateway.number, gateway.record) = ("+39055000".to_owned(), false);
        })
    };
    for (reloaded, when_it_rings) in
        [(nowhere(), false), (nowhere(), true), (other(), false), (other(), true)]
    {
        let (mut sim, office) = world(setting(), Manner::Answers(SECOND));
        let citizen = sim.call("055055");
        if when_it_rings {
            sim.until("it rings", |sim| sim.rings(office) == 1);
        } else {
            sim.until("the greeting is heard", |sim| sim.hears(citizen, "it/benvenuto"));
            sim.until("the greeting is over", |sim| !sim.hears(citizen, "it/benvenuto"));
            let until = sim.now + Duration::from_millis(150);
            sim.store().stall(until);
            sim.advance(Duration::from_millis(100));
            assert_eq!(sim.rings(office), 0, "it is not written down yet");
        }
        sim.reload(reloaded);
        sim.talking(citizen, office);
        let shown = Seen::Rang { from: "+390552768224".into(), display: "Linea Comune".into() };
        assert!(sim.phones[&office].seen.contains(&shown), "{:?}", sim.phones[&office].seen);
        sim.hang_up(office);
        hears(&mut sim, citizen, "it/grazie");
        let contact = over(&mut sim, citizen, office);
        assert!(contact.recording.is_some(), "as it was agreed when the number was judged");
    }
}

#[test]
fn want_of_ports_leads_to_the_error_exit() {
    let (mut sim, office) = world(setting(), Manner::Answers(SECOND));
    let citizen = sim.call("055055");
    sim.no_ports = 1;
    hears(&mut sim, citizen, "it/scuse");
    assert!(not_taken(&sim).is_empty(), "nobody was called");
    over(&mut sim, citizen, office);
}

#[test]
fn number_of_a_person_is_sealed_and_that_of_an_office_is_not() {
    let of_a_person = FLOW.replace("to: \"0557954\"", "to: \"${vars.numero}\"");
    for (flow, number, sealed) in [(FLOW, "0557954", false), (&of_a_person, "3331234567", true)] {
        let (mut sim, office) = world(setting().with_flow(flow), Manner::Answers(SECOND));
        let citizen = sim.call("055055");
        sim.talking(citizen, office);
        let is_sealed = |entry: &centralino::journal::entry::Entry| match &entry.fact {
            Fact::NumberCalled { number, .. } | Fact::Transferred { number, .. } => {
                Some(matches!(number, Destination::Personal(_)))
            }
            _ => None,
        };
        assert_eq!(sim.facts.iter().filter_map(is_sealed).collect::<Vec<_>>(), [sealed; 2]);
        sim.hang_up(office);
        let contact = over(&mut sim, citizen, office);
        assert_eq!(contact.transferred_to.as_deref(), Some(number));
    }
}

#[test]
fn talk_with_a_number_is_recorded_unless_trunk_or_citizen_forbids_it() {
    let refused = FLOW
        .replace("to: passa}", "to: rifiuta}")
        .replace("  passa:", "  rifiuta: {type: tag, record: false, to: passa}\n  passa:");
    for (setting, recorded) in [
        (setting(), true),
        (setting().with_way_out(|gateway| gateway.record = false), false),
        (setting().with_flow(&refused), false),
    ] {
        let (mut sim, office) = world(setting, Manner::Answers(SECOND));
        let citizen = sim.call("055055");
        sim.talking(citizen, office);
        sim.hang_up(office);
        let contact = over(&mut sim, citizen, office);
        assert_eq!(contact.recording.is_some(), recorded);
    }
}

#[test]
fn exchange_that_stops_lets_the_number_ring_no_longer_and_the_citizen_hears_why() {
    let (mut sim, office) = world(setting(), Manner::Ignores);
    let citizen = sim.call("055055");
    sim.until("it rings", |sim| sim.rings(office) == 1);
    sim.command(Command::Stop { drain: Duration::ZERO });
    hears(&mut sim, citizen, "it/sistema/chiusura_servizio");
    sim.until("the office's line is free", |sim| sim.line(office) == Line::Free);
    sim.until("the exchange has stopped", |sim| sim.stopped);
    sim.verdict().expect("every promise is kept");
}
