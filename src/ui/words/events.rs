//! What happened, in plain sentences and the flavor's words.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::figures::{bytes, count, duration};
use super::roles::{ReplicationPart, thread};
use crate::engine::flavor::Flavor;
use crate::engine::ids::{Addr, NodeId, SessionId, TxnId};
use crate::engine::message::{MessageKind, Statement};
use crate::engine::trace::{CloseReason, DropReason, Life, Verdict, What};
use crate::sim::view::ClusterView;

/// Groups of events, for filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Commands, faults, lives and roles of servers.
    Cluster,
    /// What the failover manager does.
    Failover,
    /// A write's way to its verdict.
    Writes,
    /// Reads and where they went.
    Reads,
    /// The log's way to the replicas.
    Replication,
    /// Every single message.
    Messages,
}

impl Category {
    /// All, in the order of their importance.
    pub const ALL: [Category; 6] = [
        Category::Cluster,
        Category::Failover,
        Category::Writes,
        Category::Replication,
        Category::Reads,
        Category::Messages,
    ];

    /// Its name on a filter.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Category::Cluster => "Cluster",
            Category::Failover => "Failover",
            Category::Writes => "Writes",
            Category::Reads => "Reads",
            Category::Replication => "Replication",
            Category::Messages => "Messages",
        }
    }
}

/// How much an event matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// As usual.
    Normal,
    /// Worth a mark on the time line: a command, a change of role.
    Mark,
    /// Something went wrong.
    Trouble,
}

/// One event in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// The words.
    pub text: String,
    /// How much it matters.
    pub weight: Weight,
}

/// A message that is or was under way: later events name only its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flight {
    /// From where.
    pub from: Addr,
    /// To where.
    pub to: Addr,
    /// What.
    pub kind: MessageKind,
}

/// The names that addresses have.
pub struct Names<'a> {
    names: Vec<(Addr, Cow<'a, str>)>,
}

