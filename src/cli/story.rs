//! A contact's facts in words.

use super::out::{moment, word};
use crate::callback::{Change, Kind};
use crate::ids::SeatId;
use crate::io::records::Step;
use crate::journal::entry::{Destination, Elsewhere, Fact, Handing, Personal, WaitChange, Whom};
use crate::time::rome;
use crate::words::{AskedAgain, NotTaken, Plea, QueueExit, Watching};

/// One row a fact: when, how long after the first, what.
pub(super) fn steps(story: &[Step]) -> Vec<Vec<String>> {
    let first = story.first().map_or(0, Step::ms);
    story
        .iter()
        .filter_map(|step| Some((step, tell(&step.fact)?)))
        .map(|(step, told)| row(step, first, told))
        .collect()
}

fn row(step: &Step, first: i64, told: String) -> Vec<String> {
    let after = step.ms().saturating_sub(first).max(0);
    vec![moment(&step.at), format!("{}.{} s", after / 1000, after % 1000 / 100), told]
}

/// A fact in words; nothing for what only a restart needs to know.
fn tell(fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::ContactOpened { from, to, entity, degraded, .. } => {
            let while_degraded = if *degraded { ", while the store did not keep up" } else { "" };
            format!("call from {} to {to}, for {entity}{while_degraded}", personal(from))
        }
        Fact::Dialled { seat, to, case, continues, emergency, location, by, callback, .. } => {
            let about = match (case, continues) {
                (Some(case), true) => format!(", about case {case}"),
                (Some(case), false) => format!(", which opens case {case}"),
                (None, _) => String::new(),
            };
            let emergency = match (emergency, location) {
                (true, Some(location)) => format!(", an emergency at {location}"),
                (true, None) => ", an emergency; where the seat is, is not in seats.toml".to_owned(),
                (false, _) => String::new(),
            };
            let by = by.as_ref().map_or_else(String::new, |by| format!(", by {by}"));
            let kept =
                callback.map_or_else(String::new, |callback| format!(", to keep call-back {callback}"));
            let seat = seat.as_ref().map_or("the exchange", |seat| seat.as_str());
            format!("{seat} calls {}{about}{emergency}{by}{kept}", destination(to))
        }
        Fact::CitizenFound { citizen, .. } => format!("the number is new: citizen {citizen}"),
        Fact::ContactAnswered { .. } => "answered by the exchange".to_owned(),
        Fact::NodeEntered { node, info, .. } => {
            format!("flow: {node}{}", if *info { ", which gives the information asked for" } else { "" })
        }
        Fact::NodeFailed { node, why, .. } => format!("flow: {node} failed: {why}"),
        Fact::FoundClosed { queue, .. } => format!("finds the service closed; {queue} could call back"),
        Fact::TakenCareOf { citizen, by } => {
            format!("{by} has taken care of citizen {citizen}, who had called in vain")
        }
        Fact::SurveyAsked { operator, .. } => {
            let whose = operator.as_ref().map_or_else(String::new, |whose| format!(" about {whose}"));
            format!("is asked in the survey{whose}")
        }
        Fact::Surveyed { question, answer, of: Some((from, to)), .. } => {
            format!("survey: {question} is answered with {answer}, of {from} to {to}")
        }
        Fact::Surveyed { question, answer, .. } => format!("survey: {question} is answered with {answer}"),
        Fact::CaseReminded { case, plea: Plea::Reminder, .. } => format!("reminds us of case {case}"),
        Fact::CaseReminded { case, plea: Plea::Complaint, .. } => format!("complains about case {case}"),
        Fact::MessageQueued { channel, language, .. } => {
            format!("a message by {}, in {language}, is in the outbox", word(channel))
        }
        Fact::Callback { callback, what, .. } => format!("call-back {callback}: {}", change(what)),
        Fact::KeyPressed { key, .. } => format!("key {key}"),
        Fact::AskedAgain { why: AskedAgain::Silence, .. } => "no key in time: asked again".to_owned(),
        Fact::AskedAgain { why: AskedAgain::WrongKey, .. } => "no such choice: asked again".to_owned(),
        Fact::ContactTagged { entity, topic, language, record, .. } => {
            let told = [
                entity.as_ref().map(|entity| format!("for {entity}")),
                topic.as_ref().map(|topic| format!("about {topic}")),
                language.as_ref().map(|language| format!("in {language}")),
                record.map(|record| {
                    if record { "may be recorded" } else { "refuses to be recorded" }.to_owned()
                }),
            ];
            told.into_iter().flatten().collect::<Vec<_>>().join(", ")
        }
        Fact::Queued { queue, position, .. } => format!("waits in queue {queue}, at place {position}"),
        Fact::Announced { position, told_s: None, .. } => format!("is told the place: {position}"),
        Fact::Announced { position, told_s: Some((low, high)), .. } => {
            format!("is told the place: {position}, and a wait of {} to {} min", low / 60, high / 60)
        }
        Fact::QueueLeft { queue, exit, .. } => format!("leaves queue {queue}: {}", exit_in_words(*exit)),
        Fact::WaitChanged { how, by, why, .. } => wait_changed(how, by, why.as_deref()),
        Fact::SentOn { from, to, entity, .. } => {
            format!("queue {from} ({entity}) sends the caller on, {}", elsewhere(to))
        }
        Fact::SeatRung { seat, direct: true, .. } => format!("{seat} rings"),
        Fact::SeatRung { seat, queue, .. } => format!("{seat} rings, for queue {queue}"),
        Fact::SeatNotTaken { seat, why, .. } => format!("{seat} {}", not_taken(*why)),
        Fact::Joined { seat, operator, recording, .. } => {
            let at = if operator.as_str() == seat.as_str() { String::new() } else { format!(" at {seat}") };
            let recorded = if recording.is_some() { ", recorded" } else { "" };
            format!("talks with {operator}{at}{recorded}")
        }
        Fact::Handling { seat, step, .. } => handing(seat, step),
        Fact::NumberCalled { number, trunk, .. } => {
            format!("number {} is called, by trunk {trunk}", destination(number))
        }
        Fact::NumberNotTaken { why, status, .. } => {
            let status = status.map_or_else(String::new, |status| format!(" (SIP {status})"));
            format!("the number {}{status}", number_not_taken(*why))
        }
        Fact::Transferred { number, recording, .. } => {
            let recorded = if recording.is_some() { ", recorded" } else { "" };
            format!("transferred: talks with {}{recorded}", destination(number))
        }
        Fact::TransferEnded { .. } => "no longer talks with the number".to_owned(),
        Fact::Held { on, .. } => if *on { "on hold" } else { "taken back from hold" }.to_owned(),
        Fact::Watched { seat, by, operator, how, why, .. } => {
            let who = operator.as_ref().map_or_else(|| by.to_string(), |person| format!("{person} at {by}"));
            watched(seat.as_str(), &who, *how, why.as_deref())
        }
        Fact::WatchEnded { by, took_over: true, .. } => format!("{by} takes the talk over"),
        Fact::WatchEnded { by, .. } => format!("{by} no longer watches"),
        Fact::Parted { seat, .. } => format!("no longer talks; {seat} wraps up"),
        Fact::WrappedUp { seat, .. } => format!("{seat} has wrapped up"),
        Fact::WrapUpExtended { seat, left_ms, by, why, .. } => {
            let why = why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
            format!("{seat} has longer to wrap up, {} s from now, by {by}{why}", left_ms / 1000)
        }
        Fact::Coded { operator, topic, disposition, .. } => {
            let topic = topic.as_ref().map(|topic| format!("topic {topic}"));
            let outcome = disposition.as_ref().map(|outcome| format!("outcome {outcome}"));
            let coded: Vec<String> = [topic, outcome].into_iter().flatten().collect();
            format!("coded by {operator}: {}", coded.join(", "))
        }
        Fact::Noted { case, note, by, .. } => {
            let about = case.map_or_else(String::new, |case| format!(" about case {case}"));
            format!("note by {by}{about}: {}", personal(note))
        }
        Fact::CaseClosed { case, outcome, by, .. } => {
            let outcome = outcome.as_ref().map_or_else(String::new, |outcome| format!(": {outcome}"));
            format!("case {case} is closed by {by}{outcome}")
        }
        Fact::CaseReopened { case, by, .. } => format!("case {case} is opened again by {by}"),
        Fact::TakeBegun { queue: Some(queue), .. } => format!("is asked for a message for {queue}"),
        Fact::TakeBegun { queue: None, .. } => "is asked to speak, and recorded".to_owned(),
        Fact::TakeKept { ms, queue: Some(queue), .. } => {
            format!("leaves a message of {} s for {queue}", ms / 1000)
        }
        Fact::TakeKept { ms, queue: None, .. } => {
            format!("what was said, {} s, is kept with the case", ms / 1000)
        }
        Fact::TakeDropped { .. } => "what was said, if anything, is thrown away".to_owned(),
        Fact::Recorded { ms, .. } => format!("the recording is closed: {} s", ms / 1000),
        Fact::RecordingFailed { error, .. } => format!("the recording failed: {error}"),
        Fact::RecordingDeleted { .. } => "the recording was kept for its time and is deleted".to_owned(),
        Fact::SoundMissing { sound, .. } => {
            format!("sounds/{sound}.wav is missing: a neutral phrase is played in its place")
        }
        Fact::ContactClosed { outcome, ended_by, short, why, .. } => {
            let short = if *short { " (short)" } else { "" };
            let why = why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
            format!("{}{short}, ended by {}{why}", word(outcome), word(ended_by))
        }
        Fact::Erased { .. } => "personal data erased".to_owned(),
        Fact::Lost => "an entry of the journal was lost here".to_owned(),
        Fact::Started { .. }
        | Fact::Stopped
        | Fact::CaseBlock { .. }
        | Fact::DialogOpened { .. }
        | Fact::DialogClosed { .. }
        | Fact::SeatChanged { .. }
        | Fact::SkillsChanged { .. }
        | Fact::Switched { .. }
        | Fact::FlowChanged { .. }
        | Fact::Degraded { .. } => return None,
    })
}

