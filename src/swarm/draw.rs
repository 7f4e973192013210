//! A whole scenario from one seed: the cluster. What happens to it is in [`super::plan`].

use std::sync::Arc;

use rand_pcg::Pcg32;

use super::plan;
use crate::engine::chance::below;
use crate::engine::flavor::Flavor;
use crate::engine::time::MILLISECOND_US;
use crate::scenario::Scenario;
use crate::sim::random::{self, Stream};
use crate::sim::setup::{
    CausalReads, ClientSetup, Cpu, DiskSetup, FailoverSetup, KeyDistribution, LinkSetup, LinkShape, NoReplica,
    NodeSetup, ProxySetup, ReadPolicy, Retry, Setup, SynchronousMode, Tags,
};

/// What settings are called, and what they are.
type Pairs = Vec<(Arc<str>, Arc<str>)>;

/// A scenario from a seed. It is valid, and the same seed always draws the same.
#[must_use]
pub fn draw(seed: u64) -> Scenario {
    let mut dice = Dice(random::stream(seed, Stream::Swarm));
    let flavor = if dice.one_in(3) { Flavor::Mysql } else { Flavor::Postgresql };
    let count = dice.between(2, 6);
    let failover = failover(&mut dice, flavor);
    let mut nodes: Vec<NodeSetup> = (0..count).map(|index| node(&mut dice, index, &failover)).collect();
    let settings = match flavor {
        Flavor::Postgresql => postgresql(&mut dice, &mut nodes, &failover),
        Flavor::Mysql => mysql(&mut dice, &mut nodes),
    };
    let proxy = (!dice.one_in(4)).then(|| proxy(&mut dice, count));
    let clients: Vec<ClientSetup> =
        (0..dice.between(1, 3)).map(|index| client(&mut dice, index, flavor, count, proxy.is_some())).collect();
    let network = shape(&mut dice);
    let links = if count > 2 && dice.one_in(4) {
        let between = (name(dice.below(count - 1)), name(count - 1));
        vec![LinkSetup { between, shape: shape(&mut dice) }]
    } else {
        Vec::new()
    };
    let setup = Setup {
        flavor,
        seed,
        schema: "CREATE TABLE t (id INTEGER PRIMARY KEY, v)".to_owned(),
        settings,
        nodes,
        network,
        links,
        failover,
        proxy,
        clients,
    };
    let duration_us = dice.between(4, 10) * 1_000 * MILLISECOND_US;
    let schedule = plan::plan(&mut dice, &setup, duration_us);
    Scenario {
        title: format!("Swarm seed {seed}"),
        description: String::new(),
        level: None,
        chapter: String::new(),
        setup,
        duration_us,
        schedule,
        expect: Vec::new(),
        assignment: None,
    }
}

/// Chance, in the words of whoever draws.
pub(super) struct Dice(Pcg32);

impl Dice {
    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        below(limit, &mut self.0)
    }

    /// A number from `least` to `most`.
    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most.saturating_sub(least) + 1)
    }

    /// True once in so many times.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of these; the default where there is none.
    pub fn one_of<T: Copy + Default>(&mut self, these: &[T]) -> T {
        let index = self.below(these.len() as u64);
        these.get(index as usize).copied().unwrap_or_default()
    }
}

/// The name of the server at a position from 0.
pub(super) fn name(index: u64) -> Arc<str> {
    format!("db{}", index + 1).into()
}

fn pair(name: &str, value: impl AsRef<str>) -> (Arc<str>, Arc<str>) {
    (name.into(), value.as_ref().into())
}

fn failover(dice: &mut Dice, flavor: Flavor) -> FailoverSetup {
    let mut failover = FailoverSetup::default();
    if dice.one_in(2) {
        failover.repoint = !dice.one_in(5);
        return failover;
    }
    failover.automatic = true;
    let unit_us = dice.one_of(&[300, 500, 1_000]) * MILLISECOND_US;
    (failover.loop_wait_us, failover.retry_timeout_us) = (unit_us, unit_us);
    failover.ttl_us = 3 * unit_us + dice.below(1_500) * MILLISECOND_US;
    failover.primary_start_timeout_us = dice.one_of(&[0, 1_000, 5_000]) * MILLISECOND_US;
    failover.primary_stop_timeout_us = dice.one_of(&[0, 2_000]) * MILLISECOND_US;
    failover.fencing = !dice.one_in(8);
    failover.failsafe_mode = dice.one_in(4);
    if flavor == Flavor::Postgresql {
        failover.synchronous_mode = match dice.below(3) {
            0 => SynchronousMode::Off,
            1 => SynchronousMode::On,
            _ => SynchronousMode::Quorum,
        };
        failover.synchronous_mode_strict = failover.synchronous_mode != SynchronousMode::Off && !dice.one_in(4);
        failover.synchronous_node_count = dice.one_of(&[1, 1, 2]);
        failover.use_pg_rewind = dice.one_in(2);
    }
    failover
}

