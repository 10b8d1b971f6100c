//! What a start finds of the time before: contacts that a crash cut off, dialogs whose phones still wait, numbers in use.

use std::collections::BTreeMap;

use crate::acd;
use crate::call::Story;
use crate::ids::{CaseId, CitizenId, ContactId, SeatId};
use crate::journal::Lsn;
use crate::journal::entry::Fact;
use crate::sip::DialogRecord;
use crate::time::Now;
use crate::words::{EndedBy, SeatView, Status, StatusChange};

use super::Engine;

/// How many case numbers are reserved by one entry: what a crash may leave unused.
const BLOCK: u32 = 1_000;

/// The first case number ever: six digits, so that it can be told from a year or an hour.
const FIRST_CASE: u64 = 100_001;

/// What the journal says of the time before this start.
#[derive(Debug, Default)]
pub struct Recovered {
    /// The last entry.
    pub last: Lsn,
    /// This start's number, from 1.
    pub epoch: u32,
    /// The last case number that may have been given out.
    pub last_case: Option<u64>,
    /// Contacts that were not closed.
    pub open: Vec<OpenContact>,
    /// Dialogs that were not closed.
    pub dialogs: Vec<(u64, DialogRecord)>,
    /// Citizens by number in E.164.
    pub citizens: BTreeMap<String, CitizenId>,
    /// Seats as they were last.
    pub seats: BTreeMap<SeatId, SeatView>,
}

/// A contact that was not closed.
#[derive(Debug)]
pub struct OpenContact {
    /// Which.
    pub contact: ContactId,
    /// Its story as far as the journal knows.
    pub story: Story,
}

/// Case numbers, in blocks written down before their first use.
#[derive(Debug)]
pub(super) struct CaseNumbers {
    next: u64,
    end: u64,
}

impl CaseNumbers {
    /// Numbers after the last that may have been given out.
    pub(super) fn after(last: Option<u64>) -> CaseNumbers {
        let next = last.map_or(FIRST_CASE, |last| last.saturating_add(1));
        CaseNumbers { next, end: next }
    }
}

impl Engine {
    /// Close what a crash left open, and tell its phones.
    pub(super) fn recover(&mut self, now: Now, recovered: Recovered) {
        let node = self.config.engine.node;
        let version = env!("CARGO_PKG_VERSION").to_owned();
        self.append(now, Fact::Started { node, epoch: recovered.epoch, version });
        self.citizens = recovered.citizens;
        for OpenContact { contact, story } in recovered.open {
            let outcome = story.outcome(EndedBy::Crash);
            let ended_by = EndedBy::Crash;
            self.append(now, Fact::ContactClosed { contact, outcome, ended_by, short: false, why: None });
        }
        for (dialog, record) in recovered.dialogs {
            self.sip.end_recorded(now.mono, &record);
            self.append(now, Fact::DialogClosed { dialog });
        }
        for (seat, view) in recovered.seats {
            self.restore_status(now, seat, view.status);
        }
    }

    /// A pause outlives a restart; so does a log-out.
    fn restore_status(&mut self, now: Now, seat: SeatId, status: Status) {
        if !self.config.seats.contains_key(&seat) {
            return;
        }
        let change = match status {
            Status::LoggedOut => return,
            Status::Ready => StatusChange::LogIn,
            Status::Paused(reason) => {
                self.acd.handle_input(now.mono, acd::Input::Status(seat.clone(), StatusChange::LogIn));
                StatusChange::Pause(reason)
            }
        };
        self.acd.handle_input(now.mono, acd::Input::Status(seat, change));
    }

    /// The next case number of this node; a new block is written down when the last is used up.
    pub(super) fn next_case(&mut self, now: Now) -> CaseId {
        if self.cases.next == self.cases.end {
            let first = self.cases.next;
            self.cases.end = first.saturating_add(u64::from(BLOCK));
            self.append(now, Fact::CaseBlock { first, len: BLOCK });
        }
        let number = self.cases.next;
        self.cases.next += 1;
        CaseId(number)
    }
}
