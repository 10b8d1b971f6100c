//! Keys that a phone tells by INFO (RFC 6086) instead of in its sound: `application/dtmf-relay`, or the bare key as `application/dtmf`.
//!
//! No standard says what the body is; what phones send is a line `Signal=5` and one with a duration, which says nothing here. Some write
//! the star as 10 and the hash as 11.

use super::Endpoint;
use super::screen::capabilities;
use crate::sip::dialog::Phase;
use crate::sip::message::{Message, Name};
use crate::sip::{DialogId, Event, Link};
use crate::time::Mono;

impl Endpoint {
    pub(super) fn on_info(&mut self, now: Mono, link: Link, request: Message, id: DialogId) {
        let Some(dialog) = self.dialogs.get(&id) else { return };
        let (tag, is_talking) =
            (dialog.path.local_tag, matches!(dialog.phase, Phase::Confirmed) && !dialog.is_abandoned);
        let content = request.header(Name::ContentType).unwrap_or_default();
        let told =
            if request.body().is_empty() { Ok(None) } else { key_of(content, request.body()).map(Some) };
        let server = self.begin_server(link, request, tag, Some(id));
        self.respond(now, server, told.err().unwrap_or(200), capabilities);
        if let (Ok(Some(key)), true) = (told, is_talking) {
            self.events.push_back(Event::Key { dialog: id, key });
        }
    }
}

/// The key that is told; or the status that refuses it.
fn key_of(content: &[u8], body: &[u8]) -> Result<char, u16> {
    let end = content.iter().position(|byte| *byte == b';').unwrap_or(content.len());
    let kind = content[..end].trim_ascii();
    let text = str::from_utf8(body).map_err(|_| 400u16)?;
    let signal = if kind.eq_ignore_ascii_case(b"application/dtmf-relay") {
        let mut pairs = text.lines().filter_map(|line| line.split_once('='));
        let signal = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("signal"));
        signal.map_or("", |(_, value)| value.trim())
    } else if kind.eq_ignore_ascii_case(b"application/dtmf") {
        text.trim()
    } else {
        return Err(415);
    };
    match (signal, signal.as_bytes()) {
        ("10", _) => Ok('*'),
        ("11", _) => Ok('#'),
        (_, [key @ (b'0'..=b'9' | b'*' | b'#' | b'A'..=b'D' | b'a'..=b'd')]) => {
            Ok(char::from(key.to_ascii_uppercase()))
        }
        _ => Err(400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_phones_write_them() {
        let relay = "application/dtmf-relay";
        for (content, body, key) in [
            (relay, "Signal=5\r\nDuration=160\r\n", Ok('5')),
            (relay, "Signal= *\nDuration= 100", Ok('*')),
            ("Application/DTMF-Relay; x=y", "duration=100\r\nsignal=d", Ok('D')),
            (relay, "Signal=11", Ok('#')),
            ("application/dtmf", "7\r\n", Ok('7')),
            (relay, "Signal=55", Err(400)),
            (relay, "Duration=100", Err(400)),
            ("application/dtmf", "\u{ff15}", Err(400)),
            ("text/plain", "5", Err(415)),
            ("", "5", Err(415)),
        ] {
            assert_eq!(key_of(content.as_bytes(), body.as_bytes()), key, "{content}: {body}");
        }
    }
}
