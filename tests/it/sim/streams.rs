//! Simulated TCP between phones and exchange: bytes come late, in order and in arbitrary pieces; a connection may be refused,
//! closed by either side or broken at any moment, and then a side may hear of it late.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use centralino::sip::{Link, Transport};
use centralino::time::Mono;
use rand::{Rng, RngExt};

use super::net::Weather;
use super::phone::{EXCHANGE, PhoneId};

/// Ports from which connections are opened.
const EPHEMERAL: std::ops::RangeInclusive<u16> = 32_768..=60_999;
/// How soon a side hears of a connection that was reset.
pub(crate) const RESET: Duration = Duration::from_millis(50);
/// How long a side may believe in a connection that is broken.
pub(crate) const LATE_NEWS: Duration = Duration::from_secs(40);

/// An end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Exchange,
    Phone(PhoneId),
}

/// What comes to an end of a connection, by the name that the connection has there.
#[derive(Debug)]
pub(crate) enum Arrival {
    Bytes(Link, Vec<u8>),
    Closed(Link),
}

/// One end: what it calls the connection, and whether it believes in it.
#[derive(Debug)]
struct End {
    link: Link,
    is_up: bool,
    /// When the last piece on the way to it arrives: later ones come after it.
    last: Mono,
}

#[derive(Debug)]
struct Connection {
    phone: PhoneId,
    exchange_end: End,
    phone_end: End,
    /// Nothing passes any more, whatever the ends believe.
    broken: bool,
}

impl Connection {
    fn end(&mut self, side: Side) -> &mut End {
        match side {
            Side::Exchange => &mut self.exchange_end,
            Side::Phone(_) => &mut self.phone_end,
        }
    }
}

#[derive(Debug)]
struct Flight {
    connection: u64,
    to: Side,
    /// `None`: the end of the connection.
    piece: Option<Vec<u8>>,
}

/// All connections of a world.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    connections: BTreeMap<u64, Connection>,
    count: u64,
    flights: BTreeMap<(Mono, u64), Flight>,
    last_flight: u64,
}

impl Streams {
    /// A message goes out over the connection that this side calls `link`. `None`: there is none, so it must be opened.
    pub(crate) fn send(
        &mut self,
        now: Mono,
        (weather, chance): (Weather, &mut impl Rng),
        (from, link): (Side, Link),
        bytes: &[u8],
    ) -> Option<()> {
        let connection = self.find(from, link)?;
        let to = self.other(connection, from);
        let mut rest = bytes;
        while !rest.is_empty() {
            let cut = if chance.random_bool(0.7) { rest.len() } else { chance.random_range(1..=rest.len()) };
            let (piece, later) = rest.split_at(cut);
            let delay = chance.random_range(weather.least..=weather.most);
            self.fly(now + delay, connection, to, Some(piece.to_vec()));
            rest = later;
        }
        Some(())
    }

    /// This side opens a connection to the other.
    pub(crate) fn open(&mut self, from: Side, link: Link, phone: PhoneId, phone_address: SocketAddr) {
        self.count += 1;
        let ports = u64::from(EPHEMERAL.end() - EPHEMERAL.start()) + 1;
        let port =
            EPHEMERAL.start() + u16::try_from(self.count % ports).expect("less than the number of ports");
        let tcp = |local, remote| Link { transport: Transport::Tcp, local, remote };
        let (exchange, phone_link) = match from {
            Side::Exchange => (link, tcp(phone_address, SocketAddr::new(EXCHANGE.ip(), port))),
            Side::Phone(_) => (tcp(EXCHANGE, SocketAddr::new(phone_address.ip(), port)), link),
        };
        let end = |link| End { link, is_up: true, last: Mono::ZERO };
        let connection =
            Connection { phone, exchange_end: end(exchange), phone_end: end(phone_link), broken: false };
        self.connections.insert(self.count, connection);
    }

    /// This side closes the connection: what it has sent still arrives.
    pub(crate) fn close(&mut self, now: Mono, weather: Weather, from: Side, link: Link) {
        let Some(id) = self.find(from, link) else { return };
        let to = self.other(id, from);
        let Some(connection) = self.connections.get_mut(&id) else { return };
        connection.end(from).is_up = false;
        let after_all = connection.end(to).last.max(now + weather.most);
        self.fly(after_all, id, to, None);
    }

