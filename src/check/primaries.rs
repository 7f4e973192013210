//! Who takes writes, whose log decides the fate of writes, and how that changed.

use std::sync::Arc;

use super::branches::{Branches, Place};
use super::failover::{Failover, Reason};
use super::moment::Moment;
use crate::engine::failover::ManagerEvent;
use crate::engine::ids::NodeId;
use crate::engine::log::{Lsn, Timeline};
use crate::engine::time::MILLISECOND_US;
use crate::engine::trace::Life;
use crate::order::Chunks;

/// Which writes the current primary's log includes: for each branch of the tree of histories, up to where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdicts {
    limits: Vec<Lsn>,
}

impl Verdicts {
    /// A primary whose own branch is `branch`: it includes all that it will log there.
    #[must_use]
    pub fn of(branches: &Branches, branch: u32) -> Verdicts {
        let mut limits = vec![Lsn::ZERO; branches.len()];
        for place in branches.ancestry(Place { branch, end: Lsn(u64::MAX) }) {
            limits[place.branch as usize] = place.end;
            for extra in branches.extras(place.branch) {
                let limit = &mut limits[extra.branch as usize];
                *limit = (*limit).max(extra.end);
            }
        }
        Verdicts { limits }
    }

    /// Up to where a branch is included.
    #[must_use]
    pub fn limit(&self, branch: u32) -> Lsn {
        self.limits.get(branch as usize).copied().unwrap_or(Lsn::ZERO)
    }

    /// Whether the write at `place` is included.
    #[must_use]
    pub fn includes(&self, place: Place) -> bool {
        place.end <= self.limit(place.branch)
    }
}

impl Default for Verdicts {
    /// Before any server is known to be the primary, the only history there is.
    fn default() -> Self {
        Verdicts { limits: vec![Lsn(u64::MAX)] }
    }
}

/// Faults that come this long before a lease's last renewal may be what ended it: the renewal was under way, in
/// microseconds.
const UNDER_WAY_US: u64 = 250 * MILLISECOND_US;

#[derive(Clone, Debug)]
struct Promotion {
    started: Moment,
    command: Option<(Moment, Reason)>,
    switched: Option<Moment>,
}

#[derive(Clone, Debug)]
struct Member {
    life: Life,
    /// Its role: also while it is down or frozen, until it is seen to be a standby.
    primary: bool,
    /// Since when it takes writes.
    writable: Option<Moment>,
    /// Since when it does not run.
    failed: Option<Moment>,
    timeline: Timeline,
    /// MySQL: whether it refuses writes.
    read_only: bool,
    promotion: Option<Promotion>,
}

impl Default for Member {
    fn default() -> Self {
        Member {
            life: Life::Running,
            primary: false,
            writable: None,
            failed: None,
            timeline: Timeline(1),
            read_only: false,
            promotion: None,
        }
    }
}

/// Two servers that take writes as primaries at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SplitBrain {
    /// The one that was there first: who, on which timeline, since when.
    pub first: (NodeId, Timeline, Moment),
    /// The other.
    pub second: (NodeId, Timeline, Moment),
}

/// What a server's taking of writes means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Became {
    /// Whether its log decides from now on which writes are lost.
    pub current: bool,
    /// Whether it was promoted, and a failover was added.
    pub promoted: bool,
    /// The other servers that take writes as well.
    pub splits: Vec<SplitBrain>,
}

/// Roles as the trace tells them.
///
/// The *current* primary is the one whose log decides the fate of writes: the one promoted last; or one that recovers as
/// a primary, unless another server with the same or a newer timeline still holds the role (a former primary that was
/// never told of its successor does not make the successor's writes lost by starting up).
#[derive(Clone, Debug, Default)]
pub struct Primaries {
    members: Vec<Member>,
    current: Option<NodeId>,
    command: Option<(Moment, Reason)>,
    /// The first fault since the lease was last renewed (or shortly before).
    fault: Option<Moment>,
    /// Whether there is a failover manager.
    managed: bool,
    failovers: Chunks<Failover, 16>,
}

impl Primaries {
    /// The server whose log decides the fate of writes.
    #[must_use]
    pub fn current(&self) -> Option<NodeId> {
        self.current
    }

    /// The timeline of a server that is or was a primary.
    #[must_use]
    pub fn timeline(&self, node: NodeId) -> Timeline {
        self.members.get(usize::from(node.0)).map_or(Timeline(1), |m| m.timeline)
    }

    /// Since when a server takes writes; `None` when it does not.
    #[must_use]
    pub fn writable_since(&self, node: NodeId) -> Option<Moment> {
        self.members.get(usize::from(node.0))?.writable
    }

    /// Whether a server is known as a primary, also while it does not run.
    #[must_use]
    pub fn holds_role(&self, node: NodeId) -> bool {
        self.members.get(usize::from(node.0)).is_some_and(|member| member.primary)
    }

    /// The failovers so far, oldest first.
    pub fn failovers(&self) -> impl DoubleEndedIterator<Item = &Failover> {
        self.failovers.iter()
    }

    /// The newest failover, for additions.
    pub(super) fn last_failover(&mut self) -> Option<&mut Failover> {
        let last = self.failovers.end_index().checked_sub(1)?;
        self.failovers.get_mut(last)
    }

    fn member(&mut self, node: NodeId) -> &mut Member {
        let index = usize::from(node.0);
        if index >= self.members.len() {
            self.members.resize(index + 1, Member::default());
        }
        &mut self.members[index]
    }

