//! What a laboratory begins with.

use std::rc::Rc;

use crate::engine::time::SimTime;
use crate::scenario::{Expectation, Level, Scenario};
use crate::sim::command::Command;
use crate::sim::recording::{Deed, Moment};
use crate::sim::setup::Setup;
use crate::ui::pace::Pace;

/// What a laboratory begins with.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    /// What runs, in a few words.
    pub title: String,
    /// More about it; the same text as a scenario has.
    pub description: String,
    /// How much it asks of its reader, where it says so.
    pub level: Option<Level>,
    /// The part of the library that it stands in; perhaps empty.
    pub chapter: String,
    /// The cluster.
    pub setup: Setup,
    /// What is done to it, and when.
    pub schedule: Vec<(SimTime, Command)>,
    /// When it ends, as a scenario: the run goes on.
    pub duration_us: u64,
    /// What is expected of it.
    pub expect: Vec<Expectation>,
    /// The scenario that sets a task, as its teacher wrote it, where it sets one.
    pub task: Option<Rc<Scenario>>,
    /// What was done to it by hand, where somebody has done so already.
    pub deeds: Vec<Deed>,
    /// It opens here: where there is a cluster at work to see, or where somebody left it.
    pub moment: Moment,
    /// How fast time passes at first.
    pub pace: Pace,
}

impl Opening {
    /// As a scenario, to be written down.
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        Scenario {
            title: self.title.clone(),
            description: self.description.clone(),
            level: self.level,
            chapter: self.chapter.clone(),
            setup: self.setup.clone(),
            duration_us: self.duration_us,
            schedule: self.schedule.clone(),
            expect: self.expect.clone(),
            assignment: self.task.as_ref().and_then(|task| task.assignment.clone()),
        }
    }
}
