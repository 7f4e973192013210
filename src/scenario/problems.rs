//! What is wrong with a scenario, and where.

use crate::order::Arrange;
use std::fmt;

/// One thing that is wrong with a scenario's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line it stands on, counted from 1; `None` when it is about no place in the text.
    pub line: Option<u32>,
    /// The key, as `node[1].disk.fsync`; empty when it is about none.
    pub path: String,
    /// What is wrong, and what to do.
    pub message: String,
}

/// Why a text is no scenario. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    /// The file's name, or whatever names the text's origin.
    pub origin: String,
    /// In the order of the text; at most [`Problems::LIMIT`].
    pub list: Vec<Problem>,
}

impl Problems {
    /// More than so many are not told: the rest tends to follow from the first.
    pub const LIMIT: usize = 20;

    /// Problems of a text from `origin`, in the order of their lines.
    #[must_use]
    pub(crate) fn new(origin: &str, mut list: Vec<Problem>) -> Problems {
        list.arrange_by_key(|problem| problem.line.unwrap_or(u32::MAX));
        list.truncate(Self::LIMIT);
        Problems { origin: origin.to_owned(), list }
    }

    /// A single problem.
    #[must_use]
    pub(crate) fn one(origin: &str, line: Option<u32>, path: &str, message: impl Into<String>) -> Problems {
        Problems::new(origin, vec![Problem { line, path: path.to_owned(), message: message.into() }])
    }
}

impl fmt::Display for Problems {
    /// One line each: `scenarios/x.toml:12: node[1].disk.fsyncc: unknown key; did you mean "fsync"?`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.list.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            f.write_str(&self.origin)?;
            if let Some(line) = problem.line {
                write!(f, ":{line}")?;
            }
            f.write_str(": ")?;
            if !problem.path.is_empty() {
                write!(f, "{}: ", problem.path)?;
            }
            f.write_str(&problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
