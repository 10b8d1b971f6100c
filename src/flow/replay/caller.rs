//! The caller of the past: does in the draft what was done at the same places.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::ways::{asks, foreseen, plain};
use super::{Act, End, Event, Recorded, Replayed, Visit, Why};
use crate::flow::grammar::{Kind, Way};
use crate::flow::hours::Calendars;
use crate::flow::model::{Flow, Step};
use crate::flow::request::{Answer, Request, RequestId, Target};
use crate::flow::run::{FlowRun, Waiting, World, exit_name};
use crate::flow::{Action, Input};
use crate::ids::NodeId;
use crate::time::{Mono, Now};
use crate::words::{EndedBy, QueueExit};

/// Most steps of one call: nobody presses so many keys. It bounds a flow that turns round.
const MAX_STEPS: usize = 10_000;

/// Leads the call through the draft.
pub(super) fn follow(recorded: &Recorded, then: &Flow, draft: &Arc<Flow>, calendars: &Calendars) -> Replayed {
    let ways = foreseen(recorded, then, draft);
    // What was switched on and who waited is in the record, where it is known at all.
    let (bulletins, queues) = (BTreeMap::new(), BTreeMap::new());
    let mut visits: BTreeMap<NodeId, VecDeque<usize>> = BTreeMap::new();
    for (at, visit) in recorded.visits.iter().enumerate() {
        visits.entry(visit.node.clone()).or_default().push_back(at);
    }
    let mut caller = Caller {
        recorded,
        then,
        draft,
        world: World { calendars, bulletins: &bulletins, queues: &queues },
        run: FlowRun::new(Arc::clone(draft), recorded.call.clone()).foreseeing(ways),
        now: Now { mono: Mono::ZERO, wall: recorded.at },
        visits,
        here: Here::at(draft.node(draft.start).id.clone(), Mono::ZERO),
        done: vec![false; recorded.visits.len()],
        events: Vec::new(),
        end: None,
    };
    caller.call();
    let end = caller.end.unwrap_or(End::Over(EndedBy::Flow));
    Replayed { events: caller.events, end }
}

struct Caller<'r> {
    recorded: &'r Recorded,
    then: &'r Flow,
    draft: &'r Arc<Flow>,
    world: World<'r>,
    run: FlowRun,
    now: Now,
    /// Visits on record that have no counterpart yet, by node.
    visits: BTreeMap<NodeId, VecDeque<usize>>,
    here: Here,
    /// Visits whose acts or fate have been used.
    done: Vec<bool>,
    events: Vec<Event>,
    end: Option<End>,
}

/// The stay at the node of the draft.
struct Here {
    node: NodeId,
    since: Mono,
    /// The visit on record that it repeats, or whose answers it borrows.
    visit: Option<usize>,
    acts: VecDeque<(Duration, Act)>,
    last: Option<Act>,
    /// Digits were pressed, and more may be wanted.
    digits: bool,
    /// The last key was refused.
    refused: Option<char>,
}

impl Here {
    fn at(node: NodeId, since: Mono) -> Here {
        Here { node, since, visit: None, acts: VecDeque::new(), last: None, digits: false, refused: None }
    }
}

impl<'r> Caller<'r> {
    fn call(&mut self) {
        let actions = self.run.start(self.now, &self.world);
        self.note(actions);
        for _ in 0..MAX_STEPS {
            if self.end.is_some() {
                return;
            }
            match self.run.waiting() {
                Waiting::Nothing => return,
                Waiting::Queue => self.wait_in_queue(),
                Waiting::World(request) => self.answer_for_the_world(request),
                Waiting::Hears { asks: false } => self.listen(),
                Waiting::Hears { asks: true } | Waiting::Key => self.answer(),
            }
        }
        self.end = Some(End::Unknown(self.run.node()));
    }

    // -- what is heard, and what is asked

    fn listen(&mut self) {
        match self.here.acts.pop_front() {
            Some((after, Act::Key(key))) => self.press(after, key),
            Some((_, Act::Silence)) => {}
            None if self.ends_here() => self.end_as_recorded(),
            None => self.hear_out(),
        }
    }

    fn hear_out(&mut self) {
        self.come_to_end_of_visit();
        self.events.push(Event::Heard);
        self.input(Input::Played);
    }

    fn answer(&mut self) {
        if self.run.keys_are_personal() {
            return self.leave_as_recorded();
        }
        self.borrow_answers();
        match self.here.acts.pop_front() {
            Some((after, Act::Key(key))) => self.press(after, key),
            Some((_, Act::Silence)) => self.is_silent(),
            None if self.ends_here() && !self.here.digits => self.end_as_recorded(),
            None if self.run.waiting() != Waiting::Key => self.hear_out(),
            None if self.here.digits || self.stays_silent() => self.let_time_pass(),
            None => self.fall_off(),
        }
    }

