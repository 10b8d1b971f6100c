//! The control loop: the one thread that owns the engine. It feeds one input, carries out every output, then sleeps.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use super::asking::Outside;
use super::connectors::Connectors;
use super::health::{Health, Readiness};
use super::media::MediaPlane;
use super::sip::{SipSockets, StreamEvent};
use super::speaking::Speaker;
use super::store::Store;
use crate::engine::{Command, Engine, Files, Input, Output, Reply, RequestId};
use crate::journal::StoreEvent;
use crate::media;
use crate::time::{Mono, Now};

/// Commands that may wait for the loop; a full queue makes their askers wait.
const MAX_COMMANDS: usize = 256;
/// Datagrams read in one turn, so that a flood of them does not starve the rest.
const BATCH: usize = 64;
/// The largest datagram there is.
const MAX_DATAGRAM: usize = 65_535;

/// The machine's clocks.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// Starts to count now.
    #[expect(clippy::disallowed_methods, reason = "this is where clocks are read")]
    pub fn start() -> Clock {
        Clock { start: Instant::now() }
    }

    /// Both clocks.
    #[expect(clippy::disallowed_methods, reason = "this is where clocks are read")]
    pub fn now(&self) -> Now {
        Now { mono: Mono::from_start(self.start.elapsed()), wall: jiff::Timestamp::now() }
    }

    fn instant(&self, at: Mono) -> tokio::time::Instant {
        (self.start + at.since_start()).into()
    }
}

/// One command on its way to the loop.
#[derive(Debug)]
struct Request {
    command: Command,
    /// With a reload: whom flows ask from then on.
    connectors: Option<Connectors>,
    reply: oneshot::Sender<Reply>,
}

/// The exchange has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the exchange has stopped")]
pub struct Gone;

/// Asks a running engine from any thread.
#[derive(Clone, Debug)]
pub struct ControlHandle {
    requests: mpsc::Sender<Request>,
}

impl ControlHandle {
    /// Have a command obeyed.
    ///
    /// # Errors
    /// The exchange has stopped.
    pub async fn ask(&self, command: Command) -> Result<Reply, Gone> {
        self.send(command, None).await
    }

    /// Go on with other files, and with the connectors that they name.
    ///
    /// # Errors
    /// The exchange has stopped.
    pub async fn reload(&self, files: Files, connectors: Connectors) -> Result<Reply, Gone> {
        self.send(Command::Reload(Box::new(files)), Some(connectors)).await
    }

    async fn send(&self, command: Command, connectors: Option<Connectors>) -> Result<Reply, Gone> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(Request { command, connectors, reply }).await.map_err(|_| Gone)?;
        answer.await.map_err(|_| Gone)
    }
}

/// Everything that the loop turns on.
pub struct Control {
    engine: Engine,
    clock: Clock,
    sip: SipSockets,
    media: MediaPlane,
    store: Store,
    outside: Outside,
    speaker: Speaker,
    health: Arc<Health>,
    requests: mpsc::Receiver<Request>,
    waiting: BTreeMap<RequestId, oneshot::Sender<Reply>>,
    last_request: u64,
    stopped: bool,
}

impl Control {
    /// A loop around an engine, and the handle to ask it.
    pub fn new(
        engine: Engine,
        clock: Clock,
        sip: SipSockets,
        media: MediaPlane,
        store: Store,
        connectors: Connectors,
        speaker: Speaker,
    ) -> (Control, ControlHandle) {
        let outside = Outside::new(store.views(), connectors);
        let (requests, inbox) = mpsc::channel(MAX_COMMANDS);
        let control = Control {
            engine,
            clock,
            sip,
            media,
            health: store.health(),
            store,
            outside,
            speaker,
            requests: inbox,
            waiting: BTreeMap::new(),
            last_request: 0,
            stopped: false,
        };
        (control, ControlHandle { requests })
    }

    /// Something came of a recording: while the exchange runs its recorder tells it, at a start whoever mended it.
    pub fn on_media(&mut self, event: media::Event) {
        self.feed(Input::Media(event));
    }

    /// Run until the engine says that it has stopped; everything it appended is durable then. `tell_ready` is called once calls are
    /// let in, `tell_gone` while the data directory is ours for the last time.
    pub async fn run(mut self, tell_ready: impl FnOnce(), tell_gone: impl FnOnce()) {
        let mut buffer = vec![0; MAX_DATAGRAM];
        let mut tell_ready = Some(tell_ready);
        let mut alarm = Alarm::new(self.clock);
        self.carry_out();
        while !self.stopped {
            if let Some(tell) = tell_ready.take_if(|_| self.engine.is_ready()) {
                tell();
            }
            alarm.set(self.engine.poll_timeout());
            tokio::select! {
                stream = self.sip.ready() => match stream {
                    None => self.read_datagrams(&mut buffer),
                    Some(event) => self.on_stream(event),
                },
                event = self.media.recv() => {
                    self.on_media(event);
                    while let Some(event) = self.media.try_recv() {
                        self.on_media(event);
                    }
                }
                event = self.store.events.recv() => {
                    if let Some(event) = event {
                        self.on_store(&event);
                    }
                }
                answer = self.outside.recv() => {
                    if let Some((id, told)) = answer {
                        self.feed(Input::Told(id, told));
                    }
                }
                spoken = self.speaker.recv() => {
                    if let Some((id, spoken)) = spoken {
                        self.feed(Input::Spoken(id, spoken));
                    }
                }
                request = self.requests.recv() => {
                    if let Some(request) = request {
                        self.on_request(request);
                    }
                }
                () = alarm.ring() => self.feed(Input::Timeout),
            }
        }
        // Recordings of the last calls are being closed: that they are whole belongs on record.
        for event in self.media.finish() {
            self.on_media(event);
        }
        self.sip.finish(UNSENT_PATIENCE).await;
        tell_gone();
        self.store.close();
    }

