//! Bulletins and emergencies that supervisors switch while callers are on the line: one scenario each, in virtual time.

use std::time::Duration;

use centralino::engine::{Command, Reply};
use centralino::journal::sim_disk::Crash;
use centralino::switches::{Bulletin, Closing, Scope, Switch, Turned};
use centralino::words::{EndedBy, Outcome};

use crate::sim::phone::{Line, Manner, PhoneId};
use crate::sim::{Setting, Sim};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// Tuesday 24 November 2026, ten in the morning in Florence: when every world begins.
const START_MS: i64 = 1_795_510_800_000;

/// Turn a switch, which the exchange accepts.
#[track_caller]
fn turn(sim: &mut Sim, switch: Switch) {
    assert!(matches!(sim.ask(Command::Switch(switch)), Reply::Done));
}

fn close(scope: Scope, until_ms: Option<i64>) -> Switch {
    let reason = Some("evacuazione".to_owned());
    Switch::Close(Closing { scope, until_ms, reason, ..Closing::default() })
}

fn bulletin(closing: bool, until_ms: Option<i64>) -> Switch {
    Switch::BulletinOn {
        slot: "protezione-civile".to_owned(),
        bulletin: Bulletin { closing, until_ms, ..Bulletin::default() },
    }
}

/// A citizen who hears the menu.
fn at_the_menu(sim: &mut Sim) -> PhoneId {
    let citizen = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    citizen
}

#[track_caller]
fn hears_and_is_let_go(sim: &mut Sim, citizen: PhoneId, sound: &str) {
    sim.until(&format!("{sound} is heard"), |sim| sim.hears(citizen, sound));
    sim.until("the flow hangs up", |sim| sim.line(citizen) == Line::Free);
}

#[test]
fn bulletin_is_heard_by_the_next_caller_informs_and_is_switched_off() {
    let mut sim = Sim::new();
    let before = at_the_menu(&mut sim);
    turn(&mut sim, bulletin(false, None));
    sim.advance(SECOND);
    assert!(!sim.hears(before, "it/allerta"), "who has passed the slot is left alone");
    let after = sim.call("055055");
    sim.until("the bulletin is heard", |sim| sim.hears(after, "it/allerta"));
    sim.until("to its end", |sim| !sim.hears(after, "it/allerta"));
    sim.hang_up(after);
    assert_eq!(sim.contact(after).outcome, Some(Outcome::Contained));
    turn(&mut sim, Switch::BulletinOff { slot: "protezione-civile".to_owned(), entity: None });
    let last = sim.call("055055");
    sim.until("the menu is read out", |sim| {
        assert!(!sim.hears(last, "it/allerta"), "it was switched off");
        sim.hears(last, "it/menu")
    });
}

#[test]
fn closing_bulletin_ends_the_call_until_its_time_is_over() {
    let mut sim = Sim::new();
    turn(&mut sim, bulletin(true, Some(START_MS + 60_000)));
    let early = sim.call("055055");
    sim.until("the bulletin is heard", |sim| sim.hears(early, "it/allerta"));
    hears_and_is_let_go(&mut sim, early, "it/grazie");
    sim.advance(MINUTE);
    let late = sim.call("055055");
    sim.until("the greeting is heard", |sim| sim.hears(late, "it/benvenuto"));
}

#[test]
fn emergency_of_a_queue_reaches_callers_in_the_menu_in_the_queue_and_being_rung_for() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    sim.with_phone(seat, |phone, _| phone.manner = Manner::Ignores);
    let [rung, waits, chooses, elsewhere] = [(); 4].map(|()| at_the_menu(&mut sim));
    for citizen in [rung, waits] {
        sim.press(citizen, "1");
    }
    sim.press(elsewhere, "3");
    sim.until("the seat rings", |sim| matches!(sim.line(seat), Line::Ringing(_)));
    turn(&mut sim, close(Scope::Queue("anagrafe".into()), None));
    sim.press(chooses, "1");
    let told = [rung, waits, chooses];
    sim.until("all are told", |sim| told.iter().all(|citizen| sim.hears(*citizen, "it/coda_chiusa")));
    sim.until("the flow hangs up", |sim| told.iter().all(|citizen| sim.line(*citizen) == Line::Free));
    for citizen in told {
        let contact = sim.contact(citizen);
        assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Unserved), Some(EndedBy::Flow)));
        assert_eq!(contact.queue.as_ref().map(|queue| queue.as_str()), Some("anagrafe"));
    }
    sim.until("the seat rings for the other queue", |sim| matches!(sim.line(seat), Line::Ringing(_)));
    assert!(sim.hears(elsewhere, "music/attesa"));
    sim.verdict().unwrap();
}

