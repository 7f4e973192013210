//! What one session is to do: a transaction of the workload, its reading back, its further attempts.

use std::collections::VecDeque;

use crate::engine::message::Statement;
use crate::engine::storage::SqlError;

/// A transaction of the workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Upserts of these keys, in one transaction.
    Write(Vec<i64>),
    /// A read of this key.
    Read(i64),
}

/// A transaction of the workload on its way.
#[derive(Clone, Debug)]
pub struct Job {
    /// What it is.
    pub kind: Kind,
    /// The statements that are not sent yet.
    pub left: VecDeque<Statement>,
    /// Attempts before this one.
    pub attempts: u32,
    /// The error that ended this attempt, while it is being rolled back.
    pub failed: Option<Box<SqlError>>,
}

impl Job {
    /// A job with a value for each key that it writes.
    #[must_use]
    pub fn new(kind: Kind, attempts: u32, mut value: impl FnMut() -> i64) -> Job {
        let text = |text: &str| Statement::Sql(text.into());
        let left = match &kind {
            Kind::Read(id) => [Statement::ReadKey { id: *id }].into(),
            Kind::Write(keys) => {
                let upserts = keys.iter().map(|id| Statement::Upsert { id: *id, value: value() });
                match keys.len() {
                    1 => upserts.collect(),
                    _ => std::iter::once(text("BEGIN")).chain(upserts).chain([text("COMMIT")]).collect(),
                }
            }
        };
        Job { kind, left, attempts, failed: None }
    }

    /// Whether it writes.
    #[must_use]
    pub fn writes(&self) -> bool {
        matches!(self.kind, Kind::Write(_))
    }

    /// A statement of it failed. What is to be sent yet: nothing, or what ends its transaction.
    pub fn fail(&mut self, error: Box<SqlError>, in_transaction: bool) {
        self.left.clear();
        if in_transaction {
            self.left.push_back(Statement::Sql("ROLLBACK".into()));
        }
        self.failed.get_or_insert(error);
    }
}
