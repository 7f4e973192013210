//! One laboratory: the run, its clock, and everybody who wants to know how it goes.
//!
//! The laboratory owns the run and decides when virtual time passes; components only draw what it publishes and hand it
//! commands. Structure and figures are published as a [`Snapshot`], a few times a second and only when they differ;
//! what moves with every frame (packets) is drawn by the [`Painter`] straight from the run.

mod core;
mod doom;
mod frames;
mod kept;
mod opening;
mod simulation;
mod snapshot;
mod throughput;
mod time;
mod travel;
mod typed;
mod watch;
mod why;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use yew::prelude::*;

use crate::engine::time::SimTime;
use crate::order::OrderedMap;
use crate::sim::command::Command;
use crate::sim::view::PacketView;
use crate::ui::pace::Pace;

use self::core::{Core, same_apart_from_now};
pub use doom::Doom;
use frames::Frames;
pub use frames::wall_ms;
pub use kept::use_kept;
pub use opening::Opening;
pub use simulation::{Finding, FindingMark, Simulation, Tally, value};
pub use snapshot::{Snapshot, use_calm, use_snapshot};
pub use throughput::{BUCKETS, Work};
pub use travel::Landmark;
pub use typed::Typed;
pub use watch::{Counts, DropMark, Entry, Mark, Route, Watch};
pub use why::{Answer, Reason};

/// What a frame is drawn from.
pub struct Frame<'a> {
    /// Messages under way.
    pub packets: &'a [PacketView],
    /// The instant, between two microseconds.
    pub now_us: f64,
    /// How fast time passes.
    pub pace: Pace,
    /// Whether it does.
    pub playing: bool,
    /// What the page remembers.
    pub watch: &'a mut Watch,
    /// Wall time in milliseconds.
    pub wall_ms: f64,
}

/// Draws what moves.
pub trait Painter {
    /// Draws a frame; whether it wants another although time stands still.
    fn paint(&self, frame: &mut Frame<'_>) -> bool;
}

/// Draws the run in another way: it asks the laboratory for what it needs.
pub trait Sheet {
    /// Draws what differs from what it drew last; whether it wants another frame although time stands still.
    fn paint(&self, lab: &Lab, wall_ms: f64) -> bool;
}

thread_local! {
    /// Counts laboratories.
    static BEGUN: Cell<u32> = const { Cell::new(0) };
    /// How many there are now.
    static LIVING: Cell<u32> = const { Cell::new(0) };
    /// The one at work, or the last that was.
    static AT_WORK: Cell<u32> = const { Cell::new(0) };
}

/// How many laboratories there are: those that were closed and are still held count, too.
#[must_use]
pub fn living() -> u32 {
    LIVING.get()
}

/// The number of the laboratory that is at work, or was last: after a panic, the one at fault.
#[must_use]
pub fn at_work() -> u32 {
    AT_WORK.get()
}

/// Where in memory that number stands.
#[must_use]
pub fn at_work_place() -> *const u32 {
    AT_WORK.with(Cell::as_ptr)
}

/// How the prefixes of figures in other people's pages begin; www/widget/replication-lab.js gives them.
const FIGURE: &str = "rl-w";

struct Inner {
    number: u32,
    prefix: String,
    core: RefCell<Core>,
    snapshot: RefCell<Rc<Snapshot>>,
    listeners: RefCell<Vec<(u32, Callback<Rc<Snapshot>>)>>,
    next_listener: Cell<u32>,
    painter: RefCell<Option<Rc<dyn Painter>>>,
    /// A run that is kept at the same instant, to be compared.
    twin: RefCell<Option<Lab>>,
    opening: Opening,
    /// What is chosen in components, by name.
    kept: RefCell<OrderedMap<&'static str, Rc<dyn Any>>>,
    sheet: RefCell<Option<Rc<dyn Sheet>>>,
    frames: Frames,
    /// How the next frame ends: for tests of what happens then.
    doom: Cell<Option<Doom>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        LIVING.set(LIVING.get().saturating_sub(1));
    }
}

/// A handle on a laboratory; clones are the same laboratory.
#[derive(Clone)]
pub struct Lab(Rc<Inner>);

