//! What the format alone cannot say: names that are known, times within the run, settings that a server accepts.

use crate::engine::client::ConnectionString;
use crate::engine::flavor::Flavor;
use crate::engine::settings::{Context, Settings, Spec, nearest};
use crate::order::OrderedMap;
use crate::sim::command::{Between, Command, Console};
use crate::sim::setup::{CausalReads, ClientSetup, NodeSetup, ProxySetup, Setup, SynchronousMode};

use super::assignment::Assignment;
use super::path::Path;
use super::scenario::Scenario;
use super::units::show_duration;

/// Where a scenario's problems go: the key, and what is wrong with it.
pub(crate) type Sink<'a> = dyn FnMut(&Path, String) + 'a;

/// Reports all that is wrong with a scenario; `order` says which `[[at]]` each entry of the schedule was.
pub(crate) fn validate(scenario: &Scenario, order: &[usize], report: &mut Sink<'_>) {
    let setup = &scenario.setup;
    if scenario.duration_us == 0 {
        report(&Path::of("duration"), "must be longer than nothing".to_owned());
    }
    check_actors(setup, report);
    check_settings(setup.flavor, &setup.settings, &Path::of("settings"), false, report);
    for (index, node) in setup.nodes.iter().enumerate() {
        let path = Path::of("node").index(index).key("settings");
        check_settings(setup.flavor, &node.settings, &path, false, report);
    }
    check_upstreams(setup, report);
    let names = Names::of(scenario);
    check_links(setup, &names, report);
    check_failover(setup, report);
    if let Some(proxy) = &setup.proxy {
        check_proxy(proxy, &names, report);
    }
    for (index, client) in setup.clients.iter().enumerate() {
        check_client(setup, client, &names, &Path::of("client").index(index), report);
    }
    for ((time, command), index) in scenario.schedule.iter().zip(order) {
        let path = Path::of("at").index(*index);
        if time.0 > scenario.duration_us {
            let message = format!(
                "{} is after the end of the run, {}",
                show_duration(time.0),
                show_duration(scenario.duration_us)
            );
            report(&path.key("time"), message);
        }
        check_command(setup, command, &names, &path, report);
    }
    if let Some(assignment) = &scenario.assignment {
        check_assignment(scenario, assignment, report);
    }
    for (index, expectation) in scenario.expect.iter().enumerate() {
        if let Some(at) = expectation.at.filter(|at| at.0 > scenario.duration_us) {
            let path = Path::of("expect").index(index).key("at");
            let (at, end) = (show_duration(at.0), show_duration(scenario.duration_us));
            report(&path, format!("{at} is after the end of the run, {end}"));
        }
    }
}

fn check_assignment(scenario: &Scenario, assignment: &Assignment, report: &mut Sink<'_>) {
    let path = Path::of("assignment");
    if assignment.task.trim().is_empty() {
        report(&path.key("task"), "says nothing: what is a learner to do?".to_owned());
    }
    if assignment.require.is_empty() {
        report(&path.key("require"), "has no condition: a task needs at least one [[assignment.require]]".to_owned());
    }
    for (index, one) in assignment.require.iter().enumerate() {
        if let Some(at) = one.at.filter(|at| at.0 > scenario.duration_us) {
            let (at, end) = (show_duration(at.0), show_duration(scenario.duration_us));
            report(&path.key("require").index(index).key("at"), format!("{at} is after the end of the run, {end}"));
        }
    }
    for (index, permit) in assignment.may_change.iter().enumerate() {
        if let Err(message) = permit.check(scenario) {
            report(&path.key("may_change").index(index), message);
        }
    }
    let room = Setup::MAX_NODES.saturating_sub(scenario.setup.nodes.len());
    if usize::from(assignment.add_nodes) > room {
        let message = format!("a cluster has at most {} nodes: there is room for {room} more", Setup::MAX_NODES);
        report(&path.key("add_nodes"), message);
    }
}

/// What a name can stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Actor {
    Node,
    Client,
    Other,
}

