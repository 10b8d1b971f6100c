//! What phones hear and control is told, at both paces.

mod mixes;

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;

use super::*;
use crate::media::player::BEAT;
use crate::media::rtp::{Header, RtpTime, Seq};
use crate::media::{PlayId, Remote, Sound};

const CITIZEN: LegId = LegId(1);
const OPERATOR: LegId = LegId(2);

fn at(ms: u64) -> Mono {
    Mono::from_start(Duration::from_millis(ms))
}

fn addr(leg: LegId) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 4000 + u16::try_from(leg.0).expect("few legs")))
}

fn remote(leg: LegId, codec: Codec) -> Remote {
    let addr = addr(leg);
    Remote {
        addr: Some(addr),
        signalling: addr.ip(),
        trusted: false,
        codec,
        dtmf: Some(101),
        send: true,
        receive: true,
    }
}

fn sound(name: &str, ms: usize) -> Arc<Sound> {
    Arc::new(Sound::encode(name, &vec![1000; ms * 8]))
}

fn play(leg: LegId, play: u64, sounds: &[Arc<Sound>], barge_in: bool) -> Command {
    Command::Play { leg, play: PlayId(play), sounds: sounds.to_vec(), repeat: false, barge_in }
}

fn bridge(record: bool) -> Command {
    let record = record.then(|| Recording { file: "x.wav".into() });
    Command::Bridge { a: CITIZEN, b: OPERATOR, record }
}

/// Remembers what was sent.
#[derive(Default)]
struct Line {
    sent: Vec<(LegId, SocketAddr, Vec<u8>)>,
    taped: Vec<Side>,
}

impl Sink for Line {
    fn send(&mut self, leg: LegId, to: SocketAddr, datagram: &[u8]) {
        self.sent.push((leg, to, datagram.to_vec()));
    }
    fn record(&mut self, frame: Taped<'_>) {
        self.taped.push(frame.side);
    }
}

impl Line {
    fn last(&self) -> Packet<'_> {
        Packet::parse(&self.sent.last().expect("something sent").2).expect("RTP")
    }
}

fn packet(payload_type: u8, seq: u16, payload: &[u8]) -> Vec<u8> {
    timed(payload_type, seq, u32::from(seq) * 160, payload)
}

fn timed(payload_type: u8, seq: u16, time: u32, payload: &[u8]) -> Vec<u8> {
    let header = Header { marker: false, payload_type, seq: Seq(seq), time: RtpTime(time), ssrc: 77 };
    [&header.to_bytes()[..], payload].concat()
}

fn plane(pace: Pace, codecs: [Codec; 2]) -> Plane {
    let mut plane = Plane::new(pace, Limits::default(), 1);
    for (leg, codec) in [(CITIZEN, codecs[0]), (OPERATOR, codecs[1])] {
        plane.handle_command(Mono::ZERO, Command::Open { leg });
        plane.handle_command(Mono::ZERO, Command::SetRemote { leg, remote: remote(leg, codec) });
        assert!(matches!(plane.poll_event(), Some(Event::Opened { .. })));
    }
    plane
}

fn events(plane: &mut Plane) -> Vec<Event> {
    std::iter::from_fn(|| plane.poll_event()).collect()
}

/// What happens to a leg in a test world.
enum Happens {
    Command(Command),
    Key(LegId, char),
    Sends(LegId, bool),
}

