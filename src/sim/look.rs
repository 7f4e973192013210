//! Reading the world: views, packets, tables. Looking changes nothing that the run could notice.

use std::sync::Arc;

use super::server::Server;
use super::view::{
    ClientView, ClusterView, CopyView, LinkUse, LinkView, NodeView, PacketView, ProxyView, RecordView, Role,
    SenderView, SlotView, Stage, SyncState,
};
use super::world::World;
use crate::engine::commit::{Method, SyncGroup};
use crate::engine::facts::Facts;
use crate::engine::ids::{Addr, ClientId, NodeId};
use crate::engine::log::{Log, Lsn};
use crate::engine::node::{self, Replica, candidate};
use crate::engine::settings::Settings;
use crate::engine::storage::{Outcome, SqlError};
use crate::engine::trace::Life;

impl World {
    /// Anybody's name.
    #[must_use]
    pub fn name_of(&self, addr: Addr) -> Arc<str> {
        match addr {
            Addr::Node(node) => self.names.get(usize::from(node.0)).cloned().unwrap_or_else(|| "?".into()),
            Addr::Client(ClientId::OPERATOR) => "operator".into(),
            Addr::Client(client) => {
                self.setup.clients.get(usize::from(client.0)).map_or_else(|| "?".into(), |c| c.name.clone())
            }
            Addr::Proxy => "proxy".into(),
            Addr::Store => "store".into(),
            Addr::Agent(node) => format!("{}/agent", self.name_of(Addr::Node(node))).into(),
        }
    }

    /// The address that goes by this name.
    #[must_use]
    pub fn address_of(&self, name: &str) -> Option<Addr> {
        super::start::address(&self.setup, &self.names, name)
    }

    /// The server that goes by this name.
    #[must_use]
    pub fn node_by_name(&self, name: &str) -> Option<NodeId> {
        match self.address_of(name)? {
            Addr::Node(node) if self.servers.get(usize::from(node.0))?.is_some() => Some(node),
            _ => None,
        }
    }

