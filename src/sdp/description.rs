//! Reading a description: session level, then its media lines.

use std::net::{IpAddr, SocketAddr};

use super::SdpError;
use crate::media::Codec;

/// Largest description read; a browser's offer has some 5 KiB.
const MAX_SIZE: usize = 32 * 1024;

/// Most lines read; a browser's offer has below 150.
const MAX_LINES: usize = 1_024;

/// Most media lines: each of them costs a line of the answer.
const MAX_MEDIA: usize = 16;

/// Most payload types of one media line: there are no more numbers.
const MAX_FORMATS: usize = 128;

/// Which way sound may go, as the describing side sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Both ways; also when nothing is said.
    #[default]
    SendRecv,
    /// The describing side only sends.
    SendOnly,
    /// The describing side only receives.
    RecvOnly,
    /// Neither.
    Inactive,
}

impl Direction {
    /// As an attribute names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::SendRecv => "sendrecv",
            Direction::SendOnly => "sendonly",
            Direction::RecvOnly => "recvonly",
            Direction::Inactive => "inactive",
        }
    }

    fn parse(text: &str) -> Option<Direction> {
        use Direction::*;
        [SendRecv, SendOnly, RecvOnly, Inactive].into_iter().find(|it| it.as_str() == text)
    }

    /// The describing side sends.
    pub fn sends(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::SendOnly)
    }

    /// The describing side receives.
    pub fn receives(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::RecvOnly)
    }

    /// From whether the describing side sends and receives.
    pub fn of(sends: bool, receives: bool) -> Direction {
        match (sends, receives) {
            (true, true) => Direction::SendRecv,
            (true, false) => Direction::SendOnly,
            (false, true) => Direction::RecvOnly,
            (false, false) => Direction::Inactive,
        }
    }
}

/// The address of a `c=` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// An address.
    Ip(IpAddr),
    /// 0.0.0.0 or ::, which was how to put on hold before RFC 3264 (its section 8.4).
    Hold,
    /// A name, which is not resolved: where the peer is can only be learnt from its packets.
    Unusable,
    /// An address where no phone is: multicast, broadcast, "this network", what is reserved. Whoever names one wants our sound
    /// to hit others.
    Forbidden,
}

impl Connection {
    /// Reads what follows `c=`; a multicast's has a `/ttl` behind.
    fn parse(text: &str) -> Option<Connection> {
        let mut words = text.split_ascii_whitespace();
        let (_network, _family, address) = (words.next()?, words.next()?, words.next()?);
        // Without the disguise of IPv6 first: `::ffff:0.0.0.0` is no other address than 0.0.0.0.
        let literal = address.split('/').next().unwrap_or_default();
        Some(match literal.parse::<IpAddr>().map(|address| address.to_canonical()) {
            Ok(address) if address.is_unspecified() => Connection::Hold,
            Ok(address) if is_forbidden(address) => Connection::Forbidden,
            Ok(address) => Connection::Ip(address),
            Err(_) => Connection::Unusable,
        })
    }
}

fn is_forbidden(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.octets()[0] == 0 || v4.octets()[0] >= 224,
        IpAddr::V6(v6) => v6.is_multicast(),
    }
}

/// Services of the system listen below it; a phone's RTP does not (RFC 3550 section 11 leaves the choice, and all choose above).
const FIRST_PORT: u16 = 1_024;

/// What a payload type stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RtpMap {
    /// The payload type.
    pub payload_type: u8,
    /// Encoding, compared without case.
    pub encoding: String,
    /// Clock rate in Hz.
    pub rate: u32,
}

/// One media line with its attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// The kind of media: `audio`, `video`, ...
    pub kind: String,
    /// Where RTP is wanted; 0: refused or not in use.
    pub port: u16,
    /// The profile: `RTP/AVP`, ...
    pub profile: String,
    /// Payload types in order of preference, as text, since other media have words there.
    pub formats: Vec<String>,
    /// Its own `c=` line.
    pub connection: Option<Connection>,
    /// Its own direction.
    pub direction: Option<Direction>,
    /// Its `a=rtpmap` lines.
    pub rtpmaps: Vec<RtpMap>,
    /// Its `a=fmtp` lines: payload type and what is said of it.
    pub fmtps: Vec<(u8, String)>,
    /// Packet length that it prefers to receive.
    pub ptime_ms: Option<u32>,
}