/// Every happening at its time, and the events with the times at which they are told.
fn run(pace: Pace, script: &[(u64, Happens)], until: u64) -> Vec<(u64, Event)> {
    let mut plane = plane(pace, [Codec::Pcma; 2]);
    let (mut line, mut told, mut sending) = (Line::default(), Vec::new(), BTreeSet::new());
    let mut seq = 0u16;
    for ms in 0..until {
        let now = at(ms);
        for (_, happens) in script.iter().filter(|(when, _)| *when == ms) {
            match (happens, pace) {
                (Happens::Command(command), _) => plane.handle_command(now, command.clone()),
                (Happens::Key(leg, digit), Pace::Events) => plane.handle_digit(*leg, *digit),
                (Happens::Key(leg, digit), Pace::Beats) => {
                    seq += 1;
                    let event = super::super::dtmf::event_of(*digit).expect("a key");
                    for repeated in 0..3 {
                        let press = timed(101, seq + repeated, u32::from(seq) * 160, &[event, 0x80, 1, 0]);
                        plane.handle_packet(now, *leg, addr(*leg), &press, &mut line);
                    }
                    seq += 3;
                }
                (Happens::Sends(leg, on), Pace::Events) => plane.handle_sending(now, *leg, *on),
                (Happens::Sends(leg, true), Pace::Beats) => drop(sending.insert(*leg)),
                (Happens::Sends(leg, false), Pace::Beats) => drop(sending.remove(leg)),
            }
        }
        if pace == Pace::Beats && (ms + 13).is_multiple_of(20) {
            seq += 1;
            for leg in &sending {
                plane.handle_packet(now, *leg, addr(*leg), &packet(8, seq, &[0xd5; 160]), &mut line);
            }
            plane.handle_beat(now, &mut line);
        }
        if plane.poll_timeout().is_some_and(|due| due <= now) {
            plane.handle_timeout(now);
        }
        told.extend(events(&mut plane).into_iter().map(|event| (ms, event)));
    }
    told
}

#[test]
fn packets_and_events_tell_the_same_story_to_a_beat() {
    let prompts = [sound("it/a", 1234), sound("it/b", 777)];
    let script = [
        (5, Happens::Sends(CITIZEN, true)),
        (10, Happens::Command(play(CITIZEN, 1, &prompts, true))),
        (3000, Happens::Command(play(CITIZEN, 2, &prompts, true))),
        (4003, Happens::Key(CITIZEN, '1')),
        (4500, Happens::Command(play(CITIZEN, 3, &prompts, false))),
        (5001, Happens::Key(CITIZEN, '#')),
        (8000, Happens::Command(bridge(false))),
        (9000, Happens::Sends(CITIZEN, false)),
        (60_000, Happens::Sends(CITIZEN, true)),
        (61_000, Happens::Sends(CITIZEN, false)),
        (65_000, Happens::Command(play(OPERATOR, 4, &prompts, false))),
        (66_000, Happens::Command(Command::Stop { leg: OPERATOR })),
    ];
    let (packets, alone) = (run(Pace::Beats, &script, 100_000), run(Pace::Events, &script, 100_000));
    assert_eq!(
        alone.iter().map(|(_, event)| event.clone()).collect::<Vec<_>>(),
        [
            Event::Played { leg: CITIZEN, play: PlayId(1) },
            Event::Digit { leg: CITIZEN, digit: '1' },
            Event::Played { leg: CITIZEN, play: PlayId(2) },
            Event::Digit { leg: CITIZEN, digit: '#' },
            Event::Played { leg: CITIZEN, play: PlayId(3) },
            Event::Silent { leg: CITIZEN },
            Event::Silent { leg: CITIZEN },
        ]
    );
    assert_eq!(alone.len(), packets.len());
    for ((here, event), (there, same)) in alone.iter().zip(&packets) {
        assert_eq!(event, same);
        assert!(here.abs_diff(*there) <= 20, "{event:?} at {here} and {there} ms");
    }
}

#[test]
fn bridged_phones_hear_each_other_in_their_own_law() {
    let mut plane = plane(Pace::Beats, [Codec::Pcma, Codec::Pcmu]);
    let mut line = Line::default();
    plane.handle_command(at(0), bridge(true));
    plane.handle_packet(at(20), CITIZEN, addr(CITIZEN), &packet(8, 9, &[0x2a; 160]), &mut line);
    assert_eq!((line.sent[0].0, line.sent[0].1), (OPERATOR, addr(OPERATOR)));
    let heard = line.last();
    assert_eq!((heard.header.payload_type, heard.header.marker), (0, true));
    assert_eq!(heard.payload, &[0x00; 160], "the loudest negative of either law");
    plane.handle_packet(at(20), OPERATOR, addr(OPERATOR), &packet(0, 9, &[0x80; 160]), &mut line);
    assert_eq!((line.last().header.payload_type, line.last().payload), (8, &[0xaa; 160][..]));
    assert_eq!(line.taped, [Side::Left, Side::Right]);
    assert!(matches!(plane.poll_tape(), Some(TapeOrder::Start { form: Form::Talk, .. })));
    plane.handle_command(at(90), Command::Close { leg: OPERATOR });
    assert_eq!(plane.poll_tape(), Some(TapeOrder::Stop { tape: TapeId(1), at: at(90), said: None }));
    plane.handle_packet(at(100), CITIZEN, addr(CITIZEN), &packet(8, 10, &[0x2a; 160]), &mut line);
    assert_eq!(line.sent.len(), 2, "parted");
}

