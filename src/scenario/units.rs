//! Durations, sizes, rates and shares as scenarios write them. All exact: no floating point.

/// The longest duration that a scenario may name: a day, in microseconds.
pub(crate) const MAX_DURATION_US: u64 = 86_400_000_000;
/// The largest size that a scenario may name: a tebibyte.
pub(crate) const MAX_SIZE: u64 = 1 << 40;

const DURATIONS: [(&str, u64); 6] =
    [("us", 1), ("ms", 1_000), ("s", 1_000_000), ("min", 60_000_000), ("h", 3_600_000_000), ("d", 86_400_000_000)];
/// Powers of 1024, as PostgreSQL's units are.
const SIZES: [(&str, u64); 5] = [("B", 1), ("kB", 1 << 10), ("MB", 1 << 20), ("GB", 1 << 30), ("TB", 1 << 40)];

/// Microseconds of a duration like `250us`, `5ms`, `1.5s`, `2min`.
pub fn parse_duration(text: &str) -> Result<u64, String> {
    if text.trim() == "0" {
        return Ok(0);
    }
    let us = scaled(text, &DURATIONS)
        .ok_or_else(|| format!("{text:?} is no duration; write a number and us, ms, s, min or h, as in \"5ms\""))?;
    if us > MAX_DURATION_US { Err(format!("{text:?} is longer than a day")) } else { Ok(us) }
}

/// Prints a duration in the largest unit that needs no fraction.
#[must_use]
pub fn show_duration(us: u64) -> String {
    // Days are read and not written: `36h` is plainer than `1.5d`, and `24h` than `1d`.
    show(us, &DURATIONS[..5])
}

/// Bytes of a size like `64MB` (of 1024 × 1024 bytes), or a plain number.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let plain = text.trim().parse::<u64>().ok().filter(|_| !text.trim().starts_with('+'));
    let bytes = plain
        .or_else(|| scaled(text, &SIZES))
        .ok_or_else(|| format!("{text:?} is no size; write a number and B, kB, MB or GB, as in \"64MB\""))?;
    if bytes > MAX_SIZE { Err(format!("{text:?} is more than 1TB")) } else { Ok(bytes) }
}

/// Prints a size in the largest unit that needs no fraction.
pub(crate) fn show_size(bytes: u64) -> String {
    show(bytes, &SIZES)
}

/// Bytes a second of a bandwidth like `1MB/s`; `unlimited` is 0.
pub(crate) fn parse_bandwidth(text: &str) -> Result<u64, String> {
    if text == "unlimited" {
        return Ok(0);
    }
    let wrong = || format!("{text:?} is no bandwidth; write a size a second, as in \"1MB/s\", or \"unlimited\"");
    let size = text.trim_end().strip_suffix("/s").ok_or_else(wrong)?;
    match scaled(size, &SIZES) {
        None | Some(0) => Err(wrong()),
        Some(bytes) if bytes > MAX_SIZE => Err(format!("{text:?} is more than 1TB/s")),
        Some(bytes) => Ok(bytes),
    }
}

/// Prints a bandwidth.
pub(crate) fn show_bandwidth(bytes: u64) -> String {
    if bytes == 0 { "unlimited".to_owned() } else { format!("{}/s", show_size(bytes)) }
}

/// Millionths of a share like `0.5%`.
pub(crate) fn parse_share(text: &str) -> Result<u32, String> {
    let wrong = || format!("{text:?} is no share; write a percentage of at most four decimals, as in \"0.5%\"");
    let ppm = scaled(text, &[("%", 10_000)]).ok_or_else(wrong)?;
    u32::try_from(ppm).ok().filter(|ppm| *ppm < 1_000_000).ok_or_else(|| format!("{text:?} must be less than 100%"))
}

/// Prints a share.
pub(crate) fn show_share(ppm: u32) -> String {
    let (whole, fraction) = (ppm / 10_000, ppm % 10_000);
    if fraction == 0 {
        format!("{whole}%")
    } else {
        format!("{whole}.{}%", format!("{fraction:04}").trim_end_matches('0'))
    }
}

/// A number, perhaps with a fraction, and a unit. `None` unless it comes to a whole number of the smallest unit.
fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = (&text[..end], text[end..].trim_start());
    let scale = u128::from(units.iter().find(|(name, _)| *name == unit)?.1);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    // Twelve decimals are more than any unit has; beyond that the products could overflow.
    if whole.is_empty() || fraction.is_empty() || fraction.len() > 12 || fraction.contains('.') {
        return None;
    }
    let whole = whole.parse::<u64>().ok()?;
    let parts = u128::from(fraction.parse::<u64>().ok()?) * scale;
    let one = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    if parts % one != 0 {
        return None;
    }
    u64::try_from(u128::from(whole) * scale + parts / one).ok()
}

fn show(amount: u64, units: &[(&str, u64)]) -> String {
    let fits = units.iter().rev().find(|(_, scale)| amount >= *scale && amount.is_multiple_of(*scale));
    let (name, scale) = fits.unwrap_or(&units[0]);
    format!("{}{name}", amount / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let read =
            ["250us", "5ms", "2s", "1min", "1.5s", "0.25ms", " 3 s ", "0", "1d"].map(|t| parse_duration(t).unwrap());
        assert_eq!(read, [250, 5_000, 2_000_000, 60_000_000, 1_500_000, 250, 3_000_000, 0, 86_400_000_000]);
        for text in ["", "5", "s", "-1s", "1.s", ".5s", "1e3s", "0.5us", "1.5.2s", "2d", "5 m", "99999999999999999999s"]
        {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        assert_eq!([0, 250, 1_500, 2_000_000, 90_000_000].map(show_duration), ["0us", "250us", "1500us", "2s", "90s"]);
    }

    #[test]
    fn sizes_bandwidths_and_shares() {
        assert_eq!(parse_size("64MB"), Ok(67_108_864));
        assert_eq!(parse_size("1048576"), Ok(1_048_576));
        assert_eq!(parse_bandwidth("1.5kB/s"), Ok(1_536));
        assert_eq!(parse_bandwidth("unlimited"), Ok(0));
        assert_eq!(parse_share("0.5%"), Ok(5_000));
        for text in ["1MB", "0B/s", "MB/s", "1mb/s"] {
            assert!(parse_bandwidth(text).is_err(), "{text}");
        }
        for text in ["100%", "1", "0.00001%"] {
            assert!(parse_share(text).is_err(), "{text}");
        }
        assert_eq!([5_000, 10_000, 1].map(show_share), ["0.5%", "1%", "0.0001%"]);
        assert_eq!(show_bandwidth(1 << 20), "1MB/s");
    }
}
