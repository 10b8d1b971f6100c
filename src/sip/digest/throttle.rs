//! How often a password may be tried.
//!
//! Wrong answers are counted for each pair of source and user, and for each source as a whole. Whoever has used up its minute
//! is refused without its answer being looked at, so that guessing costs neither us the hashes nor a user the account. The
//! count of a user is never taken over all sources: a right password from elsewhere is let in whatever somebody tries, so
//! nobody can lock out a phone. Behind one address, too, a phone whose registration came over this very link has a count of its
//! own: what a neighbour tries does not stop its refreshes.
//!
//! Only answers to a nonce that went to this very source count, so that nobody can use up the tries of another by forging its
//! address. Names that exist and names that do not are counted alike. The tables are bounded; when one is full, what is over and then
//! what has not been refused yet makes room, so that to wash away one's own count takes thousands of sources.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::flood::Flood;
use crate::sip::host_of;
use crate::time::Mono;

/// The time that the counts are for.
const WINDOW: Duration = Duration::from_secs(60);
/// Wrong answers for one user from one source in a window: more than a person mistypes, or a phone repeats.
const MOST_FOR_USER: u32 = 10;
/// Wrong answers from one source in a window, whoever they are for: an office behind one address mistypes less.
const MOST_FROM_HOST: u32 = 100;
/// Pairs and sources remembered: some 100 bytes each.
const MOST_ENTRIES: usize = 4_096;
/// Sources told one by one in a window; the rest is told as one number.
const MOST_TOLD: u32 = 16;

/// Where an answer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// A [host](host_of).
    Host(IpAddr),
    /// The link over which the user's registration came.
    Phone(SocketAddr),
}

impl Source {
    /// The host of an address.
    pub(crate) fn host(address: IpAddr) -> Source {
        Source::Host(host_of(address))
    }

    fn ip(self) -> IpAddr {
        match self {
            Source::Host(ip) => ip,
            Source::Phone(address) => host_of(address.ip()),
        }
    }
}

/// Wrong answers since the first of a window.
#[derive(Clone, Copy, Debug)]
struct Strikes {
    since: Mono,
    count: u32,
}

impl Strikes {
    fn new(now: Mono) -> Strikes {
        Strikes { since: now, count: 0 }
    }

    fn is_over(&self, now: Mono) -> bool {
        now.since(self.since) >= WINDOW
    }

    fn add(&mut self, now: Mono) {
        if self.is_over(now) {
            *self = Strikes::new(now);
        }
        self.count = self.count.saturating_add(1);
    }

    /// How long to wait, when `most` are used up.
    fn wait(&self, now: Mono, most: u32) -> Option<Duration> {
        (self.count >= most && !self.is_over(now)).then(|| WINDOW - now.since(self.since))
    }
}

/// One source as a whole.
#[derive(Debug)]
struct Host {
    strikes: Strikes,
    flood: Flood,
}

/// A line for the log: wrong answers, refused ones among them, since the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// `None`: all those that have no line of their own.
    pub(crate) host: Option<IpAddr>,
    pub(crate) count: u64,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    pairs: BTreeMap<(Source, String), Strikes>,
    hosts: BTreeMap<IpAddr, Host>,
    /// Lines of the log in this window.
    lines: Option<Strikes>,
    others: Flood,
    swept: Mono,
}

impl Throttle {
    /// How long an answer for `user` from `source` is not even looked at.
    pub(crate) fn wait(&self, now: Mono, source: Source, user: &str) -> Option<Duration> {
        let pair = self.pairs.get(&(source, user.to_owned()));
        let host = self.hosts.get(&source.ip()).filter(|_| matches!(source, Source::Host(_)));
        pair.and_then(|strikes| strikes.wait(now, MOST_FOR_USER))
            .max(host.and_then(|host| host.strikes.wait(now, MOST_FROM_HOST)))
    }

