//! The consistent store: a leader key with a lease, the members' own keys, and what is decided with them.

use std::sync::Arc;

use super::event::ManagerEvent;
use super::view::{ClusterView, FailoverKey, Leader, Member, MemberRole, SyncKey};
use crate::engine::ids::{Addr, ConnId, NodeId};
use crate::engine::io::{Input, Operation, Outbox, Timer};
use crate::engine::log::Timeline;
use crate::engine::message::Message;
use crate::engine::time::SimTime;
use crate::engine::trace::{Life, What};
use crate::order::{OrderedMap, OrderedSet};

/// What an agent asks of the store. Every request carries the member's own key, which is kept for a lease's time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StoreOp {
    /// Keep my key and, if I hold the lease, prolong it.
    Report {
        /// Whether the lease is to be prolonged.
        renew: bool,
    },
    /// Give me the leader key, if nobody has it, and nobody has had it since I looked around.
    Acquire {
        /// The term of the view that this was decided by.
        term: u64,
    },
    /// Take my leader key back: my server takes no more writes.
    Release,
    /// Write `/sync`. Only the leader may.
    Sync(SyncKey),
    /// Take `/failover` away: it is done, or cannot be done. Only the leader may.
    ClearFailover,
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was carried out.
    Done,
    /// It was not: the view says why.
    Refused,
}

/// The store.
#[derive(Clone, Debug)]
pub struct Store {
    ttl_us: u64,
    view: ClusterView,
    expiries: OrderedMap<NodeId, SimTime>,
    watchers: OrderedSet<ConnId>,
    life: Life,
}

impl Store {
    /// A store in which `leader` holds a fresh lease and all members have just reported.
    #[must_use]
    pub fn new(ttl_us: u64, leader: NodeId, members: OrderedMap<NodeId, Member>, sync: SyncKey) -> Self {
        let until = SimTime::ZERO.plus(ttl_us);
        let expiries = members.keys().map(|node| (*node, until)).collect();
        let view = ClusterView {
            leader: Some(Leader { node: leader, until }),
            last_leader: Some(leader),
            led: true,
            members,
            sync,
            ..ClusterView::default()
        };
        Store { ttl_us, view, expiries, watchers: OrderedSet::new(), life: Life::Running }
    }

    /// What it holds.
    #[must_use]
    pub fn view(&self) -> &ClusterView {
        &self.view
    }

    /// Whether it answers.
    #[must_use]
    pub fn life(&self) -> Life {
        self.life
    }

    /// Begins to watch over its leases.
    pub fn begin(&mut self, out: &mut Outbox) {
        self.arm(out);
    }

    /// It goes away, with its connections, or comes back: then every lease is given its whole time again: nobody
    /// could have renewed it meanwhile.
    pub fn change(&mut self, life: Life, out: &mut Outbox) {
        if life == Life::Running && self.life == Life::Down {
            let until = out.now.plus(self.ttl_us);
            self.expiries.values_mut().for_each(|expiry| *expiry = until);
            if let Some(leader) = &mut self.view.leader {
                leader.until = until;
            }
        }
        if life == Life::Down {
            self.watchers.clear();
        }
        self.life = life;
        out.trace(What::Manager(ManagerEvent::StoreChanged { life }));
        self.arm(out);
    }

    /// Takes one input.
    pub fn handle(&mut self, input: Input, out: &mut Outbox) {
        match input {
            Input::Accepted { conn } => {
                self.watchers.insert(conn);
            }
            Input::Closed { conn, .. } => {
                self.watchers.remove(&conn);
            }
            Input::Received { conn, message: Message::StoreRequest { id, member, timeline, op } } => {
                if let Addr::Agent(node) = conn.opener {
                    self.request(conn, node, (id, member, timeline), op, out);
                }
            }
            Input::Timer(Timer::Leases) => self.expire(out),
            Input::Operator(Operation::HandOverTo { from, to }) => {
                self.view.failover = Some(FailoverKey { from, to });
                out.trace(What::Manager(ManagerEvent::HandOverAsked { from, to }));
                self.tell_all(None, out);
            }
            Input::Operator(Operation::Member(node, false)) => {
                self.view.members.remove(&node);
                self.expiries.remove(&node);
            }
            _ => {}
        }
    }

