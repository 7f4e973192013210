//! What an answer has otherwise than the teacher's scenario, key by key, and whether it may.

use std::sync::Arc;

use crate::engine::settings::{Settings, Spec};
use crate::engine::time::SimTime;
use crate::order::OrderedMap;
use crate::scenario::scenario::Scenario;
use crate::scenario::tree::Value;
use crate::scenario::units::show_duration;
use crate::scenario::write;
use crate::sim::command::Command;

use super::assignment::Assignment;
use super::flat::{Flat, flatten, name_of};
use super::permit::join;

/// Words and expectations: they decide nothing.
const PASSED_OVER: [&str; 5] = ["title", "description", "level", "chapter", "expect"];

/// One key that an answer has otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The key, as `settings.synchronous_commit`; of what happens, `at`.
    pub path: String,
    /// What the teacher's scenario has; `None` when nothing.
    pub original: Option<String>,
    /// What the answer has; `None` when nothing.
    pub answer: Option<String>,
    /// Whether the task lets it be changed.
    pub allowed: bool,
}

/// All that an answer has otherwise than the teacher's scenario. Without an assignment nothing is allowed.
#[must_use]
pub fn changes(original: &Scenario, answer: &Scenario) -> Vec<Change> {
    let none = Assignment::default();
    let mut comparison = Comparison {
        assignment: original.assignment.as_ref().unwrap_or(&none),
        added: Vec::new(),
        changes: Vec::new(),
    };
    comparison.compare(original, answer);
    comparison.changes
}

struct Comparison<'a> {
    assignment: &'a Assignment,
    /// Servers that were added, and may be.
    added: Vec<String>,
    changes: Vec<Change>,
}

