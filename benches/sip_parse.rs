//! What it costs to read an INVITE of 900 bytes and the headers that a transaction needs, beside `rsip`.
//!
//! The budget is 1 us and one allocation beside the buffer (ARCHITECTURE.md). `cargo bench --bench sip_parse`.

use centralino::sip::message::{Builder, Message, Name};
use divan::counter::BytesCount;
use divan::{AllocProfiler, Bencher, black_box};
use rsip::headers::ToTypedHeader;
use rsip::prelude::{HeadersExt, UntypedHeader};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const INVITE: &[u8] = include_bytes!("../tests/data/sip/invite.sip");

fn main() {
    divan::main();
}

/// The buffer is handed in, as a socket would.
#[divan::bench(sample_size = 200)]
fn ours(bencher: Bencher<'_, '_>) {
    bencher.counter(BytesCount::of_slice(INVITE)).with_inputs(|| INVITE.to_vec()).bench_values(|bytes| {
        let message = Message::parse_datagram(bytes).expect("a message");
        read(&message);
        message
    });
}

/// With everything held against the rules for requests as well.
#[divan::bench(sample_size = 200)]
fn ours_and_check(bencher: Bencher<'_, '_>) {
    bencher.counter(BytesCount::of_slice(INVITE)).with_inputs(|| INVITE.to_vec()).bench_values(|bytes| {
        let message = Message::parse_datagram(bytes).expect("a message");
        message.check().expect("a sound message");
        read(&message);
        message
    });
}

fn read(message: &Message) {
    black_box(message.top_via().map(|via| via.branch)).expect("Via");
    black_box(message.from().map(|from| from.tag())).expect("From");
    black_box(message.to().map(|to| to.tag())).expect("To");
    black_box(message.call_id()).expect("Call-ID");
    black_box(message.cseq()).expect("CSeq");
    black_box(message.max_forwards()).expect("Max-Forwards");
    black_box(message.contact().map(|contact| contact.uri)).expect("Contact");
    black_box(message.content_length());
}

#[divan::bench(sample_size = 200)]
fn rsip(bencher: Bencher<'_, '_>) {
    bencher.counter(BytesCount::of_slice(INVITE)).with_inputs(|| INVITE.to_vec()).bench_values(|bytes| {
        let message = rsip::Request::try_from(bytes).expect("a message");
        black_box(message.via_header().and_then(|via| via.typed()).map(|via| via.branch().cloned()))
            .expect("Via");
        black_box(message.from_header().and_then(|from| from.typed()).map(|from| from.tag().cloned()))
            .expect("From");
        black_box(message.to_header().and_then(|to| to.typed()).map(|to| to.tag().cloned())).expect("To");
        black_box(message.call_id_header().map(|id| id.value())).expect("Call-ID");
        black_box(message.cseq_header().and_then(|cseq| cseq.typed())).expect("CSeq");
        black_box(message.max_forwards_header().and_then(|hops| hops.num())).expect("Max-Forwards");
        black_box(message.contact_header().and_then(|contact| contact.typed())).expect("Contact");
        message
    });
}

/// The 200 to that INVITE, without a body.
#[divan::bench(sample_size = 200)]
fn respond(bencher: Bencher<'_, '_>) {
    let invite = Message::parse_datagram(INVITE).expect("a message");
    let source = "192.0.2.44:5062".parse().expect("an address");
    bencher.bench_local(|| {
        Builder::response(black_box(&invite), 200, "OK", source, Some("8a7f31"))
            .header(Name::Contact, "<sip:055055@192.0.2.9:5060>")
            .finish()
    });
}
