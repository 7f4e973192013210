//! The page about scenarios, `docs/SCENARIOS.md`, says what the format and the library say.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;

use replication_lab::engine::time::SimTime;
use replication_lab::scenario::library::Library;
use replication_lab::scenario::{Format, Scenario, That, Trial, schema};
use serde_json::Value;

fn root(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Tests run at the same time, and two of them may write the page.
static PAGE: Mutex<()> = Mutex::new(());

fn page() -> String {
    std::fs::read_to_string(root("docs/SCENARIOS.md")).unwrap()
}

/// Where a part stands, between its marks.
fn part(page: &str, name: &str) -> Range<usize> {
    let begin = page.find(&format!("<!-- {name}: ")).unwrap_or_else(|| panic!("no {name}"));
    let begin = begin + page[begin..].find("-->\n").unwrap() + 4;
    let end = page.find(&format!("<!-- end of {name} -->")).unwrap();
    begin..end
}

/// Holds a part of the page against what it should be, or writes it.
fn hold(name: &str, wanted: &str) {
    let _alone = PAGE.lock().unwrap();
    let before = page();
    let place = part(&before, name);
    let found = &before[place.clone()];
    if std::env::var_os("BLESS").is_some() {
        let after = [&before[..place.start], wanted, &before[place.end..]].concat();
        return std::fs::write(root("docs/SCENARIOS.md"), after).unwrap();
    }
    assert_eq!(found, wanted, "BLESS=1 cargo test --test scenario_page writes {name} anew");
}

/// What a key takes, in the words of the page.
fn takes(schema: &Value) -> String {
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    }
    let pattern = schema["pattern"].as_str().unwrap_or_default();
    let number = |schema: &Value| match schema["maximum"].as_u64() {
        Some(most) if most < 1_000_000 => format!("{} to {most}", schema["minimum"]),
        _ => "number".to_owned(),
    };
    match schema["type"].as_str() {
        Some("integer") => number(schema),
        Some("boolean") => "`true`, `false`".to_owned(),
        Some("array") if schema["minItems"] == 2 => "pair".to_owned(),
        Some("array") if schema["items"]["type"] == "object" => format!("tables, at most {}", schema["maxItems"]),
        Some("array") if schema["items"]["type"] == "integer" => "list of numbers".to_owned(),
        Some("array") => "list of texts".to_owned(),
        Some("object") if schema["properties"].is_object() => "table".to_owned(),
        Some("object") if schema["additionalProperties"]["type"] == "integer" => "table of numbers".to_owned(),
        Some("object") => "settings".to_owned(),
        Some("string") if pattern.contains("/s") => "bandwidth".to_owned(),
        Some("string") if pattern.contains('%') => "share".to_owned(),
        Some("string") if pattern.contains("min|h") => "duration".to_owned(),
        Some("string") if pattern.contains("\\S") => "name".to_owned(),
        Some("string") => "text".to_owned(),
        _ => match schema["anyOf"][0]["type"].as_str() {
            Some("array") => "pair, or `\"all\"`".to_owned(),
            _ if schema["anyOf"][1]["const"] == "unlimited" => "rate".to_owned(),
            _ => "size".to_owned(),
        },
    }
}

/// A table of the format, and the tables in it.
fn keys(heading: &str, path: &str, table: &Value, text: &mut String) {
    let required = table["required"].as_array().cloned().unwrap_or_default();
    let _ = write!(text, "\n### {heading}\n\n| key | takes | default | is |\n|---|---|---|---|\n");
    let properties = table["properties"].as_object().unwrap();
    for (key, schema) in properties {
        let default = match &schema["default"] {
            Value::Null if required.contains(&Value::from(key.as_str())) => "*required*".to_owned(),
            Value::Null => String::new(),
            value => format!("`{value}`"),
        };
        let doc = schema["description"].as_str().unwrap_or_default();
        assert!(!doc.is_empty() && !doc.contains('|'), "{path}{key}: {doc:?}");
        let _ = writeln!(text, "| `{key}` | {} | {default} | {doc} |", takes(schema));
    }
    for (key, schema) in properties {
        let path = format!("{path}{key}");
        let is_list = schema["type"] == "array";
        let inner = if is_list { &schema["items"] } else { schema };
        // A server that is added has the keys of others.
        if inner["properties"].is_object() && key != "add_node" {
            let heading = if is_list { format!("`[[{path}]]`") } else { format!("`{path}`") };
            keys(&heading, &format!("{path}."), inner, text);
        }
    }
}

