//! The status of a seat: the person's doing, and the exchange's when calls are not taken. It never touches work.

use crate::words::{Status, StatusChange};

/// Reason of a pause that the exchange imposes after too many missed rings.
pub(super) const MISSED: &str = "missed";
/// Reason of a pause that the exchange imposes after too many rejects.
pub(super) const REJECTS: &str = "rejects";

/// The status after `change`; `None` when a seat where nobody sits is paused or readied.
pub(super) fn after(status: &Status, change: StatusChange) -> Option<Status> {
    use StatusChange as C;
    match (status, change) {
        (_, C::LogIn) => Some(Status::Ready),
        (_, C::LogOut) => Some(Status::LoggedOut),
        (Status::LoggedOut, C::Pause(_) | C::Ready | C::OneCall | C::Next(_)) => None,
        (_, C::Pause(reason)) => Some(Status::Paused(reason)),
        (_, C::Ready) => Some(Status::Ready),
        (_, C::OneCall) => Some(Status::OneCall),
        (_, C::Next(next)) => Some(next),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_follow_the_table() {
        let lunch = || Status::Paused("lunch".to_owned());
        let pause = || StatusChange::Pause("lunch".to_owned());
        let missed = || Status::Paused(MISSED.to_owned());
        let rows = [
            (Status::LoggedOut, StatusChange::LogIn, Some(Status::Ready)),
            (Status::LoggedOut, StatusChange::LogOut, Some(Status::LoggedOut)),
            (Status::LoggedOut, StatusChange::Ready, None),
            (Status::LoggedOut, pause(), None),
            (Status::Ready, pause(), Some(lunch())),
            (Status::Ready, StatusChange::Ready, Some(Status::Ready)),
            (Status::Ready, StatusChange::LogOut, Some(Status::LoggedOut)),
            (lunch(), StatusChange::Ready, Some(Status::Ready)),
            (lunch(), StatusChange::LogIn, Some(Status::Ready)),
            (lunch(), StatusChange::LogOut, Some(Status::LoggedOut)),
            (missed(), pause(), Some(lunch())),
            (missed(), StatusChange::Ready, Some(Status::Ready)),
            (lunch(), StatusChange::OneCall, Some(Status::OneCall)),
            (Status::OneCall, StatusChange::Ready, Some(Status::Ready)),
            (Status::LoggedOut, StatusChange::OneCall, None),
            (Status::LoggedOut, StatusChange::Next(Status::Ready), None),
        ];
        for (status, change, expected) in rows {
            assert_eq!(after(&status, change.clone()), expected, "{status:?} {change:?}");
        }
    }
}
