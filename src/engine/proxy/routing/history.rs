//! The statements that set a session's state.

use std::sync::Arc;

/// The statements that every connection of a session must have run, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct History {
    statements: Vec<Arc<str>>,
    /// The fewest that there were since somebody asked: what stood behind them may be another statement now.
    floor: usize,
}

impl History {
    /// One more.
    pub fn push(&mut self, text: &str) {
        self.statements.push(text.into());
    }

    /// Only the first `keep` hold.
    pub fn truncate(&mut self, keep: usize) {
        self.statements.truncate(keep);
        self.floor = self.floor.min(keep);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.statements.len()
    }

    /// All of them.
    pub fn all(&self) -> &[Arc<str>] {
        &self.statements
    }

    /// So many of the first ones have not changed since the last call.
    pub fn take_floor(&mut self) -> usize {
        let floor = self.floor.min(self.statements.len());
        self.floor = self.statements.len();
        floor
    }
}
