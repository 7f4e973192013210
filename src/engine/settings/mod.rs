//! Server settings under the real systems' names, typed.
//!
//! Each modelled setting is one row of a table ([`postgresql`], [`mysql`]) that says its name, range, default, who may
//! change it, and the field of [`Settings`] it fills. Names, ranges, units, defaults and error texts are those of
//! PostgreSQL 15 and MySQL 8.4.

pub mod conf;
mod error;
mod mysql;
mod postgresql;
mod slot_name;
mod spec;
mod units;

use std::sync::Arc;

use super::commit::StandbyRule;
use super::flavor::Flavor;

pub use error::SettingError;
pub use mysql::{BinlogFormat, MysqlSettings, WaitPoint};
pub use slot_name::{SlotNameError, check_slot_name};
pub use spec::{Context, Kind, Spec, nearest, registry};
pub use units::{NumberError, Unit};

/// PostgreSQL's `synchronous_commit`: what a commit waits for before it is acknowledged. In order of strength.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SynchronousCommit {
    /// Nothing, not even the local flush.
    Off,
    /// The local flush.
    Local,
    /// And the standbys' write.
    RemoteWrite,
    /// And the standbys' flush.
    #[default]
    On,
    /// And the standbys' replay.
    RemoteApply,
}

impl SynchronousCommit {
    /// The name that `SHOW` prints.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            SynchronousCommit::Off => "off",
            SynchronousCommit::Local => "local",
            SynchronousCommit::RemoteWrite => "remote_write",
            SynchronousCommit::On => "on",
            SynchronousCommit::RemoteApply => "remote_apply",
        }
    }

    /// Reads a level in any spelling that the server takes, in upper or lower case.
    #[must_use]
    pub fn parse(text: &str) -> Option<SynchronousCommit> {
        Some(match text.to_ascii_lowercase().as_str() {
            "off" | "false" | "no" | "0" => SynchronousCommit::Off,
            "local" => SynchronousCommit::Local,
            "remote_write" => SynchronousCommit::RemoteWrite,
            "on" | "true" | "yes" | "1" => SynchronousCommit::On,
            "remote_apply" => SynchronousCommit::RemoteApply,
            _ => return None,
        })
    }
}

/// The settings of one server. Durations are in microseconds, sizes in bytes.
///
/// The fields outside `mysql` are PostgreSQL's; a MySQL server has them at their defaults and does not ask them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Settings {
    flavor: Flavor,
    /// What a commit waits for.
    pub synchronous_commit: SynchronousCommit,
    /// Which standbys it waits for.
    pub synchronous_standby_names: StandbyRule,
    /// The rule as it was written, which is what `SHOW` prints.
    synchronous_standby_names_text: String,
    /// What a standby calls itself towards its upstream; empty for its own name.
    pub cluster_name: String,
    /// A standby ends a connection that was silent for so long; 0 is never.
    pub wal_receiver_timeout_us: u64,
    /// A primary ends a replication connection that was silent for so long; 0 is never.
    pub wal_sender_timeout_us: u64,
    /// A standby reports its positions at least so often; 0 is only when asked.
    pub wal_receiver_status_interval_us: u64,
    /// A standby waits so long before it tries its upstream again.
    pub wal_retrieve_retry_interval_us: u64,
    /// Log of asynchronous commits is flushed about so often.
    pub wal_writer_delay_us: u64,
    /// Between two automatic checkpoints.
    pub checkpoint_timeout_us: u64,
    /// A standby applies a commit no earlier than so long after it happened.
    pub recovery_min_apply_delay_us: u64,
    /// At least so much old log is kept for standbys.
    pub wal_keep_size_bytes: u64,
    /// Slots hold back at most so much log; `None` is without limit.
    pub max_slot_wal_keep_size_bytes: Option<u64>,
    /// The size of one log file.
    pub wal_segment_size_bytes: u64,
    /// About half of this much log since the last checkpoint brings on the next.
    pub max_wal_size_bytes: u64,
    /// Old log files are kept for reuse up to this much.
    pub min_wal_size_bytes: u64,
    /// How many replication slots there can be.
    pub max_replication_slots: u64,
    /// The slot that a standby uses on its upstream.
    pub primary_slot_name: Option<Arc<str>>,
    /// Whether a standby answers queries.
    pub hot_standby: bool,
    /// A statement waits so long for a row lock; 0 is for ever.
    pub lock_timeout_us: u64,
    /// A statement may take so long; 0 is for ever.
    pub statement_timeout_us: u64,
    /// MySQL's.
    pub mysql: MysqlSettings,
}

