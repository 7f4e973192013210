//! `cargo xtask bench`: measures what DESIGN's budgets speak of, and writes the figures into `BENCHMARKS.md`.

use std::process::{Command, Stdio};
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

/// What is measured: the names of the parts.
const PARTS: [&str; 6] = ["sizes", "native", "memory", "sweep", "wasm", "frames"];

/// How long the soak is, in virtual minutes, unless `SOAK_MINUTES` says otherwise.
const SOAK_MINUTES: &str = "60";

/// DESIGN's budgets: what, the budget, and how the figure's line begins.
const BUDGETS: [(&str, &str, &str); 10] = [
    ("main-thread time a second, 9 servers and 60 messages in flight", "≤ 190 ms", "main thread, nine servers, Tables"),
    ("download: wasm + js + css, brotli", "≤ 600,000 bytes", "wasm + js + css with brotli"),
    ("download before the widget is wanted, brotli", "≤ 12,000 bytes", "before the widget is wanted"),
    ("virtual time for wall time, 3 servers, 100 writes/s, in the browser", "≥ 200×", "virtual time for wall time"),
    ("acknowledged synchronous writes a second, 2 replicas, judges on", "≥ 112,000", "judged, synchronous"),
    (
        "seek to any instant of a 10-minute run, 20 writes/s",
        "≤ 50 ms",
        "10 minutes, 20 writes/s and 20 reads/s: a seek",
    ),
    ("the same, 100 writes/s", "≤ 50 ms", "10 minutes, 100 writes/s and 100 reads/s: a seek"),
    ("1,000 failovers of 10 s at 50 writes/s, native, 2 cores", "≤ 10 s", "1,000 failovers of 10 s"),
    ("memory growth over an hour of virtual chaos, in the browser", "none after warm-up", "soak at 100 writes/s:"),
    ("the same, 20 writes/s", "none after warm-up", "soak at 20 writes/s:"),
];

/// What was measured: a command, when, and what it said.
type Figures = Vec<(String, String, Vec<String>)>;

