//! The logs of all servers side by side: the records that are in them, and how far each has come on every server.
//!
//! Records are decoded from the bytes of each server's own log. In PostgreSQL a record is the same where timeline and
//! position are; every MySQL server has positions of its own, and there a record is known by its transaction's GTID and by
//! which one of the transaction it is.

use super::server::Server;
use super::world::World;
use crate::engine::gtid::Gtid;
use crate::engine::ids::{NodeId, TxnId};
use crate::engine::log::{Body, Commit, Log, Lsn, Record, Segments, Timeline, segment_name};
use crate::engine::node::{Core, Role};
use crate::engine::storage::{Change, RowOp};
use crate::engine::time::SimTime;
use crate::order::OrderedMap;

/// What a log record says, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// A new row.
    Insert,
    /// A changed row.
    Update,
    /// A row less.
    Delete,
    /// A change of the schema.
    Schema,
    /// A statement that each server executes for itself.
    Statement,
    /// The end of a transaction.
    Commit,
    /// A timeline begins.
    Timeline,
}

/// How far a record has come on one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// It is not there.
    Absent,
    /// It was there, and was removed with the oldest log.
    Removed,
    /// It is not there, but its upstream has sent it.
    Sent,
    /// MySQL: it is in the relay log.
    Received,
    /// It is in the log, in memory.
    Memory,
    /// The operating system has it.
    Written,
    /// It is on durable storage.
    Flushed,
    /// It is applied (a replica), or visible to everybody (a primary).
    Applied,
}

/// One record on one server.
#[derive(Clone, Debug, PartialEq)]
pub struct LogCell {
    /// The server.
    pub node: NodeId,
    /// How far it has come there.
    pub reach: Reach,
    /// MySQL: where it begins in this server's binary log.
    pub place: Option<String>,
}

/// One record of the logs.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRow {
    /// The timeline that it is on.
    pub timeline: Timeline,
    /// Its first byte; in MySQL, on the server where it was found first.
    pub start: Lsn,
    /// The first byte after it.
    pub end: Lsn,
    /// MySQL: its transaction's identifier.
    pub gtid: Option<Gtid>,
    /// Which record of its transaction it is, from 0.
    pub nth: u32,
    /// What it says, in a word.
    pub kind: RecordKind,
    /// What it says.
    pub text: String,
    /// Whose it is.
    pub txn: Option<TxnId>,
    /// When its transaction was logged where it was committed first; of a timeline's beginning nothing is recorded.
    pub logged_at: Option<SimTime>,
    /// How far it has come, by server.
    pub cells: Vec<LogCell>,
    /// The log file that begins with it, where one does.
    pub file: Option<String>,
    /// Whether it is in some log, and not in the present primary's: a rewind or a copy of the primary would discard it.
    pub diverged: bool,
}

/// The newest records of all logs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogTable {
    /// Records, the newest first.
    pub rows: Vec<LogRow>,
    /// Whether there are older ones.
    pub more: bool,
}

/// A record in one server's log, with what the commit record of its transaction says of it.
struct Found {
    record: Record,
    nth: u32,
    commit: Option<(Commit, Lsn)>,
}

/// The records of a log from a position on, up to and without another.
fn found(log: &Log, from: Lsn, limit: Lsn) -> Vec<Found> {
    let records = log.records(from).map_while(Result::ok).take_while(|record| record.start < limit);
    let mut all: Vec<Found> = Vec::new();
    let mut open = 0;
    for record in records {
        let commit = match record.body {
            Body::Commit(commit) => Some((commit, record.end)),
            Body::Change(_) | Body::NewTimeline { .. } => None,
        };
        if matches!(record.body, Body::NewTimeline { .. }) {
            open = all.len();
        }
        let nth = (all.len() - open) as u32;
        all.push(Found { record, nth, commit });
        if let Some((first, end)) = commit.map(|(commit, end)| (commit.first, (commit, end))) {
            // Records before `first` belong to a group that was torn and never committed.
            all.iter_mut().skip(open).filter(|one| one.record.start >= first).for_each(|one| one.commit = Some(end));
            open = all.len();
        }
    }
    all
}

fn kind(body: &Body) -> RecordKind {
    match body {
        Body::Commit(_) => RecordKind::Commit,
        Body::NewTimeline { .. } => RecordKind::Timeline,
        Body::Change(Change::Ddl { .. }) => RecordKind::Schema,
        Body::Change(Change::Statement(_)) => RecordKind::Statement,
        Body::Change(Change::Row(row)) => match row.op {
            RowOp::Insert { .. } => RecordKind::Insert,
            RowOp::Update { .. } => RecordKind::Update,
            RowOp::Delete { .. } => RecordKind::Delete,
        },
    }
}

