//! Lessons: those of the repository fit their scenarios, translations differ in words only, and mistakes are told with
//! their line and what to do.
#![cfg(not(target_arch = "wasm32"))]

use std::path::{Path, PathBuf};

use replication_lab::scenario::lesson::{Asked, Lesson, Part, Seen, Wanted};
use replication_lab::scenario::{Format, Scenario};
use replication_lab::sim::command::{Between, Command};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/lessons")
}

fn read(file: &str) -> String {
    std::fs::read_to_string(folder().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn lesson(file: &str) -> Lesson {
    Lesson::parse(&read(file), file).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The names of the index.
fn names() -> Vec<String> {
    let index = read("index.txt");
    index.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn every_lesson_fits_its_scenarios() {
    let names = names();
    assert!(names.len() >= 5, "only {names:?}");
    for name in &names {
        let lesson = lesson(&format!("{name}.md"));
        for file in lesson.scenarios() {
            let scenario =
                Scenario::parse(&read(file), Format::Toml, file).unwrap_or_else(|problems| panic!("{problems}"));
            lesson.check(&scenario, name).unwrap_or_else(|problems| panic!("{problems}"));
        }
        assert!(!lesson.summary.is_empty(), "{name} says nothing of itself");
        assert!((5..=10).contains(&lesson.minutes), "{name} takes {} minutes", lesson.minutes);
        let parts = || lesson.steps.iter().flat_map(|step| &step.parts);
        let asked = parts().filter(|part| matches!(part, Part::Ask(_))).count();
        assert!(asked >= 2, "{name} asks for {asked} predictions");
        for step in &lesson.steps {
            assert!(step.parts.iter().any(|part| matches!(part, Part::Text(_))), "{name}: {} has no text", step.title);
        }
        for part in parts() {
            let help = match part {
                Part::Wait(wait) => &wait.help,
                Part::Check(condition) => &condition.help,
                _ => continue,
            };
            assert!(!help.is_empty(), "{name}: something is waited for, and nobody says how it is done");
        }
    }
}

#[test]
fn the_index_names_every_lesson_and_translations_differ_in_words_only() {
    let (names, mut translated) = (names(), Vec::new());
    for entry in std::fs::read_dir(folder()).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let Some(name) = file.strip_suffix(".md") else { continue };
        match name.strip_suffix(".de") {
            None => assert!(names.contains(&name.to_owned()), "{name} is not in index.txt"),
            Some(name) => {
                let (english, german) = (lesson(&format!("{name}.md")), lesson(&file));
                assert_ne!(english.title, german.title);
                for (one, two) in english.steps.iter().zip(&german.steps) {
                    assert_eq!(one.parts.len(), two.parts.len(), "{file}: {}", two.title);
                }
                assert!(german.is_like(&english), "{file} differs from {name}.md in more than words");
                translated.push(name.to_owned());
            }
        }
    }
    for (this, next) in names.iter().zip(names.iter().skip(1).map(Some).chain([None])) {
        assert_eq!(lesson(&format!("{this}.md")).next.as_ref(), next, "what comes after {this}");
    }
    translated.sort();
    assert_eq!(translated, ["a-writes-journey", "synchronous-or-asynchronous"]);
}

/// A lesson with these lines in its only step, which begins in line 9.
fn with(lines: &str) -> String {
    format!("# A\n\nSays.\n\n```lesson\nscenario failover.toml\nminutes 5\n```\n## One\n{lines}\n")
}

fn first_problem(text: &str) -> String {
    match Lesson::parse(text, "x.md") {
        Ok(_) => "none".to_owned(),
        Err(problems) => problems.to_string().lines().next().unwrap_or_default().to_owned(),
    }
}

#[test]
fn mistakes_are_told_with_their_line_and_what_to_do() {
    for (lines, message) in [
        (
            "```wat\n```",
            "x.md:10: there is no block \"wat\"; did you mean \"wait\"? There are lesson, stage, show, wait, ask, reveal, check",
        ),
        (
            "```wait\ndo crush db1\n```",
            "x.md:11: there is no action \"crush\"; did you mean \"crash\"? The actions are those of [[at]]",
        ),
        (
            "```wait\ntab ledgers\n```",
            "x.md:11: there is no tab \"ledgers\"; there are sequence, logs, tables, lag, ledger, findings, events, status, write, settings, faults",
        ),
        ("```stage\nspeed fast\n```", "x.md:11: \"fast\" is no duration, as 20ms or 2s"),
        (
            "```stage\nscenario ../x.txt\n```",
            "x.md:11: \"../x.txt\" is no scenario; name a file beside the lesson, as failover.toml",
        ),
        ("```wait\n> help\n```", "x.md:10: ```wait is empty"),
        ("```wait\nplay", "x.md:10: the block ```wait is not closed; end it with a line ```"),
        ("```reveal\n```", "x.md:10: there is nothing to reveal; a ```ask of the same step must stand before it"),
        (
            "```ask\nHow many?\nnumber of writes\nmeasure writes.lost\n```",
            "x.md:10: the prediction is never revealed; put ```reveal and ``` behind it, in the same step",
        ),
        (
            "```ask\nHow many?\nnumber of writes\n```\n```reveal\n```",
            "x.md:10: must say what it is compared with, as: measure writes.lost",
        ),
        (
            "```ask\nHow?\n- Yes: writes.lost = 0\n- No: writes.lost > 0\nmeasure writes.lost\n```\n```reveal\n```",
            "x.md:12: after the path a comparison must follow: == != < <= > >= (not a single =)",
        ),
        ("```check\nwrites lost\n```", "x.md:11: after the path a comparison must follow: == != < <= > >="),
    ] {
        assert_eq!(first_problem(&with(lines)), message, "{lines}");
    }
    assert_eq!(first_problem(&with("Text.")), "none");
    assert_eq!(
        first_problem("# A\n\n## One\n"),
        "x.md:1: needs a block that says what it runs: ```lesson, then scenario FILE.toml and minutes 7, then ```"
    );
}

#[test]
fn a_path_that_leads_nowhere_is_found_by_check() {
    let scenario = Scenario::parse(&read("failover.toml"), Format::Toml, "failover.toml").unwrap();
    for (lines, message) in [
        ("```check\nwrites.lots > 0\n```", "x.md:11: writes has no key \"lots\"; did you mean \"lost\"?"),
        ("```check\nnodes[name=db9].rows > 0\n```", "x.md:11: no node is called \"db9\"; did you mean \"db1\"?"),
        (
            "```ask\nHow?\nnumber of x\nmeasure write.lost\n```\n```reveal\n```",
            "x.md:10: the report has no key \"write\"; did you mean \"writes\"?",
        ),
        (
            "```show\ncard db7\n```",
            "x.md:9: nothing is called \"db7\" in its scenario; there are db1, db2, db3, app, proxy, store",
        ),
        (
            "```wait\nsql select by nobody\n```",
            "x.md:9: nothing is called \"nobody\" in its scenario; there are db1, db2, db3, app, proxy, store",
        ),
    ] {
        let lesson = Lesson::parse(&with(lines), "x.md").unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(lesson.check(&scenario, "x.md").unwrap_err().to_string(), message, "{lines}");
    }
}

#[test]
fn a_deed_is_told_by_the_recording() {
    let crash = Command::Crash { node: "db1".into() };
    let cut = Command::Partition { between: Between("db1".into(), "store".into()), one_way: false };
    let set = Command::Set { settings: vec![("synchronous_standby_names".into(), "db2".into())], on: None };
    let seen = Seen { deeds: vec![&crash, &cut, &set], now_us: 5_000_000, passed_us: 1_000_000, ..Seen::default() };
    let done = |line: &str| Wanted::parse(line).unwrap().is_done(&seen);
    for line in [
        "do crash",
        "do crash db1",
        "do partition store db1",
        "do set synchronous_standby_names",
        "do set synchronous_standby_names=db2",
        "time 5s",
        "pass 1s",
        "pause",
    ] {
        assert!(done(line), "{line}");
    }
    for line in [
        "do crash db2",
        "do kill db1",
        "do partition db1 db2",
        "do set synchronous_commit",
        "time 6s",
        "pass 2 s",
        "play",
        "seek",
        "sql select",
    ] {
        assert!(!done(line), "{line}");
    }
}

#[test]
fn a_statement_counts_when_it_was_answered() {
    let asked = |succeeded| Asked { sql: "update kv SET value = 'a'", by: "app", succeeded };
    let done = |line: &str, succeeded| {
        let seen = Seen { asked: vec![asked(succeeded)], ..Seen::default() };
        Wanted::parse(line).unwrap().is_done(&seen)
    };
    assert!(done("sql update by app", true));
    assert!(done("sql update kv", true));
    assert!(done("sql update by app sent", false));
    assert!(!done("sql update by app", false), "an error is no answer");
    assert!(!done("sql update by db1", true), "somebody else ran it");
    assert!(!done("sql insert", true));
}
