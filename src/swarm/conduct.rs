//! What a scenario does over its whole length, as promises ask for it.

use crate::engine::client::ConnectionString;
use crate::engine::client::{Mode, TargetSession};
use crate::engine::commit::StandbyRule;
use crate::engine::flavor::Flavor;
use crate::engine::settings::{Settings, SynchronousCommit};
use crate::scenario::Scenario;
use crate::sim::command::{Command, Console};
use crate::sim::setup::{CausalReads, ClientSetup, ReadPolicy};

/// A scenario, and questions about all that it ever does. Where the answer is not known, it is the one that promises less.
pub(super) struct Conduct<'a> {
    scenario: &'a Scenario,
}

impl<'a> Conduct<'a> {
    pub fn of(scenario: &'a Scenario) -> Conduct<'a> {
        Conduct { scenario }
    }

    pub fn postgresql(&self) -> bool {
        self.scenario.setup.flavor == Flavor::Postgresql
    }

    /// Whether something like this is ever done.
    pub fn ever(&self, is: impl Fn(&Command) -> bool) -> bool {
        self.scenario.schedule.iter().any(|(_, command)| is(command))
    }

    /// Whether a setting has such a value on every server, in every session, all the time.
    pub fn always(&self, setting: &str, is: impl Fn(&str) -> bool) -> bool {
        let setup = &self.scenario.setup;
        let find = |pairs: &[(std::sync::Arc<str>, std::sync::Arc<str>)]| {
            let own = pairs.iter().filter(|(name, _)| name.eq_ignore_ascii_case(setting));
            own.map(|(_, value)| value.to_string()).collect::<Vec<_>>()
        };
        let mut values = find(&setup.settings);
        if values.is_empty() {
            values.extend(Settings::defaults(setup.flavor).get(setting));
        }
        values.extend(setup.nodes.iter().flat_map(|node| find(&node.settings)));
        values.extend(setup.clients.iter().flat_map(|client| find(&client.settings)));
        for (_, command) in &self.scenario.schedule {
            match command {
                Command::Set { settings, .. } => values.extend(find(settings)),
                Command::AddNode { node } => values.extend(find(&node.settings)),
                _ => {}
            }
        }
        let canonical = |value: String| {
            let mut settings = Settings::defaults(setup.flavor);
            settings.set(setting, &value).ok()?;
            settings.get(setting)
        };
        !values.is_empty() && values.into_iter().map(canonical).all(|value| value.as_deref().is_some_and(&is))
    }

    /// Whether somebody types what changes a server and not only its data.
    pub fn meddles(&self) -> bool {
        self.ever(|command| match command {
            Command::Sql { sql, .. } => {
                let text = sql.to_lowercase();
                let words =
                    ["promote", "replica", "source", "master", "reset", "purge", "cancel", "read_only", "slave"];
                words.iter().any(|word| text.contains(word)) || text.split(';').any(|one| one.trim().starts_with("set"))
            }
            _ => false,
        })
    }

    /// Whether somebody types on a server and not through a client.
    pub fn types_on_servers(&self) -> bool {
        self.ever(|command| matches!(command, Command::Sql { console: Console::On(_), .. }))
    }

    /// Whether machines or processes die, or may.
    pub fn deaths(&self) -> bool {
        self.ever(|command| {
            matches!(
                command,
                Command::Crash { .. }
                    | Command::Kill { .. }
                    | Command::Restart { .. }
                    | Command::FullDisk { .. }
                    | Command::DiskSize { .. }
            )
        }) || self.scenario.setup.nodes.iter().any(|node| node.disk.size_bytes.is_some())
    }

    /// Whether machines die, so that they lose what was not flushed.
    pub fn crashes(&self) -> bool {
        self.ever(|command| matches!(command, Command::Crash { .. }))
    }

    pub fn freezes(&self) -> bool {
        self.ever(|command| matches!(command, Command::Pause { .. }))
    }

    pub fn cuts(&self) -> bool {
        self.ever(|command| {
            matches!(command, Command::Partition { .. } | Command::Isolate { .. } | Command::Disconnect { .. })
        })
    }

    pub fn promotes(&self) -> bool {
        self.ever(|command| matches!(command, Command::Promote { .. }))
    }

    pub fn switches_over(&self) -> bool {
        self.ever(|command| matches!(command, Command::Switchover { .. }))
    }

    /// Whether servers are re-pointed, rewound or copied anew.
    pub fn repairs(&self) -> bool {
        self.ever(|command| {
            matches!(
                command,
                Command::Repoint { .. } | Command::Rewind { .. } | Command::Reclone { .. } | Command::BaseBackup { .. }
            )
        })
    }

    pub fn adds(&self) -> bool {
        self.ever(|command| matches!(command, Command::AddNode { .. }))
    }

    pub fn removes(&self) -> bool {
        self.ever(|command| matches!(command, Command::RemoveNode { .. }))
    }

    /// Whether no server dies, freezes, joins, leaves or is repaired.
    pub fn in_peace(&self) -> bool {
        !(self.deaths() || self.freezes() || self.repairs() || self.adds() || self.removes())
    }

    pub fn cancels(&self) -> bool {
        self.ever(|command| matches!(command, Command::Cancel { .. }))
    }

    /// Whether the first server is the primary from the beginning to the end.
    pub fn one_primary_for_good(&self) -> bool {
        let first = self.scenario.setup.nodes.first().map(|node| &node.name);
        let removed = self.ever(|command| matches!(command, Command::RemoveNode { node } if Some(node) == first));
        !self.automatic() && !self.promotes() && !self.switches_over() && !removed && !self.meddles()
    }

    pub fn automatic(&self) -> bool {
        self.scenario.setup.failover.automatic
    }

    /// Whether what a primary has acknowledged is on its disk.
    pub fn durable(&self) -> bool {
        match self.scenario.setup.flavor {
            Flavor::Postgresql => self.always("synchronous_commit", |level| level != "off"),
            Flavor::Mysql => {
                self.always("sync_binlog", |value| value == "1")
                    && self.always("innodb_flush_log_at_trx_commit", |value| value == "1")
            }
        }
    }

    /// Whether every commit waits until what it waits for is on a standby's disk.
    pub fn waits_for_disks(&self) -> bool {
        let enough = [SynchronousCommit::On, SynchronousCommit::RemoteApply];
        self.always("synchronous_commit", |level| SynchronousCommit::parse(level).is_some_and(|l| enough.contains(&l)))
    }

    /// Whether every commit that is acknowledged is on every other server, whichever of them leads.
    pub fn everybody_is_synchronous(&self) -> bool {
        let others = (self.scenario.setup.nodes.len() as u64).saturating_sub(1);
        if self.adds() || self.cancels() || self.meddles() || others == 0 {
            return false;
        }
        let at_least = |text: &str| text.parse().is_ok_and(|count: u64| count >= others);
        match self.scenario.setup.flavor {
            Flavor::Postgresql => self.always("synchronous_standby_names", |rule| {
                StandbyRule::parse(rule).is_ok_and(|rule| u64::from(rule.num_sync()) >= others)
            }),
            Flavor::Mysql => {
                let hour = |text: &str| text.parse().is_ok_and(|ms: u64| ms >= 3_600_000);
                self.always("rpl_semi_sync_source_enabled", |value| value == "ON")
                    && self.always("rpl_semi_sync_replica_enabled", |value| value == "ON")
                    && self.always("rpl_semi_sync_source_wait_no_replica", |value| value == "ON")
                    && self.always("rpl_semi_sync_source_timeout", hour)
                    && self.always("rpl_semi_sync_source_wait_for_replica_count", at_least)
                    && self.durable()
            }
        }
    }

    /// Where each client's reads go and what keeps its sessions causal; `None` where that changes, or a driver of its own
    /// may read anywhere.
    fn routing(&self, client: &ClientSetup) -> Option<(ReadPolicy, CausalReads)> {
        let setup = &self.scenario.setup;
        match (&client.connect, &setup.proxy) {
            (None, Some(_)) if self.ever(|command| matches!(command, Command::Proxy { .. })) => None,
            (None, Some(proxy)) => Some((proxy.read_policy, proxy.causal_reads)),
            (None, None) => Some((client.policy().reads, client.policy().causal)),
            (Some(connect), _) => {
                let read = ConnectionString::parse(connect, setup.flavor).ok()?;
                let writable = [TargetSession::ReadWrite, TargetSession::Primary];
                let to_primary = matches!(read.mode, Mode::Libpq { target, .. } if writable.contains(&target));
                (to_primary || client.splits_reads()).then(|| (client.policy().reads, client.policy().causal))
            }
        }
    }

    /// Whether every client's reads are sent so.
    pub fn reads(&self, so: impl Fn(ReadPolicy, CausalReads) -> bool) -> bool {
        let clients = self.scenario.setup.clients.iter();
        clients
            .map(|client| self.routing(client))
            .all(|routing| routing.is_some_and(|(reads, causal)| so(reads, causal)))
    }

    /// Whether standbys all follow the first server, by default.
    pub fn cascades(&self) -> bool {
        let nodes = &self.scenario.setup.nodes;
        let first = nodes.first().map(|node| &node.name);
        nodes.iter().any(|node| node.upstream.is_some() && node.upstream.as_ref() != first)
    }
}
