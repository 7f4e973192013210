//! The measures of a run, as far as they are kept.

use std::collections::VecDeque;

use super::row::{Range, Row, ServerLag};
use crate::engine::time::SimTime;
use crate::engine::trace::{TraceEvent, Verdict, What};
use crate::order::{Arrange, Chunks};
use crate::sim::World;

/// The time that a row stands for at first, in microseconds.
pub const EVERY_US: u64 = 100_000;
/// From one look at the lag to the next: a row has the lowest and the highest of its looks.
const LOOK_US: u64 = 20_000;
/// Percentiles are those of so much time, in microseconds.
pub const WINDOW_US: u64 = 1_000_000;
/// The most commits that they are taken of: the newest.
const WINDOW_MOST: usize = 1_024;
/// The rows that are kept as they were measured.
const RECENT: usize = 600;
/// The most rows that the whole run may have.
const WHOLE: usize = 480;

/// The measures of a run.
#[derive(Clone, Debug, Default)]
pub struct History {
    look_due: SimTime,
    due: SimTime,
    since: SimTime,
    looks: Vec<ServerLag>,
    commits: u32,
    reads: u32,
    window: VecDeque<(SimTime, u32)>,
    recent: Chunks<Row, 64>,
    whole: Whole,
}

/// The whole run, in rows that become coarser.
#[derive(Clone, Debug)]
struct Whole {
    rows: Chunks<Row, 64>,
    /// What the newest row is still being made of.
    open: Option<Row>,
    every_us: u64,
}

impl Default for Whole {
    fn default() -> Self {
        Whole { rows: Chunks::new(), open: None, every_us: EVERY_US }
    }
}

impl History {
    /// What this holds that an earlier or later one does not, in bytes.
    pub fn bytes_beside(&self, other: &Self) -> u64 {
        self.recent.bytes_beside(&other.recent) + self.whole.rows.bytes_beside(&other.whole.rows)
    }

    /// Takes note of an event, and measures when it is time.
    pub fn note(&mut self, event: &TraceEvent, world: &World) {
        match &event.what {
            What::Finished { writes: true, verdict: Verdict::Acknowledged { .. }, latency_us, .. } => {
                self.commits += 1;
                self.committed(event.at, *latency_us);
            }
            What::ReadDone { .. } => self.reads += 1,
            _ => {}
        }
        if event.at >= self.look_due {
            self.look_due = SimTime((event.at.0 / LOOK_US + 1) * LOOK_US);
            let mut looks = std::mem::take(&mut self.looks);
            world.lags().map(ServerLag::from).for_each(|lag| lag.merge_into(&mut looks));
            if event.at >= self.due {
                self.measure(event.at, looks);
            } else {
                self.looks = looks;
            }
        }
    }

    fn committed(&mut self, at: SimTime, latency_us: u64) {
        if self.window.len() == WINDOW_MOST {
            self.window.pop_front();
        }
        self.window.push_back((at, u32::try_from(latency_us).unwrap_or(u32::MAX)));
    }

    fn measure(&mut self, at: SimTime, servers: Vec<ServerLag>) {
        self.due = SimTime((at.0 / EVERY_US + 1) * EVERY_US);
        while self.window.front().is_some_and(|(then, _)| at.since(*then) > WINDOW_US) {
            self.window.pop_front();
        }
        let mut sorted: Vec<u32> = self.window.iter().map(|(_, latency)| *latency).collect();
        sorted.arrange();
        let row = Row {
            from: self.since,
            at,
            servers,
            latency_us: [50, 95, 99].map(|percent| percentile(&sorted, percent)),
            commits: std::mem::take(&mut self.commits),
            reads: std::mem::take(&mut self.reads),
        };
        self.since = at;
        self.whole.push(row.clone());
        self.recent.push(row);
        if self.recent.len() > RECENT + 64 {
            self.recent.drop_front_chunk();
        }
    }

    /// The rows of the last so many microseconds before `now`, or of the whole run; oldest first.
    #[must_use]
    pub fn rows(&self, last_us: Option<u64>, now: SimTime) -> Vec<&Row> {
        match last_us {
            // One more than is in view, so that a line begins at the edge.
            Some(us) => {
                let from = now.0.saturating_sub(us.saturating_add(EVERY_US));
                self.recent
                    .iter()
                    .rev()
                    .take_while(|row| row.at.0 >= from)
                    .collect::<Vec<_>>()
                    .into_iter()
                    .rev()
                    .collect()
            }
            None => self.whole.rows.iter().chain(&self.whole.open).collect(),
        }
    }

    /// How much time a row of the whole run stands for, in microseconds.
    #[must_use]
    pub fn whole_every_us(&self) -> u64 {
        self.whole.every_us
    }
}

