//! Nonces that need no memory: when and as which one they were given, sealed with a key of this start.
//!
//! The seal is over the host that the nonce was sent to as well. So an answer with a fresh nonce comes from somebody who hears
//! what is sent to that host: wrong answers cannot be put down to it by forging its address.

use std::net::IpAddr;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::hex;
use crate::time::Mono;

/// A phone that comes back later than this is told `stale=true`, and tries again without asking its user.
const LIFETIME: Duration = Duration::from_secs(300);

/// Bytes of HMAC kept: 128 bits.
const SEAL: usize = 16;

/// Which nonce: milliseconds of the clock above, a running number below, so that later ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Serial(u64);

/// What a nonce that came back is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Fresh(Serial),
    /// Ours but too old, or given to another host, or not of this start of the exchange.
    Stale,
}

/// Makes and recognises nonces.
pub(super) struct Mint {
    key: Hmac<Sha256>,
    count: u16,
}

impl Mint {
    pub(super) fn new(key: &[u8; 32]) -> Mint {
        let key = Hmac::new_from_slice(key).expect("HMAC takes keys of any length");
        Mint { key, count: 0 }
    }

    pub(super) fn next(&mut self, now: Mono, realm: &str, host: IpAddr) -> String {
        self.count = self.count.wrapping_add(1);
        let millis = u64::try_from(now.since_start().as_millis()).unwrap_or(u64::MAX) << 16;
        let serial = (millis | u64::from(self.count)).to_be_bytes();
        let mut nonce = hex(&serial);
        nonce.push_str(&hex(&self.seal(serial, realm, host).finalize().into_bytes()[..SEAL]));
        nonce
    }

    pub(super) fn find(&self, now: Mono, realm: &str, host: IpAddr, nonce: &[u8]) -> Found {
        let Some((serial, seal)) = unhex(nonce) else { return Found::Stale };
        if self.seal(serial, realm, host).verify_truncated_left(&seal).is_err() {
            return Found::Stale;
        }
        let serial = u64::from_be_bytes(serial);
        let given = Mono::from_start(Duration::from_millis(serial >> 16));
        if given > now || now.since(given) > LIFETIME { Found::Stale } else { Found::Fresh(Serial(serial)) }
    }

    fn seal(&self, serial: [u8; 8], realm: &str, host: IpAddr) -> Hmac<Sha256> {
        let mut mac = self.key.clone();
        mac.update(&serial);
        match host {
            IpAddr::V4(v4) => mac.update(&v4.octets()),
            IpAddr::V6(v6) => mac.update(&v6.octets()),
        }
        mac.update(realm.as_bytes());
        mac
    }
}

fn unhex(nonce: &[u8]) -> Option<([u8; 8], [u8; SEAL])> {
    if nonce.len() != 2 * (8 + SEAL) {
        return None;
    }
    let mut bytes = [0; 8 + SEAL];
    for (byte, pair) in bytes.iter_mut().zip(nonce.chunks_exact(2)) {
        let digits = std::str::from_utf8(pair).ok()?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    let (serial, seal) = bytes.split_at(8);
    Some((serial.try_into().ok()?, seal.try_into().ok()?))
}

/// Nonces remembered for one user: more phones than one person has at once.
const MOST_PER_USER: usize = 8;

/// The last counts that one user's phones have used, so that no answer is good twice.
#[derive(Default)]
pub(super) struct Counts {
    seen: Vec<(Serial, u32)>,
    /// The newest nonce that had to be forgotten: up to it, what is not in `seen` may have been used.
    forgotten: Option<Serial>,
}

impl Counts {
    /// Whether `count` of this nonce is new; it is used up from now on.
    pub(super) fn take(&mut self, serial: Serial, count: u32) -> bool {
        if let Some((_, last)) = self.seen.iter_mut().find(|(known, _)| *known == serial) {
            let is_new = count > *last;
            *last = count.max(*last);
            return is_new;
        }
        if self.forgotten.is_some_and(|forgotten| serial <= forgotten) {
            return false;
        }
        if self.seen.len() == MOST_PER_USER {
            let oldest = self.seen.iter().enumerate().min_by_key(|(_, (serial, _))| *serial);
            let (index, _) = oldest.expect("the table is full");
            self.forgotten = self.forgotten.max(Some(self.seen.swap_remove(index).0));
        }
        self.seen.push((serial, count));
        true
    }

    pub(super) fn len(&self) -> usize {
        self.seen.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];
    const HOST: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));

    #[test]
    fn a_nonce_is_good_for_five_minutes_in_its_realm_and_start() {
        let now = Mono::from_start(Duration::from_secs(1000));
        let mut mint = Mint::new(&KEY);
        let nonce = mint.next(now, "firenze", HOST);
        let fresh = |at, realm| matches!(mint.find(at, realm, HOST, nonce.as_bytes()), Found::Fresh(_));
        assert!(fresh(now, "firenze"));
        assert!(fresh(now + LIFETIME, "firenze"));
        assert!(!fresh(now + LIFETIME + Duration::from_millis(1), "firenze"));
        assert!(!fresh(now, "milano"));
        assert_eq!(Mint::new(&[8; 32]).find(now, "firenze", HOST, nonce.as_bytes()), Found::Stale);
        let elsewhere = "192.0.2.8".parse().unwrap();
        assert_eq!(mint.find(now, "firenze", elsewhere, nonce.as_bytes()), Found::Stale);
        assert_ne!(mint.next(now, "firenze", HOST), nonce);
    }

    #[test]
    fn forged_and_garbled_nonces_are_stale() {
        let now = Mono::from_start(Duration::from_secs(1));
        let mut mint = Mint::new(&KEY);
        let mut forged = mint.next(now, "r", HOST).into_bytes();
        forged[3] = if forged[3] == b'0' { b'1' } else { b'0' };
        for nonce in [&forged[..], b"", b"zz", &[0xff; 48], &[b'+'; 48]] {
            assert_eq!(mint.find(now, "r", HOST, nonce), Found::Stale);
        }
    }

    #[test]
    fn each_count_is_good_once_and_a_forgotten_nonce_never_again() {
        let mut counts = Counts::default();
        assert!(counts.take(Serial(1), 1));
        assert!(!counts.take(Serial(1), 1));
        assert!(counts.take(Serial(1), 5));
        assert!(!counts.take(Serial(1), 3));
        for serial in 2..=9 {
            assert!(counts.take(Serial(serial), 1));
        }
        assert_eq!(counts.len(), MOST_PER_USER);
        assert!(!counts.take(Serial(1), 6), "its counts have been forgotten");
        assert!(!counts.take(Serial(0), 1));
        assert!(counts.take(Serial(9), 2));
    }
}
