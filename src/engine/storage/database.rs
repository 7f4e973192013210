//! One server's database.

use std::cell::OnceCell;
use std::sync::Arc;

use super::change::{Change, StatementEvent};
use super::clock;
use super::error::{ApplyError, SqlError, StorageError};
use super::execute::Outcome;
use super::functions::Memory;
use super::image::Image;
use super::open::Open;
use super::schema::{KeyKind, Table, quoted};
use super::value::Value;
use crate::engine::beside::Beside;
use crate::engine::facts::{Effect, Facts};
use crate::engine::flavor::Flavor;

/// One server's database: a real SQLite database in memory.
///
/// Each call is whole: no transaction of SQLite's stays open between calls. A transaction of several statements is
/// executed one by one, and taken back with [`Database::undo`].
///
/// A clone shares the content as an image and opens a connection of its own when it is first used; from then on
/// both go their own ways, and would do the same if asked the same.
pub struct Database {
    flavor: Flavor,
    /// Virtual time, in microseconds since the Unix epoch.
    now_us: i64,
    memory: Arc<Memory>,
    cell: Cell,
    /// The last image taken, as long as it is true.
    image: OnceCell<Image>,
}

enum Cell {
    Open(Box<Open>),
    Cold(Image),
}

impl Database {
    /// An empty database. The seed is that of its random functions.
    ///
    /// # Errors
    /// SQLite cannot open a connection: memory is exhausted.
    pub fn new(flavor: Flavor, seed: u64) -> Result<Database, StorageError> {
        let memory = Arc::new(Memory::new(seed));
        let open = Open::new(flavor, Arc::clone(&memory), None)?;
        Ok(Database { flavor, now_us: 0, memory, cell: Cell::Open(Box::new(open)), image: OnceCell::new() })
    }

    /// The flavor whose functions and messages it has.
    #[must_use]
    pub fn flavor(&self) -> Flavor {
        self.flavor
    }

    /// Sets the virtual time that SQL sees, in microseconds since the Unix epoch.
    pub fn set_now(&mut self, now_us: i64) {
        self.now_us = now_us;
    }

    /// The connection, which a clone opens now; what the caller does with it leaves the image true.
    pub(super) fn open(&mut self) -> Result<&mut Open, StorageError> {
        if let Cell::Cold(image) = &self.cell {
            let open = Open::new(self.flavor, Arc::clone(&self.memory), Some(image))?;
            self.image = OnceCell::from(image.clone());
            self.cell = Cell::Open(Box::new(open));
        }
        clock::set_now(self.now_us);
        match &mut self.cell {
            Cell::Open(open) => Ok(open),
            Cell::Cold(_) => Err(StorageError("the database is closed".to_owned())),
        }
    }

    /// The connection, to change what is in it.
    pub(super) fn open_to_write(&mut self) -> Result<&mut Open, StorageError> {
        self.open()?;
        self.image.take();
        self.open()
    }

    /// Executes one statement. If it fails, the database is as it was.
    ///
    /// # Errors
    /// The statement is wrong, is refused, or takes too long; in the server's words.
    pub fn execute(&mut self, sql: &str) -> Result<Outcome, SqlError> {
        self.open_to_write()?.execute(sql)
    }

    /// A seed for RAND() in a statement that is logged as text.
    #[must_use]
    pub fn draw_seed(&mut self) -> u64 {
        self.memory.next()
    }

    /// Executes one statement, in which RAND() begins from this seed where there is one.
    ///
    /// # Errors
    /// As [`Database::execute`].
    pub fn execute_seeded(&mut self, sql: &str, rand_seed: Option<u64>) -> Result<Outcome, SqlError> {
        self.memory.seed_rand(rand_seed);
        let result = self.execute(sql);
        self.memory.seed_rand(None);
        result
    }

