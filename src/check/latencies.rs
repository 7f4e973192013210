//! How durations are distributed.

use crate::order::Chunks;

/// The most durations that are kept one by one.
const EXACT: usize = 4_096;
/// Buckets per doubling: a bucket's width is at most 1/128 of its lower end, and its middle is what is reported.
const STEPS: u64 = 128;

/// Durations in microseconds. The first 4,096 are kept as they are, and percentiles are exact; after that they are
/// counted in logarithmic buckets (as an HDR histogram does), and a percentile is off by less than 0.4 %. The greatest
/// is always exact. All arithmetic is on integers, so that every platform reports the same.
#[derive(Clone, Debug)]
pub struct Latencies {
    kind: Kind,
    count: u64,
    max_us: u64,
}

/// Checkpoints hold one each, and share what does not change.
type Row = Chunks<u64, { STEPS as usize }>;

#[derive(Clone, Debug)]
enum Kind {
    Exact(Row),
    Counted(Row),
}

impl Latencies {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Latencies { kind: Kind::Exact(Row::new()), count: 0, max_us: 0 }
    }

    /// Adds one.
    pub fn record(&mut self, duration_us: u64) {
        self.count += 1;
        self.max_us = self.max_us.max(duration_us);
        match &mut self.kind {
            Kind::Exact(all) if all.len() < EXACT => {
                all.push(duration_us);
            }
            Kind::Exact(all) => {
                let mut counts = Row::new();
                all.iter().for_each(|&d| count_in(&mut counts, d));
                count_in(&mut counts, duration_us);
                self.kind = Kind::Counted(counts);
            }
            Kind::Counted(counts) => count_in(counts, duration_us),
        }
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether percentiles are exact.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        matches!(self.kind, Kind::Exact(_))
    }

    /// The greatest, in microseconds; `None` when there was none.
    #[must_use]
    pub fn max_us(&self) -> Option<u64> {
        (self.count > 0).then_some(self.max_us)
    }

    /// The smallest duration that at least `percent` of all do not exceed (the nearest rank), in microseconds; `None`
    /// when there was none.
    #[must_use]
    pub fn percentile_us(&self, percent: u8) -> Option<u64> {
        if self.count == 0 {
            return None;
        }
        let rank = (u128::from(self.count) * u128::from(percent)).div_ceil(100).max(1);
        let rank = u64::try_from(rank).unwrap_or(u64::MAX).min(self.count);
        match &self.kind {
            Kind::Exact(all) => {
                let mut all: Vec<u64> = all.iter().copied().collect();
                let (_, found, _) = all.select_nth_unstable(rank as usize - 1);
                Some(*found)
            }
            Kind::Counted(counts) => {
                let mut seen = 0;
                let bucket = counts.iter().position(|&n| {
                    seen += n;
                    seen >= rank
                });
                bucket.map(|b| middle_of(b).min(self.max_us))
            }
        }
    }
}

impl Default for Latencies {
    fn default() -> Self {
        Self::new()
    }
}

fn count_in(counts: &mut Row, duration_us: u64) {
    let bucket = bucket_of(duration_us);
    while counts.len() <= bucket {
        counts.push(0);
    }
    if let Some(count) = counts.get_mut(bucket as u64) {
        *count += 1;
    }
}

/// Durations below 256 have a bucket each; above, 128 buckets a doubling.
fn bucket_of(duration_us: u64) -> usize {
    if duration_us < 2 * STEPS {
        return duration_us as usize;
    }
    let shift = duration_us.ilog2() - STEPS.ilog2();
    (u64::from(shift) * STEPS + (duration_us >> shift)) as usize
}

fn middle_of(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < 2 * STEPS {
        return bucket;
    }
    let shift = bucket / STEPS - 1;
    let low = (bucket - shift * STEPS) << shift;
    low + (1 << shift) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_rank() {
        let mut l = Latencies::new();
        assert_eq!((l.percentile_us(50), l.max_us()), (None, None));
        for d in [40, 10, 30, 20] {
            l.record(d);
        }
        assert_eq!([25, 50, 51, 95, 100].map(|p| l.percentile_us(p).unwrap()), [10, 20, 30, 40, 40]);
        assert_eq!(l.max_us(), Some(40));
    }

    #[test]
    fn many_are_counted_within_half_a_percent() {
        let mut l = Latencies::new();
        let n = 200_000_u64;
        for i in 1..=n {
            l.record(i * 7);
        }
        assert!(!l.is_exact());
        for percent in [1_u8, 50, 95, 99, 100] {
            let (exact, got) = (n * u64::from(percent) / 100 * 7, l.percentile_us(percent).unwrap());
            assert!(got.abs_diff(exact) * 200 <= exact, "p{percent}: {got}, not {exact}");
        }
        assert_eq!(l.max_us(), Some(n * 7));
    }

    #[test]
    fn buckets_meet_without_gap_or_overlap() {
        let mut last = bucket_of(0);
        for d in 1..100_000 {
            let b = bucket_of(d);
            assert!(b == last || b == last + 1, "{d}");
            assert!(middle_of(b).abs_diff(d) * 256 <= d, "{d}: {}", middle_of(b));
            last = b;
        }
        assert_eq!(bucket_of(u64::MAX), bucket_of(u64::MAX - 1));
        assert!(middle_of(bucket_of(u64::MAX)) > u64::MAX / 2);
    }
}
