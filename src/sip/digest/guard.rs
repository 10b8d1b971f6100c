//! The exchange's side: challenges, and what an answer is worth.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use subtle::{Choice, ConstantTimeEq};

use super::nonce::{Counts, Found, Mint};
use super::params::Params;
use super::{Algorithm, Input};
use crate::time::Mono;

/// What to challenge a phone with. RFC 8760 section 2.3 wants the strongest algorithm listed first, and a phone to answer the
/// first that it knows; but baresip 1.0 gives up when any challenge is not MD5, and sipp 3.6, which
/// names no User-Agent, when the first is not.
pub(crate) fn algorithms_for(user_agent: Option<&[u8]>) -> &'static [Algorithm] {
    use Algorithm::{Md5, Sha256};
    match user_agent {
        Some(agent) if agent.get(..7).is_some_and(|name| name.eq_ignore_ascii_case(b"baresip")) => &[Md5],
        Some(_) => &[Sha256, Md5],
        None => &[Md5, Sha256],
    }
}

/// What the credentials of a request prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The sender knows this user's password.
    Proved(Arc<str>),
    /// With a nonce that is too old, was used before or was given to another host: challenge again with `stale=true`.
    Stale,
    /// No credentials that are meant for us: challenge.
    Unproved,
    /// Another answer than this user's password gives, to a nonce that this very host was given: challenge, and count it.
    Wrong,
}

/// Knows the passwords; challenges and checks.
pub(crate) struct Guard {
    realm: String,
    passwords: BTreeMap<Arc<str>, String>,
    /// Stands in for the password of a user who does not exist, so that known and unknown take the same steps.
    nobody: String,
    mint: Mint,
    /// Only users that have proved themselves are in it: bounded by `passwords`.
    counts: BTreeMap<Arc<str>, Counts>,
}

impl Guard {
    pub(crate) fn new(mut realm: String, passwords: BTreeMap<Arc<str>, String>, key: &[u8; 32]) -> Guard {
        let nobody = super::hex(key);
        realm.retain(|c| !c.is_control());
        Guard { realm, passwords, nobody, mint: Mint::new(key), counts: BTreeMap::new() }
    }

    /// These users from now on; what was answered to a challenge is not good a second time.
    pub(crate) fn know(&mut self, passwords: BTreeMap<Arc<str>, String>) {
        self.counts.retain(|user, _| passwords.contains_key(user));
        self.passwords = passwords;
    }

    /// Values for WWW-Authenticate towards `host`, one header each, with these algorithms in this order.
    pub(crate) fn challenges(
        &mut self,
        now: Mono,
        host: IpAddr,
        stale: bool,
        algorithms: &[Algorithm],
    ) -> Vec<String> {
        let (realm, nonce) = (&self.realm, self.mint.next(now, &self.realm, host));
        let quoted = realm.replace('\\', "\\\\").replace('"', "\\\"");
        let stale = if stale { ", stale=true" } else { "" };
        let challenge = |algorithm: &Algorithm| {
            let token = algorithm.token();
            format!(r#"Digest realm="{quoted}", nonce="{nonce}", algorithm={token}, qop="auth"{stale}"#)
        };
        algorithms.iter().map(challenge).collect()
    }

    /// Whether there is such a user.
    pub(crate) fn knows(&self, user: &str) -> bool {
        self.passwords.contains_key(user)
    }

    /// Whether one of the Authorization `values`, that came from `host`, proves the sender to be `user`.
    pub(crate) fn check<'a>(
        &mut self,
        now: Mono,
        host: IpAddr,
        user: &str,
        method: &[u8],
        values: impl Iterator<Item = &'a [u8]>,
    ) -> Verdict {
        let mine = |params: &Params<'_>| params.named("realm") == Some(self.realm.as_bytes());
        // A phone may keep credentials for a few realms; more than this is no phone.
        let Some(params) = values.take(4).filter_map(Params::parse).find(mine) else {
            return Verdict::Unproved;
        };
        let nonce = params.named("nonce").unwrap_or_default();
        let Found::Fresh(serial) = self.mint.find(now, &self.realm, host, nonce) else {
            return Verdict::Stale; // whatever the answer: it costs us no hash, and whoever forges his address no guess of others
        };
        let Some(count) = self.verify(user, method, nonce, &params) else { return Verdict::Wrong };
        let Some((user, _)) = self.passwords.get_key_value(user) else { return Verdict::Wrong };
        let is_new = self.counts.entry(user.clone()).or_default().take(serial, count);
        if is_new { Verdict::Proved(user.clone()) } else { Verdict::Stale }
    }

