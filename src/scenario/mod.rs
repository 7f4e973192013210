//! The scenario format: parse, validate, serialise, describe.
//!
//! Text in TOML or JSON becomes one tree in which every part knows its line ([`tree`]); the tree is checked against the
//! table of the format ([`shape`]), read into a [`Scenario`], and validated. A scenario comes from strangers as often as
//! from friends, so that every size is limited, and nothing here panics on any text.

pub mod assignment;
mod check;
mod faults;
mod json_reader;
mod json_writer;
pub mod lesson;
mod level;
pub mod library;
pub mod link;
mod overrides;
mod path;
mod problems;
mod propose;
mod read;
#[allow(clippy::module_inception, reason = "the module's main type")]
mod scenario;
mod schema;
mod shape;
mod source;
mod that;
mod that_parser;
mod that_value;
mod toml_reader;
mod toml_writer;
mod tree;
mod trial;
mod units;
mod validate;
mod write;

pub use faults::Profile;
pub use level::Level;
pub use overrides::Override;
pub use problems::{Problem, Problems};
pub use propose::{Proposal, propose};
pub use scenario::{Expectation, Format, Scenario};
pub use schema::schema;
pub use source::Source;
pub use that::{Judgement, That, Unusable};
pub use trial::{Trial, TrialError};
pub use units::{parse_duration, show_duration};
