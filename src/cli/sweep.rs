//! `replication-lab sweep`.

use std::collections::BTreeMap;
use std::fs;
use std::io::IsTerminal;
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;

use super::Verdict;
use super::arguments::{ReportFormat, SweepArguments};
use super::input::{self, Subject};
use super::output::{Failure, Output};
use crate::engine::time::SimTime;
use crate::report::sweep::{Outcome, Sweep};
use crate::scenario::{Profile, Scenario, Source, Trial, show_duration};

/// Runs a scenario with many seeds and prints how what came of it is distributed.
pub(super) fn sweep(arguments: &SweepArguments, output: &mut Output) -> Result<Verdict, Failure> {
    let seeds = arguments.seeds.clone();
    // With a seed of its own a link's run is another one: what was done is done at its times.
    let mut subject = input::subject(&arguments.file, Some(*seeds.start()), &arguments.set)?;
    if subject.scenario.title.is_empty() {
        subject.scenario.title.clone_from(&subject.source.origin);
    }
    let until = arguments.until.unwrap_or_else(|| subject.end());
    let Subject { source, scenario, .. } = subject;
    let sweeping = Sweeping { source: &source, scenario: &scenario, faults: arguments.faults, until };

    // What cannot be run with one seed cannot with any; so it is told at once.
    let first = sweeping.run(*seeds.start())?;
    let bar = progress(seeds.end() - seeds.start() + 1);
    bar.inc(1);
    let rest: Vec<u64> = seeds.skip(1).collect();
    let run = |seed: &u64| {
        let outcome = sweeping.run(*seed);
        bar.inc(1);
        outcome
    };
    // In the order of seeds, whichever is done first.
    let rest: Vec<Result<Outcome, Failure>> = rest.par_iter().map(run).collect();
    bar.finish_and_clear();
    let outcomes = std::iter::once(Ok(first)).chain(rest).collect::<Result<Vec<_>, _>>()?;

    let expected: Vec<String> = scenario.expect.iter().map(|one| one.that.text().to_owned()).collect();
    let profile = arguments.faults.name();
    let flavor = scenario.setup.flavor;
    let mut result = Sweep::of(&scenario.title, flavor, profile, until.as_millis(), &expected, &outcomes);
    say_again(&mut result, &sweeping, arguments)?;
    match arguments.format {
        ReportFormat::Text => output.line(format_args!("{}", result.to_string().trim_end())),
        ReportFormat::Json => {
            let json = serde_json::to_string_pretty(&result).map_err(|error| Failure::Other(error.to_string()))?;
            output.line(format_args!("{json}"));
        }
    }
    Ok(Verdict::Held)
}

/// What all runs have in common.
struct Sweeping<'a> {
    source: &'a Source,
    scenario: &'a Scenario,
    faults: Profile,
    until: SimTime,
}

impl Sweeping<'_> {
    /// The scenario with a seed and the faults that are drawn from it, and these as text.
    fn scenario(&self, seed: u64) -> Result<(Scenario, Vec<String>), Failure> {
        let drawn = self
            .faults
            .draw(self.scenario, seed, self.until)
            .map_err(|why| Failure::Other(format!("{}: {why}", self.source.origin)))?;
        let text = drawn.iter().map(|(at, command)| format!("{:.3} s  {command}", at.as_millis() / 1_000.0)).collect();
        let mut scenario = self.scenario.clone();
        scenario.setup.seed = seed;
        scenario.schedule.extend(drawn);
        // At equal times the scenario's own come first.
        scenario.schedule.sort_by_key(|(at, _)| *at);
        Ok((scenario, text))
    }

    fn run(&self, seed: u64) -> Result<Outcome, Failure> {
        let (scenario, faults) = self.scenario(seed)?;
        let trial = Trial::of(&scenario, self.until, ()).map_err(|error| input::trial_problem(self.source, &error))?;
        Ok(Outcome::of(&trial.report, faults))
    }

    /// Writes the scenario of a seed, which `run` then runs as the sweep did.
    fn write(&self, seed: u64, path: &Path) -> Result<(), Failure> {
        let (mut scenario, _) = self.scenario(seed)?;
        scenario.title = format!("{} (seed {seed}, faults: {})", scenario.title, self.faults);
        let scenario = scenario.validated(&path.display().to_string())?;
        fs::write(path, scenario.to_toml()).map_err(|error| Failure::Other(format!("{}: {error}", path.display())))
    }
}

/// Gives each of the worst runs the command that runs it again, and writes their scenarios where that is asked for.
fn say_again(sweep: &mut Sweep, sweeping: &Sweeping<'_>, arguments: &SweepArguments) -> Result<(), Failure> {
    let until = arguments.until.map_or_else(String::new, |until| format!(" --until {}", show_duration(until.0)));
    let set: String = arguments.set.iter().map(|one| format!(" --set {}", quoted(&one.to_string()))).collect();
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
                let path = folder.join(format!("seed-{seed}.toml"));
                if written.insert(seed, ()).is_none() {
                    sweeping.write(seed, &path)?;
                }
                format!("replication-lab run {}{until}", quoted(&path.to_string_lossy()))
            }
            None if sweeping.faults == Profile::None => {
                format!("replication-lab run {file} --seed {seed}{set}{until}")
            }
            // A scenario that is run has no faults drawn for it: it is to be written with them.
            None => format!(
                "replication-lab sweep {file} --seeds {seed}..{seed} --faults {}{set}{until} --write-worst .",
                sweeping.faults
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
