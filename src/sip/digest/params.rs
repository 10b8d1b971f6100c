//! The parameters of a `Digest` challenge or answer: `name=token` or `name="quoted"`, with commas between (RFC 7616 section 3.4).

use std::borrow::Cow;

/// More parameters than any phone sends; the rest of the header is not looked at.
const MOST: usize = 32;

/// The parameters of one header value.
pub(super) struct Params<'a> {
    pairs: Vec<(&'a [u8], Cow<'a, [u8]>)>,
}

impl<'a> Params<'a> {
    /// `None` when the scheme is not `Digest` or a quotation does not end.
    pub(super) fn parse(value: &'a [u8]) -> Option<Params<'a>> {
        let value = value.trim_ascii_start();
        let (scheme, mut rest) = value.split_at_checked(6)?;
        if !scheme.eq_ignore_ascii_case(b"digest") || !rest.first()?.is_ascii_whitespace() {
            return None;
        }
        let mut pairs = Vec::with_capacity(12);
        while pairs.len() < MOST {
            rest = skip_separators(rest);
            let Some(equals) = rest.iter().position(|&b| b == b'=') else { break };
            let name = rest[..equals].trim_ascii();
            let (text, after) = value_of(rest[equals + 1..].trim_ascii_start())?;
            pairs.push((name, text));
            rest = after;
        }
        Some(Params { pairs })
    }

    /// The first with this name.
    pub(super) fn named(&self, name: &str) -> Option<&[u8]> {
        let found = self.pairs.iter().find(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()));
        found.map(|(_, text)| text.as_ref())
    }
}

fn skip_separators(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|b| *b != b',' && !b.is_ascii_whitespace()).unwrap_or(text.len());
    &text[start..]
}

/// A token, or a quoted string without its quotes, and what follows.
fn value_of(text: &[u8]) -> Option<(Cow<'_, [u8]>, &[u8])> {
    if text.first() != Some(&b'"') {
        let end = text.iter().position(|&b| b == b',').unwrap_or(text.len());
        return Some((Cow::Borrowed(text[..end].trim_ascii()), &text[end..]));
    }
    let mut escaped = false;
    let mut has_escapes = false;
    for (index, &byte) in text.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => (escaped, has_escapes) = (true, true),
            b'"' => {
                let inner = &text[1..index];
                let inner = if has_escapes { Cow::Owned(unescaped(inner)) } else { Cow::Borrowed(inner) };
                return Some((inner, &text[index + 1..]));
            }
            _ => {}
        }
    }
    None
}

fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        plain.push(if byte == b'\\' { *bytes.next().unwrap_or(&byte) } else { byte });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_come_quoted_or_bare_in_any_spacing() {
        let params =
            Params::parse(br#"digest realm = "a \"b\", c" ,nc=00000001,qop=auth, , URI="sip:x""#).unwrap();
        assert_eq!(params.named("realm"), Some(&br#"a "b", c"#[..]));
        assert_eq!(params.named("nc"), Some(&b"00000001"[..]));
        assert_eq!(params.named("QOP"), Some(&b"auth"[..]));
        assert_eq!(params.named("uri"), Some(&b"sip:x"[..]));
        assert_eq!(params.named("opaque"), None);
    }

    #[test]
    fn other_schemes_and_open_quotes_are_nothing() {
        for value in
            [&b"NoOneKnowsThisScheme opaque-data=here"[..], b"Digest", b"Digestive a=b", b"", b"Digest a=\"b"]
        {
            assert!(Params::parse(value).is_none());
        }
    }
}
