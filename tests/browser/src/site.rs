//! The built page, served.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use xtask::static_site::StaticSite;

/// The folder that `cargo xtask build` writes.
pub fn dist() -> PathBuf {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dist");
    assert!(dist.join("index.html").is_file(), "there is no dist/index.html; run `cargo xtask build` first");
    dist
}

/// `dist/`, served once for all tests of a file.
pub fn site() -> &'static StaticSite {
    static SITE: OnceLock<StaticSite> = OnceLock::new();
    SITE.get_or_init(|| StaticSite::start(&dist(), 0).expect("some port is free"))
}

/// A folder that is removed with all its contents when this is dropped.
pub struct Folder(PathBuf);

impl Folder {
    /// An empty folder for the files of one test.
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("replication-lab-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("the folder for temporary files is writable");
        Self(path)
    }

    /// A copy of `dist/` in `path` below this folder, to be broken at will.
    pub fn copy_dist(&self, path: &str) -> PathBuf {
        let copy = self.0.join(path);
        copy_folder(&dist(), &copy).expect("dist/ can be copied");
        copy
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A browser that is still closing may hold files; the system's own cleaning takes what is left.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
