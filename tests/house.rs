//! The rules of the house, read off the source tree: who may know whom, and that the engine knows no browser.
#![cfg(not(target_arch = "wasm32"))]

use std::fmt;
use std::path::{Path, PathBuf};

/// The storeys of `src/`, lowest first. A part may use what is below it and its own, never what is above it or beside it.
const STOREYS: &[&[&str]] = &[
    &["order"],
    &["engine"],
    &["sim"],
    &["check", "scenario", "report"],
    &["swarm"],
    &["sweep"],
    &["ui", "embed", "cli", "bin"],
];

/// Parts of a storey that may use one another.
const NEIGHBOURS_MAY_TALK: &[&str] = &["check", "scenario", "report", "ui", "embed", "cli", "bin"];

/// Parts that must compile where there is no browser.
const WITHOUT_A_BROWSER: &[&str] = &["engine", "sim", "check", "scenario", "report", "swarm", "sweep"];

/// The crates that only make sense in a browser; `gloo` stands for its whole family.
const WEB_CRATES: &[&str] =
    &["gloo", "js_sys", "serde_wasm_bindgen", "wasm_bindgen", "wasm_bindgen_futures", "web_sys", "yew"];

/// One line that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
struct Breach {
    file: String,
    line: usize,
    rule: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.rule)
    }
}

#[test]
fn imports_point_downwards_and_the_engine_knows_no_browser() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut breaches = Vec::new();
    let mut files = 0;
    for (part, path) in files_by_part(&src) {
        assert!(storey(&part).is_some(), "src/{part} has no storey in tests/house.rs yet; give it one");
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(&src).unwrap().display().to_string();
        breaches.extend(breaches_in(&part, &name, &text));
        files += 1;
    }
    assert!(files > 1, "there is hardly anything in {}", src.display());
    let list: Vec<String> = breaches.iter().map(Breach::to_string).collect();
    assert!(list.is_empty(), "rules of the house are broken:\n{}", list.join("\n"));
}

#[test]
fn a_web_crate_in_the_engine_is_found() {
    let found = |line: &str| breaches_in("engine", "engine/node.rs", line).len();
    assert_eq!(found("use web_sys::Window;"), 1);
    assert_eq!(found("let now = js_sys::Date::now();"), 1);
    assert_eq!(found("#[wasm_bindgen::prelude::wasm_bindgen]"), 1);
    assert_eq!(found("use gloo_timers::callback::Timeout;"), 1);
    // Talking about them is allowed, and so is a name that merely contains one.
    assert_eq!(found("// unlike web_sys::Window"), 0);
    assert_eq!(found("let yew_tree = my_yew::tree();"), 0);
    // Tests that run in the browser, too, name the test macro.
    assert_eq!(found("#[cfg_attr(target_arch = \"wasm32\", wasm_bindgen_test::wasm_bindgen_test)]"), 0);
    // The interface may use them.
    assert_eq!(breaches_in("ui", "ui/mod.rs", "use yew::prelude::*;").len(), 0);
}

#[test]
fn an_import_that_points_upwards_is_found() {
    let found = |part: &str, line: &str| breaches_in(part, "file.rs", line).len();
    assert_eq!(found("engine", "use crate::sim::World;"), 1);
    assert_eq!(found("sim", "use crate::{engine::Node, report::Report};"), 1);
    assert_eq!(found("sim", "use crate::{\n    engine::Node,\n    ui,\n};"), 1);
    assert_eq!(found("check", "let a = replication_lab::ui::stage();"), 1);
    assert_eq!(found("report", "use crate::cli::run;"), 1);
    assert_eq!(found("check", "use crate::sim::World;"), 0);
    assert_eq!(found("report", "use crate::check::Verdict;"), 0);
    assert_eq!(found("engine", "use crate::engine::{sim_like, node::Node};"), 0);
    assert_eq!(found("ui", "use crate::{report, sim, engine};"), 0);
}

#[test]
fn a_breach_says_where_it_is() {
    let breaches = breaches_in("engine", "engine/a.rs", "//! Words.\n\nuse crate::ui::App;\n");
    assert_eq!(breaches[0].to_string(), "engine/a.rs:3: `engine` must not know `ui`");
}

