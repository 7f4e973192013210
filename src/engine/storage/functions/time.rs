//! The flavors' ways to write the time.

use crate::engine::storage::clock::{self, civil_from_days};

const MICROS_PER_DAY: i64 = 86_400_000_000;

fn parts() -> ((i64, i64, i64), i64) {
    parts_of(clock::now())
}

fn parts_of(now_us: i64) -> ((i64, i64, i64), i64) {
    (civil_from_days(now_us.div_euclid(MICROS_PER_DAY)), now_us.rem_euclid(MICROS_PER_DAY))
}

/// `2026-11-22`.
pub(super) fn date() -> String {
    let ((year, month, day), _) = parts();
    format!("{year:04}-{month:02}-{day:02}")
}

/// `21:54:00`.
pub(super) fn time_of_day() -> String {
    let seconds = parts().1 / 1_000_000;
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// MySQL's SYSDATE(): the server's own clock, which a replicated statement does not carry.
pub(super) fn sysdate() -> String {
    let ((year, month, day), time_us) = parts_of(clock::system());
    let seconds = time_us / 1_000_000;
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// MySQL's DATETIME: `2026-11-22 21:54:00`.
pub(super) fn datetime() -> String {
    format!("{} {}", date(), time_of_day())
}

/// PostgreSQL's `timestamptz` in UTC: `2026-11-22 21:54:00.25+00`, without trailing zeros.
pub(super) fn timestamptz() -> String {
    let fraction = format!(".{:06}", parts().1 % 1_000_000);
    format!("{}{}+00", datetime(), fraction.trim_end_matches('0').trim_end_matches('.'))
}
