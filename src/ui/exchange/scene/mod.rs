//! From a chart to a picture: where lanes, lines, bars, marks and words stand.

mod bars;
mod ground;
mod labels;
mod lines;

use super::chart::Chart;
use super::follow::Exchange;
use super::kinds::{KindSet, Kinds};
use super::labels::Room;
use super::lanes::Lanes;
use super::line::{End, Line};
use super::picture::{Dash, Paint, Picture, Shape, Style};
use super::window::Window;
use crate::engine::flavor::Flavor;
use crate::engine::ids::Addr;
use crate::engine::message::MessageKind;
use crate::engine::trace::MessageId;
use crate::order::{OrderedMap, OrderedSet};
use crate::ui::plan::{Point, Rect};

/// Room above the first lane, and for the axis.
const TOP: f64 = 16.0;
const AXIS: f64 = 24.0;
/// How strong what does not belong to the followed write is.
const FADED: u8 = 14;
/// The half of a bar's height.
const BAR: f64 = 4.5;

/// How the chart is looked at.
#[derive(Clone, Copy)]
pub struct Looks<'a> {
    /// The room, in CSS pixels.
    pub size: (f64, f64),
    /// What of it is for names.
    pub gutter: f64,
    /// The present, in microseconds.
    pub now_us: f64,
    /// Which kinds are wanted.
    pub kinds: KindSet,
    /// The write that is followed.
    pub followed: Option<&'a Exchange>,
    /// The message that is pointed at.
    pub pointed: Option<MessageId>,
    /// Whose words.
    pub flavor: Flavor,
}

impl Looks<'_> {
    fn x(&self, window: &Window, at_us: f64) -> f64 {
        self.gutter + (at_us - window.from) / window.span * self.across()
    }

    /// The width of the time.
    #[must_use]
    pub fn across(&self) -> f64 {
        (self.size.0 - self.gutter - 8.0).max(1.0)
    }

    fn y(&self, lanes: &Lanes, place: usize) -> f64 {
        let room = (self.size.1 - TOP - AXIS - 6.0).max(1.0);
        TOP + room * place as f64 / (lanes.len().saturating_sub(1)).max(1) as f64
    }

    fn lane(&self, lanes: &Lanes, who: Addr) -> Option<f64> {
        lanes.place(who).map(|place| self.y(lanes, place))
    }

    fn wants(&self, lanes: &Lanes, line: &Line) -> bool {
        let own = self.followed.is_some_and(|exchange| exchange.has_message(line.id));
        (own || self.kinds.has(Kinds::of(line.kind))) && lanes.has(line.from) && lanes.has(line.to)
    }

    /// The message nearest to a point, if one is near.
    #[must_use]
    pub fn nearest<'c>(&self, chart: &'c Chart, lanes: &Lanes, window: &Window, p: Point) -> Option<&'c Line> {
        let (from, to) = window.instants();
        let mut best: Option<(f64, &Line)> = None;
        for line in chart.lines_between(from, to).filter(|line| self.wants(lanes, line)) {
            let near =
                self.way(lanes, window, line).into_iter().map(|(a, b)| distance(p, a, b)).fold(f64::MAX, f64::min);
            let faded = self.followed.is_some_and(|exchange| !exchange.has_message(line.id));
            let cost = near + if faded { 4.0 } else { 0.0 };
            if near < 9.0 && best.is_none_or(|(known, _)| cost < known) {
                best = Some((cost, line));
            }
        }
        best.map(|(_, line)| line)
    }

    /// The way of a message, as far as it lies between the edges.
    fn way(&self, lanes: &Lanes, window: &Window, line: &Line) -> Vec<(Point, Point)> {
        let (Some(a), Some(b)) = (self.lane(lanes, line.from), self.lane(lanes, line.to)) else { return Vec::new() };
        let at = |us: u64, part: f64| Point { x: self.x(window, us as f64), y: a + (b - a) * part };
        let mut way = Vec::with_capacity(1);
        let mut push = |a: Point, b: Point| way.extend(self.clip(a, b));
        match line.held {
            None => {
                let end = match line.end {
                    End::Arrived(end) => at(end.0, 1.0),
                    End::Lost(end, _) => at(end.0, line.reach()),
                    End::Flying => at(line.arrives.0, 1.0),
                };
                push(at(line.sent.0, 0.0), end);
            }
            Some((since, until)) => {
                // A cut link is run against, waited at, and passed at last.
                let part = 0.4;
                let stub = at(since.0.max(line.sent.0), part);
                let stub = Point { x: stub.x + 3.0, ..stub };
                push(at(line.sent.0, 0.0), stub);
                let waits_to = match (until, line.end) {
                    (Some(until), _) => self.x(window, until.0 as f64),
                    (None, End::Lost(end, _)) => self.x(window, end.0 as f64),
                    (None, _) => self.x(window, self.now_us),
                };
                let last = Point { x: waits_to.max(stub.x), y: stub.y };
                push(stub, last);
                if until.is_some() {
                    match line.end {
                        End::Arrived(end) => push(last, at(end.0, 1.0)),
                        End::Lost(end, _) => push(last, at(end.0, part + (1.0 - part) * line.reach())),
                        End::Flying => push(last, at(line.arrives.0, 1.0)),
                    }
                }
            }
        }
        way
    }

    /// The part of a line between the left and the right edge.
    fn clip(&self, a: Point, b: Point) -> Option<(Point, Point)> {
        let (left, right) = (self.gutter, self.gutter + self.across());
        if b.x < left || a.x > right {
            return None;
        }
        let at = |x: f64| {
            let part = if b.x > a.x { (x - a.x) / (b.x - a.x) } else { 0.0 };
            Point { x, y: a.y + (b.y - a.y) * part }
        };
        Some((if a.x < left { at(left) } else { a }, if b.x > right { at(right) } else { b }))
    }
}

