//! Makes a run smaller that breaks a promise, as long as the smaller one breaks it, too.

use crate::engine::time::MILLISECOND_US;
use crate::order::Arrange;
use crate::scenario::Scenario;
use crate::sim::command::{Command, Console};
use crate::sim::setup::{CausalReads, ClientSetup, DiskSetup, FailoverSetup, LinkShape, ProxySetup, Tags};

/// A smaller scenario.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The smallest that was found.
    pub scenario: Scenario,
    /// How many were run.
    pub tried: usize,
}

/// Makes a scenario smaller: shorter, with fewer commands, servers, clients and settings. `breaks` says whether one that is
/// smaller still breaks the same promise; it is asked at most `budget` times. What `scenario` was made from is not looked at.
pub fn shrink(scenario: &Scenario, budget: usize, mut breaks: impl FnMut(&Scenario) -> bool) -> Shrunk {
    let mut shrinking = Shrinking { best: scenario.clone(), tried: 0, budget, breaks: &mut breaks };
    loop {
        let before = shrinking.best.clone();
        shrinking.round();
        if shrinking.best == before || shrinking.tried >= budget {
            return Shrunk { scenario: shrinking.best, tried: shrinking.tried };
        }
    }
}

struct Shrinking<'a> {
    best: Scenario,
    tried: usize,
    budget: usize,
    breaks: &'a mut dyn FnMut(&Scenario) -> bool,
}

