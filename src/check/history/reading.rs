//! A history's text, event by event.

use std::fmt;
use std::io::BufRead;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::canonical::canonical;
use super::operation::Function;
use super::{History, pairs};
use crate::engine::settings::nearest;
use std::collections::BTreeMap;

/// What is wrong with a history, and in which line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}: {why}")]
pub struct Malformed {
    /// Counted from one.
    pub line: usize,
    /// What is wrong there.
    pub why: String,
}

/// What an event tells of its operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Invoke,
    Ok,
    Fail,
    Info,
}

impl Kind {
    const ALL: [(&'static str, Kind); 4] =
        [("invoke", Kind::Invoke), ("ok", Kind::Ok), ("fail", Kind::Fail), ("info", Kind::Info)];
}

/// One line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub line: usize,
    pub process: u32,
    pub kind: Kind,
    pub f: Option<Function>,
    pub key: Option<u32>,
    pub value: Option<u32>,
    /// The two values of an array of two.
    pub pair: Option<(u32, u32)>,
    pub time_us: Option<i64>,
}

/// Texts that mean the same get the same number.
#[derive(Default)]
pub(super) struct Numbers {
    known: BTreeMap<String, u32>,
    pub first_written: Vec<String>,
}

impl Numbers {
    fn of(&mut self, json: &str) -> u32 {
        let next = self.first_written.len() as u32;
        let number = *self.known.entry(canonical(json)).or_insert(next);
        if number == next {
            self.first_written.push(json.trim().to_owned());
        }
        number
    }
}

/// The members of an object in their order, values as they are written.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

/// Everything that lines are read into.
#[derive(Default)]
struct Reader {
    processes: Numbers,
    keys: Numbers,
    values: Numbers,
    events: Vec<Event>,
}

impl History {
    /// Reads events, one JSON object a line: `{"process", "type": "invoke" | "ok" | "fail" | "info", "f": "read" | "write"
    /// | "cas", "key", "value", "time_us"}`. Other members are ignored, empty lines as well, and what the process
    /// `"nemesis"` does. `initial` is JSON, too.
    ///
    /// The order of events is that of the lines. Where every event has a time and the times are not in that order (as when
    /// each process's events were recorded by themselves), it is that of the times, and events at one instant overlap.
    ///
    /// # Errors
    /// When the text is no history; the error says which line is to blame.
    pub fn read(text: impl BufRead, initial: &str) -> Result<History, Malformed> {
        let mut reader = Reader::default();
        let initial = match serde_json::from_str::<serde_json::Value>(initial) {
            Ok(_) => reader.values.of(initial),
            Err(_) => {
                let why =
                    format!("--initial {initial}: is no JSON value; a text is written between quotes, as '\"a\"'");
                return Err(Malformed { line: 0, why });
            }
        };
        for (index, line) in text.lines().enumerate() {
            let fault = |why: String| Malformed { line: index + 1, why };
            let line = line.map_err(|error| fault(error.to_string()))?;
            let line = if index == 0 { line.trim_start_matches('\u{feff}') } else { &line };
            if !line.trim().is_empty() {
                let event = reader.event(index + 1, line).map_err(fault)?;
                reader.events.extend(event);
            }
        }
        let Reader { processes, mut keys, values, events } = reader;
        let null = values.known.get("null").copied();
        let (mut ops, reordered) = pairs::pair(&events, null)?;
        if ops.iter().any(|op| op.key == pairs::NO_KEY) {
            let unnamed = keys.of("null");
            ops.iter_mut().filter(|op| op.key == pairs::NO_KEY).for_each(|op| op.key = unnamed);
        }
        let (processes, keys, values) = (processes.first_written, keys.first_written, values.first_written);
        Ok(History { ops, processes, keys, values, initial, reordered })
    }
}

impl Reader {
    fn event(&mut self, line: usize, text: &str) -> Result<Option<Event>, String> {
        let Members(members) = serde_json::from_str(text).map_err(|error| format!("is no event: {error}"))?;
        for (index, (name, _)) in members.iter().enumerate() {
            if members.iter().take(index).any(|(other, _)| other == name) {
                return Err(format!("has \"{name}\" twice"));
            }
        }
        let get = |name: &str| members.iter().find(|(member, _)| member == name).map(|(_, value)| value.get());
        let need = |name: &'static str| {
            get(name).ok_or_else(|| {
                let names = members.iter().map(|(name, _)| name.as_str());
                let meant = nearest(name, names).map(|meant| format!("; is \"{meant}\" meant to be it?"));
                format!("lacks \"{name}\"{}", meant.unwrap_or_default())
            })
        };
        let process = need("process")?;
        if process.starts_with(['[', '{']) || process == "null" {
            return Err(format!("\"process\" is {process}, and must be a number or a text"));
        }
        if canonical(process) == "\"nemesis\"" {
            return Ok(None);
        }
        let kind = one_of("type", need("type")?, &Kind::ALL)?;
        let f = match get("f") {
            None if kind != Kind::Invoke => None,
            _ => Some(one_of("f", need("f")?, &Function::ALL.map(|f| (f.name(), f)))?),
        };
        let time_us = get("time_us").filter(|time| *time != "null").map(time).transpose()?;
        let key = get("key").filter(|key| *key != "null");
        let mut whole = |json: &str| {
            // A value that is nested too deeply is refused here.
            let value =
                serde_json::from_str::<serde_json::Value>(json).map_err(|error| format!("\"value\": {error}"))?;
            let pair = value.as_array().is_some_and(|array| array.len() == 2);
            let parts = if pair { serde_json::from_str::<(Box<RawValue>, Box<RawValue>)>(json).ok() } else { None };
            let parts = parts.map(|(from, to)| (self.values.of(from.get()), self.values.of(to.get())));
            Ok::<_, String>((self.values.of(json), parts))
        };
        let value = get("value").map(&mut whole).transpose()?;
        if let Some(key) = key {
            serde_json::from_str::<serde_json::Value>(key).map_err(|error| format!("\"key\": {error}"))?;
        }
        Ok(Some(Event {
            line,
            process: self.processes.of(process),
            kind,
            f,
            key: key.map(|key| self.keys.of(key)),
            value: value.map(|(value, _)| value),
            pair: value.and_then(|(_, pair)| pair),
            time_us,
        }))
    }
}

fn one_of<T: Copy>(name: &str, json: &str, all: &[(&'static str, T)]) -> Result<T, String> {
    let text: Option<String> = serde_json::from_str(json).ok();
    let found = text.as_ref().and_then(|text| all.iter().find(|(name, _)| name == text));
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        format!("\"{name}\" is {json}, and must be one of {}", names.join(", "))
    })
}

fn time(json: &str) -> Result<i64, String> {
    let whole = json.parse::<i64>().ok();
    // Programs without integers write 1000000.0 or 1e6.
    let rounded = || json.parse::<f64>().ok().filter(|t| t.fract() == 0.0 && t.abs() < 9e15).map(|t| t as i64);
    whole.or_else(rounded).ok_or_else(|| format!("\"time_us\" is {json}, and must be a whole number of microseconds"))
}
