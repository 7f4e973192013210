//! Tools of exact versions, installed into `target/tools` unless `PATH` has them already.

use std::path::PathBuf;
use std::process::Command;

use crate::Result;
use crate::project::Project;
use crate::shell::{names_version, run, step, version_of};
use crate::versions::{AXE, BINARYEN, MDBOOK, MKDOCS, TRUNK, WASM_OPT};

/// Trunk builds the page.
pub fn trunk(project: &Project) -> Result<()> {
    // Its default features are a look for updates and HTTPS, and we need neither.
    cargo_install(project, "trunk", "trunk", TRUNK, &["--locked", "--no-default-features"])
}

/// `wasm-bindgen` joins WebAssembly and JavaScript; its test runner comes along.
pub fn wasm_bindgen(project: &Project) -> Result<()> {
    let version = wasm_bindgen_version(project)?;
    // Not `--locked`: its lock file is made on the day of its release and can name what a registry does not serve.
    for program in ["wasm-bindgen", "wasm-bindgen-test-runner"] {
        cargo_install(project, "wasm-bindgen-cli", program, &version, &[])?;
    }
    Ok(())
}

/// The command-line tool must be of the same version as the library, to the last digit.
pub fn wasm_bindgen_version(project: &Project) -> Result<String> {
    project.locked_version("wasm-bindgen")
}

/// `wasm-opt` makes the module smaller and faster. Debian's is too old for what rustc writes.
pub fn wasm_opt(project: &Project) -> Result<()> {
    if is_there(project, "wasm-opt", WASM_OPT) {
        return Ok(());
    }
    let package = format!("binaryen@{BINARYEN}");
    step(&format!("installing wasm-opt {WASM_OPT} (npm package {package})"), || {
        npm_install(project, &package).map_err(|error| {
            format!("{error}; by hand: put wasm-opt {WASM_OPT} into PATH, for example with `npm install -g {package}`")
        })?;
        works(project, "wasm-opt", WASM_OPT)
    })
}

/// axe-core, a script that end-to-end tests run in the page; see [`Project::axe`].
pub fn axe(project: &Project) -> Result<()> {
    let manifest = project.axe().with_file_name("package.json");
    let version = format!("\"version\": \"{AXE}\"");
    if std::fs::read_to_string(&manifest).is_ok_and(|manifest| manifest.contains(&version)) {
        return Ok(());
    }
    let package = format!("axe-core@{AXE}");
    step(&format!("installing {package} (npm)"), || npm_install(project, &package))
}

/// mdBook, without its server.
pub fn mdbook(project: &Project) -> Result<()> {
    // It prints its version as `mdbook v0.5.4`.
    if version_of(&mut project.command("mdbook")).is_some_and(|line| line.contains(MDBOOK)) {
        return Ok(());
    }
    step(&format!("installing mdbook {MDBOOK} (some minutes, once)"), || {
        let mut cargo = project.command("cargo");
        cargo.args(["install", "mdbook", "--version", MDBOOK, "--quiet", "--locked", "--no-default-features"]);
        cargo.arg("--root").arg(project.tools());
        compile_fast(&mut cargo);
        run(&mut cargo)
    })
}

/// MkDocs, in an environment of its own.
pub fn mkdocs(project: &Project) -> Result<PathBuf> {
    let folder = project.tools().join("python");
    let program = folder.join("bin/mkdocs");
    if !version_of(&mut project.command(&program.to_string_lossy())).is_some_and(|line| line.contains(MKDOCS)) {
        step(&format!("installing mkdocs {MKDOCS} (PyPI)"), || {
            run(project.command("python3").args(["-m", "venv"]).arg(&folder))?;
            run(project
                .command(&folder.join("bin/pip").to_string_lossy())
                .args(["install", "--quiet"])
                .arg(format!("mkdocs=={MKDOCS}")))
        })?;
    }
    Ok(program)
}

fn npm_install(project: &Project, package: &str) -> Result<()> {
    let folder = project.tools().join("npm");
    std::fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let mut npm = project.command("npm");
    npm.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]).arg(folder).arg(package);
    run(&mut npm)
}

fn cargo_install(project: &Project, package: &str, program: &str, version: &str, flags: &[&str]) -> Result<()> {
    if is_there(project, program, version) {
        return Ok(());
    }
    step(&format!("installing {package} {version} (some minutes, once)"), || {
        let mut cargo = project.command("cargo");
        cargo.args(["install", package, "--version", version, "--quiet", "--force"]).args(flags);
        cargo.arg("--root").arg(project.tools());
        compile_fast(&mut cargo);
        run(&mut cargo).map_err(|error| {
            format!("{error}; by hand: cargo install {package} --version {version} {}", flags.join(" "))
        })?;
        works(project, program, version)
    })
}

/// These tools run for seconds and take minutes to optimise, so we do not optimise them.
fn compile_fast(cargo: &mut Command) {
    cargo
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
}

fn is_there(project: &Project, program: &str, version: &str) -> bool {
    version_of(&mut project.command(program)).is_some_and(|line| names_version(&line, version))
}

fn works(project: &Project, program: &str, version: &str) -> Result<()> {
    if is_there(project, program, version) {
        Ok(())
    } else {
        let found = version_of(&mut project.command(program));
        Err(format!(
            "{program} {version} was installed but {}",
            found.map_or("does not run".into(), |line| format!("`{program} --version` says {line}"))
        ))
    }
}
