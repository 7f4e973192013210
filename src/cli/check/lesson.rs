//! Lessons: they are read, and held against the scenarios that they run.

use std::path::Path;

use super::finding::Finding;
use crate::cli::input;
use crate::cli::output::Failure;
use crate::scenario::lesson::Lesson;

/// Reads a lesson and every scenario that it runs, and holds them against each other.
pub(super) fn find(path: &Path) -> Result<Finding, Failure> {
    let source = input::read(path, Vec::new())?;
    let lesson = Lesson::parse(&source.text, &source.origin)?;
    for name in lesson.scenarios() {
        let beside = path.parent().unwrap_or_else(|| Path::new("")).join(name);
        let scenario = input::read(&beside, Vec::new())?.scenario()?;
        lesson.check(&scenario, &source.origin)?;
    }
    let note = format!("a lesson of {} steps; what it asks of the report is there", lesson.steps.len());
    Ok(Finding::of_rows("expectation", Vec::new(), vec![note]))
}
