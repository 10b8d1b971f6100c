//! Takes: a node of the flow has the citizen speak to the exchange itself.
//!
//! A take is asked for, a tone is heard, and the citizen's words alone are recorded until media says that all is said, the citizen
//! presses the key that ends it, or hangs up. Media tells that its file is closed, and how long somebody spoke; only then does the
//! flow hear of it, so that a recording that could not be written leads by `error`. What was said waits for the flow's word: keep it
//! or drop it. When the call ends before that word, a message or a comment to a survey is kept (people hang up when they have said it)
//! and all else dropped;
//! so it is after a crash, once the file is mended. What is dropped is removed from the disk.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::call::Purpose;
use crate::flow::{Answer, RequestId, Value};
use crate::ids::{CallId, ContactId, QueueId};
use crate::journal::entry::Fact;
use crate::journal::recovery::OpenTake;
use crate::media::library::speak_now;
use crate::media::take::TakeRules;
use crate::media::{self, LegId, Recording, Said, Sound};
use crate::time::Now;

use super::{AskId, Engine};

/// Less speech than this is a click or a breath, and counts as nothing said: a short "sì" lasts longer.
const LEAST_SPOKEN: Duration = Duration::from_millis(250);
/// Less speech than this is no message when the citizen hangs up over it: "pronto?", and nobody there.
const LEAST_MESSAGE: Duration = Duration::from_secs(1);

/// What a citizen is asked to say, or has said.
#[derive(Debug)]
pub(super) struct Take {
    file: Arc<str>,
    /// It becomes a message for the operators of this queue.
    queue: Option<QueueId>,
    /// It is a comment to a survey: who hangs up over it has said it, as with a message.
    comment: bool,
    rules: TakeRules,
    stage: Stage,
}

/// How far a take is.
#[derive(Debug)]
enum Stage {
    /// The tone is heard.
    Tone,
    /// The citizen speaks.
    Speaking,
    /// The citizen has hung up; the file is being closed.
    HungUp,
    /// The flow decides.
    Said { ms: u64, spoken: Duration, sound: Option<Arc<Sound>> },
}

impl Engine {
    /// A flow wants the citizen to speak: first the tone.
    pub(super) fn begin_take(&mut self, now: Now, id: AskId, rules: TakeRules, queue: Option<QueueId>) {
        let Some(call) = self.calls.get_mut(&id.call) else { return };
        match call.begin_take(now.wall) {
            Ok(file) => {
                let comment = call.surveyed.drawn() == Some(true) && queue.is_none();
                let take = Take { file: file.into(), queue, comment, rules, stage: Stage::Tone };
                self.takes.insert(id, take);
                self.play(id.call, vec![speak_now().clone()], Purpose::Tone, false);
            }
            Err(why) => self.answer_flow(now, id, Answer::Error(why.to_owned())),
        }
    }

    /// The tone has been heard.
    pub(super) fn on_tone(&mut self, now: Now, call: CallId) {
        let Some(leg) = self.calls.get(&call).map(|call| call.citizen.media) else { return };
        let at_tone = |(_, take): &(&AskId, &mut Take)| matches!(take.stage, Stage::Tone);
        let Some((_, take)) = self.takes.range_mut(of_call(call)).find(at_tone) else { return };
        take.stage = Stage::Speaking;
        let (file, queue, rules) = (take.file.clone(), take.queue.clone(), take.rules);
        self.append(now, Fact::TakeBegun { contact: call.into(), file: file.as_ref().into(), queue });
        self.media(media::Command::Take { leg, recording: Recording { file }, rules });
    }

    /// The citizen has pressed the key that ends it.
    pub(super) fn stop_take(&mut self, now: Now, id: AskId) {
        let (Some(call), Some(take)) = (self.calls.get_mut(&id.call), self.takes.get(&id)) else { return };
        let leg = call.citizen.media;
        match take.stage {
            Stage::Tone => {
                call.hearing.stop();
                self.takes.remove(&id);
                self.media(media::Command::Stop { leg });
                self.answer_flow(now, id, Answer::Empty);
            }
            Stage::Speaking => self.media(media::Command::EndTake { leg }),
            Stage::HungUp | Stage::Said { .. } => {}
        }
    }

    /// A recording is closed: if it is a take, the flow goes on, or nobody waits for it and its fate is decided here.
    pub(super) fn on_take_closed(&mut self, now: Now, file: &str, length: Duration, said: Option<Said>) {
        let ms = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        if let Some(take) = self.cut_off.remove(file) {
            return self.settle_take(now, file, &OpenTake { ms: Some(ms), ..take }, false, length);
        }
        let Some(id) = self.take_in(file) else { return };
        let Some(take) = self.takes.get_mut(&id) else { return };
        let spoken = said.as_ref().map_or(length, |said| said.spoken);
        if matches!(take.stage, Stage::HungUp) {
            let (queue, comment) = (take.queue.take(), take.comment);
            self.takes.remove(&id);
            let take = OpenTake { contact: id.call.into(), queue, ms: Some(ms) };
            return self.settle_take(now, file, &take, comment, spoken);
        }
        if spoken < LEAST_SPOKEN {
            self.drop_take(now, id);
            return self.answer_flow(now, id, Answer::Empty);
        }
        take.stage = Stage::Said { ms, spoken, sound: said.and_then(|said| said.sound) };
        let seconds = Value::Number(i64::try_from(length.as_secs()).unwrap_or(i64::MAX));
        let kept = BTreeMap::from([("seconds".to_owned(), seconds)]);
        self.answer_flow(now, id, Answer::Ok(Some(Value::Object(kept))));
    }

