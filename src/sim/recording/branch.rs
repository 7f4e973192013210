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
}

impl<O: Observer> Branch<O> {
    /// The newest of its own checkpoints that satisfies a condition which all before it do, too.
    pub fn last_checkpoint(&self, before: impl Fn(&Player<O>) -> bool) -> Option<&Player<O>> {
        let count = self.checkpoints.partition_point(before);
        self.checkpoints.get(count.checked_sub(1)?)
    }

    /// Keeps where a player is, unless that is kept already.
    pub fn keep(&mut self, player: &Player<O>)
    where
        O: Clone,
    {
        let moment = player.moment();
        let place = self.checkpoints.partition_point(|other| other.moment() < moment);
        if self.checkpoints.get(place).is_some_and(|other| other.moment() == moment) {
            return;
        }
        let near = place.checked_sub(1).unwrap_or(place);
        let checkpoint = player.checkpoint(self.checkpoints.get(near));
        self.checkpoints.insert(place, checkpoint);
        self.count_again(place + 1);
    }

    /// Drops a checkpoint. What it shared with the next one alone is now that one's own.
    pub fn drop(&mut self, place: usize) {
        if place >= self.checkpoints.len() {
            return;
        }
        let gone = self.checkpoints.remove(place);
        match self.checkpoints.get_mut(place) {
            Some(next) if place == 0 => next.own_bytes += gone.own_bytes,
            _ => self.count_again(place),
        }
    }

    fn count_again(&mut self, place: usize) {
        let Some((before, [one, ..])) = self.checkpoints.split_at_mut_checked(place) else { return };
        if let Some(before) = before.last() {
            one.own_bytes = one.run.bytes_beside(&before.run);
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
