//! MySQL's user variables and `LAST_INSERT_ID()`: what statements make of them.

use super::Node;
use super::execute::done;
use super::session::{Flow, Session, Todo};
use crate::engine::flavor::Flavor;
use crate::engine::ids::{ConnId, TxnId};
use crate::engine::io::Outbox;
use crate::engine::message::QueryResult;
use crate::engine::sql::{self, Lexer, Token, TokenKind};
use crate::engine::storage::{Change, KeyKind, RowChange, RowKey, RowOp, SqlError, Table};

impl Node {
    /// `SET @a = …` and `SELECT … INTO @a`; `None` when the statement is another one.
    pub(super) fn user_variables(
        &mut self,
        conn: ConnId,
        session: &mut Session,
        txn: TxnId,
        text: &str,
        out: &mut Outbox,
    ) -> Option<Flow> {
        if let Some(assigned) = sql::set_variables(text) {
            for (name, value) in assigned {
                let select = Todo::Sql(format!("SELECT {value}").into());
                match self.statement(conn, session, txn, &select, out) {
                    Flow::Done(result) => {
                        let value = result.rows.into_iter().next().and_then(|row| row.into_iter().next());
                        session.values.variables.insert(name, value.unwrap_or_default());
                    }
                    other => return Some(other),
                }
            }
            return Some(done("SET"));
        }
        let (query, names) = sql::select_into(text)?;
        Some(match self.statement(conn, session, txn, &Todo::Sql(query.into()), out) {
            Flow::Done(result) => into(session, names, result),
            other => other,
        })
    }
}

/// MySQL 8.4: ER_TOO_MANY_ROWS, ER_WRONG_NUMBER_OF_COLUMNS_IN_SELECT, ER_SP_FETCH_NO_DATA.
fn into(session: &mut Session, names: Vec<String>, result: QueryResult) -> Flow {
    let failed = |number, state, message: &str| Flow::Failed(SqlError { number, ..SqlError::new(state, message) });
    if result.columns.len() != names.len() {
        return failed(1222, "21000", "The used SELECT statements have a different number of columns");
    }
    let mut rows = result.rows.into_iter();
    let Some(row) = rows.next() else {
        let warning = Some("No data - zero rows fetched, selected, or processed".into());
        return Flow::Done(QueryResult { tag: "SELECT", warning, ..QueryResult::default() });
    };
    if rows.next().is_some() {
        return failed(1172, "42000", "Result consisted of more than one row");
    }
    session.values.variables.extend(names.into_iter().zip(row));
    done("SELECT")
}

/// What `LAST_INSERT_ID()` is after an `INSERT`: the first number that it let the table choose. `None` when the statement
/// gave every row its own.
pub(super) fn chosen(sql: &str, tables: &[std::sync::Arc<Table>], changes: &[Change]) -> Option<i64> {
    let tokens: Vec<Token<'_>> = Lexer::new(sql, Flavor::Mysql).collect();
    let is_name = |token: &&Token<'_>| matches!(token.kind, TokenKind::Word | TokenKind::Name);
    let skipped = ["INSERT", "REPLACE", "OR", "IGNORE", "INTO"];
    let at = tokens.iter().position(|token| !token.is_any(&skipped))?;
    let name = tokens.get(at).filter(is_name)?.content(Flavor::Mysql);
    let table = tables.iter().find(|table| table.name.eq_ignore_ascii_case(&name))?;
    let KeyKind::Rowid { alias: Some(column), .. } = table.key else { return None };
    if !table.sql.to_ascii_uppercase().contains("AUTOINCREMENT") {
        return None;
    }
    let inserted: Vec<i64> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Row(RowChange { table: of, key: RowKey::Rowid(id), op: RowOp::Insert { .. }, .. }) => {
                (*of == table.name).then_some(*id)
            }
            _ => None,
        })
        .collect();
    let mut rest = tokens.get(at + 1..)?;
    let mut place = column;
    if rest.first().is_some_and(|open| open.is_sign('(')) {
        let close = rest.iter().position(|token| token.is_sign(')'))?;
        let listed: Vec<String> =
            rest.get(1..close)?.iter().filter(is_name).map(|token| token.content(Flavor::Mysql)).collect();
        let own = &table.columns.get(column)?.name;
        match listed.iter().position(|name| name.eq_ignore_ascii_case(own)) {
            Some(listed) => place = listed,
            None => return inserted.first().copied(),
        }
        rest = rest.get(close + 1..)?;
    }
    if !rest.first()?.is_any(&["VALUES", "VALUE"]) {
        return None;
    }
    let (mut depth, mut row, mut item, mut tokens_of_item) = (0_i32, 0_usize, 0_usize, 0_usize);
    for (index, token) in rest.iter().enumerate().skip(1) {
        if depth == 1 && (token.is_sign(',') || token.is_sign(')')) {
            let before = index.checked_sub(1).and_then(|before| rest.get(before));
            if item == place && tokens_of_item == 1 && before.is_some_and(|before| before.is("NULL")) {
                return inserted.get(row).copied();
            }
            (item, tokens_of_item) = (item + 1, 0);
        } else if depth >= 1 {
            tokens_of_item += 1;
        }
        depth += i32::from(token.is_sign('(')) - i32::from(token.is_sign(')'));
        if depth == 0 && token.is_sign(')') {
            (row, item, tokens_of_item) = (row + 1, 0, 0);
        } else if depth == 0 && !token.is_sign(',') {
            break;
        }
    }
    None
}

impl Session {
    /// An `INSERT` let a table choose this number.
    pub(super) fn inserted(&mut self, chosen: Option<i64>) {
        self.values.last_insert_id = chosen.unwrap_or(self.values.last_insert_id);
    }
}
