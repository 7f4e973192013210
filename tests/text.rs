//! The page's texts: every text that the code asks for is there, nothing is there that no code asks for, and each
//! language says the same things.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use replication_lab::scenario::library::Library;
use replication_lab::scenario::{Format, Scenario};
use replication_lab::ui::text::{Catalog, placeholders};

/// Areas whose keys are put together in the code, so that they cannot be found there.
const PUT_TOGETHER: [&str; 2] = ["explain", "glossary.term"];

/// Where other languages have the reasons that the engine gives: each key is `engine.` and the English words.
const OF_THE_ENGINE: &str = "engine.";

/// Where other languages have the titles of the scenarios, by the English title, and their descriptions, by their names.
const OF_SCENARIOS: &str = "scenario.";

fn catalog(language: &str) -> Catalog {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("www/text/{language}.txt"));
    let source = std::fs::read_to_string(&path).unwrap();
    Catalog::parse(&source).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Keys that the code asks for by `t!`, and where.
fn asked() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root.join("ui"), &mut files);
    let mut keys = BTreeMap::new();
    for file in files {
        let source = std::fs::read_to_string(&file).unwrap();
        let code = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        let calls: Vec<_> = code.match_indices("t!(").collect();
        for (at, call) in calls {
            if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let argument = code[at + call.len()..].trim_start();
            if let Some((key, _)) = argument.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
                keys.insert(key.to_owned(), file.display().to_string());
            }
        }
    }
    keys
}

#[test]
fn what_the_code_asks_for_is_what_there_is() {
    let english = catalog("en");
    let asked = asked();
    let missing: Vec<_> = asked.iter().filter(|(key, _)| english.get(key).is_none()).collect();
    assert!(missing.is_empty(), "not in www/text/en.txt: {missing:?}");
    let unused: Vec<_> = english
        .iter()
        .map(|(key, _)| key)
        .filter(|key| !asked.contains_key(*key))
        .filter(|key| !PUT_TOGETHER.iter().any(|area| key.starts_with(&format!("{area}."))))
        .collect();
    assert!(unused.is_empty(), "no code asks for these texts: {unused:?}");
}

#[test]
fn every_language_says_everything_with_the_same_placeholders() {
    let (english, german) = (catalog("en"), catalog("de"));
    let keys = |catalog: &Catalog| {
        let keys = catalog.iter().map(|(key, _)| key.to_owned());
        keys.filter(|key| !key.starts_with(OF_THE_ENGINE) && !key.starts_with(OF_SCENARIOS)).collect::<BTreeSet<_>>()
    };
    let (en, de) = (keys(&english), keys(&german));
    assert_eq!(en.difference(&de).collect::<Vec<_>>(), Vec::<&String>::new(), "missing in www/text/de.txt");
    assert_eq!(de.difference(&en).collect::<Vec<_>>(), Vec::<&String>::new(), "only in www/text/de.txt");
    for (key, text) in english.iter() {
        let other = german.get(key).unwrap_or_default();
        assert_eq!(placeholders(text), placeholders(other), "placeholders of {key}");
    }
}

#[test]
fn the_engine_gives_every_reason_that_has_another_language() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/engine"), &mut files);
    let code: String = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let german = catalog("de");
    let reasons = german.iter().filter_map(|(key, _)| key.strip_prefix(OF_THE_ENGINE));
    let unknown: Vec<_> = reasons.filter(|reason| !code.contains(&format!("\"{reason}\""))).collect();
    assert_eq!(unknown, Vec::<&str>::new(), "nothing in src/engine says this");
}

#[test]
fn every_title_and_description_is_of_a_scenario_on_the_page() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let opening = std::fs::read_to_string(root.join("src/ui/opening.rs")).unwrap();
    let library = Library::parse(&std::fs::read_to_string(root.join("scenarios/library.json")).unwrap()).unwrap();
    let tasks = tasks();
    let known = |key: &str| {
        opening.contains(&format!("\"{key}\""))
            || tasks.contains(key)
            || library
                .scenarios
                .iter()
                .any(|one| [Some(&*one.title), Some(&*one.chapter), one.name()].contains(&Some(key)))
    };
    let german = catalog("de");
    let keys = german.iter().filter_map(|(key, _)| key.strip_prefix(OF_SCENARIOS));
    let unknown: Vec<_> = keys.filter(|key| !known(key)).collect();
    assert_eq!(unknown, Vec::<&str>::new(), "no scenario of the page has this title or name");
}

/// Under what the tasks of the library and their conditions stand in other languages.
fn tasks() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/assignments");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let scenario = Scenario::parse(&text, Format::Toml, "").unwrap_or_else(|problems| panic!("{problems}"));
        keys.insert(format!("{}.task", scenario.title));
        keys.extend(scenario.assignment.iter().flat_map(|one| &one.require).map(|one| one.words().to_owned()));
    }
    keys
}

#[test]
fn every_scenario_has_a_german_title_and_every_task_german_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = Library::parse(&std::fs::read_to_string(root.join("scenarios/library.json")).unwrap()).unwrap();
    let german = catalog("de");
    let titles = library.scenarios.iter().flat_map(|one| [one.title.clone(), one.chapter.clone()]);
    let missing: Vec<_> =
        titles.chain(tasks()).filter(|key| german.get(&format!("{OF_SCENARIOS}{key}")).is_none()).collect();
    assert_eq!(missing, Vec::<String>::new(), "not in www/text/de.txt");
}
