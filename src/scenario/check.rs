//! A tree against the format: unknown keys, missing keys, values of the wrong kind.

use crate::engine::settings::nearest;

use super::path::Path;
use super::problems::Problem;
use super::shape::{ACTIONS, MAX_SEED, MAX_WEIGHT, Shape, Type};
use super::tree::{Entry, Item, Value};
use super::{toml_reader, units};

/// Checks a whole scenario and turns bare text from a command line into what its key takes.
pub(crate) fn check(root: &mut Item, shape: &'static Shape) -> Vec<Problem> {
    let mut checker = Checker { problems: Vec::new() };
    checker.table(root, shape, &Path::default());
    checker.problems
}

struct Checker {
    problems: Vec<Problem>,
}

impl Checker {
    fn report(&mut self, line: Option<u32>, path: &Path, message: impl Into<String>) {
        self.problems.push(Problem { line, path: path.to_string(), message: message.into() });
    }

    fn table(&mut self, item: &mut Item, shape: &'static Shape, path: &Path) {
        let line = item.line;
        if let Some(value) = bare_value(&item.value) {
            item.value = value;
        }
        let Value::Table(entries) = &mut item.value else {
            return self.report(line, path, format!("must be a table, not {}", item.value.kind()));
        };
        entries.retain(|entry| entry.item.value != Value::Null);
        for entry in entries.iter_mut() {
            let path = path.key(&entry.key);
            match shape.key(&entry.key) {
                Some(key) => self.item(&mut entry.item, key.takes, entry.line, &path),
                None => {
                    let names: Vec<_> = shape.keys.iter().map(|key| key.name).collect();
                    let message = match nearest(&entry.key, names.iter().copied()) {
                        Some(name) => format!("unknown key; did you mean {name:?}?"),
                        None if names.len() > 15 => "unknown key".to_owned(),
                        None => format!("unknown key; the keys here are {}", names.join(", ")),
                    };
                    self.report(entry.line, &path, message);
                }
            }
        }
        for key in shape.keys.iter().filter(|key| key.required) {
            if !entries.iter().any(|entry| entry.key == key.name) {
                let message = format!("{:?} is missing: {}", key.name, sentence(key.doc));
                self.report(line, path, message);
            }
        }
        if std::ptr::eq(shape, &super::shape::AT) {
            self.action(entries, line, path);
        }
    }

    /// An `[[at]]` names one action, and beside it only the keys that go with it.
    fn action(&mut self, entries: &[Entry], line: Option<u32>, path: &Path) {
        let has = |name: &str| entries.iter().any(|entry| entry.key == name);
        // `link` and `apply_rate` are actions; so is `set`. None of them is another action's key.
        let mut named = ACTIONS.iter().filter(|action| has(action.name));
        let Some(action) = named.next() else {
            if entries.iter().all(|entry| super::shape::AT.key(&entry.key).is_some()) {
                self.report(line, path, "names no action, such as sql, crash, partition, promote or set");
            }
            return;
        };
        if let Some(other) = named.next() {
            let message =
                format!("names two actions, {:?} and {:?}; give each its own [[at]]", action.name, other.name);
            return self.report(line, path, message);
        }
        let beside: Vec<_> = action.one_of.iter().filter(|name| has(name)).collect();
        match (action.one_of.len(), beside.len()) {
            (0, _) | (_, 1) => {}
            (1, _) => self.report(line, path, format!("{:?} needs {:?} beside it", action.name, action.one_of[0])),
            (_, 0) => {
                let choices: Vec<_> = action.one_of.iter().map(|name| format!("{name} = …")).collect();
                self.report(line, path, format!("{:?} needs {} beside it", action.name, choices.join(" or ")));
            }
            _ => self.report(line, path, format!("takes only one of {}", action.one_of.join(", "))),
        }
        for entry in entries {
            let own = entry.key == "time" || entry.key == action.name;
            let goes = action.one_of.contains(&entry.key.as_str()) || action.may.contains(&entry.key.as_str());
            if !own && !goes && super::shape::AT.key(&entry.key).is_some() {
                let message = format!("does not go with {:?}", action.name);
                self.report(entry.line, &path.key(&entry.key), message);
            }
        }
    }

