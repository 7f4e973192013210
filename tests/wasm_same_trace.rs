//! The same scenario gives the same trace, natively and in a browser: both are held against committed lists, of scenarios
//! and of a thousand seeds of the swarm.
//!
//! When the engine changes on purpose, `BLESS=1 cargo test --test wasm_same_trace` writes the lists anew, natively; the
//! browser then has to agree with them.

use replication_lab::engine::time::SimTime;
use replication_lab::scenario::{Format, Scenario};
use replication_lab::sim::Run;
use replication_lab::swarm::draw;

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

/// Of each of the first thousand seeds, what came of its run.
const SWARM: &str = include_str!("data/swarm-hashes.txt");

/// How many events, the hash of them all, and a hash over the content of every database at the end.
fn run(scenario: Scenario) -> (u64, u64, u64) {
    let mut run = Run::new(scenario.setup, scenario.schedule, ()).expect("the set-up is sound");
    run.run_until(SimTime(scenario.duration_us));
    let checksums = run.world().nodes().filter_map(|node| run.world().checksum(node));
    let content = checksums.fold(0_u64, |all, (_, checksum)| all.rotate_left(5) ^ checksum);
    (run.events(), run.trace_hash(), content)
}

fn list() -> String {
    let lines = SCENARIOS.iter().flat_map(|(name, text)| {
        (1..=3).map(move |seed| {
            let mut scenario = Scenario::parse(text, Format::Toml, "test").expect("the scenario is sound");
            scenario.setup.seed = seed;
            let (events, hash, content) = run(scenario);
            format!("{name} seed={seed} events={events} trace={hash:016x} content={content:016x}\n")
        })
    });
    lines.collect()
}

/// A cluster as the swarm draws it, with all that is done to it, in a sixteenth of the time; every tenth in a fourth.
fn hurried(seed: u64) -> Scenario {
    let mut scenario = draw(seed);
    let hurry = if seed.is_multiple_of(10) { 4 } else { 16 };
    scenario.duration_us /= hurry;
    for (at, _) in &mut scenario.schedule {
        at.0 /= hurry;
    }
    scenario
}

/// The seeds from one to another, ten in a line: of each run the events, the trace and the content, in 32 bits.
fn swarm(seeds: std::ops::Range<u64>) -> String {
    let mut list = String::new();
    for seed in seeds {
        let (events, hash, content) = run(hurried(seed));
        let all = hash ^ content.rotate_left(17) ^ events.rotate_left(40);
        if seed % 10 == 0 {
            list.push_str(&format!("{seed:3}.."));
        }
        list.push_str(&format!(" {:08x}", (all >> 32) ^ (all & 0xffff_ffff)));
        if seed % 10 == 9 {
            list.push('\n');
        }
    }
    list
}

fn hold(agreed: &str, list: &str, file: &str) {
    #[cfg(not(target_arch = "wasm32"))]
    if std::env::var_os("BLESS").is_some() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(file);
        std::fs::write(path, list).expect("the list can be written");
        return;
    }
    for (agreed, found) in agreed.lines().zip(list.lines()) {
        assert_eq!(agreed, found, "{file}");
    }
    assert_eq!(agreed.lines().count(), list.lines().count(), "{file}");
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn traces_are_the_same_natively_and_in_the_browser() {
    hold(AGREED, &list(), "trace-hashes.txt");
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn a_thousand_seeds_are_the_same_natively_and_in_the_browser() {
    hold(SWARM, &swarm(0..1_000), "swarm-hashes.txt");
}

#[cfg(target_arch = "wasm32")]
#[wasm_bindgen_test::wasm_bindgen_test]
async fn a_thousand_seeds_are_the_same_natively_and_in_the_browser() {
    let mut list = String::new();
    for seeds in (0..1_000).step_by(10) {
        list.push_str(&swarm(seeds..seeds + 10));
        // The page answers the driver meanwhile.
        let pause = js_sys::Promise::new(&mut |done, _| {
            web_sys::window().expect("a window").set_timeout_with_callback(&done).expect("a timer");
        });
        wasm_bindgen_futures::JsFuture::from(pause).await.expect("it ends");
    }
    hold(SWARM, &list, "swarm-hashes.txt");
}
