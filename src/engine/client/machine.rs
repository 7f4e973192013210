//! The application: sends what its workload and its user want, over sessions that take one statement at a time.

use std::collections::VecDeque;

use rand_pcg::Pcg32;

use super::arrivals::next_gap_us;
use super::driver::Driver;
use super::job::{Job, Kind};
use super::keys::Keys;
use super::session::ClientSession;
use super::workload::{Retry, Workload};
use crate::engine::chance;
use crate::engine::flavor::Flavor;
use crate::engine::ids::{Addr, ClientId, ConnId, NodeId, SessionId};
use crate::engine::io::{Input, Operation, Outbox, Timer};
use crate::engine::message::{Message, Statement};
use crate::engine::proxy::{RoutedReply, Router};
use crate::engine::storage::SqlError;
use crate::engine::time::{MILLISECOND_US, SimTime};
use crate::engine::trace::CloseReason;
use crate::order::OrderedMap;

/// Statements that wait for a free session; beyond this the application stops asking for more.
const BACKLOG: usize = 1_000;

/// How an application's sessions reach servers.
#[derive(Clone, Debug)]
pub enum Backend {
    /// Through the proxy.
    Proxy,
    /// By a driver that splits reads as a proxy would.
    Router(Box<Router>),
    /// By a driver with a list of servers.
    Driver(Box<Driver>),
}

/// How a session reaches its server, where that is not the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line {
    conn: ConnId,
    standing: bool,
}

/// One application.
#[derive(Clone, Debug)]
pub struct Client {
    id: ClientId,
    flavor: Flavor,
    /// What it does by itself.
    pub workload: Workload,
    backend: Backend,
    key_choice: Keys,
    sessions: OrderedMap<SessionId, ClientSession>,
    lines: OrderedMap<SessionId, Line>,
    by_conn: OrderedMap<ConnId, SessionId>,
    unsent: OrderedMap<SessionId, Statement>,
    typed: OrderedMap<SessionId, VecDeque<Statement>>,
    backlog: VecDeque<Job>,
    /// What sessions of the workload are doing.
    jobs: OrderedMap<SessionId, Job>,
    /// Sessions that pause, and what they try again after it; `None` is something new.
    pauses: OrderedMap<(SimTime, SessionId), Option<Job>>,
    connections: u32,
    values: i64,
    random: Pcg32,
}

impl Client {
    /// An application.
    #[must_use]
    pub fn new(id: ClientId, flavor: Flavor, workload: Workload, backend: Backend, random: Pcg32) -> Self {
        Client {
            id,
            flavor,
            workload,
            backend,
            key_choice: Keys::new(workload.keys, workload.distribution),
            sessions: OrderedMap::new(),
            lines: OrderedMap::new(),
            by_conn: OrderedMap::new(),
            unsent: OrderedMap::new(),
            typed: OrderedMap::new(),
            backlog: VecDeque::new(),
            jobs: OrderedMap::new(),
            pauses: OrderedMap::new(),
            connections: 0,
            values: 0,
            random,
        }
    }

    /// Whether it connects to servers by itself.
    #[must_use]
    pub fn is_driven(&self) -> bool {
        !matches!(self.backend, Backend::Proxy)
    }

    /// The server that its driver takes for the primary.
    #[must_use]
    pub fn believes_primary(&self) -> Option<NodeId> {
        match &self.backend {
            Backend::Proxy => None,
            Backend::Router(router) => router.monitor().primary(),
            Backend::Driver(driver) => driver.primary(),
        }
    }

    /// Statements sent and not answered.
    #[must_use]
    pub fn outstanding(&self) -> u32 {
        self.sessions.values().filter(|session| session.busy()).count() as u32
    }

    /// Begins its workload.
    pub fn begin(&mut self, out: &mut Outbox) {
        self.with_router(Router::begin, out);
        self.arm_writes(out);
        self.arm_reads(out);
        self.wake_idle(out);
    }

    /// Whether statements arrive at their rates, whatever becomes of them.
    fn is_open(&self) -> bool {
        self.workload.sessions == 0
    }

    fn arm_writes(&mut self, out: &mut Outbox) {
        let rate = if self.is_open() { self.workload.writes_per_second } else { 0 };
        let gap_us = next_gap_us(rate, &mut self.random);
        out.set_timer(Timer::NextWrite, gap_us.map_or(SimTime::NEVER, |gap_us| out.now.plus(gap_us)));
    }

