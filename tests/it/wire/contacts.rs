//! What the exchange has on record, read as scripts read it.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::patience::wait_for;
use super::site::Site;

/// Contacts of a running exchange, in the order in which they were opened.
pub(super) fn of_running(site: &Site, http: SocketAddr) -> Vec<Value> {
    list(site, &["--http", &http.to_string()])
}

/// Contacts of a data directory at rest.
pub(super) fn at_rest(site: &Site) -> Vec<Value> {
    list(site, &[])
}

/// Waits until so many contacts have an outcome, and returns all.
pub(super) fn when_ended(site: &Site, http: SocketAddr, count: usize) -> Vec<Value> {
    wait_for(&format!("{count} contacts with an outcome"), Duration::from_secs(30), || {
        let contacts = of_running(site, http);
        (contacts.iter().filter(|contact| contact["outcome"].is_string()).count() >= count)
            .then_some(contacts)
    })
}

/// A field as text; empty when it is not there.
pub(super) fn text<'a>(contact: &'a Value, field: &str) -> &'a str {
    contact[field].as_str().unwrap_or_default()
}

fn list(site: &Site, whence: &[&str]) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_centralino"))
        .args(["contact", "list", "--format", "json", "--data"])
        .arg(site.path("data"))
        .args(whence)
        .output()
        .expect("the program was built");
    assert!(output.status.success(), "contact list: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    let contact = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let mut contacts: Vec<Value> = text.lines().map(contact).collect();
    contacts.sort_by(|a, b| super::contacts::text(a, "opened").cmp(super::contacts::text(b, "opened")));
    contacts
}
