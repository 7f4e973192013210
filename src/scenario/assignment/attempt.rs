//! A scenario run from the beginning with each of some seeds, a step at a time, and held against conditions.

use serde_json::Value;

use crate::check::Judges;
use crate::engine::time::SimTime;
use crate::order::Arrange;
use crate::report::Report;
use crate::scenario::scenario::Scenario;
use crate::scenario::that::{That, Unusable};
use crate::sim::recording::Moment;
use crate::sim::{Run, SetupError};

/// What a run has to meet at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// When.
    pub at: SimTime,
    /// What.
    pub that: That,
}

/// What one condition came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Whether it held.
    pub held: bool,
    /// What was measured.
    pub actual: Value,
}

/// What the run with one seed came to.
#[derive(Clone, Debug, PartialEq)]
pub struct SeedOutcome {
    /// The seed.
    pub seed: u64,
    /// The conditions in their order.
    pub judged: Vec<Judged>,
    /// Where the run ended.
    pub end: Moment,
    /// The hash of all that happened.
    pub trace_hash: u64,
}

/// Whether every condition held with every seed.
#[must_use]
pub fn passed(outcomes: &[SeedOutcome]) -> bool {
    !outcomes.is_empty() && outcomes.iter().all(|outcome| outcome.judged.iter().all(|one| one.held))
}

/// Why a scenario could not be tried.
#[derive(Debug)]
pub enum AttemptError {
    /// Its set-up cannot be run.
    Setup(SetupError),
    /// A condition cannot be judged: its position, and why.
    Condition(usize, Unusable),
}

impl std::fmt::Display for AttemptError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            AttemptError::Setup(error) => error.fmt(f),
            AttemptError::Condition(_, why) => why.fmt(f),
        }
    }
}

impl std::error::Error for AttemptError {}

/// A scenario that is tried with one seed after the other. A page does some steps and draws; a program does them all.
#[derive(Debug)]
pub struct Attempt {
    scenario: Scenario,
    conditions: Vec<Condition>,
    /// When the run is looked at: the instants of the conditions, and its end.
    instants: Vec<SimTime>,
    seeds: Vec<u64>,
    now: Option<Trying>,
    outcomes: Vec<SeedOutcome>,
    report: Option<Report>,
}

#[derive(Debug)]
struct Trying {
    seed: u64,
    run: Run<(Judges, ())>,
    /// The next of the instants.
    next: usize,
    judged: Vec<Option<Judged>>,
}

impl Attempt {
    /// A scenario, what it has to meet, and the seeds with which it is run.
    #[must_use]
    pub fn new(scenario: Scenario, conditions: Vec<Condition>, seeds: Vec<u64>) -> Attempt {
        let mut instants: Vec<SimTime> = conditions.iter().map(|one| one.at).collect();
        instants.push(SimTime(scenario.duration_us));
        instants.arrange();
        instants.dedup();
        Attempt { scenario, conditions, instants, seeds, now: None, outcomes: Vec::new(), report: None }
    }

    /// A scenario with its own seed, and what it expects.
    #[must_use]
    pub fn of_expectations(scenario: &Scenario) -> Attempt {
        let end = SimTime(scenario.duration_us);
        let conditions =
            scenario.expect.iter().map(|one| Condition { at: one.at.unwrap_or(end), that: one.that.clone() });
        Attempt::new(scenario.clone(), conditions.collect(), vec![scenario.setup.seed])
    }

    /// Does one thing: an event of the run, or a look at it. False when all seeds are done.
    ///
    /// # Errors
    /// When the scenario cannot be run, or a condition cannot be judged.
    pub fn step(&mut self) -> Result<bool, AttemptError> {
        let Some(trying) = &mut self.now else {
            let Some(seed) = self.seeds.get(self.outcomes.len()).copied() else { return Ok(false) };
            let mut setup = self.scenario.setup.clone();
            setup.seed = seed;
            let judges = (Judges::new(setup.flavor), ());
            let run = Run::new(setup, self.scenario.schedule.clone(), judges).map_err(AttemptError::Setup)?;
            self.now = Some(Trying { seed, run, next: 0, judged: vec![None; self.conditions.len()] });
            return Ok(true);
        };
        let Some(due) = self.instants.get(trying.next).copied() else { return Ok(false) };
        if trying.run.next_at().is_some_and(|next| next <= due) {
            trying.run.step();
            return Ok(true);
        }
        trying.run.rest_until(due);
        let report = self.scenario.report(&mut trying.run);
        let said = serde_json::to_value(&report).unwrap_or_default();
        let names = self.scenario.node_names();
        for (index, condition) in self.conditions.iter().enumerate().filter(|(_, condition)| condition.at == due) {
            let judgement = condition.that.judge(&said, &names).map_err(|why| AttemptError::Condition(index, why))?;
            if let Some(place) = trying.judged.get_mut(index) {
                *place = Some(Judged { held: judgement.held, actual: judgement.actual });
            }
        }
        trying.next += 1;
        if trying.next == self.instants.len()
            && let Some(done) = self.now.take()
        {
            self.report = Some(report);
            self.outcomes.push(SeedOutcome {
                seed: done.seed,
                judged: done.judged.into_iter().flatten().collect(),
                end: Moment { steps: done.run.steps(), at: done.run.now() },
                trace_hash: done.run.trace_hash(),
            });
        }
        Ok(true)
    }

    /// Does all that is left, and tells what came of it.
    ///
    /// # Errors
    /// As [`Attempt::step`].
    pub fn run(mut self) -> Result<Vec<SeedOutcome>, AttemptError> {
        while self.step()? {}
        Ok(self.outcomes)
    }

    /// What came of the seeds that are done.
    #[must_use]
    pub fn outcomes(&self) -> &[SeedOutcome] {
        &self.outcomes
    }

    /// What the last run that is done amounted to.
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        self.report.as_ref()
    }

    /// The seeds.
    #[must_use]
    pub fn seeds(&self) -> &[u64] {
        &self.seeds
    }

    /// How much is done, in percent.
    #[must_use]
    pub fn percent(&self) -> u64 {
        let whole = self.scenario.duration_us.max(1) * self.seeds.len().max(1) as u64;
        let now = self.now.as_ref().map_or(0, |trying| trying.run.now().0.min(self.scenario.duration_us));
        ((self.outcomes.len() as u64 * self.scenario.duration_us + now) / (whole / 100).max(1)).min(100)
    }
}