    /// The servers of the cluster.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.servers.iter().flatten().map(|server| server.node.core.id)
    }

    /// The server that became primary last.
    #[must_use]
    pub fn primary(&self) -> NodeId {
        self.primary
    }

    /// The logical checksum of what a server's readers see, and the log position up to which that is complete.
    #[must_use]
    pub fn checksum(&self, node: NodeId) -> Option<(Lsn, u64)> {
        let server = self.servers.get(usize::from(node.0))?.as_ref()?;
        Some((server.node.core.applied, server.node.core.data.checksum()))
    }

    /// What the images of all databases come to that a clone of this world holds, in bytes.
    #[must_use]
    pub fn image_bytes(&self) -> u64 {
        let nodes = self.servers.iter().flatten().map(|server| &server.node);
        let working = |node: &node::Node| node.role.writer().map_or(0, |writer| writer.work.image_bytes());
        nodes.map(|node| node.core.data.image_bytes() + working(node)).sum()
    }

    /// What this world holds of logs that an earlier or later one of the same run does not, in bytes. What several servers
    /// share counts once.
    #[must_use]
    pub fn bytes_beside(&self, other: &World) -> u64 {
        let logs = self.logs().enumerate();
        logs.map(|(index, log)| log.bytes_beside(other.logs().chain(self.logs().take(index)))).sum()
    }

    fn logs(&self) -> impl Iterator<Item = &Log> + Clone {
        self.servers.iter().flatten().map(|server| &server.node.core.log)
    }

    /// Holds once in memory what several servers' logs have in common. Nothing else can be told from it.
    pub fn share_logs(&mut self) {
        let mut before: Vec<Log> = Vec::new();
        for server in self.servers.iter_mut().flatten() {
            let log = &mut server.node.core.log;
            before.iter().for_each(|other| log.share(other));
            before.push(log.clone());
        }
    }

    /// How many events are planned.
    #[must_use]
    pub fn planned_count(&self) -> usize {
        self.queue.len()
    }

    /// How many connections the network remembers: those that an end considers open, and those on which something is under
    /// way.
    #[must_use]
    pub fn connection_count(&self) -> usize {
        self.network.connection_count()
    }

    /// The names of a server's tables.
    pub fn tables(&mut self, node: NodeId) -> Vec<String> {
        self.server(node).map_or_else(Vec::new, |server| server.node.core.data.tables())
    }

    /// A table as a server's readers see it, in the order of its key.
    ///
    /// # Errors
    /// When there is no such table or server.
    pub fn table(&mut self, node: NodeId, table: &str, limit: usize) -> Result<Outcome, SqlError> {
        let gone = || SqlError::new("58000", "the server is gone");
        self.server(node).ok_or_else(gone)?.node.core.data.table(table, limit)
    }

    /// Asks a server, as an operator at its terminal would: a query on what its readers see, its own functions and
    /// views, `SHOW`.
    ///
    /// # Errors
    /// The server's error; statements that write or act are refused, and a server that is not there does not answer.
    pub fn query(&mut self, node: NodeId, sql: &str) -> Result<Outcome, SqlError> {
        self.answering(node)?.node.look(sql, self.now)
    }

    /// What a server knows of itself now.
    ///
    /// # Errors
    /// A server that is not there, or is starting, does not answer.
    pub fn facts(&self, node: NodeId) -> Result<Facts, SqlError> {
        let server = self.answering(node)?;
        match server.node.life {
            Life::Recovering => Err(SqlError::starting_up()),
            _ => Ok(server.node.facts(self.now)),
        }
    }

    /// What a server's configuration says, whether it runs or not.
    #[must_use]
    pub fn configured(&self, node: NodeId) -> Option<&Settings> {
        let server = self.servers.get(usize::from(node.0))?.as_ref()?;
        Some(server.node.core.configuration.settings())
    }

    /// A server that takes connections.
    fn answering(&self, node: NodeId) -> Result<&Server, SqlError> {
        let flavor = self.setup.flavor;
        let (host, port) = (Facts::address(node), Facts::port(flavor));
        let unanswered = |why: &str, number: &str| {
            // What libpq 15 and MySQL's client say.
            SqlError::flavored(
                flavor,
                ("08001", format!("connection to server at \"{host}\", port {port} failed: {why}")),
                (2003, "HY000", format!("Can't connect to MySQL server on '{host}:{port}' ({number})")),
            )
        };
        let server = self.servers.get(usize::from(node.0)).and_then(Option::as_ref);
        let server = server.ok_or_else(|| SqlError::new("58000", "the server is gone"))?;
        match self.life(Addr::Node(node)) {
            Life::Running | Life::Recovering => Ok(server),
            Life::Stopped | Life::Copying | Life::Rewinding => Err(unanswered("Connection refused", "111")),
            Life::Paused | Life::Down => Err(unanswered("timeout expired", "110")),
        }
    }

    /// The messages between their sending and their arrival, in the order of sending.
    pub fn packets(&self) -> impl Iterator<Item = PacketView> + '_ {
        self.network.flights().map(|flight| {
            let (span, _, txn) = flight.about();
            PacketView {
                id: flight.id,
                // An agent sits beside its server.
                from: flight.from.machine(),
                to: flight.to.machine(),
                kind: flight.kind(),
                sent_at: flight.sent_at,
                arrives_at: flight.arrives_at,
                held_since: flight.held_since,
                txn,
                span,
            }
        })
    }

    /// The cluster now.
    #[must_use]
    pub fn view(&self) -> ClusterView {
        let nodes: Vec<NodeView> = self.servers.iter().flatten().map(|server| self.node_view(server)).collect();
        let clients = self.clients.iter().filter(|(id, _)| **id != ClientId::OPERATOR);
        let clients = clients.map(|(id, client)| ClientView {
            id: *id,
            name: self.name_of(Addr::Client(*id)),
            writes_per_second: client.workload.writes_per_second,
            reads_per_second: client.workload.reads_per_second,
            sessions: client.workload.sessions,
            outstanding: client.outstanding(),
            believes_primary: client.believes_primary(),
        });
        let clients: Vec<ClientView> = clients.collect();
        let proxy = self.proxy.as_ref().map(|proxy| ProxyView {
            primary: proxy.router.monitor().primary(),
            read_pool: proxy.router.read_pool(),
            down: proxy.router.monitor().down().collect(),
            outstanding: proxy.router.outstanding(),
            settings: self.setup.proxy.clone().unwrap_or_default(),
        });
        let links = self.links(&nodes, &clients);
        ClusterView {
            now: self.now,
            flavor: self.setup.flavor,
            nodes,
            clients,
            proxy,
            manager: self.manager_view(),
            links,
        }
    }

    fn node_view(&self, server: &Server) -> NodeView {
        let node = &server.node;
        let core = &node.core;
        let (role, upstream, streaming, replay_paused) = match &node.role {
            node::Role::Primary(_) => (Role::Primary, None, false, false),
            node::Role::Replica(replica) => (Role::Replica, replica.upstream, replica.streaming(), replica.paused),
            node::Role::MysqlReplica(replica) => {
                let channel = &replica.channel;
                let stopped = !channel.sql_running && channel.sql_error.is_none();
                (Role::Replica, Some(channel.source), channel.streaming(), stopped)
            }
        };
        let positions = Replica::positions(core);
        let (waiting_commits, oldest_wait) = node.waiting();
        let (lag_bytes, lag_us) = self.lag(server);
        let life = if server.frozen.is_some() { Life::Paused } else { node.life };
        NodeView {
            id: core.id,
            name: core.name.clone(),
            role,
            life,
            timeline: core.timeline(),
            upstream,
            streaming: streaming && life == Life::Running,
            sync_state: upstream.and_then(|upstream| self.sync_state(upstream, core.id)),
            insert_lsn: core.log.end(),
            positions,
            lag_bytes,
            lag_us,
            rows: core.data.row_count(),
            waiting_commits,
            oldest_wait,
            strip: strip(server),
            fsync_us: server.fsync_us,
            apply_rate: node.apply_rate(),
            disk_full: server.full,
            disk_size_bytes: server.size_bytes,
            replay_paused,
            error: core.error.clone(),
            senders: self.senders(server),
            log_start: core.log.start(),
            log_files: node.log_files(),
            redo_lsn: core.checkpoint.at,
            copying: copying(node),
            slots: node.slots.iter().map(|slot| slot_view(node, slot)).collect(),
            mysql: self.mysql_view(server),
        }
    }

    /// How far a server's applied database is behind the log of the primary that it should have.
    fn lag(&self, server: &Server) -> (u64, u64) {
        let primary = self.servers.get(usize::from(self.primary.0)).and_then(Option::as_ref);
        let Some(primary) = primary.filter(|p| p.node.core.id != server.node.core.id) else { return (0, 0) };
        let (log, applied) = (&primary.node.core.log, server.node.core.applied);
        if !server.node.has_database() {
            return (0, 0);
        }
        if let (Some(theirs), Some(binlog)) = (&primary.node.core.binlog, &server.node.core.binlog) {
            let applied = match &server.node.role {
                node::Role::MysqlReplica(replica) if replica.channel.source == self.primary => {
                    replica.channel.executed_lsn
                }
                _ => Lsn::ZERO,
            };
            return super::mysql_look::lag(log, theirs, binlog, applied, self.now);
        }
        if applied >= log.end() {
            return (0, 0);
        }
        // Of what was removed nobody knows the age: it is at least that of the oldest commit that is left.
        let oldest = log.commits(applied.max(log.start()), log.end()).next();
        (log.end().bytes_since(applied), oldest.map_or(0, |(commit, _)| self.now.since(commit.at)))
    }

    fn senders(&self, server: &Server) -> Vec<SenderView> {
        if server.node.core.binlog.is_some() {
            return super::mysql_look::dumps(server);
        }
        let core = &server.node.core;
        let candidates: Vec<_> = server.node.senders.iter().map(candidate).collect();
        let rule = &core.settings.synchronous_standby_names;
        let is_primary = matches!(server.node.role, node::Role::Primary(_));
        // A cascading standby has nobody synchronous: commits happen on the primary.
        let group = SyncGroup::of(rule, &candidates).filter(|_| is_primary);
        let counting: Vec<usize> = group.iter().flat_map(SyncGroup::counting).collect();
        let state = |index: usize| match &group {
            Some(group) if counting.contains(&index) && group.method() == Method::Any => SyncState::Quorum,
            Some(_) if counting.contains(&index) => SyncState::Sync,
            Some(group) if group.is_potential(index) => SyncState::Potential,
            _ => SyncState::Async,
        };
        let senders = server.node.senders.iter().enumerate();
        let views = senders.map(|(index, sender)| SenderView {
            standby: sender.standby,
            application_name: sender.application_name.clone(),
            state: sender.state.as_str(),
            sent: sender.sent,
            positions: sender.positions,
            lag_us: sender.lag_us,
            sync_priority: if is_primary { rule.priority_of(&sender.application_name) } else { 0 },
            sync_state: state(index),
            reply_at: sender.reply_at,
        });
        views.collect()
    }

    fn sync_state(&self, upstream: NodeId, standby: NodeId) -> Option<SyncState> {
        let server = self.servers.get(usize::from(upstream.0))?.as_ref()?;
        self.senders(server).into_iter().rev().find(|s| s.standby == standby).map(|s| s.sync_state)
    }

    fn links(&self, nodes: &[NodeView], clients: &[ClientView]) -> Vec<LinkView> {
        let mut pairs: Vec<((Addr, Addr), LinkUse)> = Vec::new();
        for client in clients {
            let client = Addr::Client(client.id);
            let driven = self.clients.iter().any(|(id, c)| Addr::Client(*id) == client && c.is_driven());
            match driven {
                false => pairs.push(((client, Addr::Proxy), LinkUse::Query)),
                true => pairs.extend(nodes.iter().map(|node| ((client, Addr::Node(node.id)), LinkUse::Query))),
            }
        }
        if self.proxy.is_some() {
            pairs.extend(nodes.iter().map(|node| ((Addr::Proxy, Addr::Node(node.id)), LinkUse::Query)));
        }
        if self.manager.is_some() {
            pairs.extend(nodes.iter().map(|node| ((Addr::Node(node.id), Addr::Store), LinkUse::Lease)));
        }
        for node in nodes {
            let Some(upstream) = node.upstream.filter(|upstream| nodes.iter().any(|n| n.id == *upstream)) else {
                continue;
            };
            let synchronous = matches!(node.sync_state, Some(SyncState::Sync | SyncState::Quorum));
            let used_for = LinkUse::Replication { synchronous, streaming: node.streaming };
            pairs.push(((Addr::Node(upstream), Addr::Node(node.id)), used_for));
        }
        let view = |((a, b), used_for): ((Addr, Addr), LinkUse)| {
            let ((shape, cut_there), (_, cut_back)) = (self.network.shape(a, b), self.network.shape(b, a));
            LinkView {
                ends: (a, b),
                used_for,
                cut_there,
                cut_back,
                latency_us: shape.latency_us.unwrap_or(0),
                bandwidth: shape.bandwidth.unwrap_or(0),
            }
        };
        pairs.into_iter().map(view).collect()
    }
}

