//! The messages.

use super::{FADED, Gathered, Looks, Seen, style};
use crate::ui::exchange::chart::Chart;
use crate::ui::exchange::lanes::Lanes;
use crate::ui::exchange::line::{End, Line};
use crate::ui::exchange::picture::{Dash, Paint, Picture, Style};
use crate::ui::exchange::window::Window;
use crate::ui::plan::Point;

/// More messages than this in a hundred pixels, and one line stands for several.
const DENSE_PER_100_PX: f64 = 60.0;
/// The least width that lines of one direction then have between them, in pixels.
const BUCKET_PX: f64 = 4.0;
/// More messages than this in a hundred pixels, and there are no words.
const WORDLESS_PER_100_PX: f64 = 16.0;

/// A line that may have words.
pub(super) struct Labelled<'a> {
    pub line: &'a Line,
    pub way: (Point, Point),
    pub own: bool,
}

/// The messages in view; those that may have words, if there is room for any.
pub(super) fn lines<'a>(
    picture: &mut Picture,
    gathered: &mut Gathered,
    chart: &'a Chart,
    lanes: &Lanes,
    window: &Window,
    looks: &Looks<'_>,
    seen: &mut Seen,
) -> Option<Vec<Labelled<'a>>> {
    let (from, to) = window.instants();
    let all: Vec<&Line> = chart.lines_between(from, to).filter(|line| looks.wants(lanes, line)).collect();
    picture.messages = all.len();
    let per_100 = all.len() as f64 * 100.0 / looks.across();
    seen.dense = per_100 > DENSE_PER_100_PX;
    // By the clock and not by the window: when that moves, the same messages stand for the others.
    seen.bucket_us = bucket(window.span * BUCKET_PX / looks.across());
    let mut labelled = Vec::new();
    for line in all {
        picture.drawn += usize::from(one(gathered, line, lanes, window, looks, seen, &mut labelled));
    }
    let followed = looks.followed.is_some();
    labelled.retain(|one| !followed || one.own);
    (followed || per_100 <= WORDLESS_PER_100_PX).then_some(labelled)
}

/// One message; whether it is drawn and not another in its place.
pub(super) fn one<'a>(
    gathered: &mut Gathered,
    line: &'a Line,
    lanes: &Lanes,
    window: &Window,
    looks: &Looks<'_>,
    seen: &mut Seen,
    labelled: &mut Vec<Labelled<'a>>,
) -> bool {
    let dense = seen.dense;
    let own = looks.followed.map(|exchange| exchange.has_message(line.id));
    let special = own == Some(true) || line.held.is_some() || matches!(line.end, End::Lost(..));
    let special = special || looks.pointed == Some(line.id);
    if dense && !special {
        let place = (line.from.machine(), line.to.machine(), line.kind, line.sent.0 / seen.bucket_us.max(1));
        if !seen.buckets.insert(place) {
            return false;
        }
    }
    let mut style = style(line.kind);
    style.strength = match (own, dense) {
        (Some(true), _) => 100,
        (Some(false), _) => FADED,
        (None, true) => 65,
        (None, false) => 100,
    };
    if dense && !special {
        // Lines of one pixel cost a fifth of wider ones, and dashes are not seen among so many.
        (style.width, style.dash) = (10, Dash::Solid);
    }
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
    let right = looks.gutter + looks.across();
    let Some(last) = way.last().map(|(_, end)| *end).filter(|end| end.x < right) else { return true };
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
    true
}

/// A power of two: zooming a little changes nothing.
fn bucket(us: f64) -> u64 {
    (us.max(1.0) as u64).next_power_of_two()
}
