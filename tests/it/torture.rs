//! The torture messages of RFC 4475 (SIP) and RFC 5118 (IPv6), held against their manifests at the level of the message
//! layer: what is to be accepted reads well, what is to be refused is refused with the right answer, over both framings.

use std::fs;
use std::path::{Path, PathBuf};

use centralino::sdp::{Description, Local, SdpError};
use centralino::sip::message::{
    Builder, Frame, Message, Method, Name, NameAddr, ParseError, Reaction, Scheme, StreamFramer, Uri, Via,
};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// One line of a manifest.
pub(crate) struct Case {
    /// `rfc4475/wsinv.dat`.
    pub(crate) file: String,
    /// The reactions that are right: statuses, `accept`, `absorb`, `drop`, `close`, `any`.
    pub(crate) expected: Vec<String>,
    /// The octets.
    pub(crate) bytes: Vec<u8>,
}

fn torture_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/torture")
}

/// Every case of both manifests.
pub(crate) fn cases() -> Vec<Case> {
    ["rfc4475", "rfc5118"].into_iter().flat_map(cases_of).collect()
}

fn cases_of(rfc: &str) -> Vec<Case> {
    let directory = torture_directory().join(rfc);
    let manifest = fs::read_to_string(directory.join("manifest.tsv")).expect("a manifest");
    let mut rows = manifest.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let header = rows.next().expect("a header");
    let column = |name| header.iter().position(|&title| title == name).expect("a column");
    let (file, expected) = (column("file"), column("expected"));
    rows.map(|row| Case {
        file: format!("{rfc}/{}", row[file]),
        expected: row[expected].split('|').map(str::to_owned).collect(),
        bytes: fs::read(directory.join(row[file])).expect("a torture message"),
    })
    .collect()
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(torture_directory().join(name)).expect("a torture message")
}

