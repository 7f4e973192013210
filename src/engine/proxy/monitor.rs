//! Health checks: who answers, who is the primary, who lags. There is no other way to know.

use std::sync::Arc;

use super::policy::Policy;
use crate::engine::gtid::GtidSet;
use crate::engine::ids::{Addr, ConnId, NodeId};
use crate::engine::io::Outbox;
use crate::engine::log::{Lsn, Timeline};
use crate::engine::message::Message;
use crate::engine::time::{SECOND_US, SimTime};
use crate::engine::trace::What;
use crate::order::OrderedMap;

/// The lag of a replica that does not replicate, in microseconds: ProxySQL's `mysql-monitor_slave_lag_when_null`, 60 seconds.
pub const LAG_WHEN_UNKNOWN_US: u64 = 60 * SECOND_US;

/// What a server said of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Whether it refuses writes.
    pub in_recovery: bool,
    /// Its timeline.
    pub timeline: Timeline,
    /// How far it has come.
    pub position: Lsn,
    /// Its own lag, in microseconds; `None` where it cannot say.
    pub lag_us: Option<u64>,
    /// MySQL: what it has executed.
    pub gtids: Option<Arc<GtidSet>>,
}

impl Health {
    /// The lag that counts.
    #[must_use]
    pub fn lag_us(&self) -> u64 {
        self.lag_us.unwrap_or(LAG_WHEN_UNKNOWN_US)
    }
}

/// One server, as the monitor knows it.
#[derive(Clone, Debug, Default)]
struct Server {
    conn: Option<ConnId>,
    standing: bool,
    asked_at: Option<SimTime>,
    health: Option<Health>,
    told_up: bool,
    /// Whether it lags too much to get reads.
    shunned: bool,
}

/// The monitor of a proxy or driver.
#[derive(Clone, Debug)]
pub struct Monitor {
    me: Addr,
    servers: OrderedMap<NodeId, Server>,
    primary: Option<NodeId>,
    /// When the servers are asked next.
    check_at: SimTime,
    next_at: SimTime,
}

impl Monitor {
    /// A monitor of these servers that has not asked yet.
    #[must_use]
    pub fn new(me: Addr, nodes: &[NodeId]) -> Self {
        let servers = nodes.iter().map(|node| (*node, Server::default())).collect();
        Monitor { me, servers, primary: None, check_at: SimTime::ZERO, next_at: SimTime::ZERO }
    }

    /// The server that takes writes, as far as is known.
    #[must_use]
    pub fn primary(&self) -> Option<NodeId> {
        self.primary
    }