    fn arm_reads(&mut self, out: &mut Outbox) {
        let rate = if self.is_open() { self.workload.reads_per_second } else { 0 };
        let gap_us = next_gap_us(rate, &mut self.random);
        out.set_timer(Timer::NextRead, gap_us.map_or(SimTime::NEVER, |gap_us| out.now.plus(gap_us)));
    }

    /// Takes one input.
    pub fn handle(&mut self, input: Input, out: &mut Outbox) {
        match input {
            Input::Timer(Timer::NextWrite) => {
                let job = self.write_job();
                self.generate(job, out);
                self.arm_writes(out);
            }
            Input::Timer(Timer::NextRead) => {
                let id = self.key_choice.draw(&mut self.random);
                let job = self.job(Kind::Read(id), 0);
                self.generate(job, out);
                self.arm_reads(out);
            }
            Input::Timer(Timer::Monitor) => self.with_router(Router::tick, out),
            Input::Timer(Timer::Route) => self.with_router(Router::retry, out),
            Input::Timer(Timer::Dial) => {
                if let Backend::Driver(driver) = &mut self.backend {
                    driver.due(out);
                }
            }
            Input::Timer(Timer::Think) => self.pauses_over(out),
            Input::Opened { conn } => self.opened(conn, out),
            Input::Closed { conn, reason } => self.closed(conn, reason, out),
            Input::Received { conn, message } => self.received(conn, message, out),
            Input::Operator(operation) => self.operate(operation, out),
            _ => {}
        }
        self.take_driver_replies(out);
    }

    fn operate(&mut self, operation: Operation, out: &mut Outbox) {
        match operation {
            Operation::Run(session, statement) => {
                self.typed.entry(session).or_default().push_back(statement);
                self.next_typed(session, out);
            }
            Operation::CancelAll => self.cancel_all(out),
            Operation::Workload(writes, reads) => {
                self.workload.writes_per_second = writes;
                self.workload.reads_per_second = reads;
                self.arm_writes(out);
                self.arm_reads(out);
                self.wake_idle(out);
            }
            Operation::Member(node, joined) => self.with_router(|router, out| router.member(node, joined, out), out),
            _ => {}
        }
    }

    fn with_router(&mut self, act: impl FnOnce(&mut Router, &mut Outbox), out: &mut Outbox) {
        if let Backend::Router(router) = &mut self.backend {
            act(router, out);
        }
    }

    /// A job with values that no other write of the run uses.
    fn job(&mut self, kind: Kind, attempts: u32) -> Job {
        let first = (i64::from(self.id.0) + 1) * 1_000_000_000;
        let values = &mut self.values;
        Job::new(kind, attempts, || {
            *values += 1;
            first + *values
        })
    }

    fn write_job(&mut self) -> Job {
        let keys = (0..self.workload.statements_per_transaction.max(1)).map(|_| self.key_choice.draw(&mut self.random));
        let keys = keys.collect();
        self.job(Kind::Write(keys), 0)
    }

    /// The workload wants something done: the first free session takes it.
    fn generate(&mut self, job: Job, out: &mut Outbox) {
        match self.free_session() {
            Some(session) => self.start_job(session, job, out),
            None if self.backlog.len() < BACKLOG => self.backlog.push_back(job),
            None => {}
        }
    }

    fn is_free(&self, id: &SessionId) -> bool {
        !self.sessions.get(id).is_some_and(ClientSession::busy)
            && !self.jobs.contains_key(id)
            && (self.pauses.is_empty() || !self.pauses.keys().any(|(_, paused)| paused == id))
    }

    fn free_session(&self) -> Option<SessionId> {
        let mut ids = (0..self.workload.connections.max(1)).map(|number| SessionId { client: self.id, number });
        if !self.pauses.is_empty() {
            return ids.find(|id| self.is_free(id));
        }
        // All of them are in order: one walk instead of a search for each.
        let mut busy = self.sessions.iter().filter(|(_, session)| session.busy()).map(|(id, _)| *id).peekable();
        let mut at_work = self.jobs.keys().copied().peekable();
        ids.find(|id| {
            while busy.next_if(|other| other < id).is_some() {}
            while at_work.next_if(|other| other < id).is_some() {}
            busy.peek() != Some(id) && at_work.peek() != Some(id)
        })
    }

