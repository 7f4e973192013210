//! One session of an application.

use std::sync::Arc;

use crate::engine::flavor::Flavor;
use crate::engine::ids::{NodeId, SessionId, TxnId};
use crate::engine::io::{Outbox, Output};
use crate::engine::message::{ImplicitCommit, QueryResult, Statement};
use crate::engine::proxy::{RoutedReply, is_indeterminate, lost_connection};
use crate::engine::sql;
use crate::engine::storage::{SqlError, Value};
use crate::engine::time::SimTime;
use crate::engine::trace::{Verdict, What};

/// A statement that was sent and not answered.
#[derive(Clone, Debug)]
struct Sent {
    statement: Statement,
    at: SimTime,
}

/// One session: at most one statement under way.
#[derive(Clone, Debug)]
pub struct ClientSession {
    id: SessionId,
    number: u32,
    sent: Option<Sent>,
    in_transaction: bool,
    writes: bool,
}

impl ClientSession {
    /// A session that has not said anything.
    #[must_use]
    pub fn new(id: SessionId) -> Self {
        ClientSession { id, number: 0, sent: None, in_transaction: false, writes: false }
    }

    /// Whether a statement is under way.
    #[must_use]
    pub fn busy(&self) -> bool {
        self.sent.is_some()
    }

    /// The transaction that is under way, or was last.
    #[must_use]
    pub fn txn(&self) -> TxnId {
        TxnId { session: self.id, number: self.number }
    }

    /// A statement leaves. Returns the transaction it belongs to.
    pub fn submit(&mut self, statement: &Statement, flavor: Flavor, out: &mut Outbox) -> TxnId {
        let first_of_txn = !self.in_transaction;
        if first_of_txn {
            self.number += 1;
            self.writes = false;
        }
        self.writes |= writes(statement, flavor);
        let txn = self.txn();
        out.trace(What::Submitted { txn, statement: statement.clone(), writes: self.writes, first_of_txn });
        self.sent = Some(Sent { statement: statement.clone(), at: out.now });
        txn
    }

    /// The answer to the statement under way. False when it is not about that one.
    pub fn answered(&mut self, reply: RoutedReply, out: &mut Outbox) -> bool {
        let Some(sent) = self.sent.take_if(|_| reply.txn.number == self.number) else { return false };
        let latency_us = out.now.since(sent.at);
        let txn = self.txn();
        if self.id.is_console() {
            let (result, served_by) = (reply.result.clone(), reply.served_by);
            out.outputs.push(Output::Console { session: self.id, result, served_by });
        }
        if let (Statement::ReadKey { id }, Ok(result), Some(node)) = (&sent.statement, &reply.result, reply.served_by) {
            let value = result.rows.first().and_then(|row| row.first()).and_then(Value::as_integer);
            out.trace(What::ReadDone { txn, key: *id, value, node, latency_us });
        }
        let txn = match reply.implicit {
            Some(ended) if ended.begun > 0 => self.ended_by(&sent, ended, latency_us, out),
            _ => txn,
        };
        self.in_transaction = reply.in_transaction;
        if self.in_transaction {
            out.trace(What::Answered { txn, ok: reply.result.is_ok() });
            return true;
        }
        let verdict = match reply.implicit.filter(|ended| ended.begun == 0) {
            Some(ended) => verdict_after(&reply.result, ended),
            None => verdict(&reply.result, self.writes),
        };
        out.trace(What::Finished { txn, writes: self.writes, verdict, latency_us });
        true
    }

    /// The answer says that the statement committed the transaction it was sent in, and began another: that one is the
    /// session's next.
    fn ended_by(&mut self, sent: &Sent, ended: ImplicitCommit, latency_us: u64, out: &mut Outbox) -> TxnId {
        let verdict = Verdict::Acknowledged { warning: None, committed_at: ended.committed_at };
        out.trace(What::Finished { txn: self.txn(), writes: self.writes, verdict, latency_us });
        self.number = self.number.saturating_add(ended.begun);
        self.writes = writes(&sent.statement, Flavor::Mysql);
        let (txn, statement) = (self.txn(), sent.statement.clone());
        out.trace(What::Submitted { txn, statement, writes: self.writes, first_of_txn: true });
        txn
    }

    /// The connection went away. What was under way has no verdict, and its error is given back; an open transaction is
    /// gone.
    pub fn lost(&mut self, sent_over: bool, reason: &str, flavor: Flavor, out: &mut Outbox) -> Option<SqlError> {
        let open = std::mem::take(&mut self.in_transaction);
        let Some(sent) = self.sent.take() else {
            if open {
                let verdict = Verdict::Failed { code: "08006".into(), message: reason.into() };
                out.trace(What::Finished { txn: self.txn(), writes: self.writes, verdict, latency_us: 0 });
            }
            return None;
        };
        let error = match sent_over {
            true => lost_connection(flavor),
            false => SqlError::new("08001", reason),
        };
        self.sent = Some(sent);
        self.answered(RoutedReply::failed(self.id, self.txn(), error.clone()), out);
        Some(error)
    }

    /// Where the session talks to, for sessions that go straight to one server.
    #[must_use]
    pub fn direct(id: SessionId) -> Option<NodeId> {
        (id.is_console() && id.number != SessionId::CONSOLE).then(|| NodeId((SessionId::CONSOLE - 1 - id.number) as u8))
    }
}

/// Whether a statement may change data.
pub(super) fn writes(statement: &Statement, flavor: Flavor) -> bool {
    match statement {
        Statement::Upsert { .. } => true,
        Statement::ReadKey { .. } => false,
        Statement::Sql(text) => sql::split(text, flavor).into_iter().any(|one| sql::classify(one, flavor).writes()),
    }
}

/// The verdict on a transaction that a statement committed before it ran itself, outside of a transaction (DDL). What had
/// been done stays, also when the statement then fails.
fn verdict_after(result: &Result<Box<QueryResult>, Box<SqlError>>, ended: ImplicitCommit) -> Verdict {
    match result {
        Err(error) if ended.committed_at.is_some() => {
            Verdict::Acknowledged { warning: Some(error.to_string().into()), committed_at: ended.committed_at }
        }
        Ok(result) => {
            let committed_at = result.committed_at.or(ended.committed_at);
            Verdict::Acknowledged { warning: result.warning.clone(), committed_at }
        }
        Err(_) => verdict(result, false),
    }
}

fn verdict(result: &Result<Box<QueryResult>, Box<SqlError>>, writes: bool) -> Verdict {
    match result {
        Ok(result) => Verdict::Acknowledged { warning: result.warning.clone(), committed_at: result.committed_at },
        Err(error) if writes && is_indeterminate(error) => {
            Verdict::Indeterminate { reason: error.message.as_str().into() }
        }
        Err(error) => {
            let (code, message): (Arc<str>, Arc<str>) = (error.code.into(), error.message.as_str().into());
            Verdict::Failed { code, message }
        }
    }
}
