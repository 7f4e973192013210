//! Why: chains of causes, read off the recorded run.

use super::simulation::Simulation;
use crate::check::why::{Conditions, Evidence, Question, Story};
use crate::engine::time::SimTime;
use crate::sim::setup::Setup;
use crate::ui::words::because;

/// The most steps that are played again for an answer, at once and altogether.
const STEPS: u64 = 20_000;
const TRIES: u32 = 6;

/// One sentence of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// When it was so.
    pub at: Option<SimTime>,
    /// The event that proves it.
    pub event: Option<u64>,
    /// What.
    pub text: String,
}

/// The answer to a question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Its chain; empty where nothing is known any more.
    pub reasons: Vec<Reason>,
    /// Whether the trace that it needs was read whole.
    pub whole: bool,
}

impl Simulation {
    /// Why something is so, in a run that began with a set-up.
    pub fn why(&mut self, question: Question, initial: &Setup) -> Answer {
        let stretch = question.stretch(self.judges(), self.run().world());
        let Some((from, to)) = stretch else { return Answer { whole: true, ..Answer::default() } };
        let followed = question.followed(self.judges(), self.run().world());
        // What is recorded behind the present has not happened yet.
        let until = self.run().events();
        let (mut story, mut whole) = (Story::new(followed), false);
        for _ in 0..TRIES {
            let mut told = Story::new(followed);
            whole = self.events_between(from, to, STEPS, &mut |event| {
                if event.number < until {
                    told.take(event);
                }
            });
            story = told;
            if whole {
                break;
            }
        }
        let run = self.run();
        let (judges, world) = (self.judges(), run.world());
        let conditions = Conditions::new(initial, run.commands(), world);
        let chain = question.answer(&Evidence { judges, world, story: &story, conditions: &conditions });
        let flavor = world.setup().flavor;
        let links = chain.map(|chain| chain.links).unwrap_or_default();
        let reason = |link: crate::check::why::Link| {
            let text = because(&link.because, world, flavor);
            Reason { at: link.at, event: link.event, text }
        };
        Answer { reasons: links.into_iter().map(reason).collect(), whole }
    }
}
