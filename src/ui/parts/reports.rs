//! Reports of runs in columns, with what differs marked.

use crate::t;
use std::rc::Rc;

use yew::prelude::*;

use crate::report::Report;
use crate::sim::view::Role;

/// One run's report.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// What the run is called.
    pub name: String,
    /// What it came to.
    pub report: Report,
}

#[derive(Properties, PartialEq)]
pub struct ReportsProps {
    pub columns: Rc<Vec<Column>>,
}

/// A table: a row a figure, a column a run.
#[component]
pub fn Reports(props: &ReportsProps) -> Html {
    let columns: Vec<Vec<(&'static str, String)>> =
        props.columns.iter().map(|column| figures(&column.report)).collect();
    let Some(first) = columns.first() else { return Html::default() };
    let row = |index: usize, name: &'static str| {
        let value = |column: &Vec<(&'static str, String)>| {
            column.get(index).map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let values: Vec<String> = columns.iter().map(value).collect();
        let differs = values.iter().any(|value| Some(value) != values.first());
        html! {
            <tr key={index} class={classes!(differs.then_some("is-different"))}>
                <th scope="row">{ name }</th>
                { for values.into_iter().map(|value| html! { <td class="is-number">{ value }</td> }) }
            </tr>
        }
    };
    html! {
        <div class="table-scroll">
            <table class="reports">
                <thead><tr>
                    <th scope="col">{ t!("report.figure") }</th>
                    { for props.columns.iter().map(|column| html! { <th scope="col">{ column.name.clone() }</th> }) }
                </tr></thead>
                <tbody>{ for first.iter().enumerate().map(|(index, (name, _))| row(index, name)) }</tbody>
            </table>
        </div>
    }
}

/// The figures of a report that people compare.
fn figures(report: &Report) -> Vec<(&'static str, String)> {
    let ms = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |ms| format!("{ms:.1} ms"));
    let (writes, reads) = (&report.writes, &report.reads);
    let rto = report.failovers.iter().map(|failover| failover.rto_ms).reduce(f64::max);
    let list = |names: Vec<&str>| if names.is_empty() { "–".to_owned() } else { names.join(", ") };
    vec![
        (t!("report.until"), format!("{:.3} s", report.virtual_ms / 1_000.0)),
        (
            t!("report.primary"),
            list(report.nodes.iter().filter(|n| n.role == Role::Primary).map(|n| &*n.name).collect()),
        ),
        (t!("report.acknowledged"), writes.acknowledged.to_string()),
        (t!("report.lost"), writes.lost.to_string()),
        (t!("report.failed"), writes.failed.to_string()),
        (t!("report.waiting"), writes.pending.to_string()),
        (t!("report.unknown"), writes.indeterminate.to_string()),
        (t!("report.commit-median"), ms(writes.latency_ms.p50)),
        (t!("report.commit-99"), ms(writes.latency_ms.p99)),
        (t!("report.reads"), reads.total.to_string()),
        (t!("report.reads-failed"), reads.failed.to_string()),
        (t!("report.reads-stale"), reads.stale.to_string()),
        (t!("report.staleness"), ms(reads.staleness_ms.p99)),
        (t!("report.read-median"), ms(reads.latency_ms.p50)),
        (t!("report.failovers"), report.failovers.len().to_string()),
        (t!("report.recovery"), ms(rto)),
        (t!("report.broken"), report.violations_by_kind.iter().map(|(_, count)| count).sum::<u64>().to_string()),
    ]
}
