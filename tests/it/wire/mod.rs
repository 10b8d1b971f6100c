//! Real phones, real sockets: the exchange as a child process, sipp and baresip around it.
//!
//! A scenario here proves on the wire, once, what the simulator proves a thousand times in virtual time; and it judges by
//! what people notice: who heard which tone, in which order callers were served, what is on record afterwards.
//!
//! A test lays out a [`site`] (a directory of its own with configuration and data), starts the [`exchange`] on it and
//! waits for its `ready` line. [`baresip`] is the phone of an operator or of a citizen and is driven by events, never by
//! sleeping; [`sipp`] is a citizen that plays a [`voice`]: a tone with key presses in between. A [`tap`] on loopback plays
//! out what arrived at a phone's media port as that phone would, and [`tones`] says which tone was heard, for how long
//! and with what gaps. [`uac`] is a caller of a few lines, for the tests that kill the exchange. [`contacts`] reads what
//! the exchange has on record, as scripts do.
//!
//! What a machine lacks is never silently passed over: [`tools`] prints a line beginning with `skipped:`.

#![expect(clippy::disallowed_methods, reason = "real processes and sockets live in real time")]

mod baresip;
mod contacts;
mod dialling;
mod exchange;
mod handing;
mod http;
mod listener;
mod patience;
mod ports;
mod sipp;
mod site;
mod tap;
mod tones;
mod tools;
mod uac;
mod voice;

mod asking;
mod floor;
mod keyed;
mod monitoring;
mod phones;
mod recalling;
mod refusing;
mod replaying;
mod serving;
mod speaking;
mod stopping;
mod storing;
mod supervising;
mod taking;
mod talking;
mod transferring;
