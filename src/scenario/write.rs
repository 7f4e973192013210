//! A scenario back into a tree. What is as it would be without the key is left out.

use std::sync::Arc;

use crate::engine::flavor::Flavor;
use crate::engine::time::SimTime;
use crate::sim::command::{Between, Command, Console};
use crate::sim::setup::{
    CausalReads, ClientSetup, DiskSetup, FailoverSetup, KeyDistribution, LinkShape, NoReplica, NodeSetup, ProxyChange,
    ProxySetup, ReadPolicy, Retry, SynchronousMode, Tags,
};

use super::assignment::Assignment;
use super::read::{DEFAULT_DURATION_US, DEFAULT_SEED, DEFAULT_TIMEOUT_US, DEFAULT_WINDOW_US};
use super::scenario::{Expectation, Scenario};
use super::tree::{Entry, Value};
use super::units::{show_bandwidth, show_duration, show_share, show_size};

/// The tree of a scenario, keys in the order of the format's tables.
pub(crate) fn write(scenario: &Scenario) -> Value {
    let setup = &scenario.setup;
    let mut table = Writer::default();
    table.unless(scenario.title.is_empty(), "title", text(&scenario.title));
    table.unless(scenario.description.is_empty(), "description", text(&scenario.description));
    if let Some(level) = scenario.level {
        table.put("level", text(level.as_str()));
    }
    table.unless(scenario.chapter.is_empty(), "chapter", text(&scenario.chapter));
    table.unless(setup.flavor == Flavor::Postgresql, "flavor", text(&setup.flavor.to_string()));
    table.unless(setup.seed == DEFAULT_SEED, "seed", Value::Integer(setup.seed.into()));
    table.unless(scenario.duration_us == DEFAULT_DURATION_US, "duration", duration(scenario.duration_us));
    table.unless(setup.schema.is_empty(), "schema", text(&setup.schema));
    table.settings("settings", &setup.settings);
    table.put("node", list(setup.nodes.iter().map(write_node)));
    let network = write_shape(&setup.network, &LinkShape::DEFAULT);
    table.unless(network.is_empty(), "network", network.table());
    let links = setup.links.iter().map(|link| {
        let mut table = Writer::default();
        table.put("between", pair(&Between(link.between.0.clone(), link.between.1.clone())));
        table.0.extend(write_shape(&link.shape, &LinkShape::default()).0);
        table.table()
    });
    table.unless(setup.links.is_empty(), "link", list(links));
    let failover = write_failover(&setup.failover);
    table.unless(failover.is_empty(), "failover", failover.table());
    if let Some(proxy) = &setup.proxy {
        table.put("proxy", write_proxy(proxy));
    }
    table.unless(setup.clients.is_empty(), "client", list(setup.clients.iter().map(write_client)));
    table.unless(scenario.schedule.is_empty(), "at", list(scenario.schedule.iter().map(write_at)));
    table.unless(scenario.expect.is_empty(), "expect", list(scenario.expect.iter().map(write_expectation)));
    if let Some(assignment) = &scenario.assignment {
        table.put("assignment", write_assignment(assignment));
    }
    table.table()
}

/// The key that names a command in an `[[at]]`.
pub(crate) fn action_name(command: &Command) -> &'static str {
    match command {
        Command::Sql { .. } => "sql",
        Command::Partition { .. } => "partition",
        Command::Isolate { .. } => "isolate",
        Command::Heal { .. } => "heal",
        Command::Crash { .. } => "crash",
        Command::Kill { .. } => "kill",
        Command::Restart { .. } => "restart",
        Command::Pause { .. } => "pause",
        Command::Resume { .. } => "resume",
        Command::PauseReplay { .. } => "pause_replay",
        Command::ResumeReplay { .. } => "resume_replay",
        Command::Promote { .. } => "promote",
        Command::Switchover { .. } => "switchover",
        Command::Repoint { .. } => "repoint",
        Command::Disconnect { .. } => "disconnect",
        Command::SlowDisk { .. } => "slow_disk",
        Command::ApplyRate { .. } => "apply_rate",
        Command::FullDisk { .. } => "full_disk",
        Command::DiskSize { .. } => "disk_size",
        Command::Link { .. } => "link",
        Command::Set { .. } => "set",
        Command::Cancel { .. } => "cancel",
        Command::Workload { .. } => "workload",
        Command::Proxy { .. } => "proxy",
        Command::AddNode { .. } => "add_node",
        Command::RemoveNode { .. } => "remove_node",
        Command::Rewind { .. } => "rewind",
        Command::Reclone { .. } => "reclone",
        Command::BaseBackup { .. } => "base_backup",
    }
}

/// A table in the making.
#[derive(Default)]
struct Writer(Vec<Entry>);