    /// A question that the draft no longer has is answered at one that the caller never heard.
    fn borrow_answers(&mut self) {
        if self.here.visit.is_some() {
            return;
        }
        let draft = self.draft;
        let gone = |at: &usize| {
            let visit = self.recorded.visits.get(*at);
            visit.is_some_and(|visit| !visit.acts.is_empty() && draft.find(visit.node.as_str()).is_none())
        };
        let Some(at) = (0..self.done.len()).find(|at| !self.done[*at] && gone(at)) else { return };
        self.repeat(at);
    }

    fn press(&mut self, after: Duration, key: char) {
        if self.here.digits && self.run.poll_timeout().is_some_and(|due| due < self.here.since + after) {
            self.here.acts.push_front((after, Act::Key(key)));
            return self.let_time_pass(); // the number was taken as it was before this key came
        }
        self.come_to(after);
        self.here.last = Some(Act::Key(key));
        let before = self.events.len();
        self.input(Input::Digit(key));
        let came = self.events.get(before..).unwrap_or_default();
        if came.iter().any(|event| matches!(event, Event::Node(..))) {
            return; // it led on
        }
        self.here.digits = self.run.has_digits();
        // Words that nobody could make again are not said.
        let is_unsaid = self.run.waiting() == Waiting::Key && !self.here.digits;
        let is_asked_again = came.contains(&Event::Plays) || is_unsaid;
        self.here.refused = is_asked_again.then_some(key);
    }

    fn is_silent(&mut self) {
        self.here.last = Some(Act::Silence);
        if self.run.waiting() != Waiting::Key {
            self.events.push(Event::Heard);
            self.input(Input::Played);
        }
        if self.run.waiting() == Waiting::Key {
            self.let_time_pass();
        }
    }

    /// Until the run's own alarm.
    fn let_time_pass(&mut self) {
        self.here.digits = false;
        if let Some(due) = self.run.poll_timeout() {
            self.pass(due.since(self.now.mono));
            self.input(Input::Timeout);
        }
    }

    /// The caller said nothing more at this node, until the flow gave up.
    fn stays_silent(&self) -> bool {
        let Some(visit) = self.visit_here() else { return false };
        let left = self.then.find(visit.node.as_str()).zip(self.next_on_record());
        let left_by_silence = left.is_some_and(|((flow, node), next)| {
            let exits = ["timeout", "skipped"].map(|exit| node.way(&Way::Exit(exit)));
            exits.into_iter().flatten().any(|to| flow.node(to).id.as_str() == plain(&next.node))
        });
        left_by_silence || self.here.last == Some(Act::Silence)
    }

    fn fall_off(&mut self) {
        let why = match (self.here.visit, self.here.refused) {
            (None, _) => Why::NeverAsked,
            (Some(_), Some(key)) => Why::WrongKey(key),
            (Some(_), None) => Why::KeysRanOut,
        };
        self.end = Some(End::FellOff(self.here.node.clone(), why));
    }

    // -- queues and the world

    fn wait_in_queue(&mut self) {
        if let Some((after, act)) = self.here.acts.pop_front() {
            let Act::Key(key) = act else { return };
            return self.press(after, key);
        }
        if self.here.visit.is_none() {
            // Another queue than the recorded one ends for the caller as that one did.
            let waited = |visit: &Visit| visit.queue.is_some() || visit.talked.is_some();
            let mut visits = self.recorded.visits.iter().enumerate();
            let other =
                visits.find(|(at, visit)| !self.done.get(*at).is_none_or(|done| *done) && waited(visit));
            self.here.visit = other.map(|(at, _)| at);
        }
        let Some(visit) = self.visit_here() else {
            self.end = Some(End::Unknown(self.here.node.clone()));
            return;
        };
        self.use_up();
        self.events.extend(visit.talked.map(Event::Talked));
        match visit.exit {
            _ if visit.ended.is_some() => self.end_as_recorded(),
            Some(exit @ (QueueExit::Key | QueueExit::Callback)) => {
                self.events.push(Event::Left(exit));
                self.leave(&Way::Exit(exit_name(exit)));
            }
            exit => {
                let exit = exit.unwrap_or(QueueExit::Answered);
                self.events.push(Event::Left(exit));
                self.input(Input::QueueExit(exit));
            }
        }
    }

    fn answer_for_the_world(&mut self, request: RequestId) {
        let node = self.draft.find(self.here.node.as_str()).map(|(_, node)| node);
        let is_survey = node.is_some_and(|node| matches!(node.step, Step::Survey { .. }));
        match self.visit_here() {
            Some(visit) if is_survey && visit.surveyed => {
                self.input(Input::Answer(request, Answer::Ok(None)))
            }
            _ if is_survey => self.input(Input::Answer(request, Answer::Declined)),
            _ => self.leave_as_recorded(),
        }
    }

