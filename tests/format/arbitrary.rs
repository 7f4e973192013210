//! Scenarios and texts of any kind.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;
use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::time::SimTime;
use replication_lab::scenario::assignment::{Assignment, Permit, Requirement};
use replication_lab::scenario::{Expectation, Level, Scenario, That};
use replication_lab::sim::command::{Between, Command, Console};
use replication_lab::sim::setup::*;

/// A valid scenario; its names hold whatever names may hold.
pub fn scenario() -> impl Strategy<Value = Scenario> {
    let names = (name("n"), name("m"), name("c")).prop_map(|(a, b, c)| [a, b, c].map(Arc::<str>::from));
    (names, any::<bool>()).prop_flat_map(|(names, mysql)| {
        let flavor = if mysql { Flavor::Mysql } else { Flavor::Postgresql };
        let schedule = prop::collection::vec((0u64..60_000_000, command(names.clone(), flavor)), 0..8);
        let head = (text(), text(), 0u64..(1 << 53), text(), 60_000_000u64..120_000_000);
        let assignment = prop::option::of(assignment());
        let shelf = (prop::option::of(select(vec![Level::Beginner, Level::Intermediate, Level::Advanced])), short());
        (head, shelf, setup(names, flavor), schedule, prop::collection::vec(expect(), 0..4), assignment).prop_map(
            |(head, (level, chapter), mut setup, mut schedule, expect, assignment)| {
                let (title, description, seed, schema, duration_us) = head;
                setup.seed = seed;
                setup.schema = schema;
                schedule.sort_by_key(|(time, _)| *time);
                let schedule = schedule.into_iter().map(|(time, command)| (SimTime(time), command)).collect();
                Scenario { title, description, level, chapter, setup, duration_us, schedule, expect, assignment }
            },
        )
    })
}

/// A name of an allowed length without control characters or blanks around it; the prefix keeps names apart.
fn name(prefix: &'static str) -> impl Strategy<Value = String> {
    "[ -~äß\u{1F600}]{0,10}[!-~é]".prop_map(move |rest| format!("{prefix}{rest}"))
}

/// A text that is short in bytes, too.
fn short() -> impl Strategy<Value = String> {
    "[ -~\n\"\\\\ß]{0,25}"
}

fn text() -> impl Strategy<Value = String> {
    "[ -~\n\t\r\"'\\\\äß\u{1F600}\u{7f}]{0,40}"
}

fn assignment() -> impl Strategy<Value = Assignment> {
    let require = (expect(), text()).prop_map(|(expect, says)| Requirement { at: expect.at, that: expect.that, says });
    let keys = vec!["settings", "proxy.causal_reads", "client.*.connect", "at.promote", "node.*.disk", "failover.ttl"];
    let may_change = prop::collection::vec(select(keys), 0..4);
    let seeds = prop::collection::vec(0u64..(1 << 53), 0..4);
    (text(), prop::collection::vec(require, 1..4), may_change, 0u8..4, seeds).prop_map(
        |(task, require, may_change, add_nodes, seeds)| Assignment {
            task: format!("do {task}"),
            require,
            may_change: may_change.into_iter().map(|key| Permit::parse(key).unwrap()).collect(),
            add_nodes,
            seeds,
        },
    )
}

fn expect() -> impl Strategy<Value = Expectation> {
    let that = select(vec!["writes.lost > 0", " nodes[name=\"x\\\"y\"].rows == 'a'  ", "a.b[0] != null"]);
    (prop::option::of(0u64..60_000_000), that)
        .prop_map(|(at, that)| Expectation { at: at.map(SimTime), that: That::parse(that).unwrap() })
}

fn settings(flavor: Flavor) -> impl Strategy<Value = Vec<(Arc<str>, Arc<str>)>> {
    let known: Vec<Vec<(&str, &str)>> = match flavor {
        Flavor::Postgresql => vec![
            vec![],
            vec![("synchronous_standby_names", "ANY 1 (a, \"b\"\"c\")"), ("wal_keep_size", "64MB")],
            vec![("Lock_Timeout", " 5 min ")],
        ],
        Flavor::Mysql => vec![vec![], vec![("read_only", "ON"), ("max_binlog_size", "1M")]],
    };
    let shared = |list: Vec<(&str, &str)>| list.into_iter().map(|(a, b)| (Arc::from(a), Arc::from(b))).collect();
    select(known).prop_map(shared)
}

