//! Commands as text: a line as a scenario's `[[at]]` would have it, for traces and events.

use std::fmt;

use super::command::{Between, Command, Console};
use super::setup::{CausalReads, NoReplica, ProxyChange, ReadPolicy};

impl fmt::Display for Between {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[\"{}\", \"{}\"]", self.0, self.1)
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Command::Sql { console: Console::Client(client), sql } => write!(f, "sql = {sql:?}, client = {client:?}"),
            Command::Sql { console: Console::On(node), sql } => write!(f, "sql = {sql:?}, on = {node:?}"),
            Command::Partition { between, one_way: false } => write!(f, "partition = {between}"),
            Command::Partition { between, one_way: true } => write!(f, "partition = {between}, one_way = true"),
            Command::Isolate { who } => write!(f, "isolate = {who:?}"),
            Command::Heal { between: Some(between) } => write!(f, "heal = {between}"),
            Command::Heal { between: None } => f.write_str("heal = \"all\""),
            Command::Crash { node } => write!(f, "crash = {node:?}"),
            Command::Kill { node } => write!(f, "kill = {node:?}"),
            Command::Restart { node } => write!(f, "restart = {node:?}"),
            Command::Pause { node } => write!(f, "pause = {node:?}"),
            Command::Resume { node } => write!(f, "resume = {node:?}"),
            Command::PauseReplay { node } => write!(f, "pause_replay = {node:?}"),
            Command::ResumeReplay { node } => write!(f, "resume_replay = {node:?}"),
            Command::Promote { node } => write!(f, "promote = {node:?}"),
            Command::Switchover { node } => write!(f, "switchover = {node:?}"),
            Command::Repoint { node, upstream } => write!(f, "repoint = {node:?}, upstream = {upstream:?}"),
            Command::Disconnect { between } => write!(f, "disconnect = {between}"),
            Command::SlowDisk { node, fsync_us } => write!(f, "slow_disk = {node:?}, fsync = \"{fsync_us}us\""),
            Command::ApplyRate { node, per_second: Some(rate) } => {
                write!(f, "apply_rate = {node:?}, per_second = {rate}")
            }
            Command::ApplyRate { node, per_second: None } => write!(f, "apply_rate = {node:?}"),
            Command::FullDisk { node, full } => write!(f, "full_disk = {node:?}, full = {full}"),
            Command::DiskSize { node, size_bytes: Some(size) } => write!(f, "disk_size = {node:?}, size = \"{size}B\""),
            Command::DiskSize { node, size_bytes: None } => write!(f, "disk_size = {node:?}"),
            Command::Link { between, shape } => {
                write!(f, "link = {between}")?;
                if let Some(us) = shape.latency_us {
                    write!(f, ", latency = \"{us}us\"")?;
                }
                if let Some(us) = shape.jitter_us {
                    write!(f, ", jitter = \"{us}us\"")?;
                }
                match shape.bandwidth {
                    Some(0) => f.write_str(", bandwidth = \"unlimited\"")?,
                    Some(bytes) => write!(f, ", bandwidth = \"{bytes}B/s\"")?,
                    None => {}
                }
                match shape.loss_ppm {
                    Some(ppm) => write!(f, ", loss = \"{}.{:04}%\"", ppm / 10_000, ppm % 10_000),
                    None => Ok(()),
                }
            }
            Command::Set { settings, on } => {
                f.write_str("set = { ")?;
                for (index, (name, value)) in settings.iter().enumerate() {
                    write!(f, "{}{name} = {value:?}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str(" }")?;
                match on {
                    Some(node) => write!(f, ", on = {node:?}"),
                    None => Ok(()),
                }
            }
            Command::Cancel { client } => write!(f, "cancel = {client:?}"),
            Command::Workload { client, writes_per_second, reads_per_second } => {
                write!(
                    f,
                    "workload = {client:?}, writes_per_second = {writes_per_second}, reads_per_second = {reads_per_second}"
                )
            }
            Command::Proxy { change } => write!(f, "proxy = {change}"),
            Command::AddNode { node } => match &node.upstream {
                Some(upstream) => write!(f, "add_node = {{ name = {:?}, upstream = {upstream:?} }}", node.name),
                None => write!(f, "add_node = {{ name = {:?} }}", node.name),
            },
            Command::RemoveNode { node } => write!(f, "remove_node = {node:?}"),
            Command::Rewind { node } => write!(f, "rewind = {node:?}"),
            Command::Reclone { node } => write!(f, "reclone = {node:?}"),
            Command::BaseBackup { node } => write!(f, "base_backup = {node:?}"),
        }
    }
}

impl fmt::Display for ProxyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = Vec::new();
        if let Some(policy) = self.read_policy {
            let word = match policy {
                ReadPolicy::RoundRobin => "round_robin",
                ReadPolicy::Random => "random",
                ReadPolicy::LeastLag => "least_lag",
                ReadPolicy::Primary => "primary",
            };
            parts.push(format!("read_policy = {word:?}"));
        }
        if let Some(weights) = &self.weights {
            let weights: Vec<String> = weights.iter().map(|(name, weight)| format!("{name} = {weight}")).collect();
            parts.push(format!("weights = {{ {} }}", weights.join(", ")));
        }
        parts.extend(self.max_replication_lag_us.map(|us| format!("max_replication_lag = \"{us}us\"")));
        parts.extend(self.no_replica.map(|no_replica| match no_replica {
            NoReplica::Primary => "no_replica = \"primary\"".to_owned(),
            NoReplica::Error => "no_replica = \"error\"".to_owned(),
        }));
        parts.extend(self.causal_reads.map(|causal| match causal {
            CausalReads::None => "causal_reads = \"none\"".to_owned(),
            CausalReads::Sticky => "causal_reads = \"sticky\"".to_owned(),
            CausalReads::PrimaryAfterWrite { window_us } => {
                format!("causal_reads = \"primary_after_write\", causal_window = \"{window_us}us\"")
            }
            CausalReads::WaitForLsn { timeout_us } => {
                format!("causal_reads = \"wait_for_lsn\", causal_timeout = \"{timeout_us}us\"")
            }
        }));
        parts.extend(self.max_connections.map(|most| format!("max_connections = {most}")));
        write!(f, "{{ {} }}", parts.join(", "))
    }
}
