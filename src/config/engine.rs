//! `engine.toml`: the exchange itself.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;
use std::time::Duration;

use super::directory::is_digits;
use super::fault::Fault;
use super::reader::{Table, Word};
use super::talk_codes;
use super::{ESPEAK, EngineConfig, FeatureCodes, VoiceConfig};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// Read the file's one table.
pub(super) fn read(table: Table<'_>) -> EngineConfig {
    let max_calls = table.number("max_calls", 1_000, 1..=10_000);
    let (rtp_ports, ports_at) = table.pair("rtp_ports", (20_000, 29_999), &(1_024..=65_535));
    check_ports(&table, rtp_ports, &ports_at, max_calls);
    let engine = EngineConfig {
        node: table.number("node", 1, 1..=u16::MAX),
        realm: realm(&table).unwrap_or_else(|| "centralino".to_owned()),
        advertise: table.text("advertise").and_then(|word| address(&table, &word)),
        rtp_ports,
        max_calls,
        max_calls_per_second: table.number("max_calls_per_second", 400, 1..=100_000),
        max_spooled: table.number("max_spooled", 100_000, 1_000..=10_000_000),
        short_abandon: table.span("short_abandon", 5 * SECOND, Duration::ZERO..=MINUTE),
        dead_media: table.span("dead_media", 30 * SECOND, 5 * SECOND..=HOUR),
        dead_media_on_hold: table.span("dead_media_on_hold", 5 * MINUTE, 5 * SECOND..=24 * HOUR),
        presence_every: table.span("presence_every", 10 * SECOND, Duration::ZERO..=5 * MINUTE),
        third_party_grace: third_party_grace(table.table("media", "[media]")),
        retention_days: table.number("retention_days", 90, 1..=36_500),
        feature_codes: feature_codes(table.table("feature_codes", "[feature_codes]")),
        talk_codes: talk_codes::read(table.table("talk_codes", "[talk_codes]")),
        voice: voice(table.table("voice", "[voice]")),
    };
    table.finish();
    engine
}

/// Long enough for a phone to open its way through a router, short enough to be of no use to whoever wants to flood others.
fn third_party_grace(table: Option<Table<'_>>) -> Duration {
    const DEFAULT: Duration = Duration::from_secs(5);
    let Some(table) = table else { return DEFAULT };
    let grace = table.span("third_party_grace", DEFAULT, SECOND..=MINUTE);
    table.finish();
    grace
}

/// The synthesiser of bulletins.
fn voice(table: Option<Table<'_>>) -> VoiceConfig {
    let Some(table) = table else { return VoiceConfig { command: ESPEAK.to_owned(), latin1: false } };
    let command = table.text("command");
    if let Some(word) = command.as_ref().filter(|word| word.text.trim().is_empty()) {
        table.not(word, "a command", ESPEAK);
    }
    let encoding = table.text("encoding");
    if let Some(word) = encoding.as_ref().filter(|word| !["utf8", "latin1"].contains(&word.text)) {
        table.not(word, "an encoding (utf8 or latin1)", "utf8");
    }
    let voice = VoiceConfig {
        command: command.map_or(ESPEAK, |word| word.text).to_owned(),
        latin1: encoding.is_some_and(|word| word.text == "latin1"),
    };
    table.finish();
    voice
}

/// Phones take it out of quotes and hash it: not all do the same with what had to be escaped.
fn realm(table: &Table<'_>) -> Option<String> {
    let word = table.text("realm")?;
    let spoils = |c: char| c.is_control() || c == '"' || c == '\\';
    if word.text.is_empty() || word.text.contains(spoils) {
        table.not(&word, "a realm (no quotes, backslashes or control characters)", "centralino");
    }
    Some(word.text.to_owned())
}

fn address(table: &Table<'_>, word: &Word<'_>) -> Option<IpAddr> {
    let is_a_machines = |address: &IpAddr| {
        !address.is_unspecified() && !address.is_multicast() && *address != IpAddr::V4(Ipv4Addr::BROADCAST)
    };
    let address = word.text.parse().ok().map(|address: IpAddr| address.to_canonical()).filter(is_a_machines);
    if address.is_none() {
        table.not(word, "an IP address at which phones reach this machine", "192.0.2.10");
    }
    address
}

/// Each leg takes an even port for RTP and leaves the odd one above it to RTCP (RFC 3550 section 11).
fn check_ports(table: &Table<'_>, (first, last): (u16, u16), at: &Range<usize>, max_calls: usize) {
    if first >= last {
        table.file.fault(at, Fault::PortOrder);
        return;
    }
    let legs = (usize::from(last) - usize::from(first)).div_ceil(2);
    // A call that talks has two legs.
    if legs < max_calls.saturating_mul(2) {
        table.file.fault(at, Fault::FewPorts { legs, max_calls });
    }
}

/// The codes by key; those that are not given keep their defaults, and no two may be the same.
fn feature_codes(table: Option<Table<'_>>) -> FeatureCodes {
    let mut codes = [
        ("log_in", "*11"),
        ("log_out", "*12"),
        ("pause", "*13"),
        ("ready", "*14"),
        ("code", "*15"),
        ("one_call", "*16"),
        ("next", "*19"),
        ("extend", "*18"),
        ("case", "*17"),
        ("monitor", "*8"),
    ]
    .map(|(key, default)| (key, default.to_owned(), None));
    if let Some(table) = table {
        for (key, code, given) in &mut codes {
            *given = table.text(key).filter(|word| is_feature_code(&table, word));
            if let Some(word) = given {
                word.text.clone_into(code);
            }
        }
        for (key, code, given) in &codes {
            let other = codes.iter().find(|(other, same, _)| other != key && same == code);
            // Of two that are given, the later one is told.
            if let (Some(word), Some((other, _, first))) = (given, other)
                && first.as_ref().is_none_or(|first| first.span.start < word.span.start)
            {
                let (code, other) = (code.clone(), *other);
                table.file.fault(&word.span, Fault::SameCode { code, other });
            }
        }
        table.finish();
    }
    let [log_in, log_out, pause, ready, code, one_call, next, extend, case, monitor] =
        codes.map(|(_, code, _)| code);
    FeatureCodes { log_in, log_out, pause, ready, code, one_call, next, extend, case, monitor }
}

pub(super) fn is_feature_code(table: &Table<'_>, word: &Word<'_>) -> bool {
    let right = word.text.strip_prefix('*').is_some_and(is_digits);
    if !right {
        table.not(word, "a feature code", "*13");
    }
    right
}