    /// A wrong answer; what the log should hear of it.
    pub(crate) fn on_wrong(&mut self, now: Mono, source: Source, user: &str) -> Option<Told> {
        make_room(&mut self.pairs, |strikes| !strikes.is_over(now), |strikes| strikes.count >= MOST_FOR_USER);
        self.pairs.entry((source, user.to_owned())).or_insert_with(|| Strikes::new(now)).add(now);
        self.host(now, source).strikes.add(now);
        self.tell(now, source)
    }

    /// An answer that was not looked at; what the log should hear of it.
    pub(crate) fn on_refused(&mut self, now: Mono, source: Source) -> Option<Told> {
        self.tell(now, source)
    }

    /// A right answer: what came before was mistyped.
    pub(crate) fn on_right(&mut self, source: Source, user: &str) {
        self.pairs.remove(&(source, user.to_owned()));
    }

    fn host(&mut self, now: Mono, source: Source) -> &mut Host {
        make_room(
            &mut self.hosts,
            |host| !host.strikes.is_over(now) || !host.flood.is_over(now),
            |host| host.strikes.count >= MOST_FROM_HOST,
        );
        let new = || Host { strikes: Strikes::new(now), flood: Flood::default() };
        self.hosts.entry(source.ip()).or_insert_with(new)
    }

    fn tell(&mut self, now: Mono, source: Source) -> Option<Told> {
        let host = source.ip();
        let count = self.host(now, source).flood.add(now)?;
        if self.has_line(now) {
            return Some(Told { host: Some(host), count });
        }
        self.others.add_many(now, count).map(|count| Told { host: None, count })
    }

    fn has_line(&mut self, now: Mono) -> bool {
        let lines = self.lines.get_or_insert_with(|| Strikes::new(now));
        let is_full = lines.wait(now, MOST_TOLD).is_some();
        lines.add(now);
        !is_full
    }

    /// What is left to tell of floods that have ended; looked through at most once a window.
    pub(crate) fn poll_told(&mut self, now: Mono) -> Vec<Told> {
        if now.since(self.swept) < WINDOW {
            return Vec::new();
        }
        self.swept = now;
        let mut told = Vec::new();
        for (host, state) in &mut self.hosts {
            told.extend(state.flood.poll(now).map(|count| Told { host: Some(*host), count }));
        }
        let rest =
            told.split_off(told.len().min(MOST_TOLD as usize)).iter().map(|told| told.count).sum::<u64>();
        let rest = rest + self.others.poll(now).unwrap_or_default();
        told.extend((rest > 0).then_some(Told { host: None, count: rest }));
        self.hosts.retain(|_, host| !host.strikes.is_over(now) || !host.flood.is_over(now));
        self.pairs.retain(|_, strikes| !strikes.is_over(now));
        told
    }
}

