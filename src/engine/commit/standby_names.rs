//! `synchronous_standby_names`: which standbys a commit waits for.
//!
//! The language, its errors and their texts are those of PostgreSQL 15 (`syncrep_scanner.l`, `syncrep_gram.y` and
//! `check_synchronous_standby_names`; a 15.18 server was asked, see `tests/data/postgresql-15-settings.txt`):
//!
//! ```text
//! rule  :=  list  |  n ( list )  |  FIRST n ( list )  |  ANY n ( list )
//! list  :=  name , name , …        name  :=  identifier  |  "quoted"  |  digits  |  *
//! ```

use std::fmt;

use super::super::settings::SettingError;

/// The setting's name, for its errors.
const NAME: &str = "synchronous_standby_names";

/// How standbys are chosen among those that are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// The first in the list that are connected; the others stand by (`sync`, `potential`).
    #[default]
    First,
    /// Any of them (`quorum`).
    Any,
}

/// A parsed `synchronous_standby_names`. The default is empty: commits wait for nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct StandbyRule {
    method: Method,
    num_sync: u32,
    names: Vec<String>,
}

impl StandbyRule {
    /// Reads a rule as the server does.
    ///
    /// # Errors
    /// The server's error for text that is no rule, or asks for no standby.
    pub fn parse(text: &str) -> Result<StandbyRule, SettingError> {
        // The server looks at the empty text no further, while blanks are a syntax error.
        if text.is_empty() {
            return Ok(StandbyRule::default());
        }
        let refuse = |problem: Problem| {
            SettingError::new("42601", format!("invalid value for parameter \"{NAME}\": \"{text}\""))
                .with_detail(problem.to_string())
        };
        let (method, num_sync, names) = Parser::new(text).and_then(Parser::rule).map_err(refuse)?;
        match u32::try_from(num_sync) {
            Ok(num_sync) if num_sync > 0 => Ok(StandbyRule { method, num_sync, names }),
            _ => Err(SettingError::new(
                "22023",
                format!("number of synchronous standbys ({num_sync}) must be greater than zero"),
            )),
        }
    }

    /// Whether commits wait for nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// How standbys are chosen.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// For how many standbys a commit waits; 0 when the rule is empty. It may exceed the number of names.
    #[must_use]
    pub fn num_sync(&self) -> u32 {
        self.num_sync
    }

    /// The names as written, without their quotes; `*` is any standby.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Where a standby of this name stands in the list, counted from 1; 0 when it is not named.
    ///
    /// Upper and lower case are the same, quoted or not, and `*` is everybody: so the server compares
    /// (`SyncRepGetStandbyPriority`). Under `ANY` every named standby has priority 1.
    #[must_use]
    pub fn priority_of(&self, application_name: &str) -> u32 {
        let found = self.names.iter().position(|name| name == "*" || name.eq_ignore_ascii_case(application_name));
        match (found, self.method) {
            (None, _) => 0,
            (Some(_), Method::Any) => 1,
            (Some(index), Method::First) => u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1),
        }
    }
}

impl fmt::Display for StandbyRule {
    /// The rule in full, so that reading it again gives the same rule: `FIRST 1 (db2, "my standby")`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return Ok(());
        }
        let method = match self.method {
            Method::First => "FIRST",
            Method::Any => "ANY",
        };
        write!(f, "{method} {} (", self.num_sync)?;
        for (index, name) in self.names.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            if goes_bare(name) {
                f.write_str(name)?;
            } else {
                write!(f, "\"{}\"", name.replace('"', "\"\""))?;
            }
        }
        f.write_str(")")
    }
}

/// Whether a name can be written without quotes.
fn goes_bare(name: &str) -> bool {
    let keyword = name.eq_ignore_ascii_case("any") || name.eq_ignore_ascii_case("first");
    let identifier = name.chars().next().is_some_and(starts_identifier) && name.chars().all(continues_identifier);
    let number = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    name == "*" || (identifier && !keyword) || number
}

