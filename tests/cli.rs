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

/// A scenario with one expectation that holds and one that may not.
fn expecting(second: &str) -> String {
    format!("{SMALL}\n[[expect]]\nthat = \"writes.lost == 0\"\n[[expect]]\nat = \"1s\"\nthat = '{second}'\n")
}

#[test]
fn run_prints_the_contract_and_says_by_its_code_whether_all_held() {
    let run = |second: &str, more: &[&str]| {
        let output = with_input(&[&["run", "-", "--format", "json"], more].concat(), &expecting(second));
        assert_eq!(text(&output.stderr), "");
        (output.status.code(), serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap())
    };
    let (code, report) = run("writes.attempted > 5", &[]);
    assert_eq!((code, &report["scenario"], &report["seed"]), (Some(0), &"Small".into(), &1.into()));
    assert_eq!(report["virtual_ms"], 2000.0);
    let keys: Vec<_> = report.as_object().unwrap().keys().take(12).cloned().collect();
    let contract =
        "scenario flavor seed virtual_ms events trace_hash writes reads failovers violations nodes replication";
    assert_eq!(keys.join(" "), contract);
    assert_eq!(report["expectations"][0]["at_ms"], 2000.0);
    assert_eq!(report["expectations"][1]["held"], true);
    assert_eq!(report["nodes"][1]["name"], "db2");

    let (code, report) = run("writes.attempted > 500", &[]);
    assert_eq!((code, &report["expectations"][1]["held"]), (Some(1), &false.into()));
    assert!(report["expectations"][1]["actual"].as_u64().is_some_and(|actual| actual > 5));

    // What lies after the end is not counted.
    let (code, report) = run("writes.attempted > 500", &["--until", "900ms"]);
    assert_eq!((code, &report["expectations"][1]["held"]), (Some(0), &serde_json::Value::Null));
    assert_eq!(report["virtual_ms"], 900.0);

    let (_, other) = run("writes.attempted > 5", &["--seed", "9007199254740991"]);
    assert_eq!(other["seed"], 9_007_199_254_740_991_u64);
    let (_, again) = run("writes.attempted > 500", &[]);
    let (_, slow) = run("writes.attempted > 500", &["--set", "network.latency=50ms"]);
    assert_eq!(again["trace_hash"], run("writes.attempted > 5", &[]).1["trace_hash"]);
    assert!(slow["writes"]["latency_ms"]["p50"].as_f64() > again["writes"]["latency_ms"]["p50"].as_f64());
}

#[test]
fn run_writes_the_trace_that_trace_prints() {
    let path = std::env::temp_dir().join(format!("replication-lab-{}.trace", std::process::id()));
    let output = with_input(&["run", "-", "--trace", path.to_str().unwrap()], SMALL);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("Small"));
    let written = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(written, text(&with_input(&["trace", "-"], SMALL).stdout));
    let output = with_input(&["run", "-", "--trace", "/nowhere/x.trace"], SMALL);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stderr), "/nowhere/x.trace: No such file or directory (os error 2)\n");
}

