//! Functions that change something beside rows: sequences and advisory locks of PostgreSQL, user variables and user-level
//! locks of MySQL. They work on what the node has laid out for the statement ([`Beside`]).

use std::sync::Arc;

use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Connection, Error};

use super::system::{Answer, Call};
use super::{FLAGS, Memory};
use crate::engine::beside::{Beside, Holder, LockKey, Mode, Reach, Scope, Wait};
use crate::engine::facts::Facts;
use crate::engine::storage::{SqlError, Value};
use crate::engine::time::SECOND_US;

type Function = fn(&Call<'_, '_>) -> Answer;

fn define(
    connection: &Connection,
    memory: &Arc<Memory>,
    name: &str,
    arguments: &[i32],
    function: Function,
) -> rusqlite::Result<()> {
    for count in arguments {
        let memory = Arc::clone(memory);
        connection
            .create_scalar_function(name, *count, FLAGS, move |context| function(&Call::new(context, &memory.desk)))?;
    }
    Ok(())
}

/// What a call on what is beside rows gave, as SQL's value or error.
fn given<T>(call: &Call<'_, '_>, value: Option<Result<T, SqlError>>, say: impl FnOnce(T) -> Sql) -> Answer {
    let missing = || Err(SqlError::new("0A000", "this function cannot be used here"));
    value.unwrap_or_else(missing).map(say).map_err(|error| call.raise(error))
}

/// Registers PostgreSQL's.
pub(super) fn register_postgresql(connection: &Connection, memory: &Arc<Memory>) -> rusqlite::Result<()> {
    let define = |name: &str, arguments: &[i32], function| define(connection, memory, name, arguments, function);
    define("nextval", &[1], |call| {
        let Some(name) = call.text(0) else { return Ok(Sql::Null) };
        given(call, call.beside(|beside| beside.nextval(&name)), Sql::Integer)
    })?;
    define("currval", &[1], |call| {
        let Some(name) = call.text(0) else { return Ok(Sql::Null) };
        given(call, call.beside(|beside| beside.currval(&name)), Sql::Integer)
    })?;
    define("lastval", &[0], |call| given(call, call.beside(|beside| beside.lastval()), Sql::Integer))?;
    define("setval", &[2, 3], |call| {
        let (Some(name), Some(value)) = (call.text(0), call.integer(1)) else { return Ok(Sql::Null) };
        let called = call.count() < 3 || !matches!(call.text(2).as_deref(), None | Some("0" | "f" | "false"));
        given(call, call.beside(|beside| beside.setval(&name, value, called)), Sql::Integer)
    })?;
    define("pg_advisory_lock", &[1, 2], |call| wait_for(call, Mode::Exclusive, Reach::Session))?;
    define("pg_advisory_lock_shared", &[1, 2], |call| wait_for(call, Mode::Shared, Reach::Session))?;
    define("pg_advisory_xact_lock", &[1, 2], |call| wait_for(call, Mode::Exclusive, Reach::Transaction))?;
    define("pg_advisory_xact_lock_shared", &[1, 2], |call| wait_for(call, Mode::Shared, Reach::Transaction))?;
    define("pg_try_advisory_lock", &[1, 2], |call| try_for(call, Mode::Exclusive, Reach::Session))?;
    define("pg_try_advisory_lock_shared", &[1, 2], |call| try_for(call, Mode::Shared, Reach::Session))?;
    define("pg_try_advisory_xact_lock", &[1, 2], |call| try_for(call, Mode::Exclusive, Reach::Transaction))?;
    define("pg_try_advisory_xact_lock_shared", &[1, 2], |call| try_for(call, Mode::Shared, Reach::Transaction))?;
    define("pg_advisory_unlock", &[1, 2], |call| give(call, Mode::Exclusive))?;
    define("pg_advisory_unlock_shared", &[1, 2], |call| give(call, Mode::Shared))?;
    define("pg_advisory_unlock_all", &[0], |call| {
        given(
            call,
            call.beside(|beside| asker(beside).map(|who| beside.locks.give_all(who.conn, Scope::Session))),
            |_| Sql::Text(String::new()),
        )
    })
}

fn asker(beside: &Beside) -> Result<Holder, SqlError> {
    let none = || SqlError::new("0A000", "locks cannot be taken from here");
    beside.asker.map(|(conn, txn)| Holder { conn, txn }).ok_or_else(none)
}

/// The lock that one number or two stand for; `None` when one is NULL.
fn key(call: &Call<'_, '_>) -> rusqlite::Result<Option<LockKey>> {
    let out_of_range = || call.raise(SqlError::new("22003", "integer out of range"));
    match call.count() {
        1 => Ok(call.integer(0).map(LockKey::Number)),
        _ => {
            let (Some(first), Some(second)) = (call.integer(0), call.integer(1)) else { return Ok(None) };
            let small = |number: i64| i32::try_from(number).map_err(|_| out_of_range());
            Ok(Some(LockKey::Pair(small(first)?, small(second)?)))
        }
    }
}

fn boolean(value: bool) -> Sql {
    Sql::Integer(i64::from(value))
}

fn wait_for(call: &Call<'_, '_>, mode: Mode, reach: Reach) -> Answer {
    let Some(key) = key(call)? else { return Ok(Sql::Null) };
    let taken = call.beside(|beside| {
        let who = asker(beside)?;
        beside.locks.take(key, who, mode, reach).map_err(|holder| {
            beside.wait = Some(Wait::Named(holder, None));
            SqlError::new("55P03", "the lock is not free")
        })
    });
    given(call, taken, |()| Sql::Text(String::new()))
}

