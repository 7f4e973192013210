//! Which server a session's statement goes to.

use super::monitor::Health;
use super::policy::{CausalReads, NoReplica, ReadPolicy};
use super::router::Router;
use super::routing::Place;
use super::token::{Fitness, Token};
use crate::engine::ids::{NodeId, SessionId};
use crate::engine::time::SimTime;

impl Router {
    /// The replicas that reads may go to now.
    #[must_use]
    pub fn read_pool(&self) -> Vec<NodeId> {
        self.fit().map(|(node, _)| node).collect()
    }

    fn fit(&self) -> impl Iterator<Item = (NodeId, &Health)> + '_ {
        let fit = |node: &NodeId| !self.monitor.is_shunned(*node) && self.policy.weight(*node) > 0;
        self.monitor.replicas().filter(move |(node, _)| fit(node))
    }

    pub(super) fn choose(&mut self, session: SessionId, now: SimTime) -> Option<(NodeId, &'static str)> {
        let front = self.fronts.get(&session)?;
        let current = front.current.as_ref()?;
        let primary = self.monitor.primary();
        if let Some(node) = front.pinned {
            return Some((node, "the session's transaction is open there"));
        }
        if current.decision.place == Place::Last
            && let Some(last) = front.replica.filter(|last| self.monitor.replicas().any(|(node, _)| node == *last))
        {
            return Some((last, current.decision.reason));
        }
        if current.decision.place != Place::Replica {
            return Some((primary?, current.decision.reason));
        }
        if let Some(reason) = current.to_primary {
            return Some((primary?, reason));
        }
        match self.policy.causal {
            CausalReads::PrimaryAfterWrite { window_us }
                if front.wrote_at.is_some_and(|at| now.since(at) < window_us) =>
            {
                return Some((primary?, "the session wrote a moment ago: the primary"));
            }
            CausalReads::Sticky if front.wrote_at.is_some() => {
                return Some((primary?, "the session has written: it stays on the primary"));
            }
            _ => {}
        }
        if self.policy.reads == ReadPolicy::Primary {
            return Some((primary?, "reads go to the primary"));
        }
        if let CausalReads::WaitForLsn { timeout_us } = self.policy.causal
            && let Some(token) = front.token
        {
            return self.choose_for(session, token, timeout_us);
        }
        let takes_state = |node: &NodeId| !front.refused_by.contains(node);
        let fit = self.fit().filter(|(node, _)| takes_state(node)).map(|(node, health)| (node, health.lag_us()));
        let fit: Vec<(NodeId, u64)> = fit.collect();
        let sticky = front
            .replica
            .filter(|last| self.policy.causal == CausalReads::Sticky && fit.iter().any(|(node, _)| node == last));
        let node = sticky.or_else(|| self.spread.next(&fit, &self.policy));
        if let Some(front) = self.fronts.get_mut(&session) {
            front.replica = node;
        }
        match (node, self.policy.no_replica) {
            (Some(node), _) => Some((node, "a read: a replica")),
            (None, NoReplica::Primary) => Some((primary?, "a read, and no replica is fit: the primary")),
            (None, NoReplica::Error) => None,
        }
    }

    /// A server for a read that must see what the session wrote: a replica that has it, or will wait for it.
    fn choose_for(&mut self, session: SessionId, token: Token, timeout_us: u64) -> Option<(NodeId, &'static str)> {
        let primary = self.monitor.primary();
        let Some(token) = token.renewed(&self.monitor) else {
            return Some((primary?, "whether the session's last write is on another server is not known: the primary"));
        };
        let mut fit = Vec::new();
        let mut there = Vec::new();
        let refused_by = &self.fronts.get(&session)?.refused_by;
        for (node, health) in self.fit().filter(|(node, _)| !refused_by.contains(node)) {
            let fitness = token.fitness(health);
            if fitness == Fitness::Has || (fitness == Fitness::Await && timeout_us > 0) {
                fit.push((node, health.lag_us()));
                there.extend((fitness == Fitness::Has).then_some(node));
            }
        }
        let any = self.fit().next().is_some();
        let node = self.spread.next(&fit, &self.policy);
        let front = self.fronts.get_mut(&session)?;
        front.token = Some(token);
        front.replica = node;
        let current = front.current.as_mut()?;
        match (node, self.policy.no_replica) {
            (Some(node), _) if there.contains(&node) => {
                Some((node, "a read: a replica that has the session's last write"))
            }
            (Some(node), _) => {
                current.wait = token.statement(timeout_us);
                Some((node, "a read: a replica, which waits for the session's last write"))
            }
            (None, NoReplica::Error) if !any => None,
            (None, _) if any => Some((primary?, "no replica is known to have the session's last write: the primary")),
            (None, _) => Some((primary?, "a read, and no replica is fit: the primary")),
        }
    }
}
