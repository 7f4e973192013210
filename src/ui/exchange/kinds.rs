//! Kinds of message as the filters group them.

use crate::engine::flavor::Flavor;
use crate::engine::message::MessageKind;
use crate::t;

/// A group of kinds that is shown or hidden together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// Statements, and requests to cancel them.
    Statements,
    /// Results.
    Results,
    /// Log, and parts of images.
    Log,
    /// Acknowledgements.
    Acknowledgements,
    /// What is said about leases.
    Lease,
    /// Heartbeats and health checks.
    Heartbeats,
    /// Handshakes, and opening and closing of connections.
    Connections,
}

impl Kinds {
    /// All, in their order on the page.
    pub const ALL: [Kinds; 7] = [
        Kinds::Statements,
        Kinds::Results,
        Kinds::Log,
        Kinds::Acknowledgements,
        Kinds::Lease,
        Kinds::Heartbeats,
        Kinds::Connections,
    ];

    /// The group of a kind.
    #[must_use]
    pub fn of(kind: MessageKind) -> Kinds {
        match kind {
            MessageKind::Query | MessageKind::Cancel => Kinds::Statements,
            MessageKind::Result => Kinds::Results,
            MessageKind::Log | MessageKind::Backup => Kinds::Log,
            MessageKind::Acknowledgement => Kinds::Acknowledgements,
            MessageKind::Lease => Kinds::Lease,
            MessageKind::Heartbeat => Kinds::Heartbeats,
            MessageKind::Handshake | MessageKind::Connection => Kinds::Connections,
        }
    }

    /// Its words.
    #[must_use]
    pub fn label(self, flavor: Flavor) -> &'static str {
        match self {
            Kinds::Statements => t!("exchange.kind.statements"),
            Kinds::Results => t!("exchange.kind.results"),
            Kinds::Log if flavor == Flavor::Mysql => t!("exchange.kind.binlog"),
            Kinds::Log => "WAL",
            Kinds::Acknowledgements => t!("exchange.kind.acks"),
            Kinds::Lease => t!("exchange.kind.lease"),
            Kinds::Heartbeats => t!("exchange.kind.heartbeats"),
            Kinds::Connections => t!("exchange.kind.connections"),
        }
    }

    /// The class that carries its colour.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Kinds::Statements => "is-query",
            Kinds::Results => "is-result",
            Kinds::Log => "is-log",
            Kinds::Acknowledgements => "is-ack",
            Kinds::Lease => "is-lease",
            Kinds::Heartbeats | Kinds::Connections => "is-quiet",
        }
    }
}

/// Some groups of kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindSet(u8);

impl Default for KindSet {
    /// All but those that are mostly in the way.
    fn default() -> KindSet {
        let bit = |kinds: Kinds| 1 << kinds as u8;
        KindSet(0x7f & !(bit(Kinds::Heartbeats) | bit(Kinds::Connections)))
    }
}

impl KindSet {
    /// Whether a group is among them.
    #[must_use]
    pub fn has(self, kinds: Kinds) -> bool {
        self.0 >> kinds as u8 & 1 == 1
    }

    /// The same with one more, or one fewer.
    #[must_use]
    pub fn toggled(self, kinds: Kinds) -> KindSet {
        KindSet(self.0 ^ 1 << kinds as u8)
    }
}
