//! Citizens, cases and contacts: what a call leaves behind.
//!
//! Each is a fold: it takes in the facts about it, one after another, and is at every moment what they say so far. The folds
//! are total: facts in any order, repeated, or about what was never opened are borne, since a repaired journal may lack some.
//! Personal fields stay sealed within; whoever shows a row opens them.

pub mod calibration;
pub mod case;
pub mod citizen;
pub mod contact;
pub mod heat;
pub mod note;
pub mod numbers;
pub mod outbox;
pub mod survey;
pub mod take;

pub use calibration::{Calibration, CalibrationLine};
pub use case::{Case, CaseLine, CaseStatus, Closing, ClosingLine, Reminder, ReminderLine};
pub use citizen::{Citizen, Citizens, Who};
pub use contact::{Contact, ContactLine, Talk, TalkLine, ToldWaitLine};
pub use heat::{Heat, HeatLine};
pub use note::{Note, NoteLine};
pub use numbers::CaseNumbers;
pub use outbox::{Letter, LetterError, Message, MessageLine};
pub use survey::Survey;
pub use take::{Take, TakeLine};