#[test]
fn it_has_every_key_of_the_format() {
    let mut text = String::new();
    keys("At the top", "", &schema(), &mut text);
    text.push('\n');
    hold("keys", &text);
}

#[test]
fn it_lists_the_library() {
    let library = Library::parse(&std::fs::read_to_string(root("scenarios/library.json")).unwrap()).unwrap();
    let mut text = String::new();
    let mut chapter = "";
    for one in &library.scenarios {
        if one.chapter != chapter {
            chapter = &one.chapter;
            let _ = write!(text, "\n### {chapter}\n\n| scenario | servers | level |\n|---|---|---|\n");
        }
        let flavor = if one.flavor == "mysql" { "MySQL" } else { "PostgreSQL" };
        let _ = writeln!(text, "| [{}](../scenarios/{}) | {flavor} | {} |", one.title, one.file, one.level);
    }
    text.push('\n');
    hold("library", &text);
}

fn report(file: &str, until_ms: u64) -> Value {
    let text = std::fs::read_to_string(root(file)).unwrap();
    let scenario = Scenario::parse(&text, Format::Toml, file).unwrap_or_else(|problems| panic!("{problems}"));
    let trial = Trial::of(&scenario, SimTime(until_ms * 1_000), ()).unwrap_or_else(|e| panic!("{file}: {e:?}"));
    serde_json::to_value(trial.report).unwrap()
}

/// All that a report has, without the places in its lists.
fn leaves(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| leaves(value, &format!("{path}.{key}"), found)),
        Value::Array(list) if list.iter().any(Value::is_object) => {
            list.iter().for_each(|value| leaves(value, &format!("{path}[]"), found));
        }
        Value::Array(_) => {}
        _ => drop(found.insert(path.trim_start_matches('.').to_owned())),
    }
}

/// A path of the page, without what it picks.
fn bare(path: &str) -> String {
    let mut bare = String::new();
    let mut depth = 0;
    for c in path.chars() {
        depth -= i32::from(c == ']');
        if depth == 0 {
            bare.push(c);
        }
        depth += i32::from(c == '[');
    }
    bare
}

#[test]
fn its_paths_lead_into_reports_and_none_is_missing() {
    let reports = [
        report("scenarios/failover-asynchronous-loss.toml", 14_000),
        report("scenarios/mysql-semi-sync-falls-back.toml", 4_000),
        report("scenarios/forgotten-slot-fills-the-disk.toml", 3_000),
    ];
    let page = {
        let _alone = PAGE.lock().unwrap();
        page()
    };
    let table = &page[part(&page, "paths")];
    let first_cells = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let paths: BTreeSet<&str> = first_cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert!(paths.len() > 90, "{paths:?}");
    for path in &paths {
        let that = That::parse(&format!("{path} != 0")).unwrap_or_else(|why| panic!("{path}: {why}"));
        let leads = reports.iter().any(|report| that.judge(report, &["db1", "db2", "db3"]).is_ok());
        assert!(leads, "{path} leads nowhere");
    }
    let known: BTreeSet<String> = paths.iter().map(|path| bare(path)).collect();
    let mut found = BTreeSet::new();
    reports.iter().for_each(|report| leaves(report, "", &mut found));
    let missing: Vec<_> = found
        .iter()
        .filter(|path| !known.contains(*path) && !path.starts_with("expectations[]"))
        // Names of servers and clients, what picks an entry of a list, and what a divergence amounts to.
        .filter(|path| {
            !["reads.by_node.", "writes.by_client.", "nodes[].diverged"].iter().any(|of| path.starts_with(of))
        })
        .filter(|path| {
            !["name", "application_name", "slot_name"].iter().any(|key| path.ends_with(&format!("[].{key}")))
        })
        .collect();
    assert!(missing.is_empty(), "not on the page: {missing:?}");
}