#[test]
fn emergency_of_an_ente_closes_its_number_and_no_other() {
    let mut sim = Sim::new();
    turn(&mut sim, close(Scope::Entity("empoli".into()), None));
    let citizen = sim.call("0555055002");
    hears_and_is_let_go(&mut sim, citizen, "it/sospeso");
    let other = sim.call("055055");
    sim.until("the greeting is heard", |sim| sim.hears(other, "it/benvenuto"));
    turn(&mut sim, Switch::Open { scope: Scope::Entity("empoli".into()), by: None, reason: None });
    let again = sim.call("0555055002");
    sim.until("the greeting is heard", |sim| sim.hears(again, "it/benvenuto"));
}

/// The Ente of a call may come from the queue, at the moment that it enters.
#[test]
fn emergency_of_an_ente_closes_the_queues_that_are_its_own() {
    let setting = Setting::demo().with_config(|config| {
        config.queues.values_mut().for_each(|queue| {
            queue.entity = (queue.rules.id.as_str() == "anagrafe").then(|| "empoli".into());
        });
    });
    let mut sim = Sim::with(setting, 1);
    let _seat = sim.seat("seat01");
    turn(&mut sim, close(Scope::Entity("empoli".into()), None));
    let citizen = at_the_menu(&mut sim);
    sim.press(citizen, "1");
    hears_and_is_let_go(&mut sim, citizen, "it/coda_chiusa");
    let contact = sim.contact(citizen);
    assert_eq!((contact.outcome, contact.entity.as_str()), (Some(Outcome::Unserved), "empoli"));
    let elsewhere = at_the_menu(&mut sim);
    sim.press(elsewhere, "2");
    sim.until("they talk", |sim| sim.partner(elsewhere).is_some());
    sim.verdict().unwrap();
}

#[test]
fn emergency_comes_before_a_holiday_and_before_always_open() {
    let mut sim = Sim::new().starting_at("2026-06-24T11:00:00+02:00[Europe/Rome]");
    turn(&mut sim, close(Scope::Everything, None));
    let citizen = sim.call("055055");
    hears_and_is_let_go(&mut sim, citizen, "it/sospeso");
    let setting = Setting::demo().with_config(|config| config.calendars.always_open = true);
    let mut sim = Sim::with(setting, 1);
    turn(&mut sim, close(Scope::Everything, None));
    let citizen = sim.call("055055");
    hears_and_is_let_go(&mut sim, citizen, "it/sospeso");
}

#[test]
fn talks_go_on_through_an_emergency() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let citizen = at_the_menu(&mut sim);
    sim.press(citizen, "1");
    sim.until("they talk", |sim| sim.talk_together(citizen, seat));
    turn(&mut sim, close(Scope::Everything, None));
    sim.advance(MINUTE);
    assert!(sim.talk_together(citizen, seat));
}

#[test]
fn switches_are_in_force_after_a_crash_until_their_time_is_over() {
    for how in [Crash::Kill, Crash::PowerCut] {
        let mut sim = Sim::new();
        turn(&mut sim, close(Scope::Everything, Some(START_MS + 600_000)));
        turn(&mut sim, bulletin(false, None));
        sim.advance(SECOND);
        sim.crash(how);
        sim.start_exchange();
        let citizen = sim.call("055055");
        sim.until("the bulletin is heard", |sim| sim.hears(citizen, "it/allerta"));
        hears_and_is_let_go(&mut sim, citizen, "it/sospeso");
        sim.crash(how);
        sim.advance(10 * MINUTE);
        sim.start_exchange();
        let late = sim.call("055055");
        sim.until("the greeting is heard", |sim| sim.hears(late, "it/benvenuto"));
    }
}

#[test]
fn supervisor_who_was_told_that_it_is_done_finds_it_so_after_a_crash() {
    let mut sim = Sim::new();
    turn(&mut sim, close(Scope::Everything, None));
    sim.crash(Crash::Kill);
    sim.start_exchange();
    let citizen = sim.call("055055");
    hears_and_is_let_go(&mut sim, citizen, "it/sospeso");
}

