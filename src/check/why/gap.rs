//! Why a write had not come so far on a server by an instant.

use super::super::tracks::Journey;
use super::super::write::Write;
use super::{Because, Chain, Evidence, Point};
use crate::engine::flavor::Flavor;
use crate::engine::ids::NodeId;
use crate::engine::time::SimTime;
use crate::engine::trace::{Life, What};

/// The chain of servers that a write passes has at most so many links here.
const DEPTH: u32 = 4;
/// What takes less than this is no delay worth a word, in microseconds.
const WORTH_A_WORD_US: u64 = 500;

impl Evidence<'_> {
    /// A write's journey to one server.
    pub(super) fn journey(&self, write: &Write, node: NodeId) -> Journey {
        let none = Journey { node, shipped: None, received: None, flushed: None, applied: None };
        self.judges.journey(write).into_iter().find(|journey| journey.node == node).unwrap_or(none)
    }

    /// How far a write had come on a server by an instant.
    pub(super) fn reached(&self, write: &Write, node: NodeId, by: SimTime) -> Option<(Point, SimTime)> {
        let journey = self.journey(write, node);
        let points = [
            (Point::Applied, journey.applied),
            (Point::Flushed, journey.flushed),
            (Point::Received, journey.received),
            (Point::Shipped, journey.shipped),
        ];
        points.into_iter().find_map(|(point, at)| Some((point, at.filter(|at| *at <= by)?)))
    }

    /// Whom a server got its log from at an instant.
    pub(super) fn upstream(&self, node: NodeId, at: SimTime) -> Option<NodeId> {
        let told = self.story.stream(node, at).map(|(_, upstream, _)| upstream);
        told.or_else(|| self.world.view().nodes.iter().find(|one| one.id == node)?.upstream)
    }

    /// Adds why a write had not come to `point` on a server by `until`.
    pub(super) fn gap(&self, chain: &mut Chain, write: &Write, node: NodeId, point: Point, until: SimTime) {
        self.gap_at(chain, write, node, point, until, DEPTH);
    }

    fn gap_at(&self, chain: &mut Chain, write: &Write, node: NodeId, point: Point, until: SimTime, depth: u32) {
        let (Some(logged), Some(depth)) = (write.logged, depth.checked_sub(1)) else { return };
        let reached = self.reached(write, node, until);
        let journey = self.journey(write, node);
        if let Some((to, at)) = reached {
            chain.at(Some(at), Because::Came { node, to });
        }
        if let Some((moment, life)) = self.story.life(node, until) {
            chain.event(Some(moment), Because::NotRunning { node, life });
            return;
        }
        let upstream = self.upstream(node, until);
        match reached.map(|(to, _)| to) {
            // It was not sent.
            None => self.not_sent(chain, write, (node, upstream), until, depth),
            // It was under way.
            Some(Point::Shipped) => {
                let Some(from) = upstream else { return };
                let shipped = journey.shipped.unwrap_or(until);
                match self.conditions.cut_since(from, node, until) {
                    Some(since) => chain.at(Some(since), Because::Cut { one: from, other: node }),
                    None => {
                        let took_us = journey.received.unwrap_or(until).since(shipped);
                        let since = self.conditions.latency_changed(from, node, until);
                        chain.at(since.or(Some(shipped)), Because::Latency { from, to: node, took_us });
                    }
                }
            }
            Some(Point::Received) if point >= Point::Flushed && self.world.setup().flavor == Flavor::Postgresql => {
                let (fsync_us, since) = self.conditions.fsync(node, until);
                chain.at(since.or(journey.received), Because::SlowDisk { node, fsync_us });
                if point == Point::Applied {
                    self.not_applied(chain, node, journey.received, until);
                }
            }
            Some(_) if point == Point::Applied => {
                self.not_applied(chain, node, journey.flushed.or(journey.received), until);
            }
            Some(_) => {}
        }
        let _ = logged;
    }

    /// Why a write was not sent to a server.
    fn not_sent(
        &self,
        chain: &mut Chain,
        write: &Write,
        (node, upstream): (NodeId, Option<NodeId>),
        until: SimTime,
        depth: u32,
    ) {
        let Some(logged) = write.logged else { return };
        let Some(from) = upstream else {
            chain.at(None, Because::NotStreaming { node, upstream: None });
            return;
        };
        // A server in between may lack it itself.
        if from != logged.node && self.reached(write, from, until).is_none_or(|(to, _)| to < Point::Flushed) {
            self.gap_at(chain, write, from, Point::Flushed, until, depth);
            return;
        }
        let mut said = false;
        if let Some(since) = self.conditions.cut_since(from, node, until) {
            chain.at(Some(since), Because::Cut { one: from, other: node });
            said = true;
        }
        if let Some((moment, error)) = self.story.last(until, |what| match what {
            What::ReplicationRefused { upstream, standby, error } if *standby == node && *upstream == from => {
                Some(error.clone())
            }
            _ => None,
        }) && self.story.stream(node, until).is_none_or(|(streamed, _, on)| !on || streamed < moment)
        {
            chain.event(Some(moment), Because::Refused { node, upstream: from, error });
            said = true;
        }
        match self.story.stream(node, until) {
            Some((moment, _, false)) => {
                chain.event(Some(moment), Because::NotStreaming { node, upstream });
                said = true;
            }
            None if !self.world.view().nodes.iter().any(|one| one.id == node && one.streaming) => {
                chain.at(None, Because::NotStreaming { node, upstream });
                said = true;
            }
            _ => {}
        }
        if let Some((moment, life)) = self.story.life(from, until).filter(|(_, life)| *life != Life::Recovering) {
            chain.event(Some(moment), Because::NotRunning { node: from, life });
            said = true;
        }
        let own = self.journey(write, logged.node);
        if own.flushed.is_none_or(|at| at > until) {
            let (fsync_us, since) = self.conditions.fsync(logged.node, until);
            chain.at(since, Because::NotFlushedYet { node: logged.node, fsync_us });
        } else if !said {
            chain.at(None, Because::NotYet { node, point: Point::Shipped, until });
        }
    }

    /// Why a server had not applied what it had.
    fn not_applied(&self, chain: &mut Chain, node: NodeId, had: Option<SimTime>, until: SimTime) {
        if let Some(since) = self.conditions.replay_paused_since(node, until) {
            chain.at(Some(since), Because::ReplayPaused { node });
            return;
        }
        let paused = self.story.last(until, |what| match what {
            What::ReplayPaused { node: who, paused } if *who == node => Some(*paused),
            What::ReplicaThreads { node: who, sql, .. } if *who == node => Some(!*sql),
            _ => None,
        });
        if let Some((moment, true)) = paused {
            chain.event(Some(moment), Because::ReplayPaused { node });
            return;
        }
        let failed = self.story.last(until, |what| match what {
            What::ApplyFailed { node: who, error, .. } if *who == node => Some(error.clone()),
            _ => None,
        });
        if let Some((moment, error)) = failed {
            chain.event(Some(moment), Because::ApplyFailed { node, error });
            return;
        }
        let setting = match self.world.setup().flavor {
            Flavor::Postgresql => "recovery_min_apply_delay",
            Flavor::Mysql => "source_delay",
        };
        let (delay, since) = self.conditions.setting(setting, node, until);
        if let Some(value) = delay.filter(|value| !value.trim_start_matches('0').is_empty()) {
            chain.at(since, Because::Delayed { node, setting, value });
            return;
        }
        if let Some((per_second, since)) = self.conditions.apply_rate(node, until) {
            chain.at(since, Because::ApplyRate { node, per_second });
            return;
        }
        let took_us = had.map_or(0, |had| until.since(had));
        if took_us >= WORTH_A_WORD_US {
            chain.at(had, Because::Queued { node, took_us });
        }
    }
}
