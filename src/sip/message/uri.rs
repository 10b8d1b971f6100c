//! URIs as SIP uses them: `sip:`, `sips:`, `tel:`, and any other kept as it is.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::text::{Params, cut, is_host_name, is_uri_text, number, unescape};

/// The scheme decides what the rest means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme<'a> {
    /// `sip:`.
    Sip,
    /// `sips:`.
    Sips,
    /// `tel:` (RFC 3966); `user` is the number.
    Tel,
    /// Any other, as it came; the rest is not looked into. A server that is asked for one answers 416.
    Other(&'a [u8]),
}

/// The host of a URI or a Via.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host<'a> {
    /// A literal address; IPv6 ones stand in brackets on the wire.
    Ip(IpAddr),
    /// A name, not resolved.
    Name(&'a [u8]),
}

impl<'a> Host<'a> {
    /// Reads `host` or `host:port`. `None` if it is neither, such as an IPv6 address without brackets.
    pub fn parse_with_port(text: &'a [u8]) -> Option<(Host<'a>, Option<u16>)> {
        let (host, rest) = match text.strip_prefix(b"[") {
            Some(inside) => {
                let (address, rest) = cut(inside, b']');
                (Host::Ip(ipv6(address)?.into()), rest?)
            }
            None => {
                let end = text.iter().position(|&byte| byte == b':').unwrap_or(text.len());
                (Host::parse_name(text[..end].trim_ascii())?, &text[end..])
            }
        };
        match rest.trim_ascii() {
            b"" => Some((host, None)),
            rest => {
                let port = number(rest.strip_prefix(b":")?.trim_ascii())?;
                Some((host, Some(u16::try_from(port).ok()?)))
            }
        }
    }

    fn parse_name(text: &'a [u8]) -> Option<Host<'a>> {
        if !is_host_name(text) {
            return None;
        }
        // An IPv4 address ends with a digit: most names need not be tried as one.
        if !text.last().is_some_and(u8::is_ascii_digit) {
            return Some(Host::Name(text));
        }
        Some(ipv4(text).map_or(Host::Name(text), |address| Host::Ip(address.into())))
    }

    /// The address, when it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Host::Ip(address) => Some(*address),
            Host::Name(_) => None,
        }
    }
}

impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Ip(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Host::Ip(address) => address.fmt(f),
            Host::Name(name) => name.escape_ascii().fmt(f),
        }
    }
}

/// Four numbers without leading zeros. Every message has several, and the standard library takes its time over them.
fn ipv4(text: &[u8]) -> Option<Ipv4Addr> {
    let (mut octets, mut place, mut digits) = ([0u8; 4], 0, 0u8);
    for &byte in text {
        let octet = octets.get_mut(place)?;
        match byte {
            b'.' if digits > 0 => (place, digits) = (place + 1, 0),
            b'0'..=b'9' if digits == 0 || *octet != 0 => {
                *octet = octet.checked_mul(10)?.checked_add(byte - b'0')?;
                digits += 1;
            }
            _ => return None,
        }
    }
    (place == 3 && digits > 0).then(|| octets.into())
}

/// An IPv6 address without its brackets. `:::` is read as `::`: RFC 3261's own grammar produced it (RFC 5118 section 4.10).
pub(super) fn ipv6(text: &[u8]) -> Option<Ipv6Addr> {
    let text = str::from_utf8(text).ok()?;
    match text.parse() {
        Ok(address) => Some(address),
        Err(_) if text.contains(":::") => text.replacen(":::", "::", 1).parse().ok(),
        Err(_) => None,
    }
}

/// A URI, taken apart but not changed: parts are as they came, escapes included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uri<'a> {
    /// All of it.
    pub text: &'a [u8],
    /// What kind.
    pub scheme: Scheme<'a>,
    /// User part, or the number of a `tel:`. May hold `;` and `?`.
    pub user: Option<&'a [u8]>,
    /// What follows a colon in the user part.
    pub password: Option<&'a [u8]>,
    /// Host; `None` in `tel:` and other schemes.
    pub host: Option<Host<'a>>,
    /// Port, if given.
    pub port: Option<u16>,
    /// Parameters of the URI (not those of a header around it).
    pub params: Params<'a>,
    /// What follows `?`: header fields that a request might be given. The exchange never obeys them.
    pub headers: Option<&'a [u8]>,
}

