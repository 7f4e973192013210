//! When a semi-synchronous source lets a commit go on.

use super::acks::Acks;
use super::status::SemiSyncStatus;
use crate::engine::ids::NodeId;
use crate::engine::log::Lsn;
use crate::engine::settings::MysqlSettings;
use crate::engine::time::SimTime;
use crate::order::{Arrange, OrderedMap};

/// Whether a commit waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// It goes on at once.
    No,
    /// It waits, at most until then; call [`SemiSync::timed_out`] at that time.
    Until(SimTime),
}

/// A commit whose wait has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    /// The position that it waited for.
    pub pos: Lsn,
    /// Whether enough replicas have it.
    pub acknowledged: bool,
    /// How long it waited.
    pub waited_us: u64,
}

/// What an event led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// The commits that go on, in the order of their positions.
    pub released: Vec<Release>,
    /// Semi-synchronous replication was switched on or off.
    pub switched: Option<bool>,
}

/// A session that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Waiter {
    since: SimTime,
    deadline: SimTime,
    /// The transaction in the list that wakes it: its own, or the last one of its commit group.
    woken_by: Lsn,
}

/// A semi-synchronous source: `ReplSemiSyncMaster`. It is new after a restart of the server.
///
/// What happens to a commit, in this order: [`SemiSync::written`] when its group is in the binary log and before a dump
/// thread can read it, [`SemiSync::committing`] when its session may have to wait (after the flush with `AFTER_SYNC`,
/// then once a commit group, with the group's last position; after the storage engine's commit with `AFTER_COMMIT`, then
/// for each transaction).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SemiSync {
    enabled: bool,
    wait_no_replica: bool,
    count: u32,
    timeout_us: u64,
    /// Whether it is semi-synchronous now (`state_`).
    on: bool,
    /// Up to here enough replicas have replied (`reply_file_pos_`).
    reply: Option<Lsn>,
    /// The least position that a session waits for (`wait_file_pos_`), and whether it is current: the plugin compares
    /// with an old one, too.
    wait: (Lsn, bool),
    /// The last position that was written, also while it is off (`commit_file_pos_`).
    commit: Option<Lsn>,
    /// Transactions for which acknowledgements are asked, and how many sessions wait on each (`active_tranxs_`).
    active: OrderedMap<Lsn, u32>,
    waiting: OrderedMap<Lsn, Waiter>,
    acks: Acks,
    status: SemiSyncStatus,
}

impl SemiSync {
    /// A source that is not enabled yet; configure it before its first commit.
    #[must_use]
    pub fn new() -> SemiSync {
        SemiSync { wait_no_replica: true, count: 1, ..SemiSync::default() }
    }

    /// Takes new settings: the time-out, the count, `wait_no_replica`, and at last whether it is enabled, as if they were
    /// set one after the other. Sessions that wait keep their deadlines.
    pub fn configure(&mut self, settings: &MysqlSettings, now: SimTime) -> Effects {
        let mut effects = Effects::default();
        let before = self.on;
        self.timeout_us = settings.rpl_semi_sync_source_timeout_us;
        self.set_count(settings.rpl_semi_sync_source_wait_for_replica_count, now, &mut effects);
        self.set_wait_no_replica(settings.rpl_semi_sync_source_wait_no_replica, now, &mut effects);
        match (self.enabled, settings.rpl_semi_sync_source_enabled) {
            (false, true) => self.enable(),
            (true, false) => self.disable(now, &mut effects),
            _ => {}
        }
        effects.switched = (self.on != before).then_some(self.on);
        effects
    }

    /// `enableMaster`.
    fn enable(&mut self) {
        (self.commit, self.reply, self.wait.1) = (None, None, false);
        self.enabled = true;
        self.on = self.wait_no_replica || self.status.clients >= self.count;
    }

    /// `disableMaster`.
    fn disable(&mut self, now: SimTime, effects: &mut Effects) {
        self.switch_off(now, effects);
        (self.commit, self.reply, self.wait.1) = (None, None, false);
        self.acks.clear();
        self.enabled = false;
    }

    /// `setWaitSlaveCount`.
    fn set_count(&mut self, count: u32, now: SimTime, effects: &mut Effects) {
        self.count = count.max(1);
        if let Some(pos) = self.acks.resize(self.count) {
            self.replied(pos, now, effects);
        }
    }

