//! The sweep as data.

use serde::Serialize;

use super::distribution::{Bar, Distribution};
use super::outcome::Outcome;
use crate::check::Kind;
use crate::engine::flavor::Flavor;
use crate::order::Arrange;

/// The worst runs that are named, by each figure.
const WORST: usize = 3;

/// What many runs of one scenario amounted to. Fields are the JSON's keys, in its order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sweep {
    /// The scenario's title.
    pub scenario: String,
    /// Whose rules applied.
    pub flavor: Flavor,
    /// The profile from which faults were drawn.
    pub faults: String,
    /// The first seed.
    pub first_seed: u64,
    /// The last seed.
    pub last_seed: u64,
    /// How many runs there were.
    pub runs: u64,
    /// How long each was, in milliseconds of virtual time.
    pub virtual_ms: f64,
    /// How figures of a run are distributed over runs.
    pub figures: Figures,
    /// Runs that lost an acknowledged write.
    pub runs_with_lost_writes: u64,
    /// Runs in which anything was violated.
    pub runs_with_violations: u64,
    /// Runs in which the primary changed.
    pub runs_with_failovers: u64,
    /// Runs that ended without a running primary. Their writes have not been judged since the last one went.
    pub runs_without_primary: u64,
    /// What was violated, by kind; every kind is there.
    pub violations: Vec<Violated>,
    /// What the scenario expects, in its order.
    pub expectations: Vec<Expected>,
    /// Runs by how many writes were lost.
    pub lost_writes_histogram: Vec<Bar>,
    /// Runs with a failover by the time until there was a primary again.
    pub rto_ms_histogram: Vec<Bar>,
    /// Runs by the 99th percentile of their commit latencies.
    pub commit_p99_ms_histogram: Vec<Bar>,
    /// Runs by how many reads were stale.
    pub stale_reads_histogram: Vec<Bar>,
    /// The worst runs.
    pub worst: Worst,
}

/// How figures of a run are distributed over runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Acknowledged writes that were lost.
    pub lost_writes: Distribution,
    /// Writes without a verdict.
    pub indeterminate_writes: Distribution,
    /// Writes that were answered with an error.
    pub failed_writes: Distribution,
    /// Reads that missed an acknowledged write.
    pub stale_reads: Distribution,
    /// The slowest failover of a run, from the failure until there was a primary again; of runs with a failover.
    pub rto_ms: Distribution,
    /// The median of a run's commit latencies.
    pub commit_p50_ms: Distribution,
    /// Their 99th percentile.
    pub commit_p99_ms: Distribution,
    /// The longest.
    pub commit_max_ms: Distribution,
}

/// A kind of violation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Violated {
    /// Which.
    pub kind: Kind,
    /// How many there were in all runs.
    pub count: u64,
    /// Runs that had any.
    pub runs: u64,
}

/// An expectation over all runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Expected {
    /// What.
    pub that: String,
    /// Runs in which it held.
    pub held: u64,
    /// Runs in which it was judged; none, when they end before its instant.
    pub judged: u64,
    /// Their quotient; `null` where none was judged.
    pub share: Option<f64>,
}

/// The worst runs by each figure, the worst first; runs in which the figure is nothing are left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Worst {
    /// By lost writes.
    pub lost_writes: Vec<WorstRun>,
    /// By the time of recovery.
    pub rto_ms: Vec<WorstRun>,
    /// By the 99th percentile of commit latencies.
    pub commit_p99_ms: Vec<WorstRun>,
}

/// One of the worst runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorstRun {
    /// Its seed.
    pub seed: u64,
    /// The hash of its trace, which a run that is the same has, too.
    pub trace_hash: String,
    /// Acknowledged writes that it lost.
    pub lost_writes: u64,
    /// Its slowest failover.
    pub rto_ms: Option<f64>,
    /// The 99th percentile of its commit latencies.
    pub commit_p99_ms: Option<f64>,
    /// What was drawn for it.
    pub faults: Vec<String>,
    /// The command that runs it again; filled in by whoever knows.
    pub again: Option<String>,
}

