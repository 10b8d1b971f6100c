//! Phones on loopback: what they send and hear through the real shard, and what is on the recording.

use std::net::{SocketAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::media::rtp::{Header, Packet, RtpTime, Seq};
use crate::media::take::TakeRules;
use crate::media::{Codec, PlayId, Recording, Remote, Sound};

const CITIZEN: LegId = LegId(1);
const OPERATOR: LegId = LegId(2);
/// Longer than any machine needs; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

struct World {
    plane: MediaPlane,
    runtime: tokio::runtime::Runtime,
}

impl World {
    fn new(ports: (u16, u16), recordings: &Path) -> World {
        let settings = Settings {
            bind: [127, 0, 0, 1].into(),
            ports,
            shards: 1,
            recordings: recordings.to_owned(),
            limits: Limits::default(),
            seed: 1,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        World { plane: MediaPlane::start(&settings).expect("threads"), runtime }
    }

    fn event(&mut self) -> Event {
        let (runtime, plane) = (&self.runtime, &mut self.plane);
        runtime
            .block_on(async { tokio::time::timeout(PATIENCE, plane.recv()).await.expect("an event in time") })
    }

    /// A phone on a leg of its own.
    fn phone(&mut self, leg: LegId, codec: Codec) -> Phone {
        self.plane.send(Command::Open { leg });
        let Event::Opened { port, .. } = self.event() else { panic!("no port") };
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let addr = socket.local_addr().expect("bound");
        let dtmf = Some(101);
        let remote = Remote {
            addr: Some(addr),
            signalling: addr.ip(),
            trusted: false,
            codec,
            dtmf,
            send: true,
            receive: true,
        };
        self.plane.send(Command::SetRemote { leg, remote });
        Phone { socket, to: SocketAddr::from(([127, 0, 0, 1], port)), seq: 0 }
    }

    fn bridge(&mut self, file: &str) {
        let record = Some(Recording { file: file.into() });
        self.plane.send(Command::Bridge { a: CITIZEN, b: OPERATOR, record });
    }

    fn play(&mut self, leg: LegId, ms: usize) {
        let sounds = vec![Arc::new(Sound::encode("it/prova", &vec![20_000; ms * 8]))];
        self.plane.send(Command::Play { leg, play: PlayId(1), sounds, repeat: false, barge_in: true });
    }
}

struct Phone {
    socket: UdpSocket,
    to: SocketAddr,
    seq: u16,
}

impl Phone {
    fn send(&mut self, payload_type: u8, payload: &[u8]) {
        self.seq += 1;
        let (seq, time) = (Seq(self.seq), RtpTime(u32::from(self.seq) * 160));
        let header = Header { marker: false, payload_type, seq, time, ssrc: 7 };
        self.socket.send_to(&[&header.to_bytes()[..], payload].concat(), self.to).expect("loopback");
    }

    fn hear(&self) -> (Header, Vec<u8>) {
        let mut buffer = [0; 1500];
        let (length, from) = self.socket.recv_from(&mut buffer).expect("a packet in time");
        assert_eq!(from, self.to, "sound comes from where it is sent to");
        let packet = Packet::parse(&buffer[..length]).expect("RTP");
        (packet.header, packet.payload.to_vec())
    }
}

#[test]
fn a_prompt_is_heard_whole_and_its_end_is_told() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut world = World::new((24_000, 24_040), dir.path());
    let phone = world.phone(CITIZEN, Codec::Pcmu);
    world.play(CITIZEN, 100);
    let heard: Vec<_> = (0..5).map(|_| phone.hear()).collect();
    let octet = Codec::Pcmu.encode(20_000);
    assert!(heard.iter().all(|(_, payload)| *payload == [octet; 160]));
    for pair in heard.windows(2) {
        assert_eq!(pair[1].0.seq.after(pair[0].0.seq), 1);
        assert_eq!(pair[1].0.time.after(pair[0].0.time), 160);
    }
    assert_eq!(world.event(), Event::Played { leg: CITIZEN, play: PlayId(1) });
}

#[test]
fn a_key_stops_the_prompt() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut world = World::new((24_042, 24_080), dir.path());
    let mut phone = world.phone(CITIZEN, Codec::Pcma);
    world.play(CITIZEN, 60_000);
    phone.hear();
    (0..3).for_each(|_| phone.send(101, &[4, 0x8a, 3, 32]));
    assert_eq!(world.event(), Event::Digit { leg: CITIZEN, digit: '4' });
    assert_eq!(world.event(), Event::Played { leg: CITIZEN, play: PlayId(1) });
}

#[test]
fn two_phones_hear_each_other_and_are_recorded_each_on_a_side() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut world = World::new((24_082, 24_120), dir.path());
    let (mut citizen, mut operator) = (world.phone(CITIZEN, Codec::Pcma), world.phone(OPERATOR, Codec::Pcmu));
    world.bridge("2026/11/24/1.1.1.wav");
    for _ in 0..10 {
        citizen.send(8, &[Codec::Pcma.encode(8000); 160]);
        assert!(operator.hear().1.iter().all(|octet| Codec::Pcmu.decode(*octet).abs_diff(8000) < 400));
        operator.send(0, &[Codec::Pcmu.encode(-8000); 160]);
        assert!(citizen.hear().1.iter().all(|octet| Codec::Pcma.decode(*octet).abs_diff(-8000) < 400));
    }
    world.plane.send(Command::Unbridge { leg: OPERATOR });
    let Event::Recorded { file, .. } = world.event() else { panic!("not recorded") };
    let path = dir.path().join(&*file);
    let samples: Vec<i16> = hound::WavReader::open(&path).expect("a file").into_samples().flatten().collect();
    // The frames came faster than they were said: what is not yet past at the end is not in the file.
    assert!(samples.chunks_exact(2).all(|side| side[0] >= 0 && side[1] <= 0), "each on its own side");
    citizen.send(101, &[1, 10, 0, 160]);
    assert_eq!(world.event(), Event::Digit { leg: CITIZEN, digit: '1' }, "parted, and heard still");
    let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().expect("a directory"))), (0o600, 0o700));
}

