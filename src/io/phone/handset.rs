//! A phone without sockets or clock: one SIP endpoint, at most one call, one leg for its sound.
//!
//! A phone has a [`Duty`]: to dial a number, or to be a seat. The dialling phone binds a port for sound, invites, presses its keys
//! once it is answered, and leaves when the call is over. The seat registers, and for each call that comes rings, answers or
//! rejects as its [`Manner`] says, until it has had as many calls as it should or is told to leave. Who leaves hangs up, takes the
//! registration back, closes the recording, and waits a little for the answers: then [`Handset::is_over`].

mod dialling;
mod seat;
mod talk;

use std::collections::VecDeque;
use std::time::Duration;

use ipnet::IpNet;

use self::talk::{Call, Stage};
use super::notice::{Notice, PhoneError, Side, Way};
use super::{Duty, Setup};
use crate::media::{self, LegId};
use crate::sdp::Local;
use crate::sip::{DialogId, Ended, Endpoint, Event, Link, RegistrationId, Settings, Transmit};
use crate::time::{Mono, earliest};

/// Silence of the exchange after which the person is told.
const NO_WORD: Duration = Duration::from_secs(2);
/// How long a phone that leaves waits for answers: a BYE is sent four times within it.
const LINGER: Duration = Duration::from_secs(4);

/// See the module.
pub(super) struct Handset {
    endpoint: Endpoint,
    setup: Setup,
    link: Link,
    duty: Duty,
    started: Mono,
    /// Something has come from the exchange.
    heard: bool,
    /// The person has been told that nothing has.
    told_silence: bool,
    registration: Option<RegistrationId>,
    registered: bool,
    /// Was registered once.
    greeted: bool,
    call: Option<Call>,
    /// Legs so far: calls tried or taken.
    legs: u64,
    /// Calls of this seat that are over.
    over: u32,
    /// Recordings that are not closed yet.
    tapes: u32,
    leaving: Option<Mono>,
    failure: Option<PhoneError>,
    orders: VecDeque<media::Command>,
    notices: VecDeque<Notice>,
}

impl Handset {
    /// A phone that speaks over `link`. Calls to it may come from the exchange's address only.
    pub(super) fn new(now: Mono, setup: Setup, duty: Duty, link: Link, seed: [u8; 32]) -> Handset {
        let settings = Settings {
            server: "centralino-phone".to_owned(),
            trunks: vec![("exchange".into(), IpNet::from(link.remote.ip()))],
            ..Settings::default()
        };
        let mut handset = Handset {
            endpoint: Endpoint::new(settings, seed),
            setup,
            link,
            duty,
            started: now,
            heard: false,
            told_silence: false,
            registration: None,
            registered: false,
            greeted: false,
            call: None,
            legs: 0,
            over: 0,
            tapes: 0,
            leaving: None,
            failure: None,
            orders: VecDeque::new(),
            notices: VecDeque::new(),
        };
        handset.begin(now);
        handset
    }

    fn begin(&mut self, now: Mono) {
        match &self.duty {
            Duty::Dial(_) => self.call = Some(self.new_call(None, Stage::Opening)),
            Duty::Seat(_) => self.register(now),
        }
    }

    /// A call whose leg is being opened.
    fn new_call(&mut self, dialog: Option<DialogId>, stage: Stage) -> Call {
        self.legs += 1;
        let leg = LegId(self.legs);
        self.orders.push_back(media::Command::Open { leg });
        Call::new(leg, dialog, stage)
    }

    /// A datagram has come.
    pub(super) fn handle_datagram(&mut self, now: Mono, link: Link, bytes: &[u8]) {
        self.heard = true;
        self.endpoint.handle_datagram(now, link, bytes);
        self.take_events(now);
    }

    /// A piece of a stream has come.
    pub(super) fn handle_stream(&mut self, now: Mono, link: Link, bytes: &[u8]) {
        self.heard = true;
        self.endpoint.handle_stream(now, link, bytes);
        self.take_events(now);
    }

    /// A stream is gone, or could not be opened.
    pub(super) fn handle_stream_closed(&mut self, now: Mono, link: Link) {
        self.endpoint.handle_stream_closed(now, link);
        self.take_events(now);
    }

    /// Does what has become due.
    pub(super) fn handle_timeout(&mut self, now: Mono) {
        self.endpoint.handle_timeout(now);
        self.take_events(now);
        if self.no_word_at().is_some_and(|at| at <= now) {
            self.told_silence = true;
            self.notices.push_back(Notice::NoWordYet { exchange: self.link.remote });
        }
        self.move_on(now);
    }

