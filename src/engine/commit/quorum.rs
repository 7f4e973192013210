//! Which standbys a commit waits for, and how far they are.
//!
//! The rules are those of PostgreSQL 15, `src/backend/replication/syncrep.c`: only a standby that streams counts; with
//! FIRST the ones of highest priority are synchronous and the others potential; with ANY all that are named form the
//! quorum; while fewer than asked for are connected, commits wait.

use super::{Method, StandbyRule};
use crate::engine::ids::NodeId;
use crate::engine::log::Lsn;
use crate::engine::message::Positions;
use crate::order::Arrange;

/// One connected standby, as the rule sees it.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Who.
    pub standby: NodeId,
    /// The name that the rule goes by.
    pub application_name: &'a str,
    /// Where its sender stands among the server's senders: the lower one comes first among those of one priority.
    pub slot: u16,
    /// Whether it has caught up and streams.
    pub streaming: bool,
    /// What it last reported.
    pub positions: Positions,
}

/// The rule applied to the standbys that are there now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncGroup {
    /// Members in order of priority: priority, slot, index into the candidates.
    members: Vec<(u32, u16, usize)>,
    /// Named, and not streaming yet.
    catching_up: Vec<usize>,
    needed: usize,
    method: Method,
}

impl SyncGroup {
    /// Who counts now; `None` when the rule names nobody, and no commit waits.
    #[must_use]
    pub fn of(rule: &StandbyRule, candidates: &[Candidate<'_>]) -> Option<SyncGroup> {
        if rule.is_empty() {
            return None;
        }
        let mut members = Vec::new();
        let mut catching_up = Vec::new();
        for (index, candidate) in candidates.iter().enumerate() {
            match rule.priority_of(candidate.application_name) {
                0 => {}
                priority if candidate.streaming => members.push((priority, candidate.slot, index)),
                _ => catching_up.push(index),
            }
        }
        members.arrange();
        Some(SyncGroup { members, catching_up, needed: rule.num_sync() as usize, method: rule.method() })
    }

    /// Whether enough standbys are connected for commits to go on.
    #[must_use]
    pub fn satisfied(&self) -> bool {
        self.members.len() >= self.needed
    }

    /// The indexes of the candidates that count: with FIRST the synchronous ones, with ANY all members.
    pub fn counting(&self) -> impl Iterator<Item = usize> + '_ {
        let take = match self.method {
            Method::First => self.needed,
            Method::Any => self.members.len(),
        };
        self.members.iter().take(take).map(|(_, _, index)| *index)
    }

    /// Whether the candidate with this index is named and does not count now: others come before it, or it has not
    /// caught up. PostgreSQL calls the latter `potential` under `ANY`, too (`pg_stat_get_wal_senders`).
    #[must_use]
    pub fn is_potential(&self, index: usize) -> bool {
        let member = self.members.iter().any(|(_, _, i)| *i == index) || self.catching_up.contains(&index);
        member && !self.counting().any(|i| i == index)
    }

    /// How members are chosen.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// The positions that enough standbys have reached; `None` while too few are connected.
    #[must_use]
    pub fn reached(&self, candidates: &[Candidate<'_>]) -> Option<Positions> {
        if !self.satisfied() {
            return None;
        }
        let position = |of: fn(&Positions) -> Lsn| {
            let mut all: Vec<Lsn> =
                self.counting().filter_map(|index| candidates.get(index)).map(|c| of(&c.positions)).collect();
            // The n-th largest: with FIRST that is the smallest, since exactly n count.
            all.arrange_by(|a, b| b.cmp(a));
            all.get(self.needed.saturating_sub(1)).copied().unwrap_or(Lsn::ZERO)
        };
        Some(Positions { write: position(|p| p.write), flush: position(|p| p.flush), apply: position(|p| p.apply) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(flush: u64) -> Positions {
        Positions { write: Lsn(flush + 5), flush: Lsn(flush), apply: Lsn(flush - 5) }
    }

    fn standby(node: u8, name: &str, slot: u16, streaming: bool, flush: u64) -> Candidate<'_> {
        Candidate { standby: NodeId(node), application_name: name, slot, streaming, positions: at(flush) }
    }

    fn group(rule: &str, candidates: &[Candidate<'_>]) -> SyncGroup {
        SyncGroup::of(&StandbyRule::parse(rule).unwrap(), candidates).unwrap()
    }

    #[test]
    fn first_asks_all_that_count_and_any_asks_enough() {
        let all = [standby(1, "a", 0, true, 10), standby(2, "b", 1, true, 30), standby(3, "c", 2, true, 20)];
        let reached = |rule| group(rule, &all).reached(&all);
        assert_eq!(reached("FIRST 2 (b, a, c)"), Some(at(10)));
        assert_eq!(reached("FIRST 2 (c, b, a)"), Some(at(20)));
        assert_eq!(reached("ANY 1 (a, b, c)"), Some(at(30)));
        assert_eq!(reached("ANY 2 (a, b, c)"), Some(at(20)));
        assert_eq!(reached("ANY 3 (a, b, c)"), Some(at(10)));
        assert_eq!(reached("ANY 3 (a, b)"), None);
        assert_eq!(SyncGroup::of(&StandbyRule::default(), &all), None);
    }

    #[test]
    fn each_position_is_that_of_another_standby_where_they_differ() {
        let far = Positions { write: Lsn(90), flush: Lsn(10), apply: Lsn(5) };
        let quick = Positions { write: Lsn(40), flush: Lsn(40), apply: Lsn(40) };
        let mut all = [standby(1, "a", 0, true, 10), standby(2, "b", 1, true, 10)];
        (all[0].positions, all[1].positions) = (far, quick);
        let reached = group("ANY 1 (*)", &all).reached(&all).unwrap();
        assert_eq!(reached, Positions { write: Lsn(90), flush: Lsn(40), apply: Lsn(40) });
    }

    #[test]
    fn among_equals_the_lower_slot_comes_first() {
        let all = [standby(1, "same", 4, true, 10), standby(2, "same", 1, true, 30)];
        let group = group("FIRST 1 (same)", &all);
        assert_eq!(group.counting().collect::<Vec<_>>(), [1]);
        assert!(group.is_potential(0) && !group.is_potential(1));
    }

    #[test]
    fn a_standby_that_has_not_caught_up_is_potential_even_for_a_quorum() {
        let all = [standby(1, "a", 0, false, 10), standby(2, "b", 1, true, 10), standby(3, "c", 2, false, 10)];
        let group = group("ANY 1 (a, b)", &all);
        assert_eq!(group.counting().collect::<Vec<_>>(), [1]);
        assert_eq!([0, 1, 2].map(|index| group.is_potential(index)), [true, false, false]);
        assert!(group.satisfied());
    }
}
