//! Who hears whom, by tones, while people come to a talk and go.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::f64::consts::TAU;
use std::sync::Arc;

use super::super::*;
use crate::media::mix::Member;
use crate::media::mixer::Mixer;
use crate::media::player::{BEAT, FRAME};
use crate::media::rtp::{Header, RtpTime, Seq};
use crate::media::{PlayId, Sound};

const CITIZEN: LegId = LegId(1);
const OPERATOR: LegId = LegId(2);
const THIRD: LegId = LegId(3);
/// What each says, in hertz: multiples of 50, which do not leak into each other over 20 ms.
const TONES: [(LegId, u32); 3] = [(CITIZEN, 400), (OPERATOR, 750), (THIRD, 1_250)];
const MUSIC_HZ: u32 = 2_000;

/// Sample `n` of a tone.
#[expect(clippy::cast_possible_truncation, reason = "a sine of this height fits")]
fn tone(hertz: u32, n: u32) -> i16 {
    ((TAU * f64::from(hertz) * f64::from(n) / 8_000.0).sin() * 8_000.0) as i16
}

/// How much of a tone there is, 1 as it was sent (Goertzel's recurrence).
fn strength(samples: &[i16], hertz: u32) -> f64 {
    let turn = 2.0 * (TAU * f64::from(hertz) / 8_000.0).cos();
    let (last, before) = samples
        .iter()
        .fold((0.0, 0.0), |(last, before), sample| (f64::from(*sample) + turn * last - before, last));
    let power = (last * last + before * before - turn * last * before).max(0.0);
    power.sqrt() / (f64::from(u32::try_from(samples.len()).expect("few")) * 4_000.0)
}

/// Everything sent and taped.
#[derive(Default)]
struct Line {
    sent: BTreeMap<LegId, Vec<(Header, Vec<i16>)>>,
    taped: BTreeMap<TapeId, Mixer>,
}

impl Sink for Line {
    fn send(&mut self, leg: LegId, _: SocketAddr, datagram: &[u8]) {
        let Packet { header, payload } = Packet::parse(datagram).expect("RTP");
        let Some(codec) = Codec::from_payload_type(header.payload_type) else { return };
        let samples = payload.iter().map(|octet| codec.decode(*octet)).collect();
        self.sent.entry(leg).or_default().push((header, samples));
    }
    fn record(&mut self, frame: Taped<'_>) {
        self.taped.entry(frame.tape).or_insert_with(|| Mixer::new(Mono::ZERO)).put(frame);
    }
}

/// Three phones that say their tones all the time.
struct World {
    plane: Plane,
    line: Line,
    beats: u32,
    silent: Vec<LegId>,
}

impl World {
    fn new() -> World {
        let mut plane = Plane::new(Pace::Beats, Limits::default(), 1);
        for (leg, _) in TONES {
            let addr = phone(leg);
            let codec = law(leg);
            let remote = Remote {
                addr: Some(addr),
                signalling: addr.ip(),
                trusted: false,
                codec,
                dtmf: Some(101),
                send: true,
                receive: true,
            };
            plane.handle_command(Mono::ZERO, Command::Open { leg });
            plane.handle_command(Mono::ZERO, Command::SetRemote { leg, remote });
        }
        World { plane, line: Line::default(), beats: 0, silent: Vec::new() }
    }

    fn now(&self) -> Mono {
        Mono::ZERO + BEAT * self.beats
    }

    fn does(&mut self, command: Command) {
        self.plane.handle_command(self.now(), command);
    }

    /// So many beats of 20 ms; packets come some milliseconds before each.
    fn runs(&mut self, beats: u32) {
        for _ in 0..beats {
            for (leg, hertz) in TONES {
                if !self.silent.contains(&leg) {
                    let (seq, time) = (Seq(u16::try_from(self.beats).expect("few")), self.beats * 160);
                    self.says(leg, seq, time, hertz);
                }
            }
            self.beats += 1;
            self.plane.handle_beat(self.now(), &mut self.line);
            self.plane.handle_timeout(self.now());
        }
    }

    fn says(&mut self, leg: LegId, seq: Seq, time: u32, hertz: u32) {
        let codec = law(leg);
        let ssrc = u32::try_from(leg.0).expect("few");
        let payload_type = codec.payload_type();
        let header = Header { marker: false, payload_type, seq, time: RtpTime(time), ssrc };
        let payload: Vec<u8> = (time..time + 160).map(|n| codec.encode(tone(hertz, n))).collect();
        let datagram = [&header.to_bytes()[..], &payload].concat();
        self.plane.handle_packet(self.now(), leg, phone(leg), &datagram, &mut self.line);
    }

