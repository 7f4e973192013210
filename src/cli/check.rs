//! `replication-lab check`.

use std::path::Path;

use super::arguments::CheckArguments;
use super::output::{Failure, Output, complain};
use super::trace::Refusals;
use super::{Verdict, input};
use crate::engine::time::SimTime;
use crate::report::Expectation;
use crate::scenario::Trial;

/// Runs scenarios, a line each and a line for each expectation that does not hold, and counts.
pub(super) fn check(arguments: &CheckArguments, output: &mut Output) -> Result<Verdict, Failure> {
    let files = input::scenario_files(&arguments.paths)?;
    let (mut passed, mut failed) = (0_u32, 0_u32);
    let mut unusable = false;
    for path in files {
        if output.is_closed() {
            break;
        }
        match expectations_of(&path) {
            Ok((expectations, refusals)) => {
                let broken: Vec<_> = expectations.iter().filter(|one| one.held == Some(false)).collect();
                let name = path.display();
                if broken.is_empty() {
                    passed += 1;
                    output.line(format_args!("ok    {name} ({})", counted(expectations.len())));
                } else {
                    failed += 1;
                    output.line(format_args!("FAIL  {name} ({} of {})", broken.len(), counted(expectations.len())));
                }
                for sentence in refusals.sentences() {
                    output.line(format_args!("      note: {sentence}"));
                }
                for one in broken {
                    output.line(format_args!(
                        "      at {} ms: {} does not hold; it is {}",
                        one.at_ms, one.that, one.actual
                    ));
                }
            }
            Err(failure) => {
                failed += 1;
                unusable = true;
                output.line(format_args!("FAIL  {} cannot be used", path.display()));
                complain(&failure);
            }
        }
        // A long list is followed while it grows.
        output.flush();
    }
    output.line(format_args!("{passed} passed, {failed} failed"));
    match (unusable, failed) {
        (true, _) => Ok(Verdict::Unusable),
        (false, 0) => Ok(Verdict::Held),
        (false, _) => Ok(Verdict::Broken),
    }
}

fn expectations_of(path: &Path) -> Result<(Vec<Expectation>, Refusals), Failure> {
    let source = input::read(path, Vec::new())?;
    let scenario = source.scenario()?;
    let until = SimTime(scenario.duration_us);
    let mut trial =
        Trial::of(&scenario, until, Refusals::default()).map_err(|error| input::trial_problem(&source, &error))?;
    Ok((trial.report.expectations, std::mem::take(&mut trial.run.observer_mut().1)))
}

fn counted(number: usize) -> String {
    format!("{number} expectation{}", if number == 1 { "" } else { "s" })
}
