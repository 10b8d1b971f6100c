//! The end of the exchange: asked for, or by force.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::contacts::{self, text};
use super::exchange::Exchange;
use super::ports;
use super::site::Site;
use super::uac::Uac;

/// Longest wait for what happens at once.
const SOON: Duration = Duration::from_secs(5);
/// How often it is killed.
const KILLS: u32 = 50;
/// Callers who dial all the time.
const CALLERS: u32 = 4;
/// Longest time between the `ready` line and the kill.
const KILL_WITHIN_MS: u64 = 400;

#[test]
fn exchange_asked_to_stop_hangs_up_on_its_callers_and_exits_well() {
    let site = Site::demo();
    let exchange = Exchange::start(&site);
    let mut caller = Uac::new(exchange.sip, "0557300001", "055055");
    assert_eq!(caller.dial(SOON), Some(200));
    let (status, hung_up_on) = std::thread::scope(|scope| {
        let listening = scope.spawn(|| caller.is_hung_up_on(Duration::from_secs(10)));
        (exchange.terminate(), listening.join().expect("it does not panic"))
    });
    assert!(hung_up_on, "the caller was left on the line");
    assert_eq!(status.code(), Some(0));
    let contacts = contacts::at_rest(&site);
    assert_eq!((contacts.len(), text(&contacts[0], "ended_by")), (1, "exchange"));
}

#[test]
fn caller_of_an_exchange_that_crashed_is_hung_up_on_by_the_next() {
    let site = Site::demo();
    let address = format!("127.0.0.1:{}", ports::free());
    let exchange = Exchange::start_at(&site, &address);
    let mut caller = Uac::new(exchange.sip, "0557300002", "055055");
    assert_eq!(caller.dial(SOON), Some(200));
    exchange.kill();
    let exchange = Exchange::start_at(&site, &address);
    assert!(caller.is_hung_up_on(Duration::from_secs(10)), "the caller was left on the line");
    let contacts = contacts::when_ended(&site, exchange.http, 1);
    assert_eq!((text(&contacts[0], "outcome"), text(&contacts[0], "ended_by")), ("interrupted", "crash"));
}

#[test]
fn no_answered_call_is_forgotten_however_often_the_exchange_is_killed() {
    let site = Site::demo();
    let mut chance = ChaCha8Rng::seed_from_u64(4475);
    let answered = Mutex::new(BTreeSet::new());
    for round in 0..KILLS {
        let exchange = Exchange::start(&site);
        if round % 10 == 9 {
            exchange.kill(); // twice in a row: while it repairs what the kill before has left
            continue;
        }
        let moment = Duration::from_millis(chance.random_range(0..KILL_WITHIN_MS));
        kill_amid_calls(exchange, round, moment, &answered);
    }
    // The last start closes what the last kill left open.
    assert!(Exchange::start(&site).terminate().success());
    let answered = answered.into_inner().expect("no panic under it");
    assert!(
        answered.len() > usize::try_from(KILLS).expect("small"),
        "only {} calls were answered",
        answered.len()
    );
    every_call_is_on_record(&site, &answered);
}

/// Callers dial all the time, and at some moment the exchange is killed.
fn kill_amid_calls(exchange: Exchange, round: u32, moment: Duration, answered: &Mutex<BTreeSet<String>>) {
    let sip = exchange.sip;
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for caller in 0..CALLERS {
            let over = &over;
            scope.spawn(move || {
                for n in 0_u32..10_000 {
                    if over.load(Ordering::Relaxed) {
                        return;
                    }
                    call(sip, &format!("0558{round:02}{caller}{n:04}"), n % 3 != 0, answered);
                }
            });
        }
        std::thread::sleep(moment);
        exchange.kill();
        over.store(true, Ordering::Relaxed);
    });
}

fn call(sip: std::net::SocketAddr, number: &str, hangs_up: bool, answered: &Mutex<BTreeSet<String>>) {
    let mut caller = Uac::new(sip, number, "055055");
    if caller.dial(Duration::from_millis(600)) == Some(200) {
        answered.lock().expect("no panic under it").insert(number.to_owned());
        if hangs_up {
            caller.hang_up();
        }
    }
}

/// Each call whose 200 was seen has exactly one contact, with an outcome.
#[track_caller]
fn every_call_is_on_record(site: &Site, answered: &BTreeSet<String>) {
    let contacts = contacts::at_rest(site);
    let mut seen = BTreeSet::new();
    for contact in &contacts {
        let number = text(contact, "from");
        assert!(seen.insert(number), "{number} has two contacts");
        assert_ne!(text(contact, "outcome"), "", "{contact} has no outcome");
    }
    let forgotten: Vec<&String> = answered.iter().filter(|number| !seen.contains(number.as_str())).collect();
    assert!(
        forgotten.is_empty(),
        "{} of {} calls are forgotten: {forgotten:?}",
        forgotten.len(),
        answered.len()
    );
}
