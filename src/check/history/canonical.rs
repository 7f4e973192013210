//! JSON values by what they are, not by how they are written.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The one text that all ways to write a JSON value have in common: no spaces, the keys of objects in order, the last of
/// keys that come twice, numbers by their exact decimal value (`1`, `1.0` and `10e-1` are one number, and numbers of any
/// length stay apart). `json` must be one valid JSON value, nested no deeper than `serde_json` allows.
pub(super) fn canonical(json: &str) -> String {
    let mut scanner = Scanner { bytes: json.as_bytes(), at: 0 };
    scanner.value()
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn peek(&mut self) -> u8 {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.bytes.get(self.at).copied().unwrap_or(b'}')
    }

    /// Whether the next sign is `sign`, which is taken then.
    fn takes(&mut self, sign: u8) -> bool {
        let is_next = self.at < self.bytes.len() && self.peek() == sign;
        self.at += usize::from(is_next);
        is_next
    }

    fn text(&self, from: usize) -> &str {
        self.bytes.get(from..self.at).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    fn value(&mut self) -> String {
        match self.peek() {
            b'{' => self.object(),
            b'[' => self.array(),
            b'"' => {
                let text = self.string();
                serde_json::to_string(&text).unwrap_or(text)
            }
            _ => {
                let from = self.at;
                while self.bytes.get(self.at).is_some_and(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b)) {
                    self.at += 1;
                }
                // Not even an error of ours may keep the scanner in one place.
                self.at += usize::from(self.at == from);
                let word = self.text(from);
                if word.starts_with(|c: char| c == '-' || c.is_ascii_digit()) { number(word) } else { word.to_owned() }
            }
        }
    }

    fn string(&mut self) -> String {
        let from = self.at;
        self.at += 1;
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                break;
            }
        }
        serde_json::from_str(self.text(from)).unwrap_or_default()
    }

    fn array(&mut self) -> String {
        let mut out = String::from("[");
        self.at += 1;
        while self.at < self.bytes.len() && !self.takes(b']') {
            if out.len() > 1 {
                out.push(',');
            }
            out.push_str(&self.value());
            self.takes(b',');
        }
        out.push(']');
        out
    }

    fn object(&mut self) -> String {
        let mut members = BTreeMap::new();
        self.at += 1;
        while self.at < self.bytes.len() && !self.takes(b'}') {
            self.peek();
            let key = self.string();
            self.takes(b':');
            members.insert(key, self.value());
            self.takes(b',');
        }
        let mut out = String::from("{");
        for (key, value) in &members {
            let comma = if out.len() > 1 { "," } else { "" };
            let key = serde_json::to_string(key).unwrap_or_default();
            // Writing to a string cannot fail.
            let _ = write!(out, "{comma}{key}:{value}");
        }
        out.push('}');
        out
    }
}

/// A decimal number as sign, digits without zeros at either end, and the power of ten that they are multiplied by.
fn number(literal: &str) -> String {
    let (sign, rest) = literal.strip_prefix('-').map_or(("", literal), |rest| ("-", rest));
    let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    let short = significant.trim_end_matches('0');
    if short.is_empty() {
        return "0".to_owned();
    }
    let Ok(exponent) = exponent.trim_start_matches('+').parse::<i64>() else { return literal.to_owned() };
    let moved = significant.len() as i64 - short.len() as i64 - fraction.len() as i64;
    format!("{sign}{short}e{}", exponent.saturating_add(moved))
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn one_value_has_one_text() {
        for (one, other) in [
            ("1", "1.0"),
            ("1", "10e-1"),
            ("-0", "0"),
            ("120", "1.2E+2"),
            ("[1, 2]", "[1,2.0]"),
            (r#"{"a":1,"b":[]}"#, r#"{ "b" : [ ], "a" : 1 }"#),
            (r#""\u0041""#, r#""A""#),
            ("null", " null "),
        ] {
            assert_eq!(canonical(one), canonical(other), "{one} and {other}");
        }
    }

    #[test]
    fn different_values_have_different_texts() {
        let all = [
            "null",
            "0",
            "1",
            "-1",
            "true",
            "false",
            r#""1""#,
            r#""null""#,
            "[]",
            "[1]",
            "[[1]]",
            "{}",
            r#"{"a":1}"#,
            r#"{"a":[1]}"#,
            "12345678901234567890123",
            "12345678901234567890124",
            "0.1",
            "0.10000000000000000001",
            "1e400",
        ];
        for (index, one) in all.iter().enumerate() {
            for other in &all[index + 1..] {
                assert_ne!(canonical(one), canonical(other), "{one} and {other}");
            }
        }
    }
}
