//! Asks a running exchange over its HTTP address, with the token from its data directory.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::http::Response;
use ureq::{Agent, Body};

use super::http::{RELOAD, token};

/// How long an answer may take: longer than the exchange itself allows for one.
const PATIENCE: Duration = Duration::from_secs(15);
/// The same for a reload.
const RELOAD_PATIENCE: Duration = Duration::from_secs(65);
/// Largest answer taken: a thousand contacts with long paths are a tenth of it.
const MAX_ANSWER: u64 = 64 << 20;

/// One running exchange.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    address: SocketAddr,
    token: String,
    data: PathBuf,
}

/// The exchange did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The token cannot be read.
    #[error(
        "there is no token in {file} ({why}); give --data the directory that a running `centralino serve` has"
    )]
    NoToken {
        /// Where it should be.
        file: String,
        /// Why it cannot be read.
        why: String,
    },
    /// Nobody is there.
    #[error("no exchange answers at {address} ({why}); is `centralino serve` running there?")]
    NoAnswer {
        /// Where.
        address: SocketAddr,
        /// The system's words.
        why: String,
    },
    /// The token is of another exchange.
    #[error(
        "the exchange at {address} does not know the token in {data}; give --data the directory that this exchange runs on"
    )]
    WrongToken {
        /// Where.
        address: SocketAddr,
        /// The data directory.
        data: String,
    },
    /// It has done it, and could not write it down.
    #[error(
        "in force now, but not written down: the disk of the exchange at {address} does not keep up; after a restart look at it again"
    )]
    Unwritten {
        /// Where.
        address: SocketAddr,
    },
    /// It says no.
    #[error("the exchange at {address} refuses: {said} ({status})")]
    Refused {
        /// Where.
        address: SocketAddr,
        /// HTTP's code.
        status: u16,
        /// Its words.
        said: String,
    },
    /// It is something else that answers there.
    #[error("what answers at {address} is no centralino of this version: {why}; look at --http")]
    Strange {
        /// Where.
        address: SocketAddr,
        /// What it said.
        why: String,
    },
}

