//! A MySQL source's side of replication: one dump thread for each replica that is connected. It sends, from its own binary
//! log, the transactions that the replica said it lacks, and knows no more of the replica than what semi-synchronous
//! acknowledgements tell.

use std::sync::Arc;

use super::binlog::Binlog;
use super::binlog_commit::tell_semi_sync;
use super::core::Core;
use crate::engine::commit::SemiSync;
use crate::engine::gtid::GtidSet;
use crate::engine::ids::{Addr, ConnId, NodeId};
use crate::engine::io::{Outbox, Timer};
use crate::engine::log::Lsn;
use crate::engine::message::Message;
use crate::engine::time::SimTime;
use crate::engine::trace::What;
use crate::order::OrderedMap;

/// Transactions in one message of ours: about this many bytes.
const MAX_SEND_BYTES: u64 = 128 * 1024;

/// One dump thread.
#[derive(Clone, Debug)]
pub struct Dump {
    /// The replica.
    pub replica: NodeId,
    /// What it calls itself.
    pub name: Arc<str>,
    /// Whether it acknowledges.
    pub semi_sync: bool,
    /// The log was read and, as far as it was wanted, sent up to here.
    pub sent: Lsn,
    /// What it last acknowledged, and when.
    pub acknowledged: Option<(Lsn, SimTime)>,
    /// What it had when it connected.
    has: Arc<GtidSet>,
    said_at: SimTime,
}

/// All dump threads of one server.
#[derive(Clone, Debug, Default)]
pub struct Dumps {
    all: OrderedMap<ConnId, Dump>,
}

impl Dumps {
    /// The dump threads in the order of connections.
    pub fn iter(&self) -> impl Iterator<Item = &Dump> {
        self.all.values()
    }

    /// A replica asks for what it lacks.
    #[allow(clippy::too_many_arguments, reason = "the fields of one message")]
    pub fn start(
        &mut self,
        conn: ConnId,
        name: Arc<str>,
        has: Arc<GtidSet>,
        semi_sync: bool,
        core: &Core,
        semi: &mut SemiSync,
        out: &mut Outbox,
    ) {
        let (Addr::Node(replica), Some(binlog)) = (conn.opener, &core.binlog) else {
            out.close(conn);
            return;
        };
        if let Err(error) = admits(binlog, &has) {
            let error: Arc<str> = error.into();
            out.trace(What::ReplicationRefused { upstream: core.id, standby: replica, error: error.clone() });
            out.send(conn, Message::ReplicationRefused { error, streaming: false });
            out.close(conn);
            return;
        }
        // A replica that connects again may have left a dump thread behind that has not noticed yet: the source ends it
        // (MySQL 8.4, `kill_zombie_dump_threads()`).
        let zombies: Vec<ConnId> =
            self.all.iter().filter(|(_, d)| d.replica == replica).map(|(conn, _)| *conn).collect();
        for zombie in zombies {
            out.close(zombie);
            self.closed(zombie, core, semi, out);
        }
        // The newest file before which nothing is missing, and in it the first transaction that is.
        let file = binlog.files().rev().find(|file| file.previous.is_subset_of(&has));
        let begin = file.map_or(core.log.start(), |file| file.start).max(core.log.start());
        let lacks = |gtid| !has.contains(gtid);
        let mut commits = core.log.commits(begin, core.log.end());
        let first = commits.find(|(commit, _)| commit.gtid.is_some_and(lacks));
        let from = first.map_or(core.log.end(), |(commit, _)| commit.first);
        out.trace(What::StreamingStarted { upstream: core.id, standby: replica, from, timeline: core.timeline() });
        out.send(conn, Message::DumpStarted { uuid: binlog.uuid, end: binlog.position(core.log.flushed()) });
        if semi_sync {
            let effects = semi.replica_joined(replica, from, out.now);
            tell_semi_sync(&effects, core.id, "a replica connected that has everything", out);
        }
        let mut dump = Dump { replica, name, semi_sync, sent: from, acknowledged: None, has, said_at: out.now };
        dump.ship(conn, core, semi, out);
        self.all.insert(conn, dump);
        self.arm(core, out);
    }

    /// A replica acknowledged.
    pub fn acknowledged(&mut self, conn: ConnId, position: Lsn, core: &Core, semi: &mut SemiSync, out: &mut Outbox) {
        if let Some(dump) = self.all.get_mut(&conn) {
            dump.acknowledged = Some((position, out.now));
            let effects = semi.acknowledged(dump.replica, position, out.now);
            tell_semi_sync(&effects, core.id, "a replica has caught up", out);
        }
    }

    /// There may be more to send.
    pub fn ship(&mut self, core: &Core, semi: &mut SemiSync, out: &mut Outbox) {
        for (conn, dump) in &mut self.all {
            dump.ship(*conn, core, semi, out);
        }
    }

