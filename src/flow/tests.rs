//! What callers meet in a flow: keys, silences and queues in virtual time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::destinations::Reach;
use super::hours::Calendars;
use super::*;
use crate::time::{Mono, Now};

mod documented;
mod faulty;
mod hostile;
mod journey;
mod shipped;
mod warnings;
mod world;

const DEMO: &str = include_str!("../../ivr-flows/055055.yaml");
const MILAN: &str = include_str!("../../ivr-flows/020202.yaml");
const RECALL: &str = include_str!("../../ivr-flows/sub/richiamata@1.yaml");
const STATUS: &str = include_str!("../../ivr-flows/sub/segnalazione@1.yaml");

/// A sub-flow that asks for a case number.
const IDENTIFICA: &str = r##"
schema: 1
id: identifica
version: 1
languages: [it, en]
start: chiedi
inputs: {prova: {type: number, default: 0}}
outputs: [caso]
returns: [trovato, rinuncia]
vars: {caso: {type: digits, pii: false}}
prompts:
  numero_caso: {it: "Digiti il numero.", en: "Enter the number."}
nodes:
  chiedi:
    type: collect
    prompt: numero_caso
    digits: {min: 3, max: 6, end: "#"}
    save: caso
    exits: {ok: trovato, timeout: rinuncia, invalid: rinuncia}
  trovato: {type: return, as: trovato}
  rinuncia: {type: return, as: rinuncia}
"##;

/// The demo center's names.
/// Those of Florence; Milan has the same, by its name.
const QUEUES: [&str; 5] = ["anagrafe", "tributi", "polizia-locale", "servizi-sociali", "generale"];

fn demo_environment() -> Environment {
    fn names<N: Ord + From<&'static str>, const COUNT: usize>(names: [&'static str; COUNT]) -> BTreeSet<N> {
        names.into_iter().map(N::from).collect()
    }
    let queues: BTreeSet<_> =
        QUEUES.into_iter().flat_map(|queue| [queue.into(), format!("milano-{queue}").into()]).collect();
    Environment {
        call_back: queues.clone(),
        queues,
        entities: names(["firenze", "bagno-a-ripoli", "empoli", "sesto-fiorentino"]),
        topics: names(["anagrafe", "tributi", "tributi/tari", "polizia-locale/permessi-sosta"]),
        skills: names(["inglese", "tributi"]),
        schedules: sportello().schedules,
        music: names(["attesa"]),
        reach: Reach { ways: vec![Vec::new()], ..Reach::default() },
        connectors: ["segnalazioni".to_owned()].into(),
        articles: ["anagrafe".to_owned(), "orari-anagrafe".to_owned()].into(),
        subflows: [("identifica@1", IDENTIFICA), ("segnalazione@1", STATUS), ("richiamata@1", RECALL)]
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .into(),
        ..Environment::default()
    }
}

fn parsed(text: &str) -> Arc<Flow> {
    match Flow::parse(text, "flusso.yaml", &demo_environment()) {
        Ok(flow) => Arc::new(flow),
        Err(errors) => panic!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    }
}

fn sportello() -> Calendars {
    toml::from_str(
        r#"
        [schedule.sportello]
        zone = "Europe/Rome"
        open = { "mon-sat" = ["08:00-20:00"] }
        closed = ["it-national", "06-24"]

        [schedule.milano]
        zone = "Europe/Rome"
        open = { "mon-sat" = ["08:00-20:00"] }
        closed = ["it-national", "12-07"]
        "#,
    )
    .unwrap()
}

/// A caller in virtual time, and everything that happened to the call, in words.
struct Caller {
    run: FlowRun,
    now: Now,
    calendars: Calendars,
    bulletins: BTreeMap<String, Bulletin>,
    queues: BTreeMap<QueueId, QueueFacts>,
    heard: Vec<String>,
    /// What plays, and whether a key stops it.
    playing: Option<bool>,
    /// What the world was asked last.
    asked: Option<Request>,
    /// How often it has answered.
    requests: u32,
}

impl Caller {
    /// Dials on a Tuesday at ten.
    fn dials(flow: &Arc<Flow>) -> Caller {
        Caller::before(flow).at("2026-11-24T10:00")
    }

    fn before(flow: &Arc<Flow>) -> Caller {
        let call = CallFacts {
            from: "+390552768224".to_owned(),
            to: "055055".to_owned(),
            language: "it".into(),
            entity: "firenze".into(),
        };
        Caller {
            run: FlowRun::new(Arc::clone(flow), call),
            now: Now { mono: Mono::ZERO, wall: jiff::Timestamp::UNIX_EPOCH },
            calendars: sportello(),
            bulletins: BTreeMap::new(),
            queues: BTreeMap::new(),
            heard: Vec::new(),
            playing: None,
            asked: None,
            requests: 0,
        }
    }

