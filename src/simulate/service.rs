//! What a day runs on: the configuration, flows and sounds of the exchange, fitted to the day's seats.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::phones::EXCHANGE;
use super::scenario::{Duty, Scenario};
use crate::acd::{AfterTalk, SeatRules, Serving};
use crate::config::{Config, Gateway, Seat, Secret};
use crate::flow::Flow;
use crate::ids::{FlowId, QueueId, SeatId};
use crate::media::library::SoundLibrary;
use crate::sip::{Link, Transport};

/// Whoever sits there answers by then: nobody misses a call.
pub(super) const LATEST_ANSWER: Duration = Duration::from_secs(10);
/// So no phone rings for less.
const SHORTEST_RING: Duration = Duration::from_secs(11);
/// A wrap-up ends when its operator says so, and never by itself.
const LONGEST_WRAP_UP: Duration = Duration::from_secs(7_200);

/// See the module.
#[derive(Clone, Debug)]
pub struct Service {
    /// Checked configuration.
    pub config: Arc<Config>,
    /// Compiled flows.
    pub flows: BTreeMap<FlowId, Arc<Flow>>,
    /// Every sound.
    pub sounds: Arc<SoundLibrary>,
}

impl Service {
    /// The flow that this number leads to.
    pub fn flow_of(&self, number: &str) -> Option<&Arc<Flow>> {
        self.flows.get(&self.config.numbers.get(number)?.flow)
    }

    /// The same with the seats of a day and no others. Nothing is recorded, no phone is asked whether it is there, rings last until
    /// they are answered, and wrap-ups as long as the day says.
    pub(super) fn fitted(&self, day: &Scenario) -> Service {
        let mut config = (*self.config).clone();
        config.engine.presence_every = Duration::ZERO;
        for (id, queue) in &mut config.queues {
            queue.record = false;
            queue.rules.ring_for = queue.rules.ring_for.max(SHORTEST_RING);
            queue.rules.after_talk = AfterTalk::default();
            let has_wrap_up = day.manner_in(id).wrap_up.is_some();
            queue.rules.wrap_up = if has_wrap_up { LONGEST_WRAP_UP } else { Duration::ZERO };
        }
        let every: Vec<QueueId> = config.queues.keys().cloned().collect();
        let known = std::mem::take(&mut config.seats);
        for duty in &day.duties {
            let seat = known.get(&duty.seat).filter(|_| duty.is_known).cloned();
            let mut seat = seat.unwrap_or_else(|| made(duty, &every));
            seat.rules.auto_login = false;
            config.seats.insert(duty.seat.clone(), seat);
        }
        let (phones, _) = trunk_of(&config);
        for trunk in &mut config.trunks {
            let link = Link { transport: Transport::Udp, local: EXCHANGE, remote: (phones, 5060).into() };
            trunk.outgoing.get_or_insert_with(gateway).link = Some(link);
        }
        Service { config: Arc::new(config), flows: self.flows.clone(), sounds: self.sounds.clone() }
    }
}

/// An address of the first trunk, from which all citizens call, and its name.
pub(super) fn trunk_of(config: &Config) -> (IpAddr, Arc<str>) {
    let first = config.trunks.first();
    let address = first.and_then(|trunk| trunk.from.first()?.hosts().next());
    let name = first.map_or_else(|| Arc::from("trunk"), |trunk| trunk.name.clone());
    (address.unwrap_or(EXCHANGE.ip()), name)
}

fn made(duty: &Duty, every: &[QueueId]) -> Seat {
    let serves = if duty.queues.is_empty() { every } else { &duty.queues };
    // A queue that only the other of two compared configurations has is served there.
    let serves = serves.iter().filter(|queue| every.contains(queue));
    let queues = serves.map(|queue| (queue.clone(), Serving::default())).collect();
    Seat {
        password: Secret::new(password_of(&duty.seat)),
        extension: None,
        rules: SeatRules { queues, ..SeatRules::plain(duty.seat.clone()) },
        location: None,
        supervisor: false,
        may_call: std::collections::BTreeSet::new(),
    }
}

fn password_of(seat: &SeatId) -> String {
    format!("simulated-{seat}")
}

/// A way out for call-backs, where the configuration has none.
fn gateway() -> Gateway {
    Gateway {
        host: "simulated".to_owned(),
        port: 5060,
        transport: Transport::Udp,
        link: None,
        number: "+390550000000".to_owned(),
        display: None,
        credentials: None,
        prefixes: Vec::new(),
        dials_national: false,
        record: false,
        emergency: false,
    }
}
