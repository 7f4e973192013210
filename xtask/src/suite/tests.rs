//! The three kinds of tests.

use std::process::Command;

use super::Tally;
use crate::Result;
use crate::project::Project;
use crate::shell::step;
use crate::versions::WASM_TARGET;

/// Browsers are heavy, so only so many end-to-end tests run at once.
const BROWSERS_AT_ONCE: &str = "2";

/// When more end-to-end tests fail, it is not chance.
const TRIED_AGAIN: usize = 4;

/// Everything that runs on this machine: unit tests, `tests/`, and the examples in the documentation.
pub fn native(project: &Project, filter: Option<&str>, tally: &mut Tally) -> Result<()> {
    let mut cargo = project.command("cargo");
    cargo.args(["test", "--locked", "--no-fail-fast", "--workspace", "--exclude", "browser-tests"]).args(filter);
    // What decides must not depend on chance; a bare `cargo test` draws new cases each time.
    cargo.env("PROPTEST_RNG_SEED", std::env::var("PROPTEST_RNG_SEED").unwrap_or_else(|_| "1".to_string()));
    step("native tests", || tally.cargo_test(&mut cargo))
}

/// The two packages of the laboratory itself.
pub const LIBRARIES: [&str; 4] = ["--package", "replication-lab", "--package", "replication-lab-core"];

/// The libraries' `#[wasm_bindgen_test]` functions and the files `tests/wasm*.rs`, in headless Chromium.
/// `webdriver.json` has Chromium's flags.
pub fn wasm(project: &Project, filter: Option<&str>, tally: &mut Tally) -> Result<()> {
    let mut cargo = project.wasm_command("cargo")?;
    cargo.args(["test", "--locked", "--no-fail-fast", "--target", WASM_TARGET, "--lib"]);
    cargo.args(LIBRARIES);
    cargo.args(wasm_test_flags(project)).args(filter);
    cargo
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner")
        .env("CHROMEDRIVER", crate::setup::chromedriver()?)
        .env("WASM_BINDGEN_USE_BROWSER", "1")
        .env("WASM_BINDGEN_TEST_TIMEOUT", "600");
    step("WebAssembly tests in headless Chromium", || tally.cargo_test(&mut cargo))
}

/// `tests/browser`, which drives `dist/` through WebDriver. Two browsers on a busy machine are at times slower than
/// anyone's patience: a few that fail are tried once more, alone, and are named if they pass then.
pub fn browser(project: &Project, filter: Option<&str>, tally: &mut Tally) -> Result<()> {
    let command = |at_once: &str| -> Result<Command> {
        let mut cargo = project.command("cargo");
        cargo.args(["test", "--locked", "--no-fail-fast", "--package", "browser-tests"]);
        cargo.env("CHROMEDRIVER", crate::setup::chromedriver()?);
        cargo.env("RUST_TEST_THREADS", at_once);
        Ok(cargo)
    };
    let mut first = Tally::default();
    step("end-to-end tests in Chromium", || first.cargo_test(command(BROWSERS_AT_ONCE)?.args(filter)))?;
    if (1..=TRIED_AGAIN).contains(&first.failures().len()) {
        let mut second = Tally::default();
        let mut cargo = command("1")?;
        cargo.args(["--", "--exact"]).args(first.failures());
        step("those that failed, once more", || second.cargo_test(&mut cargo))?;
        first.settle(&second);
    }
    tally.add(first);
    Ok(())
}

/// `--test wasm --test wasm_determinism …`, one for each file `tests/wasm*.rs`.
pub fn wasm_test_flags(project: &Project) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(project.root().join("tests"))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".rs").map(str::to_string))
        .filter(|name| name.starts_with("wasm"))
        .collect();
    names.sort();
    names.into_iter().flat_map(|name| ["--test".to_string(), name]).collect()
}
