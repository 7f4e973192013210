//! A run: a world, its scheduled commands, whoever watches, and the hash of everything that happened.

use std::hash::Hash;
use std::sync::Arc;

use rustc_stable_hash::{FromStableHash, SipHasher128Hash, StableSipHasher128};

use super::command::Command;
use super::setup::Setup;
use super::start::SetupError;
use super::world::World;
use crate::engine::time::SimTime;
use crate::engine::trace::TraceEvent;
use crate::order::{Arrange, Chunks};

/// Watches a run from outside. It sees what happened and the world as it is then, and can change neither.
pub trait Observer {
    /// Something happened.
    fn observe(&mut self, event: &TraceEvent, world: &World);

    /// Somebody is about to do something to the cluster, which no scenario has scheduled.
    fn before_deed(&mut self, _command: &Command, _world: &World) {}

    /// About what it holds that an earlier or later clone of it does not, in bytes.
    fn bytes_beside(&self, _other: &Self) -> u64 {
        0
    }
}

/// Nobody watches.
impl Observer for () {
    fn observe(&mut self, _: &TraceEvent, _: &World) {}
}

/// Two watch.
impl<A: Observer, B: Observer> Observer for (A, B) {
    fn observe(&mut self, event: &TraceEvent, world: &World) {
        self.0.observe(event, world);
        self.1.observe(event, world);
    }

    fn bytes_beside(&self, other: &Self) -> u64 {
        self.0.bytes_beside(&other.0) + self.1.bytes_beside(&other.1)
    }

    fn before_deed(&mut self, command: &Command, world: &World) {
        self.0.before_deed(command, world);
        self.1.before_deed(command, world);
    }
}

/// The first 64 bits of a 128-bit SipHash.
struct Folded(u64);

impl FromStableHash for Folded {
    type Hash = SipHasher128Hash;

    fn from(SipHasher128Hash([low, _]): SipHasher128Hash) -> Self {
        Folded(low)
    }
}

/// A run. The same set-up and commands give the same trace, natively and in a browser; a clone goes on as the
/// original would.
#[derive(Clone, Debug)]
pub struct Run<O> {
    world: World,
    schedule: Arc<[(SimTime, Command)]>,
    next: usize,
    done: Chunks<(SimTime, Command), 64>,
    observer: O,
    hasher: StableSipHasher128,
    events: u64,
    steps: u64,
}

impl<O: Observer> Run<O> {
    /// A run at its first instant. The schedule's order holds at equal times.
    ///
    /// # Errors
    /// When the set-up cannot be run.
    pub fn new(setup: Setup, schedule: Vec<(SimTime, Command)>, observer: O) -> Result<Self, SetupError> {
        Self::new_told(setup, schedule, observer, &mut |_| {})
    }

    /// As [`Run::new`], and shows somebody each event whom the run does not keep.
    ///
    /// # Errors
    /// As [`Run::new`].
    pub fn new_told(
        setup: Setup,
        mut schedule: Vec<(SimTime, Command)>,
        observer: O,
        told: &mut dyn FnMut(&TraceEvent),
    ) -> Result<Self, SetupError> {
        schedule.arrange_by_key(|(at, _)| *at);
        let world = World::new(&setup)?;
        let hasher = StableSipHasher128::new();
        let (schedule, done) = (schedule.into(), Chunks::new());
        let mut run = Run { world, schedule, next: 0, done, observer, hasher, events: 0, steps: 0 };
        run.watch(told);
        Ok(run)
    }

