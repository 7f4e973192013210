//! Whom a scenario is for.

use std::fmt;

/// How much a scenario asks of its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing beyond SQL.
    Beginner,
    /// What a primary, a replica and a commit are.
    Intermediate,
    /// The details of one system.
    Advanced,
}

impl Level {
    /// As the format writes them, in their order.
    pub const WORDS: [&str; 3] = ["beginner", "intermediate", "advanced"];

    /// As the format writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Level::WORDS[self as usize]
    }

    /// The level of a word of the format.
    #[must_use]
    pub fn of(word: &str) -> Option<Level> {
        [Level::Beginner, Level::Intermediate, Level::Advanced].into_iter().find(|level| level.as_str() == word)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
