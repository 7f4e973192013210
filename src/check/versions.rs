//! The versions of a `kv` row, and their order.

use super::branches::{Branches, Place};
use super::moment::Moment;
use crate::engine::ids::TxnId;
use crate::engine::time::SimTime;

/// One value that a `kv` row had, has, or has somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// The value.
    pub value: i64,
    /// Whose write it is.
    pub txn: TxnId,
    /// Where it is in the tree of histories.
    pub place: Place,
    /// When its client sent it.
    pub submitted: SimTime,
    /// When it entered the log.
    pub logged: Moment,
    /// When its client was told of success.
    pub acknowledged: Option<Moment>,
}

/// What the order of versions goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rank {
    /// Where it is in the tree of histories.
    pub place: Place,
    /// When its client sent it.
    pub submitted: SimTime,
    /// When it entered the log.
    pub logged: SimTime,
}

impl Rank {
    /// The row as it was before all writes.
    pub const INITIAL: Rank = Rank { place: Place::START, submitted: SimTime::ZERO, logged: SimTime::ZERO };

    /// Whether `self` is an older version than `other`. Within one history that is the order of the log. Where neither
    /// history includes the other (after a failover that lost writes, or with two primaries at once), it is the order of
    /// real time: older is what was in a log before the other was even sent; else neither is older.
    #[must_use]
    pub fn precedes(&self, other: &Rank, branches: &Branches) -> bool {
        if self.place.branch == other.place.branch {
            self.place.end < other.place.end
        } else if branches.includes(other.place, self.place) {
            true
        } else if branches.includes(self.place, other.place) {
            false
        } else {
            self.logged < other.submitted
        }
    }
}

impl From<&Version> for Rank {
    fn from(version: &Version) -> Rank {
        Rank { place: version.place, submitted: version.submitted, logged: version.logged.at }
    }
}
