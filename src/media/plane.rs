//! All legs of one shard, or of the simulated world, and who hears whom.
//!
//! One way in for each kind of input, one alarm, one queue of [`Event`]s. [`Pace`] says who drives the plays: in the shard
//! datagrams and beats pass through a [`Sink`]; in the simulator there are none, and keys, sending and the ends of plays
//! are known by themselves. Orders for a leg that is gone are ignored: control may not know yet.

mod joining;
mod takes;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

use super::answerer::Answerer;
use super::leg::{Incoming, Leg, Limits};
use super::mix::Mix;
use super::player::Player;
use super::rtp::{MAX_PACKET, Packet};
use super::stream::Stream;
use super::take::Take;
use super::tape::{Form, Side, Spoken, TapeId, TapeOrder, Taped};
use super::{Codec, Command, Event, LegId, Recording, Remote, Said};
use crate::time::{Mono, earliest};
use joining::MixId;
use takes::simulated;

/// Events that control has not taken; beyond, keys are not told. Only a flood of keys while control stands still gets there.
const MAX_EVENTS: usize = 10_000;

/// Who drives the plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Time alone: no packets exist (the simulator).
    Events,
    /// [`Plane::handle_beat`], every 20 ms.
    Beats,
}

/// Where packets go. Neither may block.
pub trait Sink {
    /// Sends a datagram from the leg's port.
    fn send(&mut self, leg: LegId, to: SocketAddr, datagram: &[u8]);
    /// Hands a frame to the recorder.
    fn record(&mut self, frame: Taped<'_>);
}

/// What a leg hears.
#[derive(Clone, Debug)]
pub enum Hears<'a> {
    /// Nothing.
    Nothing,
    /// A play.
    Sounds(&'a Player),
    /// Its bridge partner.
    Leg(LegId),
    /// Those of its mix that it should hear, one at least.
    Mix(Vec<LegId>),
}

impl Hears<'_> {
    /// This leg's peer is heard.
    pub fn has(&self, leg: LegId) -> bool {
        match self {
            Hears::Leg(partner) => *partner == leg,
            Hears::Mix(legs) => legs.contains(&leg),
            Hears::Nothing | Hears::Sounds(_) => false,
        }
    }
}

#[derive(Debug)]
struct Slot {
    leg: Leg,
    partner: Option<LegId>,
    mix: Option<MixId>,
    tape: Option<(TapeId, Side)>,
    take: Option<Take>,
    /// Who has answered, until that is known.
    answerer: Option<Answerer>,
    /// The alarm set for it: never later than what the leg asks for, perhaps earlier.
    alarm: Option<Mono>,
    /// Counted among those that beats concern.
    on_beat: bool,
}

impl Slot {
    /// Whether a beat has anything to do here.
    fn has_beat(&self) -> bool {
        self.mix.is_some() || self.leg.has_beat()
    }
}

/// When legs want their turn, kept so that a packet need not ask them all.
#[derive(Debug, Default)]
struct Due {
    alarms: BTreeSet<(Mono, LegId)>,
    on_beat: usize,
}

impl Due {
    /// Sets the alarm forward if the leg asks for an earlier one; a later one is found when this one fires.
    fn note(&mut self, id: LegId, slot: &mut Slot) {
        let wanted = earliest([
            slot.leg.poll_timeout(),
            slot.take.as_ref().map(Take::ends_at),
            slot.answerer.as_ref().map(Answerer::decides_at),
        ]);
        let keep = match (slot.alarm, wanted) {
            (Some(set), Some(wanted)) => set <= wanted,
            (set, wanted) => set == wanted,
        };
        if !keep {
            self.forget_alarm(id, slot);
            wanted.map(|wanted| self.alarms.insert((wanted, id)));
            slot.alarm = wanted;
        }
        self.count(slot, slot.has_beat());
    }

    fn forget_alarm(&mut self, id: LegId, slot: &mut Slot) {
        if let Some(set) = slot.alarm.take() {
            self.alarms.remove(&(set, id));
        }
    }