#[test]
fn a_key_pressed_in_a_talk_is_told_and_reaches_the_other_phone() {
    let mut plane = plane(Pace::Beats, [Codec::Pcma; 2]);
    let mut line = Line::default();
    let other = Remote { dtmf: Some(96), ..remote(OPERATOR, Codec::Pcma) };
    plane.handle_command(at(0), Command::SetRemote { leg: OPERATOR, remote: other });
    plane.handle_command(at(0), bridge(false));
    plane.handle_packet(at(20), CITIZEN, addr(CITIZEN), &packet(101, 9, &[10, 10, 0, 160]), &mut line);
    assert_eq!(events(&mut plane), [Event::Digit { leg: CITIZEN, digit: '*' }]);
    assert_eq!((line.last().header.payload_type, line.last().payload), (96, &[10, 10, 0, 160][..]));
    plane
        .handle_command(at(30), Command::SetRemote { leg: OPERATOR, remote: Remote { dtmf: None, ..other } });
    plane.handle_packet(at(40), CITIZEN, addr(CITIZEN), &packet(101, 10, &[10, 10, 1, 64]), &mut line);
    assert_eq!(line.sent.len(), 1, "a phone without telephone-event is sent none");
}

#[test]
fn music_on_one_side_of_a_talk_covers_the_partner_until_it_stops() {
    let mut plane = plane(Pace::Beats, [Codec::Pcma; 2]);
    let mut line = Line::default();
    plane.handle_command(at(0), bridge(false));
    plane.handle_command(at(0), play(OPERATOR, 1, &[sound("music/a", 100)], false));
    assert!(matches!(plane.hears(OPERATOR), Hears::Sounds(_)));
    assert!(matches!(plane.hears(CITIZEN), Hears::Leg(OPERATOR)));
    plane.handle_packet(at(10), CITIZEN, addr(CITIZEN), &packet(8, 1, &[1; 160]), &mut line);
    assert!(line.sent.is_empty());
    plane.handle_packet(at(10), OPERATOR, addr(OPERATOR), &packet(8, 1, &[1; 160]), &mut line);
    assert_eq!(line.sent.len(), 1);
    plane.handle_command(at(20), Command::Stop { leg: OPERATOR });
    plane.handle_packet(at(30), CITIZEN, addr(CITIZEN), &packet(8, 2, &[1; 160]), &mut line);
    assert_eq!(line.sent.len(), 2);
}

#[test]
fn after_hold_the_stream_goes_on_without_a_break() {
    let mut plane = plane(Pace::Beats, [Codec::Pcma; 2]);
    let mut line = Line::default();
    plane.handle_command(at(0), bridge(false));
    let holding = |send| Remote { send, ..remote(OPERATOR, Codec::Pcma) };
    for (seq, send) in [(1, true), (2, false), (3, false), (4, true)] {
        let remote = holding(send);
        plane.handle_command(at(0), Command::SetRemote { leg: OPERATOR, remote });
        let now = at(u64::from(seq) * 20);
        plane.handle_packet(now, CITIZEN, addr(CITIZEN), &packet(8, seq, &[1; 160]), &mut line);
    }
    let headers: Vec<_> =
        line.sent.iter().filter_map(|(.., sent)| Packet::parse(sent)).map(|sent| sent.header).collect();
    assert_eq!(headers.len(), 2);
    assert_eq!((headers[1].seq.after(headers[0].seq), headers[1].marker), (1, true));
    assert_eq!(headers[1].time.after(headers[0].time), 480, "the time that went by");
}

