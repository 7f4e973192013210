//! How far a replica must have come for a session to read on it what it wrote.

use std::sync::Arc;

use super::monitor::{Health, Monitor};
use crate::engine::gtid::Gtid;
use crate::engine::ids::NodeId;
use crate::engine::log::{Lsn, Timeline};
use crate::engine::message::{ImplicitCommit, QueryResult};
use crate::engine::time::MILLISECOND_US;

/// Where a session's last write is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// PostgreSQL: its commit record ends here.
    Position(Timeline, Lsn),
    /// MySQL: its identifier, and the server that was believed to be the primary.
    Gtid(Gtid, Option<NodeId>),
    /// It is not known.
    Unknown,
}

/// What a token says of a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fitness {
    /// It has the write.
    Has,
    /// It may be waited for.
    Await,
    /// What it has is another history.
    Never,
}

impl Token {
    /// The token of what a reply says was committed; `None` when nothing was.
    #[must_use]
    pub fn of(
        result: Option<&QueryResult>,
        implicit: Option<ImplicitCommit>,
        primary: Option<NodeId>,
    ) -> Option<Token> {
        if let Some(result) = result {
            if let Some(gtid) = result.gtid {
                return Some(Token::Gtid(gtid, primary));
            }
            if let Some((timeline, at)) = result.committed_at {
                return Some(Token::Position(timeline, at));
            }
        }
        // MySQL does not say which identifier an implicit commit had.
        implicit.filter(|implicit| implicit.committed_at.is_some()).map(|_| Token::Unknown)
    }

    /// The token as it stands after a failover: a write that is in the new primary's history is awaited there. `None`
    /// when that is not known, or not so: then no replica can be waited for.
    ///
    /// A position of another timeline must not be compared with those of the new one, which may pass it without the
    /// write. All that survived of the old timeline comes before any position of the new one.
    #[must_use]
    pub fn renewed(self, monitor: &Monitor) -> Option<Token> {
        let primary = monitor.primary();
        let health = primary.and_then(|primary| monitor.health(primary));
        match self {
            Token::Unknown => None,
            Token::Position(timeline, _) => match health {
                Some(health) if health.timeline > timeline => Some(Token::Position(health.timeline, health.position)),
                _ => Some(self),
            },
            Token::Gtid(_, of) if of == primary || primary.is_none() => Some(self),
            Token::Gtid(gtid, _) => {
                let has = health.and_then(|health| health.gtids.as_ref()).is_some_and(|gtids| gtids.contains(gtid));
                has.then_some(Token::Gtid(gtid, primary))
            }
        }
    }

    /// What is known of a replica.
    #[must_use]
    pub fn fitness(self, replica: &Health) -> Fitness {
        match self {
            Token::Unknown => Fitness::Never,
            Token::Position(timeline, _) if replica.timeline != timeline => Fitness::Never,
            Token::Position(_, at) if replica.position >= at => Fitness::Has,
            Token::Gtid(gtid, _) if replica.gtids.as_ref().is_some_and(|gtids| gtids.contains(gtid)) => Fitness::Has,
            Token::Position(..) | Token::Gtid(..) => Fitness::Await,
        }
    }

    /// The statement that lets a replica wait for the write.
    #[must_use]
    pub fn statement(self, timeout_us: u64) -> Option<Arc<str>> {
        match self {
            Token::Unknown => None,
            Token::Position(_, at) => {
                // 0 would be without end.
                let timeout_ms = timeout_us.div_ceil(MILLISECOND_US).max(1);
                Some(format!("WAIT FOR LSN '{at}' WITH (TIMEOUT '{timeout_ms}ms', NO_THROW)").into())
            }
            Token::Gtid(gtid, _) => {
                let timeout_us = timeout_us.max(1);
                let (whole, part) = (timeout_us / 1_000_000, timeout_us % 1_000_000);
                Some(format!("SELECT WAIT_FOR_EXECUTED_GTID_SET('{gtid}', {whole}.{part:06})").into())
            }
        }
    }

    /// Whether the answer to that statement says that the write is there.
    #[must_use]
    pub fn is_there(answer: &QueryResult) -> bool {
        let value = answer.rows.first().and_then(|row| row.first());
        value.is_some_and(|value| value.as_integer() == Some(0) || value.to_string() == "success")
    }
}