#[test]
fn switch_is_in_force_though_the_disk_stands_still_and_the_supervisor_is_told_so() {
    let mut sim = Sim::new();
    let until = sim.now + 10 * SECOND;
    sim.store().stall(until);
    for switch in [close(Scope::Everything, None), bulletin(false, None)] {
        let reply = sim.ask(Command::Switch(switch));
        assert!(matches!(reply, Reply::Unwritten), "{reply:?}");
    }
    assert!(sim.now < until, "nobody waits for the disk");
    let citizen = sim.call("055055");
    sim.until("the bulletin is heard", |sim| sim.hears(citizen, "it/allerta"));
    hears_and_is_let_go(&mut sim, citizen, "it/sospeso");
    sim.advance(20 * SECOND);
    assert!(!sim.degraded());
    turn(&mut sim, Switch::Open { scope: Scope::Everything, by: None, reason: None });
    sim.verdict().unwrap();
}

/// Flows change between two starts, and what is on stays on.
#[test]
fn bulletin_whose_slot_no_flow_has_any_more_is_listed_and_can_be_switched_off() {
    let mut sim = Sim::new();
    turn(&mut sim, bulletin(false, None));
    sim.crash(Crash::Kill);
    sim.change_setting(Setting::demo().with_flow(NO_SLOT));
    sim.start_exchange();
    let slots = |sim: &mut Sim| {
        sim.replies.clear();
        sim.command(Command::Switches);
        let Some(Reply::Switches(state)) = sim.replies.pop() else { panic!("no list") };
        let of_florence = state.bulletins.into_iter().filter(|it| it.slot == "protezione-civile");
        of_florence.map(|it| it.on.is_some()).collect::<Vec<_>>()
    };
    assert_eq!(slots(&mut sim), [true]);
    let off = || Switch::BulletinOff { slot: "protezione-civile".to_owned(), entity: None };
    turn(&mut sim, off());
    assert_eq!(slots(&mut sim), [false; 0]);
    assert!(matches!(sim.ask(Command::Switch(off())), Reply::Refused(_)), "there is no such slot now");
}

/// A flow without slots for bulletins.
const NO_SLOT: &str = r#"
schema: 1
id: "055055"
name: Solo un saluto
tz: Europe/Rome
languages: [it]
start: fine
prompts:
  grazie: {it: "Grazie."}
nodes:
  fine: {type: hangup, prompt: grazie}
"#;

#[test]
fn what_cannot_be_switched_is_refused_with_what_there_is() {
    let mut sim = Sim::new();
    let slot = |slot: &str| Switch::BulletinOff { slot: slot.to_owned(), entity: None };
    let sound = Bulletin { sound: Some("nessuno".to_owned()), ..Bulletin::default() };
    for (switch, why) in [
        (
            slot("neve"),
            "no flow has a bulletin slot `neve`; there is: emergenza-milano, permessi-sosta, protezione-civile",
        ),
        (
            Switch::BulletinOn { slot: "protezione-civile".to_owned(), bulletin: sound },
            "there is no sounds/en/nessuno.wav",
        ),
        (close(Scope::Entity("siena".into()), None), "there is no Ente `siena`"),
        (close(Scope::Queue("altro".into()), None), "there is no queue `altro`"),
        (close(Scope::Everything, Some(START_MS)), "that time is over already"),
        (
            Switch::Open { scope: Scope::Everything, by: None, reason: None },
            "everything is not closed by an emergency",
        ),
    ] {
        match sim.ask(Command::Switch(switch)) {
            Reply::Refused(told) => assert!(told.contains(why), "{told}"),
            other => panic!("{why}: {other:?}"),
        }
    }
}

/// A text for the one slot of the demo, in both its languages.
fn text_bulletin(text: &str) -> Bulletin {
    let texts = [("it".into(), text.to_owned()), ("en".into(), "Schools are closed.".to_owned())];
    Bulletin { text: texts.into(), ..Bulletin::default() }
}

fn on(bulletin: Bulletin) -> Switch {
    Switch::BulletinOn { slot: "protezione-civile".to_owned(), bulletin }
}

const SPOKEN: &str = "it/bollettini/acceso/protezione-civile";

