//! JSON into a tree. Parts are kept as slices of the text at first, so that their lines are known.

use std::fmt;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use super::problems::Problems;
use super::tree::{Entry, Item, Lines, Value};

/// Deeper than this no scenario goes; each level is scanned once more than the one around it.
const MAX_DEPTH: usize = 16;

/// Reads a JSON document.
pub(crate) fn read(text: &str, origin: &str) -> Result<Item, Problems> {
    let reader = Reader { text, lines: Lines::of(text) };
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| {
        Problems::one(origin, u32::try_from(error.line()).ok(), "", format!("not valid JSON: {}", what(&error)))
    })?;
    reader.item(raw, 0).map_err(|(line, message)| Problems::one(origin, line, "", format!("not valid JSON: {message}")))
}

/// The error's text without its position, which is told apart.
fn what(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

struct Reader<'a> {
    text: &'a str,
    lines: Lines,
}

type Failure = (Option<u32>, String);

impl<'a> Reader<'a> {
    fn item(&self, raw: &'a RawValue, depth: usize) -> Result<Item, Failure> {
        let source = raw.get();
        // The slice is a part of the text, so the difference of the addresses is its offset.
        let offset = (source.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let line = self.lines.at(offset);
        let failed = |error: serde_json::Error| (line, what(&error));
        if depth > MAX_DEPTH {
            return Err((line, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        let value = match source.as_bytes().first() {
            Some(b'{') => {
                let object: Object<'a> = serde_json::from_str(source).map_err(failed)?;
                let mut entries: Vec<Entry> = Vec::with_capacity(object.0.len());
                let mut keys = crate::order::OrderedSet::new();
                for (key, raw) in object.0 {
                    let item = self.item(raw, depth + 1)?;
                    if !keys.insert(key.clone()) {
                        return Err((item.line, format!("the key {key:?} is there twice")));
                    }
                    entries.push(Entry { key, line: item.line, item });
                }
                Value::Table(entries)
            }
            Some(b'[') => {
                let items: Vec<&'a RawValue> = serde_json::from_str(source).map_err(failed)?;
                Value::List(items.into_iter().map(|raw| self.item(raw, depth + 1)).collect::<Result<_, _>>()?)
            }
            Some(b'"') => Value::Text(serde_json::from_str(source).map_err(failed)?),
            Some(b't') => Value::Flag(true),
            Some(b'f') => Value::Flag(false),
            Some(b'n') => Value::Null,
            _ => source.parse().map_or_else(|_| Value::Other(source.to_owned()), Value::Integer),
        };
        Ok(Item { line, value })
    }
}

/// An object as slices of the text, in its order and with its duplicates.
struct Object<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, &RawValue>()? {
                    entries.push((key, value));
                }
                Ok(Object(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}
