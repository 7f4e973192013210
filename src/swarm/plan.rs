//! What happens to a drawn cluster: faults, operators' deeds, changes of settings, and typed SQL.

use std::sync::Arc;

use super::draw::{Dice, causal_reads, name, shape, standby_names};
use crate::engine::flavor::Flavor;
use crate::engine::time::{MILLISECOND_US, SimTime};
use crate::order::Arrange;
use crate::sim::command::{Between, Command, Console};
use crate::sim::setup::{NodeSetup, ProxyChange, Setup, SynchronousMode};

/// The name of the server that may be added.
const ADDED: &str = "db9";
/// Nothing is done before, in milliseconds: the cluster connects first.
const CALM_MS: u64 = 400;

/// What kinds of things are done in a run. Each kind that is left out leaves more promised.
struct Temper {
    /// Machines and processes die and come back.
    deaths: bool,
    /// Machines freeze.
    freezes: bool,
    /// Links are cut.
    cuts: bool,
    /// Disks are slow, full or too small; links and appliers are slow.
    slowness: bool,
    /// The role is handed over without loss.
    switchovers: bool,
    /// Replicas are promoted, re-pointed, rewound, copied.
    operators: bool,
    /// Servers join and leave.
    members: bool,
    /// Settings change while the cluster runs.
    settings: bool,
}

/// What is done to a cluster, in the order of time.
pub(super) fn plan(dice: &mut Dice, setup: &Setup, duration_us: u64) -> Vec<(SimTime, Command)> {
    let temper = Temper {
        deaths: !dice.one_in(3),
        freezes: dice.one_in(3),
        cuts: !dice.one_in(3),
        slowness: dice.one_in(2),
        switchovers: dice.one_in(3),
        operators: dice.one_in(3),
        members: dice.one_in(4) && setup.nodes.len() > 2,
        settings: dice.one_in(5),
    };
    let mut drawing = Drawing { dice, setup, temper, added: false, removed: false };
    let mut schedule = drawing.slots();
    let whole_ms = duration_us / MILLISECOND_US;
    // Some runs are left in peace.
    let count = drawing.dice.one_of(&[0, 4, 8, 14, 24]);
    for _ in 0..count {
        let at = SimTime(drawing.dice.between(CALM_MS, whole_ms) * MILLISECOND_US);
        schedule.push((at, drawing.command()));
    }
    schedule.arrange_by_key(|(at, _)| *at);
    schedule
}

/// What draws one kind of thing.
type Kind = fn(&mut Drawing<'_>) -> Command;

struct Drawing<'a> {
    dice: &'a mut Dice,
    setup: &'a Setup,
    temper: Temper,
    added: bool,
    removed: bool,
}