#[test]
fn phones_that_never_sent_or_only_wait_are_left_alone_and_hold_waits_longer() {
    let mut plane = plane(Pace::Events, [Codec::Pcma; 2]);
    plane.handle_sending(at(0), CITIZEN, true);
    plane.handle_sending(at(10), CITIZEN, false);
    assert_eq!(plane.poll_timeout(), None, "waiting");
    plane.handle_command(at(20), bridge(false));
    assert_eq!(plane.poll_timeout(), Some(at(30_020)), "the operator's muted phone sets no alarm");
    let held = Remote { receive: false, ..remote(CITIZEN, Codec::Pcma) };
    plane.handle_command(at(100), Command::SetRemote { leg: CITIZEN, remote: held });
    plane.handle_timeout(at(30_020));
    assert_eq!(events(&mut plane), []);
    assert_eq!(plane.poll_timeout(), Some(at(600_100)));
    plane.handle_timeout(at(600_100));
    assert_eq!(events(&mut plane), [Event::Silent { leg: CITIZEN }]);
    assert_eq!(plane.poll_timeout(), Some(at(1_200_100)), "told again while it lasts");
    plane.handle_timeout(at(1_200_100));
    assert_eq!(events(&mut plane), [Event::Silent { leg: CITIZEN }]);
    plane.handle_sending(at(1_300_000), CITIZEN, true);
    plane.handle_timeout(at(1_900_000));
    assert_eq!(events(&mut plane), [], "it is heard again");
}

#[test]
fn silence_that_is_heeded_is_told_sooner_but_on_hold_and_whoever_is_heard_was_heard_so_long_ago() {
    let mut plane = plane(Pace::Events, [Codec::Pcma; 2]);
    plane.handle_sending(at(0), CITIZEN, true);
    plane.handle_command(at(0), bridge(false));
    plane.handle_command(at(0), Command::Heed { leg: CITIZEN, silent_after: Duration::from_secs(5) });
    plane.handle_sending(at(1_000), CITIZEN, false);
    assert_eq!(plane.poll_timeout(), Some(at(6_000)));
    for (within, heard) in [(4, false), (6, true)] {
        plane
            .handle_command(at(6_000), Command::Listen { leg: CITIZEN, within: Duration::from_secs(within) });
        assert_eq!(events(&mut plane), [Event::Listened { leg: CITIZEN, heard }], "{within}");
    }
    let holding = Remote { send: false, ..remote(CITIZEN, Codec::Pcma) };
    plane.handle_command(at(2_000), Command::SetRemote { leg: CITIZEN, remote: holding });
    plane.handle_timeout(at(6_000));
    assert_eq!((events(&mut plane), plane.poll_timeout()), (vec![], Some(at(32_000))));
}

#[test]
fn phone_that_tells_its_keys_in_its_sound_and_by_the_signalling_has_pressed_each_once() {
    let in_sound = |plane: &mut Plane, ms, seq, event| {
        let key = packet(101, seq, &[event, 0x8a, 0, 160]);
        plane.handle_packet(at(ms), CITIZEN, addr(CITIZEN), &key, &mut Line::default());
    };
    let told = |plane: &mut Plane, ms, digit| {
        plane.handle_command(at(ms), Command::Key { leg: CITIZEN, digit });
    };
    for sound_first in [true, false] {
        let mut plane = plane(Pace::Beats, [Codec::Pcma; 2]);
        if sound_first {
            in_sound(&mut plane, 20, 9, 5);
        }
        told(&mut plane, 30, '5');
        in_sound(&mut plane, 40, 10, 5);
        told(&mut plane, 5_000, '6');
        in_sound(&mut plane, 5_000, 90, 6);
        let keys: Vec<_> = events(&mut plane);
        let digit = |digit| Event::Digit { leg: CITIZEN, digit };
        assert_eq!(keys, [digit('5'), digit('6')], "{sound_first}");
    }
}