fn change(what: &Change) -> String {
    match what {
        Change::Promised { promise } => match &promise.kind {
            Kind::Booked(slot) => format!("promised for {}", slot.wall()),
            Kind::Place(_) => "promised, the place in the queue is kept".to_owned(),
            Kind::Recall => "to be made, from the recall list".to_owned(),
        },
        Change::Moved { slot, .. } => format!("moved to {}", slot.wall()),
        Change::Escalated => "nobody is free for it: it is ahead of others now".to_owned(),
        Change::Declined { seat, why } => format!("{seat} {}", not_taken(*why)),
        Change::Attempted { contact } => format!("the citizen is called, in contact {contact}"),
        Change::NotReached { why, next_ms: Some(next_ms) } => {
            format!("not reached ({}), again at {}", word(why), moment(&rome(*next_ms)))
        }
        Change::NotReached { why, next_ms: None } => {
            format!("not reached ({}), for the last time", word(why))
        }
        Change::Joined { .. } => "citizen and operator talk".to_owned(),
        Change::Ended { how } => format!("over: {}", word(how)),
    }
}

fn personal(field: &Personal) -> &str {
    match field {
        Personal::Clear(text) => text,
        Personal::Sealed(_) => "(sealed)",
        Personal::Erased => "(erased)",
    }
}

