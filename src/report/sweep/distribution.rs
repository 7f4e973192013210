//! How a figure is distributed over runs.

use crate::order::Arrange;

use serde::Serialize;

/// The most bars of a histogram.
const BARS: u64 = 10;

/// How a figure is distributed over runs. Percentiles are nearest ranks; figures are `null` when no run had any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Distribution {
    /// How many runs had the figure.
    pub runs: u64,
    /// The least.
    pub min: Option<f64>,
    /// Half are no greater.
    pub p50: Option<f64>,
    /// 95 % are no greater.
    pub p95: Option<f64>,
    /// 99 % are no greater.
    pub p99: Option<f64>,
    /// The greatest.
    pub max: Option<f64>,
}

/// A bar of a histogram: the runs whose figure is at least `from` and at most `to`; of durations, less than `to`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bar {
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// How many runs are in it.
    pub runs: u64,
}

impl Distribution {
    /// The distribution of these figures.
    #[must_use]
    pub fn of(figures: impl IntoIterator<Item = f64>) -> Distribution {
        let mut all: Vec<f64> = figures.into_iter().collect();
        all.arrange_by(f64::total_cmp);
        let rank = |percent: usize| all.get((all.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        Distribution {
            runs: all.len() as u64,
            min: all.first().copied(),
            p50: rank(50),
            p95: rank(95),
            p99: rank(99),
            max: all.last().copied(),
        }
    }
}

impl Bar {
    /// Whether a figure is in it; `counts` are whole numbers, of which it has both ends.
    #[must_use]
    pub fn has(&self, figure: f64, counts: bool) -> bool {
        self.from <= figure && if counts { figure <= self.to } else { figure < self.to }
    }

    /// The same bars for other figures, of which some may be in none.
    #[must_use]
    pub fn again(bars: &[Bar], figures: &[f64], counts: bool) -> Vec<Bar> {
        let runs = |bar: &Bar| figures.iter().filter(|figure| bar.has(**figure, counts)).count() as u64;
        bars.iter().map(|bar| Bar { runs: runs(bar), ..*bar }).collect()
    }

    /// The histogram of counts: a bar for nothing, and at most ten of equal width for the rest.
    #[must_use]
    pub fn of_counts(counts: &[u64]) -> Vec<Bar> {
        if counts.is_empty() {
            return Vec::new();
        }
        let most = counts.iter().copied().max().unwrap_or(0);
        let width = most.div_ceil(BARS).max(1);
        let runs = |from: u64, to: u64| counts.iter().filter(|count| (from..=to).contains(count)).count() as u64;
        let rest = (0..most.div_ceil(width)).map(|bar| (bar * width + 1, (bar + 1) * width));
        std::iter::once((0, 0))
            .chain(rest)
            .map(|(from, to)| Bar { from: from as f64, to: to as f64, runs: runs(from, to) })
            .collect()
    }

    /// The histogram of durations in milliseconds: at most ten bars of one width, which is a round one.
    #[must_use]
    pub fn of_durations(durations_ms: &[f64]) -> Vec<Bar> {
        let least = durations_ms.iter().copied().fold(f64::INFINITY, f64::min);
        let most = durations_ms.iter().copied().fold(0.0, f64::max);
        if !least.is_finite() {
            return Vec::new();
        }
        let bars = |width: f64| (most / width).floor() - (least / width).floor() + 1.0;
        let mut width = 1.0;
        // 1, 2, 5, 10, 20, … milliseconds.
        for step in [2.0, 2.5, 2.0].into_iter().cycle().take(40) {
            if bars(width) <= BARS as f64 {
                break;
            }
            width *= step;
        }
        let first = (least / width).floor();
        let empty = (0..bars(width) as u64)
            .map(|bar| {
                let index = first + bar as f64;
                Bar { from: index * width, to: (index + 1.0) * width, runs: 0 }
            })
            .collect::<Vec<_>>();
        Bar::again(&empty, durations_ms, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let of = Distribution::of((1..=200).rev().map(f64::from));
        let figures = [of.min, of.p50, of.p95, of.p99, of.max];
        assert_eq!((of.runs, figures), (200, [1.0, 100.0, 190.0, 198.0, 200.0].map(Some)));
        assert_eq!(Distribution::of([]), Distribution::default());
    }

    #[test]
    fn every_count_is_in_one_bar() {
        let bars = |counts: &[u64]| -> Vec<(f64, f64, u64)> {
            Bar::of_counts(counts).iter().map(|bar| (bar.from, bar.to, bar.runs)).collect()
        };
        assert_eq!(bars(&[]), []);
        assert_eq!(bars(&[0, 0]), [(0.0, 0.0, 2)]);
        assert_eq!(bars(&[0, 1, 2, 2]), [(0.0, 0.0, 1), (1.0, 1.0, 1), (2.0, 2.0, 2)]);
        let many: Vec<u64> = (0..=101).collect();
        let of_many = bars(&many);
        assert_eq!((of_many.len(), of_many.iter().map(|bar| bar.2).sum::<u64>()), (11, 102));
        assert_eq!(of_many[1], (1.0, 11.0, 11));
    }

    #[test]
    fn every_duration_is_in_one_bar_of_a_round_width() {
        let bars = Bar::of_durations(&[3_100.0, 3_199.9, 4_000.0, 5_950.0]);
        let ends: Vec<(f64, f64, u64)> = bars.iter().map(|bar| (bar.from, bar.to, bar.runs)).collect();
        let expected = [(3_000.0, 3_500.0, 2), (3_500.0, 4_000.0, 0), (4_000.0, 4_500.0, 1), (4_500.0, 5_000.0, 0)];
        assert_eq!(ends[..4], expected);
        assert_eq!((ends.len(), ends[5]), (6, (5_500.0, 6_000.0, 1)));
        assert_eq!(Bar::of_durations(&[0.0]).len(), 1);
        assert!(Bar::of_durations(&[]).is_empty());
    }
}
