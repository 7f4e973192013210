//! What will happen, in order: by time, then by the order in which it was planned.

use crate::engine::time::SimTime;
use crate::order::OrderedMap;

/// Names what is planned: when, and as the how-manieth.
pub type Plan = (SimTime, u64);

/// The queue of planned events. What was called off is gone: a standby that hears something every few milliseconds and gives
/// up after a minute of silence would else leave thousands of such minutes behind, in every checkpoint.
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    events: OrderedMap<Plan, E>,
    planned: u64,
}

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        EventQueue { events: OrderedMap::new(), planned: 0 }
    }
}

impl<E> EventQueue<E> {
    /// Plans an event. Events of the same instant happen in the order of planning.
    pub fn plan(&mut self, at: SimTime, event: E) -> Plan {
        let plan = (at, self.planned);
        self.events.insert(plan, event);
        self.planned += 1;
        plan
    }

    /// Calls off what was planned, unless it has happened.
    pub fn call_off(&mut self, plan: Plan) {
        self.events.remove(&plan);
    }

    /// When the next event happens.
    #[must_use]
    pub fn next_at(&self) -> Option<SimTime> {
        self.events.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes the next event.
    pub fn pop(&mut self) -> Option<(SimTime, E)> {
        self.events.pop_first().map(|((at, _), event)| (at, event))
    }

    /// How many events are planned.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_by_time_and_then_as_they_were_planned_but_those_that_were_called_off() {
        let mut queue = EventQueue::default();
        let plans: Vec<Plan> =
            [30, 10, 20, 10, 20].into_iter().enumerate().map(|(name, at)| queue.plan(SimTime(at), name)).collect();
        queue.call_off(plans[2]);
        assert_eq!((queue.len(), queue.next_at()), (4, Some(SimTime(10))));
        assert_eq!(queue.pop(), Some((SimTime(10), 1)));
        // What has happened cannot be called off any more.
        queue.call_off(plans[1]);
        let rest: Vec<(u64, usize)> = std::iter::from_fn(|| queue.pop()).map(|(at, name)| (at.0, name)).collect();
        assert_eq!(rest, [(10, 3), (20, 4), (30, 0)]);
    }
}
