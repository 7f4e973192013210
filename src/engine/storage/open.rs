//! An open database: the connection to SQLite and all that hangs on it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, ffi};

use super::apply::TableStatements;
use super::capture::{Capture, Totals};
use super::checksum::{RowHasher, table_seed};
use super::clock;
use super::counters::COUNTER_TABLE;
use super::error::{SqlError, StorageError};
use super::functions::{self, Memory};
use super::guard::{DATABASE_LIMIT_BYTES, Guard, Trust};
use super::image::Image;
use super::schema::{Catalog, quoted};
use super::statement::{Content, Failure, Statement, Step};
use super::translate::{Complaint, translate};
use crate::engine::flavor::Flavor;
use crate::order::OrderedMap;

/// The size of a page, in bytes: small, since most databases here are, and images are made of whole pages.
const PAGE_BYTES: i64 = 1024;

/// The application id in the header of every database file of ours: "rlab".
const APPLICATION_ID: i32 = i32::from_be_bytes(*b"rlab");

/// How many statements of users are kept prepared.
const CACHED_STATEMENTS: usize = 64;

/// An open database.
pub(super) struct Open {
    // Statements are finalised before the connection closes, and the hook's state outlives it: the order of
    // these fields is the order in which they are dropped.
    pub(super) statements: Statements,
    pub(super) connection: Connection,
    pub(super) capture: Capture,
    pub(super) guard: Arc<Guard>,
    pub(super) memory: Arc<Memory>,
    pub(super) catalog: Arc<Catalog>,
    pub(super) flavor: Flavor,
    /// Whether triggers fire and foreign keys are enforced: off while changes are applied.
    pub(super) enforcing: bool,
    /// SQLite's words for the last error.
    pub(super) last_message: String,
}

/// The connection's prepared statements.
pub(super) struct Statements {
    pub(super) begin: Statement,
    pub(super) commit: Statement,
    pub(super) rollback: Statement,
    pub(super) schema_version: Statement,
    /// By their text, with the count of their last use.
    pub(super) cache: OrderedMap<Box<str>, (u64, Statement)>,
    pub(super) uses: u64,
    pub(super) upsert_kv: Option<Statement>,
    pub(super) read_kv: Option<Statement>,
    /// In the order of the catalog's tables.
    pub(super) tables: Vec<TableStatements>,
}

