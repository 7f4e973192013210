//! One operation of a history.

use crate::check::linearizability::Action;

/// What an operation is, as histories name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// It asks for the register's value.
    Read,
    /// It sets the register's value.
    Write,
    /// It sets the register's value if it finds another one.
    Cas,
}

impl Function {
    /// Every function.
    pub const ALL: [Function; 3] = [Function::Read, Function::Write, Function::Cas];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Function::Read => "read",
            Function::Write => "write",
            Function::Cas => "cas",
        }
    }
}

/// What came of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It took effect, and its process knows.
    Ok,
    /// It did not take effect. Of a `cas` that says nothing about the value that it found.
    Failed,
    /// It may have taken effect, or may yet, or never will: `info`, or nothing until the end.
    Unknown,
}

impl Outcome {
    /// Its name in histories.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Failed => "fail",
            Outcome::Unknown => "info",
        }
    }
}

/// One operation: an invocation and what came of it. Processes, keys and values are numbers, equal where those are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Op {
    /// Whose.
    pub process: u32,
    /// On which register.
    pub key: u32,
    /// What it is.
    pub f: Function,
    /// What it did, or would have done; `None` for a read that returned nothing.
    pub action: Option<Action<u32>>,
    /// What came of it.
    pub outcome: Outcome,
    /// The place of its invocation among all events.
    pub invoked: u64,
    /// The place of its return; `None` when its outcome is unknown.
    pub returned: Option<u64>,
    /// The lines of its events, counted from one.
    pub lines: (usize, Option<usize>),
    /// The times of its events, where they are told.
    pub times_us: (Option<i64>, Option<i64>),
}

impl Op {
    /// What it returned or found, where its process knows.
    #[must_use]
    pub fn found(&self) -> Option<u32> {
        match self.action? {
            Action::Read(value) | Action::Cas(value, _) if self.outcome == Outcome::Ok => Some(value),
            _ => None,
        }
    }

    /// What it set, unless it did not happen.
    #[must_use]
    pub fn set(&self) -> Option<u32> {
        match self.action? {
            Action::Write(value) | Action::Cas(_, value) if self.outcome != Outcome::Failed => Some(value),
            _ => None,
        }
    }

    /// Whether its process was told that it set a value.
    #[must_use]
    pub fn is_acknowledged_write(&self) -> bool {
        self.outcome == Outcome::Ok && self.set().is_some()
    }
}
