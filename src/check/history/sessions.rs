//! The four session guarantees over histories of registers.
//!
//! Terry and others define them by what a server's copy must include, and in which order ("Session Guarantees for Weakly
//! Consistent Replicated Data", 1994). A history of registers shows neither copies nor their order, only what reads
//! returned. So this is what is asked: is there *one order of each key's writes* under which no session ever saw a promise
//! broken? In it,
//! - a write that was acknowledged before another was sent comes before it, and what a `cas` found comes before what it
//!   set; the initial value is the oldest;
//! - **read your writes**: what a session reads of a key is no older than its own newest acknowledged write of the key;
//! - **monotonic reads**: what a session reads of a key is no older than what it read of the key before;
//! - **monotonic writes**: who has read a session's write does not afterwards read, of another key, what is older than that
//!   session's earlier acknowledged write of it, nor, of the same key, an earlier acknowledged write of the session;
//! - **writes follow reads**: who has read a session's write does not afterwards read, of another key, what is older than
//!   that session had read before the write, nor, of the same key, what the session had read of it before.
//!
//! The last two are Terry's as *readers* see them: a reader that was sent back to an older copy looks the same as a copy
//! that took writes in the wrong order. A session is a process; a `cas` that is ok reads and writes. A read of a value that
//! several writes may have set keeps the promise if some choice of write does: that is searched, within bounds. A read of
//! a value that nobody can have written shows nothing about sessions. A linearizable history keeps all four.

use super::candidates::Candidates;
use super::judgement::Guarantee;
use super::order::{Edge, NONE, Order};
use super::{History, Op};
use crate::order::Arrange;
use std::collections::BTreeMap;

/// Whether a promise was kept.
#[derive(Clone, Debug)]
pub(super) enum Kept {
    /// It was.
    Yes,
    /// It was not: this way around is no order.
    No(Vec<Edge>),
    /// It cannot be told.
    Unknown(&'static str),
}

/// What a choice of what was read comes to.
enum Attempt {
    Fits,
    /// The promise is broken.
    Refuted(Vec<Edge>),
    /// It cannot have been so, whatever was promised.
    Impossible,
    GivenUp(&'static str),
}

const NO_ORDER: &str = "the writes alone cannot be put into any order";

/// How much may be looked at (edges of orders) before the search among ambiguous reads is given up.
const EFFORT: usize = 30_000_000;
/// The most edges of one order.
const EDGES: usize = 30_000_000;

/// What a reader has seen of a session's writes: of two keys, the newest write.
#[derive(Clone, Copy, Debug)]
struct Saw {
    /// The write's place among the operations of its session.
    position: u32,
    write: u32,
    by: u32,
}

/// The judges of sessions at one history.
pub(super) struct Sessions<'a> {
    history: &'a History,
    candidates: Candidates,
    /// The operations of each process in their order.
    by_process: Vec<Vec<u32>>,
    /// The place of each operation among those of its process.
    positions: Vec<u32>,
    effort: usize,
}

impl<'a> Sessions<'a> {
    /// Judges for a history.
    pub fn new(history: &'a History) -> Sessions<'a> {
        let mut by_process = vec![Vec::new(); history.processes.len()];
        let mut positions = Vec::new();
        for (number, op) in (0..).zip(&history.ops) {
            let own: &mut Vec<u32> = &mut by_process[op.process as usize];
            positions.push(own.len() as u32);
            own.push(number);
        }
        Sessions { history, candidates: Candidates::of(history), by_process, positions, effort: EFFORT }
    }

    fn op(&self, number: u32) -> &'a Op {
        &self.history.ops[number as usize]
    }

    /// The node of what an operation found.
    fn node(&self, number: u32, found: Option<u32>) -> u32 {
        found.unwrap_or_else(|| self.initial(self.op(number).key))
    }

    fn initial(&self, key: u32) -> u32 {
        self.history.ops.len() as u32 + key
    }

