//! What each server does in a time, counted from the trace.

use std::collections::VecDeque;

use crate::engine::ids::NodeId;
use crate::engine::time::SimTime;
use crate::engine::trace::What;
use crate::order::OrderedMap;

/// The time that is counted together, in microseconds.
const BUCKET_US: u64 = 100_000;
/// The buckets that are kept: the last five seconds.
pub const BUCKETS: usize = 50;
/// The buckets of a second.
const SECOND: usize = 10;

/// What a server did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Reads that it answered, of the workload's kind.
    pub reads: u32,
    /// Transactions of clients that it logged.
    pub writes: u32,
    /// Transactions of its upstream that it applied.
    pub applied: u32,
}

impl Work {
    fn add(&mut self, other: Work) {
        self.reads += other.reads;
        self.writes += other.writes;
        self.applied += other.applied;
    }
}

/// What every server did of late, by tenths of a second.
#[derive(Clone, Debug, Default)]
pub struct Throughput {
    /// The number of the newest bucket.
    newest: u64,
    servers: OrderedMap<NodeId, VecDeque<Work>>,
}

impl Throughput {
    /// Takes note of an event.
    pub fn note(&mut self, at: SimTime, what: &What) {
        let one = Work::default();
        let (node, work) = match what {
            What::ReadDone { node, .. } => (*node, Work { reads: 1, ..one }),
            What::Logged { node, .. } => (*node, Work { writes: 1, ..one }),
            What::Applied { node, transactions, .. } => (*node, Work { applied: *transactions, ..one }),
            What::Relogged { node, .. } => (*node, Work { applied: 1, ..one }),
            _ => return,
        };
        self.pass(at);
        let buckets = self.servers.entry(node).or_insert_with(|| VecDeque::from([Work::default()]));
        if let Some(bucket) = buckets.back_mut() {
            bucket.add(work);
        }
    }

    /// Time has passed: what lies too far back is forgotten.
    pub fn pass(&mut self, now: SimTime) {
        let newest = now.0 / BUCKET_US;
        let ahead = usize::try_from(newest.saturating_sub(self.newest)).unwrap_or(BUCKETS).min(BUCKETS + 1);
        self.newest = self.newest.max(newest);
        for buckets in self.servers.values_mut() {
            buckets.extend(std::iter::repeat_n(Work::default(), ahead));
            let old = buckets.len().saturating_sub(BUCKETS + 1);
            buckets.drain(..old);
        }
    }

    /// What a server did in each whole tenth of a second, oldest first; the one that is under way is left out.
    #[must_use]
    pub fn of(&self, node: NodeId) -> Vec<Work> {
        let Some(buckets) = self.servers.get(&node) else { return Vec::new() };
        buckets.iter().take(buckets.len().saturating_sub(1)).copied().collect()
    }

    /// What a server did in the last whole second.
    #[must_use]
    pub fn last_second(&self, node: NodeId) -> Work {
        let mut sum = Work::default();
        self.of(node).iter().rev().take(SECOND).for_each(|work| sum.add(*work));
        sum
    }
}
