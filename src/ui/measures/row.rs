//! One row of measures.

use crate::engine::ids::NodeId;
use crate::engine::time::SimTime;
use crate::sim::view::{Behind, Lag};

/// The lowest and the highest of what was measured. Longer than 71 minutes or more than 4.3 GB count as that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The lowest.
    pub low: u32,
    /// The highest.
    pub high: u32,
}

impl Range {
    /// One value.
    #[must_use]
    pub fn of(value: u64) -> Range {
        let value = u32::try_from(value).unwrap_or(u32::MAX);
        Range { low: value, high: value }
    }

    fn merged(one: Option<Range>, other: Option<Range>) -> Option<Range> {
        match (one, other) {
            (Some(a), Some(b)) => Some(Range { low: a.low.min(b.low), high: a.high.max(b.high) }),
            (a, b) => a.or(b),
        }
    }
}

/// How far a server was behind: bytes and microseconds for what it had not written, flushed and applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerLag {
    /// The server.
    pub node: NodeId,
    /// Bytes of log, by station.
    pub bytes: [Option<Range>; 3],
    /// The age of the oldest commit that is missing, by station, in microseconds.
    pub age_us: [Option<Range>; 3],
}

impl From<Lag> for ServerLag {
    fn from(lag: Lag) -> Self {
        let of = |value: fn(Behind) -> u64| lag.stations.map(|station| station.map(value).map(Range::of));
        ServerLag { node: lag.node, bytes: of(|behind| behind.bytes), age_us: of(|behind| behind.age_us) }
    }
}

/// What was measured of a stretch of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// When the stretch began.
    pub from: SimTime,
    /// When it ended: lag was measured then, in a row that was made of others in each of them.
    pub at: SimTime,
    /// The servers whose lag could be measured.
    pub servers: Vec<ServerLag>,
    /// From sending a write to the arrival of its acknowledgement, in microseconds: the median, the 95th and the 99th
    /// percentile of those that arrived in the last second; `None` where none did.
    pub latency_us: [Option<Range>; 3],
    /// Writes that were acknowledged in the stretch.
    pub commits: u32,
    /// Reads that were answered in it.
    pub reads: u32,
}

impl ServerLag {
    /// Adds a later look at a server to those before it.
    pub fn merge_into(self, known: &mut Vec<ServerLag>) {
        match known.iter_mut().find(|one| one.node == self.node) {
            None => known.push(self),
            Some(one) => {
                for station in 0..3 {
                    one.bytes[station] = Range::merged(one.bytes[station], self.bytes[station]);
                    one.age_us[station] = Range::merged(one.age_us[station], self.age_us[station]);
                }
            }
        }
    }
}

impl Row {
    /// The same with a later row of the same kind: both together.
    pub fn merge(&mut self, later: &Row) {
        self.at = later.at;
        later.servers.iter().for_each(|lag| lag.merge_into(&mut self.servers));
        for (mine, theirs) in self.latency_us.iter_mut().zip(later.latency_us) {
            *mine = Range::merged(*mine, theirs);
        }
        self.commits = self.commits.saturating_add(later.commits);
        self.reads = self.reads.saturating_add(later.reads);
    }
}
