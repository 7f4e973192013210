//! The ground: lanes, the axis, times in which somebody did not run, and the present.

use super::{AXIS, Looks};
use crate::engine::trace::Life;
use crate::t;
use crate::ui::exchange::chart::Chart;
use crate::ui::exchange::lanes::Lanes;
use crate::ui::exchange::picture::{Font, Paint, Picture, Shape, Style};
use crate::ui::exchange::ticks::ticks;
use crate::ui::exchange::window::Window;
use crate::ui::plan::{Point, Rect};

/// Lanes and the axis.
pub(super) fn ground(picture: &mut Picture, lanes: &Lanes, window: &Window, looks: &Looks<'_>) {
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
    for (at, text) in texts {
        let (paint, font) = (Paint::Ink3, Font::Figure);
        picture.shapes.push(Shape::Text { at, text, paint, strength: 100, font, to_left: false });
    }
}

/// The lanes' names.
pub(super) fn names(shapes: &mut Vec<Shape>, lanes: &Lanes, looks: &Looks<'_>) {
    let left = looks.gutter;
    for (place, lane) in lanes.iter().enumerate() {
        let passed = looks.followed.is_none_or(|exchange| exchange.passed().contains(&lane.who));
        shapes.push(Shape::Text {
            at: Point { x: left - 12.0, y: looks.y(lanes, place) + 4.5 },
            text: crate::ui::faces::clip_name(&lane.name, looks.gutter - 18.0),
            paint: if passed { lane.paint } else { Paint::Ink3 },
            strength: 100,
            font: Font::Name,
            to_left: true,
        });
    }
}

/// Times in which a lane's owner did not run.
pub(super) fn spells(picture: &mut Picture, chart: &Chart, lanes: &Lanes, window: &Window, looks: &Looks<'_>) {
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
            Life::Down => (Paint::Trouble, t!("exchange.life.down")),
            Life::Stopped => (Paint::Trouble, t!("exchange.life.stopped")),
            Life::Paused => (Paint::Warning, t!("exchange.life.frozen")),
            Life::Recovering => (Paint::Warning, t!("exchange.life.recovering")),
            Life::Copying => (Paint::Warning, t!("exchange.life.copied")),
            Life::Rewinding => (Paint::Warning, t!("exchange.life.rewound")),
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

/// The present, and a veil over what lies behind it.
pub(super) fn present(shapes: &mut Vec<Shape>, window: &Window, looks: &Looks<'_>) {
    let (left, right) = (looks.gutter, looks.gutter + looks.across());
    let x = looks.x(window, looks.now_us);
    let bottom = looks.size.1 - AXIS + 4.0;
    if x < right {
        let from = x.max(left);
        let veil = Rect { x: from, y: 0.0, w: looks.size.0 - from, h: bottom };
        shapes.push(Shape::Rects(Paint::Ground, 62, 0.0, vec![veil]));
    }
    if x >= left && x <= right {
        let line = (Point { x, y: 0.0 }, Point { x, y: bottom });
        shapes.push(Shape::Lines(Style::line(Paint::Present, 14), vec![line]));
    }
}