fn node(dice: &mut Dice, index: u64, failover: &FailoverSetup) -> NodeSetup {
    let cascades = index > 1 && dice.one_in(5);
    let upstream = cascades.then(|| name(dice.between(1, index - 1)));
    let disk = DiskSetup {
        fsync_us: dice.one_of(&[200, 1_000, 1_000, 4_000]),
        apply_rate: dice.one_in(6).then(|| dice.between(20, 200) as u32),
        size_bytes: None,
    };
    let cpu = dice.one_in(8).then(|| Cpu {
        workers: dice.between(1, 4) as u16,
        read_us: 200 + dice.below(1_000),
        write_us: 200 + dice.below(2_000),
        apply_us: 200 + dice.below(2_000),
    });
    // Somebody has to be left who may lead.
    let nofailover = failover.automatic && index == 2 && dice.one_in(5);
    let failover_priority = if failover.automatic && index > 0 { dice.one_of(&[1, 1, 2]) } else { 1 };
    NodeSetup {
        name: name(index),
        upstream,
        disk,
        cpu,
        settings: Vec::new(),
        tags: Tags { nofailover, failover_priority },
    }
}

/// `db2, db3` and so on, all that can stand by when the first leads; or all, so that any may lead.
fn list(count: u64, with_first: bool) -> String {
    let names: Vec<_> = (u64::from(!with_first)..count).map(name).collect();
    names.join(", ")
}

/// A rule for `synchronous_standby_names`.
pub(super) fn standby_names(dice: &mut Dice, count: u64) -> String {
    let (all, others) = (list(count, true), list(count, false));
    match dice.below(7) {
        0 | 1 => String::new(),
        2 => "*".to_owned(),
        3 => format!("FIRST {} ({others})", dice.between(1, count - 1)),
        4 => format!("ANY {} ({others})", dice.between(1, count - 1)),
        _ => format!("ANY {} ({all})", count - 1),
    }
}

fn postgresql(dice: &mut Dice, nodes: &mut [NodeSetup], failover: &FailoverSetup) -> Pairs {
    let count = nodes.len() as u64;
    let managed = failover.automatic && failover.synchronous_mode != SynchronousMode::Off;
    let level = dice.one_of(&["off", "local", "remote_write", "on", "on", "on", "remote_apply", "remote_apply"]);
    let mut settings = vec![pair("synchronous_commit", level)];
    if !managed {
        settings.push(pair("synchronous_standby_names", standby_names(dice, count)));
    }
    for key in ["wal_receiver_timeout", "wal_sender_timeout"] {
        settings.push(pair(key, dice.one_of(&["1s", "2s", "5s"])));
    }
    settings.push(pair("wal_retrieve_retry_interval", dice.one_of(&["200ms", "1s", "5s"])));
    settings.push(pair("wal_receiver_status_interval", dice.one_of(&["1s", "10s"])));
    settings.push(pair("checkpoint_timeout", dice.one_of(&["30s", "5min"])));
    settings.push(pair("wal_writer_delay", dice.one_of(&["10ms", "200ms", "2s"])));
    if dice.one_in(4) {
        // Small files, so that log goes.
        settings.push(pair("wal_segment_size", "1MB"));
        settings.extend([pair("max_wal_size", "2MB"), pair("min_wal_size", "2MB")]);
        settings.push(pair("wal_keep_size", dice.one_of(&["0", "4MB"])));
        settings.push(pair("max_slot_wal_keep_size", dice.one_of(&["-1", "1MB"])));
    }
    if dice.one_in(5) {
        settings.push(pair("lock_timeout", "500ms"));
    }
    if dice.one_in(6) {
        settings.push(pair("hot_standby", "off"));
    }
    for (index, node) in nodes.iter_mut().enumerate().skip(1) {
        if dice.one_in(8) {
            node.settings.push(pair("recovery_min_apply_delay", dice.one_of(&["200ms", "1s", "2s"])));
        }
        if dice.one_in(4) {
            node.settings.push(pair("primary_slot_name", format!("slot_{}", index + 1)));
        }
    }
    settings
}

fn mysql(dice: &mut Dice, nodes: &mut [NodeSetup]) -> Pairs {
    let count = nodes.len() as u64;
    let semi_sync = if dice.one_in(3) { "OFF" } else { "ON" };
    let wait_for = if dice.one_in(2) { count - 1 } else { dice.between(1, count - 1) };
    let settings = vec![
        pair("rpl_semi_sync_source_enabled", semi_sync),
        pair("rpl_semi_sync_replica_enabled", semi_sync),
        pair("rpl_semi_sync_source_timeout", dice.one_of(&["200", "1000", "10000", "3600000", "3600000"])),
        pair("rpl_semi_sync_source_wait_point", dice.one_of(&["AFTER_SYNC", "AFTER_SYNC", "AFTER_COMMIT"])),
        pair("rpl_semi_sync_source_wait_no_replica", if dice.one_in(4) { "OFF" } else { "ON" }),
        pair("rpl_semi_sync_source_wait_for_replica_count", wait_for.to_string()),
        pair("sync_binlog", dice.one_of(&["1", "1", "1", "0", "3"])),
        pair("binlog_format", dice.one_of(&["ROW", "ROW", "ROW", "MIXED", "STATEMENT"])),
        pair("max_binlog_size", dice.one_of(&["4096", "1073741824"])),
        pair("replica_net_timeout", dice.one_of(&["1", "5"])),
        pair("source_connect_retry", "1"),
        pair("source_retry_count", "0"),
        pair("replica_parallel_workers", dice.one_of(&["1", "4"])),
        pair("innodb_lock_wait_timeout", dice.one_of(&["1", "50"])),
    ];
    for node in nodes.iter_mut().skip(1) {
        if dice.one_in(8) {
            node.settings.push(pair("source_delay", dice.one_of(&["1", "2"])));
        }
    }
    settings
}

