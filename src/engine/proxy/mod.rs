//! Between clients and servers: which server a statement goes to, and on which connection.
//!
//! The [`Router`] holds what proxy and driver have in common. A proxy puts it behind connections of its own; a
//! client without a proxy has one inside.

mod monitor;
mod policy;
mod router;
mod routing;
mod server;

pub use monitor::Monitor;
pub use policy::{CausalReads, ReadPolicy};
pub use router::{RoutedReply, Router, is_indeterminate, lost_connection};
pub use routing::{Decision, Place, Splitter};
pub use server::Proxy;
