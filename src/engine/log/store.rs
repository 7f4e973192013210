//! The bytes of one server's log, and how far they are safe.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Lsn;
use super::record::{self, Commit, Record, RecordError};
use crate::order::make_mut;

/// A chunk has the records that begin in a stretch of so many bytes. Where a chunk begins says the position alone, so that the
/// chunks of servers with the same history hold the same bytes ([`Log::share`]). A unit of memory, not of retention, which
/// nobody can tell from what is read.
const STRETCH: u64 = 15 * 1024;
/// Bytes for which a chunk has room at first: its last record may go on beyond its stretch.
const CHUNK_BYTES: usize = 16 * 1024;

/// The records that begin in a stretch.
#[derive(Clone, Debug)]
struct Chunk {
    start: Lsn,
    bytes: Arc<Vec<u8>>,
}

impl Chunk {
    fn is_one_with(&self, other: &Chunk) -> bool {
        Arc::ptr_eq(&self.bytes, &other.bytes)
    }

    /// What stands from `at`, which it holds, to its end.
    fn rest(&self, at: Lsn) -> Option<&[u8]> {
        self.bytes.get(at.bytes_since(self.start) as usize..)
    }
}

/// One server's log. Clones share all but the newest chunk that either side appends to.
#[derive(Clone, Debug)]
pub struct Log {
    chunks: VecDeque<Chunk>,
    start: Lsn,
    end: Lsn,
    written: Lsn,
    flushed: Lsn,
}

impl Log {
    /// Where a new cluster's log begins: PostgreSQL's first segment is number 1.
    pub const FIRST: Lsn = Lsn(0x0100_0000);

    /// An empty log that begins (and is durable) at `start`.
    #[must_use]
    pub fn new(start: Lsn) -> Self {
        Log { chunks: VecDeque::new(), start, end: start, written: start, flushed: start }
    }

