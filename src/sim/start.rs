//! From a set-up to a cluster at its first instant.

use std::sync::Arc;

use super::network::Network;
use super::random::{self, Stream};
use super::server::Server;
use super::setup::{ClientSetup, LinkShape, NodeSetup, Setup};
use super::world::World;
use crate::engine::client::{Backend, Client, ConnectionString, Driver, Workload};
use crate::engine::flavor::Flavor;
use crate::engine::gtid::GtidSet;
use crate::engine::ids::{Addr, ClientId, NodeId};
use crate::engine::log::{History, Log};
use crate::engine::node::{Checkpoint, Core, Node};
use crate::engine::proxy::{Proxy, Router};
use crate::engine::settings::{Settings, SynchronousCommit};
use crate::engine::sql;
use crate::engine::storage::{Database, Image};
use crate::engine::time::SimTime;
use crate::order::OrderedMap;

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
    /// A connection string is refused.
    #[error("client {0}: connect: {1}")]
    Connect(Arc<str>, String),
    /// Too few or too many.
    #[error("{0}")]
    Count(&'static str),
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

/// Puts the servers, the proxy and the clients into the world.
pub(super) fn build(world: &mut World) -> Result<(), SetupError> {
    let setup = world.setup.clone();
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
    world.proxy = setup.proxy.as_ref().map(|proxy| {
        let random = world.random(Stream::Actor(Addr::Proxy));
        Proxy::new(Router::new(Addr::Proxy, setup.flavor, &nodes, proxy.policy(&world.names), random))
    });
    for (index, client) in setup.clients.iter().enumerate() {
        let id = ClientId(index as u8);
        let client = self::client(world, id, client, &nodes)?;
        world.clients.insert(id, client);
    }
    let idle = ClientSetup { name: "operator".into(), ..ClientSetup::default() };
    let operator = self::client(world, ClientId::OPERATOR, &idle, &[])?;
    world.clients.insert(ClientId::OPERATOR, operator);
    Ok(())
}

fn client(world: &World, id: ClientId, client: &ClientSetup, nodes: &[NodeId]) -> Result<Client, SetupError> {
    let (flavor, random) = (world.setup.flavor, world.random(Stream::Actor(Addr::Client(id))));
    let find = |name: &str| world.names.iter().position(|other| **other == *name).map(|index| NodeId(index as u8));
    let text = match &client.connect {
        Some(connect) => Some(
            ConnectionString::parse(connect, flavor).map_err(|why| SetupError::Connect(client.name.clone(), why))?,
        ),
        None => None,
    };
    let backend = match text {
        _ if id == ClientId::OPERATOR => Backend::Proxy,
        None if world.setup.proxy.is_some() => Backend::Proxy,
        Some(text) if !client.splits_reads() => {
            Backend::Driver(Box::new(Driver::new(id, flavor, &text, find, random.clone())))
        }
        text => {
            let listed = |node: &&NodeId| {
                text.as_ref().is_none_or(|text| text.hosts.iter().any(|host| find(host) == Some(**node)))
            };
            let nodes: Vec<NodeId> = nodes.iter().filter(listed).copied().collect();
            Backend::Router(Box::new(Router::new(Addr::Client(id), flavor, &nodes, client.policy(), random.clone())))
        }
    };
    let workload = Workload {
        writes_per_second: client.writes_per_second,
        reads_per_second: client.reads_per_second,
        keys: client.keys,
        distribution: client.key_distribution,
        connections: client.connections,
        sessions: client.sessions,
        think_time_us: client.think_time_us,
        statements_per_transaction: client.statements_per_transaction,
        read_back: client.read_back,
        retry: client.retry,
        retry_backoff_us: client.retry_backoff_us,
    };
    Ok(Client::new(id, flavor, workload, backend, random))
}

/// What commits of each client wait for, where its own settings say.
fn roles(setup: &Setup) -> Result<OrderedMap<ClientId, SynchronousCommit>, SetupError> {
    let mut roles = OrderedMap::new();
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
    let mut server = Node::new(core, disk.apply_rate, upstream);
    server.set_cpu(node.cpu);
    Ok(Server::new(server, disk.fsync_us, disk.size_bytes, tags, world.random(Stream::Disk(Addr::Node(id)))))
}
