//! What the diagram keeps between two frames: the chart, what of it is in view, and what was drawn last.

use std::cell::RefCell;
use std::rc::Rc;

use web_sys::HtmlCanvasElement;
use yew::prelude::*;

use super::canvas::{Board, Colours};
use super::film::Film;
use crate::engine::ids::Addr;
use crate::engine::time::SimTime;
use crate::engine::trace::{Life, MessageId};
use crate::sim::recording::BranchId;
use crate::sim::view::ClusterView;
use crate::ui::exchange::{Chart, Exchange, KindSet, Lanes, Line, Looks, Picture, Window, draw, frame, svg};
use crate::ui::faces::name_width;
use crate::ui::lab::{Lab, Sheet, wall_ms as clock_ms};
use crate::ui::parts::dom;
use crate::ui::parts::ink::{self, Ink};
use crate::ui::plan::Point;

/// The most steps of the run that are played again in one frame.
const STEPS_A_FRAME: u64 = 6_000;
/// Events before the view that are taken, so that what began before is there: a part of the view, and at least this.
const BEFORE_US: f64 = 150_000.0;
/// The most messages: a chart with more lets go of what was before the view, and a view with more becomes shorter.
const MOST_LINES: usize = 60_000;
/// A picture that took long to draw is drawn less often while time passes: it rests so many times as long as it took.
const REST: f64 = 3.0;
/// And at least so long, in milliseconds: every other frame is enough for what glides.
const LEAST_REST_MS: f64 = 30.0;
/// With reduced motion the view moves on this often.
const STEP_MS: f64 = 500.0;
/// Between two reports of what is in view.
const REPORT_MS: f64 = 200.0;
/// The least distance between two lanes, and what is above and below them.
const LANE: f64 = 21.0;
const AROUND: f64 = 46.0;

/// What of the diagram the page says in words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InView {
    /// Messages in view.
    pub messages: usize,
    /// How many lines stand for them.
    pub drawn: usize,
    /// From when to when.
    pub window: (SimTime, SimTime),
    /// Whether it follows the present.
    pub follows: bool,
}

/// What is wanted of the diagram by those around it.
#[derive(Clone, PartialEq)]
pub struct Wanted {
    pub view: Rc<ClusterView>,
    pub kinds: KindSet,
    pub hidden: Rc<Vec<Addr>>,
    pub followed: Option<crate::ui::ties::Followed>,
    pub pointed: Option<MessageId>,
    /// Counts changes of the theme.
    pub theme: u32,
    /// How much time is in view at first, in microseconds.
    pub usual_us: f64,
}

struct State {
    chart: Chart,
    branch: Option<(BranchId, SimTime)>,
    window: Window,
    follows: bool,
    /// Whether the reader chose how much is in view.
    zoomed: bool,
    size: (f64, f64),
    wanted: Wanted,
    lanes: Lanes,
    colours: Option<Colours>,
    /// What is written for the canvas.
    ink: Option<Ink>,
    /// What was drawn while time passed; `None` where it is no longer so.
    film: Option<Film>,
    seen_now: f64,
    dirty: bool,
    drawn_at: f64,
    /// How long the last picture took, in milliseconds.
    cost: f64,
    reported: Option<InView>,
    reported_at: f64,
    counts: (usize, usize),
}

impl State {
    /// Nothing that was drawn is of use.
    fn anew(&mut self) {
        self.film = None;
        self.dirty = true;
    }
}

/// The diagram's memory and its painter.
pub struct Diagram {
    canvas: NodeRef,
    state: RefCell<State>,
    report: Callback<InView>,
}

impl Diagram {
    /// A diagram on a canvas; `report` is told of what is in view, now and then.
    pub fn new(canvas: NodeRef, wanted: Wanted, report: Callback<InView>) -> Diagram {
        let state = State {
            chart: Chart::default(),
            branch: None,
            window: Window::following(0.0, wanted.usual_us),
            follows: true,
            zoomed: false,
            size: (0.0, 0.0),
            lanes: Lanes::default(),
            wanted,
            colours: None,
            ink: None,
            film: None,
            seen_now: -1.0,
            dirty: true,
            drawn_at: 0.0,
            cost: 0.0,
            reported: None,
            reported_at: 0.0,
            counts: (0, 0),
        };
        Diagram { canvas, state: RefCell::new(state), report }
    }

    /// Takes what is wanted now.
    pub fn want(&self, wanted: Wanted) {
        let mut state = self.state.borrow_mut();
        if state.wanted.theme != wanted.theme {
            state.colours = None;
        }
        if state.wanted.usual_us != wanted.usual_us && !state.zoomed {
            let now = state.window.from + 0.8 * state.window.span;
            state.window = Window::following(now, wanted.usual_us);
        }
        // A view alone changes the lanes at most, and these are compared when it is drawn.
        let others = Wanted { view: state.wanted.view.clone(), ..wanted.clone() } != state.wanted;
        state.wanted = wanted;
        state.dirty = true;
        if others {
            state.film = None;
        }
    }

