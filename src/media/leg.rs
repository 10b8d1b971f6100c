//! One leg: what the exchange knows of the sound to and from one phone.
//!
//! A leg is told its peer by SDP, plays sounds or is bridged, and reports keys, ends of plays and silence. It does not know
//! its bridge partner: [`Plane`](super::plane::Plane) carries packets across. The shard gives it datagrams and asks for a
//! packet on each beat; the simulator tells it keys and whether the phone sends, and asks only for alarms.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use super::dtmf::{KeyBeat, KeyReader, KeySender};
use super::g711::change_law;
use super::player::{FRAME, Player};
use super::rtp::{HEADER_LEN, Header, MAX_PACKET, Packet};
use super::source::{Source, canonical};
use super::stream::Stream;
use super::{Codec, Event, LegId, Remote};
use crate::time::{Mono, earliest};

/// When a leg is thought to be silent, and how long sound may go where nobody has asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// While the peer may send.
    pub silent_after: Duration,
    /// While it is on hold.
    pub silent_on_hold: Duration,
    /// How long sound goes to an address that is not the one of the signalling, is not trusted and has sent nothing itself.
    /// Otherwise whoever may call could have us pour sound over a third party.
    pub third_party_grace: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            silent_after: Duration::from_secs(30),
            silent_on_hold: Duration::from_secs(600),
            third_party_grace: Duration::from_secs(5),
        }
    }
}

/// Whether the peer has been sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    Never,
    /// Last at this moment.
    At(Mono),
    /// All the time, as the simulator says.
    Always,
}

/// How a peer tells its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeysCome {
    /// As telephone-events (RFC 4733).
    InSound,
    /// By INFO.
    BySignalling,
}

/// What is known of the address that the SDP names, when that is not the one of the signalling.
#[derive(Clone, Copy, Debug, Default)]
struct ThirdParty {
    /// Since the first one was named. Another SDP does not set it anew: who asks every few seconds gets no more.
    since: Option<Mono>,
    /// The address named by the SDP that something came from: RTP, or STUN, or whatever.
    confirmed: Option<SocketAddr>,
    told: bool,
}

