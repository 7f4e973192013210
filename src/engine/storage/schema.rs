//! What the tables are: read from SQLite once for every change of the schema.

use crate::order::Arrange;
use std::sync::Arc;

use rusqlite::Connection;
use serde::Serialize;

use super::checksum::{RowHasher, table_seed};
use super::counters::COUNTER_TABLE;

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its name.
    pub name: Arc<str>,
    /// Its declared type; empty if none.
    pub declared_type: String,
    /// Whether it refuses NULL.
    pub not_null: bool,
    /// Its place in the primary key from 1, or 0.
    pub primary_key: u32,
    /// Whether its value is computed from others.
    pub generated: bool,
    /// Whether SQLite makes its integers reals (<https://sqlite.org/datatype3.html#determination_of_column_affinity>).
    #[serde(skip)]
    pub(super) is_real: bool,
}

/// A unique index of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UniqueIndex {
    /// Its name.
    pub(super) name: String,
    /// Its columns; empty if it is on expressions.
    pub(super) columns: Vec<String>,
    /// Whether `CREATE UNIQUE INDEX` made it, and no constraint of the table.
    pub(super) explicit: bool,
}

/// How the table's rows are told apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum KeyKind {
    /// By number.
    Rowid {
        /// The column that is the number: `INTEGER PRIMARY KEY`.
        alias: Option<usize>,
        /// A name for the number that no column shadows; `None` if columns shadow all three.
        name: Option<&'static str>,
    },
    /// By the primary key's columns: a `WITHOUT ROWID` table. These are column numbers in the key's order.
    Primary(Vec<usize>),
}

/// A table of the user's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Its name as its `CREATE TABLE` spells it.
    pub name: Arc<str>,
    /// Its columns.
    pub columns: Vec<Column>,
    /// How rows are told apart.
    pub key: KeyKind,
    /// The statement that creates it.
    pub sql: String,
    /// The numbers of the columns that are stored, which row changes consist of.
    #[serde(skip)]
    pub(super) stored: Vec<usize>,
    /// Of a `WITHOUT ROWID` table, the key's columns as places in the stored row.
    #[serde(skip)]
    pub(super) key_in_stored: Vec<usize>,
    /// Its unique indexes.
    #[serde(skip)]
    pub(super) unique_indexes: Vec<UniqueIndex>,
    /// What its rows' hashes begin with.
    #[serde(skip)]
    pub(super) seed: u64,
}

impl Table {
    /// The stored columns' names, in the order in which row changes have them.
    pub fn stored_columns(&self) -> impl Iterator<Item = &Arc<str>> {
        self.stored.iter().filter_map(|&index| self.columns.get(index)).map(|column| &column.name)
    }

    /// The primary key's columns, in the key's order; none if there is no primary key.
    pub fn primary_key(&self) -> impl Iterator<Item = &Column> {
        let mut key: Vec<&Column> = self.columns.iter().filter(|column| column.primary_key > 0).collect();
        key.arrange_by_key(|column| column.primary_key);
        key.into_iter()
    }
}

/// The tables and what else matters of a schema.
#[derive(Clone, Debug, Default)]
pub(super) struct Catalog {
    /// In the order of their names.
    pub(super) tables: Vec<Arc<Table>>,
    /// A trigger or a foreign key exists: applying must switch them off.
    pub(super) enforces: bool,
    /// An `AUTOINCREMENT` table exists or existed: SQLite keeps its counters in `sqlite_sequence`.
    pub(super) has_counters: bool,
    /// The hash of the schema's text.
    pub(super) hash: u64,
}

impl Catalog {
    /// Reads the catalog. The authorizer must let internal statements through.
    pub(super) fn load(connection: &Connection) -> rusqlite::Result<Catalog> {
        let mut catalog = Catalog::default();
        let mut objects =
            connection.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name, type")?;
        let mut rows = objects.query([])?;
        while let Some(row) = rows.next()? {
            let (kind, name, table): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let sql: Option<String> = row.get(3)?;
            let mut hasher = RowHasher::new(table_seed("sqlite_schema"));
            for text in [&kind, &name, &table, sql.as_ref().unwrap_or(&String::new())] {
                hasher.bytes(3, text.as_bytes());
            }
            // SQLite makes the table of counters when it is first needed and never drops it: it says how a database came
            // about, and not what it holds.
            if name != COUNTER_TABLE {
                catalog.hash = catalog.hash.wrapping_add(hasher.finish());
            }
            match kind.as_str() {
                "trigger" => catalog.enforces = true,
                "table" if name == COUNTER_TABLE => catalog.has_counters = true,
                "table" if !is_system(&name) => {
                    catalog.tables.push(Arc::new(load_table(connection, &name, sql.unwrap_or_default())?));
                    catalog.enforces |= has_foreign_key(connection, &name)?;
                }
                _ => {}
            }
        }
        Ok(catalog)
    }

