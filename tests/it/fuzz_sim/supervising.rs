//! Supervisors of the random histories: anybody at any seat, at any moment.

use centralino::engine::{
    Coding, CodingOrder, Command, MonitorAct, MonitorOrder, SkillsOrder, WaitingAct, WaitingOrder,
};
use centralino::ids::{CallId, QueueId};
use centralino::switches::{Closing, Scope, Switch};
use centralino::words::Watching;
use rand::RngExt;

use super::History;
use crate::sim::phone::Line;

const ACTS: [MonitorAct; 5] = [
    MonitorAct::Watch(Watching::Listens),
    MonitorAct::Watch(Watching::Whispers),
    MonitorAct::Watch(Watching::JoinsIn),
    MonitorAct::TakeOver,
    MonitorAct::End,
];

impl History {
    /// Of anybody who waits: into another queue, further on or back, to some seat; or a queue is closed or opened.
    fn change_wait(&mut self) {
        let queues: Vec<QueueId> = self.sim.config().queues.keys().cloned().collect();
        let queue = queues[self.sim.chance.random_range(0..queues.len())].clone();
        let states = self.sim.engine().distribution().queues();
        let waiting: Vec<CallId> =
            states.flat_map(|state| state.waiting).map(|waiting| waiting.call).collect();
        let act = match self.sim.chance.random_range(0..8) {
            0 => return self.turn_queue(queue),
            1..3 => WaitingAct::Move(queue),
            3..5 => WaitingAct::Advance(self.sim.chance.random_range(-3..=3)),
            _ => WaitingAct::Take(format!("seat{:02}", self.sim.chance.random_range(1..=self.figures.seats))),
        };
        if waiting.is_empty() {
            return;
        }
        let call = waiting[self.sim.chance.random_range(0..waiting.len())];
        self.sim.command(Command::Waiting(WaitingOrder::Change { call, act, by: None, why: None }));
    }

    /// Opened more often than closed: most refusals say that it is open.
    fn turn_queue(&mut self, queue: QueueId) {
        let scope = Scope::Queue(queue);
        let switch = match self.sim.chance.random_range(0..3) {
            0 => Switch::Close(Closing { scope, ..Closing::default() }),
            _ => Switch::Open { scope, by: None, reason: None },
        };
        self.sim.command(Command::Switch(switch));
    }

    /// The contact that a seat has, or had last: with an outcome, or a note alone.
    fn code(&mut self, seat: &str) {
        let outcome = self.sim.chance.random_bool(0.7).then(|| "risolto".to_owned());
        let coding = Coding { outcome, note: Some("prova".to_owned()), ..Coding::default() };
        self.sim.command(Command::Coding(CodingOrder::Seat(seat.into(), coding)));
    }

    /// What somebody knows is more from now on, or less, or what the configuration says.
    fn tell_skills(&mut self, seat: usize) {
        let reset = self.sim.chance.random_bool(0.3);
        let level = self.sim.chance.random_range(0..=3);
        let set = if reset { Default::default() } else { [("inglese".into(), level)].into() };
        let order = SkillsOrder { set, reset, ..SkillsOrder::default() };
        self.sim.command(Command::Skills(format!("seat{seat:02}").as_str().into(), order));
    }

    /// By command, by the code, or by a key, which whoever is no supervisor presses in vain.
    pub(super) fn supervise(&mut self) {
        let Some(from) = self.some(&self.seats.clone()) else { return };
        let seat = self.sim.chance.random_range(1..=self.figures.seats);
        match self.sim.chance.random_range(0..9) {
            8 => self.code(&format!("seat{seat:02}")),
            7 => self.tell_skills(seat),
            0 => {
                let key = ["1", "2", "3", "4"][self.sim.chance.random_range(0..4)];
                self.sim.press(from, key);
            }
            1..4 => self.change_wait(),
            4 if self.sim.line(from) == Line::Free => {
                self.sim.with_phone(from, |phone, now| phone.dial(now, &format!("*8{}", 200 + seat)));
            }
            _ => {
                let act = ACTS[self.sim.chance.random_range(0..ACTS.len())];
                let from = self.sim.phones[&from].name.to_string();
                let order = MonitorOrder { seat: format!("seat{seat:02}"), from, act, why: None };
                self.sim.command(Command::Monitor(order));
            }
        }
    }
}
