//! Images: a whole database as bytes.

use std::cell::RefCell;
use std::ffi::CStr;
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags, ffi};

use super::capture::Totals;
use super::clock;
use super::error::StorageError;
use super::schema::Catalog;

const MAIN: &CStr = c"main";

/// A database at one moment, as SQLite's file format has it. Cloning it copies nothing.
///
/// Its bytes depend on how the content came about; compare databases by checksum, never by image.
#[derive(Clone, Debug)]
pub struct Image {
    bytes: Arc<[u8]>,
    pub(super) totals: Totals,
    pub(super) checksum: u64,
    /// The schema that the bytes hold, which whoever restores them need not read again.
    pub(super) catalog: Arc<Catalog>,
}

/// What is known of an image beside its bytes, as a `backup_manifest` says of files: it travels behind them.
#[derive(Clone, Debug)]
pub struct Manifest {
    length: u64,
    totals: Totals,
    checksum: u64,
    catalog: Arc<Catalog>,
}

impl Manifest {
    /// The checksum of the image's logical content.
    #[must_use]
    pub fn checksum(&self) -> u64 {
        self.checksum
    }
}

impl PartialEq for Manifest {
    fn eq(&self, other: &Manifest) -> bool {
        (self.length, self.checksum) == (other.length, other.checksum)
    }
}

impl Eq for Manifest {}

impl std::hash::Hash for Manifest {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.length, self.checksum).hash(state);
    }
}

impl Image {
    /// The size in bytes: what a base backup ships.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "even an empty database has an image with a header")]
    pub fn len(&self) -> u64 {
        self.bytes.len() as u64
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

    /// What a copy of the bytes is checked by and completed with.
    #[must_use]
    pub fn manifest(&self) -> Manifest {
        Manifest {
            length: self.len(),
            totals: self.totals,
            checksum: self.checksum,
            catalog: Arc::clone(&self.catalog),
        }
    }

    /// An image from the bytes that arrived and their manifest; `None` when some are missing.
    #[must_use]
    pub fn assemble(bytes: Vec<u8>, manifest: &Manifest) -> Option<Image> {
        let Manifest { length, totals, checksum, catalog } = manifest;
        (bytes.len() as u64 == *length).then(|| Image {
            bytes: bytes.into(),
            totals: *totals,
            checksum: *checksum,
            catalog: Arc::clone(catalog),
        })
    }

    /// Takes an image of the connection's database.
    pub(super) fn take(
        connection: &Connection,
        totals: Totals,
        checksum: u64,
        catalog: &Arc<Catalog>,
    ) -> Result<Image, StorageError> {
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
                _ => return Err(StorageError("no memory for an image of the database".to_owned())),
            }
        };
        Ok(Image { bytes, totals, checksum, catalog: Arc::clone(catalog) })
    }

    /// Makes the connection's database what the image is. Statements prepared on it stay usable.
    ///
    /// A second connection opens the image read-only where it lies, and SQLite's backup copies it over, page by
    /// page. Letting the connection itself adopt the bytes would be one copy less, but each later commit would
    /// write its pages back through a file layer, which costs more than it saves.
    pub(super) fn restore(&self, connection: &Connection) -> Result<(), StorageError> {
        LOADER.with_borrow_mut(|loader| {
            let source = match loader {
                Some(source) => source,
                None => {
                    clock::register();
                    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                    let opened = Connection::open_with_flags_and_vfs(":memory:", flags, clock::VFS);
                    loader.insert(opened.map_err(|error| StorageError(error.to_string()))?)
                }
            };
            let length = ffi::sqlite3_int64::try_from(self.bytes.len()).unwrap_or(ffi::sqlite3_int64::MAX);
            // SAFETY: both connections are open and the backup is finished here. `self.bytes` is not written to,
            // since SQLITE_DESERIALIZE_READONLY forbids it, and outlives its use: the loader lets go of it before
            // this function returns. Should it fail to, the loader itself is closed.
            let code = unsafe {
                let lent = lend(source, self.bytes.as_ptr().cast_mut(), length);
                let copied = if lent == ffi::SQLITE_OK { copy(source, connection) } else { lent };
                let returned = lend(source, std::ptr::null_mut(), 0);
                if returned == ffi::SQLITE_OK {
                    copied
                } else {
                    *loader = None;
                    returned
                }
            };
            if code == ffi::SQLITE_OK {
                Ok(())
            } else {
                Err(StorageError(format!("the image cannot be restored (SQLite says {code})")))
            }
        })
    }
}

thread_local! {
    /// The connection that images are read with: opening one for each would take longer than the copying.
    static LOADER: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

/// Makes bytes the content of a connection's database; no bytes take the last ones away from it.
///
/// # Safety
/// The bytes live, and stay as they are, until others are lent or the connection is closed.
unsafe fn lend(connection: &Connection, bytes: *mut u8, length: ffi::sqlite3_int64) -> i32 {
    // SAFETY: the caller answers for the bytes.
    unsafe {
        let flags = ffi::SQLITE_DESERIALIZE_READONLY;
        ffi::sqlite3_deserialize(connection.handle(), MAIN.as_ptr(), bytes, length, length, flags)
    }
}

/// Copies a database over another.
///
/// # Safety
/// Both connections are this thread's alone.
unsafe fn copy(source: &Connection, target: &Connection) -> i32 {
    // SAFETY: the connections are open, and the backup is finished before this returns.
    unsafe {
        let backup = ffi::sqlite3_backup_init(target.handle(), MAIN.as_ptr(), source.handle(), MAIN.as_ptr());
        if backup.is_null() {
            return ffi::sqlite3_extended_errcode(target.handle());
        }
        ffi::sqlite3_backup_step(backup, -1);
        ffi::sqlite3_backup_finish(backup)
    }
}
