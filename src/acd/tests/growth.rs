//! What a decision costs, counted and not timed: how much it looks at must not grow faster than n log n with those who wait.

use super::*;

/// A floor whose seats all talk while so many wait, in lines of callers who need different things.
struct Busy {
    acd: Distribution,
    now: Mono,
    talks: BTreeMap<SeatId, CallId>,
    entered: u32,
    queues: u32,
}

impl Busy {
    fn new((waiting, seats, queues): (u32, u32, u32)) -> Busy {
        let queue = |number: u32| QueueId::from(format!("queue{number:02}").as_str());
        let help = |number: u32| Overflow {
            to: queue((number + 1) % queues),
            when: Pressure { after: MINUTE, ..Pressure::default() },
        };
        let rules =
            |number: u32| QueueRules { overflow: vec![help(number)], ..QueueRules::plain(queue(number)) };
        let seat = |number: u32| SeatRules {
            queues: (0..queues).map(|number| (queue(number), Serving::default())).collect(),
            skills: [("inglese".into(), 5)].into_iter().collect(),
            auto_login: true,
            ..SeatRules::plain(format!("seat{number:04}").as_str().into())
        };
        let floor = (0..seats).map(seat).collect::<Vec<_>>();
        let ids: Vec<_> = floor.iter().map(|seat| seat.id.clone()).collect();
        let acd = Distribution::new((0..queues).map(rules).collect(), floor);
        let mut busy = Busy { acd, now: Mono::ZERO, talks: BTreeMap::new(), entered: 0, queues };
        ids.into_iter().for_each(|seat| busy.input(Input::Reachable(seat)));
        (0..waiting + seats).for_each(|_| busy.enter());
        assert_eq!(u32::try_from(busy.talks.len()), Ok(seats), "every seat talks");
        busy
    }

    /// Every third needs English, at one of five levels.
    fn enter(&mut self) {
        self.entered += 1;
        let queue = format!("queue{:02}", self.entered % self.queues);
        let level = u8::try_from(1 + self.entered / 3 % 5).expect("a digit");
        let skills =
            if self.entered.is_multiple_of(3) { vec![("inglese".into(), level)] } else { Vec::new() };
        let needs = Needs { skills: skills.into_iter().collect(), waivers: Vec::new() };
        let call = super::call(self.entered);
        self.input(Input::Enter(Entering { needs, ..Entering::new(call, queue.as_str().into()) }));
    }

    fn input(&mut self, input: Input) {
        self.now = self.now + Duration::from_millis(1);
        self.acd.handle_input(self.now, input);
        while let Some(action) = self.acd.poll_action() {
            if let Action::Ring { seat, call, .. } = action {
                self.talks.insert(seat.clone(), call);
                self.acd.handle_input(self.now, Input::Answered(seat, call));
            }
        }
    }

    /// What is looked at when a talk ends, the seat is rung for the next and somebody else enters.
    fn visits_of_a_decision(mut self) -> u64 {
        let (before, times) = (self.acd.visits(), 200);
        for _ in 0..times {
            let Some((seat, call)) = self.talks.pop_first() else { break };
            self.input(Input::TalkEnded(seat, call));
            self.enter();
        }
        (self.acd.visits() - before) / times
    }
}

#[test]
fn what_a_decision_looks_at_grows_no_faster_than_n_log_n() {
    let n_log_n = |n: u32| f64::from(n) * f64::from(n).log2();
    let counted =
        [100, 1_000, 10_000].map(|waiting| (waiting, Busy::new((waiting, 20, 5)).visits_of_a_decision()));
    for [(few, less), (many, more)] in [[counted[0], counted[1]], [counted[1], counted[2]]] {
        let (less, more) = (u32::try_from(less).expect("few"), u32::try_from(more).expect("few"));
        let (grows, may) = (f64::from(more) / f64::from(less.max(1)), n_log_n(many) / n_log_n(few));
        assert!(grows <= may, "{less} with {few} waiting, {more} with {many}: {grows} times, {may} at most");
    }
    let (fewest, most) = (counted[0].1, counted[2].1);
    assert!(most <= fewest * 2, "it does not grow with those who wait at all: {counted:?}");
}

#[test]
fn what_a_decision_looks_at_grows_with_the_queues_of_a_seat_and_not_with_seats() {
    let counted = [(10_000, 17, 5), (10_000, 500, 5), (10_000, 500, 50)]
        .map(|floor| Busy::new(floor).visits_of_a_decision());
    assert!(counted[1] <= counted[0] * 2 && counted[2] <= counted[1] * 20, "{counted:?}");
}
