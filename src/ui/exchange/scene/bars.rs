//! What takes a server time, or happens on it.

use super::{AXIS, BAR, FADED, Gathered, Looks, Seen};
use crate::engine::ids::Addr;
use crate::engine::time::SimTime;
use crate::t;
use crate::ui::exchange::chart::Chart;
use crate::ui::exchange::lanes::Lanes;
use crate::ui::exchange::line::{Bar, BarKind, Mark, MarkKind};
use crate::ui::exchange::picture::{Dash, Paint, Style};
use crate::ui::exchange::window::Window;
use crate::ui::plan::{Point, Rect};
use crate::ui::words::duration;

/// Words that belong to a bar or a mark: where they would stand.
pub(super) struct Beside {
    pub text: String,
    pub paint: Paint,
    pub at: Point,
    pub width: f64,
}

/// Flushes, waits, applications and promotions in view.
pub(super) fn bars(
    gathered: &mut Gathered,
    chart: &Chart,
    lanes: &Lanes,
    window: &Window,
    looks: &Looks<'_>,
    seen: &mut Seen,
) -> (Vec<Beside>, Vec<Rect>) {
    let (from, to) = window.instants();
    several(
        gathered,
        chart.to(),
        chart.bars_between(from, to),
        chart.marks_between(from, to),
        lanes,
        window,
        looks,
        seen,
    )
}

/// These; known of the trace is what is before `known_to`.
#[allow(clippy::too_many_arguments, reason = "one more than allowed: what is drawn, where, and how")]
pub(super) fn several<'a>(
    gathered: &mut Gathered,
    known_to: SimTime,
    bars: impl Iterator<Item = &'a Bar>,
    marks: &[Mark],
    lanes: &Lanes,
    window: &Window,
    looks: &Looks<'_>,
    seen: &mut Seen,
) -> (Vec<Beside>, Vec<Rect>) {
    let (left, right) = (looks.gutter, looks.gutter + looks.across());
    let (mut labels, mut taken) = (Vec::new(), Vec::new());
    let (with_words, last) = (seen.words, &mut seen.last);
    let strength = |number: u64| match looks.followed {
        Some(exchange) if !exchange.has_event(number) => FADED,
        // Where there is no room for words, bars are many and close.
        None if !with_words => 55,
        _ => 100,
    };
    for bar in bars {
        let Some(y) = looks.lane(lanes, bar.lane) else { continue };
        let x = looks.x(window, bar.from.0 as f64).max(left);
        let end = bar.to.map_or(looks.now_us.max(known_to.0 as f64), |to| to.0 as f64);
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
            taken.push(rect);
            let took = bar.to.map_or(0, |to| to.since(bar.from));
            if with_words && strength == 100 {
                let text = t!("exchange.flush", took = duration(took));
                let at = Point { x, y: y - BAR - 5.0 };
                labels.push(Beside { text, paint, at, width: end - x });
            }
        } else {
            let style = Style { strength, ..Style { dash: Dash::Dotted, ..Style::line(Paint::Warning, 25) } };
            let y = y + BAR + 3.0;
            gathered.lines.entry(style).or_default().push((Point { x, y }, Point { x: end, y }));
            if with_words && strength == 100 && looks.followed.is_some() {
                let text = match bar.to {
                    Some(to) => t!("exchange.waits-for", took = duration(to.since(bar.from))),
                    None => t!("exchange.waits").to_owned(),
                };
                labels.push(Beside { text, paint: Paint::Warning, at: Point { x, y: y + 12.0 }, width: end - x });
            }
        }
    }
    for mark in marks {
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
                    labels.push(Beside { text: t!("exchange.apply").to_owned(), paint, at, width: 0.0 });
                }
            }
            (MarkKind::Promoted, Some((_, y))) => {
                let style = Style::line(Paint::Primary, 30);
                gathered.lines.entry(style).or_default().push((Point { x, y: y - 9.0 }, Point { x, y: y + 9.0 }));
                let (text, at) = (t!("exchange.promoted").to_owned(), Point { x: x + 5.0, y: y - 6.0 });
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
    (labels, taken)
}

fn lane_paint(lanes: &Lanes, who: Addr) -> Paint {
    lanes.iter().find(|lane| lane.who == who.machine()).map_or(Paint::Quiet, |lane| lane.paint)
}
