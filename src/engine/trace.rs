//! The trace: everything that happens, as it happens. Reports, judges, instruments and the trace hash read it;
//! nothing that is not in it happened.

use std::sync::Arc;

use super::failover::ManagerEvent;
use super::gtid::Gtid;
use super::ids::{Addr, ClientId, ConnId, NodeId, TxnId};
use super::log::{Lsn, Timeline};
use super::message::{MessageKind, Positions, Statement};
use super::time::SimTime;

/// Names one message of a run, in the order of sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub u64);

/// One event of a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TraceEvent {
    /// Counts the run's events from 0.
    pub number: u64,
    /// When it happened.
    pub at: SimTime,
    /// What happened.
    pub what: What,
}

/// What a client's transaction came to, from where the client stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Success reached the client; with the warning of a cancelled wait, if there was one.
    Acknowledged {
        /// The server's warning.
        warning: Option<Arc<str>>,
        /// The commit record's position, as the server told; `None` when nothing was changed.
        committed_at: Option<(Timeline, Lsn)>,
    },
    /// An error reached the client: the transaction did not happen.
    Failed {
        /// The SQLSTATE, or the MySQL error number as text.
        code: Arc<str>,
        /// The server's or driver's message.
        message: Arc<str>,
    },
    /// It was sent, and the connection ended without a verdict: it may have happened.
    Indeterminate {
        /// How the connection ended.
        reason: Arc<str>,
    },
}

/// Why a message never arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DropReason {
    /// The link is cut; its sender went away before it healed.
    SenderGone,
    /// The receiver's machine is down.
    ReceiverDown,
    /// The connection was closed before it arrived.
    ConnectionClosed,
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// The peer closed it in good order.
    Closed,
    /// The peer's process died, or its machine came back without it.
    Reset,
    /// Nobody listens at the address.
    Refused,
    /// No answer within the time-out.
    TimedOut,
    /// An operator cut it.
    Disconnected,
}

/// What a server's process is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Life {
    /// Serves.
    Running,
    /// Replays its log after a crash and takes no connection yet.
    Recovering,
    /// A frozen machine: nothing runs, nothing is lost.
    Paused,
    /// The server process is not there; the machine is.
    Stopped,
    /// The machine is off.
    Down,
    /// A database is being copied to the machine; no server runs on it.
    Copying,
    /// Its database is being rewound to another server's; no server runs on it.
    Rewinding,
}