impl Drawing<'_> {
    fn count(&self) -> u64 {
        self.setup.nodes.len() as u64
    }

    fn node(&mut self) -> Arc<str> {
        // The first primary is the one that matters most.
        if self.dice.one_in(3) {
            return name(0);
        }
        let index = self.dice.below(self.count());
        if self.added && self.dice.one_in(6) { ADDED.into() } else { name(index) }
    }

    fn replica(&mut self) -> Arc<str> {
        name(self.dice.between(1, self.count() - 1))
    }

    /// A machine: a server's, or the store's.
    fn machine(&mut self) -> Arc<str> {
        if self.setup.failover.automatic && self.dice.one_in(8) { "store".into() } else { self.node() }
    }

    fn client(&mut self) -> Arc<str> {
        let index = self.dice.below(self.setup.clients.len() as u64) as usize;
        self.setup.clients.get(index).map_or_else(|| "app1".into(), |client| client.name.clone())
    }

    fn between(&mut self) -> Between {
        let one = self.node();
        let mut other = match self.dice.below(8) {
            0 if self.setup.proxy.is_some() => "proxy".into(),
            1 | 2 if self.setup.failover.automatic => "store".into(),
            3 => self.client(),
            _ => self.node(),
        };
        if other == one {
            other = if &*one == "db1" { "db2".into() } else { "db1".into() };
        }
        Between(one, other)
    }

    /// Slots that the replicas' settings name: nobody else makes them.
    fn slots(&mut self) -> Vec<(SimTime, Command)> {
        let own = self.setup.nodes.iter().flat_map(|node| {
            let upstream = node.upstream.clone().unwrap_or_else(|| name(0));
            let slots = node.settings.iter().filter(|(key, _)| &**key == "primary_slot_name");
            slots.map(move |(_, slot)| {
                let sql = format!("SELECT pg_create_physical_replication_slot('{slot}')").into();
                (SimTime(MILLISECOND_US), Command::Sql { console: Console::On(upstream.clone()), sql })
            })
        });
        own.collect()
    }

    fn command(&mut self) -> Command {
        let Temper { deaths, freezes, cuts, slowness, switchovers, operators, members, settings } = self.temper;
        let kinds: [(bool, Kind); 8] = [
            (deaths, |own| own.death()),
            (freezes, |own| own.freeze()),
            (cuts, |own| own.cut()),
            (slowness, |own| own.slowness()),
            (switchovers, |own| Command::Switchover { node: own.replica() }),
            (operators, |own| own.operator()),
            (members, |own| own.member()),
            (settings, |own| own.change()),
        ];
        let kinds: Vec<_> = kinds.into_iter().filter(|(may, _)| *may).map(|(_, kind)| kind).collect();
        let index = self.dice.below(kinds.len() as u64) as usize;
        match kinds.get(index).filter(|_| !self.dice.one_in(5)) {
            Some(kind) => kind(self),
            None => self.typed(),
        }
    }

    fn death(&mut self) -> Command {
        match self.dice.below(8) {
            0..=2 => Command::Crash { node: self.machine() },
            3 | 4 => Command::Kill { node: self.node() },
            _ => Command::Restart { node: self.machine() },
        }
    }

    fn freeze(&mut self) -> Command {
        match self.dice.below(2) {
            0 => Command::Pause { node: self.machine() },
            _ => Command::Resume { node: self.machine() },
        }
    }

    fn cut(&mut self) -> Command {
        let one_way = self.dice.one_in(3);
        match self.dice.below(8) {
            0..=2 => Command::Partition { between: self.between(), one_way },
            3 => Command::Isolate { who: self.node() },
            4 => Command::Disconnect { between: self.between() },
            5 => Command::Heal { between: Some(self.between()) },
            _ => Command::Heal { between: None },
        }
    }

    fn slowness(&mut self) -> Command {
        match self.dice.below(8) {
            0 | 1 => Command::SlowDisk { node: self.node(), fsync_us: self.dice.between(1, 80_000) },
            2 => {
                let per_second = (!self.dice.one_in(3)).then(|| self.dice.between(5, 100) as u32);
                Command::ApplyRate { node: self.node(), per_second }
            }
            3 => Command::FullDisk { node: self.node(), full: !self.dice.one_in(3) },
            4 => {
                let size_bytes = (!self.dice.one_in(3)).then(|| self.dice.between(1, 64) << 20);
                Command::DiskSize { node: self.node(), size_bytes }
            }
            5 => Command::PauseReplay { node: self.replica() },
            6 => Command::ResumeReplay { node: self.replica() },
            _ => Command::Link { between: self.between(), shape: shape(self.dice) },
        }
    }

    fn operator(&mut self) -> Command {
        match self.dice.below(8) {
            0..=2 => Command::Promote { node: self.replica() },
            3 => {
                let Between(node, mut upstream) = self.between();
                if !upstream.starts_with("db") {
                    upstream = name(u64::from(&*node == "db1"));
                }
                Command::Repoint { node, upstream }
            }
            4 | 5 if self.setup.flavor == Flavor::Postgresql => Command::Rewind { node: self.node() },
            6 => Command::BaseBackup { node: self.node() },
            _ => Command::Reclone { node: self.node() },
        }
    }

    /// One server may join and one may leave.
    fn member(&mut self) -> Command {
        if !self.added && self.dice.one_in(2) {
            self.added = true;
            let upstream = self.dice.one_in(3).then(|| self.replica());
            let node = NodeSetup {
                name: ADDED.into(),
                upstream,
                disk: crate::sim::setup::DiskSetup::default(),
                cpu: None,
                settings: Vec::new(),
                tags: crate::sim::setup::Tags::default(),
            };
            Command::AddNode { node: Box::new(node) }
        } else if !self.removed {
            self.removed = true;
            Command::RemoveNode { node: self.node() }
        } else {
            self.typed()
        }
    }

    fn change(&mut self) -> Command {
        let set = |settings: Vec<(&str, String)>, on: Option<Arc<str>>| Command::Set {
            settings: settings.into_iter().map(|(key, value)| (key.into(), value.into())).collect(),
            on,
        };
        let (postgresql, managed) = (
            self.setup.flavor == Flavor::Postgresql,
            self.setup.failover.automatic && self.setup.failover.synchronous_mode != SynchronousMode::Off,
        );
        let on = self.dice.one_in(2).then(|| name(self.dice.below(self.setup.nodes.len() as u64)));
        match self.dice.below(6) {
            0 | 1 if postgresql && !managed => {
                let names = standby_names(self.dice, self.setup.nodes.len() as u64);
                set(vec![("synchronous_standby_names", names)], on)
            }
            0..=2 if postgresql => {
                let level = self.dice.one_of(&["off", "local", "remote_write", "on", "remote_apply"]);
                set(vec![("synchronous_commit", level.to_owned())], on)
            }
            0 | 1 => set(vec![("rpl_semi_sync_source_enabled", self.dice.one_of(&["ON", "OFF"]).to_owned())], on),
            2 => set(vec![("rpl_semi_sync_source_timeout", self.dice.one_of(&["100", "60000"]).to_owned())], on),
            3 if self.setup.proxy.is_some() => {
                let causal_reads = Some(causal_reads(self.dice));
                Command::Proxy { change: Box::new(ProxyChange { causal_reads, ..ProxyChange::default() }) }
            }
            4 => Command::Cancel { client: self.client() },
            _ => {
                let (writes_per_second, reads_per_second) = (self.dice.below(40) as u32, self.dice.below(40) as u32);
                Command::Workload { client: self.client(), writes_per_second, reads_per_second }
            }
        }
    }

    fn typed(&mut self) -> Command {
        let id = self.dice.below(20);
        let sql = match self.dice.below(12) {
            0 | 1 => format!("INSERT INTO t VALUES ({id}, 'x') ON CONFLICT (id) DO UPDATE SET v = 'y'"),
            2 => format!("BEGIN; UPDATE t SET v = v || '!' WHERE id < {id}; DELETE FROM t WHERE id = {id}; COMMIT"),
            3 => format!("BEGIN; INSERT INTO t VALUES ({}, random()); ROLLBACK", id + 100),
            4 => format!("INSERT INTO t VALUES ({}, zeroblob(600000))", id + 200),
            5 => "SELECT count(*) FROM kv".to_owned(),
            6 => format!("CREATE TABLE IF NOT EXISTS t{id} (a INTEGER PRIMARY KEY, b TEXT)"),
            7 => format!("INSERT INTO t VALUES ({id}, random())"),
            8 => format!("DELETE FROM t WHERE id >= {id}"),
            9 => "SELECT * FROM t ORDER BY id LIMIT 3 FOR UPDATE".to_owned(),
            10 => format!("DROP TABLE IF EXISTS t{id}"),
            _ => "UPDATE t SET id = id + 1000 WHERE id < 10".to_owned(),
        };
        let console = if self.dice.one_in(6) { Console::On(self.node()) } else { Console::Client(self.client()) };
        Command::Sql { console, sql: sql.into() }
    }
}
