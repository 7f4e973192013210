//! The report as data.

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::diverged::Diverged;
use crate::check::Kind;
use crate::engine::flavor::Flavor;
use crate::engine::log::{Lsn, Timeline};
use crate::sim::view::{Role, SyncState};

/// What a run amounted to, at one instant. Fields are the JSON's keys, in its order; those after `expectations` are
/// additions to the contract.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The scenario's title.
    pub scenario: String,
    /// Whose rules applied.
    pub flavor: Flavor,
    /// What drove every random choice.
    pub seed: u64,
    /// The instant, in milliseconds of virtual time.
    pub virtual_ms: f64,
    /// How many things had happened.
    pub events: u64,
    /// A hash of all of them, in hexadecimal.
    pub trace_hash: String,
    /// The clients' writes.
    pub writes: Writes,
    /// The clients' reads.
    pub reads: Reads,
    /// Changes of the primary, oldest first.
    pub failovers: Vec<Failover>,
    /// Broken promises in the order in which they were found; at most 10,000 of a kind (see `violations_by_kind`).
    pub violations: Vec<Violation>,
    /// The servers of the cluster, in the order in which they joined.
    pub nodes: Vec<Node>,
    /// Every stream of log from a server to a standby.
    pub replication: Vec<Replication>,
    /// MySQL's semi-synchronous replication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub semi_sync: Option<SemiSync>,
    /// What the scenario expected; filled in by whoever ran it.
    pub expectations: Vec<Expectation>,
    /// Every replication slot.
    pub slots: Vec<Slot>,
    /// How many violations of each kind there were, also beyond those that are listed.
    #[serde(serialize_with = "by_kind")]
    pub violations_by_kind: Vec<(Kind, u64)>,
    /// Violations that are counted and not listed.
    pub violations_not_listed: u64,
    /// The newest writes with their stations; filled in by whoever asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger: Option<super::ledger::LedgerPart>,
}

/// The clients' writes. A write is one client transaction that changes data.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Writes {
    /// acknowledged + failed + pending + indeterminate.
    pub attempted: u64,
    /// Success reached the client.
    pub acknowledged: u64,
    /// An error reached the client.
    pub failed: u64,
    /// The client waits.
    pub pending: u64,
    /// Sent, and the connection ended without a verdict.
    pub indeterminate: u64,
    /// Acknowledged, and absent from the current primary's log.
    pub lost: u64,
    /// Acknowledged, and in it.
    pub survived: u64,
    /// Of acknowledged writes, from the client's sending to its receipt.
    pub latency_ms: LatencyMs,
    /// Indeterminate, and in the current primary's log.
    pub indeterminate_took_effect: u64,
    /// Of the lost ones: errant transactions, which a MySQL replica executed on its own and its source never had.
    pub errant: u64,
    /// False only where a server stayed away for so long that `lost` had to be estimated.
    pub lost_is_exact: bool,
    /// The same per client, for those that wrote.
    #[serde(serialize_with = "by_name")]
    pub by_client: Vec<(String, WritesOfClient)>,
}

/// One client's writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct WritesOfClient {
    /// acknowledged + failed + pending + indeterminate.
    pub attempted: u64,
    /// Success reached the client.
    pub acknowledged: u64,
    /// An error reached the client.
    pub failed: u64,
    /// The client waits.
    pub pending: u64,
    /// Sent, and the connection ended without a verdict.
    pub indeterminate: u64,
}

/// A distribution of durations, in milliseconds; `null` when there were none. Percentiles are nearest ranks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct LatencyMs {
    /// Half are no longer.
    pub p50: Option<f64>,
    /// 95 % are no longer.
    pub p95: Option<f64>,
    /// 99 % are no longer.
    pub p99: Option<f64>,
    /// The longest.
    pub max: Option<f64>,
    /// Whether percentiles are exact; else (beyond 4,096 durations) they are within 0.4 %.
    pub exact: bool,
}

/// The clients' reads. A read is one client transaction that only reads.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reads {
    /// Finished, whatever came of them.
    pub total: u64,
    /// Ended by an error or a lost connection.
    pub failed: u64,
    /// Missed a write that had been acknowledged before the read was sent.
    pub stale: u64,
    /// From that acknowledgement to the sending of the read.
    pub staleness_ms: LatencyMs,
    /// How many each server answered.
    #[serde(serialize_with = "by_name")]
    pub by_node: Vec<(String, u64)>,
    /// From the client's send to its receipt, of the workload's reads by key.
    pub latency_ms: LatencyMs,
}

