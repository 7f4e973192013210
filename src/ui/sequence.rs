//! The steps of every change of the primary, in their order and with their own times, as the page shows them.
//!
//! Kept while the run goes on, from the trace alone. What a failover cost is the judges' to say ([`crate::check`]).

use std::collections::VecDeque;

use crate::engine::failover::ManagerEvent;
use crate::engine::ids::{NodeId, TxnId};
use crate::engine::time::{MILLISECOND_US, SimTime};
use crate::engine::trace::{Life, TraceEvent, Verdict, What};
use crate::order::{Arrange, OrderedSet};

/// Sequences that are kept.
const KEPT: usize = 12;
/// Steps of one sequence that are kept.
const STEPS_KEPT: usize = 90;
/// A renewal that was on its way when a fault struck arrives within this.
const UNDER_WAY_US: u64 = 500 * MILLISECOND_US;

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its number in the run.
    pub number: u64,
    /// When.
    pub at: SimTime,
    /// What happened.
    pub what: What,
}

/// How a sequence ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It goes on.
    UnderWay,
    /// Another server leads, and a client's write was acknowledged.
    Promoted,
    /// The primary is what it was.
    Unchanged,
}

/// What an operator asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// That this server leads, whatever becomes of the other.
    Promotion,
    /// That the primary hands its role over.
    Switchover,
}

/// One change of the primary, or what might have become one.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequence {
    /// When it began: the failure, or the command.
    pub began: SimTime,
    /// Who led before.
    pub from: Option<NodeId>,
    /// Who leads since.
    pub to: Option<NodeId>,
    /// Who asked for it, if it was not the failure of the primary.
    pub asked: Option<Asked>,
    /// How it ended.
    pub outcome: Outcome,
    /// Its steps.
    pub steps: Vec<Step>,
    /// Whether somebody had to give the role up.
    unseated: bool,
}

/// All sequences of a run.
#[derive(Clone, Debug, Default)]
pub struct Sequences {
    kept: VecDeque<Sequence>,
    primary: Option<NodeId>,
    /// Whether the primary's process runs.
    away: bool,
    /// The newest renewal, until a sequence begins with it.
    renewed: Option<Step>,
    /// The first fault or command since then.
    fault: Option<Step>,
    /// Writes that the new primary has logged.
    logged: OrderedSet<TxnId>,
}

