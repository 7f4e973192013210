//! How fast virtual time passes in a browser: three servers, 100 writes a second through a proxy, with the ledger and the
//! judges. `cargo xtask bench` builds it as the page is built and prints the figure; as a test it says only that the run
//! is the one that is meant.
#![cfg(target_arch = "wasm32")]

use replication_lab::check::Judges;
use replication_lab::engine::time::SimTime;
use replication_lab::scenario::{Format, Scenario};
use replication_lab::sim::Run;
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

const SCENARIO: &str = r#"
duration = "120s"
[[node]]
name = "db1"
[[node]]
name = "db2"
[[node]]
name = "db3"
[network]
latency = "200us"
jitter = "50us"
[proxy]
[[client]]
name = "app"
writes_per_second = 100
keys = 1000
"#;

/// Each stretch is timed by itself, so that the median says what a moment's disturbance does not.
const STRETCHES: u64 = 5;
const STRETCH_SECONDS: u64 = 20;

#[wasm_bindgen_test]
fn virtual_time_for_wall_time() {
    let scenario = Scenario::parse(SCENARIO, Format::Toml, "the bench").unwrap();
    let mut run = Run::new(scenario.setup.clone(), Vec::new(), Judges::new(scenario.setup.flavor)).unwrap();
    let mut ratios = Vec::new();
    for stretch in 1..=STRETCHES {
        let begin = js_sys::Date::now();
        run.run_until(SimTime(stretch * STRETCH_SECONDS * 1_000_000));
        let wall_ms = (js_sys::Date::now() - begin).max(1.0);
        ratios.push(STRETCH_SECONDS as f64 * 1000.0 / wall_ms);
    }
    ratios.sort_by(f64::total_cmp);
    console_log!("virtual time for wall time: {:.0}x (median of {STRETCHES}: {ratios:.0?})", ratios[ratios.len() / 2]);
    let acknowledged = run.observer().ledger().total().acknowledged;
    assert!((9_000..11_000).contains(&acknowledged), "{acknowledged} of about 10,000 writes were acknowledged");
}