/// The smallest that at least so many in a hundred do not exceed.
fn percentile(sorted: &[u32], percent: usize) -> Option<Range> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).map(|found| Range { low: *found, high: *found })
}

impl Whole {
    fn push(&mut self, row: Row) {
        match &mut self.open {
            Some(open) if place(open, self.every_us) == place(&row, self.every_us) => open.merge(&row),
            _ => {
                if let Some(closed) = self.open.replace(row) {
                    self.rows.push(closed);
                }
            }
        }
        while self.rows.len() >= WHOLE {
            self.coarsen();
        }
    }

    /// Rows stand for twice the time from now on; neighbours become one, which has the lowest and the highest of both.
    fn coarsen(&mut self) {
        self.every_us *= 2;
        let mut rows = Chunks::new();
        let mut open: Option<Row> = None;
        for row in self.rows.iter() {
            match &mut open {
                Some(open) if place(open, self.every_us) == place(row, self.every_us) => open.merge(row),
                _ => {
                    if let Some(closed) = open.replace(row.clone()) {
                        rows.push(closed);
                    }
                }
            }
        }
        // The newest may be in one place with the row that is still being made.
        match (&mut self.open, open) {
            (Some(newest), Some(mut last)) if place(&last, self.every_us) == place(newest, self.every_us) => {
                last.merge(newest);
                *newest = last;
            }
            (_, Some(last)) => {
                rows.push(last);
            }
            (_, None) => {}
        }
        self.rows = rows;
    }
}

/// Which stretch of so many microseconds a row belongs to.
fn place(row: &Row, every_us: u64) -> u64 {
    row.at.0 / every_us
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ids::NodeId;

    fn lag(age: u64) -> Vec<ServerLag> {
        vec![ServerLag { node: NodeId(1), bytes: [None; 3], age_us: [Some(Range::of(age)); 3] }]
    }

    #[test]
    fn a_long_run_takes_no_more_rows_and_loses_no_peak() {
        let mut history = History::default();
        let peak = 777;
        for i in 0..100_000_u64 {
            history.commits = 2;
            history.measure(SimTime(i * EVERY_US), lag(if i == 41_234 { peak } else { i % 7 }));
        }
        let now = SimTime(100_000 * EVERY_US);
        let rows = history.rows(None, now);
        assert!(rows.len() <= WHOLE + 1 && rows.len() >= WHOLE / 2, "{}", rows.len());
        let highest = rows.iter().max_by_key(|row| row.servers[0].age_us[2].unwrap().high).unwrap();
        assert_eq!(highest.servers[0].age_us[2], Some(Range { low: 0, high: peak as u32 }));
        assert!((highest.from.0..=highest.at.0).contains(&(41_234 * EVERY_US)));
        // Nothing is counted twice or left out, and no stretch.
        assert_eq!(rows.iter().map(|row| u64::from(row.commits)).sum::<u64>(), 200_000);
        assert!(rows.windows(2).all(|pair| pair[0].at == pair[1].from));
        assert!(history.whole_every_us() > EVERY_US);
        // The last minute is there as it was measured.
        let recent = history.rows(Some(10_000_000), now);
        assert_eq!(recent.len(), 101);
        assert!(recent.windows(2).all(|pair| pair[1].at.since(pair[0].at) == EVERY_US));
        assert!(history.recent.len() <= RECENT + 64);
    }

    #[test]
    fn percentiles_are_of_the_last_second() {
        let mut history = History::default();
        for i in 1..=100 {
            history.committed(SimTime(i), i * 10);
        }
        history.measure(SimTime(1_000_000), Vec::new());
        history.committed(SimTime(1_500_000), 5);
        history.measure(SimTime(1_600_000), Vec::new());
        history.measure(SimTime(2_600_000), Vec::new());
        let rows = history.rows(None, SimTime(2_600_000));
        let highs = |row: &Row| row.latency_us.map(|range| range.map(|range| range.high));
        assert_eq!(highs(rows[0]), [Some(500), Some(950), Some(990)]);
        assert_eq!(highs(rows[1]), [Some(5); 3]);
        assert_eq!(highs(rows[2]), [None; 3], "nothing was committed");
    }

    #[test]
    fn what_can_not_be_measured_is_no_zero() {
        let mut history = History::default();
        history.measure(SimTime(100_000), lag(9));
        history.measure(SimTime(200_000), Vec::new());
        let rows = history.rows(Some(1_000_000), SimTime(200_000));
        assert_eq!((rows[0].servers.len(), rows[1].servers.len()), (1, 0));
        let mut both = rows[0].clone();
        both.merge(rows[1]);
        assert_eq!((both.servers.len(), both.from, both.at), (1, SimTime::ZERO, SimTime(200_000)));
    }
}
