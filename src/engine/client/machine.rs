//! The application: sends what its workload and its user want, over sessions that take one statement at a time.

use std::collections::{BTreeMap, VecDeque};

use rand_pcg::Pcg32;

use super::arrivals::next_gap_us;
use super::session::ClientSession;
use crate::engine::chance;
use crate::engine::flavor::Flavor;
use crate::engine::ids::{Addr, ClientId, ConnId, NodeId, SessionId};
use crate::engine::io::{Input, Operation, Outbox, Timer};
use crate::engine::message::{Message, Statement};
use crate::engine::proxy::{RoutedReply, Router};
use crate::engine::time::SimTime;
use crate::engine::trace::CloseReason;

/// Statements that wait for a free session; beyond this the application stops asking for more.
const BACKLOG: usize = 1_000;

/// What an application does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Single-row upserts a second.
    pub writes_per_second: u32,
    /// Single-row reads a second.
    pub reads_per_second: u32,
    /// Keys it uses: 1 up to this.
    pub keys: u32,
    /// Sessions it opens at most.
    pub connections: u16,
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
    driver: Option<Router>,
    sessions: BTreeMap<SessionId, ClientSession>,
    lines: BTreeMap<SessionId, Line>,
    by_conn: BTreeMap<ConnId, SessionId>,
    unsent: BTreeMap<SessionId, Statement>,
    typed: BTreeMap<SessionId, VecDeque<Statement>>,
    backlog: VecDeque<Statement>,
    connections: u32,
    values: i64,
    random: Pcg32,
}

impl Client {
    /// An application. With a driver it connects to servers by itself, else to the proxy.
    #[must_use]
    pub fn new(id: ClientId, flavor: Flavor, workload: Workload, driver: Option<Router>, random: Pcg32) -> Self {
        Client {
            id,
            flavor,
            workload,
            driver,
            sessions: BTreeMap::new(),
            lines: BTreeMap::new(),
            by_conn: BTreeMap::new(),
            unsent: BTreeMap::new(),
            typed: BTreeMap::new(),
            backlog: VecDeque::new(),
            connections: 0,
            values: 0,
            random,
        }
    }

    /// Its driver, if it has one.
    #[must_use]
    pub fn driver(&self) -> Option<&Router> {
        self.driver.as_ref()
    }

    /// Statements sent and not answered.
    #[must_use]
    pub fn outstanding(&self) -> u32 {
        self.sessions.values().filter(|session| session.busy()).count() as u32
    }

    /// Begins its workload.
    pub fn begin(&mut self, out: &mut Outbox) {
        if let Some(driver) = &mut self.driver {
            driver.begin(out);
        }
        self.arm_writes(out);
        self.arm_reads(out);
    }

    fn arm_writes(&mut self, out: &mut Outbox) {
        let gap_us = next_gap_us(self.workload.writes_per_second, &mut self.random);
        out.set_timer(Timer::NextWrite, gap_us.map_or(SimTime::NEVER, |gap_us| out.now.plus(gap_us)));
    }

    fn arm_reads(&mut self, out: &mut Outbox) {
        let gap_us = next_gap_us(self.workload.reads_per_second, &mut self.random);
        out.set_timer(Timer::NextRead, gap_us.map_or(SimTime::NEVER, |gap_us| out.now.plus(gap_us)));
    }

