//! A sweep under way, or done.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use yew::prelude::*;

use super::crew::{Crew, Heard, workers};
use crate::report::sweep::{Outcome, Sweep};
use crate::scenario::{Profile, Scenario};
use crate::sweep::Sweeping;
use crate::ui::lab::wall_ms;

/// The most runs: what is kept of each is some hundred bytes.
pub const MOST_RUNS: u64 = 10_000;
/// What a worker is given at once should take about as long, in milliseconds.
const PIECE_MS: f64 = 250.0;
/// The most seeds that a worker is given at once.
const LARGEST_PIECE: u64 = 64;
/// Between two looks at what came, in milliseconds.
const LOOK_MS: u32 = 350;

/// What is swept.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The configurations: one, or two to be compared.
    pub scenarios: Vec<Scenario>,
    /// The key by which the second differs.
    pub key: String,
    /// What is drawn for each seed.
    pub faults: Profile,
    /// The first seed.
    pub first: u64,
    /// How many.
    pub count: u64,
}

/// How it goes.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// Workers run.
    Going,
    /// All seeds are done.
    Done,
    /// It was stopped before the end.
    Stopped,
    /// It cannot go on, and why.
    Failed(AttrValue),
}

/// A sweep.
pub struct Course {
    /// What is swept.
    pub plan: Plan,
    texts: Vec<String>,
    /// Of each configuration, in the order of seeds.
    outcomes: [RefCell<Vec<Outcome>>; 2],
    /// Seeds that are done, or with a worker.
    taken: RefCell<Vec<bool>>,
    next: Cell<usize>,
    /// What each worker has: from where on, how many, and since when.
    hands: RefCell<Vec<(u64, u64, f64)>>,
    crew: RefCell<Option<Crew>>,
    state: RefCell<State>,
    /// Since when, and with how many runs done before.
    since: Cell<(f64, u64)>,
    rate: Cell<f64>,
    timer: RefCell<Option<Timeout>>,
    listener: RefCell<Option<Callback<()>>>,
}

thread_local! {
    static LATEST: RefCell<Option<Rc<Course>>> = const { RefCell::new(None) };
}

impl Course {
    /// The latest sweep, if there was one.
    #[must_use]
    pub fn latest() -> Option<Rc<Course>> {
        LATEST.with_borrow(Clone::clone)
    }

    /// Begins another.
    pub fn begin(plan: Plan, listener: Callback<()>) -> Rc<Course> {
        let course = Rc::new(Course {
            texts: plan.scenarios.iter().map(Scenario::to_toml).collect(),
            outcomes: Default::default(),
            taken: RefCell::new(vec![false; plan.count as usize]),
            next: Cell::new(0),
            hands: RefCell::default(),
            crew: RefCell::new(None),
            state: RefCell::new(State::Stopped),
            since: Cell::default(),
            rate: Cell::default(),
            timer: RefCell::default(),
            listener: RefCell::new(Some(listener)),
            plan,
        });
        if let Some(former) = LATEST.replace(Some(course.clone())) {
            former.end(State::Stopped);
        }
        course.go();
        course
    }

    /// Whoever is told of news; one at a time.
    pub fn listen(&self, listener: Option<Callback<()>>) {
        self.listener.replace(listener);
    }

    /// Begins, or goes on where it was stopped.
    pub fn go(self: &Rc<Self>) {
        let done = self.outcomes[0].borrow();
        let mut taken = vec![false; self.plan.count as usize];
        for outcome in done.iter() {
            if let Some(one) = taken.get_mut((outcome.seed - self.plan.first) as usize) {
                *one = true;
            }
        }
        self.since.set((wall_ms(), done.len() as u64));
        drop(done);
        self.taken.replace(taken);
        self.next.set(0);
        let course = Rc::downgrade(self);
        let heard: Rc<dyn Fn(usize, Heard)> = Rc::new(move |number, heard| {
            if let Some(course) = course.upgrade() {
                course.heard(number, heard);
            }
        });
        let size = workers().min(self.plan.count as usize).max(1);
        match Crew::start(size, &heard) {
            Ok(crew) => {
                self.hands.replace(vec![(0, 1, 0.0); crew.size()]);
                self.crew.replace(Some(crew));
                self.state.replace(State::Going);
            }
            Err(why) => drop(self.state.replace(State::Failed(why.into()))),
        }
        self.news();
    }

    /// Stops it; what came stays.
    pub fn stop(&self) {
        if *self.state.borrow() == State::Going {
            self.end(State::Stopped);
        }
    }

    fn end(&self, state: State) {
        self.note_rate();
        self.state.replace(state);
        self.news();
        // A worker whose message is being heard must outlive it.
        if let Some(crew) = self.crew.take() {
            Timeout::new(0, move || drop(crew)).forget();
        }
    }

    fn note_rate(&self) {
        let ((since, before), done) = (self.since.get(), self.done());
        let seconds = (wall_ms() - since) / 1_000.0;
        self.rate.set(if seconds > 0.2 { (done - before.min(done)) as f64 / seconds } else { 0.0 });
    }

