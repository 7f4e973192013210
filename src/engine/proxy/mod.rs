//! Between clients and servers: which server a statement goes to, and on which connection.
//!
//! The [`Router`] holds what proxy and driver have in common. A proxy puts it behind connections of its own; a
//! client without a proxy may have one inside, which then splits its reads as a proxy would.

mod choosing;
mod errors;
mod front;
mod losing;
mod monitor;
mod policy;
mod pool;
mod router;
mod routing;
mod server;
mod spread;
mod state;
mod token;

pub use errors::{is_indeterminate, lost_connection, lost_transaction, no_server};
pub use front::RoutedReply;
pub use monitor::{Health, Monitor};
pub use policy::{CausalReads, NoReplica, Policy, ReadPolicy};
pub use pool::Pool;
pub use router::Router;
pub use routing::{Decision, Place, Splitter};
pub use server::Proxy;