    fn request(
        &mut self,
        conn: ConnId,
        node: NodeId,
        (id, member, timeline): (u32, Member, Timeline),
        op: StoreOp,
        out: &mut Outbox,
    ) {
        self.expire_due(out);
        self.view.members.insert(node, member);
        self.expiries.insert(node, out.now.plus(self.ttl_us));
        let holds = self.view.leader.is_some_and(|leader| leader.node == node);
        let (outcome, changed) = self.carry_out(node, holds, (member, timeline), op, out);
        self.arm(out);
        let view = Arc::new(self.view.clone());
        out.send(conn, Message::StoreReply { id, outcome, view });
        if changed {
            self.tell_all(Some(conn), out);
        }
    }

    /// What came of it, and whether others must know at once.
    fn carry_out(
        &mut self,
        node: NodeId,
        holds: bool,
        (member, timeline): (Member, Timeline),
        op: StoreOp,
        out: &mut Outbox,
    ) -> (Outcome, bool) {
        let until = out.now.plus(self.ttl_us);
        match op {
            StoreOp::Report { renew } => {
                if holds && renew {
                    self.view.leader = Some(Leader { node, until });
                    self.view.last_position = member.position;
                    // A timeline that a crash would take back is not the cluster's: nobody could ever be on it again.
                    if member.role == MemberRole::Primary {
                        self.view.led = true;
                        self.view.timeline = self.view.timeline.max(timeline);
                    }
                    out.trace(What::Manager(ManagerEvent::LeaseRenewed { node, until }));
                }
                let outcome = if renew && !holds { Outcome::Refused } else { Outcome::Done };
                (outcome, false)
            }
            StoreOp::Acquire { term } => {
                if let Some(leader) = self.view.leader.filter(|leader| leader.node != node) {
                    out.trace(What::Manager(ManagerEvent::LeaseRefused { node, holder: leader.node }));
                    return (Outcome::Refused, false);
                }
                // Whoever was frozen while it compared itself must look again: another may have led meanwhile.
                if term != self.view.term {
                    return (Outcome::Refused, false);
                }
                self.view.term += 1;
                self.view.led = false;
                self.view.leader = Some(Leader { node, until });
                out.trace(What::Manager(ManagerEvent::LeaseAcquired { node, until }));
                (Outcome::Done, true)
            }
            _ if !holds => (Outcome::Refused, false),
            StoreOp::Release => {
                self.view.leader = None;
                self.view.last_leader = Some(node);
                self.view.released = true;
                self.view.last_position = member.position;
                out.trace(What::Manager(ManagerEvent::LeaseReleased { node }));
                (Outcome::Done, true)
            }
            StoreOp::Sync(sync) => {
                self.view.sync = sync.clone();
                // Whoever could write this is the leader beyond doubt: the last one is history.
                let SyncKey { standbys, quorum, .. } = sync;
                out.trace(What::Manager(ManagerEvent::SyncKey { leader: node, standbys, quorum }));
                (Outcome::Done, false)
            }
            StoreOp::ClearFailover => {
                self.view.failover = None;
                (Outcome::Done, false)
            }
        }
    }

    fn expire(&mut self, out: &mut Outbox) {
        if self.life == Life::Running && self.expire_due(out) {
            self.tell_all(None, out);
        }
        self.arm(out);
    }

    /// Takes away what has run out. Whether the leader key was among it.
    fn expire_due(&mut self, out: &mut Outbox) -> bool {
        let due: Vec<NodeId> =
            self.expiries.iter().filter(|(_, expiry)| **expiry <= out.now).map(|(node, _)| *node).collect();
        for node in due {
            self.expiries.remove(&node);
            self.view.members.remove(&node);
        }
        let Some(leader) = self.view.leader.take_if(|leader| leader.until <= out.now) else { return false };
        self.view.last_leader = Some(leader.node);
        self.view.released = false;
        out.trace(What::Manager(ManagerEvent::LeaseExpired { node: leader.node }));
        true
    }

    fn arm(&self, out: &mut Outbox) {
        let next = self.expiries.values().copied().chain(self.view.leader.map(|leader| leader.until)).min();
        let at = next.filter(|_| self.life == Life::Running).unwrap_or(SimTime::NEVER);
        out.set_timer(Timer::Leases, at);
    }

    /// Who watches the keys learns that something changed (etcd's *watch*).
    fn tell_all(&self, but: Option<ConnId>, out: &mut Outbox) {
        for conn in self.watchers.iter().filter(|conn| Some(**conn) != but) {
            out.send(*conn, Message::StoreChanged);
        }
    }
}
