//! Datagrams and streams on their way.

use centralino::engine::Input;
use centralino::sip::{Link, Transmit, Transport};

use super::{CONNECT_PATIENCE, Packet, Sim};
use crate::sim::phone::{EXCHANGE, Phone, PhoneId};
use crate::sim::streams::{Arrival, LATE_NEWS, RESET, Side};

impl Sim {
    pub(super) fn send(&mut self, from: Side, transmit: &Transmit) {
        let Transmit { link, bytes } = transmit;
        if link.transport == Transport::Tcp {
            return self.send_stream(from, *link, bytes);
        }
        for delay in self.weather.fate(&mut self.chance) {
            self.last_packet += 1;
            let packet = Packet { from: link.local, to: link.remote, bytes: bytes.clone() };
            self.packets.insert((self.now + delay, self.last_packet), packet);
        }
    }

    /// A phone says what its own endpoint would not.
    pub(crate) fn says(&mut self, id: PhoneId, transmit: &Transmit) {
        self.send(Side::Phone(id), transmit);
    }

    /// Over the connection of this name, or over a new one, if the other side takes it.
    pub(super) fn send_stream(&mut self, from: Side, link: Link, bytes: &[u8]) {
        let (now, weather) = (self.now, self.weather);
        if self.streams.send(now, (weather, &mut self.chance), (from, link), bytes).is_some() {
            return;
        }
        let called = match from {
            Side::Exchange => self.by_address.get(&link.remote).copied(),
            Side::Phone(id) => Some(id).filter(|_| self.engine.is_some()),
        };
        let takes = |phone: &Phone| from != Side::Exchange || (phone.listens && !phone.unplugged);
        match called.and_then(|id| self.phones.get(&id)).filter(|phone| takes(phone)) {
            Some(phone) => {
                self.streams.open(from, link, phone.id, phone.address);
                self.streams.send(now, (weather, &mut self.chance), (from, link), bytes);
            }
            None => self.streams.refuse(now, CONNECT_PATIENCE, from, link),
        }
    }

    pub(super) fn deliver(&mut self, packet: &Packet) {
        if packet.to == EXCHANGE {
            let link = Link { transport: Transport::Udp, local: EXCHANGE, remote: packet.from };
            return self.feed(Input::Datagram(link, &packet.bytes));
        }
        let Some(id) = self.by_address.get(&packet.to).copied() else { return };
        if self.phones.get(&id).is_some_and(|phone| phone.unplugged) {
            return;
        }
        let link = Link { transport: Transport::Udp, local: packet.to, remote: packet.from };
        self.with_phone(id, |phone, now| phone.endpoint.handle_datagram(now, link, &packet.bytes));
    }

    pub(super) fn deliver_streams(&mut self) {
        loop {
            let phones = &self.phones;
            let unplugged = |id| phones.get(&id).is_some_and(|phone| phone.unplugged);
            let Some((to, arrival)) = self.streams.poll(self.now, &mut self.chance, unplugged) else {
                return;
            };
            match (to, arrival) {
                (Side::Exchange, Arrival::Bytes(link, bytes)) => self.feed(Input::Stream(link, &bytes)),
                (Side::Exchange, Arrival::Closed(link)) => self.feed(Input::StreamClosed(link)),
                (Side::Phone(id), Arrival::Bytes(link, bytes)) => {
                    self.with_phone(id, |phone, now| phone.endpoint.handle_stream(now, link, &bytes));
                }
                (Side::Phone(id), Arrival::Closed(link)) => {
                    self.with_phone(id, |phone, now| phone.endpoint.handle_stream_closed(now, link));
                }
            }
        }
    }

    /// The connections of this phone break; each side learns of it sooner or later.
    pub(crate) fn break_streams(&mut self, id: PhoneId) {
        self.streams.break_all(self.now, &mut self.chance, id, LATE_NEWS);
    }

    /// The connections of this phone are reset, and both sides know it.
    pub(crate) fn reset_streams(&mut self, id: PhoneId) {
        self.streams.break_all(self.now, &mut self.chance, id, RESET);
    }
}
