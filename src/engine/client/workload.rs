//! What an application does by itself.

use serde::{Deserialize, Serialize};

use super::keys::KeyDistribution;
use crate::engine::storage::SqlError;

/// What an application does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Transactions a second that write.
    pub writes_per_second: u32,
    /// Single-row reads a second.
    pub reads_per_second: u32,
    /// Keys it uses: 1 up to this.
    pub keys: u32,
    /// How often it uses each.
    pub distribution: KeyDistribution,
    /// Sessions it opens at most, for statements that arrive at their rates.
    pub connections: u16,
    /// Sessions that go on when they are answered; the rates are the ratio of writes and reads then. 0 is none.
    pub sessions: u16,
    /// How long these pause in between, in microseconds.
    pub think_time_us: u64,
    /// Upserts in one transaction.
    pub statements_per_transaction: u32,
    /// Whether a session reads the key that it has just written.
    pub read_back: bool,
    /// What is tried again after an error.
    pub retry: Retry,
    /// The pause before the first new attempt, doubled each time, in microseconds.
    pub retry_backoff_us: u64,
}

/// What an application tries again after an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    /// Nothing.
    #[default]
    Never,
    /// Reads.
    Reads,
    /// Reads, and writes that surely did not happen: those that could not be sent, or that the server undid.
    Safe,
}

impl Retry {
    /// New attempts after the first one.
    pub const ATTEMPTS: u32 = 5;

    /// Whether a transaction that ended with this error is tried again.
    #[must_use]
    pub fn again(self, writes: bool, error: &SqlError) -> bool {
        match (self, writes) {
            (Retry::Never, _) | (Retry::Reads, true) => false,
            (Retry::Reads | Retry::Safe, false) => true,
            (Retry::Safe, true) => did_not_happen(error),
        }
    }
}

/// Whether a transaction that ended with this error did not happen, and may well happen another time: no connection, a
/// server that starts, stops or takes no writes, a deadlock, a lock that was not to be had in time.
fn did_not_happen(error: &SqlError) -> bool {
    matches!(error.code, "08001" | "08003" | "08P01" | "57P01" | "57P03" | "25006" | "40001" | "40P01" | "55P03")
        || matches!(error.number, 1205 | 1213 | 1290 | 1836 | 2003 | 2006 | 9001)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn a_write_without_a_verdict_is_never_tried_again() {
        let lost = SqlError::new("08006", "server closed the connection unexpectedly");
        let refused = SqlError::new("08001", "could not connect to server");
        assert!(!Retry::Safe.again(true, &lost));
        assert!(Retry::Safe.again(true, &refused));
        assert!(Retry::Safe.again(false, &lost) && Retry::Reads.again(false, &lost));
        assert!(!Retry::Reads.again(true, &refused) && !Retry::Never.again(false, &refused));
    }
}