    /// The servers that answered their last check as replicas.
    pub fn replicas(&self) -> impl Iterator<Item = (NodeId, &Health)> + '_ {
        self.up().filter(|(_, health)| health.in_recovery)
    }

    /// The servers that answered their last check.
    pub fn up(&self) -> impl Iterator<Item = (NodeId, &Health)> + '_ {
        self.servers.iter().filter_map(|(node, server)| Some((*node, server.health.as_ref()?)))
    }

    /// What a server said of itself at its last check.
    #[must_use]
    pub fn health(&self, node: NodeId) -> Option<&Health> {
        self.servers.get(&node)?.health.as_ref()
    }

    /// Whether a replica lags too much to get reads.
    #[must_use]
    pub fn is_shunned(&self, node: NodeId) -> bool {
        self.servers.get(&node).is_some_and(|server| server.shunned)
    }

    /// A replica was found to have come this far, between two checks.
    pub fn has_come_to(&mut self, node: NodeId, timeline: Timeline, position: Lsn) {
        if let Some(health) = self.servers.get_mut(&node).and_then(|server| server.health.as_mut())
            && health.timeline == timeline
        {
            health.position = health.position.max(position);
        }
    }

    /// Shuns replicas that lag too much, and takes them back. As in ProxySQL one check decides, and the same limit holds
    /// both ways (`MySQL_HostGroups_Manager::replication_lag_action`; `mysql-monitor_replication_lag_count` is 1): there is
    /// no hysteresis.
    pub fn judge_lag(&mut self, max_us: Option<u64>, out: &mut Outbox) {
        let me = self.me;
        for (node, server) in &mut self.servers {
            let Some(health) = &server.health else {
                server.shunned = false;
                continue;
            };
            let lag_us = health.lag_us;
            let late = max_us.filter(|max_us| health.in_recovery && health.lag_us() > *max_us);
            match (late, std::mem::replace(&mut server.shunned, late.is_some())) {
                (Some(max_us), false) => out.trace(What::ReplicaShunned { by: me, node: *node, lag_us, max_us }),
                (None, true) => out.trace(What::ReplicaReturned { by: me, node: *node, lag_us }),
                _ => {}
            }
        }
    }

    /// The servers that did not.
    pub fn down(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.servers.iter().filter(|(_, server)| server.health.is_none()).map(|(node, _)| *node)
    }

    /// When it must be woken next.
    #[must_use]
    pub fn next_at(&self) -> SimTime {
        self.next_at
    }

    /// A server joined or left.
    pub fn member(&mut self, node: NodeId, joined: bool, out: &mut Outbox) {
        if joined {
            self.servers.entry(node).or_default();
            self.check_at = out.now;
        } else if let Some(server) = self.servers.remove(&node) {
            if let Some(conn) = server.conn {
                out.close(conn);
            }
            self.choose_primary(out);
        }
    }

    /// Asks every server, after judging those that owe an answer. `connect` opens a connection to a server.
    pub fn tick(&mut self, policy: &Policy, mut connect: impl FnMut(NodeId, &mut Outbox) -> ConnId, out: &mut Outbox) {
        let ask = out.now >= self.check_at;
        if ask {
            self.check_at = out.now.plus(policy.check_every_us);
        }
        let mut next_at = self.check_at;
        for (node, server) in &mut self.servers {
            let overdue = server.asked_at.is_some_and(|at| out.now.since(at) >= policy.check_timeout_us);
            if overdue {
                if let Some(conn) = server.conn.take() {
                    out.close(conn);
                }
                *server = Server { told_up: server.told_up, ..Server::default() };
                went_down(self.me, *node, server, "health check timed out", out);
            }
            match server.conn {
                _ if !ask => {}
                Some(conn) if server.standing && server.asked_at.is_none() => {
                    server.asked_at = Some(out.now);
                    out.send(conn, Message::HealthCheck);
                }
                Some(_) => {}
                None => {
                    server.asked_at = Some(out.now);
                    server.conn = Some(connect(*node, out));
                }
            }
            if let Some(at) = server.asked_at {
                next_at = next_at.min(at.plus(policy.check_timeout_us));
            }
        }
        self.next_at = next_at;
        self.choose_primary(out);
    }

    /// Whether this connection is one of the monitor's.
    #[must_use]
    pub fn has(&self, conn: ConnId) -> bool {
        self.servers.values().any(|server| server.conn == Some(conn))
    }

    /// A connection of the monitor stands: ask at once.
    pub fn opened(&mut self, conn: ConnId, out: &mut Outbox) {
        for server in self.servers.values_mut().filter(|s| s.conn == Some(conn)) {
            server.standing = true;
            out.send(conn, Message::HealthCheck);
        }
    }

    /// A connection of the monitor is gone. Returns the server that is down now, if it was up.
    pub fn closed(&mut self, conn: ConnId, out: &mut Outbox) -> Option<NodeId> {
        let (node, server) = self.servers.iter_mut().find(|(_, s)| s.conn == Some(conn))?;
        *server = Server { told_up: server.told_up, ..Server::default() };
        let node = *node;
        went_down(self.me, node, server, "connection lost", out);
        self.choose_primary(out);
        Some(node)
    }

    /// A server answered.
    pub fn answered(&mut self, conn: ConnId, health: Health, out: &mut Outbox) {
        let Some((node, server)) = self.servers.iter_mut().find(|(_, s)| s.conn == Some(conn)) else { return };
        server.asked_at = None;
        server.health = Some(health);
        if !server.told_up {
            server.told_up = true;
            out.trace(What::PoolChanged { by: self.me, node: *node, up: true, why: "answers health checks" });
        }
        self.choose_primary(out);
    }

    /// The server on the newest timeline that takes writes; among several, the one already believed in.
    fn choose_primary(&mut self, out: &mut Outbox) {
        let writable = self.up().filter(|(_, health)| !health.in_recovery);
        let best = writable.max_by_key(|(node, health)| (health.timeline, Some(*node) == self.primary));
        let best = best.map(|(node, _)| node);
        if best != self.primary {
            self.primary = best;
            out.trace(What::PrimaryBelieved { by: self.me, primary: best });
        }
    }
}

fn went_down(me: Addr, node: NodeId, server: &mut Server, why: &'static str, out: &mut Outbox) {
    if std::mem::take(&mut server.told_up) {
        out.trace(What::PoolChanged { by: me, node, up: false, why });
    }
}
