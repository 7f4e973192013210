//! What a MySQL server knows of its binary log beside the bytes: files, GTIDs, and the storage engine's own redo log.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::engine::gtid::{Gtid, GtidSet, Uuid};
use crate::engine::log::{Log, Lsn};
use crate::engine::storage::Change;
use crate::engine::time::SimTime;
use crate::order::OrderedMap;

/// A binary log file begins with 4 bytes of magic number and a format description of 122 bytes (MySQL 8.4).
const FILE_HEADER_BYTES: u64 = 126;
/// The event of previous GTIDs without any: header, count and checksum.
const PREVIOUS_GTIDS_BYTES: u64 = 31;

/// One binary log file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinlogFile {
    /// Its number: `binlog.000001` is 1.
    pub number: u32,
    /// Where it begins in the server's log.
    pub start: Lsn,
    /// The position inside the file of the first event after the header and the previous GTIDs.
    pub first_position: u64,
    /// When it was begun.
    pub opened_at: SimTime,
    /// What the files before it hold.
    pub previous: GtidSet,
}

impl BinlogFile {
    /// The file's name.
    #[must_use]
    pub fn name(&self) -> String {
        file_name(self.number)
    }
}

/// The name of the file with this number.
#[must_use]
pub fn file_name(number: u32) -> String {
    format!("binlog.{number:06}")
}

/// A place in a server's binary log, as `SHOW BINARY LOG STATUS` and `Exec_Source_Log_Pos` say it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BinlogPosition {
    /// The file's number; 0 before any is known.
    pub file: u32,
    /// Bytes from the file's beginning.
    pub position: u64,
}

impl std::fmt::Display for BinlogPosition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.file {
            0 => Ok(()),
            file => write!(f, "{}:{}", file_name(file), self.position),
        }
    }
}

impl std::str::FromStr for BinlogPosition {
    type Err = ();

    /// Reads what is printed: `binlog.000001:157`.
    fn from_str(text: &str) -> Result<BinlogPosition, ()> {
        let (file, position) = text.strip_prefix("binlog.").and_then(|rest| rest.split_once(':')).ok_or(())?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match (digits(file) && digits(position), file.parse(), position.parse()) {
            (true, Ok(file), Ok(position)) => Ok(BinlogPosition { file, position }),
            _ => Err(()),
        }
    }
}

/// What a MySQL server knows of its binary log beside the bytes.
#[derive(Clone, Debug)]
pub struct Binlog {
    /// `@@server_uuid`.
    pub uuid: Uuid,
    /// `@@gtid_executed`: committed here, and so visible to readers.
    pub executed: GtidSet,
    /// In the log, committed or still waiting.
    pub logged: GtidSet,
    /// `@@gtid_purged`: executed, and no longer in the log.
    pub purged: GtidSet,
    files: VecDeque<BinlogFile>,
    /// Up to where each dump thread has read.
    pub readers: Vec<Lsn>,
    /// Row changes of transactions that the log holds as statements, by the end of their commit record. InnoDB's redo
    /// log recovers them after a crash; executing the statement again could give something else.
    redo: OrderedMap<Lsn, Arc<[Change]>>,
}

impl Binlog {
    /// A log that begins at `start`, on a server that was made with `executed` in its database.
    #[must_use]
    pub fn new(uuid: Uuid, start: Lsn, executed: GtidSet, now: SimTime) -> Self {
        let mut binlog = Binlog {
            uuid,
            logged: executed.clone(),
            purged: executed.clone(),
            executed,
            files: VecDeque::new(),
            readers: Vec::new(),
            redo: OrderedMap::new(),
        };
        binlog.open_file(1, start, now);
        binlog
    }

    /// How many dump threads have not read all of this file.
    #[must_use]
    pub fn readers_of(&self, number: u32) -> usize {
        self.readers.iter().filter(|at| self.position(**at).file == number).count()
    }

    /// The files, oldest first. There is always one.
    pub fn files(&self) -> impl DoubleEndedIterator<Item = &BinlogFile> {
        self.files.iter()
    }

    fn open_file(&mut self, number: u32, start: Lsn, now: SimTime) {
        let previous = self.logged.clone();
        // Each source of the set takes 24 bytes, and each interval 16.
        let set_bytes = 24 * previous.sources().count() as u64 + 16 * previous.iter().count() as u64;
        let first_position = FILE_HEADER_BYTES + PREVIOUS_GTIDS_BYTES + set_bytes;
        self.files.push_back(BinlogFile { number, start, first_position, opened_at: now, previous });
    }

    /// Begins a new file at the end of the log (a restart, `FLUSH BINARY LOGS`, a full file).
    pub fn rotate(&mut self, log: &Log, now: SimTime) {
        let number = self.files.back().map_or(1, |file| file.number + 1);
        self.open_file(number, log.end(), now);
    }

    /// Whether the newest file is at least `bytes` long.
    #[must_use]
    pub fn file_is_full(&self, log: &Log, bytes: u64) -> bool {
        self.position(log.end()).position >= bytes
    }