impl<'a> Names<'a> {
    /// From pairs.
    #[must_use]
    pub fn new(names: Vec<(Addr, Cow<'a, str>)>) -> Names<'a> {
        Names { names }
    }

    /// The name at an address.
    #[must_use]
    pub fn name(&self, who: Addr) -> &str {
        match self.names.iter().find(|(addr, _)| *addr == who) {
            Some((_, name)) => name,
            None => match who {
                Addr::Proxy => "proxy",
                Addr::Store => "store",
                Addr::Agent(node) => self.name(Addr::Node(node)),
                Addr::Node(_) => "a removed node",
                Addr::Client(_) => "a client",
            },
        }
    }

    fn node(&self, id: NodeId) -> &str {
        self.name(Addr::Node(id))
    }
}

/// The names in a view.
#[must_use]
pub fn names_in(view: &ClusterView) -> Names<'_> {
    let nodes = view.nodes.iter().map(|n| (Addr::Node(n.id), Cow::Borrowed(&*n.name)));
    let clients = view.clients.iter().map(|c| (Addr::Client(c.id), Cow::Borrowed(&*c.name)));
    Names::new(nodes.chain(clients).collect())
}

/// Which group an event belongs to; `None` for those that say nothing to people.
#[must_use]
pub fn category(what: &What, writes: bool) -> Option<Category> {
    Some(match what {
        What::Command { .. }
        | What::CommandRefused { .. }
        | What::PrimaryBelieved { .. }
        | What::PoolChanged { .. }
        | What::ReplicaShunned { .. }
        | What::ReplicaReturned { .. }
        | What::Drained { .. }
        | What::LifeChanged { .. }
        | What::LogLost { .. }
        | What::TornRecord { .. }
        | What::RecoveryStarted { .. }
        | What::RecoveryFinished { .. }
        | What::DiskFull { .. }
        | What::Panicked { .. }
        | What::SlotCreated { .. }
        | What::SlotDropped { .. }
        | What::SlotUserTerminated { .. }
        | What::SlotInvalidated { .. }
        | What::BackupRequested { .. }
        | What::BackupStarted { .. }
        | What::BackupFinished { .. }
        | What::BackupFailed { .. }
        | What::RewindStarted { .. }
        | What::RewindDiscards { .. }
        | What::RewindListed { .. }
        | What::RewindFetched { .. }
        | What::RewindFinished { .. }
        | What::RewindNotRequired { .. }
        | What::RewindFailed { .. }
        | What::ApplyFailed { .. }
        | What::ReplayPaused { .. }
        | What::StreamingStarted { .. }
        | What::StreamingEnded { .. }
        | What::ReplicationRefused { .. }
        | What::Repointed { .. }
        | What::TimelineFollowed { .. }
        | What::SyncStandbys { .. }
        | What::SemiSync { .. }
        | What::BinlogRotated { .. }
        | What::BinlogPurged { .. }
        | What::ReplicaThreads { .. }
        | What::ReadOnly { .. }
        | What::BecameStandby { .. }
        | What::PromotionStarted { .. }
        | What::TimelineSwitched { .. }
        | What::BecamePrimary { .. } => Category::Cluster,
        What::Manager(_) => Category::Failover,
        What::Submitted { writes, .. } | What::Finished { writes, .. } => {
            if *writes {
                Category::Writes
            } else {
                Category::Reads
            }
        }
        What::ReadDone { .. } | What::PositionWait { .. } | What::PositionWaitOver { .. } => Category::Reads,
        What::Routed { .. }
        | What::ConnectionWait { .. }
        | What::StateRepeated { .. }
        | What::NotRouted { .. }
        | What::SequenceLogged { .. } => {
            if writes {
                Category::Writes
            } else {
                Category::Reads
            }
        }
        What::Executed { changes, .. } => {
            if *changes > 0 {
                Category::Writes
            } else {
                Category::Reads
            }
        }
        What::LockWait { .. }
        | What::Logged { .. }
        | What::CommitWaits { .. }
        | What::CommitReleased { .. }
        | What::WaitCancelled { .. }
        | What::Visible { .. }
        | What::RolledBack { .. } => Category::Writes,
        What::Flushed { .. }
        | What::Received { .. }
        | What::GtidReceived { .. }
        | What::Relogged { .. }
        | What::Applied { .. }
        | What::Checkpoint { .. }
        | What::LogRemoved { .. } => Category::Replication,
        What::Sent { .. }
        | What::Held { .. }
        | What::Resumed { .. }
        | What::Dropped { .. }
        | What::Connected { .. }
        | What::Disconnected { .. } => Category::Messages,
        What::Delivered { .. } | What::Written { .. } | What::Answered { .. } => return None,
        #[allow(unreachable_patterns)]
        _ => return None,
    })
}

/// An event in words; `None` for those that say nothing to people.
#[must_use]
pub fn sentence(what: &What, flight: Option<Flight>, names: &Names<'_>, flavor: Flavor) -> Option<Sentence> {
    let mut weight = Weight::Normal;
    let text = match what {
        What::Command { text } => {
            weight = Weight::Mark;
            format!("Command: {text}")
        }
        What::CommandRefused { text, why } => {
            weight = Weight::Trouble;
            format!("Refused: {text}: {why}")
        }
        What::Manager(step) => super::failover::sentence(step, names, flavor, &mut weight),
        _ => {
            let mysql = match flavor {
                Flavor::Mysql => super::mysql::sentence(what, names, |txn| who(txn, names), &mut weight),
                Flavor::Postgresql => None,
            };
            if let Some(text) = mysql {
                text
            } else if let Some(text) = network(what, flight, names, flavor) {
                if matches!(what, What::Dropped { .. }) {
                    weight = Weight::Trouble;
                }
                text
            } else if let Some(text) = statements(what, names, flavor, &mut weight) {
                text
            } else if let Some(text) = log(what, names, flavor) {
                text
            } else if let Some(text) = super::rewind::rewind(what, names, &mut weight) {
                text
            } else {
                servers(what, names, flavor, &mut weight)?
            }
        }
    };
    Some(Sentence { text, weight })
}

fn network(what: &What, flight: Option<Flight>, names: &Names<'_>, flavor: Flavor) -> Option<String> {
    let about = |flight: Option<Flight>| match flight {
        Some(f) => format!("{} from {} to {}", kind_words(f.kind, flavor), names.name(f.from), names.name(f.to)),
        None => "A message".to_owned(),
    };
    Some(match what {
        What::Sent { from, to, kind, span, positions, wire_bytes, .. } => {
            let mut text = format!("{} sends {} {}", names.name(*from), names.name(*to), article(*kind, flavor));
            match (span, positions) {
                (Some((start, end)), _) => {
                    let _ = write!(text, " {start} to {end}");
                }
                (None, Some(p)) => {
                    let _ = write!(text, ": written {}, flushed {}, applied {}", p.write, p.flush, p.apply);
                }
                _ => {}
            }
            let _ = write!(text, " ({})", bytes(*wire_bytes));
            text
        }
        What::Held { .. } => format!("{} cannot pass the cut link; the sender keeps trying", about(flight)),
        What::Resumed { .. } => format!("{} is on its way again", about(flight)),
        What::Dropped { reason, .. } => {
            let why = match reason {
                DropReason::SenderGone => "its sender went away before it could pass",
                DropReason::ReceiverDown => "the machine there is down",
                DropReason::ConnectionClosed => "the connection was closed before it arrived",
            };
            format!("{} is lost: {why}", about(flight))
        }
        What::Connected { conn, to } => format!("{} is connected to {}", names.name(conn.opener), names.name(*to)),
        What::Disconnected { at_end, peer, reason, .. } => {
            let why = match reason {
                CloseReason::Closed => "closed in good order",
                CloseReason::Reset => "reset by the peer",
                CloseReason::Refused => "refused: nobody listens there",
                CloseReason::TimedOut => "no answer in time",
                CloseReason::Disconnected => "cut by an operator",
            };
            format!("{} lost its connection to {}: {why}", names.name(*at_end), names.name(*peer))
        }
        _ => return None,
    })
}

fn kind_words(kind: MessageKind, flavor: Flavor) -> &'static str {
    match kind {
        MessageKind::Query => "Statement",
        MessageKind::Result => "Result",
        MessageKind::Cancel => "Cancel request",
        MessageKind::Handshake => "Replication handshake",
        MessageKind::Log if flavor == Flavor::Mysql => "Binary log events",
        MessageKind::Log => "WAL",
        MessageKind::Acknowledgement => "Acknowledgement",
        MessageKind::Heartbeat => "Heartbeat",
        MessageKind::Lease => "Lease message",
        MessageKind::Connection => "Connection request",
        MessageKind::Backup => "A part of the base backup",
    }
}

