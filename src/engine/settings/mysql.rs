//! MySQL's settings that are modelled, as version 8.4 has them, with those of `CHANGE REPLICATION SOURCE TO`.

use super::super::flavor::Flavor;
use super::{Context, Kind, Spec, Unit};

/// When a semi-synchronous commit waits: `rpl_semi_sync_source_wait_point`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WaitPoint {
    /// Before the commit in the storage engine: nobody sees the row before the acknowledgement.
    #[default]
    AfterSync,
    /// After it: others see the row, while the committing session still waits.
    AfterCommit,
}

/// What the binary log holds: `binlog_format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BinlogFormat {
    /// Row changes.
    #[default]
    Row,
    /// Statement text.
    Statement,
    /// Statement text, and rows where a statement is unsafe.
    Mixed,
}

/// The settings of a MySQL server. Durations are in microseconds, sizes in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct MysqlSettings {
    /// Whether this server waits for replicas when it is a source.
    pub rpl_semi_sync_source_enabled: bool,
    /// For how many replicas a commit waits.
    pub rpl_semi_sync_source_wait_for_replica_count: u32,
    /// After this the source falls back to asynchronous replication.
    pub rpl_semi_sync_source_timeout_us: u64,
    /// When the wait happens.
    pub rpl_semi_sync_source_wait_point: WaitPoint,
    /// Whether it waits for the time-out even when too few replicas are connected.
    pub rpl_semi_sync_source_wait_no_replica: bool,
    /// Whether this server acknowledges when it is a replica.
    pub rpl_semi_sync_replica_enabled: bool,
    /// What the binary log holds.
    pub binlog_format: BinlogFormat,
    /// Binary log files older than this are removed; 0 is never.
    pub binlog_expire_logs_us: u64,
    /// The binary log is flushed after so many commit groups; 0 leaves it to the operating system.
    pub sync_binlog: u32,
    /// When the storage engine's log is written and flushed: 1 at each commit, 2 written at commit, 0 neither.
    pub innodb_flush_log_at_trx_commit: u8,
    /// A binary log file is closed at about this size.
    pub max_binlog_size_bytes: u64,
    /// A replica ends a connection that was silent for so long.
    pub replica_net_timeout_us: u64,
    /// A replica waits so long before it connects again.
    pub source_connect_retry_us: u64,
    /// A replica tries so often before it gives up; 0 is for ever.
    pub source_retry_count: u32,
    /// A replica applies a transaction no earlier than so long after it happened.
    pub source_delay_us: u64,
    /// How many applier threads a replica has.
    pub replica_parallel_workers: u32,
    /// How often a replica tries a transaction again that waited too long for a lock.
    pub replica_transaction_retries: u32,
    /// Whether clients without special rights may not write.
    pub read_only: bool,
    /// Whether nobody may write.
    pub super_read_only: bool,
    /// A statement waits so long for a row lock.
    pub innodb_lock_wait_timeout_us: u64,
}

/// `ON`, `OFF`, `TRUE`, `FALSE`, 1 or 0, in upper or lower case.
pub(super) fn parse_bool(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "on" | "true" | "1" => Some(true),
        "off" | "false" | "0" => Some(false),
        _ => None,
    }
}

/// A whole number with the suffixes of option files: `K`, `M`, `G`, `T`, `P`, `E` in upper or lower case.
pub(super) fn parse_integer(text: &str) -> Option<i64> {
    let text = text.trim_matches([' ', '\t']);
    let shift = match text.bytes().last()?.to_ascii_uppercase() {
        b'K' => 10,
        b'M' => 20,
        b'G' => 30,
        b'T' => 40,
        b'P' => 50,
        b'E' => 60,
        _ => 0,
    };
    let digits = if shift > 0 { &text[..text.len() - 1] } else { text };
    digits.parse::<i64>().ok()?.checked_mul(1 << shift)
}

/// A whole number in a field of its own kind, times the unit's size.
macro_rules! number {
    ($field:ident: $type:ty, $unit:ident, $min:expr, $max:expr) => {
        Kind::Integer {
            unit: Unit::$unit,
            min: $min,
            max: $max,
            get: |s| i64::try_from(u64::from(s.mysql.$field) / Unit::$unit.scale()).unwrap_or(i64::MAX),
            set: |s, value| {
                let amount = value.unsigned_abs().saturating_mul(Unit::$unit.scale());
                s.mysql.$field = <$type>::try_from(amount).unwrap_or(<$type>::MAX);
            },
        }
    };
}

macro_rules! switch {
    ($field:ident) => {
        Kind::Bool { get: |s| s.mysql.$field, set: |s, value| s.mysql.$field = value }
    };
}

const fn row(name: &'static str, default: &'static str, context: Context, kind: Kind, doc: &'static str) -> Spec {
    Spec { flavor: Flavor::Mysql, name, doc, source: source(context), context, default, kind }
}

const fn source(context: Context) -> &'static str {
    match context {
        Context::ChangeSource => "MySQL 8.4 Reference Manual, 15.4.2.2 CHANGE REPLICATION SOURCE TO",
        _ => "MySQL 8.4 Reference Manual, 7.1.8 and 19.1.6 Replication and Binary Logging Options and Variables",
    }
}

const U32: i64 = u32::MAX as i64;