    /// What this log holds that none of some others does, in bytes.
    #[must_use]
    pub fn bytes_beside<'a>(&self, others: impl Iterator<Item = &'a Log> + Clone) -> u64 {
        let shared = |mine: &Chunk| others.clone().any(|other| other.is_shared(mine));
        let own: usize = self.chunks.iter().filter(|mine| !shared(mine)).map(|mine| mine.bytes.capacity()).sum();
        (own + self.chunks.len() * size_of::<Chunk>()) as u64
    }

    /// The chunk that begins where another log's does.
    fn same_place(&self, theirs: &Chunk) -> Option<usize> {
        let at = self.chunks.partition_point(|mine| mine.start < theirs.start);
        self.chunks.get(at).is_some_and(|mine| mine.start == theirs.start).then_some(at)
    }

    fn is_shared(&self, theirs: &Chunk) -> bool {
        self.same_place(theirs).and_then(|at| self.chunks.get(at)).is_some_and(|mine| mine.is_one_with(theirs))
    }

    /// Holds once in memory what another server's log has, too: where whole chunks are the same, the other's takes the place
    /// of this one's.
    pub fn share(&mut self, other: &Log) {
        // The last may still grow, on either side.
        for theirs in other.chunks.iter().rev().skip(1) {
            let at = self.same_place(theirs).filter(|at| at + 1 < self.chunks.len());
            let Some(mine) = at.and_then(|at| self.chunks.get_mut(at)) else { continue };
            if !mine.is_one_with(theirs) && mine.bytes == theirs.bytes {
                mine.bytes = theirs.bytes.clone();
            }
        }
    }

    /// The oldest byte that is still kept.
    #[must_use]
    pub fn start(&self) -> Lsn {
        self.start
    }

    /// The first byte after the newest record.
    #[must_use]
    pub fn end(&self) -> Lsn {
        self.end
    }

    /// With the operating system up to here.
    #[must_use]
    pub fn written(&self) -> Lsn {
        self.written
    }

    /// On durable storage up to here.
    #[must_use]
    pub fn flushed(&self) -> Lsn {
        self.flushed
    }

    /// Says that the operating system has the log up to `to`.
    pub fn set_written(&mut self, to: Lsn) {
        self.written = to.clamp(self.written, self.end);
    }

    /// Says that the log is durable up to `to`.
    pub fn set_flushed(&mut self, to: Lsn) {
        self.flushed = to.clamp(self.flushed, self.written);
    }

    /// Appends whole records at the end.
    pub fn append(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let stretch = self.end.0 / STRETCH;
            let (new, left) = rest.split_at(records_before(rest, self.end, (stretch + 1) * STRETCH));
            match self.chunks.back_mut().filter(|chunk| chunk.start.0 / STRETCH == stretch) {
                Some(chunk) => make_mut(&mut chunk.bytes, CHUNK_BYTES).extend_from_slice(new),
                None => {
                    let mut own = Vec::with_capacity(CHUNK_BYTES.max(new.len()));
                    own.extend_from_slice(new);
                    self.chunks.push_back(Chunk { start: self.end, bytes: Arc::new(own) });
                }
            }
            self.end = self.end.plus(new.len());
            rest = left;
        }
    }

    /// What is left after a crash: everything before `to`, which may be inside a record.
    pub fn cut(&mut self, to: Lsn) {
        let to = to.clamp(self.start, self.end);
        while let Some(chunk) = self.chunks.back_mut() {
            if chunk.start >= to {
                self.chunks.pop_back();
                continue;
            }
            let keep = to.bytes_since(chunk.start) as usize;
            if keep < chunk.bytes.len() {
                Arc::make_mut(&mut chunk.bytes).truncate(keep);
            }
            break;
        }
        self.end = to;
        self.written = self.written.min(to);
        self.flushed = self.flushed.min(to);
    }

    /// Forgets what lies before `to`, where a segment begins: [`Log::start`] is then the first record that begins there
    /// or after. A record that began before is gone as a whole, since nobody can read it without its head.
    pub fn remove_before(&mut self, to: Lsn) {
        let to = to.min(self.flushed);
        if to <= self.start {
            return;
        }
        let mut at = self.start;
        while let Some(chunk) = self.chunks.front() {
            let end = chunk.start.plus(chunk.bytes.len());
            if end <= to {
                at = end;
                self.chunks.pop_front();
                continue;
            }
            at = at.max(chunk.start);
            break;
        }
        while at < to {
            let length = self.chunks.front().and_then(|chunk| {
                let rest = chunk.bytes.get(at.bytes_since(chunk.start) as usize..)?;
                record::peek_length(rest, at).ok()
            });
            match length {
                Some(length) => at = at.plus(length),
                None => break,
            }
        }
        self.start = at.min(self.end);
    }

    /// The chunk in which `at` lies.
    fn chunk_at(&self, at: Lsn) -> Option<usize> {
        if at < self.start || at >= self.end {
            return None;
        }
        self.chunks.partition_point(|chunk| chunk.start <= at).checked_sub(1)
    }

    /// What stands from `at` to the end of its chunk.
    fn bytes_at(&self, at: Lsn) -> Option<&[u8]> {
        self.chunks.get(self.chunk_at(at)?)?.rest(at)
    }

    /// Whole records from `from`, which must be a record's start, up to `limit` and about `max_bytes`
    /// (at least one record). Empty when there is nothing.
    #[must_use]
    pub fn read(&self, from: Lsn, limit: Lsn, max_bytes: usize) -> Arc<[u8]> {
        let to = self.end_of_read(from, limit.min(self.end), max_bytes);
        let parts = self.chunk_at(from).map(|first| self.chunks.range(first..)).into_iter().flatten();
        let parts = parts.take_while(|chunk| chunk.start < to).filter_map(|chunk| {
            let at = from.max(chunk.start);
            let rest = chunk.rest(at)?;
            Some(&rest[..rest.len().min(to.bytes_since(at) as usize)])
        });
        match &parts.collect::<Vec<_>>()[..] {
            [all] => (*all).into(),
            parts => parts.concat().into(),
        }
    }

    /// Where whole records from `from` on end, of which about `max_bytes` and no byte from `limit` on are wanted.
    fn end_of_read(&self, from: Lsn, limit: Lsn, max_bytes: usize) -> Lsn {
        if limit.bytes_since(from) <= max_bytes as u64 {
            return limit;
        }
        let mut to = from;
        while let Some(length) = self.bytes_at(to).and_then(|rest| record::peek_length(rest, to).ok()) {
            let next = to.plus(length);
            if next > limit || to > from && next.bytes_since(from) > max_bytes as u64 {
                break;
            }
            to = next;
        }
        to
    }

    /// The records from `from` on, decoded and verified, until the end or the first that is damaged.
    pub fn records(&self, from: Lsn) -> impl Iterator<Item = Result<Record, RecordError>> + '_ {
        let mut at = from;
        let mut failed = false;
        std::iter::from_fn(move || {
            if failed || at >= self.end {
                return None;
            }
            let bytes = self.bytes_at(at)?;
            Some(match record::decode(bytes, at) {
                Ok((record, length)) => {
                    at = at.plus(length);
                    Ok(record)
                }
                Err(error) => {
                    failed = true;
                    Err(error)
                }
            })
        })
    }

    /// Where the newest records that begin before `limit` start, at most `most` of them; `limit` when there are none. The
    /// headers of no more than a chunk beyond are read.
    #[must_use]
    pub fn tail_start(&self, limit: Lsn, most: usize) -> Lsn {
        let (mut wanted, mut found) = (most, limit);
        for chunk in self.chunks.iter().rev().filter(|chunk| chunk.start < limit) {
            let mut starts = Vec::new();
            let mut at = chunk.start;
            while at < limit
                && let Some(rest) = chunk.bytes.get(at.bytes_since(chunk.start) as usize..)
                && let Ok(length) = record::peek_length(rest, at)
            {
                starts.push(at);
                at = at.plus(length);
            }
            starts.retain(|start| *start >= self.start);
            let skipped = starts.len().saturating_sub(wanted);
            wanted = wanted.saturating_sub(starts.len());
            found = starts.get(skipped).copied().unwrap_or(found);
            if wanted == 0 {
                break;
            }
        }
        found
    }

    /// The first position at or after `at` and before `limit` where something else than the beginning of a timeline
    /// stands: such records have nothing to apply.
    #[must_use]
    pub fn skip_timelines(&self, at: Lsn, limit: Lsn) -> Lsn {
        let mut at = at;
        while at < limit {
            let Some(bytes) = self.bytes_at(at) else { break };
            let Ok(length) = record::peek_length(bytes, at) else { break };
            if bytes.get(..length).and_then(record::peek_new_timeline).is_none() {
                break;
            }
            at = at.plus(length);
        }
        at
    }

    /// The commits whose records end after `after` and by `limit`, oldest first, each with its record's end.
    /// `after` must be a record's start or the end; anything else gives nothing.
    pub fn commits(&self, after: Lsn, limit: Lsn) -> impl Iterator<Item = (Commit, Lsn)> + '_ {
        let mut at = after;
        std::iter::from_fn(move || {
            loop {
                if at >= limit {
                    return None;
                }
                let bytes = self.bytes_at(at)?;
                let length = record::peek_length(bytes, at).ok()?;
                let record = bytes.get(..length)?;
                if record.get(8..16) != Some(&at.0.to_le_bytes()[..]) {
                    return None;
                }
                at = at.plus(length);
                if let Some(commit) = record::peek_commit(record) {
                    return Some((commit, at));
                }
            }
        })
    }
}

