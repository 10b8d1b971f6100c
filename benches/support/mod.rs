//! What the benches of the control path share: the real engine on a journal of its own, and phones that cost next to nothing.
//!
//! Media answers at once, and so does the disk: every group of entries is committed where it arises, sealed and encoded as the
//! store does it, and told as written. So what is measured is the exchange's own work, never a wait.

#![allow(dead_code, reason = "each bench uses a part")]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use centralino::config::Config;
use centralino::engine::{Engine, Input, Output, Setup};
use centralino::io::disk::RealDisk;
use centralino::io::setup::{self, Loaded};
use centralino::journal::entry::Entry;
use centralino::journal::file_journal::FileJournal;
use centralino::journal::log::SEGMENT_BYTES;
use centralino::journal::recovery::{Recovered, Recovery};
use centralino::journal::seal::Keys;
use centralino::journal::{Journal, Lsn};
use centralino::media::{self, LegId};
use centralino::sip::{Link, Transmit, Transport};
use centralino::time::{Mono, Now};
use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;

/// Where the exchange listens.
pub(crate) const EXCHANGE: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 5060);

/// Tuesday 24 November 2026, ten in the morning in Florence: everything is open.
const MORNING_MS: i64 = 1_795_510_800_000;

/// What becomes of the entries.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entries {
    /// They are dropped, as if another thread had taken them.
    Dropped,
    /// They are written as the store does.
    Written,
}

/// The exchange with its demo configuration, in time of its own.
pub(crate) struct Exchange {
    engine: Engine,
    now: Mono,
    journal: FileJournal<RealDisk>,
    entries: Entries,
    last: Lsn,
    group: Vec<Entry>,
    /// Entries as written, when they are asked for.
    pub(crate) kept: Option<Vec<(Lsn, Entry)>>,
    /// What went out on the wire and nobody took yet.
    pub(crate) sent: VecDeque<Transmit>,
    media: VecDeque<media::Event>,
    /// Callers hear no prompt, only music; otherwise prompts never end.
    pub(crate) prompts_end_at_once: bool,
    next_port: u16,
    _directory: tempfile::TempDir,
}

impl Exchange {
    /// Started and letting calls in; `change` suits the demo's configuration to the bench.
    pub(crate) fn start(entries: Entries, change: impl FnOnce(&mut Config)) -> Exchange {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let Loaded { mut config, flows, sounds } =
            setup::load(&root.join("config")).expect("the demo has no fault");
        config.engine.max_calls_per_second = u32::MAX;
        change(&mut config);
        let directory = tempfile::tempdir().expect("a place for the journal");
        let disk = RealDisk::new(directory.path()).expect("a directory");
        let rng = ChaCha20Rng::seed_from_u64(1);
        let (journal, cuts) = FileJournal::open(disk, rng, SEGMENT_BYTES).expect("an empty journal");
        let recovered =
            Recovered { last: journal.last(), cuts, state: Recovery::default(), keys: journal.keys() };
        let setup = Setup {
            config: Arc::new(config),
            flows,
            sounds: Arc::new(sounds),
            versions: Vec::new(),
            recovered,
            seed: [7; 32],
            watched: false,
        };
        let mut exchange = Exchange {
            engine: Engine::new(at(Mono::ZERO), setup),
            now: Mono::ZERO,
            journal,
            entries,
            last: Lsn(0),
            group: Vec::new(),
            kept: None,
            sent: VecDeque::new(),
            media: VecDeque::new(),
            prompts_end_at_once: false,
            next_port: 0,
            _directory: directory,
        };
        exchange.drain();
        assert!(exchange.engine.is_ready(), "calls are let in");
        exchange
    }

    /// Whose keys open the entries that are kept.
    pub(crate) fn keys(&self) -> Keys {
        self.journal.keys()
    }

    pub(crate) fn now(&self) -> Mono {
        self.now
    }

    /// A datagram comes in.
    pub(crate) fn hear(&mut self, remote: SocketAddr, bytes: &[u8]) {
        let link = Link { transport: Transport::Udp, local: EXCHANGE, remote };
        self.feed(Input::Datagram(link, bytes));
    }

    /// A caller presses a key.
    pub(crate) fn press(&mut self, leg: LegId, digit: char) {
        self.feed(Input::Media(media::Event::Digit { leg, digit }));
    }

    /// The leg opened last.
    pub(crate) fn newest_leg(&self) -> LegId {
        LegId(u64::from(self.next_port))
    }

    /// When something is due.
    pub(crate) fn wakes_at(&self) -> Option<Mono> {
        self.engine.poll_timeout()
    }