pub(super) static TABLE: &[Spec] = &[
    row(
        "rpl_semi_sync_source_enabled",
        "OFF",
        Context::Reload,
        switch!(rpl_semi_sync_source_enabled),
        "Whether a source waits for replicas before it acknowledges a commit.",
    ),
    row(
        "rpl_semi_sync_source_wait_for_replica_count",
        "1",
        Context::Reload,
        number!(rpl_semi_sync_source_wait_for_replica_count: u32, None, 1, 65_535),
        "For how many replicas a commit waits.",
    ),
    row(
        "rpl_semi_sync_source_timeout",
        "10000",
        Context::Reload,
        number!(rpl_semi_sync_source_timeout_us: u64, Millisecond, 0, U32),
        "Milliseconds after which a source falls back to asynchronous replication.",
    ),
    row(
        "rpl_semi_sync_source_wait_point",
        "AFTER_SYNC",
        Context::Reload,
        Kind::Enum {
            words: &["AFTER_SYNC", "AFTER_COMMIT"],
            get: |s| match s.mysql.rpl_semi_sync_source_wait_point {
                WaitPoint::AfterSync => "AFTER_SYNC",
                WaitPoint::AfterCommit => "AFTER_COMMIT",
            },
            set: |s, text| {
                s.mysql.rpl_semi_sync_source_wait_point = match text.to_ascii_uppercase().as_str() {
                    "AFTER_SYNC" | "0" => WaitPoint::AfterSync,
                    "AFTER_COMMIT" | "1" => WaitPoint::AfterCommit,
                    _ => return false,
                };
                true
            },
        },
        "Whether a commit waits before or after other sessions can see it.",
    ),
    row(
        "rpl_semi_sync_source_wait_no_replica",
        "ON",
        Context::Reload,
        switch!(rpl_semi_sync_source_wait_no_replica),
        "Whether a source waits for its time-out even when too few replicas are connected.",
    ),
    row(
        "rpl_semi_sync_replica_enabled",
        "OFF",
        Context::Reload,
        switch!(rpl_semi_sync_replica_enabled),
        "Whether a replica acknowledges what it has received.",
    ),
    row(
        "binlog_format",
        "ROW",
        Context::Session,
        Kind::Enum {
            words: &["MIXED", "STATEMENT", "ROW"],
            get: |s| match s.mysql.binlog_format {
                BinlogFormat::Row => "ROW",
                BinlogFormat::Statement => "STATEMENT",
                BinlogFormat::Mixed => "MIXED",
            },
            set: |s, text| {
                s.mysql.binlog_format = match text.to_ascii_uppercase().as_str() {
                    "MIXED" | "0" => BinlogFormat::Mixed,
                    "STATEMENT" | "1" => BinlogFormat::Statement,
                    "ROW" | "2" => BinlogFormat::Row,
                    _ => return false,
                };
                true
            },
        },
        "What the binary log holds.",
    ),
    row(
        "binlog_expire_logs_seconds",
        "2592000",
        Context::Reload,
        number!(binlog_expire_logs_us: u64, Second, 0, U32),
        "Seconds after which a binary log file may be removed; 0 is never.",
    ),
    row(
        "sync_binlog",
        "1",
        Context::Reload,
        number!(sync_binlog: u32, None, 0, U32),
        "After how many commit groups the binary log is flushed; 0 leaves it to the operating system.",
    ),
    row(
        "innodb_flush_log_at_trx_commit",
        "1",
        Context::Reload,
        number!(innodb_flush_log_at_trx_commit: u8, None, 0, 2),
        "When the storage engine's log is written and flushed.",
    ),
    row(
        "max_binlog_size",
        "1073741824",
        Context::Reload,
        number!(max_binlog_size_bytes: u64, Byte, 4_096, 1_073_741_824),
        "The size at which a binary log file is closed.",
    ),
    row(
        "replica_net_timeout",
        "60",
        Context::Reload,
        number!(replica_net_timeout_us: u64, Second, 1, 31_536_000),
        "Seconds of silence after which a replica ends its connection.",
    ),
    row(
        "source_connect_retry",
        "60",
        Context::ChangeSource,
        number!(source_connect_retry_us: u64, Second, 1, U32),
        "Seconds between a replica's attempts to connect.",
    ),
    row(
        "source_retry_count",
        "10",
        Context::ChangeSource,
        number!(source_retry_count: u32, None, 0, U32),
        "How often a replica tries to connect; 0 is for ever.",
    ),
    row(
        "source_delay",
        "0",
        Context::ChangeSource,
        number!(source_delay_us: u64, Second, 0, 2_147_483_647),
        "Seconds by which a replica lags on purpose.",
    ),
    row(
        "replica_parallel_workers",
        "4",
        Context::Reload,
        number!(replica_parallel_workers: u32, None, 0, 1_024),
        "How many applier threads a replica has.",
    ),
    row(
        "replica_transaction_retries",
        "10",
        Context::Reload,
        number!(replica_transaction_retries: u32, None, 0, U32),
        "How often a replica tries a transaction again that waited too long for a lock.",
    ),
    row(
        "read_only",
        "OFF",
        Context::Reload,
        switch!(read_only),
        "Whether clients without special rights may not write.",
    ),
    row("super_read_only", "OFF", Context::Reload, switch!(super_read_only), "Whether nobody may write."),
    row(
        "innodb_lock_wait_timeout",
        "50",
        Context::Session,
        number!(innodb_lock_wait_timeout_us: u64, Second, 1, 1_073_741_824),
        "Seconds that a statement waits for a row lock.",
    ),
];
