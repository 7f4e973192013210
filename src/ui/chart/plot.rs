//! Where the values of a chart are on its surface.

use std::fmt::Write;

use super::series::{Point, Series};
use crate::engine::time::SimTime;

/// The part of a surface that lines may take, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Its left edge.
    pub left: f64,
    /// Its upper edge.
    pub top: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
}

/// From instants and values to places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plot {
    /// Where lines may be.
    pub area: Area,
    /// The instants at its left and right edge.
    pub time: (SimTime, SimTime),
    /// The value at its upper edge; zero is at the lower one.
    pub max: f64,
}

impl Plot {
    /// Where an instant is.
    #[must_use]
    pub fn x(&self, at: SimTime) -> f64 {
        let (from, to) = (self.time.0.0 as f64, self.time.1.0 as f64);
        self.area.left + self.area.width * (at.0 as f64 - from) / (to - from).max(1.0)
    }

    /// Where a value is.
    #[must_use]
    pub fn y(&self, value: f64) -> f64 {
        self.area.top + self.area.height * (1.0 - (value / self.max.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0))
    }

    /// The instant at a place.
    #[must_use]
    pub fn at(&self, x: f64) -> SimTime {
        let share = ((x - self.area.left) / self.area.width.max(1.0)).clamp(0.0, 1.0);
        let (from, to) = (self.time.0.0 as f64, self.time.1.0 as f64);
        SimTime((from + share * (to - from)).round() as u64)
    }

    /// Stretches of a line without a gap in them, cut at the left edge.
    fn stretches<'a>(&self, series: &'a Series) -> Vec<Vec<&'a Point>> {
        let mut all = vec![Vec::new()];
        // One point before the edge is drawn too, and cut off by the area.
        let first = series.points.partition_point(|point| point.at < self.time.0).saturating_sub(1);
        for point in series.points.iter().skip(first).filter(|point| point.at <= self.time.1) {
            match (point.value, all.last_mut()) {
                (Some(_), Some(stretch)) => stretch.push(point),
                _ => all.push(Vec::new()),
            }
        }
        all.retain(|stretch| !stretch.is_empty());
        all
    }

    /// The line through the highest values, as a path. One value between two gaps is a short dash.
    #[must_use]
    pub fn line(&self, series: &Series) -> String {
        let mut path = String::new();
        for stretch in self.stretches(series) {
            for (index, point) in stretch.iter().enumerate() {
                let Some((_, high)) = point.value else { continue };
                let (x, y) = (self.x(point.at), self.y(high));
                // Writing to a string cannot fail.
                let _ = write!(path, "{}{x:.1} {y:.1}", if index == 0 { 'M' } else { 'L' });
                if stretch.len() == 1 {
                    let _ = write!(path, "h2");
                }
            }
        }
        path
    }

    /// From the highest values to the lowest, where they differ; empty where they do nowhere.
    #[must_use]
    pub fn band(&self, series: &Series) -> String {
        let mut path = String::new();
        for stretch in self.stretches(series) {
            if stretch.iter().all(|point| point.value.is_none_or(|(low, high)| low >= high)) {
                continue;
            }
            let there = stretch.iter().map(|point| (point, true));
            for (index, (point, up)) in there.chain(stretch.iter().rev().map(|point| (point, false))).enumerate() {
                let Some((low, high)) = point.value else { continue };
                let (x, y) = (self.x(point.at), self.y(if up { high } else { low }));
                let _ = write!(path, "{}{x:.1} {y:.1}", if index == 0 { 'M' } else { 'L' });
            }
            path.push('Z');
        }
        path
    }

    /// Some of a line's points, about so many pixels apart, for marks that tell lines apart without colour. They stay where
    /// they are in time, so that they move with the line.
    #[must_use]
    pub fn marks(&self, series: &Series, apart: f64) -> Vec<(f64, f64)> {
        let span = self.time.1.since(self.time.0).max(1) as f64;
        let every = (span * apart / self.area.width.max(1.0)).max(1.0) as u64;
        // Lines next to one another have their marks at different instants.
        let shift = every / 5 * (series.look as u64 % 5);
        let mut last = None;
        let inside = series.points.iter().filter(|point| point.at >= self.time.0 && point.at <= self.time.1);
        let marks = inside.filter_map(|point| {
            let place = (point.at.0 + shift) / every;
            let (_, high) = point.value?;
            (last.replace(place) != Some(place)).then(|| (self.x(point.at), self.y(high)))
        });
        marks.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot() -> Plot {
        let area = Area { left: 10.0, top: 5.0, width: 100.0, height: 50.0 };
        Plot { area, time: (SimTime(1_000), SimTime(2_000)), max: 10.0 }
    }

    fn series(values: &[(u64, Option<(f64, f64)>)]) -> Series {
        let points = values.iter().map(|(at, value)| Point { at: SimTime(*at), value: *value }).collect();
        Series { name: String::new(), look: 0, dash: 0, points }
    }

    #[test]
    fn a_gap_is_no_line() {
        let line = series(&[
            (500, Some((1.0, 1.0))),
            (900, Some((0.0, 0.0))),
            (1_000, Some((0.0, 0.0))),
            (1_100, Some((5.0, 10.0))),
            (1_200, None),
            (1_300, Some((20.0, 20.0))),
            (3_000, Some((1.0, 1.0))),
        ]);
        assert_eq!(plot().line(&line), "M0.0 55.0L10.0 55.0L20.0 5.0M40.0 5.0h2");
        assert_eq!(plot().band(&line), "M0.0 55.0L10.0 55.0L20.0 5.0L20.0 30.0L10.0 55.0L0.0 55.0Z");
        assert_eq!(plot().band(&series(&[(1_000, Some((3.0, 3.0)))])), "");
    }

    #[test]
    fn places_and_instants_are_each_others() {
        let plot = plot();
        assert_eq!((plot.at(10.0), plot.at(60.0), plot.at(-9.0)), (SimTime(1_000), SimTime(1_500), SimTime(1_000)));
        assert_eq!(plot.x(SimTime(1_500)), 60.0);
        assert_eq!((plot.y(0.0), plot.y(5.0), plot.y(99.0)), (55.0, 30.0, 5.0));
    }

    #[test]
    fn marks_are_apart_and_stay_with_the_line() {
        let points: Vec<_> = (1_000..2_000).step_by(10).map(|at| (at, Some((1.0, 1.0)))).collect();
        let line = series(&points);
        let marks = plot().marks(&line, 25.0);
        assert!((4..=5).contains(&marks.len()), "{marks:?}");
        let later = Plot { time: (SimTime(1_100), SimTime(2_100)), ..plot() };
        let moved: Vec<f64> = later.marks(&line, 25.0).iter().map(|(x, _)| x + 10.0).collect();
        let tail = |all: Vec<f64>| all.into_iter().skip(1).map(|x| x.round() as i64).collect::<Vec<_>>();
        assert_eq!(tail(moved), tail(marks.into_iter().map(|(x, _)| x).collect()));
    }
}
