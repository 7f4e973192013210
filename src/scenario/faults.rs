//! Faults drawn at random from a seed, for runs of one scenario over many seeds.

use std::fmt;
use std::sync::Arc;

use rand_pcg::Pcg32;

use super::scenario::Scenario;
use crate::engine::chance::below;
use crate::engine::time::{MILLISECOND_US, SimTime};
use crate::order::Arrange;
use crate::sim::command::{Between, Command};
use crate::sim::random::{self, Stream};
use crate::sim::setup::NodeSetup;

/// A run has to be as long for faults to have a place in it, in milliseconds.
const SHORTEST_MS: u64 = 100;

/// What kind of faults are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// None.
    None,
    /// The first primary's machine dies once, for good.
    Crash,
    /// The same, and the machine comes back.
    CrashRestart,
    /// The first primary is cut off from one server, or from all of them and the store, for a while.
    Partition,
    /// One server's disk needs 20 to 200 ms for an fsync, for a while.
    SlowDisk,
    /// Three to six faults of all kinds, on any server, one after the other; each of them heals.
    Chaos,
}

impl Profile {
    /// All of them.
    pub const ALL: [Profile; 6] =
        [Profile::None, Profile::Crash, Profile::CrashRestart, Profile::Partition, Profile::SlowDisk, Profile::Chaos];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Profile::None => "none",
            Profile::Crash => "crash",
            Profile::CrashRestart => "crash-restart",
            Profile::Partition => "partition",
            Profile::SlowDisk => "slow-disk",
            Profile::Chaos => "chaos",
        }
    }

    /// The profile of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Profile> {
        Profile::ALL.into_iter().find(|profile| profile.name() == name)
    }

    /// What it does, in a line.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Profile::None => "the scenario as it is",
            Profile::Crash => {
                "the first primary's machine dies once; where failover is manual and the scenario promotes nobody, a \
                 replica is promoted 0.5 to 2 s later"
            }
            Profile::CrashRestart => "the first primary's machine dies and comes back",
            Profile::Partition => {
                "the first primary is cut off from one server, or from all and the store, for a while"
            }
            Profile::SlowDisk => "an fsync of one server takes 20 to 200 ms for a while",
            Profile::Chaos => "three to six faults one after the other, on any server, and each of them heals",
        }
    }

    /// The faults for a seed, in the order of time, before `end`. They depend on the seed, the names of the servers and
    /// the length of the run, and on nothing else.
    ///
    /// # Errors
    /// When the scenario has no place for such faults, with the reason.
    pub fn draw(self, scenario: &Scenario, seed: u64, end: SimTime) -> Result<Vec<(SimTime, Command)>, String> {
        let whole_ms = end.0.min(scenario.duration_us) / MILLISECOND_US;
        if self == Profile::None {
            return Ok(Vec::new());
        }
        if whole_ms < SHORTEST_MS {
            return Err(format!("faults of the profile {self} need a run of {SHORTEST_MS} ms at least"));
        }
        let nodes = &scenario.setup.nodes;
        let Some((primary, others)) = nodes.split_first() else { return Ok(Vec::new()) };
        if self == Profile::Partition && others.is_empty() {
            return Err("the profile partition needs a second server".to_owned());
        }
        let mut draw = Draw { scenario, random: random::stream(seed, Stream::Faults), drawn: Vec::new() };
        match self {
            Profile::None => {}
            Profile::Crash => {
                let (at_ms, _) = draw.a_while(whole_ms);
                draw.at(at_ms, Command::Crash { node: primary.name.clone() });
                let promoted_ms = at_ms + draw.between(500, 2_000);
                let promoted = draw.one_of(others);
                if let Some(node) = promoted.filter(|_| !draw.promotes() && promoted_ms < whole_ms) {
                    draw.at(promoted_ms, Command::Promote { node });
                }
            }
            Profile::CrashRestart => {
                let (at_ms, for_ms) = draw.a_while(whole_ms);
                draw.dies(&primary.name, true, at_ms, for_ms);
            }
            Profile::Partition => {
                let (at_ms, for_ms) = draw.a_while(whole_ms);
                draw.cut_off(&primary.name, at_ms, for_ms);
            }
            Profile::SlowDisk => {
                let (at_ms, for_ms) = draw.a_while(whole_ms);
                let index = below(nodes.len() as u64, &mut draw.random);
                draw.slow_disk(index, at_ms, for_ms);
            }
            Profile::Chaos => {
                // The last one has healed at nine tenths of the run.
                let (count, first_ms, window_ms) = (draw.between(3, 7), whole_ms / 10, whole_ms * 8 / 10);
                for slot in 0..count {
                    let from_ms = first_ms + slot * window_ms / count;
                    draw.one_fault(from_ms, from_ms + window_ms / count);
                }
            }
        }
        let mut drawn = draw.drawn;
        drawn.arrange_by_key(|(at, _)| *at);
        Ok(drawn)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Faults in the making. Times are whole milliseconds, for those who read them.
struct Draw<'a> {
    scenario: &'a Scenario,
    random: Pcg32,
    drawn: Vec<(SimTime, Command)>,
}

