//! Links and connections: ordered streams over links with latency, jitter, bandwidth, loss and cuts.
//!
//! The network plans arrivals; the [`World`](super::World) carries them out. As with TCP, what a cut link holds back is
//! sent again when the link is whole, after a back-off; what is on the wire survives its sender's crash, what still
//! waits in the sender's machine does not.

use std::collections::VecDeque;

use rand_pcg::Pcg32;

use super::random::{self, Stream};
use super::setup::LinkShape;
use crate::engine::chance;
use crate::engine::ids::TxnId;
use crate::engine::ids::{Addr, ConnId};
use crate::engine::log::Lsn;
use crate::engine::message::{Message, MessageKind, Positions};
use crate::engine::time::{MILLISECOND_US, SECOND_US, SimTime};
use crate::engine::trace::{CloseReason, DropReason, MessageId, What};
use crate::order::OrderedMap;

/// TCP's least retransmission time-out on Linux, in microseconds; it doubles with every attempt (RFC 6298).
const RETRANSMIT_US: u64 = 200 * MILLISECOND_US;
/// The longest time between two attempts, in microseconds.
const RETRANSMIT_MAX_US: u64 = 120 * SECOND_US;

/// What travels.
#[derive(Clone, Debug)]
pub enum Payload {
    /// A wish to connect.
    Open,
    /// The answer: connected.
    Accept,
    /// The stream's end.
    End(CloseReason),
    /// A message.
    Data(Message),
}

/// Something between its sending and its arrival.
#[derive(Clone, Debug)]
pub struct Flight {
    /// Which.
    pub id: MessageId,
    /// On which connection.
    pub conn: ConnId,
    /// From where.
    pub from: Addr,
    /// To where.
    pub to: Addr,
    /// What.
    pub payload: Payload,
    /// When it was sent.
    pub sent_at: SimTime,
    /// When its last bit is on the wire.
    pub departs_at: SimTime,
    /// When it arrives, as things stand.
    pub arrives_at: SimTime,
    /// Since when a cut link holds it back.
    pub held_since: Option<SimTime>,
}

impl Flight {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> MessageKind {
        match &self.payload {
            Payload::Data(message) => message.kind(),
            _ => MessageKind::Connection,
        }
    }

    /// The log it carries, the positions it tells, and the transaction it is about.
    #[must_use]
    pub fn about(&self) -> (Option<(Lsn, Lsn)>, Option<Positions>, Option<TxnId>) {
        match &self.payload {
            Payload::Data(Message::LogData { start, bytes, .. }) => {
                (Some((*start, start.plus(bytes.len()))), None, None)
            }
            Payload::Data(Message::BinlogEvents { start, bytes, .. }) => {
                (Some((*start, start.plus(bytes.len()))), None, None)
            }
            Payload::Data(Message::SemiSyncAck { position }) => {
                let position = *position;
                (None, Some(Positions { write: position, ..Positions::default() }), None)
            }
            Payload::Data(Message::Status { positions, .. }) => (None, Some(*positions), None),
            Payload::Data(Message::Query { txn, .. } | Message::Reply { txn, .. } | Message::Cancel { txn }) => {
                (None, None, Some(*txn))
            }
            _ => (None, None, None),
        }
    }
}

/// One direction of a link.
#[derive(Clone, Debug)]
struct Link {
    shape: LinkShape,
    cut: bool,
    busy_until: SimTime,
    random: Pcg32,
}

/// What one end of a connection knows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Opening,
    Open,
    Closed,
}

/// One direction of a connection.
#[derive(Clone, Debug, Default)]
struct Lane {
    last_arrival: SimTime,
    held: VecDeque<MessageId>,
}

#[derive(Clone, Debug)]
struct Connection {
    acceptor: Addr,
    ends: [End; 2],
    lanes: [Lane; 2],
    /// Something sent to a machine that was off: the sender will learn when the machine is back.
    unanswered: [bool; 2],
}

/// An arrival to plan: which flight, and when.
pub type Arrival = (SimTime, MessageId);

/// All links and connections.
#[derive(Clone, Debug)]
pub struct Network {
    seed: u64,
    default: LinkShape,
    links: OrderedMap<(Addr, Addr), Link>,
    connections: OrderedMap<ConnId, Connection>,
    flights: OrderedMap<MessageId, Flight>,
    sent: u64,
}

fn index(conn: ConnId, end: Addr) -> usize {
    usize::from(conn.opener != end)
}

