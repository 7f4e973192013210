//! A value of SQL, as SQLite stores it.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// A value of SQL, as SQLite stores it.
///
/// Equality, order and hash go by bit pattern: `0.0` and `-0.0` are two values, and no value is a NaN
/// (SQLite stores NULL instead). The order between kinds is NULL, integers, reals, text, blobs.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// NULL.
    #[default]
    Null,
    /// A signed 64-bit integer.
    Integer(i64),
    /// An IEEE 754 double.
    Real(f64),
    /// Text: always UTF-8, since a server refuses what is not.
    Text(Arc<str>),
    /// Bytes.
    Blob(Vec<u8>),
}

impl Value {
    /// Bytes that the value takes in a server's reply (an estimate: numbers and NULL count as 8).
    #[must_use]
    pub fn wire_bytes(&self) -> u64 {
        match self {
            Value::Null | Value::Integer(_) | Value::Real(_) => 8,
            Value::Text(text) => 4 + text.len() as u64,
            Value::Blob(bytes) => 4 + bytes.len() as u64,
        }
    }

    /// The integer, if it is one.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is NULL.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    fn rank(&self) -> u8 {
        match self {
            Value::Null => 0,
            Value::Integer(_) => 1,
            Value::Real(_) => 2,
            Value::Text(_) => 3,
            Value::Blob(_) => 4,
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Integer(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.into())
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Integer(a), Value::Integer(b)) => a == b,
            (Value::Real(a), Value::Real(b)) => a.to_bits() == b.to_bits(),
            (Value::Text(a), Value::Text(b)) => a == b,
            (Value::Blob(a), Value::Blob(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl Ord for Value {
    fn cmp(&self, other: &Value) -> Ordering {
        match (self, other) {
            (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
            (Value::Real(a), Value::Real(b)) => a.total_cmp(b),
            (Value::Text(a), Value::Text(b)) => a.cmp(b),
            (Value::Blob(a), Value::Blob(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Value) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.rank().hash(state);
        match self {
            Value::Null => {}
            Value::Integer(number) => number.hash(state),
            Value::Real(number) => number.to_bits().hash(state),
            Value::Text(text) => text.hash(state),
            Value::Blob(bytes) => bytes.hash(state),
        }
    }
}

/// As `psql` prints it: NULL is empty, a blob is `\x` and hexadecimal digits, a real has the fewest digits
/// that read back the same, with an exponent below 1e-4 and from 1e15 (PostgreSQL's `float8out`).
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => Ok(()),
            Value::Integer(number) => write!(f, "{number}"),
            Value::Real(number) => fmt_real(*number, f),
            Value::Text(text) => f.write_str(text),
            Value::Blob(bytes) => {
                f.write_str("\\x")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}

fn fmt_real(number: f64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if number.is_infinite() {
        return f.write_str(if number > 0.0 { "Infinity" } else { "-Infinity" });
    }
    let scientific = format!("{number:e}");
    let exponent: i32 = scientific.split_once('e').and_then(|(_, digits)| digits.parse().ok()).unwrap_or(0);
    if number != 0.0 && !(-4..15).contains(&exponent) {
        let mantissa = scientific.split('e').next().unwrap_or("0");
        let sign = if exponent < 0 { '-' } else { '+' };
        write!(f, "{mantissa}e{sign}{:02}", exponent.abs())
    } else {
        write!(f, "{number}")
    }
}

/// NULL, numbers and text as themselves; a blob, and a real that JSON has no number for, as the text that
/// [`fmt::Display`] gives.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_none(),
            Value::Integer(number) => serializer.serialize_i64(*number),
            Value::Real(number) if number.is_finite() => serializer.serialize_f64(*number),
            Value::Text(text) => serializer.serialize_str(text),
            Value::Real(_) | Value::Blob(_) => serializer.collect_str(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_psql_does() {
        let shown = |value: Value| value.to_string();
        assert_eq!(shown(Value::Null), "");
        assert_eq!(shown(Value::Integer(-7)), "-7");
        assert_eq!(shown(Value::Real(1.0)), "1");
        assert_eq!(shown(Value::Real(0.1)), "0.1");
        assert_eq!(shown(Value::Real(1e20)), "1e+20");
        assert_eq!(shown(Value::Real(1e14)), "100000000000000");
        assert_eq!(shown(Value::Real(-1.5e-7)), "-1.5e-07");
        assert_eq!(shown(Value::Real(f64::NEG_INFINITY)), "-Infinity");
        assert_eq!(shown(Value::Blob(vec![0, 255])), "\\x00ff");
    }

    #[test]
    fn is_small() {
        assert!(size_of::<Value>() <= 24);
    }

    #[test]
    fn is_ordered_by_kind_then_content() {
        let mut values = [
            Value::Blob(vec![1]),
            Value::from("b"),
            Value::Real(0.0),
            Value::Real(-0.0),
            Value::from("a"),
            Value::Integer(3),
            Value::Null,
        ];
        values.sort();
        assert_eq!(values[0], Value::Null);
        assert_eq!(values[2], Value::Real(-0.0));
        assert_ne!(values[2], values[3]);
        assert_eq!(values[4], Value::from("a"));
    }
}
