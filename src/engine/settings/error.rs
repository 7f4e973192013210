//! What is wrong with a setting, in the server's words.

use std::fmt;

/// What is wrong with a setting, in the server's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingError {
    /// The SQLSTATE (PostgreSQL) or the error number (MySQL).
    pub code: &'static str,
    /// The server's message.
    pub message: String,
    /// PostgreSQL's `DETAIL`.
    pub detail: Option<String>,
    /// PostgreSQL's `HINT`.
    pub hint: Option<String>,
    /// What was perhaps meant; not the server's, which has no such help.
    pub suggestion: Option<&'static str>,
}

impl SettingError {
    /// An error with a message alone.
    #[must_use]
    pub fn new(code: &'static str, message: String) -> SettingError {
        SettingError { code, message, detail: None, hint: None, suggestion: None }
    }

    /// The same with the server's `DETAIL`.
    #[must_use]
    pub fn with_detail(mut self, detail: String) -> SettingError {
        self.detail = Some(detail);
        self
    }

    /// The same with the server's `HINT`.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> SettingError {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for SettingError {
    /// One line: the message, then `DETAIL` and `HINT` as the server labels them, then the suggestion.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(detail) = &self.detail {
            write!(f, "; DETAIL: {detail}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "; HINT: {hint}")?;
        }
        if let Some(suggestion) = self.suggestion {
            write!(f, "; did you mean \"{suggestion}\"?")?;
        }
        Ok(())
    }
}

impl std::error::Error for SettingError {}
