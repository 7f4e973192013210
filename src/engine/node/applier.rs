//! A MySQL replica's applier (SQL thread): it runs the relay log's transactions as a session of its own, on the database
//! that the server's other sessions use, and so meets their row locks, and writes its own binary log.

use std::sync::Arc;

use super::channel::{Channel, ChannelError, RelayTransaction};
use super::core::Core;
use super::primary::Primary;
use super::session::{OpenTxn, TextSpan};
use crate::engine::gtid::Gtid;
use crate::engine::ids::{ClientId, SessionId, TxnId};
use crate::engine::io::{Outbox, Timer};
use crate::engine::log::{Body, record};
use crate::engine::storage::{ApplyError, ApplyErrorKind, Change};
use crate::engine::time::{SECOND_US, SimTime};
use crate::engine::trace::What;

/// The longest pause before a transaction is tried again, in seconds (`MAX_SLAVE_RETRY_PAUSE`).
const MAX_RETRY_PAUSE_S: u32 = 5;

/// A MySQL replica: it executes statements as any server does, where it is not read-only, and has a channel.
#[derive(Clone, Debug)]
pub struct MysqlReplica {
    /// What executes.
    pub writer: Primary,
    /// Where it replicates from.
    pub channel: Channel,
}

/// What came of a transaction of the relay log.
enum Step {
    /// It is in this server's log.
    Logged,
    /// It was here already.
    Skipped,
    /// Another transaction holds one of its rows, or what its DDL wants.
    Blocked {
        holder: TxnId,
        /// Whether it is a metadata lock that it waits for, which `innodb_lock_wait_timeout` is not about.
        metadata: bool,
    },
    /// It cannot be applied: the number, what the worker says, and what `Last_SQL_Error` says.
    Failed(u16, String, String),
}

impl MysqlReplica {
    /// The applier's timer: what it worked on is done.
    pub fn apply_due(&mut self, core: &mut Core, out: &mut Outbox) {
        if self.channel.blocked_by.is_some() && self.channel.blocked_until <= out.now {
            self.lock_wait_over(core, out);
        }
        if self.channel.due.take_if(|due| *due <= out.now).is_some() {
            self.apply_next(core, out);
        }
        self.channel.schedule(core, out);
    }

    /// Row locks were given back: the applier tries again.
    pub fn unblocked(&mut self, core: &mut Core, out: &mut Outbox) {
        if self.channel.blocked_by.take().is_some() {
            self.apply_next(core, out);
            self.channel.schedule(core, out);
        }
    }

    fn apply_next(&mut self, core: &mut Core, out: &mut Outbox) {
        let Some(next) = self.channel.relay.front().cloned() else { return };
        if self.is_committing(&next) {
            self.channel.relay.pop_front();
            return;
        }
        match self.apply(&next, core, out) {
            Step::Logged => {
                self.channel.retries = 0;
                self.channel.relay.pop_front();
                self.channel.committing.push_back(next);
            }
            Step::Skipped => {
                self.channel.retries = 0;
                self.channel.relay.pop_front();
                self.channel.came_to(&next);
            }
            Step::Blocked { holder, metadata } => {
                let wait_us = core.settings.mysql.innodb_lock_wait_timeout_us;
                self.channel.blocked_by = Some(holder);
                self.channel.blocked_until = if metadata { SimTime::NEVER } else { out.now.plus(wait_us) };
                out.set_timer(Timer::Apply, self.channel.blocked_until);
                out.trace(What::LockWait { node: core.id, txn: applier_txn(&next), holder });
            }
            Step::Failed(number, why, text) => self.stop(&next, (number, why, text), core, out),
        }
    }

    fn stop(
        &mut self,
        next: &RelayTransaction,
        (number, why, text): (u16, String, String),
        core: &mut Core,
        out: &mut Outbox,
    ) {
        self.channel.sql_running = false;
        let why: Arc<str> = why.into();
        core.error = Some(why.clone());
        self.channel.sql_error = Some(ChannelError { number, text: text.into(), at: out.now });
        out.trace(What::ApplyFailed { node: core.id, at: next.start, error: why });
    }

    /// The wait for a row has lasted for `innodb_lock_wait_timeout`: the transaction is tried again, a second later each
    /// time and five at most, until `replica_transaction_retries` is used up (MySQL 8.4, `rpl_rli_pdb.cc`,
    /// `Slave_worker::retry_transaction()`).
    fn lock_wait_over(&mut self, core: &mut Core, out: &mut Outbox) {
        self.channel.blocked_by = None;
        let (retries, limit) = (self.channel.retries, core.settings.mysql.replica_transaction_retries);
        if retries < limit {
            self.channel.retries += 1;
            let due = out.now.plus(u64::from(retries.min(MAX_RETRY_PAUSE_S)) * SECOND_US);
            self.channel.due = Some(due);
            out.set_timer(Timer::Apply, due);
            return;
        }
        let Some(next) = self.channel.relay.front().cloned() else { return };
        let who = match core.settings.mysql.replica_parallel_workers {
            0 => "Replica SQL thread",
            _ => "worker thread",
        };
        let text = format!(
            "{who} retried transaction {retries} time(s) in vain, giving up. Consider raising the value of the \
             replica_transaction_retries variable."
        );
        self.stop(&next, (1205, text.clone(), text), core, out);
    }