/// Measures everything, or the parts whose name contains a filter. What is not measured keeps its figures of the last time.
/// A part that fails keeps none of the others from being measured. Only sizes decide, and they do so at the end.
pub fn bench(project: &Project, filter: Option<&str>) -> Result<()> {
    let mut failures = Vec::new();
    for part in PARTS.iter().filter(|part| filter.is_none_or(|filter| part.contains(filter))) {
        let mut figures = Figures::new();
        let load_before = load();
        let outcome = match *part {
            "sizes" => sizes(project, &mut figures),
            "native" => ["storage", "judges", "throughput", "seek"].iter().try_for_each(|name| {
                let mut cargo = project.command("cargo");
                measure(cargo.args(["bench", "--locked", "--bench", name]), &mut figures, |_| true)
            }),
            "memory" => {
                let mut cargo = project.command("cargo");
                measure(cargo.args(["bench", "--locked", "--bench", "memory"]), &mut figures, |line| {
                    line.contains("min")
                })
            }
            "sweep" => sweep(project, &mut figures),
            "wasm" => wasm(project, &mut figures),
            _ => frames(project, &mut figures),
        };
        if let Err(why) = outcome {
            println!("    {part}: {why}");
            failures.push(format!("{part}: {why}"));
        }
        write(project, figures, &format!("load {load_before} before, {} after", load()))?;
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

/// Builds the page and weighs it.
fn sizes(project: &Project, figures: &mut Figures) -> Result<()> {
    crate::setup::for_build(project)?;
    build(project, Mode::Release)?;
    step("download size", || {
        let sizes = crate::sizes::table(&project.dist())?;
        let lines = [
            format!("wasm + js + css with brotli: {} bytes", sizes.total),
            format!("before the widget is wanted, with brotli: {} bytes", sizes.before_the_widget),
        ];
        figures.push(("cargo xtask build".to_owned(), String::new(), lines.into()));
        sizes.judge()
    })
}

/// Speed and memory in a browser, as the page is built.
fn wasm(project: &Project, figures: &mut Figures) -> Result<()> {
    crate::setup::for_wasm_tests(project)?;
    let minutes = std::env::var("SOAK_MINUTES").unwrap_or_else(|_| SOAK_MINUTES.to_owned());
    let timed = soak(project, &["--test", "wasm_speed", "--test", "wasm_soak"], &minutes, "100", figures);
    // Memory never shrinks: a module of its own for the other rate.
    timed.and(soak(project, &["--test", "wasm_soak"], &minutes, "20", figures))
}

fn soak(project: &Project, tests: &[&str], minutes: &str, rate: &str, figures: &mut Figures) -> Result<()> {
    let mut cargo = project.wasm_command("cargo")?;
    cargo.args(["test", "--locked", "--no-fail-fast", "--profile", "web", "--target", WASM_TARGET]);
    cargo.args(tests).args(["--", "--include-ignored", "--nocapture"]);
    cargo
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner")
        .env("CHROMEDRIVER", crate::setup::chromedriver()?)
        .env("WASM_BINDGEN_USE_BROWSER", "1")
        .env("WASM_BINDGEN_TEST_TIMEOUT", "3600")
        .env("SOAK_MINUTES", minutes)
        .env("SOAK_RATE", rate);
    measure(&mut cargo, figures, |line| line.starts_with("soak") || line.starts_with("virtual time"))
}

/// What the built page costs the main thread, and how fast it sweeps.
fn frames(project: &Project, figures: &mut Figures) -> Result<()> {
    crate::setup::for_browser_tests(project)?;
    if !project.dist().join("index.html").exists() {
        crate::setup::for_build(project)?;
        build(project, Mode::Release)?;
    }
    let mut cargo = project.command("cargo");
    cargo.args(["test", "--locked", "--package", "browser-tests", "--test", "bench", "--"]);
    // One after the other: they are timed.
    cargo.args(["--ignored", "--nocapture", "--test-threads=1"]).env("CHROMEDRIVER", crate::setup::chromedriver()?);
    measure(&mut cargo, figures, |line| line.starts_with("main thread") || line.starts_with("sweep on the page"))
}

/// What a line says. Where tests run one after the other, their first words stand behind their names.
fn said(line: &str) -> &str {
    line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... ")).map_or(line, |(_, rest)| rest)
}

/// Runs a command, and keeps those of its lines that are figures, also when it fails: a test that says so has measured.
fn measure(command: &mut Command, figures: &mut Figures, figure: fn(&str) -> bool) -> Result<()> {
    let what = quote(command);
    step(&what, || {
        let output =
            command.stderr(Stdio::inherit()).output().map_err(|error| format!("cannot start `{what}`: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let lines = text.lines().map(|line| said(line.trim())).filter(|line| !line.is_empty() && figure(line));
        let mut lines: Vec<String> = lines.map(str::to_owned).collect();
        // What a browser's test has said is told again at its end.
        let mut told = std::collections::BTreeSet::new();
        lines.retain(|line| told.insert(line.clone()));
        lines.iter().for_each(|line| println!("{line}"));
        figures.push((what.clone(), String::new(), lines));
        if output.status.success() { Ok(()) } else { Err(format!("`{what}` failed ({})\n{text}", output.status)) }
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
    figures.push((what, String::new(), vec![line]));
    Ok(())
}

fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("unknown").to_owned()
}

/// Puts the figures between the marks, in place of earlier ones of the same commands; what is beside the marks stays.
fn write(project: &Project, mut figures: Figures, load: &str) -> Result<()> {
    let path = project.root().join("BENCHMARKS.md");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let date = output_of(Command::new("date").args(["--utc", "+%Y-%m-%d %H:%M"]))?;
    let commit = output_of(project.command("git").args(["rev-parse", "--short", "HEAD"])).unwrap_or_default();
    for (command, when, _) in &mut figures {
        *when = format!("{} UTC, commit {}, {load}", date.trim(), commit.trim());
        *command = command.replace(&project.root().display().to_string(), ".");
    }
    let text = with(&text, figures).ok_or_else(|| format!("{} has not {BEGIN} and {END}", path.display()))?;
    std::fs::write(&path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// A text with more figures between its marks: the budgets as a table, and each command with its lines.
fn with(text: &str, new: Figures) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (old, after) = rest.split_once(END)?;
    let mut all = read(old);
    for section in new {
        match all.iter_mut().find(|(command, ..)| *command == section.0) {
            Some(known) => *known = section,
            None => all.push(section),
        }
    }
    let mut own = String::from("| budget | | measured |\n|---|---|---|\n");
    for (what, budget, begins) in BUDGETS {
        let line = all.iter().flat_map(|(.., lines)| lines).find(|line| line.starts_with(begins));
        let figure =
            line.map_or("not measured", |line| line.split_once(": ").map_or(line.as_str(), |(_, figure)| figure));
        own.push_str(&format!("| {what} | {budget} | {figure} |\n"));
    }
    for (command, when, lines) in &all {
        own.push_str(&format!("\n`{command}` ({when})\n\n"));
        lines.iter().for_each(|line| own.push_str(&format!("- {line}\n")));
    }
    Some(format!("{before}{BEGIN}\n{own}{END}{after}"))
}

/// What [`with`] wrote.
fn read(text: &str) -> Figures {
    let mut all = Figures::new();
    for line in text.lines() {
        let section =
            line.strip_prefix('`').and_then(|rest| rest.rsplit_once("` (")).map(|(c, w)| (c, w.trim_end_matches(')')));
        match (section, line.strip_prefix("- "), all.last_mut()) {
            (Some((command, when)), ..) => all.push((command.to_owned(), when.to_owned(), Vec::new())),
            (None, Some(figure), Some((.., lines))) => lines.push(figure.to_owned()),
            _ => {}
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(command: &str, when: &str, line: &str) -> (String, String, Vec<String>) {
        (command.to_owned(), when.to_owned(), vec![line.to_owned()])
    }

    #[test]
    fn what_stands_behind_a_tests_name_is_a_line_of_its_own() {
        assert_eq!(said("test page::busy ... main thread: 3 ms"), "main thread: 3 ms");
        assert_eq!(said("main thread: 3 ms"), "main thread: 3 ms");
        assert_eq!(said("test result: ok. 3 passed"), "test result: ok. 3 passed");
    }

    #[test]
    fn figures_stand_between_their_marks_and_replace_those_of_the_same_command() {
        let text = format!("a\n{BEGIN}\nwhat was there\n{END}\nb\n");
        let first =
            with(&text, vec![section("one", "today", "soak at 100 writes/s: flat"), section("two", "today", "x")])
                .unwrap();
        assert!(first.starts_with("a\n") && first.ends_with("\nb\n") && !first.contains("what was there"), "{first}");
        assert!(
            first.contains("none after warm-up | flat |") && first.contains("≤ 190 ms | not measured |"),
            "{first}"
        );
        assert!(first.contains("\n`one` (today)\n\n- soak at 100 writes/s: flat\n"), "{first}");
        let second = with(&first, vec![section("one", "later", "soak at 100 writes/s: grew")]).unwrap();
        assert!(second.contains("`one` (later)\n\n- soak at 100 writes/s: grew\n\n`two` (today)\n\n- x\n"), "{second}");
        assert!(second.contains("none after warm-up | grew |") && !second.contains("flat"), "{second}");
        assert_eq!(with("no marks", Vec::new()), None);
    }
}
