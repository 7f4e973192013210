//! `replication-lab trace`, and the trace that `run` writes beside its report.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::Verdict;
use super::arguments::TraceArguments;
use super::input::{self, Subject};
use super::output::{Failure, Output};
use crate::engine::trace::{TraceEvent, What};
use crate::sim::trace_text;
use crate::sim::{Observer, Run, World};

/// Prints each event of a scenario on a line of its own.
pub(super) fn trace(arguments: &TraceArguments, output: &mut Output) -> Result<Verdict, Failure> {
    let (Subject { source, scenario, mut replay, .. }, until) = input::load(&arguments.scenario)?;
    let printer = Printer { output };
    let mut run =
        Run::new(scenario.setup, scenario.schedule, printer).map_err(|error| input::setup_problem(&source, &error))?;
    while !run.observer().output.is_closed()
        && replay.step(&mut run, until).map_err(|why| input::mismatch(&source, &why))?
    {}
    Ok(Verdict::Held)
}

struct Printer<'a> {
    output: &'a mut Output,
}

impl Observer for Printer<'_> {
    fn observe(&mut self, event: &TraceEvent, world: &World) {
        self.output.line(format_args!("{}", trace_text::line(event, world)));
    }
}

/// Writes the trace to a file, where one is asked for. What goes wrong is kept until the end.
pub(super) struct TraceFile {
    to: Option<(PathBuf, BufWriter<File>)>,
    failed: Option<io::Error>,
}

impl TraceFile {
    /// A trace to this file, or to none.
    pub fn create(path: Option<&Path>) -> Result<TraceFile, Failure> {
        let to = match path {
            None => None,
            Some(path) => {
                let file = File::create(path).map_err(|error| failure(path, &error))?;
                Some((path.to_owned(), BufWriter::new(file)))
            }
        };
        Ok(TraceFile { to, failed: None })
    }

    /// Writes the rest, and says what went wrong.
    pub fn close(&mut self) -> Result<(), Failure> {
        let Some((path, to)) = &mut self.to else { return Ok(()) };
        match self.failed.take().or_else(|| to.flush().err()) {
            Some(error) => Err(failure(path, &error)),
            None => Ok(()),
        }
    }
}

fn failure(path: &Path, error: &io::Error) -> Failure {
    Failure::Other(format!("{}: {error}", path.display()))
}

impl Observer for TraceFile {
    fn observe(&mut self, event: &TraceEvent, world: &World) {
        if let Some((_, to)) = &mut self.to
            && self.failed.is_none()
        {
            self.failed = writeln!(to, "{}", trace_text::line(event, world)).err();
        }
    }
}

/// Keeps the scheduled commands that were refused: a scenario that asks for what cannot be done mostly is mistaken.
#[derive(Default)]
pub(super) struct Refusals(Vec<String>);

impl Refusals {
    /// A sentence each.
    pub fn sentences(&self) -> &[String] {
        &self.0
    }
}

impl Observer for Refusals {
    fn observe(&mut self, event: &TraceEvent, _: &World) {
        if let What::CommandRefused { text, why } = &event.what {
            self.0.push(format!("at {} ms: {text} was refused: {why}", event.at.as_millis()));
        }
    }
}
