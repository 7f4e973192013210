//! `replication-lab check`.

mod answer;
mod embedded;
mod finding;
mod lesson;
mod print;

use super::Verdict;
use super::arguments::CheckArguments;
use super::cases::{self, Case};
use super::input::{self, Subject};
use super::output::{Failure, Output};
use super::trace::Refusals;
use crate::scenario::link::LinkError;
use crate::scenario::{Source, Trial};
use answer::Task;
use embedded::Tried;
use finding::{Finding, Outcome, Row};
use print::Printer;

/// Runs scenarios and what learners handed in, tells of each, and counts.
pub(super) fn check(arguments: &CheckArguments, output: &mut Output) -> Result<Verdict, Failure> {
    let task = arguments.assignment.as_deref().map(Task::read).transpose()?;
    let cases = cases::cases(&arguments.paths)?;
    let mut tried = Tried::default();
    let mut printer = Printer::new(arguments.format, output);
    printer.begin();
    for case in &cases {
        if printer.is_closed() {
            break;
        }
        let (place, name) = case.place();
        let finding = find(case, task.as_ref(), &mut tried).unwrap_or_else(Finding::unusable).named(place, name);
        printer.tell(&finding);
    }
    let (_, failed, unusable) = printer.end();
    Ok(match (unusable, failed) {
        (true, _) => Verdict::Unusable,
        (false, 0) => Verdict::Held,
        (false, _) => Verdict::Broken,
    })
}

fn find(case: &Case, task: Option<&Task>, tried: &mut Tried) -> Result<Finding, Failure> {
    let subject = match case {
        Case::Embedded(embedded) => return tried.find(embedded, task),
        Case::NoDocument { failure, .. } => return Err(Failure::Other(failure.to_string())),
        Case::File(path) => input::subject(path, None, &[])?,
        Case::Lesson(path) => return lesson::find(path),
        Case::Link { place, link, .. } => Subject::of_link(link, place, false, &[])?,
        Case::NoLink { place } => return Err(Failure::Other(format!("{place}: {}", LinkError::NotALink))),
    };
    judge(subject, task)
}

/// Judges a scenario or a link by what it says of itself, or by a task.
fn judge(subject: Subject, task: Option<&Task>) -> Result<Finding, Failure> {
    match task {
        Some(task) => answer::find(task, &subject),
        // A link of a task is somebody's answer, judged by the task that it brings along.
        None if subject.shared.is_some() && subject.scenario.assignment.is_some() => {
            let own = Task { source: subject.source.clone(), scenario: subject.scenario.clone() };
            let mut finding = answer::find(&own, &subject)?;
            finding.notes.push(
                "it is judged by the task that the link brings along; --assignment FILE compares with the teacher's"
                    .to_owned(),
            );
            Ok(finding)
        }
        None => expectations(subject),
    }
}

/// What a scenario says of itself.
fn expectations(subject: Subject) -> Result<Finding, Failure> {
    let until = subject.end();
    let Subject { source, scenario, replay, .. } = subject;
    let mut trial = Trial::of_replay(&scenario, replay, until, Refusals::default())
        .map_err(|error| input::trial_problem(&source, &error))?;
    let refusals = std::mem::take(&mut trial.run.observer_mut().1);
    let rows = trial.report.expectations.into_iter().map(|one| Row {
        place: String::new(),
        seed: scenario.setup.seed,
        at_ms: one.at_ms,
        that: one.that,
        says: String::new(),
        held: one.held,
        actual: one.actual,
    });
    Ok(Finding::of_rows("expectation", rows.collect(), refusals.sentences().to_vec()))
}

/// A file, as a task's source, so that what is wrong with it is told with its line.
impl Task {
    fn read(path: &std::path::Path) -> Result<Task, Failure> {
        let Subject { source, scenario, .. } = input::subject(path, None, &[])?;
        if scenario.assignment.is_none() {
            let why = "is missing: this scenario sets no task, and nothing can be held against it";
            return Err(Source::problem_with(&source, "assignment", why).into());
        }
        Ok(Task { source, scenario })
    }
}

impl Finding {
    fn unusable(failure: Failure) -> Finding {
        Finding { outcome: Outcome::Unusable, why: Some(failure.to_string()), ..Finding::default() }
    }
}
