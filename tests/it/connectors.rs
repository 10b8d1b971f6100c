//! Connectors against a real server on this machine: what each way to answer comes to, and what the server is shown.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use centralino::config::{Config, Connector, Credential, SecretPlace};
use centralino::engine::{HttpRequest, Told};
use centralino::flow::request::Method;
use centralino::flow::{Marked, Value};
use centralino::io::connectors::Connectors;

use crate::sim::Setting;

/// Longest wait for an answer that must come: an upper bound, not a measure.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that answers in every way there is. `/guasto` fails once, then works.
pub(crate) fn server() -> SocketAddr {
    let failed = Arc::new(AtomicUsize::new(0));
    let once = move || async move {
        match failed.fetch_add(1, Ordering::SeqCst) {
            0 => (StatusCode::SERVICE_UNAVAILABLE, "").into_response(),
            _ => r#"{"stato": "aperta"}"#.into_response(),
        }
    };
    let echo = |headers: HeaderMap, body: Bytes| async move {
        let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        format!(
            r#"{{"shown": "{}", "said": {}}}"#,
            shown.unwrap_or("nothing"),
            String::from_utf8_lossy(&body)
        )
    };
    let elsewhere = || async { (StatusCode::FOUND, [(header::LOCATION, "http://127.0.0.2:1/")], "") };
    let routes = Router::new()
        .route("/api/ticket/12", get(|| async { r#"{"stato": "aperta", "giorni": 3}"# }))
        .route("/api/fatto", get(|| async { StatusCode::NO_CONTENT }))
        .route("/api/guasto", get(once))
        .route("/api/eco", post(echo))
        .route("/api/altrove", get(elsewhere))
        .route("/api/pagina", get(|| async { "<html>" }))
        .route("/api/lungo", get(|| async { format!("\"{}\"", "x".repeat(4096)) }))
        .route("/api/vietato", get(|| async { StatusCode::FORBIDDEN }))
        .route("/api/mai", get(|| async { std::future::pending::<&str>().await }));
    let (tell, address) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            tell.send(socket.local_addr().expect("bound")).expect("the test waits");
            serve(socket, routes).await;
        });
    });
    address.recv().expect("the server runs")
}

/// Until the test ends.
async fn serve(socket: tokio::net::TcpListener, routes: Router) {
    use hyper_util::rt::TokioIo;
    use hyper_util::service::TowerToHyperService;
    loop {
        let (stream, _) = socket.accept().await.expect("a connection");
        let service = TowerToHyperService::new(routes.clone());
        tokio::spawn(
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
        );
    }
}

pub(crate) fn connector(address: SocketAddr) -> Connector {
    Connector {
        address: format!("http://{address}/api"),
        credential: None,
        ca_file: None,
        max_answer_bytes: 1024,
        max_time: Duration::from_secs(10),
        max_requests: 2,
    }
}

fn config(connector: Connector) -> Config {
    let mut config = (*Setting::demo().config).clone();
    config.connectors.insert("segnalazioni".to_owned(), connector);
    config
}

pub(crate) fn opened(connector: Connector) -> Connectors {
    Connectors::open(&config(connector)).expect("nothing is missing")
}

pub(crate) fn request(path: &str) -> HttpRequest {
    HttpRequest {
        connector: "segnalazioni".to_owned(),
        method: Method::Get,
        path: Marked { text: path.to_owned(), personal: true },
        body: None,
        timeout: Duration::from_secs(10),
        retries: 0,
    }
}

pub(crate) fn asked(connectors: &Connectors, request: HttpRequest) -> Told {
    let (tell, told) = mpsc::channel();
    connectors.ask(request, Box::new(move |answer| tell.send(answer).expect("the test waits")));
    told.recv_timeout(PATIENCE).expect("every request is answered")
}

pub(crate) fn json(text: &str) -> Told {
    Told::Answered(Some(Value::from_json(text).expect("JSON")))
}

fn failed(why: &str) -> Told {
    Told::Failed(why.to_owned())
}

