//! Brings in what the machine lacks, and leaves alone what is there already in the right version.
//!
//! On Debian as root nothing has to be done by hand. Elsewhere each failure names the command to run.

mod debian;
mod rust;
pub mod tools;

use std::path::PathBuf;

use crate::Result;
use crate::project::Project;

pub use debian::find_program;
pub use tools::wasm_bindgen_version;

/// What formatting and lints need: rustfmt, clippy, and what compiles WebAssembly.
pub fn for_lint(project: &Project) -> Result<()> {
    rust::component(project, "rustfmt", "cargo-fmt")?;
    rust::component(project, "clippy", "cargo-clippy")?;
    rust::wasm_target(project)?;
    debian::install_missing(project, &[debian::C_COMPILER, debian::CLANG])
}

/// What native tests need: a C compiler, for SQLite.
pub fn for_native(project: &Project) -> Result<()> {
    debian::install_missing(project, &[debian::C_COMPILER])
}

/// What building the page needs.
pub fn for_build(project: &Project) -> Result<()> {
    rust::wasm_target(project)?;
    debian::install_missing(project, &[debian::C_COMPILER, debian::CLANG, debian::NODE, debian::NPM])?;
    tools::trunk(project)?;
    tools::wasm_bindgen(project)?;
    tools::wasm_opt(project)
}

/// What WebAssembly unit tests need.
pub fn for_wasm_tests(project: &Project) -> Result<()> {
    rust::wasm_target(project)?;
    let needed = [debian::C_COMPILER, debian::CLANG, debian::CHROMIUM, debian::CHROMEDRIVER];
    debian::install_missing(project, &needed)?;
    tools::wasm_bindgen(project)
}

/// What end-to-end tests need, beside the built page.
pub fn for_browser_tests(project: &Project) -> Result<()> {
    debian::install_missing(project, &[debian::CHROMIUM, debian::CHROMEDRIVER, debian::NODE, debian::NPM])?;
    tools::axe(project)
}

/// What building the examples needs, beside the page and a browser.
pub fn for_examples(project: &Project) -> Result<()> {
    debian::install_missing(project, &[debian::PYTHON])
}

/// Where ChromeDriver is: `CHROMEDRIVER` if it is set, else as found in `PATH`.
pub fn chromedriver() -> Result<PathBuf> {
    std::env::var_os("CHROMEDRIVER")
        .map(PathBuf::from)
        .or_else(|| find_program(&["chromedriver"]))
        .ok_or_else(|| "there is no chromedriver; `apt-get install chromium chromium-driver` brings it".into())
}
