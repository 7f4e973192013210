//! The scenarios of the repository.
#![cfg(not(target_arch = "wasm32"))]

#[path = "format/arbitrary.rs"]
#[allow(dead_code, reason = "shared with the tests of the format")]
mod arbitrary;

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use replication_lab::engine::time::SimTime;
use replication_lab::scenario::library::{Library, Listed};
use replication_lab::scenario::{Format, Scenario, Trial};
use replication_lab::sim::command::Command;

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files
}

#[test]
fn each_has_a_title_a_description_and_expectations_and_survives_printing() {
    let files = files();
    assert!(files.len() >= 6, "{files:?}");
    for path in files {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(&path).unwrap();
        let scenario = Scenario::parse(&text, Format::Toml, &name).unwrap_or_else(|problems| panic!("{problems}"));
        assert!(!scenario.title.is_empty() && !scenario.description.is_empty(), "{name}");
        assert!(scenario.expect.len() >= 3, "{name} has few expectations");
        let again = Scenario::parse(&scenario.to_toml(), Format::Toml, "printed").unwrap();
        assert_eq!(again, scenario, "{name}");
    }
}

/// What the files of the library say, in the order of `scenarios/order.txt`.
fn library() -> (Library, Vec<Scenario>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut library = Library::default();
    let mut scenarios = Vec::new();
    for part in ["", "assignments/"] {
        for entry in std::fs::read_dir(folder.join(part)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let file = format!("{part}{}", path.file_name().unwrap().to_str().unwrap());
                let text = std::fs::read_to_string(&path).unwrap();
                let scenario =
                    Scenario::parse(&text, Format::Toml, &file).unwrap_or_else(|problems| panic!("{problems}"));
                library.scenarios.push(Listed::of(&file, &scenario));
                scenarios.push(scenario);
            }
        }
    }
    let order = std::fs::read_to_string(folder.join("order.txt")).unwrap();
    let order: Vec<&str> = order.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    library.arrange(&order);
    let names: Vec<&str> = library.scenarios.iter().map(|one| one.name().expect("a name for addresses")).collect();
    assert_eq!(names, order, "scenarios/order.txt has each file of the library once");
    (library, scenarios)
}

/// The page shows the library from its index, and fetches a scenario when somebody opens it. After a change,
/// `BLESS=1 cargo test --test scenarios index` writes the index anew.
#[test]
fn the_index_of_the_library_is_what_the_files_say() {
    let (library, _) = library();
    let index = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/library.json");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&index, library.to_json()).unwrap();
    }
    let found = Library::parse(&std::fs::read_to_string(&index).unwrap()).unwrap();
    assert_eq!(found, library, "BLESS=1 cargo test --test scenarios index writes it anew");
}

#[test]
fn chapters_stand_together_and_in_order_and_every_scenario_has_its_level() {
    let (library, _) = library();
    let mut chapters: Vec<&str> = library.scenarios.iter().map(|one| &*one.chapter).collect();
    chapters.dedup();
    let numbers: Vec<String> = (1..=chapters.len()).map(|n| format!("{n}. ")).collect();
    for (chapter, number) in chapters.iter().zip(&numbers) {
        assert!(chapter.starts_with(number), "{chapter:?} is no. {number}");
    }
    for one in &library.scenarios {
        assert!(!one.level.is_empty() && !one.summary.is_empty(), "{}", one.file);
    }
}

/// *Emphasis* that begins with a capital and has blanks in it is the title of another scenario.
#[test]
fn descriptions_name_scenarios_by_titles_that_there_are() {
    let (library, scenarios) = library();
    let mut seen = 0;
    for scenario in scenarios {
        let description = scenario.description.split_whitespace().collect::<Vec<_>>().join(" ").replace("**", "");
        for named in description.split('*').skip(1).step_by(2) {
            let is_title = named.starts_with(|c: char| c.is_uppercase()) || named.starts_with("synchronous_commit");
            if !is_title || !named.contains(' ') {
                continue;
            }
            let known = library.scenarios.iter().any(|one| one.title == named);
            assert!(known, "{}: no scenario is called {named:?}", scenario.title);
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn each_shows_what_it_says() {
    let mut broken = Vec::new();
    for path in files() {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(&path).unwrap();
        let scenario = Scenario::parse(&text, Format::Toml, &name).unwrap_or_else(|problems| panic!("{problems}"));
        let trial = Trial::of(&scenario, SimTime(scenario.duration_us), ()).unwrap_or_else(|e| panic!("{name}: {e:?}"));
        let failed = trial.report.expectations.iter().filter(|one| one.held != Some(true));
        broken.extend(failed.map(|one| format!("{name}: {} is {}", one.that, one.actual)));
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a scenario does to its cluster, it comes to an end and to a report; and to the same one twice.
    #[test]
    fn any_scenario_can_be_tried(mut scenario in arbitrary::scenario()) {
        scenario.duration_us = 3_000_000;
        scenario.schedule.iter_mut().for_each(|(time, _)| time.0 /= 20);
        scenario.expect.clear();
        scenario.setup.schema.clear();
        for client in &mut scenario.setup.clients {
            client.writes_per_second %= 40;
            client.reads_per_second %= 40;
            client.sessions %= 5;
            client.think_time_us = client.think_time_us.max(50_000);
            client.statements_per_transaction = 1 + client.statements_per_transaction % 4;
        }
        for (_, command) in &mut scenario.schedule {
            if let Command::Workload { writes_per_second, reads_per_second, .. } = command {
                *writes_per_second %= 40;
                *reads_per_second %= 40;
            }
        }
        // What this version refuses in so many words is made into what it does.
        scenario.setup.failover.automatic = false;
        for client in &mut scenario.setup.clients {
            client.connect = None;
        }
        let end = SimTime(scenario.duration_us);
        let trial = || Trial::of(&scenario, end, ()).map(|trial| trial.report);
        match (trial(), trial()) {
            (Ok(first), Ok(second)) => prop_assert_eq!(first, second),
            (Err(first), _) => prop_assert!(false, "{:?}", first),
            (_, Err(second)) => prop_assert!(false, "{:?}", second),
        }
    }
}
