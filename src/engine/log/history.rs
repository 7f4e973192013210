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

    /// Whether a server on `timeline` whose log ends at `end` could follow this history, in the server's words if not.
    ///
    /// # Errors
    /// The messages of PostgreSQL 15's `StartReplication` (`src/backend/replication/walsender.c`).
    pub fn admits(&self, timeline: Timeline, end: Lsn, flushed: Lsn) -> Result<(), String> {
        if timeline == self.timeline {
            if end > flushed {
                return Err(format!(
                    "requested starting point {end} is ahead of the WAL flush position of this server {flushed}"
                ));
            }
            return Ok(());
        }
        match self.switches.iter().find(|s| s.parent == timeline) {
            None => Err(format!("requested timeline {timeline} is not in this server's history")),
            Some(s) if end > s.at => Err(format!(
                "requested starting point {end} on timeline {timeline} is not in this server's history. \
                 This server's history forked from timeline {timeline} at {}.",
                s.at
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
}