    /// Whether a transaction was received twice and is on its way into this server's log.
    fn is_committing(&self, next: &RelayTransaction) -> bool {
        self.channel.committing.iter().any(|other| other.commit.gtid == next.commit.gtid)
    }

    fn apply(&mut self, next: &RelayTransaction, core: &mut Core, out: &mut Outbox) -> Step {
        let Some(gtid) = next.commit.gtid else { return Step::Skipped };
        if core.binlog.as_ref().is_none_or(|binlog| binlog.logged.contains(gtid)) {
            return Step::Skipped;
        }
        let events = match decode(next) {
            Ok(events) => events,
            Err(text) => return Step::Failed(13121, text.clone(), text),
        };
        let ddl = events.iter().any(|event| matches!(event, Change::Ddl { .. }));
        let mut txn = OpenTxn::new(applier_txn(next), true, false);
        for event in events {
            match self.execute(&event, txn.id, out.now) {
                Ok(changes) => {
                    self.writer.locks.take(txn.id, &changes);
                    let from = txn.changes.len();
                    txn.changes.extend(changes);
                    if let Change::Statement(_) = event {
                        txn.text.push(TextSpan { from, to: txn.changes.len(), event });
                    }
                }
                Err(problem) => {
                    if let Err(error) = self.writer.undo(&mut txn, 0) {
                        return Step::Failed(1030, error.to_string(), error.to_string());
                    }
                    return match problem {
                        Problem::Blocked(holder) => {
                            Step::Blocked { holder, metadata: ddl || self.writer.locks.has_schema(holder) }
                        }
                        Problem::Apply(error) => failed(&error, gtid, next, core),
                    };
                }
            }
        }
        self.writer.commit_to_binlog(core, None, txn, Some((gtid, next.commit.at)), out);
        Step::Logged
    }

    /// Executes one event on the working database; what it changed.
    fn execute(&mut self, event: &Change, txn: TxnId, now: SimTime) -> Result<Vec<Change>, Problem> {
        let Primary { work, locks, .. } = &mut self.writer;
        let changes = match event {
            Change::Row(_) => {
                let changes = vec![event.clone()];
                if let Some(holder) = locks.conflict(txn, &changes) {
                    return Err(Problem::Blocked(holder));
                }
                work.apply(event).map_err(Problem::Apply)?;
                return Ok(changes);
            }
            Change::Ddl { .. } => {
                if let Some(holder) = locks.other_than(txn) {
                    return Err(Problem::Blocked(holder));
                }
                work.apply(event).map_err(Problem::Apply)?;
                return Ok(vec![event.clone()]);
            }
            Change::Statement(statement) => {
                Core::set_clock(work, now);
                work.replay(statement).map_err(Problem::Apply)?.changes
            }
        };
        match locks.conflict(txn, &changes) {
            None => Ok(changes),
            Some(holder) => match work.undo(&changes) {
                Ok(()) => Err(Problem::Blocked(holder)),
                Err(error) => {
                    let (kind, message) = (ApplyErrorKind::Other, error.to_string());
                    Err(Problem::Apply(ApplyError { kind, number: 1030, message }))
                }
            },
        }
    }
}

enum Problem {
    Blocked(TxnId),
    Apply(ApplyError),
}

/// Whose transaction it is for locks: its origin's, or the applier's own where that is not known.
fn applier_txn(next: &RelayTransaction) -> TxnId {
    let nobody = TxnId { session: SessionId { client: ClientId::OPERATOR, number: 0 }, number: 0 };
    next.commit.txn.unwrap_or(nobody)
}

/// The events of a transaction of the relay log.
fn decode(next: &RelayTransaction) -> Result<Vec<Change>, String> {
    let mut events = Vec::new();
    let mut at = 0;
    while let Some(rest) = next.bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let (record, length) = record::decode(rest, next.start.plus(at))
            .map_err(|error| format!("Relay log read failure: Could not parse relay log event entry. {error}"))?;
        at += length;
        if let Body::Change(change) = record.body {
            events.push(change);
        }
    }
    Ok(events)
}

/// What a transaction failed with, in the server's words. With `replica_parallel_workers` above 0, `Last_SQL_Error` has
/// what the coordinator says of the worker that failed, in the words that servers of version 8 are known to print; no
/// server was asked.
fn failed(error: &ApplyError, gtid: Gtid, next: &RelayTransaction, core: &Core) -> Step {
    let (log, end) = (super::binlog::file_name(next.ends_at.file), next.ends_at.position);
    let why = match error.message.starts_with("Error ") {
        true => error.message.clone(),
        false => format!("{}; the event's source log {log}, end_log_pos {end}", error.message),
    };
    let number = if error.number == 0 { 1105 } else { error.number };
    let shown = match core.settings.mysql.replica_parallel_workers {
        0 => why.clone(),
        _ => format!(
            "Coordinator stopped because there were error(s) in the worker(s). The most recent failure being: Worker 1 \
             failed executing transaction '{gtid}' at source log {log}, end_log_pos {end}. See error log and/or \
             performance_schema.replication_applier_status_by_worker table for more details about this failure or \
             others, if any."
        ),
    };
    Step::Failed(number, why, shown)
}