impl Network {
    /// A network whose links are like `default` unless told otherwise.
    #[must_use]
    pub fn new(seed: u64, default: LinkShape) -> Self {
        Network {
            seed,
            default,
            links: OrderedMap::new(),
            connections: OrderedMap::new(),
            flights: OrderedMap::new(),
            sent: 0,
        }
    }

    fn link(&mut self, from: Addr, to: Addr) -> &mut Link {
        let (seed, shape) = (self.seed, self.default);
        let (from, to) = (from.machine(), to.machine());
        self.links.entry((from, to)).or_insert_with(|| Link {
            shape: if is_local(from) || is_local(to) {
                LinkShape { latency_us: Some(0), jitter_us: Some(0), ..shape }
            } else {
                shape
            },
            cut: false,
            busy_until: SimTime::ZERO,
            random: random::stream(seed, Stream::Link(from, to)),
        })
    }

    /// What a link is like and whether it is cut, one way.
    #[must_use]
    pub fn shape(&self, from: Addr, to: Addr) -> (LinkShape, bool) {
        self.links.get(&(from, to)).map_or((self.default, false), |link| (link.shape, link.cut))
    }

    /// Changes both ways of a link.
    pub fn reshape(&mut self, a: Addr, b: Addr, change: LinkShape) {
        for (from, to) in [(a, b), (b, a)] {
            let shape = &mut self.link(from, to).shape;
            shape.latency_us = change.latency_us.or(shape.latency_us);
            shape.jitter_us = change.jitter_us.or(shape.jitter_us);
            shape.bandwidth = change.bandwidth.or(shape.bandwidth);
            shape.loss_ppm = change.loss_ppm.or(shape.loss_ppm);
        }
    }

    /// What is under way, in the order of sending.
    pub fn flights(&self) -> impl Iterator<Item = &Flight> {
        self.flights.values()
    }

    /// Whether an end of a connection may still send and receive.
    #[must_use]
    pub fn is_open(&self, conn: ConnId, end: Addr) -> bool {
        self.connections.get(&conn).is_some_and(|c| c.ends[index(conn, end)] == End::Open)
    }

    /// Whether an end still waits for its connection to stand.
    #[must_use]
    pub fn is_opening(&self, conn: ConnId) -> bool {
        self.connections.get(&conn).is_some_and(|c| c.ends[0] == End::Opening)
    }

    /// Begins to open a connection.
    pub fn open(&mut self, conn: ConnId, to: Addr, now: SimTime, trace: &mut Vec<What>) -> Option<Arrival> {
        let ends = [End::Opening, End::Closed];
        let connection = Connection { acceptor: to, ends, lanes: Default::default(), unanswered: [false; 2] };
        self.connections.insert(conn, connection);
        self.send(conn, conn.opener, Payload::Open, now, trace)
    }

    /// Sends on a connection from one of its ends. Nothing is sent on a connection that the network does not know.
    pub fn send(
        &mut self,
        conn: ConnId,
        from: Addr,
        payload: Payload,
        now: SimTime,
        trace: &mut Vec<What>,
    ) -> Option<Arrival> {
        let connection = self.connections.get(&conn)?;
        let to = if from == conn.opener { connection.acceptor } else { conn.opener };
        let id = MessageId(self.sent);
        self.sent += 1;
        let bytes = match &payload {
            Payload::Data(message) => message.wire_bytes(),
            _ => 40,
        };
        let (departs_at, mut arrives_at) = self.transit(from, to, bytes, now);
        let cut = self.link(from, to).cut;
        let lane = &mut self.connections.get_mut(&conn)?.lanes[index(conn, from)];
        arrives_at = arrives_at.max(lane.last_arrival);
        let hold = cut || !lane.held.is_empty();
        let held_since = hold.then_some(now);
        match hold {
            true => lane.held.push_back(id),
            false => lane.last_arrival = arrives_at,
        }
        let flight = Flight { id, conn, from, to, payload, sent_at: now, departs_at, arrives_at, held_since };
        let (span, positions, txn) = flight.about();
        let kind = flight.kind();
        trace.push(What::Sent { id, conn, from, to, kind, span, positions, txn, wire_bytes: bytes, arrives_at });
        self.flights.insert(id, flight);
        if hold {
            trace.push(What::Held { id });
            return None;
        }
        Some((arrives_at, id))
    }

