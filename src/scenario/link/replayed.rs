//! What can be carried out as a link says: a run, or the recording of one.

use crate::engine::time::SimTime;
use crate::sim::command::Command;
use crate::sim::recording::{Moment, Recording};
use crate::sim::{Observer, Run};

/// A run that a [`super::Replay`] drives.
pub trait Replayed {
    /// Where it is.
    fn moment(&self) -> Moment;
    /// When something happens next.
    fn next_at(&self) -> Option<SimTime>;
    /// Carries out the next event or scheduled command; false when nothing is left.
    fn step(&mut self) -> bool;
    /// Lets the clock stand at `at`, when nothing is planned before.
    fn rest_until(&mut self, at: SimTime);
    /// Does something to the cluster, now.
    ///
    /// # Errors
    /// Why it was refused.
    fn act(&mut self, command: Command) -> Result<(), String>;
    /// A hash of everything that happened so far.
    fn trace_hash(&self) -> u64;
}

impl<O: Observer> Replayed for Run<O> {
    fn moment(&self) -> Moment {
        Moment { steps: self.steps(), at: self.now() }
    }

    fn next_at(&self) -> Option<SimTime> {
        Run::next_at(self)
    }

    fn step(&mut self) -> bool {
        Run::step(self)
    }

    fn rest_until(&mut self, at: SimTime) {
        Run::rest_until(self, at);
    }

    fn act(&mut self, command: Command) -> Result<(), String> {
        Run::act(self, command)
    }

    fn trace_hash(&self) -> u64 {
        Run::trace_hash(self)
    }
}

/// At its end, where it is recorded what is done.
impl<O: Observer + Clone> Replayed for Recording<O> {
    fn moment(&self) -> Moment {
        Recording::moment(self)
    }

    fn next_at(&self) -> Option<SimTime> {
        self.run().next_at()
    }

    fn step(&mut self) -> bool {
        Recording::step(self)
    }

    fn rest_until(&mut self, at: SimTime) {
        if self.run().next_at().is_none_or(|next| next > at) {
            self.run_until(at);
        }
    }

    fn act(&mut self, command: Command) -> Result<(), String> {
        Recording::act(self, command)
    }

    fn trace_hash(&self) -> u64 {
        self.run().trace_hash()
    }
}
