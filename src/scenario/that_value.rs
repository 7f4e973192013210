//! Where a path of an expectation leads in a report.

use serde_json::Value;

use crate::engine::settings::nearest;

use super::that::{Step, Unusable};

/// Where a path leads.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    /// To this value.
    Value(Value),
    /// To an element that is not there now, and could be.
    Absent,
}

/// The keys of the elements of the report's lists, for lists that are empty.
const ELEMENTS: [(&str, &[&str]); 5] = [
    (
        "failovers",
        &[
            "at_ms",
            "from",
            "to",
            "timeline",
            "detected_ms",
            "promoted_ms",
            "writable_ms",
            "rto_ms",
            "lost_writes",
            "reason",
            "first_acknowledged_ms",
        ],
    ),
    ("violations", &["kind", "at_ms", "session", "detail", "events"]),
    (
        "nodes",
        &[
            "name",
            "role",
            "state",
            "timeline",
            "write_lsn",
            "flush_lsn",
            "apply_lsn",
            "gtid_executed",
            "rows",
            "checksum",
            "error",
            "log_start",
            "log_files",
            "redo_lsn",
            "copied_bytes",
            "diverged",
            "errant_gtids",
        ],
    ),
    (
        "slots",
        &[
            "slot_name",
            "node",
            "slot_type",
            "temporary",
            "active",
            "active_pid",
            "restart_lsn",
            "wal_status",
            "safe_wal_size",
        ],
    ),
    (
        "replication",
        &[
            "application_name",
            "upstream",
            "state",
            "sync_priority",
            "sync_state",
            "sent_lsn",
            "write_lsn",
            "flush_lsn",
            "replay_lsn",
            "write_lag",
            "flush_lag",
            "replay_lag",
        ],
    ),
];

/// The kinds of violation.
const KINDS: [&str; 9] = [
    "lost_write",
    "stale_read",
    "read_your_writes",
    "monotonic_reads",
    "monotonic_writes",
    "writes_follow_reads",
    "linearizability",
    "split_brain",
    "divergence",
];

/// Keys that hold a node's name.
const NODE_KEYS: [&str; 6] = ["name", "application_name", "upstream", "from", "to", "node"];

/// Follows a path into a report.
pub(super) fn find(report: &Value, path: &[Step], names: &[&str]) -> Result<Found, Unusable> {
    let mut walk = Walk { here: Here::Value(report), shown: String::new(), list: "", names };
    for step in path {
        walk.step(step)?;
    }
    Ok(match walk.here {
        Here::Value(value) => Found::Value(value.clone()),
        Here::Count(count) => Found::Value(Value::from(count)),
        // Matches without a question about them: the first is meant.
        Here::Matches(matches) => matches.first().map_or(Found::Absent, |value| Found::Value((*value).clone())),
        Here::Absent => Found::Absent,
    })
}

enum Here<'a> {
    Value(&'a Value),
    Matches(Vec<&'a Value>),
    Count(usize),
    Absent,
}

struct Walk<'a> {
    here: Here<'a>,
    /// The path so far, as it is written.
    shown: String,
    /// The list that was entered last.
    list: &'a str,
    names: &'a [&'a str],
}

impl<'a> Walk<'a> {
    fn step(&mut self, step: &'a Step) -> Result<(), Unusable> {
        match step {
            Step::Key(key) => self.key(key)?,
            Step::Index(index) => self.index(*index)?,
            Step::Where(key, wanted) => self.matching(key, wanted)?,
        }
        match step {
            Step::Key(key) if self.shown.is_empty() => self.shown.clone_from(key),
            Step::Key(key) => self.shown = format!("{}.{key}", self.shown),
            Step::Index(index) => self.shown = format!("{}[{index}]", self.shown),
            Step::Where(key, wanted) => self.shown = format!("{}[{key}={wanted}]", self.shown),
        }
        Ok(())
    }

    fn key(&mut self, key: &'a str) -> Result<(), Unusable> {
        self.here = match &self.here {
            Here::Value(Value::Object(table)) => match table.get(key) {
                Some(value) => {
                    self.list = key;
                    Here::Value(value)
                }
                // A node that has served no read may be missing from the counts.
                None if self.shown.ends_with("by_node") && self.names.contains(&key) => Here::Count(0),
                None => return Err(self.unknown(key, table.keys().map(String::as_str))),
            },
            Here::Value(Value::Array(items)) if key == "count" => Here::Count(items.len()),
            Here::Matches(matches) if key == "count" => Here::Count(matches.len()),
            Here::Matches(matches) => match matches.first() {
                Some(Value::Object(table)) => match table.get(key) {
                    Some(value) => Here::Value(value),
                    None => return Err(self.unknown(key, table.keys().map(String::as_str))),
                },
                _ => self.absent(key)?,
            },
            Here::Value(Value::Null) => Here::Absent,
            Here::Absent => self.absent(key)?,
            Here::Value(Value::Array(_)) => {
                let shown = &self.shown;
                return Err(Unusable(format!(
                    "{shown} is a list; pick an element, as {shown}[0] or {shown}[name=db2], or ask {shown}.count"
                )));
            }
            Here::Value(value) => {
                return Err(Unusable(format!("{} is {value}, and has no part {key:?}", self.shown)));
            }
            Here::Count(count) => {
                return Err(Unusable(format!("{} is {count}, and has no part {key:?}", self.shown)));
            }
        };
        Ok(())
    }

