//! A MySQL replica's channel: the receiver (I/O) thread that fills the relay log, and what the applier (SQL) thread has
//! done of it. How transactions are applied is in [`super::applier`].
//!
//! The source is asked for what is missing by GTIDs (`SOURCE_AUTO_POSITION = 1`). The relay log survives the death of the
//! process; after the death of the machine it is fetched again, as with `relay_log_recovery = ON`.

use std::collections::VecDeque;
use std::sync::Arc;

use super::binlog::{BinlogPosition, file_name};
use super::core::Core;
use super::replica::{Receiver, apply_us};
use crate::engine::gtid::{Gtid, GtidSet, Uuid};
use crate::engine::ids::{Addr, ConnId, NodeId, TxnId};
use crate::engine::io::{Outbox, Timer};
use crate::engine::log::{Commit, Lsn, Timeline, record};
use crate::engine::message::Message;
use crate::engine::time::SimTime;
use crate::engine::trace::What;

/// An error as `SHOW REPLICA STATUS` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelError {
    /// MySQL's error number.
    pub number: u16,
    /// The text.
    pub text: Arc<str>,
    /// When it happened.
    pub at: SimTime,
}

/// One transaction in the relay log.
#[derive(Clone, Debug)]
pub struct RelayTransaction {
    /// Its commit record, with its GTID.
    pub commit: Commit,
    /// Its records, as the source wrote them.
    pub bytes: Arc<[u8]>,
    /// Where it begins in the source's log.
    pub start: Lsn,
    /// Where it ends there.
    pub end: Lsn,
    /// The same, by file.
    pub ends_at: BinlogPosition,
}

/// One replication channel.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Whom it replicates from.
    pub source: NodeId,
    /// The source's `server_uuid`, once it was heard.
    pub source_uuid: Option<Uuid>,
    /// What the receiver is doing.
    pub receiver: Receiver,
    /// Whether the receiver was started (`START REPLICA IO_THREAD`).
    pub io_started: bool,
    /// Whether the applier runs (`START REPLICA SQL_THREAD`); an error stops it.
    pub sql_running: bool,
    /// Received and not yet applied.
    pub relay: VecDeque<RelayTransaction>,
    /// Applied, and not yet safe in this server's own log: until then the relay log keeps it.
    pub committing: VecDeque<RelayTransaction>,
    /// `Retrieved_Gtid_Set`.
    pub retrieved: GtidSet,
    /// The end of what was received, in the source's log.
    pub read: BinlogPosition,
    /// The end of what was applied, in the source's log.
    pub executed: BinlogPosition,
    /// The same as a position of the source's log.
    pub executed_lsn: Lsn,
    /// `Last_IO_Error`.
    pub io_error: Option<ChannelError>,
    /// `Last_SQL_Error`.
    pub sql_error: Option<ChannelError>,
    /// How long one transaction takes to apply, in microseconds.
    pub apply_us: u64,
    /// When the applier is done with what it does now.
    pub due: Option<SimTime>,
    /// When the transaction that is being applied happened on its source: what `Seconds_Behind_Source` counts from.
    pub applying_since: Option<SimTime>,
    /// The transaction whose row lock the applier waits for.
    pub blocked_by: Option<TxnId>,
    /// When that wait has lasted for `innodb_lock_wait_timeout`.
    pub blocked_until: SimTime,
    /// How often the transaction was tried again.
    pub retries: u32,
    /// Whether it was told to become the primary, and the newest term that is known.
    pub promoting: Option<Timeline>,
    /// Attempts to connect since the last that succeeded.
    pub attempts: u32,
    heard_at: SimTime,
}

impl Channel {
    /// A channel from `source` that has not connected yet.
    #[must_use]
    pub fn new(source: NodeId, apply_rate: Option<u32>) -> Self {
        Channel {
            source,
            source_uuid: None,
            receiver: Receiver::Idle,
            io_started: true,
            sql_running: true,
            relay: VecDeque::new(),
            committing: VecDeque::new(),
            retrieved: GtidSet::new(),
            read: BinlogPosition::default(),
            executed: BinlogPosition::default(),
            executed_lsn: Lsn::ZERO,
            io_error: None,
            sql_error: None,
            apply_us: apply_us(apply_rate),
            due: None,
            applying_since: None,
            blocked_by: None,
            blocked_until: SimTime::NEVER,
            retries: 0,
            promoting: None,
            attempts: 0,
            heard_at: SimTime::ZERO,
        }
    }