fn article(kind: MessageKind, flavor: Flavor) -> &'static str {
    match kind {
        MessageKind::Query => "a statement",
        MessageKind::Result => "a result",
        MessageKind::Cancel => "a cancel request",
        MessageKind::Handshake => "a replication handshake",
        MessageKind::Log if flavor == Flavor::Mysql => "binary log",
        MessageKind::Log => "WAL",
        MessageKind::Acknowledgement => "its positions",
        MessageKind::Heartbeat => "a heartbeat",
        MessageKind::Lease => "a message about the lease",
        MessageKind::Connection => "a connection request",
        MessageKind::Backup => "a part of the base backup",
    }
}

fn statements(what: &What, names: &Names<'_>, flavor: Flavor, weight: &mut Weight) -> Option<String> {
    Some(match what {
        What::Submitted { txn, statement, .. } => format!("{} sends {}", who(*txn, names), statement_text(statement)),
        What::Finished { txn, writes, verdict, latency_us } => {
            let work = if *writes { "write" } else { "read" };
            let took = duration(*latency_us);
            match verdict {
                Verdict::Acknowledged { warning: Some(warning), .. } => {
                    *weight = Weight::Trouble;
                    format!("{}'s {work} is acknowledged after {took}, with a warning: {warning}", who(*txn, names))
                }
                // On MySQL it is not by a log position that a transaction is known.
                Verdict::Acknowledged { committed_at: Some((_, lsn)), .. } if flavor == Flavor::Postgresql => {
                    format!("{}'s {work} is acknowledged after {took}: committed at {lsn}", who(*txn, names))
                }
                Verdict::Acknowledged { .. } => format!("{}'s {work} is done after {took}", who(*txn, names)),
                Verdict::Failed { code, message } => {
                    *weight = Weight::Trouble;
                    format!("{}'s {work} failed after {took}: {message} ({code})", who(*txn, names))
                }
                Verdict::Indeterminate { reason } => {
                    *weight = Weight::Trouble;
                    format!("{} will never know whether its {work} took effect: {reason}", who(*txn, names))
                }
            }
        }
        What::ReadDone { txn, key, value, node, latency_us } => {
            let value = value.map_or("nothing".to_owned(), |v| v.to_string());
            let took = duration(*latency_us);
            format!("{} reads key {key} from {}: {value}, after {took}", who(*txn, names), names.node(*node))
        }
        What::Routed { by, txn, to, reason } => {
            let (by, to) = (names.name(*by), names.node(*to));
            format!("{by} routes {}'s statement to {to}: {reason}", who(*txn, names))
        }
        What::StateRepeated { by, txn, to, text } => {
            let (by, to) = (names.name(*by), names.node(*to));
            format!("{by} repeats on {to} what {}'s session has set: {text}", who(*txn, names))
        }
        What::SequenceLogged { node, name: sequence, last, .. } => {
            format!("{} logs sequence {sequence} up to {last}, ahead of what it has given out", names.node(*node))
        }
        What::NotRouted { by, txn, reason } => {
            *weight = Weight::Trouble;
            format!("{} sends {}'s message to no server: it {reason}", names.name(*by), who(*txn, names))
        }
        What::PrimaryBelieved { by, primary: Some(node) } => {
            *weight = Weight::Mark;
            format!("{} takes {} for the primary", names.name(*by), names.node(*node))
        }
        What::PrimaryBelieved { by, primary: None } => {
            *weight = Weight::Trouble;
            format!("{} knows no primary any more", names.name(*by))
        }
        What::PoolChanged { by, node, up: true, why } => {
            format!("{} takes {} into its pool: {why}", names.name(*by), names.node(*node))
        }
        What::PoolChanged { by, node, up: false, why } => {
            *weight = Weight::Trouble;
            format!("{} takes {} out of its pool: {why}", names.name(*by), names.node(*node))
        }
        What::ReplicaShunned { by, node, lag_us, max_us } => {
            *weight = Weight::Trouble;
            let (by, node, most) = (names.name(*by), names.node(*node), duration(*max_us));
            match lag_us {
                Some(lag_us) => {
                    format!("{by} sends no reads to {node}: it lags by {}, more than {most}", duration(*lag_us))
                }
                None => format!("{by} sends no reads to {node}: it does not replicate, so its lag is not known"),
            }
        }
        What::ReplicaReturned { by, node, lag_us } => {
            let lag = lag_us.map_or(String::new(), |lag_us| format!(": it lags by {}", duration(lag_us)));
            format!("{} sends reads to {} again{lag}", names.name(*by), names.node(*node))
        }
        What::Drained { by, node, connections } => {
            *weight = Weight::Mark;
            let connections = count(u64::from(*connections), "connection");
            format!(
                "{} closes its {connections} to {}, which is not the primary any more",
                names.name(*by),
                names.node(*node)
            )
        }
        What::ConnectionWait { by, txn, to } => {
            let (by, to) = (names.name(*by), names.node(*to));
            format!("{}'s statement waits at {by} for a free connection to {to}", who(*txn, names))
        }
        What::PositionWait { node, txn } => {
            format!(
                "{} lets {} wait until it has applied the session's last write",
                names.node(*node),
                who(*txn, names)
            )
        }
        What::PositionWaitOver { node, txn, reached: true, waited_us } => {
            format!(
                "{} has come far enough for {}, after {}",
                names.node(*node),
                who(*txn, names),
                duration(*waited_us)
            )
        }
        What::PositionWaitOver { node, txn, reached: false, waited_us } => {
            *weight = Weight::Trouble;
            let (node, after) = (names.node(*node), duration(*waited_us));
            format!("{node} has not come far enough for {} within {after}", who(*txn, names))
        }
        What::Executed { node, txn, changes: 0 } => {
            format!("{} runs {}'s statement", names.node(*node), who(*txn, names))
        }
        What::Executed { node, txn, changes } => {
            let changes = count(u64::from(*changes), "change");
            format!("{} runs {}'s statement: {changes}", names.node(*node), who(*txn, names))
        }
        What::LockWait { node, txn, holder } => {
            let (node, holder) = (names.node(*node), who(*holder, names));
            format!("{}'s statement waits on {node} for a lock that {holder} holds", who(*txn, names))
        }
        What::RolledBack { node, txn } => {
            format!("{} rolls {}'s transaction back", names.node(*node), who(*txn, names))
        }
        _ => return None,
    })
}

