//! Two and three endpoints talk over a network that loses, repeats and delays.

use std::time::Duration;

use centralino::sip::{
    Census, DialogId, Ended, Endpoint, Event, InviteError, Link, Outgoing, Peer, Probe, Registration,
    Settings, Target, Transport,
};

use centralino::time::Mono;

use crate::sip_world::{
    CITIZEN, EXCHANGE, Faults, SEAT, World, addr, exchange_settings, link, phone_settings,
};

const SECOND: Duration = Duration::from_secs(1);

/// Longer than anything a call leaves behind.
const AFTERMATH: Duration = Duration::from_secs(65);

fn call_to(from: &str, transport: Transport, user: &str) -> Outgoing {
    Outgoing {
        to: Target::Uri { uri: "sip:055055@192.0.2.1".into(), link: link(transport, from, EXCHANGE) },
        from_user: user.into(),
        from_display: None,
        offer: b"v=0\r\n".to_vec(),
        credentials: None,
    }
}

fn dial(world: &mut World, transport: Transport) -> DialogId {
    world
        .act(CITIZEN, |phone, now| phone.invite(now, call_to(CITIZEN, transport, "0552768224")))
        .expect("dialled")
}

fn incoming(world: &mut World, at: &str) -> (DialogId, centralino::sip::Incoming) {
    let events = world.events(at);
    let found = events.into_iter().find_map(|event| match event {
        Event::Incoming { dialog, invite } => Some((dialog, *invite)),
        _ => None,
    });
    found.expect("a call comes in")
}

fn register(world: &mut World, transport: Transport, password: &str) -> centralino::sip::RegistrationId {
    let registration = Registration {
        user: "seat01".into(),
        password: password.into(),
        registrar: link(transport, SEAT, EXCHANGE),
        expires: Duration::from_secs(120),
    };
    world.act(SEAT, |phone, now| phone.register(now, registration))
}

fn ring_seat(world: &mut World) -> DialogId {
    let call = Outgoing {
        to: Target::User("seat01".into()),
        from_user: "0552768224".into(),
        from_display: Some("Tributi 055055".into()),
        offer: b"v=0\r\n".to_vec(),
        credentials: None,
    };
    world.act(EXCHANGE, |exchange, now| exchange.invite(now, call)).expect("dialled")
}

/// A call from the citizen that both sides hold for established.
fn established(world: &mut World, transport: Transport) -> (DialogId, DialogId) {
    let theirs = dial(world, transport);
    world.run(SECOND);
    let (ours, _) = incoming(world, EXCHANGE);
    world.act(EXCHANGE, |exchange, now| exchange.answer(now, ours, b"v=0\r\no=answer\r\n".to_vec()));
    world.run(SECOND);
    assert!(matches!(world.events(EXCHANGE)[..], [Event::Established { answer: None, .. }]));
    assert!(matches!(&world.events(CITIZEN)[..], [Event::Answered { answer: Some(_), .. }]));
    (theirs, ours)
}

fn assert_nothing_is_left(world: &mut World, at: &str) {
    let census = world.at(at).census();
    let expected = Census {
        bindings: census.bindings,
        nonces: census.nonces,
        streams: census.streams,
        alarms: census.streams,
        ..Census::default()
    };
    assert_eq!(census, expected, "{at}");
}

#[test]
fn citizen_calls_is_answered_and_hangs_up() {
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut world = World::new(1);
        let theirs = dial(&mut world, transport);
        world.run(SECOND);
        let (ours, invite) = incoming(&mut world, EXCHANGE);
        assert_eq!(invite.peer, Peer::Trunk("world".into()));
        assert_eq!((invite.to.as_str(), invite.from.as_str()), ("055055", "0552768224"));
        assert_eq!(invite.offer.as_deref(), Some(&b"v=0\r\n"[..]));
        world.act(EXCHANGE, |exchange, now| exchange.ring(now, ours));
        world.run(SECOND);
        assert!(matches!(world.events(CITIZEN)[..], [Event::Ringing { .. }]));
        world.act(EXCHANGE, |exchange, now| exchange.answer(now, ours, b"v=0\r\n".to_vec()));
        world.run(SECOND);
        assert!(matches!(world.events(CITIZEN)[..], [Event::Answered { .. }]));
        assert!(matches!(world.events(EXCHANGE)[..], [Event::Established { .. }]));
        world.act(CITIZEN, |phone, now| phone.bye(now, theirs));
        world.run(AFTERMATH);
        assert!(matches!(world.events(EXCHANGE)[..], [Event::Ended { how: Ended::Bye, .. }]));
        assert_eq!(world.count(CITIZEN, "INVITE"), 1);
        assert_nothing_is_left(&mut world, EXCHANGE);
        assert_nothing_is_left(&mut world, CITIZEN);
    }
}

