//! The network between phones and exchange: late, lossy, repetitive, and the same in every run of a seed.

use std::time::Duration;

use rand::{Rng, RngExt};

/// How the network treats datagrams.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    /// Shortest delay.
    pub(crate) least: Duration,
    /// Longest delay; packets overtake each other.
    pub(crate) most: Duration,
    /// Share lost, in 1/1000.
    pub(crate) lost: u32,
    /// Share that comes twice, in 1/1000.
    pub(crate) doubled: u32,
}

impl Weather {
    /// A room with cables.
    pub(crate) const CALM: Weather =
        Weather { least: Duration::from_millis(1), most: Duration::from_millis(2), lost: 0, doubled: 0 };

    /// Operators at home, citizens on trains.
    pub(crate) const STORMY: Weather =
        Weather { least: Duration::from_millis(1), most: Duration::from_millis(60), lost: 40, doubled: 40 };

    /// The delays after which this datagram comes: none when it is lost, two when it is doubled.
    pub(crate) fn fate(&self, chance: &mut impl Rng) -> Vec<Duration> {
        let roll = chance.random_range(0..1000);
        let copies = if roll < self.lost {
            0
        } else if roll < self.lost + self.doubled {
            2
        } else {
            1
        };
        (0..copies).map(|_| chance.random_range(self.least..=self.most)).collect()
    }
}
