//! A day's file: TOML to a [`Scenario`], over the one that it extends.
//!
//! Each file is read by itself, so that every fault has its own file and line. What a file says takes the place of what the extended one
//! says, key by key; its shifts come on top.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::{
    Choices, Duty, HALF_HOURS, Kind, MOST_CALLS, MOST_SEATS, Manner, Named, Others, Recall, Scenario,
    ScenarioFault as Fault, clock, made_seat, parse_clock, parse_half_hour,
};
use crate::config::Place;
use crate::ids::{QueueId, SeatId};
use crate::simulate::Length;

/// Files that extend one another, at most: no day needs more, and a circle ends.
const DEEPEST: usize = 8;
/// Largest factor of all arrivals.
const MOST_SCALE: f64 = 100.0;

type Text = Spanned<String>;
type Number = Spanned<f64>;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Draft {
    extends: Option<Text>,
    config: Option<Text>,
    flow: Option<Text>,
    number: Option<Text>,
    scale: Option<Number>,
    talk: Option<Text>,
    wrap_up: Option<Text>,
    patience: Option<Text>,
    think: Option<Text>,
    picks_up: Option<Text>,
    operator_ends: Option<Number>,
    arrivals: BTreeMap<Text, Number>,
    choices: BTreeMap<Text, BTreeMap<String, Number>>,
    queue: BTreeMap<Text, DraftManner>,
    callback: DraftRecall,
    shift: Vec<Spanned<DraftShift>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DraftManner {
    talk: Option<Text>,
    wrap_up: Option<Text>,
    patience: Option<Text>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DraftRecall {
    accept: Option<Number>,
    after: Option<Text>,
    answer: Option<Number>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DraftShift {
    /// For those who read the file.
    #[serde(default, rename = "name")]
    _name: Option<Text>,
    seats: Spanned<DraftSeats>,
    from: Text,
    to: Text,
    #[serde(default)]
    breaks: Vec<Text>,
    #[serde(default)]
    queues: Vec<Text>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum DraftSeats {
    Count(i64),
    Names(Vec<String>),
}

/// Reads a day and what it extends.
pub(super) fn read(name: &str, text: &str, others: &Others<'_>) -> Result<Scenario, Vec<Fault>> {
    let mut reading = Reading { faults: Vec::new() };
    let day = reading.layer(name, text, others, 1).map(|day| day.finish(name, &mut reading));
    match day {
        Some(day) if reading.faults.is_empty() => Ok(day),
        _ => Err(reading.faults),
    }
}

/// Faults found so far.
struct Reading {
    faults: Vec<Fault>,
}

/// One file being read.
struct File<'t> {
    name: &'t str,
    text: &'t str,
}

impl File<'_> {
    fn at(&self, span: &Range<usize>) -> String {
        Place::of_byte(self.name, self.text, span.start).to_string()
    }

    /// A path as this file names it, as it is seen from where the file itself is named.
    fn path(&self, named: Text) -> String {
        Path::new(self.name).with_file_name(named.into_inner()).display().to_string()
    }
}

/// What is known so far: as a scenario, with holes.
#[derive(Default)]
struct Day {
    number: Option<String>,
    config: Option<String>,
    flow: Option<String>,
    manner: PartManner,
    think: Option<Length>,
    picks_up: Option<Length>,
    operator_ends: Option<f64>,
    arrivals: Option<Vec<f64>>,
    choices: BTreeMap<String, Choices>,
    queues: BTreeMap<QueueId, PartManner>,
    accept: Option<f64>,
    after: Option<Length>,
    answer: Option<f64>,
    duties: Vec<Duty>,
    named: Vec<Named>,
    /// Seats made so far.
    made: u32,
}

/// `Some(None)`: there is none.
#[derive(Clone, Copy, Default)]
struct PartManner {
    talk: Option<Length>,
    wrap_up: Option<Option<Length>>,
    patience: Option<Option<Length>>,
}

impl PartManner {
    fn over(self, below: PartManner) -> PartManner {
        PartManner {
            talk: self.talk.or(below.talk),
            wrap_up: self.wrap_up.or(below.wrap_up),
            patience: self.patience.or(below.patience),
        }
    }
}

impl Reading {
    fn layer(&mut self, name: &str, text: &str, others: &Others<'_>, depth: usize) -> Option<Day> {
        let file = File { name, text };
        let draft: Draft = match toml::from_str(text) {
            Ok(draft) => draft,
            Err(error) => {
                let at = file.at(&error.span().unwrap_or_default());
                self.faults.push(Fault::Form { at, why: error.message().trim().to_owned() });
                return None;
            }
        };
        let mut day = match &draft.extends {
            None => Day::default(),
            Some(_) if depth == DEEPEST => {
                self.faults.push(Fault::Circle { at: name.to_owned() });
                return None;
            }
            Some(base) => {
                let Some((base, text)) = others(name, base.get_ref()) else {
                    let (at, name) = (file.at(&base.span()), base.get_ref().clone());
                    self.faults.push(Fault::Extends { at, name });
                    return None;
                };
                self.layer(&base, &text, others, depth + 1)?
            }
        };
        self.add(&mut day, &file, draft);
        Some(day)
    }

    /// What this file says, over what is there.
    fn add(&mut self, day: &mut Day, file: &File<'_>, draft: Draft) {
        if let Some(number) = draft.number {
            day.named.retain(|named| named.kind != Kind::Number);
            day.named.push(Named {
                kind: Kind::Number,
                name: number.get_ref().clone(),
                at: file.at(&number.span()),
            });
            day.number = Some(number.into_inner());
        }
        let other_flow = draft.flow.is_some() || draft.config.is_some() && day.flow.is_none();
        if other_flow {
            day.choices.values_mut().for_each(|choices| choices.of_before = true);
        }
        day.config = draft.config.map(|config| file.path(config)).or(day.config.take());
        day.flow = draft.flow.map(|flow| file.path(flow)).or(day.flow.take());
        let manner = DraftManner { talk: draft.talk, wrap_up: draft.wrap_up, patience: draft.patience };
        day.manner = self.manner(file, &manner).over(day.manner);
        day.think = self.length(file, draft.think.as_ref()).or(day.think);
        day.picks_up = self.length(file, draft.picks_up.as_ref()).or(day.picks_up);
        day.operator_ends = self.percent(file, draft.operator_ends.as_ref()).or(day.operator_ends);
        self.arrivals(day, file, &draft.arrivals);
        if let Some(scale) =
            self.within(file, draft.scale.as_ref(), 0.0..=MOST_SCALE, "a factor from 0 to 100", "1.2")
        {
            self.scale(day, file, scale, draft.scale.as_ref());
        }
        for (node, keys) in &draft.choices {
            self.choices(day, file, node, keys);
        }
        for (queue, manner) in &draft.queue {
            let at = file.at(&queue.span());
            day.named.push(Named { kind: Kind::Queue, name: queue.get_ref().clone(), at });
            let id = QueueId::from(queue.get_ref().as_str());
            let below = day.queues.get(&id).copied().unwrap_or_default();
            day.queues.insert(id, self.manner(file, manner).over(below));
        }
        day.accept = self.percent(file, draft.callback.accept.as_ref()).or(day.accept);
        day.after = self.length(file, draft.callback.after.as_ref()).or(day.after);
        day.answer = self.percent(file, draft.callback.answer.as_ref()).or(day.answer);
        draft.shift.iter().for_each(|shift| self.shift(day, file, shift));
    }

    fn value(&mut self, file: &File<'_>, text: &Text, what: &'static str, like: &'static str) {
        let at = file.at(&text.span());
        self.faults.push(Fault::Value { at, text: text.get_ref().clone(), what, like });
    }

    fn within(
        &mut self,
        file: &File<'_>,
        number: Option<&Number>,
        range: std::ops::RangeInclusive<f64>,
        what: &'static str,
        like: &'static str,
    ) -> Option<f64> {
        let number = number?;
        if range.contains(number.get_ref()) {
            return Some(*number.get_ref());
        }
        let (at, text) = (file.at(&number.span()), number.get_ref().to_string());
        self.faults.push(Fault::Value { at, text, what, like });
        None
    }

    fn percent(&mut self, file: &File<'_>, number: Option<&Number>) -> Option<f64> {
        self.within(file, number, 0.0..=100.0, "a percentage from 0 to 100", "15")
            .map(|percent| percent / 100.0)
    }

    fn length(&mut self, file: &File<'_>, text: Option<&Text>) -> Option<Length> {
        let text = text?;
        let length = Length::parse(text.get_ref());
        if length.is_none() {
            self.value(
                file,
                text,
                "a length of time from 0.1s to 24h",
                "\"exp:116.75s\", \"exp:4m\" or \"fixed:2m\"",
            );
        }
        length
    }

    /// A length, or `none`.
    fn length_or_none(&mut self, file: &File<'_>, text: Option<&Text>) -> Option<Option<Length>> {
        match text {
            Some(text) if text.get_ref() == "none" => Some(None),
            text => self.length(file, text).map(Some),
        }
    }

    fn manner(&mut self, file: &File<'_>, draft: &DraftManner) -> PartManner {
        PartManner {
            talk: self.length(file, draft.talk.as_ref()),
            wrap_up: self.length_or_none(file, draft.wrap_up.as_ref()),
            patience: self.length_or_none(file, draft.patience.as_ref()),
        }
    }

    fn moment(&mut self, file: &File<'_>, text: &Text) -> Option<u32> {
        let moment = parse_clock(text.get_ref());
        if moment.is_none() {
            self.value(file, text, "a moment of the day from 00:00 to 24:00", "\"08:30\"");
        }
        moment
    }

    fn arrivals(&mut self, day: &mut Day, file: &File<'_>, draft: &BTreeMap<Text, Number>) {
        for (moment, calls) in draft {
            let Some(half_hour) = parse_half_hour(moment.get_ref()) else {
                self.value(file, moment, "the beginning of a half hour", "\"08:30\" = 60");
                continue;
            };
            let what = "a number of calls from 0 to 20000";
            let Some(calls) = self.within(file, Some(calls), 0.0..=MOST_CALLS, what, "60") else { continue };
            let arrivals = day.arrivals.get_or_insert_with(|| vec![0.0; HALF_HOURS]);
            arrivals.get_mut(half_hour).into_iter().for_each(|place| *place = calls);
        }
    }

    /// So many times the calls of this file and of those that it extends; each of them may scale.
    fn scale(&mut self, day: &mut Day, file: &File<'_>, scale: f64, told: Option<&Number>) {
        day.arrivals.iter_mut().flatten().for_each(|calls| *calls *= scale);
        let most = day.arrivals.iter().flatten().copied().fold(0.0, f64::max);
        if let Some(told) = told.filter(|_| most > MOST_CALLS) {
            let what = "a factor that leaves 20000 calls in a half hour at most";
            let (at, text) = (file.at(&told.span()), told.get_ref().to_string());
            self.faults.push(Fault::Value { at, text, what, like: "1.2" });
        }
    }

    fn choices(&mut self, day: &mut Day, file: &File<'_>, node: &Text, keys: &BTreeMap<String, Number>) {
        let mut read = Vec::new();
        let name = node.get_ref();
        day.named.push(Named { kind: Kind::Node, name: name.clone(), at: file.at(&node.span()) });
        for (key, percent) in keys {
            if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_digit() || b"*#".contains(&byte)) {
                let at = file.at(&percent.span());
                let (what, like) = ("keys of a telephone, 0-9 * #", "\"1\" = 30");
                self.faults.push(Fault::Value { at, text: key.clone(), what, like });
            } else if let Some(share) = self.percent(file, Some(percent)) {
                let (kind, at) = (Kind::Key(name.clone()), file.at(&percent.span()));
                day.named.push(Named { kind, name: key.clone(), at });
                read.push((key.clone(), share));
            }
        }
        let sum: f64 = read.iter().map(|(_, share)| share).sum();
        if sum > 1.000_001 {
            let (at, node, sum) =
                (file.at(&node.span()), node.get_ref().clone(), (sum * 1e4).round() / 100.0);
            self.faults.push(Fault::Choices { at, node, sum });
        }
        day.choices.insert(name.clone(), Choices { keys: read, of_before: false });
    }

    // -- shifts

    fn shift(&mut self, day: &mut Day, file: &File<'_>, shift: &Spanned<DraftShift>) {
        let draft = shift.get_ref();
        let seats = self.seats(day, file, &draft.seats);
        let (Some(from), Some(to)) = (self.moment(file, &draft.from), self.moment(file, &draft.to)) else {
            return;
        };
        if from >= to {
            return self.value(file, &draft.to, "later than the beginning of its shift", "\"14:00\"");
        }
        let count = seats.len();
        let breaks: Vec<_> =
            draft.breaks.iter().filter_map(|text| self.one_break(file, text, (from, to))).collect();
        for queue in &draft.queues {
            let (name, at) = (queue.get_ref().clone(), file.at(&queue.span()));
            day.named.push(Named { kind: Kind::Queue, name, at });
        }
        if day.duties.len() + count > MOST_SEATS {
            let at = file.at(&draft.seats.span());
            return self.faults.push(Fault::TooMany { at, most: MOST_SEATS });
        }
        for (place, (seat, is_known)) in seats.into_iter().enumerate() {
            let overlap =
                day.duties.iter().find(|duty| duty.seat == seat && duty.span.0 < to && from < duty.span.1);
            if let Some(other) = overlap {
                let (from, to) = (clock(from.max(other.span.0)), clock(to.min(other.span.1)));
                let at = file.at(&draft.seats.span());
                self.faults.push(Fault::Overlap { at, seat: seat.to_string(), from, to });
                continue;
            }
            let breaks = breaks.iter().map(|pause| pause.of(place, count)).collect();
            let queues = draft.queues.iter().map(|queue| QueueId::from(queue.get_ref().as_str())).collect();
            day.duties.push(Duty { seat, is_known, span: (from, to), breaks, queues });
        }
    }

    /// The seats of a shift, each with whether the configuration knows it.
    fn seats(&mut self, day: &mut Day, file: &File<'_>, seats: &Spanned<DraftSeats>) -> Vec<(SeatId, bool)> {
        let most = i64::try_from(MOST_SEATS).unwrap_or(i64::MAX);
        match seats.get_ref() {
            DraftSeats::Count(count) if *count > 0 && day.duties.len() >= MOST_SEATS => {
                let at = file.at(&seats.span());
                self.faults.push(Fault::TooMany { at, most: MOST_SEATS });
                Vec::new()
            }
            DraftSeats::Count(count) if (0..=most).contains(count) => {
                let first = day.made + 1;
                day.made += u32::try_from(*count).unwrap_or(0);
                (first..=day.made).map(|number| (made_seat(number), false)).collect()
            }
            DraftSeats::Count(count) => {
                let (at, text) = (file.at(&seats.span()), count.to_string());
                let what = "a number of seats from 0 to 2000";
                self.faults.push(Fault::Value { at, text, what, like: "12, or [\"seat01\", \"seat02\"]" });
                Vec::new()
            }
            DraftSeats::Names(names) => {
                let at = file.at(&seats.span());
                let named = |name: &String| Named { kind: Kind::Seat, name: name.clone(), at: at.clone() };
                day.named.extend(names.iter().map(named));
                names.iter().map(|name| (SeatId::from(name.as_str()), true)).collect()
            }
        }
    }

    /// `15m 10:00-11:30`: each seat has so long within that time, one after another.
    fn one_break(&mut self, file: &File<'_>, text: &Text, shift: (u32, u32)) -> Option<Break> {
        let read = || {
            let (minutes, within) = text.get_ref().split_once(' ')?;
            let minutes: u32 = minutes.strip_suffix('m')?.parse().ok()?;
            let (from, to) = within.split_once('-')?;
            Some(Break { length: minutes.checked_mul(60)?, from: parse_clock(from)?, to: parse_clock(to)? })
        };
        let Some(read) = read() else {
            self.value(file, text, "a break", "\"15m 10:00-11:30\": 15 minutes for each, within that time");
            return None;
        };
        let room = read.to.saturating_sub(read.from);
        let lies = read.from >= shift.0 && read.to <= shift.1 && read.length <= room;
        if lies && read.length > 0 {
            return Some(read);
        }
        let at = file.at(&text.span());
        let end = read.from.max(read.to);
        let within = format!(
            "{}-{} and its shift {}-{}",
            clock(read.from),
            clock(end),
            clock(shift.0),
            clock(shift.1)
        );
        self.faults.push(Fault::Break { at, length: format!("{}m", read.length / 60), within });
        None
    }
}

struct Break {
    length: u32,
    from: u32,
    to: u32,
}

impl Break {
    /// When the seat at this place has it: spread evenly over the time.
    fn of(&self, place: usize, seats: usize) -> (u32, u32) {
        let room = u64::from(self.to - self.from - self.length);
        let (place, others) = (place as u64, seats.saturating_sub(1).max(1) as u64);
        let from = self.from + u32::try_from(room * place / others).unwrap_or(0);
        (from, from + self.length)
    }
}

impl Day {
    /// Nothing may be missing that has no value by itself.
    fn finish(self, name: &str, reading: &mut Reading) -> Scenario {
        let mut need = |key, there: bool| {
            if !there {
                reading.faults.push(Fault::Missing { at: name.to_owned(), key });
            }
        };
        need("number", self.number.is_some());
        need("talk", self.manner.talk.is_some());
        need("arrivals", self.arrivals.is_some());
        let whole = |part: PartManner| Manner {
            talk: part.talk.unwrap_or(Length::Fixed(1.0)),
            wrap_up: part.wrap_up.flatten(),
            patience: part.patience.flatten(),
        };
        let recall = Recall {
            accept: self.accept.unwrap_or(0.0),
            after: self.after.unwrap_or(Length::Fixed(130.0)),
            answer: self.answer.unwrap_or(0.8),
        };
        Scenario {
            name: name.to_owned(),
            number: self.number.unwrap_or_default(),
            arrivals: self.arrivals.unwrap_or_default(),
            config: self.config,
            flow: self.flow,
            choices: self.choices,
            manner: whole(self.manner),
            queues: self.queues.into_iter().map(|(id, part)| (id, whole(part.over(self.manner)))).collect(),
            think: self.think.unwrap_or(Length::Exponential(4.0)),
            picks_up: self.picks_up.unwrap_or(Length::Exponential(3.0)),
            operator_ends: self.operator_ends.unwrap_or(0.0),
            recall,
            duties: self.duties,
            named: self.named,
        }
    }
}