fn log(what: &What, names: &Names<'_>, flavor: Flavor) -> Option<String> {
    let name = |id: &NodeId| names.node(*id);
    Some(match what {
        What::Logged { node, txn, start, end, keys, .. } => {
            let changes = count(u64::from(keys.changes), "change");
            let log = thread(flavor, ReplicationPart::Log);
            format!(
                "{} logs {}'s {changes} at {start} to {end}: in the {log} buffers only",
                name(node),
                who(*txn, names)
            )
        }
        What::Flushed { node, to, took_us } => {
            format!("{} has its log on disk up to {to}; the fsync took {}", name(node), duration(*took_us))
        }
        What::CommitWaits { node, txn, at } => {
            format!("{}'s commit at {at} waits on {} for standbys", who(*txn, names), name(node))
        }
        What::CommitReleased { node, txn, at, waited_us } => {
            let (node, waited) = (name(node), duration(*waited_us));
            format!("{node} releases {}'s commit at {at}: standbys have it, after {waited}", who(*txn, names))
        }
        What::WaitCancelled { node, txn, at } => {
            let node = name(node);
            format!("{}'s wait at {at} is cancelled: committed on {node}, perhaps nowhere else", who(*txn, names))
        }
        What::Visible { node, txn, at } => {
            format!("{}'s transaction at {at} is visible to everybody on {}", who(*txn, names), name(node))
        }
        What::Received { node, from, start, end } => {
            let receiver = thread(flavor, ReplicationPart::Receiver);
            format!("{}'s {receiver} has {start} to {end} from {}", name(node), names.name(*from))
        }
        What::Applied { node, to, transactions } => {
            let applier = thread(flavor, ReplicationPart::Applier);
            let what = count(u64::from(*transactions), "transaction");
            format!("{}'s {applier} applied {what}, up to {to}: readers see it", name(node))
        }
        What::Checkpoint { node, at } => format!("{} completes a checkpoint at {at}", name(node)),
        What::LogRemoved { node, to, removed, recycled } => {
            let files = count(removed + recycled, "log file");
            format!("{} lets go of {files}: its log begins at {to} ({recycled} of them are kept for reuse)", name(node))
        }
        _ => return None,
    })
}

