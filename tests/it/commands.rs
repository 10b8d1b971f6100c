//! The command line as people and scripts use it: the program as a child process, judged by what it prints and how it ends.

#![expect(clippy::disallowed_methods, reason = "real processes live in real time")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// SIGTERM to exit, promised.
const EXIT_WITHIN: Duration = Duration::from_secs(10);

pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn centralino(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_centralino"));
    command.args(arguments).current_dir(repository("")).stdin(Stdio::null()).env_remove("RUST_LOG");
    command
}

/// Runs a command that ends by itself: exit code, standard output, standard error.
pub(crate) fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = centralino(arguments).output().expect("the program was built");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code(), text(stdout), text(stderr))
}

/// A running exchange on a data directory of its own; killed on drop.
pub(crate) struct Center {
    pub(crate) child: Child,
    pub(crate) data: Arc<TempDir>,
    pub(crate) http: SocketAddr,
}

impl Center {
    pub(crate) fn start() -> Center {
        Center::start_with(&[])
    }

    pub(crate) fn start_with(arguments: &[&str]) -> Center {
        Center::start_on(Arc::new(tempfile::tempdir().expect("a temporary directory")), arguments)
    }

    /// The next start on what this one has left; it is killed if it runs.
    pub(crate) fn started_again(self) -> Center {
        let data = Arc::clone(&self.data);
        drop(self);
        Center::start_on(data, &[])
    }

    fn start_on(data: Arc<TempDir>, arguments: &[&str]) -> Center {
        let mut child =
            serve(data.path()).args(arguments).stdout(Stdio::piped()).spawn().expect("the program was built");
        let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        // It ends when the exchange does; the test's own time limit is the runner's.
        let ready = stdout.lines().map_while(Result::ok).find(|line| line.starts_with("ready"));
        let ready = ready.expect("the exchange says ready");
        let word = |name: &str| ready.split(' ').find_map(|word| word.strip_prefix(name)).map(str::parse);
        let http = word("http=").expect("an address").expect("an address");
        let sip: SocketAddr = word("sip=").expect("an address").expect("an address");
        assert_ne!(sip.port(), 0);
        Center { child, data, http }
    }

    pub(crate) fn data(&self) -> &str {
        self.data.path().to_str().expect("UTF-8")
    }

    /// Runs a command that asks this exchange, which is found by its data directory.
    pub(crate) fn ask(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        run(&[arguments, &["--data", self.data()]].concat())
    }

    pub(crate) fn token(&self) -> String {
        std::fs::read_to_string(self.data.path().join("http-token"))
            .expect("serve writes it")
            .trim()
            .to_owned()
    }

    /// Asks by hand: the status and the whole answer.
    pub(crate) fn request(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.http).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        // A server that refuses a body half read may reset the connection after its answer.
        let _reset = stream.read_to_string(&mut answer);
        let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
        (status.unwrap_or_default(), answer)
    }

    /// A GET with these lines in its head, beside Connection.
    pub(crate) fn get(&self, path: &str, head: &[&str]) -> (u16, String) {
        let head: String = head.iter().map(|line| format!("{line}\r\n")).collect();
        self.request(&format!("GET {path} HTTP/1.1\r\nConnection: close\r\n{head}\r\n"))
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().expect("kill is everywhere").success());
    }
}

