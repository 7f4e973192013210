//! Results as `psql` 15 prints them (`fe_utils/print.c`, border style 1).

use std::fmt::{self, Write};

use crate::engine::storage::{Outcome, Value};

/// The lines of a cell; control characters as escapes, so that they cannot break the table.
fn lines(value: &Value) -> Vec<String> {
    let mut lines = vec![String::new()];
    for character in value.to_string().chars() {
        match character {
            '\n' => lines.push(String::new()),
            character => {
                if let Some(line) = lines.last_mut() {
                    match character {
                        '\r' => line.push_str("\\r"),
                        '\t' => line.push_str(&" ".repeat(8 - line.chars().count() % 8)),
                        c if c.is_control() => line.push_str(&format!("\\x{:02X}", u32::from(c))),
                        c => line.push(c),
                    }
                }
            }
        }
    }
    lines
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// Numbers stand to the right.
fn is_right(outcome: &Outcome, column: usize) -> bool {
    let mut values = outcome.rows.iter().filter_map(|row| row.get(column)).filter(|value| !value.is_null()).peekable();
    values.peek().is_some() && values.all(|value| matches!(value, Value::Integer(_) | Value::Real(_)))
}

fn footer(rows: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "({rows} row{})", if rows == 1 { "" } else { "s" })
}

/// How wide each column is.
pub(super) fn widths(outcome: &Outcome, least: &[usize]) -> Vec<usize> {
    let columns = outcome.columns.iter().enumerate();
    let wide = columns.map(|(column, title)| {
        let cells = outcome.rows.iter().filter_map(|row| row.get(column)).flat_map(lines);
        let widest = cells.map(|line| width(&line)).max().unwrap_or(0);
        widest.max(width(title)).max(least.get(column).copied().unwrap_or(0))
    });
    wide.collect()
}

/// `psql`'s aligned table.
pub(super) fn table(outcome: &Outcome, widths: &[usize], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let columns = outcome.columns.len();
    let cells: Vec<Vec<Vec<String>>> = outcome.rows.iter().map(|row| row.iter().map(lines).collect()).collect();
    for (column, (title, wide)) in outcome.columns.iter().zip(widths).enumerate() {
        let before = (wide - width(title)) / 2;
        let after = wide - width(title) - before;
        let bar = if column > 0 { "|" } else { "" };
        write!(f, "{bar} {}{title}{} ", " ".repeat(before), " ".repeat(after))?;
    }
    f.write_char('\n')?;
    let rules: Vec<String> = widths.iter().map(|wide| "-".repeat(wide + 2)).collect();
    writeln!(f, "{}", if columns == 0 { "--".to_owned() } else { rules.join("+") })?;
    for row in &cells {
        let height = row.iter().map(Vec::len).max().unwrap_or(0);
        for line in 0..height {
            let mut text = String::new();
            for (column, wide) in widths.iter().enumerate() {
                let cell = row.get(column);
                let content = cell.and_then(|cell| cell.get(line)).map_or("", String::as_str);
                let goes_on = cell.is_some_and(|cell| line + 1 < cell.len());
                text.push_str(if column > 0 { "| " } else { " " });
                match is_right(outcome, column) {
                    true => write!(text, "{content:>wide$}")?,
                    // Nothing pads the last column but the mark of a value that goes on.
                    false if column + 1 == columns && !goes_on => text.push_str(content),
                    false => write!(text, "{content:<wide$}")?,
                }
                match goes_on {
                    true => text.push('+'),
                    false if column + 1 < columns => text.push(' '),
                    false => {}
                }
            }
            writeln!(f, "{text}")?;
        }
    }
    footer(outcome.rows.len(), f)
}

/// `psql -x`.
pub(super) fn expanded(outcome: &Outcome, widths: &[usize], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if outcome.rows.is_empty() {
        return footer(0, f);
    }
    let names = outcome.columns.iter().map(|title| width(title)).max().unwrap_or(0);
    let values = outcome.rows.iter().flatten().flat_map(lines).map(|line| width(&line)).max().unwrap_or(0);
    // Columns that have been wider leave the rule as long as it was.
    let wider = widths.iter().zip(&outcome.columns).filter(|(wide, title)| **wide > width(title));
    let values = wider.map(|(wide, _)| *wide).fold(values, usize::max);
    for (index, row) in outcome.rows.iter().enumerate() {
        // print_aligned_vertical_line(): the record's number is laid over the rule.
        let mut rule = format!("-[ RECORD {} ]", index + 1);
        while rule.len() < names + 1 {
            rule.push('-');
        }
        for (offset, mark) in [(1, '-'), (2, '+'), (3, '-')] {
            if rule.len() < names + offset {
                rule.push(mark);
            }
        }
        while rule.len() < names + 3 + values {
            rule.push('-');
        }
        if index > 0 {
            f.write_char('\n')?;
        }
        f.write_str(&rule)?;
        for (title, value) in outcome.columns.iter().zip(row) {
            let lines = lines(value);
            for (at, line) in lines.iter().enumerate() {
                let title = if at == 0 { title } else { "" };
                let text = match at + 1 < lines.len() {
                    true => format!("{title:<names$} | {line:<values$}+"),
                    false => format!("{title:<names$} | {line}"),
                };
                write!(f, "\n{text}")?;
            }
        }
    }
    f.write_char('\n')
}
