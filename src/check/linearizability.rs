//! Linearizability of one register, by just-in-time linearization.
//!
//! The question is Herlihy and Wing's ("Linearizability: A Correctness Condition for Concurrent Objects", 1990): is there
//! an order of the operations, each at some instant between its invocation and its return, that explains what every one
//! returned? The search is Wing and Gong's ("Testing and Verifying Concurrent Objects", 1993) in the form of Lowe
//! ("Testing for linearizability", 2017), which Knossos uses as well: the history is read once, event by event, with the
//! set of all states that the register may be in and of which open operations have taken effect in each; an operation is
//! made to take effect only when its return asks for it. Operations whose outcome is unknown stay open for ever, and may
//! take effect at any later instant or never.

use std::collections::BTreeSet;

/// What an operation did to the register. Values are compared and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action<V> {
    /// It returned this value.
    Read(V),
    /// It set this value.
    Write(V),
    /// It found the first value and set the second.
    Cas(V, V),
}

/// One operation of a history. Operations that are known not to have happened, and reads whose outcome is unknown, are
/// left out of a history: they explain nothing and need no explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation<V> {
    /// What it did; with an unknown outcome, what it would have done.
    pub action: Action<V>,
    /// The place of its invocation among all invocations and returns of the history.
    pub invoked: u64,
    /// The place of its return; `None` when its outcome is unknown. No two places are the same.
    pub returned: Option<u64>,
}

/// Whether a history is linearizable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is.
    Linearizable,
    /// It is not, and one need look no further than this: the operation whose return nothing explains, then those that
    /// were open at that instant, then those that may have set the value that the register had, each by its index.
    Not {
        /// The operation that cannot be explained.
        operation: usize,
        /// The others that take part.
        context: Vec<usize>,
    },
    /// The search was given up.
    Unknown {
        /// Why.
        reason: &'static str,
    },
}

/// The most operations that may be open at once.
const OPEN: usize = 128;
/// The most states that are looked at before the search is given up.
pub const STATES: usize = 4_000_000;

/// Decides whether a history of a register that holds `initial` at first is linearizable. The order of `operations` does
/// not matter. At most `limit` states are looked at; [`STATES`] is a good limit.
pub fn check<V: Copy + Ord>(initial: V, operations: &[Operation<V>], limit: usize) -> Answer {
    let mut events: Vec<(u64, usize, bool)> = Vec::new();
    for (index, operation) in operations.iter().enumerate() {
        events.push((operation.invoked, index, false));
        events.extend(operation.returned.map(|place| (place, index, true)));
    }
    events.sort_unstable();
    let mut search = Search::new(initial, operations, limit);
    for (place, index, returns) in events {
        let step = if returns { search.returned(index) } else { search.invoked(index, place) };
        if let Err(answer) = step {
            return answer;
        }
    }
    Answer::Linearizable
}

/// What the register may be: its value, who set it, and which open operations have taken effect.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct State<V> {
    /// Bits are slots.
    done: u128,
    value: V,
    /// The operation that set the value, plus one.
    set_by: usize,
}

struct Search<'a, V> {
    operations: &'a [Operation<V>],
    /// The open operations, each in a slot.
    open: Vec<Option<usize>>,
    states: Vec<State<V>>,
    looked_at: usize,
    limit: usize,
    /// For each value that is ever found, by a read or a cas: the place after which it is found no more.
    last_found: Vec<(V, u64)>,
}

impl<'a, V: Copy + Ord> Search<'a, V> {
    fn new(initial: V, operations: &'a [Operation<V>], limit: usize) -> Self {
        let mut last_found: Vec<(V, u64)> = operations
            .iter()
            .filter_map(|operation| match operation.action {
                Action::Read(value) | Action::Cas(value, _) => Some((value, operation.returned.unwrap_or(u64::MAX))),
                Action::Write(_) => None,
            })
            .collect();
        last_found.sort_unstable();
        // Of each value, the last place.
        last_found.reverse();
        last_found.dedup_by_key(|(value, _)| *value);
        last_found.reverse();
        let states = vec![State { done: 0, value: initial, set_by: 0 }];
        Search { operations, open: Vec::new(), states, looked_at: 0, limit, last_found }
    }

    /// Whether anybody finds this value after `place`.
    fn is_found_after(&self, value: V, place: u64) -> bool {
        let index = self.last_found.binary_search_by_key(&value, |(found, _)| *found);
        index.ok().and_then(|index| self.last_found.get(index)).is_some_and(|(_, last)| *last > place)
    }

