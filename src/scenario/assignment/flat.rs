//! A part of a scenario as a flat list of keys and values, so that two can be compared key by key.

use crate::scenario::toml_writer;
use crate::scenario::tree::{Item, Value};

/// Keys and their values as TOML writes them, in the tree's order.
pub(super) type Flat = Vec<(Vec<String>, String)>;

/// Adds everything at and below a value.
pub(super) fn flatten(path: &[String], value: &Value, out: &mut Flat) {
    let below = |name: &str| [path, &[name.to_owned()]].concat();
    match value {
        Value::Table(entries) => {
            for entry in entries {
                flatten(&below(&entry.key), &entry.item.value, out);
            }
        }
        Value::List(items) if items.iter().any(|item| matches!(item.value, Value::Table(_))) => {
            for (index, item) in items.iter().enumerate() {
                flatten(&below(&name_of(item, index)), &item.value, out);
            }
        }
        value => out.push((path.to_vec(), toml_writer::inline_text(value))),
    }
}

/// What an entry of a list is called: its name, its two ends, or its position.
pub(super) fn name_of(item: &Item, index: usize) -> String {
    if let Some(name) = item.value.get("name").and_then(|name| name.value.as_text()) {
        return name.to_owned();
    }
    let ends = item.value.get("between").map(|ends| ends.value.items()).unwrap_or_default();
    match ends {
        [a, b] => {
            let text = |end: &Item| end.value.as_text().unwrap_or_default().to_owned();
            let (a, b) = (text(a), text(b));
            // A link is the same from both ends.
            if a <= b { format!("{a}-{b}") } else { format!("{b}-{a}") }
        }
        _ => index.to_string(),
    }
}
