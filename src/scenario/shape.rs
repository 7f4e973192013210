//! The format as a table: every key, what it takes, and what it means. Checking, suggestions and the JSON Schema go by it.

use super::level::Level;

/// What a key takes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Type {
    /// Text of at most so many bytes.
    Text(usize),
    /// The name of a node, a client, `proxy` or `store`.
    Name,
    /// True or false.
    Flag,
    /// A whole number in a range.
    Integer(u64, u64),
    /// `5ms`.
    Duration,
    /// `64MB`, or a number of bytes.
    Size,
    /// `1MB/s` or `unlimited`.
    Bandwidth,
    /// `0.5%`.
    Share,
    /// Transactions a second, at least 1, or `unlimited`.
    Rate,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Two names.
    Pair,
    /// Two names, or `all`.
    PairOrAll,
    /// Settings by name; their values are text, numbers or flags.
    Settings,
    /// Whole numbers from 0 to 1000 by the names of nodes.
    Weights,
    /// A list of texts: at most so many, of at most so many bytes each.
    Texts(usize, usize),
    /// A list of seeds, at most so many.
    Seeds(usize),
    /// A table.
    Table(&'static Shape),
    /// A list of tables, of at most so many.
    Tables(&'static Shape, usize),
}

/// A key of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub takes: Type,
    /// Whether it must be there.
    pub required: bool,
    /// The value when it is left out, as it would be written; empty when there is none.
    pub default: &'static str,
    /// What it means, in one sentence.
    pub doc: &'static str,
}

/// A table.
#[derive(Debug)]
pub(crate) struct Shape {
    /// What it describes.
    pub doc: &'static str,
    /// Its keys, in the order in which they are best written.
    pub keys: &'static [Key],
}

