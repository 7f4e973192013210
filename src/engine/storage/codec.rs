//! Changes as bytes.
//!
//! A change is a tag byte and its fields. Numbers are varints (LEB128; signed ones zigzag first), text and
//! blobs are a length and bytes, rows are a count and values, a value is a tag byte and its content. Reading
//! takes any bytes: what is no change is an error, and no length is trusted before the bytes are there.

use std::sync::Arc;

use super::change::{Change, RowChange, RowKey, RowOp, StatementEvent};
use super::value::Value;

/// Bytes that are not a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end before the change does.
    #[error("the record's payload ends early")]
    Truncated,
    /// A tag that means nothing.
    #[error("the record's payload has an unknown tag {0}")]
    UnknownTag(u8),
    /// A varint that does not fit 64 bits.
    #[error("the record's payload has a number that is too large")]
    Overflow,
    /// Text that is not UTF-8.
    #[error("the record's payload has text that is not UTF-8")]
    NotUtf8,
    /// A real that is not a number, which SQLite never stores.
    #[error("the record's payload has a real that is not a number")]
    NotANumber,
}

const INSERT: u8 = 1;
const UPDATE: u8 = 2;
const UPDATE_MOVED: u8 = 3;
const DELETE: u8 = 4;
const DDL: u8 = 5;
const STATEMENT: u8 = 6;

const KEY_ROWID: u8 = 0;
const KEY_PRIMARY: u8 = 1;

const NULL: u8 = 0;
const INTEGER: u8 = 1;
const REAL: u8 = 2;
const TEXT: u8 = 3;
const BLOB: u8 = 4;

impl Change {
    /// Appends the change's bytes to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Change::Row(row) => {
                out.push(match (&row.op, &row.moved_to) {
                    (RowOp::Insert { .. }, _) => INSERT,
                    (RowOp::Update { .. }, None) => UPDATE,
                    (RowOp::Update { .. }, Some(_)) => UPDATE_MOVED,
                    (RowOp::Delete { .. }, _) => DELETE,
                });
                put_bytes(out, row.table.as_bytes());
                put_key(out, &row.key);
                match &row.op {
                    RowOp::Insert { new } => put_row(out, new),
                    RowOp::Update { old, new } => {
                        if let Some(key) = &row.moved_to {
                            put_key(out, key);
                        }
                        put_row(out, old);
                        put_row(out, new);
                    }
                    RowOp::Delete { old } => put_row(out, old),
                }
            }
            Change::Ddl { sql } => {
                out.push(DDL);
                put_bytes(out, sql.as_bytes());
            }
            Change::Statement(event) => {
                out.push(STATEMENT);
                put_bytes(out, event.sql.as_bytes());
                put_signed(out, event.timestamp_us);
                match event.rand_seed {
                    None => out.push(0),
                    Some(seed) => {
                        out.push(1);
                        put_varint(out, seed);
                    }
                }
            }
        }
    }

    /// Takes one change from the front of `input`, which is left behind the change.
    ///
    /// # Errors
    /// The bytes are not a change; `input` is then left anywhere.
    pub fn decode(input: &mut &[u8]) -> Result<Change, DecodeError> {
        let tag = take_byte(input)?;
        match tag {
            INSERT | UPDATE | UPDATE_MOVED | DELETE => {
                let table = take_text(input)?;
                let key = take_key(input)?;
                let moved_to = if tag == UPDATE_MOVED { Some(take_key(input)?) } else { None };
                let op = match tag {
                    INSERT => RowOp::Insert { new: take_row(input)? },
                    DELETE => RowOp::Delete { old: take_row(input)? },
                    _ => RowOp::Update { old: take_row(input)?, new: take_row(input)? },
                };
                Ok(Change::Row(RowChange { table, key, moved_to, op }))
            }
            DDL => Ok(Change::Ddl { sql: take_text(input)? }),
            STATEMENT => {
                let sql = take_text(input)?;
                let timestamp_us = take_signed(input)?;
                let rand_seed = match take_byte(input)? {
                    0 => None,
                    1 => Some(take_varint(input)?),
                    other => return Err(DecodeError::UnknownTag(other)),
                };
                Ok(Change::Statement(StatementEvent { sql, timestamp_us, rand_seed }))
            }
            other => Err(DecodeError::UnknownTag(other)),
        }
    }
}

fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

fn put_signed(out: &mut Vec<u8>, number: i64) {
    put_varint(out, ((number << 1) ^ (number >> 63)).cast_unsigned());
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn put_key(out: &mut Vec<u8>, key: &RowKey) {
    match key {
        RowKey::Rowid(rowid) => {
            out.push(KEY_ROWID);
            put_signed(out, *rowid);
        }
        RowKey::Primary(values) => {
            out.push(KEY_PRIMARY);
            put_row(out, values);
        }
    }
}

fn put_row(out: &mut Vec<u8>, row: &[Value]) {
    put_varint(out, row.len() as u64);
    for value in row {
        match value {
            Value::Null => out.push(NULL),
            Value::Integer(number) => {
                out.push(INTEGER);
                put_signed(out, *number);
            }
            Value::Real(number) => {
                out.push(REAL);
                out.extend_from_slice(&number.to_bits().to_le_bytes());
            }
            Value::Text(text) => {
                out.push(TEXT);
                put_bytes(out, text.as_bytes());
            }
            Value::Blob(bytes) => {
                out.push(BLOB);
                put_bytes(out, bytes);
            }
        }
    }
}

fn take<'a>(input: &mut &'a [u8], count: usize) -> Result<&'a [u8], DecodeError> {
    let (head, tail) = input.split_at_checked(count).ok_or(DecodeError::Truncated)?;
    *input = tail;
    Ok(head)
}

fn take_byte(input: &mut &[u8]) -> Result<u8, DecodeError> {
    let (&byte, tail) = input.split_first().ok_or(DecodeError::Truncated)?;
    *input = tail;
    Ok(byte)
}

fn take_varint(input: &mut &[u8]) -> Result<u64, DecodeError> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = take_byte(input)?;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            return Err(DecodeError::Overflow);
        }
        number |= bits << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(DecodeError::Overflow)
}

fn take_signed(input: &mut &[u8]) -> Result<i64, DecodeError> {
    let number = take_varint(input)?;
    Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
}

fn take_bytes<'a>(input: &mut &'a [u8]) -> Result<&'a [u8], DecodeError> {
    let length = usize::try_from(take_varint(input)?).map_err(|_| DecodeError::Truncated)?;
    take(input, length)
}

fn take_text(input: &mut &[u8]) -> Result<Arc<str>, DecodeError> {
    std::str::from_utf8(take_bytes(input)?).map(Arc::from).map_err(|_| DecodeError::NotUtf8)
}

fn take_key(input: &mut &[u8]) -> Result<RowKey, DecodeError> {
    match take_byte(input)? {
        KEY_ROWID => Ok(RowKey::Rowid(take_signed(input)?)),
        KEY_PRIMARY => Ok(RowKey::Primary(take_row(input)?)),
        other => Err(DecodeError::UnknownTag(other)),
    }
}

fn take_row(input: &mut &[u8]) -> Result<Vec<Value>, DecodeError> {
    let count = usize::try_from(take_varint(input)?).map_err(|_| DecodeError::Truncated)?;
    // A value takes a byte at least, so a count beyond the input is refused before anything is allocated.
    if count > input.len() {
        return Err(DecodeError::Truncated);
    }
    let mut row = Vec::with_capacity(count);
    for _ in 0..count {
        row.push(take_value(input)?);
    }
    Ok(row)
}

fn take_value(input: &mut &[u8]) -> Result<Value, DecodeError> {
    match take_byte(input)? {
        NULL => Ok(Value::Null),
        INTEGER => Ok(Value::Integer(take_signed(input)?)),
        REAL => {
            let bytes = take(input, 8)?.try_into().map_err(|_| DecodeError::Truncated)?;
            let number = f64::from_bits(u64::from_le_bytes(bytes));
            if number.is_nan() { Err(DecodeError::NotANumber) } else { Ok(Value::Real(number)) }
        }
        TEXT => Ok(Value::Text(take_text(input)?)),
        BLOB => Ok(Value::Blob(take_bytes(input)?.to_vec())),
        other => Err(DecodeError::UnknownTag(other)),
    }
}
