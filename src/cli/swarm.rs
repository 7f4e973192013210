//! `replication-lab swarm`, which `cargo xtask swarm` runs: for whoever works on the laboratory.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rayon::prelude::*;

use super::Verdict;
use super::arguments::SwarmArguments;
use super::input;
use super::output::{self, Failure, Output};
use crate::engine::time::SimTime;
use crate::scenario::Scenario;
use crate::scenario::link::Shared;
use crate::sim::recording::Moment;
use crate::swarm::{Breach, Line, Probe, Promise, Summary, draw, promised, shrink};

/// The most runs that a failing one is made smaller by.
const BUDGET: usize = 600;
/// The most failing runs that are made smaller.
const MOST_SHRUNK: usize = 3;

/// Runs a swarm, or one scenario as the swarm does, or adds up lines of earlier ones.
pub(super) fn swarm(arguments: &SwarmArguments, output: &mut Output) -> Result<Verdict, Failure> {
    let insist = arguments.insist.iter().map(|name| Promise::named(name).ok_or_else(|| unknown(name)));
    let insist: Vec<Promise> = insist.collect::<Result<_, _>>()?;
    if let Some(file) = &arguments.file {
        return one(file, &insist, arguments, output);
    }
    let mut summary = Summary::default();
    if arguments.merge.is_empty() {
        let failed = run(arguments.seeds.clone(), &insist, arguments, &mut summary)?;
        for seed in failed.into_iter().take(if arguments.no_shrinking { 0 } else { MOST_SHRUNK }) {
            let scenario = draw(seed);
            let probe = probe(&scenario, &held_to(&scenario, &insist));
            smaller(&scenario, &format!("swarm-{seed}"), &probe, &insist, arguments, output)?;
        }
    } else {
        for path in &arguments.merge {
            let file = fs::File::open(path).map_err(|error| Failure::Other(format!("{}: {error}", path.display())))?;
            for (index, line) in BufReader::new(file).lines().enumerate() {
                let at = |error: String| Failure::Other(format!("{}:{}: {error}", path.display(), index + 1));
                let line = line.map_err(|error| at(error.to_string()))?;
                summary.add(&line).map_err(at)?;
            }
        }
    }
    output.line(format_args!("{summary}"));
    let (passed, failed) = summary.passed_and_failed();
    output.line(format_args!("{passed} passed, {failed} failed"));
    Ok(if failed == 0 { Verdict::Held } else { Verdict::Broken })
}

fn unknown(name: &str) -> Failure {
    let names: Vec<_> = Promise::all().map(Promise::name).collect();
    Failure::Other(format!("no promise is called {name:?}; there are {}", names.join(", ")))
}

fn held_to(scenario: &Scenario, insist: &[Promise]) -> Vec<Promise> {
    let mut promised = promised(scenario);
    promised.extend(insist);
    promised.sort_unstable();
    promised.dedup();
    promised
}

/// What a run showed; a panic of the engine's is a broken promise like others.
fn probe(scenario: &Scenario, promised: &[Promise]) -> Probe {
    catch_unwind(AssertUnwindSafe(|| Probe::held_to(scenario, promised))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        let detail = format!("panicked: {}", text.unwrap_or("without a word"));
        let mut probe = Probe::held_to(&Scenario { duration_us: 0, schedule: Vec::new(), ..scenario.clone() }, &[]);
        probe.promised = promised.to_vec();
        probe.breaches.push(Breach { promise: Promise::Sound, at_us: 0, mended: false, detail });
        probe
    })
}

