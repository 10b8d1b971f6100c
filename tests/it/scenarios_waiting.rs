//! Supervisors and those who wait: who is moved, advanced, taken or let out, what each of them hears, and what is on record.

use std::time::Duration;

use centralino::acd::Pressure;
use centralino::config::{Config, Place, SentOn, SentTo};
use centralino::engine::{Command, QueuePage, Reply, WaitingAct, WaitingOrder};
use centralino::ids::CallId;
use centralino::journal::entry::{Fact, WaitChange};
use centralino::switches::{Bulletin, Closing, Scope, Switch};
use centralino::words::{Outcome, QueueExit, StatusChange};

use crate::sim::phone::{Line, Manner, PhoneId};
use crate::sim::{Setting, Sim};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// A floor whose only operator, at seat01, talks with somebody.
fn busy() -> (Sim, PhoneId, PhoneId) {
    let mut sim = Sim::new();
    let operator = sim.seat("seat01");
    let talker = waits(&mut sim, "1");
    sim.until("they talk", |sim| sim.talk_together(talker, operator));
    (sim, operator, talker)
}

/// A citizen in the queue that this key leads to: 1 is anagrafe, 3 polizia-locale.
fn waits(sim: &mut Sim, key: &str) -> PhoneId {
    let citizen = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    sim.press(citizen, key);
    citizen
}

#[track_caller]
fn asks(sim: &mut Sim, order: WaitingOrder) -> Reply {
    sim.ask(Command::Waiting(order))
}

fn page(sim: &mut Sim, queue: &str) -> QueuePage {
    match asks(sim, WaitingOrder::Show(queue.into())) {
        Reply::Queue(page) => *page,
        other => panic!("{other:?}"),
    }
}

fn line(sim: &mut Sim, queue: &str) -> Vec<CallId> {
    page(sim, queue).waiting.iter().map(|wait| wait.call).collect()
}

fn call_of(sim: &mut Sim, citizen: PhoneId) -> CallId {
    let contact = sim.contact(citizen).contact;
    CallId(contact.0)
}

/// What the supervisor asks is done; the reason why not.
#[track_caller]
fn changes(sim: &mut Sim, call: CallId, act: WaitingAct) -> Result<(), String> {
    let (by, why) = (Some("ada".to_owned()), Some("sovraccarico".to_owned()));
    match asks(sim, WaitingOrder::Change { call, act, by, why }) {
        Reply::Done => Ok(()),
        Reply::Refused(why) => Err(why),
        other => panic!("{other:?}"),
    }
}

/// What is on record of changed waits, by whom and why.
fn record(sim: &Sim) -> Vec<WaitChange> {
    let told = |fact: &Fact| match fact {
        Fact::WaitChanged { how, by, why, .. } => {
            assert_eq!((by.as_str(), why.as_deref()), ("ada", Some("sovraccarico")));
            Some(how.clone())
        }
        _ => None,
    };
    sim.facts.iter().filter_map(|entry| told(&entry.fact)).collect()
}

#[test]
fn citizen_who_is_moved_is_served_before_those_who_came_later_and_is_on_record_in_both_queues() {
    let (mut sim, operator, talker) = busy();
    let moved = waits(&mut sim, "1");
    sim.advance(MINUTE);
    let other = waits(&mut sim, "3");
    sim.advance(SECOND);
    let (moved_call, other_call) = (call_of(&mut sim, moved), call_of(&mut sim, other));
    changes(&mut sim, moved_call, WaitingAct::Move("polizia-locale".into())).expect("it is moved");
    assert_eq!(line(&mut sim, "polizia-locale"), [moved_call, other_call]);
    assert_eq!(line(&mut sim, "anagrafe"), []);
    sim.until("music goes on", |sim| sim.hears(moved, "music/attesa"));
    sim.hang_up(talker);
    sim.until("they talk", |sim| sim.talk_together(moved, operator));
    sim.hang_up(moved);
    let contact = sim.contact(moved);
    assert_eq!(contact.queue.as_ref().map(|queue| queue.as_str()), Some("polizia-locale"));
    assert!(contact.wait_s > 60.0, "the whole wait counts: {}", contact.wait_s);
    let how = WaitChange::Moved { from: "anagrafe".into(), to: "polizia-locale".into() };
    assert_eq!(record(&sim), [how]);
    sim.verdict().expect("every promise is kept");
}