fn destination(number: &Destination) -> &str {
    match number {
        Destination::Public(number) => number,
        Destination::Personal(number) => personal(number),
    }
}

fn wait_changed(how: &WaitChange, by: &str, why: Option<&str>) -> String {
    let done = match how {
        WaitChange::Moved { from, to } => format!("moved from queue {from} to {to}"),
        WaitChange::Advanced { minutes } if *minutes < 0 => {
            format!("put back by {} min", minutes.unsigned_abs())
        }
        WaitChange::Advanced { minutes } => format!("advanced by {minutes} min"),
        WaitChange::Taken { seat } => format!("given to {seat}"),
    };
    let why = why.map_or_else(String::new, |why| format!(": {why}"));
    format!("{done}, by {by}{why}")
}

fn elsewhere(to: &Elsewhere) -> String {
    match to {
        Elsewhere::Queue(queue) => format!("into queue {queue}"),
        Elsewhere::Line(line) => format!("to the flow of {line}"),
        Elsewhere::Outside => "to a number outside".to_owned(),
    }
}

fn handing(seat: &SeatId, step: &Handing) -> String {
    let at = |at: &Option<SeatId>| at.as_ref().map_or("whoever was called".to_owned(), ToString::to_string);
    match step {
        Handing::Consults { whom, by } => {
            format!("{seat} asks {} (by {by}); the citizen hears music", self::whom(whom))
        }
        Handing::Speaks { seat: asked } => format!("{} speaks with {seat} alone", at(asked)),
        Handing::Ended { seat: asked } => format!("{} no longer speaks with {seat}", at(asked)),
        Handing::Gives { whom, by } => format!("{seat} gives the citizen to {} (by {by})", self::whom(whom)),
        Handing::ComesBack => format!("nobody takes it: back to {seat}"),
        Handing::Queues => "back to the old place in the queue".to_owned(),
        Handing::Lost => format!("the phone of {seat} is gone: first in the queue again"),
    }
}

