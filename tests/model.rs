//! The small core, explored exhaustively: every placement of a few faults in a run of a few writes on two or three servers.
//!
//! The engine itself is the model: a run is cloned at every step, and each clone meets one of the faults. With `f` faults and
//! `n` kinds of them every one of the (steps × n)^f runs is carried out, except for those that differ only in where a fault
//! stands among steps that its victim takes no part in. Cutting a link, and mending it, delays messages; so other orders of
//! their arrival are among these runs, too, but not all of them.
//!
//! `MODEL_FAULTS=3 cargo test --profile quick --test model -- --nocapture` goes deeper, and says what it has seen.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use replication_lab::check::{Judges, Kind};
use replication_lab::engine::ids::{Addr, NodeId};
use replication_lab::engine::time::SimTime;
use replication_lab::engine::trace::{TraceEvent, What};
use replication_lab::scenario::{Format, Scenario};
use replication_lab::sim::command::{Between, Command};
use replication_lab::sim::{Observer, Run, World};

/// Who took part in the last step.
#[derive(Clone, Debug, Default)]
struct Involved(u64);

impl Observer for Involved {
    fn observe(&mut self, event: &TraceEvent, world: &World) {
        let mut add = |addr: Addr| match addr.machine() {
            Addr::Node(node) => self.0 |= 1 << node.0,
            Addr::Store => self.0 |= 1 << 63,
            _ => {}
        };
        match &event.what {
            What::Sent { from, .. } => add(*from),
            What::Connected { to, .. } => add(*to),
            What::Disconnected { at_end, .. } => add(*at_end),
            What::Flushed { node, .. } | What::Received { node, .. } | What::Applied { node, .. } => {
                add((*node).into())
            }
            What::LifeChanged { node, .. } | What::BecamePrimary { node, .. } => add((*node).into()),
            What::Logged { node, .. } | What::Visible { node, .. } => add((*node).into()),
            // Whatever else: everybody may have.
            What::Delivered { .. } => {}
            _ => world.nodes().for_each(|node| add(node.into())),
        }
    }
}

type Watched = Run<(Judges, Involved)>;

/// What is explored.
struct Model {
    name: &'static str,
    scenario: Scenario,
    /// What may happen.
    faults: Vec<Command>,
    /// When it may.
    window_us: (u64, u64),
    /// How long a run goes on afterwards.
    tail_us: u64,
    /// What must never be found.
    never: &'static [Kind],
}

/// What was seen.
#[derive(Debug, Default)]
struct Seen {
    runs: u64,
    steps: u64,
    /// What the servers and the network held, without times, at any step of any run.
    states: BTreeSet<u64>,
    acknowledged: u64,
    /// The first run that breaks a promise, with the fewest faults: what was done in it.
    counterexample: Option<String>,
}

impl Model {
    /// A cluster with so many writes, 5 ms apart from each other.
    fn new(name: &'static str, nodes: usize, writes: usize, head: &str, never: &'static [Kind]) -> Model {
        let mut text = format!("duration = \"1min\"\n{head}\n[[client]]\nname = \"app\"\n");
        for node in 1..=nodes {
            text.push_str(&format!("[[node]]\nname = \"db{node}\"\n"));
        }
        for write in 0..writes {
            let at = 300 + write * 5;
            text.push_str(&format!(
                "[[at]]\ntime = \"{at}ms\"\nclient = \"app\"\nsql = \"INSERT INTO kv VALUES ({write}, {write})\"\n"
            ));
        }
        text.push_str("[network]\nlatency = \"1ms\"\njitter = \"0us\"\n");
        let scenario = Scenario::parse(&text, Format::Toml, name).unwrap_or_else(|why| panic!("{why}"));
        let end = 300_000 + writes as u64 * 5_000 + 5_000;
        Model { name, scenario, faults: Vec::new(), window_us: (299_000, end), tail_us: 1_500_000, never }
    }

    /// What machines and their networks do.
    fn break_machines(mut self, crash: bool, restart: bool) -> Model {
        let names: Vec<Arc<str>> = self.scenario.setup.nodes.iter().map(|node| node.name.clone()).collect();
        for (index, node) in names.iter().enumerate() {
            let node = || node.clone();
            self.faults.extend(crash.then(|| Command::Crash { node: node() }));
            self.faults.push(Command::Kill { node: node() });
            self.faults.extend(restart.then(|| Command::Restart { node: node() }));
            for other in &names[index + 1..] {
                self.faults.push(Command::Partition { between: Between(node(), other.clone()), one_way: false });
            }
        }
        self.faults.push(Command::Heal { between: None });
        self
    }

    /// What an operator may do at the wrong moment.
    fn promote(mut self) -> Model {
        let nodes = self.scenario.setup.nodes.iter().skip(1);
        self.faults.extend(nodes.map(|node| Command::Promote { node: node.name.clone() }));
        self
    }

    fn freeze(mut self) -> Model {
        let node = || self.scenario.setup.nodes[0].name.clone();
        let both = [Command::Pause { node: node() }, Command::Resume { node: node() }];
        self.faults.extend(both);
        self
    }