impl Shrinking<'_> {
    /// Takes a smaller scenario when it is valid and breaks the promise, too.
    fn attempt(&mut self, change: impl FnOnce(&mut Scenario)) -> bool {
        if self.tried >= self.budget {
            return false;
        }
        let mut smaller = self.best.clone();
        change(&mut smaller);
        if smaller == self.best || smaller.clone().validated("a smaller run").is_err() {
            return false;
        }
        self.tried += 1;
        let broken = (self.breaks)(&smaller);
        if broken {
            self.best = smaller;
        }
        broken
    }

    fn round(&mut self) {
        self.shorter();
        self.fewer_commands();
        self.fewer_nodes();
        self.fewer_clients();
        self.simpler_cluster();
        self.fewer_settings();
        self.simpler_clients();
        self.rounder_times();
    }

    /// Halves what can be cut off at the end, as long as that goes.
    fn shorter(&mut self) {
        let mut step_us = self.best.duration_us / 2;
        while step_us >= 50 * MILLISECOND_US {
            let shorter = |scenario: &mut Scenario| {
                scenario.duration_us -= step_us;
                let end = scenario.duration_us;
                scenario.schedule.retain(|(at, _)| at.0 <= end);
            };
            if self.best.duration_us <= step_us || !self.attempt(shorter) {
                step_us /= 2;
            }
        }
    }

    /// Leaves out pieces of the schedule, large ones first.
    fn fewer_commands(&mut self) {
        let mut piece = self.best.schedule.len();
        while piece > 0 {
            let mut from = 0;
            while from < self.best.schedule.len() {
                let to = (from + piece).min(self.best.schedule.len());
                if !self.attempt(|scenario| drop(scenario.schedule.drain(from..to))) {
                    from = to;
                }
            }
            piece /= 2;
        }
    }

    fn fewer_nodes(&mut self) {
        for index in (0..self.best.setup.nodes.len()).rev() {
            self.attempt(|scenario| without_node(scenario, index));
        }
    }

    fn fewer_clients(&mut self) {
        for index in (0..self.best.setup.clients.len()).rev() {
            self.attempt(|scenario| {
                let name = scenario.setup.clients.remove(index).name;
                scenario.schedule.retain(|(_, command)| !names(command).contains(&&*name));
                scenario.setup.links.retain(|link| link.between.0 != name && link.between.1 != name);
            });
        }
    }

    fn simpler_cluster(&mut self) {
        self.attempt(|scenario| scenario.assignment = None);
        self.attempt(|scenario| scenario.expect.clear());
        self.attempt(|scenario| scenario.setup.links.clear());
        self.attempt(|scenario| scenario.setup.network = LinkShape::DEFAULT);
        self.attempt(|scenario| {
            scenario.setup.proxy = None;
            scenario
                .schedule
                .retain(|(_, command)| !matches!(command, Command::Proxy { .. }) && !names(command).contains(&"proxy"));
        });
        self.attempt(|scenario| scenario.setup.proxy = scenario.setup.proxy.take().map(|_| ProxySetup::default()));
        self.attempt(|scenario| {
            scenario.setup.proxy = scenario.setup.proxy.take().map(|proxy| ProxySetup {
                causal_reads: proxy.causal_reads,
                read_policy: proxy.read_policy,
                ..ProxySetup::default()
            });
        });
        let plain = FailoverSetup::default();
        self.attempt(|scenario| scenario.setup.failover = plain.clone());
        let parts: [fn(&mut FailoverSetup, &FailoverSetup); 9] = [
            |own, plain| own.synchronous_mode = plain.synchronous_mode,
            |own, plain| own.synchronous_mode_strict = plain.synchronous_mode_strict,
            |own, plain| own.synchronous_node_count = plain.synchronous_node_count,
            |own, plain| own.failsafe_mode = plain.failsafe_mode,
            |own, plain| own.primary_start_timeout_us = plain.primary_start_timeout_us,
            |own, plain| own.primary_stop_timeout_us = plain.primary_stop_timeout_us,
            |own, plain| own.use_pg_rewind = plain.use_pg_rewind,
            |own, plain| own.fencing = plain.fencing,
            |own, plain| own.repoint = plain.repoint,
        ];
        for part in parts {
            self.attempt(|scenario| part(&mut scenario.setup.failover, &plain));
        }
        self.attempt(|scenario| scenario.setup.schema = String::new());
        for index in 0..self.best.setup.nodes.len() {
            self.attempt(|scenario| node(scenario, index, |node| node.upstream = None));
            self.attempt(|scenario| node(scenario, index, |node| node.disk = DiskSetup::default()));
            self.attempt(|scenario| node(scenario, index, |node| node.cpu = None));
            self.attempt(|scenario| node(scenario, index, |node| node.tags = Tags::default()));
            self.attempt(|scenario| node(scenario, index, |node| node.settings.clear()));
        }
    }

    fn fewer_settings(&mut self) {
        self.attempt(|scenario| scenario.setup.settings.clear());
        for index in (0..self.best.setup.settings.len()).rev() {
            self.attempt(|scenario| drop(scenario.setup.settings.remove(index)));
        }
    }

    fn simpler_clients(&mut self) {
        for index in 0..self.best.setup.clients.len() {
            let plain = ClientSetup::default();
            self.attempt(|scenario| {
                client(scenario, index, |client| {
                    let (name, writes_per_second) = (client.name.clone(), client.writes_per_second);
                    *client = ClientSetup { name, writes_per_second, ..ClientSetup::default() };
                });
            });
            self.attempt(|scenario| client(scenario, index, |client| client.reads_per_second = 0));
            self.attempt(|scenario| client(scenario, index, |client| client.writes_per_second = 0));
            self.attempt(|scenario| client(scenario, index, |client| client.connect = None));
            self.attempt(|scenario| client(scenario, index, |client| client.settings.clear()));
            self.attempt(|scenario| client(scenario, index, |client| client.causal_reads = CausalReads::None));
            self.attempt(|scenario| {
                client(scenario, index, |client| {
                    (client.sessions, client.think_time_us) = (plain.sessions, plain.think_time_us);
                });
            });
            self.attempt(|scenario| client(scenario, index, |client| client.statements_per_transaction = 1));
            self.attempt(|scenario| client(scenario, index, |client| client.read_back = false));
            self.attempt(|scenario| client(scenario, index, |client| client.retry = plain.retry));
            self.attempt(|scenario| client(scenario, index, |client| client.connections = plain.connections));
            self.attempt(|scenario| client(scenario, index, |client| client.key_distribution = plain.key_distribution));
            self.attempt(|scenario| client(scenario, index, |client| client.keys = 1));
            self.attempt(|scenario| client(scenario, index, |client| client.writes_per_second /= 2));
            self.attempt(|scenario| client(scenario, index, |client| client.reads_per_second /= 2));
        }
    }

    /// Times as people write them.
    fn rounder_times(&mut self) {
        for index in 0..self.best.schedule.len() {
            for unit_us in [1_000 * MILLISECOND_US, 100 * MILLISECOND_US, 10 * MILLISECOND_US] {
                let rounded = self.attempt(|scenario| {
                    if let Some((at, _)) = scenario.schedule.get_mut(index) {
                        at.0 = (at.0 / unit_us * unit_us).max(10 * MILLISECOND_US);
                    }
                    scenario.schedule.arrange_by_key(|(at, _)| *at);
                });
                if rounded {
                    break;
                }
            }
        }
    }
}

