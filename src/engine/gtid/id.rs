//! One transaction's identifier, and what is said of text that is none.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::parse::Scanner;
use super::uuid::Uuid;

/// A transaction's identifier: where it was committed first, and which one it was there.
///
/// A server here assigns no tags, as MySQL does not unless `gtid_next` asks for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gtid {
    /// The `server_uuid` of the server that assigned it.
    pub source: Uuid,
    /// Counts that server's transactions from 1.
    pub number: u64,
}

impl fmt::Display for Gtid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.source, self.number)
    }
}

/// Text that is no GTID, or no set of them, in the server's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GtidError {
    /// Error 1772 (`ER_MALFORMED_GTID_SET_SPECIFICATION`).
    #[error("Malformed GTID set specification '{0}'.")]
    Set(String),
    /// Error 1774 (`ER_MALFORMED_GTID_SPECIFICATION`).
    #[error("Malformed GTID specification '{0}'.")]
    Gtid(String),
}

impl GtidError {
    /// MySQL's number of the error; its SQLSTATE is `HY000`.
    #[must_use]
    pub fn number(&self) -> u16 {
        match self {
            GtidError::Set(_) => 1772,
            GtidError::Gtid(_) => 1774,
        }
    }

    /// The server quotes no more than 200 bytes (`%.200s`).
    pub(super) fn quoted(text: &str) -> String {
        let mut end = text.len().min(200);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.get(..end).unwrap_or_default().to_owned()
    }
}

impl FromStr for Gtid {
    type Err = GtidError;

    /// Reads `uuid:number`, with blanks around either.
    fn from_str(text: &str) -> Result<Gtid, GtidError> {
        let mut scanner = Scanner::new(text);
        scanner.gtid().filter(|_| scanner.at_end()).ok_or_else(|| GtidError::Gtid(GtidError::quoted(text)))
    }
}

impl Serialize for Gtid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Gtid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
