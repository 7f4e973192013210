//! `replication-lab judge`: the judges over a history from anywhere.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use super::Verdict;
use super::arguments::JudgeArguments;
use super::output::{self, Failure, Output};
use crate::check::history::History;

/// Prints what the judges say of a history.
pub(super) fn judge(arguments: &JudgeArguments, output: &mut Output) -> Result<Verdict, Failure> {
    let path = arguments.file.as_path();
    let stdin = path == Path::new("-");
    let origin = if stdin { "standard input".to_owned() } else { path.display().to_string() };
    let text: Box<dyn BufRead> = if stdin {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(path).map_err(|error| Failure::Other(format!("{origin}: {error}")))?;
        Box::new(BufReader::new(file))
    };
    let history = History::read(text, &arguments.initial).map_err(|malformed| match malformed.line {
        // What is not in the file has no line there.
        0 => Failure::Other(malformed.why),
        _ => Failure::Other(format!("{origin}:{malformed}")),
    })?;
    if history.reordered {
        output::note(&format!("{origin}: the lines are not in the order of time_us; it was judged by the times"));
    }
    let json = history.judge().to_json(&history);
    output.line(format_args!("{json:#}"));
    Ok(Verdict::Held)
}