    fn window(mut self, from_us: u64, to_us: u64, tail_us: u64) -> Model {
        (self.window_us, self.tail_us) = ((from_us, to_us), tail_us);
        self
    }

    fn explore(&self, faults: usize) -> Seen {
        let setup = self.scenario.setup.clone();
        let judges = Judges::new(setup.flavor);
        let mut run = Run::new(setup, self.scenario.schedule.clone(), (judges, Involved::default())).expect("a set-up");
        run.run_until(SimTime(self.window_us.0));
        let mut seen = Seen::default();
        // Fewer faults first, so that the first counterexample is one of the shortest.
        for faults in 0..=faults {
            if seen.counterexample.is_none() {
                self.branch(run.clone(), faults, u64::MAX, &mut seen);
            }
        }
        println!(
            "{}: {} runs of at most {faults} faults, {} steps, {} different states, {} writes acknowledged{}",
            self.name,
            seen.runs,
            seen.steps,
            seen.states.len(),
            seen.acknowledged,
            seen.counterexample.as_ref().map_or_else(String::new, |why| format!("; broken by: {why}"))
        );
        seen
    }

    /// Goes on with `faults` more to come; `fresh` says who has done something since the last one was possible.
    fn branch(&self, mut run: Watched, faults: usize, mut fresh: u64, seen: &mut Seen) {
        while faults > 0 && run.now().0 <= self.window_us.1 && seen.counterexample.is_none() {
            for fault in &self.faults {
                if fresh & self.victims(&run, fault) == 0 {
                    continue;
                }
                let mut other = run.clone();
                if other.act(fault.clone()).is_ok() {
                    self.branch(other, faults - 1, u64::MAX, seen);
                }
            }
            run.observer_mut().1.0 = 0;
            if !run.step() {
                break;
            }
            fresh = run.observer().1.0;
            seen.steps += 1;
            seen.states.insert(state(run.world()));
        }
        // Exactly so many: fewer have been tried before.
        if faults == 0 {
            self.end(run, seen);
        }
    }

    fn victims(&self, run: &Watched, fault: &Command) -> u64 {
        let bit = |name: &Arc<str>| run.world().node_by_name(name).map_or(1 << 63, |node: NodeId| 1 << node.0);
        match fault {
            Command::Crash { node }
            | Command::Kill { node }
            | Command::Restart { node }
            | Command::Pause { node }
            | Command::Resume { node }
            | Command::Promote { node } => bit(node),
            Command::Partition { between, .. } => bit(&between.0) | bit(&between.1),
            _ => u64::MAX,
        }
    }

    fn end(&self, mut run: Watched, seen: &mut Seen) {
        let (end, before) = (run.now().plus(self.tail_us), run.steps());
        run.run_until(end);
        seen.runs += 1;
        seen.steps += run.steps() - before;
        seen.states.insert(state(run.world()));
        let judges = &run.observer().0;
        seen.acknowledged += judges.ledger().total().acknowledged;
        if let Some(kind) = self.never.iter().find(|kind| judges.violations().count(**kind) > 0) {
            let deeds = run.commands().skip(self.scenario.schedule.len());
            let deeds: Vec<String> = match deeds.count() {
                0 => run.commands().map(|(at, one)| format!("{:.6} s {one}", at.as_millis() / 1e3)).collect(),
                _ => run
                    .commands()
                    .filter(|(_, one)| !matches!(one, Command::Sql { .. }))
                    .map(|(at, one)| format!("{:.6} s {one}", at.as_millis() / 1e3))
                    .collect(),
            };
            seen.counterexample = Some(format!("{kind} after {}", deeds.join("; ")));
        }
    }
}

/// What servers hold and what is under way, without times.
fn state(world: &World) -> u64 {
    let mut hasher = DefaultHasher::new();
    for node in world.view().nodes {
        (node.id, node.role as u8, format!("{:?}", node.life), node.timeline, node.upstream, node.streaming)
            .hash(&mut hasher);
        (node.insert_lsn, node.log_start, node.waiting_commits, node.rows).hash(&mut hasher);
        format!("{:?}", node.positions).hash(&mut hasher);
        world.checksum(node.id).hash(&mut hasher);
        for sender in node.senders {
            (sender.standby, sender.state, sender.sent, format!("{:?}", sender.positions)).hash(&mut hasher);
        }
        node.mysql
            .map(|mysql| (format!("{:?}{:?}", mysql.gtid_executed, mysql.retrieved), mysql.read_only))
            .hash(&mut hasher);
    }
    for packet in world.packets() {
        (packet.from, packet.to, packet.kind, packet.span, packet.held_since.is_some()).hash(&mut hasher);
    }
    hasher.finish()
}

/// How many faults: `MODEL_FAULTS` asks for more than CI has time for.
fn faults(usual: usize) -> usize {
    std::env::var("MODEL_FAULTS").ok().and_then(|faults| faults.parse().ok()).unwrap_or(usual)
}

