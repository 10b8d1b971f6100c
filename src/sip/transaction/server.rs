//! The server transaction of every other request (RFC 3261 section 17.2.2).
//!
//! Our endpoint answers all of them at once but the re-INVITE's little sister UPDATE, so Trying and Proceeding are one state.

use super::{GIVE_UP, linger};
use crate::time::Mono;

/// Ours is the answer to one request that is not INVITE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    state: State,
    reliable: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// The request is with our user.
    Trying,
    /// Answered; copies of the request get the same answer (timer J).
    Completed {
        until: Mono,
    },
    Terminated,
}

/// What happens to the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The request again.
    Request,
    /// We give the final response.
    Final,
    /// Time has passed.
    Timeout,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Nothing,
    /// Send the final response (again).
    Send,
}

impl Server {
    pub(crate) fn new(reliable: bool) -> Server {
        Server { state: State::Trying, reliable }
    }

    pub(crate) fn handle(&mut self, now: Mono, event: Event) -> Action {
        use {Action as A, Event as E, State as S};
        let (next, action) = match (&self.state, event) {
            (S::Trying, E::Final) if self.reliable => (S::Terminated, A::Send),
            (S::Trying, E::Final) => (S::Completed { until: now + linger(self.reliable, GIVE_UP) }, A::Send),
            (S::Completed { .. }, E::Request) => return A::Send,
            (S::Completed { until }, E::Timeout) if *until <= now => (S::Terminated, A::Nothing),
            _ => return A::Nothing,
        };
        self.state = next;
        action
    }

    pub(crate) fn poll_timeout(&self) -> Option<Mono> {
        match self.state {
            State::Completed { until } => Some(until),
            State::Trying | State::Terminated => None,
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.state == State::Terminated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_request_gets_the_same_answer_for_32_seconds() {
        let mut machine = Server::new(false);
        assert_eq!(machine.handle(Mono::ZERO, Event::Request), Action::Nothing);
        assert_eq!(machine.handle(Mono::ZERO, Event::Final), Action::Send);
        assert_eq!(machine.handle(Mono::ZERO, Event::Final), Action::Nothing);
        assert_eq!(machine.handle(Mono::ZERO + GIVE_UP / 2, Event::Request), Action::Send);
        assert_eq!(machine.poll_timeout(), Some(Mono::ZERO + GIVE_UP));
        machine.handle(Mono::ZERO + GIVE_UP, Event::Timeout);
        assert!(machine.is_over());
    }

    #[test]
    fn on_a_stream_nothing_lingers() {
        let mut machine = Server::new(true);
        machine.handle(Mono::ZERO, Event::Final);
        assert!(machine.is_over());
    }
}