    /// The table of this name, in any case of ASCII letters.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.tables.iter().position(|table| table.name.eq_ignore_ascii_case(name))
    }
}

/// Whether a name is SQLite's own.
pub(super) fn is_system(name: &str) -> bool {
    name.get(..7).is_some_and(|prefix| prefix.eq_ignore_ascii_case("sqlite_"))
}

/// A name as SQL spells it whatever it contains.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn has_foreign_key(connection: &Connection, table: &str) -> rusqlite::Result<bool> {
    connection.prepare("SELECT 1 FROM pragma_foreign_key_list(?1)")?.exists([table])
}

fn load_table(connection: &Connection, name: &str, sql: String) -> rusqlite::Result<Table> {
    let without_rowid: bool = connection
        .query_row("SELECT wr FROM pragma_table_list(?1) WHERE schema = 'main'", [name], |row| row.get(0))
        .unwrap_or(false);
    // `hidden` is 0 for an ordinary column, 2 for a virtual generated one, 3 for a stored generated one.
    let mut statement =
        connection.prepare(r#"SELECT name, type, "notnull", pk, hidden FROM pragma_table_xinfo(?1) ORDER BY cid"#)?;
    let columns = statement
        .query_map([name], |row| {
            let declared_type = row.get::<_, Option<String>>(1)?.unwrap_or_default();
            Ok(Column {
                name: Arc::from(row.get::<_, String>(0)?),
                is_real: has_real_affinity(&declared_type),
                declared_type,
                not_null: row.get(2)?,
                primary_key: row.get(3)?,
                generated: row.get::<_, i64>(4)? != 0,
            })
        })?
        .collect::<rusqlite::Result<Vec<Column>>>()?;
    let stored: Vec<usize> = (0..columns.len()).filter(|&index| !columns[index].generated).collect();
    let mut key_columns: Vec<usize> = (0..columns.len()).filter(|&index| columns[index].primary_key > 0).collect();
    key_columns.arrange_by_key(|&index| columns[index].primary_key);
    let key = if without_rowid {
        KeyKind::Primary(key_columns.clone())
    } else {
        let shadowed = |name: &str| columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
        KeyKind::Rowid {
            alias: rowid_alias(connection, name, &columns, &key_columns)?,
            name: ["rowid", "_rowid_", "oid"].into_iter().find(|name| !shadowed(name)),
        }
    };
    let key_in_stored = match &key {
        KeyKind::Rowid { .. } => Vec::new(),
        KeyKind::Primary(key) => {
            key.iter().filter_map(|column| stored.iter().position(|index| index == column)).collect()
        }
    };
    let unique_indexes = load_unique_indexes(connection, name)?;
    let seed = table_seed(name);
    Ok(Table { name: name.into(), columns, key, sql, stored, key_in_stored, unique_indexes, seed })
}

fn has_real_affinity(declared_type: &str) -> bool {
    let upper = declared_type.to_ascii_uppercase();
    let any = |parts: &[&str]| parts.iter().any(|part| upper.contains(part));
    any(&["REAL", "FLOA", "DOUB"]) && !any(&["INT", "CHAR", "CLOB", "TEXT", "BLOB"])
}

fn load_unique_indexes(connection: &Connection, table: &str) -> rusqlite::Result<Vec<UniqueIndex>> {
    let mut list =
        connection.prepare(r#"SELECT name, origin = 'c' FROM pragma_index_list(?1) WHERE "unique" ORDER BY seq"#)?;
    let mut columns = connection.prepare("SELECT name FROM pragma_index_info(?1) ORDER BY seqno")?;
    list.query_map([table], |row| {
        let name: String = row.get(0)?;
        let columns = columns
            .query_map([&name], |row| row.get::<_, Option<String>>(0))?
            .collect::<rusqlite::Result<Option<Vec<String>>>>()?
            .unwrap_or_default();
        Ok(UniqueIndex { name, columns, explicit: row.get(1)? })
    })?
    .collect()
}

/// The column that is the rowid: the only primary key column, of the type INTEGER exactly, and without an index
/// of its own (`INTEGER PRIMARY KEY DESC` has one, for SQLite's old mistake).
fn rowid_alias(
    connection: &Connection,
    table: &str,
    columns: &[Column],
    key_columns: &[usize],
) -> rusqlite::Result<Option<usize>> {
    match key_columns {
        [only] if columns[*only].declared_type.eq_ignore_ascii_case("integer") => {
            let indexed =
                connection.prepare("SELECT 1 FROM pragma_index_list(?1) WHERE origin = 'pk'")?.exists([table])?;
            Ok((!indexed).then_some(*only))
        }
        _ => Ok(None),
    }
}
