//! A search for a run that breaks something, under way or done.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use yew::prelude::*;

use super::crew::{Crew, Heard, workers};
use crate::check::Kind;
use crate::scenario::{Format, Profile, Scenario};
use crate::sweep::{Case, Found, Search};
use crate::ui::lab::wall_ms;

/// What a worker is given at once should take about as long, in milliseconds.
const PIECE_MS: f64 = 250.0;
/// The most runs that a worker is given at once.
const LARGEST_PIECE: u64 = 64;
/// Between two looks at how far it is, in milliseconds.
const LOOK_MS: u32 = 200;

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Quarry {
    /// In what.
    pub scenario: Scenario,
    /// What.
    pub kind: Kind,
    /// With which faults; with each in turn, if it is none.
    pub faults: Option<Profile>,
    /// From which seed on.
    pub first: u64,
    /// In so many runs at most.
    pub runs: u64,
}

/// How it goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// Runs are looked at.
    Looking,
    /// The run that was found is made smaller; so many were tried.
    Shrinking(u64),
    /// It is as small as it gets, after so many.
    Found(u64),
    /// There was none.
    Nothing,
    /// It was stopped before the end.
    Stopped,
    /// It cannot go on, and why.
    Failed(AttrValue),
}

/// A search.
pub struct Hunt {
    /// What is looked for.
    pub quarry: Quarry,
    search: Search,
    text: String,
    next: Cell<u64>,
    looked: Cell<u64>,
    /// What each worker has: from where on, how many, and since when.
    hands: RefCell<Vec<Option<(u64, u64, f64)>>>,
    /// What each worker was given last: it tells how much it is given next.
    pace: RefCell<Vec<u64>>,
    best: RefCell<Option<Found>>,
    /// Which worker makes it smaller: others may still answer what they were asked before.
    shrinker: Cell<Option<usize>>,
    smallest: RefCell<Option<Scenario>>,
    crew: RefCell<Option<Crew>>,
    stage: RefCell<Stage>,
    timer: RefCell<Option<Timeout>>,
    listener: RefCell<Option<Callback<()>>>,
}

thread_local! {
    static LATEST: RefCell<Option<Rc<Hunt>>> = const { RefCell::new(None) };
}

impl Hunt {
    /// The latest search, if there was one.
    #[must_use]
    pub fn latest() -> Option<Rc<Hunt>> {
        LATEST.with_borrow(Clone::clone)
    }

    /// Begins another.
    pub fn begin(quarry: Quarry, listener: Callback<()>) -> Rc<Hunt> {
        let Quarry { scenario, kind, faults, first, .. } = quarry.clone();
        let hunt = Rc::new(Hunt {
            text: scenario.to_toml(),
            search: Search::new(scenario, kind, faults, first),
            quarry,
            next: Cell::new(0),
            looked: Cell::new(0),
            hands: RefCell::default(),
            pace: RefCell::default(),
            best: RefCell::default(),
            shrinker: Cell::new(None),
            smallest: RefCell::default(),
            crew: RefCell::default(),
            stage: RefCell::new(Stage::Looking),
            timer: RefCell::default(),
            listener: RefCell::new(Some(listener)),
        });
        if let Some(former) = LATEST.replace(Some(hunt.clone())) {
            former.stop();
        }
        let weak = Rc::downgrade(&hunt);
        let heard: Rc<dyn Fn(usize, Heard)> = Rc::new(move |number, heard| {
            if let Some(hunt) = weak.upgrade() {
                hunt.heard(number, heard);
            }
        });
        match Crew::start(workers(), &heard) {
            Ok(crew) => {
                hunt.hands.replace(vec![None; crew.size()]);
                hunt.pace.replace(vec![1; crew.size()]);
                hunt.crew.replace(Some(crew));
            }
            Err(why) => drop(hunt.stage.replace(Stage::Failed(why.into()))),
        }
        hunt.news();
        hunt
    }

    /// Whoever is told of news; one at a time.
    pub fn listen(&self, listener: Option<Callback<()>>) {
        self.listener.replace(listener);
    }

    /// Stops it. A run that was found already stays found, as it is.
    pub fn stop(&self) {
        let stage = self.stage.borrow().clone();
        match stage {
            Stage::Looking => self.end(Stage::Stopped),
            Stage::Shrinking(tried) => self.end(Stage::Found(tried)),
            _ => {}
        }
    }

    fn end(&self, stage: Stage) {
        self.stage.replace(stage);
        self.news();
        // A worker whose message is being heard must outlive it.
        if let Some(crew) = self.crew.take() {
            Timeout::new(0, move || drop(crew)).forget();
        }
    }

    fn is_over(&self) -> bool {
        !matches!(*self.stage.borrow(), Stage::Looking | Stage::Shrinking(_))
    }