    /// A connection is gone.
    pub fn closed(&mut self, conn: ConnId, core: &Core, semi: &mut SemiSync, out: &mut Outbox) {
        let Some(dump) = self.all.remove(&conn) else { return };
        out.trace(What::StreamingEnded { upstream: core.id, standby: dump.replica });
        if dump.semi_sync {
            let effects = semi.replica_left(out.now);
            tell_semi_sync(&effects, core.id, "too few replicas are connected", out);
        }
    }

    /// Heartbeats that are due: after half of `replica_net_timeout` without an event, the default of
    /// `SOURCE_HEARTBEAT_PERIOD`.
    pub fn tick(&mut self, core: &Core, out: &mut Outbox) {
        let period_us = heartbeat_us(core);
        for (conn, dump) in &mut self.all {
            if let Some(binlog) = core.binlog.as_ref().filter(|_| out.now.since(dump.said_at) >= period_us) {
                dump.said_at = out.now;
                out.send(*conn, Message::Heartbeat { end: binlog.position(core.log.flushed()) });
            }
        }
        self.arm(core, out);
    }

    fn arm(&self, core: &Core, out: &mut Outbox) {
        if let Some(said_at) = self.all.values().map(|dump| dump.said_at).min() {
            out.set_timer(Timer::Senders, said_at.plus(heartbeat_us(core)).max(out.now.plus(1)));
        }
    }
}

impl Dump {
    /// Sends what may be sent: with `sync_binlog = 1` only what is durable here.
    fn ship(&mut self, conn: ConnId, core: &Core, semi: &mut SemiSync, out: &mut Outbox) {
        let limit = if core.settings.mysql.sync_binlog == 1 { core.log.flushed() } else { core.log.written() };
        while self.sent < limit {
            let mut span: Option<(Lsn, Lsn)> = None;
            for (commit, end) in core.log.commits(self.sent, limit) {
                let wanted = commit.gtid.is_some_and(|gtid| !self.has.contains(gtid));
                if !wanted && self.semi_sync {
                    let effects = semi.skipped(self.replica, end, out.now);
                    tell_semi_sync(&effects, core.id, "a replica has caught up", out);
                }
                let file = |at: Lsn| core.binlog.as_ref().map(|binlog| binlog.position(at).file);
                span = match span {
                    None if wanted => Some((commit.first, end)),
                    None => {
                        self.sent = end;
                        continue;
                    }
                    // One message holds what stands together, in one file.
                    Some((start, stop)) if !wanted || commit.first != stop || file(start) != file(commit.first) => {
                        break;
                    }
                    Some((start, _)) if end.bytes_since(start) > MAX_SEND_BYTES => break,
                    Some((start, _)) => Some((start, end)),
                };
            }
            let Some((start, end)) = span else {
                self.sent = limit;
                return;
            };
            self.send(conn, start, end, core, semi, out);
        }
    }

    fn send(&mut self, conn: ConnId, start: Lsn, end: Lsn, core: &Core, semi: &mut SemiSync, out: &mut Outbox) {
        let Some(binlog) = &core.binlog else { return };
        let bytes = core.log.read(start, end, usize::MAX);
        self.sent = end;
        self.said_at = out.now;
        let acknowledge = self.semi_sync && semi.prepared_to_send(end);
        let at = binlog.position(start);
        out.send(conn, Message::BinlogEvents { start, at, bytes, acknowledge, sent_at: out.now });
    }
}

fn heartbeat_us(core: &Core) -> u64 {
    (core.settings.mysql.replica_net_timeout_us / 2).max(1_000_000)
}

/// Whether a replica that has these transactions can be served.
///
/// # Errors
/// What the source says with error 1236 (MySQL 8.4, ER_SOURCE_HAS_PURGED_REQUIRED_GTIDS and
/// ER_REPLICA_HAS_MORE_GTIDS_THAN_SOURCE).
fn admits(binlog: &Binlog, has: &GtidSet) -> Result<(), String> {
    let own = |set: &GtidSet| -> GtidSet {
        let mine = set.iter().filter(|member| member.source == binlog.uuid);
        let mut own = GtidSet::new();
        mine.for_each(|member| own.insert_interval(member.source, member.interval));
        own
    };
    if !own(has).is_subset_of(&binlog.logged) {
        return Err("Replica has more GTIDs than the source has, using the source's SERVER_UUID. This may indicate that the \
                    end of the binary log was truncated or that the last binary log file was lost, e.g., after a power or \
                    disk failure when sync_binlog != 1. The source may or may not have rolled back transactions that were \
                    already replicated to the replica. Suggest to replicate any transactions that source has rolled back \
                    from replica to source, and/or commit empty transactions on source to account for transactions that \
                    have been committed on source but are not included in GTID_EXECUTED."
            .to_owned());
    }
    let missing = binlog.purged.subtract(has);
    if !missing.is_empty() {
        return Err(format!(
            "Cannot replicate because the source purged required binary logs. Replicate the missing transactions from \
             elsewhere, or provision a new replica from backup. Consider increasing the source's binary log expiration \
             period. The GTID set sent by the replica is '{}', and the missing transactions are '{}'",
            has.separated_by(","),
            missing.separated_by(",")
        ));
    }
    Ok(())
}