    /// Executes a statement as the binary log has it, with NOW() and RAND() as they were on the source.
    ///
    /// # Errors
    /// As a replica's applier reports it; the database is as it was.
    pub fn replay(&mut self, event: &StatementEvent) -> Result<Outcome, ApplyError> {
        let memory = Arc::clone(&self.memory);
        let open = self.open_to_write().map_err(|error| ApplyError::other(error.0))?;
        clock::set_timestamp(event.timestamp_us);
        memory.seed_rand(event.rand_seed);
        let result = open.replay(&event.sql);
        memory.seed_rand(None);
        result
    }

    /// Runs one statement that only reads.
    ///
    /// # Errors
    /// As [`Database::execute`]; and a statement that would write gets the error of a server that takes no writes.
    pub fn query(&mut self, sql: &str) -> Result<Outcome, SqlError> {
        self.open()?.query(sql)
    }

    /// Says what the server's own functions answer from now on. None of their effects is wanted yet.
    pub fn set_facts(&mut self, facts: Option<Arc<Facts>>) {
        self.memory.desk.set_facts(facts);
    }

    /// Says what functions change beside rows from now on.
    pub fn set_beside(&mut self, beside: Option<Box<Beside>>) {
        self.memory.desk.set_beside(beside);
    }

    /// What they left of it.
    pub fn take_beside(&mut self) -> Option<Box<Beside>> {
        self.memory.desk.take_beside()
    }

