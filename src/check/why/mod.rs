//! Why: the causal chain behind a commit that waits, a read that was stale, a write that was lost.
//!
//! A chain is read off the judges' records, the trace of the stretch that it is about, the commands that were given, and
//! the cluster as it is: nothing is guessed. Where the trace does not tell a reason, the chain has the bare fact. Each link
//! is tied to the instant, and where there is one to the event, that proves it.

mod chain;
mod conditions;
mod gap;
mod lost;
mod read;
mod story;
mod waiting;

pub use chain::{Because, Chain, Link, Point, Told};
pub use conditions::Conditions;
pub use story::Story;

use super::judges::Judges;
use super::violation::{Finding, Violation};
use super::write::{Outcome, Write};
use crate::engine::ids::{NodeId, TxnId};
use crate::engine::time::SimTime;
use crate::sim::World;

/// What somebody wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Why a write has not been answered, is lost, or has no known fate.
    Write(TxnId),
    /// Why the oldest commit that waits on this server does.
    Waiting(NodeId),
    /// Why this read was stale: its number among the judges' violations that are kept.
    Violation(usize),
    /// Why a server does not show what the primary has under this key of `kv`; without a key, why it is behind.
    Missing(NodeId, Option<i64>),
}

/// What chains are made from.
pub struct Evidence<'a> {
    /// The judges.
    pub judges: &'a Judges,
    /// The cluster now.
    pub world: &'a World,
    /// What the trace of the stretch says.
    pub story: &'a Story,
    /// What was set and broken when.
    pub conditions: &'a Conditions,
}

/// How long before the first event of a question the trace is read, in microseconds: servers and links that changed earlier
/// are known from the commands.
const BEFORE_US: u64 = 10_000_000;

impl Question {
    /// The stretch of the trace that its chain needs; none when there is nothing to ask about.
    #[must_use]
    pub fn stretch(&self, judges: &Judges, world: &World) -> Option<(SimTime, SimTime)> {
        let since = match self.subject(judges, world)? {
            Subject::Write(write) | Subject::Behind(write, _) => write.submitted.at,
            Subject::Read(violation) => match violation.finding {
                Finding::StaleRead { age_us, .. } => SimTime(violation.at.0.saturating_sub(age_us)),
                Finding::ReadYourWrites { acknowledged, .. } => acknowledged,
                Finding::MonotonicReads { read_at, .. } => read_at,
                _ => violation.at,
            },
            Subject::Lagging(_) => world.now(),
        };
        Some((SimTime(since.0.saturating_sub(BEFORE_US)), world.now()))
    }

    /// The transaction whose way is to be followed.
    #[must_use]
    pub fn followed(&self, judges: &Judges, world: &World) -> Option<TxnId> {
        match self.subject(judges, world)? {
            Subject::Write(write) | Subject::Behind(write, _) => Some(write.txn),
            Subject::Read(violation) => read::missed(judges, violation).map(|write| write.txn),
            Subject::Lagging(_) => None,
        }
    }

    fn subject<'a>(&self, judges: &'a Judges, world: &World) -> Option<Subject<'a>> {
        match *self {
            Question::Write(txn) => find(judges, txn).map(Subject::Write),
            Question::Waiting(node) => {
                let (txn, ..) = world.view().nodes.into_iter().find(|one| one.id == node)?.oldest_wait?;
                find(judges, txn).map(Subject::Write)
            }
            Question::Violation(number) => {
                let violation = judges.violations().iter().nth(number)?;
                match violation.finding {
                    Finding::LostWrite { txn, .. } => find(judges, txn).map(Subject::Write),
                    Finding::StaleRead { .. } | Finding::ReadYourWrites { .. } | Finding::MonotonicReads { .. } => {
                        Some(Subject::Read(violation))
                    }
                    _ => None,
                }
            }
            Question::Missing(node, key) => Some(match read::lacking(judges, world, node, key) {
                Some(write) => Subject::Behind(write, node),
                None => Subject::Lagging(node),
            }),
        }
    }

    /// The chain. None when nothing is known of what is asked about, or there is no chain of this kind.
    #[must_use]
    pub fn answer(&self, evidence: &Evidence<'_>) -> Option<Chain> {
        match self.subject(evidence.judges, evidence.world)? {
            Subject::Write(write) => Some(match write.outcome {
                Outcome::Pending => waiting::chain(evidence, write),
                Outcome::Acknowledged | Outcome::Indeterminate | Outcome::Failed => lost::chain(evidence, write),
            }),
            Subject::Read(violation) => read::chain(evidence, violation),
            Subject::Behind(write, node) => Some(read::behind(evidence, write, node)),
            Subject::Lagging(node) => Some(read::lagging(evidence, node)),
        }
    }
}

/// What a question is about.
enum Subject<'a> {
    Write(&'a Write),
    Read(&'a Violation),
    Behind(&'a Write, NodeId),
    Lagging(NodeId),
}

/// A write that has an entry.
fn find(judges: &Judges, txn: TxnId) -> Option<&Write> {
    judges.pending().find(|write| write.txn == txn).or_else(|| judges.ledger().entries().find(|write| write.txn == txn))
}
