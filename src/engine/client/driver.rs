//! A driver with a list of servers: each session has a connection to one of them, and everything goes over it.

use rand_pcg::Pcg32;

use super::connect::{ConnectionString, Mode, TargetSession};
use crate::engine::chance;
use crate::engine::flavor::Flavor;
use crate::engine::ids::{Addr, ClientId, ConnId, NodeId, SessionId, TxnId};
use crate::engine::io::{Outbox, Timer};
use crate::engine::message::{Message, Statement};
use crate::engine::proxy::{RoutedReply, lost_connection, lost_transaction};
use crate::engine::storage::SqlError;
use crate::engine::time::{MILLISECOND_US, SimTime};
use crate::engine::trace::CloseReason;
use crate::order::OrderedMap;

/// Connector/J pauses so long between two rounds through its servers, in microseconds.
const PAUSE_US: u64 = 250 * MILLISECOND_US;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    /// Everything; with `jdbc:mysql:replication://` what may write.
    Main,
    /// What is read with `setReadOnly(true)`.
    Reader,
}

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It is being opened.
    Opening,
    /// The server was asked what it is, as the start-up of a session tells.
    Greeting,
    /// It stands, since then.
    Stands(SimTime),
    /// No server could be had: a pause before the next round, until then.
    Pausing(SimTime),
}

/// One connection of a session, or the search for one.
#[derive(Clone, Debug)]
struct Link {
    conn: ConnId,
    server: NodeId,
    stage: Stage,
    /// Servers that are to be tried yet; the next is the last.
    left: Vec<NodeId>,
    /// Rounds through the list that are left.
    rounds: u32,
    /// `prefer-standby` has given up on finding one.
    any_will_do: bool,
    /// Why the servers that were tried will not do.
    refusals: Vec<String>,
    deadline: SimTime,
}

/// What a session has under way.
#[derive(Clone, Debug, Default)]
struct Front {
    current: Option<(TxnId, Statement, bool)>,
    used: Option<Use>,
    in_transaction: bool,
    transaction_lost: bool,
}

/// The driver of an application.
#[derive(Clone, Debug)]
pub struct Driver {
    me: ClientId,
    flavor: Flavor,
    names: OrderedMap<NodeId, String>,
    hosts: Vec<NodeId>,
    mode: Mode,
    connect_timeout_us: Option<u64>,
    fronts: OrderedMap<SessionId, Front>,
    links: OrderedMap<(SessionId, Use), Link>,
    by_conn: OrderedMap<ConnId, (SessionId, Use)>,
    /// The server that a session was connected to last, for everything.
    last: Option<NodeId>,
    connections: u32,
    replies: Vec<RoutedReply>,
    random: Pcg32,
}

impl Driver {
    /// A driver that has not connected yet. `find` knows servers by name.
    #[must_use]
    pub fn new(
        me: ClientId,
        flavor: Flavor,
        text: &ConnectionString,
        find: impl Fn(&str) -> Option<NodeId>,
        random: Pcg32,
    ) -> Driver {
        let named: Vec<(NodeId, String)> =
            text.hosts.iter().filter_map(|name| Some((find(name)?, name.clone()))).collect();
        Driver {
            me,
            flavor,
            hosts: named.iter().map(|(node, _)| *node).collect(),
            names: named.into_iter().collect(),
            mode: text.mode,
            connect_timeout_us: text.connect_timeout_us,
            fronts: OrderedMap::new(),
            links: OrderedMap::new(),
            by_conn: OrderedMap::new(),
            last: None,
            connections: 0,
            replies: Vec::new(),
            random,
        }
    }

    /// The server that was connected to last, for everything; where the driver looks for one that takes writes.
    #[must_use]
    pub fn primary(&self) -> Option<NodeId> {
        match self.mode {
            Mode::Libpq { target: TargetSession::Primary | TargetSession::ReadWrite, .. } => self.last,
            Mode::Failover { .. } | Mode::Replication { .. } => self.last,
            Mode::Libpq { .. } => None,
        }
    }

