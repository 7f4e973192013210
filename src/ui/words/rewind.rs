//! A rewind in sentences.

use super::events::{Names, Weight};
use super::figures::{bytes, count};
use crate::engine::ids::{Addr, NodeId};
use crate::engine::trace::What;

/// The sentence for an event of a rewind.
pub(super) fn rewind(what: &What, names: &Names<'_>, weight: &mut Weight) -> Option<String> {
    let name = |id: &NodeId| names.name(Addr::Node(*id)).to_owned();
    *weight = Weight::Mark;
    Some(match what {
        What::RewindStarted { node, source, fork, timeline, checkpoint } => format!(
            "{} is rewound to {}: servers diverged at WAL location {fork} on timeline {timeline}; rewinding from last \
             common checkpoint at {checkpoint}",
            name(node),
            name(source)
        ),
        What::RewindDiscards { node, txn, end, what, .. } => {
            *weight = Weight::Trouble;
            let whose =
                txn.map_or(String::new(), |txn| format!(" of {}", names.name(Addr::Client(txn.session.client))));
            format!("{} discards a transaction{whose} that ends at {end}: {what}", name(node))
        }
        What::RewindListed { node, transactions, rows, ddl } => {
            let schema = if *ddl > 0 { format!(" and {ddl} statements about the schema") } else { String::new() };
            format!(
                "{} has {} past the fork; {}{schema} may differ and are fetched",
                name(node),
                count(u64::from(*transactions), "transaction"),
                count(*rows, "row")
            )
        }
        What::RewindFetched { node, rows, replayed, rows_bytes, log_bytes } => format!(
            "{} has fetched {} ({}) and {} of log, whose replay leaves {} more",
            name(node),
            count(*rows, "row"),
            bytes(*rows_bytes),
            bytes(*log_bytes),
            count(*replayed, "row")
        ),
        What::RewindFinished { node, source, at, bytes: size, .. } => {
            format!("{} is rewound: it is what {} was at {at}, for {}", name(node), name(source), bytes(*size))
        }
        What::RewindNotRequired { node, source, fork, .. } => {
            format!(
                "{}: no rewind required, nothing of its log is past {fork}; it follows {}",
                name(node),
                name(source)
            )
        }
        What::RewindFailed { node, why, useless, .. } => {
            *weight = Weight::Trouble;
            let left = if *useless {
                "its data is likely not in a state that can be recovered"
            } else {
                "nothing was changed"
            };
            format!("{} is not rewound, {left}: {why}", name(node))
        }
        _ => return None,
    })
}
