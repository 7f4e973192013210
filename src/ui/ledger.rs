//! The ledger as the page shows it: which writes, and one write's stations in the order of time.

use crate::check::{Fate, Judges, Names, Write};
use crate::engine::ids::{ClientId, TxnId};
use crate::engine::time::SimTime;
use crate::order::Arrange;
use crate::report::ledger::LedgerEntry;
use crate::t;

/// Which fates are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// Every write.
    #[default]
    All,
    /// Acknowledged, and in the log of the current primary.
    Survived,
    /// Acknowledged, and not in it.
    Lost,
    /// Nobody knows.
    Indeterminate,
    /// An error reached the client.
    Failed,
    /// The client waits.
    Pending,
}

impl Which {
    /// All, in their order on the page.
    pub const ALL: [Which; 6] =
        [Which::All, Which::Survived, Which::Lost, Which::Indeterminate, Which::Failed, Which::Pending];

    /// Its words.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Which::All => t!("ledger.filter.all"),
            Which::Survived => t!("ledger.filter.survived"),
            Which::Lost => t!("ledger.filter.lost"),
            Which::Indeterminate => t!("ledger.filter.indeterminate"),
            Which::Failed => t!("ledger.filter.failed"),
            Which::Pending => t!("ledger.filter.pending"),
        }
    }

    /// Whether a fate is among them.
    #[must_use]
    pub fn takes(self, fate: Fate) -> bool {
        match self {
            Which::All => true,
            Which::Survived => fate == Fate::Survived,
            Which::Lost => fate == Fate::Lost,
            Which::Indeterminate => matches!(fate, Fate::Indeterminate { .. }),
            Which::Failed => fate == Fate::Failed,
            Which::Pending => fate == Fate::Pending,
        }
    }
}

/// One write in a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Which.
    pub txn: TxnId,
    /// Its name.
    pub name: String,
    /// When it was sent.
    pub submitted: SimTime,
    /// What it writes.
    pub what: String,
    /// From sending to the verdict.
    pub took_us: Option<u64>,
    /// Its fate in a word or two.
    pub fate: &'static str,
    /// The class that carries the fate.
    pub class: &'static str,
    /// Whether somebody will ask why: it is not simply there.
    pub wants_why: bool,
}

/// A write in a line.
#[must_use]
pub fn row(write: &Write, judges: &Judges, names: &dyn Names) -> Row {
    let (fate, class) = match judges.fate(write) {
        Fate::Pending => (t!("ledger.fate.pending"), ""),
        Fate::Failed => (t!("ledger.fate.failed"), ""),
        Fate::Indeterminate { took_effect: true } => (t!("ledger.fate.took-effect"), "is-warning"),
        Fate::Indeterminate { took_effect: false } => (t!("ledger.fate.no-effect"), "is-warning"),
        Fate::Survived => (t!("ledger.fate.survived"), ""),
        Fate::Lost if write.errant => (t!("ledger.fate.errant"), "is-trouble"),
        Fate::Lost => (t!("ledger.fate.lost"), "is-trouble"),
    };
    let what = match write.kv {
        Some((key, value)) => format!("kv {key} = {value}"),
        None if write.changes > 0 => t!("ledger.changes", n = write.changes),
        None => "–".to_owned(),
    };
    let wants_why = !matches!(judges.fate(write), Fate::Survived | Fate::Failed);
    let took_us = write.finished.map(|finished| finished.at.since(write.submitted.at));
    Row {
        txn: write.txn,
        name: names.txn(write.txn),
        submitted: write.submitted.at,
        what,
        took_us,
        fate,
        class,
        wants_why,
    }
}

/// Some of the ledger.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The newest of those that are wanted.
    pub rows: Vec<Row>,
    /// How many are wanted and have entries.
    pub matching: u64,
    /// How many writes there were.
    pub attempted: u64,
    /// How many of those have entries.
    pub held: u64,
    /// Who wrote.
    pub clients: Vec<(ClientId, String)>,
}

/// One station of a write.
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    /// What happened.
    pub station: String,
    /// Where.
    pub place: String,
    /// When.
    pub at: SimTime,
}

