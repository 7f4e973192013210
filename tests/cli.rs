//! The command line as its users see it: output, exit codes, messages.
#![cfg(not(target_arch = "wasm32"))]

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Output, Stdio};

/// Three servers, a client, a fault, and expectations that hold.
const SMALL: &str = r#"
title = "Small"
duration = "2s"
[[node]]
name = "db1"
[[node]]
name = "db2"
[[client]]
name = "app"
writes_per_second = 20
[[at]]
time = "1s"
pause_replay = "db2"
"#;

fn lab(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_replication-lab"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
    command
}

/// Runs the command with a scenario on standard input.
fn with_input(arguments: &[&str], input: &str) -> Output {
    let mut child = lab(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The command may end before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_schema_is_json() {
    let output = lab(&["schema"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(schema, replication_lab::scenario::schema());
}

#[test]
fn the_trace_has_a_line_an_event_and_is_the_same_twice() {
    let trace = |more: &[&str]| {
        let output = with_input(&[&["trace", "-"], more].concat(), SMALL);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
        text(&output.stdout)
    };
    let all = trace(&[]);
    assert_eq!(all, trace(&[]));
    assert_ne!(all, trace(&["--seed", "2"]));
    assert!(all.contains("pause_replay"), "{all}");
    let times: Vec<f64> = all.lines().map(|line| line.split(' ').next().unwrap().parse().unwrap()).collect();
    assert!(times.is_sorted() && times.last().is_some_and(|last| *last <= 2.0));
    let early = trace(&["--until", "500ms"]);
    assert!(all.starts_with(&early) && early.len() < all.len() / 2);
    let idle = trace(&["--set", "client.app.writes_per_second=0"]);
    assert!(all.contains(" logged ") && !idle.contains(" logged "));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut child = lab(&["trace", "scenarios/steady-asynchronous.toml"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.contains("became_primary"), "{first}");
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
}

#[test]
fn unusable_input_is_told_with_file_line_and_key() {
    let broken = SMALL.replace("pause_replay", "pause_repaly");
    for (arguments, input, message) in [
        (
            vec!["trace", "-"],
            broken.as_str(),
            "standard input:13: at[0].pause_repaly: unknown key; did you mean \"pause_replay\"?\n",
        ),
        (
            vec!["trace", "-", "--set", "node.db3.upstream=db1"],
            SMALL,
            "--set node.db3.upstream=db1: there is no node \"db3\"; did you mean \"db1\"?\n",
        ),
        (vec!["trace", "nowhere.toml"], "", "nowhere.toml: No such file or directory (os error 2)\n"),
        (
            vec!["trace", "-"],
            "schema = \"CREATE TABEL x\"\n[[node]]\nname = \"db1\"",
            "standard input:1: schema: syntax error at or near \"TABEL\"\n",
        ),
    ] {
        let output = with_input(&arguments, input);
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(2), message), "{arguments:?}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn wrong_arguments_are_unusable_too() {
    for arguments in [
        vec![],
        vec!["trace"],
        vec!["trace", "-", "--until", "5"],
        vec!["trace", "-", "--set", "seed"],
        vec!["trace", "-", "--seed", "9007199254740992"],
        vec!["dance"],
    ] {
        let output = lab(&arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
}

#[test]
fn text_that_is_no_text_names_its_line() {
    let mut child =
        lab(&["trace", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"title = \"x\"\n# \xff\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stderr), "standard input:2: is not UTF-8 text\n");
}