    /// The count of the nonce, when the response is the one that this user's password gives.
    ///
    /// The digest's `uri` is hashed as sent and not held against the Request-URI: some phones and sipp write another form
    /// of it, and a captured answer cannot be used for another request anyway, because each count is good once.
    fn verify(&self, user: &str, method: &[u8], nonce: &[u8], params: &Params<'_>) -> Option<u32> {
        let algorithm = Algorithm::named(params.named("algorithm"))?;
        let response = params.named("response")?;
        let auth = match params.named("qop") {
            Some(qop) if qop.eq_ignore_ascii_case(b"auth") => {
                Some((params.named("nc")?, params.named("cnonce")?))
            }
            Some(_) => return None,
            None => None,
        };
        let username = params.named("username")?;
        let (password, known) = match self.passwords.get(user) {
            Some(password) => (password, 1),
            None => (&self.nobody, 0),
        };
        let input = Input {
            algorithm,
            username: user.as_bytes(),
            realm: self.realm.as_bytes(),
            password: password.as_bytes(),
            method,
            uri: params.named("uri")?,
            nonce,
            auth,
        };
        let right = input.response().as_bytes().ct_eq(response.to_ascii_lowercase().as_slice())
            & username.ct_eq(user.as_bytes())
            & Choice::from(known);
        if !bool::from(right) {
            return None;
        }
        // Without qop there is no count: such a nonce is good once.
        auth.map_or(Some(1), |(nc, _)| u32::from_str_radix(std::str::from_utf8(nc).ok()?, 16).ok())
    }