    /// Takes the room.
    pub fn resize(&self, width: f64, height: f64) {
        let mut state = self.state.borrow_mut();
        if state.size != (width, height) {
            state.size = (width, height);
            state.anew();
        }
    }

    /// Shows another stretch of time, and follows the present no more.
    pub fn look(&self, end: SimTime, change: impl FnOnce(Window) -> Window) {
        let mut state = self.state.borrow_mut();
        let before = state.window;
        state.window = change(before).within(end);
        state.zoomed |= (state.window.span - before.span).abs() > 0.5;
        state.follows = false;
        state.anew();
    }

    /// Makes the view longer or shorter; one that follows the present goes on doing so.
    pub fn zoom(&self, end: SimTime, factor: f64, at: Option<f64>) {
        let mut state = self.state.borrow_mut();
        let at = at.unwrap_or(if state.follows { 0.8 } else { 0.5 });
        state.window = state.window.zoomed(factor, at);
        if !state.follows {
            state.window = state.window.within(end);
        }
        state.zoomed = true;
        state.anew();
    }

    /// Follows the present again.
    pub fn follow_present(&self, now_us: f64) {
        let mut state = self.state.borrow_mut();
        state.window = Window::following(now_us, state.window.span);
        state.follows = true;
        state.anew();
    }

    /// The part of the view's width at which a point stands.
    pub fn part_at(&self, x: f64) -> f64 {
        let state = self.state.borrow();
        let looks = looks(&state, 0.0);
        ((x - looks.gutter) / looks.across()).clamp(0.0, 1.0)
    }

    /// The width of the time in pixels.
    pub fn across(&self) -> f64 {
        let state = self.state.borrow();
        looks(&state, 0.0).across()
    }

    /// The message at a point.
    pub fn at(&self, p: Point, now_us: f64) -> Option<Line> {
        let state = self.state.borrow();
        looks(&state, now_us).nearest(&state.chart, &state.lanes, &state.window, p).cloned()
    }

    /// The lanes that there are, shown or not.
    pub fn all_lanes(&self) -> Lanes {
        let state = self.state.borrow();
        Lanes::of(&state.wanted.view, &state.chart)
    }

    /// The messages that begin in view, in the order of sending: at most the newest `most`, and how many there are.
    pub fn lines(&self, most: usize) -> (Vec<Line>, usize) {
        let state = self.state.borrow();
        let (from, to) = state.window.instants();
        let wanted = |line: &&Line| {
            state.wanted.kinds.has(crate::ui::exchange::Kinds::of(line.kind))
                && state.lanes.has(line.from)
                && state.lanes.has(line.to)
                && line.sent >= from
        };
        let all: Vec<&Line> = state.chart.lines_between(from, to).filter(wanted).collect();
        let first = all.len().saturating_sub(most);
        (all.iter().skip(first).map(|line| (*line).clone()).collect(), all.len())
    }

    /// Reads from the chart.
    pub fn with_chart<T>(&self, read: impl FnOnce(&Chart) -> T) -> T {
        read(&self.state.borrow().chart)
    }

    /// What is drawn as an SVG file; `None` before it has a size.
    pub fn file(&self, now_us: f64, title: &str, words: &str) -> Option<String> {
        let canvas = self.canvas.cast::<HtmlCanvasElement>()?;
        let state = self.state.borrow();
        if state.size.0 <= 0.0 {
            return None;
        }
        let colours = Colours::read(&canvas);
        let picture = picture(&state, now_us);
        Some(svg(&picture, title, words, |paint| colours.of(paint).to_owned()))
    }

    /// Takes what is missing of the trace; whether all of it is there.
    fn fill(&self, state: &mut State, lab: &Lab) -> bool {
        lab.with(|simulation| {
            let (end, branch) = (simulation.end(), simulation.branch());
            let (from, to) = state.window.instants();
            let before = BEFORE_US.max(state.window.span * 0.25);
            let first = SimTime((from.0 as f64 - before).max(0.0) as u64);
            // How a way ended is of interest even where the end is out of sight.
            let to = SimTime(to.0.saturating_add(before as u64)).min(end);
            let same = state.branch.is_some_and(|(known, known_end)| known == branch && end >= known_end);
            let many = state.chart.lines().len() > MOST_LINES;
            let old = first.since(state.chart.from()) as f64 > state.window.span;
            let far = (many && old) || state.chart.to() < from;
            if many && !old {
                state.window = state.window.zoomed(0.7, if state.follows { 0.8 } else { 0.5 });
                state.zoomed = true;
                state.film = None;
            }
            if !same || state.chart.from() > first || far {
                let lives = lives(simulation.watch().lives(), first);
                state.chart = Chart::new(first, &lives);
                state.anew();
            }
            state.branch = Some((branch, end));
            if state.chart.to() >= to && state.chart.to() > first {
                return true;
            }
            let (known, chart) = (state.chart.to(), &mut state.chart);
            let all = simulation.events_between(known, to, STEPS_A_FRAME, &mut |event| chart.note(event));
            if all {
                chart.came_to(to);
            }
            state.dirty = true;
            all
        })
    }
}

