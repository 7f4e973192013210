//! The words beside lines, bars and marks.

use super::bars::Beside;
use super::lines::Labelled;
use super::{AXIS, Looks, style};
use crate::engine::message::MessageKind;
use crate::order::Arrange;
use crate::ui::exchange::facts::label;
use crate::ui::exchange::labels::Room;
use crate::ui::exchange::lanes::Lanes;
use crate::ui::exchange::picture::{Font, Paint, Picture, Shape};
use crate::ui::plan::{Point, Rect};

/// Words where there is room: the followed write's first, then log, statements, acknowledgements, results.
pub(super) fn words(
    picture: &mut Picture,
    mut labelled: Vec<Labelled<'_>>,
    labels: Vec<Beside>,
    room: &mut Room,
    lanes: &Lanes,
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
    // The lanes' own lines run under no words.
    for place in 0..lanes.len() {
        let y = looks.y(lanes, place);
        room.block(Rect { x: bounds.x, y: y - 0.5, w: bounds.w, h: 1.0 });
    }
    let ways: Vec<(Point, Point)> = labelled.iter().map(|one| one.way).collect();
    let mut beside = |room: &mut Room, one: Beside, must_fit: bool| {
        let width = Font::Figure.width(&one.text);
        if must_fit && one.width > 0.0 && one.width < width * 0.6 {
            return;
        }
        let place = |part: f64| {
            let x = one.at.x + part * (one.width - width).max(0.0);
            Rect { x, y: one.at.y - height + 1.0, w: width, h: height }
        };
        let places = [place(0.0), place(0.5), place(1.0)];
        let clear = places.iter().copied().filter(|place| !ways.iter().any(|way| crosses(*way, place)));
        let found = room.take(clear, &bounds);
        let found = if must_fit { found } else { found.or_else(|| room.take(places, &bounds)) };
        if let Some(place) = found {
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
    labelled.arrange_by_key(|one| (order(one.line.kind), one.line.sent));
    for one in labelled {
        let (a, b) = one.way;
        let text = label(one.line, looks.flavor);
        let width = Font::Figure.width(&text);
        // In the gaps between lanes, to the right of the line or to its left.
        let (upper, lower) = if a.y < b.y { (a.y, b.y) } else { (b.y, a.y) };
        let gaps = ((lower - upper) / gap).round().max(1.0) as usize;
        let places: Vec<Rect> = (0..gaps)
            .flat_map(|number| {
                let y = upper + gap * (number as f64 + 0.5);
                let part = if (b.y - a.y).abs() > 0.1 { (y - a.y) / (b.y - a.y) } else { 0.5 };
                let x = a.x + (b.x - a.x) * part;
                // A line that leans aside makes room for the other corner of the words.
                let lean = ((b.x - a.x) / (b.y - a.y).abs().max(1.0) * height / 2.0).abs() + 5.0;
                let place = |x: f64| Rect { x, y: y - height / 2.0, w: width, h: height };
                [place(x + lean), place(x - lean - width)]
            })
            .collect();
        // Words that no line runs through; where one write is followed, rather those than none.
        let clear = places.iter().copied().filter(|place| !ways.iter().any(|way| crosses(*way, place)));
        let place = room.take(clear, &bounds);
        let place = if followed { place.or_else(|| room.take(places.iter().copied(), &bounds)) } else { place };
        if let Some(place) = place {
            write(text, style(one.line.kind).paint, place);
        }
    }
}

/// Whether a line runs through a rectangle.
fn crosses((a, b): (Point, Point), rect: &Rect) -> bool {
    if a.x.max(b.x) < rect.x || a.x.min(b.x) > rect.right() || a.y.max(b.y) < rect.y || a.y.min(b.y) > rect.bottom() {
        return false;
    }
    let side = |x: f64, y: f64| (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x);
    let corners = [(rect.x, rect.y), (rect.right(), rect.y), (rect.x, rect.bottom()), (rect.right(), rect.bottom())];
    let sides = corners.map(|(x, y)| side(x, y));
    sides.iter().any(|s| *s > 0.0) && sides.iter().any(|s| *s < 0.0)
}
