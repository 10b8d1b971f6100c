//! Our reading of ordinary messages beside that of `rsip` 0.4, and a list of where the two part and `rsip` is wrong.
//!
//! A fault of `rsip` that disappears in a later version makes its test fail: then the list gets shorter.

use std::fs;
use std::path::Path;

use centralino::sip::message::{Builder, Message, Name};
use rsip::SipMessage;
use rsip::headers::ToTypedHeader;
use rsip::prelude::{HasHeaders, HeadersExt, UntypedHeader};

fn ordinary_messages() -> Vec<(String, Vec<u8>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sip");
    let mut messages: Vec<_> = fs::read_dir(directory)
        .expect("a directory of messages")
        .map(|entry| entry.expect("an entry"))
        .map(|entry| {
            (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).expect("a message"))
        })
        .collect();
    messages.sort();
    messages
}

fn both(name: &str, bytes: &[u8]) -> (Message, SipMessage) {
    let ours = Message::parse_datagram(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    ours.check().unwrap_or_else(|fault| panic!("{name}: {fault}"));
    let theirs = SipMessage::try_from(bytes).unwrap_or_else(|error| panic!("{name}: rsip: {error}"));
    (ours, theirs)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn ordinary_messages_read_alike() {
    let messages = ordinary_messages();
    assert!(messages.len() >= 10);
    for (name, bytes) in messages {
        let (ours, theirs) = both(&name, &bytes);
        match &theirs {
            SipMessage::Request(request) => {
                assert_eq!(ours.method().to_string(), request.method.to_string(), "{name}");
                assert_eq!(text(ours.request_uri()), request.uri.to_string(), "{name}");
                assert_eq!(ours.body(), request.body, "{name}");
            }
            SipMessage::Response(response) => {
                assert_eq!(ours.status(), response.status_code.code(), "{name}");
                assert_eq!(ours.body(), response.body, "{name}");
            }
        }
        assert_headers_alike(&name, &ours, &theirs);
    }
}

fn assert_headers_alike(name: &str, ours: &Message, theirs: &SipMessage) {
    let via = theirs.via_header().and_then(|via| via.typed()).expect("Via");
    let our_via = ours.top_via().expect("Via");
    assert_eq!(text(our_via.transport), via.transport.to_string(), "{name}");
    assert_eq!(our_via.host.to_string(), via.uri.host().to_string(), "{name}");
    assert_eq!(our_via.port, via.uri.port().map(|port| *port.value()), "{name}");
    assert_eq!(our_via.branch.map(text), via.branch().map(|branch| branch.value().to_owned()), "{name}");
    assert_eq!(our_via.received, via.received().expect("an address"), "{name}");

    let from = theirs.from_header().and_then(|from| from.typed()).expect("From");
    let to = theirs.to_header().and_then(|to| to.typed()).expect("To");
    let (our_from, our_to) = (ours.from().expect("From"), ours.to().expect("To"));
    assert_eq!(our_from.tag().map(text), from.tag().map(|tag| tag.value().to_owned()), "{name}");
    assert_eq!(our_to.tag().map(text), to.tag().map(|tag| tag.value().to_owned()), "{name}");
    assert_eq!(text(our_from.uri), from.uri.to_string(), "{name}");
    assert_eq!(our_to.uri().and_then(|uri| uri.user).map(text), to.uri.user().map(str::to_owned), "{name}");
    assert_eq!(our_from.display.map(text), from.display_name, "{name}");

    let cseq = theirs.cseq_header().and_then(|cseq| cseq.typed()).expect("CSeq");
    let our_cseq = ours.cseq().expect("CSeq");
    assert_eq!((our_cseq.number, our_cseq.method.to_string()), (cseq.seq, cseq.method.to_string()), "{name}");
    assert_eq!(
        ours.call_id().map(text),
        Ok(theirs.call_id_header().expect("Call-ID").value().to_owned()),
        "{name}"
    );
    let hops = theirs.max_forwards_header().ok().map(|hops| hops.num().expect("a number"));
    assert_eq!(ours.max_forwards().expect("Max-Forwards").map(u32::from), hops, "{name}");
    assert_eq!(ours.all_fields().count(), theirs.headers().iter().count(), "{name}");
}

#[test]
fn rsip_reads_what_we_build() {
    for (name, bytes) in ordinary_messages() {
        let request = Message::parse_datagram(bytes).expect("a message");
        if !request.is_request() {
            continue;
        }
        let source = "198.51.100.7:40000".parse().expect("an address");
        let built = Builder::response(&request, 486, "Busy Here", source, Some("ours"))
            .header(Name::Server, "centralino")
            .body("text/plain", *b"busy")
            .finish();
        let (ours, theirs) = both(&name, &built);
        let SipMessage::Response(response) = &theirs else { panic!("{name}: a response") };
        assert_eq!((response.status_code.code(), &response.body[..]), (486, &b"busy"[..]), "{name}");
        assert_headers_alike(&name, &ours, &theirs);
    }
}

/// A sound request, to be spoilt for `rsip` by one replacement.
const OPTIONS: &str = "OPTIONS sip:b@example.com SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n\
    From: <sip:a@example.com>;tag=1\r\n\
    To: <sip:b@example.com>\r\n\
    Call-ID: 1\r\n\
    CSeq: 1 OPTIONS\r\n\
    Subject: x\r\n\
    Content-Length: 0\r\n\r\n";

fn sound(bytes: &[u8]) -> Message {
    let message =
        Message::parse_datagram(bytes).unwrap_or_else(|error| panic!("{error}: {}", bytes.escape_ascii()));
    message.check().unwrap_or_else(|fault| panic!("{fault}: {}", bytes.escape_ascii()));
    message
}

#[test]
fn rsip_refuses_what_rfc_3261_allows() {
    assert!(SipMessage::try_from(OPTIONS.as_bytes()).is_ok());
    for (fault, from, to) in [
        ("IPv6 literals", "sip:b@example.com SIP", "sip:b@[2001:db8::1]:5070 SIP"),
        ("tel URIs", "sip:b@example.com SIP", "tel:+390552768224 SIP"),
        ("unknown schemes", "sip:b@example.com SIP", "nobody:knows SIP"),
        (
            "semicolons in the user part",
            "sip:b@example.com SIP",
            "sip:user;par=u%40example.net@example.com SIP",
        ),
        ("unknown methods", "OPTIONS", "FROBNICATE"),
        ("folded lines", "Subject: x", "Subject: x\r\n y"),
        ("spaces before the colon", "Subject:", "Subject :"),
        ("empty lines before the message", "OPTIONS sip", "\r\nOPTIONS sip"),
    ] {
        let bytes = OPTIONS.replace(from, to).into_bytes();
        sound(&bytes);
        assert!(SipMessage::try_from(bytes.as_slice()).is_err(), "rsip now takes {fault}");
    }
    let [head, tail] = OPTIONS.split("Subject: x").collect::<Vec<_>>()[..] else { panic!("one Subject") };
    let latin_1 = [head.as_bytes(), b"Subject: \xe8", tail.as_bytes()].concat();
    assert_eq!(
        Message::parse_datagram(latin_1.as_slice()).expect("we take it").header(Name::Subject),
        Some(&b"\xe8"[..])
    );
    assert!(SipMessage::try_from(latin_1.as_slice()).is_err(), "rsip now takes bytes that are no UTF-8");
}

#[test]
fn rsip_does_not_know_compact_forms() {
    let bytes = OPTIONS.replace("To:", "t:").into_bytes();
    assert_eq!(sound(&bytes).to().map(|to| to.uri), Ok(&b"sip:b@example.com"[..]));
    assert!(SipMessage::try_from(bytes).expect("a message").to_header().is_err());
}

#[test]
fn rsip_loses_the_second_via_of_a_line() {
    let bytes = OPTIONS.replace("z9hG4bK1", "z9hG4bK1, SIP/2.0/TCP proxy;branch=z9hG4bK2").into_bytes();
    assert_eq!(sound(&bytes).headers(Name::Via).count(), 2);
    let via = SipMessage::try_from(bytes)
        .expect("a message")
        .via_header()
        .and_then(|via| via.typed())
        .expect("Via");
    assert_eq!(via.to_string(), "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1");
}

#[test]
fn rsip_cannot_read_spaces_in_via_nor_brackets_in_a_display_name() {
    let bytes =
        OPTIONS.replace("SIP/2.0/UDP 192.0.2.1;branch", "SIP / 2.0 / UDP 192.0.2.1 ; branch").into_bytes();
    assert_eq!(sound(&bytes).top_via().map(|via| via.branch), Ok(Some(&b"z9hG4bK1"[..])));
    assert!(
        SipMessage::try_from(bytes).expect("a message").via_header().is_ok_and(|via| via.typed().is_err())
    );

    let bytes = OPTIONS.replace("From: <", "From: \"A, <B>\" <").into_bytes();
    assert_eq!(sound(&bytes).from().map(|from| from.uri), Ok(&b"sip:a@example.com"[..]));
    assert!(
        SipMessage::try_from(bytes).expect("a message").from_header().is_ok_and(|from| from.typed().is_err())
    );
}

#[test]
fn rsip_does_not_mind_content_length() {
    let bytes = (OPTIONS.to_owned() + "junk").into_bytes();
    assert_eq!(sound(&bytes).body(), b"");
    assert_eq!(SipMessage::try_from(bytes).expect("a message").body(), &b"junk".to_vec());

    let negative = OPTIONS.replace("Length: 0", "Length: -1").into_bytes();
    assert!(Message::parse_datagram(negative.as_slice()).is_err());
    assert!(SipMessage::try_from(negative).is_ok());
}

#[test]
fn rsip_spoils_binary_bodies_when_it_writes_them() {
    let bytes = [OPTIONS.replace("Length: 0", "Length: 2").as_bytes(), b"\0\xff"].concat();
    assert_eq!(sound(&bytes).body(), b"\0\xff");
    let written = Vec::from(SipMessage::try_from(bytes).expect("a message"));
    assert!(!written.ends_with(b"\0\xff"));
}