/// Who was not running at an instant, by what the page remembers.
fn lives(known: impl Iterator<Item = (SimTime, Addr, Life)>, at: SimTime) -> Vec<(Addr, Life)> {
    let mut lives: Vec<(Addr, Life)> = Vec::new();
    for (since, who, life) in known {
        if since < at {
            lives.retain(|(one, _)| *one != who);
            lives.push((who, life));
        }
    }
    lives
}

impl Sheet for Diagram {
    fn paint(&self, lab: &Lab, wall_ms: f64) -> bool {
        let report = {
            let mut state = self.state.borrow_mut();
            let state = &mut *state;
            let (now, playing) = (lab.now_us(), lab.snapshot().playing);
            if state.size.0 < 1.0 {
                return false;
            }
            if !ink::ready() {
                return true;
            }
            let rest = if dom::reduced_motion() { STEP_MS } else { LEAST_REST_MS.max(REST * state.cost) };
            if playing && wall_ms - state.drawn_at < rest && !state.dirty {
                return false;
            }
            if now != state.seen_now {
                let first = state.seen_now < 0.0;
                state.seen_now = now;
                state.dirty = true;
                state.window = match () {
                    () if state.follows && (playing || first) => Window::following(now, state.window.span),
                    () if !playing && !first => state.window.with(now),
                    () => state.window,
                };
            }
            let begun = clock_ms();
            let whole = self.fill(state, lab);
            if state.dirty {
                state.dirty = false;
                state.drawn_at = wall_ms;
                let lanes = Lanes::of(&state.wanted.view, &state.chart).without(&state.wanted.hidden);
                if lanes != state.lanes {
                    (state.lanes, state.film) = (lanes, None);
                }
                if let Some(canvas) = self.canvas.cast::<HtmlCanvasElement>() {
                    paint(state, &canvas, now, (playing && !dom::reduced_motion()).then_some(wall_ms));
                }
                state.cost = clock_ms() - begun;
            }
            if !whole {
                state.dirty = true;
            }
            self.due(state, wall_ms, playing).map(|in_view| (in_view, whole)).ok_or(whole)
        };
        match report {
            Ok((in_view, whole)) => {
                self.report.emit(in_view);
                !whole
            }
            Err(whole) => !whole,
        }
    }
}

impl Diagram {
    fn due(&self, state: &mut State, wall_ms: f64, playing: bool) -> Option<InView> {
        let (messages, drawn) = state.counts;
        let in_view = InView { messages, drawn, window: state.window.instants(), follows: state.follows };
        let late = !playing || wall_ms - state.reported_at >= REPORT_MS;
        if state.reported == Some(in_view) || !late {
            return None;
        }
        (state.reported, state.reported_at) = (Some(in_view), wall_ms);
        Some(in_view)
    }
}

/// Draws all, or, where time passes, what there is of a film.
fn paint(state: &mut State, canvas: &HtmlCanvasElement, now_us: f64, passes: Option<f64>) {
    let colours = state.colours.get_or_insert_with(|| Colours::read(canvas)).clone();
    let ink = state.ink.take().filter(|ink| ink.is_for(canvas)).unwrap_or_else(|| Ink::new(Some(canvas)));
    let mut film = state.film.take();
    let looks = looks(state, now_us);
    let board = Board::new(&ink, looks.size);
    board.clear();
    dom::set_property(canvas, "height", &format!("{:.0}px", looks.size.1));
    if let Some(wall_ms) = passes {
        let held = film.take_if(|film| film.holds_for(&state.chart, &state.window, wall_ms));
        let mut film = held
            .unwrap_or_else(|| Film::take(film, &state.chart, &state.lanes, &state.window, &looks, &colours, wall_ms));
        film.show(&board, &state.chart, &state.lanes, &state.window, &looks, &colours);
        board.draw(&frame(&state.lanes, &state.window, &looks), &colours);
        state.counts = film.counts();
        state.film = Some(film);
    } else {
        let picture = draw(&state.chart, &state.lanes, &state.window, &looks);
        board.draw(&picture.shapes, &colours);
        state.counts = (picture.messages, picture.drawn);
    }
    board.show();
    state.ink = Some(ink);
}

fn looks(state: &State, now_us: f64) -> Looks<'_> {
    let exchange: Option<&Exchange> = state.wanted.followed.as_ref().map(|followed| &*followed.exchange);
    let needed = LANE * state.lanes.len().saturating_sub(1) as f64 + AROUND;
    let longest = state.lanes.iter().map(|lane| name_width(&lane.name)).fold(0.0, f64::max);
    let gutter = (longest + 24.0).clamp(52.0, if state.size.0 < 520.0 { 84.0 } else { 132.0 });
    Looks {
        size: (state.size.0, state.size.1.max(needed)),
        gutter,
        now_us,
        kinds: state.wanted.kinds,
        followed: exchange,
        pointed: state.wanted.pointed,
        flavor: state.wanted.view.flavor,
    }
}

fn picture(state: &State, now_us: f64) -> Picture {
    draw(&state.chart, &state.lanes, &state.window, &looks(state, now_us))
}
