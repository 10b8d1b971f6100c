//! Digest access authentication for SIP (RFC 8760 over RFC 7616, with RFC 2617 and 2069 clients understood).
//!
//! A request without credentials is challenged: [`Guard::challenges`] gives one header value per algorithm, SHA-256 first for
//! phones that [can bear it](algorithms_for), all with a nonce that is an HMAC over time and realm, so that nothing is remembered until
//! somebody answers rightly. The phone computes its answer from the first challenge that it can do ([`answer`]). [`Guard::check`]
//! then says who it is, or that the nonce was too old or used before (`stale=true`, the phone tries again by itself), or simply
//! no. A right answer leaves the last count used with that nonce, in a table bounded per user; a wrong one a mark in the
//! [`Throttle`], which slows down whoever guesses.

mod client;
mod guard;
mod nonce;
mod params;
mod throttle;

use md5::Md5;
use sha2::digest::Output;
use sha2::{Digest, Sha256};

pub(crate) use client::{Answering, answer};
pub(crate) use guard::{Guard, Verdict, algorithms_for};
pub(crate) use throttle::{Source, Throttle, Told};

/// The hash functions that are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// RFC 8760.
    Sha256,
    /// RFC 2617; what most phones know.
    Md5,
}

impl Algorithm {
    /// In order of preference.
    pub(crate) const ALL: [Algorithm; 2] = [Algorithm::Sha256, Algorithm::Md5];

    /// As written in headers.
    pub(crate) fn token(self) -> &'static str {
        match self {
            Algorithm::Sha256 => "SHA-256",
            Algorithm::Md5 => "MD5",
        }
    }

    /// Absent means MD5 (RFC 2617). `None` for those that are not spoken, such as the `-sess` family.
    fn named(token: Option<&[u8]>) -> Option<Algorithm> {
        let Some(token) = token else { return Some(Algorithm::Md5) };
        Algorithm::ALL.into_iter().find(|known| token.eq_ignore_ascii_case(known.token().as_bytes()))
    }

    /// Lower-case hexadecimal hash of the parts with colons between them.
    fn hash(self, parts: &[&[u8]]) -> String {
        match self {
            Algorithm::Sha256 => hex(&joined::<Sha256>(parts)),
            Algorithm::Md5 => hex(&joined::<Md5>(parts)),
        }
    }
}

fn joined<D: Digest>(parts: &[&[u8]]) -> Output<D> {
    let mut hash = D::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            hash.update(b":");
        }
        hash.update(part);
    }
    hash.finalize()
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for nibble in [byte >> 4, byte & 0x0f] {
            text.push(char::from(DIGITS[usize::from(nibble)]));
        }
    }
    text
}

/// What goes into the `response` parameter beside the password (RFC 7616 section 3.4.1).
struct Input<'a> {
    algorithm: Algorithm,
    username: &'a [u8],
    realm: &'a [u8],
    password: &'a [u8],
    method: &'a [u8],
    uri: &'a [u8],
    nonce: &'a [u8],
    /// `nc` and `cnonce` as written; `None` is the computation of RFC 2069.
    auth: Option<(&'a [u8], &'a [u8])>,
}

impl Input<'_> {
    fn response(&self) -> String {
        let ha1 = self.algorithm.hash(&[self.username, self.realm, self.password]);
        let ha2 = self.algorithm.hash(&[self.method, self.uri]);
        match self.auth {
            Some((nc, cnonce)) => {
                self.algorithm.hash(&[ha1.as_bytes(), self.nonce, nc, cnonce, b"auth", ha2.as_bytes()])
            }
            None => self.algorithm.hash(&[ha1.as_bytes(), self.nonce, ha2.as_bytes()]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7616 section 3.9.1, for both algorithms.
    #[test]
    fn responses_agree_with_the_rfc() {
        let input = |algorithm| Input {
            algorithm,
            username: b"Mufasa",
            realm: b"http-auth@example.org",
            password: b"Circle of Life",
            method: b"GET",
            uri: b"/dir/index.html",
            nonce: b"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            auth: Some((b"00000001", b"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")),
        };
        assert_eq!(input(Algorithm::Md5).response(), "8ca523f5e9506fed4657c9700eebdbec");
        assert_eq!(
            input(Algorithm::Sha256).response(),
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
        );
    }

    #[test]
    fn an_algorithm_is_known_by_its_token_in_any_case() {
        let cases: [(Option<&[u8]>, Option<Algorithm>); 4] = [
            (None, Some(Algorithm::Md5)),
            (Some(b"md5"), Some(Algorithm::Md5)),
            (Some(b"SHA-256"), Some(Algorithm::Sha256)),
            (Some(b"SHA-256-sess"), None),
        ];
        for (token, known) in cases {
            assert_eq!(Algorithm::named(token), known);
        }
    }
}
