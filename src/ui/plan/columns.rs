//! Wide stages: one column each for clients, proxy, primaries, and every tier of replicas.

use super::{Density, Plan, Rect, Shape, Size, tiers};
use crate::engine::ids::{Addr, NodeId};

const MARGIN_X: f64 = 28.0;
/// Room for the line that says what is happening.
const MARGIN_TOP: f64 = 56.0;
/// Room for the legend.
const MARGIN_BOTTOM: f64 = 42.0;
const CLIENT: Size = Size { w: 128.0, h: 54.0 };
const PROXY: Size = Size { w: 140.0, h: 74.0 };
const STORE: Size = Size { w: 176.0, h: 74.0 };
const NODE_WIDE: f64 = 212.0;
const NODE_SLIM: f64 = 176.0;
/// Packets need room to be seen travelling.
const GAP_MIN: f64 = 56.0;
const GAP_MAX: f64 = 260.0;

struct Column {
    width: f64,
    cards: Vec<(Addr, f64)>,
    /// The least room between two cards.
    gap: f64,
}

impl Column {
    fn needed(&self) -> f64 {
        self.cards.iter().map(|(_, h)| h + self.gap).sum()
    }
}

/// The least height that cards are spread over.
const LEAST: f64 = 200.0;
/// A stage that needs less than this is given all that its cards can say before anything else gets more than its least.
const COMFORT: f64 = 460.0;

pub(super) fn plan(shape: &Shape, room: Size) -> Plan {
    let tiers = tiers(&shape.nodes);
    let usable = (room.h - MARGIN_TOP - MARGIN_BOTTOM).max(LEAST);
    let density = density(&tiers, usable);
    let (mut columns, first_tier) = columns(shape, &tiers, density);
    let (lefts, width) = spread(&mut columns, first_tier, room.w);
    let needed = columns.iter().map(Column::needed).fold(0.0, f64::max);
    let height = usable.max(needed);
    let mut cards: Vec<(Addr, Rect)> = Vec::new();
    for (i, (column, left)) in columns.iter().zip(&lefts).enumerate() {
        let centres = if i > first_tier + 1 {
            beside_parents(column, shape, &cards, height)
        } else {
            even_centres(column, height)
        };
        for ((who, h), centre) in column.cards.iter().zip(centres) {
            let w = if matches!(who, Addr::Store) { STORE.w } else { column.width };
            let x = left + (column.width - w) / 2.0;
            cards.push((*who, Rect { x, y: MARGIN_TOP + centre - h / 2.0, w, h: *h }));
        }
    }
    Plan {
        size: Size { w: width, h: (height + MARGIN_TOP + MARGIN_BOTTOM).max(room.h) },
        needed: least(shape, &tiers).max(LEAST) + MARGIN_TOP + MARGIN_BOTTOM,
        cards,
        density: Some(density),
        narrow: false,
    }
}

/// One column for the clients, one for the proxy, one for each tier; and which is the first of these.
fn columns(shape: &Shape, tiers: &[Vec<NodeId>], density: Density) -> (Vec<Column>, usize) {
    let mut columns = Vec::new();
    if !shape.clients.is_empty() {
        columns.push(Column {
            width: CLIENT.w,
            cards: shape.clients.iter().map(|c| (*c, CLIENT.h)).collect(),
            gap: 10.0,
        });
    }
    if shape.proxy {
        columns.push(Column { width: PROXY.w, cards: vec![(Addr::Proxy, PROXY.h)], gap: 20.0 });
    }
    let first_tier = columns.len();
    for tier in tiers {
        let cards = tier.iter().map(|id| (Addr::Node(*id), density.height())).collect();
        columns.push(Column { width: NODE_WIDE, cards, gap: node_gap(density) });
    }
    if shape.store {
        // Under the primary; where there is none, in its place, so that nobody else has to move.
        match columns.get_mut(first_tier).filter(|_| shape.nodes.iter().any(|node| node.primary)) {
            Some(column) => column.cards.push((Addr::Store, STORE.h)),
            None => {
                let column = Column { width: NODE_WIDE, cards: vec![(Addr::Store, STORE.h)], gap: 20.0 };
                columns.insert(first_tier, column);
            }
        }
    }
    (columns, first_tier)
}

