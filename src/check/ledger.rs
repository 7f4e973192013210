//! The ledger: every write, what its client was told, and what became of it.

use std::sync::Arc;

use super::branches::Place;
use super::logs::Logs;
use super::primaries::Verdicts;
use super::write::{Fate, Outcome, Write};
use crate::engine::ids::{ClientId, TxnId};
use crate::engine::log::Lsn;
use crate::order::{Chunks, OrderedMap};

/// Writes by what their clients were told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Success reached the client.
    pub acknowledged: u64,
    /// An error reached the client.
    pub failed: u64,
    /// The client waits.
    pub pending: u64,
    /// The connection ended without a verdict.
    pub indeterminate: u64,
}

impl Tally {
    /// All of them.
    #[must_use]
    pub fn attempted(&self) -> u64 {
        self.acknowledged + self.failed + self.pending + self.indeterminate
    }

    fn of(&mut self, outcome: Outcome) -> &mut u64 {
        match outcome {
            Outcome::Pending => &mut self.pending,
            Outcome::Acknowledged => &mut self.acknowledged,
            Outcome::Failed => &mut self.failed,
            Outcome::Indeterminate => &mut self.indeterminate,
        }
    }
}

/// Acknowledged writes of one history whose entries had to be given up while a server still lacked them.
#[derive(Clone, Copy, Debug)]
struct Folded {
    branch: u32,
    first: Lsn,
    last: Lsn,
    count: u64,
    /// How many of them were lost when they were last judged.
    lost: u64,
}

impl Folded {
    /// How many of the writes end beyond `limit`, and whether that is exact or assumes that they are evenly spread.
    fn beyond(&self, limit: Lsn) -> (u64, bool) {
        if self.first > limit {
            (self.count, true)
        } else if self.last <= limit {
            (0, true)
        } else {
            let share = u128::from(self.last.bytes_since(limit)) * u128::from(self.count);
            let range = u128::from(self.last.bytes_since(self.first)) + 1;
            (u64::try_from(share / range).unwrap_or(self.count), false)
        }
    }
}

/// Every write of the run: exact counts for ever, and entries as long as memory allows.
///
/// Entries stay (in the order of their verdicts) for the newest [`Ledger::RECENT`] finished writes; for older ones as
/// long as a failover could still lose them, up to [`Ledger::AT_RISK`]; and for lost and indeterminate ones up to
/// [`Ledger::KEPT`] more. Beyond those bounds (a server that stays away for hours) writes at risk are folded into ranges
/// of positions: they are still counted exactly unless a later primary's history ends in the middle of such a range, and
/// then [`Ledger::is_exact`] says so.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    total: Tally,
    by_client: Vec<Tally>,
    writes: Chunks<Write, { Ledger::CHUNK }>,
    kept: Chunks<Write, { Ledger::CHUNK }>,
    folded: Vec<Folded>,
    /// Indeterminate writes whose entries are held: their records may still enter a log.
    unresolved: Arc<OrderedMap<TxnId, Slot>>,
    lost: u64,
    errant: u64,
    took_effect: u64,
    /// Lost ones whose entries are gone: nothing can bring them back into the count of survivors.
    given_up_lost: u64,
    given_up_took_effect: u64,
    inexact: bool,
}

#[derive(Clone, Copy, Debug)]
enum Slot {
    Recent(u64),
    Kept(u64),
}

impl Ledger {
    /// What this holds that an earlier or later one does not, in bytes.
    pub(super) fn bytes_beside(&self, other: &Self) -> u64 {
        let mut own = size_of_val(&self.folded[..]) as u64;
        if !Arc::ptr_eq(&self.unresolved, &other.unresolved) {
            own += (self.unresolved.len() * size_of::<(TxnId, Slot)>()) as u64;
        }
        self.writes.bytes_beside(&other.writes) + self.kept.bytes_beside(&other.kept) + own
    }

    /// Of some 4 kB, as other lists of the judges: what one of them gives back fits the next.
    const CHUNK: usize = 18;
    /// How many of the newest finished writes have entries, at least.
    pub const RECENT: usize = 16_384;
    /// How many finished writes have entries at most, while a failover could still lose them.
    pub const AT_RISK: usize = 65_536;
    /// How many lost and indeterminate writes have entries beyond that.
    pub const KEPT: usize = 16_384;
    /// How many writes one folded range stands for at most.
    const FOLD: u64 = 65_536;

