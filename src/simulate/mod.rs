//! The service in virtual time: what would become of so many callers with so many seats.
//!
//! It is not a model beside the exchange but the exchange's own distribution ([`crate::acd`]) with callers and operators that are drawn
//! by chance. What comes out is an estimate and says so: every figure carries the interval that a repetition would fall into.
//!
//! [`PlainModel`] is one queue without anything around it, whose figures the theory of queues knows too: it shows that the rest can be
//! believed.

mod estimate;
mod plain;

pub use estimate::Estimate;
pub use plain::{Figures, Length, PlainError, PlainModel, REPLICATIONS, Replication};
