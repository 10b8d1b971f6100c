//! A caller of a few lines, for tests that need many of them, or need to know exactly what a caller saw.
//!
//! It speaks SIP over a UDP socket of its own and sends no sound. It knows just enough: dial, take the 200, acknowledge,
//! give up, hang up, answer a BYE.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

/// T1 of RFC 3261: a request is repeated after this, then after twice this.
const T1: Duration = Duration::from_millis(500);

/// A caller with one call.
pub(super) struct Uac {
    socket: UdpSocket,
    /// Bound, so that sound sent to it meets a socket; never read.
    _ear: UdpSocket,
    exchange: SocketAddr,
    from: String,
    to: String,
    /// Its SDP.
    offer: String,
    /// Tag that the exchange gave; empty until its first response.
    to_tag: String,
}

impl Uac {
    /// A caller who will dial `to`.
    pub(super) fn new(exchange: SocketAddr, from: &str, to: &str) -> Uac {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let ear = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = ear.local_addr().expect("it is bound").port();
        let offer = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\n"
        );
        Uac {
            socket,
            _ear: ear,
            exchange,
            from: from.to_owned(),
            to: to.to_owned(),
            offer,
            to_tag: String::new(),
        }
    }

    /// Sends this instead of its SDP.
    pub(super) fn offering(mut self, offer: &str) -> Uac {
        offer.clone_into(&mut self.offer);
        self
    }

    /// Dials; the final status, or `None` if there was none in time. A 200 is acknowledged.
    pub(super) fn dial(&mut self, at_most: Duration) -> Option<u16> {
        let end = Instant::now() + at_most;
        let mut resend_after = T1;
        self.send_invite();
        while Instant::now() < end {
            let wait = resend_after.min(end.saturating_duration_since(Instant::now()));
            match self.receive(wait) {
                Some(message) => {
                    if let Some(status) = self.final_status(&message, "INVITE") {
                        self.send("ACK", 1, "");
                        return Some(status);
                    }
                }
                None if self.to_tag.is_empty() => {
                    self.send_invite();
                    resend_after *= 2;
                }
                None => {}
            }
        }
        None
    }

    /// Dials and gives up at once: what became of the INVITE. If the answer was quicker, hangs up.
    pub(super) fn dial_and_cancel(&mut self, at_most: Duration) -> Option<u16> {
        self.send_invite();
        self.send("CANCEL", 1, "");
        let end = Instant::now() + at_most;
        while Instant::now() < end {
            let Some(message) = self.receive(T1) else { continue };
            if let Some(status) = self.final_status(&message, "INVITE") {
                self.send("ACK", 1, "");
                if status == 200 {
                    self.hang_up();
                }
                return Some(status);
            }
        }
        None
    }

    /// Hangs up.
    pub(super) fn hang_up(&self) {
        self.send("BYE", 2, "");
    }

    /// Waits for a BYE, and answers it.
    pub(super) fn is_hung_up_on(&self, at_most: Duration) -> bool {
        let end = Instant::now() + at_most;
        while Instant::now() < end {
            if let Some(bye) = self.receive(T1).filter(|message| message.starts_with("BYE ")) {
                self.answer(&bye);
                return true;
            }
        }
        false
    }

    /// The status of a final response to a request of ours.
    fn final_status(&mut self, message: &str, method: &str) -> Option<u16> {
        let status: u16 = message.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()?;
        if !header(message, "CSeq").ends_with(method) {
            return None;
        }
        if let Some((_, tag)) = header(message, "To").split_once("tag=") {
            tag.split(';').next().unwrap_or_default().clone_into(&mut self.to_tag);
        }
        (status >= 200).then_some(status)
    }

    fn receive(&self, at_most: Duration) -> Option<String> {
        self.socket.set_read_timeout(Some(at_most.max(Duration::from_millis(1)))).expect("not zero");
        let mut buffer = [0; 4096];
        let (length, _) = self.socket.recv_from(&mut buffer).ok()?;
        Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
    }

    fn send_invite(&self) {
        self.send("INVITE", 1, &self.offer);
    }

    fn send(&self, method: &str, number: u32, body: &str) {
        let Uac { from, to, exchange, .. } = self;
        let me = self.socket.local_addr().expect("it is bound");
        // CANCEL carries the branch of what it cancels, as does the ACK of a refusal; a 200's ACK may carry any.
        let branch = format!("z9hG4bK{from}n{number}");
        let to_tag = match method {
            "INVITE" | "CANCEL" => String::new(),
            _ => format!(";tag={}", self.to_tag),
        };
        let content = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let message = format!(
            "{method} sip:{to}@{exchange} SIP/2.0\r\nVia: SIP/2.0/UDP {me};rport;branch={branch}\r\n\
             From: <sip:{from}@127.0.0.1>;tag={from}\r\nTo: <sip:{to}@{exchange}>{to_tag}\r\n\
             Call-ID: {from}-{port}\r\nCSeq: {number} {method}\r\nContact: <sip:{from}@{me}>\r\n\
             Max-Forwards: 70\r\n{content}Content-Length: {length}\r\n\r\n{body}",
            port = me.port(),
            length = body.len(),
        );
        // The exchange may have been killed: what cannot be sent is as good as lost.
        let _ = self.socket.send_to(message.as_bytes(), exchange);
    }

    fn answer(&self, request: &str) {
        let names = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
        let kept = request.lines().filter(|line| names.iter().any(|name| line.starts_with(name)));
        let headers: String = kept.map(|line| format!("{line}\r\n")).collect();
        let response = format!("SIP/2.0 200 OK\r\n{headers}Content-Length: 0\r\n\r\n");
        // As above.
        let _ = self.socket.send_to(response.as_bytes(), self.exchange);
    }
}

/// The first value of a header, as this exchange writes its name.
fn header<'a>(message: &'a str, name: &str) -> &'a str {
    let value = |line: &'a str| line.strip_prefix(name)?.strip_prefix(':').map(str::trim);
    message.lines().find_map(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::baresip::{Account, Baresip};
    use super::super::site::Site;
    use super::super::tools::{self, Need};
    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    #[test]
    fn the_small_caller_gets_on_with_a_real_phone() {
        if !tools::ready("the_small_caller_gets_on_with_a_real_phone", &[Need::Baresip]) {
            return;
        }
        let site = Site::bare();
        let account = Account { name: "called", user: "055055", password: None, hertz: 1500 };
        let phone = Baresip::start(&site, ([127, 0, 0, 1], 5060).into(), &account);
        let address = ([127, 0, 0, 1], phone.sip_port).into();
        let dial = |number| {
            let mut caller = Uac::new(address, number, "055055");
            std::thread::scope(|scope| {
                let status = scope.spawn(|| caller.dial(SOON));
                phone.wait_for("CALL_INCOMING", SOON);
                phone.answer();
                assert_eq!(status.join().expect("it does not panic"), Some(200));
            });
            phone.wait_for("CALL_ESTABLISHED", SOON);
            caller
        };
        dial("0557000001").hang_up();
        phone.wait_for("CALL_CLOSED", SOON);
        let caller = dial("0557000002");
        phone.hang_up();
        assert!(caller.is_hung_up_on(SOON));
        assert_eq!(Uac::new(address, "0557000003", "055055").dial_and_cancel(SOON), Some(487));
    }
}