    fn transit(&mut self, from: Addr, to: Addr, bytes: u64, now: SimTime) -> (SimTime, SimTime) {
        let link = self.link(from, to);
        let begins = now.max(link.busy_until);
        let bandwidth = link.shape.bandwidth.unwrap_or(0);
        let on_wire_us = bytes.saturating_mul(SECOND_US).checked_div(bandwidth).unwrap_or(0);
        let departs_at = begins.plus(on_wire_us);
        // What is sent again later, on one connection, keeps nobody else waiting until then.
        if bytes > 0 {
            link.busy_until = departs_at;
        }
        let jitter_us = link.shape.jitter_us.unwrap_or(0);
        let mut extra_us = match jitter_us {
            0 => 0,
            jitter_us => chance::below(jitter_us, &mut link.random),
        };
        // A lost packet costs a retransmission time-out; streams keep their order.
        let loss = u64::from(link.shape.loss_ppm.unwrap_or(0).min(999_999));
        let mut backoff_us = RETRANSMIT_US;
        while loss > 0 && chance::below(1_000_000, &mut link.random) < loss && backoff_us < RETRANSMIT_MAX_US {
            extra_us += backoff_us;
            backoff_us *= 2;
        }
        (departs_at, departs_at.plus(link.shape.latency_us.unwrap_or(0) + extra_us))
    }

    /// Takes what arrives now, if it still does (a cut, a crash or another plan may have come between).
    pub fn arrive(&mut self, id: MessageId, now: SimTime) -> Option<Flight> {
        let flight = self.flights.get(&id)?;
        if flight.held_since.is_some() || flight.arrives_at != now {
            return None;
        }
        self.flights.remove(&id)
    }

