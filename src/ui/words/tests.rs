//! The words, held against real runs: what the page says is read off an engine, never off a made-up view.

use super::*;
use crate::engine::time::SimTime;
use crate::engine::trace::TraceEvent;
use crate::scenario::{Format, Scenario};
use crate::sim::command::Command;
use crate::sim::view::ClusterView;
use crate::sim::{Observer, Run, World};
use crate::ui::faces::{Cell, link_faces, node_face};

/// Says every event, and keeps those that matter.
#[derive(Default)]
struct Teller {
    said: Vec<String>,
}

impl Observer for Teller {
    fn observe(&mut self, event: &TraceEvent, world: &World) {
        let view = world.view();
        if let Some(sentence) = sentence(&event.what, None, &names_in(&view), view.flavor) {
            assert!(!sentence.text.is_empty());
            assert!(category(&event.what, false).is_some(), "{sentence:?} belongs to no group");
            if sentence.weight != Weight::Normal {
                self.said.push(sentence.text);
            }
        }
    }
}

const CLUSTER: &str = r#"
seed = 7
settings = { synchronous_standby_names = "db2" }
[network]
latency = "5ms"
[[node]]
name = "db1"
[[node]]
name = "db2"
[[node]]
name = "db3"
[proxy]
[[client]]
name = "app"
writes_per_second = 20
"#;

fn run() -> Run<Teller> {
    let scenario = Scenario::parse(CLUSTER, Format::Toml, "test").unwrap_or_else(|problems| panic!("{problems:?}"));
    let mut run = Run::new(scenario.setup, Vec::new(), Teller::default()).expect("the set-up can be run");
    run.run_until(SimTime(1_000_000));
    run
}

fn quiet(run: &mut Run<Teller>) {
    let workload = Command::Workload { client: "app".into(), writes_per_second: 0, reads_per_second: 0 };
    run.act(workload).expect("the workload can change");
    let later = run.now().plus(1_000_000);
    run.run_until(later);
}

fn line(view: &ClusterView) -> String {
    let Headline { subject, rest, .. } = headline(view);
    format!("{subject} {rest}")
}

#[test]
fn a_cluster_at_rest_is_in_step() {
    let mut run = run();
    quiet(&mut run);
    let view = run.world().view();
    assert_eq!(line(&view), "In step: both replicas have applied all that db1 logged");
    let words: Vec<&str> = view.nodes.iter().map(|n| badge(n, view.flavor).word).collect();
    assert_eq!(words, ["PRIMARY", "SYNC", "ASYNC"]);
    for node in &view.nodes {
        let face = node_face(node, &view);
        assert!(!face.cells.is_empty());
        assert!(face.cells.iter().all(|cell| *cell == Cell::Applied), "{face:?}");
    }
}

#[test]
fn a_waiting_commit_says_for_whom() {
    let mut run = run();
    run.act(Command::Crash { node: "db2".into() }).expect("db2 can crash");
    run.run_until(SimTime(1_500_000));
    let view = run.world().view();
    assert!(line(&view).starts_with("COMMIT 0/"), "{}", line(&view));
    run.act(Command::Isolate { who: "db1".into() }).expect("db1 can be isolated");
    run.run_until(SimTime(90_000_000));
    assert!(line(&run.world().view()).contains("no synchronous standby is connected"), "{}", line(&run.world().view()));
}

#[test]
fn trouble_comes_first() {
    let mut run = run();
    quiet(&mut run);
    run.act(Command::Crash { node: "db1".into() }).expect("db1 can crash");
    let later = run.now().plus(500_000);
    run.run_until(later);
    let text = line(&run.world().view());
    assert_eq!(text, "db1 is down: nobody takes writes until it is back or a replica is promoted");
    run.act(Command::Promote { node: "db2".into() }).expect("db2 can be promoted");
    let later = run.now().plus(1_000_000);
    run.run_until(later);
    assert!(line(&run.world().view()).starts_with("db1 is down; db2 carries on"), "{}", line(&run.world().view()));
    run.act(Command::Restart { node: "db1".into() }).expect("db1 can be restarted");
    let later = run.now().plus(3_000_000);
    run.run_until(later);
    let text = line(&run.world().view());
    assert_eq!(text, "Split brain: db1 and db2 both take writes, and each lacks the other's");
    let said = &run.observer().said;
    for words in ["db1 is down", "db2 is told to become the primary", "db2 takes writes as the primary, on timeline 2"]
    {
        assert!(said.iter().any(|s| s == words), "{words} is missing in {said:#?}");
    }
}

#[test]
fn cut_links_are_drawn_and_said() {
    let mut run = run();
    quiet(&mut run);
    let between = crate::sim::command::Between("db1".into(), "db3".into());
    run.act(Command::Partition { between, one_way: true }).expect("the link can be cut");
    let view = run.world().view();
    assert_eq!(line(&view), "db1 cannot reach db3, though db3 can reach it");
    let faces = link_faces(&view);
    let cut: Vec<&str> = faces.iter().filter(|f| f.cut_there || f.cut_back).map(|f| f.label.as_str()).collect();
    assert_eq!(cut, ["Link db1 to db3: asynchronous replication, 5 ms one way, cut from db1 to db3"]);
}

#[test]
fn a_source_that_fell_back_says_so() {
    let cluster = r#"
flavor = "mysql"
settings = { rpl_semi_sync_source_enabled = "ON", rpl_semi_sync_replica_enabled = "ON", rpl_semi_sync_source_timeout = "500" }
[[node]]
name = "db1"
[[node]]
name = "db2"
[[client]]
name = "app"
writes_per_second = 20
"#;
    let scenario = Scenario::parse(cluster, Format::Toml, "test").unwrap_or_else(|problems| panic!("{problems:?}"));
    let mut run = Run::new(scenario.setup, Vec::new(), Teller::default()).expect("the set-up can be run");
    run.run_until(SimTime(1_000_000));
    run.act(Command::Isolate { who: "db2".into() }).expect("db2 can be isolated");
    run.run_until(SimTime(1_400_000));
    let text = line(&run.world().view());
    assert!(text.starts_with("COMMIT waits for replicas: db2 has not acknowledged it"), "{text}");
    run.run_until(SimTime(2_000_000));
    let view = run.world().view();
    let text = line(&view);
    assert!(text.starts_with("db1: semi-synchronous replication is off, though enabled"), "{text}");
    assert_eq!(node_face(&view.nodes[0], &view).note, "semi-sync OFF: fell back");
}

#[test]
fn a_server_being_copied_shows_how_much_has_come() {
    let mut run = run();
    run.act(Command::Sql {
        console: crate::sim::command::Console::On("db1".into()),
        sql: "INSERT INTO kv VALUES (5000, zeroblob(200000))".into(),
    })
    .expect("a statement can be typed");
    run.run_until(SimTime(1_500_000));
    let shape = crate::sim::setup::LinkShape { bandwidth: Some(1_000_000), ..Default::default() };
    let between = crate::sim::command::Between("db1".into(), "db3".into());
    run.act(Command::Link { between, shape }).expect("a link can be made narrow");
    run.act(Command::BaseBackup { node: "db3".into() }).expect("a copy can be taken");
    let seen = (0..400).any(|step| {
        run.run_until(SimTime(1_500_000 + step * 1_000));
        let view = run.world().view();
        let face = node_face(&view.nodes[2], &view);
        let (come, missing) = (face.cells.contains(&Cell::Flushed), face.cells.contains(&Cell::Missing));
        face.position == "no database yet" && face.figure.starts_with("copied ") && come && missing
    });
    assert!(seen, "the copy was never under way");
}
