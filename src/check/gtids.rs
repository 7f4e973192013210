//! MySQL's logs as places in the tree of histories.
//!
//! Positions differ from server to server there, and what is the same everywhere is a transaction's GTID. So the judges
//! count: the place of a transaction is its number in the order in which its source logged it, and a replica, which gets
//! transactions in that order, has come as far as the last that it has. What a server executed on its own while it was a
//! replica (an errant transaction) is on a branch of its own, which belongs to what that server has.

use super::branches::Place;
use crate::engine::gtid::{Gtid, Uuid};
use crate::engine::ids::NodeId;
use crate::engine::log::{Log, Lsn};
use crate::order::{Chunks, OrderedMap};

/// Transactions with consecutive numbers at consecutive places.
#[derive(Clone, Copy, Debug)]
struct Span {
    number: u64,
    count: u64,
    place: Place,
}

/// A transaction in one server's binary log.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Where it ends there.
    end: Lsn,
    /// How far the server has come with it.
    place: Lsn,
}

/// One server's binary log: where it ends after which transaction.
#[derive(Clone, Debug)]
struct Binlog {
    /// What it had before the first entry.
    base: Lsn,
    entries: Chunks<Entry, { CHUNK }>,
}

/// Transactions that clones share or do not share together.
const CHUNK: usize = 256;
/// The most chunks that are remembered of one log.
const CHUNKS: usize = 128;

impl Default for Binlog {
    fn default() -> Self {
        Binlog { base: Log::FIRST, entries: Chunks::new() }
    }
}

impl Binlog {
    /// How far a log has come that ends at `at`.
    fn reached(&self, at: Lsn) -> Lsn {
        let (first, end) = (self.entries.first_index(), self.entries.end_index());
        let after = self.entries.partition_point(first, end, |entry| entry.end > at);
        after.checked_sub(1).and_then(|index| self.entries.get(index)).map_or(self.base, |entry| entry.place)
    }

    fn push(&mut self, end: Lsn, place: Lsn) {
        let before = self.entries.last().map_or(self.base, |entry| entry.place);
        self.entries.push(Entry { end, place: place.max(before) });
        if self.entries.chunk_count() > CHUNKS {
            let last = self.entries.front_chunk().and_then(|chunk| chunk.last()).map(|entry| entry.place);
            self.base = last.unwrap_or(self.base);
            self.entries.drop_front_chunk();
        }
    }

    /// The log ends at `at`: what lay behind is gone.
    fn cut(&mut self, at: Lsn) {
        if self.entries.last().is_some_and(|entry| entry.end > at) {
            let kept: Vec<Entry> = self.entries.iter().copied().filter(|entry| entry.end <= at).collect();
            self.entries = Chunks::new();
            for entry in kept {
                self.entries.push(entry);
            }
        }
    }
}

/// What the judges know of MySQL servers' logs.
#[derive(Clone, Debug, Default)]
pub(super) struct Gtids {
    binlogs: Vec<Binlog>,
    spans: OrderedMap<Uuid, Vec<Span>>,
}

impl Gtids {
    /// What this holds that an earlier or later one does not, in bytes.
    pub fn bytes_beside(&self, other: &Self) -> u64 {
        let logs = self.binlogs.iter().zip(&other.binlogs);
        let spans: usize = self.spans.values().map(|spans| size_of_val(&spans[..])).sum();
        logs.map(|(mine, theirs)| mine.entries.bytes_beside(&theirs.entries)).sum::<u64>() + spans as u64
    }

    fn binlog(&mut self, node: NodeId) -> &mut Binlog {
        let index = usize::from(node.0);
        if index >= self.binlogs.len() {
            self.binlogs.resize_with(index + 1, Binlog::default);
        }
        &mut self.binlogs[index]
    }

    /// How far the log of `node` has come that ends at `at`.
    pub fn reached(&self, node: NodeId, at: Lsn) -> Lsn {
        self.binlogs.get(usize::from(node.0)).map_or(Log::FIRST, |binlog| binlog.reached(at))
    }