impl Sweep {
    /// Counts runs, which come in the order of their seeds. `expected` says what the scenario expects.
    #[must_use]
    pub fn of(
        scenario: &str,
        flavor: Flavor,
        faults: &str,
        virtual_ms: f64,
        expected: &[String],
        outcomes: &[Outcome],
    ) -> Sweep {
        let runs = |is: &dyn Fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| is(outcome)).count() as u64;
        let lost: Vec<u64> = outcomes.iter().map(|outcome| outcome.lost_writes).collect();
        let stale: Vec<u64> = outcomes.iter().map(|outcome| outcome.stale_reads).collect();
        let recovery: Vec<f64> = outcomes.iter().filter_map(|outcome| outcome.rto_ms).collect();
        let latencies: Vec<f64> = outcomes.iter().filter_map(|outcome| outcome.commit_p99_ms).collect();
        let violated = |(index, kind): (usize, &Kind)| {
            let counts = outcomes.iter().filter_map(|outcome| outcome.violations.get(index));
            let (count, runs) = counts.fold((0, 0), |(count, runs), n| (count + n, runs + u64::from(*n > 0)));
            Violated { kind: *kind, count, runs }
        };
        let expectation = |(index, that): (usize, &String)| {
            let judged = outcomes.iter().filter_map(|outcome| outcome.held.get(index).copied().flatten());
            let (held, judged) = judged.fold((0, 0), |(held, judged), one| (held + u64::from(one), judged + 1));
            let share = (judged > 0).then(|| held as f64 / judged as f64);
            Expected { that: that.clone(), held, judged, share }
        };
        Sweep {
            scenario: scenario.to_owned(),
            flavor,
            faults: faults.to_owned(),
            first_seed: outcomes.first().map_or(0, |outcome| outcome.seed),
            last_seed: outcomes.last().map_or(0, |outcome| outcome.seed),
            runs: outcomes.len() as u64,
            virtual_ms,
            figures: Figures::of(outcomes),
            runs_with_lost_writes: runs(&|outcome| outcome.lost_writes > 0),
            runs_with_violations: runs(&Outcome::has_violation),
            runs_with_failovers: runs(&|outcome| outcome.rto_ms.is_some()),
            runs_without_primary: runs(&|outcome| outcome.without_primary),
            violations: Kind::ALL.iter().enumerate().map(violated).collect(),
            expectations: expected.iter().enumerate().map(expectation).collect(),
            lost_writes_histogram: Bar::of_counts(&lost),
            rto_ms_histogram: Bar::of_durations(&recovery),
            commit_p99_ms_histogram: Bar::of_durations(&latencies),
            stale_reads_histogram: Bar::of_counts(&stale),
            worst: Worst {
                lost_writes: worst(outcomes, |outcome| outcome.lost_writes as f64),
                rto_ms: worst(outcomes, |outcome| outcome.rto_ms.unwrap_or(0.0)),
                commit_p99_ms: worst(outcomes, |outcome| outcome.commit_p99_ms.unwrap_or(0.0)),
            },
        }
    }

    /// The worst runs, by any figure.
    pub fn worst_runs_mut(&mut self) -> impl Iterator<Item = &mut WorstRun> {
        let Worst { lost_writes, rto_ms, commit_p99_ms } = &mut self.worst;
        lost_writes.iter_mut().chain(rto_ms).chain(commit_p99_ms)
    }
}

impl Figures {
    fn of(outcomes: &[Outcome]) -> Figures {
        let counts = |figure: fn(&Outcome) -> u64| Distribution::of(outcomes.iter().map(|one| figure(one) as f64));
        let times = |figure: fn(&Outcome) -> Option<f64>| Distribution::of(outcomes.iter().filter_map(figure));
        Figures {
            lost_writes: counts(|outcome| outcome.lost_writes),
            indeterminate_writes: counts(|outcome| outcome.indeterminate_writes),
            failed_writes: counts(|outcome| outcome.failed_writes),
            stale_reads: counts(|outcome| outcome.stale_reads),
            rto_ms: times(|outcome| outcome.rto_ms),
            commit_p50_ms: times(|outcome| outcome.commit_p50_ms),
            commit_p99_ms: times(|outcome| outcome.commit_p99_ms),
            commit_max_ms: times(|outcome| outcome.commit_max_ms),
        }
    }
}

/// The worst runs by a figure; of equal ones those with the lower seeds.
fn worst(outcomes: &[Outcome], figure: impl Fn(&Outcome) -> f64) -> Vec<WorstRun> {
    let mut order: Vec<&Outcome> = outcomes.iter().filter(|outcome| figure(outcome) > 0.0).collect();
    order.arrange_by(|a, b| figure(b).total_cmp(&figure(a)));
    order.truncate(WORST);
    let run = |outcome: &Outcome| WorstRun {
        seed: outcome.seed,
        trace_hash: outcome.trace_hash.clone(),
        lost_writes: outcome.lost_writes,
        rto_ms: outcome.rto_ms,
        commit_p99_ms: outcome.commit_p99_ms,
        faults: outcome.faults.clone(),
        again: None,
    };
    order.into_iter().map(run).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(seed: u64, lost_writes: u64, rto_ms: Option<f64>) -> Outcome {
        let mut violations = vec![0; Kind::ALL.len()];
        violations[0] = lost_writes;
        Outcome {
            seed,
            trace_hash: String::new(),
            lost_writes,
            indeterminate_writes: 0,
            failed_writes: 0,
            stale_reads: 0,
            rto_ms,
            commit_p50_ms: None,
            commit_p99_ms: None,
            commit_max_ms: None,
            violations,
            held: vec![Some(lost_writes == 0), None],
            without_primary: false,
            faults: Vec::new(),
        }
    }

    #[test]
    fn runs_are_counted() {
        let outcomes =
            [(1, 0, None), (2, 4, Some(900.0)), (3, 7, Some(300.0)), (4, 7, None), (5, 1, None), (6, 0, None)];
        let outcomes = outcomes.map(|(seed, lost, rto)| outcome(seed, lost, rto));
        let expected = ["a".to_owned(), "b".to_owned()];
        let sweep = Sweep::of("s", Flavor::Postgresql, "none", 10.0, &expected, &outcomes);
        assert_eq!((sweep.first_seed, sweep.last_seed, sweep.runs), (1, 6, 6));
        assert_eq!((sweep.runs_with_lost_writes, sweep.runs_with_violations, sweep.runs_with_failovers), (4, 4, 2));
        assert_eq!((sweep.violations[0].count, sweep.violations[0].runs, sweep.violations[1].runs), (19, 4, 0));
        let shares: Vec<_> = sweep.expectations.iter().map(|one| (one.held, one.judged, one.share)).collect();
        assert_eq!(shares, [(2, 6, Some(2.0 / 6.0)), (0, 0, None)]);
        let seeds = |runs: &[WorstRun]| runs.iter().map(|run| run.seed).collect::<Vec<_>>();
        assert_eq!(seeds(&sweep.worst.lost_writes), [3, 4, 2]);
        assert_eq!(seeds(&sweep.worst.rto_ms), [2, 3]);
        assert!(sweep.worst.commit_p99_ms.is_empty());
        assert_eq!((sweep.figures.rto_ms.runs, sweep.figures.rto_ms.max), (2, Some(900.0)));
    }
}