    fn count(&mut self, slot: &mut Slot, on_beat: bool) {
        self.on_beat = self.on_beat + usize::from(on_beat) - usize::from(slot.on_beat);
        slot.on_beat = on_beat;
    }
}

#[derive(Debug)]
struct Tape {
    recording: Recording,
    since: Mono,
    /// Legs that are on it.
    legs: usize,
}

/// See the module.
#[derive(Debug)]
pub struct Plane {
    pace: Pace,
    limits: Limits,
    chance: ChaCha8Rng,
    legs: BTreeMap<LegId, Slot>,
    due: Due,
    mixes: BTreeMap<MixId, Mix>,
    last_mix: u64,
    tapes: BTreeMap<TapeId, Tape>,
    last_tape: u64,
    /// Port that the next simulated leg is said to have.
    next_port: u16,
    events: VecDeque<Event>,
    orders: VecDeque<TapeOrder>,
}

impl Plane {
    /// A plane without legs; `seed` gives SSRCs and first numbers.
    pub fn new(pace: Pace, limits: Limits, seed: u64) -> Plane {
        Plane {
            pace,
            limits,
            chance: ChaCha8Rng::seed_from_u64(seed),
            legs: BTreeMap::new(),
            due: Due::default(),
            mixes: BTreeMap::new(),
            last_mix: 0,
            tapes: BTreeMap::new(),
            last_tape: 0,
            next_port: 20_000,
            events: VecDeque::new(),
            orders: VecDeque::new(),
        }
    }

    /// Adds a leg whose port is bound, and tells so. A leg of this number that exists is closed.
    pub fn open(&mut self, now: Mono, leg: LegId, port: u16) {
        self.close(now, leg);
        let stream = Stream::new(self.chance.next_u32(), self.chance.next_u64());
        let machine = Leg::new(leg, self.limits, self.pace == Pace::Beats, stream);
        let slot = Slot {
            leg: machine,
            partner: None,
            mix: None,
            tape: None,
            take: None,
            answerer: None,
            alarm: None,
            on_beat: false,
        };
        self.legs.insert(leg, slot);
        self.events.push_back(Event::Opened { leg, port });
    }

    /// Does as control asks. `Open` gives a made-up port: a shard binds one and calls [`Plane::open`].
    pub fn handle_command(&mut self, now: Mono, command: Command) {
        match command {
            Command::Open { leg } => {
                let port = self.next_port;
                self.next_port = port.checked_add(2).unwrap_or(20_000);
                self.open(now, leg, port);
            }
            Command::SetRemote { leg, remote } => self.with(leg, |leg| leg.set_remote(now, remote)),
            Command::Play { leg, play, sounds, repeat, barge_in } => {
                self.with(leg, |leg| leg.play(Player::new(now, play, sounds, repeat, barge_in)));
            }
            Command::Stop { leg } => self.with(leg, Leg::stop),
            Command::Bridge { a, b, record } => self.bridge(now, a, b, record),
            Command::Mix { members, record } => self.mix(now, members, record),
            Command::Unbridge { leg } => self.unbridge(now, leg),
            Command::SendDigit { leg, digit } => self.with(leg, |leg| leg.press(digit)),
            Command::Record { leg, recording } => self.record(now, leg, recording),
            Command::Take { leg, recording, rules } => self.begin_take(now, leg, recording, rules),
            Command::Identify { leg } => {
                if let Some(slot) = self.legs.get_mut(&leg) {
                    slot.answerer = Some(Answerer::new(now));
                    self.due.note(leg, slot);
                }
            }
            Command::EndTake { leg } => self.end_take(now, leg),
            Command::Discard { file, .. } => self.discard(file),
            Command::Key { leg, digit } => {
                if let Some(slot) = self.legs.get_mut(&leg) {
                    slot.leg.handle_told_key(digit, &mut self.events);
                    self.due.note(leg, slot);
                }
            }
            Command::Heed { leg, silent_after } => self.with(leg, |leg| leg.heed(silent_after)),
            Command::Listen { leg, within } => {
                if let Some(slot) = self.legs.get(&leg) {
                    let heard = slot.leg.hears_peer(now, within);
                    self.events.push_back(Event::Listened { leg, heard });
                }
            }
            Command::Close { leg } => self.close(now, leg),
        }
    }