impl Settings {
    /// What a server of this flavor begins with.
    #[must_use]
    pub fn defaults(flavor: Flavor) -> Settings {
        let mut settings = Settings {
            flavor,
            synchronous_commit: SynchronousCommit::On,
            synchronous_standby_names: StandbyRule::default(),
            synchronous_standby_names_text: String::new(),
            cluster_name: String::new(),
            wal_receiver_timeout_us: 0,
            wal_sender_timeout_us: 0,
            wal_receiver_status_interval_us: 0,
            wal_retrieve_retry_interval_us: 0,
            wal_writer_delay_us: 0,
            checkpoint_timeout_us: 0,
            recovery_min_apply_delay_us: 0,
            wal_keep_size_bytes: 0,
            max_slot_wal_keep_size_bytes: None,
            wal_segment_size_bytes: 0,
            max_wal_size_bytes: 0,
            min_wal_size_bytes: 0,
            max_replication_slots: 0,
            primary_slot_name: None,
            hot_standby: true,
            lock_timeout_us: 0,
            statement_timeout_us: 0,
            mysql: MysqlSettings::default(),
        };
        for spec in postgresql::TABLE.iter().chain(mysql::TABLE) {
            // A unit test shows that every default is a value that its own row accepts.
            let _ = spec.write(&mut settings, spec.default);
        }
        settings
    }

    /// Whose settings these are.
    #[must_use]
    pub fn flavor(&self) -> Flavor {
        self.flavor
    }

    /// Gives the setting `name` the value that `text` stands for, as a configuration file would.
    ///
    /// # Errors
    /// The server's error for a name it does not know, or a value it refuses; then nothing is changed.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), SettingError> {
        let spec = Spec::find(self.flavor, name)?;
        spec.write(self, text)
    }

    /// The value as `SHOW` (or `SHOW VARIABLES`) prints it; `None` for a name that is not known.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        Spec::find(self.flavor, name).ok().map(|spec| spec.read(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_a_value_and_reads_back() {
        for flavor in [Flavor::Postgresql, Flavor::Mysql] {
            let defaults = Settings::defaults(flavor);
            for spec in registry(flavor) {
                let mut settings = Settings::defaults(flavor);
                settings.set(spec.name, spec.default).unwrap_or_else(|error| panic!("{}: {error}", spec.name));
                assert_eq!(settings, defaults, "{}", spec.name);
                let shown = settings.get(spec.name).unwrap();
                settings.set(spec.name, &shown).unwrap_or_else(|error| panic!("{} = {shown}: {error}", spec.name));
                assert_eq!(settings, defaults, "{} = {shown}", spec.name);
            }
        }
    }

    #[test]
    fn postgresql_starts_as_its_documentation_says() {
        let settings = Settings::defaults(Flavor::Postgresql);
        assert_eq!(settings.synchronous_commit, SynchronousCommit::On);
        assert!(settings.synchronous_standby_names.is_empty());
        assert_eq!(settings.wal_receiver_timeout_us, 60_000_000);
        assert_eq!(settings.max_slot_wal_keep_size_bytes, None);
        assert_eq!(settings.get("WAL_Segment_Size").as_deref(), Some("16MB"));
        assert_eq!(settings.get("wal_retrieve_retry_interval").as_deref(), Some("5s"));
        assert_eq!(settings.get("binlog_format"), None);
    }

    #[test]
    fn a_refused_value_changes_nothing() {
        let mut settings = Settings::defaults(Flavor::Postgresql);
        settings.set("synchronous_standby_names", "ANY 1 (a, b)").unwrap();
        let before = settings.clone();
        settings.set("synchronous_standby_names", "ANY (a, b)").unwrap_err();
        settings.set("wal_keep_size", "-1").unwrap_err();
        assert_eq!(settings, before);
        assert_eq!(settings.get("synchronous_standby_names").as_deref(), Some("ANY 1 (a, b)"));
    }

    #[test]
    fn an_unknown_name_suggests_the_nearest() {
        let error = Settings::defaults(Flavor::Postgresql).set("wal_keep_siz", "1").unwrap_err();
        assert_eq!(
            error.to_string(),
            "unrecognized configuration parameter \"wal_keep_siz\"; did you mean \"wal_keep_size\"?"
        );
        let error = Settings::defaults(Flavor::Mysql).set("sync_binlogs", "1").unwrap_err();
        assert_eq!(error.to_string(), "Unknown system variable 'sync_binlogs'; did you mean \"sync_binlog\"?");
    }
}
