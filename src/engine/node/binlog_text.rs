//! Whether the binary log gets a statement as text or as the rows that it changed (`binlog_format`).

use super::core::{Core, EPOCH_US};
use super::session::Session;
use crate::engine::settings::BinlogFormat;
use crate::engine::sql;
use crate::engine::storage::{Database, Image, StatementEvent};
use crate::engine::time::SimTime;

/// How a statement's changes are logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Row by row.
    Rows,
    /// As text.
    Text,
}

/// What is kept of a statement that has run, for its undoing and its logging.
#[derive(Debug, Default)]
pub struct Logging {
    /// The database before a statement that changed the schema.
    pub before: Option<Image>,
    /// The statement, where it is logged as text.
    pub event: Option<StatementEvent>,
}

/// How a statement of this session is logged. Schema changes are text in every format, and have their own record.
#[must_use]
pub fn format(core: &Core, session: &Session, sql: &str, ddl: bool) -> Format {
    if core.binlog.is_none() || ddl {
        return Format::Rows;
    }
    match session.binlog_format.unwrap_or(core.settings.mysql.binlog_format) {
        BinlogFormat::Row => Format::Rows,
        BinlogFormat::Statement => Format::Text,
        BinlogFormat::Mixed if sql::unsafe_reason(sql).is_some() => Format::Rows,
        BinlogFormat::Mixed => Format::Text,
    }
}

/// The event for a statement that is about to run.
#[must_use]
pub fn event(work: &mut Database, sql: &str, now: SimTime) -> StatementEvent {
    let rand_seed = sql::calls(sql, &["rand"]).then(|| work.draw_seed());
    StatementEvent { sql: sql.into(), timestamp_us: EPOCH_US + now.0 as i64, rand_seed }
}

/// What the server says of a statement that it logs as text although it may do something else on a replica
/// (MySQL 8.4, ER_BINLOG_UNSAFE_STATEMENT, a note of level 1592).
#[must_use]
pub fn warning(reason: &str) -> String {
    format!(
        "Note 1592: Unsafe statement written to the binary log using statement format since BINLOG_FORMAT = STATEMENT. \
         {reason}"
    )
}
