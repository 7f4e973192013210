//! From a chart to a picture: where lanes, lines, bars, marks and words stand.

use std::collections::{BTreeMap, BTreeSet};

use super::chart::Chart;
use super::facts::label;
use super::follow::Exchange;
use super::kinds::{KindSet, Kinds};
use super::labels::Room;
use super::lanes::Lanes;
use super::line::{BarKind, End, Line, MarkKind};
use super::picture::{Dash, Font, Paint, Picture, Shape, Style};
use super::ticks::ticks;
use super::window::Window;
use crate::engine::flavor::Flavor;
use crate::engine::ids::Addr;
use crate::engine::message::MessageKind;
use crate::engine::trace::{Life, MessageId};
use crate::ui::plan::{Point, Rect};
use crate::ui::words::duration;

/// More messages than this in a hundred pixels, and one line stands for several.
const DENSE_PER_100_PX: f64 = 60.0;
/// The least width that lines of one direction then have between them, in pixels.
const BUCKET_PX: f64 = 4.0;
/// More messages than this in a hundred pixels, and there are no words.
const WORDLESS_PER_100_PX: f64 = 16.0;
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
    lines: BTreeMap<Style, Vec<(Point, Point)>>,
    dots: BTreeMap<(u8, Paint), Vec<Point>>,
    rects: BTreeMap<(u8, Paint), Vec<Rect>>,
    crosses: Vec<(Point, Point)>,
}

/// Draws a chart.
#[must_use]
pub fn draw(chart: &Chart, lanes: &Lanes, window: &Window, looks: &Looks<'_>) -> Picture {
    let mut picture = Picture { size: looks.size, ..Picture::default() };
    let mut room = Room::default();
    ground(&mut picture, lanes, window, looks);
    spells(&mut picture, chart, lanes, window, looks);
    let mut gathered = Gathered::default();
    let labelled = lines(&mut picture, &mut gathered, chart, lanes, window, looks);
    let labels = bars(&mut gathered, chart, lanes, window, looks, &mut room, labelled.is_some());
    let Gathered { lines, dots, rects, crosses } = gathered;
    picture.shapes.extend(lines.into_iter().map(|(style, lines)| Shape::Lines(style, lines)));
    let bars = rects.into_iter().map(|((strength, paint), rects)| Shape::Rects(paint, strength, 2.5, rects));
    picture.shapes.extend(bars);
    let dots = dots.into_iter().map(|((strength, paint), dots)| Shape::Dots(paint, strength, 2.8, dots));
    picture.shapes.extend(dots);
    if !crosses.is_empty() {
        picture.shapes.push(Shape::Lines(Style::line(Paint::Trouble, 20), crosses));
    }
    words(&mut picture, labelled.unwrap_or_default(), labels, &mut room, lanes, window, looks);
    present(&mut picture, window, looks);
    picture
}

/// Lanes with their names, and the axis.
fn ground(picture: &mut Picture, lanes: &Lanes, window: &Window, looks: &Looks<'_>) {
    let (left, right) = (looks.gutter, looks.gutter + looks.across());
    let bottom = looks.size.1 - AXIS + 4.0;
    let mut grid = Vec::new();
    let mut texts = Vec::new();
    for (at, text) in ticks(window, 92.0 / looks.across()) {
        let x = looks.x(window, at);
        grid.push((Point { x, y: 4.0 }, Point { x, y: bottom }));
        let width = Font::Figure.width(&text);
        let x = (x - width / 2.0).clamp(2.0, (looks.size.0 - width - 2.0).max(2.0));
        texts.push((Point { x, y: looks.size.1 - 6.0 }, text));
    }
    picture.shapes.push(Shape::Lines(Style { strength: 60, ..Style::line(Paint::Grid, 10) }, grid));
    let ways = (0..lanes.len()).map(|place| looks.y(lanes, place));
    let ways = ways.map(|y| (Point { x: left, y }, Point { x: right, y })).collect();
    picture.shapes.push(Shape::Lines(Style { strength: 75, ..Style::line(Paint::Lane, 10) }, ways));
    for (place, lane) in lanes.iter().enumerate() {
        let passed = looks.followed.is_none_or(|exchange| exchange.passed().contains(&lane.who));
        let chars = ((looks.gutter - 18.0) / 7.9).max(3.0) as usize;
        picture.shapes.push(Shape::Text {
            at: Point { x: left - 12.0, y: looks.y(lanes, place) + 4.5 },
            text: crate::ui::faces::clip(&lane.name, chars),
            paint: if passed { lane.paint } else { Paint::Ink3 },
            strength: 100,
            font: Font::Name,
            to_left: true,
        });
    }
    for (at, text) in texts {
        let (paint, font) = (Paint::Ink3, Font::Figure);
        picture.shapes.push(Shape::Text { at, text, paint, strength: 100, font, to_left: false });
    }
}