    fn item(&mut self, item: &mut Item, takes: Type, line: Option<u32>, path: &Path) {
        if let Some(value) = coerce(&item.value, takes) {
            item.value = value;
        }
        let line = line.or(item.line);
        let wrong = |expected: &str, found: &Value| Err(format!("must be {expected}, not {}", found.kind()));
        let parsed = |read: fn(&str) -> Result<(), String>, expected: &str, found: &Value| match found.as_text() {
            Some(text) => read(text),
            None => wrong(expected, found),
        };
        let outcome = match (takes, &item.value) {
            (Type::Table(shape), _) => return self.table(item, shape, path),
            (Type::Tables(shape, most), Value::List(_)) => return self.tables(item, shape, most, path),
            (Type::Tables(..), found) => wrong("a list of tables, written [[…]]", found),
            (Type::Text(most), Value::Text(text)) if text.len() > most => Err(format!("is longer than {most} bytes")),
            (Type::Text(_), Value::Text(_)) | (Type::Flag, Value::Flag(_)) => Ok(()),
            (Type::Text(_), found) => wrong("text", found),
            (Type::Name, found) => match found.as_text() {
                Some(name) => check_name(name),
                None => wrong("a name", found),
            },
            (Type::Flag, found) => wrong("true or false", found),
            (Type::Integer(min, max), Value::Integer(number)) => {
                let range = i128::from(min)..=i128::from(max);
                if range.contains(number) { Ok(()) } else { Err(format!("must be from {min} to {max}, not {number}")) }
            }
            (Type::Integer(..), found) => wrong("a whole number", found),
            (Type::Duration, Value::Integer(number)) => {
                Err(format!("a duration needs a unit: \"{number}s\" or \"{number}ms\""))
            }
            (Type::Duration, found) => {
                parsed(|text| units::parse_duration(text).map(drop), "a duration, as \"5ms\"", found)
            }
            (Type::Size, Value::Integer(number)) => {
                if (0..=i128::from(units::MAX_SIZE)).contains(number) {
                    Ok(())
                } else {
                    Err("must be from 0 to 1TB".to_owned())
                }
            }
            (Type::Size, found) => parsed(|text| units::parse_size(text).map(drop), "a size, as \"64MB\"", found),
            (Type::Bandwidth, found) => {
                parsed(|text| units::parse_bandwidth(text).map(drop), "a bandwidth, as \"1MB/s\"", found)
            }
            (Type::Share, found) => parsed(|text| units::parse_share(text).map(drop), "a share, as \"0.5%\"", found),
            (Type::Rate, Value::Integer(number)) if (1..=1_000_000).contains(number) => Ok(()),
            (Type::Rate, Value::Text(text)) if text == "unlimited" => Ok(()),
            (Type::Rate, _) => Err("must be a whole number from 1 to 1000000, or \"unlimited\"".to_owned()),
            (Type::Word(words), found) => match found.as_text() {
                Some(text) if words.contains(&text) => Ok(()),
                Some(text) => Err(match nearest(text, words.iter().copied()) {
                    Some(word) => format!("unknown value {text:?}; did you mean {word:?}?"),
                    None => format!("unknown value {text:?}; it is one of {}", words.join(", ")),
                }),
                None => wrong(&format!("one of {}", words.join(", ")), found),
            },
            (Type::Pair | Type::PairOrAll, Value::List(items)) => check_pair(items),
            (Type::PairOrAll, Value::Text(text)) if text == "all" => Ok(()),
            (Type::PairOrAll, found) => wrong("two names, as [\"db1\", \"db2\"], or \"all\"", found),
            (Type::Pair, found) => wrong("two names, as [\"db1\", \"db2\"]", found),
            (Type::Texts(most, bytes), Value::List(items)) => check_texts(items, most, bytes),
            (Type::Texts(..), found) => wrong("a list of texts", found),
            (Type::Seeds(most), Value::List(items)) => check_seeds(items, most),
            (Type::Seeds(_), found) => wrong("a list of whole numbers, as [1, 2, 3]", found),
            (Type::Settings, Value::Table(_)) => return self.settings(item, path),
            (Type::Settings, found) => wrong("a table of settings", found),
            (Type::Weights, Value::Table(_)) => return self.weights(item, path),
            (Type::Weights, found) => wrong("a table of numbers, as { db2 = 3, db3 = 1 }", found),
        };
        if let Err(message) = outcome {
            self.report(line, path, message);
        }
    }

    fn weights(&mut self, item: &mut Item, path: &Path) {
        let Value::Table(entries) = &mut item.value else { return };
        for entry in entries {
            if let Some(value) = coerce(&entry.item.value, Type::Integer(0, MAX_WEIGHT)) {
                entry.item.value = value;
            }
            let outcome = match &entry.item.value {
                Value::Integer(weight) if (0..=i128::from(MAX_WEIGHT)).contains(weight) => check_name(&entry.key),
                _ => Err(format!("must be a whole number from 0 to {MAX_WEIGHT}")),
            };
            if let Err(message) = outcome {
                self.report(entry.line, &path.key(&entry.key), message);
            }
        }
    }