fn text(body: &Body) -> String {
    match body {
        Body::Commit(_) => "COMMIT".to_owned(),
        Body::NewTimeline { parent, timeline } => format!("timeline {timeline} begins, leaves timeline {parent}"),
        Body::Change(change) => change.to_string(),
    }
}

/// How far something that ends here has come in a server's own log.
fn own_reach(log: &Log, end: Lsn, applied: bool) -> Reach {
    match () {
        () if end > log.written() => Reach::Memory,
        () if end > log.flushed() => Reach::Written,
        () if applied => Reach::Applied,
        () => Reach::Flushed,
    }
}

fn has(core: &Core, row: &LogRow) -> bool {
    core.history.at(row.start) == row.timeline && row.end <= core.log.end()
}

impl World {
    /// The newest `most` records of all logs, aligned; with `until`, the newest up to the end of that server's log.
    #[must_use]
    pub fn log_table(&self, until: Option<NodeId>, most: usize) -> LogTable {
        let servers: Vec<&Server> = self.servers.iter().flatten().collect();
        let until = servers.iter().find(|server| Some(server.node.core.id) == until).copied();
        let mut rows = match servers.iter().any(|server| server.node.core.binlog.is_some()) {
            true => mysql_rows(&servers, until, most),
            false => postgresql_rows(&servers, until.map_or(Lsn::MAX, |server| server.node.core.log.end()), most),
        };
        let more = rows.len() > most;
        rows.reverse();
        rows.truncate(most);
        let primary = self.servers.get(usize::from(self.primary.0)).and_then(Option::as_ref);
        for row in &mut rows {
            let Some(primary) = primary.filter(|_| self.setup.flavor == crate::engine::flavor::Flavor::Postgresql)
            else {
                continue;
            };
            row.diverged = !has(&primary.node.core, row);
        }
        if let Some(theirs) = primary.and_then(|primary| primary.node.core.binlog.as_ref()) {
            for row in &mut rows {
                let known = |gtid| theirs.logged.contains(gtid) || theirs.executed.contains(gtid);
                // A replica that was just promoted applies its relay log before it takes writes.
                let coming = row.cells.iter().any(|cell| cell.node == self.primary && cell.reach != Reach::Absent);
                row.diverged = !coming && !row.gtid.is_some_and(known);
            }
        }
        LogTable { rows, more }
    }
}

fn row(found: Found, timeline: Timeline) -> LogRow {
    let Found { record, nth, commit } = found;
    LogRow {
        timeline,
        start: record.start,
        end: record.end,
        gtid: commit.and_then(|(commit, _)| commit.gtid),
        nth,
        kind: kind(&record.body),
        text: text(&record.body),
        txn: commit.and_then(|(commit, _)| commit.txn),
        logged_at: commit.map(|(commit, _)| commit.at),
        cells: Vec::new(),
        file: None,
        diverged: false,
    }
}

/// PostgreSQL's rows, oldest first; a few more than wanted where there are more.
fn postgresql_rows(servers: &[&Server], limit: Lsn, most: usize) -> Vec<LogRow> {
    let mut rows: OrderedMap<(Lsn, Timeline), (LogRow, Lsn)> = OrderedMap::new();
    for core in servers.iter().map(|server| &server.node.core) {
        let from = core.log.tail_start(limit.min(core.log.end()), most + 1);
        for one in found(&core.log, from, limit) {
            let timeline = core.history.at(one.record.start);
            let end = one.commit.map_or(one.record.end, |(_, end)| end);
            rows.entry((one.record.start, timeline)).or_insert_with(|| (row(one, timeline), end));
        }
    }
    let skipped = rows.len().saturating_sub(most + 1);
    let cell = |row: &LogRow, group_end: Lsn, server: &Server| {
        let core = &server.node.core;
        let reach = match has(core, row) {
            true if row.start < core.log.start() => Reach::Removed,
            true => own_reach(&core.log, row.end, postgresql_applied(server, row, group_end)),
            // Who has something else there already does not take it any more.
            false if core.log.end() <= row.start && was_sent(servers, core.id, row) => Reach::Sent,
            false => Reach::Absent,
        };
        LogCell { node: core.id, reach, place: None }
    };
    let size = servers.first().map_or(1, |server| server.node.core.settings.wal_segment_size_bytes);
    let segments = Segments::new(size);
    let mut files: OrderedMap<Timeline, u64> = OrderedMap::new();
    let rows = rows.into_values().skip(skipped).map(|(mut row, group_end)| {
        row.cells = servers.iter().map(|server| cell(&row, group_end, server)).collect();
        // A new timeline begins a file of its own: a copy of the one that it leaves, up to there.
        let number = segments.number(row.start);
        let before = files.insert(row.timeline, number);
        if before.is_some_and(|before| before != number) || row.kind == RecordKind::Timeline {
            row.file = Some(segment_name(row.timeline, row.start, size));
        }
        row
    });
    rows.collect()
}

