//! Makes the npm package of the widget: `target/package/`, and the packed file beside it.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::Result;
use crate::project::Project;
use crate::shell::{output_of, step};

/// What the package is called.
pub const NAME: &str = "replication-lab";

/// Lays the package out from `dist/widget/` and packs it; the packed file. No script runs when it is installed, and it
/// needs no other package.
pub fn pack(project: &Project) -> Result<PathBuf> {
    step("packing the widget for npm", || {
        let folder = project.root().join("target/package");
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(|error| cannot("empty", &folder, &error))?;
        }
        crate::widget::copy_folder(&project.dist().join("widget"), &folder)?;
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            copy(&project.root().join(licence), &folder.join(licence))?;
        }
        copy(&project.root().join("www/widget/PACKAGE.md"), &folder.join("README.md"))?;
        let manifest = manifest(&project.locked_version(NAME)?);
        let text = serde_json::to_string_pretty(&manifest).map_err(|error| error.to_string())? + "\n";
        let path = folder.join("package.json");
        std::fs::write(&path, text).map_err(|error| cannot("write", &path, &error))?;
        let mut npm = project.command("npm");
        npm.args(["pack", "--silent", "--ignore-scripts", "--pack-destination"]).arg(project.root().join("target"));
        npm.arg(&folder);
        let printed = output_of(&mut npm)?;
        let name = printed.lines().last().unwrap_or_default().trim();
        let packed = project.root().join("target").join(name);
        if name.is_empty() || !packed.is_file() {
            return Err(format!("npm pack says it made `{name}`, and there is no such file in target/"));
        }
        println!("{}", packed.display());
        Ok(packed)
    })
}

/// What npm is told. Whatever lies in the folder can be asked for by its name.
fn manifest(version: &str) -> serde_json::Value {
    json!({
        "name": NAME,
        "version": version,
        "description": "Database replication as a live figure: the element <replication-lab> runs a real cluster in the page.",
        "keywords": ["replication", "postgresql", "mysql", "failover", "simulation", "custom-element", "webassembly"],
        "license": "MIT OR Apache-2.0",
        "type": "module",
        "main": "./replication-lab.js",
        "module": "./replication-lab.js",
        "types": "./replication-lab.d.ts",
        "exports": {
            ".": { "types": "./replication-lab.d.ts", "default": "./replication-lab.js" },
            "./loader": "./replication-lab-loader.js",
            "./package.json": "./package.json",
            "./*": "./*",
        },
        "unpkg": "./replication-lab.js",
        "jsdelivr": "./replication-lab.js",
        // Importing it defines the element, which is the point.
        "sideEffects": ["./replication-lab.js", "./replication-lab-loader.js"],
        "files": ["*.js", "*.d.ts", "*.css", "*.wasm", "text", "scenarios", "LICENSE-*"],
    })
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::copy(from, to).map(drop).map_err(|error| cannot("copy", from, &error))
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> String {
    format!("cannot {what} {}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_runs_at_installation_and_nothing_else_comes_along() {
        let manifest = manifest("1.2.3");
        for key in ["scripts", "dependencies", "peerDependencies", "optionalDependencies", "bin"] {
            assert!(manifest.get(key).is_none(), "{key}");
        }
        assert_eq!((&manifest["version"], &manifest["type"]), (&json!("1.2.3"), &json!("module")));
    }
}
