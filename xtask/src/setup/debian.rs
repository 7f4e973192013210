//! Programs that come as Debian packages.

use std::path::PathBuf;

use crate::project::Project;
use crate::shell::{run, step};
use crate::{Result, setup};

/// A program and the Debian package that brings it.
#[derive(Clone, Copy)]
pub struct Program {
    /// Any of these names will do.
    names: &'static [&'static str],
    package: &'static str,
    what_for: &'static str,
}

pub const C_COMPILER: Program =
    Program { names: &["cc"], package: "gcc", what_for: "links Rust programs and compiles SQLite natively" };
pub const CLANG: Program = Program { names: &["clang"], package: "clang", what_for: "compiles SQLite to WebAssembly" };
pub const NODE: Program = Program { names: &["node"], package: "nodejs", what_for: "runs wasm-opt" };
pub const NPM: Program = Program { names: &["npm"], package: "npm", what_for: "brings wasm-opt and axe-core" };
pub const PYTHON: Program =
    Program { names: &["python3"], package: "python3-venv", what_for: "brings MkDocs, for its example" };
pub const CHROMIUM: Program = Program {
    names: &["chromium", "chromium-browser", "google-chrome"],
    package: "chromium",
    what_for: "runs the browser tests",
};
pub const CHROMEDRIVER: Program =
    Program { names: &["chromedriver"], package: "chromium-driver", what_for: "lets the browser tests drive Chromium" };

/// The first of these programs that is in `PATH`.
pub fn find_program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|program| program.is_file())
}

/// Installs the packages of those programs that are not there, in one go.
pub fn install_missing(project: &Project, programs: &[Program]) -> Result<()> {
    let missing: Vec<&Program> =
        programs.iter().filter(|program| setup::find_program(program.names).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|program| program.package).collect();
    let by_hand = by_hand(&missing);
    if find_program(&["apt-get"]).is_none() {
        return Err(format!("this is no Debian, so install by hand:\n{by_hand}"));
    }
    if !is_root() {
        return Err(format!("only root may install packages, so do it by hand:\n{by_hand}"));
    }
    step(&format!("installing Debian packages: {}", packages.join(", ")), || {
        let apt = |arguments: &[&str]| {
            run(project.command("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(arguments))
                .map_err(|error| format!("{error}; try by hand:\n{by_hand}"))
        };
        apt(&["-qq", "update"])?;
        let mut install = vec!["-qq", "install", "--yes", "--no-install-recommends"];
        install.extend(&packages);
        apt(&install)
    })
}

fn by_hand(missing: &[&Program]) -> String {
    let packages: Vec<&str> = missing.iter().map(|program| program.package).collect();
    let mut text = format!(
        "    sudo apt-get update && sudo apt-get install --no-install-recommends {}\n\
         or whatever brings these programs on your system:",
        packages.join(" ")
    );
    for program in missing {
        text.push_str(&format!("\n    {:<14} {}", program.names[0], program.what_for));
    }
    text
}

fn is_root() -> bool {
    std::process::Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_do_by_hand_names_packages_and_programs() {
        let text = by_hand(&[&CLANG, &CHROMEDRIVER]);
        assert!(text.contains("install --no-install-recommends clang chromium-driver\n"), "{text}");
        assert!(text.contains("chromedriver   lets the browser tests drive Chromium"), "{text}");
    }
}