#[test]
fn a_recording_that_cannot_be_written_is_told_and_the_talk_goes_on() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("taken"), "a file, not a directory").expect("room");
    for (file, ports) in [("taken/1.wav", (24_122, 24_140)), ("/dev/full", (24_142, 24_160))] {
        let mut world = World::new(ports, dir.path());
        let (mut citizen, operator) = (world.phone(CITIZEN, Codec::Pcma), world.phone(OPERATOR, Codec::Pcma));
        world.bridge(file);
        assert!(matches!(world.event(), Event::RecordingFailed { .. }), "{file}");
        citizen.send(8, &[1; 160]);
        assert_eq!(operator.hear().1, [1; 160]);
    }
}

#[test]
fn a_recording_never_takes_the_place_of_another() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("1.wav"), "somebody's words").expect("room");
    let mut world = World::new((24_202, 24_220), dir.path());
    let _phones = (world.phone(CITIZEN, Codec::Pcma), world.phone(OPERATOR, Codec::Pcma));
    world.bridge("1.wav");
    assert!(matches!(world.event(), Event::RecordingFailed { .. }));
    assert_eq!(std::fs::read(dir.path().join("1.wav")).expect("there"), b"somebody's words");
}

#[test]
fn a_plane_that_ends_tells_which_recordings_are_whole() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut world = World::new((24_182, 24_200), dir.path());
    let (mut citizen, operator) = (world.phone(CITIZEN, Codec::Pcma), world.phone(OPERATOR, Codec::Pcma));
    world.bridge("last.wav");
    citizen.send(8, &[1; 160]);
    operator.hear();
    let told = world.plane.finish();
    assert!(matches!(&told[..], [Event::Recorded { file, .. }] if &**file == "last.wav"), "{told:?}");
    world.plane.send(Command::Open { leg: CITIZEN });
    assert_eq!(world.plane.finish(), []);
}

#[test]
fn ports_that_are_used_up_are_told_and_come_back() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut world = World::new((24_162, 24_165), dir.path());
    for leg in 1..=3 {
        world.plane.send(Command::Open { leg: LegId(leg) });
    }
    assert!(matches!(world.event(), Event::Opened { leg: LegId(1), .. }));
    assert!(matches!(world.event(), Event::Opened { leg: LegId(2), .. }));
    assert!(matches!(world.event(), Event::OpenFailed { leg: LegId(3), .. }));
    world.plane.send(Command::Close { leg: LegId(1) });
    world.plane.send(Command::Open { leg: LegId(3) });
    assert!(matches!(world.event(), Event::Opened { leg: LegId(3), .. }));
}

#[test]
fn a_phone_speaks_presses_keys_and_keeps_what_it_hears() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut world = World::new((24_166, 24_180), dir.path());
    let mut exchange = world.phone(CITIZEN, Codec::Pcma);
    world.plane.send(Command::Record { leg: CITIZEN, recording: Recording { file: "heard.wav".into() } });
    world.plane.send(Command::SendDigit { leg: CITIZEN, digit: '5' });
    let (header, payload) = exchange.hear();
    assert_eq!((header.payload_type, payload[0]), (101, 5));
    exchange.send(8, &[Codec::Pcma.encode(8000); 160]);
    while !exchange.hear().1.starts_with(&[5, 0x8a]) {}
    world.plane.send(Command::Close { leg: CITIZEN });
    assert!(matches!(world.event(), Event::Recorded { .. }));
    let reader = hound::WavReader::open(dir.path().join("heard.wav")).expect("a file");
    assert_eq!(reader.spec().channels, 1);
    assert!(reader.into_samples::<i16>().flatten().any(|sample| sample > 7000));
}

#[test]
fn a_caller_is_recorded_alone_and_what_was_said_can_be_played_back_and_removed() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut world = World::new((24_222, 24_240), dir.path());
    let mut citizen = world.phone(CITIZEN, Codec::Pcma);
    let file: Arc<str> = "2026/11/24/1.1.1-caller.wav".into();
    let rules = TakeRules { max: PATIENCE, silence: PATIENCE, replay: true };
    let recording = Recording { file: file.clone() };
    world.plane.send(Command::Take { leg: CITIZEN, recording, rules });
    (0..10).for_each(|_| citizen.send(8, &[Codec::Pcma.encode(8000); 160]));
    citizen.send(101, &[11, 0x8a, 3, 32]);
    assert_eq!(world.event(), Event::Digit { leg: CITIZEN, digit: '#' });
    world.plane.send(Command::EndTake { leg: CITIZEN });
    let Event::Recorded { said: Some(said), .. } = world.event() else { panic!("not recorded") };
    assert_eq!(said.spoken, Duration::from_millis(200));
    let sound = said.sound.expect("it was asked for");
    let reader = hound::WavReader::open(dir.path().join(&*file)).expect("a file");
    assert_eq!((reader.spec().channels, reader.len() as usize), (1, sound.pcma.len()));
    let samples: Vec<i16> = reader.into_samples().flatten().collect();
    assert_eq!(Codec::Pcma.encode_all(&samples), sound.pcma);
    world.plane.send(Command::Discard { leg: CITIZEN, file: file.clone() });
    world.plane.send(Command::Discard { leg: CITIZEN, file: "../outside.wav".into() });
    world.plane.finish();
    assert!(!dir.path().join(&*file).exists());
}