fn distance(p: Point, a: Point, b: Point) -> f64 {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    let length = dx * dx + dy * dy;
    let t = if length > 0.0 { (((p.x - a.x) * dx + (p.y - a.y) * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    (p.x - a.x - t * dx).hypot(p.y - a.y - t * dy)
}

/// How the lines of a kind look.
fn style(kind: MessageKind) -> Style {
    let (paint, width, dash) = match kind {
        MessageKind::Log | MessageKind::Backup => (Paint::Log, 16, Dash::Solid),
        MessageKind::Acknowledgement => (Paint::Ack, 15, Dash::Dashed),
        MessageKind::Query | MessageKind::Cancel => (Paint::Query, 15, Dash::Solid),
        MessageKind::Result => (Paint::Result, 15, Dash::Solid),
        MessageKind::Lease => (Paint::Lease, 15, Dash::Dotted),
        MessageKind::Heartbeat | MessageKind::Handshake | MessageKind::Connection => (Paint::Quiet, 12, Dash::Dotted),
    };
    Style { strength: 100, paint, width, dash }
}

/// Shapes that are gathered by how they look, so that each look is drawn at once.
#[derive(Default)]
struct Gathered {
    lines: OrderedMap<Style, Vec<(Point, Point)>>,
    dots: OrderedMap<(u8, Paint), Vec<Point>>,
    rects: OrderedMap<(u8, Paint), Vec<Rect>>,
    crosses: Vec<(Point, Point)>,
}

impl Gathered {
    fn into_shapes(self, shapes: &mut Vec<Shape>) {
        shapes.extend(self.lines.into_iter().map(|(style, lines)| Shape::Lines(style, lines)));
        let bars = self.rects.into_iter().map(|((strength, paint), rects)| Shape::Rects(paint, strength, 2.5, rects));
        shapes.extend(bars);
        let dots = self.dots.into_iter().map(|((strength, paint), dots)| Shape::Dots(paint, strength, 2.8, dots));
        shapes.extend(dots);
        if !self.crosses.is_empty() {
            shapes.push(Shape::Lines(Style::line(Paint::Trouble, 20), self.crosses));
        }
    }
}

/// How much of a chart was drawn, and how: what came since is drawn to it.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    lines: usize,
    bars: usize,
    marks: usize,
    amended: u64,
    /// Whether one line stands for several.
    dense: bool,
    /// Whether there are words.
    words: bool,
    bucket_us: u64,
    buckets: OrderedSet<(Addr, Addr, MessageKind, u64)>,
    /// Where the last narrow bar of a look is on a lane.
    last: OrderedMap<(Addr, bool, u8), f64>,
}

impl Seen {
    /// Whether what was drawn of the chart is still so.
    #[must_use]
    pub fn holds_for(&self, chart: &Chart) -> bool {
        self.amended == chart.amended()
    }
}

/// Draws a chart.
#[must_use]
pub fn draw(chart: &Chart, lanes: &Lanes, window: &Window, looks: &Looks<'_>) -> Picture {
    let (mut picture, _) = still(chart, lanes, window, looks);
    picture.shapes.extend(frame(lanes, window, looks));
    picture
}

/// What moves with time: all but the names of the lanes and the present.
#[must_use]
pub fn still(chart: &Chart, lanes: &Lanes, window: &Window, looks: &Looks<'_>) -> (Picture, Seen) {
    let mut picture = Picture { size: looks.size, ..Picture::default() };
    let (lines, bars, marks) = chart.counts();
    let mut seen = Seen { lines, bars, marks, amended: chart.amended(), ..Seen::default() };
    let mut room = Room::default();
    ground::ground(&mut picture, lanes, window, looks);
    ground::spells(&mut picture, chart, lanes, window, looks);
    let mut gathered = Gathered::default();
    let labelled = lines::lines(&mut picture, &mut gathered, chart, lanes, window, looks, &mut seen);
    seen.words = labelled.is_some();
    let (labels, taken) = bars::bars(&mut gathered, chart, lanes, window, looks, &mut seen);
    taken.into_iter().for_each(|place| room.block(place));
    gathered.into_shapes(&mut picture.shapes);
    labels::words(&mut picture, labelled.unwrap_or_default(), labels, &mut room, lanes, looks);
    (picture, seen)
}

/// What came since `seen`, without words; they come with the next whole picture.
#[must_use]
pub fn newest(chart: &Chart, lanes: &Lanes, window: &Window, looks: &Looks<'_>, seen: &mut Seen) -> Vec<Shape> {
    let mut gathered = Gathered::default();
    let (from, to) = window.instants();
    let (lines, bars, marks) = chart.since((seen.lines, seen.bars, seen.marks));
    for line in lines.iter().filter(|line| line.sent <= to && line.over() >= from && looks.wants(lanes, line)) {
        lines::one(&mut gathered, line, lanes, window, looks, seen, &mut Vec::new());
    }
    bars::several(&mut gathered, chart.to(), bars.iter(), marks, lanes, window, looks, seen);
    (seen.lines, seen.bars, seen.marks) = chart.counts();
    let mut shapes = Vec::new();
    gathered.into_shapes(&mut shapes);
    shapes
}

/// The names of the lanes and the present.
#[must_use]
pub fn frame(lanes: &Lanes, window: &Window, looks: &Looks<'_>) -> Vec<Shape> {
    let mut shapes = Vec::new();
    ground::names(&mut shapes, lanes, looks);
    ground::present(&mut shapes, window, looks);
    shapes
}
