//! The connectors of the configuration, asked over HTTP: each by threads of its own, so that one that hangs holds up no other.
//!
//! A connector serves `max_requests` at once and keeps as many again waiting; a further one is refused in words, because a
//! citizen on the line is better served by the flow's `error` exit than by a place in a line behind a slow server. Nothing of a
//! request is put into an error: paths and bodies tell about people.
//!
//! Redirects are not followed: the credential and what the citizen said are for the server in the configuration.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use ureq::http::{Request, Response, StatusCode};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, AsSendBody, Body, Error};

use super::texts;
use crate::config::{Config, Connector, Credential, SecretPlace};
use crate::engine::{HttpRequest, Told};
use crate::flow::Value;
use crate::flow::request::Method;

/// Between two tries. With the most tries that a flow may have they fit into its patience.
const PAUSE: Duration = Duration::from_millis(200);
/// Largest credential or certificate file read.
const MAX_FILE_BYTES: u64 = 1 << 20;
/// Largest head of an answer.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// What becomes of an answer; called once.
pub type Reply = Box<dyn FnOnce(Told) + Send>;

struct Job {
    request: HttpRequest,
    /// The flow waits no longer.
    until: Instant,
    reply: Reply,
}

/// All connectors, ready to be asked.
#[derive(Debug, Default)]
pub struct Connectors {
    lines: BTreeMap<String, SyncSender<Job>>,
}

impl Connectors {
    /// Reads credentials and certificates and starts the threads.
    ///
    /// # Errors
    /// Every credential or certificate that cannot be read, in words.
    pub fn open(config: &Config) -> Result<Connectors, Vec<String>> {
        let (mut lines, mut faults) = (BTreeMap::new(), Vec::new());
        for (name, connector) in &config.connectors {
            match Server::new(name, connector) {
                Ok(server) => match start(name, connector.max_requests, &Arc::new(server)) {
                    Ok(line) => drop(lines.insert(name.clone(), line)),
                    Err(error) => {
                        faults.push(format!("connector {name}: no thread can be started ({error})"))
                    }
                },
                Err(fault) => faults.push(format!("connector {name}: {fault}")),
            }
        }
        if faults.is_empty() { Ok(Connectors { lines }) } else { Err(faults) }
    }

    /// Has a request made; returns at once.
    pub fn ask(&self, request: HttpRequest, reply: Reply) {
        let Some(line) = self.lines.get(&request.connector) else {
            let why = format!("connector `{}` is not in the configuration", request.connector);
            return reply(Told::Failed(why));
        };
        let until = now() + request.patience();
        match line.try_send(Job { request, until, reply }) {
            Ok(()) => {}
            Err(TrySendError::Full(job) | TrySendError::Disconnected(job)) => {
                let why = format!("connector `{}` has as many requests as it takes", job.request.connector);
                (job.reply)(Told::Failed(why));
            }
        }
    }
}

fn start(name: &str, threads: usize, server: &Arc<Server>) -> std::io::Result<SyncSender<Job>> {
    let (line, jobs) = sync_channel(threads);
    let jobs = Arc::new(Mutex::new(jobs));
    for _ in 0..threads {
        let (server, jobs) = (Arc::clone(server), jobs.clone());
        let thread = std::thread::Builder::new().name(format!("http-{name}"));
        thread.spawn(move || serve(&server, &jobs))?;
    }
    Ok(line)
}

/// Ends when the exchange has let go of the line.
fn serve(server: &Server, jobs: &Mutex<Receiver<Job>>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { request, until, reply }) = job else { return };
        reply(server.ask(&request, until));
    }
}

#[expect(clippy::disallowed_methods, reason = "`io` reads clocks")]
fn now() -> Instant {
    Instant::now()
}

/// One system of an Ente.
struct Server {
    agent: Agent,
    address: String,
    /// The header `authorization`.
    authorization: Option<String>,
    max_answer_bytes: u64,
    max_time: Duration,
}

