//! What happens on MySQL servers, where transactions go by GTIDs and positions mean something else on each server.

use super::events::Weight;
use super::figures::{bytes, duration};
use super::names::Names;
use super::roles::{ReplicationPart, thread};
use crate::engine::flavor::Flavor;
use crate::engine::gtid::{Gtid, server_uuid};
use crate::engine::ids::NodeId;
use crate::engine::trace::What;
use crate::t;
use crate::ui::text::said;

/// A GTID with its server's name for the UUID, which is long and says less.
fn short(gtid: Gtid, names: &Names<'_>) -> String {
    let server = (0..=u8::MAX).map(NodeId).find(|node| server_uuid(*node) == gtid.source);
    match server {
        Some(node) => format!("{}:{}", names.node(node), gtid.number),
        None => gtid.to_string(),
    }
}

/// An event in words; `None` where the words of both systems are the same.
pub(super) fn sentence(what: &What, names: &Names<'_>, weight: &mut Weight) -> Option<String> {
    writes(what, names).or_else(|| servers(what, names, weight))
}

/// A transaction's way.
fn writes(what: &What, names: &Names<'_>) -> Option<String> {
    let name = |id: &NodeId| names.node(*id);
    let who = what.txn().map_or("", |txn| names.who(txn));
    let applier = thread(Flavor::Mysql, ReplicationPart::Applier);
    Some(match what {
        What::Logged { node, keys, gtid: Some(gtid), .. } => {
            t!("events.mysql.logged", node = name(node), who = who, n = keys.changes, gtid = short(*gtid, names))
        }
        What::Flushed { node, took_us, .. } => {
            t!("events.mysql.flushed", node = name(node), took = duration(*took_us))
        }
        What::CommitWaits { node, .. } => t!("events.mysql.waits", who = who, node = name(node)),
        What::CommitReleased { node, waited_us, .. } => {
            t!("events.mysql.released", node = name(node), who = who, waited = duration(*waited_us))
        }
        What::Visible { node, .. } => t!("events.mysql.visible", who = who, node = name(node)),
        What::GtidReceived { node, from, gtid, .. } => {
            let (receiver, gtid) = (thread(Flavor::Mysql, ReplicationPart::Receiver), short(*gtid, names));
            let from = names.name(*from);
            t!("events.mysql.received", node = name(node), receiver = receiver, gtid = gtid, from = from)
        }
        What::Relogged { node, gtid, .. } => {
            t!("events.mysql.relogged", node = name(node), applier = applier, gtid = short(*gtid, names))
        }
        What::Applied { node, .. } => t!("events.mysql.applied", node = name(node), applier = applier),
        What::Checkpoint { node, .. } => t!("events.mysql.checkpoint", node = name(node)),
        What::BinlogRotated { node, number } => {
            t!("events.mysql.rotated", node = name(node), file = format!("binlog.{number:06}"))
        }
        _ => return None,
    })
}

/// What becomes of servers.
fn servers(what: &What, names: &Names<'_>, weight: &mut Weight) -> Option<String> {
    let name = |id: &NodeId| names.node(*id);
    let applier = thread(Flavor::Mysql, ReplicationPart::Applier);
    let text = match what {
        What::SemiSync { node, on: true, why } => t!("events.mysql.semi-sync", node = name(node), why = said(why)),
        What::BinlogPurged { node, number } => {
            t!("events.mysql.purged", node = name(node), file = format!("binlog.{number:06}"))
        }
        What::ReadOnly { node, on: true } => t!("events.mysql.read-only", node = name(node)),
        What::ReadOnly { node, on: false } => t!("events.mysql.writable", node = name(node)),
        What::ReplicaThreads { node, io, sql } => {
            let runs = |runs: bool| if runs { t!("events.mysql.started") } else { t!("events.mysql.stopped") };
            let receiver = thread(Flavor::Mysql, ReplicationPart::Receiver);
            let (io, sql) = (runs(*io), runs(*sql));
            t!("events.mysql.threads", node = name(node), receiver = receiver, io = io, applier = applier, sql = sql)
        }
        What::StreamingStarted { upstream, standby, .. } => {
            let sender = thread(Flavor::Mysql, ReplicationPart::Sender);
            t!("events.mysql.streams", node = name(upstream), sender = sender, standby = name(standby))
        }
        What::RecoveryStarted { node, .. } => t!("events.mysql.recovers", node = name(node)),
        What::RecoveryFinished { node, .. } => t!("events.mysql.recovered", node = name(node)),
        What::BackupRequested { node, source } => {
            t!("events.mysql.clone-asked", node = name(node), source = name(source))
        }
        What::BackupStarted { source, node, bytes: size, .. } => {
            t!("events.mysql.clone-begins", source = name(source), node = name(node), size = bytes(*size))
        }
        What::BackupFinished { node, source, .. } => {
            t!("events.mysql.clone-done", node = name(node), source = name(source))
        }
        What::PromotionStarted { node } => t!("events.mysql.promotion", node = name(node)),
        What::TimelineSwitched { node, .. } => t!("events.mysql.reset-replica", node = name(node)),
        What::BecamePrimary { node, .. } => t!("events.mysql.source", node = name(node)),
        _ => {
            let text = trouble(what, names)?;
            *weight = Weight::Trouble;
            return Some(text);
        }
    };
    *weight = Weight::Mark;
    Some(text)
}

fn trouble(what: &What, names: &Names<'_>) -> Option<String> {
    let name = |id: &NodeId| names.node(*id);
    Some(match what {
        What::SemiSync { node, on: false, why } => t!("events.mysql.fell-back", node = name(node), why = said(why)),
        What::LogLost { node, .. } => t!("events.mysql.log-lost", node = name(node)),
        What::TornRecord { node, .. } => t!("events.mysql.torn", node = name(node)),
        What::ApplyFailed { node, error, .. } => {
            let applier = thread(Flavor::Mysql, ReplicationPart::Applier);
            t!("events.mysql.apply-failed", node = name(node), applier = applier, error = error)
        }
        _ => return None,
    })
}