/// A packet of the peer's, sorted by what it carries.
#[derive(Clone, Copy, Debug)]
pub enum Incoming<'a> {
    /// A frame in this codec.
    Sound(Packet<'a>, Codec),
    /// A packet of a key press.
    Key(Packet<'a>),
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Leg {
    id: LegId,
    limits: Limits,
    remote: Option<Remote>,
    source: Option<Source>,
    /// SSRC that the key reader follows.
    peer_ssrc: u32,
    heard: Heard,
    /// When it is thought to be silent while both sides may send.
    silent_after: Duration,
    /// When this silence was told last; told again each time the limit passes, for as long as it lasts.
    told_silent: Option<Mono>,
    /// Silence counts from here at the earliest: bridged, or given a new SDP.
    bridged_since: Option<Mono>,
    third_party: ThirdParty,
    player: Option<Player>,
    /// Plays end when their frames are used up, not when their time is.
    by_beats: bool,
    keys: KeyReader,
    /// By which way its first key came: a phone that tells each key twice has pressed it once.
    keys_come: Option<KeysCome>,
    thumb: KeySender,
    stream: Stream,
}

impl Leg {
    /// A leg without peer. `by_beats`: it will be asked for packets, and plays end with their last frame.
    pub fn new(id: LegId, limits: Limits, by_beats: bool, stream: Stream) -> Leg {
        Leg {
            id,
            limits,
            remote: None,
            source: None,
            peer_ssrc: 0,
            heard: Heard::Never,
            silent_after: limits.silent_after,
            told_silent: None,
            bridged_since: None,
            third_party: ThirdParty::default(),
            player: None,
            by_beats,
            keys: KeyReader::default(),
            keys_come: None,
            thumb: KeySender::default(),
            stream,
        }
    }

    /// What plays.
    pub fn playing(&self) -> Option<&Player> {
        self.player.as_ref()
    }

    /// Its peer as the SDP says.
    pub fn remote(&self) -> Option<&Remote> {
        self.remote.as_ref()
    }

    /// A new SDP: address and silence are judged anew.
    pub fn set_remote(&mut self, now: Mono, remote: Remote) {
        let same =
            self.remote.is_some_and(|old| (old.addr, old.signalling) == (remote.addr, remote.signalling));
        match &mut self.source {
            Some(source) if same => source.renew(),
            source => *source = Some(Source::new(remote.addr, remote.signalling)),
        }
        self.remote = Some(remote);
        if self.unconfirmed().is_some() {
            self.third_party.since.get_or_insert(now);
        }
        self.restart_silence(now);
    }

    /// The third address that our sound would go to on the word of the SDP alone.
    fn unconfirmed(&self) -> Option<SocketAddr> {
        let remote = self.remote.filter(|remote| !remote.trusted)?;
        let to = self.source.as_ref()?.current()?;
        (to.ip() != remote.signalling.to_canonical() && self.third_party.confirmed != Some(to)).then_some(to)
    }

    /// When that has lasted long enough.
    fn grace_ends(&self) -> Option<Mono> {
        self.unconfirmed().and(self.third_party.since).map(|since| since + self.limits.third_party_grace)
    }

    /// Plays from now on, instead of what plays.
    pub fn play(&mut self, player: Player) {
        self.player = Some(player);
    }

    /// Plays no more; nobody is told.
    pub fn stop(&mut self) {
        self.player = None;
        self.stream.pause();
    }

    /// Presses a key of our own.
    pub fn press(&mut self, digit: char) {
        self.thumb.press(digit);
    }

    /// Joined with another leg, or with others in a mix.
    pub fn join(&mut self, now: Mono) {
        self.bridged_since = Some(now);
        self.restart_silence(now);
    }

    /// Parted.
    pub fn part(&mut self) {
        self.bridged_since = None;
        self.stream.pause();
    }

    fn restart_silence(&mut self, now: Mono) {
        self.told_silent = None;
        if self.bridged_since.is_some() {
            self.bridged_since = Some(now);
        }
    }

    /// A datagram on the leg's port; `None` when it is not the peer's or carries nothing for us.
    pub fn handle_packet<'a>(
        &mut self,
        now: Mono,
        from: SocketAddr,
        datagram: &'a [u8],
    ) -> Option<Incoming<'a>> {
        let remote = self.remote.as_ref()?;
        if remote.addr == Some(canonical(from)) {
            self.third_party.confirmed = remote.addr;
        }
        let packet = Packet::parse(datagram)?;
        if !self.source.as_mut()?.accepts(now, from, packet.header.ssrc) {
            return None;
        }
        self.heard = Heard::At(now);
        self.told_silent = None;
        if self.peer_ssrc != packet.header.ssrc {
            self.peer_ssrc = packet.header.ssrc;
            self.keys = KeyReader::default();
        }
        if remote.dtmf == Some(packet.header.payload_type) {
            return Some(Incoming::Key(packet));
        }
        let codec = Codec::from_payload_type(packet.header.payload_type)?;
        (remote.receive && !packet.payload.is_empty()).then_some(Incoming::Sound(packet, codec))
    }

    /// The key of a packet that [`Leg::handle_packet`] sorted out, once for each press.
    pub fn read_key(&mut self, now: Mono, packet: Packet<'_>) -> Option<char> {
        let digit = self.keys.handle_packet(now, packet.header, packet.payload)?;
        (*self.keys_come.get_or_insert(KeysCome::InSound) == KeysCome::InSound).then_some(digit)
    }

    /// A key that came by the signalling.
    pub fn handle_told_key(&mut self, digit: char, events: &mut VecDeque<Event>) {
        if *self.keys_come.get_or_insert(KeysCome::BySignalling) == KeysCome::BySignalling {
            self.handle_digit(digit, events);
        }
    }

    /// A key was pressed: it is told, and what it may stop ends.
    pub fn handle_digit(&mut self, digit: char, events: &mut VecDeque<Event>) {
        events.push_back(Event::Digit { leg: self.id, digit });
        if self.player.as_ref().is_some_and(Player::barge_in) {
            self.end_play(events);
        }
    }

    /// The phone sends, or stops sending, as the simulator says.
    pub fn handle_sending(&mut self, now: Mono, sending: bool) {
        if sending {
            self.third_party.confirmed = self.remote.and_then(|remote| remote.addr);
        }
        match (sending, self.heard) {
            (true, _) => (self.heard, self.told_silent) = (Heard::Always, None),
            (false, Heard::Always) => self.heard = Heard::At(now),
            (false, _) => {}
        }
    }

    /// The peer has sent something, no longer ago than this.
    pub fn hears_peer(&self, now: Mono, within: Duration) -> bool {
        match self.heard {
            Heard::Never => false,
            Heard::At(heard) => now.since(heard) < within,
            Heard::Always => true,
        }
    }

    /// Silence is told after so long, where nobody is on hold.
    pub fn heed(&mut self, silent_after: Duration) {
        self.silent_after = silent_after;
    }

    fn end_play(&mut self, events: &mut VecDeque<Event>) {
        if let Some(player) = self.player.take() {
            events.push_back(Event::Played { leg: self.id, play: player.play() });
            self.stream.pause();
        }
    }

    /// When something is next due.
    pub fn poll_timeout(&self) -> Option<Mono> {
        earliest([self.play_end(), self.silence_due(), self.unconfirmed_due()])
    }

    fn play_end(&self) -> Option<Mono> {
        if self.by_beats { None } else { self.player.as_ref()?.ends_at() }
    }

    fn unconfirmed_due(&self) -> Option<Mono> {
        if self.third_party.told || !self.remote?.send { None } else { self.grace_ends() }
    }

    fn silence_due(&self) -> Option<Mono> {
        let (Heard::At(heard), Some(since)) = (self.heard, self.bridged_since) else { return None };
        let since = self.told_silent.unwrap_or(since);
        let limit = match self.remote {
            Some(remote) if !remote.receive => self.limits.silent_on_hold,
            Some(remote) if !remote.send => self.limits.silent_after,
            _ => self.silent_after,
        };
        Some(heard.max(since) + limit)
    }

    /// Time has come, perhaps.
    pub fn handle_timeout(&mut self, now: Mono, events: &mut VecDeque<Event>) {
        if self.play_end().is_some_and(|at| at <= now) {
            self.end_play(events);
        }
        if self.silence_due().is_some_and(|at| at <= now) {
            self.told_silent = Some(now);
            events.push_back(Event::Silent { leg: self.id });
        }
        if self.unconfirmed_due().is_some_and(|at| at <= now)
            && let Some(addr) = self.unconfirmed()
        {
            self.third_party.told = true;
            events.push_back(Event::Unconfirmed { leg: self.id, addr });
        }
    }

    /// Whether a beat has anything to do here.
    pub fn has_beat(&self) -> bool {
        self.player.is_some() || !self.thumb.is_idle()
    }

    /// The packet of this beat: what plays, or else what was mixed for it. While the peer may not hear it (hold, no address) sound goes by, and keys wait.
    pub fn next_packet(
        &mut self,
        now: Mono,
        mixed: Option<&[i16; FRAME]>,
        buffer: &mut [u8; MAX_PACKET],
        events: &mut VecDeque<Event>,
    ) -> Option<(SocketAddr, usize)> {
        let codec = self.remote.map_or(Codec::Pcma, |remote| remote.codec);
        let frame = buffer[HEADER_LEN..].first_chunk_mut::<FRAME>()?;
        let plays = self.player.as_mut().is_some_and(|player| player.next_frame(codec, frame));
        if !plays {
            self.end_play(events);
        }
        if let Some(mixed) = mixed.filter(|_| !plays) {
            codec.encode_into(mixed, frame);
        }
        let sounds = plays || mixed.is_some();
        let Some(to) = self.destination(now) else {
            self.stream.pause();
            return None;
        };
        let (header, length) = self.number(now, codec, sounds, frame)?;
        buffer[..HEADER_LEN].copy_from_slice(&header.to_bytes());
        Some((to, HEADER_LEN + length))
    }

    /// The header of this beat's packet, and its length; a key takes the place of the sound.
    fn number(
        &mut self,
        now: Mono,
        codec: Codec,
        sounds: bool,
        frame: &mut [u8; FRAME],
    ) -> Option<(Header, usize)> {
        match self.thumb.beat(self.stream.time_at(now)) {
            KeyBeat::Free => sounds.then(|| (self.stream.generate(now, codec.payload_type()), FRAME)),
            KeyBeat::Pause if sounds => Some((self.stream.generate(now, codec.payload_type()), FRAME)),
            KeyBeat::Pause => {
                self.stream.skip(now);
                None
            }
            KeyBeat::Send { marker, time, key } => {
                let payload_type = self.remote?.dtmf?;
                let bytes = key.to_bytes();
                frame[..bytes.len()].copy_from_slice(&bytes);
                Some((self.stream.generate_key(now, payload_type, marker, time), bytes.len()))
            }
        }
    }

    /// The bridge partner's packet, made ours; `None` while the peer may not or cannot hear it.
    pub fn relay(
        &mut self,
        now: Mono,
        incoming: Incoming<'_>,
        buffer: &mut [u8; MAX_PACKET],
    ) -> Option<(SocketAddr, usize)> {
        let Some(to) = self.destination(now) else {
            self.stream.pause(); // what the peer may not hear is not lost: the numbers go on where they stopped
            return None;
        };
        if self.has_beat() {
            return None; // what plays on a bridged leg is heard instead of the partner
        }
        let (remote, body) = (self.remote?, buffer.get_mut(HEADER_LEN..)?);
        let (packet, payload_type) = match incoming {
            Incoming::Sound(packet, codec) => {
                change_law(codec, remote.codec, packet.payload, body);
                (packet, remote.codec.payload_type())
            }
            Incoming::Key(packet) => {
                let length = packet.payload.len().min(body.len());
                body[..length].copy_from_slice(&packet.payload[..length]);
                (packet, remote.dtmf?)
            }
        };
        let header = self.stream.relay(now, packet.header, payload_type);
        buffer[..HEADER_LEN].copy_from_slice(&header.to_bytes());
        Some((to, (HEADER_LEN + packet.payload.len()).min(MAX_PACKET)))
    }

    /// Where to send, if we may.
    fn destination(&self, now: Mono) -> Option<SocketAddr> {
        if !self.remote?.send || self.grace_ends().is_some_and(|at| at <= now) {
            return None;
        }
        self.source.as_ref()?.current()
    }
}
