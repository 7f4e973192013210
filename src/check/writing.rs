//! How the judges take the events of one transaction.

use super::branches::Place;
use super::judges::{Judges, lost_write};
use super::linearizability::Action;
use super::moment::Moment;
use super::operations::Done;
use super::session::Broken;
use super::transaction::Transaction;
use super::versions::{Rank, Version};
use super::violation::{Events, Finding, ReadSeen, Violation};
use super::write::{Logged, Outcome, Write};
use crate::engine::gtid::Gtid;
use crate::engine::ids::{NodeId, TxnId};
use crate::engine::log::{Lsn, Timeline};
use crate::engine::trace::{KeyWrites, Verdict};

impl Judges {
    /// A write came to a station, now or after its client had given up.
    pub(super) fn station(&mut self, txn: TxnId, change: impl FnOnce(&mut Write)) {
        match self.sessions.transaction(txn) {
            Some(transaction) if !transaction.done => change(&mut transaction.write),
            _ if self.ledger.is_unresolved(txn) => self.ledger.late(txn, &self.verdicts, change),
            _ => {}
        }
    }

    /// A transaction's records entered a server's log.
    pub(super) fn logged(
        &mut self,
        node: NodeId,
        txn: TxnId,
        (timeline, start, end): (Timeline, Lsn, Lsn),
        keys: KeyWrites,
        now: Moment,
    ) {
        let place = self.logs.logged(node, timeline, start, end);
        self.logged_at(place, node, txn, (timeline, start), keys, now);
    }

    /// A transaction of a MySQL server's own entered its binary log.
    pub(super) fn logged_to_binlog(
        &mut self,
        node: NodeId,
        txn: TxnId,
        (start, end): (Lsn, Lsn),
        gtid: Gtid,
        keys: KeyWrites,
        now: Moment,
    ) {
        let own = self.primaries.holds_role(node);
        let place = if own {
            let tip = self.logs.tip(node);
            let timeline = self.logs.branches().timeline(tip.branch);
            self.logs.logged(node, timeline, tip.end, Lsn(tip.end.0 + 1))
        } else {
            self.logs.strayed(node)
        };
        if let Some(gtids) = &mut self.gtids {
            match own {
                true => gtids.logged(node, gtid, end, place),
                false => gtids.strayed(node, gtid, end, place),
            }
        }
        let timeline = self.logs.branches().timeline(place.branch);
        self.logged_at(place, node, txn, (timeline, start), keys, now);
        if !own {
            self.station(txn, |write| write.errant = true);
        }
    }

    fn logged_at(
        &mut self,
        place: Place,
        node: NodeId,
        txn: TxnId,
        (timeline, start): (Timeline, Lsn),
        keys: KeyWrites,
        now: Moment,
    ) {
        let mut submitted = now.at;
        self.station(txn, |write| {
            submitted = write.submitted.at;
            write.logged = Some(Logged { moment: now, node, timeline, start, place });
            write.changes = keys.changes;
            write.kv = keys.kv;
        });
        let under_way = self.sessions.transaction(txn).filter(|transaction| !transaction.done);
        if let Some((key, value)) = keys.kv {
            let version = Version { value, txn, place, submitted, logged: now, acknowledged: None };
            let found_at = self.registers.logged(key, version, &self.logs);
            if let Some(transaction) = under_way {
                transaction.version = found_at;
            }
        } else if keys.kv_otherwise {
            self.registers.logged_otherwise(Rank { place, submitted, logged: now.at }, now);
            self.operations.close();
        }
    }

