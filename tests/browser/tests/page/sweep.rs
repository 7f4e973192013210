//! Many runs: in workers, as they come, compared, opened; and a search for one that breaks something.

use std::fs;
use std::process::Command;

use browser_tests::prelude::*;

use crate::barriers::no_barrier;
use crate::steps::*;

/// Losing writes is what it shows, in a few seconds of virtual time.
const SCENARIO: &str = r#"title = "Swept"
duration = "4s"
[[node]]
name = "db1"
[[node]]
name = "db2"
[[node]]
name = "db3"
[[link]]
between = ["db1", "db2"]
bandwidth = "2kB/s"
[[link]]
between = ["db1", "db3"]
bandwidth = "2kB/s"
[[client]]
name = "app"
writes_per_second = 40
reads_per_second = 5
"#;

/// Takes what is saved.
const CATCHING: &str = "const make = URL.createObjectURL;
    URL.createObjectURL = blob => { blob.text().then(t => window.saved = t); return make(blob) };";

/// The command line on a scenario, with its output as JSON or lines.
fn natively(name: &str, text: &str, arguments: &[&str]) -> Result<String, Box<dyn std::error::Error>> {
    let file = std::env::temp_dir().join(format!("replication-lab-{name}-{}.toml", std::process::id()));
    fs::write(&file, text)?;
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["run", "--quiet", "--locked", "--bin", "replication-lab", "--"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let words = arguments.iter().map(|word| if *word == "FILE" { file.as_os_str() } else { (*word).as_ref() });
    let output = command.args(words).output()?;
    fs::remove_file(&file)?;
    assert!(output.status.code().is_some_and(|code| code < 2), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// Opens a scenario of the test's own, as a file that is dropped would.
async fn opened(lab: &Lab, text: &str) -> WebDriverResult<()> {
    open(lab).await?;
    let text = json!(text);
    lab.js(&format!(
        "const data = new DataTransfer();
         data.items.add(new File([{text}], 'swept.toml'));
         for (const kind of ['dragover', 'drop'])
             document.body.dispatchEvent(new DragEvent(kind, {{ dataTransfer: data, bubbles: true, cancelable: true }}));"
    ))
    .await?;
    lab.until_text(".subject", "Swept").await
}

async fn sheet(lab: &Lab) -> WebDriverResult<()> {
    click_words(lab, ".header .button", "Sweep").await?;
    lab.find(".sweep-form").await?;
    Ok(())
}

async fn fill(lab: &Lab, label: &str, value: &str) -> WebDriverResult<()> {
    let (label, value) = (json!(label), json!(value));
    lab.until(
        &format!("{label} is filled in"),
        &format!(
            "const l = [...document.querySelectorAll('.sweep-form label.field')].find(l => l.textContent.startsWith({label}));
             const field = l?.querySelector('input');
             if (!field) return false;
             field.value = {value};
             field.dispatchEvent(new Event('input', {{ bubbles: true }}));
             return true"
        ),
    )
    .await
}

/// Begins, with so many runs and a second configuration, if any.
async fn sweep(lab: &Lab, runs: &str, against: &str) -> WebDriverResult<()> {
    fill(lab, "Runs", runs).await?;
    fill(lab, "Compare with", against).await?;
    click_words(lab, ".sweep-form .button", "Run").await
}

/// Waits until all runs are done.
async fn done(lab: &Lab, runs: &str) -> WebDriverResult<()> {
    let says = json!(format!("{runs} runs, "));
    lab.until(
        &format!("{runs} runs are done"),
        &format!("return document.querySelector('.sweep-progress p')?.textContent.startsWith({says})"),
    )
    .await
}

#[test]
fn rows_of_workers_are_those_of_the_command_line() {
    run("rows_of_workers_are_those_of_the_command_line", async |lab| {
        lab.before_scripts(CATCHING).await?;
        opened(lab, SCENARIO).await?;
        sheet(lab).await?;
        sweep(lab, "12", "").await?;
        done(lab, "12").await?;
        click_words(lab, ".sweep .button", "Save all rows as NDJSON").await?;
        lab.until("they are saved", "return !!window.saved").await?;
        let here = lab.js("return window.saved").await?.as_str().unwrap_or_default().to_owned();
        let rows = std::env::temp_dir().join(format!("replication-lab-rows-{}.ndjson", std::process::id()));
        let file = rows.to_string_lossy().into_owned();
        natively("rows", SCENARIO, &["sweep", "FILE", "--seeds", "12", "--faults", "crash", "--rows", &file])?;
        let there = fs::read_to_string(&rows)?;
        fs::remove_file(&rows)?;
        assert_eq!(here, there);
        // What the table lists has the same hashes.
        let hashes = lab.js("return [...document.querySelectorAll('[data-hash]')].map(e => e.dataset.hash)").await?;
        let hashes: Vec<String> = serde_json::from_value(hashes)?;
        assert!(hashes.len() == 12 && hashes.iter().all(|hash| there.contains(hash)), "{hashes:?}");
        Ok(())
    });
}

#[test]
fn a_sweep_shows_what_came_is_stopped_and_goes_on() {
    run("a_sweep_shows_what_came_is_stopped_and_goes_on", async |lab| {
        lab.before_scripts(
            "window.sweepers = new Set();
             const Native = window.Worker;
             window.Worker = class extends Native {
                 constructor(file, ...all) {
                     super(file, ...all);
                     if (String(file).includes('sweep')) window.sweepers.add(this);
                 }
                 terminate() {
                     super.terminate();
                     window.sweepers.delete(this);
                 }
             };",
        )
        .await?;
        opened(lab, SCENARIO).await?;
        sheet(lab).await?;
        assert_eq!(lab.js("return location.hash").await?, json!("#sweep"));
        fill(lab, "Runs", "4000").await?;
        focus(lab, ".sweep-go button").await?;
        press(lab, Key::Enter).await?;
        // Figures of what is done stand there while more is under way.
        lab.until_text(".sweep-progress", "of 4000 runs, ").await?;
        lab.until_text(".sweep-facts", "runs lost an acknowledged write").await?;
        // Whoever began it by keyboard is where they were, and cannot begin it twice.
        let there =
            "const at = document.activeElement; return at.matches('.sweep-go button') && at.ariaDisabled === 'true'";
        assert_eq!(lab.js(there).await?, json!(true), "the button has kept the focus");
        lab.until("there are bars", "return document.querySelectorAll('.sweep-bar').length > 3").await?;
        assert_ne!(lab.js("return window.sweepers.size").await?, json!(0), "workers are at work");
        click_words(lab, ".sweep-progress .button", "Cancel").await?;
        lab.until_text(".sweep-progress", "Stopped after ").await?;
        let done = "return +document.querySelector('.sweep-progress progress').value";
        let stopped = lab.js(done).await?.as_f64().unwrap_or_default();
        assert!(stopped > 0.0 && stopped < 4000.0, "{stopped}");
        // Nobody is left who could go on, and a frame later it is as it was.
        let now = format!("requestAnimationFrame(() => (window.after = +(() => {{ {done} }})()))");
        lab.js(&format!("window.working = window.sweepers.size; window.after = null; {now}")).await?;
        lab.until("a frame is drawn", "return window.after !== null").await?;
        assert_eq!(lab.js("return window.working").await?, json!(0), "all workers have ended");
        assert_eq!(lab.js("return window.after").await?.as_f64(), Some(stopped), "nothing goes on");
        click_words(lab, ".sweep-progress .button", "Go on").await?;
        lab.until(
            "it goes on",
            &format!("return +document.querySelector('.sweep-progress progress').value > {stopped}"),
        )
        .await?;
        // Closed, it stops; opened again, what came is there.
        press(lab, Key::Escape).await?;
        lab.until("it is closed", "return !document.querySelector('dialog[open]')").await?;
        assert_eq!(lab.js("return location.hash").await?, json!(""));
        sheet(lab).await?;
        lab.until_text(".sweep-progress", "Stopped after ").await?;
        Ok(())
    });
}

#[test]
fn the_worst_run_is_opened_and_is_the_one_that_was_measured() {
    run("the_worst_run_is_opened_and_is_the_one_that_was_measured", async |lab| {
        opened(lab, SCENARIO).await?;
        sheet(lab).await?;
        sweep(lab, "10", "").await?;
        done(lab, "10").await?;
        // By keyboard: a bar, and with it the runs in it.
        focus(lab, ".sweep-bar[tabindex='0']").await?;
        press(lab, Key::End).await?;
        press(lab, ' ').await?;
        lab.until("its runs are listed", "return !!document.querySelector('.sweep-bar[aria-pressed=true]')").await?;
        lab.until_text(".sweep-runs", "Lost writes from ").await?;
        let worst = lab
            .js("const row = document.querySelector('.sweep-runs tbody tr');
                 return [row.dataset.hash, row.children[0].textContent, row.children[1].textContent]")
            .await?;
        let [hash, seed, lost]: [String; 3] = serde_json::from_value(worst)?;
        click_words(lab, ".sweep-runs .button", "Open").await?;
        lab.until_text(".subject", &format!("Swept (seed {seed}, faults: crash)")).await?;
        lab.until("the sheet is shut", "return !document.querySelector('dialog[open]')").await?;
        // What is opened, written down and run natively, is the run that was measured.
        click_words(lab, ".header .button", "Author").await?;
        click_words(lab, "[role=tab]", "As text").await?;
        lab.until("there is a text", "return document.querySelector('.editor textarea')?.value.length > 100").await?;
        let text = lab.js("return document.querySelector('.editor textarea').value").await?;
        let text = text.as_str().unwrap_or_default().to_owned();
        let report: serde_json::Value =
            serde_json::from_str(&natively("worst", &text, &["run", "FILE", "--format", "json"])?)?;
        assert_eq!((&report["trace_hash"], &report["seed"]), (&json!(hash), &json!(seed.parse::<u64>()?)));
        assert_eq!(report["writes"]["lost"].to_string(), lost);
        press(lab, Key::Escape).await?;
        // And the laboratory itself comes to the same.
        pace(lab, "1 s").await?;
        lab.until_text(".tally", &format!("{lost} lost")).await?;
        // The sweep is still there, for the next run.
        sheet(lab).await?;
        done(lab, "10").await?;
        Ok(())
    });
}

#[test]
fn two_configurations_are_compared_seed_by_seed() {
    run("two_configurations_are_compared_seed_by_seed", async |lab| {
        opened(lab, SCENARIO).await?;
        sheet(lab).await?;
        let (standbys, commit) =
            ("settings.synchronous_standby_names=2 (*)", "settings.synchronous_commit=remote_apply");
        sweep(lab, "8", "settings.synchronous_standby_nams=2 (*)").await?;
        lab.until_text(".sweep [role=alert]", "did you mean").await?;
        sweep(lab, "8", &[standbys, commit].join("; ")).await?;
        done(lab, "8").await?;
        let cells = "const rows = [...document.querySelectorAll('.sweep-paired tbody tr')];
                     return Object.fromEntries(rows.map(r => [r.children[0].textContent, [...r.children].slice(1).map(c => c.textContent)]))";
        let cells = lab.js(cells).await?;
        let native = natively(
            "against",
            SCENARIO,
            &[
                "sweep",
                "FILE",
                "--seeds",
                "8",
                "--faults",
                "crash",
                "--against",
                standbys,
                "--against",
                commit,
                "--format",
                "json",
            ],
        )?;
        let native: serde_json::Value = serde_json::from_str(&native)?;
        for (name, figure) in [("Lost writes", "lost_writes"), ("Commit latency, p50", "commit_p50_ms")] {
            let of = &native["paired"][figure];
            let expected: Vec<String> = ["pairs", "lower", "same", "higher"].map(|key| of[key].to_string()).into();
            let shown: Vec<String> = serde_json::from_value(cells[name].clone())?;
            assert_eq!(shown[..4], expected, "{name}");
        }
        assert_eq!(cells["Commit latency, p50"][6], "B is higher");
        for (width, height, theme) in [(1440, 900, "light"), (1024, 768, "dark"), (390, 844, "light")] {
            lab.media(&[("prefers-color-scheme", theme), ("prefers-reduced-motion", "reduce")]).await?;
            lab.viewport(width, height).await?;
            no_barrier(lab, &format!("a comparison at {width} x {height}, {theme}")).await?;
        }
        Ok(())
    });
}

#[test]
fn what_breaks_is_found_made_smaller_and_opened() {
    run("what_breaks_is_found_made_smaller_and_opened", async |lab| {
        opened(lab, SCENARIO).await?;
        lab.goto("#sweep").await?;
        lab.find(".sweep-form").await?;
        click_words(lab, "[role=tab]", "Break it for me").await?;
        // What cannot happen is not found, and that is said.
        choose(lab, ".sweep-form select", "Split brain").await?;
        fill(lab, "Runs at most", "6").await?;
        click_words(lab, ".sweep-form .button", "Break it").await?;
        lab.until_text(".sweep-progress", "none of 6 runs broke it").await?;
        // A search is stopped.
        fill(lab, "Runs at most", "100000").await?;
        click_words(lab, ".sweep-form .button", "Break it").await?;
        lab.until_text(".sweep-progress", "of 100000 runs looked at").await?;
        click_words(lab, ".sweep-progress .button", "Cancel").await?;
        lab.until_text(".sweep-progress", "stopped after").await?;
        choose(lab, ".sweep-form select", "Lost writes").await?;
        click_words(lab, ".sweep-form .button", "Break it").await?;
        lab.until_text(".sweep-progress", "and made smaller in").await?;
        lab.until_text(".sweep-found", "These settings do not promise").await?;
        no_barrier(lab, "what was found").await?;
        click_words(lab, ".sweep-found .button", "Open the smaller run").await?;
        lab.until_text(".subject", "Swept breaks lost_write").await?;
        pace(lab, "1 s").await?;
        lab.until_text(".tally", "lost").await?;
        Ok(())
    });
}
