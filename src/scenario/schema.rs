//! The JSON Schema of the format, made from its table.

use serde_json::{Map, Value, json};

use super::shape::{ACTIONS, AT, Key, MAX_NAME, MAX_SEED, MAX_WEIGHT, SCENARIO, Shape, Type};
use super::units;

/// No control characters, nothing that turns the writing's direction, no blanks around.
const NAME: &str = r"^(?=\S)[^\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]*\S$";
const DURATION: &str = r"^ *(0|[0-9]+(\.[0-9]{1,12})? *(us|ms|s|min|h|d)) *$";
const SIZE: &str = r"^ *[0-9]+(\.[0-9]{1,12})? *(B|kB|MB|GB|TB)? *$";
const BANDWIDTH: &str = r"^(unlimited| *[0-9]+(\.[0-9]{1,12})? *(B|kB|MB|GB|TB)/s *)$";
const SHARE: &str = r"^ *[0-9]{1,2}(\.[0-9]{1,12})? *% *$";

/// The JSON Schema (draft 2020-12) of a scenario. What it cannot say (known names, times within the run, the ranges of
/// server settings) is checked when a scenario is read.
#[must_use]
pub fn schema() -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Replication Lab scenario",
    });
    if let (Value::Object(schema), Value::Object(table)) = (&mut schema, of_table(&SCENARIO)) {
        schema.extend(table);
    }
    schema
}

fn of_table(shape: &'static Shape) -> Value {
    let properties: Map<_, _> = shape.keys.iter().map(|key| (key.name.to_owned(), of_key(key))).collect();
    let required: Vec<_> = shape.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut table = json!({
        "description": shape.doc,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    if std::ptr::eq(shape, &AT) {
        table["oneOf"] = ACTIONS.iter().map(of_action).collect();
    }
    table
}

/// One action of `[[at]]`: its key, what must stand beside it, and nothing that does not go with it.
fn of_action(action: &super::shape::Action) -> Value {
    let goes = |name: &str| {
        name == "time" || name == action.name || action.one_of.contains(&name) || action.may.contains(&name)
    };
    let names: Vec<_> = AT.keys.iter().map(|key| key.name).filter(|name| goes(name)).collect();
    let mut rule = json!({
        "title": action.name,
        "required": ["time", action.name],
        "propertyNames": { "enum": names },
    });
    if !action.one_of.is_empty() {
        rule["oneOf"] = action.one_of.iter().map(|name| json!({ "required": [name] })).collect();
    }
    rule
}

fn of_key(key: &Key) -> Value {
    let mut schema = of_type(key.takes);
    schema["description"] = json!(key.doc);
    if !key.default.is_empty() {
        schema["default"] = match key.takes {
            Type::Integer(..) => key.default.parse::<u64>().map_or(Value::Null, Value::from),
            Type::Flag => json!(key.default == "true"),
            _ => json!(key.default),
        };
    }
    schema
}

fn of_type(takes: Type) -> Value {
    let name = || json!({ "type": "string", "pattern": NAME, "maxLength": MAX_NAME });
    let pair = || json!({ "type": "array", "items": name(), "minItems": 2, "maxItems": 2 });
    match takes {
        Type::Text(most) => json!({ "type": "string", "maxLength": most }),
        Type::Name => name(),
        Type::Flag => json!({ "type": "boolean" }),
        Type::Integer(min, max) => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Type::Duration => json!({ "type": "string", "pattern": DURATION }),
        Type::Size => json!({ "anyOf": [
            { "type": "integer", "minimum": 0, "maximum": units::MAX_SIZE },
            { "type": "string", "pattern": SIZE },
        ] }),
        Type::Bandwidth => json!({ "type": "string", "pattern": BANDWIDTH }),
        Type::Share => json!({ "type": "string", "pattern": SHARE }),
        Type::Rate => json!({ "anyOf": [
            { "type": "integer", "minimum": 1, "maximum": 1_000_000 },
            { "const": "unlimited" },
        ] }),
        Type::Word(words) => json!({ "enum": words }),
        Type::Pair => pair(),
        Type::PairOrAll => json!({ "anyOf": [pair(), { "const": "all" }] }),
        Type::Settings => json!({
            "type": "object",
            "additionalProperties": { "type": ["string", "integer", "boolean"] },
        }),
        Type::Weights => json!({
            "type": "object",
            "additionalProperties": { "type": "integer", "minimum": 0, "maximum": MAX_WEIGHT },
        }),
        Type::Texts(most, bytes) => {
            json!({ "type": "array", "items": { "type": "string", "maxLength": bytes }, "maxItems": most })
        }
        Type::Seeds(most) => json!({
            "type": "array",
            "items": { "type": "integer", "minimum": 0, "maximum": MAX_SEED },
            "maxItems": most,
        }),
        Type::Table(shape) => of_table(shape),
        Type::Tables(shape, most) => json!({ "type": "array", "items": of_table(shape), "maxItems": most }),
    }
}
