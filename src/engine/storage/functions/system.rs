//! PostgreSQL's own functions: what a server knows of itself, from the [`Facts`] that the node put there.
//!
//! Messages, hints and SQLSTATEs are those of 15.18: `xlogfuncs.c`, `guc.c`, `pg_lsn.c`, asked as recorded in
//! `tests/data/postgresql-15-mirror.txt`.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::functions::Context;
use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Connection, Error};

use super::{FLAGS, Memory};
use crate::engine::beside::Beside;
use crate::engine::facts::{self, Effect, Facts};
use crate::engine::log::{Lsn, segment_name};
use crate::engine::storage::SqlError;
use crate::engine::storage::translate::DATABASE_NAME;

/// What the system's functions read, and what they leave behind.
#[derive(Debug, Default)]
pub(in crate::engine::storage) struct Desk {
    facts: Mutex<Option<Arc<Facts>>>,
    effects: Mutex<Vec<Effect>>,
    raised: Mutex<Option<SqlError>>,
    beside: Mutex<Option<Box<Beside>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desk {
    /// What functions read from now on.
    pub(in crate::engine::storage) fn set_facts(&self, facts: Option<Arc<Facts>>) {
        *lock(&self.facts) = facts;
        lock(&self.effects).clear();
    }

    /// What functions wanted done since facts were set.
    pub(in crate::engine::storage) fn take_effects(&self) -> Vec<Effect> {
        std::mem::take(&mut lock(&self.effects))
    }

    /// The error that a function raised, if one did since this was last asked.
    pub(in crate::engine::storage) fn take_raised(&self) -> Option<SqlError> {
        lock(&self.raised).take()
    }

    /// What functions change beside rows, from now on.
    pub(in crate::engine::storage) fn set_beside(&self, beside: Option<Box<Beside>>) {
        *lock(&self.beside) = beside;
    }

    /// What they left of it.
    pub(in crate::engine::storage) fn take_beside(&self) -> Option<Box<Beside>> {
        lock(&self.beside).take()
    }

    fn raise(&self, error: SqlError) -> Error {
        let message = error.message.clone();
        *lock(&self.raised) = Some(error);
        Error::UserFunctionError(message.into())
    }
}

/// A call of a function: its arguments and the desk.
pub(super) struct Call<'c, 'a> {
    context: &'c Context<'a>,
    desk: &'c Desk,
}

/// What a function gives.
pub(super) type Answer = rusqlite::Result<Sql>;

impl<'c, 'a> Call<'c, 'a> {
    pub(super) fn new(context: &'c Context<'a>, desk: &'c Desk) -> Self {
        Call { context, desk }
    }

    /// Ends the call with a server's error.
    pub(super) fn raise(&self, error: SqlError) -> Error {
        self.desk.raise(error)
    }

    pub(super) fn facts(&self) -> rusqlite::Result<Arc<Facts>> {
        let none = || SqlError::new("0A000", "a server's own functions cannot be used here");
        lock(&self.desk.facts).clone().ok_or_else(|| self.desk.raise(none()))
    }

    /// A text argument; `None` for NULL.
    pub(super) fn text(&self, index: usize) -> Option<String> {
        match self.context.get_raw(index) {
            ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Integer(number) => Some(number.to_string()),
            ValueRef::Real(number) => Some(number.to_string()),
            ValueRef::Null | ValueRef::Blob(_) => None,
        }
    }

    /// A whole number.
    pub(super) fn integer(&self, index: usize) -> Option<i64> {
        self.text(index).and_then(|text| text.trim().parse().ok())
    }

    /// How many arguments there are.
    pub(super) fn count(&self) -> usize {
        self.context.len()
    }

    /// An argument as it is.
    pub(super) fn raw(&self, index: usize) -> ValueRef<'_> {
        self.context.get_raw(index)
    }

    /// Works on what is beside rows; `None` where there is nothing of it, as on a replica that executes a statement.
    pub(super) fn beside<T>(&self, act: impl FnOnce(&mut Beside) -> T) -> Option<T> {
        lock(&self.desk.beside).as_deref_mut().map(act)
    }

    fn lsn(&self, index: usize) -> rusqlite::Result<Option<Lsn>> {
        let Some(text) = self.text(index) else { return Ok(None) };
        text.trim().parse().map(Some).map_err(|_| {
            self.desk.raise(SqlError::new("22P02", format!("invalid input syntax for type pg_lsn: \"{text}\"")))
        })
    }

