//! A checked tree into a scenario. Values are of the right kind by now, so that reading cannot fail.

use std::sync::Arc;

use crate::engine::flavor::Flavor;
use crate::engine::time::SimTime;
use crate::order::{Arrange, OrderedMap};
use crate::sim::command::{Between, Command, Console};
use crate::sim::setup::{
    CausalReads, ClientSetup, Cpu, DiskSetup, FailoverSetup, KeyDistribution, LinkSetup, LinkShape, NoReplica,
    NodeSetup, ProxyChange, ProxySetup, ReadPolicy, Retry, Setup, SynchronousMode, Tags,
};

use super::assignment::{Assignment, Permit, Requirement};
use super::level::Level;
use super::path::Path;
use super::scenario::{Expectation, Scenario};
use super::that::That;
use super::tree::{Entry, Item, Value};
use super::units;

/// How long a run lasts unless said otherwise, in microseconds.
pub(crate) const DEFAULT_DURATION_US: u64 = 10_000_000;
/// The seed unless said otherwise.
pub(crate) const DEFAULT_SEED: u64 = 1;
/// How long reads go to the primary after a write, unless said otherwise: as long as Rails' database selector waits.
pub(crate) const DEFAULT_WINDOW_US: u64 = 2_000_000;
/// How long a causal read waits, unless said otherwise: MaxScale's `causal_reads_timeout`.
pub(crate) const DEFAULT_TIMEOUT_US: u64 = 10_000_000;

/// A scenario as it was read, and what is needed to say where its parts stand in the text.
pub(crate) struct Reading {
    /// The scenario, not validated yet.
    pub scenario: Scenario,
    /// For each entry of the schedule, which `[[at]]` it was.
    pub order: Vec<usize>,
    /// Expectations, conditions and permissions that cannot be read: where they stand, and why.
    pub unreadable: Vec<(Path, String)>,
}

/// Reads a scenario. The schedule comes in the order of time, and in the text's order where times are equal.
pub(crate) fn read(root: &Item) -> Reading {
    let table = Table(&root.value);
    let flavor = if table.word("flavor") == Some("mysql") { Flavor::Mysql } else { Flavor::Postgresql };
    let mut unreadable = Vec::new();
    let mut expect = Vec::new();
    for (index, item) in table.tables("expect").enumerate() {
        match That::parse(item.text("that").unwrap_or_default()) {
            Ok(that) => expect.push(Expectation { at: item.duration("at").map(SimTime), that }),
            Err(message) => unreadable.push((Path::of("expect").index(index).key("that"), message)),
        }
    }
    let setup = Setup {
        flavor,
        seed: table.integer("seed").unwrap_or(DEFAULT_SEED),
        schema: table.text("schema").unwrap_or_default().to_owned(),
        settings: table.settings("settings", flavor),
        nodes: table.tables("node").map(|node| read_node(&node, flavor)).collect(),
        network: read_network(table.table("network")),
        links: table.tables("link").filter_map(|link| read_link(&link)).collect(),
        failover: table.table("failover").map(|failover| read_failover(&failover)).unwrap_or_default(),
        proxy: table.table("proxy").map(|proxy| read_proxy(&proxy)),
        clients: table.tables("client").map(|client| read_client(&client, flavor)).collect(),
    };
    let mut at: Vec<_> = table.tables("at").enumerate().collect();
    at.arrange_by_key(|(_, at)| at.duration("time"));
    let mut workloads: Workloads =
        setup.clients.iter().map(|c| (c.name.clone(), (c.writes_per_second, c.reads_per_second))).collect();
    let mut order = Vec::new();
    let mut schedule = Vec::new();
    for (index, at) in at {
        if let (Some(time), Some(command)) = (at.duration("time"), read_command(&at, flavor, &mut workloads)) {
            order.push(index);
            schedule.push((SimTime(time), command));
        }
    }
    let readable = unreadable.len();
    // What is left of a task that cannot be read whole would be told of at other places.
    let assignment = table.table("assignment").map(|table| read_assignment(&table, &mut unreadable));
    let assignment = assignment.filter(|_| unreadable.len() == readable);
    let scenario = Scenario {
        title: table.text("title").unwrap_or_default().to_owned(),
        description: table.text("description").unwrap_or_default().to_owned(),
        level: table.word("level").and_then(Level::of),
        chapter: table.text("chapter").unwrap_or_default().to_owned(),
        setup,
        duration_us: table.duration("duration").unwrap_or(DEFAULT_DURATION_US),
        schedule,
        expect,
        assignment,
    };
    Reading { scenario, order, unreadable }
}

