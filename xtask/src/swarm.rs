//! `cargo xtask swarm`: the engine held to its promises over drawn clusters and faults. `docs/SWARM.md` has more.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::Result;
use crate::project::Project;
use crate::shell::{quote, step};

/// How many seeds belong to a day: those of one are no other's.
const SEEDS_A_DAY: u64 = 1_000;
/// How many of them the tests run, in the build that they have anyway.
const REPORTED: u64 = 40;

/// Builds the command line and hands it the arguments. `Ok(false)` when a run broke a promise.
pub fn swarm(project: &Project, arguments: &[&str]) -> Result<bool> {
    crate::setup::for_native(project)?;
    let mut cargo = project.command("cargo");
    cargo.args(["run", "--locked", "--quiet", "--profile", "quick", "--bin", "replication-lab", "--", "swarm"]);
    cargo.args(arguments);
    let status = cargo.status().map_err(|error| format!("cannot start `{}`: {error}", quote(&cargo)))?;
    match status.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => Err(format!("`{}` failed ({status})", quote(&cargo))),
    }
}

/// Runs some of today's seeds, and only says what came of them.
pub fn report_today(project: &Project) -> Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|error| error.to_string())?;
    let first = now.as_secs() / 86_400 * SEEDS_A_DAY;
    let seeds = format!("{first}..{}", first + REPORTED - 1);
    step(&format!("swarm of today's seeds, {seeds}, which only reports"), || {
        let mut cargo = project.command("cargo");
        cargo.args([
            "run",
            "--locked",
            "--quiet",
            "--bin",
            "replication-lab",
            "--",
            "swarm",
            "--no-shrinking",
            "--seeds",
        ]);
        cargo.arg(&seeds);
        let status = cargo.status().map_err(|error| format!("cannot start `{}`: {error}", quote(&cargo)))?;
        if !status.success() {
            println!("    a run of today's broke a promise: `cargo xtask swarm --seeds {seeds}` makes it smaller");
        }
        Ok(())
    })
}
