//! A shared run carried out again, and whether it is the same run.

use std::collections::VecDeque;
use std::fmt;

use super::content;
use super::replayed::Replayed;
use super::shared::Shared;
use crate::engine::time::SimTime;
use crate::sim::REVISION;
use crate::sim::recording::{Deed, Moment};

/// Carries out what was done to a run at its exact places, and holds the trace against the link at its instant.
///
/// With nothing to do (its [`Default`]) it lets a run go on by itself.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    /// What is left to do; with each deed, whether it is against the rules and so must be refused.
    deeds: VecDeque<(Deed, bool)>,
    /// The link's instant and hash, until the run has been there.
    end: Option<(Moment, Option<u64>)>,
    engine: u32,
}

impl Replay {
    /// What a link says.
    pub(super) fn of(shared: &Shared) -> Replay {
        let refused = content::against_the_rules(&shared.scenario, &shared.deeds);
        Replay {
            deeds: shared.deeds.iter().cloned().zip(refused).collect(),
            end: Some((shared.moment, shared.trace_hash)),
            engine: shared.engine,
        }
    }

    /// Does one thing, if anything is left to do up to and including `until`: a step of the run, a deed, or the comparison
    /// at the link's instant. False when it is `until`.
    ///
    /// # Errors
    /// When the run is not the one that was shared.
    pub fn step(&mut self, run: &mut dyn Replayed, until: SimTime) -> Result<bool, Mismatch> {
        let due = self.deeds.front().map(|(deed, _)| deed.moment).or(self.end.map(|(moment, _)| moment));
        match due.filter(|moment| moment.at <= until) {
            Some(moment) => {
                if self.come_to(run, moment)? {
                    self.be_there(run)?;
                }
                Ok(true)
            }
            None if run.next_at().is_some_and(|next| next <= until) => Ok(run.step()),
            None => {
                run.rest_until(until);
                Ok(false)
            }
        }
    }

    /// Carries out everything up to and including `until`; then it is `until`.
    ///
    /// # Errors
    /// When the run is not the one that was shared.
    pub fn advance(&mut self, run: &mut dyn Replayed, until: SimTime) -> Result<(), Mismatch> {
        while self.step(run, until)? {}
        Ok(())
    }

    /// Carries out everything up to the link's instant, and nothing of what is due there still.
    ///
    /// # Errors
    /// When the run is not the one that was shared.
    pub fn finish(&mut self, run: &mut dyn Replayed) -> Result<(), Mismatch> {
        while let Some((moment, _)) = self.end {
            self.step(run, moment.at)?;
        }
        Ok(())
    }

    /// Whether the run has been at the link's instant, and was found to be the same.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.end.is_none()
    }

    /// One step towards a moment; whether it is there.
    fn come_to(&self, run: &mut dyn Replayed, moment: Moment) -> Result<bool, Mismatch> {
        if run.moment().steps < moment.steps && run.next_at().is_some_and(|next| next <= moment.at) && run.step() {
            return Ok(false);
        }
        run.rest_until(moment.at);
        let here = run.moment();
        if here == moment { Ok(true) } else { Err(self.mismatch(Difference::NotReached { here, moment })) }
    }

    /// What is to be done where the run is now.
    fn be_there(&mut self, run: &mut dyn Replayed) -> Result<(), Mismatch> {
        if let Some((deed, must_be_refused)) = self.deeds.pop_front() {
            let done = run.act(deed.command);
            return match done {
                Ok(()) if must_be_refused => Err(self.mismatch(Difference::NotRefused { at: deed.moment.at })),
                _ => Ok(()),
            };
        }
        let Some((moment, hash)) = self.end.take() else { return Ok(()) };
        match hash {
            Some(expected) if expected != run.trace_hash() => {
                Err(self.mismatch(Difference::Hash { at: moment.at, expected, found: run.trace_hash() }))
            }
            _ => Ok(()),
        }
    }

    fn mismatch(&self, difference: Difference) -> Mismatch {
        Mismatch { difference, engine: self.engine }
    }
}

/// Why a run is not the one that was shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// What differs.
    pub difference: Difference,
    /// The revision of the engine that made the link.
    pub engine: u32,
}

/// What differs between a run and the one that was shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// A place of the run is not there.
    NotReached {
        /// Where the run is.
        here: Moment,
        /// Where it should be.
        moment: Moment,
    },
    /// The run carried out what the shared run refused.
    NotRefused {
        /// When.
        at: SimTime,
    },
    /// Something else happened on the way.
    Hash {
        /// When it was noticed.
        at: SimTime,
        /// The shared run's hash.
        expected: u64,
        /// This run's.
        found: u64,
    },
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let age = match self.engine {
            engine if engine < REVISION => "an older",
            engine if engine > REVISION => "a newer",
            _ => "",
        };
        if age.is_empty() {
            f.write_str("this is not the run that was shared")?;
        } else {
            write!(
                f,
                "the link was made by {age} laboratory, in which runs go otherwise (its engine is of revision {}, this one \
                 of {REVISION})",
                self.engine
            )?;
        }
        match self.difference {
            Difference::NotReached { here, moment } => write!(
                f,
                ": it should come to {} s in {} steps, and is at {} s after {}",
                moment.at, moment.steps, here.at, here.steps
            ),
            Difference::NotRefused { at } => {
                write!(f, ": at {at} s something was carried out that was refused there")
            }
            Difference::Hash { at, expected, found } => {
                write!(f, ": what happened until {at} s has the hash {found:016x}, and should have {expected:016x}")
            }
        }?;
        if age.is_empty() {
            f.write_str("; the link was changed, or made by another build of the same laboratory")?;
        }
        Ok(())
    }
}

impl std::error::Error for Mismatch {}
