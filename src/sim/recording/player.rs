//! A run that goes on as it was recorded.

use super::moment::{Deed, Moment};
use crate::engine::time::SimTime;
use crate::engine::trace::TraceEvent;
use crate::sim::run::{Observer, Run};

/// A run, and how many of its branch's deeds it has behind it. The next ones are done where they were done.
#[derive(Clone, Debug)]
pub(super) struct Player<O> {
    pub run: Run<O>,
    pub applied: usize,
    /// Of a checkpoint: about what it holds that the one behind it does not, beside images of databases; in bytes. What the
    /// run itself holds costs nothing more.
    pub own_bytes: u64,
}

impl<O: Observer> Player<O> {
    /// Where it is.
    pub fn moment(&self) -> Moment {
        Moment { steps: self.run.steps(), at: self.run.now() }
    }

    /// Carries out the next deed or step that is due by `until`; false when none is.
    pub fn advance(&mut self, deeds: &[Deed], until: SimTime, told: &mut dyn FnMut(&TraceEvent)) -> bool {
        match deeds.get(self.applied) {
            Some(deed) if deed.moment.steps <= self.run.steps() => {
                if deed.moment.at > until {
                    return false;
                }
                self.run.rest_until(deed.moment.at);
                self.applied += 1;
                // What the cluster refuses is in the trace.
                let _ = self.run.act_told(deed.command.clone(), told);
                true
            }
            _ if self.run.next_at().is_some_and(|next| next <= until) => self.run.step_told(told),
            _ => false,
        }
    }

    /// Goes on to a moment that lies ahead, in at most so many steps; deeds of that moment are done. Whether it is there,
    /// or as near as the run comes: what a stranger names as a moment need not be one.
    pub fn advance_to(&mut self, moment: Moment, most: u64, deeds: &[Deed], told: &mut dyn FnMut(&TraceEvent)) -> bool {
        for _ in 0..most {
            let deed = deeds.get(self.applied).filter(|deed| deed.moment.steps <= self.run.steps());
            let ahead = deed.map_or(self.run.steps() < moment.steps, |deed| deed.moment <= moment);
            if !ahead || !self.advance(deeds, moment.at, told) {
                self.run.rest_until(moment.at);
                return true;
            }
        }
        false
    }
}
