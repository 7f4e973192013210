//! Where things are, and how to start a program inside the project.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Result, shell};

/// The checkout that `cargo xtask` was called in.
pub struct Project {
    root: PathBuf,
}

impl Project {
    /// The project that this very program belongs to.
    pub fn locate() -> Self {
        // Cargo sets the variable when it runs us; the built-in path serves when the binary is started by hand.
        let manifest_dir = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&manifest_dir).parent().unwrap_or(Path::new(".")).to_path_buf();
        Self { root }
    }

    /// The project whose sources this was built from, for other packages: Cargo's variable names their folder to them.
    pub fn of_sources() -> Self {
        Self { root: Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_path_buf() }
    }

    /// The folder of the workspace's `Cargo.toml`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What a host of static files is given.
    pub fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// Where the tools are installed that the machine lacks; `cargo clean` takes them away too.
    pub fn tools(&self) -> PathBuf {
        self.root.join("target/tools")
    }

    /// A program to be run at the project's root, with the project's tools first in its `PATH`.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("PATH", self.path_variable());
        // `cargo xtask` is itself run by cargo, which tells us about the package xtask; that is nobody else's.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// As [`Project::command`], for whatever compiles WebAssembly: SQLite's source is then the very folder that
    /// the native build compiles, so that both targets have one release of SQLite (`.cargo/config.toml` has the flags).
    pub fn wasm_command(&self, program: &str) -> Result<Command> {
        let mut command = self.command(program);
        command.env("SQLITE_WASM_RS_SOURCE_DIR", self.native_sqlite_source()?);
        Ok(command)
    }

    /// axe-core's script, once [`crate::setup::for_browser_tests`] has brought it.
    pub fn axe(&self) -> PathBuf {
        self.tools().join("npm/node_modules/axe-core/axe.min.js")
    }

    /// The `sqlite3` folder inside the crate `libsqlite3-sys`.
    pub fn native_sqlite_source(&self) -> Result<PathBuf> {
        let mut cargo = self.command("cargo");
        cargo.args(["metadata", "--format-version", "1", "--locked"]);
        let metadata: serde_json::Value = serde_json::from_str(&shell::output_of(&mut cargo)?)
            .map_err(|error| format!("cannot read what `cargo metadata` says: {error}"))?;
        let manifest = metadata["packages"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|package| package["name"] == "libsqlite3-sys")
            .and_then(|package| package["manifest_path"].as_str())
            .ok_or("`cargo metadata` names no package libsqlite3-sys, which brings SQLite's source")?;
        Ok(Path::new(manifest).with_file_name("sqlite3"))
    }

    /// The version of a package in `Cargo.lock`.
    pub fn locked_version(&self, package: &str) -> Result<String> {
        let path = self.root.join("Cargo.lock");
        let lock =
            std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        version_in_lock(&lock, package).ok_or_else(|| format!("{} names no package {package}", path.display()))
    }

    fn path_variable(&self) -> OsString {
        let ours = [self.tools().join("bin"), self.tools().join("npm/node_modules/.bin")];
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let all = ours.into_iter().chain(std::env::split_paths(&inherited));
        // A folder with a colon in its name cannot be put into PATH; then we go without our own tools.
        std::env::join_paths(all).unwrap_or(inherited)
    }
}

fn version_in_lock(lock: &str, package: &str) -> Option<String> {
    let name_line = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name_line).skip(1);
    let version = lines.next()?.strip_prefix("version = \"")?;
    Some(version.trim_end_matches('"').to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locked_version_is_found_by_its_whole_name() {
        let lock = "[[package]]\nname = \"yew-macro\"\nversion = \"0.2.0\"\n\n\
                    [[package]]\nname = \"yew\"\nversion = \"0.23.0\"\n";
        assert_eq!(version_in_lock(lock, "yew").as_deref(), Some("0.23.0"));
        assert_eq!(version_in_lock(lock, "ye"), None);
    }
}