/// Times in which a lane's owner did not run.
fn spells(picture: &mut Picture, chart: &Chart, lanes: &Lanes, window: &Window, looks: &Looks<'_>) {
    let (left, right) = (looks.gutter, looks.gutter + looks.across());
    for spell in chart.spells() {
        let Some(y) = looks.lane(lanes, spell.lane) else { continue };
        let from = looks.x(window, spell.from.0 as f64).max(left);
        let known = looks.x(window, (chart.to().0 as f64).max(looks.now_us));
        let to = spell.to.map_or(known, |to| looks.x(window, to.0 as f64)).min(right);
        if to <= from {
            continue;
        }
        let (paint, word) = match spell.life {
            Life::Down => (Paint::Trouble, "down"),
            Life::Stopped => (Paint::Trouble, "no server process"),
            Life::Paused => (Paint::Warning, "frozen"),
            Life::Recovering => (Paint::Warning, "recovering"),
            Life::Copying => (Paint::Warning, "being copied"),
            Life::Rewinding => (Paint::Warning, "being rewound"),
            Life::Running => continue,
        };
        let rect = Rect { x: from, y: y - 8.0, w: to - from, h: 16.0 };
        picture.shapes.push(Shape::Rects(paint, 18, 2.0, vec![rect]));
        let ends = [(spell.number.is_some(), from), (spell.to.is_some(), to)];
        let ends = ends.into_iter().filter(|(known, x)| *known && *x > left && *x < right);
        let ends = ends.map(|(_, x)| (Point { x, y: y - 8.0 }, Point { x, y: y + 8.0 })).collect();
        picture.shapes.push(Shape::Lines(Style::line(paint, 20), ends));
        if to - from > Font::Figure.width(word) + 12.0 {
            let (at, font) = (Point { x: from + 6.0, y: y + 3.5 }, Font::Figure);
            let text = word.to_owned();
            picture.shapes.push(Shape::Text { at, text, paint, strength: 100, font, to_left: false });
        }
    }
}

/// A line that may have words.
struct Labelled<'a> {
    line: &'a Line,
    way: (Point, Point),
    own: bool,
}

/// The messages; those that may have words, if there is room for any.
fn lines<'a>(
    picture: &mut Picture,
    gathered: &mut Gathered,
    chart: &'a Chart,
    lanes: &Lanes,
    window: &Window,
    looks: &Looks<'_>,
) -> Option<Vec<Labelled<'a>>> {
    let (from, to) = window.instants();
    let seen: Vec<&Line> = chart.lines_between(from, to).filter(|line| looks.wants(lanes, line)).collect();
    picture.messages = seen.len();
    let per_100 = seen.len() as f64 * 100.0 / looks.across();
    let dense = per_100 > DENSE_PER_100_PX;
    // By the clock and not by the window: when that moves, the same messages stand for the others.
    let bucket_us = bucket(window.span * BUCKET_PX / looks.across());
    let mut buckets: BTreeSet<(Addr, Addr, MessageKind, u64)> = BTreeSet::new();
    let mut labelled = Vec::new();
    let right = looks.gutter + looks.across();
    for line in seen {
        let own = looks.followed.map(|exchange| exchange.has_message(line.id));
        let special = own == Some(true) || line.held.is_some() || matches!(line.end, End::Lost(..));
        let special = special || looks.pointed == Some(line.id);
        if dense && !special {
            let place = (line.from.machine(), line.to.machine(), line.kind, line.sent.0 / bucket_us);
            if !buckets.insert(place) {
                continue;
            }
        }
        picture.drawn += 1;
        let mut style = style(line.kind);
        style.strength = match (own, dense) {
            (Some(true), _) => 100,
            (Some(false), _) => FADED,
            (None, true) => 50,
            (None, false) => 100,
        };
        if own == Some(true) {
            style.width += 5;
        }
        if looks.pointed == Some(line.id) {
            (style.width, style.strength) = (style.width + 12, 100);
        }
        let way = looks.way(lanes, window, line);
        let strong = style.strength;
        for (place, part) in way.iter().enumerate() {
            let waits = line.held.is_some() && place == 1;
            let style = if waits { Style { paint: Paint::Warning, dash: Dash::Dotted, ..style } } else { style };
            gathered.lines.entry(style).or_default().push(*part);
        }
        let Some(last) = way.last().map(|(_, end)| *end).filter(|end| end.x < right) else { continue };
        if let End::Lost(..) = line.end {
            let arm = 4.0;
            let at = |dx: f64, dy: f64| Point { x: last.x + dx * arm, y: last.y + dy * arm };
            gathered.crosses.extend([(at(-1.0, -1.0), at(1.0, 1.0)), (at(-1.0, 1.0), at(1.0, -1.0))]);
        } else if !dense || special {
            gathered.dots.entry((strong, style.paint)).or_default().push(last);
        }
        if line.held.is_none()
            && let Some(way) = way.first()
        {
            labelled.push(Labelled { line, way: *way, own: own != Some(false) });
        }
    }
    let followed = looks.followed.is_some();
    labelled.retain(|one| !followed || one.own);
    (followed || per_100 <= WORDLESS_PER_100_PX).then_some(labelled)
}

