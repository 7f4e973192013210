//! How a lesson sets the stage.

use super::place::tab;
use crate::scenario::parse_duration;

/// One thing that a lesson does to the page itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Set {
    /// Stops time.
    Pause,
    /// Lets time pass.
    Play,
    /// So many microseconds of virtual time pass in a second, at most.
    Speed(u64),
    /// Goes to an instant, in microseconds.
    Seek(u64),
    /// Opens a tab.
    Tab(String),
    /// Begins with another scenario, from a file beside the lesson.
    Scenario(String),
}

impl Set {
    /// Reads a line of a `stage` block.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(line: &str) -> Result<Set, String> {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        Ok(match (word, rest) {
            ("pause", "") => Set::Pause,
            ("play", "") => Set::Play,
            ("speed", rest) => Set::Speed(micros(rest)?),
            ("seek", rest) => Set::Seek(micros(rest)?),
            ("tab", rest) => Set::Tab(tab(rest)?),
            ("scenario", rest) => Set::Scenario(file(rest)?),
            _ => {
                return Err(format!(
                    "{line:?} sets nothing; write pause, play, speed 20ms, seek 2s, tab NAME or scenario FILE.toml"
                ));
            }
        })
    }
}

/// A duration, with or without a blank before its unit.
pub(super) fn micros(text: &str) -> Result<u64, String> {
    let joined: String = text.split_whitespace().collect();
    parse_duration(&joined).map_err(|_| format!("{text:?} is no duration, as 20ms or 2s"))
}

/// The name of a scenario beside the lesson.
pub(super) fn file(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    match text.ends_with(".toml") && text.chars().all(plain) && !text.starts_with('/') {
        true => Ok(text.to_owned()),
        false => Err(format!("{text:?} is no scenario; name a file beside the lesson, as failover.toml")),
    }
}
