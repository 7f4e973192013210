//! One write's whole exchange: from the client's statement to the last replica's acknowledgement.

use super::holders::Holders;
use super::line::End;
use crate::engine::ids::{Addr, NodeId, TxnId};
use crate::engine::log::Lsn;
use crate::engine::message::{MessageKind, Positions};
use crate::engine::time::SimTime;
use crate::engine::trace::{MessageId, TraceEvent, What};
use crate::order::{OrderedMap, OrderedSet};
use crate::ui::words::Flight;

/// One thing that happened to the write.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The number of its event.
    pub number: u64,
    /// When.
    pub at: SimTime,
    /// What.
    pub what: What,
    /// The message that left, where one did, and how its way ended.
    pub message: Option<(MessageId, Flight, End)>,
    /// What an acknowledgement says of this write for the first time.
    pub level: Option<&'static str>,
}

/// How long after its beginning a write is followed, in microseconds: a replica may be away for ever.
const LONGEST_US: u64 = 20_000_000;
/// The most steps.
const MOST_STEPS: usize = 2_000;

/// What belongs to one write.
#[derive(Clone, Debug)]
pub struct Exchange {
    txn: TxnId,
    since: SimTime,
    to: SimTime,
    next: u64,
    holders: Holders,
    logged_on: Option<NodeId>,
    finished: bool,
    told: OrderedMap<Addr, Positions>,
    reached: OrderedSet<(Addr, &'static str)>,
    messages: OrderedMap<MessageId, usize>,
    events: OrderedSet<u64>,
    passed: OrderedSet<Addr>,
    steps: Vec<Step>,
    revision: u64,
}

impl Exchange {
    /// The exchange of a transaction that was sent at this instant, or later.
    #[must_use]
    pub fn new(txn: TxnId, since: SimTime) -> Exchange {
        Exchange {
            txn,
            since,
            to: since,
            next: 0,
            holders: Holders::default(),
            logged_on: None,
            finished: false,
            told: OrderedMap::new(),
            reached: OrderedSet::new(),
            messages: OrderedMap::new(),
            events: OrderedSet::new(),
            passed: OrderedSet::new(),
            steps: Vec::new(),
            revision: 0,
        }
    }

    /// Whose.
    #[must_use]
    pub fn txn(&self) -> TxnId {
        self.txn
    }

    /// How far the trace was taken.
    #[must_use]
    pub fn to(&self) -> SimTime {
        self.to
    }

    /// The trace was taken up to here.
    pub fn came_to(&mut self, to: SimTime) {
        self.to = self.to.max(to);
    }

    /// Grows with every step, and with every way that ends.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The steps, in their order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether a message is one of the write's.
    #[must_use]
    pub fn has_message(&self, id: MessageId) -> bool {
        self.messages.contains_key(&id)
    }

    /// The write's messages.
    pub fn messages(&self) -> impl Iterator<Item = MessageId> + '_ {
        self.messages.keys().copied()
    }

    /// Whether an event is one of the write's.
    #[must_use]
    pub fn has_event(&self, number: u64) -> bool {
        self.events.contains(&number)
    }

    /// Everybody whom it passed so far, up to an instant.
    #[must_use]
    pub fn passed(&self) -> &OrderedSet<Addr> {
        &self.passed
    }

    /// Between whom its messages went.
    #[must_use]
    pub fn pairs(&self) -> OrderedSet<(Addr, Addr)> {
        let flights = self.steps.iter().filter_map(|step| step.message.map(|(_, flight, _)| flight));
        flights.map(|flight| (flight.from.machine(), flight.to.machine())).collect()
    }

    /// Whether its client has a verdict.
    #[must_use]
    pub fn settled(&self) -> bool {
        self.finished
    }

    /// From the first to the last of it.
    #[must_use]
    pub fn span(&self) -> Option<(SimTime, SimTime)> {
        let last = |step: &Step| match step.message {
            Some((_, _, End::Arrived(at) | End::Lost(at, _))) => at,
            _ => step.at,
        };
        Some((self.steps.first()?.at, self.steps.iter().map(last).max()?))
    }

