//! A client's session on a server: the statements it is to run and the transaction it has open.

use std::collections::VecDeque;
use std::sync::Arc;

use super::positions::PositionWait;
use crate::engine::beside::{self, Holder};
use crate::engine::gtid::Gtid;
use crate::engine::ids::TxnId;
use crate::engine::message::{ImplicitCommit, QueryResult, Statement};
use crate::engine::settings::{BinlogFormat, Settings, SynchronousCommit};
use crate::engine::storage::{Change, Database, Image, SqlError};
use crate::engine::time::SimTime;
use crate::order::OrderedMap;

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
    /// What `SET LOCAL` set.
    pub local: Own,
    /// What `SET` and `SET LOCAL` replaced, oldest first: PostgreSQL takes it back with what it undoes.
    sets_before: Vec<SetBefore>,
    /// The temporary tables before it changed them, and how many savepoints there were then.
    temporary_before: Vec<(usize, Option<Box<Database>>)>,
    /// The working database before each DDL statement, and how many changes there were then.
    pub before_ddl: Vec<(Image, usize)>,
    /// PostgreSQL: it made or dropped a temporary table: the real catalog is logged, and so its commit is.
    pub catalog: bool,
    /// What was logged on the way and stays whatever becomes of it: sequences.
    pub beside: Vec<Change>,
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
            local: Own::default(),
            sets_before: Vec::new(),
            temporary_before: Vec::new(),
            before_ddl: Vec::new(),
            catalog: false,
            beside: Vec::new(),
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

/// Settings that a session, or one transaction of it, has of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// `synchronous_commit`.
    pub level: Option<SynchronousCommit>,
    /// `lock_timeout`.
    pub lock_timeout_us: Option<u64>,
    /// `statement_timeout`.
    pub statement_timeout_us: Option<u64>,
    /// MySQL: `innodb_lock_wait_timeout`.
    pub lock_wait_us: Option<u64>,
}

impl Own {
    /// What is set here, and else there.
    #[must_use]
    pub fn or(self, other: Own) -> Own {
        Own {
            level: self.level.or(other.level),
            lock_timeout_us: self.lock_timeout_us.or(other.lock_timeout_us),
            statement_timeout_us: self.statement_timeout_us.or(other.statement_timeout_us),
            lock_wait_us: self.lock_wait_us.or(other.lock_wait_us),
        }
    }

    /// What a server has configured.
    #[must_use]
    pub fn configured(settings: &Settings) -> Own {
        Own {
            level: Some(settings.synchronous_commit),
            lock_timeout_us: Some(settings.lock_timeout_us),
            statement_timeout_us: Some(settings.statement_timeout_us),
            lock_wait_us: Some(settings.mysql.innodb_lock_wait_timeout_us),
        }
    }

    /// Takes one setting from another; whether a session can have it of its own.
    pub fn take(&mut self, name: &str, from: Own) -> bool {
        match name {
            "synchronous_commit" => self.level = from.level,
            "lock_timeout" => self.lock_timeout_us = from.lock_timeout_us,
            "statement_timeout" => self.statement_timeout_us = from.statement_timeout_us,
            "innodb_lock_wait_timeout" => self.lock_wait_us = from.lock_wait_us,
            _ => return false,
        }
        true
    }

    /// Puts what is set here in the place of what is configured.
    pub fn overlay(self, settings: &mut Settings) {
        settings.synchronous_commit = self.level.unwrap_or(settings.synchronous_commit);
        settings.lock_timeout_us = self.lock_timeout_us.unwrap_or(settings.lock_timeout_us);
        settings.statement_timeout_us = self.statement_timeout_us.unwrap_or(settings.statement_timeout_us);
        let lock_wait_us = &mut settings.mysql.innodb_lock_wait_timeout_us;
        *lock_wait_us = self.lock_wait_us.unwrap_or(*lock_wait_us);
    }
}