impl Open {
    /// Opens an empty database, or what an image holds.
    pub(super) fn new(flavor: Flavor, memory: Arc<Memory>, image: Option<&Image>) -> Result<Open, StorageError> {
        let open = || -> rusqlite::Result<(Connection, Arc<Guard>)> {
            clock::register();
            let flags =
                OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let mut connection = Connection::open_with_flags_and_vfs(":memory:", flags, clock::VFS)?;
            let pages = DATABASE_LIMIT_BYTES / PAGE_BYTES;
            connection.execute_batch(&format!(
                "PRAGMA page_size = {PAGE_BYTES}; PRAGMA temp_store = MEMORY; PRAGMA max_page_count = {pages};"
            ))?;
            if image.is_none() {
                // Writes the first page, so that even an empty database has an image.
                connection.execute_batch(&format!("PRAGMA application_id = {APPLICATION_ID}"))?;
            }
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, true)?;
            functions::register(&connection, flavor, &memory)?;
            let guard = Guard::install(&mut connection, flavor)?;
            Ok((connection, guard))
        };
        let (connection, guard) = open().map_err(failed)?;
        if let Some(image) = image {
            image.restore(&connection)?;
        }
        // SAFETY: the connection is closed when `Open` is dropped, before the capture is: see the order of fields.
        let mut capture = unsafe { Capture::install(connection.handle()) };
        let prepare = |sql: &str| {
            // SAFETY: the statements are dropped before the connection: see the order of fields.
            match unsafe { Statement::prepare(connection.handle(), sql) } {
                Ok((Some(statement), _)) => Ok(statement),
                _ => Err(StorageError(format!("SQLite does not take {sql}"))),
            }
        };
        let statements = Statements {
            begin: prepare("BEGIN IMMEDIATE")?,
            commit: prepare("COMMIT")?,
            rollback: prepare("ROLLBACK")?,
            schema_version: prepare("PRAGMA schema_version")?,
            cache: OrderedMap::new(),
            uses: 0,
            upsert_kv: None,
            read_kv: None,
            tables: Vec::new(),
        };
        capture.state().totals = image.map(|image| image.totals).unwrap_or_default();
        let catalog = Arc::new(Catalog::default());
        let mut open = Open {
            statements,
            connection,
            capture,
            guard,
            memory,
            catalog,
            flavor,
            enforcing: true,
            last_message: String::new(),
        };
        open.set_catalog(image.map(|image| Arc::clone(&image.catalog)).unwrap_or_default());
        Ok(open)
    }

    /// Replaces the content by an image's.
    pub(super) fn restore(&mut self, image: &Image) -> Result<(), StorageError> {
        self.guard.begin(Trust::Internal);
        image.restore(&self.connection)?;
        self.capture.state().totals = image.totals;
        self.set_catalog(Arc::clone(&image.catalog));
        Ok(())
    }

    /// Takes an image.
    pub(super) fn image(&self) -> Result<Image, StorageError> {
        // SQLite asks for the number of pages, which a user may not.
        self.guard.begin(Trust::Internal);
        Image::take(&self.connection, self.capture.totals(), self.checksum(), &self.catalog)
    }

    /// Reads the schema anew.
    pub(super) fn load_catalog(&mut self) -> Result<(), StorageError> {
        self.guard.begin(Trust::Internal);
        let catalog = Catalog::load(&self.connection).map_err(failed)?;
        self.set_catalog(Arc::new(catalog));
        Ok(())
    }

    fn set_catalog(&mut self, catalog: Arc<Catalog>) {
        self.statements.tables.clear();
        self.statements.tables.resize_with(catalog.tables.len(), TableStatements::default);
        self.capture.state().tables.clone_from(&catalog.tables);
        self.catalog = catalog;
    }

    /// Prepares a statement of the storage's own.
    pub(super) fn prepare(&self, sql: &str) -> Result<Statement, Failure> {
        self.guard.begin(Trust::Internal);
        // SAFETY: what is prepared is kept in `self.statements`, or dropped before `self` is.
        match unsafe { Statement::prepare(self.connection.handle(), sql) }? {
            (Some(statement), _) => Ok(statement),
            (None, _) => Err(Failure::Sqlite(ffi::SQLITE_MISUSE)),
        }
    }

    /// Switches triggers and foreign keys on or off, if the schema has any: switching makes SQLite prepare all
    /// statements again.
    pub(super) fn enforce(&mut self, on: bool) -> Result<(), StorageError> {
        if self.enforcing != on && self.catalog.enforces {
            self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, on).map_err(failed)?;
            self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, on).map_err(failed)?;
            self.enforcing = on;
        }
        Ok(())
    }

    /// Switches foreign keys alone.
    pub(super) fn enforce_foreign_keys(&mut self, on: bool) -> Result<(), StorageError> {
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, on).map(drop).map_err(failed)
    }

    /// The schema's version: SQLite counts it up with every change.
    pub(super) fn schema_version(&mut self) -> Result<i64, Failure> {
        // Stepping may prepare it anew, which the authoriser of a user's statement would refuse.
        self.guard.begin(Trust::Internal);
        let statement = &mut self.statements.schema_version;
        let version = statement.step().map(|_| statement.column_integer(0));
        statement.reset();
        version
    }

    /// The checksum of the logical content.
    pub(super) fn checksum(&self) -> u64 {
        let mut sum = self.capture.totals().hash.wrapping_add(self.catalog.hash);
        for (table, number) in self.counters() {
            let mut hasher = RowHasher::new(table_seed(COUNTER_TABLE));
            hasher.value(Content::Text(table.as_bytes()));
            hasher.value(Content::Integer(number));
            sum = sum.wrapping_add(hasher.finish());
        }
        sum
    }

    /// The totals, counted row by row.
    pub(super) fn scan(&mut self) -> Result<Totals, Failure> {
        let mut totals = Totals::default();
        for table in self.catalog.tables.clone() {
            let columns = table.stored_columns().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
            let mut statement = self.prepare(&format!("SELECT {columns} FROM {}", quoted(&table.name)))?;
            while statement.step()? == Step::Row {
                let mut hasher = RowHasher::new(table.seed);
                for index in 0..statement.column_count() {
                    hasher.value(statement.content(index));
                }
                totals.hash = totals.hash.wrapping_add(hasher.finish());
                totals.rows += 1;
            }
        }
        Ok(totals)
    }

    /// Forgets what the functions `changes()` and so on told before, and tells the new numbers.
    pub(super) fn remember_changes(&self, changes: u64, inserted: bool) {
        let changes = i64::try_from(changes).unwrap_or(i64::MAX);
        self.memory.changes.store(changes, Ordering::Relaxed);
        self.memory.total_changes.fetch_add(changes, Ordering::Relaxed);
        if inserted {
            self.memory.last_insert_rowid.store(self.connection.last_insert_rowid(), Ordering::Relaxed);
        }
    }

    /// An SQL error out of what SQLite says now.
    pub(super) fn complaint(&mut self, failure: Failure, sql: &str) -> SqlError {
        // SAFETY: the connection is open; the message is a C string until the next call, and is copied.
        let (code, message, offset) = unsafe {
            let db = self.connection.handle();
            let message = std::ffi::CStr::from_ptr(ffi::sqlite3_errmsg(db)).to_string_lossy().into_owned();
            (ffi::sqlite3_extended_errcode(db), message, ffi::sqlite3_error_offset(db))
        };
        let (code, message) = match failure {
            Failure::Sqlite(failed) if failed == code || failed & 0xff == code & 0xff => (code, message),
            Failure::Sqlite(failed) => (failed, message),
            Failure::NotUtf8(byte) => return SqlError::not_utf8(self.flavor, byte),
        };
        if let Some(raised) = self.memory.desk.take_raised() {
            self.last_message.clone_from(&message);
            return raised;
        }
        let refused = self.guard.take_refusal();
        self.last_message.clone_from(&message);
        translate(&Complaint {
            flavor: self.flavor,
            code,
            message: &message,
            offset: usize::try_from(offset).ok(),
            sql,
            refused,
            catalog: &self.catalog,
        })
    }

    /// Takes the statement for a text out of the cache, or prepares it.
    pub(super) fn cached(&mut self, sql: &str, trust: Trust) -> Result<Statement, SqlError> {
        self.guard.begin(trust);
        if let Some((_, statement)) = self.statements.cache.remove(sql) {
            return Ok(statement);
        }
        if let Some(at) = sql.find('\0') {
            return Err(SqlError::syntax(self.flavor, sql, at, "\\0"));
        }
        // SAFETY: the statement goes into `self.statements`, or is dropped before `self` is.
        match unsafe { Statement::prepare(self.connection.handle(), sql) } {
            Ok((Some(statement), end)) => {
                let rest = crate::engine::sql::first_token(sql.get(end..).unwrap_or_default(), self.flavor);
                match rest {
                    Some(_) => Err(SqlError::several_statements(self.flavor)),
                    None if statement.parameter_count() > 0 => {
                        Err(SqlError::no_parameter(self.flavor, &statement.first_parameter(), sql))
                    }
                    None => Ok(statement),
                }
            }
            Ok((None, _)) => Err(SqlError::empty(self.flavor)),
            Err(failure) => Err(self.complaint(failure, sql)),
        }
    }

    /// Puts a statement into the cache for its text.
    pub(super) fn keep(&mut self, sql: &str, statement: Statement) {
        let statements = &mut self.statements;
        statements.uses += 1;
        statements.cache.insert(sql.into(), (statements.uses, statement));
        if statements.cache.len() > CACHED_STATEMENTS {
            let oldest = statements.cache.iter().min_by_key(|(_, (used, _))| *used).map(|(text, _)| text.clone());
            if let Some(oldest) = oldest {
                statements.cache.remove(&oldest);
            }
        }
    }
}

fn failed(error: rusqlite::Error) -> StorageError {
    StorageError(error.to_string())
}