#[test]
fn every_way_to_answer_has_its_meaning() {
    let connectors = opened(connector(server()));
    for (path, told) in [
        ("/ticket/12", json(r#"{"stato": "aperta", "giorni": 3}"#)),
        ("/fatto", Told::Answered(None)),
        ("/niente", Told::NotFound),
        ("/guasto", failed("the server answers 503")),
        ("/vietato", failed("the server answers 403")),
        ("/altrove", failed("the server answers 302 and wants to be asked elsewhere")),
        ("/pagina", failed("the answer is not JSON: expected value at line 1 column 1")),
        ("/lungo", failed("the answer is larger than `max_answer_bytes` = 1024")),
    ] {
        assert_eq!(asked(&connectors, request(path)), told, "{path}");
    }
    let other = HttpRequest { connector: "altro".to_owned(), ..request("/") };
    assert_eq!(asked(&connectors, other), failed("connector `altro` is not in the configuration"));
}

#[test]
fn what_fails_once_is_tried_again_when_the_flow_wants_it() {
    let connectors = opened(connector(server()));
    let patient = HttpRequest { retries: 1, ..request("/guasto") };
    assert_eq!(asked(&connectors, patient), json(r#"{"stato": "aperta"}"#));
}

#[test]
fn server_that_never_answers_is_given_up_and_one_that_is_not_there_too() {
    let address = server();
    let slow = Connector { max_time: Duration::from_millis(100), ..connector(address) };
    assert_eq!(asked(&opened(slow), request("/mai")), failed("no answer within 100 ms"));
    let gone = Connector { address: "http://127.0.0.1:1".to_owned(), ..connector(address) };
    assert!(matches!(asked(&opened(gone), request("/")), Told::Failed(_)));
}

#[test]
fn requests_beyond_what_a_connector_takes_are_refused_at_once() {
    let connectors = opened(Connector { max_requests: 1, ..connector(server()) });
    let (tell, told) = mpsc::channel();
    let busy = "connector `segnalazioni` has as many requests as it takes";
    // One is being made and one waits; which of the others are refused is for the threads to settle, but some are.
    for _ in 0..4 {
        let tell = tell.clone();
        let never = HttpRequest { timeout: PATIENCE, ..request("/mai") };
        connectors.ask(never, Box::new(move |answer| drop(tell.send(answer))));
    }
    assert_eq!(told.recv_timeout(PATIENCE), Ok(failed(busy)));
}

#[test]
fn credential_is_read_from_its_file_and_shown_with_what_the_flow_sends() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("segreto").display().to_string();
    let address = server();
    let with = |basic| Connector {
        credential: Some(Credential { basic, place: SecretPlace::File(file.clone()) }),
        ..connector(address)
    };
    let missing = Connectors::open(&config(with(false))).expect_err("there is no file yet");
    assert!(missing[0].starts_with("connector segnalazioni: its credential "), "{missing:?}");
    std::fs::write(&file, "io:apriti\n").expect("a file");
    for (basic, shown) in [(false, "Bearer io:apriti"), (true, "Basic aW86YXByaXRp")] {
        let body = Some(Marked { text: r#"{"giri":3}"#.to_owned(), personal: true });
        let request = HttpRequest { method: Method::Post, body, ..request("/eco") };
        let expected = json(&format!(r#"{{"shown": "{shown}", "said": {{"giri": 3}}}}"#));
        assert_eq!(asked(&opened(with(basic)), request), expected);
    }
}

#[test]
fn credential_that_cannot_be_shown_is_a_fault_at_the_start() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("segreto").display().to_string();
    for (text, basic, fault) in [
        ("", false, "its credential is empty or has more than one line"),
        ("a\nb", false, "its credential is empty or has more than one line"),
        ("solo", true, "its credential must be `user:password`"),
    ] {
        std::fs::write(&file, text).expect("a file");
        let credential = Some(Credential { basic, place: SecretPlace::File(file.clone()) });
        let connector = Connector { credential, ..connector(([127, 0, 0, 1], 1).into()) };
        let faults = Connectors::open(&config(connector)).expect_err("a fault");
        assert!(faults[0].contains(fault), "{faults:?}");
    }
    let ca = Connector { ca_file: Some(file), ..connector(([127, 0, 0, 1], 1).into()) };
    let faults = Connectors::open(&config(ca)).expect_err("no certificate");
    assert!(faults[0].contains("there is no certificate in"), "{faults:?}");
}
