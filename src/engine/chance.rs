//! Drawing numbers from a stream.

use rand_core::Rng;
use rand_pcg::Pcg32;

/// A number from 0 up to `limit` (exclusive; at most 2³²), by multiply and shift: it draws exactly once, so that the
/// stream's later draws do not depend on this one's outcome. The bias is below `limit` / 2³².
pub fn below(limit: u64, random: &mut Pcg32) -> u64 {
    (u64::from(random.next_u32()) * limit.min(1 << 32)) >> 32
}