    /// `set_wait_no_replica`, which the server calls only for another value.
    fn set_wait_no_replica(&mut self, wait: bool, now: SimTime, effects: &mut Effects) {
        if self.wait_no_replica == wait {
            return;
        }
        self.wait_no_replica = wait;
        if !wait {
            if self.status.clients == 0 && self.on {
                self.switch_off(now, effects);
            }
        } else if self.enabled {
            self.on = true;
        }
    }

    /// A semi-synchronous replica begins to read the log at `from`, which is taken as its first acknowledgement
    /// (`repl_semi_binlog_dump_start`).
    pub fn replica_joined(&mut self, replica: NodeId, from: Lsn, now: SimTime) -> Effects {
        self.status.clients += 1;
        self.acknowledged(replica, from, now)
    }

    /// The dump thread of a semi-synchronous replica has ended (`remove_slave`). What the replica acknowledged still
    /// counts.
    pub fn replica_left(&mut self, now: SimTime) -> Effects {
        let mut effects = Effects::default();
        self.status.clients = self.status.clients.saturating_sub(1);
        // Exactly one too few: that is when the plugin looks.
        let too_few = self.status.clients == self.count - 1;
        if self.enabled && self.on && too_few && !self.wait_no_replica {
            self.switch_off(now, &mut effects);
        }
        effects
    }

    /// A commit group that ends at `pos` is in the binary log (`writeTranxInBinlog`).
    pub fn written(&mut self, pos: Lsn) {
        if !self.enabled {
            return;
        }
        self.commit = self.commit.max(Some(pos));
        if self.on {
            self.active.entry(pos).or_insert(0);
        }
    }

    /// A session has come to where it may have to wait for `pos` (`commitTrx`).
    pub fn committing(&mut self, pos: Lsn, now: SimTime) -> Wait {
        let entry = self.active.range(pos..).next().map(|(entry, _)| *entry);
        let replied = self.reply.is_some_and(|reply| reply >= pos);
        if self.enabled {
            match entry {
                _ if !self.on => self.status.no_tx += 1,
                _ if replied => self.status.yes_tx += 1,
                // It was written before semi-synchronous replication was switched on: no replica was asked.
                None => self.status.no_tx += 1,
                Some(entry) => return self.begin_wait(pos, entry, now),
            }
        }
        if let Some(entry) = entry {
            self.forget(entry, pos);
        }
        Wait::No
    }

    fn begin_wait(&mut self, pos: Lsn, entry: Lsn, now: SimTime) -> Wait {
        match self.wait {
            (least, true) if pos > least => {}
            (_, current) => {
                self.wait = (pos, true);
                self.status.wait_pos_backtraverse += u64::from(current);
            }
        }
        *self.active.entry(entry).or_insert(0) += 1;
        self.status.wait_sessions += 1;
        let deadline = now.plus(self.timeout_us);
        self.waiting.insert(pos, Waiter { since: now, deadline, woken_by: entry });
        Wait::Until(deadline)
    }

    /// A replica has everything up to `pos` (`handleAck`).
    pub fn acknowledged(&mut self, replica: NodeId, pos: Lsn, now: SimTime) -> Effects {
        let mut effects = Effects::default();
        let counts = if self.count == 1 { Some(pos) } else { self.acks.insert(replica, pos) };
        if let Some(pos) = counts {
            self.replied(pos, now, &mut effects);
        }
        effects
    }

    /// The dump thread leaves out an event that the replica has (auto-positioning): as good as an acknowledgement, where
    /// one would be asked for (`skipSlaveReply`).
    pub fn skipped(&mut self, replica: NodeId, pos: Lsn, now: SimTime) -> Effects {
        if self.asks(pos) { self.acknowledged(replica, pos, now) } else { Effects::default() }
    }

    /// A dump thread is about to send an event that ends at `pos` to a semi-synchronous replica: whether the event asks
    /// for an acknowledgement (`updateSyncHeader`, `readSlaveReply`).
    pub fn prepared_to_send(&mut self, pos: Lsn) -> bool {
        let asks = self.asks(pos);
        self.status.net_waits += u64::from(asks);
        asks
    }

    fn asks(&self, pos: Lsn) -> bool {
        if !self.enabled {
            return false;
        }
        if !self.on {
            // While it is off, an answer to the last event, or to what follows it, switches it on again.
            return self.commit.is_none_or(|commit| pos >= commit);
        }
        let known = self.reply.is_some_and(|reply| pos <= reply);
        let sessions_wait_for_less = !self.wait.1 || pos >= self.wait.0;
        !known && sessions_wait_for_less && self.active.contains_key(&pos)
    }

