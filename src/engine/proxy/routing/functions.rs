//! What a function does besides reading, as far as its name tells.

use super::known_reads;
use crate::engine::flavor::Flavor;

/// What a call asks of the server that runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It only reads.
    Reads,
    /// It must run on the primary, for this reason.
    Primary(&'static str),
    /// It changes the session's own state, on the server that runs it.
    SessionState,
    /// It tells of the session's last statement.
    LastStatement,
    /// It is not known.
    Unknown,
}

const SEQUENCE: &str = "a function that moves a sequence, or tells where the session moved it: the primary";
const LOCK: &str = "a function that takes, gives back or looks at a lock: the primary, where all take theirs";
const TRANSACTION: &str = "a function of transaction numbers or snapshots, which the primary gives: the primary";
const NOTIFICATION: &str = "a function of notifications, which only the primary takes: the primary";
const LARGE_OBJECT: &str = "a function of large objects: the primary";
const ELSEWHERE: &str = "a function that runs SQL, or asks a server elsewhere: the primary";
const CONTROL: &str = "a function that controls a server: the primary";
const ONE_SERVER: &str = "a function that tells of one server, or of a connection to it: the primary";
const LAST_ID: &str = "a function that tells of the session's last insert: the primary, where it ran";
const WAIT: &str = "a wait for a position on one replica, which may not be the next read's: the primary, which has all";
const FILE: &str = "a function that reads a file of one server's machine: the primary";

/// Names, or their beginnings where a `*` follows, and why they run on the primary.
type Listed = (&'static str, &'static str);

const POSTGRESQL: &[Listed] = &[
    ("nextval setval currval lastval", SEQUENCE),
    ("pg_advisory_* pg_try_advisory_*", LOCK),
    (
        "txid_current txid_current_if_assigned txid_status pg_current_xact_id* pg_xact_status pg_export_snapshot",
        TRANSACTION,
    ),
    ("pg_notify pg_listening_channels pg_notification_queue_usage", NOTIFICATION),
    ("lo_* loread lowrite", LARGE_OBJECT),
    (
        "dblink* query_to_xml* table_to_xml* cursor_to_xml* schema_to_xml* database_to_xml* ts_stat ts_rewrite",
        ELSEWHERE,
    ),
    (
        "pg_promote pg_switch_wal pg_create_restore_point pg_backup_* pg_start_backup pg_stop_backup pg_wal_replay_* \
         pg_reload_conf pg_rotate_logfile* pg_cancel_backend pg_terminate_backend pg_create_* pg_copy_* pg_drop_* \
         pg_replication_* pg_logical_* pg_stat_reset* pg_stat_clear_* pg_stat_force_* pg_log_* pg_import_* brin_* gin_*",
        CONTROL,
    ),
    (
        "pg_backend_pid pg_current_wal_* pg_current_logfile pg_read_* pg_ls_* pg_stat_* pg_control_* pg_blocking_pids \
         pg_lock_status pg_hba_* pg_prepared_* pg_cursor pg_get_replication_slots",
        ONE_SERVER,
    ),
];

const MYSQL: &[Listed] = &[
    ("get_lock release_lock release_all_locks is_free_lock is_used_lock", LOCK),
    ("last_insert_id", LAST_ID),
    ("connection_id ps_current_thread_id ps_thread_id uuid_short", ONE_SERVER),
    (
        "master_pos_wait source_pos_wait wait_for_executed_gtid_set wait_until_sql_thread_after_gtids master_gtid_wait",
        WAIT,
    ),
    ("load_file", FILE),
    ("nextval setval lastval", SEQUENCE),
    ("group_replication_* asynchronous_connection_failover_* mysql_firewall_* keyring_*", CONTROL),
];

/// What the function of this name does. Names without quotes are given in small letters.
pub(super) fn effect(name: &str, flavor: Flavor) -> Effect {
    let (listed, known) = match flavor {
        Flavor::Postgresql => (POSTGRESQL, known_reads::POSTGRESQL),
        Flavor::Mysql => (MYSQL, known_reads::MYSQL),
    };
    match (flavor, name) {
        (Flavor::Postgresql, "set_config" | "setseed") => return Effect::SessionState,
        (Flavor::Mysql, "found_rows" | "row_count") => return Effect::LastStatement,
        _ => {}
    }
    let matches = |pattern: &str| match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == pattern,
    };
    // What is known to read goes first: `pg_copy_*` and its like are wide.
    if known.split_ascii_whitespace().any(|read| read == name) {
        return Effect::Reads;
    }
    let why = listed.iter().find(|(names, _)| names.split_ascii_whitespace().any(matches));
    why.map_or(Effect::Unknown, |(_, why)| Effect::Primary(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_function_is_listed_twice() {
        for (listed, known) in [(POSTGRESQL, known_reads::POSTGRESQL), (MYSQL, known_reads::MYSQL)] {
            for name in listed.iter().flat_map(|(names, _)| names.split_ascii_whitespace()) {
                let twice = known.split_ascii_whitespace().find(|read| match name.strip_suffix('*') {
                    Some(beginning) => read.starts_with(beginning),
                    None => *read == name,
                });
                assert_eq!(twice, None, "{name}");
            }
            let mut sorted: Vec<&str> = known.split_ascii_whitespace().collect();
            sorted.sort_unstable();
            sorted.dedup();
            assert!(known.split_ascii_whitespace().eq(sorted), "in order, none twice");
        }
    }
}
