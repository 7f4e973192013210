//! Settings against what real servers answered.

use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::settings::Settings;

#[test]
fn settings_answer_as_postgresql_15_did() {
    let mut differences = Vec::new();
    let mut entries = 0;
    let text = include_str!("data/postgresql-15-settings.txt");
    for entry in text.split("\n\n").map(str::trim_start).filter(|entry| !entry.starts_with('#')) {
        let (asked, expected) = entry.split_once("|\n----\n").unwrap_or_else(|| panic!("no answer in {entry:?}"));
        let (name, value) = asked.split_once(" = ").unwrap_or_else(|| panic!("no value in {asked:?}"));
        let mut settings = Settings::defaults(Flavor::Postgresql);
        let answer = match settings.set(name, value) {
            Ok(()) => format!("{}|", settings.get(name).unwrap_or_default()),
            Err(error) => {
                let mut answer = format!("ERROR: {}: {}", error.code, error.message);
                for (label, more) in [("DETAIL", &error.detail), ("HINT", &error.hint)] {
                    if let Some(more) = more {
                        answer.push_str(&format!("\n{label}: {more}"));
                    }
                }
                answer
            }
        };
        if answer != expected.trim_end() {
            differences.push(format!("{asked}\n  the server: {expected}\n  we:         {answer}"));
        }
        entries += 1;
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(entries > 100, "only {entries} entries were read");
}
