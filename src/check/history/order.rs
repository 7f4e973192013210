//! What must come before what, and whether that can be.

use crate::order::Arrange;

/// Says that one thing does not come after another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub from: u32,
    pub to: u32,
    /// The operations for which a promise asks for this; empty when the history itself does.
    pub promise: [u32; 3],
}

/// Fills [`Edge::promise`] where there are fewer operations.
pub(super) const NONE: u32 = u32::MAX;

impl Edge {
    /// Whether a promise asks for it.
    pub fn is_promise(&self) -> bool {
        self.promise[0] != NONE
    }
}

/// Things, by number, and what is known of their order. The first `writes` are things that have places of their own in an
/// order; others stand between them.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    pub writes: u32,
    pub nodes: u32,
    pub edges: Vec<Edge>,
}

impl Order {
    /// Of so many writes.
    pub fn of(writes: u32) -> Order {
        Order { writes, nodes: writes, edges: Vec::new() }
    }

    /// One more thing that stands between writes.
    pub fn node(&mut self) -> u32 {
        self.nodes += 1;
        self.nodes - 1
    }

    /// The history says that `from` does not come after `to`.
    pub fn known(&mut self, from: u32, to: u32) {
        self.promised(from, to, [NONE; 3]);
    }

    /// A promise says so.
    pub fn promised(&mut self, from: u32, to: u32, promise: [u32; 3]) {
        if from != to {
            self.edges.push(Edge { from, to, promise });
        }
    }

    /// A way around on which one write would have to come before another and that one before the first; `None` when there
    /// is an order.
    pub fn contradiction(&self) -> Option<Vec<Edge>> {
        let after = Lists::new(self);
        let component = components(self.nodes as usize, &self.edges, &after);
        let mut writes: Vec<u32> = (0..self.writes).collect();
        writes.arrange_by_key(|write| component[*write as usize]);
        let same = |pair: &&[u32]| component[pair[0] as usize] == component[pair[1] as usize];
        let pair = writes.windows(2).find(same)?;
        let within = |edge: &Edge| component[edge.from as usize] == component[edge.to as usize];
        // A promise between two writes makes the shortest way.
        let is_write = |node: u32| node < self.writes;
        let start = self.edges.iter().find(|e| e.is_promise() && within(e) && is_write(e.from) && is_write(e.to));
        let (one, other) = start.map_or((pair[0], pair[1]), |edge| (edge.from, edge.to));
        let mut way = match start {
            Some(edge) => vec![*edge],
            None => self.way(one, other, &after, &within)?,
        };
        way.extend(self.way(other, one, &after, &within)?);
        Some(way)
    }

    /// A shortest way from one node to another.
    fn way(&self, from: u32, to: u32, after: &Lists, within: &dyn Fn(&Edge) -> bool) -> Option<Vec<Edge>> {
        let mut came_by: Vec<Option<u32>> = vec![None; self.nodes as usize];
        let mut queue = std::collections::VecDeque::from([from]);
        while let Some(node) = queue.pop_front() {
            if node == to {
                let mut way = Vec::new();
                let mut at = to;
                while at != from {
                    let edge = self.edges[came_by[at as usize]? as usize];
                    way.push(edge);
                    at = edge.from;
                }
                way.reverse();
                return Some(way);
            }
            for &number in after.of(node) {
                let edge = &self.edges[number as usize];
                if within(edge) && edge.to != from && came_by[edge.to as usize].is_none() {
                    came_by[edge.to as usize] = Some(number);
                    queue.push_back(edge.to);
                }
            }
        }
        None
    }
}

/// The edges that leave each node.
struct Lists {
    begins: Vec<u32>,
    edges: Vec<u32>,
}

impl Lists {
    fn new(order: &Order) -> Lists {
        let mut begins = vec![0; order.nodes as usize + 1];
        for edge in &order.edges {
            begins[edge.from as usize + 1] += 1;
        }
        for node in 1..begins.len() {
            begins[node] += begins[node - 1];
        }
        let mut next = begins.clone();
        let mut edges = vec![0; order.edges.len()];
        for (number, edge) in order.edges.iter().enumerate() {
            let at = &mut next[edge.from as usize];
            edges[*at as usize] = number as u32;
            *at += 1;
        }
        Lists { begins, edges }
    }

    fn of(&self, node: u32) -> &[u32] {
        &self.edges[self.begins[node as usize] as usize..self.begins[node as usize + 1] as usize]
    }
}

/// The strongly connected component of each node (Tarjan 1972), without recursion.
fn components(nodes: usize, edges: &[Edge], after: &Lists) -> Vec<u32> {
    const UNSEEN: u32 = u32::MAX;
    let mut component = vec![UNSEEN; nodes];
    let mut index = vec![UNSEEN; nodes];
    let mut low = vec![0; nodes];
    let (mut stack, mut path): (Vec<u32>, Vec<(u32, usize)>) = (Vec::new(), Vec::new());
    let (mut next, mut count) = (0_u32, 0_u32);
    for root in 0..nodes as u32 {
        if index[root as usize] != UNSEEN {
            continue;
        }
        path.push((root, 0));
        while let Some(&mut (node, ref mut step)) = path.last_mut() {
            let here = node as usize;
            if *step == 0 {
                (index[here], low[here]) = (next, next);
                next += 1;
                stack.push(node);
            }
            if let Some(&number) = after.of(node).get(*step) {
                *step += 1;
                let to = edges[number as usize].to as usize;
                if index[to] == UNSEEN {
                    path.push((to as u32, 0));
                } else if component[to] == UNSEEN {
                    low[here] = low[here].min(index[to]);
                }
                // A node without edges would begin anew otherwise.
                continue;
            }
            path.pop();
            if low[here] == index[here] {
                while let Some(member) = stack.pop() {
                    component[member as usize] = count;
                    if member == node {
                        break;
                    }
                }
                count += 1;
            }
            if let Some(&(parent, _)) = path.last() {
                low[parent as usize] = low[parent as usize].min(low[here]);
            }
        }
    }
    component
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(writes: u32, nodes: u32, edges: &[(u32, u32)]) -> Order {
        let mut order = Order { writes, nodes, edges: Vec::new() };
        edges.iter().for_each(|(from, to)| order.known(*from, *to));
        order
    }

    #[test]
    fn two_writes_on_a_way_around_are_a_contradiction() {
        assert!(order(3, 3, &[(0, 1), (1, 2), (0, 2)]).contradiction().is_none());
        assert!(order(1, 3, &[(0, 1), (1, 2), (2, 0)]).contradiction().is_none(), "one write alone is none");
        let way = order(2, 4, &[(3, 0), (0, 2), (2, 1), (1, 0), (1, 3)]).contradiction().unwrap();
        assert_eq!(way.len(), 3);
        assert!(order(0, 0, &[]).contradiction().is_none());
    }
}