#[test]
fn page_of_a_queue_tells_who_waits_and_who_serves_it_without_telling_numbers() {
    let (mut sim, ..) = busy();
    let citizen = waits(&mut sim, "1");
    sim.advance(MINUTE);
    let call = call_of(&mut sim, citizen);
    let page = page(&mut sim, "anagrafe");
    assert_eq!((page.open, page.closings.len(), page.waiting.len()), (true, 0, 1));
    let wait = &page.waiting[0];
    assert_eq!((wait.call, wait.position, wait.minutes), (call, 1, 0));
    assert!(wait.from.starts_with("***") && wait.waited_s >= 60.0, "{wait:?}");
    assert_eq!(wait.expected_s, None, "one talk says nothing of the next");
    let busy: Vec<_> = page.seats.iter().filter(|seat| seat.view.call.is_some()).collect();
    assert_eq!((busy.len(), busy[0].id.as_str()), (1, "seat01"));
    assert!(matches!(asks(&mut sim, WaitingOrder::Show("altro".into())), Reply::Refused(_)));
}

#[test]
fn citizen_who_is_advanced_comes_before_those_who_have_waited_longer() {
    let (mut sim, operator, talker) = busy();
    let first = waits(&mut sim, "1");
    sim.advance(30 * SECOND);
    let second = waits(&mut sim, "1");
    sim.advance(SECOND);
    let call = call_of(&mut sim, second);
    for minutes in [0, 481, -481] {
        assert!(changes(&mut sim, call, WaitingAct::Advance(minutes)).is_err(), "{minutes}");
    }
    changes(&mut sim, call, WaitingAct::Advance(1)).expect("it is advanced");
    sim.hang_up(talker);
    sim.until("they talk", |sim| sim.talk_together(second, operator));
    assert_eq!(sim.partner(first), None);
    assert_eq!(record(&sim), [WaitChange::Advanced { minutes: 1 }]);
    sim.verdict().expect("every promise is kept");
}

#[test]
fn supervisor_takes_a_waiting_citizen_from_a_pause_and_one_who_does_not_answer_gives_the_place_back() {
    let (mut sim, _, _) = busy();
    let supervisor = sim.seat("seat17");
    sim.status("seat17", StatusChange::LogIn);
    sim.status("seat17", StatusChange::Pause("riunione".to_owned()));
    let citizen = waits(&mut sim, "1");
    sim.advance(SECOND);
    let call = call_of(&mut sim, citizen);
    sim.with_phone(supervisor, |phone, _| phone.manner = Manner::Rejects(SECOND));
    let take = || WaitingAct::Take("217".to_owned());
    changes(&mut sim, call, take()).expect("seat17 rings");
    assert!(changes(&mut sim, call, take()).is_err_and(|why| why.contains("rings for this call already")));
    sim.advance(5 * SECOND);
    assert_eq!(line(&mut sim, "anagrafe"), [call]);
    sim.advance(MINUTE); // the rest after a refusal
    sim.with_phone(supervisor, |phone, _| phone.manner = Manner::Answers(SECOND));
    changes(&mut sim, call, take()).expect("seat17 rings");
    sim.until("they talk", |sim| sim.talk_together(citizen, supervisor));
    assert!(changes(&mut sim, call, take()).is_err_and(|why| why.contains("waits in no queue")));
    sim.hang_up(citizen);
    let contact = sim.contact(citizen);
    assert_eq!(
        (contact.outcome, contact.seat.as_ref().map(|seat| seat.as_str())),
        (Some(Outcome::Answered), Some("seat17"))
    );
    sim.verdict().expect("every promise is kept");
}

/// The supervisor's word is a recording that the demo has.
fn close_anagrafe(sim: &mut Sim) {
    let sound = Some("sospeso".to_owned());
    for switch in [
        Switch::BulletinOn {
            slot: "closed:anagrafe".to_owned(),
            bulletin: Bulletin { sound, ..Bulletin::default() },
        },
        Switch::Close(Closing { scope: Scope::Queue("anagrafe".into()), ..Closing::default() }),
    ] {
        sim.replies.clear();
        sim.command(Command::Switch(switch));
        sim.until("it is switched", |sim| !sim.replies.is_empty());
        assert!(matches!(sim.replies[0], Reply::Done), "{:?}", sim.replies);
    }
}

/// Asks whether anagrafe would answer within five minutes; then waits there for somebody who knows English.
const ASKS: &str = r#"
schema: 1
id: "055055"
languages: [it]
start: chiede
nodes:
  chiede: {type: answers_within, queue: anagrafe, within: 5m, exits: {yes: coda, no: no, unknown: forse}}
  coda:
    type: queue
    queue: anagrafe
    skills: [inglese 2]
    widen: [after 30s drop inglese]
    exits: {answered: fine, closed: fine, full: fine, no_seats: fine, timeout: fine}
  no: {type: hangup, prompt: nessun_operatore}
  forse: {type: play, prompt: sospeso, to: coda}
  fine: {type: hangup}
