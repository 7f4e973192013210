//! The source's side of MySQL 8.4's semi-synchronous replication, as the plugin `semisync_source` has it.
//!
//! The rules are those of `plugin/semisync/semisync_source.cc` and `.h`; each function here names the one that it
//! follows. Where the plugin wakes a session, the wait ends here.

mod acks;
mod source;
mod status;
#[cfg(test)]
mod tests;

pub use source::{Effects, Release, SemiSync, Wait};
pub use status::SemiSyncStatus;
