//! From a set-up to a cluster at its first instant.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::network::Network;
use super::random::{self, Stream};
use super::server::Server;
use super::setup::{ClientSetup, LinkShape, NodeSetup, Setup};
use super::world::World;
use crate::engine::client::{Client, ConnectionString, Workload};
use crate::engine::flavor::Flavor;
use crate::engine::gtid::GtidSet;
use crate::engine::ids::{Addr, ClientId, NodeId};
use crate::engine::log::{History, Log};
use crate::engine::node::{Checkpoint, Core, Node};
use crate::engine::proxy::{CausalReads, Proxy, ReadPolicy, Router};
use crate::engine::settings::{Settings, SynchronousCommit};
use crate::engine::sql;
use crate::engine::storage::{Database, Image};
use crate::engine::time::SimTime;

/// Sessions that a client opens at most, unless told otherwise.
pub const CONNECTIONS: u16 = 32;
/// The table that workloads use.
const KV: &str = "CREATE TABLE kv (id INTEGER PRIMARY KEY, value)";

/// Why a set-up cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// The schema is refused.
    #[error("schema: {0}")]
    Schema(String),
    /// A setting is refused.
    #[error("settings.{0}: {1}")]
    Setting(Arc<str>, String),
    /// A name that nobody has.
    #[error("there is nobody called \"{0}\"")]
    Unknown(Arc<str>),
    /// Too few or too many.
    #[error("{0}")]
    Count(&'static str),
    /// Something that the format has and this version does not do. Better refused than passed over.
    #[error("{0}: this version does not do that yet; {1}")]
    NotYet(String, &'static str),
    /// The database library failed.
    #[error("storage: {0}")]
    Storage(String),
}

/// The database that every server begins with.
pub(super) fn image(setup: &Setup) -> Result<Checkpoint, SetupError> {
    let storage = |error: crate::engine::storage::StorageError| SetupError::Storage(error.to_string());
    let mut database = Database::new(setup.flavor, setup.seed).map_err(storage)?;
    Core::set_clock(&mut database, SimTime::ZERO);
    for statement in std::iter::once(KV).chain(sql::split(&setup.schema, setup.flavor)) {
        let statement = sql::classify(statement, setup.flavor);
        if matches!(statement.kind, sql::Kind::Empty) {
            continue;
        }
        database.execute(&statement.text_for_sqlite).map_err(|error| SetupError::Schema(error.message))?;
    }
    let image = database.image().map_err(storage)?;
    Ok(Checkpoint { image, at: Log::FIRST, history: History::default(), gtids: GtidSet::new() })
}

/// A database with nothing in it: that of a machine to which one is copied.
pub(super) fn nothing(setup: &Setup) -> Result<Image, SetupError> {
    let storage = |error: crate::engine::storage::StorageError| SetupError::Storage(error.to_string());
    Database::new(setup.flavor, setup.seed).and_then(|database| database.image()).map_err(storage)
}

/// Anybody's address by name.
pub(super) fn address(setup: &Setup, names: &[Arc<str>], name: &str) -> Option<Addr> {
    if name == "proxy" && setup.proxy.is_some() {
        return Some(Addr::Proxy);
    }
    if name == "store" && setup.failover.automatic {
        return Some(Addr::Store);
    }
    let node = names.iter().rposition(|n| &**n == name).map(|index| Addr::Node(NodeId(index as u8)));
    node.or_else(|| {
        let index = setup.clients.iter().position(|client| &*client.name == name)?;
        Some(Addr::Client(ClientId(index as u8)))
    })
}

/// The network of a set-up.
pub(super) fn network(setup: &Setup) -> Result<Network, SetupError> {
    let default = LinkShape::DEFAULT;
    let shape = LinkShape {
        latency_us: setup.network.latency_us.or(default.latency_us),
        jitter_us: setup.network.jitter_us.or(default.jitter_us),
        bandwidth: setup.network.bandwidth.or(default.bandwidth),
        loss_ppm: setup.network.loss_ppm.or(default.loss_ppm),
    };
    let names: Vec<Arc<str>> = setup.nodes.iter().map(|node| node.name.clone()).collect();
    let find = |name: &Arc<str>| address(setup, &names, name).ok_or_else(|| SetupError::Unknown(name.clone()));
    let mut network = Network::new(setup.seed, shape);
    for link in &setup.links {
        network.reshape(find(&link.between.0)?, find(&link.between.1)?, link.shape);
    }
    Ok(network)
}

/// The settings of a node: the system's defaults, then the cluster's, then its own. A MySQL replica refuses writes unless
/// told otherwise, as tools leave replicas; MySQL's own default would let them in.
pub(super) fn settings(setup: &Setup, node: &NodeSetup, replica: bool) -> Result<Settings, SetupError> {
    let mut settings = Settings::defaults(setup.flavor);
    if setup.flavor == Flavor::Mysql && replica {
        settings.mysql.read_only = true;
        settings.mysql.super_read_only = true;
    }
    for (name, value) in setup.settings.iter().chain(&node.settings) {
        settings.set(name, value).map_err(|error| SetupError::Setting(name.clone(), error.to_string()))?;
    }
    Ok(settings)
}

/// Refuses what would be passed over in silence.
fn check_modelled(setup: &Setup) -> Result<(), SetupError> {
    let not_yet = |what: String, instead| Err(SetupError::NotYet(what, instead));
    let clients = setup.clients.iter().map(|client| client.causal_reads);
    if setup
        .proxy
        .iter()
        .map(|proxy| proxy.causal_reads)
        .chain(clients)
        .any(|c| matches!(c, CausalReads::WaitForLsn { .. }))
    {
        return not_yet("causal_reads = \"wait_for_lsn\"".to_owned(), "use primary_after_write or sticky");
    }
    for connect in setup.clients.iter().filter_map(|client| client.connect.as_deref()) {
        if setup.flavor == Flavor::Postgresql && !ConnectionString::parse(connect).wants_primary() {
            return not_yet(format!("connect = {connect:?}"), "drivers know target_session_attrs=read-write alone");
        }
    }
    Ok(())
}

/// Puts the servers, the proxy and the clients into the world.
pub(super) fn build(world: &mut World) -> Result<(), SetupError> {
    let setup = world.setup.clone();
    check_modelled(&setup)?;
    if setup.nodes.is_empty() || setup.nodes.len() > Setup::MAX_NODES {
        return Err(SetupError::Count("a cluster has 1 to 9 nodes"));
    }
    if setup.clients.len() > Setup::MAX_CLIENTS {
        return Err(SetupError::Count("there may be at most 16 clients"));
    }
    for (index, node) in setup.nodes.iter().enumerate() {
        let upstream = match (&node.upstream, index) {
            (_, 0) => None,
            (None, _) => Some(NodeId(0)),
            (Some(name), _) => {
                let at = setup.nodes.iter().position(|n| n.name == *name);
                Some(NodeId(at.ok_or_else(|| SetupError::Unknown(name.clone()))? as u8))
            }
        };
        let checkpoint = world.image.clone();
        let server = server(world, NodeId(index as u8), node, upstream, checkpoint)?;
        world.names.push(node.name.clone());
        world.servers.push(Some(server));
    }
    world.tell_hosts();
    let nodes: Vec<NodeId> = (0..setup.nodes.len()).map(|index| NodeId(index as u8)).collect();
    world.proxy = setup.proxy.map(|proxy| {
        let random = world.random(Stream::Actor(Addr::Proxy));
        let (policy, causal, max_lag_us) = (proxy.read_policy, proxy.causal_reads, proxy.max_replication_lag_us);
        Proxy::new(Router::new(Addr::Proxy, setup.flavor, &nodes, policy, causal, max_lag_us, random))
    });
    for (index, client) in setup.clients.iter().enumerate() {
        let id = ClientId(index as u8);
        let client = self::client(world, id, client, &nodes);
        world.clients.insert(id, client);
    }
    let idle = ClientSetup {
        name: "operator".into(),
        connect: None,
        causal_reads: CausalReads::None,
        writes_per_second: 0,
        reads_per_second: 0,
        keys: 1,
        settings: Vec::new(),
    };
    let operator = self::client(world, ClientId::OPERATOR, &idle, &[]);
    world.clients.insert(ClientId::OPERATOR, operator);
    Ok(())
}

fn client(world: &World, id: ClientId, client: &ClientSetup, nodes: &[NodeId]) -> Client {
    let random = world.random(Stream::Actor(Addr::Client(id)));
    let driven = id != ClientId::OPERATOR && (client.connect.is_some() || world.setup.proxy.is_none());
    let driver = driven.then(|| {
        // A driver that asks for a read-write session sends everything to the primary.
        let (policy, causal) = (ReadPolicy::Primary, client.causal_reads);
        let hosts = client.connect.as_deref().map(|connect| ConnectionString::parse(connect).hosts);
        let named = |node: &&NodeId| {
            let name = world.names.get(usize::from(node.0));
            hosts.as_ref().is_none_or(|hosts| name.is_some_and(|name| hosts.contains(&&**name)))
        };
        let nodes: Vec<NodeId> = nodes.iter().filter(named).copied().collect();
        Router::new(Addr::Client(id), world.setup.flavor, &nodes, policy, causal, None, random.clone())
    });
    let workload = Workload {
        writes_per_second: client.writes_per_second,
        reads_per_second: client.reads_per_second,
        keys: client.keys,
        connections: CONNECTIONS,
    };
    Client::new(id, world.setup.flavor, workload, driver, random)
}

/// What commits of each client wait for, where its own settings say.
fn roles(setup: &Setup) -> Result<BTreeMap<ClientId, SynchronousCommit>, SetupError> {
    let mut roles = BTreeMap::new();
    for (index, client) in setup.clients.iter().enumerate() {
        let mut settings = Settings::defaults(setup.flavor);
        for (name, value) in &client.settings {
            settings.set(name, value).map_err(|error| SetupError::Setting(name.clone(), error.to_string()))?;
            roles.insert(ClientId(index as u8), settings.synchronous_commit);
        }
    }
    Ok(roles)
}

/// One server on its machine, with its database at a checkpoint.
pub(super) fn server(
    world: &World,
    id: NodeId,
    node: &NodeSetup,
    upstream: Option<NodeId>,
    checkpoint: Checkpoint,
) -> Result<Server, SetupError> {
    let settings = settings(&world.setup, node, upstream.is_some())?;
    let seed = random::seed_for(world.setup.seed, Stream::Sql(Addr::Node(id)));
    let storage = |error: crate::engine::storage::StorageError| SetupError::Storage(error.to_string());
    let mut data = Database::new(world.setup.flavor, seed).map_err(storage)?;
    data.restore(&checkpoint.image).map_err(storage)?;
    let (disk, tags) = (node.disk, node.tags);
    let mut core = Core::new(id, node.name.clone(), world.setup.flavor, settings, data, checkpoint);
    core.roles = roles(&world.setup)?;
    let node = Node::new(core, disk.apply_rate, upstream);
    Ok(Server::new(node, disk.fsync_us, disk.size_bytes, tags, world.random(Stream::Disk(Addr::Node(id)))))
}