/// One change of the primary.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failover {
    /// When the old primary failed, or the command where it had not.
    pub at_ms: f64,
    /// The old primary; `null` when there was none.
    pub from: Option<String>,
    /// The new one.
    pub to: String,
    /// The new timeline.
    pub timeline: Timeline,
    /// When whoever decided learned of it.
    pub detected_ms: f64,
    /// When the new timeline began.
    pub promoted_ms: f64,
    /// When the new primary began to take writes.
    pub writable_ms: f64,
    /// `writable_ms` − `at_ms`.
    pub rto_ms: f64,
    /// Acknowledged writes that it lost.
    pub lost_writes: u64,
    /// Why.
    pub reason: String,
    /// When the first write on the new timeline was acknowledged to its client; `null` before.
    pub first_acknowledged_ms: Option<f64>,
}

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Violation {
    /// Which.
    pub kind: Kind,
    /// When it became true.
    pub at_ms: f64,
    /// Whose promise it was; `null` when it is the cluster's.
    pub session: Option<String>,
    /// One sentence.
    pub detail: String,
    /// The numbers of the events that prove it.
    pub events: Vec<u64>,
}

/// A server.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// What it is (what it believes to be, when it is paused or cut off).
    pub role: Role,
    /// `running`, `recovering`, `copying`, `rewinding`, `paused`, `stopped` (no process) or `down` (no machine).
    pub state: &'static str,
    /// Its timeline.
    pub timeline: Timeline,
    /// Handed to the operating system up to here.
    pub write_lsn: String,
    /// Durable up to here.
    pub flush_lsn: String,
    /// Visible to its readers up to here.
    pub apply_lsn: String,
    /// MySQL: what it has executed.
    pub gtid_executed: Option<String>,
    /// Rows in all tables.
    pub rows: u64,
    /// A checksum of what its readers see, in hexadecimal: equal when tables are.
    pub checksum: String,
    /// What stops it, in the server's words.
    pub error: Option<String>,
    /// Where its log begins: what came before was removed.
    pub log_start: String,
    /// How many log files are on its disk, those that are kept for reuse among them.
    pub log_files: u64,
    /// Its last checkpoint's redo position.
    pub redo_lsn: String,
    /// While a base backup is copied to it, or a rewind fetches: bytes that have arrived.
    pub copied_bytes: Option<u64>,
    /// What it has logged and the present primary has not: a rewind or a copy would discard it.
    pub diverged: Option<Diverged>,
    /// MySQL: the identifiers of its transactions that the present primary has not.
    pub errant_gtids: Option<String>,
}

/// A replication slot, as a row of `pg_replication_slots`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Slot {
    /// Its name.
    pub slot_name: String,
    /// The server that has it.
    pub node: String,
    /// `physical`.
    pub slot_type: &'static str,
    /// Whether it goes with the connection that made it.
    pub temporary: bool,
    /// Whether a process uses it now.
    pub active: bool,
    /// Which process.
    pub active_pid: Option<i64>,
    /// The oldest log that it holds back.
    pub restart_lsn: Option<Lsn>,
    /// `reserved`, `extended`, `unreserved` or `lost`.
    pub wal_status: Option<&'static str>,
    /// How many bytes of log can be written before the slot is in danger.
    pub safe_wal_size: Option<i64>,
}

/// A stream of log, as a row of `pg_stat_replication`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Replication {
    /// The standby's name for the synchronous rules.
    pub application_name: String,
    /// Who sends.
    pub upstream: String,
    /// `startup`, `catchup` or `streaming`.
    pub state: String,
    /// The priority in `synchronous_standby_names`; 0 when it is not named.
    pub sync_priority: u32,
    /// How it counts for commits.
    pub sync_state: SyncState,
    /// Sent up to here.
    pub sent_lsn: String,
    /// What the standby last reported: written. A MySQL source knows this of replicas that acknowledge, and no more.
    pub write_lsn: Option<String>,
    /// Flushed.
    pub flush_lsn: Option<String>,
    /// Replayed.
    pub replay_lsn: Option<String>,
    /// How long recent log took until the report that it was written, in milliseconds.
    pub write_lag: Option<f64>,
    /// The same for flushed.
    pub flush_lag: Option<f64>,
    /// The same for replayed.
    pub replay_lag: Option<f64>,
}

/// MySQL's semi-synchronous replication, by its status variables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SemiSync {
    /// `Rpl_semi_sync_source_status`: `ON` or `OFF`.
    pub status: &'static str,
    /// `Rpl_semi_sync_source_clients`.
    pub clients: u64,
    /// `Rpl_semi_sync_source_yes_tx`.
    pub yes_tx: u64,
    /// `Rpl_semi_sync_source_no_tx`.
    pub no_tx: u64,
}

/// Something that the scenario expected.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Expectation {
    /// When.
    pub at_ms: f64,
    /// What, as the scenario says it.
    pub that: String,
    /// Whether it was so; `null` when the run ended before.
    pub held: Option<bool>,
    /// What was so instead; `null` when the run ended before.
    pub actual: Value,
}

fn by_name<T: Serialize, S: Serializer>(entries: &[(String, T)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(entries.iter().map(|(name, value)| (name, value)))
}

fn by_kind<S: Serializer>(entries: &[(Kind, u64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(entries.iter().map(|(kind, count)| (kind.name(), count)))
}
