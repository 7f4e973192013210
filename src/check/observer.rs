//! The judges at a run.

use super::judges::Judges;
use crate::engine::ids::NodeId;
use crate::engine::log::Lsn;
use crate::engine::trace::{Life, TraceEvent, What};
use crate::sim::{Observer, World};

impl Observer for Judges {
    fn bytes_beside(&self, other: &Self) -> u64 {
        let gtids = self.gtids.as_ref().zip(other.gtids.as_ref());
        self.ledger.bytes_beside(&other.ledger)
            + self.sessions.bytes_beside(&other.sessions)
            + self.registers.bytes_beside(&other.registers)
            + self.operations.bytes_beside(&other.operations)
            + self.tracks.bytes_beside(&other.tracks)
            + gtids.map_or(0, |(mine, theirs)| mine.bytes_beside(theirs))
    }

    fn observe(&mut self, event: &TraceEvent, world: &World) {
        self.take(event);
        // The trace tells of a removal only as a command; by the time it is read, it is done.
        if let What::Command { text } = &event.what
            && text.starts_with("remove_node")
        {
            let gone = |node: &NodeId| !world.nodes().any(|present| present == *node);
            (0..self.logs.nodes()).map(|index| NodeId(index as u8)).filter(gone).for_each(|node| self.forget(node));
        }
    }
}

/// The servers whose data is exactly what they have applied, with their positions and checksums: for
/// [`Judges::compare`]. A primary with commits that wait may show later ones already, and is left out; so is a server that
/// is not there.
#[must_use]
pub fn settled(world: &World) -> Vec<(NodeId, Lsn, u64)> {
    let view = world.view();
    let nodes = view.nodes.iter().filter(|n| matches!(n.life, Life::Running | Life::Paused) && n.waiting_commits == 0);
    nodes.filter_map(|n| world.checksum(n.id).map(|(applied, checksum)| (n.id, applied, checksum))).collect()
}
