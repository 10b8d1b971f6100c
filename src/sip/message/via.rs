//! Via: the way a request came, hence the way its responses go back (RFC 3261 section 20.42, RFC 3581).

use std::net::IpAddr;

use super::text::{Params, cut, number};
use super::uri::{Host, ipv6};

/// How a branch begins when it names a transaction by itself (RFC 3261 section 8.1.1.7).
pub const MAGIC_COOKIE: &[u8] = b"z9hG4bK";

/// One hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Via<'a> {
    /// `UDP`, `TCP`, or whatever it says.
    pub transport: &'a [u8],
    /// Who sent the request, in its own opinion.
    pub host: Host<'a>,
    /// Its port, if given.
    pub port: Option<u16>,
    /// The transaction, as the sender named it.
    pub branch: Option<&'a [u8]>,
    /// `Some(None)`: the sender asks to be answered where it sent from; `Some(Some(port))`: a server filled it in.
    pub rport: Option<Option<u16>>,
    /// The address that it really came from, filled in by the server that received it.
    pub received: Option<IpAddr>,
    /// All parameters.
    pub params: Params<'a>,
}

impl<'a> Via<'a> {
    /// Reads one Via value; `None` when it is malformed.
    pub fn parse(text: &'a [u8]) -> Option<Via<'a>> {
        let (protocol, rest) = cut(text.trim_ascii(), b'/');
        let (version, rest) = cut(rest?, b'/');
        if !protocol.trim_ascii().eq_ignore_ascii_case(b"SIP") || version.trim_ascii().is_empty() {
            return None;
        }
        let rest = rest?.trim_ascii_start();
        let (transport, rest) = rest.split_at(rest.iter().position(|byte| b" \t".contains(byte))?);
        let (sent_by, params) =
            rest.split_at(rest.iter().position(|&byte| byte == b';').unwrap_or(rest.len()));
        let (host, port) = Host::parse_with_port(sent_by.trim_ascii())?;
        let params = Params::parse(params)?;
        let via = Via { transport, host, port, branch: None, rport: None, received: None, params };
        if transport.is_empty() { None } else { via.with_params() }
    }

    /// The first of each name counts; an empty parameter (`;;`) is malformed.
    fn with_params(mut self) -> Option<Via<'a>> {
        for (name, value) in self.params.iter() {
            let text = value.unwrap_or_default();
            match name.len() {
                0 => return None,
                6 if name.eq_ignore_ascii_case(b"branch") => self.branch = self.branch.or(Some(text)),
                5 if name.eq_ignore_ascii_case(b"rport") => self.rport = self.rport.or(Some(port(text))),
                8 if name.eq_ignore_ascii_case(b"received") => {
                    self.received = self.received.or(address(text))
                }
                _ => {}
            }
        }
        Some(self)
    }

    /// The branch, if it is unique by the rules of RFC 3261. Without one the transaction is matched as RFC 2543 did
    /// (section 17.2.3).
    pub fn unique_branch(&self) -> Option<&'a [u8]> {
        self.branch.filter(|branch| {
            branch.len() > MAGIC_COOKIE.len()
                && branch[..MAGIC_COOKIE.len()].eq_ignore_ascii_case(MAGIC_COOKIE)
        })
    }
}

fn port(text: &[u8]) -> Option<u16> {
    number(text).and_then(|port| u16::try_from(port).ok())
}

/// With or without brackets: both are met (RFC 5118 section 4.5).
fn address(text: &[u8]) -> Option<IpAddr> {
    let bare = text.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]")).unwrap_or(text);
    let v4 = || str::from_utf8(bare).ok()?.parse().ok();
    ipv6(bare).map(IpAddr::V6).or_else(|| v4().map(IpAddr::V4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hop_is_read_with_any_spacing() {
        let via = Via::parse(b"SIP  / 2.0  / TCP     spindle.example.com :5061  ;  branch  =   z9hG4bK9ikj8")
            .expect("a Via");
        assert_eq!(
            (via.transport, via.host, via.port),
            (&b"TCP"[..], Host::Name(b"spindle.example.com"), Some(5061))
        );
        assert_eq!(via.unique_branch(), Some(&b"z9hG4bK9ikj8"[..]));
    }

    #[test]
    fn rport_and_received_are_read() {
        let via =
            Via::parse(b"SIP/2.0/UDP [2001:db8::9:1];rport;received=[2001:db8::9:255];branch=z9hG4bKas3")
                .expect("a Via");
        assert_eq!(via.rport, Some(None));
        assert_eq!(via.received, "2001:db8::9:255".parse().ok());
        let via = Via::parse(b"SIP/2.0/UDP h;rport=5070;received=2001:db8::9:255").expect("a Via");
        assert_eq!((via.rport, via.received), (Some(Some(5070)), "2001:db8::9:255".parse().ok()));
        let via = Via::parse(b"SIP/2.0/UDP h;received=192.0.2.200").expect("a Via");
        assert_eq!((via.branch, via.received), (None, "192.0.2.200".parse().ok()));
    }

    #[test]
    fn bare_cookie_names_no_transaction() {
        assert_eq!(Via::parse(b"SIP/2.0/UDP h;branch=z9hG4bK").and_then(|via| via.unique_branch()), None);
        assert_eq!(Via::parse(b"SIP/2.0/UDP h;branch=390skdjuw").and_then(|via| via.unique_branch()), None);
    }

    #[test]
    fn malformed_hops_are_refused() {
        for text in [
            "",
            "SIP/2.0/UDP",
            "SIP/2.0/UDP ;branch=x",
            "SIP/2.0/UDP 192.0.2.15;;",
            "HTTP/1.1/TCP a",
            "SIP/2.0/UDP 2001:db8::1",
        ] {
            assert_eq!(Via::parse(text.as_bytes()), None, "{text}");
        }
    }
}