    /// What is left of it when the process, or with it the machine, has died.
    #[must_use]
    pub fn after_death(&self, machine_too: bool) -> Channel {
        let fresh =
            Channel { source_uuid: self.source_uuid, apply_us: self.apply_us, ..Channel::new(self.source, None) };
        match machine_too {
            true => Channel { read: self.executed, executed: self.executed, executed_lsn: self.executed_lsn, ..fresh },
            false => Channel {
                relay: self.committing.iter().chain(&self.relay).cloned().collect(),
                retrieved: self.retrieved.clone(),
                read: self.read,
                executed: self.executed,
                executed_lsn: self.executed_lsn,
                ..fresh
            },
        }
    }

    /// The receiver's connection.
    #[must_use]
    pub fn conn(&self) -> Option<ConnId> {
        match self.receiver {
            Receiver::Idle => None,
            Receiver::Connecting(conn) | Receiver::Starting(conn) | Receiver::Streaming(conn) => Some(conn),
        }
    }

    /// Whether the source is sending.
    #[must_use]
    pub fn streaming(&self) -> bool {
        matches!(self.receiver, Receiver::Streaming(_))
    }

    /// `Replica_IO_Running`.
    #[must_use]
    pub fn io_running(&self) -> &'static str {
        match self.receiver {
            _ if !self.io_started => "No",
            Receiver::Streaming(_) => "Yes",
            _ => "Connecting",
        }
    }

    /// A transaction of the relay log is committed here.
    pub fn committed(&mut self, gtid: Gtid) {
        if let Some(index) = self.committing.iter().position(|transaction| transaction.commit.gtid == Some(gtid))
            && let Some(transaction) = self.committing.remove(index)
        {
            self.came_to(&transaction);
        }
    }

    /// Everything up to the end of this transaction is applied.
    pub fn came_to(&mut self, transaction: &RelayTransaction) {
        self.executed = self.executed.max(transaction.ends_at);
        self.executed_lsn = self.executed_lsn.max(transaction.end);
    }

    /// The bytes in the relay log that are not applied.
    #[must_use]
    pub fn relay_bytes(&self) -> u64 {
        self.relay.iter().map(|transaction| transaction.bytes.len() as u64).sum()
    }

    /// Begins to connect, unless it is connected or stopped.
    pub fn connect(&mut self, core: &mut Core, out: &mut Outbox) {
        if self.receiver == Receiver::Idle && self.io_started && self.promoting.is_none() {
            let conn = core.connect(self.source, out);
            self.receiver = Receiver::Connecting(conn);
            self.heard(core, out);
        }
    }

    /// Closes the connection and asks no more.
    pub fn disconnect(&mut self, out: &mut Outbox) {
        if let Some(conn) = self.conn() {
            out.close(conn);
        }
        self.receiver = Receiver::Idle;
        out.set_timer(Timer::ReceiverTimeout, SimTime::NEVER);
        out.set_timer(Timer::ReceiverConnect, SimTime::NEVER);
    }

    /// Follows another source from now on. What the relay log holds of the old one is thrown away, as
    /// `CHANGE REPLICATION SOURCE TO` does; the new source is asked for it. What is being committed is kept until it is:
    /// `STOP REPLICA` waits for it.
    pub fn repoint(&mut self, source: NodeId, core: &mut Core, out: &mut Outbox) {
        self.disconnect(out);
        let mut committing = std::mem::take(&mut self.committing);
        if source != self.source {
            // Its places in the old source's log say nothing of the new one's.
            for transaction in &mut committing {
                (transaction.ends_at, transaction.end) = (BinlogPosition::default(), Lsn::ZERO);
            }
        }
        *self = Channel { apply_us: self.apply_us, committing, ..Channel::new(source, None) };
        core.error = None;
        out.set_timer(Timer::Apply, SimTime::NEVER);
        out.trace(What::Repointed { node: core.id, upstream: source });
        self.connect(core, out);
    }

    /// `RESET REPLICA`: the relay log is thrown away, the source stays known.
    pub fn forget_relay_log(&mut self, source: NodeId) {
        let (io_started, sql_running) = (self.io_started, self.sql_running);
        let committing = std::mem::take(&mut self.committing);
        *self = Channel { apply_us: self.apply_us, io_started, sql_running, committing, ..Channel::new(source, None) };
    }

    /// The connection stands: ask for what is missing here.
    pub fn opened(&mut self, conn: ConnId, core: &Core, out: &mut Outbox) {
        if self.receiver != Receiver::Connecting(conn) {
            return;
        }
        self.receiver = Receiver::Starting(conn);
        let logged = core.binlog.as_ref().map(|binlog| binlog.logged.clone()).unwrap_or_default();
        let has = Arc::new(logged.union(&self.retrieved));
        let semi_sync = core.settings.mysql.rpl_semi_sync_replica_enabled;
        out.send(conn, Message::BinlogDump { name: core.name.clone(), has, semi_sync });
    }

    /// The connection is gone, or never came about.
    pub fn closed(&mut self, conn: ConnId, core: &mut Core, out: &mut Outbox) {
        if self.conn() != Some(conn) {
            return;
        }
        let connected = !matches!(self.receiver, Receiver::Connecting(_));
        self.receiver = Receiver::Idle;
        out.set_timer(Timer::ReceiverTimeout, SimTime::NEVER);
        let settings = &core.settings.mysql;
        self.attempts = if connected { 0 } else { self.attempts + 1 };
        let limit = settings.source_retry_count;
        if limit > 0 && self.attempts > limit {
            self.io_started = false;
        } else if self.io_started {
            // After a lost connection the first attempt is made at once; only failed attempts wait.
            let wait_us = if connected { 0 } else { settings.source_connect_retry_us };
            out.set_timer(Timer::ReceiverConnect, out.now.plus(wait_us));
        }
        if !connected && self.io_error.as_ref().is_none_or(|error| error.number == 2003) {
            let tries = self.attempts;
            let retry_s = settings.source_connect_retry_us / 1_000_000;
            let text = format!(
                "Error connecting to source 'repl@{host}:3306'. This was attempt {tries}/{limit}, with a delay of {retry_s} \
                 seconds between attempts. Message: Can't connect to MySQL server on '{host}:3306' (111)",
                host = core.host(self.source),
            );
            self.fail_io(2003, text, core, out);
        }
    }

    fn fail_io(&mut self, number: u16, text: String, core: &mut Core, out: &Outbox) {
        let text: Arc<str> = text.into();
        core.error = Some(text.clone());
        self.io_error = Some(ChannelError { number, text, at: out.now });
    }

    /// A message from the source.
    pub fn received(&mut self, conn: ConnId, message: Message, core: &mut Core, out: &mut Outbox) {
        self.heard(core, out);
        match message {
            Message::DumpStarted { uuid, .. } => {
                self.receiver = Receiver::Streaming(conn);
                self.source_uuid = Some(uuid);
                self.io_error = None;
                self.attempts = 0;
                if self.sql_error.is_none() {
                    core.error = None;
                }
                self.heard(core, out);
            }
            Message::ReplicationRefused { error, .. } => {
                // A fatal error from the source stops the receiver for good (error 13114 in 8.4, shown with number 13114;
                // its text names 1236, as it always did).
                let text = format!("Got fatal error 1236 from source when reading data from binary log: '{error}'");
                self.fail_io(13114, text, core, out);
                self.io_started = false;
                self.disconnect(out);
            }
            Message::BinlogEvents { start, at, bytes, acknowledge, .. } => {
                self.take(conn, start, at, &bytes, acknowledge, core, out);
            }
            Message::Heartbeat { end } => self.read = self.read.max(end),
            _ => {}
        }
    }

    /// Puts what arrived into the relay log.
    #[allow(clippy::too_many_arguments, reason = "the fields of one message")]
    fn take(
        &mut self,
        conn: ConnId,
        start: Lsn,
        at: BinlogPosition,
        bytes: &[u8],
        acknowledge: bool,
        core: &mut Core,
        out: &mut Outbox,
    ) {
        let place = |position: Lsn| BinlogPosition { position: at.position + position.bytes_since(start), ..at };
        let mut group = 0;
        let mut end = 0;
        while end < bytes.len() {
            let position = start.plus(end);
            let length = match record::verify(&bytes[end..], position) {
                Ok(length) => length,
                Err(_) => {
                    // ER_REPLICA_RELAY_LOG_WRITE_FAILURE's sibling for damaged events, as the receiver prints it.
                    let text = format!(
                        "Relay log write failure: could not queue event from source: corrupted event at {} of {}",
                        place(position).position,
                        file_name(at.file)
                    );
                    self.fail_io(1595, text, core, out);
                    out.close(conn);
                    self.closed(conn, core, out);
                    return;
                }
            };
            let commit = record::peek_commit(&bytes[end..end + length]);
            end += length;
            let Some((commit, gtid)) = commit.and_then(|commit| Some((commit, commit.gtid?))) else { continue };
            self.retrieved.insert(gtid);
            let (from, to) = (start.plus(group), start.plus(end));
            out.trace(What::GtidReceived { node: core.id, from: Addr::Node(self.source), gtid, start: from, end: to });
            self.relay.push_back(RelayTransaction {
                commit,
                bytes: bytes[group..end].into(),
                start: from,
                end: to,
                ends_at: place(to),
            });
            group = end;
        }
        self.read = place(start.plus(end));
        if acknowledge {
            out.send(conn, Message::SemiSyncAck { position: start.plus(end) });
        }
        self.schedule(core, out);
    }

    fn heard(&mut self, core: &Core, out: &mut Outbox) {
        self.heard_at = out.now;
        let limit_us = core.settings.mysql.replica_net_timeout_us;
        if self.receiver != Receiver::Idle && limit_us > 0 {
            out.set_timer(Timer::ReceiverTimeout, out.now.plus(limit_us));
        }
    }

    /// Nothing was heard for `replica_net_timeout`: the connection is taken for dead.
    pub fn timeout(&mut self, core: &mut Core, out: &mut Outbox) {
        let limit_us = core.settings.mysql.replica_net_timeout_us;
        let Some(conn) = self.conn().filter(|_| limit_us > 0 && out.now.since(self.heard_at) >= limit_us) else {
            return;
        };
        out.close(conn);
        self.closed(conn, core, out);
    }

    /// Sets the applier to work on the next transaction, if it is idle and there is one that it may apply.
    pub fn schedule(&mut self, core: &Core, out: &mut Outbox) {
        if self.due.is_some() || self.blocked_by.is_some() || !self.sql_running {
            return;
        }
        let Some(next) = self.relay.front() else {
            self.applying_since = None;
            return;
        };
        let delay_us = if self.promoting.is_some() { 0 } else { core.settings.mysql.source_delay_us };
        let allowed = next.commit.at.plus(delay_us);
        if delay_us > 0 && allowed > out.now {
            out.set_timer(Timer::Apply, allowed);
            return;
        }
        self.applying_since = Some(next.commit.at);
        let due = out.now.plus(self.apply_us);
        self.due = Some(due);
        out.set_timer(Timer::Apply, due);
    }

    /// `Seconds_Behind_Source` as the server computes it (MySQL 8.4, `rpl_replica.cc`, `show_slave_status_send_data()`):
    /// the age of the transaction that is being applied; 0 whenever everything that was *received* is applied and the
    /// receiver is connected, however much the source has not sent; and NULL when the applier is stopped, or has nothing
    /// to do while the receiver is not connected.
    #[must_use]
    pub fn seconds_behind_source(&self, now: SimTime) -> Option<u64> {
        if !self.sql_running {
            return None;
        }
        if self.relay.is_empty() {
            return self.streaming().then_some(0);
        }
        Some(self.applying_since.map_or(0, |since| now.since(since) / 1_000_000))
    }
}
