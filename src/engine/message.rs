//! What actors say to one another: the precise exchange that the laboratory shows.

use std::sync::Arc;

use serde::Serialize;

use super::failover::{ClusterView, Member, Outcome, PeerStatus, StoreOp};
use super::gtid::{Gtid, GtidSet};
use super::ids::{NodeId, TxnId};
use super::log::{Lsn, Timeline};
use super::node::{BinlogPosition, RewindRequest};
use super::storage::{Manifest, SqlError, Value};
use super::time::SimTime;

/// A statement as it travels from a client to a server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Statement {
    /// Any text, possibly of several statements.
    Sql(Arc<str>),
    /// The workload's write: a prepared single-row upsert on `kv`, with bound parameters.
    Upsert {
        /// The row's key.
        id: i64,
        /// A value that no other write of the run uses.
        value: i64,
    },
    /// The workload's read: a prepared single-row read of `kv`.
    ReadKey {
        /// The row's key.
        id: i64,
    },
}

/// What a statement gave.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct QueryResult {
    /// Column names; empty for statements that return no rows.
    pub columns: Vec<String>,
    /// The rows, in the server's order.
    pub rows: Vec<Vec<Value>>,
    /// Rows inserted, changed or deleted.
    pub affected: u64,
    /// The command tag: `INSERT`, `SELECT`, `COMMIT` …
    pub tag: &'static str,
    /// A warning that came with success, as that of a cancelled synchronous wait.
    pub warning: Option<Arc<str>>,
    /// The position of the commit record, when the statement committed changes.
    pub committed_at: Option<(Timeline, Lsn)>,
    /// MySQL: the transaction's global identifier, as the session tracker tells it (`session_track_gtids = OWN_GTID`).
    pub gtid: Option<Gtid>,
}

/// How far a standby has come with the log, as its status message says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Positions {
    /// Handed to the operating system up to here.
    pub write: Lsn,
    /// On durable storage up to here.
    pub flush: Lsn,
    /// Applied (replayed), and so visible to readers, up to here.
    pub apply: Lsn,
}

/// One branch point of a timeline's history, as a line of a PostgreSQL `.history` file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct TimelineSwitch {
    /// The timeline that was left.
    pub parent: Timeline,
    /// Where it was left: the first byte that belongs to the next timeline.
    pub at: Lsn,
}

/// MySQL: a statement committed the transaction that was open before it ran (MySQL 8.4 Reference Manual, 15.3.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ImplicitCommit {
    /// Where its commit record ends, where it had written.
    pub committed_at: Option<(Timeline, Lsn)>,
    /// How many transactions were begun in its place (`BEGIN`): the numbers of the session's transactions go on by so
    /// many.
    pub begun: u32,
}

