//! Random histories: whatever happens in whatever order, the promises hold and every caller leaves once.

use std::collections::{BTreeMap, BTreeSet};

use rand::rngs::ChaCha8Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};

use super::*;
use crate::ids::SkillId;

const STEPS: u32 = 2_000;
const QUEUES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
const PEOPLE: [&str; 3] = ["anna", "bruno", "carla"];
const SKILLS: [&str; 2] = ["inglese", "tributi"];

fn some_skills(rng: &mut ChaCha8Rng) -> Skills {
    let level = |skill| rng.random_bool(0.6).then(|| (SkillId::from(skill), rng.random_range(1..=3)));
    SKILLS.into_iter().filter_map(level).collect()
}

/// Most queues need nothing, and what is needed is often done without later.
fn some_needs(rng: &mut ChaCha8Rng) -> Needs {
    if rng.random_bool(0.6) {
        return Needs::default();
    }
    let skills = some_skills(rng);
    let waiver = |skill| {
        rng.random_bool(0.7).then(|| (Duration::from_secs(rng.random_range(0..60)), SkillId::from(skill)))
    };
    Needs { skills, waivers: SKILLS.into_iter().filter_map(waiver).collect() }
}

fn some_pressure(rng: &mut ChaCha8Rng) -> Pressure {
    let after = Duration::from_secs(rng.random_range(0..60));
    let over_waiting = rng.random_bool(0.4).then(|| rng.random_range(0..6));
    let over_wait = rng.random_bool(0.3).then(|| Duration::from_secs(rng.random_range(0..60)));
    Pressure { after, over_waiting, over_wait }
}

fn some_overflow(rng: &mut ChaCha8Rng, queues: &[&str]) -> Vec<Overflow> {
    let to = queues.choose(rng).copied().unwrap_or("a").into();
    let overflow = Overflow { to, when: some_pressure(rng) };
    Vec::from_iter(rng.random_bool(0.4).then_some(overflow))
}

/// Operators and citizens who do as the dice say.
struct History {
    queues: &'static [&'static str],
    seats: usize,
    acd: Distribution,
    rng: ChaCha8Rng,
    now: Mono,
    last_call: u32,
    /// Callers who entered and have not left.
    inside: BTreeSet<CallId>,
    /// Who may be sent on, and who has been, with when.
    sent_on: Option<CallId>,
    away: Option<(Entering, Mono)>,
    rung: BTreeMap<SeatId, CallId>,
    talks: BTreeMap<SeatId, CallId>,
    last_talk: BTreeMap<SeatId, CallId>,
}

fn some_queue(rng: &mut ChaCha8Rng, id: &str, queues: &[&str]) -> QueueRules {
    QueueRules {
        offset: rng.random_range(-1..=1),
        strategy: *Strategy::ALL.choose(rng).expect("there are some"),
        ring_at_most: rng.random_range(1..4),
        needs: some_needs(rng),
        overflow: some_overflow(rng, queues),
        sends_on: Vec::from_iter(rng.random_bool(0.3).then(|| some_pressure(rng))),
        max_waiting: rng.random_range(1..12),
        max_wait: Duration::from_secs(rng.random_range(20..400)),
        announce_every: Duration::from_secs(rng.random_range(0..40)),
        wrap_up: Duration::from_secs(rng.random_range(0..12)),
        busy_delay: Duration::from_secs(rng.random_range(1..30)),
        after_talk: some_after_talk(rng),
        ..rules(id)
    }
}

