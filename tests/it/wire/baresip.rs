//! baresip as a telephone without a person: driven over its control socket, by its own events.
//!
//! It plays a tone from a file instead of a microphone (`aufile`) and keeps what it decodes (`sndfile`), so that
//! what it heard can be read afterwards; when it heard it is the business of the [`super::tap`]. Its files are in a
//! directory of its own, its ports are its own, all on loopback.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::patience::wait_for;
use super::ports;
use super::site::Site;
use super::tones::Sound;

/// Longest wait for its control socket, and for its exit.
const START_WITHIN: Duration = Duration::from_secs(10);
/// Sound it has to send: longer than any scenario.
const TONE_MS: usize = 180_000;
/// Ports for its media: one call has RTP and RTCP.
const MEDIA_PORTS: u16 = 8;

/// Who it is.
pub(super) struct Account<'a> {
    /// Name of its directory.
    pub(super) name: &'a str,
    /// User part of its address.
    pub(super) user: &'a str,
    /// Password with which it registers; `None`: it does not.
    pub(super) password: Option<&'a str>,
    /// Frequency of the tone it sends.
    pub(super) hertz: u32,
}

impl<'a> Account<'a> {
    /// An operator, who registers and sends 1500 Hz.
    pub(super) fn operator(seat: &'a str, password: &'a str) -> Account<'a> {
        Account { name: seat, user: seat, password: Some(password), hertz: 1500 }
    }

    /// A citizen, who does not register and sends 1000 Hz.
    pub(super) fn citizen(number: &'a str) -> Account<'a> {
        Account { name: number, user: number, password: None, hertz: 1000 }
    }

    /// The line of its `accounts` file.
    fn line(&self, exchange: SocketAddr) -> String {
        let mut line = format!("<sip:{}@{exchange}>;audio_codecs=pcma;answermode=manual", self.user);
        let registration = match self.password {
            Some(password) => format!(";auth_user={};auth_pass={password};regint=60", self.user),
            None => ";regint=0".to_owned(),
        };
        line.push_str(&registration);
        line + "\n"
    }
}

/// A running baresip; killed on drop.
pub(super) struct Baresip {
    child: Child,
    control: TcpStream,
    events: Arc<Mutex<VecDeque<Value>>>,
    directory: PathBuf,
    /// Where it takes calls.
    pub(super) sip_port: u16,
    first_media_port: u16,
}

impl Baresip {
    /// Starts it and connects to its control socket.
    pub(super) fn start(site: &Site, exchange: SocketAddr, account: &Account) -> Baresip {
        let directory = site.directory(account.name);
        let (sip_port, control_port) = (ports::free_run(2), ports::free());
        let first_media_port = ports::free_run(MEDIA_PORTS);
        Sound::tone(account.hertz, TONE_MS).write_wav(&directory.join("mouth.wav"));
        write(&directory.join("accounts"), &account.line(exchange));
        write(&directory.join("config"), &config(&directory, sip_port, control_port, first_media_port));
        let child = spawn(&directory);
        let control = wait_for("the control socket of baresip", START_WITHIN, || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, control_port)).ok()
        });
        let events = Arc::default();
        read_events(&control, &events);
        Baresip { child, control, events, directory, sip_port, first_media_port }
    }

    /// Starts an operator's phone and waits until it is registered.
    pub(super) fn registered(site: &Site, exchange: SocketAddr, account: &Account) -> Baresip {
        let phone = Baresip::start(site, exchange, account);
        let told = phone.registration(Duration::from_secs(10));
        assert!(told.starts_with("200 OK"), "{told}");
        phone
    }

    /// What the registrar said, as its log tells: it may have said so before the control socket was there to hear of it.
    #[track_caller]
    pub(super) fn registration(&self, at_most: Duration) -> String {
        wait_for(&format!("the registration of {}", self.directory.display()), at_most, || {
            let log = std::fs::read(self.directory.join("log")).ok()?;
            let log = String::from_utf8_lossy(&log).into_owned();
            let told = log.lines().find_map(|line| {
                let fine = line.split_once("{0/UDP/v4} ").map(|(_, told)| told);
                fine.or_else(|| {
                    line.split_once("reg: sip:")
                        .and_then(|(_, told)| told.split_once(": "))
                        .map(|(_, told)| told)
                })
            });
            told.map(str::to_owned)
        })
    }

    /// Waits for an event of a type, passing over others; those before it are gone.
    #[track_caller]
    pub(super) fn wait_for(&self, kind: &str, at_most: Duration) -> Value {
        let what = format!("{kind} of {}", self.directory.display());
        wait_for(&what, at_most, || {
            let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
            while let Some(event) = events.pop_front() {
                if event["type"] == kind {
                    return Some(event);
                }
            }
            None
        })
    }

    /// Whether an event of a type is waiting to be seen.
    pub(super) fn has_seen(&self, kind: &str) -> bool {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.iter().any(|event| event["type"] == kind)
    }

    /// Dials.
    pub(super) fn dial(&self, uri: &str) {
        self.command("dial", uri);
    }

    /// Answers the call that rings.
    pub(super) fn answer(&self) {
        self.command("accept", "");
    }

    /// Presses a key.
    pub(super) fn press(&self, key: char) {
        self.command("sndcode", &key.to_string());
    }

    /// Presses keys, one after another, as fast as a person: each must have ended on the wire before the next begins.
    pub(super) fn press_all(&self, keys: &str) {
        for key in keys.chars() {
            self.press(key);
            std::thread::sleep(Duration::from_millis(250));
        }
    }

    /// Asks for the call in course to go on elsewhere (REFER).
    pub(super) fn transfer(&self, uri: &str) {
        self.command("transfer", uri);
    }

    /// Its first call, as another phone names it in Replaces: the To tag is the exchange's (RFC 3891 section 3). Read from the ACK in its
    /// trace, which the exchange sent.
    #[track_caller]
    pub(super) fn first_call(&self) -> String {
        wait_for("the ACK of the first call", START_WITHIN, || {
            let trace = std::fs::read(self.directory.join("log")).ok()?;
            let trace = String::from_utf8_lossy(&trace).into_owned();
            let (_, ack) = trace.split_once("\nACK sip:")?;
            let header = |name: &str| ack.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            let tag = |name| header(name)?.split_once(";tag=").map(|(_, tag)| tag);
            let (call, ours, its) = (header("Call-ID:")?, tag("From:")?, tag("To:")?);
            Some(format!("{call};to-tag={ours};from-tag={its}"))
        })
    }

    /// Hangs up, or rejects the call that rings, or gives up the call that it dialled.
    pub(super) fn hang_up(&self) {
        self.command("hangup", "");
    }

    /// The media ports it may use.
    pub(super) fn media_ports(&self) -> Vec<u16> {
        (self.first_media_port..self.first_media_port + MEDIA_PORTS).step_by(2).collect()
    }

    /// Quits, and gives what it decoded in its calls, the earliest first.
    pub(super) fn heard(mut self) -> Vec<Sound> {
        self.command("quit", "");
        wait_for("baresip to quit", START_WITHIN, || self.child.try_wait().expect("it is our child"));
        let files = std::fs::read_dir(&self.directory).expect("its directory");
        let mut dumps: Vec<PathBuf> = files.flatten().map(|file| file.path()).collect();
        dumps.retain(|path| path.to_string_lossy().ends_with("-dec.wav"));
        dumps.sort();
        dumps.iter().flat_map(|path| Sound::read_wav(path)).collect()
    }

    fn command(&self, command: &str, parameters: &str) {
        let text = json!({ "command": command, "params": parameters }).to_string();
        let netstring = format!("{}:{text},", text.len());
        (&self.control).write_all(netstring.as_bytes()).expect("baresip listens as long as it runs");
    }
}

