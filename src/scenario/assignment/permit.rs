//! A key that a learner may change: `settings.synchronous_commit`, `proxy`, `client.*.connect`, `at.promote`.

use std::fmt;

use crate::engine::settings::{Spec, nearest};
use crate::scenario::scenario::Scenario;
use crate::scenario::shape::{ACTIONS, SCENARIO, Shape, Type};

/// A key that a learner may change, with all below it; `*` stands for every name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit(Vec<String>);

/// What no learner may change, whatever a teacher writes: the words, and what makes it this task.
const NEVER: [&str; 9] =
    ["title", "description", "level", "chapter", "flavor", "seed", "duration", "expect", "assignment"];

impl Permit {
    /// Reads parts with dots between them; a part that holds a dot is put between double quotes.
    ///
    /// # Errors
    /// When a part is empty.
    pub fn parse(text: &str) -> Result<Permit, String> {
        let mut parts = Vec::new();
        let mut part = String::new();
        let mut quoted = false;
        for c in text.chars() {
            match c {
                '"' => quoted = !quoted,
                '.' if !quoted => parts.push(std::mem::take(&mut part)),
                c => part.push(c),
            }
        }
        parts.push(part);
        if quoted || parts.iter().any(String::is_empty) {
            return Err(format!("{text:?} is no key, as settings.synchronous_commit or proxy.causal_reads"));
        }
        Ok(Permit(parts))
    }

    /// Its parts.
    #[must_use]
    pub fn parts(&self) -> &[String] {
        &self.0
    }

    /// Whether a key is this one, or below it. Names of settings know no upper and lower case.
    #[must_use]
    pub fn covers(&self, path: &[String]) -> bool {
        let same = |(own, other): (&String, &String)| own == "*" || own.eq_ignore_ascii_case(other);
        path.len() >= self.0.len() && self.0.iter().zip(path).all(same)
    }

    /// Whether there is such a key in a scenario.
    ///
    /// # Errors
    /// What is wrong with it, and the nearest key that there is.
    pub(crate) fn check(&self, scenario: &Scenario) -> Result<(), String> {
        let Some(first) = self.0.first() else { return Ok(()) };
        if NEVER.contains(&first.as_str()) {
            return Err(format!("{first} cannot be a learner's to change: it is part of the task"));
        }
        self.check_in(&SCENARIO, 0, scenario)
    }

    /// The part at `depth` names a key of a table.
    fn check_in(&self, shape: &'static Shape, depth: usize, scenario: &Scenario) -> Result<(), String> {
        let Some(part) = self.0.get(depth) else { return Ok(()) };
        let here = self.0[..depth].join(".");
        let Some(key) = shape.key(part) else {
            let names = shape.keys.iter().map(|key| key.name).filter(|name| !NEVER.contains(name));
            return Err(unknown("key", part, &here, names));
        };
        let Some(below) = self.0.get(depth + 1) else { return Ok(()) };
        let around = self.0[..=depth].join(".");
        match key.takes {
            Type::Table(shape) => self.check_in(shape, depth + 1, scenario),
            Type::Settings if below == "*" => Ok(()),
            Type::Settings => {
                Spec::find(scenario.setup.flavor, below).map(drop).map_err(|error| format!("{around}: {error}"))
            }
            Type::Tables(..) if part == "at" => {
                let names = ACTIONS.iter().map(|action| action.name);
                if below == "*" || names.clone().any(|name| name == below) {
                    Ok(())
                } else {
                    Err(unknown("action", below, &around, names))
                }
            }
            Type::Tables(shape, _) => {
                let names: Vec<&str> = match part.as_str() {
                    "node" => scenario.setup.nodes.iter().map(|node| &*node.name).collect(),
                    "client" => scenario.setup.clients.iter().map(|client| &*client.name).collect(),
                    _ => Vec::new(),
                };
                if below != "*" && !names.contains(&below.as_str()) && part != "link" {
                    return Err(unknown(part, below, "", names.iter().copied().chain(["*"])));
                }
                self.check_in(shape, depth + 2, scenario)
            }
            Type::Weights => Ok(()),
            _ => Err(format!("{around} has no keys below it")),
        }
    }
}

fn unknown<'a>(what: &str, part: &str, around: &str, names: impl Iterator<Item = &'a str> + Clone) -> String {
    let place = if around.is_empty() { String::new() } else { format!(" in {around}") };
    match nearest(part, names.clone()) {
        Some(near) => format!("there is no {what} {part:?}{place}; did you mean {near:?}?"),
        None => format!("there is no {what} {part:?}{place}; there are {}", names.collect::<Vec<_>>().join(", ")),
    }
}

impl fmt::Display for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&join(&self.0))
    }
}

/// The parts of a key as one text; parts with a dot between double quotes.
pub(super) fn join(parts: &[String]) -> String {
    let part = |part: &String| if part.contains('.') { format!("\"{part}\"") } else { part.clone() };
    parts.iter().map(part).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::Permit;

    #[test]
    fn a_key_covers_itself_and_what_is_below() {
        let path = |text: &str| text.split('.').map(str::to_owned).collect::<Vec<_>>();
        for (permit, key, covers) in [
            ("settings", "settings.synchronous_commit", true),
            ("settings.Synchronous_commit", "settings.synchronous_commit", true),
            ("settings.synchronous_commit", "settings", false),
            ("client.*.connect", "client.app.connect", true),
            ("client.*.connect", "client.app.keys", false),
            ("proxy.causal_reads", "proxy.causal_window", false),
        ] {
            assert_eq!(Permit::parse(permit).unwrap().covers(&path(key)), covers, "{permit} {key}");
        }
        assert_eq!(Permit::parse("node.\"a.b\".settings").unwrap().to_string(), "node.\"a.b\".settings");
        assert!(Permit::parse("a..b").is_err() && Permit::parse("").is_err() && Permit::parse("a.\"b").is_err());
    }
}