/// A write's stations, the earliest first; at one instant in the order of their way.
#[must_use]
pub fn stops(entry: &LedgerEntry, verdict: &str) -> Vec<Stop> {
    let mut stops = Vec::new();
    let mut stop = |station: &str, place: &str, at_ms: Option<f64>| {
        let at = at_ms.map(|ms| SimTime((ms * 1_000.0).round() as u64));
        stops.extend(at.map(|at| Stop { station: station.to_owned(), place: place.to_owned(), at }));
    };
    let primary = entry.logged_on.as_deref().or(entry.routed_to.as_deref()).unwrap_or_default();
    stop(t!("ledger.stop.submitted"), &entry.client, Some(entry.submitted_ms));
    stop(t!("ledger.stop.routed"), entry.routed_to.as_deref().unwrap_or_default(), entry.routed_ms);
    stop(t!("ledger.stop.executed"), primary, entry.executed_ms);
    stop(t!("ledger.stop.logged"), primary, entry.logged_ms);
    // The one that logged it first, then the others.
    let mut servers: Vec<_> = entry.servers.iter().collect();
    servers.arrange_by_key(|server| server.node != primary);
    for server in servers {
        stop(t!("ledger.stop.shipped-to"), &server.node, server.shipped_ms);
        stop(t!("ledger.stop.received"), &server.node, server.received_ms);
        stop(t!("ledger.stop.flushed"), &server.node, server.flushed_ms);
        if server.node != primary {
            stop(t!("ledger.stop.applied"), &server.node, server.applied_ms);
        }
    }
    stop(t!("ledger.stop.waits-for-standbys"), primary, entry.waited_ms);
    stop(t!("ledger.stop.wait-ended"), primary, entry.released_ms);
    stop(t!("ledger.stop.visible"), primary, entry.visible_ms);
    stop(verdict, &entry.client, entry.finished_ms);
    stops.arrange_by_key(|stop| stop.at);
    stops
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ledger::LedgerServer;

    #[test]
    fn stations_stand_in_the_order_of_time() {
        let server = |node: &str, at: [Option<f64>; 4]| LedgerServer {
            node: node.to_owned(),
            shipped_ms: at[0],
            received_ms: at[1],
            flushed_ms: at[2],
            applied_ms: at[3],
        };
        let entry = LedgerEntry {
            txn: "app/0#1".to_owned(),
            client: "app".to_owned(),
            fate: "survived",
            in_primary_log: Some(true),
            key: Some(1),
            value: Some(2),
            changes: 1,
            submitted_ms: 1.0,
            routed_ms: Some(3.0),
            routed_to: Some("db1".to_owned()),
            executed_ms: Some(5.0),
            logged_ms: Some(5.0),
            logged_on: Some("db1".to_owned()),
            logged_at: None,
            waited_ms: None,
            released_ms: None,
            visible_ms: Some(6.0),
            finished_ms: Some(10.0),
            reason: None,
            servers: vec![
                server("db2", [Some(6.0), Some(8.0), Some(9.0), Some(12.5)]),
                server("db1", [None, None, Some(6.0), Some(6.0)]),
            ],
        };
        let told: Vec<String> =
            stops(&entry, "acknowledged").iter().map(|s| format!("{} {} {}", s.at.0, s.station, s.place)).collect();
        assert_eq!(
            told,
            [
                "1000 submitted app",
                "3000 routed db1",
                "5000 executed db1",
                "5000 logged db1",
                "6000 flushed db1",
                "6000 shipped to db2",
                "6000 visible db1",
                "8000 received db2",
                "9000 flushed db2",
                "10000 acknowledged app",
                "12500 applied db2",
            ]
        );
    }

    #[test]
    fn every_fate_is_in_one_filter_beside_all() {
        let fates = [
            Fate::Pending,
            Fate::Failed,
            Fate::Indeterminate { took_effect: true },
            Fate::Indeterminate { took_effect: false },
            Fate::Survived,
            Fate::Lost,
        ];
        for fate in fates {
            assert_eq!(Which::ALL.iter().filter(|which| which.takes(fate)).count(), 2, "{fate:?}");
        }
    }
}