#[test]
fn the_exchange_hangs_up_over_the_way_the_call_came() {
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut world = World::new(2);
        let (_, ours) = established(&mut world, transport);
        world.act(EXCHANGE, |exchange, now| exchange.bye(now, ours));
        world.run(AFTERMATH);
        assert!(matches!(world.events(CITIZEN)[..], [Event::Ended { how: Ended::Bye, .. }]));
        assert!(world.events(EXCHANGE).is_empty());
        assert_nothing_is_left(&mut world, EXCHANGE);
    }
}

#[test]
fn a_citizen_who_gives_up_before_the_answer_is_cancelled() {
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut world = World::new(3);
        let theirs = dial(&mut world, transport);
        world.run(SECOND);
        let (ours, _) = incoming(&mut world, EXCHANGE);
        world.act(CITIZEN, |phone, now| phone.bye(now, theirs));
        world.run(SECOND);
        assert!(matches!(world.events(EXCHANGE)[..], [Event::Cancelled { dialog }] if dialog == ours));
        assert_eq!(world.count(EXCHANGE, "SIP/2.0 487"), 1);
        // The owner's late answer goes nowhere.
        world.act(EXCHANGE, |exchange, now| exchange.answer(now, ours, Vec::new()));
        world.run(AFTERMATH);
        assert!(world.events(CITIZEN).is_empty());
        assert_nothing_is_left(&mut world, EXCHANGE);
        assert_nothing_is_left(&mut world, CITIZEN);
    }
}

#[test]
fn a_200_that_crosses_the_cancel_is_acknowledged_and_the_call_ended() {
    let mut world = World::new(4);
    let theirs = dial(&mut world, Transport::Udp);
    world.run(SECOND);
    let (ours, _) = incoming(&mut world, EXCHANGE);
    world.act(CITIZEN, |phone, now| phone.bye(now, theirs));
    world.act(EXCHANGE, |exchange, now| exchange.answer(now, ours, b"v=0\r\n".to_vec()));
    world.run(AFTERMATH);
    let events = world.events(EXCHANGE);
    assert!(
        matches!(events[..], [Event::Established { .. }, Event::Ended { how: Ended::Bye, .. }]),
        "{events:?}"
    );
    assert!(world.events(CITIZEN).is_empty());
    assert_nothing_is_left(&mut world, EXCHANGE);
    assert_nothing_is_left(&mut world, CITIZEN);
}

#[test]
fn a_caller_who_never_acknowledges_is_told_bye_after_32_seconds() {
    let mut world = World::new(5);
    let invite = "INVITE sip:055055@x SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.99:5060;branch=z9hG4bKa\r\n\
                  From: <sip:1@x>;tag=f\r\nTo: <sip:055055@x>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\
                  Contact: <sip:1@198.51.100.99>\r\nContent-Length: 0\r\n\r\n";
    world.inject(link(Transport::Udp, "198.51.100.99:5060", EXCHANGE), invite.as_bytes());
    world.run(SECOND);
    let (ours, invite) = incoming(&mut world, EXCHANGE);
    assert_eq!(invite.offer, None);
    world.act(EXCHANGE, |exchange, now| exchange.answer(now, ours, b"v=0\r\n".to_vec()));
    world.run(Duration::from_secs(31));
    assert!(world.events(EXCHANGE).is_empty());
    assert_eq!(world.count(EXCHANGE, "SIP/2.0 200"), 10);
    world.run(SECOND * 2);
    assert!(matches!(world.events(EXCHANGE)[..], [Event::Ended { how: Ended::NoAck, .. }]));
    assert_eq!(world.count(EXCHANGE, "BYE"), 2);
    world.run(AFTERMATH);
    assert_nothing_is_left(&mut world, EXCHANGE);
}

