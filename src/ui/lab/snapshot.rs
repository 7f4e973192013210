//! What a laboratory tells those who draw it.

use std::rc::Rc;

use yew::prelude::*;

use super::{Lab, Tally};
use crate::engine::time::SimTime;
use crate::sim::recording::BranchId;
use crate::sim::view::ClusterView;
use crate::ui::pace::Pace;

/// What changes a few times a second.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The cluster.
    pub view: Rc<ClusterView>,
    /// Whether time passes.
    pub playing: bool,
    /// How fast.
    pub pace: Pace,
    /// Whether the machine is too slow for the pace: virtual time then passes more slowly.
    pub strained: bool,
    /// What became of the writes so far.
    pub tally: Tally,
    /// A name for the next server.
    pub free_name: String,
    /// Grows whenever some server's rows may have changed.
    pub data_revision: u64,
    /// Grows with every event that says something.
    pub event_revision: u64,
    /// Grows whenever a server, a role or a command changed something.
    pub structure_revision: u64,
    /// How far the branch is recorded.
    pub end: SimTime,
    /// Whether something is recorded behind the present: playing shows it again, and acting begins another branch.
    pub rewound: bool,
    /// Which way the run went that is shown.
    pub branch: BranchId,
    /// How many ways there are.
    pub branches: usize,
    /// Counts the jumps in time: what was shown before is not what comes before.
    pub jumps: u64,
}

/// The newest snapshot of a laboratory; the component is drawn anew with every one.
#[hook]
pub fn use_snapshot(lab: &Lab) -> Rc<Snapshot> {
    let snapshot = use_state(|| lab.snapshot());
    let setter = snapshot.setter();
    use_effect_with(lab.clone(), move |lab| {
        setter.set(lab.snapshot());
        let id = lab.subscribe(Callback::from(move |snapshot| setter.set(snapshot)));
        let lab = lab.clone();
        move || lab.unsubscribe(id)
    });
    (*snapshot).clone()
}
