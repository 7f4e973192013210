//! What a server can be, by name.

use super::Topic;
use crate::engine::flavor::Flavor;
use crate::engine::trace::Life;
use crate::sim::view::{NodeView, Role, SyncState};

/// What a server is now: one of these for each word that a card can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Takes writes.
    Primary,
    /// A replica that does not yet count in any way.
    Replica,
    /// Commits wait for it.
    Sync,
    /// Commits would wait for it if another failed.
    Potential,
    /// One of several that count.
    Quorum,
    /// Commits do not wait for it.
    Async,
    /// No log comes to it.
    NoStream,
    /// Something stops its work.
    Error,
    /// Its process does not serve.
    Life(Life),
    /// The failover manager's store.
    Store,
}

impl State {
    /// All of them.
    pub const ALL: [State; 15] = [
        State::Primary,
        State::Replica,
        State::Sync,
        State::Potential,
        State::Quorum,
        State::Async,
        State::NoStream,
        State::Error,
        State::Life(Life::Recovering),
        State::Life(Life::Paused),
        State::Life(Life::Stopped),
        State::Life(Life::Down),
        State::Life(Life::Copying),
        State::Life(Life::Rewinding),
        State::Store,
    ];

    /// What a server is now. The page's word for it ([`crate::ui::words::badge`]) follows the same order.
    #[must_use]
    pub fn of(node: &NodeView) -> State {
        match (node.life, node.role) {
            (Life::Running, role) if node.error.is_some() && (node.streaming || role == Role::Primary) => State::Error,
            (Life::Running, Role::Primary) => State::Primary,
            (Life::Running, Role::Replica) if !node.streaming => State::NoStream,
            (Life::Running, Role::Replica) => match node.sync_state {
                Some(SyncState::Sync) => State::Sync,
                Some(SyncState::Potential) => State::Potential,
                Some(SyncState::Quorum) => State::Quorum,
                Some(SyncState::Async) => State::Async,
                None => State::Replica,
            },
            (life, _) => State::Life(life),
        }
    }

    /// Its explanation.
    #[must_use]
    pub fn topic(self) -> Topic {
        Topic { area: "state", name: self.name().into() }
    }

    fn name(self) -> &'static str {
        match self {
            State::Primary | State::Life(Life::Running) => "primary",
            State::Replica => "replica",
            State::Sync => "sync",
            State::Potential => "potential",
            State::Quorum => "quorum",
            State::Async => "async",
            State::NoStream => "no_stream",
            State::Error => "error",
            State::Life(Life::Recovering) => "recovering",
            State::Life(Life::Paused) => "paused",
            State::Life(Life::Stopped) => "stopped",
            State::Life(Life::Down) => "down",
            State::Life(Life::Copying) => "copying",
            State::Life(Life::Rewinding) => "rewinding",
            State::Store => "store",
        }
    }

    /// Whether servers of a flavor can be so.
    #[must_use]
    pub fn is_of(self, flavor: Flavor) -> bool {
        flavor == Flavor::Postgresql || !matches!(self, State::Potential | State::Quorum | State::Life(Life::Rewinding))
    }
}
