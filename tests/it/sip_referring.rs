//! REFER from a phone of ours, what it is told, and calls that are taken back because somebody else has answered.

use std::time::Duration;

use centralino::sip::{DialogId, Event, Outgoing, Reason, Referral, Registration, Target, Transport};

use crate::sip_world::{EXCHANGE, SEAT, World, link};

const SECOND: Duration = Duration::from_secs(1);

/// A seat's phone that has registered.
fn world() -> World {
    let mut world = World::new(5);
    let registration = Registration {
        user: "seat01".into(),
        password: "uno".into(),
        registrar: link(Transport::Udp, SEAT, EXCHANGE),
        expires: Duration::from_secs(120),
    };
    world.act(SEAT, |phone, now| phone.register(now, registration));
    world.run(SECOND);
    world.events(EXCHANGE);
    world.events(SEAT);
    world
}

fn ring(world: &mut World) -> (DialogId, DialogId) {
    let call = Outgoing {
        to: Target::User("seat01".into()),
        from_user: "0552768224".into(),
        from_display: None,
        offer: b"v=0\r\n".to_vec(),
        credentials: None,
    };
    let ours = world.act(EXCHANGE, |exchange, now| exchange.invite(now, call)).expect("dialled");
    world.run(SECOND);
    let found = world.events(SEAT).into_iter().find_map(|event| match event {
        Event::Incoming { dialog, .. } => Some(dialog),
        _ => None,
    });
    (ours, found.expect("the phone rings"))
}

/// A talk between the exchange and the seat.
fn talk(world: &mut World) -> DialogId {
    let (ours, theirs) = ring(world);
    world.act(SEAT, |phone, now| phone.answer(now, theirs, b"v=0\r\n".to_vec()));
    world.run(SECOND);
    world.events(EXCHANGE);
    world.events(SEAT);
    ours
}

/// Parts of a dialog as the exchange's journal would have them: Call-ID, our tag, their tag.
fn names(world: &mut World, ours: DialogId) -> (String, String, String) {
    let record = world.at(EXCHANGE).record(ours).expect("confirmed");
    let tag = |value: &str| value.rsplit_once("tag=").expect("a tag").1.to_owned();
    (record.call_id.clone(), tag(&record.local), tag(&record.remote))
}

/// The phone sends a request within its dialog, with these headers.
fn refer(world: &mut World, ours: DialogId, cseq: u32, headers: &str) {
    let (call_id, to_tag, from_tag) = names(world, ours);
    let refer = format!(
        "REFER sip:192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.11:5060;branch=z9hG4bKrefer{cseq}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:seat01@192.0.2.1>;tag={from_tag}\r\nTo: <sip:x@192.0.2.1>;tag={to_tag}\r\n\
         Call-ID: {call_id}\r\nCSeq: {cseq} REFER\r\nContact: <sip:seat01@192.0.2.11:5060>\r\n{headers}Content-Length: 0\r\n\r\n"
    );
    world.inject(link(Transport::Udp, SEAT, EXCHANGE), refer.as_bytes());
    world.run(SECOND);
}

fn referral(world: &mut World) -> Option<Referral> {
    world.events(EXCHANGE).into_iter().find_map(|event| match event {
        Event::Referred { referral, .. } => Some(*referral),
        _ => None,
    })
}

#[test]
fn phone_that_refers_is_told_how_far_it_is() {
    let mut world = world();
    let ours = talk(&mut world);
    refer(&mut world, ours, 7, "Refer-To: <sip:021@192.0.2.1>\r\nReferred-By: <sip:seat01@192.0.2.1>\r\n");
    let wanted = Referral { to: "021".into(), replaces: None, by: Some("seat01".into()) };
    assert_eq!(referral(&mut world), Some(wanted));
    world.act(EXCHANGE, |exchange, now| exchange.tell_refer(now, ours, 100));
    world.run(SECOND);
    assert_eq!((world.count(EXCHANGE, "SIP/2.0 202"), world.count(EXCHANGE, "NOTIFY")), (1, 1));
    refer(&mut world, ours, 8, "Refer-To: <sip:022@192.0.2.1>\r\n");
    assert_eq!(world.count(EXCHANGE, "SIP/2.0 491"), 1, "one at a time");
    for status in [180, 200, 200] {
        world.act(EXCHANGE, |exchange, now| exchange.tell_refer(now, ours, status));
        world.run(SECOND);
    }
    assert_eq!(world.count(EXCHANGE, "NOTIFY"), 3, "nothing after the last word");
    refer(&mut world, ours, 9, "Refer-To: tel:+39055123456\r\n");
    assert_eq!(referral(&mut world).map(|referral| referral.to).as_deref(), Some("+39055123456"));
}

