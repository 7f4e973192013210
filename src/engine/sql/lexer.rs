//! Text into tokens, as the flavor's server reads it.
//!
//! | | PostgreSQL | MySQL |
//! |---|---|---|
//! | texts | `'…'`, `E'…\'…'`, `$tag$…$tag$` | `'…\'…'`, `"…\"…"` |
//! | names | `"…"` | `` `…` `` |
//! | comments | `-- …`, `/* … /* … */ … */` | `-- …`, `# …`, `/* … */` |
//! | code inside comments | | `/*! … */`, `/*!80000 … */` |
//!
//! SQLite's `[…]` is a name where it cannot be a subscript, and its `` `…` `` is one in both flavors. Whatever is
//! not closed runs to the end of the text. No input makes it panic.

use crate::engine::flavor::Flavor;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A keyword or a name without quotes.
    Word,
    /// A name in quotes.
    Name,
    /// A text in quotes.
    Text,
    /// A number.
    Number,
    /// Anything else, one character.
    Sign,
}

/// A token and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: TokenKind,
    /// As written, quotes included.
    pub text: &'a str,
    /// Its first byte in the text.
    pub start: usize,
}

impl<'a> Token<'a> {
    /// The byte behind its last.
    #[must_use]
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it is this keyword, which is given in capitals.
    #[must_use]
    pub fn is(&self, keyword: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(keyword)
    }

    /// Whether it is one of these keywords.
    #[must_use]
    pub fn is_any(&self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.is(keyword))
    }

    /// Whether it is this sign.
    #[must_use]
    pub fn is_sign(&self, sign: char) -> bool {
        self.kind == TokenKind::Sign && self.text.starts_with(sign)
    }

    /// A name or a text without its quotes and escapes; anything else as written.
    #[must_use]
    pub fn content(&self, flavor: Flavor) -> String {
        let inner = |quote: char| {
            let body = &self.text[quote.len_utf8().min(self.text.len())..];
            body.strip_suffix(quote).unwrap_or(body).to_owned()
        };
        match (self.kind, self.text.chars().next()) {
            (TokenKind::Name, Some('[')) => self.text.trim_start_matches('[').trim_end_matches(']').to_owned(),
            (TokenKind::Name, Some(quote)) => inner(quote).replace(&format!("{quote}{quote}"), &quote.to_string()),
            (TokenKind::Text, Some('$')) => {
                let tag_end = self.text[1..].find('$').map_or(self.text.len(), |at| at + 2);
                let (tag, body) = self.text.split_at(tag_end);
                body.strip_suffix(tag).unwrap_or(body).to_owned()
            }
            (TokenKind::Text, Some('e' | 'E')) => {
                let body = self.text.get(2..).unwrap_or_default();
                unescape(body.strip_suffix('\'').unwrap_or(body), '\'')
            }
            (TokenKind::Text, Some(quote @ ('\'' | '"'))) => match flavor {
                Flavor::Mysql => {
                    let body = &self.text[1..];
                    unescape(body.strip_suffix(quote).unwrap_or(body), quote)
                }
                Flavor::Postgresql => inner(quote).replace(&format!("{quote}{quote}"), &quote.to_string()),
            },
            _ => self.text.to_owned(),
        }
    }

    /// Whether SQLite would read this text or name otherwise than the flavor does.
    #[must_use]
    pub fn is_foreign(&self, flavor: Flavor) -> bool {
        self.kind == TokenKind::Text
            && match self.text.as_bytes().first() {
                Some(b'\'') => flavor == Flavor::Mysql && self.text.contains('\\'),
                _ => true,
            }
    }
}

/// Resolves backslashes and doubled quotes, as both servers do in the texts that have them.
fn unescape(body: &str, quote: char) -> String {
    let mut out = String::with_capacity(body.len());
    let mut characters = body.chars().peekable();
    while let Some(character) = characters.next() {
        if character == quote && characters.peek() == Some(&quote) {
            characters.next();
            out.push(quote);
        } else if character == '\\' {
            match characters.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some('b') => out.push('\u{8}'),
                Some('0') => out.push('\0'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            }
        } else {
            out.push(character);
        }
    }
    out
}

/// Reads tokens one after the other.
#[derive(Clone, Debug)]
pub struct Lexer<'a> {
    text: &'a str,
    at: usize,
    flavor: Flavor,
    /// Inside `/*! … */`, whose end is to be skipped.
    in_code_comment: bool,
    previous_can_be_subscripted: bool,
    /// What only SQLite takes for a name (`[…]`, PostgreSQL's backquote) is read as signs.
    strict: bool,
    /// MySQL: `/*! … */` is read as a comment.
    code_is_comment: bool,
    unclosed: bool,
}