impl Shape {
    /// The key of this name.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

pub(crate) const fn need(name: &'static str, takes: Type, doc: &'static str) -> Key {
    Key { name, takes, required: true, default: "", doc }
}

pub(crate) const fn may(name: &'static str, takes: Type, default: &'static str, doc: &'static str) -> Key {
    Key { name, takes, required: false, default, doc }
}

/// The most bytes of a scenario's text.
pub(crate) const MAX_TEXT: usize = 1 << 20;
/// The most bytes of a statement, a description or a schema.
const LONG: usize = 1 << 18;
/// The most bytes of a name.
pub(crate) const MAX_NAME: usize = 63;
/// Whole numbers stay within what every JSON reader keeps exactly.
pub(crate) const MAX_SEED: u64 = (1 << 53) - 1;
/// The greatest weight of a replica.
pub(crate) const MAX_WEIGHT: u64 = 1_000;
/// The most statements a second of a workload.
const MAX_PER_SECOND: u64 = 100_000;

const READ_POLICY: Type = Type::Word(&["round_robin", "random", "least_lag", "primary"]);
const NO_REPLICA: Type = Type::Word(&["primary", "error"]);
const NO_REPLICA_DOC: &str = "Where reads go when no replica is fit: to the primary, or nowhere, which is an error.";
const WEIGHTS_DOC: &str =
    "How much of the reads each replica gets, as { db2 = 3, db3 = 1 }; 1 when not named, and none with 0.";
const CAUSAL_READS: Type = Type::Word(&["none", "primary_after_write", "sticky", "wait_for_lsn"]);
const CAUSAL_DOC: &str = "What is done so that a session reads what it wrote.";
const WINDOW_DOC: &str = "How long reads go to the primary after a write, with causal_reads = \"primary_after_write\".";
const TIMEOUT_DOC: &str = "How long a read waits for the session's last write, with causal_reads = \"wait_for_lsn\"; then the primary answers.";

/// The whole file.
pub(crate) static SCENARIO: Shape = Shape {
    doc: "A scenario of Replication Lab: a cluster, what happens to it, and what is expected.",
    keys: &[
        may("title", Type::Text(200), "", "What the scenario shows, in one line."),
        may("description", Type::Text(LONG), "", "Markdown, shown to the learner."),
        may("level", Type::Word(&Level::WORDS), "", "How much it asks of the reader; for the library."),
        may("chapter", Type::Text(60), "", "The part of the library that it stands in."),
        may("flavor", Type::Word(&["postgresql", "mysql"]), "postgresql", "Whose names, defaults and rules apply."),
        may("seed", Type::Integer(0, MAX_SEED), "1", "Drives every random choice of the run."),
        may("duration", Type::Duration, "10s", "How long the run lasts, in virtual time; at most a day."),
        may(
            "schema",
            Type::Text(LONG),
            "",
            "SQL that every node has run before the start. kv is always there beside it.",
        ),
        may("settings", Type::Settings, "", "Cluster-wide server settings under their real names."),
        Key {
            required: true,
            ..may(
                "node",
                Type::Tables(&NODE, 64),
                "",
                "The database servers, at most 9; the first is the initial primary.",
            )
        },
        may("network", Type::Table(&NETWORK), "", "What links are like unless said otherwise."),
        may("link", Type::Tables(&LINK, 400), "", "Links that differ from the network's rule."),
        may("failover", Type::Table(&FAILOVER), "", "How failover is decided."),
        may("proxy", Type::Table(&PROXY), "", "The read/write-splitting proxy; without it clients connect by driver."),
        may("client", Type::Tables(&CLIENT, 64), "", "The applications, at most 16."),
        may("at", Type::Tables(&AT, 10_000), "", "What is done to the cluster, and when; each table names one action."),
        may("expect", Type::Tables(&EXPECT, 1_000), "", "What the report is expected to say."),
        may(
            "assignment",
            Type::Table(&ASSIGNMENT),
            "",
            "A task for learners, and what a run with their changes has to meet.",
        ),
    ],
};

/// A server.
pub(crate) static NODE: Shape = Shape {
    doc: "A database server.",
    keys: &[
        need("name", Type::Name, "Its name, and its application_name towards its upstream; at most 63 bytes."),
        may("upstream", Type::Name, "", "Whom it replicates from; the primary when left out."),
        may("disk", Type::Table(&DISK), "", "Its disk and its applier."),
        may("cpu", Type::Table(&CPU), "", "Its processors; as many and as fast as it takes when left out."),
        may("settings", Type::Settings, "", "Settings of this node alone, under their real names."),
        may("nofailover", Type::Flag, "false", "Whether the failover manager must never promote it (Patroni's tag)."),
        may(
            "failover_priority",
            Type::Integer(0, 1_000_000),
            "1",
            "Among equals the manager promotes the highest; 0 is as nofailover (Patroni's tag).",
        ),
    ],
};

static DISK: Shape = Shape {
    doc: "A node's disk and its applier.",
    keys: &[
        may("fsync", Type::Duration, "1ms", "How long one fsync takes."),
        may("apply_rate", Type::Rate, "unlimited", "Transactions that the node applies in a second, as a replica."),
        may("size", Type::Size, "", "Room for log; enough when left out."),
    ],
};

static CPU: Shape = Shape {
    doc: "A node's processors: statements queue when all of them are busy.",
    keys: &[
        may("workers", Type::Integer(1, 1_000), "4", "Statements that can be worked on at the same time."),
        may("read", Type::Duration, "1ms", "How long a statement that reads keeps one of them busy."),
        may("write", Type::Duration, "2ms", "How long a statement that writes keeps one of them busy."),
        may(
            "apply",
            Type::Duration,
            "",
            "How long a transaction does that a replica applies; as long as a write when left out.",
        ),
    ],
};

static NETWORK: Shape = Shape {
    doc: "What links are like unless said otherwise.",
    keys: &[
        may("latency", Type::Duration, "2ms", "One-way latency."),
        may("jitter", Type::Duration, "500us", "Up to this is added at random."),
        may("bandwidth", Type::Bandwidth, "unlimited", "Bytes a second, each way."),
        may("loss", Type::Share, "0%", "Share of packets lost; each costs a retransmission time-out."),
    ],
};

static LINK: Shape = Shape {
    doc: "A link that differs. What is left out is as the network says.",
    keys: &[
        need("between", Type::Pair, "Its two ends: nodes, clients, proxy or store."),
        may("latency", Type::Duration, "", "One-way latency."),
        may("jitter", Type::Duration, "", "Up to this is added at random."),
        may("bandwidth", Type::Bandwidth, "", "Bytes a second, each way."),
        may("loss", Type::Share, "", "Share of packets lost; each costs a retransmission time-out."),
    ],
};

static FAILOVER: Shape = Shape {
    doc: "How failover is decided, in Patroni's words.",
    keys: &[
        may("mode", Type::Word(&["manual", "automatic"]), "manual", "Whether the manager acts by itself."),
        may("ttl", Type::Duration, "30s", "How long a lease holds."),
        may("loop_wait", Type::Duration, "10s", "Between two rounds of an agent."),
        may("retry_timeout", Type::Duration, "10s", "How long an agent tries to reach the store."),
        may("maximum_lag_on_failover", Type::Size, "1MB", "A replica further behind than this is no candidate."),
        may(
            "synchronous_mode",
            Type::Word(&["off", "on", "quorum"]),
            "off",
            "Whether only a synchronous standby, or a member of the quorum, may be promoted.",
        ),
        may(
            "synchronous_mode_strict",
            Type::Flag,
            "false",
            "Whether commits wait even when there is no standby to be synchronous.",
        ),
        may("synchronous_node_count", Type::Integer(1, 9), "1", "How many standbys are synchronous."),
        may(
            "failsafe_mode",
            Type::Flag,
            "false",
            "Whether a primary that reaches every member leads on without the store.",
        ),
        may(
            "primary_start_timeout",
            Type::Duration,
            "5min",
            "How long a primary that died may take to start before its lease is given up.",
        ),
        may(
            "primary_stop_timeout",
            Type::Duration,
            "0us",
            "How long a primary that hands over waits for its standby; 0 is a minute.",
        ),
        may("use_pg_rewind", Type::Flag, "false", "Whether a former primary that has diverged is rewound at once."),
        may("fencing", Type::Flag, "true", "Whether the old primary is powered off before a promotion."),
        may("repoint", Type::Flag, "true", "Whether the other replicas are re-pointed after a promotion."),
    ],
};

static PROXY: Shape = Shape {
    doc: "The read/write-splitting proxy.",
    keys: &[
        may("read_policy", READ_POLICY, "round_robin", "Where reads go."),
        may("weights", Type::Weights, "", WEIGHTS_DOC),
        may("max_replication_lag", Type::Duration, "", "Replicas further behind than this get no reads."),
        may("no_replica", NO_REPLICA, "primary", NO_REPLICA_DOC),
        may("causal_reads", CAUSAL_READS, "none", CAUSAL_DOC),
        may("causal_window", Type::Duration, "2s", WINDOW_DOC),
        may("causal_timeout", Type::Duration, "10s", TIMEOUT_DOC),
        may(
            "max_connections",
            Type::Integer(1, 10_000),
            "",
            "The most connections to one server, which sessions share; each has its own when left out.",
        ),
        may("query_wait_timeout", Type::Duration, "2s", "How long a statement waits for a server or a connection."),
        may("retry_failed_reads", Type::Flag, "true", "Whether a read that lost its server is tried again."),
        may("check_interval", Type::Duration, "1s", "Between two health checks of a server."),
        may("check_timeout", Type::Duration, "1s", "A health check that is not answered by then has failed."),
    ],
};

static PROXY_CHANGE: Shape = Shape {
    doc: "What changes of the proxy's settings; what is left out stays.",
    keys: &[
        may("read_policy", READ_POLICY, "", "Where reads go."),
        may("weights", Type::Weights, "", WEIGHTS_DOC),
        may(
            "max_replication_lag",
            Type::Duration,
            "",
            "Replicas further behind than this get no reads; 0 lifts the limit.",
        ),
        may("no_replica", NO_REPLICA, "", NO_REPLICA_DOC),
        may("causal_reads", CAUSAL_READS, "", CAUSAL_DOC),
        may("causal_window", Type::Duration, "2s", WINDOW_DOC),
        may("causal_timeout", Type::Duration, "10s", TIMEOUT_DOC),
        may("max_connections", Type::Integer(0, 10_000), "", "The most connections to one server; 0 lifts the limit."),
    ],
};

static CLIENT: Shape = Shape {
    doc: "An application.",
    keys: &[
        need("name", Type::Name, "Its name; at most 63 bytes."),
        may(
            "connect",
            Type::Text(1_000),
            "",
            "A connection string of its own driver, as postgresql://db1,db2/?target_session_attrs=read-write.",
        ),
        may(
            "read_policy",
            READ_POLICY,
            "",
            "Where a driver sends reads; to the primary, or with causal_reads in turn to the replicas, when left out.",
        ),
        may("causal_reads", CAUSAL_READS, "none", CAUSAL_DOC),
        may("causal_window", Type::Duration, "2s", WINDOW_DOC),
        may("causal_timeout", Type::Duration, "10s", TIMEOUT_DOC),
        may(
            "writes_per_second",
            Type::Integer(0, MAX_PER_SECOND),
            "0",
            "Single-row upserts on kv, each a transaction with a value of its own.",
        ),
        may("reads_per_second", Type::Integer(0, MAX_PER_SECOND), "0", "Single-row reads by key."),
        may("keys", Type::Integer(1, 1_000_000), "100", "How many keys the workload uses."),
        may(
            "key_distribution",
            Type::Word(&["uniform", "zipf"]),
            "uniform",
            "How often it uses each: all alike, or the key k as often as 1/k of the first.",
        ),
        may("connections", Type::Integer(1, 1_000), "32", "Sessions that it opens at most."),
        may(
            "sessions",
            Type::Integer(1, 1_000),
            "",
            "Sessions that go on when they are answered. The rates are the ratio of writes and reads then.",
        ),
        may("think_time", Type::Duration, "0us", "With sessions: how long each pauses after an answer."),
        may("statements_per_transaction", Type::Integer(1, 100), "1", "Upserts in one transaction."),
        may("read_back", Type::Flag, "false", "Whether a session reads the key that it has just written."),
        may(
            "retry",
            Type::Word(&["never", "reads", "safe"]),
            "never",
            "What is tried again after an error: nothing, reads, or also writes that surely did not happen.",
        ),
        may("retry_backoff", Type::Duration, "100ms", "The pause before another attempt, doubled each time."),
        may("settings", Type::Settings, "", "PostgreSQL: synchronous_commit of its sessions, as ALTER ROLE … SET."),
    ],
};

/// Something done to the cluster. Which keys go together is in [`ACTIONS`].
pub(crate) static AT: Shape = Shape {
    doc: "Something done to the cluster at an instant: `time`, one action, and the keys that go with it.",
    keys: &[
        need("time", Type::Duration, "When, from the start of the run."),
        may("sql", Type::Text(LONG), "", "Run SQL, with client = or on = to say whose session."),
        may("client", Type::Name, "", "With sql: the client whose session runs it."),
        may("on", Type::Name, "", "With sql or set: straight to this node, or on this node alone."),
        may("partition", Type::Pair, "", "Cut a link."),
        may("one_way", Type::Flag, "false", "With partition: only from the first to the second."),
        may("isolate", Type::Name, "", "Cut every link of an actor."),
        may("heal", Type::PairOrAll, "", "Mend a link, or \"all\"."),
        may("disconnect", Type::Pair, "", "Close the connections between two actors; both learn of it."),
        may("crash", Type::Name, "", "The machine dies: what was not flushed is lost. It stays down until restart."),
        may("kill", Type::Name, "", "The server process dies: what was handed to the operating system survives."),
        may("restart", Type::Name, "", "Start a dead server, and its machine."),
        may("pause", Type::Name, "", "Freeze a machine."),
        may("resume", Type::Name, "", "Let a frozen machine go on."),
        may("pause_replay", Type::Name, "", "Stop applying on a replica."),
        may("resume_replay", Type::Name, "", "Go on applying."),
        may("promote", Type::Name, "", "Make a replica the primary, whatever the old one does."),
        may("switchover", Type::Name, "", "Hand the primary's role to this replica, without loss."),
        may("repoint", Type::Name, "", "Make a replica follow another upstream."),
        may("upstream", Type::Name, "", "With repoint: whom it follows."),
        may("slow_disk", Type::Name, "", "Change a node's fsync time."),
        may("fsync", Type::Duration, "", "With slow_disk: how long one fsync takes."),
        may("apply_rate", Type::Name, "", "Change how fast a replica can apply."),
        may("per_second", Type::Rate, "unlimited", "With apply_rate: transactions a second."),
        may("full_disk", Type::Name, "", "Fill a node's disk."),
        may("full", Type::Flag, "true", "With full_disk: false frees it."),
        may("disk_size", Type::Name, "", "Give a node's disk another size."),
        may("size", Type::Size, "unlimited", "With disk_size: room for log; enough when left out."),
        may("link", Type::Pair, "", "Change a link; what is left out stays as it is."),
        may("latency", Type::Duration, "", "With link: one-way latency."),
        may("jitter", Type::Duration, "", "With link: up to this is added at random."),
        may("bandwidth", Type::Bandwidth, "", "With link: bytes a second, each way."),
        may("loss", Type::Share, "", "With link: share of packets lost."),
        may("set", Type::Settings, "", "Change settings, as ALTER SYSTEM and a reload; cluster-wide without on =."),
        may("cancel", Type::Name, "", "Cancel what a client's sessions wait for."),
        may("workload", Type::Name, "", "Change a client's workload; what is left out stays as it is."),
        may("writes_per_second", Type::Integer(0, MAX_PER_SECOND), "", "With workload: writes a second."),
        may("reads_per_second", Type::Integer(0, MAX_PER_SECOND), "", "With workload: reads a second."),
        may("proxy", Type::Table(&PROXY_CHANGE), "", "Change the proxy's settings; what is left out stays as it is."),
        may("add_node", Type::Table(&NODE), "", "Add a replica, made from a base backup of its upstream."),
        may("remove_node", Type::Name, "", "Take a node away for good."),
        may("rewind", Type::Name, "", "Bring a former primary back by pg_rewind."),
        may("reclone", Type::Name, "", "Bring a node back from a new copy of the primary."),
        may("base_backup", Type::Name, "", "Take a base backup of the upstream onto this node."),
    ],
};

/// An action of `[[at]]` and the keys that go with it.
pub(crate) struct Action {
    /// The key that names it.
    pub name: &'static str,
    /// Keys that must stand beside it; of several, one.
    pub one_of: &'static [&'static str],
    /// Keys that may.
    pub may: &'static [&'static str],
}