    /// Enough replicas have everything up to `pos` (`reportReplyBinlog`).
    fn replied(&mut self, pos: Lsn, now: SimTime, effects: &mut Effects) {
        if !self.enabled {
            return;
        }
        if !self.on && self.commit.is_none_or(|commit| pos >= commit) {
            // `try_switch_on`
            self.on = true;
            effects.switched = Some(true);
        }
        let reply = self.reply.map_or(pos, |reply| reply.max(pos));
        self.reply = Some(reply);
        if !self.waiting.is_empty() && reply >= self.wait.0 {
            self.wait.1 = false;
            let woken: Vec<(Lsn, Waiter)> =
                self.waiting.iter().filter(|(_, w)| w.woken_by <= reply).map(|(pos, w)| (*pos, *w)).collect();
            for (pos, waiter) in woken {
                self.wake(pos, waiter, now, true, effects);
            }
        }
    }

    /// A deadline has come. The first session whose time is up switches off, and ends all other waits with its own
    /// (`commitTrx`). Deadlines that have passed without effect do no harm.
    pub fn timed_out(&mut self, now: SimTime) -> Effects {
        let mut effects = Effects::default();
        let first = self.waiting.iter().filter(|(_, w)| w.deadline <= now).min_by_key(|(pos, w)| (w.deadline, **pos));
        if let Some((pos, waiter)) = first.map(|(pos, waiter)| (*pos, *waiter)) {
            self.end_wait(pos, waiter, now, false, &mut effects);
            self.switch_off(now, &mut effects);
            effects.released.arrange_by_key(|release| release.pos);
        }
        effects
    }

    /// The earliest deadline of those that wait.
    #[must_use]
    pub fn next_deadline(&self) -> Option<SimTime> {
        self.waiting.values().map(|waiter| waiter.deadline).min()
    }

    /// `switch_off`: nobody waits any more.
    fn switch_off(&mut self, now: SimTime, effects: &mut Effects) {
        self.on = false;
        effects.switched = Some(false);
        self.status.no_times += 1;
        (self.wait.1, self.reply) = (false, None);
        for (pos, waiter) in self.waiting.clone() {
            self.wake(pos, waiter, now, false, effects);
        }
    }

    /// A session is woken before its time is up: this wait counts in the averages.
    fn wake(&mut self, pos: Lsn, waiter: Waiter, now: SimTime, acknowledged: bool, effects: &mut Effects) {
        self.status.tx_waits += 1;
        self.status.tx_wait_time_us += now.since(waiter.since);
        self.end_wait(pos, waiter, now, acknowledged, effects);
    }

    fn end_wait(&mut self, pos: Lsn, waiter: Waiter, now: SimTime, acknowledged: bool, effects: &mut Effects) {
        self.waiting.remove(&pos);
        self.status.wait_sessions = self.status.wait_sessions.saturating_sub(1);
        if acknowledged {
            self.status.yes_tx += 1;
        } else {
            self.status.no_tx += 1;
        }
        if let Some(waiters) = self.active.get_mut(&waiter.woken_by) {
            *waiters = waiters.saturating_sub(1);
        }
        self.forget(waiter.woken_by, pos);
        effects.released.push(Release { pos, acknowledged, waited_us: now.since(waiter.since) });
    }

    /// The last session that waited on `entry` takes it out of the list, and all before it on which nobody waits
    /// (`clear_active_tranx_nodes`).
    fn forget(&mut self, entry: Lsn, pos: Lsn) {
        if self.active.get(&entry).is_some_and(|waiters| *waiters > 0) {
            return;
        }
        while self.active.pop_first_if(|entry, waiters| *entry <= pos && *waiters == 0).is_some() {}
    }

    /// `RESET BINARY LOGS AND GTIDS` (`resetMaster`): positions begin again, and so do the counters.
    pub fn reset(&mut self) {
        self.acks.clear();
        (self.commit, self.reply, self.wait.1) = (None, None, false);
        self.status = SemiSyncStatus { clients: self.status.clients, ..SemiSyncStatus::default() };
    }

    /// Whether the session that committed up to `pos` waits.
    #[must_use]
    pub fn waits(&self, pos: Lsn) -> bool {
        self.waiting.contains_key(&pos)
    }

    /// Up to where enough replicas have replied; unknown after it was switched off or on.
    #[must_use]
    pub fn reached(&self) -> Option<Lsn> {
        self.reply
    }

    /// Whether it is semi-synchronous now.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.on
    }

    /// The status variables.
    #[must_use]
    pub fn status(&self) -> SemiSyncStatus {
        SemiSyncStatus { on: self.on, ..self.status }
    }
}