fn message(name: &str) -> Message {
    let message = Message::parse_datagram(bytes(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    message.check().unwrap_or_else(|fault| panic!("{name}: {fault}"));
    message
}

/// What the message layer makes of a message, in the manifest's words.
fn verdicts(result: &Result<Message, ParseError>) -> Vec<String> {
    let (reaction, close) = match result {
        Ok(message) => match message.check() {
            Ok(()) => return accepted(message),
            Err(fault) => (message.reaction_to(fault), false),
        },
        Err(error) => (error.reaction(), error.close),
    };
    let answer = match reaction {
        Reaction::Answer(status) => status.to_string(),
        Reaction::Drop => "drop".to_owned(),
    };
    let close = if close { "close" } else { "" };
    // A response that is dropped is absorbed.
    let absorbed = if reaction == Reaction::Drop { "absorb" } else { "" };
    [answer, close.to_owned(), absorbed.to_owned()].into()
}

/// An accepted message may get any answer that the layers above choose; they need the scheme for 416.
fn accepted(message: &Message) -> Vec<String> {
    if !message.is_request() {
        return vec!["absorb".to_owned()];
    }
    let uri = Uri::parse(message.request_uri()).expect("checked");
    let to = message.to().expect("checked").uri().expect("checked");
    let foreign = [uri, to].iter().any(|uri| matches!(uri.scheme, Scheme::Other(_)));
    let above = if foreign {
        vec!["416"]
    } else {
        vec!["accept", "401", "404", "405", "406", "415", "420", "481", "483", "501"]
    };
    above.into_iter().map(str::to_owned).collect()
}

fn assert_expected(case: &Case, over: &str, verdicts: &[String]) {
    let right = |expected: &String| expected == "any" || verdicts.contains(expected);
    assert!(
        case.expected.iter().any(right),
        "{} over {over}: {verdicts:?}, expected {:?}",
        case.file,
        case.expected
    );
}

#[test]
fn datagrams_are_taken_or_refused_as_the_manifests_say() {
    for case in cases() {
        assert_expected(&case, "UDP", &verdicts(&Message::parse_datagram(case.bytes.clone())));
    }
}

/// On a stream some messages mean something else: the manifests say so in their notes.
#[test]
fn streams_are_framed_as_the_manifests_say() {
    for mut case in cases() {
        let frames = frames(&case.bytes, case.bytes.len());
        match case.file.as_str() {
            "rfc4475/clerr.dat" | "rfc4475/baddn.dat" => {
                assert!(frames.is_empty(), "{} waits for more", case.file);
                continue;
            }
            "rfc4475/inv2543.dat" => case.expected = vec!["close".to_owned()],
            _ => {}
        }
        let result = match frames.into_iter().next().unwrap_or_else(|| panic!("{}: no frame", case.file)) {
            Frame::Message(message) => Ok(message),
            Frame::Refused(error) => Err(error),
            Frame::Ping => panic!("{}: no ping", case.file),
        };
        assert_expected(&case, "TCP", &verdicts(&result));
    }
}

fn frames(bytes: &[u8], piece: usize) -> Vec<Frame> {
    let mut framer = StreamFramer::new();
    let mut frames = Vec::new();
    for piece in bytes.chunks(piece) {
        framer.push(piece);
        frames.extend(std::iter::from_fn(|| framer.poll()));
    }
    frames
}

#[test]
fn pieces_of_a_stream_may_be_cut_anywhere() {
    for case in cases() {
        let whole = format!("{:?}", frames(&case.bytes, case.bytes.len()));
        for piece in [1, 2, 3, 7, 100] {
            assert_eq!(
                format!("{:?}", frames(&case.bytes, piece)),
                whole,
                "{} in pieces of {piece}",
                case.file
            );
        }
    }
}

#[test]
fn two_messages_in_one_datagram_are_one_and_in_a_stream_two() {
    assert_eq!(message("rfc4475/dblreq.dat").method(), Method::Register);
    let frames = frames(&bytes("rfc4475/dblreq.dat"), 64); // some octets more than the second one needs follow it
    let methods: Vec<_> = frames
        .iter()
        .take(2)
        .map(|frame| match frame {
            Frame::Message(message) => message.method().to_string(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(methods, ["REGISTER", "INVITE"]);
}

#[test]
fn tortuous_invite_reads_like_a_plain_one() {
    let invite = message("rfc4475/wsinv.dat");
    assert_eq!(invite.method(), Method::Invite);
    assert_eq!(invite.to().map(|to| to.tag()), Ok(Some(&b"1918181833n"[..])));
    let from = invite.from().expect("From");
    assert_eq!(from.display_name().as_deref(), Some(&br#"J Rosenberg \""#[..]));
    assert_eq!((from.uri, from.tag()), (&b"sip:jdrosen@example.com"[..], Some(&b"98asjd8"[..])));
    assert_eq!(invite.max_forwards(), Ok(Some(68)));
    assert_eq!(invite.cseq().map(|cseq| (cseq.number, cseq.method)), Ok((9, Method::Invite)));
    assert_eq!(invite.headers(Name::Via).count(), 3);
    assert_eq!(invite.top_via().map(|via| via.branch), Ok(Some(&b"390skdjuw"[..])));
    let second = invite.headers(Name::Via).nth(1).and_then(Via::parse).expect("a Via");
    assert_eq!((second.transport, second.unique_branch()), (&b"TCP"[..], Some(&b"z9hG4bK9ikj8"[..])));
    assert_eq!(invite.header(Name::Subject), Some(&b""[..]));
    let contact = invite.contact().expect("Contact");
    assert_eq!((contact.uri, contact.params.get("q")), (&b"sip:jdrosen@example.com"[..], Some(&b"0.33"[..])));
    assert_eq!(invite.header_other("newfangledheader").map(<[u8]>::len), Some(45));
    assert_eq!(invite.body().len(), 150);
}

#[test]
fn strange_characters_are_kept() {
    let request = message("rfc4475/intmeth.dat");
    assert_eq!(request.method(), Method::Other(b"!interesting-Method0123456789_*+`.%indeed'~"));
    let to = request.to().expect("To");
    assert_eq!(to.display_name().as_deref(), Some(&b"BEL:\x07 NUL:\0 DEL:\x7f"[..]));
    let user = Uri::parse(request.request_uri()).and_then(|uri| uri.user);
    assert_eq!(user, Some(&b"1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"[..]));
    assert_eq!(request.from().map(|from| from.tag()), Ok(Some(&b"_token~1'+`*%!-."[..])));
    let reason = "= 2**3 * 5**2 но сто девяносто девять - простое".as_bytes();
    assert_eq!(message("rfc4475/unreason.dat").reason(), reason);
    assert_eq!(message("rfc4475/noreason.dat").reason(), b"");
}

#[test]
fn escapes_stay_where_they_mean_nothing() {
    let request = message("rfc4475/esc02.dat");
    assert_eq!(request.method(), Method::Other(b"RE%47IST%45R"));
    assert_eq!(request.headers(Name::Contact).count(), 2);
    assert_eq!(request.header_other("C%6Fntact"), Some(&b"<sip:alias2@host2.example.com>"[..]));
    let invite = message("rfc4475/esc01.dat");
    let user = Uri::parse(invite.request_uri()).and_then(|uri| uri.user_unescaped());
    assert_eq!(user.as_deref(), Some(&b"sips:user@example.com"[..]));
}

#[test]
fn escaped_nul_is_a_character_of_the_name() {
    let register = message("rfc4475/escnull.dat");
    let user = |address: NameAddr<'_>| {
        address.uri().and_then(|uri| uri.user_unescaped()).map(|user| user.into_owned())
    };
    assert_eq!(register.to().map(user), Ok(Some(b"null-\0-null".to_vec())));
    let contacts: Vec<_> = register.addresses(Name::Contact).map(|contact| contact.map(user)).collect();
    assert_eq!(contacts, [Ok(Some(b"\0".to_vec())), Ok(Some(b"\0\0".to_vec()))]);
}

#[test]
fn binary_body_is_framed_by_its_length() {
    let request = message("rfc4475/mpart01.dat");
    assert_eq!(request.body().len(), 553);
    assert!(request.body().ends_with(b"--7a9cbec02ceef655--\r\n"));
    assert_eq!(request.content_type(), Some(&b"multipart/mixed"[..]));
}

#[test]
fn parameters_belong_to_contact_or_to_its_uri() {
    let contact = |name| {
        message(name).contact().map(|it| (it.uri.to_vec(), it.params.has("unknownparam"))).expect("Contact")
    };
    assert_eq!(contact("rfc4475/cparam01.dat"), (b"sip:+19725552222@gw1.example.net".to_vec(), true));
    assert_eq!(
        contact("rfc4475/cparam02.dat"),
        (b"sip:+19725552222@gw1.example.net;unknownparam".to_vec(), false)
    );
    assert_eq!(contact("rfc4475/regescrt.dat").0, b"sip:user@example.com?Route=%3Csip:sip.example.com%3E");
}

#[test]
fn long_values_are_kept_whole() {
    let invite = message("rfc4475/longreq.dat");
    assert_eq!(invite.headers(Name::Via).count(), 34);
    assert_eq!(invite.body().len(), 150);
}

#[test]
fn ipv6_addresses_are_read_where_they_may_stand() {
    let uri = |name| message(&format!("rfc5118/{name}.dat")).request_uri().to_vec();
    let host = |name| Uri::parse(&uri(name)).and_then(|uri| Some((uri.host?.ip()?.to_string(), uri.port)));
    assert_eq!(host("ipv6-good"), Some(("2001:db8::10".to_owned(), None)));
    assert_eq!(host("port-ambiguous"), Some(("2001:db8::10:5070".to_owned(), None)));
    assert_eq!(host("port-unambiguous"), Some(("2001:db8::10".to_owned(), Some(5070))));
    assert_eq!(host("ipv6-bug-abnf-3-colons"), host("ipv6-correct-abnf-2-colons"));
    for (name, received) in [
        ("via-received-param-with-delim", "2001:db8::9:255"),
        ("via-received-param-no-delim", "2001:db8::9:255"),
    ] {
        let message = message(&format!("rfc5118/{name}.dat"));
        assert_eq!(message.top_via().map(|via| via.received), Ok(received.parse().ok()), "{name}");
    }
    assert_eq!(message("rfc5118/mult-ip-in-header.dat").headers(Name::Via).count(), 3);
}

#[test]
fn bodies_of_the_torture_messages_are_answered_by_what_is_in_them() {
    let answer = |name: &str| {
        let mut local = Local::new("192.0.2.9".parse().expect("an address"), 20_000, 1);
        local.answer(message(name).body()).map(|(_, negotiated)| negotiated.addr.map(|addr| addr.to_string()))
    };
    assert_eq!(answer("rfc4475/wsinv.dat"), Ok(Some("192.0.2.4:49217".to_owned())));
    assert_eq!(answer("rfc5118/mult-ip-in-sdp.dat"), Ok(Some("192.0.2.1:22334".to_owned())));
    assert_eq!(answer("rfc5118/ipv6-in-sdp.dat"), Err(SdpError::NoCodec));
    assert_eq!(answer("rfc5118/ipv4-mapped-ipv6.dat"), Err(SdpError::NoCodec));
}

/// Random harm to real messages: the message layer never panics, and whatever it would answer is itself well-formed and
/// holds no header of the harmer's choosing.
#[test]
fn damaged_messages_never_break_the_reader() {
    const ROUNDS: usize = 500;
    let cases = cases();
    let mut rng = ChaCha8Rng::seed_from_u64(4475);
    for case in &cases {
        for _ in 0..ROUNDS {
            let bytes = damage(&case.bytes, &cases, &mut rng);
            exercise(Message::parse_datagram(bytes.as_slice()));
            for frame in frames(&bytes, rng.random_range(1..400)) {
                match frame {
                    Frame::Message(message) => exercise(Ok(message)),
                    Frame::Refused(error) => exercise(Err(error)),
                    Frame::Ping => {}
                }
            }
        }
    }
}

fn damage(bytes: &[u8], others: &[Case], rng: &mut ChaCha8Rng) -> Vec<u8> {
    const TRICKY: &[&[u8]] = &[
        b"\r\n",
        b"\r\n ",
        b"\n",
        b"\"",
        b"<",
        b">",
        b";",
        b",",
        b"\\",
        b"%",
        b"\0",
        b"[",
        b":",
        b"@",
        b"\r\n\r\n",
    ];
    let mut bytes = bytes.to_vec();
    for _ in 0..rng.random_range(1..6) {
        let at = rng.random_range(0..=bytes.len());
        let end = (at + rng.random_range(0..40)).min(bytes.len());
        match rng.random_range(0..5) {
            0 => bytes.truncate(at.max(1)),
            1 => drop(bytes.drain(at..end)),
            2 => drop(bytes.splice(at..at, TRICKY[rng.random_range(0..TRICKY.len())].iter().copied())),
            3 => bytes[at..end].iter_mut().for_each(|byte| *byte = rng.random()),
            _ => {
                let other = &others[rng.random_range(0..others.len())].bytes;
                let from = rng.random_range(0..other.len());
                bytes.splice(at..at, other[from..(from + 60).min(other.len())].iter().copied());
            }
        }
    }
    bytes
}

fn exercise(result: Result<Message, ParseError>) {
    let message = match result {
        Ok(message) => message,
        Err(ParseError { partial: Some(partial), .. }) => *partial,
        Err(_) => return,
    };
    let _ = message.check();
    let _ = Description::parse(message.body());
    let mut local = Local::new("192.0.2.9".parse().expect("an address"), 20_000, 1);
    if let Ok((answer, _)) = local.answer(message.body()) {
        assert!(Description::parse(&answer).is_ok(), "{}", answer.escape_ascii());
    }
    let _ = local.read_answer(message.body());
    let _ = message.contact().map(|contact| (contact.expires(), contact.is_star()));
    let _ = (message.expires(), message.content_type(), message.seconds(Name::RetryAfter), message.reason());
    for (name, ..) in message.all_fields() {
        for address in message.addresses(name).flatten() {
            let _ = address.uri().map(|uri| uri.user_unescaped());
        }
    }
    let source = "192.0.2.9:5060".parse().expect("an address");
    let response = Builder::response(&message, 400, "Bad\r\nRequest", source, Some("ours"))
        .header(Name::Server, "x\r\ny: z")
        .finish();
    let read = Message::parse_datagram(response.as_slice());
    let read = read.unwrap_or_else(|error| panic!("{error}: {}", response.escape_ascii()));
    let known = [
        Name::Via,
        Name::From,
        Name::To,
        Name::CallId,
        Name::CSeq,
        Name::RecordRoute,
        Name::Server,
        Name::ContentLength,
    ];
    assert!(read.all_fields().all(|(name, ..)| known.contains(&name)), "{}", response.escape_ascii());
}
