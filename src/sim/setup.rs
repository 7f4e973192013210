//! What a run begins with.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use crate::engine::failover::{FailoverSetup, SynchronousMode, Tags};
use crate::engine::flavor::Flavor;
pub use crate::engine::proxy::{CausalReads, ReadPolicy};

/// The cluster, its network, its clients and its seed, validated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// Which system's names, defaults and rules apply.
    pub flavor: Flavor,
    /// Drives every random choice of the run.
    pub seed: u64,
    /// SQL that every node has run before the first instant; `kv` is always there beside it.
    pub schema: String,
    /// Cluster-wide settings by name, as text (`synchronous_commit` = `on`).
    pub settings: Vec<(Arc<str>, Arc<str>)>,
    /// The servers; the first is the initial primary. At most [`Setup::MAX_NODES`].
    pub nodes: Vec<NodeSetup>,
    /// What links are like unless said otherwise.
    pub network: LinkShape,
    /// Links that differ.
    pub links: Vec<LinkSetup>,
    /// How failover is decided.
    pub failover: FailoverSetup,
    /// The proxy; `None` and clients connect by driver.
    pub proxy: Option<ProxySetup>,
    /// The applications.
    pub clients: Vec<ClientSetup>,
}

impl Setup {
    /// The most servers a cluster may have.
    pub const MAX_NODES: usize = 9;
    /// The most clients.
    pub const MAX_CLIENTS: usize = 16;
}

/// One server.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NodeSetup {
    /// Its name, and its `application_name` towards its upstream.
    pub name: Arc<str>,
    /// Whom it replicates from; `None` is the primary.
    pub upstream: Option<Arc<str>>,
    /// Its disk and its applier.
    pub disk: DiskSetup,
    /// Settings of this node alone, by name.
    pub settings: Vec<(Arc<str>, Arc<str>)>,
    /// What the failover manager may do with it.
    #[serde(default)]
    pub tags: Tags,
}

/// A node's disk and its applier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DiskSetup {
    /// How long one fsync takes, in microseconds.
    pub fsync_us: u64,
    /// Transactions that the node applies in a second, as a replica; `None` is as fast as it can.
    pub apply_rate: Option<u32>,
    /// Room for log, in bytes; `None` is enough.
    pub size_bytes: Option<u64>,
}

impl Default for DiskSetup {
    fn default() -> Self {
        DiskSetup { fsync_us: 1_000, apply_rate: None, size_bytes: None }
    }
}

/// What a link is like, one way. What is `None` stays as it is (in a command) or as the network says (in a set-up).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LinkShape {
    /// One-way latency in microseconds.
    pub latency_us: Option<u64>,
    /// Up to this is added at random, in microseconds.
    pub jitter_us: Option<u64>,
    /// Bytes per second; 0 is unlimited.
    pub bandwidth: Option<u64>,
    /// Packets lost per million: each costs a retransmission time-out.
    pub loss_ppm: Option<u32>,
}

impl LinkShape {
    /// The network of a set-up that names none: 2 ms and half a millisecond of jitter.
    pub const DEFAULT: LinkShape =
        LinkShape { latency_us: Some(2_000), jitter_us: Some(500), bandwidth: Some(0), loss_ppm: Some(0) };
}

/// A link that differs from the network's rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LinkSetup {
    /// Its two ends by name.
    pub between: (Arc<str>, Arc<str>),
    /// How it differs.
    pub shape: LinkShape,
}

/// The proxy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ProxySetup {
    /// Where reads go.
    pub read_policy: ReadPolicy,
    /// Replicas further behind than this get no reads, in microseconds.
    pub max_replication_lag_us: Option<u64>,
    /// How sessions are kept causal.
    pub causal_reads: CausalReads,
}

/// An application.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClientSetup {
    /// Its name.
    pub name: Arc<str>,
    /// A connection string of its own driver; `None` is through the proxy, or to all nodes where there is none.
    pub connect: Option<Arc<str>>,
    /// How its sessions are kept causal, where it has a driver of its own.
    pub causal_reads: CausalReads,
    /// Single-row upserts on `kv`, each a transaction.
    pub writes_per_second: u32,
    /// Single-row reads by key.
    pub reads_per_second: u32,
    /// How many keys the workload uses.
    pub keys: u32,
    /// Settings that its sessions begin with, by name, as `ALTER ROLE … SET` gives them to a PostgreSQL user.
    #[serde(default)]
    pub settings: Vec<(Arc<str>, Arc<str>)>,
}