    fn tables(&mut self, item: &mut Item, shape: &'static Shape, most: usize, path: &Path) {
        let line = item.line;
        let Value::List(items) = &mut item.value else { return };
        if items.len() > most {
            self.report(line, path, format!("has {} entries; at most {most} are taken", items.len()));
            return;
        }
        for (index, item) in items.iter_mut().enumerate() {
            self.table(item, shape, &path.index(index));
        }
    }

    fn settings(&mut self, item: &mut Item, path: &Path) {
        let Value::Table(entries) = &mut item.value else { return };
        entries.retain(|entry| entry.item.value != Value::Null);
        if entries.len() > 200 {
            self.report(item.line, path, "names more than 200 settings");
        }
        for entry in entries {
            let outcome = match &entry.item.value {
                Value::Text(text) | Value::Bare(text) if text.len() > 10_000 => Err("is longer than 10000 bytes"),
                Value::Text(_) | Value::Bare(_) | Value::Integer(_) | Value::Flag(_) => Ok(()),
                _ => Err("must be text, a whole number, or true or false"),
            };
            if let Err(message) = outcome {
                self.report(entry.line, &path.key(&entry.key), message);
            }
        }
    }
}

/// The rule for names: 1 to 63 bytes, no control characters, nothing that turns the direction of what the laboratory
/// writes after it, no blanks around, and none of the reserved words where it is a node or a client
/// that gets the name (`proxy`, `store` and `operator` are actors, `all` means every link).
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        Err("a name must not be empty".to_owned())
    } else if name.len() > super::shape::MAX_NAME {
        Err(format!("a name has at most {} bytes", super::shape::MAX_NAME))
    } else if name.chars().any(char::is_control) {
        Err("a name must not hold control characters".to_owned())
    } else if name.contains(is_turning) {
        Err("a name must not hold characters that turn the writing's direction".to_owned())
    } else if name.trim() != name {
        Err("a name must not begin or end with a blank".to_owned())
    } else {
        Ok(())
    }
}

fn is_turning(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn check_pair(items: &[Item]) -> Result<(), String> {
    let names: Vec<_> = items.iter().filter_map(|item| item.value.as_text()).collect();
    if items.len() != 2 || names.len() != 2 {
        return Err("must be two names, as [\"db1\", \"db2\"]".to_owned());
    }
    names.into_iter().try_for_each(check_name)
}

fn check_texts(items: &[Item], most: usize, bytes: usize) -> Result<(), String> {
    if items.len() > most {
        return Err(format!("has {} entries; at most {most} are taken", items.len()));
    }
    items.iter().try_for_each(|item| match &item.value {
        Value::Text(text) if text.len() > bytes => Err(format!("has a text of more than {bytes} bytes")),
        Value::Text(_) => Ok(()),
        other => Err(format!("must be a list of texts, and has {} in it", other.kind())),
    })
}

fn check_seeds(items: &[Item], most: usize) -> Result<(), String> {
    if items.len() > most {
        return Err(format!("has {} entries; at most {most} are taken", items.len()));
    }
    items.iter().try_for_each(|item| match &item.value {
        Value::Integer(seed) if (0..=i128::from(MAX_SEED)).contains(seed) => Ok(()),
        _ => Err(format!("must be whole numbers from 0 to {MAX_SEED}")),
    })
}

/// What bare text from a command line stands for, where a key takes something other than text.
fn coerce(value: &Value, takes: Type) -> Option<Value> {
    let Value::Bare(text) = value else { return None };
    match takes {
        Type::Flag => match text.as_str() {
            "true" => Some(Value::Flag(true)),
            "false" => Some(Value::Flag(false)),
            _ => None,
        },
        Type::Integer(..) | Type::Size | Type::Rate if text.parse::<i128>().is_ok() => {
            text.parse().ok().map(Value::Integer)
        }
        Type::Pair
        | Type::PairOrAll
        | Type::Texts(..)
        | Type::Seeds(_)
        | Type::Settings
        | Type::Weights
        | Type::Table(_)
        | Type::Tables(..) => bare_value(value).or_else(|| Some(Value::Text(text.clone()))),
        _ => Some(Value::Text(text.clone())),
    }
}

/// A list or a table written on a command line as TOML writes it.
fn bare_value(value: &Value) -> Option<Value> {
    let Value::Bare(text) = value else { return None };
    if text.starts_with(['[', '{']) { toml_reader::read_value(text) } else { None }
}

/// A doc sentence as the rest of a message: lower case, no full stop.
fn sentence(doc: &str) -> String {
    let mut chars = doc.chars();
    let first = chars.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(chars).collect::<String>().trim_end_matches('.').to_owned()
}
