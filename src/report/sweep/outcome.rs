//! What a sweep keeps of one run.

use serde::{Deserialize, Serialize};

use crate::check::Kind;
use crate::report::Report;
use crate::sim::view::Role;

/// What a sweep keeps of one run: figures, no trace. As JSON it is a row, the same wherever the run was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Its seed.
    pub seed: u64,
    /// The hash of its trace.
    pub trace_hash: String,
    /// Acknowledged, and absent from the last primary's log.
    pub lost_writes: u64,
    /// Sent, and the connection ended without a verdict.
    pub indeterminate_writes: u64,
    /// An error reached the client.
    pub failed_writes: u64,
    /// Reads that missed an acknowledged write.
    pub stale_reads: u64,
    /// From the failure to a primary that takes writes, of the slowest failover; `None` when there was none.
    pub rto_ms: Option<f64>,
    /// Half of the acknowledged writes took no longer; `None` when there were none.
    pub commit_p50_ms: Option<f64>,
    /// 99 % of them took no longer.
    pub commit_p99_ms: Option<f64>,
    /// The longest.
    pub commit_max_ms: Option<f64>,
    /// Violations of each kind, in the order of [`Kind::ALL`].
    pub violations: Vec<u64>,
    /// Whether each expectation held; `None` for one that the run did not reach.
    pub held: Vec<Option<bool>>,
    /// Whether the run ended without a running primary.
    pub without_primary: bool,
    /// What was drawn for it, each as a scenario's `[[at]]` has it, with its time.
    pub faults: Vec<String>,
}

impl Outcome {
    /// The figures of a report, with the faults that were drawn for its run.
    #[must_use]
    pub fn of(report: &Report, faults: Vec<String>) -> Outcome {
        let count = |kind: &Kind| report.violations_by_kind.iter().find(|(one, _)| one == kind).map_or(0, |(_, n)| *n);
        let latency = report.writes.latency_ms;
        Outcome {
            seed: report.seed,
            trace_hash: report.trace_hash.clone(),
            lost_writes: report.writes.lost,
            indeterminate_writes: report.writes.indeterminate,
            failed_writes: report.writes.failed,
            stale_reads: report.reads.stale,
            rto_ms: report.failovers.iter().map(|failover| failover.rto_ms).max_by(f64::total_cmp),
            commit_p50_ms: latency.p50,
            commit_p99_ms: latency.p99,
            commit_max_ms: latency.max,
            violations: Kind::ALL.iter().map(count).collect(),
            held: report.expectations.iter().map(|one| one.held).collect(),
            without_primary: !report.nodes.iter().any(|node| node.role == Role::Primary && node.state == "running"),
            faults,
        }
    }

    /// The row, without the line's end.
    #[must_use]
    pub fn row(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What a row says.
    #[must_use]
    pub fn of_row(row: &str) -> Option<Outcome> {
        serde_json::from_str(row).ok()
    }

    /// Whether anything was violated.
    #[must_use]
    pub fn has_violation(&self) -> bool {
        self.violations.iter().any(|count| *count > 0)
    }
}