    fn heard(self: &Rc<Self>, number: usize, heard: Heard) {
        if *self.state.borrow() != State::Going {
            return;
        }
        match heard {
            Heard::Failed(why) => return self.end(State::Failed(why.into())),
            Heard::Tried(_) => return,
            Heard::Ready => {}
            Heard::Answer(rows) => {
                let size = self.texts.len();
                for (place, outcome) in rows.lines().filter_map(Outcome::of_row).enumerate() {
                    let mut all = self.outcomes[place % size.max(1)].borrow_mut();
                    let at = all.partition_point(|one| one.seed < outcome.seed);
                    if all.get(at).is_none_or(|one| one.seed != outcome.seed) {
                        // Faults are drawn again where they are shown.
                        all.insert(at, Outcome { faults: Vec::new(), ..outcome });
                    }
                }
                if self.done() >= self.plan.count {
                    return self.end(State::Done);
                }
                self.news_later();
            }
        }
        self.give(number);
    }

    /// Gives a worker its next seeds: so many that it is busy for a while, and stays within reach.
    fn give(&self, number: usize) {
        let now = wall_ms();
        let mut hands = self.hands.borrow_mut();
        let (Some(hand), mut taken) = (hands.get_mut(number), self.taken.borrow_mut()) else { return };
        let (_, last, since) = *hand;
        let wanted = if since == 0.0 { 1.0 } else { last as f64 * PIECE_MS / (now - since).max(1.0) };
        let wanted = (wanted as u64).clamp(1, LARGEST_PIECE.min(last * 2 + 1)) as usize;
        let Some(from) = (self.next.get()..taken.len()).find(|place| !taken[*place]) else { return };
        let to = (from..taken.len()).find(|place| taken[*place] || *place >= from + wanted).unwrap_or(taken.len());
        taken[from..to].fill(true);
        self.next.set(to);
        let (first, count) = (self.plan.first + from as u64, (to - from) as u64);
        *hand = (first, count, now);
        let text = |index: usize| self.texts.get(index).map_or("", String::as_str).into();
        let given = [text(0), text(1), self.plan.faults.name().into(), (first as f64).into(), (count as f64).into()];
        if let Some(crew) = &*self.crew.borrow() {
            crew.ask(number, "sweep_seeds", &given);
        }
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
            let course = self.clone();
            let look = move || {
                course.note_rate();
                course.news();
            };
            self.timer.replace(Some(Timeout::new(LOOK_MS, look)));
        }
    }

    /// How it goes.
    #[must_use]
    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// How many seeds are done, with all configurations.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.outcomes[0].borrow().len() as u64
    }

    /// Seeds a second, and how many workers run them.
    #[must_use]
    pub fn speed(&self) -> (f64, usize) {
        (self.rate.get(), self.hands.borrow().len())
    }

    /// Whether two configurations are compared.
    #[must_use]
    pub fn is_paired(&self) -> bool {
        self.texts.len() > 1
    }

    /// What is known of a configuration's runs, in the order of seeds.
    pub fn with_outcomes<T>(&self, which: usize, look: impl FnOnce(&[Outcome]) -> T) -> T {
        look(&self.outcomes[which.min(1)].borrow())
    }

    fn sweeping(&self, which: usize) -> Option<Sweeping> {
        Some(Sweeping::whole(self.plan.scenarios.get(which)?.clone(), self.plan.faults))
    }

    /// What a configuration's runs amount to so far.
    #[must_use]
    pub fn amounts_to(&self, which: usize) -> Option<Sweep> {
        let scenario = self.plan.scenarios.get(which)?;
        let expected: Vec<String> = scenario.expect.iter().map(|one| one.that.text().to_owned()).collect();
        let (flavor, faults) = (scenario.setup.flavor, self.plan.faults.name());
        let virtual_ms = scenario.duration_us as f64 / 1_000.0;
        let of = |outcomes: &[Outcome]| Sweep::of(&scenario.title, flavor, faults, virtual_ms, &expected, outcomes);
        Some(self.with_outcomes(which, of))
    }

    /// The run of a seed as a scenario of its own.
    ///
    /// # Errors
    /// Why there is none.
    pub fn told(&self, which: usize, seed: u64) -> Result<Scenario, String> {
        let sweeping = self.sweeping(which).ok_or_else(String::new)?;
        sweeping.told(seed).map_err(|why| why.to_string())?.map_err(|why| why.to_string())
    }

    /// A configuration's rows, as `sweep --rows` writes them.
    #[must_use]
    pub fn rows(&self, which: usize) -> String {
        let row = |outcome: &Outcome| Outcome { faults: self.faults(outcome.seed), ..outcome.clone() }.row() + "\n";
        self.with_outcomes(which, |outcomes| outcomes.iter().map(row).collect())
    }

    /// The faults that were drawn for a seed, as text.
    #[must_use]
    pub fn faults(&self, seed: u64) -> Vec<String> {
        self.sweeping(0).and_then(|sweeping| sweeping.drawn(seed).ok()).map(|(_, faults)| faults).unwrap_or_default()
    }
}