/// What there was before one `SET` in a transaction.
#[derive(Clone, Copy, Debug)]
struct SetBefore {
    /// How many savepoints there were.
    depth: usize,
    session: Own,
    local: Own,
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
#[derive(Clone, Debug, Default)]
pub enum State {
    /// Waits for its client, or is running.
    #[default]
    Ready,
    /// Waits for another transaction's locks.
    Blocked {
        /// The other transaction.
        holder: TxnId,
    },
    /// Waits for another session's lock with a name.
    Named {
        /// The other session.
        holder: Holder,
        /// MySQL: until then.
        until: SimTime,
    },
    /// Waits for its commit to be acknowledged.
    Committing,
    /// MySQL: the same, of the transaction that the statement at hand ends before it runs.
    CommittingFirst,
    /// Waits for the processors, or is worked on by them.
    Queued,
    /// Waits until the server has come to a position.
    Positioned(Box<PositionWait>),
}

/// A client message under way.
#[derive(Clone, Debug)]
pub struct Running {
    /// The transaction that its client sent it in.
    pub asked: TxnId,
    /// The transaction it belongs to: another one once an implicit commit has ended that one.
    pub txn: TxnId,
    /// Statements that have not run yet.
    pub todo: VecDeque<Todo>,
    /// What the last one gave.
    pub result: QueryResult,
    /// When the statement at hand began.
    pub since: SimTime,
    /// The wait for a lock that the statement at hand is in.
    pub wait: Option<LockWait>,
    /// MySQL: the statement at hand has waited for a lock with a name as long as it wanted to.
    pub waited: bool,
    /// What the statement at hand is warned of.
    pub warning: Option<Arc<str>>,
    /// MySQL: what became of the transaction that was open before.
    pub implicit: Option<ImplicitCommit>,
}

/// A statement's wait for a lock.
#[derive(Clone, Copy, Debug)]
pub struct LockWait {
    /// Who has the lock.
    pub holder: TxnId,
    /// Since when it waits for this one.
    pub since: SimTime,
    /// MySQL: whether it is a metadata lock, which `innodb_lock_wait_timeout` is not about.
    pub metadata: bool,
}

impl Running {
    /// A message that has just come.
    #[must_use]
    pub fn new(txn: TxnId, todo: VecDeque<Todo>, since: SimTime) -> Self {
        Running {
            asked: txn,
            txn,
            todo,
            result: QueryResult::default(),
            since,
            wait: None,
            waited: false,
            warning: None,
            implicit: None,
        }
    }
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
    /// What `SET` set.
    pub own: Own,
    /// `SET SESSION binlog_format`.
    pub binlog_format: Option<BinlogFormat>,
    /// `SET SESSION gtid_next`.
    pub gtid_next: GtidNext,
    /// Its sequences' values, its variables.
    pub values: beside::Own,
    /// Its temporary tables.
    pub temporary: Option<Box<Database>>,
    /// What `PREPARE` keeps: texts by name.
    pub prepared: OrderedMap<String, Arc<str>>,
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
    /// What is set for this session now.
    #[must_use]
    pub fn own(&self) -> Own {
        self.txn.as_ref().map_or(self.own, |txn| txn.local.or(self.own))
    }

    /// `SET` of a setting that a session can have of its own, or `SET LOCAL` of it, which only a transaction can hold.
    /// Whether it is such a setting.
    pub fn set_own(&mut self, name: &str, value: Own, local: bool) -> bool {
        let (mut own, mut of_txn) = (self.own, self.txn.as_ref().map(|txn| txn.local).unwrap_or_default());
        let known = match local {
            true => of_txn.take(name, value),
            false => of_txn.take(name, Own::default()) && own.take(name, value),
        };
        if let Some(txn) = self.txn.as_mut().filter(|_| known) {
            let depth = txn.savepoints.len();
            txn.sets_before.push(SetBefore { depth, session: self.own, local: txn.local });
            txn.local = of_txn;
        }
        self.own = own;
        known
    }

    /// `RESET ALL`.
    pub fn reset_own(&mut self) {
        if let Some(txn) = &mut self.txn {
            let depth = txn.savepoints.len();
            txn.sets_before.push(SetBefore { depth, session: self.own, local: txn.local });
            txn.local = Own::default();
        }
        self.own = Own::default();
    }

    /// Takes back what was `SET`, and done to temporary tables, since there were `depth` savepoints; with 0 all of the transaction.
    pub fn undo_sets(&mut self, txn: &mut OpenTxn, depth: usize) {
        let since = txn.sets_before.partition_point(|before| before.depth < depth);
        if let Some(before) = txn.sets_before.get(since) {
            (self.own, txn.local) = (before.session, before.local);
        }
        txn.sets_before.truncate(since);
        let since = txn.temporary_before.partition_point(|(at, _)| *at < depth);
        if let Some((_, before)) = txn.temporary_before.drain(since..).next() {
            self.temporary = before;
        }
    }
}

impl OpenTxn {
    /// Temporary tables are about to be changed for the first time since the last savepoint.
    pub fn keep_temporary(&mut self, before: Option<Box<Database>>) {
        let depth = self.savepoints.len();
        if self.temporary_before.last().is_none_or(|(at, _)| *at < depth) {
            self.temporary_before.push((depth, before));
        }
    }

    /// Forgets the savepoints after the first `keep`, whose `SET`s become those of the last one that is kept.
    pub fn release_savepoints(&mut self, keep: usize) {
        self.savepoints.truncate(keep);
        for before in &mut self.sets_before {
            before.depth = before.depth.min(keep);
        }
        for (depth, _) in &mut self.temporary_before {
            *depth = (*depth).min(keep);
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
    /// MySQL: the transaction that it ends waits for its commit; then it is to be run.
    CommittingFirst,
    /// It must be tried again when this session has given back a lock with a name; MySQL: for so many microseconds.
    Named(Holder, Option<u64>),
    /// It waits until the server has come to a position.
    Waiting(Box<PositionWait>),
    /// It failed.
    Failed(SqlError),
}
