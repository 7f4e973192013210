//! `postgresql.conf`. Syntax errors are those that 15.18 wrote to its log.

use super::{File, Raw, Remark, Value};

/// Takes the lines apart. What is no setting goes to `file`.
pub(super) fn lines(text: &str, file: &mut File) -> Vec<Raw> {
    let mut raws = Vec::new();
    for (index, text) in text.lines().enumerate() {
        let line = index + 1;
        match one(text) {
            Ok(None) => {}
            Ok(Some((name, value))) if ["include", "include_dir", "include_if_exists"].contains(&name.as_str()) => {
                file.others.push(Remark {
                    line,
                    text: format!("{name} '{value}': files that others include are not modelled"),
                });
            }
            Ok(Some((name, value))) => raws.push(Raw { line, name, value: Value::Given(value) }),
            Err(near) => {
                let near = near.map_or("end of line".to_owned(), |token| format!("token \"{token}\""));
                let text = format!("syntax error in file \"postgresql.conf\" line {line}, near {near}");
                file.problems.push(Remark { line, text });
            }
        }
    }
    raws
}

/// A line: nothing, or a name and a value; or the token that does not belong there (`None`: the line's end).
fn one(text: &str) -> Result<Option<(String, String)>, Option<String>> {
    let text = text.trim_start_matches('\u{feff}');
    let rest = text.trim_start_matches([' ', '\t', '\r', '\u{c}']);
    if rest.is_empty() || rest.starts_with('#') {
        return Ok(None);
    }
    let (name, rest) = rest.split_at(rest.find(|c: char| !is_name(c) && c != '.').unwrap_or(rest.len()));
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Err(Some(token(if name.is_empty() { rest } else { name })));
    }
    let rest = blank(rest);
    let rest = rest.strip_prefix('=').map_or(rest, blank);
    let is_quoted = rest.starts_with('\'');
    let (value, rest) = match rest.strip_prefix('\'') {
        Some(body) => quoted_value(body).ok_or_else(|| Some(token(rest)))?,
        None => {
            let end = unquoted_length(rest);
            (rest[..end].to_owned(), &rest[end..])
        }
    };
    let behind = blank(rest);
    match () {
        () if value.is_empty() && !is_quoted => {
            Err((!behind.is_empty() && !behind.starts_with('#')).then(|| token(behind)))
        }
        () if behind.is_empty() || behind.starts_with('#') => Ok(Some((name.to_ascii_lowercase(), value))),
        () => Err(Some(token(behind))),
    }
}

/// How long a value without quotes is: a word, a whole number with the letters of a unit, or a number with a fraction,
/// which takes no unit.
fn unquoted_length(text: &str) -> usize {
    let run = |from: usize, takes: fn(char) -> bool| {
        from + text[from..].find(|c: char| !takes(c)).unwrap_or(text.len() - from)
    };
    if text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()) {
        return run(0, |c| is_name(c) && c != '$' || "-._:/".contains(c));
    }
    let sign = usize::from(text.starts_with(['+', '-']));
    let digits = match text[sign..].strip_prefix("0x") {
        Some(_) => run(sign + 2, |c| c.is_ascii_hexdigit()),
        None => run(sign, |c| c.is_ascii_digit()),
    };
    match text[digits..].starts_with('.') {
        true => run(digits + 1, |c| c.is_ascii_digit()),
        false if digits > sign => run(digits, |c| c.is_ascii_alphabetic()),
        false => 0,
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

fn blank(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\r', '\u{c}'])
}

/// The first word of what does not belong there.
fn token(text: &str) -> String {
    let end = text.find(|c: char| !is_name(c)).unwrap_or(text.len());
    let first = text.chars().next().map_or(0, char::len_utf8);
    text[..end.max(first)].to_owned()
}

/// A value behind its opening quote, and what follows it; `None` when it is not closed. (`DeescapeQuotedString`.)
fn quoted_value(body: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = body.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '\'' if characters.peek().is_some_and(|(_, next)| *next == '\'') => {
                characters.next();
                value.push('\'');
            }
            '\'' => return Some((value, &body[at + 1..])),
            '\\' => match characters.next()?.1 {
                'b' => value.push('\u{8}'),
                'f' => value.push('\u{c}'),
                'n' => value.push('\n'),
                'r' => value.push('\r'),
                't' => value.push('\t'),
                digit @ '0'..='7' => {
                    let mut number = digit.to_digit(8).unwrap_or(0);
                    for _ in 0..2 {
                        if let Some((_, next)) = characters.peek()
                            && let Some(digit) = next.to_digit(8)
                        {
                            number = number * 8 + digit;
                            characters.next();
                        }
                    }
                    value.push(char::from_u32(number & 0xff).unwrap_or('\u{fffd}'));
                }
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}

/// A value as a file must say it: in quotes, unless it is a number or a word.
pub(super) fn quoted(value: &str) -> String {
    let plain = !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain {
        return value.to_owned();
    }
    let mut text = String::from("'");
    for character in value.chars() {
        match character {
            '\'' => text.push_str("''"),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            character => text.push(character),
        }
    }
    text.push('\'');
    text
}