impl Media {
    fn parse(text: &str) -> Option<Media> {
        let mut words = text.split_ascii_whitespace();
        let (kind, port, profile) = (words.next()?, words.next()?, words.next()?);
        // `49170/2` is two ports; the first is the one.
        let port = port.split('/').next()?.parse().ok()?;
        Some(Media {
            kind: kind.to_owned(),
            port,
            profile: profile.to_owned(),
            formats: words.map(str::to_owned).collect(),
            connection: None,
            direction: None,
            rtpmaps: Vec::new(),
            fmtps: Vec::new(),
            ptime_ms: None,
        })
    }

    /// Audio that is in use.
    pub fn is_live_audio(&self) -> bool {
        self.kind.eq_ignore_ascii_case("audio") && self.port != 0
    }

    /// Plain RTP. AVPF only adds feedback that nobody must send (RFC 4585 section 3.6).
    pub fn is_plain_rtp(&self) -> bool {
        self.profile.eq_ignore_ascii_case("RTP/AVP") || self.profile.eq_ignore_ascii_case("RTP/AVPF")
    }

    /// The error that names its profile, of which a peer may make anything: what can be read of it, and not too much.
    pub(super) fn foreign_profile(&self) -> SdpError {
        SdpError::Profile(self.profile.chars().filter(char::is_ascii_graphic).take(32).collect())
    }

    /// The first codec in its order that we speak, under its static payload type.
    pub fn codec(&self) -> Option<Codec> {
        self.formats.iter().find_map(|format| match format.as_str() {
            "8" if self.stands_for(8, "PCMA") => Some(Codec::Pcma),
            "0" if self.stands_for(0, "PCMU") => Some(Codec::Pcmu),
            _ => None,
        })
    }

    /// A static payload type needs no rtpmap, but must not be mapped to something else.
    fn stands_for(&self, payload_type: u8, encoding: &str) -> bool {
        let map = self.rtpmaps.iter().find(|map| map.payload_type == payload_type);
        map.is_none_or(|map| map.encoding.eq_ignore_ascii_case(encoding) && map.rate == 8_000)
    }

    /// Payload type of telephone-event at 8000 Hz: at any other clock it would not fit our codecs (RFC 4733 section 2.1).
    pub fn telephone_event(&self) -> Option<u8> {
        let listed = |map: &RtpMap| self.formats.iter().any(|format| format.parse() == Ok(map.payload_type));
        let is_event =
            |map: &&RtpMap| map.encoding.eq_ignore_ascii_case("telephone-event") && map.rate == 8_000;
        self.rtpmaps.iter().filter(is_event).find(|map| listed(map)).map(|map| map.payload_type)
    }

    fn attribute(&mut self, name: &str, value: &str) {
        match name {
            "rtpmap" if self.rtpmaps.len() < MAX_FORMATS => self.rtpmaps.extend(rtpmap(value)),
            "fmtp" if self.fmtps.len() < MAX_FORMATS => self.fmtps.extend(fmtp(value)),
            "ptime" => self.ptime_ms = value.trim().parse().ok(),
            _ => {
                if let Some(direction) = Direction::parse(name) {
                    self.direction = Some(direction);
                }
            }
        }
    }
}

/// A payload type has seven bits.
fn payload_type(text: &str) -> Option<u8> {
    text.parse().ok().filter(|&number| number < 128)
}

fn rtpmap(value: &str) -> Option<RtpMap> {
    let (number, encoding) = value.trim().split_once(' ')?;
    let mut parts = encoding.trim().split('/');
    let (encoding, rate) = (parts.next()?.to_owned(), parts.next()?.parse().ok()?);
    // A third part is the number of channels; two of them are none of ours.
    let mono = parts.next().is_none_or(|channels| channels == "1");
    mono.then_some(RtpMap { payload_type: payload_type(number)?, encoding, rate })
}

