//! Linearizability of one register, by just-in-time linearization.
//!
//! The question is Herlihy and Wing's ("Linearizability: A Correctness Condition for Concurrent Objects", 1990): is there
//! an order of the operations, each at some instant between its invocation and its return, that explains what every one
//! returned? The search is Wing and Gong's ("Testing and Verifying Concurrent Objects", 1993) in the form of Lowe
//! ("Testing for linearizability", 2017), which Knossos uses as well: the history is read once, event by event, with the
//! set of all states that the register may be in and of which open operations have taken effect in each; an operation is
//! made to take effect only when its return asks for it. Operations whose outcome is unknown stay open for ever, and may
//! take effect at any later instant or never. Where every value is written once, [`super::zones`] needs no search.

use crate::order::Arrange;
use std::collections::BTreeSet;
use std::collections::VecDeque;

use super::zones;

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

/// The most operations with a known outcome that may be open at once.
const OPEN: usize = 128;
/// The most states that are looked at before the search is given up.
pub const STATES: usize = 3_000_000;

/// Decides whether a history of a register that holds `initial` at first is linearizable. The order of `operations` does
/// not matter. At most `limit` states are looked at; [`STATES`] is a good limit.
pub fn check<V: Copy + Ord>(initial: V, operations: &[Operation<V>], limit: usize) -> Answer {
    zones::check(initial, operations).unwrap_or_else(|| search(initial, operations, limit))
}

/// How many states are followed at once: few at first, which is enough for most histories that are linearizable, whatever
/// else is possible; then more.
const WIDTHS: [usize; 3] = [48, 512, 8_192];
/// With how many others of the same value a state is compared.
const RIVALS: usize = 256;

/// As [`check`], by search alone.
pub fn search<V: Copy + Ord>(initial: V, operations: &[Operation<V>], limit: usize) -> Answer {
    let mut events: Vec<(u64, usize, bool)> = Vec::new();
    for (index, operation) in operations.iter().enumerate() {
        events.push((operation.invoked, index, false));
        events.extend(operation.returned.map(|place| (place, index, true)));
    }
    events.arrange();
    let mut looked_at = 0;
    for width in WIDTHS {
        let mut search = Search::new(initial, operations, width, limit.saturating_sub(looked_at));
        let answer = events.iter().try_for_each(|(place, index, returns)| {
            search.now = *place;
            if *returns { search.returned(*index) } else { search.invoked(*index) }
        });
        match answer {
            Ok(()) => return Answer::Linearizable,
            Err(answer) if !search.left_out => return answer,
            Err(_) => looked_at += search.looked_at,
        }
    }
    Answer::Unknown { reason: "too many orders are possible" }
}

/// What the register may be: its value, who set it, and which open operations have taken effect.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct State<V> {
    value: V,
    /// The sum of `used`.
    uses: u64,
    /// Of the operations that return: bits are slots.
    done: u128,
    /// Writes that may still be said to have taken effect right before another write did: then nobody saw them.
    free: u128,
    /// Of those with an unknown outcome: how many of each group. Without zeros at the end.
    used: Vec<u32>,
    /// The operation that set the value, plus one.
    set_by: usize,
}

/// Operations with an unknown outcome that do the same. One is as good as another once both have begun, so that it is
/// enough to count them.
struct Group<V> {
    action: Action<V>,
    /// In the order of their invocations.
    members: Vec<usize>,
}

/// An open operation that returns.
#[derive(Clone, Copy)]
struct Slot {
    index: usize,
    /// Open operations that do the same and return earlier: they go first.
    twins: u128,
}

struct Search<'a, V> {
    operations: &'a [Operation<V>],
    open: Vec<Option<Slot>>,
    groups: Vec<Group<V>>,
    states: Vec<State<V>>,
    looked_at: usize,
    /// The most states that are followed at once, and that are looked at.
    width: usize,
    limit: usize,
    /// Whether some were not followed: then a contradiction proves nothing.
    left_out: bool,
    now: u64,
    /// For each value that is ever found, by a read or a cas: the place after which it is found no more.
    last_found: Vec<(V, u64)>,
}

impl<'a, V: Copy + Ord> Search<'a, V> {
    fn new(initial: V, operations: &'a [Operation<V>], width: usize, limit: usize) -> Self {
        let mut last_found: Vec<(V, u64)> = operations
            .iter()
            .filter_map(|operation| match operation.action {
                Action::Read(value) | Action::Cas(value, _) => Some((value, operation.returned.unwrap_or(u64::MAX))),
                Action::Write(_) => None,
            })
            .collect();
        last_found.arrange();
        // Of each value, the last place.
        last_found.reverse();
        last_found.dedup_by_key(|(value, _)| *value);
        last_found.reverse();
        let states = vec![State { value: initial, uses: 0, done: 0, free: 0, used: Vec::new(), set_by: 0 }];
        let (open, groups) = (Vec::new(), Vec::new());
        Search { operations, open, groups, states, looked_at: 0, width, limit, left_out: false, now: 0, last_found }
    }

