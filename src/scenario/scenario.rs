//! A scenario: a cluster, what happens to it, and what is expected.

use crate::engine::time::SimTime;
use crate::sim::command::Command;
use crate::sim::setup::Setup;

use super::assignment::Assignment;
use super::level::Level;
use super::overrides::Override;
use super::path::Path;
use super::problems::{Problem, Problems};
use super::that::That;
use super::{check, json_reader, overrides, read, shape, toml_reader, validate, write};

/// A scenario: a cluster, what happens to it, and what is expected.
///
/// What stands here has been validated: names are known, times lie within the run, settings are accepted by the
/// flavor's server. Whether SQL is well formed shows only when it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// What it shows, in one line; perhaps empty.
    pub title: String,
    /// Markdown, shown to the learner; perhaps empty. It may come from a stranger: never treat it as markup unescaped.
    pub description: String,
    /// How much it asks of its reader, where it says so.
    pub level: Option<Level>,
    /// The part of the library that it stands in; perhaps empty.
    pub chapter: String,
    /// The cluster.
    pub setup: Setup,
    /// How long the run lasts, in microseconds.
    pub duration_us: u64,
    /// What is done to the cluster, in the order in which it is done.
    pub schedule: Vec<(SimTime, Command)>,
    /// What the report is expected to say, in the text's order.
    pub expect: Vec<Expectation>,
    /// The task that it sets learners, where it sets one.
    pub assignment: Option<Assignment>,
}

/// What the report is expected to say at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// When; `None` is the end of the run.
    pub at: Option<SimTime>,
    /// What.
    pub that: That,
}

/// How a scenario's text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// TOML, for people.
    Toml,
    /// JSON, for pages.
    Json,
}

impl Format {
    /// The format that a text is in: JSON begins with a brace, and TOML never does.
    #[must_use]
    pub fn of(text: &str) -> Format {
        if text.trim_start_matches('\u{feff}').trim_start().starts_with('{') { Format::Json } else { Format::Toml }
    }
}

impl Scenario {
    /// Reads and validates a scenario. `origin` is the name of its file, for messages.
    ///
    /// # Errors
    /// Everything that is wrong with the text, each with its line, its key, and what to do about it.
    pub fn parse(text: &str, format: Format, origin: &str) -> Result<Scenario, Problems> {
        Self::parse_with(text, format, origin, &[])
    }

    /// The same with some keys overridden, as `run --set` does.
    ///
    /// # Errors
    /// As [`Scenario::parse`]; a problem with an override has no line.
    pub fn parse_with(text: &str, format: Format, origin: &str, overrides: &[Override]) -> Result<Scenario, Problems> {
        if text.len() > shape::MAX_TEXT {
            return Err(Problems::one(origin, None, "", "is larger than 1MB, the most that a scenario may be"));
        }
        // A byte order mark is no part of the text; some editors write one.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut root = match format {
            Format::Toml => toml_reader::read(text, origin)?,
            Format::Json => json_reader::read(text, origin)?,
        };
        for one in overrides {
            overrides::apply(&mut root, one)
                .map_err(|message| Problems::one(&format!("--set {one}"), None, "", message))?;
        }
        let problems = check::check(&mut root, &shape::SCENARIO);
        if !problems.is_empty() {
            return Err(Problems::new(origin, problems));
        }
        let read::Reading { scenario, order, unreadable } = read::read(&root);
        let mut problems = Vec::new();
        let mut report = |path: &Path, message: String| {
            problems.push(Problem { line: root.line_of(path), path: path.to_string(), message });
        };
        for (path, message) in unreadable {
            report(&path, message);
        }
        validate::validate(&scenario, &order, &mut report);
        if problems.is_empty() { Ok(scenario) } else { Err(Problems::new(origin, problems)) }
    }

    /// The scenario as TOML; keys at their defaults are left out. Reading it gives the same scenario.
    #[must_use]
    pub fn to_toml(&self) -> String {
        super::toml_writer::print(&write::write(self))
    }

    /// The scenario as JSON; keys at their defaults are left out. Reading it gives the same scenario.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        super::json_writer::value(&write::write(self))
    }

    /// Checks a scenario that was made in another way than by reading it.
    ///
    /// # Errors
    /// What is wrong with it, as if it had been read from its own JSON.
    pub fn validated(self, origin: &str) -> Result<Scenario, Problems> {
        Self::parse(&self.to_json().to_string(), Format::Json, origin)
    }
}