    /// Where a position of the server's log is in its files.
    #[must_use]
    pub fn position(&self, at: Lsn) -> BinlogPosition {
        let file = self.files.iter().rev().find(|file| file.start <= at).or_else(|| self.files.front());
        file.map_or(BinlogPosition::default(), |file| BinlogPosition {
            file: file.number,
            position: file.first_position + at.bytes_since(file.start),
        })
    }

    /// The sizes of the files in bytes, oldest first, for a log that ends at `end`.
    pub fn sizes(&self, end: Lsn) -> impl Iterator<Item = (&BinlogFile, u64)> {
        let ends = self.files.iter().skip(1).map(|file| file.start).chain([end]);
        self.files.iter().zip(ends).map(|(file, end)| (file, file.first_position + end.bytes_since(file.start)))
    }

    /// The next GTID of this server (`gtid_next = AUTOMATIC`); `None` when all are used up.
    #[must_use]
    pub fn next_gtid(&self) -> Option<Gtid> {
        Some(Gtid { source: self.uuid, number: self.logged.next_free(self.uuid)? })
    }

    /// A transaction is in the log.
    pub fn log(&mut self, gtid: Gtid) {
        self.logged.insert(gtid);
    }

    /// A transaction is committed.
    pub fn execute(&mut self, gtid: Gtid) {
        self.executed.insert(gtid);
    }

    /// Remembers what a transaction changed that the log holds as statements.
    pub fn keep_redo(&mut self, end: Lsn, changes: &[Change]) {
        self.redo.insert(end, changes.into());
    }

    /// What the transaction that ends here changed, where the log holds it as statements.
    #[must_use]
    pub fn redo(&self, end: Lsn) -> Option<Arc<[Change]>> {
        self.redo.get(&end).cloned()
    }

    /// The storage engine has a checkpoint at `at`: recovery needs nothing older.
    pub fn checkpointed(&mut self, at: Lsn) {
        self.redo = self.redo.split_off(&at);
    }

    /// The log ends at `end` after a crash: what lay behind is gone, and recovery will find what is left.
    pub fn cut(&mut self, end: Lsn, checkpoint: &GtidSet) {
        let beyond = Lsn(end.0 + 1);
        self.redo.split_off(&beyond);
        while self.files.len() > 1 && self.files.back().is_some_and(|file| file.start > end) {
            self.files.pop_back();
        }
        self.logged = checkpoint.clone();
        self.executed = checkpoint.clone();
    }

    /// Removes the oldest file and says where the log begins now; the newest file stays.
    pub fn remove_oldest(&mut self) -> Option<(BinlogFile, Lsn)> {
        let next = self.files.get(1)?;
        let (start, previous) = (next.start, next.previous.clone());
        let removed = self.files.pop_front()?;
        self.purged = previous;
        Some((removed, start))
    }

    /// The files that could be removed because they were closed before `before` (`PURGE BINARY LOGS BEFORE`,
    /// `binlog_expire_logs_seconds`): how many of the oldest.
    #[must_use]
    pub fn closed_before(&self, before: SimTime) -> usize {
        self.files.iter().skip(1).take_while(|next| next.opened_at < before).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::gtid::server_uuid;
    use crate::engine::ids::NodeId;

    #[test]
    fn the_first_event_stands_where_mysql_has_it() {
        let uuid = server_uuid(NodeId(0));
        let mut binlog = Binlog::new(uuid, Log::FIRST, GtidSet::new(), SimTime::ZERO);
        assert_eq!(binlog.position(Log::FIRST).to_string(), "binlog.000001:157");
        binlog.log(Gtid { source: uuid, number: 1 });
        let mut log = Log::new(Log::FIRST);
        log.append(&[0; 100]);
        binlog.rotate(&log, SimTime(5));
        assert_eq!(binlog.position(log.end()).to_string(), "binlog.000002:197");
        assert_eq!(binlog.position(Log::FIRST.plus(50)).to_string(), "binlog.000001:207");
        assert_eq!(binlog.sizes(log.end()).map(|(_, bytes)| bytes).collect::<Vec<_>>(), [257, 197]);
        assert_eq!(binlog.next_gtid(), Some(Gtid { source: uuid, number: 2 }));
    }

    #[test]
    fn what_is_purged_is_what_later_files_say_came_before_them() {
        let uuid = server_uuid(NodeId(0));
        let mut binlog = Binlog::new(uuid, Log::FIRST, GtidSet::new(), SimTime::ZERO);
        let mut log = Log::new(Log::FIRST);
        for second in 1..4 {
            binlog.log(Gtid { source: uuid, number: second });
            log.append(&[0; 10]);
            binlog.rotate(&log, SimTime(second));
        }
        assert_eq!(binlog.closed_before(SimTime(3)), 2);
        assert_eq!(binlog.remove_oldest().map(|(file, _)| file.number), Some(1));
        assert_eq!(binlog.purged.to_string(), format!("{uuid}:1"));
        assert_eq!(binlog.next_gtid(), Some(Gtid { source: uuid, number: 4 }));
    }
}
