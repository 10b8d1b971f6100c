//! Judges of every step: nothing outlives its call, no citizen's call is answered before its contact is written, and no number
//! is called before that is.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use centralino::engine::Orphan;
use centralino::journal::Lsn;
use centralino::journal::entry::{Destination, Entry, Fact, Personal};
use centralino::sip::DialogRecord;
use centralino::sip::message::{Message, Method, Uri};
use centralino::time::Mono;

/// How long anything may be there after its call: twice the 32 s of a transaction, for a BYE that had to wait for an ACK, and what the
/// network takes between the two.
const LINGER: Duration = Duration::from_secs(66);
/// How often all that is held is gone through: to do it at every datagram would be most of the work.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What the judges remember.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    /// Since when something has no call.
    since: BTreeMap<Orphan, Mono>,
    looked: Mono,
    /// Where the dialog with this Call-ID was written down.
    answered: BTreeMap<String, Lsn>,
    /// Where it was written down that this number is called, and the call has not been seen.
    called: BTreeMap<String, VecDeque<Lsn>>,
    /// By Call-ID, the calls that have been seen: they are sent again, and with credentials.
    calls: BTreeSet<String>,
}

impl Judge {
    /// It is time to look at what is held.
    pub(crate) fn is_due(&self, now: Mono) -> bool {
        now.since(self.looked) >= LOOK_EVERY
    }

    /// What is held now though its call is over.
    pub(crate) fn on_orphans(&mut self, now: Mono, orphans: Vec<Orphan>) -> Result<(), String> {
        self.looked = now;
        let before = std::mem::take(&mut self.since);
        for orphan in orphans {
            let since = before.get(&orphan).copied().unwrap_or(now);
            if now.since(since) > LINGER + LOOK_EVERY {
                return Err(format!("{orphan:?} is still there {:?} after its call", now.since(since)));
            }
            self.since.insert(orphan, since);
        }
        Ok(())
    }

    /// A fact goes to the store.
    pub(crate) fn on_append(&mut self, lsn: Lsn, entry: &Entry) {
        if let Fact::DialogOpened { record: Personal::Clear(json), .. } = &entry.fact {
            let record: DialogRecord = serde_json::from_str(json).expect("a record is JSON");
            self.answered.insert(record.call_id, lsn);
        }
        if let Fact::NumberCalled { number, .. } = &entry.fact {
            let (Destination::Public(number) | Destination::Personal(Personal::Clear(number))) = number
            else {
                return;
            };
            self.called.entry(number.clone()).or_default().push_back(lsn);
        }
    }

    /// Something is sent to whoever is called outside, while the store keeps up and has written so much.
    pub(crate) fn on_call(&mut self, bytes: &[u8], written: Lsn) -> Result<(), String> {
        if !bytes.starts_with(b"INVITE ") {
            return Ok(());
        }
        let invite = Message::parse_datagram(bytes).expect("our own messages can be read");
        let uri = Uri::parse(invite.request_uri()).expect("a URI of ours");
        let number = String::from_utf8_lossy(uri.user.unwrap_or_default()).into_owned();
        let call_id = String::from_utf8_lossy(invite.call_id().unwrap_or_default()).into_owned();
        if !self.calls.insert(call_id) {
            return Ok(());
        }
        match self.called.get_mut(&number).and_then(VecDeque::pop_front) {
            Some(lsn) if lsn <= written => Ok(()),
            told => Err(format!("{number} is called before it is written down ({told:?}, {written:?})")),
        }
    }

    /// Something is sent to a citizen, while the store keeps up and has written so much.
    pub(crate) fn on_transmit(&self, bytes: &[u8], written: Lsn) -> Result<(), String> {
        if !bytes.starts_with(b"SIP/2.0 200 ") {
            return Ok(());
        }
        let answer = Message::parse_datagram(bytes).expect("our own messages can be read");
        if answer.method() != Method::Invite {
            return Ok(());
        }
        let call_id = String::from_utf8_lossy(answer.call_id().unwrap_or_default()).into_owned();
        match self.answered.get(&call_id) {
            Some(lsn) if *lsn <= written => Ok(()),
            Some(lsn) => {
                Err(format!("a call is answered before its contact is written ({lsn:?}, {written:?})"))
            }
            None => Err(format!("the call {call_id} is answered and nothing is on record")),
        }
    }
}
