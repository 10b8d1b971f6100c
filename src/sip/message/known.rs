//! What is known of a message's parts: each is taken apart once, by whoever asks first, and noted as places in the buffer.
//!
//! A request passes a dozen hands, from the check over the transaction and the dialog to its answer, and most of them want
//! its Via, From or To. Only what could be read is noted; what is malformed is looked at again, by the few who ask.

use std::cell::Cell;
use std::net::IpAddr;

use super::text::Params;
use super::{Host, Method, NameAddr, Span, Via};

/// The parts, as far as they have been asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub(super) via: Cell<Option<Hop>>,
    pub(super) from: Cell<Option<Address>>,
    pub(super) to: Cell<Option<Address>>,
    pub(super) contact: Cell<Option<Address>>,
    pub(super) cseq: Cell<Option<(u32, Span)>>,
}

/// Two messages are the same whatever they were asked.
impl PartialEq for Known {
    fn eq(&self, _: &Known) -> bool {
        true
    }
}

impl Eq for Known {}

/// Where the parts of a [`NameAddr`] are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Address {
    display: Option<Span>,
    uri: Span,
    params: Span,
}

impl Address {
    pub(super) fn of(buffer: &[u8], address: &NameAddr<'_>) -> Address {
        Address {
            display: address.display.map(|display| place(buffer, display)),
            uri: place(buffer, address.uri),
            params: place(buffer, address.params.as_bytes()),
        }
    }

    pub(super) fn read(self, buffer: &[u8]) -> NameAddr<'_> {
        NameAddr {
            display: self.display.map(|display| &buffer[display.range()]),
            uri: &buffer[self.uri.range()],
            params: Params::of(&buffer[self.params.range()]),
        }
    }
}

/// Where the parts of a [`Via`] are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hop {
    transport: Span,
    host: Result<IpAddr, Span>,
    port: Option<u16>,
    branch: Option<Span>,
    rport: Option<Option<u16>>,
    received: Option<IpAddr>,
    params: Span,
}

impl Hop {
    pub(super) fn of(buffer: &[u8], via: &Via<'_>) -> Hop {
        Hop {
            transport: place(buffer, via.transport),
            host: match via.host {
                Host::Ip(address) => Ok(address),
                Host::Name(name) => Err(place(buffer, name)),
            },
            port: via.port,
            branch: via.branch.map(|branch| place(buffer, branch)),
            rport: via.rport,
            received: via.received,
            params: place(buffer, via.params.as_bytes()),
        }
    }

    pub(super) fn read(self, buffer: &[u8]) -> Via<'_> {
        Via {
            transport: &buffer[self.transport.range()],
            host: match self.host {
                Ok(address) => Host::Ip(address),
                Err(name) => Host::Name(&buffer[name.range()]),
            },
            port: self.port,
            branch: self.branch.map(|branch| &buffer[branch.range()]),
            rport: self.rport,
            received: self.received,
            params: Params::of(&buffer[self.params.range()]),
        }
    }
}

/// Number and method of a CSeq as noted.
pub(super) fn cseq<'a>(buffer: &'a [u8], (number, method): (u32, Span)) -> super::CSeq<'a> {
    super::CSeq { number, method: Method::from_bytes(&buffer[method.range()]) }
}

/// Where a piece of the buffer is in it. An empty piece may be from anywhere and is nowhere.
pub(super) fn place(buffer: &[u8], piece: &[u8]) -> Span {
    if piece.is_empty() {
        return Span::new(0, 0);
    }
    let start = piece.as_ptr().addr().checked_sub(buffer.as_ptr().addr());
    let start = start.filter(|start| start + piece.len() <= buffer.len());
    let start = start.expect("parts are cut out of their own message's buffer");
    Span::new(start, start + piece.len())
}
