//! A scenario's text as a tree, whatever it was written in, with the line of every part.

use super::path::{Path, Step};

/// A part of a scenario and the line it stands on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    /// Counted from 1; `None` for what does not come from the text (`--set`, a printed model).
    pub line: Option<u32>,
    /// What stands there.
    pub value: Value,
}

/// A value of TOML or JSON.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// JSON's `null`: as if the key were not there.
    Null,
    /// True or false.
    Flag(bool),
    /// A whole number.
    Integer(i128),
    /// A number with a fraction, and TOML's dates: as written; no key takes one.
    Other(String),
    /// Text.
    Text(String),
    /// Text from a command line, which is read as whatever its key takes.
    Bare(String),
    /// A list.
    List(Vec<Item>),
    /// A table, in the text's order, without duplicates.
    Table(Vec<Entry>),
}

/// A key of a table and its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// The key.
    pub key: String,
    /// The line of the key.
    pub line: Option<u32>,
    /// Its value.
    pub item: Item,
}

impl Value {
    /// What kind of value this is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Flag(_) => "true or false",
            Value::Integer(_) => "a whole number",
            Value::Other(_) => "a fraction or a date",
            Value::Text(_) | Value::Bare(_) => "text",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }

    /// A value that does not come from a text.
    pub fn unplaced(self) -> Item {
        Item { line: None, value: self }
    }

    /// The text, if it is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) | Value::Bare(text) => Some(text),
            _ => None,
        }
    }

    /// The entries, if it is a table.
    pub fn entries(&self) -> &[Entry] {
        match self {
            Value::Table(entries) => entries,
            _ => &[],
        }
    }

    /// The items, if it is a list.
    pub fn items(&self) -> &[Item] {
        match self {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The value of a key, if it is a table that has it.
    pub fn get(&self, key: &str) -> Option<&Item> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.item)
    }
}

impl Item {
    /// The line of the part at `path`, or of the nearest part around it. `None` when that is not from the text.
    pub fn line_of(&self, path: &Path) -> Option<u32> {
        let mut line = self.line;
        let mut here = self;
        for step in &path.0 {
            match step {
                Step::Key(key) => {
                    let Some(entry) = here.value.entries().iter().find(|entry| entry.key == *key) else { break };
                    line = entry.line;
                    here = &entry.item;
                }
                Step::Index(index) => {
                    let Some(item) = here.value.items().get(*index) else { break };
                    line = item.line;
                    here = item;
                }
            }
        }
        line
    }
}

/// Turns byte offsets into lines.
pub(crate) struct Lines(Vec<usize>);

impl Lines {
    /// Notes where the lines of a text begin.
    pub fn of(text: &str) -> Lines {
        Lines(std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect())
    }

    /// The line of an offset, counted from 1.
    pub fn at(&self, offset: usize) -> Option<u32> {
        u32::try_from(self.0.partition_point(|start| *start <= offset).max(1)).ok()
    }
}