fn fmtp(value: &str) -> Option<(u8, String)> {
    let (number, text) = value.trim().split_once(' ')?;
    Some((payload_type(number)?, text.trim().to_owned()))
}

/// A whole description, as far as we look into it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// The `c=` line of the session, for media without their own.
    pub connection: Option<Connection>,
    /// The direction of the session, for media without their own.
    pub direction: Option<Direction>,
    /// The media lines, in order.
    pub media: Vec<Media>,
}

impl Description {
    /// Reads a description. Bare line feeds, unknown lines and bytes that are no UTF-8 do no harm.
    pub fn parse(bytes: &[u8]) -> Result<Description, SdpError> {
        if bytes.len() > MAX_SIZE {
            return Err(SdpError::TooMany("bytes"));
        }
        let text = String::from_utf8_lossy(bytes);
        let mut description = Description::default();
        let mut seen_version = false;
        for (index, line) in text.lines().map(str::trim_end).enumerate() {
            if index == MAX_LINES {
                return Err(SdpError::TooMany("lines"));
            }
            let malformed = SdpError::Malformed { line: index + 1 };
            let (kind, value) = match line.split_once('=') {
                None if line.is_empty() => continue,
                None => return Err(malformed),
                Some((kind, value)) => (kind.trim_end(), value.trim_start()),
            };
            if !seen_version && (kind, value) != ("v", "0") {
                return Err(malformed);
            }
            seen_version = true;
            description.line(kind, value).ok_or(malformed)?;
            if description.media.len() > MAX_MEDIA {
                return Err(SdpError::TooMany("media lines"));
            }
        }
        if seen_version { Ok(description) } else { Err(SdpError::Malformed { line: 1 }) }
    }

    /// `None` when a line that decides cannot be read.
    fn line(&mut self, kind: &str, value: &str) -> Option<()> {
        match kind {
            "m" => self.media.push(Media::parse(value).filter(|media| media.formats.len() <= MAX_FORMATS)?),
            "c" => {
                let connection = Some(Connection::parse(value)?);
                match self.media.last_mut() {
                    Some(media) => media.connection = media.connection.or(connection),
                    None => self.connection = connection,
                }
            }
            "a" => self.attribute(value),
            _ => {}
        }
        Some(())
    }

    fn attribute(&mut self, text: &str) {
        let (name, value) = text.split_once(':').unwrap_or((text, ""));
        match self.media.last_mut() {
            Some(media) => media.attribute(name.trim(), value),
            None => self.direction = Direction::parse(name.trim()).or(self.direction),
        }
    }

    /// The `c=` line that holds for this media line.
    pub fn connection_of(&self, media: &Media) -> Connection {
        media.connection.or(self.connection).unwrap_or(Connection::Unusable)
    }

    /// Whether this media line wants its RTP where no phone is.
    pub fn is_forbidden(&self, media: &Media) -> bool {
        match self.connection_of(media) {
            Connection::Forbidden => true,
            Connection::Ip(_) => media.port != 0 && media.port < FIRST_PORT,
            Connection::Hold | Connection::Unusable => false,
        }
    }

    /// Where this media line wants its RTP.
    pub fn address_of(&self, media: &Media) -> Option<SocketAddr> {
        match self.connection_of(media) {
            Connection::Ip(address) if media.port != 0 => Some(SocketAddr::new(address, media.port)),
            _ => None,
        }
    }

