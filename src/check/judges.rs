//! All judges of a run, fed by its trace.

use super::divergence::{Divergence, Held};
use super::gtids::Gtids;
use super::latencies::Latencies;
use super::ledger::{self, Ledger};
use super::linearizability::Action;
use super::logs::Logs;
use super::moment::Moment;
use super::operations::{Done, Operations};
use super::primaries::{Primaries, SplitBrain, Verdicts};
use super::reads::Reads;
use super::registers::Registers;
use super::sessions::Sessions;
use super::tracks::{Journey, Station, Tracks};
use super::transaction::Transaction;
use super::violation::{Events, Finding, Kind, Violation};
use super::violations::Violations;
use super::write::{Fate, Write};
use crate::engine::flavor::Flavor;
use crate::engine::ids::{Addr, NodeId};
use crate::engine::log::{Lsn, Timeline};
use crate::engine::message::{MessageKind, Statement};
use crate::engine::time::SimTime;
use crate::engine::trace::{TraceEvent, What};

/// The ledger, the judges and the statistics of one run. They read the trace, in order and nothing else; a clone goes on
/// from where its original was.
#[derive(Clone, Debug, Default)]
pub struct Judges {
    pub(super) logs: Logs,
    pub(super) primaries: Primaries,
    pub(super) verdicts: Verdicts,
    pub(super) ledger: Ledger,
    pub(super) sessions: Sessions,
    pub(super) registers: Registers,
    pub(super) operations: Operations,
    pub(super) reads: Reads,
    pub(super) latencies: Latencies,
    pub(super) violations: Violations,
    pub(super) tracks: Tracks,
    divergence: Divergence,
    /// MySQL: what stands for positions.
    pub(super) gtids: Option<Gtids>,
    /// The event by which each server's readers saw what they see now.
    applied_by: Vec<Option<u64>>,
}

impl Judges {
    /// Judges of a run that has not begun.
    #[must_use]
    pub fn new(flavor: Flavor) -> Judges {
        Judges { gtids: (flavor == Flavor::Mysql).then(Gtids::default), ..Judges::default() }
    }

    /// How far a server's log has come that ends at `at`: in MySQL, counted in transactions.
    fn reached(&self, node: NodeId, at: Lsn) -> Lsn {
        self.gtids.as_ref().map_or(at, |gtids| gtids.reached(node, at))
    }

    /// Every write by count, and entries as far as memory allows.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Writes whose clients wait, by client and session.
    pub fn pending(&self) -> impl Iterator<Item = &Write> {
        self.sessions.under_way().filter(|t| t.writes).map(|t| &t.write)
    }

    /// What became of a write, as things stand.
    #[must_use]
    pub fn fate(&self, write: &Write) -> Fate {
        ledger::fate(write, &self.verdicts)
    }

    /// When a write's log records came to each server; empty until it is logged.
    #[must_use]
    pub fn journey(&self, write: &Write) -> Vec<Journey> {
        write
            .logged
            .map_or_else(Vec::new, |logged| self.tracks.journeys(logged.place, logged.moment.at, self.logs.branches()))
    }

    /// Statistics of reads.
    #[must_use]
    pub fn reads(&self) -> &Reads {
        &self.reads
    }

    /// From sending a write to the arrival of its acknowledgement.
    #[must_use]
    pub fn write_latencies(&self) -> &Latencies {
        &self.latencies
    }

    /// Changes of the primary, and who it is.
    #[must_use]
    pub fn primaries(&self) -> &Primaries {
        &self.primaries
    }

    /// What was found.
    #[must_use]
    pub fn violations(&self) -> &Violations {
        &self.violations
    }

    /// Compares what servers hold, each given with the position that it has applied and a checksum of its data. To be
    /// called when nothing is being applied: the position must be that of the data.
    pub fn compare(&mut self, event: u64, at: SimTime, held: impl IntoIterator<Item = (NodeId, Lsn, u64)>) {
        let held: Vec<Held> = held
            .into_iter()
            // A server with errant transactions is at no other's position.
            .filter(|(node, ..)| self.logs.extras(*node).next().is_none())
            .map(|(node, applied, checksum)| Held {
                node,
                applied: super::Place { branch: self.logs.branch(node), end: self.reached(node, applied) },
                event: self.applied_by.get(usize::from(node.0)).copied().flatten(),
                checksum,
            })
            .collect();
        let Judges { divergence, violations, logs, .. } = self;
        divergence.compare(Moment::new(event, at), &held, logs.branches(), |violation| violations.push(violation));
        self.judge_linearizability(at);
    }

