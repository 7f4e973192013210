//! A client's session on a server: the statements it is to run and the transaction it has open.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::engine::gtid::Gtid;
use crate::engine::ids::TxnId;
use crate::engine::message::{QueryResult, Statement};
use crate::engine::settings::{BinlogFormat, SynchronousCommit};
use crate::engine::storage::{Change, Image, SqlError};

/// A transaction in progress.
#[derive(Clone, Debug)]
pub struct OpenTxn {
    /// Whose.
    pub id: TxnId,
    /// Begun by `BEGIN` rather than by a single message.
    pub explicit: bool,
    /// `BEGIN READ ONLY`.
    pub read_only: bool,
    /// What it did so far, in order.
    pub changes: Vec<Change>,
    /// After an error PostgreSQL ignores everything up to the end of the transaction.
    pub failed: bool,
    /// Savepoints: name, and how many changes there were.
    pub savepoints: Vec<(String, usize)>,
    /// `SET LOCAL synchronous_commit`.
    pub level: Option<SynchronousCommit>,
    /// What `SET` and `SET LOCAL` replaced, oldest first: PostgreSQL takes it back with what it undoes.
    levels_before: Vec<LevelBefore>,
    /// The working database before each DDL statement, and how many changes there were then.
    pub before_ddl: Vec<(Image, usize)>,
    /// MySQL: the changes that the binary log gets as statements.
    pub text: Vec<TextSpan>,
    /// MySQL: the identifier that `SET gtid_next` gave it.
    pub gtid: Option<Gtid>,
}

/// Changes of a transaction that the binary log gets as one statement.
#[derive(Clone, Debug)]
pub struct TextSpan {
    /// The first change.
    pub from: usize,
    /// After the last change.
    pub to: usize,
    /// The statement, as [`Change::Statement`].
    pub event: Change,
}

impl OpenTxn {
    /// A transaction that has done nothing yet.
    #[must_use]
    pub fn new(id: TxnId, explicit: bool, read_only: bool) -> Self {
        OpenTxn {
            id,
            explicit,
            read_only,
            changes: Vec::new(),
            failed: false,
            savepoints: Vec::new(),
            level: None,
            levels_before: Vec::new(),
            before_ddl: Vec::new(),
            text: Vec::new(),
            gtid: None,
        }
    }

    /// What the binary log gets.
    #[must_use]
    pub fn events(&self) -> Vec<&Change> {
        let mut events = Vec::new();
        let mut at = 0;
        for span in &self.text {
            events.extend(self.changes.get(at..span.from).unwrap_or_default());
            events.push(&span.event);
            at = span.to;
        }
        events.extend(self.changes.get(at..).unwrap_or_default());
        events
    }

    /// Forgets everything after the first `keep` changes, and gives it back.
    pub fn forget_after(&mut self, keep: usize) -> Vec<Change> {
        self.text.retain(|span| span.to <= keep);
        self.changes.split_off(keep.min(self.changes.len()))
    }
}

/// The levels before one `SET` in a transaction.
#[derive(Clone, Copy, Debug)]
struct LevelBefore {
    /// How many savepoints there were.
    depth: usize,
    session: Option<SynchronousCommit>,
    local: Option<SynchronousCommit>,
}

/// One statement that is to run.
#[derive(Clone, Debug)]
pub enum Todo {
    /// Of a text.
    Sql(Arc<str>),
    /// Of the workload.
    Prepared(Statement),
}

/// Where a session stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Waits for its client, or is running.
    #[default]
    Ready,
    /// Waits for another transaction's locks.
    Blocked {
        /// The other transaction.
        holder: TxnId,
    },
    /// Waits for its commit to be acknowledged.
    Committing,
}

/// A client message under way.
#[derive(Clone, Debug)]
pub struct Running {
    /// The transaction it belongs to.
    pub txn: TxnId,
    /// Statements that have not run yet.
    pub todo: VecDeque<Todo>,
    /// What the last one gave.
    pub result: QueryResult,
}

/// One session.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// Where it stands.
    pub state: State,
    /// The message under way.
    pub running: Option<Running>,
    /// The transaction in progress.
    pub txn: Option<OpenTxn>,
    /// `SET synchronous_commit`.
    pub level: Option<SynchronousCommit>,
    /// `SET SESSION binlog_format`.
    pub binlog_format: Option<BinlogFormat>,
    /// `SET SESSION gtid_next`.
    pub gtid_next: GtidNext,
}

/// A session's `gtid_next`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GtidNext {
    /// The server gives the next transaction a number of its own.
    #[default]
    Automatic,
    /// The next transaction has this identifier.
    Given(Gtid),
    /// A transaction had it: another value must be set before the next.
    Used(Gtid),
}

impl GtidNext {
    /// The identifier of the next transaction, where it was given.
    #[must_use]
    pub fn given(self) -> Option<Gtid> {
        match self {
            GtidNext::Given(gtid) => Some(gtid),
            GtidNext::Automatic | GtidNext::Used(_) => None,
        }
    }
}

impl Session {
    /// What a commit waits for now.
    #[must_use]
    pub fn level(&self, configured: SynchronousCommit) -> SynchronousCommit {
        self.txn.as_ref().and_then(|txn| txn.level).or(self.level).unwrap_or(configured)
    }

    /// `SET synchronous_commit`, or `SET LOCAL` of it, which only a transaction can hold. [`None`] is the configured one.
    pub fn set_level(&mut self, level: Option<SynchronousCommit>, local: bool) {
        if let Some(txn) = &mut self.txn {
            let depth = txn.savepoints.len();
            txn.levels_before.push(LevelBefore { depth, session: self.level, local: txn.level });
            txn.level = level.filter(|_| local);
        }
        if !local {
            self.level = level;
        }
    }

    /// Takes back what was `SET` since there were `depth` savepoints; with 0 all of the transaction.
    pub fn undo_levels(&mut self, txn: &mut OpenTxn, depth: usize) {
        let since = txn.levels_before.partition_point(|before| before.depth < depth);
        if let Some(before) = txn.levels_before.get(since) {
            (self.level, txn.level) = (before.session, before.local);
        }
        txn.levels_before.truncate(since);
    }
}

impl OpenTxn {
    /// Forgets the savepoints after the first `keep`, whose `SET`s become those of the last one that is kept.
    pub fn release_savepoints(&mut self, keep: usize) {
        self.savepoints.truncate(keep);
        for before in &mut self.levels_before {
            before.depth = before.depth.min(keep);
        }
    }
}

/// How one statement ended.
#[derive(Debug)]
pub enum Flow {
    /// It is done.
    Done(QueryResult),
    /// It must be tried again when this transaction has ended.
    Blocked(TxnId),
    /// It waits for its commit.
    Committing,
    /// It failed.
    Failed(SqlError),
}
