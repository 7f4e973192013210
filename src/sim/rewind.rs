//! A rewind: a former primary (or a standby that was ahead) becomes a standby of the present primary without a full copy.
//!
//! What an operator does, and Patroni after it: `CHECKPOINT` on the new primary, so that its control file has the new timeline
//! (pg_rewind's documentation, PostgreSQL 15); stop the target, or let a single-user server recover it when it was not shut
//! down cleanly, which pg_rewind does by itself; run `pg_rewind -R`; start the target.

use std::sync::Arc;

use super::world::{Event, World};
use crate::engine::flavor::Flavor;
use crate::engine::ids::{Addr, NodeId};
use crate::engine::io::{Input, Operation, Timer};
use crate::engine::node::Role;
use crate::engine::time::{MILLISECOND_US, SECOND_US, SimTime};
use crate::engine::trace::{Life, What};

/// The operator looks this often, in microseconds.
const LOOK_US: u64 = 10 * MILLISECOND_US;
/// Each step has this long.
const PATIENCE_US: u64 = 60 * SECOND_US;

/// A rewind before `pg_rewind` is run: the source's control file needs its timeline, and the target all of its log on disk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rewind {
    node: NodeId,
    source: NodeId,
    until: SimTime,
}

impl World {
    /// Begins to rewind `node` to the present primary.
    pub(super) fn rewind(&mut self, node: NodeId) -> Result<(), String> {
        let (name, source) = (self.name_of(Addr::Node(node)), self.primary);
        if self.setup.flavor == Flavor::Mysql {
            return Err(format!(
                "MySQL has no pg_rewind: reclone {name}, or let it follow with its errant transactions (and inject empty \
                 ones with their GTIDs on the source), or keep it as evidence"
            ));
        }
        if node == source {
            return Err(format!("{name} is the primary itself"));
        }
        self.must_run(source)?;
        let Some(server) = self.server(node) else { return Err(format!("{name} is gone")) };
        if !server.node.has_database() {
            return Err(format!("{name} has no database that could be rewound: take a base backup"));
        }
        match self.life(Addr::Node(node)) {
            Life::Paused => return Err("a paused machine is resumed first".to_owned()),
            Life::Copying => return Err("a database is being copied to it".to_owned()),
            Life::Rewinding => return Err("it is being rewound already".to_owned()),
            _ if self.rewinds.contains(&node) => return Err("it is being rewound already".to_owned()),
            Life::Recovering => self.kill(node),
            Life::Running => self.deliver(Addr::Node(node), Input::Operator(Operation::HandOver(true))),
            // Its agent comes with it, and would not know.
            Life::Down if self.manager.is_some() => return Err(format!("{name} is off: restart it first")),
            Life::Stopped | Life::Down => {}
        }
        if self.life(Addr::Node(node)) == Life::Running {
            self.deliver(Addr::Node(node), Input::Timer(Timer::Checkpoint));
        }
        self.deliver(Addr::Node(source), Input::Timer(Timer::Checkpoint));
        self.rewinds.insert(node);
        let until = self.now.plus(PATIENCE_US);
        self.look_again_at(Rewind { node, source, until });
        Ok(())
    }

    fn look_again_at(&mut self, rewind: Rewind) {
        self.queue.plan(self.now.plus(LOOK_US), Event::Rewind(rewind));
    }

    /// The operator looks whether the next step can be taken.
    pub(super) fn go_on_rewinding(&mut self, rewind: Rewind) {
        let Rewind { node, source, until } = rewind;
        let life = self.life(Addr::Node(node));
        let failed = self.life(Addr::Node(source)) != Life::Running || self.now >= until;
        let waits = !self.checkpointed(source) || (life == Life::Running && !self.durable(node));
        let ready = matches!(life, Life::Running | Life::Stopped | Life::Down | Life::Recovering);
        if ready && waits && !failed {
            self.look_again_at(rewind);
            return;
        }
        self.rewinds.remove(&node);
        if failed || !ready {
            if life == Life::Running {
                self.deliver(Addr::Node(node), Input::Operator(Operation::HandOver(false)));
            }
            let text: Arc<str> = format!("rewind = {:?}", self.name_of(Addr::Node(node))).into();
            self.emit(What::CommandRefused { text, why: "the source or the target failed meanwhile".into() });
            return;
        }
        let clean = life == Life::Running || self.server(node).is_some_and(|server| server.node.is_shut_down());
        if matches!(life, Life::Running | Life::Recovering) {
            self.kill(node);
        }
        self.answer_for(Addr::Node(node));
        self.with_actor(Addr::Node(node), |world, _, out| {
            let Some(server) = world.server(node) else { return };
            match clean {
                true => server.node.rewind_to(source, out),
                false => server.node.recover_alone(source, out),
            }
        });
    }

    /// Whether a server's control file has its timeline.
    fn checkpointed(&self, node: NodeId) -> bool {
        let server = self.servers.get(usize::from(node.0)).and_then(Option::as_ref);
        server.is_some_and(|server| {
            let core = &server.node.core;
            core.checkpoint.history.timeline() == core.timeline()
        })
    }

    /// Whether all that a server has logged is on its disk.
    fn durable(&self, node: NodeId) -> bool {
        let server = self.servers.get(usize::from(node.0)).and_then(Option::as_ref);
        server.is_some_and(|server| {
            let log = &server.node.core.log;
            log.flushed() == log.end() || matches!(server.node.role, Role::Replica(_))
        })
    }
}
