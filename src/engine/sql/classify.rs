//! What kind of statement it is.

use std::borrow::Cow;

use super::admin::{self, Admin};
use super::dialect;
use super::lexer::{Lexer, Token, TokenKind};
use super::rewrite::{Edits, strip_locking, translate_tokens};
use super::set::{self, SetStatement};
use crate::engine::facts::Function;
use crate::engine::flavor::Flavor;

/// How a statement changes rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// `INSERT`.
    Insert,
    /// `UPDATE`.
    Update,
    /// `DELETE`.
    Delete,
    /// `REPLACE`.
    Replace,
    /// `TRUNCATE`.
    Truncate,
    /// `MERGE`.
    Merge,
    /// A query that hides a write, as `WITH gone AS (DELETE …) SELECT …` and `SELECT … INTO new_table`.
    Hidden,
}

/// What kind of statement it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Blanks and comments.
    Empty,
    /// `BEGIN`, `START TRANSACTION`.
    Begin {
        /// `READ ONLY` was said.
        read_only: bool,
    },
    /// `COMMIT`, `END`.
    Commit,
    /// `ROLLBACK`, `ABORT`.
    Rollback,
    /// `SAVEPOINT name`.
    Savepoint(String),
    /// `ROLLBACK TO name`.
    RollbackTo(String),
    /// `RELEASE name`.
    Release(String),
    /// `SELECT`, `VALUES`, `TABLE`.
    Select {
        /// It locks what it reads: `FOR UPDATE` and its kin.
        locking: bool,
    },
    /// A statement that changes rows.
    Write(Verb),
    /// A statement that changes the schema, or rights.
    Ddl,
    /// `SET`, `RESET`, `DISCARD ALL`; empty if it cannot be read.
    Set(Vec<SetStatement>),
    /// `SHOW …`; the rest of the statement, in words.
    Show(String),
    /// `EXPLAIN`.
    Explain {
        /// It runs the statement (`ANALYZE`).
        analyze: bool,
        /// The statement that it explains would write.
        writes: bool,
    },
    /// `VACUUM`, `ANALYZE`, `REINDEX`, `OPTIMIZE`, `CHECKPOINT`: nothing that a query could see changes.
    Maintenance,
    /// MySQL's statements for operators of replication.
    Admin(Admin),
    /// Anything else. It must be taken for a write.
    Other,
}

/// A statement, looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement<'a> {
    /// Its kind.
    pub kind: Kind,
    /// Its command tag, as the server's messages have it: `INSERT`, `CREATE TABLE`, `SELECT FOR UPDATE`.
    pub tag: &'static str,
    /// The statement in SQLite's dialect: locking clauses left out, the flavor's quotes and comments translated.
    pub text_for_sqlite: Cow<'a, str>,
    /// The first function in it that has a side effect, as `nextval`: the statement then counts as a write.
    pub side_effect: Option<&'static str>,
}

impl Statement<'_> {
    /// Whether a server that takes no writes would refuse it, or might: everything but plain reads, settings and
    /// transaction control.
    #[must_use]
    pub fn writes(&self) -> bool {
        match self.kind {
            Kind::Empty
            | Kind::Begin { .. }
            | Kind::Commit
            | Kind::Rollback
            | Kind::Savepoint(_)
            | Kind::RollbackTo(_)
            | Kind::Release(_)
            | Kind::Set(_)
            | Kind::Show(_) => false,
            Kind::Select { locking } => locking || self.side_effect.is_some(),
            Kind::Explain { analyze, writes } => analyze && (writes || self.side_effect.is_some()),
            Kind::Write(_) | Kind::Ddl | Kind::Maintenance | Kind::Admin(_) | Kind::Other => true,
        }
    }
}

impl Statement<'_> {
    /// Whether all that it does, beside reading, is to control the server that runs it: `SELECT pg_promote()`. Every
    /// server takes such a statement, whether it takes writes or not.
    #[must_use]
    pub fn only_controls(&self) -> bool {
        let control = |name| [Flavor::Postgresql, Flavor::Mysql].iter().find_map(|f| Function::find(*f, name));
        self.kind == Kind::Select { locking: false }
            && self.side_effect.and_then(control).is_some_and(|function| function.control)
    }
}

/// Functions with side effects, by flavor. What belongs here is worked out with the proxy's routing.
const SIDE_EFFECTS: [&[&str]; 2] = [
    &[
        "nextval",
        "setval",
        "pg_notify",
        "txid_current",
        "pg_create_physical_replication_slot",
        "pg_drop_replication_slot",
    ],
    &[],
];

