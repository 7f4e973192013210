//! What the trace of a stretch says, as far as chains need it.

use super::super::moment::Moment;
use crate::engine::failover::ManagerEvent;
use crate::engine::gtid::Gtid;
use crate::engine::ids::{Addr, NodeId, TxnId};
use crate::engine::log::Lsn;
use crate::engine::message::MessageKind;
use crate::engine::time::SimTime;
use crate::engine::trace::{Life, MessageId, TraceEvent, What};
use crate::order::OrderedMap;

/// The events of a stretch that explain something: faults, roles, streams, and the way of one transaction.
#[derive(Clone, Debug, Default)]
pub struct Story {
    followed: Option<TxnId>,
    events: Vec<(Moment, What)>,
    /// Log messages under way between servers.
    flying: OrderedMap<MessageId, (NodeId, NodeId)>,
    /// Log that was held by a cut link, or never arrived.
    stuck: Vec<(Moment, NodeId, NodeId)>,
    /// Where the followed transaction's records end in the log of the server that logged it, and its GTID.
    logged: Option<(NodeId, Lsn, Option<Gtid>)>,
}

/// A stretch with more events that explain something is cut short at its beginning.
const MOST: usize = 60_000;

impl Story {
    /// Nothing yet; the way of this transaction is followed.
    #[must_use]
    pub fn new(followed: Option<TxnId>) -> Story {
        Story { followed, ..Story::default() }
    }

    /// Takes the next event.
    pub fn take(&mut self, event: &TraceEvent) {
        let now = Moment::from(event);
        match &event.what {
            What::Sent { id, kind: MessageKind::Log, from: Addr::Node(from), to: Addr::Node(to), .. } => {
                self.flying.insert(*id, (*from, *to));
                return;
            }
            What::Delivered { id } => {
                self.flying.remove(id);
                return;
            }
            What::Held { id } => {
                if let Some((from, to)) = self.flying.get(id) {
                    self.stuck.push((now, *from, *to));
                }
                return;
            }
            What::Dropped { id, .. } => {
                if let Some((from, to)) = self.flying.remove(id) {
                    self.stuck.push((now, from, to));
                }
                return;
            }
            What::Logged { node, txn, end, gtid, .. } if Some(*txn) == self.followed => {
                self.logged = Some((*node, *end, *gtid));
            }
            _ => {}
        }
        if self.explains(&event.what) {
            if self.events.len() >= MOST {
                self.events.drain(..MOST / 4);
            }
            self.events.push((now, event.what.clone()));
        }
    }

    fn explains(&self, what: &What) -> bool {
        match what {
            What::Command { .. }
            | What::LifeChanged { .. }
            | What::LogLost { .. }
            | What::RecoveryFinished { .. }
            | What::ReadDone { .. }
            | What::Routed { .. }
            | What::StreamingStarted { .. }
            | What::StreamingEnded { .. }
            | What::ReplicationRefused { .. }
            | What::Repointed { .. }
            | What::TimelineFollowed { .. }
            | What::SyncStandbys { .. }
            | What::SemiSync { .. }
            | What::ApplyFailed { .. }
            | What::ReplayPaused { .. }
            | What::ReplicaThreads { .. }
            | What::ReadOnly { .. }
            | What::PromotionStarted { .. }
            | What::TimelineSwitched { .. }
            | What::BecamePrimary { .. }
            | What::BecameStandby { .. }
            | What::BackupRequested { .. }
            | What::RewindStarted { .. }
            | What::RewindFinished { .. } => true,
            What::Manager(step) => matches!(
                step,
                ManagerEvent::LeaseExpired { .. }
                    | ManagerEvent::Fenced { .. }
                    | ManagerEvent::Demoting { .. }
                    | ManagerEvent::LeaseReleased { .. }
            ),
            What::LockWait { txn, .. }
            | What::CommitWaits { txn, .. }
            | What::CommitReleased { txn, .. }
            | What::WaitCancelled { txn, .. } => Some(*txn) == self.followed,
            _ => false,
        }
    }

    /// Where the followed transaction's records end, in the log of the server that logged it, and its GTID.
    #[must_use]
    pub fn logged(&self) -> Option<(NodeId, Lsn, Option<Gtid>)> {
        self.logged
    }

    /// The last event up to an instant of which something can be told.
    pub fn last<T>(&self, until: SimTime, tell: impl Fn(&What) -> Option<T>) -> Option<(Moment, T)> {
        let before = self.events.iter().rev().skip_while(|(moment, _)| moment.at > until);
        before.into_iter().find_map(|(moment, what)| Some((*moment, tell(what)?)))
    }

    /// The first event from an instant on of which something can be told.
    pub fn first<T>(&self, since: SimTime, tell: impl Fn(&What) -> Option<T>) -> Option<(Moment, T)> {
        let after = self.events.iter().skip_while(|(moment, _)| moment.at < since);
        after.into_iter().find_map(|(moment, what)| Some((*moment, tell(what)?)))
    }

    /// What a server's process was doing at an instant, if that was not serving, and since when.
    #[must_use]
    pub fn life(&self, node: NodeId, at: SimTime) -> Option<(Moment, Life)> {
        let changed = |what: &What| match what {
            What::LifeChanged { node: who, life } if *who == node => Some(*life),
            _ => None,
        };
        self.last(at, changed).filter(|(_, life)| *life != Life::Running)
    }

    /// Whether a server streamed at an instant, from whom, and since when; none when the stretch does not tell.
    #[must_use]
    pub fn stream(&self, node: NodeId, at: SimTime) -> Option<(Moment, NodeId, bool)> {
        let told = self.last(at, |what| match what {
            What::StreamingStarted { upstream, standby, .. } if *standby == node => Some((*upstream, true)),
            What::StreamingEnded { upstream, standby } if *standby == node => Some((*upstream, false)),
            _ => None,
        });
        told.map(|(moment, (upstream, on))| (moment, upstream, on))
    }

    /// When log on its way from one to another was first held or lost, between two instants.
    #[must_use]
    pub fn stuck(&self, from: NodeId, to: NodeId, since: SimTime, until: SimTime) -> Option<Moment> {
        let found =
            self.stuck.iter().find(|(moment, a, b)| *a == from && *b == to && moment.at >= since && moment.at <= until);
        found.map(|(moment, ..)| *moment)
    }
}