    fn with(&mut self, id: LegId, change: impl FnOnce(&mut Leg)) {
        if let Some(slot) = self.legs.get_mut(&id) {
            change(&mut slot.leg);
            self.due.note(id, slot);
        }
    }

    fn record(&mut self, now: Mono, id: LegId, recording: Recording) {
        self.end_take(now, id);
        if !self.legs.contains_key(&id) {
            return;
        }
        self.take_off(now, id, None);
        let tape = self.start_tape(now, recording, Form::Phone);
        self.lay(id, Some(tape), Some(Side::Left));
    }

    fn close(&mut self, now: Mono, id: LegId) {
        self.unbridge(now, id);
        self.end_take(now, id);
        self.take_off(now, id, None);
        let Some(mut slot) = self.legs.remove(&id) else { return };
        self.due.forget_alarm(id, &mut slot);
        self.due.count(&mut slot, false);
    }

    /// A datagram came to a leg's port.
    pub fn handle_packet(
        &mut self,
        now: Mono,
        id: LegId,
        from: SocketAddr,
        datagram: &[u8],
        sink: &mut impl Sink,
    ) {
        let Some(slot) = self.legs.get_mut(&id) else { return };
        let Some(incoming) = slot.leg.handle_packet(now, from, datagram) else { return };
        match incoming {
            Incoming::Key(packet) => {
                if let Some(digit) = slot.leg.read_key(now, packet)
                    && self.events.len() < MAX_EVENTS
                {
                    slot.leg.handle_digit(digit, &mut self.events);
                }
            }
            Incoming::Sound(packet, codec) => {
                if let Some(tape) = slot.tape {
                    sink.record(taped(tape, id, now, packet, codec));
                }
                if let Some(take) = &mut slot.take {
                    take.handle_frame(now, codec, packet.payload);
                }
                if let Some(answerer) = &mut slot.answerer
                    && let Some(by) = answerer.handle_frame(now, codec, packet.payload)
                {
                    slot.answerer = None;
                    self.events.push_back(Event::AnsweredBy { leg: id, by });
                }
            }
        }
        self.due.note(id, slot);
        if let (Some(mix), Incoming::Sound(packet, codec)) = (slot.mix, incoming)
            && let Some(mix) = self.mixes.get_mut(&mix)
        {
            mix.put(id, packet, codec);
        }
        let Some(partner) = slot.partner else { return };
        let Some(slot) = self.legs.get_mut(&partner) else { return };
        let mut buffer = [0; MAX_PACKET];
        if let Some((to, length)) = slot.leg.relay(now, incoming, &mut buffer) {
            sink.send(partner, to, &buffer[..length]);
        }
    }

    /// Sends what is due on this beat of 20 ms.
    pub fn handle_beat(&mut self, now: Mono, sink: &mut impl Sink) {
        let mut buffer = [0; MAX_PACKET];
        self.mixes.values_mut().for_each(Mix::beat);
        for (id, slot) in &mut self.legs {
            if !slot.on_beat {
                continue;
            }
            let mixed = slot.mix.and_then(|mix| self.mixes.get(&mix)).map(|mix| mix.sum_for(*id));
            let packet = slot.leg.next_packet(now, mixed.as_ref(), &mut buffer, &mut self.events);
            if let Some((to, length)) = packet {
                sink.send(*id, to, &buffer[..length]);
            }
            self.due.count(slot, slot.has_beat());
        }
    }

    /// Whether the next beat has anything to do.
    pub fn has_beat(&self) -> bool {
        self.due.on_beat > 0
    }

    /// Adds an event of the caller's own, in its place among the others.
    pub fn tell(&mut self, event: Event) {
        self.events.push_back(event);
    }