fn slot_view(node: &node::Node, slot: &node::Slot) -> SlotView {
    let (wal_status, safe_wal_size) = node.slot_state(slot);
    SlotView {
        slot_name: slot.name.clone(),
        temporary: slot.temporary,
        user: slot.active.and_then(|conn| match conn.opener {
            Addr::Node(user) => Some(user),
            _ => None,
        }),
        active_pid: slot.active_pid(),
        restart_lsn: slot.restart_lsn,
        wal_status,
        safe_wal_size,
    }
}

/// The newest record groups of a server's log.
fn strip(server: &Server) -> Vec<RecordView> {
    let core = &server.node.core;
    let writer = server.node.role.writer();
    let waiting: Vec<_> = writer.iter().flat_map(|writer| writer.commits.iter()).map(|commit| commit.end).collect();
    let is_primary = writer.is_some();
    let skip = core.groups.len().saturating_sub(NodeView::STRIP);
    let groups = core.groups.iter().skip(skip);
    let view = |group: &node::Group| {
        let acknowledged = !waiting.contains(&group.end);
        let visible = if is_primary { acknowledged } else { group.end <= core.applied };
        let stage = match () {
            () if visible && group.end <= core.log.flushed() => Stage::Applied,
            () if group.end <= core.log.flushed() => Stage::Flushed,
            () if group.end <= core.log.written() => Stage::Written,
            () => Stage::Memory,
        };
        let sent = server.node.senders.iter().map(|sender| sender.sent);
        let shipped = sent.chain(server.node.dumps.iter().map(|dump| dump.sent)).all(|sent| sent >= group.end);
        let node::Group { start, end, txn, gtid } = *group;
        RecordView { start, end, txn, gtid, stage, shipped, acknowledged }
    };
    groups.map(view).collect()
}

/// What is on its way to a server's machine: of a rewind, nobody knows how much log will follow the rows.
fn copying(node: &node::Node) -> Option<CopyView> {
    let rewinding = node.rewinding().map(|rewinding| CopyView {
        source: rewinding.source,
        bytes: rewinding.received(),
        total: None,
    });
    let copying = node.copying();
    let copying = copying.map(|c| CopyView { source: c.source, bytes: c.received(), total: c.total });
    copying.or(rewinding)
}
