//! `cargo xtask bench`: prints the figures that DESIGN's budgets speak of, as far as they exist.

use crate::Result;
use crate::project::Project;
use crate::shell::{run, step};
use crate::site::{Mode, build};

/// Each figure has its own part here; a new one is one more line.
pub fn bench(project: &Project) -> Result<()> {
    download_size(project)?;
    native_benches(project)
}

/// What a visitor downloads.
fn download_size(project: &Project) -> Result<()> {
    crate::setup::for_build(project)?;
    build(project, Mode::Release)?;
    step("download size", || crate::sizes::report(&project.dist()))
}

/// Everything under `benches/`, natively.
fn native_benches(project: &Project) -> Result<()> {
    let any = std::fs::read_dir(project.root().join("benches"))
        .is_ok_and(|mut entries| entries.any(|entry| entry.is_ok_and(|entry| entry.path().is_file())));
    if !any {
        println!("(there are no benches yet)");
        return Ok(());
    }
    step("cargo bench", || run(project.command("cargo").args(["bench", "--locked"])))
}
