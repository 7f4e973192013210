//! Weighs what people download.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::Result;

/// All WebAssembly, JavaScript and CSS of the page together, with brotli (DESIGN: "Budgets").
pub const BUDGET_BYTES: usize = 600_000;

/// What may not be exceeded: the page is above its budget, and must not grow further while it is.
pub const LIMIT_BYTES: usize = 1_480_000;

/// What a page may load before anybody wants one of its widgets, with brotli (DESIGN: "Budgets").
pub const WIDGET_BYTES: usize = 12_000;

/// What that is.
const BEFORE_THE_WIDGET: [&str; 2] = ["widget/replication-lab.js", "widget/replication-lab-loader.js"];

/// One file of `dist/`.
pub struct Weight {
    /// Relative to `dist/`.
    pub path: PathBuf,
    /// As it lies on the disk.
    pub raw_bytes: usize,
    /// As `gzip -9` makes it.
    pub gzip_bytes: usize,
    /// As `brotli -q 11` makes it.
    pub brotli_bytes: usize,
}

impl Weight {
    /// Whether the budget counts this file: what lies in `widget/` is the same once more, or before it.
    fn counts(&self) -> bool {
        !self.path.starts_with("widget")
            && self.path.extension().is_some_and(|extension| ["wasm", "js", "css"].iter().any(|e| extension == *e))
    }
}

/// What a page weighs by DESIGN's budgets, in bytes with brotli.
pub struct Sizes {
    /// All that the first budget counts.
    pub total: usize,
    /// What a page loads before anybody wants one of its widgets.
    pub before_the_widget: usize,
}

impl Sizes {
    /// An error where it is over a limit.
    pub fn judge(&self) -> Result<()> {
        println!("{}", judge(self.total)?);
        println!("{}", judge_widget(self.before_the_widget)?);
        Ok(())
    }
}

/// Prints a table of all files and the total against the budget; over the limit is an error.
pub fn report(dist: &Path) -> Result<()> {
    table(dist)?.judge()
}

/// Prints a table of all files and the total, and says what of it budgets speak of.
pub fn table(dist: &Path) -> Result<Sizes> {
    let weights = weigh(dist)?;
    let row = |name: &str, raw: usize, gzip: usize, brotli: usize| {
        println!("{name:<44} {raw:>10} {gzip:>10} {brotli:>10}");
    };
    println!("{:<44} {:>10} {:>10} {:>10}", "file (sizes in bytes)", "raw", "gzip", "brotli");
    for weight in &weights {
        let name = weight.path.display().to_string();
        row(&name, weight.raw_bytes, weight.gzip_bytes, weight.brotli_bytes);
    }
    let counted = || weights.iter().filter(|weight| weight.counts());
    let total = counted().map(|weight| weight.brotli_bytes).sum();
    row(
        "wasm + js + css",
        counted().map(|weight| weight.raw_bytes).sum(),
        counted().map(|weight| weight.gzip_bytes).sum(),
        total,
    );
    Ok(Sizes { total, before_the_widget: before(&weights) })
}

fn before(weights: &[Weight]) -> usize {
    let before = weights.iter().filter(|weight| BEFORE_THE_WIDGET.iter().any(|name| weight.path == Path::new(name)));
    before.map(|weight| weight.brotli_bytes).sum()
}

fn judge(total_bytes: usize) -> Result<String> {
    let percent = total_bytes * 100 / BUDGET_BYTES;
    let line = format!("{total_bytes} of {BUDGET_BYTES} bytes with brotli ({percent} % of the budget)");
    if total_bytes <= BUDGET_BYTES {
        Ok(format!("budget: {line}"))
    } else if total_bytes <= LIMIT_BYTES {
        Ok(format!("over budget: {line}; the limit is {LIMIT_BYTES}"))
    } else {
        Err(format!("the page is too big: {line}, and over the limit of {LIMIT_BYTES}"))
    }
}

fn judge_widget(bytes: usize) -> Result<String> {
    let line = format!("{bytes} of {WIDGET_BYTES} bytes with brotli before the widget is wanted");
    if (1..=WIDGET_BYTES).contains(&bytes) { Ok(line) } else { Err(format!("the widget's element is too big: {line}")) }
}

fn weigh(dist: &Path) -> Result<Vec<Weight>> {
    let mut weights = Vec::new();
    for path in files_below(dist)? {
        let bytes = std::fs::read(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        weights.push(Weight {
            path: path.strip_prefix(dist).unwrap_or(&path).to_path_buf(),
            raw_bytes: bytes.len(),
            gzip_bytes: gzip(&bytes).len(),
            brotli_bytes: brotli(&bytes).len(),
        });
    }
    Ok(weights)
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let cannot = |error: std::io::Error| format!("cannot list {}: {error}", folder.display());
    let mut files = Vec::new();
    let mut entries: Vec<std::fs::DirEntry> =
        std::fs::read_dir(folder).and_then(|entries| entries.collect()).map_err(cannot)?;
    entries.sort_by_key(std::fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("writing to memory does not fail")
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = brotli::CompressorWriter::new(Vec::new(), 1 << 16, 11, 22);
    encoder.write_all(bytes).expect("writing to memory does not fail");
    encoder.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_budget_is_said_and_over_the_limit_is_an_error() {
        assert!(judge(BUDGET_BYTES).is_ok_and(|line| line.starts_with("budget")));
        assert!(judge(BUDGET_BYTES + 1).is_ok_and(|line| line.starts_with("over budget")));
        assert!(judge(LIMIT_BYTES + 1).is_err());
    }

    #[test]
    fn the_widget_has_a_budget_of_its_own_and_is_not_counted_twice() {
        assert!(judge_widget(WIDGET_BYTES).is_ok());
        assert!(judge_widget(WIDGET_BYTES + 1).is_err());
        assert!(judge_widget(0).is_err());
        let weight = |path: &str| Weight { path: path.into(), raw_bytes: 0, gzip_bytes: 0, brotli_bytes: 0 };
        assert!(weight("app.wasm").counts() && !weight("widget/lab.wasm").counts());
    }

    #[test]
    fn compression_shrinks_what_repeats() {
        let bytes = b"replication ".repeat(1000);
        assert!(gzip(&bytes).len() < 200);
        assert!(brotli(&bytes).len() < 100);
    }
}
