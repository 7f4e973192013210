//! Lessons: short steps over a scenario, written in Markdown beside it. `docs/LESSONS.md` describes the format.
//!
//! A [`Lesson`] is what a file says; a [`Deed`](Wanted) is told by what the recording has, never by what a button was;
//! and what a prediction is compared with is a path into the report, so that no answer is ever stored.

mod check;
#[allow(clippy::module_inception, reason = "the module's main type")]
mod lesson;
mod measure;
mod parse;
mod place;
mod reader;
mod seen;
mod stage;
mod wanted;

pub use check::scenario_path;
pub use lesson::{Answer, Ask, Choice, Condition, Lesson, Part, Step, Wait};
pub use measure::Measure;
pub use parse::is_name;
pub use place::Place;
pub use seen::{Asked, Seen};
pub use stage::Set;
pub use wanted::Wanted;
