//! The cluster at one instant, as plain data: what a page draws and a report prints.
//!
//! Everything here was read off the engine's state; nothing is estimated. Views compare cheaply, so that a page
//! can tell what changed.

use std::sync::Arc;

use serde::Serialize;

use super::setup::ProxySetup;
pub use crate::engine::failover::{Activity, FailoverSetup, Tags};
use crate::engine::flavor::Flavor;
use crate::engine::gtid::{Gtid, GtidSet};
use crate::engine::ids::{Addr, ClientId, NodeId, TxnId};
use crate::engine::log::{Lsn, Timeline};
use crate::engine::message::{MessageKind, Positions};
use crate::engine::node::BinlogPosition;
use crate::engine::node::WalStatus;
use crate::engine::time::SimTime;
use crate::engine::trace::{Life, MessageId};

/// The whole cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterView {
    /// The instant.
    pub now: SimTime,
    /// Whose words to use.
    pub flavor: Flavor,
    /// The servers that are part of the cluster (removed ones are gone from here).
    pub nodes: Vec<NodeView>,
    /// The applications.
    pub clients: Vec<ClientView>,
    /// The proxy, where there is one.
    pub proxy: Option<ProxyView>,
    /// The failover manager, where there is one.
    pub manager: Option<ManagerView>,
    /// Every pair of actors that talk or could talk, each once.
    pub links: Vec<LinkView>,
}

/// The failover manager: the store and the agents.
#[derive(Clone, Debug, PartialEq)]
pub struct ManagerView {
    /// Whether the store answers.
    pub store: Life,
    /// Who holds the lease, by the store, and until when.
    pub leader: Option<(NodeId, SimTime)>,
    /// The settings that all agents go by.
    pub rules: FailoverSetup,
    /// Who may be promoted, where `synchronous_mode` is on: empty when nobody is known to have all.
    pub may_lead: Option<Vec<NodeId>>,
    /// A hand-over that an operator asked for: to whom.
    pub hand_over: Option<NodeId>,
    /// The agents.
    pub agents: Vec<AgentView>,
}

/// The agent on one machine.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentView {
    /// Its server.
    pub node: NodeId,
    /// Until when it holds the lease, as far as it knows.
    pub lease_until: Option<SimTime>,
    /// When its machine's watchdog fires, unless it is told.
    pub watchdog_at: Option<SimTime>,
    /// What it is busy with, beside its rounds.
    pub activity: Activity,
    /// What it may do with its server.
    pub tags: Tags,
}

/// What a server is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Takes writes.
    Primary,
    /// Applies the log of an upstream.
    Replica,
}

/// How a standby counts for commits, as `pg_stat_replication.sync_state` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// Commits do not wait for it.
    Async,
    /// Would become synchronous if one before it failed.
    Potential,
    /// Commits wait for it.
    Sync,
    /// Counts towards a quorum.
    Quorum,
}

