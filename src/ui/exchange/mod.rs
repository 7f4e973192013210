//! The exchange of messages as a diagram of space and time: a lane for everybody, time to the right.
//!
//! A [`Chart`] is what the trace says of a stretch of time; an [`Exchange`] is what belongs to one write of it; a
//! [`Picture`] is what is drawn of both in a [`Window`], as shapes that a canvas and an SVG file draw alike. Nothing here
//! knows a browser.

mod chart;
mod facts;
mod follow;
mod holders;
mod kinds;
mod labels;
mod lanes;
mod line;
mod picture;
mod scene;
mod svg;
mod ticks;
mod window;

#[cfg(test)]
mod tests;

pub use chart::Chart;
pub use facts::{Fact, ending, facts, label, level_words, line_title};
pub use follow::{Exchange, Step};
pub use kinds::{KindSet, Kinds};
pub use lanes::{Lane, Lanes};
pub use line::{Bar, BarKind, End, Line, Mark, MarkKind, Spell};
pub use picture::{Dash, Font, Paint, Picture, Shape, Style};
pub use scene::{Looks, Seen, draw, frame, newest, still};
pub use svg::svg;
pub use ticks::{instant, ticks};
pub use window::Window;