#[test]
fn a_bye_of_ours_waits_for_the_ack() {
    let mut world = World::new(6);
    dial(&mut world, Transport::Udp);
    world.run(SECOND);
    let (ours, _) = incoming(&mut world, EXCHANGE);
    world.act(EXCHANGE, |exchange, now| {
        exchange.answer(now, ours, b"v=0\r\n".to_vec());
        exchange.bye(now, ours);
    });
    assert_eq!(world.count(EXCHANGE, "BYE"), 0);
    world.run(SECOND);
    assert_eq!(world.count(EXCHANGE, "BYE"), 1);
    assert!(world.events(EXCHANGE).is_empty());
    world.run(AFTERMATH);
    assert_nothing_is_left(&mut world, EXCHANGE);
}

#[test]
fn a_refusal_reaches_the_caller_with_its_status() {
    let mut world = World::new(7);
    dial(&mut world, Transport::Udp);
    world.run(SECOND);
    let (ours, _) = incoming(&mut world, EXCHANGE);
    world.act(EXCHANGE, |exchange, now| exchange.reject(now, ours, 503, Some(SECOND * 5)));
    world.run(AFTERMATH);
    assert!(matches!(world.events(CITIZEN)[..], [Event::Rejected { status: 503, .. }]));
    assert_nothing_is_left(&mut world, EXCHANGE);
}

#[test]
fn a_seat_registers_stays_and_leaves() {
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut world = World::new(8);
        let registration = register(&mut world, transport, "uno");
        world.run(SECOND);
        let events = world.events(EXCHANGE);
        assert!(matches!(events[..], [Event::Registered { first: true, .. }]), "{events:?}");
        assert!(matches!(
            world.events(SEAT)[..],
            [Event::RegistrationChanged { registered: true, status: 200, .. }]
        ));
        assert!(world.at(EXCHANGE).is_registered("seat01"));
        world.run(SECOND * 400);
        let refreshed = world.events(EXCHANGE);
        assert!(refreshed.iter().all(|event| matches!(event, Event::Registered { first: false, .. })));
        assert_eq!(refreshed.len(), 4);
        assert!(world.events(SEAT).is_empty());
        world.act(SEAT, |phone, now| phone.unregister(now, registration));
        world.run(SECOND);
        assert!(matches!(world.events(EXCHANGE)[..], [Event::Unregistered { expired: false, .. }]));
        assert!(matches!(world.events(SEAT)[..], [Event::RegistrationChanged { registered: false, .. }]));
        world.run(AFTERMATH);
        assert_nothing_is_left(&mut world, EXCHANGE);
        assert_nothing_is_left(&mut world, SEAT);
    }
}

#[test]
fn a_wrong_password_is_refused_and_not_tried_in_a_loop() {
    let mut world = World::new(9);
    register(&mut world, Transport::Udp, "sbagliata");
    world.run(SECOND * 5);
    assert!(matches!(
        world.events(SEAT)[..],
        [Event::RegistrationChanged { registered: false, status: 401, .. }]
    ));
    assert_eq!(world.count(SEAT, "REGISTER"), 2);
    assert!(!world.at(EXCHANGE).is_registered("seat01"));
    let census = world.at(EXCHANGE).census();
    assert_eq!((census.server_transactions, census.nonces), (0, 0));
}

#[test]
fn whoever_guesses_is_refused_for_a_minute_and_the_seat_registers_from_elsewhere() {
    const GUESSER: &str = "203.0.113.9:5060";
    let mut world = World::new(9);
    world.add(GUESSER, phone_settings());
    for user in ["seat01", "nessuno"] {
        let guess = |world: &mut World| {
            let registration = Registration {
                user: user.into(),
                password: "sbagliata".into(),
                registrar: link(Transport::Udp, GUESSER, EXCHANGE),
                expires: Duration::from_secs(120),
            };
            world.act(GUESSER, |phone, now| phone.register(now, registration));
            world.run(SECOND);
            let refused = world.events(GUESSER);
            refused.into_iter().find_map(|event| match event {
                Event::RegistrationChanged { status, .. } => Some(status),
                _ => None,
            })
        };
        let told: Vec<_> = (0..12).filter_map(|_| guess(&mut world)).collect();
        assert_eq!(told, [[401; 10].as_slice(), &[403; 2]].concat(), "{user}");
    }
    register(&mut world, Transport::Udp, "uno");
    world.run(SECOND);
    assert!(world.at(EXCHANGE).is_registered("seat01"));
    let tally = world.at(EXCHANGE).tally();
    assert_eq!((tally.wrong_passwords, tally.guesses_refused), (20, 4));
}