/// What each client's workload is at the instant that is being read: writes and reads a second.
type Workloads = OrderedMap<Arc<str>, (u32, u32)>;

/// The values of one table by key; `None` for what is left out.
struct Table<'a>(&'a Value);

impl<'a> Table<'a> {
    fn text(&self, key: &str) -> Option<&'a str> {
        self.0.get(key)?.value.as_text()
    }

    fn word(&self, key: &str) -> Option<&'a str> {
        self.text(key)
    }

    fn name(&self, key: &str) -> Option<Arc<str>> {
        self.text(key).map(Arc::from)
    }

    fn flag(&self, key: &str) -> Option<bool> {
        match self.0.get(key)?.value {
            Value::Flag(flag) => Some(flag),
            _ => None,
        }
    }

    fn integer<T: TryFrom<i128>>(&self, key: &str) -> Option<T> {
        match self.0.get(key)?.value {
            Value::Integer(number) => T::try_from(number).ok(),
            _ => None,
        }
    }

    fn duration(&self, key: &str) -> Option<u64> {
        units::parse_duration(self.text(key)?).ok()
    }

    fn size(&self, key: &str) -> Option<u64> {
        self.integer(key).or_else(|| units::parse_size(self.text(key)?).ok())
    }

    fn pair(&self, key: &str) -> Option<Between> {
        match self.0.get(key)?.value.items() {
            [a, b] => Some(Between(Arc::from(a.value.as_text()?), Arc::from(b.value.as_text()?))),
            _ => None,
        }
    }

    fn table(&self, key: &str) -> Option<Table<'a>> {
        Some(Table(&self.0.get(key)?.value))
    }

    fn items(&self, key: &str) -> &'a [Item] {
        self.0.get(key).map(|item| item.value.items()).unwrap_or_default()
    }

    fn tables(&self, key: &str) -> impl Iterator<Item = Table<'a>> + use<'a> {
        self.items(key).iter().map(|item| Table(&item.value))
    }

    fn weights(&self, key: &str) -> Option<Vec<(Arc<str>, u32)>> {
        let entries = self.0.get(key)?.value.entries();
        let weight = |value: &Value| match value {
            Value::Integer(number) => u32::try_from(*number).ok(),
            _ => None,
        };
        let entry = |entry: &Entry| Some((Arc::from(entry.key.as_str()), weight(&entry.item.value)?));
        Some(entries.iter().filter_map(entry).collect())
    }

    /// Settings as text; a flag becomes the word that the flavor's server prints for it.
    fn settings(&self, key: &str, flavor: Flavor) -> Vec<(Arc<str>, Arc<str>)> {
        let entries = self.0.get(key).map(|item| item.value.entries()).unwrap_or_default();
        let text = |value: &Value| match (value, flavor) {
            (Value::Flag(true), Flavor::Postgresql) => Some(Arc::from("on")),
            (Value::Flag(false), Flavor::Postgresql) => Some(Arc::from("off")),
            (Value::Flag(true), Flavor::Mysql) => Some(Arc::from("ON")),
            (Value::Flag(false), Flavor::Mysql) => Some(Arc::from("OFF")),
            (Value::Integer(number), _) => Some(Arc::from(number.to_string())),
            (value, _) => value.as_text().map(Arc::from),
        };
        entries.iter().filter_map(|entry| Some((Arc::from(entry.key.as_str()), text(&entry.item.value)?))).collect()
    }
}