impl Drop for Baresip {
    fn drop(&mut self) {
        // It may have quit already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(directory: &Path) -> Child {
    let log = std::fs::File::create(directory.join("log")).expect("a log file");
    let errors = log.try_clone().expect("a second handle");
    Command::new("baresip")
        .args(["-4", "-s", "-f"])
        .arg(directory)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .spawn()
        .expect("checked by the test's needs")
}

/// Follows its events. The thread ends with the connection.
fn read_events(control: &TcpStream, events: &Arc<Mutex<VecDeque<Value>>>) {
    let (mut control, events) = (control.try_clone().expect("a second handle"), events.clone());
    std::thread::spawn(move || {
        while let Some(message) = netstring(&mut control) {
            if message["event"] == true {
                events.lock().unwrap_or_else(PoisonError::into_inner).push_back(message);
            }
        }
    });
}

/// `LENGTH:JSON,`
fn netstring(from: &mut impl Read) -> Option<Value> {
    let mut byte = [0];
    let mut length: usize = 0;
    loop {
        from.read_exact(&mut byte).ok()?;
        match byte[0] {
            b':' => break,
            digit => length = length * 10 + usize::from(digit.checked_sub(b'0')?),
        }
    }
    let mut text = vec![0; length + 1];
    from.read_exact(&mut text).ok()?;
    Some(serde_json::from_slice(&text[..length]).unwrap_or(Value::Null))
}

fn config(directory: &Path, sip: u16, control: u16, media: u16) -> String {
    let directory = directory.display();
    let mut text = format!(
        "sip_listen 127.0.0.1:{sip}\nnet_interface 127.0.0.1\nctrl_tcp_listen 127.0.0.1:{control}\n\
         rtp_ports {media}-{}\naudio_source aufile,{directory}/mouth.wav\nsnd_path {directory}\n\
         audio_player aubridge,ear\naudio_alert aubridge,bell\njitter_buffer_delay 0-1\n\
         ausrc_srate 8000\nauplay_srate 8000\nausrc_channels 1\nauplay_channels 1\n",
        media + MEDIA_PORTS - 1
    );
    writeln!(text, "module_path {}", module_path()).expect("a String takes anything");
    for (kind, module) in [
        ("module", "g711"),
        ("module", "aufile"),
        ("module", "aubridge"),
        ("module", "sndfile"),
        ("module_tmp", "account"),
        ("module_app", "menu"),
        ("module_app", "ctrl_tcp"),
    ] {
        writeln!(text, "{kind} {module}.so").expect("a String takes anything");
    }
    text
}

/// Where the distribution keeps its modules.
fn module_path() -> &'static str {
    let known = ["/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules", "/usr/lib64/baresip/modules"];
    known.into_iter().find(|path| Path::new(path).is_dir()).unwrap_or(known[0])
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("the test's directory can be written");
}
