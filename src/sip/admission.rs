//! Who may call, and as whom.
//!
//! A caller whose From names one of our users must prove it, wherever the call comes from: a trunk is trusted for the numbers
//! of the world, not for the names of seats. Anybody else may call from a trunk's addresses; those who are neither are
//! challenged like a user who forgot the password, so that nobody learns which names exist.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::Peer;
use super::message::{Host, Message, Name, NameAddr, Scheme, Uri};
use crate::letters::is_invisible;

/// Longest number or name taken over from a caller, in characters.
const LONGEST_NAME: usize = 64;

/// What is asked of a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// To prove to be this user (who may not exist).
    Proof(String),
    /// Nothing.
    Nothing(Peer),
}

/// The rules.
#[derive(Debug)]
pub(crate) struct Admission {
    /// Users by their name in lower case: `SEAT01` from a trunk is no number either.
    users: BTreeMap<String, Arc<str>>,
    trunks: Vec<(Arc<str>, IpNet)>,
}

impl Admission {
    pub(crate) fn new<'a>(
        users: impl Iterator<Item = &'a Arc<str>>,
        trunks: Vec<(Arc<str>, IpNet)>,
    ) -> Admission {
        Admission { users: users.map(|user| (user.to_lowercase(), user.clone())).collect(), trunks }
    }

    /// What a new call from `source` has to show.
    pub(crate) fn demand(&self, invite: &Message, source: IpAddr) -> Demand {
        let user = invite.from().ok().and_then(|from| user_of(&from.uri()?)).unwrap_or_default();
        match (self.user(&user), self.trunk(source)) {
            (Some(user), _) => Demand::Proof(user.to_string()),
            (None, Some(trunk)) => Demand::Nothing(Peer::Trunk(trunk)),
            (None, None) => Demand::Proof(user),
        }
    }

    fn user(&self, name: &str) -> Option<&Arc<str>> {
        // A number has no case, and is what most callers come with.
        let is_lower = name.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
        if is_lower { self.users.get(name) } else { self.users.get(&name.to_lowercase()) }
    }

    fn trunk(&self, source: IpAddr) -> Option<Arc<str>> {
        let source = source.to_canonical();
        self.trunks.iter().find(|(_, range)| range.contains(&source)).map(|(name, _)| name.clone())
    }

    /// Number and display name of an admitted caller. Empty number: anonymous (RFC 3323). Only a trunk's
    /// P-Asserted-Identity is believed (RFC 3325), and not when it names one of our users.
    pub(crate) fn identity(&self, invite: &Message, peer: &Peer) -> (String, Option<String>) {
        let asserted = match peer {
            Peer::Trunk(_) => self.asserted(invite),
            Peer::User(_) => None,
        };
        // Who the caller says to be; `None`: nobody.
        let own = invite.from().ok().and_then(|from| Some((from, name_of(&from)?)));
        if wants_privacy(invite) || (asserted.is_none() && own.is_none()) {
            return (String::new(), None);
        }
        let (from, own) = own.unzip();
        let display = from.and_then(|from| from.display_name()).map(|name| display_text(&name));
        (asserted.or(own).unwrap_or_default(), display.filter(|display| !display.trim().is_empty()))
    }

    fn asserted(&self, invite: &Message) -> Option<String> {
        let mut users = invite
            .addresses(Name::PAssertedIdentity)
            .filter_map(Result::ok)
            .filter_map(|address| user_of(&address.uri()?));
        users.find(|user| !user.is_empty() && self.user(user).is_none())
    }
}

/// User part of a URI, or number of a `tel:`, as a person would read it: unescaped, without the parameters that a network
/// adds to a number (`055055;npdi`), without spaces and what cannot be seen. So nobody passes for another by what only a
/// machine tells apart.
pub(crate) fn user_of(uri: &Uri<'_>) -> Option<String> {
    match uri.scheme {
        Scheme::Sip | Scheme::Sips | Scheme::Tel => uri.user_unescaped().map(|user| user_text(&user)),
        Scheme::Other(_) => None,
    }
}

fn user_text(bytes: &[u8]) -> String {
    // Numbers and names of seats, nearly always: every character of them is visible and stays.
    if bytes.len() <= LONGEST_NAME && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'+') {
        return bytes.iter().map(|byte| char::from(*byte)).collect();
    }
    let text = String::from_utf8_lossy(bytes);
    let user = text.split(';').next().unwrap_or_default();
    user.chars().filter(|&c| !c.is_whitespace() && !is_invisible(c)).take(LONGEST_NAME).collect()
}

/// A name to be shown: on one line, and in the direction in which it is written.
fn display_text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let visible = text.chars().filter(|&c| !is_invisible(c));
    visible.map(|c| if c.is_whitespace() { ' ' } else { c }).take(LONGEST_NAME).collect()
}

fn wants_privacy(invite: &Message) -> bool {
    let mut words = invite.fields(Name::Privacy).flat_map(|value| value.split(|byte| b";, ".contains(byte)));
    words.any(|word| word.eq_ignore_ascii_case(b"id") || word.eq_ignore_ascii_case(b"user"))
}