impl PartialEq for Lab {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Lab {
    /// Sets a laboratory up and runs it until it is warm.
    ///
    /// # Errors
    /// When the engine cannot be set up; the text says why.
    pub fn open(prefix: String, opening: Opening) -> Result<Lab, String> {
        let Opening { setup, schedule, deeds, moment, .. } = opening.clone();
        let simulation = Simulation::open(setup, schedule, deeds, moment)?;
        Ok(Lab::around(prefix, simulation, opening))
    }

    /// A laboratory around a run that is under way; the opening is what it began with.
    #[must_use]
    pub fn around(prefix: String, simulation: Simulation, opening: Opening) -> Lab {
        let mut core = Core {
            now_us: simulation.now().0 as f64,
            simulation,
            packets: Vec::new(),
            playing: false,
            pace: opening.pace,
            last_wall_ms: None,
            published_at_ms: 0.0,
            published_told: 0,
            published_structure: 0,
            strained: false,
            jumps: 0,
            wanted: None,
            led: false,
        };
        let snapshot = Rc::new(core.snapshot());
        let inner = Rc::new_cyclic(|weak: &std::rc::Weak<Inner>| {
            let weak = weak.clone();
            let frames = Frames::new(move |wall_ms| match weak.upgrade() {
                Some(inner) => Lab(inner).frame(wall_ms),
                None => false,
            });
            let number = BEGUN.get() + 1;
            BEGUN.set(number);
            LIVING.set(LIVING.get() + 1);
            Inner {
                number,
                prefix,
                core: RefCell::new(core),
                snapshot: RefCell::new(snapshot),
                listeners: RefCell::default(),
                next_listener: Cell::new(0),
                painter: RefCell::default(),
                twin: RefCell::default(),
                opening,
                kept: RefCell::default(),
                sheet: RefCell::default(),
                frames,
                doom: Cell::new(None),
            }
        });
        Lab(inner)
    }

    /// An id that no other laboratory of the page has.
    #[must_use]
    pub fn id(&self, name: &str) -> String {
        format!("{}-{name}", self.0.prefix)
    }

    /// The role of its parts where they must not be landmarks: a page may have several figures, whose landmarks would all
    /// have the same names.
    #[must_use]
    pub fn part_role(&self) -> Option<&'static str> {
        self.0.prefix.starts_with(FIGURE).then_some("group")
    }