    /// By the way that the call took, where the draft asks the same; what was answered is not known.
    fn leave_as_recorded(&mut self) {
        let asks_the_same = self.visit_here().is_some_and(|visit| {
            let same = self.then.find(visit.node.as_str()).zip(self.draft.find(self.here.node.as_str()));
            same.is_some_and(|((a, then), (b, now))| asks(a, then) == asks(b, now))
        });
        let Some(visit) = self.visit_here().filter(|_| asks_the_same) else {
            self.end = Some(End::Unknown(self.here.node.clone()));
            return;
        };
        self.here.acts.clear();
        self.events.extend(visit.talked.map(Event::Talked));
        match self.run.foreseen_way().cloned() {
            _ if visit.ended.is_some() => self.end_as_recorded(),
            Some(way) => {
                let promises =
                    self.draft.find(visit.node.as_str()).is_some_and(|(_, node)| node.kind == Kind::Callback);
                self.events.extend((promises && way == Way::Exit("booked")).then_some(Event::Promised));
                self.leave(&way);
            }
            None => self.end = Some(End::Unknown(self.here.node.clone())),
        }
    }

    fn leave(&mut self, way: &Way) {
        self.come_to_end_of_visit();
        let actions = self.run.leave_by(way, self.now, &self.world);
        self.note(actions);
    }

    // -- where the call is

    fn visit_here(&self) -> Option<&'r Visit> {
        self.recorded.visits.get(self.here.visit?)
    }

    fn next_on_record(&self) -> Option<&'r Visit> {
        self.recorded.visits.get(self.here.visit? + 1)
    }

    fn ends_here(&self) -> bool {
        self.visit_here().is_some_and(|visit| visit.ended.is_some())
    }

    fn end_as_recorded(&mut self) {
        let ended = self.visit_here().and_then(|visit| visit.ended);
        self.end = Some(End::Over(ended.unwrap_or(EndedBy::Flow)));
    }

    fn input(&mut self, input: Input) {
        let actions = self.run.handle_input(self.now, input, &self.world);
        self.note(actions);
    }

    fn note(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Entered { node, info } => self.come_to_node(node, info),
                Action::Play { .. } => self.events.push(Event::Plays),
                Action::Enqueue(place) => self.events.push(Event::Queued(place.queue)),
                Action::Dequeue(exit) => self.events.push(Event::Left(exit)),
                Action::Ask(_, Request::Transfer { to: Target::Queue(queue), .. }) => {
                    self.events.push(Event::Queued(queue));
                }
                Action::Failed { node, .. } if self.run.has_forgotten() && !self.failed_then(&node) => {
                    // What it needed is not on record.
                    if self.ends_here() {
                        return self.end_as_recorded();
                    }
                    self.end = Some(End::Unknown(node));
                    return;
                }
                _ => {}
            }
        }
    }

    fn failed_then(&self, node: &NodeId) -> bool {
        *node == self.here.node && self.visit_here().is_some_and(|visit| visit.failed)
    }

    fn come_to_node(&mut self, node: NodeId, info: bool) {
        let at = self.visits.get_mut(&node).and_then(VecDeque::pop_front);
        self.here = Here::at(node.clone(), self.now.mono);
        self.events.push(Event::Node(node, info));
        if let Some(at) = at {
            self.repeat(at);
        }
    }

    /// Does here what was done in this visit.
    fn repeat(&mut self, at: usize) {
        self.here.visit = Some(at);
        self.here.acts =
            self.visit_here().map(|visit| visit.acts.iter().copied().collect()).unwrap_or_default();
        self.use_up();
    }

    fn use_up(&mut self) {
        if let Some(done) = self.here.visit.and_then(|at| self.done.get_mut(at)) {
            *done = true;
        }
    }

    fn come_to_end_of_visit(&mut self) {
        if let Some((visit, next)) = self.visit_here().zip(self.next_on_record()) {
            self.come_to(next.after.saturating_sub(visit.after));
        }
    }

    /// The clock stands where it stood at this moment of the visit.
    fn come_to(&mut self, after: Duration) {
        let to = self.here.since + after;
        if to > self.now.mono {
            self.pass(to.since(self.now.mono));
        }
        if self.run.waiting() == Waiting::Queue
            && self.run.poll_timeout().is_some_and(|due| due <= self.now.mono)
        {
            self.input(Input::Timeout);
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now.mono = self.now.mono + time;
        self.now.wall = self.now.wall.checked_add(time).unwrap_or(self.now.wall);
    }
}