    /// Sessions that go on by themselves and do nothing begin within a pause's time, each at an instant of its own.
    fn wake_idle(&mut self, out: &mut Outbox) {
        if self.workload.writes_per_second == 0 && self.workload.reads_per_second == 0 {
            return;
        }
        for number in 0..self.workload.sessions {
            let id = SessionId { client: self.id, number };
            if self.is_free(&id) {
                let within_us = self.workload.think_time_us.max(MILLISECOND_US);
                let pause_us = chance::below(within_us, &mut self.random);
                self.pause(id, pause_us, None, out);
            }
        }
    }

    fn pause(&mut self, id: SessionId, pause_us: u64, job: Option<Job>, out: &mut Outbox) {
        self.pauses.insert((out.now.plus(pause_us), id), job);
        self.arm_pauses(out);
    }

    fn arm_pauses(&self, out: &mut Outbox) {
        if let Some(((at, _), _)) = self.pauses.first_key_value() {
            out.set_timer(Timer::Think, *at);
        }
    }

    fn pauses_over(&mut self, out: &mut Outbox) {
        while let Some(((_, id), job)) = self.pauses.pop_first_if(|(until, _), _| *until <= out.now) {
            match job {
                Some(job) => self.start_job(id, job, out),
                None => self.next_of_session(id, out),
            }
        }
        self.arm_pauses(out);
    }

    /// A session that goes on by itself does something new.
    fn next_of_session(&mut self, id: SessionId, out: &mut Outbox) {
        let (writes, reads) = (u64::from(self.workload.writes_per_second), u64::from(self.workload.reads_per_second));
        if writes + reads == 0 {
            return;
        }
        let job = if chance::below(writes + reads, &mut self.random) < writes {
            self.write_job()
        } else {
            let id = self.key_choice.draw(&mut self.random);
            self.job(Kind::Read(id), 0)
        };
        self.start_job(id, job, out);
    }

    fn start_job(&mut self, id: SessionId, mut job: Job, out: &mut Outbox) {
        if let Some(first) = job.left.pop_front() {
            self.jobs.insert(id, job);
            self.start(id, first, out);
        }
    }

    /// A statement of a session is answered.
    fn advance(&mut self, id: SessionId, error: Option<Box<SqlError>>, in_transaction: bool, out: &mut Outbox) {
        let Some(job) = self.jobs.get_mut(&id) else { return self.go_on(id, out) };
        if let Some(error) = error {
            job.fail(error, in_transaction);
        }
        if let Some(next) = job.left.pop_front() {
            return self.start(id, next, out);
        }
        if let Some(job) = self.jobs.remove(&id) {
            self.finished(id, job, out);
        }
    }

    /// What a session does after a job.
    fn finished(&mut self, id: SessionId, job: Job, out: &mut Outbox) {
        let closed = !self.is_open() && id.number < self.workload.sessions;
        if let Some(error) = &job.failed {
            let backoff_us = self.workload.retry_backoff_us.max(MILLISECOND_US);
            if job.attempts < Retry::ATTEMPTS && self.workload.retry.again(job.writes(), error) {
                let again = self.job(job.kind, job.attempts + 1);
                self.pause(id, backoff_us << job.attempts, Some(again), out);
            } else if closed {
                // A session that fails at once must not do so for ever within an instant.
                self.pause(id, backoff_us.max(self.workload.think_time_us), None, out);
            } else {
                self.go_on(id, out);
            }
            return;
        }
        match job.kind {
            Kind::Write(keys) if self.workload.read_back => {
                if let Some(key) = keys.last() {
                    let job = self.job(Kind::Read(*key), 0);
                    self.start_job(id, job, out);
                }
            }
            _ if closed && self.workload.think_time_us == 0 => self.next_of_session(id, out),
            _ if closed => self.pause(id, self.workload.think_time_us, None, out),
            _ => self.go_on(id, out),
        }
    }

    fn next_typed(&mut self, session: SessionId, out: &mut Outbox) {
        if self.sessions.get(&session).is_some_and(ClientSession::busy) {
            return;
        }
        if let Some(statement) = self.typed.get_mut(&session).and_then(VecDeque::pop_front) {
            self.start(session, statement, out);
        }
    }

