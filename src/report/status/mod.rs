//! What an operator's own tools would print of a server now: `psql` and `mysql`, their tables and their views. The page's
//! Status instrument and the command line share it.

mod files;
mod mysql;
mod patronictl;
mod psql;
#[cfg(test)]
mod tests;

use std::fmt;

pub use files::{configuration, file_name};
pub use patronictl::{MEMBER_HEADS, MemberLine, members, patronictl_list};

use crate::engine::facts::{self, ColumnKind, Facts, mysql as mysql_facts};
use crate::engine::flavor::Flavor;
use crate::engine::ids::NodeId;
use crate::engine::storage::{Outcome, SqlError, Value};
use crate::sim::World;
use crate::sim::view::Role;

/// Something that an operator looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// PostgreSQL: the standbys that a server sends its log to.
    StatReplication,
    /// PostgreSQL: a standby's receiver.
    StatWalReceiver,
    /// PostgreSQL: the slots that hold log back.
    ReplicationSlots,
    /// MySQL: a replica's channel.
    ReplicaStatus,
    /// MySQL: the binary log's files.
    BinaryLogs,
    /// MySQL: the counters of semi-synchronous replication.
    SemiSync,
}

impl View {
    /// All views.
    pub const ALL: [View; 6] = [
        View::StatReplication,
        View::StatWalReceiver,
        View::ReplicationSlots,
        View::ReplicaStatus,
        View::BinaryLogs,
        View::SemiSync,
    ];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            View::StatReplication => "pg_stat_replication",
            View::StatWalReceiver => "pg_stat_wal_receiver",
            View::ReplicationSlots => "pg_replication_slots",
            View::ReplicaStatus => "show-replica-status",
            View::BinaryLogs => "show-binary-logs",
            View::SemiSync => "semi-sync",
        }
    }

    /// What an operator types for it.
    #[must_use]
    pub fn statement(self) -> &'static str {
        match self {
            View::ReplicaStatus => "SHOW REPLICA STATUS",
            View::BinaryLogs => "SHOW BINARY LOGS",
            View::SemiSync => "SHOW STATUS LIKE 'Rpl_semi_sync%'",
            _ => self.name(),
        }
    }

    /// The view of this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<View> {
        View::ALL.into_iter().find(|view| view.name() == name)
    }

    /// The views that servers of a flavor have.
    pub fn of(flavor: Flavor) -> impl Iterator<Item = View> {
        View::ALL.into_iter().filter(move |view| view.flavor() == flavor)
    }

    /// The flavor whose servers have it.
    #[must_use]
    pub fn flavor(self) -> Flavor {
        match self {
            View::StatReplication | View::StatWalReceiver | View::ReplicationSlots => Flavor::Postgresql,
            View::ReplicaStatus | View::BinaryLogs | View::SemiSync => Flavor::Mysql,
        }
    }

    /// The role of the servers on which it says something.
    #[must_use]
    pub fn role(self) -> Role {
        match self {
            View::StatWalReceiver | View::ReplicaStatus => Role::Replica,
            View::StatReplication | View::ReplicationSlots | View::BinaryLogs | View::SemiSync => Role::Primary,
        }
    }

    /// How its tool is used to lay it out.
    #[must_use]
    pub fn layout(self) -> Layout {
        match self {
            // 60 columns: nobody asks for it without `\\G`.
            View::ReplicaStatus => Layout::Expanded,
            _ => Layout::Table,
        }
    }

    /// The server that is asked when none is named: the primary, or the first replica.
    #[must_use]
    pub fn default_node(self, world: &World) -> NodeId {
        let mut nodes = world.view().nodes.into_iter();
        match self.role() {
            Role::Primary => world.primary(),
            Role::Replica => nodes.find(|node| node.role == Role::Replica).map_or(world.primary(), |node| node.id),
        }
    }

    /// Its columns and rows now.
    ///
    /// # Errors
    /// That nobody answers.
    pub fn outcome(self, world: &World, node: NodeId) -> Result<Outcome, SqlError> {
        let facts = world.facts(node)?;
        let (columns, rows) = match self {
            View::ReplicaStatus => mysql_facts::show_replica_status(&facts),
            View::BinaryLogs => mysql_facts::show_binary_logs(&facts),
            View::SemiSync => {
                // SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync%'
                let is_about = |row: &Vec<Value>| {
                    row.first().and_then(Value::as_text).is_some_and(|name| name.starts_with("Rpl_semi_sync"))
                };
                let rows = mysql_facts::show_status(&facts).into_iter().filter(is_about).collect();
                (&["Variable_name", "Value"][..], rows)
            }
            View::StatReplication | View::StatWalReceiver | View::ReplicationSlots => {
                return self.system_view(&facts);
            }
        };
        Ok(Outcome { columns: columns.iter().map(|name| (*name).to_owned()).collect(), rows, ..Outcome::default() })
    }

    /// A view of PostgreSQL's.
    fn system_view(self, facts: &Facts) -> Result<Outcome, SqlError> {
        let view = facts::View::find(self.flavor(), self.name());
        let view = view.ok_or_else(|| SqlError::new("42P01", "there is no such view"))?;
        let mut rows = (view.rows)(facts);
        let booleans = view.columns.iter().enumerate().filter(|(_, (_, kind))| *kind == ColumnKind::Boolean);
        let booleans: Vec<usize> = booleans.map(|(index, _)| index).collect();
        for cell in rows.iter_mut().flat_map(|row| row.iter_mut().enumerate()) {
            if let (true, Some(number)) = (booleans.contains(&cell.0), cell.1.as_integer()) {
                *cell.1 = if number == 0 { "f" } else { "t" }.into();
            }
        }
        let columns = view.columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        Ok(Outcome { columns, rows, booleans, ..Outcome::default() })
    }
}

/// How rows are laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// A line a row.
    #[default]
    Table,
    /// A line a column: `psql -x`, `mysql`'s `\\G`.
    Expanded,
}

/// A result as the flavor's command-line client prints it.
#[derive(Clone, Copy, Debug)]
pub struct Printed<'a> {
    /// The result.
    pub outcome: &'a Outcome,
    /// Whose client.
    pub flavor: Flavor,
    /// How rows are laid out.
    pub layout: Layout,
    /// The least width of each column, for a text that is drawn again and again and should not jump.
    pub least: &'a [usize],
}

impl Printed<'_> {
    /// The width that the text gives each column: the least for the next, which then is no narrower.
    #[must_use]
    pub fn widths(&self) -> Vec<usize> {
        match self.flavor {
            Flavor::Postgresql => psql::widths(self.outcome, self.least),
            Flavor::Mysql => mysql::widths(self.outcome, self.least),
        }
    }
}

impl fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.flavor, self.layout) {
            (Flavor::Postgresql, Layout::Table) => psql::table(self.outcome, &self.widths(), f),
            (Flavor::Postgresql, Layout::Expanded) => psql::expanded(self.outcome, &self.widths(), f),
            (Flavor::Mysql, Layout::Table) => mysql::table(self.outcome, &self.widths(), f),
            (Flavor::Mysql, Layout::Expanded) => mysql::vertical(self.outcome, f),
        }
    }
}
