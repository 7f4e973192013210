//! What workers call. Everything is text and numbers, and nothing here knows a page.

use wasm_bindgen::prelude::*;

use crate::check::Kind;
use crate::scenario::{Format, Profile, Scenario};
use crate::sweep::{Case, Search, Sweeping};

fn failed(why: impl ToString) -> JsValue {
    js_sys::Error::new(&why.to_string()).into()
}

fn read(text: &str) -> Result<Scenario, JsValue> {
    Scenario::parse(text, Format::Toml, "the scenario").map_err(failed)
}

fn profile(name: &str) -> Result<Profile, JsValue> {
    Profile::named(name).ok_or_else(|| failed(name))
}

fn search(scenario: &str, faults: &str, kind: &str, first: f64) -> Result<Search, JsValue> {
    let faults = if faults.is_empty() { None } else { Some(profile(faults)?) };
    let kind = Kind::named(kind).ok_or_else(|| failed(kind))?;
    Ok(Search::new(read(scenario)?, kind, faults, first as u64))
}

/// Runs so many seeds of a scenario: a row each, as `sweep --rows` writes them. With a second scenario each seed is run
/// with it, too, and its row comes behind that of the first.
///
/// # Errors
/// What the scenario or the faults cannot be run for.
#[wasm_bindgen]
pub fn sweep_seeds(scenario: &str, against: &str, faults: &str, from: f64, count: u32) -> Result<String, JsValue> {
    let faults = profile(faults)?;
    let mut configurations = vec![Sweeping::whole(read(scenario)?, faults)];
    if !against.is_empty() {
        configurations.push(Sweeping::whole(read(against)?, faults));
    }
    let mut rows = String::new();
    for seed in (from as u64..).take(count as usize) {
        for sweeping in &configurations {
            rows += &sweeping.run(seed).map_err(failed)?.row();
            rows.push('\n');
        }
    }
    Ok(rows)
}

/// Looks for a violation in so many runs of a search, from a place on: what was found of the first, a line each of its place,
/// its seed, its faults, `true` where the settings promise otherwise, and what happened; nothing, when nothing was found.
///
/// # Errors
/// What the scenario or the faults cannot be run for.
#[wasm_bindgen]
pub fn sweep_look(
    scenario: &str,
    faults: &str,
    kind: &str,
    first: f64,
    from: f64,
    count: u32,
) -> Result<String, JsValue> {
    let search = search(scenario, faults, kind, first)?;
    for index in (from as u64..).take(count as usize) {
        if let Some(found) = search.look(index).map_err(failed)? {
            let Case { seed, faults } = found.case;
            return Ok(format!("{index}\n{seed}\n{faults}\n{}\n{}", found.promised, found.detail));
        }
    }
    Ok(String::new())
}

/// Makes a run that was found smaller, and tells after each one that was tried how many there were; the smallest as TOML.
///
/// # Errors
/// What the scenario or the faults cannot be run for.
#[wasm_bindgen]
pub fn sweep_smaller(
    scenario: &str,
    faults: &str,
    kind: &str,
    seed: f64,
    tell: &js_sys::Function,
) -> Result<String, JsValue> {
    let search = search(scenario, faults, kind, seed)?;
    let case = Case { seed: seed as u64, faults: profile(faults)? };
    let told = |tried: usize, _: &Scenario| drop(tell.call1(&JsValue::NULL, &(tried as f64).into()));
    let shrunk = search.smaller(case, told).map_err(failed)?;
    Ok(shrunk.scenario.to_toml())
}
