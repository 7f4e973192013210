//! What clients did to the rows of `kv`, as far as linearizability goes by it.

use super::linearizability::{self, Action, Answer, Operation};
use super::moment::Moment;
use crate::order::{Arrange, Chunks, OrderedSet};

/// One operation on a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Done {
    pub action: Action<Option<i64>>,
    pub invoked: Moment,
    /// When its client knew of its success; `None` when it never learned the outcome.
    pub returned: Option<Moment>,
}

/// A row whose operations no order explains.
#[derive(Clone, Debug)]
pub(super) struct Unexplained {
    pub register: u32,
    /// The return that nothing explains.
    pub at: Moment,
    /// The events of the operations that stand against each other.
    pub events: Vec<u64>,
}

/// The operations on each row that was written, by the row's register.
///
/// Bounds: the first [`Operations::PER_KEY`] operations on each of [`Operations::KEYS`] rows; what comes later is not
/// judged. Histories are closed under prefixes, so that no order of a longer one could explain what none of these can. From
/// the first change of `kv` on that cannot be followed, nothing more is taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Operations {
    /// Of all rows, each with its register, in the order in which they ended: of one list, clones share most.
    all: Chunks<(u32, Done), 56>,
    /// How many there are of each row.
    counts: Vec<usize>,
    closed: bool,
    /// Rows that have been reported.
    reported: OrderedSet<u32>,
}

impl Operations {
    /// The most rows whose operations are kept.
    pub const KEYS: usize = 1_024;
    /// The most operations of one row that are kept.
    pub const PER_KEY: usize = 2_048;
    /// The most states that are looked at for a row whose values came twice.
    const STATES: usize = 20_000;

    /// An operation on a row is over.
    pub fn done(&mut self, register: u32, done: Done) {
        let index = register as usize;
        if self.closed || index >= Self::KEYS {
            return;
        }
        if index >= self.counts.len() {
            self.counts.resize(index + 1, 0);
        }
        if self.counts[index] < Self::PER_KEY {
            self.counts[index] += 1;
            self.all.push((register, done));
        }
    }

    /// What this holds that an earlier or later one does not, in bytes.
    pub fn bytes_beside(&self, other: &Self) -> u64 {
        self.all.bytes_beside(&other.all) + size_of_val(&self.counts[..]) as u64
    }

    /// `kv` was changed in a way that cannot be followed.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// Rows whose operations no order explains, each once. `open` are writes whose clients still wait.
    pub fn unexplained(&mut self, open: &[(u32, Done)]) -> Vec<Unexplained> {
        let mut rows: Vec<Vec<&Done>> = self.counts.iter().map(|&count| Vec::with_capacity(count)).collect();
        for (register, done) in self.all.iter() {
            if let Some(row) = rows.get_mut(*register as usize) {
                row.push(done);
            }
        }
        for (register, done) in open {
            match rows.get_mut(*register as usize) {
                Some(row) if row.len() < Self::PER_KEY => row.push(done),
                _ => {}
            }
        }
        let mut found = Vec::new();
        for (register, row) in (0..).zip(&rows) {
            if self.reported.contains(&register) {
                continue;
            }
            if let Some(unexplained) = judge(register, row) {
                self.reported.insert(register);
                found.push(unexplained);
            }
        }
        found
    }
}

fn judge(register: u32, all: &[&Done]) -> Option<Unexplained> {
    let mut written: Vec<Option<i64>> = vec![None];
    written.extend(all.iter().filter_map(|done| match done.action {
        Action::Write(value) => Some(value),
        Action::Read(_) | Action::Cas(..) => None,
    }));
    written.arrange();
    // What was there from the start, or was written where nobody could follow, is not to be explained by these writes.
    let known = all.iter().filter(|done| match done.action {
        Action::Read(value) => written.binary_search(&value).is_ok(),
        Action::Write(_) | Action::Cas(..) => true,
    });
    let known: Vec<&Done> = known.copied().collect();
    let operations: Vec<Operation<Option<i64>>> = known
        .iter()
        .map(|done| Operation {
            action: done.action,
            invoked: done.invoked.event(),
            returned: done.returned.map(Moment::event),
        })
        .collect();
    let Answer::Not { operation, context } = linearizability::check(None, &operations, Operations::STATES) else {
        return None;
    };
    let at = known[operation].returned.unwrap_or(known[operation].invoked);
    let mut events: Vec<u64> = vec![at.event(), known[operation].invoked.event()];
    for other in context {
        let returned = known[other].returned.map(Moment::event);
        events.extend(returned.or(Some(known[other].invoked.event())));
    }
    Some(Unexplained { register, at, events })
}
