//! MySQL's `SHOW` statements.

use crate::engine::facts::{Facts, mysql};
use crate::engine::flavor::Flavor;
use crate::engine::sql::{Lexer, Token, TokenKind};
use crate::engine::storage::{DATABASE_NAME, Database, Outcome, SqlError, Value};

type Rows = Vec<Vec<Value>>;

/// Answers a `SHOW`; `text` is the whole statement.
///
/// # Errors
/// The server's, for one that it or the laboratory does not know.
pub(super) fn show(text: &str, facts: &Facts, database: &mut Database) -> Result<Outcome, SqlError> {
    let flavor = Flavor::Mysql;
    let mut tokens: Vec<Token<'_>> = Lexer::new(text, flavor).skip(1).collect();
    // The client's own end of a statement, which some people type here, too.
    while tokens.last().is_some_and(|token| token.is_sign(';')) {
        tokens.pop();
    }
    if let [.., backslash, g] = tokens[..]
        && backslash.is_sign('\\')
        && g.is("G")
    {
        tokens.truncate(tokens.len() - 2);
    }
    let words: Vec<String> = tokens.iter().map(|token| token.text.to_ascii_uppercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (global, rest) = match words[..] {
        ["GLOBAL", ref rest @ ..] => (true, rest),
        ["SESSION" | "LOCAL", ref rest @ ..] => (false, rest),
        ref rest => (false, rest),
    };
    let behind = tokens.get(tokens.len() - rest.len() + 1..).unwrap_or_default();
    let named = &["Variable_name", "Value"][..];
    match *rest {
        ["VARIABLES", ..] => filtered(text, behind, (named, mysql::show_variables(facts, global)), database),
        ["STATUS", ..] => filtered(text, behind, (named, mysql::show_status(facts)), database),
        ["BINARY", "LOGS"] => Ok(outcome(mysql::show_binary_logs(facts))),
        ["BINARY", "LOG", "STATUS"] => Ok(outcome(mysql::show_binary_log_status(facts))),
        ["REPLICA", "STATUS"] => Ok(outcome(mysql::show_replica_status(facts))),
        ["REPLICAS"] => Ok(outcome(mysql::show_replicas(facts))),
        ["TABLES"] => {
            let rows = database.tables().iter().map(|table| vec![table.as_str().into()]).collect();
            let columns = vec![format!("Tables_in_{DATABASE_NAME}")];
            Ok(Outcome { columns, rows, ..Outcome::default() })
        }
        // What 8.4 has taken out, it does not parse.
        ["MASTER", ..] | ["SLAVE", ..] => Err(syntax(text, tokens.first())),
        _ => Err(not_modelled(&words)),
    }
}

fn not_modelled(words: &[&str]) -> SqlError {
    let message = format!("SHOW {} is not modelled", words.join(" "));
    SqlError { number: 1235, ..SqlError::new("42000", message) }
}

fn syntax(text: &str, at: Option<&Token<'_>>) -> SqlError {
    let near = at.and_then(|token| text.get(token.start..)).unwrap_or_default();
    let message = format!(
        "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the \
         right syntax to use near '{near}' at line 1"
    );
    SqlError { number: 1064, ..SqlError::new("42000", message) }
}

fn outcome((columns, rows): mysql::Shown) -> Outcome {
    Outcome { columns: columns.iter().map(|name| (*name).to_owned()).collect(), rows, ..Outcome::default() }
}

/// `LIKE 'pattern'`, `WHERE condition` on the columns.
fn filtered(
    text: &str,
    behind: &[Token<'_>],
    (columns, rows): (&'static [&'static str], Rows),
    database: &mut Database,
) -> Result<Outcome, SqlError> {
    let mut shown = outcome((columns, rows));
    match behind {
        [] => {}
        [like, pattern] if like.is("LIKE") && pattern.kind == TokenKind::Text => {
            let pattern: Vec<char> = pattern.content(Flavor::Mysql).to_lowercase().chars().collect();
            let matches = |row: &Vec<Value>| {
                let name = row.first().and_then(Value::as_text).unwrap_or_default().to_lowercase();
                is_like(&name.chars().collect::<Vec<_>>(), &pattern)
            };
            shown.rows.retain(matches);
        }
        [word, condition, ..] if word.is("WHERE") => {
            let literal = |value: &Value| format!("'{}'", value.to_string().replace('\'', "''"));
            let row = |row: &Vec<Value>| format!("({})", row.iter().map(literal).collect::<Vec<_>>().join(","));
            let rows: Vec<String> = shown.rows.iter().map(row).collect();
            let end = behind.last().map_or(text.len(), Token::end);
            let condition = text.get(condition.start..end).unwrap_or_default();
            let query = format!(
                "WITH shown({}) AS (VALUES {}) SELECT * FROM shown WHERE {condition}",
                columns.join(","),
                rows.join(",")
            );
            shown = database.query(&query)?;
        }
        [first, ..] => return Err(syntax(text, Some(first))),
    }
    Ok(shown)
}

/// SQL's `LIKE` with `%`, `_` and backslashes.
fn is_like(text: &[char], pattern: &[char]) -> bool {
    // Where each position of the pattern can have come to in the text: no pattern takes more than their product.
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    let mut characters = pattern.iter();
    while let Some(character) = characters.next() {
        let mut next = vec![false; text.len() + 1];
        match character {
            '%' => {
                let mut any = false;
                for (at, place) in next.iter_mut().enumerate() {
                    any |= reached[at];
                    *place = any;
                }
            }
            character => {
                let escaped = *character == '\\';
                let wanted = if escaped { characters.next().unwrap_or(character) } else { character };
                for at in 0..text.len() {
                    next[at + 1] = reached[at] && (!escaped && *wanted == '_' || text[at] == *wanted);
                }
            }
        }
        reached = next;
    }
    reached[text.len()]
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn patterns_are_sqls() {
        let like = |text: &str, pattern: &str| {
            is_like(&text.chars().collect::<Vec<_>>(), &pattern.chars().collect::<Vec<_>>())
        };
        assert!(like("rpl_semi_sync_source_status", "rpl_semi_sync%"));
        assert!(like("abc", "%b%") && like("abc", "a_c") && like("", "%") && like("a_c", "a\\_c"));
        assert!(!like("abc", "a\\_c") && !like("abc", "ab") && !like("", "_"));
    }
}
