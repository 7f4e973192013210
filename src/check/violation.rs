//! Broken promises: what, when, whose, and which events prove it.

use std::fmt;

use serde::{Serialize, Serializer};

use super::names::Names;
use crate::engine::ids::{NodeId, SessionId, TxnId};
use crate::engine::log::{Lsn, Timeline};
use crate::engine::time::SimTime;
use crate::order::Arrange;

/// The kinds of violation, as reports name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An acknowledged write is not in the primary's log.
    LostWrite,
    /// A read misses a write that had been acknowledged before the read was sent.
    StaleRead,
    /// A session does not see what it wrote itself.
    ReadYourWrites,
    /// A session sees an older state than it saw before.
    MonotonicReads,
    /// A session's write is in a history that lacks an earlier write of the session.
    MonotonicWrites,
    /// A session's write is in a history that lacks what the session had read before.
    WritesFollowReads,
    /// No order of the operations on a key explains what they returned.
    Linearizability,
    /// Two servers take writes as primaries at once.
    SplitBrain,
    /// Servers with the same log applied hold different data.
    Divergence,
}

impl Kind {
    /// Every kind, in the order of reports.
    pub const ALL: [Kind; 9] = [
        Kind::LostWrite,
        Kind::StaleRead,
        Kind::ReadYourWrites,
        Kind::MonotonicReads,
        Kind::MonotonicWrites,
        Kind::WritesFollowReads,
        Kind::Linearizability,
        Kind::SplitBrain,
        Kind::Divergence,
    ];

    /// The kind of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::LostWrite => "lost_write",
            Kind::StaleRead => "stale_read",
            Kind::ReadYourWrites => "read_your_writes",
            Kind::MonotonicReads => "monotonic_reads",
            Kind::MonotonicWrites => "monotonic_writes",
            Kind::WritesFollowReads => "writes_follow_reads",
            Kind::Linearizability => "linearizability",
            Kind::SplitBrain => "split_brain",
            Kind::Divergence => "divergence",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A read as violations tell of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadSeen {
    /// The key of the `kv` row.
    pub key: i64,
    /// What it returned; `None` when it found no row.
    pub value: Option<i64>,
    /// The server that answered.
    pub node: NodeId,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// [`Kind::LostWrite`].
    LostWrite {
        /// The write.
        txn: TxnId,
        /// Key and value, when it is one upsert of `kv`.
        kv: Option<(i64, i64)>,
        /// When its client was told of success.
        acknowledged: SimTime,
        /// The primary whose log lacks it.
        primary: NodeId,
        /// That primary's timeline.
        timeline: Timeline,
    },
    /// [`Kind::StaleRead`].
    StaleRead {
        /// The read.
        read: ReadSeen,
        /// The value that had been acknowledged: of all that the read misses, the one acknowledged first.
        missed: i64,
        /// From that acknowledgement until the read was sent, in microseconds.
        age_us: u64,
    },
    /// [`Kind::ReadYourWrites`].
    ReadYourWrites {
        /// The read.
        read: ReadSeen,
        /// What the session itself had written.
        wrote: i64,
        /// When that was acknowledged.
        acknowledged: SimTime,
    },
    /// [`Kind::MonotonicReads`].
    MonotonicReads {
        /// The read.
        read: ReadSeen,
        /// What the session had read before.
        before: i64,
        /// When it had read that.
        read_at: SimTime,
    },
    /// [`Kind::MonotonicWrites`].
    MonotonicWrites {
        /// The write that went in.
        txn: TxnId,
        /// The session's earlier write, which is missing there.
        earlier: TxnId,
        /// When the earlier write was acknowledged.
        acknowledged: SimTime,
    },
    /// [`Kind::WritesFollowReads`].
    WritesFollowReads {
        /// The write that went in.
        txn: TxnId,
        /// The key that the session had read.
        key: i64,
        /// The value that it had read, which is missing there.
        value: i64,
        /// When it had read it.
        read_at: SimTime,
    },
    /// [`Kind::Linearizability`].
    Linearizability {
        /// The key.
        key: i64,
        /// When an operation returned that contradicts others.
        returned: SimTime,
    },
    /// [`Kind::SplitBrain`].
    SplitBrain {
        /// The one that took writes first, and its timeline.
        first: (NodeId, Timeline),
        /// The other, and its timeline.
        second: (NodeId, Timeline),
    },
    /// [`Kind::Divergence`].
    Divergence {
        /// Two servers that differ.
        nodes: (NodeId, NodeId),
        /// The end of the log that both have applied.
        position: Lsn,
        /// The timeline of that position.
        timeline: Timeline,
    },
}

impl Finding {
    /// Which kind it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Finding::LostWrite { .. } => Kind::LostWrite,
            Finding::StaleRead { .. } => Kind::StaleRead,
            Finding::ReadYourWrites { .. } => Kind::ReadYourWrites,
            Finding::MonotonicReads { .. } => Kind::MonotonicReads,
            Finding::MonotonicWrites { .. } => Kind::MonotonicWrites,
            Finding::WritesFollowReads { .. } => Kind::WritesFollowReads,
            Finding::Linearizability { .. } => Kind::Linearizability,
            Finding::SplitBrain { .. } => Kind::SplitBrain,
            Finding::Divergence { .. } => Kind::Divergence,
        }
    }
}

