//! The systems' own functions that servers answer here, by name.

use super::ColumnKind::{self, Boolean, Interval, Lsn, Plain, Timestamp};
use crate::engine::flavor::Flavor;

/// One of a system's own functions.
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// What it gives.
    pub kind: ColumnKind,
    /// Whether it does something to the server that runs it. A router takes it for a write.
    pub control: bool,
}

const fn gives(kind: ColumnKind, name: &'static str) -> Function {
    Function { name, kind, control: false }
}

const fn controls(kind: ColumnKind, name: &'static str) -> Function {
    Function { name, kind, control: true }
}

const POSTGRESQL: &[Function] = &[
    gives(Boolean, "pg_is_in_recovery"),
    gives(Lsn, "pg_current_wal_lsn"),
    gives(Lsn, "pg_current_wal_insert_lsn"),
    gives(Lsn, "pg_current_wal_flush_lsn"),
    gives(Lsn, "pg_last_wal_receive_lsn"),
    gives(Lsn, "pg_last_wal_replay_lsn"),
    gives(Timestamp, "pg_last_xact_replay_timestamp"),
    gives(Boolean, "pg_is_wal_replay_paused"),
    gives(Plain, "pg_get_wal_replay_pause_state"),
    gives(Plain, "pg_wal_lsn_diff"),
    gives(Plain, "pg_walfile_name"),
    gives(Plain, "pg_size_pretty"),
    gives(Plain, "current_setting"),
    gives(Plain, "version"),
    gives(Timestamp, "pg_postmaster_start_time"),
    gives(Plain, "inet_server_addr"),
    gives(Plain, "inet_server_port"),
    gives(Plain, "current_database"),
    gives(Plain, "pg_backend_pid"),
    gives(Boolean, "pg_try_advisory_lock"),
    gives(Boolean, "pg_try_advisory_lock_shared"),
    gives(Boolean, "pg_try_advisory_xact_lock"),
    gives(Boolean, "pg_try_advisory_xact_lock_shared"),
    gives(Boolean, "pg_advisory_unlock"),
    gives(Boolean, "pg_advisory_unlock_shared"),
    gives(Interval, "pg_timestamp_diff"),
    gives(Plain, "pg_extract_epoch"),
    controls(Plain, "pg_wal_replay_pause"),
    controls(Plain, "pg_wal_replay_resume"),
    controls(Boolean, "pg_promote"),
    controls(Boolean, "pg_reload_conf"),
];

const MYSQL: &[Function] = &[
    gives(Plain, "gtid_subset"),
    gives(Plain, "gtid_subtract"),
    gives(Plain, "version"),
    gives(Plain, "database"),
    gives(Plain, "schema"),
    gives(Plain, "connection_id"),
    gives(Plain, "lab_variable"),
];

/// The system functions of a flavor.
#[must_use]
pub fn functions(flavor: Flavor) -> &'static [Function] {
    match flavor {
        Flavor::Postgresql => POSTGRESQL,
        Flavor::Mysql => MYSQL,
    }
}

impl Function {
    /// The function of this name.
    #[must_use]
    pub fn find(flavor: Flavor, name: &str) -> Option<&'static Function> {
        functions(flavor).iter().find(|function| function.name.eq_ignore_ascii_case(name))
    }
}