    /// Judges what has been done to each row of `kv` until now. Rows that are found not to be linearizable are reported
    /// once each.
    pub fn judge_linearizability(&mut self, at: SimTime) {
        let open: Vec<(u32, Done)> = self
            .sessions
            .under_way()
            .filter_map(|transaction| {
                let (key, value) = transaction.write.kv?;
                let invoked = transaction.write.submitted;
                Some((self.registers.find(key)?, Done { action: Action::Write(Some(value)), invoked, returned: None }))
            })
            .collect();
        for found in self.operations.unexplained(&open) {
            let Some(key) = self.registers.key(found.register) else { continue };
            self.violations.push(Violation {
                at: at.max(found.at.at),
                session: None,
                finding: Finding::Linearizability { key, returned: found.at.at },
                events: Events::new(found.events.into_iter().map(Some)),
            });
        }
    }

    /// A server left the cluster for good: it holds nothing back any more.
    pub fn forget(&mut self, node: NodeId) {
        self.logs.forget(node);
        self.primaries.is_standby(node);
    }

    /// Takes the next event of the trace.
    pub fn take(&mut self, event: &TraceEvent) {
        let now = Moment::from(event);
        match &event.what {
            What::Sent {
                kind: MessageKind::Log,
                from: Addr::Node(from),
                to: Addr::Node(to),
                span: Some((_, end)),
                ..
            } => {
                let end = self.reached(*from, *end);
                self.tracks.record(*to, Station::Shipped, end, now.at, self.logs.branch(*from));
            }
            What::Command { text } => self.primaries.commanded(text, now),
            What::CommandRefused { text, .. } => self.primaries.refused(text),
            What::BecameStandby { node } => self.primaries.is_standby(*node),
            What::Manager(step) => self.primaries.managed(step, now),

            What::Submitted { txn, statement, writes, .. } => {
                let session = self.sessions.of(txn.session);
                let same = session.transaction.as_ref().is_some_and(|t| t.write.txn == *txn && !t.done);
                if !same {
                    session.transaction = Some(Transaction::new(*txn, now));
                }
                let Some(transaction) = &mut session.transaction else { return };
                transaction.sent = now;
                if let Statement::Upsert { id, value } = statement {
                    transaction.write.kv = Some((*id, *value));
                }
                if *writes && !transaction.writes {
                    transaction.writes = true;
                    self.ledger.opened(txn.session.client);
                }
            }
            What::Routed { txn, to, .. } => {
                if let Some(transaction) = self.sessions.transaction(*txn) {
                    transaction.write.routed = Some((now, *to));
                }
            }
            What::Finished { txn, writes, verdict, latency_us } => {
                self.finished(*txn, *writes, verdict, *latency_us, now);
            }
            What::ReadDone { txn, key, value, node, latency_us } => {
                self.reads.latency.record(*latency_us);
                self.read_done(*txn, *key, *value, *node, now);
            }

            What::Executed { txn, .. } => self.station(*txn, |write| write.executed = Some(now)),
            What::Logged { node, txn, start, end, keys, gtid: Some(gtid), .. } => {
                self.logged_to_binlog(*node, *txn, (*start, *end), *gtid, *keys, now);
            }
            What::Relogged { node, gtid, end, .. } => {
                if let Some(gtids) = &mut self.gtids {
                    gtids.relogged(*node, *gtid, *end);
                }
            }
            What::GtidReceived { node, gtid, .. } => {
                if let Some(place) = self.gtids.as_ref().and_then(|gtids| gtids.find(*gtid)) {
                    self.logs.received(*node, place.end);
                    self.tracks.record(*node, Station::Received, place.end, now.at, self.logs.branch(*node));
                }
            }
            What::Logged { node, txn, timeline, start, end, keys, gtid: None } => {
                if self.primaries.writable_since(*node).is_none() {
                    self.became_primary(*node, *timeline, *start, now);
                }
                self.logged(*node, *txn, (*timeline, *start, *end), *keys, now);
            }
            What::CommitWaits { txn, .. } => self.station(*txn, |write| write.waited = Some(now)),
            What::CommitReleased { txn, .. } | What::WaitCancelled { txn, .. } => {
                self.station(*txn, |write| write.released = Some(now));
            }
            What::Visible { node, txn, at } => {
                self.logs.applied_to(*node, self.reached(*node, *at));
                self.applied(*node, now);
                self.station(*txn, |write| write.visible = Some(now));
            }
            What::Flushed { node, to, .. } => {
                let to = self.reached(*node, *to);
                self.logs.flushed(*node, to);
                self.tracks.record(*node, Station::Flushed, to, now.at, self.logs.branch(*node));
            }
            What::Received { node, end, .. } => {
                self.logs.received(*node, *end);
                self.tracks.record(*node, Station::Received, *end, now.at, self.logs.branch(*node));
            }
            What::Applied { node, to, .. } => {
                let to = self.reached(*node, *to);
                self.logs.applied_to(*node, to);
                self.applied(*node, now);
                self.tracks.record(*node, Station::Applied, to, now.at, self.logs.branch(*node));
            }

            What::LifeChanged { node, life } => {
                let splits = self.primaries.life_changed(*node, *life, now);
                self.split_brains(&splits, now);
            }
            What::LogLost { node, from, .. } => {
                let at = self.reached(*node, *from);
                if let Some(gtids) = &mut self.gtids {
                    gtids.lost(*node, *from);
                }
                self.logs.lost(*node, at);
            }
            What::RecoveryFinished { node, at, .. } => {
                let at = self.reached(*node, *at);
                self.logs.recovered(*node, at);
            }
            What::BackupRequested { node, .. } => {
                self.primaries.is_standby(*node);
                if let Some(gtids) = &mut self.gtids {
                    gtids.lost(*node, Lsn::ZERO);
                }
                self.logs.lost(*node, Lsn::ZERO);
            }
            What::RewindStarted { node, .. } => self.primaries.is_standby(*node),
            What::RewindFinished { node, source, end, .. } => self.logs.copied(*source, *node, *end),
            What::BackupFinished { node, source, at, .. } => {
                let at = self.reached(*source, *at);
                if let Some(gtids) = &mut self.gtids {
                    gtids.follows(*node, at);
                }
                self.logs.copied(*source, *node, at);
            }
            // A server that was frozen may only now hear of somebody who has been promoted since.
            What::StreamingStarted { standby, .. } if self.primaries.holds_role(*standby) => {}
            What::StreamingStarted { upstream, standby, from, .. } => {
                let from = self.reached(*upstream, *from);
                match &self.gtids {
                    None => self.logs.streams(*upstream, *standby, from),
                    // What its relay log holds counts when it is applied.
                    Some(_) => self.logs.follows(*upstream, *standby, from),
                }
            }
            What::StreamingEnded { upstream, standby } => self.logs.stream_ended(*upstream, *standby),
            What::Repointed { node, upstream } => {
                self.primaries.is_standby(*node);
                self.logs.repointed(*node, *upstream);
            }
            What::ReadOnly { node, on } => {
                let splits = self.primaries.read_only(*node, *on, now);
                self.split_brains(&splits, now);
            }
            What::TimelineFollowed { node, timeline, at } => self.logs.followed(*node, *timeline, *at),
            What::PromotionStarted { node } => self.primaries.promotion_started(*node, now),
            What::TimelineSwitched { node, timeline, at, .. } => {
                let at = self.reached(*node, *at);
                self.logs.switched(*node, *timeline, at);
                self.primaries.switched(*node, now);
            }
            What::BecamePrimary { node, timeline, at } => self.became_primary(*node, *timeline, *at, now),
            _ => {}
        }
    }

