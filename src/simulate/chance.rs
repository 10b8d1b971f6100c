//! Chance that is the same for everybody who asks the same: common random numbers.
//!
//! What befalls a caller depends on the seed, the replication, who it is and what is asked, and on nothing that has been drawn before.
//! So two variants of a service meet the very same callers, who come at the same moments with the same patience, and what differs
//! between the two is what was changed.

/// A source of draws; [`Chance::of`] gives one for each thing that is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chance(u64);

impl Chance {
    /// Everything that one replication draws.
    pub(super) fn new(seed: u64, replication: u32) -> Chance {
        Chance(mix(seed)).of(u64::from(replication))
    }

    /// What is drawn for this.
    pub(super) fn of(self, what: u64) -> Chance {
        Chance(mix(self.0 ^ mix(what.wrapping_add(0x9e37_79b9_7f4a_7c15))))
    }

    /// What is drawn for something with a name (FNV-1a).
    pub(super) fn named(self, name: &str) -> Chance {
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        self.of(name.bytes().fold(0xcbf2_9ce4_8422_2325, step))
    }

    /// From 0 to less than 1, all alike.
    pub(super) fn share(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are what an f64 holds")]
        let bits = (self.0 >> 11) as f64;
        bits / 9_007_199_254_740_992.0
    }

    /// A number, all alike.
    pub(super) fn number(self) -> u64 {
        self.0
    }
}

/// The finisher of SplitMix64 (Steele, Lea and Flood, 2014): bits that differ little become bits that have nothing in common.
fn mix(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_spread_evenly_and_repeat() {
        let draws: Vec<f64> = (0..10_000).map(|n| Chance::new(7, 1).of(n).share()).collect();
        let mean = draws.iter().sum::<f64>() / 10_000.0;
        let square = draws.iter().map(|draw| draw * draw).sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.01 && (square - 1.0 / 3.0).abs() < 0.01, "{mean} {square}");
        assert!(draws.iter().all(|draw| (0.0..1.0).contains(draw)));
        assert_eq!(Chance::new(7, 1).named("menu"), Chance::new(7, 1).named("menu"));
        assert_ne!(Chance::new(7, 1).named("menu"), Chance::new(8, 1).named("menu"));
    }
}
