//! Sessions that wait until the server has come to a position: `WAIT FOR LSN`, `WAIT_FOR_EXECUTED_GTID_SET`.

use super::session::{Flow, Session, State};
use super::{Node, Role};
use crate::engine::flavor::Flavor;
use crate::engine::ids::{ConnId, TxnId};
use crate::engine::io::{Outbox, Timer};
use crate::engine::log::Lsn;
use crate::engine::message::QueryResult;
use crate::engine::sql::{Target, WaitFor, WaitMode};
use crate::engine::storage::{SqlError, Value};
use crate::engine::time::SimTime;
use crate::engine::trace::What;
use crate::order::OrderedSet;

/// One session's wait for a position.
#[derive(Clone, Debug)]
pub struct PositionWait {
    wait: WaitFor,
    since: SimTime,
    /// When it has lasted long enough.
    deadline: SimTime,
    /// When `statement_timeout` ends it, which is an error whatever it asked for.
    statement_deadline: SimTime,
    /// Whether the server was a standby when it began.
    in_recovery: bool,
}

/// The sessions that wait for a position, and the timer of the earliest deadline.
#[derive(Clone, Debug)]
pub struct PositionWaits {
    conns: OrderedSet<ConnId>,
    timer: SimTime,
}

impl Default for PositionWaits {
    fn default() -> Self {
        PositionWaits { conns: OrderedSet::new(), timer: SimTime::NEVER }
    }
}

impl PositionWaits {
    /// The process died.
    pub fn clear(&mut self) {
        *self = PositionWaits::default();
    }
}

/// How a wait stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    Waits,
    Reached,
    NotInRecovery,
    TimedOut,
}

impl Node {
    /// A session asks to wait.
    pub(super) fn wait_for_position(
        &mut self,
        conn: ConnId,
        session: &mut Session,
        txn: TxnId,
        wait: WaitFor,
        out: &mut Outbox,
    ) -> Flow {
        let in_recovery = matches!(self.role, Role::Replica(_));
        if wait.target_mode() == Some(WaitMode::PrimaryFlush) && in_recovery {
            // PostgreSQL 19, wait.c, ExecWaitStmt().
            let hint = "Waiting for primary_flush can only be done on a primary server. Use standby_flush mode on a \
                        standby server.";
            return Flow::Failed(SqlError::new("55000", "recovery is in progress").with_hint(hint));
        }
        if wait.target == Target::Gtids(None) {
            return Flow::Done(answer(&wait, Value::Null));
        }
        let after = |us: u64| if us == 0 { SimTime::NEVER } else { out.now.plus(us) };
        let statement_us = match self.core.flavor {
            Flavor::Postgresql => session.own().statement_timeout_us.unwrap_or(self.core.settings.statement_timeout_us),
            Flavor::Mysql => 0,
        };
        let wait = PositionWait {
            deadline: after(wait.timeout_us),
            statement_deadline: after(statement_us),
            since: out.now,
            in_recovery,
            wait,
        };
        match self.stand(&wait, out.now) {
            Stand::Waits => {
                out.trace(What::PositionWait { node: self.core.id, txn });
                self.position_waits.conns.insert(conn);
                self.arm_position_timer(wait.deadline.min(wait.statement_deadline), out);
                Flow::Waiting(Box::new(wait))
            }
            stand => self.outcome(&wait, stand),
        }
    }

    fn arm_position_timer(&mut self, deadline: SimTime, out: &mut Outbox) {
        if deadline < self.position_waits.timer {
            self.position_waits.timer = deadline;
            out.set_timer(Timer::PositionWaits, deadline);
        }
    }

    /// The position that `WAIT FOR LSN` looks at in this mode.
    fn position_of(&self, mode: WaitMode) -> Lsn {
        match mode {
            WaitMode::StandbyReplay => self.core.applied,
            WaitMode::StandbyWrite => self.core.log.written(),
            WaitMode::StandbyFlush | WaitMode::PrimaryFlush => self.core.log.flushed(),
        }
    }

    fn stand(&self, of: &PositionWait, now: SimTime) -> Stand {
        let reached = match &of.wait.target {
            Target::Lsn(lsn, mode) => {
                let standby = *mode != WaitMode::PrimaryFlush;
                // A server that was promoted meanwhile may have come so far before.
                if standby && !matches!(self.role, Role::Replica(_)) {
                    let reached = of.in_recovery && self.position_of(*mode) >= *lsn;
                    return if reached { Stand::Reached } else { Stand::NotInRecovery };
                }
                self.position_of(*mode) >= *lsn
            }
            Target::Gtids(gtids) => {
                let executed = self.core.binlog.as_ref().map(|binlog| &binlog.executed);
                gtids.as_ref().zip(executed).is_some_and(|(gtids, executed)| gtids.is_subset_of(executed))
            }
        };
        match reached {
            true => Stand::Reached,
            false if now >= of.deadline => Stand::TimedOut,
            false => Stand::Waits,
        }
    }

