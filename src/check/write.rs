//! One write and its stations.

use std::sync::Arc;

use super::branches::Place;
use super::moment::Moment;
use crate::engine::ids::{NodeId, TxnId};
use crate::engine::log::{Lsn, Timeline};

/// What a client was told about its write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Nothing yet.
    Pending,
    /// Success, perhaps with a warning.
    Acknowledged,
    /// An error.
    Failed,
    /// It was sent, and the connection ended without a verdict.
    Indeterminate,
}

/// What became of a write, as things stand: fates are judged anew whenever a server becomes the primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Its client waits.
    Pending,
    /// Its client got an error.
    Failed,
    /// Its client never learned the outcome.
    Indeterminate {
        /// Whether it is in the log of the current primary.
        took_effect: bool,
    },
    /// Acknowledged, and in the log of the current primary.
    Survived,
    /// Acknowledged, and not in the log of the current primary.
    Lost,
}

impl Fate {
    /// One word for lists and filters.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Fate::Pending => "pending",
            Fate::Failed => "failed",
            Fate::Indeterminate { .. } => "indeterminate",
            Fate::Survived => "survived",
            Fate::Lost => "lost",
        }
    }
}

/// Where a write entered the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logged {
    /// The event.
    pub moment: Moment,
    /// The server.
    pub node: NodeId,
    /// Its timeline then.
    pub timeline: Timeline,
    /// The first byte of its records.
    pub start: Lsn,
    /// The end of its records, and the history that they are part of.
    pub place: Place,
}

/// One client transaction that changes data, with the stations of its way up to its client's verdict. What happened to
/// its log records on each server is found by [`crate::check::Judges::journey`].
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    /// Which transaction.
    pub txn: TxnId,
    /// Key and value, when it is one upsert of `kv`.
    pub kv: Option<(i64, i64)>,
    /// Row changes and DDL statements, once it is logged.
    pub changes: u32,
    /// The client sent its first statement.
    pub submitted: Moment,
    /// The proxy or driver chose this server for its last statement.
    pub routed: Option<(Moment, NodeId)>,
    /// Its last statement ran on the primary's working database.
    pub executed: Option<Moment>,
    /// Its records entered the log.
    pub logged: Option<Logged>,
    /// It began to wait for standbys.
    pub waited: Option<Moment>,
    /// The standbys' positions, or a cancellation, ended its wait.
    pub released: Option<Moment>,
    /// Other sessions on the primary see it.
    pub visible: Option<Moment>,
    /// The client got its verdict.
    pub finished: Option<Moment>,
    /// The verdict.
    pub outcome: Outcome,
    /// The warning, error or reason that came with the verdict.
    pub reason: Option<Arc<str>>,
    /// Whether a MySQL replica executed it on its own: an errant transaction, which that server has and its source not.
    pub errant: bool,
    /// Whether it was lost when it was last judged.
    pub(super) lost: bool,
    /// Whether its loss was reported; it is reported once, even if it comes back and is lost again.
    pub(super) reported: bool,
}

impl Write {
    /// A write that has just been submitted.
    #[must_use]
    pub(super) fn new(txn: TxnId, submitted: Moment) -> Write {
        Write {
            txn,
            kv: None,
            changes: 0,
            submitted,
            routed: None,
            executed: None,
            logged: None,
            waited: None,
            released: None,
            visible: None,
            finished: None,
            outcome: Outcome::Pending,
            reason: None,
            errant: false,
            lost: false,
            reported: false,
        }
    }

    /// Where it is in the tree of histories, once it is logged.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        self.logged.map(|logged| logged.place)
    }
}
