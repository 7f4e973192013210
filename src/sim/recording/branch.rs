//! Branches of a recording.

use super::moment::{Deed, Moment};
use super::player::Player;
use crate::sim::run::Observer;

/// Names a branch of a recording; the first is the run as it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BranchId(pub usize);

/// What is known of a branch from outside.
#[derive(Clone, Debug, PartialEq)]
pub struct BranchView {
    /// Which one.
    pub id: BranchId,
    /// Its name.
    pub name: String,
    /// The branch that it left, and where.
    pub parent: Option<(BranchId, Moment)>,
    /// How far it was played.
    pub end: Moment,
    /// Deeds in it, with those that it has from its parents.
    pub deeds: usize,
    /// Its own first deed, where it has one: what made it another run.
    pub first_deed: Option<Deed>,
}

/// One way that a run went. It goes on where it left its parent.
#[derive(Debug)]
pub(super) struct Branch<O> {
    pub name: String,
    pub parent: Option<(BranchId, Moment)>,
    /// All that was done, by then, from the run's beginning on.
    pub deeds: Vec<Deed>,
    /// How many of them are its parents'.
    pub inherited: usize,
    /// How far it was played, and how many events that are.
    pub end: Moment,
    pub end_events: u64,
    /// Checkpoints of its own, in order.
    pub checkpoints: Vec<Player<O>>,
    /// Whether another one is played.
    pub is_left: bool,
}

impl<O: Observer> Branch<O> {
    /// The newest of its own checkpoints that satisfies a condition which all before it do, too.
    pub fn last_checkpoint(&self, before: impl Fn(&Player<O>) -> bool) -> Option<&Player<O>> {
        let count = self.checkpoints.partition_point(before);
        self.checkpoints.get(count.checked_sub(1)?)
    }

    /// How long before the branch's end, in virtual microseconds, that lies which is reached from a checkpoint: up to the next
    /// one.
    pub fn age_us(&self, place: usize) -> u64 {
        let until = self.checkpoints.get(place + 1).map_or(self.end.at, |next| next.run.now());
        self.end.at.0.saturating_sub(until.0)
    }

    /// Keeps where a player is, unless that is kept already.
    pub fn keep(&mut self, player: &mut Player<O>)
    where
        O: Clone,
    {
        let moment = player.moment();
        let place = self.checkpoints.partition_point(|other| other.moment() < moment);
        if self.checkpoints.get(place).is_some_and(|other| other.moment() == moment) {
            return;
        }
        player.run.world_mut().share_logs();
        self.checkpoints.insert(place, player.clone());
        self.count(place);
        self.count_before(place);
    }

    /// Drops a checkpoint. What it shared with the one before it alone is now that one's own.
    pub fn drop(&mut self, place: usize) {
        if place < self.checkpoints.len() {
            self.checkpoints.remove(place);
            self.count_before(place);
        }
    }

    /// Drops the checkpoints that lie behind a moment.
    pub fn drop_behind(&mut self, moment: Moment) {
        self.checkpoints.retain(|one| one.moment() <= moment);
        self.count_before(self.checkpoints.len());
    }

    /// Says whether another branch is played from now on.
    pub fn leave(&mut self, is_left: bool) {
        self.is_left = is_left;
        self.count_before(self.checkpoints.len());
    }

    fn count_before(&mut self, place: usize) {
        if let Some(before) = place.checked_sub(1) {
            self.count(before);
        }
    }

    /// What a checkpoint holds alone. The last of the branch that is played stands for the run; that of another holds what its
    /// branch has come to.
    fn count(&mut self, place: usize) {
        let other = if place + 1 < self.checkpoints.len() { place + 1 } else { 0 };
        let counts = other > 0 || self.is_left;
        let pair = self.checkpoints.get(place).zip(self.checkpoints.get(other));
        let own = pair.filter(|_| counts).map_or(0, |(one, other)| one.run.bytes_beside(&other.run));
        if let Some(one) = self.checkpoints.get_mut(place) {
            one.own_bytes = own;
        }
    }

    pub fn view(&self, id: BranchId) -> BranchView {
        BranchView {
            id,
            name: self.name.clone(),
            parent: self.parent,
            end: self.end,
            deeds: self.deeds.len(),
            first_deed: self.deeds.get(self.inherited).cloned(),
        }
    }
}
