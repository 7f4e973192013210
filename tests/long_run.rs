//! What a cluster remembers does not grow with its age. How much memory that is, `benches/memory.rs` and `wasm_soak.rs` measure.

use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::time::SimTime;
use replication_lab::scenario::{Format, Scenario};
use replication_lab::sim::Run;
use replication_lab::sim::command::Command;

#[path = "support/soak.rs"]
mod soak;

/// How many connections there are after so many virtual minutes of chaos, once all is mended and has calmed down.
fn connections(flavor: Flavor, minutes: u64) -> usize {
    let scenario = Scenario::parse(&soak::scenario(flavor, 20), Format::Toml, "soak").expect("it is sound");
    let mut run = Run::new(scenario.setup, Vec::new(), ()).expect("it can be run");
    let mut operator = soak::Operator::default();
    for second in 0..minutes * 60 {
        run.run_until(SimTime(second * 1_000_000));
        let _ = soak::chaos(second).map(|command| run.act(command));
        if soak::Operator::is_due(second) {
            operator.look(&run.world().view()).into_iter().for_each(|command| drop(run.act(command)));
        }
    }
    let _ = run.act(Command::Heal { between: None });
    for node in ["db1", "db2", "db3"] {
        let _ = run.act(Command::Resume { node: node.into() });
        let _ = run.act(Command::Restart { node: node.into() });
    }
    run.run_until(SimTime((minutes * 60 + 60) * 1_000_000));
    run.world().connection_count()
}

#[test]
fn connections_that_nobody_has_any_more_are_forgotten() {
    for flavor in [Flavor::Postgresql, Flavor::Mysql] {
        let (young, old) = (connections(flavor, 0), connections(flavor, 12));
        // Pools may be fuller or emptier, by what came at once.
        assert!(young > 20 && old < young + 16, "{flavor}: {young} at the beginning, {old} after 12 minutes");
    }
}

#[test]
fn what_is_planned_is_what_may_still_happen() {
    for flavor in [Flavor::Postgresql, Flavor::Mysql] {
        let scenario = Scenario::parse(&soak::scenario(flavor, 100), Format::Toml, "soak").expect("it is sound");
        let mut run = Run::new(scenario.setup, Vec::new(), ()).expect("it can be run");
        let mut most = 0;
        for second in 0..100 {
            run.run_until(SimTime(second * 1_000_000));
            most = most.max(run.world().planned_count());
        }
        // A standby begins to wait for its time-out anew with every message, 100 times a second.
        assert!((10..200).contains(&most), "{flavor}: {most}");
    }
}
