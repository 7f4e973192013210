//! Scenarios from files and standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::engine::time::SimTime;
use crate::scenario::link::{LinkError, Mismatch, Replay, Shared};
use crate::scenario::{Override, Problems, Scenario, Source, TrialError};
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

/// What is to be run: a scenario, and what was done to its run where it came as a link.
pub(super) struct Subject {
    /// Where it came from.
    pub source: Source,
    /// The scenario.
    pub scenario: Scenario,
    /// The link, unless the run was changed.
    pub shared: Option<Shared>,
    /// What carries it out.
    pub replay: Replay,
}

impl Subject {
    /// The scenario of a text, which does all by itself.
    pub fn of_source(source: Source) -> Result<Subject, Failure> {
        let scenario = source.scenario()?;
        Ok(Subject { source, scenario, shared: None, replay: Replay::default() })
    }

    /// The same from its beginning with other keys changed.
    pub fn changed(&self, set: Vec<Override>) -> Result<Subject, Failure> {
        let mut changed = Subject::of_source(Source { overrides: set, ..self.source.clone() })?;
        changed.scenario.setup.seed = self.scenario.setup.seed;
        if changed.scenario.title.is_empty() {
            changed.scenario.title.clone_from(&self.scenario.title);
        }
        Ok(changed)
    }

    /// The run of a link. With another seed or other keys it is another run: what was done is then done at its times.
    pub fn of_link(link: &str, origin: &str, changed: bool, set: &[Override]) -> Result<Subject, Failure> {
        let shared = Shared::read(link).map_err(|why| match why {
            LinkError::Content(problems) => Failure::Input(Problems { origin: origin.to_owned(), ..problems }),
            why => Failure::Other(format!("{origin}: {why}")),
        })?;
        let scenario = if changed { shared.to_scenario() } else { shared.scenario.clone() };
        let source =
            Source { origin: origin.to_owned(), text: scenario.to_json().to_string(), overrides: set.to_vec() };
        if changed {
            return Subject::of_source(source);
        }
        let replay = shared.replay();
        Ok(Subject { source, scenario, shared: Some(shared), replay })
    }

    /// When the run ends: with its scenario, and not before a link's instant.
    pub fn end(&self) -> SimTime {
        let instant = self.shared.as_ref().map_or(SimTime::ZERO, |shared| shared.moment.at);
        SimTime(self.scenario.duration_us).max(instant)
    }
}

/// The scenario or link that the arguments ask for.
pub(super) fn subject(file: &Path, seed: Option<u64>, set: &[Override]) -> Result<Subject, Failure> {
    let link = file.to_str().filter(|text| Shared::is_link(text));
    let mut subject = match link {
        Some(link) => Subject::of_link(link, "link", seed.is_some() || !set.is_empty(), set)?,
        None => Subject::of_source(read(file, set.to_vec())?)?,
    };
    if let Some(seed) = seed {
        subject.scenario.setup.seed = seed;
    }
    Ok(subject)
}

/// The scenario or link that the arguments ask for, and when it ends.
pub(super) fn load(arguments: &ScenarioArguments) -> Result<(Subject, SimTime), Failure> {
    let ScenarioArguments { file, seed, until, set } = arguments;
    let mut subject = subject(file, *seed, set)?;
    if subject.scenario.title.is_empty() {
        // A report needs some name; the file's is the best there is.
        subject.scenario.title.clone_from(&subject.source.origin);
    }
    let until = until.unwrap_or_else(|| subject.end());
    Ok((subject, until))
}

/// The run that the arguments ask for, at its instant: after everything that happens up to and including it, or just
/// where a link has it.
pub(super) fn run_to(arguments: &InstantArguments) -> Result<Run<()>, Failure> {
    let InstantArguments { file, at, seed, set } = arguments;
    let Subject { source, scenario, shared, mut replay } = subject(file, *seed, set)?;
    let end = SimTime(scenario.duration_us);
    let mut run = Run::new(scenario.setup, scenario.schedule, ()).map_err(|error| setup_problem(&source, &error))?;
    match (at, shared) {
        (None, Some(_)) => replay.finish(&mut run),
        (at, _) => replay.advance(&mut run, at.unwrap_or(end)),
    }
    .map_err(|why| mismatch(&source, &why))?;
    Ok(run)
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
        TrialError::Differs(why) => mismatch(source, why),
        TrialError::Expectation(index, why) => source.problem_with_expectation(*index, &why.to_string()).into(),
    }
}

/// Why a link's run is another one here.
pub(super) fn mismatch(source: &Source, why: &Mismatch) -> Failure {
    Failure::Other(format!("{}: {why}", source.origin))
}