fn read_assignment(table: &Table<'_>, unreadable: &mut Vec<(Path, String)>) -> Assignment {
    let path = Path::of("assignment");
    let mut require = Vec::new();
    for (index, item) in table.tables("require").enumerate() {
        match That::parse(item.text("that").unwrap_or_default()) {
            Ok(that) => require.push(Requirement {
                at: item.duration("at").map(SimTime),
                that,
                says: item.text("says").unwrap_or_default().to_owned(),
            }),
            Err(message) => unreadable.push((path.key("require").index(index).key("that"), message)),
        }
    }
    let mut may_change = Vec::new();
    for (index, text) in table.items("may_change").iter().filter_map(|item| item.value.as_text()).enumerate() {
        match Permit::parse(text) {
            Ok(permit) => may_change.push(permit),
            Err(message) => unreadable.push((path.key("may_change").index(index), message)),
        }
    }
    let seed = |item: &Item| match item.value {
        Value::Integer(seed) => u64::try_from(seed).ok(),
        _ => None,
    };
    Assignment {
        task: table.text("task").unwrap_or_default().to_owned(),
        require,
        may_change,
        add_nodes: table.integer("add_nodes").unwrap_or(0),
        seeds: table.items("seeds").iter().filter_map(seed).collect(),
    }
}

fn read_node(table: &Table<'_>, flavor: Flavor) -> NodeSetup {
    let disk = table.table("disk").map(|disk| DiskSetup {
        fsync_us: disk.duration("fsync").unwrap_or(DiskSetup::default().fsync_us),
        apply_rate: disk.integer("apply_rate"),
        size_bytes: disk.size("size"),
    });
    let cpu = table.table("cpu").map(|cpu| {
        let write_us = cpu.duration("write").unwrap_or(2_000);
        Cpu {
            workers: cpu.integer("workers").unwrap_or(4),
            read_us: cpu.duration("read").unwrap_or(1_000),
            write_us,
            apply_us: cpu.duration("apply").unwrap_or(write_us),
        }
    });
    NodeSetup {
        name: table.name("name").unwrap_or_default(),
        upstream: table.name("upstream"),
        disk: disk.unwrap_or_default(),
        cpu,
        settings: table.settings("settings", flavor),
        tags: Tags {
            nofailover: table.flag("nofailover").unwrap_or(false),
            failover_priority: table.integer("failover_priority").unwrap_or(Tags::default().failover_priority),
        },
    }
}

fn read_shape(table: &Table<'_>) -> LinkShape {
    LinkShape {
        latency_us: table.duration("latency"),
        jitter_us: table.duration("jitter"),
        bandwidth: table.text("bandwidth").and_then(|text| units::parse_bandwidth(text).ok()),
        loss_ppm: table.text("loss").and_then(|text| units::parse_share(text).ok()),
    }
}

fn read_network(table: Option<Table<'_>>) -> LinkShape {
    let shape = table.map(|table| read_shape(&table)).unwrap_or_default();
    let rule = LinkShape::DEFAULT;
    LinkShape {
        latency_us: shape.latency_us.or(rule.latency_us),
        jitter_us: shape.jitter_us.or(rule.jitter_us),
        bandwidth: shape.bandwidth.or(rule.bandwidth),
        loss_ppm: shape.loss_ppm.or(rule.loss_ppm),
    }
}

fn read_link(table: &Table<'_>) -> Option<LinkSetup> {
    let Between(a, b) = table.pair("between")?;
    Some(LinkSetup { between: (a, b), shape: read_shape(table) })
}

fn read_failover(table: &Table<'_>) -> FailoverSetup {
    let default = FailoverSetup::default();
    FailoverSetup {
        automatic: table.word("mode") == Some("automatic"),
        ttl_us: table.duration("ttl").unwrap_or(default.ttl_us),
        loop_wait_us: table.duration("loop_wait").unwrap_or(default.loop_wait_us),
        retry_timeout_us: table.duration("retry_timeout").unwrap_or(default.retry_timeout_us),
        maximum_lag_on_failover: table.size("maximum_lag_on_failover").unwrap_or(default.maximum_lag_on_failover),
        synchronous_mode: match table.word("synchronous_mode") {
            Some("on") => SynchronousMode::On,
            Some("quorum") => SynchronousMode::Quorum,
            _ => SynchronousMode::Off,
        },
        synchronous_mode_strict: table.flag("synchronous_mode_strict").unwrap_or(false),
        synchronous_node_count: table.integer("synchronous_node_count").unwrap_or(default.synchronous_node_count),
        failsafe_mode: table.flag("failsafe_mode").unwrap_or(false),
        primary_start_timeout_us: table.duration("primary_start_timeout").unwrap_or(default.primary_start_timeout_us),
        primary_stop_timeout_us: table.duration("primary_stop_timeout").unwrap_or(0),
        use_pg_rewind: table.flag("use_pg_rewind").unwrap_or(false),
        fencing: table.flag("fencing").unwrap_or(default.fencing),
        repoint: table.flag("repoint").unwrap_or(default.repoint),
    }
}

