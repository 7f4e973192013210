//! What a run begins with.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use crate::engine::client::{KeyDistribution, Retry};
pub use crate::engine::failover::{FailoverSetup, SynchronousMode, Tags};
use crate::engine::flavor::Flavor;
use crate::engine::ids::NodeId;
pub use crate::engine::node::Cpu;
use crate::engine::proxy::Policy;
pub use crate::engine::proxy::{CausalReads, NoReplica, ReadPolicy};

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
    /// Its processors; `None` are as many and as fast as it takes.
    #[serde(default)]
    pub cpu: Option<Cpu>,
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
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct ProxySetup {
    /// Where reads go.
    pub read_policy: ReadPolicy,
    /// How much of the reads replicas get, relative to the others, by name; 1 for those that are not named.
    pub weights: Vec<(Arc<str>, u32)>,
    /// Replicas further behind than this get no reads, in microseconds.
    pub max_replication_lag_us: Option<u64>,
    /// Where reads go when no replica is fit.
    pub no_replica: NoReplica,
    /// How sessions are kept causal.
    pub causal_reads: CausalReads,
    /// The most connections to one server; `None` gives every session connections of its own.
    pub max_connections: Option<u32>,
    /// How long a statement waits for a server or a connection, in microseconds.
    pub query_wait_timeout_us: u64,
    /// Whether a read that lost its server is tried again.
    pub retry_failed_reads: bool,
    /// Between two health checks of a server, in microseconds.
    pub check_interval_us: u64,
    /// A health check that is not answered by then has failed, in microseconds.
    pub check_timeout_us: u64,
}

impl Default for ProxySetup {
    fn default() -> Self {
        let policy = Policy::default();
        ProxySetup {
            read_policy: policy.reads,
            weights: Vec::new(),
            max_replication_lag_us: policy.max_lag_us,
            no_replica: policy.no_replica,
            causal_reads: policy.causal,
            max_connections: policy.max_connections,
            query_wait_timeout_us: policy.query_wait_us,
            retry_failed_reads: policy.retry_reads,
            check_interval_us: policy.check_every_us,
            check_timeout_us: policy.check_timeout_us,
        }
    }
}

impl ProxySetup {
    /// What the router goes by, where the servers have these names.
    #[must_use]
    pub fn policy(&self, names: &[Arc<str>]) -> Policy {
        let node = |name: &Arc<str>| names.iter().rposition(|other| other == name).map(|index| NodeId(index as u8));
        Policy {
            reads: self.read_policy,
            causal: self.causal_reads,
            max_lag_us: self.max_replication_lag_us,
            weights: self.weights.iter().filter_map(|(name, weight)| Some((node(name)?, *weight))).collect(),
            no_replica: self.no_replica,
            max_connections: self.max_connections,
            query_wait_us: self.query_wait_timeout_us,
            retry_reads: self.retry_failed_reads,
            check_every_us: self.check_interval_us,
            check_timeout_us: self.check_timeout_us,
        }
    }
}

/// How the proxy's settings change while it runs; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct ProxyChange {
    /// Where reads go.
    pub read_policy: Option<ReadPolicy>,
    /// The weights, all of them.
    pub weights: Option<Vec<(Arc<str>, u32)>>,
    /// Replicas further behind than this get no reads, in microseconds; 0 lifts the limit.
    pub max_replication_lag_us: Option<u64>,
    /// Where reads go when no replica is fit.
    pub no_replica: Option<NoReplica>,
    /// How sessions are kept causal.
    pub causal_reads: Option<CausalReads>,
    /// The most connections to one server; 0 lifts the limit.
    pub max_connections: Option<u32>,
}

