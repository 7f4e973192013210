//! What a server knows of itself: the data behind its own functions, variables and views.
//!
//! A node makes [`Facts`] when a statement mentions such a name, and only then. They are plain data, so that the
//! storage's functions and the views read one and the same instant.

mod format;
mod functions;
pub mod mysql;
mod postgresql;
mod settings;
mod view;

use std::sync::Arc;

pub use format::{interval, interval_seconds, parse_timestamp, timestamptz};
pub use functions::{Function, functions};
pub use view::{ColumnKind, View, views};

use super::flavor::Flavor;
use super::ids::{ConnId, NodeId};
use super::log::{Lsn, Timeline};
use super::message::Positions;
use super::settings::{SettingError, Settings};
use super::time::SimTime;

/// The release that a PostgreSQL server of the laboratory says it is: the one its rules were taken from.
pub const POSTGRESQL_VERSION: &str = "15.18";
/// The release that a MySQL server of the laboratory says it is.
pub const MYSQL_VERSION: &str = "8.4.0";

/// What a server knows of itself at one instant.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The instant.
    pub now: SimTime,
    /// Who it is.
    pub id: NodeId,
    /// Its name.
    pub name: Arc<str>,
    /// Since when its process runs.
    pub started_at: SimTime,
    /// Whether it applies an upstream's log.
    pub in_recovery: bool,
    /// Whether it was told to become the primary and has not yet.
    pub promoting: bool,
    /// Whether it was asked to stop applying.
    pub replay_paused: bool,
    /// The timeline that is being written.
    pub timeline: Timeline,
    /// The end of the log in memory.
    pub insert: Lsn,
    /// The end of the log that the operating system has.
    pub written: Lsn,
    /// The end of the log that is durable.
    pub flushed: Lsn,
    /// What was received by streaming and is durable; `None` if it never was a standby.
    pub received: Option<Lsn>,
    /// What was applied in recovery.
    pub replayed: Option<Lsn>,
    /// When the last transaction that recovery applied was committed on its primary.
    pub replayed_commit_at: Option<SimTime>,
    /// The host that it follows, on a standby.
    pub upstream: Option<Arc<str>>,
    /// The standbys that are connected.
    pub senders: Vec<SenderFacts>,
    /// Its own stream, while there is one.
    pub receiver: Option<ReceiverFacts>,
    /// Its replication slots.
    pub slots: Vec<SlotFacts>,
    /// The settings in force, those of the asking session included.
    pub settings: Settings,
    /// What the configuration says, which takes effect with a reload or a restart.
    pub configured: Settings,
    /// What only a MySQL server knows of itself.
    pub mysql: Option<mysql::MysqlFacts>,
    /// The process that serves the asking session.
    pub backend_pid: i64,
}

/// One sender, as `pg_stat_replication` has it.
#[derive(Clone, Debug)]
pub struct SenderFacts {
    /// Its connection.
    pub conn: ConnId,
    /// The standby.
    pub standby: NodeId,
    /// What the standby calls itself.
    pub application_name: Arc<str>,
    /// When the connection began to stream.
    pub started_at: SimTime,
    /// `catchup` or `streaming`.
    pub state: &'static str,
    /// Sent up to here.
    pub sent: Lsn,
    /// What the standby last reported.
    pub positions: Positions,
    /// `write_lag`, `flush_lag`, `replay_lag` in microseconds.
    pub lag_us: [Option<u64>; 3],
    /// Its place in `synchronous_standby_names`; 0 when it is not named.
    pub sync_priority: u32,
    /// `async`, `potential`, `sync` or `quorum`.
    pub sync_state: &'static str,
    /// When its last status came.
    pub reply_at: Option<SimTime>,
}

/// A standby's receiver, as `pg_stat_wal_receiver` has it.
#[derive(Clone, Debug)]
pub struct ReceiverFacts {
    /// Its connection.
    pub conn: ConnId,
    /// The position and timeline that it asked for.
    pub started: (Lsn, Timeline),
    /// When the last message was sent, and when it came; `None` before the first.
    pub last_message: Option<(SimTime, SimTime)>,
    /// The end of the upstream's log as last reported, and when that was.
    pub latest_end: Option<(Lsn, SimTime)>,
    /// The slot that it uses.
    pub slot_name: Option<Arc<str>>,
}

/// A replication slot, as `pg_replication_slots` has it.
#[derive(Clone, Debug)]
pub struct SlotFacts {
    /// Its name.
    pub name: Arc<str>,
    /// The process that uses it now.
    pub active_pid: Option<i64>,
    /// The oldest log that it holds back; `None` before it was first used.
    pub restart_lsn: Option<Lsn>,
    /// `reserved`, `extended`, `unreserved` or `lost`; `None` while it holds nothing.
    pub wal_status: Option<&'static str>,
    /// Bytes that may be written before it is in danger of being lost; `None` without a limit.
    pub safe_wal_size: Option<i64>,
    /// Whether it goes with the connection that made it.
    pub temporary: bool,
}

impl Facts {
    /// The number of the process behind a connection: made from the connection's own number, so that it is the same in
    /// every run, and one of its own for each connection of a server.
    #[must_use]
    pub fn pid(conn: ConnId) -> i64 {
        use super::ids::Addr;
        let opener = match conn.opener {
            Addr::Proxy => 0,
            Addr::Store => 1,
            Addr::Node(node) => 2 + i64::from(node.0),
            Addr::Client(client) => 258 + i64::from(client.0),
            // An agent's connections to servers are local, and are not modelled.
            Addr::Agent(_) => 1,
        };
        1000 + opener + i64::from(conn.number) * 514
    }

    /// The address of a server on the laboratory's network.
    #[must_use]
    pub fn address(node: NodeId) -> String {
        format!("10.0.0.{}", u16::from(node.0) + 1)
    }

    /// The port of the connecting end, in the range of ephemeral ports.
    #[must_use]
    pub fn client_port(conn: ConnId) -> i64 {
        32_768 + Self::pid(conn) % 28_232
    }

    /// The port that a server of this flavor listens on.
    #[must_use]
    pub fn port(flavor: Flavor) -> i64 {
        match flavor {
            Flavor::Postgresql => 5432,
            Flavor::Mysql => 3306,
        }
    }

    /// A setting's value as `SHOW` prints it.
    ///
    /// # Errors
    /// The server's error for a name it does not know.
    pub fn setting(&self, name: &str) -> Result<String, SettingError> {
        settings::value(self, name)
    }

    /// Every setting in the order of names: name, value, description.
    #[must_use]
    pub fn all_settings(&self) -> Vec<(&'static str, String, &'static str)> {
        settings::all(self)
    }
}

/// What a function with a side effect wants done to the server that ran it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Stop applying, or go on.
    PauseReplay(bool),
    /// Become the primary.
    Promote,
    /// Read the configuration again.
    Reload,
}