#[test]
fn a_stream_that_only_pings_is_closed_and_one_that_has_asked_something_is_kept() {
    let now = Mono::from_start(SECOND);
    let over = link(Transport::Tcp, EXCHANGE, CITIZEN);
    let options = "OPTIONS sip:192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/TCP x;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\n\
                   To: <sip:b@x>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
    for (first, closes) in [("\r\n\r\n", true), (options, false)] {
        let mut exchange = Endpoint::new(exchange_settings(), [1; 32]);
        exchange.handle_stream(now, over, first.as_bytes());
        for ping in [10, 20, 30] {
            exchange.handle_stream(now + SECOND * ping, over, b"\r\n\r\n");
        }
        exchange.handle_timeout(now + SECOND * 32);
        assert_eq!(exchange.poll_close(), closes.then_some(over));
    }
}

#[test]
fn a_seat_that_vanishes_is_unregistered_when_its_time_is_over() {
    let mut world = World::new(10);
    register(&mut world, Transport::Udp, "uno");
    world.run(SECOND);
    world.faults.lost = 100;
    world.events(EXCHANGE);
    world.run(SECOND * 121);
    assert!(matches!(world.events(EXCHANGE)[..], [Event::Unregistered { expired: true, .. }]));
}

#[test]
fn a_seat_whose_stream_breaks_is_unregistered_at_once_and_comes_back() {
    let mut world = World::new(11);
    register(&mut world, Transport::Tcp, "uno");
    world.run(SECOND);
    world.events(EXCHANGE);
    world.act(EXCHANGE, |exchange, now| {
        exchange.handle_stream_closed(now, link(Transport::Tcp, EXCHANGE, SEAT))
    });
    world.act(SEAT, |phone, now| phone.handle_stream_closed(now, link(Transport::Tcp, SEAT, EXCHANGE)));
    assert!(matches!(world.events(EXCHANGE)[..], [Event::Unregistered { expired: true, .. }]));
    world.run(SECOND * 5);
    assert!(matches!(world.events(EXCHANGE)[..], [Event::Registered { first: true, .. }]));
}

#[test]
fn a_registered_seat_is_rung_over_its_own_link_and_answers() {
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut world = World::new(12);
        register(&mut world, transport, "uno");
        world.run(SECOND);
        world.events(EXCHANGE);
        let ours = ring_seat(&mut world);
        world.run(SECOND);
        let (theirs, invite) = incoming(&mut world, SEAT);
        assert_eq!(invite.link, link(transport, SEAT, EXCHANGE));
        assert_eq!((invite.from.as_str(), invite.display.as_deref()), ("0552768224", Some("Tributi 055055")));
        world.act(SEAT, |phone, now| phone.ring(now, theirs));
        world.run(SECOND);
        assert!(matches!(world.events(EXCHANGE)[..], [Event::Ringing { .. }]));
        world.act(SEAT, |phone, now| phone.answer(now, theirs, b"v=0\r\n".to_vec()));
        world.run(SECOND);
        assert!(matches!(world.events(EXCHANGE)[..], [Event::Answered { .. }]));
        assert!(world.at(EXCHANGE).record(ours).is_some());
        world.act(EXCHANGE, |exchange, now| exchange.bye(now, ours));
        world.run(AFTERMATH);
        assert_nothing_is_left(&mut world, EXCHANGE);
    }
}

#[test]
fn a_seat_that_is_not_registered_cannot_be_rung() {
    let mut world = World::new(13);
    let call = Outgoing { to: Target::User("seat01".into()), ..call_to(EXCHANGE, Transport::Udp, "1") };
    let tried = world.act(EXCHANGE, |exchange, now| exchange.invite(now, call));
    assert_eq!(tried, Err(InviteError::NotRegistered));
}

