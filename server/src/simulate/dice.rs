//! Chance for the simulation: the same seed throws the same numbers.
//!
//! Promises: no other source of chance in this folder. Leaves to others: what is thrown for.

/// A SplitMix64 generator: fast, and any seed is as good as any other.
#[derive(Clone, Debug)]
pub(super) struct Dice {
    state: u64,
}

impl Dice {
    /// The dice of one schedule: schedules of one seed are independent of each other and of the order they run in.
    pub(super) fn of_schedule(seed: u64, schedule: u64) -> Self {
        let mut dice = Self { state: seed ^ 0x5249_4e47_4252_4944 };
        dice.state = dice.bits() ^ schedule.wrapping_mul(0xd1b5_4a32_d192_ed03);
        dice
    }

    /// 64 bits.
    pub(super) const fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// A number below `bound`, which is not 0.
    pub(super) const fn below(&mut self, bound: u64) -> u64 {
        self.bits() % bound
    }

    /// Milliseconds between two bounds.
    pub(super) const fn between(&mut self, low: i64, high: i64) -> i64 {
        low + (self.bits() % (high - low + 1).unsigned_abs()).cast_signed()
    }

    /// Once in `n`.
    pub(super) const fn once_in(&mut self, n: u64) -> bool {
        self.bits().is_multiple_of(n)
    }
}

/// Spreads a number over all 64 bits.
pub(super) const fn mix(number: u64) -> u64 {
    let mut z = number;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
