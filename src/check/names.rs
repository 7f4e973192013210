//! What the actors are called, for sentences.

use crate::engine::ids::{Addr, ClientId, NodeId, SessionId, TxnId};
use crate::sim::World;
use crate::sim::setup::Setup;

/// Names of servers and clients. Judges go by ids; only their sentences need names.
pub trait Names {
    /// A server's name.
    fn node(&self, node: NodeId) -> String;
    /// A client's name.
    fn client(&self, client: ClientId) -> String;

    /// A session as people write it: `app/3`; `app/console` and `console@db2` for what was typed.
    fn session(&self, session: SessionId) -> String {
        if session.number == SessionId::CONSOLE {
            format!("{}/console", self.client(session.client))
        } else if session.is_console() {
            let node = SessionId::CONSOLE - 1 - session.number;
            format!("console@{}", self.node(NodeId(u8::try_from(node).unwrap_or(u8::MAX))))
        } else {
            format!("{}/{}", self.client(session.client), session.number)
        }
    }

    /// A transaction as people write it: `app/3#17`.
    fn txn(&self, txn: TxnId) -> String {
        format!("{}#{}", self.session(txn.session), txn.number)
    }
}

/// The names of a run's beginning; who joined later is called by number.
impl Names for Setup {
    fn node(&self, node: NodeId) -> String {
        self.nodes.get(usize::from(node.0)).map_or_else(|| format!("node{}", node.0), |n| n.name.to_string())
    }

    fn client(&self, client: ClientId) -> String {
        self.clients.get(usize::from(client.0)).map_or_else(|| format!("client{}", client.0), |c| c.name.to_string())
    }
}

/// The names of now.
impl Names for World {
    fn node(&self, node: NodeId) -> String {
        self.name_of(Addr::Node(node)).to_string()
    }

    fn client(&self, client: ClientId) -> String {
        self.name_of(Addr::Client(client)).to_string()
    }
}