#[test]
fn a_seat_that_has_vanished_ends_in_408_and_a_cancelled_one_in_silence() {
    let mut world = World::new(14);
    register(&mut world, Transport::Udp, "uno");
    world.run(SECOND);
    world.faults.lost = 100;
    world.events(EXCHANGE);
    let told = ring_seat(&mut world);
    let cancelled = ring_seat(&mut world);
    world.act(EXCHANGE, |exchange, now| exchange.bye(now, cancelled));
    world.run(SECOND * 33);
    let events = world.events(EXCHANGE);
    assert!(matches!(events[..], [Event::Rejected { dialog, status: 408 }] if dialog == told), "{events:?}");
}

#[test]
fn a_call_from_a_seats_name_is_challenged_even_from_a_trunk() {
    let mut world = World::new(15);
    let spoofed = call_to(CITIZEN, Transport::Udp, "seat01");
    world.act(CITIZEN, |phone, now| phone.invite(now, spoofed)).unwrap();
    world.run(SECOND);
    assert!(matches!(world.events(CITIZEN)[..], [Event::Rejected { status: 401, .. }]));
    assert!(world.events(EXCHANGE).is_empty());
    let census = world.at(EXCHANGE).census();
    assert_eq!(census.server_transactions + census.dialogs, 0, "a challenge leaves no state");

    let proved = Outgoing {
        credentials: Some(("seat01".into(), "uno".into())),
        ..call_to(SEAT, Transport::Udp, "seat01")
    };
    world.act(SEAT, |phone, now| phone.invite(now, proved)).unwrap();
    world.run(SECOND);
    assert_eq!(incoming(&mut world, EXCHANGE).1.peer, Peer::User("seat01".into()));
}

#[test]
fn strangers_are_challenged_like_users_who_forgot_their_password() {
    let mut world = World::new(16);
    for user in ["0552768224", "seat01", "seat99"] {
        let call = Outgoing {
            credentials: Some((user.into(), "indovinata".into())),
            ..call_to(SEAT, Transport::Udp, user)
        };
        world.act(SEAT, |phone, now| phone.invite(now, call)).unwrap();
        world.run(SECOND);
        let events = world.events(SEAT);
        assert!(matches!(events[..], [Event::Rejected { status: 401, .. }]), "{user}: {events:?}");
    }
}

#[test]
fn new_media_are_offered_in_the_dialog_and_answered_in_place() {
    let mut world = World::new(17);
    let (_, ours) = established(&mut world, Transport::Udp);
    let record = world.at(EXCHANGE).record(ours).unwrap();
    let reinvite = |method: &str, cseq: u32, body: &str| {
        // `local` and `remote` as the exchange sees them.
        format!(
            "{method} sip:055055@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK{cseq}\r\n\
             From: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {cseq} {method}\r\nContact: <sip:1@198.51.100.7>\r\n\
             Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
            record.remote,
            record.local,
            record.call_id,
            body.len()
        )
    };
    let from_citizen = link(Transport::Udp, CITIZEN, EXCHANGE);
    world.inject(from_citizen, reinvite("INVITE", 5, "v=0\r\n").as_bytes());
    world.run(SECOND / 10);
    assert!(matches!(&world.events(EXCHANGE)[..], [Event::Reoffer { offer: Some(_), .. }]));
    // While the first waits, another is told to come back later.
    world.inject(from_citizen, reinvite("INVITE", 6, "v=0\r\n").as_bytes());
    world.run(SECOND / 10);
    assert_eq!(world.count(EXCHANGE, "SIP/2.0 500"), 1);
    world.act(EXCHANGE, |exchange, now| exchange.accept_offer(now, ours, b"v=0\r\n".to_vec()));
    world.run(SECOND / 10);
    world.inject(from_citizen, reinvite("ACK", 6, "").as_bytes());
    world.inject(from_citizen, reinvite("ACK", 5, "").as_bytes());
    world.run(SECOND);
    assert!(world.events(EXCHANGE).is_empty());
    world.inject(from_citizen, reinvite("UPDATE", 7, "v=0\r\n").as_bytes());
    world.run(SECOND / 10);
    assert!(matches!(&world.events(EXCHANGE)[..], [Event::Reoffer { .. }]));
    world.act(EXCHANGE, |exchange, now| exchange.refuse_offer(now, ours, 488));
    world.run(SECOND);
    assert_eq!(world.count(EXCHANGE, "SIP/2.0 488"), 1);
    // An old request that was overtaken is refused.
    world.inject(from_citizen, reinvite("UPDATE", 3, "").as_bytes());
    world.inject(from_citizen, reinvite("INFO", 8, "Signal=1").as_bytes());
    world.run(SECOND);
    assert_eq!((world.count(EXCHANGE, "SIP/2.0 500"), world.count(EXCHANGE, "SIP/2.0 415")), (2, 1));
}

