//! A tree as TOML, laid out as a person would write it: plain keys first, then tables, lists of tables as `[[…]]`,
//! and what is nested deeper on one line.

use std::fmt::Write;

use super::tree::{Entry, Value};

/// The TOML of a tree that is a table.
pub(crate) fn print(root: &Value) -> String {
    let mut out = String::new();
    for entry in root.entries() {
        if !is_section(&entry.item.value) {
            line(&mut out, entry);
        }
    }
    for Entry { key, item, .. } in root.entries() {
        match &item.value {
            Value::Table(entries) => section(&mut out, &format!("[{}]", bare_or_quoted(key)), entries),
            Value::List(items) if is_section(&item.value) => {
                for item in items {
                    section(&mut out, &format!("[[{}]]", bare_or_quoted(key)), item.value.entries());
                }
            }
            _ => {}
        }
    }
    out
}

/// One value as TOML, on one line.
pub(crate) fn inline_text(value: &Value) -> String {
    let mut out = String::new();
    inline(&mut out, value);
    out
}

fn is_section(value: &Value) -> bool {
    match value {
        Value::Table(_) => true,
        Value::List(items) => !items.is_empty() && items.iter().all(|item| matches!(item.value, Value::Table(_))),
        _ => false,
    }
}

fn section(out: &mut String, head: &str, entries: &[Entry]) {
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str(head);
    out.push('\n');
    for entry in entries {
        line(out, entry);
    }
}

fn line(out: &mut String, entry: &Entry) {
    out.push_str(&bare_or_quoted(&entry.key));
    out.push_str(" = ");
    match &entry.item.value {
        Value::Text(text) if text.contains('\n') => long_text(out, text),
        // A list of tables has a line each.
        value @ Value::List(items) if is_section(value) => {
            out.push('[');
            for item in items {
                out.push_str("\n    ");
                inline(out, &item.value);
                out.push(',');
            }
            out.push_str("\n]");
        }
        value => inline(out, value),
    }
    out.push('\n');
}

fn inline(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("\"\""),
        Value::Flag(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Integer(number) => {
            // Writing into a string cannot fail.
            let _ = write!(out, "{number}");
        }
        Value::Text(text) | Value::Bare(text) | Value::Other(text) => quoted(out, text),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                inline(out, &item.value);
            }
            out.push(']');
        }
        Value::Table(entries) => {
            out.push('{');
            for (index, entry) in entries.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { " " });
                out.push_str(&bare_or_quoted(&entry.key));
                out.push_str(" = ");
                inline(out, &entry.item.value);
            }
            out.push_str(if entries.is_empty() { "}" } else { " }" });
        }
    }
}

fn bare_or_quoted(key: &str) -> String {
    if !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        return key.to_owned();
    }
    let mut out = String::new();
    quoted(&mut out, key);
    out
}

fn quoted(out: &mut String, text: &str) {
    // Text with quotes of the one kind and nothing that needs an escape is plainest between the other kind.
    if text.contains(['"', '\\']) && !text.contains('\'') && !text.chars().any(char::is_control) {
        out.push('\'');
        out.push_str(text);
        out.push('\'');
        return;
    }
    out.push('"');
    for c in text.chars() {
        escaped(out, c);
    }
    out.push('"');
}

/// Text of several lines between three quotes. A line break right after the opening ones is no part of it.
fn long_text(out: &mut String, text: &str) {
    out.push_str("\"\"\"\n");
    for c in text.chars() {
        if c == '\n' { out.push('\n') } else { escaped(out, c) }
    }
    out.push_str("\"\"\"");
}

fn escaped(out: &mut String, c: char) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\t' => out.push_str("\\t"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        c if c.is_control() => {
            let _ = write!(out, "\\u{:04X}", u32::from(c));
        }
        c => out.push(c),
    }
}