    /// The tones that a phone has been sent, all through the last 200 ms.
    fn hears(&self, leg: LegId) -> Vec<u32> {
        let all = self.line.sent.get(&leg).map(Vec::as_slice).unwrap_or_default();
        let samples: Vec<i16> = all.iter().rev().take(10).rev().flat_map(|(_, it)| it.clone()).collect();
        in_it(&samples)
    }

    /// Every packet of ours to this phone is of one stream, without a break.
    fn assert_is_one_stream(&self, leg: LegId) {
        for pair in self.line.sent[&leg].windows(2) {
            let [(before, sound), (after, _)] = pair else { continue };
            assert_eq!((after.ssrc, after.seq.after(before.seq)), (before.ssrc, 1));
            let samples = i32::try_from(sound.len()).expect("few");
            let step = after.time.after(before.time);
            assert!((samples..=samples * 3).contains(&step), "{step} samples from {before:?} to {after:?}");
        }
    }

    fn orders(&mut self) -> Vec<String> {
        let told = |order| match order {
            TapeOrder::Start { recording, .. } => format!("start {}", recording.file),
            TapeOrder::Stop { .. } => "stop".to_owned(),
            TapeOrder::Discard { .. } => "discard".to_owned(),
        };
        std::iter::from_fn(|| self.plane.poll_tape()).map(told).collect()
    }
}

fn in_it(samples: &[i16]) -> Vec<u32> {
    let tones = TONES.iter().map(|(_, hertz)| *hertz).chain([MUSIC_HZ]);
    tones
        .filter(|hertz| {
            let strength = strength(samples, *hertz);
            assert!(!(0.05..0.8).contains(&strength), "{hertz} Hz is heard in part: {strength}");
            strength > 0.8
        })
        .collect()
}

fn phone(leg: LegId) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 4000 + u16::try_from(leg.0).expect("few legs")))
}

/// One of them speaks the other law.
fn law(leg: LegId) -> Codec {
    if leg == OPERATOR { Codec::Pcmu } else { Codec::Pcma }
}

fn file() -> Option<Recording> {
    Some(Recording { file: "x.wav".into() })
}

fn bridge() -> Command {
    Command::Bridge { a: CITIZEN, b: OPERATOR, record: file() }
}

fn mix(members: &[(LegId, &[LegId], Option<Side>)]) -> Command {
    let member =
        |(leg, hears, side): &(LegId, &[LegId], _)| Member { leg: *leg, hears: hears.to_vec(), side: *side };
    Command::Mix { members: members.iter().map(member).collect(), record: file() }
}

fn listening() -> Command {
    mix(&[
        (CITIZEN, &[OPERATOR], Some(Side::Left)),
        (OPERATOR, &[CITIZEN], Some(Side::Right)),
        (THIRD, &[CITIZEN, OPERATOR], None),
    ])
}

fn three_way() -> Command {
    mix(&[
        (CITIZEN, &[OPERATOR, THIRD], Some(Side::Left)),
        (OPERATOR, &[CITIZEN, THIRD], Some(Side::Right)),
        (THIRD, &[CITIZEN, OPERATOR], Some(Side::Right)),
    ])
}

#[test]
fn tones_are_heard_where_they_should_be_and_nowhere_else() {
    let whispering = mix(&[
        (CITIZEN, &[OPERATOR], Some(Side::Left)),
        (OPERATOR, &[CITIZEN, THIRD], Some(Side::Right)),
        (THIRD, &[CITIZEN, OPERATOR], None),
    ]);
    let mut world = World::new();
    for (command, heard) in [
        (bridge(), [&[750][..], &[400], &[]]),
        (listening(), [&[750], &[400], &[400, 750]]),
        (whispering, [&[750], &[400, 1_250], &[400, 750]]),
        (three_way(), [&[750, 1_250], &[400, 1_250], &[400, 750]]),
        (mix(&[(CITIZEN, &[], Some(Side::Left))]), [&[], &[1_250], &[750]]),
        (bridge(), [&[750], &[400], &[]]),
    ] {
        world.does(command.clone());
        world.line.sent.clear();
        world.runs(20);
        assert_eq!([CITIZEN, OPERATOR, THIRD].map(|leg| world.hears(leg)), heard, "{command:?}");
    }
}

