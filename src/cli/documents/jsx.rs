//! The little JavaScript that attributes in JSX are written in.

/// What an expression is that needs no program to be known: a text in quotation marks, a template without holes, a number.
pub(super) fn literal(code: &str) -> Option<String> {
    let code = code.trim();
    let mark = code.chars().next()?;
    if matches!(mark, '"' | '\'' | '`') {
        let inner = code.strip_prefix(mark)?.strip_suffix(mark)?;
        return unescaped(inner, mark);
    }
    let is_number = code.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && code.parse::<f64>().is_ok();
    is_number.then(|| code.to_owned())
}

fn unescaped(inner: &str, mark: char) -> Option<String> {
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next()? {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                'r' => text.push('\r'),
                '\n' => {}
                // Numbers of characters are more than anybody writes here.
                'x' | 'u' | '0'..='9' => return None,
                other => text.push(other),
            },
            // It ends before its end: there is more than one text.
            c if c == mark => return None,
            '$' if mark == '`' && chars.peek() == Some(&'{') => return None,
            c => text.push(c),
        }
    }
    Some(text)
}

/// Whether all brackets are closed, as far as can be told without reading JavaScript.
pub(super) fn is_balanced(code: &str) -> bool {
    let mut depth = 0_u32;
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '"' | '\'' | '`' => {
                let mut ended = false;
                while let Some(inner) = chars.next() {
                    match inner {
                        '\\' => drop(chars.next()),
                        inner if inner == c => {
                            ended = true;
                            break;
                        }
                        // Only a template goes over lines; this was an apostrophe.
                        '\n' if c != '`' => {
                            ended = true;
                            break;
                        }
                        _ => {}
                    }
                }
                if !ended {
                    return false;
                }
            }
            '/' if chars.peek() == Some(&'/') => while chars.next().is_some_and(|inner| inner != '\n') {},
            _ => {}
        }
    }
    depth == 0
}
