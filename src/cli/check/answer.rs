//! What a learner handed in, held against the teacher's task.

use std::collections::BTreeSet;

use super::super::input::{self, Subject};
use super::super::output::Failure;
use super::finding::{Finding, Outcome, Row};
use crate::engine::time::SimTime;
use crate::scenario::assignment::{Answer, AttemptError, SeedOutcome};
use crate::scenario::link::Shared;
use crate::scenario::{Scenario, Source};
use crate::sim::{REVISION, Run};

/// The teacher's task.
pub(super) struct Task {
    /// Its text.
    pub source: Source,
    /// The scenario, with its assignment.
    pub scenario: Scenario,
}

/// Compares an answer with the teacher's scenario, carries its run out again, and tries it with every seed.
pub(super) fn find(task: &Task, subject: &Subject) -> Result<Finding, Failure> {
    let deeds = subject.shared.as_ref().map(|shared| shared.deeds.as_slice()).unwrap_or_default();
    let answer = Answer::of(&task.scenario, &subject.scenario, deeds)?;
    let mut finding =
        Finding { kind: "condition", changes: answer.changes.clone(), outcome: Outcome::Failed, ..Finding::default() };
    if !answer.is_permitted() {
        // Whatever such a run would show, it is another task's; and a stranger's scenario may take for ever.
        return Ok(finding);
    }
    if !answer.left_out.is_empty() {
        let n = answer.left_out.len();
        finding.notes.push(format!("{n} thing{} done by hand {} no part of the answer", plural(n), is_are(n)));
    }
    let outcomes = answer.attempt().run().map_err(|error| match error {
        AttemptError::Setup(error) => input::setup_problem(&subject.source, &error),
        AttemptError::Condition(index, why) => task.source.problem_with_requirement(index, &why.to_string()).into(),
    })?;
    if let Some(shared) = &subject.shared {
        same_run(subject, shared, &answer, &outcomes, &mut finding)?;
    }
    let asked = task.scenario.assignment.iter().flat_map(|assignment| &assignment.require);
    let asked: Vec<_> = asked.collect();
    for outcome in &outcomes {
        for (one, judged) in asked.iter().zip(&outcome.judged) {
            finding.rows.push(Row {
                place: String::new(),
                seed: outcome.seed,
                at_ms: one.at.unwrap_or(SimTime(task.scenario.duration_us)).as_millis(),
                that: one.that.text().to_owned(),
                says: one.says.clone(),
                held: Some(judged.held),
                actual: judged.actual.clone(),
            });
        }
    }
    if crate::scenario::assignment::passed(&outcomes) {
        finding.outcome = Outcome::Passed;
    }
    Ok(finding)
}

/// Whether the link's own run is the one that it says: its instant and its hash cannot be made up.
fn same_run(
    subject: &Subject,
    shared: &Shared,
    answer: &Answer,
    outcomes: &[SeedOutcome],
    finding: &mut Finding,
) -> Result<(), Failure> {
    let own = outcomes.iter().find(|outcome| outcome.seed == answer.scenario.setup.seed);
    let same = match own.filter(|own| shared.deeds.is_empty() && own.end == shared.moment) {
        // The run has just been carried out.
        Some(own) => match shared.trace_hash.filter(|hash| *hash != own.trace_hash) {
            Some(hash) => Err(format!(
                "this is not the run that was shared: its hash at the end is {:016x}, and should have been {:016x}; the link was \
                 changed, or made by another build of the laboratory",
                own.trace_hash, hash
            )),
            None => Ok(()),
        },
        None => {
            let Scenario { setup, schedule, .. } = subject.scenario.clone();
            let mut run =
                Run::new(setup, schedule, ()).map_err(|error| input::setup_problem(&subject.source, &error))?;
            shared.replay().finish(&mut run).map_err(|why| why.to_string())
        }
    };
    match same {
        Err(why) if shared.engine == REVISION => Err(Failure::Other(format!("{}: {why}", subject.source.origin))),
        Err(_) => {
            let note = "the link was made by another version of the laboratory; it was judged by a run with this one";
            finding.notes.push(note.to_owned());
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

fn is_are(n: usize) -> &'static str {
    if n == 1 { "is" } else { "are" }
}

/// How many conditions with how many seeds, in words.
pub(super) fn counted(rows: &[Row], kind: &str) -> String {
    let seeds: BTreeSet<u64> = rows.iter().map(|row| row.seed).collect();
    let conditions = rows.len().checked_div(seeds.len()).unwrap_or(0);
    let many = if seeds.len() > 1 { format!(" with {} seeds", seeds.len()) } else { String::new() };
    format!("{conditions} {kind}{}{many}", plural(conditions))
}