    /// Whether a promise was kept, for some choice of what ambiguous reads returned.
    pub fn judge(&mut self, guarantee: Guarantee) -> Kept {
        self.effort = EFFORT;
        let all: Vec<u32> = (0..self.history.ops.len() as u32).collect();
        let mut sources: Vec<u32> = vec![NONE; all.len()];
        let mut ambiguous: Vec<(u32, Vec<u32>)> = Vec::new();
        let mut newest = Vec::new();
        for number in all {
            let mut choices = self.candidates.found_by(number, self.history).map(|found| self.node(number, found));
            let Some(first) = choices.next() else { continue };
            if choices.next().is_none() {
                sources[number as usize] = first;
            } else {
                newest.push((number, first));
            }
        }
        match self.attempt(guarantee, &sources) {
            Attempt::Fits if newest.is_empty() => return Kept::Yes,
            Attempt::Fits => {}
            Attempt::Refuted(way) => return Kept::No(way),
            Attempt::Impossible => return Kept::Unknown(NO_ORDER),
            Attempt::GivenUp(why) => return Kept::Unknown(why),
        }
        let mut attempt = sources.clone();
        newest.iter().for_each(|(number, first)| attempt[*number as usize] = *first);
        if matches!(self.attempt(guarantee, &attempt), Attempt::Fits) {
            return Kept::Yes;
        }
        // What contradicts the reads that are certain is no choice.
        for (number, _) in newest {
            let mut choices = Vec::new();
            let mut refuted = None;
            for found in self.candidates.found_by(number, self.history).collect::<Vec<_>>() {
                let node = self.node(number, found);
                sources[number as usize] = node;
                match self.attempt(guarantee, &sources) {
                    Attempt::Fits => choices.push(node),
                    Attempt::Refuted(way) => refuted = Some(way),
                    Attempt::Impossible => {}
                    Attempt::GivenUp(why) => return Kept::Unknown(why),
                }
            }
            sources[number as usize] = NONE;
            match choices[..] {
                [] => return refuted.map_or(Kept::Unknown(NO_ORDER), Kept::No),
                [only] => sources[number as usize] = only,
                _ => ambiguous.push((number, choices)),
            }
        }
        self.choose(guarantee, &mut sources, &ambiguous)
    }

    /// Tries choices for the ambiguous reads one after the other, and takes back what leads nowhere.
    fn choose(&mut self, guarantee: Guarantee, sources: &mut [u32], ambiguous: &[(u32, Vec<u32>)]) -> Kept {
        let mut refuted = None;
        match self.attempt(guarantee, sources) {
            Attempt::Fits => {}
            Attempt::Refuted(way) => return Kept::No(way),
            Attempt::Impossible => return Kept::Unknown(NO_ORDER),
            Attempt::GivenUp(why) => return Kept::Unknown(why),
        }
        // For each read that has a choice now: which one is next.
        let mut next: Vec<usize> = vec![0];
        while let Some(depth) = next.len().checked_sub(1) {
            let Some((number, choices)) = ambiguous.get(depth) else { return Kept::Yes };
            sources[*number as usize] = NONE;
            let Some(choice) = choices.get(next[depth]) else {
                next.pop();
                continue;
            };
            next[depth] += 1;
            sources[*number as usize] = *choice;
            match self.attempt(guarantee, sources) {
                Attempt::Fits => next.push(0),
                Attempt::Refuted(way) => refuted = Some(way),
                Attempt::Impossible => {}
                Attempt::GivenUp(why) => return Kept::Unknown(why),
            }
        }
        refuted.map_or(Kept::Unknown(NO_ORDER), Kept::No)
    }

    /// Whether the promise was kept if each operation found what `sources` says ([`NONE`]: left out of account).
    fn attempt(&mut self, guarantee: Guarantee, sources: &[u32]) -> Attempt {
        let mut order = self.known(sources);
        match guarantee {
            Guarantee::ReadYourWrites => self.read_your_writes(sources, &mut order),
            Guarantee::MonotonicReads => self.monotonic_reads(sources, &mut order),
            Guarantee::MonotonicWrites => self.as_seen(sources, &mut order, false),
            Guarantee::WritesFollowReads => self.as_seen(sources, &mut order, true),
            Guarantee::Linearizable => {}
        }
        if order.edges.len() > EDGES {
            return Attempt::GivenUp("the history is too large for this judge");
        }
        let Some(rest) = self.effort.checked_sub(order.edges.len() + order.nodes as usize) else {
            return Attempt::GivenUp(
                "several writes set the same values, and too many choices are left of what was read",
            );
        };
        self.effort = rest;
        let Some(way) = order.contradiction() else { return Attempt::Fits };
        order.edges.retain(|edge| !edge.is_promise());
        if order.contradiction().is_none() { Attempt::Refuted(way) } else { Attempt::Impossible }
    }

    /// What the history itself says about the order of writes.
    fn known(&self, sources: &[u32]) -> Order {
        let keys = self.history.keys.len() as u32;
        let mut order = Order::of(self.history.ops.len() as u32 + keys);
        // By key: all that returned until now.
        let mut returned: Vec<Option<u32>> = vec![None; keys as usize];
        let mut events: Vec<(u64, u32, bool)> = Vec::new();
        for (number, op) in (0..).zip(&self.history.ops).filter(|(_, op)| op.set().is_some()) {
            events.push((op.invoked, number, false));
            events.extend(op.returned.map(|place| (place, number, true)));
            order.known(self.initial(op.key), number);
            let found = sources[number as usize];
            if found != NONE {
                order.known(found, number);
            }
        }
        events.arrange();
        for (_, number, returns) in events {
            let before = &mut returned[self.op(number).key as usize];
            if returns {
                let now = order.node();
                order.known(number, now);
                if let Some(before) = *before {
                    order.known(before, now);
                }
                *before = Some(now);
            } else if let Some(before) = *before {
                order.known(before, number);
            }
        }
        order
    }