/// Events by what happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum What {
    // -- operators and faults
    /// A command was carried out; the text is the command as a scenario would write it.
    Command { text: Arc<str> },
    /// A command could not be carried out.
    CommandRefused { text: Arc<str>, why: Arc<str> },

    // -- the network
    /// A message left. It arrives at `arrives_at` unless something happens on the way.
    Sent {
        id: MessageId,
        conn: ConnId,
        from: Addr,
        to: Addr,
        kind: MessageKind,
        /// Log messages: first byte and end; acknowledgements: see `positions`.
        span: Option<(Lsn, Lsn)>,
        positions: Option<Positions>,
        txn: Option<TxnId>,
        wire_bytes: u64,
        arrives_at: SimTime,
    },
    /// A message cannot pass a cut link; its sender's machine keeps trying.
    Held { id: MessageId },
    /// A held message is on its way again.
    Resumed { id: MessageId, arrives_at: SimTime },
    /// A message arrived and was taken.
    Delivered { id: MessageId },
    /// A message will never arrive.
    Dropped { id: MessageId, reason: DropReason },
    /// A connection stands.
    Connected { conn: ConnId, to: Addr },
    /// One end learned that the connection is gone.
    Disconnected { conn: ConnId, at_end: Addr, peer: Addr, reason: CloseReason },

    // -- clients
    /// A client sent a statement.
    Submitted { txn: TxnId, statement: Statement, writes: bool, first_of_txn: bool },
    /// A client's transaction has its verdict.
    Finished { txn: TxnId, writes: bool, verdict: Verdict, latency_us: u64 },
    /// A client's read of a `kv` row came back with this value.
    ReadDone { txn: TxnId, key: i64, value: Option<i64>, node: NodeId, latency_us: u64 },
    /// A statement (not the whole transaction) came back to a console session.
    Answered { txn: TxnId, ok: bool },

    // -- the proxy
    /// The proxy (or a driver) chose a server for a statement.
    Routed { by: Addr, txn: TxnId, to: NodeId, reason: &'static str },
    /// The proxy (or a driver) now believes that this server is the primary (`None`: nobody is).
    PrimaryBelieved { by: Addr, primary: Option<NodeId> },
    /// The proxy took a server out of, or into, its pool.
    PoolChanged { by: Addr, node: NodeId, up: bool, why: &'static str },

    /// The proxy (or a driver) sends no reads to a replica from now on: it lags by more than `max_us`. `lag_us` is `None`
    /// where the replica could not say.
    ReplicaShunned { by: Addr, node: NodeId, lag_us: Option<u64>, max_us: u64 },
    /// A replica that was shunned gets reads again.
    ReplicaReturned { by: Addr, node: NodeId, lag_us: Option<u64> },
    /// Another server is the primary now: the proxy (or a driver) closed so many connections to the former one.
    Drained { by: Addr, node: NodeId, connections: u32 },
    /// Every connection that the proxy may have to this server is in use: a statement waits for one.
    ConnectionWait { by: Addr, txn: TxnId, to: NodeId },

    // -- a server's life
    /// The server's process changed its state.
    LifeChanged { node: NodeId, life: Life },
    /// What a crash or a kill took: log that had not reached the disk (or the operating system).
    LogLost { node: NodeId, from: Lsn, to: Lsn },
    /// Recovery found a record whose checksum or length is wrong, and cut the log there.
    TornRecord { node: NodeId, at: Lsn },
    /// Recovery begins at the checkpoint.
    RecoveryStarted { node: NodeId, checkpoint: Lsn, end: Lsn },
    /// Recovery is done.
    RecoveryFinished { node: NodeId, at: Lsn, timeline: Timeline },
    /// A checkpoint is complete.
    Checkpoint { node: NodeId, at: Lsn },
    /// Old log was removed: it begins at `to` now. Some files are kept to be written anew.
    LogRemoved { node: NodeId, to: Lsn, removed: u64, recycled: u64 },
    /// A replication slot was made; it holds back the log from here on, or from where its user will begin.
    SlotCreated { node: NodeId, slot: Arc<str>, restart_lsn: Option<Lsn> },
    /// A replication slot was dropped.
    SlotDropped { node: NodeId, slot: Arc<str> },
    /// The process that uses a slot is ended, since the slot is about to be invalidated.
    SlotUserTerminated { node: NodeId, slot: Arc<str>, pid: i64 },
    /// A slot held back more log than it may: it holds back nothing any more.
    SlotInvalidated { node: NodeId, slot: Arc<str>, restart_lsn: Lsn },
    /// The server stopped for this reason (a full disk, a failed invariant).
    Panicked { node: NodeId, why: Arc<str> },

    // -- a write on its way through a primary
    /// A statement ran on the primary's working database.
    Executed { node: NodeId, txn: TxnId, changes: u32 },
    /// A statement waits for the row locks of another transaction.
    LockWait { node: NodeId, txn: TxnId, holder: TxnId },
    /// A transaction's records are in the log, in memory. MySQL: under this global identifier.
    Logged { node: NodeId, txn: TxnId, timeline: Timeline, start: Lsn, end: Lsn, keys: KeyWrites, gtid: Option<Gtid> },
    /// The log was handed to the operating system up to here.
    Written { node: NodeId, to: Lsn },
    /// The log is on durable storage up to here.
    Flushed { node: NodeId, to: Lsn, took_us: u64 },
    /// A commit waits for standbys.
    CommitWaits { node: NodeId, txn: TxnId, at: Lsn },
    /// A waiting commit was released by the standbys' positions.
    CommitReleased { node: NodeId, txn: TxnId, at: Lsn, waited_us: u64 },
    /// A waiting commit was cancelled: it is committed here, and perhaps nowhere else.
    WaitCancelled { node: NodeId, txn: TxnId, at: Lsn },
    /// Other sessions on this server see the transaction from now on.
    Visible { node: NodeId, txn: TxnId, at: Lsn },
    /// A transaction was rolled back on the server.
    RolledBack { node: NodeId, txn: TxnId },

    // -- a write on its way through a standby
    /// Log arrived from upstream.
    Received { node: NodeId, from: Addr, start: Lsn, end: Lsn },
    /// Log was applied up to here; readers see it.
    Applied { node: NodeId, to: Lsn, transactions: u32 },
    /// MySQL: a transaction arrived in the relay log. The span is that of the source's log.
    GtidReceived { node: NodeId, from: Addr, gtid: Gtid, start: Lsn, end: Lsn },
    /// MySQL: a replica wrote a transaction that it applies to its own binary log, here.
    Relogged { node: NodeId, gtid: Gtid, start: Lsn, end: Lsn },
    /// Applying stopped with an error.
    ApplyFailed { node: NodeId, at: Lsn, error: Arc<str> },
    /// Applying was paused or resumed by an operator.
    ReplayPaused { node: NodeId, paused: bool },

    // -- reads that wait for a position
    /// A session waits until the server has come to a position (`WAIT FOR LSN`, `WAIT_FOR_EXECUTED_GTID_SET`).
    PositionWait { node: NodeId, txn: TxnId },
    /// The wait is over: the position was reached, or was not in time.
    PositionWaitOver { node: NodeId, txn: TxnId, reached: bool, waited_us: u64 },

    // -- replication
    /// A standby begins to stream.
    StreamingStarted { upstream: NodeId, standby: NodeId, from: Lsn, timeline: Timeline },
    /// A standby's stream ended.
    StreamingEnded { upstream: NodeId, standby: NodeId },
    /// A standby was told that it cannot be served.
    ReplicationRefused { upstream: NodeId, standby: NodeId, error: Arc<str> },
    /// A standby follows another upstream from now on.
    Repointed { node: NodeId, upstream: NodeId },
    /// A standby follows its upstream onto another timeline.
    TimelineFollowed { node: NodeId, timeline: Timeline, at: Lsn },
    /// MySQL: a source falls back to asynchronous replication, or is semi-synchronous again.
    SemiSync { node: NodeId, on: bool, why: &'static str },
    /// MySQL: a new binary log file begins.
    BinlogRotated { node: NodeId, number: u32 },
    /// MySQL: a binary log file was removed.
    BinlogPurged { node: NodeId, number: u32 },
    /// MySQL: a server refuses writes from now on (`read_only`, `super_read_only`), or lets them in.
    ReadOnly { node: NodeId, on: bool },
    /// MySQL: the threads of a replica were started or stopped by an operator.
    ReplicaThreads { node: NodeId, io: bool, sql: bool },
    /// The standbys that count as synchronous are these now (the first bit is node 0).
    SyncStandbys { node: NodeId, nodes: u16, satisfied: bool },

    // -- base backups
    /// A server throws away what it has, and asks another one for its database.
    BackupRequested { node: NodeId, source: NodeId },
    /// The source has an image as of `at`, and begins to send it; it holds back the log from there on.
    BackupStarted { source: NodeId, node: NodeId, at: Lsn, bytes: u64 },
    /// Image and log up to `end` have arrived; the server starts on them.
    BackupFinished { node: NodeId, source: NodeId, at: Lsn, end: Lsn, bytes: u64 },
    /// The backup was given up: nothing of it is left.
    BackupFailed { node: NodeId, source: NodeId, why: Arc<str> },

    // -- rewinding (`pg_rewind`)
    /// Two servers diverged at `fork` on this timeline; what this one did since the checkpoint before is to be replaced.
    RewindStarted { node: NodeId, source: NodeId, fork: Lsn, timeline: Timeline, checkpoint: Lsn },
    /// A transaction past the fork goes with the rewind: what it changed, as text.
    RewindDiscards { node: NodeId, txn: Option<TxnId>, start: Lsn, end: Lsn, what: Arc<str> },
    /// Its log was read: so many transactions past the fork, and so many rows and schema changes since the checkpoint.
    RewindListed { node: NodeId, transactions: u32, rows: u64, ddl: u32 },
    /// Rows and log have arrived: rows that were fetched, rows that the log's replay left, and bytes of both.
    RewindFetched { node: NodeId, rows: u64, replayed: u64, rows_bytes: u64, log_bytes: u64 },
    /// The server is what its source was at `at`; its log ends at `end`, and it starts as its standby.
    RewindFinished { node: NodeId, source: NodeId, at: Lsn, end: Lsn, bytes: u64 },
    /// Nothing here is past the fork: no rewind required. The server starts as a standby.
    RewindNotRequired { node: NodeId, source: NodeId, fork: Lsn, timeline: Timeline },
    /// The rewind ended with an error; whether the target is of no use any more.
    RewindFailed { node: NodeId, source: NodeId, why: Arc<str>, useless: bool },

    // -- promotion
    /// A standby was told to become the primary.
    PromotionStarted { node: NodeId },
    /// A new timeline begins.
    TimelineSwitched { node: NodeId, parent: Timeline, timeline: Timeline, at: Lsn },
    /// The server takes writes as a primary: at the start of the run, after a promotion, and again after it has
    /// recovered as one. Its log ends at `at`. Judges decide here which acknowledged writes are lost.
    BecamePrimary { node: NodeId, timeline: Timeline, at: Lsn },

    // -- the failover manager
    /// A step of the manager.
    Manager(ManagerEvent),

    // -- disks
    /// MySQL: there is no room on the disk for what is to be written; the server waits for some.
    DiskFull { node: NodeId, why: Arc<str> },

    // -- roles
    /// PostgreSQL: a server that was a primary starts as a standby.
    BecameStandby { node: NodeId },

    // -- a session's state on its connections
    /// The proxy (or a driver) sends what the session has set to another of its servers.
    StateRepeated { by: Addr, txn: TxnId, to: NodeId, text: Arc<str> },
    /// The proxy (or a driver) sent a message to no server, and answered it with an error.
    NotRouted { by: Addr, txn: TxnId, reason: &'static str },

    // -- sequences
    /// PostgreSQL: a sequence is in the log with the value `last`, ahead of what was given out; no rollback takes it back.
    SequenceLogged { node: NodeId, txn: TxnId, name: Arc<str>, last: i64, at: Lsn },
}

/// The single `kv` row that a transaction writes, when that is all it does: what the judges follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct KeyWrites {
    /// Key and value of the row, when the transaction is one upsert of the workload's kind.
    pub kv: Option<(i64, i64)>,
    /// Row changes and DDL statements in the transaction.
    pub changes: u32,
    /// Whether the transaction changes `kv` in any other way (several rows, a deletion, a value that is not an
    /// integer, a statement or DDL about it): what readers of `kv` may see then is not known to the judges.
    pub kv_otherwise: bool,
}

/// Which client an event is about, for filters.
impl What {
    /// The transaction the event is about, if it is about one.
    #[must_use]
    pub fn txn(&self) -> Option<TxnId> {
        match self {
            What::Sent { txn, .. } => *txn,
            What::Submitted { txn, .. }
            | What::Finished { txn, .. }
            | What::ReadDone { txn, .. }
            | What::Answered { txn, .. }
            | What::Routed { txn, .. }
            | What::StateRepeated { txn, .. }
            | What::NotRouted { txn, .. }
            | What::SequenceLogged { txn, .. }
            | What::ConnectionWait { txn, .. }
            | What::PositionWait { txn, .. }
            | What::PositionWaitOver { txn, .. }
            | What::Executed { txn, .. }
            | What::LockWait { txn, .. }
            | What::Logged { txn, .. }
            | What::CommitWaits { txn, .. }
            | What::CommitReleased { txn, .. }
            | What::WaitCancelled { txn, .. }
            | What::Visible { txn, .. }
            | What::RolledBack { txn, .. } => Some(*txn),
            _ => None,
        }
    }

    /// The client whose statement the event is about.
    #[must_use]
    pub fn client(&self) -> Option<ClientId> {
        self.txn().map(|txn| txn.session.client)
    }
}