#[test]
fn text_of_a_supervisor_is_heard_by_the_next_caller_as_soon_as_it_is_spoken() {
    let mut sim = Sim::new();
    sim.outside.speaking_takes = 8 * SECOND;
    let told = sim.now + 9 * SECOND;
    sim.command(Command::Switch(on(text_bulletin("Domani scuole chiuse."))));
    let early = sim.call("055055");
    sim.advance(4 * SECOND);
    assert!(!sim.hears(early, SPOKEN) && sim.replies.is_empty(), "nobody has spoken it yet");
    sim.until("it is spoken and written down", |sim| !sim.replies.is_empty());
    assert!(matches!(sim.replies.remove(0), Reply::Done));
    assert!(sim.now < told, "in force at once");
    let citizen = sim.call("055055");
    sim.until("the text is heard", |sim| sim.hears(citizen, SPOKEN));
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    assert_eq!(sim.outside.spoke, ["Schools are closed.", "Domani scuole chiuse."]);
    sim.verdict().unwrap();
}

#[test]
fn text_bulletin_is_on_record_and_is_spoken_again_after_a_crash() {
    for how in [Crash::Kill, Crash::PowerCut] {
        let mut sim = Sim::new();
        turn(&mut sim, on(text_bulletin("Domani scuole chiuse.")));
        sim.advance(SECOND);
        sim.crash(how);
        sim.outside.spoke.clear();
        sim.start_exchange();
        sim.until("it is spoken again", |sim| sim.outside.spoke.len() == 2);
        let citizen = sim.call("055055");
        sim.until("the text is heard", |sim| sim.hears(citizen, SPOKEN));
        sim.crash(how);
        sim.outside.mute = Some("espeak-ng is gone".to_owned());
        sim.start_exchange();
        let late = at_the_menu(&mut sim);
        assert!(!sim.hears(late, SPOKEN) && !sim.hears(late, "it/allerta"), "no other words stand for it");
    }
}

#[test]
fn text_that_nobody_can_speak_is_refused_and_what_was_on_stays_on() {
    let mut sim = Sim::new();
    turn(&mut sim, bulletin(false, None));
    sim.outside.mute = Some("`espeak-ng` is not installed".to_owned());
    match sim.ask(Command::Switch(on(text_bulletin("Domani scuole chiuse.")))) {
        Reply::Refused(why) => {
            assert_eq!(why, "not switched on: `espeak-ng` is not installed; or record it and give --sound");
        }
        other => panic!("{other:?}"),
    }
    let citizen = sim.call("055055");
    sim.until("the bulletin of before is heard", |sim| sim.hears(citizen, "it/allerta"));
}

#[test]
fn text_that_comes_too_late_turns_no_switch_because_the_supervisor_was_told_so() {
    let mut sim = Sim::new();
    sim.outside.speaking_takes = 10 * SECOND;
    match sim.ask(Command::Switch(on(text_bulletin("Domani scuole chiuse.")))) {
        Reply::Refused(why) => {
            assert_eq!(why, "not switched on: the text was not spoken within 9 s; try again");
        }
        other => panic!("{other:?}"),
    }
    let citizen = at_the_menu(&mut sim);
    assert!(!sim.hears(citizen, SPOKEN));
    assert!(
        !sim.facts
            .iter()
            .any(|entry| matches!(entry.fact, centralino::journal::entry::Fact::Switched { .. }))
    );
}

#[test]
fn text_is_judged_again_once_it_is_spoken() {
    let without_empoli = || {
        Setting::demo().with_config(|config| {
            config.entities.remove("empoli");
        })
    };
    let own = Bulletin { entity: Some("empoli".into()), ..text_bulletin("Scuole chiuse.") };
    let short = Bulletin { until_ms: Some(START_MS + 5_000), ..text_bulletin("Scuole chiuse.") };
    for (bulletin, reloads, why) in
        [(own, true, "there is no Ente `empoli`"), (short, false, "that time is over already")]
    {
        let mut sim = Sim::new();
        sim.outside.speaking_takes = 8 * SECOND;
        sim.command(Command::Switch(on(bulletin)));
        assert!(sim.replies.is_empty(), "it was allowed: {:?}", sim.replies);
        if reloads {
            sim.reload(without_empoli());
            sim.replies.clear();
        }
        sim.until("the exchange answers", |sim| !sim.replies.is_empty());
        assert!(matches!(&sim.replies[0], Reply::Refused(told) if told.contains(why)), "{:?}", sim.replies);
    }
}

