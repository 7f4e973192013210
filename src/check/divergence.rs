//! Servers that hold different data although they have applied the same log.

use super::branches::{Branches, Place};
use super::moment::Moment;
use super::violation::{Events, Finding, Violation};
use crate::engine::ids::NodeId;
use crate::order::OrderedSet;

/// What one server holds at a quiet instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The server.
    pub node: NodeId,
    /// What it has applied, all of which and nothing else its data shows.
    pub applied: Place,
    /// The event by which it got there, where it is known.
    pub event: Option<u64>,
    /// A checksum of its data's logical content.
    pub checksum: u64,
}

/// Compares servers that are at the same position of the same history. A pair is reported when it begins to differ, and
/// again only after it has agreed.
#[derive(Clone, Debug, Default)]
pub struct Divergence {
    differing: OrderedSet<(NodeId, NodeId)>,
}

impl Divergence {
    /// Compares; `report` gets each new violation.
    pub fn compare(&mut self, now: Moment, held: &[Held], branches: &Branches, mut report: impl FnMut(Violation)) {
        for (index, first) in held.iter().enumerate() {
            for second in held.iter().skip(index + 1) {
                let place = branches.canonical(first.applied);
                if first.node == second.node || place != branches.canonical(second.applied) {
                    continue;
                }
                let pair = (first.node.min(second.node), first.node.max(second.node));
                if first.checksum == second.checksum {
                    self.differing.remove(&pair);
                } else if self.differing.insert(pair) {
                    let (position, timeline) = (place.end, branches.timeline(place.branch));
                    report(Violation {
                        at: now.at,
                        session: None,
                        finding: Finding::Divergence { nodes: pair, position, timeline },
                        events: Events::new([first.event, second.event, Some(now.event())]),
                    });
                }
            }
        }
    }
}