impl<'a> Uri<'a> {
    /// Takes a URI apart; `None` when it is malformed.
    pub fn parse(text: &'a [u8]) -> Option<Uri<'a>> {
        if !is_uri_text(text) {
            return None;
        }
        let (scheme, rest) = cut(text, b':');
        let rest = rest?;
        match scheme_of(scheme)? {
            scheme @ (Scheme::Sip | Scheme::Sips) => Uri::parse_sip(text, scheme, rest),
            Scheme::Tel => Uri::parse_tel(text, rest),
            scheme => Some(Uri { scheme, ..Uri::opaque(text) }),
        }
    }

    fn opaque(text: &'a [u8]) -> Uri<'a> {
        let (scheme, params) = (Scheme::Other(b""), Params::NONE);
        Uri { text, scheme, user: None, password: None, host: None, port: None, params, headers: None }
    }

    /// An `@` can stand nowhere but after the user part (section 25.1), so it is looked for first: the user part
    /// may hold `;`, `?` and `/`.
    fn parse_sip(text: &'a [u8], scheme: Scheme<'a>, rest: &'a [u8]) -> Option<Uri<'a>> {
        let (userinfo, place) = match cut(rest, b'@') {
            (userinfo, Some(place)) => (Some(userinfo), place),
            (place, None) => (None, place),
        };
        if place.contains(&b'@') || userinfo.is_some_and(<[u8]>::is_empty) {
            return None;
        }
        let (user, password) = match userinfo.map(|userinfo| cut(userinfo, b':')) {
            Some((user, password)) => (Some(user), password),
            None => (None, None),
        };
        let (place, headers) = cut(place, b'?');
        let end = place.iter().position(|&byte| byte == b';').unwrap_or(place.len());
        let (host, port) = Host::parse_with_port(&place[..end])?;
        let params = Params::parse(&place[end..])?;
        Some(Uri { text, scheme, user, password, host: Some(host), port, params, headers })
    }

    fn parse_tel(text: &'a [u8], rest: &'a [u8]) -> Option<Uri<'a>> {
        let end = rest.iter().position(|&byte| byte == b';').unwrap_or(rest.len());
        let (number, params) = (&rest[..end], Params::parse(&rest[end..])?);
        if number.is_empty() {
            return None;
        }
        Some(Uri { scheme: Scheme::Tel, user: Some(number), params, ..Uri::opaque(text) })
    }

    /// The user part with its escapes resolved; a `%00` in it is a NUL and does not end it.
    pub fn user_unescaped(&self) -> Option<Cow<'a, [u8]>> {
        self.user.map(unescape)
    }

    /// `sip:` or `sips:`.
    pub fn is_sip(&self) -> bool {
        matches!(self.scheme, Scheme::Sip | Scheme::Sips)
    }
}

fn scheme_of(text: &[u8]) -> Option<Scheme<'_>> {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    let begins_with_letter = text.first().is_some_and(u8::is_ascii_alphabetic);
    match text {
        _ if text.eq_ignore_ascii_case(b"sip") => Some(Scheme::Sip),
        _ if text.eq_ignore_ascii_case(b"sips") => Some(Scheme::Sips),
        _ if text.eq_ignore_ascii_case(b"tel") => Some(Scheme::Tel),
        _ if begins_with_letter && text.iter().all(fits) => Some(Scheme::Other(text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri<'_> {
        Uri::parse(text.as_bytes()).unwrap_or_else(|| panic!("{text} is a URI"))
    }

    #[test]
    fn sip_uri_is_taken_apart() {
        let uri = uri("sips:055055:pw@[2001:db8::10]:5070;transport=tcp;lr?subject=x");
        assert_eq!(uri.scheme, Scheme::Sips);
        assert_eq!((uri.user, uri.password), (Some(&b"055055"[..]), Some(&b"pw"[..])));
        assert_eq!(uri.host.and_then(|host| host.ip()), "2001:db8::10".parse().ok());
        assert_eq!(uri.port, Some(5070));
        assert_eq!(uri.params.get("transport"), Some(&b"tcp"[..]));
        assert_eq!(uri.headers, Some(&b"subject=x"[..]));
    }

    #[test]
    fn user_part_may_hold_separators() {
        let uri = uri("sip:user;par=u%40example.net@example.com");
        assert_eq!(uri.user_unescaped().as_deref(), Some(&b"user;par=u@example.net"[..]));
        assert_eq!(uri.host, Some(Host::Name(b"example.com")));
        assert_eq!(uri.params, Params::NONE);
    }

    #[test]
    fn last_group_of_an_ipv6_address_is_not_a_port() {
        assert_eq!(uri("sip:[2001:db8::10:5070]").port, None);
        assert_eq!(uri("sip:[2001:db8::10]:5070").port, Some(5070));
    }

    #[test]
    fn addresses_are_told_from_names() {
        for text in [
            "192.0.2.1",
            "0.0.0.0",
            "255.255.255.255",
            "256.0.0.1",
            "1.2.3",
            "1.2.3.4.5",
            "01.2.3.4",
            "1..2.3",
            "a.2.3.4",
            "1.2.3.0000",
            "10",
            "1.2.3.-4",
        ] {
            assert_eq!(ipv4(text.as_bytes()), text.parse().ok(), "{text}");
        }
    }

    #[test]
    fn tel_and_unknown_schemes_are_kept() {
        let tel = uri("tel:+390552768224;phone-context=x");
        assert_eq!((tel.scheme, tel.user), (Scheme::Tel, Some(&b"+390552768224"[..])));
        assert!(matches!(uri("soap.beep://192.0.2.103:3002").scheme, Scheme::Other(b"soap.beep")));
    }

    #[test]
    fn malformed_uris_are_refused() {
        for text in [
            "",
            "sip:",
            "user@example.com",
            "sip:2001:db8::10",
            "sip:@example.com",
            "sip:a@b@c",
            "sip:user@example.com; lr",
            "<sip:user@example.com>",
            "sip:user@example.com:70000",
            "sip:user@[2001:db8::10",
            "sip:user@exa\0mple.com",
            "tel:",
        ] {
            assert_eq!(Uri::parse(text.as_bytes()), None, "{text:?}");
        }
    }
}
