//! What an operator's own tools would print of a server now: `psql` and `mysql`, their tables and their views. The page's
//! Status instrument and the command line share it.

mod mysql;
mod psql;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::engine::flavor::Flavor;
use crate::engine::ids::NodeId;
use crate::engine::storage::{Outcome, SqlError};
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
}

impl View {
    /// All views.
    pub const ALL: [View; 3] = [View::StatReplication, View::StatWalReceiver, View::ReplicationSlots];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            View::StatReplication => "pg_stat_replication",
            View::StatWalReceiver => "pg_stat_wal_receiver",
            View::ReplicationSlots => "pg_replication_slots",
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
        }
    }

    /// The role of the servers on which it says something.
    #[must_use]
    pub fn role(self) -> Role {
        match self {
            View::StatWalReceiver => Role::Replica,
            View::StatReplication | View::ReplicationSlots => Role::Primary,
        }
    }

    /// How its tool is used to lay it out.
    #[must_use]
    pub fn layout(self) -> Layout {
        Layout::Table
    }

    /// What an operator would type.
    #[must_use]
    pub fn statement(self) -> &'static str {
        match self {
            View::StatReplication => "SELECT * FROM pg_stat_replication",
            View::StatWalReceiver => "SELECT * FROM pg_stat_wal_receiver",
            View::ReplicationSlots => "SELECT * FROM pg_replication_slots",
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

    /// What the tool prints, without a line's end at its end.
    ///
    /// # Errors
    /// The server's, or that nobody answers.
    pub fn text(self, world: &mut World, node: NodeId, layout: Layout) -> Result<String, SqlError> {
        let outcome = world.query(node, self.statement())?;
        Ok(Printed { outcome: &outcome, flavor: self.flavor(), layout }.to_string())
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
}

impl fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.flavor, self.layout) {
            (Flavor::Postgresql, Layout::Table) => psql::table(self.outcome, f),
            (Flavor::Postgresql, Layout::Expanded) => psql::expanded(self.outcome, f),
            (Flavor::Mysql, Layout::Table) => mysql::table(self.outcome, f),
            (Flavor::Mysql, Layout::Expanded) => mysql::vertical(self.outcome, f),
        }
    }
}
