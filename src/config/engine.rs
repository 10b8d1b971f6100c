//! `engine.toml`: the exchange itself.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ops::Range;
use std::time::Duration;

use super::fault::Fault;
use super::reader::{Table, Word};
use super::{EngineConfig, FeatureCodes};

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
        realm: table.text("realm").map_or("centralino", |word| word.text).to_owned(),
        advertise: table.text("advertise").and_then(|word| address(&table, &word)),
        rtp_ports,
        max_calls,
        max_calls_per_second: table.number("max_calls_per_second", 400, 1..=100_000),
        max_spooled: table.number("max_spooled", 100_000, 1_000..=10_000_000),
        short_abandon: table.span("short_abandon", 5 * SECOND, Duration::ZERO..=MINUTE),
        dead_media: table.span("dead_media", 30 * SECOND, 5 * SECOND..=HOUR),
        dead_media_on_hold: table.span("dead_media_on_hold", 5 * MINUTE, 5 * SECOND..=24 * HOUR),
        retention_days: table.number("retention_days", 90, 1..=36_500),
        feature_codes: feature_codes(table.table("feature_codes", "[feature_codes]")),
    };
    table.finish();
    engine
}

fn address(table: &Table<'_>, word: &Word<'_>) -> Option<IpAddr> {
    let address = word.text.parse().ok();
    if address.is_none() {
        table.not(word, "an IP address", "192.0.2.10");
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
    if legs < max_calls {
        table.file.fault(at, Fault::FewPorts { legs, max_calls });
    }
}

fn feature_codes(table: Option<Table<'_>>) -> FeatureCodes {
    let mut taken = BTreeSet::new();
    let mut code = |key, default: &str| {
        let Some(table) = &table else { return default.to_owned() };
        let Some(word) = table.text(key) else { return default.to_owned() };
        let digits = word.text.strip_prefix('*').unwrap_or_default();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            table.not(&word, "a feature code", default_code(key));
        } else if !taken.insert(word.text.to_owned()) {
            let first_line = table.file.place(&table.span).line.map_or(0, |(line, _)| line);
            let name = word.text.to_owned();
            table.file.fault(&word.span, Fault::Twice { what: "feature code", name, first_line });
        }
        word.text.to_owned()
    };
    let codes = FeatureCodes {
        log_in: code("log_in", default_code("log_in")),
        log_out: code("log_out", default_code("log_out")),
        pause: code("pause", default_code("pause")),
        ready: code("ready", default_code("ready")),
        code: code("code", default_code("code")),
    };
    table.map(Table::finish);
    codes
}

fn default_code(key: &str) -> &'static str {
    match key {
        "log_in" => "*11",
        "log_out" => "*12",
        "pause" => "*13",
        "ready" => "*14",
        _ => "*15",
    }
}