fn disk() -> impl Strategy<Value = DiskSetup> {
    (duration(), prop::option::of(1u32..1_000_000), prop::option::of(0u64..1 << 40))
        .prop_map(|(fsync_us, apply_rate, size_bytes)| DiskSetup { fsync_us, apply_rate, size_bytes })
}

fn duration() -> impl Strategy<Value = u64> {
    prop_oneof![0u64..5_000_000, (0u64..60).prop_map(|s| s * 1_000_000), Just(86_400_000_000)]
}

fn shape() -> impl Strategy<Value = LinkShape> {
    use prop::option::of;
    (of(duration()), of(duration()), of(0u64..1 << 40), of(0u32..1_000_000)).prop_map(
        |(latency_us, jitter_us, bandwidth, loss_ppm)| LinkShape { latency_us, jitter_us, bandwidth, loss_ppm },
    )
}

fn causal() -> impl Strategy<Value = CausalReads> {
    prop_oneof![
        Just(CausalReads::None),
        Just(CausalReads::Sticky),
        duration().prop_map(|window_us| CausalReads::PrimaryAfterWrite { window_us }),
        duration().prop_map(|timeout_us| CausalReads::WaitForLsn { timeout_us }),
    ]
}

fn setup(names: [Arc<str>; 3], flavor: Flavor) -> impl Strategy<Value = Setup> {
    let [first, second, client] = names;
    let policy = select(vec![ReadPolicy::RoundRobin, ReadPolicy::Random, ReadPolicy::LeastLag, ReadPolicy::Primary]);
    let weighted = second.clone();
    let limits = (prop::option::of(0u32..=1_000), prop::option::of(1u32..=10_000), 1u64..9_000_000, any::<bool>());
    let proxy = (policy, prop::option::of(duration()), causal(), limits).prop_map(
        move |(read_policy, max_replication_lag_us, causal_reads, (weight, max_connections, time_us, flag))| {
            ProxySetup {
                read_policy,
                weights: weight.map(|weight| (weighted.clone(), weight)).into_iter().collect(),
                max_replication_lag_us,
                no_replica: if flag { NoReplica::Error } else { NoReplica::Primary },
                causal_reads,
                max_connections,
                query_wait_timeout_us: time_us,
                retry_failed_reads: flag,
                check_interval_us: time_us,
                check_timeout_us: time_us,
            }
        },
    );
    let mode = select(match flavor {
        Flavor::Postgresql => vec![SynchronousMode::Off, SynchronousMode::On, SynchronousMode::Quorum],
        Flavor::Mysql => vec![SynchronousMode::Off],
    });
    let failover = (any::<bool>(), 1u64..9_000_000, mode, any::<bool>(), any::<bool>()).prop_map(
        move |(automatic, wait, synchronous_mode, fencing, repoint)| FailoverSetup {
            automatic,
            ttl_us: wait * 4,
            loop_wait_us: wait,
            retry_timeout_us: wait,
            maximum_lag_on_failover: wait,
            synchronous_mode,
            synchronous_mode_strict: synchronous_mode != SynchronousMode::Off && fencing,
            synchronous_node_count: 1 + (wait % 9) as u32,
            failsafe_mode: repoint,
            primary_start_timeout_us: wait * 3,
            primary_stop_timeout_us: wait - 1,
            use_pg_rewind: flavor == Flavor::Postgresql && repoint,
            fencing,
            repoint,
        },
    );
    let rates = (0u32..=100_000, 0u32..=100_000, 1u32..1_000_000);
    let cpu = (1u16..=1_000, duration(), duration(), duration());
    let cpu = cpu.prop_map(|(workers, read_us, write_us, apply_us)| Cpu { workers, read_us, write_us, apply_us });
    let nodes = (disk(), settings(flavor), any::<bool>(), prop::option::of(cpu));
    let retries = select(vec![Retry::Never, Retry::Reads, Retry::Safe]);
    let work = (1u16..=1_000, 0u16..=1_000, duration(), 1u32..=100, retries, any::<bool>());
    (nodes, settings(flavor), shape(), shape(), failover, prop::option::of(proxy), causal(), (rates, work)).prop_map(
        move |((disk, own, named, cpu), settings, network, link, failover, proxy, causal_reads, (rates, work))| {
            let (connections, sessions, time_us, statements_per_transaction, retry, flag) = work;
            let through_proxy = proxy.is_some();
            let rule = LinkShape::DEFAULT;
            Setup {
                flavor,
                seed: 0,
                schema: String::new(),
                settings,
                nodes: vec![
                    NodeSetup {
                        name: first.clone(),
                        upstream: None,
                        disk: DiskSetup::default(),
                        cpu: None,
                        settings: vec![],
                        tags: Tags { nofailover: named, failover_priority: 3 },
                    },
                    NodeSetup {
                        name: second.clone(),
                        upstream: named.then(|| first.clone()),
                        disk,
                        cpu,
                        settings: own,
                        tags: Tags::default(),
                    },
                ],
                network: LinkShape {
                    latency_us: network.latency_us.or(rule.latency_us),
                    jitter_us: network.jitter_us.or(rule.jitter_us),
                    bandwidth: network.bandwidth.or(rule.bandwidth),
                    loss_ppm: network.loss_ppm.or(rule.loss_ppm),
                },
                links: vec![LinkSetup { between: (first.clone(), client.clone()), shape: link }],
                failover,
                proxy,
                clients: vec![ClientSetup {
                    name: client.clone(),
                    connect: None,
                    causal_reads: if through_proxy { CausalReads::None } else { causal_reads },
                    writes_per_second: rates.0,
                    reads_per_second: rates.1,
                    keys: rates.2,
                    read_policy: (flag && !through_proxy).then_some(ReadPolicy::LeastLag),
                    key_distribution: if flag { KeyDistribution::Zipf } else { KeyDistribution::Uniform },
                    connections,
                    sessions,
                    think_time_us: if sessions > 0 { time_us } else { 0 },
                    statements_per_transaction,
                    read_back: flag,
                    retry,
                    retry_backoff_us: time_us,
                    settings: match flavor {
                        Flavor::Postgresql => vec![("synchronous_commit".into(), "local".into())],
                        Flavor::Mysql => Vec::new(),
                    },
                }],
            }
        },
    )
}