/// Looks at one statement (see [`super::split`]). Any text has a kind.
#[must_use]
pub fn classify(sql: &str, flavor: Flavor) -> Statement<'_> {
    let mut tokens: Vec<Token<'_>> = Lexer::new(sql, flavor).collect();
    while tokens.last().is_some_and(|token| token.is_sign(';')) {
        tokens.pop();
    }
    let mut edits = Edits::default();
    translate_tokens(sql, &tokens, flavor, &mut edits);
    dialect::expressions(&tokens, flavor, &mut edits);
    let (kind, tag) = kind_of(&tokens, flavor, &mut edits);
    let side_effect = side_effect(&tokens, flavor);
    let end = tokens.last().map_or(0, Token::end);
    let text_for_sqlite = match edits.apply(sql.get(..end).unwrap_or(sql)) {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        owned @ Cow::Owned(_) => owned,
    };
    Statement { kind, tag, text_for_sqlite, side_effect }
}

fn side_effect(tokens: &[Token<'_>], flavor: Flavor) -> Option<&'static str> {
    let names = match flavor {
        Flavor::Postgresql => SIDE_EFFECTS[0],
        Flavor::Mysql => SIDE_EFFECTS[1],
    };
    tokens.windows(2).find_map(|pair| {
        if !pair[1].is_sign('(') || !matches!(pair[0].kind, TokenKind::Word | TokenKind::Name) {
            return None;
        }
        let name = pair[0].content(flavor);
        let control =
            || Function::find(flavor, &name).filter(|function| function.control).map(|function| function.name);
        names.iter().find(|listed| listed.eq_ignore_ascii_case(&name)).copied().or_else(control)
    })
}

fn kind_of(tokens: &[Token<'_>], flavor: Flavor, edits: &mut Edits) -> (Kind, &'static str) {
    let Some(first) = tokens.iter().find(|token| !token.is_sign('(')) else {
        return if tokens.is_empty() { (Kind::Empty, "") } else { (Kind::Other, "") };
    };
    let word = |index: usize, keyword: &str| tokens.get(index).is_some_and(|token| token.is(keyword));
    let upper = if first.kind == TokenKind::Word { first.text.to_ascii_uppercase() } else { String::new() };
    if flavor == Flavor::Mysql
        && let Some((admin, tag)) = admin::parse(tokens)
    {
        return (Kind::Admin(admin), tag);
    }
    match upper.as_str() {
        "SELECT" | "VALUES" => query(tokens, edits),
        "TABLE" => {
            edits.replace(first.start..first.end(), "SELECT * FROM");
            query(tokens, edits)
        }
        "WITH" => with(tokens, edits),
        "INSERT" => {
            dialect::write(tokens, flavor, edits);
            (Kind::Write(Verb::Insert), "INSERT")
        }
        "UPDATE" => {
            dialect::write(tokens, flavor, edits);
            (Kind::Write(Verb::Update), "UPDATE")
        }
        "DELETE" => (Kind::Write(Verb::Delete), "DELETE"),
        "REPLACE" => (Kind::Write(Verb::Replace), "REPLACE"),
        "MERGE" => (Kind::Write(Verb::Merge), "MERGE"),
        "TRUNCATE" => {
            let end = tokens.iter().take(3).take_while(|token| token.is_any(&["TRUNCATE", "TABLE", "ONLY"])).count();
            if let Some(last) = tokens.get(end.saturating_sub(1)) {
                edits.replace(first.start..last.end(), "DELETE FROM");
            }
            let tail = tokens.iter().position(|token| token.is_any(&["RESTART", "CONTINUE", "CASCADE", "RESTRICT"]));
            edits.remove(tail.and_then(|at| tokens.get(at..)).unwrap_or_default());
            (Kind::Write(Verb::Truncate), "TRUNCATE TABLE")
        }
        "CREATE" | "ALTER" | "DROP" | "RENAME" | "COMMENT" | "GRANT" | "REVOKE" => {
            let tag = ddl_tag(tokens);
            if tag == "CREATE TABLE" {
                dialect::create_table(tokens, flavor, edits);
            }
            (Kind::Ddl, tag)
        }
        "BEGIN" | "START" if word(0, "BEGIN") || word(1, "TRANSACTION") => {
            let read_only = tokens.windows(2).rfind(|pair| pair[0].is("READ")).is_some_and(|pair| pair[1].is("ONLY"));
            (Kind::Begin { read_only }, if upper == "BEGIN" { "BEGIN" } else { "START TRANSACTION" })
        }
        "COMMIT" | "END" if !word(1, "PREPARED") => (Kind::Commit, "COMMIT"),
        "ROLLBACK" | "ABORT" if !word(1, "PREPARED") => {
            let to = tokens.iter().position(|token| token.is("TO"));
            let name = to.and_then(|at| tokens.get(at + 1..)).and_then(|rest| savepoint_name(rest, flavor));
            (name.map_or(Kind::Rollback, Kind::RollbackTo), "ROLLBACK")
        }
        "SAVEPOINT" => named(&tokens[1..], flavor, Kind::Savepoint, "SAVEPOINT"),
        "RELEASE" => named(&tokens[1..], flavor, Kind::Release, "RELEASE"),
        "SET" | "RESET" => (Kind::Set(set::parse(tokens, flavor)), if upper == "SET" { "SET" } else { "RESET" }),
        "DISCARD" => {
            let tags = [("PLANS", "DISCARD PLANS"), ("SEQUENCES", "DISCARD SEQUENCES"), ("TEMP", "DISCARD TEMP")];
            let tag = tags.into_iter().find(|(what, _)| word(1, what)).map_or("DISCARD ALL", |(_, tag)| tag);
            (Kind::Set(set::parse(tokens, flavor)), if word(1, "TEMPORARY") { "DISCARD TEMP" } else { tag })
        }
        "SHOW" => (Kind::Show(show(&tokens[1..], flavor)), "SHOW"),
        "DESCRIBE" | "DESC" if flavor == Flavor::Mysql => {
            (Kind::Show(format!("COLUMNS FROM {}", show(&tokens[1..], flavor))), "SHOW")
        }
        "EXPLAIN" => explain(tokens, flavor, edits),
        "VACUUM" => (Kind::Maintenance, "VACUUM"),
        "ANALYZE" | "ANALYSE" => (Kind::Maintenance, "ANALYZE"),
        "REINDEX" => (Kind::Maintenance, "REINDEX"),
        "OPTIMIZE" => (Kind::Maintenance, "OPTIMIZE"),
        "CHECKPOINT" => (Kind::Maintenance, "CHECKPOINT"),
        "LOCK" => (Kind::Other, "LOCK TABLE"),
        "COPY" => (Kind::Other, "COPY"),
        "CALL" => (Kind::Other, "CALL"),
        "DO" => (Kind::Other, "DO"),
        "NOTIFY" => (Kind::Other, "NOTIFY"),
        "LISTEN" => (Kind::Other, "LISTEN"),
        "PREPARE" => (Kind::Other, "PREPARE"),
        "EXECUTE" => (Kind::Other, "EXECUTE"),
        _ => (Kind::Other, ""),
    }
}

fn named(tokens: &[Token<'_>], flavor: Flavor, kind: fn(String) -> Kind, tag: &'static str) -> (Kind, &'static str) {
    (savepoint_name(tokens, flavor).map_or(Kind::Other, kind), tag)
}

/// `[SAVEPOINT] name`; names without quotes fold to lower case.
fn savepoint_name(tokens: &[Token<'_>], flavor: Flavor) -> Option<String> {
    let name = match tokens {
        [first, name, ..] if first.is("SAVEPOINT") => name,
        [name, ..] => name,
        [] => return None,
    };
    match name.kind {
        TokenKind::Word => Some(name.text.to_lowercase()),
        TokenKind::Name => Some(name.content(flavor)),
        _ => None,
    }
}

fn query(tokens: &[Token<'_>], edits: &mut Edits) -> (Kind, &'static str) {
    let lock = strip_locking(tokens, edits);
    // `SELECT … INTO` makes a table, a file or a variable.
    if hides_write(tokens) || tokens.iter().any(|token| token.is("INTO")) {
        return (Kind::Write(Verb::Hidden), lock.unwrap_or("SELECT"));
    }
    (Kind::Select { locking: lock.is_some() }, lock.unwrap_or("SELECT"))
}

/// The statement behind `WITH`: the first verb outside of all parentheses.
fn with(tokens: &[Token<'_>], edits: &mut Edits) -> (Kind, &'static str) {
    let mut depth = 0_i32;
    for (index, token) in tokens.iter().enumerate() {
        depth += i32::from(token.is_sign('(')) - i32::from(token.is_sign(')'));
        if depth != 0 {
            continue;
        }
        // A name in front of `AS` or of a column list is no verb: `WITH update AS (…)`.
        let is_name = tokens.get(index + 1).is_none_or(|next| next.is("AS") || next.is_sign('('));
        if is_name && !token.is("VALUES") && !token.is("SELECT") {
            continue;
        }
        let verb = [
            ("INSERT", Verb::Insert),
            ("UPDATE", Verb::Update),
            ("DELETE", Verb::Delete),
            ("REPLACE", Verb::Replace),
            ("MERGE", Verb::Merge),
        ];
        if let Some((tag, verb)) = verb.into_iter().find(|(keyword, _)| token.is(keyword)) {
            return (Kind::Write(verb), tag);
        }
        if token.is_any(&["SELECT", "VALUES", "TABLE"]) {
            return query(tokens, edits);
        }
    }
    // Perhaps `WITH … (SELECT …)`; SQLite will say.
    match query(tokens, edits) {
        (kind @ Kind::Select { .. }, tag) if tokens.iter().any(|token| token.is("SELECT")) => (kind, tag),
        (_, tag) => (Kind::Write(Verb::Hidden), tag),
    }
}

/// Whether a writing verb stands where it could be one: not as a function (`replace(…)`), not in a locking
/// clause, not as a member (`t.update`).
fn hides_write(tokens: &[Token<'_>]) -> bool {
    tokens.iter().enumerate().any(|(index, token)| {
        if !token.is_any(&["INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE"]) {
            return false;
        }
        let previous = index.checked_sub(1).and_then(|index| tokens.get(index));
        let function = tokens.get(index + 1).is_some_and(|next| next.is_sign('('));
        let lock = previous.is_some_and(|previous| previous.is_any(&["FOR", "KEY"]));
        let member = previous.is_some_and(|previous| previous.is_sign('.'));
        !(function || lock || member)
    })
}

fn explain<'a>(tokens: &[Token<'a>], flavor: Flavor, edits: &mut Edits) -> (Kind, &'static str) {
    let mut analyze = false;
    let mut index = 1;
    while let Some(token) = tokens.get(index) {
        if token.is_any(&["ANALYZE", "ANALYSE"]) {
            analyze = true;
        } else if token.is_sign('(') && index == 1 {
            let close = tokens.iter().position(|token| token.is_sign(')')).unwrap_or(tokens.len());
            let options = tokens.get(index..close).unwrap_or_default();
            analyze |= options.iter().any(|option| option.is_any(&["ANALYZE", "ANALYSE"]));
            index = close;
        } else if !token.is_any(&["VERBOSE", "QUERY", "PLAN", "EXTENDED", "FORMAT", "TREE", "JSON", "TRADITIONAL"])
            && !token.is_sign('=')
        {
            break;
        }
        index += 1;
    }
    let inner = tokens.get(index..).unwrap_or_default();
    let writes = match kind_of(inner, flavor, edits).0 {
        Kind::Select { locking } => locking,
        Kind::Show(_) | Kind::Empty => false,
        _ => true,
    };
    // SQLite's plain EXPLAIN shows its machine code, which no server would.
    if let (Some(first), Some(last)) = (tokens.first(), tokens.get(index.saturating_sub(1))) {
        edits.replace(first.start..last.end(), "EXPLAIN QUERY PLAN");
    }
    (Kind::Explain { analyze, writes }, "EXPLAIN")
}

fn show(tokens: &[Token<'_>], flavor: Flavor) -> String {
    let mut out = String::new();
    for token in tokens {
        if !out.is_empty() && token.kind != TokenKind::Sign && !out.ends_with(['.', '@', '(']) {
            out.push(' ');
        }
        out.push_str(&if token.kind == TokenKind::Text { token.text.to_owned() } else { token.content(flavor) });
    }
    out
}

/// The command tags of schema changes that servers name by object.
const DDL_TAGS: &[[&str; 4]] = &[
    ["TABLE", "CREATE TABLE", "ALTER TABLE", "DROP TABLE"],
    ["INDEX", "CREATE INDEX", "ALTER INDEX", "DROP INDEX"],
    ["VIEW", "CREATE VIEW", "ALTER VIEW", "DROP VIEW"],
    ["TRIGGER", "CREATE TRIGGER", "ALTER TRIGGER", "DROP TRIGGER"],
    ["SEQUENCE", "CREATE SEQUENCE", "ALTER SEQUENCE", "DROP SEQUENCE"],
    ["DATABASE", "CREATE DATABASE", "ALTER DATABASE", "DROP DATABASE"],
    ["SCHEMA", "CREATE SCHEMA", "ALTER SCHEMA", "DROP SCHEMA"],
    ["FUNCTION", "CREATE FUNCTION", "ALTER FUNCTION", "DROP FUNCTION"],
    ["ROLE", "CREATE ROLE", "ALTER ROLE", "DROP ROLE"],
    ["USER", "CREATE ROLE", "ALTER ROLE", "DROP ROLE"],
    ["EXTENSION", "CREATE EXTENSION", "ALTER EXTENSION", "DROP EXTENSION"],
    ["SYSTEM", "", "ALTER SYSTEM", ""],
];

fn ddl_tag(tokens: &[Token<'_>]) -> &'static str {
    let Some(verb) = tokens.first() else { return "" };
    let column = match verb.text.to_ascii_uppercase().as_str() {
        "CREATE" => 1,
        "ALTER" => 2,
        "DROP" => 3,
        "RENAME" => return "ALTER TABLE",
        "COMMENT" => return "COMMENT",
        "GRANT" => return "GRANT",
        _ => return "REVOKE",
    };
    tokens
        .iter()
        .skip(1)
        .take(4)
        .find_map(|token| DDL_TAGS.iter().find(|row| token.is(row[0])).map(|row| row[column]))
        .unwrap_or(["", "CREATE", "ALTER", "DROP"][column])
}
