//! Parts of the Rust toolchain, which rustup brings.

use crate::Result;
use crate::project::Project;
use crate::setup::find_program;
use crate::shell::{output_of, run, step};
use crate::versions::WASM_TARGET;

/// The standard library for WebAssembly.
pub fn wasm_target(project: &Project) -> Result<()> {
    let sysroot = output_of(project.command("rustc").args(["--print", "sysroot"]))?;
    let library = std::path::Path::new(sysroot.trim()).join("lib/rustlib").join(WASM_TARGET);
    if library.is_dir() {
        return Ok(());
    }
    rustup(project, &["target", "add", WASM_TARGET])
}

/// A component, known by the program it brings.
pub fn component(project: &Project, name: &str, program: &str) -> Result<()> {
    // rustup leaves a stand-in for each program, so that its being there says nothing; whether it runs does.
    let runs = project.command(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if runs { Ok(()) } else { rustup(project, &["component", "add", name]) }
}

fn rustup(project: &Project, arguments: &[&str]) -> Result<()> {
    let line = format!("rustup {}", arguments.join(" "));
    if find_program(&["rustup"]).is_none() {
        return Err(format!(
            "there is no rustup to run `{line}`; install Rust with rustup, or the same part in your system's way"
        ));
    }
    step(&line, || {
        run(project.command("rustup").args(arguments)).map_err(|error| format!("{error}; try by hand: {line}"))
    })
}
