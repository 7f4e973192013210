//! Scenarios from files and standard input.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::engine::time::SimTime;
use crate::scenario::{Override, Scenario, Source, TrialError};
use crate::sim::{Run, SetupError};

use super::arguments::{InstantArguments, ScenarioArguments};
use super::output::Failure;

/// More of a file is not read; a scenario may be 1 MB, and a longer text is refused by its length.
const MOST: u64 = 1 << 21;

/// The text of a scenario; `-` is standard input.
pub(super) fn read(path: &Path, overrides: Vec<Override>) -> Result<Source, Failure> {
    let stdin = path == Path::new("-");
    let origin = if stdin { "standard input".to_owned() } else { path.display().to_string() };
    let failed = |error: io::Error| Failure::Other(format!("{origin}: {error}"));
    let mut bytes = Vec::new();
    if stdin {
        io::stdin().lock().take(MOST).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        File::open(path).and_then(|file| file.take(MOST).read_to_end(&mut bytes)).map_err(failed)?;
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source { origin, text, overrides }),
        Err(error) => {
            let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
            Err(Failure::Other(format!("{origin}:{line}: is not UTF-8 text")))
        }
    }
}

/// The scenario that the arguments ask for, where it came from, and when it ends.
pub(super) fn load(arguments: &ScenarioArguments) -> Result<(Source, Scenario, SimTime), Failure> {
    let ScenarioArguments { file, seed, until, set } = arguments;
    load_parts(file, *seed, *until, set)
}

fn load_parts(
    file: &Path,
    seed: Option<u64>,
    until: Option<SimTime>,
    set: &[Override],
) -> Result<(Source, Scenario, SimTime), Failure> {
    let source = read(file, set.to_vec())?;
    let mut scenario = source.scenario()?;
    if let Some(seed) = seed {
        scenario.setup.seed = seed;
    }
    if scenario.title.is_empty() {
        // A report needs some name; the file's is the best there is.
        scenario.title.clone_from(&source.origin);
    }
    let until = until.unwrap_or(SimTime(scenario.duration_us));
    Ok((source, scenario, until))
}

/// The run that the arguments ask for, at its instant: after everything that happens up to and including it.
pub(super) fn run_to(arguments: &InstantArguments) -> Result<Run<()>, Failure> {
    let InstantArguments { file, at, seed, set } = arguments;
    let (source, scenario, at) = load_parts(file, *seed, *at, set)?;
    let mut run = Run::new(scenario.setup, scenario.schedule, ()).map_err(|error| setup_problem(&source, &error))?;
    run.run_until(at);
    Ok(run)
}

/// The scenario files among paths, those in folders sorted by name.
pub(super) fn scenario_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = files.len();
            walk(path, &mut files).map_err(|error| Failure::Other(format!("{}: {error}", path.display())))?;
            if files.len() == before {
                return Err(Failure::Other(format!("{}: holds no *.toml and no *.json", path.display())));
            }
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<io::Result<_>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // A link to a folder is not followed: it could lead back here.
        if entry.file_type()?.is_dir() {
            walk(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "toml" || extension == "json") {
            files.push(path);
        }
    }
    Ok(())
}

/// Why a set-up cannot be run, with the line of the key that is to blame.
pub(super) fn setup_problem(source: &Source, error: &SetupError) -> Failure {
    let key = match error {
        SetupError::Schema(message) => return source.problem_with("schema", message).into(),
        SetupError::Setting(..) => "settings",
        SetupError::Connect(..) => "client",
        SetupError::Unknown(_) | SetupError::Count(_) | SetupError::Storage(_) => "",
    };
    source.problem_with(key, &error.to_string()).into()
}

/// Why a scenario could not be tried, with the line of what is to blame.
pub(super) fn trial_problem(source: &Source, error: &TrialError) -> Failure {
    match error {
        TrialError::Setup(error) => setup_problem(source, error),
        TrialError::Expectation(index, why) => source.problem_with_expectation(*index, &why.to_string()).into(),
    }
}