    /// A client has its verdict.
    pub(super) fn finished(&mut self, txn: TxnId, writes: bool, verdict: &Verdict, latency_us: u64, now: Moment) {
        let session = self.sessions.of(txn.session);
        let known = session.transaction.as_ref().is_some_and(|t| t.write.txn == txn);
        if !known {
            session.transaction = Some(Transaction::new(txn, now));
        }
        let Some(transaction) = &mut session.transaction else { return };
        if transaction.done {
            return;
        }
        transaction.done = true;
        let client = txn.session.client;
        let (outcome, reason) = match verdict {
            Verdict::Acknowledged { committed_at: None, .. } => {
                if transaction.writes {
                    self.ledger.withdrawn(client);
                } else if !transaction.counted_as_read {
                    transaction.counted_as_read = true;
                    self.reads.answered(transaction.write.routed.map(|(_, node)| node));
                }
                return;
            }
            Verdict::Acknowledged { warning, .. } => (Outcome::Acknowledged, warning.clone()),
            Verdict::Failed { message, .. } => (Outcome::Failed, Some(message.clone())),
            Verdict::Indeterminate { reason } => (Outcome::Indeterminate, Some(reason.clone())),
        };
        if !transaction.writes {
            if outcome != Outcome::Acknowledged && !writes {
                if !transaction.counted_as_read {
                    transaction.counted_as_read = true;
                    self.reads.failed();
                }
                return;
            }
            transaction.writes = true;
            self.ledger.opened(client);
        }
        let write = &mut transaction.write;
        write.finished = Some(now);
        write.outcome = outcome;
        write.reason = reason;
        if outcome == Outcome::Acknowledged {
            self.latencies.record(latency_us);
            if let Some(place) = write.place() {
                let version = transaction.version.and_then(|at| Some((at.0, self.registers.acknowledged(at, now)?)));
                let violations = &mut self.violations;
                session.wrote(txn, place, now, self.logs.branches(), |broken| {
                    violations.push(broken_at(txn, &broken, None, now))
                });
                if let Some((register, version)) = version {
                    session.wrote_key(register, &version, now);
                }
            }
        }
        let Some(transaction) = &session.transaction else { return };
        let write = transaction.write.clone();
        if outcome != Outcome::Failed
            && let Some((key, value)) = write.kv
            && let Some(register) = self.registers.find(key)
        {
            let returned = (outcome == Outcome::Acknowledged).then_some(now);
            let done = Done { action: Action::Write(Some(value)), invoked: write.submitted, returned };
            self.operations.done(register, done);
        }
        let lost = self.ledger.finished(write, &self.logs, &self.verdicts);
        if outcome == Outcome::Acknowledged {
            self.judge_acknowledged(txn, lost, now);
        }
    }

    /// What an acknowledgement means for the newest failover.
    fn judge_acknowledged(&mut self, txn: TxnId, lost: bool, now: Moment) {
        let Some(transaction) = self.sessions.transaction(txn) else { return };
        let write = &transaction.write;
        if lost && let Some(primary) = self.primaries.current() {
            let timeline = self.primaries.timeline(primary);
            let since = self.primaries.writable_since(primary).unwrap_or(now);
            self.violations.push(lost_write(write, primary, timeline, now, since));
        }
        let logged = write.logged;
        let Some(failover) = self.primaries.last_failover() else { return };
        if lost {
            failover.lost_writes += 1;
        } else if failover.first_acknowledged.is_none()
            && logged.is_some_and(|logged| logged.node == failover.to && logged.moment.at >= failover.writable)
        {
            failover.first_acknowledged = Some(now.at);
        }
    }

    /// A read of a key came back.
    pub(super) fn read_done(&mut self, txn: TxnId, key: i64, value: Option<i64>, node: NodeId, now: Moment) {
        let session = self.sessions.of(txn.session);
        let Some(transaction) = session.transaction.as_mut().filter(|t| t.write.txn == txn) else {
            self.reads.answered(Some(node));
            self.reads.unjudged += 1;
            return;
        };
        if !transaction.counted_as_read && !transaction.writes {
            transaction.counted_as_read = true;
            self.reads.answered(Some(node));
        }
        let sent = transaction.sent;
        let Some(register) = self.registers.find(key) else {
            // Nobody has written the key, or there are too many keys.
            self.reads.unjudged += u64::from(self.registers.is_full());
            return;
        };
        if transaction.write.submitted == sent && !transaction.writes {
            self.operations.done(register, Done { action: Action::Read(value), invoked: sent, returned: Some(now) });
        }
        let seen = self.registers.seen(register, value);
        let read = ReadSeen { key, value, node };
        let branches = self.logs.branches();
        if let Some(missed) = self.registers.missed(register, &seen, sent, branches)
            && let Some(acknowledged) = missed.acknowledged
        {
            let age_us = sent.at.since(acknowledged.at);
            self.reads.stale += 1;
            self.reads.staleness.record(age_us);
            self.violations.push(Violation {
                at: now.at,
                session: Some(txn.session),
                finding: Finding::StaleRead { read, missed: missed.value, age_us },
                events: Events::new([Some(acknowledged.event()), Some(sent.event()), Some(now.event())]),
            });
        }
        let violations = &mut self.violations;
        session.read(register, read, &seen, (sent, now), branches, |broken| {
            violations.push(broken_at(txn, &broken, Some(sent), now));
        });
    }
}

fn broken_at(txn: TxnId, broken: &Broken, sent: Option<Moment>, now: Moment) -> Violation {
    Violation {
        at: now.at,
        session: Some(txn.session),
        finding: broken.finding,
        events: Events::new([Some(broken.before.event()), sent.map(Moment::event), Some(now.event())]),
    }
}
