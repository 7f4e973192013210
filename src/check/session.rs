//! One session's promises: what it wrote, what it read, and what it may therefore expect.

use std::sync::Arc;

use super::branches::{Branches, Place};
use super::moment::Moment;
use super::registers::Seen;
use super::transaction::Transaction;
use super::versions::{Rank, Version};
use super::violation::{Finding, ReadSeen};
use crate::engine::ids::TxnId;

/// A version that the session wrote or read.
#[derive(Clone, Copy, Debug)]
struct Mark {
    rank: Rank,
    value: i64,
    /// When the write was acknowledged, or the read came back.
    moment: Moment,
}

/// What the session knows of one key.
#[derive(Clone, Copy, Debug)]
struct KeyMarks {
    register: u32,
    /// Its newest acknowledged write.
    wrote: Option<Mark>,
    /// The newest version that it read.
    read: Option<Mark>,
}

/// What the session has read, so that its writes must come after it. One read stands for all that its history includes;
/// when it turns out to be missing, that is reported once, and the earlier ones are forgotten with it.
#[derive(Clone, Copy, Debug)]
struct Frontier {
    place: Place,
    key: i64,
    value: i64,
    moment: Moment,
}

/// A broken promise and the event that the session had learned the other state from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// What was found.
    pub finding: Finding,
    /// The earlier write's acknowledgement, or the earlier read.
    pub before: Moment,
}

/// One session: the transaction under way, and the four guarantees that Terry et al. name ("Session Guarantees for Weakly
/// Consistent Replicated Data", 1994). Reads are judged per key of `kv`; writes by the history that they went into.
///
/// Bounds: the newest 512 keys or so (a key that shares a slot with another pushes it out), and four histories that were
/// read from; what is forgotten is not judged.
#[derive(Clone, Debug, Default)]
pub(super) struct Session {
    /// The transaction under way, or the last one.
    pub transaction: Option<Transaction>,
    last_write: Option<(Place, TxnId, Moment)>,
    frontier: Vec<Frontier>,
    keys: Arc<Vec<Option<KeyMarks>>>,
}

/// The most slots for keys, a power of two.
const KEY_SLOTS: usize = 512;
/// The most histories that a session's reads are remembered from.
const HISTORIES: usize = 4;

impl Session {
    /// What it holds that an earlier or later one does not, in bytes.
    pub fn bytes_beside(&self, other: Option<&Session>) -> u64 {
        let shared = other.is_some_and(|other| Arc::ptr_eq(&self.keys, &other.keys));
        let keys = if shared { 0 } else { size_of_val(&self.keys[..]) };
        (keys + size_of::<Session>()) as u64
    }

    fn key(&mut self, register: u32) -> &mut KeyMarks {
        let fresh = KeyMarks { register, wrote: None, read: None };
        let keys = Arc::make_mut(&mut self.keys);
        loop {
            let mask = keys.len().wrapping_sub(1);
            let slot = register as usize & mask;
            let taken = keys.get(slot).is_none_or(|k| k.is_some_and(|k| k.register != register));
            if !taken || keys.len() >= KEY_SLOTS {
                let marks = keys[slot].get_or_insert(fresh);
                if marks.register != register {
                    *marks = fresh;
                }
                return marks;
            }
            // Twice the slots; the marks that are there move to theirs.
            let mut larger = vec![None; (keys.len() * 2).max(8)];
            let larger_mask = larger.len() - 1;
            for marks in keys.iter().flatten() {
                larger[marks.register as usize & larger_mask] = Some(*marks);
            }
            *keys = larger;
        }
    }

    /// A read came back. Reports what it breaks; nothing is said of an answer so late that its version was dropped.
    pub fn read(
        &mut self,
        register: u32,
        read: ReadSeen,
        seen: &Seen,
        (sent, done): (Moment, Moment),
        branches: &Branches,
        mut report: impl FnMut(Broken),
    ) {
        if seen.forgotten {
            return;
        }
        let marks = self.key(register);
        if let Some(own) = marks.wrote.filter(|own| own.moment < sent && seen.rank.precedes(&own.rank, branches)) {
            let finding = Finding::ReadYourWrites { read, wrote: own.value, acknowledged: own.moment.at };
            report(Broken { finding, before: own.moment });
        }
        let backwards =
            marks.read.filter(|earlier| earlier.moment < sent && seen.rank.precedes(&earlier.rank, branches));
        if let Some(earlier) = backwards {
            let finding = Finding::MonotonicReads { read, before: earlier.value, read_at: earlier.moment.at };
            report(Broken { finding, before: earlier.moment });
        }
        if let Some(version) = seen.version {
            if backwards.is_none() {
                marks.read = Some(Mark { rank: seen.rank, value: version.value, moment: done });
            }
            let place = version.place;
            self.advance(Frontier { place, key: read.key, value: version.value, moment: done }, branches);
        }
    }

    fn advance(&mut self, new: Frontier, branches: &Branches) {
        if self.frontier.iter().any(|old| branches.includes(old.place, new.place)) {
            return;
        }
        self.frontier.retain(|old| !branches.includes(new.place, old.place));
        if self.frontier.len() >= HISTORIES {
            self.frontier.remove(0);
        }
        self.frontier.push(new);
    }

    /// A write that is at `place` was acknowledged. Reports what it breaks.
    pub fn wrote(
        &mut self,
        txn: TxnId,
        place: Place,
        acknowledged: Moment,
        branches: &Branches,
        mut report: impl FnMut(Broken),
    ) {
        if let Some((_, earlier, moment)) = self.last_write.filter(|(last, ..)| !branches.includes(place, *last)) {
            let finding = Finding::MonotonicWrites { txn, earlier, acknowledged: moment.at };
            report(Broken { finding, before: moment });
        }
        self.last_write = Some((place, txn, acknowledged));
        self.frontier.retain(|seen| {
            let follows = branches.includes(place, seen.place);
            if !follows {
                let Frontier { key, value, moment, .. } = *seen;
                let finding = Finding::WritesFollowReads { txn, key, value, read_at: moment.at };
                report(Broken { finding, before: moment });
            }
            follows
        });
    }

    /// The session's acknowledged write is `version` of a key.
    pub fn wrote_key(&mut self, register: u32, version: &Version, acknowledged: Moment) {
        self.key(register).wrote = Some(Mark { rank: version.into(), value: version.value, moment: acknowledged });
    }
}
