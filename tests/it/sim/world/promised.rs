//! What tests ask about calls that were promised.

use centralino::callback::{Change, End};
use centralino::engine::{BookOrder, CallbackOrder, CallbackReply, Command, Reply};
use centralino::ids::CallbackId;
use centralino::journal::entry::Fact;

use super::Sim;

impl Sim {
    /// What the exchange answers to an order about call-backs.
    #[track_caller]
    pub(crate) fn order_callback(&mut self, order: CallbackOrder) -> Reply {
        self.ask(Command::Callback(order))
    }

    /// Somebody wants to be called.
    #[track_caller]
    pub(crate) fn try_to_book(&mut self, order: BookOrder) -> Reply {
        self.order_callback(CallbackOrder::Book(Box::new(order)))
    }

    /// Somebody is promised a call.
    #[track_caller]
    pub(crate) fn book(&mut self, order: BookOrder) -> CallbackId {
        match self.try_to_book(order) {
            Reply::Callbacks(CallbackReply::One(one)) => one.id,
            other => panic!("{other:?}"),
        }
    }

    /// What became of a promise so far.
    pub(crate) fn changes_of(&self, of: CallbackId) -> Vec<Change> {
        let change = |fact: &Fact| match fact {
            Fact::Callback { callback, what, .. } if *callback == of => Some(what.clone()),
            _ => None,
        };
        self.facts.iter().filter_map(|entry| change(&entry.fact)).collect()
    }

    /// How a promise ended, if it has.
    pub(crate) fn end_of(&self, of: CallbackId) -> Option<End> {
        self.changes_of(of).iter().find_map(|change| match change {
            Change::Ended { how } => Some(*how),
            _ => None,
        })
    }
}
