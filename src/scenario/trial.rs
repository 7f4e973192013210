//! A scenario run to its end, with its expectations held against what happened.

use serde::Serialize;
use serde_json::Value;

use super::scenario::Scenario;
use super::that::Unusable;
use crate::engine::time::SimTime;
use crate::sim::command::Command;
use crate::sim::{Observer, Run, SetupError};

/// A scenario that was run, with its expectations held against what happened.
#[derive(Debug)]
pub struct Trial<O> {
    /// The run, at its end.
    pub run: Run<O>,
    /// What became of the expectations, in the scenario's order.
    pub expectations: Vec<Judged>,
}

/// What became of an expectation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judged {
    /// The instant it is about, in milliseconds.
    pub at_ms: f64,
    /// The expectation as it was written.
    pub that: String,
    /// Whether it holds; `None` when the run ended before its instant, and then it does not count.
    pub held: Option<bool>,
    /// What the report said; `null` for what was not there.
    pub actual: Value,
}

/// Why a scenario could not be tried.
#[derive(Debug)]
pub enum TrialError {
    /// Its set-up cannot be run.
    Setup(SetupError),
    /// An expectation cannot be judged: its position, and why.
    Expectation(usize, Unusable),
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
}

impl<O: Observer> Trial<O> {
    /// Runs a scenario until `until`, and asks for a `report` at each instant that an expectation is about.
    ///
    /// # Errors
    /// When the set-up cannot be run, or an expectation names what no report has.
    pub fn of(
        scenario: &Scenario,
        until: SimTime,
        observer: O,
        mut report: impl FnMut(&mut Run<O>) -> Value,
    ) -> Result<Trial<O>, TrialError> {
        let names = scenario.node_names();
        let mut run =
            Run::new(scenario.setup.clone(), scenario.schedule.clone(), observer).map_err(TrialError::Setup)?;
        let end = SimTime(scenario.duration_us);
        let mut expectations: Vec<_> = scenario
            .expect
            .iter()
            .map(|expectation| Judged {
                at_ms: expectation.at.unwrap_or(end).as_millis(),
                that: expectation.that.text().to_owned(),
                held: None,
                actual: Value::Null,
            })
            .collect();
        let mut order: Vec<_> =
            scenario.expect.iter().map(|expectation| expectation.at.unwrap_or(end)).enumerate().collect();
        order.sort_by_key(|(_, at)| *at);
        let mut said: Option<(SimTime, Value)> = None;
        for (index, at) in order.into_iter().filter(|(_, at)| *at <= until) {
            // Expectations about one instant share its report.
            let said = match &mut said {
                Some((then, said)) if *then == at => said,
                said => {
                    run.run_until(at);
                    &mut said.insert((at, report(&mut run))).1
                }
            };
            let judgement =
                scenario.expect[index].that.judge(said, &names).map_err(|why| TrialError::Expectation(index, why))?;
            expectations[index].held = Some(judgement.held);
            expectations[index].actual = judgement.actual;
        }
        run.run_until(until);
        Ok(Trial { run, expectations })
    }

    /// Whether no expectation was broken.
    #[must_use]
    pub fn held(&self) -> bool {
        self.expectations.iter().all(|expectation| expectation.held != Some(false))
    }
}
