//! The message layer as a whole: reading, checking, and what is due for a fault. Torture messages are in `tests/it`.

use super::*;

const INVITE: &[u8] = b"INVITE sip:055055@firenze.example;user=phone SIP/2.0\r\n\
v: SIP/2.0/UDP 192.0.2.1:5062;rport;branch=z9hG4bK776,\r\n SIP/2.0/TCP other.example;branch=z9hG4bK1\r\n\
Via: SIP/2.0/UDP third.example\r\n\
Max-Forwards: 0068\r\n\
f: \"Mario \\\"M\\\" Rossi\" <sip:+390552768224@192.0.2.1>;tag=1928\r\n\
TO : <sip:055055@firenze.example>\r\n\
i: a84b4c76e66710@192.0.2.1\r\n\
CSeq: 314159\r\n\tINVITE\r\n\
Contact: <sip:mario@192.0.2.1:5062;transport=udp>, <sip:b@example.com>;q=0.1\r\n\
X-Note: caff\xe8\r\n\
Expires: 99999999999\r\n\
Content-Type: application/sdp ; charset=utf-8\r\n\
l: 5\r\n\r\nv=0\r\nmore";

fn read(bytes: &[u8]) -> Message {
    Message::parse_datagram(bytes).unwrap_or_else(|error| panic!("{error}"))
}

/// The INVITE with one piece replaced.
fn spoilt(from: &str, to: &str) -> Vec<u8> {
    let at = INVITE.windows(from.len()).position(|window| window == from.as_bytes()).expect("it is there");
    [&INVITE[..at], to.as_bytes(), &INVITE[at + from.len()..]].concat()
}

/// What comes of a message: its first fault, and what is due.
fn fate(bytes: &[u8]) -> Option<(Fault, Reaction)> {
    match Message::parse_datagram(bytes) {
        Ok(message) => message.check().err().map(|fault| (fault, message.reaction_to(fault))),
        Err(error) => Some((error.fault, error.reaction())),
    }
}

#[test]
fn headers_are_read_in_every_spelling() {
    let invite = read(INVITE);
    assert_eq!(invite.check(), Ok(()));
    assert_eq!((invite.is_request(), invite.method(), invite.status()), (true, Method::Invite, 0));
    assert_eq!(invite.request_uri(), b"sip:055055@firenze.example;user=phone");
    assert_eq!(invite.headers(Name::Via).count(), 3);
    assert_eq!(
        invite.top_via().map(|via| (via.branch, via.rport)),
        Ok((Some(&b"z9hG4bK776"[..]), Some(None)))
    );
    assert_eq!(invite.from().map(|from| from.tag()), Ok(Some(&b"1928"[..])));
    assert_eq!(invite.to().map(|to| to.tag()), Ok(None));
    assert_eq!(invite.call_id(), Ok(&b"a84b4c76e66710@192.0.2.1"[..]));
    assert_eq!(invite.cseq(), Ok(CSeq { number: 314_159, method: Method::Invite }));
    assert_eq!(invite.max_forwards(), Ok(Some(68)));
    assert_eq!(invite.expires(), Some(u32::MAX));
    assert_eq!(invite.addresses(Name::Contact).count(), 2);
    assert_eq!(invite.header_other("x-note"), Some(&b"caff\xe8"[..]));
    assert_eq!(invite.content_type(), Some(&b"application/sdp"[..]));
    assert_eq!((invite.content_length(), invite.body()), (Some(5), &b"v=0\r\n"[..]));
}

#[test]
fn status_lines_are_read_with_and_without_reason() {
    for (line, status, reason) in
        [("200 OK", 200, "OK"), ("100 ", 100, ""), ("486", 486, ""), ("699 a b  c", 699, "a b  c")]
    {
        let message = read(format!("SIP/2.0 {line}\r\nCSeq: 1 BYE\r\n\r\n").as_bytes());
        assert_eq!((message.status(), message.reason()), (status, reason.as_bytes()), "{line}");
        assert_eq!(message.method(), Method::Bye);
    }
}

#[test]
fn fault_is_answered_by_its_status() {
    for (from, to, fault) in [
        ("SIP/2.0\r\nv", "SIP/3.0\r\nv", Fault::Version),
        ("INVITE sip", "INVITE  sip", Fault::RequestLine),
        ("phone SIP/2.0", "phone SIP/2.0 ", Fault::RequestLine),
        ("example;user", "exa]mple;user", Fault::RequestUri),
        ("X-Note:", "X Note:", Fault::HeaderLine),
        ("X-Note:", "X-Note", Fault::HeaderLine),
        ("Rossi\"", "Rossi", Fault::Malformed(Name::From)),
        ("192.0.2.1:5062;rport", "192.0.2.1:506200;rport", Fault::Malformed(Name::Via)),
        ("0068", "256", Fault::Malformed(Name::MaxForwards)),
        ("314159", "2147483648", Fault::Malformed(Name::CSeq)),
        ("\tINVITE", "\tBYE", Fault::MethodMismatch),
        ("X-Note: ", "Call-ID: ", Fault::Repeated(Name::CallId)),
        ("l: 5", "l: -5", Fault::ContentLength),
        ("l: 5", "l: 5\r\nContent-Length: 5", Fault::ContentLength),
        ("l: 5", "l: 99", Fault::BodyCut),
        ("<sip:b@", "<sip:b b@", Fault::Malformed(Name::Contact)),
    ] {
        let status = if fault == Fault::Version { 505 } else { 400 };
        assert_eq!(fate(&spoilt(from, to)), Some((fault, Reaction::Answer(status))), "{from:?} -> {to:?}");
    }
}

#[test]
fn what_cannot_be_answered_is_dropped() {
    for (bytes, fault) in [
        (b"\r\n\r\n".to_vec(), Fault::Empty),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), Fault::NotSip),
        (vec![b'x'; MAX_MESSAGE + 1], Fault::TooLarge),
        (spoilt("INVITE sip", "ACK sip"), Fault::MethodMismatch),
        (spoilt("i: ", "X: "), Fault::Missing(Name::CallId)),
        (b"SIP/2.0 4294967301 no\r\n\r\n".to_vec(), Fault::StatusLine),
        (b"SIP/2.0 20 no\r\n\r\n".to_vec(), Fault::StatusLine),
    ] {
        assert_eq!(fate(&bytes), Some((fault, Reaction::Drop)), "{fault}");
    }
}

#[test]
fn number_of_header_fields_is_bounded() {
    let flood = spoilt("X-Note: ", &"X: y\r\n".repeat(MAX_HEADERS));
    let error = Message::parse_datagram(flood).expect_err("too many");
    assert_eq!((error.fault, error.fault.status()), (Fault::TooManyHeaders, 513));
    assert_eq!(error.partial.map(|partial| partial.all_fields().count()), Some(MAX_HEADERS));
}

#[test]
fn star_is_a_contact_of_register_only() {
    let register = |method: &str| {
        let text = format!(
            "{method} sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@a>;tag=1\r\nTo: <sip:a@a>\r\n\
             Call-ID: 1\r\nCSeq: 1 {method}\r\nContact: *\r\n\r\n"
        );
        read(text.as_bytes()).check()
    };
    assert_eq!(register("REGISTER"), Ok(()));
    assert_eq!(register("OPTIONS"), Err(Fault::Malformed(Name::Contact)));
}

#[test]
fn debug_output_shows_no_content() {
    assert_eq!(format!("{:?}", read(INVITE)), "Message(INVITE, 12 header fields, body of 5 bytes)");
}
