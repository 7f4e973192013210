//! The write ledger: every write with its stations, their times, and its fate.

use serde::Serialize;

use super::numbers::at_ms;
use crate::check::{Fate, Judges, Names, Outcome, Write};
use crate::engine::time::SimTime;
use crate::order::Arrange;
use crate::sim::World;

/// One write. Times are in milliseconds of virtual time; `null` is a station that it has not come to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LedgerEntry {
    /// The transaction: `app/3#17`.
    pub txn: String,
    /// Who wrote.
    pub client: String,
    /// `survived`, `lost`, `indeterminate`, `failed` or `pending`.
    pub fate: &'static str,
    /// Whether the current primary's log has it; `null` where that is not asked (failed, pending).
    pub in_primary_log: Option<bool>,
    /// The key of the `kv` row, when it is one upsert.
    pub key: Option<i64>,
    /// The value of the row.
    pub value: Option<i64>,
    /// Row changes and DDL statements.
    pub changes: u32,
    /// The client sent its first statement.
    pub submitted_ms: f64,
    /// The proxy or driver chose a server.
    pub routed_ms: Option<f64>,
    /// Which one.
    pub routed_to: Option<String>,
    /// Its last statement ran.
    pub executed_ms: Option<f64>,
    /// Its records entered the log.
    pub logged_ms: Option<f64>,
    /// Of this server.
    pub logged_on: Option<String>,
    /// Where its records begin there.
    pub logged_at: Option<String>,
    /// It began to wait for standbys.
    pub waited_ms: Option<f64>,
    /// Its wait ended.
    pub released_ms: Option<f64>,
    /// Other sessions on that server saw it.
    pub visible_ms: Option<f64>,
    /// The client had its verdict: the acknowledgement, the error, or the end of the connection.
    pub finished_ms: Option<f64>,
    /// What came with the verdict.
    pub reason: Option<String>,
    /// When it came to each server.
    pub servers: Vec<LedgerServer>,
}

/// When a write came to one server.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LedgerServer {
    /// The server.
    pub node: String,
    /// Its upstream sent the write's last byte.
    pub shipped_ms: Option<f64>,
    /// It arrived.
    pub received_ms: Option<f64>,
    /// It was durable.
    pub flushed_ms: Option<f64>,
    /// Readers saw it.
    pub applied_ms: Option<f64>,
}

/// The ledger in a report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LedgerPart {
    /// Writes that were attempted.
    pub attempted: u64,
    /// How many of them still have an entry.
    pub held: u64,
    /// The newest of those, the newest first; at most 200.
    pub newest: Vec<LedgerEntry>,
}

impl LedgerEntry {
    /// What is known of a write.
    #[must_use]
    pub fn of(write: &Write, judges: &Judges, world: &World) -> LedgerEntry {
        let fate = judges.fate(write);
        let ms = |moment: Option<crate::check::Moment>| moment.map(|moment| at_ms(moment.at));
        let optional = |at: Option<SimTime>| at.map(at_ms);
        let logged = write.logged;
        let servers = judges.journey(write).into_iter().filter(|journey| {
            // Servers that it never came to, and may never have been there, say nothing.
            world.nodes().any(|node| node == journey.node) || journey.received.is_some()
        });
        LedgerEntry {
            txn: world.txn(write.txn),
            client: world.client(write.txn.session.client),
            fate: fate.name(),
            in_primary_log: match fate {
                Fate::Survived => Some(true),
                Fate::Lost => Some(false),
                Fate::Indeterminate { took_effect } => Some(took_effect),
                Fate::Pending | Fate::Failed => None,
            },
            key: write.kv.map(|(key, _)| key),
            value: write.kv.map(|(_, value)| value),
            changes: write.changes,
            submitted_ms: at_ms(write.submitted.at),
            routed_ms: write.routed.map(|(moment, _)| at_ms(moment.at)),
            routed_to: write.routed.map(|(_, node)| Names::node(world, node)),
            executed_ms: ms(write.executed),
            logged_ms: logged.map(|logged| at_ms(logged.moment.at)),
            logged_on: logged.map(|logged| Names::node(world, logged.node)),
            logged_at: logged.map(|logged| world.log_position(logged.node, logged.start)),
            waited_ms: ms(write.waited),
            released_ms: ms(write.released),
            visible_ms: ms(write.visible),
            finished_ms: ms(write.finished),
            reason: write.reason.as_deref().map(str::to_owned),
            servers: servers
                .map(|journey| LedgerServer {
                    node: Names::node(world, journey.node),
                    shipped_ms: optional(journey.shipped),
                    received_ms: optional(journey.received),
                    flushed_ms: optional(journey.flushed),
                    applied_ms: optional(journey.applied),
                })
                .collect(),
        }
    }