    /// Takes one input.
    pub fn handle(&mut self, input: Input, out: &mut Outbox) {
        match input {
            Input::Timer(Timer::NextWrite) => {
                self.values += 1;
                let value = (i64::from(self.id.0) + 1) * 1_000_000_000 + self.values;
                let id = self.random_key();
                self.generate(Statement::Upsert { id, value }, out);
                self.arm_writes(out);
            }
            Input::Timer(Timer::NextRead) => {
                let id = self.random_key();
                self.generate(Statement::ReadKey { id }, out);
                self.arm_reads(out);
            }
            Input::Timer(Timer::Monitor) => self.with_driver(Router::tick, out),
            Input::Timer(Timer::Route) => self.with_driver(Router::retry, out),
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
            }
            Operation::Member(node, joined) => self.with_driver(|d, out| d.member(node, joined, out), out),
            _ => {}
        }
    }

    fn with_driver(&mut self, act: impl FnOnce(&mut Router, &mut Outbox), out: &mut Outbox) {
        if let Some(driver) = &mut self.driver {
            act(driver, out);
        }
    }

    fn random_key(&mut self) -> i64 {
        1 + chance::below(u64::from(self.workload.keys.max(1)), &mut self.random) as i64
    }

    /// The workload wants a statement: the first free session takes it.
    fn generate(&mut self, statement: Statement, out: &mut Outbox) {
        match self.free_session() {
            Some(session) => self.start(session, statement, out),
            None if self.backlog.len() < BACKLOG => self.backlog.push_back(statement),
            None => {}
        }
    }

    fn free_session(&mut self) -> Option<SessionId> {
        let ids = (0..self.workload.connections.max(1)).map(|number| SessionId { client: self.id, number });
        ids.into_iter().find(|id| !self.sessions.get(id).is_some_and(ClientSession::busy))
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
        if let Some(driver) = self.driver.as_mut().filter(|_| ClientSession::direct(id).is_none()) {
            driver.submit(id, txn, statement, out);
            return;
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
            self.with_driver(|driver, out| driver.opened(conn, out), out);
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
            self.with_driver(|driver, out| driver.closed(conn, out), out);
            return;
        };
        self.lines.remove(&id);
        let sent_over = self.unsent.remove(&id).is_none();
        let reason = match reason {
            CloseReason::Refused => "connection refused",
            CloseReason::TimedOut => "connection timed out",
            _ => "server closed the connection unexpectedly",
        };
        if let Some(session) = self.sessions.get_mut(&id) {
            session.lost(sent_over, reason, self.flavor, out);
        }
        self.go_on(id, out);
    }

    fn received(&mut self, conn: ConnId, message: Message, out: &mut Outbox) {
        let Some(id) = self.by_conn.get(&conn).copied() else {
            self.with_driver(|driver, out| driver.received(conn, message, out), out);
            return;
        };
        if let Message::Reply { txn, served_by, in_transaction, implicit, result } = message {
            self.answered(RoutedReply { session: id, txn, served_by, in_transaction, implicit, result }, out);
        }
    }

    fn take_driver_replies(&mut self, out: &mut Outbox) {
        while let Some(replies) = self.driver.as_mut().map(Router::take_replies).filter(|r| !r.is_empty()) {
            for reply in replies {
                self.answered(reply, out);
            }
        }
    }

    fn answered(&mut self, reply: RoutedReply, out: &mut Outbox) {
        let id = reply.session;
        if let Some(session) = self.sessions.get_mut(&id) {
            session.answered(reply, out);
        }
        self.go_on(id, out);
    }

    /// The session is free: what waits for it is next.
    fn go_on(&mut self, id: SessionId, out: &mut Outbox) {
        if id.is_console() {
            self.next_typed(id, out);
        } else if let Some(statement) = self.backlog.pop_front() {
            self.start(id, statement, out);
        }
    }

    fn cancel_all(&mut self, out: &mut Outbox) {
        let busy = self.sessions.iter().filter(|(_, session)| session.busy());
        for (id, session) in busy {
            match (self.lines.get(id), &mut self.driver) {
                (Some(line), _) => out.send(line.conn, Message::Cancel { txn: session.txn() }),
                (None, Some(driver)) => driver.cancel(*id, out),
                (None, None) => {}
            }
        }
    }

    /// The console session of this client that goes straight to a server.
    #[must_use]
    pub fn console_on(client: ClientId, node: NodeId) -> SessionId {
        SessionId { client, number: SessionId::CONSOLE - 1 - u16::from(node.0) }
    }
}
