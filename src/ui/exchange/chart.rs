//! What the trace says of a stretch of time, ready to be drawn. It takes events in their order and only grows.

use std::sync::Arc;

use super::line::{Bar, BarKind, End, Line, Mark, MarkKind, Spell};
use crate::engine::failover::ManagerEvent;
use crate::engine::ids::{Addr, ClientId, NodeId, TxnId};
use crate::engine::log::Lsn;
use crate::engine::message::{MessageKind, Positions, Statement};
use crate::engine::time::SimTime;
use crate::engine::trace::{Life, MessageId, TraceEvent, What};
use crate::order::OrderedMap;

/// Lines and bars are looked through in pieces of this many.
const PIECE: usize = 128;

/// A stretch of the trace as lines, bars and marks.
#[derive(Clone, Debug, Default)]
pub struct Chart {
    from: SimTime,
    to: SimTime,
    /// The number of the first event that was not taken yet.
    next: u64,
    lines: Vec<Line>,
    reach: Reach,
    bars: Vec<Bar>,
    bar_reach: Reach,
    marks: Vec<Mark>,
    spells: Vec<Spell>,
    writes: Vec<Write>,
    waits: OrderedMap<TxnId, usize>,
    verbs: OrderedMap<TxnId, Arc<str>>,
    outcomes: OrderedMap<TxnId, &'static str>,
    told: OrderedMap<(Addr, Addr), Positions>,
    gtids: OrderedMap<(NodeId, Lsn), u64>,
    operator: bool,
    /// Counts what changed of what was there before.
    amended: u64,
}

/// A transaction's place in a server's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Write {
    node: NodeId,
    txn: TxnId,
    start: Lsn,
    end: Lsn,
}

/// When the first of a piece of lines begins and the last ends: what is out of sight is passed over by pieces.
#[derive(Clone, Debug, Default)]
struct Reach(Vec<(SimTime, SimTime)>);

impl Reach {
    fn widen(&mut self, index: usize, from: SimTime, to: SimTime) {
        match self.0.get_mut(index / PIECE) {
            Some(piece) => *piece = (piece.0.min(from), piece.1.max(to)),
            None => self.0.push((from, to)),
        }
    }

    /// The ranges of what may be seen between two instants.
    fn between(&self, from: SimTime, to: SimTime) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        let seen = move |piece: &(usize, &(SimTime, SimTime))| piece.1.0 <= to && piece.1.1 >= from;
        self.0.iter().enumerate().filter(seen).map(|(index, _)| index * PIECE..(index + 1) * PIECE)
    }
}

impl Chart {
    /// A chart that begins at an instant, at which these do not run as usual.
    #[must_use]
    pub fn new(from: SimTime, lives: &[(Addr, Life)]) -> Chart {
        let mut chart = Chart { from, to: from, ..Chart::default() };
        for (lane, life) in lives.iter().filter(|(_, life)| *life != Life::Running) {
            chart.spells.push(Spell { number: None, lane: *lane, life: *life, from, to: None });
        }
        chart
    }