#[test]
fn owner_who_says_no_at_once_has_no_subscription_and_the_talk_goes_on() {
    let mut world = world();
    let ours = talk(&mut world);
    refer(&mut world, ours, 7, "Refer-To: <sip:021@192.0.2.1>\r\n");
    world.act(EXCHANGE, |exchange, now| exchange.tell_refer(now, ours, 603));
    world.act(EXCHANGE, |exchange, now| exchange.tell_refer(now, ours, 200));
    world.run(SECOND);
    assert_eq!((world.count(EXCHANGE, "SIP/2.0 603"), world.count(EXCHANGE, "NOTIFY")), (1, 0));
    assert_eq!(world.at(EXCHANGE).census().dialogs, 1);
}

#[test]
fn refer_that_replaces_names_the_other_talk_by_its_tags() {
    let mut world = world();
    let (first, second) = (talk(&mut world), talk(&mut world));
    let (call_id, ours, theirs) = names(&mut world, second);
    let replaces = |to: &str, from: &str| {
        format!("Refer-To: <sip:x@192.0.2.1?Replaces={call_id}%3Bto-tag%3D{to}%3Bfrom-tag%3D{from}&X=y>\r\n")
    };
    refer(&mut world, first, 7, &replaces(&ours, "wrong"));
    assert_eq!((referral(&mut world), world.count(EXCHANGE, "SIP/2.0 404")), (None, 1));
    refer(&mut world, first, 8, &replaces(&ours, &theirs));
    assert_eq!(referral(&mut world).and_then(|referral| referral.replaces), Some(second));
}

#[test]
fn what_cannot_be_referred_to_is_refused_and_leaves_nothing() {
    let mut world = world();
    let ours = talk(&mut world);
    for (cseq, headers, status) in [
        (7, "", "400"),
        (8, "Refer-To: <sip:1@x>\r\nRefer-To: <sip:2@x>\r\n", "400"),
        (9, "Refer-To: <sip:>\r\n", "400"),
        (10, "Refer-To: <https://example.org>\r\n", "416"),
        (11, "Refer-To: <sip:1@x;method=BYE>\r\n", "501"),
        (12, "Require: something\r\nRefer-To: <sip:1@x>\r\n", "420"),
    ] {
        refer(&mut world, ours, cseq, headers);
        assert_eq!(world.count(EXCHANGE, &format!("SIP/2.0 {status}")), 1, "{headers}");
        world.log.clear();
        assert_eq!(referral(&mut world), None, "{headers}");
    }
}

#[test]
fn phone_that_wants_no_notifications_gets_none() {
    let mut world = world();
    let ours = talk(&mut world);
    refer(
        &mut world,
        ours,
        7,
        "Require: norefersub\r\nRefer-Sub: false\r\nRefer-To: <sip:021@192.0.2.1>\r\n",
    );
    for status in [100, 200] {
        world.act(EXCHANGE, |exchange, now| exchange.tell_refer(now, ours, status));
    }
    world.run(SECOND);
    assert_eq!((world.count(EXCHANGE, "SIP/2.0 202"), world.count(EXCHANGE, "NOTIFY")), (1, 0));
}

#[test]
fn refer_that_nobody_has_answered_ends_with_its_talk() {
    let mut world = world();
    let ours = talk(&mut world);
    refer(&mut world, ours, 7, "Refer-To: <sip:021@192.0.2.1>\r\n");
    world.act(EXCHANGE, |exchange, now| exchange.bye(now, ours));
    world.run(Duration::from_secs(65));
    assert_eq!(world.count(EXCHANGE, "SIP/2.0 487"), 1);
    let census = world.at(EXCHANGE).census();
    assert_eq!((census.dialogs, census.server_transactions, census.client_transactions), (0, 0, 0));
}

#[test]
fn phone_whose_ring_is_taken_back_learns_that_somebody_else_has_answered() {
    let mut world = world();
    let (ours, theirs) = ring(&mut world);
    world.act(SEAT, |phone, now| phone.ring(now, theirs));
    world.run(SECOND);
    world.sent_in_full.clear();
    world.act(EXCHANGE, |exchange, now| exchange.cancel(now, ours, Some(Reason::CompletedElsewhere)));
    world.run(SECOND);
    let cancel = world.sent_in_full.iter().find(|sent| sent.starts_with("CANCEL")).expect("a CANCEL");
    assert!(cancel.contains("\r\nReason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n"), "{cancel}");
    assert!(matches!(world.events(SEAT)[..], [Event::Cancelled { .. }]));
    assert_eq!(world.at(EXCHANGE).census().dialogs, 0);
}
