//! A whole floor at work: seventeen seats, sixty callers, three queues that share the operators, and what goes wrong in a day.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::baresip::{Account, Baresip};
use super::contacts::{self, text};
use super::exchange::Exchange;
use super::phones::Phone;
use super::sipp;
use super::site::Site;
use super::tools::{self, Need};
use super::uac::Uac;

/// Callers of each queue.
const EACH: usize = 20;
/// The numbers that lead to the queues, and how those who dial them begin.
const LINES: [(&str, &str, &str); 3] = [
    ("0550001", "0557101", "anagrafe"),
    ("0550002", "0557102", "tributi"),
    ("0550003", "0557103", "generale"),
];
/// Longest wait for a phone to ring.
const SOON: Duration = Duration::from_secs(20);

/// No words and no keys: the number leads to the queue.
const FLOW: &str = r#"schema: 1
id: "055055"
languages: [it]
start: quale
nodes:
  quale:
    type: branch
    when:
      - {if: "${call.to == '0550001'}", to: anagrafe}
      - {if: "${call.to == '0550002'}", to: tributi}
    else: generale
  anagrafe: {type: queue, queue: anagrafe, exits: {answered: fine, closed: fine, full: fine, no_seats: fine, timeout: fine}}
  tributi: {type: queue, queue: tributi, exits: {answered: fine, closed: fine, full: fine, no_seats: fine, timeout: fine}}
  generale: {type: queue, queue: generale, exits: {answered: fine, closed: fine, full: fine, no_seats: fine, timeout: fine}}
  fine: {type: hangup}
"#;

fn site() -> Site {
    let site = Site::demo().with_flow(FLOW);
    let number = |(number, ..): (&str, &str, &str)| {
        format!("[[number]]\nnumber = \"{number}\"\nentity = \"firenze\"\nflow = \"055055\"\n\n")
    };
    site.configure("numbers.toml", &LINES.map(number).concat());
    let queue = |(.., queue): (&str, &str, &str)| {
        format!(
            "[[queue]]\nid = \"{queue}\"\nname = \"{queue}\"\nwrap_up = \"1s\"\nring_for = \"4s\"\nreject_delay = \"5s\"\n\n"
        )
    };
    site.configure("queues.toml", &LINES.map(queue).concat());
    let seat = |seat: usize| {
        let name = name(seat);
        format!(
            "[[seat]]\nid = \"{name}\"\npassword = \"demo-{name}\"\nqueues = [\"*\"]\nauto_login = true\n\n"
        )
    };
    site.configure("seats.toml", &(1..=17).map(seat).collect::<String>());
    site
}

fn name(seat: usize) -> String {
    format!("seat{seat:02}")
}

/// The numbers that a built-in phone has answered, as it tells.
fn answered_by(phone: &Phone) -> Vec<String> {
    let said = phone.said();
    let lines: Vec<&str> = said.lines().collect();
    let rang = |line: &str| {
        Some(line.strip_prefix("ringing: ")?.rsplit_once('<')?.1.trim_end_matches('>').to_owned())
    };
    lines.windows(2).filter(|pair| pair[1] == "answered").filter_map(|pair| rang(pair[0])).collect()
}

#[test]
fn a_floor_of_seventeen_seats_serves_sixty_callers_whatever_phones_do() {
    let test = "a_floor_of_seventeen_seats_serves_sixty_callers_whatever_phones_do";
    if !tools::ready(test, &[Need::Sipp, Need::Baresip, Need::RawSockets]) {
        return;
    }
    let site = site();
    let exchange = Exchange::start(&site);
    let baresip = |seat: usize| {
        let (seat, password) = (name(seat), format!("demo-{}", name(seat)));
        Baresip::registered(&site, exchange.sip, &Account::operator(&seat, &password))
    };
    // These are idle for longest, so they ring first: one rejects, one vanishes while it rings, one in its talk.
    let (rejects, vanishes, drops) = (baresip(1), baresip(2), baresip(3));
    let phones: BTreeMap<String, Phone> = (4..=17)
        .map(|seat| {
            let seat = name(seat);
            let how: &[&str] = match seat.as_str() {
                "seat04" => &["--reject"],
                _ => &["--answer-after", "300ms", "--hangup-after", "2s"],
            };
            let phone =
                Phone::start(&site, &exchange, &format!("{seat}.log"), &[&["seat", &seat], how].concat());
            (seat, phone)
        })
        .collect();
    phones.values().for_each(|phone| phone.wait_until_it_says("registered"));
    let http = exchange.http.to_string();
    site.command(&["seat", "pause", "seat17", "--reason", "pausa", "--http", &http]);

    let mut callers: Vec<_> = LINES
        .iter()
        .map(|(number, prefix, _)| sipp::many(&site, exchange.sip, prefix, EACH, number))
        .collect();
    rejects.wait_for("CALL_INCOMING", SOON);
    rejects.hang_up();
    vanishes.wait_for("CALL_INCOMING", SOON);
    drop(vanishes);
    drops.wait_for("CALL_INCOMING", SOON);
    drops.answer();
    drops.wait_for("CALL_ESTABLISHED", SOON);
    drop(drops);
    let mut hasty = Uac::new(exchange.sip, "0557109999", LINES[0].0);
    assert_eq!(hasty.dial(SOON), Some(200));
    hasty.hang_up();
    let paused = phones["seat17"].said();
    site.command(&["seat", "ready", "seat17", "--http", &http]);
    callers.iter_mut().for_each(sipp::Sipp::ended_well);
    drop(rejects);

    assert!(!paused.contains("ringing"), "a paused seat rang: {paused}");
    let contacts = contacts::when_ended(&site, exchange.http, 3 * EACH + 1);
    assert_eq!(contacts.len(), 3 * EACH + 1);
    let by_number: BTreeMap<&str, _> =
        contacts.iter().map(|contact| (text(contact, "from"), contact)).collect();
    assert_eq!(by_number.len(), contacts.len(), "each caller has one contact");
    for (_, prefix, queue) in LINES {
        for count in 1..=EACH {
            let contact = by_number[format!("{prefix}{count}").as_str()];
            assert_eq!((text(contact, "outcome"), text(contact, "queue")), ("answered", queue), "{contact}");
        }
    }
    // Whoever was with the phone that died in its talk has talked with somebody else afterwards.
    let talks = |contact: &Value| contact["talks"].as_array().cloned().unwrap_or_default();
    let after = |contact: &Value| {
        let seats: Vec<String> = talks(contact).iter().map(|talk| text(talk, "seat").to_owned()).collect();
        (seats.first().map(String::as_str) == Some("seat03")).then_some(seats)
    };
    let again = contacts.iter().find_map(after).expect("seat03 has answered");
    assert!(again.len() > 1 && again[1] != "seat03", "{again:?}");
    assert_ne!(text(by_number["0557109999"], "outcome"), "answered");
    // Whoever says that they have served a caller is on record as the one who did, and nobody was served twice.
    let mut served: BTreeMap<String, &str> = BTreeMap::new();
    for (seat, phone) in &phones {
        for number in answered_by(phone) {
            assert_eq!(text(by_number[number.as_str()], "operator"), seat, "{number}");
            assert_eq!(served.insert(number.clone(), seat), None, "{number} was served twice");
        }
    }
    assert!(served.len() + 2 >= 3 * EACH, "{} callers were served by built-in phones", served.len());
    assert!(!served.values().any(|seat| *seat == "seat04"), "who rejects serves nobody");
}
