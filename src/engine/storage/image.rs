//! Images: a whole database as bytes.

use std::ffi::CStr;
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags, ffi};

use super::capture::Totals;
use super::clock;
use super::error::StorageError;

const MAIN: &CStr = c"main";

/// A database at one moment, as SQLite's file format has it. Cloning it copies nothing.
///
/// Its bytes depend on how the content came about; compare databases by checksum, never by image.
#[derive(Clone, Debug)]
pub struct Image {
    bytes: Arc<[u8]>,
    pub(super) totals: Totals,
    pub(super) checksum: u64,
}

impl Image {
    /// The size in bytes: what a base backup ships.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Whether the database has not even a schema.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The checksum of its logical content, as [`super::Database::checksum`] gives it.
    #[must_use]
    pub fn checksum(&self) -> u64 {
        self.checksum
    }

    /// The number of rows in all tables.
    #[must_use]
    pub fn row_count(&self) -> u64 {
        self.totals.rows
    }

    /// The image's own bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes an image of the connection's database.
    pub(super) fn take(connection: &Connection, totals: Totals, checksum: u64) -> Result<Image, StorageError> {
        let mut length: ffi::sqlite3_int64 = 0;
        // SAFETY: the connection is open; SQLite gives null or a buffer of `length` bytes that is ours to free.
        let bytes = unsafe {
            let start = ffi::sqlite3_serialize(connection.handle(), MAIN.as_ptr(), &raw mut length, 0);
            match usize::try_from(length) {
                Ok(length) if length > 0 && !start.is_null() => {
                    let bytes = Arc::from(std::slice::from_raw_parts(start, length));
                    ffi::sqlite3_free(start.cast());
                    bytes
                }
                _ if length == 0 => {
                    ffi::sqlite3_free(start.cast());
                    Arc::from([])
                }
                _ => return Err(StorageError("no memory for an image of the database".to_owned())),
            }
        };
        Ok(Image { bytes, totals, checksum })
    }

    /// Makes the connection's database what the image is. Statements prepared on it stay usable.
    ///
    /// The image is opened read-only where it lies and copied over by SQLite's backup, page by page. Letting the
    /// connection itself adopt the bytes would be one copy less, but each later commit would write them back
    /// through a file layer, which costs more than it saves.
    pub(super) fn restore(&self, connection: &Connection) -> Result<(), StorageError> {
        if self.bytes.is_empty() {
            return Err(StorageError("the image is empty".to_owned()));
        }
        clock::register();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let source = Connection::open_with_flags_and_vfs(":memory:", flags, clock::VFS).map_err(failed)?;
        let length =
            ffi::sqlite3_int64::try_from(self.bytes.len()).map_err(|_| StorageError("too large".to_owned()))?;
        // SAFETY: `self.bytes` outlives `source`, which is closed at the end of this function, and is not written
        // to: SQLITE_DESERIALIZE_READONLY forbids it. Both connections are open; the backup is finished here.
        unsafe {
            let code = ffi::sqlite3_deserialize(
                source.handle(),
                MAIN.as_ptr(),
                self.bytes.as_ptr().cast_mut(),
                length,
                length,
                ffi::SQLITE_DESERIALIZE_READONLY,
            );
            if code != ffi::SQLITE_OK {
                return Err(StorageError(format!("the image cannot be read (SQLite says {code})")));
            }
            let backup = ffi::sqlite3_backup_init(connection.handle(), MAIN.as_ptr(), source.handle(), MAIN.as_ptr());
            if backup.is_null() {
                return Err(StorageError("the image cannot be restored".to_owned()));
            }
            ffi::sqlite3_backup_step(backup, -1);
            let code = ffi::sqlite3_backup_finish(backup);
            if code != ffi::SQLITE_OK {
                return Err(StorageError(format!("the image cannot be restored (SQLite says {code})")));
            }
        }
        Ok(())
    }
}

fn failed(error: rusqlite::Error) -> StorageError {
    StorageError(error.to_string())
}
