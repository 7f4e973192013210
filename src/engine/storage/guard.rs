//! What a user's statement may do, and for how long.

use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;

use super::schema::is_system;
use crate::engine::flavor::Flavor;

/// The longest text, blob or row, in bytes.
pub const VALUE_LIMIT_BYTES: i32 = 16 * 1024 * 1024;
/// The longest statement, in bytes.
pub const SQL_LIMIT_BYTES: i32 = 1024 * 1024;
/// The most rows of a result.
pub const RESULT_LIMIT_ROWS: usize = 100_000;
/// The most bytes of a result.
pub const RESULT_LIMIT_BYTES: u64 = 32 * 1024 * 1024;
/// The largest database, in bytes.
pub const DATABASE_LIMIT_BYTES: i64 = 64 * 1024 * 1024;
/// The most steps of SQLite's virtual machine that a statement may take: about a second's worth.
pub const STEP_LIMIT: i64 = 20_000_000;

const STEPS_PER_CHECK: i32 = 1000;

/// Who is asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Trust {
    /// The storage itself: everything is allowed.
    Internal = 0,
    /// A user's query or row-changing statement.
    User = 1,
    /// A user's schema change, in whose name SQLite writes its own tables.
    UserDdl = 2,
}

/// The connection's authorizer and progress handler read this.
#[derive(Debug, Default)]
pub(super) struct Guard {
    trust: AtomicU8,
    steps_left: AtomicI64,
    refusal: Mutex<Option<String>>,
}

impl Guard {
    /// Puts a connection under guard and sets its limits.
    pub(super) fn install(connection: &mut Connection, flavor: Flavor) -> rusqlite::Result<Arc<Guard>> {
        let guard = Arc::new(Guard::default());
        guard.begin(Trust::Internal);
        for (limit, value) in [
            (Limit::SQLITE_LIMIT_LENGTH, VALUE_LIMIT_BYTES),
            (Limit::SQLITE_LIMIT_SQL_LENGTH, SQL_LIMIT_BYTES),
            (Limit::SQLITE_LIMIT_EXPR_DEPTH, 200),
            (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 500),
            (Limit::SQLITE_LIMIT_COLUMN, 500),
            (Limit::SQLITE_LIMIT_VDBE_OP, 1_000_000),
            (Limit::SQLITE_LIMIT_ATTACHED, 0),
            (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000),
            (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 50),
            (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 1000),
        ] {
            connection.set_limit(limit, value)?;
        }
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        // "x" that names no column is a text in MySQL, and an error in PostgreSQL.
        let lenient = flavor == Flavor::Mysql;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, lenient)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, lenient)?;
        let authorizer = Arc::clone(&guard);
        connection.authorizer(Some(move |context: AuthContext<'_>| authorizer.authorize(&context)))?;
        let progress = Arc::clone(&guard);
        connection.progress_handler(
            STEPS_PER_CHECK,
            Some(move || {
                progress.steps_left.fetch_sub(i64::from(STEPS_PER_CHECK), Ordering::Relaxed) <= 0
                    && progress.trust.load(Ordering::Relaxed) != Trust::Internal as u8
            }),
        )?;
        Ok(guard)
    }

    /// Says who asks from now on, and gives a fresh number of steps.
    pub(super) fn begin(&self, trust: Trust) {
        self.trust.store(trust as u8, Ordering::Relaxed);
        self.steps_left.store(STEP_LIMIT, Ordering::Relaxed);
    }

    /// Why the authorizer refused, if it did since this was last asked.
    pub(super) fn take_refusal(&self) -> Option<String> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn authorize(&self, context: &AuthContext<'_>) -> Authorization {
        let trust = self.trust.load(Ordering::Relaxed);
        if trust == Trust::Internal as u8 {
            return Authorization::Allow;
        }
        match refusal(&context.action, context.database_name, trust == Trust::UserDdl as u8) {
            None => Authorization::Allow,
            Some(reason) => {
                *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
                Authorization::Deny
            }
        }
    }
}

/// PRAGMAs that tell about a database and change nothing.
const READABLE_PRAGMAS: &[&str] = &[
    "collation_list",
    "database_list",
    "foreign_key_check",
    "foreign_key_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "quick_check",
    "table_info",
    "table_list",
    "table_xinfo",
];

/// Functions that reach out of the database, or tell about the machine.
const REFUSED_FUNCTIONS: &[&str] = &[
    "edit",
    "fts3_tokenizer",
    "load_extension",
    "readfile",
    "sqlite_compileoption_get",
    "sqlite_compileoption_used",
    "sqlite_offset",
    "writefile",
];

/// Tables that SQLite computes from its own innards.
const REFUSED_TABLES: &[&str] = &["bytecode", "dbstat", "sqlite_dbpage", "sqlite_stmt", "tables_used"];

const TEMPORARY: &str = "temporary objects are not available in the laboratory";

fn refusal(action: &AuthAction<'_>, database: Option<&str>, ddl: bool) -> Option<String> {
    use AuthAction as A;
    let among = |list: &[&str], name: &str| list.iter().any(|listed| listed.eq_ignore_ascii_case(name));
    match action {
        A::CreateIndex { .. } | A::CreateTable { .. } | A::CreateTrigger { .. } | A::CreateView { .. }
            if database == Some("temp") =>
        {
            Some(TEMPORARY.to_owned())
        }
        A::Select | A::Recursive | A::AlterTable { .. } => None,
        A::CreateIndex { .. } | A::CreateTable { .. } | A::CreateTrigger { .. } | A::CreateView { .. } => None,
        A::DropIndex { .. } | A::DropTable { .. } | A::DropTrigger { .. } | A::DropView { .. } => None,
        A::Reindex { .. } | A::Analyze { .. } => None,
        A::Read { table_name, .. } if among(REFUSED_TABLES, table_name) => {
            Some(format!("permission denied for table {table_name}"))
        }
        A::Read { .. } => None,
        A::Insert { table_name } | A::Delete { table_name } | A::Update { table_name, .. } => {
            if !ddl && (is_system(table_name) || database == Some("temp")) {
                Some(format!("permission denied for table {table_name}"))
            } else {
                None
            }
        }
        A::Function { function_name } if among(REFUSED_FUNCTIONS, function_name) => {
            Some(format!("permission denied for function {function_name}"))
        }
        A::Function { .. } => None,
        A::Pragma { pragma_name, .. } if among(READABLE_PRAGMAS, pragma_name) => None,
        A::Pragma { pragma_name, .. } => Some(format!("PRAGMA {pragma_name} is not available in the laboratory")),
        A::Attach { .. } | A::Detach { .. } => Some("ATTACH and DETACH are not available in the laboratory".to_owned()),
        A::Transaction { .. } | A::Savepoint { .. } => Some("a transaction cannot be controlled from here".to_owned()),
        A::CreateVtable { .. } | A::DropVtable { .. } => {
            Some("virtual tables are not available in the laboratory".to_owned())
        }
        A::CreateTempIndex { .. }
        | A::CreateTempTable { .. }
        | A::CreateTempTrigger { .. }
        | A::CreateTempView { .. }
        | A::DropTempIndex { .. }
        | A::DropTempTable { .. }
        | A::DropTempTrigger { .. }
        | A::DropTempView { .. } => Some(TEMPORARY.to_owned()),
        _ => Some("not available in the laboratory".to_owned()),
    }
}
