//! What a lesson waits for, and whether it was done.

use super::place::tab;
use super::seen::{Asked, Seen, words_of};
use super::stage::micros;
use crate::engine::settings::nearest;
use crate::scenario::shape::ACTIONS;
use crate::scenario::write::action_name;

/// One thing that the learner is to do. It counts from the beginning of the step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Something is done to the cluster: an action of `[[at]]`, and words that it must have.
    Do(&'static str, Vec<String>),
    /// A statement that begins with these words, and is answered without an error.
    Sql {
        /// Its first words, in capitals.
        begins: String,
        /// The client or server that must have run it.
        by: Option<String>,
        /// Whether it is enough that it was sent.
        sent: bool,
    },
    /// Time passes.
    Play,
    /// Time stands still.
    Pause,
    /// Any jump in time.
    Seek,
    /// A jump to before the instant at which the step began.
    Back,
    /// A tab was open.
    Tab(String),
    /// The clock has come to this instant, in microseconds.
    Time(u64),
    /// So much virtual time has passed since everything else in the block was done, in microseconds.
    Pass(u64),
    /// A finding was clicked.
    Finding,
}

impl Wanted {
    /// Reads a line of a `wait` block.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(line: &str) -> Result<Wanted, String> {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        Ok(match (word, rest) {
            ("play", "") => Wanted::Play,
            ("pause", "") => Wanted::Pause,
            ("seek", "") => Wanted::Seek,
            ("back", "") => Wanted::Back,
            ("finding", "") => Wanted::Finding,
            ("tab", rest) => Wanted::Tab(tab(rest)?),
            ("time", rest) => Wanted::Time(micros(rest)?),
            ("pass", rest) => Wanted::Pass(micros(rest)?),
            ("sql", rest) => sql(rest)?,
            ("do", rest) => action(rest)?,
            _ => {
                return Err(format!(
                    "{line:?} is nothing to wait for; write do ACTION, sql WORD, play, pause, seek, back, tab NAME, time 5s, \
                     pass 2s or finding"
                ));
            }
        })
    }

    /// Whether it was done.
    #[must_use]
    pub fn is_done(&self, seen: &Seen<'_>) -> bool {
        match self {
            Wanted::Do(name, wanted) => seen.deeds.iter().any(|command| {
                action_name(command) == *name && {
                    let words = words_of(command);
                    wanted.iter().all(|word| words.iter().any(|found| found.eq_ignore_ascii_case(word)))
                }
            }),
            Wanted::Sql { begins, by, sent } => {
                seen.asked.iter().any(|asked| asked.answers(begins, by.as_deref(), *sent))
            }
            Wanted::Play => seen.playing,
            Wanted::Pause => !seen.playing,
            Wanted::Seek => seen.jumped,
            Wanted::Back => seen.went_back,
            Wanted::Tab(key) => seen.tabs.iter().any(|open| open == key),
            Wanted::Time(at) => seen.now_us >= *at,
            Wanted::Pass(us) => seen.passed_us >= *us,
            Wanted::Finding => seen.finding,
        }
    }
}

impl Asked<'_> {
    fn answers(&self, begins: &str, by: Option<&str>, sent: bool) -> bool {
        let mut text = self.sql.split_whitespace();
        begins.split(' ').all(|word| text.next().is_some_and(|found| found.eq_ignore_ascii_case(word)))
            && by.is_none_or(|by| by == self.by)
            && (sent || self.succeeded)
    }
}

fn sql(rest: &str) -> Result<Wanted, String> {
    let (rest, sent) = rest.strip_suffix(" sent").map_or((rest, false), |rest| (rest, true));
    let (begins, by) = match rest.rsplit_once(" by ") {
        Some((begins, by)) => (begins, Some(by.trim().to_owned())),
        None => (rest, None),
    };
    if begins.is_empty() {
        return Err("after sql the statement's first word must follow, as in: sql insert".to_owned());
    }
    let words: Vec<String> = begins.split_whitespace().map(str::to_uppercase).collect();
    Ok(Wanted::Sql { begins: words.join(" "), by, sent })
}

fn action(rest: &str) -> Result<Wanted, String> {
    let mut words = rest.split_whitespace().map(str::to_owned);
    let name = words.next().ok_or("after do an action must follow, as in: do crash db1")?;
    match ACTIONS.iter().find(|action| action.name == name) {
        Some(action) => Ok(Wanted::Do(action.name, words.collect())),
        None => {
            let near = nearest(&name, ACTIONS.iter().map(|action| action.name));
            let hint = near.map(|near| format!("; did you mean {near:?}?")).unwrap_or_default();
            Err(format!("there is no action {name:?}{hint} The actions are those of [[at]]"))
        }
    }
}
