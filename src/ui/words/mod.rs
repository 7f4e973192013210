//! What everything is called: figures, roles, and what is happening, in the words of the flavor's system.

mod events;
mod failover;
mod figures;
mod headline;
mod leading;
mod mysql;
mod rewind;
mod roles;
mod sequence;

#[cfg(test)]
mod tests;

pub use events::{Category, Flight, Names, Sentence, Weight, category, names_in, sentence};
pub use failover::renewals;
pub use figures::{bytes, chosen, clock, clock_parts, count, duration, list, plural, rate};
pub use headline::{Headline, headline, running_primary};
pub use roles::{Badge, ReplicationPart, Tone, badge, thread};
pub use sequence::{relative, sequence_summary, sequence_title};