"#;

fn asking(change: impl FnOnce(&mut Config)) -> Sim {
    let setting = Setting::demo().with_config(|config| {
        config.skills.insert("inglese".into());
        change(config);
    });
    Sim::with(setting.with_flow(ASKS), 1)
}

fn dials(sim: &mut Sim) -> PhoneId {
    sim.call("055055")
}

#[test]
fn flow_learns_whether_a_queue_would_answer_in_time_and_that_nobody_can_tell() {
    let mut sim = asking(|_| ());
    let nobody = dials(&mut sim);
    sim.until("no: nobody is there", |sim| sim.hears(nobody, "it/nessun_operatore"));
    let operator = sim.seat("seat01");
    let first = dials(&mut sim);
    sim.until("yes: somebody is free", |sim| sim.talk_together(first, operator));
    let second = dials(&mut sim);
    sim.until("nobody can tell", |sim| sim.hears(second, "it/sospeso"));
    sim.verdict().expect("every promise is kept");
}

#[test]
fn flow_s_node_asks_for_a_skill_and_after_a_while_does_without() {
    let mut sim = asking(|config| {
        let seat = config.seats.get_mut("seat02").expect("the demo has it");
        seat.rules.skills = [("inglese".into(), 3)].into_iter().collect();
    });
    let (anybody, knows) = (sim.seat("seat01"), sim.seat("seat02"));
    let first = dials(&mut sim);
    sim.until("the one who knows has it", |sim| sim.talk_together(first, knows));
    let second = dials(&mut sim);
    sim.advance(28 * SECOND);
    assert_eq!(sim.partner(second), None);
    let page = page(&mut sim, "anagrafe");
    assert_eq!(page.waiting[0].needs.get("inglese"), Some(&2));
    sim.until("anybody will do", |sim| sim.talk_together(second, anybody));
    sim.verdict().expect("every promise is kept");
}

/// Says nothing of the music.
const LEAVES_MUSIC: &str = r#"
schema: 1
id: "055055"
languages: [it]
start: coda
nodes:
  coda: {type: queue, queue: anagrafe, exits: {answered: fine, closed: fine, full: fine, no_seats: fine, timeout: fine}}
  fine: {type: hangup}
"#;

#[test]
fn those_who_wait_hear_the_music_of_their_queue_else_of_their_ente() {
    for (of_queue, of_entity, heard) in [
        (None, None, "music/attesa"),
        (None, Some("ente"), "music/ente"),
        (Some("coda"), Some("ente"), "music/coda"),
    ] {
        let setting = Setting::demo().with_config(|config| {
            let queue = config.queues.get_mut("anagrafe").expect("the demo has it");
            queue.music = of_queue.map(str::to_owned);
            config.entities.values_mut().for_each(|entity| entity.music = of_entity.map(str::to_owned));
        });
        let setting =
            ["music/coda", "music/ente"].iter().fold(setting, |setting, name| setting.with_sound(name));
        let mut sim = Sim::with(setting.with_flow(LEAVES_MUSIC), 1);
        let operator = sim.seat("seat01");
        sim.with_phone(operator, |phone, _| phone.manner = Manner::Ignores);
        let citizen = dials(&mut sim);
        sim.until(heard, |sim| sim.hears(citizen, heard));
    }
}

#[test]
fn queue_that_is_closed_with_a_message_lets_out_those_who_wait_and_those_who_come_by_closed() {
    let (mut sim, ..) = busy();
    let waiting = waits(&mut sim, "1");
    sim.until("music", |sim| sim.hears(waiting, "music/attesa"));
    close_anagrafe(&mut sim);
    let word = "it/sospeso";
    sim.until("who waits hears why", |sim| sim.hears(waiting, word));
    sim.until("and what the flow says", |sim| sim.hears(waiting, "it/coda_chiusa"));
    let comes = waits(&mut sim, "1");
    sim.until("who comes hears why", |sim| sim.hears(comes, word));
    sim.until("their calls end", |sim| [waiting, comes].iter().all(|phone| sim.line(*phone) == Line::Free));
    assert_eq!(sim.contact(waiting).outcome, Some(Outcome::Unserved));
    let exits = sim.facts.iter().filter_map(|entry| match entry.fact {
        Fact::QueueLeft { exit, .. } => Some(exit),
        _ => None,
    });
    assert_eq!(exits.collect::<Vec<_>>(), [QueueExit::Closed, QueueExit::Closed]);
    let page = page(&mut sim, "anagrafe");
    assert_eq!(page.closings.len(), 1);
    let elsewhere = waits(&mut sim, "3");
    sim.advance(SECOND);
    let call = call_of(&mut sim, elsewhere);
    let to_closed = changes(&mut sim, call, WaitingAct::Move("anagrafe".into()));
    assert!(to_closed.is_err_and(|why| why.contains("queue anagrafe is closed")));
    sim.verdict().expect("every promise is kept");
}