    /// Nonce counts held, for leak checks.
    pub(crate) fn counts(&self) -> usize {
        self.counts.values().map(Counts::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Answering, answer};
    use super::*;

    const HOST: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));
    const START: Mono = Mono::from_start(Duration::from_secs(50));

    fn guard() -> Guard {
        let users = [("seat01", "uno"), ("seat02", "due")];
        let users = users.map(|(user, password)| (Arc::from(user), password.to_owned()));
        Guard::new("firenze".to_owned(), BTreeMap::from(users), &[3; 32])
    }

    fn challenge(guard: &mut Guard, algorithm: Algorithm) -> String {
        guard.challenges(START, HOST, false, &[algorithm]).remove(0)
    }

    fn answered(challenge: &str, user: &str, password: &str, nc: u32) -> String {
        let answering =
            Answering { user, password, method: b"REGISTER", uri: b"sip:firenze", nc, cnonce: "abc" };
        answer([challenge.as_bytes()].into_iter(), &answering).unwrap().value
    }

    fn check(guard: &mut Guard, now: Mono, user: &str, value: &str) -> Verdict {
        guard.check(now, HOST, user, b"REGISTER", [value.as_bytes()].into_iter())
    }

    #[test]
    fn the_right_password_proves_the_user_with_either_algorithm() {
        let mut guard = guard();
        for algorithm in Algorithm::ALL {
            let challenge = challenge(&mut guard, algorithm);
            assert!(challenge.contains(algorithm.token()));
            let value = answered(&challenge, "seat01", "uno", 1);
            assert_eq!(check(&mut guard, START, "seat01", &value), Verdict::Proved("seat01".into()));
        }
    }

    #[test]
    fn wrong_foreign_and_missing_credentials_prove_nothing_and_leave_no_trace() {
        let mut guard = guard();
        let challenge = challenge(&mut guard, Algorithm::Sha256);
        let cases = [
            ("seat01", answered(&challenge, "seat01", "due", 1)),
            ("seat01", answered(&challenge, "seat02", "due", 1)),
            ("seat99", answered(&challenge, "seat99", "uno", 1)),
            ("seat99", answered(&challenge, "seat99", &guard.nobody, 1)),
            ("seat01", answered(&challenge, "seat01", "uno", 1).replace("qop=auth", "qop=auth-int")),
        ];
        for (user, value) in cases {
            assert_eq!(check(&mut guard, START, user, &value), Verdict::Wrong, "{value}");
        }
        let foreign = answered(&challenge, "seat01", "uno", 1).replace("firenze", "milano");
        for value in [&foreign, "NoOneKnowsThisScheme opaque-data=here"] {
            assert_eq!(check(&mut guard, START, "seat01", value), Verdict::Unproved, "{value}");
        }
        assert_eq!(guard.check(START, HOST, "seat01", b"REGISTER", std::iter::empty()), Verdict::Unproved);
        assert_eq!(guard.counts(), 0);
    }

    #[test]
    fn a_captured_answer_is_stale_when_played_again_and_a_raised_count_is_fresh() {
        let mut guard = guard();
        let challenge = challenge(&mut guard, Algorithm::Sha256);
        let first = answered(&challenge, "seat01", "uno", 1);
        assert!(matches!(check(&mut guard, START, "seat01", &first), Verdict::Proved(_)));
        assert_eq!(check(&mut guard, START, "seat01", &first), Verdict::Stale);
        let second = answered(&challenge, "seat01", "uno", 2);
        assert!(matches!(check(&mut guard, START, "seat01", &second), Verdict::Proved(_)));
    }

    #[test]
    fn an_answer_to_a_nonce_of_an_earlier_start_or_another_host_is_stale_not_wrong() {
        let mut earlier = Guard::new("firenze".to_owned(), BTreeMap::new(), &[9; 32]);
        let challenge = challenge(&mut earlier, Algorithm::Md5);
        let value = answered(&challenge, "seat01", "uno", 1);
        assert_eq!(check(&mut guard(), START, "seat01", &value), Verdict::Stale);
        let mut guard = guard();
        let challenge =
            guard.challenges(START, "192.0.2.8".parse().unwrap(), false, &[Algorithm::Md5]).remove(0);
        for password in ["uno", "due"] {
            let value = answered(&challenge, "seat01", password, 1);
            assert_eq!(check(&mut guard, START, "seat01", &value), Verdict::Stale);
        }
    }

    #[test]
    fn a_realm_cannot_break_its_header() {
        let users = BTreeMap::from([(Arc::from("seat01"), "uno".to_owned())]);
        let mut guard = Guard::new("\"a\\b\"\r\nX: 1".to_owned(), users, &[3; 32]);
        let challenge = challenge(&mut guard, Algorithm::Md5);
        assert!(challenge.starts_with(r#"Digest realm="\"a\\b\"X: 1", nonce="#), "{challenge}");
        let value = answered(&challenge, "seat01", "uno", 1);
        assert!(matches!(check(&mut guard, START, "seat01", &value), Verdict::Proved(_)));
    }

    #[test]
    fn a_stale_challenge_says_so() {
        let mut guard = guard();
        assert!(
            guard
                .challenges(START, HOST, true, &Algorithm::ALL)
                .iter()
                .all(|value| value.contains("stale=true"))
        );
        assert!(!challenge(&mut guard, Algorithm::Md5).contains("stale"));
    }

    #[test]
    fn phones_that_stumble_over_sha_256_are_spared_it() {
        assert_eq!(algorithms_for(Some(b"Linphone/5.2")), Algorithm::ALL);
        assert_eq!(algorithms_for(Some(b"baresip v1.0.0 (x86_64/linux)")), [Algorithm::Md5]);
        assert_eq!(algorithms_for(None)[0], Algorithm::Md5);
    }
}
