//! What is swept: the scenario that is shown, as it was changed by hand.

use crate::engine::time::SimTime;
use crate::order::Arrange;
use crate::scenario::assignment::hold_from_the_beginning;
use crate::scenario::{Format, Override, Scenario};
use crate::sim::recording::Deed;
use crate::t;
use crate::ui::lab::Lab;

/// What can be swept, and what was done by hand besides.
pub struct Subject {
    scenario: Scenario,
    deeds: Vec<Deed>,
}

impl Subject {
    /// The run that is shown. What was set by hand holds from the beginning.
    #[must_use]
    pub fn of(lab: &Lab) -> Subject {
        let mut scenario = lab.opening().scenario();
        scenario.assignment = None;
        let mut deeds = lab.with(|simulation| simulation.deeds().to_vec());
        deeds.retain(|deed| !hold_from_the_beginning(&mut scenario.setup, &deed.command));
        Subject { scenario, deeds }
    }

    /// How much was done by hand besides.
    #[must_use]
    pub fn deeds(&self) -> u64 {
        self.deeds.len() as u64
    }

    /// How long each run is, in microseconds.
    #[must_use]
    pub fn duration_us(&self) -> u64 {
        self.scenario.duration_us
    }

    /// The scenario, with or without what was done by hand.
    ///
    /// # Errors
    /// Why it is none.
    pub fn scenario(&self, with_deeds: bool) -> Result<Scenario, String> {
        let mut scenario = self.scenario.clone();
        if with_deeds {
            let end = SimTime(scenario.duration_us);
            let deeds = self.deeds.iter().filter(|deed| deed.moment.at <= end);
            scenario.schedule.extend(deeds.map(|deed| (deed.moment.at, deed.command.clone())));
            scenario.schedule.arrange_by_key(|(at, _)| *at);
        }
        if scenario.title.is_empty() {
            t!("author.this-run").clone_into(&mut scenario.title);
        }
        // Read again as workers read it, so that everybody runs the same.
        Scenario::parse(&scenario.to_toml(), Format::Toml, t!("author.this-run")).map_err(|why| why.to_string())
    }
}

/// The same scenario with keys changed; a semicolon separates them.
///
/// # Errors
/// Why it cannot be, or changes nothing.
pub fn changed(scenario: &Scenario, keys: &str) -> Result<Scenario, String> {
    let changes: Vec<Override> =
        keys.split(';').map(str::trim).filter(|key| !key.is_empty()).map(Override::parse).collect::<Result<_, _>>()?;
    let other = Scenario::parse_with(&scenario.to_toml(), Format::Toml, t!("author.this-run"), &changes)
        .map_err(|problems| problems.to_string())?;
    if other == *scenario { Err(t!("twin.same", key = keys)) } else { Ok(other) }
}
