//! A run as a link: its scenario, what was done to it, and the instant, in the fragment of an address.
//!
//! `docs/LINKS.md` has the format. A link comes from strangers: it is read by the same table and rules as a scenario, its
//! sizes are limited before anything is made of them, and nothing here panics on any text.

mod base64url;
mod content;
mod envelope;
mod error;
mod replay;
mod replayed;
mod shared;
#[cfg(test)]
mod tests;

pub use error::LinkError;
pub use replay::{Difference, Mismatch, Replay};
pub use replayed::Replayed;
pub use shared::Shared;

/// The format's version; it stands before the letters, so that an older laboratory can tell a newer link.
pub const VERSION: u32 = 1;
/// What a link of a run has in it.
pub const MARK: &str = "#run=";
/// The most characters of a link after its version.
pub const MAX_CHARACTERS: usize = 1 << 16;
/// Longer links are cut by some programs that pass them on.
pub const LONG_CHARACTERS: usize = 8_000;
/// The most bytes of what is packed into a link.
pub(crate) const MAX_CONTENT: usize = 1 << 20;
/// The most things done to a run that a link takes.
pub const MAX_DEEDS: usize = 2_000;
/// The most steps to a link's instant: hours of a usual cluster, and some minutes of a slow machine's time.
pub const MAX_STEPS: u64 = 20_000_000;
