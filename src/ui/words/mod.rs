//! What everything is called: figures, roles, and what is happening, in the words of the flavor's system.

mod category;
mod events;
mod failover;
mod figures;
mod findings;
mod headline;
mod leading;
mod log;
mod mysql;
mod names;
mod network;
mod rewind;
mod roles;
mod sequence;
mod servers;
mod statements;
mod why;

#[cfg(test)]
mod german;
#[cfg(test)]
mod tests;

pub use category::{Category, category};
pub use events::{Flight, Sentence, Weight, sentence};
pub use failover::renewals;
pub use figures::{
    bytes, chosen, chosen_bytes, clock, clock_parts, decimals, duration, list, plain_number, rate, tenths_of_a_second,
};
pub use findings::found;
pub use headline::{Headline, headline, running_primary};
pub use names::{Names, names_in};
pub use roles::{Badge, ReplicationPart, Tone, badge, thread};
pub use sequence::{relative, sequence_summary, sequence_title};
pub use why::because;