    fn start(&mut self, id: SessionId, statement: Statement, out: &mut Outbox) {
        let session = self.sessions.entry(id).or_insert_with(|| ClientSession::new(id));
        let txn = session.submit(&statement, self.flavor, out);
        if ClientSession::direct(id).is_none() {
            match &mut self.backend {
                Backend::Proxy => {}
                Backend::Router(router) => return router.submit(id, txn, statement, out),
                Backend::Driver(driver) => return driver.submit(id, txn, statement, out),
            }
        }
        match self.lines.get(&id) {
            Some(line) if line.standing => out.send(line.conn, Message::Query { txn, statement }),
            Some(_) => {}
            None => {
                self.connections += 1;
                // Numbers apart from the driver's, which counts its own.
                let conn = ConnId { opener: Addr::Client(self.id), number: self.connections | 1 << 31 };
                self.lines.insert(id, Line { conn, standing: false });
                self.by_conn.insert(conn, id);
                self.unsent.insert(id, statement);
                out.open(conn, ClientSession::direct(id).map_or(Addr::Proxy, Addr::Node));
            }
        }
    }

    fn opened(&mut self, conn: ConnId, out: &mut Outbox) {
        let Some(id) = self.by_conn.get(&conn).copied() else {
            match &mut self.backend {
                Backend::Proxy => {}
                Backend::Router(router) => router.opened(conn, out),
                Backend::Driver(driver) => driver.opened(conn, out),
            }
            return;
        };
        if let Some(line) = self.lines.get_mut(&id) {
            line.standing = true;
        }
        if let (Some(statement), Some(session)) = (self.unsent.remove(&id), self.sessions.get(&id)) {
            out.send(conn, Message::Query { txn: session.txn(), statement });
        }
    }

    fn closed(&mut self, conn: ConnId, reason: CloseReason, out: &mut Outbox) {
        let Some(id) = self.by_conn.remove(&conn) else {
            match &mut self.backend {
                Backend::Proxy => {}
                Backend::Router(router) => router.closed(conn, out),
                Backend::Driver(driver) => driver.closed(conn, reason, out),
            }
            return;
        };
        self.lines.remove(&id);
        let sent_over = self.unsent.remove(&id).is_none();
        let reason = match reason {
            CloseReason::Refused => "connection refused",
            CloseReason::TimedOut => "connection timed out",
            _ => "server closed the connection unexpectedly",
        };
        let error = self.sessions.get_mut(&id).and_then(|session| session.lost(sent_over, reason, self.flavor, out));
        match error {
            Some(error) => self.advance(id, Some(Box::new(error)), false, out),
            None => self.go_on(id, out),
        }
    }

    fn received(&mut self, conn: ConnId, message: Message, out: &mut Outbox) {
        let Some(id) = self.by_conn.get(&conn).copied() else {
            match &mut self.backend {
                Backend::Proxy => {}
                Backend::Router(router) => router.received(conn, message, out),
                Backend::Driver(driver) => driver.received(conn, message, out),
            }
            return;
        };
        if let Message::Reply { txn, served_by, in_transaction, implicit, result } = message {
            self.answered(RoutedReply { session: id, txn, served_by, in_transaction, implicit, result }, out);
        }
    }

    fn take_driver_replies(&mut self, out: &mut Outbox) {
        loop {
            let replies = match &mut self.backend {
                Backend::Proxy => return,
                Backend::Router(router) => router.take_replies(),
                Backend::Driver(driver) => driver.take_replies(),
            };
            if replies.is_empty() {
                return;
            }
            for reply in replies {
                self.answered(reply, out);
            }
        }
    }

    fn answered(&mut self, reply: RoutedReply, out: &mut Outbox) {
        let (id, in_transaction) = (reply.session, reply.in_transaction);
        let error = reply.result.as_ref().err().cloned();
        if self.sessions.get_mut(&id).is_some_and(|session| session.answered(reply, out)) {
            self.advance(id, error, in_transaction, out);
        }
    }

    /// The session is free: what waits for it is next.
    fn go_on(&mut self, id: SessionId, out: &mut Outbox) {
        if id.is_console() {
            self.next_typed(id, out);
        } else if let Some(job) = self.backlog.pop_front() {
            self.start_job(id, job, out);
        }
    }

    fn cancel_all(&mut self, out: &mut Outbox) {
        let busy = self.sessions.iter().filter(|(_, session)| session.busy());
        for (id, session) in busy {
            match (self.lines.get(id), &mut self.backend) {
                (Some(line), _) => out.send(line.conn, Message::Cancel { txn: session.txn() }),
                (None, Backend::Router(router)) => router.cancel(*id, out),
                (None, Backend::Driver(driver)) => driver.cancel(*id, out),
                (None, Backend::Proxy) => {}
            }
        }
    }

    /// The console session of this client that goes straight to a server.
    #[must_use]
    pub fn console_on(client: ClientId, node: NodeId) -> SessionId {
        SessionId { client, number: SessionId::CONSOLE - 1 - u16::from(node.0) }
    }
}
