//! How long it takes to reach any instant of a run, and what the recording holds. One line a figure.

use std::time::Instant;

use rand_pcg::Pcg32;
use replication_lab::check::Judges;
use replication_lab::engine::chance::below;
use replication_lab::engine::time::SimTime;
use replication_lab::scenario::{Format, Scenario};
use replication_lab::sim::recording::{Limits, RECENT_US, Recording};

/// Three servers behind a proxy, with so many writes and reads a second.
fn scenario(minutes: u32, rate: u32) -> Option<Scenario> {
    let text = format!(
        "duration = \"{minutes}min\"\nsettings = {{ synchronous_standby_names = \"*\" }}\n\
         node = [{{ name = \"db1\" }}, {{ name = \"db2\" }}, {{ name = \"db3\" }}]\n\
         proxy = {{}}\nclient = [{{ name = \"app\", writes_per_second = {rate}, reads_per_second = {rate} }}]\n"
    );
    Scenario::parse(&text, Format::Toml, "bench").ok()
}

fn measure(minutes: u32, rate: u32) {
    let label = format!("{minutes} minutes, {rate} writes/s and {rate} reads/s");
    let Some(scenario) = scenario(minutes, rate) else {
        println!("{label}: the scenario is refused");
        return;
    };
    let end = SimTime(scenario.duration_us);
    let judges = Judges::new(scenario.setup.flavor);
    let Ok(mut recording) = Recording::new(scenario.setup, scenario.schedule, judges, Limits::default()) else {
        println!("{label}: the set-up is refused");
        return;
    };
    let begin = Instant::now();
    recording.run_until(end);
    let recorded = begin.elapsed();
    let (checkpoints, image_bytes, own_bytes) = recording.held();
    println!(
        "{label}: recorded in {:.1} s, {} steps, {checkpoints} checkpoints with {} kB of images and {} kB beside",
        recorded.as_secs_f64(),
        recording.run().steps(),
        image_bytes / 1_000,
        own_bytes / 1_000
    );
    let recent = end.0.saturating_sub(RECENT_US);
    seek(&format!("{label}: a seek to any instant of the last ten minutes"), &mut recording, (recent, end.0), 200);
    if recent > 0 {
        seek(&format!("{label}: a seek further back"), &mut recording, (0, recent), 20);
    }
}

fn seek(what: &str, recording: &mut Recording<Judges>, (from, to): (u64, u64), times: usize) {
    let mut random = Pcg32::new(1, 1);
    let mut times: Vec<u64> = (0..times)
        .map(|_| {
            let at = SimTime(from + below(to - from, &mut random));
            let begin = Instant::now();
            recording.seek(at);
            begin.elapsed().as_micros() as u64
        })
        .collect();
    times.sort_unstable();
    println!(
        "{what} takes {:.1} ms (median of {}), {:.1} ms (95 %), {:.1} ms at most",
        times[times.len() / 2] as f64 / 1_000.0,
        times.len(),
        times[times.len() * 95 / 100] as f64 / 1_000.0,
        times[times.len() - 1] as f64 / 1_000.0
    );
}

fn main() {
    measure(10, 20);
    measure(10, 100);
    measure(60, 20);
    measure(60, 100);
}
