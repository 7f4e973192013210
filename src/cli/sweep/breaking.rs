//! `replication-lab sweep --break`: a run in which something is violated, made smaller.

use std::fs;
use std::path::PathBuf;

use rayon::prelude::*;
use serde::Serialize;

use super::super::Verdict;
use super::super::arguments::{ReportFormat, SweepArguments};
use super::super::input::Subject;
use super::super::output::{Failure, Output};
use super::{json, problem, progress};
use crate::check::Kind;
use crate::engine::time::SimTime;
use crate::scenario::Profile;
use crate::scenario::link::Shared;
use crate::sim::recording::Moment;
use crate::sweep::{Found, Search, SweepError};

/// Runs that are done side by side before it is looked whether one of them is what is looked for.
const BLOCK: u64 = 64;

/// What a search came to. Fields are the JSON's keys.
#[derive(Serialize)]
struct Broken {
    kind: Kind,
    runs: u64,
    found: bool,
    seed: Option<u64>,
    faults: Option<&'static str>,
    detail: Option<String>,
    promised: Option<bool>,
    tried: Option<usize>,
    file: Option<String>,
    link: Option<String>,
}

/// Looks for a run with such a violation, makes it smaller, and writes it.
pub(super) fn look(
    kind: Kind,
    subject: &Subject,
    arguments: &SweepArguments,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    let failed = |error: SweepError| problem(&subject.source, &error);
    let faults = Some(arguments.faults).filter(|faults| *faults != Profile::None);
    let search = Search::new(subject.scenario.clone(), kind, faults, *arguments.seeds.start());
    let runs = (arguments.seeds.end() - arguments.seeds.start() + 1) * search.profiles.len() as u64;
    // What cannot be run with one seed cannot with any; so it is told at once.
    let mut found = search.look(0).map_err(failed)?;
    let bar = progress(runs);
    let mut from = 1;
    while found.is_none() && from < runs {
        let block: Vec<u64> = (from..runs.min(from + BLOCK)).collect();
        // The first in the order of the search, whichever is done first.
        let looked: Vec<Result<Option<Found>, SweepError>> =
            block.par_iter().map(|index| search.look(*index)).collect();
        for one in looked {
            found = found.or(one.map_err(failed)?);
        }
        bar.inc(block.len() as u64);
        from += BLOCK;
    }
    bar.finish_and_clear();
    let Some(found) = found else {
        let names: Vec<&str> = search.profiles.iter().map(|profile| profile.name()).collect();
        match arguments.format {
            ReportFormat::Text => output.line(format_args!(
                "none of {runs} runs has a {kind} (faults: {}). That is no proof that there is none.",
                names.join(", ")
            )),
            ReportFormat::Json => json(&Broken::none(kind, runs), output)?,
        }
        return Ok(Verdict::Held);
    };
    let shrunk = search.smaller(found.case, |_, _| ()).map_err(failed)?;
    let folder = arguments.write_worst.clone().unwrap_or_else(|| PathBuf::from("."));
    let failure = |error: std::io::Error| Failure::Other(format!("{}: {error}", folder.display()));
    fs::create_dir_all(&folder).map_err(failure)?;
    let path = folder.join(format!("break-{kind}.toml"));
    let told = shrunk.scenario.validated(&path.display().to_string())?;
    fs::write(&path, told.to_toml()).map_err(failure)?;
    let link = Shared::new(told.clone(), Vec::new(), Moment { steps: 0, at: SimTime::ZERO }, None).fragment().ok();
    let (Found { index, case, detail, promised }, file) = (found, path.display().to_string());
    match arguments.format {
        ReportFormat::Text => {
            output.line(format_args!("{kind} in run {} of {runs} ({case})\n  {detail}", index + 1));
            if promised {
                output.line(format_args!(
                    "  The settings promise that it does not happen: this is a defect of the laboratory."
                ));
            } else {
                output.line(format_args!("  The settings do not promise that it does not happen."));
            }
            output.line(format_args!("made smaller in {} runs: {file}\n  {}", shrunk.tried, told.description));
            for (at, command) in &told.schedule {
                output.line(format_args!("    {:.3} s  {command}", at.as_millis() / 1_000.0));
            }
            output.line(format_args!("  {}", link.as_deref().unwrap_or("there is no link: it would be too long")));
        }
        ReportFormat::Json => json(
            &Broken {
                runs: index + 1,
                found: true,
                seed: Some(case.seed),
                faults: Some(case.faults.name()),
                detail: Some(detail),
                promised: Some(promised),
                tried: Some(shrunk.tried),
                file: Some(file),
                link,
                ..Broken::none(kind, runs)
            },
            output,
        )?,
    }
    Ok(Verdict::Held)
}

impl Broken {
    fn none(kind: Kind, runs: u64) -> Broken {
        Broken {
            kind,
            runs,
            found: false,
            seed: None,
            faults: None,
            detail: None,
            promised: None,
            tried: None,
            file: None,
            link: None,
        }
    }
}