/// Every Rust file below `src/`, with the part of the house it belongs to. `lib.rs` and `main.rs` are the doors.
fn files_by_part(src: &Path) -> Vec<(String, PathBuf)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(src).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let part = path.file_name().unwrap().to_string_lossy().into_owned();
            for file in rust_files_below(&path) {
                files.push((part.clone(), file));
            }
        }
    }
    files
}

fn rust_files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files_below(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn breaches_in(part: &str, file: &str, text: &str) -> Vec<Breach> {
    let code = without_comments(text);
    let mut breaches = Vec::new();
    let mut report = |at: usize, rule: String| {
        let line = code[..at].matches('\n').count() + 1;
        let breach = Breach { file: file.to_string(), line, rule };
        if !breaches.contains(&breach) {
            breaches.push(breach);
        }
    };
    if WITHOUT_A_BROWSER.contains(&part) {
        for (at, word) in paths(&code) {
            if let Some(web_crate) = WEB_CRATES.iter().find(|name| is_of_family(word, name)) {
                report(at, format!("`{part}` must not use the web crate `{web_crate}`"));
            }
        }
    }
    for (at, other) in parts_named(&code) {
        if !may_know(part, other) {
            report(at, format!("`{part}` must not know `{other}`"));
        }
    }
    breaches
}

fn may_know(part: &str, other: &str) -> bool {
    let (Some(own), Some(others)) = (storey(part), storey(other)) else { return true };
    let neighbours = NEIGHBOURS_MAY_TALK.contains(&part) && NEIGHBOURS_MAY_TALK.contains(&other);
    part == other || others < own || (others == own && neighbours)
}

fn storey(part: &str) -> Option<usize> {
    STOREYS.iter().position(|parts| parts.contains(&part))
}

/// `gloo_timers` is of the family `gloo`; the other crates stand for themselves.
fn is_of_family(word: &str, name: &str) -> bool {
    word == name || (name == "gloo" && word.starts_with("gloo_"))
}

/// The first word of every path in the code (`js_sys` in `js_sys::Date::now()`), and where it is.
fn paths(code: &str) -> impl Iterator<Item = (usize, &str)> {
    code.match_indices("::").filter_map(|(end, _)| {
        let start = code[..end].rfind(|c: char| !is_word(c)).map_or(0, |at| at + 1);
        let is_first = !code[..start].ends_with("::");
        (is_first && start < end).then(|| (start, &code[start..end]))
    })
}

/// The parts of the house that the code names as `crate::part`, also inside `crate::{…}`, and where.
fn parts_named(code: &str) -> Vec<(usize, &str)> {
    let mut named = Vec::new();
    for root in ["crate::", "replication_lab::"] {
        for (at, _) in code.match_indices(root) {
            let start = at + root.len();
            if code[..at].ends_with(is_word) {
                continue;
            }
            if code[start..].starts_with('{') {
                named.extend(heads_of_list(code, start));
            } else {
                named.push((start, word_at(code, start)));
            }
        }
    }
    named
}

/// The first word of each item of a list such as `{engine::{log, node}, sim}`: `engine` and `sim`.
fn heads_of_list(code: &str, open: usize) -> Vec<(usize, &str)> {
    let mut heads = Vec::new();
    let mut depth = 0;
    let mut expects_head = false;
    for (offset, c) in code[open..].char_indices() {
        match c {
            '{' => {
                depth += 1;
                expects_head |= depth == 1;
            }
            '}' => depth -= 1,
            ',' if depth == 1 => expects_head = true,
            c if is_word(c) && expects_head => {
                heads.push((open + offset, word_at(code, open + offset)));
                expects_head = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    heads
}

fn word_at(code: &str, start: usize) -> &str {
    let end = code[start..].find(|c: char| !is_word(c)).map_or(code.len(), |length| start + length);
    &code[start..end]
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The text without line comments; what is left keeps its line. A `//` inside a string cuts the line too, which
/// hides nothing but the rest of that line.
fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}
