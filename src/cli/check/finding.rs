//! What was found of one scenario or answer.

use serde_json::{Value, json};

use crate::scenario::assignment::Change;

/// How it went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Everything holds, and nothing was changed that must not be.
    #[default]
    Passed,
    /// Not so.
    Failed,
    /// It cannot be read, or is not what it says it is.
    Unusable,
    /// It is not here, and was not looked at.
    Skipped,
}

impl Outcome {
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Passed => "passed",
            Outcome::Failed => "failed",
            Outcome::Unusable => "unusable",
            Outcome::Skipped => "skipped",
        }
    }
}

/// One condition or expectation, with one seed.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Where it stands, in a document; empty elsewhere.
    pub place: String,
    pub seed: u64,
    pub at_ms: f64,
    pub that: String,
    pub says: String,
    pub held: Option<bool>,
    pub actual: Value,
}

/// What was found of one scenario or answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Finding {
    /// Its file, and its line there.
    pub place: String,
    /// Whose it is, where a file of links says so.
    pub name: Option<String>,
    pub outcome: Outcome,
    /// What its rows are called.
    pub kind: &'static str,
    pub rows: Vec<Row>,
    /// What was changed.
    pub changes: Vec<Change>,
    /// What is worth knowing besides.
    pub notes: Vec<String>,
    /// Why it cannot be used.
    pub why: Option<String>,
}

impl Finding {
    /// Something that was run.
    pub fn of_rows(kind: &'static str, rows: Vec<Row>, notes: Vec<String>) -> Finding {
        let broken = rows.iter().any(|row| row.held == Some(false));
        let outcome = if broken { Outcome::Failed } else { Outcome::Passed };
        Finding { outcome, kind, rows, notes, ..Finding::default() }
    }

    /// The same with where it stands.
    pub fn named(mut self, place: String, name: Option<String>) -> Finding {
        (self.place, self.name) = (place, name);
        self
    }

    /// Its place and its name.
    pub fn title(&self) -> String {
        self.name.as_ref().map_or_else(|| self.place.clone(), |name| format!("{} {name}", self.place))
    }

    /// What was changed, and must not be.
    pub fn forbidden(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| !change.allowed)
    }

    pub fn to_json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            json!({
                "seed": row.seed, "at_ms": row.at_ms, "that": row.that, "says": row.says, "held": row.held,
                "actual": row.actual, "place": Some(&row.place).filter(|place| !place.is_empty()),
            })
        });
        let changes = self.changes.iter().map(|change| {
            json!({
                "path": change.path, "original": change.original, "answer": change.answer, "allowed": change.allowed,
            })
        });
        json!({
            "place": self.place,
            "name": self.name,
            "verdict": self.outcome.word(),
            "kind": self.kind,
            "conditions": rows.collect::<Vec<_>>(),
            "changes": changes.collect::<Vec<_>>(),
            "notes": self.notes,
            "why": self.why,
        })
    }
}

/// A change in a sentence.
pub(super) fn said(change: &Change) -> String {
    match (&change.original, &change.answer) {
        (Some(what), None) if change.path == "at" => format!("no longer happens: {what}"),
        (None, Some(what)) if change.path == "at" || change.path.starts_with("at.") => {
            format!("happens besides: {what}")
        }
        (Some(original), Some(answer)) => format!("{} is {answer}, and was {original}", change.path),
        (Some(original), None) => format!("{} is gone; it was {original}", change.path),
        (None, Some(answer)) => format!("{} is new: {answer}", change.path),
        (None, None) => change.path.clone(),
    }
}