#[test]
fn a_leg_on_hold_or_without_address_is_sent_nothing_and_its_play_still_ends() {
    for silent in [
        Remote { send: false, ..remote(CITIZEN, Codec::Pcma) },
        Remote { addr: None, ..remote(CITIZEN, Codec::Pcma) },
    ] {
        let mut plane = plane(Pace::Beats, [Codec::Pcma; 2]);
        let mut line = Line::default();
        plane.handle_command(at(0), Command::SetRemote { leg: CITIZEN, remote: silent });
        plane.handle_command(at(0), play(CITIZEN, 1, &[sound("it/a", 40)], true));
        (1..=3).for_each(|beat| plane.handle_beat(at(beat * 20), &mut line));
        assert!(line.sent.is_empty());
        assert_eq!(events(&mut plane), [Event::Played { leg: CITIZEN, play: PlayId(1) }]);
    }
}

#[test]
fn our_phone_presses_keys_while_it_speaks() {
    let mut plane = plane(Pace::Beats, [Codec::Pcma; 2]);
    let mut line = Line::default();
    plane.handle_command(at(0), play(CITIZEN, 1, &[sound("it/a", 4000)], false));
    "12".chars().for_each(|digit| plane.handle_command(at(0), Command::SendDigit { leg: CITIZEN, digit }));
    (1..=100).for_each(|beat| plane.handle_beat(Mono::ZERO + BEAT * beat, &mut line));
    let mut ear = super::super::dtmf::KeyReader::default();
    let (mut heard, mut seq) = (String::new(), None);
    for (_, _, datagram) in &line.sent {
        let packet = Packet::parse(datagram).expect("RTP");
        assert!(seq.is_none_or(|seq| packet.header.seq.after(seq) == 1), "no packet missing");
        seq = Some(packet.header.seq);
        if packet.header.payload_type == 101 {
            heard.extend(ear.handle_packet(at(0), packet.header, packet.payload));
        }
    }
    assert_eq!((heard.as_str(), line.sent.len()), ("12", 100));
}

#[test]
fn orders_for_legs_that_are_gone_do_nothing() {
    let mut plane = plane(Pace::Events, [Codec::Pcma; 2]);
    plane.handle_command(at(0), Command::Close { leg: OPERATOR });
    plane.handle_command(at(0), bridge(true));
    plane.handle_command(at(0), Command::Bridge { a: CITIZEN, b: CITIZEN, record: None });
    plane.handle_command(at(0), Command::Unbridge { leg: OPERATOR });
    plane.handle_command(at(0), play(OPERATOR, 1, &[], false));
    plane.handle_digit(OPERATOR, '1');
    assert_eq!((events(&mut plane), plane.partner(CITIZEN)), (vec![], None));
}

#[test]
fn simulated_recordings_end_with_the_bridge() {
    let mut plane = plane(Pace::Events, [Codec::Pcma; 2]);
    plane.handle_command(at(1000), bridge(true));
    assert!(plane.recording(CITIZEN).is_some());
    plane.handle_command(at(3500), Command::Unbridge { leg: OPERATOR });
    let length = Duration::from_millis(2500);
    assert_eq!(events(&mut plane), [Event::Recorded { file: "x.wav".into(), length, said: None }]);
}

#[test]
fn hostile_packets_harm_nobody() {
    let mut chance = ChaCha8Rng::seed_from_u64(42);
    let mut plane = plane(Pace::Beats, [Codec::Pcma, Codec::Pcmu]);
    plane.handle_command(at(0), bridge(true));
    let mut line = Line::default();
    for round in 0..200_000u64 {
        let seq = u16::try_from(round % 65_536).expect("below");
        let mut datagram = match round % 3 {
            0 => packet(8, seq, &[0xd5; 160]),
            1 => packet(101, seq, &[5, 0, 1, 0]),
            _ => packet(0, seq, &[0xff; 1488]),
        };
        for _ in 0..chance.random_range(0..4) {
            let place = chance.random_range(0..datagram.len());
            datagram[place] = chance.random();
        }
        datagram.truncate(chance.random_range(0..=datagram.len()));
        let leg = if chance.random() { CITIZEN } else { OPERATOR };
        plane.handle_packet(at(round), leg, addr(leg), &datagram, &mut line);
        assert!(line.sent.iter().all(|(.., sent)| Packet::parse(sent).is_some()));
        line.sent.clear();
        plane.handle_beat(at(round), &mut line);
        plane.handle_timeout(at(round));
        events(&mut plane);
    }
}