    fn feed(&mut self, input: Input<'_>) {
        self.engine.handle_input(self.clock.now(), input);
        self.carry_out();
    }

    fn read_datagrams(&mut self, buffer: &mut [u8]) {
        for _ in 0..BATCH {
            let Some((link, bytes)) = self.sip.try_recv(buffer) else { return };
            self.engine.handle_input(self.clock.now(), Input::Datagram(link, bytes));
            self.carry_out();
        }
    }

    fn on_stream(&mut self, event: StreamEvent) {
        match event {
            StreamEvent::Bytes(link, bytes) => self.feed(Input::Stream(link, &bytes)),
            StreamEvent::Closed(link) => self.feed(Input::StreamClosed(link)),
        }
    }

    fn on_store(&mut self, event: &StoreEvent) {
        self.feed(match event {
            StoreEvent::Written(lsn) => Input::Written(*lsn),
            StoreEvent::Durable(lsn) => Input::Durable(*lsn),
            StoreEvent::Failed(_) => Input::StoreFailed,
        });
    }

    fn on_request(&mut self, Request { command, connectors, reply }: Request) {
        if let Some(connectors) = connectors {
            self.outside.connect(connectors);
        }
        self.last_request += 1;
        let id = RequestId(self.last_request);
        self.waiting.insert(id, reply);
        self.feed(Input::Command(id, command));
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Transmit(transmit) => self.sip.send(transmit),
                Output::CloseStream(link) => self.sip.close(link),
                Output::Tell(_) => {} // phones without a wire are a rehearsal's
                Output::Media(command) => self.media.send(command),
                Output::Append { lsn, entry, promised } => self.store.append(lsn, entry, promised),
                Output::Reply(request, reply) => {
                    if let Some(asker) = self.waiting.remove(&request) {
                        let _ = asker.send(reply); // an asker who has gone away needs none
                    }
                }
                Output::Ask(id, question) => self.outside.ask(id, question),
                Output::Speak(id, text) => self.speaker.speak(id, text),
                Output::Stopped => self.stopped = true,
            }
        }
        self.health.is(self.readiness());
        self.health.has_mended(self.engine.mended().0);
        self.health.helps(self.engine.is_helping());
    }

    fn readiness(&self) -> Readiness {
        if self.engine.is_stopping() {
            Readiness::Stopping
        } else if !self.engine.is_ready() {
            Readiness::Starting
        } else if self.engine.is_degraded() {
            Readiness::Degraded
        } else {
            Readiness::Ready
        }
    }
}

/// The loop's alarm clock. It may ring early, which is harmless, and is set anew only when it must ring sooner: most inputs move
/// the next moment a little further away, and to set a timer takes as long as to read a message.
struct Alarm {
    clock: Clock,
    sleep: Pin<Box<tokio::time::Sleep>>,
    at: Option<Mono>,
}

impl Alarm {
    fn new(clock: Clock) -> Alarm {
        Alarm { clock, sleep: Box::pin(tokio::time::sleep(Duration::ZERO)), at: None }
    }

    /// Have it ring at this moment at the latest.
    fn set(&mut self, wanted: Option<Mono>) {
        if let Some(wanted) = wanted.filter(|wanted| self.at.is_none_or(|at| *wanted < at)) {
            self.sleep.as_mut().reset(self.clock.instant(wanted));
            self.at = Some(wanted);
        }
    }

    /// Waits for it; for ever when it is not set.
    async fn ring(&mut self) {
        match self.at {
            Some(_) => self.sleep.as_mut().await,
            None => std::future::pending().await,
        }
        self.at = None;
    }
}

/// Never wakes for `None`.
pub(super) async fn sleep_until(clock: Clock, wake: Option<Mono>) {
    match wake {
        Some(at) => tokio::time::sleep_until(clock.instant(at)).await,
        None => std::future::pending().await,
    }
}

/// How long the TCP connections may take to send what is left.
const UNSENT_PATIENCE: Duration = Duration::from_secs(1);

/// How long a stopping exchange may take in all, beyond what it was told to drain.
pub const STOP_WITHIN: Duration = Duration::from_secs(9);
