//! Where the real systems' documentation says more, and which term of the glossary does. Sections are named and not
//! numbered, except where the settings' table has their numbers: numbers change, titles seldom.
//!
//! The titles were held against tables of contents and section headings in November 2026: MySQL's against its manual for
//! 8.4 (chapters 7 and 19, and the pages of statements), PostgreSQL's against the manuals of versions before and after 15 that
//! have the same titles, Patroni's against the headings of its documentation's sources, MaxScale's against its manual. Not
//! found there and so from memory: PostgreSQL's “Hot Standby”, “Synchronous Replication” and “Error Reporting and
//! Logging”, MySQL's “InnoDB Recovery” and “KILL Statement”, and what is named of ProxySQL and patronictl.

use super::Topic;
use crate::engine::flavor::Flavor;
use crate::engine::settings::registry;

/// Documentation that explanations name.
const STANDBYS: &str = "PostgreSQL 15, “Log-Shipping Standby Servers”";
const SYNCHRONOUS: &str = "PostgreSQL 15, “Synchronous Replication”";
const HOT_STANDBY: &str = "PostgreSQL 15, “Hot Standby”";
const FLOW: &str = "PostgreSQL 15, “Message Flow”";
const SEMI_SYNC: &str = "MySQL 8.4, “Semisynchronous Replication”";
const THREADS: &str = "MySQL 8.4, “Replication Threads”";
const BINARY_LOG: &str = "MySQL 8.4, “The Binary Log”";
const GTIDS: &str = "MySQL 8.4, “Replication with Global Transaction Identifiers”";
const REPLICA_STATUS: &str = "MySQL 8.4, “SHOW REPLICA STATUS Statement”";
const CLONE: &str = "MySQL 8.4, “The Clone Plugin”";
const PATRONI: &str = "Patroni, “Dynamic Configuration Settings”";

/// A topic, where each system's documentation has it, and the term of the glossary that is nearest.
type Row = (&'static str, Option<&'static str>, Option<&'static str>, &'static str);