    fn not_now(&self, message: &str, hint: &str) -> Error {
        self.desk.raise(SqlError::new("55000", message).with_hint(hint))
    }

    /// The facts of a server that is not in recovery.
    fn writable(&self, function: Option<&str>) -> rusqlite::Result<Arc<Facts>> {
        let facts = self.facts()?;
        if !facts.in_recovery {
            return Ok(facts);
        }
        Err(match function {
            None => {
                self.not_now("recovery is in progress", "WAL control functions cannot be executed during recovery.")
            }
            Some(name) => {
                self.not_now("recovery is in progress", &format!("{name}() cannot be executed during recovery."))
            }
        })
    }

    /// The facts of a server that is in recovery.
    fn recovering(&self) -> rusqlite::Result<Arc<Facts>> {
        let facts = self.facts()?;
        if facts.in_recovery {
            return Ok(facts);
        }
        let hint = "Recovery control functions can only be executed during recovery.";
        Err(self.not_now("recovery is not in progress", hint))
    }

    /// The same, for what cannot be done once promotion has begun.
    fn replaying(&self, name: &str) -> rusqlite::Result<Arc<Facts>> {
        let facts = self.recovering()?;
        if !facts.promoting {
            return Ok(facts);
        }
        let hint = format!("{name}() cannot be executed after promotion is triggered.");
        Err(self.not_now("standby promotion is ongoing", &hint))
    }

    fn effect(&self, effect: Effect) {
        lock(&self.desk.effects).push(effect);
    }
}

fn text(text: impl ToString) -> Sql {
    Sql::Text(text.to_string())
}

fn maybe(value: Option<impl ToString>) -> Sql {
    value.map_or(Sql::Null, text)
}

fn boolean(value: bool) -> Sql {
    Sql::Integer(i64::from(value))
}

