//! All that users and faults do to a run. A run is its set-up, its seed and its commands.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::setup::{LinkShape, NodeSetup, ProxyChange};

/// Who runs a statement that was typed or scheduled.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Console {
    /// A client's console session, through that client's proxy or driver.
    Client(Arc<str>),
    /// A session straight to this node.
    On(Arc<str>),
}

/// The two ends of a link, by name: nodes, clients, `proxy`, `store`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Between(pub Arc<str>, pub Arc<str>);

/// One thing done to the running cluster. Names are those of the set-up.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Run SQL, one message.
    Sql { console: Console, sql: Arc<str> },
    /// Cut a link, both ways or only from the first to the second.
    Partition { between: Between, one_way: bool },
    /// Cut every link of an actor.
    Isolate { who: Arc<str> },
    /// Mend a link; `None` mends all.
    Heal { between: Option<Between> },
    /// The machine dies: what was not flushed is lost.
    Crash { node: Arc<str> },
    /// The server process dies: what was handed to the operating system survives.
    Kill { node: Arc<str> },
    /// Start a dead server (and its machine).
    Restart { node: Arc<str> },
    /// Freeze a machine.
    Pause { node: Arc<str> },
    /// Let a frozen machine go on.
    Resume { node: Arc<str> },
    /// Stop applying on a replica (`pg_wal_replay_pause()`, `STOP REPLICA SQL_THREAD`).
    PauseReplay { node: Arc<str> },
    /// Go on applying.
    ResumeReplay { node: Arc<str> },
    /// Make a replica the primary, whatever the old one does.
    Promote { node: Arc<str> },
    /// Hand the primary's role to a replica without loss.
    Switchover { node: Arc<str> },
    /// Make a replica follow another upstream.
    Repoint { node: Arc<str>, upstream: Arc<str> },
    /// Close the connections between two actors; both ends learn of it.
    Disconnect { between: Between },
    /// Change a node's fsync time, in microseconds.
    SlowDisk { node: Arc<str>, fsync_us: u64 },
    /// Change how many transactions a replica can apply in a second; `None` is as fast as it can.
    ApplyRate { node: Arc<str>, per_second: Option<u32> },
    /// Fill a node's disk (or free it): nothing more can be written.
    FullDisk { node: Arc<str>, full: bool },
    /// Give a node's disk another size: room for log, in bytes; `None` is enough.
    DiskSize { node: Arc<str>, size_bytes: Option<u64> },
    /// Change a link.
    Link { between: Between, shape: LinkShape },
    /// Change settings, cluster-wide or on one node, by name; as `ALTER SYSTEM` and a reload.
    Set { settings: Vec<(Arc<str>, Arc<str>)>, on: Option<Arc<str>> },
    /// Cancel what a client's sessions wait for.
    Cancel { client: Arc<str> },
    /// Change a client's workload.
    Workload { client: Arc<str>, writes_per_second: u32, reads_per_second: u32 },
    /// Change the proxy's settings while it runs.
    Proxy { change: Box<ProxyChange> },
    /// Add a replica, made from a base backup of its upstream (the primary, if not named).
    AddNode { node: Box<NodeSetup> },
    /// Take a node away for good.
    RemoveNode { node: Arc<str> },
    /// Bring a former primary back by `pg_rewind`.
    Rewind { node: Arc<str> },
    /// Bring a node back from a new copy of the primary.
    Reclone { node: Arc<str> },
    /// Take a base backup of the upstream onto this node.
    BaseBackup { node: Arc<str> },
}
