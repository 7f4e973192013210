//! How reads are spread, and what keeps a session causal.

use serde::{Deserialize, Serialize};

/// Where the proxy sends reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadPolicy {
    /// Each replica in turn.
    #[default]
    RoundRobin,
    /// Any replica.
    Random,
    /// The replica with the least lag at the last health check.
    LeastLag,
    /// The primary.
    Primary,
}

/// What is done so that a session reads what it wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CausalReads {
    /// Nothing.
    #[default]
    None,
    /// Reads go to the primary for a while after a write.
    PrimaryAfterWrite {
        /// For how long, in microseconds.
        window_us: u64,
    },
    /// A session that has written stays on the primary; others stay on one replica.
    Sticky,
    /// Reads wait on the replica until it has the session's last write.
    WaitForLsn {
        /// After this the read goes to the primary, in microseconds.
        timeout_us: u64,
    },
}