/// Registers PostgreSQL's functions and the collation of log positions.
pub(super) fn register(connection: &Connection, memory: &Arc<Memory>) -> rusqlite::Result<()> {
    let define = |name: &str, arguments: &[i32], function: fn(&Call<'_, '_>) -> Answer| {
        for count in arguments {
            let memory = Arc::clone(memory);
            connection.create_scalar_function(name, *count, FLAGS, move |context| {
                function(&Call { context, desk: &memory.desk })
            })?;
        }
        Ok::<(), Error>(())
    };
    define("pg_is_in_recovery", &[0], |call| Ok(boolean(call.facts()?.in_recovery)))?;
    define("pg_current_wal_lsn", &[0], |call| Ok(text(call.writable(None)?.written)))?;
    define("pg_current_wal_insert_lsn", &[0], |call| Ok(text(call.writable(None)?.insert)))?;
    define("pg_current_wal_flush_lsn", &[0], |call| Ok(text(call.writable(None)?.flushed)))?;
    define("pg_last_wal_receive_lsn", &[0], |call| Ok(maybe(call.facts()?.received)))?;
    define("pg_last_wal_replay_lsn", &[0], |call| Ok(maybe(call.facts()?.replayed)))?;
    define("pg_last_xact_replay_timestamp", &[0], |call| {
        Ok(maybe(call.facts()?.replayed_commit_at.map(facts::timestamptz)))
    })?;
    define("pg_is_wal_replay_paused", &[0], |call| Ok(boolean(call.recovering()?.replay_paused)))?;
    define("pg_get_wal_replay_pause_state", &[0], |call| {
        Ok(text(if call.recovering()?.replay_paused { "paused" } else { "not paused" }))
    })?;
    define("pg_wal_replay_pause", &[0], |call| {
        call.replaying("pg_wal_replay_pause")?;
        call.effect(Effect::PauseReplay(true));
        Ok(text(""))
    })?;
    define("pg_wal_replay_resume", &[0], |call| {
        call.replaying("pg_wal_replay_resume")?;
        call.effect(Effect::PauseReplay(false));
        Ok(text(""))
    })?;
    define("pg_promote", &[0, 1, 2], |call| {
        call.recovering()?;
        call.effect(Effect::Promote);
        Ok(boolean(true))
    })?;
    define("pg_reload_conf", &[0], |call| {
        call.effect(Effect::Reload);
        Ok(boolean(true))
    })?;
    define("pg_wal_lsn_diff", &[2], |call| match (call.lsn(0)?, call.lsn(1)?) {
        (Some(a), Some(b)) => Ok(i64::try_from(i128::from(a.0) - i128::from(b.0)).map_or(Sql::Null, Sql::Integer)),
        _ => Ok(Sql::Null),
    })?;
    define("pg_walfile_name", &[1], |call| {
        let Some(lsn) = call.lsn(0)? else { return Ok(Sql::Null) };
        let facts = call.writable(Some("pg_walfile_name"))?;
        // A position at a boundary belongs to the file before it (XLByteToPrevSeg).
        let before = Lsn(lsn.0.saturating_sub(1));
        Ok(text(segment_name(facts.timeline, before, facts.settings.wal_segment_size_bytes)))
    })?;
    define("current_setting", &[1, 2], |call| {
        let Some(name) = call.text(0) else { return Ok(Sql::Null) };
        let missing_ok =
            call.context.len() == 2 && !matches!(call.text(1).as_deref(), None | Some("0" | "f" | "false"));
        match call.facts()?.setting(&name) {
            Ok(value) => Ok(text(value)),
            Err(_) if missing_ok => Ok(Sql::Null),
            Err(error) => Err(call.desk.raise(SqlError::new(error.code, error.message))),
        }
    })?;
    define("version", &[0], |_| Ok(text(format!("PostgreSQL {} (Replication Lab)", facts::POSTGRESQL_VERSION))))?;
    define("pg_postmaster_start_time", &[0], |call| Ok(text(facts::timestamptz(call.facts()?.started_at))))?;
    define("inet_server_addr", &[0], |call| Ok(text(Facts::address(call.facts()?.id))))?;
    define("inet_server_port", &[0], |call| Ok(Sql::Integer(Facts::port(call.facts()?.settings.flavor()))))?;
    define("current_database", &[0], |_| Ok(text(DATABASE_NAME)))?;
    define("pg_backend_pid", &[0], |call| Ok(Sql::Integer(call.facts()?.backend_pid)))?;
    define("pg_size_pretty", &[1], |call| {
        let number = call.text(0).and_then(|text| text.parse::<i64>().ok());
        Ok(number.map_or(Sql::Null, |number| text(pretty(number))))
    })?;
    define("pg_timestamp_diff", &[2], |call| {
        let instant = |index| call.text(index).and_then(|text| facts::parse_timestamp(&text));
        Ok(maybe(instant(0).zip(instant(1)).and_then(|(a, b)| a.checked_sub(b)).map(facts::interval)))
    })?;
    define("pg_extract_epoch", &[1], |call| {
        let Some(text) = call.text(0) else { return Ok(Sql::Null) };
        let us = facts::parse_timestamp(&text).or_else(|| facts::interval_seconds(&text));
        #[expect(clippy::cast_precision_loss, reason = "SQL's answer is a number with six decimals")]
        Ok(us.map_or(Sql::Null, |us| Sql::Real(us as f64 / 1e6)))
    })?;
    connection.create_collation("pg_lsn", |a, b| match (a.parse::<Lsn>(), b.parse::<Lsn>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        _ => a.cmp(b),
    })
}

/// A size in the unit that leaves at most four digits (`pg_size_pretty_units` in `dbsize.c`).
fn pretty(bytes: i64) -> String {
    const UNITS: [&str; 6] = ["bytes", "kB", "MB", "GB", "TB", "PB"];
    let half = |size: i128| if size < 0 { (size - 1) / 2 } else { (size + 1) / 2 };
    let mut size = i128::from(bytes);
    if size.abs() < 10 * 1024 {
        return format!("{size} bytes");
    }
    // One bit more than the unit has is kept until the end, to round by.
    size /= 512;
    for unit in &UNITS[1..] {
        if size.abs() < 20 * 1024 - 1 || *unit == "PB" {
            return format!("{} {unit}", half(size));
        }
        size /= 1024;
    }
    format!("{bytes} bytes")
}

#[cfg(test)]
mod tests {
    use super::pretty;

    #[test]
    fn sizes_as_postgresql_15_18_printed_them() {
        let shown = [100, 10_239, 10_240, 20_000_000, -20_000, 123_456].map(pretty);
        assert_eq!(shown, ["100 bytes", "10239 bytes", "10 kB", "19 MB", "-20 kB", "121 kB"]);
    }
}