const fn action(name: &'static str, one_of: &'static [&'static str], may: &'static [&'static str]) -> Action {
    Action { name, one_of, may }
}

/// Every action of `[[at]]`.
pub(crate) static ACTIONS: &[Action] = &[
    action("sql", &["client", "on"], &[]),
    action("partition", &[], &["one_way"]),
    action("isolate", &[], &[]),
    action("heal", &[], &[]),
    action("disconnect", &[], &[]),
    action("crash", &[], &[]),
    action("kill", &[], &[]),
    action("restart", &[], &[]),
    action("pause", &[], &[]),
    action("resume", &[], &[]),
    action("pause_replay", &[], &[]),
    action("resume_replay", &[], &[]),
    action("promote", &[], &[]),
    action("switchover", &[], &[]),
    action("repoint", &["upstream"], &[]),
    action("slow_disk", &["fsync"], &[]),
    action("apply_rate", &[], &["per_second"]),
    action("full_disk", &[], &["full"]),
    action("disk_size", &[], &["size"]),
    action("link", &[], &["latency", "jitter", "bandwidth", "loss"]),
    action("set", &[], &["on"]),
    action("cancel", &[], &[]),
    action("workload", &[], &["writes_per_second", "reads_per_second"]),
    action("proxy", &[], &[]),
    action("add_node", &[], &[]),
    action("remove_node", &[], &[]),
    action("rewind", &[], &[]),
    action("reclone", &[], &[]),
    action("base_backup", &[], &[]),
];

static EXPECT: Shape = Shape {
    doc: "What the report is expected to say at an instant.",
    keys: &[
        may("at", Type::Duration, "", "When; the end of the run when left out."),
        need("that", Type::Text(1_000), "A path into the report, a comparison, a literal: writes.lost > 0."),
    ],
};

static ASSIGNMENT: Shape = Shape {
    doc: "A task for learners: they change what they may, and a run from the beginning tells whether the conditions are met.",
    keys: &[
        need("task", Type::Text(LONG), "Markdown: what is asked for."),
        need(
            "require",
            Type::Tables(&REQUIRE, 50),
            "The conditions that a run with the learner's changes has to meet.",
        ),
        may(
            "may_change",
            Type::Texts(100, 200),
            "",
            "Keys that may be changed, with all below them, as settings.synchronous_commit, proxy, client.*.connect; \
             at.promote lets such entries be added. * is every name.",
        ),
        may("add_nodes", Type::Integer(0, 8), "0", "How many servers may be added."),
        may("seeds", Type::Seeds(20), "", "Seeds on which it has to hold, beside the scenario's own."),
    ],
};

static REQUIRE: Shape = Shape {
    doc: "A condition of an assignment.",
    keys: &[
        need("that", Type::Text(1_000), "A path into the report, a comparison, a literal: writes.lost == 0."),
        may("at", Type::Duration, "", "When; the end of the run when left out."),
        may("says", Type::Text(300), "", "The same in words, for the learner."),
    ],
};
