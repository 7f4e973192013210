//! TOML into a tree.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problems::Problems;
use super::tree::{Entry, Item, Lines, Value};
use crate::order::Arrange;

/// Reads a TOML document.
pub(crate) fn read(text: &str, origin: &str) -> Result<Item, Problems> {
    let lines = Lines::of(text);
    match DeTable::parse(text) {
        Ok(table) => Ok(Item { line: Some(1), value: table_of(table.get_ref(), &lines) }),
        Err(error) => {
            let line = error.span().and_then(|span| lines.at(span.start));
            let message = error.message().trim_end().replace('\n', "; ");
            Err(Problems::one(origin, line, "", format!("not valid TOML: {message}")))
        }
    }
}

/// Reads one TOML value, as the right side of `key = value`; `None` when it is none.
pub(crate) fn read_value(text: &str) -> Option<Value> {
    let value = DeValue::parse(text).ok()?;
    let mut item = item_of(&value, &Lines::of(text));
    forget_lines(&mut item);
    Some(item.value)
}

fn forget_lines(item: &mut Item) {
    item.line = None;
    match &mut item.value {
        Value::List(items) => items.iter_mut().for_each(forget_lines),
        Value::Table(entries) => {
            for entry in entries {
                entry.line = None;
                forget_lines(&mut entry.item);
            }
        }
        _ => {}
    }
}

fn table_of(table: &DeTable<'_>, lines: &Lines) -> Value {
    // The parser sorts keys by name; a scenario means the order in which they were written.
    let mut entries: Vec<_> = table.iter().collect();
    entries.arrange_by_key(|(key, _)| key.span().start);
    let entries = entries.into_iter().map(|(key, value)| Entry {
        key: key.get_ref().to_string(),
        line: lines.at(key.span().start),
        item: item_of(value, lines),
    });
    Value::Table(entries.collect())
}

fn item_of(spanned: &Spanned<DeValue<'_>>, lines: &Lines) -> Item {
    let value = match spanned.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => match i128::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => Value::Other(number.to_string()),
        },
        DeValue::Float(number) => Value::Other(number.to_string()),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Datetime(date) => Value::Other(date.to_string()),
        DeValue::Array(items) => Value::List(items.iter().map(|item| item_of(item, lines)).collect()),
        DeValue::Table(table) => table_of(table, lines),
    };
    Item { line: lines.at(spanned.span().start), value }
}
