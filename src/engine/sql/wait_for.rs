//! Statements that wait until the server has come to a position: PostgreSQL 19's `WAIT FOR LSN`, MySQL's
//! `SELECT WAIT_FOR_EXECUTED_GTID_SET(…)`.
//!
//! The laboratory's PostgreSQL is 15 in all else, which has no such statement; `WAIT FOR` is as the documentation of
//! PostgreSQL 19 has it (`WAIT FOR`, "Synopsis"), with the words of its `wait.c`.

use super::lexer::{Lexer, Token, TokenKind};
use crate::engine::flavor::Flavor;
use crate::engine::gtid::GtidSet;
use crate::engine::log::Lsn;
use crate::engine::storage::SqlError;

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `WAIT FOR LSN`.
    Lsn(Lsn, WaitMode),
    /// `WAIT_FOR_EXECUTED_GTID_SET`; `None` is `NULL`.
    Gtids(Option<GtidSet>),
}

/// `MODE` of `WAIT FOR LSN`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WaitMode {
    /// Applied on a standby.
    #[default]
    StandbyReplay,
    /// With a standby's operating system.
    StandbyWrite,
    /// Durable on a standby.
    StandbyFlush,
    /// Durable on a primary.
    PrimaryFlush,
}

impl WaitMode {
    /// Its name, as the server's messages have it, and what is done to the position.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            WaitMode::StandbyReplay => ("standby_replay", "replayed"),
            WaitMode::StandbyWrite => ("standby_write", "written"),
            WaitMode::StandbyFlush => ("standby_flush", "flushed"),
            WaitMode::PrimaryFlush => ("primary_flush", "flushed"),
        }
    }
}

/// A statement that waits for a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitFor {
    /// What is waited for.
    pub target: Target,
    /// For how long, in microseconds; 0 is without end.
    pub timeout_us: u64,
    /// Whether a wait in vain is an answer rather than an error.
    pub no_throw: bool,
    /// The name of the answer's column.
    pub column: String,
}

/// Reads such a statement; `None` when it is anything else.
///
/// # Errors
/// The server's error for what is wrong with it.
#[must_use]
pub fn wait_for(text: &str, flavor: Flavor) -> Option<Result<WaitFor, SqlError>> {
    match flavor {
        Flavor::Postgresql => {
            let first = Lexer::new(text, flavor).next()?;
            first.is("WAIT").then(|| wait_for_lsn(text))?
        }
        Flavor::Mysql => {
            const NAME: &[u8] = b"wait_for_executed_gtid_set";
            let named = text.as_bytes().windows(NAME.len()).any(|part| part.eq_ignore_ascii_case(NAME));
            named.then(|| wait_for_gtids(text))?
        }
    }
}

fn tokens(text: &str, flavor: Flavor) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Lexer::new(text, flavor).collect();
    while tokens.last().is_some_and(|token| token.is_sign(';')) {
        tokens.pop();
    }
    tokens
}

fn wait_for_lsn(text: &str) -> Option<Result<WaitFor, SqlError>> {
    let tokens = tokens(text, Flavor::Postgresql);
    let [wait, of, lsn, target, rest @ ..] = tokens.as_slice() else { return None };
    if !wait.is("WAIT") || !of.is("FOR") || !lsn.is("LSN") || target.kind != TokenKind::Text {
        return None;
    }
    let options = match rest {
        [] => None,
        [with, open, options @ .., close] if with.is("WITH") && open.is_sign('(') && close.is_sign(')') => {
            Some(options)
        }
        [token, ..] => return Some(Err(syntax(token.text))),
    };
    let literal = target.content(Flavor::Postgresql);
    let Ok(lsn) = literal.parse::<Lsn>() else {
        let message = format!("invalid input syntax for type pg_lsn: \"{literal}\"");
        return Some(Err(SqlError::new("22P02", message)));
    };
    let mut wait = WaitFor {
        target: Target::Lsn(lsn, WaitMode::default()),
        timeout_us: 0,
        no_throw: false,
        column: "status".to_owned(),
    };
    let mut seen: Vec<String> = Vec::new();
    for option in options.into_iter().flat_map(|options| options.split(|token| token.is_sign(','))) {
        let Some((name, value)) = option.split_first() else { return Some(Err(syntax(")"))) };
        let name = name.content(Flavor::Postgresql).to_lowercase();
        if seen.contains(&name) {
            return Some(Err(SqlError::new("42601", "conflicting or redundant options")));
        }
        if let Err(error) = wait.option(&name, value) {
            return Some(Err(error));
        }
        seen.push(name);
    }
    Some(Ok(wait))
}

