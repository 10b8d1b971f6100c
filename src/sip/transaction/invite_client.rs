//! The INVITE client transaction (RFC 3261 section 17.1.1 with the Accepted state of RFC 6026 section 7.2).

use std::time::Duration;

use super::{GIVE_UP, Resend, T1};
use crate::time::{Mono, earliest};

/// One INVITE of ours. The ACK to a failure belongs here, the ACK to a 2xx to the dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InviteClient {
    state: State,
    reliable: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// Sent and, on datagrams, repeated (timer A) until anything comes or `until` (timer B).
    Calling {
        resend: Option<Resend>,
        until: Mono,
    },
    /// A provisional response has come: no hurry, unless a CANCEL has gone out (RFC 3261 section 9.1).
    Proceeding {
        until: Option<Mono>,
    },
    /// Failed; copies of the final response are acknowledged again (timer D).
    Completed {
        until: Mono,
    },
    /// Answered with 2xx; copies and other forks' answers are passed on (timer M).
    Accepted {
        until: Mono,
    },
    Terminated,
}

/// What happens to the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// 1xx.
    Provisional,
    /// 2xx.
    Success,
    /// 300-699.
    Failure,
    /// We have sent CANCEL.
    Cancel,
    /// The transport is gone.
    Broken,
    /// Time has passed.
    Timeout,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Nothing,
    /// Send the INVITE again.
    Resend,
    /// Tell the dialog of this response.
    Deliver,
    /// Acknowledge this failure and tell the dialog.
    AckAndDeliver,
    /// Acknowledge it again.
    AckAgain,
    /// Nobody answered in time: tell the dialog, as if 408 had come.
    TimedOut,
    /// Tell the dialog, as if 503 had come.
    Unreachable,
}

impl InviteClient {
    /// The INVITE has just been sent.
    pub(crate) fn new(now: Mono, reliable: bool) -> InviteClient {
        let resend = (!reliable).then(|| Resend::after(now, T1));
        InviteClient { state: State::Calling { resend, until: now + GIVE_UP }, reliable }
    }

    pub(crate) fn handle(&mut self, now: Mono, event: Event) -> Action {
        use {Action as A, Event as E, State as S};
        let (next, action) = match (&mut self.state, event) {
            (S::Calling { .. }, E::Provisional) => (S::Proceeding { until: None }, A::Deliver),
            (S::Proceeding { .. }, E::Provisional) => return A::Deliver,
            (S::Calling { .. } | S::Proceeding { .. }, E::Success) => {
                (S::Accepted { until: now + GIVE_UP }, A::Deliver)
            }
            (S::Accepted { .. }, E::Success) => return A::Deliver,
            (S::Calling { .. } | S::Proceeding { .. }, E::Failure) if self.reliable => {
                (S::Terminated, A::AckAndDeliver)
            }
            (S::Calling { .. } | S::Proceeding { .. }, E::Failure) => {
                (S::Completed { until: now + GIVE_UP }, A::AckAndDeliver)
            }
            (S::Completed { .. }, E::Failure) => return A::AckAgain,
            (S::Proceeding { until }, E::Cancel) => {
                (S::Proceeding { until: until.or(Some(now + GIVE_UP)) }, A::Nothing)
            }
            (S::Calling { .. } | S::Proceeding { .. }, E::Broken) => (S::Terminated, A::Unreachable),
            (S::Calling { until, .. } | S::Proceeding { until: Some(until) }, E::Timeout)
                if *until <= now =>
            {
                (S::Terminated, A::TimedOut)
            }
            // Timer A doubles without limit but B's (RFC 3261 section 17.1.1.2).
            (S::Calling { resend: Some(resend), .. }, E::Timeout) if resend.at <= now => {
                resend.again(now, Duration::MAX);
                return A::Resend;
            }
            (S::Completed { until } | S::Accepted { until }, E::Timeout) if *until <= now => {
                (S::Terminated, A::Nothing)
            }
            _ => return A::Nothing,
        };
        self.state = next;
        action
    }

    pub(crate) fn poll_timeout(&self) -> Option<Mono> {
        match &self.state {
            State::Calling { resend, until } => earliest([resend.map(|r| r.at), Some(*until)]),
            State::Proceeding { until } => *until,
            State::Completed { until } | State::Accepted { until } => Some(*until),
            State::Terminated => None,
        }
    }

    /// A provisional response has come and no final one: a CANCEL may go out (RFC 3261 section 9.1).
    pub(crate) fn can_cancel(&self) -> bool {
        matches!(self.state, State::Proceeding { .. })
    }

    pub(crate) fn is_over(&self) -> bool {
        self.state == State::Terminated
    }

    pub(crate) fn is_answered(&self) -> bool {
        !matches!(self.state, State::Calling { .. } | State::Proceeding { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Mono {
        Mono::from_start(Duration::from_millis(ms))
    }

    #[test]
    fn an_invite_nobody_hears_is_sent_seven_times_and_given_up_after_32_seconds() {
        let mut machine = InviteClient::new(at(0), false);
        let mut log = Vec::new();
        while let Some(when) = machine.poll_timeout() {
            log.push((when.since_start().as_millis(), machine.handle(when, Event::Timeout)));
        }
        let expected: Vec<_> = [500, 1500, 3500, 7500, 15500, 31500]
            .map(|ms| (ms, Action::Resend))
            .into_iter()
            .chain([(32_000, Action::TimedOut)])
            .collect();
        assert_eq!(log, expected);
        assert!(machine.is_over());
    }

    #[test]
    fn a_phone_may_ring_for_ever_but_not_after_a_cancel() {
        let mut machine = InviteClient::new(at(0), false);
        assert!(!machine.can_cancel());
        assert_eq!(machine.handle(at(100), Event::Provisional), Action::Deliver);
        assert_eq!(machine.poll_timeout(), None);
        assert!(machine.can_cancel());
        machine.handle(at(1000), Event::Cancel);
        machine.handle(at(2000), Event::Provisional);
        machine.handle(at(3000), Event::Cancel);
        assert_eq!(machine.poll_timeout(), Some(at(33_000)));
        assert_eq!(machine.handle(at(33_000), Event::Timeout), Action::TimedOut);
    }

    #[test]
    fn copies_of_a_refusal_are_acknowledged_but_told_once() {
        let mut machine = InviteClient::new(at(0), false);
        assert_eq!(machine.handle(at(10), Event::Failure), Action::AckAndDeliver);
        assert_eq!(machine.handle(at(20), Event::Failure), Action::AckAgain);
        assert_eq!(machine.handle(at(30), Event::Success), Action::Nothing);
        machine.handle(at(32_010), Event::Timeout);
        assert!(machine.is_over());
        let mut stream = InviteClient::new(at(0), true);
        stream.handle(at(10), Event::Failure);
        assert!(stream.is_over());
    }

    #[test]
    fn every_copy_of_a_200_reaches_the_dialog() {
        let mut machine = InviteClient::new(at(0), false);
        assert_eq!(machine.handle(at(10), Event::Success), Action::Deliver);
        assert_eq!(machine.handle(at(510), Event::Success), Action::Deliver);
        assert_eq!(machine.handle(at(520), Event::Provisional), Action::Nothing);
        assert_eq!(machine.poll_timeout(), Some(at(32_010)));
    }

    #[test]
    fn a_broken_connection_is_told_at_once() {
        let mut machine = InviteClient::new(at(0), true);
        assert_eq!(machine.handle(at(10), Event::Broken), Action::Unreachable);
        assert!(machine.is_over());
    }
}
