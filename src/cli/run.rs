//! `replication-lab run`.

use super::Verdict;
use super::arguments::{ReportFormat, RunArguments};
use super::input::{self, Subject};
use super::output::{self, Failure, Output};
use super::trace::{Refusals, TraceFile};
use crate::report::ledger::{self, LedgerPart};
use crate::scenario::Trial;

/// Runs a scenario and prints its report.
pub(super) fn run(arguments: &RunArguments, output: &mut Output) -> Result<Verdict, Failure> {
    let (Subject { source, scenario, replay, .. }, until) = input::load(&arguments.scenario)?;
    let trace = TraceFile::create(arguments.trace.as_deref())?;
    let mut trial = Trial::of_replay(&scenario, replay, until, (trace, Refusals::default()))
        .map_err(|error| input::trial_problem(&source, &error))?;
    let (trace, refusals) = &mut trial.run.observer_mut().1;
    trace.close()?;
    for sentence in refusals.sentences() {
        output::note(&format!("{}: {sentence}", source.origin));
    }
    if let Some(path) = &arguments.ledger {
        let (world, judges) = (trial.run.world(), &trial.run.observer().0);
        std::fs::write(path, ledger::csv(judges, world))
            .map_err(|error| Failure::Other(format!("{}: {error}", path.display())))?;
        trial.report.ledger = Some(LedgerPart::of(judges, world));
    }
    let report = &trial.report;
    match arguments.format {
        ReportFormat::Text => output.line(format_args!("{report}")),
        ReportFormat::Json => {
            let json = serde_json::to_string_pretty(report).map_err(|error| Failure::Other(error.to_string()))?;
            output.line(format_args!("{json}"));
        }
    }
    Ok(if trial.held() { Verdict::Held } else { Verdict::Broken })
}
