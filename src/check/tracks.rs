//! When each server's log had come how far: from this the journey of every write is read.

use std::collections::VecDeque;

use super::branches::{Branches, Place};
use crate::engine::ids::NodeId;
use crate::engine::log::Lsn;
use crate::engine::time::SimTime;
use crate::order::Chunks;

/// How far a log can have come on a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Station {
    /// Sent to it by its upstream.
    Shipped,
    /// Arrived there.
    Received,
    /// Durable there.
    Flushed,
    /// Visible to its readers.
    Applied,
}

/// When a write came to one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Journey {
    /// The server.
    pub node: NodeId,
    /// Its upstream sent the write's last byte.
    pub shipped: Option<SimTime>,
    /// It arrived.
    pub received: Option<SimTime>,
    /// It became durable.
    pub flushed: Option<SimTime>,
    /// Readers see it (on the primary that logged it, see [`super::Write::visible`]).
    pub applied: Option<SimTime>,
}

#[derive(Clone, Copy, Debug)]
struct Step {
    to: Lsn,
    at: SimTime,
}

/// A position over time. It only grows, except where a new epoch begins: after a loss, a rewind, a change of branch.
#[derive(Clone, Debug, Default)]
struct Track {
    steps: Chunks<Step, { CHUNK }>,
    /// The first step of each epoch, and its branch.
    epochs: VecDeque<(u64, u32)>,
}

/// Steps that clones share or do not share together.
const CHUNK: usize = 256;
/// The most chunks in a track.
const CHUNKS: usize = 64;
/// The most epochs in a track.
const EPOCHS: usize = 64;

impl Track {
    fn record(&mut self, to: Lsn, at: SimTime, branch: u32) {
        let last = self.steps.last().map(|step| step.to);
        let same_epoch =
            self.epochs.back().is_some_and(|epoch| epoch.1 == branch) && last.is_some_and(|last| last <= to);
        if same_epoch && last == Some(to) {
            return;
        }
        let index = self.steps.push(Step { to, at });
        if !same_epoch {
            if self.epochs.len() == EPOCHS {
                self.epochs.pop_front();
            }
            self.epochs.push_back((index, branch));
        }
        if self.steps.chunk_count() > CHUNKS {
            self.steps.drop_front_chunk();
        }
    }

    /// The first instant from `since` on at which the position had reached `place`.
    fn reached(&self, place: Place, since: SimTime, branches: &Branches) -> Option<SimTime> {
        let end = self.steps.end_index();
        let from = self.steps.partition_point(0, end, |step| step.at >= since);
        self.epochs.iter().enumerate().find_map(|(number, &(first, branch))| {
            let epoch_end = self.epochs.get(number + 1).map_or(end, |next| next.0);
            let whole_branch = Place { branch, end: Lsn(u64::MAX) };
            if epoch_end <= from || !branches.includes(whole_branch, place) {
                return None;
            }
            let found = self.steps.partition_point(first.max(from), epoch_end, |step| step.to >= place.end);
            (found < epoch_end).then(|| self.steps.get(found).map(|step| step.at))?
        })
    }
}

/// The tracks of all servers. Bounds: the newest 16,384 steps of each position; earlier stations are forgotten.
#[derive(Clone, Debug, Default)]
pub(super) struct Tracks {
    nodes: Vec<[Track; 4]>,
}

impl Tracks {
    /// What this holds that an earlier or later one does not, in bytes.
    pub fn bytes_beside(&self, other: &Self) -> u64 {
        let pairs = self.nodes.iter().flatten().zip(other.nodes.iter().flatten());
        pairs.map(|(mine, theirs)| mine.steps.bytes_beside(&theirs.steps)).sum()
    }

    /// A server's log has come to `to`.
    pub fn record(&mut self, node: NodeId, station: Station, to: Lsn, at: SimTime, branch: u32) {
        let index = usize::from(node.0);
        if index >= self.nodes.len() {
            self.nodes.resize_with(index + 1, Default::default);
        }
        self.nodes[index][station as usize].record(to, at, branch);
    }

    /// When a write that was logged at `since` came to each server.
    pub fn journeys(&self, place: Place, since: SimTime, branches: &Branches) -> Vec<Journey> {
        let when = |tracks: &[Track; 4], station: Station| tracks[station as usize].reached(place, since, branches);
        let nodes = (0..=u8::MAX).map(NodeId).zip(&self.nodes);
        nodes
            .map(|(node, tracks)| Journey {
                node,
                shipped: when(tracks, Station::Shipped),
                received: when(tracks, Station::Received),
                flushed: when(tracks, Station::Flushed),
                applied: when(tracks, Station::Applied),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::log::Timeline;

    fn at(branch: u32, end: u64) -> Place {
        Place { branch, end: Lsn(end) }
    }

    #[test]
    fn the_first_instant_at_which_a_position_was_reached() {
        let mut track = Track::default();
        for (to, us) in [(100, 10), (200, 20), (200, 25), (300, 30)] {
            track.record(Lsn(to), SimTime(us), 0);
        }
        let branches = Branches::new();
        let reached = |end, since| track.reached(at(0, end), SimTime(since), &branches).map(|t| t.0);
        assert_eq!(reached(150, 5), Some(20));
        assert_eq!(reached(200, 20), Some(20));
        assert_eq!(reached(300, 0), Some(30));
        assert_eq!(reached(301, 0), None);
    }

    #[test]
    fn positions_of_a_lost_log_do_not_count_for_what_replaced_it() {
        let mut branches = Branches::new();
        let fork = branches.fork(0, Lsn(100), Timeline(1));
        let mut track = Track::default();
        track.record(Lsn(100), SimTime(10), 0);
        track.record(Lsn(300), SimTime(20), 0);
        track.record(Lsn(100), SimTime(30), fork);
        track.record(Lsn(250), SimTime(40), fork);
        let reached = |place, since| track.reached(place, SimTime(since), &branches).map(|t| t.0);
        assert_eq!(reached(at(0, 200), 0), Some(20), "the lost write had come there");
        assert_eq!(reached(at(fork, 200), 25), Some(40));
        assert_eq!(reached(at(fork, 200), 0), Some(40), "the first epoch is another history");
    }

    #[test]
    fn memory_is_bounded() {
        let mut track = Track::default();
        for i in 0..100_000 {
            track.record(Lsn(i), SimTime(i), 0);
        }
        assert!(track.steps.len() <= CHUNK * CHUNKS);
        let branches = Branches::new();
        assert_eq!(track.reached(at(0, 99_990), SimTime(0), &branches), Some(SimTime(99_990)));
    }
}
