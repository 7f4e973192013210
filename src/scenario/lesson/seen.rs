//! What was seen since a step began.

use crate::engine::time::SimTime;
use crate::scenario::tree::Value;
use crate::scenario::write::write_at;
use crate::sim::command::Command;

/// What was seen since a step began: of the cluster, what the recording says; of the page, what is open.
#[derive(Clone, Debug, Default)]
pub struct Seen<'a> {
    /// What was done by hand.
    pub deeds: Vec<&'a Command>,
    /// Statements that were typed.
    pub asked: Vec<Asked<'a>>,
    /// Whether time passes.
    pub playing: bool,
    /// The clock, in microseconds.
    pub now_us: u64,
    /// What has passed of virtual time.
    pub passed_us: u64,
    /// Whether there was a jump in time.
    pub jumped: bool,
    /// Whether one of them led to before the step.
    pub went_back: bool,
    /// The tabs that were open.
    pub tabs: &'a [String],
    /// Whether a finding was clicked.
    pub finding: bool,
}

/// A statement that was typed.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The statement.
    pub sql: &'a str,
    /// The client or the server that ran it.
    pub by: &'a str,
    /// Whether it was answered without an error.
    pub succeeded: bool,
}

/// The words of a command: its keys, its values, and `key=value`, as a scenario has them.
pub(super) fn words_of(command: &Command) -> Vec<String> {
    let mut words = Vec::new();
    collect("", &write_at(&(SimTime::ZERO, command.clone())), &mut words);
    words
}

fn collect(key: &str, value: &Value, words: &mut Vec<String>) {
    let word = match value {
        Value::Null => return,
        Value::Flag(flag) => flag.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Other(text) | Value::Text(text) | Value::Bare(text) => text.clone(),
        Value::List(items) => return items.iter().for_each(|item| collect(key, &item.value, words)),
        Value::Table(entries) => {
            for entry in entries {
                words.push(entry.key.clone());
                collect(&entry.key, &entry.item.value, words);
            }
            return;
        }
    };
    words.push(format!("{key}={word}"));
    words.push(word);
}