/// Something that is done to a cluster of two nodes and a client of these names.
pub fn command(names: [Arc<str>; 3], flavor: Flavor) -> impl Strategy<Value = Command> {
    let [node, upstream, client] = names;
    let between = Between(node.clone(), upstream.clone());
    let plain = vec![
        Command::Isolate { who: client.clone() },
        Command::Heal { between: None },
        Command::Heal { between: Some(between.clone()) },
        Command::Crash { node: node.clone() },
        Command::Kill { node: node.clone() },
        Command::Restart { node: node.clone() },
        Command::Pause { node: node.clone() },
        Command::Resume { node: node.clone() },
        Command::PauseReplay { node: node.clone() },
        Command::ResumeReplay { node: node.clone() },
        Command::Promote { node: node.clone() },
        Command::Switchover { node: node.clone() },
        Command::Repoint { node: node.clone(), upstream: upstream.clone() },
        Command::Disconnect { between: between.clone() },
        Command::FullDisk { node: node.clone(), full: true },
        Command::FullDisk { node: node.clone(), full: false },
        Command::DiskSize { node: node.clone(), size_bytes: None },
        Command::DiskSize { node: node.clone(), size_bytes: Some(64 << 20) },
        Command::Cancel { client: client.clone() },
        Command::RemoveNode { node: node.clone() },
        Command::Rewind { node: node.clone() },
        Command::Reclone { node: node.clone() },
        Command::BaseBackup { node: node.clone() },
    ];
    let consoles = vec![Console::Client(client.clone()), Console::On(node.clone())];
    let set_on = prop::option::of(Just(node.clone()));
    let (slow, rate, cut, link, added) = (node.clone(), node.clone(), between.clone(), between, upstream);
    prop_oneof![
        select(plain),
        (select(consoles), text()).prop_map(|(console, sql)| Command::Sql { console, sql: sql.into() }),
        any::<bool>().prop_map(move |one_way| Command::Partition { between: cut.clone(), one_way }),
        duration().prop_map(move |fsync_us| Command::SlowDisk { node: slow.clone(), fsync_us }),
        prop::option::of(1u32..1_000_000)
            .prop_map(move |per_second| Command::ApplyRate { node: rate.clone(), per_second }),
        shape().prop_map(move |shape| Command::Link { between: link.clone(), shape }),
        (settings(flavor), set_on)
            .prop_filter("a change needs a setting", |(settings, _)| !settings.is_empty())
            .prop_map(|(settings, on)| Command::Set { settings, on }),
        (0u32..100_000, 0u32..100_000).prop_map(move |(writes_per_second, reads_per_second)| Command::Workload {
            client: client.clone(),
            writes_per_second,
            reads_per_second,
        }),
        (name("x"), disk(), settings(flavor)).prop_map(move |(name, disk, settings)| Command::AddNode {
            node: Box::new(NodeSetup {
                name: name.into(),
                upstream: Some(added.clone()),
                disk,
                cpu: None,
                settings,
                tags: Tags::default()
            }),
        }),
    ]
}

