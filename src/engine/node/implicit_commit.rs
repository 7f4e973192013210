//! MySQL: statements that commit the transaction they are sent in, before they run (MySQL 8.4 Reference Manual, 15.3.3).

use super::Node;
use super::session::{Flow, Running, Session, State};
use crate::engine::flavor::Flavor;
use crate::engine::ids::{ConnId, TxnId};
use crate::engine::io::Outbox;
use crate::engine::message::ImplicitCommit;
use crate::engine::sql::{Admin, Kind, Statement, Verb};

/// Whether a statement ends the transaction that is open.
fn ends_transaction(kind: &Kind) -> bool {
    match kind {
        Kind::Begin { .. } | Kind::Ddl | Kind::Maintenance | Kind::Write(Verb::Truncate) => true,
        Kind::Admin(admin) => !matches!(admin, Admin::PurgeTo(_) | Admin::PurgeBefore(_)),
        _ => false,
    }
}

impl Node {
    /// Commits the open transaction where the statement does that first. `None` when the statement can run now.
    pub(super) fn commit_first(
        &mut self,
        conn: ConnId,
        session: &mut Session,
        statement: &Statement<'_>,
        out: &mut Outbox,
    ) -> Option<Flow> {
        if self.core.flavor != Flavor::Mysql || !ends_transaction(&statement.kind) {
            return None;
        }
        // A statement that the server or the transaction refuses commits nothing.
        if matches!(statement.kind, Kind::Ddl | Kind::Write(_))
            && let Some(open) = &session.txn
            && let Some(error) = self.refuses_writes(session, open.id, statement.tag)
        {
            return Some(Flow::Failed(error));
        }
        let open = session.txn.take()?;
        if let Some(running) = &mut session.running {
            running.implicit.get_or_insert_default();
        }
        match self.commit(conn, session, open, "", out) {
            Flow::Committing => Some(Flow::CommittingFirst),
            _ => None,
        }
    }
}

impl Running {
    /// `BEGIN`: the transaction that begins. After an implicit commit it is another than the message was sent in.
    pub fn begin(&mut self) -> TxnId {
        if let Some(ImplicitCommit { begun, .. }) = &mut self.implicit {
            *begun += 1;
            self.txn.number = self.txn.number.saturating_add(1);
        }
        self.txn
    }
}

impl Session {
    /// Whether it waits for a commit.
    #[must_use]
    pub fn is_committing(&self) -> bool {
        matches!(self.state, State::Committing | State::CommittingFirst)
    }
}
