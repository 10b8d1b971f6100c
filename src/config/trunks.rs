//! `trunks.toml`: where calls come from, by which way calls go out, and which numbers may be called.
//!
//! A trunk is trusted for what it sends by its `from` alone. With a table `[trunk.outgoing]` it is also a way out; the address
//! there makes nobody trusted. Which numbers may be called is said once for all trunks, under `[destinations]`, and how operators
//! call under `[dialling]`.

use std::net::IpAddr;

use ipnet::IpNet;

use super::dialling::dialling;
use super::directory::is_dialled;
use super::fault::Fault;
use super::names::Names;
use super::reader::{Table, Word};
use super::{Destinations, Dialling, Gateway, Secret, Trunk};
use crate::phone_number::PhoneNumber;
use crate::sip::Transport;
use crate::sip::message::{Scheme, Uri};

/// Where SIP is spoken when no port is given (RFC 3261 section 19.1.2).
const SIP_PORT: u16 = 5060;

/// Read `[[trunk]]`, `[destinations]` and `[dialling]`.
pub(super) fn trunks(table: Table<'_>, queues: &Names) -> (Vec<Trunk>, Destinations, Dialling) {
    let mut names = Names::new("trunk", "trunks.toml");
    let mut prefixes = Names::new("prefix", "trunks.toml");
    let mut trunks = Vec::new();
    for trunk in table.tables("trunk", "[[trunk]]") {
        let name = names.take(&trunk, "name");
        let from: Vec<_> = networks(&trunk, &trunk.need_texts("from"));
        let media = from.iter().copied().chain(networks(&trunk, &trunk.texts("media"))).collect();
        let outgoing = trunk.table("outgoing", "[trunk.outgoing]");
        let outgoing = outgoing.and_then(|table| gateway(table, &mut prefixes));
        if let Some(name) = name {
            trunks.push(Trunk { name: name.text.into(), from, media, outgoing });
        }
        trunk.finish();
    }
    let destinations = table.table("destinations", "[destinations]").map(destinations).unwrap_or_default();
    let dialling = dialling(table.table("dialling", "[dialling]"), queues);
    table.finish();
    (trunks, destinations, dialling)
}

/// The widest networks that one owner has: 10.0.0.0/8 and fd00::/8, with the block of the latter. What is wider is everybody.
const WIDEST: (u8, u8) = (8, 7);

fn networks(trunk: &Table<'_>, words: &[Word<'_>]) -> Vec<IpNet> {
    let read = words.iter().filter_map(|word| Some((word, network(trunk, word)?)));
    let told = read.inspect(|(word, network)| {
        let widest = if network.addr().is_ipv4() { WIDEST.0 } else { WIDEST.1 };
        if network.prefix_len() < widest {
            trunk.file.fault(&word.span, Fault::Everybody { network: word.text.to_owned() });
        }
    });
    told.map(|(_, network)| network).collect()
}

/// A network, or one address.
fn network(trunk: &Table<'_>, word: &Word<'_>) -> Option<IpNet> {
    let network = word.text.parse().or_else(|_| word.text.parse::<IpAddr>().map(IpNet::from)).ok();
    if network.is_none() {
        trunk.not(word, "an address or a network", "192.0.2.0/24");
    }
    network
}

/// Read `[trunk.outgoing]`. No two trunks may be the way for the same prefix: which of them would be chance.
fn gateway(table: Table<'_>, taken: &mut Names) -> Option<Gateway> {
    let server = table.need("to").and_then(|word| server(&table, &word));
    let number = table.need("number").filter(|word| {
        let right = is_dialled(word.text);
        if !right {
            table.not(word, "a number as it is dialled", "+390552768224");
        }
        right
    });
    let display = table.text("display").map(|word| word.text.to_owned());
    let credentials = credentials(&table);
    let own = prefixes(&table, "prefixes");
    let prefixes: Vec<_> = own.into_iter().filter(|word| taken.add(&table.file, word)).collect();
    let dials_national = table.text("dials").is_some_and(|word| is_national(&table, &word));
    let (record, emergency) = (table.flag("record", true), table.flag("emergency", false));
    table.finish();
    let ((host, port, transport), number) = server.zip(number)?;
    let prefixes = prefixes.into_iter().map(|word| word.text.to_owned()).collect();
    let number = number.text.to_owned();
    let link = None;
    Some(Gateway {
        host,
        port,
        transport,
        link,
        number,
        display,
        credentials,
        prefixes,
        dials_national,
        record,
        emergency,
    })
}

