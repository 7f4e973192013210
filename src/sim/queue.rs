//! What will happen, in order: by time, then by the order in which it was planned.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::engine::time::SimTime;
use crate::order::OrderedMap;

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

/// The queue of planned events, in heaps of a stretch of time each: many small ones, since every checkpoint has a copy of them
/// all, and what is soon is quickly found among few.
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    stretches: OrderedMap<u64, BinaryHeap<Planned<E>>>,
    planned: u64,
}

/// How long a stretch of time is, in microseconds: a power of two, some 130 ms.
const STRETCH_US: u64 = 1 << 17;

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        EventQueue { stretches: OrderedMap::new(), planned: 0 }
    }
}

impl<E> EventQueue<E> {
    /// Plans an event. Events of the same instant happen in the order of planning.
    pub fn plan(&mut self, at: SimTime, event: E) {
        let planned = Planned { at, number: self.planned, event };
        self.stretches.entry(at.0 / STRETCH_US).or_default().push(planned);
        self.planned += 1;
    }

    /// When the next event happens.
    #[must_use]
    pub fn next_at(&self) -> Option<SimTime> {
        self.stretches.first_key_value()?.1.peek().map(|planned| planned.at)
    }

    /// Takes the next event.
    pub fn pop(&mut self) -> Option<(SimTime, E)> {
        let first = self.stretches.values_mut().next()?;
        let planned = first.pop()?;
        if first.is_empty() {
            self.stretches.pop_first();
        }
        Some((planned.at, planned.event))
    }
}
