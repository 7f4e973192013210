//! Parts of one database put into another: what a rewind does, where whole files and blocks would be copied.

use crate::order::{OrderedMap, OrderedSet};
use std::sync::Arc;

use super::apply::Task;
use super::change::{Change, RowChange, RowKey, RowOp};
use super::counters::{COUNTER_TABLE, Counters, read};
use super::database::Database;
use super::error::StorageError;
use super::guard::Trust;
use super::open::Open;
use super::schema::{is_system, quoted};
use super::value::Value;

/// The table that schema objects travel as rows of.
const SCHEMA_TABLE: &str = "sqlite_schema";

/// Rows by table and key.
pub type RowKeys = OrderedMap<Arc<str>, OrderedSet<RowKey>>;

/// A table, an index, a view or a trigger.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaObject {
    /// `table`, `index`, `view` or `trigger`.
    pub kind: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// The table that it belongs to.
    pub table: Arc<str>,
    /// The statement that makes it.
    pub sql: Arc<str>,
}

/// What one database lacks of another: taken from the other at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parts {
    /// The other's schema.
    pub objects: Vec<SchemaObject>,
    /// Tables, by their names in lower case, that are replaced as a whole.
    pub whole: OrderedSet<String>,
    /// Rows, as inserts.
    pub rows: Vec<RowChange>,
    /// The counters of its `AUTOINCREMENT` tables.
    counters: Counters,
}

impl Parts {
    /// As bytes: rows of the catalog, of the counters, and of tables, in the log's own encoding.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut put = |table: &str, number: usize, new: Vec<Value>| {
            let key = RowKey::Rowid(number as i64);
            Change::Row(RowChange { table: table.into(), key, moved_to: None, op: RowOp::Insert { new } })
                .encode(&mut out);
        };
        for (number, object) in self.objects.iter().enumerate() {
            let text = |text: &Arc<str>| Value::Text(Arc::clone(text));
            let whole = self.whole.contains(&object.name.to_lowercase());
            let row = [&object.kind, &object.name, &object.table, &object.sql].map(text);
            put(SCHEMA_TABLE, number, row.into_iter().chain([Value::Integer(i64::from(whole))]).collect());
        }
        for (number, (name, count)) in self.counters.iter().enumerate() {
            put(COUNTER_TABLE, number, vec![Value::Text(Arc::clone(name)), Value::Integer(*count)]);
        }
        for row in &self.rows {
            Change::Row(row.clone()).encode(&mut out);
        }
        out
    }

    /// Out of bytes; `None` when they make no sense.
    #[must_use]
    pub fn decode(mut bytes: &[u8]) -> Option<Parts> {
        let mut parts = Parts::default();
        while !bytes.is_empty() {
            let Change::Row(row) = Change::decode(&mut bytes).ok()? else { return None };
            match (&*row.table, row.new_row()?) {
                (SCHEMA_TABLE, [Value::Text(kind), Value::Text(name), Value::Text(table), Value::Text(sql), whole]) => {
                    if *whole == Value::Integer(1) {
                        parts.whole.insert(name.to_lowercase());
                    }
                    let [kind, name, table, sql] = [kind, name, table, sql].map(Arc::clone);
                    parts.objects.push(SchemaObject { kind, name, table, sql });
                }
                (COUNTER_TABLE, new) => {
                    let (name, count) = read(new)?;
                    parts.counters.insert(name, count);
                }
                _ => parts.rows.push(row),
            }
        }
        Some(parts)
    }
}

impl Database {
    /// The schema: every object that a statement made.
    pub fn objects(&mut self) -> Vec<SchemaObject> {
        self.open().and_then(Open::objects).unwrap_or_default()
    }

    /// What a database with the schema `theirs` lacks of this one, when these rows and what these schema changes are about
    /// may differ.
    ///
    /// # Errors
    /// The rows cannot be read.
    pub fn parts(&mut self, rows: &RowKeys, ddl: &[Arc<str>], theirs: &[SchemaObject]) -> Result<Parts, StorageError> {
        let open = self.open()?;
        let objects = open.objects()?;
        let differ = objects.iter().filter(|object| !theirs.contains(object));
        let differ = differ.chain(theirs.iter().filter(|object| !objects.contains(object)));
        let differ: OrderedSet<String> = differ.map(|object| object.table.to_lowercase()).collect();
        // A statement is about every table whose name stands in it. One too many costs no more than its bytes.
        let ddl: Vec<String> = ddl.iter().map(|sql| sql.to_lowercase()).collect();
        let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
        let mentions = |name: &str| match name.chars().all(part_of_word) {
            true => ddl.iter().any(|sql| sql.split(|c| !part_of_word(c)).any(|word| word == name)),
            false => ddl.iter().any(|sql| sql.contains(name)),
        };
        let mut parts = Parts { counters: open.counters(), ..Parts::default() };
        for table in open.catalog.tables.clone() {
            let name = table.name.to_lowercase();
            let whole = differ.contains(&name) || mentions(&name);
            let wanted = rows.get(&table.name);
            if !whole && wanted.is_none() {
                continue;
            }
            let all = open.all_rows(&table).map_err(|failure| StorageError(format!("{failure:?}")))?;
            let is_wanted = |row: &RowChange| whole || wanted.is_some_and(|keys| keys.contains(&row.key));
            parts.rows.extend(all.into_iter().filter(is_wanted));
            if whole {
                parts.whole.insert(name);
            }
        }
        parts.objects = objects;
        Ok(parts)
    }

