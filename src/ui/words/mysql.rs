//! What happens on MySQL servers, where transactions go by GTIDs and positions mean something else on each server.

use super::events::{Names, Weight};
use super::figures::{bytes, count, duration};
use crate::engine::gtid::{Gtid, server_uuid};
use crate::engine::ids::{Addr, NodeId, TxnId};
use crate::engine::trace::What;

/// A GTID with its server's name for the UUID, which is long and says less.
fn short(gtid: Gtid, names: &Names<'_>) -> String {
    let server = (0..=u8::MAX).map(NodeId).find(|node| server_uuid(*node) == gtid.source);
    match server {
        Some(node) => format!("{}:{}", names.name(Addr::Node(node)), gtid.number),
        None => gtid.to_string(),
    }
}

/// An event in words; `None` where the words of both systems are the same.
pub(super) fn sentence(
    what: &What,
    names: &Names<'_>,
    who: impl Fn(TxnId) -> String,
    weight: &mut Weight,
) -> Option<String> {
    let name = |id: &NodeId| names.name(Addr::Node(*id)).to_owned();
    Some(match what {
        What::Logged { node, txn, keys, gtid: Some(gtid), .. } => {
            let changes = count(u64::from(keys.changes), "change");
            let (node, who, gtid) = (name(node), who(*txn), short(*gtid, names));
            format!("{node} writes {who}'s {changes} to its binary log as {gtid}: in memory only")
        }
        What::Flushed { node, took_us, .. } => {
            format!("{} has its binary log on disk; the fsync took {}", name(node), duration(*took_us))
        }
        What::CommitWaits { node, txn, .. } => {
            format!("{}'s commit waits on {} for acknowledgements", who(*txn), name(node))
        }
        What::CommitReleased { node, txn, waited_us, .. } => {
            format!("{} goes on with {}'s commit after {}", name(node), who(*txn), duration(*waited_us))
        }
        What::Visible { node, txn, .. } => {
            format!("{}'s transaction is committed on {}, visible to everybody", who(*txn), name(node))
        }
        What::GtidReceived { node, from, gtid, .. } => {
            let gtid = short(*gtid, names);
            format!("{}'s I/O (receiver) thread has {gtid} from {} in its relay log", name(node), names.name(*from))
        }
        What::Relogged { node, gtid, .. } => {
            format!("{}'s SQL (applier) thread executed {} and logs it", name(node), short(*gtid, names))
        }
        What::Applied { node, .. } => {
            format!("{}'s SQL (applier) thread committed a transaction: readers see it", name(node))
        }
        What::Checkpoint { node, .. } => format!("{} completes a checkpoint", name(node)),
        What::SemiSync { node, on: true, why } => {
            *weight = Weight::Mark;
            format!("{} is semi-synchronous from now on: {why}", name(node))
        }
        What::SemiSync { node, on: false, why } => {
            *weight = Weight::Trouble;
            format!("{} falls back to asynchronous replication: {why}", name(node))
        }
        What::BinlogRotated { node, number } => format!("{} begins binary log file binlog.{number:06}", name(node)),
        What::BinlogPurged { node, number } => {
            *weight = Weight::Mark;
            format!("{} removes binary log file binlog.{number:06}", name(node))
        }
        What::ReadOnly { node, on } => {
            *weight = Weight::Mark;
            format!("{} {}", name(node), if *on { "refuses writes from now on" } else { "lets writes in" })
        }
        What::ReplicaThreads { node, io, sql } => {
            *weight = Weight::Mark;
            let runs = |runs: bool| if runs { "started" } else { "stopped" };
            format!("{}'s I/O (receiver) thread is {}, its SQL (applier) thread {}", name(node), runs(*io), runs(*sql))
        }
        What::StreamingStarted { upstream, standby, .. } => {
            *weight = Weight::Mark;
            format!("{}'s binary log dump thread sends to {}", name(upstream), name(standby))
        }
        What::LogLost { node, .. } => {
            *weight = Weight::Trouble;
            format!("{} lost the end of its binary log: it had not reached the disk", name(node))
        }
        What::TornRecord { node, .. } => {
            *weight = Weight::Trouble;
            format!("{} finds a torn event at the end of its binary log, and cuts it off there", name(node))
        }
        What::ApplyFailed { node, error, .. } => {
            *weight = Weight::Trouble;
            format!("{}'s SQL (applier) thread stops: {error}", name(node))
        }
        What::RecoveryStarted { node, .. } => {
            *weight = Weight::Mark;
            format!("{} recovers from its last checkpoint and its logs", name(node))
        }
        What::RecoveryFinished { node, .. } => {
            *weight = Weight::Mark;
            format!("{} has recovered", name(node))
        }
        What::BackupRequested { node, source } => {
            *weight = Weight::Mark;
            format!("{} drops its data, and begins to clone {}", name(node), name(source))
        }
        What::BackupStarted { source, node, bytes: size, .. } => {
            *weight = Weight::Mark;
            format!("{} sends {} its data as of now, {}", name(source), name(node), bytes(*size))
        }
        What::BackupFinished { node, source, .. } => {
            *weight = Weight::Mark;
            format!("{} is a clone of {}, and starts on it", name(node), name(source))
        }
        What::PromotionStarted { node } => {
            *weight = Weight::Mark;
            format!("{} is told to become the source: it applies what is left in its relay log first", name(node))
        }
        What::TimelineSwitched { node, .. } => {
            *weight = Weight::Mark;
            format!("{} follows nobody any more (RESET REPLICA ALL), and lets writes in", name(node))
        }
        What::BecamePrimary { node, .. } => {
            *weight = Weight::Mark;
            format!("{} takes writes as the source", name(node))
        }
        _ => return None,
    })
}
