//! Messages too quick to follow: dashes that move along the link, the denser the more messages there are.

use super::palette::Palette;
use super::pen::Pen;
use crate::engine::ids::Addr;
use crate::engine::message::MessageKind;
use crate::order::OrderedMap;
use crate::ui::plan::Curve;

/// Between two measurements.
const WINDOW_MS: f64 = 250.0;
/// How fast dashes move, in pixels per second of wall time.
const SPEED: f64 = 64.0;
/// How long a dash is.
const DASH: f64 = 6.0;

type Direction = (Addr, Addr, MessageKind);

/// Measured rates of messages, by direction and kind.
#[derive(Default)]
pub struct Flows {
    counted: OrderedMap<Direction, u64>,
    counted_at: Option<(f64, f64)>,
    /// Messages per second of virtual time.
    rates: OrderedMap<Direction, f64>,
}

impl Flows {
    /// Takes the counters of messages sent so far.
    pub fn measure(&mut self, sent: &OrderedMap<Direction, u64>, now_us: f64, wall_ms: f64) {
        let Some((then_us, then_ms)) = self.counted_at else {
            self.counted.clone_from(sent);
            self.counted_at = Some((now_us, wall_ms));
            return;
        };
        let seconds = (now_us - then_us) / 1e6;
        if seconds < 0.0 {
            return self.clear();
        }
        if wall_ms - then_ms < WINDOW_MS || seconds <= 0.0 {
            return;
        }
        for (direction, total) in sent {
            let before = self.counted.insert(*direction, *total).unwrap_or(0);
            let rate = total.saturating_sub(before) as f64 / seconds;
            // A running mean: a rate that jumps cannot be read.
            let known = self.rates.entry(*direction).or_insert(rate);
            *known = 0.4 * *known + 0.6 * rate;
            if *known < 0.3 {
                *known = 0.0;
            }
        }
        self.counted_at = Some((now_us, wall_ms));
    }

    /// Forgets what was measured, as when the pace changes.
    pub fn clear(&mut self) {
        *self = Flows::default();
    }

    /// Draws the flows of one kind of message in one direction.
    pub fn draw(
        &self,
        pen: &dyn Pen,
        direction: Direction,
        curve: &Curve,
        reversed: bool,
        wall_ms: f64,
        palette: &Palette,
    ) {
        let rate = self.rates.get(&direction).copied().unwrap_or(0.0);
        let length = curve.length();
        if rate <= 0.0 || length < 20.0 {
            return;
        }
        let (colour, aside) = match direction.2 {
            MessageKind::Log | MessageKind::Backup => (&palette.log, 3.5),
            MessageKind::Acknowledgement => (&palette.ack, 3.5),
            MessageKind::Query => (&palette.query, 3.0),
            MessageKind::Result => (&palette.result, 3.0),
            _ => return,
        };
        let spacing = (220.0 / rate.sqrt()).clamp(11.0, 160.0);
        let phase = (wall_ms * SPEED / 1_000.0) % spacing;
        let side = if reversed { -aside } else { aside };
        pen.begin();
        let mut along = phase;
        while along + DASH < length {
            let (tail, head) = (along / length, (along + DASH) / length);
            let (tail, head) = if reversed { (1.0 - tail, 1.0 - head) } else { (tail, head) };
            let (a, b) = (curve.beside(tail, side), curve.beside(head, side));
            pen.move_to(a.x, a.y);
            pen.line_to(b.x, b.y);
            along += spacing;
        }
        pen.stroke(colour, if direction.2 == MessageKind::Log { 4.0 } else { 2.4 });
    }

    /// The directions and kinds that have been measured.
    pub fn directions(&self) -> impl Iterator<Item = Direction> + '_ {
        self.rates.iter().filter(|(_, rate)| **rate > 0.0).map(|(direction, _)| *direction)
    }
}
