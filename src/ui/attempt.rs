//! A scenario that is tried beside the page: a slice at a time, so that the page goes on answering.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use yew::prelude::*;

use crate::report::Report;
use crate::scenario::assignment::{Attempt, AttemptError, SeedOutcome};
use crate::ui::lab::wall_ms;

/// What a slice takes, in milliseconds.
const SLICE_MS: f64 = 20.0;
/// Between two slices, so that frames and keys come between.
const PAUSE_MS: u32 = 4;
/// Between two looks at the clock.
const STEPS_PER_LOOK: u32 = 32;

/// How it goes.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Trying {
    /// Nothing is tried.
    #[default]
    Idle,
    /// So many percent are done.
    Going(u64),
    /// It is done.
    Done(Rc<Tried>),
    /// It cannot be run, or a condition cannot be judged: which, and why.
    Failed(Option<usize>, AttrValue),
}

/// What came of it.
#[derive(Debug)]
pub struct Tried {
    /// With each seed.
    pub outcomes: Vec<SeedOutcome>,
    /// What the last run amounted to.
    pub report: Option<Report>,
}

impl PartialEq for Tried {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// Tries one scenario at a time.
pub struct Trials {
    now: RefCell<Option<Box<Attempt>>>,
    timer: RefCell<Option<Timeout>>,
    state: UseStateSetter<Trying>,
}

impl Trials {
    /// Begins; what was tried before is given up.
    pub fn begin(self: &Rc<Self>, attempt: Attempt) {
        self.now.replace(Some(Box::new(attempt)));
        self.state.set(Trying::Going(0));
        self.go_on_later();
    }

    /// Gives it up, or forgets what came of it.
    pub fn stop(&self) {
        self.now.replace(None);
        self.timer.replace(None);
        self.state.set(Trying::Idle);
    }

    fn go_on_later(self: &Rc<Self>) {
        let again = Rc::clone(self);
        self.timer.replace(Some(Timeout::new(PAUSE_MS, move || again.go_on())));
    }

    fn go_on(self: &Rc<Self>) {
        let Some(mut attempt) = self.now.take() else { return };
        let began = wall_ms();
        let mut steps = 0_u32;
        loop {
            match attempt.step() {
                Ok(true) => {}
                Ok(false) => {
                    let (outcomes, report) = (attempt.outcomes().to_vec(), attempt.report().cloned());
                    return self.state.set(Trying::Done(Rc::new(Tried { outcomes, report })));
                }
                Err(error) => {
                    let index = match &error {
                        AttemptError::Condition(index, _) => Some(*index),
                        AttemptError::Setup(_) => None,
                    };
                    return self.state.set(Trying::Failed(index, error.to_string().into()));
                }
            }
            steps += 1;
            if steps.is_multiple_of(STEPS_PER_LOOK) && wall_ms() - began > SLICE_MS {
                break;
            }
        }
        self.state.set(Trying::Going(attempt.percent()));
        self.now.replace(Some(attempt));
        self.go_on_later();
    }
}

/// Somebody who tries scenarios, and how it goes.
#[hook]
pub fn use_trials() -> (Trying, Rc<Trials>) {
    use_trials_after(Trying::default)
}

/// The same, after what came of an earlier one.
#[hook]
pub fn use_trials_after(first: impl FnOnce() -> Trying) -> (Trying, Rc<Trials>) {
    let state = use_state(first);
    let trials = {
        let state = state.setter();
        use_memo((), move |()| Rc::new(Trials { now: RefCell::default(), timer: RefCell::default(), state }))
    };
    {
        let trials = Rc::clone(&*trials);
        use_effect_with((), move |()| {
            move || {
                trials.now.replace(None);
                trials.timer.replace(None);
            }
        });
    }
    ((*state).clone(), Rc::clone(&*trials))
}