    fn read_your_writes(&self, sources: &[u32], order: &mut Order) {
        for own in &self.by_process {
            let mut wrote: BTreeMap<u32, u32> = BTreeMap::new();
            for &number in own {
                let op = self.op(number);
                let found = sources[number as usize];
                if let Some(&write) = wrote.get(&op.key).filter(|_| found != NONE) {
                    order.promised(write, found, [number, write, NONE]);
                }
                if op.is_acknowledged_write() {
                    wrote.insert(op.key, number);
                }
            }
        }
    }

    fn monotonic_reads(&self, sources: &[u32], order: &mut Order) {
        for own in &self.by_process {
            let mut read: BTreeMap<u32, u32> = BTreeMap::new();
            for &number in own.iter().filter(|number| sources[**number as usize] != NONE) {
                if let Some(before) = read.insert(self.op(number).key, number) {
                    order.promised(sources[before as usize], sources[number as usize], [number, before, NONE]);
                }
            }
        }
    }

    /// Monotonic writes, or writes follow reads, as readers of the writes see them.
    fn as_seen(&self, sources: &[u32], order: &mut Order, follow_reads: bool) {
        let expected = Expected::of(self, sources, order, follow_reads);
        for own in &self.by_process {
            // By session: the newest writes of it that were read, of two keys.
            let mut saw: BTreeMap<u32, Vec<Saw>> = BTreeMap::new();
            // By key and session: the newest write of it that was read.
            let mut of_key: BTreeMap<u32, BTreeMap<u32, Saw>> = BTreeMap::new();
            for &number in own {
                let found = sources[number as usize];
                if found == NONE || order.edges.len() > EDGES {
                    continue;
                }
                let key = self.op(number).key;
                for (session, seen) in &saw {
                    let Some(of_another) = seen.iter().find(|saw| self.op(saw.write).key != key) else { continue };
                    if let Some(least) = expected.before(*session, key, of_another.position) {
                        order.promised(least, found, [number, of_another.by, of_another.write]);
                    }
                }
                let Some(write) = self.history.ops.get(found as usize) else { continue };
                let of_key = of_key.entry(key).or_default();
                for (session, seen) in of_key.iter() {
                    let earlier = expected.is_earlier(self, *session, found, seen.position);
                    if earlier && found != seen.write {
                        order.promised(found, seen.write, [number, seen.by, seen.write]);
                        order.promised(seen.write, found, [number, seen.by, seen.write]);
                    }
                }
                let now = Saw { position: self.positions[found as usize], write: found, by: number };
                let newest = of_key.entry(write.process).or_insert(now);
                if newest.position < now.position {
                    *newest = now;
                }
                let seen = saw.entry(write.process).or_default();
                seen.retain(|other| self.op(other.write).key != key || other.position > now.position);
                if !seen.iter().any(|other| self.op(other.write).key == key) {
                    seen.push(now);
                }
                seen.arrange_by_key(|saw| std::cmp::Reverse(saw.position));
                seen.truncate(2);
            }
        }
    }
}

/// What must be there for who has seen a session's write: per session and key, places among the session's operations and
/// what must be there after each.
struct Expected {
    follow_reads: bool,
    least: BTreeMap<(u32, u32), Vec<(u32, u32)>>,
    /// For reads: when the session had first found what.
    first_found: BTreeMap<(u32, u32), u32>,
}

impl Expected {
    fn of(sessions: &Sessions<'_>, sources: &[u32], order: &mut Order, follow_reads: bool) -> Expected {
        let mut expected = Expected { follow_reads, least: BTreeMap::new(), first_found: BTreeMap::new() };
        for (session, own) in (0..).zip(&sessions.by_process) {
            for &number in own {
                let (op, found) = (sessions.op(number), sources[number as usize]);
                let position = sessions.positions[number as usize];
                let least = expected.least.entry((session, op.key)).or_default();
                if follow_reads && found != NONE {
                    expected.first_found.entry((session, found)).or_insert(position);
                    // All that the session has found of the key until now.
                    let now = order.node();
                    order.promised(found, now, [number, NONE, NONE]);
                    if let Some((_, before)) = least.last() {
                        order.promised(*before, now, [number, NONE, NONE]);
                    }
                    least.push((position, now));
                } else if !follow_reads && op.is_acknowledged_write() {
                    least.push((position, number));
                }
            }
        }
        expected
    }

    /// What must be there of `key` for who has seen the session's write at `position`.
    fn before(&self, session: u32, key: u32, position: u32) -> Option<u32> {
        let least = self.least.get(&(session, key))?;
        let after = least.partition_point(|(at, _)| *at < position);
        after.checked_sub(1).and_then(|index| least.get(index)).map(|(_, node)| *node)
    }

    /// Whether the session wrote, and knew it, (or had found) `found` before its operation at `position`.
    fn is_earlier(&self, sessions: &Sessions<'_>, session: u32, found: u32, position: u32) -> bool {
        if self.follow_reads {
            self.first_found.get(&(session, found)).is_some_and(|first| *first < position)
        } else {
            let write = sessions.op(found);
            write.process == session && write.is_acknowledged_write() && sessions.positions[found as usize] < position
        }
    }
}