/// Sound to an address that nobody vouches for.
mod third_party {
    use super::*;

    const THIRD: &str = "203.0.113.66:5000";
    const ELSEWHERE: &str = "203.0.113.67:5000";

    /// A leg with music whose signalling comes from elsewhere than its SDP says.
    fn playing_to(addr: &str, trusted: bool) -> Plane {
        let mut plane = plane(Pace::Beats, [Codec::Pcma; 2]);
        name(&mut plane, 0, addr, trusted);
        plane.handle_command(at(0), play(CITIZEN, 1, &[sound("x", 60_000)], false));
        plane
    }

    fn name(plane: &mut Plane, ms: u64, addr: &str, trusted: bool) {
        let addr = addr.parse().ok();
        let remote = Remote { addr, trusted, ..remote(CITIZEN, Codec::Pcma) };
        plane.handle_command(at(ms), Command::SetRemote { leg: CITIZEN, remote });
    }

    fn sounds(plane: &mut Plane, ms: u64) -> bool {
        let mut wire = Line::default();
        plane.handle_timeout(at(ms));
        plane.handle_beat(at(ms), &mut wire);
        !wire.sent.is_empty()
    }

    #[test]
    fn sound_to_a_third_address_that_sends_nothing_stops_after_the_grace_and_is_told_once() {
        let mut plane = playing_to(THIRD, false);
        assert!(sounds(&mut plane, 4_980));
        events(&mut plane);
        assert!(!sounds(&mut plane, 5_000));
        let addr = THIRD.parse().expect("an address");
        assert_eq!(events(&mut plane), [Event::Unconfirmed { leg: CITIZEN, addr }]);
        assert!(!sounds(&mut plane, 9_000));
        assert_eq!(events(&mut plane), []);
    }

    #[test]
    fn a_new_sdp_every_few_seconds_buys_no_more_sound() {
        let mut plane = playing_to(THIRD, false);
        for ms in [2_000, 4_000, 6_000, 8_000] {
            name(&mut plane, ms, if ms % 4_000 == 0 { THIRD } else { ELSEWHERE }, false);
            assert_eq!(sounds(&mut plane, ms + 20), ms < 5_000, "{ms}");
        }
    }

    #[test]
    fn sound_goes_on_once_anything_has_come_from_there() {
        let mut plane = playing_to(THIRD, false);
        assert!(!sounds(&mut plane, 6_000));
        let stun = [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
        plane.handle_packet(
            at(6_010),
            CITIZEN,
            THIRD.parse().expect("an address"),
            &stun,
            &mut Line::default(),
        );
        assert!(sounds(&mut plane, 6_020));
        assert!(sounds(&mut plane, 60_000));
    }

    #[test]
    fn trusted_addresses_and_the_one_of_the_signalling_need_not_send() {
        assert!(sounds(&mut playing_to(THIRD, true), 50_000));
        let own = remote(CITIZEN, Codec::Pcma).addr.expect("an address").to_string();
        assert!(sounds(&mut playing_to(&own, false), 50_000));
    }
}

/// A caller speaks to the exchange itself.
mod takes {
    use super::*;
    use crate::media::take::TakeRules;
    use crate::media::{Said, Sound};

    fn take(max_ms: u64, replay: bool) -> Command {
        let (max, silence) = (Duration::from_millis(max_ms), Duration::from_secs(3));
        let recording = Recording { file: "said.wav".into() };
        Command::Take { leg: CITIZEN, recording, rules: TakeRules { max, silence, replay } }
    }

