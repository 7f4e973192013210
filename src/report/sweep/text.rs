//! The sweep for people.

use std::fmt;

use super::distribution::{Bar, Distribution};
use super::sweep::{Sweep, WorstRun};
use crate::report::numbers::{duration, grouped, instant};
use crate::report::table::Table;

/// How long the longest bar is.
const WIDEST: u64 = 40;

impl fmt::Display for Sweep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.scenario)?;
        let (runs, each) = (grouped(self.runs), instant(self.virtual_ms));
        let (first, last) = (self.first_seed, self.last_seed);
        let flavor = self.flavor;
        writeln!(f, "{flavor} · {runs} runs of {each} · seeds {first} to {last} · faults: {}", self.faults)?;
        self.figures_to(f)?;
        self.shares_to(f)?;
        let count = |of: f64| grouped(of as u64);
        let counts = |bar: &Bar| {
            if bar.from == bar.to { count(bar.from) } else { format!("{} to {}", count(bar.from), count(bar.to)) }
        };
        histogram(f, "Lost writes", &self.lost_writes_histogram, &counts)?;
        let times = |bar: &Bar| format!("{} to {}", duration(bar.from), duration(bar.to));
        histogram(f, "Time to recovery, of runs with a failover", &self.rto_ms_histogram, &times)?;
        histogram(f, "Commit latency of a run, p99", &self.commit_p99_ms_histogram, &times)?;
        histogram(f, "Stale reads", &self.stale_reads_histogram, &counts)?;
        worst_to(f, "by lost writes", &self.worst.lost_writes)?;
        worst_to(f, "by time to recovery", &self.worst.rto_ms)?;
        worst_to(f, "by commit latency, p99", &self.worst.commit_p99_ms)
    }
}

impl Sweep {
    fn figures_to(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figures = &self.figures;
        let mut table = Table::new(&["of a run", ">runs", ">min", ">p50", ">p95", ">p99", ">max"]);
        let mut row = |name: &str, of: &Distribution, show: &dyn Fn(f64) -> String| {
            let cells =
                [of.min, of.p50, of.p95, of.p99, of.max].map(|figure| figure.map_or_else(|| "-".to_owned(), show));
            table.row([name.to_owned(), grouped(of.runs)].into_iter().chain(cells).collect());
        };
        let count = |of: f64| grouped(of as u64);
        row("lost writes", &figures.lost_writes, &count);
        row("indeterminate writes", &figures.indeterminate_writes, &count);
        row("failed writes", &figures.failed_writes, &count);
        row("stale reads", &figures.stale_reads, &count);
        row("time to recovery", &figures.rto_ms, &duration);
        row("commit latency, p50", &figures.commit_p50_ms, &duration);
        row("commit latency, p99", &figures.commit_p99_ms, &duration);
        row("commit latency, max", &figures.commit_max_ms, &duration);
        write!(f, "\nFigures\n{table}")
    }

    fn shares_to(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new(&["", ">runs", ">share"]);
        let mut row = |name: String, of: u64, all: u64| {
            let share = if all == 0 { "not judged".to_owned() } else { share(of, all) };
            table.row(vec![name, grouped(of), share]);
        };
        row("lost an acknowledged write".to_owned(), self.runs_with_lost_writes, self.runs);
        row("violated anything".to_owned(), self.runs_with_violations, self.runs);
        for violated in self.violations.iter().filter(|violated| violated.runs > 0) {
            let name = format!("  {} ({} in all)", violated.kind, grouped(violated.count));
            row(name, violated.runs, self.runs);
        }
        row("changed the primary".to_owned(), self.runs_with_failovers, self.runs);
        row("ended without a running primary".to_owned(), self.runs_without_primary, self.runs);
        for expected in &self.expectations {
            row(format!("held: {}", expected.that), expected.held, expected.judged);
        }
        write!(f, "\nRuns that\n{table}")
    }
}

/// A share in percent, of which neither end is reached by rounding.
fn share(of: u64, all: u64) -> String {
    let tenths = u128::from(of) * 1_000 / u128::from(all.max(1));
    let tenths = if of > 0 { tenths.max(1) } else { 0 };
    format!("{}.{} %", tenths / 10, tenths % 10)
}

fn histogram(f: &mut fmt::Formatter<'_>, title: &str, bars: &[Bar], name: &dyn Fn(&Bar) -> String) -> fmt::Result {
    let most = bars.iter().map(|bar| bar.runs).max().unwrap_or(0);
    if most == 0 {
        return Ok(());
    }
    let mut table = Table::new(&[">", ">runs", ""]);
    for bar in bars {
        // A bar that is not empty is seen.
        let length = (bar.runs * WIDEST).div_ceil(most);
        table.row(vec![name(bar), grouped(bar.runs), "#".repeat(length as usize)]);
    }
    write!(f, "\n{title}\n{table}")
}

fn worst_to(f: &mut fmt::Formatter<'_>, by: &str, runs: &[WorstRun]) -> fmt::Result {
    if runs.is_empty() {
        return Ok(());
    }
    writeln!(f, "\nWorst {by}")?;
    for run in runs {
        let recovery = run.rto_ms.map_or_else(String::new, |ms| format!(" · recovered in {}", duration(ms)));
        let p99 = run.commit_p99_ms.map_or_else(String::new, |ms| format!(" · p99 {}", duration(ms)));
        writeln!(f, "  seed {}: {} lost{recovery}{p99}", run.seed, grouped(run.lost_writes))?;
        for fault in &run.faults {
            writeln!(f, "      {fault}")?;
        }
        if let Some(again) = &run.again {
            writeln!(f, "    {again}")?;
        }
    }
    Ok(())
}

/// A difference with its sign.
pub(super) fn signed(figure: f64, times: bool) -> String {
    let sign = if figure > 0.0 {
        "+"
    } else if figure < 0.0 {
        "-"
    } else {
        ""
    };
    let size = if times { duration(figure.abs()) } else { grouped(figure.abs() as u64) };
    format!("{sign}{size}")
}