fn some_people(rng: &mut ChaCha8Rng, queues: &[&'static str]) -> People {
    let person = |rng: &mut ChaCha8Rng| {
        let served = queues.iter().filter(|_| rng.random_bool(0.6));
        let queues = served.map(|id| (QueueId::from(*id), Serving::default())).collect();
        let known = some_skills(rng);
        Person {
            queues: rng.random_bool(0.6).then_some(queues),
            skills: rng.random_bool(0.5).then_some(known),
        }
    };
    PEOPLE.into_iter().map(|id| (id.into(), person(rng))).collect()
}

fn some_after_talk(rng: &mut ChaCha8Rng) -> AfterTalk {
    AfterTalk {
        extend_by: Duration::from_secs(rng.random_range(0..20)),
        max_extensions: rng.random_range(0..3),
        outcome_needed: rng.random_bool(0.3),
        outcome_within: rng.random_bool(0.5).then(|| Duration::from_secs(rng.random_range(1..60))),
    }
}

fn some_status(rng: &mut ChaCha8Rng) -> StatusChange {
    match rng.random_range(0..8) {
        0 => StatusChange::LogOut,
        1 => StatusChange::Pause("lunch".into()),
        2 => StatusChange::Next(Status::Paused("lunch".into())),
        3 => StatusChange::Next(Status::LoggedOut),
        4..6 => StatusChange::OneCall,
        _ => StatusChange::Ready,
    }
}

fn some_seat(rng: &mut ChaCha8Rng, n: usize, queues: &[&'static str]) -> SeatRules {
    let served: Vec<_> = queues.iter().copied().filter(|_| rng.random_bool(0.6)).collect();
    let mut rules = serving(seat(n).as_str(), &served);
    for serving in rules.queues.values_mut() {
        if rng.random_bool(0.4) {
            serving.priority = rng.random_range(-1..=2);
            serving.delay = Duration::from_secs(rng.random_range(0..40));
        }
    }
    let skills = some_skills(rng);
    let lunch =
        PauseRule { max: Duration::from_secs(rng.random_range(1..60)), then_ready: rng.random_bool(0.5) };
    let pauses = Arc::new(Pauses::from([("lunch".to_owned(), lunch)]));
    let usual = (n <= 2).then(|| PEOPLE[n - 1].into());
    SeatRules { auto_login: rng.random_bool(0.8), skills, pauses, usual, ..rules }
}

impl History {
    /// A floor of these queues and so many seats.
    fn new(seed: u64, queues: &'static [&'static str], seats: usize) -> History {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let lines: Vec<_> = queues.iter().map(|id| some_queue(&mut rng, id, queues)).collect();
        let mut floor: Vec<_> = (1..=seats).map(|n| some_seat(&mut rng, n, queues)).collect();
        let people = Arc::new(some_people(&mut rng, queues));
        floor.iter_mut().for_each(|rules| rules.people = people.clone());
        let acd = Distribution::new(lines, floor).watched();
        let (inside, rung, talks, last_talk) = Default::default();
        let (now, last_call, sent_on, away) = (Mono::ZERO, 0, None, None);
        History { queues, seats, acd, rng, now, last_call, inside, sent_on, away, rung, talks, last_talk }
    }

    /// One step; an error is a broken promise.
    fn step(&mut self) -> Result<(), String> {
        let input = self.choose();
        self.apply(input)
    }

    fn choose(&mut self) -> Input {
        let seat = seat(self.rng.random_range(1..=self.seats));
        match self.rng.random_range(0..100) {
            0..25 => self.wait(),
            25..45 => self.enter(),
            45..52 => Input::Leave(call(self.rng.random_range(1..=self.last_call.max(1)))),
            52 => self.send_on(),
            53..64 => pick(&mut self.rng, &self.rung).map_or(Input::Timeout, |(s, c)| Input::Answered(s, c)),
            64..68 => pick(&mut self.rng, &self.rung).map_or(Input::Timeout, |(s, c)| Input::Rejected(s, c)),
            68 => pick(&mut self.rng, &self.rung).map_or(Input::Timeout, |(s, c)| Input::Busy(s, c)),
            69 => pick(&mut self.rng, &self.rung).map_or(Input::Timeout, |(s, c)| Input::Failed(s, c)),
            70..82 => {
                pick(&mut self.rng, &self.talks).map_or(Input::Timeout, |(s, c)| Input::TalkEnded(s, c))
            }
            82..84 => Input::WrapUpDone(seat),
            84 if self.rng.random_bool(0.5) => self.on_wrap_up(seat),
            84 => self.direct(seat),
            85..90 => Input::Reachable(seat),
            90..91 => Input::Unreachable(seat),
            91..93 => Input::Status(seat, StatusChange::LogIn),
            93..95 => Input::SignIn(seat, PEOPLE.choose(&mut self.rng).copied().unwrap_or("anna").into()),
            95..98 => Input::Status(seat, some_status(&mut self.rng)),
            98 if self.rng.random_bool(0.4) => self.reload(),
            98 => self.supervise(seat),
            99 if self.rng.random_bool(0.5) => {
                let queue = self.queues.choose(&mut self.rng).copied().unwrap_or("a");
                let wait =
                    self.rng.random_bool(0.8).then(|| Duration::from_secs(self.rng.random_range(0..100)));
                // Only of a queue that is there is anything expected.
                let is_there = self.acd.queues().any(|known| known.id.as_str() == queue);
                if is_there { Input::Expected(queue.into(), wait) } else { Input::Timeout }
            }
            _ => Input::Answered(seat, call(self.rng.random_range(1..=self.last_call.max(1)))),
        }
    }

    fn on_wrap_up(&mut self, seat: SeatId) -> Input {
        let some_call = call(self.rng.random_range(1..=self.last_call.max(1)));
        let last = self.last_talk.get(&seat).copied().unwrap_or(some_call);
        let act = match self.rng.random_range(0..4) {
            0 => WrapUpAct::Release,
            1 => WrapUpAct::Extend,
            2 => WrapUpAct::Coded(some_call),
            _ => WrapUpAct::Coded(last),
        };
        Input::WrapUp(seat, act)
    }

    /// Somebody wants this very seat: for a call of its own, or for one that another seat has already.
    fn direct(&mut self, seat: SeatId) -> Input {
        self.last_call += 1;
        let known = pick(&mut self.rng, &self.talks).filter(|_| self.rng.random_bool(0.5));
        let call = known.map_or(call(self.last_call), |(_, call)| call);
        let rules = DirectRules {
            ring_for: Duration::from_secs(self.rng.random_range(0..30)),
            wrap_up: Duration::from_secs(self.rng.random_range(0..12)),
            own_wish: self.rng.random_bool(0.3),
        };
        match self.rng.random_range(0..10) {
            0..4 => Input::Direct(seat, call, Direct::Ring(rules)),
            4..6 => Input::Direct(seat, call, Direct::Dialled(rules)),
            6..8 => pick(&mut self.rng, &self.rung)
                .map_or(Input::Timeout, |(seat, call)| Input::Direct(seat, call, Direct::CallOff)),
            turn => {
                let done = if turn == 8 { Direct::Turn(Turn::Holding) } else { Direct::WrapUp(5 * SECOND) };
                pick(&mut self.rng, &self.talks)
                    .map_or(Input::Timeout, |(seat, call)| Input::Direct(seat, call, done))
            }
        }
    }

    /// A supervisor wants something of somebody who waits, or is gone.
    fn supervise(&mut self, seat: SeatId) -> Input {
        let inside: Vec<_> = self.inside.iter().copied().collect();
        let Some(call) = inside.choose(&mut self.rng).copied() else { return Input::Timeout };
        let queue = self.queues.choose(&mut self.rng).copied().unwrap_or("a").into();
        let wanted = match self.rng.random_range(0..4) {
            3 => return Input::Stays(call),
            0 => Supervised::Move(queue),
            1 => Supervised::Advance(self.rng.random_range(-5..=5)),
            _ => Supervised::Take(seat),
        };
        Input::Supervised(call, wanted)
    }

    /// Whoever may be sent on goes, and comes back: nobody was there.
    fn send_on(&mut self) -> Input {
        let told = self.sent_on.take().and_then(|call| self.acd.place_left(self.now, call));
        let (Some(place), left) = (told, self.now) else {
            let Some((place, left)) = self.away.take() else { return Input::Timeout };
            let away = self.now.since(left);
            let max_wait = place.max_wait.map(|wait| wait.saturating_sub(away));
            let prefers = place.prefers.and_then(|(seat, time)| Some((seat, time.checked_sub(away)?)));
            return Input::Enter(Entering { waited: place.waited + away, max_wait, prefers, ..place });
        };
        let call = place.call;
        self.away.get_or_insert((place, left));
        Input::Leave(call)
    }

    /// Sleep until the next alarm, or for a while; sometimes too long.
    fn wait(&mut self) -> Input {
        match self.acd.poll_timeout() {
            Some(due) if self.rng.random_bool(0.8) => self.now = self.now.max(due),
            _ => self.now = self.now + Duration::from_millis(self.rng.random_range(0..3_000)),
        }
        Input::Timeout
    }

    /// Other rules for most; some queues and seats are gone, or come back, and the seats stand in another order.
    fn reload(&mut self) -> Input {
        let rng = &mut self.rng;
        let all = self.queues;
        let left: Vec<_> = all.iter().copied().filter(|_| rng.random_bool(0.9)).collect();
        let mut numbers: Vec<_> = (1..=self.seats).filter(|_| rng.random_bool(0.9)).collect();
        numbers.shuffle(rng);
        let queues = left.iter().map(|id| some_queue(rng, id, all)).collect();
        let seats = numbers.into_iter().map(|n| some_seat(rng, n, all));
        let known = |rules: &mut SeatRules| rules.queues.retain(|id, _| left.contains(&id.as_str()));
        let mut seats: Vec<_> = seats.collect();
        let mut people = some_people(rng, all);
        let served = people.values_mut().filter_map(|person| person.queues.as_mut());
        served.for_each(|queues| queues.retain(|id, _| left.contains(&id.as_str())));
        let people = Arc::new(people);
        for rules in &mut seats {
            known(rules);
            rules.people = people.clone();
        }
        Input::Rules(queues, seats)
    }

    fn enter(&mut self) -> Input {
        self.last_call += 1;
        let queue = self.queues.choose(&mut self.rng).copied().unwrap_or("a");
        let max_wait = self.rng.random_bool(0.3).then(|| Duration::from_secs(self.rng.random_range(0..100)));
        let priority = self.rng.random_range(-1..=2);
        let waited = Duration::from_secs(self.rng.random_range(0..4) * 20);
        let needs = if self.rng.random_bool(0.2) { some_needs(&mut self.rng) } else { Needs::default() };
        let how_long = Duration::from_secs(self.rng.random_range(0..30));
        let prefers =
            self.rng.random_bool(0.2).then(|| (seat(self.rng.random_range(1..=self.seats + 1)), how_long));
        let call = call(self.last_call);
        Input::Enter(Entering {
            priority,
            max_wait,
            waited,
            needs,
            prefers,
            ..Entering::new(call, queue.into())
        })
    }

    fn apply(&mut self, input: Input) -> Result<(), String> {
        match &input {
            Input::Enter(entering) => drop(self.inside.insert(entering.call)),
            Input::Leave(call) if !self.talks.values().any(|talking| talking == call) => {
                self.inside.remove(call);
            }
            Input::Answered(seat, call) if self.rung.get(seat) == Some(call) => {
                self.rung.remove(seat);
                self.talks.insert(seat.clone(), *call);
                self.last_talk.insert(seat.clone(), *call);
            }
            Input::TalkEnded(seat, call) if self.talks.get(seat) == Some(call) => {
                self.talks.remove(seat);
                self.inside.remove(call);
            }
            _ => {}
        }
        let dialled = match &input {
            Input::Direct(seat, call, Direct::Dialled(_)) => Some((seat.clone(), *call)),
            _ => None,
        };
        self.acd.handle_input(self.now, input);
        // A seat that was not engaged talks from now on.
        self.talks.extend(dialled.filter(|(seat, call)| {
            self.acd.seat(seat).is_some_and(|view| view.work.is_talk() && view.call == Some(*call))
        }));
        while let Some(action) = self.acd.poll_action() {
            self.follow(action)?;
        }
        self.acd.invariants(self.now)?;
        match self.acd.audit(self.now).first() {
            Some(mended) => Err(format!("the audit mended what was right: {mended}")),
            None => Ok(()),
        }
    }

    fn follow(&mut self, action: Action) -> Result<(), String> {
        match action {
            Action::SendOn { call, .. } => {
                self.sent_on = Some(call);
                Ok(())
            }
            Action::Left { call, .. } if !self.inside.remove(&call) => Err(format!("{call} left twice")),
            Action::Ring { seat, call, .. } | Action::RingDirect { seat, call } => {
                match self.rung.insert(seat, call) {
                    Some(other) => Err(format!("rung for {call} while ringing for {other}")),
                    None => Ok(()),
                }
            }
            Action::NotTaken { seat, call, .. } if self.rung.remove(&seat) != Some(call) => {
                Err(format!("{seat} did not take {call}, which it was not rung for"))
            }
            _ => Ok(()),
        }
    }

    /// All talks end and nobody calls any more: nobody may be left inside.
    fn wind_down(&mut self) -> Result<(), String> {
        while let Some((seat, call)) = pick(&mut self.rng, &self.talks) {
            self.apply(Input::TalkEnded(seat, call))?;
        }
        for _ in 0..STEPS {
            let Some(due) = self.acd.poll_timeout() else { break };
            self.now = due;
            self.apply(Input::Timeout)?;
        }
        match self.inside.first() {
            Some(call) => Err(format!("{call} never left")),
            None => Ok(()),
        }
    }
}

fn pick(rng: &mut ChaCha8Rng, pairs: &BTreeMap<SeatId, CallId>) -> Option<(SeatId, CallId)> {
    let pairs: Vec<_> = pairs.iter().map(|(seat, call)| (seat.clone(), *call)).collect();
    pairs.choose(rng).cloned()
}

fn run(seed: u64) -> Result<(), String> {
    play(seed, History::new(seed, &QUEUES[..3], 7)).map(drop)
}

/// Gives how many calls there were.
fn play(seed: u64, mut history: History) -> Result<u64, String> {
    for step in 0..STEPS {
        history.step().map_err(|broken| format!("seed {seed}, step {step}: {broken}"))?;
    }
    history.wind_down().map_err(|broken| format!("seed {seed}, winding down: {broken}"))?;
    Ok(history.last_call.into())
}

/// `cargo xtask soak`: floors of all sizes, until there have been so many calls.
#[test]
#[ignore = "takes as long as it is told to"]
fn soak() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (wanted, first) = (number("CENTRALINO_CALLS").unwrap_or(20_000), number("CENTRALINO_FIRST_SEED"));
    let (mut calls, mut seed) = (0, first.unwrap_or(0));
    while calls < wanted {
        let mut size = ChaCha8Rng::seed_from_u64(!seed);
        let (queues, seats) = (size.random_range(1..=QUEUES.len()), size.random_range(1..=20));
        calls += play(seed, History::new(seed, &QUEUES[..queues], seats)).unwrap_or_else(|broken| {
            panic!("{broken}; repeat it with CENTRALINO_FIRST_SEED={seed} CENTRALINO_CALLS=1")
        });
        seed += 1;
    }
    println!("{calls} calls on {} floors, every promise kept", seed - first.unwrap_or(0));
}

#[test]
fn random_histories_keep_every_promise() {
    for seed in 0..40 {
        run(seed).unwrap_or_else(|broken| panic!("{broken}"));
    }
}

#[cfg(feature = "planted-faults")]
#[test]
fn every_planted_fault_is_found() {
    use crate::planted::{self, Fault};
    // Those of the store and of SIP come after; the simulator finds them.
    for fault in Fault::ALL.into_iter().take_while(|fault| *fault != Fault::SkippedSync) {
        planted::set(Some(fault));
        let found = (0..200).find_map(|seed| run(seed).err());
        planted::set(None);
        assert!(found.is_some(), "{fault:?} was not found");
    }
}