    /// The present.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.world.now()
    }

    /// The cluster.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The cluster, for looking at what needs a database connection.
    pub fn world_mut(&mut self) -> &mut World {
        &mut self.world
    }

    /// About what it holds that an earlier or later clone of it does not, in bytes, beside images of databases.
    #[must_use]
    pub fn bytes_beside(&self, other: &Self) -> u64 {
        self.world.bytes_beside(&other.world)
            + self.observer.bytes_beside(&other.observer)
            + self.done.bytes_beside(&other.done)
    }

    /// Whoever watches.
    #[must_use]
    pub fn observer(&self) -> &O {
        &self.observer
    }

    /// Whoever watches, to be told or asked.
    pub fn observer_mut(&mut self) -> &mut O {
        &mut self.observer
    }

    /// How many things happened.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// How many steps were carried out.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// What was done to the cluster so far, and when.
    #[must_use]
    pub fn commands(&self) -> impl DoubleEndedIterator<Item = &(SimTime, Command)> {
        self.done.iter()
    }

    /// A hash of everything that happened so far.
    #[must_use]
    pub fn trace_hash(&self) -> u64 {
        let Folded(hash) = self.hasher.clone().finish();
        hash
    }

    /// When something happens next.
    #[must_use]
    pub fn next_at(&self) -> Option<SimTime> {
        let scheduled = self.schedule.get(self.next).map(|(at, _)| *at);
        match (self.world.next_at(), scheduled) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Carries out the next event or scheduled command. Events of an instant come before its commands. False when
    /// nothing is left.
    pub fn step(&mut self) -> bool {
        self.step_told(&mut |_| {})
    }

    /// As [`Run::step`], and shows somebody each event whom the run does not keep.
    pub fn step_told(&mut self, told: &mut dyn FnMut(&TraceEvent)) -> bool {
        let scheduled = self.schedule.get(self.next).map(|(at, _)| *at);
        let done = match (self.world.next_at(), scheduled) {
            (world, Some(at)) if world.is_none_or(|world| world > at) => {
                self.world.rest_until(at);
                let (_, command) = self.schedule[self.next].clone();
                self.next += 1;
                self.steps += 1;
                // A scheduled command that cannot be carried out says so in the trace.
                let _ = self.do_now(command, told);
                return true;
            }
            (Some(_), _) => self.world.step(),
            (None, _) => false,
        };
        self.steps += u64::from(done);
        self.watch(told);
        done
    }

    /// Carries out everything up to and including `at`; then it is `at`.
    pub fn run_until(&mut self, at: SimTime) {
        while self.next_at().is_some_and(|next| next <= at) {
            self.step();
        }
        self.rest_until(at);
    }

    /// Lets the clock stand at `at`, when nothing is planned before.
    pub fn rest_until(&mut self, at: SimTime) {
        if self.next_at().is_none_or(|next| next > at) {
            self.world.rest_until(at);
        }
    }

    /// Does something to the cluster now.
    ///
    /// # Errors
    /// Why it cannot be done, for the operator.
    pub fn act(&mut self, command: Command) -> Result<(), String> {
        self.act_told(command, &mut |_| {})
    }

    /// As [`Run::act`], and shows somebody each event whom the run does not keep.
    ///
    /// # Errors
    /// As [`Run::act`].
    pub fn act_told(&mut self, command: Command, told: &mut dyn FnMut(&TraceEvent)) -> Result<(), String> {
        self.observer.before_deed(&command, &self.world);
        self.do_now(command, told)
    }

    fn do_now(&mut self, command: Command, told: &mut dyn FnMut(&TraceEvent)) -> Result<(), String> {
        let done = self.world.act(&command);
        self.done.push((self.world.now(), command));
        self.watch(told);
        done
    }

    fn watch(&mut self, told: &mut dyn FnMut(&TraceEvent)) {
        let trace = self.world.take_trace();
        for event in &trace {
            take_in(&mut self.hasher, event);
            self.observer.observe(event, &self.world);
            told(event);
        }
        self.events += trace.len() as u64;
        self.world.recycle_trace(trace);
    }
}

/// Hashes an event. What is generic is compiled with whoever uses it, and so for size on the page; this is a good part of a
/// run's time, and is compiled here.
#[inline(never)]
fn take_in(hasher: &mut StableSipHasher128, event: &TraceEvent) {
    event.hash(hasher);
}
