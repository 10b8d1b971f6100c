//! Phones, and the people behind them.

use std::collections::BTreeMap;

use centralino::media::LegId;
use centralino::sip::{Link, Transmit, Transport};
use centralino::time::{Mono, earliest};
use rand::RngExt;

use super::Sim;
use crate::sim::phone::{GATEWAY, Phone, PhoneId, Seen};
use crate::sim::streams::Side;

/// To the INVITEs that begin a call.
fn add_header(transmit: &mut Transmit, header: Option<&str>) {
    let Some(header) = header.filter(|_| transmit.bytes.starts_with(b"INVITE ")) else { return };
    let text = String::from_utf8_lossy(&transmit.bytes);
    transmit.bytes =
        text.replacen("\r\nMax-Forwards:", &format!("\r\n{header}\r\nMax-Forwards:"), 1).into_bytes();
}

impl Sim {
    /// Do something with a phone, then let it say what it has to say.
    pub(crate) fn with_phone<T>(&mut self, id: PhoneId, act: impl FnOnce(&mut Phone, Mono) -> T) -> T {
        let now = self.now;
        let phone = self.phones.get_mut(&id).expect("a phone of this world");
        let heard_at = phone.line.port();
        let done = act(phone, now);
        phone.handle_events(now);
        let comes_up = heard_at.is_none() && !phone.unplugged && phone.line.port().is_some();
        let goes_down = heard_at.filter(|_| phone.line.port().is_none());
        let mut out = Vec::new();
        while let Some(transmit) = phone.endpoint.poll_transmit() {
            out.push(transmit);
        }
        let closed: Vec<Link> = std::iter::from_fn(|| phone.endpoint.poll_close()).collect();
        let wake = earliest([phone.endpoint.poll_timeout(), phone.acts_at]);
        let (unplugged, adds) = (phone.unplugged, phone.adds.clone());
        out.iter_mut().for_each(|transmit| add_header(transmit, adds.as_deref()));
        if let Some(old) = self.alarm_of.remove(&id) {
            self.alarms.remove(&(old, id));
        }
        if let Some(at) = wake {
            self.alarms.insert((at, id));
            self.alarm_of.insert(id, at);
        }
        if !unplugged {
            out.iter().for_each(|transmit| self.send(Side::Phone(id), transmit));
        } else if !out.is_empty() {
            self.break_streams(id); // what was said into them is lost
        }
        closed.iter().for_each(|link| self.streams.close(self.now, self.weather, Side::Phone(id), *link));
        if comes_up {
            self.tell_sending(id, true); // a phone in a call sends sound
        }
        if let Some(leg) = goes_down.and_then(|port| self.ports.get(&port).copied()) {
            self.plane.handle_sending(self.now, leg, false); // its BYE may never arrive
        }
        done
    }

    pub(super) fn add_phone(&mut self, name: &str) -> PhoneId {
        let id = PhoneId(u16::try_from(self.phones.len()).expect("a small world") + 1);
        let by_tcp = self.tcp_share > 0 && self.chance.random_range(0..100) < self.tcp_share;
        let transport = if by_tcp { Transport::Tcp } else { Transport::Udp };
        let phone = Phone::new(id, name, transport, BTreeMap::new(), self.chance.random());
        self.by_address.insert(phone.address, id);
        self.phones.insert(id, phone);
        id
    }

    /// Whoever is called outside: the world's first phone (`Setting::with_gateway`). It asks these callers for their password.
    pub(crate) fn gateway(&mut self, users: &[(&str, &str)]) -> PhoneId {
        assert!(self.phones.is_empty(), "the gateway is the first phone");
        self.outside_asking(users)
    }

    /// One more of those who are called outside, each with one line: the next phone of this world.
    pub(crate) fn outside(&mut self) -> PhoneId {
        self.outside_asking(&[])
    }

    fn outside_asking(&mut self, users: &[(&str, &str)]) -> PhoneId {
        let id = PhoneId(u16::try_from(self.phones.len()).expect("a small world") + 1);
        let users = users.iter().map(|(user, password)| ((*user).into(), (*password).to_owned())).collect();
        let phone = Phone::new(id, GATEWAY, Transport::Udp, users, self.chance.random());
        self.by_address.insert(phone.address, id);
        self.phones.insert(id, phone);
        id
    }

    /// A seat's phone registers and is answered.
    pub(crate) fn seat(&mut self, name: &str) -> PhoneId {
        let id = self.seat_phone(name);
        self.until("the seat is registered", |sim| sim.phones[&id].seen.contains(&Seen::Registered));
        id
    }

    /// A seat's phone begins to register.
    pub(crate) fn seat_phone(&mut self, name: &str) -> PhoneId {
        let id = self.add_phone(name);
        let password = self.config().seats[name].password.reveal().to_owned();
        self.with_phone(id, |phone, now| phone.register(now, &password));
        id
    }

    /// Pull or put back the plug of a phone.
    pub(crate) fn unplug(&mut self, id: PhoneId, unplugged: bool) {
        if let Some(phone) = self.phones.get_mut(&id) {
            phone.unplugged = unplugged;
        }
        self.tell_sending(id, !unplugged);
    }

    /// A citizen with this number dials.
    pub(crate) fn dial_from(&mut self, from: &str, number: &str) -> PhoneId {
        let id = self.add_phone(from);
        self.with_phone(id, |phone, now| phone.dial(now, number));
        id
    }

    /// A citizen dials, from a number of the own.
    pub(crate) fn dial(&mut self, number: &str) -> PhoneId {
        let from = format!("+39055{:07}", 2_000_000 + self.phones.len());
        self.dial_from(&from, number)
    }

    /// A citizen dials and is answered.
    pub(crate) fn call(&mut self, number: &str) -> PhoneId {
        let id = self.dial(number);
        self.until("the call is answered", |sim| sim.phones[&id].seen.contains(&Seen::Answered));
        id
    }

    pub(crate) fn hang_up(&mut self, id: PhoneId) {
        self.with_phone(id, |phone, now| phone.hang_up(now));
    }

    /// The leg of the exchange that this phone's SDP names.
    pub(super) fn leg_of(&self, id: PhoneId) -> Option<LegId> {
        let port = self.phones.get(&id)?.line.port()?;
        self.ports.get(&port).copied()
    }

    /// The phone begins or stops to send sound.
    pub(crate) fn tell_sending(&mut self, id: PhoneId, sending: bool) {
        if let Some(leg) = self.leg_of(id) {
            self.plane.handle_sending(self.now, leg, sending);
        }
    }

    /// Press keys, one after another.
    pub(crate) fn press(&mut self, id: PhoneId, keys: &str) {
        for key in keys.chars() {
            if let Some(leg) = self.leg_of(id) {
                self.plane.handle_digit(leg, key);
                self.drain();
            }
        }
    }
}
