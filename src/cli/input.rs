//! Scenarios from files and standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::engine::time::SimTime;
use crate::scenario::{Override, Scenario, Source};
use crate::sim::SetupError;

use super::arguments::ScenarioArguments;
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
    let source = read(&arguments.file, arguments.set.clone())?;
    let mut scenario = source.scenario()?;
    if let Some(seed) = arguments.seed {
        scenario.setup.seed = seed;
    }
    let until = arguments.until.unwrap_or(SimTime(scenario.duration_us));
    Ok((source, scenario, until))
}

/// Why a set-up cannot be run, with the line of the key that is to blame.
pub(super) fn setup_problem(source: &Source, error: &SetupError) -> Failure {
    let key = match error {
        SetupError::Schema(message) => return source.problem_with("schema", message).into(),
        SetupError::Setting(..) => "settings",
        SetupError::Unknown(_) | SetupError::Count(_) | SetupError::Storage(_) => "",
    };
    source.problem_with(key, &error.to_string()).into()
}