    /// The acceptor took a connection.
    pub fn accepted(&mut self, conn: ConnId) {
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.ends[1] = End::Open;
        }
    }

    /// The opener learned that the connection stands. False when it had given up.
    pub fn established(&mut self, conn: ConnId) -> bool {
        match self.connections.get_mut(&conn) {
            Some(connection) if connection.ends[0] == End::Opening => {
                connection.ends[0] = End::Open;
                true
            }
            _ => false,
        }
    }

    /// An end is closed, by itself or because it learned so. False when it already was.
    pub fn end(&mut self, conn: ConnId, end: Addr) -> bool {
        let Some(connection) = self.connections.get_mut(&conn) else { return false };
        let at = index(conn, end);
        if connection.ends[at] == End::Closed {
            return false;
        }
        connection.ends[at] = End::Closed;
        true
    }

    /// Forgets a connection when neither end knows it and nothing is under way on it.
    pub fn forget(&mut self, conn: ConnId) {
        let gone = self.connections.get(&conn).is_some_and(|c| c.ends == [End::Closed; 2]);
        if gone && !self.flights.values().any(|flight| flight.conn == conn) {
            self.connections.remove(&conn);
        }
    }

    /// The same, unless a machine that is off will still answer on it.
    pub fn settle(&mut self, conn: ConnId) {
        if self.connections.get(&conn).is_some_and(|c| c.unanswered == [false; 2]) {
            self.forget(conn);
        }
    }

    /// A machine that is off got something: its sender will be told when the machine is back.
    pub fn unanswered(&mut self, conn: ConnId, from: Addr) {
        if let Some(connection) = self.connections.get_mut(&conn) {
            connection.unanswered[index(conn, from)] = true;
        }
    }

    /// The connections of an actor that it considers open or opening.
    #[must_use]
    pub fn connections_of(&self, who: Addr) -> Vec<ConnId> {
        let is_end = |(conn, c): &(&ConnId, &Connection)| {
            (conn.opener == who && c.ends[0] != End::Closed) || (c.acceptor == who && c.ends[1] != End::Closed)
        };
        self.connections.iter().filter(is_end).map(|(conn, _)| *conn).collect()
    }

    /// The connections between two actors that either considers open.
    #[must_use]
    pub fn connections_between(&self, a: Addr, b: Addr) -> Vec<ConnId> {
        let joins = |(conn, c): &(&ConnId, &Connection)| {
            [(a, b), (b, a)].contains(&(conn.opener.machine(), c.acceptor.machine())) && c.ends != [End::Closed; 2]
        };
        self.connections.iter().filter(joins).map(|(conn, _)| *conn).collect()
    }

    /// How many connections are remembered.
    #[must_use]
    pub fn connection_count(&self) -> usize {
        self.connections.len()
    }

    /// The two ends of a connection.
    #[must_use]
    pub fn ends(&self, conn: ConnId) -> Option<(Addr, Addr)> {
        self.connections.get(&conn).map(|c| (conn.opener, c.acceptor))
    }

    /// Connections whose other end got no answer from this machine while it was off.
    #[must_use]
    pub fn waiting_for(&self, who: Addr) -> Vec<ConnId> {
        let waits = |(conn, c): &(&ConnId, &Connection)| {
            (c.acceptor == who && c.unanswered[0]) || (conn.opener == who && c.unanswered[1])
        };
        self.connections.iter().filter(waits).map(|(conn, _)| *conn).collect()
    }

    /// A machine went off: what it had not yet put on the wire is gone.
    pub fn machine_down(&mut self, who: Addr, now: SimTime, trace: &mut Vec<What>) {
        let gone: Vec<MessageId> = self
            .flights
            .values()
            .filter(|flight| flight.from.machine() == who && (flight.held_since.is_some() || flight.departs_at > now))
            .map(|flight| flight.id)
            .collect();
        for id in gone {
            self.drop_flight(id, DropReason::SenderGone, trace);
        }
    }

    /// A flight will never arrive.
    pub fn drop_flight(&mut self, id: MessageId, reason: DropReason, trace: &mut Vec<What>) {
        if let Some(flight) = self.flights.remove(&id) {
            if let Some(connection) = self.connections.get_mut(&flight.conn) {
                connection.lanes[index(flight.conn, flight.from)].held.retain(|held| *held != id);
            }
            trace.push(What::Dropped { id, reason });
            self.settle(flight.conn);
        }
    }

    /// Cuts one way of a link: what is under way there is held back.
    pub fn cut(&mut self, from: Addr, to: Addr, now: SimTime, trace: &mut Vec<What>) {
        self.link(from, to).cut = true;
        let passes = |f: &&mut Flight| f.from.machine() == from && f.to.machine() == to && f.held_since.is_none();
        for flight in self.flights.values_mut().filter(passes) {
            flight.held_since = Some(now);
            if let Some(connection) = self.connections.get_mut(&flight.conn) {
                connection.lanes[index(flight.conn, flight.from)].held.push_back(flight.id);
            }
            trace.push(What::Held { id: flight.id });
        }
    }

    /// Mends one way of a link: what was held back is sent again, in order, at its next retransmission.
    pub fn heal(&mut self, from: Addr, to: Addr, now: SimTime, trace: &mut Vec<What>) -> Vec<Arrival> {
        if !std::mem::take(&mut self.link(from, to).cut) {
            return Vec::new();
        }
        let lane = |(conn, c): (&ConnId, &Connection)| {
            let ends = [(conn.opener, c.acceptor), (c.acceptor, conn.opener)];
            let sender = ends.into_iter().find(|(a, b)| (a.machine(), b.machine()) == (from, to));
            sender.map(|(sender, _)| (*conn, sender))
        };
        let lanes: Vec<(ConnId, Addr)> = self.connections.iter().filter_map(lane).collect();
        let mut arrivals = Vec::new();
        for (conn, sender) in lanes {
            let Some(connection) = self.connections.get_mut(&conn) else { continue };
            let held = std::mem::take(&mut connection.lanes[index(conn, sender)].held);
            let Some(since) = held.front().and_then(|id| self.flights.get(id)?.held_since) else { continue };
            let resend = next_attempt(since, now);
            for id in held {
                let (_, arrives_at) = self.transit(from, to, 0, resend);
                let Some(connection) = self.connections.get_mut(&conn) else { continue };
                let lane = &mut connection.lanes[index(conn, sender)];
                lane.last_arrival = lane.last_arrival.max(arrives_at);
                if let Some(flight) = self.flights.get_mut(&id) {
                    flight.held_since = None;
                    flight.arrives_at = lane.last_arrival;
                    trace.push(What::Resumed { id, arrives_at: flight.arrives_at });
                    arrivals.push((flight.arrives_at, id));
                }
            }
        }
        arrivals
    }

    /// The links that are cut, each way.
    pub fn cuts(&self) -> impl Iterator<Item = (Addr, Addr)> + '_ {
        self.links.iter().filter(|(_, link)| link.cut).map(|(ends, _)| *ends)
    }
}

/// Whether an actor sits on every machine rather than on one: the operator's own sessions.
fn is_local(addr: Addr) -> bool {
    addr == Addr::Client(crate::engine::ids::ClientId::OPERATOR)
}

/// When a packet that was first sent at `since` is sent again, at or after `now`.
fn next_attempt(since: SimTime, now: SimTime) -> SimTime {
    let (mut at, mut backoff_us) = (since.plus(RETRANSMIT_US), RETRANSMIT_US);
    while at < now {
        backoff_us = (backoff_us * 2).min(RETRANSMIT_MAX_US);
        at = at.plus(backoff_us);
    }
    at
}
