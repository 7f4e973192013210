//! Spreading reads over replicas.

use rand_pcg::Pcg32;

use super::policy::{Policy, ReadPolicy};
use crate::engine::chance;
use crate::engine::ids::NodeId;
use crate::order::OrderedMap;

/// Whose turn it is.
#[derive(Clone, Debug)]
pub struct Spread {
    turn: usize,
    /// What each replica is owed, where weights differ.
    owed: OrderedMap<NodeId, i64>,
    random: Pcg32,
}

impl Spread {
    /// A spread that begins with the first replica.
    #[must_use]
    pub fn new(random: Pcg32) -> Spread {
        Spread { turn: 0, owed: OrderedMap::new(), random }
    }

    /// The replica that takes the next read, out of these with their lags.
    pub fn next(&mut self, fit: &[(NodeId, u64)], policy: &Policy) -> Option<NodeId> {
        let weighted = fit.iter().any(|(node, _)| policy.weight(*node) != 1);
        match policy.reads {
            _ if fit.is_empty() => {
                self.turn = self.turn.wrapping_add(1);
                None
            }
            ReadPolicy::LeastLag => fit.iter().min_by_key(|(_, lag_us)| *lag_us).map(|(node, _)| *node),
            ReadPolicy::Random => {
                let total = fit.iter().map(|(node, _)| u64::from(policy.weight(*node))).sum();
                let mut at = chance::below(total, &mut self.random);
                fit.iter().map(|(node, _)| *node).find(|node| {
                    let weight = u64::from(policy.weight(*node));
                    let here = at < weight;
                    at = at.saturating_sub(weight);
                    here
                })
            }
            ReadPolicy::RoundRobin | ReadPolicy::Primary if weighted => self.weighted(fit, policy),
            ReadPolicy::RoundRobin | ReadPolicy::Primary => {
                self.turn = self.turn.wrapping_add(1);
                fit.get(self.turn % fit.len()).map(|(node, _)| *node)
            }
        }
    }

    /// Smooth weighted round robin, as nginx has it: everybody is owed its weight, and who is owed most pays for all. So
    /// weights of 5 and 1 do not make five turns in a row.
    fn weighted(&mut self, fit: &[(NodeId, u64)], policy: &Policy) -> Option<NodeId> {
        self.owed.retain(|node, _| fit.iter().any(|(other, _)| other == node));
        let mut total = 0;
        for (node, _) in fit {
            let weight = i64::from(policy.weight(*node));
            *self.owed.entry(*node).or_default() += weight;
            total += weight;
        }
        // Of several that are owed as much the first one.
        let next = self.owed.iter().rev().max_by_key(|(_, owed)| **owed).map(|(node, _)| *node)?;
        *self.owed.entry(next).or_default() -= total;
        Some(next)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn turns(policy: &Policy, nodes: &[u8], count: usize) -> Vec<u8> {
        let mut spread = Spread::new(Pcg32::new(1, 1));
        let fit: Vec<(NodeId, u64)> = nodes.iter().map(|node| (NodeId(*node), 100 - u64::from(*node))).collect();
        (0..count).filter_map(|_| spread.next(&fit, policy)).map(|node| node.0).collect()
    }

    #[test]
    fn weights_give_each_replica_its_share_in_turn_and_at_random() {
        let weights = OrderedMap::from([(NodeId(1), 3), (NodeId(2), 1)]);
        let policy = Policy { weights, ..Policy::default() };
        assert_eq!(turns(&policy, &[1, 2], 8), [1, 1, 2, 1, 1, 1, 2, 1]);
        let random = Policy { reads: ReadPolicy::Random, ..policy };
        let ones = turns(&random, &[1, 2], 4_000).into_iter().filter(|node| *node == 1).count();
        assert!((2_850..3_150).contains(&ones), "{ones}");
    }

    #[test]
    fn without_weights_each_has_its_turn_and_the_least_lag_wins_where_it_counts() {
        assert_eq!(turns(&Policy::default(), &[1, 2, 3], 4), [2, 3, 1, 2]);
        let least = Policy { reads: ReadPolicy::LeastLag, ..Policy::default() };
        assert_eq!(turns(&least, &[1, 2, 3], 2), [3, 3]);
        assert!(turns(&Policy::default(), &[], 2).is_empty());
    }
}
