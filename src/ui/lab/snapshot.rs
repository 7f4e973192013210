//! What a laboratory tells those who draw it.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use yew::prelude::*;

use super::{Lab, Tally, wall_ms};
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

/// Text that changes more often than this is seen and not read.
const CALM_MS: f64 = 240.0;
/// When no newer snapshot takes along what was left out, a timer does.
const LATE_MS: u32 = 350;

/// The newest snapshot, for what is read: a few times a second while time passes, and at once when something was done.
#[hook]
pub fn use_calm(lab: &Lab, newest: &Rc<Snapshot>) -> Rc<Snapshot> {
    let kept = use_mut_ref(|| (wall_ms(), lab.clone(), newest.clone()));
    let late = use_mut_ref(|| None::<Timeout>);
    let again = use_force_update();
    let (at, of, shown) = &mut *kept.borrow_mut();
    let done = |one: &Snapshot| (one.playing, one.rewound, one.jumps, one.structure_revision);
    let mut late = late.borrow_mut();
    if !newest.playing || of != lab || done(newest) != done(shown) || wall_ms() - *at >= CALM_MS {
        (*at, *of, *shown, *late) = (wall_ms(), lab.clone(), newest.clone(), None);
    } else if late.is_none() {
        *late = Some(Timeout::new(LATE_MS, move || again.force_update()));
    }
    shown.clone()
}
