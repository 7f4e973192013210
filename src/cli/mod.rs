//! The command line `replication-lab`: scenarios run without a page.
//!
//! Exit codes: 0 when every expectation holds, 1 when one does not, 2 for input that cannot be used (and for wrong
//! arguments); then the message names file, line and key. A sweep only counts: 0 whatever held, and 2.

mod arguments;
mod cases;
mod check;
mod documents;
mod input;
mod judge;
mod library;
mod link;
mod look;
mod output;
mod poster;
mod route;
mod run;
mod swarm;
mod sweep;
mod trace;

use std::process::ExitCode;

use clap::Parser;

use crate::scenario;
use arguments::{Arguments, Command};
use output::{Failure, Output};

/// What a command came to, where it could be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Every expectation holds, or there was nothing to expect.
    Held,
    /// One does not.
    Broken,
    /// Some of the input could not be used, as has been said.
    Unusable,
}

/// Reads the arguments and carries out the command.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut output = Output::new();
    let outcome = match &arguments.command {
        Command::Run(arguments) => run::run(arguments, &mut output),
        Command::Sweep(arguments) => sweep::sweep(arguments, &mut output),
        Command::Swarm(arguments) => swarm::swarm(arguments, &mut output),
        Command::Check(arguments) => check::check(arguments, &mut output),
        Command::Trace(arguments) => trace::trace(arguments, &mut output),
        Command::Status(arguments) => look::status(arguments, &mut output),
        Command::Query(arguments) => look::query(arguments, &mut output),
        Command::Link(arguments) => link::link(arguments, &mut output),
        Command::Poster(arguments) => poster::poster(arguments, &mut output),
        Command::Judge(arguments) => judge::judge(arguments, &mut output),
        Command::Route(arguments) => route::route(arguments, &mut output),
        Command::Schema => print_schema(&mut output),
    };
    // What could not be written because the reader went away is no failure: `replication-lab trace x.toml | head`.
    let outcome = output.close().and(outcome);
    match outcome {
        Ok(Verdict::Held) => ExitCode::SUCCESS,
        Ok(Verdict::Broken) => ExitCode::from(1),
        Ok(Verdict::Unusable) => ExitCode::from(2),
        Err(failure) => {
            output::complain(&failure);
            ExitCode::from(2)
        }
    }
}

fn print_schema(output: &mut Output) -> Result<Verdict, Failure> {
    output.line(format_args!("{:#}", scenario::schema()));
    Ok(Verdict::Held)
}