    fn invoked(&mut self, index: usize, place: u64) -> Result<(), Answer> {
        let operation = &self.operations[index];
        self.close_useless(place);
        let sets = match operation.action {
            Action::Write(value) | Action::Cas(_, value) => Some(value),
            Action::Read(_) => None,
        };
        if operation.returned.is_none() && !sets.is_some_and(|value| self.is_found_after(value, place)) {
            // It need not have happened, and nobody is helped if it did.
            return Ok(());
        }
        let slot = match self.open.iter().position(Option::is_none) {
            Some(slot) => slot,
            None if self.open.len() < OPEN => {
                self.open.push(None);
                self.open.len() - 1
            }
            None => return Err(Answer::Unknown { reason: "more than 128 operations are open at once" }),
        };
        self.open[slot] = Some(index);
        let states = std::mem::take(&mut self.states);
        self.states = states.into_iter().map(|state| self.with_reads(state)).collect();
        self.tidy();
        Ok(())
    }

    /// Forgets operations with an unknown outcome that cannot explain anything any more.
    fn close_useless(&mut self, place: u64) {
        for slot in 0..self.open.len() {
            let Some(index) = self.open[slot] else { continue };
            let operation = &self.operations[index];
            let useful = operation.returned.is_some()
                || match operation.action {
                    Action::Write(value) | Action::Cas(_, value) => self.is_found_after(value, place),
                    Action::Read(_) => false,
                };
            if !useful {
                self.close(slot);
            }
        }
    }

    fn close(&mut self, slot: usize) {
        self.open[slot] = None;
        for state in &mut self.states {
            state.done &= !(1 << slot);
        }
        self.tidy();
    }

    fn tidy(&mut self) {
        self.states.sort_unstable();
        self.states.dedup_by_key(|state| (state.done, state.value));
    }

    /// Lets every open read take effect that returns what the register holds. That never hurts: a read changes nothing,
    /// and once it has taken effect it asks for nothing.
    fn with_reads(&self, mut state: State<V>) -> State<V> {
        for (slot, index) in self.open.iter().enumerate() {
            if index.is_some_and(|index| self.operations[index].action == Action::Read(state.value)) {
                state.done |= 1 << slot;
            }
        }
        state
    }

    /// The state after the open operation in `slot` takes effect, if it can.
    fn after(&self, state: State<V>, slot: usize) -> Option<State<V>> {
        let index = self.open[slot]?;
        let value = match self.operations[index].action {
            Action::Write(value) => value,
            Action::Cas(from, to) if from == state.value => to,
            Action::Cas(..) | Action::Read(_) => return None,
        };
        Some(self.with_reads(State { done: state.done | 1 << slot, value, set_by: index + 1 }))
    }

    /// An operation returned: in every state it must have taken effect by now.
    fn returned(&mut self, index: usize) -> Result<(), Answer> {
        let Some(slot) = self.open.iter().position(|open| *open == Some(index)) else { return Ok(()) };
        let before = std::mem::take(&mut self.states);
        let is_done = |state: &State<V>| state.done & 1 << slot != 0;
        let mut seen: BTreeSet<(u128, V)> = BTreeSet::new();
        let mut to_look_at: Vec<State<V>> = Vec::new();
        for state in &before {
            if is_done(state) {
                self.states.push(*state);
            } else if seen.insert((state.done, state.value)) {
                to_look_at.push(*state);
            }
        }
        while let Some(state) = to_look_at.pop() {
            self.looked_at += 1;
            if self.looked_at > self.limit {
                return Err(Answer::Unknown { reason: "too many orders are possible" });
            }
            for other in (0..self.open.len()).filter(|other| state.done & 1 << other == 0) {
                let Some(next) = self.after(state, other) else { continue };
                if is_done(&next) {
                    self.states.push(next);
                } else if seen.insert((next.done, next.value)) {
                    to_look_at.push(next);
                }
            }
        }
        if self.states.is_empty() {
            return Err(self.refutation(index, &before));
        }
        self.close(slot);
        Ok(())
    }

