//! The shipped configuration is right, and every mistake in it would be told.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::*;

macro_rules! shipped {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("../../config/", $name)))),*]
    };
}

/// The files in `config/`.
pub(super) fn shipped() -> BTreeMap<String, String> {
    let files = shipped![
        "engine.toml" "entities.toml" "topics.toml" "calendars.toml"
        "numbers.toml" "queues.toml" "seats.toml" "trunks.toml"
    ];
    files.map(|(name, text)| (name.to_owned(), text.to_owned())).into()
}

/// A small right configuration, with the text of one file in place of another.
pub(super) fn small_with(name: &str, text: &str) -> BTreeMap<String, String> {
    let files = [
        ("engine.toml", ""),
        ("entities.toml", "[[entity]]\nid = \"firenze\"\nname = \"Comune di Firenze\""),
        ("topics.toml", "[[topic]]\nid = \"tributi\"\ntitle = \"Tributi\""),
        ("calendars.toml", "[schedule.sportello]\nopen = { mon = [\"08:00-20:00\"] }"),
        ("numbers.toml", "[[number]]\nnumber = \"055055\"\nentity = \"firenze\"\nflow = \"055055\""),
        ("queues.toml", "[[queue]]\nid = \"generale\"\nname = \"Generale\""),
        ("seats.toml", "[[seat]]\nid = \"seat01\"\npassword = \"x\"\nqueues = [\"generale\"]"),
        ("trunks.toml", ""),
    ];
    let mut files: BTreeMap<_, _> = files.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    files.insert(name.to_owned(), text.to_owned());
    files
}

fn faults_of(files: &BTreeMap<String, String>) -> Vec<String> {
    match Config::parse(files) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn shipped_configuration_is_the_florence_center_which_answers_milan_too() {
    let config = Config::parse(&shipped()).unwrap_or_else(|errors| panic!("{errors:#?}"));
    assert_eq!((config.entities.len(), config.seats.len(), config.queues.len()), (5, 17, 10));
    assert_eq!(config.numbers["055055"].entity, "firenze".into());
    assert_eq!(config.numbers["020202"].entity, "milano".into());
    assert_eq!(config.check_flows(&BTreeSet::from(["020202".into(), "055055".into()])), []);
    for (id, seat) in &config.seats {
        assert!(seat.rules.auto_login, "{id}");
        assert!(seat.rules.queues.contains_key("anagrafe"), "{id} serves the queue of key 1");
        assert_eq!(seat.password.reveal(), format!("demo-{id}"));
    }
    for (id, queue) in &config.queues {
        assert!(queue.rules.wrap_up <= Duration::from_secs(10), "{id}");
        assert!(config.seats.values().any(|seat| seat.rules.queues.contains_key(id)), "somebody serves {id}");
    }
    assert!(!config.queues["servizi-sociali"].record);
}

#[test]
fn defaults_are_those_that_the_shipped_files_show() {
    let shown = Config::parse(&shipped()).unwrap();
    let small = Config::parse(&small_with("engine.toml", "")).unwrap();
    assert_eq!(format!("{:?}", small.engine), format!("{:?}", shown.engine));
    let rules = |config: &Config, id: &str| QueueRules { id: "".into(), ..config.queues[id].rules.clone() };
    assert_eq!(rules(&small, "generale"), rules(&shown, "anagrafe"));
}

#[test]
fn demo_passwords_are_recognised() {
    let config = Config::parse(&shipped()).unwrap();
    assert_eq!(config.demo_passwords().len(), 17);
    let config = Config::parse(&small_with("engine.toml", "")).unwrap();
    assert_eq!(config.demo_passwords(), []);
}

#[test]
fn passwords_are_not_printed() {
    let config = Config::parse(&shipped()).unwrap();
    assert!(!format!("{config:?}").contains("demo-seat"));
}

#[test]
fn number_that_leads_to_no_flow_is_told_with_its_place() {
    let config = Config::parse(&small_with("engine.toml", "")).unwrap();
    let errors = config.check_flows(&BTreeSet::from(["055056".into()]));
    let told: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["numbers.toml:4:8: flow `055055` is not among the flows; did you mean `055056`?"]);
}

