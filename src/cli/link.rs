//! `replication-lab link`: a run as a link.

use super::Verdict;
use super::arguments::LinkArguments;
use super::input::{self, Subject};
use super::output::{self, Failure, Output};
use crate::engine::time::SimTime;
use crate::scenario::link::{LONG_CHARACTERS, LinkError, Shared};
use crate::sim::Run;
use crate::sim::recording::Moment;

/// Prints the link of a scenario's run at an instant.
pub(super) fn link(arguments: &LinkArguments, output: &mut Output) -> Result<Verdict, Failure> {
    let asked = &arguments.instant;
    let Subject { source, scenario, shared, mut replay } = input::subject(&asked.file, asked.seed, &asked.set)?;
    let shared = match (shared, asked.at) {
        // A link is made again as it is; its instant may lie between events of one microsecond.
        (Some(shared), None) => shared,
        (shared, at) => {
            let mut run = Run::new(scenario.setup.clone(), scenario.schedule.clone(), ())
                .map_err(|error| input::setup_problem(&source, &error))?;
            let at = at.unwrap_or(SimTime::ZERO);
            replay.advance(&mut run, at).map_err(|why| input::mismatch(&source, &why))?;
            let mut deeds = shared.map(|shared| shared.deeds).unwrap_or_default();
            deeds.retain(|deed| deed.moment.at <= at);
            let moment = Moment { steps: run.steps(), at: run.now() };
            Shared::new(scenario, deeds, moment, Some(run.trace_hash()))
        }
    };
    let fragment = shared.fragment().map_err(|why| match why {
        LinkError::Content(problems) => Failure::Input(problems),
        why => Failure::Other(format!("{}: {why}", source.origin)),
    })?;
    if fragment.len() > LONG_CHARACTERS {
        output::note(&format!("the link has {} characters; some programs cut links as long", fragment.len()));
    }
    let base = arguments.base.as_deref().unwrap_or_default();
    let base = base.split_once('#').map_or(base, |(page, _)| page);
    output.line(format_args!("{base}{fragment}"));
    Ok(Verdict::Held)
}
