//! Which engine made a run.

/// Grows whenever the same scenario, seed and commands give another run than before. It stands in share links, so that
/// a link of an older or newer laboratory is told as such where its run cannot be had again; `tests/format/links.rs` notices
/// when runs have changed and this has not.
pub const REVISION: u32 = 6;
