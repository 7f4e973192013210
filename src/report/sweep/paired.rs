//! Two configurations over the same seeds: each seed is a pair of runs, whose difference is the settings' doing.

use std::fmt;

use serde::Serialize;

use super::distribution::Distribution;
use super::outcome::Outcome;
use super::text::signed;
use crate::report::table::Table;

/// Two configurations, seed by seed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Paired {
    /// Seeds that both were run with.
    pub pairs: u64,
    /// Acknowledged writes that were lost.
    pub lost_writes: Difference,
    /// Writes without a verdict.
    pub indeterminate_writes: Difference,
    /// Writes that were answered with an error.
    pub failed_writes: Difference,
    /// Reads that missed an acknowledged write.
    pub stale_reads: Difference,
    /// The slowest failover; of seeds with one in both.
    pub rto_ms: Difference,
    /// The median of commit latencies.
    pub commit_p50_ms: Difference,
    /// Their 99th percentile.
    pub commit_p99_ms: Difference,
}

/// How a figure of the second configuration differs from the first's, over pairs that have it in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Difference {
    /// Pairs that have the figure in both.
    pub pairs: u64,
    /// Pairs that have it only in the first.
    pub only_first: u64,
    /// Pairs that have it only in the second.
    pub only_second: u64,
    /// Pairs in which the second's is lower.
    pub lower: u64,
    /// Pairs in which both are the same.
    pub same: u64,
    /// Pairs in which the second's is higher.
    pub higher: u64,
    /// Second minus first.
    pub second_minus_first: Distribution,
    /// How probable so uneven a split of the pairs that differ were if neither configuration were lower more often: the
    /// two-sided sign test, to three digits. `null` where no pair differs.
    pub sign_test_p: Option<f64>,
}

impl Paired {
    /// Compares runs of two configurations, each in the order of seeds; seeds that only one was run with are left out.
    #[must_use]
    pub fn of(first: &[Outcome], second: &[Outcome]) -> Paired {
        let mut rest = second.iter().peekable();
        let mut pairs = Vec::new();
        for one in first {
            while rest.next_if(|other| other.seed < one.seed).is_some() {}
            pairs.extend(rest.next_if(|other| other.seed == one.seed).map(|other| (one, other)));
        }
        let count = |figure: fn(&Outcome) -> u64| {
            Difference::of(pairs.iter().map(|(a, b)| (Some(figure(a) as f64), Some(figure(b) as f64))))
        };
        let time =
            |figure: fn(&Outcome) -> Option<f64>| Difference::of(pairs.iter().map(|(a, b)| (figure(a), figure(b))));
        Paired {
            pairs: pairs.len() as u64,
            lost_writes: count(|outcome| outcome.lost_writes),
            indeterminate_writes: count(|outcome| outcome.indeterminate_writes),
            failed_writes: count(|outcome| outcome.failed_writes),
            stale_reads: count(|outcome| outcome.stale_reads),
            rto_ms: time(|outcome| outcome.rto_ms),
            commit_p50_ms: time(|outcome| outcome.commit_p50_ms),
            commit_p99_ms: time(|outcome| outcome.commit_p99_ms),
        }
    }
}

impl Difference {
    fn of(pairs: impl Iterator<Item = (Option<f64>, Option<f64>)>) -> Difference {
        let mut difference = Difference::default();
        let mut differences = Vec::new();
        for pair in pairs {
            match pair {
                (Some(a), Some(b)) => differences.push(b - a),
                (Some(_), None) => difference.only_first += 1,
                (None, Some(_)) => difference.only_second += 1,
                (None, None) => {}
            }
        }
        let count = |is: fn(&f64) -> bool| differences.iter().filter(|one| is(one)).count() as u64;
        (difference.lower, difference.same, difference.higher) =
            (count(|one| *one < 0.0), count(|one| *one == 0.0), count(|one| *one > 0.0));
        difference.pairs = differences.len() as u64;
        difference.sign_test_p = sign_test(difference.lower, difference.higher);
        difference.second_minus_first = Distribution::of(differences);
        difference
    }

