//! What a lesson's file says.

use serde_json::Value;

use super::measure::Measure;
use super::place::Place;
use super::stage::Set;
use super::wanted::Wanted;
use crate::scenario::That;

/// A lesson.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    /// Its name.
    pub title: String,
    /// What somebody knows after it, in plain text.
    pub summary: String,
    /// How long it takes.
    pub minutes: u32,
    /// The name of the lesson that goes on from here.
    pub next: Option<String>,
    /// The file of the scenario that it begins with, beside it.
    pub scenario: String,
    /// At least one.
    pub steps: Vec<Step>,
}

/// One step: it is shown part by part, up to the first that waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its heading.
    pub title: String,
    /// The line of the heading.
    pub line: u32,
    /// In the order of the file.
    pub parts: Vec<Part>,
}

/// A part of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Markdown.
    Text(String),
    /// Sets the stage.
    Stage(Vec<Set>),
    /// Points at parts of the page, from here to the end of the step.
    Show(Vec<Place>),
    /// Waits for what the learner does.
    Wait(Wait),
    /// Asks for a prediction, and waits until it is locked.
    Ask(Ask),
    /// Holds the prediction against what the engine measured by now.
    Reveal,
    /// Waits until the report says so.
    Check(Condition),
}

/// Things that the learner is to do, in any order.
#[derive(Clone, Debug, PartialEq)]
pub struct Wait {
    /// All of them are wanted; with their words, where the lesson says them.
    pub wanted: Vec<(Wanted, String)>,
    /// How it is done, for who asks to be shown.
    pub help: String,
}

/// A prediction.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// The line of its first word.
    pub line: u32,
    /// What is asked.
    pub question: String,
    /// What can be said.
    pub answer: Answer,
    /// What it is compared with.
    pub measure: Measure,
}

/// What can be answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// One of these.
    Choices(Vec<Choice>),
    /// A number of something; right, if it is no further from the measured one than this.
    Number {
        /// Of what.
        unit: String,
        /// How near is near enough.
        within: u32,
    },
}

/// An answer to choose, and when it is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its words.
    pub words: String,
    /// What the report then says, all of it.
    pub that: Vec<That>,
}

impl Choice {
    /// Whether a report says so.
    #[must_use]
    pub fn holds(&self, report: &Value, names: &[&str]) -> bool {
        self.that.iter().all(|that| that.judge(report, names).is_ok_and(|judgement| judgement.held))
    }
}

/// A condition on the live report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Its line.
    pub line: u32,
    /// The conditions, all of which must hold; with their words, where the lesson says them.
    pub that: Vec<(That, String)>,
    /// What can be done, for who asks to be shown.
    pub help: String,
}

impl Lesson {
    /// The files of all scenarios that it runs, the first first.
    #[must_use]
    pub fn scenarios(&self) -> Vec<&str> {
        let mut names = vec![self.scenario.as_str()];
        for part in self.steps.iter().flat_map(|step| &step.parts) {
            let Part::Stage(sets) = part else { continue };
            for set in sets {
                if let Set::Scenario(name) = set
                    && !names.contains(&name.as_str())
                {
                    names.push(name);
                }
            }
        }
        names
    }
}

impl Lesson {
    /// The file of the scenario that runs when a step begins, if all before it was done.
    #[must_use]
    pub fn scenario_at(&self, step: usize) -> &str {
        let parts = self.steps.iter().take(step).flat_map(|step| &step.parts).rev();
        let sets = parts.filter_map(|part| if let Part::Stage(sets) = part { Some(sets) } else { None });
        let names = sets.flat_map(|sets| sets.iter().rev());
        let last = names.filter_map(|set| if let Set::Scenario(name) = set { Some(name) } else { None }).next();
        last.unwrap_or(&self.scenario)
    }

    /// Whether another lesson is the same but for its words.
    #[must_use]
    pub fn is_like(&self, other: &Lesson) -> bool {
        let both = self.steps.iter().zip(&other.steps);
        self.scenarios() == other.scenarios()
            && self.next == other.next
            && self.steps.len() == other.steps.len()
            && both.into_iter().all(|(one, two)| {
                one.parts.len() == two.parts.len() && one.parts.iter().zip(&two.parts).all(|(a, b)| a.is_like(b))
            })
    }
}

impl Part {
    fn is_like(&self, other: &Part) -> bool {
        match (self, other) {
            (Part::Text(_), Part::Text(_)) => true,
            (Part::Wait(one), Part::Wait(two)) => same(&one.wanted, &two.wanted),
            (Part::Check(one), Part::Check(two)) => same(&one.that, &two.that),
            (Part::Ask(one), Part::Ask(two)) => one.measure == two.measure && one.answer.is_like(&two.answer),
            (one, two) => one == two,
        }
    }

    /// Whether a step can stop here.
    #[must_use]
    pub fn is_gate(&self) -> bool {
        matches!(self, Part::Wait(_) | Part::Ask(_) | Part::Check(_))
    }
}

impl Answer {
    fn is_like(&self, other: &Answer) -> bool {
        match (self, other) {
            (Answer::Choices(one), Answer::Choices(two)) => {
                one.len() == two.len() && one.iter().zip(two).all(|(a, b)| a.that == b.that)
            }
            (Answer::Number { within: one, .. }, Answer::Number { within: two, .. }) => one == two,
            _ => false,
        }
    }
}

/// Whether the same things stand in both lists, whatever their words.
fn same<T: PartialEq>(one: &[(T, String)], two: &[(T, String)]) -> bool {
    one.iter().map(|(what, _)| what).eq(two.iter().map(|(what, _)| what))
}