/// How many bytes those of the records in `bytes`, which stand at `at`, come to that begin before `limit`: at least the first,
/// and all that are none.
fn records_before(bytes: &[u8], at: Lsn, limit: u64) -> usize {
    let mut length = 0;
    while let Some(rest) = bytes.get(length..).filter(|rest| !rest.is_empty())
        && at.plus(length).0 < limit
    {
        length += record::peek_length(rest, at.plus(length)).unwrap_or(rest.len());
    }
    length.min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::log::Timeline;

    /// A log of so many records of 40-odd bytes, and what stands in it.
    fn log(records: usize) -> (Log, Vec<u8>) {
        let (mut log, mut all) = (Log::new(Log::FIRST), Vec::new());
        for number in 0..records {
            let mut bytes = Vec::new();
            record::encode_new_timeline(&mut bytes, log.end(), Timeline(number as u32), Timeline(number as u32 + 1));
            log.append(&bytes);
            all.extend_from_slice(&bytes);
        }
        (log, all)
    }

    #[test]
    fn what_is_read_does_not_show_where_chunks_end() {
        let (log, all) = log(8_000);
        assert!(log.chunks.len() > 3, "{} chunks", log.chunks.len());
        assert_eq!(&*log.read(log.start(), log.end(), usize::MAX), &all[..]);
        assert_eq!(log.records(log.start()).filter(Result::is_ok).count(), 8_000);
        let one = all.len() / 8_000;
        for first in [0, 1, 399, 1_500, 1_700, 7_999] {
            let from = log.start().plus(first * one);
            let read = log.read(from, log.end(), 30_000);
            let expected = (30_000 / one * one).min(all.len() - first * one);
            assert_eq!(&*read, &all[first * one..][..expected], "from record {first}");
        }
    }

    #[test]
    fn where_chunks_begin_says_the_position_alone() {
        let (one_by_one, all) = log(2_000);
        let record = all.len() / 2_000;
        let starts = |log: &Log| log.chunks.iter().map(|chunk| chunk.start).collect::<Vec<_>>();
        let mut log = Log::new(Log::FIRST);
        log.append(&all[..3 * record]);
        log.append(&all[3 * record..]);
        assert_eq!((log.end(), starts(&log)), (one_by_one.end(), starts(&one_by_one)));
        assert_eq!(&*log.read(log.start(), log.end(), usize::MAX), &all[..]);
        assert!(log.chunks.len() > 3 && log.chunks.iter().all(|chunk| chunk.bytes.capacity() == CHUNK_BYTES));
        // One that begins later, as that of a server that was copied from another one.
        let mut later = Log::new(Log::FIRST.plus(500 * record));
        later.append(&all[500 * record..]);
        assert_eq!(starts(&later)[1..], starts(&log)[starts(&log).len() + 1 - later.chunks.len()..]);
        assert_eq!(&*later.read(later.start(), later.end(), usize::MAX), &all[500 * record..]);
        // What is no record, or longer than a chunk, is in one piece.
        log.append(&vec![7; 3 * CHUNK_BYTES]);
        let (whole, kept) = (log.read(log.start(), log.end(), usize::MAX), log.chunks.len());
        assert_eq!(whole.len(), all.len() + 3 * CHUNK_BYTES);
        assert!(kept <= one_by_one.chunks.len() + 1);
    }

    #[test]
    fn servers_hold_the_same_bytes_once() {
        let (log, all) = log(2_000);
        let record = all.len() / 2_000;
        let own = |log: &Log, other: &Log| {
            log.bytes_beside([other].into_iter()) - (log.chunks.len() * size_of::<Chunk>()) as u64
        };
        let (mut standby, mut rest) = (Log::new(Log::FIRST.plus(500 * record)), 500 * record);
        while rest < all.len() {
            let next = (rest + 7 * record).min(all.len());
            standby.append(&all[rest..next]);
            rest = next;
        }
        let alone = own(&standby, &log);
        assert_eq!(alone, (standby.chunks.len() * CHUNK_BYTES) as u64);
        standby.share(&log);
        assert_eq!(own(&standby, &log), 2 * CHUNK_BYTES as u64, "the first began in the middle, and the last may grow");
        assert_eq!(&*standby.read(standby.start(), standby.end(), usize::MAX), &all[500 * record..]);
        // What is changed on one side stays as it was on the other one.
        standby.cut(Log::FIRST.plus(1_000 * record));
        let mut other = Vec::new();
        record::encode_new_timeline(&mut other, standby.end(), Timeline(7), Timeline(8));
        standby.append(&other);
        assert_eq!(&*log.read(log.start(), log.end(), usize::MAX), &all[..]);
        standby.share(&log);
        assert_eq!(
            &*standby.read(standby.start(), standby.end(), usize::MAX),
            &[&all[500 * record..1_000 * record], &other[..]].concat()[..]
        );
    }

    #[test]
    fn at_least_one_record_is_read_and_none_beyond_the_limit() {
        let (log, all) = log(1_000);
        let one = all.len() / 1_000;
        assert_eq!(log.read(log.start(), log.end(), 1).len(), one);
        assert_eq!(log.read(log.start(), log.start().plus(700 * one), usize::MAX).len(), 700 * one);
        assert_eq!(log.read(log.start().plus(one), log.start().plus(one), 100).len(), 0);
        assert_eq!(log.read(log.start().plus(5 * one), log.start(), 100).len(), 0, "a limit that lies before");
        assert_eq!(log.read(log.end(), Lsn(u64::MAX), 100).len(), 0);
        assert_eq!(log.read(Lsn(0), log.end(), 100).len(), 0, "what is not kept");
    }
}