fn starts_identifier(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

fn continues_identifier(c: char) -> bool {
    starts_identifier(c) || c.is_ascii_digit() || c == '$'
}

/// What is wrong with a rule's text, in the words of the server's parser.
struct Problem {
    what: &'static str,
    near: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.near.is_empty() {
            write!(f, "{} at end of input", self.what)
        } else {
            write!(f, "{} at or near \"{}\"", self.what, self.near)
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Any,
    First,
    Name(String),
    Number(String),
    Comma,
    Open,
    Close,
    Junk,
    End,
}

/// A recursive-descent reader, one token ahead as the server's own parser is, so that errors name the same place.
struct Parser<'a> {
    rest: &'a str,
    token: Token,
    /// The token as the server's messages quote it: of a quoted name, its closing quote.
    shown: &'a str,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Result<Parser<'a>, Problem> {
        let mut parser = Parser { rest: text, token: Token::End, shown: "" };
        parser.advance()?;
        Ok(parser)
    }

    fn rule(mut self) -> Result<(Method, i32, Vec<String>), Problem> {
        let rule = match self.token.clone() {
            Token::Any => {
                self.advance()?;
                self.counted(Method::Any)?
            }
            Token::First => {
                self.advance()?;
                self.counted(Method::First)?
            }
            Token::Number(number) => {
                self.advance()?;
                if self.token == Token::Open {
                    let names = self.in_parentheses()?;
                    (Method::First, count(&number), names)
                } else {
                    // It was the name of a standby after all.
                    let names = self.more_names(vec![number])?;
                    (Method::First, 1, names)
                }
            }
            _ => {
                let first = self.name()?;
                let names = self.more_names(vec![first])?;
                (Method::First, 1, names)
            }
        };
        if self.token == Token::End { Ok(rule) } else { Err(self.syntax_error()) }
    }

    fn counted(&mut self, method: Method) -> Result<(Method, i32, Vec<String>), Problem> {
        let Token::Number(number) = self.token.clone() else { return Err(self.syntax_error()) };
        self.advance()?;
        if self.token != Token::Open {
            return Err(self.syntax_error());
        }
        let names = self.in_parentheses()?;
        Ok((method, count(&number), names))
    }

    fn in_parentheses(&mut self) -> Result<Vec<String>, Problem> {
        self.advance()?;
        let first = self.name()?;
        let names = self.more_names(vec![first])?;
        if self.token != Token::Close {
            return Err(self.syntax_error());
        }
        self.advance()?;
        Ok(names)
    }

    fn more_names(&mut self, mut names: Vec<String>) -> Result<Vec<String>, Problem> {
        while self.token == Token::Comma {
            self.advance()?;
            names.push(self.name()?);
        }
        Ok(names)
    }

    fn name(&mut self) -> Result<String, Problem> {
        let (Token::Name(name) | Token::Number(name)) = self.token.clone() else { return Err(self.syntax_error()) };
        self.advance()?;
        Ok(name)
    }

    fn syntax_error(&self) -> Problem {
        Problem { what: "syntax error", near: self.shown.to_owned() }
    }

    fn advance(&mut self) -> Result<(), Problem> {
        // The scanner's blanks, vertical tab included.
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r', '\x0c', '\x0b']);
        let Some(first) = self.rest.chars().next() else {
            (self.token, self.shown) = (Token::End, "");
            return Ok(());
        };
        if first == '"' {
            return self.quoted();
        }
        let length = if starts_identifier(first) {
            self.rest.find(|c| !continues_identifier(c)).unwrap_or(self.rest.len())
        } else if first.is_ascii_digit() {
            self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len())
        } else {
            first.len_utf8()
        };
        let (shown, rest) = self.rest.split_at(length);
        self.token = match first {
            ',' => Token::Comma,
            '(' => Token::Open,
            ')' => Token::Close,
            '*' => Token::Name("*".to_owned()),
            _ if starts_identifier(first) && shown.eq_ignore_ascii_case("any") => Token::Any,
            _ if starts_identifier(first) && shown.eq_ignore_ascii_case("first") => Token::First,
            _ if starts_identifier(first) => Token::Name(shown.to_owned()),
            _ if first.is_ascii_digit() => Token::Number(shown.to_owned()),
            _ => Token::Junk,
        };
        (self.shown, self.rest) = (shown, rest);
        Ok(())
    }

    fn quoted(&mut self) -> Result<(), Problem> {
        let body = &self.rest[1..];
        let mut name = String::new();
        let mut from = 0;
        while let Some(offset) = body[from..].find('"') {
            let quote = from + offset;
            name.push_str(&body[from..quote]);
            if body[quote + 1..].starts_with('"') {
                name.push('"');
                from = quote + 2;
            } else {
                (self.token, self.shown, self.rest) = (Token::Name(name), &body[quote..=quote], &body[quote + 1..]);
                return Ok(());
            }
        }
        Err(Problem { what: "unterminated quoted identifier", near: String::new() })
    }
}

/// C's `atoi` as the server's platforms have it: clamped to 64 bits, then the lower 32 of them.
#[allow(clippy::cast_possible_truncation, reason = "the server truncates in the same way")]
fn count(digits: &str) -> i32 {
    digits.parse::<i64>().unwrap_or(i64::MAX) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priorities_follow_the_list() {
        let rule = StandbyRule::parse("FIRST 2 (db3, DB2, *)").unwrap();
        assert_eq!((rule.method(), rule.num_sync()), (Method::First, 2));
        assert_eq!(["db3", "Db2", "db9"].map(|name| rule.priority_of(name)), [1, 2, 3]);
        let rule = StandbyRule::parse("any 2 (\"Db3\", db2)").unwrap();
        assert_eq!(["db3", "db2", "db9"].map(|name| rule.priority_of(name)), [1, 1, 0]);
    }

    #[test]
    fn an_unterminated_name_wins_only_when_it_is_reached() {
        let detail = |text| StandbyRule::parse(text).unwrap_err().detail.unwrap();
        assert_eq!(detail("a \"b"), "unterminated quoted identifier at end of input");
        assert_eq!(detail("a b \"c"), "syntax error at or near \"b\"");
    }
}
