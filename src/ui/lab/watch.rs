//! What the page remembers of a run: it sees every event of the trace and keeps what the instruments show.

use std::collections::VecDeque;

use super::throughput::Throughput;
use super::typed::TypedLog;
use crate::engine::failover::ManagerEvent;
use crate::engine::ids::{Addr, NodeId, TxnId};
use crate::engine::message::MessageKind;
use crate::engine::time::SimTime;
use crate::engine::trace::{Life, MessageId, TraceEvent, Verdict, What};
use crate::order::{Arrange, Chunks, OrderedMap};
use crate::ui::measures::History;
use crate::ui::sequence::Sequences;
use crate::ui::words::{Category, Flight, Weight, category};

/// Entries that are kept or dropped together; checkpoints share them.
const CHUNK: usize = 256;
/// The chunks of newest events that are kept, without messages.
const EVENT_CHUNKS: usize = 12;
/// The chunks of newest messages that are kept: there are many more of them.
const MESSAGE_CHUNKS: usize = 6;
/// The chunks of marks on the time line.
const MARK_CHUNKS: usize = 2;
/// Lost messages that wait to be drawn, and events that wait to be told.
const WAITING_KEPT: usize = 64;
/// Changes of what servers' processes do that are kept.
const LIVES_KEPT: usize = 1_000;
/// Statements typed by hand whose way is kept.
const ROUTES_KEPT: usize = 64;

/// One event, with what it takes to say it in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its number in the run.
    pub number: u64,
    /// When it happened.
    pub at: SimTime,
    /// Its group.
    pub category: Category,
    /// What happened.
    pub what: What,
    /// The message that it is about, where it only gives a number.
    pub flight: Option<Flight>,
    /// How often it happened in a row: the newest renewal of a lease stands for those before it, which have 0.
    pub times: u32,
}

/// A mark on the time line.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// When.
    pub at: SimTime,
    /// Whether it is trouble.
    pub weight: Weight,
    /// What happened.
    pub what: What,
}

/// A message that was lost on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DropMark {
    /// From where.
    pub from: Addr,
    /// To where.
    pub to: Addr,
    /// How far it had come, from 0 to 1.
    pub fraction: f64,
}

/// Where a statement went, and why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Route {
    /// Who chose.
    pub by: Addr,
    /// The server it chose.
    pub to: NodeId,
    /// Why.
    pub reason: &'static str,
}

#[derive(Clone, Copy, Debug)]
struct InFlight {
    flight: Flight,
    sent_at: SimTime,
    arrives_at: SimTime,
    held: bool,
}

/// How often things happened that people look for in a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Everything that can be told, without heartbeats.
    pub told: u64,
    /// Transactions that changed something became visible where they were committed.
    pub commits: u64,
    /// Success of a write reached its client.
    pub acknowledgements: u64,
    /// Something failed, or was done to the cluster.
    pub faults: u64,
    /// A server became the primary.
    pub promotions: u64,
}

/// What the page remembers of a run. Checkpoints hold clones of it.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    events: Chunks<Entry, CHUNK>,
    messages: Chunks<Entry, CHUNK>,
    in_flight: OrderedMap<MessageId, InFlight>,
    writing: OrderedMap<TxnId, bool>,
    routes: VecDeque<(TxnId, Route)>,
    marks: Chunks<Mark, CHUNK>,
    drops: VecDeque<DropMark>,
    sent: OrderedMap<(Addr, Addr, MessageKind), u64>,
    alerts: VecDeque<Entry>,
    typed: TypedLog,
    throughput: Throughput,
    sequences: Sequences,
    lives: VecDeque<(SimTime, Addr, Life)>,
    measures: History,
    seen: u64,
    counts: Counts,
    data_revision: u64,
    structure_revision: u64,
}

impl Watch {
    /// What this holds that an earlier or later one does not, in bytes.
    pub fn bytes_beside(&self, other: &Self) -> u64 {
        let notes = self.events.bytes_beside(&other.events) + self.messages.bytes_beside(&other.messages);
        notes + self.marks.bytes_beside(&other.marks) + self.measures.bytes_beside(&other.measures)
    }

