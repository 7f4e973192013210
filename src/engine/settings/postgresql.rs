//! PostgreSQL's settings that are modelled, as version 15 has them (`pg_settings` of a 15.18 server was read).

use super::super::flavor::Flavor;
use super::{Context, Kind, Spec, SynchronousCommit, Unit};

/// A boolean in any spelling of the server: an unambiguous beginning of `true`, `false`, `yes`, `no`, `on`, `off`, or 1, 0.
pub(super) fn parse_bool(text: &str) -> Option<bool> {
    let text = text.to_ascii_lowercase();
    let begins = |word: &str, least: usize| text.len() >= least && word.starts_with(&text);
    if begins("true", 1) || begins("yes", 1) || begins("on", 2) || text == "1" {
        Some(true)
    } else if begins("false", 1) || begins("no", 1) || begins("off", 2) || text == "0" {
        Some(false)
    } else {
        None
    }
}

const MAX: i64 = i32::MAX as i64;

/// A number with a unit, in a field of microseconds or bytes.
macro_rules! number {
    ($field:ident, $unit:ident, $min:expr, $max:expr) => {
        Kind::Integer {
            unit: Unit::$unit,
            min: $min,
            max: $max,
            get: |s| i64::try_from(s.$field / Unit::$unit.scale()).unwrap_or(i64::MAX),
            set: |s, value| s.$field = value.unsigned_abs() * Unit::$unit.scale(),
        }
    };
}

const fn row(
    name: &'static str,
    default: &'static str,
    context: Context,
    kind: Kind,
    source: &'static str,
    doc: &'static str,
) -> Spec {
    Spec { flavor: Flavor::Postgresql, name, doc, source, context, default, kind }
}

const WAL: &str = "PostgreSQL 15 documentation, 20.5 Write Ahead Log";
const REPLICATION: &str = "PostgreSQL 15 documentation, 20.6 Replication";
const CLIENT: &str = "PostgreSQL 15 documentation, 20.11 Client Connection Defaults";
const REPORTING: &str = "PostgreSQL 15 documentation, 20.8 Error Reporting and Logging";
const PRESET: &str = "PostgreSQL 15 documentation, 20.15 Preset Options";