impl ProxyChange {
    /// Makes the change.
    pub fn apply(&self, proxy: &mut ProxySetup) {
        proxy.read_policy = self.read_policy.unwrap_or(proxy.read_policy);
        proxy.no_replica = self.no_replica.unwrap_or(proxy.no_replica);
        proxy.causal_reads = self.causal_reads.unwrap_or(proxy.causal_reads);
        if let Some(weights) = &self.weights {
            proxy.weights.clone_from(weights);
        }
        if let Some(us) = self.max_replication_lag_us {
            proxy.max_replication_lag_us = Some(us).filter(|us| *us > 0);
        }
        if let Some(most) = self.max_connections {
            proxy.max_connections = Some(most).filter(|most| *most > 0);
        }
    }
}

/// An application.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ClientSetup {
    /// Its name.
    pub name: Arc<str>,
    /// A connection string of its own driver; `None` is through the proxy, or to all nodes where there is none.
    pub connect: Option<Arc<str>>,
    /// Where a driver of its own sends reads; `None` is to the primary, or in turn to the replicas where `causal_reads` is
    /// asked for.
    #[serde(default)]
    pub read_policy: Option<ReadPolicy>,
    /// How its sessions are kept causal, where it has a driver of its own that splits reads.
    pub causal_reads: CausalReads,
    /// Single-row upserts on `kv`, each a transaction.
    pub writes_per_second: u32,
    /// Single-row reads by key.
    pub reads_per_second: u32,
    /// How many keys the workload uses.
    pub keys: u32,
    /// How often each of them is used.
    #[serde(default)]
    pub key_distribution: KeyDistribution,
    /// Sessions that it opens at most, for statements that arrive at their rates.
    #[serde(default = "default_connections")]
    pub connections: u16,
    /// Sessions that each go on with the next statement when the last one is answered; then the rates are the ratio of
    /// writes and reads. 0: statements arrive at their rates, whatever becomes of them.
    #[serde(default)]
    pub sessions: u16,
    /// How long such a session pauses in between, in microseconds.
    #[serde(default)]
    pub think_time_us: u64,
    /// Upserts in one transaction.
    #[serde(default = "one")]
    pub statements_per_transaction: u32,
    /// Whether a session reads the key that it has just written.
    #[serde(default)]
    pub read_back: bool,
    /// What is tried again after an error.
    #[serde(default)]
    pub retry: Retry,
    /// How long it waits before it tries again, doubled each time, in microseconds.
    #[serde(default = "default_backoff_us")]
    pub retry_backoff_us: u64,
    /// Settings that its sessions begin with, by name, as `ALTER ROLE … SET` gives them to a PostgreSQL user.
    #[serde(default)]
    pub settings: Vec<(Arc<str>, Arc<str>)>,
}

fn default_connections() -> u16 {
    ClientSetup::default().connections
}

fn one() -> u32 {
    1
}

fn default_backoff_us() -> u64 {
    ClientSetup::default().retry_backoff_us
}

impl Default for ClientSetup {
    /// A client without a name that does nothing by itself.
    fn default() -> Self {
        ClientSetup {
            name: "".into(),
            connect: None,
            read_policy: None,
            causal_reads: CausalReads::None,
            writes_per_second: 0,
            reads_per_second: 0,
            keys: 100,
            key_distribution: KeyDistribution::default(),
            connections: 32,
            sessions: 0,
            think_time_us: 0,
            statements_per_transaction: 1,
            read_back: false,
            retry: Retry::default(),
            retry_backoff_us: 100_000,
            settings: Vec::new(),
        }
    }
}

impl ClientSetup {
    /// Whether a driver of its own splits reads from writes.
    #[must_use]
    pub fn splits_reads(&self) -> bool {
        self.policy().reads != ReadPolicy::Primary
    }

    /// What a driver of its own goes by, where it splits reads.
    #[must_use]
    pub fn policy(&self) -> Policy {
        let unsaid = match self.causal_reads {
            CausalReads::None => ReadPolicy::Primary,
            _ => ReadPolicy::RoundRobin,
        };
        let (reads, causal) = (self.read_policy.unwrap_or(unsaid), self.causal_reads);
        Policy { reads, causal, ..Policy::default() }
    }
}