    /// What was answered since the last call.
    pub fn take_replies(&mut self) -> Vec<RoutedReply> {
        std::mem::take(&mut self.replies)
    }

    /// A session's statement.
    pub fn submit(&mut self, session: SessionId, txn: TxnId, statement: Statement, out: &mut Outbox) {
        let front = self.fronts.entry(session).or_default();
        if std::mem::take(&mut front.transaction_lost) {
            front.in_transaction = false;
            self.replies.push(RoutedReply::failed(session, txn, lost_transaction(self.flavor)));
            return;
        }
        // An application with a replication URL says `setReadOnly(true)` before it reads.
        let reads = matches!(statement, Statement::ReadKey { .. });
        let splits = matches!(self.mode, Mode::Replication { .. });
        let used = match front.used.filter(|_| front.in_transaction) {
            Some(used) => used,
            None if splits && reads => Use::Reader,
            None => Use::Main,
        };
        front.used = Some(used);
        front.current = Some((txn, statement, false));
        self.return_to_first(session, used, out);
        match self.links.get(&(session, used)).map(|link| link.stage) {
            Some(Stage::Stands(_)) => self.send(session, used, out),
            Some(_) => {}
            None => self.dial(session, used, out),
        }
    }

    /// Connector/J: a connection to another server than the first goes back to it, between two transactions.
    fn return_to_first(&mut self, session: SessionId, used: Use, out: &mut Outbox) {
        let Mode::Failover { retry_first_us: Some(after_us), .. } = self.mode else { return };
        let in_transaction = self.fronts.get(&session).is_some_and(|front| front.in_transaction);
        let Some(link) = self.links.get(&(session, used)) else { return };
        if let Stage::Stands(since) = link.stage
            && !in_transaction
            && Some(link.server) != self.hosts.first().copied()
            && out.now.since(since) >= after_us
        {
            out.close(link.conn);
            self.by_conn.remove(&link.conn);
            self.links.remove(&(session, used));
        }
    }

    /// Cancels what a session waits for.
    pub fn cancel(&self, session: SessionId, out: &mut Outbox) {
        let Some(front) = self.fronts.get(&session) else { return };
        if let (Some((txn, _, true)), Some(used)) = (&front.current, front.used)
            && let Some(link) = self.links.get(&(session, used))
        {
            out.send(link.conn, Message::Cancel { txn: *txn });
        }
    }

    /// The servers for a use, in the order in which they are tried.
    fn order(&mut self, used: Use) -> Vec<NodeId> {
        let mut order = match (self.mode, used) {
            (Mode::Replication { .. }, Use::Main) => self.hosts.iter().take(1).copied().collect(),
            (Mode::Replication { .. }, Use::Reader) => self.hosts.iter().skip(1).copied().collect(),
            _ => self.hosts.clone(),
        };
        let shuffled = match self.mode {
            Mode::Libpq { random, .. } => random,
            // Connector/J's `ha.loadBalanceStrategy` is random.
            Mode::Replication { .. } => used == Use::Reader,
            Mode::Failover { .. } => false,
        };
        if shuffled {
            // Fisher and Yates, as libpq does it.
            for at in (1..order.len()).rev() {
                let other = chance::below(at as u64 + 1, &mut self.random) as usize;
                order.swap(at, other);
            }
        }
        order
    }

    /// Begins to look for a server.
    fn dial(&mut self, session: SessionId, used: Use, out: &mut Outbox) {
        let mut left = self.order(used);
        left.reverse();
        let rounds = match self.mode {
            Mode::Libpq { .. } => 1,
            Mode::Failover { rounds, .. } | Mode::Replication { rounds, .. } => rounds,
        };
        let link = Link {
            conn: ConnId { opener: Addr::Client(self.me), number: 0 },
            server: NodeId(0),
            stage: Stage::Opening,
            left,
            rounds,
            any_will_do: false,
            refusals: Vec::new(),
            deadline: SimTime::NEVER,
        };
        self.links.insert((session, used), link);
        self.next_server(session, used, out);
    }