/// A power of two: zooming a little changes nothing.
fn bucket(us: f64) -> u64 {
    (us.max(1.0) as u64).next_power_of_two()
}

/// Words that belong to a bar or a mark: where they would stand.
struct Beside {
    text: String,
    paint: Paint,
    at: Point,
    width: f64,
}

/// Flushes, waits, applications and promotions.
fn bars(
    gathered: &mut Gathered,
    chart: &Chart,
    lanes: &Lanes,
    window: &Window,
    looks: &Looks<'_>,
    room: &mut Room,
    with_words: bool,
) -> Vec<Beside> {
    let (from, to) = window.instants();
    let (left, right) = (looks.gutter, looks.gutter + looks.across());
    let mut labels = Vec::new();
    let mut last: BTreeMap<(Addr, bool, u8), f64> = BTreeMap::new();
    let strength = |number: u64| match looks.followed {
        Some(exchange) if !exchange.has_event(number) => FADED,
        _ => 100,
    };
    for bar in chart.bars_between(from, to) {
        let Some(y) = looks.lane(lanes, bar.lane) else { continue };
        let x = looks.x(window, bar.from.0 as f64).max(left);
        let end = bar.to.map_or(looks.now_us.max(chart.to().0 as f64), |to| to.0 as f64);
        let end = looks.x(window, end).min(right);
        if end <= x {
            continue;
        }
        let strength = strength(bar.number);
        let flush = matches!(bar.kind, BarKind::Flush(_));
        // Of those that are narrower than a pixel, one in each is enough.
        let known = last.entry((bar.lane, flush, strength)).or_insert(f64::MIN);
        if end - x < 1.0 && x < *known + 1.0 {
            continue;
        }
        *known = x;
        let paint = lane_paint(lanes, bar.lane);
        if flush {
            let rect = Rect { x, y: y - BAR, w: (end - x).max(1.0), h: 2.0 * BAR };
            gathered.rects.entry((strength.min(88), paint)).or_default().push(rect);
            room.block(rect);
            let took = bar.to.map_or(0, |to| to.since(bar.from));
            if with_words && strength == 100 {
                let text = format!("flush {}", duration(took));
                let at = Point { x, y: y - BAR - 3.5 };
                labels.push(Beside { text, paint, at, width: end - x });
            }
        } else {
            let style = Style { strength, ..Style { dash: Dash::Dotted, ..Style::line(Paint::Warning, 25) } };
            let y = y + BAR + 3.0;
            gathered.lines.entry(style).or_default().push((Point { x, y }, Point { x: end, y }));
            if with_words && strength == 100 && looks.followed.is_some() {
                let text = bar.to.map_or("waits".to_owned(), |to| format!("waits {}", duration(to.since(bar.from))));
                labels.push(Beside { text, paint: Paint::Warning, at: Point { x, y: y + 12.0 }, width: end - x });
            }
        }
    }
    for mark in chart.marks_between(from, to) {
        let x = looks.x(window, mark.at.0 as f64);
        if x < left || x > right {
            continue;
        }
        let strength = strength(mark.number);
        match (mark.kind, mark.lane.and_then(|lane| Some((lane, looks.lane(lanes, lane)?)))) {
            (MarkKind::Applied(_), Some((lane, y))) => {
                let known = last.entry((lane, true, strength | 0x80)).or_insert(f64::MIN);
                if x < *known + 1.0 {
                    continue;
                }
                *known = x;
                let paint = lane_paint(lanes, lane);
                let style = Style { strength, ..Style::line(paint, 22) };
                gathered.lines.entry(style).or_default().push((Point { x, y: y - 6.5 }, Point { x, y: y + 6.5 }));
                if with_words && strength == 100 {
                    let at = Point { x: x + 4.0, y: y + 14.0 };
                    labels.push(Beside { text: "apply".to_owned(), paint, at, width: 0.0 });
                }
            }
            (MarkKind::Promoted, Some((_, y))) => {
                let style = Style::line(Paint::Primary, 30);
                gathered.lines.entry(style).or_default().push((Point { x, y: y - 9.0 }, Point { x, y: y + 9.0 }));
                let (text, at) = ("becomes the primary".to_owned(), Point { x: x + 5.0, y: y - 6.0 });
                labels.insert(0, Beside { text, paint: Paint::Primary, at, width: 0.0 });
            }
            (MarkKind::Command, _) => {
                let style = Style { strength: 80, dash: Dash::Dashed, ..Style::line(Paint::Trouble, 10) };
                let bottom = looks.size.1 - AXIS + 4.0;
                gathered.lines.entry(style).or_default().push((Point { x, y: 4.0 }, Point { x, y: bottom }));
            }
            _ => {}
        }
    }
    labels
}

