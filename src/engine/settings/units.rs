//! Numbers with units, read and printed as PostgreSQL does.
//!
//! The rules are those of `parse_int` and `convert_int_from_base_unit` in PostgreSQL 15's `guc.c`. Floating point is used
//! as the server uses it; IEEE arithmetic gives the same on every target, and nothing but a setting's text depends on it.

/// The unit that a setting counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A plain number.
    None,
    /// Bytes.
    Byte,
    /// Megabytes of 1024 × 1024 bytes.
    Megabyte,
    /// Milliseconds.
    Millisecond,
    /// Seconds.
    Second,
}

/// Why a text is no number of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// It is no number at all.
    Malformed,
    /// Its unit is unknown, or of another kind.
    WrongUnit,
    /// It is out of 32 bits.
    TooLarge,
}

const MEMORY: [(&str, f64); 5] =
    [("TB", 1_099_511_627_776.0), ("GB", 1_073_741_824.0), ("MB", 1_048_576.0), ("kB", 1024.0), ("B", 1.0)];
const TIME: [(&str, f64); 6] = [
    ("d", 86_400_000_000.0),
    ("h", 3_600_000_000.0),
    ("min", 60_000_000.0),
    ("s", 1_000_000.0),
    ("ms", 1_000.0),
    ("us", 1.0),
];

impl Unit {
    /// Bytes or microseconds in one of the unit; 1 for a plain number.
    #[must_use]
    pub const fn scale(self) -> u64 {
        match self {
            Unit::None | Unit::Byte => 1,
            Unit::Megabyte => 1_048_576,
            Unit::Millisecond => 1_000,
            Unit::Second => 1_000_000,
        }
    }

    /// The unit's name, empty for a plain number.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Unit::None => "",
            Unit::Byte => "B",
            Unit::Megabyte => "MB",
            Unit::Millisecond => "ms",
            Unit::Second => "s",
        }
    }

    /// The server's hint about units of this kind.
    #[must_use]
    pub const fn hint(self) -> Option<&'static str> {
        match self {
            Unit::None => None,
            Unit::Byte | Unit::Megabyte => {
                Some("Valid units for this parameter are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\".")
            }
            Unit::Millisecond | Unit::Second => {
                Some("Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\".")
            }
        }
    }

    /// Names and sizes that a number of this unit may be given in, largest first.
    fn table(self) -> &'static [(&'static str, f64)] {
        match self {
            Unit::None => &[],
            Unit::Byte | Unit::Megabyte => &MEMORY,
            Unit::Millisecond | Unit::Second => &TIME,
        }
    }

    /// Reads a whole number of this unit, rounded as the server rounds it.
    ///
    /// # Errors
    /// See [`NumberError`].
    pub fn parse(self, text: &str) -> Result<i64, NumberError> {
        let (mut value, rest) = leading_number(text).ok_or(NumberError::Malformed)?;
        let unit = trim_blanks(rest);
        if !unit.is_empty() {
            value = self.convert(value, unit).ok_or(NumberError::WrongUnit)?;
        }
        let value = value.round_ties_even();
        if (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&value) {
            #[allow(clippy::cast_possible_truncation, reason = "a whole number of 32 bits")]
            Ok(value as i64)
        } else {
            Err(NumberError::TooLarge)
        }
    }

    /// A number given in `unit`, in this unit. A fraction is first rounded to the next smaller unit: `0.05d` is 1 h.
    #[allow(clippy::cast_precision_loss, reason = "scales are small powers")]
    fn convert(self, value: f64, unit: &str) -> Option<f64> {
        let table = self.table();
        let index = table.iter().position(|(name, _)| *name == unit)?;
        let base = self.scale() as f64;
        let mut converted = value * (table[index].1 / base);
        if let Some((_, smaller)) = table.get(index + 1) {
            let smaller = smaller / base;
            converted = (converted / smaller).round_ties_even() * smaller;
        }
        Some(converted)
    }

    /// Prints a number of this unit as `SHOW` does: in the largest unit that needs no fraction.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "scales are whole numbers")]
    pub fn show(self, value: i64) -> String {
        let Ok(amount) = u64::try_from(value) else { return value.to_string() };
        let total = u128::from(amount) * u128::from(self.scale());
        let fits = self.table().iter().find(|(_, scale)| total.is_multiple_of(*scale as u128));
        match fits {
            Some((name, scale)) if amount > 0 => format!("{}{name}", total / *scale as u128),
            _ => value.to_string(),
        }
    }
}

/// Blanks as C's `isspace` knows them.
fn trim_blanks(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r', '\x0c', '\x0b'])
}

/// The number at the start of a text, as C's `strtol` with base 0 and then `strtod` find it, and what follows.
fn leading_number(text: &str) -> Option<(f64, &str)> {
    let text = text.trim_start_matches([' ', '\t', '\n', '\r', '\x0c', '\x0b']);
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    let radix = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', digit, ..] if digit.is_ascii_hexdigit() => 16,
        [b'0', ..] => 8,
        _ => 10,
    };
    let digits = if radix == 16 { &unsigned[2..] } else { unsigned };
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    let after = &digits[end..];
    // A hexadecimal number with a fraction is left out: nobody writes one.
    if radix != 16 && after.starts_with(['.', 'e', 'E']) {
        return decimal(unsigned).map(|(value, rest)| (sign * value, rest));
    }
    match i64::from_str_radix(&digits[..end], radix) {
        #[allow(clippy::cast_precision_loss, reason = "as the server does")]
        Ok(value) => Some((sign * value as f64, after)),
        Err(_) if end == 0 => None,
        Err(_) => decimal(unsigned).map(|(value, rest)| (sign * value, rest)),
    }
}

/// A decimal number with a fraction or an exponent, and what follows it.
fn decimal(text: &str) -> Option<(f64, &str)> {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(0);
    let mut end = whole;
    if text[end..].starts_with('.') {
        let fraction = digits(end + 1);
        if whole + fraction == 0 {
            return None;
        }
        end += 1 + fraction;
    }
    if end == 0 {
        return None;
    }
    let mantissa = end;
    if text[end..].starts_with(['e', 'E']) {
        let signed = usize::from(text[end + 1..].starts_with(['+', '-']));
        let exponent = digits(end + 1 + signed);
        if exponent > 0 {
            end += 1 + signed + exponent;
        }
    }
    let value: f64 = text[..end].parse().ok()?;
    let vanished = value == 0.0 && text[..mantissa].bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    (value.is_finite() && !vanished).then_some((value, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::Unit;

    #[test]
    fn shows_the_largest_unit_without_a_fraction() {
        let shown = [0, 1500, 60_000, 90_000, 3_600_000, 86_400_000, -1].map(|ms| Unit::Millisecond.show(ms));
        assert_eq!(shown, ["0", "1500ms", "1min", "90s", "1h", "1d", "-1"]);
        assert_eq!(Unit::Megabyte.show(1024), "1GB");
        assert_eq!(Unit::Byte.show(16_777_216), "16MB");
        assert_eq!(Unit::None.show(5), "5");
    }

    #[test]
    fn rounds_a_fraction_to_the_next_smaller_unit() {
        assert_eq!(Unit::Millisecond.parse("0.05d"), Ok(3_600_000));
        assert_eq!(Unit::Millisecond.parse("2500us"), Ok(2));
        assert_eq!(Unit::Second.parse("1500ms"), Ok(2));
    }
}