    /// Whether anybody finds this value now or later.
    fn is_found_later(&self, value: V) -> bool {
        let index = self.last_found.binary_search_by_key(&value, |(found, _)| *found);
        index.ok().and_then(|index| self.last_found.get(index)).is_some_and(|(_, last)| *last >= self.now)
    }

    /// Whether an operation with an unknown outcome can explain anything from now on. Without that it need not have
    /// happened, and nobody is helped if it did.
    fn is_useful(&self, action: Action<V>) -> bool {
        match action {
            Action::Write(value) | Action::Cas(_, value) => self.is_found_later(value),
            Action::Read(_) => false,
        }
    }

    fn invoked(&mut self, index: usize) -> Result<(), Answer> {
        let operation = self.operations[index];
        self.forget_useless();
        if operation.returned.is_none() {
            if self.is_useful(operation.action) {
                match self.groups.iter_mut().find(|group| group.action == operation.action) {
                    Some(group) => group.members.push(index),
                    None => self.groups.push(Group { action: operation.action, members: vec![index] }),
                }
            }
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
        self.open[slot] = Some(Slot { index, twins: 0 });
        self.find_twins();
        let states = std::mem::take(&mut self.states);
        self.states = states.into_iter().map(|state| self.with_reads(state)).collect();
        self.tidy();
        Ok(())
    }

    fn find_twins(&mut self) {
        let open = self.open.clone();
        for slot in self.open.iter_mut().flatten() {
            let mine = &self.operations[slot.index];
            let goes_first = |other: &Slot| {
                let other = &self.operations[other.index];
                other.action == mine.action && other.returned < mine.returned
            };
            let twins = open.iter().enumerate().filter(|(_, other)| other.as_ref().is_some_and(goes_first));
            slot.twins = twins.fold(0, |twins, (bit, _)| twins | 1 << bit);
        }
    }

    /// Forgets operations with an unknown outcome that cannot explain anything any more.
    fn forget_useless(&mut self) {
        let mut useless = Vec::new();
        for (number, group) in self.groups.iter().enumerate() {
            if !group.members.is_empty() && !self.is_useful(group.action) {
                useless.push(number);
            }
        }
        if useless.is_empty() {
            return;
        }
        for &number in &useless {
            self.groups[number].members.clear();
        }
        // The numbers of the groups at the end are used again.
        while self.groups.last().is_some_and(|group| group.members.is_empty()) {
            self.groups.pop();
        }
        for state in &mut self.states {
            for &number in &useless {
                if let Some(used) = state.used.get_mut(number) {
                    *used = 0;
                }
            }
            trim(&mut state.used);
            state.uses = state.used.iter().map(|used| u64::from(*used)).sum();
        }
        self.tidy();
    }

    /// Drops states that others make superfluous, and then those that are too many.
    fn tidy(&mut self) {
        self.states.sort_unstable();
        self.states.dedup();
        let reads = self.bits(|action| matches!(action, Action::Read(_)));
        // By value, the best first.
        let mut kept: Vec<(usize, State<V>)> = Vec::new();
        let mut alike = 0;
        for state in self.states.drain(..) {
            if kept.get(alike).is_some_and(|(_, first)| first.value != state.value) {
                alike = kept.len();
            }
            // Comparing each with each is worth it as long as there are few.
            let rivals = &kept[alike..kept.len().min(alike + RIVALS)];
            if !rivals.iter().any(|(_, other)| other.is_no_worse(&state, reads)) {
                kept.push((kept.len() - alike, state));
            }
        }
        if kept.len() > self.width {
            self.left_out = true;
            // Some of each value.
            kept.arrange_by_key(|(rank, state)| (*rank, state.uses));
            kept.truncate(self.width);
        }
        self.states = kept.into_iter().map(|(_, state)| state).collect();
    }

    /// The slots of open operations of a kind.
    fn bits(&self, kind: impl Fn(Action<V>) -> bool) -> u128 {
        let of_kind = |slot: &Option<Slot>| slot.is_some_and(|slot| kind(self.operations[slot.index].action));
        (0..).zip(&self.open).filter(|(_, slot)| of_kind(slot)).fold(0, |bits, (bit, _): (u32, _)| bits | 1 << bit)
    }

    /// Lets every open read take effect that returns what the register holds. That never hurts: a read changes nothing,
    /// and once it has taken effect it asks for nothing.
    fn with_reads(&self, mut state: State<V>) -> State<V> {
        for (bit, slot) in self.open.iter().enumerate() {
            if slot.is_some_and(|slot| self.operations[slot.index].action == Action::Read(state.value)) {
                state.done |= 1 << bit;
            }
        }
        state
    }

    /// What the register holds after `action`, where it can take effect.
    fn value_after(state: &State<V>, action: Action<V>) -> Option<V> {
        match action {
            Action::Write(value) => Some(value),
            Action::Cas(from, to) if from == state.value => Some(to),
            Action::Cas(..) | Action::Read(_) => None,
        }
    }

    /// Every state that follows when one more open operation takes effect, on the way to the one in slot `target`.
    fn followers(&self, state: &State<V>, target: usize, mut found: impl FnMut(State<V>)) {
        if state.free & 1 << target != 0 {
            let mut after = state.clone();
            (after.done, after.free) = (state.done | 1 << target, state.free & !(1 << target));
            found(after);
        }
        let writes = self.bits(|action| matches!(action, Action::Write(_)));
        let after_write = |action, done: u128| match action {
            Action::Write(_) => state.free | writes & !done,
            Action::Read(_) | Action::Cas(..) => state.free,
        };
        for (bit, slot) in self.open.iter().enumerate() {
            let Some(slot) = slot.filter(|_| state.done & 1 << bit == 0) else { continue };
            // A twin goes first, unless it is the one that need not take effect any more.
            let first = if state.free & 1 << bit != 0 { !state.done } else { !(state.done | state.free) };
            if slot.twins & first != 0 {
                continue;
            }
            let action = self.operations[slot.index].action;
            let Some(value) = Self::value_after(state, action) else { continue };
            // What nobody finds may as well take effect when it must, or right before another write does.
            if bit != target && matches!(action, Action::Write(_)) && !self.is_found_later(value) {
                continue;
            }
            let done = state.done | 1 << bit;
            let free = after_write(action, done) & !done;
            let used = state.used.clone();
            found(self.with_reads(State { value, uses: state.uses, done, free, used, set_by: slot.index + 1 }));
        }
        for (number, group) in self.groups.iter().enumerate() {
            let used = state.used.get(number).copied().unwrap_or(0) as usize;
            let Some(&member) = group.members.get(used) else { continue };
            let Some(value) = Self::value_after(state, group.action).filter(|value| *value != state.value) else {
                continue;
            };
            let mut after = state.clone();
            after.used.resize(after.used.len().max(number + 1), 0);
            after.used[number] = u32::try_from(used + 1).unwrap_or(u32::MAX);
            (after.value, after.uses, after.set_by) = (value, state.uses + 1, member + 1);
            after.free = after_write(group.action, state.done);
            found(self.with_reads(after));
        }
    }

    /// An operation returned: in every state it must have taken effect by now.
    fn returned(&mut self, index: usize) -> Result<(), Answer> {
        let at = self.open.iter().position(|slot| slot.is_some_and(|slot| slot.index == index));
        let Some(slot) = at else { return Ok(()) };
        let before = std::mem::take(&mut self.states);
        let is_done = |state: &State<V>| state.done & 1 << slot != 0;
        let mut reached: Vec<State<V>> = Vec::new();
        let mut seen: BTreeSet<State<V>> = BTreeSet::new();
        // Those with the fewest steps first: what need not happen yet is put off.
        let mut to_look_at: VecDeque<State<V>> = VecDeque::new();
        for state in &before {
            if is_done(state) {
                reached.push(state.clone());
            } else {
                to_look_at.push_back(state.clone());
            }
        }
        let mut left = self.width * 32;
        while let Some(state) = to_look_at.pop_front() {
            self.looked_at += 1;
            left -= 1;
            if left == 0 || self.looked_at > self.limit || reached.len() > self.width * 8 {
                self.left_out = true;
                break;
            }
            self.followers(&state, slot, |next| {
                if is_done(&next) {
                    reached.push(next);
                } else if seen.insert(State { set_by: 0, ..next.clone() }) {
                    to_look_at.push_back(next);
                }
            });
        }
        if reached.is_empty() {
            return Err(self.refutation(index, &before));
        }
        self.states = reached;
        self.open[slot] = None;
        for state in &mut self.states {
            state.done &= !(1 << slot);
            state.free &= !(1 << slot);
        }
        self.find_twins();
        self.tidy();
        Ok(())
    }

    fn refutation(&self, operation: usize, before: &[State<V>]) -> Answer {
        let open = self.open.iter().flatten().map(|slot| slot.index);
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

fn trim(used: &mut Vec<u32>) {
    while used.last() == Some(&0) {
        used.pop();
    }
}

impl<V: Copy + Ord> State<V> {
    /// Whether this can go wherever `other` can. Of the operations with an unknown outcome it must have used no more, and
    /// an operation that is done must be so there, too, unless it is a read (`reads`), which asks for nothing more, or may
    /// be said to be done at any time.
    fn is_no_worse(&self, other: &State<V>, reads: u128) -> bool {
        let free = self.free & !self.done;
        let neither = !(self.done | self.free | other.done | other.free);
        let fits = free | self.done & (other.done | reads) | neither;
        let uses_no_more =
            || self.used.iter().enumerate().all(|(number, used)| *used <= other.used.get(number).copied().unwrap_or(0));
        self.value == other.value && fits == u128::MAX && uses_no_more()
    }
}

#[cfg(test)]
mod tests;