    /// The direction that holds for this media line.
    pub fn direction_of(&self, media: &Media) -> Direction {
        media.direction.or(self.direction).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(lines: &[&str]) -> Description {
        Description::parse(lines.join("\r\n").as_bytes()).expect("SDP")
    }

    #[test]
    fn media_level_overrides_session_level() {
        let sdp = parse(&[
            "v=0",
            "o=- 1 1 IN IP4 192.0.2.1",
            "s=-",
            "c=IN IP4 192.0.2.1",
            "a=sendonly",
            "t=0 0",
            "m=audio 4000 RTP/AVP 8",
            "m=audio 4002 RTP/AVP 0",
            "c=IN IP6 2001:db8::1",
            "a=inactive",
        ]);
        let [first, second] = &sdp.media[..] else { panic!("two media lines") };
        assert_eq!(sdp.address_of(first), "192.0.2.1:4000".parse().ok());
        assert_eq!(sdp.direction_of(first), Direction::SendOnly);
        assert_eq!(sdp.address_of(second), "[2001:db8::1]:4002".parse().ok());
        assert_eq!(sdp.direction_of(second), Direction::Inactive);
    }

    #[test]
    fn first_codec_that_we_speak_is_found_in_the_peers_order() {
        for (formats, maps, codec) in [
            ("18 8 0", &[][..], Some(Codec::Pcma)),
            ("0 8", &["a=rtpmap:0 pcmu/8000/1"][..], Some(Codec::Pcmu)),
            ("8 0", &["a=rtpmap:8 opus/48000/2", "a=rtpmap:8 G722/8000"][..], Some(Codec::Pcmu)),
            ("9 18 111", &["a=rtpmap:111 opus/48000/2"][..], None),
        ] {
            let line = format!("m=audio 4000 RTP/AVP {formats}");
            let lines: Vec<&str> = ["v=0", &line].into_iter().chain(maps.iter().copied()).collect();
            assert_eq!(parse(&lines).media[0].codec(), codec, "{formats}");
        }
    }

    #[test]
    fn telephone_event_is_taken_at_our_clock_only() {
        let sdp = parse(&[
            "v=0",
            "m=audio 4000 RTP/AVP 8 110 126",
            "a=rtpmap:110 telephone-event/48000",
            "a=rtpmap:126 Telephone-Event/8000",
            "a=fmtp:126 0-16",
            "a=ptime:30",
        ]);
        let media = &sdp.media[0];
        assert_eq!(media.telephone_event(), Some(126));
        assert_eq!(media.fmtps, [(126, "0-16".to_owned())]);
        assert_eq!(media.ptime_ms, Some(30));
    }

    #[test]
    fn addresses_that_no_call_may_be_sent_to_are_not_usable() {
        for (line, connection) in [
            ("IN IP4 0.0.0.0", Some(Connection::Hold)),
            ("IN IP6 ::", Some(Connection::Hold)),
            ("IN IP6 ::ffff:0.0.0.0", Some(Connection::Hold)),
            ("IN IP4 255.255.255.255", Some(Connection::Forbidden)),
            ("IN IP6 ::ffff:255.255.255.255", Some(Connection::Forbidden)),
            ("IN IP4 224.2.1.1/127", Some(Connection::Forbidden)),
            ("IN IP4 0.0.0.1", Some(Connection::Forbidden)),
            ("IN IP4 240.0.0.1", Some(Connection::Forbidden)),
            ("IN IP6 ff02::1/3", Some(Connection::Forbidden)),
            ("IN IP4 host.example.com", Some(Connection::Unusable)),
            ("IN IP6 ::ffff:192.0.2.2", "192.0.2.2".parse().ok().map(Connection::Ip)),
            ("IN IP4", None),
        ] {
            assert_eq!(Connection::parse(line), connection, "{line}");
        }
    }

    #[test]
    fn what_is_no_sdp_is_refused_with_its_line() {
        for (text, error) in [
            ("", SdpError::Malformed { line: 1 }),
            ("hello", SdpError::Malformed { line: 1 }),
            ("v=1\r\n", SdpError::Malformed { line: 1 }),
            ("v=0\r\nm=audio\r\n", SdpError::Malformed { line: 2 }),
            ("v=0\r\nm=audio 99999 RTP/AVP 0\r\n", SdpError::Malformed { line: 2 }),
            ("v=0\r\n\r\ntesting\r\n", SdpError::Malformed { line: 3 }),
        ] {
            assert_eq!(Description::parse(text.as_bytes()), Err(error), "{text:?}");
        }
        let many = format!("v=0\r\n{}", "m=video 0 RTP/AVP 31\r\n".repeat(17));
        assert_eq!(Description::parse(many.as_bytes()), Err(SdpError::TooMany("media lines")));
        let long = format!("v=0\r\n{}", "a=x\r\n".repeat(1_024));
        assert_eq!(Description::parse(long.as_bytes()), Err(SdpError::TooMany("lines")));
    }
}