impl Drop for Center {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn serve(data: &Path) -> Command {
    let data = data.to_str().expect("UTF-8");
    let mut command =
        centralino(&["serve", "--always-open", "--sip", "127.0.0.1:0", "--http", "127.0.0.1:0"]);
    command.args(["--data", data]).stderr(Stdio::null());
    command
}

#[test]
fn exchange_asked_to_stop_ends_well_and_in_time() {
    for signal in ["-TERM", "-INT"] {
        let mut center = Center::start();
        let asked = Instant::now();
        center.signal(signal);
        let status = center.child.wait().expect("it is our child");
        assert_eq!(status.code(), Some(0), "{signal}");
        assert!(asked.elapsed() < EXIT_WITHIN, "{signal} took {:?}", asked.elapsed());
    }
}

#[test]
fn second_exchange_on_the_same_data_is_refused_and_the_first_goes_on() {
    let center = Center::start();
    let (code, out, told) =
        run(&["serve", "--data", center.data(), "--sip", "127.0.0.1:0", "--http", "127.0.0.1:0"]);
    assert_eq!((code, out.as_str()), (Some(1), ""), "{told}");
    assert!(told.contains(center.data()) && told.contains("in use"), "{told}");
    assert_eq!(center.get("/health/ready", &["Host: any"]).0, 200);
}

#[test]
fn wrong_use_of_serve_is_told_with_a_hint_before_anything_is_touched() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let data = dir.path().join("data");
    let data = data.to_str().expect("UTF-8");
    let rows: [(&[&str], &str); 4] = [
        (&["--config", "nowhere"], "nowhere: cannot be read"),
        (&["--http", "0.0.0.0:0"], "--http 0.0.0.0:0 can be reached from other machines"),
        (&["--sip", "0.0.0.0:0"], "demo passwords"),
        (&["--drain", "soon"], "not a length of time"),
    ];
    for (arguments, says) in rows {
        let (code, out, told) = run(&[&["serve", "--data", data], arguments].concat());
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}: {told}");
        assert!(told.contains(says), "`{says}` is not in:\n{told}");
        assert!(!Path::new(data).exists(), "{arguments:?}");
    }
}

#[test]
fn port_that_is_taken_is_named_with_the_option_to_change() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let data = dir.path().to_str().expect("UTF-8");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("it is bound").to_string();
    for (option, other) in [("--sip", "--http"), ("--http", "--sip")] {
        let (code, _, told) = run(&["serve", "--data", data, option, &address, other, "127.0.0.1:0"]);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains(&format!("{option} {address}")) && told.contains("another port"), "{told}");
    }
}

#[test]
fn lists_of_a_new_exchange_are_empty_while_it_runs_and_at_rest() {
    let mut center = Center::start();
    for what in ["contact", "case"] {
        let (code, out, told) = center.ask(&[what, "list"]);
        assert_eq!((code, out.trim()), (Some(0), format!("no {what}s").as_str()), "{told}");
        assert_eq!(center.ask(&[what, "list", "--format", "json"]), (Some(0), String::new(), String::new()));
    }
    let http = center.http.to_string();
    let (code, out, told) = center.ask(&["contact", "list", "--http", &http]);
    assert_eq!((code, out.trim()), (Some(0), "no contacts"), "{told}");

    center.signal("-TERM");
    center.child.wait().expect("it is our child");
    let at_rest = center.ask(&["contact", "list", "--format", "json", "--since", "today"]);
    assert_eq!(at_rest, (Some(0), String::new(), String::new()));
    let rows: [(&[&str], &str); 2] = [
        (&["seat", "list"], "no exchange runs on the data directory"),
        (&["contact", "list", "--http", &http], "no exchange answers"),
    ];
    for (arguments, says) in rows {
        let (code, _, told) = center.ask(arguments);
        assert!(code == Some(1) && told.contains(says) && told.contains("serve"), "{told}");
    }
    let (code, out, told) = run(&["journal", "check", "--data", center.data()]);
    assert_eq!(code, Some(0), "{told}");
    assert!(out.contains("all is well"), "{out}");
    let (code, out, _) = run(&["journal", "export", "--data", center.data()]);
    assert_eq!(code, Some(0));
    let facts: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).expect("JSON lines")).collect();
    assert_eq!(facts.first().expect("it has started")["fact"], "started");
    assert_eq!(facts.last().expect("it has stopped")["fact"], "stopped");
}

#[test]
fn what_is_not_on_record_is_told_so() {
    let center = Center::start();
    for arguments in [["contact", "show", "1.1.9"], ["case", "show", "9"]] {
        let (code, _, told) = center.ask(&arguments);
        assert_eq!(code, Some(1));
        assert!(told.contains("there is no"), "{told}");
    }
    for act in ["call", "done"] {
        let (code, _, told) = center.ask(&["callback", "recall", act, "1.1.9"]);
        assert!(code != Some(0) && told.contains("not on the recall list"), "{told}");
    }
    let missing = center.data.path().join("elsewhere");
    let (code, _, told) = run(&["case", "list", "--data", missing.to_str().expect("UTF-8")]);
    assert_eq!(code, Some(1));
    assert!(told.contains("there is no data directory"), "{told}");
}

