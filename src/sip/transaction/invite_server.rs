//! The INVITE server transaction (RFC 3261 section 17.2.1 with the Accepted state of RFC 6026 section 7.1).

use super::{GIVE_UP, Resend, T1, T2, T4, linger};
use crate::time::{Mono, earliest};

/// Ours is the answer to one INVITE. A 2xx is repeated by the dialog, not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InviteServer {
    state: State,
    reliable: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// 100, perhaps 180, has gone out.
    Proceeding,
    /// 300-699 has gone out: repeated (timer G) until the ACK or `until` (timer H).
    Completed {
        resend: Option<Resend>,
        until: Mono,
    },
    /// The ACK has come; more copies of it are absorbed (timer I).
    Confirmed {
        until: Mono,
    },
    /// 2xx has gone out; copies of the INVITE are absorbed (timer L).
    Accepted {
        until: Mono,
    },
    Terminated,
}

/// What happens to the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The INVITE again.
    Invite,
    /// We answer 101-199.
    Provisional,
    /// We answer 2xx.
    Success,
    /// We answer 300-699.
    Failure,
    /// An ACK with the INVITE's branch.
    Ack,
    /// Time has passed.
    Timeout,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Nothing,
    /// Send the latest response (again).
    Send,
    /// The ACK concerns the dialog.
    PassAck,
}

impl InviteServer {
    pub(crate) fn new(reliable: bool) -> InviteServer {
        InviteServer { state: State::Proceeding, reliable }
    }

    pub(crate) fn handle(&mut self, now: Mono, event: Event) -> Action {
        use {Action as A, Event as E, State as S};
        let reliable = self.reliable;
        let (next, action) = match (&mut self.state, event) {
            (S::Proceeding, E::Invite | E::Provisional) => return A::Send,
            (S::Proceeding, E::Success) => (S::Accepted { until: now + GIVE_UP }, A::Send),
            (S::Proceeding, E::Failure) => {
                let resend = (!reliable).then(|| Resend::after(now, T1));
                (S::Completed { resend, until: now + GIVE_UP }, A::Send)
            }
            (S::Completed { .. }, E::Invite) => return A::Send,
            (S::Completed { .. }, E::Ack) if reliable => (S::Terminated, A::Nothing),
            (S::Completed { .. }, E::Ack) => (S::Confirmed { until: now + linger(reliable, T4) }, A::Nothing),
            (S::Completed { until, .. }, E::Timeout) if *until <= now => (S::Terminated, A::Nothing),
            (S::Completed { resend: Some(resend), .. }, E::Timeout) if resend.at <= now => {
                resend.again(now, T2);
                return A::Send;
            }
            (S::Accepted { .. }, E::Ack) => return A::PassAck,
            (S::Confirmed { until } | S::Accepted { until }, E::Timeout) if *until <= now => {
                (S::Terminated, A::Nothing)
            }
            _ => return A::Nothing, // late copies, our second final answer, timers not due
        };
        self.state = next;
        action
    }

    pub(crate) fn poll_timeout(&self) -> Option<Mono> {
        match &self.state {
            State::Proceeding | State::Terminated => None,
            State::Completed { resend, until } => earliest([resend.map(|r| r.at), Some(*until)]),
            State::Confirmed { until } | State::Accepted { until } => Some(*until),
        }
    }

    /// No final response has gone out: it can still be cancelled.
    pub(crate) fn is_pending(&self) -> bool {
        self.state == State::Proceeding
    }

    pub(crate) fn is_over(&self) -> bool {
        self.state == State::Terminated
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(ms: u64) -> Mono {
        Mono::from_start(Duration::from_millis(ms))
    }

    /// Every moment at which the machine sends while nobody answers, until it is over.
    fn sendings(machine: &mut InviteServer) -> Vec<u128> {
        let mut sent = Vec::new();
        while let Some(when) = machine.poll_timeout() {
            if machine.handle(when, Event::Timeout) == Action::Send {
                sent.push(when.since_start().as_millis());
            }
        }
        sent
    }

    #[test]
    fn a_refusal_is_repeated_until_timer_h_when_no_ack_comes() {
        let mut machine = InviteServer::new(false);
        assert_eq!(machine.handle(at(0), Event::Failure), Action::Send);
        let sent = sendings(&mut machine);
        assert_eq!(sent, [500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500]);
        assert!(machine.is_over());
    }

    #[test]
    fn the_ack_ends_the_repetition_and_its_copies_are_absorbed() {
        let mut machine = InviteServer::new(false);
        machine.handle(at(0), Event::Failure);
        assert_eq!(machine.handle(at(100), Event::Ack), Action::Nothing);
        assert_eq!(machine.handle(at(200), Event::Ack), Action::Nothing);
        assert_eq!(machine.handle(at(300), Event::Invite), Action::Nothing);
        assert_eq!(machine.poll_timeout(), Some(at(5100)));
        machine.handle(at(5100), Event::Timeout);
        assert!(machine.is_over());
    }

    #[test]
    fn on_a_stream_a_refusal_goes_out_once() {
        let mut machine = InviteServer::new(true);
        machine.handle(at(0), Event::Failure);
        assert_eq!(machine.poll_timeout(), Some(at(32_000)));
        machine.handle(at(10), Event::Ack);
        assert!(machine.is_over());
    }

    #[test]
    fn after_a_200_copies_of_the_invite_are_absorbed_and_acks_passed_on() {
        let mut machine = InviteServer::new(false);
        assert_eq!(machine.handle(at(0), Event::Invite), Action::Send);
        assert_eq!(machine.handle(at(10), Event::Success), Action::Send);
        assert!(!machine.is_pending());
        assert_eq!(machine.handle(at(20), Event::Invite), Action::Nothing);
        assert_eq!(machine.handle(at(30), Event::Ack), Action::PassAck);
        assert_eq!(machine.handle(at(40), Event::Failure), Action::Nothing);
        assert_eq!(sendings(&mut machine), []);
        assert!(machine.is_over());
    }
}
