//! Who may be the primary: a small consistent store that holds a leader key with a lease, and an agent on every machine.
//!
//! After Patroni: its documentation (*Dynamic configuration settings*, *DCS Failsafe Mode*, *Watchdog support*, as of
//! November 2026) and its main loop (`patroni/ha.py` at commit 002a3fb6). The store stands for a whole etcd cluster: it is
//! there or it is not. An agent looks at its own server without delay, as over a local socket, and at everybody else by messages alone.
//!
//! What is simpler than in Patroni is listed in `docs/FIDELITY.md`.

mod agent;
mod comparison;
mod cycle;
mod election;
mod event;
mod leading;
mod local;
mod setup;
mod store;
mod synchronous;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
mod view;

pub use agent::{Activity, Agent};
pub use comparison::{PeerStatus, Rank, rank, votes};
pub use event::ManagerEvent;
pub use local::{Action, Local, Stream};
pub use setup::{FailoverSetup, SynchronousMode, Tags};
pub use store::{Outcome, Store, StoreOp};
pub use synchronous::{Step, next_step};
pub use view::{ClusterView, FailoverKey, Leader, Member, MemberRole, SyncKey};
