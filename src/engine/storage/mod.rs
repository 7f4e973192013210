//! Placeholder until the storage lands: the two types that messages carry.

/// A value of SQL.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// NULL.
    Null,
    /// An integer.
    Integer(i64),
}

impl Value {
    /// Bytes on the wire.
    #[must_use]
    pub fn wire_bytes(&self) -> u64 {
        8
    }
}

/// A server's error.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SqlError {
    /// SQLSTATE.
    pub code: &'static str,
    /// The message.
    pub message: String,
}