#[test]
fn a_probe_tells_whether_the_far_end_knows_the_call() {
    let mut world = World::new(18);
    let (theirs, ours) = established(&mut world, Transport::Udp);
    world.act(EXCHANGE, |exchange, now| exchange.probe(now, ours));
    world.run(SECOND);
    assert!(matches!(world.events(EXCHANGE)[..], [Event::Probed { found: Probe::Alive, .. }]));
    let _ = theirs;
    world.add(CITIZEN, phone_settings()); // it has restarted and remembers nothing
    world.act(EXCHANGE, |exchange, now| exchange.probe(now, ours));
    world.run(SECOND);
    assert!(matches!(world.events(EXCHANGE)[..], [Event::Probed { found: Probe::Gone, .. }]));
    world.faults.lost = 100;
    world.act(EXCHANGE, |exchange, now| exchange.probe(now, ours));
    world.run(SECOND * 33);
    assert!(matches!(world.events(EXCHANGE)[..], [Event::Probed { found: Probe::Unanswered, .. }]));
}

#[test]
fn after_a_crash_the_recorded_dialog_gets_its_bye() {
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut world = World::new(19);
        let (_, ours) = established(&mut world, transport);
        let record = world.at(EXCHANGE).record(ours).unwrap();
        world.add(EXCHANGE, crate::sip_world::exchange_settings());
        world.act(EXCHANGE, |exchange, now| exchange.end_recorded(now, &record));
        world.run(SECOND);
        assert!(matches!(world.events(CITIZEN)[..], [Event::Ended { how: Ended::Bye, .. }]));
        world.run(AFTERMATH);
        assert_nothing_is_left(&mut world, EXCHANGE);
    }
}

#[test]
fn a_call_whose_stream_has_gone_is_ended_over_a_new_one() {
    let mut world = World::new(20);
    let (_, ours) = established(&mut world, Transport::Tcp);
    let stream = link(Transport::Tcp, EXCHANGE, CITIZEN);
    world.act(EXCHANGE, |exchange, now| exchange.handle_stream_closed(now, stream));
    assert!(matches!(world.events(EXCHANGE)[..], [Event::Unlinked { .. }]));
    world.act(EXCHANGE, |exchange, now| exchange.bye(now, ours));
    world.run(SECOND);
    assert!(matches!(world.events(CITIZEN)[..], [Event::Ended { how: Ended::Bye, .. }]));
}

#[test]
fn a_caller_whose_stream_breaks_before_the_answer_has_given_up() {
    let mut world = World::new(21);
    dial(&mut world, Transport::Tcp);
    world.run(SECOND);
    let (ours, _) = incoming(&mut world, EXCHANGE);
    world.cut(link(Transport::Tcp, CITIZEN, EXCHANGE));
    assert!(matches!(world.events(EXCHANGE)[..], [Event::Cancelled { dialog }] if dialog == ours));
    assert!(matches!(world.events(CITIZEN)[..], [Event::Rejected { status: 503, .. }]));
    world.run(AFTERMATH);
    assert_nothing_is_left(&mut world, EXCHANGE);
}

