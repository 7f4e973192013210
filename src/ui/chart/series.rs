//! What a chart shows: lines by name.

use crate::engine::time::SimTime;
use crate::order::Arrange;
use crate::ui::chart::Unit;

/// A value at an instant, or that there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// When.
    pub at: SimTime,
    /// The lowest and the highest; `None` is a gap.
    pub value: Option<(f64, f64)>,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What it is, for the legend and for files.
    pub name: String,
    /// Its colour and its marks, by number.
    pub look: usize,
    /// Its dashes, by number; 0 is none.
    pub dash: usize,
    /// Its values, in the order of time.
    pub points: Vec<Point>,
}

impl Series {
    /// The value that is nearest to an instant, if one was measured there.
    #[must_use]
    pub fn near(&self, at: SimTime) -> Option<(f64, f64)> {
        let after = self.points.partition_point(|point| point.at < at);
        let around = [after.checked_sub(1), Some(after)].into_iter().flatten();
        let nearest = around.filter_map(|index| self.points.get(index));
        nearest.min_by_key(|point| point.at.0.abs_diff(at.0))?.value
    }
}

/// The lines as a table: one row an instant, one column a line (the highest of what was measured), empty where nothing
/// could be measured.
#[must_use]
pub fn csv(series: &[Series], unit: Unit) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut text = String::from("time (s)");
    for one in series {
        text.push(',');
        text.push_str(&quoted(&format!("{} ({})", one.name, unit.of_files())));
    }
    text.push_str("\r\n");
    let mut instants: Vec<SimTime> = series.iter().flat_map(|one| &one.points).map(|point| point.at).collect();
    instants.arrange();
    instants.dedup();
    let mut next = vec![0_usize; series.len()];
    for at in instants {
        text.push_str(&format!("{}.{:06}", at.0 / 1_000_000, at.0 % 1_000_000));
        for (one, next) in series.iter().zip(&mut next) {
            text.push(',');
            if let Some(point) = one.points.get(*next).filter(|point| point.at == at) {
                *next += 1;
                if let Some((_, high)) = point.value {
                    text.push_str(&unit.in_files(high));
                }
            }
        }
        text.push_str("\r\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_a_row_an_instant_and_nothing_in_a_gap() {
        let point = |at, value: Option<f64>| Point { at: SimTime(at), value: value.map(|v| (v, v)) };
        let series = [
            Series {
                name: "db2 \"near\"".into(),
                look: 0,
                dash: 0,
                points: vec![point(100_000, Some(1_500.0)), point(200_000, None)],
            },
            Series { name: "db3".into(), look: 1, dash: 0, points: vec![point(200_000, Some(2_000_000.0))] },
        ];
        assert_eq!(
            csv(&series, Unit::Duration),
            "time (s),\"db2 \"\"near\"\" (ms)\",\"db3 (ms)\"\r\n0.100000,1.5,\r\n0.200000,,2000\r\n"
        );
        assert_eq!(series[0].near(SimTime(120_000)), Some((1_500.0, 1_500.0)));
        assert_eq!(series[0].near(SimTime(190_000)), None, "a gap is no value");
        assert_eq!(series[1].near(SimTime(0)), Some((2_000_000.0, 2_000_000.0)));
    }
}