    /// A key, without packets.
    pub fn handle_digit(&mut self, id: LegId, digit: char) {
        if let Some(slot) = self.legs.get_mut(&id) {
            slot.leg.handle_digit(digit, &mut self.events);
            self.due.note(id, slot);
        }
    }

    /// The phone sends, or stops sending, without packets.
    pub fn handle_sending(&mut self, now: Mono, id: LegId, sending: bool) {
        self.with(id, |leg| leg.handle_sending(now, sending));
    }

    /// Ends plays and tells silences that are due.
    pub fn handle_timeout(&mut self, now: Mono) {
        while let Some(&(at, id)) = self.due.alarms.first()
            && at <= now
        {
            self.due.alarms.remove(&(at, id));
            let Some(slot) = self.legs.get_mut(&id) else { continue };
            slot.alarm = None;
            slot.leg.handle_timeout(now, &mut self.events);
            if let Some(by) = slot.answerer.as_mut().and_then(|answerer| answerer.handle_timeout(now)) {
                slot.answerer = None;
                self.events.push_back(Event::AnsweredBy { leg: id, by });
            }
            let is_said = slot.take.is_some_and(|take| take.ends_at() <= now);
            self.due.note(id, slot);
            if is_said {
                self.end_take(now, id);
            }
        }
    }

    /// When to call [`Plane::handle_timeout`]; it may turn out that nothing was due.
    pub fn poll_timeout(&self) -> Option<Mono> {
        self.due.alarms.first().map(|(at, _)| *at)
    }

    /// The next thing to tell control.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Events wait to be polled.
    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// The next order for the recorder; none at [`Pace::Events`].
    pub fn poll_tape(&mut self) -> Option<TapeOrder> {
        self.orders.pop_front()
    }

    /// What plays on a leg.
    pub fn playing(&self, leg: LegId) -> Option<&Player> {
        self.legs.get(&leg)?.leg.playing()
    }

    /// What the leg was told of its peer.
    pub fn remote(&self, leg: LegId) -> Option<&Remote> {
        self.legs.get(&leg)?.leg.remote()
    }

    /// The leg that is bridged with this one.
    pub fn partner(&self, leg: LegId) -> Option<LegId> {
        self.legs.get(&leg)?.partner
    }

    /// What the phone of a leg hears, if it sounds as it should: a leg on hold hears nothing.
    pub fn hears(&self, leg: LegId) -> Hears<'_> {
        let Some(slot) = self.legs.get(&leg) else { return Hears::Nothing };
        if !slot.leg.remote().is_some_and(|remote| remote.send) {
            return Hears::Nothing;
        }
        if let Some(player) = slot.leg.playing() {
            return Hears::Sounds(player);
        }
        let speaks = |id: &LegId| {
            self.legs.get(id).and_then(|slot| slot.leg.remote()).is_some_and(|remote| remote.receive)
        };
        if let Some(mix) = slot.mix.and_then(|mix| self.mixes.get(&mix)) {
            let legs: Vec<_> = mix.heard_by(leg).filter(speaks).collect();
            return if legs.is_empty() { Hears::Nothing } else { Hears::Mix(legs) };
        }
        slot.partner.filter(speaks).map_or(Hears::Nothing, Hears::Leg)
    }

    /// The legs that are open, in order.
    pub fn legs(&self) -> impl Iterator<Item = LegId> {
        self.legs.keys().copied()
    }

    /// The file being recorded from a leg.
    pub fn recording(&self, leg: LegId) -> Option<&Recording> {
        let (tape, _) = self.legs.get(&leg)?.tape?;
        self.tapes.get(&tape).map(|tape| &tape.recording)
    }
}

fn taped((tape, side): (TapeId, Side), leg: LegId, at: Mono, packet: Packet<'_>, codec: Codec) -> Taped<'_> {
    let header = packet.header;
    Taped { tape, side, leg, at, ssrc: header.ssrc, time: header.time, codec, payload: packet.payload }
}

#[cfg(test)]
mod tests;