#[test]
fn run_writes_the_ledger() {
    let path = std::env::temp_dir().join(format!("replication-lab-{}.csv", std::process::id()));
    let output = with_input(&["run", "-", "--ledger", path.to_str().unwrap(), "--format", "json"], SMALL);
    assert_eq!(output.status.code(), Some(0));
    let written = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let lines: Vec<&str> = written.lines().collect();
    assert!(lines[0].starts_with("txn,client,fate,") && lines[0].ends_with("db2_applied_ms"), "{}", lines[0]);
    assert_eq!(report["writes"]["attempted"], lines.len() - 1);
    let columns = lines[0].split(',').count();
    assert!(lines.iter().all(|line| line.split(',').count() == columns));
    let ledger = &report["ledger"];
    assert_eq!(
        (&ledger["attempted"], &ledger["held"]),
        (&report["writes"]["attempted"], &report["writes"]["attempted"])
    );
    let newest = &ledger["newest"][0];
    let sent = newest["submitted_ms"].as_f64().unwrap();
    assert!(lines[1].contains(newest["txn"].as_str().unwrap()));
    // An acknowledged write has come by every station of the primary in their order, and replay is paused on db2 in the end.
    let done = ledger["newest"].as_array().unwrap().iter().find(|write| write["fate"] == "survived").unwrap();
    let at = |key: &str| done[key].as_f64().unwrap();
    let way = ["submitted_ms", "routed_ms", "executed_ms", "logged_ms", "visible_ms", "finished_ms"].map(at);
    assert!(way.is_sorted() && sent >= way[0], "{way:?}");
    let db2 = done["servers"].as_array().unwrap().iter().find(|server| server["node"] == "db2").unwrap();
    assert_eq!(db2["applied_ms"], serde_json::Value::Null);
    assert!(text(&with_input(&["run", "-"], SMALL).stdout).contains("Small"));
    let plain = with_input(&["run", "-", "--format", "json"], SMALL);
    let plain: serde_json::Value = serde_json::from_slice(&plain.stdout).unwrap();
    assert_eq!(plain.get("ledger"), None);
}

