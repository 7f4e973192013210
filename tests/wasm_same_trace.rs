//! The same scenario gives the same trace, natively and in a browser: both are held against one committed list.
//!
//! When the engine changes on purpose, `BLESS=1 cargo test --test wasm_same_trace` writes the list anew, natively; the
//! browser then has to agree with it.

use replication_lab::engine::time::SimTime;
use replication_lab::scenario::{Format, Scenario};
use replication_lab::sim::Run;

/// The scenarios to run, by name and text. Each is run with three seeds.
const SCENARIOS: [(&str, &str); 12] = [
    ("asynchronous-loss", include_str!("../scenarios/asynchronous-loss.toml")),
    ("partition-and-catch-up", include_str!("../scenarios/partition-and-catch-up.toml")),
    ("replica-crash-and-recovery", include_str!("../scenarios/replica-crash-and-recovery.toml")),
    ("steady-asynchronous", include_str!("../scenarios/steady-asynchronous.toml")),
    ("synchronous-distant-replica", include_str!("../scenarios/synchronous-distant-replica.toml")),
    ("everything-at-once", include_str!("data/everything-at-once.toml")),
    ("live-replica-under-load", include_str!("../scenarios/live-replica-under-load.toml")),
    ("failover-step-by-step", include_str!("../scenarios/failover-step-by-step.toml")),
    ("failover-quorum", include_str!("../scenarios/failover-quorum.toml")),
    ("failover-rewind", include_str!("../scenarios/failover-rewind.toml")),
    ("mysql-failover", include_str!("../scenarios/mysql-failover.toml")),
    ("everything-at-once-mysql", include_str!("data/everything-at-once-mysql.toml")),
];

const AGREED: &str = include_str!("data/trace-hashes.txt");

/// How many events, the hash of them all, and a hash over the content of every database at the end.
fn run(text: &str, seed: u64) -> (u64, u64, u64) {
    let mut scenario = Scenario::parse(text, Format::Toml, "test").expect("the scenario is sound");
    scenario.setup.seed = seed;
    let mut run = Run::new(scenario.setup, scenario.schedule, ()).expect("the set-up is sound");
    run.run_until(SimTime(scenario.duration_us));
    let checksums = run.world().nodes().filter_map(|node| run.world().checksum(node));
    let content = checksums.fold(0_u64, |all, (_, checksum)| all.rotate_left(5) ^ checksum);
    (run.events(), run.trace_hash(), content)
}

fn list() -> String {
    let lines = SCENARIOS.iter().flat_map(|(name, text)| {
        (1..=3).map(move |seed| {
            let (events, hash, content) = run(text, seed);
            format!("{name} seed={seed} events={events} trace={hash:016x} content={content:016x}\n")
        })
    });
    lines.collect()
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn traces_are_the_same_natively_and_in_the_browser() {
    let list = list();
    #[cfg(not(target_arch = "wasm32"))]
    if std::env::var_os("BLESS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/trace-hashes.txt");
        std::fs::write(path, &list).expect("the list can be written");
        return;
    }
    for (agreed, found) in AGREED.lines().zip(list.lines()) {
        assert_eq!(agreed, found);
    }
    assert_eq!(AGREED.lines().count(), list.lines().count());
}