    /// Whether the second is lower, or higher, more often than chance would have it; `None`, where that cannot be told.
    /// One in a hundred is the bound.
    #[must_use]
    pub fn verdict(&self) -> Option<std::cmp::Ordering> {
        self.sign_test_p.filter(|p| *p < 0.01).map(|_| self.higher.cmp(&self.lower))
    }
}

/// Twice the probability that of as many tosses of a coin so few, or fewer, show the rarer side: to three digits, so that it
/// does not depend on the last bit of a logarithm.
fn sign_test(lower: u64, higher: u64) -> Option<f64> {
    let (tosses, rarer) = (lower + higher, lower.min(higher));
    if tosses == 0 {
        return None;
    }
    let mut logarithm = -(tosses as f64) * std::f64::consts::LN_2;
    let mut sum = libm::exp(logarithm);
    for k in 1..=rarer {
        logarithm += libm::log((tosses - k + 1) as f64) - libm::log(k as f64);
        sum += libm::exp(logarithm);
    }
    Some((f64::min(1.0, 2.0 * sum) * 1_000.0).round() / 1_000.0)
}

impl fmt::Display for Paired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table =
            Table::new(&["second to first", ">pairs", ">lower", ">same", ">higher", ">p50", ">min", ">max", ">chance"]);
        let mut row = |name: &str, of: &Difference, times: bool| {
            let show = |figure: Option<f64>| figure.map_or_else(|| "-".to_owned(), |figure| signed(figure, times));
            let chance = match of.sign_test_p {
                None => "-".to_owned(),
                Some(p) if p < 0.001 => "<0.001".to_owned(),
                Some(p) => format!("{p:.3}"),
            };
            let apart = of.second_minus_first;
            let counts = [of.pairs, of.lower, of.same, of.higher].map(crate::report::numbers::grouped);
            let figures = [show(apart.p50), show(apart.min), show(apart.max), chance];
            table.row(std::iter::once(name.to_owned()).chain(counts).chain(figures).collect());
        };
        row("lost writes", &self.lost_writes, false);
        row("indeterminate writes", &self.indeterminate_writes, false);
        row("failed writes", &self.failed_writes, false);
        row("stale reads", &self.stale_reads, false);
        row("time to recovery", &self.rto_ms, true);
        row("commit latency, p50", &self.commit_p50_ms, true);
        row("commit latency, p99", &self.commit_p99_ms, true);
        write!(f, "{table}")?;
        let Difference { only_first, only_second, .. } = self.rto_ms;
        if only_first + only_second > 0 {
            writeln!(
                f,
                "the primary changed only in the first: {only_first} seeds; only in the second: {only_second}"
            )?;
        }
        writeln!(f, "chance: how often a coin would split the seeds that differ so unevenly (two-sided sign test)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_test_is_that_of_tables() {
        assert_eq!(sign_test(0, 0), None);
        // 2 · (1 + 10 + 45) / 1024, and 2 / 1024.
        assert_eq!((sign_test(2, 8), sign_test(10, 0)), (Some(0.109), Some(0.002)));
        assert_eq!((sign_test(5, 5), sign_test(0, 4_000)), (Some(1.0), Some(0.0)));
        assert_eq!(sign_test(4_900, 5_100), Some(0.047));
    }

    #[test]
    fn pairs_that_lack_a_figure_are_told_apart() {
        let pairs =
            [(Some(1.0), Some(3.0)), (Some(2.0), None), (None, Some(1.0)), (None, None), (Some(5.0), Some(5.0))];
        let of = Difference::of(pairs.into_iter());
        assert_eq!((of.pairs, of.only_first, of.only_second), (2, 1, 1));
        assert_eq!((of.lower, of.same, of.higher, of.second_minus_first.max), (0, 1, 1, Some(2.0)));
        assert_eq!(of.verdict(), None);
        let of = Difference::of((0..20).map(|n| (Some(f64::from(n) + 1.0), Some(f64::from(n)))));
        assert_eq!(of.verdict(), Some(std::cmp::Ordering::Less));
    }
}
