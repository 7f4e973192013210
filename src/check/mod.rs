//! Judges that watch a run from outside and never touch it: the write ledger, durability, staleness, session guarantees,
//! split brain, divergence; and the statistics of a run.
//!
//! [`Judges`] takes the trace event by event and nothing else. What it goes by:
//! - The servers' logs form a tree of histories ([`Branches`]). A write is at a [`Place`] in it, and a primary *has* a
//!   write when its history includes that place. A write is *lost* when it was acknowledged and the current primary does
//!   not have it; that is judged anew whenever a server begins to take writes as a primary.
//! - The rows of `kv` are registers ([`registers`]). A value names its write, since the workload uses each value once; so
//!   it is known exactly which writes a read has missed.
//! - Memory is bounded ([`Ledger`], [`registers::Registers`], [`Violations`] say by what), counts are exact, and a clone
//!   is cheap, since checkpoints hold many.

mod branches;
mod divergence;
mod failover;
mod gtids;
pub mod history;
mod judges;
mod latencies;
mod ledger;
pub mod linearizability;
mod logs;
mod moment;
mod names;
mod observer;
mod operations;
mod primaries;
mod reads;
pub mod registers;
mod session;
mod sessions;
mod tracks;
mod transaction;
mod versions;
mod violation;
mod violations;
pub mod why;
mod write;
mod writing;
pub mod zones;

pub use branches::{Branches, Place};
pub use divergence::{Divergence, Held};
pub use failover::{Failover, Reason};
pub use judges::Judges;
pub use latencies::Latencies;
pub use ledger::{Ledger, Tally};
pub use moment::Moment;
pub use names::Names;
pub use observer::settled;
pub use primaries::{Primaries, SplitBrain, Verdicts};
pub use reads::Reads;
pub use tracks::Journey;
pub use versions::{Rank, Version};
pub use violation::{Events, Finding, Kind, ReadSeen, Violation};
pub use violations::Violations;
pub use write::{Fate, Logged, Outcome, Write};