/// One server.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeView {
    /// Who.
    pub id: NodeId,
    /// Its name.
    pub name: Arc<str>,
    /// What it is now (what it believes it is, when paused or cut off).
    pub role: Role,
    /// What its process is doing.
    pub life: Life,
    /// The timeline it is on.
    pub timeline: Timeline,
    /// Whom it replicates from, as configured; `None` on a primary.
    pub upstream: Option<NodeId>,
    /// Whether its upstream is streaming to it now.
    pub streaming: bool,
    /// How it counts for its upstream's commits, as the upstream sees it; `None` when not connected.
    pub sync_state: Option<SyncState>,
    /// The end of its log in memory.
    pub insert_lsn: Lsn,
    /// Written, flushed, applied up to here.
    pub positions: Positions,
    /// Bytes of the current primary's log that it has not applied, measured now across the cluster.
    pub lag_bytes: u64,
    /// Age of the oldest commit of the current primary that it has not applied, in microseconds; 0 when it has all.
    pub lag_us: u64,
    /// Rows in all tables.
    pub rows: u64,
    /// Commits that wait for standbys here.
    pub waiting_commits: u32,
    /// The waiting commit that is oldest: its transaction, position, and since when.
    pub oldest_wait: Option<(TxnId, Lsn, SimTime)>,
    /// The newest record groups of its log, oldest first (at most [`NodeView::STRIP`]).
    pub strip: Vec<RecordView>,
    /// How long an fsync takes now, in microseconds.
    pub fsync_us: u64,
    /// Transactions a second that it can apply; `None` is as fast as it can.
    pub apply_rate: Option<u32>,
    /// Whether its disk is full.
    pub disk_full: bool,
    /// Room for log on its disk, in bytes; `None` is enough.
    pub disk_size_bytes: Option<u64>,
    /// Whether an operator paused its applier.
    pub replay_paused: bool,
    /// What stops it: an apply error, a refused stream, a full disk; the server's words.
    pub error: Option<Arc<str>>,
    /// Standbys that it sends its log to.
    pub senders: Vec<SenderView>,
    /// Where its log begins: what came before was removed.
    pub log_start: Lsn,
    /// How many log files are on its disk, those that are kept for reuse among them.
    pub log_files: u64,
    /// Its last checkpoint's redo position.
    pub redo_lsn: Lsn,
    /// The base backup that is being copied to it, or what a rewind fetches; no server runs there meanwhile.
    pub copying: Option<CopyView>,
    /// Its replication slots, by name.
    pub slots: Vec<SlotView>,
    /// What MySQL servers have beside.
    pub mysql: Option<MysqlView>,
}

pub use super::diverged::{Discarded, Divergence};
pub use super::lag_look::{Behind, Lag};
pub use super::log_look::{LogCell, LogRow, LogTable, Reach, RecordKind};

/// What MySQL servers have beside.
#[derive(Clone, Debug, PartialEq)]
pub struct MysqlView {
    /// `read_only` or `super_read_only`.
    pub read_only: bool,
    /// `@@gtid_executed`.
    pub gtid_executed: GtidSet,
    /// In the relay log, applied or not.
    pub retrieved: GtidSet,
    /// Executed here and not by the present source: errant transactions.
    pub errant: GtidSet,
    /// The end of its binary log.
    pub end: BinlogPosition,
    /// Whether commits wait for replicas now; `None` where that is not enabled.
    pub semi_sync: Option<bool>,
    /// The replication channel of a replica.
    pub channel: Option<ChannelView>,
}

/// A MySQL replica's channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelView {
    /// `Replica_IO_Running`.
    pub io_running: &'static str,
    /// `Replica_SQL_Running`.
    pub sql_running: bool,
    /// Transactions in the relay log that are not applied.
    pub relay_transactions: u32,
    /// `Seconds_Behind_Source`.
    pub seconds_behind_source: Option<u64>,
}

impl NodeView {
    /// The most record groups in a strip.
    pub const STRIP: usize = 12;
}

/// How far one record group has come on one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// In memory only.
    Memory,
    /// Handed to the operating system.
    Written,
    /// On durable storage.
    Flushed,
    /// Applied (a replica), or visible to everybody (a primary).
    Applied,
}

/// One transaction's records on one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RecordView {
    /// First byte.
    pub start: Lsn,
    /// First byte after it.
    pub end: Lsn,
    /// Whose it is; `None` for records of the server itself.
    pub txn: Option<TxnId>,
    /// MySQL: its identifier.
    pub gtid: Option<Gtid>,
    /// How far it has come here.
    pub stage: Stage,
    /// Whether every connected standby has been sent it (a sender's view; true where there is none).
    pub shipped: bool,
    /// Whether its commit was acknowledged to its client.
    pub acknowledged: bool,
}

