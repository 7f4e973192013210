//! Why a text is no link, or a run no link.

use thiserror::Error;

use super::{MAX_CHARACTERS, MAX_DEEDS, MAX_STEPS, VERSION};
use crate::scenario::problems::Problems;
use crate::sim::REVISION;

/// Why a link cannot be opened, or a run cannot be put into one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LinkError {
    /// The text holds no `#run=`.
    #[error("this is no link of a run: a link of a run has #run= and a number in it")]
    NotALink,
    /// The link's format is newer.
    #[error(
        "this link was made by a newer laboratory: its format is {found}, and this laboratory reads up to {VERSION}; \
         open it where it was made, or reload this page for a newer laboratory"
    )]
    Newer {
        /// The link's format.
        found: u32,
    },
    /// The link is longer than any that is made.
    #[error(
        "the link is too long: {characters} characters, and at most {MAX_CHARACTERS} are taken; save the scenario as a \
         file instead"
    )]
    TooLong {
        /// Its length after `#run=1.`.
        characters: usize,
    },
    /// More was done than a link takes.
    #[error("{deeds} things were done in this run, and a link takes {MAX_DEEDS}; save the scenario as a file instead")]
    TooManyDeeds {
        /// How many.
        deeds: usize,
    },
    /// The run went on for longer than a link is carried out.
    #[error(
        "this run is {steps} steps long, and a link takes {MAX_STEPS}; go back to an earlier instant, or save the scenario \
         as a file instead"
    )]
    TooManySteps {
        /// How many.
        steps: u64,
    },
    /// A character that no link has.
    #[error(
        "the link is damaged: its character {place} is {character:?}, which cannot be there; copy it again, whole and \
         without what stands around it"
    )]
    Character {
        /// Its place after `#run=1.`, counted from 1.
        place: usize,
        /// What stands there.
        character: char,
    },
    /// Its end is missing.
    #[error(
        "the link is cut off: {found} of its {expected} characters are there; copy it again, or have it sent in another \
         way: some programs cut long links"
    )]
    CutOff {
        /// How many characters there are.
        found: usize,
        /// How many there were.
        expected: usize,
    },
    /// Something follows its end.
    #[error(
        "the link is damaged: its end is followed by {extra} more of its letters; copy it again without what stands around it"
    )]
    Overlong {
        /// How many too many.
        extra: usize,
    },
    /// Its checksum differs.
    #[error("the link is damaged: its checksum differs, so some character was changed on the way; copy it again")]
    Checksum,
    /// What it holds cannot be unpacked, although the checksum holds.
    #[error("what the link holds cannot be unpacked: it is not as a laboratory packs it, or unpacks to more than 1 MB")]
    Packing,
    /// What it holds is no run.
    #[error("the link holds no run that can be carried out:\n{0}")]
    Content(Problems),
    /// What it holds is unknown here, and it was made by a newer laboratory.
    #[error(
        "this link was made by a newer laboratory (its engine is of revision {engine}, this one of {REVISION}), and holds \
         what this one does not know:\n{problems}"
    )]
    NewerContent {
        /// The revision of the engine that made it.
        engine: u32,
        /// What is not known.
        problems: Problems,
    },
}
