//! The stretch of time that is in view.

use crate::engine::time::SimTime;

/// The shortest stretch, in microseconds.
const SHORTEST_US: f64 = 100.0;
/// The longest.
const LONGEST_US: f64 = 30_000_000.0;
/// Where the present stands while the view follows it, as a part of the width.
const PRESENT_AT: f64 = 0.8;

/// A stretch of time, in microseconds; its beginning may lie before the run's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Where it begins.
    pub from: f64,
    /// How long it is.
    pub span: f64,
}

impl Window {
    /// A stretch of this length that follows an instant.
    #[must_use]
    pub fn following(now_us: f64, span: f64) -> Window {
        let span = span.clamp(SHORTEST_US, LONGEST_US);
        Window { from: now_us - PRESENT_AT * span, span }
    }

    /// A stretch that shows everything between two instants, with a little room on both sides.
    #[must_use]
    pub fn showing(from: SimTime, to: SimTime) -> Window {
        let length = (to.since(from) as f64).max(SHORTEST_US);
        let span = (length * 1.16).clamp(SHORTEST_US, LONGEST_US);
        Window { from: from.0 as f64 - length * 0.06, span }
    }

    /// Where it ends.
    #[must_use]
    pub fn to(&self) -> f64 {
        self.from + self.span
    }

    /// The same as instants, outwards.
    #[must_use]
    pub fn instants(&self) -> (SimTime, SimTime) {
        (SimTime(self.from.max(0.0) as u64), SimTime(self.to().max(0.0).ceil() as u64))
    }

    /// Whether an instant is in it.
    #[must_use]
    pub fn has(&self, at_us: f64) -> bool {
        at_us >= self.from && at_us <= self.to()
    }

    /// Moved by a part of its length.
    #[must_use]
    pub fn moved(&self, part: f64) -> Window {
        Window { from: self.from + part * self.span, span: self.span }
    }

    /// Longer by a factor, or shorter; what stands at this part of it stays where it is.
    #[must_use]
    pub fn zoomed(&self, factor: f64, at: f64) -> Window {
        let span = (self.span * factor).clamp(SHORTEST_US, LONGEST_US);
        Window { from: self.from + at * (self.span - span), span }
    }

    /// Moved as little as it takes to be within the run, or at its end.
    #[must_use]
    pub fn within(&self, end: SimTime) -> Window {
        let latest = end.0 as f64 - 0.1 * self.span;
        let from = self.from.min(latest).max(-PRESENT_AT * self.span);
        Window { from, span: self.span }
    }

    /// Moved so that an instant is in view, if it is not.
    #[must_use]
    pub fn with(&self, at_us: f64) -> Window {
        let edge = 0.04 * self.span;
        if at_us < self.from + edge || at_us > self.to() - edge {
            return Window::following(at_us, self.span);
        }
        *self
    }
}