#[test]
fn those_who_wait_hear_the_music_of_their_queue_or_of_their_ente_where_these_have_one() {
    for (of_queue, of_ente, heard) in [
        (None, None, "music/attesa"),
        (None, Some("palazzo"), "music/palazzo"),
        (Some("sportello"), Some("palazzo"), "music/sportello"),
    ] {
        let setting = Setting::demo().with_sound("music/palazzo").with_config(|config| {
            config.queues.get_mut("anagrafe").expect("the demo has it").music = of_queue.map(str::to_owned);
            config.entities.get_mut("firenze").expect("the demo has it").music = of_ente.map(str::to_owned);
        });
        let mut sim = Sim::with(setting.with_sound("music/sportello"), 1);
        let operator = sim.seat("seat01");
        let talker = waits(&mut sim, "1");
        sim.until("they talk", |sim| sim.talk_together(talker, operator));
        let citizen = waits(&mut sim, "1");
        sim.until(heard, |sim| sim.hears(citizen, heard));
        sim.verdict().expect("every promise is kept");
    }
}

/// Offers a call-back while others wait before this caller, and the wait will be long.
const OFFERS: &str = r##"
schema: 1
id: "055055"
languages: [it]
start: coda
nodes:
  coda:
    type: queue
    queue: anagrafe
    offer_callback: {key: "#", after: 10s, when: "${queue.waiting > 1 && queue.ewt_s > 60}", prompt: offerta_richiamata}
    exits: {callback: fine, answered: fine, closed: fine, full: fine, no_seats: fine, timeout: fine}
  fine: {type: hangup}
"##;

/// The demo, where callers are told nothing of the wait, after six talks of two minutes; its only operator talks.
fn after_six_talks(setting: &Setting) -> (Sim, PhoneId, PhoneId) {
    let silent = |config: &mut Config| {
        config.queues.values_mut().for_each(|queue| queue.announce.tells_wait = false);
    };
    let mut sim = Sim::with(setting.with_config(silent).with_flow(OFFERS), 1);
    let operator = sim.seat("seat01");
    let talks = |sim: &mut Sim| {
        let citizen = dials(sim);
        sim.until("they talk", |sim| sim.talk_together(citizen, operator));
        citizen
    };
    for _ in 0..6 {
        let citizen = talks(&mut sim);
        sim.advance(2 * MINUTE);
        sim.hang_up(citizen);
        sim.advance(15 * SECOND);
    }
    let busy = talks(&mut sim);
    (sim, operator, busy)
}

#[test]
fn flow_s_condition_learns_how_many_wait_and_how_long_where_nobody_else_asks() {
    let (mut sim, _, _) = after_six_talks(Setting::demo());
    let first = dials(&mut sim);
    sim.advance(MINUTE);
    assert!(!sim.hears(first, "it/offerta_richiamata"), "nobody waits before the first");
    let second = dials(&mut sim);
    sim.until("it is offered", |sim| sim.hears(second, "it/offerta_richiamata"));
    sim.verdict().expect("every promise is kept");
}

#[test]
fn caller_is_sent_on_by_the_expected_wait_where_nobody_is_told_of_it() {
    let when = Pressure { over_wait: Some(MINUTE), ..Pressure::default() };
    let (mut sim, _, _) = after_six_talks(&Setting::demo().with_config(|config| {
        let queue = config.queues.get_mut("anagrafe").expect("the demo has it");
        queue.rules.sends_on.push(when);
        queue.sent_on.push(SentOn { to: SentTo::Queue("tributi".into()), at: Place::whole("queues.toml") });
    }));
    let citizen = dials(&mut sim);
    let queue = |sim: &mut Sim| sim.contact(citizen).queue;
    sim.until("it is sent on", |sim| queue(sim) == Some("tributi".into()));
    sim.verdict().expect("every promise is kept");
}
