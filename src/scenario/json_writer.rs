//! A tree as JSON.

use serde_json::{Map, Value as Json};

use super::tree::Value;

/// The JSON of a tree.
pub(crate) fn value(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Flag(flag) => Json::Bool(*flag),
        // Scenarios hold no number that JSON's common readers could not keep; see the limit on seeds.
        Value::Integer(number) => i64::try_from(*number).map_or(Json::Null, Json::from),
        Value::Text(text) | Value::Bare(text) | Value::Other(text) => Json::String(text.clone()),
        Value::List(items) => Json::Array(items.iter().map(|item| self::value(&item.value)).collect()),
        Value::Table(entries) => {
            let entries = entries.iter().map(|entry| (entry.key.clone(), self::value(&entry.item.value)));
            Json::Object(entries.collect::<Map<_, _>>())
        }
    }
}
