//! `replication-lab sweep`.

mod breaking;

use std::collections::BTreeMap;
use std::fs;
use std::io::IsTerminal;
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use serde::Serialize;

use super::Verdict;
use super::arguments::{ReportFormat, SweepArguments};
use super::input::{self, Subject};
use super::output::{Failure, Output};
use crate::report::sweep::{Outcome, Paired, Sweep};
use crate::scenario::{Override, Profile, Source, show_duration};
use crate::sweep::{SweepError, Sweeping};

/// Runs a scenario with many seeds and prints how what came of it is distributed.
pub(super) fn sweep(arguments: &SweepArguments, output: &mut Output) -> Result<Verdict, Failure> {
    // With a seed of its own a link's run is another one: what was done is done at its times.
    let mut subject = input::subject(&arguments.file, Some(*arguments.seeds.start()), &arguments.set)?;
    if subject.scenario.title.is_empty() {
        subject.scenario.title.clone_from(&subject.source.origin);
    }
    if let Some(kind) = arguments.breaking {
        return breaking::look(kind, &subject, arguments, output);
    }
    let first = Swept::of(&subject, arguments)?;
    if let Some(path) = &arguments.rows {
        let rows: String = first.outcomes.iter().map(|outcome| outcome.row() + "\n").collect();
        fs::write(path, rows).map_err(|error| Failure::Other(format!("{}: {error}", path.display())))?;
    }
    let mut result = first.amounts_to();
    say_again(&mut result, &first, arguments, &arguments.set, "")?;
    if arguments.against.is_empty() {
        match arguments.format {
            ReportFormat::Text => output.line(format_args!("{}", result.to_string().trim_end())),
            ReportFormat::Json => json(&result, output)?,
        }
        return Ok(Verdict::Held);
    }
    let set = [&arguments.set[..], &arguments.against].concat();
    let second = Swept::of(&subject.changed(set.clone())?, arguments)?;
    let mut other = second.amounts_to();
    say_again(&mut other, &second, arguments, &set, "against-")?;
    let paired = Paired::of(&first.outcomes, &second.outcomes);
    let against: Vec<String> = arguments.against.iter().map(ToString::to_string).collect();
    match arguments.format {
        ReportFormat::Text => {
            output.line(format_args!("First configuration\n{result}"));
            output.line(format_args!("Second configuration, with {}\n{other}", against.join(", ")));
            output.line(format_args!("Seed by seed\n{}", paired.to_string().trim_end()));
        }
        ReportFormat::Json => json(&Compared { first: result, second: other, against, paired }, output)?,
    }
    Ok(Verdict::Held)
}

/// Two configurations. Fields are the JSON's keys.
#[derive(Serialize)]
struct Compared {
    first: Sweep,
    second: Sweep,
    against: Vec<String>,
    paired: Paired,
}

fn json(what: &impl Serialize, output: &mut Output) -> Result<(), Failure> {
    let json = serde_json::to_string_pretty(what).map_err(|error| Failure::Other(error.to_string()))?;
    output.line(format_args!("{json}"));
    Ok(())
}

/// A sweep that was run.
struct Swept {
    sweeping: Sweeping,
    outcomes: Vec<Outcome>,
}

impl Swept {
    fn of(subject: &Subject, arguments: &SweepArguments) -> Result<Swept, Failure> {
        let until = arguments.until.unwrap_or_else(|| subject.end());
        let sweeping = Sweeping { scenario: subject.scenario.clone(), faults: arguments.faults, until };
        let seeds = arguments.seeds.clone();
        let failed = |error: SweepError| problem(&subject.source, &error);
        // What cannot be run with one seed cannot with any; so it is told at once.
        let first = sweeping.run(*seeds.start()).map_err(failed)?;
        let bar = progress(seeds.end() - seeds.start() + 1);
        bar.inc(1);
        let rest: Vec<u64> = seeds.skip(1).collect();
        let run = |seed: &u64| {
            let outcome = sweeping.run(*seed);
            bar.inc(1);
            outcome
        };
        // In the order of seeds, whichever is done first.
        let rest: Vec<Result<Outcome, SweepError>> = rest.par_iter().map(run).collect();
        bar.finish_and_clear();
        let outcomes = std::iter::once(Ok(first)).chain(rest).collect::<Result<Vec<_>, _>>().map_err(failed)?;
        Ok(Swept { sweeping, outcomes })
    }

    fn amounts_to(&self) -> Sweep {
        let Sweeping { scenario, faults, until } = &self.sweeping;
        let expected: Vec<String> = scenario.expect.iter().map(|one| one.that.text().to_owned()).collect();
        let flavor = scenario.setup.flavor;
        Sweep::of(&scenario.title, flavor, faults.name(), until.as_millis(), &expected, &self.outcomes)
    }

    /// Writes the scenario of a seed, which `run` then runs as the sweep did.
    fn write(&self, seed: u64, path: &Path) -> Result<(), Failure> {
        let told = self.sweeping.told(seed).map_err(|error| Failure::Other(error.to_string()))??;
        fs::write(path, told.to_toml()).map_err(|error| Failure::Other(format!("{}: {error}", path.display())))
    }
}

/// Why a seed could not be run, with the line of what is to blame.
fn problem(source: &Source, error: &SweepError) -> Failure {
    match error {
        SweepError::Faults(why) => Failure::Other(format!("{}: {why}", source.origin)),
        SweepError::Trial(error) => input::trial_problem(source, error),
    }
}

/// Gives each of the worst runs the command that runs it again, and writes their scenarios where that is asked for.
fn say_again(
    sweep: &mut Sweep,
    swept: &Swept,
    arguments: &SweepArguments,
    set: &[Override],
    prefix: &str,
) -> Result<(), Failure> {
    let until = arguments.until.map_or_else(String::new, |until| format!(" --until {}", show_duration(until.0)));
    let set: String = set.iter().map(|one| format!(" --set {}", quoted(&one.to_string()))).collect();
    let file = quoted(&arguments.file.to_string_lossy());
    if let Some(folder) = &arguments.write_worst {
        fs::create_dir_all(folder).map_err(|error| Failure::Other(format!("{}: {error}", folder.display())))?;
    }
    // A run may be among the worst by several figures.
    let mut written = BTreeMap::new();
    for run in sweep.worst_runs_mut() {
        let seed = run.seed;
        run.again = Some(match &arguments.write_worst {
            Some(folder) => {
                let path = folder.join(format!("{prefix}seed-{seed}.toml"));
                if written.insert(seed, ()).is_none() {
                    swept.write(seed, &path)?;
                }
                format!("replication-lab run {}{until}", quoted(&path.to_string_lossy()))
            }
            None if arguments.faults == Profile::None => {
                format!("replication-lab run {file} --seed {seed}{set}{until}")
            }
            // A scenario that is run has no faults drawn for it: it is to be written with them.
            None => format!(
                "replication-lab sweep {file} --seeds {seed}..{seed} --faults {}{set}{until} --write-worst .",
                arguments.faults
            ),
        });
    }
    Ok(())
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A bar on standard error for those who watch it.
fn progress(runs: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(runs);
    match ProgressStyle::with_template("{bar:40} {pos} of {len} runs, {eta} to go") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_are_quoted_where_a_shell_would_change_them() {
        assert_eq!(
            ["a/b.toml", "a b", "it's", "", "#run=1.x"].map(quoted),
            ["a/b.toml", "'a b'", r"'it'\''s'", "''", "'#run=1.x'"]
        );
    }
}