    /// Tries the next server of the list.
    fn next_server(&mut self, session: SessionId, used: Use, out: &mut Outbox) {
        let Some(link) = self.links.get_mut(&(session, used)) else { return };
        let Some(server) = link.left.pop() else { return self.none_left(session, used, out) };
        self.connections += 1;
        link.conn = ConnId { opener: Addr::Client(self.me), number: self.connections };
        (link.server, link.stage) = (server, Stage::Opening);
        link.deadline = self.connect_timeout_us.map_or(SimTime::NEVER, |us| out.now.plus(us));
        self.by_conn.insert(link.conn, (session, used));
        out.open(link.conn, Addr::Node(server));
        self.arm(out);
    }

    /// No server of the list will do.
    fn none_left(&mut self, session: SessionId, used: Use, out: &mut Outbox) {
        let order = self.order(used);
        let Some(link) = self.links.get_mut(&(session, used)) else { return };
        if let Mode::Libpq { target: TargetSession::PreferStandby, .. } = self.mode
            && !link.any_will_do
        {
            link.any_will_do = true;
            link.left = order.into_iter().rev().collect();
            return self.next_server(session, used, out);
        }
        if let Mode::Replication { read_from_source: true, .. } = self.mode
            && used == Use::Reader
            && !link.any_will_do
        {
            link.any_will_do = true;
            link.left = self.hosts.iter().take(1).copied().collect();
            return self.next_server(session, used, out);
        }
        link.rounds = link.rounds.saturating_sub(1);
        if link.rounds > 0 {
            link.stage = Stage::Pausing(out.now.plus(PAUSE_US));
            link.any_will_do = false;
            link.refusals.clear();
            return self.arm(out);
        }
        let message = link.refusals.join("\n");
        self.links.remove(&(session, used));
        let error = SqlError::flavored(
            self.flavor,
            ("08001", message),
            (2003, "HY000", "Can't connect to MySQL server: no server of the list takes this connection".to_owned()),
        );
        self.fail(session, error);
    }

    /// The timer of pauses and of attempts that take too long.
    fn arm(&self, out: &mut Outbox) {
        let due = self.links.values().map(|link| match link.stage {
            Stage::Pausing(until) => until,
            Stage::Opening | Stage::Greeting => link.deadline,
            Stage::Stands(_) => SimTime::NEVER,
        });
        out.set_timer(Timer::Dial, due.min().unwrap_or(SimTime::NEVER));
    }

    /// A pause is over, or an attempt has taken too long.
    pub fn due(&mut self, out: &mut Outbox) {
        let now = out.now;
        let late = |link: &Link| match link.stage {
            Stage::Pausing(until) => until <= now,
            Stage::Opening | Stage::Greeting => link.deadline <= now,
            Stage::Stands(_) => false,
        };
        let late: Vec<_> = self.links.iter().filter(|(_, link)| late(link)).map(|(key, _)| *key).collect();
        for (session, used) in late {
            let order = self.order(used);
            let Some(link) = self.links.get_mut(&(session, used)) else { continue };
            if let Stage::Pausing(_) = link.stage {
                link.left = order.into_iter().rev().collect();
                self.next_server(session, used, out);
            } else {
                let conn = link.conn;
                out.close(conn);
                self.by_conn.remove(&conn);
                self.refused(session, used, "timeout expired", out);
            }
        }
        self.arm(out);
    }

    /// A server will not do: the next is tried.
    fn refused(&mut self, session: SessionId, used: Use, why: &str, out: &mut Outbox) {
        if let Some(link) = self.links.get_mut(&(session, used)) {
            let name = self.names.get(&link.server).map_or("", String::as_str);
            link.refusals.push(format!("connection to server at \"{name}\", port 5432 failed: {why}"));
        }
        self.next_server(session, used, out);
    }