    /// Takes note of an event.
    pub fn note(&mut self, event: &TraceEvent) {
        self.seen += 1;
        self.count(&event.what);
        self.throughput.note(event.at, &event.what);
        self.sequences.note(event);
        match &event.what {
            What::LifeChanged { node, life } => {
                push_bounded(&mut self.lives, (event.at, Addr::Node(*node), *life), LIVES_KEPT);
            }
            What::Manager(ManagerEvent::StoreChanged { life }) => {
                push_bounded(&mut self.lives, (event.at, Addr::Store, *life), LIVES_KEPT);
            }
            _ => {}
        }
        let flight = self.follow_messages(event);
        let writes = self.follow_statements(event);
        match &event.what {
            What::Visible { .. } | What::Applied { .. } | What::RolledBack { .. } => self.data_revision += 1,
            _ => {}
        }
        let Some(category) = category(&event.what, writes) else { return };
        self.counts.told +=
            u64::from(flight.is_none_or(|f| !matches!(f.kind, MessageKind::Heartbeat | MessageKind::Lease)));
        let what = event.what.clone();
        let mut entry = Entry { number: event.number, at: event.at, category, what, flight, times: 1 };
        match &event.what {
            What::Manager(ManagerEvent::LeaseRenewed { node, .. }) => {
                entry.times += self.take_renewals(*node);
            }
            _ if matches!(category, Category::Cluster | Category::Failover) => {
                self.structure_revision += 1;
                self.data_revision += 1;
                self.mark(&entry);
            }
            _ => {}
        }
        match category {
            Category::Messages => push_chunked(&mut self.messages, entry, MESSAGE_CHUNKS),
            _ => push_chunked(&mut self.events, entry, EVENT_CHUNKS),
        }
    }

    fn count(&mut self, what: &What) {
        let counts = &mut self.counts;
        match what {
            What::Visible { .. } => counts.commits += 1,
            What::Finished { writes: true, verdict: Verdict::Acknowledged { .. }, .. } => counts.acknowledgements += 1,
            What::BecamePrimary { .. } => counts.promotions += 1,
            What::Command { .. } | What::LogLost { .. } | What::ApplyFailed { .. } | What::Panicked { .. } => {
                counts.faults += 1;
            }
            What::LifeChanged { life: Life::Paused | Life::Stopped | Life::Down, .. } => counts.faults += 1,
            _ => {}
        }
    }

    /// Lets the newest renewals of this leader count for nothing, unless the manager did something since; how many it was.
    fn take_renewals(&mut self, leader: NodeId) -> u32 {
        let behind = self.events.iter().rev().position(|entry| entry.category == Category::Failover);
        let place = behind.and_then(|behind| self.events.end_index().checked_sub(1 + behind as u64));
        match place.and_then(|place| self.events.get_mut(place)) {
            Some(entry) => match &entry.what {
                What::Manager(ManagerEvent::LeaseRenewed { node, .. }) if *node == leader => {
                    std::mem::take(&mut entry.times)
                }
                _ => 0,
            },
            None => 0,
        }
    }

    fn follow_messages(&mut self, event: &TraceEvent) -> Option<Flight> {
        match &event.what {
            What::Sent { id, from, to, kind, arrives_at, .. } => {
                *self.sent.entry((*from, *to, *kind)).or_default() += 1;
                let flight = Flight { from: *from, to: *to, kind: *kind };
                let sent_at = event.at;
                self.in_flight.insert(*id, InFlight { flight, sent_at, arrives_at: *arrives_at, held: false });
                Some(flight)
            }
            What::Held { id } => {
                let message = self.in_flight.get_mut(id)?;
                message.held = true;
                Some(message.flight)
            }
            What::Resumed { id, arrives_at } => {
                let message = self.in_flight.get_mut(id)?;
                (message.sent_at, message.arrives_at, message.held) = (event.at, *arrives_at, false);
                Some(message.flight)
            }
            What::Delivered { id } => self.in_flight.remove(id).map(|message| message.flight),
            What::Dropped { id, .. } => {
                let message = self.in_flight.remove(id)?;
                let Flight { from, to, .. } = message.flight;
                let way = message.arrives_at.since(message.sent_at).max(1) as f64;
                let fraction = if message.held { 0.5 } else { event.at.since(message.sent_at) as f64 / way };
                let mark = DropMark { from, to, fraction: fraction.clamp(0.0, 1.0) };
                push_bounded(&mut self.drops, mark, WAITING_KEPT);
                Some(message.flight)
            }
            _ => None,
        }
    }

