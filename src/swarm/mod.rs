//! A swarm: clusters, workloads and faults drawn from seeds, each held to what its own configuration promises.
//!
//! A run of the swarm is a [`Scenario`](crate::scenario::Scenario) like any other, so that it can be written to a file, sent
//! as a link and looked at on the page. [`draw`] makes one of a seed. [`promised`] reads off a scenario what it promises,
//! whoever wrote it; so a scenario that was made smaller promises what its own settings say. [`Probe`] runs it, holds it to
//! that, then mends everything as an operator would and looks whether the cluster comes together. [`shrink`] makes a run
//! smaller that breaks a promise. [`Line`] is what is kept of a run, [`Summary`] what many amount to.

mod conduct;
mod draw;
mod line;
mod mending;
mod plan;
mod probe;
mod promise;
mod shrink;
mod summary;

pub use draw::draw;
pub use line::Line;
pub use probe::{Breach, Probe};
pub use promise::{Promise, promised};
pub use shrink::{Shrunk, shrink};
pub use summary::Summary;
