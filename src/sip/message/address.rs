//! Addresses in From, To, Contact, Route and their like: a display name, a URI, parameters (RFC 3261 section 20.10).

use std::borrow::Cow;

use super::text::{Params, cut, seconds, unquote};
use super::uri::Uri;

/// `"Display" <uri>;params`, or `uri;params`, where the parameters belong to the header and not to the URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameAddr<'a> {
    /// Display name as it came, with quotes; `None` when there is none.
    pub display: Option<&'a [u8]>,
    /// The URI as it came, without brackets.
    pub uri: &'a [u8],
    /// Parameters of the header.
    pub params: Params<'a>,
}

impl<'a> NameAddr<'a> {
    /// Reads one address; `None` when it is malformed. The URI is looked into only by [`NameAddr::uri`].
    pub fn parse(text: &'a [u8]) -> Option<NameAddr<'a>> {
        let text = text.trim_ascii();
        let (display, rest) = match text.first()? {
            b'"' => text.split_at(quoted_length(text)?),
            _ => (&text[..0], text),
        };
        let address = match rest.iter().position(|&byte| byte == b'<') {
            Some(at) => {
                let display = if display.is_empty() { rest[..at].trim_ascii() } else { display };
                let (uri, after) = cut(&rest[at + 1..], b'>');
                let params = Params::parse(after?)?;
                NameAddr { display: Some(display).filter(|it| !it.is_empty()), uri: uri.trim_ascii(), params }
            }
            None if display.is_empty() => NameAddr::parse_bare(rest)?,
            None => return None,
        };
        (!address.uri.is_empty() && address.params.are_sound()).then_some(address)
    }

    /// Without brackets a `?` or a comma would be ambiguous: section 20 demands the brackets then.
    fn parse_bare(text: &'a [u8]) -> Option<NameAddr<'a>> {
        let end = text.iter().position(|&byte| byte == b';').unwrap_or(text.len());
        let uri = text[..end].trim_ascii();
        if uri.iter().any(|byte| b"?, \t".contains(byte)) {
            return None;
        }
        Some(NameAddr { display: None, uri, params: Params::parse(&text[end..])? })
    }

    /// The URI taken apart; `None` when it is malformed.
    pub fn uri(&self) -> Option<Uri<'a>> {
        Uri::parse(self.uri)
    }

    /// The `tag` of a From or To, if it is not empty.
    pub fn tag(&self) -> Option<&'a [u8]> {
        self.params.get("tag").filter(|tag| !tag.is_empty())
    }

    /// The `expires` of a Contact. Too large a number is the largest; nonsense is `None`.
    pub fn expires(&self) -> Option<u32> {
        self.params.get("expires").and_then(seconds)
    }

    /// The display name without quotes and backslashes.
    pub fn display_name(&self) -> Option<Cow<'a, [u8]>> {
        self.display.map(unquote)
    }

    /// The `*` of a REGISTER that takes back everything (section 10.2.2).
    pub fn is_star(&self) -> bool {
        self.uri == b"*"
    }
}

/// Length of the quoted string that `text` begins with, quotes included; `None` when it does not end.
fn quoted_length(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        match text.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> NameAddr<'_> {
        NameAddr::parse(text.as_bytes()).unwrap_or_else(|| panic!("{text} is an address"))
    }

    #[test]
    fn display_uri_and_tag_are_found_in_every_spelling() {
        for (text, display, uri, tag) in [
            ("\"A \\\" B\" <sip:a@b>;tag=1", Some("A \" B"), "sip:a@b", Some("1")),
            ("caller<sip:a@b>;x;tag=2", Some("caller"), "sip:a@b", Some("2")),
            ("Bell, Alexander <sip:a@b>", Some("Bell, Alexander"), "sip:a@b", None),
            ("\"x <y>\" < sip:a@b;p > ; tag = 3", Some("x <y>"), "sip:a@b;p", Some("3")),
            ("sip:a@b;tag=4", None, "sip:a@b", Some("4")),
            ("<sip:a@b>", None, "sip:a@b", None),
            ("<tel:+3905527>;tag=", None, "tel:+3905527", None),
        ] {
            let address = address(text);
            assert_eq!(address.display_name().as_deref(), display.map(str::as_bytes), "{text}");
            assert_eq!(address.uri, uri.as_bytes(), "{text}");
            assert_eq!(address.tag(), tag.map(str::as_bytes), "{text}");
        }
    }

    #[test]
    fn parameters_without_brackets_belong_to_the_header() {
        assert_eq!(address("sip:+1972@gw1.example.net;unknownparam").uri, b"sip:+1972@gw1.example.net");
        assert_eq!(address("<sip:+1972@gw1.example.net;unknownparam>").params, Params::NONE);
    }

    #[test]
    fn malformed_addresses_are_refused() {
        for text in [
            "",
            "<>",
            "\"Mr. J. User <sip:j@b>",
            "<sip:a@b",
            "<sip:a@b>;;;",
            "\"only a name\"",
            "sip:a@b?Route=x",
            "<sip:a@b> junk",
        ] {
            assert_eq!(NameAddr::parse(text.as_bytes()), None, "{text:?}");
        }
    }
}
