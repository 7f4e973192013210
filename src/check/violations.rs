//! The violations of a run.

use super::violation::{Kind, Violation};
use crate::order::Chunks;

/// All violations by count, and the first [`Violations::CAP`] of each kind one by one.
#[derive(Clone, Debug, Default)]
pub struct Violations {
    kept: Chunks<Violation, 64>,
    counts: [u64; Kind::ALL.len()],
    kept_counts: [u64; Kind::ALL.len()],
}

impl Violations {
    /// The most that are kept of each kind, so that many stale reads do not crowd out the one lost write.
    pub const CAP: u64 = 10_000;

    /// Adds one.
    pub fn push(&mut self, violation: Violation) {
        let kind = violation.kind() as usize;
        self.counts[kind] += 1;
        if self.kept_counts[kind] < Self::CAP {
            self.kept_counts[kind] += 1;
            self.kept.push(violation);
        }
    }

    /// Counts `number` of a kind about which nothing more is known.
    pub fn count_only(&mut self, kind: Kind, number: u64) {
        self.counts[kind as usize] += number;
    }

    /// How many of a kind there were, kept or not.
    #[must_use]
    pub fn count(&self, kind: Kind) -> u64 {
        self.counts[kind as usize]
    }

    /// How many there were, kept or not.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// How many are known by number only.
    #[must_use]
    pub fn not_kept(&self) -> u64 {
        self.total() - self.kept.len() as u64
    }

    /// Those that are kept, in the order in which they were found.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Violation> {
        self.kept.iter()
    }

    /// Those found after the first `seen`: a page that shows them asks so what is new.
    pub fn since(&self, seen: u64) -> impl Iterator<Item = &Violation> {
        (seen..self.kept.end_index()).filter_map(|index| self.kept.get(index))
    }
}