    /// A transaction that is its server's own is in the log.
    pub fn logged(&mut self, node: NodeId, gtid: Gtid, end: Lsn, place: Place) {
        self.binlog(node).push(end, place.end);
        self.place(gtid, place);
    }

    /// An errant transaction is in a server's log: it comes no further with it in its source's.
    pub fn strayed(&mut self, node: NodeId, gtid: Gtid, end: Lsn, place: Place) {
        self.binlog(node).push(end, Lsn::ZERO);
        self.place(gtid, place);
    }

    fn place(&mut self, gtid: Gtid, place: Place) {
        let spans = self.spans.entry(gtid.source).or_default();
        let next = spans.last_mut().filter(|span| {
            let follows = span.number + span.count == gtid.number;
            follows && span.place.branch == place.branch && span.place.end.0 + span.count == place.end.0
        });
        match next {
            Some(span) => span.count += 1,
            None => spans.push(Span { number: gtid.number, count: 1, place }),
        }
    }

    /// Where a transaction is; the newest, where a number was used twice.
    pub fn find(&self, gtid: Gtid) -> Option<Place> {
        let spans = self.spans.get(&gtid.source)?;
        let span = spans.iter().rev().find(|s| s.number <= gtid.number && gtid.number - s.number < s.count)?;
        Some(Place { end: Lsn(span.place.end.0 + (gtid.number - span.number)), ..span.place })
    }

    /// A replica logged what it applies.
    pub fn relogged(&mut self, node: NodeId, gtid: Gtid, end: Lsn) {
        let place = self.find(gtid).map_or(Lsn::ZERO, |place| place.end);
        self.binlog(node).push(end, place);
    }

    /// A server lost its log from `at` on.
    pub fn lost(&mut self, node: NodeId, at: Lsn) {
        self.binlog(node).cut(at);
    }

    /// A server begins on a copy of its source: of the source's log it has what comes before `place`.
    pub fn follows(&mut self, replica: NodeId, place: Lsn) {
        let binlog = self.binlog(replica);
        if binlog.entries.last().is_none() {
            binlog.base = place;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::gtid::server_uuid;

    const A: NodeId = NodeId(0);
    const B: NodeId = NodeId(1);

    fn gtid(node: NodeId, number: u64) -> Gtid {
        Gtid { source: server_uuid(node), number }
    }

    fn place(branch: u32, number: u64) -> Place {
        Place { branch, end: Lsn(Log::FIRST.0 + number) }
    }

    #[test]
    fn logs_of_other_lengths_come_equally_far() {
        let mut gtids = Gtids::default();
        for number in 1..=3 {
            gtids.logged(A, gtid(A, number), Log::FIRST.plus(100 * number as usize), place(0, number));
        }
        gtids.strayed(B, gtid(B, 1), Log::FIRST.plus(50), place(1, 1));
        gtids.relogged(B, gtid(A, 1), Log::FIRST.plus(120));
        assert_eq!(gtids.reached(A, Log::FIRST.plus(250)), place(0, 2).end);
        assert_eq!(gtids.reached(B, Log::FIRST.plus(60)), Log::FIRST);
        assert_eq!(gtids.reached(B, Log::FIRST.plus(120)), place(0, 1).end);
        assert_eq!(gtids.find(gtid(B, 1)), Some(place(1, 1)));
        assert_eq!(gtids.find(gtid(A, 4)), None);
    }

    #[test]
    fn a_number_that_was_lost_and_used_again_is_the_newer() {
        let mut gtids = Gtids::default();
        gtids.logged(A, gtid(A, 1), Lsn(0x0100_0064), place(0, 1));
        gtids.logged(A, gtid(A, 2), Lsn(0x0100_00C8), place(0, 2));
        gtids.lost(A, Lsn(0x0100_0064));
        gtids.logged(A, gtid(A, 2), Lsn(0x0100_00F0), place(1, 2));
        assert_eq!(gtids.find(gtid(A, 2)), Some(place(1, 2)));
        assert_eq!(gtids.reached(A, Lsn(0x0100_0064)), place(0, 1).end);
    }
}