#[test]
fn seat_changes_status_by_command_and_the_list_shows_it() {
    let center = Center::start();
    let status = |seat: usize| {
        let (code, out, told) = center.ask(&["seat", "list", "--format", "json"]);
        assert_eq!(code, Some(0), "{told}");
        let seats: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(seats.len(), 17);
        seats[seat]["status"].clone()
    };
    let rows: [(&[&str], Value); 4] = [
        (&["login", "seat01"], "ready".into()),
        (&["pause", "seat01", "--reason", "riunione"], serde_json::json!({ "paused": "riunione" })),
        (&["ready", "seat01"], "ready".into()),
        (&["logout", "seat01"], "logged_out".into()),
    ];
    for (arguments, expected) in rows {
        let (code, _, told) = center.ask(&[&["seat"], arguments].concat());
        assert_eq!(code, Some(0), "{arguments:?}: {told}");
        assert_eq!(status(0), expected, "{arguments:?}");
    }
    let (code, _, told) = center.ask(&["seat", "login", "seat99"]);
    assert_eq!(code, Some(1));
    assert!(told.contains("seat99"), "{told}");
    let (code, out, _) = center.ask(&["queue", "list"]);
    assert!(code == Some(0) && out.contains("tributi"), "{out}");
    let (code, out, _) = center.ask(&["call", "list"]);
    assert_eq!((code, out.trim()), (Some(0), "no calls in course"));
}

#[test]
fn web_server_lets_in_only_who_shows_the_token_by_its_own_name() {
    let center = Center::start();
    let (host, token) =
        (format!("Host: {}", center.http), format!("Authorization: Bearer {}", center.token()));
    let rows: [(&str, &[&str], u16); 11] = [
        ("/health/live", &["Host: any"], 200),
        ("/health/ready", &["Host: any"], 200),
        ("/api/state", &[&host, &token], 200),
        ("/metrics", &[&host, &token], 200),
        ("/api/state", &[&host], 401),
        ("/api/state", &[&host, "Authorization: Bearer guess"], 401),
        ("/nothing", &[&host], 401),
        ("/nothing", &[&host, &token], 404),
        ("/api/state", &["Host: evil.example", &token], 421),
        ("/api/state", &[&host, &token, "Origin: http://evil.example"], 403),
        ("/api/contacts?queu=tributi", &[&host, &token], 400),
    ];
    for (path, head, expected) in rows {
        let (status, answer) = center.get(path, head);
        assert_eq!(status, expected, "{path} {head:?}: {answer}");
    }
    let mode =
        std::fs::metadata(center.data.path().join("http-token")).expect("serve writes it").permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
}

#[test]
fn web_server_bounds_what_it_reads() {
    let center = Center::start();
    let head =
        format!("Host: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n", center.http, center.token());
    let post = |kind: &str, body: &str| {
        let length = body.len();
        center
            .request(&format!(
                "POST /api/seats/seat01/status HTTP/1.1\r\n{head}Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
            ))
            .0
    };
    let json = "application/json";
    assert_eq!(post(json, "\"log_in\""), 204);
    assert_eq!(post(json, "\"dance\""), 422);
    assert_eq!(post(json, "{"), 400);
    assert_eq!(post("text/plain", "\"log_in\""), 415);
    assert_eq!(post(json, &format!("{{\"pause\":\"{}\"}}", "x".repeat(201))), 422);
    assert_eq!(post(json, &format!("{{\"pause\":\"{}\"}}", "x".repeat(20_000))), 413);
    let (status, _) = center.get("/health/live", &["Host: any", &format!("X: {}", "x".repeat(40_000))]);
    assert_eq!(status, 431);
}

