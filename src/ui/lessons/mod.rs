//! Lessons on the page: a list of them, and a panel that leads through one without hiding the stage.
//!
//! What a lesson waits for is looked up in the recording, and its conditions in the live report: what a learner pressed
//! counts for nothing. A [`Session`] is one lesson under way.

mod given;
mod kept;
mod learning;
mod list;
mod panel;
mod prediction;
mod session;
mod spot;
mod start;
mod watch;
mod words;

pub use learning::Learning;
pub(in crate::ui) use learning::use_lesson;
pub use list::LessonsDialog;
pub use panel::LessonPanel;
pub use session::Session;
pub use start::Start;

use crate::ui::lab::Opening;

/// A lesson to begin, with what it runs.
pub type Begin = (std::rc::Rc<Session>, Opening);
