//! How reads are spread, what keeps a session causal, and what connections there may be.

use serde::{Deserialize, Serialize};

use crate::engine::ids::NodeId;
use crate::engine::time::SECOND_US;
use crate::order::OrderedMap;

/// Where the proxy sends reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadPolicy {
    /// Each replica in turn, by their weights.
    #[default]
    RoundRobin,
    /// Any replica, by their weights: ProxySQL's `weight` of a server and Pgpool-II's `backend_weight` work so.
    Random,
    /// The replica with the least lag at the last health check: Pgpool-II's `prefer_lower_delay_standby`, MaxScale's
    /// `slave_selection_criteria = LEAST_BEHIND_MASTER`.
    LeastLag,
    /// The primary.
    Primary,
}

/// What is done so that a session reads what it wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CausalReads {
    /// Nothing: MaxScale's `causal_reads = none`, Pgpool-II's `disable_load_balance_on_write = 'off'`.
    #[default]
    None,
    /// Reads go to the primary for a while after a write, as applications do by hand (Rails' `DatabaseSelector` with its
    /// `delay`). It guesses the lag, and is wrong when a replica lags longer.
    PrimaryAfterWrite {
        /// For how long, in microseconds.
        window_us: u64,
    },
    /// A session that has written stays on the primary (Pgpool-II's `disable_load_balance_on_write = 'always'`); one that
    /// has not stays on one replica (Pgpool-II without `statement_level_load_balance`).
    Sticky,
    /// Reads wait on the replica until it has the session's last write, and go to the primary when that takes too long:
    /// MaxScale's `causal_reads = local` with `causal_reads_timeout`; by hand `WAIT FOR LSN` of PostgreSQL 19, MySQL's
    /// `WAIT_FOR_EXECUTED_GTID_SET`. With a time-out of 0 nothing waits: a replica that is known to have the write answers,
    /// else the primary does (MaxScale's `causal_reads = fast`, ProxySQL's `gtid_from_hostgroup`).
    WaitForLsn {
        /// After this the read goes to the primary, in microseconds.
        timeout_us: u64,
    },
}

/// Where a read goes when no replica is fit for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoReplica {
    /// To the primary: MaxScale does so, and Connector/J with `readFromSourceWhenNoReplicas = true`.
    #[default]
    Primary,
    /// Nowhere: it waits for a replica, and then fails; ProxySQL with an empty reader hostgroup.
    Error,
}

/// All that a router goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Where reads go.
    pub reads: ReadPolicy,
    /// How sessions are kept causal.
    pub causal: CausalReads,
    /// Replicas further behind than this get no reads, in microseconds.
    pub max_lag_us: Option<u64>,
    /// How much of the reads a replica gets, relative to the others; 1 for those that are not named.
    pub weights: OrderedMap<NodeId, u32>,
    /// Where reads go when no replica is fit.
    pub no_replica: NoReplica,
    /// The most connections to one server; `None` gives every session connections of its own.
    pub max_connections: Option<u32>,
    /// How long a statement waits for a server, or for a connection to it, in microseconds.
    pub query_wait_us: u64,
    /// Whether a read that lost its server is tried again.
    pub retry_reads: bool,
    /// Between two health checks of a server, in microseconds.
    pub check_every_us: u64,
    /// A health check that is not answered by then has failed, in microseconds.
    pub check_timeout_us: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            reads: ReadPolicy::default(),
            causal: CausalReads::default(),
            max_lag_us: None,
            weights: OrderedMap::new(),
            no_replica: NoReplica::default(),
            max_connections: None,
            query_wait_us: 2 * SECOND_US,
            retry_reads: true,
            check_every_us: SECOND_US,
            check_timeout_us: SECOND_US,
        }
    }
}

impl Policy {
    /// The weight of a replica.
    #[must_use]
    pub fn weight(&self, node: NodeId) -> u32 {
        self.weights.get(&node).copied().unwrap_or(1)
    }
}
