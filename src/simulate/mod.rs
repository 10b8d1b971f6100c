//! The service in virtual time: what would become of so many callers with so many seats.
//!
//! It is not a model beside the exchange but the exchange itself, with callers and operators that are drawn by chance. What comes out is an
//! estimate and says so: every figure carries the interval that a repetition would fall into.
//!
//! A [`Scenario`] says who calls, what they want and who sits where; a [`Day`] runs it on the whole engine, with its flows and its
//! distribution and phones at the level of calls, and folds the journal's facts into a [`Tally`] a replication. [`DayFigures`] are made
//! of some of those, [`Comparison`] of two days that the same callers called, and [`fewest_seats`] looks for what a goal takes.
//!
//! [`PlainModel`] is one queue without anything around it, on the distribution alone, whose figures the theory of queues knows too: it
//! shows that the rest can be believed.

mod arrivals;
mod chance;
mod comparison;
mod day;
mod erlang;
mod estimate;
mod figures;
mod length;
mod phones;
mod plain;
mod scenario;
mod seats;
mod service;
mod tally;

pub use arrivals::{ArrivalsFault, read_csv};
pub use comparison::{Change, Comparison, Difference, InQueue, Moved, Subject, minutes};
pub use day::{Day, Run};
pub use estimate::Estimate;
pub use figures::{DayFigures, Line};
pub use length::Length;
pub use plain::{Figures, PlainError, PlainModel, REPLICATIONS, Replication};
pub use scenario::{
    Choices, Duty, HALF_HOURS, Manner, OpenChoice, Others, Recall, Scenario, ScenarioFault, begin_of, clock,
};
pub use seats::{Found, Goal, fewest_seats};
pub use service::Service;
pub use tally::Tally;
