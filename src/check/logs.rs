//! What each server's log holds, as the trace tells it.

use super::branches::{Branches, Place};
use crate::engine::ids::NodeId;
use crate::engine::log::{Lsn, Timeline};

/// One server's log.
#[derive(Clone, Copy, Debug, Default)]
struct Log {
    /// The branch that its log is on, which it may not have reached yet.
    branch: u32,
    /// The end of the log, in memory.
    end: Lsn,
    /// Durable up to here.
    flushed: Lsn,
    /// Visible to readers up to here.
    applied: Lsn,
    /// The furthest that the server itself has logged on its branch: zero for one that only copies.
    authored: Lsn,
    /// Where its log comes from now.
    upstream: Option<NodeId>,
    /// Whom it was told last to follow.
    told: Option<NodeId>,
    /// Whether the trace has told of it. Others hold nothing back.
    known: bool,
    /// The branch of its newest errant transactions, and where it left the server's own.
    stray: Option<(u32, Lsn)>,
}

/// Every server's log, and the tree of histories that they form.
///
/// A standby is put on its upstream's branch when it begins to stream: what it asks for next is what it has, so its log
/// is the beginning of its upstream's. It stays there, at its own end, when the stream ends.
#[derive(Clone, Debug, Default)]
pub struct Logs {
    branches: Branches,
    logs: Vec<Log>,
    /// What servers have beside their own branch: errant transactions.
    extras: Vec<(NodeId, Place)>,
}

impl Logs {
    /// The tree.
    #[must_use]
    pub fn branches(&self) -> &Branches {
        &self.branches
    }

