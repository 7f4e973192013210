//! Linearizability of a register whose values are all different, decided by zones.
//!
//! Where every value is written once, it is known which write each read returned, and no search is needed: Gibbons and
//! Korach ("Testing shared memories", SIAM Journal on Computing 26, 1997). A write and the reads that returned its value
//! are a *cluster*. Its *zone* lies between the first return and the last invocation in it: from that return on the
//! register must have had the value, and up to that invocation (a forward zone); or, where the last invocation comes
//! first, somewhere between the two it had it (a backward zone). A history is linearizable if and only if no read returned
//! before its write began, no two forward zones overlap, and no backward zone lies within a forward one.

use super::linearizability::{Action, Answer, Operation};
use crate::order::Arrange;

/// A place in the history and the operation that is there; the register's beginning has none.
type End = (u64, Option<usize>);

struct Cluster {
    write: Option<usize>,
    first_return: End,
    last_invocation: End,
    is_read: bool,
}

impl Cluster {
    fn operations(&self) -> impl Iterator<Item = usize> {
        [self.first_return.1, self.last_invocation.1, self.write].into_iter().flatten()
    }
}

/// Decides whether a history of a register that holds `initial` at first is linearizable; `None` where a value is written
/// twice, or an operation compares and sets: then only a search can tell.
#[must_use]
pub fn check<V: Copy + Ord>(initial: V, operations: &[Operation<V>]) -> Option<Answer> {
    let mut written: Vec<(V, Option<usize>)> = vec![(initial, None)];
    for (index, operation) in operations.iter().enumerate() {
        match operation.action {
            Action::Write(value) => written.push((value, Some(index))),
            Action::Read(_) => {}
            Action::Cas(..) => return None,
        }
    }
    written.arrange();
    if written.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return None;
    }
    let mut clusters: Vec<Cluster> = written.iter().map(|(_, write)| begin(*write, operations)).collect();
    for (index, read) in operations.iter().enumerate() {
        let (Action::Read(value), Some(returned)) = (read.action, read.returned) else { continue };
        let found = written.binary_search_by_key(&value, |(value, _)| *value).ok();
        let Some(cluster) = found.and_then(|found| clusters.get_mut(found)) else {
            return Some(Answer::Not { operation: index, context: Vec::new() });
        };
        if let Some(write) = cluster.write.filter(|write| operations[*write].invoked > returned) {
            return Some(Answer::Not { operation: index, context: vec![write] });
        }
        cluster.is_read = true;
        cluster.first_return = cluster.first_return.min((returned + 1, Some(index)));
        cluster.last_invocation = cluster.last_invocation.max((read.invoked + 1, Some(index)));
    }
    // A write that nobody saw and that may not have happened needs no place.
    clusters.retain(|cluster| cluster.is_read || cluster.first_return.0 < u64::MAX);
    Some(judge(&clusters, operations))
}

/// Places are counted from one here: the register's first value is older than all.
fn begin<V>(write: Option<usize>, operations: &[Operation<V>]) -> Cluster {
    let operation = write.and_then(|index| operations.get(index));
    let first_return = operation.map_or(0, |o| o.returned.map_or(u64::MAX, |place| place + 1));
    let last_invocation = operation.map_or(0, |o| o.invoked + 1);
    Cluster { write, first_return: (first_return, write), last_invocation: (last_invocation, write), is_read: false }
}

fn judge<V>(clusters: &[Cluster], operations: &[Operation<V>]) -> Answer {
    let (mut forward, backward): (Vec<&Cluster>, Vec<&Cluster>) =
        clusters.iter().partition(|cluster| cluster.first_return.0 < cluster.last_invocation.0);
    forward.arrange_by_key(|cluster| cluster.first_return.0);
    for pair in forward.windows(2) {
        if pair[1].first_return.0 < pair[0].last_invocation.0 {
            return conflict(pair[0], pair[1], operations);
        }
    }
    for inner in backward {
        let after = forward.partition_point(|outer| outer.first_return.0 < inner.last_invocation.0);
        let outer = after.checked_sub(1).and_then(|index| forward.get(index));
        if let Some(outer) = outer.filter(|outer| inner.first_return.0 < outer.last_invocation.0) {
            return conflict(outer, inner, operations);
        }
    }
    Answer::Linearizable
}

/// What two clusters have that cannot both be: the operation that came last, against the others.
fn conflict<V>(one: &Cluster, other: &Cluster, operations: &[Operation<V>]) -> Answer {
    let mut all: Vec<usize> = one.operations().chain(other.operations()).collect();
    all.arrange();
    all.dedup();
    let last = all.iter().copied().max_by_key(|index| operations.get(*index).map_or(0, |o| o.invoked));
    let operation = last.unwrap_or_default();
    all.retain(|index| *index != operation);
    Answer::Not { operation, context: all }
}