fn syntax(near: &str) -> SqlError {
    SqlError::new("42601", format!("syntax error at or near \"{near}\""))
}

impl WaitFor {
    /// One option of `WITH (…)`.
    fn option(&mut self, name: &str, value: &[Token<'_>]) -> Result<(), SqlError> {
        let invalid = |message: String| Err(SqlError::new("22023", message));
        let value = match value {
            [] => None,
            [value] => Some(value.content(Flavor::Postgresql)),
            [_, second, ..] => return Err(syntax(second.text)),
        };
        let needed = || SqlError::new("42601", format!("{name} requires a parameter"));
        match name {
            "mode" => {
                let text = value.ok_or_else(needed)?;
                let modes =
                    [WaitMode::StandbyReplay, WaitMode::StandbyWrite, WaitMode::StandbyFlush, WaitMode::PrimaryFlush];
                let Some(mode) = modes.into_iter().find(|mode| mode.words().0.eq_ignore_ascii_case(&text)) else {
                    return invalid(format!("unrecognized value for WAIT option \"mode\": \"{text}\""));
                };
                if let Target::Lsn(_, of) = &mut self.target {
                    *of = mode;
                }
            }
            "timeout" => {
                let text = value.ok_or_else(needed)?;
                match milliseconds(&text) {
                    Some(us) if us > i64::from(i32::MAX) * 1_000 => {
                        return Err(SqlError::new("22003", "timeout value is out of range"));
                    }
                    Some(us) => match u64::try_from(us) {
                        Ok(us) => self.timeout_us = us,
                        Err(_) => return invalid("timeout cannot be negative".to_owned()),
                    },
                    None => return invalid(format!("invalid timeout value: \"{text}\"")),
                }
            }
            "no_throw" => match value.as_deref().map(str::to_lowercase).as_deref() {
                None | Some("true" | "on" | "1") => self.no_throw = true,
                Some("false" | "off" | "0") => self.no_throw = false,
                Some(_) => return Err(SqlError::new("42601", "no_throw requires a Boolean value")),
            },
            _ => return Err(SqlError::new("42601", format!("option \"{name}\" not recognized"))),
        }
        Ok(())
    }
}

/// Microseconds of a number of milliseconds, or of a number with one of PostgreSQL's units; whole milliseconds.
fn milliseconds(text: &str) -> Option<i64> {
    let text = text.trim();
    let at = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let unit_us: i64 = match unit.trim() {
        "us" => 1,
        "" | "ms" => 1_000,
        "s" => 1_000_000,
        "min" => 60_000_000,
        "h" => 3_600_000_000,
        "d" => 86_400_000_000,
        _ => return None,
    };
    let us = decimal_us(number, unit_us)?;
    Some((us + us.signum() * 500) / 1_000 * 1_000)
}

/// A decimal number of a unit, in microseconds.
fn decimal_us(number: &str, unit_us: i64) -> Option<i64> {
    let (negative, digits) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if (whole.is_empty() && fraction.is_empty()) || whole.len() + fraction.len() >= 18 {
        return None;
    }
    let plain = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<i64>().ok() };
    let (whole, scale) = (plain(whole)?, 10_i64.checked_pow(u32::try_from(fraction.len()).ok()?)?);
    let part = i128::from(plain(fraction)?) * i128::from(unit_us) / i128::from(scale);
    let us = whole.checked_mul(unit_us)?.checked_add(i64::try_from(part).ok()?)?;
    Some(if negative { -us } else { us })
}

