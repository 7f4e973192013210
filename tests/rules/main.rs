//! The rules by which a commit is acknowledged and a server is promoted, explored exhaustively by a model checker.
//!
//! What is checked is the engine's own code, not a description of it: `StandbyRule`, `SyncGroup`, `PendingCommit` and
//! `CommitQueue`, the manager's `next_step`, `rank`, `votes` and `SyncKey`, and MySQL's `SemiSync`. Around them is only what
//! they are told: a few records, servers that write, flush and report them in any order, and a bounded number of faults at
//! any time. Where `tests/model.rs` follows whole servers and is bounded by their timers, here every order is tried.
//!
//! `cargo test --test rules -- --nocapture` says how many states there are, `MODEL_FAULTS=3` goes deeper.
#![cfg(not(target_arch = "wasm32"))]

mod manager;
mod semi_sync;

use std::fmt::Debug;
use std::hash::Hash;

use stateright::{Checker, HasDiscoveries, Model};

/// How many faults: `MODEL_FAULTS` asks for more than CI has time for.
fn deeper(usual: u8) -> u8 {
    let wanted = std::env::var("MODEL_FAULTS").ok().and_then(|faults| faults.parse().ok());
    wanted.unwrap_or(usual).max(usual)
}

/// What came of an exploration.
struct Explored {
    /// How many different states were reached.
    states: usize,
    /// The properties for which an example or a counterexample was found, each with its steps.
    found: Vec<(&'static str, String)>,
}

impl Explored {
    /// The steps that show a property, or break it.
    fn steps(&self, property: &str) -> Option<&str> {
        self.found.iter().find(|(name, _)| *name == property).map(|(_, steps)| steps.as_str())
    }
}

/// Explores every state, breadth first, so that what is found is as short as possible.
fn explore<M>(name: &str, model: M) -> Explored
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + PartialEq + Hash + Send + Sync,
    M::Action: Clone + Debug + PartialEq + Send + Sync,
{
    explored(name, model.checker().spawn_bfs().join())
}

/// The shortest way to break a property, if there is one.
fn broken<M>(name: &str, model: M, property: &'static str) -> Option<String>
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + PartialEq + Hash + Send + Sync,
    M::Action: Clone + Debug + PartialEq + Send + Sync,
{
    let wanted = std::collections::BTreeSet::from([property]);
    let checker = model.checker().finish_when(HasDiscoveries::AnyOf(wanted)).spawn_bfs().join();
    explored(name, checker).steps(property).map(str::to_owned)
}

fn explored<M, C>(name: &str, checker: C) -> Explored
where
    M: Model,
    M::State: Clone + Debug + PartialEq + Hash,
    M::Action: Clone + Debug + PartialEq,
    C: Checker<M>,
{
    let found = checker.discoveries().into_iter();
    let mut found: Vec<_> = found
        .map(|(property, path)| {
            let steps: Vec<String> = path.into_actions().iter().map(|action| format!("{action:?}")).collect();
            (property, steps.join(", "))
        })
        .collect();
    found.sort();
    let states = checker.unique_state_count();
    println!("{name}: {states} states, {} steps deep", checker.max_depth());
    for (property, steps) in &found {
        println!("  {property}: {steps}");
    }
    Explored { states, found }
}