#[test]
fn supervisor_who_switches_off_while_a_text_is_being_spoken_has_the_last_word() {
    let mut sim = Sim::new();
    sim.outside.speaking_takes = 2 * SECOND;
    sim.command(Command::Switch(on(text_bulletin("Domani scuole chiuse."))));
    let off = Switch::BulletinOff { slot: "protezione-civile".to_owned(), entity: None };
    sim.command(Command::Switch(off));
    sim.until("both are answered", |sim| sim.replies.len() == 2);
    assert!(matches!(sim.replies[0], Reply::Refused(_)), "{:?}", sim.replies);
    assert!(matches!(sim.replies[1], Reply::Done), "{:?}", sim.replies);
    sim.advance(3 * SECOND);
    let citizen = at_the_menu(&mut sim);
    assert!(!sim.hears(citizen, SPOKEN));
}

#[test]
fn bulletin_of_an_ente_is_heard_by_its_callers_in_the_place_of_the_one_for_everybody() {
    let mut sim = Sim::new();
    turn(&mut sim, bulletin(false, None));
    let own = Bulletin { entity: Some("empoli".into()), ..text_bulletin("A Empoli scuole chiuse.") };
    turn(&mut sim, on(own));
    let of_empoli = sim.call("0555055002");
    let own = "it/bollettini/acceso/protezione-civile.empoli";
    sim.until("its own is heard", |sim| sim.hears(of_empoli, own));
    let other = sim.call("055055");
    sim.until("everybody's is heard", |sim| sim.hears(other, "it/allerta"));
    let off = |entity| Switch::BulletinOff { slot: "protezione-civile".to_owned(), entity };
    turn(&mut sim, off(Some("empoli".into())));
    let again = sim.call("0555055002");
    sim.until("everybody's is heard", |sim| sim.hears(again, "it/allerta"));
    assert!(!sim.hears(again, own));
}

#[test]
fn bulletin_of_a_queue_is_heard_by_whoever_enters_it_and_then_the_music() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    sim.with_phone(seat, |phone, _| phone.manner = Manner::Ignores);
    let slot = "queue:tributi".to_owned();
    turn(&mut sim, Switch::BulletinOn { slot, bulletin: text_bulletin("Per la TARI c'è più tempo.") });
    let [enters, elsewhere] = [(); 2].map(|()| at_the_menu(&mut sim));
    sim.press(elsewhere, "3");
    sim.press(enters, "22");
    let own = "it/bollettini/acceso/queue:tributi";
    sim.until("it is heard", |sim| sim.hears(enters, own));
    assert!(!sim.hears(elsewhere, own));
    sim.until("then the music", |sim| sim.hears(enters, "music/attesa"));
    sim.verdict().unwrap();
}

#[test]
fn emergency_and_bulletin_that_are_planned_begin_by_themselves() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    sim.with_phone(seat, |phone, _| phone.manner = Manner::Ignores);
    let from_ms = Some(START_MS + 60_000);
    let until_ms = Some(START_MS + 120_000);
    turn(&mut sim, Switch::Close(Closing { from_ms, until_ms, ..Closing::default() }));
    turn(&mut sim, on(Bulletin { from_ms, until_ms, ..Bulletin::default() }));
    let waits = at_the_menu(&mut sim);
    assert!(!sim.hears(waits, "it/allerta"), "it has not begun");
    sim.press(waits, "3");
    sim.until("music is heard", |sim| sim.hears(waits, "music/attesa"));
    sim.until("who waits is told", |sim| sim.hears(waits, "it/coda_chiusa"));
    let during = sim.call("055055");
    sim.until("the bulletin is heard", |sim| sim.hears(during, "it/allerta"));
    hears_and_is_let_go(&mut sim, during, "it/sospeso");
    sim.advance(2 * MINUTE);
    let after = at_the_menu(&mut sim);
    assert!(!sim.hears(after, "it/allerta"));
    sim.verdict().unwrap();
}

#[test]
fn list_says_who_turned_a_switch_when_and_whether_callers_hear_it() {
    let mut sim = Sim::new();
    let turned = Turned { by: Some("Anna".to_owned()), at_ms: Some(7) };
    turn(&mut sim, on(Bulletin { turned, ..text_bulletin("Domani scuole chiuse.") }));
    sim.replies.clear();
    sim.command(Command::Switches);
    let Some(Reply::Switches(state)) = sim.replies.pop() else { panic!("no list") };
    let on = state.bulletins.iter().find_map(|slot| slot.on.as_ref()).expect("it is on");
    assert_eq!((on.by.as_deref(), on.heard), (Some("Anna"), true));
    let turned_on = on.turned_on.as_deref().unwrap_or_default();
    assert!(turned_on.starts_with("2026-11-24T10:00:"), "the exchange's own clock says when: {turned_on}");
}