#[test]
fn client_who_says_nothing_is_hung_up_on() {
    let center = Center::start();
    let mut silent = TcpStream::connect(center.http).expect("it listens");
    let mut slow = TcpStream::connect(center.http).expect("it listens");
    slow.write_all(b"GET /health/live HTTP/1.1\r\nHost:").expect("it reads");
    for stream in [&mut silent, &mut slow] {
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a socket");
        let mut rest = Vec::new();
        // Its end is what is waited for; with a reset it is an end too.
        let ended = stream.read_to_end(&mut rest);
        assert!(ended.is_ok() || ended.is_err_and(|error| error.kind() != std::io::ErrorKind::WouldBlock));
    }
}

#[test]
fn flows_are_checked_with_places_and_exit_codes() {
    let (code, out, told) = run(&["flow", "check", "ivr-flows/055055.yaml"]);
    assert_eq!(code, Some(0), "{out}{told}");
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("055055.yaml");
    let text = std::fs::read_to_string(repository("ivr-flows/055055.yaml")).expect("it is in the repository");
    std::fs::write(&file, text.replacen("start:", "strat:", 1)).expect("room");
    let (code, out, _) = run(&["flow", "check", file.to_str().expect("UTF-8")]);
    assert_eq!(code, Some(1));
    let fault = out.lines().next().expect("a fault");
    let place: Vec<&str> =
        fault.strip_prefix(file.to_str().expect("UTF-8")).expect("its file").split(':').collect();
    assert!(place[1].parse::<u32>().is_ok() && place[2].parse::<u32>().is_ok(), "{fault}");
    assert_eq!(run(&["flow", "check", "nowhere.yaml"]).0, Some(2));
    assert_eq!(run(&["flow", "check"]).0, Some(2));
}

/// A copy of the demo's configuration and flows that may be changed; its sounds are the demo's.
pub(crate) fn copied_site() -> TempDir {
    let site = tempfile::tempdir().expect("a temporary directory");
    let mut copy = Command::new("cp");
    copy.arg("-r").args([repository("config"), repository("ivr-flows")]).arg(site.path());
    assert!(copy.status().expect("cp is everywhere").success());
    std::os::unix::fs::symlink(repository("sounds"), site.path().join("sounds")).expect("room");
    site
}

#[test]
fn faulty_files_are_told_before_a_reload_and_by_it_and_change_nothing() {
    let site = copied_site();
    let config = site.path().join("config");
    let center = Center::start_with(&["--config", config.to_str().expect("UTF-8")]);
    let check = || run(&["config", "check", "--config", config.to_str().expect("UTF-8")]);
    let queues = || {
        let (_, out, _) = center.ask(&["queue", "list", "--format", "json"]);
        out.lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["name"].clone())
            .collect::<Vec<_>>()
    };
    let rewrite = |file: &str, from: &str, to: &str| {
        let file = site.path().join(file);
        let text = std::fs::read_to_string(&file).expect("it was copied");
        assert!(text.contains(from), "{from}");
        std::fs::write(file, text.replacen(from, to, 1)).expect("room");
    };
    assert_eq!(check().0, Some(0));

    rewrite("config/queues.toml", "\"Tributi\"", "\"Tasse\"");
    rewrite("ivr-flows/055055.yaml", "start:", "strat:");
    let (code, out, told) = check();
    assert_eq!(code, Some(1), "{told}");
    assert!(out.contains("055055.yaml") && out.contains("did you mean `start`?"), "{out}");
    let (code, _, told) = center.ask(&["reload"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("did you mean `start`?") && told.contains("not reloaded"), "{told}");
    assert!(queues().contains(&"Tributi".into()), "{:?}", queues());

    rewrite("ivr-flows/055055.yaml", "strat:", "start:");
    let (code, out, told) = center.ask(&["reload"]);
    assert_eq!((code, told.as_str()), (Some(0), ""), "{out}");
    assert!(queues().contains(&"Tasse".into()), "{:?}", queues());
    rewrite("config/queues.toml", "\"Tasse\"", "\"Imposte\"");
    center.signal("-HUP");
    let until = Instant::now() + EXIT_WITHIN;
    while !queues().contains(&"Imposte".into()) {
        assert!(Instant::now() < until, "SIGHUP is a reload: {:?}", queues());
    }
    assert_eq!(run(&["config", "check", "--config", "nowhere"]).0, Some(2));
}
