//! What a rewind is about: where two servers diverged, and what they changed since.

use std::sync::Arc;

use super::core::Core;
use crate::engine::ids::TxnId;
use crate::engine::log::{Body, History, Log, Lsn, Timeline};
use crate::engine::storage::{Change, Parts, RowChange, RowKey, RowKeys, RowOp, SchemaObject, Value};
use crate::order::{OrderedMap, OrderedSet};

/// What a server that diverged needs of the one that it shall follow.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RewindRequest {
    /// The last common checkpoint: log is wanted from here on.
    pub from: Lsn,
    /// The rows that it changed since, which may differ: what blocks are to `pg_rewind`.
    pub rows: RowKeys,
    /// The schema changes that it made since.
    pub ddl: Vec<Arc<str>>,
    /// Its schema.
    pub objects: Vec<SchemaObject>,
}

impl RewindRequest {
    /// Bytes on the wire.
    #[must_use]
    pub fn wire_bytes(&self) -> u64 {
        let key = |key: &RowKey| match key {
            RowKey::Rowid(_) => 9,
            RowKey::Primary(values) => 1 + values.iter().map(Value::wire_bytes).sum::<u64>(),
        };
        let rows = self.rows.iter().map(|(name, keys)| name.len() as u64 + keys.iter().map(key).sum::<u64>());
        let ddl = self.ddl.iter().map(|sql| sql.len() as u64);
        let objects = self.objects.iter().map(|o| (o.kind.len() + o.name.len() + o.table.len() + o.sql.len()) as u64);
        16 + rows.chain(ddl).chain(objects).sum::<u64>()
    }
}

/// What `pg_rewind` finds before it copies anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RewindPlan {
    /// The last timeline that both were on, and where they diverged.
    pub fork: (Timeline, Lsn),
    /// The last checkpoint before: `None` when nothing is to be undone here.
    pub checkpoint: Option<Lsn>,
    /// What it said on the way.
    pub said: Vec<String>,
}

impl RewindPlan {
    /// Compares the target's history with what the source's control file says.
    ///
    /// # Errors
    /// In `pg_rewind`'s words (`main`, `findLastCheckpoint`; PostgreSQL 15).
    pub fn find(core: &Core, source: &History, source_end: Lsn) -> Result<RewindPlan, String> {
        let end = core.log.end();
        if source.timeline() == core.timeline() {
            let said = vec!["source and target cluster are on the same timeline".to_owned()];
            let fork = (core.timeline(), end);
            return Ok(RewindPlan { fork, checkpoint: None, said });
        }
        let (timeline, at) = core.history.fork(end, source, source_end);
        let said = vec![format!("servers diverged at WAL location {at} on timeline {timeline}")];
        let plan = RewindPlan { fork: (timeline, at), checkpoint: None, said };
        if end <= at {
            return Ok(plan);
        }
        // Checkpoints whose log is there; the search goes backwards from the fork.
        let common = core.redo_points.iter().copied().filter(|redo| (core.log.start()..=at).contains(redo));
        match common.max() {
            Some(checkpoint) => Ok(RewindPlan { checkpoint: Some(checkpoint), ..plan }),
            None => Err(format!("could not find previous WAL record at {at}")),
        }
    }
}

/// A transaction that one server has and another lacks.
#[derive(Clone, Debug, PartialEq)]
pub struct LoggedTransaction {
    /// Its first byte in the log.
    pub start: Lsn,
    /// The first byte after its commit record.
    pub end: Lsn,
    /// Whose it is.
    pub txn: Option<TxnId>,
    /// MySQL: its identifier.
    pub gtid: Option<crate::engine::gtid::Gtid>,
    /// When it was committed.
    pub at: crate::engine::time::SimTime,
    /// What it changed.
    pub changes: Vec<Change>,
}

/// The transactions in a log from `from` on; the first may begin later when log was removed.
pub fn transactions(log: &Log, from: Lsn) -> impl Iterator<Item = LoggedTransaction> + '_ {
    let mut changes: Vec<(Lsn, Change)> = Vec::new();
    log.records(from.max(log.start())).map_while(Result::ok).filter_map(move |record| match record.body {
        Body::Change(change) => {
            changes.push((record.start, change));
            None
        }
        Body::NewTimeline { .. } => {
            changes.clear();
            None
        }
        Body::Commit(commit) => {
            // Records before `first` belong to a group that was torn and never committed.
            let changes = changes.drain(..).filter(|(at, _)| *at >= commit.first).map(|(_, change)| change).collect();
            let (start, end, at) = (commit.first, record.end, commit.at);
            Some(LoggedTransaction { start, end, txn: commit.txn, gtid: commit.gtid, at, changes })
        }
    })
}

/// What is in a log from `from` on: the rows that it changes, and its schema changes. `pg_rewind` makes a map of blocks of it.
pub fn changed(log: &Log, from: Lsn) -> (RowKeys, Vec<Arc<str>>) {
    let mut rows = RowKeys::new();
    let mut ddl = Vec::new();
    for change in transactions(log, from).flat_map(|transaction| transaction.changes) {
        for (table, key) in change.lock_keys() {
            rows.entry(Arc::clone(table)).or_default().insert(key.clone());
        }
        match change {
            Change::Ddl { sql } => ddl.push(sql),
            Change::Statement(event) => ddl.push(event.sql),
            Change::Row(_) => {}
        }
    }
    (rows, ddl)
}

/// The source's log from the last common checkpoint up to where the parts were taken, as it comes to the same in the end: for
/// each row that it changed, the row that it left. Rows that came with the parts are newer already, as a block is whose LSN is
/// beyond the record's.
pub fn replayed(log: &Log, from: Lsn, to: Lsn, fetched: &RowKeys, parts: &Parts) -> (RowKeys, Vec<RowChange>) {
    let mut last: OrderedMap<(Arc<str>, RowKey), Option<Vec<Value>>> = OrderedMap::new();
    for transaction in transactions(log, from).take_while(|transaction| transaction.end <= to) {
        for change in &transaction.changes {
            let Change::Row(row) = change else { continue };
            let new = row.new_row().map(<[Value]>::to_vec);
            let moved = row.moved_to.as_ref();
            last.insert((Arc::clone(&row.table), row.key.clone()), if moved.is_some() { None } else { new.clone() });
            if let Some(key) = moved {
                last.insert((Arc::clone(&row.table), key.clone()), new);
            }
        }
    }
    let came = |table: &Arc<str>, key: &RowKey| {
        parts.whole.contains(&table.to_lowercase())
            || parts.objects.iter().all(|object| object.name != *table)
            || fetched.get(table).is_some_and(|keys: &OrderedSet<RowKey>| keys.contains(key))
    };
    let mut gone = RowKeys::new();
    let mut rows = Vec::new();
    for ((table, key), new) in last.into_iter().filter(|((table, key), _)| !came(table, key)) {
        gone.entry(Arc::clone(&table)).or_default().insert(key.clone());
        if let Some(new) = new {
            rows.push(RowChange { table, key, moved_to: None, op: RowOp::Insert { new } });
        }
    }
    (gone, rows)
}
