//! The attributes of `<replication-lab>`: what there is, what each may say, and what it means.

use crate::engine::settings::nearest;
use crate::engine::time::SimTime;
use crate::scenario::parse_duration;
use crate::ui::pace::Pace;

/// What `controls` may say.
pub const CONTROLS: [&str; 3] = ["none", "transport", "full"];
/// What `instrument` may say.
pub const INSTRUMENTS: [&str; 9] =
    ["none", "sequence", "logs", "tables", "lag", "ledger", "findings", "events", "status"];
/// What `theme` may say.
pub const THEMES: [&str; 3] = ["auto", "light", "dark"];
/// What `autoplay` may say.
pub const AUTOPLAY: [&str; 3] = ["visible", "click", "none"];
/// What `height` may be without a unit, in pixels.
pub const HEIGHTS: (u32, u32) = (160, 2000);

/// All attributes of the element's own.
pub const ATTRIBUTES: [&str; 9] =
    ["scenario", "controls", "instrument", "height", "theme", "autoplay", "seed", "speed", "at"];

/// What cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The attribute.
    pub attribute: String,
    /// What is wrong and what is allowed, as one sentence without its end.
    pub message: String,
}

/// What an element asks for. What it does not say, or says so that nobody can use it, is as usual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Which controls there are: one of [`CONTROLS`].
    pub controls: &'static str,
    /// Which instrument is shown: one of [`INSTRUMENTS`].
    pub instrument: &'static str,
    /// The seed, in place of the scenario's.
    pub seed: Option<u64>,
    /// How fast time passes.
    pub speed: Option<Pace>,
    /// Where it opens.
    pub at: Option<SimTime>,
}

impl Default for Options {
    fn default() -> Self {
        Options { controls: "transport", instrument: "none", seed: None, speed: None, at: None }
    }
}

impl Options {
    /// Reads an element's attributes. Those that every element may have are left alone.
    #[must_use]
    pub fn read<'a>(attributes: impl IntoIterator<Item = (&'a str, &'a str)>) -> (Options, Vec<Problem>) {
        let (mut options, mut problems) = (Options::default(), Vec::new());
        for (name, value) in attributes {
            if let Err(message) = options.take(name, value.trim()) {
                problems.push(Problem { attribute: name.to_owned(), message });
            }
        }
        (options, problems)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "controls" => self.controls = word(name, value, &CONTROLS)?,
            "instrument" => self.instrument = word(name, value, &INSTRUMENTS)?,
            "theme" => {
                word(name, value, &THEMES)?;
            }
            "autoplay" => {
                word(name, value, &AUTOPLAY)?;
            }
            "height" => height(value)?,
            "seed" => {
                let seed = value.parse().ok().filter(|seed| *seed <= MOST_SEED);
                self.seed = Some(seed.ok_or_else(|| says(name, value, "a whole number from 0, such as `42`"))?);
            }
            "speed" => self.speed = Some(speed(value)?),
            "at" => {
                let at =
                    parse_duration(value).map_err(|_| says(name, value, "an instant of the run, such as `4.2s`"))?;
                self.at = Some(SimTime(at));
            }
            "scenario" => {}
            other => unknown(other)?,
        }
        Ok(())
    }
}

/// JavaScript counts no further, and a seed is handed through it.
const MOST_SEED: u64 = (1 << 53) - 1;

fn says(name: &str, value: &str, allowed: &str) -> String {
    let value: String = value.chars().take(40).collect();
    format!("{name}=\"{value}\" must be {allowed}")
}

/// One of these words; one that is nearly one of them is answered with it.
fn word(name: &str, value: &str, words: &[&'static str]) -> Result<&'static str, String> {
    if let Some(found) = words.iter().find(|word| **word == value) {
        return Ok(found);
    }
    let meant = nearest(value, words.iter().copied()).map(|near| format!("; did you mean \"{near}\"?"));
    Err(format!("{}{}", says(name, value, &format!("one of {}", words.join(", "))), meant.unwrap_or_default()))
}

fn height(value: &str) -> Result<(), String> {
    let number = value.strip_suffix("px").unwrap_or(value);
    let fits = number.parse::<u32>().is_ok_and(|pixels| (HEIGHTS.0..=HEIGHTS.1).contains(&pixels));
    let allowed = format!("a number of pixels from {} to {}, such as `420`", HEIGHTS.0, HEIGHTS.1);
    if fits { Ok(()) } else { Err(says("height", value, &allowed)) }
}

/// How much virtual time passes in a second: the nearest pace that there is.
fn speed(value: &str) -> Result<Pace, String> {
    let us = parse_duration(value).ok().filter(|us| *us > 0);
    let us = us.ok_or_else(|| {
        says("speed", value, "how much time passes in the cluster while a second passes here, such as `20ms`")
    })?;
    Ok(Pace::to_pass(us, 1))
}

/// An attribute that is none of ours may be anybody's, unless it is nearly one of ours.
fn unknown(name: &str) -> Result<(), String> {
    let global = ["id", "is", "class", "style", "lang", "dir", "title", "slot", "hidden", "part", "inert", "role"];
    if global.contains(&name) || name.contains(['-', ':', '.', '@', '_']) {
        return Ok(());
    }
    match nearest(name, ATTRIBUTES) {
        Some(near) => Err(format!("{name} is no attribute of <replication-lab>; did you mean \"{near}\"?")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(name: &str, value: &str) -> String {
        let (_, problems) = Options::read([(name, value)]);
        problems.into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn attributes_are_read() {
        let all = [
            ("scenario", "async-failover"),
            ("controls", "full"),
            ("instrument", " lag "),
            ("height", "420"),
            ("theme", "dark"),
            ("autoplay", "click"),
            ("seed", "7"),
            ("speed", "20ms"),
            ("at", "4.2s"),
            ("class", "wide"),
            ("data-x", "1"),
        ];
        let (options, problems) = Options::read(all);
        assert_eq!(problems, []);
        let at = Some(SimTime(4_200_000));
        let speed = Some(Pace::default());
        assert_eq!(options, Options { controls: "full", instrument: "lag", seed: Some(7), speed, at });
    }

    #[test]
    fn what_cannot_be_used_says_what_can_and_changes_nothing() {
        assert_eq!(
            problem("instrument", "sequense"),
            "instrument=\"sequense\" must be one of none, sequence, logs, tables, lag, ledger, findings, events, status; \
             did you mean \"sequence\"?"
        );
        assert!(problem("theme", "sepia").ends_with("must be one of auto, light, dark"));
        for (name, value) in [
            ("height", "12"),
            ("height", "50%"),
            ("seed", "-1"),
            ("seed", "9007199254740992"),
            ("speed", "fast"),
            ("speed", "0"),
            ("at", "noon"),
            ("controls", ""),
            ("autoplay", "true"),
        ] {
            assert!(problem(name, value).contains("must be"), "{name}={value}");
            assert_eq!(Options::read([(name, value)]).0, Options::default());
        }
        assert!(problem("seed", &"9".repeat(10_000)).len() < 200);
    }

    #[test]
    fn only_what_is_nearly_an_attribute_of_ours_is_questioned() {
        assert!(problem("instruments", "lag").contains("did you mean \"instrument\"?"));
        for name in ["lang", "onclick", "aria-label", "v-bind:x", "tabindex"] {
            assert_eq!(problem(name, ""), "", "{name}");
        }
    }
}
