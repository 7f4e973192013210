//! Reading MySQL servers: what they know of one another goes by GTIDs, since positions differ from server to server.

use super::server::Server;
use super::view::{ChannelView, MysqlView, SenderView, SyncState};
use super::world::World;
use crate::engine::commit::SemiSyncStatus;
use crate::engine::gtid::GtidSet;
use crate::engine::ids::NodeId;
use crate::engine::log::{Log, Lsn};
use crate::engine::message::Positions;
use crate::engine::node::{Binlog, BinlogFile, Role};
use crate::engine::time::SimTime;

/// What a server lacks of the primary's binary log: bytes, and the age of the oldest transaction in microseconds. A server
/// that follows the primary lacks nothing that stands before `applied`.
pub(super) fn lag(log: &Log, primary: &Binlog, server: &Binlog, applied: Lsn, now: SimTime) -> (u64, u64) {
    // All of the newest that both could have: nothing is missing, and the log need not be read.
    if primary.logged.is_subset_of(&server.executed) {
        return (0, 0);
    }
    let missing = primary.logged.subtract(&server.executed);
    let mut bytes = 0;
    let mut oldest = None;
    // What is missing is mostly at the end, in the newest files.
    let lacking = |file: &&crate::engine::node::BinlogFile| file.previous.intersect(&missing).is_empty();
    let from = primary.files().rev().find(lacking).map_or(log.start(), |file| file.start);
    for (commit, end) in log.commits(from.max(log.start()).max(applied), log.end()) {
        if commit.gtid.is_some_and(|gtid| missing.contains(gtid)) {
            bytes += end.bytes_since(commit.first);
            oldest.get_or_insert(commit.at);
        }
    }
    (bytes, oldest.map_or(0, |at| now.since(at)))
}

/// A source's dump threads. It knows no more of its replicas than what they acknowledge.
pub(super) fn dumps(server: &Server) -> Vec<SenderView> {
    let core = &server.node.core;
    let on = server.node.role.writer().is_some_and(|writer| writer.semi_sync.is_on());
    let limit = if core.settings.mysql.sync_binlog == 1 { core.log.flushed() } else { core.log.written() };
    let dumps = server.node.dumps.iter();
    let views = dumps.map(|dump| {
        let acknowledged = dump.acknowledged.map(|(position, _)| position).unwrap_or_default();
        SenderView {
            standby: dump.replica,
            application_name: dump.name.clone(),
            // Thread states of the dump thread (MySQL 8.4 Reference Manual, "Replication Source Thread States").
            state: match dump.sent < limit {
                true => "Sending binlog event to replica",
                false => "Source has sent all binlog to replica; waiting for more updates",
            },
            sent: dump.sent,
            positions: Positions { write: acknowledged, ..Positions::default() },
            lag_us: [None; 3],
            sync_priority: 0,
            sync_state: if dump.semi_sync && on { SyncState::Sync } else { SyncState::Async },
            reply_at: dump.acknowledged.map(|(_, at)| at),
        }
    });
    views.collect()
}

impl World {
    /// A MySQL source's semi-synchronous status variables.
    #[must_use]
    pub fn semi_sync(&self, node: NodeId) -> Option<SemiSyncStatus> {
        let server = self.servers.get(usize::from(node.0))?.as_ref()?;
        server.node.core.binlog.as_ref()?;
        server.node.role.writer().map(|writer| writer.semi_sync.status())
    }

    /// A position of a server's log as its flavor prints it: `0/16B3F28`, or `binlog.000001:157`.
    #[must_use]
    pub fn log_position(&self, node: NodeId, at: Lsn) -> String {
        let server = self.servers.get(usize::from(node.0)).and_then(Option::as_ref);
        let binlog = server.and_then(|server| server.node.core.binlog.as_ref());
        binlog.map_or_else(|| at.to_string(), |binlog| binlog.position(at).to_string())
    }

    /// The names of a MySQL server's binary log files, oldest first.
    #[must_use]
    pub fn binlog_files(&self, node: NodeId) -> Vec<String> {
        let server = self.servers.get(usize::from(node.0)).and_then(Option::as_ref);
        let binlog = server.and_then(|server| server.node.core.binlog.as_ref());
        binlog.map_or_else(Vec::new, |binlog| binlog.files().map(BinlogFile::name).collect())
    }

    /// What a MySQL replica's threads stopped with: `Last_IO_Error` and `Last_SQL_Error`, with their numbers.
    #[must_use]
    pub fn channel_errors(&self, node: NodeId) -> Vec<String> {
        let server = self.servers.get(usize::from(node.0)).and_then(Option::as_ref);
        let Some(Role::MysqlReplica(replica)) = server.map(|server| &server.node.role) else { return Vec::new() };
        let errors = [&replica.channel.io_error, &replica.channel.sql_error];
        errors.into_iter().flatten().map(|error| format!("{}: {}", error.number, error.text)).collect()
    }

    pub(super) fn mysql_view(&self, server: &Server) -> Option<MysqlView> {
        let node = &server.node;
        let binlog = node.core.binlog.as_ref()?;
        let upstream = node.role.upstream().and_then(|source| self.servers.get(usize::from(source.0))?.as_ref());
        let theirs = upstream.and_then(|source| source.node.core.binlog.as_ref());
        // What a replica was sent is never errant, even when its source lost it since.
        let errant = match (&node.role, theirs) {
            (Role::MysqlReplica(_), Some(theirs)) => binlog.executed.subtract(&theirs.logged),
            _ => GtidSet::new(),
        };
        let enabled = node.core.settings.mysql.rpl_semi_sync_source_enabled;
        let channel = match &node.role {
            Role::MysqlReplica(replica) => Some(ChannelView {
                io_running: replica.channel.io_running(),
                sql_running: replica.channel.sql_running,
                relay_transactions: replica.channel.relay.len() as u32,
                seconds_behind_source: replica.channel.seconds_behind_source(self.now),
            }),
            Role::Primary(_) | Role::Replica(_) => None,
        };
        Some(MysqlView {
            read_only: node.core.read_only(),
            gtid_executed: binlog.executed.clone(),
            retrieved: match &node.role {
                Role::MysqlReplica(replica) => replica.channel.retrieved.clone(),
                Role::Primary(_) | Role::Replica(_) => GtidSet::new(),
            },
            errant,
            end: binlog.position(node.core.log.end()),
            semi_sync: enabled.then(|| node.role.writer().is_some_and(|writer| writer.semi_sync.is_on())),
            channel,
        })
    }
}
