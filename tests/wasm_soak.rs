//! Chaos for long, in a browser, recorded and judged as on the page: after it has warmed up, memory does not grow.
//!
//! A WebAssembly module's memory never shrinks, so its size is the most that was ever needed. Usually this goes on for 24
//! virtual minutes, with so little room that all bounds are reached soon; `cargo xtask bench wasm`
//! builds it as the page is built, with `SOAK_MINUTES=60` and the usual bounds, at `SOAK_RATE=100` and 20.
#![cfg(target_arch = "wasm32")]

use replication_lab::check::Judges;
use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::time::SimTime;
use replication_lab::scenario::{Format, Scenario};
use replication_lab::sim::recording::{Limits, Recording};
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

#[path = "support/soak.rs"]
mod soak;

/// How long, and within which bounds: minutes are virtual ones, the first of them a warm-up.
struct Soak {
    warm: u64,
    all: u64,
    limits: Limits,
}

/// Writes, and reads, a second. What the judges remember is bounded, too; with so much traffic all of it is full after some 17
/// minutes.
const RATE: u32 = 100;

fn rate() -> u32 {
    option_env!("SOAK_RATE").and_then(|rate| rate.parse().ok()).unwrap_or(RATE)
}

fn soak_of() -> Soak {
    let usual = Limits::default();
    match option_env!("SOAK_MINUTES").and_then(|minutes| minutes.parse::<u64>().ok()) {
        Some(all) => Soak { warm: all / 2, all, limits: usual },
        None => Soak { warm: 17, all: 24, limits: Limits { checkpoints: 12, own_bytes: 24 << 20, ..usual } },
    }
}

fn memory_bytes() -> u64 {
    (core::arch::wasm32::memory_size::<0>() as u64) << 16
}

#[wasm_bindgen_test]
async fn memory_is_flat_after_the_warm_up() {
    let Soak { warm, all, limits } = soak_of();
    let scenario = Scenario::parse(&soak::scenario(Flavor::Postgresql, rate()), Format::Toml, "soak").unwrap();
    let judges = Judges::new(scenario.setup.flavor);
    let mut recording = Recording::new(scenario.setup, Vec::new(), judges, limits).unwrap();
    let began = js_sys::Date::now();
    let (mut deeds, mut copied, mut warmed) = (0, 0, 0);
    let mut operator = soak::Operator::default();
    for second in 0..all * 60 {
        recording.run_until(SimTime(second * 1_000_000));
        // What is refused, a restart of what runs, say, is part of chaos.
        deeds += u64::from(soak::chaos(second).is_some_and(|command| recording.act(command).is_ok()));
        if soak::Operator::is_due(second) {
            for command in operator.look(&recording.run().world().view()) {
                copied += u64::from(recording.act(command).is_ok());
            }
        }
        if second == warm * 60 {
            warmed = memory_bytes();
        }
        if second % 5 == 0 {
            // The page answers the driver meanwhile.
            let pause = js_sys::Promise::new(&mut |done, _| {
                web_sys::window().expect("a window").set_timeout_with_callback(&done).expect("a timer");
            });
            wasm_bindgen_futures::JsFuture::from(pause).await.expect("it ends");
        }
        if second % (all * 6) == 0 {
            let (checkpoints, image_bytes, own_bytes) = recording.held();
            let (steps, memory) = (recording.run().steps(), memory_bytes() / 1_000);
            console_log!(
                "soak at {} writes/s, {second} s: {steps} steps, {checkpoints} checkpoints, {} kB of images and {} kB beside, {memory} kB in all",
                rate(),
                image_bytes / 1_000,
                own_bytes / 1_000,
            );
        }
    }
    let (end, wall_s) = (memory_bytes(), (js_sys::Date::now() - began) / 1_000.0);
    let total = recording.run().observer().ledger().total();
    let acknowledged = total.acknowledged;
    console_log!(
        "soak at {} writes/s: {all} virtual minutes in {wall_s:.0} s, {deeds} deeds, {copied} servers copied anew, {acknowledged} writes acknowledged; {} kB after the \
         warm-up of {warm} minutes, {} kB at the end",
        rate(),
        warmed / 1_000,
        end / 1_000
    );
    assert!(
        deeds > all && acknowledged > all * u64::from(rate()),
        "{deeds} deeds, {acknowledged} writes: that is no chaos"
    );
    // Pages of the allocator may still be taken for another mixture of sizes; what leaks would be far more.
    assert!(end <= warmed + warmed / 20, "{warmed} bytes after the warm-up, {end} at the end");
}
