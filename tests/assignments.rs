//! Assignments: each of the repository can be solved and is not solved as it stands, and no answer passes that is another
//! task's.
#![cfg(not(target_arch = "wasm32"))]

use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};

use replication_lab::engine::time::SimTime;
use replication_lab::scenario::assignment::{Answer, Attempt, SeedOutcome, passed};
use replication_lab::scenario::link::Shared;
use replication_lab::scenario::{Expectation, Format, Override, Scenario, That, Trial, propose};
use replication_lab::sim::command::Command;
use replication_lab::sim::recording::{Deed, Moment};
use replication_lab::sim::setup::{DiskSetup, NodeSetup, Tags};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/assignments")
}

fn text(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

fn scenario(name: &str) -> Scenario {
    Scenario::parse(&text(name), Format::Toml, name).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The scenario with keys changed as `run --set` changes them.
fn changed(name: &str, keys: &[&str]) -> Scenario {
    let keys: Vec<_> = keys.iter().map(|key| Override::parse(key).unwrap()).collect();
    Scenario::parse_with(&text(name), Format::Toml, name, &keys).unwrap_or_else(|problems| panic!("{problems}"))
}

fn answer(name: &str, keys: &[&str]) -> Answer {
    Answer::of(&scenario(name), &changed(name, keys), &[]).unwrap()
}

/// What must not have been changed.
fn forbidden(answer: &Answer) -> Vec<String> {
    let kept = answer.changes.iter().filter(|change| !change.allowed);
    kept.map(|change| change.path.clone()).collect()
}

const QUICK: &str = "lose-nothing-stay-quick.toml";
const READS: &str = "read-what-you-wrote.toml";
const BACK: &str = "back-within-five-seconds.toml";
const MYSQL: &str = "mysql-no-silent-fall-back.toml";

/// Keys that are changed, as `run --set` takes them.
type Keys = &'static [&'static str];

/// Of each assignment a solution, and attempts that look like one.
const SOLUTIONS: [(&str, Keys, &[Keys]); 4] = [
    (
        QUICK,
        &["settings.synchronous_standby_names=FIRST 1 (db2, db3)", "settings.synchronous_commit=remote_write"],
        &[
            &["settings.synchronous_standby_names=FIRST 1 (db2, db3)"],
            &["settings.synchronous_standby_names=db2", "settings.synchronous_commit=remote_write"],
        ],
    ),
    (READS, &["proxy.causal_reads=wait_for_lsn"], &[&["proxy.causal_reads=sticky"], &["proxy.read_policy=primary"]]),
    (
        BACK,
        &["failover.ttl=3s", "failover.loop_wait=1s", "failover.retry_timeout=1s"],
        &[&["failover.loop_wait=1s", "failover.retry_timeout=1s"]],
    ),
    (
        MYSQL,
        &["settings.rpl_semi_sync_source_timeout=10000"],
        &[&["settings.rpl_semi_sync_source_timeout=10000", "settings.rpl_semi_sync_source_wait_for_replica_count=2"]],
    ),
];

#[test]
fn each_can_be_read_printed_and_shows_what_it_says() {
    let mut names: Vec<_> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    let mut known: Vec<_> = SOLUTIONS.iter().map(|(name, ..)| *name).collect();
    known.sort_unstable();
    assert_eq!(names, known, "each has a solution here");
    for (name, ..) in SOLUTIONS {
        let scenario = scenario(name);
        let again = Scenario::parse(&scenario.to_toml(), Format::Toml, "printed").unwrap();
        assert_eq!(again, scenario, "{name}");
        assert!(!scenario.description.is_empty() && scenario.expect.len() >= 3, "{name}");
        let trial = Trial::of(&scenario, SimTime(scenario.duration_us), ()).unwrap();
        assert!(trial.held(), "{name}: {:?}", trial.report.expectations);
    }
}

#[test]
fn each_is_unsolved_as_it_stands_and_its_solution_passes() {
    for (name, solution, near_misses) in SOLUTIONS {
        let untouched = answer(name, &[]);
        assert!(untouched.changes.is_empty(), "{name}");
        assert!(!passed(&untouched.attempt().run().unwrap()), "{name} is solved by doing nothing");
        let solved = answer(name, solution);
        assert!(solved.is_permitted() && !solved.changes.is_empty(), "{name}: {:?}", solved.changes);
        let outcomes = solved.attempt().run().unwrap();
        assert!(passed(&outcomes), "{name}: {outcomes:?}");
        assert!(outcomes.len() >= 2, "{name} has to hold with several seeds");
        for miss in near_misses {
            let missed = answer(name, miss);
            assert!(missed.is_permitted() && !passed(&missed.attempt().run().unwrap()), "{name}: {miss:?}");
        }
    }
}

#[test]
fn whatever_makes_another_task_of_it_is_seen() {
    let own = scenario(READS);
    let solved = changed(READS, &["proxy.causal_reads=wait_for_lsn"]);
    let tampered = |change: &dyn Fn(&mut Scenario)| {
        let mut scenario = solved.clone();
        change(&mut scenario);
        forbidden(&Answer::of(&own, &scenario, &[]).unwrap())
    };
    assert_eq!(tampered(&|_| ()), Vec::<String>::new());
    // Words and expectations decide nothing.
    assert_eq!(tampered(&|s| (s.title, s.description) = ("Mine".to_owned(), String::new())), Vec::<String>::new());
    assert_eq!(tampered(&|s| s.setup.seed = 6), ["seed"]);
    assert_eq!(tampered(&|s| s.duration_us = 1_000_000), ["duration"]);
    assert_eq!(tampered(&|s| s.setup.clients[0].writes_per_second = 1), ["client.app.writes_per_second"]);
    assert_eq!(tampered(&|s| s.setup.clients[0].read_back = false), ["client.app.read_back"]);
    assert_eq!(tampered(&|s| s.setup.nodes[1].disk.apply_rate = None), ["node.db2.disk.apply_rate"]);
    assert_eq!(tampered(&|s| s.setup.nodes.swap(1, 2)), ["node"]);
    assert_eq!(tampered(&|s| s.setup.network.latency_us = Some(0)), ["network.latency"]);
    assert_eq!(tampered(&|s| s.setup.schema = "CREATE TABLE t (a)".to_owned()), ["schema"]);
    assert_eq!(
        tampered(&|s| s.setup.settings.push(("synchronous_commit".into(), "off".into()))),
        ["settings.synchronous_commit"]
    );
    // What a default says is the same whether it is written down or not.
    assert_eq!(tampered(&|s| s.setup.settings.push(("synchronous_commit".into(), "on".into()))), Vec::<String>::new());
    assert_eq!(
        tampered(&|s| s.assignment.as_mut().unwrap().require.truncate(1)),
        [
            "assignment.require.1.that",
            "assignment.require.1.says",
            "assignment.require.2.that",
            "assignment.require.2.says"
        ]
    );
    assert_eq!(tampered(&|s| s.assignment.as_mut().unwrap().seeds.clear()), ["assignment.seeds"]);
    assert_eq!(tampered(&|s| s.assignment.as_mut().unwrap().add_nodes = 3), ["assignment.add_nodes"]);
    assert_eq!(tampered(&|s| s.assignment = None).len(), 9);
    assert_eq!(
        tampered(&|s| s.schedule.push((SimTime(5), Command::Crash { node: "db2".into() }))),
        ["at"].map(|_| "at.crash".to_owned())
    );

    let own = scenario(QUICK);
    let tampered = |change: &dyn Fn(&mut Scenario)| {
        let mut scenario = own.clone();
        change(&mut scenario);
        forbidden(&Answer::of(&own, &scenario, &[]).unwrap())
    };
    assert_eq!(tampered(&|s| drop(s.schedule.remove(2))), ["at"], "the crash is gone");
    assert_eq!(tampered(&|s| s.schedule.swap(0, 1)), ["at"]);
    assert_eq!(tampered(&|s| s.schedule[2].0 = SimTime(5_100_000)), ["at", "at.crash"]);
    assert_eq!(
        tampered(&|s| s.schedule.push((SimTime(29_000_000), Command::Promote { node: "db3".into() }))),
        ["at.promote"]
    );
}

fn server(name: &str) -> NodeSetup {
    NodeSetup {
        name: name.into(),
        upstream: None,
        disk: DiskSetup::default(),
        cpu: None,
        settings: Vec::new(),
        tags: Tags::default(),
    }
}

#[test]
fn servers_can_be_added_as_many_as_the_task_says_and_no_better_ones() {
    let mut own = scenario(QUICK);
    let assignment = own.assignment.as_mut().unwrap();
    assignment.add_nodes = 1;
    let with = |servers: &[NodeSetup]| {
        let mut answer = own.clone();
        answer.setup.nodes.extend_from_slice(servers);
        forbidden(&Answer::of(&own, &answer, &[]).unwrap())
    };
    assert_eq!(with(&[server("db4")]), Vec::<String>::new());
    assert_eq!(with(&[server("db4"), server("db5")]), ["node.db5.name"]);
    let quick = NodeSetup { disk: DiskSetup { fsync_us: 1, ..DiskSetup::default() }, ..server("db4") };
    assert_eq!(with(&[quick]), ["node.db4.disk.fsync"]);
}

fn deed(at: u64, command: Command) -> Deed {
    Deed { moment: Moment { steps: at, at: SimTime(at) }, command }
}

fn set(name: &str, value: &str) -> Command {
    Command::Set { settings: vec![(name.into(), value.into())], on: None }
}

#[test]
fn what_was_done_by_hand_holds_from_the_beginning_or_is_left_out() {
    let own = scenario(QUICK);
    let deeds = [
        deed(100, set("synchronous_commit", "remote_apply")),
        deed(200, Command::Crash { node: "db3".into() }),
        deed(300, set("Synchronous_Commit", "remote_write")),
        deed(400, set("synchronous_standby_names", "FIRST 1 (db2, db3)")),
        deed(500, Command::AddNode { node: Box::new(server("db4")) }),
        deed(600, Command::RemoveNode { node: "db4".into() }),
    ];
    let by_hand = Answer::of(&own, &own, &deeds).unwrap();
    assert!(by_hand.is_permitted());
    let left_out: Vec<_> = by_hand.left_out.iter().map(|(at, command)| (at.0, command.to_string())).collect();
    assert_eq!(left_out, [(200, "crash = \"db3\"".to_owned())]);
    let told: Vec<_> =
        by_hand.changes.iter().map(|c| (c.path.as_str(), c.original.as_deref(), c.answer.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("settings.synchronous_commit", Some("on"), Some("remote_write")),
            ("settings.synchronous_standby_names", Some(""), Some("FIRST 1 (db2, db3)")),
        ]
    );
    let written = answer(QUICK, SOLUTIONS[0].1);
    assert_eq!(by_hand.attempt().run().unwrap()[0].judged, written.attempt().run().unwrap()[0].judged);
    // A workload that was turned down is part of the answer, and must not be.
    let workload = Command::Workload { client: "app".into(), writes_per_second: 1, reads_per_second: 10 };
    let lazy = Answer::of(&own, &own, &[deed(100, workload)]).unwrap();
    assert_eq!(forbidden(&lazy), ["client.app.writes_per_second"]);
    // What the task lets be done at an instant is done at its instant.
    let mut by_operator = own.clone();
    by_operator.assignment.as_mut().unwrap().may_change.push("at.promote".parse_permit());
    let promoted = [deed(7_000_000, Command::Promote { node: "db3".into() })];
    let promoted = Answer::of(&by_operator, &by_operator, &promoted).unwrap();
    assert!(promoted.is_permitted() && promoted.left_out.is_empty());
    assert_eq!(promoted.scenario.schedule.len(), own.schedule.len() + 1);
}

trait ParsePermit {
    fn parse_permit(&self) -> replication_lab::scenario::assignment::Permit;
}

impl ParsePermit for str {
    fn parse_permit(&self) -> replication_lab::scenario::assignment::Permit {
        replication_lab::scenario::assignment::Permit::parse(self).unwrap()
    }
}

/// Runs `check` in a folder of its own.
struct Class(PathBuf);

impl Class {
    fn new(name: &str) -> Class {
        let folder = std::env::temp_dir().join(format!("replication-lab-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Class(folder)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).unwrap();
    }

    fn check(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Process::new(env!("CARGO_BIN_EXE_replication-lab"));
        command.arg("check").args(arguments).current_dir(&self.0).stdin(Stdio::null());
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }
}

impl Drop for Class {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What is handed in: the link of an answer that was tried.
fn handed_in(answer: &Answer) -> (String, Vec<SeedOutcome>) {
    let outcomes = answer.attempt().run().unwrap();
    (answer.link(outcomes.first()).unwrap(), outcomes)
}

#[test]
fn a_class_is_checked_from_a_file_of_links() {
    let class = Class::new("class");
    let (solved, _) = handed_in(&answer(MYSQL, SOLUTIONS[3].1));
    let (missed, _) = handed_in(&answer(MYSQL, SOLUTIONS[3].2[0]));
    let honest = Shared::read(&solved).unwrap();
    // Somebody's own link with other contents: each is sealed as the page would seal it.
    let forged = |change: &dyn Fn(&mut Shared)| {
        let mut shared = honest.clone();
        change(&mut shared);
        shared.fragment().unwrap()
    };
    let no_fault = forged(&|s| s.scenario.schedule.clear());
    let weakened = forged(&|s| s.scenario.assignment.as_mut().unwrap().require.truncate(1));
    let other_seed = forged(&|s| s.scenario.setup.seed = 99);
    let workload = forged(&|s| s.scenario.setup.clients[0].writes_per_second = 1);
    let hash = forged(&|s| s.trace_hash = Some(1));
    let instant = forged(&|s| s.moment.steps -= 1);
    let (unsolved, _) = handed_in(&answer(MYSQL, &[]));
    let other_task = handed_in(&answer(READS, SOLUTIONS[1].1)).0;
    // A link from the Share button, in the middle of the work: what was done by hand counts.
    let shared = Shared::new(scenario(MYSQL), vec![], Moment::default(), None);
    let deeds = vec![Deed { moment: Moment::default(), command: set("rpl_semi_sync_source_timeout", "10000") }];
    let working = Shared { deeds, ..shared }.fragment().unwrap();
    class.write(
        "class.txt",
        &format!(
            "# Class of 2026\nAda Lovelace\thttps://example.org/{solved}\nBarbara {missed}\nNoFault {no_fault}\n\
             Weak {weakened}\nSeed {other_seed}\nLazy {workload}\nHash {hash}\nInstant {instant}\nNothing {unsolved}\n\
             Other {other_task}\nByHand {working}\n"
        ),
    );
    let original = folder().join(MYSQL);
    let original = original.to_str().unwrap();
    let (code, out, err) = class.check(&["class.txt", "--assignment", original]);
    let heads: Vec<_> = out.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(
        heads,
        [
            "ok    class.txt:2 Ada Lovelace (3 conditions with 2 seeds)",
            "FAIL  class.txt:3 Barbara (1 of 3 conditions with 2 seeds)",
            "FAIL  class.txt:4 NoFault (changed what must not be changed)",
            "FAIL  class.txt:5 Weak (changed what must not be changed)",
            "FAIL  class.txt:6 Seed (changed what must not be changed)",
            "FAIL  class.txt:7 Lazy (changed what must not be changed)",
            "FAIL  class.txt:8 Hash cannot be used",
            "FAIL  class.txt:9 Instant cannot be used",
            "FAIL  class.txt:10 Nothing (2 of 3 conditions with 2 seeds)",
            "FAIL  class.txt:11 Other (changed what must not be changed)",
            "ok    class.txt:12 ByHand (3 conditions with 2 seeds)",
            "2 passed, 9 failed",
        ],
        "{out}\n{err}"
    );
    assert_eq!(code, Some(2), "two links cannot be used");
    assert!(out.contains("must not be changed: no longer happens: 5s: crash = \"db1\""), "{out}");
    assert!(out.contains("must not be changed: seed is 99, and was 11"), "{out}");
    assert!(err.contains("class.txt:8: this is not the run that was shared"), "{err}");
    assert!(err.contains("class.txt:9: this is not the run that was shared"), "{err}");

    class.write("two.txt", &format!("Ada {solved}\nBarbara {missed}\n"));
    let (code, csv, _) = class.check(&["two.txt", "--assignment", original, "--format", "csv"]);
    let lines: Vec<_> = csv.lines().collect();
    assert_eq!(code, Some(1));
    assert_eq!(lines[0], "place,name,verdict,seed,at_ms,condition,held,measured,note");
    assert_eq!(lines[1], "two.txt:1,Ada,passed,11,12000,writes.lost == 0,true,0,");
    assert_eq!(lines.len(), 1 + 2 * 3 * 2);
    let (code, json, _) = class.check(&["two.txt", "--assignment", original, "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, &json["passed"], &json["failed"]), (Some(1), &1.into(), &1.into()));
    assert_eq!(json["cases"][1]["name"], "Barbara");
    assert_eq!(json["cases"][1]["changes"][0]["path"], "settings.rpl_semi_sync_source_timeout");
    assert_eq!(json["cases"][1]["verdict"], "failed");

    // Without the teacher's file a link is judged by the task that it brings along, and says so.
    let (code, out, _) = class.check(&[&weakened]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("--assignment FILE compares with the teacher's"), "{out}");
    // A scenario without a task is none.
    class.write("plain.toml", "[[node]]\nname = \"db1\"\n");
    let (code, _, err) = class.check(&["two.txt", "--assignment", "plain.toml"]);
    assert_eq!(code, Some(2));
    assert!(err.starts_with("plain.toml:1: assignment: is missing"), "{err}");
    // A condition that names what no report has is the teacher's mistake, with its line.
    let wrong = text(MYSQL).replace("\"writes.lost == 0\", says", "\"writes.lots == 0\", says");
    class.write("wrong.toml", &wrong);
    class.write("answer.toml", &wrong);
    let (code, _, err) = class.check(&["answer.toml", "--assignment", "wrong.toml"]);
    let line = wrong.lines().position(|line| line.contains("writes.lots")).unwrap() + 1;
    assert_eq!(code, Some(2));
    assert!(err.contains(&format!("wrong.toml:{line}: assignment.require[0].that: ")), "{err}");
}

#[test]
fn what_is_proposed_of_a_run_holds_in_it() {
    for name in ["assignments/mysql-no-silent-fall-back.toml", "failover-step-by-step.toml", "causal-reads-none.toml"] {
        let path = folder().join("..").join(name);
        let text = std::fs::read_to_string(path).unwrap();
        let mut scenario = Scenario::parse(&text, Format::Toml, name).unwrap();
        let mut attempt = Attempt::new(scenario.clone(), Vec::new(), vec![scenario.setup.seed]);
        while attempt.step().unwrap() {}
        let proposals = propose(&serde_json::to_value(attempt.report()).unwrap());
        assert!(proposals.len() >= 5 && proposals[0].main, "{name}: {proposals:?}");
        scenario.expect = proposals
            .iter()
            .map(|one| Expectation {
                at: None,
                that: That::parse(&one.that).unwrap_or_else(|why| panic!("{}: {why}", one.that)),
            })
            .collect();
        let outcomes = Attempt::of_expectations(&scenario).run().unwrap();
        for (one, judged) in proposals.iter().zip(&outcomes[0].judged) {
            assert!(judged.held, "{name}: {} is {}", one.that, judged.actual);
        }
    }
}