#[test]
fn an_expectation_about_nothing_is_unusable() {
    for (that, message) in [
        ("writes.lots == 0", "writes has no key \"lots\"; did you mean \"lost\"?"),
        ("nodes[name=db9].rows == 0", "no node is called \"db9\"; did you mean \"db1\"?"),
        ("failovers[0].too == null", "failovers[0] has no key \"too\"; did you mean \"to\"?"),
    ] {
        let output = with_input(&["run", "-"], &expecting(that));
        let expected = format!("standard input:19: expect[1].that: {message}\n");
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(2), expected));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn check_counts_files_and_tells_what_broke() {
    let folder = std::env::temp_dir().join(format!("replication-lab-check-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("more")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("b.toml", &expecting("writes.attempted > 500"));
    write("more/a.json", "{\"node\": [{\"name\": \"db1\"}], \"expect\": [{\"that\": \"nodes.count == 1\"}]}");
    write("notes.md", "not a scenario");
    let run = |paths: &[&str]| {
        let output = lab(&[&["check"], paths].concat()).current_dir(&folder).output().unwrap();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, out, err) = run(&["."]);
    let lines: Vec<_> = out.lines().collect();
    assert_eq!((code, err.as_str()), (Some(1), ""));
    assert_eq!(lines[0], "FAIL  ./b.toml (1 of 2 expectations)");
    assert!(lines[1].starts_with("      at 1000 ms: writes.attempted > 500 does not hold; it is "), "{out}");
    assert_eq!(lines[2..], ["ok    ./more/a.json (1 expectation)", "1 passed, 1 failed"]);

    write("broken.toml", "[[node]]\nname = 5");
    let (code, out, err) = run(&["more", "broken.toml"]);
    assert_eq!(code, Some(2));
    assert!(out.ends_with("FAIL  broken.toml cannot be used\n1 passed, 1 failed\n"), "{out}");
    assert_eq!(err, "broken.toml:2: node[0].name: must be a name, not a whole number\n");
    std::fs::remove_dir_all(folder.join("more")).unwrap();
    std::fs::create_dir_all(folder.join("more")).unwrap();
    assert_eq!(run(&["more"]), (Some(2), String::new(), "more: holds no *.toml and no *.json\n".to_owned()));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_command_that_is_refused_is_noted() {
    let input = SMALL.replace("pause_replay = \"db2\"", "promote = \"db1\"");
    let output = with_input(&["run", "-"], &input);
    assert_eq!(output.status.code(), Some(0));
    let notes = text(&output.stderr);
    assert!(notes.starts_with("note: standard input: at 1000 ms: promote = \"db1\" was refused: "), "{notes}");
}

/// The state at 1 s is after the command of that instant.
#[test]
fn status_prints_what_psql_would() {
    let output = with_input(&["status", "-", "--at", "1s", "--as", "pg_stat_replication"], SMALL);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    let printed = text(&output.stdout);
    let lines: Vec<&str> = printed.lines().collect();
    assert!(lines[0].starts_with(" pid  | usesysid | usename  | application_name | client_addr |"), "{printed}");
    assert!(lines[2].contains(" | postgres | db2              | 10.0.0.2    |"), "{printed}");
    assert_eq!(lines[3], "(1 row)");
    let receiver = with_input(&["status", "-", "--at", "1s", "--as", "pg_stat_wal_receiver", "-x"], SMALL);
    let printed = text(&receiver.stdout);
    assert!(printed.starts_with("-[ RECORD 1 ]---------+--"), "{printed}");
    assert!(printed.contains("\nstatus                | streaming\n"), "{printed}");
    let slots = with_input(&["status", "-", "--as", "pg_replication_slots", "--node", "db2"], SMALL);
    assert!(text(&slots.stdout).ends_with("\n(0 rows)\n"));
}

#[test]
fn query_answers_as_a_table_and_as_json() {
    let ask = |more: &[&str]| with_input(&[&["query", "-", "--at", "1s"], more].concat(), SMALL);
    let output = ask(&["--on", "db2", "SELECT pg_is_in_recovery(), pg_is_wal_replay_paused() AS paused"]);
    let table = " pg_is_in_recovery | paused \n-------------------+--------\n t                 | t\n(1 row)\n";
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(0), table));
    let output = ask(&["--on", "db1", "SELECT pg_is_in_recovery() AS r, 1 + 1, NULL", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json, serde_json::json!({"columns": ["r", "?column?", "?column?"], "rows": [[false, 2, null]]}));
    for (on, sql, message) in [
        ("db1", "DELETE FROM kv", "ERROR:  cannot execute DELETE in a read-only transaction\n"),
        (
            "db2",
            "SELECT pg_current_wal_lsn()",
            "ERROR:  recovery is in progress\nHINT:  WAL control functions cannot be executed during recovery.\n",
        ),
        ("db3", "SELECT 1", "--on db3: there is no such server then; did you mean \"db1\"?\n"),
    ] {
        let output = ask(&["--on", on, sql]);
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(2), message), "{sql}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_view_that_is_not_there_is_refused() {
    for (view, message) in [
        ("patronictl-list", "--as patronictl-list: there is no manager; set failover.mode = \"automatic\"\n"),
        ("pg_stat_replicatoin", "did you mean \"pg_stat_replication\"?"),
    ] {
        let output = with_input(&["status", "-", "--as", view], SMALL);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(message), "{}", text(&output.stderr));
    }
}

#[test]
fn status_prints_what_mysql_would() {
    let scenario = format!("flavor = \"mysql\"{SMALL}");
    let status = |view: &str| {
        let output = with_input(&["status", "-", "--at", "900ms", "--as", view], &scenario);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{view}");
        text(&output.stdout)
    };
    let stars = "***************************";
    let replica = status("show-replica-status");
    let head = format!("{stars} 1. row {stars}\n             Replica_IO_State: Waiting for source to send event\n");
    assert!(replica.starts_with(&head), "{replica}");
    assert!(replica.ends_with("            Network_Namespace: \n1 row in set (0.00 sec)\n"), "{replica}");
    let logs = status("show-binary-logs");
    assert!(
        logs.starts_with("+---------------+-----------+-----------+\n| Log_name      | File_size | Encrypted |\n"),
        "{logs}"
    );
    assert!(status("semi-sync").contains("| Rpl_semi_sync_source_status                | OFF "));
    let output = with_input(&["status", "-", "--as", "pg_stat_replication"], &scenario);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("a mysql server has no such view"));
}

