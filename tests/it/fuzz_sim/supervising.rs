//! Supervisors of the random histories: anybody at any seat, at any moment.

use centralino::engine::{Command, MonitorAct, MonitorOrder};
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
    /// By command, by the code, or by a key, which whoever is no supervisor presses in vain.
    pub(super) fn supervise(&mut self) {
        let Some(from) = self.some(&self.seats.clone()) else { return };
        let seat = self.sim.chance.random_range(1..=self.figures.seats);
        match self.sim.chance.random_range(0..4) {
            0 => {
                let key = ["1", "2", "3", "4"][self.sim.chance.random_range(0..4)];
                self.sim.press(from, key);
            }
            1 if self.sim.line(from) == Line::Free => {
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