    /// The connections of this phone break; a side may learn of it so much later.
    pub(crate) fn break_all(&mut self, now: Mono, chance: &mut impl Rng, phone: PhoneId, late: Duration) {
        let of_phone = self.connections.iter().filter(|(_, it)| it.phone == phone && !it.broken);
        for id in of_phone.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.break_one(now, chance, id, late);
        }
    }

    fn break_one(&mut self, now: Mono, chance: &mut impl Rng, id: u64, late: Duration) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        connection.broken = true;
        let phone = connection.phone;
        for side in [Side::Exchange, Side::Phone(phone)] {
            let most = if chance.random_bool(0.5) { RESET } else { late };
            let news = chance.random_range(Duration::ZERO..most);
            self.fly(now + news, id, side, None);
        }
    }

    /// The exchange is gone, and its end of every connection with it: the phones' systems are told.
    pub(crate) fn exchange_is_gone(&mut self, now: Mono, weather: Weather) {
        for id in self.connections.keys().copied().collect::<Vec<_>>() {
            let Some(connection) = self.connections.get_mut(&id) else { continue };
            connection.exchange_end.is_up = false;
            connection.broken = true;
            let phone = connection.phone;
            self.fly(now + weather.most, id, Side::Phone(phone), None);
        }
    }

    /// A connection cannot be opened, and the side that wanted it hears so after a time.
    pub(crate) fn refuse(&mut self, now: Mono, after: Duration, side: Side, link: Link) {
        let phone = if let Side::Phone(phone) = side { phone } else { PhoneId(0) };
        self.open(side, link, phone, if side == Side::Exchange { link.remote } else { link.local });
        let id = self.count;
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.broken = true;
            let other = if side == Side::Exchange { Side::Phone(phone) } else { Side::Exchange };
            connection.end(other).is_up = false;
        }
        self.fly(now + after, id, side, None);
    }

    /// The exchange believes in this connection.
    pub(crate) fn exchange_has(&self, link: Link) -> bool {
        self.connections.values().any(|it| it.exchange_end.is_up && it.exchange_end.link == link)
    }

    /// When the next piece arrives.
    pub(crate) fn poll_timeout(&self) -> Option<Mono> {
        self.flights.first_key_value().map(|((at, _), _)| *at)
    }

    /// What has arrived, and where. A piece that an `unplugged` phone misses breaks its connection.
    pub(crate) fn poll(
        &mut self,
        now: Mono,
        chance: &mut impl Rng,
        unplugged: impl Fn(PhoneId) -> bool,
    ) -> Option<(Side, Arrival)> {
        loop {
            let first = self.flights.first_entry().filter(|entry| entry.key().0 <= now)?;
            let Flight { connection: id, to, piece } = first.remove();
            let Some(connection) = self.connections.get_mut(&id) else { continue };
            let (broken, phone) = (connection.broken, connection.phone);
            let end = connection.end(to);
            let (link, is_up) = (end.link, end.is_up);
            match piece {
                _ if !is_up => {}
                Some(_) if broken => {}
                Some(_) if unplugged(phone) => self.break_one(now, chance, id, LATE_NEWS),
                Some(piece) => return Some((to, Arrival::Bytes(link, piece))),
                None => {
                    end.is_up = false;
                    self.forget_dead(id);
                    return Some((to, Arrival::Closed(link)));
                }
            }
            self.forget_dead(id);
        }
    }

    fn forget_dead(&mut self, id: u64) {
        if self.connections.get(&id).is_some_and(|it| !it.exchange_end.is_up && !it.phone_end.is_up) {
            self.connections.remove(&id);
        }
    }

    fn find(&self, side: Side, link: Link) -> Option<u64> {
        let found = self.connections.iter().find(|(_, it)| match side {
            Side::Exchange => it.exchange_end.is_up && it.exchange_end.link == link,
            Side::Phone(phone) => it.phone == phone && it.phone_end.is_up && it.phone_end.link == link,
        });
        found.map(|(id, _)| *id)
    }

    fn other(&self, id: u64, side: Side) -> Side {
        match side {
            Side::Exchange => Side::Phone(self.connections[&id].phone),
            Side::Phone(_) => Side::Exchange,
        }
    }

    fn fly(&mut self, at: Mono, connection: u64, to: Side, piece: Option<Vec<u8>>) {
        let Some(found) = self.connections.get_mut(&connection) else { return };
        let end = found.end(to);
        let at = if piece.is_some() { at.max(end.last) } else { at };
        end.last = end.last.max(at);
        self.last_flight += 1;
        self.flights.insert((at, self.last_flight), Flight { connection, to, piece });
    }
}