    /// The orders for the recorder, in short.
    fn orders(plane: &mut Plane) -> Vec<String> {
        let told = |order| match order {
            TapeOrder::Start { form, at, .. } => format!("{form:?} at {}", at.since_start().as_millis()),
            TapeOrder::Stop { at, said: Some(said), .. } => {
                let (at, spoken) = (at.since_start().as_millis(), said.spoken.as_millis());
                format!("stop at {at}: {spoken}, {}", said.replay)
            }
            TapeOrder::Stop { at, said: None, .. } => format!("stop at {}", at.since_start().as_millis()),
            TapeOrder::Discard { file } => format!("discard {file}"),
        };
        std::iter::from_fn(|| plane.poll_tape()).map(told).collect()
    }

    #[test]
    fn packets_of_a_voice_keep_it_going_and_silence_in_packets_ends_it() {
        let mut plane = plane(Pace::Beats, [Codec::Pcma; 2]);
        let mut line = Line::default();
        plane.handle_command(at(0), take(60_000, true));
        let (voice, quiet) = ([Codec::Pcma.encode(5_000); 160], [Codec::Pcma.silence(); 160]);
        for seq in 1..=500u16 {
            let now = at(u64::from(seq) * 20);
            let payload = if seq <= 100 { &voice } else { &quiet };
            plane.handle_packet(now, CITIZEN, addr(CITIZEN), &packet(8, seq, payload), &mut line);
            plane.handle_timeout(now);
        }
        assert_eq!(orders(&mut plane), ["Take at 0", "stop at 5000: 2000, true"]);
        assert_eq!(line.taped.len(), 250, "what comes after the end is not recorded");
        assert!(line.sent.is_empty() && plane.recording(CITIZEN).is_none());
    }

    #[test]
    fn it_ends_without_packets_by_word_by_close_and_by_bridge() {
        let orders_to_end = [
            None,
            Some(Command::EndTake { leg: CITIZEN }),
            Some(Command::Close { leg: CITIZEN }),
            Some(bridge(false)),
        ];
        for order in orders_to_end {
            let mut plane = plane(Pace::Beats, [Codec::Pcma; 2]);
            plane.handle_command(at(0), take(60_000, false));
            assert_eq!(plane.poll_timeout(), Some(at(6_000)));
            let stop = if order.is_some() { "stop at 900: 0, false" } else { "stop at 6000: 0, false" };
            match order {
                Some(order) => plane.handle_command(at(900), order),
                None => plane.handle_timeout(at(6_000)),
            }
            assert_eq!(orders(&mut plane), ["Take at 0", stop]);
            plane.handle_command(at(7_000), Command::EndTake { leg: CITIZEN });
            assert_eq!(orders(&mut plane), [""; 0], "once");
        }
    }

    #[test]
    fn who_talks_with_somebody_cannot_be_taken() {
        let mut plane = plane(Pace::Beats, [Codec::Pcma; 2]);
        plane.handle_command(at(0), bridge(true));
        plane.handle_command(at(10), take(60_000, false));
        assert!(
            matches!(&events(&mut plane)[..], [Event::RecordingFailed { file, .. }] if &**file == "said.wav")
        );
        assert_eq!(orders(&mut plane), ["Talk at 0"]);
        assert_eq!(plane.partner(CITIZEN), Some(OPERATOR));
    }

    #[test]
    fn simulated_take_says_the_same_and_has_a_sound_of_its_length() {
        let mut plane = plane(Pace::Events, [Codec::Pcma; 2]);
        plane.handle_command(at(0), take(60_000, true));
        plane.handle_speaking(at(500), CITIZEN, true);
        plane.handle_speaking(at(2_500), CITIZEN, false);
        assert_eq!(plane.poll_timeout().map(|at| plane.handle_timeout(at)), Some(()));
        plane.handle_timeout(at(5_500));
        let [Event::Recorded { length, said: Some(Said { spoken, sound }), .. }] = &events(&mut plane)[..]
        else {
            panic!("not recorded")
        };
        let played = sound.as_deref().map(Sound::duration);
        assert_eq!((length.as_millis(), spoken.as_millis(), played), (5_500, 2_000, Some(*length)));
    }
}
