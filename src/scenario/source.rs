//! A scenario's text and where it came from, so that what turns out wrong later can still be told with its line.

use super::overrides::{self, Override};
use super::path::Path;
use super::problems::Problems;
use super::scenario::{Format, Scenario};
use super::tree::Item;
use super::{json_reader, toml_reader};

/// A scenario's text and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file's name, or whatever names the origin.
    pub origin: String,
    /// The text.
    pub text: String,
    /// Keys given beside the text.
    pub overrides: Vec<Override>,
}

impl Source {
    /// The scenario.
    ///
    /// # Errors
    /// As [`Scenario::parse_with`].
    pub fn scenario(&self) -> Result<Scenario, Problems> {
        Scenario::parse_with(&self.text, Format::of(&self.text), &self.origin, &self.overrides)
    }

    /// A problem with a top-level key (or, without one, with the whole) that showed only when the scenario was run, as a schema that the database refuses.
    #[must_use]
    pub fn problem_with(&self, key: &str, message: &str) -> Problems {
        let path = if key.is_empty() { Path::default() } else { Path::of(key) };
        self.problem(&path, message)
    }

    /// A problem with an expectation, counted from 0, that showed only when it was held against a report.
    #[must_use]
    pub fn problem_with_expectation(&self, index: usize, message: &str) -> Problems {
        self.problem(&Path::of("expect").index(index).key("that"), message)
    }

    /// A problem with a condition of the assignment, counted from 0, that showed only when it was held against a report.
    #[must_use]
    pub fn problem_with_requirement(&self, index: usize, message: &str) -> Problems {
        self.problem(&Path::of("assignment").key("require").index(index).key("that"), message)
    }

    fn problem(&self, path: &Path, message: &str) -> Problems {
        let line = self.tree().and_then(|root| root.line_of(path));
        Problems::one(&self.origin, line, &path.to_string(), message)
    }

    fn tree(&self) -> Option<Item> {
        let text = self.text.strip_prefix('\u{feff}').unwrap_or(&self.text);
        let mut root = match Format::of(text) {
            Format::Toml => toml_reader::read(text, &self.origin).ok()?,
            Format::Json => json_reader::read(text, &self.origin).ok()?,
        };
        for one in &self.overrides {
            overrides::apply(&mut root, one).ok()?;
        }
        Some(root)
    }
}
