//! centralino: the open telephone exchange for city contact centers.
//!
//! # The path of a call
//!
//! A citizen dials. A datagram reaches [`io`], the only place with sockets, files, clocks and threads; its control loop hands it to
//! the [`engine`], which hands it to [`sip`]. There the bytes become a message, a transaction and a dialog, and come back as the
//! event that somebody calls, with an offer that [`sdp`] can read.
//!
//! The engine opens a [`call`]: a port in the [`media`] plane, a contact in the [`journal`], and, once that entry is written, the
//! 200. From then on the [`flow`] of the dialled number says what to play, which keys to wait for, and at last which queue to join.
//! What it computes is spoken from recorded pieces, by the grammar of [`speech`].
//!
//! In the queue the distribution, [`acd`], finds the seat that is free for longest. The engine has its phone rung; when the operator
//! takes the call the two legs are bridged in the media plane, where packets pass without the engine seeing them. Somebody hangs
//! up, the seat gets its wrap-up, and the contact is closed with one outcome.
//!
//! Every fact on this way is an entry of the journal. Contacts, cases and citizens ([`crm`]) are folds over these entries; [`views`]
//! keep them as rows for questions. The command line ([`cli`]) starts the exchange and asks the questions.
//!
//! # The layers
//!
//! ```text
//! io  cli         the machine: sockets, files, clocks, threads; what a person types
//! simulate        the switchboard rehearsed, in virtual time
//! engine          the switchboard: an event of one module becomes an input of another
//! call  callback  flow  acd  speech  crm  journal  views  config  survey  switches  replay  the contact centre's rules
//! sip  sdp  media                                               the RFCs, without a word of the contact centre
//! ids  words  time  phone_number  flood  hint  planted          the ground: names, moments, numbers
//! ```
//!
//! A module uses what lies below it. Neighbours do not know each other, but for a short list with reasons; a test reads the source
//! and holds it to this. Everything below `io` only computes: time, bytes and chance come in as arguments, and what is to be done
//! goes out as values. The same inputs therefore give the same run, which is how the simulator finds and repeats failures.
//!
//! # The words
//!
//! - A *leg* is a SIP dialog with its media; a *call* is all legs of one conversation; a *bridge* is two legs that hear each other.
//! - A *seat* is a workplace with a phone, an *operator* who sits there. Its *status* is the person's doing (ready, paused), its *work*
//!   the calls' doing (ringing, talking, wrap-up).
//! - A *contact* is one call as the record has it; it belongs to a *case*, one need of one *citizen*.
//! - An *entity* is one of the bodies (Enti) that share the exchange; a *topic* is what a contact is about.
//! - An *entry* is a fact with its moment, at its place (*lsn*) in the journal: *written* survives a killed process, *durable* a power
//!   cut.

// The machine.
pub mod cli; // what a person types
pub mod io; // the only sockets, files, clocks and threads

// The switchboard, and the promises of durability.
pub mod engine;

// The contact centre's rules.
pub mod acd; // which free seat gets which waiting caller
pub mod call; // the legs of a conversation, and what decides its outcome
pub mod callback; // who was promised a call, and when it is due
pub mod config; // text to a checked configuration
pub mod crm; // contacts, cases and citizens, folded from the journal
pub mod flow; // what a caller hears and may press
pub mod journal; // the one truth, append-only
pub mod replay; // calls of the past on a draft
pub mod simulate; // a floor in virtual time, before anybody is hired for it
pub mod speech; // numbers, dates and times as they are said
pub mod survey; // whom surveys ask
pub mod switches; // bulletins and emergencies
pub mod views; // what the journal says, as rows for questions

// The RFCs.
pub mod media; // RTP: prompts, keys, bridges, recordings
pub mod sdp; // offers and answers
pub mod sip; // bytes to dialogs and back

// The ground.
pub mod flood;
pub mod hint;
pub mod ids;
pub mod letters;
pub mod phone_number;
pub mod planted;
pub mod time;
pub mod words;