    fn refutation(&self, operation: usize, before: &[State<V>]) -> Answer {
        let open = self.open.iter().flatten().copied();
        let set_by = before.iter().filter_map(|state| state.set_by.checked_sub(1));
        let mut context: Vec<usize> = Vec::new();
        for other in open.chain(set_by).filter(|other| *other != operation) {
            if !context.contains(&other) {
                context.push(other);
            }
        }
        Answer::Not { operation, context }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A history as text: a line per operation, `-` its time, its action above. Operations are `w1`, `r1`, `c12` (cas from
    /// 1 to 2) between their invocation and return, and end in `?` when their outcome is unknown.
    fn history(lines: &[&str]) -> Vec<Operation<u8>> {
        let mut operations = Vec::new();
        for (row, line) in lines.iter().enumerate() {
            let bytes = line.as_bytes();
            let place = |column: usize| (column * 100 + row) as u64;
            let mut column = 0;
            while column < bytes.len() {
                if bytes[column] == b' ' {
                    column += 1;
                    continue;
                }
                let end = bytes[column..].iter().position(|b| *b == b' ').map_or(bytes.len(), |n| column + n);
                let digit = |offset: usize| bytes[column + offset] - b'0';
                let action = match bytes[column] {
                    b'r' => Action::Read(digit(1)),
                    b'w' => Action::Write(digit(1)),
                    _ => Action::Cas(digit(1), digit(2)),
                };
                let returned = (bytes[end - 1] != b'?').then(|| place(end));
                operations.push(Operation { action, invoked: place(column), returned });
                column = end;
            }
        }
        operations
    }

    fn answer(lines: &[&str]) -> Answer {
        check(0, &history(lines), STATES)
    }

    fn linearizable(lines: &[&str]) -> bool {
        match answer(lines) {
            Answer::Linearizable => true,
            Answer::Not { .. } => false,
            Answer::Unknown { reason } => panic!("{reason}"),
        }
    }

    #[test]
    fn one_after_the_other() {
        assert!(linearizable(&["r0 w1 r1 w2 r2"]));
        assert!(!linearizable(&["w1 r0"]));
        assert!(!linearizable(&["w1 w2 r1"]));
        assert!(!linearizable(&["r1"]));
        assert!(linearizable(&[]));
    }

    #[test]
    fn overlapping_operations_may_take_either_order() {
        assert!(linearizable(&["w1---- ", "  r0  "]));
        assert!(linearizable(&["w1---- ", "  r1  "]));
        assert!(linearizable(&["w1--    r2", "  w2--"]));
        assert!(linearizable(&["w1--    r1", "  w2--"]));
        // But not both.
        assert!(!linearizable(&["w1--    r1 r2", "  w2--"]));
        assert!(!linearizable(&["w1--    r1", "  w2--      r2"]));
    }

    #[test]
    fn a_value_once_seen_may_not_go_away() {
        // Herlihy and Wing: the write is still open, one reader has seen it, a later one has not.
        assert!(!linearizable(&["w1-----------", "  r1--", "       r0--"]));
        assert!(linearizable(&["w1-----------", "  r0--", "       r1--"]));
        assert!(linearizable(&["w1-----------", "  r1-------", "     r0--"]), "the two reads overlap");
    }

    #[test]
    fn unknown_outcomes_take_effect_at_any_time_or_never() {
        assert!(linearizable(&["w1?  r0 r0"]));
        assert!(linearizable(&["w1?  r0 r1"]));
        assert!(linearizable(&["w1?  r0      r1", "        w2 r2"]));
        assert!(!linearizable(&["w1?  r1 r0"]));
        assert!(!linearizable(&["r1 w1?"]), "not before it was sent");
        // It takes effect once.
        assert!(!linearizable(&["w1?  r1 w2 r2 r1"]));
    }

    #[test]
    fn compare_and_set() {
        assert!(linearizable(&["c01 r1 c12 r2"]));
        assert!(!linearizable(&["c12 r2"]));
        assert!(linearizable(&["c01----", "  c12-- ", "         r2"]));
        assert!(!linearizable(&["c01--", "  c02--"]), "only one can have found the 0");
        assert!(linearizable(&["c01?", "     w2 c23 r3"]));
        assert!(linearizable(&["c01?", "     r0 r1"]));
    }

    #[test]
    fn a_refutation_names_the_operation_and_what_it_stands_against() {
        assert_eq!(answer(&["w1 w2 r1"]), Answer::Not { operation: 2, context: vec![1] });
        let Answer::Not { operation, context } = answer(&["w1-----------", "  r1--", "       r0--"]) else { panic!() };
        assert_eq!((operation, context), (2, vec![0]));
    }

    #[test]
    fn a_long_history_with_many_unknown_outcomes_is_decided() {
        let mut operations = Vec::new();
        let mut place = 0..;
        let mut next = || place.next().unwrap_or(0);
        for i in 1..5_000_u32 {
            let (invoked, returned) = (next(), (i % 50 != 0).then(&mut next));
            operations.push(Operation { action: Action::Write(i), invoked, returned });
            // Of those with unknown outcomes, every other one is seen later.
            let seen = if i % 100 == 50 { Some(i - 1) } else { Some(i) };
            let (invoked, returned) = (next(), Some(next()));
            operations.extend(seen.map(|value| Operation { action: Action::Read(value), invoked, returned }));
        }
        assert_eq!(check(0, &operations, STATES), Answer::Linearizable);
        operations.push(Operation { action: Action::Read(17), invoked: next(), returned: Some(next()) });
        assert!(matches!(check(0, &operations, STATES), Answer::Not { .. }));
    }

    #[test]
    fn too_many_orders_are_given_up() {
        // Forty writes at once, and reads meanwhile.
        let mut operations: Vec<Operation<u8>> = (1..=40)
            .map(|i| Operation { action: Action::Write(i), invoked: u64::from(i), returned: Some(100 + u64::from(i)) })
            .collect();
        for (value, place) in (1..=20).chain(1..=20).zip((0..).step_by(2)) {
            operations.push(Operation { action: Action::Read(value), invoked: 50 + place, returned: Some(51 + place) });
        }
        operations.iter_mut().take(40).for_each(|w| w.returned = w.returned.map(|r| r + 100));
        assert!(matches!(check(0, &operations, 1_000), Answer::Unknown { .. }));
    }
}
