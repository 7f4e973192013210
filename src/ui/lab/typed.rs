//! Statements typed by hand, and their answers.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::engine::ids::{NodeId, SessionId, TxnId};
use crate::engine::message::{QueryResult, Statement};
use crate::engine::storage::SqlError;
use crate::engine::time::SimTime;
use crate::engine::trace::{TraceEvent, What};
use crate::sim::ConsoleEntry;

/// Statements that are kept.
const KEPT: usize = 100;

/// What a server answered.
pub type Reply = Result<Box<QueryResult>, Box<SqlError>>;

/// A typed statement and its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Typed {
    /// Counts the typed statements.
    pub number: u64,
    /// When it was typed, or sent.
    pub at: SimTime,
    /// The session it runs in.
    pub session: SessionId,
    /// The statement.
    pub sql: Arc<str>,
    /// Its transaction, once it was sent: a session sends one statement after the other.
    pub txn: Option<TxnId>,
    /// The server that answered.
    pub served_by: Option<NodeId>,
    /// The answer, and when it came.
    pub answer: Option<(SimTime, Reply)>,
}

/// All that was typed.
#[derive(Clone, Debug, Default)]
pub struct TypedLog {
    list: VecDeque<Typed>,
    count: u64,
}

impl TypedLog {
    /// A statement was typed, and will be sent when its session is free.
    pub fn expect(&mut self, session: SessionId, at: SimTime, sql: Arc<str>) {
        if self.list.len() == KEPT {
            self.list.pop_front();
        }
        let number = self.count;
        self.count += 1;
        self.list.push_back(Typed { number, at, session, sql, txn: None, served_by: None, answer: None });
    }

    /// Takes note of an event, and of the answer that came with it.
    pub fn note(&mut self, event: &TraceEvent, console: &VecDeque<ConsoleEntry>) {
        match &event.what {
            What::Submitted { txn, statement: Statement::Sql(sql), .. } if txn.session.is_console() => {
                let mut waiting = self.list.iter_mut().filter(|t| t.session == txn.session && t.txn.is_none());
                if let Some(typed) = waiting.next() {
                    (typed.txn, typed.at) = (Some(*txn), event.at);
                    return;
                }
                // Not typed here: the scenario's.
                self.expect(txn.session, event.at, sql.clone());
                if let Some(typed) = self.list.back_mut() {
                    typed.txn = Some(*txn);
                }
            }
            What::Answered { txn, .. } | What::Finished { txn, .. } if txn.session.is_console() => {
                let open = |t: &&mut Typed| t.session == txn.session && t.txn.is_some() && t.answer.is_none();
                let Some(typed) = self.list.iter_mut().find(open) else { return };
                let answer = console.iter().rev().find(|e| e.session == txn.session && e.at == event.at);
                if let Some(entry) = answer {
                    typed.served_by = entry.served_by;
                    typed.answer = Some((entry.at, entry.result.clone()));
                }
            }
            _ => {}
        }
    }

    /// The newest statements, newest first.
    #[must_use]
    pub fn newest(&self, most: usize) -> Vec<Typed> {
        self.list.iter().rev().take(most).cloned().collect()
    }
}
