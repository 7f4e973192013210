//! Builds the page into `dist/`.

use std::path::Path;

use crate::Result;
use crate::project::Project;
use crate::shell::{run, step};

/// What the page's HTML says before we know the size of the module (see `www/boot.js`), minified or not.
const SIZE_PLACES: [&str; 2] = ["data-wasm-bytes=0", "data-wasm-bytes=\"0\""];

/// How to compile.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Small and fast: the profile `web` of `Cargo.toml`, and wasm-opt.
    Release,
    /// Quick to build, with names in stack traces.
    Debug,
}

/// Builds `dist/`, which works from any folder of any host of static files.
pub fn build(project: &Project, mode: Mode) -> Result<()> {
    let what = match mode {
        Mode::Release => "building the page (release)",
        Mode::Debug => "building the page (debug)",
    };
    step(what, || {
        let mut trunk = project.wasm_command("trunk")?;
        trunk.args(["build", "--offline", "--locked", "--skip-version-check", "--log", "warn"]);
        if mode == Mode::Release {
            trunk.arg("--release");
        }
        // Trunk takes a NO_COLOR of "1" for a wrong value of its own flag.
        trunk.env_remove("NO_COLOR");
        run(&mut trunk)?;
        if mode == Mode::Release {
            crate::tidy::tidy(&project.dist())?;
        }
        write_module_size(&project.dist())?;
        crate::widget::lay_out(project)?;
        // The page for frames and the demo article are as they are.
        crate::widget::copy_folder(&project.root().join("www/pages"), &project.dist())
    })
}

/// Tells the loader how many bytes to expect: a compressing host does not say.
fn write_module_size(dist: &Path) -> Result<()> {
    let page = dist.join("index.html");
    let html = std::fs::read_to_string(&page).map_err(|error| format!("cannot read {}: {error}", page.display()))?;
    let size = module_size(dist)?;
    let Some(place) = SIZE_PLACES.iter().find(|place| html.contains(**place)) else {
        return Err(format!(
            "{} has no {} to put the module's size into; see Trunk.toml",
            page.display(),
            SIZE_PLACES[1]
        ));
    };
    std::fs::write(&page, html.replace(place, &format!("data-wasm-bytes=\"{size}\"")))
        .map_err(|error| format!("cannot write {}: {error}", page.display()))
}

fn module_size(dist: &Path) -> Result<u64> {
    let entries = std::fs::read_dir(dist).map_err(|error| format!("cannot list {}: {error}", dist.display()))?;
    entries
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "wasm"))
        .filter_map(|entry| entry.metadata().ok())
        .map(|metadata| metadata.len())
        .max()
        .ok_or_else(|| format!("{} holds no WebAssembly module", dist.display()))
}
