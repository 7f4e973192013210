//! `my.cnf`.

use super::{File, Raw, Remark, Value};
use crate::engine::flavor::Flavor;
use crate::engine::settings::Spec;

/// Takes the lines apart. What is no setting of the server goes to `file`.
pub(super) fn lines(text: &str, file: &mut File) -> Vec<Raw> {
    let mut raws = Vec::new();
    let mut group: Option<String> = None;
    for (index, text) in text.lines().enumerate() {
        let line = index + 1;
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() || text.starts_with(['#', ';']) {
            continue;
        }
        if let Some(rest) = text.strip_prefix('[') {
            match rest.split_once(']') {
                Some((name, _)) => group = Some(name.trim().to_ascii_lowercase()),
                None => file.problems.push(Remark {
                    line,
                    text: format!("Wrong group definition in config file my.cnf at line {line}"),
                }),
            }
            continue;
        }
        if text.starts_with("!include") {
            file.others.push(Remark { line, text: "files that others include are not modelled".to_owned() });
            continue;
        }
        let Some(group) = &group else {
            let text = format!("Found option without preceding group in config file my.cnf at line {line}");
            file.problems.push(Remark { line, text });
            continue;
        };
        let (name, value) = option(without_comment(text));
        if !["mysqld", "server", "mysqld-8.4"].contains(&group.as_str()) {
            file.others.push(Remark { line, text: format!("{name} is for [{group}], not for the server") });
            continue;
        }
        raws.push(Raw { line, name, value });
    }
    raws
}

/// A name as the server knows it, and its value.
fn option(text: &str) -> (String, Value) {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    let mut name = name.trim().to_ascii_lowercase().replace('-', "_");
    if let Some(rest) = name.strip_prefix("loose_") {
        name = rest.to_owned();
    }
    if let Some(value) = value {
        return (name, Value::Given(unquoted(value.trim())));
    }
    // `skip_…` is also how real names begin; only a name that is not known as it stands is taken apart.
    let known = |name: &str| Spec::find(Flavor::Mysql, name).is_ok();
    if !known(&name) {
        for (prefix, off) in [("skip_", true), ("disable_", true), ("enable_", false)] {
            if let Some(rest) = name.strip_prefix(prefix).filter(|rest| known(rest)) {
                return (rest.to_owned(), if off { Value::Off } else { Value::Bare });
            }
        }
    }
    (name, Value::Bare)
}

/// A comment may begin in the middle of a line, outside of quotes.
fn without_comment(text: &str) -> &str {
    let mut quote = None;
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match (character, quote) {
            _ if escaped => escaped = false,
            ('\\', _) => escaped = true,
            ('\'' | '"', None) => quote = Some(character),
            (character, Some(open)) if character == open => quote = None,
            ('#', None) => return text[..at].trim_end(),
            _ => {}
        }
    }
    text
}

/// A value without the quotes around it, and with its escapes resolved.
fn unquoted(value: &str) -> String {
    let inner = ['\'', '"'].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(value);
    let mut text = String::new();
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('b') => text.push('\u{8}'),
                Some('t') => text.push('\t'),
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some('s') => text.push(' '),
                Some('\\') | None => text.push('\\'),
                Some(other) => {
                    text.push('\\');
                    text.push(other);
                }
            },
            other => text.push(other),
        }
    }
    text
}