fn lane_paint(lanes: &Lanes, who: Addr) -> Paint {
    lanes.iter().find(|lane| lane.who == who.machine()).map_or(Paint::Quiet, |lane| lane.paint)
}

/// Words where there is room: the followed write's first, then log, statements, acknowledgements, results.
fn words(
    picture: &mut Picture,
    mut labelled: Vec<Labelled<'_>>,
    labels: Vec<Beside>,
    room: &mut Room,
    lanes: &Lanes,
    window: &Window,
    looks: &Looks<'_>,
) {
    let bounds = Rect { x: looks.gutter, y: 0.0, w: looks.across(), h: looks.size.1 - AXIS };
    let gap = looks.y(lanes, 1) - looks.y(lanes, 0);
    let height = Font::Figure.size();
    let mut write = |text: String, paint: Paint, rect: Rect| {
        let at = Point { x: rect.x, y: rect.y + height - 2.0 };
        let font = Font::Figure;
        picture.shapes.push(Shape::Text { at, text, paint, strength: 100, font, to_left: false });
    };
    let present = looks.x(window, looks.now_us);
    let _ = present;
    // The lanes' own lines run under no words.
    for place in 0..lanes.len() {
        let y = looks.y(lanes, place);
        room.block(Rect { x: bounds.x, y: y - 0.5, w: bounds.w, h: 1.0 });
    }
    let mut beside = |room: &mut Room, one: Beside, must_fit: bool| {
        let width = Font::Figure.width(&one.text);
        if must_fit && one.width > 0.0 && one.width < width * 0.6 {
            return;
        }
        let place = Rect { x: one.at.x, y: one.at.y - height + 1.0, w: width, h: height };
        if let Some(place) = room.take([place], &bounds) {
            write(one.text, one.paint, place);
        }
    };
    let followed = looks.followed.is_some();
    labels.into_iter().for_each(|label| beside(room, label, !followed));
    if gap < height + 8.0 {
        return;
    }
    let order = |kind: MessageKind| match kind {
        MessageKind::Log => 0,
        MessageKind::Query => 1,
        MessageKind::Acknowledgement => 2,
        MessageKind::Result => 3,
        _ => 4,
    };
    labelled.sort_by_key(|one| (!one.own, order(one.line.kind), one.line.sent));
    for one in labelled {
        let (a, b) = one.way;
        let text = label(one.line, looks.flavor);
        let width = Font::Figure.width(&text);
        // In the gaps between lanes, to the right of the line or to its left.
        let (upper, lower) = if a.y < b.y { (a.y, b.y) } else { (b.y, a.y) };
        let gaps = ((lower - upper) / gap).round().max(1.0) as usize;
        let places = (0..gaps).flat_map(|number| {
            let y = upper + gap * (number as f64 + 0.5);
            let part = if (b.y - a.y).abs() > 0.1 { (y - a.y) / (b.y - a.y) } else { 0.5 };
            let x = a.x + (b.x - a.x) * part;
            // A line that leans aside makes room for the other corner of the words.
            let lean = ((b.x - a.x) / (b.y - a.y).abs().max(1.0) * height / 2.0).abs() + 5.0;
            let place = |x: f64| Rect { x, y: y - height / 2.0, w: width, h: height };
            [place(x + lean), place(x - lean - width)]
        });
        if let Some(place) = room.take(places, &bounds) {
            write(text, style(one.line.kind).paint, place);
        }
    }
}

/// The present, and a veil over what lies behind it.
fn present(picture: &mut Picture, window: &Window, looks: &Looks<'_>) {
    let (left, right) = (looks.gutter, looks.gutter + looks.across());
    let x = looks.x(window, looks.now_us);
    let bottom = looks.size.1 - AXIS + 4.0;
    if x < right {
        let from = x.max(left);
        let veil = Rect { x: from, y: 0.0, w: looks.size.0 - from, h: bottom };
        picture.shapes.push(Shape::Rects(Paint::Ground, 62, 0.0, vec![veil]));
    }
    if x >= left && x <= right {
        let line = (Point { x, y: 0.0 }, Point { x, y: bottom });
        picture.shapes.push(Shape::Lines(Style::line(Paint::Present, 14), vec![line]));
    }
}
