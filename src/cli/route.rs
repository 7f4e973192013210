//! `replication-lab route`: where the proxy sends each message of a session.

use std::io::{self, BufRead, ErrorKind};

use serde::Serialize;

use super::Verdict;
use super::arguments::RouteArguments;
use super::output::{Failure, Output};
use crate::engine::message::Statement;
use crate::engine::proxy::Splitter;

/// One message's line.
#[derive(Serialize)]
struct Routed<'a> {
    statement: &'a str,
    destination: &'static str,
    reason: String,
}

/// Prints where each message goes.
pub(super) fn route(arguments: &RouteArguments, output: &mut Output) -> Result<Verdict, Failure> {
    let mut splitter = Splitter::new(arguments.flavor);
    if let Some(sql) = &arguments.sql {
        line(&mut splitter, sql, output)?;
        return Ok(Verdict::Held);
    }
    for (index, read) in io::stdin().lock().lines().enumerate() {
        let text = read.map_err(|error| {
            let what = match error.kind() {
                ErrorKind::InvalidData => "is not UTF-8 text".to_owned(),
                _ => error.to_string(),
            };
            Failure::Other(format!("standard input:{}: {what}", index + 1))
        })?;
        line(&mut splitter, &text, output)?;
        // Somebody may be typing.
        output.flush();
        if output.is_closed() {
            break;
        }
    }
    Ok(Verdict::Held)
}

/// A message and its line. Nobody runs it: it is taken to succeed.
fn line(splitter: &mut Splitter, text: &str, output: &mut Output) -> Result<(), Failure> {
    let decision = splitter.decide(&Statement::Sql(text.into()));
    let routed = Routed { statement: text, destination: decision.destination(), reason: decision.why() };
    let json = serde_json::to_string(&routed).map_err(|error| Failure::Other(error.to_string()))?;
    output.line(format_args!("{json}"));
    Ok(())
}