    /// Whether the event is about a transaction that writes.
    fn follow_statements(&mut self, event: &TraceEvent) -> bool {
        match &event.what {
            What::Submitted { txn, writes, .. } => {
                self.writing.insert(*txn, *writes);
                *writes
            }
            What::Finished { txn, writes, .. } => {
                self.writing.remove(txn);
                *writes
            }
            What::Routed { by, txn, to, reason } => {
                if txn.session.is_console() {
                    push_bounded(&mut self.routes, (*txn, Route { by: *by, to: *to, reason }), ROUTES_KEPT);
                }
                self.writing.get(txn).copied().unwrap_or(false)
            }
            _ => false,
        }
    }

    fn mark(&mut self, entry: &Entry) {
        let weight = match &entry.what {
            What::Command { .. } | What::BecamePrimary { .. } | What::TimelineSwitched { .. } => Weight::Mark,
            What::Manager(ManagerEvent::LeaseAcquired { .. } | ManagerEvent::Fenced { .. }) => Weight::Mark,
            What::Manager(
                ManagerEvent::LeaseExpired { .. } | ManagerEvent::Demoting { .. } | ManagerEvent::NotFenced { .. },
            ) => Weight::Trouble,
            What::Manager(ManagerEvent::StoreChanged { life }) if *life != Life::Running => Weight::Trouble,
            What::LifeChanged { life: Life::Paused | Life::Stopped | Life::Down, .. }
            | What::LogLost { .. }
            | What::ApplyFailed { .. }
            | What::DiskFull { .. }
            | What::Panicked { .. } => Weight::Trouble,
            _ => Weight::Normal,
        };
        if weight != Weight::Normal && entry.at > SimTime::ZERO {
            let mark = Mark { at: entry.at, weight, what: entry.what.clone() };
            push_chunked(&mut self.marks, mark, MARK_CHUNKS);
        }
        push_bounded(&mut self.alerts, entry.clone(), WAITING_KEPT);
    }

    /// The newest events of these groups that match, oldest first, at most `limit`; and where `limit` leaves some out, how
    /// many there are of all that are kept.
    #[must_use]
    pub fn matching(&self, wanted: &[Category], limit: usize, matches: &dyn Fn(&Entry) -> bool) -> (Vec<Entry>, usize) {
        let mut total = 0;
        let mut take = |list: &Chunks<Entry, CHUNK>| -> Vec<Entry> {
            let of_groups = list.iter().rev().filter(|e| e.times > 0 && wanted.contains(&e.category));
            let mut taken = Vec::new();
            for entry in of_groups.filter(|e| matches(e)) {
                total += 1;
                if taken.len() < limit {
                    taken.push(entry.clone());
                }
            }
            taken
        };
        let mut all = take(&self.events);
        if wanted.contains(&Category::Messages) {
            all.extend(take(&self.messages));
        }
        all.arrange_by_key(|e| e.number);
        let from = all.len().saturating_sub(limit);
        (all.split_off(from), total)
    }

    /// Whether older entries of these categories are no longer held: going back in time brings them back.
    #[must_use]
    pub fn has_dropped(&self, wanted: &[Category]) -> bool {
        wanted.iter().any(|one| match one {
            Category::Messages => self.messages.first_index() > 0,
            _ => self.events.first_index() > 0,
        })
    }

    /// The same that is told from an event of the trace on, oldest first.
    #[must_use]
    pub fn told_from(&self, number: u64, limit: usize) -> Vec<Entry> {
        let (mut all, _) = self.matching(&Category::ALL, usize::MAX, &|entry| entry.number >= number);
        all.truncate(limit);
        all
    }

    /// The newest that are told from an event of the trace on, oldest first.
    #[must_use]
    pub fn newest(&self, number: u64, limit: usize) -> Vec<Entry> {
        let fresh = |list: &Chunks<Entry, CHUNK>| -> Vec<Entry> {
            let newest = list.iter().rev().take_while(|entry| entry.number >= number);
            newest.filter(|entry| entry.times > 0).take(limit).cloned().collect()
        };
        let mut all = fresh(&self.events);
        all.extend(fresh(&self.messages));
        all.arrange_by_key(|entry| entry.number);
        all.split_off(all.len().saturating_sub(limit))
    }