/// The height that the cards should have. It does not depend on what they have now: a stage that once had much room
/// would never give any back.
fn least(shape: &Shape, tiers: &[Vec<NodeId>]) -> f64 {
    let needed = |density| columns(shape, tiers, density).0.iter().map(Column::needed).fold(0.0, f64::max);
    let comfortable = [Density::Full, Density::Compact].map(needed).into_iter().find(|height| *height <= COMFORT);
    comfortable.unwrap_or_else(|| needed(Density::Mini))
}

fn node_gap(density: Density) -> f64 {
    match density {
        Density::Mini => 10.0,
        Density::Compact => 14.0,
        Density::Full => 22.0,
    }
}

/// The most that the fullest tier has room for.
fn density(tiers: &[Vec<NodeId>], usable: f64) -> Density {
    let most = tiers.iter().map(Vec::len).max().unwrap_or(1).max(1) as f64;
    [Density::Full, Density::Compact]
        .into_iter()
        .find(|d| most * (d.height() + node_gap(*d)) <= usable)
        .unwrap_or(Density::Mini)
}

/// Every column's left edge, and the width that is used.
fn spread(columns: &mut [Column], first_tier: usize, room: f64) -> (Vec<f64>, f64) {
    let gaps = columns.len().saturating_sub(1).max(1) as f64;
    let inner = room - 2.0 * MARGIN_X;
    let total = |columns: &[Column]| columns.iter().map(|c| c.width).sum::<f64>();
    if (inner - total(columns)) / gaps < 1.6 * GAP_MIN {
        for column in columns.iter_mut().skip(first_tier) {
            column.width = NODE_SLIM;
        }
    }
    let gap = ((inner - total(columns)) / gaps).clamp(GAP_MIN, GAP_MAX);
    let used = total(columns) + gap * columns.len().saturating_sub(1) as f64;
    let mut x = MARGIN_X + ((inner - used) / 2.0).max(0.0);
    let mut lefts = Vec::with_capacity(columns.len());
    for column in columns.iter() {
        lefts.push(x);
        x += column.width + gap;
    }
    (lefts, room.max(used + 2.0 * MARGIN_X))
}

/// Centres that share the height evenly, but stay together where there is plenty of it.
fn even_centres(column: &Column, height: f64) -> Vec<f64> {
    let n = column.cards.len().max(1) as f64;
    let tallest = column.cards.iter().map(|(_, h)| *h).fold(0.0, f64::max);
    let slot = (height / n).min(tallest * 2.0 + 40.0);
    let start = (height - slot * n) / 2.0;
    (0..column.cards.len()).map(|i| start + slot * (i as f64 + 0.5)).collect()
}

/// Centres beside the upstreams' cards, pushed apart where they would touch.
fn beside_parents(column: &Column, shape: &Shape, placed: &[(Addr, Rect)], height: f64) -> Vec<f64> {
    let even = even_centres(column, height);
    let parent_of = |who: Addr| {
        let id = shape.nodes.iter().find(|n| Addr::Node(n.id) == who)?.upstream?;
        Some(Addr::Node(id))
    };
    let wanted: Vec<f64> = column
        .cards
        .iter()
        .zip(&even)
        .map(|((who, _), fallback)| {
            let Some(parent) = parent_of(*who) else { return *fallback };
            let siblings: Vec<Addr> =
                column.cards.iter().map(|(a, _)| *a).filter(|a| parent_of(*a) == Some(parent)).collect();
            let rank = siblings.iter().position(|a| a == who).unwrap_or(0) as f64;
            let spread = rank - (siblings.len().saturating_sub(1)) as f64 / 2.0;
            match placed.iter().find(|(a, _)| *a == parent) {
                Some((_, rect)) => rect.centre().y - MARGIN_TOP + spread * (rect.h + column.gap),
                None => *fallback,
            }
        })
        .collect();
    push_apart(&wanted, column, height)
}

fn push_apart(wanted: &[f64], column: &Column, height: f64) -> Vec<f64> {
    let mut centres = wanted.to_vec();
    let half = |i: usize| (column.cards[i].1 + column.gap) / 2.0;
    let mut top = 0.0;
    for (i, centre) in centres.iter_mut().enumerate() {
        *centre = f64::max(*centre, top + half(i));
        top = *centre + half(i);
    }
    let mut bottom = height;
    for (i, centre) in centres.iter_mut().enumerate().rev() {
        *centre = f64::min(*centre, bottom - half(i));
        bottom = *centre - half(i);
    }
    centres
}