impl Draw<'_> {
    /// A number from `from` up to `to`, exclusive.
    fn between(&mut self, from: u64, to: u64) -> u64 {
        from + below(to.saturating_sub(from), &mut self.random)
    }

    /// When something begins, and how long it lasts, of a run as long: from a tenth of it to seven, for a tenth to three.
    fn a_while(&mut self, whole_ms: u64) -> (u64, u64) {
        (self.between(whole_ms / 10, whole_ms * 7 / 10), self.between(whole_ms / 10, whole_ms * 3 / 10))
    }

    fn at(&mut self, ms: u64, command: Command) {
        self.drawn.push((SimTime(ms * MILLISECOND_US), command));
    }

    fn one_of(&mut self, nodes: &[NodeSetup]) -> Option<Arc<str>> {
        let index = below(nodes.len() as u64, &mut self.random);
        nodes.get(index as usize).map(|node| node.name.clone())
    }

    /// Whether somebody decides already who is to be the primary.
    fn promotes(&self) -> bool {
        let decides =
            |(_, command): &(SimTime, Command)| matches!(command, Command::Promote { .. } | Command::Switchover { .. });
        self.scenario.setup.failover.automatic || self.scenario.schedule.iter().any(decides)
    }

    fn dies(&mut self, node: &Arc<str>, machine: bool, at_ms: u64, for_ms: u64) {
        let node = node.clone();
        let dies = if machine { Command::Crash { node: node.clone() } } else { Command::Kill { node: node.clone() } };
        self.at(at_ms, dies);
        self.at(at_ms + for_ms, Command::Restart { node });
    }

    /// Cuts a server off from another, or from all and the store. Its clients still reach it. Each link is mended by
    /// itself, so that what the scenario cuts stays as it is.
    fn cut_off(&mut self, node: &Arc<str>, at_ms: u64, for_ms: u64) {
        let mut others: Vec<Arc<str>> =
            self.scenario.setup.nodes.iter().map(|other| other.name.clone()).filter(|other| other != node).collect();
        let (from_all, one) = (below(2, &mut self.random) == 0, below(others.len() as u64, &mut self.random));
        if from_all {
            others.extend(self.scenario.setup.failover.automatic.then(|| "store".into()));
        } else {
            others = others.get(one as usize).cloned().into_iter().collect();
        }
        for other in others {
            let between = Between(node.clone(), other);
            self.at(at_ms, Command::Partition { between: between.clone(), one_way: false });
            self.at(at_ms + for_ms, Command::Heal { between: Some(between) });
        }
    }

    /// Slows the disk of the server at that position down.
    fn slow_disk(&mut self, index: u64, at_ms: u64, for_ms: u64) {
        let slow_us = self.between(20, 201) * MILLISECOND_US;
        let Some(node) = self.scenario.setup.nodes.get(index as usize) else { return };
        let (name, usual_us) = (node.name.clone(), node.disk.fsync_us);
        self.at(at_ms, Command::SlowDisk { node: name.clone(), fsync_us: slow_us });
        self.at(at_ms + for_ms, Command::SlowDisk { node: name, fsync_us: usual_us });
    }

    /// A fault of any kind on any server that begins in the first half of a stretch, and has healed at its end.
    fn one_fault(&mut self, from_ms: u64, to_ms: u64) {
        let half_ms = (to_ms - from_ms) / 2;
        let (at_ms, for_ms) = (from_ms + below(half_ms, &mut self.random), below(half_ms, &mut self.random).max(1));
        let nodes = &self.scenario.setup.nodes;
        let (index, alone) = (below(nodes.len() as u64, &mut self.random), nodes.len() == 1);
        let Some(node) = nodes.get(index as usize).map(|node| node.name.clone()) else { return };
        match below(5, &mut self.random) {
            0 => self.dies(&node, true, at_ms, for_ms),
            1 => self.dies(&node, false, at_ms, for_ms),
            2 if !alone => self.cut_off(&node, at_ms, for_ms),
            3 => self.slow_disk(index, at_ms, for_ms),
            _ => {
                self.at(at_ms, Command::Pause { node: node.clone() });
                self.at(at_ms + for_ms, Command::Resume { node });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Format;

    const THREE: &str = "duration = '10s'\n[[node]]\nname = 'a'\n[[node]]\nname = 'b'\n[[node]]\nname = 'c'\n";
    const END: SimTime = SimTime(10_000_000);

    fn scenario(text: &str) -> Scenario {
        Scenario::parse(text, Format::Toml, "test").unwrap()
    }

    fn draw(profile: Profile, text: &str, seed: u64) -> Vec<(SimTime, Command)> {
        profile.draw(&scenario(text), seed, END).unwrap()
    }

    #[test]
    fn every_drawn_fault_makes_a_scenario_that_is_valid_and_the_same_seed_draws_the_same() {
        let automatic = format!("{THREE}[failover]\nmode = 'automatic'\n");
        for text in [THREE, &automatic, "duration = '200ms'\n[[node]]\nname = 'a'\n"] {
            for profile in Profile::ALL {
                let scenario = scenario(text);
                for seed in 1..100 {
                    let Ok(drawn) = profile.draw(&scenario, seed, END) else {
                        assert!(profile == Profile::Partition && scenario.setup.nodes.len() == 1);
                        continue;
                    };
                    assert_eq!(drawn, profile.draw(&scenario, seed, END).unwrap());
                    assert_eq!(drawn.is_empty(), profile == Profile::None, "{profile} {seed}");
                    assert!(drawn.is_sorted_by_key(|(at, _)| *at));
                    assert!(drawn.iter().all(|(at, _)| at.0 <= scenario.duration_us), "{profile} {drawn:?}");
                    let with = Scenario { schedule: drawn, ..scenario.clone() };
                    assert_eq!(with.clone().validated("test").map(|read| read.schedule), Ok(with.schedule));
                }
            }
        }
    }

    #[test]
    fn seeds_draw_different_faults() {
        for profile in [Profile::Crash, Profile::CrashRestart, Profile::Partition, Profile::SlowDisk, Profile::Chaos] {
            let first = draw(profile, THREE, 1);
            assert!((2..30).all(|seed| draw(profile, THREE, seed) != first), "{profile}");
        }
    }

    #[test]
    fn somebody_is_promoted_only_where_nobody_else_decides() {
        let promotes = |text: &str| {
            draw(Profile::Crash, text, 7).iter().any(|(_, command)| matches!(command, Command::Promote { .. }))
        };
        assert!(promotes(THREE));
        assert!(!promotes(&format!("{THREE}[failover]\nmode = 'automatic'\n")));
        assert!(!promotes(&format!("{THREE}[[at]]\ntime = '8s'\npromote = 'c'\n")));
        assert!(!promotes("duration = '10s'\n[[node]]\nname = 'a'\n"));
    }

    #[test]
    fn what_chaos_breaks_it_mends() {
        for seed in 1..200 {
            let mut broken: Vec<String> = Vec::new();
            for (_, command) in draw(Profile::Chaos, THREE, seed) {
                let (what, mended) = match command {
                    Command::Crash { node } | Command::Kill { node } => (format!("dead {node}"), false),
                    Command::Restart { node } => (format!("dead {node}"), true),
                    Command::Pause { node } => (format!("frozen {node}"), false),
                    Command::Resume { node } => (format!("frozen {node}"), true),
                    Command::Partition { between, .. } => (format!("cut {between}"), false),
                    Command::Heal { between } => (format!("cut {}", between.unwrap()), true),
                    Command::SlowDisk { node, fsync_us } => (format!("slow {node}"), fsync_us == 1_000),
                    other => panic!("{other}"),
                };
                if mended {
                    let at = broken.iter().position(|one| *one == what).expect("it was broken");
                    broken.swap_remove(at);
                } else {
                    broken.push(what);
                }
            }
            assert!(broken.is_empty(), "seed {seed}: {broken:?}");
        }
    }
}
