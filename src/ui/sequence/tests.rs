//! Held against real runs: what the page says of a failover is read off a trace, never off a made-up one.

use super::*;
use crate::check::Judges;
use crate::scenario::{Format, Scenario};
use crate::sim::command::Command;
use crate::sim::view::ClusterView;
use crate::sim::{Observer, Run, World};
use crate::ui::leases::{agent_note, leads_without_lease, lease_of, store_face};
use crate::ui::words::{headline, names_in, relative, sequence_summary, sequence_title};

impl Observer for Sequences {
    fn observe(&mut self, event: &TraceEvent, _: &World) {
        self.note(event);
    }
}

const CLUSTER: &str = r#"
seed = 7
[network]
latency = "5ms"
[[node]]
name = "db1"
[[node]]
name = "db2"
[[node]]
name = "db3"
[failover]
mode = "automatic"
ttl = "3s"
loop_wait = "1s"
retry_timeout = "1s"
[proxy]
[[client]]
name = "app"
writes_per_second = 20
"#;

type Watched = Run<(Judges, Sequences)>;

fn run_of(text: &str) -> Watched {
    let scenario = Scenario::parse(text, Format::Toml, "test").unwrap_or_else(|problems| panic!("{problems:?}"));
    let observers = (Judges::new(scenario.setup.flavor), Sequences::default());
    let mut run = Run::new(scenario.setup, Vec::new(), observers).expect("the set-up can be run");
    run.run_until(SimTime(3_000_000));
    run
}

fn pass(run: &mut Watched, us: u64) {
    let later = run.now().plus(us);
    run.run_until(later);
}

fn only(run: &Watched) -> &Sequence {
    let all = &run.observer().1;
    assert_eq!(all.all().len(), 1, "{:?}", all.all().collect::<Vec<_>>());
    all.all().next_back().expect("there is one")
}

fn headline_of(view: &ClusterView) -> String {
    let line = headline(view);
    format!("{} {}", line.subject, line.rest)
}

/// The steps' kinds in their order, each once.
fn kinds(of: &Sequence) -> Vec<&'static str> {
    let mut kinds: Vec<&'static str> = of
        .steps
        .iter()
        .filter_map(|step| {
            Some(match &step.what {
                What::Manager(ManagerEvent::LeaseRenewed { .. }) => "renewal",
                What::Manager(ManagerEvent::LeaseExpired { .. }) => "expiry",
                What::Manager(ManagerEvent::Compared { .. }) => "compared",
                What::Manager(ManagerEvent::LeaseReleased { .. }) => "release",
                What::Manager(ManagerEvent::LeaseAcquired { .. }) => "acquired",
                What::Manager(ManagerEvent::Demoting { .. }) => "demoted",
                What::Command { .. } => "command",
                What::TimelineSwitched { .. } => "timeline",
                What::BecamePrimary { .. } => "primary",
                What::PrimaryBelieved { primary: Some(_), .. } => "re-routed",
                What::Finished { .. } => "first write",
                _ => return None,
            })
        })
        .collect();
    kinds.dedup();
    kinds
}

