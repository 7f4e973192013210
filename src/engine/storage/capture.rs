//! SQLite's pre-update hook: every row change, as it happens.
//!
//! `rusqlite` has the hook only together with bindings that it generates at build time, which needs libclang; the
//! functions themselves are in both sets of bindings, so they are called here directly. SQLite must be compiled
//! with `SQLITE_ENABLE_PREUPDATE_HOOK`.
//!
//! The hook does two things. It keeps the running checksum and row count of the database, always; and it records
//! the changes, old and new values, while a statement is captured. It fires for what triggers, foreign keys and
//! `REPLACE` do, too. It does not fire for SQLite's own tables, nor for `CREATE TABLE … AS`, nor where a schema
//! change rewrites rows; those are seen to by whoever executes such statements.

use std::cell::UnsafeCell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::sync::Arc;

use rusqlite::ffi;

use super::change::{Change, RowChange, RowKey, RowOp};
use super::checksum::RowHasher;
use super::schema::{KeyKind, Table};
use super::statement::{Content, Failure, look};
use super::value::Value;

/// Why a change that SQLite would make is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A text value is not UTF-8; this is its first wrong byte.
    NotUtf8(u8),
    /// The largest row number there is: with it in the table, SQLite would number further rows at random.
    RowNumber,
    /// A row's number cannot be named, since columns bear all of its names.
    NamelessKey,
    /// SQLite could not tell the values.
    Unreadable,
}

/// The running totals of a database's rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    /// The wrapping sum of the rows' hashes.
    pub(super) hash: u64,
    /// The number of rows.
    pub(super) rows: u64,
}

/// What the hook works on.
#[derive(Debug, Default)]
pub(super) struct Captured {
    /// The tables, for their names and columns.
    pub(super) tables: Vec<Arc<Table>>,
    /// The running totals.
    pub(super) totals: Totals,
    /// Whether changes are recorded.
    pub(super) recording: bool,
    /// The recorded changes.
    pub(super) changes: Vec<Change>,
    /// The first refusal since it was last taken.
    pub(super) refusal: Option<Refusal>,
    /// The table that changed last: most statements change one.
    last: usize,
}

/// The hook of one connection.
///
/// It must outlive its connection; owners declare it in a field after the connection's.
#[derive(Debug)]
pub(super) struct Capture {
    shared: Box<UnsafeCell<Captured>>,
}

// SAFETY: a capture is used by the thread that uses its connection, and moves together with it.
unsafe impl Send for Capture {}

impl Capture {
    /// Sets the hook on a connection.
    ///
    /// # Safety
    /// `db` is an open connection that is closed before the capture is dropped, and is used by one thread at a time.
    pub(super) unsafe fn install(db: *mut ffi::sqlite3) -> Capture {
        let shared = Box::new(UnsafeCell::new(Captured::default()));
        // SAFETY: the box's content does not move, and outlives the connection as the caller answers for.
        unsafe { ffi::sqlite3_preupdate_hook(db, Some(on_change), shared.get().cast::<c_void>()) };
        Capture { shared }
    }

    /// What was captured. Nothing may run on the connection while the reference is in use.
    pub(super) fn state(&mut self) -> &mut Captured {
        self.shared.get_mut()
    }

    /// The running totals.
    pub(super) fn totals(&self) -> Totals {
        // SAFETY: `&self` is held by the connection's owner, so no statement, and with it no hook, is running.
        unsafe { (*self.shared.get()).totals }
    }
}

unsafe extern "C" fn on_change(
    context: *mut c_void,
    db: *mut ffi::sqlite3,
    op: c_int,
    _schema: *const c_char,
    table: *const c_char,
    old_rowid: ffi::sqlite3_int64,
    new_rowid: ffi::sqlite3_int64,
) {
    // SAFETY: the context is the one that `install` gave, and no other reference to it is in use while SQLite
    // runs; the table's name is a C string for the time of this call.
    let (captured, table) = unsafe { (&mut *context.cast::<Captured>(), CStr::from_ptr(table).to_bytes()) };
    let known = |index: usize| captured.tables.get(index).is_some_and(|known| known.name.as_bytes() == table);
    let index = if known(captured.last) {
        captured.last
    } else if let Some(index) = (0..captured.tables.len()).find(|&index| known(index)) {
        captured.last = index;
        index
    } else {
        return;
    };
    let table = &captured.tables[index];
    let number = match table.key {
        KeyKind::Rowid { alias, .. } => alias,
        KeyKind::Primary(_) => None,
    };
    let row = Row { db, op, old_rowid, new_rowid, table, number };
    // A foreign key cascade or a trigger may go on after a refusal; the statement fails in the end all the same.
    let outcome = if captured.recording {
        row.record(&mut captured.totals).map(|change| captured.changes.push(Change::Row(change)))
    } else {
        row.total(&mut captured.totals)
    };
    if let Err(refusal) = outcome {
        captured.refusal.get_or_insert(refusal);
    }
}

/// A row change inside the hook.
struct Row<'a> {
    db: *mut ffi::sqlite3,
    op: c_int,
    old_rowid: i64,
    new_rowid: i64,
    table: &'a Arc<Table>,
    /// The column that is the row's number.
    number: Option<usize>,
}