    fn heard(self: &Rc<Self>, number: usize, heard: Heard) {
        if self.is_over() {
            return;
        }
        match heard {
            Heard::Failed(why) => self.end(Stage::Failed(why.into())),
            Heard::Ready => self.give(number),
            Heard::Tried(tried) => {
                self.stage.replace(Stage::Shrinking(tried));
                self.news_later();
            }
            Heard::Answer(text) if self.shrinker.get() == Some(number) => {
                let stage = self.stage.borrow().clone();
                let tried = if let Stage::Shrinking(tried) = stage { tried } else { 0 };
                self.smallest.replace(Scenario::parse(&text, Format::Toml, "").ok());
                self.end(Stage::Found(tried));
            }
            Heard::Answer(text) => self.answered(number, &text),
        }
    }

    fn answered(self: &Rc<Self>, number: usize, text: &str) {
        let mut hands = self.hands.borrow_mut();
        let had = hands.get_mut(number).and_then(Option::take);
        drop(hands);
        if let Some((_, count, since)) = had {
            self.looked.set(self.looked.get() + count);
            if let Some(pace) = self.pace.borrow_mut().get_mut(number) {
                let wanted = count as f64 * PIECE_MS / (wall_ms() - since).max(1.0);
                *pace = (wanted as u64).clamp(1, LARGEST_PIECE.min(count * 2));
            }
        }
        if let Some(found) = found_in(text) {
            let mut best = self.best.borrow_mut();
            if best.as_ref().is_none_or(|best| found.index < best.index) {
                *best = Some(found);
            }
        }
        self.news_later();
        self.give_later(number);
    }

    /// Not while something is borrowed by whoever called.
    fn give_later(self: &Rc<Self>, number: usize) {
        let hunt = self.clone();
        Timeout::new(0, move || {
            if !hunt.is_over() {
                hunt.give(number);
            }
        })
        .forget();
    }

    /// Gives a worker the next runs, unless one was found that comes before them.
    fn give(self: &Rc<Self>, number: usize) {
        if matches!(*self.stage.borrow(), Stage::Shrinking(_)) {
            return;
        }
        let bound = self.best.borrow().as_ref().map_or(self.quarry.runs, |best| best.index.min(self.quarry.runs));
        let from = self.next.get();
        let Quarry { kind, faults, first, .. } = &self.quarry;
        let faults = faults.map_or("", Profile::name);
        if from < bound {
            let wanted = self.pace.borrow().get(number).copied().unwrap_or(1);
            let count = wanted.min(bound - from);
            self.next.set(from + count);
            if let Some(hand) = self.hands.borrow_mut().get_mut(number) {
                *hand = Some((from, count, wall_ms()));
            }
            let given = [
                self.text.as_str().into(),
                faults.into(),
                kind.name().into(),
                (*first as f64).into(),
                (from as f64).into(),
                (count as f64).into(),
            ];
            if let Some(crew) = &*self.crew.borrow() {
                crew.ask(number, "sweep_look", &given);
            }
            return;
        }
        // Others may still find one that comes before the best.
        let awaited = self.hands.borrow().iter().flatten().any(|(from, _, _)| *from < bound);
        if awaited {
            return;
        }
        let Some(found) = self.best.borrow().clone() else { return self.end(Stage::Nothing) };
        self.stage.replace(Stage::Shrinking(0));
        self.shrinker.set(Some(number));
        let Case { seed, faults } = found.case;
        let given = [self.text.as_str().into(), faults.name().into(), kind.name().into(), (seed as f64).into()];
        if let Some(crew) = &*self.crew.borrow() {
            crew.ask(number, "sweep_smaller", &given);
        }
        self.news();
    }

    fn news(&self) {
        self.timer.replace(None);
        let listener = self.listener.borrow().clone();
        if let Some(listener) = listener {
            listener.emit(());
        }
    }

    fn news_later(self: &Rc<Self>) {
        if self.timer.borrow().is_none() {
            let hunt = self.clone();
            self.timer.replace(Some(Timeout::new(LOOK_MS, move || hunt.news())));
        }
    }

    /// How it goes.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage.borrow().clone()
    }

    /// How many runs were looked at.
    #[must_use]
    pub fn looked(&self) -> u64 {
        self.looked.get()
    }

    /// The first run in the order of the search that was found.
    #[must_use]
    pub fn found(&self) -> Option<Found> {
        self.best.borrow().clone().filter(|_| !matches!(*self.stage.borrow(), Stage::Looking | Stage::Stopped))
    }

    /// The same made smaller.
    #[must_use]
    pub fn smallest(&self) -> Option<Scenario> {
        self.smallest.borrow().clone()
    }

    /// The run that was found, as it was found.
    #[must_use]
    pub fn as_found(&self) -> Option<Scenario> {
        self.search.told(self.found()?.case).ok()
    }

    /// From what faults are drawn.
    #[must_use]
    pub fn profiles(&self) -> &[Profile] {
        &self.search.profiles
    }
}

/// What a worker says that it has found.
fn found_in(text: &str) -> Option<Found> {
    let mut lines = text.splitn(5, '\n');
    let index = lines.next()?.parse().ok()?;
    let seed = lines.next()?.parse().ok()?;
    let faults = Profile::named(lines.next()?)?;
    let promised = lines.next()? == "true";
    Some(Found { index, case: Case { seed, faults }, detail: lines.next()?.to_owned(), promised })
}
