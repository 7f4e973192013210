//! The grammar of expectations.

use serde_json::Value;

use super::that::{Comparison, Operand, Step};

const COMPARISONS: [(&str, Comparison); 6] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
];

/// Reads one expectation.
pub(super) struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    pub fn new(text: &'a str) -> Parser<'a> {
        Parser { rest: text.trim_start() }
    }

    /// The whole of it.
    pub fn that(mut self) -> Result<(Vec<Step>, Comparison, Operand), String> {
        let left = self.path()?.ok_or("an expectation begins with a path into the report, as writes.lost")?;
        let comparison = self.comparison()?;
        let right = self.operand()?;
        if self.rest.is_empty() {
            Ok((left, comparison, right))
        } else {
            Err(format!("unexpected {:?} at the end", self.rest))
        }
    }

    fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn word(&mut self) -> Option<&'a str> {
        let continues = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        let end = self.rest.find(|c| !continues(c)).unwrap_or(self.rest.len());
        let begins = self.rest.starts_with(|c: char| c.is_alphabetic() || c == '_');
        if !begins {
            return None;
        }
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(word)
    }

    /// Text between quotes of either kind; inside the double ones JSON's escapes apply.
    fn quoted(&mut self) -> Result<Option<String>, String> {
        if let Some(body) = self.rest.strip_prefix('\'') {
            let (text, rest) = body.split_once('\'').ok_or("a quote is not closed")?;
            self.rest = rest;
            return Ok(Some(text.to_owned()));
        }
        if !self.rest.starts_with('"') {
            return Ok(None);
        }
        let mut stream = serde_json::Deserializer::from_str(self.rest).into_iter::<String>();
        match stream.next() {
            Some(Ok(text)) => {
                let end = stream.byte_offset();
                self.rest = &self.rest[end..];
                Ok(Some(text))
            }
            _ => Err("a quote is not closed".to_owned()),
        }
    }

    /// A path, if one begins here.
    fn path(&mut self) -> Result<Option<Vec<Step>>, String> {
        let start = self.rest;
        let Some(first) = self.word() else { return Ok(None) };
        let mut steps = vec![Step::Key(first.to_owned())];
        loop {
            if let Some(rest) = self.rest.strip_prefix('.') {
                self.rest = rest;
                let key = match self.quoted()? {
                    Some(key) => key,
                    None => self.word().ok_or("after a dot a key must follow")?.to_owned(),
                };
                steps.push(Step::Key(key));
            } else if let Some(rest) = self.rest.strip_prefix('[') {
                let shown = &start[..start.len() - self.rest.len()];
                self.rest = rest;
                steps.push(self.bracket(shown)?);
            } else {
                self.blanks();
                return Ok(Some(steps));
            }
        }
    }

    /// What stands between brackets, and the closing one.
    fn bracket(&mut self, shown: &str) -> Result<Step, String> {
        self.blanks();
        let open = || format!("the bracket of {shown} is not closed");
        let step = if let Some(key) = self.word() {
            self.blanks();
            self.rest =
                self.rest.strip_prefix('=').ok_or_else(|| format!("{shown}[{key}…] must be {shown}[{key}=value]"))?;
            self.rest = self.rest.strip_prefix('=').unwrap_or(self.rest);
            self.blanks();
            let value = match self.quoted()? {
                Some(value) => value,
                None => {
                    let end = self.rest.find(']').ok_or_else(open)?;
                    let value = self.rest[..end].trim_end().to_owned();
                    self.rest = &self.rest[end..];
                    value
                }
            };
            Step::Where(key.to_owned(), value)
        } else {
            let end = self.rest.find(']').ok_or_else(open)?;
            let number = self.rest[..end].trim_end();
            self.rest = &self.rest[end..];
            let index = Some(number).filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
            let index = index.and_then(|number| number.parse().ok());
            Step::Index(index.ok_or_else(|| format!("{shown}[{number}] is neither a position nor key=value"))?)
        };
        self.blanks();
        self.rest = self.rest.strip_prefix(']').ok_or_else(open)?;
        Ok(step)
    }

    fn comparison(&mut self) -> Result<Comparison, String> {
        self.blanks();
        for (sign, comparison) in COMPARISONS {
            if let Some(rest) = self.rest.strip_prefix(sign) {
                self.rest = rest.trim_start();
                return Ok(comparison);
            }
        }
        let single = if self.rest.starts_with('=') { " (not a single =)" } else { "" };
        Err(format!("after the path a comparison must follow: == != < <= > >={single}"))
    }

    fn operand(&mut self) -> Result<Operand, String> {
        if let Some(text) = self.quoted()? {
            self.blanks();
            return Ok(Operand::Literal(Value::String(text)));
        }
        if let Some(path) = self.path()? {
            return Ok(match path.as_slice() {
                [Step::Key(word)] => Operand::Literal(match word.as_str() {
                    "true" => Value::Bool(true),
                    "false" => Value::Bool(false),
                    "null" => Value::Null,
                    word => Value::String(word.to_owned()),
                }),
                _ => Operand::Path(path),
            });
        }
        let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        let value: Option<Value> = serde_json::from_str(number).ok();
        match value.filter(Value::is_number) {
            Some(value) => {
                self.rest = rest.trim_start();
                Ok(Operand::Literal(value))
            }
            None => {
                Err("after the comparison a literal must follow: a number, \"text\", true, false or null".to_owned())
            }
        }
    }
}