impl Comparison<'_> {
    fn compare(&mut self, original: &Scenario, answer: &Scenario) {
        let (before, after) = (write::write(original), write::write(answer));
        self.added = self.added_nodes(original, answer);
        self.settings(original, answer);
        for list in ["node", "client"] {
            self.order(list, &before, &after);
        }
        let mut keys: Vec<&str> = before.entries().iter().map(|entry| entry.key.as_str()).collect();
        keys.extend(after.entries().iter().map(|entry| entry.key.as_str()).filter(|key| before.get(key).is_none()));
        for key in keys {
            if !PASSED_OVER.contains(&key) && key != "at" && key != "settings" {
                self.keys(flat(&before, key), flat(&after, key));
            }
        }
        self.schedule(&original.schedule, &answer.schedule);
    }

    /// The servers that the task lets be added: the first so many that are new.
    fn added_nodes(&self, original: &Scenario, answer: &Scenario) -> Vec<String> {
        let known = |name: &str| original.setup.nodes.iter().any(|node| &*node.name == name);
        let new = answer.setup.nodes.iter().map(|node| node.name.to_string()).filter(|name| !known(name));
        new.take(self.assignment.add_nodes.into()).collect()
    }

    fn put(&mut self, path: &[String], original: Option<String>, answer: Option<String>, allowed: bool) {
        if original != answer {
            self.changes.push(Change { path: join(path), original, answer, allowed });
        }
    }

    /// Cluster-wide settings are compared by what the servers make of them: `on` and `true` are the same, and so are a
    /// default that is written down and one that is not.
    fn settings(&mut self, original: &Scenario, answer: &Scenario) {
        let effective = |scenario: &Scenario| {
            let mut settings = Settings::defaults(scenario.setup.flavor);
            for (name, value) in &scenario.setup.settings {
                // Whatever stands in a scenario was accepted when it was read.
                let _ = settings.set(name, value);
            }
            settings
        };
        let (before, after) = (effective(original), effective(answer));
        let flavor = original.setup.flavor;
        let named = original.setup.settings.iter().chain(&answer.setup.settings);
        let mut seen: Vec<String> = Vec::new();
        for (name, _) in named {
            let name = Spec::find(flavor, name).map_or_else(|_| name.to_string(), |spec| spec.name.to_owned());
            if !seen.contains(&name) {
                let path = ["settings".to_owned(), name.clone()];
                self.put(&path, before.get(&name), after.get(&name), self.assignment.permits(&path));
                seen.push(name);
            }
        }
    }

    /// The first server is the primary, and random choices are drawn by position: the order counts.
    fn order(&mut self, list: &str, before: &Value, after: &Value) {
        let names = |root: &Value| -> Vec<String> {
            let items = root.get(list).map(|item| item.value.items()).unwrap_or_default();
            items.iter().enumerate().map(|(index, item)| name_of(item, index)).collect()
        };
        let (old, new) = (names(before), names(after));
        let kept: Vec<&String> = old.iter().filter(|name| new.contains(name)).collect();
        if !new.iter().take(kept.len()).eq(kept.iter().copied()) {
            let path = [list.to_owned()];
            self.put(&path, Some(old.join(", ")), Some(new.join(", ")), self.assignment.permits(&path));
        }
    }

    fn keys(&mut self, before: Flat, after: Flat) {
        let old: OrderedMap<&[String], &String> = before.iter().map(|(path, value)| (path.as_slice(), value)).collect();
        let new: OrderedMap<&[String], &String> = after.iter().map(|(path, value)| (path.as_slice(), value)).collect();
        let paths = before.iter().map(|(path, _)| path);
        let more = after.iter().map(|(path, _)| path).filter(|path| !old.contains_key(path.as_slice()));
        for path in paths.chain(more) {
            let value = |of: &OrderedMap<&[String], &String>| of.get(path.as_slice()).map(|value| (*value).clone());
            let allowed = self.allowed(path);
            self.put(path, value(&old), value(&new), allowed);
        }
    }

    /// Of an added server name and upstream are free, all else is as the task says.
    fn allowed(&self, path: &[String]) -> bool {
        let added =
            |name: &String, key: &String| self.added.contains(name) && matches!(key.as_str(), "name" | "upstream");
        matches!(path, [list, name, key] if list == "node" && added(name, key))
            || path.first().is_some_and(|first| first != "assignment") && self.assignment.permits(path)
    }

    /// Everything that happens must go on happening, at its time and in its order; what is added must be allowed.
    fn schedule(&mut self, original: &[(SimTime, Command)], answer: &[(SimTime, Command)]) {
        let mut taken = vec![false; answer.len()];
        let mut last = 0;
        let mut in_order = true;
        for entry in original {
            let found = answer.iter().enumerate().position(|(at, other)| !taken[at] && other == entry);
            match found {
                Some(at) => {
                    taken[at] = true;
                    in_order &= at >= last;
                    last = at;
                }
                None => self.put(&["at".to_owned()], Some(said(entry)), None, false),
            }
        }
        if !in_order {
            let order = "another order at the same time".to_owned();
            self.put(&["at".to_owned()], None, Some(order), false);
        }
        for (entry, _) in answer.iter().zip(&taken).filter(|(_, taken)| !**taken) {
            let action = write::action_name(&entry.1);
            let path = ["at".to_owned(), action.to_owned()];
            self.put(&path, None, Some(said(entry)), self.assignment.permits(&path));
        }
    }
}

fn said((time, command): &(SimTime, Command)) -> String {
    format!("{}: {command}", show_duration(time.0))
}

fn flat(root: &Value, key: &str) -> Flat {
    let mut out = Vec::new();
    if let Some(item) = root.get(key) {
        flatten(&[key.to_owned()], &item.value, &mut out);
    }
    out
}

/// Puts a setting among others in place of what stands there under its name.
pub(super) fn put_setting(settings: &mut Vec<(Arc<str>, Arc<str>)>, name: &Arc<str>, value: &Arc<str>) {
    match settings.iter_mut().find(|(other, _)| other.eq_ignore_ascii_case(name)) {
        Some((_, old)) => old.clone_from(value),
        None => settings.push((name.clone(), value.clone())),
    }
}
