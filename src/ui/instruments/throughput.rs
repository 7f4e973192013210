//! What each server does in a second: reads grow with replicas, writes do not.

use std::rc::Rc;

use yew::prelude::*;

use crate::sim::view::{ClusterView, NodeView};
use crate::t;
use crate::ui::lab::{Lab, Work};
use crate::ui::parts::explain::head;
use crate::ui::words::badge;

#[derive(Properties, PartialEq)]
pub struct ThroughputProps {
    pub lab: Lab,
    pub view: Rc<ClusterView>,
    /// Grows with every event that says something.
    pub revision: u64,
}

/// The width and the height of a chart, in its own units.
const CHART: (u32, u32) = (200, 32);

/// One server's row: what it did in the last second, and in each tenth of the last five.
struct Row<'a> {
    node: &'a NodeView,
    second: Work,
    tenths: Vec<Work>,
}

/// A table with a chart in every row.
#[component]
pub fn Throughput(props: &ThroughputProps) -> Html {
    let now = props.view.now;
    let rows: Vec<Row<'_>> = props.lab.with(|simulation| {
        let throughput = simulation.watch().throughput(now);
        let row = |node| Row { node, second: throughput.last_second(node.id), tenths: throughput.of(node.id) };
        props.view.nodes.iter().map(row).collect()
    });
    let most =
        rows.iter().flat_map(|row| &row.tenths).map(|work| work.reads.max(work.writes)).max().unwrap_or(0).max(1);
    let total = rows.iter().fold(Work::default(), |mut sum, row| {
        sum.reads += row.second.reads;
        sum.writes += row.second.writes;
        sum.applied += row.second.applied;
        sum
    });
    let figures = |work: Work| {
        html! {
            { for [work.reads, work.writes, work.applied].map(|count| html! { <td class="is-number">{ count }</td> }) }
        }
    };
    html! {
        <div class="throughput">
            <div class="table-scroll">
                <table>
                    <caption class="unseen">{ t!("lag.throughput") }</caption>
                    <thead><tr>
                        <th scope="col">{ head("lag", "server", t!("lag.server")) }</th>
                        <th scope="col">{ head("lag", "reads", t!("lag.reads")) }</th>
                        <th scope="col">{ head("lag", "writes", t!("lag.writes")) }</th>
                        <th scope="col">{ head("lag", "applied", t!("lag.applied")) }</th>
                        <th scope="col">{ head("lag", "recent", t!("lag.recent")) }</th>
                    </tr></thead>
                    <tbody>
                        { for rows.iter().map(|row| html! {
                            <tr key={row.node.id.0}>
                                <th scope="row">{ format!("{} ({})", row.node.name, badge(row.node, props.view.flavor).word) }</th>
                                { figures(row.second) }
                                <td>{ chart(&row.tenths, most) }</td>
                            </tr>
                        }) }
                        <tr class="is-total"><th scope="row">{ t!("lag.total") }</th>{ figures(total) }<td></td></tr>
                    </tbody>
                </table>
            </div>
        </div>
    }
}

/// The tenths of the last seconds, the newest at the right.
fn chart(tenths: &[Work], most: u32) -> Html {
    let (width, height) = CHART;
    let step = f64::from(width) / crate::ui::lab::BUCKETS as f64;
    let from = crate::ui::lab::BUCKETS.saturating_sub(tenths.len());
    let at = |index: usize, count: u32| {
        let x = (from + index) as f64 * step;
        let y = f64::from(height) * (1.0 - f64::from(count) / f64::from(most));
        format!("{x:.1},{y:.1}")
    };
    let reads: Vec<String> = tenths.iter().enumerate().map(|(index, work)| at(index, work.reads)).collect();
    let writes: Vec<String> = tenths.iter().enumerate().map(|(index, work)| at(index, work.writes)).collect();
    let ends = |index: usize| format!("{:.1},{height}", (from + index) as f64 * step);
    let area = format!("{} {} {}", ends(0), reads.join(" "), ends(tenths.len().saturating_sub(1)));
    html! {
        <svg class="throughput-chart" viewBox={format!("0 0 {width} {height}")} preserveAspectRatio="none" aria-hidden="true">
            <polygon class="reads" points={area} />
            <polyline class="writes" points={writes.join(" ")} />
        </svg>
    }
}