fn servers(what: &What, names: &Names<'_>, flavor: Flavor, weight: &mut Weight) -> Option<String> {
    let name = |id: &NodeId| names.node(*id);
    *weight = Weight::Trouble;
    let text = match what {
        What::LifeChanged { node, life } => {
            let text = match life {
                Life::Running => {
                    *weight = Weight::Mark;
                    "runs"
                }
                Life::Copying => {
                    *weight = Weight::Mark;
                    "has no database: one is copied to it"
                }
                Life::Rewinding => "is being rewound: no server runs on it",
                Life::Recovering => "starts: it replays its log, and takes no connection yet",
                Life::Paused => "is frozen: nothing runs there, and nothing is lost",
                Life::Stopped => "has no server process any more",
                Life::Down => "is down",
            };
            format!("{} {text}", name(node))
        }
        What::LogLost { node, from, to } => {
            format!("{} lost its log from {from} to {to}: it had not reached the disk", name(node))
        }
        What::TornRecord { node, at } => format!("{} finds a torn record at {at}, and ends its log there", name(node)),
        What::ApplyFailed { node, at, error } => format!("{} stops applying at {at}: {error}", name(node)),
        What::DiskFull { node, why } => format!("{} waits: {why}", name(node)),
        What::Panicked { node, why } => format!("{} stops: {why}", name(node)),
        What::BackupFailed { node, source, why } => {
            format!("{} gives up its copy of {}: {why}", name(node), name(source))
        }
        // PostgreSQL 15's log has these words, slot.c, InvalidatePossiblyObsoleteSlot().
        What::SlotUserTerminated { node, slot, pid } => {
            format!("{}: terminating process {pid} to release replication slot \"{slot}\"", name(node))
        }
        What::SlotInvalidated { node, slot, restart_lsn } => {
            let node = name(node);
            format!(
                "{node}: invalidating slot \"{slot}\" because its restart_lsn {restart_lsn} exceeds max_slot_wal_keep_size"
            )
        }
        What::ReplicationRefused { upstream, standby, error } => {
            format!("{} refuses to send {} its log: {error}", name(upstream), name(standby))
        }
        What::StreamingEnded { upstream, standby } => {
            format!("{}'s {} for {} ends", name(upstream), thread(flavor, ReplicationPart::Sender), name(standby))
        }
        _ => {
            *weight = Weight::Mark;
            return roles(what, names, flavor);
        }
    };
    Some(text)
}