fn whom(whom: &Whom) -> String {
    match whom {
        Whom::Seat(seat) => seat.to_string(),
        Whom::Queue(queue) => format!("queue {queue}"),
        Whom::Number(number) => format!("the flow of {number}"),
        Whom::Outside => "a number outside".to_owned(),
    }
}

fn exit_in_words(exit: QueueExit) -> &'static str {
    match exit {
        QueueExit::Answered => "the talk is over",
        QueueExit::Closed => "it is closed",
        QueueExit::Full => "it is full",
        QueueExit::NoSeats => "no seat that serves it is there",
        QueueExit::Timeout => "waited too long",
        QueueExit::Key => "by a key",
        QueueExit::Callback => "asks to be called back",
        QueueExit::Error => "something failed on our side",
    }
}

fn not_taken(why: NotTaken) -> &'static str {
    match why {
        NotTaken::Missed => "did not answer in time",
        NotTaken::Rejected => "refused",
        NotTaken::Unreachable => "could not be reached",
        NotTaken::CallerLeft => "stops ringing: the caller has left",
        NotTaken::Elsewhere => "stops ringing: answered elsewhere",
    }
}

/// What a supervisor does in a talk.
fn watched(seat: &str, by: &str, how: Watching, why: Option<&str>) -> String {
    let does = match how {
        Watching::Listens => "listens to",
        Watching::Whispers => "whispers to",
        Watching::JoinsIn => "joins in with",
    };
    let why = why.map_or_else(String::new, |why| format!(" ({why})"));
    format!("{by} {does} {seat}{why}")
}

fn number_not_taken(why: NotTaken) -> &'static str {
    match why {
        NotTaken::Rejected => "is busy",
        NotTaken::Missed | NotTaken::Unreachable | NotTaken::CallerLeft | NotTaken::Elsewhere => {
            not_taken(why)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ContactId, Stamp};
    use crate::journal::entry::Entry;
    use crate::words::{EndedBy, Outcome};

    #[test]
    fn story_reads_as_sentences_with_the_time_between_them() {
        let contact = ContactId(Stamp { node: 1, epoch: 1, count: 1 });
        let at = |at_ms, fact| Step::from(Entry { at_ms, fact });
        let story = [
            at(1_000, Fact::ContactAnswered { contact }),
            at(1_000, Fact::DialogClosed { dialog: 1 }),
            at(
                3_500,
                Fact::Queued {
                    contact,
                    queue: "tributi".into(),
                    position: 3,
                    since_ms: None,
                    ahead_min: 0,
                    expected_s: None,
                },
            ),
            at(4_000, Fact::SeatNotTaken { contact, seat: "seat01".into(), why: NotTaken::Missed }),
            at(
                61_000,
                Fact::ContactClosed {
                    contact,
                    outcome: Outcome::Abandoned,
                    ended_by: EndedBy::Citizen,
                    short: true,
                    why: None,
                },
            ),
        ];
        let told: Vec<_> = steps(&story).into_iter().map(|row| row[1..].join(": ")).collect();
        let expected = [
            "0.0 s: answered by the exchange",
            "2.5 s: waits in queue tributi, at place 3",
            "3.0 s: seat01 did not answer in time",
            "60.0 s: abandoned (short), ended by citizen",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn story_of_a_transfer_tells_the_number_and_what_came_of_it() {
        let contact = ContactId(Stamp { node: 1, epoch: 1, count: 1 });
        let (office, trunk) = (Destination::Public("0557954".to_owned()), "demo".to_owned());
        let person = Destination::Personal(Personal::Erased);
        let facts = [
            Fact::NumberCalled { contact, number: person, trunk: trunk.clone() },
            Fact::NumberNotTaken { contact, why: NotTaken::Rejected, status: Some(486) },
            Fact::NumberCalled { contact, number: office.clone(), trunk },
            Fact::Transferred { contact, number: office, recording: Some("a.wav".to_owned()) },
            Fact::TransferEnded { contact },
        ];
        let told: Vec<_> = facts.iter().filter_map(tell).collect();
        let expected = [
            "number (erased) is called, by trunk demo",
            "the number is busy (SIP 486)",
            "number 0557954 is called, by trunk demo",
            "transferred: talks with 0557954, recorded",
            "no longer talks with the number",
        ];
        assert_eq!(told, expected);
    }
}
