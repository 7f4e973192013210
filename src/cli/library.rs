//! The scenarios that the laboratory brings along, for what names one: a program that was installed has no folder of them.

use crate::engine::settings::nearest;

macro_rules! scenarios {
    ($($test:ident = $file:literal,)*) => {
        /// Each file's name, and what is in it.
        const FILES: &[(&str, &str)] =
            &[$(($file, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/", $file)))),*];
    };
}
include!("../../tests/data/scenario-table.rs");

fn name_of(file: &str) -> &str {
    let file = file.rsplit_once('/').map_or(file, |(_, file)| file);
    file.strip_suffix(".toml").unwrap_or(file)
}

/// The scenario of this name: its file and its text.
pub(super) fn find(name: &str) -> Option<(&'static str, &'static str)> {
    FILES.iter().find(|(file, _)| name_of(file) == name).copied()
}

/// The name that comes nearest to one that no scenario has.
pub(super) fn near(name: &str) -> Option<&'static str> {
    nearest(name, FILES.iter().map(|(file, _)| name_of(file)))
}