    fn with_bulletin(mut self, slot: &str, bulletin: Bulletin) -> Caller {
        self.bulletins.insert(slot.to_owned(), bulletin);
        self
    }

    /// The call is answered at this time in Rome.
    fn at(mut self, local: &str) -> Caller {
        let local: jiff::civil::DateTime = local.parse().unwrap();
        self.now.wall = local.in_tz("Europe/Rome").unwrap().timestamp();
        let world = World { calendars: &self.calendars, bulletins: &self.bulletins, queues: &self.queues };
        let actions = self.run.start(self.now, &world);
        self.note(actions);
        self
    }

    fn input(&mut self, input: Input) {
        let world = World { calendars: &self.calendars, bulletins: &self.bulletins, queues: &self.queues };
        let actions = self.run.handle_input(self.now, input, &world);
        self.note(actions);
    }

    /// Presses keys one after another, at once. As in the media plane, a key stops what may be stopped.
    fn presses(&mut self, keys: &str) -> &mut Caller {
        for key in keys.chars() {
            let stopped = self.playing == Some(true);
            self.playing = self.playing.filter(|_| !stopped);
            self.input(Input::Digit(key));
        }
        self
    }

    /// Listens to the end of what plays now.
    fn listens(&mut self) -> &mut Caller {
        assert!(self.playing.take().is_some(), "nothing plays: {:#?}", self.heard);
        self.input(Input::Played);
        self
    }

    /// Says and presses nothing for so long; what plays is heard first and takes no time.
    fn is_silent_for(&mut self, time: Duration) -> &mut Caller {
        if self.playing.is_some() {
            self.listens();
        }
        let end = self.now.mono + time;
        while let Some(due) = self.run.poll_timeout().filter(|due| *due <= end && self.playing.is_none()) {
            self.now.mono = due;
            self.input(Input::Timeout);
        }
        self.now.mono = self.now.mono.max(end);
        self
    }

    /// Says and presses nothing any more, until the call is over.
    fn falls_silent(&mut self) -> &mut Caller {
        for _ in 0..100 {
            if self.run.is_over() {
                break;
            }
            self.is_silent_for(SECOND * 10);
        }
        self
    }

    fn leaves_queue(&mut self, exit: QueueExit) -> &mut Caller {
        self.input(Input::QueueExit(exit));
        self
    }

    fn note(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Entered { node, info } => {
                    self.heard.push(format!("@{node}{}", if info { "!" } else { "" }))
                }
                Action::Play { say, barge_in } => {
                    assert!(!say.is_empty());
                    self.playing = Some(barge_in);
                    self.heard.push(say.iter().map(words).collect::<Vec<_>>().join(" "));
                }
                Action::StopPlay => self.playing = None,
                Action::Tag { entity, topic, language, record } => {
                    let names = [entity.map(|e| e.to_string()), topic.map(|t| t.to_string())];
                    let language = language.map(|language| format!("language {language}"));
                    let record = record.map(|record| format!("record {record}"));
                    let all: Vec<String> = names.into_iter().chain([language, record]).flatten().collect();
                    self.heard.push(format!("tag {}", all.join(" ")));
                }
                Action::Enqueue(place) => self.heard.push(format!("queue {}", place.queue)),
                Action::Dequeue(_) => self.heard.push("dequeue".to_owned()),
                Action::Ask(request, Request::Callback { act: request::CallbackAct::Find, .. }) => {
                    // Nobody has promised these callers anything, and they do not notice that it was looked up.
                    self.heard.pop();
                    self.requests = request.0;
                    self.input(Input::Answer(request, Answer::NotFound));
                }
                Action::Ask(_, request) => {
                    self.heard.push(format!("ask {request:?}"));
                    self.asked = Some(request);
                }
                Action::StopRecording(_) => self.heard.push("stop recording".to_owned()),
                Action::KeepRecording { queue, .. } => self.heard.push(format!("keep {queue:?}")),
                Action::DropRecording(_) => self.heard.push("drop".to_owned()),
                Action::FoundClosed { .. } => {}
                Action::Surveyed { question, answer, .. } => self.heard.push(format!("{question}: {answer}")),
                Action::Failed { node, why } => self.heard.push(format!("{node} failed: {why}")),
                Action::Hangup => self.heard.push("hangup".to_owned()),
            }
        }
    }

    /// What happened since the last look, and nothing else.
    #[track_caller]
    fn expect(&mut self, expected: &[&str]) -> &mut Caller {
        assert_eq!(std::mem::take(&mut self.heard), expected);
        self
    }
}

fn words(say: &Say) -> String {
    match say {
        Say::Prompt(language, name) => format!("{language}/{name}"),
        Say::Piece(language, piece) => format!("{language}/{}", piece.0),
        Say::Recording(_) => "(recording)".to_owned(),
    }
}

const SECOND: Duration = Duration::from_secs(1);
