//! A rewind in sentences.

use super::events::Weight;
use super::figures::bytes;
use super::names::Names;
use crate::engine::ids::NodeId;
use crate::engine::trace::What;
use crate::t;

/// The sentence for an event of a rewind.
pub(super) fn rewind(what: &What, names: &Names<'_>, weight: &mut Weight) -> Option<String> {
    let name = |id: &NodeId| names.node(*id);
    let text = match what {
        What::RewindStarted { node, source, fork, timeline, checkpoint } => t!(
            "events.rewind.started",
            node = name(node),
            source = name(source),
            fork = fork,
            timeline = timeline,
            checkpoint = checkpoint
        ),
        What::RewindDiscards { node, txn, end, what, .. } => {
            *weight = Weight::Trouble;
            return Some(match txn {
                Some(txn) => {
                    let (node, who) = (name(node), names.who(*txn));
                    t!("events.rewind.discards", node = node, who = who, end = end, what = what)
                }
                None => t!("events.rewind.discards-unknown", node = name(node), end = end, what = what),
            });
        }
        What::RewindListed { node, transactions, rows, ddl: 0 } => {
            t!("events.rewind.listed", node = name(node), n = transactions, rows = rows)
        }
        What::RewindListed { node, transactions, rows, ddl } => {
            t!("events.rewind.listed-ddl", node = name(node), n = transactions, rows = rows, ddl = ddl)
        }
        What::RewindFetched { node, rows, replayed, rows_bytes, log_bytes } => t!(
            "events.rewind.fetched",
            node = name(node),
            rows = rows,
            size = bytes(*rows_bytes),
            log = bytes(*log_bytes),
            replayed = replayed
        ),
        What::RewindFinished { node, source, at, bytes: size, .. } => {
            t!("events.rewind.finished", node = name(node), source = name(source), at = at, size = bytes(*size))
        }
        What::RewindNotRequired { node, source, fork, .. } => {
            t!("events.rewind.not-required", node = name(node), fork = fork, source = name(source))
        }
        What::RewindFailed { node, why, useless, .. } => {
            *weight = Weight::Trouble;
            return Some(match useless {
                true => t!("events.rewind.failed-useless", node = name(node), why = why),
                false => t!("events.rewind.failed", node = name(node), why = why),
            });
        }
        _ => return None,
    };
    *weight = Weight::Mark;
    Some(text)
}