fn read_causal(table: &Table<'_>) -> CausalReads {
    match table.word("causal_reads") {
        Some("primary_after_write") => {
            CausalReads::PrimaryAfterWrite { window_us: table.duration("causal_window").unwrap_or(DEFAULT_WINDOW_US) }
        }
        Some("sticky") => CausalReads::Sticky,
        Some("wait_for_lsn") => {
            CausalReads::WaitForLsn { timeout_us: table.duration("causal_timeout").unwrap_or(DEFAULT_TIMEOUT_US) }
        }
        _ => CausalReads::None,
    }
}

fn read_policy(table: &Table<'_>) -> Option<ReadPolicy> {
    Some(match table.word("read_policy")? {
        "random" => ReadPolicy::Random,
        "least_lag" => ReadPolicy::LeastLag,
        "primary" => ReadPolicy::Primary,
        _ => ReadPolicy::RoundRobin,
    })
}

fn read_no_replica(table: &Table<'_>) -> Option<NoReplica> {
    table.word("no_replica").map(|word| if word == "error" { NoReplica::Error } else { NoReplica::Primary })
}

fn read_proxy(table: &Table<'_>) -> ProxySetup {
    let default = ProxySetup::default();
    ProxySetup {
        read_policy: read_policy(table).unwrap_or_default(),
        weights: table.weights("weights").unwrap_or_default(),
        max_replication_lag_us: table.duration("max_replication_lag"),
        no_replica: read_no_replica(table).unwrap_or_default(),
        causal_reads: read_causal(table),
        max_connections: table.integer("max_connections"),
        query_wait_timeout_us: table.duration("query_wait_timeout").unwrap_or(default.query_wait_timeout_us),
        retry_failed_reads: table.flag("retry_failed_reads").unwrap_or(default.retry_failed_reads),
        check_interval_us: table.duration("check_interval").unwrap_or(default.check_interval_us),
        check_timeout_us: table.duration("check_timeout").unwrap_or(default.check_timeout_us),
    }
}

fn read_proxy_change(table: &Table<'_>) -> ProxyChange {
    ProxyChange {
        read_policy: read_policy(table),
        weights: table.weights("weights"),
        max_replication_lag_us: table.duration("max_replication_lag"),
        no_replica: read_no_replica(table),
        causal_reads: table.word("causal_reads").map(|_| read_causal(table)),
        max_connections: table.integer("max_connections"),
    }
}

fn read_client(table: &Table<'_>, flavor: Flavor) -> ClientSetup {
    let default = ClientSetup::default();
    ClientSetup {
        name: table.name("name").unwrap_or_default(),
        connect: table.name("connect"),
        read_policy: read_policy(table),
        causal_reads: read_causal(table),
        writes_per_second: table.integer("writes_per_second").unwrap_or(0),
        reads_per_second: table.integer("reads_per_second").unwrap_or(0),
        keys: table.integer("keys").unwrap_or(default.keys),
        key_distribution: match table.word("key_distribution") {
            Some("zipf") => KeyDistribution::Zipf,
            _ => KeyDistribution::Uniform,
        },
        connections: table.integer("connections").unwrap_or(default.connections),
        sessions: table.integer("sessions").unwrap_or(default.sessions),
        think_time_us: table.duration("think_time").unwrap_or(default.think_time_us),
        statements_per_transaction: table
            .integer("statements_per_transaction")
            .unwrap_or(default.statements_per_transaction),
        read_back: table.flag("read_back").unwrap_or(default.read_back),
        retry: match table.word("retry") {
            Some("reads") => Retry::Reads,
            Some("safe") => Retry::Safe,
            _ => Retry::Never,
        },
        retry_backoff_us: table.duration("retry_backoff").unwrap_or(default.retry_backoff_us),
        settings: table.settings("settings", flavor),
    }
}

