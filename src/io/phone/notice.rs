//! What a phone tells the person before it, line by line, and how its work can fail.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use crate::sip::Transport;

/// Something that the person should know, as one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The exchange takes its time.
    NoWordYet {
        /// Where it should be.
        exchange: SocketAddr,
    },
    /// Calls can reach this seat.
    Registered,
    /// They cannot any more; the phone goes on trying.
    RegistrationLost {
        /// What the exchange said; 408 stands for silence, 503 for a transport failure.
        status: u16,
    },
    /// The seat is registered no more, as was asked.
    Unregistered,
    /// The other side's phone rings.
    Ringing,
    /// This phone rings.
    Incoming {
        /// Display name, if any: queue and number.
        display: Option<String>,
        /// The number; empty when withheld.
        from: String,
    },
    /// The two sides talk.
    Answered,
    /// A key was pressed.
    Pressed(char),
    /// A key was not pressed: the other side takes none.
    CannotPress(char),
    /// This phone refused the call.
    Rejected,
    /// The caller gave up, or the exchange gave the call to someone else.
    Gone,
    /// The call that this phone made is over.
    HungUp {
        /// By whom.
        by: Side,
        /// From the answer.
        after: Duration,
    },
    /// The call that this phone took is over.
    Ended {
        /// By whom.
        by: Side,
        /// From the answer.
        after: Duration,
    },
    /// What was heard cannot be written; the call goes on.
    NotRecorded {
        /// The file.
        file: String,
        /// Why.
        error: String,
    },
}

/// One of the two sides of a call, or neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Who uses this phone.
    Here,
    /// The other one.
    There,
    /// The network between them.
    Network,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::NoWordYet { exchange } => {
                write!(f, "no word from {exchange} yet; does `centralino serve` run there?")
            }
            Notice::Registered => f.write_str("registered"),
            Notice::RegistrationLost { status } => {
                write!(f, "registration lost: {}; trying again", Refusal(*status))
            }
            Notice::Unregistered => f.write_str("unregistered"),
            Notice::Ringing => f.write_str("ringing"),
            Notice::Incoming { display, from } => {
                let number = if from.is_empty() { "anonymous" } else { from };
                match display {
                    Some(display) => write!(f, "ringing: \"{}\" <{}>", printable(display), printable(number)),
                    None => write!(f, "ringing: <{}>", printable(number)),
                }
            }
            Notice::Answered => f.write_str("answered"),
            Notice::Pressed(key) => write!(f, "pressed {key}"),
            Notice::CannotPress(key) => write!(f, "{key} was not pressed: the other side takes no keys"),
            Notice::Rejected => f.write_str("rejected"),
            Notice::Gone => f.write_str("stopped ringing"),
            Notice::HungUp { by: Side::Here, after } => write!(f, "hung up after {}", Seconds(*after)),
            Notice::HungUp { by, after } => write!(f, "hung up by {by} after {}", Seconds(*after)),
            Notice::Ended { by, after } => write!(f, "ended after {} by {by}", Seconds(*after)),
            Notice::NotRecorded { file, error } => write!(f, "{file} cannot be written: {error}"),
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Here => "this side",
            Side::There => "the other side",
            Side::Network => "the network",
        })
    }
}

/// `12.3 s`.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} s", self.0.as_secs_f64())
    }
}

/// Names from outside could otherwise steer a terminal.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// A status of SIP, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal(pub u16);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Refusal(status) = self;
        let words = match status {
            401 | 407 => {
                "wants a password, or this one is wrong: a seat gives its own (--password), a citizen calls from a trunk of trunks.toml"
            }
            403 => "the exchange does not let this caller in",
            404 => "nobody has this number",
            408 => "no answer from the exchange",
            480 => "not available now",
            484 => "the number is incomplete",
            486 | 600 => "busy",
            487 => "the call was given up",
            488 => "no codec in common",
            503 => "the exchange cannot be reached, or takes no more calls",
            603 => "declined",
            300..400 => "moved elsewhere, which this phone does not follow",
            400..500 => "the exchange refuses it",
            _ => "the exchange has failed",
        };
        write!(f, "{status} {words}")
    }
}

/// What a phone came for did not happen.
#[derive(Debug, thiserror::Error)]
pub enum PhoneError {
    /// No socket, thread or seed.
    #[error("the phone cannot start: {0}")]
    Start(#[from] io::Error),
    /// No port for sound.
    #[error("the phone has no port for its sound: {0}")]
    NoPort(String),
    /// The number cannot be dialled.
    #[error("the number cannot be dialled: {0}")]
    BadNumber(#[from] crate::sip::InviteError),
    /// Nothing came back at all.
    #[error(
        "not answered: nobody speaks SIP over {transport} at {exchange}; start `centralino serve`, or say --to HOST:PORT"
    )]
    Unreachable {
        /// Where to.
        exchange: SocketAddr,
        /// By what.
        transport: Way,
    },
    /// The call was refused.
    #[error("not answered: {}", Refusal(*status))]
    Refused {
        /// 300 to 699.
        status: u16,
    },
    /// It rang too long, or the person gave up.
    #[error("not answered: given up after {}", Seconds(*.after))]
    GivenUp {
        /// How long it was tried.
        after: Duration,
    },
    /// The answer leads to no sound.
    #[error("hung up at once: {0}")]
    NoSound(#[from] crate::sdp::SdpError),
    /// The seat may not register.
    #[error("{seat} cannot register: {}", Wrong(*status))]
    NotRegistered {
        /// The seat.
        seat: String,
        /// 300 to 699.
        status: u16,
    },
}

/// A transport as it is written on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way(pub Transport);

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
        })
    }
}

/// Why a registration is refused; the exchange tells wrong passwords and unknown seats apart from nothing.
struct Wrong(u16);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            401 | 403 | 404 | 407 => write!(
                f,
                "{} wrong password, or no such seat; give --password, or --config with the exchange's seats.toml",
                self.0
            ),
            status => Refusal(status).fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_for_people() {
        let after = Duration::from_millis(12_345);
        let incoming = |display: Option<&str>, from: &str| Notice::Incoming {
            display: display.map(str::to_owned),
            from: from.to_owned(),
        };
        for (notice, line) in [
            (
                incoming(Some("Anagrafe 0552768224"), "0552768224"),
                "ringing: \"Anagrafe 0552768224\" <0552768224>",
            ),
            (incoming(None, ""), "ringing: <anonymous>"),
            (incoming(Some("\u{1b}[2J"), "1"), "ringing: \"[2J\" <1>"),
            (Notice::Pressed('1'), "pressed 1"),
            (Notice::HungUp { by: Side::There, after }, "hung up by the other side after 12.3 s"),
            (Notice::HungUp { by: Side::Here, after }, "hung up after 12.3 s"),
            (Notice::Ended { by: Side::There, after }, "ended after 12.3 s by the other side"),
        ] {
            assert_eq!(notice.to_string(), line);
        }
        assert_eq!(
            PhoneError::Refused { status: 404 }.to_string(),
            "not answered: 404 nobody has this number"
        );
    }
}