#[test]
fn each_mistake_is_told_with_place_and_remedy() {
    #[rustfmt::skip]
    let rows: &[(&str, &str, &str)] = &[
        ("engine.toml", "node = 0", "engine.toml:1:8: `node` must be from 1 to 65535"),
        ("engine.toml", "node = \"one\"", "engine.toml:1:8: `node` must be a whole number, not a text"),
        ("engine.toml", "# first\nrelam = \"x\"", "engine.toml:2:1: the file has no key `relam`; did you mean `realm`?"),
        ("engine.toml", "realm = 'a\"b'", "engine.toml:1:9: `a\"b` is not a realm (no quotes, backslashes or control characters); write one like `centralino`"),
        ("engine.toml", "realm = \"\"", "engine.toml:1:9: `` is not a realm (no quotes, backslashes or control characters); write one like `centralino`"),
        ("engine.toml", "advertise = \"here\"", "engine.toml:1:13: `here` is not an IP address at which phones reach this machine; write one like `192.0.2.10`"),
        ("engine.toml", "rtp_ports = [30000, 20000]", "engine.toml:1:13: the range of ports is empty; write the lower port first, as in `[20000, 29999]`"),
        ("engine.toml", "rtp_ports = [20000, 20099]", "engine.toml:1:13: the range holds 50 legs, and `max_calls` = 1000 may need two each; widen it to four ports a call or lower `max_calls`"),
        ("engine.toml", "rtp_ports = [80, 29999]", "engine.toml:1:14: `rtp_ports` must be from 1024 to 65535"),
        ("engine.toml", "rtp_ports = 20000", "engine.toml:1:13: `rtp_ports` must be two whole numbers in brackets, not a whole number"),
        ("engine.toml", "dead_media = \"30\"", "engine.toml:1:14: `30` is not a duration; write one like `1m30s`"),
        ("engine.toml", "dead_media = \"1s\"", "engine.toml:1:14: `dead_media` must be from 5s to 1h"),
        ("engine.toml", "[feature_codes]\npause = \"13\"", "engine.toml:2:9: `13` is not a feature code; write one like `*13`"),
        ("engine.toml", "[feature_codes]\npause = \"*1\"\nready = \"*1\"", "engine.toml:3:9: feature code `*1` is that of `pause` already; choose another"),
        ("engine.toml", "[feature_codes]\npause = \"*11\"", "engine.toml:2:9: feature code `*11` is that of `log_in` already; choose another"),
        ("engine.toml", "node = ", "engine.toml:1:8: this is not TOML: string values must be quoted, expected literal string"),
        ("connectors.toml", "[[connector]]\nid = \"anagrafe\"", "connectors.toml:1:1: [[connector]] lacks `address`; add it"),
        ("connectors.toml", "[[connector]]\nid = \"a\"\naddress = \"ftp://a/b\"", "connectors.toml:3:11: `ftp://a/b` is not an address of a server; write one like `https://segnalazioni.comune.example/api`"),
        ("connectors.toml", "[[connector]]\nid = \"a\"\naddress = \"https://a/b?c=d\"", "connectors.toml:3:11: `https://a/b?c=d` is not an address of a server; write one like `https://segnalazioni.comune.example/api`"),
        ("connectors.toml", "[[connector]]\nid = \"a\"\naddress = \"https://io:segreto@a\"", "connectors.toml:3:11: a secret does not belong into `address`; write where it is, `credential = \"env:NAME\"` or `\"file:PATH\"`"),
        ("connectors.toml", "[[connector]]\nid = \"a\"\naddress = \"http://a\"", "connectors.toml:3:11: `http://a` is asked in the clear, and everybody on the way can read what citizens say; use https, or add `plain = true` when the way is yours"),
        ("connectors.toml", "[[connector]]\nid = \"a\"\naddress = \"https://a\"\ncredential = \"segreto\"", "connectors.toml:4:14: a secret does not belong into `credential`; write where it is, `credential = \"env:NAME\"` or `\"file:PATH\"`"),
        ("connectors.toml", "[[connector]]\nid = \"a\"\naddress = \"https://a\"\nscheme = \"digest\"", "connectors.toml:4:10: `digest` is not a way to show a credential; write one like `bearer`"),
        ("connectors.toml", "[[connector]]\nid = \"a\"\naddress = \"https://a\"\nmax_time = \"1h\"", "connectors.toml:4:12: `max_time` must be from 100ms to 30s"),
        ("connectors.toml", "[[connector]]\nid = \"a\"\naddress = \"https://a\"\nmax_requests = 99", "connectors.toml:4:16: `max_requests` must be from 1 to 16"),
        ("entities.toml", "[[entity]]\nid = \"firenze\"", "entities.toml:1:1: [[entity]] lacks `name`; add it"),
        ("topics.toml", "[[topic]]\nid = \"tributi\"\ntitle = \"T\"\n[[topic]]\nid = \"scuola/nidi\"\ntitle = \"N\"", "topics.toml:5:6: topic `scuola/nidi` stands under `scuola`, which is not in topics.toml; add it first"),
        ("topics.toml", "[[topic]]\nid = \"a\"\ntitle = \"A\"\ncode = \"1\"\n[[topic]]\nid = \"b\"\ntitle = \"B\"\ncode = \"1\"", "topics.toml:8:8: topic code `1` is given twice; the first is on line 4"),
        ("topics.toml", "[[topic]]\nid = \"a\"\ntitle = \"A\"\ncode = \"1a\"", "topics.toml:4:8: `1a` is not a code of digits; write one like `12`"),
        ("calendars.toml", "[schedule.sportello]\nopen = { lun = [\"08:00-20:00\"] }", "calendars.toml:2:10: schedule `sportello`: `lun` is not a day; write `mon` to `sun`, a range like `mon-sat` or a list like `mon,wed`"),
        ("calendars.toml", "[schedule.sportello]\nextends = \"comuni\"", "calendars.toml:2:11: schedule `sportello`: there is no schedule `comuni` to extend"),
        ("calendars.toml", "[schedule.sportello]\nclosed = [\"natale\"]", "calendars.toml:2:11: schedule `sportello`: `natale` is not a holiday; write `it-national`, a day of every year like `06-24` or a date like `2026-12-31`"),
        ("numbers.toml", "", "numbers.toml:1:1: no number at all; add at least one"),
        ("numbers.toml", "[[number]]\nnumber = \"055-055\"\nentity = \"firenze\"\nflow = \"f\"", "numbers.toml:2:10: `055-055` is not a number as it is dialled; write one like `055055`"),
        ("numbers.toml", "[[number]]\nnumber = \"1\"\nentity = \"firense\"\nflow = \"f\"", "numbers.toml:3:10: entity `firense` is not in entities.toml; did you mean `firenze`?"),
        ("numbers.toml", "[[number]]\nnumber = \"1\"\nentity = \"firenze\"\nflow = \"f\"\ntopic = \"tributo\"", "numbers.toml:5:9: topic `tributo` is not in topics.toml; did you mean `tributi`?"),
        ("numbers.toml", "[[number]]\nnumber = \"1\"\nentity = \"firenze\"\nflow = \"f\"\nlanguage = \"italiano\"", "numbers.toml:5:12: `italiano` is not a language; write one like `it`"),
        ("queues.toml", "[[queue]]\nid = \"generale\"\nname = \"G\"\nschedule = \"sportelo\"", "queues.toml:4:12: schedule `sportelo` is not in calendars.toml; did you mean `sportello`?"),
        ("queues.toml", "[[queue]]\nid = \"generale\"\nname = \"G\"\nring_for = \"1s\"", "queues.toml:4:12: `ring_for` must be from 3s to 5m"),
        ("queues.toml", "[[queue]]\nid = \"generale\"\nname = \"G\"\nrecord = \"yes\"", "queues.toml:4:10: `record` must be true or false, not a text"),
        ("queues.toml", "[[queue]]\nid = \"generale\"\nname = \"G\"\n[[queue]]\nid = \"generale\"\nname = \"H\"", "queues.toml:5:6: queue `generale` is given twice; the first is on line 2"),
        ("queues.toml", "[dispositions]\nok = \"risolto\"\n[[queue]]\nid = \"generale\"\nname = \"G\"", "queues.toml:2:1: `ok` is not a code of digits; write one like `1`"),
        ("seats.toml", "[[seat]]\nid = \"seat01\"\npassword = \"x\"\nextension = \"112\"\nqueues = []", "seats.toml:4:13: `112` is not an extension (2 to 5 digits that do not begin with 11); write one like `201`"),
        ("seats.toml", "[[seat]]\nid = \"seat01\"\npassword = \"\"\nqueues = []", "seats.toml:3:12: the password is empty; give `seat01` one that cannot be guessed"),
        ("seats.toml", "[[seat]]\nid = \"Seat 01\"\npassword = \"x\"\nqueues = []", "seats.toml:2:6: `Seat 01` is not a name; use lower-case letters, digits, `-` and `_`"),
        ("seats.toml", "[[seat]]\nid = \"seat01\"\npasword = \"x\"\npassword = \"x\"\nqueues = []", "seats.toml:3:1: [[seat]] has no key `pasword`; did you mean `password`?"),
        ("seats.toml", "[[seat]]\nid = \"seat01\"\npassword = \"x\"\nqueues = [\"general\"]", "seats.toml:4:11: queue `general` is not in queues.toml; did you mean `generale`?"),
        ("seats.toml", "[[seat]]\nid = \"seat01\"\npassword = \"x\"\nqueues = \"generale\"", "seats.toml:4:10: `queues` must be a list of texts, not a text"),
        ("seats.toml", "[[seat]]\nid = \"seat01\"\npassword = \"x\"", "seats.toml:1:1: [[seat]] lacks `queues`; add it"),
        ("seats.toml", "seat = \"seat01\"", "seats.toml:1:8: `seat` must be a list of tables in double brackets, not a text"),
        ("engine.toml", "advertise = \"0.0.0.0\"", "engine.toml:1:13: `0.0.0.0` is not an IP address at which phones reach this machine; write one like `192.0.2.10`"),
        ("engine.toml", "advertise = \"\\u001b[2Jhere\\u202e\"", "engine.toml:1:13: `\\u{1b}[2Jhere\\u{202e}` is not an IP address at which phones reach this machine; write one like `192.0.2.10`"),
        ("engine.toml", "[media]\nthird_party_grace = \"1h\"", "engine.toml:2:21: `third_party_grace` must be from 1s to 1m"),
        ("numbers.toml", "[[number]]\nnumber = \"055055\"\nentity = \"firenze\"\nflow = \"../055055\"", "numbers.toml:4:8: `../055055` is not a name; use lower-case letters, digits, `-` and `_`"),
        ("trunks.toml", "[[trunk]]\nname = \"all\"\nfrom = [\"0.0.0.0/0\"]", "trunks.toml:3:9: `0.0.0.0/0` is everybody, and everybody there may call without a password; write the networks or addresses of this trunk alone"),
        ("trunks.toml", "[[trunk]]\nname = \"all\"\nfrom = [\"::1\"]\nmedia = [\"::/0\"]", "trunks.toml:4:10: `::/0` is everybody, and everybody there may call without a password; write the networks or addresses of this trunk alone"),
        ("trunks.toml", "[[trunk]]\nname = \"demo\"\nfrom = [\"127.0.0.0/33\"]", "trunks.toml:3:9: `127.0.0.0/33` is not an address or a network; write one like `192.0.2.0/24`"),
        ("trunks.toml", "[[trunk]]\nname = \"demo\"", "trunks.toml:1:1: [[trunk]] lacks `from`; add it"),
        ("trunks.toml", "[[trunk]]\nname = \"demo\"\nfrom = []\n[trunk.outgoing]\nnumber = \"055\"", "trunks.toml:4:1: [trunk.outgoing] lacks `to`; add it"),
        ("trunks.toml", "[[trunk]]\nname = \"demo\"\nfrom = []\n[trunk.outgoing]\nto = \"gw.example\"\nnumber = \"055\"", "trunks.toml:5:6: `gw.example` is not the address of a SIP server; write one like `sip:gw.example:5060;transport=tcp`"),
        ("trunks.toml", "[[trunk]]\nname = \"demo\"\nfrom = []\n[trunk.outgoing]\nto = \"sip:gw.example\"\nnumber = \"noi\"", "trunks.toml:6:10: `noi` is not a number as it is dialled; write one like `+390552768224`"),
        ("trunks.toml", "[[trunk]]\nname = \"demo\"\nfrom = []\n[trunk.outgoing]\nto = \"sip:gw.example\"\nnumber = \"055\"\nuser = \"io\"", "trunks.toml:4:1: [trunk.outgoing] lacks `password`; add it"),
        ("trunks.toml", "[[trunk]]\nname = \"demo\"\nfrom = []\n[trunk.outgoing]\nto = \"sip:gw.example\"\nnumber = \"055\"\nprefixes = [\"+39\", \"+39\"]", "trunks.toml:7:20: prefix `+39` is given twice; the first is on line 7"),
        ("trunks.toml", "[[trunk]]\nname = \"demo\"\nfrom = []\n[trunk.outgoing]\nto = \"sip:gw.example:0\"\nnumber = \"055\"", "trunks.toml:5:6: port 0 is no port; write the one where the trunk's server listens, or leave it out for 5060"),
        ("trunks.toml", "[[trunk]]\nname = \"demo\"\nfrom = []\n[trunk.outgoing]\nto = \"sip:gw.example;maddr=192.0.2.1\"\nnumber = \"055\"", "trunks.toml:5:6: `maddr` would send calls elsewhere than to the host that is named; write that address as the host"),
        ("trunks.toml", "[[trunk]]\nname = \"demo\"\nfrom = []\n[trunk.outgoing]\nto = \"sip:gw.example\"\nnumber = \"055\"\nuser = \"a\\tb\"\npassword = \"x\"", "trunks.toml:7:8: `a\\tb` is not a user (no control characters); write one like `centralino`"),
        ("trunks.toml", "[dialling]\nqueue = \"generali\"", "trunks.toml:2:9: queue `generali` is not in queues.toml; did you mean `generale`?"),
        ("trunks.toml", "[dialling]\nemergency = [\"0552768224\"]", "trunks.toml:2:14: `0552768224` is not an emergency number; write one like `112`"),
        ("trunks.toml", "[destinations]\noffices = [\"055\"]", "trunks.toml:2:12: `055` is not the beginning of a number; write one like `+39055`"),
        ("seats.toml", "[[seat]]\nid = \"seat01\"\npassword = \"x\"\nqueues = []\nmay_call = [\"all\"]", "seats.toml:5:13: `all` is not whom a seat may call (`citizens`, `offices`, `seats`); write one like `offices`"),
        ("seats.toml", "[[seat]]\nid = \"seat01\"\npassword = \"x\"\nqueues = []\nlocation = \" \"", "seats.toml:5:12: ` ` is not a place on one line; write one like `Via Pergolesi 8, secondo piano, stanza 12`"),
        ("trunks.toml", "[destinations]\nalso = [\"0033\"]", "trunks.toml:2:9: `0033` is not the beginning of a number; write one like `+39055`"),
        ("trunks.toml", "[destinations]\nalso = [\"Francia\"]", "trunks.toml:2:9: `Francia` is not the beginning of a number; write one like `+39055`"),
        ("knowledge.toml", "[[article]]\nkey = \"neve\"\ntitle = \"Neve\"", "knowledge.toml:1:1: [[article]] lacks `say`; add it"),
        ("knowledge.toml", "[[article]]\nkey = \"neve\"\ntitle = \"Neve\"\nsay = { it = \"\" }", "knowledge.toml:4:14: `say` must be from 1 to 1024 bytes"),
        ("knowledge.toml", "[[article]]\nkey = \"neve\"\ntitle = \"Neve\"\nsay = { italiano = \"Nevica.\" }", "knowledge.toml:4:9: `italiano` is not a language; write one like `it`"),
        ("knowledge.toml", "[[article]]\nkey = \"neve\"\ntitle = \"Neve\"\nsay = { it = \"Nevica.\" }\nuntil = \"domani\"", "knowledge.toml:5:9: `domani` is not a day; write one like `2026-12-31`"),
        ("knowledge.toml", "[[article]]\nkey = \"neve\"\ntitle = \"Neve\"\nsay = { it = \"Nevica.\" }\nfrom = \"2026-12-01\"\nuntil = \"2026-11-01\"", "knowledge.toml:6:9: `2026-11-01` is not a day after `from`; write one like `2026-12-31`"),
        ("knowledge.toml", "[[article]]\nkey = \"Neve!\"\ntitle = \"Neve\"\nsay = { it = \"Nevica.\" }", "knowledge.toml:2:7: `Neve!` is not a name; use lower-case letters, digits, `-` and `_`"),
        ("seat.toml", "", "seat.toml: this file is not part of a configuration; did you mean `seats.toml`?"),
    ];
    let wrong =
        |(name, text, expected): &&(&str, &str, &str)| faults_of(&small_with(name, text)) != [*expected];
    let told = |(name, text, expected): &(&str, &str, &str)| {
        format!("{expected}\n  was {:?}\n", faults_of(&small_with(name, text)))
    };
    let wrong: String = rows.iter().filter(wrong).map(told).collect();
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn all_faults_of_all_files_are_told_at_once_in_order() {
    let mut files =
        small_with("seats.toml", "[[seat]]\nid = \"seat01\"\nqueues = [\"tributi\", \"nessuna\"]");
    files.insert("engine.toml".to_owned(), "node = 0\nmax_calls = 0".to_owned());
    files.remove("trunks.toml");
    assert_eq!(
        faults_of(&files),
        [
            "engine.toml:1:8: `node` must be from 1 to 65535",
            "engine.toml:2:13: `max_calls` must be from 1 to 10000",
            "seats.toml:1:1: [[seat]] lacks `password`; add it",
            "seats.toml:3:11: queue `tributi` is not in queues.toml",
            "seats.toml:3:22: queue `nessuna` is not in queues.toml",
            "trunks.toml: the file is missing; add it (an example of each is in the demo configuration)",
        ]
    );
}

#[test]
fn file_that_cannot_be_read_does_not_make_its_names_unknown() {
    let files = small_with("queues.toml", "[[queue]\nid = \"generale\"");
    assert!(
        faults_of(&files).iter().all(|fault| fault.starts_with("queues.toml:")),
        "{:?}",
        faults_of(&files)
    );
}

#[test]
fn routing_is_read_and_its_names_are_checked() {
    let queues = "skills = [\"inglese\"]\n[[queue]]\nid = \"generale\"\nname = \"G\"\nstrategy = \"linear\"\nskills = [\"inglese 2\"]\n\
                  widen = [\"after 30s drop inglese\"]\n[[queue.overflow]]\nto = \"aiuto\"\nafter = \"2m\"\nover_waiting = 3\n\
                  [[queue]]\nid = \"aiuto\"\nname = \"A\"";
    let seats = "[[seat]]\nid = \"seat01\"\npassword = \"x\"\nqueues = [\"generale\"]\nskills = [\"inglese 3\"]\n\
                 profile = [{queue = \"aiuto\", priority = 2, delay = \"30s\"}]";
    let mut files = small_with("queues.toml", queues);
    files.insert("seats.toml".to_owned(), seats.to_owned());
    files.insert("callers.toml".to_owned(), "[[caller]]\nnumbers = [\"055\"]\nseat = \"seat01\"".to_owned());
    let config = Config::parse(&files).expect("no fault");
    let (queue, seat) = (&config.queues["generale"].rules, &config.seats["seat01"].rules);
    assert!(seat.skills.meet(&queue.needs.skills));
    assert_eq!(queue.needs.waivers, [(Duration::from_secs(30), "inglese".into())]);
    assert_eq!((queue.overflow.len(), queue.overflow[0].when.over_waiting), (1, Some(3)));
    assert_eq!((seat.queues["generale"].priority, seat.queues["aiuto"].priority), (0, 2));
    assert_eq!(config.callers["055"].prefers, Some(("seat01".into(), Duration::from_secs(30))));

    files.insert(
        "queues.toml".to_owned(),
        queues.replace("drop inglese", "drop inglesi").replace("\"linear\"", "\"line\""),
    );
    files.insert("callers.toml".to_owned(), "[[caller]]\nnumbers = [\"055\"]\nseat = \"seat1\"".to_owned());
    let told: Vec<_> = faults_of(&files);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told.iter()
            .any(|fault| fault.contains("skill `inglesi` is not in queues.toml; did you mean `inglese`?")),
        "{told:?}"
    );
}
