//! Formatting and lints, one check each.

use super::Tally;
use crate::Result;
use crate::project::Project;
use crate::shell::{run, step};
use crate::versions::WASM_TARGET;

/// Runs all of them, also when one fails.
pub fn run_all(project: &Project, tally: &mut Tally) -> Result<()> {
    let mut fmt = project.command("cargo");
    fmt.args(["fmt", "--all", "--check"]);
    check(tally, "rustfmt (to repair: cargo fmt --all)", fmt);

    let mut native = project.command("cargo");
    native.args(["clippy", "--locked", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    check(tally, "clippy, native", native);

    let mut wasm = project.wasm_command("cargo")?;
    wasm.args(["clippy", "--locked", "--quiet", "--target", WASM_TARGET, "--lib", "--bin", "app"]);
    wasm.args(super::tests::LIBRARIES).args(super::tests::wasm_test_flags(project)).args(["--", "-D", "warnings"]);
    check(tally, "clippy, WebAssembly", wasm);
    Ok(())
}

fn check(tally: &mut Tally, name: &str, mut command: std::process::Command) {
    let outcome = step(name, || run(&mut command));
    if let Err(error) = &outcome {
        eprintln!("error: {error}");
    }
    tally.check(name, outcome.is_ok());
}