/// Every actor by name, those that are added later included.
struct Names<'a> {
    actors: OrderedMap<&'a str, Actor>,
    automatic: bool,
}

impl<'a> Names<'a> {
    fn of(scenario: &'a Scenario) -> Names<'a> {
        let setup = &scenario.setup;
        let mut actors = OrderedMap::new();
        actors.extend(setup.proxy.as_ref().map(|_| ("proxy", Actor::Other)));
        actors.extend(setup.failover.automatic.then_some(("store", Actor::Other)));
        actors.extend(setup.clients.iter().map(|client| (&*client.name, Actor::Client)));
        actors.extend(setup.nodes.iter().map(|node| (&*node.name, Actor::Node)));
        let added = scenario.schedule.iter().filter_map(|(_, command)| match command {
            Command::AddNode { node } => Some((&*node.name, Actor::Node)),
            _ => None,
        });
        actors.extend(added);
        Names { actors, automatic: setup.failover.automatic }
    }

    /// Reports a name that is not one of the wanted actors.
    fn want(&self, name: &str, wanted: &[Actor], path: &Path, report: &mut Sink<'_>) {
        let fits = |actor: &Actor| wanted.contains(actor);
        if self.actors.get(name).is_some_and(fits) {
            return;
        }
        let what = match wanted {
            [Actor::Node] => "node",
            [Actor::Client] => "client",
            _ => "node, client, proxy or store",
        };
        let known: Vec<&str> = self.actors.iter().filter(|(_, actor)| fits(actor)).map(|(name, _)| *name).collect();
        let help = match (name, nearest(name, known.iter().copied())) {
            ("proxy", _) if wanted.contains(&Actor::Other) => "there is no [proxy]".to_owned(),
            ("store", _) if wanted.contains(&Actor::Other) && !self.automatic => {
                "there is a store only where failover.mode is \"automatic\"".to_owned()
            }
            (_, Some(near)) => format!("did you mean {near:?}?"),
            (_, None) if known.is_empty() => "there is none".to_owned(),
            (_, None) => format!("there are {}", known.join(", ")),
        };
        report(path, format!("no {what} is called {name:?}; {help}"));
    }

    fn node(&self, name: &str, path: &Path, report: &mut Sink<'_>) {
        self.want(name, &[Actor::Node], path, report);
    }

    fn any(&self, name: &str, path: &Path, report: &mut Sink<'_>) {
        self.want(name, &[Actor::Node, Actor::Client, Actor::Other], path, report);
    }

    fn pair(&self, between: (&str, &str), path: &Path, report: &mut Sink<'_>) {
        self.any(between.0, &path.index(0), report);
        self.any(between.1, &path.index(1), report);
        if between.0 == between.1 {
            report(path, format!("{:?} is named twice", between.0));
        }
    }
}

/// Names of nodes and clients are one set, in which upper and lower case are the same: `application_name` is matched so.
fn check_actors(setup: &Setup, report: &mut Sink<'_>) {
    if setup.nodes.is_empty() {
        report(&Path::of("node"), "a cluster needs at least one [[node]]".to_owned());
    }
    if setup.nodes.len() > Setup::MAX_NODES {
        let message = format!("{} nodes are more than {}", setup.nodes.len(), Setup::MAX_NODES);
        report(&Path::of("node").index(Setup::MAX_NODES), message);
    }
    if setup.clients.len() > Setup::MAX_CLIENTS {
        let message = format!("{} clients are more than {}", setup.clients.len(), Setup::MAX_CLIENTS);
        report(&Path::of("client").index(Setup::MAX_CLIENTS), message);
    }
    let mut seen = OrderedMap::new();
    let nodes = setup.nodes.iter().enumerate().map(|(index, node)| ("node", index, &node.name));
    let clients = setup.clients.iter().enumerate().map(|(index, client)| ("client", index, &client.name));
    for (list, index, name) in nodes.chain(clients) {
        let path = Path::of(list).index(index).key("name");
        check_new_name(name, &path, report);
        if let Some(first) = seen.insert(name.to_lowercase(), path.clone()) {
            report(&path, format!("{name:?} is taken already, by {first}"));
        }
    }
}

fn check_new_name(name: &str, path: &Path, report: &mut Sink<'_>) {
    if ["proxy", "store", "operator", "all"].contains(&name.to_lowercase().as_str()) {
        report(path, format!("{name:?} means something else in scenarios; choose another name"));
    }
}

/// Settings one after the other, as the server would take them.
fn check_settings(
    flavor: Flavor,
    settings: &[(std::sync::Arc<str>, std::sync::Arc<str>)],
    path: &Path,
    running: bool,
    report: &mut Sink<'_>,
) {
    let mut server = Settings::defaults(flavor);
    let mut seen = OrderedMap::new();
    for (name, text) in settings {
        let path = path.key(name);
        if let Some(first) = seen.insert(name.to_lowercase(), name) {
            report(&path, format!("is the same setting as {first:?}"));
        }
        let version = match flavor {
            Flavor::Postgresql => "PostgreSQL 15",
            Flavor::Mysql => "MySQL 8.4",
        };
        match server.set(name, text) {
            Err(error) => report(&path, format!("{error} ({version})")),
            Ok(()) if running => {
                if let Some(refusal) = refuse_while_running(flavor, name) {
                    report(&path, format!("{refusal} ({version})"));
                }
            }
            Ok(()) => {}
        }
    }
}

/// The server's words when a setting cannot be changed without a restart.
fn refuse_while_running(flavor: Flavor, name: &str) -> Option<String> {
    match Spec::find(flavor, name).ok()?.context {
        Context::Restart => Some(format!("parameter \"{name}\" cannot be changed without restarting the server")),
        Context::Creation => Some(format!("parameter \"{name}\" cannot be changed")),
        Context::Session | Context::Reload | Context::ChangeSource => None,
    }
}

/// Upstreams must be nodes, and lead to the first one.
fn check_upstreams(setup: &Setup, report: &mut Sink<'_>) {
    let find = |name: &str| setup.nodes.iter().position(|node| &*node.name == name);
    for (index, node) in setup.nodes.iter().enumerate() {
        let Some(upstream) = &node.upstream else { continue };
        let path = Path::of("node").index(index).key("upstream");
        if index == 0 {
            report(&path, "the first node is the initial primary and has no upstream; leave this out".to_owned());
            continue;
        }
        let Some(mut here) = find(upstream) else {
            let help = match nearest(upstream, setup.nodes.iter().map(|node| &*node.name)) {
                Some(near) => format!("; did you mean {near:?}?"),
                None => String::new(),
            };
            report(&path, format!("no node is called {upstream:?}{help}"));
            continue;
        };
        // Whoever has not come to an end after as many steps as there are nodes goes round in a circle.
        for _ in 0..setup.nodes.len() {
            here = match setup.nodes[here].upstream.as_deref().and_then(find) {
                Some(next) if here != 0 => next,
                _ => 0,
            };
        }
        if here != 0 {
            report(
                &path,
                format!("{:?} and its upstreams form a circle; one must lead to {:?}", node.name, setup.nodes[0].name),
            );
        }
    }
}

fn check_links(setup: &Setup, names: &Names<'_>, report: &mut Sink<'_>) {
    let mut seen = OrderedMap::new();
    for (index, link) in setup.links.iter().enumerate() {
        let path = Path::of("link").index(index);
        let (a, b) = (&*link.between.0, &*link.between.1);
        names.pair((a, b), &path.key("between"), report);
        if let Some(first) = seen.insert((a.min(b), a.max(b)), index) {
            report(
                &path.key("between"),
                format!("the link between {a:?} and {b:?} is described already, by link[{first}]"),
            );
        }
    }
}

fn check_failover(setup: &Setup, report: &mut Sink<'_>) {
    let failover = &setup.failover;
    let path = Path::of("failover");
    let least = failover.loop_wait_us.saturating_add(failover.retry_timeout_us.saturating_mul(2));
    if failover.automatic && least > failover.ttl_us {
        let message = format!(
            "must be at least loop_wait + 2 * retry_timeout, which is {}; it is {}",
            show_duration(least),
            show_duration(failover.ttl_us)
        );
        report(&path.key("ttl"), message);
    }
    if setup.flavor == Flavor::Mysql {
        let not_here = |key: &str, used: bool, report: &mut Sink<'_>| {
            if used {
                report(
                    &path.key(key),
                    "is PostgreSQL's: a MySQL cluster has rpl_semi_sync_source_* settings".to_owned(),
                );
            }
        };
        not_here("synchronous_mode", failover.synchronous_mode != SynchronousMode::Off, report);
        not_here("synchronous_mode_strict", failover.synchronous_mode_strict, report);
        if failover.use_pg_rewind {
            report(&path.key("use_pg_rewind"), "there is nothing like pg_rewind in MySQL; reclone instead".to_owned());
        }
    }
    for (key, value) in [("loop_wait", failover.loop_wait_us), ("retry_timeout", failover.retry_timeout_us)] {
        if failover.automatic && value == 0 {
            report(&path.key(key), "must be longer than nothing".to_owned());
        }
    }
}

