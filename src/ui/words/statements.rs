//! Statements: where they go, what they wait for, and how they end.

use super::events::Weight;
use super::figures::duration;
use super::names::Names;
use crate::engine::flavor::Flavor;
use crate::engine::message::Statement;
use crate::engine::trace::{Verdict, What};
use crate::t;
use crate::ui::text::said;

pub(super) fn statements(what: &What, names: &Names<'_>, flavor: Flavor, weight: &mut Weight) -> Option<String> {
    let who = what.txn().map_or("", |txn| names.who(txn));
    Some(match what {
        What::Submitted { statement, .. } => {
            t!("events.statement.submitted", who = who, statement = statement_text(statement))
        }
        What::Finished { writes, verdict, latency_us, .. } => {
            let work = if *writes { t!("events.statement.write") } else { t!("events.statement.read") };
            let took = duration(*latency_us);
            match verdict {
                Verdict::Acknowledged { warning: Some(warning), .. } => {
                    *weight = Weight::Trouble;
                    t!("events.statement.warned", who = who, work = work, took = took, warning = warning)
                }
                // On MySQL it is not by a log position that a transaction is known.
                Verdict::Acknowledged { committed_at: Some((_, lsn)), .. } if flavor == Flavor::Postgresql => {
                    t!("events.statement.acknowledged", who = who, work = work, took = took, at = lsn)
                }
                Verdict::Acknowledged { .. } => t!("events.statement.done", who = who, work = work, took = took),
                Verdict::Failed { code, message } => {
                    *weight = Weight::Trouble;
                    t!("events.statement.failed", who = who, work = work, took = took, message = message, code = code)
                }
                Verdict::Indeterminate { reason } => {
                    *weight = Weight::Trouble;
                    t!("events.statement.unknown", who = who, work = work, reason = said(reason))
                }
            }
        }
        What::ReadDone { key, value, node, latency_us, .. } => {
            let value = value.map_or_else(|| t!("events.statement.nothing").to_owned(), |v| v.to_string());
            let (node, took) = (names.node(*node), duration(*latency_us));
            t!("events.statement.read-done", who = who, key = key, node = node, value = value, took = took)
        }
        What::Routed { by, to, reason, .. } => {
            t!("events.statement.routed", by = names.name(*by), who = who, to = names.node(*to), reason = said(reason))
        }
        What::StateRepeated { by, to, text, .. } => {
            t!("events.statement.repeated", by = names.name(*by), to = names.node(*to), who = who, text = text)
        }
        What::SequenceLogged { node, name: sequence, last, .. } => {
            t!("events.statement.sequence", node = names.node(*node), sequence = sequence, last = last)
        }
        What::NotRouted { by, reason, .. } => {
            *weight = Weight::Trouble;
            t!("events.statement.not-routed", by = names.name(*by), who = who, reason = said(reason))
        }
        What::ConnectionWait { by, to, .. } => {
            t!("events.statement.connection-wait", who = who, by = names.name(*by), to = names.node(*to))
        }
        What::PositionWait { node, .. } => {
            t!("events.statement.position-wait", node = names.node(*node), who = who)
        }
        What::PositionWaitOver { node, reached: true, waited_us, .. } => {
            t!("events.statement.position-reached", node = names.node(*node), who = who, waited = duration(*waited_us))
        }
        What::PositionWaitOver { node, reached: false, waited_us, .. } => {
            *weight = Weight::Trouble;
            t!("events.statement.position-missed", node = names.node(*node), who = who, waited = duration(*waited_us))
        }
        What::Executed { node, changes: 0, .. } => {
            t!("events.statement.executed", node = names.node(*node), who = who)
        }
        What::Executed { node, changes, .. } => {
            t!("events.statement.changed", node = names.node(*node), who = who, n = changes)
        }
        What::LockWait { node, holder, .. } => {
            t!("events.statement.lock-wait", who = who, node = names.node(*node), holder = names.who(*holder))
        }
        What::RolledBack { node, .. } => t!("events.statement.rolled-back", node = names.node(*node), who = who),
        _ => return None,
    })
}

fn statement_text(statement: &Statement) -> String {
    match statement {
        Statement::Sql(sql) => sql.split_whitespace().collect::<Vec<_>>().join(" "),
        Statement::Upsert { id, value } => t!("events.statement.upsert", key = id, value = value),
        Statement::ReadKey { id } => t!("events.statement.read-key", key = id),
    }
}
