//! Figures of runs as tables, and what they are called.

use web_sys::MouseEvent;
use yew::prelude::*;

use super::course::Course;
use crate::report::sweep::{Distribution, Outcome, Sweep};
use crate::scenario::Profile;
use crate::t;
use crate::ui::words::{decimals, duration};

/// A figure of a run that is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Acknowledged writes that were lost.
    Lost,
    /// The time to recovery.
    Recovery,
    /// The 99th percentile of commit latencies.
    Latency,
    /// Stale reads.
    Stale,
}

impl Figure {
    /// All of them.
    pub const ALL: [Figure; 4] = [Figure::Lost, Figure::Recovery, Figure::Latency, Figure::Stale];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Figure::Lost => t!("sweep.lost"),
            Figure::Recovery => t!("sweep.recovery"),
            Figure::Latency => t!("sweep.latency-99"),
            Figure::Stale => t!("sweep.stale"),
        }
    }

    /// What is said where no run has it.
    #[must_use]
    pub fn absent(self) -> &'static str {
        match self {
            Figure::Recovery => t!("sweep.no-failover"),
            _ => t!("sweep.no-write"),
        }
    }

    /// Whether it is a count.
    #[must_use]
    pub fn counts(self) -> bool {
        matches!(self, Figure::Lost | Figure::Stale)
    }

    /// A run's.
    #[must_use]
    pub fn of(self, outcome: &Outcome) -> Option<f64> {
        match self {
            Figure::Lost => Some(outcome.lost_writes as f64),
            Figure::Recovery => outcome.rto_ms,
            Figure::Latency => outcome.commit_p99_ms,
            Figure::Stale => Some(outcome.stale_reads as f64),
        }
    }

    /// As people read it.
    #[must_use]
    pub fn show(self, value: f64) -> String {
        if self.counts() { (value as u64).to_string() } else { time(value) }
    }
}

/// A time in milliseconds as people read it.
#[must_use]
pub fn time(ms: f64) -> String {
    // Seconds with two digits: recoveries differ by tenths.
    if ms >= 1_000.0 { decimals(ms / 1_000.0, 2) + " s" } else { duration((ms * 1_000.0).round() as u64) }
}

/// A share in percent.
#[must_use]
pub fn share(of: u64, all: u64) -> String {
    decimals(of as f64 * 100.0 / all.max(1) as f64, 1)
}

/// What a profile of faults is called.
#[must_use]
pub fn profile_name(profile: Profile) -> &'static str {
    match profile {
        Profile::None => t!("sweep.profile.none"),
        Profile::Crash => t!("sweep.profile.crash"),
        Profile::CrashRestart => t!("sweep.profile.crash-restart"),
        Profile::Partition => t!("sweep.profile.partition"),
        Profile::SlowDisk => t!("sweep.profile.slow-disk"),
        Profile::Chaos => t!("sweep.profile.chaos"),
    }
}

/// What it draws.
#[must_use]
pub fn profile_about(profile: Profile) -> &'static str {
    match profile {
        Profile::None => t!("sweep.about.none"),
        Profile::Crash => t!("sweep.about.crash"),
        Profile::CrashRestart => t!("sweep.about.crash-restart"),
        Profile::Partition => t!("sweep.about.partition"),
        Profile::SlowDisk => t!("sweep.about.slow-disk"),
        Profile::Chaos => t!("sweep.about.chaos"),
    }
}

