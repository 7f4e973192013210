//! Who is who: actors, connections, sessions, transactions.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A database server, by the order in which it joined; names live in the set-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub u8);

/// A client application, by its order in the set-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientId(pub u8);

impl ClientId {
    /// The operator, who has a terminal on every server: statements that go straight to a node are typed here.
    pub const OPERATOR: ClientId = ClientId(u8::MAX);
}

/// Everything that has an address on the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Addr {
    /// An application that sends statements.
    Client(ClientId),
    /// The read/write-splitting proxy.
    Proxy,
    /// A database server.
    Node(NodeId),
    /// The consistent store that holds the failover lease.
    Store,
    /// The failover manager's agent on a server's machine.
    Agent(NodeId),
}

impl Addr {
    /// Whose links it uses: an agent uses those of its server's machine.
    #[must_use]
    pub fn machine(self) -> Addr {
        match self {
            Addr::Agent(node) => Addr::Node(node),
            other => other,
        }
    }
}

impl From<NodeId> for Addr {
    fn from(node: NodeId) -> Addr {
        Addr::Node(node)
    }
}

/// A connection between two addresses, named by whoever opened it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConnId {
    /// The side that opened the connection.
    pub opener: Addr,
    /// Counts the opener's connections; never used again in a run.
    pub number: u32,
}

/// One database session as its client sees it: the unit of session guarantees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionId {
    /// The client that owns the session.
    pub client: ClientId,
    /// The session within the client; [`SessionId::CONSOLE`] is typed by hand.
    pub number: u16,
}

impl SessionId {
    /// The session of statements typed into the console or given by a scenario for this client.
    pub const CONSOLE: u16 = u16::MAX;

    /// Whether statements of this session were typed rather than generated.
    #[must_use]
    pub fn is_console(self) -> bool {
        self.number >= Self::CONSOLE - 64
    }
}

/// One client transaction, from its first statement to its verdict. In a log record it says whose work it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TxnId {
    /// The session that runs the transaction.
    pub session: SessionId,
    /// Counts the session's transactions from 1.
    pub number: u32,
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            Self::CONSOLE => write!(f, "c{}/console", self.client.0),
            n if self.is_console() => write!(f, "c{}/console@{}", self.client.0, Self::CONSOLE - 1 - n),
            n => write!(f, "c{}/{n}", self.client.0),
        }
    }
}

impl fmt::Display for TxnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.session, self.number)
    }
}

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Addr::Client(c) => write!(f, "client{}", c.0),
            Addr::Proxy => f.write_str("proxy"),
            Addr::Node(n) => write!(f, "node{}", n.0),
            Addr::Store => f.write_str("store"),
            Addr::Agent(n) => write!(f, "node{}/agent", n.0),
        }
    }
}
