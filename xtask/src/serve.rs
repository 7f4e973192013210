//! `cargo xtask serve`: builds the page, serves it, and builds it again whenever a source file changes.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::Result;
use crate::project::Project;
use crate::site::{Mode, build};
use crate::static_site::{StaticSite, probe};

/// What the page is made of.
const SOURCES: [&str; 7] = ["src", "www", "scenarios", "index.html", "Trunk.toml", "Cargo.toml", "Cargo.lock"];

/// How often we look for changed files.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Serves until the process is stopped.
pub fn serve(project: &Project, port: u16, mode: Mode) -> Result<()> {
    crate::setup::for_build(project)?;
    // Taking the port first tells people of a conflict before they have waited for the build.
    let site = StaticSite::start(&project.dist(), port).map_err(|error| format!("{error}: --port N"))?;
    let mut built = newest_change(project.root());
    build(project, mode)?;
    wait_until_ready(&site.url())?;
    println!("\nReplication Lab is at {}   (Ctrl+C ends it; reload the page after a change)", site.url());
    loop {
        std::thread::sleep(LOOK_EVERY);
        let newest = newest_change(project.root());
        if newest == built {
            continue;
        }
        built = newest;
        match build(project, mode) {
            Ok(()) => println!("built again; reload {}", site.url()),
            Err(error) => eprintln!("{error}\nthe page stays as it was until the next change"),
        }
    }
}

fn wait_until_ready(url: &str) -> Result<()> {
    let status = probe(&format!("{url}/"))?;
    if status.contains(" 200 ") { Ok(()) } else { Err(format!("{url} answers {status}")) }
}

/// When a source file last changed.
fn newest_change(root: &Path) -> SystemTime {
    let mut newest = SystemTime::UNIX_EPOCH;
    let mut open: Vec<PathBuf> = SOURCES.iter().map(|source| root.join(source)).collect();
    while let Some(path) = open.pop() {
        // A file that vanishes while we look is a change that its folder's time shows.
        let Ok(metadata) = path.metadata() else {
            continue;
        };
        newest = newest.max(metadata.modified().unwrap_or(newest));
        if let Ok(entries) = std::fs::read_dir(&path) {
            open.extend(entries.flatten().map(|entry| entry.path()));
        }
    }
    newest
}
