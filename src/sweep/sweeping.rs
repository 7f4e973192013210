//! What all runs of a sweep have in common.

use std::fmt;

use crate::engine::time::SimTime;
use crate::order::Arrange;
use crate::report::sweep::Outcome;
use crate::scenario::{Problems, Profile, Scenario, Trial, TrialError};

/// What all runs of a sweep have in common.
#[derive(Clone, Debug)]
pub struct Sweeping {
    /// The scenario; its seed is that of each run.
    pub scenario: Scenario,
    /// What is drawn for each run.
    pub faults: Profile,
    /// Where each run ends.
    pub until: SimTime,
}

/// Why a seed could not be run.
#[derive(Debug)]
pub enum SweepError {
    /// The scenario has no place for such faults.
    Faults(String),
    /// The run cannot be tried.
    Trial(TrialError),
}

impl fmt::Display for SweepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SweepError::Faults(why) => f.write_str(why),
            SweepError::Trial(TrialError::Setup(why)) => why.fmt(f),
            SweepError::Trial(TrialError::Differs(why)) => why.fmt(f),
            SweepError::Trial(TrialError::Expectation(index, why)) => write!(f, "expect[{index}].that: {why}"),
        }
    }
}

impl Sweeping {
    /// Runs of a scenario over its whole length.
    #[must_use]
    pub fn whole(scenario: Scenario, faults: Profile) -> Sweeping {
        let until = SimTime(scenario.duration_us);
        Sweeping { scenario, faults, until }
    }

    /// The scenario with a seed and the faults that are drawn from it, and these as text.
    ///
    /// # Errors
    /// When the scenario has no place for such faults.
    pub fn drawn(&self, seed: u64) -> Result<(Scenario, Vec<String>), SweepError> {
        let drawn = self.faults.draw(&self.scenario, seed, self.until).map_err(SweepError::Faults)?;
        let text = drawn.iter().map(|(at, command)| format!("{:.3} s  {command}", at.as_millis() / 1_000.0)).collect();
        let mut scenario = self.scenario.clone();
        scenario.setup.seed = seed;
        scenario.schedule.extend(drawn);
        // At equal times the scenario's own come first.
        scenario.schedule.arrange_by_key(|(at, _)| *at);
        Ok((scenario, text))
    }

    /// The run of a seed as a scenario of its own, which says in its title what it is: whoever runs it comes to the same
    /// trace.
    ///
    /// # Errors
    /// When the scenario has no place for such faults, or is not valid with them.
    pub fn told(&self, seed: u64) -> Result<Result<Scenario, Problems>, SweepError> {
        let (mut scenario, _) = self.drawn(seed)?;
        scenario.title = match self.faults {
            Profile::None => format!("{} (seed {seed})", scenario.title),
            faults => format!("{} (seed {seed}, faults: {faults})", scenario.title),
        };
        Ok(scenario.validated("a run of a sweep"))
    }

    /// What comes of a seed.
    ///
    /// # Errors
    /// When it cannot be run.
    pub fn run(&self, seed: u64) -> Result<Outcome, SweepError> {
        let (scenario, faults) = self.drawn(seed)?;
        let trial = Trial::of(&scenario, self.until, ()).map_err(SweepError::Trial)?;
        Ok(Outcome::of(&trial.report, faults))
    }
}
