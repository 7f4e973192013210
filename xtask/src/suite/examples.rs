//! The npm package and `examples/`: built with what their authors would build them with, and opened in a browser.

use std::path::Path;

use super::Tally;
use crate::Result;
use crate::project::Project;
use crate::setup::tools;
use crate::shell::{run, step};

/// Which examples.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// All but Docusaurus: it brings 1,279 packages, of which only its own are named by version, so that any release of
    /// another could fail a run of all parts that has nothing to do with it.
    Light,
    /// Docusaurus, too.
    All,
}

/// Builds examples into `target/examples/`, and opens them (`tests/browser/tests/examples.rs`).
pub fn run_all(project: &Project, wanted: Wanted, filter: Option<&str>, tally: &mut Tally) -> Result<()> {
    let packed = crate::package::pack(project)?;
    let folder = project.root().join("target/examples");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(|error| format!("cannot empty {}: {error}", folder.display()))?;
    }
    crate::widget::copy_folder(&project.root().join("examples"), &folder)?;
    let widget = project.dist().join("widget");
    for (example, place) in [("plain-html", "widget"), ("mdbook", "src/widget"), ("mkdocs", "docs/widget")] {
        crate::widget::copy_folder(&widget, &folder.join(example).join(place))?;
    }
    // mdBook keeps the paths of scripts: the loader's must be that of the rest in the book.
    let loader = "replication-lab-loader.js";
    let beside = folder.join("mdbook/widget");
    std::fs::create_dir_all(&beside)
        .and_then(|()| std::fs::copy(widget.join(loader), beside.join(loader)))
        .map_err(|error| format!("cannot copy {loader} to {}: {error}", beside.display()))?;
    // One that cannot be built fails alone.
    let mut built = |name: &str, result: Result<()>| {
        if let Err(error) = &result {
            eprintln!("error: {error}");
        }
        tally.check(&format!("example {name} is built"), result.is_ok());
    };
    let heavy: &[&str] = if wanted == Wanted::All { &["docusaurus"] } else { &[] };
    for name in ["vite", "react", "reveal"].iter().chain(heavy) {
        built(name, step(&format!("building the example {name}"), || npm(project, &folder.join(name), &packed)));
    }
    built(
        "mdbook",
        tools::mdbook(project).and_then(|()| {
            step("building the example mdbook", || {
                run(project.command("mdbook").arg("build").arg(folder.join("mdbook")))
            })
        }),
    );
    built(
        "mkdocs",
        tools::mkdocs(project).and_then(|mkdocs| {
            let mut mkdocs = project.command(&mkdocs.to_string_lossy());
            mkdocs.args(["build", "--quiet", "--strict"]).current_dir(folder.join("mkdocs"));
            step("building the example mkdocs", || run(&mut mkdocs))
        }),
    );
    let mut cargo = project.command("cargo");
    cargo.args(["test", "--locked", "--no-fail-fast", "--package", "browser-tests", "--test", "examples"]).args(filter);
    cargo.args(["--", "--ignored"]);
    if wanted == Wanted::Light {
        cargo.args(["--skip", "docusaurus"]);
    }
    cargo.env("CHROMEDRIVER", crate::setup::chromedriver()?);
    step("examples in Chromium", || tally.cargo_test(&mut cargo))
}

/// Installs an example's packages, ours from its packed file, and builds it where there is something to build.
fn npm(project: &Project, folder: &Path, packed: &Path) -> Result<()> {
    let mut install = project.command("npm");
    install.args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--no-save"]).arg(packed);
    run(install.current_dir(folder))?;
    let mut build = project.command("npm");
    // Generators look for newer versions of themselves; here they must not.
    build.args(["run", "build", "--if-present"]).env("NO_UPDATE_NOTIFIER", "1").current_dir(folder);
    run(&mut build)
}
