//! The order of log writes and flushes: one at a time, so that commits that arrive meanwhile share the next; and what a
//! server says of them.

use super::core::Core;
use crate::engine::io::{Outbox, Output};
use crate::engine::log::{Log, Lsn, Timeline, record};
use crate::engine::time::SimTime;
use crate::engine::trace::What;

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

impl Core {
    /// The log is with the operating system up to here.
    pub(super) fn log_written(&mut self, to: Lsn, out: &mut Outbox) {
        self.writer.written(to, &mut self.log, out);
        out.trace(What::Written { node: self.id, to });
    }

    /// The log is on durable storage up to here.
    pub(super) fn log_flushed(&mut self, to: Lsn, out: &mut Outbox) {
        let took_us = self.writer.flushed(to, &mut self.log, out);
        out.trace(What::Flushed { node: self.id, to, took_us });
    }

    /// Leaves the present timeline at the end of the log for one after all that were begun, and has that written.
    pub(super) fn begin_timeline(&mut self, newest: Timeline, out: &mut Outbox) {
        let parent = self.timeline();
        let timeline = Timeline(parent.0.max(newest.0) + 1);
        let at = self.log.end();
        let mut bytes = Vec::new();
        record::encode_new_timeline(&mut bytes, at, parent, timeline);
        self.append_group(&bytes, None, None);
        self.history.switch(timeline, at);
        out.trace(What::TimelineSwitched { node: self.id, parent, timeline, at });
        self.flush_log(out);
    }
}