fn check_proxy(proxy: &ProxySetup, names: &Names<'_>, report: &mut Sink<'_>) {
    let path = Path::of("proxy");
    check_weights(proxy.weights.iter(), names, &path.key("weights"), report);
    let needed = [
        ("check_interval", proxy.check_interval_us),
        ("check_timeout", proxy.check_timeout_us),
        ("query_wait_timeout", proxy.query_wait_timeout_us),
    ];
    for (key, us) in needed {
        if us == 0 {
            report(&path.key(key), "must be longer than nothing".to_owned());
        }
    }
}

fn check_weights<'a>(
    weights: impl Iterator<Item = &'a (std::sync::Arc<str>, u32)>,
    names: &Names<'_>,
    path: &Path,
    report: &mut Sink<'_>,
) {
    for (name, _) in weights {
        names.node(name, &path.key(name), report);
    }
}

fn check_client(setup: &Setup, client: &ClientSetup, names: &Names<'_>, path: &Path, report: &mut Sink<'_>) {
    let through_proxy = client.connect.is_none() && setup.proxy.is_some();
    if let Some(connect) = &client.connect {
        check_connect(setup.flavor, client, connect, names, &path.key("connect"), report);
    }
    if through_proxy && client.causal_reads != CausalReads::None {
        let message = "is the proxy's business for a client that connects through it; set proxy.causal_reads";
        report(&path.key("causal_reads"), message.to_owned());
    }
    if through_proxy && client.read_policy.is_some() {
        let message = "is the proxy's business for a client that connects through it; set proxy.read_policy";
        report(&path.key("read_policy"), message.to_owned());
    }
    if client.sessions == 0 && client.think_time_us > 0 {
        let message = "goes with sessions = N; statements that arrive at their rates do not wait for answers";
        report(&path.key("think_time"), message.to_owned());
    }
    let settings = path.key("settings");
    for (name, _) in &client.settings {
        let message = match setup.flavor {
            Flavor::Mysql => {
                "MySQL has no settings that belong to a user; set them for the cluster or in a session's SQL"
            }
            Flavor::Postgresql if name.eq_ignore_ascii_case("synchronous_commit") => continue,
            Flavor::Postgresql => "of a client's own settings only synchronous_commit is modelled",
        };
        report(&settings.key(name), message.to_owned());
    }
    check_settings(setup.flavor, &client.settings, &settings, false, report);
}