    /// An operator's command was carried out.
    pub fn commanded(&mut self, text: &Arc<str>, moment: Moment) {
        if text.starts_with("promote") || text.starts_with("switchover") {
            self.command = Some((moment, Reason::Command(text.clone())));
        }
        let faults = ["partition", "isolate", "crash", "kill", "pause", "disconnect", "full_disk"];
        if faults.iter().any(|fault| text.starts_with(fault)) {
            self.fault.get_or_insert(moment);
        }
    }

    /// The newest command could not be carried out after all.
    pub fn refused(&mut self, text: &Arc<str>) {
        self.command.take_if(|(_, command)| *command == Reason::Command(text.clone()));
    }

    /// What the failover manager did.
    pub fn managed(&mut self, step: &ManagerEvent, moment: Moment) {
        self.managed = true;
        match step {
            ManagerEvent::LeaseRenewed { .. } => {
                self.fault.take_if(|fault| fault.at.plus(UNDER_WAY_US) < moment.at);
            }
            ManagerEvent::LeaseExpired { .. } => self.command = Some((moment, Reason::LeaseExpired)),
            ManagerEvent::LeaseReleased { .. } if self.command.is_none() => {
                self.command = Some((moment, Reason::LeaseReleased));
            }
            ManagerEvent::HandOverRefused { .. } => self.command = None,
            _ => {}
        }
    }

    /// A standby was told to become the primary.
    pub fn promotion_started(&mut self, node: NodeId, moment: Moment) {
        let command = self.command.take();
        self.member(node).promotion = Some(Promotion { started: moment, command, switched: None });
    }

    /// A new timeline begins.
    pub fn switched(&mut self, node: NodeId, moment: Moment) {
        self.member(node)
            .promotion
            .get_or_insert(Promotion { started: moment, command: None, switched: None })
            .switched = Some(moment);
    }

    /// A server is seen to be a standby.
    pub fn is_standby(&mut self, node: NodeId) {
        let member = self.member(node);
        member.primary = false;
        member.writable = None;
    }

    /// A server's process changed its state. Returns the split brain that begins when a frozen primary goes on.
    pub fn life_changed(&mut self, node: NodeId, life: Life, moment: Moment) -> Vec<SplitBrain> {
        let member = self.member(node);
        let thawed = member.life == Life::Paused && life == Life::Running && member.primary && !member.read_only;
        member.life = life;
        match life {
            Life::Running => member.failed = None,
            Life::Recovering | Life::Copying | Life::Rewinding => {}
            Life::Paused | Life::Stopped | Life::Down => {
                member.failed.get_or_insert(moment);
                member.writable = None;
            }
        }
        if thawed { self.writes_begin(node, moment) } else { Vec::new() }
    }

    /// A server refuses writes from now on, or lets them in. Returns the split brain that begins with that.
    pub fn read_only(&mut self, node: NodeId, on: bool, moment: Moment) -> Vec<SplitBrain> {
        let member = self.member(node);
        member.read_only = on;
        if on {
            member.writable = None;
        }
        let begins = !on && member.primary && member.life == Life::Running && member.writable.is_none();
        if begins { self.writes_begin(node, moment) } else { Vec::new() }
    }

    fn writes_begin(&mut self, node: NodeId, moment: Moment) -> Vec<SplitBrain> {
        let member = self.member(node);
        member.writable = Some(moment);
        let second = (node, member.timeline, moment);
        let others = (0..=u8::MAX).map(NodeId).zip(&self.members).filter(|(other, _)| *other != node);
        others.filter_map(|(other, m)| Some(SplitBrain { first: (other, m.timeline, m.writable?), second })).collect()
    }

    /// A server takes writes as a primary.
    pub fn became_primary(&mut self, node: NodeId, timeline: Timeline, moment: Moment) -> Became {
        let member = self.member(node);
        member.primary = true;
        member.timeline = timeline;
        member.failed = None;
        let promotion = member.promotion.take().filter(|p| p.switched.is_some());
        let read_only = member.read_only;
        let splits = if read_only { Vec::new() } else { self.writes_begin(node, moment) };
        let mut others = (0..=u8::MAX).map(NodeId).zip(&self.members).filter(|(other, _)| *other != node);
        let superseded = promotion.is_none()
            && others.any(|(_, m)| {
                let holds_role = m.primary && !matches!(m.life, Life::Stopped | Life::Down);
                holds_role && m.timeline >= timeline
            });
        let former = self.current;
        let superseded = superseded || (read_only && former.is_some());
        if !superseded {
            self.current = Some(node);
        }
        let promoted = promotion.is_some();
        if let Some(promotion) = promotion {
            let failover = self.failover(former.filter(|&f| f != node), node, timeline, &promotion, moment);
            self.failovers.push(failover);
        }
        Became { current: !superseded, promoted, splits }
    }

    fn failover(
        &self,
        from: Option<NodeId>,
        to: NodeId,
        timeline: Timeline,
        promotion: &Promotion,
        now: Moment,
    ) -> Failover {
        let learned = promotion.command.as_ref().map_or(promotion.started, |(moment, _)| *moment);
        let failed = from.and_then(|from| self.members.get(usize::from(from.0))).and_then(|m| m.failed);
        // A primary that stops because of a switchover did not fail.
        let reason = match &promotion.command {
            Some((_, reason)) => reason.clone(),
            None if self.managed => Reason::LeaseHeld,
            None => Reason::Function,
        };
        let cut_off = self.fault.filter(|_| matches!(reason, Reason::LeaseExpired | Reason::LeaseHeld));
        let began = failed.filter(|&failed| failed < learned).or(cut_off).unwrap_or(learned);
        Failover {
            at: began.at,
            from,
            to,
            timeline,
            detected: learned.at,
            promoted: promotion.switched.unwrap_or(now).at,
            writable: now.at,
            first_acknowledged: None,
            lost_writes: 0,
            reason,
        }
    }
}