/// A broken promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violation {
    /// When it became true.
    pub at: SimTime,
    /// Whose promise it was; `None` when it is the cluster's.
    pub session: Option<SessionId>,
    /// What was found.
    pub finding: Finding,
    /// The trace numbers of the events that prove it, oldest first.
    pub events: Events,
}

impl Violation {
    /// Which kind it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.finding.kind()
    }

    /// One plain sentence about it.
    #[must_use]
    pub fn detail(&self, names: &dyn Names) -> String {
        let who = self.session.map_or_else(|| "A session".to_owned(), |s| names.session(s));
        match self.finding {
            Finding::LostWrite { txn, kv, acknowledged, primary, timeline } => format!(
                "{}{} was acknowledged at {}, but it is not in the log of {}, the primary on timeline {timeline}.",
                names.txn(txn),
                kv.map_or_else(String::new, |(key, value)| format!(" (kv {key} = {value})")),
                seconds(acknowledged),
                names.node(primary),
            ),
            Finding::StaleRead { read, missed, age_us } => format!(
                "A read of kv {} on {} {}, although {missed} had been acknowledged {} before the read was sent.",
                read.key,
                names.node(read.node),
                returned(read.value),
                millis(age_us),
            ),
            Finding::ReadYourWrites { read, wrote, acknowledged } => format!(
                "{who} read kv {} on {}, which {}, although its own write of {wrote} had been acknowledged at {}.",
                read.key,
                names.node(read.node),
                returned(read.value),
                seconds(acknowledged),
            ),
            Finding::MonotonicReads { read, before, read_at } => format!(
                "{who} read kv {} on {}, which {}, after it had read the newer {before} at {}.",
                read.key,
                names.node(read.node),
                returned(read.value),
                seconds(read_at),
            ),
            Finding::MonotonicWrites { txn, earlier, acknowledged } => format!(
                "{} went into a history that lacks the session's earlier write #{}, acknowledged at {}.",
                names.txn(txn),
                earlier.number,
                seconds(acknowledged),
            ),
            Finding::WritesFollowReads { txn, key, value, read_at } => format!(
                "{} went into a history that lacks {value} of kv {key}, which the session had read at {}.",
                names.txn(txn),
                seconds(read_at),
            ),
            Finding::Linearizability { key, returned } => format!(
                "No order of the operations on kv {key} explains what they returned: the one that returned at {} \
                 contradicts others.",
                seconds(returned)
            ),
            Finding::SplitBrain { first, second } => format!(
                "{} on timeline {} and {} on timeline {} both take writes as primaries.",
                names.node(first.0),
                first.1,
                names.node(second.0),
                second.1,
            ),
            Finding::Divergence { nodes, position, timeline } => format!(
                "{} and {} hold different data, although both have applied the log up to {position} on timeline {timeline}.",
                names.node(nodes.0),
                names.node(nodes.1),
            ),
        }
    }
}

fn returned(value: Option<i64>) -> String {
    value.map_or_else(|| "found no row".to_owned(), |value| format!("returned {value}"))
}

/// `4.171 s`.
fn seconds(at: SimTime) -> String {
    format!("{}.{:03} s", at.0 / 1_000_000, at.0 % 1_000_000 / 1_000)
}

/// `35.2 ms`.
fn millis(us: u64) -> String {
    format!("{}.{} ms", us / 1_000, us % 1_000 / 100)
}

/// At most four trace numbers, ascending and each once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Events {
    numbers: [u64; 4],
    len: u8,
}

impl Events {
    /// Those of `numbers` that are there. More than four are cut to the first four.
    #[must_use]
    pub fn new(numbers: impl IntoIterator<Item = Option<u64>>) -> Events {
        let mut events = Events::default();
        for number in numbers.into_iter().flatten() {
            let held = usize::from(events.len);
            if held < events.numbers.len() && !events.as_slice().contains(&number) {
                events.numbers[held] = number;
                events.len += 1;
            }
        }
        events.numbers[..usize::from(events.len)].arrange();
        events
    }

    /// The numbers.
    #[must_use]
    pub fn as_slice(&self) -> &[u64] {
        &self.numbers[..usize::from(self.len)]
    }
}

impl Serialize for Events {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.as_slice())
    }
}
