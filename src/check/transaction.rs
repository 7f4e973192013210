//! A session's transaction under way.

use super::moment::Moment;
use super::write::Write;
use crate::engine::ids::TxnId;

/// A session's transaction: its stations as a write, which it may turn out not to be, and its reads.
#[derive(Clone, Debug)]
pub(super) struct Transaction {
    /// The stations so far.
    pub write: Write,
    /// Whether it is counted as a write.
    pub writes: bool,
    /// Whether the client has its verdict.
    pub done: bool,
    /// When its newest statement was sent.
    pub sent: Moment,
    /// Whether it was counted as a read.
    pub counted_as_read: bool,
    /// Its version of a key: the register and the version's number there.
    pub version: Option<(u32, u64)>,
}

impl Transaction {
    /// One whose first statement was just sent.
    pub fn new(txn: TxnId, sent: Moment) -> Transaction {
        Transaction {
            write: Write::new(txn, sent),
            writes: false,
            done: false,
            sent,
            counted_as_read: false,
            version: None,
        }
    }
}
