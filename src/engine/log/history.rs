//! How a server came to its timeline.

use std::sync::Arc;

use super::{Lsn, Timeline};
use crate::engine::message::TimelineSwitch;

/// A server's timeline and the branch points that led to it, as a PostgreSQL `.history` file has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    timeline: Timeline,
    switches: Arc<[TimelineSwitch]>,
}

impl Default for History {
    fn default() -> Self {
        History { timeline: Timeline(1), switches: Arc::new([]) }
    }
}

impl History {
    /// A history as it was told: the timeline, and the branch points that led to it, oldest first.
    #[must_use]
    pub fn of(timeline: Timeline, switches: Arc<[TimelineSwitch]>) -> History {
        History { timeline, switches }
    }

    /// The timeline that is being written.
    #[must_use]
    pub fn timeline(&self) -> Timeline {
        self.timeline
    }

    /// The branch points, oldest first.
    #[must_use]
    pub fn switches(&self) -> Arc<[TimelineSwitch]> {
        self.switches.clone()
    }

    /// Leaves the present timeline at `at` for `timeline`.
    pub fn switch(&mut self, timeline: Timeline, at: Lsn) {
        let mut switches = self.switches.to_vec();
        switches.push(TimelineSwitch { parent: self.timeline, at });
        self.switches = switches.into();
        self.timeline = timeline;
    }

    /// The timeline that the byte at `at` belongs to.
    #[must_use]
    pub fn at(&self, at: Lsn) -> Timeline {
        self.switches.iter().find(|switch| switch.at > at).map_or(self.timeline, |switch| switch.parent)
    }

    /// The history as it was for a log that ends at `end`.
    #[must_use]
    pub fn as_of(&self, end: Lsn) -> History {
        match self.switches.iter().position(|switch| switch.at >= end) {
            None => self.clone(),
            Some(first) => History { timeline: self.switches[first].parent, switches: self.switches[..first].into() },
        }
    }

    /// Where this history left a timeline: [`Lsn::MAX`] for the one that is being written, `None` for one that it
    /// never was on.
    #[must_use]
    pub fn left(&self, timeline: Timeline) -> Option<Lsn> {
        match timeline == self.timeline {
            true => Some(Lsn::MAX),
            false => self.switches.iter().find(|switch| switch.parent == timeline).map(|switch| switch.at),
        }
    }

    /// The last point that a log with this history and one with another share, and its timeline, as `pg_rewind` finds it
    /// (`findCommonAncestorTimeline`): each log ends where it ends.
    #[must_use]
    pub fn fork(&self, end: Lsn, other: &History, other_end: Lsn) -> (Timeline, Lsn) {
        let mut shared = (Timeline(1), Lsn::ZERO);
        for (mine, theirs) in self.stretches(end).zip(other.stretches(other_end)) {
            if mine.0 != theirs.0 {
                break;
            }
            shared = (mine.0, mine.1.min(theirs.1));
            if mine.1 != theirs.1 {
                break;
            }
        }
        shared
    }

    /// The timelines of a log that ends at `end`, oldest first, each with its end.
    fn stretches(&self, end: Lsn) -> impl Iterator<Item = (Timeline, Lsn)> + '_ {
        let left = self.switches.iter().map(|switch| (switch.parent, switch.at));
        left.chain([(self.timeline, end)])
    }

    /// Whether a server on `timeline` could be sent log from `start` on, in the server's words if not. A standby asks
    /// for the whole of the segment in which its log ends.
    ///
    /// # Errors
    /// The messages of PostgreSQL 15's `StartReplication` (`src/backend/replication/walsender.c`); a 15.18 server was
    /// asked, see `tests/data/postgresql-15-return.txt`.
    pub fn admits(&self, timeline: Timeline, start: Lsn, flushed: Lsn) -> Result<(), String> {
        match self.left(timeline) {
            None => Err(format!("requested timeline {timeline} is not in this server's history")),
            Some(Lsn::MAX) if start > flushed => Err(format!(
                "requested starting point {start} is ahead of the WAL flush position of this server {flushed}"
            )),
            Some(left) if start > left => Err(format!(
                "requested starting point {start} on timeline {timeline} is not in this server's history\n\
                 DETAIL:  This server's history forked from timeline {timeline} at {left}."
            )),
            Some(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_past_the_fork_is_refused() {
        let mut history = History::default();
        history.switch(Timeline(2), Lsn(0x500));
        assert!(history.admits(Timeline(1), Lsn(0x500), Lsn(0x900)).is_ok());
        assert!(
            history
                .admits(Timeline(1), Lsn(0x501), Lsn(0x900))
                .is_err_and(|e| e.contains("forked from timeline 1 at 0/500"))
        );
        assert!(
            history
                .admits(Timeline(2), Lsn(0x901), Lsn(0x900))
                .is_err_and(|e| e.contains("ahead of the WAL flush position"))
        );
        assert!(history.admits(Timeline(3), Lsn(0x500), Lsn(0x900)).is_err());
    }

    #[test]
    fn the_fork_is_the_last_point_that_two_logs_share() {
        let old = History::default();
        let mut second = History::default();
        second.switch(Timeline(2), Lsn(0x500));
        let mut third = second.clone();
        third.switch(Timeline(3), Lsn(0x700));
        let mut other = History::default();
        other.switch(Timeline(4), Lsn(0x600));
        assert_eq!(old.fork(Lsn(0x900), &second, Lsn(0x800)), (Timeline(1), Lsn(0x500)));
        assert_eq!(old.fork(Lsn(0x400), &second, Lsn(0x800)), (Timeline(1), Lsn(0x400)));
        assert_eq!(old.fork(Lsn(0x900), &third, Lsn(0x800)), (Timeline(1), Lsn(0x500)));
        assert_eq!(second.fork(Lsn(0x900), &third, Lsn(0x800)), (Timeline(2), Lsn(0x700)));
        assert_eq!(other.fork(Lsn(0x900), &third, Lsn(0x800)), (Timeline(1), Lsn(0x500)));
        assert_eq!(third.fork(Lsn(0x900), &third, Lsn(0x800)), (Timeline(3), Lsn(0x800)));
    }
}
