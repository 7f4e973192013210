//! The order of log writes and flushes: one at a time, so that commits that arrive meanwhile share the next.

use crate::engine::io::{Outbox, Output};
use crate::engine::log::{Log, Lsn};
use crate::engine::time::SimTime;

/// What the disk is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Writing,
    Flushing { since: SimTime },
}

/// One server's log writer. PostgreSQL's group commit follows from it: while one flush is under way, the next waits.
#[derive(Clone, Debug)]
pub struct LogWriter {
    state: State,
    /// What is to be durable.
    wanted: Lsn,
    /// What is to be with the operating system.
    wanted_written: Lsn,
}

impl LogWriter {
    /// A writer with nothing to do.
    #[must_use]
    pub fn new() -> Self {
        LogWriter { state: State::Idle, wanted: Lsn::ZERO, wanted_written: Lsn::ZERO }
    }

    /// Asks that the log be durable up to `to`.
    pub fn flush(&mut self, to: Lsn, log: &Log, out: &mut Outbox) {
        self.wanted = self.wanted.max(to);
        self.go_on(log, out);
    }

    /// Asks that the operating system have the log up to `to`, and no more.
    pub fn write(&mut self, to: Lsn, log: &Log, out: &mut Outbox) {
        self.wanted_written = self.wanted_written.max(to);
        self.go_on(log, out);
    }

    fn go_on(&mut self, log: &Log, out: &mut Outbox) {
        if self.state != State::Idle {
            return;
        }
        let to = log.end();
        if self.wanted.max(self.wanted_written) > log.written() {
            self.state = State::Writing;
            let bytes = to.bytes_since(log.written());
            out.outputs.push(Output::DiskWrite { to, bytes });
        } else if self.wanted > log.flushed() {
            self.state = State::Flushing { since: out.now };
            out.outputs.push(Output::DiskFlush { to: log.written() });
        }
    }

    /// There was no room for what was being written: it is tried once more.
    pub fn retry(&mut self, log: &Log, out: &mut Outbox) {
        if self.state == State::Writing {
            let to = log.end();
            out.outputs.push(Output::DiskWrite { to, bytes: to.bytes_since(log.written()) });
        }
    }

    /// The operating system has the log up to `to`.
    pub fn written(&mut self, to: Lsn, log: &mut Log, out: &mut Outbox) {
        log.set_written(to);
        if self.state == State::Writing {
            // A flush follows its write at once: nobody else's write comes between.
            self.state = if self.wanted > log.flushed() {
                out.outputs.push(Output::DiskFlush { to: log.written() });
                State::Flushing { since: out.now }
            } else {
                State::Idle
            };
        }
        self.go_on(log, out);
    }

    /// The log is durable up to `to`. Returns how long the flush took, in microseconds.
    pub fn flushed(&mut self, to: Lsn, log: &mut Log, out: &mut Outbox) -> u64 {
        log.set_flushed(to);
        let took_us = match self.state {
            State::Flushing { since } => out.now.since(since),
            _ => 0,
        };
        self.state = State::Idle;
        self.go_on(log, out);
        took_us
    }
}

impl Default for LogWriter {
    fn default() -> Self {
        Self::new()
    }
}