/// Keeps a table within its bound: first goes what is of no use any more, then what matters least, then everything.
fn make_room<K: Ord, V>(
    table: &mut BTreeMap<K, V>,
    in_use: impl Fn(&V) -> bool,
    matters: impl Fn(&V) -> bool,
) {
    for keep in [&in_use as &dyn Fn(&V) -> bool, &matters, &|_| false] {
        if table.len() < MOST_ENTRIES {
            return;
        }
        table.retain(|_, value| keep(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUESSER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));

    fn at(s: u64) -> Mono {
        Mono::from_start(Duration::from_secs(s))
    }

    fn guess(throttle: &mut Throttle, now: Mono, user: &str, times: u32) {
        for _ in 0..times {
            let _line = throttle.on_wrong(now, Source::host(GUESSER), user);
        }
    }

    #[test]
    fn the_eleventh_guess_within_a_minute_is_not_looked_at() {
        let mut throttle = Throttle::default();
        let source = Source::host(GUESSER);
        for user in ["seat01", "nobody"] {
            guess(&mut throttle, at(5), user, MOST_FOR_USER - 1);
            assert_eq!(throttle.wait(at(5), source, user), None);
            guess(&mut throttle, at(15), user, 1);
            assert_eq!(throttle.wait(at(15), source, user), Some(Duration::from_secs(50)), "{user}");
            assert_eq!(throttle.wait(at(65), source, user), None, "{user}");
        }
    }

    #[test]
    fn others_are_let_in_whatever_one_source_tries() {
        let mut throttle = Throttle::default();
        guess(&mut throttle, at(0), "seat01", 50);
        let elsewhere = Source::host("192.0.2.7".parse().unwrap());
        assert_eq!(throttle.wait(at(1), elsewhere, "seat01"), None, "another address");
        assert_eq!(throttle.wait(at(1), Source::host(GUESSER), "seat02"), None, "another user");
        let phone = Source::Phone((GUESSER, 5060).into());
        assert_eq!(
            throttle.wait(at(1), phone, "seat01"),
            None,
            "the registered phone behind the same address"
        );
        throttle.on_right(Source::host(GUESSER), "seat01");
        assert_eq!(throttle.wait(at(1), Source::host(GUESSER), "seat01"), None, "after a right answer");
    }

    #[test]
    fn a_source_that_tries_one_password_on_many_users_is_stopped_too() {
        let mut throttle = Throttle::default();
        for user in 0..MOST_FROM_HOST {
            guess(&mut throttle, at(0), &format!("seat{user}"), 1);
        }
        assert!(throttle.wait(at(1), Source::host(GUESSER), "seat999").is_some());
        assert_eq!(throttle.wait(at(1), Source::Phone((GUESSER, 5060).into()), "seat01"), None);
    }

    #[test]
    fn one_network_of_ipv6_is_one_source() {
        let mut throttle = Throttle::default();
        for host in 0..MOST_FOR_USER {
            let address = format!("2001:db8:1:2::{host:x}").parse().unwrap();
            let _line = throttle.on_wrong(at(0), Source::host(address), "seat01");
        }
        let wait = |address: &str| throttle.wait(at(1), Source::host(address.parse().unwrap()), "seat01");
        assert!(wait("2001:db8:1:2:ffff::1").is_some());
        assert_eq!(wait("2001:db8:1:3::1"), None);
        assert_eq!(host_of("::ffff:203.0.113.9".parse().unwrap()), GUESSER);
    }

    #[test]
    fn the_tables_are_bounded_and_keep_who_has_been_refused() {
        let mut throttle = Throttle::default();
        guess(&mut throttle, at(0), "seat01", MOST_FOR_USER);
        for n in 0..20_000_u32 {
            let _line = throttle.on_wrong(at(1), Source::host(IpAddr::V4(n.into())), "seat01");
        }
        assert!(throttle.pairs.len() <= MOST_ENTRIES && throttle.hosts.len() <= MOST_ENTRIES);
        assert!(throttle.wait(at(2), Source::host(GUESSER), "seat01").is_some());
    }

    #[test]
    fn the_log_has_one_line_a_source_and_minute_and_not_too_many_of_them() {
        let mut throttle = Throttle::default();
        let host = Some(GUESSER);
        let source = Source::host(GUESSER);
        assert_eq!(throttle.on_wrong(at(100), source, "seat01"), Some(Told { host, count: 1 }));
        let more: Vec<_> = (0..500).filter_map(|_| throttle.on_refused(at(101), source)).collect();
        assert_eq!(more, []);
        let crowd = (0..200_u32).map(|n| Source::host(IpAddr::V4(n.into())));
        let lines: Vec<_> = crowd.filter_map(|source| throttle.on_wrong(at(101), source, "x")).collect();
        assert_eq!(lines.len(), MOST_TOLD as usize, "one for the guesser, one for the rest");
        assert_eq!(lines.last(), Some(&Told { host: None, count: 1 }));
        let rest = throttle.poll_told(at(161));
        assert_eq!(rest, [Told { host, count: 500 }, Told { host: None, count: 184 }]);
        assert!(throttle.pairs.is_empty(), "nothing is remembered for ever");
    }
}
