//! `replication-lab check`.

use super::Verdict;
use super::arguments::CheckArguments;
use super::input::{self, Case, Subject};
use super::output::{Failure, Output, complain};
use super::trace::Refusals;
use crate::report::Expectation;
use crate::scenario::Trial;
use crate::scenario::link::LinkError;

/// Runs scenarios, a line each and a line for each expectation that does not hold, and counts.
pub(super) fn check(arguments: &CheckArguments, output: &mut Output) -> Result<Verdict, Failure> {
    let cases = input::cases(&arguments.paths)?;
    let (mut passed, mut failed) = (0_u32, 0_u32);
    let mut unusable = false;
    for case in cases {
        if output.is_closed() {
            break;
        }
        let name = match &case {
            Case::File(path) => path.display().to_string(),
            Case::Link { name, .. } | Case::NoLink { name } => name.clone(),
        };
        match expectations_of(&case) {
            Ok((expectations, refusals)) => {
                let broken: Vec<_> = expectations.iter().filter(|one| one.held == Some(false)).collect();
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
                output.line(format_args!("FAIL  {name} cannot be used"));
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

fn expectations_of(case: &Case) -> Result<(Vec<Expectation>, Refusals), Failure> {
    let subject = match case {
        Case::File(path) => input::subject(path, None, &[])?,
        Case::Link { name, link } => Subject::of_link(link, name, false, &[])?,
        Case::NoLink { name } => return Err(Failure::Other(format!("{name}: {}", LinkError::NotALink))),
    };
    let until = subject.end();
    let Subject { source, scenario, replay, .. } = subject;
    let mut trial = Trial::of_replay(&scenario, replay, until, Refusals::default())
        .map_err(|error| input::trial_problem(&source, &error))?;
    Ok((trial.report.expectations, std::mem::take(&mut trial.run.observer_mut().1)))
}

fn counted(number: usize) -> String {
    format!("{number} expectation{}", if number == 1 { "" } else { "s" })
}
