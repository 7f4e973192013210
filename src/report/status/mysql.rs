//! Results as the `mysql` client of 8.4 prints them. The time that a statement took is that of a stopped clock.

use std::fmt;

use crate::engine::storage::{Outcome, Value};

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Blob(bytes) => bytes.iter().fold("0x".to_owned(), |text, byte| text + &format!("{byte:02X}")),
        value => value.to_string(),
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn footer(rows: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match rows {
        0 => write!(f, "Empty set (0.00 sec)"),
        1 => write!(f, "1 row in set (0.00 sec)"),
        rows => write!(f, "{rows} rows in set (0.00 sec)"),
    }
}

/// How wide each column is.
pub(super) fn widths(outcome: &Outcome, least: &[usize]) -> Vec<usize> {
    let columns = outcome.columns.iter().enumerate();
    let wide = columns.map(|(column, title)| {
        let widest = outcome.rows.iter().filter_map(|row| row.get(column)).map(|cell| width(&shown(cell))).max();
        widest.unwrap_or(0).max(width(title)).max(least.get(column).copied().unwrap_or(0))
    });
    wide.collect()
}

/// The boxed table.
pub(super) fn table(outcome: &Outcome, widths: &[usize], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if outcome.rows.is_empty() {
        return footer(0, f);
    }
    let cells: Vec<Vec<String>> = outcome.rows.iter().map(|row| row.iter().map(shown).collect()).collect();
    let right: Vec<bool> = (0..widths.len())
        .map(|column| {
            let mut values = outcome.rows.iter().filter_map(|row| row.get(column)).filter(|v| !v.is_null()).peekable();
            values.peek().is_some() && values.all(|value| matches!(value, Value::Integer(_) | Value::Real(_)))
        })
        .collect();
    let rule = widths.iter().fold("+".to_owned(), |rule, wide| rule + &"-".repeat(wide + 2) + "+");
    writeln!(f, "{rule}")?;
    for (title, wide) in outcome.columns.iter().zip(widths) {
        write!(f, "| {title:<wide$} ")?;
    }
    writeln!(f, "|\n{rule}")?;
    for row in &cells {
        for ((cell, wide), right) in row.iter().zip(widths).zip(&right) {
            match right {
                true => write!(f, "| {cell:>wide$} ")?,
                false => write!(f, "| {cell:<wide$} ")?,
            }
        }
        writeln!(f, "|")?;
    }
    writeln!(f, "{rule}")?;
    footer(outcome.rows.len(), f)
}

/// `\G`.
pub(super) fn vertical(outcome: &Outcome, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let names = outcome.columns.iter().map(|title| width(title)).max().unwrap_or(0);
    for (index, row) in outcome.rows.iter().enumerate() {
        let stars = "*".repeat(27);
        writeln!(f, "{stars} {}. row {stars}", index + 1)?;
        for (title, value) in outcome.columns.iter().zip(row) {
            writeln!(f, "{title:>names$}: {}", shown(value))?;
        }
    }
    footer(outcome.rows.len(), f)
}