#[test]
fn who_comes_and_goes_breaks_neither_the_streams_nor_the_recording() {
    let mut world = World::new();
    world.does(bridge());
    world.runs(50);
    world.does(listening());
    world.runs(50);
    world.does(three_way());
    world.runs(50);
    world.does(bridge());
    world.runs(50);
    assert_eq!(world.orders(), ["start x.wav"]);
    for leg in [CITIZEN, OPERATOR] {
        world.assert_is_one_stream(leg);
        assert_eq!(world.line.sent[&leg].len(), 200, "a packet for every 20 ms");
    }
    let tape = world.line.taped.values_mut().next().expect("a tape");
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let Ok(()) = tape.take_rest(Mono::ZERO + BEAT * 200, |[one, other]| {
        left.push(one);
        right.push(other);
        Ok::<(), Infallible>(())
    });
    for (second, heard) in [&[750][..], &[750], &[750, 1_250], &[750]].iter().enumerate() {
        let part = second * 8_000 + 800..second * 8_000 + 7_200;
        assert_eq!(in_it(&left[part.clone()]), [400], "second {second}");
        assert_eq!(in_it(&right[part]), *heard, "second {second}");
    }
    world.does(Command::Close { leg: OPERATOR });
    assert_eq!(world.orders(), ["stop"]);
}

#[test]
fn recording_ends_with_the_last_who_is_on_it_and_not_with_the_first() {
    let mut world = World::new();
    world.does(three_way());
    world.does(Command::Close { leg: THIRD });
    world.does(Command::Unbridge { leg: OPERATOR });
    assert_eq!(world.orders(), ["start x.wav"]);
    world.does(mix(&[(CITIZEN, &[], Some(Side::Left))]));
    assert_eq!(world.orders(), [""; 0]);
    world.does(Command::Unbridge { leg: CITIZEN });
    assert_eq!(world.orders(), ["stop"]);
}

#[test]
fn music_on_one_of_them_goes_on_while_others_come_and_is_heard_instead() {
    let mut world = World::new();
    world.does(bridge());
    let samples: Vec<i16> = (0..160_000).map(|n| tone(MUSIC_HZ, n)).collect();
    let sounds = vec![Arc::new(Sound::encode("music/x", &samples))];
    world.does(Command::Play { leg: CITIZEN, play: PlayId(1), sounds, repeat: true, barge_in: false });
    for command in [listening(), bridge()] {
        world.does(command);
        world.runs(20);
        assert_eq!([world.hears(CITIZEN), world.hears(OPERATOR)], [[MUSIC_HZ], [400]]);
    }
    world.does(Command::Stop { leg: CITIZEN });
    world.runs(20);
    assert_eq!(world.hears(CITIZEN), [750]);
}

#[test]
fn silent_members_and_keys_leave_a_stream_of_silence() {
    let mut world = World::new();
    world.silent = vec![OPERATOR, THIRD];
    world.does(three_way());
    world.runs(20);
    let payload = [5, 10, 0, 160];
    let header = Header { marker: true, payload_type: 101, seq: Seq(500), time: RtpTime(9), ssrc: 2 };
    let key = [&header.to_bytes()[..], &payload].concat();
    world.plane.handle_packet(world.now(), OPERATOR, phone(OPERATOR), &key, &mut world.line);
    world.runs(20);
    assert!(matches!(world.plane.hears(CITIZEN), Hears::Mix(legs) if legs == [OPERATOR, THIRD]));
    let heard = &world.line.sent[&CITIZEN];
    assert_eq!(heard.len(), 40);
    assert!(
        heard.iter().all(|(_, samples)| samples.len() == FRAME && samples.iter().all(|it| it.abs() < 16))
    );
    assert_eq!(world.hears(OPERATOR), [400]);
}

#[test]
fn at_the_pace_of_events_it_is_known_who_would_hear_whom() {
    let mut plane = Plane::new(Pace::Events, Limits::default(), 1);
    let remote = |leg, send, receive| {
        let addr = phone(leg);
        let codec = Codec::Pcma;
        let remote = Remote {
            addr: Some(addr),
            signalling: addr.ip(),
            trusted: true,
            codec,
            dtmf: None,
            send,
            receive,
        };
        Command::SetRemote { leg, remote }
    };
    for (leg, _) in TONES {
        plane.handle_command(Mono::ZERO, Command::Open { leg });
        plane.handle_command(Mono::ZERO, remote(leg, true, true));
    }
    plane.handle_command(Mono::ZERO, listening());
    let heard = |plane: &Plane, leg| TONES.map(|(other, _)| plane.hears(leg).has(other));
    assert_eq!(heard(&plane, CITIZEN), [false, true, false]);
    assert_eq!(heard(&plane, THIRD), [true, true, false]);
    plane.handle_command(Mono::ZERO, remote(CITIZEN, true, false));
    assert_eq!(heard(&plane, OPERATOR), [false; 3], "the citizen says nothing");
    assert_eq!(heard(&plane, THIRD), [false, true, false]);
    plane.handle_command(Mono::ZERO, Command::Close { leg: OPERATOR });
    assert!(matches!(plane.hears(THIRD), Hears::Nothing));
}
