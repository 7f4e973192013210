//! Which write each read may have returned.

use super::History;
use std::collections::BTreeMap;

/// The writes of each value of each key, in the order of their invocations.
#[derive(Clone, Debug, Default)]
pub(super) struct Candidates {
    writes: BTreeMap<(u32, u32), Vec<u32>>,
}

impl Candidates {
    /// Those of a history.
    pub fn of(history: &History) -> Candidates {
        let mut writes: BTreeMap<(u32, u32), Vec<u32>> = BTreeMap::new();
        for (number, op) in (0..).zip(&history.ops) {
            if let Some(value) = op.set() {
                writes.entry((op.key, value)).or_default().push(number);
            }
        }
        Candidates { writes }
    }

    /// What an operation may have found, the newest first: writes of the value that began before it returned (`Some`), and
    /// the key's initial value (`None`). Empty for what found nothing, and for a value that nobody can have written.
    pub fn found_by<'a>(&'a self, number: u32, history: &'a History) -> impl Iterator<Item = Option<u32>> + 'a {
        let op = history.ops.get(number as usize);
        let found = op.and_then(|op| Some((op.found()?, op)));
        let writes = found.and_then(|(value, op)| self.writes.get(&(op.key, value))).map_or(&[][..], Vec::as_slice);
        let returned = found.and_then(|(_, op)| op.returned).unwrap_or(0);
        let begun = writes.partition_point(|write| history.ops[*write as usize].invoked < returned);
        let writes = writes[..begun].iter().rev().copied().filter(move |write| *write != number).map(Some);
        let initial = found.is_some_and(|(value, _)| value == history.initial);
        writes.chain(initial.then_some(None))
    }
}
