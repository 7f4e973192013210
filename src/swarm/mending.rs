//! An operator who mends all that is broken, and then looks whether the cluster comes together.

use std::sync::Arc;

use super::probe::Deeds;
use crate::check::Judges;
use crate::engine::commit::StandbyRule;
use crate::engine::flavor::Flavor;
use crate::engine::ids::NodeId;
use crate::engine::time::{SECOND_US, SimTime};
use crate::engine::trace::Life;
use crate::order::OrderedMap;
use crate::scenario::Scenario;
use crate::sim::command::{Between, Command, Console};
use crate::sim::setup::{LinkShape, NoReplica, ProxyChange, SynchronousMode};
use crate::sim::view::{ClusterView, NodeView, Role};
use crate::sim::{Observer, Run};

/// The operator looks this often.
const ROUND_US: u64 = 3 * SECOND_US;
/// And does so at most so often. A copy over a slow link takes some of them.
const ROUNDS: u32 = 30;
/// A switchover is over, or has been given up, after so many.
const HAND_OVER: u32 = 22;
/// Servers come back by themselves until this round; then they are copied anew.
const PATIENCE: u32 = 3;

/// Nobody works off a queue for longer than this.
const LONGEST_US: u64 = 600 * SECOND_US;

/// An operator at work.
pub(super) struct Operator<'a> {
    run: &'a mut Run<(Judges, Deeds)>,
    scenario: &'a Scenario,
    /// Whether servers that hold something else are copied anew: where nobody has promised that there are none.
    compares: bool,
    /// The round in which a server was last copied or rewound.
    repaired: OrderedMap<NodeId, u32>,
    /// The most steps of the whole run.
    most_steps: u64,
    /// Whether nobody was answered anything in the last round.
    stalled: bool,
    /// Until when statements that have queued up may take, in microseconds.
    latest_us: u64,
}