    /// A connection stands: the session's start-up follows.
    pub fn opened(&mut self, conn: ConnId, out: &mut Outbox) {
        let Some(key) = self.by_conn.get(&conn).copied() else { return };
        if let Some(link) = self.links.get_mut(&key) {
            link.stage = Stage::Greeting;
            out.send(conn, Message::HealthCheck);
        }
    }

    /// A connection is gone.
    pub fn closed(&mut self, conn: ConnId, reason: CloseReason, out: &mut Outbox) {
        let Some((session, used)) = self.by_conn.remove(&conn) else { return };
        let Some(link) = self.links.get(&(session, used)) else { return };
        if !matches!(link.stage, Stage::Stands(_)) {
            let why = match (reason, link.stage) {
                (CloseReason::Refused, _) => "Connection refused",
                (CloseReason::TimedOut, _) => "Connection timed out",
                // The server does not serve yet, or not any more; libpq goes on to the next for SQLSTATE 57P03.
                (_, Stage::Greeting) => "FATAL:  the database system is not accepting connections",
                _ => "server closed the connection unexpectedly",
            };
            return self.refused(session, used, why, out);
        }
        self.links.remove(&(session, used));
        let Some(front) = self.fronts.get_mut(&session).filter(|front| front.used == Some(used)) else { return };
        match front.current {
            Some(_) => self.fail(session, lost_connection(self.flavor)),
            None => front.transaction_lost = std::mem::take(&mut front.in_transaction),
        }
    }

    /// A message from a server.
    pub fn received(&mut self, conn: ConnId, message: Message, out: &mut Outbox) {
        let Some((session, used)) = self.by_conn.get(&conn).copied() else { return };
        match message {
            Message::Health { in_recovery, .. } => self.greeted(session, used, in_recovery, out),
            Message::Reply { txn, served_by, in_transaction, implicit, result } => {
                let Some(front) = self.fronts.get_mut(&session) else { return };
                if front.current.take_if(|(current, ..)| *current == txn).is_some() {
                    front.in_transaction = in_transaction;
                    self.replies.push(RoutedReply { session, txn, served_by, in_transaction, implicit, result });
                }
            }
            _ => {}
        }
    }

    /// A server said what it is.
    fn greeted(&mut self, session: SessionId, used: Use, in_recovery: bool, out: &mut Outbox) {
        let Some(link) = self.links.get_mut(&(session, used)) else { return };
        if let Mode::Libpq { target, .. } = self.mode
            && !link.any_will_do
            && let Err(why) = target.accepts(in_recovery)
        {
            out.close(link.conn);
            self.by_conn.remove(&link.conn);
            return self.refused(session, used, why, out);
        }
        link.stage = Stage::Stands(out.now);
        if used == Use::Main {
            self.last = Some(link.server);
        }
        self.send(session, used, out);
        self.arm(out);
    }

    fn send(&mut self, session: SessionId, used: Use, out: &mut Outbox) {
        let Some(link) = self.links.get(&(session, used)) else { return };
        let Some(front) = self.fronts.get_mut(&session) else { return };
        let Some((txn, statement, sent @ false)) = &mut front.current else { return };
        // Connector/J refuses by itself what would write over a connection that is read-only.
        let secondary = Some(link.server) != self.hosts.first().copied();
        if let (Mode::Failover { read_only: true, .. }, true) = (self.mode, secondary)
            && super::session::writes(statement, self.flavor)
        {
            let message = "Connection is read-only. Queries leading to data modification are not allowed";
            return self.fail(session, SqlError::new("S1009", message));
        }
        *sent = true;
        out.send(link.conn, Message::Query { txn: *txn, statement: statement.clone() });
    }

    /// The driver's own error ends the session's statement; a connection that stands stays.
    fn fail(&mut self, session: SessionId, error: SqlError) {
        let Some(front) = self.fronts.get_mut(&session) else { return };
        if let Some((txn, _, sent)) = front.current.take() {
            let in_transaction = front.in_transaction && !sent && error.code == "S1009";
            front.in_transaction = in_transaction;
            self.replies.push(RoutedReply { in_transaction, ..RoutedReply::failed(session, txn, error) });
        }
    }
}