fn wait_for_gtids(text: &str) -> Option<Result<WaitFor, SqlError>> {
    let tokens = tokens(text, Flavor::Mysql);
    let [select, name, open, arguments @ .., close] = tokens.as_slice() else { return None };
    if !select.is("SELECT") || !name.is("WAIT_FOR_EXECUTED_GTID_SET") || !open.is_sign('(') || !close.is_sign(')') {
        return None;
    }
    if arguments.iter().any(|token| token.is_sign('(') || token.is_sign(')')) {
        return None;
    }
    let wrong = |code, number, message: String| Some(Err(SqlError { number, ..SqlError::new(code, message) }));
    let (set, timeout) = match arguments.split(|token| token.is_sign(',')).collect::<Vec<_>>().as_slice() {
        [[set]] => (*set, None),
        [[set], [timeout]] => (*set, Some(timeout.content(Flavor::Mysql))),
        _ => {
            let message = "Incorrect parameter count in the call to native function 'WAIT_FOR_EXECUTED_GTID_SET'";
            return wrong("42000", 1582, message.to_owned());
        }
    };
    let gtids = match set.kind {
        TokenKind::Text => match set.content(Flavor::Mysql).parse::<GtidSet>() {
            Ok(gtids) => Some(gtids),
            Err(error) => return wrong("HY000", error.number(), error.to_string()),
        },
        _ if set.is("NULL") => None,
        _ => return None,
    };
    let timeout_us = match timeout {
        None => 0,
        Some(text) => match decimal_us(&text, 1_000_000).and_then(|us| u64::try_from(us).ok()) {
            Some(us) => us,
            None => {
                let message = "Incorrect arguments to WAIT_FOR_EXECUTED_GTID_SET.";
                return wrong("HY000", 1210, message.to_owned());
            }
        },
    };
    let column = text.get(name.start..close.end()).unwrap_or_default().to_owned();
    Some(Ok(WaitFor { target: Target::Gtids(gtids), timeout_us, no_throw: true, column }))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn postgresql(text: &str) -> Option<Result<WaitFor, String>> {
        wait_for(text, Flavor::Postgresql).map(|wait| wait.map_err(|error| format!("{} {}", error.code, error.message)))
    }

    #[test]
    fn wait_for_lsn_is_read_with_its_options() {
        let wait = postgresql("WAIT FOR LSN '0/306EE20' WITH (MODE 'standby_flush', TIMEOUT '0.1s', NO_THROW);");
        let wait = wait.and_then(Result::ok).expect("it is one");
        assert_eq!(wait.target, Target::Lsn(Lsn(0x306_EE20), WaitMode::StandbyFlush));
        assert_eq!((wait.timeout_us, wait.no_throw), (100_000, true));
        let plain = postgresql("wait for lsn '0/1'").and_then(Result::ok).expect("it is one");
        assert_eq!((plain.timeout_us, plain.no_throw), (0, false));
        let milliseconds = postgresql("WAIT FOR LSN '0/1' WITH (TIMEOUT 250)").and_then(Result::ok);
        assert_eq!(milliseconds.expect("it is one").timeout_us, 250_000);
        assert_eq!(postgresql("SELECT 1"), None);
    }

    #[test]
    fn what_is_wrong_is_said_in_the_servers_words() {
        let said = |text: &str| postgresql(text).expect("it is one").expect_err("it is wrong");
        assert_eq!(said("WAIT FOR LSN 'x'"), "22P02 invalid input syntax for type pg_lsn: \"x\"");
        assert_eq!(said("WAIT FOR LSN '0/1' WITH (TIMEOUT '-1')"), "22023 timeout cannot be negative");
        assert_eq!(said("WAIT FOR LSN '0/1' WITH (TIMEOUT '1 week')"), "22023 invalid timeout value: \"1 week\"");
        assert_eq!(said("WAIT FOR LSN '0/1' WITH (FOO)"), "42601 option \"foo\" not recognized");
        assert_eq!(said("WAIT FOR LSN '0/1' WITH (NO_THROW, NO_THROW)"), "42601 conflicting or redundant options");
        assert_eq!(
            said("WAIT FOR LSN '0/1' WITH (MODE 'x')"),
            "22023 unrecognized value for WAIT option \"mode\": \"x\""
        );
    }

    #[test]
    fn the_function_of_mysql_is_read() {
        let text = "SELECT WAIT_FOR_EXECUTED_GTID_SET('3E11FA47-71CA-11E1-9E33-C80AA9429562:1-5', 1.5)";
        let wait = wait_for(text, Flavor::Mysql).and_then(Result::ok).expect("it is one");
        assert_eq!(wait.timeout_us, 1_500_000);
        assert_eq!(wait.column, &text[7..]);
        let wrong = wait_for("SELECT WAIT_FOR_EXECUTED_GTID_SET('x')", Flavor::Mysql).expect("it is one");
        assert_eq!(wrong.expect_err("it is wrong").number, 1772);
        assert!(wait_for("SELECT 'wait_for_executed_gtid_set'", Flavor::Mysql).is_none());
    }
}
