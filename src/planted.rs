//! Faults planted on purpose: the test of the tests. A check that finds none of these is no check.
//!
//! Without the feature `planted-faults` no fault can be switched on, and asking for one costs nothing.

/// One way in which the exchange could be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A seat is idle right after its talk.
    LostWrapUp,
    /// A caller whom a seat rings for stays in line for others.
    DoubleReservation,
    /// A seat that rejected a call rests for ever.
    NeverFreedAfterReject,
    /// A caller whose ring was not taken goes to the end of the line.
    BackOfTheLine,
    /// A pause ends the wrap-up.
    WrapUpCutByPause,
    /// The seat idle for the shortest time is rung.
    ShortestIdle,
    /// Whoever is free is rung, whatever the caller needs.
    SkillsIgnored,
    /// What a caller needs never grows less.
    NeedsForEver,
    /// Nobody looks at the longest wait.
    ForgottenTimeout,
    /// A caller whose ring was not taken stands in no line any more.
    LostPlace,
    /// Who has been sent on in vain is sent on again.
    SentOnAgain,
    /// The store says `Durable` and has not synced.
    SkippedSync,
    /// A start drops the journal's last entry.
    LostTail,
    /// The store says `Written` before it writes.
    ReportedBeforeWritten,
    /// The gate lets the answer to a citizen go before its contact is written.
    AnswerBeforeWritten,
    /// A transaction that is over is kept.
    KeptTransaction,
    /// A citizen is called back, and that is not on record.
    AttemptUnwritten,
    /// A talk that a crash has cut off is had again.
    TalkedToAgain,
    /// A citizen is called back after the time that was agreed.
    WindowIgnored,
}

impl Fault {
    /// All of them, for a test that goes through the list.
    pub const ALL: [Fault; 19] = [
        Fault::LostWrapUp,
        Fault::DoubleReservation,
        Fault::NeverFreedAfterReject,
        Fault::BackOfTheLine,
        Fault::WrapUpCutByPause,
        Fault::ShortestIdle,
        Fault::SkillsIgnored,
        Fault::NeedsForEver,
        Fault::ForgottenTimeout,
        Fault::LostPlace,
        Fault::SentOnAgain,
        Fault::SkippedSync,
        Fault::LostTail,
        Fault::ReportedBeforeWritten,
        Fault::AnswerBeforeWritten,
        Fault::KeptTransaction,
        Fault::AttemptUnwritten,
        Fault::TalkedToAgain,
        Fault::WindowIgnored,
    ];
}

#[cfg(feature = "planted-faults")]
mod planting {
    use std::cell::Cell;

    use super::Fault;

    thread_local! {
        static PLANTED: Cell<Option<Fault>> = const { Cell::new(None) };
    }

    /// From now on everything on this thread has this fault; `None`: has none.
    pub fn set(fault: Option<Fault>) {
        PLANTED.set(fault);
    }

    pub(crate) fn is(fault: Fault) -> bool {
        PLANTED.get() == Some(fault)
    }
}

#[cfg(feature = "planted-faults")]
pub(crate) use planting::is;
#[cfg(feature = "planted-faults")]
pub use planting::set;

/// Whether this fault is planted.
#[cfg(not(feature = "planted-faults"))]
pub(crate) const fn is(_: Fault) -> bool {
    false
}