/// By `area.name`, or by `area.` for a whole area; the first that fits.
const ROWS: &[Row] = &[
    (
        "state.primary",
        Some("PostgreSQL 15, “High Availability, Load Balancing, and Replication”: primary server"),
        Some("MySQL 8.4, “Replication”: source"),
        "primary",
    ),
    (
        "state.sync",
        Some("PostgreSQL 15, “pg_stat_replication”: sync_state = sync"),
        Some(SEMI_SYNC),
        "synchronous-standby",
    ),
    (
        "state.potential",
        Some("PostgreSQL 15, “pg_stat_replication”: sync_state = potential"),
        None,
        "synchronous-standby",
    ),
    ("state.quorum", Some("PostgreSQL 15, “pg_stat_replication”: sync_state = quorum"), None, "quorum"),
    (
        "state.async",
        Some("PostgreSQL 15, “pg_stat_replication”: sync_state = async"),
        Some("MySQL 8.4, “Replication”: asynchronous replication"),
        "replica",
    ),
    ("state.replica", Some(STANDBYS), Some("MySQL 8.4, “Replication”: replica"), "replica"),
    (
        "state.no_stream",
        Some("PostgreSQL 15, “pg_stat_wal_receiver”: no row"),
        Some("MySQL 8.4, “SHOW REPLICA STATUS Statement”: Replica_IO_Running = Connecting or No"),
        "wal-receiver",
    ),
    (
        "state.recovering",
        Some("PostgreSQL 15, “Write-Ahead Logging (WAL)”: crash recovery"),
        Some("MySQL 8.4, “InnoDB Recovery”: crash recovery"),
        "recovery",
    ),
    ("state.copying", Some("PostgreSQL 15, “pg_basebackup”"), Some(CLONE), "base-backup"),
    ("state.rewinding", Some("PostgreSQL 15, “pg_rewind”"), None, "rewind"),
    (
        "state.store",
        Some("Patroni, “Introduction”: Distributed Configuration Store (DCS)"),
        Some("Patroni, “Introduction”: Distributed Configuration Store (DCS)"),
        "lease",
    ),
    (
        "state.error",
        Some("PostgreSQL 15, “Error Reporting and Logging”"),
        Some("MySQL 8.4, “SHOW REPLICA STATUS Statement”: Last_IO_Error, Last_SQL_Error"),
        "applier",
    ),
    ("state.down", None, None, "failover"),
    ("state.stopped", None, None, "recovery"),
    ("state.paused", None, None, "fencing"),
    ("message.query", Some(FLOW), Some("MySQL 8.4, “Connection Interfaces”"), "client"),
    ("message.result", Some(FLOW), Some("MySQL 8.4, “Connection Interfaces”"), "acknowledgement"),
    (
        "message.cancel",
        Some("PostgreSQL 15, “Message Flow”: Canceling Requests in Progress"),
        Some("MySQL 8.4, “KILL Statement”: KILL QUERY"),
        "acknowledgement",
    ),
    (
        "message.handshake",
        Some("PostgreSQL 15, “Streaming Replication Protocol”: START_REPLICATION"),
        Some("MySQL 8.4, “GTID Auto-Positioning”"),
        "wal-receiver",
    ),
    (
        "message.log",
        Some("PostgreSQL 15, “Streaming Replication Protocol”: XLogData"),
        Some("MySQL 8.4, “The Binary Log”: events"),
        "wal",
    ),
    (
        "message.acknowledgement",
        Some("PostgreSQL 15, “Streaming Replication Protocol”: Standby status update"),
        Some(SEMI_SYNC),
        "acknowledgement",
    ),
    (
        "message.heartbeat",
        Some("PostgreSQL 15, “Streaming Replication Protocol”: Primary keepalive message"),
        Some("MySQL 8.4, “CHANGE REPLICATION SOURCE TO Statement”: SOURCE_HEARTBEAT_PERIOD"),
        "failover-manager",
    ),
    ("message.connection", Some(FLOW), Some("MySQL 8.4, “Connection Interfaces”"), "session"),
    (
        "message.backup",
        Some("PostgreSQL 15, “Streaming Replication Protocol”: BASE_BACKUP"),
        Some(CLONE),
        "base-backup",
    ),
    (
        "message.lease",
        Some("Patroni, “Dynamic Configuration Settings”: ttl, loop_wait"),
        Some("Patroni, “Dynamic Configuration Settings”: ttl, loop_wait"),
        "lease",
    ),
    ("pg_stat_replication.application_name", Some("PostgreSQL 15, “pg_stat_replication”"), None, "synchronous-standby"),
    ("pg_stat_replication.sync_", Some("PostgreSQL 15, “pg_stat_replication”"), None, "synchronous-standby"),
    ("pg_stat_replication.pid", Some("PostgreSQL 15, “pg_stat_replication”"), None, "wal-sender"),
    ("pg_stat_replication.", Some("PostgreSQL 15, “pg_stat_replication”"), None, "position"),
    ("pg_stat_wal_receiver.", Some("PostgreSQL 15, “pg_stat_wal_receiver”"), None, "wal-receiver"),
    ("pg_replication_slots.", Some("PostgreSQL 15, “pg_replication_slots”"), None, "replication-slot"),
    ("show-replica-status.Seconds_Behind_Source", None, Some(REPLICA_STATUS), "lag"),
    ("show-replica-status.Retrieved_Gtid_Set", None, Some(REPLICA_STATUS), "gtid-set"),
    ("show-replica-status.Executed_Gtid_Set", None, Some(REPLICA_STATUS), "gtid-set"),
    ("show-replica-status.Auto_Position", None, Some(REPLICA_STATUS), "gtid"),
    ("show-replica-status.SQL_", None, Some(REPLICA_STATUS), "delayed-replica"),
    ("show-replica-status.Relay_", None, Some(REPLICA_STATUS), "relay-log"),
    ("show-replica-status.Replica_SQL_", None, Some(REPLICA_STATUS), "applier"),
    ("show-replica-status.", None, Some(REPLICA_STATUS), "wal-receiver"),
    ("show-binary-logs.", None, Some("MySQL 8.4, “SHOW BINARY LOGS Statement”"), "binary-log"),
    ("semi-sync.", None, Some("MySQL 8.4, “Server Status Variables”"), "semi-synchronous"),
    ("patronictl-list.", Some("Patroni, “patronictl”: list"), Some("Patroni, “patronictl”: list"), "failover-manager"),
    ("ledger.fate", None, None, "lost-write"),
    ("ledger.", None, None, "acknowledgement"),
    ("logs.position", Some("PostgreSQL 15, “pg_lsn Type”: log sequence number"), Some(GTIDS), "lsn"),
    ("logs.begins", Some("PostgreSQL 15, “Log-Shipping Standby Servers”: wal_keep_size"), Some(BINARY_LOG), "wal"),
    ("logs.files", Some("PostgreSQL 15, “WAL Internals”: segment files"), Some(BINARY_LOG), "wal"),
    ("logs.redo", Some("PostgreSQL 15, “WAL Configuration”: checkpoint, redo record"), None, "checkpoint"),
    ("logs.slots", Some("PostgreSQL 15, “Replication Slots”"), None, "replication-slot"),
    (
        "logs.server",
        Some("PostgreSQL 15, “pg_stat_replication”: write_lsn, flush_lsn, replay_lsn"),
        Some("MySQL 8.4, “Relay Log and Replication Metadata Repositories”"),
        "position",
    ),
    ("logs.transaction", None, None, "acknowledgement"),
    ("logs.", Some("PostgreSQL 15, “WAL Internals”"), Some(BINARY_LOG), "wal"),
    ("tables.server", Some(HOT_STANDBY), Some("MySQL 8.4, “Using Replication for Scale-Out”"), "stale-read"),
    ("tables.", None, None, "divergence"),
    ("lag.", None, None, "lag"),
    ("steps.lease", Some(PATRONI), Some(PATRONI), "lease"),
    ("steps.", None, None, "rto"),
    ("inspector.state", None, None, "replica"),
    (
        "inspector.timeline",
        Some("PostgreSQL 15, “Continuous Archiving and Point-in-Time Recovery (PITR)”: Timelines"),
        None,
        "timeline",
    ),
    (
        "inspector.end_of_log",
        Some("PostgreSQL 15, “System Administration Functions”: pg_current_wal_insert_lsn()"),
        Some("MySQL 8.4, “SHOW BINARY LOG STATUS Statement”"),
        "lsn",
    ),
    ("inspector.written", Some("PostgreSQL 15, “pg_stat_replication”: write_lsn"), None, "position"),
    ("inspector.flushed", Some("PostgreSQL 15, “pg_stat_replication”: flush_lsn"), None, "flush"),
    ("inspector.applied", Some("PostgreSQL 15, “pg_stat_replication”: replay_lsn"), None, "position"),
    (
        "inspector.takes_writes",
        None,
        Some("MySQL 8.4, “Server System Variables”: read_only, super_read_only"),
        "primary",
    ),
    ("inspector.gtid_executed", None, Some("MySQL 8.4, “GTID Format and Storage”: gtid_executed"), "gtid-set"),
    ("inspector.errant", None, Some(GTIDS), "errant-transaction"),
    (
        "inspector.semi_sync",
        None,
        Some("MySQL 8.4, “Server Status Variables”: Rpl_semi_sync_source_status"),
        "semi-synchronous",
    ),
    ("inspector.io_thread", None, Some(THREADS), "wal-receiver"),
    ("inspector.sql_thread", None, Some(THREADS), "applier"),
    ("inspector.relay_log", None, Some("MySQL 8.4, “Relay Log and Replication Metadata Repositories”"), "relay-log"),
    ("inspector.seconds_behind", None, Some(REPLICA_STATUS), "lag"),
    (
        "inspector.fsync",
        Some("PostgreSQL 15, “Reliability”"),
        Some("MySQL 8.4, “Replication and Binary Logging Options and Variables”: sync_binlog"),
        "flush",
    ),
    (
        "inspector.follows",
        Some("PostgreSQL 15, “Log-Shipping Standby Servers”: primary_conninfo"),
        Some("MySQL 8.4, “CHANGE REPLICATION SOURCE TO Statement”"),
        "replica",
    ),
    ("inspector.lag", None, None, "lag"),
    ("inspector.applies", None, None, "applier"),
    ("inspector.waiting", Some(SYNCHRONOUS), Some(SEMI_SYNC), "commit-level"),
    ("inspector.", None, None, "replica"),
    (
        "setting.synchronous_mode",
        Some("Patroni, “Replication modes”"),
        Some("Patroni, “Replication modes”"),
        "synchronous-standby",
    ),
    (
        "setting.synchronous_node_count",
        Some("Patroni, “Replication modes”"),
        Some("Patroni, “Replication modes”"),
        "synchronous-standby",
    ),
    ("setting.failsafe_mode", Some("Patroni, “DCS Failsafe Mode”"), Some("Patroni, “DCS Failsafe Mode”"), "lease"),
    ("setting.fencing", Some("Patroni, “Watchdog support”"), Some("Patroni, “Watchdog support”"), "fencing"),
    ("setting.use_pg_rewind", Some(PATRONI), Some(PATRONI), "rewind"),
    ("setting.ttl", Some(PATRONI), Some(PATRONI), "lease"),
    ("setting.loop_wait", Some(PATRONI), Some(PATRONI), "lease"),
    ("setting.retry_timeout", Some(PATRONI), Some(PATRONI), "lease"),
    ("setting.maximum_lag_on_failover", Some(PATRONI), Some(PATRONI), "candidate"),
    ("setting.primary_", Some(PATRONI), Some(PATRONI), "failover"),
    ("setting.repoint", None, None, "failover"),
    ("setting.read_policy", None, None, "proxy"),
    (
        "setting.causal_reads",
        Some("MaxScale, “Readwritesplit”: causal_reads"),
        Some("MaxScale, “Readwritesplit”: causal_reads"),
        "causal-read",
    ),
    (
        "setting.max_replication_lag",
        Some("ProxySQL, “mysql_servers”: max_replication_lag"),
        Some("ProxySQL, “mysql_servers”: max_replication_lag"),
        "stale-read",
    ),
    ("setting.no_replica", None, None, "proxy"),
];

