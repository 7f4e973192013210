//! A link that came with the page's address: its run is carried out a slice at a time, and shown when it is the same.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use yew::prelude::*;

use super::address;
use crate::check::Judges;
use crate::scenario::link::{Replay, Shared};
use crate::sim::recording::{Limits, Recording};
use crate::ui::lab::{Lab, Opening, Simulation, Watch, wall_ms};
use crate::ui::opening;

/// What a slice takes, in milliseconds: short enough for the page to answer.
const SLICE_MS: f64 = 24.0;
/// What the first slice may take, before there is a page: most links are done by then.
const FIRST_SLICE_MS: f64 = 400.0;
/// Between two looks at the clock.
const STEPS_PER_LOOK: u32 = 64;

/// A link on the way to its instant.
pub struct Visit {
    shared: Shared,
    recording: Recording<(Judges, Watch)>,
    replay: Replay,
}

/// The run of a link, at its instant.
#[derive(Clone)]
pub struct Arrived {
    /// It.
    pub lab: Lab,
    /// What it began with.
    pub opening: Rc<Opening>,
}

/// How it goes with a link.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Visiting {
    /// There is none, or it is done.
    #[default]
    Idle,
    /// So many percent of its steps are carried out.
    Going(u64),
    /// It cannot be opened.
    Failed(AttrValue),
}

impl Visit {
    /// Begins with a link.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub fn begin(link: &str) -> Result<Visit, String> {
        let shared = Shared::read(link).map_err(|why| why.to_string())?;
        let setup = shared.scenario.setup.clone();
        let watchers = (Judges::new(setup.flavor), Watch::default());
        let recording = Recording::new(setup, shared.scenario.schedule.clone(), watchers, Limits::default());
        let recording = recording.map_err(|error| error.to_string())?;
        let replay = shared.replay();
        Ok(Visit { shared, recording, replay })
    }

    /// Goes on for so many milliseconds; whether it is there.
    ///
    /// # Errors
    /// When the run is not the one that was shared.
    pub fn go_on(&mut self, budget_ms: f64) -> Result<bool, String> {
        let started = wall_ms();
        let mut steps = 0_u32;
        while !self.replay.is_finished() {
            self.replay.step(&mut self.recording, self.shared.moment.at).map_err(|why| why.to_string())?;
            steps += 1;
            if steps.is_multiple_of(STEPS_PER_LOOK) && wall_ms() - started > budget_ms {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// How far it has come.
    #[must_use]
    pub fn percent(&self) -> u64 {
        self.recording.moment().steps * 100 / self.shared.moment.steps.max(1)
    }

    /// The run, at its instant; the prefix is that of the laboratory's ids.
    #[must_use]
    pub fn arrive(self, prefix: String) -> Arrived {
        let mut opening = opening::of_scenario(self.shared.scenario);
        opening.deeds = self.shared.deeds;
        opening.moment = self.shared.moment;
        let lab = Lab::around(prefix, Simulation::of(self.recording), opening.clone());
        Arrived { lab, opening: Rc::new(opening) }
    }
}

/// What became of the address's link before there is a page.
pub enum First {
    /// There is none.
    None,
    /// It is there already.
    Arrived(Arrived),
    /// It takes longer.
    Going(Box<Visit>),
    /// It cannot be opened.
    Failed(String),
}

/// Begins with the link in the address, if there is one.
#[must_use]
pub fn begin_with_address(number: u32) -> First {
    let Some(link) = address::run() else { return First::None };
    let begun = Visit::begin(&link).and_then(|mut visit| Ok((visit.go_on(FIRST_SLICE_MS)?, visit)));
    match begun {
        Ok((true, visit)) => First::Arrived(visit.arrive(format!("rl{number}"))),
        Ok((false, visit)) => First::Going(Box::new(visit)),
        Err(why) => First::Failed(why),
    }
}

/// One link after the other, as the address has them.
struct Visits {
    now: RefCell<Option<Box<Visit>>>,
    timer: RefCell<Option<Timeout>>,
    numbers: Rc<Cell<u32>>,
    state: UseStateSetter<Visiting>,
    arrived: Callback<Arrived>,
}

impl Visits {
    fn begin(self: &Rc<Self>, link: &str) {
        match Visit::begin(link) {
            Ok(visit) => self.take_up(Box::new(visit)),
            Err(why) => self.fail(why),
        }
    }

    fn take_up(self: &Rc<Self>, visit: Box<Visit>) {
        self.now.replace(Some(visit));
        self.go_on();
    }

    fn go_on(self: &Rc<Self>) {
        let Some(mut visit) = self.now.take() else { return };
        match visit.go_on(SLICE_MS) {
            Ok(true) => {
                self.numbers.set(self.numbers.get() + 1);
                self.state.set(Visiting::Idle);
                self.arrived.emit(visit.arrive(format!("rl{}", self.numbers.get())));
            }
            Ok(false) => {
                self.state.set(Visiting::Going(visit.percent()));
                self.now.replace(Some(visit));
                let again = Rc::clone(self);
                self.timer.replace(Some(Timeout::new(0, move || again.go_on())));
            }
            Err(why) => self.fail(why),
        }
    }

    fn fail(&self, why: String) {
        self.stop();
        self.state.set(Visiting::Failed(why.into()));
    }

    fn stop(&self) {
        self.now.replace(None);
        self.timer.replace(None);
        self.state.set(Visiting::Idle);
    }
}

/// Opens the links that the address gets while the page is there, and the one that it began with. How it goes, and what
/// ends it: cancels a link, or takes its message away.
#[hook]
pub fn use_visits(
    first: Rc<RefCell<First>>,
    numbers: Rc<Cell<u32>>,
    arrived: Callback<Arrived>,
) -> (Visiting, Callback<()>) {
    let state = use_state(Visiting::default);
    let visits = {
        let state = state.setter();
        use_memo((), move |()| {
            let visits = Visits { now: RefCell::default(), timer: RefCell::default(), numbers, state, arrived };
            Rc::new(visits)
        })
    };
    {
        let visits = Rc::clone(&*visits);
        use_effect_with((), move |()| match first.replace(First::None) {
            First::Going(visit) => visits.take_up(visit),
            First::Failed(why) => visits.fail(why),
            First::None | First::Arrived(_) => {}
        });
    }
    let look = {
        let visits = Rc::clone(&*visits);
        Callback::from(move |()| {
            if let Some(link) = address::run() {
                visits.begin(&link);
            }
        })
    };
    address::use_address(false, look);
    let end = {
        let visits = Rc::clone(&*visits);
        Callback::from(move |()| {
            visits.stop();
            address::forget();
        })
    };
    ((*state).clone(), end)
}