    /// What the client is told.
    fn outcome(&self, of: &PositionWait, stand: Stand) -> Flow {
        let (lsn, mode) = match &of.wait.target {
            Target::Gtids(_) => {
                return Flow::Done(answer(&of.wait, Value::Integer(i64::from(stand != Stand::Reached))));
            }
            Target::Lsn(lsn, mode) => (*lsn, *mode),
        };
        let (name, done) = mode.words();
        let here = self.position_of(mode);
        match stand {
            Stand::Reached => Flow::Done(answer(&of.wait, "success".into())),
            Stand::Waits | Stand::TimedOut if of.wait.no_throw => Flow::Done(answer(&of.wait, "timeout".into())),
            Stand::NotInRecovery if of.wait.no_throw => Flow::Done(answer(&of.wait, "not in recovery".into())),
            Stand::Waits | Stand::TimedOut => Flow::Failed(SqlError::new(
                "57014",
                format!("timed out while waiting for target LSN {lsn} to be {done}; current {name} LSN {here}"),
            )),
            Stand::NotInRecovery => {
                let error = SqlError::new("55000", "recovery is not in progress");
                Flow::Failed(match of.in_recovery {
                    true => SqlError {
                        detail: Some(format!(
                            "Recovery ended before target LSN {lsn} was {done}; last {name} LSN {here}."
                        )),
                        ..error
                    },
                    false => {
                        error.with_hint(format!("Waiting for the {name} LSN can only be executed during recovery."))
                    }
                })
            }
        }
    }

    /// The server has moved on, or time has: waits that are over are answered. Whether there were any.
    pub(super) fn settle_positions(&mut self, out: &mut Outbox) -> bool {
        if self.position_waits.conns.is_empty() {
            return false;
        }
        let mut over = Vec::new();
        self.position_waits.conns.retain(|conn| self.sessions.contains_key(conn));
        for conn in &self.position_waits.conns {
            let Some(State::Positioned(wait)) = self.sessions.get(conn).map(|session| &session.state) else {
                over.push((*conn, None));
                continue;
            };
            let stand = self.stand(wait, out.now);
            if stand != Stand::Waits || out.now >= wait.statement_deadline {
                over.push((*conn, Some(stand)));
            }
        }
        for (conn, stand) in &over {
            self.position_waits.conns.remove(conn);
            if let Some(stand) = stand {
                self.end_position_wait(*conn, *stand, out);
            }
        }
        !over.is_empty()
    }

    fn end_position_wait(&mut self, conn: ConnId, stand: Stand, out: &mut Outbox) {
        let Some(mut session) = self.sessions.remove(&conn) else { return };
        if let State::Positioned(wait) = std::mem::take(&mut session.state) {
            let flow = match stand {
                Stand::Waits => Flow::Failed(SqlError::new("57014", "canceling statement due to statement timeout")),
                stand => self.outcome(&wait, stand),
            };
            if let Some(txn) = session.running.as_ref().map(|running| running.txn) {
                let (node, waited_us) = (self.core.id, out.now.since(wait.since));
                let reached = stand == Stand::Reached;
                out.trace(What::PositionWaitOver { node, txn, reached, waited_us });
            }
            match flow {
                Flow::Done(result) => {
                    session.step(result, out.now);
                    self.ready.push_back(conn);
                }
                Flow::Failed(error) => self.fail(conn, &mut session, error, out),
                _ => {}
            }
        }
        self.sessions.insert(conn, session);
    }

    /// The timer of waits for positions.
    pub(super) fn position_waits_due(&mut self, out: &mut Outbox) {
        self.position_waits.timer = SimTime::NEVER;
        self.settle_positions(out);
        let deadline = |conn: &ConnId| match &self.sessions.get(conn)?.state {
            State::Positioned(wait) => Some(wait.deadline.min(wait.statement_deadline)),
            _ => None,
        };
        if let Some(next) = self.position_waits.conns.iter().filter_map(deadline).min() {
            self.arm_position_timer(next, out);
        }
    }

    /// An operator or client gives up a wait for a position. Whether there was one.
    pub(super) fn cancel_position_wait(&mut self, txn: TxnId, out: &mut Outbox) -> bool {
        let waits = |session: &Session| {
            matches!(session.state, State::Positioned(_))
                && session.running.as_ref().is_some_and(|running| running.txn == txn || running.asked == txn)
        };
        let Some(conn) = self.sessions.iter().find(|(_, session)| waits(session)).map(|(conn, _)| *conn) else {
            return false;
        };
        self.position_waits.conns.remove(&conn);
        if let Some(mut session) = self.sessions.remove(&conn) {
            if let State::Positioned(wait) = std::mem::take(&mut session.state) {
                let waited_us = out.now.since(wait.since);
                out.trace(What::PositionWaitOver { node: self.core.id, txn, reached: false, waited_us });
            }
            let error = SqlError::flavored(
                self.core.flavor,
                ("57014", "canceling statement due to user request".to_owned()),
                (1317, "70100", "Query execution was interrupted".to_owned()),
            );
            self.fail(conn, &mut session, error, out);
            self.sessions.insert(conn, session);
        }
        true
    }
}

impl WaitFor {
    fn target_mode(&self) -> Option<WaitMode> {
        match self.target {
            Target::Lsn(_, mode) => Some(mode),
            Target::Gtids(_) => None,
        }
    }
}

fn answer(wait: &WaitFor, value: Value) -> QueryResult {
    let tag = match wait.target {
        Target::Lsn(..) => "WAIT",
        Target::Gtids(_) => "SELECT",
    };
    QueryResult { columns: vec![wait.column.clone()], rows: vec![vec![value]], tag, ..QueryResult::default() }
}