/// Settings of the servers, and the term that each is about; others are about the log.
const SETTINGS: &[(&str, &str)] = &[
    ("synchronous_commit", "commit-level"),
    ("synchronous_standby_names", "synchronous-standby"),
    ("cluster_name", "synchronous-standby"),
    ("checkpoint_timeout", "checkpoint"),
    ("max_wal_size", "checkpoint"),
    ("max_slot_wal_keep_size", "replication-slot"),
    ("max_replication_slots", "replication-slot"),
    ("primary_slot_name", "replication-slot"),
    ("wal_sender_timeout", "wal-sender"),
    ("wal_re", "wal-receiver"),
    ("hot_standby", "hot-standby"),
    ("recovery_min_apply_delay", "delayed-replica"),
    ("source_delay", "delayed-replica"),
    ("rpl_semi_sync", "semi-synchronous"),
    ("wal", "wal"),
    ("min_wal_size", "wal"),
    ("binlog", "binary-log"),
    ("sync_binlog", "flush"),
    ("innodb_flush", "flush"),
    ("max_binlog_size", "binary-log"),
    ("replica_net", "wal-receiver"),
    ("source_", "wal-receiver"),
    ("replica_", "applier"),
    ("read_only", "primary"),
    ("super_read_only", "primary"),
];