/// The command of an `[[at]]`. `None` when it names no action, which the check has reported.
fn read_command(table: &Table<'_>, flavor: Flavor, workloads: &mut Workloads) -> Option<Command> {
    if let Some(sql) = table.name("sql") {
        let console = table.name("client").map(Console::Client).or_else(|| table.name("on").map(Console::On))?;
        return Some(Command::Sql { console, sql });
    }
    if let Some(between) = table.pair("partition") {
        return Some(Command::Partition { between, one_way: table.flag("one_way").unwrap_or(false) });
    }
    if table.text("heal").is_some() {
        return Some(Command::Heal { between: None });
    }
    if let Some(between) = table.pair("heal") {
        return Some(Command::Heal { between: Some(between) });
    }
    if let Some(between) = table.pair("disconnect") {
        return Some(Command::Disconnect { between });
    }
    if let Some(between) = table.pair("link") {
        return Some(Command::Link { between, shape: read_shape(table) });
    }
    if table.0.get("set").is_some() {
        return Some(Command::Set { settings: table.settings("set", flavor), on: table.name("on") });
    }
    if let Some(change) = table.table("proxy") {
        return Some(Command::Proxy { change: Box::new(read_proxy_change(&change)) });
    }
    if let Some(node) = table.table("add_node") {
        return Some(Command::AddNode { node: Box::new(read_node(&node, flavor)) });
    }
    if let Some(node) = table.name("slow_disk") {
        return Some(Command::SlowDisk { node, fsync_us: table.duration("fsync")? });
    }
    if let Some(node) = table.name("apply_rate") {
        return Some(Command::ApplyRate { node, per_second: table.integer("per_second") });
    }
    if let Some(node) = table.name("full_disk") {
        return Some(Command::FullDisk { node, full: table.flag("full").unwrap_or(true) });
    }
    if let Some(node) = table.name("disk_size") {
        return Some(Command::DiskSize { node, size_bytes: table.size("size") });
    }
    if let Some(node) = table.name("repoint") {
        return Some(Command::Repoint { node, upstream: table.name("upstream")? });
    }
    if let Some(client) = table.name("workload") {
        let (writes, reads) = workloads.get(&client).copied().unwrap_or_default();
        let writes_per_second = table.integer("writes_per_second").unwrap_or(writes);
        let reads_per_second = table.integer("reads_per_second").unwrap_or(reads);
        workloads.insert(client.clone(), (writes_per_second, reads_per_second));
        return Some(Command::Workload { client, writes_per_second, reads_per_second });
    }
    if let Some(client) = table.name("cancel") {
        return Some(Command::Cancel { client });
    }
    if let Some(who) = table.name("isolate") {
        return Some(Command::Isolate { who });
    }
    read_plain_command(table)
}

/// The commands that name a node and nothing else.
fn read_plain_command(table: &Table<'_>) -> Option<Command> {
    type Make = fn(Arc<str>) -> Command;
    let plain: [(&str, Make); 13] = [
        ("crash", |node| Command::Crash { node }),
        ("kill", |node| Command::Kill { node }),
        ("restart", |node| Command::Restart { node }),
        ("pause", |node| Command::Pause { node }),
        ("resume", |node| Command::Resume { node }),
        ("pause_replay", |node| Command::PauseReplay { node }),
        ("resume_replay", |node| Command::ResumeReplay { node }),
        ("promote", |node| Command::Promote { node }),
        ("switchover", |node| Command::Switchover { node }),
        ("remove_node", |node| Command::RemoveNode { node }),
        ("rewind", |node| Command::Rewind { node }),
        ("reclone", |node| Command::Reclone { node }),
        ("base_backup", |node| Command::BaseBackup { node }),
    ];
    plain.into_iter().find_map(|(key, make)| table.name(key).map(make))
}
