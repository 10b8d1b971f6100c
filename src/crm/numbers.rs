//! Case numbers: people say them on the telephone, so they are short, and no two cases may ever share one.
//!
//! A node takes them in blocks. The entry that reserves a block is written before the first of its numbers is used, so that a start
//! after a crash needs to know the last block alone: it goes on behind it, and what was left of it is never used.

use crate::ids::CaseId;
use crate::journal::entry::Fact;

/// How many numbers are reserved by one entry: what a crash may leave unused.
const BLOCK: u32 = 1_000;

/// The first case number ever: six digits, so that it can be told from a year or an hour.
const FIRST_CASE: u64 = 100_001;

/// The numbers that one node gives out.
#[derive(Debug)]
pub struct CaseNumbers {
    next: u64,
    end: u64,
}

impl CaseNumbers {
    /// Numbers after the block reserved last: what is left of it may have been given out, and not survived.
    pub fn after(block: Option<(u64, u32)>) -> CaseNumbers {
        let next = block.map_or(FIRST_CASE, |(first, len)| first.saturating_add(u64::from(len)));
        CaseNumbers { next, end: next }
    }

    /// What is to be written down before the next number is used, if its block is not reserved yet.
    pub fn reserve(&mut self) -> Option<Fact> {
        if self.next < self.end {
            return None;
        }
        self.end = self.next.saturating_add(u64::from(BLOCK));
        Some(Fact::CaseBlock { first: self.next, len: BLOCK })
    }

    /// This number has been given out, as far as this node knows.
    pub fn has_given(&self, case: CaseId) -> bool {
        (FIRST_CASE..self.next).contains(&case.0)
    }

    /// The next number of a block that is reserved.
    pub fn take(&mut self) -> CaseId {
        let number = self.next;
        self.next = self.next.saturating_add(1);
        CaseId(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_behind_the_block_of_before_and_each_block_is_reserved_once() {
        let mut numbers = CaseNumbers::after(Some((100_001, 1_000)));
        assert_eq!(numbers.reserve(), Some(Fact::CaseBlock { first: 101_001, len: 1_000 }));
        for number in 101_001..102_001 {
            assert_eq!((numbers.reserve(), numbers.take()), (None, CaseId(number)));
        }
        assert_eq!(numbers.reserve(), Some(Fact::CaseBlock { first: 102_001, len: 1_000 }));
        assert_eq!(CaseNumbers::after(None).take(), CaseId(FIRST_CASE));
    }
}
