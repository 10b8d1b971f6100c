//! Our side of one leg: offers, answers, and the version that tells the peer whether anything has changed.

use std::fmt::Write as _;
use std::net::IpAddr;

use super::{Connection, Description, Direction, Media, Negotiated, SdpError};
use crate::media::Codec;

/// Payload type of telephone-event in our own offers; any dynamic one would do.
const OFFERED_EVENT: u8 = 101;

/// What we have said and say about one leg.
#[derive(Clone, Debug)]
pub struct Local {
    addr: IpAddr,
    port: u16,
    session_id: u64,
    /// Counts what we have sent that differed (RFC 3264 section 8); 0 before the first.
    version: u64,
    /// What was said last, without the `o=` line.
    said: String,
    /// The media lines of the leg: once there, a line stays in its place for ever (RFC 3264 section 8).
    lines: Vec<Line>,
    /// Payload type of telephone-event, the same throughout the leg (RFC 3264 section 8.3.2).
    event: u8,
}

/// A media line in our description.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    /// The one that carries sound, under this profile.
    Audio { profile: String },
    /// One of the peer's that we refuse: kind, profile and one format are repeated with port 0.
    Refused(String),
}

impl Local {
    /// The side of a leg whose RTP is received at `addr` and `port`. `session_id` is best unique among our legs.
    pub fn new(addr: IpAddr, port: u16, session_id: u64) -> Local {
        let lines = vec![Line::Audio { profile: "RTP/AVP".to_owned() }];
        Local { addr, port, session_id, version: 0, said: String::new(), lines, event: OFFERED_EVENT }
    }

    /// An offer of all that we speak, both ways. Within a dialog it keeps the media lines that are there.
    pub fn offer(&mut self) -> Vec<u8> {
        let event = Some(self.event);
        let text = self.describe(&self.lines, &[Codec::Pcma, Codec::Pcmu], event, Direction::SendRecv);
        self.say(text)
    }

    /// Answers an offer, or a new one within the dialog: the first audio line with a codec that we speak is taken, with
    /// the first such codec in the peer's order; the other lines are refused in their places. After an error
    /// all is as before.
    pub fn answer(&mut self, offer: &[u8]) -> Result<(Vec<u8>, Negotiated), SdpError> {
        let offer = Description::parse(offer)?;
        let (chosen, codec) = choose(&offer)?;
        let media = &offer.media[chosen];
        let negotiated = negotiated(&offer, media, codec);
        let lines: Vec<Line> =
            offer.media.iter().enumerate().map(|(at, media)| Line::answering(media, at == chosen)).collect();
        let direction = Direction::of(negotiated.send, negotiated.receive);
        let text = self.describe(&lines, &[codec], negotiated.dtmf, direction);
        self.lines = lines;
        self.event = negotiated.dtmf.unwrap_or(self.event);
        Ok((self.say(text), negotiated))
    }

    /// Reads the answer to our last offer.
    pub fn read_answer(&self, answer: &[u8]) -> Result<Negotiated, SdpError> {
        let answer = Description::parse(answer)?;
        let ours = self.lines.iter().position(|line| matches!(line, Line::Audio { .. }));
        let media = ours.and_then(|at| answer.media.get(at)).ok_or(SdpError::NoAudio)?;
        if !media.is_live_audio() {
            return Err(SdpError::Refused);
        }
        if !media.is_plain_rtp() {
            return Err(media.foreign_profile());
        }
        if answer.is_forbidden(media) {
            return Err(SdpError::Address);
        }
        Ok(negotiated(&answer, media, media.codec().ok_or(SdpError::NoCodec)?))
    }

    /// The same words under the same version, others under the next.
    fn say(&mut self, text: String) -> Vec<u8> {
        if text != self.said {
            self.version += 1;
            self.said = text;
        }
        let (family, addr) = (family(self.addr), self.addr);
        let origin = format!("v=0\r\no=- {} {} IN {family} {addr}\r\n", self.session_id, self.version);
        (origin + &self.said).into_bytes()
    }