/// Text that looks a little like a scenario, or like nothing.
pub fn hostile_text() -> impl Strategy<Value = String> {
    let pieces = select(vec![
        "[[node]]\n",
        "name = \"db1\"\n",
        "[[at]]\n",
        "time = \"1s\"\n",
        "sql = ",
        "\"\"\"",
        "'",
        "{",
        "}",
        "[",
        "]",
        "\n",
        "=",
        ",",
        "\"",
        "\\u0000",
        "disk = { fsync = ",
        "1e9",
        "\"1ms\"",
        "true",
        "null",
        "node",
        ":",
        ".",
        "set",
        "[proxy]\n",
        "-",
        "9223372036854775808",
        "1979-05-27",
        "\u{feff}",
        "\u{0}",
        "é",
        "partition = [\"a\", \"b\"]\n",
        "(",
        ")",
        "FIRST ",
        "ANY ",
        "*",
        "2 ",
        "==",
        "[name=",
        "expect",
        "that = ",
    ]);
    let pieced = prop::collection::vec(pieces, 0..30).prop_map(|pieces| pieces.concat());
    prop_oneof![3 => pieced, 1 => any::<String>(), 1 => prop::collection::vec(any::<u8>(), 0..80).prop_map(|bytes| {
        String::from_utf8_lossy(&bytes).into_owned()
    })]
}

/// A value for a setting or a key.
pub fn hostile_value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[-+0-9a-zA-Z. ]{0,12}",
        "[0-9]{1,30}(us|ms|s|min|h|d|B|kB|MB|GB|TB|K|M|G)?",
        any::<String>(),
        hostile_text()
    ]
}

/// Something near a rule for standbys.
pub fn standby_rule() -> impl Strategy<Value = String> {
    let pieces = select(vec![
        "ANY ", "FIRST ", "1", "2", " (", ")", ", ", "*", "db2", "\"a b\"", "\"\"\"\"", "any", "é", "\"*\"", "12",
    ]);
    let list = "(\\*|[a-zA-Z_][a-z0-9$]{0,3}|\"[ -~é]{0,6}\"|[0-9]{1,3})(, *(\\*|[a-zA-Z_]{1,3}|\"[^\"]{0,4}\")){0,3}";
    prop_oneof![
        prop::collection::vec(pieces, 0..10).prop_map(|pieces| pieces.concat()),
        list.prop_map(|list| list),
        ("(ANY|first|) ?[1-9][0-9]{0,2}", list).prop_map(|(head, list)| format!("{head} ({list})")),
    ]
}

/// Something near an expectation.
pub fn expectation() -> impl Strategy<Value = String> {
    let pieces = select(vec![
        "writes",
        "nodes",
        "failovers",
        ".",
        "[",
        "]",
        "0",
        "name=",
        "db1",
        "lost",
        ".count",
        " == ",
        " < ",
        "null",
        "\"",
        "'x'",
        "99999999999999999999",
        "-1",
        "latency_ms",
        "p50",
        "é",
        "==",
    ]);
    prop::collection::vec(pieces, 0..9).prop_map(|pieces| pieces.concat())
}
