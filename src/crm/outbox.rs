//! What waits to be sent to citizens: messages that flows have queued and a gateway will take up.
//!
//! A message is on record with its contact, sealed with the contact's key as the number is: who erases the contact erases it too.

use serde::{Deserialize, Serialize};

use crate::ids::{ContactId, Language};
use crate::journal::Lsn;
use crate::journal::entry::Personal;
use crate::journal::seal::Keys;
use crate::time::rome;
use crate::words::Channel;

/// Longest text of a message: ten parts of an SMS.
const MAX_LETTERS: usize = 1530;
/// Longest address (RFC 5321 section 4.5.3.1.3).
const MAX_ADDRESS: usize = 254;

/// To whom, and what: the sealed part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// The number, in digits with or without `+`; or the address.
    pub to: String,
    /// What it says.
    pub text: String,
}

/// The message cannot be sent to anybody; without a word of what was in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LetterError {
    /// No number of a phone.
    #[error("an SMS cannot go to this number: it has not 6 to 15 digits")]
    Number,
    /// No address.
    #[error("an e-mail cannot go to this address: it is not like `name@server.it`")]
    Address,
    /// Nothing to say, or too much.
    #[error("the message is empty or longer than {MAX_LETTERS} letters")]
    Text,
}

impl Letter {
    /// A letter that can be sent this way.
    ///
    /// # Errors
    /// The address is none, or the text is too long. Both end up in other machines' headers, so that nothing unusual gets through.
    pub fn new(channel: Channel, to: &str, text: &str) -> Result<Letter, LetterError> {
        let to = match channel {
            Channel::Sms => number(to).ok_or(LetterError::Number)?,
            Channel::Email => {
                Some(to.trim()).filter(|to| is_address(to)).ok_or(LetterError::Address)?.to_owned()
            }
        };
        if text.trim().is_empty() || text.chars().count() > MAX_LETTERS {
            return Err(LetterError::Text);
        }
        Ok(Letter { to, text: text.to_owned() })
    }
}

fn number(text: &str) -> Option<String> {
    let plain: String = text.chars().filter(|c| !" -/.".contains(*c)).collect();
    let digits = plain.strip_prefix('+').unwrap_or(&plain);
    let is_number = (6..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(plain)
}

fn is_address(text: &str) -> bool {
    let is_plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._%+-".contains(&byte))
    };
    let parts = text.split_once('@');
    text.len() <= MAX_ADDRESS
        && parts.is_some_and(|(name, server)| is_plain(name) && is_plain(server) && server.contains('.'))
}

/// A message on record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its place in the journal, which tells it from all others.
    pub message: Lsn,
    /// When it was queued.
    pub at_ms: i64,
    /// By whose call.
    pub contact: ContactId,
    /// Which way it goes.
    pub channel: Channel,
    /// Written in.
    pub language: Language,
    /// The [`Letter`] as JSON; sealed.
    pub letter: Personal,
}

/// One line of `outbox list --format json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageLine {
    /// Its number.
    pub message: Lsn,
    /// When it was queued, RFC 3339 in Rome's time.
    pub queued: String,
    /// By whose call.
    pub contact: ContactId,
    /// Which way it goes.
    pub channel: Channel,
    /// Written in.
    pub language: Language,
    /// To whom; nothing when it was erased.
    pub to: Option<String>,
    /// What it says; nothing when it was erased.
    pub text: Option<String>,
}

impl Message {
    /// As people and scripts read it.
    pub fn line(&self, keys: &Keys) -> MessageLine {
        let letter = match keys.unseal(self.contact, "letter", &self.letter) {
            Personal::Clear(json) => serde_json::from_str::<Letter>(&json).ok(),
            Personal::Sealed(_) | Personal::Erased => None,
        };
        let (to, text) = letter.map(|letter| (letter.to, letter.text)).unzip();
        MessageLine {
            message: self.message,
            queued: rome(self.at_ms),
            contact: self.contact,
            channel: self.channel,
            language: self.language.clone(),
            to,
            text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letter_goes_where_a_letter_can_go() {
        let long = "x".repeat(MAX_LETTERS + 1);
        for (channel, to, text, expected) in [
            (Channel::Sms, "+39 333 1234567", "ciao", Ok("+393331234567")),
            (Channel::Sms, "anonymous", "ciao", Err(LetterError::Number)),
            (Channel::Sms, "113", "ciao", Err(LetterError::Number)),
            (Channel::Sms, "", "ciao", Err(LetterError::Number)),
            (Channel::Email, "anna@comune.it", "ciao", Ok("anna@comune.it")),
            (Channel::Email, "anna@comune.it\r\nBcc: tutti@comune.it", "ciao", Err(LetterError::Address)),
            (Channel::Email, "anna@comune", "ciao", Err(LetterError::Address)),
            (Channel::Email, "a@b@c.it", "ciao", Err(LetterError::Address)),
            (Channel::Sms, "3331234567", " ", Err(LetterError::Text)),
            (Channel::Sms, "3331234567", &long, Err(LetterError::Text)),
        ] {
            let made = Letter::new(channel, to, text);
            assert_eq!(
                made.as_ref().map(|letter| letter.to.as_str()).map_err(|error| *error),
                expected,
                "{to}"
            );
        }
    }
}
