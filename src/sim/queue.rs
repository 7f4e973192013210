//! What will happen, in order: by time, then by the order in which it was planned.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::engine::time::SimTime;

#[derive(Clone, Debug)]
struct Planned<E> {
    at: SimTime,
    number: u64,
    event: E,
}

impl<E> PartialEq for Planned<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<E> Eq for Planned<E> {}

impl<E> PartialOrd for Planned<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Planned<E> {
    /// Reversed, since the heap gives its greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

/// The queue of planned events.
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    heap: BinaryHeap<Planned<E>>,
    planned: u64,
}

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        EventQueue { heap: BinaryHeap::new(), planned: 0 }
    }
}

impl<E> EventQueue<E> {
    /// Plans an event. Events of the same instant happen in the order of planning.
    pub fn plan(&mut self, at: SimTime, event: E) {
        self.heap.push(Planned { at, number: self.planned, event });
        self.planned += 1;
    }

    /// When the next event happens.
    #[must_use]
    pub fn next_at(&self) -> Option<SimTime> {
        self.heap.peek().map(|planned| planned.at)
    }

    /// Takes the next event.
    pub fn pop(&mut self) -> Option<(SimTime, E)> {
        self.heap.pop().map(|planned| (planned.at, planned.event))
    }
}
