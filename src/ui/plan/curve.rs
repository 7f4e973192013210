//! A link's path: Bézier curves, measured so that a packet moves along them at an even speed.

use std::fmt::Write as _;

/// A place on the stage.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

impl Point {
    /// Straight-line distance.
    #[must_use]
    pub fn distance(self, other: Point) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// Points per Bézier segment: enough that corners cannot be seen.
const SAMPLES: usize = 28;

/// Joined Bézier curves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    segments: Vec<[Point; 4]>,
    /// Sampled points, with their distance from the start.
    points: Vec<(Point, f64)>,
}

impl Curve {
    /// Joins cubic segments; each begins where the one before it ends.
    #[must_use]
    pub fn new(segments: Vec<[Point; 4]>) -> Curve {
        let mut points: Vec<(Point, f64)> = Vec::with_capacity(segments.len() * SAMPLES + 1);
        for segment in &segments {
            let from = usize::from(!points.is_empty());
            for i in from..=SAMPLES {
                let p = cubic(segment, i as f64 / SAMPLES as f64);
                let length = points.last().map_or(0.0, |(last, length)| length + last.distance(p));
                points.push((p, length));
            }
        }
        Curve { segments, points }
    }

    /// Its length in pixels.
    #[must_use]
    pub fn length(&self) -> f64 {
        self.points.last().map_or(0.0, |(_, length)| *length)
    }

    /// The place at a fraction of the way, and the direction there, in radians.
    #[must_use]
    pub fn at(&self, fraction: f64) -> (Point, f64) {
        let Some((first, rest)) = self.points.split_first() else { return (Point::default(), 0.0) };
        let wanted = fraction.clamp(0.0, 1.0) * self.length();
        let i = rest.partition_point(|(_, length)| *length < wanted).min(rest.len().saturating_sub(1));
        let before = if i == 0 { *first } else { rest[i - 1] };
        let Some(after) = rest.get(i) else { return (first.0, 0.0) };
        let span = after.1 - before.1;
        let t = if span > 0.0 { ((wanted - before.1) / span).clamp(0.0, 1.0) } else { 0.0 };
        let (dx, dy) = (after.0.x - before.0.x, after.0.y - before.0.y);
        (Point { x: before.0.x + dx * t, y: before.0.y + dy * t }, dy.atan2(dx))
    }

    /// A place `aside` pixels to the right of the direction of travel.
    #[must_use]
    pub fn beside(&self, fraction: f64, aside: f64) -> Point {
        let (p, angle) = self.at(fraction);
        Point { x: p.x - angle.sin() * aside, y: p.y + angle.cos() * aside }
    }

    /// The sampled points.
    pub fn points(&self) -> impl Iterator<Item = Point> + '_ {
        self.points.iter().map(|(p, _)| *p)
    }

    /// The path as SVG writes it.
    #[must_use]
    pub fn svg(&self) -> String {
        let mut d = String::new();
        if let Some([start, ..]) = self.segments.first() {
            let _ = write!(d, "M{:.1} {:.1}", start.x, start.y);
        }
        for [_, a, b, end] in &self.segments {
            let _ = write!(d, "C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}", a.x, a.y, b.x, b.y, end.x, end.y);
        }
        d
    }
}

fn cubic([a, b, c, d]: &[Point; 4], t: f64) -> Point {
    let u = 1.0 - t;
    let (wa, wb, wc, wd) = (u * u * u, 3.0 * u * u * t, 3.0 * u * t * t, t * t * t);
    Point { x: wa * a.x + wb * b.x + wc * c.x + wd * d.x, y: wa * a.y + wb * b.y + wc * c.y + wd * d.y }
}