    /// A key of an element that is not there: it must be one that such elements have.
    fn absent(&self, key: &str) -> Result<Here<'a>, Unusable> {
        match ELEMENTS.iter().find(|(list, _)| *list == self.list) {
            Some((_, keys)) if !keys.contains(&key) => Err(self.unknown(key, keys.iter().copied())),
            _ => Ok(Here::Absent),
        }
    }

    fn index(&mut self, index: usize) -> Result<(), Unusable> {
        let element = match &self.here {
            Here::Value(Value::Array(items)) => items.get(index),
            Here::Matches(matches) => matches.get(index).copied(),
            Here::Absent | Here::Value(Value::Null) => None,
            _ => return Err(self.no_list()),
        };
        self.here = element.map_or(Here::Absent, Here::Value);
        Ok(())
    }

    fn matching(&mut self, key: &'a str, wanted: &'a str) -> Result<(), Unusable> {
        let items: Vec<&'a Value> = match &self.here {
            Here::Value(Value::Array(items)) => items.iter().collect(),
            Here::Matches(matches) => matches.clone(),
            Here::Absent | Here::Value(Value::Null) => Vec::new(),
            _ => return Err(self.no_list()),
        };
        let known = items.first().and_then(|item| item.as_object());
        match known {
            Some(table) if !table.contains_key(key) => return Err(self.unknown(key, table.keys().map(String::as_str))),
            Some(_) => {}
            None => drop(self.absent(key)?),
        }
        if NODE_KEYS.contains(&key) && !self.names.contains(&wanted) {
            let help = nearest(wanted, self.names.iter().copied()).map(|near| format!("; did you mean {near:?}?"));
            return Err(Unusable(format!("no node is called {wanted:?}{}", help.unwrap_or_default())));
        }
        if self.list == "violations" && key == "kind" && !KINDS.contains(&wanted) {
            let help = match nearest(wanted, KINDS) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("the kinds are {}", KINDS.join(", ")),
            };
            return Err(Unusable(format!("no violation is of the kind {wanted:?}; {help}")));
        }
        let says = |item: &&Value| match item.get(key) {
            Some(Value::String(text)) => text == wanted,
            Some(other) => other.to_string().as_str() == wanted,
            None => false,
        };
        self.here = Here::Matches(items.into_iter().filter(says).collect());
        Ok(())
    }

    fn no_list(&self) -> Unusable {
        match &self.here {
            Here::Value(Value::Object(table)) => {
                let keys: Vec<_> = table.keys().map(String::as_str).collect();
                Unusable(format!("{} is no list; its keys are {}", self.shown, keys.join(", ")))
            }
            _ => Unusable(format!("{} is no list", self.shown)),
        }
    }

    fn unknown<'k>(&self, key: &str, keys: impl Iterator<Item = &'k str>) -> Unusable {
        let keys: Vec<_> = keys.collect();
        let shown = if self.shown.is_empty() { "the report" } else { &self.shown };
        Unusable(match nearest(key, keys.iter().copied()) {
            Some(near) => format!("{shown} has no key {key:?}; did you mean {near:?}?"),
            None => format!("{shown} has no key {key:?}; its keys are {}", keys.join(", ")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Format, Scenario, Trial};
    use super::*;
    use crate::check::Kind;
    use crate::engine::time::SimTime;

    #[test]
    fn the_keys_of_absent_elements_are_those_of_real_reports() {
        let text = include_str!("../../scenarios/asynchronous-loss.toml");
        let slot = "[[at]]\ntime = \"1s\"\non = \"db1\"\nsql = \"SELECT pg_create_physical_replication_slot('s')\"\n";
        let text = format!("{text}\n{slot}");
        let scenario = Scenario::parse(&text, Format::Toml, "asynchronous-loss.toml").unwrap();
        let trial = Trial::of(&scenario, SimTime(scenario.duration_us), ()).unwrap();
        let report = serde_json::to_value(&trial.report).unwrap();
        for (list, keys) in ELEMENTS {
            let element = report[list][0].as_object().unwrap_or_else(|| panic!("no {list}"));
            assert_eq!(element.keys().map(String::as_str).collect::<Vec<_>>(), *keys, "{list}");
        }
        assert_eq!(Kind::ALL.map(Kind::name).as_slice(), KINDS);
    }
}
