//! How links run between cards without crossing others.

use super::{Curve, Point, Rect};
use crate::engine::ids::Addr;
use crate::order::Arrange;

/// A link to be routed: its ends.
pub type Ends = (Addr, Addr);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Left,
    Right,
    Top,
    Bottom,
}

/// A way to run: where it leaves and arrives, and what it goes around.
#[derive(Clone, Debug)]
struct Way {
    exit: Side,
    entry: Side,
    /// Two corners that it passes, level (or upright) between them.
    via: Option<(Point, Point)>,
}

/// Room kept between a link and a card that it passes.
const CLEARANCE: f64 = 20.0;

/// A path for each link, in their order; `None` where an end is not on the stage.
#[must_use]
pub fn route(links: &[Ends], cards: &[(Addr, Rect)], downwards: bool) -> Vec<Option<Curve>> {
    let rect = |who: Addr| cards.iter().find(|(addr, _)| *addr == who).map(|(_, rect)| *rect);
    let mut detours = 0;
    let ways: Vec<Option<(Rect, Rect, Way)>> = links
        .iter()
        .map(|link| {
            let (a, b) = (rect(link.0)?, rect(link.1)?);
            let others: Vec<Rect> =
                cards.iter().filter(|(who, _)| *who != link.0 && *who != link.1).map(|(_, rect)| *rect).collect();
            let way = choose(a, b, &others, downwards, &mut detours);
            Some((a, b, way))
        })
        .collect();
    (0..links.len())
        .map(|i| {
            let (a, b, way) = ways[i].as_ref()?;
            let exit = port(i, true, links, &ways);
            let entry = port(i, false, links, &ways);
            Some(draw(on_side(a, way.exit, exit), way.exit, on_side(b, way.entry, entry), way.entry, way.via))
        })
        .collect()
}

/// The straight way, or the shortest that passes no other card.
fn choose(a: Rect, b: Rect, others: &[Rect], downwards: bool, detours: &mut usize) -> Way {
    let (exit, entry) = facing(a, b, downwards);
    let direct = Way { exit, entry, via: None };
    let path = |way: &Way| draw(on_side(&a, way.exit, 0.5), way.exit, on_side(&b, way.entry, 0.5), way.entry, way.via);
    let straight = path(&direct);
    let hit: Vec<&Rect> = others.iter().filter(|r| crosses(&straight, r, 4.0)).collect();
    if hit.is_empty() {
        return direct;
    }
    let left = hit.iter().map(|r| r.x).fold(f64::INFINITY, f64::min);
    let right = hit.iter().map(|r| r.right()).fold(f64::NEG_INFINITY, f64::max);
    let top = hit.iter().map(|r| r.y).fold(f64::INFINITY, f64::min);
    let bottom = hit.iter().map(|r| r.bottom()).fold(f64::NEG_INFINITY, f64::max);
    let corner = |x, y| Point { x, y };
    // Detours that go the same way keep a little apart.
    let aside = CLEARANCE + (*detours % 3) as f64 * 8.0;
    let upright = matches!(exit, Side::Top | Side::Bottom);
    let candidates = if upright {
        let aside = aside.min(CLEARANCE) * 0.7;
        let (near, far) = if entry == Side::Top { (top, bottom) } else { (bottom, top) };
        [left - aside, right + aside].map(|x| Way { exit, entry, via: Some((corner(x, near), corner(x, far))) })
    } else {
        let (near, far) = if entry == Side::Left { (left, right) } else { (right, left) };
        // Over or under its own card's edge it leaves there, else at the side that looks the way.
        let leave = |y: f64| match () {
            () if y < a.y => Side::Top,
            () if y > a.bottom() => Side::Bottom,
            () => exit,
        };
        let way = |y| Way { exit: leave(y), entry, via: Some((corner(near, y), corner(far, y))) };
        [way(top - aside), way(bottom + aside)]
    };
    let cost = |way: &Way| {
        let curve = path(way);
        let hits = others.iter().filter(|r| crosses(&curve, r, 4.0)).count() as f64;
        hits * 100_000.0 + curve.length()
    };
    let [one, two] = candidates;
    let best = if cost(&one) <= cost(&two) { one } else { two };
    if cost(&best) >= cost(&direct) {
        return direct;
    }
    *detours += 1;
    best
}