fn roles(what: &What, names: &Names<'_>, flavor: Flavor) -> Option<String> {
    let name = |id: &NodeId| names.node(*id);
    Some(match what {
        What::RecoveryStarted { node, checkpoint, end } => {
            format!("{} recovers from its checkpoint at {checkpoint}: its log ends at {end}", name(node))
        }
        What::RecoveryFinished { node, at, timeline } => {
            format!("{} is recovered up to {at}, on timeline {timeline}", name(node))
        }
        What::BackupRequested { node, source } => {
            format!("{} throws away what it had, and asks {} for a base backup", name(node), name(source))
        }
        What::BackupStarted { source, node, at, bytes: size } => {
            let (source, node, size) = (name(source), name(node), bytes(*size));
            format!("{source} sends {node} its database as of {at}, {size}, and holds back its log from there on")
        }
        What::BackupFinished { node, source, end, .. } => {
            format!("{} has a whole copy of {}, with the log up to {end}, and starts on it", name(node), name(source))
        }
        What::SlotCreated { node, slot, restart_lsn: Some(at) } => {
            format!("{} has a replication slot \"{slot}\", which holds back its log from {at} on", name(node))
        }
        What::SlotCreated { node, slot, restart_lsn: None } => {
            format!("{} has a replication slot \"{slot}\", which holds nothing back until it is used", name(node))
        }
        What::SlotDropped { node, slot } => format!("{} has dropped its replication slot \"{slot}\"", name(node)),
        What::ReplayPaused { node, paused: true } => format!("{} stops applying, as it was told", name(node)),
        What::ReplayPaused { node, paused: false } => format!("{} applies again", name(node)),
        What::StreamingStarted { upstream, standby, from, timeline } => {
            let sender = thread(flavor, ReplicationPart::Sender);
            format!("{}'s {sender} streams to {} from {from}, timeline {timeline}", name(upstream), name(standby))
        }
        What::Repointed { node, upstream } => format!("{} follows {} from now on", name(node), name(upstream)),
        What::BecameStandby { node } => format!("{} was the primary, and starts as a standby", name(node)),
        What::TimelineFollowed { node, timeline, at } => {
            format!("{} follows its upstream onto timeline {timeline} at {at}", name(node))
        }
        What::SyncStandbys { node, nodes, satisfied } => {
            let standbys: Vec<&str> =
                (0..16).filter(|bit| nodes & (1 << bit) != 0).map(|bit| names.node(NodeId(bit))).collect();
            match (standbys.is_empty(), satisfied) {
                (true, true) => format!("{}'s commits wait for no standby", name(node)),
                (true, false) => format!("{}'s commits wait, and no standby that counts is connected", name(node)),
                (false, true) => format!("{}'s commits wait for {}", name(node), super::list(&standbys)),
                (false, false) => {
                    format!("{}'s commits wait for more standbys than {}", name(node), super::list(&standbys))
                }
            }
        }
        What::PromotionStarted { node } => format!("{} is told to become the primary", name(node)),
        What::TimelineSwitched { node, parent, timeline, at } => {
            format!("{} begins timeline {timeline}: it leaves timeline {parent} at {at}", name(node))
        }
        What::BecamePrimary { node, timeline, .. } => {
            format!("{} takes writes as the primary, on timeline {timeline}", name(node))
        }
        _ => return None,
    })
}

/// A transaction by its owner: typed by hand, or the workload's.
fn who(txn: TxnId, names: &Names<'_>) -> String {
    let SessionId { client, .. } = txn.session;
    if txn.session.is_console() { "the console".to_owned() } else { names.name(Addr::Client(client)).to_owned() }
}

fn statement_text(statement: &Statement) -> String {
    match statement {
        Statement::Sql(sql) => sql.split_whitespace().collect::<Vec<_>>().join(" "),
        Statement::Upsert { id, value } => format!("a write: key {id} = {value}"),
        Statement::ReadKey { id } => format!("a read of key {id}"),
    }
}