    fn applied(&mut self, node: NodeId, now: Moment) {
        let index = usize::from(node.0);
        if index >= self.applied_by.len() {
            self.applied_by.resize(index + 1, None);
        }
        self.applied_by[index] = Some(now.event());
    }

    pub(super) fn became_primary(&mut self, node: NodeId, timeline: Timeline, at: Lsn, now: Moment) {
        let at = self.reached(node, at);
        self.logs.ends_at(node, at);
        if self.gtids.is_none() {
            self.logs.returns_to(node, timeline, at);
        }
        let became = self.primaries.became_primary(node, timeline, now);
        self.split_brains(&became.splits, now);
        if !became.current {
            return;
        }
        self.verdicts = Verdicts::of(self.logs.branches(), self.logs.branch(node));
        let Judges { ledger, violations, verdicts, .. } = self;
        let rejudged = ledger.rejudge(verdicts, |write| {
            violations.push(lost_write(write, node, timeline, now, now));
        });
        self.violations.count_only(Kind::LostWrite, rejudged.not_held);
        if became.promoted
            && let Some(failover) = self.primaries.last_failover()
        {
            failover.lost_writes = rejudged.newly_lost;
        }
    }

    fn split_brains(&mut self, splits: &[SplitBrain], now: Moment) {
        for split in splits {
            let ((first, first_timeline, since), (second, second_timeline, then)) = (split.first, split.second);
            self.violations.push(Violation {
                at: now.at,
                session: None,
                finding: Finding::SplitBrain { first: (first, first_timeline), second: (second, second_timeline) },
                events: Events::new([Some(since.event()), Some(then.event())]),
            });
        }
    }
}

/// The violation for a lost write: `judged` is when a primary was found to lack it, `primary_since` when that primary
/// began to take writes, if that is another event.
pub(super) fn lost_write(
    write: &Write,
    primary: NodeId,
    timeline: Timeline,
    judged: Moment,
    primary_since: Moment,
) -> Violation {
    let acknowledged = write.finished.unwrap_or(judged);
    let logged = write.logged.map(|logged| logged.moment.event());
    Violation {
        at: judged.at,
        session: Some(write.txn.session),
        finding: Finding::LostWrite { txn: write.txn, kv: write.kv, acknowledged: acknowledged.at, primary, timeline },
        events: Events::new([logged, Some(acknowledged.event()), Some(primary_since.event()), Some(judged.event())]),
    }
}
