//! A cluster in which something breaks all the time, for as long as one likes.

use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::ids::NodeId;
use replication_lab::sim::command::{Between, Command};
use replication_lab::sim::view::{ClusterView, NodeView, Role};

/// Three servers whose logs are kept for a short time: what a server keeps of its log is its settings' to say, and with the
/// systems' own it would be some dozens of megabytes before the first of it goes. `rate` is how much is written and read each
/// second.
pub fn scenario(flavor: Flavor, rate: u32) -> String {
    let settings = match flavor {
        Flavor::Postgresql => {
            "[settings]\nwal_segment_size = \"1MB\"\nmin_wal_size = \"2MB\"\nmax_wal_size = \"2MB\"\ncheckpoint_timeout = \"30s\"\n"
        }
        Flavor::Mysql => "[settings]\nbinlog_expire_logs_seconds = 120\nmax_binlog_size = 1048576\n",
    };
    let rewind = if flavor == Flavor::Postgresql { "use_pg_rewind = true\n" } else { "" };
    let scenario = SCENARIO.replace("use_pg_rewind = true\n", rewind).replace("RATE", &rate.to_string());
    format!("flavor = \"{flavor}\"\n{scenario}{settings}")
}

const SCENARIO: &str = r#"duration = "12h"
[[node]]
name = "db1"
[[node]]
name = "db2"
[[node]]
name = "db3"
[network]
latency = "1ms"
jitter = "200us"
[failover]
mode = "automatic"
ttl = "3s"
loop_wait = "1s"
retry_timeout = "1s"
use_pg_rewind = true
[proxy]
[[client]]
name = "app"
writes_per_second = RATE
reads_per_second = RATE
keys = 20
"#;

/// What happens in this second: something breaks, and is mended.
pub fn chaos(second: u64) -> Option<Command> {
    let name = |index: u64| -> std::sync::Arc<str> { format!("db{}", index % 3 + 1).into() };
    let round = second / 10;
    match (second % 10, round % 5) {
        (0, 0) => Some(Command::Crash { node: name(round / 5) }),
        (0, 1) => Some(Command::Kill { node: name(round / 5) }),
        (0, 2) => Some(Command::Partition {
            between: Between(name(round), name(round + 1)),
            one_way: round.is_multiple_of(2),
        }),
        (0, 3) => Some(Command::Isolate { who: name(round) }),
        (0, _) => Some(Command::Pause { node: name(round / 5) }),
        (6, 0 | 1) => Some(Command::Restart { node: name(round / 5) }),
        (6, 2 | 3) => Some(Command::Heal { between: None }),
        (6, _) => Some(Command::Resume { node: name(round / 5) }),
        // Machines that were fenced meanwhile.
        (7..=9, _) => Some(Command::Restart { node: name(second) }),
        _ => None,
    }
}

/// Who looks after the cluster, twice a minute: a server that could not follow last time and cannot now is copied anew, since
/// what it asks for is no longer kept anywhere. Neither system does that by itself, and while nobody does it, a failover to
/// that server could lose all that was written since it stayed behind.
#[derive(Debug, Default)]
pub struct Operator {
    astray: Vec<NodeId>,
}

impl Operator {
    /// Whether the operator looks in this second.
    pub fn is_due(second: u64) -> bool {
        second % 30 == 25
    }

    /// What is to be done about what is seen.
    pub fn look(&mut self, view: &ClusterView) -> Vec<Command> {
        let cannot = |node: &&NodeView| {
            node.role == Role::Replica && node.error.is_some() && !node.streaming && node.copying.is_none()
        };
        let before = std::mem::take(&mut self.astray);
        let (again, new): (Vec<_>, Vec<_>) =
            view.nodes.iter().filter(cannot).partition(|node| before.contains(&node.id));
        self.astray = new.iter().map(|node| node.id).collect();
        again.iter().map(|node| Command::Reclone { node: node.name.clone() }).collect()
    }
}
