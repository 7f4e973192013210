//! Prepared statements by SQLite's own handle: unlike `rusqlite`'s they can be kept beside their connection,
//! which saves a look-up for every execution.

use std::ffi::{CStr, c_char, c_int};
use std::ptr::{self, NonNull};

use rusqlite::ffi;

use super::value::Value;

/// What a step gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A row can be read.
    Row,
    /// The statement is through.
    Done,
}

/// An extended result code of SQLite, or why a value cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// SQLite failed with this extended code; the connection has the message.
    Sqlite(c_int),
    /// A text value is not UTF-8; this is its first wrong byte.
    NotUtf8(u8),
}

/// A prepared statement.
///
/// It must be dropped before its connection is; owners declare it in a field before the connection's.
#[derive(Debug)]
pub(super) struct Statement {
    raw: NonNull<ffi::sqlite3_stmt>,
}

// SAFETY: a statement is used by one thread at a time (every method that touches SQLite takes `&mut self` or is
// called by the owner of the connection), and moves between threads only together with its connection.
unsafe impl Send for Statement {}

impl Statement {
    /// Compiles the first statement of `sql`; `None` for blanks and comments. Also gives the offset in bytes at
    /// which that statement ends.
    ///
    /// # Safety
    /// `db` is an open connection that outlives the statement.
    pub(super) unsafe fn prepare(db: *mut ffi::sqlite3, sql: &str) -> Result<(Option<Statement>, usize), Failure> {
        let Ok(length) = c_int::try_from(sql.len()) else {
            return Err(Failure::Sqlite(ffi::SQLITE_TOOBIG));
        };
        let start = sql.as_ptr().cast::<c_char>();
        let mut raw = ptr::null_mut();
        let mut tail = ptr::null();
        // SAFETY: `start` has `length` bytes; both out pointers are valid; the caller answers for `db`.
        let code = unsafe {
            ffi::sqlite3_prepare_v3(db, start, length, ffi::SQLITE_PREPARE_PERSISTENT as _, &raw mut raw, &raw mut tail)
        };
        if code != ffi::SQLITE_OK {
            return Err(Failure::Sqlite(code));
        }
        let end = if tail.is_null() { sql.len() } else { tail.addr().saturating_sub(start.addr()).min(sql.len()) };
        Ok((NonNull::new(raw).map(|raw| Statement { raw }), end))
    }

    /// Whether it leaves the database as it is.
    pub(super) fn is_read_only(&self) -> bool {
        // SAFETY: the handle is live until drop.
        unsafe {
            ffi::sqlite3_stmt_readonly(self.raw.as_ptr()) != 0 || ffi::sqlite3_stmt_isexplain(self.raw.as_ptr()) != 0
        }
    }

    /// How many parameters it has.
    pub(super) fn parameter_count(&self) -> c_int {
        // SAFETY: the handle is live until drop.
        unsafe { ffi::sqlite3_bind_parameter_count(self.raw.as_ptr()) }
    }

    /// The name of its first parameter, as written.
    pub(super) fn first_parameter(&self) -> String {
        // SAFETY: the handle is live; a name, if there is one, is a C string that lives as long.
        unsafe {
            let name = ffi::sqlite3_bind_parameter_name(self.raw.as_ptr(), 1);
            if name.is_null() { "?".to_owned() } else { CStr::from_ptr(name).to_string_lossy().into_owned() }
        }
    }

    /// How many columns a row has.
    pub(super) fn column_count(&self) -> c_int {
        // SAFETY: the handle is live until drop.
        unsafe { ffi::sqlite3_column_count(self.raw.as_ptr()) }
    }

    /// The columns' names.
    pub(super) fn column_names(&self) -> Vec<String> {
        (0..self.column_count())
            .map(|index| {
                // SAFETY: the handle is live; the name is a C string until the next call on it, and is copied.
                unsafe {
                    let name = ffi::sqlite3_column_name(self.raw.as_ptr(), index);
                    if name.is_null() { String::new() } else { CStr::from_ptr(name).to_string_lossy().into_owned() }
                }
            })
            .collect()
    }

    /// Binds an integer; parameters count from 1.
    pub(super) fn bind_integer(&mut self, index: c_int, number: i64) {
        // SAFETY: the handle is live. An index out of range is refused by SQLite, and the parameter stays NULL.
        unsafe { ffi::sqlite3_bind_int64(self.raw.as_ptr(), index, number) };
    }

    /// Takes a step.
    pub(super) fn step(&mut self) -> Result<Step, Failure> {
        // SAFETY: the handle is live; the connection is used by this thread only.
        match unsafe { ffi::sqlite3_step(self.raw.as_ptr()) } {
            ffi::SQLITE_ROW => Ok(Step::Row),
            ffi::SQLITE_DONE => Ok(Step::Done),
            code => Err(Failure::Sqlite(code)),
        }
    }

    /// Makes it ready to run again. Its own failure repeats the last step's and is ignored.
    pub(super) fn reset(&mut self) {
        // SAFETY: the handle is live.
        unsafe { ffi::sqlite3_reset(self.raw.as_ptr()) };
    }