    /// Puts the tables of another database in, in the place of those of the same names.
    ///
    /// # Errors
    /// Memory is exhausted, or this database has something that is in their way.
    pub fn overlay(&mut self, other: &mut Database) -> Result<(), StorageError> {
        let failed = |message: String| StorageError(message);
        let objects = other.objects();
        for table in other.schema() {
            self.drop_table(&table.name)?;
            let rows = other.open()?.all_rows(&table).map_err(|failure| failed(format!("{failure:?}")))?;
            let open = self.open_to_write()?;
            open.apply_ddl(&table.sql).map_err(|error| failed(error.message))?;
            open.patch_rows(&RowKeys::new(), &rows)?;
        }
        for object in objects.iter().filter(|object| *object.kind != *"table") {
            self.open_to_write()?.apply_ddl(&object.sql).map_err(|error| failed(error.message))?;
        }
        Ok(())
    }

    /// Drops a table, if there is one of this name.
    ///
    /// # Errors
    /// SQLite refuses it.
    pub fn drop_table(&mut self, name: &str) -> Result<(), StorageError> {
        if !self.has_table(name) {
            return Ok(());
        }
        let open = self.open_to_write()?;
        open.enforce(false)?;
        open.apply_ddl(&format!("DROP TABLE {}", quoted(name))).map_err(|error| StorageError(error.message))
    }

    /// Puts the parts in: the rows of `gone` go, and `parts` comes in their place. No trigger fires and no constraint is in
    /// the way, since everything goes before anything comes.
    ///
    /// # Errors
    /// SQLite refuses a part; the database is useless then.
    pub fn patch(&mut self, gone: &RowKeys, parts: &Parts) -> Result<(), StorageError> {
        self.open_to_write()?.patch(gone, parts)
    }
}

impl Open {
    fn objects(&mut self) -> Result<Vec<SchemaObject>, StorageError> {
        self.guard.begin(Trust::Internal);
        let read = || -> rusqlite::Result<Vec<SchemaObject>> {
            let mut statement = self.connection.prepare(
                "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name",
            )?;
            let rows = statement.query_map([], |row| {
                let text = |index: usize| row.get::<_, String>(index).map(Arc::from);
                Ok(SchemaObject { kind: text(0)?, name: text(1)?, table: text(2)?, sql: text(3)? })
            })?;
            rows.collect()
        };
        let objects = read().map_err(|error| StorageError(error.to_string()))?;
        Ok(objects.into_iter().filter(|object| !is_system(&object.name)).collect())
    }

    fn patch(&mut self, gone: &RowKeys, parts: &Parts) -> Result<(), StorageError> {
        let failed = |message: String| StorageError(message);
        // The catalog that is replaced decides whether there is anything to switch off; a new one may bring triggers.
        self.enforce(false)?;
        let kept = |object: &SchemaObject| {
            parts.objects.contains(object) && !parts.whole.contains(&object.table.to_lowercase())
        };
        let before = self.objects()?;
        for kind in ["trigger", "view", "index", "table"] {
            for object in before.iter().filter(|object| *object.kind == *kind && !kept(object)) {
                let exists = self.objects()?.contains(object);
                if exists {
                    self.apply_ddl(&format!("DROP {kind} {}", quoted(&object.name))).map_err(|e| failed(e.message))?;
                }
            }
        }
        self.patch_rows(gone, &[])?;
        let present = self.objects()?;
        let missing: Vec<&SchemaObject> = parts.objects.iter().filter(|object| !present.contains(object)).collect();
        let make = |open: &mut Open, kinds: &[&str]| {
            for kind in kinds {
                for object in missing.iter().filter(|object| *object.kind == **kind) {
                    open.apply_ddl(&object.sql).map_err(|error| failed(error.message))?;
                }
            }
            Ok(())
        };
        make(self, &["table"])?;
        self.patch_rows(&RowKeys::new(), &parts.rows)?;
        make(self, &["index", "view", "trigger"])?;
        if self.catalog.has_counters {
            self.set_counters(&parts.counters)?;
        }
        Ok(())
    }

    fn patch_rows(&mut self, gone: &RowKeys, rows: &[RowChange]) -> Result<(), StorageError> {
        self.enforce(false)?;
        let totals = self.begin();
        self.capture.state().recording = false;
        for (name, keys) in gone {
            let Some(index) = self.catalog.tables.iter().position(|known| known.name == *name) else { continue };
            let Some(table) = self.catalog.tables.get(index).cloned() else { continue };
            for key in keys {
                if let Err(failure) = self.run_task(&table, index, Task::Delete { key }) {
                    self.roll_back(totals);
                    return Err(StorageError(format!("{failure:?}")));
                }
            }
        }
        for row in rows {
            if let Err(error) = self.do_task(&row.table, Task::of(row)) {
                self.roll_back(totals);
                return Err(StorageError(error.message));
            }
        }
        self.finish(Ok(()), totals, "").map(drop).map_err(|error| StorageError(error.message))
    }
}