impl<'a> Lexer<'a> {
    /// Begins at the start of a text.
    #[must_use]
    pub fn new(text: &'a str, flavor: Flavor) -> Lexer<'a> {
        Lexer {
            text,
            at: 0,
            flavor,
            in_code_comment: false,
            previous_can_be_subscripted: false,
            strict: false,
            code_is_comment: false,
            unclosed: false,
        }
    }

    /// Begins at the start of a text, and reads it as nobody but the flavor's server does.
    #[must_use]
    pub fn strict(text: &'a str, flavor: Flavor) -> Lexer<'a> {
        Lexer { strict: true, ..Lexer::new(text, flavor) }
    }

    /// The same, and what stands in `/*! … */` is skipped, as a server of an older release than the comment's does.
    #[must_use]
    pub fn strict_without_code_comments(text: &'a str, flavor: Flavor) -> Lexer<'a> {
        Lexer { code_is_comment: true, ..Lexer::strict(text, flavor) }
    }

    /// Whether something that was read by now is not closed: a quote or a comment.
    #[must_use]
    pub fn unclosed(&self) -> bool {
        self.unclosed || self.in_code_comment
    }

    fn closed_or_rest(&mut self, length: Option<usize>, rest: &str) -> usize {
        self.unclosed |= length.is_none();
        length.unwrap_or(rest.len())
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks_and_comments(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '\u{b}');
            self.at += rest.len() - trimmed.len();
            let mysql = self.flavor == Flavor::Mysql;
            if mysql && self.in_code_comment && trimmed.starts_with("*/") {
                self.in_code_comment = false;
                self.at += 2;
            } else if mysql && trimmed.starts_with("/*!") && !self.code_is_comment {
                self.in_code_comment = true;
                let version = trimmed[3..].bytes().take(6).take_while(u8::is_ascii_digit).count();
                self.at += 3 + version;
            } else if trimmed.starts_with("/*") {
                self.at += self.closed_or_rest(comment_length(trimmed, !mysql), trimmed);
            } else if starts_line_comment(trimmed, self.flavor) {
                // PostgreSQL also takes a carriage return for a line's end.
                let end = |c: char| c == '\n' || c == '\r' && !mysql;
                self.at += trimmed.find(end).unwrap_or(trimmed.len());
            } else {
                return;
            }
        }
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip_blanks_and_comments();
        let rest = self.rest();
        let first = rest.chars().next()?;
        let second = rest[first.len_utf8()..].chars().next();
        let mysql = self.flavor == Flavor::Mysql;
        let (kind, length) = match first {
            '\'' => (TokenKind::Text, self.closed_or_rest(quoted_length(rest, '\'', mysql), rest)),
            '"' if mysql => (TokenKind::Text, self.closed_or_rest(quoted_length(rest, '"', true), rest)),
            '"' => (TokenKind::Name, self.closed_or_rest(quoted_length(rest, '"', false), rest)),
            '`' if mysql || !self.strict => {
                (TokenKind::Name, self.closed_or_rest(quoted_length(rest, '`', false), rest))
            }
            '[' if !self.previous_can_be_subscripted && !self.strict => {
                (TokenKind::Name, rest.find(']').map_or(rest.len(), |at| at + 1))
            }
            'e' | 'E' if !mysql && second == Some('\'') => {
                let length = quoted_length(&rest[1..], '\'', true).map(|length| length + 1);
                (TokenKind::Text, self.closed_or_rest(length, rest))
            }
            '$' if !mysql && dollar_tag(rest).is_some() => {
                let tag = dollar_tag(rest).unwrap_or_default();
                let length = rest[tag.len()..].find(tag).map(|at| at + 2 * tag.len());
                (TokenKind::Text, self.closed_or_rest(length, rest))
            }
            '0'..='9' => (TokenKind::Number, number_length(rest)),
            '.' if second.is_some_and(|digit| digit.is_ascii_digit()) => (TokenKind::Number, number_length(rest)),
            _ if is_word_start(first) => {
                let end = rest.find(|c: char| !is_word_start(c) && !c.is_ascii_digit() && c != '$');
                (TokenKind::Word, end.unwrap_or(rest.len()))
            }
            _ => (TokenKind::Sign, first.len_utf8()),
        };
        let token = Token { kind, text: &rest[..length], start: self.at };
        self.at += length;
        self.previous_can_be_subscripted = match kind {
            TokenKind::Word => self.flavor == Flavor::Postgresql && !token.is_any(&["SELECT", "FROM", "INTO", "AS"]),
            TokenKind::Sign => first == ')' || first == ']',
            _ => false,
        };
        Some(token)
    }
}

fn is_word_start(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_' || !character.is_ascii()
}

fn starts_line_comment(text: &str, flavor: Flavor) -> bool {
    match flavor {
        Flavor::Postgresql => text.starts_with("--"),
        Flavor::Mysql => {
            text.starts_with('#')
                || text.strip_prefix("--").is_some_and(|rest| rest.bytes().next().is_none_or(|byte| byte <= b' '))
        }
    }
}

/// The length of the comment at the start of a text; `None` if it does not end.
fn comment_length(text: &str, nested: bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0;
    let mut at = 0;
    while let Some(pair) = bytes.get(at..at + 2) {
        match pair {
            b"/*" if nested || depth == 0 => {
                depth += 1;
                at += 2;
            }
            b"*/" => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => at += 1,
        }
    }
    None
}

/// The length of what is in quotes at the start of a text; `None` if they are not closed.
fn quoted_length(text: &str, quote: char, backslashes: bool) -> Option<usize> {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character == '\\' && backslashes {
            characters.next();
        } else if character == quote {
            match characters.peek() {
                Some((_, next)) if *next == quote => {
                    characters.next();
                }
                _ => return Some(at + quote.len_utf8()),
            }
        }
    }
    None
}

/// `$$` or `$tag$` at the start of a text.
fn dollar_tag(text: &str) -> Option<&str> {
    let end = text[1..].find('$')? + 2;
    let tag = &text[1..end - 1];
    let valid = tag
        .chars()
        .enumerate()
        .all(|(index, character)| is_word_start(character) || (index > 0 && character.is_ascii_digit()));
    valid.then(|| &text[..end])
}

fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let exponent_sign =
            (byte == b'+' || byte == b'-') && at > 0 && matches!(bytes[at - 1], b'e' | b'E') && !text.starts_with("0x");
        if byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_' || exponent_sign {
            at += 1;
        } else {
            break;
        }
    }
    at
}
