//! Where everything on the stage stands: a pure function from who is there and how much room there is.
//!
//! Wide stages read left to right as a write travels: clients, proxy, primary, replicas, their cascades. Narrow ones
//! read top to bottom, with cards at full reading size. Nothing here knows a browser, so all of it is tested natively.

mod columns;
mod curve;
mod route;
mod rows;

use crate::engine::ids::{Addr, NodeId};

pub use curve::{Curve, Point};
pub use route::{Ends, route};

/// A width and a height, in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size {
    /// Across.
    pub w: f64,
    /// Down.
    pub h: f64,
}

/// A rectangle, in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

impl Rect {
    /// Right edge.
    #[must_use]
    pub fn right(&self) -> f64 {
        self.x + self.w
    }

    /// Bottom edge.
    #[must_use]
    pub fn bottom(&self) -> f64 {
        self.y + self.h
    }

    /// The middle.
    #[must_use]
    pub fn centre(&self) -> Point {
        Point { x: self.x + self.w / 2.0, y: self.y + self.h / 2.0 }
    }

    /// Whether a point is inside, or nearer than `margin`.
    #[must_use]
    pub fn holds(&self, p: Point, margin: f64) -> bool {
        p.x > self.x - margin && p.x < self.right() + margin && p.y > self.y - margin && p.y < self.bottom() + margin
    }

    /// Whether two rectangles are nearer than `gap` to each other.
    #[must_use]
    pub fn near(&self, other: &Rect, gap: f64) -> bool {
        self.x < other.right() + gap
            && other.x < self.right() + gap
            && self.y < other.bottom() + gap
            && other.y < self.bottom() + gap
    }
}

/// How much a node's card says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Density {
    /// Name, strip and one figure: nine nodes in a column.
    Mini,
    /// Name, strip, position, and the figure that matters most.
    Compact,
    /// Everything.
    Full,
}

impl Density {
    /// The height of a node's card.
    #[must_use]
    pub fn height(self) -> f64 {
        match self {
            Density::Mini => 58.0,
            Density::Compact => 88.0,
            Density::Full => 122.0,
        }
    }
}

/// One server, as far as its place depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeShape {
    /// Who.
    pub id: NodeId,
    /// Whether it is a primary (several may believe so).
    pub primary: bool,
    /// Whom it replicates from.
    pub upstream: Option<NodeId>,
}

/// Who is on the stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// The clients.
    pub clients: Vec<Addr>,
    /// Whether there is a proxy.
    pub proxy: bool,
    /// Whether there is a store for leases.
    pub store: bool,
    /// The servers.
    pub nodes: Vec<NodeShape>,
}

/// Where everybody stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The room that is used: at least what was there, more when it does not fit (the stage then scrolls).
    pub size: Size,
    /// The height that the cards need, whatever there is.
    pub needed: f64,
    /// Everybody's place, in the order in which the keyboard visits them.
    pub cards: Vec<(Addr, Rect)>,
    /// How much the nodes' cards say.
    pub density: Option<Density>,
    /// Whether it reads top to bottom.
    pub narrow: bool,
}

impl Plan {
    /// A card's place.
    #[must_use]
    pub fn card(&self, who: Addr) -> Option<Rect> {
        self.cards.iter().find(|(addr, _)| *addr == who).map(|(_, rect)| *rect)
    }
}

/// A stage narrower than this reads top to bottom.
pub const NARROW_BELOW: f64 = 640.0;
/// One narrower than this does so if its columns would not fit.
const TIGHT_BELOW: f64 = 800.0;

/// Places everybody.
#[must_use]
pub fn plan(shape: &Shape, room: Size) -> Plan {
    if room.w < NARROW_BELOW {
        return rows::plan(shape, room);
    }
    let columns = columns::plan(shape, room);
    if room.w < TIGHT_BELOW && columns.size.w > room.w { rows::plan(shape, room) } else { columns }
}

/// The servers by distance from a primary, primaries first; within a tier children of one upstream stay together.
///
/// A server whose upstream is not there (or that hangs on a ring of upstreams) counts as a replica of nobody, and
/// stands in the first tier of replicas.
fn tiers(nodes: &[NodeShape]) -> Vec<Vec<NodeId>> {
    let mut tiers: Vec<Vec<NodeId>> = vec![nodes.iter().filter(|n| n.primary).map(|n| n.id).collect()];
    let mut placed: Vec<NodeId> = tiers[0].clone();
    loop {
        let above = tiers.last().cloned().unwrap_or_default();
        let next: Vec<NodeId> = above
            .iter()
            .flat_map(|parent| nodes.iter().filter(move |n| n.upstream == Some(*parent)))
            .map(|n| n.id)
            .filter(|id| !placed.contains(id))
            .collect();
        if next.is_empty() {
            break;
        }
        placed.extend(&next);
        tiers.push(next);
    }
    let orphans: Vec<NodeId> = nodes.iter().map(|n| n.id).filter(|id| !placed.contains(id)).collect();
    if !orphans.is_empty() {
        if tiers.len() < 2 {
            tiers.push(Vec::new());
        }
        tiers[1].extend(orphans);
    }
    tiers.retain(|tier| !tier.is_empty());
    tiers
}

#[cfg(test)]
mod tests;