    /// Where it begins.
    #[must_use]
    pub fn from(&self) -> SimTime {
        self.from
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

    /// All messages, in the order of sending.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// One message.
    #[must_use]
    pub fn line(&self, id: MessageId) -> Option<&Line> {
        self.place(id).and_then(|place| self.lines.get(place))
    }

    /// The messages that are under way at some time between two instants, in the order of sending.
    pub fn lines_between(&self, from: SimTime, to: SimTime) -> impl Iterator<Item = &Line> {
        let all = self.reach.between(from, to).flat_map(|range| self.piece(range));
        all.filter(move |line| line.sent <= to && line.over() >= from)
    }

    fn piece(&self, range: std::ops::Range<usize>) -> &[Line] {
        let end = range.end.min(self.lines.len());
        self.lines.get(range.start..end).unwrap_or_default()
    }

    /// The bars that lie between two instants.
    pub fn bars_between(&self, from: SimTime, to: SimTime) -> impl Iterator<Item = &Bar> {
        let ranges = self.bar_reach.between(from, to);
        let all =
            ranges.flat_map(|range| self.bars.get(range.start..range.end.min(self.bars.len())).unwrap_or_default());
        all.filter(move |bar| bar.from <= to && bar.to.is_none_or(|end| end >= from))
    }

    /// The marks between two instants.
    pub fn marks_between(&self, from: SimTime, to: SimTime) -> &[Mark] {
        let first = self.marks.partition_point(|mark| mark.at < from);
        let last = self.marks.partition_point(|mark| mark.at <= to);
        self.marks.get(first..last).unwrap_or_default()
    }

    /// Counts the changes of what was there before: a message that is held back or lost, a server that is not itself.
    #[must_use]
    pub fn amended(&self) -> u64 {
        self.amended
    }

    /// How many lines, bars and marks there are.
    #[must_use]
    pub fn counts(&self) -> (usize, usize, usize) {
        (self.lines.len(), self.bars.len(), self.marks.len())
    }

    /// Lines, bars and marks from these places on.
    #[must_use]
    pub fn since(&self, (lines, bars, marks): (usize, usize, usize)) -> (&[Line], &[Bar], &[Mark]) {
        let lines = self.lines.get(lines..).unwrap_or_default();
        (lines, self.bars.get(bars..).unwrap_or_default(), self.marks.get(marks..).unwrap_or_default())
    }

    /// Times in which somebody did not run as usual.
    #[must_use]
    pub fn spells(&self) -> &[Spell] {
        &self.spells
    }

    /// Whether a statement was typed straight to a server.
    #[must_use]
    pub fn has_operator(&self) -> bool {
        self.operator
    }

    /// The writes that a message carries or is about, at most `most`, and an instant by which the first was under way.
    #[must_use]
    pub fn writes_of(&self, line: &Line, most: usize) -> Vec<TxnId> {
        if let Some(txn) = line.txn {
            return vec![txn];
        }
        let in_log = |node: NodeId, wanted: &dyn Fn(&Write) -> bool| {
            let mut found: Vec<TxnId> = Vec::new();
            for write in self.writes.iter().rev().filter(|write| write.node == node && wanted(write)) {
                if found.len() < most && !found.contains(&write.txn) {
                    found.push(write.txn);
                }
            }
            found.reverse();
            found
        };
        match (line.from, line.to, line.span, line.positions) {
            (Addr::Node(node), _, Some((from, to)), _) => {
                let here = in_log(node, &|write| write.start < to && write.end > from);
                if !here.is_empty() {
                    return here;
                }
                // A replica that sends on what it has: its bytes are those of the server that logged them.
                let of_any = |write: &&Write| write.start < to && write.end > from;
                self.writes.iter().rev().find(of_any).map(|write| write.txn).into_iter().collect()
            }
            (_, Addr::Node(node), None, Some(at)) => {
                let reached = at.write.max(at.flush).max(at.apply);
                in_log(node, &|write| write.end == reached)
            }
            _ => Vec::new(),
        }
    }

    /// When something of a transaction happened first, as far as the chart goes back.
    #[must_use]
    pub fn first_of(&self, txn: TxnId) -> Option<SimTime> {
        self.lines.iter().find(|line| line.txn == Some(txn)).map(|line| line.sent)
    }

    fn place(&self, id: MessageId) -> Option<usize> {
        self.lines.binary_search_by_key(&id, |line| line.id).ok()
    }

    fn change(&mut self, id: MessageId, change: impl FnOnce(&mut Line)) {
        let Some(place) = self.place(id) else { return };
        if let Some(line) = self.lines.get_mut(place) {
            change(line);
            let (from, to) = (line.sent, line.over());
            self.reach.widen(place, from, to);
        }
    }

    fn push_bar(&mut self, bar: Bar) -> usize {
        let place = self.bars.len();
        self.bar_reach.widen(place, bar.from, bar.to.unwrap_or(SimTime::NEVER));
        self.bars.push(bar);
        place
    }

    fn push_mark(&mut self, event: &TraceEvent, lane: Option<Addr>, kind: MarkKind, text: Option<Arc<str>>) {
        self.marks.push(Mark { number: event.number, lane, at: event.at, kind, text });
    }

    /// Takes the next event; one that was taken already changes nothing.
    pub fn note(&mut self, event: &TraceEvent) {
        if event.number < self.next {
            return;
        }
        self.next = event.number + 1;
        self.to = self.to.max(event.at);
        let at = event.at;
        self.amended += u64::from(matches!(
            event.what,
            What::Held { .. }
                | What::Resumed { .. }
                | What::Dropped { .. }
                | What::LifeChanged { .. }
                | What::BecamePrimary { .. }
                | What::Manager(ManagerEvent::StoreChanged { .. })
        ));
        match &event.what {
            What::Sent { .. } => self.sent(event),
            What::Held { id } => self.change(*id, |line| line.held = Some((at, None))),
            What::Resumed { id, arrives_at } => self.change(*id, |line| {
                line.held = line.held.map(|(since, _)| (since, Some(at)));
                line.arrives = *arrives_at;
            }),
            What::Delivered { id } => self.change(*id, |line| line.end = End::Arrived(at)),
            What::Dropped { id, reason } => self.change(*id, |line| line.end = End::Lost(at, *reason)),
            What::Submitted { txn, statement, .. } => {
                self.verbs.insert(*txn, verb(statement));
            }
            What::Finished { txn, .. } => {
                self.verbs.remove(txn);
                self.outcomes.remove(txn);
            }
            What::Logged { node, txn, start, end, gtid, .. } => {
                self.writes.push(Write { node: *node, txn: *txn, start: *start, end: *end });
                if let Some(gtid) = gtid {
                    self.gtids.insert((*node, *end), gtid.number);
                }
            }
            What::Relogged { node, gtid, end, .. } => {
                self.gtids.insert((*node, *end), gtid.number);
            }
            What::Flushed { node, to, took_us } => {
                let from = SimTime(at.0.saturating_sub(*took_us));
                let (lane, kind) = (Addr::Node(*node), BarKind::Flush(*to));
                self.push_bar(Bar { number: event.number, lane, from, to: Some(at), kind });
            }
            What::Applied { node, to, .. } => {
                self.push_mark(event, Some(Addr::Node(*node)), MarkKind::Applied(*to), None);
            }
            What::CommitWaits { node, txn, .. } => {
                let (lane, kind) = (Addr::Node(*node), BarKind::Wait(*txn));
                let place = self.push_bar(Bar { number: event.number, lane, from: at, to: None, kind });
                self.waits.insert(*txn, place);
            }
            What::CommitReleased { txn, .. } | What::WaitCancelled { txn, .. } => self.end_wait(*txn, at),
            What::Visible { txn, .. } => {
                self.outcomes.insert(*txn, "COMMIT");
            }
            What::RolledBack { txn, .. } => {
                self.outcomes.insert(*txn, "ROLLBACK");
                self.end_wait(*txn, at);
            }
            What::LifeChanged { node, life } => self.life(event, Addr::Node(*node), *life),
            What::Manager(ManagerEvent::StoreChanged { life }) => self.life(event, Addr::Store, *life),
            What::BecamePrimary { node, .. } if at > SimTime::ZERO => {
                self.push_mark(event, Some(Addr::Node(*node)), MarkKind::Promoted, None);
            }
            What::Command { text } => self.push_mark(event, None, MarkKind::Command, Some(text.clone())),
            _ => {}
        }
    }

    fn sent(&mut self, event: &TraceEvent) {
        let What::Sent { id, from, to, kind, span, positions, txn, wire_bytes, arrives_at, .. } = &event.what else {
            return;
        };
        self.operator |= *from == Addr::Client(ClientId::OPERATOR);
        let gist = match (kind, span, positions) {
            (MessageKind::Query, ..) => txn.and_then(|txn| self.verbs.get(&txn).cloned()),
            (MessageKind::Result, ..) => txn.and_then(|txn| self.outcomes.get(&txn)).map(|word| Arc::from(*word)),
            (MessageKind::Log, Some((_, end)), _) => match from {
                Addr::Node(node) => self.gtids.get(&(*node, *end)).map(|number| Arc::from(format!("GTID …:{number}"))),
                _ => None,
            },
            (_, _, Some(now)) => {
                let known = self.told.insert((*from, *to), *now).unwrap_or_default();
                level(known, *now).map(Arc::from)
            }
            _ => None,
        };
        self.reach.widen(self.lines.len(), event.at, *arrives_at);
        self.lines.push(Line {
            id: *id,
            number: event.number,
            from: *from,
            to: *to,
            kind: *kind,
            sent: event.at,
            arrives: *arrives_at,
            end: End::Flying,
            held: None,
            span: *span,
            positions: *positions,
            txn: *txn,
            bytes: *wire_bytes,
            gist,
        });
    }

    fn end_wait(&mut self, txn: TxnId, at: SimTime) {
        if let Some(bar) = self.waits.remove(&txn).and_then(|place| self.bars.get_mut(place)) {
            bar.to = Some(at);
        }
    }

    fn life(&mut self, event: &TraceEvent, lane: Addr, life: Life) {
        if let Some(spell) = self.spells.iter_mut().rev().find(|spell| spell.lane == lane && spell.to.is_none()) {
            spell.to = Some(event.at);
        }
        if life != Life::Running {
            self.spells.push(Spell { number: Some(event.number), lane, life, from: event.at, to: None });
        }
        if matches!(life, Life::Down | Life::Stopped)
            && let Addr::Node(node) = lane
        {
            // Nobody waits on a server that is not there.
            let gone: Vec<TxnId> = self
                .waits
                .iter()
                .filter(|(_, place)| self.bars.get(**place).is_some_and(|bar| bar.lane == Addr::Node(node)))
                .map(|(txn, _)| *txn)
                .collect();
            gone.into_iter().for_each(|txn| self.end_wait(txn, event.at));
        }
    }
}

/// A statement in a word or two: what fits on a line.
fn verb(statement: &Statement) -> Arc<str> {
    match statement {
        Statement::Upsert { id, .. } => format!("UPSERT kv {id}").into(),
        Statement::ReadKey { id } => format!("SELECT kv {id}").into(),
        Statement::Sql(sql) => {
            let mut words = sql.split_whitespace().map(str::to_uppercase);
            let first: String = words.next().unwrap_or_default().trim_end_matches(';').chars().take(12).collect();
            match (first.as_str(), words.next()) {
                ("CREATE" | "DROP" | "ALTER", Some(what)) => format!("{first} {what}").chars().take(20).collect(),
                _ => first,
            }
            .into()
        }
    }
}

/// The farthest that an acknowledgement says for the first time: of several levels the one that reaches farther.
fn level(known: Positions, now: Positions) -> Option<&'static str> {
    let levels =
        [(now.write, known.write, "written"), (now.flush, known.flush, "flushed"), (now.apply, known.apply, "applied")];
    let news = levels.into_iter().filter(|(now, known, _)| now > known);
    news.max_by_key(|(now, ..)| *now).map(|(_, _, word)| word)
}