#[test]
fn a_history_is_judged_whatever_the_verdict_and_a_broken_one_is_refused() {
    let event = |kind: &str, f: &str, value: &str| {
        format!("{{\"process\":0,\"type\":\"{kind}\",\"f\":\"{f}\",\"key\":\"x\",\"value\":{value}}}\n")
    };
    let history = event("invoke", "write", "1") + &event("ok", "write", "1") + &event("invoke", "read", "null");
    let judged = |arguments: &[&str], returned: &str| {
        let output = with_input(arguments, &(history.clone() + &event("ok", "read", returned)));
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let kept = judged(&["judge", "-"], "1");
    for key in ["linearizable", "read_your_writes", "monotonic_reads", "monotonic_writes", "writes_follow_reads"] {
        assert_eq!(kept[key], true, "{key}");
    }
    let broken = judged(&["judge", "-", "--initial", "0"], "0");
    assert_eq!((&broken["linearizable"], &broken["read_your_writes"]), (&false.into(), &false.into()));
    assert_eq!(broken["evidence"]["read_your_writes"]["operations"][1]["lines"], serde_json::json!([3, 4]));

    let output = with_input(&["judge", "-"], &(history + "{\"process\":0,\n"));
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), String::new()));
    assert!(text(&output.stderr).starts_with("standard input:4: is no event"), "{}", text(&output.stderr));
    assert_eq!(lab(&["judge", "no-such-file.jsonl"]).output().unwrap().status.code(), Some(2));
    assert_eq!(with_input(&["judge", "-", "--initial", "{"], "").status.code(), Some(2));
}

#[test]
fn route_says_where_each_message_goes_and_why() {
    let output = lab(&["route", "--flavor", "postgresql", "SELECT nextval('s')"]).output().unwrap();
    let expected = r#"{"statement":"SELECT nextval('s')","destination":"primary","reason":"a function that moves a sequence, or tells where the session moved it: the primary (nextval)"}"#;
    assert_eq!((output.status.code(), text(&output.stdout).trim_end()), (Some(0), expected));

    // A session, whose state carries on; an empty line is a message, too.
    let session = "START TRANSACTION READ ONLY\nINSERT INTO t VALUES (1)\r\n\nCOMMIT\nSET @a = 1\nSELECT @a";
    let output = with_input(&["route", "--flavor", "mysql"], session);
    let lines: Vec<serde_json::Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let destinations: Vec<&str> = lines.iter().map(|line| line["destination"].as_str().unwrap()).collect();
    assert_eq!(destinations, ["replica", "replica", "replica", "replica", "all", "replica"]);
    assert_eq!(lines[1]["statement"], "INSERT INTO t VALUES (1)");

    // A comment is no option.
    let output = lab(&["route", "--flavor", "mysql", "-- x"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn route_refuses_what_it_cannot_use() {
    for arguments in [
        &["route", "SELECT 1"][..],
        &["route", "--flavor", "oracle", "SELECT 1"],
        &["route", "--flavor", "mysql", "a", "b"],
    ] {
        let output = lab(arguments).output().unwrap();
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(2), ""), "{arguments:?}");
    }
    let mut child = lab(&["route", "--flavor", "mysql"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"SELECT 1\nSELECT '\xff'\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stderr), "standard input:2: is not UTF-8 text\n");
}

/// What the command prints for a scenario on standard input, a line.
fn link_of(more: &[&str], input: &str) -> String {
    let output = with_input(&[&["link", "-"], more].concat(), input);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    text(&output.stdout).trim_end().to_owned()
}

#[test]
fn a_link_stands_for_its_scenario_at_its_instant() {
    let link = link_of(&["--at", "1500ms", "--base", "https://example.org/lab/#old"], SMALL);
    assert!(link.starts_with("https://example.org/lab/#run=1."), "{link}");
    let fragment = link_of(&["--at", "1500ms"], SMALL);
    assert!(link.ends_with(&fragment) && fragment.starts_with("#run=1."), "{fragment}");
    // A link again is the same link.
    assert_eq!(text(&lab(&["link", &fragment]).output().unwrap().stdout).trim_end(), fragment);
    let same = |command: &[&str], more: &[&str]| {
        let linked = lab(&[command, &[&link], more].concat()).output().unwrap();
        let filed = with_input(&[command, &["-"], more].concat(), SMALL);
        assert_eq!((linked.status.code(), text(&linked.stderr)), (Some(0), String::new()), "{command:?}");
        assert_eq!(text(&linked.stdout), text(&filed.stdout), "{command:?}");
    };
    same(&["run"], &[]);
    same(&["run"], &["--seed", "5", "--set", "client.app.keys=3"]);
    same(&["trace"], &["--until", "1s"]);
    let query = |from: &[&str], input: &str| {
        let more = ["--on", "db1", "SELECT count(*), max(value) FROM kv"];
        text(&with_input(&[&["query"], from, &more].concat(), input).stdout)
    };
    // Without --at it is the link's own instant, and not the end.
    assert_eq!(query(&[&link], ""), query(&["-", "--at", "1500ms"], SMALL));
    assert_ne!(query(&[&link], ""), query(&["-"], SMALL));
    let status = lab(&["status", &link, "--as", "pg_stat_replication"]).output().unwrap();
    assert!(text(&status.stdout).contains(" db2 "));
}

#[test]
fn a_link_that_cannot_be_opened_is_unusable() {
    let link = link_of(&[], SMALL);
    for (given, message) in [
        (link[..link.len() - 3].to_owned(), "link: the link is cut off: "),
        (link.replace("#run=1.", "#run=7."), "link: this link was made by a newer laboratory: its format is 7"),
        (format!("{link}!"), "link: the link is damaged: its character "),
    ] {
        for command in ["run", "trace", "link"] {
            let output = lab(&[command, &given]).output().unwrap();
            assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), String::new()));
            assert!(text(&output.stderr).starts_with(message), "{}", text(&output.stderr));
        }
    }
}