    /// Whether nothing more can come: all of these servers have it on disk and applied, and everybody was told.
    #[must_use]
    pub fn is_over(&self, nodes: &[NodeId]) -> bool {
        let flying = self.steps.iter().any(|step| matches!(step.message, Some((_, _, End::Flying))));
        let there = self.logged_on.is_none_or(|on| self.holders.everywhere(nodes, on));
        self.to.since(self.since) > LONGEST_US || (self.finished && there && !flying)
    }

    /// Takes the next event; one that was taken already changes nothing.
    pub fn note(&mut self, event: &TraceEvent) {
        if event.number < self.next || self.to.since(self.since) > LONGEST_US {
            return;
        }
        self.next = event.number + 1;
        self.to = self.to.max(event.at);
        if self.steps.len() >= MOST_STEPS {
            return;
        }
        let own = event.what.txn() == Some(self.txn);
        match &event.what {
            What::Sent { id, from, to, kind, span, positions, .. } => {
                let level = self.is_acknowledged(*from, *to, *kind, *positions);
                let carries = span.is_some_and(|span| self.is_log(*from, *kind, span));
                if own || carries || level.is_some() {
                    let flight = Flight { from: *from, to: *to, kind: *kind };
                    self.messages.insert(*id, self.steps.len());
                    self.passed.extend([from.machine(), to.machine()]);
                    self.step(event, Some((*id, flight, End::Flying)), level);
                }
            }
            What::Delivered { id } => self.end(*id, End::Arrived(event.at)),
            What::Dropped { id, reason } => self.end(*id, End::Lost(event.at, *reason)),
            What::RewindDiscards { txn, .. } if *txn == Some(self.txn) => self.step(event, None, None),
            _ if own => {
                match &event.what {
                    What::Logged { node, .. } => self.logged_on = Some(*node),
                    What::Finished { .. } => self.finished = true,
                    _ => {}
                }
                self.holders.note(&event.what, true);
                self.step(event, None, None);
            }
            what => {
                if self.holders.note(what, false) {
                    self.step(event, None, None);
                }
            }
        }
    }

    fn step(&mut self, event: &TraceEvent, message: Option<(MessageId, Flight, End)>, level: Option<&'static str>) {
        self.revision += 1;
        self.events.insert(event.number);
        self.steps.push(Step { number: event.number, at: event.at, what: event.what.clone(), message, level });
    }

    fn end(&mut self, id: MessageId, end: End) {
        let place = self.messages.get(&id).copied();
        if let Some((_, _, known)) = place.and_then(|place| self.steps.get_mut(place)).and_then(|s| s.message.as_mut())
        {
            *known = end;
            self.revision += 1;
        }
    }

    fn is_log(&self, from: Addr, kind: MessageKind, span: (Lsn, Lsn)) -> bool {
        let Addr::Node(node) = from else { return false };
        let here = |copy: super::holders::Copy| span.0 < copy.end && span.1 > copy.start;
        kind == MessageKind::Log && self.holders.copy(node).is_some_and(here)
    }

    /// Whether an acknowledgement reaches the write for the first time, and how far.
    fn is_acknowledged(
        &mut self,
        from: Addr,
        to: Addr,
        kind: MessageKind,
        positions: Option<Positions>,
    ) -> Option<&'static str> {
        let (Addr::Node(sender), Addr::Node(receiver), Some(now)) = (from, to, positions) else { return None };
        if kind != MessageKind::Acknowledgement || !self.holders.has(sender) {
            return None;
        }
        let end = self.holders.copy(receiver)?.end;
        let known = self.told.insert(from, now).unwrap_or_default();
        let mut newest = None;
        for (level, at) in [("written", now.write), ("flushed", now.flush), ("applied", now.apply)] {
            if at >= end && self.reached.insert((from, level)) {
                newest = Some(level);
            }
        }
        // That it is applied is also told with the news of a later write: that is not an answer to this one.
        let later = newest == Some("applied") && (now.write > known.write.max(end) || now.flush > known.flush.max(end));
        newest.filter(|_| !later)
    }
}