impl Sequences {
    /// The sequences, oldest first.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Sequence> + ExactSizeIterator {
        self.kept.iter()
    }

    /// Takes note of an event.
    pub fn note(&mut self, event: &TraceEvent) {
        let open = self.kept.back().is_some_and(|last| last.outcome == Outcome::UnderWay);
        match &event.what {
            What::Command { text } if matters(text) => match open {
                true => self.add(event),
                false if self.fault.is_none() || wish(text).is_some() => self.fault = Some(step(event)),
                false => {}
            },
            What::CommandRefused { text, .. } => match open {
                true if matters(text) => self.add(event),
                _ => {
                    drop(self.fault.take_if(|fault| matches!(&fault.what, What::Command { text: was } if was == text)))
                }
            },
            What::Manager(step) => self.managed(event, step, open),
            What::LifeChanged { node, life } if Some(*node) == self.primary => {
                self.away = *life != Life::Running;
                match (open, life) {
                    (true, _) => self.add(event),
                    (false, Life::Paused | Life::Stopped | Life::Down) => self.begin(event),
                    (false, _) => {}
                }
            }
            What::PromotionStarted { .. } if !open => self.begin(event),
            What::BecamePrimary { node, .. } => {
                let first = self.primary.is_none();
                (self.primary, self.away) = (Some(*node), false);
                self.logged.clear();
                if open {
                    self.add(event);
                    if let Some(last) = self.kept.back_mut() {
                        last.to = Some(*node);
                    }
                } else if !first {
                    self.begin(event);
                }
            }
            What::Logged { node, txn, .. } if open && self.kept.back().is_some_and(|last| last.to == Some(*node)) => {
                self.logged.insert(*txn);
            }
            What::Finished { txn, writes: true, verdict: Verdict::Acknowledged { .. }, .. }
                if open && self.logged.contains(txn) =>
            {
                self.add(event);
                let unchanged = self.kept.back().is_some_and(|last| last.from == last.to);
                self.end(if unchanged { Outcome::Unchanged } else { Outcome::Promoted });
            }
            What::LifeChanged { .. }
            | What::PromotionStarted { .. }
            | What::TimelineSwitched { .. }
            | What::LogLost { .. }
            | What::BecameStandby { .. }
            | What::ReadOnly { .. }
            | What::PrimaryBelieved { .. }
                if open =>
            {
                self.add(event);
            }
            // The others may follow after the first write; so may the former primary.
            What::Repointed { .. } | What::TimelineFollowed { .. } | What::ReplicationRefused { .. } => {
                self.add_late(event);
            }
            _ => {}
        }
    }

    fn managed(&mut self, event: &TraceEvent, what: &ManagerEvent, open: bool) {
        match what {
            ManagerEvent::LeaseRenewed { node, .. } => {
                self.fault.take_if(|fault| fault.at.plus(UNDER_WAY_US) < event.at);
                self.renewed = Some(step(event));
                let Some(last) = self.kept.back_mut().filter(|_| open) else { return };
                let back = !last.unseated && last.asked.is_none() && !self.away && Some(*node) == self.primary;
                if back {
                    self.add(event);
                    self.end(Outcome::Unchanged);
                } else if !last.unseated && last.asked.is_none() && last.steps.len() < 4 {
                    // It was on its way when the primary failed.
                    self.add(event);
                }
            }
            ManagerEvent::SyncKey { .. } | ManagerEvent::StoreSilent { leader: false, .. } => {
                if open {
                    self.add(event);
                }
            }
            ManagerEvent::Starting { .. } => self.add_late(event),
            ManagerEvent::StoreChanged { life: Life::Running } => self.add_late(event),
            _ => {
                if open {
                    self.add(event);
                } else {
                    self.begin(event);
                }
                let Some(last) = self.kept.back_mut() else { return };
                match what {
                    ManagerEvent::HandOverAsked { from, .. } => {
                        last.asked.get_or_insert(if from.is_some() { Asked::Switchover } else { Asked::Promotion });
                    }
                    ManagerEvent::HandOverRefused { .. } if !last.unseated => self.end(Outcome::Unchanged),
                    ManagerEvent::LeaseExpired { .. }
                    | ManagerEvent::LeaseReleased { .. }
                    | ManagerEvent::LeaseAcquired { .. }
                    | ManagerEvent::Demoting { .. } => last.unseated = true,
                    _ => {}
                }
            }
        }
    }

    fn begin(&mut self, event: &TraceEvent) {
        let mut steps: Vec<Step> = self.renewed.take().into_iter().collect();
        let fault = self.fault.take();
        let asked = match fault.as_ref().map(|fault| &fault.what) {
            Some(What::Command { text }) => wish(text),
            _ => None,
        };
        let began = fault.as_ref().map_or(event.at, |fault| fault.at);
        steps.extend(fault);
        steps.arrange_by_key(|step| step.number);
        steps.push(step(event));
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.logged.clear();
        let (from, outcome) = (self.primary, Outcome::UnderWay);
        let to = match &event.what {
            What::BecamePrimary { node, .. } => Some(*node),
            _ => None,
        };
        self.kept.push_back(Sequence { began, from, to, asked, outcome, steps, unseated: false });
    }

    fn add(&mut self, event: &TraceEvent) {
        if let Some(last) = self.kept.back_mut().filter(|last| last.steps.len() < STEPS_KEPT) {
            last.steps.push(step(event));
        }
    }

    /// Adds what belongs to a sequence also when that has ended.
    fn add_late(&mut self, event: &TraceEvent) {
        if self.kept.back().is_some_and(|last| last.outcome != Outcome::Unchanged) {
            self.add(event);
        }
    }

    fn end(&mut self, outcome: Outcome) {
        self.logged.clear();
        if let Some(last) = self.kept.back_mut() {
            last.outcome = outcome;
        }
    }
}

fn step(event: &TraceEvent) -> Step {
    Step { number: event.number, at: event.at, what: event.what.clone() }
}

/// Whether an operator wants another primary.
fn wish(command: &str) -> Option<Asked> {
    match () {
        () if command.starts_with("promote") => Some(Asked::Promotion),
        () if command.starts_with("switchover") => Some(Asked::Switchover),
        () => None,
    }
}

/// Whether a command can bring about a change of the primary, or undo what did.
fn matters(command: &str) -> bool {
    let faults =
        ["partition", "isolate", "crash", "kill", "pause", "disconnect", "full_disk", "heal", "restart", "resume"];
    wish(command).is_some() || faults.iter().any(|fault| command.starts_with(fault))
}

#[cfg(test)]
mod tests;