    /// Runs it to its end, ignoring rows, with these parameters from the first on.
    pub(super) fn run<'a>(&mut self, parameters: impl IntoIterator<Item = &'a Value>) -> Result<(), Failure> {
        let mut failure = None;
        let mut index = 0;
        for value in parameters {
            index += 1;
            // SAFETY: text and blobs are bound without a copy, and live in `parameters`' referents, which outlive
            // this call; the bindings are cleared before it returns.
            let code = unsafe { self.bind_borrowed(index, value) };
            if code != ffi::SQLITE_OK {
                failure = Some(Failure::Sqlite(code));
                break;
            }
        }
        let result = match failure {
            Some(failure) => Err(failure),
            None => loop {
                match self.step() {
                    Ok(Step::Row) => {}
                    Ok(Step::Done) => break Ok(()),
                    Err(failure) => break Err(failure),
                }
            },
        };
        self.reset();
        if index > 0 {
            // SAFETY: the handle is live.
            unsafe { ffi::sqlite3_clear_bindings(self.raw.as_ptr()) };
        }
        result
    }

    /// # Safety
    /// Text and blobs must live until the binding is cleared or replaced.
    unsafe fn bind_borrowed(&mut self, index: c_int, value: &Value) -> c_int {
        let raw = self.raw.as_ptr();
        // SAFETY: the handle is live; pointers and lengths belong together; the caller answers for lifetimes.
        unsafe {
            match value {
                Value::Null => ffi::sqlite3_bind_null(raw, index),
                Value::Integer(number) => ffi::sqlite3_bind_int64(raw, index, *number),
                Value::Real(number) => ffi::sqlite3_bind_double(raw, index, *number),
                Value::Text(text) => ffi::sqlite3_bind_text64(
                    raw,
                    index,
                    text.as_ptr().cast::<c_char>(),
                    text.len() as u64,
                    ffi::SQLITE_STATIC(),
                    ffi::SQLITE_UTF8 as _,
                ),
                // An empty vector's pointer is dangling but not null, so this is an empty blob and not NULL.
                Value::Blob(bytes) => ffi::sqlite3_bind_blob64(
                    raw,
                    index,
                    bytes.as_ptr().cast(),
                    bytes.len() as u64,
                    ffi::SQLITE_STATIC(),
                ),
            }
        }
    }

    /// A column of the row at hand, which counts from 0.
    pub(super) fn column(&mut self, index: c_int) -> Result<Value, Failure> {
        // SAFETY: the handle is live and the value belongs to the current row; it is read before the next step.
        // Out of range, SQLite gives a NULL value.
        unsafe { read_value(ffi::sqlite3_column_value(self.raw.as_ptr(), index)) }
    }

    /// A column of the row at hand, not copied.
    pub(super) fn content(&mut self, index: c_int) -> Content<'_> {
        // SAFETY: as in `column`; the content borrows `self`, so no step is taken while it is in use.
        unsafe { look(ffi::sqlite3_column_value(self.raw.as_ptr(), index)) }
    }

    /// An integer column of the row at hand; 0 if it is something else.
    pub(super) fn column_integer(&mut self, index: c_int) -> i64 {
        // SAFETY: the handle is live.
        unsafe { ffi::sqlite3_column_int64(self.raw.as_ptr(), index) }
    }
}

impl Drop for Statement {
    fn drop(&mut self) {
        // SAFETY: the handle is live, and not used again.
        unsafe { ffi::sqlite3_finalize(self.raw.as_ptr()) };
    }
}

/// The content of a value, borrowed from SQLite.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content<'a> {
    /// NULL.
    Null,
    /// An integer.
    Integer(i64),
    /// A real.
    Real(f64),
    /// Text, in whatever bytes it has.
    Text(&'a [u8]),
    /// A blob.
    Blob(&'a [u8]),
}

impl Content<'_> {
    /// Copies it.
    pub(super) fn to_value(self) -> Result<Value, Failure> {
        Ok(match self {
            Content::Null => Value::Null,
            Content::Integer(number) => Value::Integer(number),
            Content::Real(number) => Value::Real(number),
            Content::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Value::Text(text.into()),
                Err(error) => {
                    return Err(Failure::NotUtf8(bytes.get(error.valid_up_to()).copied().unwrap_or_default()));
                }
            },
            Content::Blob(bytes) => Value::Blob(bytes.to_vec()),
        })
    }
}

/// Looks at a value of SQLite's without converting it.
///
/// # Safety
/// `value` is null or a protected value that stays untouched for `'a`.
pub(super) unsafe fn look<'a>(value: *mut ffi::sqlite3_value) -> Content<'a> {
    if value.is_null() {
        return Content::Null;
    }
    // SAFETY: the caller answers for `value`. Each accessor is asked for the type that the value has, so that it
    // converts nothing, and the length is asked after the pointer, as SQLite wants it.
    unsafe {
        match ffi::sqlite3_value_type(value) {
            ffi::SQLITE_INTEGER => Content::Integer(ffi::sqlite3_value_int64(value)),
            ffi::SQLITE_FLOAT => Content::Real(ffi::sqlite3_value_double(value)),
            ffi::SQLITE_TEXT => {
                let start = ffi::sqlite3_value_text(value);
                Content::Text(bytes_at(start, ffi::sqlite3_value_bytes(value)))
            }
            ffi::SQLITE_BLOB => {
                let start = ffi::sqlite3_value_blob(value).cast::<u8>();
                Content::Blob(bytes_at(start, ffi::sqlite3_value_bytes(value)))
            }
            _ => Content::Null,
        }
    }
}

/// # Safety
/// `start` is null or has `length` bytes that stay untouched for `'a`.
unsafe fn bytes_at<'a>(start: *const u8, length: c_int) -> &'a [u8] {
    match usize::try_from(length) {
        // SAFETY: the caller answers for it.
        Ok(length) if length > 0 && !start.is_null() => unsafe { std::slice::from_raw_parts(start, length) },
        _ => &[],
    }
}

/// # Safety
/// As [`look`].
unsafe fn read_value(value: *mut ffi::sqlite3_value) -> Result<Value, Failure> {
    // SAFETY: the caller answers for it.
    unsafe { look(value) }.to_value()
}
