//! Round numbers for axes.

use crate::t;
use crate::ui::words::{bytes, chosen, chosen_bytes, plain_number};

/// What the numbers of an axis are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Microseconds of virtual time.
    Duration,
    /// Bytes.
    Bytes,
    /// So many in a second.
    Rate,
}

impl Unit {
    /// A round number of the axis in words.
    #[must_use]
    pub fn round(self, value: f64) -> String {
        match self {
            _ if value <= 0.0 => "0".to_owned(),
            Unit::Duration => chosen(value as u64),
            Unit::Bytes => chosen_bytes(value as u64),
            Unit::Rate if value >= 1_000.0 => plain_number(value / 1e3) + "k",
            Unit::Rate => plain_number(value),
        }
    }

    /// A value in words.
    #[must_use]
    pub fn say(self, value: f64) -> String {
        match self {
            Unit::Duration => crate::ui::words::duration(value as u64),
            Unit::Bytes => bytes(value as u64),
            Unit::Rate => crate::ui::words::rate(value),
        }
    }

    /// What stands beside the axis.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Unit::Duration => t!("chart.time"),
            Unit::Bytes => t!("chart.bytes"),
            Unit::Rate => t!("chart.per-second"),
        }
    }

    pub(super) fn of_files(self) -> &'static str {
        match self {
            Unit::Duration => "ms",
            Unit::Bytes => "bytes",
            Unit::Rate => "1/s",
        }
    }

    pub(super) fn in_files(self, value: f64) -> String {
        match self {
            Unit::Duration => (value / 1e3).to_string(),
            Unit::Bytes => value.to_string(),
            Unit::Rate => format!("{value:.2}"),
        }
    }

    /// What an axis reaches to at least, so that nothing at all does not look like something.
    #[must_use]
    pub fn least(self) -> f64 {
        match self {
            Unit::Duration => 10_000.0,
            Unit::Bytes => 1_000.0,
            Unit::Rate => 10.0,
        }
    }

    /// Steps that people count in, smallest first, beyond the powers of ten times 1, 2 and 5.
    fn beyond(self) -> &'static [f64] {
        match self {
            Unit::Duration => &SECONDS,
            Unit::Bytes | Unit::Rate => &[],
        }
    }
}

/// From ten seconds on, steps are those of a clock; in microseconds.
const SECONDS: [f64; 10] = [10e6, 20e6, 30e6, 60e6, 120e6, 300e6, 600e6, 1_200e6, 1_800e6, 3_600e6];

/// The smallest round step of which `count` make up at least `max`.
fn step(max: f64, count: f64, unit: Unit) -> f64 {
    let wanted = max / count;
    let beyond = unit.beyond();
    if let Some(found) =
        beyond.first().filter(|first| wanted > **first / 2.0).and(beyond.iter().find(|step| **step >= wanted))
    {
        return *found;
    }
    let power = 10_f64.powf(wanted.max(f64::MIN_POSITIVE).log10().floor());
    // A hair, since a power of ten need not be exact.
    [1.0, 2.0, 5.0, 10.0].map(|one| one * power).into_iter().find(|step| *step >= wanted * 0.999_999).unwrap_or(wanted)
}

/// Round values from zero to the first that reaches `max`, with at most about `count` steps.
#[must_use]
pub fn at_most(max: f64, count: usize, unit: Unit) -> Vec<f64> {
    let max = if max.is_finite() { max.max(unit.least()) } else { unit.least() };
    let step = step(max, count.max(1) as f64, unit);
    let steps = (max / step - 1e-6).ceil().max(1.0) as usize;
    (0..=steps).map(|i| i as f64 * step).collect()
}

/// The highest of these values.
#[must_use]
pub fn round_up(ticks: &[f64]) -> f64 {
    ticks.last().copied().unwrap_or(1.0)
}

/// Round instants between two, in microseconds, with their words: at most about `count` of them.
#[must_use]
pub fn instants(from_us: u64, to_us: u64, count: usize) -> Vec<(u64, String)> {
    let span = to_us.saturating_sub(from_us).max(1);
    let step = (step(span as f64, count.max(1) as f64, Unit::Duration) as u64).max(1);
    let first = from_us.div_ceil(step);
    let word = |at: u64| {
        let (seconds, us) = (at / 1_000_000, at % 1_000_000);
        let whole = format!("{}:{:02}", seconds / 60, seconds % 60);
        match step {
            1_000_000.. => whole,
            1_000.. => format!("{whole}.{:03}", us / 1_000),
            _ => format!("{whole}.{us:06}"),
        }
    };
    (first..=to_us / step).map(|n| (n * step, word(n * step))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(max: f64, unit: Unit) -> String {
        at_most(max, 4, unit).into_iter().map(|tick| unit.round(tick)).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn an_axis_has_round_numbers_and_reaches_its_highest_value() {
        assert_eq!(words(0.0, Unit::Duration), "0 | 5 ms | 10 ms");
        assert_eq!(words(34_000.0, Unit::Duration), "0 | 10 ms | 20 ms | 30 ms | 40 ms");
        assert_eq!(words(2_100_000.0, Unit::Duration), "0 | 1 s | 2 s | 3 s");
        assert_eq!(words(70e6, Unit::Duration), "0 | 20 s | 40 s | 1 min 0 s | 1 min 20 s");
        assert_eq!(words(7_000_000.0, Unit::Bytes), "0 | 2 MB | 4 MB | 6 MB | 8 MB");
        assert_eq!(words(130.0, Unit::Rate), "0 | 50 | 100 | 150");
        assert_eq!(words(4_000.0, Unit::Rate), "0 | 1k | 2k | 3k | 4k");
        for max in [1.0, 9.99, 10.0, 12_345.0, 1e9, f64::NAN, f64::INFINITY] {
            for unit in [Unit::Duration, Unit::Bytes, Unit::Rate] {
                let ticks = at_most(max, 4, unit);
                assert!((2..=6).contains(&ticks.len()), "{max}: {ticks:?}");
                assert!(!max.is_finite() || round_up(&ticks) >= max, "{max}: {ticks:?}");
            }
        }
    }

    #[test]
    fn instants_are_those_of_a_clock() {
        let words = |from, to| instants(from, to, 5).into_iter().map(|(_, word)| word).collect::<Vec<_>>().join(" ");
        assert_eq!(words(3_400_000, 13_400_000), "0:04 0:06 0:08 0:10 0:12");
        assert_eq!(words(0, 600_000_000), "0:00 2:00 4:00 6:00 8:00 10:00");
        assert_eq!(words(1_000_000, 1_500_000), "0:01.000 0:01.100 0:01.200 0:01.300 0:01.400 0:01.500");
        assert_eq!(words(5, 5), "0:00.000005");
    }
}
