//! Finding places of a recording by what an observer has counted there.

use super::moment::Moment;
use super::player::Player;
use super::recording::Recording;
use crate::engine::time::SimTime;
use crate::sim::run::Observer;

impl<O: Observer + Clone> Recording<O> {
    /// Goes on until a count of the observer's grows, in at most so many steps. False, and back to where we were, when
    /// it did not.
    pub fn on_to_change(&mut self, count: &dyn Fn(&O) -> u64, most_steps: u64) -> bool {
        let (here, known) = (self.moment(), count(self.run().observer()));
        for _ in 0..most_steps {
            if !self.advance(SimTime::NEVER) {
                break;
            }
            if count(self.run().observer()) != known {
                return true;
            }
        }
        self.seek_moment(here);
        false
    }

    /// Goes back to where a count of the observer's grew last before where we are. False, and to the beginning, when it
    /// never did.
    pub fn back_to_change(&mut self, count: &dyn Fn(&O) -> u64) -> bool {
        let found = self.last_change(self.moment(), count);
        self.seek_moment(found.unwrap_or_default());
        found.is_some()
    }

    /// Where an event of the trace has just happened; `None` when it did not happen in what is recorded of the branch.
    #[must_use]
    pub fn moment_of_event(&self, number: u64) -> Option<Moment> {
        let end = self.end();
        let mut player = self.checkpoint(&|one| one.run.events() <= number)?.clone();
        while player.run.events() <= number {
            if player.moment() >= end || !player.advance(self.all_deeds(), end.at, &mut |_| {}) {
                return None;
            }
        }
        Some(player.moment())
    }

    /// Where a count grew last before a moment. Counts only grow; so a stretch between two checkpoints is played only if
    /// the count differs at its ends.
    fn last_change(&self, mut to: Moment, count: &dyn Fn(&O) -> u64) -> Option<Moment> {
        let mut at_end = None::<u64>;
        while let Some(start) = self.checkpoint(&|one| one.moment() < to) {
            let at_start = count(start.run.observer());
            if at_end != Some(at_start) {
                let change = self.last_change_in(start, to, at_end.is_some(), count);
                if change.is_some() {
                    return change;
                }
            }
            (to, at_end) = (start.moment(), Some(at_start));
        }
        None
    }

    fn last_change_in(
        &self,
        start: &Player<O>,
        to: Moment,
        with_end: bool,
        count: &dyn Fn(&O) -> u64,
    ) -> Option<Moment> {
        let (mut player, mut change) = (start.clone(), None);
        let mut known = count(player.run.observer());
        while player.advance(self.all_deeds(), to.at, &mut |_| {}) {
            let moment = player.moment();
            if moment > to || (moment == to && !with_end) {
                break;
            }
            let now = count(player.run.observer());
            if now != known {
                (known, change) = (now, Some(moment));
            }
        }
        change
    }
}
