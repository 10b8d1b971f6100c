//! The small pieces of SIP's grammar: tokens, quoted strings, escapes, parameters (RFC 3261 section 25.1).
//!
//! All of them borrow from the message and take bytes for text: what is not UTF-8 passes through unharmed.

use std::borrow::Cow;

/// What each byte may be part of: one look instead of a search, since every message is checked byte by byte.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0u8;
    loop {
        let at = byte as usize;
        let is_word = byte.is_ascii_alphanumeric();
        if is_word || among(byte, b"-.!%*_+`'~") {
            classes[at] |= TOKEN;
        }
        if is_word || among(byte, b"-._") {
            classes[at] |= HOST;
        }
        if byte > b' ' && byte != 0x7f && !among(byte, b"<>\"") {
            classes[at] |= URI;
        }
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    classes
};
const TOKEN: u8 = 1;
const HOST: u8 = 2;
const URI: u8 = 4;

const fn among(byte: u8, set: &[u8]) -> bool {
    let mut at = 0;
    while at < set.len() {
        if set[at] == byte {
            return true;
        }
        at += 1;
    }
    false
}

fn all_are(text: &[u8], class: u8) -> bool {
    text.iter().all(|&byte| CLASSES[usize::from(byte)] & class != 0)
}

/// Letters, digits and `-.!%*_+`'~`: what a token may hold.
pub fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && all_are(text, TOKEN)
}

/// What the name of a host may hold, underscores included: they are met.
pub(super) fn is_host_name(text: &[u8]) -> bool {
    !text.is_empty() && all_are(text, HOST)
}

/// Nothing that would end a URI where it stands: spaces, control characters, brackets, quotes.
pub(super) fn is_uri_text(text: &[u8]) -> bool {
    all_are(text, URI)
}

/// Reads decimal digits, at least one and nothing else. Beyond 64 bits it stays at the largest number.
pub(super) fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(text.iter().fold(0u64, |sum, digit| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'))))
}

/// Seconds as in `Expires` and `expires=`: a number beyond 32 bits stands for the largest (RFC 3261 section 20.19).
pub(super) fn seconds(text: &[u8]) -> Option<u32> {
    number(text).map(|n| u32::try_from(n).unwrap_or(u32::MAX))
}

/// Splits at the first `separator`, or gives all and nothing.
pub(super) fn cut(text: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    match memchr::memchr(separator, text) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

/// Splits at the first `separator` outside quoted strings and, for commas, outside angle brackets too.
pub(super) fn cut_outside_quotes(text: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    // Most values have no such thing: then this is one quick search.
    let Some(first) = memchr::memchr2(separator, b'"', text) else { return (text, None) };
    let plain = separator != b',' && text[first] == separator;
    if plain {
        return (&text[..first], Some(&text[first + 1..]));
    }
    let (mut quoted, mut bracketed) = (false, false);
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' if quoted => at += 1,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'<' if separator == b',' => bracketed = true,
            b'>' => bracketed = false,
            _ if byte == separator && !bracketed => return (&text[..at], Some(&text[at + 1..])),
            _ => {}
        }
        at += 1;
    }
    (text, None)
}

/// The content of a quoted string with its backslashes resolved; anything else as it is.
pub fn unquote(text: &[u8]) -> Cow<'_, [u8]> {
    let Some(inner) = text.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")) else {
        return Cow::Borrowed(text);
    };
    if !inner.contains(&b'\\') {
        return Cow::Borrowed(inner);
    }
    let mut plain = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(&byte) = bytes.next() {
        plain.push(if byte == b'\\' { bytes.next().copied().unwrap_or(byte) } else { byte });
    }
    Cow::Owned(plain)
}

/// Text as a quoted string, for a display name. Control characters, which could end the line, are left out.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        if matches!(letter, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(letter);
    }
    quoted.push('"');
    quoted
}

/// Text as the user part of a URI: what may not stand there is escaped.
pub fn escape_user(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.extend([
                '%',
                char::from(HEX[usize::from(byte >> 4)]),
                char::from(HEX[usize::from(byte & 15)]),
            ]);
        }
    }
    escaped
}

