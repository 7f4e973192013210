//! From rows of measures to the lines of a chart.

use super::history::WINDOW_US;
use super::row::{Range, Row, ServerLag};
use crate::engine::flavor::Flavor;
use crate::engine::ids::NodeId;
use crate::t;
use crate::ui::chart::{Point, Series, Unit};

/// What a chart of the instrument shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Measure {
    /// The age of the oldest commit that a replica lacks.
    #[default]
    Age,
    /// Bytes of log that a replica lacks.
    Bytes,
    /// How long clients wait for their commits.
    Latency,
    /// Commits and reads in a second.
    Throughput,
}

impl Measure {
    /// All of them.
    pub const ALL: [Measure; 4] = [Measure::Age, Measure::Bytes, Measure::Latency, Measure::Throughput];

    /// Its words.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Measure::Age => t!("measure.age"),
            Measure::Bytes => t!("measure.bytes"),
            Measure::Latency => t!("measure.latency"),
            Measure::Throughput => t!("measure.throughput"),
        }
    }

    /// What exactly is measured.
    #[must_use]
    pub fn explanation(self) -> &'static str {
        match self {
            Measure::Age => t!("measure.about-age"),
            Measure::Bytes => t!("measure.about-bytes"),
            Measure::Latency => t!("measure.about-latency"),
            Measure::Throughput => t!("measure.about-throughput"),
        }
    }

    /// What its values are.
    #[must_use]
    pub fn unit(self) -> Unit {
        match self {
            Measure::Age | Measure::Latency => Unit::Duration,
            Measure::Bytes => Unit::Bytes,
            Measure::Throughput => Unit::Rate,
        }
    }
}

/// What can be shown or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A server's lines.
    Server(NodeId),
    /// Lines of one station of the log: 0 write, 1 flush, 2 replay.
    Station(usize),
    /// One line of a chart that is not about servers.
    Line(Measure, usize),
}

/// An entry of the legend.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What it shows or hides.
    pub part: Part,
    /// Its words.
    pub name: String,
    /// Its colour and marks; `None` for a station, which has only dashes.
    pub look: Option<usize>,
    /// Its dashes; `None` for a server, which has only a colour.
    pub dash: Option<usize>,
}

/// The stations of the log: in PostgreSQL as its own views call them.
#[must_use]
pub fn station(flavor: Flavor, index: usize) -> &'static str {
    match (flavor, index) {
        (Flavor::Postgresql, 0) => "write",
        (Flavor::Postgresql, 1) => "flush",
        (Flavor::Postgresql, _) => "replay",
        (Flavor::Mysql, 0) => t!("measure.received"),
        (Flavor::Mysql, 1) => t!("measure.flushed"),
        (Flavor::Mysql, _) => t!("measure.applied"),
    }
}

/// Dashes by station: what matters to readers is the full line.
const DASHES: [usize; 3] = [2, 1, 0];

/// The lines of the charts that are not about servers.
fn fixed(measure: Measure) -> Vec<&'static str> {
    match measure {
        Measure::Age | Measure::Bytes => Vec::new(),
        Measure::Latency => vec!["p50", "p95", "p99"],
        Measure::Throughput => vec![t!("measure.commits"), t!("measure.reads")],
    }
}

/// The legend of a chart. A server that was no replica in all of these rows is not in it.
#[must_use]
pub fn legend(measure: Measure, rows: &[&Row], servers: &[(NodeId, String)], flavor: Flavor) -> Vec<Entry> {
    let fixed = fixed(measure).into_iter().enumerate().map(|(index, name)| Entry {
        part: Part::Line(measure, index),
        name: name.to_owned(),
        look: Some(index),
        dash: Some(index),
    });
    if !matches!(measure, Measure::Age | Measure::Bytes) {
        return fixed.collect();
    }
    let measured = |node: NodeId| rows.iter().any(|row| row.servers.iter().any(|lag| lag.node == node));
    let of_servers = servers.iter().filter(|(node, _)| measured(*node)).map(|(node, name)| Entry {
        part: Part::Server(*node),
        name: name.clone(),
        look: Some(usize::from(node.0)),
        dash: None,
    });
    let stations = (0..3).filter(|index| flavor == Flavor::Postgresql || *index != 1).map(|index| Entry {
        part: Part::Station(index),
        name: station(flavor, index).to_owned(),
        look: None,
        dash: Some(DASHES[index]),
    });
    of_servers.chain(stations).collect()
}

