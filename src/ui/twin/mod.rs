//! Two runs of the same seed side by side, with one key of the scenario changed.

mod bar;
mod choose;
mod difference;
mod second;

pub use bar::TwinBar;
pub use choose::{Chosen, CompareButton, presets};
pub use second::SecondStage;