/// Which of the two images of a row is meant.
#[derive(Clone, Copy)]
enum Side {
    Old,
    New,
}

impl Row<'_> {
    /// A value of the row, by column number. It is valid until the hook returns.
    fn content(&self, side: Side, column: usize) -> Result<Content<'_>, Refusal> {
        if self.number == Some(column) {
            return Ok(Content::Integer(match side {
                Side::Old => self.old_rowid,
                Side::New => self.new_rowid,
            }));
        }
        let is_real = self.table.columns.get(column).is_some_and(|column| column.is_real);
        let mut value = ptr::null_mut();
        let column = c_int::try_from(column).map_err(|_| Refusal::Unreadable)?;
        // SAFETY: a `Row` exists inside the hook only, where these may be asked; the value lives as long as the
        // hook runs and SQLite does not touch it meanwhile.
        unsafe {
            let code = match side {
                Side::Old => ffi::sqlite3_preupdate_old(self.db, column, &raw mut value),
                Side::New => ffi::sqlite3_preupdate_new(self.db, column, &raw mut value),
            };
            match look(value) {
                _ if code != ffi::SQLITE_OK => Err(Refusal::Unreadable),
                // The default of a column that was added later comes without its column's affinity.
                #[expect(clippy::cast_precision_loss, reason = "as SQLite converts")]
                Content::Integer(number) if is_real => Ok(Content::Real(number as f64)),
                content => Ok(content),
            }
        }
    }

    /// Hashes an image of the row.
    fn hash(&self, side: Side) -> Result<u64, Refusal> {
        let mut hasher = RowHasher::new(self.table.seed);
        for &column in &self.table.stored {
            hasher.value(self.content(side, column)?);
        }
        Ok(hasher.finish())
    }

    /// Copies an image of the row, and hashes it.
    fn copy(&self, side: Side) -> Result<(Vec<Value>, u64), Refusal> {
        let mut hasher = RowHasher::new(self.table.seed);
        let mut values = Vec::with_capacity(self.table.stored.len());
        for &column in &self.table.stored {
            let content = self.content(side, column)?;
            hasher.value(content);
            values.push(content.to_value().map_err(|failure| match failure {
                Failure::NotUtf8(byte) => Refusal::NotUtf8(byte),
                Failure::Sqlite(_) => Refusal::Unreadable,
            })?);
        }
        Ok((values, hasher.finish()))
    }

    /// Brings the totals up to date.
    fn total(&self, totals: &mut Totals) -> Result<(), Refusal> {
        if self.op != ffi::SQLITE_INSERT {
            remove(totals, self.hash(Side::Old)?);
        }
        if self.op != ffi::SQLITE_DELETE {
            add(totals, self.hash(Side::New)?);
        }
        Ok(())
    }

    /// Brings the totals up to date, and copies the change.
    fn record(&self, totals: &mut Totals) -> Result<RowChange, Refusal> {
        let table = self.table.clone();
        let mut old = None;
        let mut new = None;
        if self.op != ffi::SQLITE_INSERT {
            let (values, hash) = self.copy(Side::Old)?;
            remove(totals, hash);
            old = Some(values);
        }
        if self.op != ffi::SQLITE_DELETE {
            let (values, hash) = self.copy(Side::New)?;
            add(totals, hash);
            new = Some(values);
            if self.new_rowid == i64::MAX && matches!(table.key, KeyKind::Rowid { .. }) {
                return Err(Refusal::RowNumber);
            }
        }
        let old_key = old.as_ref().map(|row| self.key(row, self.old_rowid)).transpose()?;
        let new_key = new.as_ref().map(|row| self.key(row, self.new_rowid)).transpose()?;
        let (key, moved_to) = match (old_key, new_key) {
            (Some(old), Some(new)) => {
                let moved_to = (old != new).then_some(new);
                (old, moved_to)
            }
            (Some(key), None) | (None, Some(key)) => (key, None),
            (None, None) => return Err(Refusal::Unreadable),
        };
        let op = match (old, new) {
            (Some(old), Some(new)) => RowOp::Update { old, new },
            (Some(old), None) => RowOp::Delete { old },
            (None, Some(new)) => RowOp::Insert { new },
            (None, None) => return Err(Refusal::Unreadable),
        };
        Ok(RowChange { table: table.name.clone(), key, moved_to, op })
    }

    fn key(&self, row: &[Value], rowid: i64) -> Result<RowKey, Refusal> {
        match &self.table.key {
            KeyKind::Rowid { name: None, alias: None } => Err(Refusal::NamelessKey),
            KeyKind::Rowid { .. } => Ok(RowKey::Rowid(rowid)),
            KeyKind::Primary(_) => Ok(RowKey::Primary(
                self.table.key_in_stored.iter().filter_map(|&place| row.get(place).cloned()).collect(),
            )),
        }
    }
}

fn add(totals: &mut Totals, hash: u64) {
    totals.hash = totals.hash.wrapping_add(hash);
    totals.rows = totals.rows.wrapping_add(1);
}

fn remove(totals: &mut Totals, hash: u64) {
    totals.hash = totals.hash.wrapping_sub(hash);
    totals.rows = totals.rows.wrapping_sub(1);
}