impl Writer {
    fn put(&mut self, key: &str, value: Value) {
        self.0.push(Entry { key: key.to_owned(), line: None, item: value.unplaced() });
    }

    fn unless(&mut self, default: bool, key: &str, value: Value) {
        if !default {
            self.put(key, value);
        }
    }

    fn settings(&mut self, key: &str, settings: &[(Arc<str>, Arc<str>)]) {
        self.unless(settings.is_empty(), key, write_settings(settings));
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn table(self) -> Value {
        Value::Table(self.0)
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn duration(us: u64) -> Value {
    Value::Text(show_duration(us))
}

fn list(values: impl Iterator<Item = Value>) -> Value {
    Value::List(values.map(Value::unplaced).collect())
}

fn pair(between: &Between) -> Value {
    list([text(&between.0), text(&between.1)].into_iter())
}

fn write_settings(settings: &[(Arc<str>, Arc<str>)]) -> Value {
    let mut table = Writer::default();
    for (name, value) in settings {
        table.put(name, text(value));
    }
    table.table()
}

fn write_node(node: &NodeSetup) -> Value {
    let mut table = Writer::default();
    table.put("name", text(&node.name));
    if let Some(upstream) = &node.upstream {
        table.put("upstream", text(upstream));
    }
    let mut disk = Writer::default();
    disk.unless(node.disk.fsync_us == DiskSetup::default().fsync_us, "fsync", duration(node.disk.fsync_us));
    if let Some(rate) = node.disk.apply_rate {
        disk.put("apply_rate", Value::Integer(rate.into()));
    }
    if let Some(size) = node.disk.size_bytes {
        disk.put("size", text(&show_size(size)));
    }
    table.unless(disk.is_empty(), "disk", disk.table());
    if let Some(cpu) = &node.cpu {
        // Always written whole: an empty table would look like a mistake.
        let mut table_of_cpu = Writer::default();
        table_of_cpu.put("workers", Value::Integer(cpu.workers.into()));
        table_of_cpu.put("read", duration(cpu.read_us));
        table_of_cpu.put("write", duration(cpu.write_us));
        table_of_cpu.unless(cpu.apply_us == cpu.write_us, "apply", duration(cpu.apply_us));
        table.put("cpu", table_of_cpu.table());
    }
    table.settings("settings", &node.settings);
    table.unless(!node.tags.nofailover, "nofailover", Value::Flag(true));
    let priority = node.tags.failover_priority;
    let usual = priority == Tags::default().failover_priority;
    table.unless(usual, "failover_priority", Value::Integer(priority.into()));
    table.table()
}

fn write_shape(shape: &LinkShape, default: &LinkShape) -> Writer {
    let mut table = Writer::default();
    if let Some(us) = shape.latency_us.filter(|_| shape.latency_us != default.latency_us) {
        table.put("latency", duration(us));
    }
    if let Some(us) = shape.jitter_us.filter(|_| shape.jitter_us != default.jitter_us) {
        table.put("jitter", duration(us));
    }
    if let Some(bytes) = shape.bandwidth.filter(|_| shape.bandwidth != default.bandwidth) {
        table.put("bandwidth", text(&show_bandwidth(bytes)));
    }
    if let Some(ppm) = shape.loss_ppm.filter(|_| shape.loss_ppm != default.loss_ppm) {
        table.put("loss", text(&show_share(ppm)));
    }
    table
}

fn write_failover(failover: &FailoverSetup) -> Writer {
    let default = FailoverSetup::default();
    let mut table = Writer::default();
    table.unless(!failover.automatic, "mode", text("automatic"));
    table.unless(failover.ttl_us == default.ttl_us, "ttl", duration(failover.ttl_us));
    table.unless(failover.loop_wait_us == default.loop_wait_us, "loop_wait", duration(failover.loop_wait_us));
    table.unless(
        failover.retry_timeout_us == default.retry_timeout_us,
        "retry_timeout",
        duration(failover.retry_timeout_us),
    );
    let lag = failover.maximum_lag_on_failover;
    table.unless(lag == default.maximum_lag_on_failover, "maximum_lag_on_failover", Value::Integer(lag.into()));
    match failover.synchronous_mode {
        SynchronousMode::Off => {}
        SynchronousMode::On => table.put("synchronous_mode", text("on")),
        SynchronousMode::Quorum => table.put("synchronous_mode", text("quorum")),
    }
    table.unless(!failover.synchronous_mode_strict, "synchronous_mode_strict", Value::Flag(true));
    let count = failover.synchronous_node_count;
    table.unless(count == default.synchronous_node_count, "synchronous_node_count", Value::Integer(count.into()));
    table.unless(!failover.failsafe_mode, "failsafe_mode", Value::Flag(true));
    let (start_us, stop_us) = (failover.primary_start_timeout_us, failover.primary_stop_timeout_us);
    table.unless(start_us == default.primary_start_timeout_us, "primary_start_timeout", duration(start_us));
    table.unless(stop_us == default.primary_stop_timeout_us, "primary_stop_timeout", duration(stop_us));
    table.unless(!failover.use_pg_rewind, "use_pg_rewind", Value::Flag(true));
    table.unless(failover.fencing == default.fencing, "fencing", Value::Flag(failover.fencing));
    table.unless(failover.repoint == default.repoint, "repoint", Value::Flag(failover.repoint));
    table
}

fn write_causal(table: &mut Writer, causal: CausalReads) {
    match causal {
        CausalReads::None => {}
        CausalReads::PrimaryAfterWrite { window_us } => {
            table.put("causal_reads", text("primary_after_write"));
            table.unless(window_us == DEFAULT_WINDOW_US, "causal_window", duration(window_us));
        }
        CausalReads::Sticky => table.put("causal_reads", text("sticky")),
        CausalReads::WaitForLsn { timeout_us } => {
            table.put("causal_reads", text("wait_for_lsn"));
            table.unless(timeout_us == DEFAULT_TIMEOUT_US, "causal_timeout", duration(timeout_us));
        }
    }
}

fn write_proxy(proxy: &ProxySetup) -> Value {
    let mut table = Writer::default();
    // Always written: an empty table would look like a mistake.
    table.put("read_policy", text(policy_word(proxy.read_policy)));
    table.unless(proxy.weights.is_empty(), "weights", write_weights(&proxy.weights));
    if let Some(us) = proxy.max_replication_lag_us {
        table.put("max_replication_lag", duration(us));
    }
    table.unless(proxy.no_replica == NoReplica::Primary, "no_replica", text("error"));
    write_causal(&mut table, proxy.causal_reads);
    if let Some(most) = proxy.max_connections {
        table.put("max_connections", Value::Integer(most.into()));
    }
    let default = ProxySetup::default();
    let mut time = |key: &str, us: u64, default_us: u64| table.unless(us == default_us, key, duration(us));
    time("query_wait_timeout", proxy.query_wait_timeout_us, default.query_wait_timeout_us);
    time("check_interval", proxy.check_interval_us, default.check_interval_us);
    time("check_timeout", proxy.check_timeout_us, default.check_timeout_us);
    table.unless(proxy.retry_failed_reads, "retry_failed_reads", Value::Flag(false));
    table.table()
}

fn write_proxy_change(change: &ProxyChange) -> Value {
    let mut table = Writer::default();
    if let Some(policy) = change.read_policy {
        table.put("read_policy", text(policy_word(policy)));
    }
    if let Some(weights) = &change.weights {
        table.put("weights", write_weights(weights));
    }
    if let Some(us) = change.max_replication_lag_us {
        table.put("max_replication_lag", duration(us));
    }
    if let Some(no_replica) = change.no_replica {
        table.put("no_replica", text(if no_replica == NoReplica::Error { "error" } else { "primary" }));
    }
    match change.causal_reads {
        None => {}
        Some(CausalReads::None) => table.put("causal_reads", text("none")),
        Some(causal) => write_causal(&mut table, causal),
    }
    if let Some(most) = change.max_connections {
        table.put("max_connections", Value::Integer(most.into()));
    }
    table.table()
}

fn policy_word(policy: ReadPolicy) -> &'static str {
    match policy {
        ReadPolicy::RoundRobin => "round_robin",
        ReadPolicy::Random => "random",
        ReadPolicy::LeastLag => "least_lag",
        ReadPolicy::Primary => "primary",
    }
}

fn write_weights(weights: &[(Arc<str>, u32)]) -> Value {
    let mut table = Writer::default();
    for (name, weight) in weights {
        table.put(name, Value::Integer((*weight).into()));
    }
    table.table()
}

fn write_client(client: &ClientSetup) -> Value {
    let mut table = Writer::default();
    table.put("name", text(&client.name));
    if let Some(connect) = &client.connect {
        table.put("connect", text(connect));
    }
    if let Some(policy) = client.read_policy {
        table.put("read_policy", text(policy_word(policy)));
    }
    write_causal(&mut table, client.causal_reads);
    let rate = |number: u32| Value::Integer(number.into());
    table.unless(client.writes_per_second == 0, "writes_per_second", rate(client.writes_per_second));
    table.unless(client.reads_per_second == 0, "reads_per_second", rate(client.reads_per_second));
    let default = ClientSetup::default();
    table.unless(client.keys == default.keys, "keys", rate(client.keys));
    table.unless(client.key_distribution == KeyDistribution::Uniform, "key_distribution", text("zipf"));
    table.unless(client.connections == default.connections, "connections", rate(client.connections.into()));
    table.unless(client.sessions == 0, "sessions", rate(client.sessions.into()));
    table.unless(client.think_time_us == 0, "think_time", duration(client.think_time_us));
    let statements = client.statements_per_transaction;
    table.unless(statements == 1, "statements_per_transaction", rate(statements));
    table.unless(!client.read_back, "read_back", Value::Flag(true));
    match client.retry {
        Retry::Never => {}
        Retry::Reads => table.put("retry", text("reads")),
        Retry::Safe => table.put("retry", text("safe")),
    }
    let backoff_us = client.retry_backoff_us;
    table.unless(backoff_us == default.retry_backoff_us, "retry_backoff", duration(backoff_us));
    table.settings("settings", &client.settings);
    table.table()
}

/// The tree of an entry of the schedule.
pub(crate) fn write_at((time, command): &(SimTime, Command)) -> Value {
    let mut table = Writer::default();
    table.put("time", duration(time.0));
    write_command(&mut table, command);
    table.table()
}

fn write_command(table: &mut Writer, command: &Command) {
    let action = action_name(command);
    match command {
        Command::Sql { console, sql } => {
            table.put(action, text(sql));
            match console {
                Console::Client(client) => table.put("client", text(client)),
                Console::On(node) => table.put("on", text(node)),
            }
        }
        Command::Partition { between, one_way } => {
            table.put(action, pair(between));
            table.unless(!one_way, "one_way", Value::Flag(true));
        }
        Command::Heal { between: None } => table.put(action, text("all")),
        Command::Heal { between: Some(between) } | Command::Disconnect { between } => table.put(action, pair(between)),
        Command::Repoint { node, upstream } => {
            table.put(action, text(node));
            table.put("upstream", text(upstream));
        }
        Command::SlowDisk { node, fsync_us } => {
            table.put(action, text(node));
            table.put("fsync", duration(*fsync_us));
        }
        Command::ApplyRate { node, per_second } => {
            table.put(action, text(node));
            if let Some(rate) = per_second {
                table.put("per_second", Value::Integer((*rate).into()));
            }
        }
        Command::FullDisk { node, full } => {
            table.put(action, text(node));
            table.unless(*full, "full", Value::Flag(false));
        }
        Command::DiskSize { node, size_bytes } => {
            table.put(action, text(node));
            if let Some(bytes) = size_bytes {
                table.put("size", text(&show_size(*bytes)));
            }
        }
        Command::Link { between, shape } => {
            table.put(action, pair(between));
            table.0.extend(write_shape(shape, &LinkShape::default()).0);
        }
        Command::Set { settings, on } => {
            table.put(action, write_settings(settings));
            if let Some(node) = on {
                table.put("on", text(node));
            }
        }
        Command::Workload { client, writes_per_second, reads_per_second } => {
            table.put(action, text(client));
            table.put("writes_per_second", Value::Integer((*writes_per_second).into()));
            table.put("reads_per_second", Value::Integer((*reads_per_second).into()));
        }
        Command::Proxy { change } => table.put(action, write_proxy_change(change)),
        Command::AddNode { node } => table.put(action, write_node(node)),
        Command::Cancel { client: name }
        | Command::Isolate { who: name }
        | Command::Crash { node: name }
        | Command::Kill { node: name }
        | Command::Restart { node: name }
        | Command::Pause { node: name }
        | Command::Resume { node: name }
        | Command::PauseReplay { node: name }
        | Command::ResumeReplay { node: name }
        | Command::Promote { node: name }
        | Command::Switchover { node: name }
        | Command::RemoveNode { node: name }
        | Command::Rewind { node: name }
        | Command::Reclone { node: name }
        | Command::BaseBackup { node: name } => table.put(action, text(name)),
    }
}

fn write_expectation(expectation: &Expectation) -> Value {
    let mut table = Writer::default();
    if let Some(at) = expectation.at {
        table.put("at", duration(at.0));
    }
    table.put("that", text(expectation.that.text()));
    table.table()
}

fn write_assignment(assignment: &Assignment) -> Value {
    let mut table = Writer::default();
    table.put("task", text(&assignment.task));
    let require = assignment.require.iter().map(|one| {
        let mut table = Writer::default();
        table.put("that", text(one.that.text()));
        if let Some(at) = one.at {
            table.put("at", duration(at.0));
        }
        table.unless(one.says.is_empty(), "says", text(&one.says));
        table.table()
    });
    table.put("require", list(require));
    let may_change = list(assignment.may_change.iter().map(|permit| text(&permit.to_string())));
    table.unless(assignment.may_change.is_empty(), "may_change", may_change);
    table.unless(assignment.add_nodes == 0, "add_nodes", Value::Integer(assignment.add_nodes.into()));
    let seeds = list(assignment.seeds.iter().map(|seed| Value::Integer((*seed).into())));
    table.unless(assignment.seeds.is_empty(), "seeds", seeds);
    table.table()
}
