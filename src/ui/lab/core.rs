//! What a laboratory knows from frame to frame: the run, its clock, and what was published last.

use std::rc::Rc;

use super::simulation::Simulation;
use super::{Frame, Painter, Snapshot};
use crate::engine::time::SimTime;
use crate::sim::view::{ClusterView, PacketView};
use crate::ui::leases::lease_step;
use crate::ui::pace::Pace;

/// The longest stretch of wall time that one frame makes up for.
const LONGEST_FRAME_MS: f64 = 50.0;
/// What a frame may spend on the engine.
pub const ENGINE_BUDGET_MS: f64 = 9.0;
/// Between two snapshots while time passes quickly: figures that change more often cannot be read.
const PUBLISH_EVERY_MS: f64 = 100.0;
/// The same while single messages can be followed: a card changes when its packet arrives.
const PUBLISH_SLOW_MS: f64 = 33.0;
/// At this pace and below, single messages can be followed.
const SLOW_US_PER_SECOND: u64 = 50_000;
/// Unless more events than this come in [`PUBLISH_SLOW_MS`].
const FOLLOWED_EVENTS: u64 = 8;

pub struct Core {
    pub simulation: Simulation,
    pub packets: Vec<PacketView>,
    pub playing: bool,
    pub pace: Pace,
    /// The instant, with the fraction of a microsecond that no event can tell.
    pub now_us: f64,
    pub last_wall_ms: Option<f64>,
    pub published_at_ms: f64,
    pub published_told: u64,
    pub published_structure: u64,
    pub strained: bool,
    pub jumps: u64,
    /// Where somebody wants to be, by the next frame.
    pub wanted: Option<SimTime>,
    /// Whether another laboratory says what time it is.
    pub led: bool,
}

impl Core {
    /// Lets virtual time pass; whether a snapshot is due.
    pub fn advance(&mut self, wall_ms: f64) -> bool {
        let elapsed = self.last_wall_ms.map_or(0.0, |last| (wall_ms - last).clamp(0.0, LONGEST_FRAME_MS));
        self.last_wall_ms = Some(wall_ms);
        if let Some(at) = self.wanted.take() {
            self.jump(|simulation| {
                simulation.seek(at);
                true
            });
            return true;
        }
        if self.playing && !self.led && elapsed > 0.0 {
            let target = self.now_us + self.pace.virtual_us(elapsed);
            let reached = self.simulation.advance(SimTime(target as u64), ENGINE_BUDGET_MS);
            self.strained = !reached;
            self.now_us = if reached { target } else { self.simulation.now().0 as f64 };
        }
        let watch = self.simulation.watch();
        if watch.structure_revision() != self.published_structure {
            return true;
        }
        let news = watch.told().saturating_sub(self.published_told);
        let slow = self.pace.us_per_second() <= SLOW_US_PER_SECOND && (1..=FOLLOWED_EVENTS).contains(&news);
        let least = if slow { PUBLISH_SLOW_MS } else { PUBLISH_EVERY_MS };
        self.playing && wall_ms - self.published_at_ms >= least
    }

    pub fn jump(&mut self, go: impl FnOnce(&mut Simulation) -> bool) -> bool {
        let found = go(&mut self.simulation);
        self.now_us = self.simulation.now().0 as f64;
        (self.last_wall_ms, self.strained) = (None, false);
        self.jumps += 1;
        found
    }

    pub fn paint(&mut self, painter: &dyn Painter, wall_ms: f64) -> bool {
        self.packets.clear();
        self.packets.extend(self.simulation.packets());
        let mut frame = Frame {
            packets: &self.packets,
            now_us: self.now_us,
            pace: self.pace,
            playing: self.playing,
            watch: self.simulation.watch(),
            wall_ms,
        };
        painter.paint(&mut frame)
    }

    pub fn snapshot(&mut self) -> Snapshot {
        let view = Rc::new(self.simulation.view());
        let (free_name, tally) = (self.simulation.free_name(), self.simulation.tally());
        let watch = self.simulation.watch();
        self.published_told = watch.told();
        self.published_structure = watch.structure_revision();
        let (data, events, structure) = (watch.data_revision(), watch.told(), watch.structure_revision());
        // After a jump the same count may stand for something else.
        let of_jump = self.jumps << 40;
        Snapshot {
            view,
            playing: self.playing,
            pace: self.pace,
            strained: self.strained,
            free_name,
            tally,
            data_revision: data + of_jump,
            event_revision: events + of_jump,
            structure_revision: structure + of_jump,
            end: self.simulation.end(),
            rewound: !self.simulation.is_at_end(),
            branch: self.simulation.branch(),
            branches: self.simulation.branch_count(),
            jumps: self.jumps,
        }
    }
}

/// An instant alone is no news, unless something on the page counts from it.
pub fn same_apart_from_now(new: &ClusterView, known: &ClusterView) -> bool {
    new.nodes.iter().all(|n| n.oldest_wait.is_none())
        && new.nodes == known.nodes
        && new.clients == known.clients
        && new.proxy == known.proxy
        && new.manager == known.manager
        && lease_steps(new) == lease_steps(known)
        && new.links == known.links
        && new.flavor == known.flavor
}

/// What is left of the leases, in the steps in which the page shows it.
fn lease_steps(view: &ClusterView) -> Vec<u64> {
    let Some(manager) = &view.manager else { return Vec::new() };
    let leases = manager.agents.iter().filter_map(|agent| agent.lease_until);
    leases.chain(manager.leader.map(|(_, until)| until)).map(|until| lease_step(until, view.now)).collect()
}
