//! What servers have logged that the primary has not.

use serde::Serialize;

use crate::check::{Fate, Judges};
use crate::engine::ids::NodeId;
use crate::engine::storage::Outcome;
use crate::sim::World;
use crate::sim::view::Discarded;
use crate::sim::view::Divergence;

/// The transactions past a fork, or with errant identifiers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diverged {
    /// PostgreSQL: the last position that its log shares with the primary's.
    pub fork_lsn: Option<String>,
    /// PostgreSQL: the last timeline that both were on.
    pub timeline: Option<u32>,
    /// How many transactions it has that the primary has not.
    pub transactions: u64,
    /// Of those, how many were acknowledged to their clients, as far as the ledger still knows them.
    pub acknowledged: u64,
    /// The first twenty: position or identifier, and what they changed.
    pub list: Vec<String>,
}

impl Diverged {
    /// The most that are listed in a report.
    const LISTED: usize = 20;

    /// As a report has it.
    #[must_use]
    pub fn of(divergence: &Divergence, judges: &Judges) -> Diverged {
        let known = judges.ledger().entries().filter(|write| divergence.txns.contains(&write.txn));
        let acknowledged = known.filter(|write| matches!(judges.fate(write), Fate::Lost | Fate::Survived)).count();
        Diverged {
            fork_lsn: divergence.fork.map(|(_, at)| at.to_string()),
            timeline: divergence.fork.map(|(timeline, _)| timeline.0),
            transactions: divergence.total,
            acknowledged: acknowledged as u64,
            list: divergence.listed.iter().take(Self::LISTED).map(line).collect(),
        }
    }
}

fn line(discarded: &Discarded) -> String {
    let what = discarded.changes.join("; ");
    format!("{}: {what}", discarded.gtid.as_deref().unwrap_or(&discarded.at))
}

/// The transactions that a server has and the primary has not, as a table.
#[must_use]
pub fn diverged_table(world: &World, node: NodeId) -> Outcome {
    let columns = ["position", "gtid", "client", "changes"].map(str::to_owned).to_vec();
    let Some(divergence) = world.diverged(node) else { return Outcome { columns, ..Outcome::default() } };
    let rows = divergence.listed.iter().map(|one| {
        let client = one.txn.map(|txn| world.name_of(crate::engine::ids::Addr::Client(txn.session.client)));
        let text = |text: Option<&str>| text.map_or(crate::engine::storage::Value::Null, Into::into);
        let changes = one.changes.join("\n");
        vec![text(Some(&one.at)), text(one.gtid.as_deref()), text(client.as_deref()), text(Some(&changes))]
    });
    Outcome { columns, rows: rows.collect(), ..Outcome::default() }
}
