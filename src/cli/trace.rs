//! `replication-lab trace`.

use super::Verdict;
use super::arguments::TraceArguments;
use super::input;
use super::output::{Failure, Output};
use crate::engine::trace::TraceEvent;
use crate::sim::trace_text;
use crate::sim::{Observer, Run, World};

/// Prints each event of a scenario on a line of its own.
pub(super) fn trace(arguments: &TraceArguments, output: &mut Output) -> Result<Verdict, Failure> {
    let (source, scenario, until) = input::load(&arguments.scenario)?;
    let printer = Printer { output };
    let mut run =
        Run::new(scenario.setup, scenario.schedule, printer).map_err(|error| input::setup_problem(&source, &error))?;
    while run.next_at().is_some_and(|next| next <= until) && !run.observer().output.is_closed() {
        run.step();
    }
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