/// A connection string must be one that the flavor's drivers take, and its hosts must be nodes.
fn check_connect(
    flavor: Flavor,
    client: &ClientSetup,
    connect: &str,
    names: &Names<'_>,
    path: &Path,
    report: &mut Sink<'_>,
) {
    match ConnectionString::parse(connect, flavor) {
        Err(why) => report(path, why),
        Ok(read) => {
            for host in &read.hosts {
                names.node(host, path, report);
            }
            if client.splits_reads() && read.never_writes() {
                let message = "asks for sessions that cannot write, and read_policy or causal_reads for a driver that \
                               sends writes to the primary; leave out one of them";
                report(path, message.to_owned());
            }
        }
    }
}

fn check_command(setup: &Setup, command: &Command, names: &Names<'_>, path: &Path, report: &mut Sink<'_>) {
    let pair = |between: &Between, key: &str, report: &mut Sink<'_>| {
        names.pair((&between.0, &between.1), &path.key(key), report);
    };
    match command {
        Command::Sql { console: Console::Client(client), .. } => {
            names.want(client, &[Actor::Client], &path.key("client"), report);
        }
        Command::Sql { console: Console::On(node), .. } => names.node(node, &path.key("on"), report),
        Command::Partition { between, .. } => pair(between, "partition", report),
        Command::Isolate { who } => names.any(who, &path.key("isolate"), report),
        Command::Heal { between: None } => {}
        Command::Heal { between: Some(between) } => pair(between, "heal", report),
        Command::Disconnect { between } => pair(between, "disconnect", report),
        Command::Link { between, .. } => pair(between, "link", report),
        Command::Repoint { node, upstream } => {
            names.node(node, &path.key("repoint"), report);
            names.node(upstream, &path.key("upstream"), report);
            if node == upstream {
                report(&path.key("upstream"), format!("{node:?} cannot follow itself"));
            }
        }
        Command::Set { settings, on } => {
            check_settings(setup.flavor, settings, &path.key("set"), true, report);
            if settings.is_empty() {
                report(&path.key("set"), "names no setting".to_owned());
            }
            if let Some(node) = on {
                names.node(node, &path.key("on"), report);
            }
        }
        Command::Cancel { client } => names.want(client, &[Actor::Client], &path.key("cancel"), report),
        Command::Workload { client, .. } => names.want(client, &[Actor::Client], &path.key("workload"), report),
        Command::Proxy { change } => {
            if setup.proxy.is_none() {
                report(&path.key("proxy"), "there is no [proxy] to change".to_owned());
            }
            check_weights(change.weights.iter().flatten(), names, &path.key("proxy").key("weights"), report);
        }
        Command::AddNode { node } => check_added(setup, node, names, &path.key("add_node"), report),
        // The store can fail like a server.
        Command::Crash { node }
        | Command::Kill { node }
        | Command::Restart { node }
        | Command::Pause { node }
        | Command::Resume { node }
            if &**node == "store" && setup.failover.automatic => {}
        Command::Crash { node }
        | Command::Kill { node }
        | Command::Restart { node }
        | Command::Pause { node }
        | Command::Resume { node }
        | Command::PauseReplay { node }
        | Command::ResumeReplay { node }
        | Command::Promote { node }
        | Command::Switchover { node }
        | Command::SlowDisk { node, .. }
        | Command::ApplyRate { node, .. }
        | Command::FullDisk { node, .. }
        | Command::DiskSize { node, .. }
        | Command::RemoveNode { node }
        | Command::Rewind { node }
        | Command::Reclone { node }
        | Command::BaseBackup { node } => names.node(node, &path.key(super::write::action_name(command)), report),
    }
}

/// A node that is added must not bear the name of an initial actor. Whether there is room shows when it is added.
fn check_added(setup: &Setup, node: &NodeSetup, names: &Names<'_>, path: &Path, report: &mut Sink<'_>) {
    check_new_name(&node.name, &path.key("name"), report);
    let taken = |name: &str| name.to_lowercase() == node.name.to_lowercase();
    if setup.nodes.iter().any(|other| taken(&other.name)) || setup.clients.iter().any(|other| taken(&other.name)) {
        report(&path.key("name"), format!("{:?} is taken already", node.name));
    }
    if let Some(upstream) = &node.upstream {
        names.node(upstream, &path.key("upstream"), report);
        if *upstream == node.name {
            report(&path.key("upstream"), format!("{upstream:?} cannot follow itself"));
        }
    }
    check_settings(setup.flavor, &node.settings, &path.key("settings"), false, report);
}