fn row(topic: &Topic) -> Option<&'static Row> {
    let key = format!("{}.{}", topic.area, topic.name);
    let exact = ROWS.iter().find(|(known, ..)| *known == key);
    exact.or_else(|| ROWS.iter().find(|(known, ..)| known.ends_with(['.', '_']) && key.starts_with(known)))
}

/// Where the documentation of a flavor's system has it; none where only this laboratory has such a thing.
#[must_use]
pub fn source(topic: &Topic, flavor: Flavor) -> Option<&'static str> {
    if topic.area == "setting"
        && let Some(spec) = registry(flavor).iter().find(|spec| spec.name == topic.name)
    {
        return Some(spec.source);
    }
    let (_, postgresql, mysql, _) = row(topic)?;
    match flavor {
        Flavor::Postgresql => *postgresql,
        Flavor::Mysql => *mysql,
    }
}

/// The term of the glossary that says more.
#[must_use]
pub fn glossary_term(topic: &Topic) -> Option<&'static str> {
    if let Some((.., term)) = row(topic) {
        return Some(term);
    }
    let of_setting = |(begins, _): &&(&str, &str)| topic.name.starts_with(begins);
    (topic.area == "setting").then(|| SETTINGS.iter().find(of_setting)).flatten().map(|(_, term)| *term)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::explain::GLOSSARY;

    #[test]
    fn every_term_that_explanations_lead_to_is_in_the_glossary() {
        let terms = ROWS.iter().map(|(.., term)| *term).chain(SETTINGS.iter().map(|(_, term)| *term));
        let missing: Vec<&str> = terms.filter(|term| !GLOSSARY.contains(term)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn every_row_explains_something_that_there_is() {
        for (key, ..) in ROWS {
            let (area, name) = key.split_once('.').unwrap();
            let begins = format!("\n[explain.{area}]\n");
            let of_area = crate::ui::text::ENGLISH.split_once(&begins).unwrap_or_else(|| panic!("no area for {key}")).1;
            let of_area = of_area.split("\n[").next().unwrap();
            assert!(of_area.lines().any(|line| line.starts_with(name)), "{key}");
        }
    }
}
