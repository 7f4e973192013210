//! The tree of histories that the servers' logs form.

use crate::engine::log::{Lsn, Timeline};

/// Where a write is in the tree of histories: the branch it was logged on, and the end of its commit record.
///
/// A branch is a timeline as one server wrote it. It is narrower than a timeline number: two servers that are promoted
/// apart from each other may both call theirs 2, and a primary that lost the tail of its log in a crash writes other
/// records at positions that it had used before. For MySQL, where positions differ from server to server, the end is
/// a transaction's number in the order in which its source logged it (see `gtids.rs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// An index into the tree.
    pub branch: u32,
    /// The first byte after the commit record.
    pub end: Lsn,
}

impl Place {
    /// Before the first record: included in every history.
    pub const START: Place = Place { branch: 0, end: Lsn::ZERO };
}

#[derive(Clone, Copy, Debug)]
struct Branch {
    timeline: Timeline,
    /// The root is its own parent. Every other parent has a smaller index than its child.
    parent: u32,
    /// The first position of this branch; the parent's history counts up to here.
    begins: Lsn,
}

/// The tree. It has one branch per promotion, and one per crash in which a primary lost log.
#[derive(Clone, Debug)]
pub struct Branches {
    branches: Vec<Branch>,
    /// What belongs to a branch although it is on another that does not lead to it.
    extras: Vec<(u32, Place)>,
}

impl Branches {
    /// The root alone: timeline 1 from position 0.
    #[must_use]
    pub fn new() -> Branches {
        let root = Branch { timeline: Timeline(1), parent: 0, begins: Lsn::ZERO };
        Branches { branches: vec![root], extras: Vec::new() }
    }

    /// A new branch that leaves `parent` at `at`.
    pub fn fork(&mut self, parent: u32, at: Lsn, timeline: Timeline) -> u32 {
        let index = self.branches.len() as u32;
        self.branches.push(Branch { timeline, parent: parent.min(index - 1), begins: at });
        index
    }

    /// The timeline number of a branch.
    #[must_use]
    pub fn timeline(&self, branch: u32) -> Timeline {
        self.branches.get(branch as usize).map_or(Timeline(0), |b| b.timeline)
    }

    /// How many branches there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.branches.len()
    }

    /// Never: the root is always there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.branches.is_empty()
    }

    /// The branch itself and its ancestors, each with the position up to which a log that ends at `tip` includes it.
    pub fn ancestry(&self, tip: Place) -> impl Iterator<Item = Place> {
        let mut next = self.branches.get(tip.branch as usize).map(|_| tip);
        std::iter::from_fn(move || {
            let place = next?;
            let branch = &self.branches[place.branch as usize];
            next = (place.branch != 0).then(|| Place { branch: branch.parent, end: place.end.min(branch.begins) });
            Some(place)
        })
    }

    /// Says that every log on `branch` includes what is on another branch up to `place`: errant transactions of the server
    /// that began it.
    pub fn add_extra(&mut self, branch: u32, place: Place) {
        self.extras.push((branch, place));
    }

    /// What belongs to a branch although it is on another that does not lead to it.
    pub fn extras(&self, branch: u32) -> impl Iterator<Item = Place> + '_ {
        self.extras.iter().filter(move |(of, _)| *of == branch).map(|(_, place)| *place)
    }

    /// Whether a log that ends at `tip` includes the write at `place`.
    #[must_use]
    pub fn includes(&self, tip: Place, place: Place) -> bool {
        if tip.branch == place.branch {
            return place.end <= tip.end;
        }
        if !self.extras.is_empty()
            && self
                .ancestry(tip)
                .any(|a| self.extras(a.branch).any(|extra| extra.branch == place.branch && place.end <= extra.end))
        {
            return true;
        }
        // An ancestor's index is smaller, so the walk may stop early.
        self.ancestry(tip)
            .take_while(|a| a.branch >= place.branch)
            .any(|a| a.branch == place.branch && place.end <= a.end)
    }

    /// The last position that two logs share.
    #[must_use]
    pub fn common(&self, one: Place, other: Place) -> Place {
        let shared = |a: Place| {
            let b = self.ancestry(other).find(|b| b.branch == a.branch)?;
            Some(Place { branch: a.branch, end: a.end.min(b.end) })
        };
        self.ancestry(one).find_map(shared).unwrap_or(Place::START)
    }

    /// The branch with this timeline number among `branch` and its ancestors, the nearest first.
    #[must_use]
    pub fn ancestor_on(&self, branch: u32, timeline: Timeline) -> Option<u32> {
        self.ancestry(Place { branch, end: Lsn(u64::MAX) }).map(|a| a.branch).find(|&b| self.timeline(b) == timeline)
    }

    /// The same position under the one name it has for every log that includes it: on the oldest branch that holds it.
    #[must_use]
    pub fn canonical(&self, place: Place) -> Place {
        self.ancestry(place).take_while(|a| a.end == place.end).last().unwrap_or(place)
    }
}

impl Default for Branches {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(branch: u32, end: u64) -> Place {
        Place { branch, end: Lsn(end) }
    }

    /// Root up to 100, branch 1 from there to 200, branch 2 from 1 at 150; branch 3 from the root at 80.
    fn tree() -> Branches {
        let mut tree = Branches::new();
        assert_eq!(tree.fork(0, Lsn(100), Timeline(2)), 1);
        assert_eq!(tree.fork(1, Lsn(150), Timeline(3)), 2);
        assert_eq!(tree.fork(0, Lsn(80), Timeline(2)), 3);
        tree
    }

    #[test]
    fn a_history_includes_its_ancestors_up_to_the_fork() {
        let tree = tree();
        let tip = place(2, 400);
        for (branch, end, included) in [
            (0, 100, true),
            (0, 101, false),
            (1, 150, true),
            (1, 151, false),
            (2, 400, true),
            (2, 401, false),
            (3, 81, false),
        ] {
            assert_eq!(tree.includes(tip, place(branch, end)), included, "branch {branch}, end {end}");
        }
    }

    #[test]
    fn a_log_that_has_not_reached_the_fork_includes_only_what_it_has() {
        let tree = tree();
        assert!(tree.includes(place(2, 60), place(0, 60)));
        assert!(!tree.includes(place(2, 60), place(0, 70)));
        assert!(!tree.includes(place(2, 120), place(1, 121)));
        assert!(tree.includes(place(3, 0), Place::START));
    }

    #[test]
    fn one_position_has_one_name() {
        let tree = tree();
        assert_eq!(tree.canonical(place(2, 90)), place(0, 90));
        assert_eq!(tree.canonical(place(2, 100)), place(0, 100));
        assert_eq!(tree.canonical(place(2, 120)), place(1, 120));
        assert_eq!(tree.canonical(place(3, 120)), place(3, 120));
    }

    #[test]
    fn the_nearest_ancestor_on_a_timeline() {
        let tree = tree();
        assert_eq!(tree.ancestor_on(2, Timeline(2)), Some(1));
        assert_eq!(tree.ancestor_on(3, Timeline(3)), None);
    }
}