    /// A recording could not be written: if it is a take, the flow leaves by `error`.
    pub(super) fn on_take_failed(&mut self, now: Now, file: &str, error: &str) {
        self.cut_off.remove(file);
        let Some(id) = self.take_in(file) else { return };
        self.takes.remove(&id);
        if let Some(call) = self.calls.get(&id.call) {
            let leg = call.citizen.media;
            self.media(media::Command::EndTake { leg });
            self.answer_flow(now, id, Answer::Error(format!("the recording could not be written: {error}")));
        }
    }

    /// The flow keeps what was said.
    pub(super) fn keep_take(&mut self, now: Now, id: AskId, queue: Option<QueueId>) {
        let Some(Take { file, stage: Stage::Said { ms, .. }, .. }) = self.takes.remove(&id) else { return };
        self.take_kept(now, id.call.into(), (file.as_ref().into(), ms), queue);
    }

    /// Who has left a message has not called in vain.
    fn take_kept(&mut self, now: Now, contact: ContactId, (file, ms): (String, u64), queue: Option<QueueId>) {
        if queue.is_some() {
            self.in_vain.on_message(contact);
            if let Some(call) = self.calls.get_mut(&CallId(contact.0)) {
                call.found_closed = None;
            }
        }
        self.append(now, Fact::TakeKept { contact, file, ms, queue });
    }

    /// The flow throws away what was said.
    pub(super) fn drop_take(&mut self, now: Now, id: AskId) {
        if let Some(take) = self.takes.remove(&id) {
            self.throw_away(now, id.call.into(), &take.file);
        }
    }

    /// To be played back; `None` when it could not be read again.
    pub(super) fn sound_of_take(&self, id: AskId) -> Option<Arc<Sound>> {
        match &self.takes.get(&id)?.stage {
            Stage::Said { sound, .. } => sound.clone(),
            _ => None,
        }
    }

    /// The call ends, and with it what it was asked to say.
    pub(super) fn end_takes(&mut self, now: Now, call: CallId) {
        let ids: Vec<AskId> = self.takes.range(of_call(call)).map(|(id, _)| *id).collect();
        for id in ids {
            let Some(mut take) = self.takes.remove(&id) else { continue };
            match take.stage {
                Stage::Tone => {}
                // Its leg is closed next, and media tells what was said.
                Stage::Speaking | Stage::HungUp => {
                    take.stage = Stage::HungUp;
                    self.takes.insert(id, take);
                }
                Stage::Said { ms, spoken, .. } => {
                    let open = OpenTake { contact: call.into(), queue: take.queue, ms: Some(ms) };
                    self.settle_take(now, &take.file, &open, take.comment, spoken);
                }
            }
        }
    }

    /// What a crash cut off: what was closed is decided now, the rest when its file is mended.
    pub(super) fn recover_takes(&mut self, now: Now, takes: &BTreeMap<String, OpenTake>) {
        for (file, take) in takes {
            match take.ms {
                Some(ms) => self.settle_take(now, file, take, false, Duration::from_millis(ms)),
                None => drop(self.cut_off.insert(file.clone(), take.clone())),
            }
        }
    }

    /// Nobody waits for it any more: a message or a comment is kept, if there is enough speech in it, all else is thrown away. After
    /// a crash nobody knows how much was speech, and the length stands for it; nor what was a comment, and it is thrown away.
    fn settle_take(&mut self, now: Now, file: &str, take: &OpenTake, comment: bool, spoken: Duration) {
        let (contact, ms, queue) = (take.contact, take.ms.unwrap_or(0), take.queue.clone());
        if spoken < LEAST_MESSAGE || (queue.is_none() && !comment) {
            return self.throw_away(now, contact, file);
        }
        self.take_kept(now, contact, (file.to_owned(), ms), queue);
    }

    fn throw_away(&mut self, now: Now, contact: ContactId, file: &str) {
        self.append(now, Fact::TakeDropped { contact, file: file.to_owned() });
        let any = LegId(0);
        self.media(media::Command::Discard { leg: any, file: file.into() });
    }

    fn take_in(&self, file: &str) -> Option<AskId> {
        self.takes.iter().find(|(_, take)| *take.file == *file).map(|(id, _)| *id)
    }
}

fn of_call(call: CallId) -> std::ops::RangeInclusive<AskId> {
    AskId { call, request: RequestId(0) }..=AskId { call, request: RequestId(u32::MAX) }
}