impl<'a> Operator<'a> {
    pub fn new(
        run: &'a mut Run<(Judges, Deeds)>,
        scenario: &'a Scenario,
        compares: bool,
        most_steps: u64,
    ) -> Operator<'a> {
        let latest_us = run.now().0 + LONGEST_US;
        Operator { run, scenario, compares, repaired: OrderedMap::new(), most_steps, stalled: false, latest_us }
    }

    /// Mends everything, stops the workload, and waits until the cluster has come together.
    ///
    /// # Errors
    /// What is still amiss at last.
    pub fn mend(&mut self) -> Result<(), String> {
        self.calm();
        let mut amiss = String::new();
        let (mut round, mut done) = (0, 0);
        while round < ROUNDS {
            self.look(round);
            self.wait(ROUND_US)?;
            // What has queued up is worked off for as long as it takes.
            let (finished, waits) = (self.run.observer().1.finished, self.run.now().0 < self.latest_us);
            self.stalled = finished == done || !waits;
            round += u32::from(round < PATIENCE || self.stalled);
            done = finished;
            match self.together() {
                Ok(()) => {
                    // Commits that come may wait for more standbys than there are.
                    let view = self.run.world().view();
                    let followed = |node: &&NodeView| view.nodes.iter().any(|other| other.upstream == Some(node.id));
                    let primary = self.run.world().primary();
                    let sources = view.nodes.iter().filter(|node| node.id == primary || followed(node));
                    sources.for_each(|node| self.release(node, &view));
                    return Ok(());
                }
                Err(why) => amiss = why,
            }
        }
        Err(amiss)
    }

    /// Lets a client write again for a while, if there is one that finds the primary by itself.
    pub fn work(&mut self) -> Result<(), String> {
        let clients = &self.scenario.setup.clients;
        let Some(client) = clients.iter().find(|client| client.connect.is_none()).map(|client| client.name.clone())
        else {
            return Ok(());
        };
        self.act(Command::Workload { client: client.clone(), writes_per_second: 10, reads_per_second: 0 });
        self.wait(2 * SECOND_US)?;
        self.act(Command::Workload { client, writes_per_second: 0, reads_per_second: 0 });
        let mut amiss = Ok(());
        let (mut rounds, mut done) = (0, 0);
        while rounds < 10 {
            // On a network that loses much, somebody may have been powered off meanwhile.
            self.look(rounds);
            self.wait(ROUND_US)?;
            let (finished, waits) = (self.run.observer().1.finished, self.run.now().0 < self.latest_us);
            rounds += u32::from(finished == done || !waits);
            done = finished;
            amiss = self.together();
            if amiss.is_ok() {
                break;
            }
        }
        amiss
    }

    /// Does something, and all that happens in the same instant, as when a scenario does it: so a file of it is the same run.
    fn act(&mut self, command: Command) -> bool {
        let done = self.run.act(command).is_ok();
        let _ = run_until(self.run, self.run.now(), self.most_steps);
        done
    }

    fn wait(&mut self, us: u64) -> Result<(), String> {
        run_until(self.run, self.run.now().plus(us), self.most_steps)
    }

    /// What is mended once and for all.
    fn calm(&mut self) {
        self.act(Command::Heal { between: None });
        let (mut links, mut typed) = (Vec::new(), Vec::new());
        for (_, command) in &self.scenario.schedule {
            match command {
                Command::Link { between, .. } => links.push(between.clone()),
                Command::Sql { console, .. } if !typed.contains(console) => typed.push(console.clone()),
                _ => {}
            }
        }
        let calm = LinkShape { latency_us: Some(1_000), jitter_us: Some(0), bandwidth: Some(0), loss_ppm: Some(0) };
        for between in links {
            self.act(Command::Link { between, shape: calm });
        }
        for client in &self.scenario.setup.clients {
            let client = client.name.clone();
            self.act(Command::Workload { client, writes_per_second: 0, reads_per_second: 0 });
        }
        // A script that failed half way may have left its transaction open.
        for console in typed {
            self.act(Command::Sql { console, sql: "ROLLBACK".into() });
        }
        // Reads that no replica can answer are tried for long, and statements wait behind them.
        if self.scenario.setup.proxy.is_some() {
            let change = ProxyChange { no_replica: Some(NoReplica::Primary), ..ProxyChange::default() };
            self.act(Command::Proxy { change: Box::new(change) });
        }
        for node in &self.scenario.setup.nodes {
            if node.settings.iter().any(|(key, _)| &**key == "recovery_min_apply_delay") {
                let at_once = vec![("recovery_min_apply_delay".into(), "0".into())];
                self.act(Command::Set { settings: at_once, on: Some(node.name.clone()) });
            }
        }
        if self.scenario.setup.failover.automatic {
            self.act(Command::Resume { node: "store".into() });
            self.act(Command::Restart { node: "store".into() });
        }
    }

    fn look(&mut self, round: u32) {
        let view = self.run.world().view();
        for node in &view.nodes {
            self.machine(node, round);
        }
        let view = self.run.world().view();
        if round >= PATIENCE {
            // In MySQL what a replica applies may wait for its own replicas.
            view.nodes.iter().filter(|node| node.waiting_commits > 0).for_each(|node| self.release(node, &view));
            if self.stalled {
                self.hang_up(&view);
            }
        }
        let Some(lead) = self.lead(&view, round) else { return };
        for node in view.nodes.iter().filter(|node| node.id != lead.id && node.life == Life::Running) {
            self.follower(node, lead, &view, round);
        }
    }

    /// Mends a machine, its disk and its process.
    fn machine(&mut self, node: &NodeView, round: u32) {
        let name = || node.name.clone();
        if node.disk_full {
            self.act(Command::FullDisk { node: name(), full: false });
        }
        if node.disk_size_bytes.is_some() {
            self.act(Command::DiskSize { node: name(), size_bytes: None });
        }
        if node.fsync_us > 5_000 {
            self.act(Command::SlowDisk { node: name(), fsync_us: 1_000 });
        }
        match node.life {
            Life::Paused => {
                self.act(Command::Resume { node: name() });
            }
            Life::Down | Life::Stopped => {
                // A copy or a rewind that did not come to an end leaves no database; a standby past the fork does not
                // start.
                let hopeless = round > PATIENCE && node.error.is_some();
                let copied = hopeless && self.act(Command::Reclone { node: name() });
                if !copied
                    && !self.act(Command::Restart { node: name() })
                    && !self.act(Command::Reclone { node: name() })
                {
                    self.act(Command::BaseBackup { node: name() });
                }
            }
            Life::Running => {
                if node.apply_rate.is_some() {
                    self.act(Command::ApplyRate { node: name(), per_second: None });
                }
                if node.replay_paused {
                    self.act(Command::ResumeReplay { node: name() });
                }
            }
            Life::Recovering | Life::Copying | Life::Rewinding => {}
        }
    }

    /// Who leads, as far as the operator is concerned; where nobody does, and no manager decides, somebody is promoted.
    fn lead<'v>(&mut self, view: &'v ClusterView, round: u32) -> Option<&'v NodeView> {
        let primary = self.run.world().primary();
        let lead = view.nodes.iter().find(|node| node.id == primary);
        let managed = self.scenario.setup.failover.automatic;
        match lead {
            Some(lead) if managed || lead.life != Life::Running => Some(lead),
            Some(lead) if lead.role == Role::Replica => {
                self.act(Command::Promote { node: lead.name.clone() });
                None
            }
            Some(lead) => {
                // Unless it is handing over, which may take a minute.
                if lead.mysql.as_ref().is_some_and(|mysql| mysql.read_only) && round > HAND_OVER {
                    let off = ["super_read_only", "read_only"].map(|key| (key.into(), "OFF".into()));
                    self.act(Command::Set { settings: off.to_vec(), on: Some(lead.name.clone()) });
                }
                Some(lead)
            }
            None if managed => None,
            None if view.nodes.len() == 1 && view.nodes.iter().all(|node| node.role == Role::Primary) => {
                view.nodes.first()
            }
            None => {
                let replicas = view.nodes.iter().filter(|n| n.role == Role::Replica && n.life == Life::Running);
                let best = replicas.max_by_key(|node| (node.timeline, node.positions.flush))?;
                self.act(Command::Promote { node: best.name.clone() });
                None
            }
        }
    }

    fn follower(&mut self, node: &NodeView, lead: &NodeView, view: &ClusterView, round: u32) {
        let managed = self.scenario.setup.failover.automatic;
        let name = || node.name.clone();
        let gtids = |node: &NodeView| node.mysql.as_ref().map(|mysql| mysql.gtid_executed.clone());
        let postgresql = view.flavor == Flavor::Postgresql;
        let upstream = view.nodes.iter().find(|other| Some(other.id) == node.upstream);
        if let (Some(slot), Some(upstream)) = (self.missing_slot(node), upstream) {
            if round < PATIENCE {
                let sql = format!("SELECT pg_create_physical_replication_slot('{slot}')").into();
                self.act(Command::Sql { console: Console::On(upstream.name.clone()), sql });
            } else {
                // A standby that nobody can connect to makes no slots.
                let none = vec![("primary_slot_name".into(), "".into())];
                self.act(Command::Set { settings: none, on: Some(name()) });
            }
            return;
        }
        let differs = self.compares && lead.waiting_commits == 0 && {
            let sum = |node: &NodeView| self.run.world().checksum(node.id).map(|(_, sum)| sum);
            sum(node) != sum(lead)
        };
        let astray = node.error.is_some() || !node.streaming || gtids(node) != gtids(lead) || differs;
        if node.role == Role::Primary && !managed {
            if postgresql {
                self.repair(node, round, !self.repaired.contains_key(&node.id));
            } else {
                self.act(Command::Repoint { node: name(), upstream: lead.name.clone() });
            }
        } else if astray && !managed && round < PATIENCE {
            if upstream.is_none_or(|upstream| upstream.life != Life::Running) || (round > 0 && !node.streaming) {
                self.act(Command::Repoint { node: name(), upstream: lead.name.clone() });
            }
        } else if astray && round >= PATIENCE {
            self.repair(node, round, false);
        }
    }

    /// The slot that a server asks its upstream for in vain.
    fn missing_slot(&self, node: &NodeView) -> Option<Arc<str>> {
        let error = node.error.as_ref()?;
        if !(error.contains("replication slot") && error.contains("does not exist")) {
            return None;
        }
        Some(self.run.world().configured(node.id)?.get("primary_slot_name")?.into())
    }

    /// Copies a server anew, or rewinds it, and then waits a few rounds.
    fn repair(&mut self, node: &NodeView, round: u32, rewind: bool) {
        if self.repaired.get(&node.id).is_some_and(|last| round < last + 3) {
            return;
        }
        self.repaired.insert(node.id, round);
        let name = node.name.clone();
        if !(rewind && self.act(Command::Rewind { node: name.clone() })) {
            self.act(Command::Reclone { node: name });
        }
    }

    /// Commits wait for more standbys than there are: the operator asks for fewer.
    fn release(&mut self, lead: &NodeView, view: &ClusterView) {
        let failover = &self.scenario.setup.failover;
        let Some(settings) = self.run.world().configured(lead.id) else { return };
        match view.flavor {
            Flavor::Postgresql => {
                if failover.automatic && failover.synchronous_mode != SynchronousMode::Off {
                    return;
                }
                let rule = settings.get("synchronous_standby_names").unwrap_or_default();
                let wanted = StandbyRule::parse(&rule).map_or(0, |rule| rule.num_sync());
                let there = lead.senders.iter().filter(|sender| sender.sync_priority > 0).count();
                if wanted as usize > there {
                    let nobody = vec![("synchronous_standby_names".into(), "".into())];
                    self.act(Command::Set { settings: nobody, on: None });
                }
            }
            Flavor::Mysql => {
                let wanted = settings.get("rpl_semi_sync_source_wait_for_replica_count").unwrap_or_default();
                let acknowledges = |node: &&NodeView| {
                    let settings = self.run.world().configured(node.id);
                    let on = settings.and_then(|settings| settings.get("rpl_semi_sync_replica_enabled"));
                    node.upstream == Some(lead.id) && on.as_deref() == Some("ON")
                };
                let there = view.nodes.iter().filter(acknowledges).count();
                if wanted.parse().is_ok_and(|wanted: usize| wanted > there) {
                    let off = vec![("rpl_semi_sync_source_enabled".into(), "OFF".into())];
                    self.act(Command::Set { settings: off, on: None });
                }
            }
        }
    }

    /// A driver that waits for an answer of a machine that died waits for good, unless it asks TCP to look: its application
    /// is started again.
    fn hang_up(&mut self, view: &ClusterView) {
        let proxy = self.scenario.setup.proxy.is_some();
        for client in view.clients.iter().filter(|client| client.outstanding > 0) {
            let own = self.scenario.setup.clients.iter().find(|setup| setup.name == client.name);
            if own.is_some_and(|setup| setup.connect.is_some() || !proxy) {
                for node in &view.nodes {
                    let between = Between(client.name.clone(), node.name.clone());
                    self.act(Command::Disconnect { between });
                }
            }
        }
    }

    /// Whether one primary takes writes, all have the same, and nobody waits.
    fn together(&self) -> Result<(), String> {
        let world = self.run.world();
        let view = world.view();
        let read_only = |node: &NodeView| node.mysql.as_ref().is_some_and(|mysql| mysql.read_only);
        let primaries: Vec<&NodeView> =
            view.nodes.iter().filter(|node| node.role == Role::Primary && !read_only(node)).collect();
        let [primary] = primaries[..] else {
            let names: Vec<_> = primaries.iter().map(|node| &*node.name).collect();
            return Err(format!("{} servers take writes: [{}]", names.len(), names.join(", ")));
        };
        let sum = |node: &NodeView| world.checksum(node.id).map(|(_, sum)| sum);
        for node in &view.nodes {
            let why = if node.life != Life::Running {
                format!("is {:?}", node.life)
            } else if let Some(error) = &node.error {
                format!("says: {error}")
            } else if node.waiting_commits > 0 {
                format!("has {} commits that wait", node.waiting_commits)
            } else if node.id != primary.id && !node.streaming {
                "does not stream".to_owned()
            } else if node.lag_us > 0 {
                // Bytes alone may be what a crash left of a transaction without its end.
                format!("lags by {} us", node.lag_us)
            } else if sum(node) != sum(primary) {
                format!("holds other data than {}", primary.name)
            } else {
                continue;
            };
            return Err(format!("{} {why}", node.name));
        }
        if let Some(client) = view.clients.iter().find(|client| client.outstanding > 0) {
            return Err(format!("{} waits for {} answers", client.name, client.outstanding));
        }
        if let Some(proxy) = view.proxy.as_ref().filter(|proxy| proxy.primary != Some(primary.id)) {
            let believed = proxy.primary.map(|node| world.name_of(node.into()));
            return Err(format!("the proxy takes {believed:?} for the primary, which is {}", primary.name));
        }
        let led = |manager: &crate::sim::view::ManagerView| manager.leader.map(|(node, _)| node);
        if let Some(manager) = view.manager.as_ref().filter(|manager| led(manager) != Some(primary.id)) {
            return Err(format!("{} leads, and {:?} has the lease", primary.name, led(manager)));
        }
        Ok(())
    }
}

/// Goes on until an instant, unless that takes too many steps.
pub(super) fn run_until<O: Observer>(run: &mut Run<O>, at: SimTime, most_steps: u64) -> Result<(), String> {
    while run.next_at().is_some_and(|next| next <= at) {
        run.step();
        if run.steps() > most_steps {
            return Err(format!("{most_steps} steps were not enough"));
        }
    }
    run.rest_until(at);
    Ok(())
}
