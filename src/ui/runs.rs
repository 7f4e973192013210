//! Which events of a list are told together: runs of the same kind, as the messages of one commit, that can be opened.

use std::mem::{Discriminant, discriminant};
use std::ops::Range;

use crate::engine::trace::What;
use crate::ui::words::Category;

/// So many of one kind in a row are told as one.
pub const LEAST: usize = 4;

/// Some events in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Which of the list.
    pub range: Range<usize>,
    /// Whether they are told as one.
    pub together: bool,
}

/// What events have in common that are told together. What is done to the cluster, and what the failover manager does, is
/// always told one by one.
fn kind(category: Category, what: &What) -> Option<(Category, Option<Discriminant<What>>)> {
    match category {
        Category::Cluster | Category::Failover => None,
        Category::Messages => Some((category, None)),
        Category::Writes | Category::Reads | Category::Replication => Some((category, Some(discriminant(what)))),
    }
}

/// The list in stretches, without a gap. `split` are places where one must end: what comes there is not like what was
/// before.
#[must_use]
pub fn stretches(events: &[(Category, &What)], split: Option<usize>) -> Vec<Stretch> {
    let kinds: Vec<_> = events.iter().map(|(category, what)| kind(*category, what)).collect();
    let mut all = Vec::new();
    let mut from = 0;
    for to in 1..=kinds.len() {
        let goes_on = to < kinds.len() && kinds[to].is_some() && kinds[to] == kinds[from] && split != Some(to);
        if goes_on {
            continue;
        }
        match to - from >= LEAST {
            true => all.push(Stretch { range: from..to, together: true }),
            false => all.extend((from..to).map(|one| Stretch { range: one..one + 1, together: false })),
        }
        from = to;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ids::NodeId;
    use crate::engine::log::Lsn;
    use crate::engine::trace::MessageId;

    #[test]
    fn what_is_of_a_kind_is_told_together_and_nothing_is_left_out() {
        let message = |id| What::Held { id: MessageId(id) };
        let applied = |to| What::Applied { node: NodeId(1), to: Lsn(to), transactions: 1 };
        let fault = What::BecameStandby { node: NodeId(0) };
        let whats: Vec<(Category, What)> = [
            (0..5).map(|id| (Category::Messages, message(id))).collect::<Vec<_>>(),
            vec![(Category::Replication, applied(1))],
            (0..5).map(|_| (Category::Cluster, fault.clone())).collect(),
            (0..8).map(|to| (Category::Replication, applied(to))).collect(),
        ]
        .concat();
        let events: Vec<(Category, &What)> = whats.iter().map(|(category, what)| (*category, what)).collect();
        let say = |split| {
            let parts = stretches(&events, split);
            assert_eq!(
                parts.iter().flat_map(|part| part.range.clone()).collect::<Vec<_>>(),
                (0..19).collect::<Vec<_>>()
            );
            parts.iter().filter(|part| part.together).map(|part| part.range.clone()).collect::<Vec<_>>()
        };
        assert_eq!(say(None), [0..5, 11..19]);
        assert_eq!(say(Some(15)), [0..5, 11..15, 15..19], "the present divides them");
        assert_eq!(say(Some(12)), [0..5, 12..19]);
        assert_eq!(stretches(&[], None), []);
    }
}