/// Runs all seeds, says what came of each on a line of its own, and returns those that broke a promise.
fn run(
    seeds: RangeInclusive<u64>,
    insist: &[Promise],
    arguments: &SwarmArguments,
    summary: &mut Summary,
) -> Result<Vec<u64>, Failure> {
    let failure = |path: &Path, error: std::io::Error| Failure::Other(format!("{}: {error}", path.display()));
    let mut file = match &arguments.output {
        Some(path) => Some(fs::File::create(path).map_err(|error| failure(path, error))?),
        None => None,
    };
    // A block at a time, so that lines come in the order of seeds and while it runs.
    let all: Vec<u64> = seeds.collect();
    let mut failed = Vec::new();
    for block in all.chunks(64) {
        let lines = Mutex::new(vec![None; block.len()]);
        block.par_iter().enumerate().for_each(|(index, seed)| {
            let scenario = draw(*seed);
            let probe = probe(&scenario, &held_to(&scenario, insist));
            let line = Line::of(*seed, &scenario, &probe);
            let text = serde_json::to_string(&line).unwrap_or_default();
            if let Some(folder) = &arguments.keep {
                let path = folder.join(format!("swarm-{seed}.toml"));
                if let Err(error) = fs::write(&path, probe.told(&scenario).to_toml()) {
                    output::note(&format!("{}: {error}", path.display()));
                }
            }
            if let Some(place) = lines.lock().ok().as_mut().and_then(|lines| lines.get_mut(index)) {
                *place = Some((text, line.violations));
            }
        });
        let lines = lines.into_inner().unwrap_or_default();
        for (seed, (text, violations)) in block.iter().zip(lines.into_iter().flatten()) {
            if let (Some(file), Some(path)) = (&mut file, &arguments.output) {
                writeln!(file, "{text}").map_err(|error| failure(path, error))?;
            }
            summary.add(&text).map_err(Failure::Other)?;
            if let Some(first) = violations.first() {
                failed.push(*seed);
                output::note(&format!("seed {seed}: {}: {}", first.promise, first.detail));
            }
        }
    }
    Ok(failed)
}

/// One scenario, run as the swarm runs those that it draws.
fn one(file: &Path, insist: &[Promise], arguments: &SwarmArguments, output: &mut Output) -> Result<Verdict, Failure> {
    let scenario = input::subject(file, None, &[])?.scenario;
    let probe = probe(&scenario, &held_to(&scenario, insist));
    let line = Line::of(scenario.setup.seed, &scenario, &probe);
    let text = serde_json::to_string(&line).map_err(|error| Failure::Other(error.to_string()))?;
    output.line(format_args!("{text}"));
    if probe.breaches.is_empty() {
        return Ok(Verdict::Held);
    }
    if !arguments.no_shrinking {
        let stem = file.file_stem().map_or_else(|| "swarm".to_owned(), |stem| stem.to_string_lossy().into_owned());
        smaller(&scenario, &stem, &probe, insist, arguments, output)?;
    }
    Ok(Verdict::Broken)
}

/// Makes a failing run smaller, writes it to a file, and prints it and its link.
fn smaller(
    scenario: &Scenario,
    name: &str,
    found: &Probe,
    insist: &[Promise],
    arguments: &SwarmArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let Some(breach) = found.breaches.first() else { return Ok(()) };
    let promise = breach.promise;
    let asked = |scenario: &Scenario| {
        let mut asked = held_to(scenario, insist);
        // What comes out only when all is mended needs the mending.
        asked.retain(|one| *one == promise || (breach.mended && *one == Promise::Together));
        asked
    };
    let breaks = |smaller: &Scenario| {
        let probe = probe(smaller, &asked(smaller));
        probe.breaches.iter().any(|breach| breach.promise == promise)
    };
    let shrunk = shrink(scenario, BUDGET, breaks);
    let probe = probe(&shrunk.scenario, &asked(&shrunk.scenario));
    let Some(breach) = probe.breaches.iter().find(|breach| breach.promise == promise) else {
        return Err(Failure::Other(format!("{name}: {promise}: does not happen again")));
    };
    let mut told = if breach.mended { probe.told(&shrunk.scenario) } else { shrunk.scenario.clone() };
    told.title = format!("{} breaks {promise}", scenario.title);
    told.description = breach.detail.clone();
    let path = arguments.folder.clone().unwrap_or_else(|| PathBuf::from(".")).join(format!("{name}-{promise}.toml"));
    let told = told.validated(&path.display().to_string())?;
    fs::write(&path, told.to_toml()).map_err(|error| Failure::Other(format!("{}: {error}", path.display())))?;
    output.line(format_args!("{name} breaks {promise}, made smaller in {} runs: {}", shrunk.tried, path.display()));
    output.line(format_args!("  {}", breach.detail));
    let link = Shared::new(told, Vec::new(), Moment { steps: 0, at: SimTime::ZERO }, None).fragment();
    output.line(format_args!("  {}", link.unwrap_or_else(|why| format!("there is no link: {why}"))));
    Ok(())
}
