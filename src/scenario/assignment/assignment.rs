//! A task for learners, as the teacher wrote it.

use crate::engine::time::SimTime;
use crate::scenario::scenario::Scenario;
use crate::scenario::that::That;

use super::attempt::Condition;
use super::permit::Permit;

/// A task for learners, as the teacher wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// Markdown. It may come from a stranger: never treat it as markup unescaped.
    pub task: String,
    /// What a run with the learner's changes has to meet.
    pub require: Vec<Requirement>,
    /// The keys that a learner may change, with all below them.
    pub may_change: Vec<Permit>,
    /// So many servers may be added.
    pub add_nodes: u8,
    /// Seeds on which it has to hold, beside the scenario's own.
    pub seeds: Vec<u64>,
}

/// One condition of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// When; `None` is the end of the run.
    pub at: Option<SimTime>,
    /// What the report has to say.
    pub that: That,
    /// The same in words; perhaps empty.
    pub says: String,
}

impl Requirement {
    /// The words, or the condition itself where there are none.
    #[must_use]
    pub fn words(&self) -> &str {
        if self.says.is_empty() { self.that.text() } else { &self.says }
    }
}

impl Assignment {
    /// Whether a learner may change a key.
    #[must_use]
    pub fn permits(&self, path: &[String]) -> bool {
        self.may_change.iter().any(|permit| permit.covers(path))
    }

    /// Whether a learner may add such entries to what happens.
    #[must_use]
    pub fn permits_action(&self, action: &str) -> bool {
        self.permits(&["at".to_owned(), action.to_owned()])
    }

    /// What has to be met, at its instants.
    #[must_use]
    pub fn conditions(&self, duration_us: u64) -> Vec<Condition> {
        let end = SimTime(duration_us);
        self.require.iter().map(|one| Condition { at: one.at.unwrap_or(end), that: one.that.clone() }).collect()
    }

    /// The seeds with which a scenario is run: its own first.
    #[must_use]
    pub fn all_seeds(&self, scenario: &Scenario) -> Vec<u64> {
        let mut seeds = vec![scenario.setup.seed];
        for seed in &self.seeds {
            if !seeds.contains(seed) {
                seeds.push(*seed);
            }
        }
        seeds
    }
}
