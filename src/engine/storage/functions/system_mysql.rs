//! MySQL's own functions: GTID sets, and `@@variables`, which `engine/sql/system` says as `lab_variable(scope, name)`.

use std::sync::Arc;

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, Error};

use super::system::{Answer, Call};
use super::{FLAGS, Memory};
use crate::engine::facts::{self, mysql};
use crate::engine::gtid::GtidSet;
use crate::engine::storage::translate::DATABASE_NAME;
use crate::engine::storage::{SqlError, Value};

/// Registers them.
pub(super) fn register(connection: &Connection, memory: &Arc<Memory>) -> rusqlite::Result<()> {
    let define = |name: &str, arguments: i32, function: fn(&Call<'_, '_>) -> Answer| {
        let memory = Arc::clone(memory);
        connection.create_scalar_function(name, arguments, FLAGS, move |context| {
            function(&Call::new(context, &memory.desk))
        })?;
        Ok::<(), Error>(())
    };
    define("gtid_subset", 2, |call| {
        let (Some(a), Some(b)) = (set(call, 0)?, set(call, 1)?) else { return Ok(Sql::Null) };
        Ok(Sql::Integer(i64::from(a.is_subset_of(&b))))
    })?;
    define("gtid_subtract", 2, |call| {
        let (Some(a), Some(b)) = (set(call, 0)?, set(call, 1)?) else { return Ok(Sql::Null) };
        Ok(Sql::Text(a.subtract(&b).to_string()))
    })?;
    define("lab_variable", 2, |call| {
        let (scope, name) = (call.text(0).unwrap_or_default(), call.text(1).unwrap_or_default());
        match mysql::variable(&*call.facts()?, &scope, &name) {
            Ok(Value::Integer(number)) => Ok(Sql::Integer(number)),
            Ok(Value::Null) => Ok(Sql::Null),
            Ok(value) => Ok(Sql::Text(value.to_string())),
            Err(error) => Err(call.raise(error)),
        }
    })?;
    define("version", 0, |_| Ok(Sql::Text(facts::MYSQL_VERSION.to_owned())))?;
    for name in ["database", "schema"] {
        define(name, 0, |_| Ok(Sql::Text(DATABASE_NAME.to_owned())))?;
    }
    define("connection_id", 0, |call| Ok(Sql::Integer(call.facts()?.backend_pid)))
}

/// An argument that is a set; `None` for NULL.
fn set(call: &Call<'_, '_>, index: usize) -> rusqlite::Result<Option<GtidSet>> {
    let Some(text) = call.text(index) else { return Ok(None) };
    let parsed = text.parse::<GtidSet>().map(Some);
    parsed.map_err(|error| call.raise(SqlError { number: error.number(), ..SqlError::new("HY000", error.to_string()) }))
}