fn postgresql_applied(server: &Server, row: &LogRow, group_end: Lsn) -> bool {
    match server.node.role.writer() {
        Some(writer) => !writer.commits.iter().any(|commit| commit.end == group_end),
        None => row.end <= server.node.core.applied,
    }
}

fn was_sent(servers: &[&Server], node: NodeId, row: &LogRow) -> bool {
    let from = servers.iter().filter(|server| has(&server.node.core, row));
    from.flat_map(|server| server.node.senders.iter()).any(|sender| sender.standby == node && sender.sent >= row.end)
}

/// How many records of each MySQL log are looked through for those up to the end of another: positions say nothing there.
const MYSQL_LOOKED_AT: usize = 4_000;

/// MySQL's rows, in the order in which their transactions were committed first.
fn mysql_rows(servers: &[&Server], until: Option<&Server>, most: usize) -> Vec<LogRow> {
    /// Where a record is on one server: the server's place in the list, its beginning and its end.
    type Places = Vec<(usize, Lsn, Lsn)>;
    let mut rows: OrderedMap<(SimTime, Gtid, u32), (LogRow, Places)> = OrderedMap::new();
    let looked_at = if until.is_some() { MYSQL_LOOKED_AT.max(most + 1) } else { most + 1 };
    for (index, core) in servers.iter().map(|server| &server.node.core).enumerate() {
        for one in found(&core.log, core.log.tail_start(core.log.end(), looked_at), Lsn::MAX) {
            let Some((Commit { gtid: Some(gtid), at, .. }, _)) = one.commit else { continue };
            let (start, end) = (one.record.start, one.record.end);
            let key = (at, gtid, one.nth);
            let timeline = core.timeline();
            rows.entry(key).or_insert_with(|| (row(one, timeline), Vec::new())).1.push((index, start, end));
        }
    }
    if let Some(index) = until.and_then(|until| servers.iter().position(|one| one.node.core.id == until.node.core.id)) {
        let is_there = |(_, places): &(LogRow, Places)| places.iter().any(|(server, ..)| *server == index);
        let last = rows.iter().rev().find(|(_, row)| is_there(row)).map(|(key, _)| *key);
        rows.retain(|key, _| last.is_none_or(|last| *key <= last));
    }
    let skipped = rows.len().saturating_sub(most + 1);
    let rows = rows.into_values().skip(skipped).map(|(mut row, places)| {
        let cells = servers.iter().enumerate().map(|(index, server)| {
            let own = places.iter().find(|(server, ..)| *server == index).map(|(_, start, end)| (*start, *end));
            let sent = || {
                places.iter().any(|(from, _, end)| {
                    let dumps = servers.get(*from).into_iter().flat_map(|server| server.node.dumps.iter());
                    dumps.into_iter().any(|dump| dump.replica == server.node.core.id && dump.sent >= *end)
                })
            };
            mysql_cell(server, row.gtid, own, sent)
        });
        row.cells = cells.collect();
        row
    });
    rows.collect()
}

fn mysql_cell(server: &Server, gtid: Option<Gtid>, own: Option<(Lsn, Lsn)>, sent: impl Fn() -> bool) -> LogCell {
    let core = &server.node.core;
    let is_in =
        |set: Option<&crate::engine::gtid::GtidSet>| set.zip(gtid).is_some_and(|(set, gtid)| set.contains(gtid));
    let binlog = core.binlog.as_ref();
    let executed = is_in(binlog.map(|binlog| &binlog.executed));
    let relayed = match &server.node.role {
        Role::MysqlReplica(replica) => {
            let waiting = replica.channel.relay.iter().chain(&replica.channel.committing);
            waiting.into_iter().any(|one| one.commit.gtid.is_some() && one.commit.gtid == gtid)
        }
        Role::Primary(_) | Role::Replica(_) => false,
    };
    let reach = match own {
        Some((_, end)) => own_reach(&core.log, end, executed),
        None if is_in(binlog.map(|binlog| &binlog.purged)) => Reach::Removed,
        None if executed => Reach::Applied,
        None if relayed => Reach::Received,
        None if sent() => Reach::Sent,
        None => Reach::Absent,
    };
    let place = own.zip(binlog).map(|((start, _), binlog)| binlog.position(start).to_string());
    LogCell { node: core.id, reach, place }
}
