//! Which keys a workload uses, and how often each: without floating point.

use std::sync::Arc;

use rand_pcg::Pcg32;
use serde::{Deserialize, Serialize};

use crate::engine::chance;

/// How often each key is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyDistribution {
    /// All alike.
    #[default]
    Uniform,
    /// Zipf's law with exponent 1: the key k is used 1/k as often as the key 1.
    Zipf,
}

/// The weight of key 1. The weights of a million keys sum up to less than 2³².
const SCALE: u32 = 1 << 27;

/// Draws keys from 1 on.
#[derive(Clone, Debug)]
pub enum Keys {
    /// All alike.
    Uniform(u32),
    /// The sums of the weights up to each key. Shared, since checkpoints clone it.
    Zipf(Arc<[u32]>),
}

impl Keys {
    /// So many keys.
    #[must_use]
    pub fn new(count: u32, distribution: KeyDistribution) -> Keys {
        let count = count.max(1);
        match distribution {
            KeyDistribution::Uniform => Keys::Uniform(count),
            KeyDistribution::Zipf => {
                let mut sum = 0_u32;
                let sums = (1..=count).map(|key| {
                    sum = sum.saturating_add((SCALE / key).max(1));
                    sum
                });
                Keys::Zipf(sums.collect())
            }
        }
    }

    /// The next key.
    pub fn draw(&self, random: &mut Pcg32) -> i64 {
        match self {
            Keys::Uniform(count) => 1 + chance::below(u64::from(*count), random) as i64,
            Keys::Zipf(sums) => {
                let total = sums.last().copied().unwrap_or(1);
                let at = chance::below(u64::from(total), random);
                1 + sums.partition_point(|sum| u64::from(*sum) <= at) as i64
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zipf_uses_the_second_key_half_as_often_as_the_first() {
        let (keys, mut random) = (Keys::new(1_000, KeyDistribution::Zipf), Pcg32::new(1, 1));
        let mut counts = [0_u32; 1_001];
        for _ in 0..100_000 {
            counts[keys.draw(&mut random) as usize] += 1;
        }
        assert_eq!(counts[0], 0);
        // 1 / H(1000) = 13.36 % of all, and 1 / k of that.
        assert!((13_000..13_700).contains(&counts[1]), "{}", counts[1]);
        assert!((6_400..6_950).contains(&counts[2]), "{}", counts[2]);
        assert!((1_200..1_480).contains(&counts[10]), "{}", counts[10]);
        let all = Keys::new(1_000_000, KeyDistribution::Zipf);
        assert!((1..=1_000_000).contains(&all.draw(&mut random)));
    }
}
