//! Streams: framing, and an end for those that are broken, stuck or of no use.

use std::time::Duration;

use super::Endpoint;
use super::alarms::Alarm;
use crate::sip::dialog::{Dialog, Phase};
use crate::sip::message::{Frame, StreamFramer};
use crate::sip::transaction::GIVE_UP;
use crate::sip::{Event, Link, Transmit, Transport};
use crate::time::Mono;

/// A stream on which nothing has come for so long, and which no call or binding uses, is closed.
const IDLE: Duration = Duration::from_secs(600);

/// One connection.
#[derive(Debug)]
pub(super) struct Stream {
    framer: StreamFramer,
    heard: Mono,
    /// Until something that makes sense has come, it has as long as a transaction; pings are none.
    senseless_since: Option<Mono>,
    /// Since when a message lacks its rest. It gets as long as a transaction.
    partial: Option<Mono>,
}

impl Stream {
    fn poll_timeout(&self) -> Mono {
        let senseless = self.senseless_since.into_iter().chain(self.partial).map(|since| since + GIVE_UP);
        senseless.fold(self.heard + IDLE, Mono::min)
    }
}

impl Endpoint {
    /// Takes bytes of a stream, as they come. A link that is new is a connection that the peer has opened.
    pub fn handle_stream(&mut self, now: Mono, link: Link, bytes: &[u8]) {
        if !self.open_stream(now, link) {
            return self.closes.push_back(link);
        }
        if let Some(stream) = self.streams.get_mut(&link) {
            stream.heard = now;
            stream.framer.push(bytes);
        }
        while let Some(frame) = self.streams.get_mut(&link).and_then(|stream| stream.framer.poll()) {
            match frame {
                Frame::Message(message) => self.on_message(now, link, message),
                Frame::Ping => self.send(link, StreamFramer::PONG.to_vec()),
                Frame::Refused(error) => {
                    self.on_refused(now, link, &error);
                    if error.close {
                        self.close_stream(now, link);
                    }
                }
            }
        }
        if let Some(stream) = self.streams.get_mut(&link) {
            let is_partial = stream.framer.held() > 0;
            stream.partial = is_partial.then(|| stream.partial.unwrap_or(now));
            self.alarms.set(Alarm::Stream(link), Some(stream.poll_timeout()));
        }
    }

    /// A connection was closed by the peer, broke, or could not be opened.
    pub fn handle_stream_closed(&mut self, now: Mono, link: Link) {
        self.streams.remove(&link);
        self.alarms.set(Alarm::Stream(link), None);
        for user in self.registrar.handle_stream_closed(link) {
            self.events.push_back(Event::Unregistered { user, expired: true });
        }
        self.break_clients(now, link);
        self.lose_callers(now, link);
        self.tell_unlinked(link);
        self.wake_phones(now, link);
    }

    /// Whoever called over this stream and has had no answer cannot be given one any more.
    fn lose_callers(&mut self, now: Mono, link: Link) {
        let is_lost = |phase: &Phase| matches!(phase, Phase::Incoming { .. });
        let lost: Vec<_> = self
            .dialogs
            .iter()
            .filter(|(_, dialog)| dialog.path.link == link && is_lost(&dialog.phase))
            .map(|(id, _)| *id)
            .collect();
        for id in lost {
            self.cancel_incoming(now, id);
        }
    }

    /// Whoever talks over this stream may be gone.
    fn tell_unlinked(&mut self, link: Link) {
        let is_there = |dialog: &Dialog| matches!(dialog.phase, Phase::Confirmed) && !dialog.is_abandoned;
        let unlinked = self.dialogs.iter().filter(|(_, dialog)| dialog.path.link == link && is_there(dialog));
        self.events.extend(unlinked.map(|(id, _)| Event::Unlinked { dialog: *id }));
    }

    /// Whether the stream is there or could be added.
    pub(super) fn open_stream(&mut self, now: Mono, link: Link) -> bool {
        if self.streams.contains_key(&link) {
            return true;
        }
        if self.streams.len() >= self.limits.streams {
            return false;
        }
        let stream =
            Stream { framer: StreamFramer::new(), heard: now, senseless_since: Some(now), partial: None };
        self.alarms.set(Alarm::Stream(link), Some(stream.poll_timeout()));
        self.streams.insert(link, stream);
        true
    }

    fn close_stream(&mut self, now: Mono, link: Link) {
        self.closes.push_back(link);
        self.handle_stream_closed(now, link);
    }

    pub(super) fn on_stream_timeout(&mut self, now: Mono, link: Link) {
        let Some(stream) = self.streams.get_mut(&link) else { return };
        if stream.senseless_since.into_iter().chain(stream.partial).any(|since| now >= since + GIVE_UP) {
            return self.close_stream(now, link);
        }
        if now >= stream.heard + IDLE {
            if !self.is_in_use(link) {
                return self.close_stream(now, link);
            }
            if let Some(stream) = self.streams.get_mut(&link) {
                stream.heard = now;
            }
        }
        let next = self.streams.get(&link).map(Stream::poll_timeout);
        self.alarms.set(Alarm::Stream(link), next);
    }

    /// A message that may be listened to has come over the link.
    pub(super) fn on_sense(&mut self, link: Link) {
        if let Some(stream) = self.streams.get_mut(&link) {
            stream.senseless_since = None;
        }
    }

    fn is_in_use(&self, link: Link) -> bool {
        self.registrar.uses(link)
            || self.dialogs.values().any(|dialog| dialog.path.link == link)
            || self.phones.values().any(|phone| phone.uses(link))
    }

    /// Whether bytes sent over the link have a chance to arrive.
    pub(super) fn is_alive(&self, link: Link) -> bool {
        link.transport == Transport::Udp || self.streams.contains_key(&link)
    }

    /// Sends over a link that is alive; to a stream that is gone nothing more can be said.
    pub(super) fn send(&mut self, link: Link, bytes: Vec<u8>) {
        if self.is_alive(link) {
            self.transmits.push_back(Transmit { link, bytes });
        }
    }
}
