//! Universally unique identifiers, by which servers are told apart.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::engine::ids::NodeId;

/// A UUID. Its order is that of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid(pub u128);

/// The length of the text: 32 digits and four dashes.
pub(super) const TEXT_LENGTH: usize = 36;

/// Where the dashes are.
const DASHES: [usize; 4] = [8, 13, 18, 23];

/// The `server_uuid` of a node: its number from 1, sixteen times, so that people recognise it.
#[must_use]
pub fn server_uuid(node: NodeId) -> Uuid {
    Uuid(u128::from_be_bytes([node.0.wrapping_add(1); 16]))
}

impl Uuid {
    /// Reads 8-4-4-4-12 hexadecimal digits of either case; [`None`] for anything else.
    #[must_use]
    pub(super) fn from_text(text: &[u8]) -> Option<Uuid> {
        if text.len() != TEXT_LENGTH {
            return None;
        }
        let mut value = 0_u128;
        for (index, byte) in text.iter().enumerate() {
            if DASHES.contains(&index) {
                if *byte != b'-' {
                    return None;
                }
                continue;
            }
            value = value << 4 | u128::from(char::from(*byte).to_digit(16)?);
        }
        Some(Uuid(value))
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |from: u32, digits: u32| self.0 >> (128 - 4 * (from + digits)) & ((1_u128 << (4 * digits)) - 1);
        write!(f, "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", part(0, 8), part(8, 4), part(12, 4), part(16, 4), part(20, 12))
    }
}

/// Why a text is not a UUID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a UUID")]
pub struct UuidError(String);

impl FromStr for Uuid {
    type Err = UuidError;

    fn from_str(text: &str) -> Result<Uuid, UuidError> {
        Uuid::from_text(text.as_bytes()).ok_or_else(|| UuidError(text.to_owned()))
    }
}

impl Serialize for Uuid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Uuid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
