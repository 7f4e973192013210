//! A scenario run to its end, with its expectations held against what happened.

use serde_json::Value;

use super::link::{Mismatch, Replay};
use super::scenario::Scenario;
use super::that::Unusable;
use crate::check::{self, Judges};
use crate::engine::time::SimTime;
use crate::order::Arrange;
use crate::report::{self, Report};
use crate::sim::command::Command;
use crate::sim::{Observer, Run, SetupError};

/// A scenario that was run, with its expectations held against what happened.
#[derive(Debug)]
pub struct Trial<O> {
    /// The run at its end, with the judges that watched it.
    pub run: Run<(Judges, O)>,
    /// What it amounted to; the expectations stand in the scenario's order.
    pub report: Report,
}

/// Why a scenario could not be tried.
#[derive(Debug)]
pub enum TrialError {
    /// Its set-up cannot be run.
    Setup(SetupError),
    /// An expectation cannot be judged: its position, and why.
    Expectation(usize, Unusable),
    /// The run is not the one that was shared.
    Differs(Mismatch),
}

impl Scenario {
    /// The names of all nodes that are there from the start or are added.
    #[must_use]
    pub fn node_names(&self) -> Vec<&str> {
        let added = self.schedule.iter().filter_map(|(_, command)| match command {
            Command::AddNode { node } => Some(&*node.name),
            _ => None,
        });
        self.setup.nodes.iter().map(|node| &*node.name).chain(added).collect()
    }

    /// What a run of this scenario amounts to as it stands, without expectations.
    #[must_use]
    pub fn report<O: Observer>(&self, run: &mut Run<(Judges, O)>) -> Report {
        let (now, events, trace_hash) = (run.now(), run.events(), run.trace_hash());
        let held = check::settled(run.world());
        run.observer_mut().0.compare(events, now, held);
        let (world, judges) = (run.world(), &run.observer().0);
        Report::of(report::Subject { scenario: &self.title, world, judges, events, trace_hash })
    }
}

impl<O: Observer> Trial<O> {
    /// Runs a scenario until `until`, watched by the judges and an `observer`, and holds each expectation against the
    /// report at its instant.
    ///
    /// # Errors
    /// When the set-up cannot be run, or an expectation names what no report has.
    pub fn of(scenario: &Scenario, until: SimTime, observer: O) -> Result<Trial<O>, TrialError> {
        Trial::of_replay(scenario, Replay::default(), until, observer)
    }

    /// The same with what was done to the run besides, as a link has it.
    ///
    /// # Errors
    /// As [`Trial::of`], and when the run is not the one that was shared.
    pub fn of_replay(
        scenario: &Scenario,
        mut replay: Replay,
        until: SimTime,
        observer: O,
    ) -> Result<Trial<O>, TrialError> {
        let names = scenario.node_names();
        let mut run =
            Run::new(scenario.setup.clone(), scenario.schedule.clone(), (Judges::new(scenario.setup.flavor), observer))
                .map_err(TrialError::Setup)?;
        let end = SimTime(scenario.duration_us);
        let instants: Vec<SimTime> = scenario.expect.iter().map(|one| one.at.unwrap_or(end)).collect();
        let mut expectations: Vec<_> = scenario
            .expect
            .iter()
            .zip(&instants)
            .map(|(one, at)| report::Expectation {
                at_ms: at.as_millis(),
                that: one.that.text().to_owned(),
                held: None,
                actual: Value::Null,
            })
            .collect();
        let mut order: Vec<usize> = (0..instants.len()).filter(|index| instants[*index] <= until).collect();
        order.arrange_by_key(|index| instants[*index]);
        // Expectations about one instant share its report.
        for same in order.chunk_by(|a, b| instants[*a] == instants[*b]) {
            replay.advance(&mut run, instants[same[0]]).map_err(TrialError::Differs)?;
            let said = serde_json::to_value(scenario.report(&mut run)).unwrap_or_default();
            for index in same {
                let judgement = scenario.expect[*index].that.judge(&said, &names);
                let judgement = judgement.map_err(|why| TrialError::Expectation(*index, why))?;
                expectations[*index].held = Some(judgement.held);
                expectations[*index].actual = judgement.actual;
            }
        }
        replay.advance(&mut run, until).map_err(TrialError::Differs)?;
        let mut report = scenario.report(&mut run);
        report.expectations = expectations;
        Ok(Trial { run, report })
    }

    /// Whether no expectation was broken.
    #[must_use]
    pub fn held(&self) -> bool {
        self.report.expectations.iter().all(|expectation| expectation.held != Some(false))
    }
}