pub(super) static TABLE: &[Spec] = &[
    row(
        "synchronous_commit",
        "on",
        Context::Session,
        Kind::Enum {
            words: &["local", "remote_write", "remote_apply", "on", "off"],
            get: |s| s.synchronous_commit.name(),
            set: |s, text| match SynchronousCommit::parse(text) {
                Some(level) => {
                    s.synchronous_commit = level;
                    true
                }
                None => false,
            },
        },
        WAL,
        "What a commit waits for before it is acknowledged.",
    ),
    row(
        "wal_writer_delay",
        "200ms",
        Context::Reload,
        number!(wal_writer_delay_us, Millisecond, 1, 10_000),
        WAL,
        "How often the log of asynchronous commits is flushed.",
    ),
    row(
        "checkpoint_timeout",
        "5min",
        Context::Reload,
        number!(checkpoint_timeout_us, Second, 30, 86_400),
        WAL,
        "The longest time between two automatic checkpoints.",
    ),
    row(
        "max_wal_size",
        "1GB",
        Context::Reload,
        number!(max_wal_size_bytes, Megabyte, 2, MAX),
        WAL,
        "So much log since the last checkpoint, about half of it, brings on the next one.",
    ),
    row(
        "min_wal_size",
        "80MB",
        Context::Reload,
        number!(min_wal_size_bytes, Megabyte, 2, MAX),
        WAL,
        "Up to here old log files are kept for reuse rather than removed.",
    ),
    row(
        "wal_segment_size",
        "16MB",
        Context::Creation,
        number!(wal_segment_size_bytes, Byte, 1_048_576, 1_073_741_824),
        PRESET,
        "The size of one log file; initdb's --wal-segsize.",
    ),
    row(
        "wal_keep_size",
        "0",
        Context::Reload,
        number!(wal_keep_size_bytes, Megabyte, 0, MAX),
        REPLICATION,
        "How much old log is kept for standbys.",
    ),
    row(
        "max_slot_wal_keep_size",
        "-1",
        Context::Reload,
        Kind::Integer {
            unit: Unit::Megabyte,
            min: -1,
            max: MAX,
            get: |s| match s.max_slot_wal_keep_size_bytes {
                Some(bytes) => i64::try_from(bytes / Unit::Megabyte.scale()).unwrap_or(i64::MAX),
                None => -1,
            },
            set: |s, value| {
                s.max_slot_wal_keep_size_bytes = u64::try_from(value).ok().map(|value| value * Unit::Megabyte.scale());
            },
        },
        REPLICATION,
        "How much log replication slots may hold back; -1 is without limit.",
    ),
    row(
        "max_replication_slots",
        "10",
        Context::Restart,
        number!(max_replication_slots, None, 0, 262_143),
        REPLICATION,
        "How many replication slots there can be; a base backup takes one while it runs.",
    ),
    row(
        "wal_sender_timeout",
        "1min",
        Context::Session,
        number!(wal_sender_timeout_us, Millisecond, 0, MAX),
        REPLICATION,
        "A primary ends a replication connection that was silent for so long; 0 is never.",
    ),
    row(
        "synchronous_standby_names",
        "",
        Context::Reload,
        Kind::StandbyNames,
        REPLICATION,
        "Which standbys a commit waits for, and how many of them.",
    ),
    row(
        "cluster_name",
        "",
        Context::Restart,
        Kind::Name { get: |s| &s.cluster_name, set: |s, name| s.cluster_name = name },
        REPORTING,
        "What a standby calls itself towards its upstream; when it is empty, the name that it has here.",
    ),
    row(
        "primary_slot_name",
        "",
        Context::Reload,
        Kind::SlotName {
            get: |s| s.primary_slot_name.as_deref().unwrap_or_default(),
            set: |s, name| s.primary_slot_name = name.map(Into::into),
        },
        REPLICATION,
        "The replication slot that a standby uses on its upstream; empty is none.",
    ),
    row(
        "hot_standby",
        "on",
        Context::Restart,
        Kind::Bool { get: |s| s.hot_standby, set: |s, value| s.hot_standby = value },
        REPLICATION,
        "Whether a standby answers queries.",
    ),
    row(
        "wal_receiver_status_interval",
        "10s",
        Context::Reload,
        number!(wal_receiver_status_interval_us, Second, 0, MAX / 1000),
        REPLICATION,
        "A standby reports its positions at least so often; 0 is only when asked.",
    ),
    row(
        "wal_receiver_timeout",
        "1min",
        Context::Reload,
        number!(wal_receiver_timeout_us, Millisecond, 0, MAX),
        REPLICATION,
        "A standby ends a connection that was silent for so long; 0 is never.",
    ),
    row(
        "wal_retrieve_retry_interval",
        "5s",
        Context::Reload,
        number!(wal_retrieve_retry_interval_us, Millisecond, 1, MAX),
        REPLICATION,
        "How long a standby waits before it tries again to get log.",
    ),
    row(
        "recovery_min_apply_delay",
        "0",
        Context::Reload,
        number!(recovery_min_apply_delay_us, Millisecond, 0, MAX),
        REPLICATION,
        "A standby applies a commit no earlier than so long after it happened.",
    ),
    row(
        "statement_timeout",
        "0",
        Context::Session,
        number!(statement_timeout_us, Millisecond, 0, MAX),
        CLIENT,
        "A statement that takes longer is cancelled; 0 is never.",
    ),
    row(
        "lock_timeout",
        "0",
        Context::Session,
        number!(lock_timeout_us, Millisecond, 0, MAX),
        CLIENT,
        "A statement that waits longer for a lock is cancelled; 0 is never.",
    ),
];
