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
const PARAMETERS: [&str; 6] = ["password=", "passwd=", "token=", "api_key=", "apikey=", "secret="];

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
                let name = key.name.to_ascii_lowercase().replace('-', "_");
                if NAMES.contains(&name.as_str()) && matches!(value.value, Value::Text(_) | Value::Int(_)) {
                    faults.add(key.at, Fault::Secret(format!("`{}`", shortened(&key.name))));
                }
                look(value, faults);
            }
        }
        _ => {}
    }
}

fn is_secret(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(64).collect::<String>().to_ascii_lowercase();
    let of_form = |form: &&str| {
        start.strip_prefix(*form).is_some_and(|rest| {
            let word = rest.split_whitespace().next().unwrap_or_default();
            word.len() >= MIN_REST && word.chars().any(|c| c.is_ascii_digit()) || form.starts_with("-----")
        })
    };
    if FORMS.iter().any(of_form) {
        return true;
    }
    let in_address = text.split_once("://").is_some_and(|(_, rest)| {
        let host = rest.split('/').next().unwrap_or_default();
        host.split_once('@').is_some_and(|(user, _)| user.contains(':'))
    });
    let parameter = |name: &&str| {
        let lower = text.to_ascii_lowercase();
        lower.split_once(*name).is_some_and(|(before, after)| {
            before.ends_with(['?', '&']) && !after.is_empty() && !after.starts_with("${")
        })
    };
    in_address || (text.len() <= 2048 && PARAMETERS.iter().any(parameter))
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
