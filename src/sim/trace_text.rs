//! The trace as text: one line an event, for people, golden tests and `replication-lab trace`.
//!
//! ```text
//! 4.171250 sent id=812 from=db1 to=db2 kind=log bytes=193 arrives=4.173402 log=0/1000A10..0/1000A98
//! ```
//! Every line is the time in seconds, the event's name, then `key=value` pairs in a fixed order. Values with spaces are
//! quoted. Positions are LSNs; transactions are `client/session#number`.

use std::fmt::{self, Write};

use super::world::World;
use crate::engine::ids::{Addr, ConnId, NodeId, TxnId};
use crate::engine::message::Statement;
use crate::engine::trace::{TraceEvent, Verdict, What};

/// One event as a line, without the line's end.
#[must_use]
pub fn line(event: &TraceEvent, world: &World) -> String {
    let mut line = Line { text: String::with_capacity(96), world };
    // Writing to a string does not fail.
    let _ = line.event(event);
    line.text
}

pub(super) struct Line<'a> {
    text: String,
    pub(super) world: &'a World,
}

impl Line<'_> {
    pub(super) fn node(&self, node: NodeId) -> std::sync::Arc<str> {
        self.world.name_of(Addr::Node(node))
    }

    pub(super) fn txn(&self, txn: TxnId) -> String {
        let client = self.world.name_of(Addr::Client(txn.session.client));
        let session = txn.session.to_string();
        let session = session.split_once('/').map_or("", |(_, session)| session);
        format!("{client}/{session}#{}", txn.number)
    }

    fn conn(&self, conn: ConnId) -> String {
        format!("{}:{}", self.world.name_of(conn.opener), conn.number & 0x7FFF_FFFF)
    }

    pub(super) fn head(&mut self, event: &TraceEvent, name: &str) -> fmt::Result {
        write!(self.text, "{} {name}", event.at)
    }

    pub(super) fn pair(&mut self, key: &str, value: impl fmt::Display) -> fmt::Result {
        write!(self.text, " {key}={value}")
    }

    fn lag(&mut self, lag_us: Option<u64>) -> fmt::Result {
        match lag_us {
            Some(lag_us) => self.pair("lag_us", lag_us),
            None => self.pair("lag_us", "unknown"),
        }
    }

    pub(super) fn quoted(&mut self, key: &str, value: &str) -> fmt::Result {
        write!(self.text, " {key}={value:?}")
    }

    #[allow(clippy::too_many_lines)] // One arm an event: splitting it would hide what is missing.
    fn event(&mut self, event: &TraceEvent) -> fmt::Result {
        let head = |line: &mut Self, name: &str| line.head(event, name);
        match &event.what {
            What::Command { text } => {
                head(self, "command")?;
                self.quoted("do", text)
            }
            What::CommandRefused { text, why } => {
                head(self, "command_refused")?;
                self.quoted("do", text)?;
                self.quoted("why", why)
            }
            What::Sent { id, conn, from, to, kind, span, positions, txn, wire_bytes, arrives_at } => {
                head(self, "sent")?;
                self.pair("id", id.0)?;
                self.pair("conn", self.conn(*conn))?;
                self.pair("from", self.world.name_of(*from))?;
                self.pair("to", self.world.name_of(*to))?;
                self.pair("kind", format!("{kind:?}").to_lowercase())?;
                self.pair("bytes", wire_bytes)?;
                self.pair("arrives", arrives_at)?;
                if let Some((start, end)) = span {
                    self.pair("log", format_args!("{start}..{end}"))?;
                }
                if let Some(p) = positions {
                    self.pair("write", p.write)?;
                    self.pair("flush", p.flush)?;
                    self.pair("apply", p.apply)?;
                }
                match txn {
                    Some(txn) => self.pair("txn", self.txn(*txn)),
                    None => Ok(()),
                }
            }
            What::Held { id } => {
                head(self, "held")?;
                self.pair("id", id.0)
            }
            What::Resumed { id, arrives_at } => {
                head(self, "resumed")?;
                self.pair("id", id.0)?;
                self.pair("arrives", arrives_at)
            }
            What::Delivered { id } => {
                head(self, "delivered")?;
                self.pair("id", id.0)
            }
            What::Dropped { id, reason } => {
                head(self, "dropped")?;
                self.pair("id", id.0)?;
                self.pair("reason", format!("{reason:?}"))
            }
            What::Connected { conn, to } => {
                head(self, "connected")?;
                self.pair("conn", self.conn(*conn))?;
                self.pair("to", self.world.name_of(*to))
            }
            What::Disconnected { conn, at_end, peer, reason } => {
                head(self, "disconnected")?;
                self.pair("conn", self.conn(*conn))?;
                self.pair("at", self.world.name_of(*at_end))?;
                self.pair("peer", self.world.name_of(*peer))?;
                self.pair("reason", format!("{reason:?}"))
            }
            What::Submitted { txn, statement, writes, .. } => {
                head(self, "submitted")?;
                self.pair("txn", self.txn(*txn))?;
                self.pair("writes", writes)?;
                match statement {
                    Statement::Sql(text) => self.quoted("sql", text),
                    Statement::Upsert { id, value } => self.pair("upsert", format_args!("{id}:{value}")),
                    Statement::ReadKey { id } => self.pair("read", id),
                }
            }
            What::Finished { txn, writes, verdict, latency_us } => {
                head(self, "finished")?;
                self.pair("txn", self.txn(*txn))?;
                self.pair("writes", writes)?;
                self.pair("latency_us", latency_us)?;
                match verdict {
                    Verdict::Acknowledged { warning, committed_at } => {
                        self.pair("verdict", "acknowledged")?;
                        if let Some((timeline, at)) = committed_at {
                            self.pair("timeline", timeline)?;
                            self.pair("at", at)?;
                        }
                        match warning {
                            Some(warning) => self.quoted("warning", warning),
                            None => Ok(()),
                        }
                    }
                    Verdict::Failed { code, message } => {
                        self.pair("verdict", "failed")?;
                        self.pair("code", code)?;
                        self.quoted("message", message)
                    }
                    Verdict::Indeterminate { reason } => {
                        self.pair("verdict", "indeterminate")?;
                        self.quoted("reason", reason)
                    }
                }
            }
            What::ReadDone { txn, key, value, node, latency_us } => {
                head(self, "read")?;
                self.pair("txn", self.txn(*txn))?;
                self.pair("key", key)?;
                match value {
                    Some(value) => self.pair("value", value)?,
                    None => self.pair("value", "null")?,
                }
                self.pair("node", self.node(*node))?;
                self.pair("latency_us", latency_us)
            }
            What::Answered { txn, ok } => {
                head(self, "answered")?;
                self.pair("txn", self.txn(*txn))?;
                self.pair("ok", ok)
            }
            What::Routed { by, txn, to, reason } => {
                head(self, "routed")?;
                self.pair("by", self.world.name_of(*by))?;
                self.pair("txn", self.txn(*txn))?;
                self.pair("to", self.node(*to))?;
                self.quoted("reason", reason)
            }
            What::StateRepeated { by, txn, to, text } => {
                head(self, "state_repeated")?;
                self.pair("by", self.world.name_of(*by))?;
                self.pair("txn", self.txn(*txn))?;
                self.pair("to", self.node(*to))?;
                self.quoted("text", text)
            }
            What::SequenceLogged { node, txn, name, last, at } => {
                head(self, "sequence_logged")?;
                self.pair("node", self.node(*node))?;
                self.pair("txn", self.txn(*txn))?;
                self.quoted("name", name)?;
                self.pair("last", last)?;
                self.pair("at", at)
            }
            What::NotRouted { by, txn, reason } => {
                head(self, "not_routed")?;
                self.pair("by", self.world.name_of(*by))?;
                self.pair("txn", self.txn(*txn))?;
                self.quoted("reason", reason)
            }
            What::PrimaryBelieved { by, primary } => {
                head(self, "primary_believed")?;
                self.pair("by", self.world.name_of(*by))?;
                match primary {
                    Some(node) => self.pair("primary", self.node(*node)),
                    None => self.pair("primary", "none"),
                }
            }
            What::PoolChanged { by, node, up, why } => {
                head(self, "pool_changed")?;
                self.pair("by", self.world.name_of(*by))?;
                self.pair("node", self.node(*node))?;
                self.pair("up", up)?;
                self.quoted("why", why)
            }
            What::ReplicaShunned { by, node, lag_us, max_us } => {
                head(self, "replica_shunned")?;
                self.pair("by", self.world.name_of(*by))?;
                self.pair("node", self.node(*node))?;
                self.lag(*lag_us)?;
                self.pair("max_us", max_us)
            }
            What::ReplicaReturned { by, node, lag_us } => {
                head(self, "replica_returned")?;
                self.pair("by", self.world.name_of(*by))?;
                self.pair("node", self.node(*node))?;
                self.lag(*lag_us)
            }
            What::Drained { by, node, connections } => {
                head(self, "drained")?;
                self.pair("by", self.world.name_of(*by))?;
                self.pair("node", self.node(*node))?;
                self.pair("connections", connections)
            }
            What::ConnectionWait { by, txn, to } => {
                head(self, "connection_wait")?;
                self.pair("by", self.world.name_of(*by))?;
                self.pair("txn", self.txn(*txn))?;
                self.pair("to", self.node(*to))
            }
            What::PositionWait { node, txn } => {
                head(self, "position_wait")?;
                self.pair("node", self.node(*node))?;
                self.pair("txn", self.txn(*txn))
            }
            What::PositionWaitOver { node, txn, reached, waited_us } => {
                head(self, "position_wait_over")?;
                self.pair("node", self.node(*node))?;
                self.pair("txn", self.txn(*txn))?;
                self.pair("reached", reached)?;
                self.pair("waited_us", waited_us)
            }
            What::LifeChanged { node, life } => {
                head(self, "life")?;
                self.pair("node", self.node(*node))?;
                self.pair("is", format!("{life:?}").to_lowercase())
            }
            What::LogLost { node, from, to } => {
                head(self, "log_lost")?;
                self.pair("node", self.node(*node))?;
                self.pair("log", format_args!("{from}..{to}"))
            }
            What::TornRecord { node, at } => {
                head(self, "torn_record")?;
                self.pair("node", self.node(*node))?;
                self.pair("at", at)
            }
            What::RecoveryStarted { node, checkpoint, end } => {
                head(self, "recovery_started")?;
                self.pair("node", self.node(*node))?;
                self.pair("log", format_args!("{checkpoint}..{end}"))
            }
            What::RecoveryFinished { node, at, timeline } => {
                head(self, "recovery_finished")?;
                self.pair("node", self.node(*node))?;
                self.pair("at", at)?;
                self.pair("timeline", timeline)
            }
            What::Checkpoint { node, at } => {
                head(self, "checkpoint")?;
                self.pair("node", self.node(*node))?;
                self.pair("at", at)
            }
            What::LogRemoved { node, to, removed, recycled } => {
                head(self, "log_removed")?;
                self.pair("node", self.node(*node))?;
                self.pair("to", to)?;
                self.pair("removed", removed)?;
                self.pair("recycled", recycled)
            }
            What::SlotCreated { node, slot, restart_lsn } => {
                head(self, "slot_created")?;
                self.pair("node", self.node(*node))?;
                self.pair("slot", slot)?;
                match restart_lsn {
                    Some(at) => self.pair("restart_lsn", at),
                    None => Ok(()),
                }
            }
            What::SlotDropped { node, slot } => {
                head(self, "slot_dropped")?;
                self.pair("node", self.node(*node))?;
                self.pair("slot", slot)
            }
            What::SlotUserTerminated { node, slot, pid } => {
                head(self, "slot_user_terminated")?;
                self.pair("node", self.node(*node))?;
                self.pair("slot", slot)?;
                self.pair("pid", pid)
            }
            What::SlotInvalidated { node, slot, restart_lsn } => {
                head(self, "slot_invalidated")?;
                self.pair("node", self.node(*node))?;
                self.pair("slot", slot)?;
                self.pair("restart_lsn", restart_lsn)
            }
            What::DiskFull { node, why } => {
                head(self, "disk_full")?;
                self.pair("node", self.node(*node))?;
                self.quoted("why", why)
            }
            What::Panicked { node, why } => {
                head(self, "panicked")?;
                self.pair("node", self.node(*node))?;
                self.quoted("why", why)
            }
            What::Executed { node, txn, changes } => {
                head(self, "executed")?;
                self.pair("node", self.node(*node))?;
                self.pair("txn", self.txn(*txn))?;
                self.pair("changes", changes)
            }
            What::LockWait { node, txn, holder } => {
                head(self, "lock_wait")?;
                self.pair("node", self.node(*node))?;
                self.pair("txn", self.txn(*txn))?;
                self.pair("holder", self.txn(*holder))
            }
            What::Logged { node, txn, timeline, start, end, keys, gtid } => {
                head(self, "logged")?;
                self.pair("node", self.node(*node))?;
                self.pair("txn", self.txn(*txn))?;
                self.pair("timeline", timeline)?;
                self.pair("log", format_args!("{start}..{end}"))?;
                if let Some(gtid) = gtid {
                    self.pair("gtid", gtid)?;
                }
                self.pair("changes", keys.changes)?;
                match keys.kv {
                    Some((key, value)) => self.pair("kv", format_args!("{key}:{value}")),
                    None => Ok(()),
                }
            }
            What::Written { node, to } => {
                head(self, "written")?;
                self.pair("node", self.node(*node))?;
                self.pair("to", to)
            }
            What::Flushed { node, to, took_us } => {
                head(self, "flushed")?;
                self.pair("node", self.node(*node))?;
                self.pair("to", to)?;
                self.pair("took_us", took_us)
            }
            What::CommitWaits { node, txn, at } => {
                head(self, "commit_waits")?;
                self.pair("node", self.node(*node))?;
                self.pair("txn", self.txn(*txn))?;
                self.pair("at", at)
            }
            What::CommitReleased { node, txn, at, waited_us } => {
                head(self, "commit_released")?;
                self.pair("node", self.node(*node))?;
                self.pair("txn", self.txn(*txn))?;
                self.pair("at", at)?;
                self.pair("waited_us", waited_us)
            }
            What::WaitCancelled { node, txn, at } => {
                head(self, "wait_cancelled")?;
                self.pair("node", self.node(*node))?;
                self.pair("txn", self.txn(*txn))?;
                self.pair("at", at)
            }
            What::Visible { node, txn, at } => {
                head(self, "visible")?;
                self.pair("node", self.node(*node))?;
                self.pair("txn", self.txn(*txn))?;
                self.pair("at", at)
            }
            What::RolledBack { node, txn } => {
                head(self, "rolled_back")?;
                self.pair("node", self.node(*node))?;
                self.pair("txn", self.txn(*txn))
            }
            What::Received { node, from, start, end } => {
                head(self, "received")?;
                self.pair("node", self.node(*node))?;
                self.pair("from", self.world.name_of(*from))?;
                self.pair("log", format_args!("{start}..{end}"))
            }
            What::Applied { node, to, transactions } => {
                head(self, "applied")?;
                self.pair("node", self.node(*node))?;
                self.pair("to", to)?;
                self.pair("transactions", transactions)
            }
            What::GtidReceived { node, from, gtid, start, end } => {
                head(self, "gtid_received")?;
                self.pair("node", self.node(*node))?;
                self.pair("from", self.world.name_of(*from))?;
                self.pair("gtid", gtid)?;
                self.pair("log", format_args!("{start}..{end}"))
            }
            What::Relogged { node, gtid, start, end } => {
                head(self, "relogged")?;
                self.pair("node", self.node(*node))?;
                self.pair("gtid", gtid)?;
                self.pair("log", format_args!("{start}..{end}"))
            }
            What::SemiSync { node, on, why } => {
                head(self, "semi_sync")?;
                self.pair("node", self.node(*node))?;
                self.pair("on", on)?;
                self.quoted("why", why)
            }
            What::BinlogRotated { node, number } => {
                head(self, "binlog_rotated")?;
                self.pair("node", self.node(*node))?;
                self.pair("number", number)
            }
            What::BinlogPurged { node, number } => {
                head(self, "binlog_purged")?;
                self.pair("node", self.node(*node))?;
                self.pair("number", number)
            }
            What::ReadOnly { node, on } => {
                head(self, "read_only")?;
                self.pair("node", self.node(*node))?;
                self.pair("on", on)
            }
            What::ReplicaThreads { node, io, sql } => {
                head(self, "replica_threads")?;
                self.pair("node", self.node(*node))?;
                self.pair("io", io)?;
                self.pair("sql", sql)
            }
            What::ApplyFailed { node, at, error } => {
                head(self, "apply_failed")?;
                self.pair("node", self.node(*node))?;
                self.pair("at", at)?;
                self.quoted("error", error)
            }
            What::ReplayPaused { node, paused } => {
                head(self, "replay_paused")?;
                self.pair("node", self.node(*node))?;
                self.pair("paused", paused)
            }
            What::StreamingStarted { upstream, standby, from, timeline } => {
                head(self, "streaming_started")?;
                self.pair("upstream", self.node(*upstream))?;
                self.pair("standby", self.node(*standby))?;
                self.pair("from", from)?;
                self.pair("timeline", timeline)
            }
            What::StreamingEnded { upstream, standby } => {
                head(self, "streaming_ended")?;
                self.pair("upstream", self.node(*upstream))?;
                self.pair("standby", self.node(*standby))
            }
            What::ReplicationRefused { upstream, standby, error } => {
                head(self, "replication_refused")?;
                self.pair("upstream", self.node(*upstream))?;
                self.pair("standby", self.node(*standby))?;
                self.quoted("error", error)
            }
            What::Repointed { node, upstream } => {
                head(self, "repointed")?;
                self.pair("node", self.node(*node))?;
                self.pair("upstream", self.node(*upstream))
            }
            What::TimelineFollowed { node, timeline, at } => {
                head(self, "timeline_followed")?;
                self.pair("node", self.node(*node))?;
                self.pair("timeline", timeline)?;
                self.pair("at", at)
            }
            What::SyncStandbys { node, nodes, satisfied } => {
                head(self, "sync_standbys")?;
                self.pair("node", self.node(*node))?;
                let names: Vec<_> =
                    (0..16).filter(|bit| nodes >> bit & 1 == 1).map(|bit| self.node(NodeId(bit)).to_string()).collect();
                self.pair("standbys", if names.is_empty() { "none".to_owned() } else { names.join(",") })?;
                self.pair("satisfied", satisfied)
            }
            What::BackupRequested { node, source } => {
                head(self, "backup_requested")?;
                self.pair("node", self.node(*node))?;
                self.pair("source", self.node(*source))
            }
            What::BackupStarted { source, node, at, bytes } => {
                head(self, "backup_started")?;
                self.pair("source", self.node(*source))?;
                self.pair("node", self.node(*node))?;
                self.pair("at", at)?;
                self.pair("bytes", bytes)
            }
            What::BackupFinished { node, source, at, end, bytes } => {
                head(self, "backup_finished")?;
                self.pair("node", self.node(*node))?;
                self.pair("source", self.node(*source))?;
                self.pair("log", format_args!("{at}..{end}"))?;
                self.pair("bytes", bytes)
            }
            What::BackupFailed { node, source, why } => {
                head(self, "backup_failed")?;
                self.pair("node", self.node(*node))?;
                self.pair("source", self.node(*source))?;
                self.quoted("why", why)
            }
            What::BecameStandby { node } => {
                head(self, "became_standby")?;
                self.pair("node", self.node(*node))
            }
            What::Manager(step) => self.manager(event, step),
            What::RewindStarted { .. }
            | What::RewindDiscards { .. }
            | What::RewindListed { .. }
            | What::RewindFetched { .. }
            | What::RewindFinished { .. }
            | What::RewindNotRequired { .. }
            | What::RewindFailed { .. } => self.rewind(event),
            What::PromotionStarted { node } => {
                head(self, "promotion_started")?;
                self.pair("node", self.node(*node))
            }
            What::TimelineSwitched { node, parent, timeline, at } => {
                head(self, "timeline_switched")?;
                self.pair("node", self.node(*node))?;
                self.pair("parent", parent)?;
                self.pair("timeline", timeline)?;
                self.pair("at", at)
            }
            What::BecamePrimary { node, timeline, at } => {
                head(self, "became_primary")?;
                self.pair("node", self.node(*node))?;
                self.pair("timeline", timeline)?;
                self.pair("at", at)
            }
        }
    }
}
