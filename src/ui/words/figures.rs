//! Figures as people read them.

use crate::engine::time::SimTime;
use crate::t;

/// A number with so many digits after the point, which is a comma in some languages.
#[must_use]
pub fn decimals(value: f64, digits: usize) -> String {
    format!("{value:.digits$}").replace('.', t!("figures.point"))
}

fn one_decimal(value: f64, unit: &str) -> String {
    decimals(value, 1) + unit
}

/// `2.4 s`, of so many tenths of a second.
#[must_use]
pub fn tenths_of_a_second(tenths: u64) -> String {
    one_decimal(tenths as f64 / 10.0, " s")
}

/// `152 B`, `12.4 kB`, `3.1 MB`.
#[must_use]
pub fn bytes(n: u64) -> String {
    match n {
        0..=999 => format!("{n} B"),
        1_000..=999_949 => one_decimal(n as f64 / 1e3, " kB"),
        _ => one_decimal(n as f64 / 1e6, " MB"),
    }
}

/// A duration of virtual time with two or three significant digits: `0.4 ms`, `3.1 ms`, `61 ms`, `2.4 s`, `3 min 5 s`.
#[must_use]
pub fn duration(us: u64) -> String {
    match us {
        0 => "0 ms".to_owned(),
        1..=99 => format!("{us} µs"),
        100..=9_949 => one_decimal(us as f64 / 1e3, " ms"),
        9_950..=999_499 => format!("{:.0} ms", us as f64 / 1e3),
        999_500..=9_949_999 => one_decimal(us as f64 / 1e6, " s"),
        9_950_000..=59_499_999 => format!("{:.0} s", us as f64 / 1e6),
        _ => {
            let seconds = (us + 500_000) / 1_000_000;
            format!("{} min {} s", seconds / 60, seconds % 60)
        }
    }
}

/// A duration that somebody chose, without digits that say nothing: `1 ms`, `2.5 ms`.
#[must_use]
pub fn chosen(us: u64) -> String {
    short(duration(us))
}

/// A size that somebody chose: `2 MB`.
#[must_use]
pub fn chosen_bytes(n: u64) -> String {
    short(bytes(n))
}

fn short(figure: String) -> String {
    figure.replace(&format!("{}0 ", t!("figures.point")), " ")
}

/// A number with as many digits as it has.
#[must_use]
pub fn plain_number(value: f64) -> String {
    value.to_string().replace('.', t!("figures.point"))
}

/// An instant of the run, to the millisecond: `00:04.171`.
#[must_use]
pub fn clock(at: SimTime) -> String {
    clock_parts(at).0
}

/// An instant of the run: minutes, seconds and milliseconds, and apart from them the microseconds.
#[must_use]
pub fn clock_parts(at: SimTime) -> (String, String) {
    let (seconds, us) = (at.0 / 1_000_000, at.0 % 1_000_000);
    (format!("{:02}:{:02}.{:03}", seconds / 60, seconds % 60, us / 1_000), format!("{:03}", us % 1_000))
}

/// `db1`, `db1 and db2`, `db1, db2 and db3`.
#[must_use]
pub fn list<S: AsRef<str>>(items: &[S]) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [most @ .., last] => {
            let most: Vec<&str> = most.iter().map(AsRef::as_ref).collect();
            t!("figures.and", most = most.join(", "), last = last.as_ref())
        }
    }
}

/// A rate per second of virtual time: `0.4/s`, `38/s`, `2.1k/s`.
#[must_use]
pub fn rate(per_second: f64) -> String {
    match per_second {
        r if !r.is_finite() || r <= 0.0 => "0/s".to_owned(),
        r if r < 9.95 => one_decimal(r, "/s"),
        r if r < 999.5 => format!("{r:.0}/s"),
        r => one_decimal(r / 1e3, "k/s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_keep_two_or_three_digits() {
        assert_eq!(
            [0, 152, 999, 1_000, 12_449, 3_100_000].map(bytes).join(" "),
            "0 B 152 B 999 B 1.0 kB 12.4 kB 3.1 MB"
        );
        let us = [0, 40, 400, 3_100, 9_960, 61_200, 999_500, 2_400_000, 42_000_000, 185_000_000];
        assert_eq!(us.map(duration).join("|"), "0 ms|40 µs|0.4 ms|3.1 ms|10 ms|61 ms|1.0 s|2.4 s|42 s|3 min 5 s");
        assert_eq!(clock(SimTime(64_171_250)), "01:04.171");
        assert_eq!(clock_parts(SimTime(64_171_250)).1, "250");
        assert_eq!([0.0, 0.44, 38.2, 2_100.0].map(rate).join(" "), "0/s 0.4/s 38/s 2.1k/s");
    }

    #[test]
    fn lists_read_like_sentences() {
        assert_eq!(list::<&str>(&[]), "");
        assert_eq!(list(&["db1"]), "db1");
        assert_eq!(list(&["db1", "db2", "db3"]), "db1, db2 and db3");
    }

    #[test]
    fn a_language_has_its_own_point_and_its_own_and() {
        crate::ui::text::speak(crate::ui::text::Language::German, "[figures]\npoint = ,\nand = {most} und {last}\n")
            .expect("two texts");
        let told =
            [bytes(12_449), duration(3_100), chosen(1_000), rate(0.44), chosen_bytes(2_000_000), plain_number(2.5)];
        let told = format!("{} {}", told.join("|"), list(&["db1", "db2"]));
        crate::ui::text::speak_english();
        assert_eq!(told, "12,4 kB|3,1 ms|1 ms|0,4/s|2 MB|2,5 db1 und db2");
    }
}