/// One row of `pg_stat_replication`.
#[derive(Clone, Debug, PartialEq)]
pub struct SenderView {
    /// The standby.
    pub standby: NodeId,
    /// Its `application_name`.
    pub application_name: Arc<str>,
    /// `startup`, `catchup` or `streaming`.
    pub state: &'static str,
    /// Sent up to here.
    pub sent: Lsn,
    /// What it last reported.
    pub positions: Positions,
    /// PostgreSQL's `write_lag`, `flush_lag`, `replay_lag`, in microseconds, as the server measures them.
    pub lag_us: [Option<u64>; 3],
    /// Its priority in `synchronous_standby_names`; 0 when it is not named.
    pub sync_priority: u32,
    /// How it counts.
    pub sync_state: SyncState,
    /// When its last status arrived.
    pub reply_at: Option<SimTime>,
}

/// A base backup on its way to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyView {
    /// Where it comes from.
    pub source: NodeId,
    /// Bytes of the image that have arrived.
    pub bytes: u64,
    /// Bytes of the image altogether; `None` until the source has begun.
    pub total: Option<u64>,
}

/// One row of `pg_replication_slots`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotView {
    /// Its name.
    pub slot_name: Arc<str>,
    /// Whether it goes with the connection that made it.
    pub temporary: bool,
    /// The standby that uses it now.
    pub user: Option<NodeId>,
    /// The process that uses it now; `None` is not active.
    pub active_pid: Option<i64>,
    /// The oldest log that it holds back.
    pub restart_lsn: Option<Lsn>,
    /// Whether that log is there; `None` where nothing is held back.
    pub wal_status: Option<WalStatus>,
    /// How much log can be written before the slot is in danger; `None` where nothing endangers it.
    pub safe_wal_size: Option<i64>,
}

/// One application.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientView {
    /// Who.
    pub id: ClientId,
    /// Its name.
    pub name: Arc<str>,
    /// Its workload now.
    pub writes_per_second: u32,
    /// Its workload now.
    pub reads_per_second: u32,
    /// Sessions that go on when they are answered: the two rates are a ratio then. 0 is none.
    pub sessions: u16,
    /// Statements sent and not answered.
    pub outstanding: u32,
    /// The server its driver believes to be the primary, where it has a driver of its own.
    pub believes_primary: Option<NodeId>,
}

/// The proxy.
#[derive(Clone, Debug, PartialEq)]
pub struct ProxyView {
    /// The server it sends writes to.
    pub primary: Option<NodeId>,
    /// The servers it sends reads to.
    pub read_pool: Vec<NodeId>,
    /// Servers that it considers dead.
    pub down: Vec<NodeId>,
    /// Statements under way through it.
    pub outstanding: u32,
    /// Its settings now.
    pub settings: ProxySetup,
}

/// What flows over a link, which decides how it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkUse {
    /// Clients and proxy: statements and results.
    Query,
    /// Log from the first end (upstream) to the second (standby), and acknowledgements back; synchronous now or not.
    Replication { synchronous: bool, streaming: bool },
    /// Leases.
    Lease,
    /// Nothing now.
    Idle,
}

/// One pair of actors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkView {
    /// The two ends; for replication the upstream comes first.
    pub ends: (Addr, Addr),
    /// What it is for.
    pub used_for: LinkUse,
    /// Cut from the first to the second.
    pub cut_there: bool,
    /// Cut from the second to the first.
    pub cut_back: bool,
    /// One-way latency in microseconds.
    pub latency_us: u64,
    /// Bytes per second; 0 is unlimited.
    pub bandwidth: u64,
}

/// A message between its sending and its arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketView {
    /// Which message.
    pub id: MessageId,
    /// From where.
    pub from: Addr,
    /// To where.
    pub to: Addr,
    /// What.
    pub kind: MessageKind,
    /// When it left.
    pub sent_at: SimTime,
    /// When it arrives, as things stand.
    pub arrives_at: SimTime,
    /// Since when it is held back by a cut link.
    pub held_since: Option<SimTime>,
    /// The transaction it is about.
    pub txn: Option<TxnId>,
    /// The log it carries.
    pub span: Option<(Lsn, Lsn)>,
}