#[test]
fn a_crash_is_told_from_the_last_renewal_to_the_first_write() {
    let mut run = run_of(CLUSTER);
    assert_eq!(run.observer().1.all().len(), 0, "renewals alone are no failover");
    run.act(Command::Crash { node: "db1".into() }).expect("it runs");
    pass(&mut run, 1_000_000);
    let view = run.world().view();
    let store = store_face(&view).expect("there is a store");
    assert!(store.line.starts_with("lease of db1 · ") && store.lease.is_some(), "{store:?}");
    assert!(headline_of(&view).starts_with("db1 is down: nobody else may lead while its lease holds, "));
    pass(&mut run, 2_500_000);
    let view = run.world().view();
    assert_eq!(store_face(&view).map(|store| store.line).as_deref(), Some("nobody has the lease"));
    assert!(headline_of(&view).starts_with("Nobody has the lease: db"), "{}", headline_of(&view));
    assert!(
        view.nodes.iter().any(|node| agent_note(node, &view).is_some_and(|(note, _)| note == "compares positions"))
    );
    pass(&mut run, 5_000_000);

    let of = only(&run);
    assert_eq!((of.outcome, of.from, of.asked), (Outcome::Promoted, Some(NodeId(0)), None));
    assert_eq!(of.began, SimTime(3_000_000), "the failure is where the clock begins");
    let told = ["expiry", "compared", "acquired", "timeline", "primary", "re-routed", "first write"];
    let kinds = kinds(of);
    assert!(kinds.ends_with(&told), "{kinds:?}");
    assert!(kinds.contains(&"renewal") && kinds.contains(&"command"), "{kinds:?}");
    assert!(of.steps.windows(2).all(|pair| pair[0].number < pair[1].number), "the order is the run's");
    let view = run.world().view();
    let (names, to) = (names_in(&view), of.to.expect("somebody leads"));
    let leader = view.nodes.iter().find(|node| node.id == to).expect("it is there");
    assert!(lease_of(leader, &view).is_some() && !leads_without_lease(leader, &view));
    assert_eq!(sequence_title(of, &names), format!("Failover, db1 → {}", leader.name));
    let judged = run.observer().0.primaries().failovers().next();
    let summary = sequence_summary(of, judged, &names);
    assert!(
        summary.contains("until it was certain") && summary.contains("First write acknowledged after"),
        "{summary}"
    );
}

#[test]
fn a_switchover_begins_with_the_wish() {
    let mut run = run_of(CLUSTER);
    run.act(Command::Switchover { node: "db3".into() }).expect("it streams");
    pass(&mut run, 4_000_000);
    let of = only(&run);
    assert_eq!((of.outcome, of.to, of.asked), (Outcome::Promoted, Some(NodeId(2)), Some(Asked::Switchover)));
    let kinds = kinds(of);
    assert_eq!(
        kinds[kinds.len() - 7..],
        ["release", "compared", "acquired", "timeline", "primary", "re-routed", "first write"]
    );
    assert_eq!(sequence_title(of, &names_in(&run.world().view())), "Switchover, db1 → db3");
}

#[test]
fn a_store_that_is_back_in_time_changes_nothing() {
    let mut run = run_of(CLUSTER);
    run.act(Command::Crash { node: "store".into() }).expect("it runs");
    pass(&mut run, 400_000);
    let view = run.world().view();
    assert_eq!(store_face(&view).map(|store| store.line).as_deref(), Some("does not answer"));
    assert!(headline_of(&view).starts_with("The store is down: "));
    run.act(Command::Restart { node: "store".into() }).expect("it is down");
    pass(&mut run, 3_000_000);
    let of = only(&run);
    assert_eq!(of.outcome, Outcome::Unchanged);
    assert_eq!(sequence_title(of, &names_in(&run.world().view())), "db1 stays primary");
}

#[test]
fn without_fencing_a_primary_without_a_lease_is_said_to_be_one() {
    let mut run = run_of(&CLUSTER.replace("[proxy]", "fencing = false\n[proxy]"));
    run.act(Command::Crash { node: "store".into() }).expect("it runs");
    pass(&mut run, 5_000_000);
    let view = run.world().view();
    assert!(leads_without_lease(&view.nodes[0], &view));
    assert_eq!(agent_note(&view.nodes[0], &view).map(|(note, _)| note).as_deref(), Some("fencing off: no lease"));
    assert!(headline_of(&view).contains("since fencing is off"), "{}", headline_of(&view));
}

#[test]
fn what_was_before_the_failure_has_a_negative_time() {
    assert_eq!(relative(SimTime(5_011_000), SimTime(2_000_000)), "t+3.011 s");
    assert_eq!(relative(SimTime(1_690_000), SimTime(2_000_000)), "t−0.310 s");
}
