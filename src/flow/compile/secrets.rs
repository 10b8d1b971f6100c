//! Secrets that somebody wrote into a flow: everybody who may read flows would know them.
//!
//! Credentials belong to a connector, in the configuration. What looks like one is refused by its name (`password`, `token`) or
//! by its form (`Bearer ...`, a private key, a user and password in an address).

use super::super::fault::{Fault, Faults, shortened};
use super::super::yaml::{Value, Yaml};

/// Names of keys whose value would be a secret.
const NAMES: [&str; 10] = [
    "password",
    "passwd",
    "secret",
    "token",
    "api_key",
    "apikey",
    "authorization",
    "credentials",
    "client_secret",
    "private_key",
];
/// How secrets begin.
const FORMS: [&str; 7] = ["bearer ", "basic ", "-----begin ", "akia", "ghp_", "xoxb-", "eyj"];
/// Shortest rest of one.
const MIN_REST: usize = 12;
/// Names of parameters in an address.
const PARAMETERS: [&str; 6] = ["password", "passwd", "token", "api_key", "apikey", "secret"];

/// Tells every secret in the file.
pub(super) fn look(yaml: &Yaml, faults: &Faults) {
    match &yaml.value {
        Value::Text(text) if is_secret(text) => {
            // The text itself is not repeated: messages go to screens and logs.
            let shown: String = text.chars().take(6).collect();
            faults.add(yaml.at, Fault::Secret(format!("`{shown}...`")));
        }
        Value::List(items) => items.iter().for_each(|item| look(item, faults)),
        Value::Map(fields) => {
            for (key, value) in fields {
                let is_value = matches!(value.value, Value::Text(_) | Value::Int(_));
                if is_value && NAMES.iter().any(|name| is_called(&key.name, name)) {
                    faults.add(key.at, Fault::Secret(format!("`{}`", shortened(&key.name))));
                }
                look(value, faults);
            }
        }
        _ => {}
    }
}

/// The same name, whatever its capitals and hyphens.
fn is_called(given: &str, name: &str) -> bool {
    let sign = |b: u8| if b == b'-' { b'_' } else { b.to_ascii_lowercase() };
    given.len() == name.len() && given.bytes().map(sign).eq(name.bytes())
}

fn is_secret(text: &str) -> bool {
    let start = text.trim_start();
    let of_form = |form: &&str| {
        let (begin, rest) = start.split_at_checked(form.len()).unwrap_or_default();
        begin.eq_ignore_ascii_case(form) && {
            let word = rest.split_whitespace().next().unwrap_or_default();
            word.len() >= MIN_REST && word.chars().any(|c| c.is_ascii_digit()) || form.starts_with("-----")
        }
    };
    if FORMS.iter().any(of_form) {
        return true;
    }
    let in_address = text.split_once("://").is_some_and(|(_, rest)| {
        let host = rest.split('/').next().unwrap_or_default();
        host.split_once('@').is_some_and(|(user, _)| user.contains(':'))
    });
    // In an address the parameters stand behind a `?`, parted by `&`; each is `name=value`.
    let parameter = |given: &str| {
        let (name, value) = given.split_once('=').unwrap_or_default();
        let is_named = PARAMETERS.iter().any(|known| is_called(name, known));
        is_named && !value.is_empty() && !value.starts_with("${")
    };
    in_address || text.split(['?', '&']).skip(1).any(parameter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_told_from_what_people_say() {
        for text in [
            "Bearer abc123def456ghi7",
            "https://utente:parola@servizio.it/x",
            "/ticket?token=12345",
            "-----BEGIN PRIVATE KEY-----",
            "AKIAIOSFODNN7EXAMPLE",
        ] {
            assert!(is_secret(text), "{text}");
        }
        for text in [
            "Basic informazioni sugli sportelli",
            "Il token si ritira allo sportello.",
            "/ticket/${vars.numero}?lingua=it",
            "Scriva a urp@comune.it: rispondiamo entro 3 giorni.",
            "Bearer",
        ] {
            assert!(!is_secret(text), "{text}");
        }
    }
}
