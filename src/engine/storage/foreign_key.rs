//! Violated foreign keys: which one, and by what values. SQLite tells neither.

use super::error::SqlError;
use super::open::Open;
use super::schema::quoted;
use super::statement::{Failure, Step};
use super::translate::{Complaint, DATABASE_NAME};
use super::violation::{table_of, target};
use crate::engine::flavor::Flavor;
use crate::engine::sql::Lexer;

/// A foreign key that would point nowhere. SQLite does not tell which; see [`Open::explain`].
pub(super) fn violated(complaint: &Complaint<'_>) -> SqlError {
    let table = target(complaint.sql, complaint.flavor, complaint.catalog).map_or("", |table| table.name.as_ref());
    SqlError::flavored(
        complaint.flavor,
        ("23503", format!("insert or update on table \"{table}\" violates a foreign key constraint")),
        (1452, "23000", "Cannot add or update a child row: a foreign key constraint fails".to_owned()),
    )
}

impl Open {
    /// Finds the foreign key: with foreign keys off the statement goes through, and SQLite lists what points nowhere.
    pub(super) fn explain_foreign_key(&mut self, sql: &str, error: SqlError) -> SqlError {
        let changed = target(sql, self.flavor, &self.catalog).map(|table| table.name.to_string());
        let changed = changed.unwrap_or_default();
        let deletes = Lexer::new(sql, self.flavor).any(|token| token.is("DELETE"));
        let look = |open: &mut Open| open.broken_foreign_key(&changed, deletes).ok().flatten();
        let Some((_, Some(broken))) = self.rehearse(sql, look) else { return error };
        let Broken { child, parent, number, columns, keys, values, from_child } = broken;
        let name = format!("{child}_{}_fkey", columns.join("_"));
        let (columns_listed, keys_listed) = (columns.join(", "), keys.join(", "));
        let values = values.join(", ");
        let (message, detail) = if from_child {
            (
                format!("insert or update on table \"{child}\" violates foreign key constraint \"{name}\""),
                format!("Key ({columns_listed})=({values}) is not present in table \"{parent}\"."),
            )
        } else {
            (
                format!(
                    "update or delete on table \"{parent}\" violates foreign key constraint \"{name}\" on table \"{child}\""
                ),
                format!("Key ({keys_listed})=({values}) is still referenced from table \"{child}\"."),
            )
        };
        let ticked = |names: &[String]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let constraint = format!(
            "(`{DATABASE_NAME}`.`{child}`, CONSTRAINT `{child}_ibfk_{number}` FOREIGN KEY ({}) REFERENCES `{parent}` ({}))",
            ticked(&columns),
            ticked(&keys)
        );
        let mysql = if from_child {
            (1452, "23000", format!("Cannot add or update a child row: a foreign key constraint fails {constraint}"))
        } else {
            (
                1451,
                "23000",
                format!("Cannot delete or update a parent row: a foreign key constraint fails {constraint}"),
            )
        };
        let mut explained = SqlError::flavored(self.flavor, ("23503", message), mysql);
        if self.flavor == Flavor::Postgresql {
            explained.detail = Some(detail);
        }
        explained
    }

    /// The first row whose foreign key points nowhere, and would even with what `ON DELETE` and `ON UPDATE` do.
    fn broken_foreign_key(&self, changed: &str, deletes: bool) -> Result<Option<Broken>, Failure> {
        let mut check = self.prepare("PRAGMA foreign_key_check")?;
        while check.step()? == Step::Row {
            let mut broken = Broken {
                child: check.column(0)?.to_string(),
                parent: check.column(2)?.to_string(),
                ..Broken::default()
            };
            broken.from_child = broken.child.eq_ignore_ascii_case(changed);
            let (rowid, id) = (check.column(1)?, check.column_integer(3));
            let mut mends = false;
            // SQLite numbers a table's keys backwards, from the last one that is declared.
            let mut keys = self.prepare(&format!(
                "SELECT \"from\", \"to\", id, max(id) OVER (), on_delete, on_update FROM pragma_foreign_key_list({})
                 ORDER BY seq",
                quoted_text(&broken.child)
            ))?;
            while keys.step()? == Step::Row {
                if keys.column_integer(2) != id {
                    continue;
                }
                broken.number = keys.column_integer(3) - id + 1;
                broken.columns.push(keys.column(0)?.to_string());
                let key = keys.column(1)?;
                broken.keys.extend((!key.is_null()).then(|| key.to_string()));
                let action = keys.column(if deletes { 4 } else { 5 })?.to_string();
                mends = !matches!(action.as_str(), "NO ACTION" | "RESTRICT");
            }
            if mends && !broken.from_child {
                continue;
            }
            if broken.keys.is_empty()
                && let Some(table) = table_of(&self.catalog, &broken.parent)
            {
                broken.keys = table.primary_key().map(|column| column.name.to_string()).collect();
            }
            if let Some(rowid) = rowid.as_integer() {
                let columns = broken.columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
                let mut row =
                    self.prepare(&format!("SELECT {columns} FROM {} WHERE rowid = {rowid}", quoted(&broken.child)))?;
                if row.step()? == Step::Row {
                    for index in 0..row.column_count() {
                        broken.values.push(row.column(index)?.to_string());
                    }
                }
            }
            return Ok(Some(broken));
        }
        Ok(None)
    }
}

/// A text as SQL spells it.
fn quoted_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A row whose foreign key points nowhere.
#[derive(Debug, Default)]
struct Broken {
    child: String,
    parent: String,
    /// The key among the table's, from 1, in the order of their declaration.
    number: i64,
    columns: Vec<String>,
    keys: Vec<String>,
    values: Vec<String>,
    /// Whether the statement changed the table that points, and not the one that is pointed at.
    from_child: bool,
}