/// A message on a connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Message {
    /// Client to server (perhaps through the proxy): run this.
    Query {
        /// The transaction the statement belongs to.
        txn: TxnId,
        /// The statement.
        statement: Statement,
    },
    /// Server to client: what it gave.
    Reply {
        /// The transaction the statement belonged to.
        txn: TxnId,
        /// The server that answers; `None` where a proxy had to.
        served_by: Option<NodeId>,
        /// Whether the session is inside a transaction now (the status of PostgreSQL's `ReadyForQuery`).
        in_transaction: bool,
        /// MySQL: whether the message committed a transaction that was open before it.
        implicit: Option<ImplicitCommit>,
        /// The result, or the server's error.
        result: Result<Box<QueryResult>, Box<SqlError>>,
    },
    /// Client to server: give up the wait of this session (PostgreSQL's cancel request).
    Cancel {
        /// The transaction that waits.
        txn: TxnId,
    },
    /// Standby to upstream: send log from here on.
    StartReplication {
        /// The standby's `application_name`, which the synchronous rules go by.
        application_name: Arc<str>,
        /// The timeline that the standby follows.
        timeline: Timeline,
        /// The first byte it lacks.
        from: Lsn,
        /// The replication slot that it uses.
        slot: Option<Arc<str>>,
    },
    /// Upstream to standby: streaming begins; the history lets the standby follow a timeline switch.
    StreamingStarted {
        /// The upstream's timeline.
        timeline: Timeline,
        /// The branch points that lead to it, oldest first.
        history: Arc<[TimelineSwitch]>,
    },
    /// Upstream to standby: it cannot be served, with the server's words.
    ReplicationRefused {
        /// The error as the server prints it, with its severity.
        error: Arc<str>,
        /// Whether the stream had begun, as it has when log turns out to be gone.
        streaming: bool,
    },
    /// Upstream to standby: there is no more log on your timeline than you have, since it was left before.
    TimelineEnded {
        /// The upstream's timeline.
        timeline: Timeline,
        /// The branch points that lead to it, oldest first.
        history: Arc<[TimelineSwitch]>,
        /// What `START_REPLICATION` was answered with, where it was refused.
        error: Option<Arc<str>>,
    },
    /// Upstream to standby: log bytes.
    LogData {
        /// The timeline the bytes belong to.
        timeline: Timeline,
        /// The position of the first byte.
        start: Lsn,
        /// The encoded records.
        bytes: Arc<[u8]>,
        /// The upstream's end of log when it sent this.
        end_of_log: Lsn,
        /// When it was sent.
        sent_at: SimTime,
    },
    /// Upstream to standby: still here.
    Keepalive {
        /// The upstream's end of log.
        end_of_log: Lsn,
        /// Whether a status is wanted at once.
        reply_requested: bool,
        /// When it was sent.
        sent_at: SimTime,
    },
    /// Standby to upstream: how far it has come. The acknowledgement.
    Status {
        /// Its positions.
        positions: Positions,
        /// The oldest transaction horizon etc. are not modelled; whether a keepalive is wanted back.
        reply_requested: bool,
    },
    /// Replica to source: send what I have not (MySQL's `COM_BINLOG_DUMP_GTID`, with the name of `COM_REGISTER_SLAVE`).
    BinlogDump {
        /// The replica's `report_host`.
        name: Arc<str>,
        /// What it has: executed, or in its relay log.
        has: Arc<GtidSet>,
        /// Whether it acknowledges what it has received (`rpl_semi_sync_replica_enabled`).
        semi_sync: bool,
    },
    /// Source to replica: the dump begins in this file (MySQL's artificial rotate event).
    DumpStarted {
        /// The source's `server_uuid`.
        uuid: super::gtid::Uuid,
        /// Where its log ends.
        end: BinlogPosition,
    },
    /// Source to replica: whole transactions.
    BinlogEvents {
        /// Where the first begins in the source's log.
        start: Lsn,
        /// The same, by file.
        at: BinlogPosition,
        /// The encoded records.
        bytes: Arc<[u8]>,
        /// Whether the last is to be acknowledged.
        acknowledge: bool,
        /// When it was sent.
        sent_at: SimTime,
    },
    /// Replica to source: everything up to here is in the relay log. Semi-synchronous replication's acknowledgement.
    SemiSyncAck {
        /// The end of the last transaction, in the source's log.
        position: Lsn,
    },
    /// Source to replica: still here (`SOURCE_HEARTBEAT_PERIOD`).
    Heartbeat {
        /// Where its log ends.
        end: BinlogPosition,
    },
    /// A machine without a database to a server: send me yours (PostgreSQL's `BASE_BACKUP`, MySQL's `CLONE INSTANCE`).
    StartBackup,
    /// Source to copy: the backup begins. Chunks of the image follow, then log from `at` on.
    BackupStarted {
        /// The image has everything before this position in it, and nothing else.
        at: Lsn,
        /// The timeline there.
        timeline: Timeline,
        /// The branch points that lead to it, oldest first.
        history: Arc<[TimelineSwitch]>,
        /// The size of the image in bytes.
        total: u64,
    },
    /// Source to copy: a chunk of the image.
    BackupData {
        /// Its place in the image.
        offset: u64,
        /// The bytes.
        bytes: Arc<[u8]>,
    },
    /// Copy to source: so many bytes of image and log are here.
    BackupAck {
        /// How many.
        bytes: u64,
    },
    /// Source to copy: that was all.
    BackupDone {
        /// Where the backup began.
        at: Lsn,
        /// Where its log ends.
        end: Lsn,
        /// What the image is checked by.
        manifest: Box<Manifest>,
        /// MySQL: what the image holds, by GTIDs.
        gtids: Arc<GtidSet>,
    },
    /// Source to copy: it cannot be had, with the server's words.
    BackupRefused {
        /// The error as the server prints it.
        error: Arc<str>,
    },
    /// Agent to store: my own key, and what I ask for.
    StoreRequest {
        /// The number of the request.
        id: u32,
        /// The member's own key.
        member: Member,
        /// The timeline of its server, for `/history`.
        timeline: Timeline,
        /// What is asked for.
        op: StoreOp,
    },
    /// Store to agent: what came of it, and all that the store holds.
    StoreReply {
        /// The number of the request.
        id: u32,
        /// Whether it was carried out.
        outcome: Outcome,
        /// What the store holds now.
        view: Arc<ClusterView>,
    },
    /// Store to agents that watch: a key changed.
    StoreChanged,
    /// Agent to agent: how is your server?
    MemberQuery {
        /// Whether the asking agent wants to lead without the store.
        failsafe: bool,
    },
    /// Agent to agent: thus.
    MemberAnswer {
        /// Its server.
        status: PeerStatus,
        /// Whether it agrees that the other leads without the store.
        agreed: bool,
    },
    /// `pg_rewind` on a stopped server's machine to the server that it shall follow: what does your control file say?
    StartRewind,
    /// The source of a rewind: this.
    RewindIdentified {
        /// The timeline of its last checkpoint.
        timeline: Timeline,
        /// The branch points that lead to it, oldest first.
        history: Arc<[TimelineSwitch]>,
        /// Where its log ends.
        end: Lsn,
    },
    /// To the source of a rewind: send what may differ, and your log since the last common checkpoint. A backup's
    /// messages follow.
    RewindFetch(Arc<RewindRequest>),
    /// Proxy to server: what are you now? (as `SELECT pg_is_in_recovery()` or `SELECT @@read_only`).
    HealthCheck,
    /// Server to proxy: this.
    Health {
        /// Whether the server refuses writes.
        in_recovery: bool,
        /// Its timeline.
        timeline: Timeline,
        /// Applied up to here (a primary: logged up to here).
        position: Lsn,
        /// How old the oldest transaction is that it has and has not applied, in microseconds; 0 when it has applied all it
        /// has; `None` on a MySQL replica whose threads do not run (`Seconds_Behind_Source` is NULL).
        lag_us: Option<u64>,
        /// MySQL: `@@gtid_executed`.
        gtids: Option<Arc<GtidSet>>,
    },
}