impl Client {
    /// For the exchange at `address` that runs on the data directory `data`.
    ///
    /// # Errors
    /// There is no token.
    pub fn new(address: SocketAddr, data: &Path) -> Result<Client, AskError> {
        let token = token::read(data).map_err(|error| AskError::NoToken {
            file: token::path(data).display().to_string(),
            why: error.to_string(),
        })?;
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None) // what is on this machine is not asked for through another
            .build();
        Ok(Client { agent: config.into(), address, token, data: data.to_owned() })
    }

    /// What is at `path`, asked for with the fields of `query` that are set.
    ///
    /// # Errors
    /// Nobody answers, or with a refusal.
    pub fn get<T: DeserializeOwned>(&self, path: &str, query: &impl Serialize) -> Result<T, AskError> {
        let mut request = self.agent.get(self.url(path)).header("authorization", self.bearer());
        for (name, value) in fields(query) {
            request = request.query(name, value);
        }
        self.read(request.call())
    }

    /// One thing by its id; `None`: there is none.
    ///
    /// # Errors
    /// Nobody answers, or with another refusal.
    pub fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, AskError> {
        match self.get(path, &()) {
            Err(AskError::Refused { status: 404, .. }) => Ok(None),
            found => found.map(Some),
        }
    }

    /// Have something done.
    ///
    /// # Errors
    /// Nobody answers, or with a refusal; or it is done and not written down.
    pub fn post(&self, path: &str, body: &impl Serialize) -> Result<(), AskError> {
        let body = serde_json::to_string(body).expect("requests are plain data with string keys");
        let request = self.agent.post(self.url(path)).header("authorization", self.bearer());
        let response = request.header("content-type", "application/json").send(body);
        self.accepted(response).map(drop)
    }

    /// Have something done that is answered with more than that it is.
    ///
    /// # Errors
    /// Nobody answers, or with a refusal.
    pub fn order<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, AskError> {
        let body = serde_json::to_string(body).expect("requests are plain data with string keys");
        let request = self.agent.post(self.url(path)).header("authorization", self.bearer());
        self.read(request.header("content-type", "application/json").send(body))
    }

    /// The same for what reads all files before it is done, as a reload does.
    ///
    /// # Errors
    /// Nobody answers, or with a refusal.
    pub fn order_reading<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, AskError> {
        let body = serde_json::to_string(body).expect("requests are plain data with string keys");
        let request = self.agent.post(self.url(path)).header("authorization", self.bearer());
        let request = request.header("content-type", "application/json");
        self.read(request.config().timeout_global(Some(RELOAD_PATIENCE)).build().send(body))
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    fn read<T: DeserializeOwned>(
        &self,
        response: Result<Response<Body>, ureq::Error>,
    ) -> Result<T, AskError> {
        let octets = self.accepted(response)?;
        serde_json::from_slice(&octets).map_err(|error| self.strange(error))
    }

    /// Have the files read again; what is in use then.
    ///
    /// # Errors
    /// Nobody answers, or with a refusal.
    pub fn reload<T: DeserializeOwned>(&self) -> Result<T, AskError> {
        let request = self.agent.post(self.url(RELOAD)).header("authorization", self.bearer());
        let request = request.config().timeout_global(Some(RELOAD_PATIENCE)).build();
        self.read(request.send_empty())
    }

    /// The body of an answer that is no refusal.
    fn accepted(&self, response: Result<Response<Body>, ureq::Error>) -> Result<Vec<u8>, AskError> {
        let mut response = response.map_err(|error| self.no_answer(&error))?;
        let status = response.status();
        let body = response.body_mut().with_config().limit(MAX_ANSWER).read_to_vec();
        let body = body.map_err(|error| self.no_answer(&error))?;
        match status.as_u16() {
            202 => Err(AskError::Unwritten { address: self.address }),
            200..300 => Ok(body),
            401 => Err(AskError::WrongToken { address: self.address, data: self.data.display().to_string() }),
            status => Err(AskError::Refused { address: self.address, status, said: said(&body) }),
        }
    }

    fn no_answer(&self, error: &ureq::Error) -> AskError {
        match error {
            ureq::Error::Protocol(_) => self.strange(error),
            _ => AskError::NoAnswer { address: self.address, why: error.to_string() },
        }
    }

    fn strange(&self, why: impl std::fmt::Display) -> AskError {
        AskError::Strange { address: self.address, why: why.to_string() }
    }
}

/// The words of a refusal: `error` of a JSON object, or the text as it is.
fn said(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    match serde_json::from_str::<Value>(&text) {
        Ok(Value::Object(fields)) => fields.get("error").and_then(Value::as_str).unwrap_or(&text).to_owned(),
        _ => text.trim().to_owned(),
    }
}

/// The fields that are set, as the text of a query string.
fn fields(query: &impl Serialize) -> Vec<(String, String)> {
    let Ok(Value::Object(fields)) = serde_json::to_value(query) else { return Vec::new() };
    let text = |value| match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    };
    fields.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::records::Wanted;
    use crate::words::Outcome;

    #[test]
    fn only_what_is_set_is_asked_for() {
        let wanted = Wanted {
            from_ms: Some(-5),
            outcome: Some(Outcome::Abandoned),
            number: Some("+39 055".to_owned()),
            ..Wanted::default()
        };
        let mut told = fields(&wanted);
        told.sort();
        let expected = [("from_ms", "-5"), ("number", "+39 055"), ("outcome", "abandoned")];
        assert_eq!(told, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert!(fields(&()).is_empty());
    }

    #[test]
    fn refusal_is_told_in_the_exchange_s_words() {
        assert_eq!(said(br#"{"error":"there is no seat"}"#), "there is no seat");
        assert_eq!(said(b"not found\n"), "not found");
    }
}