/// Resolves `%hh` once. `%00` becomes a NUL in the middle of the text, never its end; a `%` that is no escape stays.
pub fn unescape(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'%') {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        match (byte, after) {
            (b'%', [high, low, tail @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                plain.push(hex(*high) << 4 | hex(*low));
                rest = tail;
            }
            _ => {
                plain.push(byte);
                rest = after;
            }
        }
    }
    Cow::Owned(plain)
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20).wrapping_sub(b'a').wrapping_add(10),
    }
}

/// The `;name=value` list after an address, a URI or a Via. Names match in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params<'a> {
    /// From the first `;` on, or empty.
    text: &'a [u8],
}

impl<'a> Params<'a> {
    /// No parameters.
    pub const NONE: Params<'static> = Params { text: b"" };

    /// Takes what follows the element: nothing, or `;...`. `None` when something else follows it.
    pub(in crate::sip) fn parse(text: &'a [u8]) -> Option<Params<'a>> {
        let text = text.trim_ascii();
        (text.is_empty() || text.starts_with(b";")).then_some(Params { text })
    }

    /// What [`Params::as_bytes`] gave.
    pub(super) fn of(text: &'a [u8]) -> Params<'a> {
        Params { text }
    }

    /// As they came, with the leading `;`, or empty.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.text
    }

    /// Each in order: name, and value if it has one. Quoted values keep their quotes.
    pub fn iter(&self) -> impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)> + use<'a> {
        let mut rest = self.text.get(1..);
        std::iter::from_fn(move || {
            let (param, after) = cut_outside_quotes(rest?, b';');
            rest = after;
            let (name, value) = cut(param, b'=');
            Some((name.trim_ascii(), value.map(<[u8]>::trim_ascii)))
        })
    }

    /// The value of the first parameter of this name; empty when it stands without one.
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        let found = self.iter().find(|(candidate, _)| candidate.eq_ignore_ascii_case(name.as_bytes()));
        found.map(|(_, value)| value.unwrap_or_default())
    }

    /// Whether a parameter of this name is there.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Every parameter has a name: no `;;`.
    pub(super) fn are_sound(&self) -> bool {
        self.iter().all(|(name, _)| !name.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved_once_and_nul_does_not_cut() {
        for (escaped, plain) in [
            ("sips%3Auser%40example.com", &b"sips:user@example.com"[..]),
            ("null-%00-null", b"null-\0-null"),
            ("%Z%45", b"%ZE"),
            ("100%", b"100%"),
            ("%2541", b"%41"),
            ("%4", b"%4"),
        ] {
            assert_eq!(&*unescape(escaped.as_bytes()), plain, "{escaped}");
        }
    }

    #[test]
    fn what_we_write_reads_back() {
        for text in ["055055", "a b@c;d", "Tributi \"TARI\" \\", "perché?", "100%41"] {
            assert_eq!(&*unescape(escape_user(text).as_bytes()), text.as_bytes());
            assert_eq!(&*unquote(quote(text).as_bytes()), text.as_bytes());
        }
        assert_eq!(quote("a\r\nb\0"), "\"ab\"");
    }

    #[test]
    fn quoted_strings_keep_separators_together() {
        assert_eq!(cut_outside_quotes(br#""a\",b",c"#, b','), (&br#""a\",b""#[..], Some(&b"c"[..])));
        assert_eq!(cut_outside_quotes(b"<sip:a,b>,c", b','), (&b"<sip:a,b>"[..], Some(&b"c"[..])));
        assert_eq!(&*unquote(br#""J \"R\" \\""#), br#"J "R" \"#);
    }

    #[test]
    fn parameters_are_found_in_any_case_and_with_spaces() {
        let params = Params::parse(b"; Tag = 1a ; lr;x=\"a;b\"").expect("parameters");
        assert_eq!(params.get("tag"), Some(&b"1a"[..]));
        assert_eq!(params.get("LR"), Some(&b""[..]));
        assert_eq!(params.get("x"), Some(&b"\"a;b\""[..]));
        assert_eq!(params.get("y"), None);
        assert!(params.are_sound());
        assert!(!Params::parse(b";;").expect("parameters").are_sound());
        assert_eq!(Params::parse(b"junk"), None);
    }

    #[test]
    fn numbers_never_wrap() {
        assert_eq!(number(b"0068"), Some(68));
        assert_eq!(number(b"-1"), None);
        assert_eq!(number(b""), None);
        assert_eq!(number(b"36893488147419103232"), Some(u64::MAX));
        assert_eq!(seconds(b"280297596632815"), Some(u32::MAX));
    }
}
