//! How records are encoded: length, CRC-32C, LSN, kind, payload.
//!
//! ```text
//! u32  total length in bytes, this header included
//! u32  CRC-32C of everything after this field
//! u64  LSN of the first byte of the record
//! u8   kind
//! …    payload
//! ```
//! All integers are little-endian. The LSN inside the record makes a stale block (an old record found where a new one
//! should be) as detectable as a torn one.

use super::{Lsn, Timeline};
use crate::engine::gtid::{Gtid, Uuid};
use crate::engine::ids::{ClientId, SessionId, TxnId};
use crate::engine::storage::Change;
use crate::engine::time::SimTime;

/// Bytes of a record before its payload.
pub const HEADER_BYTES: usize = 17;
/// The largest record that a decoder accepts: a row of SQLite's own limit here, twice (old and new), and change.
pub const MAX_RECORD_BYTES: usize = 64 * 1024 * 1024;

/// What a record says.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// One row change or DDL statement of a transaction that a later [`Body::Commit`] closes.
    Change(Change),
    /// A transaction is committed: all changes from `first` up to this record.
    Commit(Commit),
    /// A promotion: this timeline begins here, the parent ends.
    NewTimeline {
        /// The timeline that was left.
        parent: Timeline,
        /// The one that begins.
        timeline: Timeline,
    },
}

/// The record that closes a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Commit {
    /// Whose transaction; `None` for the schema that nodes begin with.
    pub txn: Option<TxnId>,
    /// Start of the transaction's first record.
    pub first: Lsn,
    /// When the primary committed it.
    pub at: SimTime,
    /// Whether the primary wants to hear at once when it is applied (`remote_apply`).
    pub apply_feedback: bool,
    /// MySQL's global identifier of the transaction, the same in every server's log.
    pub gtid: Option<Gtid>,
}

/// A record together with where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// First byte.
    pub start: Lsn,
    /// First byte after it.
    pub end: Lsn,
    /// What it says.
    pub body: Body,
}

/// Why bytes are not a record. PostgreSQL's recovery prints these words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Fewer bytes than the header or the length says.
    #[error("invalid record length at {0}: the log ends inside the record")]
    Truncated(Lsn),
    /// The length field is impossible.
    #[error("invalid record length at {0}")]
    Length(Lsn),
    /// The checksum does not match.
    #[error("incorrect resource manager data checksum in record at {0}")]
    Checksum(Lsn),
    /// The record says that it belongs elsewhere.
    #[error("record at {0} has another position inside")]
    Misplaced(Lsn),
    /// Length and checksum are right, but the payload makes no sense.
    #[error("invalid payload in record at {0}")]
    Payload(Lsn),
}

const CHANGE: u8 = 1;
const COMMIT: u8 = 2;
const NEW_TIMELINE: u8 = 3;

fn finish(out: &mut [u8], begin: usize) {
    let length = (out.len() - begin) as u32;
    out[begin..begin + 4].copy_from_slice(&length.to_le_bytes());
    let crc = crc32c::crc32c(&out[begin + 8..]);
    out[begin + 4..begin + 8].copy_from_slice(&crc.to_le_bytes());
}

fn begin(out: &mut Vec<u8>, at: Lsn, kind: u8) -> usize {
    let begin = out.len();
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&at.0.to_le_bytes());
    out.push(kind);
    begin
}

/// Appends a change record that begins at `at`.
pub fn encode_change(out: &mut Vec<u8>, at: Lsn, change: &Change) {
    let from = begin(out, at, CHANGE);
    change.encode(out);
    finish(out, from);
}

/// Appends a commit record that begins at `at`.
pub fn encode_commit(out: &mut Vec<u8>, at: Lsn, commit: &Commit) {
    let from = begin(out, at, COMMIT);
    match commit.txn {
        None => out.push(0),
        Some(txn) => {
            out.push(1);
            out.push(txn.session.client.0);
            out.extend_from_slice(&txn.session.number.to_le_bytes());
            out.extend_from_slice(&txn.number.to_le_bytes());
        }
    }
    out.extend_from_slice(&commit.first.0.to_le_bytes());
    out.extend_from_slice(&commit.at.0.to_le_bytes());
    out.push(u8::from(commit.apply_feedback));
    if let Some(gtid) = commit.gtid {
        out.extend_from_slice(&gtid.source.0.to_be_bytes());
        out.extend_from_slice(&gtid.number.to_le_bytes());
    }
    finish(out, from);
}