#[test]
fn check_runs_each_link_of_a_file() {
    let folder = std::env::temp_dir().join(format!("replication-lab-links-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (good, bad) =
        (link_of(&[], &expecting("writes.attempted > 5")), link_of(&[], &expecting("writes.attempted > 500")));
    let file =
        format!("# The class of 2026\n\nAda Lovelace  https://example.org/{good}\n{bad}\nno link\n{}\n", &good[..99]);
    std::fs::write(folder.join("links.txt"), file).unwrap();
    let check = |paths: &[&str]| {
        let output = lab(&[&["check"], paths].concat()).current_dir(&folder).output().unwrap();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, out, err) = check(&["links.txt", &good]);
    let lines: Vec<_> = out.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(code, Some(2));
    let expected = [
        "ok    links.txt:3 Ada Lovelace (2 expectations)",
        "FAIL  links.txt:4 (1 of 2 expectations)",
        "FAIL  links.txt:5 cannot be used",
        "FAIL  links.txt:6 cannot be used",
        "ok    link (2 expectations)",
        "2 passed, 3 failed",
    ];
    assert_eq!(lines, expected);
    let errors: Vec<_> = err.lines().collect();
    assert!(errors[0].starts_with("links.txt:5: this is no link of a run"), "{err}");
    assert!(errors[1].starts_with("links.txt:6: the link is cut off: 92 of its "), "{err}");
    std::fs::write(folder.join("links.txt"), "# nothing yet\n").unwrap();
    assert_eq!(check(&["links.txt"]), (Some(2), String::new(), "links.txt: holds no link\n".to_owned()));
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Three servers whose links are too narrow for what is written; failover is by hand.
const SWEPT: &str = r#"
title = "Swept"
duration = "4s"
seed = 7
[[node]]
name = "db1"
[[node]]
name = "db2"
[[node]]
name = "db3"
[[link]]
between = ["db1", "db2"]
bandwidth = "2kB/s"
[[link]]
between = ["db1", "db3"]
bandwidth = "2kB/s"
[[client]]
name = "app"
writes_per_second = 40
reads_per_second = 5
[[expect]]
that = "writes.lost == 0"
[[expect]]
at = "3s"
that = "writes.attempted > 20"
"#;

/// A sweep's result as JSON, which nothing was complained about.
fn swept(more: &[&str], input: &str) -> serde_json::Value {
    let output = with_input(&[&["sweep", "-", "--format", "json"], more].concat(), input);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{more:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_sweep_is_the_same_twice_and_with_one_thread() {
    let arguments = ["sweep", "-", "--seeds", "12", "--faults", "chaos"];
    let first = with_input(&arguments, SWEPT);
    assert_eq!((first.status.code(), text(&first.stderr)), (Some(0), String::new()));
    assert!(
        text(&first.stdout).starts_with("Swept\npostgresql · 12 runs of 4.000 s · seeds 1 to 12 · faults: chaos\n")
    );
    assert_eq!(text(&first.stdout), text(&with_input(&arguments, SWEPT).stdout));
    let mut alone = lab(&arguments);
    let child = alone.env("RAYON_NUM_THREADS", "1").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = child.unwrap();
    child.stdin.take().unwrap().write_all(SWEPT.as_bytes()).unwrap();
    assert_eq!(text(&first.stdout), text(&child.wait_with_output().unwrap().stdout));
    // Other faults are another sweep.
    assert_ne!(text(&first.stdout), text(&with_input(&["sweep", "-", "--seeds", "12"], SWEPT).stdout));
}

#[test]
fn a_sweep_counts_what_its_runs_report() {
    let sweep = swept(&["--seeds", "3..8", "--set", "client.app.keys=3", "--until", "3500ms"], SWEPT);
    let runs: Vec<serde_json::Value> = (3..=8)
        .map(|seed| {
            let seed = seed.to_string();
            let more = ["--seed", &seed, "--set", "client.app.keys=3", "--until", "3500ms"];
            let output = with_input(&[&["run", "-", "--format", "json"], &more[..]].concat(), SWEPT);
            serde_json::from_slice(&output.stdout).unwrap()
        })
        .collect();
    assert_eq!((&sweep["runs"], &sweep["first_seed"], &sweep["virtual_ms"]), (&6.into(), &3.into(), &3500.0.into()));
    let greatest =
        |pointer: &str| runs.iter().map(|run| run.pointer(pointer).unwrap().as_f64().unwrap()).fold(0.0, f64::max);
    assert!(greatest("/reads/stale") >= 0.0 && greatest("/writes/latency_ms/p99") > 0.0);
    assert_eq!(sweep["figures"]["commit_p99_ms"]["max"], greatest("/writes/latency_ms/p99"));
    assert_eq!(sweep["figures"]["stale_reads"]["max"], greatest("/reads/stale"));
    assert_eq!(sweep["figures"]["rto_ms"]["runs"], 0);
    let worst = &sweep["worst"]["commit_p99_ms"][0];
    let same = runs.iter().find(|run| run["seed"] == worst["seed"]).unwrap();
    assert_eq!(
        (&worst["trace_hash"], &worst["commit_p99_ms"]),
        (&same["trace_hash"], &same["writes"]["latency_ms"]["p99"])
    );
    // The first expectation is about the end, which no run reached.
    let expected: Vec<_> =
        sweep["expectations"].as_array().unwrap().iter().map(|one| (&one["held"], &one["judged"])).collect();
    assert_eq!(expected, [(&0.into(), &0.into()), (&6.into(), &6.into())]);
}

#[test]
fn the_worst_run_of_a_sweep_is_run_again_by_its_command() {
    let folder = std::env::temp_dir().join(format!("replication-lab-sweep-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("it is.toml"), SWEPT).unwrap();
    let here = |arguments: &[&str]| {
        let output = lab(arguments).current_dir(&folder).output().unwrap();
        assert_eq!(text(&output.stderr), "", "{arguments:?}");
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    // By a shell, as people do it.
    let again = |worst: &serde_json::Value| -> serde_json::Value {
        let command = worst["again"].as_str().unwrap().strip_prefix("replication-lab ").unwrap();
        let script = format!("\"$0\" {command} --format json");
        let output = Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_replication-lab")])
            .current_dir(&folder)
            .output()
            .unwrap();
        assert_eq!(text(&output.stderr), "", "{command}");
        serde_json::from_slice(&output.stdout).unwrap()
    };

    let sweep =
        here(&["sweep", "it is.toml", "--seeds", "5", "--until", "2s", "--set", "title=a b", "--format", "json"]);
    let worst = &sweep["worst"]["commit_p99_ms"][0];
    let run = again(worst);
    assert_eq!((&run["trace_hash"], &run["seed"]), (&worst["trace_hash"], &worst["seed"]));

    // With faults it takes a scenario that has them.
    let arguments = ["sweep", "it is.toml", "--seeds", "8", "--faults", "crash", "--format", "json"];
    let sweep = here(&arguments);
    let worst = &sweep["worst"]["lost_writes"][0];
    assert!(worst["lost_writes"].as_u64() > Some(0) && worst["rto_ms"].as_f64() >= Some(500.0), "{worst}");
    let faults = worst["faults"].as_array().unwrap();
    assert!(faults.len() == 2 && faults[0].as_str().unwrap().ends_with("s  crash = \"db1\""), "{faults:?}");
    assert!(worst["again"].as_str().unwrap().contains("sweep 'it is.toml' --seeds"), "{worst}");
    let written = here(&[&arguments[..], &["--write-worst", "the worst"]].concat());
    let worst = &written["worst"]["lost_writes"][0];
    assert_eq!(worst["trace_hash"], sweep["worst"]["lost_writes"][0]["trace_hash"]);
    let run = again(worst);
    assert_eq!((&run["trace_hash"], &run["seed"]), (&worst["trace_hash"], &worst["seed"]));
    assert_eq!(run["writes"]["lost"], worst["lost_writes"]);
    // An expectation that a run breaks does not make a sweep fail, as it does a run; it is counted.
    let expected = &sweep["expectations"][0];
    assert_eq!(expected["judged"], 8);
    assert!(expected["held"].as_u64() < Some(8), "{expected}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_sweep_refuses_what_it_cannot_use() {
    let alone = "[[node]]\nname = \"db1\"\n";
    for (more, input, message) in [
        (&["--faults", "crahs"][..], SWEPT, "did you mean crash? there are none, crash, crash-restart, partition, "),
        (&["--faults", "partition"], alone, "standard input: the profile partition needs a second server\n"),
        (
            &["--faults", "crash", "--until", "50ms"],
            SWEPT,
            "standard input: faults of the profile crash need a run of 100",
        ),
        (&["--seeds", "many"], SWEPT, "seeds are N, for 1 to N, or A..B"),
        (&["--seeds", "0"], SWEPT, "there is no seed among them"),
        (&["--seeds", "9..3"], SWEPT, "there is no seed among them"),
        (&["--seeds", "1000001"], SWEPT, "are more than a million runs"),
        (&["--set", "node.db9.upstream=db1"], SWEPT, "--set node.db9.upstream=db1: there is no node \"db9\""),
        (
            &[],
            "[[node]]\nname = \"db1\"\n[[expect]]\nthat = \"writes.lots == 0\"\n",
            "standard input:4: expect[0].that: ",
        ),
    ] {
        let output = with_input(&[&["sweep", "-"], more].concat(), input);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), String::new()), "{more:?}");
        assert!(text(&output.stderr).contains(message), "{more:?}: {}", text(&output.stderr));
    }
}

#[test]
fn rows_of_a_sweep_are_its_runs() {
    let path = std::env::temp_dir().join(format!("replication-lab-rows-{}.ndjson", std::process::id()));
    let file = path.to_string_lossy().into_owned();
    let sweep = swept(&["--seeds", "2..5", "--faults", "crash", "--rows", &file], SWEPT);
    let rows = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let rows: Vec<serde_json::Value> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    let seeds: Vec<_> = rows.iter().map(|row| row["seed"].as_u64().unwrap()).collect();
    assert_eq!(seeds, [2, 3, 4, 5]);
    let worst = &sweep["worst"]["lost_writes"][0];
    let same = rows.iter().find(|row| row["seed"] == worst["seed"]).unwrap();
    for key in ["trace_hash", "lost_writes", "rto_ms", "commit_p99_ms", "faults"] {
        assert_eq!(worst[key], same[key], "{key}");
    }
}

#[test]
fn two_configurations_are_compared_over_the_same_seeds() {
    let rule = "settings.synchronous_standby_names=2 (*)";
    let both = swept(&["--seeds", "8", "--faults", "crash", "--against", rule], SWEPT);
    assert_eq!(both["against"], serde_json::json!([rule]));
    // Each half is the sweep that it would be alone.
    let alone = swept(&["--seeds", "8", "--faults", "crash", "--set", rule], SWEPT);
    assert_eq!(both["second"]["figures"], alone["figures"]);
    let again = both["second"]["worst"]["commit_p99_ms"][0]["again"].as_str().unwrap();
    assert!(again.contains("--set 'settings.synchronous_standby_names=2 (*)'"), "{again}");
    let lost = &both["paired"]["lost_writes"];
    assert_eq!((&lost["pairs"], &lost["higher"]), (&8.into(), &0.into()), "{lost}");
    let runs = both["first"]["runs_with_lost_writes"].as_u64().unwrap();
    assert!(runs > 0 && lost["lower"].as_u64() == Some(runs), "{lost}");
    assert_eq!(both["second"]["runs_with_lost_writes"], 0);
    assert_eq!(both["paired"]["commit_p50_ms"]["higher"], 8);
    let output = with_input(&["sweep", "-", "--seeds", "3", "--against", rule], SWEPT);
    assert!(text(&output.stdout).contains("\nSeed by seed\n"), "{}", text(&output.stdout));
}

#[test]
fn what_breaks_is_looked_for_and_made_smaller() {
    let folder = std::env::temp_dir().join(format!("replication-lab-break-{}", std::process::id()));
    let there = folder.to_string_lossy().into_owned();
    let found = swept(&["--seeds", "9", "--break", "lost_write", "--write-worst", &there], SWEPT);
    assert_eq!((&found["found"], &found["promised"]), (&true.into(), &false.into()), "{found}");
    let file = found["file"].as_str().unwrap();
    let output = lab(&["run", file, "--format", "json"]).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["writes"]["lost"].as_u64() > Some(0), "{report}");
    // The run that was found has more in it than the smaller one.
    let smaller = std::fs::read_to_string(file).unwrap();
    assert!(smaller.matches("[[node]]").count() < SWEPT.matches("[[node]]").count(), "{smaller}");
    std::fs::remove_dir_all(&folder).unwrap();
    // What the settings promise is not found, and that is said.
    let arguments = ["sweep", "-", "--seeds", "2", "--faults", "slow-disk", "--break", "split_brain"];
    let output = with_input(&arguments, SWEPT);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).starts_with("none of 2 runs has a split_brain (faults: slow-disk)."));
    let output = with_input(&["sweep", "-", "--break", "lost_wrote"], SWEPT);
    assert!(text(&output.stderr).contains("did you mean lost_write?"), "{}", text(&output.stderr));
}
