//! Histories made by hand or published elsewhere (the facts; written anew), with verdicts that are known.

use std::fmt::Write as _;
use std::fs;

use replication_lab::check::history::{Guarantee, History, Malformed, Verdict};

/// One history and what the judges must say.
struct Case {
    name: String,
    initial: String,
    events: String,
    expected: Vec<String>,
}

fn cases(file: &str) -> Vec<Case> {
    let path = format!("{}/tests/judges/histories/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&path).expect("the histories are there");
    let mut cases = Vec::new();
    let mut lines = text.lines().filter(|line| !line.starts_with('#')).peekable();
    while let Some(name) = lines.find(|line| !line.is_empty()) {
        let mut case = Case { name: name.into(), initial: "null".into(), events: String::new(), expected: Vec::new() };
        for line in lines.by_ref().take_while(|line| *line != "----") {
            match line.strip_prefix("initial ") {
                Some(initial) => case.initial = initial.into(),
                None => event(line, &mut case.events),
            }
        }
        case.expected = lines.by_ref().take_while(|line| !line.is_empty()).map(str::to_owned).collect();
        cases.push(case);
    }
    cases
}

/// `0 > write x 1`, `0 ok`, `0 ok 1`, or an operation at once: `0 write x 1`.
fn event(line: &str, out: &mut String) {
    if line.is_empty() || line.starts_with(['{', '[']) {
        writeln!(out, "{line}").unwrap();
        return;
    }
    let words: Vec<&str> = line.split(' ').collect();
    let value = |words: &[&str]| match words {
        [] => "null".to_owned(),
        [one] => (*one).to_owned(),
        [from, to, ..] => format!("[{from},{to}]"),
    };
    let mut tell = |process: &str, kind: &str, f: &str, key: &str, value: &str| {
        writeln!(out, r#"{{"process":{process},"type":"{kind}"{f}{key},"value":{value}}}"#).unwrap();
    };
    let named = |f: &str, key: &str| (format!(r#","f":"{f}""#), format!(r#","key":"{key}""#));
    match words[..] {
        [process, ">", f, key, ref rest @ ..] => {
            let (name, key) = named(f, key);
            tell(process, "invoke", &name, &key, &value(rest));
        }
        [process, kind @ ("ok" | "fail" | "info"), ref rest @ ..] => tell(process, kind, "", "", &value(rest)),
        [process, f, key, ref rest @ ..] => {
            let (name, key) = named(f, key);
            tell(process, "invoke", &name, &key, &if f == "read" { "null".to_owned() } else { value(rest) });
            tell(process, "ok", &name, &key, &value(rest));
        }
        _ => panic!("{line}"),
    }
}

fn holds(file: &str) {
    let mut wrong = String::new();
    let cases = cases(file);
    assert!(cases.len() > 10, "{file} has {} histories", cases.len());
    for case in cases {
        let expected_error = case.expected.first().and_then(|line| line.strip_prefix("error "));
        let history = match History::read(case.events.as_bytes(), &case.initial) {
            Ok(history) if expected_error.is_none() => history,
            Ok(_) => {
                writeln!(wrong, "{}: was read, and should have been refused", case.name).unwrap();
                continue;
            }
            Err(error @ Malformed { .. }) => {
                if !expected_error.is_some_and(|expected| error.to_string().starts_with(expected)) {
                    writeln!(wrong, "{}: {error}", case.name).unwrap();
                }
                continue;
            }
        };
        let judgement = history.judge();
        for guarantee in Guarantee::ALL {
            let line = case.expected.iter().find_map(|line| line.strip_prefix(guarantee.name()));
            let expected = match line.map(str::trim) {
                None | Some("true") => Verdict::True,
                Some("false") => Verdict::False,
                Some("unknown") => Verdict::Unknown,
                Some(other) => panic!("{}: {other}", case.name),
            };
            let found = judgement.verdict(guarantee);
            if found != expected {
                writeln!(wrong, "{}: {} is {found:?}, not {expected:?}", case.name, guarantee.name()).unwrap();
            }
        }
        // Whatever is not kept is proved by operations that there are.
        for (guarantee, verdict, evidence) in &judgement.verdicts {
            assert_eq!(*verdict == Verdict::True, evidence.is_none(), "{}", case.name);
            let proved = evidence.as_ref().is_none_or(|e| !e.ops.is_empty() && !e.reason.is_empty());
            assert!(proved || *verdict == Verdict::Unknown, "{}: {}", case.name, guarantee.name());
        }
        let json = judgement.to_json(&history);
        assert_eq!(json.as_object().map(|all| all.len()), Some(6), "{json}");
    }
    assert!(wrong.is_empty(), "{file}:\n{wrong}");
}

#[test]
fn linearizability() {
    holds("linearizability.txt");
}

#[test]
fn sessions() {
    holds("sessions.txt");
}

#[test]
fn input() {
    holds("input.txt");
}