/// How many runs did what, in a sentence each.
pub fn facts(sweep: &Sweep, name: Option<&str>, on_open: &Callback<u64>) -> Html {
    let fact = |words: String, trouble: bool| html! { <li class={trouble.then_some("is-trouble")}>{ words }</li> };
    let all = sweep.runs;
    let (lost, broken, failovers, without) = (
        sweep.runs_with_lost_writes,
        sweep.runs_with_violations,
        sweep.runs_with_failovers,
        sweep.runs_without_primary,
    );
    // The worst by lost writes; where nothing was lost, by the time of recovery.
    let worst = sweep
        .worst
        .lost_writes
        .first()
        .map(|run| (run.seed, t!("sweep.worst-lost", n = run.lost_writes, seed = run.seed)));
    let slowest = sweep.worst.rto_ms.first();
    let slowest =
        slowest.map(|run| (run.seed, t!("sweep.worst-slow", took = time(run.rto_ms.unwrap_or(0.0)), seed = run.seed)));
    let worst = worst.or(slowest).map(|(seed, words)| {
        let onclick = on_open.reform(move |_: MouseEvent| seed);
        html! { <li><button type="button" class="button sweep-worst" {onclick}>{ words }</button></li> }
    });
    html! {
        <ul class="sweep-facts">
            if let Some(name) = name { <li><strong>{ name.to_owned() }</strong></li> }
            { fact(t!("sweep.fact-lost", n = lost, all = all, share = share(lost, all)), lost > 0) }
            { fact(t!("sweep.fact-broken", n = broken, all = all, share = share(broken, all)), broken > 0) }
            { fact(t!("sweep.fact-failover", n = all - failovers, all = all), false) }
            if without > 0 { { fact(t!("sweep.fact-without", n = without), true) } }
            { for sweep.expectations.iter().filter(|one| one.judged > 0).map(|one| {
                let words = t!("sweep.fact-held", that = one.that, n = one.held, all = one.judged);
                fact(words, false)
            }) }
            { worst }
        </ul>
    }
}

/// How a figure is distributed in a sweep.
type Of = fn(&Sweep) -> &Distribution;

/// Percentiles of every figure; with two configurations a line of each.
pub fn percentiles(course: &Course, sweeps: &[Sweep]) -> Html {
    let rows: [(&'static str, Of, bool); 8] = [
        (t!("sweep.lost"), |sweep| &sweep.figures.lost_writes, true),
        (t!("sweep.recovery"), |sweep| &sweep.figures.rto_ms, false),
        (t!("sweep.latency-50"), |sweep| &sweep.figures.commit_p50_ms, false),
        (t!("sweep.latency-99"), |sweep| &sweep.figures.commit_p99_ms, false),
        (t!("sweep.latency-max"), |sweep| &sweep.figures.commit_max_ms, false),
        (t!("sweep.stale"), |sweep| &sweep.figures.stale_reads, true),
        (t!("sweep.failed"), |sweep| &sweep.figures.failed_writes, true),
        (t!("sweep.indeterminate"), |sweep| &sweep.figures.indeterminate_writes, true),
    ];
    let line = |name: &'static str, which: usize, of: &Distribution, counts: bool| {
        let show = |figure: Option<f64>| match figure {
            None => "–".to_owned(),
            Some(figure) if counts => (figure as u64).to_string(),
            Some(figure) => time(figure),
        };
        html! {
            <tr key={format!("{name}{which}")}>
                <th scope="row">{ name }{ if course.is_paired() { [" · A", " · B"][which.min(1)] } else { "" } }</th>
                <td>{ of.runs.to_string() }</td>
                { for [of.p50, of.p95, of.p99, of.max].into_iter().map(|figure| html! { <td>{ show(figure) }</td> }) }
            </tr>
        }
    };
    html! {
        <section class="stack is-tight">
            <h3 class="caps">{ t!("sweep.figures") }</h3>
            <div class="table-scroll" tabindex="0" role="group" aria-label={t!("sweep.figures")}>
                <table class="reports">
                    <thead><tr>
                        <th scope="col">{ t!("sweep.of-a-run") }</th>
                        <th scope="col">{ t!("sweep.runs") }</th>
                        { for ["p50", "p95", "p99", "max"].map(|name| html! { <th scope="col">{ name }</th> }) }
                    </tr></thead>
                    <tbody>
                        { for rows.into_iter().flat_map(|(name, figure, counts)| {
                            sweeps.iter().enumerate().map(|(which, sweep)| line(name, which, figure(sweep), counts)).collect::<Vec<_>>()
                        }) }
                    </tbody>
                </table>
            </div>
            <p class="hint">{ t!("sweep.about-figures") }</p>
        </section>
    }
}