    /// Let this much time pass, with all that comes due.
    pub(crate) fn advance(&mut self, by: Duration) {
        let until = self.now + by;
        while let Some(due) = self.wakes_at().filter(|due| *due <= until) {
            self.wake(due);
        }
        self.now = until;
    }

    /// Time is now `due`, and what is due comes about.
    pub(crate) fn wake(&mut self, due: Mono) {
        self.now = self.now.max(due);
        self.feed(Input::Timeout);
    }

    fn feed(&mut self, input: Input<'_>) {
        self.engine.handle_input(at(self.now), input);
        self.drain();
    }

    /// Carry out everything, until all is quiet.
    fn drain(&mut self) {
        loop {
            while let Some(output) = self.engine.poll_output() {
                self.on_output(output);
            }
            if let Some(event) = self.media.pop_front() {
                self.engine.handle_input(at(self.now), Input::Media(event));
            } else if self.write() {
                self.engine.handle_input(at(self.now), Input::Written(self.last));
                self.engine.handle_input(at(self.now), Input::Durable(self.last));
            } else {
                return;
            }
        }
    }

    fn on_output(&mut self, output: Output) {
        match output {
            Output::Transmit(transmit) => self.sent.push_back(transmit),
            Output::Media(media::Command::Open { leg }) => {
                self.next_port = self.next_port.wrapping_add(1);
                self.media.push_back(media::Event::Opened { leg, port: 20_000 + self.next_port % 20_000 });
            }
            Output::Media(media::Command::Play { leg, play, repeat: false, .. })
                if self.prompts_end_at_once =>
            {
                self.media.push_back(media::Event::Played { leg, play });
            }
            Output::Append { entry, .. } => self.group.push(*entry),
            Output::Media(_)
            | Output::CloseStream(_)
            | Output::Tell(_)
            | Output::Reply(..)
            | Output::Ask(..)
            | Output::Speak(..)
            | Output::Stopped => {}
        }
    }

    /// The group is committed; false when there is none.
    fn write(&mut self) -> bool {
        if self.group.is_empty() {
            return false;
        }
        let first = Lsn(self.last.0 + 1);
        self.last = Lsn(self.last.0 + self.group.len() as u64);
        if self.entries == Entries::Written {
            let sealed = self.journal.commit(first, &self.group).expect("the disk has room");
            self.journal.synced(self.last);
            if let Some(kept) = &mut self.kept {
                kept.extend(sealed);
            }
        }
        self.group.clear();
        true
    }
}

fn at(mono: Mono) -> Now {
    let morning = jiff::Timestamp::from_millisecond(MORNING_MS).expect("a moment");
    Now { mono, wall: morning + mono.since_start() }
}

/// A citizen's phone, as scripted as can be: it writes its three requests and reads nothing but the tag in the answer.
pub(crate) struct Citizen {
    number: u64,
}

impl Citizen {
    /// All citizens call through one trunk.
    pub(crate) const TRUNK: SocketAddr = SocketAddr::new(EXCHANGE.ip(), 6000);

    pub(crate) fn new(number: u64) -> Citizen {
        Citizen { number }
    }

    pub(crate) fn invite(&self) -> Vec<u8> {
        const SDP: &str = "v=0\r\no=citizen 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 7000 RTP/AVP 8 101\r\n\
            a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n";
        let extra = format!(
            "Contact: <sip:0552768224@127.0.0.1:6000>\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{SDP}",
            SDP.len()
        );
        self.request("INVITE", 1, "<sip:055055@127.0.0.1:5060>", &extra)
    }

    pub(crate) fn ack(&self, to: &str) -> Vec<u8> {
        self.request("ACK", 1, to, "Content-Length: 0\r\n\r\n")
    }

    pub(crate) fn bye(&self, to: &str) -> Vec<u8> {
        self.request("BYE", 2, to, "Content-Length: 0\r\n\r\n")
    }

    fn request(&self, method: &str, cseq: u32, to: &str, rest: &str) -> Vec<u8> {
        let n = self.number;
        let text = format!(
            "{method} sip:055055@127.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:6000;branch=z9hG4bK-{n}-{method}\r\n\
             From: <sip:0552768224@127.0.0.1>;tag=t{n}\r\nTo: {to}\r\nCall-ID: {n}@127.0.0.1\r\nCSeq: {cseq} {method}\r\n\
             Max-Forwards: 70\r\n{rest}"
        );
        text.into_bytes()
    }

    /// What the To header of a response says.
    pub(crate) fn to_of(response: &[u8]) -> String {
        let text = std::str::from_utf8(response).expect("our responses are text");
        let to = text.lines().find_map(|line| line.strip_prefix("To: ")).expect("a To header");
        to.to_owned()
    }
}
