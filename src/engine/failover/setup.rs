//! The manager's settings, under Patroni's names.

use serde::{Deserialize, Serialize};

use crate::engine::time::SECOND_US;

/// How failover is decided.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FailoverSetup {
    /// Whether the manager acts by itself.
    pub automatic: bool,
    /// How long a lease holds, in microseconds.
    pub ttl_us: u64,
    /// Between two rounds of an agent, in microseconds.
    pub loop_wait_us: u64,
    /// How long an agent tries to reach the store, in microseconds.
    pub retry_timeout_us: u64,
    /// A replica further behind than this is no candidate, in bytes. PostgreSQL only: bytes of one MySQL server's log
    /// say nothing about another's.
    pub maximum_lag_on_failover: u64,
    /// Patroni's `synchronous_mode`.
    pub synchronous_mode: SynchronousMode,
    /// Whether commits wait even when no standby is there to be synchronous.
    #[serde(default)]
    pub synchronous_mode_strict: bool,
    /// How many standbys are synchronous.
    #[serde(default = "one")]
    pub synchronous_node_count: u32,
    /// Whether a primary goes on without the store as long as it reaches every member.
    #[serde(default)]
    pub failsafe_mode: bool,
    /// How long a primary that died may take to start again before its lease is given up, in microseconds.
    #[serde(default = "primary_start_timeout_us")]
    pub primary_start_timeout_us: u64,
    /// How long a primary may wait for its standbys when it stops, in microseconds; 0 is a minute here.
    #[serde(default)]
    pub primary_stop_timeout_us: u64,
    /// Whether a former primary whose log went past the fork is rewound without asking.
    #[serde(default)]
    pub use_pg_rewind: bool,
    /// Whether the old primary is powered off before a promotion.
    pub fencing: bool,
    /// Whether the other replicas are re-pointed after a promotion.
    pub repoint: bool,
}

fn one() -> u32 {
    1
}

fn primary_start_timeout_us() -> u64 {
    300 * SECOND_US
}

impl Default for FailoverSetup {
    /// Manual, with Patroni's defaults (30 s, 10 s, 10 s, 1 MiB, 300 s).
    fn default() -> Self {
        FailoverSetup {
            automatic: false,
            ttl_us: 30 * SECOND_US,
            loop_wait_us: 10 * SECOND_US,
            retry_timeout_us: 10 * SECOND_US,
            maximum_lag_on_failover: 1_048_576,
            synchronous_mode: SynchronousMode::Off,
            synchronous_mode_strict: false,
            synchronous_node_count: 1,
            failsafe_mode: false,
            primary_start_timeout_us: primary_start_timeout_us(),
            primary_stop_timeout_us: 0,
            use_pg_rewind: false,
            fencing: true,
            repoint: true,
        }
    }
}

impl FailoverSetup {
    /// A machine whose watchdog was not told for so long is powered off, in microseconds. Patroni's watchdog fires
    /// `safety_margin` before the lease ends: by default 5 of 30 seconds.
    #[must_use]
    pub fn watchdog_us(&self) -> u64 {
        let alive_us = self.loop_wait_us.saturating_add(self.retry_timeout_us);
        (self.ttl_us - self.ttl_us / 6).max(alive_us).min(self.ttl_us)
    }
}

/// Patroni's `synchronous_mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SynchronousMode {
    /// Any healthy replica may be promoted.
    #[default]
    Off,
    /// Only a synchronous standby may.
    On,
    /// Only a member of the quorum may, when it sees enough of the others.
    Quorum,
}

/// Patroni's tags of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tags {
    /// Never to be promoted by the manager.
    pub nofailover: bool,
    /// Among equals the higher is promoted; 0 is as `nofailover`.
    pub failover_priority: u32,
}

impl Default for Tags {
    fn default() -> Self {
        Tags { nofailover: false, failover_priority: 1 }
    }
}

impl Tags {
    /// Whether the member may be promoted.
    #[must_use]
    pub fn may_lead(self) -> bool {
        !self.nofailover && self.failover_priority > 0
    }
}
