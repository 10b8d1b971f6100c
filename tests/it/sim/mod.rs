//! The simulated world: citizens and seats that speak real SIP bytes over a simulated network to the real engine, with
//! the real media plane at event level, the real journal on a simulated disk, and a clock that jumps from event to event.
//!
//! A scenario reads as sentences: `sim.dial("055055")`, `sim.press(caller, "1")`, `sim.advance(..)`, `sim.expect(..)`. A world is
//! made from a seed; the same seed gives the same run, byte for byte.

mod judge;
pub(crate) mod net;
pub(crate) mod oracle;
pub(crate) mod phone;
mod promises;
pub(crate) mod reenact;
mod setting;
mod streams;
mod world;

pub(crate) use setting::Setting;
pub(crate) use world::Sim;
