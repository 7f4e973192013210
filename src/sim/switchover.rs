//! A switchover: the primary hands its role to a replica that has everything, and follows it.
//!
//! What an operator does on PostgreSQL: stop the primary (`pg_ctl stop -m fast`, which ends sessions, takes a checkpoint and
//! waits until the standbys have all log), promote the standby, start the former primary as its standby. On MySQL:
//! `SET GLOBAL super_read_only = ON`, wait until the replica has executed all, promote it, and turn the former source into
//! its replica. The operator looks at both servers' own positions meanwhile, over no link.

use std::sync::Arc;

use super::world::{Event, World};
use crate::engine::ids::{Addr, NodeId};
use crate::engine::io::{Input, Operation, Timer};
use crate::engine::time::{MILLISECOND_US, SECOND_US, SimTime};
use crate::engine::trace::{Life, What};

/// The operator looks this often, in microseconds.
const LOOK_US: u64 = 10 * MILLISECOND_US;
/// The replica has this long to catch up; then the primary takes writes again.
const PATIENCE_US: u64 = 60 * SECOND_US;

/// What is done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Wait until the replica has everything.
    CatchUp,
    /// Wait until the replica is the primary.
    Promote,
}

/// A switchover under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Switchover {
    from: NodeId,
    to: NodeId,
    step: Step,
    until: SimTime,
}

impl World {
    /// Begins to hand the primary's role to `to`.
    pub(super) fn switchover(&mut self, to: NodeId) -> Result<(), String> {
        self.must_be_replica(to)?;
        let from = self.primary;
        self.must_run(from)?;
        if self.manager.is_some() {
            return self.ask_manager(Some(from), to);
        }
        let name = |world: &World, node: NodeId| world.name_of(Addr::Node(node));
        if let Some(other) = self.taking_over {
            return Err(format!("{} is about to take over: one switchover at a time", name(self, other)));
        }
        let upstream = self.server(to).and_then(|server| server.node.role.upstream());
        if upstream != Some(from) || !self.streams(to) {
            let (to, from) = (name(self, to), name(self, from));
            return Err(format!("{to} does not stream from {from}: it cannot take over without loss"));
        }
        self.deliver(Addr::Node(from), Input::Operator(Operation::HandOver(true)));
        self.deliver(Addr::Node(from), Input::Timer(Timer::Checkpoint));
        let until = self.now.plus(PATIENCE_US);
        self.taking_over = Some(to);
        self.look_again(Switchover { from, to, step: Step::CatchUp, until });
        Ok(())
    }

    fn look_again(&mut self, switchover: Switchover) {
        self.queue.plan(self.now.plus(LOOK_US), Event::Switchover(switchover));
    }

    fn streams(&self, node: NodeId) -> bool {
        let server = self.servers.get(usize::from(node.0)).and_then(Option::as_ref);
        server.is_some_and(|server| server.node.role.streaming())
    }

    /// The operator looks how far it has come.
    pub(super) fn go_on_with(&mut self, switchover: Switchover) {
        let Switchover { from, to, step, until } = switchover;
        match step {
            Step::CatchUp if self.life(Addr::Node(from)) != Life::Running => {
                // One that was only frozen finds the order taken back when it goes on.
                self.deliver(Addr::Node(from), Input::Operator(Operation::HandOver(false)));
                self.give_up(switchover, "the primary failed meanwhile: promote a replica");
            }
            // A standby that died with all of it on its disk cannot be promoted.
            Step::CatchUp if self.has_all(from, to) && self.life(Addr::Node(to)) == Life::Running => {
                if self.server(from).is_some_and(|server| server.node.core.binlog.is_none()) {
                    self.kill(from);
                }
                let newest = self.newest_timeline;
                self.deliver(Addr::Node(to), Input::Operator(Operation::Promote { newest }));
                self.look_again(Switchover { step: Step::Promote, ..switchover });
            }
            Step::CatchUp if self.now >= until || self.life(Addr::Node(to)) != Life::Running => {
                self.deliver(Addr::Node(from), Input::Operator(Operation::HandOver(false)));
                self.give_up(switchover, "the replica does not catch up: the primary takes writes again");
            }
            Step::Promote if self.primary == to => {
                self.taking_over = None;
                self.deliver(Addr::Node(from), Input::Operator(Operation::Repoint(to)));
            }
            Step::Promote if self.now >= until || self.life(Addr::Node(to)) != Life::Running => {
                self.give_up(switchover, "the replica failed while it was promoted: there is no primary");
            }
            Step::CatchUp | Step::Promote => self.look_again(switchover),
        }
    }

    fn give_up(&mut self, switchover: Switchover, why: &str) {
        self.taking_over = None;
        let text: Arc<str> = format!("switchover = {:?}", self.name_of(Addr::Node(switchover.to))).into();
        self.emit(What::CommandRefused { text, why: why.into() });
    }

    /// Whether `to` has all that `from` ever logged, on its disk (PostgreSQL) or executed (MySQL).
    pub(super) fn has_all(&self, from: NodeId, to: NodeId) -> bool {
        let core = |node: NodeId| Some(&self.servers.get(usize::from(node.0))?.as_ref()?.node.core);
        let (Some(theirs), Some(core)) = (core(from), core(to)) else { return false };
        match (&theirs.binlog, &core.binlog) {
            (Some(source), Some(replica)) => source.logged.is_subset_of(&replica.executed),
            _ => theirs.log.flushed() == theirs.log.end() && core.log.flushed() >= theirs.log.end(),
        }
    }
}