/// The user part of a From that is not anonymous.
fn name_of(from: &NameAddr<'_>) -> Option<String> {
    let uri = from.uri()?;
    let hidden =
        matches!(uri.host, Some(Host::Name(name)) if name.eq_ignore_ascii_case(b"anonymous.invalid"));
    user_of(&uri).filter(|user| !hidden && !user.is_empty() && !user.eq_ignore_ascii_case("anonymous"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission() -> Admission {
        let users = [Arc::from("seat01")];
        Admission::new(users.iter(), vec![("world".into(), "192.0.2.0/24".parse().unwrap())])
    }

    fn invite(headers: &str) -> Message {
        let text = format!(
            "INVITE sip:055055@x SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK1\r\nTo: <sip:055055@x>\r\n\
             Call-ID: a\r\nCSeq: 1 INVITE\r\n{headers}\r\n\r\n"
        );
        Message::parse_datagram(text).unwrap()
    }

    const TRUNK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 9));
    const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));

    #[test]
    fn a_seats_name_is_challenged_wherever_it_comes_from() {
        for from in [
            "<sip:seat01@x>",
            "<sip:SEAT01@elsewhere>",
            "<sip:se%61t01@x>",
            "\"me\" <sips:seat01@x>",
            "<sip:seat01%20@x>",
            "<sip:seat01;x=1@x>",
            "<sip:Seat01%3bx@x>",
            "<sip:%09seat%0001@x>",
            "<sip:seat%E2%80%8B01@x>",
            "<sip:%E2%80%AEseat01%EF%BB%BF@x>",
            "<sip:seat01%C2%A0@x>",
            "<sip:seat01%F3%A0%81%81@x>",
        ] {
            let invite = invite(&format!("From: {from};tag=1"));
            for source in [TRUNK, ELSEWHERE] {
                assert_eq!(admission().demand(&invite, source), Demand::Proof("seat01".into()), "{from}");
            }
        }
    }

    #[test]
    fn others_may_call_from_a_trunk_and_are_challenged_elsewhere() {
        let invite = invite("From: <sip:0552768224@x>;tag=1");
        let mapped = IpAddr::V6(std::net::Ipv4Addr::new(192, 0, 2, 9).to_ipv6_mapped());
        for source in [TRUNK, mapped] {
            assert_eq!(admission().demand(&invite, source), Demand::Nothing(Peer::Trunk("world".into())));
        }
        assert_eq!(admission().demand(&invite, ELSEWHERE), Demand::Proof("0552768224".into()));
    }

    #[test]
    fn callers_are_known_by_the_number_that_may_be_believed() {
        let trunk = Peer::Trunk("world".into());
        let asserted = "P-Asserted-Identity: <sip:+390551@x>, <tel:+390551>";
        for (headers, peer, number, display) in [
            ("From: \"Anna\" <sip:055%32@x>;tag=1".to_owned(), &trunk, "0552", Some("Anna")),
            ("From: <tel:+39055;phone-context=x>;tag=1".to_owned(), &trunk, "+39055", None),
            (
                "From: \"\u{202e}An\u{200b}na\u{a0}B\" <sip:0552;npdi@x>;tag=1".to_owned(),
                &trunk,
                "0552",
                Some("Anna B"),
            ),
            ("From: \"\u{feff}\" <sip:%E2%80%8B@x>;tag=1".to_owned(), &trunk, "", None),
            ("From: \"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1".to_owned(), &trunk, "", None),
            (format!("From: <sip:1@x>;tag=1\r\n{asserted}"), &trunk, "+390551", None),
            (format!("From: <sip:1@x>;tag=1\r\n{asserted}"), &Peer::User("seat01".into()), "1", None),
            (format!("From: <sip:anonymous@anonymous.invalid>;tag=1\r\n{asserted}"), &trunk, "+390551", None),
            (format!("From: <sip:1@x>;tag=1\r\n{asserted}\r\nPrivacy: id"), &trunk, "", None),
            ("From: <sip:1@x>;tag=1\r\nP-Asserted-Identity: <sip:seat01@x>".to_owned(), &trunk, "1", None),
        ] {
            let (found, name) = admission().identity(&invite(&headers), peer);
            assert_eq!((found.as_str(), name.as_deref()), (number, display), "{headers}");
        }
    }

    #[test]
    fn names_and_numbers_are_no_longer_than_sixty_four_characters() {
        let long = "\u{e8}".repeat(500);
        let invite = invite(&format!("From: \"{long}\" <sip:{}@x>;tag=1", "5".repeat(500)));
        let (number, display) = admission().identity(&invite, &Peer::Trunk("world".into()));
        assert_eq!((number, display), ("5".repeat(64), Some("\u{e8}".repeat(64))));
    }

    #[test]
    fn a_dialled_number_is_found_whatever_the_network_adds_to_it() {
        for uri in ["sip:055055@x", "sip:055055;npdi@x", "sip:055055%20;rn=1@x", "tel:055055;npdi"] {
            assert_eq!(user_of(&Uri::parse(uri.as_bytes()).unwrap()).as_deref(), Some("055055"), "{uri}");
        }
    }
}