fn node(scenario: &mut Scenario, index: usize, change: impl FnOnce(&mut crate::sim::setup::NodeSetup)) {
    scenario.setup.nodes.get_mut(index).into_iter().for_each(change_once(change));
}

fn client(scenario: &mut Scenario, index: usize, change: impl FnOnce(&mut ClientSetup)) {
    scenario.setup.clients.get_mut(index).into_iter().for_each(change_once(change));
}

fn change_once<T>(change: impl FnOnce(&mut T)) -> impl FnMut(&mut T) {
    let mut change = Some(change);
    move |one| {
        if let Some(change) = change.take() {
            change(one);
        }
    }
}

/// Takes a server away, and all that names it.
fn without_node(scenario: &mut Scenario, index: usize) {
    let setup = &mut scenario.setup;
    let gone = setup.nodes.remove(index);
    for node in &mut setup.nodes {
        node.upstream.take_if(|upstream| *upstream == gone.name);
    }
    if let Some(first) = setup.nodes.first_mut() {
        first.upstream = None;
    }
    setup.links.retain(|link| link.between.0 != gone.name && link.between.1 != gone.name);
    if let Some(proxy) = &mut setup.proxy {
        proxy.weights.retain(|(name, _)| *name != gone.name);
    }
    for client in &mut setup.clients {
        if let Some(connect) = &mut client.connect {
            let without = connect.replace(&format!("{},", gone.name), "").replace(&format!(",{}/", gone.name), "/");
            *connect = without.into();
        }
    }
    scenario.schedule.retain(|(_, command)| !names(command).contains(&&*gone.name));
}

/// Whom a command names.
fn names(command: &Command) -> Vec<&str> {
    match command {
        Command::Sql { console: Console::Client(name) | Console::On(name), .. } => vec![name],
        Command::Partition { between, .. }
        | Command::Heal { between: Some(between) }
        | Command::Disconnect { between }
        | Command::Link { between, .. } => vec![&between.0, &between.1],
        Command::Heal { between: None } | Command::Proxy { .. } => Vec::new(),
        Command::Isolate { who } => vec![who],
        Command::Crash { node }
        | Command::Kill { node }
        | Command::Restart { node }
        | Command::Pause { node }
        | Command::Resume { node }
        | Command::PauseReplay { node }
        | Command::ResumeReplay { node }
        | Command::Promote { node }
        | Command::Switchover { node }
        | Command::SlowDisk { node, .. }
        | Command::ApplyRate { node, .. }
        | Command::FullDisk { node, .. }
        | Command::DiskSize { node, .. }
        | Command::RemoveNode { node }
        | Command::Rewind { node }
        | Command::Reclone { node }
        | Command::BaseBackup { node } => vec![node],
        Command::Repoint { node, upstream } => vec![node, upstream],
        Command::Set { on, .. } => on.iter().map(|on| &**on).collect(),
        Command::Cancel { client } | Command::Workload { client, .. } => vec![client],
        Command::AddNode { node } => std::iter::once(&*node.name).chain(node.upstream.as_deref()).collect(),
    }
}
