//! The shape of every actor: `handle(now, Input)`, then drain the [`Outbox`]. The driver owns time, network and disks.

use std::sync::Arc;

use super::failover::Action;
use super::ids::{Addr, ConnId, NodeId, SessionId};
use super::log::{Lsn, Timeline};
use super::message::{Message, QueryResult, Statement};
use super::proxy::Policy;
use super::storage::SqlError;
use super::time::SimTime;
use super::trace::{CloseReason, What};

/// A timer of an actor. Setting one again moves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// A server: start-up and recovery are over.
    StartupDone,
    /// A server: the WAL writer's round.
    WalWriter,
    /// A server: a checkpoint is due.
    Checkpoint,
    /// A server: the earliest deadline of its senders.
    Senders,
    /// A standby: its receiver tries to connect.
    ReceiverConnect,
    /// A standby: nothing heard for a while.
    ReceiverTimeout,
    /// A standby: a regular status is due.
    ReceiverStatus,
    /// A standby: the batch under way is applied.
    Apply,
    /// A MySQL source: its oldest semi-synchronous wait has lasted for the time-out.
    SemiSync,
    /// A server: lock waits that have lasted too long.
    LockTimeout,
    /// A server: sessions that have waited for a position for long enough.
    PositionWaits,
    /// A server: its processors are done with a message.
    Cpu,
    /// A client: a session has thought for long enough, or tries again.
    Think,
    /// A client: an attempt to connect has lasted for its time-out, or is to be made again.
    Dial,
    /// A MySQL server whose disk is full: it tries to write again.
    DiskRetry,
    /// A proxy or driver: health checks are due.
    Monitor,
    /// A proxy or driver: a connection attempt or retry is due.
    Route,
    /// A client: its next workload write.
    NextWrite,
    /// A client: its next workload read.
    NextRead,
    /// A server: a base backup that is taken from it was silent for long.
    Backups,
    /// A server that is being copied: nothing was heard for long.
    Copying,
    /// An agent: its next round.
    AgentLoop,
    /// An agent: the store has not answered for long.
    AgentDeadline,
    /// An agent: it tries to connect to the store again.
    AgentConnect,
    /// An agent: other agents that have not answered are not waited for any more.
    AgentQuestions,
    /// An agent: it looks at its own server.
    AgentLook,
    /// A machine: its agent has not been heard of for long. It fires even while the machine is frozen.
    Watchdog,
    /// The store: a lease or a member's key runs out.
    Leases,
}

/// What an actor is told.
#[derive(Clone, Debug)]
pub enum Input {
    /// A peer opened a connection to this actor.
    Accepted {
        /// The new connection.
        conn: ConnId,
    },
    /// A connection that this actor opened stands.
    Opened {
        /// The connection.
        conn: ConnId,
    },
    /// A connection ended or could not be opened.
    Closed {
        /// The connection.
        conn: ConnId,
        /// Why.
        reason: CloseReason,
    },
    /// A message arrived.
    Received {
        /// On this connection.
        conn: ConnId,
        /// The message.
        message: Message,
    },
    /// A timer fired.
    Timer(Timer),
    /// The log is with the operating system up to here.
    DiskWritten {
        /// End of what was written.
        to: Lsn,
    },
    /// The log is on durable storage up to here.
    DiskFlushed {
        /// End of what was flushed.
        to: Lsn,
    },
    /// The disk has no room for what was to be written.
    DiskFull,
    /// An operator's request.
    Operator(Operation),
}

/// What operators ask of one actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Become the primary, on a timeline after the `newest` that the shared archive knows.
    Promote {
        /// No timeline beyond this was ever begun.
        newest: Timeline,
    },
    /// A primary: take no more writes, since another will (true); or take them again after all.
    HandOver(bool),
    /// Follow this upstream.
    Repoint(NodeId),
    /// Stop (true) or go on applying.
    PauseReplay(bool),
    /// Change settings, each already validated by name and value.
    Set(Vec<(Arc<str>, Arc<str>)>),
    /// Run a statement on this session (of a client).
    Run(SessionId, Statement),
    /// Cancel what this client's sessions wait for.
    CancelAll,
    /// Change the workload: writes and reads per second.
    Workload(u32, u32),
    /// A proxy: go by this policy.
    Policy(Box<Policy>),
    /// A server joined (true) or left the cluster.
    Member(NodeId, bool),
    /// The applier's speed: transactions a second.
    ApplyRate(Option<u32>),
    /// A stopped server: start, as a primary or as a standby (of this upstream).
    Start(bool, Option<NodeId>),
    /// A primary: become a standby of nobody, at once.
    Demote,
    /// The store: another is to lead.
    HandOverTo {
        /// Who hands over; `None`: whoever leads, if anybody does.
        from: Option<NodeId>,
        /// Who takes over.
        to: NodeId,
    },
    /// An agent: this member's machine is off.
    Fenced(NodeId),
    /// An agent: look now what there is to do.
    Look,
}

/// What an actor wants done.
#[derive(Clone, Debug)]
pub enum Output {
    /// Make me the primary, as an operator's command would (`pg_promote()`).
    Promote,
    /// An agent: do this to my server.
    Local(Action),
    /// Open a connection to `to`.
    Open {
        /// Its name, of this actor's own counter.
        conn: ConnId,
        /// To whom.
        to: Addr,
    },
    /// Send on a connection.
    Send {
        /// Which.
        conn: ConnId,
        /// What.
        message: Message,
    },
    /// Close a connection.
    Close {
        /// Which.
        conn: ConnId,
    },
    /// Wake me with this timer.
    SetTimer {
        /// Which; an earlier setting of the same timer is void.
        timer: Timer,
        /// When; [`SimTime::NEVER`] stops it.
        at: SimTime,
    },
    /// Hand the log to the operating system up to `to`.
    DiskWrite {
        /// End of what to write.
        to: Lsn,
        /// How much that is.
        bytes: u64,
    },
    /// Make the log durable up to `to`.
    DiskFlush {
        /// End of what to flush.
        to: Lsn,
    },
    /// A server's process ends by itself.
    Exit {
        /// The reason, in the server's words.
        why: Arc<str>,
    },
    /// A statement that somebody typed has its answer.
    Console {
        /// The session.
        session: SessionId,
        /// The answer.
        result: Result<Box<QueryResult>, Box<SqlError>>,
        /// The server that gave it, where one did.
        served_by: Option<NodeId>,
    },
}

/// Collects what an actor wants and what happened, in order.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    /// The present.
    pub now: SimTime,
    /// To be done, in this order.
    pub outputs: Vec<Output>,
    /// What happened, in this order.
    pub trace: Vec<What>,
}

impl Outbox {
    /// Opens a connection.
    pub fn open(&mut self, conn: ConnId, to: Addr) {
        self.outputs.push(Output::Open { conn, to });
    }

    /// Sends a message.
    pub fn send(&mut self, conn: ConnId, message: Message) {
        self.outputs.push(Output::Send { conn, message });
    }

    /// Closes a connection.
    pub fn close(&mut self, conn: ConnId) {
        self.outputs.push(Output::Close { conn });
    }

    /// Sets (or moves) a timer.
    pub fn set_timer(&mut self, timer: Timer, at: SimTime) {
        self.outputs.push(Output::SetTimer { timer, at });
    }

    /// Says what happened.
    pub fn trace(&mut self, what: What) {
        self.trace.push(what);
    }
}