fn try_for(call: &Call<'_, '_>, mode: Mode, reach: Reach) -> Answer {
    let Some(key) = key(call)? else { return Ok(Sql::Null) };
    let taken = call.beside(|beside| asker(beside).map(|who| beside.locks.take(key, who, mode, reach).is_ok()));
    given(call, taken, boolean)
}

fn give(call: &Call<'_, '_>, mode: Mode) -> Answer {
    let Some(key) = key(call)? else { return Ok(Sql::Null) };
    let given_back = call.beside(|beside| {
        let who = asker(beside)?;
        let owned = beside.locks.give(&key, who.conn, mode);
        if !owned {
            beside.not_owned = Some(mode);
        }
        Ok(owned)
    });
    given(call, given_back, boolean)
}

/// Registers MySQL's.
pub(super) fn register_mysql(connection: &Connection, memory: &Arc<Memory>) -> rusqlite::Result<()> {
    let define = |name: &str, arguments: &[i32], function| define(connection, memory, name, arguments, function);
    define("get_lock", &[2], |call| {
        let Some(key) = name_of_lock(call)? else { return Ok(Sql::Null) };
        // Below 0 is without end; a fraction is rounded up to whole seconds nowhere: it is a wait like any other.
        let seconds = call.text(1).and_then(|text| text.trim().parse::<f64>().ok()).unwrap_or(0.0);
        let within_us = (seconds >= 0.0).then(|| microseconds(seconds));
        let taken = call.beside(|beside| {
            let who = asker(beside)?;
            match beside.locks.take(key, who, Mode::Exclusive, Reach::Session) {
                Ok(()) => Ok(1),
                Err(_) if beside.waited || within_us == Some(0) => Ok(0),
                Err(holder) => {
                    beside.wait = Some(Wait::Named(holder, within_us));
                    Err(SqlError::new("HY000", "the lock is not free"))
                }
            }
        });
        given(call, taken, Sql::Integer)
    })?;
    define("release_lock", &[1], |call| {
        let Some(key) = name_of_lock(call)? else { return Ok(Sql::Null) };
        let released = call.beside(|beside| {
            let who = asker(beside)?;
            let held = beside.locks.holder(&key).is_some();
            Ok((held, beside.locks.give(&key, who.conn, Mode::Exclusive)))
        });
        given(call, released, |(held, own)| if held { boolean(own) } else { Sql::Null })
    })?;
    define("release_all_locks", &[0], |call| {
        let given_back =
            |beside: &mut Beside| asker(beside).map(|who| i64::from(beside.locks.give_all(who.conn, Scope::Session)));
        given(call, call.beside(given_back), Sql::Integer)
    })?;
    define("is_free_lock", &[1], |call| {
        let Some(key) = name_of_lock(call)? else { return Ok(Sql::Null) };
        given(call, call.beside(|beside| Ok(beside.locks.holder(&key).is_none())), boolean)
    })?;
    define("is_used_lock", &[1], |call| {
        let Some(key) = name_of_lock(call)? else { return Ok(Sql::Null) };
        let holder = call.beside(|beside| Ok(beside.locks.holder(&key)));
        given(call, holder, |holder| holder.map_or(Sql::Null, |conn| Sql::Integer(Facts::pid(conn))))
    })?;
    define("lab_user_variable", &[1], |call| {
        let name = call.text(0).unwrap_or_default();
        let value = call.beside(|beside| beside.own.variables.get(&name).cloned()).flatten();
        Ok(value.map_or(Sql::Null, to_sql))
    })?;
    define("lab_set_variable", &[2], |call| {
        let name = call.text(0).unwrap_or_default();
        let value = from_sql(call.raw(1));
        call.beside(|beside| beside.own.variables.insert(name, value.clone()));
        Ok(to_sql(value))
    })?;
    define("last_insert_id", &[1], |call| {
        let Some(number) = call.integer(0) else { return Ok(Sql::Null) };
        call.beside(|beside| beside.own.last_insert_id = number);
        Ok(Sql::Integer(number))
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates, and is not below 0")]
fn microseconds(seconds: f64) -> u64 {
    (seconds * SECOND_US as f64) as u64
}

/// MySQL 8.4, item_func.cc, check_and_convert_ull_name(): not empty, at most 64 characters, in any case.
fn name_of_lock(call: &Call<'_, '_>) -> Result<Option<LockKey>, Error> {
    let Some(name) = call.text(0).filter(|name| !name.is_empty() && name.chars().count() <= 64) else {
        let shown = call.text(0).unwrap_or_else(|| "NULL".to_owned());
        let message = match shown.chars().count() > 64 {
            true => format!("User-level lock name '{shown}' should not exceed 64 characters."),
            false => format!("Incorrect user-level lock name '{shown}'."),
        };
        let number = if shown.chars().count() > 64 { 4163 } else { 3057 };
        return Err(call.raise(SqlError { number, ..SqlError::new("42000", message) }));
    };
    Ok(Some(LockKey::Name(name.to_lowercase())))
}

fn to_sql(value: Value) -> Sql {
    match value {
        Value::Null => Sql::Null,
        Value::Integer(number) => Sql::Integer(number),
        Value::Real(number) => Sql::Real(number),
        Value::Text(text) => Sql::Text(text.to_string()),
        Value::Blob(bytes) => Sql::Blob(bytes.to_vec()),
    }
}

fn from_sql(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned().into()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.into()),
    }
}
