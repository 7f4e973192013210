//! A search for a run in which something is violated.

use std::fmt;

use super::sweeping::{SweepError, Sweeping};
use crate::check::{Judges, Kind};
use crate::engine::time::SimTime;
use crate::scenario::{Profile, Scenario, Trial};
use crate::sim::Run;
use crate::swarm::{Promise, Shrunk, promised, shrink};

/// The most runs that a found one is made smaller by.
const BUDGET: usize = 600;

/// A search over seeds, and over profiles of faults in turn, for a run in which something is violated.
#[derive(Clone, Debug)]
pub struct Search {
    /// The scenario, over its whole length.
    pub scenario: Scenario,
    /// What is looked for.
    pub kind: Kind,
    /// From what faults are drawn: each seed is run with each of them.
    pub profiles: Vec<Profile>,
    /// The first seed.
    pub first_seed: u64,
}

/// One run of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its seed.
    pub seed: u64,
    /// From what its faults are drawn.
    pub faults: Profile,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which of the search's runs, from 0.
    pub index: u64,
    /// Its seed and faults.
    pub case: Case,
    /// What happened, in the judge's words.
    pub detail: String,
    /// Whether the scenario's own settings promise, with these faults, that it does not happen.
    pub promised: bool,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}, faults: {}", self.seed, self.faults)
    }
}

impl Search {
    /// A search with one profile, or with each that the scenario has a place for.
    #[must_use]
    pub fn new(scenario: Scenario, kind: Kind, faults: Option<Profile>, first_seed: u64) -> Search {
        let end = SimTime(scenario.duration_us);
        let fits = |profile: &Profile| profile.draw(&scenario, first_seed, end).is_ok();
        let profiles = match faults {
            Some(profile) => vec![profile],
            None => Profile::ALL.into_iter().filter(fits).collect(),
        };
        Search { scenario, kind, profiles, first_seed }
    }

    /// The run at a place of the search, from 0.
    #[must_use]
    pub fn case(&self, index: u64) -> Case {
        let (count, first) = (self.profiles.len().max(1) as u64, self.first_seed);
        let faults = self.profiles.get((index % count) as usize).copied().unwrap_or(Profile::None);
        Case { seed: first + index / count, faults }
    }

    fn drawn(&self, case: Case) -> Result<Scenario, SweepError> {
        Ok(Sweeping::whole(self.scenario.clone(), case.faults).drawn(case.seed)?.0)
    }

    /// Runs the case at a place; tells what was found, if anything was.
    ///
    /// # Errors
    /// When it cannot be run.
    pub fn look(&self, index: u64) -> Result<Option<Found>, SweepError> {
        let case = self.case(index);
        let mut scenario = self.drawn(case)?;
        // Expectations are no matter here.
        scenario.expect.clear();
        let trial = Trial::of(&scenario, SimTime(scenario.duration_us), ()).map_err(SweepError::Trial)?;
        let Some(violation) = trial.report.violations.iter().find(|one| one.kind == self.kind) else {
            return Ok(None);
        };
        let promised = promised(&scenario).contains(&Promise::No(self.kind));
        Ok(Some(Found { index, case, detail: violation.detail.clone(), promised }))
    }

    /// The run of a case as a scenario of its own.
    ///
    /// # Errors
    /// When the scenario has no place for such faults.
    pub fn told(&self, case: Case) -> Result<Scenario, SweepError> {
        let mut scenario = self.drawn(case)?;
        scenario.title = format!("{} ({case})", scenario.title);
        Ok(scenario)
    }

    /// Makes the run of a case smaller, as long as the same is violated. `asked` is called after each run that was tried,
    /// with how many there were.
    ///
    /// # Errors
    /// When the scenario has no place for such faults.
    pub fn smaller(&self, case: Case, mut asked: impl FnMut(usize, &Scenario)) -> Result<Shrunk, SweepError> {
        let scenario = self.drawn(case)?;
        let mut tried = 0;
        let breaks = |smaller: &Scenario| {
            tried += 1;
            let breaks = violates(smaller, self.kind);
            asked(tried, smaller);
            breaks
        };
        let mut shrunk = shrink(&scenario, BUDGET, breaks);
        let last = violation(&shrunk.scenario, self.kind);
        shrunk.scenario.title = format!("{} breaks {}", self.scenario.title, self.kind);
        shrunk.scenario.description = last.unwrap_or_default();
        Ok(shrunk)
    }
}

fn violates(scenario: &Scenario, kind: Kind) -> bool {
    violation(scenario, kind).is_some()
}

/// The first violation of a kind in a run of a scenario, in the judge's words.
fn violation(scenario: &Scenario, kind: Kind) -> Option<String> {
    let judges = (Judges::new(scenario.setup.flavor), ());
    let mut run = Run::new(scenario.setup.clone(), scenario.schedule.clone(), judges).ok()?;
    run.run_until(SimTime(scenario.duration_us));
    let report = scenario.report(&mut run);
    report.violations.into_iter().find(|one| one.kind == kind).map(|one| one.detail)
}
