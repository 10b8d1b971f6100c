//! The watch: who proves to be whom, and what an attack looks like from here.
//!
//! A proof that fails is challenged again like any other request, until its source has used up its tries
//! ([`Throttle`]); then the answer is 403 with the time to wait, whoever it was for. Wrong passwords, strangers, messages that
//! make no sense and requests for which there is no room are counted, and told in the log once a minute with their number: an
//! attack is noticed, and does not become a flood of the log.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::Endpoint;
use crate::flood::Flood;
use crate::sip::digest::{Source, Throttle, Told, Verdict};
use crate::sip::message::{Message, Name};
use crate::sip::settings::Tally;
use crate::sip::{Link, host_of};
use crate::time::Mono;

/// What is counted.
#[derive(Debug, Default)]
pub(super) struct Watch {
    throttle: Throttle,
    wrong_passwords: u64,
    guesses_refused: u64,
    strangers: Flood,
    bad_messages: Flood,
    busy: Flood,
}

impl Watch {
    pub(super) fn tally(&self) -> Tally {
        Tally {
            wrong_passwords: self.wrong_passwords,
            guesses_refused: self.guesses_refused,
            strangers: self.strangers.total(),
            bad_messages: self.bad_messages.total(),
            busy: self.busy.total(),
        }
    }

    pub(super) fn on_bad_message(&mut self, now: Mono, from: SocketAddr) {
        if let Some(count) = self.bad_messages.add(now) {
            tracing::warn!(count, %from, "messages that are no SIP or contradict themselves; address of the last one");
        }
    }

    pub(super) fn on_busy(&mut self, now: Mono, from: SocketAddr) {
        if let Some(count) = self.busy.add(now) {
            tracing::warn!(count, %from, "requests refused for want of room; address of the last one");
        }
    }

    /// Somebody who is no user and in no trunk.
    fn on_stranger(&mut self, now: Mono, from: SocketAddr) {
        if let Some(count) = self.strangers.add(now) {
            tracing::warn!(count, %from, "calls from strangers refused; address of the last one, a trunk's must be among the trunks");
        }
    }

    /// Tells what is left of floods that have ended.
    pub(super) fn poll(&mut self, now: Mono) {
        self.throttle.poll_told(now).into_iter().for_each(|told| tell_wrong(told, "(several)"));
        for (flood, what) in [
            (&mut self.strangers, "calls from strangers refused"),
            (&mut self.bad_messages, "messages that are no SIP or contradict themselves"),
            (&mut self.busy, "requests refused for want of room"),
        ] {
            if let Some(count) = flood.poll(now) {
                tracing::warn!(count, "{what}, in the minute before");
            }
        }
    }
}

fn tell_wrong(told: Told, user: &str) {
    let Told { host, count } = told;
    match host {
        Some(from) => {
            tracing::warn!(count, user, %from, "wrong passwords from this address since it was told last")
        }
        None => tracing::warn!(count, "wrong passwords from further addresses"),
    }
}

impl Endpoint {
    /// Who proves to be `user` by this request; `None`: nobody, and it has been answered.
    pub(super) fn prove(&mut self, now: Mono, link: Link, request: &Message, user: &str) -> Option<Arc<str>> {
        let answers = request.header(Name::Authorization).is_some();
        let source = self.source_of(link, user);
        if answers && let Some(wait) = self.watch.throttle.wait(now, source, user) {
            self.watch.guesses_refused = self.watch.guesses_refused.saturating_add(1);
            let told = self.watch.throttle.on_refused(now, source);
            self.tell_wrong(told, user);
            self.answer_too_often(link, request, wait);
            return None;
        }
        let method = request.method();
        let (host, answer) = (host_of(link.remote.ip()), request.fields(Name::Authorization));
        match self.guard.check(now, host, user, method.as_bytes(), answer) {
            Verdict::Proved(user) => {
                self.watch.throttle.on_right(source, &user);
                return Some(user);
            }
            Verdict::Stale => self.challenge(now, link, request, true),
            Verdict::Wrong => {
                self.watch.wrong_passwords = self.watch.wrong_passwords.saturating_add(1);
                let told = self.watch.throttle.on_wrong(now, source, user);
                self.tell_wrong(told, user);
                self.challenge(now, link, request, false);
            }
            // One without credentials has not failed: that is how every phone begins.
            Verdict::Unproved => {
                if !self.guard.knows(user) {
                    self.watch.on_stranger(now, link.remote);
                }
                self.challenge(now, link, request, false);
            }
        }
        None
    }

    /// A phone is known by the link of its registration, anybody else by the host.
    fn source_of(&self, link: Link, user: &str) -> Source {
        let is_registered = self.registrar.bindings(user).iter().any(|binding| binding.link == link);
        if is_registered { Source::Phone(link.remote) } else { Source::host(link.remote.ip()) }
    }

    fn tell_wrong(&self, told: Option<Told>, user: &str) {
        // A name that we do not know may be a password in the wrong field.
        let user = if self.guard.knows(user) { user } else { "(unknown)" };
        if let Some(told) = told {
            tell_wrong(told, user);
        }
    }

    fn answer_too_often(&mut self, link: Link, request: &Message, wait: Duration) {
        self.answer_stateless(link, request, 403, |builder| {
            builder.format_header(Name::RetryAfter, format_args!("{}", wait.as_secs().max(1)))
        });
    }

    /// What was refused since the start.
    pub fn tally(&self) -> Tally {
        self.watch.tally()
    }
}