/// The sides that look at each other.
fn facing(a: Rect, b: Rect, downwards: bool) -> (Side, Side) {
    let across = if b.x >= a.right() + 16.0 {
        Some((Side::Right, Side::Left))
    } else if a.x >= b.right() + 16.0 {
        Some((Side::Left, Side::Right))
    } else {
        None
    };
    let down = if b.y >= a.bottom() + 12.0 {
        Some((Side::Bottom, Side::Top))
    } else if a.y >= b.bottom() + 12.0 {
        Some((Side::Top, Side::Bottom))
    } else {
        None
    };
    let fallback = if b.centre().y >= a.centre().y { (Side::Bottom, Side::Top) } else { (Side::Top, Side::Bottom) };
    if downwards { down.or(across) } else { across.or(down) }.unwrap_or(fallback)
}

fn crosses(curve: &Curve, rect: &Rect, margin: f64) -> bool {
    curve.points().any(|p| rect.holds(p, margin))
}

/// Where on its side a link meets a card, as a fraction: links on one side share it in the order of their far ends.
fn port(index: usize, at_exit: bool, links: &[Ends], ways: &[Option<(Rect, Rect, Way)>]) -> f64 {
    let Some((a, b, way)) = &ways[index] else { return 0.5 };
    let (who, side, home) = if at_exit { (links[index].0, way.exit, a) } else { (links[index].1, way.entry, b) };
    let mut rivals: Vec<(f64, usize)> = Vec::new();
    for (i, entry) in ways.iter().enumerate() {
        let Some((a, b, way)) = entry else { continue };
        let ends = [(links[i].0, way.exit, b.centre()), (links[i].1, way.entry, a.centre())];
        for (card, its_side, far) in ends {
            if card == who && its_side == side {
                let towards = way.via.map_or(far, |(near, _)| near);
                let along = if matches!(side, Side::Left | Side::Right) { towards.y } else { towards.x };
                rivals.push((along, i));
            }
        }
    }
    rivals.arrange_by(|x, y| x.0.total_cmp(&y.0).then(x.1.cmp(&y.1)));
    let rank = rivals.iter().position(|(_, i)| *i == index).unwrap_or(0) as f64;
    let length = if matches!(side, Side::Left | Side::Right) { home.h } else { home.w };
    let step = (0.72 / rivals.len() as f64).min(22.0 / length.max(1.0));
    0.5 + (rank - (rivals.len() as f64 - 1.0) / 2.0) * step
}

fn on_side(rect: &Rect, side: Side, fraction: f64) -> Point {
    match side {
        Side::Left => Point { x: rect.x, y: rect.y + rect.h * fraction },
        Side::Right => Point { x: rect.right(), y: rect.y + rect.h * fraction },
        Side::Top => Point { x: rect.x + rect.w * fraction, y: rect.y },
        Side::Bottom => Point { x: rect.x + rect.w * fraction, y: rect.bottom() },
    }
}

fn draw(from: Point, exit: Side, to: Point, entry: Side, via: Option<(Point, Point)>) -> Curve {
    let Some((near, far)) = via else {
        let reach = reach(from, to, exit);
        return Curve::new(vec![[from, away(from, exit, reach), away(to, entry, reach), to]]);
    };
    // Along the corners the curve runs level, or upright, towards the side where it ends.
    let onwards = opposite(entry);
    let between = near.distance(far) / 3.0;
    let last = reach(far, to, onwards);
    // Each handle reaches as far as its own axis asks for: a round corner, and no bulge.
    let turns = matches!(exit, Side::Left | Side::Right) != matches!(entry, Side::Left | Side::Right);
    let (leave, arrive) = if turns {
        (along(from, near, exit) * 0.75, along(from, near, entry) * 0.6)
    } else {
        (reach(from, near, exit), reach(from, near, exit))
    };
    Curve::new(vec![
        [from, away(from, exit, leave), away(near, entry, arrive), near],
        [near, away(near, onwards, between), away(far, entry, between), far],
        [far, away(far, onwards, last), away(to, entry, last), to],
    ])
}

/// How far the handles of a straight way reach.
fn reach(from: Point, to: Point, exit: Side) -> f64 {
    (along(from, to, exit) * 0.5).clamp(12.0, 160.0)
}

/// The distance along the axis of a side.
fn along(from: Point, to: Point, side: Side) -> f64 {
    match side {
        Side::Left | Side::Right => (to.x - from.x).abs(),
        Side::Top | Side::Bottom => (to.y - from.y).abs(),
    }
}

fn away(p: Point, side: Side, reach: f64) -> Point {
    match side {
        Side::Left => Point { x: p.x - reach, y: p.y },
        Side::Right => Point { x: p.x + reach, y: p.y },
        Side::Top => Point { x: p.x, y: p.y - reach },
        Side::Bottom => Point { x: p.x, y: p.y + reach },
    }
}

fn opposite(side: Side) -> Side {
    match side {
        Side::Left => Side::Right,
        Side::Right => Side::Left,
        Side::Top => Side::Bottom,
        Side::Bottom => Side::Top,
    }
}
