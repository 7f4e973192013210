//! What was drawn, kept to be moved: while time passes, a picture is drawn now and then, what is new is drawn to it, and
//! each frame shows another part of it.

use super::canvas::{Board, Colours};
use crate::ui::exchange::{Chart, Lanes, Looks, Picture, Seen, Window, newest, still};
use crate::ui::parts::ink::Ink;

/// A whole picture is drawn this often, in milliseconds: then words come to what is new.
const AGE_MS: f64 = 500.0;
/// And this often at most where something that was drawn is no longer so.
const AMENDED_MS: f64 = 100.0;
/// How much more than what is in view is drawn, for the time to come; a part of the view's width.
const AHEAD: f64 = 0.12;

/// A picture that is wider than the view.
pub struct Film {
    ink: Ink,
    window: Window,
    size: (f64, f64),
    seen: Seen,
    taken_at: f64,
    messages: usize,
    drawn: usize,
}

impl Film {
    /// Draws all that is in view and a little more; `old` is a film that is of no more use.
    pub fn take(
        old: Option<Film>,
        chart: &Chart,
        lanes: &Lanes,
        window: &Window,
        looks: &Looks<'_>,
        colours: &Colours,
        wall_ms: f64,
    ) -> Film {
        let ink = old.map_or_else(|| Ink::new(None), |film| film.ink);
        let ahead = (looks.across() * AHEAD).round();
        let part = (looks.across() + ahead) / looks.across();
        let window = Window { from: window.from, span: window.span * part };
        let size = (looks.size.0 + ahead, looks.size.1);
        let (Picture { shapes, messages, drawn, .. }, seen) = still(chart, lanes, &window, &Looks { size, ..*looks });
        let board = Board::new(&ink, size);
        board.clear();
        board.draw(&shapes, colours);
        board.show();
        Film { ink, window, size, seen, taken_at: wall_ms, messages, drawn }
    }

    /// Messages on it, and how many lines stand for them.
    pub fn counts(&self) -> (usize, usize) {
        (self.messages, self.drawn)
    }

    /// Whether it can show this stretch of time of a chart, for now.
    pub fn holds_for(&self, chart: &Chart, window: &Window, wall_ms: f64) -> bool {
        let age = wall_ms - self.taken_at;
        let fits = window.from >= self.window.from && window.to() <= self.window.to() + 1.0;
        fits && age < AGE_MS && (age < AMENDED_MS || self.seen.holds_for(chart))
    }

    /// Draws to it what is new, and shows it.
    pub fn show(
        &mut self,
        on: &Board<'_>,
        chart: &Chart,
        lanes: &Lanes,
        window: &Window,
        looks: &Looks<'_>,
        colours: &Colours,
    ) {
        let wide = Looks { size: self.size, ..*looks };
        let shapes = newest(chart, lanes, &self.window, &wide, &mut self.seen);
        if !shapes.is_empty() {
            let board = Board::new(&self.ink, self.size);
            board.draw(&shapes, colours);
            board.show();
        }
        let moved = (window.from - self.window.from) / window.span * looks.across();
        on.copy(&self.ink, self.size, looks.gutter, moved);
    }
}
