//! What media costs: `cargo bench --bench media_beat` for the pure plane, without sockets;
//! `cargo bench --bench media_beat -- shard` for the real shard thread on loopback, in percent of a core.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use centralino::media::leg::Limits;
use centralino::media::mix::Member;
use centralino::media::plane::{Pace, Plane, Sink};
use centralino::media::player::BEAT;
use centralino::media::rtp::{Header, RtpTime, Seq};
use centralino::media::tape::{Side, Taped};
use centralino::media::{Codec, Command, LegId, PlayId, Recording, Remote, Sound};
use centralino::time::Mono;
use divan::{Bencher, black_box, counter::ItemsCount};

fn main() {
    if std::env::args().any(|arg| arg == "shard") {
        on_loopback::report();
    } else {
        divan::main();
    }
}

/// Takes packets and forgets them.
struct Nowhere;

impl Sink for Nowhere {
    fn send(&mut self, leg: LegId, to: SocketAddr, datagram: &[u8]) {
        black_box((leg, to, datagram));
    }
    fn record(&mut self, frame: Taped<'_>) {
        black_box(frame);
    }
}

const PHONE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4000);

fn remote(addr: SocketAddr, codec: Codec) -> Remote {
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

fn music(leg: LegId, sound: &Arc<Sound>) -> Command {
    Command::Play { leg, play: PlayId(1), sounds: vec![sound.clone()], repeat: true, barge_in: false }
}

fn packet(seq: u16) -> Vec<u8> {
    let time = RtpTime(u32::from(seq) * 160);
    let header = Header { marker: false, payload_type: 8, seq: Seq(seq), time, ssrc: 7 };
    [&header.to_bytes()[..], &[0xd5; 160]].concat()
}

fn plane(legs: u64, codec: impl Fn(u64) -> Codec) -> Plane {
    let mut plane = Plane::new(Pace::Beats, Limits::default(), 1);
    for leg in (0..legs).map(LegId) {
        plane.handle_command(Mono::ZERO, Command::Open { leg });
        plane.handle_command(Mono::ZERO, Command::SetRemote { leg, remote: remote(PHONE, codec(leg.0)) });
    }
    while plane.poll_event().is_some() {}
    plane
}

/// One beat of the pure plane, sends left out.
#[divan::bench]
fn beat_of_1000_calls_in_music(bencher: Bencher<'_, '_>) {
    let sound = Arc::new(Sound::encode("music/attesa", &[1000; 80_000]));
    let mut plane = plane(1000, |_| Codec::Pcma);
    (0..1000).for_each(|leg| plane.handle_command(Mono::ZERO, music(LegId(leg), &sound)));
    let mut now = Mono::ZERO;
    bencher.counter(ItemsCount::new(1000u32)).bench_local(|| {
        now = now + BEAT;
        plane.handle_beat(now, &mut Nowhere);
    });
}

/// One beat of the pure plane with this many talks in which a third listens, everybody speaking, sends left out.
#[divan::bench(args = [1, 100])]
fn beat_of_mixes_of_three(bencher: Bencher<'_, '_>, mixes: u64) {
    let mut plane = plane(mixes * 3, |leg| if leg % 3 == 1 { Codec::Pcmu } else { Codec::Pcma });
    for leg in (0..mixes * 3).step_by(3) {
        plane.handle_command(Mono::ZERO, listened_to(leg, None));
    }
    let (mut seq, mut now) = (0u16, Mono::ZERO);
    bencher.counter(ItemsCount::new(mixes)).bench_local(|| {
        seq = seq.wrapping_add(1);
        now = now + BEAT;
        let datagram = packet(seq);
        for leg in (0..mixes * 3).map(LegId) {
            plane.handle_packet(now, leg, PHONE, &datagram, &mut Nowhere);
        }
        plane.handle_beat(now, &mut Nowhere);
    });
}

/// A citizen, an operator, and a supervisor who listens.
fn listened_to(leg: u64, record: Option<Recording>) -> Command {
    let [citizen, operator, supervisor] = [leg, leg + 1, leg + 2].map(LegId);
    let member = |leg, hears: &[LegId], side| Member { leg, hears: hears.to_vec(), side };
    let members = vec![
        member(citizen, &[operator], Some(Side::Left)),
        member(operator, &[citizen], Some(Side::Right)),
        member(supervisor, &[citizen, operator], None),
    ];
    Command::Mix { members, record }
}

/// One packet from one phone to the other among 1 000 bridged calls, sends left out.
#[divan::bench(args = ["same law", "other law", "recorded"])]
fn relay_of_one_packet(bencher: Bencher<'_, '_>, kind: &str) {
    let law = |leg: u64| if kind == "other law" && leg % 2 == 1 { Codec::Pcmu } else { Codec::Pcma };
    let mut plane = plane(2000, law);
    for leg in (0..2000).step_by(2) {
        let record = (kind == "recorded").then(|| Recording { file: "x.wav".into() });
        plane.handle_command(Mono::ZERO, Command::Bridge { a: LegId(leg), b: LegId(leg + 1), record });
    }
    let (mut seq, mut now) = (0u16, Mono::ZERO);
    let mut datagram = packet(0);
    bencher.bench_local(|| {
        seq = seq.wrapping_add(1);
        now = now + BEAT;
        datagram[2..4].copy_from_slice(&seq.to_be_bytes());
        plane.handle_packet(now, LegId(u64::from(seq % 1000) * 2), PHONE, &datagram, &mut Nowhere);
    });
}

/// The real shard, with plain sockets for phones; the CPU counted is the media threads' alone.
#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
mod on_loopback {
    use super::*;
    use std::net::UdpSocket;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    use centralino::io::media::{MediaPlane, Settings};
    use centralino::media::Event;

    const MEASURED: Duration = Duration::from_secs(5);

    pub(super) fn report() {
        for (calls, sending) in [(100, false), (100, true), (400, false)] {
            in_music(calls, sending);
        }
        for (calls, recorded) in [(100, false), (100, true)] {
            bridged(calls, recorded);
        }
        for recorded in [false, true] {
            listened(100, recorded);
        }
    }

    fn start() -> MediaPlane {
        let settings = Settings {
            bind: PHONE.ip(),
            ports: (30_000, 34_000),
            shards: 1,
            recordings: std::env::temp_dir().join("centralino-bench"),
            limits: Limits::default(),
            seed: 1,
        };
        MediaPlane::start(&settings).expect("threads")
    }

    /// A leg and its phone's socket, connected to it.
    fn phone(plane: &mut MediaPlane, leg: LegId) -> UdpSocket {
        let socket = UdpSocket::bind((PHONE.ip(), 0)).expect("a port");
        plane.send(Command::Open { leg });
        let port = loop {
            match plane.try_recv() {
                Some(Event::Opened { port, .. }) => break port,
                Some(other) => panic!("{other:?}"),
                None => std::thread::yield_now(),
            }
        };
        socket.connect((PHONE.ip(), port)).expect("loopback");
        socket.set_nonblocking(true).expect("a socket");
        let addr = socket.local_addr().expect("bound");
        plane.send(Command::SetRemote { leg, remote: remote(addr, Codec::Pcma) });
        socket
    }

    fn in_music(calls: u32, sending: bool) {
        let mut plane = start();
        let sound = Arc::new(Sound::encode("music/attesa", &[1000; 80_000]));
        let legs = || (0..u64::from(calls)).map(LegId);
        let phones: Vec<_> = legs().map(|leg| phone(&mut plane, leg)).collect();
        legs().for_each(|leg| plane.send(music(leg, &sound)));
        measure(if sending { "in music, callers send too" } else { "in music" }, calls, &phones, sending);
    }

    fn bridged(calls: u32, recorded: bool) {
        let mut plane = start();
        let phones: Vec<_> = (0..u64::from(calls) * 2).map(|leg| phone(&mut plane, LegId(leg))).collect();
        for call in 0..u64::from(calls) {
            let record = recorded.then(|| Recording { file: format!("{call}.wav").into() });
            plane.send(Command::Bridge { a: LegId(call * 2), b: LegId(call * 2 + 1), record });
        }
        measure(if recorded { "bridged and recorded" } else { "bridged" }, calls, &phones, true);
    }

    fn listened(calls: u32, recorded: bool) {
        let mut plane = start();
        let phones: Vec<_> = (0..u64::from(calls) * 3).map(|leg| phone(&mut plane, LegId(leg))).collect();
        for call in 0..u64::from(calls) {
            let record = recorded.then(|| Recording { file: format!("mix{call}.wav").into() });
            plane.send(listened_to(call * 3, record));
        }
        measure(
            if recorded { "of three in a mix, recorded" } else { "of three in a mix" },
            calls,
            &phones,
            true,
        );
    }

    /// The first phone's gaps are looked at; the others are the crowd.
    fn measure(name: &str, calls: u32, phones: &[UdpSocket], sending: bool) {
        let stop = AtomicBool::new(false);
        let (first, others) = phones.split_first().expect("a phone");
        first.set_nonblocking(false).expect("a socket");
        std::thread::scope(|scope| {
            let crowd = scope.spawn(|| speak_and_listen(others, sending, &stop));
            std::thread::sleep(Duration::from_millis(500));
            let (before, began) = (cpu("media-") + cpu("recorder-"), Instant::now());
            let gaps = gaps(first, sending);
            let after = cpu("media-") + cpu("recorder-");
            let share = (after - before) / began.elapsed().as_secs_f64() * 100.0;
            stop.store(true, Ordering::Relaxed);
            let heard = crowd.join().expect("phones");
            let (median, worst) = deviations(&gaps);
            println!(
                "{calls} calls {name}: {:.1} % of a core per 100; {heard} packets heard; \
                 deviation from 20 ms at one phone: median {median:.2} ms, worst of {} {worst:.2} ms",
                share * 100.0 / f64::from(calls),
                gaps.len()
            );
        });
    }

    /// Median and worst. One phone hears too few packets for the rare ones to be told apart: `cargo xtask load queue` does that.
    fn deviations(gaps: &[Duration]) -> (f64, f64) {
        let mut late: Vec<_> = gaps.iter().map(|gap| (gap.as_secs_f64() * 1000.0 - 20.0).abs()).collect();
        late.sort_by(f64::total_cmp);
        (late.get(late.len() / 2).copied().unwrap_or(0.0), late.last().copied().unwrap_or(0.0))
    }

    /// Times between the packets that one phone hears; if it speaks, then after each.
    fn gaps(phone: &UdpSocket, sending: bool) -> Vec<Duration> {
        phone.set_read_timeout(Some(Duration::from_millis(100))).expect("a timeout");
        let (began, mut last, mut gaps) = (Instant::now(), None, Vec::new());
        let (mut buffer, mut seq) = ([0; 1500], 0u16);
        while began.elapsed() < MEASURED {
            if phone.recv(&mut buffer).is_ok() {
                let now = Instant::now();
                gaps.extend(last.map(|last| now - last));
                last = Some(now);
            }
            if sending {
                seq = seq.wrapping_add(1);
                phone.send(&packet(seq)).expect("loopback");
            }
        }
        gaps
    }

    /// Every 20 ms, spread over them, each phone hears what came and, if it speaks, speaks.
    fn speak_and_listen(phones: &[UdpSocket], sending: bool, stop: &AtomicBool) -> u64 {
        const SLICES: usize = 20;
        let (mut heard, mut seq, mut buffer) = (0, 0u16, [0; 1500]);
        let mut next = Instant::now();
        while !stop.load(Ordering::Relaxed) {
            seq = seq.wrapping_add(1);
            let packet = packet(seq);
            for slice in 0..SLICES {
                for phone in phones.iter().skip(slice).step_by(SLICES) {
                    if sending {
                        phone.send(&packet).expect("loopback");
                    }
                    while phone.recv(&mut buffer).is_ok() {
                        heard += 1;
                    }
                }
                next += Duration::from_millis(1);
                std::thread::sleep(next.saturating_duration_since(Instant::now()));
            }
        }
        heard
    }

    /// Seconds of CPU used by the threads of this name.
    fn cpu(name: &str) -> f64 {
        let used = |task: std::fs::DirEntry| {
            let comm = std::fs::read_to_string(task.path().join("comm")).ok()?;
            let stat = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            let ns: f64 = stat.split_whitespace().next()?.parse().ok()?;
            comm.starts_with(name).then_some(ns / 1e9)
        };
        std::fs::read_dir("/proc/self/task").expect("Linux").flatten().filter_map(used).sum()
    }
}
