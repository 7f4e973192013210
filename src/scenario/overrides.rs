//! `--set a.b=v`: keys of a scenario given on the command line.
//!
//! A path goes by keys and dots, as in `settings.synchronous_commit` or `proxy.read_policy`. Into a list of named
//! tables it goes by name or by position from 0: `node.db2.disk.fsync`, `client.app.keys`, `at.3.time`. A part that
//! holds a dot is put between double quotes. Tables that are not there are made; list entries are not. The value is
//! read as whatever its key takes; lists and tables are written as in TOML.

use std::fmt;

use crate::engine::settings::nearest;

use super::toml_reader;
use super::tree::{Entry, Item, Value};

/// A key and the value that it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    path: Vec<String>,
    value: String,
    text: String,
}

impl Override {
    /// Reads `a.b=v`.
    ///
    /// # Errors
    /// Why the text has not this form.
    pub fn parse(text: &str) -> Result<Override, String> {
        let shape = || format!("{text:?} is not of the form key.key=value, as in settings.synchronous_commit=off");
        let mut path = vec![String::new()];
        let mut quoted = false;
        for (at, c) in text.char_indices() {
            let part = path.last_mut().ok_or_else(shape)?;
            match c {
                '"' => quoted = !quoted,
                '.' if !quoted => path.push(String::new()),
                '=' if !quoted => {
                    if path.iter().any(String::is_empty) {
                        return Err(shape());
                    }
                    let value = text[at + 1..].to_owned();
                    return Ok(Override { path, value, text: text.to_owned() });
                }
                c => part.push(c),
            }
        }
        Err(shape())
    }
}

impl fmt::Display for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Puts the value at its place in a tree.
pub(crate) fn apply(root: &mut Item, one: &Override) -> Result<(), String> {
    let quoted = one.value.starts_with(['"', '\'']);
    let value = match if quoted { toml_reader::read_value(&one.value) } else { None } {
        Some(value) => value,
        None => Value::Bare(one.value.clone()),
    };
    let mut here = root;
    for (depth, part) in one.path.iter().enumerate() {
        let around = one.path[..depth].join(".");
        here = match &mut here.value {
            Value::List(items) => entry_of(items, part, &around)?,
            Value::Table(entries) => {
                let index = entries.iter().position(|entry| entry.key == *part).unwrap_or_else(|| {
                    let item = Value::Table(Vec::new()).unplaced();
                    entries.push(Entry { key: part.clone(), line: None, item });
                    entries.len() - 1
                });
                if depth + 1 == one.path.len() {
                    entries[index].line = None;
                }
                &mut entries[index].item
            }
            other => return Err(format!("{around} is {}, and has no part {part:?}", other.kind())),
        };
    }
    *here = value.unplaced();
    Ok(())
}

/// A list's entry by its name, or by its position.
fn entry_of<'a>(items: &'a mut [Item], part: &str, around: &str) -> Result<&'a mut Item, String> {
    let name = |item: &Item| item.value.get("name").and_then(|name| name.value.as_text()).map(str::to_owned);
    let names: Vec<_> = items.iter().filter_map(name).collect();
    let by_name = items.iter().position(|item| name(item).as_deref() == Some(part));
    let index = by_name.or_else(|| part.parse().ok()).filter(|index| *index < items.len());
    match index {
        Some(index) => Ok(&mut items[index]),
        None => Err(match nearest(part, names.iter().map(String::as_str)) {
            Some(near) => format!("there is no {around} {part:?}; did you mean {near:?}?"),
            None => format!("there is no {around} {part:?}; give a name, or a position from 0"),
        }),
    }
}