    /// What its client was told, as the last station is called.
    #[must_use]
    pub fn verdict_word(outcome: Outcome) -> &'static str {
        match outcome {
            Outcome::Pending => "waits",
            Outcome::Acknowledged => "acknowledged",
            Outcome::Failed => "failed",
            Outcome::Indeterminate => "given up",
        }
    }
}

/// Every write that has an entry, the newest first: those that wait, then those that are over.
pub fn writes(judges: &Judges) -> impl Iterator<Item = &Write> {
    let mut pending: Vec<&Write> = judges.pending().collect();
    pending.arrange_by_key(|write| std::cmp::Reverse(write.submitted));
    pending.into_iter().chain(judges.ledger().entries().rev())
}

impl LedgerPart {
    /// The most writes that a report lists.
    pub const LISTED: usize = 200;

    /// The ledger of a run as it stands.
    #[must_use]
    pub fn of(judges: &Judges, world: &World) -> LedgerPart {
        LedgerPart {
            attempted: judges.ledger().total().attempted(),
            held: writes(judges).count() as u64,
            newest: writes(judges).take(Self::LISTED).map(|w| LedgerEntry::of(w, judges, world)).collect(),
        }
    }
}

/// Every write that has an entry as CSV (RFC 4180), the newest first. Each server has four columns.
#[must_use]
pub fn csv(judges: &Judges, world: &World) -> String {
    let nodes: Vec<String> = world.nodes().map(|node| Names::node(world, node)).collect();
    let mut out = String::new();
    let own = "txn,client,fate,in_primary_log,key,value,changes,submitted_ms,routed_ms,routed_to,executed_ms,logged_ms,\
               logged_on,logged_at,waited_ms,released_ms,visible_ms,finished_ms,reason";
    let of_servers = nodes.iter().flat_map(|node| {
        ["shipped", "received", "flushed", "applied"].map(|station| field(&format!("{node}_{station}_ms")))
    });
    row(&mut out, own.split(',').map(str::to_owned).chain(of_servers));
    for write in writes(judges) {
        let e = LedgerEntry::of(write, judges, world);
        let own = [
            field(&e.txn),
            field(&e.client),
            e.fate.to_owned(),
            text(e.in_primary_log),
            text(e.key),
            text(e.value),
            e.changes.to_string(),
            e.submitted_ms.to_string(),
            text(e.routed_ms),
            field(e.routed_to.as_deref().unwrap_or_default()),
            text(e.executed_ms),
            text(e.logged_ms),
            field(e.logged_on.as_deref().unwrap_or_default()),
            field(e.logged_at.as_deref().unwrap_or_default()),
            text(e.waited_ms),
            text(e.released_ms),
            text(e.visible_ms),
            text(e.finished_ms),
            field(e.reason.as_deref().unwrap_or_default()),
        ];
        let of_servers = nodes.iter().flat_map(|node| {
            let server = e.servers.iter().find(|server| server.node == *node);
            let at = |pick: fn(&LedgerServer) -> Option<f64>| text(server.and_then(pick));
            [at(|s| s.shipped_ms), at(|s| s.received_ms), at(|s| s.flushed_ms), at(|s| s.applied_ms)]
        });
        row(&mut out, own.into_iter().chain(of_servers));
    }
    out
}

fn row(out: &mut String, cells: impl Iterator<Item = String>) {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(&cell);
    }
    out.push_str("\r\n");
}

fn text<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// A cell whose text may hold anything.
fn field(text: &str) -> String {
    if text.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn what_would_end_a_cell_is_quoted() {
        assert_eq!(field("app/3#17"), "app/3#17");
        assert_eq!(field("a \"b\", c\nd"), "\"a \"\"b\"\", c\nd\"");
    }
}
