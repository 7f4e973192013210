//! What a learner did, as a scenario that begins with it.

use crate::engine::time::SimTime;
use crate::order::Arrange;
use crate::scenario::link::{LinkError, Shared};
use crate::scenario::problems::Problems;
use crate::scenario::scenario::Scenario;
use crate::scenario::write;
use crate::sim::command::Command;
use crate::sim::recording::{Deed, Moment};
use crate::sim::setup::{LinkSetup, LinkShape, Setup};

use super::assignment::Assignment;
use super::attempt::{Attempt, SeedOutcome};
use super::changes::{Change, changes, put_setting};

/// What a learner did, as a scenario that begins with it, and what it has otherwise than the teacher's.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The scenario that is run.
    pub scenario: Scenario,
    /// What it has otherwise.
    pub changes: Vec<Change>,
    /// What was done by hand and is no part of the answer: trying things out is free.
    pub left_out: Vec<(SimTime, Command)>,
    /// The teacher's task.
    assignment: Assignment,
}

impl Answer {
    /// An answer: a scenario, and what was done by hand in its run. Changes of settings, servers, links and the workload hold
    /// from the beginning; what the task lets be done at an instant (`at.promote`) is done at its instant; the rest is left out.
    ///
    /// # Errors
    /// When that makes no scenario.
    pub fn of(original: &Scenario, scenario: &Scenario, deeds: &[Deed]) -> Result<Answer, Problems> {
        let assignment = original.assignment.clone().unwrap_or_default();
        let mut scenario = scenario.clone();
        // What the teacher's scenario shows without a solution is not expected of one.
        scenario.expect.clear();
        let mut left_out = Vec::new();
        for Deed { moment, command } in deeds {
            let at_its_time = assignment.permits_action(write::action_name(command));
            if at_its_time && moment.at.0 <= scenario.duration_us {
                scenario.schedule.push((moment.at, command.clone()));
            } else if !hold_from_the_beginning(&mut scenario.setup, command) {
                left_out.push((moment.at, command.clone()));
            }
        }
        // Stable: what the scenario does comes first at equal times.
        scenario.schedule.arrange_by_key(|(at, _)| *at);
        let scenario = scenario.validated("the answer")?;
        let changes = changes(original, &scenario);
        Ok(Answer { scenario, changes, left_out, assignment })
    }

    /// Whether nothing was changed that must not be.
    #[must_use]
    pub fn is_permitted(&self) -> bool {
        self.changes.iter().all(|change| change.allowed)
    }

    /// What tries it: from the beginning, with every seed. An answer that is not permitted is not worth a run.
    #[must_use]
    pub fn attempt(&self) -> Attempt {
        let conditions = self.assignment.conditions(self.scenario.duration_us);
        Attempt::new(self.scenario.clone(), conditions, self.assignment.all_seeds(&self.scenario))
    }

    /// The link that is handed in: the answer's run at its end, with the hash of what happened there.
    ///
    /// # Errors
    /// When it is too large for a link.
    pub fn link(&self, outcome: Option<&SeedOutcome>) -> Result<String, LinkError> {
        let end = outcome.filter(|outcome| outcome.seed == self.scenario.setup.seed);
        let moment = end.map_or_else(Moment::default, |outcome| outcome.end);
        let hash = end.map(|outcome| outcome.trace_hash);
        Shared::new(self.scenario.clone(), Vec::new(), moment, hash).fragment()
    }
}

/// Makes what was done to a running cluster a part of how it begins; false when it is no such thing.
pub fn hold_from_the_beginning(setup: &mut Setup, command: &Command) -> bool {
    match command {
        Command::Set { settings, on: None } => {
            settings.iter().for_each(|(name, value)| put_setting(&mut setup.settings, name, value));
            true
        }
        Command::Set { settings, on: Some(node) } => {
            let node = setup.nodes.iter_mut().find(|other| other.name == *node);
            node.map(|node| settings.iter().for_each(|(name, value)| put_setting(&mut node.settings, name, value)))
                .is_some()
        }
        Command::Proxy { change } => setup.proxy.as_mut().map(|proxy| change.apply(proxy)).is_some(),
        Command::Workload { client, writes_per_second, reads_per_second } => {
            let client = setup.clients.iter_mut().find(|other| other.name == *client);
            client
                .map(|client| {
                    (client.writes_per_second, client.reads_per_second) = (*writes_per_second, *reads_per_second);
                })
                .is_some()
        }
        Command::Link { between, shape } => {
            let ends = |link: &LinkSetup| {
                let (a, b) = (&link.between.0, &link.between.1);
                (*a == between.0 && *b == between.1) || (*a == between.1 && *b == between.0)
            };
            match setup.links.iter_mut().find(|link| ends(link)) {
                Some(link) => lay_over(&mut link.shape, shape),
                None => {
                    let between = (between.0.clone(), between.1.clone());
                    setup.links.push(LinkSetup { between, shape: *shape });
                }
            }
            true
        }
        Command::AddNode { node } => {
            let room = setup.nodes.len() < Setup::MAX_NODES;
            if room {
                setup.nodes.push((**node).clone());
            }
            room
        }
        // Whoever added a server and took it away again has changed nothing.
        Command::RemoveNode { node } => {
            let known = setup.nodes.iter().rposition(|other| other.name == *node);
            match known.filter(|index| *index > 0) {
                Some(index) => {
                    setup.nodes.remove(index);
                    true
                }
                None => false,
            }
        }
        Command::SlowDisk { node, fsync_us } => on_disk(setup, node, |disk| disk.fsync_us = *fsync_us),
        Command::ApplyRate { node, per_second } => on_disk(setup, node, |disk| disk.apply_rate = *per_second),
        Command::DiskSize { node, size_bytes } => on_disk(setup, node, |disk| disk.size_bytes = *size_bytes),
        _ => false,
    }
}

fn on_disk(setup: &mut Setup, node: &str, change: impl FnOnce(&mut crate::sim::setup::DiskSetup)) -> bool {
    setup.nodes.iter_mut().find(|other| &*other.name == node).map(|node| change(&mut node.disk)).is_some()
}

fn lay_over(shape: &mut LinkShape, change: &LinkShape) {
    shape.latency_us = change.latency_us.or(shape.latency_us);
    shape.jitter_us = change.jitter_us.or(shape.jitter_us);
    shape.bandwidth = change.bandwidth.or(shape.bandwidth);
    shape.loss_ppm = change.loss_ppm.or(shape.loss_ppm);
}
