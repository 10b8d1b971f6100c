//! `connectors.toml`: the systems of the Enti that flows may ask, each by its name. The file may be missing: then there are none.
//!
//! Where a system is, how one proves to be let in there, and how much it may cost us stand here and never in a flow. A credential
//! is named by its place, a variable of the environment or a file, so that the configuration can be shown around.

use std::collections::BTreeMap;
use std::time::Duration;

use super::fault::Fault;
use super::names::Names;
use super::reader::{Table, Word};
use super::{Connector, Credential, SecretPlace};

const SECOND: Duration = Duration::from_secs(1);
/// Each may have threads of its own.
const MAX_CONNECTORS: usize = 32;

/// Read `[[connector]]`.
pub(super) fn connectors(table: Table<'_>, names: &mut Names) -> BTreeMap<String, Connector> {
    let mut connectors = BTreeMap::new();
    let list = table.tables("connector", "[[connector]]");
    if let Some(further) = list.get(MAX_CONNECTORS) {
        further.file.fault(&further.span, Fault::Many { what: "connectors", most: MAX_CONNECTORS });
    }
    for connector in list {
        let id = names.take(&connector, "id");
        let plain = connector.flag("plain", false);
        let address = connector.need("address").filter(|word| is_address(&connector, word, plain));
        let read = Connector {
            address: address.map_or_else(String::new, |word| word.text.trim_end_matches('/').to_owned()),
            credential: credential(&connector),
            ca_file: connector.text("ca_file").map(|word| word.text.to_owned()),
            max_answer_bytes: connector.number("max_answer_bytes", 65_536, 1..=1_048_576),
            max_time: connector.span("max_time", 10 * SECOND, SECOND / 10..=30 * SECOND),
            max_requests: connector.number("max_requests", 4, 1..=16),
        };
        if let Some(id) = id {
            connectors.insert(id.text.to_owned(), read);
        }
        connector.finish();
    }
    table.finish();
    connectors
}

/// The beginning of every address asked: scheme, server, and the path that flows continue. What travels in the clear goes to this
/// machine alone, unless the operator of the network answers for it by `plain`.
fn is_address(table: &Table<'_>, word: &Word<'_>, plain: bool) -> bool {
    let (scheme, rest) = word.text.split_once("://").unwrap_or_default();
    let server = rest.split('/').next().unwrap_or_default();
    let is_clean = word.text.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#\\\"<>".contains(&byte));
    if server.contains('@') {
        table.file.fault(&word.span, Fault::SecretHere { key: "address" });
        return false;
    }
    if !["http", "https"].contains(&scheme) || server.is_empty() || !is_clean || rest.contains("..") {
        table.not(word, "an address of a server", "https://segnalazioni.comune.example/api");
        return false;
    }
    let host = server.strip_prefix('[').map_or_else(
        || server.split(':').next().unwrap_or_default(),
        |inner| inner.split(']').next().unwrap_or_default(),
    );
    let here =
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    if scheme == "http" && !here && !plain {
        table.file.fault(&word.span, Fault::Plain { address: word.text.to_owned() });
        return false;
    }
    true
}

/// `credential` says where it is, `scheme` how it is shown.
fn credential(table: &Table<'_>) -> Option<Credential> {
    let basic = table.text("scheme").is_some_and(|word| match word.text {
        "bearer" => false,
        "basic" => true,
        _ => {
            table.not(&word, "a way to show a credential", "bearer");
            false
        }
    });
    let word = table.text("credential")?;
    let place = match word.text.split_once(':') {
        Some(("env", name)) if !name.is_empty() => SecretPlace::Environment(name.to_owned()),
        Some(("file", path)) if !path.is_empty() => SecretPlace::File(path.to_owned()),
        _ => {
            table.file.fault(&word.span, Fault::SecretHere { key: "credential" });
            return None;
        }
    };
    Some(Credential { basic, place })
}
