//! Log sequence numbers and timelines.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A byte position in the log. In PostgreSQL's words a `pg_lsn`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lsn(pub u64);

impl Lsn {
    /// No position: nothing was ever logged or received.
    pub const ZERO: Lsn = Lsn(0);
    /// Beyond every position.
    pub const MAX: Lsn = Lsn(u64::MAX);

    /// The position `bytes` further on.
    #[must_use]
    pub fn plus(self, bytes: usize) -> Lsn {
        Lsn(self.0 + bytes as u64)
    }

    /// Bytes from `earlier` to this position; zero when `earlier` is ahead.
    #[must_use]
    pub fn bytes_since(self, earlier: Lsn) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Lsn {
    /// As PostgreSQL up to 18 prints it: `0/16B3F28`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}/{:X}", self.0 >> 32, self.0 & 0xFFFF_FFFF)
    }
}

/// Why a text is not an LSN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid input syntax for type pg_lsn: \"{0}\"")]
pub struct LsnError(String);

impl FromStr for Lsn {
    type Err = LsnError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let bad = || LsnError(s.to_owned());
        let (high, low) = s.split_once('/').ok_or_else(bad)?;
        let part = |t: &str| match t.len() {
            1..=8 if t.bytes().all(|b| b.is_ascii_hexdigit()) => u64::from_str_radix(t, 16).map_err(|_| bad()),
            _ => Err(bad()),
        };
        Ok(Lsn(part(high)? << 32 | part(low)?))
    }
}

impl Serialize for Lsn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Lsn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A branch of history: a new one begins with every promotion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timeline(pub u32);

impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The name of the log file that holds a position: timeline, and the file's number in two parts.
#[must_use]
pub fn segment_name(timeline: Timeline, at: Lsn, segment_bytes: u64) -> String {
    let size = segment_bytes.max(1);
    let (number, per_id) = (at.0 / size, (0x1_0000_0000 / size).max(1));
    format!("{:08X}{:08X}{:08X}", timeline.0, number / per_id, number % per_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_postgresql() {
        assert_eq!(Lsn(0x16B_3F28).to_string(), "0/16B3F28");
        assert_eq!(Lsn(0x5_0000_0010).to_string(), "5/10");
    }

    #[test]
    fn reads_what_it_prints_and_refuses_the_rest() {
        assert_eq!("5/10".parse(), Ok(Lsn(0x5_0000_0010)));
        for bad in ["", "/", "1", "1/", "/1", "1/123456789", "x/1", "1/+1", "1/ 1"] {
            assert!(bad.parse::<Lsn>().is_err(), "{bad}");
        }
    }
}
