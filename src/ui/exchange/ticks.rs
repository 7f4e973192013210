//! The axis of time.

use super::window::Window;
use crate::engine::time::SimTime;
use crate::ui::words::{clock, decimals};

/// The instants at which the axis has a line, at least `apart` of the whole from each other, with their words.
#[must_use]
pub fn ticks(window: &Window, apart: f64) -> Vec<(f64, String)> {
    let step = step(window.span * apart.clamp(0.01, 1.0));
    let first = (window.from.max(0.0) / step).ceil();
    let count = ((window.to() / step).floor() - first).clamp(-1.0, 400.0) as i64;
    (0..=count)
        .map(|index| {
            let at = (first + index as f64) * step;
            (at, words(at, step))
        })
        .collect()
}

/// One, two or five times a power of ten, not less than this.
fn step(least: f64) -> f64 {
    let mut unit = 1.0;
    while unit * 10.0 <= least {
        unit *= 10.0;
    }
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * unit).find(|step| *step >= least).unwrap_or(unit * 10.0)
}

fn words(at: f64, step: f64) -> String {
    let us = at.round() as u64;
    if us >= 60_000_000 {
        return if step >= 1_000.0 { clock(SimTime(us)) } else { instant(SimTime(us)) };
    }
    match step {
        step if step >= 1_000_000.0 => format!("{} s", us / 1_000_000),
        step if step >= 100_000.0 => decimals(at / 1e6, 1) + " s",
        step if step >= 1_000.0 => format!("{} ms", us / 1_000),
        step if step >= 100.0 => decimals(at / 1e3, 1) + " ms",
        step if step >= 10.0 => decimals(at / 1e3, 2) + " ms",
        _ => decimals(at / 1e3, 3) + " ms",
    }
}

/// An instant to the microsecond: `00:04.171250`.
#[must_use]
pub fn instant(at: SimTime) -> String {
    let (clock, fine) = crate::ui::words::clock_parts(at);
    format!("{clock}{fine}")
}