    /// Everything after the `o=` line.
    fn describe(&self, lines: &[Line], codecs: &[Codec], event: Option<u8>, direction: Direction) -> String {
        let mut text = format!("s=-\r\nc=IN {} {}\r\nt=0 0\r\n", family(self.addr), self.addr);
        for line in lines {
            match line {
                Line::Audio { profile } => self.audio(&mut text, profile, codecs, event, direction),
                Line::Refused(line) => text.push_str(line),
            }
        }
        text
    }

    fn audio(
        &self,
        text: &mut String,
        profile: &str,
        codecs: &[Codec],
        event: Option<u8>,
        direction: Direction,
    ) {
        let mut formats = String::new();
        let mut maps = String::new();
        for &codec in codecs {
            let (number, name) = static_type(codec);
            put(&mut formats, format_args!(" {number}"));
            put(&mut maps, format_args!("a=rtpmap:{number} {name}/8000\r\n"));
        }
        if let Some(event) = event {
            put(&mut formats, format_args!(" {event}"));
            put(&mut maps, format_args!("a=rtpmap:{event} telephone-event/8000\r\na=fmtp:{event} 0-15\r\n"));
        }
        let direction = direction.as_str();
        put(
            text,
            format_args!("m=audio {} {profile}{formats}\r\n{maps}a=ptime:20\r\na={direction}\r\n", self.port),
        );
    }
}

impl Line {
    fn answering(media: &Media, chosen: bool) -> Line {
        if chosen {
            return Line::Audio { profile: media.profile.clone() };
        }
        let format = media.formats.first().map_or("0", String::as_str);
        Line::Refused(format!("m={} 0 {} {format}\r\n", media.kind, media.profile))
    }
}

/// The audio line to take and its codec, or what was in the way of the one that came nearest.
fn choose(offer: &Description) -> Result<(usize, Codec), SdpError> {
    let mut obstacle = SdpError::NoAudio;
    for (at, media) in offer.media.iter().enumerate().filter(|(_, media)| media.is_live_audio()) {
        match media.codec() {
            Some(_) if media.is_plain_rtp() && offer.is_forbidden(media) => obstacle = SdpError::Address,
            Some(codec) if media.is_plain_rtp() => return Ok((at, codec)),
            _ if media.is_plain_rtp() => obstacle = SdpError::NoCodec,
            _ if obstacle == SdpError::NoAudio => obstacle = media.foreign_profile(),
            _ => {}
        }
    }
    Err(obstacle)
}

/// Their line seen from our side. A peer that holds us by its address still may send.
fn negotiated(theirs: &Description, media: &Media, codec: Codec) -> Negotiated {
    let direction = theirs.direction_of(media);
    let held = theirs.connection_of(media) == Connection::Hold;
    Negotiated {
        codec,
        dtmf: media.telephone_event(),
        addr: theirs.address_of(media),
        send: direction.receives() && !held,
        receive: direction.sends(),
    }
}

fn static_type(codec: Codec) -> (u8, &'static str) {
    match codec {
        Codec::Pcma => (8, "PCMA"),
        Codec::Pcmu => (0, "PCMU"),
    }
}

fn family(addr: IpAddr) -> &'static str {
    if addr.is_ipv4() { "IP4" } else { "IP6" }
}

