//! The log's way: into memory, to the disk, to the standbys, and into their databases.

use super::figures::duration;
use super::names::Names;
use super::roles::{ReplicationPart, thread};
use crate::engine::flavor::Flavor;
use crate::engine::ids::NodeId;
use crate::engine::trace::What;
use crate::t;

pub(super) fn log(what: &What, names: &Names<'_>, flavor: Flavor) -> Option<String> {
    let name = |id: &NodeId| names.node(*id);
    let who = what.txn().map_or("", |txn| names.who(txn));
    Some(match what {
        What::Logged { node, start, end, keys, .. } => {
            let log = thread(flavor, ReplicationPart::Log);
            t!("events.log.logged", node = name(node), who = who, n = keys.changes, start = start, end = end, log = log)
        }
        What::Flushed { node, to, took_us } => {
            t!("events.log.flushed", node = name(node), to = to, took = duration(*took_us))
        }
        What::CommitWaits { node, at, .. } => t!("events.log.waits", who = who, at = at, node = name(node)),
        What::CommitReleased { node, at, waited_us, .. } => {
            t!("events.log.released", node = name(node), who = who, at = at, waited = duration(*waited_us))
        }
        What::WaitCancelled { node, at, .. } => t!("events.log.cancelled", who = who, at = at, node = name(node)),
        What::Visible { node, at, .. } => t!("events.log.visible", who = who, at = at, node = name(node)),
        What::Received { node, from, start, end } => {
            let (receiver, from) = (thread(flavor, ReplicationPart::Receiver), names.name(*from));
            t!("events.log.received", node = name(node), receiver = receiver, start = start, end = end, from = from)
        }
        What::Applied { node, to, transactions } => {
            let applier = thread(flavor, ReplicationPart::Applier);
            t!("events.log.applied", node = name(node), applier = applier, n = transactions, to = to)
        }
        What::Checkpoint { node, at } => t!("events.log.checkpoint", node = name(node), at = at),
        What::LogRemoved { node, to, removed, recycled } => {
            t!("events.log.removed", node = name(node), n = removed + recycled, to = to, kept = recycled)
        }
        _ => return None,
    })
}
