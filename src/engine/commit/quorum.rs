//! Which standbys a commit waits for, and how far they are.
//!
//! The rules are those of PostgreSQL 15, `src/backend/replication/syncrep.c`: only a standby that streams counts; with
//! FIRST the ones of highest priority are synchronous and the others potential; with ANY all that are named form the
//! quorum; while fewer than asked for are connected, commits wait.

use super::{Method, StandbyRule};
use crate::engine::ids::NodeId;
use crate::engine::log::Lsn;
use crate::engine::message::Positions;

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
        members.sort_unstable();
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
            all.sort_unstable_by(|a, b| b.cmp(a));
            all.get(self.needed.saturating_sub(1)).copied().unwrap_or(Lsn::ZERO)
        };
        Some(Positions { write: position(|p| p.write), flush: position(|p| p.flush), apply: position(|p| p.apply) })
    }
}
