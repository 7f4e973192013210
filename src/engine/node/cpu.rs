//! What a server's processors can do in a time: statements queue when all of them are busy.

use serde::{Deserialize, Serialize};

use super::Node;
use super::session::{State, Todo};
use crate::engine::flavor::Flavor;
use crate::engine::ids::ConnId;
use crate::engine::io::{Outbox, Timer};
use crate::engine::message::Statement;
use crate::engine::sql::{self, Kind};
use crate::engine::time::SimTime;
use crate::engine::trace::What;
use crate::order::OrderedMap;

/// A server's processors, and what work costs on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cpu {
    /// Statements that can be worked on at the same time.
    pub workers: u16,
    /// A statement that reads takes so long, in microseconds.
    pub read_us: u64,
    /// A statement that writes takes so long, in microseconds.
    pub write_us: u64,
    /// A transaction that a replica applies takes so long, in microseconds.
    pub apply_us: u64,
}

/// The processors at work: a queue of statements, first come, first served.
#[derive(Clone, Debug)]
pub struct Processors {
    cpu: Cpu,
    /// When each worker is free again.
    free_at: Vec<SimTime>,
    /// Messages that are worked on or wait, by when they are done.
    due: OrderedMap<(SimTime, u64), ConnId>,
    count: u64,
}

/// How busy the processors are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// How many workers there are.
    pub workers: u16,
    /// How many of them work.
    pub busy: u16,
    /// Messages that are worked on or wait.
    pub statements: u32,
}

impl Processors {
    /// Idle processors.
    #[must_use]
    pub fn new(cpu: Cpu) -> Processors {
        let free_at = vec![SimTime::ZERO; usize::from(cpu.workers.max(1))];
        Processors { cpu, free_at, due: OrderedMap::new(), count: 0 }
    }

    /// Gives the worker that is free first something to do; when that is done.
    fn work(&mut self, cost_us: u64, now: SimTime) -> SimTime {
        let Some(first) = self.free_at.iter_mut().min() else { return now };
        *first = (*first).max(now).plus(cost_us);
        *first
    }

    /// How busy they are.
    #[must_use]
    pub fn load(&self, now: SimTime) -> Load {
        let busy = self.free_at.iter().filter(|at| **at > now).count();
        Load {
            workers: self.cpu.workers,
            busy: u16::try_from(busy).unwrap_or(u16::MAX),
            statements: u32::try_from(self.due.len()).unwrap_or(u32::MAX),
        }
    }

    /// The process died: nothing is left to do.
    pub fn clear(&mut self) {
        *self = Processors::new(self.cpu);
    }

    /// What a message costs.
    fn cost_us<'a>(&self, todo: impl Iterator<Item = &'a Todo>, flavor: Flavor) -> u64 {
        let cost = |todo: &Todo| match todo {
            Todo::Prepared(Statement::Upsert { .. }) => self.cpu.write_us,
            Todo::Prepared(_) => self.cpu.read_us,
            Todo::Sql(text) => {
                let statement = sql::classify(text, flavor);
                match statement.kind {
                    Kind::Select { .. } | Kind::Explain { .. } if !statement.writes() => self.cpu.read_us,
                    _ if statement.writes() => self.cpu.write_us,
                    _ => 0,
                }
            }
        };
        todo.map(cost).fold(0, u64::saturating_add)
    }
}

impl Node {
    /// Gives the server processors, instead of as many and as fast as it takes.
    pub fn set_cpu(&mut self, cpu: Option<Cpu>) {
        self.processors = cpu.map(Processors::new);
    }

    /// How busy its processors are; `None` where they are not limited.
    #[must_use]
    pub fn load(&self, now: SimTime) -> Option<Load> {
        self.processors.as_ref().map(|processors| processors.load(now))
    }

    /// A message has come: it runs when the processors have done its work, at once where they are not limited.
    pub(super) fn schedule(&mut self, conn: ConnId, out: &mut Outbox) {
        let Some(session) = self.sessions.get_mut(&conn) else { return };
        let Some((processors, running)) = self.processors.as_mut().zip(session.running.as_ref()) else {
            self.ready.push_back(conn);
            return;
        };
        let cost_us = processors.cost_us(running.todo.iter(), self.core.flavor);
        let at = processors.work(cost_us, out.now);
        session.state = State::Queued;
        processors.count += 1;
        processors.due.insert((at, processors.count), conn);
        if let Some(((next, _), _)) = processors.due.first_key_value() {
            out.set_timer(Timer::Cpu, *next);
        }
    }

    /// The processors are done with some messages.
    pub(super) fn processed(&mut self, out: &mut Outbox) {
        let Some(processors) = &mut self.processors else { return };
        while let Some((_, conn)) = processors.due.pop_first_if(|(when, _), _| *when <= out.now) {
            if let Some(session) = self.sessions.get_mut(&conn).filter(|s| matches!(s.state, State::Queued)) {
                session.state = State::Ready;
                self.ready.push_back(conn);
            }
        }
        if let Some(((next, _), _)) = processors.due.first_key_value() {
            out.set_timer(Timer::Cpu, *next);
        }
    }

    /// What was applied took a processor's time. Applying comes first: it is the queries that wait longer for it.
    pub(super) fn charge_for_applying(&mut self, happened: usize, out: &Outbox) {
        let Some(processors) = &mut self.processors else { return };
        let applied = |what: &What| match what {
            What::Applied { transactions, .. } => u64::from(*transactions),
            What::Relogged { .. } => 1,
            _ => 0,
        };
        let transactions: u64 = out.trace.get(happened..).unwrap_or_default().iter().map(applied).sum();
        for _ in 0..transactions {
            processors.work(processors.cpu.apply_us, out.now);
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn work_queues_when_every_worker_is_busy() {
        let mut processors = Processors::new(Cpu { workers: 2, read_us: 10, write_us: 30, apply_us: 5 });
        let now = SimTime(100);
        assert_eq!(processors.work(10, now), SimTime(110));
        assert_eq!(processors.work(30, now), SimTime(130));
        assert_eq!(processors.work(10, now), SimTime(120));
        assert_eq!(processors.work(10, now), SimTime(130));
        assert_eq!(processors.load(now), Load { workers: 2, busy: 2, statements: 0 });
        assert_eq!(processors.work(10, SimTime(500)), SimTime(510));
    }
}
