//! A figure's run as a link, and what a page does to it.

use serde_json::Value;

use crate::scenario::Scenario;
use crate::scenario::link::Shared;
use crate::scenario::{Format, show_duration};
use crate::sim::command::Command;
use crate::ui::lab::Lab;

fn shared(lab: &Lab) -> Shared {
    let (deeds, moment, hash) = lab.with(|s| (s.deeds().to_vec(), s.moment(), s.trace_hash()));
    Shared::new(lab.opening().scenario(), deeds, moment, Some(hash))
}

/// The run as a link.
///
/// # Errors
/// When it is too much for one.
pub fn link(lab: &Lab) -> Result<String, String> {
    shared(lab).fragment().map_err(|why| why.to_string())
}

/// What an entry of a scenario's `[[at]]` would do now, from its JSON without a time. It is read as the last entry of the
/// scenario that the run amounts to, so that the same rules hold, and names of servers that were added since are known.
///
/// # Errors
/// What is wrong with it.
pub fn command(lab: &Lab, deed: &str) -> Result<Command, String> {
    let scenario = shared(lab).to_scenario();
    let wrong = || "must be a JSON object such as {\"crash\": \"db1\"}".to_owned();
    let Ok(Value::Object(mut deed)) = serde_json::from_str(deed) else { return Err(wrong()) };
    deed.insert("time".to_owned(), show_duration(scenario.duration_us).into());
    let mut whole = scenario.to_json();
    match whole.get_mut("at").and_then(Value::as_array_mut) {
        Some(all) => all.push(Value::Object(deed)),
        None => whole["at"] = Value::Array(vec![Value::Object(deed)]),
    }
    let whole = Scenario::parse(&whole.to_string(), Format::Json, "inject").map_err(|why| why.to_string())?;
    whole.schedule.last().map(|(_, command)| command.clone()).ok_or_else(wrong)
}
