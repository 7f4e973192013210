//! Statistics of reads.

use super::latencies::Latencies;
use crate::engine::ids::NodeId;

/// Counts of reads. A read is a client transaction that only reads.
#[derive(Clone, Debug, Default)]
pub struct Reads {
    /// Finished, whatever came of them.
    pub total: u64,
    /// Those that an error or a lost connection ended.
    pub failed: u64,
    /// Reads of a key that missed a write acknowledged before they were sent.
    pub stale: u64,
    /// How old what the stale ones missed was.
    pub staleness: Latencies,
    /// From the client's sending to its receipt, of reads of keys.
    pub latency: Latencies,
    /// Reads of keys that could not be judged, because the judges' memory did not reach.
    pub unjudged: u64,
    by_node: Vec<u64>,
}

impl Reads {
    /// A read was answered by `node`, where that is known.
    pub(super) fn answered(&mut self, node: Option<NodeId>) {
        self.total += 1;
        if let Some(node) = node {
            let index = usize::from(node.0);
            if index >= self.by_node.len() {
                self.by_node.resize(index + 1, 0);
            }
            self.by_node[index] += 1;
        }
    }

    /// A read failed.
    pub(super) fn failed(&mut self) {
        self.total += 1;
        self.failed += 1;
    }

    /// How many reads a server answered.
    #[must_use]
    pub fn by_node(&self, node: NodeId) -> u64 {
        self.by_node.get(usize::from(node.0)).copied().unwrap_or(0)
    }
}