const EVERYBODY: &str = "[settings]\nsynchronous_standby_names = \"ANY 2 (db1, db2, db3)\"";
const OTHER: &str = "[settings]\nsynchronous_standby_names = \"ANY 1 (db1, db2)\"";
const MANAGER: &str = "[failover]\nmode = \"automatic\"\nttl = \"900ms\"\nloop_wait = \"300ms\"\nretry_timeout = \"300ms\"\n\
                       primary_start_timeout = \"0us\"";

/// Two servers, each the other's standby: whoever is promoted when, no acknowledged write is lost.
#[test]
fn two_synchronous_servers_lose_nothing_whoever_is_promoted() {
    let model = Model::new("two, synchronous", 2, 2, OTHER, &[Kind::LostWrite, Kind::Divergence]);
    let seen = model.break_machines(true, true).promote().explore(faults(2));
    assert_eq!(seen.counterexample, None);
    assert!(seen.runs > 500 && seen.acknowledged > 100, "{} runs", seen.runs);
}

#[test]
fn three_synchronous_servers_lose_nothing_whoever_is_promoted() {
    let model = Model::new("three, synchronous", 3, 1, EVERYBODY, &[Kind::LostWrite, Kind::Divergence]);
    let seen = model.break_machines(true, true).promote().explore(faults(2));
    assert_eq!(seen.counterexample, None);
    assert!(seen.runs > 500 && seen.acknowledged > 100, "{} runs", seen.runs);
}

/// The check has teeth: the same cluster, asynchronous.
#[test]
fn an_asynchronous_cluster_has_a_counterexample() {
    let model = Model::new("two, asynchronous", 2, 2, "", &[Kind::LostWrite]);
    let seen = model.break_machines(true, true).promote().explore(2);
    let found = seen.counterexample.expect("a lost write");
    assert!(found.contains("promote"), "{found}");
}

/// A write that is acknowledged before it is on the standby's disk is lost when both machines die.
#[test]
fn remote_write_has_a_counterexample_when_the_standby_dies_too() {
    let head = format!("{OTHER}\nsynchronous_commit = \"remote_write\"");
    let mut model = Model::new("two, remote_write", 2, 1, &head, &[Kind::LostWrite]);
    // The disk is slow enough for the acknowledgement to come first.
    model.scenario.setup.nodes[1].disk.fsync_us = 20_000;
    let model = model.window(299_000, 312_000, 1_500_000);
    let node = |name: &str| -> Arc<str> { name.into() };
    let faults = vec![
        Command::Crash { node: node("db2") },
        Command::Restart { node: node("db2") },
        Command::Partition { between: Between(node("db1"), node("db2")), one_way: false },
    ];
    // The third comes when the standby is there again.
    let late = SimTime(1_000_000);
    let mut model = Model { faults, ..model };
    model.scenario.schedule.push((late, Command::Promote { node: node("db2") }));
    let seen = model.explore(3);
    assert!(seen.counterexample.is_some(), "{} runs", seen.runs);
}

#[test]
fn lossless_semi_synchronous_sources_lose_nothing_whoever_is_promoted() {
    let head = "flavor = \"mysql\"\n[settings]\nrpl_semi_sync_source_enabled = \"ON\"\n\
                rpl_semi_sync_replica_enabled = \"ON\"\nrpl_semi_sync_source_timeout = \"3600000\"\n\
                rpl_semi_sync_source_wait_for_replica_count = \"1\"\nsource_connect_retry = \"1\"";
    // A relay log is not flushed before it is acknowledged: machines do not die here.
    let model = Model::new("two, semi-synchronous", 2, 2, head, &[Kind::LostWrite]);
    let seen = model.break_machines(false, true).promote().explore(faults(2));
    assert_eq!(seen.counterexample, None);
    assert!(seen.runs > 300 && seen.acknowledged > 100, "{} runs", seen.runs);
}

#[test]
fn a_strict_managed_cluster_loses_nothing_and_has_one_primary() {
    let head = format!("{MANAGER}\nsynchronous_mode = \"quorum\"\nsynchronous_mode_strict = true");
    let model = Model::new("three, managed, strict", 3, 1, &head, &[Kind::LostWrite, Kind::SplitBrain]);
    let model = model.window(299_000, 312_000, 4_000_000).break_machines(true, false).freeze();
    let seen = model.explore(faults(1));
    assert_eq!(seen.counterexample, None);
    assert!(seen.runs > 100 && seen.acknowledged > 50, "{} runs", seen.runs);
}

/// The check has teeth: without fencing, a frozen primary comes back beside its successor.
#[test]
fn without_fencing_two_primaries_are_found() {
    let head = format!("{MANAGER}\nfencing = false");
    let mut model = Model::new("three, unfenced", 3, 1, &head, &[Kind::SplitBrain]).window(299_000, 302_000, 4_000_000);
    // It thaws when another has been promoted.
    model.scenario.schedule.push((SimTime(3_500_000), Command::Resume { node: "db1".into() }));
    let seen = model.freeze().explore(1);
    let found = seen.counterexample.expect("two primaries");
    assert!(found.contains("pause"), "{found}");
}
