//! How a figure comes to its run: from a scenario, or from a link that is carried out a slice at a time.

use crate::engine::time::SimTime;
use crate::scenario::{Format, Override, Scenario};
use crate::ui::lab::{Lab, Opening, wall_ms};
use crate::ui::opening;
use crate::ui::pace::Pace;
use crate::ui::share::Visit;

/// A run on the way to where it begins.
pub struct Begin {
    prefix: String,
    stage: Stage,
    /// Where it is to stand.
    at: Option<SimTime>,
    pace: Option<Pace>,
}

enum Stage {
    Link(Box<Visit>),
    There(Lab),
    Gone,
}

/// Reads a scenario and makes an opening of it; a seed may take the place of its own.
///
/// # Errors
/// Everything that is wrong with it, with lines.
pub fn begin_scenario(text: &str, origin: &str, seed: Option<u64>) -> Result<Opening, String> {
    let seed = seed.and_then(|seed| Override::parse(&format!("seed={seed}")).ok());
    let overrides: Vec<Override> = seed.into_iter().collect();
    let scenario = Scenario::parse_with(text, Format::of(text), origin, &overrides);
    Ok(opening::of_scenario(scenario.map_err(|problems| problems.to_string())?))
}

impl Begin {
    /// Begins with a scenario.
    ///
    /// # Errors
    /// When the engine cannot be set up.
    pub fn opening(prefix: String, opening: Opening, at: Option<SimTime>, pace: Option<Pace>) -> Result<Begin, String> {
        let lab = Lab::open(prefix.clone(), opening)?;
        Ok(Begin { prefix, stage: Stage::There(lab), at, pace })
    }

    /// Begins with a link.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub fn link(prefix: String, link: &str, at: Option<SimTime>, pace: Option<Pace>) -> Result<Begin, String> {
        let visit = Visit::begin(link)?;
        Ok(Begin { prefix, stage: Stage::Link(Box::new(visit)), at, pace })
    }

    /// Goes on for so many milliseconds; the laboratory, when it is there.
    ///
    /// # Errors
    /// When the run is not the one that was shared.
    pub fn go_on(&mut self, budget_ms: f64) -> Result<Option<Lab>, String> {
        let started = wall_ms();
        if let Stage::Link(visit) = &mut self.stage {
            if !visit.go_on(budget_ms)? {
                return Ok(None);
            }
            if let Stage::Link(visit) = std::mem::replace(&mut self.stage, Stage::Gone) {
                self.stage = Stage::There(visit.arrive(self.prefix.clone()).lab);
            }
        }
        let Stage::There(lab) = &self.stage else { return Ok(None) };
        lab.mark();
        if let Some(at) = self.at {
            let left = (budget_ms - (wall_ms() - started)).max(1.0);
            if lab.with(|s| s.now()) < at && !lab.with(|s| s.advance(at, left)) {
                return Ok(None);
            }
            lab.seek_now(at);
        }
        if let Some(pace) = self.pace {
            lab.set_pace(pace);
        }
        Ok(Some(lab.clone()))
    }
}