/// The kinds of message, as shapes and filters know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// A statement under way to a server.
    Query,
    /// A result or an error under way to a client.
    Result,
    /// A request to give up a wait.
    Cancel,
    /// A standby's request to stream, or the answer to it.
    Handshake,
    /// Log records.
    Log,
    /// A standby's positions.
    Acknowledgement,
    /// A keepalive or a health check, either way.
    Heartbeat,
    /// Opening or closing of a connection.
    Connection,
    /// A part of a database's image.
    Backup,
    /// What the failover manager's agents say to the store and to one another.
    Lease,
}

impl Message {
    /// Which kind this is.
    #[must_use]
    pub fn kind(&self) -> MessageKind {
        match self {
            Message::Query { .. } => MessageKind::Query,
            Message::Reply { .. } => MessageKind::Result,
            Message::Cancel { .. } => MessageKind::Cancel,
            Message::StartReplication { .. }
            | Message::StreamingStarted { .. }
            | Message::ReplicationRefused { .. }
            | Message::TimelineEnded { .. }
            | Message::StartBackup
            | Message::StartRewind
            | Message::RewindIdentified { .. }
            | Message::RewindFetch(_)
            | Message::BackupStarted { .. }
            | Message::BackupDone { .. }
            | Message::BackupRefused { .. }
            | Message::BinlogDump { .. }
            | Message::DumpStarted { .. } => MessageKind::Handshake,
            Message::BackupData { .. } => MessageKind::Backup,
            Message::StoreRequest { .. }
            | Message::StoreReply { .. }
            | Message::StoreChanged
            | Message::MemberQuery { .. }
            | Message::MemberAnswer { .. } => MessageKind::Lease,
            Message::LogData { .. } | Message::BinlogEvents { .. } => MessageKind::Log,
            Message::Status { .. } | Message::SemiSyncAck { .. } | Message::BackupAck { .. } => {
                MessageKind::Acknowledgement
            }
            Message::Keepalive { .. } | Message::Heartbeat { .. } | Message::HealthCheck | Message::Health { .. } => {
                MessageKind::Heartbeat
            }
        }
    }