    /// Counts by what clients were told.
    #[must_use]
    pub fn total(&self) -> Tally {
        self.total
    }

    /// The same for one client.
    #[must_use]
    pub fn of_client(&self, client: ClientId) -> Tally {
        self.by_client.get(usize::from(client.0)).copied().unwrap_or_default()
    }

    /// Acknowledged writes that the current primary's log lacks.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Of the lost ones, those that a replica executed on its own and may still have: errant transactions.
    #[must_use]
    pub fn errant(&self) -> u64 {
        self.errant
    }

    /// Acknowledged writes that the current primary's log has.
    #[must_use]
    pub fn survived(&self) -> u64 {
        self.total.acknowledged - self.lost.min(self.total.acknowledged)
    }

    /// Indeterminate writes that the current primary's log has.
    #[must_use]
    pub fn took_effect(&self) -> u64 {
        self.took_effect
    }

    /// Whether [`Ledger::lost`] is exact; false only after bounds were exceeded as described above.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        !self.inexact
    }

    /// The finished writes that have entries, in the order of their verdicts (but old lost and indeterminate ones first).
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Write> {
        self.kept.iter().chain(self.writes.iter())
    }

    /// How many finished writes have entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept.len() + self.writes.len()
    }

    /// Whether no finished write has an entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn client(&mut self, client: ClientId) -> &mut Tally {
        let index = usize::from(client.0);
        if index >= self.by_client.len() {
            self.by_client.resize(index + 1, Tally::default());
        }
        &mut self.by_client[index]
    }

    /// A transaction turned out to write.
    pub(super) fn opened(&mut self, client: ClientId) {
        self.total.pending += 1;
        self.client(client).pending += 1;
    }

    /// A transaction that had been counted as a write changed nothing after all.
    pub(super) fn withdrawn(&mut self, client: ClientId) {
        self.total.pending = self.total.pending.saturating_sub(1);
        let tally = self.client(client);
        tally.pending = tally.pending.saturating_sub(1);
    }

    /// A write that had been opened has its verdict. Returns whether it is an acknowledged write that the current
    /// primary's log lacks, which the caller reports.
    pub(super) fn finished(&mut self, mut write: Write, logs: &Logs, verdicts: &Verdicts) -> bool {
        let (txn, outcome) = (write.txn, write.outcome);
        self.withdrawn(txn.session.client);
        *self.total.of(outcome) += 1;
        *self.client(txn.session.client).of(outcome) += 1;
        let included = write.place().map(|place| verdicts.includes(place));
        let lost = outcome == Outcome::Acknowledged && included == Some(false);
        self.lost += u64::from(lost);
        self.errant += u64::from(lost && write.errant);
        (write.lost, write.reported) = (lost, lost);
        let index = self.writes.push(write);
        if outcome == Outcome::Indeterminate {
            self.took_effect += u64::from(included == Some(true));
            Arc::make_mut(&mut self.unresolved).insert(txn, Slot::Recent(index));
        }
        if index.is_multiple_of(Self::CHUNK as u64) {
            self.retire(logs, verdicts);
        }
        lost
    }

    /// Changes an indeterminate write whose records enter a log, or go on there, after its client gave up. `place` is
    /// where, if the change is that.
    pub(super) fn late(&mut self, txn: TxnId, verdicts: &Verdicts, change: impl FnOnce(&mut Write)) {
        let write = match self.unresolved.get(&txn) {
            Some(Slot::Recent(index)) => self.writes.get_mut(*index),
            Some(Slot::Kept(index)) => self.kept.get_mut(*index),
            None => None,
        };
        if let Some(write) = write {
            let effective = |write: &Write| write.place().is_some_and(|place| verdicts.includes(place));
            let before = effective(write);
            change(write);
            self.took_effect = self.took_effect + u64::from(effective(write)) - u64::from(before);
        }
    }

    /// Whether a transaction is an indeterminate write that has an entry.
    #[must_use]
    pub(super) fn is_unresolved(&self, txn: TxnId) -> bool {
        !self.unresolved.is_empty() && self.unresolved.contains_key(&txn)
    }

    /// Judges every write anew against another primary's log. `found` gets each write that is lost and had not been
    /// reported.
    pub(super) fn rejudge(&mut self, verdicts: &Verdicts, mut found: impl FnMut(&Write)) -> Rejudged {
        let missing =
            |w: &Write| w.outcome == Outcome::Acknowledged && w.place().is_some_and(|p| !verdicts.includes(p));
        let mut result = Rejudged { newly_lost: 0, not_held: 0 };
        for list in [&mut self.kept, &mut self.writes] {
            list.change_chunks(
                |w| w.lost != missing(w),
                |w| {
                    w.lost = !w.lost;
                    result.newly_lost += u64::from(w.lost);
                    if w.lost && !w.reported {
                        w.reported = true;
                        found(w);
                    }
                },
            );
        }
        for range in &mut self.folded {
            let (lost, exact) = range.beyond(verdicts.limit(range.branch));
            let more = lost.saturating_sub(range.lost);
            result.newly_lost += more;
            result.not_held += more;
            range.lost = lost;
            self.inexact |= !exact;
        }
        let folded: u64 = self.folded.iter().map(|range| range.lost).sum();
        self.lost = self.given_up_lost + folded + self.entries().filter(|w| w.lost).count() as u64;
        self.errant = self.entries().filter(|w| w.lost && w.errant).count() as u64;
        let effective = |w: &&Write| fate(w, verdicts) == Fate::Indeterminate { took_effect: true };
        self.took_effect = self.given_up_took_effect + self.entries().filter(effective).count() as u64;
        result
    }

    /// Gives up the oldest entries where the bounds ask for it.
    fn retire(&mut self, logs: &Logs, verdicts: &Verdicts) {
        while self.writes.len() > Self::RECENT + Self::CHUNK {
            let Some(chunk) = self.writes.front_chunk() else { return };
            let survived = |w: &Write| fate(w, verdicts) == Fate::Survived;
            let at_risk = |w: &Write| survived(w) && w.place().is_some_and(|p| !logs.durable_everywhere(p));
            if self.writes.len() <= Self::AT_RISK && chunk.iter().any(at_risk) {
                return;
            }
            let first = self.writes.first_index();
            let mut kept = Vec::new();
            let mut folded = Vec::new();
            for (index, write) in (first..).zip(chunk) {
                match fate(write, verdicts) {
                    Fate::Lost | Fate::Indeterminate { .. } => kept.push((index, write.clone())),
                    Fate::Survived if at_risk(write) => folded.extend(write.place()),
                    _ => {}
                }
            }
            self.writes.drop_front_chunk();
            folded.into_iter().for_each(|place| self.fold(place));
            for (_, write) in kept {
                let txn = write.txn;
                let slot = self.kept.push(write);
                if self.unresolved.contains_key(&txn) {
                    Arc::make_mut(&mut self.unresolved).insert(txn, Slot::Kept(slot));
                }
            }
            self.give_up(verdicts);
        }
    }

    /// Drops the oldest of the kept entries; what they counted for stays counted.
    fn give_up(&mut self, verdicts: &Verdicts) {
        while self.kept.len() > Self::KEPT + Self::CHUNK {
            let Some(chunk) = self.kept.front_chunk() else { return };
            for write in chunk {
                match fate(write, verdicts) {
                    Fate::Lost => self.given_up_lost += 1,
                    Fate::Indeterminate { took_effect } => {
                        self.given_up_took_effect += u64::from(took_effect);
                        Arc::make_mut(&mut self.unresolved).remove(&write.txn);
                    }
                    _ => {}
                }
            }
            self.kept.drop_front_chunk();
        }
    }

    fn fold(&mut self, place: Place) {
        match self.folded.last_mut() {
            Some(range) if range.branch == place.branch && range.count < Self::FOLD => {
                range.first = range.first.min(place.end);
                range.last = range.last.max(place.end);
                range.count += 1;
            }
            _ => {
                self.folded.push(Folded { branch: place.branch, first: place.end, last: place.end, count: 1, lost: 0 })
            }
        }
    }
}

/// What [`Ledger::rejudge`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rejudged {
    /// How many writes are lost that were not before.
    pub newly_lost: u64,
    /// How many of them have no entry any more, so that they can be counted but not reported.
    pub not_held: u64,
}

/// What became of a write, as things stand.
#[must_use]
pub(super) fn fate(write: &Write, verdicts: &Verdicts) -> Fate {
    let included = write.place().map(|place| verdicts.includes(place));
    match write.outcome {
        Outcome::Pending => Fate::Pending,
        Outcome::Failed => Fate::Failed,
        Outcome::Indeterminate => Fate::Indeterminate { took_effect: included == Some(true) },
        Outcome::Acknowledged if included == Some(false) => Fate::Lost,
        Outcome::Acknowledged => Fate::Survived,
    }
}