pub(super) fn causal_reads(dice: &mut Dice) -> CausalReads {
    match dice.below(6) {
        0 => CausalReads::None,
        1 => CausalReads::PrimaryAfterWrite { window_us: dice.between(100, 2_000) * MILLISECOND_US },
        2 | 3 => CausalReads::Sticky,
        _ => CausalReads::WaitForLsn { timeout_us: dice.one_of(&[0, 50, 500, 2_000]) * MILLISECOND_US },
    }
}

fn proxy(dice: &mut Dice, count: u64) -> ProxySetup {
    let read_policy = match dice.below(4) {
        0 => ReadPolicy::RoundRobin,
        1 => ReadPolicy::Random,
        2 => ReadPolicy::LeastLag,
        _ => ReadPolicy::Primary,
    };
    ProxySetup {
        read_policy,
        weights: if dice.one_in(6) { vec![(name(count - 1), dice.below(4) as u32)] } else { Vec::new() },
        max_replication_lag_us: dice.one_in(4).then(|| dice.between(100, 2_000) * MILLISECOND_US),
        no_replica: if dice.one_in(5) { NoReplica::Error } else { NoReplica::Primary },
        causal_reads: causal_reads(dice),
        max_connections: dice.one_in(4).then(|| dice.between(1, 20) as u32),
        query_wait_timeout_us: dice.one_of(&[500, 2_000]) * MILLISECOND_US,
        retry_failed_reads: !dice.one_in(4),
        check_interval_us: dice.one_of(&[200, 1_000]) * MILLISECOND_US,
        check_timeout_us: dice.one_of(&[300, 1_000]) * MILLISECOND_US,
    }
}

fn client(dice: &mut Dice, index: u64, flavor: Flavor, count: u64, proxy: bool) -> ClientSetup {
    let hosts: Vec<_> = (0..count).map(name).collect();
    let hosts = hosts.join(",");
    let connect = dice.one_in(4).then(|| match flavor {
        Flavor::Postgresql => format!("postgresql://{hosts}/?target_session_attrs=read-write"),
        Flavor::Mysql => format!("mysql://{hosts}/"),
    });
    let splits = (connect.is_some() || !proxy) && dice.one_in(2);
    let mut client = ClientSetup {
        name: format!("app{}", index + 1).into(),
        connect: connect.map(Into::into),
        read_policy: splits.then_some(ReadPolicy::RoundRobin),
        causal_reads: if splits { causal_reads(dice) } else { CausalReads::None },
        writes_per_second: dice.between(0, 20) as u32 + if index == 0 { 4 } else { 0 },
        reads_per_second: dice.between(0, 20) as u32,
        keys: dice.one_of(&[1, 3, 10, 100]),
        key_distribution: if dice.one_in(3) { KeyDistribution::Zipf } else { KeyDistribution::Uniform },
        connections: dice.one_of(&[1, 4, 32]),
        statements_per_transaction: dice.one_of(&[1, 1, 1, 2, 4]),
        read_back: dice.one_in(3),
        retry: [Retry::Never, Retry::Reads, Retry::Safe][dice.below(3) as usize % 3],
        ..ClientSetup::default()
    };
    if dice.one_in(4) {
        client.sessions = dice.between(1, 6) as u16;
        client.think_time_us = dice.between(20, 200) * MILLISECOND_US;
    }
    if flavor == Flavor::Postgresql && dice.one_in(6) {
        client.settings.push(pair("synchronous_commit", dice.one_of(&["on", "remote_apply", "local"])));
    }
    client
}

/// What a link is like, all of it said.
pub(super) fn shape(dice: &mut Dice) -> LinkShape {
    LinkShape {
        latency_us: Some(dice.one_of(&[100, 1_000, 2_000, 5_000, 20_000])),
        jitter_us: Some(dice.one_of(&[0, 100, 500, 3_000])),
        // A message arrives whole: the largest must not take longer than the shortest time-out.
        bandwidth: Some(if dice.one_in(8) { dice.between(1_000, 4_000) * 1_000 } else { 0 }),
        loss_ppm: Some(if dice.one_in(8) { dice.between(1, 30) as u32 * 1_000 } else { 0 }),
    }
}
