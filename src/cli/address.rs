//! Addresses of this machine as people write them: `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`.

use std::net::{Ipv4Addr, SocketAddr};

/// An address and a port; `localhost` is 127.0.0.1, other names are not looked up.
pub(super) fn parse_address(text: &str) -> Result<SocketAddr, String> {
    let local = text.strip_prefix("localhost:").and_then(|port| port.parse::<u16>().ok());
    if let Some(port) = local {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    text.parse().map_err(|_| match text.trim_start_matches(':').parse::<u16>() {
        Ok(port) => format!("the address is missing; write 127.0.0.1:{port}"),
        Err(_) => "write an address and a port, such as 127.0.0.1:8080".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_numbers_or_localhost_and_always_has_a_port() {
        for (text, expected) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("localhost:8080", "127.0.0.1:8080"),
            ("[::1]:0", "[::1]:0"),
        ] {
            assert_eq!(parse_address(text).map(|address| address.to_string()), Ok(expected.to_owned()));
        }
        for (text, says) in [
            ("5060", "write 127.0.0.1:5060"),
            (":5060", "write 127.0.0.1:5060"),
            ("localhost", "such as 127.0.0.1:8080"),
            ("localhost:70000", "such as 127.0.0.1:8080"),
            ("example.org:5060", "such as 127.0.0.1:8080"),
        ] {
            assert!(parse_address(text).expect_err(text).contains(says), "{text}");
        }
    }
}