    /// The media plane tells something.
    pub(super) fn handle_media(&mut self, now: Mono, event: media::Event) {
        match event {
            media::Event::Opened { leg, port } => self.on_port(now, leg, port),
            media::Event::OpenFailed { error, .. } => self.fail(now, PhoneError::NoPort(error)),
            media::Event::Recorded { .. } => self.tapes = self.tapes.saturating_sub(1),
            media::Event::RecordingFailed { file, error } => {
                self.tapes = self.tapes.saturating_sub(1);
                self.notices.push_back(Notice::NotRecorded { file: file.to_string(), error });
            }
            media::Event::Digit { .. }
            | media::Event::Played { .. }
            | media::Event::Silent { .. }
            | media::Event::Listened { .. }
            | media::Event::AnsweredBy { .. }
            | media::Event::Unconfirmed { .. } => {}
        }
    }

    fn on_port(&mut self, now: Mono, leg: LegId, port: u16) {
        let Some(call) = self.call.as_mut().filter(|call| call.leg == leg) else { return };
        call.local = Some(Local::new(self.link.local.ip(), port, leg.0));
        match call.stage {
            Stage::Opening => self.dial(now),
            _ => self.answer_when_due(now),
        }
    }

    /// When to call [`Handset::handle_timeout`].
    pub(super) fn poll_timeout(&self) -> Option<Mono> {
        let call = self.call.as_ref().and_then(Call::poll_timeout);
        earliest([self.endpoint.poll_timeout(), self.no_word_at(), call, self.leaving])
    }

    fn no_word_at(&self) -> Option<Mono> {
        (!self.heard && !self.told_silence && self.leaving.is_none()).then(|| self.started + NO_WORD)
    }

    /// The next bytes for the wire.
    pub(super) fn poll_transmit(&mut self) -> Option<Transmit> {
        self.endpoint.poll_transmit()
    }

    /// The next stream to close.
    pub(super) fn poll_close(&mut self) -> Option<Link> {
        self.endpoint.poll_close()
    }

    /// The next order for the media plane.
    pub(super) fn poll_order(&mut self) -> Option<media::Command> {
        self.orders.pop_front()
    }

    /// The next line for the person.
    pub(super) fn poll_notice(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }

    /// All is said, written and answered, or was waited for long enough.
    pub(super) fn is_over(&self, now: Mono) -> bool {
        self.leaving.is_some_and(|until| until <= now || (self.tapes == 0 && !self.endpoint.is_waiting()))
    }

    /// How it went.
    pub(super) fn into_result(self) -> Result<(), PhoneError> {
        self.failure.map_or(Ok(()), Err)
    }

    /// The person wants it to end; false when they wanted so before.
    pub(super) fn interrupt(&mut self, now: Mono) -> bool {
        if self.leaving.is_some() {
            return false;
        }
        match self.call.as_ref().map(|call| &call.stage) {
            Some(Stage::Opening | Stage::Calling { .. }) => self.give_up(now),
            _ => self.leave(now),
        }
        true
    }

    /// Hangs up, unregisters and ends.
    fn leave(&mut self, now: Mono) {
        if self.leaving.is_some() {
            return;
        }
        self.leaving = Some(now + LINGER);
        self.hang_up(now);
        if let Some(registration) = self.registration {
            self.endpoint.unregister(now, registration);
        }
    }

    fn fail(&mut self, now: Mono, error: PhoneError) {
        self.failure.get_or_insert(error);
        self.leave(now);
    }

    fn take_events(&mut self, now: Mono) {
        while let Some(event) = self.endpoint.poll_event() {
            self.on_sip(now, event);
        }
    }

    fn on_sip(&mut self, now: Mono, event: Event) {
        match event {
            Event::Incoming { dialog, invite } => self.on_incoming(now, dialog, *invite),
            Event::RegistrationChanged { status, registered, .. } => {
                self.on_registration(now, status, registered)
            }
            Event::Ringing { dialog } if self.is_ours(dialog) => self.on_ringing(),
            Event::Answered { dialog, answer } if self.is_ours(dialog) => {
                self.on_answered(now, answer.as_deref())
            }
            Event::Rejected { dialog, status } if self.is_ours(dialog) => self.on_rejected(now, status),
            Event::Established { dialog, answer: Some(answer) } if self.is_ours(dialog) => {
                self.on_late_answer(now, &answer);
            }
            Event::Reoffer { dialog, offer } if self.is_ours(dialog) => {
                self.on_reoffer(now, dialog, offer.as_deref());
            }
            Event::Cancelled { dialog } if self.is_ours(dialog) => {
                self.notices.push_back(Notice::Gone);
                self.close_call();
                self.count_call(now);
            }
            Event::Ended { dialog, how } if self.is_ours(dialog) => {
                let by = if how == Ended::Bye { Side::There } else { Side::Network };
                self.end_call(now, by);
            }
            _ => {} // of a call that is over
        }
    }

    fn is_ours(&self, dialog: DialogId) -> bool {
        self.call.as_ref().is_some_and(|call| call.dialog == Some(dialog))
    }

    /// The exchange has never said a word.
    fn unreachable(&self) -> PhoneError {
        PhoneError::Unreachable { exchange: self.link.remote, transport: Way(self.link.transport) }
    }
}

#[cfg(test)]
mod tests;
