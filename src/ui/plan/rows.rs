//! Narrow stages: clients, proxy, primaries and every tier of replicas below each other, at full reading size.

use super::{Density, Plan, Rect, Shape, Size, tiers};
use crate::engine::ids::Addr;

/// Room at the sides for links that pass a card.
const MARGIN_X: f64 = 26.0;
const MARGIN_TOP: f64 = 12.0;
const MARGIN_BOTTOM: f64 = 20.0;
/// Between two cards of a row: a link to the next row passes here.
const GUTTER: f64 = 34.0;
/// Between two tiers: packets need room to be seen travelling.
const TIER_GAP: f64 = 54.0;
/// As near as tiers come to each other where there is little room.
const TIGHT_GAP: f64 = 36.0;
/// Between two rows of one tier.
const ROW_GAP: f64 = 30.0;
const CLIENT_H: f64 = 54.0;
const PROXY_H: f64 = 74.0;
const ALONE_W: f64 = 236.0;

pub(super) fn plan(shape: &Shape, room: Size) -> Plan {
    let wide = spaced(shape, room, TIER_GAP);
    let gaps = wide
        .cards
        .windows(2)
        .filter(|pair| matches!(pair, [(_, a), (_, b)] if b.y - a.bottom() >= TIER_GAP))
        .count()
        .max(1);
    let missing = (wide.needed - room.h) / gaps as f64;
    if missing <= 0.0 {
        return wide;
    }
    let needed = wide.needed;
    Plan { needed, ..spaced(shape, room, (TIER_GAP - missing).max(TIGHT_GAP)) }
}

fn spaced(shape: &Shape, room: Size, gap: f64) -> Plan {
    let mut cards = Vec::new();
    let mut y = MARGIN_TOP;
    let mut tier = |members: Vec<Addr>, height: f64, alone: f64, cards: &mut Vec<(Addr, Rect)>| {
        if members.is_empty() {
            return;
        }
        if y > MARGIN_TOP {
            y += gap;
        }
        let pair = (room.w - 2.0 * MARGIN_X - GUTTER) / 2.0;
        for (r, row) in members.chunks(2).enumerate() {
            if r > 0 {
                y += ROW_GAP;
            }
            // The last of an odd number keeps to the left column, so that links can pass beside it.
            let w = if members.len() == 1 { alone.min(room.w - 2.0 * MARGIN_X - 40.0) } else { pair };
            let left = if members.len() == 1 { (room.w - w) / 2.0 } else { MARGIN_X };
            for (i, who) in row.iter().enumerate() {
                let x = left + i as f64 * (pair + GUTTER);
                cards.push((*who, Rect { x, y, w, h: height }));
            }
            y += height;
        }
    };
    tier(shape.clients.clone(), CLIENT_H, 186.0, &mut cards);
    if shape.proxy {
        tier(vec![Addr::Proxy], PROXY_H, 180.0, &mut cards);
    }
    for (depth, nodes) in tiers(&shape.nodes).into_iter().enumerate() {
        tier(nodes.into_iter().map(Addr::Node).collect(), Density::Full.height(), ALONE_W, &mut cards);
        if depth == 0 && shape.store {
            tier(vec![Addr::Store], PROXY_H, 190.0, &mut cards);
        }
    }
    if shape.store && shape.nodes.is_empty() {
        tier(vec![Addr::Store], PROXY_H, 190.0, &mut cards);
    }
    let size = Size { w: room.w, h: y + MARGIN_BOTTOM };
    Plan { size, needed: size.h, cards, density: Some(Density::Full), narrow: true }
}
