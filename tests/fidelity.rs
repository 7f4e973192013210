//! `docs/FIDELITY.md` against the registry of settings and against the source, so that it cannot go stale.
//!
//! `BLESS=1 cargo test --test fidelity` brings the tables' first four columns up to date; what a setting does here is
//! written by hand.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::settings::{Context, Kind, Spec, Unit, registry};

/// How a row begins whose setting is read, checked and shown, while nothing depends on it.
const NO_EFFECT: &str = "No effect";

const TABLES: [(Flavor, &str); 2] = [(Flavor::Postgresql, "postgresql"), (Flavor::Mysql, "mysql")];

fn document() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/FIDELITY.md")
}

/// The text between the marks of a table, and where it stands.
fn table<'a>(text: &'a str, name: &str) -> (usize, &'a str) {
    let (begin, end) = (format!("<!-- settings: {name} -->\n"), format!("<!-- end: {name} -->"));
    let from = text.find(&begin).unwrap_or_else(|| panic!("no {begin}")) + begin.len();
    let length = text[from..].find(&end).unwrap_or_else(|| panic!("no {end}"));
    (from, &text[from..from + length])
}

fn values(spec: &Spec) -> String {
    match spec.kind {
        Kind::Bool { .. } => "a Boolean".to_owned(),
        Kind::Name { .. } => "a text".to_owned(),
        Kind::SlotName { .. } => "a slot's name".to_owned(),
        Kind::Enum { words, .. } => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Kind::StandbyNames => "a rule".to_owned(),
        Kind::Integer { unit, min, max, .. } => match unit {
            Unit::None => format!("{min} to {max}"),
            unit => format!("{min} to {max} {}", unit.name()),
        },
    }
}

fn context(context: Context) -> &'static str {
    match context {
        Context::Session => "session",
        Context::Reload => "reload",
        Context::Restart => "restart",
        Context::Creation => "creation",
        Context::ChangeSource => "`CHANGE REPLICATION SOURCE`",
    }
}

fn render(flavor: Flavor, effects: &BTreeMap<String, String>) -> String {
    let mut text = "| setting | default | values | changed by | here |\n|---|---|---|---|---|\n".to_owned();
    for spec in registry(flavor) {
        let effect = effects.get(spec.name).map_or("?", String::as_str);
        let default = if spec.default.is_empty() { "''" } else { spec.default };
        let _ = writeln!(
            text,
            "| `{}` | `{default}` | {} | {} | {effect} |",
            spec.name,
            values(spec),
            context(spec.context)
        );
    }
    text
}

#[test]
fn each_setting_is_listed_as_the_registry_has_it() {
    let mut text = std::fs::read_to_string(document()).expect("docs/FIDELITY.md is there");
    for (flavor, name) in TABLES {
        let (from, listed) = table(&text, name);
        let expected = render(flavor, &effects(listed));
        if listed != expected && std::env::var_os("BLESS").is_some() {
            let length = listed.len();
            text.replace_range(from..from + length, &expected);
        } else {
            assert_eq!(listed, expected, "BLESS=1 cargo test --test fidelity mends this");
        }
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(document(), &text).expect("docs/FIDELITY.md can be written");
    }
    assert!(!text.contains("| ? |"), "a setting is listed without what it does here");
}

/// By setting, what a table says of it.
fn effects(table: &str) -> BTreeMap<String, String> {
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| `")?.strip_suffix(" |")?.split(" | ");
        Some((cells.next()?.trim_end_matches('`').to_owned(), cells.last()?.to_owned()))
    };
    table.lines().filter_map(row).collect()
}

/// A setting that nothing reads has no effect, and one that something reads has one.
#[test]
fn what_has_no_effect_is_said_to_have_none() {
    let text = std::fs::read_to_string(document()).expect("docs/FIDELITY.md is there");
    let source = source();
    let mut wrong = Vec::new();
    for (flavor, name) in TABLES {
        for (setting, effect) in effects(table(&text, name).1) {
            let field = match setting.as_str() {
                "binlog_expire_logs_seconds" => "binlog_expire_logs",
                other => other,
            };
            let reads = |suffix: &str| {
                let needle = format!(".{field}{suffix}");
                source.match_indices(&needle).any(|(at, _)| {
                    let after = source[at + needle.len()..].chars().next().unwrap_or(' ');
                    !after.is_alphanumeric() && after != '_' && after != '('
                })
            };
            let read = ["", "_us", "_bytes"].into_iter().any(reads);
            if read == effect.starts_with(NO_EFFECT) {
                wrong.push(format!("{flavor:?}: {setting} is {}read: {effect}", if read { "" } else { "not " }));
            }
        }
    }
    assert!(wrong.is_empty(), "docs/FIDELITY.md is not true any more:\n{}", wrong.join("\n"));
}

/// The source of the engine and the simulator without its settings and tests.
fn source() -> String {
    fn gather(folder: &Path, text: &mut String) {
        let mut entries: Vec<_> = std::fs::read_dir(folder).expect("a folder").map(|e| e.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && !["settings", "tests", "facts"].contains(&name.as_str()) {
                gather(&path, text);
            } else if name.ends_with(".rs") && !name.starts_with("tests") {
                text.push_str(&std::fs::read_to_string(&path).expect("a source file"));
            }
        }
    }
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut text = String::new();
    gather(&src.join("engine"), &mut text);
    gather(&src.join("sim"), &mut text);
    text
}