    /// Its number among all that the module has begun.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.0.number
    }

    /// Says that what happens next happens to this laboratory.
    pub fn mark(&self) {
        AT_WORK.set(self.0.number);
    }

    /// Makes the next frame end the program: for tests of what happens then.
    pub fn doom(&self, doom: Doom) {
        self.0.doom.set(Some(doom));
        self.0.frames.request();
    }

    /// Rests while nobody can see it: time stands still, and goes on from there.
    pub fn set_resting(&self, resting: bool) {
        if let Ok(mut core) = self.0.core.try_borrow_mut() {
            core.last_wall_ms = None;
        }
        self.0.frames.set_resting(resting);
    }

    /// What a component keeps here.
    #[must_use]
    pub fn kept<T: Clone + 'static>(&self, name: &str) -> Option<T> {
        self.0.kept.borrow().get(name)?.downcast_ref::<T>().cloned()
    }

    /// Keeps it, under a name of its own.
    pub fn keep<T: 'static>(&self, name: &'static str, value: T) {
        self.0.kept.borrow_mut().insert(name, Rc::new(value));
    }

    /// What was published last.
    #[must_use]
    pub fn snapshot(&self) -> Rc<Snapshot> {
        self.0.snapshot.borrow().clone()
    }

    /// The instant.
    #[must_use]
    pub fn now(&self) -> SimTime {
        // A panic in the engine leaves the run borrowed for ever; a clock that goes on asking must not panic again.
        self.0.core.try_borrow().map_or(SimTime::ZERO, |core| SimTime(core.now_us as u64))
    }

    /// Reads from the run; the closure must not call the laboratory.
    pub fn with<T>(&self, read: impl FnOnce(&mut Simulation) -> T) -> T {
        read(&mut self.0.core.borrow_mut().simulation)
    }

    /// Does something to the cluster, now.
    ///
    /// # Errors
    /// When it could not be done; the text says why.
    pub fn act(&self, command: Command) -> Result<(), String> {
        if let Some(twin) = self.twin() {
            // What one of the two refuses, the other may do: that is part of the comparison.
            let _ = twin.act(command.clone());
        }
        let done = self.0.core.borrow_mut().simulation.act(command);
        self.publish();
        self.0.frames.request();
        done
    }

    /// What it began with.
    #[must_use]
    pub fn opening(&self) -> &Opening {
        &self.0.opening
    }

    /// Asks for a frame, as when the stage has changed its shape.
    pub fn request_frame(&self) {
        self.0.frames.request();
    }

    /// Who draws what moves; `None` when the stage goes away.
    pub fn set_painter(&self, painter: Option<Rc<dyn Painter>>) {
        *self.0.painter.borrow_mut() = painter;
        self.0.frames.request();
    }

    /// What is drawn beside the stage; `None` when it goes away.
    pub fn set_sheet(&self, sheet: Option<Rc<dyn Sheet>>) {
        *self.0.sheet.borrow_mut() = sheet;
        self.0.frames.request();
    }

    /// The instant, with the fraction of a microsecond that no event can tell.
    #[must_use]
    pub fn now_us(&self) -> f64 {
        self.0.core.try_borrow().map_or(0.0, |core| core.now_us)
    }

    /// Has every further snapshot sent to a callback, until [`Lab::unsubscribe`].
    pub fn subscribe(&self, callback: Callback<Rc<Snapshot>>) -> u32 {
        let id = self.0.next_listener.get();
        self.0.next_listener.set(id.wrapping_add(1));
        self.0.listeners.borrow_mut().push((id, callback));
        id
    }

    /// Ends a subscription.
    pub fn unsubscribe(&self, id: u32) {
        self.0.listeners.borrow_mut().retain(|(listener, _)| *listener != id);
    }

    /// Stops for good: no frame is drawn any more.
    pub fn close(&self) {
        self.0.frames.stop();
        *self.0.painter.borrow_mut() = None;
        *self.0.sheet.borrow_mut() = None;
        self.0.listeners.borrow_mut().clear();
        if let Some(twin) = self.0.twin.take() {
            twin.close();
        }
    }

    /// One frame; whether another is wanted.
    fn frame(&self, wall_ms: f64) -> bool {
        self.mark();
        if let Some(doom) = self.0.doom.get() {
            doom.come();
        }
        let twin = self.twin();
        let (now_us, playing, pace) = {
            let core = self.0.core.borrow();
            (core.now_us, core.playing, core.pace)
        };
        // Locked: time goes on when both have come to where it stands.
        let waits = twin.as_ref().is_some_and(|twin| !twin.catch_up(now_us, playing, pace));
        let due = {
            let mut core = self.0.core.borrow_mut();
            if waits {
                core.last_wall_ms = Some(wall_ms);
            }
            core.advance(wall_ms)
        };
        let painter = self.0.painter.borrow().clone();
        let again = painter.is_some_and(|painter| self.0.core.borrow_mut().paint(&*painter, wall_ms));
        if due {
            self.publish();
        }
        let sheet = self.0.sheet.borrow().clone();
        let more = sheet.is_some_and(|sheet| sheet.paint(self, wall_ms));
        again || more || waits || self.0.core.borrow().playing
    }

    /// Tells everybody how things stand, if that differs from what they know.
    fn publish(&self) {
        let mut snapshot = {
            let mut core = self.0.core.borrow_mut();
            core.published_at_ms = wall_ms();
            core.snapshot()
        };
        let known = self.snapshot();
        if same_apart_from_now(&snapshot.view, &known.view) {
            snapshot.view = known.view.clone();
        }
        if *known == snapshot {
            return;
        }
        let snapshot = Rc::new(snapshot);
        *self.0.snapshot.borrow_mut() = snapshot.clone();
        let listeners: Vec<Callback<Rc<Snapshot>>> =
            self.0.listeners.borrow().iter().map(|(_, callback)| callback.clone()).collect();
        for listener in listeners {
            listener.emit(snapshot.clone());
        }
    }
}