impl Server {
    fn new(name: &str, connector: &Connector) -> Result<Server, String> {
        let mut tls = TlsConfig::builder();
        if let Some(path) = &connector.ca_file {
            tls = tls.root_certs(certificates(path)?);
        }
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_response_header_size(MAX_HEAD_BYTES)
            .proxy(None) // the address is in the configuration, not in the environment
            .user_agent(concat!("centralino/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls.build())
            .build();
        ureq::http::Uri::try_from(&connector.address)
            .map_err(|error| format!("`{}` is no address ({error})", connector.address))?;
        let authorization =
            connector.credential.as_ref().map(|credential| shown(name, credential)).transpose()?;
        Ok(Server {
            agent: agent.into(),
            address: connector.address.clone(),
            authorization,
            max_answer_bytes: connector.max_answer_bytes,
            max_time: connector.max_time,
        })
    }

    /// Tries as often as the flow wants, while the citizen waits.
    fn ask(&self, request: &HttpRequest, until: Instant) -> Told {
        let mut failure = "nobody waits for the answer any more".to_owned();
        for retry in 0..=request.retries {
            if retry > 0 {
                std::thread::sleep(PAUSE);
            }
            let left = until.saturating_duration_since(now());
            let timeout = request.timeout.min(self.max_time).min(left);
            if timeout.is_zero() {
                break;
            }
            match self.try_once(request, timeout) {
                Ok(told) => return told,
                Err(Failure::Lasting(why)) => return Told::Failed(why),
                Err(Failure::Passing(why)) => failure = why,
            }
        }
        Told::Failed(failure)
    }

    fn try_once(&self, request: &HttpRequest, timeout: Duration) -> Result<Told, Failure> {
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
        };
        let mut head = Request::builder()
            .method(method)
            .uri(format!("{}{}", self.address, request.path.text))
            .header("accept", "application/json");
        if let Some(authorization) = &self.authorization {
            head = head.header("authorization", authorization);
        }
        let mut answer = match &request.body {
            Some(body) => {
                let head = head.header("content-type", "application/json");
                self.send(head.body(body.text.clone()), timeout)?
            }
            None => self.send(head.body(()), timeout)?,
        };
        match answer.status() {
            StatusCode::NOT_FOUND => return Ok(Told::NotFound),
            status if status.is_success() => {}
            status if status.is_redirection() => {
                let why = format!("the server answers {} and wants to be asked elsewhere", status.as_u16());
                return Err(Failure::Lasting(why));
            }
            status if status.is_server_error() => {
                return Err(Failure::Passing(format!("the server answers {}", status.as_u16())));
            }
            status => return Err(Failure::Lasting(format!("the server answers {}", status.as_u16()))),
        }
        let body = answer.body_mut().with_config().limit(self.max_answer_bytes).read_to_vec();
        let body = body.map_err(|error| self.failure(&error, timeout))?;
        read(&body).map(Told::Answered).map_err(Failure::Lasting)
    }

    fn send<B: AsSendBody>(
        &self,
        request: ureq::http::Result<Request<B>>,
        timeout: Duration,
    ) -> Result<Response<Body>, Failure> {
        let request = request.map_err(|_| Failure::Lasting("the request cannot be written".to_owned()))?;
        let request = self.agent.configure_request(request).timeout_global(Some(timeout)).build();
        self.agent.run(request).map_err(|error| self.failure(&error, timeout))
    }

    /// The failure in words that tell nothing of the request.
    fn failure(&self, error: &Error, timeout: Duration) -> Failure {
        let passing = match error {
            Error::Timeout(_) => format!("no answer within {} ms", timeout.as_millis()),
            Error::HostNotFound => "the server's name is not known".to_owned(),
            Error::ConnectionFailed => "no connection to the server".to_owned(),
            // What TLS refuses comes as bytes that are not what they should be: certificates are looked at while reading.
            Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                return Failure::Lasting(format!("the server cannot be trusted ({error})"));
            }
            Error::Io(error) => format!("the connection failed ({})", error.kind()),
            Error::BodyExceedsLimit(_) => {
                let most = self.max_answer_bytes;
                return Failure::Lasting(format!("the answer is larger than `max_answer_bytes` = {most}"));
            }
            Error::Tls(why) => return Failure::Lasting(format!("the server cannot be trusted ({why})")),
            Error::Rustls(error) => {
                return Failure::Lasting(format!("the server cannot be trusted ({error})"));
            }
            _ => {
                return Failure::Lasting(
                    "what the server says is not HTTP, or the request is none".to_owned(),
                );
            }
        };
        Failure::Passing(passing)
    }
}

enum Failure {
    /// Another try may do.
    Passing(String),
    /// It would be the same again.
    Lasting(String),
}

/// What is in the body: JSON, or nothing.
fn read(body: &[u8]) -> Result<Option<Value>, String> {
    let text = str::from_utf8(body).map_err(|_| "the answer is not UTF-8".to_owned())?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    Value::from_json(text).map(Some).map_err(|error| error.to_string())
}

/// The header that shows a credential.
fn shown(name: &str, credential: &Credential) -> Result<String, String> {
    let secret = match &credential.place {
        SecretPlace::Environment(variable) => std::env::var(variable).map_err(|_| {
            format!("its credential is in the variable {variable}, which is not set; set it where `serve` is started")
        })?,
        SecretPlace::File(path) => read_file(path, "credential")?,
    };
    let secret = secret.trim();
    if secret.is_empty() || secret.chars().any(char::is_control) {
        return Err("its credential is empty or has more than one line".to_owned());
    }
    match credential.basic {
        false => Ok(format!("Bearer {secret}")),
        true if secret.contains(':') => {
            Ok(format!("Basic {}", base64::prelude::BASE64_STANDARD.encode(secret)))
        }
        true => {
            Err(format!("its credential must be `user:password`, because {name} has `scheme = \"basic\"`"))
        }
    }
}

fn certificates(path: &str) -> Result<RootCerts, String> {
    let text = read_file(path, "certificate")?;
    let found = parse_pem(text.as_bytes()).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    });
    let found: Vec<_> = found.collect();
    if found.is_empty() {
        return Err(format!("there is no certificate in {path}; give one as PEM"));
    }
    Ok(RootCerts::new_with_certs(&found))
}

fn read_file(path: &str, what: &str) -> Result<String, String> {
    let told = |error: &dyn std::fmt::Display| format!("its {what} {path} cannot be read ({error})");
    texts::read(Path::new(path), MAX_FILE_BYTES).map_err(|error| told(&error))
}
