//! The links of a chain.

use crate::order::Arrange;
use std::sync::Arc;

use super::super::moment::Moment;
use crate::engine::ids::{ClientId, NodeId, SessionId, TxnId};
use crate::engine::log::Timeline;
use crate::engine::time::SimTime;
use crate::engine::trace::Life;

/// How far a write can have come on a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// Its upstream sent it.
    Shipped,
    /// It arrived.
    Received,
    /// It is on disk.
    Flushed,
    /// Readers see it.
    Applied,
}

/// How a commit that was acknowledged had been decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Nobody is named in `synchronous_standby_names`.
    NobodyNamed,
    /// Semi-synchronous replication is not enabled.
    NotSemiSync,
    /// `synchronous_commit` was this, which waits for no standby.
    Level(Arc<str>),
    /// The source had fallen back to asynchronous replication.
    FellBack,
    /// An operator or the client cancelled the wait.
    Cancelled,
    /// These had confirmed it.
    By(Vec<NodeId>),
    /// It did not wait, and the settings alone do not say why: the session has its own.
    NotWaited,
}

/// One fact of a chain.
#[derive(Clone, Debug, PartialEq)]
pub enum Because {
    /// A client sent a write.
    Sent { txn: TxnId, client: ClientId },
    /// A write entered a server's log.
    Logged { txn: TxnId, node: NodeId, kv: Option<(i64, i64)>, place: String },
    /// It was on the disk of the server that logged it.
    FlushedThere { node: NodeId },
    /// It never was: a crash could take it.
    NeverFlushed { node: NodeId },
    /// Another server had come so far with it.
    Came { node: NodeId, to: Point },
    /// A server had not come so far by the instant in question.
    NotYet { node: NodeId, point: Point, until: SimTime },
    /// It came so far later.
    CameLater { node: NodeId, to: Point },
    /// It never came so far, as far as the run has gone.
    NeverCame { node: NodeId, to: Point },
    /// The link between two was cut.
    Cut { one: NodeId, other: NodeId },
    /// A server did not stream from its upstream.
    NotStreaming { node: NodeId, upstream: Option<NodeId> },
    /// It was refused, with these words.
    Refused { node: NodeId, upstream: NodeId, error: Arc<str> },
    /// A server's process was not serving.
    NotRunning { node: NodeId, life: Life },
    /// Messages take so long from one to the other.
    Latency { from: NodeId, to: NodeId, took_us: u64 },
    /// A flush takes so long on this server.
    SlowDisk { node: NodeId, fsync_us: u64 },
    /// Applying was paused by an operator.
    ReplayPaused { node: NodeId },
    /// Applying stopped with an error.
    ApplyFailed { node: NodeId, error: Arc<str> },
    /// A server applies so late on purpose.
    Delayed { node: NodeId, setting: &'static str, value: Arc<str> },
    /// A server applies at most so many transactions in a second.
    ApplyRate { node: NodeId, per_second: u32 },
    /// It had arrived and waited for its turn, for so long.
    Queued { node: NodeId, took_us: u64 },
    /// The client was told of success.
    Acknowledged { txn: TxnId, told: Told },
    /// The client got an error.
    Failed { txn: TxnId, reason: Option<Arc<str>> },
    /// The client's connection ended without a verdict.
    Indeterminate { txn: TxnId, reason: Option<Arc<str>> },
    /// A fault was done to the cluster, or a command was given, as a scenario would write it.
    Command { text: Arc<str> },
    /// A server's process stopped, froze, or its machine went down.
    Gone { node: NodeId, life: Life },
    /// A crash took log that was not on disk, this write's records in it.
    LogLost { node: NodeId },
    /// A lease ran out.
    LeaseExpired { node: NodeId },
    /// A server took over, and its log ended before this write.
    Promoted { node: NodeId, timeline: Timeline },
    /// Another server had already taken over when this write was logged.
    AlreadyPromoted { node: NodeId, origin: NodeId, timeline: Timeline },
    /// The server that had it was rewound or copied anew: its records are gone.
    Discarded { node: NodeId, by: NodeId },
    /// A replica executed it on its own, and its source never had it.
    Errant { node: NodeId },
    /// The current primary's log does not have it.
    Lost { primary: NodeId },
    /// The current primary's log has it.
    Survived { primary: NodeId },
    /// A read was sent.
    ReadSent { session: SessionId, key: i64 },
    /// The proxy or driver chose a server for a read.
    Routed { node: NodeId, reason: &'static str },
    /// A read came back.
    ReadGot { node: NodeId, key: i64, value: Option<i64> },
    /// The history of that server does not have the write.
    OtherHistory { node: NodeId },
    /// A commit waits.
    Waits { node: NodeId, txn: TxnId },
    /// By this rule.
    Rule { names: Arc<str>, level: Arc<str> },
    /// By semi-synchronous replication, for so many replicas.
    SemiSync { count: Arc<str>, point: Arc<str> },
    /// It waits for a row that another transaction holds.
    LockWait { node: NodeId, holder: TxnId },
    /// It is on its way and has not come to the log.
    UnderWay { node: Option<NodeId> },
    /// The own disk has not got it yet.
    NotFlushedYet { node: NodeId, fsync_us: u64 },
    /// A standby that counts has not confirmed it.
    Unconfirmed { node: NodeId, has: Option<Point>, needs: Point },
    /// A standby that counts has what is needed, and its word has not arrived.
    Unheard { node: NodeId },
    /// No server that could count is connected.
    NobodyQualifies,
    /// What would end the wait: all of these reach a point and say so, or enough of them.
    EndsWhen { of: Vec<NodeId>, needs: Point, all: bool },
    /// Naming nobody, or cancelling, would end it.
    EndsByRule,
    /// It ends by itself then: the source falls back.
    EndsAt { at: SimTime },
    /// A server is behind: so many bytes, so long.
    Behind { node: NodeId, bytes: u64, us: u64 },
    /// A server has all that the primary has.
    UpToDate { node: NodeId },
}

/// A fact with its instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// When; none for what is so without a beginning that is known.
    pub at: Option<SimTime>,
    /// The number of the event that proves it.
    pub event: Option<u64>,
    /// What.
    pub because: Because,
}

/// A causal chain.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chain {
    /// Its facts, the earliest first; what has no instant stands where it belongs.
    pub links: Vec<Link>,
}

impl Chain {
    /// Adds what happened at an event.
    pub fn event(&mut self, moment: Option<Moment>, because: Because) {
        let (at, event) = (moment.map(|moment| moment.at), moment.map(Moment::event));
        self.links.push(Link { at, event, because });
    }

    /// Adds what happened at an instant.
    pub fn at(&mut self, at: Option<SimTime>, because: Because) {
        self.links.push(Link { at, event: None, because });
    }

    /// The same with each fact once, in the order of time. What has no instant stays behind what it followed.
    #[must_use]
    pub fn in_order(mut self) -> Chain {
        let mut since = SimTime::ZERO;
        let mut keyed: Vec<(SimTime, usize, Link)> = Vec::new();
        for (place, link) in self.links.drain(..).enumerate() {
            since = link.at.unwrap_or(since);
            if !keyed.iter().any(|(.., known)| known.because == link.because) {
                keyed.push((since, place, link));
            }
        }
        keyed.arrange_by_key(|(at, place, _)| (*at, *place));
        Chain { links: keyed.into_iter().map(|(.., link)| link).collect() }
    }

    /// Whether a fact is in it.
    #[must_use]
    pub fn has(&self, is_it: impl Fn(&Because) -> bool) -> bool {
        self.links.iter().any(|link| is_it(&link.because))
    }
}
