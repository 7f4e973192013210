//! Numbers as reports print them.

use crate::engine::time::SimTime;

/// Microseconds as milliseconds.
pub(super) fn ms(us: u64) -> f64 {
    us as f64 / 1_000.0
}

/// An instant in milliseconds.
pub(super) fn at_ms(at: SimTime) -> f64 {
    at.as_millis()
}

/// A count with its thousands apart: `48,211`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Milliseconds for people: `4.1 ms`, `1.002 s`.
pub(super) fn duration(ms: f64) -> String {
    if ms < 1_000.0 { format!("{ms:.1} ms") } else { format!("{:.3} s", ms / 1_000.0) }
}

/// An instant for people: `5.000 s`.
pub(super) fn instant(ms: f64) -> String {
    format!("{:.3} s", ms / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(
            [0, 7, 999, 1_000, 48_211, 1_234_567].map(grouped),
            ["0", "7", "999", "1,000", "48,211", "1,234,567"]
        );
    }

    #[test]
    fn durations_choose_their_unit() {
        assert_eq!([0.0, 4.12, 999.9, 1_002.0].map(duration), ["0.0 ms", "4.1 ms", "999.9 ms", "1.002 s"]);
    }
}
