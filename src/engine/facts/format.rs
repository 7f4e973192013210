//! Times and spans as PostgreSQL prints them (`timestamptz_out` in UTC, `interval_out` in style `postgres`).

use crate::engine::node::EPOCH_US;
use crate::engine::storage::civil_from_days;
use crate::engine::time::SimTime;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// `2026-01-01 00:00:05.25+00`.
#[must_use]
pub fn timestamptz(at: SimTime) -> String {
    let at_us = EPOCH_US.saturating_add_unsigned(at.0);
    let ((year, month, day), of_day) = (civil_from_days(at_us.div_euclid(DAY)), at_us.rem_euclid(DAY));
    format!("{year:04}-{month:02}-{day:02} {}+00", clock(of_day))
}

/// MySQL's `2026-01-01 00:00:05`.
#[must_use]
pub fn datetime(at: SimTime) -> String {
    timestamptz(SimTime(at.0 - at.0 % 1_000_000)).trim_end_matches("+00").to_owned()
}

fn clock(us: i64) -> String {
    let (seconds, fraction) = (us / SECOND, format!(".{:06}", us % SECOND));
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    format!("{:02}:{:02}:{:02}{fraction}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// `00:00:00.036016`, `1 day 02:00:00`, `-00:00:01`: the difference of two instants.
#[must_use]
pub fn interval(us: i64) -> String {
    let sign = if us < 0 { "-" } else { "" };
    let us = us.saturating_abs();
    let (days, rest) = (us / DAY, us % DAY);
    let unit = if days == 1 { "day" } else { "days" };
    match (days, rest) {
        (0, rest) => format!("{sign}{}", clock(rest)),
        (days, 0) => format!("{sign}{days} {unit}"),
        (days, rest) => format!("{sign}{days} {unit} {sign}{}", clock(rest)),
    }
}

/// The microseconds of an instant that [`timestamptz`] or SQL's `now()` printed.
#[must_use]
pub fn parse_timestamp(text: &str) -> Option<i64> {
    let text = text.trim().trim_end_matches("+00").trim_end_matches('Z');
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(1..=9999).contains(&year) {
        return None;
    }
    Some(days_from_civil(year, month, day) * DAY + parse_clock(time)?)
}

fn parse_clock(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, ':');
    let (hours, minutes) = (parts.next()?.parse::<i64>().ok()?, parts.next()?.parse::<i64>().ok()?);
    let (seconds, fraction) = parts.next().map_or(("0", ""), |s| s.split_once('.').unwrap_or((s, "")));
    let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let whole = hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?.checked_add(seconds.parse().ok()?)?;
    whole.checked_mul(SECOND)?.checked_add(digits.parse().ok()?)
}

/// Days since 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The microseconds of a span that [`interval`] printed.
#[must_use]
pub fn interval_seconds(text: &str) -> Option<i64> {
    let mut total = 0_i64;
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let (negative, plain) = word.strip_prefix('-').map_or((false, word), |rest| (true, rest));
        let amount = if words.peek().is_some_and(|next| next.starts_with("day")) {
            words.next();
            plain.parse::<i64>().ok()?.checked_mul(DAY)?
        } else {
            parse_clock(plain)?
        };
        total = total.checked_add(if negative { -amount } else { amount })?;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_postgresql() {
        assert_eq!(timestamptz(SimTime(5_250_000)), "2026-01-01 00:00:05.25+00");
        assert_eq!(timestamptz(SimTime(0)), "2026-01-01 00:00:00+00");
        // SELECT timestamptz '2026-01-02 00:00:01.5' - timestamptz '2026-01-01 00:00:00', and so on, of 15.18.
        assert_eq!(interval(86_401_500_000), "1 day 00:00:01.5");
        assert_eq!(interval(2 * DAY), "2 days");
        assert_eq!(interval(0), "00:00:00");
        assert_eq!(interval(-2 * DAY - 500_000), "-2 days -00:00:00.5");
        assert_eq!(interval(36_016), "00:00:00.036016");
    }

    #[test]
    fn reads_what_it_prints() {
        for us in [0, 1, 36_016, -1_500_000, DAY, 86_401_500_000, -3 * DAY - 1] {
            assert_eq!(interval_seconds(&interval(us)), Some(us), "{us}");
        }
        for at in [0, 1, 5_250_000, 60 * 86_400_000_000] {
            assert_eq!(parse_timestamp(&timestamptz(SimTime(at))), Some(EPOCH_US + at as i64));
        }
        assert_eq!(parse_timestamp("nonsense"), None);
        assert_eq!(interval_seconds("soon"), None);
    }
}
