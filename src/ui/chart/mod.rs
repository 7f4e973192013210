//! Charts over the cluster's time: axes with round numbers, lines with gaps. Pure; the page draws what is decided here.

mod plot;
mod series;
mod ticks;

pub use plot::{Area, Plot};
pub use series::{Point, Series, csv};
pub use ticks::{Unit, at_most, instants, round_up};