/// Appends a record that begins a timeline at `at`.
pub fn encode_new_timeline(out: &mut Vec<u8>, at: Lsn, parent: Timeline, timeline: Timeline) {
    let from = begin(out, at, NEW_TIMELINE);
    out.extend_from_slice(&parent.0.to_le_bytes());
    out.extend_from_slice(&timeline.0.to_le_bytes());
    finish(out, from);
}

fn take<const N: usize>(input: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = input.split_first_chunk::<N>()?;
    *input = rest;
    Some(*head)
}

/// The length that the record at the front of `bytes` claims, if it is possible at all.
pub fn peek_length(bytes: &[u8], at: Lsn) -> Result<usize, RecordError> {
    let mut input = bytes;
    let length = take(&mut input).map(u32::from_le_bytes).ok_or(RecordError::Truncated(at))? as usize;
    if !(HEADER_BYTES..=MAX_RECORD_BYTES).contains(&length) {
        return Err(RecordError::Length(at));
    }
    Ok(length)
}

/// Whether a record with this first bytes closes a transaction; for scans that need no payload.
pub fn peek_commit(record: &[u8]) -> Option<Commit> {
    if record.get(16) != Some(&COMMIT) {
        return None;
    }
    decode_commit(record.get(HEADER_BYTES..)?)
}

fn decode_commit(payload: &[u8]) -> Option<Commit> {
    let input = &mut &*payload;
    let txn = match take::<1>(input)? {
        [0] => None,
        [1] => {
            let [client] = take(input)?;
            let number = u16::from_le_bytes(take(input)?);
            let session = SessionId { client: ClientId(client), number };
            Some(TxnId { session, number: u32::from_le_bytes(take(input)?) })
        }
        _ => return None,
    };
    let first = Lsn(u64::from_le_bytes(take(input)?));
    let at = SimTime(u64::from_le_bytes(take(input)?));
    let apply_feedback = match take::<1>(input)? {
        [0] => false,
        [1] => true,
        _ => return None,
    };
    let gtid = match input.is_empty() {
        true => None,
        false => {
            let source = Uuid(u128::from_be_bytes(take(input)?));
            Some(Gtid { source, number: u64::from_le_bytes(take(input)?) })
        }
    };
    input.is_empty().then_some(Commit { txn, first, at, apply_feedback, gtid })
}

/// The parent and the new timeline, if this record begins one.
pub fn peek_new_timeline(record: &[u8]) -> Option<(Timeline, Timeline)> {
    let kind = *record.get(16)?;
    match (kind == NEW_TIMELINE).then(|| decode_body(kind, &record[HEADER_BYTES..]))?? {
        Body::NewTimeline { parent, timeline } => Some((parent, timeline)),
        _ => None,
    }
}

/// Checks length, checksum and place of the record at the front of `bytes`, and says how long it is.
///
/// # Errors
/// What is wrong with it.
pub fn verify(bytes: &[u8], at: Lsn) -> Result<usize, RecordError> {
    let length = peek_length(bytes, at)?;
    let record = bytes.get(..length).ok_or(RecordError::Truncated(at))?;
    let mut header = &record[4..];
    let crc = take(&mut header).map(u32::from_le_bytes).ok_or(RecordError::Truncated(at))?;
    if crc32c::crc32c(&record[8..]) != crc {
        return Err(RecordError::Checksum(at));
    }
    if take(&mut header).map(u64::from_le_bytes) != Some(at.0) {
        return Err(RecordError::Misplaced(at));
    }
    Ok(length)
}

/// Decodes the record at the front of `bytes`, which stands at `at`, and says how long it is.
///
/// # Errors
/// What is wrong with it, as recovery would print it. No input panics.
pub fn decode(bytes: &[u8], at: Lsn) -> Result<(Record, usize), RecordError> {
    let length = verify(bytes, at)?;
    let record = &bytes[..length];
    let body = decode_body(record[16], &record[HEADER_BYTES..]).ok_or(RecordError::Payload(at))?;
    Ok((Record { start: at, end: at.plus(length), body }, length))
}

fn decode_body(kind: u8, mut payload: &[u8]) -> Option<Body> {
    match kind {
        CHANGE => {
            let change = Change::decode(&mut payload).ok()?;
            payload.is_empty().then_some(Body::Change(change))
        }
        COMMIT => decode_commit(payload).map(Body::Commit),
        NEW_TIMELINE => {
            let parent = Timeline(u32::from_le_bytes(take(&mut payload)?));
            let timeline = Timeline(u32::from_le_bytes(take(&mut payload)?));
            payload.is_empty().then_some(Body::NewTimeline { parent, timeline })
        }
        _ => None,
    }
}
