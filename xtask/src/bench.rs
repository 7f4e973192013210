//! `cargo xtask bench`: measures what DESIGN's budgets speak of, and writes the figures into `BENCHMARKS.md`.

use std::process::Command;
use std::time::Instant;

use crate::Result;
use crate::project::Project;
use crate::shell::{output_of, quote, step};
use crate::site::{Mode, build};
use crate::versions::WASM_TARGET;

/// Where the figures stand in `BENCHMARKS.md`.
const BEGIN: &str = "<!-- bench: begin -->";
const END: &str = "<!-- bench: end -->";

/// How often a sweep is run.
const SWEEPS: usize = 3;

/// What was measured: a command, and what it said.
type Figures = Vec<(String, Vec<String>)>;

/// Measures everything, or the parts whose name contains a filter: sizes, native, sweep, wasm, frames. Only a size decides,
/// and it does so at the end, so that the rest is known, too.
pub fn bench(project: &Project, filter: Option<&str>) -> Result<()> {
    let wanted = |part: &str| filter.is_none_or(|filter| part.contains(filter));
    let (mut figures, mut sizes) = (Figures::new(), Ok(()));
    let load_before = load();
    if wanted("sizes") || wanted("frames") {
        crate::setup::for_build(project)?;
        build(project, Mode::Release)?;
        sizes = step("download size", || crate::sizes::report(&project.dist()));
        let total = crate::sizes::total(&project.dist())?;
        figures.push(("cargo xtask build".to_owned(), vec![format!("wasm + js + css with brotli: {total} bytes")]));
    }
    if wanted("native") {
        for name in ["storage", "judges", "throughput", "seek"] {
            let mut cargo = project.command("cargo");
            measure(cargo.args(["bench", "--locked", "--bench", name]), &mut figures, |_| true)?;
        }
    }
    if wanted("sweep") {
        sweep(project, &mut figures)?;
    }
    if wanted("wasm") {
        crate::setup::for_wasm_tests(project)?;
        let mut cargo = project.wasm_command("cargo")?;
        cargo.args(["test", "--locked", "--profile", "web", "--target", WASM_TARGET]);
        cargo.args(["--test", "wasm_speed", "--test", "wasm_soak", "--", "--include-ignored", "--nocapture"]);
        cargo
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner")
            .env("CHROMEDRIVER", crate::setup::chromedriver()?)
            .env("WASM_BINDGEN_USE_BROWSER", "1")
            .env("WASM_BINDGEN_TEST_TIMEOUT", "3600")
            .env("SOAK_MINUTES", "60");
        measure(&mut cargo, &mut figures, |line| line.starts_with("soak:") || line.starts_with("virtual time"))?;
    }
    if wanted("frames") {
        crate::setup::for_browser_tests(project)?;
        let mut cargo = project.command("cargo");
        cargo.args(["test", "--locked", "--package", "browser-tests", "--test", "bench", "--"]);
        cargo.args(["--ignored", "--nocapture"]).env("CHROMEDRIVER", crate::setup::chromedriver()?);
        measure(&mut cargo, &mut figures, |line| line.starts_with("main thread"))?;
    }
    write(project, &figures, &format!("{load_before} before, {} after", load()))?;
    sizes
}

/// Runs a command, and keeps those of its lines that are figures.
fn measure(command: &mut Command, figures: &mut Figures, figure: fn(&str) -> bool) -> Result<()> {
    let what = quote(command);
    step(&what, || {
        let output = output_of(command)?;
        let lines = output.lines().map(str::trim).filter(|line| !line.is_empty() && figure(line));
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        lines.iter().for_each(|line| println!("{line}"));
        figures.push((what.clone(), lines));
        Ok(())
    })
}

/// A thousand failovers, timed as a whole.
fn sweep(project: &Project, figures: &mut Figures) -> Result<()> {
    let build = ["build", "--locked", "--release", "--bin", "replication-lab"];
    output_of(project.command("cargo").args(build))?;
    let mut times = Vec::new();
    let mut what = String::new();
    for _ in 0..SWEEPS {
        let mut command = Command::new(project.root().join("target/release/replication-lab"));
        command.current_dir(project.root());
        command.args(["sweep", "scenarios/failover-asynchronous-loss.toml", "--seeds", "1000", "--until", "10s"]);
        command.args(["--set", "client.app.writes_per_second=50"]);
        what = quote(&command).replace(&project.root().display().to_string(), ".");
        let began = Instant::now();
        output_of(&mut command)?;
        times.push(began.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    let line = format!("1,000 failovers of 10 s: {:.1} s (median of {SWEEPS}: {times:.1?})", times[SWEEPS / 2]);
    println!("{line}");
    figures.push((what, vec![line]));
    Ok(())
}

fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("unknown").to_owned()
}

/// Puts the figures between the marks; what is beside them stays.
fn write(project: &Project, figures: &Figures, load: &str) -> Result<()> {
    let path = project.root().join("BENCHMARKS.md");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let date = output_of(Command::new("date").args(["--utc", "+%Y-%m-%d %H:%M"]))?;
    let commit = output_of(project.command("git").args(["rev-parse", "--short", "HEAD"])).unwrap_or_default();
    let mut own = format!("{} UTC, commit {}, load {load}.\n", date.trim(), commit.trim());
    for (command, lines) in figures {
        own.push_str(&format!("\n`{command}`\n"));
        lines.iter().for_each(|line| own.push_str(&format!("- {line}\n")));
    }
    let text = between(&text, &own).ok_or_else(|| format!("{} has not {BEGIN} and {END}", path.display()))?;
    std::fs::write(&path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

fn between(text: &str, own: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{own}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_between_their_marks() {
        let text = format!("a\n{BEGIN}\nold\n{END}\nb\n");
        assert_eq!(between(&text, "new\n").unwrap(), format!("a\n{BEGIN}\nnew\n{END}\nb\n"));
        assert_eq!(between("no marks", "new"), None);
    }
}
