//! What was set and broken when: known for the whole run from its set-up and its commands.

use std::sync::Arc;

use crate::engine::ids::NodeId;
use crate::engine::time::SimTime;
use crate::sim::World;
use crate::sim::command::Command;
use crate::sim::setup::Setup;

/// The set-up that a run began with, and what was done since.
pub struct Conditions {
    initial: Setup,
    commands: Vec<(SimTime, Command)>,
    names: Vec<(NodeId, Arc<str>)>,
}

impl Conditions {
    /// Of a run that began with a set-up.
    #[must_use]
    pub fn new<'a>(
        initial: &Setup,
        commands: impl Iterator<Item = &'a (SimTime, Command)>,
        world: &World,
    ) -> Conditions {
        let names = (0..Setup::MAX_NODES as u8 * 4).map(NodeId);
        let names = names.map(|node| (node, world.name_of(node.into()))).filter(|(_, name)| &**name != "?");
        Conditions { initial: initial.clone(), commands: commands.cloned().collect(), names: names.collect() }
    }

    fn name(&self, node: NodeId) -> &str {
        self.names.iter().find(|(id, _)| *id == node).map_or("", |(_, name)| name)
    }

    /// The server of this name.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<NodeId> {
        self.names.iter().rev().find(|(_, known)| **known == *name).map(|(id, _)| *id)
    }

    fn until(&self, at: SimTime) -> impl DoubleEndedIterator<Item = &(SimTime, Command)> {
        self.commands.iter().filter(move |(then, _)| *then <= at)
    }

    /// Since when messages from one server cannot reach another, if they cannot at an instant.
    #[must_use]
    pub fn cut_since(&self, from: NodeId, to: NodeId, at: SimTime) -> Option<SimTime> {
        let (from, to) = (self.name(from), self.name(to));
        let mut since = None;
        for (then, command) in self.until(at) {
            match command {
                Command::Partition { between, one_way } => {
                    let there = *between.0 == *from && *between.1 == *to;
                    let back = *between.0 == *to && *between.1 == *from;
                    if there || (back && !one_way) {
                        since = since.or(Some(*then));
                    }
                }
                Command::Isolate { who } if **who == *from || **who == *to => since = since.or(Some(*then)),
                Command::Heal { between: None } => since = None,
                Command::Heal { between: Some(between) } => {
                    let ends = [&*between.0, &*between.1];
                    if ends.contains(&from) && ends.contains(&to) {
                        since = None;
                    }
                }
                _ => {}
            }
        }
        since
    }

    /// A setting of a server at an instant, and since when it is so, if that was a command.
    #[must_use]
    pub fn setting(&self, name: &str, node: NodeId, at: SimTime) -> (Option<Arc<str>>, Option<SimTime>) {
        let who = self.name(node);
        let in_list = |list: &[(Arc<str>, Arc<str>)]| {
            list.iter().rev().find(|(known, _)| **known == *name).map(|(_, value)| value.clone())
        };
        let mut own = None;
        let mut all = None;
        for (then, command) in self.until(at) {
            match command {
                Command::Set { settings, on: None } => all = in_list(settings).map(|value| (value, *then)).or(all),
                Command::Set { settings, on: Some(on) } if **on == *who => {
                    own = in_list(settings).map(|value| (value, *then)).or(own);
                }
                _ => {}
            }
        }
        let setup = self.initial.nodes.iter().find(|one| *one.name == *who);
        let begun = setup.and_then(|one| in_list(&one.settings)).or_else(|| in_list(&self.initial.settings));
        match own.or(all) {
            Some((value, since)) => (Some(value), Some(since)),
            None => (begun, None),
        }
    }

    /// Since when an operator has paused applying on a server, if so at an instant.
    #[must_use]
    pub fn replay_paused_since(&self, node: NodeId, at: SimTime) -> Option<SimTime> {
        let who = self.name(node);
        self.until(at).rev().find_map(|(then, command)| match command {
            Command::PauseReplay { node } if **node == *who => Some(Some(*then)),
            Command::ResumeReplay { node } | Command::Restart { node } if **node == *who => Some(None),
            _ => None,
        })?
    }

    /// How many transactions a server may apply in a second, and since when.
    #[must_use]
    pub fn apply_rate(&self, node: NodeId, at: SimTime) -> Option<(u32, Option<SimTime>)> {
        let who = self.name(node);
        let changed = self.until(at).rev().find_map(|(then, command)| match command {
            Command::ApplyRate { node, per_second } if **node == *who => Some((*per_second, *then)),
            _ => None,
        });
        match changed {
            Some((rate, then)) => Some((rate?, Some(then))),
            None => Some((self.initial.nodes.iter().find(|one| *one.name == *who)?.disk.apply_rate?, None)),
        }
    }

    /// How long a flush takes on a server, and since when.
    #[must_use]
    pub fn fsync(&self, node: NodeId, at: SimTime) -> (u64, Option<SimTime>) {
        let who = self.name(node);
        let changed = self.until(at).rev().find_map(|(then, command)| match command {
            Command::SlowDisk { node, fsync_us } if **node == *who => Some((*fsync_us, *then)),
            _ => None,
        });
        match changed {
            Some((us, then)) => (us, Some(then)),
            None => (self.initial.nodes.iter().find(|one| *one.name == *who).map_or(0, |one| one.disk.fsync_us), None),
        }
    }

    /// When the latency between two servers was last changed.
    #[must_use]
    pub fn latency_changed(&self, one: NodeId, other: NodeId, at: SimTime) -> Option<SimTime> {
        let (one, other) = (self.name(one), self.name(other));
        self.until(at).rev().find_map(|(then, command)| match command {
            Command::Link { between, shape } if shape.latency_us.is_some() => {
                let ends = [&*between.0, &*between.1];
                (ends.contains(&one) && ends.contains(&other)).then_some(*then)
            }
            _ => None,
        })
    }
}
