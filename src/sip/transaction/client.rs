//! The client transaction of every other request (RFC 3261 section 17.1.2).

use super::{GIVE_UP, Resend, T1, T2, T4};
use crate::time::{Mono, earliest};

/// One request of ours that is not INVITE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    state: State,
    reliable: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// Sent and, on datagrams, repeated (timer E) until a final response or `until` (timer F).
    /// `heard`: a provisional response has come (the RFC's Proceeding), so repeats are T2 apart.
    Trying {
        resend: Option<Resend>,
        until: Mono,
        heard: bool,
    },
    /// Answered; copies of the answer are absorbed (timer K).
    Completed {
        until: Mono,
    },
    Terminated,
}

/// What happens to the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// 1xx.
    Provisional,
    /// 200-699.
    Final,
    /// The transport is gone.
    Broken,
    /// Time has passed.
    Timeout,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Nothing,
    /// Send the request again.
    Resend,
    /// Tell our user of this final response.
    Deliver,
    /// Nobody answered in time: tell our user, as if 408 had come.
    TimedOut,
    /// Tell our user, as if 503 had come.
    Unreachable,
}

impl Client {
    /// The request has just been sent.
    pub(crate) fn new(now: Mono, reliable: bool) -> Client {
        let resend = (!reliable).then(|| Resend::after(now, T1));
        Client { state: State::Trying { resend, until: now + GIVE_UP, heard: false }, reliable }
    }

    pub(crate) fn handle(&mut self, now: Mono, event: Event) -> Action {
        use {Action as A, Event as E, State as S};
        let (next, action) = match (&mut self.state, event) {
            (S::Trying { heard, .. }, E::Provisional) => {
                *heard = true;
                return A::Nothing;
            }
            (S::Trying { .. }, E::Final) if self.reliable => (S::Terminated, A::Deliver),
            (S::Trying { .. }, E::Final) => (S::Completed { until: now + T4 }, A::Deliver),
            (S::Trying { .. }, E::Broken) => (S::Terminated, A::Unreachable),
            (S::Trying { until, .. }, E::Timeout) if *until <= now => (S::Terminated, A::TimedOut),
            (S::Trying { resend: Some(resend), heard, .. }, E::Timeout) if resend.at <= now => {
                resend.again(now, T2);
                if *heard {
                    *resend = Resend::after(now, T2);
                }
                return A::Resend;
            }
            (S::Completed { until }, E::Timeout) if *until <= now => (S::Terminated, A::Nothing),
            _ => return A::Nothing,
        };
        self.state = next;
        action
    }

    pub(crate) fn poll_timeout(&self) -> Option<Mono> {
        match &self.state {
            State::Trying { resend, until, .. } => earliest([resend.map(|r| r.at), Some(*until)]),
            State::Completed { until } => Some(*until),
            State::Terminated => None,
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.state == State::Terminated
    }

    pub(crate) fn is_answered(&self) -> bool {
        !matches!(self.state, State::Trying { .. })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(ms: u64) -> Mono {
        Mono::from_start(Duration::from_millis(ms))
    }

    fn run_out(machine: &mut Client) -> Vec<(u128, Action)> {
        let mut log = Vec::new();
        while let Some(when) = machine.poll_timeout() {
            log.push((when.since_start().as_millis(), machine.handle(when, Event::Timeout)));
        }
        log
    }

    #[test]
    fn a_bye_nobody_hears_is_repeated_up_to_four_seconds_apart() {
        let mut machine = Client::new(at(0), false);
        let times: Vec<_> = run_out(&mut machine).into_iter().map(|(ms, _)| ms).collect();
        assert_eq!(times, [500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500, 32_000]);
        assert!(machine.is_over());
    }

    #[test]
    fn after_a_provisional_response_repeats_are_four_seconds_apart() {
        let mut machine = Client::new(at(0), false);
        machine.handle(at(100), Event::Provisional);
        assert_eq!(run_out(&mut machine)[..3], [500, 4500, 8500].map(|ms| (ms, Action::Resend)));
    }

    #[test]
    fn on_a_stream_the_request_goes_out_once_and_times_out_all_the_same() {
        let mut machine = Client::new(at(0), true);
        assert_eq!(run_out(&mut machine), [(32_000, Action::TimedOut)]);
    }

    #[test]
    fn copies_of_the_answer_are_absorbed_for_five_seconds() {
        let mut machine = Client::new(at(0), false);
        assert_eq!(machine.handle(at(10), Event::Final), Action::Deliver);
        assert_eq!(machine.handle(at(20), Event::Final), Action::Nothing);
        assert_eq!(machine.poll_timeout(), Some(at(5010)));
        machine.handle(at(5010), Event::Timeout);
        assert!(machine.is_over());
    }
}
