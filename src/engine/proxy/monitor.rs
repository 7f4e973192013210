//! Health checks: who answers, who is the primary, who lags. There is no other way to know.

use std::collections::BTreeMap;

use crate::engine::ids::{Addr, ConnId, NodeId};
use crate::engine::io::Outbox;
use crate::engine::log::{Lsn, Timeline};
use crate::engine::message::Message;
use crate::engine::time::{SECOND_US, SimTime};
use crate::engine::trace::What;

/// Between two checks of a server, in microseconds.
pub const CHECK_EVERY_US: u64 = SECOND_US;
/// A check that is not answered by then has failed, in microseconds.
pub const CHECK_TIMEOUT_US: u64 = SECOND_US;

/// What a server said of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// Whether it refuses writes.
    pub in_recovery: bool,
    /// Its timeline.
    pub timeline: Timeline,
    /// How far it has come.
    pub position: Lsn,
    /// Its own lag, in microseconds.
    pub lag_us: u64,
}

/// One server, as the monitor knows it.
#[derive(Clone, Debug, Default)]
struct Server {
    conn: Option<ConnId>,
    standing: bool,
    asked_at: Option<SimTime>,
    health: Option<Health>,
    told_up: bool,
}

/// The monitor of a proxy or driver.
#[derive(Clone, Debug)]
pub struct Monitor {
    me: Addr,
    servers: BTreeMap<NodeId, Server>,
    primary: Option<NodeId>,
    next_at: SimTime,
}

impl Monitor {
    /// A monitor of these servers that has not asked yet.
    #[must_use]
    pub fn new(me: Addr, nodes: &[NodeId]) -> Self {
        let servers = nodes.iter().map(|node| (*node, Server::default())).collect();
        Monitor { me, servers, primary: None, next_at: SimTime::ZERO }
    }

    /// The server that takes writes, as far as is known.
    #[must_use]
    pub fn primary(&self) -> Option<NodeId> {
        self.primary
    }

    /// The servers that answered their last check as replicas.
    pub fn replicas(&self) -> impl Iterator<Item = (NodeId, Health)> + '_ {
        self.up().filter(|(_, health)| health.in_recovery)
    }

    /// The servers that answered their last check.
    pub fn up(&self) -> impl Iterator<Item = (NodeId, Health)> + '_ {
        self.servers.iter().filter_map(|(node, server)| Some((*node, server.health?)))
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
            self.next_at = out.now;
        } else if let Some(server) = self.servers.remove(&node) {
            if let Some(conn) = server.conn {
                out.close(conn);
            }
            self.choose_primary(out);
        }
    }

    /// Asks every server, after judging those that owe an answer. `connect` opens a connection to a server.
    pub fn tick(&mut self, mut connect: impl FnMut(NodeId, &mut Outbox) -> ConnId, out: &mut Outbox) {
        self.next_at = out.now.plus(CHECK_EVERY_US);
        for (node, server) in &mut self.servers {
            let overdue = server.asked_at.is_some_and(|at| out.now.since(at) >= CHECK_TIMEOUT_US);
            if overdue {
                if let Some(conn) = server.conn.take() {
                    out.close(conn);
                }
                *server = Server { told_up: server.told_up, ..Server::default() };
                went_down(self.me, *node, server, "health check timed out", out);
            }
            match server.conn {
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
        }
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