/// `sip:gw.example:5060`, perhaps with `;transport=tcp`.
fn server(table: &Table<'_>, word: &Word<'_>) -> Option<(String, u16, Transport)> {
    let uri = Uri::parse(word.text.as_bytes()).filter(|uri| uri.scheme == Scheme::Sip && uri.user.is_none());
    let read = uri.and_then(|uri| {
        let transport = match uri.params.get("transport") {
            None | Some(b"udp") => Transport::Udp,
            Some(b"tcp") => Transport::Tcp,
            Some(_) => return None,
        };
        let dialled = (uri.port, uri.params.get("maddr").is_some());
        Some((uri.host?.to_string(), uri.port.unwrap_or(SIP_PORT), transport, dialled))
    });
    let Some((host, port, transport, (given, has_maddr))) = read else {
        table.not(word, "the address of a SIP server", "sip:gw.example:5060;transport=tcp");
        return None;
    };
    check_server(table, word, given, has_maddr).then_some((host, port, transport))
}

/// A trunk's server that cannot be dialled: a port that is none, or a way round the address that is named.
fn check_server(table: &Table<'_>, word: &Word<'_>, port: Option<u16>, has_maddr: bool) -> bool {
    let fault = match (port, has_maddr) {
        (Some(0), _) => Some(Fault::NoPort),
        (_, true) => Some(Fault::Maddr),
        _ => None,
    };
    let right = fault.is_none();
    if let Some(fault) = fault {
        table.file.fault(&word.span, fault);
    }
    right
}

/// What we answer when the trunk asks who calls; both or neither.
fn credentials(table: &Table<'_>) -> Option<(String, Secret)> {
    let (user, password) = (table.text("user"), table.text("password"));
    let lacks = match (&user, &password) {
        (Some(_), None) => Some("password"),
        (None, Some(_)) => Some("user"),
        _ => None,
    };
    if let Some(key) = lacks {
        table.file.fault(&table.span, Fault::MissingKey { table: "[trunk.outgoing]", key });
    }
    let plain = |word: &Word<'_>| {
        let plain = !word.text.contains(char::is_control);
        if !plain {
            table.not(word, "a user (no control characters)", "centralino");
        }
        plain
    };
    user.filter(plain)
        .zip(password)
        .map(|(user, password)| (user.text.to_owned(), Secret::new(password.text.to_owned())))
}

fn is_national(table: &Table<'_>, word: &Word<'_>) -> bool {
    if !["national", "international"].contains(&word.text) {
        table.not(word, "a way to dial (`international` or `national`)", "international");
    }
    word.text == "national"
}

/// How numbers begin, in the one form that each of them has.
fn prefixes<'a>(table: &Table<'a>, key: &'static str) -> Vec<Word<'a>> {
    let is_prefix = |word: &Word<'_>| {
        let right = PhoneNumber::may_begin(word.text);
        if !right {
            table.not(word, "the beginning of a number", "+39055");
        }
        right
    };
    table.texts(key).into_iter().filter(is_prefix).collect()
}

fn destinations(table: Table<'_>) -> Destinations {
    let texts = |key| prefixes(&table, key).into_iter().map(|word| word.text.to_owned()).collect::<Vec<_>>();
    let (also, offices) = (texts("also"), texts("offices"));
    table.finish();
    Destinations { also, offices }
}