    /// How many servers the trace has told of at most: their ids are below this.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.logs.len()
    }

    fn log(&mut self, node: NodeId) -> &mut Log {
        let index = usize::from(node.0);
        if index >= self.logs.len() {
            self.logs.resize(index + 1, Log::default());
        }
        let log = &mut self.logs[index];
        log.known = true;
        log
    }

    fn get(&self, node: NodeId) -> Log {
        self.logs.get(usize::from(node.0)).copied().unwrap_or_default()
    }

    /// The branch that a server's log is on.
    #[must_use]
    pub fn branch(&self, node: NodeId) -> u32 {
        self.get(node).branch
    }

    /// Where a server's log ends.
    #[must_use]
    pub fn tip(&self, node: NodeId) -> Place {
        let log = self.get(node);
        Place { branch: log.branch, end: log.end }
    }

    /// Up to where a server's readers see its log.
    #[must_use]
    pub fn applied(&self, node: NodeId) -> Place {
        let log = self.get(node);
        Place { branch: log.branch, end: log.applied }
    }

    /// Whether every server of the cluster has `place` on durable storage: then no failover can lose it.
    #[must_use]
    pub fn durable_everywhere(&self, place: Place) -> bool {
        self.all(place, |log| log.flushed)
    }

    /// Whether readers of every server see `place`.
    #[must_use]
    pub fn applied_everywhere(&self, place: Place) -> bool {
        self.all(place, |log| log.applied)
    }

    fn all(&self, place: Place, position: impl Fn(&Log) -> Lsn) -> bool {
        self.logs
            .iter()
            .filter(|log| log.known)
            .all(|log| self.branches.includes(Place { branch: log.branch, end: position(log) }, place))
    }

    /// A server logged a transaction of its own; returns where.
    pub fn logged(&mut self, node: NodeId, timeline: Timeline, start: Lsn, end: Lsn) -> Place {
        let branch = self.log(node).branch;
        if self.branches.timeline(branch) != timeline {
            // The trace did not tell how it came there.
            self.move_to(node, timeline, start);
        }
        let log = self.log(node);
        log.end = end;
        log.authored = end;
        Place { branch: log.branch, end }
    }

    /// MySQL: a replica executed and logged a transaction of its own; returns where.
    pub fn strayed(&mut self, node: NodeId) -> Place {
        let log = *self.log(node);
        let (branch, end) = match log.stray.filter(|(_, left)| *left == log.end) {
            Some((branch, left)) => {
                let had = self.extras.iter().rev().find(|(of, place)| *of == node && place.branch == branch);
                (branch, had.map_or(left, |(_, place)| place.end))
            }
            None => {
                let timeline = self.branches.timeline(log.branch);
                let branch = self.branches.fork(log.branch, log.end, timeline);
                self.log(node).stray = Some((branch, log.end));
                (branch, log.end)
            }
        };
        let place = Place { branch, end: Lsn(end.0 + 1) };
        self.extras.retain(|(of, place)| *of != node || place.branch != branch);
        self.extras.push((node, place));
        place
    }

    /// What a server has beside its own branch.
    pub fn extras(&self, node: NodeId) -> impl Iterator<Item = Place> + '_ {
        self.extras.iter().filter(move |(of, _)| *of == node).map(|(_, place)| *place)
    }

    /// MySQL: a replica begins to follow a source of whose log it has what comes before `from`. What it logged beyond
    /// the source's history as a source itself stays with it as errant transactions.
    pub fn follows(&mut self, source: NodeId, replica: NodeId, from: Lsn) {
        let (theirs, mine) = (self.tip(source), self.tip(replica));
        let shared = self.branches.common(mine, theirs);
        let told = self.log(replica).told;
        if self.log(replica).known && mine.branch != theirs.branch && !self.branches.includes(theirs, mine) {
            let mut at = mine;
            while at.branch != shared.branch || at.end > shared.end {
                self.extras.push((replica, at));
                match self.branches.ancestry(at).nth(1) {
                    Some(parent) if at.branch != shared.branch => at = parent,
                    _ => break,
                }
            }
            // What it has applied of the source's history is what both have; unless that is an answer from long ago.
            if told == Some(source) {
                let log = self.log(replica);
                log.applied = log.applied.min(shared.end);
            }
        }
        self.streams(source, replica, from);
    }

    /// A standby was told whom to follow.
    pub fn repointed(&mut self, node: NodeId, upstream: NodeId) {
        self.log(node).told = Some(upstream);
    }

    /// A standby received log up to `end`.
    pub fn received(&mut self, node: NodeId, end: Lsn) {
        let log = self.log(node);
        log.end = log.end.max(end);
    }

    /// A server's log is durable up to `to`.
    pub fn flushed(&mut self, node: NodeId, to: Lsn) {
        let log = self.log(node);
        log.flushed = log.flushed.max(to);
    }

    /// Readers of a server see its log up to `to`.
    pub fn applied_to(&mut self, node: NodeId, to: Lsn) {
        let log = self.log(node);
        log.applied = log.applied.max(to);
    }

    /// A server lost its log from `from` on.
    pub fn lost(&mut self, node: NodeId, from: Lsn) {
        let log = self.log(node);
        log.end = log.end.min(from);
        log.flushed = log.flushed.min(from);
        log.applied = log.applied.min(from);
    }

    /// A server has recovered what its disk holds: its log up to `at`.
    pub fn recovered(&mut self, node: NodeId, at: Lsn) {
        self.ends_at(node, at);
        self.log(node).flushed = at;
    }

    /// A server's log ends at `at`, and all of it is applied: after recovery, or as it becomes the primary. Where it had
    /// logged more itself, what it logs from now on is another history.
    pub fn ends_at(&mut self, node: NodeId, at: Lsn) {
        let log = self.log(node);
        let (branch, forks) = (log.branch, log.authored > at);
        log.end = at;
        log.flushed = log.flushed.min(at);
        log.applied = at;
        if forks {
            log.authored = Lsn::ZERO;
            let fork = self.branches.fork(branch, at, self.branches.timeline(branch));
            self.set_branch(node, fork);
        }
    }

    /// A server is a primary on this timeline. Where a crash has taken back a newer one, what it logs from now on is a
    /// history of its own: others may have gone on at the same place.
    pub fn returns_to(&mut self, node: NodeId, timeline: Timeline, at: Lsn) {
        let branch = self.log(node).branch;
        if self.branches.timeline(branch) == timeline {
            return;
        }
        if let Some(ancestor) = self.branches.ancestor_on(branch, timeline) {
            let fork = self.branches.fork(ancestor, at, timeline);
            self.set_branch(node, fork);
        }
    }

    /// A server begins a new timeline at `at`.
    pub fn switched(&mut self, node: NodeId, timeline: Timeline, at: Lsn) {
        let parent = self.log(node).branch;
        let fork = self.branches.fork(parent, at, timeline);
        let extras: Vec<Place> = self.extras(node).collect();
        for extra in extras {
            self.branches.add_extra(fork, extra);
        }
        let log = self.log(node);
        log.end = at;
        log.authored = Lsn::ZERO;
        log.upstream = None;
        self.set_branch(node, fork);
    }

    /// A standby begins to stream: it has its upstream's log up to `from`. One that has applied more since it asked went on
    /// elsewhere: its upstream was frozen, and answers only now.
    pub fn streams(&mut self, upstream: NodeId, standby: NodeId, from: Lsn) {
        let branch = self.log(upstream).branch;
        let log = self.log(standby);
        if from < log.applied {
            return;
        }
        log.upstream = Some(upstream);
        log.authored = Lsn::ZERO;
        log.end = from;
        log.flushed = from;
        self.set_branch(standby, branch);
    }

    /// A server begins anew on a copy of another one as of `at`.
    pub fn copied(&mut self, source: NodeId, node: NodeId, at: Lsn) {
        let branch = self.log(source).branch;
        let log = self.log(node);
        *log = Log { end: at, flushed: at, applied: at, known: true, ..Log::default() };
        self.set_branch(node, branch);
    }

    /// A standby's stream ended.
    pub fn stream_ended(&mut self, upstream: NodeId, standby: NodeId) {
        let log = self.log(standby);
        if log.upstream == Some(upstream) {
            log.upstream = None;
        }
    }

    /// A standby's log goes on on another timeline from `at`.
    pub fn followed(&mut self, node: NodeId, timeline: Timeline, at: Lsn) {
        let branch = self.log(node).branch;
        if self.branches.ancestor_on(branch, timeline).is_none() {
            self.move_to(node, timeline, at);
        }
    }

    /// A server left the cluster for good.
    pub fn forget(&mut self, node: NodeId) {
        self.log(node).known = false;
    }

    /// Puts a server on the newest branch with this timeline number, or on a new one that leaves its own at `at`.
    fn move_to(&mut self, node: NodeId, timeline: Timeline, at: Lsn) {
        let known = (0..self.branches.len() as u32).rev().find(|&b| self.branches.timeline(b) == timeline);
        let parent = self.log(node).branch;
        let branch = known.unwrap_or_else(|| self.branches.fork(parent, at, timeline));
        self.set_branch(node, branch);
    }

    /// Moves a server to a branch, and with it every standby that streams from it, directly or through others.
    fn set_branch(&mut self, node: NodeId, branch: u32) {
        self.log(node).branch = branch;
        let mut moved = vec![false; self.logs.len()];
        moved[usize::from(node.0)] = true;
        loop {
            let follower = self.logs.iter().enumerate().position(|(index, log)| {
                let upstream = log.upstream.map(|upstream| usize::from(upstream.0));
                !moved[index] && upstream.and_then(|index| moved.get(index)).copied().unwrap_or(false)
            });
            let Some(index) = follower else { return };
            self.logs[index].branch = branch;
            moved[index] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: NodeId = NodeId(0);
    const B: NodeId = NodeId(1);
    const C: NodeId = NodeId(2);
    const T1: Timeline = Timeline(1);

    #[test]
    fn a_promoted_standby_includes_what_it_had_received() {
        let mut logs = Logs::default();
        logs.streams(A, B, Lsn(0));
        let first = logs.logged(A, T1, Lsn(0), Lsn(100));
        logs.received(B, Lsn(100));
        let second = logs.logged(A, T1, Lsn(100), Lsn(200));
        logs.switched(B, Timeline(2), Lsn(100));
        let third = logs.logged(B, Timeline(2), Lsn(140), Lsn(200));
        let tree = logs.branches();
        assert!(tree.includes(logs.tip(B), first) && !tree.includes(logs.tip(B), second));
        assert!(tree.includes(logs.tip(A), second) && !tree.includes(logs.tip(A), third));
        assert!(tree.includes(third, first) && !tree.includes(third, second));
    }

    #[test]
    fn positions_used_twice_are_two_places() {
        let mut logs = Logs::default();
        let kept = logs.logged(A, T1, Lsn(0), Lsn(100));
        let lost = logs.logged(A, T1, Lsn(100), Lsn(200));
        logs.lost(A, Lsn(100));
        logs.recovered(A, Lsn(100));
        let anew = logs.logged(A, T1, Lsn(100), Lsn(200));
        assert_ne!(lost, anew);
        assert!(logs.branches().includes(logs.tip(A), kept));
        assert!(!logs.branches().includes(logs.tip(A), lost));
        assert!(logs.branches().includes(logs.tip(A), anew));
    }

    #[test]
    fn a_recovery_that_lost_nothing_goes_on_with_its_history() {
        let mut logs = Logs::default();
        let write = logs.logged(A, T1, Lsn(0), Lsn(100));
        logs.ends_at(A, Lsn(100));
        let next = logs.logged(A, T1, Lsn(100), Lsn(200));
        assert_eq!(write.branch, next.branch);
    }

    #[test]
    fn cascading_standbys_follow_a_promotion_above_them() {
        let mut logs = Logs::default();
        logs.streams(A, B, Lsn(0));
        logs.streams(B, C, Lsn(0));
        logs.logged(A, T1, Lsn(0), Lsn(100));
        logs.received(B, Lsn(100));
        logs.received(C, Lsn(100));
        logs.switched(B, Timeline(2), Lsn(100));
        let write = logs.logged(B, Timeline(2), Lsn(100), Lsn(150));
        assert!(!logs.branches().includes(logs.tip(C), write));
        logs.followed(C, Timeline(2), Lsn(100));
        logs.received(C, Lsn(150));
        assert!(logs.branches().includes(logs.tip(C), write));
        assert!(!logs.branches().includes(logs.tip(A), write));
    }

    #[test]
    fn a_replica_with_an_errant_transaction_follows_the_source_that_it_is_told_to() {
        let mut logs = Logs::default();
        logs.streams(A, B, Lsn(0));
        logs.streams(A, C, Lsn(0));
        let shared = logs.logged(A, T1, Lsn(0), Lsn(1));
        logs.received(B, Lsn(1));
        let errant = logs.logged(A, T1, Lsn(1), Lsn(2));
        logs.received(C, Lsn(2));
        logs.applied_to(C, Lsn(2));
        logs.switched(B, T1, Lsn(1));
        logs.repointed(C, B);
        logs.follows(B, C, Lsn(1));
        let next = logs.logged(B, T1, Lsn(1), Lsn(2));
        logs.received(C, Lsn(2));
        let tree = logs.branches();
        assert!(tree.includes(logs.tip(C), shared) && tree.includes(logs.tip(C), next));
        assert_eq!(logs.extras(C).collect::<Vec<_>>(), [errant]);
    }

    #[test]
    fn durable_everywhere_waits_for_the_slowest_that_belongs_to_the_cluster() {
        let mut logs = Logs::default();
        logs.streams(A, B, Lsn(0));
        logs.streams(A, C, Lsn(0));
        let write = logs.logged(A, T1, Lsn(0), Lsn(100));
        logs.flushed(A, Lsn(100));
        logs.flushed(B, Lsn(100));
        assert!(!logs.durable_everywhere(write));
        logs.forget(C);
        assert!(logs.durable_everywhere(write));
    }
}
