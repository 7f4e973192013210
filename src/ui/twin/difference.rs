//! Where two runs first went different ways.

use crate::engine::time::SimTime;
use crate::engine::trace::{TraceEvent, What};
use crate::sim::recording::BranchId;
use crate::ui::lab::{Lab, Simulation};

/// Looked through in one go, in microseconds of virtual time.
const WINDOW_US: u64 = 100_000;
/// Windows in one look: what is left is looked through at the next.
const WINDOWS: usize = 40;
/// Steps that may be played again for a window.
const STEPS: u64 = 50_000;

/// How far two runs have been compared, and what was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    /// The first run's branch that was compared: another one may differ elsewhere.
    branch: Option<BranchId>,
    compared: SimTime,
    /// The first event of each run that the other has not, or not then.
    pub found: Option<(TraceEvent, Option<TraceEvent>)>,
}

impl Difference {
    /// Goes on comparing, up to the present of both; whether something is left to compare before it.
    pub fn look(&mut self, first: &Lab, second: &Lab) -> bool {
        let branch = first.with(|simulation| simulation.branch());
        if self.branch != Some(branch) {
            *self = Difference { branch: Some(branch), ..Difference::default() };
        }
        let until = first.now().min(second.now());
        for _ in 0..WINDOWS {
            if self.found.is_some() || self.compared >= until {
                return false;
            }
            let to = self.compared.plus(WINDOW_US).min(until);
            let (a, b) = (events(first, self.compared, to), events(second, self.compared, to));
            let differs = a.iter().zip(&b).find(|(a, b)| (a.at, &a.what) != (b.at, &b.what));
            self.found = match differs {
                Some((a, b)) => Some((a.clone(), Some(b.clone()))),
                None => a.get(b.len()).or(b.get(a.len())).map(|event| (event.clone(), None)),
            };
            self.compared = to;
        }
        true
    }
}

/// What happened in a stretch, but for messages that only move: a message that leaves at another instant says enough.
fn events(lab: &Lab, from: SimTime, to: SimTime) -> Vec<TraceEvent> {
    lab.with(|simulation: &mut Simulation| {
        let mut events = Vec::new();
        for _ in 0..4 {
            events.clear();
            let whole = simulation.events_between(from, to, STEPS, &mut |event| {
                if !matches!(event.what, What::Delivered { .. }) {
                    events.push(event.clone());
                }
            });
            if whole {
                break;
            }
        }
        events
    })
}
