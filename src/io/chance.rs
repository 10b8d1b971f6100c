//! The system's randomness: seeds for the machines that take chance as an input, and secrets.

use std::fmt::Write as _;
use std::io;

/// Octets of the token that lets into the HTTP server: beyond guessing.
const TOKEN_OCTETS: usize = 32;

/// Octets drawn from the system.
///
/// # Errors
/// The system gives none.
#[expect(clippy::disallowed_methods, reason = "`io` draws the seeds")]
pub fn draw<const N: usize>() -> io::Result<[u8; N]> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(octets)
}

/// A new token, in hexadecimal.
///
/// # Errors
/// The system gives no randomness.
pub fn token() -> io::Result<String> {
    let mut text = String::with_capacity(2 * TOKEN_OCTETS);
    for octet in draw::<TOKEN_OCTETS>()? {
        let _ = write!(text, "{octet:02x}"); // a String takes anything
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_tokens_differ_and_travel_in_a_header() {
        let (one, other) = (token().unwrap(), token().unwrap());
        assert_ne!(one, other);
        assert!(one.len() == 64 && one.bytes().all(|octet| octet.is_ascii_hexdigit()));
    }
}
