//! What memory a run takes while everything breaks for half an hour, by part. One line every five virtual minutes: what is held
//! natively, beside the databases themselves. `tests/wasm_soak.rs` runs the same in a browser.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use replication_lab::check::Judges;
use replication_lab::engine::flavor::Flavor;
use replication_lab::engine::time::SimTime;
use replication_lab::scenario::{Format, Scenario};
use replication_lab::sim::Observer;
use replication_lab::sim::recording::{Limits, Recording};

#[path = "../tests/support/soak.rs"]
mod soak;

/// Counts what is held.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
/// The most that was held since it was last asked for.
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is the system allocator's; only sizes are added up.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let before = HELD.fetch_add(layout.size(), Ordering::Relaxed);
        PEAK.fetch_max(before + layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn soak<O: Observer + Clone>(what: &str, minutes: u64, limits: Limits, flavor: Flavor, observer: O) {
    let rate = std::env::var("SOAK_RATE").ok().and_then(|rate| rate.parse().ok()).unwrap_or(20);
    let Ok(scenario) = Scenario::parse(&soak::scenario(flavor, rate), Format::Toml, "soak") else {
        println!("{what}: the scenario is refused");
        return;
    };
    let Ok(mut recording) = Recording::new(scenario.setup, Vec::new(), observer, limits) else { return };
    let (began, before) = (Instant::now(), HELD.load(Ordering::Relaxed));
    let mut operator = soak::Operator::default();
    let mut copied = 0;
    for second in 0..=minutes * 60 {
        recording.run_until(SimTime(second * 1_000_000));
        // What is refused, a restart of what runs, say, is part of chaos.
        let _ = soak::chaos(second).map(|command| recording.act(command));
        if soak::Operator::is_due(second) {
            for command in operator.look(&recording.run().world().view()) {
                copied += u32::from(recording.act(command).is_ok());
            }
        }
        if second > 0 && second % 300 == 0 {
            let (checkpoints, image_bytes, own_bytes) = recording.held();
            println!(
                "{what}, {} min: {} kB without SQLite, {} at most; {checkpoints} checkpoints with {} kB of images and {} kB beside, {} steps",
                second / 60,
                HELD.load(Ordering::Relaxed).saturating_sub(before) / 1_000,
                PEAK.swap(0, Ordering::Relaxed).saturating_sub(before) / 1_000,
                image_bytes / 1_000,
                own_bytes / 1_000,
                recording.run().steps()
            );
        }
    }
    let wall_s = began.elapsed().as_secs_f64();
    println!("{what}: {minutes} virtual minutes in {wall_s:.0} s; {copied} servers were copied anew");
}

fn main() {
    let minutes = std::env::var("SOAK_MINUTES").ok().and_then(|minutes| minutes.parse().ok()).unwrap_or(30);
    let one = Limits { checkpoints: 2, ..Limits::default() };
    soak("the run alone", minutes, one, Flavor::Postgresql, ());
    soak("recorded without judges", minutes, Limits::default(), Flavor::Postgresql, ());
    soak("with judges", minutes, one, Flavor::Postgresql, Judges::new(Flavor::Postgresql));
    soak("recorded", minutes, Limits::default(), Flavor::Postgresql, Judges::new(Flavor::Postgresql));
    soak("MySQL, recorded", minutes, Limits::default(), Flavor::Mysql, Judges::new(Flavor::Mysql));
}