fn put(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a String takes what it is given");
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn local() -> Local {
        Local::new(Ipv4Addr::new(192, 0, 2, 9).into(), 20_000, 77)
    }

    fn sdp(lines: &[&str]) -> Vec<u8> {
        let head = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";
        (head.to_owned() + &lines.join("\r\n") + "\r\n").into_bytes()
    }

    fn answer(lines: &[&str]) -> (String, Negotiated) {
        let (bytes, negotiated) = local().answer(&sdp(lines)).expect("an answer");
        (String::from_utf8(bytes).expect("text"), negotiated)
    }

    fn media_lines(sdp: &str) -> Vec<&str> {
        sdp.lines().filter(|line| line.starts_with("m=")).collect()
    }

    fn version(sdp: &[u8]) -> String {
        let text = String::from_utf8_lossy(sdp);
        text.lines().find_map(|line| line.strip_prefix("o=- 77 ")).expect("o=")[..1].to_owned()
    }

    #[test]
    fn offer_says_all_that_we_speak() {
        let offer = String::from_utf8(local().offer()).expect("text");
        assert_eq!(
            offer,
            "v=0\r\no=- 77 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
             m=audio 20000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n\
             a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
        );
    }

    #[test]
    fn two_of_us_understand_each_other() {
        let (mut caller, mut callee) = (local(), local());
        let (answer, theirs) = callee.answer(&caller.offer()).expect("an answer");
        let ours = caller.read_answer(&answer).expect("an answer that reads");
        assert_eq!(ours, theirs);
        assert_eq!(ours.codec, Codec::Pcma);
        assert_eq!(ours.dtmf, Some(101));
        assert_eq!(ours.addr, "192.0.2.9:20000".parse().ok());
        assert!(ours.send && ours.receive);
    }

    #[test]
    fn answer_takes_the_peers_order_and_payload_type_of_keys() {
        let (text, negotiated) = answer(&[
            "m=audio 4000 RTP/AVP 18 0 8 96",
            "a=rtpmap:18 G729/8000",
            "a=rtpmap:96 telephone-event/8000",
            "a=fmtp:96 0-16",
        ]);
        assert_eq!(media_lines(&text), ["m=audio 20000 RTP/AVP 0 96"]);
        assert!(text.contains("a=fmtp:96 0-15\r\n"));
        assert_eq!((negotiated.codec, negotiated.dtmf), (Codec::Pcmu, Some(96)));
        assert_eq!(negotiated.addr, "192.0.2.1:4000".parse().ok());
    }

    #[test]
    fn other_media_are_refused_in_their_places() {
        let (text, negotiated) = answer(&[
            "m=video 5000 RTP/AVP 31 34",
            "m=audio 5002 RTP/SAVP 8",
            "m=audio 5004 RTP/AVP 9",
            "m=audio 5006 RTP/AVP 8",
            "m=audio 5008 RTP/AVP 0",
        ]);
        let expected = [
            "m=video 0 RTP/AVP 31",
            "m=audio 0 RTP/SAVP 8",
            "m=audio 0 RTP/AVP 9",
            "m=audio 20000 RTP/AVP 8",
            "m=audio 0 RTP/AVP 0",
        ];
        assert_eq!(media_lines(&text), expected);
        assert_eq!(negotiated.addr, "192.0.2.1:5006".parse().ok());
    }

    #[test]
    fn hold_is_answered_with_its_counterpart() {
        for (theirs, ours, send, receive) in [
            (&["a=sendrecv"][..], "a=sendrecv", true, true),
            (&["a=sendonly"][..], "a=recvonly", false, true),
            (&["a=recvonly"][..], "a=sendonly", true, false),
            (&["a=inactive"][..], "a=inactive", false, false),
            (&["c=IN IP4 0.0.0.0"][..], "a=recvonly", false, true),
            (&["c=IN IP4 0.0.0.0", "a=recvonly"][..], "a=inactive", false, false),
        ] {
            let lines: Vec<&str> = ["m=audio 4000 RTP/AVP 8"].iter().chain(theirs).copied().collect();
            let (text, negotiated) = answer(&lines);
            assert!(text.lines().any(|line| line == ours), "{theirs:?}: {text}");
            assert_eq!((negotiated.send, negotiated.receive), (send, receive), "{theirs:?}");
        }
    }

    #[test]
    fn version_counts_only_what_has_changed() {
        let mut local = local();
        let talk = sdp(&["m=audio 4000 RTP/AVP 8 101", "a=rtpmap:101 telephone-event/8000"]);
        let hold = sdp(&["m=audio 4000 RTP/AVP 8 101", "a=rtpmap:101 telephone-event/8000", "a=sendonly"]);
        let versions = [&talk, &talk, &hold, &hold, &talk]
            .map(|offer| version(&local.answer(offer).expect("an answer").0));
        assert_eq!(versions, ["1", "1", "2", "2", "3"]);
    }

    #[test]
    fn offer_within_a_dialog_keeps_lines_and_payload_types() {
        let mut local = local();
        let offer =
            ["m=video 5000 RTP/AVP 31", "m=audio 4000 RTP/AVP 8 96", "a=rtpmap:96 telephone-event/8000"];
        local.answer(&sdp(&offer)).expect("an answer");
        let text = String::from_utf8(local.offer()).expect("text");
        assert_eq!(media_lines(&text), ["m=video 0 RTP/AVP 31", "m=audio 20000 RTP/AVP 8 0 96"]);
        let answer = sdp(&["m=video 0 RTP/AVP 31", "m=audio 4000 RTP/AVP 0"]);
        assert_eq!(local.read_answer(&answer).map(|it| (it.codec, it.dtmf)), Ok((Codec::Pcmu, None)));
    }

    #[test]
    fn what_cannot_be_agreed_on_is_told_apart() {
        for (lines, error) in [
            (&[][..], SdpError::NoAudio),
            (&["m=video 4000 RTP/AVP 31"][..], SdpError::NoAudio),
            (&["m=audio 0 RTP/AVP 8"][..], SdpError::NoAudio),
            (&["m=audio 4000 RTP/AVP 18"][..], SdpError::NoCodec),
            (&["m=audio 4000 RTP/SAVP 8"][..], SdpError::Profile("RTP/SAVP".to_owned())),
        ] {
            let refused = local().answer(&sdp(lines)).map(|_| ());
            assert_eq!(refused, Err(error), "{lines:?}");
        }
        for (lines, error) in [
            (&[][..], SdpError::NoAudio),
            (&["m=audio 0 RTP/AVP 8"][..], SdpError::Refused),
            (&["m=audio 4000 RTP/AVP 18"][..], SdpError::NoCodec),
            (&["m=audio 4000 RTP/SAVP 8"][..], SdpError::Profile("RTP/SAVP".to_owned())),
        ] {
            assert_eq!(local().read_answer(&sdp(lines)), Err(error), "{lines:?}");
        }
    }

    #[test]
    fn sound_is_not_sent_where_no_phone_is() {
        for lines in [
            &["m=audio 4000 RTP/AVP 8", "c=IN IP4 255.255.255.255"][..],
            &["m=audio 4000 RTP/AVP 8", "c=IN IP4 239.1.2.3/127"],
            &["m=audio 4000 RTP/AVP 8", "c=IN IP6 ff02::1"],
            &["m=audio 4000 RTP/AVP 8", "c=IN IP4 0.0.0.9"],
            &["m=audio 53 RTP/AVP 8"],
        ] {
            let error = local().answer(&sdp(lines)).map(|_| ()).expect_err("refused");
            assert_eq!((&error, error.status()), (&SdpError::Address, 488), "{lines:?}");
            assert_eq!(local().read_answer(&sdp(lines)), Err(SdpError::Address), "{lines:?}");
        }
        let forged = local().answer(&sdp(&["m=audio 4000 RTP/\u{1b}[2JX\u{202e} 8"])).map(|_| ());
        assert_eq!(forged, Err(SdpError::Profile("RTP/[2JX".to_owned())), "it comes into the records");
        let (_, negotiated) = answer(&["m=audio 9 RTP/AVP 8", "c=IN IP4 0.0.0.0"]);
        assert_eq!((negotiated.addr, negotiated.send), (None, false), "on hold no port is meant");
        let (text, _) = answer(&["m=audio 53 RTP/AVP 8", "m=audio 4000 RTP/AVP 8"]);
        assert_eq!(media_lines(&text)[0], "m=audio 0 RTP/AVP 8", "the line that may be used is");
    }

    #[test]
    fn browsers_are_told_that_their_transport_is_not_spoken() {
        for offer in [
            &include_bytes!("../../tests/data/sdp/chromium-offer.sdp")[..],
            include_bytes!("../../tests/data/sdp/chromium-offer-mdns.sdp"),
            include_bytes!("../../tests/data/sdp/jssip-offer.sdp"),
        ] {
            let description = Description::parse(offer).expect("SDP");
            assert_eq!(description.media[0].codec(), Some(Codec::Pcmu));
            assert_eq!(description.media[0].telephone_event(), Some(126));
            let error = local().answer(offer).map(|_| ()).expect_err("DTLS");
            assert_eq!(error, SdpError::Profile("UDP/TLS/RTP/SAVPF".to_owned()));
            assert_eq!(error.status(), 488);
        }
        let answer = include_bytes!("../../tests/data/sdp/chromium-answer-accepted.sdp");
        assert_eq!(local().read_answer(answer), Err(SdpError::Profile("UDP/TLS/RTP/SAVPF".to_owned())));
    }
}