    /// Bytes on the wire, with 40 of headers: what the link's bandwidth is spent on.
    #[must_use]
    pub fn wire_bytes(&self) -> u64 {
        let body = match self {
            Message::Query { statement, .. } => match statement {
                Statement::Sql(text) => text.len() as u64,
                Statement::Upsert { .. } => 32,
                Statement::ReadKey { .. } => 24,
            },
            Message::Reply { result: Ok(result), .. } => {
                let cells = result.rows.iter().flatten().map(Value::wire_bytes).sum::<u64>();
                16 + cells
            }
            Message::Reply { result: Err(error), .. } => 16 + error.message.len() as u64,
            Message::LogData { bytes, .. } => 25 + bytes.len() as u64,
            Message::BinlogEvents { bytes, .. } => 5 + bytes.len() as u64,
            Message::BinlogDump { has, .. } => 60 + has.to_string().len() as u64,
            Message::StreamingStarted { history, .. } => 16 + 12 * history.len() as u64,
            Message::ReplicationRefused { error, .. } => error.len() as u64,
            Message::TimelineEnded { history, error, .. } => {
                16 + 12 * history.len() as u64 + error.as_ref().map_or(0, |error| error.len() as u64)
            }
            Message::StartReplication { slot, .. } => 34 + slot.as_ref().map_or(0, |slot| slot.len() as u64),
            Message::BackupData { bytes, .. } => 9 + bytes.len() as u64,
            Message::BackupStarted { history, .. } => 28 + 12 * history.len() as u64,
            Message::BackupRefused { error } => error.len() as u64,
            Message::Status { .. } => 34,
            Message::SemiSyncAck { .. } => 25,
            Message::DumpStarted { .. } | Message::Heartbeat { .. } => 47,
            // As JSON, a member's key has about a hundred bytes.
            Message::StoreRequest { .. } | Message::MemberAnswer { .. } => 120,
            Message::StoreReply { view, .. } => 80 + 120 * view.members.len() as u64,
            Message::StoreChanged | Message::MemberQuery { .. } => 18,
            Message::RewindIdentified { history, .. } => 28 + 12 * history.len() as u64,
            Message::RewindFetch(request) => request.wire_bytes(),
            Message::StartRewind | Message::StartBackup | Message::BackupAck { .. } | Message::BackupDone { .. } => 34,
            Message::Keepalive { .. } | Message::Health { .. } | Message::HealthCheck | Message::Cancel { .. } => 18,
        };
        40 + body
    }
}