    /// What functions with side effects wanted done since the facts were set.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        self.memory.desk.take_effects()
    }

    /// Executes `INSERT INTO kv (id, value) VALUES (…) ON CONFLICT (id) DO UPDATE …`, prepared.
    ///
    /// # Errors
    /// There is no such table, or it refuses the row.
    pub fn upsert_kv(&mut self, id: i64, value: i64) -> Result<Outcome, SqlError> {
        self.open_to_write()?.upsert_kv(id, value)
    }

    /// Runs `SELECT value FROM kv WHERE id = …`, prepared. `None` if there is no such row.
    ///
    /// # Errors
    /// There is no such table.
    pub fn read_kv(&mut self, id: i64) -> Result<Option<Value>, SqlError> {
        self.open()?.read_kv(id)
    }

    /// Applies a change as a replica does: triggers do not fire, foreign keys do not act.
    ///
    /// # Errors
    /// The row is there already, or is not there, or something else is missing; the database is as it was.
    pub fn apply(&mut self, change: &Change) -> Result<(), ApplyError> {
        if let Change::Statement(event) = change {
            return self.replay(event).map(drop);
        }
        self.open_to_write().map_err(|error| ApplyError::other(error.0))?.apply(change)
    }

    /// Applies changes: all of them or, if one fails, none of those since the last schema change, which is a
    /// transaction of its own.
    ///
    /// # Errors
    /// As [`Database::apply`], with the index of the change that failed.
    pub fn apply_all(&mut self, changes: &[Change]) -> Result<(), (usize, ApplyError)> {
        self.open_to_write().map_err(|error| (0, ApplyError::other(error.0)))?.apply_all(changes)
    }

    /// Takes row changes back, the last one first: all of them or, if one fails, none. Schema changes are taken back by restoring an image.
    ///
    /// # Errors
    /// A change is not a row change, or the database is not as the changes left it.
    pub fn undo(&mut self, changes: &[Change]) -> Result<(), StorageError> {
        self.open_to_write()?.undo(changes)
    }

    /// What the image that it holds comes to, in bytes; 0 where it holds none.
    #[must_use]
    pub fn image_bytes(&self) -> u64 {
        match &self.cell {
            Cell::Cold(image) => image.len(),
            Cell::Open(_) => self.image.get().map_or(0, Image::len),
        }
    }

    /// Takes an image. While nothing changes, further images are the same one.
    ///
    /// # Errors
    /// Memory is exhausted.
    pub fn image(&self) -> Result<Image, StorageError> {
        match &self.cell {
            Cell::Cold(image) => Ok(image.clone()),
            Cell::Open(open) => match self.image.get() {
                Some(image) => Ok(image.clone()),
                None => {
                    let image = open.image()?;
                    Ok(self.image.get_or_init(|| image).clone())
                }
            },
        }
    }

    /// Makes the content what the image holds. Random functions go on from where they are.
    ///
    /// # Errors
    /// Memory is exhausted, or the image is damaged.
    pub fn restore(&mut self, image: &Image) -> Result<(), StorageError> {
        if let Cell::Open(open) = &mut self.cell {
            open.restore(image)?;
            self.image = OnceCell::from(image.clone());
        } else {
            self.cell = Cell::Cold(image.clone());
        }
        Ok(())
    }

    /// A checksum of the logical content, schema and rows: equal for equal content, however it came about, on
    /// every machine. It is kept up to date with every change and costs next to nothing.
    #[must_use]
    pub fn checksum(&self) -> u64 {
        match &self.cell {
            Cell::Open(open) => open.checksum(),
            Cell::Cold(image) => image.checksum,
        }
    }

    /// The checksum, computed from every row: for tests.
    ///
    /// # Errors
    /// The rows cannot be read.
    pub fn checksum_scan(&mut self) -> Result<u64, StorageError> {
        let open = self.open()?;
        let kept = open.capture.totals();
        let totals = open.scan().map_err(|failure| StorageError(format!("{failure:?}")))?;
        open.capture.state().totals = totals;
        let checksum = open.checksum();
        open.capture.state().totals = kept;
        if kept.rows == totals.rows {
            Ok(checksum)
        } else {
            Err(StorageError(format!("{} rows were counted, and {} are there", kept.rows, totals.rows)))
        }
    }

    /// The number of rows in all tables.
    #[must_use]
    pub fn row_count(&self) -> u64 {
        match &self.cell {
            Cell::Open(open) => open.capture.totals().rows,
            Cell::Cold(image) => image.totals.rows,
        }
    }

    /// Whether there is a table of this name.
    pub fn has_table(&mut self, name: &str) -> bool {
        self.open().is_ok_and(|open| open.catalog.find(name).is_some())
    }

    /// The tables' names, in order.
    pub fn tables(&mut self) -> Vec<String> {
        self.schema().into_iter().map(|table| table.name.to_string()).collect()
    }

    /// The tables, in the order of their names.
    pub fn schema(&mut self) -> Vec<Arc<Table>> {
        self.open().map(|open| open.catalog.tables.clone()).unwrap_or_default()
    }

    /// The first rows of a table, in the order of its key.
    ///
    /// # Errors
    /// There is no such table.
    pub fn table(&mut self, name: &str, limit: usize) -> Result<Outcome, SqlError> {
        let flavor = self.flavor;
        let open = self.open()?;
        let table = open.catalog.find(name).and_then(|index| open.catalog.tables.get(index));
        let Some(table) = table else { return Err(SqlError::no_table(flavor, name)) };
        let mut order: Vec<String> = table.primary_key().map(|column| quoted(&column.name)).collect();
        if let (KeyKind::Rowid { name: Some(name), .. }, true) = (&table.key, order.is_empty()) {
            order.push((*name).to_owned());
        }
        let order = if order.is_empty() { String::new() } else { format!(" ORDER BY {}", order.join(", ")) };
        let sql = format!("SELECT * FROM {}{order} LIMIT {limit}", quoted(&table.name));
        open.query(&sql)
    }
}

/// A clone of an open database takes an image, unless the last one is still true.
impl Clone for Database {
    fn clone(&self) -> Database {
        // Memory is exhausted when this fails; an empty database would be worse than a stop.
        let image = match self.image() {
            Ok(image) => image,
            Err(error) => panic!("a database cannot be cloned: {error}"),
        };
        Database {
            flavor: self.flavor,
            now_us: self.now_us,
            memory: Arc::new(self.memory.fork()),
            cell: Cell::Cold(image),
            image: OnceCell::new(),
        }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database")
            .field("flavor", &self.flavor)
            .field("rows", &self.row_count())
            .field("checksum", &format_args!("{:016x}", self.checksum()))
            .field("open", &matches!(self.cell, Cell::Open(_)))
            .finish()
    }
}

const _: fn() = || {
    fn is_send<T: Send>() {}
    is_send::<Database>();
};