#[test]
fn a_flood_is_told_to_come_back_later() {
    let mut world = World::new(22);
    let mut settings: Settings = crate::sip_world::exchange_settings();
    settings.limits.server_transactions = 2;
    settings.limits.streams = 1;
    world.add(EXCHANGE, settings);
    for _ in 0..3 {
        dial(&mut world, Transport::Udp);
    }
    world.run(SECOND);
    assert_eq!(world.at(EXCHANGE).census().server_transactions, 2);
    assert!(matches!(world.events(CITIZEN)[..], [Event::Rejected { status: 503, .. }]));
    for port in [1, 2] {
        let flood =
            Link { remote: addr(&format!("203.0.113.1:{port}")), ..link(Transport::Tcp, EXCHANGE, CITIZEN) };
        world.act(EXCHANGE, |exchange, now| exchange.handle_stream(now, flood, b"x"));
    }
    assert_eq!(world.at(EXCHANGE).census().streams, 1);
    assert_eq!(world.at(EXCHANGE).poll_close().map(|closed| closed.remote.port()), Some(2));
    // The half message has as long as a transaction.
    world.run(SECOND * 33);
    assert_eq!(world.at(EXCHANGE).census().streams, 0);
}

#[test]
fn a_request_that_comes_two_ways_is_served_once() {
    let mut world = World::new(23);
    for branch in ["a", "b"] {
        let invite = format!(
            "INVITE sip:055055@x SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.99;branch=z9hG4bK{branch}\r\n\
             From: <sip:1@x>;tag=f\r\nTo: <sip:055055@x>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\
             Contact: <sip:1@198.51.100.99>\r\nContent-Length: 0\r\n\r\n"
        );
        world.inject(link(Transport::Udp, "198.51.100.99:5060", EXCHANGE), invite.as_bytes());
    }
    world.run(SECOND);
    assert_eq!(world.events(EXCHANGE).len(), 1);
    assert_eq!(world.count(EXCHANGE, "SIP/2.0 482"), 1);
}

/// Whatever the network does, both sides end with the same opinion and nothing is left.
#[test]
fn calls_over_a_bad_network_are_told_once_and_leave_nothing() {
    for seed in 0..200 {
        let mut world = World::new(seed);
        world.faults = Faults { lost: 20, repeated: 20, longest_delay_ms: 900 };
        let theirs = dial(&mut world, Transport::Udp);
        world.run(SECOND * (seed % 7) as u32);
        let arrived = world.events(EXCHANGE).into_iter().find_map(|event| match event {
            Event::Incoming { dialog, .. } => Some(dialog),
            _ => None,
        });
        match (arrived, seed % 4) {
            (Some(ours), 0) => {
                world.act(EXCHANGE, |exchange, now| exchange.answer(now, ours, b"v=0\r\n".to_vec()))
            }
            (Some(ours), 1) => world.act(EXCHANGE, |exchange, now| exchange.reject(now, ours, 486, None)),
            (Some(ours), 2) => world.act(EXCHANGE, |exchange, now| {
                exchange.answer(now, ours, b"v=0\r\n".to_vec());
                exchange.bye(now, ours);
            }),
            _ => {}
        }
        world.run(Duration::from_millis(300 * (seed % 5)));
        world.act(CITIZEN, |phone, now| phone.bye(now, theirs));
        world.run(AFTERMATH * 2);
        let late: Vec<_> = world.events(EXCHANGE);
        let incoming = late.iter().filter(|event| matches!(event, Event::Incoming { .. })).count();
        let ends = late
            .iter()
            .filter(|event| matches!(event, Event::Ended { .. } | Event::Cancelled { .. }))
            .count();
        assert!(incoming <= 1 && ends <= 1, "seed {seed}: {late:?}");
        assert_eq!(world.at(CITIZEN).census(), Census::default(), "seed {seed}");
        assert_eq!(world.at(EXCHANGE).census(), Census::default(), "seed {seed}: {late:?} {:#?}", world.log);
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = || {
        let mut world = World::new(77);
        world.faults = Faults { lost: 30, repeated: 30, longest_delay_ms: 500 };
        register(&mut world, Transport::Udp, "uno");
        dial(&mut world, Transport::Udp);
        world.run(AFTERMATH);
        world.log
    };
    assert_eq!(run(), run());
}

#[test]
fn a_stream_is_asked_whether_it_lives_and_says_so() {
    let mut world = World::new(24);
    let stream = link(Transport::Tcp, EXCHANGE, "203.0.113.1:40000");
    world.act(EXCHANGE, |exchange, now| exchange.handle_stream(now, stream, b"\r\n\r\n"));
    assert_eq!(world.log.len(), 1);
    // Of no use to anybody, it is closed in the end.
    world.run(Duration::from_secs(601));
    assert_eq!(world.at(EXCHANGE).poll_close(), Some(stream));
}