/// The lines of a chart, without those that are hidden.
#[must_use]
pub fn lines(measure: Measure, rows: &[&Row], legend: &[Entry], hidden: &[Part]) -> Vec<Series> {
    let shown: Vec<&Entry> = legend.iter().filter(|entry| !hidden.contains(&entry.part)).collect();
    let series = |name: String, look: usize, dash: usize, value: &dyn Fn(&Row) -> Option<(f64, f64)>| Series {
        name,
        look,
        dash,
        points: rows.iter().map(|row| Point { at: row.at, value: value(row) }).collect(),
    };
    let both = |range: Range| (f64::from(range.low), f64::from(range.high));
    let mut all = Vec::new();
    for entry in &shown {
        match entry.part {
            Part::Server(node) => {
                let stations = shown.iter().filter_map(|other| match (other.part, other.dash) {
                    (Part::Station(station), Some(dash)) => Some((station, dash, &other.name)),
                    _ => None,
                });
                for (station, dash, word) in stations {
                    let of = |lag: &ServerLag| match measure {
                        Measure::Bytes => lag.bytes.get(station).copied().flatten(),
                        _ => lag.age_us.get(station).copied().flatten(),
                    };
                    let value = |row: &Row| row.servers.iter().find(|lag| lag.node == node).and_then(of).map(both);
                    all.push(series(format!("{} {word}", entry.name), usize::from(node.0), dash, &value));
                }
            }
            Part::Station(_) => {}
            Part::Line(Measure::Latency, index) => {
                let value = |row: &Row| row.latency_us.get(index).copied().flatten().map(both);
                all.push(series(entry.name.clone(), index, index, &value));
            }
            Part::Line(_, index) => {
                let mut rate = series(entry.name.clone(), index, index, &|_| None);
                let count = |row: &Row| u64::from(if index == 0 { row.commits } else { row.reads });
                for (point, value) in rate.points.iter_mut().zip(rates(rows, &count)) {
                    point.value = Some((value, value));
                }
                all.push(rate);
            }
        }
    }
    all
}

/// A count as a rate: at each row, of the second before it, or of the row where that stands for more.
fn rates(rows: &[&Row], count: &dyn Fn(&Row) -> u64) -> Vec<f64> {
    let (mut first, mut sum) = (0, 0);
    let rate = |(last, row): (usize, &&Row)| {
        sum += count(row);
        while first < last && rows.get(first + 1).is_some_and(|next| row.at.since(next.from) >= WINDOW_US) {
            sum -= rows.get(first).map_or(0, |row| count(row));
            first += 1;
        }
        let from = rows.get(first).map_or(row.from, |row| row.from);
        sum as f64 * 1e6 / row.at.since(from).max(1) as f64
    };
    rows.iter().enumerate().map(rate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::time::SimTime;

    fn row(at: u64, ages: [Option<u64>; 3]) -> Row {
        let lag = ServerLag { node: NodeId(1), bytes: [None; 3], age_us: ages.map(|age| age.map(Range::of)) };
        Row {
            from: SimTime(at - 100_000),
            at: SimTime(at),
            servers: vec![lag],
            latency_us: [None; 3],
            commits: 5,
            reads: 0,
        }
    }

    #[test]
    fn a_line_a_server_and_a_station_without_what_is_hidden() {
        let rows = [row(100_000, [Some(1), Some(2), Some(3)]), row(200_000, [None, None, Some(4)])];
        let rows: Vec<&Row> = rows.iter().collect();
        let servers = [(NodeId(0), "db1".to_owned()), (NodeId(1), "db2".to_owned())];
        let legend = legend(Measure::Age, &rows, &servers, Flavor::Postgresql);
        let words: Vec<&str> = legend.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(words, ["db2", "write", "flush", "replay"], "db1 was the primary all the time");
        let of = |hidden: &[Part]| lines(Measure::Age, &rows, &legend, hidden);
        let names = |all: Vec<Series>| all.into_iter().map(|one| one.name).collect::<Vec<_>>().join(", ");
        assert_eq!(names(of(&[])), "db2 write, db2 flush, db2 replay");
        assert_eq!(names(of(&[Part::Station(0)])), "db2 flush, db2 replay");
        assert_eq!(names(of(&[Part::Server(NodeId(1))])), "");
        let replay = of(&[Part::Station(0), Part::Station(1)]).remove(0);
        assert_eq!(
            replay.points.iter().map(|point| point.value).collect::<Vec<_>>(),
            [Some((3.0, 3.0)), Some((4.0, 4.0))]
        );
    }

    #[test]
    fn mysql_has_no_station_between_received_and_applied() {
        let rows = [row(100_000, [Some(1), None, Some(3)])];
        let rows: Vec<&Row> = rows.iter().collect();
        let legend = legend(Measure::Bytes, &rows, &[(NodeId(1), "db2".to_owned())], Flavor::Mysql);
        assert_eq!(legend.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["db2", "received", "applied"]);
    }

    #[test]
    fn throughput_is_the_rate_of_the_second_before() {
        let mut rows: Vec<Row> = (1..=30).map(|i| row(i * 100_000, [None; 3])).collect();
        rows[14].commits = 15;
        let all: Vec<&Row> = rows.iter().collect();
        let legend = legend(Measure::Throughput, &all, &[], Flavor::Postgresql);
        let lines = lines(Measure::Throughput, &all, &legend, &[]);
        let at = |index: usize| lines[0].points[index].value.unwrap().0;
        assert_eq!([at(0), at(13), at(14), at(23), at(24)], [50.0, 50.0, 60.0, 60.0, 50.0]);
    }
}