    /// The newest of the cluster and of its failover manager from an event of the trace on, oldest first.
    #[must_use]
    pub fn news_from(&self, number: u64, limit: usize) -> Vec<Entry> {
        let fresh = self.events.iter().rev().take_while(|entry| entry.number >= number);
        let news = |entry: &&Entry| matches!(entry.category, Category::Cluster | Category::Failover) && entry.times > 0;
        let mut all: Vec<Entry> = fresh.filter(news).take(limit).cloned().collect();
        all.reverse();
        all
    }

    /// The events around one event of the trace, oldest first, with at most `limit` on each side; empty when it happened
    /// before everything that is kept. Where it says nothing to people, the next that does stands for it.
    #[must_use]
    pub fn around(&self, number: u64, limit: usize) -> Vec<Entry> {
        let (first, end) = (self.events.first_index(), self.events.end_index());
        let at = self.events.partition_point(first, end, |entry| entry.number >= number);
        if at == first && self.events.get(first).is_none_or(|entry| entry.number > number) {
            return Vec::new();
        }
        let limit = limit as u64;
        let range = at.saturating_sub(limit).max(first)..end.min(at + limit);
        range.filter_map(|index| self.events.get(index)).filter(|entry| entry.times > 0).cloned().collect()
    }

    /// Where a typed statement went; the newest choice, if there were several.
    #[must_use]
    pub fn route_of(&self, txn: TxnId) -> Option<Route> {
        self.routes.iter().rev().find(|(t, _)| *t == txn).map(|(_, route)| *route)
    }

    /// Marks on the time line, oldest first.
    #[must_use]
    pub fn marks(&self) -> Vec<Mark> {
        self.marks.iter().cloned().collect()
    }

    /// Whether older marks are no longer held: going back in time brings them back.
    #[must_use]
    pub fn has_dropped_marks(&self) -> bool {
        self.marks.first_index() > 0
    }

    /// Messages lost since this was last asked.
    pub fn take_drops(&mut self) -> Vec<DropMark> {
        self.drops.drain(..).collect()
    }

    /// Events worth telling those who do not see the stage, since this was last asked.
    pub fn take_alerts(&mut self) -> Vec<Entry> {
        self.alerts.drain(..).collect()
    }

    /// What every server did of late, up to now.
    pub fn throughput(&mut self, now: SimTime) -> &Throughput {
        self.throughput.pass(now);
        &self.throughput
    }

    /// Lag, latency and throughput, as far as they are kept.
    #[must_use]
    pub fn measures(&self) -> &History {
        &self.measures
    }

    /// The same, to be told of events.
    pub fn measures_mut(&mut self) -> &mut History {
        &mut self.measures
    }

    /// Changes of the primary, step by step.
    #[must_use]
    pub fn sequences(&self) -> &Sequences {
        &self.sequences
    }

    /// What servers and the store did when, as far as it is kept: running, paused, down.
    pub fn lives(&self) -> impl Iterator<Item = (SimTime, Addr, Life)> + '_ {
        self.lives.iter().copied()
    }

    /// Statements typed by hand.
    #[must_use]
    pub fn typed(&self) -> &TypedLog {
        &self.typed
    }

    /// The same, to be told of events.
    pub fn typed_mut(&mut self) -> &mut TypedLog {
        &mut self.typed
    }

    /// Messages sent so far, by direction and kind: the measure of flows.
    #[must_use]
    pub fn sent(&self) -> &OrderedMap<(Addr, Addr, MessageKind), u64> {
        &self.sent
    }

    /// Events seen so far.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Events so far that say something to people.
    #[must_use]
    pub fn told(&self) -> u64 {
        self.counts.told
    }

    /// How often things happened that people look for.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The run is elsewhere now: what was still to be drawn or told of the way there is not any more.
    pub fn jumped(&mut self) {
        self.drops.clear();
        self.alerts.clear();
    }

    /// Grows whenever some server's rows may have changed.
    #[must_use]
    pub fn data_revision(&self) -> u64 {
        self.data_revision
    }

    /// Grows whenever a server, a role or a command changed something.
    #[must_use]
    pub fn structure_revision(&self) -> u64 {
        self.structure_revision
    }
}

fn push_chunked<T: Clone>(list: &mut Chunks<T, CHUNK>, item: T, most: usize) {
    list.push(item);
    if list.chunk_count() > most {
        list.drop_front_chunk();
    }
}

fn push_bounded<T>(list: &mut VecDeque<T>, item: T, most: usize) {
    if list.len() == most {
        list.pop_front();
    }
    list.push_back(item);
}
